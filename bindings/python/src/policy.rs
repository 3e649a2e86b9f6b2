//! Release policies as Python callables.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDate, PyTuple};
use riparian::operation::{Decision as Wanted, ReleasePolicy, ReservoirView};
use riparian::units::{Flow, Level, Volume};

use crate::callable::Callable;
use crate::given::date_of;
use crate::job;

/// What a release policy sees of its reservoir on a day, before the day's water is shared.
///
/// Volumes are in Mm3, flows in m3/s, the level in m.
#[pyclass(frozen, get_all, module = "riparian")]
pub(crate) struct Lake {
    /// The id of the reservoir.
    reservoir: String,
    /// The day.
    date: Py<PyDate>,
    /// Storage at the start of the day, in Mm3.
    storage_mcm: f64,
    /// Storage after the day's known gains and losses, in Mm3.
    available_mcm: f64,
    /// Dead storage, in Mm3.
    dead_mcm: f64,
    /// Full supply volume, in Mm3.
    full_mcm: f64,
    /// The level at the start of the day in m; ``None`` without a curve.
    level_m: Option<f64>,
    /// The part of today's inflow that is in ``available_mcm`` already, in m3/s.
    entered_m3s: f64,
    /// The inflow expected today and on the days after, in m3/s.
    forecast_m3s: Vec<f64>,
    /// What the river brought the day before, in m3/s.
    last_inflow_m3s: f64,
    /// The release of the day before, in m3/s.
    last_release_m3s: f64,
    /// The least the release may be today, in m3/s.
    min_release_m3s: f64,
    /// The most that can be released on purpose today, in m3/s; may be infinite.
    max_release_m3s: f64,
    /// What is claimed from here to the next reservoirs today, in m3/s; 0 unless asked for.
    demand_m3s: f64,
}

impl Lake {
    fn of(py: Python<'_>, view: &ReservoirView<'_>) -> PyResult<Self> {
        Ok(Self {
            reservoir: view.reservoir.node.clone(),
            date: date_of(py, view.date)?.unbind(),
            storage_mcm: view.storage.mcm(),
            available_mcm: view.available.mcm(),
            dead_mcm: view.dead.mcm(),
            full_mcm: view.full.mcm(),
            level_m: view.level.map(Level::m),
            entered_m3s: view.entered.m3s(),
            forecast_m3s: view.forecast.iter().map(|flow| flow.m3s()).collect(),
            last_inflow_m3s: view.last_inflow.m3s(),
            last_release_m3s: view.last_release.m3s(),
            min_release_m3s: view.min_release.m3s(),
            max_release_m3s: view.max_release.m3s(),
            demand_m3s: view.demand.m3s(),
        })
    }
}

/// What a release policy wants today.
///
/// ``at_least`` and ``at_most`` bound the release in m3/s; without them it lies anywhere between
/// what the reservoir must and can release. ``keep`` are storage wishes in Mm3, one for each of the
/// policy's storage classes, which lie on top of one another above dead storage.
#[pyclass(frozen, get_all, eq, skip_from_py_object, module = "riparian")]
#[derive(Clone, PartialEq)]
pub(crate) struct Decision {
    /// The least that should be released, in m3/s.
    at_least: Option<f64>,
    /// The most that may be released on purpose, in m3/s.
    at_most: Option<f64>,
    /// The storage wishes, in Mm3.
    keep: Vec<f64>,
}

#[pymethods]
impl Decision {
    #[new]
    #[pyo3(signature = (at_least = None, at_most = None, keep = Vec::new()))]
    fn new(at_least: Option<f64>, at_most: Option<f64>, keep: Vec<f64>) -> Self {
        Self {
            at_least,
            at_most,
            keep,
        }
    }

