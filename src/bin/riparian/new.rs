//! `riparian new`: a scenario to begin with.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::answer::{Answer, Failure};

/// The files of the skeleton.
const FILES: [(&str, &str); 12] = [
    ("README.md", include_str!("skeleton/README.md")),
    ("scenario.toml", include_str!("skeleton/scenario.toml")),
    ("parties.csv", include_str!("skeleton/parties.csv")),
    ("nodes.csv", include_str!("skeleton/nodes.csv")),
    ("reaches.csv", include_str!("skeleton/reaches.csv")),
    ("reservoirs.csv", include_str!("skeleton/reservoirs.csv")),
    ("curves.csv", include_str!("skeleton/curves.csv")),
    ("evaporation.csv", include_str!("skeleton/evaporation.csv")),
    ("offtakes.csv", include_str!("skeleton/offtakes.csv")),
    (
        "series/inflows.csv",
        include_str!("skeleton/series/inflows.csv"),
    ),
    (
        "series/demands.csv",
        include_str!("skeleton/series/demands.csv"),
    ),
    (
        "agreements/border-water.toml",
        include_str!("skeleton/agreements/border-water.toml"),
    ),
];

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder to make; it must not be there yet
    folder: PathBuf,
}

impl Args {
    pub(crate) fn run(&self, json: bool) -> Result<Answer, Failure> {
        let folder = &self.folder;
        if let Some(parent) = folder.parent() {
            fs::create_dir_all(parent).map_err(|e| Failure::io(parent, "cannot be made", &e))?;
        }
        // Making it fails if it is there: nothing of the user's is ever written over.
        fs::create_dir(folder).map_err(|e| match e.kind() {
            ErrorKind::AlreadyExists => Failure::told(format!(
                "`{}` is there already; nothing was written",
                folder.display()
            )),
            _ => Failure::io(folder, "cannot be made", &e),
        })?;
        for (name, text) in FILES {
            write(&folder.join(name), text)?;
        }
        let shown = folder.display();
        if json {
            let files = FILES.map(|(name, _)| name);
            return Ok(Answer::json(
                &serde_json::json!({ "folder": shown.to_string(), "files": files }),
            ));
        }
        Ok(Answer::text(format!(
            "{shown} holds a river, a dam, two countries and an agreement between them.\n\
             Run it with `riparian run {shown}`; README.md there says what next.\n"
        )))
    }
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let folder = file.parent().unwrap_or(file);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(file, text))
        .map_err(|e| Failure::io(file, "cannot be written", &e))
}
