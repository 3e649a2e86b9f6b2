//! Classes served one after another along the way of their water to the outlet.
//!
//! A claim that is alone in its class takes what the network lets it have once its seniors are served. On a tree that is
//! found by walking from the claim to the outlet: every node on the way must keep its surplus at or above its
//! bound, and where an arc on the way is full, what lies unused behind it is taken first and nobody below the arc
//! notices. So a class costs the length of one walk, and a day needs no heaps.
//!
//! So are claims in the stream, however many are in a class, for they use nothing up. A class of several claims at nodes is
//! served in the same way as long as all of them can be met in full. Where they cannot, its rule decides, and the day is
//! left to the two passes of [`Sweep`](super::sweep::Sweep).
//!
//! The walks are the same for any number of days side by side: all numbers are *lanes*, one for each of `L` days of the
//! same network, and nothing one lane holds reaches another. With one lane this serves the [`Solver`](super::Solver);
//! with several, members of an ensemble, to the same bits.

use std::collections::BTreeSet;

use super::network::{Branch, ClaimAt, NONE, Network};
use super::sweep::Cause;

/// The same number on each of `L` days.
pub(crate) type Lanes<const L: usize> = [f64; L];

/// One number for each lane.
#[inline(always)]
pub(crate) fn lanes<const L: usize>(of: impl Fn(usize) -> f64) -> Lanes<L> {
    std::array::from_fn(of)
}

/// The lesser; the first where they are equal. No number of a day is none, so that processors need one instruction.
#[inline(always)]
pub(crate) fn least(a: f64, b: f64) -> f64 {
    if b < a { b } else { a }
}

/// The greater; the first where they are equal.
#[inline(always)]
pub(crate) fn most(a: f64, b: f64) -> f64 {
    if b > a { b } else { a }
}

/// The part above zero.
#[inline(always)]
fn above_zero(a: f64) -> f64 {
    most(a, 0.0)
}

/// The claims of a network in the order in which they are served.
#[derive(Debug)]
pub(crate) struct Strict {
    turns: Vec<Turn>,
    /// By branch: the next one on the way to the outlet.
    ways: Vec<Way>,
    /// Whether a class has several claims.
    pub(super) shares: bool,
}

#[derive(Debug)]
struct Turn {
    at: ClaimAt,
    instream: bool,
    /// Whether others of its class could have the water instead. Claims in the stream leave it to one another.
    shares: bool,
}

#[derive(Clone, Copy, Debug)]
struct Way {
    parent: u32,
    /// Whether it leads away from the outlet, so that the floor is what its arc carries at most.
    up: bool,
    /// Whether the surplus may have to stay above a floor that is not zero.
    guarded: bool,
}

/// Walks may be so many times as long in all as the network is large. Beyond that, heaps are quicker.
const LONGEST: usize = 16;

impl Strict {
    /// Nothing where the walks would be too long.
    pub(super) fn new(
        branches: &[Branch],
        offstream: &[ClaimAt],
        instream: &[ClaimAt],
    ) -> Option<Self> {
        let mut turns: Vec<Turn> = Vec::with_capacity(offstream.len() + instream.len());
        let taking: BTreeSet<u32> = offstream.iter().map(|at| at.rank).collect();
        for (claims, instream) in [(offstream, false), (instream, true)] {
            turns.extend(claims.iter().map(|at| Turn {
                at: at.clone(),
                instream,
                shares: !at.alone && taking.contains(&at.rank),
            }));
        }
        let way = |branch: &Branch| Way {
            parent: branch.parent,
            up: branch.up,
            guarded: branch.up,
        };
        let mut ways: Vec<Way> = branches.iter().map(way).collect();
        for at in instream {
            ways[at.branch as usize].guarded = true;
        }
        turns.sort_by_key(|turn| turn.at.rank);
        let mut depth = vec![1; branches.len()];
        for (v, branch) in branches.iter().enumerate().rev() {
            if branch.parent != NONE {
                depth[v] = depth[branch.parent as usize] + 1;
            }
        }
        let walked: usize = offstream.iter().map(|at| depth[at.branch as usize]).sum();
        let shares = turns.iter().any(|turn| !turn.at.alone);
        (walked <= LONGEST * (branches.len() + turns.len())).then_some(Self {
            turns,
            ways,
            shares,
        })
    }
}

/// What days of a network meet, lane by lane; as [`Today`](super::Today).
#[derive(Clone, Copy)]
pub(crate) struct Days<'a, const L: usize> {
    pub(crate) supply: &'a [Lanes<L>],
    pub(crate) capacity: &'a [Lanes<L>],
    pub(crate) claim: &'a [Lanes<L>],
}

