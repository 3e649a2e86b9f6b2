//! The water that came or could have come to a place: where it comes from, and who stands on its way.

use super::blame::Case;
use super::course::{Sources, day_before};
use super::gauge::Gauge;
use super::reason::Why;
use crate::basin::Basin;
use crate::units::{Flow, SECONDS_PER_DAY, Volume};

pub(super) fn store_at(basin: &Basin, node: usize) -> Option<usize> {
    (0..basin.reservoirs().len()).find(|&k| basin.reservoir_node(k) == node)
}

/// The water that came or could have come to one place; what becomes of it day by day is
/// [`Followed`](super::followed::Followed).
pub(super) struct Waters<'c, 'a> {
    pub(super) case: &'c Case<'a>,
    /// What the place counts for.
    pub(super) weight: f64,
    node: usize,
    lag: usize,
    /// Reservoirs at the place and above it, the nearest first.
    pub(super) stores: Vec<Store>,
    /// The reservoir whose storage is at stake, if one is: which of the stores.
    pub(super) filled: Option<usize>,
    sources: Sources,
    /// Who may take the water, but users at the place itself.
    users: Vec<User>,
    /// Offtakes at the place itself, and how many days before its water passes them.
    own: Vec<(usize, i64)>,
    /// Reaches by which water leaves the place.
    leaving: Vec<usize>,
    /// The reservoir at the place.
    store: Option<usize>,
    names: Names,
}

/// A reservoir of the sources.
pub(super) struct Store {
    /// Its number in the basin.
    pub(super) number: usize,
    /// How many days before it is at the place its water passes it.
    travel: i64,
    /// What a m3 in it counts at the place.
    pub(super) gain: f64,
    /// Whether no other lies between it and the place.
    is_last: bool,
    pub(super) held: Name,
    pub(super) released: Name,
    pub(super) unaccounted: Name,
}

/// Somebody who takes water that would have come to the place.
struct User {
    /// Which of the sources'.
    source: usize,
    name: Name,
    /// Where he exceeds a limit: first and last day, the part in excess, and its name.
    over: Vec<(i64, i64, f64, Name)>,
}

/// A reason by its number: followed through thousands of days, words cost more than the water.
pub(super) type Name = usize;

/// All reasons the water for a place can give.
#[derive(Default)]
struct Names {
    all: Vec<Why>,
    /// The order in which they are named.
    ranks: Vec<(u8, usize)>,
}

impl Names {
    /// The number of a reason; the same for the same words.
    fn number(&mut self, basin: &Basin, why: Why) -> Name {
        let known = self.all.iter().position(|other| *other == why);
        known.unwrap_or_else(|| {
            let from_last = |party: &String| {
                let parties = basin.parties();
                let at = parties.iter().position(|p| p.id == *party);
                parties.len() - at.unwrap_or(parties.len())
            };
            self.ranks.push(match &why {
                Why::Released { .. } | Why::HeldInStorage { .. } => (1, 0),
                Why::OverLimit { .. } => (2, 0),
                Why::Taken { party } => (3, from_last(party)),
                Why::Equals { party } => (4, from_last(party)),
                Why::Seniors { party } => (5, from_last(party)),
                _ => (6, 0),
            });
            self.all.push(why);
            self.all.len() - 1
        })
    }
}

/// A way in which more might have come on a day, in m3 at the place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chance {
    pub(super) why: Name,
    pub(super) amount: f64,
    /// Behind which reservoir.
    pub(super) stock: Option<usize>,
}

/// What a reservoir let go on a day for others, in m3 at the place.
pub(super) struct ForOthers {
    pub(super) stock: usize,
    pub(super) taken: f64,
    pub(super) nobody: f64,
}

