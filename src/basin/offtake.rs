//! Offtakes: where users take water from the river.

use crate::error::Origin;
use crate::units::Flow;

/// A water user's intake: a canal head or a pumping station.
///
/// Its demand is a daily series of the model. It takes at most its demand and its head capacity,
/// and shares what there is with the other claims of its priority class.
#[derive(Clone, Debug)]
pub struct Offtake {
    /// Its id: nodes, reaches and offtakes share one set of names.
    pub id: String,
    /// Its name, as reports print it.
    pub name: String,
    /// The node it takes water from.
    pub at: String,
    /// Whose it is.
    pub party: String,
    /// The priority class of its demand.
    pub class: String,
    /// Its weight under a weighted sharing rule.
    pub weight: f64,
    /// What its head can take; `None` for no limit.
    pub capacity: Option<Flow>,
    /// What comes back of the water taken.
    pub return_flow: Option<ReturnFlow>,
    pub(crate) origin: Origin,
}

/// The part of a withdrawal that comes back to the river.
///
/// ```
/// use riparian::basin::Offtake;
///
/// let fields = Offtake::new("fields", "weir", "LO", "use").returning("drain", 0.3, 10);
/// assert_eq!(fields.return_flow.unwrap().lag_days, 10);
/// ```
#[derive(Clone, Debug)]
pub struct ReturnFlow {
    /// The node it comes back to.
    pub to: String,
    /// The fraction of the water taken, in `(0, 1]`.
    pub fraction: f64,
    /// After how many days, at least one.
    pub lag_days: u32,
}

impl Offtake {
    /// An offtake at a node, of a party, in a priority class; without limit or return flow.
    pub fn new(
        id: impl Into<String>,
        at: impl Into<String>,
        party: impl Into<String>,
        class: impl Into<String>,
    ) -> Self {
        let id = id.into();
        Self {
            name: id.clone(),
            id,
            at: at.into(),
            party: party.into(),
            class: class.into(),
            weight: 1.0,
            capacity: None,
            return_flow: None,
            origin: Origin::default(),
        }
    }

    /// The same, with a name for reports.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The same, with a weight for weighted sharing rules.
    #[must_use]
    pub fn weight(mut self, weight: f64) -> Self {
        self.weight = weight;
        self
    }

    /// The same, with a head capacity.
    #[must_use]
    pub fn capacity(mut self, capacity: Flow) -> Self {
        self.capacity = Some(capacity);
        self
    }

    /// The same, returning a fraction of what it takes to a node after some days.
    #[must_use]
    pub fn returning(mut self, to: impl Into<String>, fraction: f64, lag_days: u32) -> Self {
        self.return_flow = Some(ReturnFlow {
            to: to.into(),
            fraction,
            lag_days,
        });
        self
    }
}

crate::error::written_at!(Offtake);
