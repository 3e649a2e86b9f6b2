//! The legal model: agreements and the obligations in them.
//!
//! An [`Obligation`] says who owes whom what, where it is measured and when. It is put together
//! from a few parts, and the forms that treaties know are combinations of them:
//!
//! | part | what it says |
//! |---|---|
//! | [`Point`], [`Measure`] | where and what is measured: a weighted sum of places, each with its travel time |
//! | [`Each`], [`Season`](crate::calendar::Season) | by which periods accounts are struck |
//! | [`Due`] | what is due: an amount, a [schedule](Due::Schedule), a [`Formula`] of what the river brings, or a [form of the user's own](DueFunction) |
//! | [`Count`] | how it is held against what came: added up, on each day, at the end, at most |
//! | [`Clause`] | what changes it, under which [`Condition`] |
//! | [`Account`] | what is carried from one period to the next |
//! | [`Claim`] | how what is still owed is claimed on the river |
//!
//! Beside its obligations, an agreement may say whose the water in a reservoir is: [`Ownership`].
//!
//! What was due and what came is [settled](crate::settlement) against a simulation or against
//! measured series alone.

mod account;
mod amount;
mod check;
mod check_places;
mod clause;
mod due;
mod forms;
mod obligation;
mod ownership;
mod ownership_check;
mod period;
mod point;

pub use account::{Account, Caps, Entry, EntryKind, Opening};
pub use amount::{Amount, Quantity};
pub(crate) use check_places::{check as check_agreements, check_claim, check_record};
pub use clause::{Clause, Condition, Effect, Threshold};
pub use due::{Brackets, Due, DueFunction, Formula, Index, OwnForm, Sign, Slope};
pub use forms::Forms;
pub use obligation::{Claim, Count, Obligation, Pace, Revision, SecondReading};
pub use ownership::{Debt, Held, Owner, Ownership, Rest, Spilling, Transfer};
pub(crate) use ownership_check::check_ownership;
pub use period::{Each, MonthDay, Step, When};
pub use point::{Measure, Point, Term};

use crate::calendar::{Date, Window};
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
    /// How sure its figures are: published, derived, assumed.
    pub status: String,
    /// Remarks.
    pub note: String,
    /// What the source leaves open, and what is therefore left open here too.
    pub open: Vec<String>,
    /// The first day it is in force; `None`: always was.
    pub from: Option<Date>,
    /// The last day it is in force; `None`: still is.
    pub until: Option<Date>,
    /// Obligations of other agreements that end when this one comes into force.
    pub supersedes: Vec<String>,
    /// The promises, in the order of its articles.
    pub obligations: Vec<Obligation>,
    /// Whose the stored water is.
    pub ownership: Vec<Ownership>,
    /// Totals the source states over several obligations, checked against what they add up to.
    pub totals: Vec<StatedTotal>,
    pub(crate) origin: Origin,
}

/// Where it was written is no part of it.
impl PartialEq for Agreement {
    fn eq(&self, other: &Self) -> bool {
        // Taken apart, so that a new field cannot be forgotten.
        let Self {
            title,
            parties,
            source,
            status,
            note,
            open,
            from,
            until,
            supersedes,
            obligations,
            ownership,
            totals,
            origin: _,
        } = self;
        let words = (title, parties, source, status, note, open)
            == (
                &other.title,
                &other.parties,
                &other.source,
                &other.status,
                &other.note,
                &other.open,
            );
        let force = (from, until, supersedes) == (&other.from, &other.until, &other.supersedes);
        let promises = *obligations == other.obligations && *ownership == other.ownership;
        words && force && promises && *totals == other.totals
    }
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
            status: String::new(),
            note: String::new(),
            open: Vec::new(),
            from: None,
            until: None,
            supersedes: Vec::new(),
            obligations: Vec::new(),
            ownership: Vec::new(),
            totals: Vec::new(),
            origin: Origin::default(),
        }
    }

    /// The same, with one more obligation.
    #[must_use]
    pub fn obligation(mut self, obligation: Obligation) -> Self {
        self.obligations.push(obligation);
        self
    }

    /// The same, with the water of a reservoir owned as said.
    #[must_use]
    pub fn ownership(mut self, ownership: Ownership) -> Self {
        self.ownership.push(ownership);
        self
    }

    /// The same, with its source.
    #[must_use]
    pub fn source(mut self, source: impl Into<String>) -> Self {
        self.source = source.into();
        self
    }

    /// The same, in force on the days of a window.
    #[must_use]
    pub fn in_force(mut self, window: Window) -> Self {
        (self.from, self.until) = (Some(window.from()), Some(window.to()));
        self
    }

    /// The same, taking the place of an obligation of another agreement.
    #[must_use]
    pub fn supersedes(mut self, obligation: impl Into<String>) -> Self {
        self.supersedes.push(obligation.into());
        self
    }
}

crate::error::written_at!(Agreement);

/// A total that a source states over several obligations: the limits of all countries of a list.
///
/// ```
/// use riparian::agreement::{Agreement, StatedTotal};
/// use riparian::units::Volume;
///
/// let mut limits = Agreement::new("Limits of the season", ["UP", "LO"]);
/// limits.totals.push(StatedTotal {
///     amount: Volume::from_mcm(1200.0).into(),
///     of: vec!["up-limit".to_owned(), "lo-limit".to_owned()],
///     within: None,
///     note: String::new(),
/// });
/// assert_eq!(limits.totals[0].of.len(), 2);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct StatedTotal {
    /// The total.
    pub amount: Amount,
    /// The ids of the obligations that add up to it.
    pub of: Vec<String>,
    /// The days it is a total of; `None`: of all that they state.
    pub within: Option<Window>,
    /// Remarks.
    pub note: String,
}

/// The days an obligation may hold: `None` for no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) from: Option<Date>,
    pub(crate) to: Option<Date>,
}

impl Bounds {
    /// The bounds of an obligation: its own window, as far as its agreement is in force and no
    /// other has taken its place.
    pub(crate) fn of(
        agreements: &[Agreement],
        agreement: &Agreement,
        obligation: &Obligation,
    ) -> Self {
        let own = obligation.window;
        let superseded = agreements
            .iter()
            .filter(|other| other.supersedes.contains(&obligation.id))
            .filter_map(|other| other.from)
            .filter_map(|from| from.yesterday().ok())
            .min();
        Self {
            from: own
                .map(Window::from)
                .into_iter()
                .chain(agreement.from)
                .max(),
            to: own
                .map(Window::to)
                .into_iter()
                .chain(agreement.until)
                .chain(superseded)
                .min(),
        }
    }

    /// The days of a window within the bounds.
    pub(crate) fn cut(self, window: Window) -> Option<Window> {
        let from = self
            .from
            .map_or(window.from(), |from| from.max(window.from()));
        let to = self.to.map_or(window.to(), |to| to.min(window.to()));
        Window::new(from, to).ok()
    }
}