/// What is left of the water at each branch as claims are served, as worth at the outlet.
#[derive(Clone, Debug)]
pub(crate) struct Room<const L: usize> {
    surplus: Vec<Lanes<L>>,
    /// What the surplus may not fall below.
    floor: Vec<Lanes<L>>,
    /// The most of it that matters to the parent.
    most: Vec<Lanes<L>>,
    /// Whether an arc may be full or a canal dry on one of the days.
    narrow: bool,
    /// Whether all claims are met in full, and by claim what holds it where it is not. For one lane only.
    met: bool,
    holders: Vec<(u32, Cause)>,
}

impl<const L: usize> Room<L> {
    pub(crate) fn new(network: &Network) -> Self {
        let branches = network.branches.len();
        let holders = if L == 1 { network.claims() } else { 0 };
        Self {
            surplus: vec![[0.0; L]; branches],
            floor: vec![[0.0; L]; branches],
            most: vec![[f64::INFINITY; L]; branches],
            narrow: false,
            met: false,
            holders: vec![(NONE, Cause::Water); holders],
        }
    }

    /// Serves all claims; tells for each lane whether that was possible without a rule. Where it was not, the awards of
    /// the lane mean nothing.
    #[inline]
    pub(crate) fn serve(
        &mut self,
        strict: &Strict,
        network: &Network,
        days: Days<'_, L>,
        award: &mut [Lanes<L>],
    ) -> [bool; L] {
        self.begin(network, days);
        let mut served = [true; L];
        for turn in &strict.turns {
            let (v, claim) = (turn.at.branch as usize, turn.at.claim as usize);
            let size = days.claim[claim];
            if size == [0.0; L] {
                award[claim] = size;
                continue;
            }
            let branch = &network.branches[v];
            award[claim] = if turn.instream {
                self.leave_in_stream(v, branch, days.capacity, size)
            } else {
                self.take_out(strict, turn, branch, size)
            };
            if turn.shares {
                for l in 0..L {
                    served[l] &= award[claim][l] >= size[l];
                }
            }
            if L == 1 {
                self.met &= award[claim][0] >= size[0];
                if !served[0] {
                    break;
                }
            }
        }
        served
    }

    /// Surpluses and bounds while nobody has anything.
    fn begin(&mut self, network: &Network, days: Days<'_, L>) {
        (self.narrow, self.met) = (false, true);
        for (v, branch) in network.branches.iter().enumerate() {
            let supply = &days.supply[branch.node as usize];
            self.surplus[v] = lanes(|l| branch.scale * supply[l]);
            self.floor[v] = [0.0; L];
            self.most[v] = [f64::INFINITY; L];
            if branch.parent == NONE {
                continue;
            }
            let capacity = &days.capacity[branch.arc as usize];
            if branch.up {
                self.floor[v] = lanes(|l| -(branch.tail_scale * capacity[l]));
                self.most[v] = [0.0; L];
                self.narrow = true;
            } else if *capacity != [f64::INFINITY; L] {
                self.most[v] = lanes(|l| branch.tail_scale * capacity[l]);
                self.narrow = true;
            }
        }
        for (v, branch) in network.branches.iter().enumerate() {
            if branch.parent != NONE {
                let here: Lanes<L> = lanes(|l| least(self.surplus[v][l], self.most[v][l]));
                let parent = &mut self.surplus[branch.parent as usize];
                *parent = lanes(|l| parent[l] + here[l]);
            }
        }
    }

    /// A claim at a node takes as much as the way to the outlet allows.
    #[inline]
    fn take_out(
        &mut self,
        strict: &Strict,
        turn: &Turn,
        branch: &Branch,
        size: Lanes<L>,
    ) -> Lanes<L> {
        let (v, ways) = (turn.at.branch, &strict.ways[..]);
        let wanted: Lanes<L> = lanes(|l| branch.scale * size[l]);
        let able = if self.narrow {
            self.able_past_full_arcs(v, ways, wanted)
        } else {
            self.able(v, ways, wanted)
        };
        if L == 1 && able[0] < wanted[0] {
            self.holders[turn.at.claim as usize] = self.holder(v, ways, able[0]);
        }
        if self.narrow {
            self.use_up_past_full_arcs(v, ways, able);
        } else {
            self.use_up(v, ways, able);
        }
        lanes(|l| {
            let part = least(able[l] / branch.scale, size[l]);
            if able[l] >= wanted[l] { size[l] } else { part }
        })
    }

