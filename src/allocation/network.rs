//! The compiled network: what does not change from day to day.

use std::collections::BTreeMap;
use std::sync::Arc as Shared;

use super::day::Today;
use super::forest::{Forest, downstream_order};
use super::rule::{Layer, Layers, ParametricRule, Proportional};
use super::strict::Strict;

pub(super) const NONE: u32 = u32::MAX;

/// Gain products from a node to the outlet of its tree must stay within this factor of 1, far enough from the
/// ends of f64 for volumes of any river to keep their precision.
const WIDEST_SCALE: f64 = 1e150;

/// What an arc carries when nobody claims its water.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The river: all water not claimed elsewhere goes this way. A node has at most one such outgoing arc.
    Main,
    /// A canal: it carries only what is claimed beyond it.
    Canal,
}

/// Where a claim asks for water.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Water taken out of the river at a node.
    Node(usize),
    /// Water left in the stream: a least flow at the tail of an arc, which uses nothing up. Where several such
    /// claims lie on one arc, the same water serves them all.
    Arc(usize),
}

/// Why a network cannot be built, or is not of the kind this solver handles.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// An arc or claim names a node that was never made.
    #[error("there is no node {0}")]
    NoSuchNode(usize),
    /// A claim names an arc that was never made.
    #[error("there is no arc {0}")]
    NoSuchArc(usize),
    /// A gain outside (0, 1].
    #[error("arc {arc} passes on {gain} of its water; this must be above 0 and at most 1")]
    Gain {
        /// The arc.
        arc: usize,
        /// Its gain.
        gain: f64,
    },
    /// A second main arc leaves a node.
    #[error("node {node} has two main arcs, {first} and {second}; all but one must be canals")]
    TwoMainArcs {
        /// The node both leave.
        node: usize,
        /// The arc made first.
        first: usize,
        /// The arc made second.
        second: usize,
    },
    /// Water could run in a circle.
    #[error(
        "arc {arc} closes a circle: water would run back to where it was through nodes {nodes:?}"
    )]
    Circle {
        /// The arc of the circle made last.
        arc: usize,
        /// The nodes on the circle as the water would run, from the arc's head to its tail.
        nodes: Vec<usize>,
    },
    /// A weight that is not positive and finite.
    #[error("claim {claim} has weight {weight}; a weight must be positive and finite")]
    Weight {
        /// The claim.
        claim: usize,
        /// Its weight.
        weight: f64,
    },
    /// A weight in a class whose rule heeds none.
    #[error(
        "claim {claim} has weight {weight}, but the rule of class {class} ({rule}) heeds no weights"
    )]
    IdleWeight {
        /// The claim.
        claim: usize,
        /// Its weight.
        weight: f64,
        /// Its class.
        class: u16,
        /// The rule of the class, as it prints for debugging.
        rule: String,
    },
    /// Losses so heavy along one path that volumes at its ends cannot be compared in f64.
    #[error("between node {node} and the outlet of its tree the gains multiply to {product:e}")]
    GainProduct {
        /// The far node.
        node: usize,
        /// The product of gains on the way (of their inverses where the way leads upstream).
        product: f64,
    },
}

/// A node with the arc that joins it to its parent, in the tree rooted at the outlet.
///
/// "Down" arcs lead from child to parent, towards the outlet; "up" arcs lead from parent to child.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub(super) node: u32,
    /// Position of the parent, or [`NONE`] at an outlet.
    pub(super) parent: u32,
    /// The arc to the parent, or [`NONE`] at an outlet.
    pub(super) arc: u32,
    pub(super) up: bool,
    pub(super) main: bool,
    /// Whether all arcs from here up, and the one to the parent, are rivers that run towards the outlet.
    pub(super) river: bool,
    pub(super) gain: f64,
    /// What one m³ here is worth at the outlet: the unit all surpluses of a tree are added up in.
    pub(super) scale: f64,
    /// The same at the tail of the arc, where its capacity applies.
    pub(super) tail_scale: f64,
}

/// A claim and the branch it lies at: its node, or the arc to its parent.
#[derive(Clone, Debug)]
pub(super) struct ClaimAt {
    pub(super) branch: u32,
    pub(super) claim: u32,
    pub(super) rank: u32,
    pub(super) weight: f64,
    /// Whether it is the only claim of its class.
    pub(super) alone: bool,
}

