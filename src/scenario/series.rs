//! Series files: one column a place, one row a day, a dekad or a month.

use super::folder::Files;
use super::format::tables::SERIES;
use super::settings::{Settings, Treatment};
use super::table::{Cell, Table};
use super::text::{fault_of, list};
use crate::calendar::{Period, Window};
use crate::error::{Diagnostic, Diagnostics, Origin};
use crate::series::{DailySeries, Gap, Table as Means};
use crate::units::{Days, Volume};

/// A series with the id it belongs to and where its column is headed.
pub(super) type SeriesColumn = (String, DailySeries, Origin);

/// The columns of one file, as far as they could be read.
#[derive(Default)]
pub(super) struct SeriesFile {
    pub(super) columns: Vec<SeriesColumn>,
    /// Whether there are columns that could not be read.
    pub(super) lost: bool,
}

/// The series files of a scenario.
pub(super) struct AllSeries {
    pub(super) inflows: SeriesFile,
    pub(super) demands: SeriesFile,
    pub(super) releases: SeriesFile,
    pub(super) unaccounted: SeriesFile,
    pub(super) rain: SeriesFile,
    pub(super) forecast: SeriesFile,
    pub(super) energy_demand: SeriesFile,
    pub(super) expected_inflows: SeriesFile,
}

/// What the values of a column are, by the end of its name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Unit {
    /// Mean flow in m3/s.
    Flow,
    /// Volume of the row in Mm3, made a mean flow.
    Volume,
    /// Depth of the row in mm, made a mean depth a day.
    Depth,
    /// Energy of the row in `MWh`, made a mean energy a day.
    Energy,
}

/// Reads all series files there are.
pub(super) fn read(files: &Files, settings: &Settings, faults: &mut Diagnostics) -> AllSeries {
    let mut file = |stem: &str| {
        // These need to cover the run only where a policy or a forecast goes by them.
        let asked = match stem {
            "releases" | "energy_demand" => false,
            "expected_inflows" => settings.expects_inflows(),
            _ => true,
        };
        let run = settings.window.filter(|_| asked);
        let at = SERIES.iter().position(|known| known.stem == stem);
        let treatment = at.map_or(Treatment::default(), |i| settings.series[i]);
        let units = at.map_or(&[][..], |i| SERIES[i].units);
        let name = format!("series/{stem}.csv");
        let Some(source) = files.sources.get(&name) else {
            return SeriesFile {
                columns: Vec::new(),
                lost: files.has(&name),
            };
        };
        let table = Table::read(source, faults);
        let reader = table.and_then(|table| Reader::new(stem, table, units, faults));
        reader.map_or(
            SeriesFile {
                columns: Vec::new(),
                lost: true,
            },
            |reader| reader.read(treatment, run, faults),
        )
    };
    AllSeries {
        inflows: file("inflows"),
        demands: file("demands"),
        releases: file("releases"),
        unaccounted: file("unaccounted"),
        rain: file("rain"),
        forecast: file("forecast"),
        energy_demand: file("energy_demand"),
        expected_inflows: file("expected_inflows"),
    }
}

struct Reader {
    stem: String,
    table: Table,
    step: Period,
    columns: Vec<SeriesHead>,
    lost: bool,
}

/// The head of a column, and its place among the cells of a row.
struct SeriesHead {
    at: usize,
    id: String,
    unit: Unit,
    sound: bool,
}

impl Reader {
    /// Reads the header.
    fn new(
        stem: &str,
        table: Table,
        units: &[(&str, Unit)],
        faults: &mut Diagnostics,
    ) -> Option<Self> {
        let first = &table.header[0];
        let step = match first.text.as_str() {
            "date" => Period::Day,
            "dekad" => Period::Dekad,
            "month" => Period::Month,
            other => {
                faults.push(
                    Diagnostic::new(format!("the first column is `{other}`"))
                        .at(Some(first.place(&table.file)))
                        .expected("date, dekad or month")
                        .nearest(other, ["date", "dekad", "month"]),
                );
                return None;
            }
        };
        let mut columns = Vec::new();
        let mut lost = table.lost_rows;
        for (at, cell) in table.header.iter().enumerate().skip(1) {
            let (id, unit) = cell.text.rsplit_once('_').unwrap_or((&cell.text, ""));
            let Some(&(_, unit)) = units.iter().find(|(name, _)| *name == unit) else {
                faults.push(wrong_unit(cell, id, units, &table.file));
                lost = true;
                continue;
            };
            columns.push(SeriesHead {
                at,
                id: id.to_owned(),
                unit,
                sound: true,
            });
        }
        Some(Self {
            stem: stem.to_owned(),
            table,
            step,
            columns,
            lost,
        })
    }

