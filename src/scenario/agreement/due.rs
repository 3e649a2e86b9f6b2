//! What is due.

use super::{Units, amount, not_one};
use crate::agreement::{Amount, Brackets, Count, Due, Forms, Formula, Index, Sign, Slope, When};
use crate::error::{Diagnostic, Diagnostics};
use crate::scenario::format::agreement as format;
use crate::scenario::keys::{Keys, Value};
use crate::scenario::text::unknown;

/// The form of an obligation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::scenario) enum Kind<'a> {
    Volume,
    Schedule,
    MinimumFlow,
    StorageBy,
    Limit,
    Energy,
    Formula,
    /// A registered form, by its name.
    Own(&'a str),
}

pub(in crate::scenario) const KINDS: [(&str, Kind); 7] = [
    ("volume", Kind::Volume),
    ("schedule", Kind::Schedule),
    ("minimum-flow", Kind::MinimumFlow),
    ("storage-by", Kind::StorageBy),
    ("limit", Kind::Limit),
    ("energy", Kind::Energy),
    ("formula", Kind::Formula),
];

/// The keys of amounts, of any form.
const AMOUNTS: [&str; 4] = ["volume", "flow", "storage", "energy"];

pub(in crate::scenario) const COUNTS: [(&str, Count); 3] = [
    ("sum", Count::Sum),
    ("each-day", Count::EachDay),
    ("at-most", Count::AtMost),
];

impl Kind<'_> {
    /// How the form is counted, unless it leaves that open.
    fn count(self) -> Option<Count> {
        match self {
            Self::Volume | Self::Schedule | Self::Energy => Some(Count::Sum),
            Self::MinimumFlow => Some(Count::EachDay),
            Self::StorageBy => Some(Count::AtEnd),
            Self::Limit => Some(Count::AtMost),
            Self::Formula | Self::Own(_) => None,
        }
    }

    /// The keys of an amount that is due in each period, with examples.
    fn amounts(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Volume => &[("volume", "443.6 Mm3"), ("flow", "30 m3/s")],
            Self::MinimumFlow => &[("flow", "30 m3/s")],
            Self::StorageBy => &[("storage", "3418 Mm3")],
            Self::Limit => &[
                ("volume", "443.6 Mm3"),
                ("flow", "30 m3/s"),
                ("energy", "100 GWh"),
            ],
            Self::Energy => &[("energy", "100 GWh")],
            Self::Schedule | Self::Formula | Self::Own(_) => &[],
        }
    }

    /// The keys of an amount in an entry of `due`, with examples.
    fn entries(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Schedule | Self::Volume => &[("volume", "178.4 Mm3"), ("flow", "500 m3/s")],
            Self::StorageBy => &[("volume", "3418 Mm3")],
            other => other.amounts(),
        }
    }
}

/// The form under `form`.
pub(super) fn kind<'a>(
    keys: &mut Keys<'a>,
    forms: &Forms,
    faults: &mut Diagnostics,
) -> Option<Kind<'a>> {
    let value = keys.need("form", faults)?;
    named(value, forms, faults)
}

fn named<'a>(value: Value<'a>, forms: &Forms, faults: &mut Diagnostics) -> Option<Kind<'a>> {
    let text = value.text(faults)?;
    if forms.names().any(|name| name == text) {
        return Some(Kind::Own(text));
    }
    let known = KINDS.iter().find(|(name, _)| *name == text);
    if known.is_none() {
        let names = KINDS.iter().map(|(name, _)| *name).chain(forms.names());
        let names: Vec<&str> = names.collect();
        faults.push(unknown("form", text, names, value.place()));
    }
    known.map(|(_, kind)| *kind)
}

/// The form of a revision: that of its obligation, unless it names another that is counted alike.
pub(super) fn revised<'a>(
    obligation: Option<Kind<'a>>,
    count: Option<Count>,
    keys: &mut Keys<'a>,
    forms: &Forms,
    faults: &mut Diagnostics,
) -> Option<Kind<'a>> {
    let Some(value) = keys.get("form") else {
        return match obligation? {
            // Both are amounts in periods.
            Kind::Schedule => Some(Kind::Volume),
            kind => Some(kind),
        };
    };
    let kind = named(value, forms, faults)?;
    if let (Some(count), Some(own)) = (count, kind.count())
        && count != own
    {
        faults.push(value.fault(
            "a revision that counts otherwise",
            format!(
                "a form that counts as the obligation does, {}",
                count_name(count)
            ),
        ));
        return None;
    }
    Some(kind)
}

