//! Agreements: one TOML file each.

use jiff::civil::Date;

use super::folder::Files;
use super::keys::{self, Keys, Value};
use super::operation::period;
use super::settings::window;
use super::text::check_id;
use crate::agreement::{
    Agreement, Amount, Brackets, Claim, Count, Due, Each, Formula, Measure, Obligation, Pace,
    Point, SecondReading, Slope, Step, Term, When,
};
use crate::calendar::{Period, Window};
use crate::error::{Diagnostic, Diagnostics};
use crate::units::{Energy, Flow, Volume};

/// Reads all agreements, in the order of their file names.
pub(super) fn read(files: &Files, faults: &mut Diagnostics) -> Vec<Agreement> {
    let mut agreements = Vec::new();
    for (name, source) in &files.sources {
        if name.starts_with("agreements/")
            && let Some(document) = keys::parse(source, faults)
        {
            agreements.push(agreement(Keys::new(source, 0, document.get_ref()), faults));
        }
    }
    agreements
}

fn agreement(mut keys: Keys, faults: &mut Diagnostics) -> Agreement {
    let title = keys.need_text("title", faults).unwrap_or_default();
    let parties = keys.need("parties", faults);
    let parties = parties.and_then(|value| value.list("a list of parties", faults));
    let parties: Vec<&str> = parties
        .into_iter()
        .flatten()
        .filter_map(|value| value.text(faults))
        .collect();
    let source = keys.text("source", faults).unwrap_or_default();
    words(&mut keys, faults);
    let mut agreement = Agreement::new(title, parties)
        .source(source)
        .written_at(keys.origin());
    let obligations = keys.get("obligation");
    let obligations = obligations.and_then(|value| value.list("tables `[[obligation]]`", faults));
    for value in obligations.into_iter().flatten() {
        if let Some(keys) = value.keys("a table `[[obligation]]`", faults) {
            agreement.obligations.extend(obligation(keys, faults));
        }
    }
    keys.finish(faults);
    agreement
}

/// Keys that are there for whoever reads the file.
fn words(keys: &mut Keys, faults: &mut Diagnostics) {
    keys.text("status", faults);
    keys.text("note", faults);
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Volume,
    Schedule,
    MinimumFlow,
    StorageBy,
    Limit,
    Energy,
    EnergyCoupled,
}

const KINDS: [(&str, Kind); 7] = [
    ("volume", Kind::Volume),
    ("schedule", Kind::Schedule),
    ("minimum-flow", Kind::MinimumFlow),
    ("storage-by", Kind::StorageBy),
    ("limit", Kind::Limit),
    ("energy", Kind::Energy),
    ("energy-coupled", Kind::EnergyCoupled),
];

/// An obligation, if enough of it could be read for its checks to mean anything.
fn obligation(mut keys: Keys, faults: &mut Diagnostics) -> Option<Obligation> {
    let origin = keys.origin();
    let id = keys.need("id", faults);
    let id = id.and_then(|value| {
        let id = value.text(faults)?;
        check_id(id, value.place(), faults);
        Some(id)
    });
    let article = keys.text("article", faults).unwrap_or_default();
    let debtor = keys.need_text("debtor", faults);
    let creditor = keys.text("creditor", faults);
    let kind = keys.need("form", faults);
    let kind = kind.and_then(|value| value.word("form", &KINDS, faults));
    let point_read = keys
        .need("point", faults)
        .and_then(|value| point(value, faults));
    let measure = keys.get("measure");
    let measure = measure.and_then(|value| value.word("measure", &Measure::NAMES, faults));
    let second_point = keys
        .get("second_point")
        .and_then(|value| point(value, faults));
    let second_reading = second_reading(&mut keys, faults);
    let tolerance = keys
        .get("tolerance")
        .and_then(|value| percent(value, faults));
    let claim = keys.text("claim", faults);
    words(&mut keys, faults);
    let Some(kind) = kind else {
        // Which of the other keys belong here, nobody knows.
        return None;
    };
    let stated_total = keys.get("stated_total");
    let stated_total = stated_total.and_then(|value| stated(value, kind, faults));
    let given = Given {
        from: keys
            .get("from")
            .and_then(|value| Some((value.date(faults)?, value))),
        to: keys
            .get("to")
            .and_then(|value| Some((value.date(faults)?, value))),
    };
    let form = form(kind, &given, &mut keys, faults);
    keys.finish(faults);
    let (due, count, each, window) = form?;
    let mut obligation = Obligation::new(id?, debtor?, point_read?, due)
        .counted(count)
        .each(each)
        .within(window);
    article.clone_into(&mut obligation.article);
    obligation.creditor = creditor.map(str::to_owned);
    obligation.measure = measure;
    obligation.tolerance = tolerance.unwrap_or(0.0);
    obligation.claim = claim.map(|class| Claim {
        class: class.to_owned(),
        pace: Pace::usual(obligation.count),
    });
    obligation.second_point = second_point;
    obligation.second_reading = second_reading;
    obligation.stated_total = stated_total;
    Some(obligation.written_at(origin))
}

