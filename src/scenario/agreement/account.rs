//! What is carried from one period to the next.

use super::{Units, amount, percent, words};
use crate::agreement::{Account, Caps, Entry, EntryKind, Opening};
use crate::error::Diagnostics;
use crate::scenario::format::agreement as format;
use crate::scenario::keys::{Keys, Value};

const EXAMPLE: &str = "100000 af";

pub(super) fn account(value: Value, units: Units, faults: &mut Diagnostics) -> Option<Account> {
    let before = faults.len();
    let mut keys = value.keys(&format::ACCOUNT, faults)?;
    let opening = opening(&mut keys, units, faults);
    let credit = keys.get("credit");
    let credit = credit.and_then(|value| caps(value, units, faults));
    let debit = keys.get("debit");
    let debit = debit.and_then(|value| caps(value, units, faults));
    let evaporation = keys.get("evaporation");
    let evaporation = evaporation.and_then(|value| percent(value, "an evaporation", faults));
    let entries = keys.get("entry");
    let entries =
        entries.and_then(|value| value.list("tables `[[obligation.account.entry]]`", faults));
    let mut lines = Vec::new();
    for value in entries.into_iter().flatten() {
        if let Some(keys) = value.keys(&format::ENTRY, faults) {
            lines.extend(entry(keys, units, faults));
        }
    }
    keys.finish(faults);
    (faults.len() == before).then_some(Account {
        opening,
        credit,
        debit,
        evaporation: evaporation.unwrap_or(0.0),
        entries: lines,
    })
}

fn opening(keys: &mut Keys, units: Units, faults: &mut Diagnostics) -> Option<Opening> {
    let (credit, debit) = (keys.get("opening_credit"), keys.get("opening_debit"));
    if let (Some(_), Some(debit)) = (credit, debit) {
        faults.push(debit.fault("`opening_debit` beside `opening_credit`", "one of them"));
    }
    let mut read = |value| amount(value, units.total, EXAMPLE, faults);
    match (credit, debit) {
        (Some(credit), _) => read(credit).map(Opening::Credit),
        (None, Some(debit)) => read(debit).map(Opening::Debit),
        (None, None) => None,
    }
}

/// The caps of a side of the account: none for `true`.
fn caps(value: Value, units: Units, faults: &mut Diagnostics) -> Option<Caps> {
    if value.is_yes() {
        return Some(Caps::default());
    }
    let mut keys = value.keys(&format::CAPS, faults)?;
    let mut cap = |key| {
        let value = keys.get(key)?;
        amount(value, units.total, EXAMPLE, faults)
    };
    let (yearly, accrued) = (cap("yearly"), cap("accrued"));
    keys.finish(faults);
    Some(Caps { yearly, accrued })
}

fn entry(mut keys: Keys, units: Units, faults: &mut Diagnostics) -> Option<Entry> {
    let date = keys.need("date", faults);
    let date = date.and_then(|value| value.date(faults));
    let kind = keys.need("kind", faults);
    let kind = kind.and_then(|value| value.word("kind of entry", &EntryKind::NAMES, faults));
    let total = keys.need("amount", faults);
    let total = total.and_then(|value| amount(value, units.total, EXAMPLE, faults));
    let reason = words(&mut keys, "reason", faults);
    let against = match kind {
        Some(EntryKind::SetOff) => keys.need("against", faults),
        _ => keys.get("against"),
    };
    if let (Some(value), Some(kind)) = (against, kind)
        && kind != EntryKind::SetOff
    {
        faults.push(value.fault(
            format!("another obligation beside a {}", kind.name()),
            "no `against`, or kind = \"set-off\"",
        ));
    }
    let against = against.and_then(|value| value.text(faults));
    keys.finish(faults);
    Some(Entry {
        date: date?,
        kind: kind?,
        amount: total?,
        reason,
        against: against.map(str::to_owned),
    })
}