    fn __repr__(&self) -> String {
        let told = |flow: Option<f64>| flow.map_or("None".to_owned(), |flow| format!("{flow:?}"));
        let (least, most) = (told(self.at_least), told(self.at_most));
        format!(
            "riparian.Decision(at_least={least}, at_most={most}, keep={:?})",
            self.keep
        )
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let parts = (self.at_least, self.at_most, self.keep.clone());
        (py.get_type::<Self>(), parts).into_pyobject(py)
    }
}

/// A callable as a policy of the engine.
#[derive(Clone, Debug)]
pub(crate) struct PythonPolicy {
    decide: Callable,
    storage_classes: Vec<String>,
    release_class: Option<String>,
    sees_demand: bool,
    horizon: usize,
}

impl PythonPolicy {
    pub(crate) fn new(
        decide: &Bound<'_, PyAny>,
        storage_classes: Vec<String>,
        release_class: Option<String>,
        sees_demand: bool,
        horizon: usize,
    ) -> PyResult<Self> {
        Ok(Self {
            decide: Callable::new(decide)?,
            storage_classes,
            release_class,
            sees_demand,
            horizon,
        })
    }

    /// For a pickle.
    pub(crate) fn told<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let parts = (
            self.decide.it.clone_ref(py),
            self.storage_classes.clone(),
            self.release_class.clone(),
            self.sees_demand,
            self.horizon,
        );
        parts.into_pyobject(py)
    }

    /// From a pickle.
    pub(crate) fn read(told: &Bound<'_, PyAny>) -> PyResult<Self> {
        Self::new(
            &told.get_item(0)?,
            told.get_item(1)?.extract()?,
            told.get_item(2)?.extract()?,
            told.get_item(3)?.extract()?,
            told.get_item(4)?.extract()?,
        )
    }

    fn ask(&self, view: &ReservoirView<'_>, wanted: &mut Wanted) -> PyResult<()> {
        let answer = Python::attach(|py| -> PyResult<Option<Decision>> {
            let answer = self.decide.it.bind(py).call1((Lake::of(py, view)?,))?;
            if answer.is_none() {
                return Ok(None);
            }
            if let Ok(decision) = answer.cast::<Decision>() {
                return Ok(Some(decision.get().clone()));
            }
            let release: f64 = answer.extract().map_err(|_| {
                let expected = "expected a release in m3/s, a Decision or None";
                PyTypeError::new_err(format!("{answer:?}; {expected}"))
            })?;
            Ok(Some(Decision::new(
                Some(release),
                Some(release),
                Vec::new(),
            )))
        })?;
        let Some(decision) = answer else {
            return Ok(());
        };
        if decision.keep.len() > self.storage_classes.len() {
            let (wishes, classes) = (decision.keep.len(), self.storage_classes.len());
            let text = format!("{wishes} storage wishes, and {classes} storage classes");
            return Err(PyValueError::new_err(text));
        }
        if let Some(flow) = decision.at_least {
            wanted.at_least(Flow::from_m3s(flow));
        }
        if let Some(flow) = decision.at_most {
            wanted.at_most(Flow::from_m3s(flow));
        }
        for (wish, &mcm) in decision.keep.iter().enumerate() {
            wanted.keep(wish, Volume::from_mcm(mcm));
        }
        Ok(())
    }
}

impl ReleasePolicy for PythonPolicy {
    fn name(&self) -> &str {
        &self.decide.name
    }

    fn storage_classes(&self) -> Vec<String> {
        self.storage_classes.clone()
    }

    fn release_class(&self) -> Option<String> {
        self.release_class.clone()
    }

    fn sees_demand(&self) -> bool {
        self.sees_demand
    }

    fn horizon(&self) -> usize {
        self.horizon
    }

    fn decide(&self, view: &ReservoirView, decision: &mut Wanted) {
        if let Err(raised) = self.ask(view, decision) {
            let (name, reservoir) = (&self.decide.name, &view.reservoir.node);
            job::give_up(
                raised,
                &format!("release policy `{name}` of `{reservoir}` on {}", view.date),
            );
        }
    }
}
