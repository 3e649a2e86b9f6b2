//! The files of a scenario: its own, and those of the scenario it extends.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::format;
use super::format::tables::{STEMS, TABLES};
use super::keys::{self, Keys};
use super::text::{Source, whole};
use crate::error::{Diagnostic, Diagnostics, Error, Place, Result};

/// The settings of a scenario.
pub(super) const SETTINGS: &str = "scenario.toml";

/// How the names of files begin that stand in a folder beside the scenario's.
const BESIDE: &str = "../";

/// The files of a scenario, by their path within its folder.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    pub(super) sources: BTreeMap<String, Source>,
    /// The settings of the scenario this one extends.
    pub(super) base_settings: Option<Source>,
    /// Files that are there, but could not be read as text.
    pub(super) unreadable: BTreeSet<String>,
    /// The contents of each file as they were read, by the name messages show.
    contents: BTreeMap<String, Arc<[u8]>>,
}

impl Files {
    /// Reads a folder, and the one beside it that it extends.
    pub(super) fn open(folder: &Path, faults: &mut Diagnostics) -> Result<Self> {
        let root = fs::canonicalize(folder).map_err(|e| Error::io(folder, "no such folder", e))?;
        let mut files = Self::default();
        for (name, bytes) in contents(&root, "", faults)? {
            files.add(&name, &name, bytes, faults);
        }
        let Some((base, place)) = files.extends(faults) else {
            return Ok(files);
        };
        let Some(folder) = beside(&root, &base, &place, faults) else {
            return Ok(files);
        };
        let others = contents(&folder, &format!("../{base}/"), faults)?;
        files.extend(&base, others, faults);
        Ok(files)
    }

    /// Takes files that are in memory, those of the scenario it extends as `../base/...`.
    pub(super) fn in_memory(
        files: impl IntoIterator<Item = (String, Vec<u8>)>,
        faults: &mut Diagnostics,
    ) -> Self {
        let (beside, within): (Vec<_>, Vec<_>) = files
            .into_iter()
            .partition(|(name, _)| name.starts_with(BESIDE));
        let mut read = Self::default();
        for (name, bytes) in in_folder(within, "", faults) {
            read.add(&name, &name, bytes, faults);
        }
        let Some((base, place)) = read.extends(faults) else {
            return read;
        };
        let folder = format!("{BESIDE}{base}/");
        let others = beside.into_iter().filter_map(|(name, bytes)| {
            let name = name.strip_prefix(&folder)?;
            Some((name.to_owned(), bytes))
        });
        let others = in_folder(others, &folder, faults);
        if others.is_empty() {
            faults.push(
                Diagnostic::new(format!("no folder `{base}` beside this scenario"))
                    .at(Some(place))
                    .expected(format!(
                        "a scenario that stands alone, or files `{folder}...`"
                    )),
            );
            return read;
        }
        read.extend(&base, others, faults);
        read
    }

    /// Takes over what the scenario it extends has and this one lacks.
    fn extend(&mut self, base: &str, others: Contents, faults: &mut Diagnostics) {
        let mut read = Self::default();
        for (name, bytes) in others {
            if name == SETTINGS || !self.has(&name) {
                read.add(&name, &format!("{BESIDE}{base}/{name}"), bytes, faults);
            }
        }
        self.contents.append(&mut read.contents);
        self.unreadable.append(&mut read.unreadable);
        if let Some(settings) = read.sources.remove(SETTINGS) {
            let mut ignored = Diagnostics::new();
            if let Some((_, place)) = extends(&settings, &mut ignored) {
                faults.push(
                    Diagnostic::new(format!("`{base}` extends another scenario itself"))
                        .at(Some(place))
                        .expected("a scenario that stands alone"),
                );
            }
            self.base_settings = Some(settings);
        }
        self.sources.append(&mut read.sources);
    }

    fn add(&mut self, name: &str, shown: &str, bytes: Option<Vec<u8>>, faults: &mut Diagnostics) {
        let Some(bytes) = bytes else {
            self.unreadable.insert(name.to_owned());
            return;
        };
        self.contents
            .insert(shown.to_owned(), bytes.as_slice().into());
        match Source::decode(shown, bytes, faults) {
            Some(source) => {
                self.sources.insert(name.to_owned(), source);
            }
            None => {
                self.unreadable.insert(name.to_owned());
            }
        }
    }

    /// Whether a file is there, readable or not.
    pub(super) fn has(&self, name: &str) -> bool {
        self.sources.contains_key(name) || self.unreadable.contains(name)
    }

    /// What the scenario extends, and where it says so.
    fn extends(&self, faults: &mut Diagnostics) -> Option<(String, Place)> {
        extends(self.sources.get(SETTINGS)?, faults)
    }

