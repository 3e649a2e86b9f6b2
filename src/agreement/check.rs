//! Checks of what agreements say, wherever they are settled.

use std::collections::HashMap;

use super::ownership_check::{check_owned_once, check_ownership};
use super::{
    Agreement, Amount, Bounds, Brackets, Caps, Count, Due, Each, Effect, Measure, Obligation,
    Quantity, StatedTotal, When,
};
use crate::calendar::{Season, Window};
use crate::error::{Diagnostic, Diagnostics, Origin};
use crate::settlement::readings;

/// Whether an id is among the known ones; a fault if not.
pub(super) fn unknown<'a>(
    what: &str,
    id: &str,
    known: impl Iterator<Item = &'a str> + Clone,
    origin: &Origin,
    field: &str,
    faults: &mut Diagnostics,
) {
    if !known.clone().any(|name| name == id) {
        faults.push(
            Diagnostic::new(format!("unknown {what} `{id}`"))
                .at(origin.place(field))
                .expected(format!("the id of a declared {what}"))
                .nearest(id, known),
        );
    }
}

/// Checks what agreements say, wherever they are settled.
pub(crate) fn check_terms(agreements: &[Agreement], faults: &mut Diagnostics) {
    check_owned_once(agreements, faults);
    let mut seen: HashMap<&str, &Obligation> = HashMap::new();
    let ids: Vec<&str> = agreements
        .iter()
        .flat_map(|agreement| &agreement.obligations)
        .map(|obligation| obligation.id.as_str())
        .collect();
    for agreement in agreements {
        if let (Some(from), Some(until)) = (agreement.from, agreement.until)
            && until < from
        {
            faults.push(
                Diagnostic::new(format!("in force from {from} until {until}"))
                    .at(agreement.origin.place("until"))
                    .expected("a last day on or after the first"),
            );
        }
        if !agreement.supersedes.is_empty() && agreement.from.is_none() {
            faults.push(
                Diagnostic::new("takes the place of others, without a day on which it does")
                    .at(agreement.origin.place("supersedes"))
                    .expected("`from`, the first day it is in force"),
            );
        }
        for id in &agreement.supersedes {
            let known = ids.iter().copied();
            unknown(
                "obligation",
                id,
                known,
                &agreement.origin,
                "supersedes",
                faults,
            );
        }
        for total in &agreement.totals {
            check_total(agreement, total, faults);
        }
        for ownership in &agreement.ownership {
            check_ownership(agreement, ownership, faults);
        }
        for obligation in &agreement.obligations {
            if seen.insert(&obligation.id, obligation).is_some() {
                faults.push(
                    Diagnostic::new(format!("obligation `{}` is declared twice", obligation.id))
                        .at(obligation.origin.place("id"))
                        .expected("an id no other obligation has"),
                );
            }
            Check {
                agreements,
                obligation,
                faults,
            }
            .all(agreement, &ids);
        }
    }
}

struct Check<'a> {
    agreements: &'a [Agreement],
    obligation: &'a Obligation,
    faults: &'a mut Diagnostics,
}

