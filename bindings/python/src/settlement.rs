//! Settlements as tables.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::{Float64Builder, ListBuilder, StringBuilder, StructBuilder};
use arrow_schema::{DataType, Field, Fields};
use pyo3::prelude::*;
use riparian::agreement::{Agreement, Count};
use riparian::settlement::{Record, Settled, Settlement, check, settle as settled};

use crate::error::Raise as _;
use crate::table::{Columns, Table};

/// How an obligation is counted, as agreement files say it.
fn counted(count: Count) -> &'static str {
    match count {
        Count::Sum => "sum",
        Count::EachDay => "each-day",
        Count::AtEnd => "at-end",
        Count::AtMost => "at-most",
    }
}

/// One row for each obligation and period. Figures are in the row's own unit, Mm3 or GWh.
pub(crate) fn settlements(rows: &[Settlement]) -> PyResult<Table> {
    Columns::new()
        .text("agreement", rows.iter().map(|row| &row.agreement))
        .text("obligation", rows.iter().map(|row| &row.obligation))
        .text("article", rows.iter().map(|row| &row.article))
        .text("debtor", rows.iter().map(|row| &row.debtor))
        .text_or("creditor", rows.iter().map(|row| row.creditor.as_ref()))
        .text("point", rows.iter().map(|row| &row.point))
        .text("form", rows.iter().map(|row| &row.form))
        .text("count", rows.iter().map(|row| counted(row.count)))
        .dates("from", rows.iter().map(|row| row.period.from()))
        .dates("to", rows.iter().map(|row| row.period.to()))
        .text("unit", rows.iter().map(|row| row.unit.sign()))
        .numbers_or("committed", UNIT, rows.iter().map(|row| row.committed))
        .numbers_or(
            "first_committed",
            UNIT,
            rows.iter().map(|row| row.first_committed),
        )
        .numbers_or("delivered", UNIT, rows.iter().map(|row| row.delivered))
        .numbers_or("balance", UNIT, rows.iter().map(Settlement::balance))
        .numbers("carried_in", UNIT, rows.iter().map(|row| row.carried_in))
        .numbers("carried_out", UNIT, rows.iter().map(|row| row.carried_out))
        .numbers("missing", UNIT, rows.iter().map(|row| row.missing))
        .numbers("shortfall", UNIT, rows.iter().map(Settlement::shortfall))
        .text("status", rows.iter().map(|row| row.status.name()))
        .dates_or(
            "first_day_short",
            rows.iter().map(|row| row.first_day_short),
        )
        .dates_or(
            "worst_day",
            rows.iter().map(|row| row.worst_day.map(|(day, _)| day)),
        )
        .numbers_or(
            "worst_day_missing",
            UNIT,
            rows.iter()
                .map(|row| row.worst_day.map(|(_, missing)| missing)),
        )
        .text_or(
            "second_source",
            rows.iter()
                .map(|row| row.second.as_ref().map(|(source, _)| source)),
        )
        .numbers_or(
            "second_reading",
            UNIT,
            rows.iter()
                .map(|row| row.second.as_ref().map(|&(_, reading)| reading)),
        )
        .column("clauses", clauses(rows))
        .column("reasons", reasons(rows))
        .flags("claimed", rows.iter().map(|row| row.claimed))
        .numbers(
            "unaccounted",
            Some("Mm3"),
            rows.iter().map(|row| row.unaccounted),
        )
        .flags(
            "rests_on_unaccounted",
            rows.iter().map(Settlement::rests_on_unaccounted),
        )
        .finish()
}

/// The unit of figures that stand in a row's own.
const UNIT: Option<&str> = Some("see column `unit`");

fn clauses(rows: &[Settlement]) -> ArrayRef {
    let item = Field::new("item", DataType::Utf8, false);
    let mut lists = ListBuilder::new(StringBuilder::new()).with_field(item);
    for row in rows {
        for clause in &row.clauses {
            lists.values().append_value(clause);
        }
        lists.append(true);
    }
    Arc::new(lists.finish())
}