/// Claims in the order of branches, found by branch.
#[derive(Debug)]
pub(super) struct ClaimsByBranch {
    starts: Vec<u32>,
    claims: Vec<ClaimAt>,
}

impl ClaimsByBranch {
    fn new(branches: usize, claims: Vec<ClaimAt>) -> Self {
        let mut starts = vec![0; branches + 1];
        for at in &claims {
            starts[at.branch as usize + 1] += 1;
        }
        for i in 0..branches {
            starts[i + 1] += starts[i];
        }
        Self { starts, claims }
    }

    #[inline]
    pub(super) fn of(&self, branch: usize) -> &[ClaimAt] {
        &self.claims[self.starts[branch] as usize..self.starts[branch + 1] as usize]
    }

    pub(super) fn all(&self) -> &[ClaimAt] {
        &self.claims
    }
}

/// What is made of a class's share, seniors served first in either case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Objective {
    /// Levels as equal as the network allows. Where water is lost on the way, the dearest deliveries are made at the
    /// same level as the cheapest.
    #[default]
    MaxMin,
    /// The largest total volume for the claims of the class that take water out; among all ways to reach it, levels
    /// as equal as possible. In-stream claims of the class use nothing up: they come after it, by equal levels.
    ///
    /// Whoever loses least on the way is served first, so the far ends of long canals go dry first. A network with
    /// this objective is solved as [`Tier::Cycles`], by a linear programme with one unknown for each claim of a
    /// class.
    MaxVolume,
}

impl Objective {
    /// The objectives and their names in scenarios.
    pub const NAMES: [(&'static str, Self); 2] =
        [("max-min", Self::MaxMin), ("max-volume", Self::MaxVolume)];

    /// The objective's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::MaxMin => "max-min",
            Self::MaxVolume => "max-volume",
        }
    }
}

/// Which of the solver's two ways a network calls for. Both solve the same problem exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tier {
    /// One way for the water between any two nodes: awards decide every flow, and two passes over the tree settle
    /// a day.
    Polytree,
    /// Some canals close rings, or in-stream flow is claimed on an arc that leads away from the outlet, or the
    /// objective is [`Objective::MaxVolume`]: levels sink by cuts from a small linear programme. Slower; see the
    /// [module](super) on its cost.
    Cycles,
}

impl Tier {
    /// A short name for summaries.
    ///
    /// # Examples
    ///
    /// ```
    /// use riparian::allocation::Tier;
    ///
    /// assert_eq!(Tier::Polytree.name(), "polytree");
    /// assert_eq!(Tier::Cycles.name(), "cycles");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::Polytree => "polytree",
            Self::Cycles => "cycles",
        }
    }
}

/// A canal that closes a ring and is therefore not in the forest.
#[derive(Clone, Debug)]
pub(super) struct Chord {
    pub(super) arc: u32,
    /// Branches of its ends.
    pub(super) tail: u32,
    pub(super) head: u32,
    pub(super) gain: f64,
}

/// An arc as the water runs.
#[derive(Clone, Debug)]
pub(super) struct Course {
    pub(super) arc: u32,
    pub(super) tail: u32,
    pub(super) head: u32,
    pub(super) gain: f64,
}

/// A network ready to be solved day after day: immutable, and shared freely by threads.
///
/// Made by a [`NetworkBuilder`]. Nodes, arcs and claims are known by the numbers the builder gave them.
///
/// # Invariant
///
/// Water never runs in a circle. A spanning forest holds every main arc and as many canals as close no ring, taken
/// in the order they were made; the canals left over are its *chords*. Each tree of the forest hangs from an
/// *outlet*: the node from which fewest in-stream claims, then fewest main arcs, lead away.
#[derive(Debug)]
pub struct Network {
    arcs: usize,
    pub(super) tier: Tier,
    pub(super) objective: Objective,
    /// Children before parents: a parent's position is the larger. The part of a tree behind a branch is a
    /// stretch of branches that ends with it.
    pub(super) branches: Vec<Branch>,
    /// The first so many branches only bring water to the river below: nobody claims any there or further up, and no
    /// canal leaves them.
    pub(super) sources: usize,
    /// The canals that close rings, in the order they were made.
    pub(super) chords: Vec<Chord>,
    /// All arcs, in such an order that water runs from earlier ones to later ones.
    pub(super) courses: Vec<Course>,
    /// Claims at nodes, in the order of branches.
    pub(super) offstream: Vec<ClaimAt>,
    /// Claims on arcs: those on the chord numbered `c` follow those on branches as if on branch `branches + c`.
    pub(super) instream: ClaimsByBranch,
    /// By rank less one, the senior class first.
    pub(super) rules: Vec<Shared<dyn ParametricRule>>,
    /// How classes are served one after another; nothing where that would be slow.
    pub(super) strict: Option<Strict>,
}

