//! What all members say together.

use std::collections::BTreeMap;

use super::frame::{Frame, Side, User, Watched};
use super::outcome::{FIGURES, figures};
use super::results::Results;
use super::{Keep, Promise, Spread};
use crate::calendar::{Window, date_of};
use crate::settlement::Status;

/// Odds, spreads and bands over the members of an ensemble.
///
/// Members that failed are counted and are in nothing else.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// How many members were run to the end.
    pub members: u64,
    /// How many stopped.
    pub failed: u64,
    /// Each obligation over the whole run.
    pub obligations: Vec<ObligationOdds>,
    /// Each period of each obligation.
    pub periods: Vec<PeriodOdds>,
    /// What each party is short of, as debtor and as creditor.
    pub shortfalls: Vec<Shortfall>,
    /// How reliably each party and each offtake was served.
    pub users: Vec<UserSpread>,
    /// The watched places by day; none where only settlements are kept.
    pub bands: Vec<Band>,
}

/// How often an obligation is kept over the run.
///
/// Example: [`ensemble`](crate::ensemble).
#[derive(Clone, Debug, PartialEq)]
pub struct ObligationOdds {
    /// The obligation.
    pub promise: Promise,
    /// In how many members it was settled.
    pub members: u64,
    /// In how many of them it was kept: no period short or exceeded.
    pub kept: u64,
}

impl ObligationOdds {
    /// The part of the members that keep it; not a number where it was never settled.
    pub fn probability_kept(&self) -> f64 {
        self.kept as f64 / self.members as f64
    }
}

/// The verdicts on one period of an obligation, and how its figures spread.
///
/// Example: [`ensemble`](crate::ensemble).
#[derive(Clone, Debug, PartialEq)]
pub struct PeriodOdds {
    /// The obligation.
    pub promise: Promise,
    /// The period.
    pub period: Window,
    /// How many members have each verdict, in the order of [`Status::ALL`].
    pub verdicts: [u64; Status::ALL.len()],
    /// What came, in the obligation's unit.
    pub delivered: Spread,
    /// What is missing, in the obligation's unit; 0 in members in which it is not short.
    pub shortfall: Spread,
}

impl PeriodOdds {
    /// In how many members the period has this verdict.
    pub fn count(&self, status: Status) -> u64 {
        self.verdicts[status as usize]
    }

    /// The part of the members whose period has this verdict.
    pub fn probability(&self, status: Status) -> f64 {
        self.count(status) as f64 / self.verdicts.iter().sum::<u64>() as f64
    }
}

/// What a party is short of over all its obligations of a unit.
///
/// Example: [`UserSpread`](super::UserSpread).
#[derive(Clone, Debug, PartialEq)]
pub struct Shortfall {
    /// The party, whether it owes or is owed, and the unit.
    pub side: Side,
    /// The sum over obligations and periods, by member.
    pub spread: Spread,
}

/// How reliably a party or an offtake was served.
///
/// Members in which it asked for nothing are in none of the spreads, members without a
/// [resilience](crate::metrics::Reliability::resilience) not in that and not in the index.
///
/// ```
/// use riparian::Plan;
/// use riparian::ensemble::{Ensemble, InflowFactor, Quantiles};
///
/// let plan = Plan::compile(riparian::scenario::read("src/bin/riparian/skeleton")?)?;
/// let spring = Quantiles::new([(0.0, 0.5), (1.0, 1.1)])?;
/// let summary = Ensemble::new(plan, 1).vary(InflowFactor::new(spring))?.run(0..20).summary();
/// let canal = summary.users.iter().find(|served| served.user.id == "lower-canal").unwrap();
/// assert!(!canal.user.is_party && canal.figures["volume"].quantile(0.5).unwrap() <= 1.0);
/// // What Upland is short of, and the promises that this counts.
/// let upland = summary.shortfalls.iter().find(|short| short.side.party == "UP").unwrap();
/// assert!(upland.side.owes && upland.side.counts(&summary.obligations[0].promise));
/// assert!(upland.spread.mean().unwrap() >= 0.0);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct UserSpread {
    /// The party or offtake.
    pub user: User,
    /// By name, as the fields of [`Reliability`](crate::metrics::Reliability), and `sustainability`;
    /// volumes in m3 a day, the deficit in m3.
    pub figures: BTreeMap<&'static str, Spread>,
}

/// The readings of a place, by day.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// The place and what is read there.
    pub watched: Watched,
    /// Day by day.
    pub days: Vec<Spread>,
}

impl Summary {
    /// The odds of an obligation; nothing if there is none of that id or it was never settled.
    pub fn obligation(&self, id: &str) -> Option<&ObligationOdds> {
        let mut all = self.obligations.iter();
        all.find(|odds| odds.promise.obligation == id)
    }

    /// The periods of an obligation.
    pub fn periods_of<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a PeriodOdds> {
        let all = self.periods.iter();
        all.filter(move |odds| odds.promise.obligation == id)
    }

