//! `riparian report`: a run as one page of HTML.

use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;
use riparian::report::html::{Language, Page};

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
}

/// The languages, by their codes.
pub(crate) fn languages() -> impl clap::builder::TypedValueParser<Value = Language> {
    PossibleValuesParser::new(Language::ALL.map(Language::code))
        .map(|code| Language::from_code(&code).unwrap_or_default())
}

impl Args {
    pub(crate) fn run(&self, json: bool) -> Result<Answer, Failure> {
        let report = run::run(&self.scenario)?;
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
            return Ok(Answer::json(
                &serde_json::json!({ "html": file.display().to_string() }),
            ));
        }
        Ok(Answer::text(format!(
            "The report is in {}\n",
            file.display()
        )))
    }
}
