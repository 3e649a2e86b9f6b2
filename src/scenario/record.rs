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
use crate::error::{Diagnostic, Diagnostics, Error, Result};
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
    /// Reads a table of measured series.
    ///
    /// The first column is `date`, `week`, `dekad`, `month` or `quarter`; each other one is named
    /// by place and unit, as in `dostyk-kz_m3s`, with a measure between where it is not the
    /// place's ordinary one: `bakhri-tochik:storage_mcm`. Units are `m3s` and `cusecs` for mean
    /// flows; `mcm`, `km3`, `af` and `kaf` for the volume of a row or what is in store at its end;
    /// `mwh`, `gwh`; `m`, `ft` for levels. What a row gives for a step is spread evenly over its
    /// days; storage and levels run linearly from the end of one row to that of the next. An empty
    /// cell, and a step without a row, was not measured.
    ///
    /// # Errors
    ///
    /// If the file cannot be read ([`Error::is_io`]), or all its faults at once
    /// ([`Error::is_invalid`]).
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|e| Error::io(path, "cannot be read", e))?;
        Self::from_csv(&path.display().to_string(), bytes)
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

struct Head {
    at: usize,
    id: String,
    measure: Option<Measure>,
    size: f64,
    kind: Kind,
}

fn read(table: &Table, faults: &mut Diagnostics) -> Option<Record> {
    let step = step(table, faults)?;
    let heads: Vec<Head> = (1..table.header.len())
        .filter_map(|at| head(table, at, faults))
        .collect();
    for (i, head) in heads.iter().enumerate() {
        if heads[..i]
            .iter()
            .any(|other| other.id == head.id && other.measure == head.measure)
        {
            let cell = &table.header[head.at];
            faults.push(
                Diagnostic::new(format!("`{}` has two columns of one measure", head.id))
                    .at(Some(cell.place(&table.file)))
                    .expected("one column for each place and measure"),
            );
        }
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

fn head(table: &Table, at: usize, faults: &mut Diagnostics) -> Option<Head> {
    let cell = &table.header[at];
    let (name, unit) = cell.text.rsplit_once('_').unwrap_or((&cell.text, ""));
    let Some(&(_, kind, size)) = UNITS.iter().find(|(known, ..)| *known == unit) else {
        faults.push(
            Diagnostic::new(format!("no known unit ends the column `{}`", cell.text))
                .at(Some(cell.place(&table.file)))
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
                faults.push(unknown("measure", word, names, cell.place(&table.file)));
                return None;
            };
            (id, Some(measure))
        }
        None => (name, default_measure(kind)),
    };
    if !is_id(id) {
        faults.push(
            Diagnostic::new(format!("`{id}` is no id"))
                .at(Some(cell.place(&table.file)))
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
                .at(Some(cell.place(&table.file)))
                .expected("a unit of what is measured"),
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
