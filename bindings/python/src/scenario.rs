//! Scenarios: files, and what was changed of them in Python.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDate, PyDict, PyList, PyTuple};
use riparian::calendar::Window;
use riparian::scenario::Scenario as Files;
use riparian::series::DailySeries;
use riparian::units::Volume;
use riparian::{Model, Plan, Report, Simulation};

use crate::ensemble::hash;
use crate::error::{Raise as _, faults};
use crate::given::{Day, by_id, date_of};
use crate::job;
use crate::policy::PythonPolicy;
use crate::report::Run;
use crate::rules::NetworkRule;
use crate::settlement;
use crate::table::{Columns, Table};

/// A checked scenario, compiled to be run.
///
/// It is never changed: the ``with_...`` methods give another. It pickles as its content, files
/// and changes, so that it arrives whole on a worker that shares no folder; :attr:`key` is the hash
/// of that content.
#[pyclass(frozen, module = "riparian")]
pub(crate) struct Scenario {
    files: Arc<Files>,
    changes: Vec<Change>,
    pub(crate) plan: Arc<Plan>,
    key: OnceLock<String>,
}

/// What was changed of the files, in the order in which it was.
#[derive(Clone)]
enum Change {
    Inflow(String, DailySeries),
    Demand(String, DailySeries),
    Storage(String, Volume),
    Rule(Option<String>, NetworkRule),
    Policy(String, PythonPolicy),
    Days(Window),
}

impl Change {
    fn apply(&self, model: Model) -> riparian::Result<Model> {
        match self {
            Self::Inflow(node, series) => model.with_inflow(node, series),
            Self::Demand(offtake, series) => model.with_demand(offtake, series),
            Self::Storage(reservoir, volume) => model.starting_with(reservoir, *volume),
            Self::Rule(class, rule) => {
                let rule = rule.rule();
                let all: Vec<String> = model.classes().iter().map(|c| c.name.clone()).collect();
                let classes = class.clone().map_or(all, |class| vec![class]);
                let mut classes = classes.iter();
                classes.try_fold(model, |model, class| model.class_sharing_by(class, &rule))
            }
            Self::Policy(reservoir, policy) => model.operated_by(reservoir, policy.clone()),
            Self::Days(window) => model.over(*window),
        }
    }

    /// For a pickle: a name, and what it needs.
    fn told<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let series = |name, id: &str, series: &DailySeries| {
            let days = series.window().to_string();
            let values = series.values().iter().flat_map(|value| value.to_le_bytes());
            let values: Vec<u8> = values.collect();
            (name, id, days, PyBytes::new(py, &values)).into_pyobject(py)
        };
        match self {
            Self::Inflow(node, values) => series("inflow", node, values),
            Self::Demand(offtake, values) => series("demand", offtake, values),
            Self::Storage(reservoir, volume) => {
                ("storage", reservoir, volume.m3()).into_pyobject(py)
            }
            Self::Rule(class, rule) => ("rule", class, rule.told(py)?).into_pyobject(py),
            Self::Policy(reservoir, policy) => {
                ("policy", reservoir, policy.told(py)?).into_pyobject(py)
            }
            Self::Days(window) => ("days", window.to_string()).into_pyobject(py),
        }
    }

    /// From a pickle.
    fn read(told: &Bound<'_, PyTuple>) -> PyResult<Self> {
        let py = told.py();
        let name: String = told.get_item(0)?.extract()?;
        let text = |at: usize| -> PyResult<String> { told.get_item(at)?.extract() };
        let series = || {
            let window: Window = text(2)?.parse().or_raise(py)?;
            let bytes = told.get_item(3)?.cast_into::<PyBytes>()?;
            let (values, _) = bytes.as_bytes().as_chunks::<8>();
            let values = values.iter().map(|&bytes| f64::from_le_bytes(bytes));
            DailySeries::new(window.from(), values.collect()).or_raise(py)
        };
        Ok(match name.as_str() {
            "inflow" => Self::Inflow(text(1)?, series()?),
            "demand" => Self::Demand(text(1)?, series()?),
            "storage" => Self::Storage(text(1)?, Volume::from_m3(told.get_item(2)?.extract()?)),
            "rule" => Self::Rule(
                told.get_item(1)?.extract()?,
                NetworkRule::read(&told.get_item(2)?)?,
            ),
            "policy" => Self::Policy(text(1)?, PythonPolicy::read(&told.get_item(2)?)?),
            _ => Self::Days(text(1)?.parse().or_raise(py)?),
        })
    }
}

