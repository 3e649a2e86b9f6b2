//! Forms of obligation that users register.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Due, DueFunction, OwnForm};
use crate::scenario::OBLIGATION_KEYS;

/// The forms that agreement files may use besides those this crate knows.
///
/// A form is a type with the keys it has in a file as its fields, and what is due as its
/// [`DueFunction`]:
///
/// ```
/// use riparian::agreement::{DueFunction, Forms};
/// use riparian::calendar::{Date, Window};
/// use serde::{Deserialize, Serialize};
///
/// /// So many cubic metres on every Friday.
/// #[derive(Debug, Serialize, Deserialize)]
/// struct Fridays {
///     each_friday_m3: f64,
/// }
///
/// impl DueFunction for Fridays {
///     fn due(&self, period: Window, _: &dyn Fn(usize, Date) -> Option<f64>) -> Option<Vec<f64>> {
///         let friday = jiff::civil::Weekday::Friday;
///         let due = |day: Date| if day.weekday() == friday { self.each_friday_m3 } else { 0.0 };
///         Some(period.iter().map(due).collect())
///     }
/// }
///
/// let forms = Forms::new().register::<Fridays>("fridays");
/// assert!(forms.names().any(|name| name == "fridays"));
/// ```
#[derive(Clone, Default)]
pub struct Forms {
    readers: BTreeMap<String, Reader>,
}

type Reader = Arc<dyn Fn(toml::Table) -> Result<Arc<dyn DueFunction>, String> + Send + Sync>;

impl Forms {
    /// No forms but those this crate knows.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one more form. Its fields are read from the keys of the obligation that no
    /// other part asks for; a name this crate or an earlier call uses is taken over.
    #[must_use]
    pub fn register<F>(mut self, name: impl Into<String>) -> Self
    where
        F: DueFunction + DeserializeOwned + 'static,
    {
        let read: Reader = Arc::new(|keys| match keys.try_into::<F>() {
            Ok(form) => Ok(Arc::new(form)),
            Err(error) => Err(error.message().to_owned()),
        });
        self.readers.insert(name.into(), read);
        self
    }

    /// The names of the registered forms, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.readers.keys().map(String::as_str)
    }

    /// Reads a registered form from its keys; none if there is no form of that name.
    pub(crate) fn read(&self, name: &str, keys: toml::Table) -> Option<Result<Due, String>> {
        let reader = self.readers.get(name)?;
        let text = keys.to_string();
        Some(reader(keys).map(|function| {
            Due::Own(OwnForm {
                name: name.to_owned(),
                function,
                keys: text,
            })
        }))
    }
}

impl fmt::Debug for Forms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.readers.keys()).finish()
    }
}

impl Due {
    /// A form of the user's own, under the name it has in files.
    ///
    /// # Errors
    ///
    /// If the function's fields cannot be written as TOML, or one has the name of a key that every
    /// obligation has; [`Error::is_invalid`](crate::Error::is_invalid)
    /// holds.
    ///
    /// # Examples
    ///
    /// Example: [`Forms`](super::Forms).
    pub fn own<F>(name: impl Into<String>, function: F) -> Result<Self, crate::Error>
    where
        F: DueFunction + Serialize + 'static,
    {
        let name = name.into();
        // By way of the text: a table made of the value itself would not keep dates apart.
        let keys = toml::to_string(&function)
            .map_err(|error| error.to_string())
            .and_then(|text| {
                let keys = text.parse::<toml::Table>();
                keys.map_err(|error| error.message().to_owned())
            });
        let taken = |key: &&String| OBLIGATION_KEYS.contains(&key.as_str());
        if let Some(key) = keys.iter().flat_map(toml::Table::keys).find(taken) {
            return Err(crate::calendar::invalid(
                crate::error::Diagnostic::new(format!("the form `{name}` has a key `{key}`"))
                    .expected("keys that no obligation has of its own"),
            ));
        }
        match keys {
            Ok(keys) => Ok(Self::Own(OwnForm {
                name,
                function: Arc::new(function),
                keys: keys.to_string(),
            })),
            Err(error) => Err(crate::calendar::invalid(
                crate::error::Diagnostic::new(format!(
                    "the form `{name}` cannot be written: {error}"
                ))
                .expected("fields that TOML has: texts, numbers, dates, lists and tables"),
            )),
        }
    }
}
