//! What a plan is given for a run: inflows, demands and storages, to be changed without compiling.

use std::sync::Arc;

use super::Plan;
use super::licences::Licensed;
use super::plan::{SECONDS_A_DAY, within_heads};
use super::tributaries::Tributaries;
use crate::basin::NodeKind;
use crate::error::{Diagnostic, Diagnostics, Result};
use crate::series::DailySeries;
use crate::units::Volume;

/// The inflows, demands and initial storages of a run.
///
/// [`Plan::inputs`] gives those of the model; [`Plan::with_inputs`] is a plan with others, the same
/// to the last bit as if the model had been built with them. Places are numbered as in the
/// [`Basin`](crate::basin::Basin), days from 0 at the first day of the run.
///
/// ```
/// use riparian::{Plan, Simulation};
///
/// let plan = Plan::compile(riparian::scenario::read("data/bakhri-tochik-2024")?)?;
/// let river = plan.model().basin().node_index("akjar").unwrap();
/// let mut dry = plan.inputs();
/// dry.scale_inflow(river, 0.7);
/// let (usual, dry) = (Simulation::new(&plan).run()?, Simulation::new(&plan.with_inputs(&dry)?).run()?);
/// assert!(dry.flow_at_node(90, river) < usual.flow_at_node(90, river));
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Inputs {
    /// By node, in m3/s.
    inflow: Table,
    /// By offtake, in m3/s, as the users ask.
    demand: Table,
    /// By reservoir, in m3: as the model has it, and as it is here.
    storage: (Arc<[f64]>, Vec<f64>),
}

/// The series of places. Those nobody changed are shared by all copies: of a thousand members most
/// change few.
#[derive(Clone, Debug)]
struct Table {
    days: usize,
    /// The series of the model, one after another.
    model: Arc<[f64]>,
    /// By place: the series that stands in its place, where `changed` says so.
    own: Vec<Vec<f64>>,
    changed: Vec<bool>,
}

/// What they are counts, not what of it somebody changed.
impl PartialEq for Inputs {
    fn eq(&self, other: &Self) -> bool {
        self.inflow == other.inflow
            && self.demand == other.demand
            && self.storage.1 == other.storage.1
    }
}

impl PartialEq for Table {
    fn eq(&self, other: &Self) -> bool {
        self.places() == other.places()
            && (0..self.places()).all(|place| self.of(place) == other.of(place))
    }
}

impl Table {
    fn new<'a>(
        days: usize,
        series: impl ExactSizeIterator<Item = Option<&'a DailySeries>>,
    ) -> Self {
        let places = series.len();
        let mut model = vec![0.0; days * places];
        for (place, series) in series.enumerate() {
            let values = series.into_iter().flat_map(DailySeries::values);
            let days = &mut model[place * days..][..days];
            days.iter_mut()
                .zip(values)
                .for_each(|(day, &value)| *day = value);
        }
        Self {
            days,
            model: model.into(),
            own: vec![Vec::new(); places],
            changed: vec![false; places],
        }
    }

    fn places(&self) -> usize {
        self.own.len()
    }

    fn of_model(&self, place: usize) -> &[f64] {
        &self.model[place * self.days..][..self.days]
    }

    fn of(&self, place: usize) -> &[f64] {
        if self.changed[place] {
            &self.own[place]
        } else {
            self.of_model(place)
        }
    }

    fn scale(&mut self, place: usize, scaled: impl Fn(f64) -> f64) {
        if self.changed[place] {
            let own = self.own[place].iter_mut();
            own.for_each(|flow| *flow = scaled(*flow));
            return;
        }
        let model = &self.model[place * self.days..][..self.days];
        let own = &mut self.own[place];
        own.clear();
        own.extend(model.iter().map(|&flow| scaled(flow)));
        self.changed[place] = true;
    }

    fn set(&mut self, place: usize, values: impl IntoIterator<Item = f64>) {
        if !self.changed[place] {
            self.scale(place, |flow| flow);
        }
        let days = self.own[place].iter_mut();
        days.zip(values).for_each(|(flow, other)| *flow = other);
    }

    /// Writes volumes by day and place.
    fn pour(&self, into: &mut [f64]) {
        for place in 0..self.places() {
            let days = into.iter_mut().skip(place).step_by(self.places());
            for (volume, flow) in days.zip(self.of(place)) {
                *volume = flow * SECONDS_A_DAY;
            }
        }
    }
}

impl Inputs {
    /// How many days there are.
    pub fn days(&self) -> usize {
        self.inflow.days
    }

