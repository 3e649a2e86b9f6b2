//! What differs between the members of an ensemble.

use std::collections::BTreeMap;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};
use riparian::calendar::{Period, Window};
use riparian::ensemble::{self, Quantiles};
use riparian::inflow::{self, Kirsch, LagOne, Margins, Neighbours, Nowak, Record};
use riparian::series::DailySeries;

use crate::error::Raise as _;
use crate::given::{Day, date_of, numbers};
use crate::scenario::Scenario;
use crate::table::{Columns, Table};

/// Quantiles as Python gives them: pairs of probability and value.
type Pairs = Vec<(f64, f64)>;

/// A factor on the inflows, the same for all days and nodes of a member: more snow or less.
///
/// ``quantiles`` are pairs of probability and factor, linear between them and with no value beyond
/// the outermost. ``nodes`` are those whose inflows it changes; all of them without. Net losses stay.
#[pyclass(frozen, get_all, eq, skip_from_py_object, module = "riparian")]
#[derive(Clone, PartialEq)]
pub(crate) struct InflowFactor {
    /// Pairs of probability and factor.
    quantiles: Pairs,
    /// The nodes; ``None`` for all.
    nodes: Option<Vec<String>>,
}

#[pymethods]
impl InflowFactor {
    #[new]
    #[pyo3(signature = (quantiles, nodes = None))]
    fn new(py: Python<'_>, quantiles: Pairs, nodes: Option<Vec<String>>) -> PyResult<Self> {
        Quantiles::new(quantiles.clone()).or_raise(py)?;
        Ok(Self { quantiles, nodes })
    }

    fn __repr__(&self) -> String {
        format!(
            "riparian.InflowFactor({:?}, {:?})",
            self.quantiles, self.nodes
        )
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let parts = (self.quantiles.clone(), self.nodes.clone());
        (py.get_type::<Self>(), parts).into_pyobject(py)
    }
}

/// A factor on the demands, the same for all days and offtakes of a member.
///
/// ``quantiles`` are as for :class:`InflowFactor`. ``offtakes`` are those whose demands it changes;
/// all of them without.
#[pyclass(frozen, get_all, eq, skip_from_py_object, module = "riparian")]
#[derive(Clone, PartialEq)]
pub(crate) struct DemandFactor {
    /// Pairs of probability and factor.
    quantiles: Pairs,
    /// The offtakes; ``None`` for all.
    offtakes: Option<Vec<String>>,
}

#[pymethods]
impl DemandFactor {
    #[new]
    #[pyo3(signature = (quantiles, offtakes = None))]
    fn new(py: Python<'_>, quantiles: Pairs, offtakes: Option<Vec<String>>) -> PyResult<Self> {
        Quantiles::new(quantiles.clone()).or_raise(py)?;
        Ok(Self {
            quantiles,
            offtakes,
        })
    }

    fn __repr__(&self) -> String {
        format!(
            "riparian.DemandFactor({:?}, {:?})",
            self.quantiles, self.offtakes
        )
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let parts = (self.quantiles.clone(), self.offtakes.clone());
        (py.get_type::<Self>(), parts).into_pyobject(py)
    }
}

/// The volume a reservoir begins with.
///
/// ``quantiles`` are pairs of probability and volume in Mm3, as for :class:`InflowFactor`.
#[pyclass(frozen, get_all, eq, skip_from_py_object, module = "riparian")]
#[derive(Clone, PartialEq)]
pub(crate) struct InitialStorage {
    /// The reservoir.
    reservoir: String,
    /// Pairs of probability and volume in Mm3.
    quantiles: Pairs,
}

#[pymethods]
impl InitialStorage {
    #[new]
    fn new(py: Python<'_>, reservoir: String, quantiles: Pairs) -> PyResult<Self> {
        Quantiles::new(quantiles.clone()).or_raise(py)?;
        Ok(Self {
            reservoir,
            quantiles,
        })
    }

    fn __repr__(&self) -> String {
        format!(
            "riparian.InitialStorage({:?}, {:?})",
            self.reservoir, self.quantiles
        )
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let parts = (self.reservoir.clone(), self.quantiles.clone());
        (py.get_type::<Self>(), parts).into_pyobject(py)
    }
}

/// Inflows of years that were, each member one whole year at all nodes.
///
/// ``series`` are daily flows in m3/s by node, all from ``start`` on and over many years: arrays, or
/// anything :meth:`Scenario.with_inflows` takes. A day takes the flow of the same day of the year
/// drawn; 29 February takes that of the 28th where the year has none. With ``in_turn``, member 0
/// takes the first year that is whole, and so on round; else years are drawn by lot.
#[pyclass(frozen, eq, skip_from_py_object, module = "riparian")]
#[derive(Clone, PartialEq)]
pub(crate) struct ObservedYears {
    series: BTreeMap<String, DailySeries>,
    in_turn: bool,
}

