//! The checked model: basin, operation and agreements over a run, ready to be compiled.

use std::collections::HashMap;
use std::sync::Arc;

use crate::agreement::{Agreement, check_agreements};
use crate::allocation::{Objective, ParametricRule, Proportional};
use crate::basin::{
    Basin, BasinParts, Node, NodeKind, Offtake, Party, Pump, Reach, Reservoir, check_basin,
};
use crate::calendar::Window;
use crate::error::{Diagnostic, Diagnostics, Origin, Result};
use crate::licence::{Licence, check_licences};
use crate::operation::{
    Foresight, ReleasePolicy, Saving, Schedule, StandardOperating, check_savings,
};
use crate::series::DailySeries;
use crate::units::{Flow, SECONDS_PER_DAY, Volume};

/// A priority class: who is served before whom, and how its members share a shortage.
///
/// ```
/// let model = riparian::scenario::read("src/bin/riparian/skeleton")?;
/// assert_eq!(model.classes()[0].name, "treaty");
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PriorityClass {
    /// Its name.
    pub name: String,
    /// The sharing rule among its claims.
    pub rule: Arc<dyn ParametricRule>,
}

/// A model that passed every check.
///
/// It comes from a scenario folder ([`scenario::read`](crate::scenario::read)) or from a
/// [`ModelBuilder`]; both check the same things.
#[derive(Clone, Debug)]
pub struct Model {
    pub(crate) title: String,
    pub(crate) note: String,
    pub(crate) window: Window,
    pub(crate) classes: Vec<PriorityClass>,
    pub(crate) objective: Objective,
    pub(crate) foresight: Foresight,
    pub(crate) basin: Basin,
    /// By node: the water that enters there, in m3/s.
    pub(crate) inflow: Vec<Option<DailySeries>>,
    /// By offtake: the demand, in m3/s.
    pub(crate) demand: Vec<DailySeries>,
    /// By reservoir: the unaccounted term, in m3/s.
    pub(crate) unaccounted: Vec<Option<DailySeries>>,
    /// By reservoir: rain on the surface, in mm a day.
    pub(crate) rain: Vec<Option<DailySeries>>,
    /// By reservoir: the inflow somebody expected, in m3/s.
    pub(crate) forecast: Vec<Option<DailySeries>>,
    /// By reservoir.
    pub(crate) policies: Vec<Arc<dyn ReleasePolicy>>,
    pub(crate) licences: Vec<Licence>,
    pub(crate) savings: Vec<Saving>,
    pub(crate) agreements: Vec<Agreement>,
    pub(crate) inputs_hash: u64,
}

impl Model {
    /// Starts a model in code, over a run of days.
    pub fn builder(title: impl Into<String>, window: Window) -> ModelBuilder {
        ModelBuilder {
            title: title.into(),
            note: String::new(),
            window,
            classes: Vec::new(),
            objective: Objective::default(),
            foresight: (Foresight::default(), Origin::default()),
            parts: BasinParts::default(),
            inflow: Vec::new(),
            demand: Vec::new(),
            unaccounted: Vec::new(),
            rain: Vec::new(),
            forecast: Vec::new(),
            policies: Vec::new(),
            licences: Vec::new(),
            savings: Vec::new(),
            agreements: Vec::new(),
            inputs_hash: 0,
        }
    }

    /// The title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What the author wants every reader of a report to know.
    pub fn note(&self) -> &str {
        &self.note
    }

    /// The days of the run.
    pub fn window(&self) -> Window {
        self.window
    }

    /// The basin.
    pub fn basin(&self) -> &Basin {
        &self.basin
    }

    /// The priority classes, senior first.
    pub fn classes(&self) -> &[PriorityClass] {
        &self.classes
    }

    /// The same model, with one class sharing by another rule.
    ///
    /// # Errors
    ///
    /// If there is no such class, or an offtake of it has a weight and the rule heeds none;
    /// [`Error::is_invalid`](crate::Error::is_invalid) holds.
    pub fn class_sharing_by(mut self, class: &str, rule: &Arc<dyn ParametricRule>) -> Result<Self> {
        let Some(at) = self.classes.iter().position(|known| known.name == class) else {
            let fault = Diagnostic::new(format!("unknown priority class `{class}`"))
                .expected("a class of the model")
                .nearest(class, self.classes.iter().map(|known| known.name.as_str()));
            return Err(crate::calendar::invalid(fault));
        };
        let mut faults = Diagnostics::new();
        for offtake in self.basin.offtakes() {
            if offtake.class == class && offtake.weight != 1.0 && !rule.weighted() {
                let fault = format!(
                    "offtake `{}` has a weight of {}",
                    offtake.id, offtake.weight
                );
                let expected = "a weight of 1, or a rule that heeds weights";
                faults.push(Diagnostic::new(fault).expected(expected));
            }
        }
        self.classes[at].rule = Arc::clone(rule);
        faults.finish(self)
    }

    /// The same model, with all classes sharing by one rule: what would the season have been?
    #[must_use]
    pub fn sharing_by(mut self, rule: &Arc<dyn ParametricRule>) -> Self {
        for class in &mut self.classes {
            class.rule = Arc::clone(rule);
        }
        self
    }

