//! Sharing rules: by name, and as Python callables.

use std::sync::Arc;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use riparian::allocation::{Layers, ParametricRule, RULE_NAMES, rule_by_name};
use riparian::rules::{
    self, ClaimsRule, NashHarsanyi, Problem, StrictPriority, WeightedEqualAwards,
    WeightedEqualLosses,
};

use crate::callable::Callable;
use crate::error::Raise as _;
use crate::given::numbers;
use crate::job;

/// The rules of :func:`share` that need more than claims.
const WITH_OPTIONS: [&str; 4] = [
    "weighted-equal-awards",
    "weighted-equal-losses",
    "nash-harsanyi",
    "priority",
];

/// The names of the rules that :func:`share` knows.
#[pyfunction]
pub(crate) fn rule_names() -> Vec<&'static str> {
    rules::names().chain(WITH_OPTIONS).collect()
}

/// The names of the rules by which the classes of a scenario can share on the river, see
/// :meth:`Scenario.sharing_by`.
#[pyfunction]
pub(crate) fn network_rules() -> Vec<&'static str> {
    RULE_NAMES.to_vec()
}

/// Shares an estate among claims that together exceed it, and returns the awards.
///
/// ``rule`` is one of :func:`rule_names`, or a callable ``(estate, claims) -> awards``. Awards are
/// checked whoever made them: none negative, none above its claim, together the estate. Any unit
/// will do, if it is the same throughout.
///
/// ``weights`` (one a claim) belong to the weighted rules and to ``nash-harsanyi``, ``disagreement``
/// (one fall-back a claim) to ``nash-harsanyi``, ``order`` (claims counted from 0, the most senior
/// first) to ``priority``.
///
/// Raises :class:`RuleError` if the problem cannot be shared or the awards are none.
#[pyfunction]
#[pyo3(signature = (rule, estate, claims, weights = None, *, disagreement = None, order = None))]
pub(crate) fn share(
    rule: &Bound<'_, PyAny>,
    estate: f64,
    claims: &Bound<'_, PyAny>,
    weights: Option<&Bound<'_, PyAny>>,
    disagreement: Option<&Bound<'_, PyAny>>,
    order: Option<Vec<usize>>,
) -> PyResult<Vec<f64>> {
    let (py, claims) = (rule.py(), numbers(claims)?);
    let weights = weights.map(numbers).transpose()?;
    let disagreement = disagreement.map(numbers).transpose()?;
    let name = rule.extract::<String>().ok();
    let takes: &[&str] = match name.as_deref() {
        Some("weighted-equal-awards" | "weighted-equal-losses") => &["weights"],
        Some("nash-harsanyi") => &["weights", "disagreement"],
        Some("priority") => &["order"],
        _ => &[],
    };
    let given = [
        ("weights", weights.is_some()),
        ("disagreement", disagreement.is_some()),
        ("order", order.is_some()),
    ];
    if let Some((option, _)) = given
        .iter()
        .find(|(option, is)| *is && !takes.contains(option))
    {
        let who = name.as_deref().unwrap_or("a callable");
        return Err(PyTypeError::new_err(format!(
            "rule `{who}` takes no {option}"
        )));
    }
    let Some(name) = name else {
        return by_callable(rule, estate, &claims);
    };
    let needed = || PyTypeError::new_err(format!("rule `{name}` needs weights"));
    let n = claims.len();
    let rule: Box<dyn ClaimsRule> = match name.as_str() {
        "weighted-equal-awards" => {
            Box::new(WeightedEqualAwards::new(weights.ok_or_else(needed)?).or_raise(py)?)
        }
        "weighted-equal-losses" => {
            Box::new(WeightedEqualLosses::new(weights.ok_or_else(needed)?).or_raise(py)?)
        }
        "nash-harsanyi" => {
            let weights = weights.unwrap_or_else(|| vec![1.0; n]);
            let fall_back = disagreement.unwrap_or_else(|| vec![0.0; n]);
            Box::new(NashHarsanyi::new(weights, fall_back).or_raise(py)?)
        }
        "priority" => {
            let order = order.unwrap_or_else(|| (0..n).collect());
            Box::new(StrictPriority::new(order).or_raise(py)?)
        }
        name => rules::by_name(name).or_raise(py)?,
    };
    py.detach(|| rule.share(estate, &claims)).or_raise(py)
}

