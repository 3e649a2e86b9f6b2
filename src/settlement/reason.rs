//! Why something is missing.

use super::blame::{Case, OverLimit, Trail};
use super::gauge::{Feeder, Gauge, feeders, gauges_of};
use super::record::Record;
use super::verdict::{Settled, Settlement, Status, settle};
use crate::agreement::Count;
use crate::ledger::{Ledger, Sum};
use crate::model::Model;
use crate::simulation::Plan;

/// A reason with the amount it accounts for.
///
/// ```
/// let report = riparian::run("data/bakhri-tochik-2024")?;
/// let short = report.settlements().iter().find(|row| !row.reasons.is_empty()).unwrap();
/// let explained: f64 = short.reasons.iter().map(|reason| reason.amount).sum();
/// assert!((explained - short.shortfall()).abs() < 1e-6 * short.shortfall());
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// The reason.
    pub why: Why,
    /// How much of the shortfall, in the settlement's own [unit](Settlement::unit).
    pub amount: f64,
}

/// Why an amount is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// There was no more water at a node: it would have been missing if nobody else had taken any
    /// and every reservoir upstream had been drawn down to its floor.
    NoWater {
        /// The node.
        node: String,
    },
    /// Water disappeared from a reservoir and no gauge explains it.
    Unaccounted {
        /// The reservoir.
        reservoir: String,
    },
    /// A reach, the head of an offtake or the outlets of a dam could pass no more.
    Capacity {
        /// The id of the reach, offtake or reservoir.
        place: String,
    },
    /// A ceiling of an agreement on the point's own users, or on a reach on the way.
    Limit {
        /// The obligation that limits them.
        limit: String,
    },
    /// A licence on a group of offtakes that the point's own users are in.
    Licence {
        /// The id of the licence.
        licence: String,
    },
    /// Another minimum flow had to stay in a reach.
    MinimumFlow {
        /// The reach.
        reach: String,
    },
    /// Users of a senior class took water.
    Seniors {
        /// Whose offtakes.
        party: String,
    },
    /// Users of the same class took water: they share a shortage with the point.
    Equals {
        /// Whose offtakes.
        party: String,
    },
    /// Senior claims took the water that reaches a node, and it is not known which.
    SeniorsAt {
        /// The node at which the water ran out.
        node: String,
    },
    /// Users of no senior class took water that would have come to the point, upstream of it or from
    /// the reservoirs that serve it.
    Taken {
        /// Whose offtakes.
        party: String,
    },
    /// They took it beyond their own limit.
    OverLimit {
        /// Whose offtakes.
        party: String,
        /// The obligation that limits them.
        limit: String,
    },
    /// Water lay in a reservoir upstream, and its release policy did not let it go.
    HeldInStorage {
        /// The reservoir.
        reservoir: String,
        /// The name of its policy.
        policy: String,
    },
    /// A reservoir released water for nobody that it would have needed to hold: for its own storage
    /// at a date, or for a period that had not begun.
    Released {
        /// The reservoir.
        reservoir: String,
        /// The name of its policy.
        policy: String,
    },
    /// The creditor's own demand was below what was due.
    NotDemanded,
    /// It was missing before: the debt an account brought forward.
    BroughtForward,
    /// The obligation was not claimed on the river before all else: water passed, or was promised to
    /// others, that would have come if it had been.
    Unclaimed,
    /// The water that passed the turbines made no more energy at the head there was.
    LittleWaterThroughTurbines {
        /// The reservoir.
        reservoir: String,
    },
}

impl Why {
    pub(super) fn held(model: &Model, store: usize) -> Self {
        let (reservoir, policy) = operated(model, store);
        Self::HeldInStorage { reservoir, policy }
    }

    pub(super) fn released(model: &Model, store: usize) -> Self {
        let (reservoir, policy) = operated(model, store);
        Self::Released { reservoir, policy }
    }