    /// What is made of each class's share of a day's water.
    pub fn objective(&self) -> Objective {
        self.objective
    }

    /// The same model, with another objective: what would fairness have cost in water?
    #[must_use]
    pub fn aiming_at(mut self, objective: Objective) -> Self {
        self.objective = objective;
        self
    }

    /// What is known of the water that a release will meet on its way.
    pub fn foresight(&self) -> &Foresight {
        &self.foresight
    }

    /// The same model, knowing more or less of the water that a release will meet on its way: what
    /// did the forecast's error cost?
    ///
    /// # Errors
    ///
    /// If a forecast does not tell all that the run asks of it;
    /// [`Error::is_invalid`](crate::Error::is_invalid) holds.
    pub fn knowing(mut self, foresight: Foresight) -> Result<Self> {
        self.foresight = foresight;
        let mut faults = Diagnostics::new();
        self.check_foresight(&mut faults);
        faults.finish(self)
    }

    fn check_foresight(&self, faults: &mut Diagnostics) {
        let enters = |v: usize| self.inflow[v].is_some();
        let nodes = self.basin.nodes();
        self.foresight
            .check((nodes, &enters), self.window, &Origin::default(), faults);
        check_saving_foresight(&self.savings, &self.foresight, faults);
    }

    /// The same model, in which no obligation claims water on the river: what did the claims change?
    #[must_use]
    pub fn observing(mut self) -> Self {
        let agreements = self.agreements.iter_mut();
        for obligation in agreements.flat_map(|agreement| &mut agreement.obligations) {
            obligation.claim = None;
        }
        self
    }

    /// The same model, with every positive lateral inflow multiplied by a factor; net losses,
    /// unaccounted terms and forecasts stay.
    ///
    /// # Panics
    ///
    /// If the factor is negative or no number.
    #[must_use]
    pub fn scaling_inflow(mut self, factor: f64) -> Self {
        assert!(
            factor >= 0.0 && factor.is_finite(),
            "an inflow factor of {factor}"
        );
        for series in self.inflow.iter_mut().flatten() {
            *series = series.map(|flow| if flow > 0.0 { flow * factor } else { flow });
        }
        self
    }

    /// The licences, in the order in which they apply.
    pub fn licences(&self) -> &[Licence] {
        &self.licences
    }

    /// The savings of demand.
    pub fn savings(&self) -> &[Saving] {
        &self.savings
    }

    /// The agreements.
    pub fn agreements(&self) -> &[Agreement] {
        &self.agreements
    }

    /// The policy of a reservoir.
    pub fn policy(&self, reservoir: usize) -> &dyn ReleasePolicy {
        self.policies[reservoir].as_ref()
    }

    /// The lateral inflow of a node in m3/s, if it has one.
    pub fn inflow(&self, node: usize) -> Option<&DailySeries> {
        self.inflow[node].as_ref()
    }

    /// The demand of an offtake in m3/s.
    pub fn demand(&self, offtake: usize) -> &DailySeries {
        &self.demand[offtake]
    }

    /// Whether water disappears unaccounted for in a reservoir.
    pub(crate) fn vanishes(&self, reservoir: usize) -> bool {
        let term = self.unaccounted[reservoir].as_ref();
        term.is_some_and(|term| term.values().iter().any(|&flow| flow < 0.0))
    }

    /// The same model, with no water disappearing unaccounted for in a reservoir.
    #[must_use]
    pub(crate) fn without_vanishing(mut self, reservoir: usize) -> Self {
        if let Some(term) = &mut self.unaccounted[reservoir] {
            *term = term.map(|flow| flow.max(0.0));
        }
        self
    }

    /// The same model, with a flow in m3 a day in a reach before the run.
    #[must_use]
    pub(crate) fn entered_before(mut self, reach: usize, m3: f64) -> Self {
        let flow = Flow::from_m3s(m3 / SECONDS_PER_DAY);
        self.basin.reaches_mut()[reach].antecedent = Some(flow);
        self
    }

    /// The same model, with a reach that carries any flow.
    #[must_use]
    pub(crate) fn without_capacity(mut self, reach: usize) -> Self {
        let reach = &mut self.basin.reaches_mut()[reach];
        reach.capacity = None;
        reach.in_service_from = None;
        reach.overflow = None;
        for season in &mut reach.seasons {
            season.capacity = None;
        }
        self
    }

    /// The same model, with an offtake whose head takes any flow.
    #[must_use]
    pub(crate) fn with_any_head(mut self, offtake: usize) -> Self {
        self.basin.offtakes_mut()[offtake].capacity = None;
        self
    }

    /// The same model, with a dam that can release any flow on any day.
    #[must_use]
    pub(crate) fn with_any_outlet(mut self, reservoir: usize) -> Self {
        let reservoir = &mut self.basin.reservoirs_mut()[reservoir];
        reservoir.outlets.clear();
        reservoir.ramp_up = None;
        reservoir.ramp_down = None;
        reservoir.seasonal.clear();
        self
    }

