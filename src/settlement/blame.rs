//! The reasons of a shortfall as the ledger shows them.

use super::course::{Sources, day_before};
use super::gauge::Gauge;
use super::reason::{Reason, Reasons, Why, asked, class_of, gauges_of_row, readings};
use super::verdict::{Settlement, Status};
use crate::agreement::Count;
use crate::allocation::Binding;
use crate::basin::Basin;
use crate::calendar::{Window, day_index};
use crate::ledger::Ledger;
use crate::model::Model;
use crate::simulation::Plan;
use crate::units::{Flow, SECONDS_PER_DAY, Volume};

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
    plan: &'a Plan,
    ledger: &'a Ledger,
    over: &'a OverLimit,
    pub(super) gauges: Vec<(Gauge, f64, u32)>,
    /// Its number among those that claim.
    claiming: Option<usize>,
    /// The class it stands in: that of its claim, or of the offtakes where it is measured.
    class: Option<usize>,
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

    fn model(&self) -> &'a Model {
        self.plan.model()
    }

    fn basin(&self) -> &'a Basin {
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
        let mut waters: Vec<Waters> = self
            .gauges
            .iter()
            .map(|&(gauge, weight, lag)| Waters::new(self, gauge, weight, lag))
            .collect();
        for day in 0..self.ledger.days().min((last + 1).max(0) as usize) {
            for water in &mut waters {
                water.pass(day);
            }
            let Ok(into) = usize::try_from(day as i64 - first) else {
                continue;
            };
            let due = row.pace[into] + row.before[into];
            if due > came[day] {
                let left = (due - came[day]).min(row.pace[into]);
                self.reasons_of_day(day, left, &mut waters, reasons);
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
                let journal = self.ledger.offtakes();
                let got = journal.delivered.at(then, i) + limits.held_back.at(then, i);
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
            let mut water = Waters::new(self, gauge, weight, lag);
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

fn store_at(basin: &Basin, node: usize) -> Option<usize> {
    (0..basin.reservoirs().len()).find(|&k| basin.reservoir_node(k) == node)
}

/// The water that came or could have come to one place, followed from the first day on.
struct Waters<'c, 'a> {
    case: &'c Case<'a>,
    node: usize,
    weight: f64,
    lag: usize,
    sources: Sources,
    /// Users at the place itself.
    own: Vec<usize>,
    /// By reservoir of the sources.
    stocks: Vec<Stock>,
    /// The reservoir whose storage is at stake, if one is: which of the sources'.
    filled: Option<usize>,
}

/// What a reservoir's water has explained, and what more might lie there.
#[derive(Clone, Debug, Default)]
struct Stock {
    /// What was in store and has explained a shortfall, in m3 there.
    spent: f64,
    /// What would still be in store if it had not been taken or lost before, in m3 at the place.
    gone: Vec<(Why, f64)>,
}

/// A way in which more might have come on a day, in m3 at the place.
struct Chance {
    why: Why,
    amount: f64,
    /// Behind which reservoir.
    stock: Option<usize>,
}

impl<'c, 'a> Waters<'c, 'a> {
    fn new(case: &'c Case<'a>, gauge: Gauge, weight: f64, lag: u32) -> Self {
        let basin = case.basin();
        let node = gauge.node(basin);
        let sources = Sources::of(basin, node, gauge.at(basin));
        let own = case.gauges.iter().filter_map(|(gauge, ..)| match gauge {
            Gauge::Offtake(i) => Some(*i),
            _ => None,
        });
        let filled = match gauge {
            Gauge::Storage(k) => sources.stores.iter().position(|&store| store == k),
            _ => None,
        };
        Self {
            node,
            weight,
            lag: lag as usize,
            own: own.collect(),
            stocks: vec![Stock::default(); sources.stores.len()],
            filled,
            sources,
            case,
        }
    }

    /// The day on which water passes a node of the course that counts at the place on a day.
    fn day_at(&self, v: usize, day: usize) -> Option<usize> {
        self.day_before(self.sources.course.travel(v), day)
    }

    /// The day on which it was so many days from the place.
    fn day_before(&self, travel: i64, day: usize) -> Option<usize> {
        let day = day.checked_sub(self.lag)?;
        day_before(day, travel, self.case.ledger.days())
    }

    /// What a m3 in a reservoir counts at the place.
    fn gain(&self, stock: usize) -> f64 {
        let node = self.case.basin().reservoir_node(self.sources.stores[stock]);
        self.weight * self.sources.course.gain(node).unwrap_or_default()
    }

    /// What left the place by reaches on a day on purpose.
    fn outflow(&self, day: usize) -> f64 {
        let basin = self.case.basin();
        let ledger = self.case.ledger;
        let Some(day) = self.day_at(self.node, day) else {
            return 0.0;
        };
        let leaving = (0..basin.reaches().len()).filter(|&r| basin.reach_ends(r).0 == self.node);
        let sent: f64 = leaving.map(|r| ledger.reaches().entered.at(day, r)).sum();
        let spill =
            store_at(basin, self.node).map_or(0.0, |k| ledger.reservoirs().spill.at(day, k));
        (sent - spill).max(0.0)
    }

    /// What users took of the water that is at the place on a day.
    fn takings(&self, day: usize) -> Vec<Chance> {
        let case = self.case;
        let mut found: Vec<Chance> = Vec::new();
        let mut below = Vec::new();
        for user in &self.sources.users {
            let i = user.offtake;
            let there = self.day_before(user.travel, day);
            let Some(there) = there.filter(|_| !self.own.contains(&i)) else {
                continue;
            };
            let amount = self.weight * user.weight * case.ledger.offtakes().delivered.at(there, i);
            let why = Why::taken(case.model(), i, case.class);
            let (over, limit) = case
                .over
                .part(case.ledger.window(), i, there)
                .unwrap_or((0.0, ""));
            let party = case.basin().offtakes()[i].party.clone();
            let limit = limit.to_owned();
            for (why, part) in [(why, 1.0 - over), (Why::OverLimit { party, limit }, over)] {
                let chance = Chance {
                    why,
                    amount: amount * part,
                    stock: user.behind,
                };
                if user.below {
                    below.push(chance);
                } else {
                    found.push(chance);
                }
            }
        }
        // Some of what users below took may have come from elsewhere.
        let passed = self.weight * self.outflow(day);
        let taken: f64 = below.iter().map(|chance| chance.amount).sum();
        if taken > passed {
            below
                .iter_mut()
                .for_each(|chance| chance.amount *= passed / taken);
        }
        if let Some(stock) = self.filled {
            found.push(Chance {
                why: Why::released(case.model(), self.sources.stores[stock]),
                amount: (passed - taken).max(0.0),
                stock: Some(stock),
            });
        }
        found.extend(below);
        found.retain(|chance| chance.amount > 0.0);
        found
    }

    /// Follows what reservoirs would hold to the wave that passes the place on a day.
    fn pass(&mut self, day: usize) {
        let case = self.case;
        let takings = self.takings(day);
        let journal = case.ledger.reservoirs();
        for n in 0..self.stocks.len() {
            let k = self.sources.stores[n];
            let Some(there) = self.day_at(case.basin().reservoir_node(k), day) else {
                continue;
            };
            let gain = self.gain(n);
            let stock = &mut self.stocks[n];
            // What spilled would have refilled the room.
            stock.spent = (stock.spent - journal.spill.at(there, k)).max(0.0);
            let vanished = (-journal.unaccounted.at(there, k)).max(0.0) * gain;
            stock.add(Why::unaccounted(case.model(), k), vanished);
            for chance in takings.iter().filter(|chance| chance.stock == Some(n)) {
                stock.add(chance.why.clone(), chance.amount);
            }
            let full = case.basin().reservoirs()[k].full.m3();
            let room = (full - journal.storage.at(there, k) + stock.spent).max(0.0) * gain;
            let gone: f64 = stock.gone.iter().map(|(_, amount)| amount).sum();
            if gone > room {
                let part = room / gone;
                stock
                    .gone
                    .iter_mut()
                    .for_each(|(_, amount)| *amount *= part);
            }
        }
    }

    /// Names where `left` might have come from on a day, and leaves what might not.
    fn explain(&mut self, day: usize, left: &mut f64, reasons: &mut Reasons) {
        if self.weight <= 0.0 {
            return;
        }
        let case = self.case;
        let mut sent = vec![0.0; case.basin().reaches().len()];
        let mut blocked: Vec<(Chance, Why)> = Vec::new();
        for chance in self.chances(day) {
            let mut part = chance.amount.min(*left);
            if let Some(n) = chance.stock.filter(|_| chance.stock != self.filled) {
                let (room, place) = self.room(n, day, &sent);
                if room < part {
                    let why = Why::Capacity { place };
                    let amount = chance.amount - room;
                    let stock = chance.stock;
                    blocked.push((Chance { why, amount, stock }, chance.why.clone()));
                    part = room;
                }
                self.send(n, part, &mut sent);
            }
            self.spend(chance.stock, &chance.why, part);
            reasons.add(chance.why, part);
            *left -= part;
        }
        for (chance, what) in blocked {
            let part = chance.amount.min(*left);
            self.spend(chance.stock, &what, part);
            reasons.add(chance.why, part);
            *left -= part;
        }
        for n in 0..self.stocks.len() {
            let why = Why::unaccounted(case.model(), self.sources.stores[n]);
            let part = self.stocks[n].amount(&why).min(*left);
            self.spend(Some(n), &why, part);
            reasons.add(why, part);
            *left -= part;
        }
    }

    /// All that might have come but what disappeared, in the order in which it is named.
    fn chances(&self, day: usize) -> Vec<Chance> {
        let case = self.case;
        let mut chances = self.takings(day);
        chances.retain(|chance| chance.stock.is_none());
        for (n, stock) in self.stocks.iter().enumerate() {
            let k = self.sources.stores[n];
            let Some(there) = self.day_at(case.basin().reservoir_node(k), day) else {
                continue;
            };
            let unaccounted = Why::unaccounted(case.model(), k);
            let gone = stock.gone.iter().filter(|(why, _)| *why != unaccounted);
            chances.extend(gone.map(|(why, amount)| Chance {
                why: why.clone(),
                amount: *amount,
                stock: Some(n),
            }));
            if self.filled != Some(n) {
                let dead = case.basin().reservoirs()[k].dead.m3();
                let held = case.ledger.reservoirs().storage.at(there, k) - dead - stock.spent;
                chances.push(Chance {
                    why: Why::held(case.model(), k),
                    amount: held.max(0.0) * self.gain(n),
                    stock: Some(n),
                });
            }
        }
        let parties = case.basin().parties();
        let from_last = |party: &String| {
            let at = parties.iter().position(|p| p.id == *party);
            parties.len() - at.unwrap_or(parties.len())
        };
        // Sorting keeps the nearest reservoir first.
        chances.sort_by_key(|chance| match &chance.why {
            Why::Released { .. } => (0, 0),
            Why::HeldInStorage { .. } => (1, 0),
            Why::OverLimit { .. } => (2, 0),
            Why::Taken { party } => (3, from_last(party)),
            Why::Equals { party } => (4, from_last(party)),
            Why::Seniors { party } => (5, from_last(party)),
            _ => (6, 0),
        });
        chances
    }

    fn spend(&mut self, stock: Option<usize>, why: &Why, part: f64) {
        let Some(n) = stock.filter(|_| part > 0.0) else {
            return;
        };
        let gain = self.gain(n);
        let stock = &mut self.stocks[n];
        match stock.gone.iter_mut().find(|(gone, _)| gone == why) {
            Some((_, amount)) => *amount -= part,
            None => stock.spent += part / gain,
        }
    }

    /// The room on the way from a reservoir on a day, as it counts at the place, and the place where
    /// there is least.
    fn room(&self, n: usize, day: usize, sent: &[f64]) -> (f64, String) {
        let case = self.case;
        let basin = case.basin();
        let mut arriving = 1.0;
        let mut least = (f64::INFINITY, String::new());
        for &r in &self.sources.ways[n] {
            let (tail, _) = basin.reach_ends(r);
            let Some(there) = self.day_at(tail, day) else {
                continue;
            };
            let reach = &basin.reaches()[r];
            let mut open =
                case.plan.capacity(r, there) - case.ledger.reaches().entered.at(there, r);
            let mut place = &reach.id;
            if let Some(k) = store_at(basin, tail) {
                let outlets =
                    self.outlets(k, there) - case.ledger.reservoirs().release.at(there, k);
                if outlets < open {
                    (open, place) = (outlets, &basin.reservoirs()[k].node);
                }
            }
            let room = (open - sent[r]).max(0.0) / arriving;
            if room < least.0 {
                least = (room, place.clone());
            }
            arriving *= 1.0 - reach.loss;
        }
        (least.0 * self.gain(n), least.1)
    }

    fn send(&self, n: usize, part: f64, sent: &mut [f64]) {
        let mut passing = part / self.gain(n);
        for &r in &self.sources.ways[n] {
            sent[r] += passing;
            passing *= 1.0 - self.case.basin().reaches()[r].loss;
        }
    }

    /// The most a dam could have released on a day whatever its policy: its outlets, the limits of the
    /// season, and that on the change from the day before.
    fn outlets(&self, k: usize, day: usize) -> f64 {
        let case = self.case;
        let reservoir = &case.basin().reservoirs()[k];
        let journal = case.ledger.reservoirs();
        let before = day.checked_sub(1);
        let storage = before.map_or(case.ledger.initial_storage()[k], |day| {
            journal.storage.at(day, k)
        });
        let river = case.basin().river_from(case.basin().reservoir_node(k));
        let antecedent = river.map_or(0.0, |r| {
            case.plan.reaches[r].antecedent / case.plan.reaches[r].gain
        });
        let last = before.map_or(antecedent, |day| journal.release.at(day, k));
        let last = Flow::from_m3s(last / SECONDS_PER_DAY);
        let date = case.ledger.date(day);
        let (_, most) = reservoir.release_limits(date, Volume::from_m3(storage), last);
        most.m3s() * SECONDS_PER_DAY
    }
}

impl Stock {
    fn add(&mut self, why: Why, amount: f64) {
        if amount <= 0.0 {
            return;
        }
        match self.gone.iter_mut().find(|(gone, _)| *gone == why) {
            Some((_, sum)) => *sum += amount,
            None => self.gone.push((why, amount)),
        }
    }

    fn amount(&self, why: &Why) -> f64 {
        let found = self.gone.iter().find(|(gone, _)| gone == why);
        found.map_or(0.0, |&(_, amount)| amount)
    }
}
