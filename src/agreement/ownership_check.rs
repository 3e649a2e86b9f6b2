//! Checks of owned reservoirs: for themselves, and against the basin or record they speak of.

use super::check::unknown;
use super::check_places::Places;
use super::{Agreement, Amount, Held, Measure, Owner, Ownership, Quantity, Rest, Spilling};
use crate::basin::Basin;
use crate::error::{Diagnostic, Diagnostics};
use crate::settlement::Record;

/// How far stated parts may be from 100 % together: the rounding of their sum.
const ROUNDING: f64 = 1e-9;

/// Checks what the terms say, wherever they are settled.
pub(crate) fn check_ownership(agreement: &Agreement, terms: &Ownership, faults: &mut Diagnostics) {
    let mut check = Check { terms, faults };
    check.owners(agreement);
    check.amounts();
    check.rules();
    check.dealings();
}

/// A reservoir has one set of owners on a day.
pub(super) fn check_owned_once(agreements: &[Agreement], faults: &mut Diagnostics) {
    let all: Vec<(&Agreement, &Ownership)> = agreements
        .iter()
        .flat_map(|agreement| agreement.ownership.iter().map(move |o| (agreement, o)))
        .collect();
    let apart = |a: &Agreement, b: &Agreement| {
        let ends_before = |a: &Agreement, b: &Agreement| matches!((a.until, b.from), (Some(until), Some(from)) if until < from);
        ends_before(a, b) || ends_before(b, a)
    };
    for (i, (agreement, terms)) in all.iter().enumerate() {
        let other = all[..i]
            .iter()
            .find(|(other, o)| o.reservoir == terms.reservoir && !apart(other, agreement));
        if other.is_some() {
            let message = format!("the water of `{}` has owners twice", terms.reservoir);
            faults.push(
                Diagnostic::new(message)
                    .at(terms.origin.place("reservoir"))
                    .expected("one `[[ownership]]` for a reservoir and day"),
            );
        }
    }
}

/// Checks terms against the basin they speak of.
pub(super) fn check_ownership_at(terms: &Ownership, basin: &Basin, faults: &mut Diagnostics) {
    let mut check = Check { terms, faults };
    let Some(reservoir) = basin.reservoir_index(&terms.reservoir) else {
        let known = basin.reservoirs().iter().map(|r| r.node.as_str());
        unknown(
            "reservoir",
            &terms.reservoir,
            known,
            &terms.origin,
            "reservoir",
            faults,
        );
        return;
    };
    check.points(basin);
    let full = basin.reservoirs()[reservoir].full.m3();
    let capacity = terms.capacity.as_ref().map_or(0.0, Amount::base);
    let spaces: f64 = terms
        .owners
        .iter()
        .filter_map(|owner| Some(owner.space.as_ref()?.of(capacity)))
        .sum();
    if spaces > full * (1.0 + ROUNDING) {
        check.fault(
            format!(
                "spaces of {} Mm3 in a reservoir that holds {} Mm3",
                spaces / 1e6,
                full / 1e6
            ),
            "owner",
            "no more space than there is up to full supply level",
        );
    }
    if terms.release.is_none() {
        let node = basin.reservoir_node(reservoir);
        let drawing = (0..basin.offtakes().len()).find(|&i| basin.offtake_node(i) == node);
        if let Some(offtake) = drawing {
            check.fault(
                format!(
                    "`{}` draws on `{}` itself, beside its release",
                    basin.offtakes()[offtake].id,
                    terms.reservoir
                ),
                "reservoir",
                "`release`, the places that together tell what is let out",
            );
        }
    }
}

/// Checks terms against a record they are settled with.
pub(super) fn check_ownership_in(terms: &Ownership, record: &Record, faults: &mut Diagnostics) {
    let mut check = Check { terms, faults };
    let needed = [
        (true, Measure::Storage),
        // An inflow serves whoever asks for the water that passes the reservoir.
        (terms.inflow.is_none(), Measure::Inflow),
        (terms.release.is_none(), Measure::Release),
    ];
    for (_, measure) in needed.into_iter().filter(|&(needed, _)| needed) {
        let has = |measure| record.column(&terms.reservoir, Some(measure)).is_some();
        if !(has(measure) || measure == Measure::Inflow && has(Measure::Flow)) {
            check.fault(
                format!("no {} of `{}`", measure.name(), terms.reservoir),
                "reservoir",
                "a column of the record",
            );
        }
    }
    check.points(record);
}