impl Check<'_> {
    fn fault(&mut self, message: &str, field: &str, expected: &str) {
        fault(self.obligation, message, field, expected, self.faults);
    }

    fn all(&mut self, agreement: &Agreement, ids: &[&str]) {
        let o = self.obligation;
        let sides = [
            (Some(&o.debtor), "debtor"),
            (o.creditor.as_ref(), "creditor"),
        ];
        for (id, field) in sides {
            let Some(id) = id else { continue };
            if !agreement.parties.contains(id) {
                self.fault(
                    &format!("`{id}` is no party of the agreement"),
                    field,
                    &format!("one of {}", agreement.parties.join(", ")),
                );
            }
        }
        if !(0.0..1.0).contains(&o.tolerance) {
            self.fault(
                &format!("a tolerance of {}", o.tolerance),
                "tolerance",
                "a fraction of at least 0 and below 1",
            );
        }
        self.points();
        self.dues();
        self.periods();
        self.clauses();
        self.account(ids);
        self.stated_total();
        for id in &o.on_top_of {
            if id == &o.id {
                self.fault("comes on top of itself", "on_top_of", "another obligation");
            }
            unknown(
                "obligation",
                id,
                ids.iter().copied(),
                &o.origin,
                "on_top_of",
                self.faults,
            );
        }
    }

    fn points(&mut self) {
        let o = self.obligation;
        for (point, _) in readings(o) {
            if point.terms.is_empty() {
                self.fault("no point", "point", "the id of a node, reach or offtake");
            }
            for (i, term) in point.terms.iter().enumerate() {
                if !term.weight.is_finite() {
                    self.fault(
                        &format!("a weight of {} for `{}`", term.weight, term.id),
                        "point",
                        "a number",
                    );
                }
                if point.terms[..i].contains(term) {
                    self.fault(
                        &format!("`{}` is named twice", term.id),
                        "point",
                        "each place once, with its weight",
                    );
                }
            }
        }
        let needed = if o.is_energy() {
            Some(Measure::Energy)
        } else if o.count == Count::AtEnd {
            Some(Measure::Storage)
        } else {
            None
        };
        let water = "a measure of water that passes";
        match (o.measure, needed) {
            (None | Some(Measure::Nothing), _) => {}
            (Some(found), Some(needed)) if found != needed => self.fault(
                &format!("form {} measured as {}", o.form(), found.name()),
                "measure",
                needed.name(),
            ),
            (Some(found @ (Measure::Storage | Measure::Level | Measure::Energy)), None) => self
                .fault(
                    &format!("form {} measured as {}", o.form(), found.name()),
                    "measure",
                    water,
                ),
            _ => {}
        }
    }

    fn dues(&mut self) {
        let o = self.obligation;
        self.due(&o.due);
        for (i, pair) in o.revisions.windows(2).enumerate() {
            if pair[1].on <= pair[0].on {
                self.fault(
                    &format!("a revision of {} follows one of {}", pair[1].on, pair[0].on),
                    &format!("revision.{}.from", i + 1),
                    "revisions in order of their dates",
                );
            }
        }
        for (i, revision) in o.revisions.iter().enumerate() {
            self.due(&revision.due);
            if revision.due.is_energy() != o.is_energy() {
                self.fault(
                    "a revision from energy to water, or back",
                    &format!("revision.{i}"),
                    "the same kind of amount",
                );
            }
        }
        if o.count == Count::AtEnd && !matches!(o.due, Due::Amount(_) | Due::Schedule(_)) {
            self.fault(
                "a storage that is computed",
                "form",
                "a stated storage: storage-by",
            );
        }
    }

    fn due(&mut self, due: &Due) {
        match due {
            Due::Amount(amount) => self.amount(amount, due, field_of(amount)),
            Due::Schedule(dues) => {
                if dues.is_empty() {
                    self.fault("an empty schedule", "due", "at least one period");
                }
                for (_, amount) in dues {
                    self.amount(amount, due, "due");
                }
                let windows: Vec<Window> = dues
                    .iter()
                    .filter_map(|(when, _)| match when {
                        When::Once(window) => Some(*window),
                        When::Yearly(_) => None,
                    })
                    .collect();
                for pair in windows.windows(2) {
                    if pair[1].from() <= pair[0].to() {
                        self.fault(
                            &format!("{} does not follow {}", pair[1], pair[0]),
                            "due",
                            "periods in order, without overlap",
                        );
                    }
                }
                self.seasons_apart(dues);
            }
            Due::Formula(formula) => {
                if formula.terms.is_empty() {
                    self.fault("a formula of nothing", "of", "a point that it reads");
                }
                for term in &formula.terms {
                    let mut places = term.of.terms.iter();
                    if places.any(|place| place.measure.is_some_and(Measure::is_state)) {
                        self.fault(
                            "a formula of what is in store",
                            "of",
                            "a measure that is added up over days; a storage or level in a clause",
                        );
                    }
                    self.brackets(&term.brackets, formula.is_energy());
                }
                if let Some((_, amount)) = &formula.plus {
                    self.amount(amount, due, "plus");
                }
            }
            Due::Own(_) => {}
        }
    }

    /// Two seasons of one schedule must not share a day.
    fn seasons_apart(&mut self, dues: &[(When, Amount)]) {
        let seasons: Vec<Season> = dues
            .iter()
            .filter_map(|(when, _)| match when {
                When::Yearly(season) => Some(*season),
                When::Once(_) => None,
            })
            .collect();
        for (i, a) in seasons.iter().enumerate() {
            // A leap year has every day a year can have.
            let days = a.window_starting_in(2024);
            if let Some(b) = seasons[..i]
                .iter()
                .find(|b| days.iter().any(|day| b.containing(day).is_some()))
            {
                self.fault(
                    &format!("{a} and {b} share days"),
                    "due",
                    "seasons without overlap",
                );
            }
        }
    }

    fn amount(&mut self, amount: &Amount, due: &Due, field: &str) {
        let at_end = self.obligation.count == Count::AtEnd;
        let expected = if due.is_energy() {
            "an energy of at least 0"
        } else if at_end {
            "a volume of at least 0"
        } else {
            "a volume or flow of at least 0"
        };
        let fits = match amount.quantity() {
            Quantity::Volume(_) => !due.is_energy(),
            Quantity::Flow(_) => !due.is_energy() && !at_end,
            Quantity::Energy(_) => due.is_energy(),
            Quantity::Level(_) => false,
        };
        if !fits || amount.base().is_nan() || amount.base() < 0.0 {
            let what = format!("a{} {} of {amount}", n(amount.kind()), amount.kind());
            self.fault(&what, field, expected);
        }
    }

    fn brackets(&mut self, brackets: &Brackets, energy: bool) {
        if brackets.points.is_empty() && brackets.then.is_none() {
            self.fault(
                "a formula without points or rate",
                "points",
                "`points`, or a rate `then`",
            );
        }
        let kinds: Vec<_> = brackets
            .points
            .iter()
            .map(|(x, y)| (x.kind(), y.kind()))
            .collect();
        if kinds.windows(2).any(|pair| pair[0] != pair[1]) {
            self.fault(
                "points of different kinds",
                "points",
                "all indices of one kind, and all amounts due of one kind",
            );
        }
        if let Some((x, y)) = kinds.first()
            && (!matches!(*x, "flow" | "volume")
                || (energy && *y != "energy")
                || (!energy && !matches!(*y, "flow" | "volume")))
        {
            self.fault(
                &format!("points from {x} to {y}"),
                "points",
                "flows or volumes; for energy, from water to energy",
            );
        }
        for pair in brackets.points.windows(2) {
            if pair[1].0.base() <= pair[0].0.base() {
                self.fault(
                    &format!("{} does not lie above {}", pair[1].0, pair[0].0),
                    "points",
                    "indices that rise from point to point",
                );
            }
        }
        let bad = |amount: &Amount| amount.base() < 0.0 || !amount.base().is_finite();
        if let Some((x, y)) = brackets.points.iter().find(|(x, y)| bad(x) || bad(y)) {
            self.fault(
                &format!("a point of {x} and {y}"),
                "points",
                "amounts of at least 0",
            );
        }
        if let Some(then) = &brackets.then
            && (then.value < 0.0 || then.is_energy() != energy)
        {
            self.fault(
                &format!("a rate of {then}"),
                "then",
                if energy {
                    "energy for water, as in 0.033 kWh/m3"
                } else {
                    "a part of at least 0 %"
                },
            );
        }
    }

    fn periods(&mut self) {
        let o = self.obligation;
        let (count, start) = match o.each {
            Each::Years { count, .. } => (count, "a cycle"),
            Each::Moving { years, .. } => (years, "a moving sum"),
            Each::Season | Each::Part(_) => return,
        };
        if count == 0 {
            self.fault(&format!("{start} of no years"), "each", "at least one year");
        }
        if matches!(o.due, Due::Schedule(_)) {
            self.fault(
                "a schedule has its own periods",
                "each",
                "no `each`, or one amount for each",
            );
        }
        let in_force = self
            .agreements
            .iter()
            .find(|agreement| {
                agreement
                    .obligations
                    .iter()
                    .any(|other| std::ptr::eq(other, o))
            })
            .and_then(|agreement| Bounds::of(self.agreements, agreement, o).from);
        if matches!(o.each, Each::Years { count: 2.., .. }) && in_force.is_none() {
            self.fault(
                "a cycle of years that begins on no stated day",
                "each",
                "`from`, of the obligation or of its agreement",
            );
        }
        if o.season.is_some() {
            self.fault("a season in a cycle of years", "season", "whole years");
        }
    }

    fn clauses(&mut self) {
        let o = self.obligation;
        for (i, clause) in o.clauses.iter().enumerate() {
            let (at, when) = (format!("clause.{i}"), format!("clause.{i}.when"));
            if let Some(threshold) = &clause.when.reading {
                if threshold.at_least.is_none() && threshold.below.is_none() {
                    self.fault(
                        &format!("the clause `{}` compares with nothing", clause.text),
                        &when,
                        "`at_least` or `below`",
                    );
                }
                let measure = threshold.measure.or(threshold
                    .point
                    .terms
                    .first()
                    .and_then(|term| term.measure));
                let fits = |amount: &Amount| match measure {
                    Some(Measure::Level) => amount.is_level(),
                    Some(Measure::Storage) => matches!(amount.quantity(), Quantity::Volume(_)),
                    Some(Measure::Energy) => amount.is_energy(),
                    _ => matches!(amount.quantity(), Quantity::Volume(_) | Quantity::Flow(_)),
                };
                let bounds = [&threshold.at_least, &threshold.below];
                for bound in bounds.into_iter().flatten() {
                    if !fits(bound) {
                        self.fault(
                            &format!(
                                "the clause `{}` compares with a{} {}, {bound}",
                                clause.text,
                                n(bound.kind()),
                                bound.kind()
                            ),
                            &when,
                            "an amount of the kind that is read",
                        );
                    }
                }
            }
            let bad = |part: f64| !(part.is_finite() && part >= 0.0);
            match &clause.effect {
                Effect::Scale(part) if bad(*part) => self.fault(
                    &format!("the clause `{}` scales by {part}", clause.text),
                    &at,
                    "a part of at least 0 %",
                ),
                Effect::EndCycle if !matches!(o.each, Each::Years { .. }) => self.fault(
                    &format!(
                        "the clause `{}` ends a cycle where there is none",
                        clause.text
                    ),
                    &at,
                    "`each` of so many years",
                ),
                Effect::CancelDebits | Effect::CancelCredits if o.account.is_none() => self.fault(
                    &format!(
                        "the clause `{}` cancels what no account carries",
                        clause.text
                    ),
                    &at,
                    "an account",
                ),
                effect => {
                    if let Some(amount) = effect.amount() {
                        let flow_only =
                            matches!(effect, Effect::Guarantee { .. } | Effect::Yield { .. })
                                && !amount.is_flow();
                        if amount.is_energy() != o.is_energy()
                            || amount.is_level()
                            || bad(amount.base())
                            || flow_only
                        {
                            self.fault(
                                &format!(
                                    "the clause `{}` states a{} {} of {amount}",
                                    clause.text,
                                    n(amount.kind()),
                                    amount.kind()
                                ),
                                &at,
                                "an amount of at least 0 of the kind that is due",
                            );
                        }
                    }
                }
            }
        }
    }

    fn account(&mut self, ids: &[&str]) {
        let o = self.obligation;
        let Some(account) = &o.account else { return };
        if matches!(o.count, Count::AtEnd | Count::AtMost) || matches!(o.each, Each::Moving { .. })
        {
            self.fault(
                &format!("an account of the form {}", o.form()),
                "account",
                "none: this form carries nothing over",
            );
        }
        if !(0.0..=1.0).contains(&account.evaporation) {
            self.fault(
                &format!("an evaporation of {} a year", account.evaporation),
                "account.evaporation",
                "a part from 0 % to 100 %",
            );
        }
        let caps = account.credit.iter().chain(&account.debit);
        let opening = account.opening.iter().map(|opening| match opening {
            super::Opening::Credit(amount) | super::Opening::Debit(amount) => amount,
        });
        let amounts: Vec<&Amount> = caps
            .flat_map(|Caps { yearly, accrued }| yearly.iter().chain(accrued))
            .chain(opening)
            .chain(account.entries.iter().map(|entry| &entry.amount))
            .collect();
        for amount in amounts {
            let fits =
                amount.is_energy() == o.is_energy() && !amount.is_flow() && !amount.is_level();
            if !fits || amount.base().is_nan() || amount.base() < 0.0 {
                self.fault(
                    &format!("an account in {amount}"),
                    "account",
                    if o.is_energy() {
                        "an energy of at least 0"
                    } else {
                        "a volume of at least 0"
                    },
                );
            }
        }
        for (i, entry) in account.entries.iter().enumerate() {
            if let Some(id) = &entry.against {
                let at = format!("account.entry.{i}.against");
                unknown(
                    "obligation",
                    id,
                    ids.iter().copied(),
                    &o.origin,
                    &at,
                    self.faults,
                );
                if entry.kind != super::EntryKind::SetOff {
                    self.fault(
                        &format!("a {} against `{id}`", entry.kind.name()),
                        &at,
                        "`against` in a set-off only",
                    );
                }
            }
        }
    }

    /// A total that the source states, held against the sum of the periods.
    fn stated_total(&mut self) {
        let o = self.obligation;
        let Some(stated) = &o.stated_total else {
            return;
        };
        let Some(sum) = adds_up_to(o, None) else {
            return self.no_total();
        };
        if stated.is_energy() != o.is_energy() || stated.is_flow() || stated.is_level() {
            return self.fault(
                &format!("a stated total of {stated}"),
                "stated_total",
                if o.is_energy() {
                    "an energy"
                } else {
                    "a volume"
                },
            );
        }
        if let Some(message) = differs(stated, sum, "the periods") {
            self.fault(&message, "stated_total", "the sum of the periods");
        }
    }

    fn no_total(&mut self) {
        let form = self.obligation.form();
        self.fault(
            &format!("a stated total for the form {form}"),
            "stated_total",
            "none: this form adds up to nothing",
        );
    }
}

