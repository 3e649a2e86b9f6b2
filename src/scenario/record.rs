//! Tables of measured series, for settlement without simulation.
//!
//! One row a day, dekad, month or other step; one column a place, named `<place>_<unit>` or
//! `<place>:<measure>_<unit>`. Units: `m3s`, `cusecs` (mean flow), `mcm`, `km3`, `af`, `kaf` (the
//! row's volume, or what is in store at its end), `mwh`, `gwh`, `m`, `ft`. A flow or volume of a
//! step is spread evenly over its days; storage and levels are those of the step's last day and run
//! linearly between. An empty cell was not measured.

use std::path::Path;

use super::table::{Cell, Table};
use super::text::{Source, fault_of, is_id, list, unknown};
use crate::agreement::Measure;
use crate::calendar::{Period, Window, day_index};
use crate::error::{Diagnostic, Diagnostics, Error, Place, Result};
use crate::settlement::Record;
use crate::units::{Energy, Flow, Level, SECONDS_PER_DAY, Volume};

/// Units and how many base units one is: m3 a day, m3, kWh, m.
const UNITS: [(&str, Kind, f64); 10] = [
    ("m3s", Kind::Flow, SECONDS_PER_DAY),
    (
        "cusecs",
        Kind::Flow,
        Flow::from_cusecs(1.0).m3s() * SECONDS_PER_DAY,
    ),
    ("mcm", Kind::Volume, Volume::from_mcm(1.0).m3()),
    ("km3", Kind::Volume, Volume::from_km3(1.0).m3()),
    ("af", Kind::Volume, Volume::from_acre_feet(1.0).m3()),
    ("kaf", Kind::Volume, Volume::from_acre_feet(1e3).m3()),
    ("mwh", Kind::Energy, Energy::from_mwh(1.0).kwh()),
    ("gwh", Kind::Energy, Energy::from_gwh(1.0).kwh()),
    ("m", Kind::Level, Level::from_m(1.0).m()),
    ("ft", Kind::Level, 0.3048),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Flow,
    Volume,
    Energy,
    Level,
}

impl Record {
    /// Reads a table of measured series, from a CSV or, with the feature `parquet`, a Parquet file.
    ///
    /// The first column is `date`, `week`, `dekad`, `month` or `quarter`; each other one is named
    /// by place and unit, as in `dostyk-kz_m3s`, with a measure between where it is not the
    /// place's ordinary one: `bakhri-tochik:storage_mcm`. Units are `m3s` and `cusecs` for mean
    /// flows; `mcm`, `km3`, `af` and `kaf` for the volume of a row or what is in store at its end;
    /// `mwh`, `gwh`; `m`, `ft` for levels. What a row gives for a step is spread evenly over its
    /// days; storage and levels run linearly from the end of one row to that of the next. An empty
    /// cell, and a step without a row, was not measured.
    ///
    /// In a Parquet file `date` is a column of days and the others are numbers, named alike.
    ///
    /// # Errors
    ///
    /// If the file cannot be read ([`Error::is_io`]), or all its faults at once
    /// ([`Error::is_invalid`]).
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|e| Error::io(path, "cannot be read", e))?;
        Self::read(&path.display().to_string(), bytes)
    }

    /// Reads a table of measured series from memory: CSV, or Parquet if it begins as such a file does.
    /// The name is for messages.
    ///
    /// ```
    /// use riparian::settlement::Record;
    ///
    /// let record = Record::read("canal.csv", "date,canal_m3s\n2024-06-01,2\n2024-06-02,3\n")?;
    /// assert_eq!(record.window().days(), 2);
    /// # Ok::<(), riparian::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// All faults of the table at once ([`Error::is_invalid`]), also for Parquet without the feature
    /// `parquet`.
    pub fn read(name: &str, bytes: impl Into<Vec<u8>>) -> Result<Self> {
        let bytes = bytes.into();
        if !bytes.starts_with(b"PAR1") {
            return Self::from_csv(name, bytes);
        }
        #[cfg(feature = "parquet")]
        {
            super::record_parquet::read(name, bytes)
        }
        #[cfg(not(feature = "parquet"))]
        {
            let fault = Diagnostic::new(format!("{name} is a Parquet file"));
            let expected = "a CSV table: this riparian was built without the feature `parquet`";
            Err(crate::calendar::invalid(fault.expected(expected)))
        }
    }

    /// Reads a table of measured series from memory, as [`Record::open`] does; the name is for
    /// messages.
    ///
    /// ```
    /// use riparian::agreement::Measure;
    /// use riparian::calendar::Date;
    /// use riparian::settlement::Record;
    ///
    /// let record = Record::from_csv("canal.csv", "dekad,canal_m3s,lake:storage_mcm\n2024-06-1,2,30\n")?;
    /// let day = Date::constant(2024, 6, 10);
    /// assert_eq!(record.get("canal", None, day), Some(2.0 * 86_400.0));
    /// assert_eq!(record.get("lake", Some(Measure::Storage), day), Some(30e6));
    /// # Ok::<(), riparian::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// All faults of the table at once ([`Error::is_invalid`]).
    pub fn from_csv(name: &str, text: impl Into<Vec<u8>>) -> Result<Self> {
        let mut faults = Diagnostics::new();
        let source = Source::decode(name, text.into(), &mut faults);
        let table = source.and_then(|source| Table::read(&source, &mut faults));
        let record = table.and_then(|table| read(&table, &mut faults));
        match record {
            Some(record) if faults.is_empty() => Ok(record),
            _ => Err(faults.into()),
        }
    }
}