impl ObservedYears {
    fn variation(&self) -> ensemble::ObservedYears {
        let nodes = self
            .series
            .iter()
            .map(|(id, series)| (id.as_str(), series.clone()));
        let years = ensemble::ObservedYears::new(nodes);
        if self.in_turn { years.in_turn() } else { years }
    }
}

#[pymethods]
impl ObservedYears {
    #[new]
    #[pyo3(signature = (start, series, *, in_turn = false))]
    fn new(start: Day, series: &Bound<'_, PyDict>, in_turn: bool) -> PyResult<Self> {
        let py = series.py();
        let one = |(id, values): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
            let values = DailySeries::new(start.0, numbers(&values)?).or_raise(py)?;
            Ok((id.extract()?, values))
        };
        let series = series.iter().map(one).collect::<PyResult<_>>()?;
        Ok(Self { series, in_turn })
    }

    /// The years of a longer scenario's own inflows.
    #[staticmethod]
    #[pyo3(signature = (scenario, *, in_turn = false))]
    fn of(scenario: &Scenario, in_turn: bool) -> Self {
        let model = scenario.plan.model();
        let nodes = model.basin().nodes().iter().enumerate();
        let series =
            nodes.filter_map(|(v, node)| Some((node.id.clone(), model.inflow(v)?.clone())));
        Self {
            series: series.collect(),
            in_turn,
        }
    }

    /// Whether years are taken in turn, and not by lot.
    #[getter]
    fn in_turn(&self) -> bool {
        self.in_turn
    }

    /// The nodes.
    #[getter]
    fn nodes(&self) -> Vec<&str> {
        self.series.keys().map(String::as_str).collect()
    }

    /// The years it may draw for a scenario.
    fn years(&self, scenario: &Scenario) -> Vec<i16> {
        self.variation().years(scenario.plan.window())
    }

    fn __repr__(&self) -> String {
        format!("riparian.ObservedYears of {}", self.nodes().join(", "))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let nodes = PyDict::new(py);
        for (id, series) in &self.series {
            let values = series.values().iter().flat_map(|value| value.to_le_bytes());
            let values: Vec<u8> = values.collect();
            nodes.set_item(
                id,
                (date_of(py, series.start())?, PyBytes::new(py, &values)),
            )?;
        }
        let restore = py.get_type::<Self>().getattr("_restore")?;
        (restore, (nodes, self.in_turn)).into_pyobject(py)
    }

    #[staticmethod]
    fn _restore(
        py: Python<'_>,
        nodes: BTreeMap<String, (Day, Vec<u8>)>,
        in_turn: bool,
    ) -> PyResult<Self> {
        let one = |(id, (start, bytes)): (String, (Day, Vec<u8>))| {
            let (values, _) = bytes.as_chunks::<8>();
            let values = values.iter().map(|&bytes| f64::from_le_bytes(bytes));
            Ok((
                id,
                DailySeries::new(start.0, values.collect()).or_raise(py)?,
            ))
        };
        let series = nodes.into_iter().map(one).collect::<PyResult<_>>()?;
        Ok(Self { series, in_turn })
    }
}

/// A generator of inflow records that never were, fitted to those of a scenario of many years.
///
/// In an ensemble each member has a record of its own.
#[pyclass(frozen, eq, skip_from_py_object, module = "riparian")]
#[derive(Clone, PartialEq)]
pub(crate) struct Generator(inflow::Generator);

