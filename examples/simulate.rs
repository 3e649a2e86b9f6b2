//! Simulates a scenario, prints the settlement of its obligations and writes the daily tables.
//!
//! ```text
//! cargo run --release --example simulate [SCENARIO] [--out DIR]
//! ```
//!
//! Without arguments: the Bakhri Tochik season of 2024, into `out/bakhri-tochik-2024`.

use std::path::PathBuf;
use std::process::ExitCode;

use comfy_table::{Cell, CellAlignment, Table, presets};
use riparian::calendar::{Month, Window};
use riparian::settlement::{Settlement, Status, Unit};
use riparian::{Report, Result};

fn main() -> ExitCode {
    let (scenario, out) = match arguments(std::env::args().skip(1)) {
        Ok(paths) => paths,
        Err(message) => {
            eprintln!("{message}\nusage: simulate [SCENARIO] [--out DIR]");
            return ExitCode::from(2);
        }
    };
    match simulate(&scenario, &out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn simulate(scenario: &std::path::Path, out: &std::path::Path) -> Result<()> {
    let report = riparian::run(scenario)?;
    let model = report.plan().model();
    println!("{}\n{}\n", model.title(), model.window());
    if !model.note().is_empty() {
        println!("{}\n", model.note());
    }
    println!("Settlement, in river order");
    println!("{}\n", settlements(&report));
    if report
        .settlements()
        .iter()
        .any(Settlement::rests_on_unaccounted)
    {
        println!("* the verdict would be another without the unaccounted term upstream\n");
    }
    println!("By party");
    println!("{}\n", parties(&report));
    println!("Why, for each that is short (Mm3 or GWh)");
    for row in report.settlements() {
        for reason in &row.reasons {
            println!(
                "  {:<18} {}  {:>9.2}  {}",
                row.obligation,
                row.period.from(),
                reason.amount,
                reason.why
            );
        }
    }
    let whole = &report.balance().basin;
    println!(
        "\nBasin: in {:.1}, out {:.1}, change {:.1}, of it unaccounted {:.1} Mm3; residual {:.1e} Mm3",
        whole.inflow / 1e6,
        whole.outflow / 1e6,
        whole.change / 1e6,
        whole.unaccounted / 1e6,
        whole.residual / 1e6,
    );
    let (tier, objective) = (report.plan().tier().name(), model.objective().name());
    print!("Allocation: {tier} network, objective {objective}; delivered to offtakes ");
    match report.volumes() {
        Ok(volumes) => println!(
            "{:.1} Mm3 by max-min, {:.1} by max-volume",
            volumes.max_min.mcm(),
            volumes.max_volume.mcm(),
        ),
        // The run stands; what the other objective would have delivered is not known.
        Err(error) => println!("by the other objective: unknown, {error}"),
    }
    report.write(out)?;
    println!("Daily tables are in {}", out.display());
    Ok(())
}

/// Every period of every obligation.
fn settlements(report: &Report) -> Table {
    let mut table = table(&[
        "point",
        "obligation",
        "from -> to",
        "period",
        "committed",
        "delivered",
        "balance",
        "unit",
        "verdict",
        "since",
        "2nd reading",
    ]);
    for row in report.in_river_order() {
        table.add_row([
            Cell::new(short(&row.point, 22)),
            Cell::new(&row.obligation),
            Cell::new(parties_of(row)),
            Cell::new(period(row.period)),
            number(row.committed),
            number(row.delivered),
            number(row.balance()),
            Cell::new(row.unit.sign()),
            Cell::new(mark(row)),
            Cell::new(
                row.first_day_short
                    .map_or(String::new(), |day| day.to_string()),
            ),
            Cell::new(
                row.second
                    .as_ref()
                    .map_or(String::new(), |(source, reading)| {
                        format!("{reading:.1} {}", short(source, 18))
                    }),
            ),
        ]);
    }
    table
}

/// A whole month by its name, any other period by its days.
fn period(window: Window) -> String {
    let month = Month::containing(window.from());
    if window == month.window() {
        month.to_string()
    } else if window.days() == 1 {
        window.from().to_string()
    } else {
        window.to_string()
    }
}

/// A text cut to a width, with a sign that it was.
fn short(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width - 2).chain("..".chars()).collect()
}

/// What each party owes and is owed: how many periods, and what is missing of them.
fn parties(report: &Report) -> Table {
    let mut table = table(&[
        "party",
        "side",
        "periods",
        "met",
        "short",
        "exceeded",
        "excused",
        "pending",
        "short of, Mm3",
        "short of, GWh",
    ]);
    for party in report.plan().model().basin().parties() {
        for owes in [true, false] {
            let rows: Vec<&Settlement> = report
                .of_party(&party.id)
                .filter(|&(debtor, _)| debtor == owes)
                .map(|(_, row)| row)
                .collect();
            if rows.is_empty() {
                continue;
            }
            let count = |status| rows.iter().filter(|row| row.status == status).count();
            let missing = |unit| -> f64 {
                rows.iter()
                    .filter(|row| row.unit == unit)
                    .map(|row| row.shortfall())
                    .sum()
            };
            table.add_row([
                Cell::new(&party.name),
                Cell::new(if owes { "owes" } else { "is owed" }),
                Cell::new(rows.len()).set_alignment(CellAlignment::Right),
                Cell::new(count(Status::Met)).set_alignment(CellAlignment::Right),
                Cell::new(count(Status::Short)).set_alignment(CellAlignment::Right),
                Cell::new(count(Status::Exceeded)).set_alignment(CellAlignment::Right),
                Cell::new(count(Status::Excused) + count(Status::Cancelled))
                    .set_alignment(CellAlignment::Right),
                Cell::new(count(Status::Pending)).set_alignment(CellAlignment::Right),
                number(Some(missing(Unit::Mcm))),
                number(Some(missing(Unit::Gwh))),
            ]);
        }
    }
    table
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header);
    table
}

