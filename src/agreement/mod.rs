//! The legal model: agreements and the obligations in them.
//!
//! An [`Obligation`] says who owes whom what ([`Form`]), where it is measured ([`Point`],
//! [`Measure`]) and when. What was due and what came is settled by
//! [`report::settle`](crate::report::settle); with a [claim](Obligation::claim) the engine also
//! tries to meet it, day by day.

mod check;
mod obligation;

pub(crate) use check::check as check_agreements;
pub use obligation::{Each, Form, Measure, Obligation, Point, SecondReading, Stated};

use crate::error::Origin;

/// A treaty or protocol: its parties and what they promised.
#[derive(Clone, Debug)]
pub struct Agreement {
    /// Its title.
    pub title: String,
    /// The ids of its parties.
    pub parties: Vec<String>,
    /// Where its text or figures come from.
    pub source: String,
    /// The promises, in the order of its articles.
    pub obligations: Vec<Obligation>,
    pub(crate) origin: Origin,
}

impl Agreement {
    /// An agreement between parties, without obligations yet.
    pub fn new<P: Into<String>>(
        title: impl Into<String>,
        parties: impl IntoIterator<Item = P>,
    ) -> Self {
        Self {
            title: title.into(),
            parties: parties.into_iter().map(Into::into).collect(),
            source: String::new(),
            obligations: Vec::new(),
            origin: Origin::default(),
        }
    }

    /// The same, with one more obligation.
    #[must_use]
    pub fn obligation(mut self, obligation: Obligation) -> Self {
        self.obligations.push(obligation);
        self
    }

    /// The same, with its source.
    #[must_use]
    pub fn source(mut self, source: impl Into<String>) -> Self {
        self.source = source.into();
        self
    }

    /// The same, with where it was written, for the messages of a failed check.
    #[must_use]
    pub fn written_at(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }
}