/// The window as it is written, if it is.
#[derive(Clone, Copy)]
struct Given<'a> {
    from: Option<(Date, Value<'a>)>,
    to: Option<(Date, Value<'a>)>,
}

impl Given<'_> {
    fn need(&self, keys: &Keys, faults: &mut Diagnostics) -> Option<Window> {
        for (key, date) in [("from", &self.from), ("to", &self.to)] {
            if date.is_none() && !keys.has(key) {
                faults.push(
                    Diagnostic::new(format!("no `{key}`"))
                        .at(Some(keys.place()))
                        .expected(format!("a line `{key} = 2024-04-01`")),
                );
            }
        }
        window(self.from?.0, self.to?, faults)
    }

    /// The window, from and to the given days where they are missing.
    fn or(&self, from: Date, to: Date, faults: &mut Diagnostics) -> Option<Window> {
        let start = self.from.map_or(from, |(date, _)| date);
        match self.to {
            Some(end) => window(start, end, faults),
            None => match (Window::new(start, to), self.from) {
                (Ok(window), _) => Some(window),
                (Err(_), Some((_, value))) => {
                    faults.push(value.fault(
                        format!("the start, {start}, lies after all that is due"),
                        format!("{to} or an earlier day"),
                    ));
                    None
                }
                (Err(_), None) => None,
            },
        }
    }
}

/// What is due, and when.
fn form(
    kind: Kind,
    given: &Given,
    keys: &mut Keys,
    faults: &mut Diagnostics,
) -> Option<(Due, Count, Each, Window)> {
    match kind {
        Kind::Volume | Kind::Limit => {
            let volume = keys.need("volume", faults);
            let volume: Option<Volume> =
                volume.and_then(|value| value.quantity("443.6 Mm3", faults));
            let window = given.need(keys, faults);
            let count = if kind == Kind::Volume {
                Count::Sum
            } else {
                Count::AtMost
            };
            Some((Amount::from(volume?).into(), count, Each::Season, window?))
        }
        Kind::MinimumFlow => {
            let flow: Option<Flow> = keys
                .need("flow", faults)
                .and_then(|value| value.quantity("30 m3/s", faults));
            let each = each(keys, faults);
            let window = given.need(keys, faults);
            Some((Amount::from(flow?).into(), Count::EachDay, each, window?))
        }
        Kind::EnergyCoupled => {
            let kwh_per_m3 = keys
                .need("rate", faults)
                .and_then(|value| rate(value, faults));
            let coupled_to = keys.need("coupled_to", faults);
            let coupled_to = coupled_to.and_then(|value| point(value, faults));
            let each = each(keys, faults);
            let window = given.need(keys, faults);
            let formula = Formula::of(coupled_to?, Brackets::share(Slope::kwh_per_m3(kwh_per_m3?)))
                .on(Step::Whole);
            Some((formula.into(), Count::Sum, each, window?))
        }
        Kind::StorageBy => {
            let volume = keys.need("storage", faults);
            let volume: Option<Volume> =
                volume.and_then(|value| value.quantity("3418 Mm3", faults));
            let by = keys.need("by", faults).and_then(|value| value.date(faults));
            let window = given.or(by?, by?, faults);
            Some((
                Amount::from(volume?).into(),
                Count::AtEnd,
                Each::Season,
                window?,
            ))
        }
        Kind::Schedule => {
            let dues = dues(keys, faults, |keys, period, faults| {
                let volume = keys.get("volume");
                let flow = keys.get("flow");
                let _ = period;
                match (volume, flow) {
                    (Some(volume), None) => volume
                        .quantity::<Volume>("178.4 Mm3", faults)
                        .map(Amount::from),
                    (None, Some(flow)) => {
                        flow.quantity::<Flow>("500 m3/s", faults).map(Amount::from)
                    }
                    _ => {
                        faults.push(
                            Diagnostic::new("not one amount")
                                .at(Some(keys.place()))
                                .expected("volume or flow"),
                        );
                        None
                    }
                }
            })?;
            let window = span(given, &dues, faults)?;
            Some((schedule(dues), Count::Sum, Each::Season, window))
        }
        Kind::Energy => {
            let dues = dues(keys, faults, |keys, _, faults| {
                keys.need("energy", faults)?
                    .quantity::<Energy>("100 GWh", faults)
                    .map(Amount::from)
            })?;
            let window = span(given, &dues, faults)?;
            Some((schedule(dues), Count::Sum, Each::Season, window))
        }
    }
}