    /// Reads the rows, and makes them days.
    fn read(
        mut self,
        treatment: Treatment,
        run: Option<Window>,
        faults: &mut Diagnostics,
    ) -> SeriesFile {
        let (rows, mut sound) = self.periods(faults);
        if sound && treatment.gaps == Gap::Error {
            sound = self.check_rows(&rows, faults);
        }
        if sound && let Some(run) = run {
            sound = self.check_cover(&rows, run, faults);
        }
        self.lost |= !sound;
        let mut columns = Vec::new();
        let file = self.table.file.clone();
        for head in &mut self.columns {
            let mut values = Vec::with_capacity(rows.len());
            let mut empty = Vec::new();
            for &(period, row) in &rows {
                let cell = &self.table.rows[row][head.at];
                let value = if cell.is_empty() {
                    empty.push((period, cell));
                    None
                } else {
                    let value = cell.number(&file, faults);
                    head.sound &= value.is_some();
                    value.map(|value| head.unit.mean(value, period))
                };
                values.push((period.from(), value));
            }
            if treatment.gaps == Gap::Error
                && let Some(&(period, cell)) = empty.first()
            {
                head.sound = false;
                let key = self.step.key(period.from());
                let more = match empty.len() {
                    1 => String::new(),
                    n => format!(" and {} more {}s", n - 1, self.step),
                };
                faults.push(
                    Diagnostic::new(format!("no value for `{}` in {key}{more}", head.id))
                        .at(Some(cell.place(&file)))
                        .expected(gap_advice(&self.stem)),
                );
            }
            if !(head.sound && sound) {
                self.lost = true;
                continue;
            }
            let header = &self.table.header[head.at];
            let daily = Means::new(self.step, values)
                .and_then(|means| means.daily(treatment.gaps, treatment.days));
            match daily {
                Ok(series) => columns.push((head.id.clone(), series, header.origin(&file))),
                Err(error) => {
                    self.lost = true;
                    let mut fault = fault_of(&error).at(Some(header.place(&file)));
                    fault.message = format!("series of `{}`: {}", head.id, fault.message);
                    faults.push(fault);
                }
            }
        }
        SeriesFile {
            columns,
            lost: self.lost,
        }
    }

    /// The rows with a period of their own, in order; and whether no other row's was unreadable.
    fn periods(&self, faults: &mut Diagnostics) -> (Vec<(Window, usize)>, bool) {
        let mut rows: Vec<(Window, usize)> = Vec::new();
        let mut complete = !self.table.lost_rows;
        for (i, row) in self.table.rows.iter().enumerate() {
            let cell = &row[0];
            let place = Some(cell.place(&self.table.file));
            let period = match self.step.parse_key(&cell.text) {
                Ok(period) => period,
                Err(error) => {
                    complete = false;
                    faults.push(fault_of(&error).at(place));
                    continue;
                }
            };
            let (step, key) = (self.step, &cell.text);
            if rows
                .last()
                .is_none_or(|(last, _)| period.from() > last.from())
            {
                rows.push((period, i));
            } else if let Some((_, first)) = rows.iter().find(|(known, _)| *known == period) {
                let first = self.table.rows[*first][0].place(&self.table.file);
                faults.push(
                    Diagnostic::new(format!("{key} stands twice, first at {first}"))
                        .at(place)
                        .expected(format!("one row a {step}")),
                );
            } else {
                complete = false;
                faults.push(
                    Diagnostic::new(format!("{key} stands after a later {step}"))
                        .at(place)
                        .expected("rows in the order of time"),
                );
            }
        }
        (rows, complete)
    }

    /// Faults for periods without a row; whether there are none.
    fn check_rows(&self, rows: &[(Window, usize)], faults: &mut Diagnostics) -> bool {
        let before = faults.len();
        for pair in rows.windows(2) {
            let ((last, _), (next, row)) = (pair[0], pair[1]);
            let (Ok(from), Ok(to)) = (last.to().tomorrow(), next.from().yesterday()) else {
                continue;
            };
            let Ok(gap) = Window::new(from, to) else {
                continue;
            };
            let missing = self.step.parts(gap);
            let (first, last) = (self.step.key(from), self.step.key(to));
            let message = match missing.len() {
                1 => format!("no row for {first}"),
                n => format!("no rows for {n} {}s, {first} to {last}", self.step),
            };
            faults.push(
                Diagnostic::new(message)
                    .at(Some(self.table.rows[row][0].place(&self.table.file)))
                    .expected(gap_advice(&self.stem)),
            );
        }
        faults.len() == before
    }

    /// A fault if the rows do not cover the run; whether they do.
    fn check_cover(&self, rows: &[(Window, usize)], run: Window, faults: &mut Diagnostics) -> bool {
        let (Some(&(first, _)), Some(&(last, row))) = (rows.first(), rows.last()) else {
            faults.push(
                Diagnostic::new("a series without rows")
                    .at(Some(self.table.header[0].place(&self.table.file)))
                    .expected(format!("rows for all days of the run, {run}")),
            );
            return false;
        };
        let (from, to) = (first.from(), last.to());
        let covers = from <= run.from() && to >= run.to();
        if !covers {
            let row = if from > run.from() { rows[0].1 } else { row };
            faults.push(
                Diagnostic::new(format!("the rows cover {from}..{to}"))
                    .at(Some(self.table.rows[row][0].place(&self.table.file)))
                    .expected(format!("all days of the run, {run}")),
            );
        }
        covers
    }
}

impl Unit {
    /// The mean flow in m3/s, or depth in mm or energy in `MWh` a day, of a value for a period.
    fn mean(self, value: f64, period: Window) -> f64 {
        let days = period.days() as f64;
        match self {
            Self::Flow => value,
            Self::Volume => (Volume::from_mcm(value) / Days(days)).m3s(),
            Self::Depth | Self::Energy => value / days,
        }
    }
}

fn gap_advice(stem: &str) -> String {
    format!("every row from the first to the last, or a rule for gaps under [series.{stem}]")
}

fn wrong_unit(cell: &Cell, id: &str, units: &[(&str, Unit)], file: &str) -> Diagnostic {
    let names: Vec<String> = units
        .iter()
        .map(|(unit, _)| format!("{id}_{unit}"))
        .collect();
    let mut fault = Diagnostic::new(format!("no known unit ends the column `{}`", cell.text))
        .at(Some(cell.place(file)))
        .expected(list(units.iter().map(|(unit, _)| format!("_{unit}"))));
    fault.nearest = names.first().cloned();
    fault
}
