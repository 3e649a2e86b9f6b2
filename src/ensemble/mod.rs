//! Many runs of a plan, with inflows, demands, storages or terms that are not known for certain.
//!
//! An [`Ensemble`] is a [`Plan`] - or several, with other terms - a seed, and the [variations](Variation) by
//! which its members differ. A member is a pure function of the ensemble and its number, so that
//! [`Results`] are the same to the bit on one thread or many, in one process or cut into
//! shards for a cluster, and after an interruption.
//!
//! ```
//! use riparian::ensemble::{Ensemble, InflowFactor, Keep, Quantiles};
//! use riparian::Plan;
//!
//! let plan = Plan::compile(riparian::scenario::read("data/bakhri-tochik-2024-protocol")?)?;
//! let snow = Quantiles::new([(0.0, 0.6), (0.5, 1.0), (1.0, 1.3)])?;
//! let ensemble = Ensemble::new(plan, 2024)
//!     .vary(InflowFactor::new(snow))?
//!     .watch("bakhri-tochik", Some(riparian::agreement::Measure::Storage))?
//!     .keep(Keep::Days);
//! let results = ensemble.run(0..20);
//! let summary = results.summary();
//! let dostyk = summary.obligation("kz-dostyk-jja").unwrap();
//! assert!(dostyk.probability_kept() <= 1.0);
//! let storage = &summary.bands[0];
//! assert!(storage.days[90].quantile(0.1) < storage.days[90].quantile(0.9));
//! // Any cut gives the same.
//! let mut parts = ensemble.run(7..20);
//! parts.merge(ensemble.run(0..7))?;
//! assert_eq!(parts.digest(), results.digest());
//! # Ok::<(), riparian::Error>(())
//! ```
//!
//! # What differs between members
//!
//! | variation | what it draws |
//! |---|---|
//! | [`InflowFactor`], [`DemandFactor`], [`InitialStorage`] | one figure from stated [`Quantiles`] |
//! | [`ObservedYears`] | a year that was, whole, at all nodes |
//! | [`Generated`] | a record that never was, by a fitted [generator](crate::inflow) |
//! | a type of one's own | whatever follows from the member's number and its [`Draws`] |
//! | [`Ensemble::across`] | another plan: other parameters or terms, at the points of a [`design`] |
//!
//! Inflows, demands and storages do not need another plan: a worker pours them into its own copy, to
//! the same bits as if the model had been built with them ([`Inputs`](crate::simulation::Inputs)).
//!
//! # What is kept
//!
//! [`Keep`] bounds the memory: by member 64 bytes a verdict and about 100 a user; with days 8 bytes more
//! a watched place and day; with summaries nothing by member at all.
//!
//! # Tables
//!
//! With the feature `arrow`, results are a record batch (`Results::to_record_batch`) and come back from
//! it; with `parquet`, a file (`Ensemble::run_shard`, `merge_shards`). A row is a member:
//!
//! | column | type | |
//! |---|---|---|
//! | `member` | u64 | its number |
//! | `error` | text or null | why it stopped |
//! | `settlements` | list of structs, or null | `obligation`, `from`, `to`, `status`, `unit`, `committed`, `delivered`, `shortfall` |
//! | `reliability` | list of structs, or null | `user`, and the fields of [`Reliability`](crate::metrics::Reliability); volumes in m3 a day |
//! | by watched place, if days are kept | list of f64, or null | a value a day; the unit is in the field's metadata |
//!
//! With the feature `wire`, results travel as bytes between processes (`Results::to_bytes`), summaries too.
//!
//! The schema's metadata has the title, days, seed, members, hashes and the crate's version, under names
//! that begin with `riparian.`.
//!
//! # What it does not do
//!
//! Verdicts are those of the settlement alone: why a member was short is not kept. Run it again with
//! [`Ensemble::report`], which gives everything a single run gives.

pub mod design;
mod draw;
mod frame;
mod lockstep;
mod outcome;
mod results;
mod run;
pub mod search;
#[cfg(feature = "parquet")]
mod shard;
mod spread;
mod summary;
#[cfg(feature = "arrow")]
mod table;
mod variation;
#[cfg(feature = "wire")]
mod wire;

