//! What the engine's tests share.
#![allow(dead_code, unused_imports, reason = "each test binary uses its part")]

/// The crate's own testing kit, by its path: it is behind a feature, the engine's tests are not.
#[path = "../../src/testing/basins/mod.rs"]
#[allow(unreachable_pub, reason = "public in the crate")]
pub(crate) mod basins;

use riparian::ledger::Ledger;
use riparian::{Model, Plan, Simulation};

pub(crate) use basins::{DAY, daily, days, flow};

/// Runs a model; every balance must close.
pub(crate) fn run(model: Model) -> Ledger {
    let plan = Plan::compile(model).expect("a model the engine can run");
    let ledger = Simulation::new(&plan).run().expect("a run to the end");
    let balance = ledger.balance(plan.model().basin());
    let lines = balance.nodes.iter().chain(&balance.reaches);
    for line in lines.chain([&balance.basin]) {
        assert!(line.closes(), "{line:?}");
    }
    ledger
}

/// Whether a row of numbers is as expected but for rounding.
#[track_caller]
pub(crate) fn assert_row(found: impl Iterator<Item = f64>, expected: &[f64]) {
    let found: Vec<f64> = found.collect();
    let largest = expected
        .iter()
        .fold(0.0, |largest: f64, v| largest.max(v.abs()));
    let alike = found.len() == expected.len()
        && found
            .iter()
            .zip(expected)
            .all(|(found, expected)| (found - expected).abs() <= 1e-12 * largest);
    assert!(alike, "found {found:?}, expected {expected:?}");
}