    /// The same model, with a reservoir that releases whatever is claimed, or what it is told in
    /// m3/s, and nothing else.
    #[must_use]
    pub(crate) fn released_freely(mut self, reservoir: usize, told: Option<DailySeries>) -> Self {
        let dam = &mut self.basin.reservoirs_mut()[reservoir];
        dam.min_release = Flow::ZERO;
        for limit in &mut dam.seasonal {
            limit.min = None;
        }
        self.policies[reservoir] = match told {
            Some(releases) => Arc::new(Schedule::observed(releases)),
            None => Arc::new(StandardOperating),
        };
        self
    }

    /// The same model, with one more class, senior to all.
    #[must_use]
    pub(crate) fn with_senior_class(mut self, name: &str) -> Self {
        let class = PriorityClass {
            name: name.to_owned(),
            rule: Arc::new(Proportional),
        };
        self.classes.insert(0, class);
        self
    }

    /// The same model, with an offtake that asks for other flows, in m3/s and in another class.
    #[must_use]
    pub(crate) fn taking(mut self, offtake: usize, class: &str, m3s: DailySeries) -> Self {
        self.demand[offtake] = m3s;
        let id = &self.basin.offtakes()[offtake].id;
        for saving in &mut self.savings {
            saving.offtakes.retain(|member| member != id);
        }
        class.clone_into(&mut self.basin.offtakes_mut()[offtake].class);
        self
    }

    /// The same model, in which one more agreement claims, and of all others only some obligations.
    #[must_use]
    pub(crate) fn claiming_only(mut self, agreement: Agreement, but: &[(usize, usize)]) -> Self {
        for (a, other) in self.agreements.iter_mut().enumerate() {
            for (b, obligation) in other.obligations.iter_mut().enumerate() {
                if !but.contains(&(a, b)) {
                    obligation.claim = None;
                }
            }
        }
        self.agreements.push(agreement);
        self
    }

    /// The same model, with one more licence.
    ///
    /// # Errors
    ///
    /// If the licence is not sound: an unknown offtake or party, an id that another has, or an
    /// allowance that is none; [`Error::is_invalid`](crate::Error::is_invalid) holds.
    pub fn with_licence(mut self, licence: Licence) -> Result<Self> {
        let mut faults = Diagnostics::new();
        self.licences.push(licence);
        let (users, holders) = (self.basin.offtakes(), self.basin.parties());
        check_licences(&self.licences, users, holders, &mut faults);
        faults.finish(self)
    }

    /// The same model without licences: what did they change?
    #[must_use]
    pub fn without_licences(mut self) -> Self {
        self.licences.clear();
        self
    }

    /// The same model over other days: a season of it.
    ///
    /// What is in the reaches before the first day becomes the steady state of that day, unless the
    /// first day is the same. Storages stay those of [`Model::starting_with`].
    ///
    /// # Errors
    ///
    /// If a series or a release policy does not cover the days;
    /// [`Error::is_invalid`](crate::Error::is_invalid) holds.
    pub fn over(mut self, window: Window) -> Result<Self> {
        let mut faults = Diagnostics::new();
        let inflow = self.inflow.iter_mut().flatten();
        let others = [&mut self.unaccounted, &mut self.rain, &mut self.forecast];
        let others = others.into_iter().flatten().flatten();
        for series in inflow.chain(&mut self.demand).chain(others) {
            match series.slice(window) {
                Ok(cut) => *series = cut,
                Err(error) => faults.push(Diagnostic::new(error.to_string())),
            }
        }
        for (policy, reservoir) in self.policies.iter().zip(self.basin.reservoirs()) {
            if let Some((from, to)) = policy.valid()
                && (from > window.from() || to < window.to())
            {
                let id = &reservoir.node;
                let fault = format!("the policy of `{id}` covers {from}..{to}");
                let days = format!("all days of {window}");
                faults.push(Diagnostic::new(fault).expected(days));
            }
        }
        if self.window.from() != window.from() {
            for reach in self.basin.reaches_mut() {
                reach.antecedent = None;
            }
        }
        self.window = window;
        self.check_foresight(&mut faults);
        faults.finish(self)
    }

    /// The same model, with a reservoir holding another volume at the start.
    ///
    /// # Errors
    ///
    /// If there is no such reservoir, or it cannot hold so much;
    /// [`Error::is_invalid`](crate::Error::is_invalid) holds.
    pub fn starting_with(mut self, reservoir: &str, volume: Volume) -> Result<Self> {
        let ids = self.basin.reservoirs().iter().map(|r| r.node.as_str());
        let Some(k) = self.basin.reservoir_index(reservoir) else {
            let fault = Diagnostic::new(format!("unknown reservoir `{reservoir}`"))
                .expected("the id of a reservoir")
                .nearest(reservoir, ids);
            return Err(crate::calendar::invalid(fault));
        };
        let most = self.basin.reservoirs()[k].surcharge;
        if !(Volume::ZERO..=most).contains(&volume) {
            let fault = Diagnostic::new(format!("`{reservoir}` starting with {volume}"))
                .expected(format!("at least 0 and at most {most}"));
            return Err(crate::calendar::invalid(fault));
        }
        self.basin.reservoirs_mut()[k].initial = volume;
        Ok(self)
    }

