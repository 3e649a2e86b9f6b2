//! `riparian import`: a scenario from a model of Pywr.

use std::path::{Path, PathBuf};

use riparian::pywr::Import;
use riparian::units::Volume;
use serde_json::json;

use crate::answer::{Answer, Failure};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The JSON document of the model
    model: PathBuf,
    /// The folder to make; it must not be there yet
    folder: PathBuf,
    /// What one unit of volume in the model is, as in Ml, m3 or "1000 m3"
    #[arg(long, default_value = "Mm3", value_parser = unit)]
    unit: Volume,
    /// The member of a scenario that is taken, counted from 0, as in demand=2
    #[arg(long, value_name = "SCENARIO=NUMBER", value_parser = member)]
    member: Vec<(String, usize)>,
    /// Leave out what is not understood and can be left out, and list it
    #[arg(long)]
    leave_out: bool,
}

fn unit(text: &str) -> Result<Volume, String> {
    let one = match text {
        "Ml" | "ML" => "1000 m3".to_owned(),
        text if text.starts_with(|c: char| c.is_ascii_digit()) => text.to_owned(),
        text => format!("1 {text}"),
    };
    let volume: Volume = one.parse().map_err(|error| format!("{error}"))?;
    if volume <= Volume::ZERO {
        return Err("a unit above 0 is expected".to_owned());
    }
    Ok(volume)
}

fn member(text: &str) -> Result<(String, usize), String> {
    let parts = text.rsplit_once('=');
    let (scenario, number) = parts.ok_or("a scenario and a number, as in demand=2")?;
    let number = number
        .parse()
        .map_err(|_| format!("`{number}` is no number of a member"))?;
    Ok((scenario.to_owned(), number))
}

impl Args {
    pub(crate) fn run(&self, json: bool) -> Result<Answer, Failure> {
        let beside = self.model.parent().unwrap_or(Path::new(""));
        let mut import = Import::new().unit(self.unit);
        for (scenario, member) in &self.member {
            import = import.member(scenario, *member);
        }
        if self.leave_out {
            import = import.leaving_out();
        }
        let imported = import
            .file(&self.model)
            .map_err(Failure::in_folder(beside))?;
        let written = imported.write(&self.folder);
        written.map_err(Failure::in_folder(&self.folder))?;
        let shown = self.folder.display().to_string();
        let left_out: Vec<String> = imported
            .left_out()
            .iter()
            .map(ToString::to_string)
            .collect();
        if json {
            let files: Vec<&str> = imported.files().map(|(name, _)| name).collect();
            return Ok(Answer::json(&json!({
                "folder": shown,
                "files": files,
                "notes": imported.notes(),
                "left_out": left_out,
            })));
        }
        let notes = imported
            .notes()
            .iter()
            .map(|note| format!("note: {note}\n"));
        let left_out = left_out.iter().map(|fault| format!("left out: {fault}\n"));
        let told: String = notes.chain(left_out).collect();
        Ok(Answer::text(format!(
            "{told}{shown} holds the model; run it with `riparian run {shown}`\n"
        )))
    }
}
