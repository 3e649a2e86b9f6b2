//! What differs from member to member.

use std::fmt;

use super::Draws;
use crate::calendar::{Date, Window};
use crate::error::{Diagnostic, Diagnostics, Result};
use crate::inflow::Generator;
use crate::series::DailySeries;
use crate::simulation::{Inputs, Plan};
use crate::units::Volume;

/// Something that differs from member to member of an ensemble.
///
/// A member's inputs begin as those of the plan; the variations of the ensemble change them one after
/// another. What a variation does must follow from the member's number and its draws alone.
///
/// ```
/// use riparian::ensemble::{Draws, Variation};
/// use riparian::simulation::Inputs;
/// use riparian::{Plan, Result};
///
/// /// Rivers bring up to a tenth more or less, each for itself.
/// #[derive(Debug)]
/// struct Wobble;
///
/// impl Variation for Wobble {
///     fn vary(&self, _: u64, draws: &mut Draws, plan: &Plan, inputs: &mut Inputs) -> Result<()> {
///         for node in 0..plan.model().basin().nodes().len() {
///             inputs.scale_inflow(node, 0.9 + 0.2 * draws.uniform());
///         }
///         Ok(())
///     }
/// }
/// ```
pub trait Variation: fmt::Debug + Send + Sync {
    /// Changes the inputs of a member.
    ///
    /// # Errors
    ///
    /// Why there is no such member; the others go on.
    fn vary(&self, member: u64, draws: &mut Draws, plan: &Plan, inputs: &mut Inputs) -> Result<()>;

    /// Checks that it suits a plan, before any member is run.
    ///
    /// # Errors
    ///
    /// All that is wrong with it.
    fn check(&self, plan: &Plan) -> Result<()> {
        let _ = plan;
        Ok(())
    }

    /// What it does, in words that differ where its answers do: two runs are parts of one ensemble
    /// only if these are the same.
    fn describe(&self) -> String {
        format!("{self:?}")
    }
}

/// A distribution given by some of its quantiles; linear between them, and no value beyond the
/// outermost.
///
/// ```
/// use riparian::ensemble::Quantiles;
///
/// let snow = Quantiles::new([(0.0, 0.7), (0.5, 1.0), (1.0, 1.2)])?;
/// assert_eq!(snow.at(0.25), 0.85);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Quantiles {
    points: Vec<(f64, f64)>,
}

impl Quantiles {
    /// From pairs of probability and value, in rising order.
    ///
    /// # Errors
    ///
    /// All faults at once: no pairs, probabilities that do not rise or lie outside 0 to 1, values that
    /// fall or are no numbers.
    pub fn new(points: impl IntoIterator<Item = (f64, f64)>) -> Result<Self> {
        let points: Vec<(f64, f64)> = points.into_iter().collect();
        let mut faults = Diagnostics::new();
        if points.is_empty() {
            faults.push(Diagnostic::new("a distribution without quantiles"));
        }
        for &(p, value) in &points {
            if !(0.0..=1.0).contains(&p) || !value.is_finite() {
                let fault = Diagnostic::new(format!("a quantile of {value} at {p}"));
                faults.push(fault.expected("a number at a probability from 0 to 1"));
            }
        }
        for pair in points.windows(2) {
            let ((p, low), (q, high)) = (pair[0], pair[1]);
            if q <= p || high < low {
                let fault = format!("a quantile of {high} at {q} after {low} at {p}");
                faults.push(Diagnostic::new(fault).expected("rising probabilities and values"));
            }
        }
        faults.finish(Self { points })
    }

    /// The value that is not exceeded with a probability.
    pub fn at(&self, p: f64) -> f64 {
        let above = self.points.partition_point(|&(q, _)| q < p);
        let (Some(&(q, high)), Some(before)) = (self.points.get(above), above.checked_sub(1))
        else {
            return self.points[above.min(self.points.len() - 1)].1;
        };
        let (p0, low) = self.points[before];
        low + (p - p0) / (q - p0) * (high - low)
    }
}

/// A factor on the inflows, the same for all days and nodes: more snow or less.
#[derive(Clone, Debug)]
pub struct InflowFactor {
    nodes: Option<Vec<String>>,
    factors: Quantiles,
}

impl InflowFactor {
    /// On all inflows. Net losses stay.
    pub fn new(factors: Quantiles) -> Self {
        Self {
            nodes: None,
            factors,
        }
    }

    /// The same, on the inflows of these nodes only.
    #[must_use]
    pub fn at<S: Into<String>>(mut self, nodes: impl IntoIterator<Item = S>) -> Self {
        self.nodes = Some(nodes.into_iter().map(Into::into).collect());
        self
    }
}