impl Scenario {
    fn new(files: Files, changes: Vec<Change>) -> riparian::Result<Self> {
        let model = files.model()?;
        let model = changes
            .iter()
            .try_fold(model, |model, change| change.apply(model))?;
        Ok(Self {
            files: Arc::new(files),
            changes,
            plan: Arc::new(Plan::compile(model)?),
            key: OnceLock::new(),
        })
    }

    fn changed(&self, py: Python<'_>, more: Vec<Change>) -> PyResult<Self> {
        py.detach(|| {
            let model = self.plan.model().clone();
            let model = more
                .iter()
                .try_fold(model, |model, change| change.apply(model))?;
            Ok(Self {
                files: Arc::clone(&self.files),
                changes: self.changes.iter().cloned().chain(more).collect(),
                plan: Arc::new(Plan::compile(model)?),
                key: OnceLock::new(),
            })
        })
        .or_raise(py)
    }

    /// The same scenario with the inflows, demands and storages of another plan of it.
    pub(crate) fn poured(&self, plan: Plan) -> Self {
        let model = plan.model();
        let (basin, mut changes) = (model.basin(), self.changes.clone());
        for (v, node) in basin.nodes().iter().enumerate() {
            let inflow = model.inflow(v).cloned();
            changes.extend(inflow.map(|series| Change::Inflow(node.id.clone(), series)));
        }
        for (i, offtake) in basin.offtakes().iter().enumerate() {
            changes.push(Change::Demand(offtake.id.clone(), model.demand(i).clone()));
        }
        for reservoir in basin.reservoirs() {
            changes.push(Change::Storage(reservoir.node.clone(), reservoir.initial));
        }
        Self {
            files: Arc::clone(&self.files),
            changes,
            plan: Arc::new(plan),
            key: OnceLock::new(),
        }
    }

    fn model(&self) -> &Model {
        self.plan.model()
    }

    fn ids<'m>(&'m self, series: Vec<(&'m str, &'m DailySeries)>) -> PyResult<Table> {
        let days = self.model().window().iter();
        let dates = Columns::new().dates("date", days);
        let column = |table: Columns, (id, series): (&str, &DailySeries)| {
            table.numbers(id, Some("m3/s"), series.values().iter().copied())
        };
        series.into_iter().fold(dates, column).finish()
    }
}

#[pymethods]
impl Scenario {
    /// Reads a scenario folder, checks it and compiles it.
    ///
    /// Raises :class:`ScenarioError` with every fault of its files at once, :class:`FileError` if
    /// the folder cannot be read.
    #[staticmethod]
    fn read(py: Python<'_>, folder: PathBuf) -> PyResult<Self> {
        py.detach(|| Self::new(Files::open(folder)?, Vec::new()))
            .or_raise(py)
    }

    /// A scenario from files in memory: contents by their path within a folder, with ``/``. Files
    /// of the scenario that it extends are named ``../base/...``.
    #[staticmethod]
    fn from_files(py: Python<'_>, files: BTreeMap<String, Vec<u8>>) -> PyResult<Self> {
        py.detach(|| Self::new(Files::from_files(files), Vec::new()))
            .or_raise(py)
    }