    /// The same model, with other water entering at a node where water enters, in m3/s: a forecast
    /// in place of a record.
    ///
    /// # Errors
    ///
    /// If no water enters there, or the series does not cover the run or holds what is no number,
    /// or at an inflow is negative; [`Error::is_invalid`](crate::Error::is_invalid) holds.
    pub fn with_inflow(mut self, node: &str, m3s: &DailySeries) -> Result<Self> {
        let at = self.basin.node_index(node);
        let nodes = self.basin.nodes();
        let enters = |v: &usize| self.inflow[*v].is_some();
        let Some(v) = at.filter(enters) else {
            let known = (0..nodes.len()).filter(enters);
            let fault = Diagnostic::new(format!("an inflow at `{node}`, where none enters"))
                .expected("a node of the model with an inflow")
                .nearest(node, known.map(|v| nodes[v].id.as_str()));
            return Err(crate::calendar::invalid(fault));
        };
        let column = vec![(node.to_owned(), m3s.clone(), Origin::default())];
        let mut faults = Diagnostics::new();
        let placed = columns(column, &[node.to_owned()], "node", self.window, &mut faults);
        if nodes[v].kind == NodeKind::Inflow {
            negative(
                m3s,
                &format!("the inflow of `{node}`"),
                &Origin::default(),
                node,
                &mut faults,
            );
        }
        faults.finish(())?;
        self.inflow[v] = bare(placed).pop().flatten();
        Ok(self)
    }

    /// The same model, with an offtake that asks for other flows, in m3/s.
    ///
    /// # Errors
    ///
    /// If there is no such offtake, or the series does not cover the run or holds what is no number
    /// or negative; [`Error::is_invalid`](crate::Error::is_invalid) holds.
    pub fn with_demand(mut self, offtake: &str, m3s: &DailySeries) -> Result<Self> {
        let ids: Vec<String> = self.basin.offtakes().iter().map(|o| o.id.clone()).collect();
        let Some(i) = self.basin.offtake_index(offtake) else {
            let fault = Diagnostic::new(format!("unknown offtake `{offtake}`"))
                .expected("the id of an offtake")
                .nearest(offtake, ids.iter().map(String::as_str));
            return Err(crate::calendar::invalid(fault));
        };
        let column = vec![(offtake.to_owned(), m3s.clone(), Origin::default())];
        let mut faults = Diagnostics::new();
        let placed = columns(column, &ids[i..=i], "offtake", self.window, &mut faults);
        negative(
            m3s,
            &format!("the demand of `{offtake}`"),
            &Origin::default(),
            offtake,
            &mut faults,
        );
        faults.finish(())?;
        if let Some(cut) = bare(placed).pop().flatten() {
            self.demand[i] = cut;
        }
        Ok(self)
    }

    /// The same model, with a reservoir under another policy.
    ///
    /// # Errors
    ///
    /// If there is no such reservoir, or the policy does not suit it, does not cover the run, or
    /// names a class the model does not have; [`Error::is_invalid`](crate::Error::is_invalid) holds.
    pub fn operated_by(
        mut self,
        reservoir: &str,
        policy: impl ReleasePolicy + 'static,
    ) -> Result<Self> {
        let mut faults = Diagnostics::new();
        let rows: Vec<(String, Arc<dyn ReleasePolicy>, Origin)> =
            vec![(reservoir.to_owned(), Arc::new(policy), Origin::default())];
        let classes: Vec<&str> = self.classes.iter().map(|class| &*class.name).collect();
        let placed = policies(
            rows,
            self.basin.reservoirs(),
            &classes,
            self.window,
            &mut faults,
        );
        let at = self.basin.reservoir_index(reservoir);
        if let Some((k, policy)) = at.zip(at.and_then(|k| placed.get(k))) {
            self.policies[k] = Arc::clone(policy);
        }
        faults.finish(self)
    }

    /// The same model, under other agreements: what would other terms have changed?
    ///
    /// # Errors
    ///
    /// All that is wrong with them; [`Error::is_invalid`](crate::Error::is_invalid) holds.
    pub fn under(mut self, agreements: Vec<Agreement>) -> Result<Self> {
        let mut faults = Diagnostics::new();
        let classes: Vec<&str> = self.classes.iter().map(|class| &*class.name).collect();
        check_agreements(&agreements, &self.basin, &classes, self.window, &mut faults);
        self.agreements = agreements;
        faults.finish(self)
    }

    /// A hash of the files the model was read from; 0 for a model built in code.
    pub fn inputs_hash(&self) -> u64 {
        self.inputs_hash
    }
}

/// A series with the id it belongs to and where it was written.
type Column = (String, DailySeries, Origin);

