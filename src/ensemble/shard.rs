//! Shards: some members of an ensemble as one Parquet file.

use std::fs::File;
use std::ops::{ControlFlow, Range};
use std::path::Path;

use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::{Ensemble, Keep, Progress, Results};
use crate::error::{Error, Result};

/// What became of a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shard {
    /// Its members were run and the file was written.
    Written,
    /// The file was there, with these members of this ensemble.
    Found,
    /// The hook stopped it; there is no file.
    Stopped,
}

impl Ensemble {
    /// Runs members into one Parquet file: a pure function of the ensemble and the members, so that
    /// any scheduler may run the shards of an ensemble in any order, anywhere, and again.
    ///
    /// A file that holds these members already is left as it is, so that a run that was killed goes on
    /// with the shards it had not finished. The file is written beside its name and renamed when it is
    /// complete: what bears the name is whole.
    ///
    /// # Errors
    ///
    /// If the file is there and is anything else ([`Error::is_output`]), it cannot be written
    /// ([`Error::is_io`]), or only summaries are kept ([`Error::is_ensemble`]).
    pub fn run_shard(
        &self,
        members: Range<u64>,
        file: impl AsRef<Path>,
        hook: impl Fn(Progress) -> ControlFlow<()> + Sync,
    ) -> Result<Shard> {
        let file = file.as_ref();
        if self.keep == Keep::Summaries {
            let why = "a shard holds members, and summaries keep none; keep settlements or days";
            return Err(Error::ensemble(why));
        }
        if file.exists() {
            let found = read_shard(file).ok().filter(|found| {
                found.frame().identity() == self.frame().identity()
                    && found.members() == members.end.saturating_sub(members.start)
                    && found.missing(members.clone()).is_empty()
            });
            return found.map(|_| Shard::Found).ok_or_else(|| {
                Error::output(format!(
                    "{} is there and is no shard of members {}..{} of this ensemble; it is left as it is",
                    file.display(),
                    members.start,
                    members.end
                ))
            });
        }
        let results = self.run_with(members.clone(), hook);
        if !results.missing(members).is_empty() {
            return Ok(Shard::Stopped);
        }
        results.write_shard(file)?;
        Ok(Shard::Written)
    }
}

impl Results {
    /// Writes all members as one Parquet file, without compression: beside its name first, and renamed
    /// when it is complete.
    ///
    /// # Errors
    ///
    /// If it cannot be written ([`Error::is_io`]), or only summaries are kept ([`Error::is_ensemble`]).
    pub fn write_shard(&self, file: impl AsRef<Path>) -> Result<()> {
        let file = file.as_ref();
        let batch = self.to_record_batch()?;
        let metadata = batch.schema_ref().metadata().iter();
        let metadata = metadata.map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
        let properties = WriterProperties::builder()
            .set_created_by(concat!("riparian ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_key_value_metadata(Some(metadata.collect()))
            .build();
        crate::files::put(file, |new| {
            let write = || -> std::result::Result<(), ParquetError> {
                let mut writer = ArrowWriter::try_new(new, batch.schema(), Some(properties))?;
                writer.write(&batch)?;
                writer.close()?;
                Ok(())
            };
            write().map_err(std::io::Error::other)
        })
    }
}

/// Reads a shard.
///
/// # Errors
///
/// If the file cannot be read ([`Error::is_io`]) or is no shard ([`Error::is_ensemble`]).
///
/// # Examples
///
/// ```no_run
/// use riparian::ensemble::read_shard;
///
/// let results = read_shard("shards/0-999.parquet")?;
/// println!("{} members failed", results.summary().failed);
/// # Ok::<(), riparian::Error>(())
/// ```
pub fn read_shard(file: impl AsRef<Path>) -> Result<Results> {
    let file = file.as_ref();
    let io = |error| Error::io(file, "cannot be read", error);
    let other = |error: String| Error::ensemble(format!("{}: {error}", file.display()));
    let open = File::open(file).map_err(io)?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(open);
    let reader = reader.map_err(|error| other(error.to_string()))?;
    let schema = reader.schema().clone();
    let reader = reader.build().map_err(|error| other(error.to_string()))?;
    let batches: std::result::Result<Vec<_>, _> = reader.collect();
    let batches = batches.map_err(|error| other(error.to_string()))?;
    Results::from_record_batches(&schema, &batches).map_err(|error| other(error.to_string()))
}

/// Reads shards and merges them.
///
/// # Errors
///
/// As for [`read_shard`] and [`Results::merge`], naming the file; and if there are none.
pub fn merge_shards<P: AsRef<Path>>(files: impl IntoIterator<Item = P>) -> Result<Results> {
    let mut whole: Option<Results> = None;
    for file in files {
        let file = file.as_ref();
        let part = read_shard(file)?;
        match &mut whole {
            None => whole = Some(part),
            Some(whole) => whole
                .merge(part)
                .map_err(|error| Error::ensemble(format!("{}: {error}", file.display())))?,
        }
    }
    whole.ok_or_else(|| Error::ensemble("no shards to merge"))
}