#[pymethods]
impl Generator {
    /// Fits a generator to the inflows of a scenario.
    ///
    /// ``method`` is ``full``, ``contemporaneous`` or ``thomas-fiering`` (models of lag one),
    /// ``neighbours`` or ``kirsch``. ``margins`` say how flows are made normal: ``auto``, ``log``,
    /// ``normal`` or, for models of lag one, ``skewed``. ``pooling`` is over how many steps to each
    /// side correlations of models of lag one are pooled. ``step`` is ``dekad`` or ``month``
    /// (``kirsch``: ``month``), ``first_month`` the month in which the year of the record begins.
    /// ``days`` says whether months and dekads are made into days by the pattern of like months.
    #[staticmethod]
    #[pyo3(signature = (
        scenario, method = "full", *,
        margins = "auto", pooling = None, step = None, first_month = None, days = false
    ))]
    #[allow(clippy::too_many_arguments, reason = "in Python they have names")]
    fn fit(
        py: Python<'_>,
        scenario: &Scenario,
        method: &str,
        margins: &str,
        pooling: Option<usize>,
        step: Option<&str>,
        first_month: Option<i8>,
        days: bool,
    ) -> PyResult<Self> {
        let unknown = |what: &str, found: &str, known: &str| {
            PyValueError::new_err(format!("unknown {what} `{found}`; expected one of {known}"))
        };
        let margins = match margins {
            "auto" => Margins::Auto,
            "log" => Margins::Log,
            "normal" => Margins::Normal,
            "skewed" => Margins::Skewed,
            other => return Err(unknown("margins", other, "auto, log, normal, skewed")),
        };
        let (usual, month) = if method == "kirsch" {
            ("month", 10)
        } else {
            ("dekad", 1)
        };
        let step = match step.unwrap_or(usual) {
            "dekad" => Period::Dekad,
            "month" => Period::Month,
            other => return Err(unknown("step", other, "dekad, month")),
        };
        let lag_one = match method {
            "full" => Some(LagOne::full()),
            "contemporaneous" => Some(LagOne::contemporaneous()),
            "thomas-fiering" => Some(LagOne::thomas_fiering()),
            "neighbours" | "kirsch" => None,
            other => {
                let known = "full, contemporaneous, thomas-fiering, neighbours, kirsch";
                return Err(unknown("method", other, known));
            }
        };
        let fit = || {
            let model = scenario.plan.model();
            let record = Record::from_model(model, step, first_month.unwrap_or(month))?;
            let generator = match lag_one {
                Some(model) => {
                    let model = model.margins(margins);
                    pooling
                        .map_or(model.clone(), |steps| model.pooling(steps))
                        .fit(&record)?
                }
                None if method == "kirsch" => Kirsch::new().margins(margins).fit(&record)?,
                None => Neighbours::new().fit(&record)?,
            };
            if !days {
                return Ok(generator);
            }
            generator.into_days(Nowak::days_of(model)?)
        };
        py.detach(fit).or_raise(py).map(Self)
    }

    /// The nodes it makes inflows for.
    #[getter]
    fn sites(&self) -> Vec<String> {
        self.0.sites().to_vec()
    }

    /// Its method, in words.
    #[getter]
    fn method(&self) -> String {
        self.0.method()
    }

    /// The daily flows of a member in m3/s: a column a site, a row a day.
    fn daily(
        &self,
        py: Python<'_>,
        start: Day,
        end: Day,
        seed: u64,
        member: u64,
    ) -> PyResult<Table> {
        let window = Window::new(start.0, end.0).or_raise(py)?;
        let series = py
            .detach(|| self.0.over(window, seed, member))
            .or_raise(py)?;
        let dates = Columns::new().dates("date", window.iter());
        let columns = self.0.sites().iter().zip(&series);
        let add = |table: Columns, (site, daily): (&String, &DailySeries)| {
            table.numbers(site, Some("m3/s"), daily.values().iter().copied())
        };
        columns.fold(dates, add).finish()
    }

    fn __repr__(&self) -> String {
        format!(
            "<riparian.Generator of {}: {}>",
            self.0.sites().join(", "),
            self.0.method()
        )
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let text = serde_json::to_string(&self.0);
        let text = text.map_err(|error| PyValueError::new_err(error.to_string()))?;
        let restore = py.get_type::<Self>().getattr("_restore")?;
        (restore, (text,)).into_pyobject(py)
    }

    #[staticmethod]
    fn _restore(text: &str) -> PyResult<Self> {
        let generator = serde_json::from_str(text);
        generator
            .map(Self)
            .map_err(|error| PyValueError::new_err(error.to_string()))
    }
}

/// The ensemble, with what a Python object lets differ.
pub(crate) fn vary(
    ensemble: ensemble::Ensemble,
    given: &Bound<'_, PyAny>,
) -> PyResult<ensemble::Ensemble> {
    let py = given.py();
    let quantiles = |pairs: &Pairs| Quantiles::new(pairs.clone()).or_raise(py);
    let varied = if let Ok(given) = given.cast::<InflowFactor>() {
        let given = given.get();
        let factor = ensemble::InflowFactor::new(quantiles(&given.quantiles)?);
        ensemble.vary(match &given.nodes {
            Some(nodes) => factor.at(nodes),
            None => factor,
        })
    } else if let Ok(given) = given.cast::<DemandFactor>() {
        let given = given.get();
        let factor = ensemble::DemandFactor::new(quantiles(&given.quantiles)?);
        ensemble.vary(match &given.offtakes {
            Some(offtakes) => factor.at(offtakes),
            None => factor,
        })
    } else if let Ok(given) = given.cast::<InitialStorage>() {
        let given = given.get();
        let volumes = quantiles(&given.quantiles)?;
        ensemble.vary(ensemble::InitialStorage::new(&given.reservoir, volumes))
    } else if let Ok(given) = given.cast::<ObservedYears>() {
        ensemble.vary(given.get().variation())
    } else if let Ok(given) = given.cast::<Generator>() {
        ensemble.vary(ensemble::Generated::new(given.get().0.clone()))
    } else {
        let kind = given.get_type();
        return Err(PyTypeError::new_err(format!(
            "{kind} is no variation; expected InflowFactor, DemandFactor, InitialStorage, ObservedYears or Generator"
        )));
    };
    varied.or_raise(py)
}
