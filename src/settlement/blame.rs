//! The reasons of a shortfall as the ledger shows them.

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
    /// By offtake: the days, the part taken in excess, and the obligation that limits.
    by_offtake: Vec<Vec<(Window, f64, String)>>,
}

impl OverLimit {
    pub(super) fn of(model: &Model, rows: &[Settlement]) -> Self {
        let mut by_offtake = vec![Vec::new(); model.basin().offtakes().len()];
        for row in rows.iter().filter(|row| row.status == Status::Exceeded) {
            let (Some(allowed), Some(used)) = (row.committed, row.delivered) else {
                continue;
            };
            for (gauge, ..) in gauges_of_row(model, row) {
                if let Gauge::Offtake(i) = gauge {
                    let part = ((used - allowed) / used).clamp(0.0, 1.0);
                    by_offtake[i].push((row.period, part, row.obligation.clone()));
                }
            }
        }
        Self { by_offtake }
    }

    /// The part of what an offtake took on a day of the run beyond its limit; the first limit
    /// exceeded counts.
    pub(super) fn part(&self, run: Window, offtake: usize, day: usize) -> Option<(f64, &str)> {
        let date = crate::calendar::date_of(run.from(), day as i64);
        let mut limits = self.by_offtake[offtake].iter();
        let (_, part, limit) = limits.find(|(window, ..)| window.contains(date))?;
        Some((*part, limit))
    }
}

/// One obligation with all that explains it.
pub(super) struct Case<'a> {
    pub(super) plan: &'a Plan,
    pub(super) ledger: &'a Ledger,
    pub(super) over: &'a OverLimit,
    pub(super) gauges: Vec<(Gauge, f64, u32)>,
    /// Its number among those that claim.
    claiming: Option<usize>,
    /// The class it stands in: that of its claim, or of the offtakes where it is measured.
    pub(super) class: Option<usize>,
}

impl<'a> Case<'a> {
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

    /// The reasons of a shortfall, in the row's unit.
    pub(super) fn explain(&self, row: &Settlement) -> Vec<Reason> {
        let brought = brought_forward(row);
        let mut reasons = Reasons::default();
        if row.count == Count::AtEnd {
            self.storage(row, &mut reasons);
        } else {
            self.days(row, &mut reasons);
        }
        let rest = row.shortfall() - brought;
        let mut found = reasons.explain(rest);
        if found.is_empty() && rest > 0.0 {
            // No day fell behind: an account lost what made up for it.
            let mut all = Reasons::default();
            all.add(self.no_water(), rest);
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

    fn no_water(&self) -> Why {
        let node = self
            .gauges
            .first()
            .map(|(gauge, ..)| gauge.node(self.basin()));
        let node = node.map_or(String::new(), |v| self.basin().nodes()[v].id.clone());
        Why::NoWater { node }
    }

    fn days(&self, row: &Settlement, reasons: &mut Reasons) {
        let run = self.ledger.window();
        let came = readings(self.model(), self.ledger, &self.gauges);
        let first = day_index(run.from(), row.period.from());
        let last = day_index(run.from(), row.period.to());
        let until = (last + 1).max(0) as usize;
        let due_on = |day: usize| {
            let into = usize::try_from(day as i64 - first).ok()?;
            Some(row.pace[into] + row.before[into])
        };
        // What came too much: all before the period begins, in a sum nothing.
        let spare: Vec<f64> = (came.iter().take(until).enumerate())
            .map(|(day, came)| match due_on(day) {
                Some(due) if row.count == Count::EachDay => (came - due).max(0.0),
                Some(_) => 0.0,
                None => f64::INFINITY,
            })
            .collect();
        let mut waters: Vec<Waters> = self
            .gauges
            .iter()
            .map(|&(gauge, weight, lag)| Waters::new(self, gauge, weight, lag, &spare))
            .collect();
        for day in 0..until {
            for water in &mut waters {
                water.pass(day);
            }
            if let Some(due) = due_on(day).filter(|&due| due > came[day]) {
                let left = (due - came[day]).min(row.pace[day - first.max(0) as usize]);
                self.reasons_of_day(day, left, &mut waters, reasons);
            }
            for water in &mut waters {
                water.let_go(day, spare[day]);
            }
        }
    }

    fn reasons_of_day(
        &self,
        day: usize,
        missing: f64,
        waters: &mut [Waters],
        reasons: &mut Reasons,
    ) {
        let mut left = missing;
        if asked(self.ledger, &self.gauges).is_some() {
            for (&(gauge, weight, lag), water) in self.gauges.iter().zip(waters) {
                let (Gauge::Offtake(i), Some(then)) = (gauge, day.checked_sub(lag as usize)) else {
                    continue;
                };
                let limits = self.ledger.limits();
                let held = (weight * limits.held_back.at(then, i)).clamp(0.0, left);
                if let Some(why) = self.ceiling(limits.of_offtake.at(then, i)) {
                    reasons.add(why, held);
                    left -= held;
                }
                let licences = self.ledger.licences();
                let cut = (weight * licences.from_offtake.at(then, i)).clamp(0.0, left);
                if let Some(why) = self.licence(licences.of_offtake.at(then, i)) {
                    reasons.add(why, cut);
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
                reasons.add(Why::Capacity { place }, beyond);
                part -= beyond;
                self.water_missing(day, part, journal.binding.at(then, i), water, reasons);
            }
            reasons.add(Why::NotDemanded, left);
            return;
        }
        if let Some(&(Gauge::Energy(k), ..)) = self.gauges.first() {
            let reservoir = self.basin().reservoirs()[k].node.clone();
            reasons.add(Why::LittleWaterThroughTurbines { reservoir }, left);
            return;
        }
        if let (Some(claiming), [water]) = (self.claiming, &mut *waters) {
            let binding = self.ledger.claims().binding.at(day, claiming);
            self.water_missing(day, left, binding, water, reasons);
            return;
        }
        for water in waters {
            water.explain(day, &mut left, reasons);
        }
        reasons.add(self.no_water(), left);
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
        water: &mut Waters,
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
                    return reasons.add(why, left);
                }
                if !dam(r) {
                    return reasons.add(Why::Capacity { place: reach(r) }, left);
                }
            }
            Binding::Floor(r) => return reasons.add(Why::MinimumFlow { reach: reach(r) }, left),
            _ => {}
        }
        water.explain(day, &mut left, reasons);
        let rest = match binding {
            Binding::Seniors(v) => Why::SeniorsAt { node: node(v) },
            Binding::NoWater(v) => Why::NoWater { node: node(v) },
            _ => self.no_water(),
        };
        reasons.add(rest, left);
    }

    /// Why a reservoir holds less than it should.
    fn storage(&self, row: &Settlement, reasons: &mut Reasons) {
        let run = self.ledger.window();
        let Ok(until) = usize::try_from(day_index(run.from(), row.period.to())) else {
            return;
        };
        let mut left = row.shortfall() * row.unit.size();
        for &(gauge, weight, lag) in &self.gauges {
            let mut water = Waters::new(self, gauge, weight, lag, &vec![0.0; until + 1]);
            for day in 0..=until {
                water.pass(day);
            }
            water.explain(until, &mut left, reasons);
        }
        reasons.add(self.no_water(), left);
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