    /// The lateral inflow of a node, day by day, in m3/s; a net loss is negative.
    ///
    /// # Panics
    ///
    /// If there is no such node.
    pub fn inflow(&self, node: usize) -> impl Iterator<Item = f64> + '_ {
        self.inflow.of(node).iter().copied()
    }

    /// Multiplies a node's inflow by a factor on every day on which water enters; net losses stay.
    ///
    /// # Panics
    ///
    /// If there is no such node.
    pub fn scale_inflow(&mut self, node: usize, factor: f64) {
        let scaled = |flow: f64| if flow > 0.0 { flow * factor } else { flow };
        self.inflow.scale(node, scaled);
    }

    /// Puts another inflow in place of a node's, in m3/s, from the first day on; days beyond the
    /// series or the run are left as they are.
    ///
    /// # Panics
    ///
    /// If there is no such node.
    pub fn set_inflow(&mut self, node: usize, m3s: impl IntoIterator<Item = f64>) {
        self.inflow.set(node, m3s);
    }

    /// The demand of an offtake, day by day, in m3/s.
    ///
    /// # Panics
    ///
    /// If there is no such offtake.
    pub fn demand(&self, offtake: usize) -> impl Iterator<Item = f64> + '_ {
        self.demand.of(offtake).iter().copied()
    }

    /// Multiplies an offtake's demand by a factor.
    ///
    /// # Panics
    ///
    /// If there is no such offtake.
    pub fn scale_demand(&mut self, offtake: usize, factor: f64) {
        self.demand.scale(offtake, |flow| flow * factor);
    }

    /// Puts another demand in place of an offtake's, in m3/s, as [`Inputs::set_inflow`] does.
    ///
    /// # Panics
    ///
    /// If there is no such offtake.
    pub fn set_demand(&mut self, offtake: usize, m3s: impl IntoIterator<Item = f64>) {
        self.demand.set(offtake, m3s);
    }

    /// What a reservoir holds before the first day.
    ///
    /// # Panics
    ///
    /// If there is no such reservoir.
    pub fn storage(&self, reservoir: usize) -> Volume {
        Volume::from_m3(self.storage.1[reservoir])
    }

    /// Lets a reservoir begin with another volume.
    ///
    /// # Panics
    ///
    /// If there is no such reservoir.
    pub fn set_storage(&mut self, reservoir: usize, volume: Volume) {
        self.storage.1[reservoir] = volume.m3();
    }

    /// Becomes those of the model again, in the memory there is.
    pub(crate) fn reset(&mut self) {
        self.inflow.changed.fill(false);
        self.demand.changed.fill(false);
        let (model, here) = &mut self.storage;
        here.copy_from_slice(model);
    }

    /// The inflow of a node in m3/s, and whether somebody changed it.
    pub(crate) fn inflow_of(&self, node: usize) -> &[f64] {
        self.inflow.of(node)
    }

    pub(crate) fn changes_inflow(&self, node: usize) -> bool {
        self.inflow.changed[node]
    }

    /// The demand of an offtake in m3/s, and whether somebody changed it.
    pub(crate) fn demand_of(&self, offtake: usize) -> &[f64] {
        self.demand.of(offtake)
    }

    pub(crate) fn changes_demand(&self, offtake: usize) -> bool {
        self.demand.changed[offtake]
    }

    /// Every number, for a digest.
    pub(crate) fn write(&self, to: impl FnMut(f64)) {
        let tables = [&self.inflow, &self.demand];
        let flows = tables
            .iter()
            .flat_map(|table| (0..table.places()).flat_map(|p| table.of(p)));
        flows.chain(&self.storage.1).copied().for_each(to);
    }

    /// All the faults that a model built with these inputs would have, and what would make it
    /// another plan.
    pub(crate) fn check(&self, plan: &Plan) -> Result<()> {
        let basin = plan.model.basin();
        let mut faults = Diagnostics::new();
        let places = (self.inflow.places(), self.demand.places());
        let sizes = (self.days(), places, self.storage.1.len());
        let (nodes, offtakes) = (plan.sizes.nodes, plan.sizes.offtakes);
        if sizes != (plan.days, (nodes, offtakes), plan.stores.len()) {
            let fault = "inputs of another plan: other days or places";
            return Err(crate::calendar::invalid(Diagnostic::new(fault)));
        }
        for (v, node) in basin.nodes().iter().enumerate() {
            let may_lose = plan.loss_claim[v].is_some() || plan.ways[v].store.is_some();
            let least = if node.kind != NodeKind::Inflow && may_lose {
                f64::MIN
            } else {
                0.0
            };
            if plan.model.inflow[v].is_none() {
                if self.inflow(v).any(|flow| flow != 0.0) {
                    let fault = format!("an inflow at `{}`, where none enters", node.id);
                    faults.push(
                        Diagnostic::new(fault).expected("a node of the model with an inflow"),
                    );
                }
                continue;
            }
            if let Some((day, value)) = first_outside(self.inflow.of(v), least) {
                let date = plan.dates[day];
                let fault = format!("the inflow of `{}` is {value} m3/s on {date}", node.id);
                faults.push(Diagnostic::new(fault).expected(if least < 0.0 {
                    "a number"
                } else {
                    "at least 0: the plan was compiled without a net loss there"
                }));
            }
        }
        for (i, offtake) in basin.offtakes().iter().enumerate() {
            if let Some((day, value)) = first_outside(self.demand.of(i), 0.0) {
                let date = plan.dates[day];
                let fault = format!("the demand of `{}` is {value} m3/s on {date}", offtake.id);
                faults.push(Diagnostic::new(fault).expected("at least 0"));
            }
        }
        for (reservoir, &storage) in basin.reservoirs().iter().zip(&self.storage.1) {
            let most = reservoir.surcharge;
            if !(0.0..=most.m3()).contains(&storage) {
                let volume = Volume::from_m3(storage);
                let fault = format!("`{}` starting with {volume}", reservoir.node);
                let expected = format!("at least 0 and at most {most}");
                faults.push(Diagnostic::new(fault).expected(expected));
            }
        }
        faults.finish(())
    }
}