    pub(super) fn unaccounted(model: &Model, store: usize) -> Self {
        let reservoir = model.basin().reservoirs()[store].node.clone();
        Self::Unaccounted { reservoir }
    }

    /// How a user's withdrawal ranks beside a claim of some class; a point that claims nothing ranks
    /// behind none.
    pub(super) fn taken(model: &Model, offtake: usize, class: Option<usize>) -> Self {
        let offtake = &model.basin().offtakes()[offtake];
        let party = offtake.party.clone();
        match class.map(|own| class_of(model, &offtake.class).cmp(&own)) {
            Some(std::cmp::Ordering::Less) => Self::Seniors { party },
            Some(std::cmp::Ordering::Equal) => Self::Equals { party },
            _ => Self::Taken { party },
        }
    }
}

/// The number of a class, senior first.
pub(super) fn class_of(model: &Model, name: &str) -> usize {
    let classes = model.classes();
    let at = classes.iter().position(|class| class.name == name);
    at.unwrap_or(classes.len())
}

fn operated(model: &Model, store: usize) -> (String, String) {
    let reservoir = model.basin().reservoirs()[store].node.clone();
    (reservoir, model.policy(store).name().to_owned())
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoWater { node } => write!(f, "no more water at {node}"),
            Self::Unaccounted { reservoir } => write!(f, "unaccounted for in {reservoir}"),
            Self::Capacity { place } => write!(f, "{place} carries no more"),
            Self::Limit { limit } => write!(f, "the limit `{limit}`"),
            Self::Licence { licence } => write!(f, "the licence `{licence}`"),
            Self::MinimumFlow { reach } => write!(f, "another minimum flow in {reach}"),
            Self::Seniors { party } => write!(f, "taken by senior users of {party}"),
            Self::Equals { party } => write!(f, "taken by users of {party} in the same class"),
            Self::SeniorsAt { node } => write!(f, "senior claims at {node}"),
            Self::Taken { party } => write!(f, "taken by {party}"),
            Self::OverLimit { party, limit } => {
                write!(f, "taken by {party} beyond its limit ({limit})")
            }
            Self::HeldInStorage { reservoir, policy } => {
                write!(f, "held in {reservoir} ({policy})")
            }
            Self::Released { reservoir, policy } => {
                write!(f, "released from {reservoir} ({policy})")
            }
            Self::NotDemanded => f.write_str("not asked for"),
            Self::BroughtForward => f.write_str("brought forward"),
            Self::Unclaimed => f.write_str("not claimed before all else"),
            Self::LittleWaterThroughTurbines { reservoir } => {
                write!(f, "too little water through the turbines of {reservoir}")
            }
        }
    }
}

/// Reasons added up by kind and place.
#[derive(Clone, Debug, Default)]
pub(super) struct Reasons {
    found: Vec<Reason>,
}

impl Reasons {
    pub(super) fn add(&mut self, why: &Why, amount: f64) {
        if amount <= 0.0 {
            return;
        }
        match self.found.iter_mut().find(|reason| reason.why == *why) {
            Some(reason) => reason.amount += amount,
            None => self.found.push(Reason {
                why: why.clone(),
                amount,
            }),
        }
    }

    /// The reasons, the weightiest first, brought to the size of the shortfall they explain.
    ///
    /// Days add up to more than the season where a surplus on other days made up for part of
    /// them; every reason then shrinks alike.
    pub(super) fn explain(mut self, shortfall: f64) -> Vec<Reason> {
        let amounts = |found: &[Reason]| found.iter().map(|reason| reason.amount).sum::<f64>();
        // Less is rounding.
        let least = 1e-9 * amounts(&self.found);
        self.found.retain(|reason| reason.amount > least);
        let sum = amounts(&self.found);
        for reason in &mut self.found {
            reason.amount *= shortfall / sum;
        }
        self.found.sort_by(|a, b| b.amount.total_cmp(&a.amount));
        self.found
    }
}

