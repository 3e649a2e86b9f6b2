//! Where and what an obligation measures.

use serde::{Deserialize, Serialize};

/// A place an obligation speaks of: a node, reach or offtake, or a weighted sum of several, each
/// with its travel time.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The places that add up to it.
    pub terms: Vec<Term>,
}

/// One place of a [`Point`].
///
/// Example: [`Revision`](super::Revision).
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// The id of a node, reach or offtake; without a basin, of a column of the record.
    pub id: String,
    /// What is measured there; `None` for the point's own measure.
    pub measure: Option<Measure>,
    /// What it counts.
    pub weight: f64,
    /// How many days earlier it is read than the point: its water's travel time.
    pub lag_days: u32,
}

impl Point {
    /// The plain sum of several places.
    pub fn sum<S: Into<String>>(ids: impl IntoIterator<Item = S>) -> Self {
        Self {
            terms: ids.into_iter().map(|id| Term::new(id)).collect(),
        }
    }

    /// The point's name for reports: its terms joined by ` + `.
    pub fn name(&self) -> String {
        let terms: Vec<String> = self
            .terms
            .iter()
            .map(|term| {
                if term.weight == 1.0 {
                    term.id.clone()
                } else {
                    format!("{} {}", term.weight, term.id)
                }
            })
            .collect();
        terms.join(" + ")
    }
}

impl From<&str> for Point {
    fn from(id: &str) -> Self {
        Self::sum([id])
    }
}

impl From<Term> for Point {
    fn from(term: Term) -> Self {
        Self { terms: vec![term] }
    }
}

impl Term {
    /// A place with weight 1, read on the day itself.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            measure: None,
            weight: 1.0,
            lag_days: 0,
        }
    }

    /// The same, with a measure of its own.
    #[must_use]
    pub fn measured(mut self, measure: Measure) -> Self {
        self.measure = Some(measure);
        self
    }

    /// The same, with a weight.
    #[must_use]
    pub fn weight(mut self, weight: f64) -> Self {
        self.weight = weight;
        self
    }

    /// The same, read some days earlier.
    #[must_use]
    pub fn lag_days(mut self, days: u32) -> Self {
        self.lag_days = days;
        self
    }
}

/// What is measured at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Measure {
    /// Water an offtake took, in m3 a day.
    Delivered,
    /// Water an offtake asked for, in m3 a day.
    Demand,
    /// Water that passed a node or entered a reach, in m3 a day.
    Flow,
    /// Water the river brought to a reservoir, without lateral inflow at the reservoir itself, in
    /// m3 a day.
    Inflow,
    /// Water a reservoir passed on purpose, in m3 a day.
    Release,
    /// Water a reservoir could not hold, in m3 a day.
    Spill,
    /// Water in a reservoir at the end of a day, in m3.
    Storage,
    /// What a reservoir holds more at the end of a day than at its start, in m3 a day.
    StorageChange,
    /// Evaporation from a reservoir, in m3 a day.
    Evaporation,
    /// Seepage from a reservoir, in m3 a day.
    Seepage,
    /// Rain on the surface of a reservoir, in m3 a day.
    Rain,
    /// The level of a reservoir at the end of a day, in m.
    Level,
    /// Electricity made at a reservoir's power station, in kWh a day.
    Energy,
    /// The flow there would have been without upstream users and reservoirs, in m3 a day.
    NaturalFlow,
    /// Nothing that is computed or measured: the obligation is listed and stays pending.
    Nothing,
}

impl Measure {
    /// The measures and their names in agreement files.
    pub const NAMES: [(&'static str, Self); 15] = [
        ("delivered", Self::Delivered),
        ("demand", Self::Demand),
        ("flow", Self::Flow),
        ("inflow", Self::Inflow),
        ("release", Self::Release),
        ("spill", Self::Spill),
        ("storage", Self::Storage),
        ("storage-change", Self::StorageChange),
        ("evaporation", Self::Evaporation),
        ("seepage", Self::Seepage),
        ("rain", Self::Rain),
        ("level", Self::Level),
        ("energy", Self::Energy),
        ("natural-flow", Self::NaturalFlow),
        ("none", Self::Nothing),
    ];

    /// The measure's name in agreement files.
    pub fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|&&(_, measure)| measure == self)
            .map_or("", |&(name, _)| name)
    }

    /// Whether it tells what is there at the end of a day, and is not added up over days.
    pub fn is_state(self) -> bool {
        matches!(self, Self::Storage | Self::Level)
    }
}