    #[inline]
    fn able(&self, mut at: u32, ways: &[Way], mut able: Lanes<L>) -> Lanes<L> {
        while at != NONE {
            let way = ways[at as usize];
            let surplus = &self.surplus[at as usize];
            if way.guarded {
                let floor = &self.floor[at as usize];
                able = lanes(|l| least(able[l], surplus[l] - floor[l]));
            } else {
                able = lanes(|l| least(able[l], surplus[l]));
            }
            at = way.parent;
        }
        lanes(|l| above_zero(able[l]))
    }

    #[inline]
    fn use_up(&mut self, mut at: u32, ways: &[Way], taken: Lanes<L>) {
        while at != NONE {
            let surplus = &mut self.surplus[at as usize];
            *surplus = lanes(|l| surplus[l] - taken[l]);
            at = ways[at as usize].parent;
        }
    }

    #[inline]
    fn able_past_full_arcs(&self, mut at: u32, ways: &[Way], mut able: Lanes<L>) -> Lanes<L> {
        // What lies unused behind full arcs on the way so far.
        let mut unused = [0.0; L];
        while at != NONE {
            let v = at as usize;
            let (surplus, floor, most) = (&self.surplus[v], &self.floor[v], &self.most[v]);
            able = lanes(|l| least(able[l], (surplus[l] - floor[l]) + unused[l]));
            unused = lanes(|l| unused[l] + above_zero(surplus[l] - most[l]));
            at = ways[v].parent;
        }
        lanes(|l| above_zero(able[l]))
    }

    #[inline]
    fn use_up_past_full_arcs(&mut self, mut at: u32, ways: &[Way], taken: Lanes<L>) {
        let mut left = taken;
        while at != NONE && left != [0.0; L] {
            let v = at as usize;
            let (surplus, most) = (&mut self.surplus[v], &self.most[v]);
            let unused: Lanes<L> = lanes(|l| above_zero(surplus[l] - most[l]));
            *surplus = lanes(|l| surplus[l] - left[l]);
            left = lanes(|l| above_zero(left[l] - unused[l]));
            at = ways[v].parent;
        }
    }

    /// The first place on the way to the outlet that allows no more, and what for.
    fn holder(&self, mut at: u32, ways: &[Way], able: f64) -> (u32, Cause) {
        let mut unused = 0.0;
        while at != NONE {
            let v = at as usize;
            let (surplus, floor, most) = (self.surplus[v][0], self.floor[v][0], self.most[v][0]);
            if above_zero((surplus - floor) + unused) <= able {
                let cause = if ways[v].up {
                    Cause::Capacity
                } else if floor > 0.0 {
                    Cause::Floor
                } else {
                    Cause::Water
                };
                return (at, cause);
            }
            unused += above_zero(surplus - most);
            at = ways[v].parent;
        }
        unreachable!("some place on the way is the least")
    }

    /// A claim in the stream gets what can pass, and nobody junior may take that away.
    fn leave_in_stream(
        &mut self,
        v: usize,
        branch: &Branch,
        capacity: &[Lanes<L>],
        size: Lanes<L>,
    ) -> Lanes<L> {
        let capacity = &capacity[branch.arc as usize];
        let (surplus, floor) = (&self.surplus[v], &mut self.floor[v]);
        let able: Lanes<L> = lanes(|l| least(size[l], capacity[l]));
        let passes: Lanes<L> = lanes(|l| least(branch.scale * able[l], surplus[l]));
        *floor = lanes(|l| most(floor[l], passes[l]));
        lanes(|l| {
            let part = passes[l] / branch.scale;
            if branch.scale * able[l] <= surplus[l] {
                able[l]
            } else {
                part
            }
        })
    }
}

impl Room<1> {
    /// The branch that holds a claim that was not met in full, and what for.
    pub(super) fn holder_of(&self, claim: usize) -> (usize, Cause) {
        let (at, cause) = self.holders[claim];
        (at as usize, cause)
    }

    /// Whether all claims are met in full.
    pub(super) fn met(&self) -> bool {
        self.met
    }

    /// Whether an arc may be full or a canal dry today.
    pub(super) fn narrow(&self) -> bool {
        self.narrow
    }

