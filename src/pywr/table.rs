//! Tables of daily values beside the document: CSV with a column of dates.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::findings::Findings;
use super::json::{Json, Kind, Source};
use crate::calendar::{Date, Window, day_index};
use crate::error::{Diagnostic, Place};

/// What is understood of how a table is read.
const KEYS: [&str; 5] = ["url", "index_col", "parse_dates", "dayfirst", "comment"];

/// A table of daily values; cells are read when they are asked for.
pub(super) struct Table {
    file: String,
    /// The first day, and the number of the line it stands in.
    first: Date,
    /// The lines of the rows.
    lines: Vec<u32>,
    columns: Vec<String>,
    rows: Vec<csv::StringRecord>,
    /// The column of dates.
    index: usize,
}

/// The tables that were read, by what they were read with.
pub(super) struct Tables {
    folder: PathBuf,
    read: BTreeMap<String, Option<Table>>,
}

impl Tables {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            read: BTreeMap::new(),
        }
    }

    /// The table that an object describes: one of `tables`, or a parameter that has keys of its own
    /// besides. Faults are told once.
    pub(super) fn get(
        &mut self,
        source: &Source,
        json: &Json,
        what: &str,
        findings: &mut Findings,
    ) -> Option<&Table> {
        let url = json.given("url");
        let index = json.given("index_col");
        let parse = json.given("parse_dates");
        let day_first = json.given("dayfirst");
        json.get("comment");
        let Some(url) = url else {
            let fault = source.fault(json.at, format!("{what} has no `url`"));
            findings.fault(fault.expected("a CSV file, by its path from the document"));
            return None;
        };
        let Some(file) = url.as_text() else {
            findings.wrong(source, url, "the url", "the path of a CSV file");
            return None;
        };
        let key = format!("{file}\n{index:?}\n{parse:?}\n{day_first:?}");
        if !self.read.contains_key(&key) {
            let options = Options {
                source,
                at: json,
                index,
                parse,
                day_first,
            };
            let path = self.folder.join(file);
            let table = options.read(file, &path, url, findings);
            self.read.insert(key.clone(), table);
        }
        self.read.get(&key)?.as_ref()
    }
}

/// Faults of the keys of one of `tables`, which nothing but the table has.
pub(super) fn unasked(source: &Source, json: &Json, what: &str, findings: &mut Findings) {
    findings.unasked(source, json, what, &KEYS);
}

struct Options<'a> {
    source: &'a Source<'a>,
    at: &'a Json,
    index: Option<&'a Json>,
    parse: Option<&'a Json>,
    day_first: Option<&'a Json>,
}

impl Options<'_> {
    fn read(&self, file: &str, path: &Path, url: &Json, findings: &mut Findings) -> Option<Table> {
        let source = self.source;
        if path
            .extension()
            .is_none_or(|e| !e.eq_ignore_ascii_case("csv"))
        {
            let fault = source.fault(url.at, format!("a table in `{file}`"));
            findings.fault(fault.expected("a CSV file, not compressed"));
            return None;
        }
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                let fault = source.fault(url.at, format!("`{file}` cannot be read: {error}"));
                findings.fault(fault.expected("a CSV file, by its path from the document"));
                return None;
            }
        };
        let day_first = match self.day_first.map(|json| (&json.kind, json)) {
            None => Some(false),
            Some((Kind::Bool(yes), _)) => Some(*yes),
            Some((_, json)) => {
                findings.wrong(source, json, "dayfirst", "true or false");
                None
            }
        };
        match self.parse.map(|json| (&json.kind, json)) {
            Some((Kind::Bool(true) | Kind::List(_), _)) => {}
            found => {
                let at = found.map_or(self.at.at, |(_, json)| json.at);
                let fault =
                    source.fault(at, format!("the dates of `{file}` are not read as dates"));
                findings.fault(fault.expected("`parse_dates`: true"));
                return None;
            }
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let columns: Vec<String> = match reader.headers() {
            Ok(heads) => heads.iter().map(str::to_owned).collect(),
            Err(error) => {
                findings.fault(in_file(file, 1, format!("no header: {error}")));
                return None;
            }
        };
        let index = self.index(file, &columns, findings)?;
        let mut table = Table {
            file: file.to_owned(),
            first: Date::default(),
            lines: Vec::new(),
            columns,
            rows: Vec::new(),
            index,
        };
        table.fill(&mut reader, day_first?, findings)?;
        Some(table)
    }

    /// The column of dates.
    fn index(&self, file: &str, columns: &[String], findings: &mut Findings) -> Option<usize> {
        let source = self.source;
        let Some(json) = self.index else {
            let fault = source.fault(self.at.at, format!("no column of dates in `{file}`"));
            findings.fault(fault.expected("`index_col`: its name or number"));
            return None;
        };
        let known = columns.iter().map(String::as_str);
        let found = match &json.kind {
            Kind::Text(name) => columns.iter().position(|column| column == name),
            Kind::Number(number) => (0..columns.len()).find(|&i| i as f64 == *number),
            _ => None,
        };
        if found.is_none() {
            let name = json.as_text().unwrap_or_default();
            let fault = source.fault(json.at, format!("`index_col` is {}", json.found()));
            let expected = format!("a column of `{file}`, by name or number from 0");
            findings.fault(fault.expected(expected).nearest(name, known));
        }
        found
    }
}