    /// The names of all files as messages show them, in order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.contents.keys().map(String::as_str)
    }

    /// The contents of all files, by the names messages show.
    pub(super) fn contents(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let contents = self.contents.iter();
        contents.map(|(name, bytes)| (name.as_str(), &**bytes))
    }

    /// A hash of all files, names and contents.
    pub(super) fn hash(&self) -> u64 {
        self.contents().fold(FNV_BASIS, |hash, (name, contents)| {
            // No name holds a zero byte, so that names and hashes cannot run into one another.
            let hash = fnv1a(fnv1a(hash, name.as_bytes()), &[0]);
            fnv1a(hash, &fnv1a(FNV_BASIS, contents).to_le_bytes())
        })
    }
}

/// Where the 64-bit hash of Fowler, Noll and Vo begins.
const FNV_BASIS: u64 = 0xcbf2_9ce4_8422_2325;

/// The FNV-1a hash of `bytes` after what `hash` has seen. It is the same on every machine and in
/// every version, unlike that of the standard library.
fn fnv1a(hash: u64, bytes: &[u8]) -> u64 {
    const PRIME: u64 = 0x0100_0000_01b3;
    bytes.iter().fold(hash, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(PRIME)
    })
}

/// The key `extends` of settings; faults of syntax are told when the settings are read.
fn extends(settings: &Source, faults: &mut Diagnostics) -> Option<(String, Place)> {
    let mut ignored = Diagnostics::new();
    let table = keys::parse(settings, &mut ignored)?;
    let value =
        Keys::new(settings, 0, table.get_ref(), &format::settings::SETTINGS).get("extends")?;
    Some((value.text(faults)?.to_owned(), value.place()))
}

/// The folder of that name beside `root`.
fn beside(root: &Path, name: &str, place: &Place, faults: &mut Diagnostics) -> Option<PathBuf> {
    let fault = |message: String, expected: &str| {
        Diagnostic::new(message)
            .at(Some(place.clone()))
            .expected(expected)
    };
    let mut parts = Path::new(name).components();
    let bare = matches!(
        (parts.next(), parts.next()),
        (Some(Component::Normal(part)), None) if part == name
    );
    if !bare || name.contains(['/', '\\', ':']) {
        faults.push(fault(
            format!("`{name}` is not the bare name of a folder"),
            "the name of a folder beside this one, without a path",
        ));
        return None;
    }
    let parent = root.parent()?;
    let Ok(folder) = fs::canonicalize(parent.join(name)) else {
        let mut others: Vec<String> = fs::read_dir(parent)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.path().join(SETTINGS).is_file())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        others.sort();
        faults.push(
            fault(
                format!("no folder `{name}` beside this one"),
                "the folder of a scenario",
            )
            .nearest(name, others.iter().map(String::as_str)),
        );
        return None;
    };
    if folder.parent() != Some(parent) {
        faults.push(fault(
            format!("`{name}` leads elsewhere"),
            "a folder that stands beside this one",
        ));
        return None;
    }
    if folder == root {
        faults.push(fault(
            format!("`{name}` extends itself"),
            "another folder beside this one",
        ));
        return None;
    }
    Some(folder)
}

/// The contents of files by their path within a folder; none for one that is there, in some way,
/// but was not read.
type Contents = BTreeMap<String, Option<Vec<u8>>>;

/// Those files in memory that belong to a scenario.
fn in_folder(
    files: impl IntoIterator<Item = (String, Vec<u8>)>,
    shown: &str,
    faults: &mut Diagnostics,
) -> Contents {
    let mut contents = Contents::new();
    for (name, bytes) in files {
        match belongs(&name, shown, faults) {
            Belongs::Yes => {
                contents.insert(name, Some(bytes));
            }
            Belongs::As(meant) => {
                contents.entry(meant).or_default();
            }
            Belongs::No => {}
        }
    }
    contents
}

/// The files of a folder that belong to a scenario.
fn contents(root: &Path, shown: &str, faults: &mut Diagnostics) -> Result<Contents> {
    let mut files = Contents::new();
    for part in ["", "series", "agreements"] {
        let folder = root.join(part);
        if !folder.is_dir() {
            continue;
        }
        let entries = fs::read_dir(&folder).map_err(|e| Error::io(&folder, "cannot be read", e))?;
        for entry in entries {
            let entry = entry.map_err(|e| Error::io(&folder, "cannot be read", e))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let name = if part.is_empty() {
                name
            } else {
                format!("{part}/{name}")
            };
            let path = entry.path();
            if path.is_dir() {
                misspelled_folder(&name, shown, faults);
                continue;
            }
            match belongs(&name, shown, faults) {
                Belongs::Yes => {
                    let bytes = read(root, &path, &format!("{shown}{name}"), faults)?;
                    files.insert(name, bytes);
                }
                Belongs::As(meant) => {
                    files.entry(meant).or_default();
                }
                Belongs::No => {}
            }
        }
    }
    Ok(files)
}

