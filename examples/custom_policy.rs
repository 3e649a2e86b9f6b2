//! A release policy of one's own: a few lines, beside the standard one on the same river.

use riparian::basin::{Node, Offtake, Party, Reach, Reservoir};
use riparian::calendar::Window;
use riparian::jiff::civil::date;
use riparian::operation::{Decision, ReleasePolicy, ReservoirView, StandardOperating};
use riparian::series::DailySeries;
use riparian::units::Volume;
use riparian::{Model, Plan, Result, Simulation};

/// Releases half of what is asked for while the lake is less than half full, so that
/// something is left for the end of the season.
#[derive(Debug)]
struct Careful;

impl ReleasePolicy for Careful {
    fn name(&self) -> &'static str {
        "careful"
    }

    fn sees_demand(&self) -> bool {
        true
    }

    fn decide(&self, lake: &ReservoirView, decision: &mut Decision) {
        if lake.available < lake.full * 0.5 {
            decision.at_most(
                (lake.demand * 0.5)
                    .max(lake.min_release)
                    .min(lake.max_release),
            );
        }
    }
}

fn main() -> Result<()> {
    println!(
        "{:<10} {:>15} {:>15}",
        "policy", "worst day, m3/s", "season, Mm3"
    );
    show("standard", StandardOperating)?;
    show("careful", Careful)
}

fn show(name: &str, policy: impl ReleasePolicy + 'static) -> Result<()> {
    let summer = Window::new(date(2024, 5, 1), date(2024, 9, 30))?;
    let model = Model::builder("A lake in a dry year", summer)
        .party(Party::new("LO", "Lowland"))
        .reservoir(Reservoir::new("lake", Volume::from_mcm(500.0)).initial(Volume::from_mcm(450.0)))
        .node(Node::junction("fields"))
        .node(Node::terminal("sea"))
        .reach(Reach::river("valley", "lake", "fields"))
        .reach(Reach::river("lower", "fields", "sea"))
        .inflow("lake", DailySeries::constant(summer, 10.0)?)
        .class("use")
        .offtake(Offtake::new("canal", "fields", "LO", "use"))
        .demand("canal", DailySeries::constant(summer, 60.0)?)
        .policy("lake", policy)
        .build()?;
    let plan = Plan::compile(model)?;
    let ledger = Simulation::new(&plan).run()?;
    let taken = &ledger.offtakes().delivered;
    let worst = taken.of(0).fold(f64::INFINITY, f64::min) / 86_400.0;
    let season: f64 = taken.of(0).sum();
    println!("{name:<10} {worst:>15.1} {:>15.1}", season / 1e6);
    Ok(())
}