/// Builds a [`Model`] in code.
///
/// ```
/// use riparian::basin::{Node, Offtake, Party, Reach, Reservoir};
/// use riparian::calendar::Window;
/// use riparian::series::DailySeries;
/// use riparian::units::Volume;
/// use riparian::{Model, jiff::civil::date};
///
/// let june = Window::new(date(2024, 6, 1), date(2024, 6, 30))?;
/// let model = Model::builder("A lake and a town", june)
///     .party(Party::new("UP", "Upland"))
///     .party(Party::new("LO", "Lowland"))
///     .reservoir(Reservoir::new("lake", Volume::from_mcm(100.0)).party("UP"))
///     .node(Node::junction("town"))
///     .node(Node::terminal("sea"))
///     .reach(Reach::river("upper", "lake", "town"))
///     .reach(Reach::river("lower", "town", "sea"))
///     .inflow("lake", DailySeries::constant(june, 20.0)?)
///     .class("use")
///     .offtake(Offtake::new("canal", "town", "LO", "use"))
///     .demand("canal", DailySeries::constant(june, 15.0)?)
///     .build()?;
/// assert_eq!(model.basin().nodes().len(), 3);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ModelBuilder {
    title: String,
    note: String,
    window: Window,
    classes: Vec<(PriorityClass, Origin)>,
    objective: Objective,
    foresight: (Foresight, Origin),
    parts: BasinParts,
    inflow: Vec<Column>,
    demand: Vec<Column>,
    unaccounted: Vec<Column>,
    rain: Vec<Column>,
    forecast: Vec<Column>,
    policies: Vec<(String, Arc<dyn ReleasePolicy>, Origin)>,
    licences: Vec<Licence>,
    savings: Vec<Saving>,
    agreements: Vec<Agreement>,
    inputs_hash: u64,
}

impl ModelBuilder {
    /// What the author wants every reader of a report to know.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Adds a party.
    pub fn party(mut self, party: Party) -> Self {
        self.parts.parties.push(party);
        self
    }

    /// Adds a node; nodes are best declared in the order of the river.
    pub fn node(mut self, node: Node) -> Self {
        self.parts.nodes.push(node);
        self
    }

    /// Adds a reach.
    pub fn reach(mut self, reach: Reach) -> Self {
        self.parts.reaches.push(reach);
        self
    }

    /// Adds a reservoir, and its node unless that was added before.
    pub fn reservoir(mut self, reservoir: Reservoir) -> Self {
        if !self
            .parts
            .nodes
            .iter()
            .any(|node| node.id == reservoir.node)
        {
            self.parts
                .nodes
                .push(Node::new(reservoir.node.clone(), NodeKind::Reservoir));
        }
        self.parts.reservoirs.push(reservoir);
        self
    }

    /// Adds a reservoir at a node that must be declared elsewhere.
    pub(crate) fn reservoir_row(mut self, reservoir: Reservoir) -> Self {
        self.parts.reservoirs.push(reservoir);
        self
    }

    /// Adds an offtake.
    pub fn offtake(mut self, offtake: Offtake) -> Self {
        self.parts.offtakes.push(offtake);
        self
    }

    /// Adds a pump at an offtake or in a canal.
    pub fn pump(mut self, pump: Pump) -> Self {
        self.parts.pumps.push(pump);
        self
    }

    /// Adds a priority class that shares in proportion, junior to those added before.
    pub fn class(self, name: impl Into<String>) -> Self {
        self.class_sharing(name, Proportional)
    }

    /// Adds a priority class with its sharing rule, junior to those added before.
    pub fn class_sharing(
        self,
        name: impl Into<String>,
        rule: impl ParametricRule + 'static,
    ) -> Self {
        let class = PriorityClass {
            name: name.into(),
            rule: Arc::new(rule),
        };
        self.class_row(class, Origin::default())
    }

    pub(crate) fn class_row(mut self, class: PriorityClass, origin: Origin) -> Self {
        self.classes.push((class, origin));
        self
    }

    /// What is made of each class's share of a day's water; equal levels unless told otherwise.
    pub fn objective(mut self, objective: Objective) -> Self {
        self.objective = objective;
        self
    }

    /// What is known of the water that a release will meet on its way; all of it unless told
    /// otherwise.
    pub fn foresight(self, foresight: Foresight) -> Self {
        self.foresight_row(foresight, Origin::default())
    }

    pub(crate) fn foresight_row(mut self, foresight: Foresight, at: Origin) -> Self {
        self.foresight = (foresight, at);
        self
    }

    /// The water that enters at a node, in m3/s. At any node but an inflow it may be negative: a
    /// net loss, taken from the water there.
    pub fn inflow(self, node: impl Into<String>, m3s: DailySeries) -> Self {
        self.inflow_column(node.into(), m3s, Origin::default())
    }

    pub(crate) fn inflow_column(mut self, id: String, series: DailySeries, at: Origin) -> Self {
        self.inflow.push((id, series, at));
        self
    }

    /// What an offtake asks for, in m3/s.
    pub fn demand(self, offtake: impl Into<String>, m3s: DailySeries) -> Self {
        self.demand_column(offtake.into(), m3s, Origin::default())
    }

    pub(crate) fn demand_column(mut self, id: String, series: DailySeries, at: Origin) -> Self {
        self.demand.push((id, series, at));
        self
    }

