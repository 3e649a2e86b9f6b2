//! A basin of one reservoir and two countries, built in code and settled.

use riparian::agreement::{Agreement, Obligation};
use riparian::basin::{Node, Offtake, Party, Reach, Reservoir};
use riparian::calendar::Window;
use riparian::jiff::civil::date;
use riparian::operation::StandardOperating;
use riparian::series::DailySeries;
use riparian::units::{Flow, Volume};
use riparian::{Model, Plan, Report, Result, Simulation};

fn main() -> Result<()> {
    let summer = Window::new(date(2024, 6, 1), date(2024, 8, 31))?;
    let owed = Volume::from_mcm(160.0);

    let model = Model::builder("Upland and Lowland", summer)
        .party(Party::new("UP", "Upland"))
        .party(Party::new("LO", "Lowland"))
        .reservoir(Reservoir::new("lake", Volume::from_mcm(400.0)).initial(Volume::from_mcm(150.0)))
        .node(Node::gauge("border"))
        .node(Node::terminal("sea"))
        .reach(
            Reach::river("gorge", "lake", "border")
                .lag_days(1)
                .antecedent(Flow::from_m3s(20.0)),
        )
        .reach(Reach::river("plain", "border", "sea"))
        .inflow("lake", DailySeries::constant(summer, 22.0)?)
        .class("treaty")
        .class("use")
        .offtake(Offtake::new("upland-canal", "lake", "UP", "use"))
        .demand("upland-canal", DailySeries::constant(summer, 25.0)?)
        .policy("lake", StandardOperating)
        .agreement(
            Agreement::new("Border treaty", ["UP", "LO"]).obligation(
                Obligation::new("summer-volume", "UP", "border", owed)
                    .within(summer)
                    .to("LO")
                    .claimed_in("treaty"),
            ),
        )
        .build()?;

    let plan = Plan::compile(model)?;
    let ledger = Simulation::new(&plan).run()?;
    let report = Report::new(plan, ledger);
    for row in report.settlements() {
        let delivered = row.delivered.unwrap_or_default();
        println!(
            "{}: {} owes {} {:.1} Mm3, delivered {delivered:.1}: {}",
            row.obligation,
            row.debtor,
            row.creditor.as_deref().unwrap_or("the river"),
            row.committed.unwrap_or_default(),
            row.status.name()
        );
    }
    let taken: f64 = report.ledger().offtakes().delivered.of(0).sum();
    println!(
        "upland-canal took {:.1} of the 198.7 Mm3 it asked for",
        taken / 1e6
    );
    Ok(())
}
