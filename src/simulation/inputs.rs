//! What a plan is given for a run: inflows, demands and storages, to be changed without compiling.

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
#[derive(Clone, Debug, PartialEq)]
pub struct Inputs {
    nodes: usize,
    offtakes: usize,
    /// By day and node, in m3/s.
    inflow: Vec<f64>,
    /// By day and offtake, in m3/s, as the users ask.
    demand: Vec<f64>,
    /// By reservoir, in m3.
    storage: Vec<f64>,
}

impl Inputs {
    /// How many days there are.
    pub fn days(&self) -> usize {
        self.inflow.len() / self.nodes
    }

    /// The lateral inflow of a node, day by day, in m3/s; a net loss is negative.
    ///
    /// # Panics
    ///
    /// If there is no such node.
    pub fn inflow(&self, node: usize) -> impl Iterator<Item = f64> + '_ {
        assert!(node < self.nodes, "node {node} of {}", self.nodes);
        self.inflow.iter().skip(node).step_by(self.nodes).copied()
    }

    /// Multiplies a node's inflow by a factor on every day on which water enters; net losses stay.
    ///
    /// # Panics
    ///
    /// If there is no such node.
    pub fn scale_inflow(&mut self, node: usize, factor: f64) {
        assert!(node < self.nodes, "node {node} of {}", self.nodes);
        for flow in self.inflow.iter_mut().skip(node).step_by(self.nodes) {
            if *flow > 0.0 {
                *flow *= factor;
            }
        }
    }

    /// Puts another inflow in place of a node's, in m3/s, from the first day on; days beyond the
    /// series or the run are left as they are.
    ///
    /// # Panics
    ///
    /// If there is no such node.
    pub fn set_inflow(&mut self, node: usize, m3s: impl IntoIterator<Item = f64>) {
        assert!(node < self.nodes, "node {node} of {}", self.nodes);
        let days = self.inflow.iter_mut().skip(node).step_by(self.nodes);
        days.zip(m3s).for_each(|(flow, other)| *flow = other);
    }

    /// The demand of an offtake, day by day, in m3/s.
    ///
    /// # Panics
    ///
    /// If there is no such offtake.
    pub fn demand(&self, offtake: usize) -> impl Iterator<Item = f64> + '_ {
        assert!(offtake < self.offtakes, "offtake {offtake}");
        let days = self.demand.iter().skip(offtake);
        days.step_by(self.offtakes).copied()
    }

    /// Multiplies an offtake's demand by a factor.
    ///
    /// # Panics
    ///
    /// If there is no such offtake.
    pub fn scale_demand(&mut self, offtake: usize, factor: f64) {
        assert!(offtake < self.offtakes, "offtake {offtake}");
        for flow in self.demand.iter_mut().skip(offtake).step_by(self.offtakes) {
            *flow *= factor;
        }
    }

    /// Puts another demand in place of an offtake's, in m3/s, as [`Inputs::set_inflow`] does.
    ///
    /// # Panics
    ///
    /// If there is no such offtake.
    pub fn set_demand(&mut self, offtake: usize, m3s: impl IntoIterator<Item = f64>) {
        assert!(offtake < self.offtakes, "offtake {offtake}");
        let days = self.demand.iter_mut().skip(offtake).step_by(self.offtakes);
        days.zip(m3s).for_each(|(flow, other)| *flow = other);
    }

    /// What a reservoir holds before the first day.
    ///
    /// # Panics
    ///
    /// If there is no such reservoir.
    pub fn storage(&self, reservoir: usize) -> Volume {
        Volume::from_m3(self.storage[reservoir])
    }

    /// Lets a reservoir begin with another volume.
    ///
    /// # Panics
    ///
    /// If there is no such reservoir.
    pub fn set_storage(&mut self, reservoir: usize, volume: Volume) {
        self.storage[reservoir] = volume.m3();
    }

    /// Takes over other inputs of the same sizes, in the memory there is.
    pub(crate) fn copy(&mut self, other: &Self) {
        self.inflow.copy_from_slice(&other.inflow);
        self.demand.copy_from_slice(&other.demand);
        self.storage.copy_from_slice(&other.storage);
    }

    /// Every number, for a digest.
    pub(crate) fn write(&self, to: impl FnMut(f64)) {
        let flows = self.inflow.iter().chain(&self.demand);
        flows.chain(&self.storage).copied().for_each(to);
    }

    /// All the faults that a model built with these inputs would have, and what would make it
    /// another plan.
    fn check(&self, plan: &Plan) -> Result<()> {
        let basin = plan.model.basin();
        let mut faults = Diagnostics::new();
        let sizes = (self.inflow.len(), self.demand.len(), self.storage.len());
        if sizes != (plan.inflow.len(), plan.asked.len(), plan.stores.len()) {
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
            let days = self.inflow.iter().skip(v).step_by(self.nodes);
            if let Some((day, value)) = first_outside(days, least) {
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
            let days = self.demand.iter().skip(i).step_by(self.offtakes);
            if let Some((day, value)) = first_outside(days, 0.0) {
                let date = plan.dates[day];
                let fault = format!("the demand of `{}` is {value} m3/s on {date}", offtake.id);
                faults.push(Diagnostic::new(fault).expected("at least 0"));
            }
        }
        for (reservoir, &storage) in basin.reservoirs().iter().zip(&self.storage) {
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
fn first_outside<'a>(flows: impl Iterator<Item = &'a f64>, least: f64) -> Option<(usize, f64)> {
    let mut days = flows.copied().enumerate();
    days.find(|(_, flow)| !(least..=f64::MAX).contains(flow))
}

impl Plan {
    /// The inflows, demands and initial storages of the model.
    pub fn inputs(&self) -> Inputs {
        let model = &self.model;
        let (nodes, offtakes) = (self.sizes.nodes, self.sizes.offtakes);
        let mut inputs = Inputs {
            nodes,
            offtakes,
            inflow: vec![0.0; self.days * nodes],
            demand: vec![0.0; self.days * offtakes],
            storage: model
                .basin
                .reservoirs()
                .iter()
                .map(|r| r.initial.m3())
                .collect(),
        };
        for (v, series) in model.inflow.iter().enumerate() {
            inputs.set_inflow(v, series.iter().flat_map(DailySeries::values).copied());
        }
        for (i, series) in model.demand.iter().enumerate() {
            inputs.set_demand(i, series.values().iter().copied());
        }
        inputs
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
        let pour = |into: &mut [f64], flows: &[f64]| {
            let volumes = into.iter_mut().zip(flows);
            volumes.for_each(|(volume, flow)| *volume = flow * SECONDS_A_DAY);
        };
        pour(&mut self.inflow, &inputs.inflow);
        pour(&mut self.asked, &inputs.demand);
        for (store, &storage) in self.stores.iter_mut().zip(&inputs.storage) {
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