impl Table {
    /// Reads the rows: one for each day, in order and without gaps.
    fn fill(
        &mut self,
        reader: &mut csv::Reader<&[u8]>,
        day_first: bool,
        findings: &mut Findings,
    ) -> Option<()> {
        let mut last: Option<Date> = None;
        for row in reader.records() {
            let row = match row {
                Ok(row) => row,
                Err(error) => {
                    let line = error.position().map_or(0, csv::Position::line);
                    findings.fault(in_file(&self.file, line as u32, error.to_string()));
                    return None;
                }
            };
            let line = row.position().map_or(0, csv::Position::line) as u32;
            let text = row.get(self.index).unwrap_or_default();
            let Some(date) = date_in(text, day_first) else {
                let fault = in_file(&self.file, line, format!("`{text}` is no date"));
                let order = if day_first { "day/month" } else { "month/day" };
                let expected =
                    format!("a day as in 2024-06-01, or {order}/year (`dayfirst` says which)");
                findings.fault(fault.expected(expected));
                return None;
            };
            let next = last.map(Date::tomorrow);
            if let Some(Ok(next)) = next
                && next != date
            {
                let fault = in_file(
                    &self.file,
                    line,
                    format!("{date} follows the day before {next}"),
                );
                findings.fault(fault.expected("one row for each day, in order"));
                return None;
            }
            if last.is_none() {
                self.first = date;
            }
            last = Some(date);
            self.lines.push(line);
            self.rows.push(row);
        }
        Some(())
    }

    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        let columns = self.columns.iter().enumerate();
        columns
            .filter(|&(i, _)| i != self.index)
            .map(|(_, name)| &**name)
    }

    /// A column over the days of a run.
    ///
    /// # Errors
    ///
    /// The faults: no such column, days that the table lacks, cells that are no number.
    pub(super) fn column(&self, name: &str, run: Window) -> Result<Vec<f64>, Vec<Diagnostic>> {
        let Some(at) = self.columns.iter().position(|column| column == name) else {
            let fault = in_file(&self.file, 1, format!("no column `{name}`"));
            let known = format!("one of {}", self.columns().collect::<Vec<_>>().join(", "));
            return Err(vec![fault.expected(known).nearest(name, self.columns())]);
        };
        let offset = day_index(self.first, run.from());
        let rows = usize::try_from(offset)
            .ok()
            .and_then(|from| self.rows.get(from..from + run.days()))
            .zip(usize::try_from(offset).ok());
        let Some((rows, from)) = rows else {
            let days = self.rows.len();
            let what = format!("{days} days from {}", self.first);
            let fault = in_file(&self.file, 0, what);
            return Err(vec![fault.expected(format!("all days of {run}"))]);
        };
        let mut faults = Vec::new();
        let mut values = Vec::with_capacity(rows.len());
        for (row, &line) in rows.iter().zip(&self.lines[from..]) {
            let cell = row.get(at).unwrap_or_default();
            if let Some(value) = cell.parse::<f64>().ok().filter(|value| value.is_finite()) {
                values.push(value);
            } else {
                let fault = in_file(&self.file, line, format!("`{cell}` in column `{name}`"));
                faults.push(fault.expected("a number"));
            }
        }
        if faults.is_empty() {
            Ok(values)
        } else {
            Err(faults)
        }
    }
}

fn in_file(file: &str, line: u32, message: impl Into<String>) -> Diagnostic {
    let place = Place {
        file: file.to_owned(),
        line,
        column: 0,
    };
    Diagnostic::new(message).at(Some(place))
}

/// A day: year-month-day, or day and month in the order that was said, then the year. Midnight may
/// follow.
fn date_in(text: &str, day_first: bool) -> Option<Date> {
    let (day, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00"));
    if !time.chars().all(|c| matches!(c, '0' | ':' | '.')) {
        return None;
    }
    let mut parts = day.split(['-', '/']);
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (year, month, day) = match (a.len(), day_first) {
        (4, _) => (a, b, c),
        (_, true) => (c, b, a),
        (_, false) => (c, a, b),
    };
    if year.len() != 4 {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn days_are_read_in_the_order_that_was_said() {
        let march = Some(date(2024, 3, 1));
        assert_eq!(date_in("2024-03-01", true), march);
        assert_eq!(date_in("2024-03-01 00:00:00", false), march);
        assert_eq!(date_in("01/03/2024", true), march);
        assert_eq!(date_in("3/1/2024", false), march);
        assert_eq!(date_in("13/03/2024", false), None);
        assert_eq!(date_in("2024-03-01 06:00", false), None);
        assert_eq!(date_in("01/03/24", true), None);
        assert_eq!(date_in("", true), None);
    }
}
