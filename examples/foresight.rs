//! What it costs not to know what the tributaries will bring: the same years with perfect foresight
//! and by forecasts.
//!
//! ```text
//! cargo run --release --example foresight [SCENARIO]
//! ```
//!
//! Without arguments: the Syr Darya 2001-2010 with its dams serving whatever is claimed. Water
//! takes 26 days from Toktogul to the sea. Each day the orders go out by a forecast of the
//! lateral inflows, and what really arrives is shared. A run over a single year has no other years
//! to say what is normal, and is made by persistence alone.

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use comfy_table::{Cell, CellAlignment, Table, presets};
use riparian::ledger::{Daily, Sum};
use riparian::operation::{Forecast, Foresight, Normal};
use riparian::units::Volume;
use riparian::{Model, Plan, Report, Simulation};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let scenario = arguments.next();
    if arguments.next().is_some() {
        eprintln!("usage: foresight [SCENARIO]");
        return ExitCode::from(2);
    }
    match compare(scenario.as_deref().unwrap_or("data/syr-darya-order-driven")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(scenario: &str) -> Result<(), Box<dyn Error>> {
    let model = riparian::scenario::read(scenario)?;
    let fading = Forecast::Fading {
        normal: Normal::OtherYears,
        memory_days: 20.0,
    };
    let forecasts = [
        ("none needed", Foresight::Perfect),
        (
            "climatology",
            Foresight::Operational(Forecast::Climatology(Normal::OtherYears)),
        ),
        ("fading, 20 days", Foresight::Operational(fading)),
        ("persistence", Foresight::Operational(Forecast::Persistence)),
    ];
    let classes: Vec<&str> = model.classes().iter().map(|c| &*c.name).collect();
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    let mut header = vec!["forecast".to_owned()];
    let served = |class: &&str| model.basin().offtakes().iter().any(|o| o.class == **class);
    let served: Vec<&str> = classes.into_iter().filter(served).collect();
    header.extend(served.iter().map(|class| format!("delivered, {class}")));
    header.extend(
        [
            "short by error",
            "spilled by error",
            "left the basin",
            "stored at the end",
        ]
        .map(str::to_owned),
    );
    header.push("seconds".to_owned());
    table.set_header(header);
    for (name, foresight) in forecasts {
        let Ok(model) = model.clone().knowing(foresight) else {
            eprintln!("{name}: the run has no other years to say what is normal");
            continue;
        };
        let plan = Plan::compile(model)?;
        let begun = Instant::now();
        let ledger = Simulation::new(&plan).run()?;
        let seconds = begun.elapsed().as_secs_f64();
        let report = Report::new(plan, ledger);
        let mut row = vec![name.to_owned()];
        row.extend(served.iter().map(|class| mcm(delivered(&report, class))));
        row.extend(costs(&report).map(mcm));
        row.push(format!("{seconds:.2}"));
        let cells = row.into_iter().enumerate().map(|(i, text)| {
            let side = if i == 0 {
                CellAlignment::Left
            } else {
                CellAlignment::Right
            };
            Cell::new(text).set_alignment(side)
        });
        table.add_row(cells);
    }
    println!(
        "{}, {}\n\nIn Mm3:\n\n{table}",
        model.title(),
        model.window()
    );
    Ok(())
}

/// What the offtakes of a class got.
fn delivered(report: &Report, class: &str) -> Volume {
    let model: &Model = report.plan().model();
    let offtakes = model.basin().offtakes().iter().enumerate();
    let members = offtakes.filter(|(_, offtake)| offtake.class == class);
    let journal = &report.ledger().offtakes().delivered;
    sum(members.flat_map(|(i, _)| journal.of(i)))
}

/// Shortage and spill that the forecasts' errors made, what left the basin, and what is in store
/// after the last day.
fn costs(report: &Report) -> [Volume; 4] {
    let ledger = report.ledger();
    let error = report.forecast_error().unwrap_or_default();
    let all = |table: &Daily| sum((0..table.width()).flat_map(|place| table.of(place)));
    let storage = &ledger.reservoirs().storage;
    let last = ledger.days() - 1;
    let stored = sum((0..storage.width()).map(|k| storage.at(last, k)));
    let left = all(&ledger.nodes().left);
    [error.shortage(), error.spill(), left, stored]
}

fn sum(volumes: impl Iterator<Item = f64>) -> Volume {
    Volume::from_m3(volumes.collect::<Sum>().value())
}

fn mcm(volume: Volume) -> String {
    format!("{:.1}", volume.mcm())
}
