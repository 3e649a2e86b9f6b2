//! The reasons of a shortfall as the ledger shows them.

use super::followed::Followed;
use super::gauge::Gauge;
use super::reason::{Reason, Reasons, Why, asked, class_of, gauges_of_row, readings};
use super::verdict::{Settlement, Status};
use super::waters::{Waters, store_at};
use crate::agreement::Count;
use crate::allocation::Binding;
use crate::basin::Basin;
use crate::calendar::{Window, day_index};
use crate::ledger::Ledger;
use crate::model::Model;
use crate::simulation::Plan;
use crate::units::SECONDS_PER_DAY;

/// Which part of withdrawals was beyond a limit.
#[derive(Clone, Debug)]
pub(super) struct OverLimit {
    /// By offtake: where it exceeded one.
    by_offtake: Vec<Vec<Over>>,
}

/// Days on which an offtake took more than a limit allows.
#[derive(Clone, Debug)]
pub(super) struct Over {
    /// The first day and the last, counted from the first of the run.
    pub(super) first: i64,
    pub(super) last: i64,
    /// The part taken in excess.
    pub(super) part: f64,
    /// The obligation that limits.
    pub(super) limit: String,
}

impl OverLimit {
    pub(super) fn of(model: &Model, run: Window, rows: &[Settlement]) -> Self {
        let mut by_offtake = vec![Vec::new(); model.basin().offtakes().len()];
        for row in rows.iter().filter(|row| row.status == Status::Exceeded) {
            let (Some(allowed), Some(used)) = (row.committed, row.delivered) else {
                continue;
            };
            for (gauge, ..) in gauges_of_row(model, row) {
                if let Gauge::Offtake(i) = gauge {
                    by_offtake[i].push(Over {
                        first: day_index(run.from(), row.period.from()),
                        last: day_index(run.from(), row.period.to()),
                        part: ((used - allowed) / used).clamp(0.0, 1.0),
                        limit: row.obligation.clone(),
                    });
                }
            }
        }
        Self { by_offtake }
    }

    /// Where an offtake exceeded limits. On a day in several the first counts.
    pub(super) fn of_offtake(&self, offtake: usize) -> &[Over] {
        &self.by_offtake[offtake]
    }

    /// The part of what an offtake took on a day of the run beyond its limit.
    pub(super) fn part(&self, offtake: usize, day: usize) -> Option<(f64, &str)> {
        let day = day as i64;
        let mut limits = self.by_offtake[offtake].iter();
        let over = limits.find(|over| over.first <= day && day <= over.last)?;
        Some((over.part, &over.limit))
    }
}

/// One obligation with all that explains its shortfalls.
pub(super) struct Case<'a> {
    pub(super) plan: &'a Plan,
    pub(super) ledger: &'a Ledger,
    pub(super) over: &'a OverLimit,
    pub(super) gauges: Vec<(Gauge, f64, u32)>,
    /// By day of the run: what came at its places.
    pub(super) came: Vec<f64>,
    /// By day of the run: what was asked for there, if all of them are offtakes.
    pub(super) asked: Option<Vec<f64>>,
    /// Its number among those that claim.
    claiming: Option<usize>,
    /// The class it stands in: that of its claim, or of the offtakes where it is measured.
    pub(super) class: Option<usize>,
}

/// The water for the places of an obligation, followed once for all its periods.
pub(super) struct Trail<'c, 'a> {
    case: &'c Case<'a>,
    waters: Vec<Waters<'c, 'a>>,
    /// The water before a day, if nothing has been explained.
    eve: Vec<Followed>,
    day: usize,
}

impl<'a> Case<'a> {
    /// The case of the obligation a row is of.
    pub(super) fn new(
        plan: &'a Plan,
        ledger: &'a Ledger,
        row: &Settlement,
        over: &'a OverLimit,
    ) -> Self {
        let model = plan.model();
        let gauges = gauges_of_row(model, row);
        let claiming = plan
            .claiming()
            .iter()
            .position(|c| (c.agreement, c.obligation) == row.number);
        Self {
            class: class_of_row(model, row, &gauges),
            came: readings(model, ledger, &gauges),
            asked: asked(ledger, &gauges),
            plan,
            ledger,
            over,
            gauges,
            claiming,
        }
    }