fn reasons(rows: &[Settlement]) -> ArrayRef {
    let fields = Fields::from(vec![
        Field::new("why", DataType::Utf8, false),
        Field::new("amount", DataType::Float64, false),
    ]);
    let item = Field::new("item", DataType::Struct(fields.clone()), false);
    let builders = StructBuilder::from_fields(fields, 0);
    let mut lists = ListBuilder::new(builders).with_field(item);
    for row in rows {
        for reason in &row.reasons {
            let one = lists.values();
            if let Some(why) = one.field_builder::<StringBuilder>(0) {
                why.append_value(reason.why.to_string());
            }
            if let Some(amount) = one.field_builder::<Float64Builder>(1) {
                amount.append_value(reason.amount);
            }
            one.append(true);
        }
        lists.append(true);
    }
    Arc::new(lists.finish())
}

/// The lines of all accounts.
pub(crate) fn accounts(of: &Settled) -> PyResult<Table> {
    let journals = of.journals.iter();
    let lines: Vec<_> = journals
        .flat_map(|journal| journal.lines.iter().map(move |line| (journal, line)))
        .collect();
    Columns::new()
        .text(
            "obligation",
            lines.iter().map(|(journal, _)| &journal.obligation),
        )
        .text("debtor", lines.iter().map(|(journal, _)| &journal.debtor))
        .text_or(
            "creditor",
            lines.iter().map(|(journal, _)| journal.creditor.as_ref()),
        )
        .dates("date", lines.iter().map(|(_, line)| line.date))
        .text("reason", lines.iter().map(|(_, line)| &line.reason))
        .text(
            "counterpart",
            lines.iter().map(|(_, line)| &line.counterpart),
        )
        .text("unit", lines.iter().map(|(journal, _)| journal.unit.sign()))
        .numbers("amount", UNIT, lines.iter().map(|(_, line)| line.amount))
        .numbers("balance", UNIT, lines.iter().map(|(_, line)| line.balance))
        .finish()
}

/// Calls for consultation.
pub(crate) fn events(of: &Settled) -> PyResult<Table> {
    let events = &of.events;
    Columns::new()
        .text("obligation", events.iter().map(|event| &event.obligation))
        .text("clause", events.iter().map(|event| &event.text))
        .dates("from", events.iter().map(|event| event.window.from()))
        .dates("to", events.iter().map(|event| event.window.to()))
        .numbers_or(
            "reading",
            Some("m3/s, Mm3 or m, as the clause reads"),
            events.iter().map(|event| event.reading),
        )
        .finish()
}

/// Agreements held against a record, checked first.
pub(crate) fn against(agreements: &[Agreement], observed: &PathBuf) -> riparian::Result<Settled> {
    let record = Record::open(observed)?;
    check(agreements, &record)?;
    Ok(settled(agreements, &record))
}

/// Settles agreements against measured series, without a simulation.
///
/// ``agreements`` is an agreement file or a list of them, ``observed`` a CSV table of daily,
/// dekad or monthly readings. Returns a :class:`Table` with one row for each obligation and period.
///
/// Raises :class:`ScenarioError` with all faults of the files at once.
#[pyfunction]
pub(crate) fn settle(py: Python<'_>, agreements: Paths, observed: PathBuf) -> PyResult<Table> {
    let rows = py.detach(|| {
        let files = agreements.0.iter();
        let agreements: Vec<Agreement> = files.map(Agreement::open).collect::<Result<_, _>>()?;
        against(&agreements, &observed)
    });
    settlements(&rows.or_raise(py)?.rows)
}

/// A path, or several.
pub(crate) struct Paths(pub(crate) Vec<PathBuf>);

impl<'py> FromPyObject<'_, 'py> for Paths {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match given.extract::<PathBuf>() {
            Ok(path) => Ok(Self(vec![path])),
            Err(_) => given
                .try_iter()?
                .map(|path| path?.extract())
                .collect::<PyResult<_>>()
                .map(Self),
        }
    }
}