impl Network {
    /// Starts a network.
    pub fn builder() -> NetworkBuilder {
        NetworkBuilder::default()
    }

    /// A day without supply, claims or capacity limits, of the sizes this network needs.
    pub fn today(&self) -> Today {
        Today {
            supply: vec![0.0; self.nodes()],
            capacity: vec![f64::INFINITY; self.arcs],
            claim: vec![0.0; self.claims()],
        }
    }

    /// The layers by which a claim is cut, m³ there.
    ///
    /// A claim that is alone in its class shares with nobody, so that all rules come to the same: it is cut like any
    /// fraction of itself. Only the [level](Self::level_of) it is told to have is that of its rule.
    #[inline]
    pub(super) fn layers(&self, at: &ClaimAt, size: f64, largest: &[f64]) -> Layers {
        if at.alone {
            return Layers::of(Layer::whole(size));
        }
        let class = at.rank as usize - 1;
        self.rules[class].layers(size, at.weight, largest[class])
    }

    /// The level of a claim's own rule at which it gets `award`.
    pub(super) fn level_of(&self, at: &ClaimAt, size: f64, largest: &[f64], award: f64) -> f64 {
        let class = at.rank as usize - 1;
        let largest = if at.alone {
            size / at.weight
        } else {
            largest[class]
        };
        self.rules[class]
            .layers(size, at.weight, largest)
            .level_of(award)
    }

    /// The arc an in-stream claim lies on.
    pub(super) fn arc_of(&self, at: &ClaimAt) -> usize {
        let v = at.branch as usize;
        let arc = match v.checked_sub(self.branches.len()) {
            None => self.branches[v].arc,
            Some(chord) => self.chords[chord].arc,
        };
        arc as usize
    }

    /// Whether every arc is a river that runs towards its outlet.
    pub(crate) fn is_river(&self) -> bool {
        self.branches.iter().all(|branch| branch.river)
    }

    /// How classes are served one after another, where that is quick.
    pub(crate) fn strict(&self) -> Option<&Strict> {
        self.strict.as_ref()
    }

    /// Which way of solving this network calls for.
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// How many nodes there are.
    pub fn nodes(&self) -> usize {
        self.branches.len()
    }

    /// How many arcs there are.
    pub fn arcs(&self) -> usize {
        self.arcs
    }

    /// How many claims there are.
    pub fn claims(&self) -> usize {
        self.offstream.len() + self.instream.claims.len()
    }
}

#[derive(Clone, Debug)]
pub(super) struct Arc {
    pub(super) tail: usize,
    pub(super) head: usize,
    pub(super) gain: f64,
    pub(super) role: Role,
}

#[derive(Clone, Debug)]
struct Claim {
    place: Place,
    class: u16,
    weight: f64,
}

/// Collects nodes, arcs, claims and rules, then checks and compiles them.
///
/// # Examples
///
/// ```
/// use riparian::allocation::{EqualAwards, Network, NetworkError, Place, Role};
///
/// # fn main() -> Result<(), NetworkError> {
/// let mut builder = Network::builder();
/// let (dam, town, sea) = (builder.node(), builder.node(), builder.node());
/// let reach = builder.arc(dam, town, 0.95, Role::Main);
/// builder.arc(town, sea, 1.0, Role::Main);
/// builder.claim(Place::Arc(reach), 1, 1.0);
/// builder.claim(Place::Node(town), 2, 1.0);
/// builder.rule(2, EqualAwards);
/// let network = builder.build()?;
/// assert_eq!((network.nodes(), network.arcs(), network.claims()), (3, 2, 2));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct NetworkBuilder {
    nodes: usize,
    arcs: Vec<Arc>,
    claims: Vec<Claim>,
    rules: BTreeMap<u16, Shared<dyn ParametricRule>>,
    objective: Objective,
}

