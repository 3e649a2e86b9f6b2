//! The water that came or could have come to a place, followed day by day.

use super::blame::Case;
use super::course::{Sources, day_before};
use super::gauge::Gauge;
use super::reason::{Reasons, Why};
use crate::basin::Basin;
use crate::units::{Flow, SECONDS_PER_DAY, Volume};

pub(super) fn store_at(basin: &Basin, node: usize) -> Option<usize> {
    (0..basin.reservoirs().len()).find(|&k| basin.reservoir_node(k) == node)
}

/// The water that came or could have come to one place, followed from the first day on.
pub(super) struct Waters<'c, 'a> {
    case: &'c Case<'a>,
    pub(super) node: usize,
    weight: f64,
    lag: usize,
    sources: Sources,
    /// Users at the place itself.
    own: Vec<usize>,
    /// By reservoir of the sources.
    stocks: Vec<Stock>,
    /// By reservoir of the sources and day: the water above dead storage at the day's end that did
    /// not come to the place later either, in m3 there.
    idle: Vec<Vec<f64>>,
    /// The reservoir whose storage is at stake, if one is: which of the sources'.
    filled: Option<usize>,
    /// What others took today below all reservoirs, as far as it has not explained anything.
    today: Vec<Chance>,
    /// What left store today, of which users took the first part and nobody the second, and has
    /// explained something before.
    double: [f64; 2],
}

/// What a reservoir's water has explained, and what more might lie there.
#[derive(Clone, Debug, Default)]
struct Stock {
    /// What was in store and has explained a shortfall, in m3 there.
    spent: f64,
    /// What would still be in store if it had not been taken or lost before, in m3 at the place.
    gone: Vec<(Why, f64)>,
    /// What would still be in store if others had not taken as much today, in m3 at the place.
    saved: f64,
}

/// What a reservoir let go on a day for others, in m3 at the place.
struct ForOthers {
    stock: usize,
    taken: f64,
    nobody: f64,
}

/// A way in which more might have come on a day, in m3 at the place.
#[derive(Clone, Debug)]
struct Chance {
    why: Why,
    amount: f64,
    /// Behind which reservoir.
    stock: Option<usize>,
}

impl<'c, 'a> Waters<'c, 'a> {
    /// Follows the water up to the last day of `spare`, which says by day how much more came than was
    /// of use.
    pub(super) fn new(
        case: &'c Case<'a>,
        gauge: Gauge,
        weight: f64,
        lag: u32,
        spare: &[f64],
    ) -> Self {
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
        let mut waters = Self {
            node,
            weight,
            lag: lag as usize,
            own: own.collect(),
            stocks: vec![Stock::default(); sources.stores.len()],
            filled,
            today: Vec::new(),
            double: [0.0; 2],
            idle: vec![vec![0.0; spare.len()]; sources.stores.len()],
            sources,
            case,
        };
        waters.find_idle(spare);
        waters
    }

    /// From the last day back: what lies in store on a day is idle as far as it is so on the next,
    /// or disappears, or goes to others or nobody until then.
    fn find_idle(&mut self, spare: &[f64]) {
        let case = self.case;
        let stores = case.ledger.reservoirs();
        for day in (0..spare.len()).rev() {
            for n in 0..self.stocks.len() {
                let k = self.sources.stores[n];
                let dead = case.basin().reservoirs()[k].dead.m3();
                // Before its first day nothing is known of it.
                self.idle[n][day] =
                    if let Some(there) = self.day_at(case.basin().reservoir_node(k), day) {
                        let held = stores.storage.at(there, k) - dead;
                        let last = day + 1 == spare.len();
                        let later = if last { held } else { self.idle[n][day] };
                        held.min(later)
                    } else {
                        0.0
                    };
            }
            // What left on this day is idle before it.
            let Some(before) = day.checked_sub(1) else {
                break;
            };
            let others = self.others(day, spare[day]);
            for n in 0..self.stocks.len() {
                let k = self.sources.stores[n];
                let node = case.basin().reservoir_node(k);
                let vanished = self
                    .day_at(node, day)
                    .map_or(0.0, |there| (-stores.unaccounted.at(there, k)).max(0.0));
                let left = others.iter().filter(|other| other.stock == n);
                let left: f64 = left.map(|other| other.taken + other.nobody).sum();
                self.idle[n][before] = self.idle[n][day] + vanished + left / self.gain(n);
            }
        }
    }

