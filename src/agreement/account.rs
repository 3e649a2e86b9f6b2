//! Terms of an account that goes on from period to period.

use super::Amount;
use crate::calendar::Date;

/// What is carried from one period to the next, and how.
///
/// The balance is delivered less committed, added up over the periods: a credit of the debtor above
/// zero, a debt below. Without an account every period stands alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Account {
    /// The balance before the first period: a credit, or with a minus sign a debt.
    pub opening: Option<Opening>,
    /// Whether more than was due counts later, and how much.
    pub credit: Option<Caps>,
    /// Whether less than was due is owed later, and how much is lawful.
    pub debit: Option<Caps>,
    /// The fraction of a credit that evaporates in a year.
    pub evaporation: f64,
    /// Lines agreed by the parties.
    pub entries: Vec<Entry>,
}

/// A balance to start from.
#[derive(Clone, Debug, PartialEq)]
pub enum Opening {
    /// The debtor has delivered so much in advance.
    Credit(Amount),
    /// The debtor still owes so much.
    Debit(Amount),
}

/// How much of a credit counts, or of a debt is lawful.
///
/// What a credit has beyond a cap lapses. A debt beyond a cap stays owed, and is a breach.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Caps {
    /// In one period.
    pub yearly: Option<Amount>,
    /// In all.
    pub accrued: Option<Amount>,
}

/// A line the parties agreed on: a relinquishment, a transfer of stored water, a set-off against
/// another obligation.
///
/// ```
/// use riparian::agreement::{Account, Entry, EntryKind, Opening};
/// use riparian::jiff::civil::date;
/// use riparian::units::Volume;
///
/// let account = Account {
///     opening: Some(Opening::Debit(Volume::from_mcm(40.0).into())),
///     entries: vec![Entry {
///         date: date(2024, 10, 1),
///         kind: EntryKind::Forgive,
///         amount: Volume::from_mcm(12.0).into(),
///         reason: "minutes of 30 September".to_owned(),
///         against: None,
///     }],
///     ..Account::default()
/// };
/// assert_eq!(account.entries[0].kind.name(), "forgive");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// On which day it counts.
    pub date: Date,
    /// What it does.
    pub kind: EntryKind,
    /// How much.
    pub amount: Amount,
    /// Why, in words.
    pub reason: String,
    /// For a set-off: the obligation that is credited less by as much.
    pub against: Option<String>,
}

/// What an agreed line does to a balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// The debtor gives up a credit.
    Relinquish,
    /// The creditor forgives a debt.
    Forgive,
    /// The debtor pays by making over stored water.
    Transfer,
    /// The debtor pays by giving up as much of what another obligation owes it.
    SetOff,
}

impl EntryKind {
    /// The kinds and their names in agreement files.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("relinquish", Self::Relinquish),
        ("forgive", Self::Forgive),
        ("transfer", Self::Transfer),
        ("set-off", Self::SetOff),
    ];

    /// The kind's name in agreement files.
    pub fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|&&(_, kind)| kind == self)
            .map_or("", |&(name, _)| name)
    }
}