impl<'c, 'a> Waters<'c, 'a> {
    pub(super) fn new(case: &'c Case<'a>, gauge: Gauge, weight: f64, lag: u32) -> Self {
        let (model, basin) = (case.model(), case.basin());
        let node = gauge.node(basin);
        let sources = Sources::of(basin, node, gauge.at(basin));
        let mut names = Names::default();
        let stores: Vec<Store> = (sources.stores.iter().zip(&sources.ways))
            .map(|(&k, way)| {
                let there = basin.reservoir_node(k);
                let mut beyond = way.iter().skip(1);
                Store {
                    number: k,
                    travel: sources.course.travel(there),
                    gain: weight * sources.course.gain(there).unwrap_or_default(),
                    is_last: !beyond.any(|&r| store_at(basin, basin.reach_ends(r).0).is_some()),
                    held: names.number(basin, Why::held(model, k)),
                    released: names.number(basin, Why::released(model, k)),
                    unaccounted: names.number(basin, Why::unaccounted(model, k)),
                }
            })
            .collect();
        let at_the_place = case.gauges.iter().filter_map(|(gauge, ..)| match gauge {
            Gauge::Offtake(i) => Some(*i),
            _ => None,
        });
        let own: Vec<(usize, i64)> = at_the_place
            .map(|i| (i, travel_of_user(basin, &sources, node, i)))
            .collect();
        let users = (sources.users.iter().enumerate())
            .filter(|(_, user)| own.iter().all(|&(i, _)| i != user.offtake))
            .map(|(source, user)| {
                let party = &basin.offtakes()[user.offtake].party;
                let over = case.over.of_offtake(user.offtake).iter().map(|over| {
                    let (party, limit) = (party.clone(), over.limit.clone());
                    let name = names.number(basin, Why::OverLimit { party, limit });
                    (over.first, over.last, over.part, name)
                });
                let over = over.collect();
                User {
                    source,
                    name: names.number(basin, Why::taken(model, user.offtake, case.class)),
                    over,
                }
            })
            .collect();
        let leaving = (0..basin.reaches().len()).filter(|&r| basin.reach_ends(r).0 == node);
        Self {
            filled: match gauge {
                Gauge::Storage(k) => sources.stores.iter().position(|&store| store == k),
                _ => None,
            },
            leaving: leaving.collect(),
            store: store_at(basin, node),
            lag: lag as usize,
            case,
            weight,
            node,
            stores,
            sources,
            users,
            own,
            names,
        }
    }

    /// A reason in words.
    pub(super) fn words(&self, name: Name) -> &Why {
        &self.names.all[name]
    }

    /// Where a reason stands in the order in which they are named.
    pub(super) fn rank(&self, name: Name) -> (u8, usize) {
        self.names.ranks[name]
    }

    /// By reservoir and day of a period: the water above dead storage at the day's end that did not
    /// come to the place later in the period either, in m3 there. `spare` says by day how much more
    /// came than was of use.
    ///
    /// From the last day back: what lies in store on a day is idle as far as it is so on the next,
    /// or disappears, or goes to others or nobody until then.
    pub(super) fn idle(&self, first: usize, spare: &[f64]) -> Vec<Vec<f64>> {
        let stores = self.case.ledger.reservoirs();
        let mut idle = vec![vec![0.0; spare.len()]; self.stores.len()];
        for (i, &spare) in spare.iter().enumerate().rev() {
            let day = first + i;
            for (store, idle) in self.stores.iter().zip(&mut idle) {
                let dead = self.case.basin().reservoirs()[store.number].dead.m3();
                // Before its first day nothing is known of it.
                idle[i] = self.day_at_store(store, day).map_or(0.0, |there| {
                    let held = stores.storage.at(there, store.number) - dead;
                    let last = i + 1 == idle.len();
                    let later = if last { held } else { idle[i] };
                    held.min(later)
                });
            }
            // What left on this day is idle before it.
            let Some(before) = i.checked_sub(1) else {
                break;
            };
            let direct = self.takings(day).into_iter();
            let direct = direct.filter(|chance| chance.stock.is_none());
            let others = self.others(day, spare, direct.map(|chance| chance.amount).sum());
            for (n, store) in self.stores.iter().enumerate() {
                let vanished = self.vanished(store, day).unwrap_or(0.0);
                let left = others.iter().filter(|other| other.stock == n);
                let left: f64 = left.map(|other| other.taken + other.nobody).sum();
                idle[n][before] = idle[n][i] + vanished + left / store.gain;
            }
        }
        idle
    }

    /// What disappeared unaccounted from a reservoir on a day; none before its first day.
    pub(super) fn vanished(&self, store: &Store, day: usize) -> Option<f64> {
        let there = self.day_at_store(store, day)?;
        let journal = &self.case.ledger.reservoirs().unaccounted;
        Some((-journal.at(there, store.number)).max(0.0))
    }

    /// The day on which water passes a node on its way that counts at the place on a day.
    pub(super) fn day_at(&self, v: usize, day: usize) -> Option<usize> {
        self.day_before(self.sources.course.travel(v), day)
    }

    /// The same at a reservoir.
    pub(super) fn day_at_store(&self, store: &Store, day: usize) -> Option<usize> {
        self.day_before(store.travel, day)
    }

