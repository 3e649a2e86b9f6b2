//! Decisions under uncertainty: many options over the members of one ensemble.
//!
//! A [`Comparison`] runs each option over the same members, so that options differ by what they are and
//! never by luck: common random numbers. It gives regret, the share of members in which an
//! option is good enough, and the options no other beats.
//!
//! A [`Search`] is a function from decisions to costs for whatever optimiser one likes; it runs
//! an ensemble at each point. With the points of a [`design`](super::design) and [`pareto`] it is a search
//! by itself.
//!
//! ```
//! use std::sync::Arc;
//!
//! use riparian::ensemble::search::{Comparison, Objective};
//! use riparian::ensemble::{Ensemble, InflowFactor, Quantiles};
//! use riparian::operation::StandardOperating;
//! use riparian::Plan;
//!
//! let rule = riparian::scenario::read("data/bakhri-tochik-2024-protocol")?;
//! let standard = rule.clone().operated_by("bakhri-tochik", StandardOperating)?;
//! let options = [("rule curve", rule), ("standard", standard)];
//! let short = |party: &'static str| {
//!     Objective::less(format!("owed to {party}, Mm3"), move |frame, member| {
//!         member.shortfall(frame, |promise| promise.creditor.as_deref() == Some(party))
//!     })
//! };
//! let mut ensembles = Vec::new();
//! for (name, model) in options {
//!     let snow = Quantiles::new([(0.0, 0.6), (1.0, 1.2)])?;
//!     let plan = Arc::new(Plan::compile(model)?);
//!     ensembles.push((name, Ensemble::new(plan, 1).vary(InflowFactor::new(snow))?));
//! }
//! let table = Comparison::run(ensembles, 0..20, vec![short("UZ"), short("KZ")])?;
//! assert_eq!(table.options().len(), 2);
//! // One of two options is best in each member, and has no regret there.
//! let regrets = [table.regret(0, 0), table.regret(1, 0)];
//! assert!((0..20).all(|member| regrets[0][member].min(regrets[1][member]) == 0.0));
//! assert!(!table.pareto().is_empty());
//! # Ok::<(), riparian::Error>(())
//! ```

use std::fmt;
use std::ops::Range;

use super::{Ensemble, Frame, Keep, Outcome, Spread};
use crate::error::{Error, Result};

/// Which of two values of an objective is better.
///
/// Example: [`search`](crate::ensemble::search).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Better {
    /// The lower.
    Less,
    /// The higher.
    More,
}

impl Better {
    /// The value as a cost: the lower, the better.
    fn cost(self, value: f64) -> f64 {
        match self {
            Self::Less => value,
            Self::More => -value,
        }
    }
}

/// What an objective makes of a member.
type Figure = dyn Fn(&Frame, &Outcome) -> f64 + Send + Sync;

/// A figure of a member that is to be low or high.
pub struct Objective {
    name: String,
    better: Better,
    figure: Box<Figure>,
}

impl Objective {
    /// The lower, the better.
    pub fn less(
        name: impl Into<String>,
        figure: impl Fn(&Frame, &Outcome) -> f64 + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            better: Better::Less,
            figure: Box::new(figure),
        }
    }

    /// The higher, the better.
    pub fn more(
        name: impl Into<String>,
        figure: impl Fn(&Frame, &Outcome) -> f64 + Send + Sync + 'static,
    ) -> Self {
        Self {
            better: Better::More,
            ..Self::less(name, figure)
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which of two values is better.
    pub fn better(&self) -> Better {
        self.better
    }
}

impl fmt::Debug for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Objective({}, {:?})", self.name, self.better)
    }
}

/// Options by members by objectives.
#[derive(Debug)]
pub struct Comparison {
    options: Vec<String>,
    objectives: Vec<Objective>,
    /// Members that ran under every option.
    members: Vec<u64>,
    left_out: u64,
    /// By option, objective and member.
    values: Vec<f64>,
}

