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
        default_missing_value = "all",
        value_parser = sheet,
        conflicts_with_all = ["html", "language"]
    )]
    bulletin: Option<Sheet>,
}

/// What is printed of the bulletin.
#[derive(Clone, Copy)]
enum Sheet {
    All,
    Month(Month),
}

fn sheet(text: &str) -> Result<Sheet, String> {
    if text == "all" {
        return Ok(Sheet::All);
    }
    let month: riparian::Result<Month> = text.parse();
    month.map(Sheet::Month).map_err(|error| error.to_string())
}

/// The languages, by their codes.
pub(crate) fn languages() -> impl clap::builder::TypedValueParser<Value = Language> {
    PossibleValuesParser::new(Language::ALL.map(Language::code))
        .map(|code| Language::from_code(&code).unwrap_or_default())
}

impl Args {
    pub(crate) fn run(&self, json: bool) -> Result<Answer, Failure> {
        let report = run::run(&self.scenario)?;
        if let Some(sheet) = self.bulletin {
            return bulletin(&report.bulletin(), sheet, json);
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

fn bulletin(bulletin: &Bulletin, sheet: Sheet, json: bool) -> Result<Answer, Failure> {
    let text = match sheet {
        Sheet::All => bulletin.to_string(),
        Sheet::Month(month) => {
            let sheet = bulletin.month(month);
            let other = || Failure::usage(format!("{month} is no month of the run"));
            sheet.ok_or_else(other)?.to_string()
        }
    };
    if json {
        return Ok(Answer::json(&as_json(bulletin)));
    }
    Ok(Answer::text(text))
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