fn number(value: Option<f64>) -> Cell {
    Cell::new(value.map_or("-".into(), tenths)).set_alignment(CellAlignment::Right)
}

fn parties_of(row: &Settlement) -> String {
    format!(
        "{} -> {}",
        row.debtor,
        row.creditor.as_deref().unwrap_or("river")
    )
}

/// A figure to a tenth; what rounds to nothing has no sign.
fn tenths(value: f64) -> String {
    let text = format!("{value:.1}");
    if text == "-0.0" { "0.0".into() } else { text }
}

/// The verdict, readable without colour; a star where it rests on water no gauge explains.
fn mark(row: &Settlement) -> String {
    let sign = match row.status {
        Status::Met => "+",
        Status::Short | Status::Exceeded => "!",
        Status::Excused | Status::Cancelled => "~",
        Status::Pending => "?",
    };
    let rests = if row.rests_on_unaccounted() { " *" } else { "" };
    format!("{sign} {}{rests}", row.status.name())
}

fn arguments(mut args: impl Iterator<Item = String>) -> Result<(PathBuf, PathBuf), String> {
    let mut scenario = None;
    let mut out = None;
    while let Some(arg) = args.next() {
        if arg == "--out" {
            out = Some(PathBuf::from(args.next().ok_or("--out needs a folder")?));
        } else if arg.starts_with('-') {
            return Err(format!("unknown option {arg}"));
        } else if scenario.replace(PathBuf::from(&arg)).is_some() {
            return Err(format!("a second scenario: {arg}"));
        }
    }
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let scenario = scenario.unwrap_or_else(|| root.join("data/bakhri-tochik-2024"));
    let name = scenario.file_name().unwrap_or("run".as_ref());
    let out = out.unwrap_or_else(|| PathBuf::from("out").join(name));
    Ok((scenario, out))
}