impl Comparison {
    /// Runs every option over the same members.
    ///
    /// A member that stops under one option is left out under all, and counted.
    ///
    /// # Errors
    ///
    /// If there are no options, objectives or members in common, the ensembles have different seeds or
    /// keep summaries only, or a figure is not a number; [`Error::is_ensemble`] holds.
    pub fn run<N: Into<String>>(
        options: impl IntoIterator<Item = (N, Ensemble)>,
        members: Range<u64>,
        objectives: Vec<Objective>,
    ) -> Result<Self> {
        let mut names: Vec<String> = Vec::new();
        let mut ran: Vec<Vec<(u64, Vec<f64>)>> = Vec::new();
        let mut seed = None;
        for (name, ensemble) in options {
            let name = name.into();
            if *seed.get_or_insert(ensemble.seed) != ensemble.seed {
                let why = format!("option `{name}` has another seed: it would differ by luck");
                return Err(Error::ensemble(why));
            }
            ran.push(figures(&name, &ensemble, members.clone(), &objectives)?);
            names.push(name);
        }
        let Some((first, others)) = ran.split_first() else {
            return Err(Error::ensemble("no options to compare"));
        };
        let has = |option: &Vec<(u64, Vec<f64>)>, member: u64| {
            option
                .binary_search_by_key(&member, |(number, _)| *number)
                .is_ok()
        };
        let common = first.iter().map(|(number, _)| *number);
        let common = common.filter(|&number| others.iter().all(|option| has(option, number)));
        let common: Vec<u64> = common.collect();
        if common.is_empty() || objectives.is_empty() {
            return Err(Error::ensemble(
                "nothing to compare: no objective, or no member that ran under every option",
            ));
        }
        let mut values = Vec::with_capacity(ran.len() * objectives.len() * common.len());
        for option in &ran {
            for objective in 0..objectives.len() {
                let own = option.iter();
                let shared = own.filter(|(number, _)| common.binary_search(number).is_ok());
                values.extend(shared.map(|(_, figures)| figures[objective]));
            }
        }
        Ok(Self {
            options: names,
            objectives,
            left_out: members.end - members.start - common.len() as u64,
            members: common,
            values,
        })
    }

    /// The names of the options.
    pub fn options(&self) -> &[String] {
        &self.options
    }

    /// The objectives.
    pub fn objectives(&self) -> &[Objective] {
        &self.objectives
    }

    /// The members that ran under every option, by their numbers.
    pub fn members(&self) -> &[u64] {
        &self.members
    }

    /// How many members are left out because they stopped under some option.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// An objective of an option, member by member.
    ///
    /// # Panics
    ///
    /// If there is no such option or objective.
    pub fn values(&self, option: usize, objective: usize) -> &[f64] {
        assert!(objective < self.objectives.len(), "objective {objective}");
        let row = option * self.objectives.len() + objective;
        &self.values[row * self.members.len()..][..self.members.len()]
    }

    /// How an objective of an option spreads over the members.
    ///
    /// # Panics
    ///
    /// If there is no such option or objective.
    pub fn spread(&self, option: usize, objective: usize) -> Spread {
        Spread::of(self.values(option, objective).iter().copied())
    }

    /// What an option falls behind the best option of each member: 0 where it is the best itself.
    ///
    /// Source: Savage (1951, *Journal of the American Statistical Association* 46, 55-67).
    ///
    /// # Panics
    ///
    /// If there is no such option or objective.
    pub fn regret(&self, option: usize, objective: usize) -> Vec<f64> {
        let better = self.objectives[objective].better;
        let cost = |option: usize, at: usize| better.cost(self.values(option, objective)[at]);
        let all = 0..self.options.len();
        let best = |at: usize| {
            all.clone()
                .map(|o| cost(o, at))
                .fold(f64::INFINITY, f64::min)
        };
        (0..self.members.len())
            .map(|at| cost(option, at) - best(at))
            .collect()
    }

    /// The option whose greatest regret in an objective is least, the first of equals, and that regret.
    ///
    /// # Panics
    ///
    /// If there is no such objective.
    pub fn least_regret(&self, objective: usize) -> (usize, f64) {
        let greatest = |option: usize| {
            self.regret(option, objective)
                .into_iter()
                .fold(0.0, f64::max)
        };
        let all = (0..self.options.len()).map(|option| (option, greatest(option)));
        all.reduce(|best, other| if other.1 < best.1 { other } else { best })
            .expect("a comparison has options")
    }

    /// The part of the members in which an option is good enough: every objective is at its bound or
    /// better.
    ///
    /// # Panics
    ///
    /// If there is no such option, or not one bound for each objective.
    pub fn satisficing(&self, option: usize, bounds: &[f64]) -> f64 {
        assert_eq!(
            bounds.len(),
            self.objectives.len(),
            "one bound for each objective"
        );
        let good = |at: &usize| {
            self.objectives.iter().enumerate().all(|(i, objective)| {
                let better = objective.better;
                better.cost(self.values(option, i)[*at]) <= better.cost(bounds[i])
            })
        };
        let good = (0..self.members.len()).filter(good).count();
        good as f64 / self.members.len() as f64
    }

