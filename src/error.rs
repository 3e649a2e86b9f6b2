//! One opaque [`Error`], and [`Diagnostics`]: every fault of a scenario at once.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The result of a fallible operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation of this crate failed.
///
/// The error is opaque: ask it with the predicates, print it with `Display`, and follow
/// [`std::error::Error::source`] for what lies beneath. Water that runs short is never an error.
///
/// ```
/// use riparian::units::Volume;
///
/// let error = "491 Mm4".parse::<Volume>().unwrap_err();
/// assert!(error.is_parse());
/// ```
#[derive(Debug)]
pub struct Error(Box<Kind>);

#[derive(Debug, thiserror::Error)]
enum Kind {
    #[error("{0}")]
    Parse(String),
    #[error("{0}")]
    Invalid(Diagnostics),
    #[error("{}: {doing}", path.display())]
    Io {
        path: PathBuf,
        doing: &'static str,
        #[source]
        source: std::io::Error,
    },
    #[error("release policy of `{reservoir}` on {date}: {fault}")]
    Policy {
        reservoir: String,
        date: jiff::civil::Date,
        fault: String,
    },
    #[error(
        "water balance of `{node}` does not close on {date}: {residual_m3:e} m3 unexplained of {throughput_m3:e} m3"
    )]
    Balance {
        node: String,
        date: jiff::civil::Date,
        residual_m3: f64,
        throughput_m3: f64,
    },
    #[error("{0}")]
    Output(String),
    #[error("{0}")]
    State(String),
    #[error("{0}")]
    Rule(String),
    #[error("{0}")]
    Ensemble(String),
    #[cfg(feature = "planner")]
    #[error("{0}")]
    Plan(String),
}

impl Error {
    /// A text that is not the value it should be.
    pub(crate) fn parse(message: impl Into<String>) -> Self {
        Self(Box::new(Kind::Parse(message.into())))
    }

    /// A file that could not be read or written.
    pub(crate) fn io(path: &Path, doing: &'static str, source: std::io::Error) -> Self {
        Self(Box::new(Kind::Io {
            path: path.to_owned(),
            doing,
            source,
        }))
    }

    /// A release policy that answered with something impossible.
    pub(crate) fn policy(reservoir: &str, date: jiff::civil::Date, fault: String) -> Self {
        Self(Box::new(Kind::Policy {
            reservoir: reservoir.to_owned(),
            date,
            fault,
        }))
    }

    /// A node whose water balance does not close.
    pub(crate) fn balance(
        node: &str,
        date: jiff::civil::Date,
        residual_m3: f64,
        throughput_m3: f64,
    ) -> Self {
        Self(Box::new(Kind::Balance {
            node: node.to_owned(),
            date,
            residual_m3,
            throughput_m3,
        }))
    }

    /// An output folder that must not be touched.
    pub(crate) fn output(message: impl Into<String>) -> Self {
        Self(Box::new(Kind::Output(message.into())))
    }

    /// A saved state that does not fit the plan.
    pub(crate) fn state(message: impl Into<String>) -> Self {
        Self(Box::new(Kind::State(message.into())))
    }

    /// A claims problem that cannot be, or a rule that does not fit it.
    pub(crate) fn rule(message: impl Into<String>) -> Self {
        Self(Box::new(Kind::Rule(message.into())))
    }

    /// Parts that are not of one ensemble.
    pub(crate) fn ensemble(message: impl Into<String>) -> Self {
        Self(Box::new(Kind::Ensemble(message.into())))
    }

    /// A plan of a season that the solver did not find.
    #[cfg(feature = "planner")]
    pub(crate) fn plan(message: impl Into<String>) -> Self {
        Self(Box::new(Kind::Plan(message.into())))
    }

    /// Is it a text that does not parse as the value asked for?
    pub fn is_parse(&self) -> bool {
        matches!(*self.0, Kind::Parse(_))
    }

    /// Is it a scenario or a model with faults? Then [`Error::diagnostics`] lists them all.
    pub fn is_invalid(&self) -> bool {
        matches!(*self.0, Kind::Invalid(_))
    }

