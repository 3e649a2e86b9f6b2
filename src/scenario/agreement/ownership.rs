//! Whose the stored water is.

use super::{amount, percent, point, words};
use crate::agreement::{Amount, Debt, Held, Owner, Ownership, Rest, Spilling, Transfer};
use crate::calendar::Period;
use crate::error::Diagnostics;
use crate::scenario::format::{self, agreement};
use crate::scenario::keys::{Keys, Value};

pub(super) const BY_SHARE: &str = "by share";
pub(super) const BY_HOLDING: &str = "by holding";
pub(super) const BY_INFLOW: &str = "by inflow";

const EXAMPLE: &str = "1500 Mm3";

/// Whose water spills; or a list of parties.
pub(in crate::scenario) const SPILLS: [(&str, Spilling); 3] = [
    (BY_HOLDING, Spilling::Holding),
    (BY_INFLOW, Spilling::Inflow),
    (BY_SHARE, Spilling::Share),
];

pub(in crate::scenario) const LINES: [(&str, Period); 5] = [
    ("day", Period::Day),
    ("week", Period::Week),
    ("dekad", Period::Dekad),
    ("month", Period::Month),
    ("quarter", Period::Quarter),
];

/// The owned reservoirs of an agreement; one that could not be read is left out.
pub(super) fn ownerships(keys: &mut Keys, faults: &mut Diagnostics) -> Vec<Ownership> {
    each(keys, "ownership", &agreement::OWNERSHIP, faults, ownership)
}

/// The tables of a list, each as it is read.
fn each<'a, T>(
    keys: &mut Keys<'a>,
    key: &'static str,
    known: &'static format::Keys,
    faults: &mut Diagnostics,
    read: impl Fn(Keys<'a>, &mut Diagnostics) -> Option<T>,
) -> Vec<T> {
    let tables = keys
        .get(key)
        .and_then(|value| value.list(known.expected, faults));
    let mut all = Vec::new();
    for value in tables.into_iter().flatten() {
        if let Some(keys) = value.keys(known, faults) {
            all.extend(read(keys, faults));
        }
    }
    all
}

fn ownership(mut keys: Keys, faults: &mut Diagnostics) -> Option<Ownership> {
    let before = faults.len();
    let origin = keys.origin();
    let reservoir = keys.need_text("reservoir", faults);
    let mut terms = Ownership::new(reservoir.unwrap_or_default()).written_at(origin);
    terms.article = words(&mut keys, "article", faults);
    terms.from = keys.get("from").and_then(|value| value.date(faults));
    terms.capacity = volume(&mut keys, "capacity", faults);
    let inflow = keys.get("inflow");
    terms.inflow = inflow.and_then(|value| point(value, faults));
    let release = keys.get("release");
    terms.release = release.and_then(|value| point(value, faults));
    let rest = keys.get("rest").and_then(|value| value.text(faults));
    terms.rest = match rest {
        None | Some(BY_SHARE) => Rest::Share,
        Some(BY_HOLDING) => Rest::Holding,
        Some(party) => Rest::Party(party.to_owned()),
    };
    terms.spill = spill(&mut keys, faults).unwrap_or_default();
    let internal = keys.get("internal_spill");
    terms.internal_spill = internal.is_some_and(|value| value.yes(faults).is_some());
    let payback = keys.get("payback");
    let payback = payback.and_then(|value| percent(value, "a payback", faults));
    terms.payback = payback.unwrap_or(1.0);
    let lines = keys.get("lines");
    let lines = lines.and_then(|value| value.word("period", &LINES, faults));
    terms.lines = lines.unwrap_or(Period::Month);
    terms.owners = each(&mut keys, "owner", &agreement::OWNER, faults, owner);
    terms.debts = each(&mut keys, "debt", &agreement::DEBT, faults, debt);
    terms.transfers = each(
        &mut keys,
        "transfer",
        &agreement::TRANSFER,
        faults,
        transfer,
    );
    keys.finish(faults);
    // With owners missing, the checks of those that are there would mean nothing.
    (faults.len() == before).then_some(terms)
}

fn spill(keys: &mut Keys, faults: &mut Diagnostics) -> Option<Spilling> {
    let value = keys.get("spill")?;
    if !value.is_list() {
        return value.word("order of spilling", &SPILLS, faults);
    }
    let parties = value.list("a list of parties", faults)?.into_iter();
    let order = parties.filter_map(|party| party.text(faults).map(str::to_owned));
    Some(Spilling::Order(order.collect()))
}

fn owner(mut keys: Keys, faults: &mut Diagnostics) -> Option<Owner> {
    let party = keys.need_text("party", faults);
    let share = keys.need("share", faults);
    let share = share.and_then(|value| percent(value, "a share", faults));
    let own = keys.get("own").and_then(|value| point(value, faults));
    let opening = keys.get("opening").and_then(|value| held(value, faults));
    let space = keys.get("space").and_then(|value| held(value, faults));
    let calls = keys.get("calls").and_then(|value| point(value, faults));
    keys.finish(faults);
    Some(Owner {
        own,
        opening,
        space,
        calls,
        ..Owner::new(party?, share?)
    })
}

/// A volume, or a part in percent.
fn held(value: Value, faults: &mut Diagnostics) -> Option<Held> {
    if value.as_text().is_some_and(|text| text.ends_with('%')) {
        percent(value, "a part", faults).map(Held::Part)
    } else {
        amount(value, &["volume"], EXAMPLE, faults).map(Held::Volume)
    }
}

fn volume(keys: &mut Keys, key: &'static str, faults: &mut Diagnostics) -> Option<Amount> {
    amount(keys.get(key)?, &["volume"], EXAMPLE, faults)
}

fn debt(mut keys: Keys, faults: &mut Diagnostics) -> Option<Debt> {
    let debtor = keys.need_text("debtor", faults);
    let creditor = keys.need_text("creditor", faults);
    let owed = keys.need("amount", faults);
    let owed = owed.and_then(|value| amount(value, &["volume"], EXAMPLE, faults));
    keys.finish(faults);
    Some(Debt {
        debtor: debtor?.to_owned(),
        creditor: creditor?.to_owned(),
        amount: owed?,
    })
}

fn transfer(mut keys: Keys, faults: &mut Diagnostics) -> Option<Transfer> {
    let date = keys.need("date", faults);
    let date = date.and_then(|value| value.date(faults));
    let from = keys.need_text("from", faults);
    let to = keys.need_text("to", faults);
    let passes = keys.need("amount", faults);
    let passes = passes.and_then(|value| amount(value, &["volume"], EXAMPLE, faults));
    let reason = words(&mut keys, "reason", faults);
    keys.finish(faults);
    Some(Transfer {
        date: date?,
        from: from?.to_owned(),
        to: to?.to_owned(),
        amount: passes?,
        reason,
    })
}