/// What the stated amounts of an obligation add up to in m3 or kWh, if they do: those of one year
/// where they come back every year, or those for days of a window.
fn adds_up_to(o: &Obligation, within: Option<Window>) -> Option<f64> {
    let counts = |window: Option<Window>| {
        within.is_none_or(|within| window.is_some_and(|window| within.covers(window)))
    };
    // Any year that is no leap year: the sum of a year's seasons.
    let over = |when: &When, amount: &Amount| {
        let days = match when {
            When::Once(window) => window.days(),
            When::Yearly(season) => season.window_starting_in(2022).days(),
        };
        amount.over(days)
    };
    match &o.due {
        _ if o.count == Count::AtEnd => None,
        Due::Amount(_) if !counts(o.window) => None,
        Due::Amount(amount) if !amount.is_flow() => Some(amount.base()),
        Due::Amount(amount) => o.window.map(|window| amount.over(window.days())),
        Due::Schedule(dues) => {
            let counted = dues.iter().filter(|(when, _)| match when {
                When::Once(window) => counts(Some(*window)),
                When::Yearly(_) => within.is_none(),
            });
            Some(counted.map(|(when, amount)| over(when, amount)).sum())
        }
        Due::Formula(_) | Due::Own(_) => None,
    }
}

/// By how much a stated total differs from a sum, beyond half a unit of its last digit and the
/// rounding of the sum, one part in 1e12.
fn differs(stated: &Amount, sum: f64, of: &str) -> Option<String> {
    if (sum - stated.base()).abs() <= stated.precision() + 1e-12 * sum.abs() {
        return None;
    }
    let unit = if stated.is_energy() { "GWh" } else { "Mm3" };
    let (sum, total) = (sum / 1e6, stated.base() / 1e6);
    Some(format!(
        "the stated total {total} {unit} differs by {:.3} {unit} from the sum of {of}, {sum:.3} {unit}",
        (sum - total).abs()
    ))
}