impl Variation for InflowFactor {
    fn vary(&self, _: u64, draws: &mut Draws, plan: &Plan, inputs: &mut Inputs) -> Result<()> {
        let factor = self.factors.at(draws.uniform());
        let basin = plan.model().basin();
        match &self.nodes {
            None => (0..basin.nodes().len()).for_each(|v| inputs.scale_inflow(v, factor)),
            Some(nodes) => {
                for v in nodes.iter().filter_map(|id| basin.node_index(id)) {
                    inputs.scale_inflow(v, factor);
                }
            }
        }
        Ok(())
    }

    fn check(&self, plan: &Plan) -> Result<()> {
        let basin = plan.model().basin();
        let known = basin.nodes().iter().map(|node| node.id.as_str());
        let named = self.nodes.iter().flatten().map(String::as_str);
        check_names("node", named, known)
    }
}

/// A factor on the demands, the same for all days and offtakes.
#[derive(Clone, Debug)]
pub struct DemandFactor {
    offtakes: Option<Vec<String>>,
    factors: Quantiles,
}

impl DemandFactor {
    /// On all demands.
    pub fn new(factors: Quantiles) -> Self {
        Self {
            offtakes: None,
            factors,
        }
    }

    /// The same, on the demands of these offtakes only.
    #[must_use]
    pub fn at<S: Into<String>>(mut self, offtakes: impl IntoIterator<Item = S>) -> Self {
        self.offtakes = Some(offtakes.into_iter().map(Into::into).collect());
        self
    }
}

impl Variation for DemandFactor {
    fn vary(&self, _: u64, draws: &mut Draws, plan: &Plan, inputs: &mut Inputs) -> Result<()> {
        let factor = self.factors.at(draws.uniform());
        let basin = plan.model().basin();
        match &self.offtakes {
            None => (0..basin.offtakes().len()).for_each(|i| inputs.scale_demand(i, factor)),
            Some(offtakes) => {
                for i in offtakes.iter().filter_map(|id| basin.offtake_index(id)) {
                    inputs.scale_demand(i, factor);
                }
            }
        }
        Ok(())
    }

    fn check(&self, plan: &Plan) -> Result<()> {
        let basin = plan.model().basin();
        let known = basin.offtakes().iter().map(|offtake| offtake.id.as_str());
        let named = self.offtakes.iter().flatten().map(String::as_str);
        check_names("offtake", named, known)
    }
}

/// The volume a reservoir begins with.
///
/// ```
/// use std::sync::Arc;
///
/// use riparian::Plan;
/// use riparian::ensemble::{Ensemble, InitialStorage, ObservedYears, Quantiles};
/// use riparian::series::DailySeries;
///
/// let plan = Arc::new(Plan::compile(riparian::scenario::read("src/bin/riparian/skeleton")?)?);
/// let stored = Quantiles::new([(0.0, 30.0), (1.0, 60.0)])?;
/// let record = "2001-01-01..2010-12-31".parse()?;
/// let years = ObservedYears::new([("spring", DailySeries::constant(record, 35.0)?)]);
/// let summers = Ensemble::across([plan.clone(), plan], 7)?
///     .vary(InitialStorage::new("lake", stored))?
///     .vary(years)?;
/// assert_eq!(summers.run(0..10).summary().members, 10);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct InitialStorage {
    reservoir: String,
    mcm: Quantiles,
}

impl InitialStorage {
    /// Quantiles in Mm3.
    pub fn new(reservoir: impl Into<String>, mcm: Quantiles) -> Self {
        Self {
            reservoir: reservoir.into(),
            mcm,
        }
    }
}

impl Variation for InitialStorage {
    fn vary(&self, _: u64, draws: &mut Draws, plan: &Plan, inputs: &mut Inputs) -> Result<()> {
        let volume = Volume::from_mcm(self.mcm.at(draws.uniform()));
        if let Some(k) = plan.model().basin().reservoir_index(&self.reservoir) {
            inputs.set_storage(k, volume);
        }
        Ok(())
    }

    fn check(&self, plan: &Plan) -> Result<()> {
        let reservoirs = plan.model().basin().reservoirs().iter();
        let known = reservoirs.map(|reservoir| reservoir.node.as_str());
        check_names("reservoir", [self.reservoir.as_str()], known)
    }
}

/// Inflows of years that were, each member one whole year at all nodes.
///
/// A day takes the flow of the same day of the year drawn, counted from the year in which the run
/// begins; 29 February takes that of the 28th where the year has none.
#[derive(Clone, Debug)]
pub struct ObservedYears {
    nodes: Vec<(String, DailySeries)>,
    in_turn: bool,
}

impl ObservedYears {
    /// Series in m3/s by node, over many years; a year drawn is one that all of them have whole.
    pub fn new<S: Into<String>>(nodes: impl IntoIterator<Item = (S, DailySeries)>) -> Self {
        let nodes = nodes.into_iter().map(|(id, series)| (id.into(), series));
        Self {
            nodes: nodes.collect(),
            in_turn: false,
        }
    }

    /// The same, taking the years in turn and not by lot: member 0 the first, and so on round.
    #[must_use]
    pub fn in_turn(mut self) -> Self {
        self.in_turn = true;
        self
    }