    /// The term of a reservoir's balance that no gauge explains, in m3/s; positive for water that
    /// appears, negative for water that disappears.
    pub fn unaccounted(self, reservoir: impl Into<String>, m3s: DailySeries) -> Self {
        self.unaccounted_column(reservoir.into(), m3s, Origin::default())
    }

    pub(crate) fn unaccounted_column(
        mut self,
        id: String,
        series: DailySeries,
        at: Origin,
    ) -> Self {
        self.unaccounted.push((id, series, at));
        self
    }

    /// Rain on the surface of a reservoir, in mm a day.
    pub fn rain(self, reservoir: impl Into<String>, mm: DailySeries) -> Self {
        self.rain_column(reservoir.into(), mm, Origin::default())
    }

    pub(crate) fn rain_column(mut self, id: String, series: DailySeries, at: Origin) -> Self {
        self.rain.push((id, series, at));
        self
    }

    /// The inflow that was expected at a reservoir, in m3/s: what the river brings and what enters
    /// there, not negative. Without it, policies that look ahead see the unregulated inflow; see
    /// [`operation`](crate::operation#looking-ahead).
    pub fn forecast(self, reservoir: impl Into<String>, m3s: DailySeries) -> Self {
        self.forecast_column(reservoir.into(), m3s, Origin::default())
    }

    pub(crate) fn forecast_column(mut self, id: String, series: DailySeries, at: Origin) -> Self {
        self.forecast.push((id, series, at));
        self
    }

    /// The release policy of a reservoir; without one it follows [`StandardOperating`].
    pub fn policy(
        self,
        reservoir: impl Into<String>,
        policy: impl ReleasePolicy + 'static,
    ) -> Self {
        self.policy_row(reservoir.into(), Arc::new(policy), Origin::default())
    }

    pub(crate) fn policy_row(
        mut self,
        id: String,
        policy: Arc<dyn ReleasePolicy>,
        at: Origin,
    ) -> Self {
        self.policies.push((id, policy, at));
        self
    }

    /// Adds a licence; licences apply in the order in which they are added.
    pub fn licence(mut self, licence: Licence) -> Self {
        self.licences.push(licence);
        self
    }

    /// Adds a saving of demand by what a reservoir holds.
    pub fn saving(mut self, saving: Saving) -> Self {
        self.savings.push(saving);
        self
    }

    /// Adds an agreement.
    pub fn agreement(mut self, agreement: Agreement) -> Self {
        self.agreements.push(agreement);
        self
    }

