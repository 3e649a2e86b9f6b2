//! Scenario folders: the files, and how they are read.

mod agreement;
mod basin;
mod build;
mod folder;
mod keys;
mod operation;
mod series;
mod settings;
mod table;
mod text;

use std::path::Path;

use build::Records;
use folder::Files;

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
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        let mut faults = Diagnostics::new();
        let files = Files::open(folder.as_ref(), &mut faults)?;
        Ok(Self { files, faults })
    }

    /// A scenario from files in memory: names as within a folder, and contents.
    ///
    pub fn from_files<N: Into<String>, B: Into<Vec<u8>>>(
        files: impl IntoIterator<Item = (N, B)>,
    ) -> Self {
        let mut faults = Diagnostics::new();
        let files = files
            .into_iter()
            .map(|(name, bytes)| (name.into(), bytes.into()));
        let files = Files::in_memory(files, &mut faults);
        Self { files, faults }
    }

    /// The names of the files that are read, those of the extended scenario as `../base/...`.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.names()
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
            &series.releases,
            settings.window,
            &mut physical,
            &mut faults,
        );
        let agreements = agreement::read(&self.files, &mut faults);
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