/// The first day with a flow below a bound, or none, or infinite.
fn first_outside(flows: &[f64], least: f64) -> Option<(usize, f64)> {
    let outside = |flow: &f64| !(least..=f64::MAX).contains(flow);
    // Mostly there is none, and without a way out of the loop it is done many numbers at a time.
    if !flows.iter().fold(false, |any, flow| any | outside(flow)) {
        return None;
    }
    let day = flows.iter().position(outside)?;
    Some((day, flows[day]))
}

impl Plan {
    /// The inflows, demands and initial storages of the model.
    pub fn inputs(&self) -> Inputs {
        let model = &self.model;
        let storage: Vec<f64> = model
            .basin
            .reservoirs()
            .iter()
            .map(|r| r.initial.m3())
            .collect();
        Inputs {
            inflow: Table::new(self.days, model.inflow.iter().map(Option::as_ref)),
            demand: Table::new(self.days, model.demand.iter().map(Some)),
            storage: (storage.as_slice().into(), storage),
        }
    }

    /// The same plan with other inflows, demands and initial storages; its [`model`](Plan::model) has
    /// them too.
    ///
    /// # Errors
    ///
    /// If there are inflows where the model has none, negative inflows or demands, more in store than a reservoir holds, numbers that
    /// are none, or a net loss at a node that had none;
    /// [`Error::is_invalid`](crate::Error::is_invalid) holds.
    pub fn with_inputs(&self, inputs: &Inputs) -> Result<Self> {
        let mut plan = self.clone();
        plan.take(inputs)?;
        let (model, from) = (&mut plan.model, self.window().from());
        for (v, series) in model.inflow.iter_mut().enumerate() {
            if let Some(series) = series {
                *series = DailySeries::new(from, inputs.inflow(v).collect())?;
            }
        }
        for (i, series) in model.demand.iter_mut().enumerate() {
            *series = DailySeries::new(from, inputs.demand(i).collect())?;
        }
        for (k, reservoir) in model.basin.reservoirs_mut().iter_mut().enumerate() {
            reservoir.initial = inputs.storage(k);
        }
        Ok(plan)
    }

    /// Puts other inputs into this plan, and leaves its model as it is.
    pub(crate) fn take(&mut self, inputs: &Inputs) -> Result<()> {
        inputs.check(self)?;
        inputs.inflow.pour(&mut self.inflow);
        inputs.demand.pour(&mut self.asked);
        for (store, &storage) in self.stores.iter_mut().zip(&inputs.storage.1) {
            store.initial = storage;
        }
        let basin = &self.model.basin;
        within_heads(basin, &self.asked, &mut self.demand);
        self.licences = Licensed::all(&self.model, &self.demand);
        if !self.routed.is_empty() {
            let known = [&self.inflow[..], &self.demand[..]];
            self.wants.tributaries =
                Tributaries::new(basin, &self.ways, &self.reaches, &self.routed, known);
        }
        self.fill_in();
        Ok(())
    }

    /// Fills in what follows from the inputs once the plan is whole.
    pub(super) fn fill_in(&mut self) {
        super::antecedent::fill(self);
        super::forecast::fill(self);
    }
}
