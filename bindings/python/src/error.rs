//! Errors of the crate as the exceptions of `riparian/_errors.py`.

use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};
use riparian::{Diagnostic, Error};

/// A class of `riparian/_errors.py`.
fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyType>> {
    let module = py.import("riparian._errors")?;
    Ok(module.getattr(name)?.cast_into::<PyType>()?)
}

/// The faults as `Fault`s.
pub(crate) fn faults<'py>(py: Python<'py>, error: &Error) -> PyResult<Option<Bound<'py, PyTuple>>> {
    let Some(faults) = error.diagnostics() else {
        return Ok(None);
    };
    let class = class(py, "Fault")?;
    let one = |fault: &Diagnostic| {
        let place = fault.place.as_ref();
        class.call1((
            place.map(|place| place.file.as_str()),
            place.map(|place| place.line),
            place.map(|place| place.column),
            fault.message.as_str(),
            fault.expected.as_deref(),
            fault.nearest.as_deref(),
        ))
    };
    let all: Vec<_> = faults.iter().map(one).collect::<PyResult<_>>()?;
    PyTuple::new(py, all).map(Some)
}

/// The exception for an error.
pub(crate) fn raised(py: Python<'_>, error: Error) -> PyErr {
    exception(py, &error).unwrap_or_else(|failure| failure)
}

fn exception(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let kinds = [
        ("ScenarioError", error.is_invalid()),
        ("ParseError", error.is_parse()),
        ("PolicyError", error.is_policy()),
        ("BalanceError", error.is_balance()),
        ("RuleError", error.is_rule()),
        ("EnsembleError", error.is_ensemble()),
        ("FileError", error.is_io()),
        ("OutputError", error.is_output()),
    ];
    let kind = kinds.into_iter().find(|&(_, is)| is);
    let class = class(py, kind.map_or("RiparianError", |(name, _)| name))?;
    let message = error.to_string();
    let value = match faults(py, error)? {
        Some(faults) => class.call1((message, faults))?,
        None => class.call1((message,))?,
    };
    Ok(PyErr::from_value(value))
}

/// `?` for results of the crate.
pub(crate) trait Raise<T> {
    /// The value, or the exception for the error.
    fn or_raise(self, py: Python<'_>) -> PyResult<T>;
}

impl<T> Raise<T> for riparian::Result<T> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|error| raised(py, error))
    }
}
