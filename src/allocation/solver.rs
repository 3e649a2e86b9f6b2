//! The solver: one day's allocation, start to end.

use super::cycles::Filling;
use super::day::{DayError, Outcome, Today};
use super::flow::Flows;
use super::heap::Key;
use super::network::{ClaimAt, Network, Tier};
use super::reasons::{Binding, Held, Reasons, short};
use super::strict::{Days, Room};
use super::sweep::Sweep;

/// Allocates day after day on one [`Network`]. On a [`Tier::Polytree`] it allocates no memory after [`Solver::new`],
/// on [`Tier::Cycles`] none once it has seen days as hard as any.
///
/// No state is carried from one day to the next: any day can be solved again alone, and gives the same bits.
///
/// # Examples
///
/// Two towns share 90 m³ below a dam; the upper one is senior.
///
/// ```
/// use riparian::allocation::{Binding, Network, Place, Role, Solver};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut builder = Network::builder();
/// let (dam, delta) = (builder.node(), builder.node());
/// builder.arc(dam, delta, 0.9, Role::Main);
/// let upper = builder.claim(Place::Node(dam), 1, 1.0);
/// let lower = builder.claim(Place::Node(delta), 2, 1.0);
/// let network = builder.build()?;
///
/// let mut today = network.today();
/// today.supply[dam] = 90.0;
/// today.claim[upper] = 40.0;
/// today.claim[lower] = 50.0;
/// let mut solver = Solver::new(&network);
/// let outcome = solver.solve(&network, &today)?;
/// assert_eq!(outcome.award, [40.0, 45.0]);
/// assert_eq!(outcome.binding, [Binding::Met, Binding::Seniors(delta)]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Solver {
    /// The largest claim per unit of weight in each class.
    largest: Vec<f64>,
    way: Way,
    flows: Flows,
    outcome: Outcome,
}

/// What each [`Tier`] works with.
#[derive(Clone, Debug)]
enum Way {
    Polytree(Box<Tree>),
    Cycles(Box<Filling>),
}

#[derive(Clone, Debug)]
struct Tree {
    sweep: Sweep,
    reasons: Reasons,
    room: Room<1>,
}

impl Tree {
    fn new(network: &Network) -> Self {
        Self {
            sweep: Sweep::new(network),
            reasons: Reasons::new(network),
            room: Room::new(network),
        }
    }

    fn run(
        &mut self,
        network: &Network,
        today: &Today,
        largest: &mut [f64],
        flows: &mut Flows,
        outcome: &mut Outcome,
    ) {
        let Self {
            sweep,
            reasons,
            room,
        } = self;
        if let Some(strict) = &network.strict {
            let days = Days {
                supply: today.supply.as_chunks().0,
                capacity: today.capacity.as_chunks().0,
                claim: today.claim.as_chunks().0,
            };
            let award = outcome.award.as_chunks_mut().0;
            if room.serve(strict, network, days, award) == [true] {
                if room.met() {
                    flows.run(network, today, outcome);
                    return;
                }
                if strict.shares {
                    measure(network, today, largest);
                }
                for at in &network.offstream {
                    told_level(at, network, today, largest, outcome);
                }
                finish(network, today, largest, room, flows, reasons, outcome);
                return;
            }
            outcome.award.copy_from_slice(&today.claim);
        }
        if sweep.fits(network, today) {
            flows.run(network, today, outcome);
            return;
        }
        measure(network, today, largest);
        sweep.run(network, today, largest);
        for at in &network.offstream {
            let limit = sweep.limit(at.branch as usize);
            award(at, limit, network, today, largest, outcome);
        }
        finish(network, today, largest, sweep, flows, reasons, outcome);
    }
}

impl Solver {
    /// Prepares to solve days of this network.
    pub fn new(network: &Network) -> Self {
        let way = match network.tier() {
            Tier::Polytree => Way::Polytree(Box::new(Tree::new(network))),
            Tier::Cycles => Way::Cycles(Box::new(Filling::new(network))),
        };
        Self {
            largest: vec![0.0; network.rules.len()],
            way,
            flows: Flows::new(network),
            outcome: Outcome::new(network.nodes(), network.arcs(), network.claims()),
        }
    }