pub use draw::Draws;
pub use frame::{Frame, Promise, Side, User, Watched};
pub use outcome::{Outcome, Verdict};
pub use results::Results;
pub use run::Progress;
#[cfg(feature = "parquet")]
pub use shard::{Shard, merge_shards, read_shard};
pub use spread::Spread;
pub use summary::{Band, ObligationOdds, PeriodOdds, Shortfall, Summary, UserSpread};
pub use variation::{
    DemandFactor, Generated, InflowFactor, InitialStorage, ObservedYears, Quantiles, Variation,
};

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use crate::agreement::Measure;
use crate::error::{Diagnostic, Result};
use crate::report::Report;
use crate::simulation::{Plan, Simulation};

/// What is kept of the members of an ensemble.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Keep {
    /// Nothing of each: counts, means and histograms of all. Quantiles are within half a per cent.
    Summaries,
    /// The settlements and how reliably users were served.
    #[default]
    Settlements,
    /// Beside them, the days of the watched places.
    Days,
}

/// Many runs of a plan: see the [module](self).
#[derive(Debug)]
pub struct Ensemble {
    plans: Vec<Arc<Plan>>,
    seed: u64,
    variations: Vec<Box<dyn Variation>>,
    watched: Vec<Watched>,
    keep: Keep,
    threads: Option<usize>,
    /// Hashing the plans takes as long as some members.
    frame: OnceLock<Arc<Frame>>,
}

impl Ensemble {
    /// Members of one plan, alike until something [varies](Ensemble::vary).
    pub fn new(plan: impl Into<Arc<Plan>>, seed: u64) -> Self {
        Self {
            plans: vec![plan.into()],
            seed,
            variations: Vec::new(),
            watched: Vec::new(),
            keep: Keep::default(),
            threads: None,
            frame: OnceLock::new(),
        }
    }

    /// Members of several plans in turn, member 0 of the first and so on round: uncertain parameters
    /// or terms of agreements, which each need a plan of their own.
    ///
    /// # Errors
    ///
    /// If there are no plans, or they differ in their days, parties or offtakes;
    /// [`Error::is_invalid`](crate::Error::is_invalid) holds.
    pub fn across(plans: impl IntoIterator<Item = Arc<Plan>>, seed: u64) -> Result<Self> {
        let plans: Vec<Arc<Plan>> = plans.into_iter().collect();
        let alike = |plan: &Plan| {
            let (model, first) = (plan.model(), plans[0].model());
            let (basin, other) = (model.basin(), first.basin());
            let parties = basin.parties().iter().map(|party| &party.id);
            let offtakes = basin.offtakes().iter().map(|offtake| &offtake.id);
            plan.window() == plans[0].window()
                && parties.eq(other.parties().iter().map(|party| &party.id))
                && offtakes.eq(other.offtakes().iter().map(|offtake| &offtake.id))
        };
        if plans.is_empty() || !plans.iter().all(|plan| alike(plan)) {
            let fault = Diagnostic::new("plans that are not of one ensemble");
            let expected = "at least one, all with the same days, parties and offtakes";
            return Err(crate::calendar::invalid(fault.expected(expected)));
        }
        let first = Arc::clone(&plans[0]);
        Ok(Self {
            plans,
            ..Self::new(first, seed)
        })
    }

    /// Lets something differ between the members.
    ///
    /// # Errors
    ///
    /// If it does not suit the plans, see [`Variation::check`].
    pub fn vary(mut self, variation: impl Variation + 'static) -> Result<Self> {
        for plan in &self.plans {
            variation.check(plan)?;
        }
        self.variations.push(Box::new(variation));
        self.frame.take();
        Ok(self)
    }

    /// Watches a place: its readings are kept day by day, or summed up by day.
    ///
    /// # Errors
    ///
    /// If there is no such place or measure; [`Error::is_invalid`](crate::Error::is_invalid) holds.
    pub fn watch(mut self, id: &str, measure: Option<Measure>) -> Result<Self> {
        let watched = Watched::new(&self.plans[0], id, measure)?;
        for plan in &self.plans[1..] {
            Watched::new(plan, id, measure)?;
        }
        self.watched.push(watched);
        self.frame.take();
        Ok(self)
    }