struct Check<'a> {
    terms: &'a Ownership,
    faults: &'a mut Diagnostics,
}

impl Check<'_> {
    fn fault(&mut self, message: impl Into<String>, field: &str, expected: &str) {
        self.faults.push(
            Diagnostic::new(message)
                .at(self.terms.origin.place(field))
                .expected(expected),
        );
    }

    fn owners(&mut self, agreement: &Agreement) {
        let terms = self.terms;
        if terms.owners.is_empty() {
            self.fault(
                format!("the water of `{}` has no owner", terms.reservoir),
                "owner",
                "at least one `[[ownership.owner]]`",
            );
            return;
        }
        for (i, owner) in terms.owners.iter().enumerate() {
            if !agreement.parties.contains(&owner.party) {
                self.fault(
                    format!("`{}` is no party of the agreement", owner.party),
                    &format!("owner.{i}.party"),
                    &format!("one of {}", agreement.parties.join(", ")),
                );
            }
            if terms.index(&owner.party) != Some(i) {
                self.fault(
                    format!(
                        "`{}` is an owner of `{}` twice",
                        owner.party, terms.reservoir
                    ),
                    &format!("owner.{i}.party"),
                    "each owner once",
                );
            }
            self.part(owner.share, "share", i);
        }
        let shares: f64 = terms.owners.iter().map(|owner| owner.share).sum();
        if (shares - 1.0).abs() > ROUNDING {
            self.fault(
                format!(
                    "the shares of `{}` add up to {} %",
                    terms.reservoir,
                    rounded(100.0 * shares)
                ),
                "owner",
                "100 %",
            );
        }
        let openings: Vec<f64> = parts(terms, |owner| &owner.opening);
        let all = openings.len() == terms.owners.len();
        let sum: f64 = openings.iter().sum();
        if all && (sum - 1.0).abs() > ROUNDING {
            self.fault(
                format!(
                    "the openings of `{}` add up to {} % of the storage",
                    terms.reservoir,
                    rounded(100.0 * sum)
                ),
                "owner",
                "100 %",
            );
        }
    }

    fn part(&mut self, part: f64, what: &str, owner: usize) {
        if !(0.0..=1.0).contains(&part) {
            self.fault(
                format!(
                    "a {what} of {} % for `{}`",
                    rounded(100.0 * part),
                    self.terms.owners[owner].party
                ),
                &format!("owner.{owner}.{what}"),
                "a part from 0 % to 100 %",
            );
        }
    }

    fn volume(&mut self, what: &str, amount: &Amount, field: &str) {
        let volume = matches!(amount.quantity(), Quantity::Volume(_));
        if !(volume && amount.base().is_finite() && amount.base() >= 0.0) {
            self.fault(
                format!("{what} of {amount}"),
                field,
                "a volume of at least 0",
            );
        }
    }

    fn amounts(&mut self) {
        let terms = self.terms;
        for (i, owner) in terms.owners.iter().enumerate() {
            for (what, held) in [("opening", &owner.opening), ("space", &owner.space)] {
                match held {
                    Some(Held::Volume(amount)) => {
                        let field = format!("owner.{i}.{what}");
                        self.volume(&format!("a {what} for `{}`", owner.party), amount, &field);
                    }
                    Some(Held::Part(part)) => self.part(*part, what, i),
                    None => {}
                }
            }
        }
        if let Some(capacity) = &terms.capacity {
            self.volume("a capacity", capacity, "capacity");
        }
        let spaces = parts(terms, |owner| &owner.space);
        if terms.capacity.is_none() && !spaces.is_empty() {
            self.fault(
                "spaces as parts of no stated capacity",
                "owner",
                "`capacity`, or spaces as volumes",
            );
        }
        if spaces.iter().sum::<f64>() > 1.0 + ROUNDING {
            self.fault(
                format!(
                    "the spaces of `{}` add up to {} % of its capacity",
                    terms.reservoir,
                    rounded(100.0 * spaces.iter().sum::<f64>())
                ),
                "owner",
                "no more than 100 %",
            );
        }
    }

    fn rules(&mut self) {
        let terms = self.terms;
        if !(0.0..=1.0).contains(&terms.payback) {
            self.fault(
                format!(
                    "a payback of {} % of inflow",
                    rounded(100.0 * terms.payback)
                ),
                "payback",
                "a part from 0 % to 100 %",
            );
        }
        let spaces = terms.owners.iter().all(|owner| owner.space.is_some());
        if terms.internal_spill && !spaces {
            self.fault(
                "an internal spill where not every owner has its space",
                "internal_spill",
                "a `space` for each owner",
            );
        }
        if let Rest::Party(party) = &terms.rest {
            self.owner(party, "rest");
        }
        if let Spilling::Order(order) = &terms.spill {
            for party in order {
                self.owner(party, "spill");
            }
            let once = |owner: &Owner| order.iter().filter(|p| **p == owner.party).count() == 1;
            if !terms.owners.iter().all(once) {
                self.fault(
                    format!("an order of spilling of {}", order.join(", ")),
                    "spill",
                    "each owner once",
                );
            }
        }
        for (field, point) in terms.points() {
            if point.terms.is_empty() {
                self.fault("no point", &field, "the id of a node, reach or offtake");
            }
            for term in &point.terms {
                if !term.weight.is_finite() || term.measure.is_some_and(Measure::is_state) {
                    self.fault(
                        format!("`{}` with a weight of {}", term.id, term.weight),
                        &field,
                        "water that passes, with a number for a weight",
                    );
                }
            }
        }
    }

    fn owner(&mut self, party: &str, field: &str) {
        let owners = self.terms.owners.iter().map(|owner| owner.party.as_str());
        unknown(
            "owner",
            party,
            owners,
            &self.terms.origin,
            field,
            self.faults,
        );
    }

    fn dealings(&mut self) {
        let terms = self.terms;
        for (i, transfer) in terms.transfers.iter().enumerate() {
            let field = |key: &str| format!("transfer.{i}.{key}");
            self.pair(
                (&transfer.from, &field("from")),
                (&transfer.to, &field("to")),
                "a transfer",
            );
            self.volume("a transfer", &transfer.amount, &field("amount"));
            if terms.from.is_some_and(|from| transfer.date < from) {
                self.fault(
                    format!("a transfer on {}, before the accounts begin", transfer.date),
                    &field("date"),
                    "a day of the accounts",
                );
            }
        }
        for (i, debt) in terms.debts.iter().enumerate() {
            let field = |key: &str| format!("debt.{i}.{key}");
            self.pair(
                (&debt.debtor, &field("debtor")),
                (&debt.creditor, &field("creditor")),
                "a debt",
            );
            self.volume("a debt", &debt.amount, &field("amount"));
        }
    }

    fn pair(&mut self, from: (&str, &str), to: (&str, &str), what: &str) {
        for (party, field) in [from, to] {
            self.owner(party, field);
        }
        if from.0 == to.0 {
            self.fault(
                format!("`{}` on both sides of {what}", from.0),
                to.1,
                "two owners",
            );
        }
    }

    fn points<P: Places>(&mut self, places: &P) {
        let names = places.names();
        for (field, point) in self.terms.points() {
            for term in &point.terms {
                let place = self.terms.origin.place(&field);
                if !names.contains(&term.id.as_str()) {
                    self.faults.push(
                        Diagnostic::new(format!("unknown point `{}`", term.id))
                            .at(place)
                            .expected(P::EXPECTED)
                            .nearest(&term.id, names.iter().copied()),
                    );
                } else if !places.has(&term.id, term.measure) {
                    let measure = term.measure.map_or("flow", Measure::name);
                    self.fault(
                        format!("`{}` has no measure `{measure}`", term.id),
                        &field,
                        "a measure that the point has",
                    );
                }
            }
        }
    }
}

/// The parts among what owners hold.
fn parts(terms: &Ownership, held: impl Fn(&Owner) -> &Option<Held>) -> Vec<f64> {
    let parts = terms.owners.iter().filter_map(|owner| match held(owner) {
        Some(Held::Part(part)) => Some(*part),
        _ => None,
    });
    parts.collect()
}

/// Without the noise of the last digits.
fn rounded(percent: f64) -> f64 {
    (percent * 1e9).round() / 1e9
}
