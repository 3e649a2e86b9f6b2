//! Why a claim was not met.

use super::day::{Outcome, Today};
use super::network::{ClaimAt, NONE, Network};
use super::strict::Room;
use super::sweep::{Cause, Sweep};

/// A claim short by less than this part of itself is met: the rest is rounding.
const ROUNDING: f64 = 1e-12;

/// What kept a claim from more water.
///
/// The claims above a cut share its shortage: a *cut* is a place where all water that can be brought together is
/// used up. The reasons are looked for in the order of the variants, and the first that holds is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binding {
    /// Nothing: the claim is served in full.
    Met,
    /// This arc carries all it can: the canal towards the claim, or a reach or canal that would bring the cut more.
    Capacity(usize),
    /// An in-stream claim on this arc, of a senior class or the claim's own, keeps the water in the river.
    Floor(usize),
    /// Senior claims use water above this node, where the cut lies.
    Seniors(usize),
    /// There is no more water above this node, where the cut lies, than claims of the same class share.
    NoWater(usize),
}

/// Whether an award falls short of the claim by more than rounding.
pub(super) fn short(claim: f64, award: f64) -> bool {
    claim - award > ROUNDING * claim
}

/// What there is above a node, as far as a cut there can reach.
#[derive(Clone, Copy, Debug)]
struct Above {
    /// The most senior rank that gets water.
    senior: u32,
    /// A full arc behind which there is more water.
    full: u32,
}

impl Above {
    const NOTHING: Self = Self {
        senior: NONE,
        full: NONE,
    };
}

/// What the way a day was shared knows of where claims were held.
pub(super) trait Held {
    /// The branch whose cut holds a claim that was not met, and what it was made for.
    fn holder(&self, at: &ClaimAt) -> (usize, Cause);
    /// Whether one m³ less claimed at a branch would still mean more water for its parent.
    fn linked(&self, v: usize, parent: usize) -> bool;
    /// Whether an arc may be full or a canal dry today.
    fn narrow(&self) -> bool;
}

impl Held for Sweep {
    fn holder(&self, at: &ClaimAt) -> (usize, Cause) {
        self.holder(at.branch as usize)
    }

    fn linked(&self, v: usize, parent: usize) -> bool {
        self.linked(v, parent)
    }

    fn narrow(&self) -> bool {
        self.narrow()
    }
}

impl Held for Room<1> {
    fn holder(&self, at: &ClaimAt) -> (usize, Cause) {
        self.holder_of(at.claim as usize)
    }

    fn linked(&self, v: usize, _: usize) -> bool {
        self.linked(v)
    }

    fn narrow(&self) -> bool {
        self.narrow()
    }
}

/// Scratch for finding reasons.
#[derive(Clone, Debug)]
pub(super) struct Reasons {
    above: Vec<Above>,
}

impl Reasons {
    pub(super) fn new(network: &Network) -> Self {
        Self {
            above: vec![Above::NOTHING; network.branches.len()],
        }
    }

    /// Sets the bindings, once awards and flows are known.
    pub(super) fn run(
        &mut self,
        network: &Network,
        today: &Today,
        held: &impl Held,
        outcome: &mut Outcome,
    ) {
        self.look_up(network, held, outcome);
        let short = |at: &ClaimAt, award: &[f64]| {
            let claim = at.claim as usize;
            short(today.claim[claim], award[claim])
        };
        for at in &network.offstream {
            if short(at, &outcome.award) {
                let (holder, cause) = held.holder(at);
                outcome.binding[at.claim as usize] = self.cut(network, holder, cause, at.rank);
            }
        }
        for at in network.instream.all() {
            if short(at, &outcome.award) {
                let v = at.branch as usize;
                let arc = network.branches[v].arc as usize;
                outcome.binding[at.claim as usize] = if outcome.flow[arc] >= today.capacity[arc] {
                    Binding::Capacity(arc)
                } else {
                    self.cut(network, v, Cause::Water, at.rank)
                };
            }
        }
    }

    fn cut(&self, network: &Network, holder: usize, cause: Cause, rank: u32) -> Binding {
        let branch = &network.branches[holder];
        let above = self.above[holder];
        match cause {
            Cause::Capacity => Binding::Capacity(branch.arc as usize),
            Cause::Floor => Binding::Floor(branch.arc as usize),
            Cause::Water if above.full != NONE => Binding::Capacity(above.full as usize),
            Cause::Water if above.senior < rank => Binding::Seniors(branch.node as usize),
            Cause::Water => Binding::NoWater(branch.node as usize),
        }
    }

    fn look_up(&mut self, network: &Network, held: &impl Held, outcome: &Outcome) {
        self.above.fill(Above::NOTHING);
        for at in &network.offstream {
            if outcome.award[at.claim as usize] > 0.0 {
                let above = &mut self.above[at.branch as usize];
                above.senior = above.senior.min(at.rank);
            }
        }
        // A source can but stand behind a full arc.
        let first = if held.narrow() { 0 } else { network.sources };
        for (v, branch) in network.branches.iter().enumerate().skip(first) {
            if branch.parent == NONE {
                continue;
            }
            let here = self.above[v];
            let linked = held.linked(v, branch.parent as usize);
            let parent = &mut self.above[branch.parent as usize];
            if linked {
                parent.senior = parent.senior.min(here.senior);
                parent.full = parent.full.min(here.full);
            } else if !branch.up && (outcome.flow[branch.arc as usize] > 0.0 || here.senior != NONE)
            {
                parent.full = parent.full.min(branch.arc);
            }
        }
    }
}
