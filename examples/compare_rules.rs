//! The season of 2024 by the protocols, under each sharing rule: who gains, who loses, by how much.
//!
//! ```text
//! cargo run --release --example compare_rules [SCENARIO] [--inflow FACTOR] [--picture FILE]
//! ```
//!
//! The rule of every priority class is exchanged; everything else stays. `--inflow` scales all
//! natural inflow first: a rule only shows when there is a shortage to share. Without it the
//! season is run at 1.0 and at 0.6 of its inflow. The last table is also drawn, into
//! `out/compare_rules.svg` unless told otherwise.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use comfy_table::{Cell, CellAlignment, Table, presets};
use kuva::backend::svg::SvgBackend;
use kuva::prelude::*;
use riparian::allocation::{RULE_NAMES, rule_by_name};
use riparian::{Model, Plan, Result, Simulation};

fn main() -> ExitCode {
    let Some((scenario, factors, picture)) = arguments(std::env::args().skip(1)) else {
        eprintln!("usage: compare_rules [SCENARIO] [--inflow FACTOR] [--picture FILE]");
        return ExitCode::from(2);
    };
    match compare(&scenario, &factors, &picture) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(scenario: &Path, factors: &[f64], picture: &Path) -> Result<(), Box<dyn Error>> {
    let model = riparian::scenario::read(scenario)?;
    for &factor in factors {
        let model = model.clone().scaling_inflow(factor);
        let shares = Shares::new(&model)?;
        println!("{}, inflow x {factor}", model.title());
        println!("Delivered in Mm3; in brackets the difference from the proportional rule\n");
        println!("{}\n", shares.table());
        if Some(&factor) == factors.last() {
            let title = format!("Gain or loss against the proportional rule, inflow x {factor}");
            if let Some(folder) = picture.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(picture, shares.picture(&title))?;
            println!("The last table as a picture: {}", picture.display());
        }
    }
    Ok(())
}

/// What the parties got under each rule.
struct Shares {
    parties: Vec<String>,
    /// By party, in Mm3.
    asked: Vec<f64>,
    /// By rule, then by party, in Mm3.
    delivered: Vec<(&'static str, Vec<f64>)>,
}

impl Shares {
    fn new(model: &Model) -> Result<Self> {
        let mut parties: Vec<String> = model
            .basin()
            .offtakes()
            .iter()
            .map(|offtake| offtake.party.clone())
            .collect();
        parties.sort();
        parties.dedup();
        let by_party = |of: &dyn Fn(usize) -> f64| -> Vec<f64> {
            parties
                .iter()
                .map(|party| total(model, party, of))
                .collect()
        };
        let mut asked = Vec::new();
        let mut delivered = Vec::new();
        for name in RULE_NAMES {
            let Some(rule) = rule_by_name(name) else {
                continue;
            };
            let plan = Plan::compile(model.clone().sharing_by(&rule))?;
            let ledger = Simulation::new(&plan).run()?;
            let journal = ledger.offtakes();
            asked = by_party(&|i| journal.demand.of(i).sum());
            delivered.push((name, by_party(&|i| journal.delivered.of(i).sum())));
        }
        Ok(Self {
            parties,
            asked,
            delivered,
        })
    }

    /// One row a rule, one column a party and one for all.
    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        let header = ["rule".to_owned()].into_iter().chain(self.parties.clone());
        table.set_header(header.chain(["all".to_owned()]));
        let row = |name: &str, values: &[f64], from: Option<&[f64]>| {
            let all = values.iter().sum::<f64>();
            let from_all = from.map(|f| f.iter().sum::<f64>());
            let mut cells = vec![Cell::new(name)];
            for (i, value) in values.iter().chain([&all]).enumerate() {
                let base = from.map(|f| f.get(i).copied().or(from_all).unwrap_or(0.0));
                cells.push(right(match base {
                    Some(base) => format!("{value:.1} ({:+.1})", value - base),
                    None => format!("{value:.1}"),
                }));
            }
            cells
        };
        table.add_row(row("asked for", &self.asked, None));
        for (name, values) in &self.delivered {
            table.add_row(row(name, values, Some(&self.delivered[0].1)));
        }
        table
    }

    /// The differences from the first rule as bars, in SVG.
    fn picture(&self, title: &str) -> String {
        const SHADES: [&str; 4] = ["#0b3c6f", "#c2571a", "#8a8a8a", "#5b8f3a"];
        let base = &self.delivered[0].1;
        let mut bars =
            BarPlot::new().with_legend(self.parties.iter().map(String::as_str).collect());
        for (name, values) in &self.delivered[1..] {
            let heights = values.iter().zip(base).zip(SHADES.iter().cycle());
            let group = heights.map(|((value, base), shade)| (value - base, *shade));
            bars = bars.with_group(*name, group.collect::<Vec<(f64, &str)>>());
        }
        let plots = vec![Plot::Bar(bars)];
        let layout = Layout::auto_from_plots(&plots)
            .with_title(title)
            .with_width(900.0)
            .with_height(420.0)
            .with_x_tick_rotate(-20.0)
            .with_y_label("Mm\u{b3} in the season");
        SvgBackend.render_scene(&render_multiple(plots, layout))
    }
}

/// The sum over a party's offtakes, in Mm3.
fn total(model: &Model, party: &str, of: &dyn Fn(usize) -> f64) -> f64 {
    let offtakes = model.basin().offtakes().iter().enumerate();
    let m3: f64 = offtakes
        .filter(|(_, offtake)| offtake.party == party)
        .map(|(i, _)| of(i))
        .sum();
    m3 / 1e6
}

fn right(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

fn arguments(mut args: impl Iterator<Item = String>) -> Option<(PathBuf, Vec<f64>, PathBuf)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut scenario = root.join("data/bakhri-tochik-2024-protocol");
    let mut factors = vec![1.0, 0.6];
    let mut picture = PathBuf::from("out/compare_rules.svg");
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--inflow" => {
                let factor: f64 = args.next()?.parse().ok()?;
                if !(factor.is_finite() && factor >= 0.0) {
                    return None;
                }
                factors = vec![factor];
            }
            "--picture" => picture = PathBuf::from(args.next()?),
            option if option.starts_with('-') => return None,
            folder => scenario = PathBuf::from(folder),
        }
    }
    Some((scenario, factors, picture))
}