impl NetworkBuilder {
    /// Makes a node and returns its number.
    pub fn node(&mut self) -> usize {
        self.nodes += 1;
        self.nodes - 1
    }

    /// Makes an arc that delivers `gain` m³ at its head for each m³ entering at its tail, and returns its number.
    pub fn arc(&mut self, tail: usize, head: usize, gain: f64, role: Role) -> usize {
        self.arcs.push(Arc {
            tail,
            head,
            gain,
            role,
        });
        self.arcs.len() - 1
    }

    /// Makes a claim and returns its number. The smaller the class number, the more senior the claim.
    ///
    /// Weights compare the claims of one class under rules that heed them; otherwise give 1.
    pub fn claim(&mut self, place: Place, class: u16, weight: f64) -> usize {
        self.claims.push(Claim {
            place,
            class,
            weight,
        });
        self.claims.len() - 1
    }

    /// Sets the rule by which a class shares. Without one a class shares by [`Proportional`].
    pub fn rule(&mut self, class: u16, rule: impl ParametricRule + 'static) -> &mut Self {
        self.rules.insert(class, Shared::new(rule));
        self
    }

    /// Sets what is made of each class's share.
    pub fn objective(&mut self, objective: Objective) -> &mut Self {
        self.objective = objective;
        self
    }

    /// Claims of one rank are settled together: a class, or that part of it.
    fn band(&self, claim: &Claim) -> (u16, bool) {
        let apart = self.objective == Objective::MaxVolume;
        (claim.class, apart && matches!(claim.place, Place::Arc(_)))
    }

    /// Checks and compiles the network.
    ///
    /// # Errors
    ///
    /// The first fault found, as a [`NetworkError`].
    pub fn build(self) -> Result<Network, NetworkError> {
        self.check_arcs()?;
        let downstream = downstream_order(self.nodes, &self.arcs)
            .map_err(|(arc, nodes)| NetworkError::Circle { arc, nodes })?;
        let forest = Forest::new(self.nodes, &self.arcs);
        self.check_claims()?;

        let mut branches = self.branches(&forest)?;
        let tier = self.tier(&forest, &branches);
        // Tier C finds the part of a tree behind a branch by its place, so there the order stays.
        let sources = match tier {
            Tier::Polytree => self.sources_first(&mut branches),
            Tier::Cycles => 0,
        };
        let mut by_node = vec![0; self.nodes];
        let mut by_arc = vec![NONE; self.arcs.len()];
        for (v, branch) in branches.iter().enumerate() {
            by_node[branch.node as usize] = v as u32;
            if branch.arc != NONE {
                by_arc[branch.arc as usize] = v as u32;
            }
        }
        let chords = self.chords(&forest, &by_node);
        for (c, chord) in chords.iter().enumerate() {
            by_arc[chord.arc as usize] = (branches.len() + c) as u32;
        }
        let bands = self.claims.iter().map(|claim| (self.band(claim), 0));
        let mut ranks: BTreeMap<(u16, bool), u32> = bands.collect();
        for (rank, slot) in (1..).zip(ranks.values_mut()) {
            *slot = rank;
        }
        let mut members: BTreeMap<u16, usize> = BTreeMap::new();
        for claim in &self.claims {
            *members.entry(claim.class).or_default() += 1;
        }
        let (mut offstream, mut instream) = (Vec::new(), Vec::new());
        for (i, claim) in self.claims.iter().enumerate() {
            let (claims, branch) = match claim.place {
                Place::Node(node) => (&mut offstream, by_node[node]),
                Place::Arc(arc) => (&mut instream, by_arc[arc]),
            };
            claims.push(ClaimAt {
                branch,
                claim: i as u32,
                rank: ranks[&self.band(claim)],
                weight: claim.weight,
                alone: members[&claim.class] == 1,
            });
        }
        offstream.sort_by_key(|at| at.branch);
        instream.sort_by_key(|at| at.branch);
        let rules = ranks
            .keys()
            .map(|(class, _)| match self.rules.get(class) {
                Some(rule) => Shared::clone(rule),
                None => Shared::new(Proportional),
            })
            .collect();
        let strict = match tier {
            Tier::Polytree => Strict::new(&branches, &offstream, &instream),
            Tier::Cycles => None,
        };
        Ok(Network {
            strict,
            arcs: self.arcs.len(),
            offstream,
            instream: ClaimsByBranch::new(branches.len() + chords.len(), instream),
            courses: self.courses(&downstream),
            tier,
            objective: self.objective,
            branches,
            sources,
            chords,
            rules,
        })
    }