    fn day_before(&self, travel: i64, day: usize) -> Option<usize> {
        let day = day.checked_sub(self.lag)?;
        day_before(day, travel, self.case.ledger.days())
    }

    /// What left the place by reaches on a day on purpose.
    fn outflow(&self, day: usize) -> f64 {
        let ledger = self.case.ledger;
        let Some(day) = self.day_at(self.node, day) else {
            return 0.0;
        };
        let leaving = self.leaving.iter();
        let sent: f64 = leaving.map(|&r| ledger.reaches().entered.at(day, r)).sum();
        let spill = self
            .store
            .map_or(0.0, |k| ledger.reservoirs().spill.at(day, k));
        (sent - spill).max(0.0)
    }

    /// What users took of the water that is at the place on a day.
    pub(super) fn takings(&self, day: usize) -> Vec<Chance> {
        let case = self.case;
        let mut found: Vec<Chance> = Vec::new();
        let mut below: Vec<Chance> = Vec::new();
        for user in &self.users {
            let source = &self.sources.users[user.source];
            let Some(there) = self.day_before(source.travel, day) else {
                continue;
            };
            let delivered = case.ledger.offtakes().delivered.at(there, source.offtake);
            let amount = self.weight * source.weight * delivered;
            let there = there as i64;
            let mut limits = user.over.iter();
            let over = limits.find(|&&(first, last, ..)| first <= there && there <= last);
            let list = if source.below { &mut below } else { &mut found };
            let mut put = |why: Name, part: f64| {
                list.push(Chance {
                    why,
                    amount: amount * part,
                    stock: source.behind,
                });
            };
            match over {
                Some(&(.., part, limit)) => {
                    put(user.name, 1.0 - part);
                    put(limit, part);
                }
                None => put(user.name, 1.0),
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
                why: self.stores[stock].released,
                amount: (passed - taken).max(0.0),
                stock: Some(stock),
            });
        }
        found.extend(below);
        let mut merged: Vec<Chance> = Vec::with_capacity(found.len());
        for chance in found.into_iter().filter(|chance| chance.amount > 0.0) {
            let same = |other: &&mut Chance| other.why == chance.why && other.stock == chance.stock;
            match merged.iter_mut().find(same) {
                Some(other) => other.amount += chance.amount,
                None => merged.push(chance),
            }
        }
        merged
    }

    /// What the last reservoirs on the way let go on a day for others, and for nobody: at most `spare`
    /// of what came to the place. `taken` is what users took below all reservoirs.
    pub(super) fn others(&self, day: usize, spare: f64, taken: f64) -> Vec<ForOthers> {
        let case = self.case;
        let last = (self.stores.iter().enumerate())
            .filter(|(_, store)| self.filled.is_none() && store.is_last);
        let released: Vec<(usize, f64)> = last
            .filter_map(|(n, store)| {
                let there = self.day_at_store(store, day)?;
                let release = case.ledger.reservoirs().release.at(there, store.number);
                Some((n, store.gain * release))
            })
            .collect();
        let all: f64 = released.iter().map(|&(_, volume)| volume).sum();
        let own = self.own.iter().filter_map(|&(i, travel)| {
            let there = self.day_before(travel, day)?;
            Some(self.weight * case.ledger.offtakes().delivered.at(there, i))
        });
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

    /// The room on the way from a reservoir on a day, as it counts at the place, and the place where
    /// there is least.
    pub(super) fn room(&self, n: usize, day: usize, sent: &[f64]) -> (f64, &str) {
        let case = self.case;
        let basin = case.basin();
        let mut arriving = 1.0;
        let mut least = (f64::INFINITY, "");
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
                least = (room, place);
            }
            arriving *= 1.0 - reach.loss;
        }
        (least.0 * self.stores[n].gain, least.1)
    }

    /// Adds water from a reservoir to what is sent by the reaches on its way.
    pub(super) fn send(&self, n: usize, part: f64, sent: &mut [f64]) {
        let mut passing = part / self.stores[n].gain;
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

/// How many days before it is at a place its water passes an offtake, which may lie beside the way, or
/// below the place.
fn travel_of_user(basin: &Basin, sources: &Sources, node: usize, i: usize) -> i64 {
    let lead = |v: usize| i64::from(basin.lead(v));
    let user = sources.users.iter().find(|user| user.offtake == i);
    user.map_or_else(
        || lead(node) - lead(basin.offtake_node(i)),
        |user| user.travel,
    )
}
