//! `riparian settle`: agreements against measured series, without simulation.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use riparian::agreement::Agreement;
use riparian::settlement::{Record, Settled, check, settle};
use serde_json::json;

use crate::answer::{Answer, Failure, Sources};
use crate::table::tenths;
use crate::terminal::colours;
use crate::verdicts;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The files of the agreements, TOML
    #[arg(required = true)]
    agreements: Vec<PathBuf>,
    /// What was measured, CSV or Parquet; `-` reads it from standard input
    #[arg(long, value_name = "FILE")]
    observed: PathBuf,
    /// Writes the tables of the settlement into a folder
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Ends with exit code 3 if something promised is short, or a limit exceeded
    #[arg(long)]
    strict: bool,
}

impl Args {
    pub(crate) fn run(&self, json: bool) -> Result<Answer, Failure> {
        let mut sources = Sources::default();
        let record = if self.observed == Path::new("-") {
            let bytes = input()?;
            sources = sources.and(STDIN, &String::from_utf8_lossy(&bytes));
            Record::read(STDIN, bytes)
        } else {
            Record::open(&self.observed)
        };
        let failed = |error| Failure::Crate {
            error,
            sources: sources.clone(),
        };
        let record = record.map_err(failed)?;
        let agreements: Vec<Agreement> = (self.agreements.iter())
            .map(|file| Agreement::open(file).map_err(failed))
            .collect::<Result<_, _>>()?;
        check(&agreements, &record).map_err(failed)?;
        let settled = settle(&agreements, &record);
        if let Some(out) = &self.out {
            settled.write(out).map_err(failed)?;
        }
        let answer = if json {
            as_json(&record, &settled)
        } else {
            let mut text = text(&agreements, &record, &settled);
            if let Some(out) = &self.out {
                let _ = writeln!(text, "\nTables are in {}", out.display());
            }
            Answer::text(text)
        };
        Ok(answer.strict(self.strict, verdicts::any_breach(&settled.rows)))
    }
}

/// What faults of standard input call it.
const STDIN: &str = "<standard input>";

fn input() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|e| Failure::io(Path::new(STDIN), "cannot be read", &e))?;
    Ok(bytes)
}

pub(crate) fn standard_input() -> Result<String, Failure> {
    String::from_utf8(input()?).map_err(|_| Failure::told("standard input is not UTF-8"))
}

fn text(agreements: &[Agreement], record: &Record, settled: &Settled) -> String {
    let mut text = String::new();
    for agreement in agreements {
        let parties = agreement.parties.join(", ");
        let _ = writeln!(text, "{}, between {parties}", agreement.title);
    }
    let _ = writeln!(text, "{}\n", record.window());
    text += &verdicts::settlements(&settled.rows).draw(colours());
    for row in &settled.rows {
        if !row.clauses.is_empty() {
            let clauses = row.clauses.join("; ");
            let _ = writeln!(text, "\n{}, {}: {clauses}", row.obligation, row.period);
        }
    }
    for journal in &settled.journals {
        let unit = journal.unit.sign();
        let _ = writeln!(text, "\nAccount of `{}`, {unit}", journal.obligation);
        for line in &journal.lines {
            let (amount, balance) = (tenths(line.amount), tenths(line.balance));
            let (date, reason, with) = (line.date, &line.reason, &line.counterpart);
            let _ = writeln!(
                text,
                "  {date}  {amount:>10}  {balance:>10}  {reason} ({with})"
            );
        }
    }
    for event in &settled.events {
        let (window, obligation) = (event.window, &event.obligation);
        let _ = writeln!(text, "\n{window}, `{obligation}`: {}", event.text);
    }
    for agreement in agreements.iter().filter(|a| !a.open.is_empty()) {
        let _ = writeln!(text, "\nLeft open by the source of {}:", agreement.title);
        for open in &agreement.open {
            let _ = writeln!(text, "  {open}");
        }
    }
    text
}

fn as_json(record: &Record, settled: &Settled) -> Answer {
    let events = settled.events.iter().map(|event| {
        json!({
            "obligation": event.obligation,
            "from": event.window.from().to_string(),
            "to": event.window.to().to_string(),
            "event": event.text,
            "reading": event.reading,
        })
    });
    let accounts = settled.journals.iter().map(|journal| {
        let lines = journal.lines.iter().map(|line| {
            json!({
                "date": line.date.to_string(),
                "amount": line.amount,
                "balance": line.balance,
                "reason": line.reason,
                "counterpart": line.counterpart,
            })
        });
        json!({
            "obligation": journal.obligation,
            "unit": journal.unit.sign(),
            "lines": lines.collect::<Vec<_>>(),
        })
    });
    Answer::json(&json!({
        "from": record.window().from().to_string(),
        "to": record.window().to().to_string(),
        "settlements": settled.rows.iter().map(verdicts::json).collect::<Vec<_>>(),
        "accounts": accounts.collect::<Vec<_>>(),
        "events": events.collect::<Vec<_>>(),
    }))
}
