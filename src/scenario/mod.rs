//! Scenario folders: the files, and how they are read.
//!
//! A [`Scenario`] is files as written; [`Scenario::model`] makes it a checked [`Model`]. Nothing else
//! in the crate knows a file format.
//!
//! ```
//! use riparian::scenario::Scenario;
//!
//! let scenario = Scenario::from_files([
//!     ("scenario.toml", "title = \"A spring\"\nstart = 2024-06-01\nend = 2024-06-30\n"),
//!     ("nodes.csv", "node,kind\nspring,inflow\nsea,terminal\n"),
//!     ("reaches.csv", "reach,from,to,kind\nbrook,spring,see,river\n"),
//!     ("series/inflows.csv", "month,spring_m3s\n2024-06,2.5\n"),
//! ]);
//! let error = scenario.model().unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "reaches.csv:2:14: unknown node `see`; expected the id of a node; did you mean `sea`?"
//! );
//! ```
//!
//! All faults of a scenario are told at once, each with file, line and column. What could not be read
//! is taken to have been right, so that one typing error does not make a dozen other rows seem wrong.
//!
//! [The book](crate::book::formats) has the reference of all files: every table, column and key.
//!
//! A scenario may extend another in a folder beside it: `extends = "name"` reads from there what this
//! folder lacks. [`mod@format`] holds the reference as text, and JSON schemas for editors.

mod agreement;
mod basin;
mod build;
mod equipment;
mod folder;
pub mod format;
mod keys;
mod licence;
mod operation;
mod record;
#[cfg(feature = "parquet")]
mod record_parquet;
mod routing;
mod series;
mod settings;
mod table;
mod text;

#[cfg(test)]
mod tests;

pub(crate) use agreement::OBLIGATION_KEYS;

use std::path::Path;

use build::Records;
use folder::Files;

use crate::agreement::Forms;
use crate::error::{Diagnostics, Result};
use crate::model::Model;

/// Reads a scenario folder into a checked model.
///
/// Short for [`Scenario::open`] and [`Scenario::model`].
///
/// # Errors
///
/// If a file or the folder itself cannot be read ([`Error::is_io`](crate::Error::is_io)); or all
/// faults of the scenario at once ([`Error::is_invalid`](crate::Error::is_invalid)).
pub fn read(folder: impl AsRef<Path>) -> Result<Model> {
    Scenario::open(folder)?.model()
}

/// A scenario as it is written: its files, read but not yet understood.
#[derive(Clone, Debug)]
pub struct Scenario {
    files: Files,
    /// Forms of obligation besides those this crate knows.
    forms: Forms,
    /// Faults of the files themselves.
    faults: Diagnostics,
}

impl Scenario {
    /// Reads the files of a folder, and of the folder it extends.
    ///
    /// Files that are no text, unknown or out of bounds are faults that [`Scenario::model`] tells.
    ///
    /// # Errors
    ///
    /// If a file or the folder itself cannot be read.
    ///
    /// # Examples
    ///
    /// ```
    /// use riparian::scenario::Scenario;
    ///
    /// let model = Scenario::open("src/bin/riparian/skeleton")?.model()?;
    /// assert_eq!(model.title(), "A river shared by two countries");
    /// # Ok::<(), riparian::Error>(())
    /// ```
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        let mut faults = Diagnostics::new();
        let files = Files::open(folder.as_ref(), &mut faults)?;
        Ok(Self {
            files,
            forms: Forms::new(),
            faults,
        })
    }

    /// A scenario from files in memory: their paths within a folder, with `/`, and contents.
    ///
    /// The files of the scenario that it extends, if it extends one, are named `../base/...`, as
    /// [`Scenario::contents`] names them. The [module](self) has an example.
    pub fn from_files<N: Into<String>, B: Into<Vec<u8>>>(
        files: impl IntoIterator<Item = (N, B)>,
    ) -> Self {
        let mut faults = Diagnostics::new();
        let files = files
            .into_iter()
            .map(|(name, bytes)| (name.into(), bytes.into()));
        let files = Files::in_memory(files, &mut faults);
        Self {
            files,
            forms: Forms::new(),
            faults,
        }
    }

    /// The same scenario, whose agreements may use forms of the user's own.
    #[must_use]
    pub fn forms(mut self, forms: Forms) -> Self {
        self.forms = forms;
        self
    }

    /// The names of the files that are read, those of the extended scenario as `../base/...`.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.names()
    }

    /// The names and contents of these files, to be put together again with
    /// [`Scenario::from_files`] where the folder is not: on a worker that shares no disk.
    ///
    /// A scenario with faults of the files themselves, such as one that is unknown or leads out of
    /// the folder, loses those faults on the way.
    ///
    /// ```
    /// use riparian::scenario::Scenario;
    ///
    /// let here = Scenario::open("data/bakhri-tochik-2024-protocol")?;
    /// let files: Vec<_> = here.contents().map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).collect();
    /// let there = Scenario::from_files(files);
    /// assert_eq!(there.model()?.inputs_hash(), here.model()?.inputs_hash());
    /// # Ok::<(), riparian::Error>(())
    /// ```
    pub fn contents(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.contents()
    }

    /// A hash of the names and contents of these files; the same on every machine.
    pub fn inputs_hash(&self) -> u64 {
        self.files.hash()
    }

    /// The model that the files describe, checked.
    ///
    /// # Errors
    ///
    /// All faults at once, those of reading and those of the model, in the order of files and
    /// lines. What seems wrong only because something else could not be read is left out.
    pub fn model(&self) -> Result<Model> {
        let mut faults = self.faults.clone();
        let documents = settings::documents(&self.files, &mut faults);
        let keys = documents
            .as_ref()
            .and_then(|documents| settings::merged(&self.files, documents));
        let (settings, operations) =
            keys.map_or_else(Default::default, |keys| settings::read(keys, &mut faults));
        let mut physical = basin::read(&self.files, settings.antecedent_given, &mut faults);
        let series = series::read(&self.files, &settings, &mut faults);
        let policies = operation::read(
            operations,
            &series,
            settings.window,
            &mut physical,
            &mut faults,
        );
        let agreements = agreement::read(&self.files, &self.forms, &mut faults);
        let records = Records {
            settings,
            physical,
            series,
            policies,
            agreements,
            inputs_hash: self.inputs_hash(),
        };
        records.build(faults)
    }
}
