//! The season of 2024 by the protocols, under each sharing rule: who gains, who loses, by how much.
//!
//! ```text
//! cargo run --release --example compare_rules [SCENARIO] [--inflow FACTOR]
//! ```
//!
//! The rule of every priority class is exchanged; everything else stays. `--inflow` scales all
//! natural inflow first: a rule only shows when there is a shortage to share. Without it the
//! season is run at 1.0 and at 0.6 of its inflow.

use std::path::PathBuf;
use std::process::ExitCode;

use comfy_table::{Cell, CellAlignment, Table, presets};
use riparian::allocation::{RULE_NAMES, rule_by_name};
use riparian::{Ledger, Model, Plan, Result, Simulation};

fn main() -> ExitCode {
    let Ok((scenario, factors)) = arguments(std::env::args().skip(1)) else {
        eprintln!("usage: compare_rules [SCENARIO] [--inflow FACTOR]");
        return ExitCode::from(2);
    };
    match compare(&scenario, &factors) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(scenario: &std::path::Path, factors: &[f64]) -> Result<()> {
    let model = riparian::scenario::read(scenario)?;
    for &factor in factors {
        let model = model.clone().scaling_inflow(factor);
        println!("{}, inflow x {factor}", model.title());
        println!("Delivered in Mm3; in brackets the difference from the proportional rule\n");
        println!("{}\n", table(&model)?);
    }
    Ok(())
}

/// One row a party and one of all, one column a rule.
fn table(model: &Model) -> Result<Table> {
    let seasons = RULE_NAMES
        .iter()
        .filter_map(|name| rule_by_name(name))
        .map(|rule| {
            let plan = Plan::compile(model.clone().sharing_by(&rule))?;
            Simulation::new(&plan).run()
        })
        .collect::<Result<Vec<Ledger>>>()?;
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["party", "asked"].into_iter().chain(RULE_NAMES));
    let parties = model
        .basin()
        .parties()
        .iter()
        .map(|party| Some(party.id.as_str()));
    for party in parties.chain([None]) {
        let asked = total(model, party, |i| seasons[0].offtakes().demand.of(i).sum());
        if asked == 0.0 {
            continue;
        }
        let delivered: Vec<f64> = seasons
            .iter()
            .map(|ledger| total(model, party, |i| ledger.offtakes().delivered.of(i).sum()))
            .collect();
        let mut row = vec![
            Cell::new(party.unwrap_or("all")),
            right(format!("{asked:.1}")),
        ];
        row.extend(
            delivered
                .iter()
                .map(|mcm| right(format!("{mcm:.1} ({:+.1})", mcm - delivered[0]))),
        );
        table.add_row(row);
    }
    Ok(table)
}

/// The sum over a party's offtakes, or over all, in Mm3.
fn total(model: &Model, party: Option<&str>, of: impl Fn(usize) -> f64) -> f64 {
    let offtakes = model.basin().offtakes().iter().enumerate();
    let m3: f64 = offtakes
        .filter(|(_, offtake)| party.is_none_or(|id| offtake.party == id))
        .map(|(i, _)| of(i))
        .sum();
    m3 / 1e6
}

fn right(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

fn arguments(mut args: impl Iterator<Item = String>) -> Result<(PathBuf, Vec<f64>), ()> {
    let mut scenario = None;
    let mut factors = vec![1.0, 0.6];
    while let Some(arg) = args.next() {
        if arg == "--inflow" {
            let factor: f64 = args.next().ok_or(())?.parse().map_err(|_| ())?;
            if !(factor.is_finite() && factor >= 0.0) {
                return Err(());
            }
            factors = vec![factor];
        } else if arg.starts_with('-') || scenario.replace(PathBuf::from(arg)).is_some() {
            return Err(());
        }
    }
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    Ok((
        scenario.unwrap_or_else(|| root.join("data/bakhri-tochik-2024-protocol")),
        factors,
    ))
}
