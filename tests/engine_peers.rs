//! The same basins in two other simulators: every total must agree.
//!
//! `peers/expected.json` holds what Pywr 1.31 and Pywr 2.0.0rc1 delivered on the cases of
//! `benches/peers/generate.py`, in Mm3 rounded to 1e-4; both agree on every day to about 1e-10.

use std::collections::HashMap;

use riparian::ledger::Ledger;
use riparian::{Plan, Simulation};
use serde::Deserialize;

#[path = "../benches/common/mod.rs"]
mod peers;

#[derive(Deserialize)]
struct Expected {
    days: usize,
    outflow: f64,
    storage_at_end: HashMap<String, f64>,
    offtakes: HashMap<String, Use>,
}

#[derive(Deserialize)]
struct Use {
    asked: f64,
    delivered: f64,
    days_short: usize,
}

/// Half a unit of the last digit written, or one part in 1e6.
fn agrees(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 0.5e-4 + 1e-6 * expected
}

fn total_mcm(volumes: impl Iterator<Item = f64>) -> f64 {
    volumes.sum::<f64>() / 1e6
}

/// Days on which an offtake missed more than rounding of its demand.
fn days_short(ledger: &Ledger, offtake: usize) -> usize {
    let journal = ledger.offtakes();
    let (asked, got) = (journal.demand.of(offtake), journal.delivered.of(offtake));
    asked
        .zip(got)
        .filter(|(asked, got)| asked - got > 1e-6 * asked)
        .count()
}

fn agrees_with_peers(case: &str) {
    let all: HashMap<String, Expected> =
        serde_json::from_str(include_str!("peers/expected.json")).expect("a sound table");
    let expected = &all[case];
    let plan = Plan::compile(peers::peer_case(case).0).expect("a plan");
    let ledger = Simulation::new(&plan).run().expect("a run");
    let basin = plan.model().basin();
    assert_eq!(ledger.days(), expected.days);
    assert_eq!(basin.offtakes().len(), expected.offtakes.len());
    assert_eq!(basin.reservoirs().len(), expected.storage_at_end.len());

    for (id, expected) in &expected.offtakes {
        let offtake = basin.offtake_index(id).expect("an offtake");
        let asked = total_mcm(ledger.offtakes().demand.of(offtake));
        let delivered = total_mcm(ledger.offtakes().delivered.of(offtake));
        assert!(agrees(asked, expected.asked), "{id} asked {asked}");
        assert!(
            agrees(delivered, expected.delivered),
            "{id} got {delivered}, not {}",
            expected.delivered
        );
        assert_eq!(days_short(&ledger, offtake), expected.days_short, "{id}");
    }
    for (id, &expected) in &expected.storage_at_end {
        let reservoir = basin.reservoir_index(id).expect("a reservoir");
        let storage = ledger.reservoirs().storage.at(ledger.days() - 1, reservoir) / 1e6;
        assert!(agrees(storage, expected), "{id} holds {storage}");
    }
    let sea = basin.node_index("sea").expect("a sea");
    let outflow = total_mcm(ledger.nodes().arrived.of(sea));
    assert!(agrees(outflow, expected.outflow), "{outflow} left the basin");
}

#[test]
fn a_century_below_one_reservoir() {
    agrees_with_peers("small");
}

#[test]
fn ten_years_of_six_reservoirs_and_twenty_demands() {
    agrees_with_peers("medium");
}

#[test]
fn a_year_of_two_cells() {
    agrees_with_peers("cascade_10");
}

#[test]
fn a_year_of_twenty_cells() {
    agrees_with_peers("cascade_100");
}

#[test]
fn a_year_of_two_hundred_cells() {
    agrees_with_peers("cascade_1000");
}