    /// Is it a file that could not be read or written?
    pub fn is_io(&self) -> bool {
        matches!(*self.0, Kind::Io { .. })
    }

    /// Did a release policy answer with something impossible?
    pub fn is_policy(&self) -> bool {
        matches!(*self.0, Kind::Policy { .. })
    }

    /// Did a water balance fail to close?
    pub fn is_balance(&self) -> bool {
        matches!(*self.0, Kind::Balance { .. })
    }

    /// Is it an output folder that holds something this crate did not write?
    pub fn is_output(&self) -> bool {
        matches!(*self.0, Kind::Output(_))
    }

    /// Is it a saved state that does not fit the plan it was given to?
    pub fn is_state(&self) -> bool {
        matches!(*self.0, Kind::State(_))
    }

    /// Is it a claims problem that cannot be shared, or a sharing rule that does not fit it?
    pub fn is_rule(&self) -> bool {
        matches!(*self.0, Kind::Rule(_))
    }

    /// Are parts not of one ensemble, or not its right parts?
    pub fn is_ensemble(&self) -> bool {
        matches!(*self.0, Kind::Ensemble(_))
    }

    /// Did the solver fail to plan a season?
    #[cfg(feature = "planner")]
    pub fn is_plan(&self) -> bool {
        matches!(*self.0, Kind::Plan(_))
    }

    /// The faults of the scenario or model, if that is what is wrong.
    pub fn diagnostics(&self) -> Option<&Diagnostics> {
        match &*self.0 {
            Kind::Invalid(diagnostics) => Some(diagnostics),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&*self.0)
    }
}

impl From<Diagnostics> for Error {
    fn from(diagnostics: Diagnostics) -> Self {
        Self(Box::new(Kind::Invalid(diagnostics)))
    }
}

/// Gives a type with an `origin` the method that sets it.
macro_rules! written_at {
    ($type:ty) => {
        impl $type {
            /// The same, with where it was written, for the messages of a failed check.
            #[must_use]
            pub fn written_at(mut self, origin: $crate::error::Origin) -> Self {
                self.origin = origin;
                self
            }
        }
    };
}
pub(crate) use written_at;

/// Where a thing was written: a file, a line and, for each of its fields, a column.
///
/// Lines and columns count from 1; columns count characters. A thing built in code has no origin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    inner: Option<Arc<OriginInner>>,
}

#[derive(Debug, PartialEq, Eq)]
struct OriginInner {
    file: String,
    line: u32,
    column: u32,
    fields: Vec<(String, u32, u32)>,
}

impl Origin {
    /// A thing that starts at `line` and `column` of `file`, whose fields stand where `fields`
    /// says (name, line, column).
    pub fn new(file: &str, line: u32, column: u32, fields: Vec<(String, u32, u32)>) -> Self {
        Self {
            inner: Some(Arc::new(OriginInner {
                file: file.to_owned(),
                line,
                column,
                fields,
            })),
        }
    }

    /// The place of one field, or of the whole thing where the field was not written.
    ///
    /// What lies within a field is named behind a point: `clause.0.need` is the place of `need` in
    /// the first clause, of that clause if it has no such field, or of the clauses.
    pub fn place(&self, field: &str) -> Option<Place> {
        let inner = self.inner.as_ref()?;
        let mut around = std::iter::successors(Some(field), |field| {
            field.rsplit_once('.').map(|(around, _)| around)
        });
        let (line, column) = around
            .find_map(|field| inner.fields.iter().find(|(name, ..)| name == field))
            .map_or((inner.line, inner.column), |&(_, line, column)| {
                (line, column)
            });
        Some(Place {
            file: inner.file.clone(),
            line,
            column,
        })
    }
}

/// A position in a file; line and column count from 1, and 0 means the file as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, relative to the scenario's folder.
    pub file: String,
    /// The line, from 1; 0 for the whole file.
    pub line: u32,
    /// The column in characters, from 1; 0 for the whole line.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
            if self.column > 0 {
                write!(f, ":{}", self.column)?;
            }
        }
        Ok(())
    }
}

