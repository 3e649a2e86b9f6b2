//! `riparian check`: every fault of a scenario, without running it.

use std::path::{Path, PathBuf};

use riparian::Plan;
use riparian::scenario::Scenario;
use serde_json::{Value, json};

use crate::answer::{Answer, Failure};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder of the scenario
    scenario: PathBuf,
}

impl Args {
    pub(crate) fn run(&self, json: bool) -> Result<Answer, Failure> {
        let found = check(&self.scenario)?;
        if json {
            return Ok(Answer::json(&found));
        }
        let count = |what: &str| found[what].as_u64().unwrap_or_default();
        Ok(Answer::text(format!(
            "{}: sound\n{}\n{} to {}; nodes {}, reservoirs {}, offtakes {}, agreements {}, obligations {}; {} files\n",
            self.scenario.display(),
            found["title"].as_str().unwrap_or_default(),
            found["from"].as_str().unwrap_or_default(),
            found["to"].as_str().unwrap_or_default(),
            count("nodes"),
            count("reservoirs"),
            count("offtakes"),
            count("agreements"),
            count("obligations"),
            count("files"),
        )))
    }
}

/// What a sound scenario holds.
fn check(folder: &Path) -> Result<Value, Failure> {
    let failed = Failure::in_folder(folder);
    let scenario = Scenario::open(folder).map_err(&failed)?;
    let plan = scenario.model().and_then(Plan::compile).map_err(&failed)?;
    let model = plan.model();
    let obligations = model.agreements().iter().map(|a| a.obligations.len());
    Ok(json!({
        "sound": true,
        "title": model.title(),
        "from": model.window().from().to_string(),
        "to": model.window().to().to_string(),
        "nodes": model.basin().nodes().len(),
        "reservoirs": model.basin().reservoirs().len(),
        "offtakes": model.basin().offtakes().len(),
        "agreements": model.agreements().len(),
        "obligations": obligations.sum::<usize>(),
        "files": scenario.files().count(),
    }))
}
