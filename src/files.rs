//! Files that are whole or not there.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Writes a file beside its place first, and puts it there when it is complete: what bears the name is
/// whole. Folders on the way are made.
///
/// # Errors
///
/// What the writer says, or if the file cannot be put in its place ([`Error::is_io`]).
pub(crate) fn put(file: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<()> {
    let io = |error| Error::io(file, "cannot be written", error);
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(io)?;
    }
    let beside = Beside::new(file);
    let mut new = File::create(&beside.0).map_err(io)?;
    write(&mut new)
        .and_then(|()| new.flush())
        .and_then(|()| new.sync_all())
        .and_then(|()| fs::rename(&beside.0, file))
        .map_err(io)
}

/// A file that goes away with this value, unless it was renamed before.
struct Beside(PathBuf);

impl Beside {
    fn new(file: &Path) -> Self {
        let mut name = std::ffi::OsString::from(".");
        name.push(file.file_name().unwrap_or("file".as_ref()));
        name.push(format!(".{}.new", std::process::id()));
        Self(file.with_file_name(name))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // Gone already where all went well.
        let _ = fs::remove_file(&self.0);
    }
}
