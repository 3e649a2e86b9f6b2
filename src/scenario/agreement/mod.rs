//! Agreements: one TOML file each.

mod account;
pub(super) mod clause;
pub(super) mod due;
pub(super) mod ownership;
pub(super) mod period;
mod write;

use std::fs;
use std::path::Path;

use super::folder::Files;
use super::format::agreement as format;
use super::keys::{self, Keys, Value};
use super::text::{Source, check_id, list};
use crate::agreement::{
    Agreement, Amount, Claim, Count, Due, Forms, Measure, Obligation, Pace, Point, Revision,
    SecondReading, StatedTotal, Term,
};
use crate::error::{Diagnostic, Diagnostics, Error, Result};
use crate::units::{Energy, Flow, Volume, read_percent};

/// The keys of an obligation that every form has: what else there is belongs to the form.
pub(crate) const OBLIGATION_KEYS: [&str; format::OBLIGATION.own.len()] = {
    let mut names = [""; format::OBLIGATION.own.len()];
    let mut i = 0;
    while i < names.len() {
        names[i] = format::OBLIGATION.own[i].name;
        i += 1;
    }
    names
};

/// The agreements of a scenario.
pub(super) struct Agreements {
    pub(super) list: Vec<Agreement>,
    /// Whether there may be obligations that could not be read.
    pub(super) lost: bool,
}

/// Reads all agreements, in the order of their file names.
pub(super) fn read(files: &Files, forms: &Forms, faults: &mut Diagnostics) -> Agreements {
    const FOLDER: &str = "agreements/";
    let before = faults.len();
    let agreements = files
        .sources
        .iter()
        .filter(|(name, _)| name.starts_with(FOLDER));
    Agreements {
        list: agreements
            .filter_map(|(_, source)| document(source, forms, faults))
            .collect(),
        lost: faults.len() > before || files.unreadable.iter().any(|name| name.starts_with(FOLDER)),
    }
}

/// Files of agreements, read and written on their own.
impl Agreement {
    /// Reads an agreement as it is written in a file; the [format](crate::book::formats) is
    /// that of scenario folders.
    ///
    /// What it says of a basin (points, priority classes) is not checked: there is none.
    ///
    /// # Errors
    ///
    /// All faults of the text at once ([`Error::is_invalid`]), placed in `agreement.toml`.
    ///
    /// # Examples
    ///
    /// ```
    /// use riparian::agreement::Agreement;
    ///
    /// let text = r#"title = "A canal"
    /// parties = ["UP", "LO"]
    ///
    /// [[obligation]]
    /// id = "summer"
    /// debtor = "UP"
    /// creditor = "LO"
    /// point = "canal"
    /// season = "06-01..08-31"
    /// form = "volume"
    /// volume = "443.6 Mm3"
    /// "#;
    /// let agreement = Agreement::from_toml(text)?;
    /// assert_eq!(agreement.obligations[0].id, "summer");
    /// assert_eq!(agreement.to_toml(), text);
    /// # Ok::<(), riparian::Error>(())
    /// ```
    pub fn from_toml(text: &str) -> Result<Self> {
        Self::from_toml_with(text, &Forms::new())
    }

    /// The same, with registered forms.
    ///
    /// # Errors
    ///
    /// All faults of the text at once ([`Error::is_invalid`]).
    ///
    /// # Examples
    ///
    /// Example: [`Forms`].
    pub fn from_toml_with(text: &str, forms: &Forms) -> Result<Self> {
        Self::decode("agreement.toml", text.as_bytes().to_vec(), forms)
    }

    /// Reads the file of an agreement.
    ///
    /// # Errors
    ///
    /// If it cannot be read ([`Error::is_io`]), or all its faults at once
    /// ([`Error::is_invalid`]).
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, &Forms::new())
    }

    /// The same, with registered forms.
    ///
    /// # Errors
    ///
    /// If the file cannot be read ([`Error::is_io`]), or all its faults at once
    /// ([`Error::is_invalid`]).
    ///
    /// # Examples
    ///
    /// Example: [`Forms`].
    pub fn open_with(path: impl AsRef<Path>, forms: &Forms) -> Result<Self> {
        let path = path.as_ref();
        let bytes = fs::read(path).map_err(|error| Error::io(path, "cannot be read", error))?;
        Self::decode(&path.display().to_string(), bytes, forms)
    }

    fn decode(name: &str, bytes: Vec<u8>, forms: &Forms) -> Result<Self> {
        let mut faults = Diagnostics::new();
        let source = Source::decode(name, bytes, &mut faults);
        let agreement = source.and_then(|source| document(&source, forms, &mut faults));
        match agreement {
            Some(agreement) if faults.is_empty() => Ok(agreement),
            _ => Err(faults.into_error()),
        }
    }

    /// The agreement as the text of a file, in the one order of keys that this crate writes.
    ///
    /// Amounts stand as they were written or built. [`from_toml`](Self::from_toml) reads it back
    /// to an equal agreement, and writes that as the same text. Not every agreement that can be
    /// built in code can be said in a file, as an obligation of a formula that counts at the end,
    /// or a schedule without entries: the text of such a one is refused when it is read.
    pub fn to_toml(&self) -> String {
        write::agreement(self)
    }
}

