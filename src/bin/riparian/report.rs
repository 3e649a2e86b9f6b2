//! `riparian report`: a run as one page of HTML, or as the bulletin.

use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;
use riparian::calendar::Month;
use riparian::report::Bulletin;
use riparian::report::html::{Language, Page};
use serde_json::{Value, json};

use crate::answer::{Answer, Failure};
use crate::run;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder of the scenario
    scenario: PathBuf,
    /// The page; `-` writes it to standard output [default: SCENARIO.html]
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// The language of its labels
    #[arg(long, default_value = "en", value_parser = languages())]
    language: Language,
    /// Prints the bulletin instead: by dekad, or of a month with its days
    #[arg(
        long,
        value_name = "MONTH",
        num_args = 0..=1,
        require_equals = true,
        conflicts_with_all = ["html", "language"]
    )]
    bulletin: Option<Option<Month>>,
}

/// The languages, by their codes.
pub(crate) fn languages() -> impl clap::builder::TypedValueParser<Value = Language> {
    PossibleValuesParser::new(Language::ALL.map(Language::code))
        .map(|code| Language::from_code(&code).unwrap_or_default())
}

impl Args {
    pub(crate) fn run(&self, json: bool) -> Result<Answer, Failure> {
        let report = run::run(&self.scenario)?;
        if let Some(month) = self.bulletin {
            return bulletin(&report.bulletin(), month, json);
        }
        let page = Page::new(&report)
            .language(self.language)
            .of_folder(&self.scenario)
            .map_err(Failure::in_folder(&self.scenario))?;
        let file = match &self.html {
            Some(file) if file == Path::new("-") => return Ok(Answer::text(page.html())),
            Some(file) => file.clone(),
            None => {
                let mut file = run::name(&self.scenario)?;
                file.push(".html");
                file.into()
            }
        };
        page.write(&file).map_err(Failure::in_folder(&file))?;
        if json {
            return Ok(Answer::json(&json!({ "html": file.display().to_string() })));
        }
        Ok(Answer::text(format!(
            "The report is in {}\n",
            file.display()
        )))
    }
}

fn bulletin(bulletin: &Bulletin, month: Option<Month>, json: bool) -> Result<Answer, Failure> {
    let sheet = month.map(|month| {
        let sheet = bulletin.month(month);
        sheet.ok_or_else(|| Failure::usage(format!("{month} is no month of the run")))
    });
    let sheet = sheet.transpose()?;
    if json {
        return Ok(Answer::json(&as_json(bulletin)));
    }
    Ok(Answer::text(match sheet {
        Some(sheet) => sheet.to_string(),
        None => bulletin.to_string(),
    }))
}

/// All of it: days and dekads.
pub(crate) fn as_json(bulletin: &Bulletin) -> Value {
    let dekads = bulletin
        .dekads()
        .iter()
        .map(|days| json!({ "from": days.from().to_string(), "to": days.to().to_string() }));
    let rows = bulletin.rows().iter().map(|row| {
        json!({
            "number": row.number,
            "object": row.object,
            "party": row.party,
            "reading": row.reading.name(),
            "unit": row.reading.unit(),
            "limit_mcm": row.limit,
            "days": row.days,
            "dekads": row.dekads,
            "total_mcm": row.total(),
        })
    });
    json!({ "dekads": dekads.collect::<Vec<_>>(), "rows": rows.collect::<Vec<_>>() })
}
