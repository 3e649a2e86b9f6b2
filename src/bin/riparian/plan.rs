//! `riparian plan`: a season's releases ahead.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use riparian::planner::{Planner, SeasonPlan, Wanted};
use serde_json::json;

use crate::answer::{Answer, Failure};
use crate::table::{Cell, Table};
use crate::terminal::Progress;
use crate::{report, verdicts};

/// What part of what is due counts as rounding of the solver.
const ROUNDING: f64 = 1e-6;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder of the scenario: its inflows are taken as the forecast
    scenario: PathBuf,
    /// Writes the bulletin as a table too; `-` writes it, and nothing else, to standard output
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Plans an obligation in a priority class, whatever its agreement says
    #[arg(long, value_name = "OBLIGATION=CLASS", value_parser = pair)]
    claiming: Vec<(String, String)>,
    /// Leaves an obligation out
    #[arg(long, value_name = "OBLIGATION")]
    without: Vec<String>,
    /// Ends with exit code 3 if something promised would be short, or a limit exceeded
    #[arg(long)]
    strict: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (id, class) = text.split_once('=').ok_or("no `=` in it")?;
    Ok((id.to_owned(), class.to_owned()))
}

impl Args {
    pub(crate) fn run(&self, json: bool) -> Result<Answer, Failure> {
        let failed = Failure::in_folder(&self.scenario);
        let season = {
            let _shown = Progress::say("planning");
            self.plan().map_err(&failed)?
        };
        let mut note = String::new();
        if let Some(file) = &self.csv {
            let mut table = Vec::new();
            let write = season.bulletin().write_csv(&mut table);
            write.map_err(|e| Failure::io(file, "cannot be written", &e))?;
            if file == Path::new("-") {
                return Ok(Answer::text(String::from_utf8_lossy(&table)));
            }
            std::fs::write(file, table).map_err(|e| Failure::io(file, "cannot be written", &e))?;
            note = format!("\nThe table is in {}\n", file.display());
        }
        let promised = season.wanted().iter().filter(|wanted| wanted.obligation);
        let breach = promised.clone().any(is_short);
        let answer = if json {
            as_json(&season)
        } else {
            Answer::text(text(&season) + &note)
        };
        Ok(answer.strict(self.strict, breach))
    }

    fn plan(&self) -> riparian::Result<SeasonPlan> {
        let model = riparian::scenario::read(&self.scenario)?;
        let mut planner = Planner::new(&model)?;
        for (obligation, class) in &self.claiming {
            planner = planner.claiming(obligation, class)?;
        }
        for obligation in &self.without {
            planner = planner.without(obligation)?;
        }
        planner.plan()
    }
}

fn is_short(wanted: &Wanted) -> bool {
    wanted.short > ROUNDING * wanted.due
}

fn text(season: &SeasonPlan) -> String {
    let mut text = season.bulletin().to_string();
    let mut table = Table::new(["", "class", "period", "due", "comes", "missing", "unit"]);
    for wanted in season.wanted().iter().filter(|wanted| is_short(wanted)) {
        table.row([
            Cell::text(&wanted.id),
            Cell::text(wanted.class.as_deref().unwrap_or("observes")),
            Cell::text(verdicts::period(wanted.period)),
            Cell::figure(Some(wanted.due)),
            Cell::figure(Some(wanted.came)),
            Cell::figure(Some(wanted.short)),
            Cell::text(wanted.unit.sign()),
        ]);
    }
    if table.is_empty() {
        text += "\nNothing would be missing.\n";
    } else {
        let _ = write!(text, "\nWhat would be missing\n{}", table.draw(false));
    }
    if !season.not_planned().is_empty() {
        text += "\nNot planned\n";
    }
    for left in season.not_planned() {
        let _ = writeln!(text, "  {}: {}", left.obligation, left.why);
    }
    text
}

fn as_json(season: &SeasonPlan) -> Answer {
    let mcm = |volumes: &[riparian::units::Volume]| -> Vec<f64> {
        volumes.iter().map(|volume| volume.mcm()).collect()
    };
    let dekads = season
        .dekads()
        .iter()
        .map(|days| json!({ "from": days.from().to_string(), "to": days.to().to_string() }));
    let reservoirs = season.reservoirs().iter().map(|reservoir| {
        json!({
            "reservoir": reservoir.id,
            "initial_mcm": reservoir.initial.mcm(),
            "inflow_mcm": mcm(&reservoir.inflow),
            "release_mcm": mcm(&reservoir.release),
            "spill_mcm": mcm(&reservoir.spill),
            "storage_mcm": mcm(&reservoir.storage),
        })
    });
    let wanted = season.wanted().iter().map(|wanted| {
        json!({
            "id": wanted.id,
            "obligation": wanted.obligation,
            "class": wanted.class,
            "from": wanted.period.from().to_string(),
            "to": wanted.period.to().to_string(),
            "unit": wanted.unit.sign(),
            "due": wanted.due,
            "comes": wanted.came,
            "missing": wanted.short,
        })
    });
    let left = season.not_planned().iter();
    let left = left.map(|left| json!({ "obligation": left.obligation, "why": left.why }));
    Answer::json(&json!({
        "bulletin": report::as_json(&season.bulletin()),
        "dekads": dekads.collect::<Vec<_>>(),
        "reservoirs": reservoirs.collect::<Vec<_>>(),
        "wanted": wanted.collect::<Vec<_>>(),
        "not_planned": left.collect::<Vec<_>>(),
    }))
}