    /// Every fault of a scenario folder; an empty tuple if it is sound.
    ///
    /// Raises :class:`FileError` if the folder cannot be read.
    #[staticmethod]
    fn check(py: Python<'_>, folder: PathBuf) -> PyResult<Bound<'_, PyTuple>> {
        let read = py.detach(|| Files::open(folder)?.model().and_then(Plan::compile));
        match read {
            Ok(_) => Ok(PyTuple::empty(py)),
            Err(error) => match faults(py, &error)? {
                Some(faults) => Ok(faults),
                None => Err(crate::error::raised(py, error)),
            },
        }
    }

    /// The title.
    #[getter]
    fn title(&self) -> &str {
        self.model().title()
    }

    /// The first day of the run.
    #[getter]
    fn start<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDate>> {
        date_of(py, self.model().window().from())
    }

    /// The last day of the run.
    #[getter]
    fn end<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDate>> {
        date_of(py, self.model().window().to())
    }

    /// How many days the run has.
    #[getter]
    fn days(&self) -> usize {
        self.model().window().days()
    }

    /// A hash of all that is data in the compiled scenario, in 64 hexadecimal digits: scenarios of
    /// one key give the same run on every machine. Python callables count by their name and code.
    #[getter]
    fn key(&self) -> &str {
        self.key.get_or_init(|| self.plan.content_hash())
    }

    /// The ids of the parties.
    #[getter]
    fn parties(&self) -> Vec<&str> {
        let parties = self.model().basin().parties().iter();
        parties.map(|party| party.id.as_str()).collect()
    }

    /// The ids of the nodes, in the order of the river.
    #[getter]
    fn nodes(&self) -> Vec<&str> {
        let nodes = self.model().basin().nodes().iter();
        nodes.map(|node| node.id.as_str()).collect()
    }

    /// The ids of the reservoirs.
    #[getter]
    fn reservoirs(&self) -> Vec<&str> {
        let reservoirs = self.model().basin().reservoirs().iter();
        reservoirs
            .map(|reservoir| reservoir.node.as_str())
            .collect()
    }

    /// The ids of the offtakes.
    #[getter]
    fn offtakes(&self) -> Vec<&str> {
        let offtakes = self.model().basin().offtakes().iter();
        offtakes.map(|offtake| offtake.id.as_str()).collect()
    }

    /// The names of the priority classes, senior first.
    #[getter]
    fn classes(&self) -> Vec<&str> {
        let classes = self.model().classes().iter();
        classes.map(|class| class.name.as_str()).collect()
    }

    /// The ids of the obligations.
    #[getter]
    fn obligations(&self) -> Vec<&str> {
        let agreements = self.model().agreements().iter();
        let all = agreements.flat_map(|agreement| &agreement.obligations);
        all.map(|obligation| obligation.id.as_str()).collect()
    }

    /// What enters at each node with an inflow, in m3/s: a column a node, a row a day.
    fn inflows(&self) -> PyResult<Table> {
        let nodes = self.model().basin().nodes().iter().enumerate();
        let series =
            nodes.filter_map(|(v, node)| Some((node.id.as_str(), self.model().inflow(v)?)));
        self.ids(series.collect())
    }

    /// What each offtake asks for, in m3/s: a column an offtake, a row a day.
    fn demands(&self) -> PyResult<Table> {
        let offtakes = self.model().basin().offtakes().iter().enumerate();
        let series = offtakes.map(|(i, offtake)| (offtake.id.as_str(), self.model().demand(i)));
        self.ids(series.collect())
    }

    /// The same scenario with other inflows, in m3/s by node: one number for each day of the run,
    /// in a numpy array, a pandas or polars series, or a list.
    ///
    /// Raises :class:`ScenarioError` if no water enters there, or a flow is negative at an inflow.
    fn with_inflows(&self, m3s: &Bound<'_, PyDict>) -> PyResult<Self> {
        let series = by_id(m3s, self.model().window())?;
        let changes = series
            .into_iter()
            .map(|(id, series)| Change::Inflow(id, series));
        self.changed(m3s.py(), changes.collect())
    }

    /// The same scenario with other demands, in m3/s by offtake, as :meth:`with_inflows` takes them.
    fn with_demands(&self, m3s: &Bound<'_, PyDict>) -> PyResult<Self> {
        let series = by_id(m3s, self.model().window())?;
        let changes = series
            .into_iter()
            .map(|(id, series)| Change::Demand(id, series));
        self.changed(m3s.py(), changes.collect())
    }

    /// The same scenario with other volumes to begin with, in Mm3 by reservoir.
    fn with_storages(&self, py: Python<'_>, mcm: BTreeMap<String, f64>) -> PyResult<Self> {
        let changes = mcm
            .into_iter()
            .map(|(id, mcm)| Change::Storage(id, Volume::from_mcm(mcm)));
        self.changed(py, changes.collect())
    }

    /// The same scenario over other days, which its series must cover.
    fn over(&self, py: Python<'_>, start: Day, end: Day) -> PyResult<Self> {
        let window = Window::new(start.0, end.0).or_raise(py)?;
        self.changed(py, vec![Change::Days(window)])
    }

    /// The same scenario whose priority classes, or one of them, share by another rule.
    ///
    /// ``rule`` is the name of one of :func:`network_rules`, or a callable ``(claim, weight,
    /// largest) -> [(from, to, slope), ...]`` that gives the layers of a claim: the intervals of
    /// the level common to all in which its award grows, and how fast; at most four, rising, and
    /// adding up to the claim. A callable is for trying ideas: the engine calls it for every claim
    /// of every day, some hundred times slower than a rule of the crate, and one thread at a time.
    #[pyo3(signature = (rule, *, priority_class = None, weighted = false))]
    fn sharing_by(
        &self,
        rule: &Bound<'_, PyAny>,
        priority_class: Option<String>,
        weighted: bool,
    ) -> PyResult<Self> {
        let change = Change::Rule(priority_class, NetworkRule::new(rule, weighted)?);
        self.changed(rule.py(), vec![change])
    }

    /// The same scenario with a reservoir operated by a Python callable.
    ///
    /// ``policy`` is called each day with a :class:`Lake` and answers with the release in m3/s, with
    /// a :class:`Decision`, or with ``None`` for whatever is claimed. ``storage_classes`` are the
    /// priority classes of its storage wishes, from the bottom up; ``release_class`` the class of
    /// its floor; ``sees_demand`` says whether :attr:`Lake.demand_m3s` must be computed; ``horizon``
    /// how many days of :attr:`Lake.forecast_m3s` it needs.
    ///
    /// This is for trying ideas: a call a day costs some microseconds, and threads wait for one
    /// another. What it raises stops the run, or its member of an ensemble.
    #[pyo3(signature = (
        reservoir, policy, *,
        storage_classes = Vec::new(), release_class = None, sees_demand = false, horizon = 0
    ))]
    fn operated_by(
        &self,
        reservoir: String,
        policy: &Bound<'_, PyAny>,
        storage_classes: Vec<String>,
        release_class: Option<String>,
        sees_demand: bool,
        horizon: usize,
    ) -> PyResult<Self> {
        let py = policy.py();
        let policy =
            PythonPolicy::new(policy, storage_classes, release_class, sees_demand, horizon)?;
        self.changed(py, vec![Change::Policy(reservoir, policy)])
    }

    /// Runs the scenario to its last day and settles its obligations. The interpreter is free
    /// meanwhile, and an interrupt stops it.
    ///
    /// Raises :class:`PolicyError` or :class:`BalanceError`, naming place and day, or what a Python
    /// rule or policy raised.
    fn run(slf: &Bound<'_, Self>) -> PyResult<Run> {
        let (py, plan) = (slf.py(), Arc::clone(&slf.get().plan));
        let report = job::run(
            py,
            |stop| -> riparian::Result<Option<Report>> {
                let mut run = Simulation::new(&plan);
                while run.step()? {
                    if stop.load(Ordering::Relaxed) {
                        return Ok(None);
                    }
                }
                let ledger = run.into_ledger();
                let report = Report::new(Arc::clone(&plan), ledger);
                report.balance().check(report.ledger().window().to())?;
                Ok(Some(report))
            },
            |_| Ok(()),
        )?;
        let report = report
            .or_raise(py)?
            .expect("stopped only by what was raised");
        Ok(Run {
            scenario: slf.clone().unbind(),
            report: Arc::new(report),
        })
    }

    /// Settles the scenario's agreements: against its own run, or against measured series.
    ///
    /// ``observed`` is a CSV table of daily, dekad or monthly readings; nothing is simulated then.
    /// Returns a :class:`Table` with one row for each obligation and period.
    #[pyo3(signature = (observed = None))]
    fn settle(slf: &Bound<'_, Self>, observed: Option<PathBuf>) -> PyResult<Table> {
        let Some(observed) = observed else {
            return Self::run(slf)?.settlements();
        };
        let (py, plan) = (slf.py(), Arc::clone(&slf.get().plan));
        let settled = py.detach(|| settlement::against(plan.model().agreements(), &observed));
        settlement::settlements(&settled.or_raise(py)?.rows)
    }

    fn __eq__(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.plan, &other.plan) || self.key() == other.key()
    }

    fn __hash__(&self) -> isize {
        hash(self.key())
    }

    /// Dask's name for it.
    fn __dask_tokenize__(&self) -> &str {
        self.key()
    }

    fn __repr__(&self) -> String {
        format!(
            "<riparian.Scenario {}, {}>",
            self.title(),
            self.model().window()
        )
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let files = PyDict::new(py);
        for (name, bytes) in self.files.contents() {
            files.set_item(name, PyBytes::new(py, bytes))?;
        }
        let changes: Vec<_> = self
            .changes
            .iter()
            .map(|change| change.told(py))
            .collect::<PyResult<_>>()?;
        let restore = py.get_type::<Self>().getattr("_restore")?;
        (restore, (files, PyList::new(py, changes)?)).into_pyobject(py)
    }

    #[staticmethod]
    fn _restore(
        py: Python<'_>,
        files: BTreeMap<String, Vec<u8>>,
        changes: Vec<Bound<'_, PyTuple>>,
    ) -> PyResult<Self> {
        let changes = changes.iter().map(Change::read).collect::<PyResult<_>>()?;
        py.detach(|| Self::new(Files::from_files(files), changes))
            .or_raise(py)
    }
}
