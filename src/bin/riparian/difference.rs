//! What is different between the files of two scenarios, line by line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use riparian::scenario::Scenario;
use serde_json::{Value, json};

use crate::answer::Failure;

/// The most lines shown of a file.
const SHOWN: usize = 10;

/// A file that is not the same.
pub(crate) struct Difference {
    file: String,
    /// Whether it is there before and after.
    there: [bool; 2],
    /// The lines before and after, numbered from 1.
    lines: Vec<(usize, Option<String>, Option<String>)>,
}

/// The files that differ, in order. A file that a scenario extends stands for its own; of the two
/// files of settings only its own is looked at.
pub(crate) fn between(before: &Path, after: &Path) -> Result<Vec<Difference>, Failure> {
    let (before, after) = (files(before)?, files(after)?);
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut differences = Vec::new();
    for name in names {
        let paths = [before.get(name), after.get(name)];
        let [old, new] = [read(paths[0])?, read(paths[1])?];
        let lines = lines(&old, &new);
        if !lines.is_empty() {
            differences.push(Difference {
                file: name.clone(),
                there: paths.map(|path| path.is_some()),
                lines,
            });
        }
    }
    Ok(differences)
}

/// Where each file of a scenario lies, by its name in the folder.
fn files(folder: &Path) -> Result<BTreeMap<String, PathBuf>, Failure> {
    let scenario = Scenario::open(folder).map_err(Failure::in_folder(folder))?;
    let mut files = BTreeMap::new();
    for file in scenario.files() {
        let extended = file
            .strip_prefix("../")
            .and_then(|rest| rest.split_once('/'));
        if let Some((base, name)) = extended {
            let beside = folder.join("..").join(base).join(name);
            files.entry(name.to_owned()).or_insert(beside);
        } else {
            files.insert(file.to_owned(), folder.join(file));
        }
    }
    Ok(files)
}

/// The lines of a file; none where there is no file.
fn read(path: Option<&PathBuf>) -> Result<Vec<String>, Failure> {
    let Some(path) = path else {
        return Ok(Vec::new());
    };
    let bytes = std::fs::read(path).map_err(|e| Failure::io(path, "cannot be read", &e))?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.lines().map(str::to_owned).collect())
}

/// What differs between a common beginning and a common end; of as many lines, one by one.
fn lines(before: &[String], after: &[String]) -> Vec<(usize, Option<String>, Option<String>)> {
    let same = |(a, b): &(&String, &String)| a == b;
    let head = before.iter().zip(after).take_while(same).count();
    let (before, after) = (&before[head..], &after[head..]);
    let tail = before.iter().rev().zip(after.iter().rev());
    let tail = tail.take_while(same).count();
    let before = &before[..before.len() - tail];
    let after = &after[..after.len() - tail];
    (0..before.len().max(after.len()))
        .map(|i| (head + i + 1, before.get(i).cloned(), after.get(i).cloned()))
        .filter(|(_, a, b)| a != b)
        .collect()
}

impl Difference {
    /// For people: file, line, what stood there, what stands there.
    pub(crate) fn text(&self) -> String {
        let (file, count) = (&self.file, self.lines.len());
        match self.there {
            [false, _] => return format!("{file}: only now, lines: {count}\n"),
            [_, false] => return format!("{file}: only before, lines: {count}\n"),
            [true, true] => {}
        }
        let mut text = String::new();
        for (number, before, after) in self.lines.iter().take(SHOWN) {
            let _ = writeln!(text, "{file}:{number}");
            for (sign, line) in [('-', before), ('+', after)] {
                if let Some(line) = line {
                    let _ = writeln!(text, "  {sign} {line}");
                }
            }
        }
        if count > SHOWN {
            let _ = writeln!(text, "{file}: and {} more lines", count - SHOWN);
        }
        text
    }

    pub(crate) fn json(&self) -> Value {
        let lines = self
            .lines
            .iter()
            .map(|(line, before, after)| json!({ "line": line, "before": before, "after": after }));
        json!({ "file": self.file, "lines": lines.collect::<Vec<_>>() })
    }
}
