//! Python callables inside the engine.

use std::fmt;
use std::sync::Arc;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

/// A Python callable, with a text that differs where its code does.
#[derive(Clone)]
pub(crate) struct Callable {
    pub(crate) it: Arc<Py<PyAny>>,
    /// Its name, for messages.
    pub(crate) name: String,
    /// Its name and a hash of its code, for the identity of what uses it.
    identity: String,
}

impl Callable {
    pub(crate) fn new(it: &Bound<'_, PyAny>) -> PyResult<Self> {
        if !it.is_callable() {
            let kind = it.get_type();
            return Err(PyTypeError::new_err(format!(
                "{kind} is neither a known name nor callable"
            )));
        }
        let module = it.py().import("riparian._identity")?;
        let (name, identity) = module.call_method1("of", (it,))?.extract()?;
        Ok(Self {
            it: Arc::new(it.clone().unbind()),
            name,
            identity,
        })
    }
}

impl fmt::Debug for Callable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.identity)
    }
}
