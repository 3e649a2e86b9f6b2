//! Plans.
use std::time::Instant;
use riparian::planner::Planner;
use riparian::{Plan, Simulation};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).unwrap_or("data/syr-darya-dry-2008".into());
    let model = riparian::scenario::read(&name)?;
    let mut planner = Planner::new(&model)?;
    if name.contains("syr") {
    for o in ["bt-fill-2008", "kyzylkishlak-2000", "shardara-in", "aral"] { planner = match planner.claiming(o, "treaty") { Ok(p) => p, Err(e) => { eprintln!("{e}"); Planner::new(&model)? } } }
    }
    let start = Instant::now();
    let season = planner.plan()?;
    println!("{:?} {:?}", start.elapsed(), season.work());
    for (name, cost) in season.weighted_shortfall() { println!("{name}: {cost:.4}"); }
    for np in season.not_planned() { println!("{np:?}"); }
    let plan = Plan::compile(season.apply(&model)?)?;
    let ledger = Simulation::new(&plan).run()?;
    for (p, c) in season.wanted().iter().zip(planner.held_against(&ledger)) {
        println!("{:22} {:?} {} due {:.1} planned {:.1} short {:.2} | came {:.1} short {:.2}", p.id, p.class, p.period, p.due, p.came, p.short, c.came, c.short);
    }
    println!("{}", season.table());
    for (k, r) in season.reservoirs().iter().enumerate() {
        let last = ledger.days() - 1;
        println!("{} planned {:.1} simulated {:.1}", r.id, r.storage.last().unwrap().mcm(), ledger.reservoirs().storage.at(last, k)/1e6);
    }
    Ok(())
}