/// The awards of a callable, for a problem and with an answer that the crate has checked.
fn by_callable(rule: &Bound<'_, PyAny>, estate: f64, claims: &[f64]) -> PyResult<Vec<f64>> {
    let py = rule.py();
    let callable = Callable::new(rule)?;
    let problem = Problem::new(estate, claims).or_raise(py)?;
    let awards = numbers(&rule.call1((problem.estate(), problem.claims()))?)?;
    problem.check(&callable.name, &awards).or_raise(py)?;
    Ok(awards)
}

/// A rule by which claims share on the network.
#[derive(Clone)]
pub(crate) enum NetworkRule {
    Named(&'static str),
    Python { layers: Callable, weighted: bool },
}

impl NetworkRule {
    pub(crate) fn new(rule: &Bound<'_, PyAny>, weighted: bool) -> PyResult<Self> {
        let Ok(name) = rule.extract::<String>() else {
            let layers = Callable::new(rule)?;
            return Ok(Self::Python { layers, weighted });
        };
        let known = RULE_NAMES.into_iter().find(|known| *known == name);
        known.map(Self::Named).ok_or_else(|| {
            let known = RULE_NAMES.join(", ");
            PyValueError::new_err(format!(
                "unknown rule `{name}`; expected one of {known}, or a callable"
            ))
        })
    }

    pub(crate) fn rule(&self) -> Arc<dyn ParametricRule> {
        match self {
            Self::Named(name) => rule_by_name(name).expect("one of the names"),
            Self::Python { layers, weighted } => Arc::new(PythonRule {
                layers: layers.clone(),
                weighted: *weighted,
            }),
        }
    }

    /// For a pickle.
    pub(crate) fn told<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        match self {
            Self::Named(name) => (*name, false).into_pyobject(py),
            Self::Python { layers, weighted } => {
                (layers.it.clone_ref(py), *weighted).into_pyobject(py)
            }
        }
    }

    /// From a pickle.
    pub(crate) fn read(told: &Bound<'_, PyAny>) -> PyResult<Self> {
        Self::new(&told.get_item(0)?, told.get_item(1)?.extract()?)
    }
}

/// A callable `(claim, weight, largest) -> [(from, to, slope), ...]` as a rule of the engine.
#[derive(Debug)]
struct PythonRule {
    layers: Callable,
    weighted: bool,
}

impl PythonRule {
    fn ask(&self, claim: f64, weight: f64, largest: f64) -> PyResult<Layers> {
        let answer = Python::attach(|py| -> PyResult<Vec<(f64, f64, f64)>> {
            let answer = self.layers.it.bind(py).call1((claim, weight, largest))?;
            answer.extract().map_err(|_| {
                let expected = "expected a list of layers (from, to, slope)";
                PyTypeError::new_err(format!("{answer:?}; {expected}"))
            })
        })?;
        let fault = |what: &str| {
            PyValueError::new_err(format!("{what}, for a claim of {claim}: {answer:?}"))
        };
        let (mut below, mut sum, mut layers) = (0.0, 0.0, Layers::none());
        if answer.len() > Layers::MAX {
            return Err(fault(&format!("more than {} layers", Layers::MAX)));
        }
        for &(from, to, slope) in &answer {
            let sound = from >= below && to >= from && to.is_finite();
            if !(sound && slope >= 0.0 && slope.is_finite()) {
                return Err(fault("layers that do not rise, or hold no numbers"));
            }
            layers = layers.and(from, to, slope);
            sum += (to - from) * slope;
            below = to;
        }
        if (sum - claim).abs() > 1e-9 * claim {
            return Err(fault("layers that do not add up to the claim"));
        }
        Ok(layers)
    }
}

impl ParametricRule for PythonRule {
    fn layers(&self, claim: f64, weight: f64, largest: f64) -> Layers {
        let layers = self.ask(claim, weight, largest);
        layers.unwrap_or_else(|raised| {
            job::give_up(raised, &format!("sharing rule `{}`", self.layers.name))
        })
    }

    fn weighted(&self) -> bool {
        self.weighted
    }
}
