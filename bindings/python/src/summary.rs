//! What all members say together, as tables.

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use riparian::calendar::Date;
use riparian::ensemble::{self, Spread};
use riparian::settlement::Status;

use crate::ensemble::Results;
use crate::table::{Columns, Table};

/// Odds, spreads and bands over the members of an ensemble.
///
/// Members that failed are counted and are in nothing else. Where only summaries were kept,
/// quantiles are within half a per cent.
#[pyclass(frozen, module = "riparian")]
pub(crate) struct Summary {
    pub(crate) summary: ensemble::Summary,
    pub(crate) results: Py<Results>,
    pub(crate) start: Date,
}

/// The quantiles of spreads where none are asked for.
const QUANTILES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// Count, mean, ends and quantiles of spreads, as columns that begin with `name`.
fn spreads(
    table: Columns,
    name: &str,
    unit: Option<&str>,
    spreads: &[&Spread],
    quantiles: &[f64],
) -> Columns {
    let column = |table: Columns, what: &str, of: &dyn Fn(&Spread) -> Option<f64>| {
        let values = spreads.iter().map(|spread| of(spread));
        table.numbers_or(&format!("{name}{what}"), unit, values)
    };
    let mut table = column(table, "mean", &Spread::mean);
    table = column(table, "least", &Spread::least);
    for &p in quantiles {
        let what = format!("q{}", (p * 100.0 * 1e6).round() / 1e6);
        table = column(table, &what, &|spread| spread.quantile(p));
    }
    column(table, "most", &Spread::most)
}

fn checked(quantiles: Option<Vec<f64>>) -> PyResult<Vec<f64>> {
    let quantiles = quantiles.unwrap_or_else(|| QUANTILES.to_vec());
    match quantiles.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        None => Ok(quantiles),
        Some(p) => Err(pyo3::exceptions::PyValueError::new_err(format!(
            "the quantile {p}; expected one from 0 to 1"
        ))),
    }
}

/// The unit of figures that stand in a row's own.
const UNIT: Option<&str> = Some("see column `unit`");

#[pymethods]
impl Summary {
    /// How many members were run to the end.
    #[getter]
    fn members(&self) -> u64 {
        self.summary.members
    }

    /// How many stopped.
    #[getter]
    fn failed(&self) -> u64 {
        self.summary.failed
    }

    /// Each obligation over the whole run: in how many members it was settled, in how many of them
    /// it was kept, and the odds.
    fn obligations(&self) -> PyResult<Table> {
        let rows = &self.summary.obligations;
        Columns::new()
            .text(
                "obligation",
                rows.iter().map(|odds| &odds.promise.obligation),
            )
            .text("debtor", rows.iter().map(|odds| &odds.promise.debtor))
            .text_or(
                "creditor",
                rows.iter().map(|odds| odds.promise.creditor.as_ref()),
            )
            .counts("members", rows.iter().map(|odds| odds.members))
            .counts("kept", rows.iter().map(|odds| odds.kept))
            .numbers(
                "probability_kept",
                None,
                rows.iter().map(|odds| odds.probability_kept()),
            )
            .finish()
    }

    /// Each period of each obligation: how many members have each verdict, and how what came and
    /// what is missing spread.
    #[pyo3(signature = (quantiles = None))]
    fn periods(&self, quantiles: Option<Vec<f64>>) -> PyResult<Table> {
        let (rows, quantiles) = (&self.summary.periods, checked(quantiles)?);
        let mut table = Columns::new()
            .text(
                "obligation",
                rows.iter().map(|odds| &odds.promise.obligation),
            )
            .text("debtor", rows.iter().map(|odds| &odds.promise.debtor))
            .text_or(
                "creditor",
                rows.iter().map(|odds| odds.promise.creditor.as_ref()),
            )
            .dates("from", rows.iter().map(|odds| odds.period.from()))
            .dates("to", rows.iter().map(|odds| odds.period.to()))
            .text("unit", rows.iter().map(|odds| odds.promise.unit.sign()));
        for status in Status::ALL {
            table = table.counts(status.name(), rows.iter().map(|odds| odds.count(status)));
        }
        let delivered: Vec<_> = rows.iter().map(|odds| &odds.delivered).collect();
        let shortfall: Vec<_> = rows.iter().map(|odds| &odds.shortfall).collect();
        table = spreads(table, "delivered_", UNIT, &delivered, &quantiles);
        spreads(table, "shortfall_", UNIT, &shortfall, &quantiles).finish()
    }