fn document(source: &Source, forms: &Forms, faults: &mut Diagnostics) -> Option<Agreement> {
    let document = keys::parse(source, faults)?;
    Some(agreement(
        Keys::new(source, 0, document.get_ref(), &format::AGREEMENT),
        forms,
        faults,
    ))
}

fn agreement(mut keys: Keys, forms: &Forms, faults: &mut Diagnostics) -> Agreement {
    let title = keys.need_text("title", faults).unwrap_or_default();
    let before = faults.len();
    let parties = keys.need("parties", faults);
    let parties = parties.and_then(|value| value.list("a list of parties", faults));
    let parties: Vec<&str> = parties
        .into_iter()
        .flatten()
        .filter_map(|value| value.text(faults))
        .collect();
    let lost_parties = faults.len() > before;
    let mut agreement = Agreement::new(title, parties).written_at(keys.origin());
    agreement.source = words(&mut keys, "source", faults);
    agreement.status = words(&mut keys, "status", faults);
    agreement.note = words(&mut keys, "note", faults);
    agreement.open = names(&mut keys, "open", "a list of texts", faults);
    let before = faults.len();
    let from = keys.get("from").and_then(|value| value.date(faults));
    let until = keys
        .get("until")
        .and_then(|value| Some((value.date(faults)?, value)));
    if let (Some(from), Some(until)) = (from, until) {
        super::settings::window(from, until, faults);
    }
    agreement.from = from;
    agreement.until = until.map(|(date, _)| date);
    let lost_days = faults.len() > before;
    agreement.supersedes = names(&mut keys, "supersedes", "a list of obligations", faults);
    let bounded = keys.has("from") && keys.has("until");
    let obligations = keys.get("obligation");
    let obligations = obligations.and_then(|value| value.list("tables `[[obligation]]`", faults));
    let written = obligations.as_ref().map_or(0, Vec::len);
    for value in obligations.into_iter().flatten() {
        if let Some(keys) = value.keys(&format::OBLIGATION, faults) {
            let obligation = obligation(keys, bounded, forms, faults);
            agreement.obligations.extend(obligation);
        }
    }
    agreement.ownership = ownership::ownerships(&mut keys, faults);
    let before = faults.len();
    agreement.totals = totals(&mut keys, faults);
    let lost_totals = faults.len() > before || agreement.obligations.len() < written;
    keys.finish(faults);
    if lost_days {
        // On which days they hold, nobody knows.
        agreement.obligations.clear();
        agreement.ownership.clear();
        agreement.supersedes.clear();
    }
    if lost_days || lost_totals {
        agreement.totals.clear();
    }
    if lost_parties {
        for obligation in &agreement.obligations {
            let sides = [Some(&obligation.debtor), obligation.creditor.as_ref()];
            agreement
                .parties
                .extend(sides.into_iter().flatten().cloned());
        }
    }
    agreement
}

/// Totals over several obligations.
fn totals(keys: &mut Keys, faults: &mut Diagnostics) -> Vec<StatedTotal> {
    let totals = keys.get("total");
    let totals = totals.and_then(|value| value.list("tables `[[total]]`", faults));
    let mut found = Vec::new();
    for value in totals.into_iter().flatten() {
        let Some(mut keys) = value.keys(&format::TOTAL, faults) else {
            continue;
        };
        let stated = keys.need("amount", faults);
        let stated =
            stated.and_then(|value| amount(value, &["volume", "energy"], "15421 Mm3", faults));
        keys.need("of", faults);
        let of = names(&mut keys, "of", "a list of obligations", faults);
        let from = keys.get("from").and_then(|value| value.date(faults));
        let to = keys
            .get("to")
            .and_then(|value| Some((value.date(faults)?, value)));
        if keys.has("from") != keys.has("to") {
            faults.push(value.fault("half a window", "both `from` and `to`, or neither"));
        }
        let within = from
            .zip(to)
            .and_then(|(from, to)| super::settings::window(from, to, faults));
        let note = words(&mut keys, "note", faults);
        keys.finish(faults);
        found.extend(stated.map(|amount| StatedTotal {
            amount,
            of,
            within,
            note,
        }));
    }
    found
}

