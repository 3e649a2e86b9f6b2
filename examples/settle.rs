//! Settles an agreement against measured flows, without simulation.
//!
//! ```text
//! cargo run --release --example settle [AGREEMENT] [--observed FLOWS.csv] [--out DIR]
//! ```
//!
//! Without arguments: the agreement of 2000 on Bakhri Tochik against the season of 2024.

use std::path::PathBuf;
use std::process::ExitCode;

use comfy_table::{Cell, CellAlignment, Table, presets};
use riparian::Result;
use riparian::agreement::Agreement;
use riparian::settlement::{Record, Settled, Settlement, check, settle};

const USAGE: &str = "usage: settle [AGREEMENT] [--observed FLOWS.csv] [--out DIR]";

/// Where the agreement and the record are, and where the tables go, if anywhere.
struct Arguments {
    agreement: PathBuf,
    observed: PathBuf,
    out: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = match arguments(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let agreement = Agreement::open(&arguments.agreement)?;
    let record = Record::open(&arguments.observed)?;
    let agreements = [agreement];
    check(&agreements, &record)?;
    let settled = settle(&agreements, &record);
    let [agreement] = &agreements;
    println!(
        "{}\nbetween {}",
        agreement.title,
        agreement.parties.join(", ")
    );
    println!(
        "against {}, {}\n",
        arguments.observed.display(),
        record.window()
    );
    println!("{}", verdicts(&settled));
    print_rest(&settled, agreement);
    if let Some(out) = &arguments.out {
        settled.write(out)?;
        println!("\nTables are in {}", out.display());
    }
    Ok(())
}

fn verdicts(settled: &Settled) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "obligation",
        "period",
        "committed",
        "before",
        "delivered",
        "balance",
        "unit",
        "verdict",
        "since",
    ]);
    for row in &settled.rows {
        table.add_row([
            Cell::new(&row.obligation),
            Cell::new(row.period),
            number(row.committed),
            number(row.first_committed),
            number(row.delivered),
            number(row.balance()),
            Cell::new(row.unit.sign()),
            Cell::new(verdict(row)),
            Cell::new(
                row.first_day_short
                    .map_or(String::new(), |day| day.to_string()),
            ),
        ]);
    }
    table
}

fn verdict(row: &Settlement) -> String {
    match row.clauses.as_slice() {
        [] => row.status.name().to_owned(),
        clauses => format!("{} ({})", row.status.name(), clauses.join("; ")),
    }
}

fn number(value: Option<f64>) -> Cell {
    Cell::new(value.map_or(String::new(), |value| format!("{value:.2}")))
        .set_alignment(CellAlignment::Right)
}

/// Accounts, events, second readings and what the source leaves open.
fn print_rest(settled: &Settled, agreement: &Agreement) {
    for row in &settled.rows {
        if let (Some((source, reading)), Some(delivered)) = (&row.second, row.delivered) {
            println!(
                "\n{}: {delivered:.1} {unit} here, {reading:.1} {unit} by {source}",
                row.obligation,
                unit = row.unit.sign(),
            );
        }
    }
    for journal in &settled.journals {
        println!(
            "\nAccount of `{}`, {}",
            journal.obligation,
            journal.unit.sign()
        );
        for line in &journal.lines {
            println!(
                "  {}  {:>10.2}  {:>10.2}  {} ({})",
                line.date, line.amount, line.balance, line.reason, line.counterpart
            );
        }
    }
    for event in &settled.events {
        println!("\n{}, `{}`: {}", event.window, event.obligation, event.text);
    }
    if !agreement.open.is_empty() {
        println!("\nLeft open by the source:");
        for open in &agreement.open {
            println!("  {open}");
        }
    }
}

fn arguments(given: impl Iterator<Item = String>) -> std::result::Result<Arguments, String> {
    let mut arguments = Arguments {
        agreement: "data/agreements/bakhri-tochik-2000.toml".into(),
        observed: "data/agreements/observed/bakhri-tochik-2024.csv".into(),
        out: None,
    };
    let mut given = given.peekable();
    let mut named = false;
    while let Some(argument) = given.next() {
        let mut value = |what: &str| given.next().ok_or(format!("{argument} without {what}"));
        match argument.as_str() {
            "--observed" => arguments.observed = value("a table")?.into(),
            "--out" => arguments.out = Some(value("a folder")?.into()),
            other if !other.starts_with('-') && !named => {
                arguments.agreement = other.into();
                named = true;
            }
            other => return Err(format!("what is `{other}`?")),
        }
    }
    Ok(arguments)
}