impl Settled {
    /// Settles the agreements of a model against a run, and says why something is missing.
    ///
    /// The reasons are an attribution read off the run's own ledger, day by day; that of
    /// [`counterfactual`](crate::settlement::counterfactual) runs the model again instead. On each
    /// day that fell behind what was due on it:
    ///
    /// 1. at offtakes, what was not asked for, and what the head could not take;
    /// 2. what the allocation says a reach or a minimum flow kept back;
    /// 3. water *held* in reservoirs upstream above dead storage, the nearest first, as far as dams
    ///    and reaches on the way had room for it, and water they had *released* for nobody before the
    ///    period began;
    /// 4. what others *took* that day, or took before of water that would still lie in a reservoir:
    ///    beyond their limits, then of junior classes (of any, if the obligation
    ///    neither claims nor is an offtake's), of the same class, of senior classes; parties in
    ///    reverse order of declaration;
    /// 5. what lay in store but found no room on the way;
    /// 6. what had disappeared *unaccounted* for in reservoirs upstream;
    /// 7. and the rest is lack of water.
    ///
    /// Each cubic metre explains a shortfall once: what is named on one day is not there on the next,
    /// what came to the point later is not named before, and what would have overflown is forgotten.
    /// For storage at a date the same is done on that day, and first of all for what the reservoir
    /// itself released since the run began, for users below it or else for its policy. The days are
    /// brought to the size of the shortfall in proportion, for a surplus on one day makes up for a
    /// shortfall on another; the amounts add up to the shortfall. Of several places that are added
    /// up each is explained by itself.
    ///
    /// Who needs verdicts only, as for thousands of runs, asks for
    /// `settle(model.agreements(), &Record::of(plan, ledger))`: a small part of the time.
    ///
    /// # Panics
    ///
    /// If the ledger is of another plan.
    ///
    /// # Examples
    ///
    /// ```
    /// use riparian::settlement::{Record, Settled, counterfactual, settle};
    /// use riparian::{Plan, Simulation};
    ///
    /// let plan = Plan::compile(riparian::scenario::read("src/bin/riparian/skeleton")?)?;
    /// let ledger = Simulation::new(&plan).run()?;
    /// let settled = Settled::of(&plan, &ledger);
    /// // The verdicts alone, and what would have to be otherwise where something is short: here nothing.
    /// let verdicts = settle(plan.model().agreements(), &Record::of(&plan, &ledger));
    /// assert_eq!(settled.rows[0].status, verdicts.rows[0].status);
    /// assert!(counterfactual(&plan, &ledger, &settled.rows[0])?.is_empty());
    /// # Ok::<(), riparian::Error>(())
    /// ```
    pub fn of(plan: &Plan, ledger: &Ledger) -> Self {
        let model = plan.model();
        let record = Record::of(plan, ledger);
        let mut settled = settle(model.agreements(), &record);
        let over = OverLimit::of(model, ledger.window(), &settled.rows);
        let same_obligation = |a: &Settlement, b: &Settlement| a.number == b.number;
        for rows in settled.rows.chunk_by_mut(same_obligation) {
            let case = Case::new(plan, ledger, &rows[0], &over);
            let feeders = feeders(model.basin(), &case.gauges);
            let mut trail = None;
            for row in rows {
                if row.status == Status::Short {
                    let trail = trail.get_or_insert_with(|| Trail::new(&case));
                    row.reasons = trail.explain(row);
                }
                find_unaccounted(&case, &feeders, row);
            }
        }
        settled
    }
}