/// An obligation, if enough of it could be read for its checks to mean anything.
fn obligation(
    mut keys: Keys,
    bounded: bool,
    forms: &Forms,
    faults: &mut Diagnostics,
) -> Option<Obligation> {
    let origin = keys.deep_origin();
    let id = keys.need("id", faults);
    let id = id.and_then(|value| {
        let id = value.text(faults)?;
        check_id(id, value.place(), faults);
        Some(id)
    });
    let article = words(&mut keys, "article", faults);
    let note = words(&mut keys, "note", faults);
    let debtor = keys.need_text("debtor", faults);
    let creditor = keys.text("creditor", faults);
    let place = keys.need("point", faults);
    let place = place.and_then(|value| point(value, faults));
    let measure = measure(&mut keys, faults);
    let second_point = keys.get("second_point");
    let second_point = second_point.and_then(|value| point(value, faults));
    let tolerance = keys.get("tolerance");
    let tolerance = tolerance.and_then(|value| percent(value, "a tolerance", faults));
    let given = period::Given::read(&mut keys, faults);
    let on_top_of = names(&mut keys, "on_top_of", "a list of obligations", faults);
    let claim = claim(&mut keys, faults);
    let kind = due::kind(&mut keys, forms, faults);
    let terms = kind.and_then(|kind| due::due(kind, &mut keys, &OBLIGATION_KEYS, forms, faults));
    let units = Units::of(terms.as_ref());
    let second_reading = second_reading(&mut keys, units, faults);
    let stated_total = keys.get("stated_total");
    let stated_total =
        stated_total.and_then(|value| amount(value, units.total, "5421.6 Mm3", faults));
    let clauses = clause::clauses(&mut keys, units, faults);
    let account = keys.get("account");
    let account = account.and_then(|value| account::account(value, units, faults));
    let count = kind.and_then(|kind| due::count(kind, &mut keys, faults));
    let revisions = revisions(&mut keys, kind, count, forms, faults);
    // Without a form, nobody knows which of the other keys belong here.
    let kind = kind?;
    let days = given.days(kind, terms.as_ref(), bounded, &mut keys, faults);
    keys.finish(faults);
    let days = days?;
    let mut obligation = Obligation::new(id?, debtor?, place?, terms?);
    obligation.article = article;
    obligation.note = note;
    obligation.creditor = creditor.map(str::to_owned);
    obligation.measure = measure;
    obligation.count = count?;
    obligation.window = days.window;
    obligation.season = days.season;
    obligation.each = days.each;
    obligation.clauses = clauses;
    obligation.account = account;
    obligation.revisions = revisions;
    obligation.on_top_of = on_top_of;
    obligation.tolerance = tolerance.unwrap_or(0.0);
    obligation.claim = claim.map(|(class, pace)| Claim {
        class,
        pace: pace.unwrap_or(Pace::usual(obligation.count)),
    });
    obligation.second_point = second_point;
    obligation.second_reading = second_reading;
    obligation.stated_total = stated_total;
    Some(obligation.written_at(origin))
}

/// What the amounts beside what is due may be.
#[derive(Clone, Copy)]
struct Units {
    /// For a whole period.
    total: &'static [&'static str],
    /// For a period, or for each of its days.
    due: &'static [&'static str],
}

impl Units {
    /// Of water or energy, as is due; of either, if that is not known.
    fn of(due: Option<&Due>) -> Self {
        match due.map(Due::is_energy) {
            Some(true) => Self {
                total: &["energy"],
                due: &["energy"],
            },
            Some(false) => Self {
                total: &["volume"],
                due: &["volume", "flow"],
            },
            None => Self {
                total: &["volume", "energy"],
                due: &["volume", "flow", "energy"],
            },
        }
    }
}

/// A text, empty if there is none.
fn words(keys: &mut Keys, key: &'static str, faults: &mut Diagnostics) -> String {
    keys.text(key, faults).unwrap_or_default().to_owned()
}

/// A list of texts, empty if there is none.
fn names(
    keys: &mut Keys,
    key: &'static str,
    expected: &str,
    faults: &mut Diagnostics,
) -> Vec<String> {
    let items = keys.get(key).and_then(|value| value.list(expected, faults));
    let items = items.into_iter().flatten();
    items
        .filter_map(|value| value.text(faults).map(str::to_owned))
        .collect()
}

fn measure(keys: &mut Keys, faults: &mut Diagnostics) -> Option<Measure> {
    keys.get("measure")?
        .word("measure", &Measure::NAMES, faults)
}

/// The class of a claim, and its pace if one is stated.
fn claim(keys: &mut Keys, faults: &mut Diagnostics) -> Option<(String, Option<Pace>)> {
    let class = keys.get("claim");
    let pace = keys.get("pace");
    if let (None, Some(pace)) = (class, pace) {
        faults.push(pace.fault("a pace of no claim", "`claim` beside it"));
    }
    let pace = pace.and_then(|value| value.word("pace", &PACES, faults));
    Some((class?.text(faults)?.to_owned(), pace))
}