    /// Tier A is for trees in which every claim in the stream lies on an arc towards the outlet.
    fn tier(&self, forest: &Forest, branches: &[Branch]) -> Tier {
        let away = |arc: usize| branches.iter().any(|b| b.up && b.arc as usize == arc);
        let beyond = self.objective == Objective::MaxVolume
            || !forest.chords.is_empty()
            || self
                .claims
                .iter()
                .any(|claim| matches!(claim.place, Place::Arc(arc) if away(arc)));
        if beyond { Tier::Cycles } else { Tier::Polytree }
    }

    fn chords(&self, forest: &Forest, by_node: &[u32]) -> Vec<Chord> {
        let chord = |&arc: &usize| Chord {
            arc: arc as u32,
            tail: by_node[self.arcs[arc].tail],
            head: by_node[self.arcs[arc].head],
            gain: self.arcs[arc].gain,
        };
        forest.chords.iter().map(chord).collect()
    }

    fn courses(&self, downstream: &[usize]) -> Vec<Course> {
        let mut place = vec![0; self.nodes];
        for (at, &node) in downstream.iter().enumerate() {
            place[node] = at;
        }
        let mut courses: Vec<Course> = (0..)
            .zip(&self.arcs)
            .map(|(i, arc)| Course {
                arc: i,
                tail: arc.tail as u32,
                head: arc.head as u32,
                gain: arc.gain,
            })
            .collect();
        courses.sort_by_key(|course| place[course.tail as usize]);
        courses
    }

    fn check_arcs(&self) -> Result<(), NetworkError> {
        let mut main = vec![None; self.nodes];
        for (i, arc) in self.arcs.iter().enumerate() {
            for node in [arc.tail, arc.head] {
                if node >= self.nodes {
                    return Err(NetworkError::NoSuchNode(node));
                }
            }
            if !(arc.gain > 0.0 && arc.gain <= 1.0) {
                return Err(NetworkError::Gain {
                    arc: i,
                    gain: arc.gain,
                });
            }
            if arc.role == Role::Main
                && let Some(first) = main[arc.tail].replace(i)
            {
                return Err(NetworkError::TwoMainArcs {
                    node: arc.tail,
                    first,
                    second: i,
                });
            }
        }
        Ok(())
    }

    fn check_claims(&self) -> Result<(), NetworkError> {
        for (
            i,
            &Claim {
                place,
                class,
                weight,
            },
        ) in self.claims.iter().enumerate()
        {
            match place {
                Place::Node(node) if node >= self.nodes => {
                    return Err(NetworkError::NoSuchNode(node));
                }
                Place::Arc(arc) if arc >= self.arcs.len() => {
                    return Err(NetworkError::NoSuchArc(arc));
                }
                _ => {}
            }
            if !(weight > 0.0 && weight.is_finite()) {
                return Err(NetworkError::Weight { claim: i, weight });
            }
            let rule = self
                .rules
                .get(&class)
                .map_or(&Proportional as &dyn ParametricRule, |rule| &**rule);
            if weight != 1.0 && !rule.weighted() {
                return Err(NetworkError::IdleWeight {
                    claim: i,
                    weight,
                    class,
                    rule: format!("{rule:?}"),
                });
            }
        }
        Ok(())
    }