    pub(crate) fn inputs_hash(mut self, hash: u64) -> Self {
        self.inputs_hash = hash;
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    ///
    /// All the faults at once, as an error for which [`Error::is_invalid`](crate::Error::is_invalid)
    /// holds.
    pub fn build(self) -> Result<Model> {
        let mut faults = Diagnostics::new();
        let model = self.check(&mut faults);
        match model {
            Some(model) => faults.finish(model),
            None => Err(faults.into_error()),
        }
    }

    /// Checks everything into `faults`; the model is there if it could be put together at all.
    pub(crate) fn check(self, faults: &mut Diagnostics) -> Option<Model> {
        let names = check_classes(&self.classes, faults);
        let has_inflow: Vec<String> = self.inflow.iter().map(|c| c.0.clone()).collect();
        for node in &self.parts.nodes {
            if node.kind == NodeKind::Inflow && !has_inflow.contains(&node.id) {
                faults.push(
                    Diagnostic::new(format!("no series for the inflow `{}`", node.id))
                        .at(node.origin.place("node"))
                        .expected("a column of inflows"),
                );
            }
        }
        for offtake in &self.parts.offtakes {
            if !names.contains(&offtake.class.as_str()) {
                faults.push(
                    Diagnostic::new(format!("unknown priority class `{}`", offtake.class))
                        .at(offtake.origin.place("class"))
                        .expected("a class of scenario.toml")
                        .nearest(&offtake.class, names.iter().copied()),
                );
            }
            let class = self
                .classes
                .iter()
                .find(|(class, _)| class.name == offtake.class);
            if offtake.weight != 1.0 && class.is_some_and(|(class, _)| !class.rule.weighted()) {
                faults.push(
                    Diagnostic::new(format!(
                        "offtake `{}` has a weight of {}, and the rule of class `{}` heeds none",
                        offtake.id, offtake.weight, offtake.class
                    ))
                    .at(offtake.origin.place("weight"))
                    .expected("a weight of 1, or a class whose rule heeds weights"),
                );
            }
            if !self.demand.iter().any(|(id, ..)| *id == offtake.id) {
                faults.push(
                    Diagnostic::new(format!("no series for the demand of `{}`", offtake.id))
                        .at(offtake.origin.place("offtake"))
                        .expected("a column of demands"),
                );
            }
        }
        let ids = Ids::of(&self.parts);
        let window = self.window;
        let inflow = columns(self.inflow, &ids.nodes, "node", window, faults);
        let demand = columns(self.demand, &ids.offtakes, "offtake", window, faults);
        let unaccounted = columns(
            self.unaccounted,
            &ids.reservoirs,
            "reservoir",
            window,
            faults,
        );
        let rain = columns(self.rain, &ids.reservoirs, "reservoir", window, faults);
        let forecast = columns(self.forecast, &ids.reservoirs, "reservoir", window, faults);
        check_signs(&self.parts, &inflow, &demand, &rain, faults);
        for (reservoir, column) in self.parts.reservoirs.iter().zip(&forecast) {
            if let Some((series, at)) = column {
                let id = &reservoir.node;
                negative(series, &format!("the forecast for `{id}`"), at, id, faults);
            }
        }
        let reservoirs = &self.parts.reservoirs;
        let policies = policies(self.policies, reservoirs, &names, window, faults);
        let (users, holders) = (&self.parts.offtakes, &self.parts.parties);
        check_licences(&self.licences, users, holders, faults);
        check_savings(&self.savings, reservoirs, users, faults);
        check_saving_foresight(&self.savings, &self.foresight.0, faults);
        let basin = check_basin(self.parts, faults)?;
        check_service(&basin, window, faults);
        check_agreements(&self.agreements, &basin, &names, window, faults);
        let enters = |v: usize| inflow[v].is_some();
        let (foresight, at) = self.foresight;
        foresight.check((basin.nodes(), &enters), window, &at, faults);
        Some(Model {
            title: self.title,
            note: self.note,
            window,
            basin,
            inflow: bare(inflow),
            demand: demand
                .into_iter()
                .map(|c| c.map(|(s, _)| s))
                .collect::<Option<_>>()?,
            unaccounted: bare(unaccounted),
            rain: bare(rain),
            forecast: bare(forecast),
            policies,
            licences: self.licences,
            savings: self.savings,
            agreements: self.agreements,
            inputs_hash: self.inputs_hash,
            objective: self.objective,
            foresight,
            classes: self.classes.into_iter().map(|(class, _)| class).collect(),
        })
    }
}

/// The ids that columns may name.
struct Ids {
    nodes: Vec<String>,
    offtakes: Vec<String>,
    reservoirs: Vec<String>,
}

impl Ids {
    fn of(parts: &BasinParts) -> Self {
        Self {
            nodes: parts.nodes.iter().map(|n| n.id.clone()).collect(),
            offtakes: parts.offtakes.iter().map(|o| o.id.clone()).collect(),
            reservoirs: parts.reservoirs.iter().map(|r| r.node.clone()).collect(),
        }
    }
}

/// An order cannot foresee what users will save.
fn check_saving_foresight(savings: &[Saving], foresight: &Foresight, faults: &mut Diagnostics) {
    if let (Some(saving), Foresight::Operational(_)) = (savings.first(), foresight) {
        faults.push(
            Diagnostic::new(format!("saving `{}` in an operational run", saving.id))
                .at(saving.origin.place("id"))
                .expected("a run with perfect foresight, or no savings"),
        );
    }
}

/// No water is in a canal before it was built.
fn check_service(basin: &Basin, window: Window, faults: &mut Diagnostics) {
    for reach in basin.reaches() {
        let built = reach.in_service_from.filter(|&day| day > window.from());
        let before = reach.antecedent.filter(|&flow| flow > Flow::ZERO);
        if let (Some(day), Some(flow)) = (built, before) {
            faults.push(
                Diagnostic::new(format!(
                    "reach `{}` is in service from {day}, and {flow} entered it before the run",
                    reach.id
                ))
                .at(reach.origin.place("antecedent_m3s"))
                .expected("0, or no flow"),
            );
        }
    }
}

fn check_classes<'a>(
    classes: &'a [(PriorityClass, Origin)],
    faults: &mut Diagnostics,
) -> Vec<&'a str> {
    let names: Vec<&str> = classes.iter().map(|(c, _)| c.name.as_str()).collect();
    for (i, (class, origin)) in classes.iter().enumerate() {
        if names[..i].contains(&class.name.as_str()) {
            faults.push(
                Diagnostic::new(format!("priority class `{}` is declared twice", class.name))
                    .at(origin.place("name"))
                    .expected("a name no other class has"),
            );
        }
    }
    names
}

type Placed = Option<(DailySeries, Origin)>;

fn bare(columns: Vec<Placed>) -> Vec<Option<DailySeries>> {
    columns
        .into_iter()
        .map(|c| c.map(|(series, _)| series))
        .collect()
}

