//! A season planned ahead: the releases of all dams, dekad by dekad, that leave the least unmet.
//!
//! Before a season the parties know how much is stored, what is forecast to come and what they owe
//! each other. A [`Planner`] makes of these a linear program in dekads over the whole cascade and a
//! [`SeasonPlan`] of its answer: a schedule for each dam, what each canal gets, what will be missing
//! and of whom, as the [bulletin](SeasonPlan::bulletin) that is signed. The plan is [put into the
//! model](SeasonPlan::apply) and simulated day by day like any other.
//!
//! ```
//! use riparian::planner::Planner;
//! use riparian::{Plan, Simulation};
//!
//! let model = riparian::scenario::read("data/bakhri-tochik-2024-protocol")?;
//! let planner = Planner::new(&model)?;
//! let season = planner.plan()?;
//! let plan = Plan::compile(season.apply(&model)?)?;
//! let ledger = Simulation::new(&plan).run()?;
//! for (planned, came) in season.wanted().iter().zip(planner.held_against(&ledger)) {
//!     assert_eq!(planned.id, came.id);
//! }
//! # Ok::<(), riparian::Error>(())
//! ```
//!
//! # The program
//!
//! Volumes by dekad, in Mm3. Chosen are: the release and spill of each dam, its storage at the end of
//! each dekad, what enters each canal, what each offtake takes, and what is missing of each
//! obligation in each of its periods.
//!
//! | in the river | in the program |
//! |---|---|
//! | travel time of `L` days | the last `L` days' part of what enters in a dekad comes in the next |
//! | a lag that changes with the season | each day's water comes after the lag of its day of entry |
//! | reaches that store water | each day's water comes spread over days, as the reach spreads it |
//! | water in the reaches before the run | as in the simulation |
//! | losses and capacities of reaches, heads of canals, by season | the same; a release, even over a dekad, by the least capacity in it |
//! | net losses of a stretch, what vanishes from a lake, dead storage, least releases | before all classes |
//! | evaporation, seepage, rain; what outlets pass | at the surface and level of the pass before |
//! | energy | turbined volume times the head of the pass before |
//! | ramping | between the means of neighbouring dekads |
//! | a storage at a date | on that day, straight between the dekads' ends |
//! | limits | what is in excess of them counts as missing |
//!
//! The program is solved three times, each pass at the storages of the one before. Spill costs
//! nothing in the first pass; after it, spill from a lake that is not full is avoided before all
//! classes, for no plan opens the sky above a dam to get around its outlets.
//!
//! # Who goes short
//!
//! Classes are served in strict order: one program after another, each holding what the seniors got
//! at its best but for a part in 1e9. (Weights that far apart would be lost in a solver's rounding.)
//! Before the classes comes what nature and structures take; after them what observes only, see
//! [`Planner::claiming`]; last the plan keeps as much in store as it can, high in the basin first,
//! and of plans that do takes one with steady releases.
//!
//! Within a class, a shortage counts by volume and by how deep it cuts: the first quarter of what is
//! due costs once its volume, the second twice, and so on. So what is missing is the least there can
//! be where depth does not matter, and is spread over users and dekads in proportion to what is due,
//! to a quarter. An energy counts as the water that would make it.
//!
//! # What it is not
//!
//! The forecast is taken as certain. Net losses go before all classes even where in the end nobody
//! beyond them gets anything. What is due by formulas of readings, forms of one's own, and ownership
//! of stored water cannot be planned: [`SeasonPlan::not_planned`] lists it.
//!
//! The program is that of reservoir operation textbooks; see D. P. Loucks and E. van Beek, *Water
//! Resource Systems Planning and Management* (2017), chapter 4.

mod bulletin;
mod past;
mod program;
mod result;
mod river;
mod season;
mod steps;
mod stream;
mod wants;

pub use result::{NotPlanned, ReservoirPlan, SeasonPlan, Wanted, Work};

use crate::agreement::Obligation;
use crate::calendar::{Date, day_index, invalid};
use crate::error::{Diagnostic, Diagnostics, Result};
use crate::ledger::Ledger;
use crate::model::Model;
use crate::series::DailySeries;
use crate::simulation::{Plan, Simulation};

/// Plans the season of a model: its window, its initial storages, its inflows as the forecast, its
/// agreements and demands. The [module](self) says how.
#[derive(Debug)]
pub struct Planner {
    plan: Plan,
    /// Obligations with a class of the planner's own.
    claiming: Vec<(String, usize)>,
    weights: Vec<(String, f64)>,
    without: Vec<String>,
    kept: Vec<Kept>,
    past: past::Past,
    /// The plan that was in force till then.
    before: Option<SeasonPlan>,
}

/// A dam whose releases are not the planner's.
#[derive(Clone, Debug)]
struct Kept {
    reservoir: usize,
    /// By day of the run.
    m3s: Vec<f64>,
}