    /// Hangs each tree from its outlet and lists the branches, children first.
    fn branches(&self, forest: &Forest) -> Result<Vec<Branch>, NetworkError> {
        let mut branches: Vec<Branch> = Vec::with_capacity(self.nodes);
        for outlet in self.outlets(forest) {
            let tree = branches.len();
            let mut waiting = vec![(outlet, NONE, NONE)];
            while let Some((node, parent, arc)) = waiting.pop() {
                let mut branch = Branch {
                    node: node as u32,
                    parent,
                    arc,
                    up: false,
                    main: false,
                    river: false,
                    gain: 1.0,
                    scale: 1.0,
                    tail_scale: 1.0,
                };
                if arc != NONE {
                    let above = branches[parent as usize].scale;
                    let Arc {
                        head, gain, role, ..
                    } = self.arcs[arc as usize];
                    branch.up = head == node;
                    branch.main = role == Role::Main;
                    branch.gain = gain;
                    branch.scale = if branch.up {
                        above / gain
                    } else {
                        above * gain
                    };
                    branch.tail_scale = if branch.up { above } else { branch.scale };
                }
                if !(branch.scale < WIDEST_SCALE && branch.scale > WIDEST_SCALE.recip()) {
                    return Err(NetworkError::GainProduct {
                        node,
                        product: branch.scale,
                    });
                }
                // Reversed, so that children come off the stack in the order their arcs were made.
                for &next in forest.at[node].iter().rev() {
                    if next != arc as usize {
                        waiting.push((
                            self.other_end(next, node),
                            branches.len() as u32,
                            next as u32,
                        ));
                    }
                }
                branches.push(branch);
            }
            debug_assert!(branches.len() > tree);
        }
        branches.reverse();
        let last = branches.len() as u32;
        for branch in &mut branches {
            branch.river = branch.parent == NONE || branch.main && !branch.up;
            if branch.parent != NONE {
                branch.parent = last - 1 - branch.parent;
            }
        }
        for v in 0..branches.len() {
            let Branch { parent, river, .. } = branches[v];
            if parent != NONE {
                branches[parent as usize].river &= river;
            }
        }
        Ok(branches)
    }

    /// Moves branches that are mere sources to the front, in their order, and returns how many there are.
    fn sources_first(&self, branches: &mut [Branch]) -> usize {
        let mut claimed = vec![false; self.nodes];
        for claim in &self.claims {
            match claim.place {
                Place::Node(node) => claimed[node] = true,
                Place::Arc(arc) => claimed[self.arcs[arc].tail] = true,
            }
        }
        let mut source: Vec<bool> = branches
            .iter()
            .map(|branch| branch.parent != NONE && !branch.up && branch.main)
            .collect();
        for (v, branch) in branches.iter().enumerate() {
            source[v] &= !claimed[branch.node as usize];
            if !source[v] && branch.parent != NONE {
                source[branch.parent as usize] = false;
            }
        }
        let sources = source.iter().filter(|&&source| source).count();
        let (mut next_source, mut next) = (0, sources as u32);
        let moved: Vec<u32> = source
            .iter()
            .map(|&source| {
                let place = if source { &mut next_source } else { &mut next };
                *place += 1;
                *place - 1
            })
            .collect();
        for branch in &mut *branches {
            if branch.parent != NONE {
                branch.parent = moved[branch.parent as usize];
            }
        }
        let mut order = moved.into_iter();
        branches.sort_by_cached_key(|_| order.next());
        sources
    }

    fn other_end(&self, arc: usize, node: usize) -> usize {
        let Arc { tail, head, .. } = self.arcs[arc];
        if tail == node { head } else { tail }
    }

