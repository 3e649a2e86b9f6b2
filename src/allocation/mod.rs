//! One day's allocation of water on a network of rivers and canals: plain numbers in, plain numbers out.
//!
//! This room knows no files, dates or treaties. Nodes, arcs and claims are numbers; volumes are m³ of one day.
//! Build a [`Network`] once, then have a [`Solver`] allocate day after day.
//!
//! # The problem
//!
//! Water becomes available at nodes and runs through arcs, each with a gain (what is not lost on the way) and a
//! capacity. *Claims* ask for it: either to take it out at a node, or to leave it in the stream of an arc. Each
//! belongs to a priority class. Classes are served in strict order. Inside a class the [`ParametricRule`] ties
//! each award to a *level*, and the levels are made as equal as the network allows: the lowest is as high as it
//! can be, then the next, and so on (lexicographic max-min). So no claim could get more unless a senior claim, or a
//! classmate held at no higher a level, got less. On a single pool this is the textbook rule; on any network there is
//! exactly one such answer. See Megiddo, Mathematical Programming 7 (1974), and Radunović and Le Boudec,
//! IEEE/ACM Transactions on Networking 15 (2007).
//!
//! A network is one of two [tiers](Tier), told apart when it is built. The next sections are on trees, where there is
//! one way for the water between any two nodes; [rings](#rings) are below.
//!
//! # How it is solved
//!
//! Not class by class. Lay the level axes of the classes end to end, the senior class lowest: one axis of *keys*,
//! on which "all seniors in full before any junior" is the same statement as "nobody's level above what his
//! fellows' need allows". Every claim starts in full. Then two passes settle everything.
//!
//! **Up**, from the springs and the canals' ends to the outlet. For each node keep two things about the part of the
//! tree behind it. One is its *surplus*: the water it can pass on. The other is a curve: how the surplus would rise
//! if one threshold on the key axis sank from the top and cut all claims there to it, highest first. The curve is
//! piecewise linear; where it bends, claims begin or cease to be cut. If the surplus is too low (claims exceed the
//! water, the capacity of the canal that feeds them, or leave too little for an in-stream claim), the threshold
//! sinks until it is not: this is a *cut*. What is left of the curve is then joined to the parent's. Two things end
//! it on the way. When the arc to the parent is full, more surplus behind it is of no use there, so the curve stops
//! at the key where that happens; and likewise when a canal needs nothing from the parent any more.
//!
//! **Down**, from the outlet. The claims at a node are held at the lowest threshold of the cuts they are linked to:
//! its own, or that of its parent where the curve in between did not stop earlier. The award follows from the rule,
//! and a last pass turns awards into flows.
//!
//! # Why it is exact
//!
//! 1. *Awards decide feasibility node by node.* In a tree the surplus of a node is a function of the awards behind
//!    it alone, and awards can be delivered if and only if no surplus falls below its bound.
//! 2. *A lower award never hurts.* Each surplus is a nonincreasing function of every award, since a child counts as
//!    `min(surplus, capacity)` of its arc. So what can be delivered is closed downwards, and raising all levels
//!    together, freezing those that meet a bound (progressive filling), gives the max-min answer.
//! 3. *Seen from one bound, all claims behind it are alike.* A claim that filling has not frozen earlier stands at
//!    the common level. So the bound freezes its claims at the highest common threshold that satisfies it, given the
//!    thresholds of the bounds behind it. That is what the way up computes, children first: behind a bound, a
//!    threshold found earlier can only be lowered, never raised, by later ones.
//! 4. *Links break once.* A sinking threshold only raises surpluses, so an arc that has become full stays full, and
//!    what lies behind it is touched no further.
//! 5. *Classes are levels.* Because of 2, seniors first is the same filling on a longer axis: a junior's key lies
//!    above every senior's, and in every bound the juniors are cut to nothing before a senior is touched.
//!
//! In-stream claims use nothing up. Each belongs to one bound, sinks along with the threshold there and is in no
//! curve; if cuts further down the river let more water pass, it gets that as well.
//!
//! # Where classes are single claims
//!
//! A claim that shares its class with nobody needs no levels: it takes what its seniors leave, and on a tree what that is
//! stands along its way to the outlet. On networks where these ways are short, claims are served so, one class after
//! another, and the passes above are for the days on which a class of several claims runs short. Both give the same
//! answer, to rounding.
//!
//! # Cost
//!
//! Curves live in heaps that are joined in constant time and open at both ends, and each bend is taken out once:
//! a day costs O((nodes + claims) log claims), whatever the number of classes and of full arcs. A day on which
//! everybody can be served in full costs O(nodes + claims).
//!
//! # Rings
//!
//! A canal that rejoins its river, or is fed from two, closes a ring: awards no longer decide the flows. In each ring
//! the canal made last is left out of the tree, and called a *chord*. (Rivers never are: they close no ring among
//! themselves.) Once the flows of the chords are known the rest is a tree again, and the surplus of each node a
//! concave, piecewise linear function of awards and chord flows together. Wherever it is too low, its slopes there
//! give a *cut*: a linear inequality that every delivery meets. Few of all possible cuts ever matter, so they are
//! looked for as they are needed (Kelley, Journal of the SIAM 8, 1960; Benders, Numerische Mathematik 4, 1962):
//!
//! 1. All claims not yet settled stand at one threshold on the key axis, at first in full. A small linear programme,
//!    with one unknown for each chord and one more, looks for chord flows that meet all cuts found so far.
//! 2. If there are none, it says which cuts cannot be met together, and with what multipliers they add up so that the
//!    chord flows cancel. What remains is an inequality on awards alone, and the threshold sinks, along the bends of
//!    the layers, to the highest key that meets it.
//! 3. If there are some, one pass over the tree looks for cuts they miss. When it finds none, the awards can be
//!    delivered. Then the claims with a part in the last such sum are settled: they use all of it, and since no
//!    coefficient is negative, none of them can get more unless one held no higher gets less. The rest start again
//!    from the top, until all are settled.
//!
//! This is progressive filling to the letter, and exact for the same reason as above: what can be delivered is closed
//! downwards, chords or no. It ends because a network has finitely many cuts, and each round settles a claim.
//!
//! *Ties.* The awards are unique, the flows need not be. With the awards as they are, chords carry as little as
//! possible: first the one made first, then the next. So the flows, too, are a function of network and day; and among
//! canals that could bring the same water, the order in which they were made decides which brings it.
//!
//! In-stream claims may lie on any arc here. A network without rings is solved in this way too if in-stream flow is
//! claimed on an arc that leads away from the outlet of its tree.
//!
//! *Cost.* A river of 50 nodes with four rings and 30 claims in six classes takes 0.02 to 0.05 ms a day. The programme
//! grows with the number of chords: a handful is what this is made for. After the first days no memory is allocated,
//! unless a day needs more cuts than any before it.
//!
//! # Largest volume
//!
//! With losses, equal levels cost water. [`Objective::MaxVolume`] asks for the largest volume class by class instead,
//! and for equal levels only among the ways to reach it. It is solved by the same cuts. For a class that is short the
//! claims become unknowns of the programme, which finds their largest volume. Mostly equal levels bring it, and are
//! the answer. Where they do not, that volume is kept as one more row, and takes part in the proofs of step 2. Ten
//! years of the Syr Darya cascade take about three times as long as by equal levels.
//!
//! # Numbers
//!
//! There are no absolute tolerances: a river of litres and one of cubic kilometres are solved alike, and scaling
//! all volumes by a power of two scales the answer to the bit, as long as rules do. All volumes of a tree are
//! compared as worth at its outlet, so gains enter as a product for each node. The answer meets every balance to
//! rounding, which may leave a node short by parts in 10¹⁶ of the tree's water; where there are rings, by parts in 10¹³
//! of the water a cut adds up. The small linear programme is counted in twice the precision of f64: it carries the
//! inverse of its rows from step to step, and with dozens of claims that differ by orders of size f64 loses it.
//!
//! # What it does not do
//!
//! Networks in which water could run in a circle; and rules without a level.

pub use day::{DayError, Outcome, Today};
pub use network::{Network, NetworkBuilder, NetworkError, Objective, Place, Role, Tier};
pub use reasons::Binding;
pub use rule::{
    ConstrainedEgalitarian, EqualAwards, EqualLosses, Layer, Layers, ParametricRule, Piniles,
    Proportional, RULE_NAMES, ReverseTalmud, Talmud, rule_by_name,
};
pub(crate) use share::Shared;
pub use solver::Solver;
pub(crate) use strict::{Days, Lanes, Room, lanes, least, most};

mod cuts;
mod cycles;
mod day;
mod double;
mod flow;
mod forest;
mod heap;
mod network;
mod reasons;
mod rule;
mod share;
mod simplex;
mod solver;
mod strict;
mod sweep;
