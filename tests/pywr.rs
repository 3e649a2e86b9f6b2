//! Models of Pywr, imported and held against what Pywr 1.31.1 gave.
//!
//! `pywr/*.json` have the structure of Pywr's own examples and numbers of their own;
//! `pywr/run_pywr.py` wrote the expected days.

use std::path::{Path, PathBuf};

use riparian::pywr::{Import, Imported};
use riparian::{Plan, Simulation};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pywr").join(name)
}

/// By node of the document: what Pywr gave on each day.
fn expected(model: &str) -> Vec<(String, Vec<f64>)> {
    let mut table = csv::Reader::from_path(path(&format!("{model}-expected.csv"))).unwrap();
    let heads = table.headers().unwrap().clone();
    let mut columns: Vec<(String, Vec<f64>)> =
        heads.iter().map(|name| (name.to_owned(), Vec::new())).collect();
    for row in table.records() {
        for (cell, (_, values)) in row.unwrap().iter().zip(&mut columns) {
            values.push(cell.parse().unwrap());
        }
    }
    columns
}

/// Runs an import and compares every day of every node that Pywr's results name. Returns how often
/// an offtake was short: a run in which nobody ever is would prove little.
fn gives_what_pywr_gave(imported: &Imported, model: &str) -> usize {
    let plan = Plan::compile(imported.model().unwrap()).unwrap();
    let ledger = Simulation::new(&plan).run().unwrap();
    let basin = plan.model().basin();
    let expected = expected(model);
    assert!(expected.len() >= 3);
    let mut short = 0;
    for (name, days) in &expected {
        assert_eq!(days.len(), ledger.days());
        let largest = days.iter().copied().fold(1e-3, f64::max);
        assert!(largest > 0.0, "{name} is dry");
        let parts: Vec<usize> = (0..basin.offtakes().len())
            .filter(|&i| {
                let of = &basin.offtakes()[i].name;
                of == name || of.starts_with(&format!("{name}, part "))
            })
            .collect();
        let node = basin.nodes().iter().position(|node| node.name == *name);
        if parts.is_empty() && node.is_none() {
            // A dearer way than another, which no water takes.
            assert!(days.iter().all(|&flow| flow == 0.0), "no node {name}");
            continue;
        }
        for (day, &theirs) in days.iter().enumerate() {
            let ours = if let Some(&first) = parts.first() {
                let asked = ledger.offtakes().demand.at(day, first);
                let got = ledger.offtakes().delivered.at(day, first);
                short += usize::from(got < asked * (1.0 - 1e-9));
                parts.iter().map(|&i| ledger.offtakes().delivered.at(day, i)).sum::<f64>()
            } else {
                let node = node.unwrap();
                match basin.reservoir_index(&basin.nodes()[node].id) {
                    Some(store) => ledger.reservoirs().storage.at(day, store),
                    None => ledger.nodes().arrived.at(day, node),
                }
            };
            assert!(
                (ours / 1e6 - theirs).abs() <= 1e-9 * largest,
                "{model}, {name}, day {day}: {} here, {theirs} in Pywr",
                ours / 1e6
            );
        }
    }
    short
}

#[test]
fn a_lake_filled_from_a_river_saves_as_in_pywr() {
    let imported = Import::new().member("growth", 2).file(path("pumped-lake.json")).unwrap();
    assert!(gives_what_pywr_gave(&imported, "pumped-lake") > 100);
    let model = imported.model().unwrap();
    assert_eq!(model.savings().len(), 1);
    assert_eq!(model.savings()[0].levels.len(), 2);
}

#[test]
fn one_reservoir_saves_in_steps_and_on_a_line_as_in_pywr() {
    let imported = riparian::pywr::import(path("one-reservoir.json")).unwrap();
    assert_eq!(imported.model().unwrap().savings().len(), 2);
    // It saves so early that it is never short; what it asks for is what it got.
    gives_what_pywr_gave(&imported, "one-reservoir");
}

#[test]
fn two_valleys_share_as_in_pywr() {
    let imported = riparian::pywr::import(path("two-valleys.json")).unwrap();
    assert!(gives_what_pywr_gave(&imported, "two-valleys") > 1000);
}

#[test]
fn small_things_give_what_pywr_gave() {
    let imported = riparian::pywr::import(path("small-things.json")).unwrap();
    assert!(gives_what_pywr_gave(&imported, "small-things") > 300);
}