    /// The day on which water passes a node on its way that counts at the place on a day.
    pub(super) fn day_at(&self, v: usize, day: usize) -> Option<usize> {
        self.day_before(self.sources.course.travel(v), day)
    }

    /// The same at an offtake, which may lie beside the way, or below the place.
    fn day_of_user(&self, i: usize, day: usize) -> Option<usize> {
        let basin = self.case.basin();
        let lead = |v: usize| i64::from(basin.lead(v));
        let user = self.sources.users.iter().find(|user| user.offtake == i);
        let travel = user.map_or_else(
            || lead(self.node) - lead(basin.offtake_node(i)),
            |user| user.travel,
        );
        self.day_before(travel, day)
    }

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
            for chance in &mut below {
                chance.amount *= passed / taken;
            }
        }
        if let Some(stock) = self.filled {
            found.push(Chance {
                why: Why::released(case.model(), self.sources.stores[stock]),
                amount: (passed - taken).max(0.0),
                stock: Some(stock),
            });
        }
        found.extend(below);
        let mut merged: Vec<Chance> = Vec::new();
        for chance in found.into_iter().filter(|chance| chance.amount > 0.0) {
            let same = |other: &&mut Chance| other.why == chance.why && other.stock == chance.stock;
            match merged.iter_mut().find(same) {
                Some(other) => other.amount += chance.amount,
                None => merged.push(chance),
            }
        }
        merged
    }

    /// Follows what reservoirs would hold to the wave that passes the place on a day.
    pub(super) fn pass(&mut self, day: usize) {
        let case = self.case;
        let mut takings = self.takings(day);
        let mut double = 0.0;
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
            let storage = journal.storage.at(there, k);
            let reservoir = &case.basin().reservoirs()[k];
            // Water that had come to the point could not disappear.
            let vanished = (-journal.unaccounted.at(there, k)).max(0.0);
            let idle = self.idle[n][day].max(0.0);
            let left = (idle + vanished - stock.spent).max(0.0);
            stock.spent = (stock.spent - (vanished - left).max(0.0)).max(0.0);
            stock.add(Why::unaccounted(case.model(), k), vanished.min(left) * gain);
            // What had come to the point could not go to others either.
            let over = (stock.spent - idle).max(0.0);
            stock.spent -= over;
            double += over * gain;
            for chance in takings.iter().filter(|chance| chance.stock == Some(n)) {
                stock.add(chance.why.clone(), chance.amount);
            }
            let room = (reservoir.full.m3() - storage + stock.spent).max(0.0) * gain;
            let gone: f64 = stock.gone.iter().map(|(_, amount)| amount).sum();
            if gone > room {
                let part = room / gone;
                stock
                    .gone
                    .iter_mut()
                    .for_each(|(_, amount)| *amount *= part);
            }
        }
        takings.retain(|chance| chance.stock.is_none());
        let taken: f64 = takings.iter().map(|chance| chance.amount).sum();
        let double = [double.min(taken), (double - taken).max(0.0)];
        for chance in takings.iter_mut().filter(|_| taken > 0.0) {
            chance.amount *= 1.0 - double[0] / taken;
        }
        self.double = double;
        self.today = takings;
    }

    /// What the last reservoirs on the way let go on a day for others, and for nobody: at most `spare`
    /// of what came to the place.
    fn others(&self, day: usize, spare: f64) -> Vec<ForOthers> {
        let case = self.case;
        let basin = case.basin();
        let is_last = |n: &usize| {
            let mut beyond = self.sources.ways[*n].iter().skip(1);
            !beyond.any(|&r| store_at(basin, basin.reach_ends(r).0).is_some())
        };
        let last = (0..self.stocks.len()).filter(|n| self.filled.is_none() && is_last(n));
        let released: Vec<(usize, f64)> = last
            .filter_map(|n| {
                let k = self.sources.stores[n];
                let there = self.day_at(basin.reservoir_node(k), day)?;
                let release = case.ledger.reservoirs().release.at(there, k);
                Some((n, self.gain(n) * release))
            })
            .collect();
        let all: f64 = released.iter().map(|&(_, volume)| volume).sum();
        let own = self.own.iter().filter_map(|&i| {
            let there = self.day_of_user(i, day)?;
            Some(self.weight * case.ledger.offtakes().delivered.at(there, i))
        });
        let takings = self.takings(day);
        let direct = takings.iter().filter(|chance| chance.stock.is_none());
        let taken: f64 = direct.map(|chance| chance.amount).sum();
        let nobody = (all - taken - own.sum::<f64>()).clamp(0.0, spare.max(0.0));
        let shares = released.into_iter().filter(|&(_, volume)| volume > 0.0);
        shares
            .map(|(stock, volume)| ForOthers {
                stock,
                taken: taken.min(all) * (volume / all),
                nobody: nobody * (volume / all),
            })
            .collect()
    }

    /// What others took on a day and has explained nothing would still lie in store on the next: it
    /// was released for them, or would have come in place of what was held.
    pub(super) fn let_go(&mut self, day: usize, spare: f64) {
        let others = self.others(day, spare);
        let nobody: f64 = others.iter().map(|other| other.nobody).sum();
        let released: f64 = others.iter().map(|other| other.taken).sum();
        // What is left of a volume after another.
        let left = |of: f64, after: f64| if of > after { 1.0 - after / of } else { 0.0 };
        let [for_users, for_nobody] =
            [left(released, self.double[0]), left(nobody, self.double[1])];
        for other in others {
            let stock = &mut self.stocks[other.stock];
            stock.saved += other.taken * for_users;
            let why = Why::released(self.case.model(), self.sources.stores[other.stock]);
            stock.add(why, other.nobody * for_nobody);
        }
        let today = std::mem::take(&mut self.today);
        let taken: f64 = today.iter().map(|chance| chance.amount).sum();
        let saved: f64 = self.stocks.iter().map(|stock| stock.saved).sum();
        for stock in &mut self.stocks {
            let saved = std::mem::take(&mut stock.saved) / saved.max(taken);
            // Nothing to save and nothing taken is no number.
            for chance in today.iter().filter(|_| saved > 0.0) {
                stock.add(chance.why.clone(), saved * chance.amount);
            }
        }
    }

    /// Names where `left` might have come from on a day, and leaves what might not.
    pub(super) fn explain(&mut self, day: usize, left: &mut f64, reasons: &mut Reasons) {
        if self.weight <= 0.0 {
            return;
        }
        let case = self.case;
        let mut sent = vec![0.0; case.basin().reaches().len()];
        let mut blocked: Vec<(Chance, Why)> = Vec::new();
        for chance in self.chances(day) {
            let mut part = chance.amount.min(*left);
            let same = |today: &&mut Chance| chance.stock.is_none() && today.why == chance.why;
            if let Some(today) = self.today.iter_mut().find(same) {
                today.amount -= part;
            }
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
        let mut chances = self.today.clone();
        for (n, stock) in self.stocks.iter().enumerate() {
            let k = self.sources.stores[n];
            if self.filled != Some(n) {
                let held = self.idle[n][day] - stock.spent;
                chances.push(Chance {
                    why: Why::held(case.model(), k),
                    amount: held.max(0.0) * self.gain(n),
                    stock: Some(n),
                });
            }
            let unaccounted = Why::unaccounted(case.model(), k);
            let gone = stock.gone.iter().filter(|(why, _)| *why != unaccounted);
            chances.extend(gone.map(|(why, amount)| Chance {
                why: why.clone(),
                amount: *amount,
                stock: Some(n),
            }));
        }
        let parties = case.basin().parties();
        let from_last = |party: &String| {
            let at = parties.iter().position(|p| p.id == *party);
            parties.len() - at.unwrap_or(parties.len())
        };
        // Sorting keeps the nearest reservoir first.
        chances.sort_by_key(|chance| match &chance.why {
            Why::Released { .. } | Why::HeldInStorage { .. } => (1, 0),
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
        stock.saved += part;
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