    /// One node of each tree: the one from which fewest in-stream claims, then fewest main arcs, lead away.
    ///
    /// Moving the outlet across an arc turns only that arc round, so one walk finds all the counts.
    fn outlets(&self, forest: &Forest) -> Vec<usize> {
        let mut costs: Vec<(i64, i64)> = self
            .arcs
            .iter()
            .map(|arc| (0, i64::from(arc.role == Role::Main)))
            .collect();
        for claim in &self.claims {
            if let Place::Arc(arc) = claim.place {
                costs[arc].0 += 1;
            }
        }
        let mut outlets = Vec::new();
        let mut seen = vec![false; self.nodes];
        for start in 0..self.nodes {
            if seen[start] {
                continue;
            }
            // Counts relative to `start`, which is all a comparison needs.
            let mut best = (0, 0, start);
            let mut waiting = vec![(start, 0, 0)];
            seen[start] = true;
            while let Some((node, claims, mains)) = waiting.pop() {
                best = best.min((claims, mains, node));
                for &arc in &forest.at[node] {
                    let next = self.other_end(arc, node);
                    if !seen[next] {
                        seen[next] = true;
                        let turn = if self.arcs[arc].tail == node { -1 } else { 1 };
                        waiting.push((
                            next,
                            claims + turn * costs[arc].0,
                            mains + turn * costs[arc].1,
                        ));
                    }
                }
            }
            outlets.push(best.2);
        }
        outlets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(nodes: usize) -> NetworkBuilder {
        let mut builder = Network::builder();
        for node in 0..nodes {
            builder.node();
            if node > 0 {
                builder.arc(node - 1, node, 1.0, Role::Main);
            }
        }
        builder
    }

    #[test]
    fn a_circle_is_named_node_by_node() {
        let mut builder = chain(4);
        let arc = builder.arc(3, 1, 1.0, Role::Canal);
        assert_eq!(
            builder.build().unwrap_err(),
            NetworkError::Circle {
                arc,
                nodes: vec![1, 2, 3]
            }
        );

        let mut builder = chain(2);
        let arc = builder.arc(1, 1, 1.0, Role::Main);
        assert_eq!(
            builder.build().unwrap_err(),
            NetworkError::Circle {
                arc,
                nodes: vec![1]
            }
        );
    }

    #[test]
    fn a_ring_calls_for_the_other_tier() {
        let mut builder = chain(4);
        assert_eq!(builder.build().expect("a river").tier(), Tier::Polytree);
        builder = chain(4);
        let arc = builder.arc(0, 3, 1.0, Role::Canal);
        let network = builder.build().expect("a river with a bypass");
        assert_eq!(network.tier(), Tier::Cycles);
        assert_eq!(network.chords[0].arc, arc as u32);
    }

    #[test]
    fn faults_are_told_apart() {
        let mut builder = chain(2);
        builder.arc(0, 5, 1.0, Role::Canal);
        assert_eq!(builder.build().unwrap_err(), NetworkError::NoSuchNode(5));

        for gain in [0.0, 1.5, f64::NAN] {
            let mut builder = chain(2);
            let node = builder.node();
            builder.arc(1, node, gain, Role::Main);
            assert!(matches!(
                builder.build().unwrap_err(),
                NetworkError::Gain { arc: 1, .. }
            ));
        }

        let mut builder = chain(2);
        let node = builder.node();
        builder.arc(0, node, 1.0, Role::Main);
        let error = builder.build().unwrap_err();
        assert_eq!(
            error,
            NetworkError::TwoMainArcs {
                node: 0,
                first: 0,
                second: 1
            }
        );

        let mut builder = chain(2);
        builder.claim(Place::Arc(7), 1, 1.0);
        assert_eq!(builder.build().unwrap_err(), NetworkError::NoSuchArc(7));

        let mut builder = chain(2);
        builder.claim(Place::Node(0), 1, -1.0);
        assert_eq!(
            builder.build().unwrap_err(),
            NetworkError::Weight {
                claim: 0,
                weight: -1.0
            }
        );

        let mut builder = chain(2);
        builder.claim(Place::Node(0), 1, 2.0);
        assert!(matches!(
            builder.build().unwrap_err(),
            NetworkError::IdleWeight { class: 1, .. }
        ));
    }

    #[test]
    fn losses_beyond_the_range_of_f64_are_refused() {
        let mut builder = Network::builder();
        for node in 0..400 {
            builder.node();
            if node > 0 {
                builder.arc(node - 1, node, 0.1, Role::Main);
            }
        }
        assert!(matches!(
            builder.build().unwrap_err(),
            NetworkError::GainProduct { .. }
        ));
    }

    #[test]
    fn the_outlet_suits_the_in_stream_claims() {
        // Two rivers, 0 -> 1 and 2 -> 3, joined by a canal 0 -> 2: either end may be the outlet.
        let rivers = |claimed: &[usize]| {
            let mut builder = Network::builder();
            for _ in 0..4 {
                builder.node();
            }
            builder.arc(0, 1, 1.0, Role::Main);
            builder.arc(2, 3, 1.0, Role::Main);
            builder.arc(0, 2, 1.0, Role::Canal);
            for &arc in claimed {
                builder.claim(Place::Arc(arc), 1, 1.0);
            }
            builder.build()
        };
        for (claimed, outlet) in [(&[0][..], 1), (&[1], 3), (&[2, 1], 3)] {
            let network = rivers(claimed).expect("one outlet serves these");
            assert_eq!(network.branches.last().expect("four branches").node, outlet);
        }
        assert_eq!(rivers(&[0]).expect("sound").tier(), Tier::Polytree);
        assert_eq!(rivers(&[0, 1]).expect("sound").tier(), Tier::Cycles);
    }

    #[test]
    fn networks_cross_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Network>();
    }
}