fn schedule(dues: Vec<(Window, Amount)>) -> Due {
    Due::Schedule(
        dues.into_iter()
            .map(|(window, amount)| (When::Once(window), amount))
            .collect(),
    )
}

/// The list `due`: a period an entry, and what is due in it.
fn dues<'a, T>(
    keys: &mut Keys<'a>,
    faults: &mut Diagnostics,
    mut amount: impl FnMut(&mut Keys<'a>, Window, &mut Diagnostics) -> Option<T>,
) -> Option<Vec<(Window, T)>> {
    let value = keys.need("due", faults)?;
    let before = faults.len();
    let mut dues = Vec::new();
    let items = value.list("a list of periods with what is due in them", faults)?;
    if items.is_empty() {
        faults.push(value.fault("an empty list", "at least one period"));
    }
    for item in items {
        let Some(mut entry) = item.keys("a period with what is due in it", faults) else {
            continue;
        };
        let Some(period) = period(&mut entry, faults) else {
            continue;
        };
        if let Some(amount) = amount(&mut entry, period, faults) {
            dues.push((period, amount));
        }
        entry.finish(faults);
    }
    (faults.len() == before).then_some(dues)
}

/// The window of an obligation in periods: as given, or from the first day to the last.
fn span<T>(given: &Given, dues: &[(Window, T)], faults: &mut Diagnostics) -> Option<Window> {
    let from = dues.iter().map(|(period, _)| period.from()).min()?;
    let to = dues.iter().map(|(period, _)| period.to()).max()?;
    given.or(from, to, faults)
}

fn each(keys: &mut Keys, faults: &mut Diagnostics) -> Each {
    let words = [
        ("season", Each::Season),
        ("month", Each::Part(Period::Month)),
        ("dekad", Each::Part(Period::Dekad)),
        ("day", Each::Part(Period::Day)),
    ];
    let value = keys.get("each");
    let each = value.and_then(|value| value.word("way to settle", &words, faults));
    each.unwrap_or_default()
}

/// A point: a name, or a list of names and of `{ point = "...", weight = 1.0 }`.
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
        } else if let Some(mut keys) = item.keys("a name, or a table of point and weight", faults) {
            let name = keys.need_text("point", faults);
            let weight = keys.get("weight").map(|value| value.number(faults));
            keys.finish(faults);
            terms.extend(name.map(|name| Term::new(name).weight(weight.flatten().unwrap_or(1.0))));
        }
    }
    (faults.len() == before).then_some(Point { terms })
}

fn second_reading(keys: &mut Keys, faults: &mut Diagnostics) -> Option<SecondReading> {
    let volume = keys.get("second_reading");
    let source = keys.get("second_source");
    if let (None, Some(source)) = (volume, source) {
        faults.push(source.fault(
            "a source of no second reading",
            "`second_reading` beside it",
        ));
    }
    Some(SecondReading {
        amount: volume?.quantity("488.6 Mm3", faults)?,
        source: source
            .and_then(|value| value.text(faults))
            .unwrap_or_default()
            .to_owned(),
    })
}

/// A fraction written in percent.
fn percent(value: Value, faults: &mut Diagnostics) -> Option<f64> {
    let number = value.as_text().and_then(|text| {
        let number: f64 = text.strip_suffix('%')?.trim().parse().ok()?;
        number.is_finite().then_some(number)
    });
    if number.is_none() {
        let found = value
            .as_text()
            .map_or("a tolerance without %".to_owned(), |text| {
                format!("`{text}` is not a percentage")
            });
        faults.push(value.fault(found, "a text as in \"1 %\""));
    }
    number.map(|number| number / 100.0)
}

/// A rate of energy for water, in kWh for a cubic metre.
fn rate(value: Value, faults: &mut Diagnostics) -> Option<f64> {
    let text = value.text(faults)?;
    let energy = text.strip_suffix("/m3").or(text.strip_suffix("/m³"));
    let rate = energy.and_then(|energy| energy.trim().parse::<Energy>().ok());
    if rate.is_none() {
        faults.push(value.fault(
            format!("`{text}` is not a rate of energy"),
            "energy for a cubic metre, as in \"0.033 kWh/m3\"",
        ));
    }
    rate.map(Energy::kwh)
}

/// A total as the source states it.
fn stated(value: Value, _: Kind, faults: &mut Diagnostics) -> Option<Amount> {
    value.quantity("5421.6 Mm3", faults)
}
