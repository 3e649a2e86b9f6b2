//! A dry season of the Ganges at Farakka under the treaty of 1996, dekad by dekad: both shares, the
//! rotating guarantee, and the calls for consultation.
//!
//! ```text
//! cargo run --release --example farakka [PERCENT]
//! ```
//!
//! The flow is the mean of 1949-1988 of the treaty's annex II, or a percentage of it: at 75 % the
//! turns of the guarantee bind, and some dekads call for consultation.

use std::process::ExitCode;

use comfy_table::{Cell, CellAlignment, Table, presets};
use riparian::Result;
use riparian::agreement::{Agreement, Measure};
use riparian::calendar::Period;
use riparian::settlement::{Record, Settlement, check, settle};
use riparian::units::{Flow, Volume};

fn main() -> ExitCode {
    let percent = match std::env::args().nth(1).map(|text| text.parse::<f64>()) {
        None => 100.0,
        Some(Ok(percent)) if percent.is_finite() && percent >= 0.0 => percent,
        Some(_) => {
            eprintln!("usage: farakka [PERCENT of the mean flow]");
            return ExitCode::from(2);
        }
    };
    match season(percent / 100.0) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn season(part: f64) -> Result<()> {
    let treaty = Agreement::open("data/agreements/farakka-1996.toml")?;
    let mean = Record::open("data/agreements/observed/farakka-average.csv")?;
    let record = scaled(&mean, part);
    let agreements = [treaty];
    check(&agreements, &record)?;
    let settled = settle(&agreements, &record);
    let of = |id: &str| -> Vec<&Settlement> {
        let rows = settled.rows.iter();
        rows.filter(|row| row.obligation == id).collect()
    };
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "dekad",
        "cusecs at Farakka",
        "India",
        "Bangladesh",
        "",
    ]);
    for (india, bangladesh) in of("farakka-india").iter().zip(of("farakka-bangladesh")) {
        let period = india.period;
        let water = period
            .iter()
            .filter_map(|day| record.get("farakka", None, day))
            .sum::<f64>();
        table.add_row([
            Cell::new(Period::Dekad.key(period.from())),
            cusecs(Some(water / 1e6), period.days()),
            cusecs(india.committed, period.days()),
            cusecs(bangladesh.committed, period.days()),
            Cell::new(bangladesh.clauses.join("; ")),
        ]);
    }
    println!(
        "{}\n{:.0} % of the mean flow of 1949-1988\n",
        agreements[0].title,
        100.0 * part
    );
    println!("{table}");
    for event in &settled.events {
        let flow = Flow::from_m3s(event.reading.unwrap_or_default()).cusecs();
        println!("{}: {} ({flow:.0} cusecs)", event.window, event.text);
    }
    Ok(())
}

/// The mean flow of some Mm3 over days, in cubic feet per second.
fn cusecs(mcm: Option<f64>, days: usize) -> Cell {
    let flow = mcm.map(|mcm| Volume::from_mcm(mcm).per_days(days as f64).cusecs());
    Cell::new(flow.map_or(String::new(), |flow| format!("{flow:.0}")))
        .set_alignment(CellAlignment::Right)
}

/// The same season with a part of its water; what was delivered follows.
fn scaled(mean: &Record, part: f64) -> Record {
    let columns: Vec<(&str, Option<Measure>)> = mean.columns().collect();
    columns
        .into_iter()
        .fold(Record::new(mean.window()), |record, (id, measure)| {
            let days = mean.window().iter();
            let values = days.map(|day| mean.get(id, measure, day).map_or(f64::NAN, |v| v * part));
            record.with(id, measure, values.collect())
        })
}