/// One fault: where it stands, what is wrong, what was found and what was expected.
///
/// ```
/// use riparian::error::{Diagnostic, Diagnostics, Origin};
///
/// let row = Origin::new("offtakes.csv", 3, 1, vec![("class".to_owned(), 3, 33)]);
/// let fault = Diagnostic::new("unknown priority class `uses`")
///     .at(row.place("class"))
///     .expected("a class of scenario.toml")
///     .nearest("uses", ["treaty", "use"]);
/// assert_eq!(
///     fault.to_string(),
///     "offtakes.csv:3:33: unknown priority class `uses`; expected a class of scenario.toml; did you mean `use`?"
/// );
/// let mut faults = Diagnostics::new();
/// faults.push(fault);
/// assert!(faults.finish(()).unwrap_err().is_invalid());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where it stands; nothing for a model built in code.
    pub place: Option<Place>,
    /// What is wrong, in a few words, for example ``unknown node `farkhat` ``.
    pub message: String,
    /// What was expected instead.
    pub expected: Option<String>,
    /// The known name nearest to the one found.
    pub nearest: Option<String>,
}

impl Diagnostic {
    /// A fault of no known place.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            place: None,
            message: message.into(),
            expected: None,
            nearest: None,
        }
    }

    /// The same fault, at a place.
    #[must_use]
    pub fn at(mut self, place: Option<Place>) -> Self {
        self.place = place;
        self
    }

    /// The same fault, with what was expected.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// The same fault, with the nearest of the known names, where one is near enough.
    #[must_use]
    pub fn nearest<'a>(mut self, found: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        self.nearest = nearest(found, known).map(str::to_owned);
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(expected) = &self.expected {
            write!(f, "; expected {expected}")?;
        }
        if let Some(nearest) = &self.nearest {
            write!(f, "; did you mean `{nearest}`?")?;
        }
        Ok(())
    }
}

/// Every fault found in a scenario or a model, in the order of files and lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    faults: Vec<Diagnostic>,
}

impl Diagnostics {
    /// No faults yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a fault.
    pub fn push(&mut self, fault: Diagnostic) {
        self.faults.push(fault);
    }

    /// Adds all the faults of another list.
    pub fn append(&mut self, mut other: Self) {
        self.faults.append(&mut other.faults);
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.faults.len()
    }

    /// The faults, one by one.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.faults.iter()
    }

    /// `value` if there are no faults.
    ///
    /// # Errors
    ///
    /// All the faults, as one [`Error`] for which [`Error::is_invalid`] holds.
    pub fn finish<T>(self, value: T) -> Result<T> {
        if self.faults.is_empty() {
            Ok(value)
        } else {
            Err(self.into_error())
        }
    }

    /// The error of these faults, in the order of their places.
    pub(crate) fn into_error(mut self) -> Error {
        self.faults.sort_by(|a, b| a.place.cmp(&b.place));
        self.into()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.faults.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

/// The known name nearest to `found` by edit distance, if at most a third of it differs.
fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (found.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| {
            (
                edit_distance(&found.to_lowercase(), &name.to_lowercase()),
                name,
            )
        })
        .filter(|&(distance, _)| distance <= limit)
        .min()
        .map(|(_, name)| name)
}

/// Levenshtein's distance in characters.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, &cb) in b.iter().enumerate() {
            let replace = diagonal + usize::from(ca != cb);
            diagonal = row[j + 1];
            row[j + 1] = replace.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_near() {
        let known = ["farkhad", "kokbulak", "shardara"];
        assert_eq!(nearest("Farkhat", known), Some("farkhad"));
        assert_eq!(nearest("toktogul", known), None);
    }

    #[test]
    fn a_fault_says_where_what_and_what_instead() {
        let origin = Origin::new("reaches.csv", 3, 1, vec![("to".into(), 3, 9)]);
        let fault = Diagnostic::new("unknown node `farkhat`")
            .at(origin.place("to"))
            .expected("a node of nodes.csv")
            .nearest("farkhat", ["farkhad"]);
        assert_eq!(
            fault.to_string(),
            "reaches.csv:3:9: unknown node `farkhat`; expected a node of nodes.csv; did you mean `farkhad`?"
        );
    }
}