/// Fills in the unaccounted term at the point, and whether the verdict rests on it.
fn find_unaccounted(case: &Case, feeders: &[Feeder], row: &mut Settlement) {
    let (basin, ledger) = (case.basin(), case.ledger);
    let run = ledger.window();
    let Some(window) = row.period.intersect(run) else {
        return;
    };
    let first = crate::calendar::day_index(run.from(), window.from()) as usize;
    let end = first + window.days();
    let days = if row.count == Count::AtEnd {
        0..end
    } else {
        first..end
    };
    // By day, what came to the point because of the term.
    let mut by_day = vec![0.0; days.len()];
    let mut net = Sum::default();
    for feeder in feeders {
        let terms = || days.clone().map(|day| feeder.unaccounted(ledger, day));
        let own = terms().collect::<Sum>().value();
        net.add(own);
        // Water that appeared and still lies there did not come to the point.
        let mut gauges = case.gauges.iter();
        let filled = gauges.any(|(gauge, ..)| *gauge == Gauge::Storage(feeder.store));
        let kept = match (end - 1).checked_sub(feeder.travel) {
            Some(last) if own > 0.0 && !filled => {
                let dead = basin.reservoirs()[feeder.store].dead.m3();
                let held = ledger.reservoirs().storage.at(last, feeder.store) - dead;
                (feeder.weight * held.max(0.0) / own).min(1.0)
            }
            _ => 0.0,
        };
        for (sum, term) in by_day.iter_mut().zip(terms()) {
            *sum += (1.0 - kept) * term;
        }
    }
    row.unaccounted = net.value() / 1e6;
    let (Some(committed), Some(delivered)) = (row.committed, row.delivered) else {
        return;
    };
    if row.count == Count::AtMost || row.unit != super::Unit::Mcm {
        return;
    }
    // By how much what would have come falls behind what did.
    let less: Sum = if row.count == Count::AtEnd {
        by_day.into_iter().collect()
    } else {
        let dues = row.pace.iter().zip(&row.before);
        (days.zip(by_day).zip(dues))
            .map(|((day, because), (due, before))| {
                let there = case.came[day];
                let most = case
                    .asked
                    .as_ref()
                    .map_or(f64::INFINITY, |asked| asked[day]);
                let without = (there - because).clamp(0.0, most.max(there));
                if row.count == Count::EachDay {
                    (there - before).min(*due) - (without - before).min(*due)
                } else {
                    there - without
                }
            })
            .collect()
    };
    let size = row.unit.size();
    let missing = match row.status {
        Status::Short => row.missing * size + less.value(),
        Status::Met => (committed - row.carried_in - delivered) * size + less.value(),
        _ => return,
    };
    // By the same measure as the verdict itself.
    let short = missing - row.slack > 1e-9 * (committed * size).max(missing);
    row.rests = short != (row.status == Status::Short);
}

/// What came at the places, by day of the run.
pub(super) fn readings(model: &Model, ledger: &Ledger, gauges: &[(Gauge, f64, u32)]) -> Vec<f64> {
    let mut sum = vec![0.0; ledger.days()];
    for &(gauge, weight, lag) in gauges {
        let series = gauge.series(model.basin(), ledger);
        for (sum, reading) in sum.iter_mut().skip(lag as usize).zip(series) {
            *sum += weight * reading;
        }
    }
    sum
}

/// What was asked for at the places by day of the run, if all of them are offtakes.
pub(super) fn asked(ledger: &Ledger, gauges: &[(Gauge, f64, u32)]) -> Option<Vec<f64>> {
    let mut sum = vec![0.0; ledger.days()];
    for &(gauge, weight, lag) in gauges {
        let Gauge::Offtake(i) = gauge else {
            return None;
        };
        let demand = ledger.offtakes().demand.of(i);
        for (sum, asked) in sum.iter_mut().skip(lag as usize).zip(demand) {
            *sum += weight * asked;
        }
    }
    Some(sum)
}

pub(super) fn gauges_of_row(model: &Model, row: &Settlement) -> Vec<(Gauge, f64, u32)> {
    let (agreement, obligation) = row.number;
    let o = &model.agreements()[agreement].obligations[obligation];
    gauges_of(model.basin(), &o.point, o.measures())
}