/// How what is measured is counted.
pub(super) fn count(kind: Kind, keys: &mut Keys, faults: &mut Diagnostics) -> Option<Count> {
    if let Some(count) = kind.count() {
        return Some(count);
    }
    match keys.get("count") {
        Some(value) => value.word("way to count", &COUNTS, faults),
        None => Some(Count::Sum),
    }
}

/// How a way to count is written.
pub(super) fn count_name(count: Count) -> &'static str {
    let known = COUNTS.iter().find(|(_, known)| *known == count);
    known.map_or("at-end", |(name, _)| name)
}

/// What is due; `others` are the keys that are not the form's.
pub(super) fn due(
    kind: Kind,
    keys: &mut Keys,
    others: &[&str],
    forms: &Forms,
    faults: &mut Diagnostics,
) -> Option<Due> {
    match kind {
        Kind::Formula => formula(keys, faults).map(Due::Formula),
        Kind::Own(name) => own(name, keys, others, forms, faults),
        Kind::Schedule => dues(kind, keys.need("due", faults)?, faults).map(Due::Schedule),
        _ => plain(kind, keys, faults),
    }
}

/// An amount, or one for each of several periods.
fn plain(kind: Kind, keys: &mut Keys, faults: &mut Diagnostics) -> Option<Due> {
    let amounts = kind.amounts();
    let mut given = Vec::new();
    for &(key, example) in amounts {
        given.extend(keys.get(key).map(|value| (key, example, value)));
    }
    match (given.as_slice(), keys.get("due")) {
        (&[(key, example, value)], None) => {
            amount(value, &[dimension(key)], example, faults).map(Due::Amount)
        }
        ([], Some(value)) => dues(kind, value, faults).map(Due::Schedule),
        // An amount of another form is told as an unknown key.
        ([], None) if AMOUNTS.iter().any(|key| keys.has(key)) => None,
        ([], None) => {
            keys.need(amounts[0].0, faults);
            None
        }
        _ => {
            let names = amounts.iter().map(|&(key, _)| key).chain(["due"]);
            faults.push(not_one(keys, "amount", names));
            None
        }
    }
}

