//! Why something is missing.

use crate::allocation::Binding;
use crate::basin::Basin;
use crate::model::Model;

/// A reason with the amount it accounts for.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// The reason.
    pub why: Why,
    /// How much of the shortfall, in the unit of the settlement's base: m3, or kWh for energy.
    pub amount: f64,
}

/// Why an amount is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// A reach could carry no more.
    Capacity {
        /// The reach.
        reach: String,
    },
    /// A senior minimum flow had to stay in a reach.
    MinimumFlow {
        /// The reach.
        reach: String,
    },
    /// Senior claims took the water that reaches a node.
    Seniors {
        /// The node at which the water ran out.
        node: String,
    },
    /// There was no more water at a node.
    NoWater {
        /// The node.
        node: String,
    },
    /// The creditor's own demand was below what was due.
    NotDemanded,
    /// Water lay in a reservoir upstream, and its release policy did not let it go.
    HeldInStorage {
        /// The reservoir.
        reservoir: String,
        /// The name of its policy.
        policy: String,
    },
    /// Users between the reservoirs upstream and the point took water.
    TakenUpstream {
        /// Whose offtakes.
        party: String,
    },
    /// The reservoir released water it would have needed to hold.
    Released {
        /// The reservoir.
        reservoir: String,
        /// The name of its policy.
        policy: String,
    },
    /// The water that passed the turbines made no more energy at the head there was.
    LittleWaterThroughTurbines {
        /// The reservoir.
        reservoir: String,
    },
}

impl Why {
    /// The solver's reason for a claim, in terms of the model.
    pub(super) fn of_binding(model: &Model, binding: Binding) -> Option<Self> {
        let basin = model.basin();
        let node = |v: usize| basin.nodes()[v].id.clone();
        let reach = |r: usize| basin.reaches()[r].id.clone();
        Some(match binding {
            Binding::Met => return None,
            Binding::Capacity(r) => match store_at(basin, basin.reach_ends(r).0) {
                // The capacity of a dam's outlet reach is what its operator releases at most.
                Some(k) => Self::HeldInStorage {
                    reservoir: basin.reservoirs()[k].node.clone(),
                    policy: model.policy(k).name().to_owned(),
                },
                None => Self::Capacity { reach: reach(r) },
            },
            Binding::Floor(r) => Self::MinimumFlow { reach: reach(r) },
            Binding::Seniors(v) => Self::Seniors { node: node(v) },
            Binding::NoWater(v) => Self::NoWater { node: node(v) },
        })
    }
}

fn store_at(basin: &Basin, node: usize) -> Option<usize> {
    (0..basin.reservoirs().len()).find(|&k| basin.reservoir_node(k) == node)
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Capacity { reach } => write!(f, "{reach} carries no more"),
            Self::MinimumFlow { reach } => write!(f, "a senior minimum flow in {reach}"),
            Self::Seniors { node } => write!(f, "senior claims at {node}"),
            Self::NoWater { node } => write!(f, "no more water at {node}"),
            Self::NotDemanded => f.write_str("not asked for"),
            Self::HeldInStorage { reservoir, policy } => {
                write!(f, "held in {reservoir} ({policy})")
            }
            Self::TakenUpstream { party } => write!(f, "taken upstream by {party}"),
            Self::Released { reservoir, policy } => {
                write!(f, "released from {reservoir} ({policy})")
            }
            Self::LittleWaterThroughTurbines { reservoir } => {
                write!(f, "too little water through the turbines of {reservoir}")
            }
        }
    }
}

/// Reasons added up by kind and place.
#[derive(Clone, Debug, Default)]
pub(super) struct Reasons {
    found: Vec<Reason>,
}

impl Reasons {
    pub(super) fn add(&mut self, why: Why, amount: f64) {
        if amount <= 0.0 {
            return;
        }
        match self.found.iter_mut().find(|reason| reason.why == why) {
            Some(reason) => reason.amount += amount,
            None => self.found.push(Reason { why, amount }),
        }
    }

    /// The reasons, the weightiest first, brought to the size of the shortfall they explain.
    ///
    /// Days add up to more than the season where a surplus on other days made up for part of
    /// them; every reason then shrinks alike.
    pub(super) fn explain(mut self, shortfall: f64) -> Vec<Reason> {
        let sum: f64 = self.found.iter().map(|reason| reason.amount).sum();
        if sum <= 0.0 {
            return Vec::new();
        }
        for reason in &mut self.found {
            reason.amount *= shortfall / sum;
        }
        self.found.sort_by(|a, b| b.amount.total_cmp(&a.amount));
        self.found
    }
}