    pub(super) fn model(&self) -> &'a Model {
        self.plan.model()
    }

    pub(super) fn basin(&self) -> &'a Basin {
        self.plan.model().basin()
    }

    fn no_water(&self) -> Why {
        let node = self
            .gauges
            .first()
            .map(|(gauge, ..)| gauge.node(self.basin()));
        let node = node.map_or(String::new(), |v| self.basin().nodes()[v].id.clone());
        Why::NoWater { node }
    }

    fn reasons_of_day(
        &self,
        day: usize,
        missing: f64,
        waters: &mut [(&Waters, Followed)],
        reasons: &mut Reasons,
    ) {
        let mut left = missing;
        if self.asked.is_some() {
            for (&(gauge, weight, lag), water) in self.gauges.iter().zip(waters) {
                let (Gauge::Offtake(i), Some(then)) = (gauge, day.checked_sub(lag as usize)) else {
                    continue;
                };
                let limits = self.ledger.limits();
                let held = (weight * limits.held_back.at(then, i)).clamp(0.0, left);
                if let Some(why) = self.ceiling(limits.of_offtake.at(then, i)) {
                    reasons.add(&why, held);
                    left -= held;
                }
                let licences = self.ledger.licences();
                let cut = (weight * licences.from_offtake.at(then, i)).clamp(0.0, left);
                if let Some(why) = self.licence(licences.of_offtake.at(then, i)) {
                    reasons.add(&why, cut);
                    left -= cut;
                }
                let journal = self.ledger.offtakes();
                let kept = limits.held_back.at(then, i) + licences.from_offtake.at(then, i);
                let got = journal.delivered.at(then, i) + kept;
                let unmet = weight * (journal.demand.at(then, i) - got);
                let mut part = unmet.clamp(0.0, left);
                left -= part;
                let offtake = &self.basin().offtakes()[i];
                let head = offtake
                    .capacity
                    .map_or(f64::INFINITY, |q| q.m3s() * SECONDS_PER_DAY);
                let beyond = (weight * (journal.demand.at(then, i) - head)).clamp(0.0, part);
                let place = offtake.id.clone();
                reasons.add(&Why::Capacity { place }, beyond);
                part -= beyond;
                self.water_missing(day, part, journal.binding.at(then, i), water, reasons);
            }
            reasons.add(&Why::NotDemanded, left);
            return;
        }
        if let Some(&(Gauge::Energy(k), ..)) = self.gauges.first() {
            let reservoir = self.basin().reservoirs()[k].node.clone();
            reasons.add(&Why::LittleWaterThroughTurbines { reservoir }, left);
            return;
        }
        if let (Some(claiming), [water]) = (self.claiming, &mut *waters) {
            let binding = self.ledger.claims().binding.at(day, claiming);
            self.water_missing(day, left, binding, water, reasons);
            return;
        }
        for (water, followed) in waters {
            followed.explain(water, day, &mut left, reasons);
        }
        reasons.add(&self.no_water(), left);
    }

    /// The ceiling that a number in the journal of limits stands for.
    fn ceiling(&self, number: u32) -> Option<Why> {
        let ceiling = &self.plan.claiming()[number.checked_sub(1)? as usize];
        let obligations = &self.model().agreements()[ceiling.agreement].obligations;
        Some(Why::Limit {
            limit: obligations[ceiling.obligation].id.clone(),
        })
    }

    /// The licence that a number in the journal of licences stands for.
    fn licence(&self, number: u32) -> Option<Why> {
        let licence = &self.model().licences()[number.checked_sub(1)? as usize];
        Some(Why::Licence {
            licence: licence.id.clone(),
        })
    }

    /// Explains water missing on a day at one place, with what the allocation says of its claim.
    fn water_missing(
        &self,
        day: usize,
        mut left: f64,
        binding: Binding,
        (water, followed): &mut (&Waters, Followed),
        reasons: &mut Reasons,
    ) {
        let basin = self.basin();
        let reach = |r: usize| basin.reaches()[r].id.clone();
        let node = |v: usize| basin.nodes()[v].id.clone();
        let dam = |r: usize| store_at(basin, basin.reach_ends(r).0).is_some();
        match binding {
            // At a dam it may be the policy: that shows in what is held.
            Binding::Capacity(r) => {
                let then = water.day_at(basin.reach_ends(r).0, day);
                let ceiling = then.map(|then| self.ledger.limits().of_reach.at(then, r));
                if let Some(why) = ceiling.and_then(|number| self.ceiling(number)) {
                    return reasons.add(&why, left);
                }
                if !dam(r) {
                    return reasons.add(&Why::Capacity { place: reach(r) }, left);
                }
            }
            Binding::Floor(r) => return reasons.add(&Why::MinimumFlow { reach: reach(r) }, left),
            _ => {}
        }
        followed.explain(water, day, &mut left, reasons);
        let rest = match binding {
            Binding::Seniors(v) => Why::SeniorsAt { node: node(v) },
            Binding::NoWater(v) => Why::NoWater { node: node(v) },
            _ => self.no_water(),
        };
        reasons.add(&rest, left);
    }
}

