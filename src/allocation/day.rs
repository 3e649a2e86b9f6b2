//! What goes into a day's allocation and what comes out.

use super::reasons::Binding;

#[cfg(doc)]
use super::{Network, ParametricRule, Solver};

/// What a [`Network`] meets on one day: plain volumes in m³.
///
/// Made once by [`Network::today`] and filled anew each day.
///
/// Example: [`Solver`](super::Solver).
#[derive(Clone, Debug, PartialEq)]
pub struct Today {
    /// Water that becomes available at each node, at least 0.
    pub supply: Vec<f64>,
    /// The most that may enter each arc, at least 0; infinite where nothing limits it.
    pub capacity: Vec<f64>,
    /// The size of each claim, at least 0.
    pub claim: Vec<f64>,
}

/// The answer for one day: a function of the network and the day alone, to the bit.
///
/// It lives in the [`Solver`], which writes the next day over it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What each claim gets, m³: at most its size. An in-stream claim gets the flow that passes, as far as it
    /// asked for it.
    pub award: Vec<f64>,
    /// The level at which each claim was held, on its class's [level axis](ParametricRule); infinite where it was
    /// served in full.
    pub level: Vec<f64>,
    /// What kept each claim from more.
    pub binding: Vec<Binding>,
    /// What enters each arc, m³.
    pub flow: Vec<f64>,
    /// What stays at each node, m³: at the end of a river, what flows out of the basin; elsewhere, water above
    /// the capacity of the arc that should take it on.
    ///
    /// At every node supply and arrivals equal awards, outgoing flows and this, up to rounding of their sum.
    pub left: Vec<f64>,
}

impl Outcome {
    pub(super) fn new(nodes: usize, arcs: usize, claims: usize) -> Self {
        Self {
            award: vec![0.0; claims],
            level: vec![f64::INFINITY; claims],
            binding: vec![Binding::Met; claims],
            flow: vec![0.0; arcs],
            left: vec![0.0; nodes],
        }
    }
}

/// Why a day cannot be allocated: mostly a number in [`Today`] that cannot be.
///
/// Example: [`Solver`](super::Solver).
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DayError {
    /// In [`Today::supply`].
    #[error("supply of node {node} is {m3} m3; it must be at least 0 and finite")]
    Supply {
        /// The node.
        node: usize,
        /// The number found.
        m3: f64,
    },
    /// In [`Today::capacity`].
    #[error("capacity of arc {arc} is {m3} m3; it must be at least 0")]
    Capacity {
        /// The arc.
        arc: usize,
        /// The number found.
        m3: f64,
    },
    /// In [`Today::claim`].
    #[error("claim {claim} is {m3} m3; it must be at least 0 and finite")]
    Claim {
        /// The claim.
        claim: usize,
        /// The number found.
        m3: f64,
    },
    /// On a network of [`Tier::Cycles`](super::Tier::Cycles), rounding leaves no decision: some volumes are beyond
    /// comparison with others.
    #[error("the volumes differ by so much that rounding leaves no decision between them")]
    Undecided,
}

/// Without a way out of the loop it is done many numbers at a time.
#[inline]
fn any(of: &[f64], faulty: impl Fn(&f64) -> bool) -> bool {
    of.iter().fold(false, |any, m3| any | faulty(m3))
}

impl Today {
    #[inline]
    pub(super) fn check(&self) -> Result<(), DayError> {
        // As bits, what is negative or no number lies above infinity. Adding zero makes -0.0 plain.
        let bits = |m3: &f64| (m3 + 0.0).to_bits();
        let volume = |m3: &f64| bits(m3) >= f64::INFINITY.to_bits();
        let capacity = |m3: &f64| bits(m3) > f64::INFINITY.to_bits();
        if !any(&self.supply, volume) && !any(&self.claim, volume) && !any(&self.capacity, capacity)
        {
            return Ok(());
        }
        if let Some(node) = self.supply.iter().position(volume) {
            return Err(DayError::Supply {
                node,
                m3: self.supply[node],
            });
        }
        if let Some(claim) = self.claim.iter().position(volume) {
            return Err(DayError::Claim {
                claim,
                m3: self.claim[claim],
            });
        }
        match self.capacity.iter().position(capacity) {
            Some(arc) => Err(DayError::Capacity {
                arc,
                m3: self.capacity[arc],
            }),
            None => Ok(()),
        }
    }
}
