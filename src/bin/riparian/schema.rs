//! `riparian schema`: JSON schemas of the TOML files, for editors.
//!
//! They know keys, types and words; what only the whole scenario can tell, such as whether a node
//! is there, `riparian check` says. Tables are CSV, for which editors read no such schema.

use riparian::scenario::format::{Document, schema};

use crate::answer::Answer;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The file
    #[arg(value_enum)]
    file: File,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum File {
    /// scenario.toml
    Scenario,
    /// A file in agreements/
    Agreement,
}

impl Args {
    pub(crate) fn run(&self) -> Answer {
        let document = match self.file {
            File::Scenario => Document::Scenario,
            File::Agreement => Document::Agreement,
        };
        Answer::text(schema(document) + "\n")
    }
}