impl Planner {
    /// A planner of a model. The model's release policies are of no account.
    ///
    /// # Errors
    ///
    /// As for [`Plan::compile`]; and all reaches that flow over their banks: what leaves the river
    /// there follows from how high it is, and no linear program knows.
    pub fn new(model: &Model) -> Result<Self> {
        let mut faults = Diagnostics::new();
        for reach in model.basin().reaches() {
            if reach.overflow.is_some() {
                faults.push(
                    Diagnostic::new(format!(
                        "the planner cannot follow the reach `{}`",
                        reach.id
                    ))
                    .at(reach.origin.place("reach"))
                    .expected("a reach without overflow"),
                );
            }
        }
        faults.finish(())?;
        Ok(Self {
            plan: Plan::compile(model.clone())?,
            claiming: Vec::new(),
            weights: Vec::new(),
            without: Vec::new(),
            kept: Vec::new(),
            past: past::Past::default(),
            before: None,
        })
    }

    /// The same, planning an obligation in a priority class.
    ///
    /// Without it an obligation is planned in the class in which it
    /// [claims](crate::agreement::Claim), and one that only observes after all classes, so that a
    /// plan takes no water from anybody for it.
    ///
    /// # Errors
    ///
    /// If there is no such obligation or class; [`Error::is_invalid`](crate::Error::is_invalid)
    /// holds.
    pub fn claiming(mut self, obligation: &str, class: &str) -> Result<Self> {
        self.find(obligation)?;
        let names = self.model().classes().iter().map(|class| &*class.name);
        let Some(rank) = names.clone().position(|name| name == class) else {
            return Err(invalid(
                Diagnostic::new(format!("unknown priority class `{class}`"))
                    .expected("a class of the model")
                    .nearest(class, names),
            ));
        };
        self.claiming.retain(|(id, _)| id != obligation);
        self.claiming.push((obligation.to_owned(), rank));
        Ok(self)
    }

    /// The same, in which what is missing of an obligation weighs so much beside others of its
    /// class; 1 unless told otherwise.
    ///
    /// # Errors
    ///
    /// If there is no such obligation; [`Error::is_invalid`](crate::Error::is_invalid) holds.
    ///
    /// # Panics
    ///
    /// If the weight is not above 0.
    pub fn weighing(mut self, obligation: &str, weight: f64) -> Result<Self> {
        assert!(weight > 0.0 && weight.is_finite(), "a weight of {weight}");
        self.find(obligation)?;
        self.weights.retain(|(id, _)| id != obligation);
        self.weights.push((obligation.to_owned(), weight));
        Ok(self)
    }

    /// The same, leaving an obligation out; the plan says so.
    ///
    /// # Errors
    ///
    /// If there is no such obligation; [`Error::is_invalid`](crate::Error::is_invalid) holds.
    pub fn without(mut self, obligation: &str) -> Result<Self> {
        self.find(obligation)?;
        self.without.push(obligation.to_owned());
        Ok(self)
    }

    /// The same, in which a dam is not the planner's: it releases so much, in m3/s, as far as there is
    /// water, and keeps its policy where the plan is [put into a model](SeasonPlan::apply).
    ///
    /// # Errors
    ///
    /// If there is no such reservoir, or the releases do not cover the season;
    /// [`Error::is_invalid`](crate::Error::is_invalid) holds.
    pub fn keeping(mut self, reservoir: &str, m3s: &DailySeries) -> Result<Self> {
        let basin = self.model().basin();
        let Some(k) = basin.reservoir_index(reservoir) else {
            let ids = basin.reservoirs().iter().map(|r| r.node.as_str());
            return Err(invalid(
                Diagnostic::new(format!("unknown reservoir `{reservoir}`"))
                    .expected("a reservoir of the model")
                    .nearest(reservoir, ids),
            ));
        };
        let m3s = m3s.slice(self.model().window())?.values().to_vec();
        self.kept.retain(|kept| kept.reservoir != k);
        self.kept.push(Kept { reservoir: k, m3s });
        Ok(self)
    }

