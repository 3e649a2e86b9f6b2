//! What is different between the files of two scenarios, line by line.

use std::collections::BTreeSet;
use std::path::Path;

use riparian::scenario::Scenario;
use serde_json::{Value, json};

use crate::answer::Failure;

/// The most lines shown of a file.
const SHOWN: usize = 10;

/// A file that is not the same.
pub(crate) struct Difference {
    file: String,
    /// The lines before and after, with the number of the later one, or of the earlier where it is gone.
    lines: Vec<(usize, Option<String>, Option<String>)>,
}

/// The files that differ, in order.
pub(crate) fn between(before: &Path, after: &Path) -> Result<Vec<Difference>, Failure> {
    let names = |folder: &Path| -> Result<BTreeSet<String>, Failure> {
        let scenario = Scenario::open(folder).map_err(Failure::in_folder(folder))?;
        Ok(scenario.files().map(str::to_owned).collect())
    };
    let (first, second) = (names(before)?, names(after)?);
    let mut differences = Vec::new();
    for file in first.union(&second) {
        let lines = lines(&read(before, file, &first)?, &read(after, file, &second)?);
        if !lines.is_empty() {
            let file = file.clone();
            differences.push(Difference { file, lines });
        }
    }
    Ok(differences)
}

/// The lines of a file; none where it is not there.
fn read(folder: &Path, file: &str, there: &BTreeSet<String>) -> Result<Vec<String>, Failure> {
    if !there.contains(file) {
        return Ok(Vec::new());
    }
    let beside = file.strip_prefix("../").zip(folder.parent());
    let path = beside.map_or_else(|| folder.join(file), |(file, dir)| dir.join(file));
    let bytes = std::fs::read(&path).map_err(|e| Failure::io(&path, "cannot be read", &e))?;
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
        let mut text = String::new();
        for (number, before, after) in self.lines.iter().take(SHOWN) {
            text += &format!("{}:{number}\n", self.file);
            for (sign, line) in [('-', before), ('+', after)] {
                if let Some(line) = line {
                    text += &format!("  {sign} {line}\n");
                }
            }
        }
        if let Some(more) = self.lines.len().checked_sub(SHOWN).filter(|&n| n > 0) {
            text += &format!("{}: {more} more lines\n", self.file);
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