/// What a column holds.
pub(super) struct Head {
    at: usize,
    pub(super) id: String,
    pub(super) measure: Option<Measure>,
    /// How many base units its unit is.
    pub(super) size: f64,
    kind: Kind,
}

fn read(table: &Table, faults: &mut Diagnostics) -> Option<Record> {
    let step = step(table, faults)?;
    let mut heads: Vec<Head> = Vec::new();
    for (at, cell) in table.header.iter().enumerate().skip(1) {
        let place = cell.place(&table.file);
        heads.extend(head(&cell.text, at, &place, &heads, faults));
    }
    let rows = rows(table, step, faults);
    let (Some((first, _)), Some((last, _))) = (rows.first(), rows.last()) else {
        faults.push(
            Diagnostic::new("a record without rows")
                .at(Some(table.header[0].place(&table.file)))
                .expected("a row for each step that was measured"),
        );
        return None;
    };
    let window = Window::new(first.from(), last.to()).ok()?;
    let mut record = Record::new(window);
    for head in heads {
        let values = days(table, &head, &rows, window, faults);
        record = record.with(head.id, head.measure, values);
    }
    Some(record)
}

fn step(table: &Table, faults: &mut Diagnostics) -> Option<Period> {
    let steps = [
        ("date", Period::Day),
        ("week", Period::Week),
        ("dekad", Period::Dekad),
        ("month", Period::Month),
        ("quarter", Period::Quarter),
    ];
    let first = &table.header[0];
    let step = steps.iter().find(|(name, _)| *name == first.text);
    if step.is_none() {
        let names = steps.iter().map(|(name, _)| *name);
        faults.push(unknown(
            "step",
            &first.text,
            names,
            first.place(&table.file),
        ));
    }
    step.map(|&(_, step)| step)
}

/// What a column holds, by its name; none, and a fault, if that cannot be or another column holds it.
pub(super) fn head(
    column: &str,
    at: usize,
    place: &Place,
    others: &[Head],
    faults: &mut Diagnostics,
) -> Option<Head> {
    let place = || place.clone();
    let (name, unit) = column.rsplit_once('_').unwrap_or((column, ""));
    let Some(&(_, kind, size)) = UNITS.iter().find(|(known, ..)| *known == unit) else {
        faults.push(
            Diagnostic::new(format!("no known unit ends the column `{column}`"))
                .at(Some(place()))
                .expected(list(UNITS.iter().map(|(unit, ..)| format!("_{unit}")))),
        );
        return None;
    };
    let (id, measure) = match name.split_once(':') {
        Some((id, word)) => {
            let known = Measure::NAMES
                .iter()
                .filter(|(_, m)| *m != Measure::Nothing);
            let Some(&(_, measure)) = known.clone().find(|(known, _)| *known == word) else {
                let names = known.map(|(name, _)| *name);
                faults.push(unknown("measure", word, names, place()));
                return None;
            };
            (id, Some(measure))
        }
        None => (name, default_measure(kind)),
    };
    if !is_id(id) {
        faults.push(
            Diagnostic::new(format!("`{id}` is no id"))
                .at(Some(place()))
                .expected("lower-case letters, digits and hyphens, before the unit"),
        );
        return None;
    }
    let fits = match measure {
        Some(Measure::Storage) => kind == Kind::Volume,
        Some(Measure::Level) => kind == Kind::Level,
        Some(Measure::Energy) => kind == Kind::Energy,
        _ => matches!(kind, Kind::Flow | Kind::Volume),
    };
    if !fits {
        let measure = measure.map_or("flow", Measure::name);
        faults.push(
            Diagnostic::new(format!("the measure `{measure}` in {unit}"))
                .at(Some(place()))
                .expected("a unit of what is measured"),
        );
        return None;
    }
    if others
        .iter()
        .any(|other| other.id == id && other.measure == measure)
    {
        faults.push(
            Diagnostic::new(format!("`{id}` has two columns of one measure"))
                .at(Some(place()))
                .expected("one column for each place and measure"),
        );
        return None;
    }
    Some(Head {
        at,
        id: id.to_owned(),
        measure,
        size,
        kind,
    })
}

