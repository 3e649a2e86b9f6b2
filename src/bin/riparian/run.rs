//! `riparian run`: a scenario simulated and settled.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use riparian::settlement::Settlement;
use riparian::{Plan, Report, Simulation};
use serde_json::json;

use crate::answer::{Answer, Failure};
use crate::terminal::{Progress, colours};
use crate::{record, verdicts};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder of the scenario
    scenario: PathBuf,
    /// Where the daily tables go; a run that was there is replaced [default: out/SCENARIO]
    #[arg(long, value_name = "FOLDER", conflicts_with = "no_tables")]
    out: Option<PathBuf>,
    /// Writes no tables
    #[arg(long)]
    no_tables: bool,
    /// Writes all daily readings as one table too, which `settle --observed` reads: CSV, or Parquet if
    /// its name ends so
    #[arg(long, value_name = "FILE", value_parser = record::file)]
    record: Option<PathBuf>,
    /// Ends with exit code 3 if something promised is short, or a limit exceeded
    #[arg(long)]
    strict: bool,
}

impl Args {
    pub(crate) fn run(&self, json: bool) -> Result<Answer, Failure> {
        let report = run(&self.scenario)?;
        let out = match &self.out {
            Some(out) => Some(out.clone()),
            None if self.no_tables => None,
            None => Some(usual_out(&self.scenario)?),
        };
        if let Some(out) = &out {
            let _shown = Progress::say("writing tables");
            report.write(out).map_err(Failure::in_folder(out))?;
        }
        if let Some(file) = &self.record {
            record::write(&report, file)?;
        }
        let answer = if json {
            as_json(&report, out.as_deref())
        } else {
            Answer::text(text(&report, out.as_deref()))
        };
        Ok(answer.strict(self.strict, verdicts::any_breach(report.settlements())))
    }
}

/// Runs a scenario, and says how far it is.
pub(crate) fn run(folder: &Path) -> Result<Report, Failure> {
    let model = riparian::scenario::read(folder).map_err(Failure::in_folder(folder))?;
    simulate(model).map_err(Failure::in_folder(folder))
}

fn simulate(model: riparian::Model) -> riparian::Result<Report> {
    let plan = Plan::compile(model)?;
    let days = plan.window().days();
    let mut progress = Progress::new(format!("{}, days", plan.model().title()), days);
    let mut simulation = Simulation::new(&plan);
    for _ in 1..days {
        simulation.step()?;
        progress.step();
    }
    let ledger = simulation.run()?;
    let report = Report::new(plan, ledger);
    report.balance().check(report.ledger().window().to())?;
    Ok(report)
}

/// Where the tables of a scenario go when nobody says: below the working folder, by its name.
pub(crate) fn usual_out(scenario: &Path) -> Result<PathBuf, Failure> {
    Ok(Path::new("out").join(name(scenario)?))
}

/// The name of a scenario's folder, of `.` too.
pub(crate) fn name(scenario: &Path) -> Result<OsString, Failure> {
    let whole = std::fs::canonicalize(scenario)
        .map_err(|e| Failure::io(scenario, "cannot be found", &e))?;
    let nameless = || Failure::usage(format!("`{}` has no name", scenario.display()));
    whole
        .file_name()
        .map(ToOwned::to_owned)
        .ok_or_else(nameless)
}

fn text(report: &Report, out: Option<&Path>) -> String {
    let colours = colours();
    let model = report.plan().model();
    let mut text = format!("{}\n{}\n\n", model.title(), model.window());
    if !model.note().is_empty() {
        let _ = writeln!(text, "{}\n", model.note());
    }
    let rows = report.settlements();
    if rows.is_empty() {
        text += "The scenario has no obligations to settle.\n\n";
    } else {
        let settlements = verdicts::settlements(report.in_river_order());
        let _ = writeln!(
            text,
            "Settlement, in river order\n{}",
            settlements.draw(colours)
        );
        if rows.iter().any(Settlement::rests_on_unaccounted) {
            text += "* the verdict would be another without the unaccounted term upstream\n\n";
        }
        let _ = writeln!(
            text,
            "By party\n{}",
            verdicts::parties(report).draw(colours)
        );
    }
    text += &why(rows);
    let whole = &report.balance().basin;
    let _ = writeln!(
        text,
        "Basin: in {:.1}, out {:.1}, change {:.1}, of it unaccounted {:.1} Mm3; residual {:.1e} Mm3",
        whole.inflow / 1e6,
        whole.outflow / 1e6,
        whole.change / 1e6,
        whole.unaccounted / 1e6,
        whole.residual / 1e6,
    );
    if let Some(out) = out {
        let _ = writeln!(text, "Daily tables are in {}", out.display());
    }
    text
}

/// Why something is short, if anything is.
fn why(rows: &[Settlement]) -> String {
    let mut text = String::new();
    let wide = rows.iter().map(|row| row.obligation.chars().count()).max();
    let wide = wide.unwrap_or(0);
    for row in rows {
        for reason in &row.reasons {
            let _ = writeln!(
                text,
                "  {:<wide$} {}  {:>9.2} {}  {}",
                row.obligation,
                row.period.from(),
                reason.amount,
                row.unit.sign(),
                reason.why
            );
        }
    }
    if text.is_empty() {
        return text;
    }
    format!("Why, for each that is short\n{text}\n")
}

fn as_json(report: &Report, out: Option<&Path>) -> Answer {
    let model = report.plan().model();
    let whole = &report.balance().basin;
    let rows = report.in_river_order();
    Answer::json(&json!({
        "title": model.title(),
        "from": model.window().from().to_string(),
        "to": model.window().to().to_string(),
        "settlements": rows.into_iter().map(verdicts::json).collect::<Vec<_>>(),
        "basin_mcm": {
            "in": whole.inflow / 1e6,
            "out": whole.outflow / 1e6,
            "change": whole.change / 1e6,
            "unaccounted": whole.unaccounted / 1e6,
            "residual": whole.residual / 1e6,
        },
        "tables": out.map(|out| out.display().to_string()),
    }))
}