    /// Says what is kept of the members.
    #[must_use]
    pub fn keep(mut self, keep: Keep) -> Self {
        self.keep = keep;
        self.frame.take();
        self
    }

    /// Runs on so many threads, and not on as many as there are cores. Without the feature `parallel`
    /// there is one.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// What all members have in common.
    pub fn frame(&self) -> &Frame {
        self.shared_frame()
    }

    fn shared_frame(&self) -> &Arc<Frame> {
        self.frame.get_or_init(|| {
            let plans: Vec<&Plan> = self.plans.iter().map(Arc::as_ref).collect();
            let watched = self.watched.clone();
            let frame = Frame::of(&plans, &self.variations, watched, self.seed, self.keep);
            Arc::new(frame)
        })
    }

    /// The plan of a member, with the member's inputs.
    ///
    /// # Errors
    ///
    /// If a variation has no such member, or its inputs are none ([`Plan::with_inputs`]).
    pub fn plan(&self, member: u64) -> Result<Plan> {
        let plan = &self.plans[self.plan_of(member)];
        let mut inputs = plan.inputs();
        self.draw(member, plan, &mut inputs)?;
        plan.with_inputs(&inputs)
    }

    /// A member run and settled by itself, with everything a single run tells.
    ///
    /// # Errors
    ///
    /// As for [`Ensemble::plan`] and [`Simulation::run`].
    pub fn report(&self, member: u64) -> Result<Report> {
        let plan = self.plan(member)?;
        let ledger = Simulation::new(&plan).run()?;
        Ok(Report::new(plan, ledger))
    }

    /// How many of the plans have members that run side by side, several at once on a core: those of rivers,
    /// reservoirs and offtakes without canals, licences, claims that follow from what came before,
    /// forecasts, or reaches that hold water back. Members of others run one by one. The results are the same to the last bit, only
    /// sooner.
    ///
    /// ```
    /// use riparian::basin::{Node, Reach, Reservoir};
    /// use riparian::ensemble::Ensemble;
    /// use riparian::units::Volume;
    /// use riparian::{Model, Plan};
    ///
    /// let river = Model::builder("A river", "2024-06-01..2024-06-30".parse()?)
    ///     .reservoir(Reservoir::new("dam", Volume::from_mcm(50.0)))
    ///     .node(Node::terminal("sea"))
    ///     .reach(Reach::river("river", "dam", "sea"))
    ///     .build()?;
    /// assert_eq!(Ensemble::new(Plan::compile(river)?, 1).side_by_side(), 1);
    /// let season = Plan::compile(riparian::scenario::read("data/bakhri-tochik-2024")?)?;
    /// assert_eq!(Ensemble::new(season, 1).side_by_side(), 1);
    /// // What is claimed for a month's promise follows from what has come of it.
    /// let claimed = Plan::compile(riparian::scenario::read("data/bakhri-tochik-2024-protocol")?)?;
    /// assert_eq!(Ensemble::new(claimed, 1).side_by_side(), 0);
    /// # Ok::<(), riparian::Error>(())
    /// ```
    pub fn side_by_side(&self) -> usize {
        let frame = self.frame();
        let plans = self.plans.iter();
        plans
            .filter(|plan| lockstep::Lockstep::of(plan, frame).is_some())
            .count()
    }

    fn plan_of(&self, member: u64) -> usize {
        (member % self.plans.len() as u64) as usize
    }

    /// Puts what differs into a member's inputs.
    fn draw(&self, member: u64, plan: &Plan, inputs: &mut crate::simulation::Inputs) -> Result<()> {
        for (purpose, variation) in self.variations.iter().enumerate() {
            let mut draws = Draws::new(self.seed, member, purpose as u32);
            variation.vary(member, &mut draws, plan, inputs)?;
        }
        Ok(())
    }
}
