//! What the engine's tests share.
#![allow(dead_code, reason = "each test binary uses its part")]

use riparian::calendar::{Window, date_of};
use riparian::jiff::civil::Date;
use riparian::ledger::Ledger;
use riparian::series::DailySeries;
use riparian::units::Flow;
use riparian::{Model, Plan, Simulation};

/// Seconds in a day: 1 m3/s for a day, in m3.
pub(crate) const DAY: f64 = 86_400.0;

/// So many days from a date on.
pub(crate) fn days(from: Date, count: usize) -> Window {
    Window::new(from, date_of(from, count as i64 - 1)).expect("at least one day")
}

/// A series of m3 a day.
pub(crate) fn daily(window: Window, m3: impl Fn(usize) -> f64) -> DailySeries {
    let values = (0..window.days()).map(|day| m3(day) / DAY).collect();
    DailySeries::new(window.from(), values).expect("numbers")
}

/// The flow that carries a volume in a day.
pub(crate) fn flow(m3_a_day: f64) -> Flow {
    Flow::from_m3s(m3_a_day / DAY)
}

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
    let largest = expected.iter().fold(0.0, |largest: f64, v| largest.max(v.abs()));
    let alike = found.len() == expected.len()
        && found
            .iter()
            .zip(expected)
            .all(|(found, expected)| (found - expected).abs() <= 1e-12 * largest);
    assert!(alike, "found {found:?}, expected {expected:?}");
}