    pub(super) fn of(results: &Results) -> Self {
        let failed = results.failed.len() as u64;
        let summary = Self {
            members: results.members() - failed,
            failed,
            obligations: Vec::new(),
            periods: Vec::new(),
            shortfalls: Vec::new(),
            users: Vec::new(),
            bands: Vec::new(),
        };
        if results.frame.keep == Keep::Summaries {
            summary.with_tally(results)
        } else {
            summary.with_members(results)
        }
    }

    fn with_tally(mut self, results: &Results) -> Self {
        let (frame, tally) = (&*results.frame, &results.tally);
        self.obligations = odds(frame, &tally.kept);
        for (&(promise, from, days), counted) in &tally.verdicts {
            self.periods.push(PeriodOdds {
                promise: frame.promises[promise as usize].clone(),
                period: period(frame, from, days),
                verdicts: counted.status,
                delivered: Spread::binned(counted.delivered.clone()),
                shortfall: Spread::binned(counted.shortfall.clone()),
            });
        }
        let sides = frame.sides().into_iter().zip(&tally.shortfalls);
        self.shortfalls = sides
            .map(|(side, bins)| Shortfall {
                side,
                spread: Spread::binned(bins.clone()),
            })
            .collect();
        for (at, user) in frame.users.iter().enumerate() {
            let own = tally
                .reliability
                .range((at as u32, 0)..=(at as u32, u32::MAX));
            let figures = own.map(|(&(_, figure), bins)| {
                (FIGURES[figure as usize], Spread::binned(bins.clone()))
            });
            self.users.push(UserSpread {
                user: user.clone(),
                figures: figures.collect(),
            });
        }
        let days = frame.window.days();
        let places = frame.watched.iter().zip(tally.days.chunks(days));
        self.bands = places
            .map(|(watched, days)| Band {
                watched: watched.clone(),
                days: days.iter().cloned().map(Spread::binned).collect(),
            })
            .collect();
        self
    }

    fn with_members(mut self, results: &Results) -> Self {
        let (frame, outcomes) = (&*results.frame, &results.outcomes);
        let mut kept: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
        let mut periods: BTreeMap<_, Gathered> = BTreeMap::new();
        for outcome in outcomes {
            for (promise, held) in outcome.kept() {
                let odds = kept.entry(promise).or_default();
                *odds = (odds.0 + 1, odds.1 + u64::from(held));
            }
            for verdict in &outcome.verdicts {
                let period = periods.entry(verdict.key()).or_default();
                period.verdicts[verdict.status as usize] += 1;
                period.delivered.extend(verdict.delivered);
                period.shortfall.push(verdict.shortfall);
            }
        }
        self.obligations = odds(frame, &kept);
        for ((promise, from, days), gathered) in periods {
            self.periods.push(PeriodOdds {
                promise: frame.promises[promise as usize].clone(),
                period: period(frame, from, days),
                verdicts: gathered.verdicts,
                delivered: Spread::of(gathered.delivered),
                shortfall: Spread::of(gathered.shortfall),
            });
        }
        for side in frame.sides() {
            let of_one = |outcome: &super::Outcome| outcome.shortfall(frame, |p| side.counts(p));
            let spread = Spread::of(outcomes.iter().map(of_one));
            self.shortfalls.push(Shortfall { side, spread });
        }
        for (at, user) in frame.users.iter().enumerate() {
            let mut values: BTreeMap<&'static str, Vec<f64>> = BTreeMap::new();
            for reliability in outcomes.iter().filter_map(|o| o.reliability[at].as_ref()) {
                for (name, value) in FIGURES.into_iter().zip(figures(reliability)) {
                    values.entry(name).or_default().extend(value);
                }
            }
            let figures = values
                .into_iter()
                .map(|(name, values)| (name, Spread::of(values)));
            self.users.push(UserSpread {
                user: user.clone(),
                figures: figures.collect(),
            });
        }
        if frame.keep == Keep::Days {
            let days = frame.window.days();
            for (place, watched) in frame.watched.iter().enumerate() {
                let cells = place * days..(place + 1) * days;
                let of_day = |cell: usize| Spread::of(outcomes.iter().map(|o| o.days[cell]));
                self.bands.push(Band {
                    watched: watched.clone(),
                    days: cells.map(of_day).collect(),
                });
            }
        }
        self
    }
}

/// The verdicts on one period, member by member.
#[derive(Default)]
struct Gathered {
    verdicts: [u64; Status::ALL.len()],
    delivered: Vec<f64>,
    shortfall: Vec<f64>,
}

fn odds(frame: &Frame, kept: &BTreeMap<u32, (u64, u64)>) -> Vec<ObligationOdds> {
    let odds = kept
        .iter()
        .map(|(&promise, &(members, kept))| ObligationOdds {
            promise: frame.promises[promise as usize].clone(),
            members,
            kept,
        });
    odds.collect()
}

pub(super) fn period(frame: &Frame, from: i32, days: u32) -> Window {
    let from = date_of(frame.window.from(), i64::from(from));
    let to = date_of(from, i64::from(days) - 1);
    Window::new(from, to).expect("a period ends after it begins")
}
