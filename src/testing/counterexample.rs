//! What a policy or a network rule failed on.

use std::fmt;

/// The smallest case found on which a policy or a network rule fails. Its text says what happened,
/// then where.
#[derive(Clone, PartialEq, Eq)]
pub struct Counterexample {
    words: String,
    case: String,
}

impl Counterexample {
    /// The outcome of a search that found this.
    pub(super) fn of<T: fmt::Debug>(found: Option<(T, String)>) -> Result<(), Self> {
        found.map_or(Ok(()), |(case, words)| {
            Err(Self {
                words,
                case: format!("{case:?}"),
            })
        })
    }

    /// What happened.
    pub fn words(&self) -> &str {
        &self.words
    }

    /// The basin or the claim it happened on.
    pub fn case(&self) -> &str {
        &self.case
    }
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\non {}", self.words, self.case)
    }
}

/// The text, so that a test that unwraps shows it.
impl fmt::Debug for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Counterexample {}
