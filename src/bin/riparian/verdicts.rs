//! Settlements as tables and as JSON.

use riparian::Report;
use riparian::calendar::{Month, Window};
use riparian::settlement::{Settlement, Status, Unit};
use serde_json::{Value, json};

use crate::table::{Cell, Table, tenths};

/// Whether something promised is short, or a limit exceeded.
pub(crate) fn any_breach(rows: &[Settlement]) -> bool {
    rows.iter()
        .any(|row| matches!(row.status, Status::Short | Status::Exceeded))
}

/// Every period of every obligation.
pub(crate) fn settlements<'a>(rows: impl IntoIterator<Item = &'a Settlement>) -> Table {
    let mut table = Table::new([
        "point",
        "obligation",
        "from -> to",
        "period",
        "committed",
        "delivered",
        "balance",
        "unit",
        "verdict",
        "since",
        "2nd reading",
    ]);
    for row in rows {
        let since = row.first_day_short.map(|day| day.to_string());
        let second = row.second.as_ref();
        let second =
            second.map(|(source, reading)| format!("{} {}", tenths(*reading), short(source, 18)));
        table.row([
            Cell::text(short(&row.point, 22)),
            Cell::text(&row.obligation),
            Cell::text(between(row)),
            Cell::text(period(row.period)),
            Cell::figure(row.committed),
            Cell::figure(row.delivered),
            Cell::figure(row.balance()),
            Cell::text(row.unit.sign()),
            Cell::verdict(row.status, mark(row)),
            Cell::text(since.unwrap_or_default()),
            Cell::text(second.unwrap_or_default()),
        ]);
    }
    table
}

/// What each party owes and is owed: how many periods, and what is missing of them.
pub(crate) fn parties(report: &Report) -> Table {
    let mut table = Table::new([
        "party",
        "side",
        "periods",
        "met",
        "short",
        "exceeded",
        "excused",
        "pending",
        "short of, Mm3",
        "short of, GWh",
    ]);
    for party in report.plan().model().basin().parties() {
        for owes in [true, false] {
            let rows: Vec<&Settlement> = (report.of_party(&party.id))
                .filter(|&(debtor, _)| debtor == owes)
                .map(|(_, row)| row)
                .collect();
            if rows.is_empty() {
                continue;
            }
            let count = |statuses: &[Status]| {
                let some = rows.iter().filter(|row| statuses.contains(&row.status));
                Cell::right(some.count().to_string())
            };
            let missing = |unit| {
                let some = rows.iter().filter(|row| row.unit == unit);
                Cell::figure(Some(some.map(|row| row.shortfall()).sum()))
            };
            table.row([
                Cell::text(&party.name),
                Cell::text(if owes { "owes" } else { "is owed" }),
                Cell::right(rows.len().to_string()),
                count(&[Status::Met]),
                count(&[Status::Short]),
                count(&[Status::Exceeded]),
                count(&[Status::Excused, Status::Cancelled]),
                count(&[Status::Pending]),
                missing(Unit::Mcm),
                missing(Unit::Gwh),
            ]);
        }
    }
    table
}

/// A settlement for machines; `reasons` add up to what is missing.
pub(crate) fn json(row: &Settlement) -> Value {
    let reasons = row
        .reasons
        .iter()
        .map(|reason| json!({ "amount": reason.amount, "why": reason.why.to_string() }));
    json!({
        "agreement": row.agreement,
        "obligation": row.obligation,
        "debtor": row.debtor,
        "creditor": row.creditor,
        "point": row.point,
        "from": row.period.from().to_string(),
        "to": row.period.to().to_string(),
        "unit": row.unit.sign(),
        "committed": row.committed,
        "delivered": row.delivered,
        "balance": row.balance(),
        "missing": row.missing,
        "carried_in": row.carried_in,
        "carried_out": row.carried_out,
        "status": row.status.name(),
        "rests_on_unaccounted": row.rests_on_unaccounted(),
        "first_day_short": row.first_day_short.map(|day| day.to_string()),
        "clauses": row.clauses,
        "reasons": reasons.collect::<Vec<_>>(),
    })
}

/// A whole month by its name, any other period by its days.
pub(crate) fn period(window: Window) -> String {
    let month = Month::containing(window.from());
    if window == month.window() {
        month.to_string()
    } else if window.days() == 1 {
        window.from().to_string()
    } else {
        window.to_string()
    }
}

fn between(row: &Settlement) -> String {
    format!(
        "{} -> {}",
        row.debtor,
        row.creditor.as_deref().unwrap_or("river")
    )
}

/// The verdict, readable without colour; a star where it rests on water no gauge explains.
fn mark(row: &Settlement) -> String {
    let rests = if row.rests_on_unaccounted() { " *" } else { "" };
    format!("{} {}{rests}", sign(row.status), row.status.name())
}

pub(crate) fn sign(status: Status) -> char {
    match status {
        Status::Met => '+',
        Status::Short | Status::Exceeded => '!',
        Status::Excused | Status::Cancelled => '~',
        Status::Pending => '?',
    }
}

/// A text cut to a width, with a sign that it was.
fn short(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width - 2).chain("..".chars()).collect()
}