    /// The years it may draw for a run of these days.
    pub fn years(&self, run: Window) -> Vec<i16> {
        // A series has no gaps.
        let whole = |series: &DailySeries, year: i16| {
            let has = |day| in_year(day, year, run).is_some_and(|day| series.get(day).is_some());
            has(run.from()) && has(run.to())
        };
        let first = self.nodes.iter().map(|(_, s)| s.start().year()).max();
        let last = self.nodes.iter().map(|(_, s)| s.end().year()).min();
        let (Some(first), Some(last)) = (first, last) else {
            return Vec::new();
        };
        let all = |&year: &i16| self.nodes.iter().all(|(_, series)| whole(series, year));
        (first..=last).filter(all).collect()
    }
}

/// The day of another year that stands for a day of a run.
fn in_year(day: Date, year: i16, run: Window) -> Option<Date> {
    let year = year + (day.year() - run.from().year());
    let same = Date::new(year, day.month(), day.day());
    same.or_else(|_| Date::new(year, 2, 28)).ok()
}

impl Variation for ObservedYears {
    fn vary(&self, member: u64, draws: &mut Draws, plan: &Plan, inputs: &mut Inputs) -> Result<()> {
        let run = plan.window();
        let years = self.years(run);
        let at = if self.in_turn {
            (member % years.len() as u64) as usize
        } else {
            draws.index(years.len())
        };
        for (id, series) in &self.nodes {
            if let Some(v) = plan.model().basin().node_index(id) {
                let days = run.iter();
                let flows = days.filter_map(|day| series.get(in_year(day, years[at], run)?));
                inputs.set_inflow(v, flows);
            }
        }
        Ok(())
    }

    fn check(&self, plan: &Plan) -> Result<()> {
        let nodes = plan.model().basin().nodes().iter();
        let known = nodes.map(|node| node.id.as_str());
        let named = self.nodes.iter().map(|(id, _)| id.as_str());
        check_names("node", named, known)?;
        if self.years(plan.window()).is_empty() {
            let fault = Diagnostic::new(format!("no year whole over {}", plan.window()));
            let expected = "series at one node at least that have the days of the run in some year";
            return Err(crate::calendar::invalid(fault.expected(expected)));
        }
        Ok(())
    }
}

/// Inflows made by a fitted [generator](crate::inflow), each member a record of its own.
///
/// The member's number is the generator's, and the ensemble's seed its seed.
#[derive(Clone, Debug)]
pub struct Generated(Generator);

impl Generated {
    /// By a generator whose sites are nodes of the model.
    ///
    /// ```
    /// use riparian::Plan;
    /// use riparian::calendar::Period;
    /// use riparian::ensemble::{Ensemble, Generated};
    /// use riparian::inflow::{LagOne, Record};
    ///
    /// let model = riparian::scenario::read("data/syr-darya-2001-2010")?;
    /// let record = Record::from_model(&model, Period::Dekad, 1)?;
    /// let generator = LagOne::contemporaneous().pooling(1).fit(&record)?;
    /// let decades = Ensemble::new(Plan::compile(model)?, 42).vary(Generated::new(generator))?;
    /// # let _ = decades;
    /// # Ok::<(), riparian::Error>(())
    /// ```
    pub fn new(generator: Generator) -> Self {
        Self(generator)
    }
}

impl Variation for Generated {
    fn vary(&self, member: u64, draws: &mut Draws, plan: &Plan, inputs: &mut Inputs) -> Result<()> {
        let series = self.0.over(plan.window(), draws.seed(), member)?;
        for (site, daily) in self.0.sites().iter().zip(&series) {
            if let Some(v) = plan.model().basin().node_index(site) {
                inputs.set_inflow(v, daily.values().iter().copied());
            }
        }
        Ok(())
    }

    fn check(&self, plan: &Plan) -> Result<()> {
        let model = plan.model();
        let nodes = model.basin().nodes().iter().enumerate();
        let enters = nodes.filter(|&(v, _)| model.inflow(v).is_some());
        let known = enters.map(|(_, node)| node.id.as_str());
        let named = self.0.sites().iter().map(String::as_str);
        check_names("node with an inflow", named, known)
    }
}

fn check_names<'a>(
    kind: &str,
    named: impl IntoIterator<Item = &'a str>,
    known: impl Iterator<Item = &'a str>,
) -> Result<()> {
    let known: Vec<&str> = known.collect();
    let mut faults = Diagnostics::new();
    for name in named {
        if !known.contains(&name) {
            let fault = Diagnostic::new(format!("unknown {kind} `{name}`"));
            let an = if kind == "offtake" { "an" } else { "a" };
            let expected = format!("the id of {an} {kind} of the model");
            faults.push(
                fault
                    .expected(expected)
                    .nearest(name, known.iter().copied()),
            );
        }
    }
    faults.finish(())
}