/// A total over several obligations of an agreement.
fn check_total(agreement: &Agreement, total: &StatedTotal, faults: &mut Diagnostics) {
    let before = faults.len();
    let mut fault = |message: String, expected: &str| {
        let place = agreement.origin.place("total");
        faults.push(Diagnostic::new(message).at(place).expected(expected));
    };
    let amount = &total.amount;
    if amount.is_flow() || amount.is_level() {
        fault(
            format!("a stated total of {amount}"),
            "a volume or an energy",
        );
    }
    if total.of.is_empty() {
        fault("a stated total of nothing".into(), "the ids of obligations");
    }
    let mut sum = 0.0;
    for id in &total.of {
        let Some(o) = agreement.obligations.iter().find(|o| o.id == *id) else {
            let known = agreement.obligations.iter().map(|o| o.id.as_str());
            unknown("obligation", id, known, &agreement.origin, "total", faults);
            continue;
        };
        match adds_up_to(o, total.within).filter(|_| o.is_energy() == amount.is_energy()) {
            Some(due) => sum += due,
            None => faults.push(
                Diagnostic::new(format!("obligation `{id}` in a total of {amount}"))
                    .at(agreement.origin.place("total"))
                    .expected("obligations of stated amounts of the same kind"),
            ),
        }
    }
    if faults.len() == before
        && let Some(message) = differs(amount, sum, "the obligations")
    {
        let place = agreement.origin.place("total");
        faults.push(
            Diagnostic::new(message)
                .at(place)
                .expected("the sum of the obligations"),
        );
    }
}

pub(super) fn fault(
    obligation: &Obligation,
    message: &str,
    field: &str,
    expected: &str,
    faults: &mut Diagnostics,
) {
    let id = &obligation.id;
    faults.push(
        Diagnostic::new(format!("obligation `{id}`: {message}"))
            .at(obligation.origin.place(field))
            .expected(expected),
    );
}

/// The key an amount stands under.
fn field_of(amount: &Amount) -> &'static str {
    amount.kind()
}

/// The rest of the article before a word.
fn n(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "n"
    } else {
        ""
    }
}