    /// The options that no other beats in the means of all objectives.
    pub fn pareto(&self) -> Vec<usize> {
        let cost = |option: usize, (i, objective): (usize, &Objective)| {
            let mean = self.spread(option, i).mean().unwrap_or(f64::NAN);
            objective.better.cost(mean)
        };
        let costs = |option: usize| {
            let objectives = self.objectives.iter().enumerate();
            objectives.map(|of| cost(option, of)).collect()
        };
        let costs: Vec<Vec<f64>> = (0..self.options.len()).map(costs).collect();
        pareto(&costs)
    }
}

/// The members of an option that ran, with the figures of the objectives.
fn figures(
    name: &str,
    ensemble: &Ensemble,
    members: Range<u64>,
    objectives: &[Objective],
) -> Result<Vec<(u64, Vec<f64>)>> {
    if ensemble.keep == Keep::Summaries {
        let why = format!("option `{name}` keeps no members to be judged by");
        return Err(Error::ensemble(why));
    }
    let results = ensemble.run(members);
    let mut ran = Vec::with_capacity(results.outcomes().len());
    for outcome in results.outcomes() {
        let mut figures = Vec::with_capacity(objectives.len());
        for objective in objectives {
            let value = (objective.figure)(results.frame(), outcome);
            if value.is_nan() {
                return Err(Error::ensemble(format!(
                    "objective `{}` of option `{name}` is not a number in member {}",
                    objective.name,
                    outcome.member()
                )));
            }
            figures.push(value);
        }
        ran.push((outcome.member(), figures));
    }
    Ok(ran)
}

/// The points that no other beats: none is at most as high in every coordinate, and lower in one. Of
/// equal points all are kept.
///
/// ```
/// use riparian::ensemble::search::pareto;
///
/// let costs = [vec![1.0, 5.0], vec![2.0, 2.0], vec![3.0, 3.0], vec![5.0, 1.0]];
/// assert_eq!(pareto(&costs), [0, 1, 3]);
/// ```
pub fn pareto(costs: &[Vec<f64>]) -> Vec<usize> {
    let beats = |a: &[f64], b: &[f64]| {
        let pairs = || a.iter().zip(b);
        pairs().all(|(a, b)| a <= b) && pairs().any(|(a, b)| a < b)
    };
    (0..costs.len())
        .filter(|&i| !costs.iter().any(|other| beats(other, &costs[i])))
        .collect()
}

/// Makes the ensemble of a decision.
type Build = dyn Fn(&[f64]) -> Result<Ensemble> + Send + Sync;

/// A function from decisions to costs, for an optimiser to drive.
///
/// Each call runs one ensemble over the same members, so that the function has no noise of its own.
pub struct Search {
    bounds: Vec<(f64, f64)>,
    members: Range<u64>,
    objectives: Vec<Objective>,
    build: Box<Build>,
}

impl Search {
    /// Decisions within bounds, and what makes an ensemble of one.
    pub fn new(
        bounds: Vec<(f64, f64)>,
        members: Range<u64>,
        objectives: Vec<Objective>,
        build: impl Fn(&[f64]) -> Result<Ensemble> + Send + Sync + 'static,
    ) -> Self {
        Self {
            bounds,
            members,
            objectives,
            build: Box::new(build),
        }
    }

    /// The least and the greatest value of each decision.
    pub fn bounds(&self) -> &[(f64, f64)] {
        &self.bounds
    }

    /// The objectives.
    pub fn objectives(&self) -> &[Objective] {
        &self.objectives
    }

    /// The mean of each objective over the members, as a cost: of what is to be high, the negative.
    ///
    /// # Errors
    ///
    /// If the decision has no ensemble, or as for [`Comparison::run`].
    pub fn costs(&self, decision: &[f64]) -> Result<Vec<f64>> {
        let ensemble = (self.build)(decision)?;
        let name = format!("{decision:?}");
        let ran = figures(&name, &ensemble, self.members.clone(), &self.objectives)?;
        if ran.is_empty() {
            return Err(Error::ensemble(format!(
                "no member of {name} ran to its end"
            )));
        }
        let mean = |(i, objective): (usize, &Objective)| {
            let spread = Spread::of(ran.iter().map(|(_, figures)| figures[i]));
            objective.better.cost(spread.mean().unwrap_or(f64::NAN))
        };
        Ok(self.objectives.iter().enumerate().map(mean).collect())
    }
}

impl fmt::Debug for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Search")
            .field("bounds", &self.bounds)
            .field("members", &self.members)
            .field("objectives", &self.objectives)
            .finish_non_exhaustive()
    }
}
