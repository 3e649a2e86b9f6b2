//! The readings of a run as one table.

use std::path::{Path, PathBuf};

use riparian::Report;
use riparian::settlement::Record;

use crate::answer::Failure;

/// A file by whose name its format is known.
pub(crate) fn file(text: &str) -> Result<PathBuf, String> {
    let file = PathBuf::from(text);
    let end = file.extension().unwrap_or_default();
    if end == "csv" || end == "parquet" {
        return Ok(file);
    }
    Err("a name that ends in .csv or .parquet is expected".to_owned())
}

pub(crate) fn write(report: &Report, file: &Path) -> Result<(), Failure> {
    let record = Record::whole(report.plan(), report.ledger());
    let failed = Failure::in_folder(file);
    if file.extension().is_some_and(|end| end == "parquet") {
        return record.write_parquet(file).map_err(failed);
    }
    let mut table = Vec::new();
    let written = record.write_csv(&mut table);
    written
        .and_then(|()| std::fs::write(file, table))
        .map_err(|e| Failure::io(file, "cannot be written", &e))
}