    /// What each party is short of over all its obligations of a unit, as debtor and as creditor;
    /// ``worst_5_percent`` is the mean of the worst twentieth of the members.
    #[pyo3(signature = (quantiles = None))]
    fn shortfalls(&self, quantiles: Option<Vec<f64>>) -> PyResult<Table> {
        let (rows, quantiles) = (&self.summary.shortfalls, checked(quantiles)?);
        let table = Columns::new()
            .text("party", rows.iter().map(|short| &short.side.party))
            .flags("owes", rows.iter().map(|short| short.side.owes))
            .text("unit", rows.iter().map(|short| short.side.unit.sign()));
        let all: Vec<_> = rows.iter().map(|short| &short.spread).collect();
        let worst = rows.iter().map(|short| short.spread.mean_of_highest(0.05));
        spreads(table, "", UNIT, &all, &quantiles)
            .numbers_or("worst_5_percent", UNIT, worst)
            .finish()
    }

    /// How reliably each party and each offtake was served: a row a user and figure. Volumes are in
    /// m3 a day, the deficit in m3.
    #[pyo3(signature = (quantiles = None))]
    fn users(&self, quantiles: Option<Vec<f64>>) -> PyResult<Table> {
        let quantiles = checked(quantiles)?;
        let users = self.summary.users.iter();
        let rows: Vec<_> = users
            .flat_map(|user| {
                user.figures
                    .iter()
                    .map(move |(name, spread)| (user, name, spread))
            })
            .collect();
        let table = Columns::new()
            .text("user", rows.iter().map(|(user, ..)| &user.user.id))
            .flags("is_party", rows.iter().map(|(user, ..)| user.user.is_party))
            .text("figure", rows.iter().map(|(_, name, _)| name));
        let all: Vec<_> = rows.iter().map(|(.., spread)| *spread).collect();
        spreads(table, "", None, &all, &quantiles).finish()
    }

    /// The readings of the watched places by day: a row a place and day.
    #[pyo3(signature = (quantiles = None))]
    fn bands(&self, quantiles: Option<Vec<f64>>) -> PyResult<Table> {
        let quantiles = checked(quantiles)?;
        let bands = self.summary.bands.iter();
        let rows: Vec<_> = bands
            .flat_map(|band| {
                band.days
                    .iter()
                    .enumerate()
                    .map(move |(day, spread)| (band, day, spread))
            })
            .collect();
        let start = self.start;
        let date = |day: usize| start.checked_add(riparian::jiff::Span::new().days(day as i64));
        let table = Columns::new()
            .text("place", rows.iter().map(|(band, ..)| band.watched.name()))
            .dates(
                "date",
                rows.iter().map(|&(_, day, _)| date(day).unwrap_or(start)),
            )
            .text("unit", rows.iter().map(|(band, ..)| &band.watched.unit));
        let all: Vec<_> = rows.iter().map(|(.., spread)| *spread).collect();
        spreads(table, "", UNIT, &all, &quantiles).finish()
    }

    fn __repr__(&self) -> String {
        let (members, failed) = (self.summary.members, self.summary.failed);
        format!("<riparian.Summary of {members} members, {failed} failed>")
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.summary == other.summary
    }

    fn __hash__(&self) -> isize {
        self.summary.members as isize
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let again = py.get_type::<Results>().getattr("summary")?;
        (again, (self.results.clone_ref(py),)).into_pyobject(py)
    }
}
