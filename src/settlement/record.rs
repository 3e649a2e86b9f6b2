//! What was measured or computed, day by day: all that a settlement reads.

use crate::agreement::{Agreement, Measure, Obligation, Ownership, Point};
use crate::calendar::{Date, Window, day_index};

/// Daily readings by place and measure.
///
/// It comes from a [ledger](crate::ledger::Ledger), from a table of measured flows, or is put
/// together in code. A day that was not measured is NaN, and settles nothing.
///
/// ```
/// use riparian::agreement::Measure;
/// use riparian::settlement::Record;
///
/// let june = "2024-06-01..2024-06-30".parse()?;
/// let record = Record::new(june).with("dostyk-kz", None, vec![3.3e6; 30]);
/// assert_eq!(record.get("dostyk-kz", None, june.from()), Some(3.3e6));
/// assert_eq!(record.get("dostyk-kz", Some(Measure::Storage), june.from()), None);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    window: Window,
    columns: Vec<Column>,
}

#[derive(Clone, Debug)]
struct Column {
    id: String,
    /// None: the ordinary measure of the place.
    measure: Option<Measure>,
    values: Vec<f64>,
}

impl PartialEq for Column {
    /// Days that were not measured are alike.
    fn eq(&self, other: &Self) -> bool {
        let same = |(a, b): (&f64, &f64)| a == b || (a.is_nan() && b.is_nan());
        self.id == other.id
            && self.measure == other.measure
            && self.values.len() == other.values.len()
            && self.values.iter().zip(&other.values).all(same)
    }
}

impl Record {
    /// A record of some days, with nothing in it yet.
    pub fn new(window: Window) -> Self {
        Self {
            window,
            columns: Vec::new(),
        }
    }

    /// The same, with the readings of a place: one a day of the window, in m3 a day, m3, m or kWh
    /// as the measure says; NaN for a day without. No measure stands for the ordinary one of the
    /// place, which serves whoever asks for a flow, an inflow or a delivery.
    ///
    /// # Panics
    ///
    /// If there is not one reading for each day of the window.
    #[must_use]
    pub fn with(
        mut self,
        id: impl Into<String>,
        measure: Option<Measure>,
        values: Vec<f64>,
    ) -> Self {
        assert_eq!(
            values.len(),
            self.window.days(),
            "one reading for each day of {}",
            self.window
        );
        self.columns.push(Column {
            id: id.into(),
            measure,
            values,
        });
        self
    }

    /// The days it covers.
    pub fn window(&self) -> Window {
        self.window
    }

    /// The places it has readings of, with their measures.
    pub fn columns(&self) -> impl Iterator<Item = (&str, Option<Measure>)> {
        self.columns
            .iter()
            .map(|column| (column.id.as_str(), column.measure))
    }

    /// The reading of a place on a day; nothing where none was taken.
    pub fn get(&self, id: &str, measure: Option<Measure>, date: Date) -> Option<f64> {
        let column = self.column(id, measure)?;
        self.value(column, day_index(self.window.from(), date))
    }

    /// The number of the column that answers for a place and measure.
    pub(crate) fn column(&self, id: &str, measure: Option<Measure>) -> Option<usize> {
        let exact = |wanted: Option<Measure>| {
            self.columns
                .iter()
                .position(|column| column.measure == wanted && column.id == id)
        };
        let ordinary = matches!(
            measure,
            Some(Measure::Flow | Measure::Inflow | Measure::Delivered)
        );
        exact(measure).or_else(|| ordinary.then(|| exact(None)).flatten())
    }

    /// All readings of a column.
    pub(crate) fn values(&self, column: usize) -> &[f64] {
        &self.columns[column].values
    }

    /// The reading of a day, counted from the first of the window.
    fn value(&self, column: usize, day: i64) -> Option<f64> {
        let day = usize::try_from(day).ok()?;
        let value = *self.columns[column].values.get(day)?;
        (!value.is_nan()).then_some(value)
    }
}

/// A point resolved to the columns of a record.
#[derive(Clone, Debug)]
pub(super) struct Reading<'r> {
    record: &'r Record,
    /// Column, weight and lag; `None` for a term the record has no column of.
    terms: Vec<(Option<usize>, f64, u32)>,
    /// Whether it tells what is there, and is not added up.
    pub(super) state: bool,
}

impl<'r> Reading<'r> {
    pub(super) fn new(record: &'r Record, point: &Point, measure: Option<Measure>) -> Self {
        let measure_of = |own: Option<Measure>| own.or(measure);
        Self {
            record,
            terms: point
                .terms
                .iter()
                .map(|term| {
                    let column = record.column(&term.id, measure_of(term.measure));
                    (column, term.weight, term.lag_days)
                })
                .collect(),
            state: point
                .terms
                .first()
                .and_then(|term| measure_of(term.measure))
                .is_some_and(Measure::is_state),
        }
    }

    /// The reading of a day; nothing where part of it is missing.
    pub(super) fn at(&self, date: Date) -> Option<f64> {
        self.on(day_index(self.record.window.from(), date))
    }

    /// The readings of days, one after another.
    pub(super) fn over(&self, window: Window) -> impl Iterator<Item = Option<f64>> + '_ {
        let first = day_index(self.record.window.from(), window.from());
        (first..).take(window.days()).map(|day| self.on(day))
    }

    /// The reading of a day, counted from the first of the record.
    fn on(&self, day: i64) -> Option<f64> {
        let mut sum = 0.0;
        for &(column, weight, lag) in &self.terms {
            sum += weight * self.record.value(column?, day - i64::from(lag))?;
        }
        Some(sum)
    }

    /// The sum over days; nothing where a day is missing.
    pub(super) fn sum(&self, window: Window) -> Option<f64> {
        let mut sum = crate::ledger::Sum::default();
        for reading in self.over(window) {
            sum.add(reading?);
        }
        Some(sum.value())
    }
}

/// A point and the measure it is read by where its terms name none.
pub(crate) type Read = (Point, Option<Measure>);

/// All that the settlement of an obligation reads.
pub(crate) fn readings(obligation: &Obligation) -> Vec<Read> {
    let mut all: Vec<Read> = Vec::new();
    let measures = obligation.measures();
    all.push((obligation.point.clone(), measures));
    all.extend(obligation.second_point.clone().map(|point| (point, None)));
    let versions = obligation.revisions.iter().map(|revision| &revision.due);
    for due in std::iter::once(&obligation.due).chain(versions) {
        all.extend(due.points().into_iter().map(|point| (point, None)));
    }
    for clause in &obligation.clauses {
        if let Some(threshold) = &clause.when.reading {
            all.push((threshold.point.clone(), threshold.measure));
        }
        if let Some(point) = clause.effect.point() {
            all.push((point.clone(), clause.effect.measure()));
        }
    }
    all
}

/// The distinct places and measures that agreements read.
pub(crate) fn gauges(agreements: &[Agreement]) -> Vec<(String, Option<Measure>)> {
    let obligations = agreements.iter().flat_map(|a| &a.obligations);
    let ownerships = agreements.iter().flat_map(|a| &a.ownership);
    let reads = obligations
        .flat_map(readings)
        .chain(ownerships.flat_map(Ownership::readings));
    let mut gauges: Vec<(String, Option<Measure>)> = Vec::new();
    for (point, measure) in reads {
        for term in &point.terms {
            let gauge = (term.id.clone(), term.measure.or(measure));
            if gauge.1 != Some(Measure::Nothing) && !gauges.contains(&gauge) {
                gauges.push(gauge);
            }
        }
    }
    gauges
}
