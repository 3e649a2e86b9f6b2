//! The water for a place followed day by day: what of it has explained a shortfall, and what might.

use super::reason::{Reasons, Why};
use super::waters::{Chance, Name, Waters};

/// Water followed up to a day.
///
/// Until the first shortfall it explains, what follows from it depends on no period, so that one walk
/// serves all periods of an obligation: each goes on with a copy of its own from its first day.
#[derive(Clone)]
pub(super) struct Followed {
    /// By reservoir of the sources.
    stocks: Vec<Stock>,
    /// What others took today below all reservoirs, as far as it has not explained anything.
    today: Vec<Chance>,
    /// What they took today in all.
    taken: f64,
    /// What left store today, of which users took the first part and nobody the second, and has
    /// explained something before.
    double: [f64; 2],
    /// The first day of the period it is followed for.
    first: usize,
    /// By reservoir of the sources and day of the period: see [`Waters::idle`].
    idle: Vec<Vec<f64>>,
}

/// What a reservoir's water has explained, and what more might lie there.
#[derive(Clone, Debug, Default)]
struct Stock {
    /// What was in store and has explained a shortfall, in m3 there.
    spent: f64,
    /// What would still be in store if it had not been taken or lost before, in m3 at the place.
    gone: Vec<(Name, f64)>,
    /// What would still be in store if others had not taken as much today, in m3 at the place.
    saved: f64,
}

impl Followed {
    /// Before the first day of the run.
    pub(super) fn new(waters: &Waters) -> Self {
        Self {
            stocks: vec![Stock::default(); waters.stores.len()],
            today: Vec::new(),
            taken: 0.0,
            double: [0.0; 2],
            first: usize::MAX,
            idle: Vec::new(),
        }
    }

    /// To be followed on from here for a period of which `spare` says by day how much more came than
    /// was of use.
    pub(super) fn for_period(&self, waters: &Waters, first: usize, spare: &[f64]) -> Self {
        Self {
            first,
            idle: waters.idle(first, spare),
            ..self.clone()
        }
    }

    /// What lies idle in a reservoir. Before the period nothing has explained anything, and it does
    /// not matter how much there is.
    fn idle(&self, n: usize, day: usize) -> f64 {
        let into = day.checked_sub(self.first);
        into.map_or(0.0, |into| self.idle[n][into])
    }