pub(super) const PACES: [(&str, Pace); 2] = [("even", Pace::Even), ("demand", Pace::Demand)];

/// A point: a name, or a list of names and of tables, one for each term.
fn point(value: Value, faults: &mut Diagnostics) -> Option<Point> {
    if !value.is_list() {
        return value.text(faults).map(Point::from);
    }
    let before = faults.len();
    let items = value.list("a list of points", faults)?;
    if items.is_empty() {
        faults.push(value.fault("an empty list", "at least one point"));
    }
    let mut terms = Vec::new();
    for item in items {
        if let Some(name) = item.as_text() {
            terms.push(Term::new(name));
        } else if let Some(mut keys) = item.keys(&format::TERM, faults) {
            let name = keys.need_text("point", faults);
            let measure = measure(&mut keys, faults);
            let weight = keys.get("weight").map(|value| value.number(faults));
            let lag_days = keys.get("lag_days").map(|value| value.whole(faults));
            keys.finish(faults);
            terms.extend(name.map(|name| Term {
                id: name.to_owned(),
                measure,
                weight: weight.flatten().unwrap_or(1.0),
                lag_days: lag_days.flatten().unwrap_or(0),
            }));
        }
    }
    (faults.len() == before).then_some(Point { terms })
}

fn second_reading(
    keys: &mut Keys,
    units: Units,
    faults: &mut Diagnostics,
) -> Option<SecondReading> {
    let reading = keys.get("second_reading");
    let source = keys.get("second_source");
    if let (None, Some(source)) = (reading, source) {
        faults.push(source.fault(
            "a source of no second reading",
            "`second_reading` beside it",
        ));
    }
    Some(SecondReading {
        amount: amount(reading?, units.total, "488.6 Mm3", faults)?,
        source: source
            .and_then(|value| value.text(faults))
            .unwrap_or_default()
            .to_owned(),
    })
}

/// The later versions of what is due; those that could not be read are left out.
fn revisions(
    keys: &mut Keys,
    kind: Option<due::Kind>,
    count: Option<Count>,
    forms: &Forms,
    faults: &mut Diagnostics,
) -> Vec<Revision> {
    const KEYS: [&str; 3] = ["from", "source", "form"];
    let revisions = keys.get("revision");
    let revisions =
        revisions.and_then(|value| value.list("tables `[[obligation.revision]]`", faults));
    let mut read = Vec::new();
    for value in revisions.into_iter().flatten() {
        let Some(mut keys) = value.keys(&format::REVISION, faults) else {
            continue;
        };
        let from = keys.need("from", faults);
        let from = from.and_then(|value| value.date(faults));
        let source = words(&mut keys, "source", faults);
        let Some(kind) = due::revised(kind, count, &mut keys, forms, faults) else {
            continue;
        };
        let due = due::due(kind, &mut keys, &KEYS, forms, faults);
        keys.finish(faults);
        read.extend(from.zip(due).map(|(on, due)| Revision { on, source, due }));
    }
    read
}

/// A fraction written in percent.
fn percent(value: Value, what: &str, faults: &mut Diagnostics) -> Option<f64> {
    let fraction = value.as_text().and_then(read_percent);
    if fraction.is_none() {
        let found = value.as_text().map_or(format!("{what} without %"), |text| {
            format!("`{text}` is not a percentage")
        });
        faults.push(value.fault(found, "a text as in \"1 %\""));
    }
    fraction
}

/// An amount of one of some kinds, named as [`Amount::kind`] does.
fn amount(value: Value, kinds: &[&str], example: &str, faults: &mut Diagnostics) -> Option<Amount> {
    match kinds {
        ["volume"] => drop(value.quantity::<Volume>(example, faults)?),
        ["flow"] => drop(value.quantity::<Flow>(example, faults)?),
        ["energy"] => drop(value.quantity::<Energy>(example, faults)?),
        _ => {}
    }
    let amount: Amount = value.quantity(example, faults)?;
    if !kinds.contains(&amount.kind()) {
        faults.push(value.fault(
            format!("`{amount}` is {}", a(amount.kind())),
            list(kinds.iter().map(|kind| a(kind))),
        ));
        return None;
    }
    Some(amount)
}

/// A noun with its article.
fn a(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {noun}")
}

/// A fault of a table that has not one of some keys.
fn not_one(keys: &Keys, what: &str, of: impl IntoIterator<Item = &'static str>) -> Diagnostic {
    Diagnostic::new(format!("not one {what}"))
        .at(Some(keys.place()))
        .expected(list(of))
}
