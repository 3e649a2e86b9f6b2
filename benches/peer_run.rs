//! One run of a basin that other simulators run too, timed: prints one JSON line for `peers/compare.py`.
//!
//! ```text
//! cargo bench --bench peer_run -- CASE [TABLE]
//! ```
//!
//! With `TABLE` the daily values of every offtake and reservoir and of the sea go there as CSV, in whole m3, and
//! count as part of the run.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use riparian::ledger::Ledger;
use riparian::{Plan, Simulation};

mod common;

fn main() {
    // Cargo adds an argument of its own.
    let mut arguments = std::env::args().skip(1).filter(|word| word != "--bench");
    let case = arguments.next().unwrap_or_else(|| "small".into());
    let table = arguments.next();

    let start = Instant::now();
    let (model, _) = common::peer_case(&case);
    let loaded = Instant::now();
    let plan = Plan::compile(model).expect("a plan");
    let compiled = Instant::now();
    let ledger = Simulation::new(&plan).run().expect("a run");
    if let Some(table) = table {
        write(&plan, &ledger, Path::new(&table)).expect("a table that can be written");
    }
    let done = Instant::now();
    let seconds = serde_json::json!({
        "load": (loaded - start).as_secs_f64(),
        "compile": (compiled - loaded).as_secs_f64(),
        "run": (done - compiled).as_secs_f64(),
    });
    println!("{seconds}");
}

/// One row a day: storages, deliveries, and what reached the sea.
fn write(plan: &Plan, ledger: &Ledger, path: &Path) -> io::Result<()> {
    let basin = plan.model().basin();
    let sea = basin.node_index("sea").expect("a sea");
    let (lakes, users) = (basin.reservoirs(), basin.offtakes());
    let mut table = BufWriter::new(File::create(path)?);
    write!(table, "date")?;
    let names = lakes.iter().map(|lake| &lake.node);
    for name in names.chain(users.iter().map(|user| &user.id)) {
        write!(table, ",{name}_m3")?;
    }
    writeln!(table, ",sea_m3")?;
    for day in 0..ledger.days() {
        write!(table, "{}", ledger.date(day))?;
        for lake in 0..lakes.len() {
            write!(
                table,
                ",{}",
                whole(ledger.reservoirs().storage.at(day, lake))
            )?;
        }
        for user in 0..users.len() {
            write!(
                table,
                ",{}",
                whole(ledger.offtakes().delivered.at(day, user))
            )?;
        }
        writeln!(table, ",{}", whole(ledger.flow_at_node(day, sea)))?;
    }
    table.flush()
}

fn whole(m3: f64) -> i64 {
    m3.round() as i64
}