    /// Follows what reservoirs would hold to the wave that passes the place on a day.
    pub(super) fn pass(&mut self, waters: &Waters, day: usize) {
        let mut takings = waters.takings(day);
        let mut double = 0.0;
        let case = waters.case;
        let journal = case.ledger.reservoirs();
        for (n, store) in waters.stores.iter().enumerate() {
            let Some(there) = waters.day_at_store(store, day) else {
                continue;
            };
            let (k, gain) = (store.number, store.gain);
            let idle = self.idle(n, day).max(0.0);
            let stock = &mut self.stocks[n];
            // What spilled would have refilled the room.
            stock.spent = (stock.spent - journal.spill.at(there, k)).max(0.0);
            // Water that had come to the point could not disappear.
            let vanished = waters.vanished(store, day).unwrap_or(0.0);
            let left = (idle + vanished - stock.spent).max(0.0);
            stock.spent = (stock.spent - (vanished - left).max(0.0)).max(0.0);
            stock.add(store.unaccounted, vanished.min(left) * gain);
            // What had come to the point could not go to others either.
            let over = (stock.spent - idle).max(0.0);
            stock.spent -= over;
            double += over * gain;
            for chance in takings.iter().filter(|chance| chance.stock == Some(n)) {
                stock.add(chance.why, chance.amount);
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
        takings.retain(|chance| chance.stock.is_none());
        let taken: f64 = takings.iter().map(|chance| chance.amount).sum();
        let double = [double.min(taken), (double - taken).max(0.0)];
        for chance in takings.iter_mut().filter(|_| taken > 0.0) {
            chance.amount *= 1.0 - double[0] / taken;
        }
        self.double = double;
        self.taken = taken;
        self.today = takings;
    }

    /// What others took on a day and has explained nothing would still lie in store on the next: it
    /// was released for them, or would have come in place of what was held. At most `spare` of what
    /// came was of no use.
    pub(super) fn let_go(&mut self, waters: &Waters, day: usize, spare: f64) {
        let others = waters.others(day, spare, self.taken);
        let nobody: f64 = others.iter().map(|other| other.nobody).sum();
        let released: f64 = others.iter().map(|other| other.taken).sum();
        // What is left of a volume after another.
        let left = |of: f64, after: f64| if of > after { 1.0 - after / of } else { 0.0 };
        let [for_users, for_nobody] =
            [left(released, self.double[0]), left(nobody, self.double[1])];
        for other in others {
            let stock = &mut self.stocks[other.stock];
            stock.saved += other.taken * for_users;
            let why = waters.stores[other.stock].released;
            stock.add(why, other.nobody * for_nobody);
        }
        let today = std::mem::take(&mut self.today);
        let taken: f64 = today.iter().map(|chance| chance.amount).sum();
        let saved: f64 = self.stocks.iter().map(|stock| stock.saved).sum();
        for stock in &mut self.stocks {
            let saved = std::mem::take(&mut stock.saved) / saved.max(taken);
            // Nothing to save and nothing taken is no number.
            for chance in today.iter().filter(|_| saved > 0.0) {
                stock.add(chance.why, saved * chance.amount);
            }
        }
    }

    /// Names where `left` might have come from on a day, and leaves what might not.
    pub(super) fn explain(
        &mut self,
        waters: &Waters,
        day: usize,
        left: &mut f64,
        reasons: &mut Reasons,
    ) {
        if waters.weight <= 0.0 {
            return;
        }
        let mut sent = vec![0.0; waters.case.basin().reaches().len()];
        // What found no room on the way: where, how much, of which chance.
        let mut blocked: Vec<(&str, f64, Chance)> = Vec::new();
        for chance in self.chances(waters, day) {
            let mut part = chance.amount.min(*left);
            let same = |today: &&mut Chance| chance.stock.is_none() && today.why == chance.why;
            if let Some(today) = self.today.iter_mut().find(same) {
                today.amount -= part;
            }
            if let Some(n) = chance.stock.filter(|_| chance.stock != waters.filled) {
                let (room, place) = waters.room(n, day, &sent);
                if room < part {
                    blocked.push((place, chance.amount - room, chance));
                    part = room;
                }
                waters.send(n, part, &mut sent);
            }
            self.spend(waters, chance, part);
            reasons.add(waters.words(chance.why), part);
            *left -= part;
        }
        for (place, amount, chance) in blocked {
            let part = amount.min(*left);
            self.spend(waters, chance, part);
            let place = place.to_owned();
            reasons.add(&Why::Capacity { place }, part);
            *left -= part;
        }
        for (n, store) in waters.stores.iter().enumerate() {
            let chance = Chance {
                why: store.unaccounted,
                amount: self.stocks[n].amount(store.unaccounted),
                stock: Some(n),
            };
            let part = chance.amount.min(*left);
            self.spend(waters, chance, part);
            reasons.add(waters.words(chance.why), part);
            *left -= part;
        }
    }

    /// All that might have come but what disappeared, in the order in which it is named.
    fn chances(&self, waters: &Waters, day: usize) -> Vec<Chance> {
        let mut chances = self.today.clone();
        for (n, (stock, store)) in self.stocks.iter().zip(&waters.stores).enumerate() {
            if waters.filled != Some(n) {
                let held = self.idle(n, day) - stock.spent;
                chances.push(Chance {
                    why: store.held,
                    amount: held.max(0.0) * store.gain,
                    stock: Some(n),
                });
            }
            let gone = stock
                .gone
                .iter()
                .filter(|(why, _)| *why != store.unaccounted);
            chances.extend(gone.map(|&(why, amount)| Chance {
                why,
                amount,
                stock: Some(n),
            }));
        }
        // Sorting keeps the nearest reservoir first.
        chances.sort_by_key(|chance| waters.rank(chance.why));
        chances
    }

    /// Takes a part of a chance from the reservoir it lies behind.
    fn spend(&mut self, waters: &Waters, chance: Chance, part: f64) {
        let Some(n) = chance.stock.filter(|_| part > 0.0) else {
            return;
        };
        let stock = &mut self.stocks[n];
        stock.saved += part;
        match stock.gone.iter_mut().find(|(gone, _)| *gone == chance.why) {
            Some((_, amount)) => *amount -= part,
            None => stock.spent += part / waters.stores[n].gain,
        }
    }
}

impl Stock {
    fn add(&mut self, why: Name, amount: f64) {
        if amount <= 0.0 {
            return;
        }
        match self.gone.iter_mut().find(|(gone, _)| *gone == why) {
            Some((_, sum)) => *sum += amount,
            None => self.gone.push((why, amount)),
        }
    }

    fn amount(&self, why: Name) -> f64 {
        let found = self.gone.iter().find(|(gone, _)| *gone == why);
        found.map_or(0.0, |&(_, amount)| amount)
    }
}