/// What the amount under a key is.
fn dimension(key: &'static str) -> &'static str {
    if key == "storage" { "volume" } else { key }
}

/// The list `due`: a period an entry, and what is due in it.
fn dues(kind: Kind, value: Value, faults: &mut Diagnostics) -> Option<Vec<(When, Amount)>> {
    let before = faults.len();
    let mut dues: Vec<(When, Amount)> = Vec::new();
    let items = value.list("a list of periods with what is due in them", faults)?;
    if items.is_empty() {
        faults.push(value.fault("an empty list", "at least one period"));
    }
    for item in items {
        let Some(mut entry) = item.keys(&format::DUE_ENTRY, faults) else {
            continue;
        };
        let Some(when) = super::period::when(&mut entry, faults) else {
            continue;
        };
        let amount = entry_amount(kind, &mut entry, faults);
        entry.finish(faults);
        let Some(amount) = amount else { continue };
        if let Some((_, first)) = dues.first()
            && first.is_energy() != amount.is_energy()
        {
            faults.push(item.fault("water and energy in one list", "one of them"));
        }
        dues.push((when, amount));
    }
    (faults.len() == before).then_some(dues)
}

fn entry_amount(kind: Kind, entry: &mut Keys, faults: &mut Diagnostics) -> Option<Amount> {
    let known = kind.entries();
    if let &[(key, example)] = known {
        return amount(entry.need(key, faults)?, &[key], example, faults);
    }
    let mut given = Vec::new();
    for &(key, example) in known {
        given.extend(entry.get(key).map(|value| (key, example, value)));
    }
    if let &[(key, example, value)] = given.as_slice() {
        return amount(value, &[key], example, faults);
    }
    faults.push(not_one(entry, "amount", known.iter().map(|&(key, _)| key)));
    None
}

/// A registered form, from the keys nobody else asks for.
fn own(
    name: &str,
    keys: &mut Keys,
    others: &[&str],
    forms: &Forms,
    faults: &mut Diagnostics,
) -> Option<Due> {
    let place = keys.get("form").map_or_else(|| keys.place(), Value::place);
    let table = keys.take_others(others, faults)?;
    match forms.read(name, table)? {
        Ok(due) => Some(due),
        Err(message) => {
            faults.push(
                Diagnostic::new(format!("form {name}: {message}"))
                    .at(Some(place))
                    .expected("the keys of this form"),
            );
            None
        }
    }
}

/// A formula: one function under `of`, `points` and `then`, or several under `terms`.
fn formula(keys: &mut Keys, faults: &mut Diagnostics) -> Option<Formula> {
    let before = faults.len();
    let mut terms = Vec::new();
    if let Some(value) = keys.get("terms") {
        for key in ["of", "points", "then"] {
            if let Some(beside) = keys.get(key) {
                faults.push(beside.fault(format!("`{key}` beside `terms`"), "one of them"));
            }
        }
        let items = value.list("a list of tables of of, points and then", faults)?;
        if items.is_empty() {
            faults.push(value.fault("an empty list", "at least one term"));
        }
        for item in items {
            let Some(mut keys) = item.keys(&format::FUNCTION, faults) else {
                continue;
            };
            terms.extend(index(&mut keys, faults));
            keys.finish(faults);
        }
    } else {
        terms.extend(index(keys, faults));
    }
    let mut formula = Formula {
        terms,
        plus: None,
        on: super::period::step(keys, faults),
    };
    if mixed(&formula) {
        let value = keys.get("terms")?;
        faults.push(value.fault("water and energy in one formula", "one of them"));
    }
    let units = (faults.len() == before).then(|| Units::of(Some(&formula.clone().into())));
    let units = units.unwrap_or_else(|| Units::of(None));
    let signs = [("plus", Sign::Plus), ("minus", Sign::Minus)];
    for (key, sign) in signs {
        let Some(value) = keys.get(key) else { continue };
        if formula.plus.is_some() {
            faults.push(value.fault("`minus` beside `plus`", "one of them"));
        }
        let amount = amount(value, units.due, "10000 af", faults);
        formula.plus = amount.map(|amount| (sign, amount));
    }
    (faults.len() == before).then_some(formula)
}

/// Whether some terms give water and some energy.
fn mixed(formula: &Formula) -> bool {
    let mut energies = formula
        .terms
        .iter()
        .map(|term| Formula::of(term.of.clone(), term.brackets.clone()).is_energy());
    energies
        .next()
        .is_some_and(|first| energies.any(|other| other != first))
}

/// A function of what is measured at a point.
fn index(keys: &mut Keys, faults: &mut Diagnostics) -> Option<Index> {
    let of = keys.need("of", faults);
    let of = of.and_then(|value| super::point(value, faults));
    let points = keys.get("points");
    let then = keys.get("then");
    if points.is_none() && then.is_none() {
        faults.push(
            Diagnostic::new("no function")
                .at(Some(keys.place()))
                .expected("points or then"),
        );
        return None;
    }
    let read = match points {
        Some(value) => brackets(value, faults),
        None => Some(Vec::new()),
    };
    let slope = match then {
        Some(value) => Some(value.parsed::<Slope>("a rate, as in \"50 %\"", faults)?),
        None => None,
    };
    let points = read?;
    if let (Some((_, due)), Some(slope), Some(value)) = (points.last(), &slope, then)
        && due.is_energy() != slope.is_energy()
    {
        faults.push(value.fault(
            format!("the rate {slope} after points of {}", due.kind()),
            if due.is_energy() {
                "energy for water, as in \"0.033 kWh/m3\""
            } else {
                "a part in percent"
            },
        ));
    }
    Some(Index {
        of: of?,
        brackets: Brackets {
            points,
            then: slope,
        },
    })
}

/// The points of a function, by rising index.
fn brackets(value: Value, faults: &mut Diagnostics) -> Option<Vec<(Amount, Amount)>> {
    const EXPECTED: &str = "a pair, as in [\"70000 cusecs\", \"35000 cusecs\"]";
    let before = faults.len();
    let items = value.list(
        "a list of pairs of what comes and what is due for it",
        faults,
    )?;
    if items.is_empty() {
        faults.push(value.fault("an empty list", "at least one pair"));
    }
    let mut points: Vec<(Amount, Amount)> = Vec::new();
    for item in items {
        let Some(pair) = item.list(EXPECTED, faults) else {
            continue;
        };
        let &[x, y] = pair.as_slice() else {
            faults.push(item.fault(format!("a list of {}", pair.len()), EXPECTED));
            continue;
        };
        let index = amount(
            x,
            &["volume", "flow", "energy", "level"],
            "70000 cusecs",
            faults,
        );
        let due = amount(y, &["volume", "flow", "energy"], "35000 cusecs", faults);
        let Some((index, due)) = index.zip(due) else {
            continue;
        };
        if let Some((last, last_due)) = points.last() {
            for (at, found, first) in [(x, &index, last), (y, &due, last_due)] {
                if found.kind() != first.kind() {
                    faults.push(
                        at.fault(format!("`{found}` after `{first}`"), super::a(first.kind())),
                    );
                }
            }
            if index.kind() == last.kind() && index.base() <= last.base() {
                faults.push(x.fault(
                    format!("the index {index} after {last}"),
                    "indices that rise",
                ));
            }
        }
        points.push((index, due));
    }
    (faults.len() == before).then_some(points)
}
