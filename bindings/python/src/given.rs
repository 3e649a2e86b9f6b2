//! What Python hands over: days and series.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDate, PyDict, PyMemoryView};
use riparian::calendar::{Date, Window};
use riparian::series::DailySeries;

use crate::error::Raise as _;

/// A day: a `datetime.date`, whatever prints itself as one, or a text.
pub(crate) struct Day(pub(crate) Date);

impl<'py> FromPyObject<'_, 'py> for Day {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let text = given.str()?;
        let text = text.to_str()?;
        // A time of day, as datetimes print it, is let go.
        let day = text.split(['T', ' ']).next().unwrap_or_default();
        let date = day.parse::<Date>();
        date.map(Self).map_err(|_| {
            PyValueError::new_err(format!(
                "`{text}` is no date; expected one such as 2024-04-01"
            ))
        })
    }
}

/// A day as a `datetime.date`.
pub(crate) fn date_of(py: Python<'_>, date: Date) -> PyResult<Bound<'_, PyDate>> {
    PyDate::new(py, date.year().into(), date.month() as u8, date.day() as u8)
}

/// Numbers of anything one-dimensional: an array with the buffer protocol of doubles at the pace of
/// memory, other arrays by way of numpy, sequences one by one.
pub(crate) fn numbers(given: &Bound<'_, PyAny>) -> PyResult<Vec<f64>> {
    if let Some(numbers) = buffer(given)? {
        return Ok(numbers);
    }
    if given.hasattr("__array__")? {
        let py = given.py();
        let kind = PyDict::new(py);
        kind.set_item("dtype", "float64")?;
        let array = py
            .import("numpy")?
            .call_method("asarray", (given,), Some(&kind))?;
        if let Some(numbers) = buffer(&array)? {
            return Ok(numbers);
        }
    }
    given.extract().map_err(|_| {
        let kind = given.get_type();
        PyTypeError::new_err(format!(
            "{kind} is no one-dimensional array or sequence of numbers"
        ))
    })
}

/// The numbers of a one-dimensional buffer of doubles; nothing for anything else.
fn buffer(given: &Bound<'_, PyAny>) -> PyResult<Option<Vec<f64>>> {
    let Ok(view) = PyMemoryView::from(given) else {
        return Ok(None);
    };
    let dimensions: usize = view.getattr("ndim")?.extract()?;
    if dimensions != 1 {
        return Err(PyValueError::new_err(format!(
            "an array of {dimensions} dimensions; expected one"
        )));
    }
    let format: String = view.getattr("format")?.extract()?;
    if format != "d" && format != "<d" {
        return Ok(None);
    }
    let bytes = view.call_method0("tobytes")?.cast_into::<PyBytes>()?;
    let (numbers, _) = bytes.as_bytes().as_chunks::<8>();
    Ok(Some(
        numbers
            .iter()
            .map(|&bytes| f64::from_ne_bytes(bytes))
            .collect(),
    ))
}

/// Series of a run by id: one number a day.
pub(crate) fn by_id(
    given: &Bound<'_, PyDict>,
    run: Window,
) -> PyResult<Vec<(String, DailySeries)>> {
    let py = given.py();
    let one = |(id, values): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        let (id, values): (String, _) = (id.extract()?, numbers(&values)?);
        if values.len() != run.days() {
            return Err(PyValueError::new_err(format!(
                "{} numbers for `{id}`; expected {}, one for each day of {run}",
                values.len(),
                run.days()
            )));
        }
        Ok((id, DailySeries::new(run.from(), values).or_raise(py)?))
    };
    given.iter().map(one).collect()
}
