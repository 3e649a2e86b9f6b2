//! Clauses: conditions and effects.

use super::period::{season_of, step};
use super::{Units, amount, measure, not_one, percent, point};
use crate::agreement::{Amount, Clause, Condition, Effect, Point, Threshold};
use crate::error::Diagnostics;
use crate::scenario::format::agreement as format;
use crate::scenario::format::settings::PERIOD;
use crate::scenario::keys::{Keys, Value};
use crate::scenario::operation::period;

pub(in crate::scenario) const CANCEL: [(&str, Effect); 2] = [
    ("debits", Effect::CancelDebits),
    ("credits", Effect::CancelCredits),
];

/// The clauses of an obligation; those that could not be read are left out.
pub(super) fn clauses(keys: &mut Keys, units: Units, faults: &mut Diagnostics) -> Vec<Clause> {
    let tables = keys.get("clause");
    let tables = tables.and_then(|value| value.list("tables `[[obligation.clause]]`", faults));
    let mut read = Vec::new();
    for value in tables.into_iter().flatten() {
        if let Some(keys) = value.keys(&format::CLAUSE, faults) {
            read.extend(clause(keys, units, faults));
        }
    }
    read
}

fn clause(mut keys: Keys, units: Units, faults: &mut Diagnostics) -> Option<Clause> {
    let before = faults.len();
    let text = keys.need_text("text", faults);
    let when = condition(&mut keys, faults);
    let mut given = Vec::new();
    for effect in format::EFFECTS.own {
        given.extend(keys.get(effect.name).map(|value| (effect.name, value)));
    }
    let effect = match given.as_slice() {
        &[(key, value)] => effect(key, value, units, faults),
        [] => {
            faults.push(not_one(
                &keys,
                "effect",
                format::EFFECTS.own.iter().map(|key| key.name),
            ));
            None
        }
        &[(first, _), (second, value), ..] => {
            faults.push(value.fault(
                format!("the effect `{second}` beside `{first}`"),
                "one effect in a clause",
            ));
            None
        }
    };
    keys.finish(faults);
    let clause = Clause {
        text: text?.to_owned(),
        when,
        effect: effect?,
    };
    (faults.len() == before).then_some(clause)
}

fn condition(keys: &mut Keys, faults: &mut Diagnostics) -> Condition {
    let during = keys.get("during");
    let during = during.and_then(|value| value.list("a list of seasons", faults));
    let mut seasons = Vec::new();
    for value in during.into_iter().flatten() {
        seasons.extend(season_of(value, faults));
    }
    let declared = keys.get("declared");
    let declared = declared.and_then(|value| value.list("a list of periods", faults));
    let mut windows = Vec::new();
    for value in declared.into_iter().flatten() {
        let Some(mut keys) = value.keys(&PERIOD, faults) else {
            continue;
        };
        if let Some(window) = period(&mut keys, faults) {
            windows.push(window);
            keys.finish(faults);
        }
    }
    let reading = keys.get("when");
    let reading = reading.and_then(|value| threshold(value, faults));
    Condition {
        during: seasons,
        declared: windows,
        reading,
    }
}

fn threshold(value: Value, faults: &mut Diagnostics) -> Option<Threshold> {
    let mut keys = value.keys(&format::READING, faults)?;
    let place = keys.need("point", faults);
    let place = place.and_then(|value| point(value, faults));
    let measure = measure(&mut keys, faults);
    let on = step(&mut keys, faults);
    let (least, below) = (keys.get("at_least"), keys.get("below"));
    if least.is_none() && below.is_none() {
        faults.push(value.fault("a reading without bounds", "at_least, below or both"));
    }
    keys.finish(faults);
    let mut bound = |value: Option<Value>| match value {
        Some(value) => amount(
            value,
            &["volume", "flow", "energy", "level"],
            "50000 cusecs",
            faults,
        )
        .map(Some),
        None => Some(None),
    };
    let (at_least, under) = (bound(least), bound(below));
    let (at_least, under) = (at_least?, under?);
    if let (Some(least), Some(under), Some(at)) = (&at_least, &under, below) {
        if least.kind() != under.kind() {
            faults.push(at.fault(
                format!("`{under}` beside `{least}`"),
                super::a(least.kind()),
            ));
        } else if under.base() <= least.base() {
            faults.push(at.fault(
                format!("below {under} and at least {least}"),
                "bounds with room between them",
            ));
        }
    }
    Some(Threshold {
        point: place?,
        measure,
        on,
        at_least,
        below: under,
    })
}

fn effect(
    key: &'static str,
    value: Value,
    units: Units,
    faults: &mut Diagnostics,
) -> Option<Effect> {
    let mut due = || amount(value, units.due, "30 m3/s", faults);
    match key {
        "replace" => due().map(Effect::Replace),
        "reduce" => due().map(Effect::Reduce),
        "at_least" => due().map(Effect::AtLeast),
        "at_most" => due().map(Effect::AtMost),
        "scale" => percent(value, "a scale", faults).map(Effect::Scale),
        "need" => point(value, faults).map(Effect::Need),
        "guarantee" => {
            guaranteed(value, faults).map(|(amount, of)| Effect::Guarantee { amount, of })
        }
        "yield" => guaranteed(value, faults).map(|(amount, of)| Effect::Yield { amount, of }),
        "cancel" => value.word("side of the account", &CANCEL, faults),
        "suspend" => value.yes(faults).map(|()| Effect::Suspend),
        "excuse" => value.yes(faults).map(|()| Effect::Excuse),
        "end_cycle" => value.yes(faults).map(|()| Effect::EndCycle),
        _ => value.yes(faults).map(|()| Effect::Consult),
    }
}

/// A flow, and the water that is shared.
fn guaranteed(value: Value, faults: &mut Diagnostics) -> Option<(Amount, Point)> {
    let mut keys = value.keys(&format::TURN, faults)?;
    let flow = keys.need("amount", faults);
    let flow = flow.and_then(|value| amount(value, &["flow"], "35000 cusecs", faults));
    let of = keys.need("of", faults);
    let of = of.and_then(|value| point(value, faults));
    keys.finish(faults);
    flow.zip(of)
}
