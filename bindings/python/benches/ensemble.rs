//! The ensemble of `overhead.py` without Python: runs as many members as each line of the input
//! says, and answers with the seconds it took and the digest.
//!
//! It links the very build of the crate that the wheel does, so that the two differ by Python alone.

use std::io::{BufRead as _, Write as _};
use std::sync::Arc;
use std::time::Instant;

use riparian::agreement::Measure;
use riparian::ensemble::{DemandFactor, Ensemble, InflowFactor, InitialStorage, Keep, Quantiles};
use riparian::{Plan, Result, scenario};

fn ensemble(folder: &str, threads: usize) -> Result<Ensemble> {
    let inflow = Quantiles::new([
        (0.0, 0.6),
        (0.25, 0.88),
        (0.5, 1.0),
        (0.75, 1.13),
        (1.0, 1.6),
    ])?;
    let demand = Quantiles::new([(0.0, 0.92), (0.5, 1.0), (1.0, 1.1)])?;
    let storage = Quantiles::new([(0.0, 2500.0), (1.0, 3400.0)])?;
    let plan = Plan::compile(scenario::read(folder)?)?;
    let ensemble = Ensemble::new(Arc::new(plan), 2024)
        .vary(InflowFactor::new(inflow))?
        .vary(DemandFactor::new(demand))?
        .vary(InitialStorage::new("bakhri-tochik", storage))?
        .watch("bakhri-tochik", Some(Measure::Storage))?;
    Ok(ensemble.keep(Keep::Summaries).threads(threads))
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (folder, threads) = (arguments.next(), arguments.next());
    let folder = folder.expect("a scenario's folder");
    let threads = threads.map_or(1, |threads| threads.parse().expect("a number of threads"));
    let ensemble = ensemble(&folder, threads).expect("a scenario with the lake");
    for line in std::io::stdin().lock().lines() {
        let members = line.expect("a line").trim().parse().expect("a number");
        let start = Instant::now();
        let results = ensemble.run(0..members);
        println!("{} {}", start.elapsed().as_secs_f64(), results.digest());
        std::io::stdout().flush().expect("somebody who reads");
    }
}
