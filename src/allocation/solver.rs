//! The solver: one day's allocation, start to end.

use super::day::{DayError, Outcome, Today};
use super::flow::Flows;
use super::network::{ClaimAt, Network};
use super::reasons::{Binding, Reasons};
use super::sweep::Sweep;

/// Allocates day after day on one [`Network`], without allocating memory after [`Solver::new`].
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
    sweep: Sweep,
    flows: Flows,
    reasons: Reasons,
    outcome: Outcome,
}

impl Solver {
    /// Prepares to solve days of this network.
    pub fn new(network: &Network) -> Self {
        Self {
            largest: vec![0.0; network.rules.len()],
            sweep: Sweep::new(network),
            flows: Flows::new(network),
            reasons: Reasons::new(network),
            outcome: Outcome::new(network.nodes(), network.arcs(), network.claims()),
        }
    }

    /// Allocates one day.
    ///
    /// # Errors
    ///
    /// If a number in `today` is negative or not a number, or a supply or claim is infinite.
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
        if self.sweep.fits(network, today) {
            self.flows.run(network, today, &mut self.outcome);
        } else {
            self.share(network, today);
        }
        Ok(&self.outcome)
    }

    /// What the last day that was solved gave; before the first, nothing to anybody.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    fn share(&mut self, network: &Network, today: &Today) {
        self.measure(network, today);
        self.sweep.run(network, today, &self.largest);
        for at in &network.offstream {
            self.award(at, network, today);
        }
        self.flows.run(network, today, &mut self.outcome);
        for at in network.instream.all() {
            self.award_instream(at, network, today);
        }
        self.reasons
            .run(network, today, &self.sweep, &mut self.outcome);
    }

    fn measure(&mut self, network: &Network, today: &Today) {
        self.largest.fill(0.0);
        let all = network.offstream.iter().chain(network.instream.all());
        for at in all.filter(|at| !at.alone) {
            let largest = &mut self.largest[at.rank as usize - 1];
            *largest = largest.max(today.claim[at.claim as usize] / at.weight);
        }
    }

    fn award(&mut self, at: &ClaimAt, network: &Network, today: &Today) {
        let limit = self.sweep.limit(at.branch as usize);
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
            level = network.level_of(at, size, &self.largest, award);
        } else if limit.rank == at.rank {
            let layers = network.layers(at, size, &self.largest);
            let full = layers
                .as_slice()
                .last()
                .is_none_or(|top| limit.level >= top.to);
            (award, level) = (layers.award_at(limit.level), limit.level);
            if full || award >= size {
                return;
            }
        }
        self.outcome.award[at.claim as usize] = award;
        self.outcome.level[at.claim as usize] = level;
    }

    /// An in-stream claim gets what passes anyway, which may be more than its own class could demand.
    fn award_instream(&mut self, at: &ClaimAt, network: &Network, today: &Today) {
        let size = today.claim[at.claim as usize];
        let flow = self.outcome.flow[network.branches[at.branch as usize].arc as usize];
        if flow < size {
            self.outcome.award[at.claim as usize] = flow;
            self.outcome.level[at.claim as usize] = network.level_of(at, size, &self.largest, flow);
        }
    }
}
