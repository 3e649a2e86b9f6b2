//! Runs a variant of the Syr Darya cascade and says what became of its water: the reservoirs, what each party got, the
//! verdicts by year, and why the worst shortfalls happened.
//!
//! ```text
//! cargo run --release --example syr_darya [--variant NAME]
//! ```
//!
//! Without arguments: the ten years as observed, `2001-2010`. A name that is not known lists all.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use comfy_table::{Cell, CellAlignment, Table, presets};
use riparian::agreement::Count;
use riparian::settlement::{Settlement, Status, Unit};
use riparian::{Report, Result};

/// How many shortfalls are explained, and by how many reasons each.
const WORST: usize = 10;
const REASONS: usize = 3;

fn main() -> ExitCode {
    let folder = match arguments(std::env::args().skip(1)) {
        Ok(folder) => folder,
        Err(message) => {
            eprintln!("{message}\nusage: syr_darya [--variant NAME], one of:");
            for name in variants() {
                eprintln!("  {name}");
            }
            return ExitCode::from(2);
        }
    };
    match tell(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn tell(folder: &Path) -> Result<()> {
    let report = riparian::run(folder)?;
    let model = report.plan().model();
    println!(
        "{}\n{}\n\n{}\n",
        model.title(),
        model.window(),
        model.note()
    );
    println!("Reservoirs, Mm3");
    println!("{}\n", reservoirs(&report));
    println!("What each party's users asked for and got, Mm3");
    println!("{}\n", users(&report));
    println!("What each party was promised and got; what its limits allowed and it used, Mm3");
    println!("{}\n", promises(&report));
    println!("Verdicts by the year in which the period ends");
    println!("{}\n", verdicts(&report));
    println!("The worst shortfalls of water, and why");
    worst(&report);
    let whole = &report.balance().basin;
    println!(
        "\nBasin: in {:.1}, out {:.1}, change {:.1}, of it unaccounted {:.1} Mm3; residual {:.1e} Mm3",
        whole.inflow / 1e6,
        whole.outflow / 1e6,
        whole.change / 1e6,
        whole.unaccounted / 1e6,
        whole.residual / 1e6,
    );
    Ok(())
}

fn reservoirs(report: &Report) -> Table {
    let mut table = table(&[
        "reservoir",
        "party",
        "begin",
        "end",
        "lowest",
        "on",
        "released",
        "spilled",
    ]);
    let (ledger, basin) = (report.ledger(), report.plan().model().basin());
    let journal = ledger.reservoirs();
    for (k, reservoir) in basin.reservoirs().iter().enumerate() {
        let storage: Vec<f64> = journal.storage.of(k).collect();
        let lowest = (0..storage.len()).min_by(|&a, &b| storage[a].total_cmp(&storage[b]));
        let day = lowest.expect("a run has days");
        table.add_row([
            Cell::new(&reservoir.node),
            Cell::new(&reservoir.party),
            mcm(ledger.initial_storage()[k]),
            mcm(storage[storage.len() - 1]),
            mcm(storage[day]),
            Cell::new(ledger.date(day)),
            mcm(journal.release.of(k).sum()),
            mcm(journal.spill.of(k).sum()),
        ]);
    }
    table
}

fn users(report: &Report) -> Table {
    let mut table = table(&["party", "offtakes", "asked", "got", "short of", "of 100"]);
    let (ledger, basin) = (report.ledger(), report.plan().model().basin());
    let journal = ledger.offtakes();
    for party in basin.parties() {
        let own = |&i: &usize| basin.offtakes()[i].party == party.id;
        let own: Vec<usize> = (0..basin.offtakes().len()).filter(own).collect();
        if own.is_empty() {
            continue;
        }
        let asked: f64 = own.iter().map(|&i| journal.demand.of(i).sum::<f64>()).sum();
        let got: f64 = own
            .iter()
            .map(|&i| journal.delivered.of(i).sum::<f64>())
            .sum();
        table.add_row([
            Cell::new(&party.name),
            Cell::new(own.len()).set_alignment(CellAlignment::Right),
            mcm(asked),
            mcm(got),
            mcm(asked - got),
            right(format!("{:.1}", 100.0 * got / asked)),
        ]);
    }
    table
}

/// By party: settled periods of what is owed to it, and of what limits it.
fn promises(report: &Report) -> Table {
    let mut table = table(&[
        "party", "promised", "got", "missing", "periods", "short", "allowed", "used", "limits",
        "exceeded",
    ]);
    for party in report.plan().model().basin().parties() {
        let rows = report.of_party(&party.id).filter(|(owes, row)| {
            // Promised flows and volumes of water; energy and storage are not to be added to them.
            !owes && row.unit == Unit::Mcm && row.count != Count::AtEnd && settled(row)
        });
        let (limits, promises): (Vec<&Settlement>, Vec<&Settlement>) = rows
            .map(|(_, row)| row)
            .partition(|row| row.count == Count::AtMost);
        if limits.is_empty() && promises.is_empty() {
            continue;
        }
        let sum = |rows: &[&Settlement], of: fn(&Settlement) -> Option<f64>| {
            let total: f64 = rows.iter().filter_map(|row| of(row)).sum();
            tenths(total)
        };
        let count = |rows: &[&Settlement], status| {
            let of = rows.iter().filter(|row| row.status == status);
            right(of.count().to_string())
        };
        table.add_row([
            Cell::new(&party.name),
            sum(&promises, |row| row.committed),
            sum(&promises, |row| row.delivered),
            sum(&promises, |row| Some(row.shortfall())),
            right(promises.len().to_string()),
            count(&promises, Status::Short),
            sum(&limits, |row| row.committed),
            sum(&limits, |row| row.delivered),
            right(limits.len().to_string()),
            count(&limits, Status::Exceeded),
        ]);
    }
    table
}

fn settled(row: &Settlement) -> bool {
    row.status != Status::Pending
}

fn verdicts(report: &Report) -> Table {
    let mut header = vec!["year"];
    header.extend(Status::ALL.map(Status::name));
    let mut table = table(&header);
    let window = report.ledger().window();
    for year in window.from().year()..=window.to().year() {
        let ends = |row: &&Settlement| row.period.to().year() == year;
        let rows: Vec<&Settlement> = report.settlements().iter().filter(ends).collect();
        let counts = Status::ALL.map(|status| {
            let of = rows.iter().filter(|row| row.status == status);
            right(of.count().to_string())
        });
        table.add_row(std::iter::once(Cell::new(year)).chain(counts));
    }
    table
}

fn worst(report: &Report) {
    let water = |row: &&Settlement| row.status == Status::Short && row.unit == Unit::Mcm;
    let mut rows: Vec<&Settlement> = report.settlements().iter().filter(water).collect();
    rows.sort_by(|a, b| b.shortfall().total_cmp(&a.shortfall()));
    for row in rows.into_iter().take(WORST) {
        println!(
            "  {:<20} {}  {:>8.1} of {:.1} Mm3 missing",
            row.obligation,
            row.period,
            row.shortfall(),
            row.committed.unwrap_or_default()
        );
        for reason in row.reasons.iter().take(REASONS) {
            println!("    {:>9.1}  {}", reason.amount, reason.why);
        }
    }
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header);
    table
}

fn right(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

/// A volume in m3 as Mm3.
fn mcm(m3: f64) -> Cell {
    tenths(m3 / 1e6)
}

/// A figure to a tenth; what rounds to nothing has no sign.
fn tenths(value: f64) -> Cell {
    let text = format!("{value:.1}");
    right(if text == "-0.0" { "0.0".into() } else { text })
}

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// The scenarios of the cascade, without the name they share.
fn variants() -> Vec<String> {
    let entries = std::fs::read_dir(data()).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut variants: Vec<String> = names
        .filter_map(|name| Some(name.strip_prefix("syr-darya-")?.to_owned()))
        .collect();
    variants.sort();
    variants
}

fn arguments(mut args: impl Iterator<Item = String>) -> Result<PathBuf, String> {
    let mut variant = "2001-2010".to_owned();
    while let Some(arg) = args.next() {
        if arg != "--variant" {
            return Err(format!("unknown argument {arg}"));
        }
        variant = args.next().ok_or("--variant needs a name")?;
    }
    let variant = variant.strip_prefix("syr-darya-").unwrap_or(&variant);
    if !variants().iter().any(|name| name == variant) {
        return Err(format!("no variant {variant}"));
    }
    Ok(data().join(format!("syr-darya-{variant}")))
}