/// Energy and levels say by their unit what they are.
fn default_measure(kind: Kind) -> Option<Measure> {
    match kind {
        Kind::Flow | Kind::Volume => None,
        Kind::Energy => Some(Measure::Energy),
        Kind::Level => Some(Measure::Level),
    }
}

/// The periods of the rows, in order.
fn rows<'t>(table: &'t Table, step: Period, faults: &mut Diagnostics) -> Vec<(Window, &'t [Cell])> {
    let mut rows: Vec<(Window, &[Cell])> = Vec::new();
    for row in &table.rows {
        let place = Some(row[0].place(&table.file));
        match step.parse_key(&row[0].text) {
            Ok(period)
                if rows
                    .last()
                    .is_none_or(|(last, _)| period.from() > last.to()) =>
            {
                rows.push((period, row));
            }
            Ok(_) => faults.push(
                Diagnostic::new(format!("{} does not follow the row before", row[0].text))
                    .at(place)
                    .expected(format!("one row a {step}, in the order of time")),
            ),
            Err(error) => faults.push(fault_of(&error).at(place)),
        }
    }
    rows
}

/// The days of a column.
fn days(
    table: &Table,
    head: &Head,
    rows: &[(Window, &[Cell])],
    window: Window,
    faults: &mut Diagnostics,
) -> Vec<f64> {
    let mut values = vec![f64::NAN; window.days()];
    let day = |date| day_index(window.from(), date) as usize;
    let mut before: Option<(usize, f64)> = None;
    for (period, row) in rows {
        let cell = &row[head.at];
        let value = if cell.is_empty() {
            None
        } else {
            cell.number(&table.file, faults)
        };
        let (from, to) = (day(period.from()), day(period.to()));
        let Some(value) = value.map(|value| value * head.size) else {
            before = None;
            continue;
        };
        if head.measure.is_some_and(Measure::is_state) {
            values[to] = value;
            if let Some((last, start)) = before.filter(|&(last, _)| last + 1 == from) {
                for (i, between) in values[from..to].iter_mut().enumerate() {
                    let part = (from + i - last) as f64 / (to - last) as f64;
                    *between = start + part * (value - start);
                }
            }
            before = Some((to, value));
        } else {
            let a_day = if head.kind == Kind::Flow {
                value
            } else {
                value / period.days() as f64
            };
            values[from..=to].fill(a_day);
        }
    }
    values
}

/// The unit a measure is written in: in column names, for people, and how many base units it is.
pub(super) fn unit_of(measure: Option<Measure>) -> (&'static str, &'static str, f64) {
    let (name, words) = match measure {
        Some(Measure::Storage) => ("mcm", "Mm3"),
        Some(Measure::Level) => ("m", "m"),
        Some(Measure::Energy) => ("mwh", "MWh"),
        _ => ("m3s", "m3/s"),
    };
    let known = UNITS.iter().find(|(unit, ..)| *unit == name);
    (name, words, known.map_or(1.0, |&(.., size)| size))
}

/// The name of a column.
pub(super) fn column_name(id: &str, measure: Option<Measure>) -> String {
    let (unit, ..) = unit_of(measure);
    match measure {
        Some(measure) => format!("{id}:{}_{unit}", measure.name()),
        None => format!("{id}_{unit}"),
    }
}

impl Record {
    /// Writes the record as CSV, one row a day, as [`Record::open`] reads it: flows in m3/s, storage in
    /// Mm3, levels in m, energy in `MWh`, to the last digit. A day that was not measured is an empty
    /// cell.
    ///
    /// ```
    /// use riparian::settlement::Record;
    ///
    /// let record = Record::from_csv("canal.csv", "dekad,canal_m3s\n2024-02-3,2\n")?;
    /// let mut table = Vec::new();
    /// record.write_csv(&mut table).unwrap();
    /// assert_eq!(Record::from_csv("copy.csv", table)?, record);
    /// # Ok::<(), riparian::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn write_csv(&self, to: impl std::io::Write) -> std::io::Result<()> {
        let columns: Vec<_> = self.columns().collect();
        let mut table = csv::Writer::from_writer(to);
        let names = columns
            .iter()
            .map(|&(id, measure)| column_name(id, measure));
        table.write_record(std::iter::once("date".to_owned()).chain(names))?;
        for (day, date) in self.window().iter().enumerate() {
            let readings = columns.iter().enumerate().map(|(at, &(_, measure))| {
                let reading = self.values(at)[day];
                if reading.is_nan() {
                    return String::new();
                }
                let (_, _, size) = unit_of(measure);
                (reading / size).to_string()
            });
            table.write_record(std::iter::once(date.to_string()).chain(readings))?;
        }
        table.flush()
    }
}