impl<'c, 'a> Trail<'c, 'a> {
    pub(super) fn new(case: &'c Case<'a>) -> Self {
        let gauges = case.gauges.iter();
        let waters: Vec<Waters> = gauges
            .map(|&(gauge, weight, lag)| Waters::new(case, gauge, weight, lag))
            .collect();
        Self {
            eve: waters.iter().map(Followed::new).collect(),
            day: 0,
            waters,
            case,
        }
    }

    /// The reasons of a shortfall, in the row's unit.
    pub(super) fn explain(&mut self, row: &Settlement) -> Vec<Reason> {
        let brought = brought_forward(row);
        let mut reasons = Reasons::default();
        let run = self.case.ledger.window();
        let days = [row.period.from(), row.period.to()].map(|date| day_index(run.from(), date));
        // A period that the run cuts is not short.
        if let [Ok(first), Ok(last)] = days.map(usize::try_from) {
            if row.count == Count::AtEnd {
                self.storage(last, row, &mut reasons);
            } else {
                self.days(first, row, &mut reasons);
            }
        }
        let rest = row.shortfall() - brought;
        let mut found = reasons.explain(rest);
        if found.is_empty() && rest > 0.0 {
            // No day fell behind: an account lost what made up for it.
            let mut all = Reasons::default();
            all.add(&self.case.no_water(), rest);
            found = all.explain(rest);
        }
        if brought > 0.0 {
            found.push(Reason {
                why: Why::BroughtForward,
                amount: brought,
            });
        }
        found
    }

    /// The water on the eve of a day, followed from the last such day if it was not later.
    fn until(&mut self, day: usize, count: Count) -> &[Followed] {
        if self.day > day {
            self.eve = self.waters.iter().map(Followed::new).collect();
            self.day = 0;
        }
        for past in self.day..day {
            for (water, eve) in self.waters.iter().zip(&mut self.eve) {
                eve.pass(water, past);
                if count != Count::AtEnd {
                    // All that came before the period began was of no use for it.
                    eve.let_go(water, past, f64::INFINITY);
                }
            }
        }
        self.day = day;
        &self.eve
    }

    fn days(&mut self, first: usize, row: &Settlement, reasons: &mut Reasons) {
        let case = self.case;
        let due = || {
            row.pace
                .iter()
                .zip(&row.before)
                .map(|(pace, before)| pace + before)
        };
        // What came too much: in a sum nothing.
        let spare: Vec<f64> = (case.came[first..].iter().zip(due()))
            .map(|(came, due)| match row.count {
                Count::EachDay => (came - due).max(0.0),
                _ => 0.0,
            })
            .collect();
        self.until(first, row.count);
        let waters = self.waters.iter().zip(&self.eve);
        let mut waters: Vec<(&Waters, Followed)> = waters
            .map(|(water, eve)| (water, eve.for_period(water, first, &spare)))
            .collect();
        for (into, (due, spare)) in due().zip(spare).enumerate() {
            let day = first + into;
            for (water, followed) in &mut waters {
                followed.pass(water, day);
            }
            if due > case.came[day] {
                let left = (due - case.came[day]).min(row.pace[into]);
                case.reasons_of_day(day, left, &mut waters, reasons);
            }
            for (water, followed) in &mut waters {
                followed.let_go(water, day, spare);
            }
        }
    }

    /// Why a reservoir holds less than it should at the end of a day.
    fn storage(&mut self, day: usize, row: &Settlement, reasons: &mut Reasons) {
        let mut left = row.shortfall() * row.unit.size();
        self.until(day, row.count);
        for (water, eve) in self.waters.iter().zip(&self.eve) {
            let mut followed = eve.for_period(water, day, &[0.0]);
            followed.pass(water, day);
            followed.explain(water, day, &mut left, reasons);
        }
        reasons.add(&self.case.no_water(), left);
    }
}

/// The debt an account brought forward, as far as it is missing, in the row's unit.
pub(super) fn brought_forward(row: &Settlement) -> f64 {
    (-row.carried_in).clamp(0.0, row.shortfall())
}

/// The class a row's obligation stands in: that of its claim, or of its offtakes.
pub(super) fn class_of_row(
    model: &Model,
    row: &Settlement,
    gauges: &[(Gauge, f64, u32)],
) -> Option<usize> {
    let (agreement, obligation) = row.number;
    let o = &model.agreements()[agreement].obligations[obligation];
    if let Some(claim) = &o.claim {
        return Some(class_of(model, &claim.class));
    }
    let classes = gauges.iter().map(|(gauge, ..)| match gauge {
        Gauge::Offtake(i) => Some(class_of(model, &model.basin().offtakes()[*i].class)),
        _ => None,
    });
    classes.min().flatten()
}