/// The contents of a file within a folder; none, and a fault, if it is a link that leaves it.
fn read(
    root: &Path,
    path: &Path,
    shown: &str,
    faults: &mut Diagnostics,
) -> Result<Option<Vec<u8>>> {
    let fault = |message: &str| {
        Diagnostic::new(message)
            .at(Some(whole(shown)))
            .expected("an ordinary file within the folder")
    };
    match fs::canonicalize(path) {
        Err(_) => faults.push(fault("a link that leads nowhere")),
        Ok(target) if !target.starts_with(root) => {
            faults.push(fault("a link that leads out of the scenario"));
        }
        Ok(target) if !target.is_file() => faults.push(fault("not a file that can be read")),
        Ok(target) => {
            let bytes = fs::read(target).map_err(|e| Error::io(path, "cannot be read", e))?;
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}

/// A folder within a scenario that nobody reads, under a name one would be read by.
fn misspelled_folder(name: &str, shown: &str, faults: &mut Diagnostics) {
    let known = ["series", "agreements", "observed"];
    if known.contains(&name) {
        return;
    }
    let fault = Diagnostic::new(format!("unknown folder `{name}`"))
        .at(Some(whole(&format!("{shown}{name}"))))
        .expected(super::text::list(known))
        .nearest(name, known);
    if fault.nearest.is_some() {
        faults.push(fault);
    }
}

/// Whether a file is read.
enum Belongs {
    Yes,
    No,
    /// It would be, under another name.
    As(String),
}

/// Whether a file is read; a table or TOML file under a name that nobody reads is a fault.
fn belongs(name: &str, shown: &str, faults: &mut Diagnostics) -> Belongs {
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
    if file.starts_with(['.', '~']) {
        return Belongs::No;
    }
    let series = STEMS.map(|stem| format!("series/{stem}.csv"));
    let known: Vec<&str> = match folder {
        "agreements" if extension == "toml" => return Belongs::Yes,
        "agreements" => vec!["a name that ends in .toml"],
        "series" => series.iter().map(String::as_str).collect(),
        "" => TABLES
            .map(|table| table.file)
            .into_iter()
            .chain([SETTINGS])
            .collect(),
        // `observed`, and whatever else files in memory may stand in.
        _ => return Belongs::No,
    };
    if known.contains(&name) {
        return Belongs::Yes;
    }
    if !matches!(&*extension.to_lowercase(), "csv" | "tsv" | "toml") {
        return Belongs::No;
    }
    let all = || {
        let tables = TABLES.map(|table| table.file);
        tables
            .into_iter()
            .chain([SETTINGS])
            .chain(series.iter().map(String::as_str))
    };
    let mut fault = Diagnostic::new(format!("unknown file `{name}`"))
        .at(Some(whole(&format!("{shown}{name}"))))
        .expected(super::text::list(&known))
        .nearest(name, all());
    if fault.nearest.is_none() {
        // A file in the wrong folder.
        let elsewhere = all().find(|known| known.rsplit('/').next() == Some(file));
        fault.nearest = elsewhere.map(str::to_owned);
    }
    let meant = fault.nearest.clone();
    faults.push(fault);
    meant.map_or(Belongs::No, Belongs::As)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_its_inventors() {
        // From the authors' test suite.
        assert_eq!(fnv1a(FNV_BASIS, b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(FNV_BASIS, b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(FNV_BASIS, b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn files_in_memory_extend_those_beside_them() {
        let read = |files: &[(&str, &str)]| {
            let mut faults = Diagnostics::new();
            let files = files
                .iter()
                .map(|&(n, t)| (n.to_owned(), t.as_bytes().to_vec()));
            let files = Files::in_memory(files, &mut faults);
            let names: Vec<String> = files.names().map(str::to_owned).collect();
            (names, faults.to_string())
        };
        let extends = ("scenario.toml", "extends = \"base\"");
        let (names, faults) = read(&[
            extends,
            ("nodes.csv", "own"),
            ("../base/scenario.toml", ""),
            ("../base/nodes.csv", "not read"),
            ("../base/reaches.csv", "read"),
            ("../other/parties.csv", "of nobody"),
        ]);
        assert_eq!(faults, "");
        let all = [
            "../base/reaches.csv",
            "../base/scenario.toml",
            "nodes.csv",
            "scenario.toml",
        ];
        assert_eq!(names, all);
        let (_, faults) = read(&[extends]);
        assert_eq!(
            faults,
            "scenario.toml:1:11: no folder `base` beside this scenario; expected a scenario that \
             stands alone, or files `../base/...`"
        );
    }

    #[test]
    fn names_and_contents_both_count() {
        let hash = |files: &[(&str, &str)]| {
            let files = files
                .iter()
                .map(|&(n, t)| (n.to_owned(), t.as_bytes().to_vec()));
            Files::in_memory(files, &mut Diagnostics::new()).hash()
        };
        let one = hash(&[("nodes.csv", "a"), ("reaches.csv", "b")]);
        assert_eq!(one, hash(&[("reaches.csv", "b"), ("nodes.csv", "a")]));
        assert_ne!(one, hash(&[("nodes.csv", "b"), ("reaches.csv", "a")]));
        assert_ne!(one, hash(&[("nodes.csv", "ab"), ("reaches.csv", "")]));
    }
}