/// Puts columns in the order of the things they belong to, cut to the run.
fn columns(
    columns: Vec<Column>,
    ids: &[String],
    what: &str,
    window: Window,
    faults: &mut Diagnostics,
) -> Vec<Placed> {
    let index: HashMap<&str, usize> = ids
        .iter()
        .enumerate()
        .map(|(i, id)| (id.as_str(), i))
        .collect();
    let mut placed: Vec<Placed> = vec![None; ids.len()];
    for (id, series, origin) in columns {
        let Some(&i) = index.get(id.as_str()) else {
            faults.push(
                Diagnostic::new(format!("a column for the unknown {what} `{id}`"))
                    .at(origin.place(&id))
                    .expected(format!("the id of a {what}"))
                    .nearest(&id, ids.iter().map(String::as_str)),
            );
            continue;
        };
        if placed[i].is_some() {
            faults.push(
                Diagnostic::new(format!("two columns for the {what} `{id}`")).at(origin.place(&id)),
            );
            continue;
        }
        if series.start() > window.from() || series.end() < window.to() {
            faults.push(
                Diagnostic::new(format!(
                    "the series of `{id}` covers {}..{}",
                    series.start(),
                    series.end()
                ))
                .at(origin.place(&id))
                .expected(format!("all days of the run, {window}")),
            );
            continue;
        }
        if let Some((day, value)) = series.iter().find(|(_, v)| !v.is_finite()) {
            faults.push(
                Diagnostic::new(format!("the series of `{id}` is {value} on {day}"))
                    .at(origin.place(&id))
                    .expected("a number"),
            );
            continue;
        }
        if let Ok(cut) = series.slice(window) {
            placed[i] = Some((cut, origin));
        }
    }
    placed
}

/// Series that may not be negative, and places where no water can enter.
fn check_signs(
    parts: &BasinParts,
    inflow: &[Placed],
    demand: &[Placed],
    rain: &[Placed],
    faults: &mut Diagnostics,
) {
    for (node, column) in parts.nodes.iter().zip(inflow) {
        match (node.kind, column) {
            (NodeKind::Inflow, Some((series, at))) => {
                negative(
                    series,
                    &format!("the inflow of `{}`", node.id),
                    at,
                    &node.id,
                    faults,
                );
            }
            (NodeKind::Terminal, Some((_, at))) => faults.push(
                Diagnostic::new(format!("an inflow at the terminal `{}`", node.id))
                    .at(at.place(&node.id))
                    .expected("a node the river passes"),
            ),
            _ => {}
        }
    }
    for (offtake, column) in parts.offtakes.iter().zip(demand) {
        if let Some((series, at)) = column {
            negative(
                series,
                &format!("the demand of `{}`", offtake.id),
                at,
                &offtake.id,
                faults,
            );
        }
    }
    for (reservoir, column) in parts.reservoirs.iter().zip(rain) {
        if let Some((series, at)) = column {
            let id = &reservoir.node;
            negative(series, &format!("the rain on `{id}`"), at, id, faults);
            if reservoir.curve.is_none() {
                faults.push(
                    Diagnostic::new(format!("rain on `{id}`, which has no curve"))
                        .at(at.place(id))
                        .expected("rows in curves.csv"),
                );
            }
        }
    }
}

fn negative(series: &DailySeries, what: &str, at: &Origin, id: &str, faults: &mut Diagnostics) {
    if let Some((day, value)) = series.iter().find(|&(_, v)| v < 0.0) {
        faults.push(
            Diagnostic::new(format!("{what} is {value} on {day}"))
                .at(at.place(id))
                .expected("at least 0"),
        );
    }
}

fn policies(
    rows: Vec<(String, Arc<dyn ReleasePolicy>, Origin)>,
    reservoirs: &[Reservoir],
    classes: &[&str],
    window: Window,
    faults: &mut Diagnostics,
) -> Vec<Arc<dyn ReleasePolicy>> {
    let mut found: Vec<Option<Arc<dyn ReleasePolicy>>> = vec![None; reservoirs.len()];
    for (id, policy, origin) in rows {
        let Some(i) = reservoirs.iter().position(|r| r.node == id) else {
            faults.push(
                Diagnostic::new(format!("a policy for the unknown reservoir `{id}`"))
                    .at(origin.place("reservoir"))
                    .expected("the id of a reservoir")
                    .nearest(&id, reservoirs.iter().map(|r| r.node.as_str())),
            );
            continue;
        };
        if let Err(message) = policy.suits(&reservoirs[i]) {
            faults.push(
                Diagnostic::new(format!("the policy of `{id}` {message}"))
                    .at(origin.place("policy"))
                    .expected("another policy, or what this one needs"),
            );
        }
        let wishes = policy.storage_classes().into_iter();
        let named = wishes.map(|class| (class, "zones"));
        let release = policy.release_class().map(|class| (class, "class"));
        for (class, key) in named.chain(release) {
            if !classes.contains(&class.as_str()) {
                faults.push(
                    Diagnostic::new(format!("unknown priority class `{class}`"))
                        .at(origin.place(key))
                        .expected("a class of scenario.toml")
                        .nearest(&class, classes.iter().copied()),
                );
            }
        }
        if let Some((from, to)) = policy.valid()
            && (from > window.from() || to < window.to())
        {
            faults.push(
                Diagnostic::new(format!("the policy of `{id}` covers {from}..{to}"))
                    .at(origin.place("policy"))
                    .expected(format!("all days of the run, {window}")),
            );
        }
        if found[i].replace(policy).is_some() {
            faults.push(
                Diagnostic::new(format!("two policies for the reservoir `{id}`"))
                    .at(origin.place("reservoir")),
            );
        }
    }
    found
        .into_iter()
        .map(|policy| policy.unwrap_or_else(|| Arc::new(StandardOperating)))
        .collect()
}