    /// Allocates one day.
    ///
    /// # Errors
    ///
    /// If a number in `today` is negative or not a number, or a supply or claim is infinite. On [`Tier::Cycles`] also
    /// [`DayError::Undecided`].
    ///
    /// # Panics
    ///
    /// If `today` or this solver was made for a network of another size, or a rule of the user's own returns
    /// layers that [`Layers::and`](super::Layers::and) refuses.
    pub fn solve(&mut self, network: &Network, today: &Today) -> Result<&Outcome, DayError> {
        assert_eq!(
            self.outcome.left.len(),
            network.nodes(),
            "the solver was made for another network"
        );
        assert_eq!(
            self.outcome.flow.len(),
            network.arcs(),
            "the solver was made for another network"
        );
        assert_eq!(
            self.outcome.award.len(),
            network.claims(),
            "the solver was made for another network"
        );
        assert_eq!(
            today.supply.len(),
            network.nodes(),
            "one supply for each node"
        );
        assert_eq!(
            today.capacity.len(),
            network.arcs(),
            "one capacity for each arc"
        );
        assert_eq!(
            today.claim.len(),
            network.claims(),
            "one size for each claim"
        );
        today.check()?;

        self.outcome.award.copy_from_slice(&today.claim);
        self.outcome.level.fill(f64::INFINITY);
        self.outcome.binding.fill(Binding::Met);
        let Self {
            largest,
            way,
            flows,
            outcome,
        } = self;
        match way {
            Way::Polytree(tree) => tree.run(network, today, largest, flows, outcome),
            Way::Cycles(filling) => {
                measure(network, today, largest);
                filling
                    .run(network, today, largest, outcome)
                    .map_err(|_| DayError::Undecided)?;
                flows.run(network, today, outcome);
                settle_instream(network, today, largest, outcome);
            }
        }
        Ok(&self.outcome)
    }

    /// What the last day that was solved gave; before the first, nothing to anybody.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }
}

fn measure(network: &Network, today: &Today, largest: &mut [f64]) {
    largest.fill(0.0);
    let all = network.offstream.iter().chain(network.instream.all());
    for at in all.filter(|at| !at.alone) {
        let largest = &mut largest[at.rank as usize - 1];
        *largest = largest.max(today.claim[at.claim as usize] / at.weight);
    }
}

/// The level of a claim that is alone in its class, where it was not met in full.
fn told_level(
    at: &ClaimAt,
    network: &Network,
    today: &Today,
    largest: &[f64],
    outcome: &mut Outcome,
) {
    let (size, award) = (
        today.claim[at.claim as usize],
        outcome.award[at.claim as usize],
    );
    if award < size {
        outcome.level[at.claim as usize] = network.level_of(at, size, largest, award);
    }
}

/// From awards to flows, and to reasons where a claim was not met in full.
fn finish(
    network: &Network,
    today: &Today,
    largest: &[f64],
    held: &impl Held,
    flows: &mut Flows,
    reasons: &mut Reasons,
    outcome: &mut Outcome,
) {
    flows.run(network, today, outcome);
    for at in network.instream.all() {
        award_instream(at, network, today, largest, outcome);
    }
    reasons.run(network, today, held, outcome);
}

/// What passes decides about in-stream claims; and a claim short by no more than rounding needs no reason.
fn settle_instream(network: &Network, today: &Today, largest: &[f64], outcome: &mut Outcome) {
    for at in network.instream.all() {
        award_instream(at, network, today, largest, outcome);
        let (claim, arc) = (at.claim as usize, network.arc_of(at));
        let capacity = today.capacity[arc];
        // A claim never held back got all that the arc can carry.
        let all = outcome.binding[claim] == Binding::Met && today.claim[claim] > capacity;
        if all || outcome.flow[arc] >= capacity {
            outcome.binding[claim] = Binding::Capacity(arc);
        }
    }
    for (claim, binding) in outcome.binding.iter_mut().enumerate() {
        if !short(today.claim[claim], outcome.award[claim]) {
            *binding = Binding::Met;
        }
    }
}

fn award(
    at: &ClaimAt,
    limit: Key,
    network: &Network,
    today: &Today,
    largest: &[f64],
    outcome: &mut Outcome,
) {
    let size = today.claim[at.claim as usize];
    if limit.rank > at.rank || size == 0.0 {
        return;
    }
    let (mut award, mut level) = (0.0, 0.0);
    if limit.rank == at.rank && at.alone {
        award = size * limit.level;
        if award >= size {
            return;
        }
        level = network.level_of(at, size, largest, award);
    } else if limit.rank == at.rank {
        let layers = network.layers(at, size, largest);
        let full = layers
            .as_slice()
            .last()
            .is_none_or(|top| limit.level >= top.to);
        (award, level) = (layers.award_at(limit.level), limit.level);
        if full || award >= size {
            return;
        }
    }
    outcome.award[at.claim as usize] = award;
    outcome.level[at.claim as usize] = level;
}

/// An in-stream claim gets what passes anyway, which may be more than its own class could demand.
fn award_instream(
    at: &ClaimAt,
    network: &Network,
    today: &Today,
    largest: &[f64],
    outcome: &mut Outcome,
) {
    let size = today.claim[at.claim as usize];
    let flow = outcome.flow[network.arc_of(at)];
    let (award, level) = if flow < size {
        (flow, network.level_of(at, size, largest, flow))
    } else {
        (size, f64::INFINITY)
    };
    outcome.award[at.claim as usize] = award;
    outcome.level[at.claim as usize] = level;
}