    /// The same, made anew at the start of a dekad of the season: what was planned before was done
    /// until then and went as in a ledger, of which only those days are read.
    ///
    /// What has come till then counts for what is due, water on its way arrives, and the new plan
    /// still holds what the old one said of the days before it. Inflows and demands are those of this
    /// planner's model from that day on.
    ///
    /// # Errors
    ///
    /// If plan or ledger are of another basin or of other days, or no dekad starts on the day;
    /// [`Error::is_invalid`](crate::Error::is_invalid) holds.
    pub fn revising(mut self, plan: &SeasonPlan, on: Date, so_far: &Ledger) -> Result<Self> {
        let window = self.model().window();
        plan.suits(self.model())?;
        if so_far.window() != window {
            let fault = Diagnostic::new(format!("a ledger over {}", so_far.window()));
            return Err(invalid(fault.expected(format!("the season, {window}"))));
        }
        let days = day_index(window.from(), on);
        let steps = steps::Steps::of(window);
        let starts = (0..steps.len()).any(|t| steps.range(t).start as i64 == days);
        if !starts {
            let fault = Diagnostic::new(format!("a plan made anew on {on}"));
            return Err(invalid(
                fault.expected(format!("the first day of a dekad of {window}")),
            ));
        }
        self.past = past::Past::of(so_far, days as usize);
        self.before = Some(plan.clone());
        Ok(self)
    }

    /// Plans at the start of the season and anew at the start of each later dekad, each time with the
    /// forecast as seen then and from where the plan so far has led, day by day with what came; gives
    /// all plans. The last one holds what each said of its own dekad: put into the model, it gives
    /// the season as it went.
    ///
    /// What came is the model of this planner. `forecast` is asked for what is expected on a date:
    /// a model of the same season with other inflows, of which those before the date are not read.
    ///
    /// # Errors
    ///
    /// What `forecast`, [`Planner::plan`] or the simulation say.
    pub fn rolling(
        &self,
        mut forecast: impl FnMut(Date) -> Result<Model>,
    ) -> Result<Vec<SeasonPlan>> {
        let mut plans: Vec<SeasonPlan> = Vec::new();
        for step in steps::Steps::of(self.model().window()).windows() {
            let mut planner = self.with_model(&forecast(step.from())?)?;
            if let Some(last) = plans.last() {
                let plan = Plan::compile(last.apply(self.model())?)?;
                let ledger = Simulation::new(&plan).run()?;
                planner = planner.revising(last, step.from(), &ledger)?;
            }
            plans.push(planner.plan()?);
        }
        Ok(plans)
    }

    /// A planner of another model that is asked for the same.
    fn with_model(&self, model: &Model) -> Result<Self> {
        Ok(Self {
            claiming: self.claiming.clone(),
            weights: self.weights.clone(),
            without: self.without.clone(),
            kept: self.kept.clone(),
            ..Self::new(model)?
        })
    }

    /// The model it plans for.
    pub fn model(&self) -> &Model {
        self.plan.model()
    }

    /// Makes the plan.
    ///
    /// A shortage is a result, never an error.
    ///
    /// # Errors
    ///
    /// If the solver fails; [`Error::is_plan`](crate::Error::is_plan) holds.
    pub fn plan(&self) -> Result<SeasonPlan> {
        season::plan(self)
    }

    /// What came by a ledger of what was to be met: row by row as in [`SeasonPlan::wanted`], so that
    /// plan and outcome can be held side by side.
    ///
    /// The demand of offtakes is that of the planner's model, whatever the run asked for.
    ///
    /// # Panics
    ///
    /// If the ledger is of another basin or of other days.
    pub fn held_against(&self, ledger: &Ledger) -> Vec<Wanted> {
        assert_eq!(ledger.window(), self.model().window(), "days of the run");
        let (wants, _) = wants::wants(self);
        let rows = wants.iter().map(|want| {
            let (came, short) = want.held_against(self, ledger);
            Wanted::of(self, want, came, short)
        });
        rows.collect()
    }

    fn find(&self, id: &str) -> Result<()> {
        let agreements = self.model().agreements().iter();
        let mut ids = agreements.flat_map(|agreement| &agreement.obligations);
        if ids.any(|obligation| obligation.id == id) {
            return Ok(());
        }
        let agreements = self.model().agreements().iter();
        let known = agreements.flat_map(|agreement| &agreement.obligations);
        Err(invalid(
            Diagnostic::new(format!("unknown obligation `{id}`"))
                .expected("an obligation of the model's agreements")
                .nearest(id, known.map(|obligation| obligation.id.as_str())),
        ))
    }

    /// The number of a class; one more than the last for no class.
    fn class(&self, name: &str) -> usize {
        let classes = self.model().classes();
        let at = classes.iter().position(|class| class.name == name);
        at.unwrap_or(classes.len())
    }

    fn rank_of(&self, obligation: &Obligation) -> usize {
        let own = self.claiming.iter().find(|(id, _)| *id == obligation.id);
        let claim = || obligation.claim.as_ref().map_or("", |claim| &claim.class);
        own.map_or_else(|| self.class(claim()), |&(_, rank)| rank)
    }

    fn weight_of(&self, id: &str) -> f64 {
        let own = self.weights.iter().find(|(other, _)| other == id);
        own.map_or(1.0, |&(_, weight)| weight)
    }

    fn leaves_out(&self, id: &str) -> bool {
        self.without.iter().any(|other| other == id)
    }
}