    /// Whether one m³ less claimed here would mean more water for the parent.
    pub(super) fn linked(&self, v: usize) -> bool {
        self.surplus[v] < self.most[v]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::day::Outcome;
    use super::super::{Binding, Network, Place, Role, Solver, Today};
    use super::*;

    /// A node: which earlier one it is joined to, how (a river or canal to it, or a canal from it), with what gain and
    /// capacity, its water, and what is claimed there and left in the stream to the other.
    type Joint = (
        prop::sample::Index,
        u8,
        f64,
        Option<f64>,
        f64,
        Vec<f64>,
        Option<f64>,
    );

    fn joints() -> impl Strategy<Value = Vec<Joint>> {
        let volume =
            || prop_oneof![1 => Just(0.0), 2 => (1..9_u32).prop_map(f64::from), 3 => 0.0..8.0];
        let joint = (
            any::<prop::sample::Index>(),
            0..5_u8,
            prop_oneof![Just(1.0), 0.5..1.0],
            prop::option::weighted(0.3, volume()),
            volume(),
            prop::collection::vec(volume(), 0..3),
            prop::option::weighted(0.3, volume()),
        );
        prop::collection::vec(joint, 1..9)
    }

    /// A tree in which each claim has a class of its own, in an order drawn by `shuffle`.
    fn tree(joints: &[Joint], shuffle: u16) -> (Network, Today) {
        let mut builder = Network::builder();
        let (mut supply, mut capacity, mut claims) = (Vec::new(), Vec::new(), Vec::new());
        let mut class = shuffle % 101;
        let mut next_class = || {
            class = (class + 37) % 101;
            class
        };
        for (node, (to, kind, gain, most, water, wants, stream)) in joints.iter().enumerate() {
            builder.node();
            supply.push(*water);
            for &want in wants {
                builder.claim(Place::Node(node), next_class(), 1.0);
                claims.push(want);
            }
            if node == 0 {
                continue;
            }
            let other = to.index(node);
            let arc = match kind {
                0..3 => builder.arc(node, other, *gain, Role::Main),
                3 => builder.arc(node, other, *gain, Role::Canal),
                _ => builder.arc(other, node, *gain, Role::Canal),
            };
            capacity.push(most.unwrap_or(f64::INFINITY));
            if let Some(want) = stream.filter(|_| *kind < 3) {
                builder.claim(Place::Arc(arc), next_class(), 1.0);
                claims.push(want);
            }
        }
        let network = builder.build().expect("a tree");
        let mut today = network.today();
        today.supply = supply;
        today.capacity = capacity;
        today.claim = claims;
        (network, today)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]

        /// Walks and heaps are two ways to one answer.
        #[test]
        fn walks_give_what_the_passes_give(joints in joints(), shuffle: u16) {
            let (mut network, today) = tree(&joints, shuffle);
            prop_assume!(network.strict.is_some());
            let walked = Solver::new(&network).solve(&network, &today)?.clone();
            network.strict = None;
            let passed = Solver::new(&network).solve(&network, &today)?.clone();
            let water: f64 = today.supply.iter().sum::<f64>() + today.claim.iter().sum::<f64>();
            let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-12 * water);
            let Outcome { award, flow, left, binding, .. } = &walked;
            prop_assert!(close(award, &passed.award), "{award:?} {:?}", passed.award);
            prop_assert!(close(flow, &passed.flow), "{flow:?} {:?}", passed.flow);
            prop_assert!(close(left, &passed.left), "{left:?} {:?}", passed.left);
            // Who went short; why may differ where two places hold a claim alike.
            let short = |of: &[Binding]| of.iter().map(|&why| why == Binding::Met).collect::<Vec<_>>();
            prop_assert_eq!(short(binding), short(&passed.binding));
        }

        /// What one lane holds does not reach another.
        #[test]
        fn lanes_are_days(joints in joints(), shuffle: u16, factors: [u8; 3]) {
            let (network, today) = tree(&joints, shuffle);
            let Some(strict) = network.strict() else { return Ok(()) };
            let scaled = |factor: u8| {
                let mut today = today.clone();
                today.supply.iter_mut().for_each(|supply| *supply *= f64::from(factor) / 100.0);
                today
            };
            let days = factors.map(scaled);
            let row = |of: fn(&Today) -> &Vec<f64>| -> Vec<Lanes<3>> {
                (0..of(&today).len()).map(|i| lanes(|l| of(&days[l])[i])).collect()
            };
            let (supply, capacity, claim) = (row(|d| &d.supply), row(|d| &d.capacity), row(|d| &d.claim));
            let mut award = vec![[0.0; 3]; network.claims()];
            let abreast = Days { supply: &supply, capacity: &capacity, claim: &claim };
            let served = Room::new(&network).serve(strict, &network, abreast, &mut award);
            prop_assert_eq!(served, [true; 3]);
            for (l, day) in days.iter().enumerate() {
                let alone = Solver::new(&network).solve(&network, day)?.clone();
                for at in &network.offstream {
                    let claim = at.claim as usize;
                    prop_assert_eq!(award[claim][l].to_bits(), alone.award[claim].to_bits());
                }
            }
        }
    }
}
