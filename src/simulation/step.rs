//! The run: one wave after another.

use super::operational::{self, Operational};
use super::plan::{SECONDS_A_DAY, Store, Ways};
use super::{Plan, State};
use crate::allocation::{Solver, Today};
use crate::error::{Error, Result};
use crate::ledger::{Ledger, Sum};
use crate::operation::{Decision, ReservoirView};
use crate::units::{Flow, Volume};

/// A run of a plan: it owns its state and its ledger, and nothing else changes.
///
/// ```
/// # use riparian::{Plan, Simulation};
/// # fn look_every_day(plan: &Plan) -> riparian::Result<()> {
/// let mut run = Simulation::new(plan);
/// while run.step()? {
///     println!("{:?}", run.storages().collect::<Vec<_>>());
/// }
/// let ledger = run.into_ledger();
/// # let _ = ledger;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Simulation<'p> {
    pub(super) plan: &'p Plan,
    pub(super) state: State,
    pub(super) ledger: Ledger,
    pub(super) solver: Solver,
    pub(super) today: Today,
    decisions: Vec<Decision>,
    pub(super) wave: Wave,
    /// By node: its balance over the run so far.
    pub(super) books: Vec<Book>,
    /// Nothing for a run with perfect foresight.
    pub(super) operational: Option<Operational<'p>>,
}

/// The balance of a node over the days so far, in m3.
#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    pub(super) residual: Sum,
    pub(super) throughput: f64,
}

impl Book {
    pub(super) fn count(&mut self, came: f64, went: f64) {
        self.residual.add(came - went);
        self.throughput += came + went;
    }
}

/// The numbers of the wave at hand; all volumes in m3.
#[derive(Debug)]
pub(super) struct Wave {
    /// By node: the day of the run, or nothing where the node takes no part.
    pub(super) passes: Vec<Option<usize>>,
    /// By node: the same, or nothing where the day is past and the node is replayed.
    pub(super) day: Vec<Option<usize>>,
    /// By node: what the antecedent flow brings.
    pub(super) antecedent: Vec<f64>,
    /// By node: what arrives from nodes that are replayed.
    pub(super) sent: Vec<f64>,
    /// By node: the return flow due.
    returned: Vec<f64>,
    /// By node: the net loss that is to be taken there.
    pub(super) loss: Vec<f64>,
    /// By node: what is wanted from here on, losses on the way included.
    need: Vec<f64>,
    /// By node: what anybody here or beyond wants and no reservoir on the way has in store.
    wanted: Vec<f64>,
    /// By reservoir: storage after known gains and losses.
    pub(super) known: Vec<f64>,
    /// By reservoir: the most that is released on purpose.
    pub(super) ceiling: Vec<f64>,
    /// By reach: what arrives at its head.
    pub(super) arriving: Vec<f64>,
    /// By reach: what may be sent in on purpose, or what ceilings of agreements leave of it.
    pub(super) capacity: Vec<f64>,
    /// By offtake: its demand, or what ceilings of agreements leave of it.
    pub(super) demand: Vec<f64>,
    /// By routed reach: what is ordered through it, as it is to arrive.
    pub(super) ordered: Vec<f64>,
    /// By node below the routed reach at hand: the day its order is for there, and what is wanted.
    pub(super) then: Vec<i64>,
    pub(super) below: Vec<f64>,
    /// By claim and by reach below it: what will be claimed, and what may be sent in, on those days.
    pub(super) claim_then: Vec<f64>,
    pub(super) capacity_then: Vec<f64>,
}

impl<'p> Simulation<'p> {
    /// A run from the first day.
    pub fn new(plan: &'p Plan) -> Self {
        Self::with_state(plan, State::first(plan))
    }

    /// A run that goes on from a saved state.
    ///
    /// # Errors
    ///
    /// If the state does not fit the plan, or either is of an operational run
    /// ([`Error::is_state`]).
    pub fn resume(plan: &'p Plan, state: State) -> Result<Self> {
        state.check(plan)?;
        Ok(Self::with_state(plan, state))
    }

    fn with_state(plan: &'p Plan, state: State) -> Self {
        let ledger = Ledger::new(
            plan.window(),
            plan.sizes,
            plan.stores.iter().map(|s| s.initial).collect(),
            plan.initial_channels(),
        );
        Self::with_memory(plan, state, ledger, Solver::new(&plan.network))
    }

    /// A run from the first day in the memory of another that is over, of the same plan but for its
    /// [inputs](super::Inputs).
    pub(crate) fn reusing(plan: &'p Plan, (mut ledger, solver): (Ledger, Solver)) -> Self {
        let storage = plan.stores.iter().map(|s| s.initial).collect();
        ledger.renew(storage, plan.initial_channels());
        Self::with_memory(plan, State::first(plan), ledger, solver)
    }

    /// The memory of a run, for another.
    pub(crate) fn into_memory(self) -> (Ledger, Solver) {
        (self.ledger, self.solver)
    }

    fn with_memory(plan: &'p Plan, state: State, mut ledger: Ledger, solver: Solver) -> Self {
        let n = plan.sizes.nodes;
        let stores = plan.stores.len();
        let mut today = plan.network.today();
        let claims = today.claim.len();
        ledger.operations = operational::journal(plan);
        for (capacity, reach) in today.capacity.iter_mut().zip(&plan.reaches) {
            *capacity = reach.capacity;
        }
        Self {
            ledger,
            solver,
            today,
            decisions: plan.decisions(),
            wave: Wave {
                passes: vec![None; n],
                day: vec![None; n],
                antecedent: vec![0.0; n],
                sent: vec![0.0; n],
                returned: vec![0.0; n],
                loss: vec![0.0; n],
                need: vec![0.0; n],
                wanted: vec![0.0; n],
                known: vec![0.0; stores],
                ceiling: vec![0.0; stores],
                arriving: vec![0.0; plan.reaches.len()],
                capacity: plan.reaches.iter().map(|r| r.capacity).collect(),
                demand: vec![0.0; plan.offtakes.len()],
                ordered: vec![0.0; plan.routed.len()],
                then: vec![0; n],
                below: vec![0.0; n],
                claim_then: vec![0.0; claims],
                capacity_then: vec![0.0; plan.reaches.len()],
            },
            books: vec![Book::default(); n],
            operational: Operational::new(plan, &state),
            plan,
            state,
        }
    }

    /// What the run carries to the next wave. That of an operational run cannot be resumed: days to
    /// come are in it as they are expected.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What happened so far; in an operational run days to come stand there as they are expected.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// What happened so far, at the end of the run.
    pub fn into_ledger(self) -> Ledger {
        self.ledger
    }

    /// The storage of each reservoir now: after its day of the last wave, which in an operational run
    /// may be a day to come.
    pub fn storages(&self) -> impl Iterator<Item = Volume> + '_ {
        self.state.storage.iter().map(|&v| Volume::from_m3(v))
    }

    /// Puts a reservoir's storage to a value between steps: for what-if and data assimilation.
    /// The ledger shows the jump as a residual of the reservoir's balance.
    ///
    /// # Panics
    ///
    /// If there is no such reservoir, or the volume is negative, no number or over the surcharge
    /// limit; and in an operational run, where days to come would undo it.
    pub fn set_storage(&mut self, reservoir: usize, volume: Volume) {
        let operational = self.operational.is_some();
        assert!(
            !operational,
            "a storage put to a value in an operational run"
        );
        let limit = self.plan.stores[reservoir].surcharge;
        assert!(
            (0.0..=limit).contains(&volume.m3()),
            "a storage of {volume} in a reservoir of at most {limit} m3"
        );
        self.state.storage[reservoir] = volume.m3();
    }

    /// Runs to the end.
    ///
    /// # Errors
    ///
    /// As for [`Simulation::step`], and if the balance of a node does not close over the run.
    pub fn run(mut self) -> Result<Ledger> {
        self.run_on()?;
        Ok(self.ledger)
    }

    pub(crate) fn run_on(&mut self) -> Result<()> {
        while self.step()? {}
        self.check_run()
    }

    /// Advances by one wave, or in an operational run by one day; false when the run is over and
    /// nothing was done.
    ///
    /// # Errors
    ///
    /// If a release policy answers with something impossible ([`Error::is_policy`]), or a water
    /// balance does not close ([`Error::is_balance`]).
    pub fn step(&mut self) -> Result<bool> {
        if self.state.wave >= self.plan.days as i64 {
            return Ok(false);
        }
        if self.operational.is_some() {
            self.operate()?;
        } else {
            self.run_wave()?;
        }
        Ok(true)
    }

    /// Shares one wave, and moves its water.
    pub(super) fn run_wave(&mut self) -> Result<()> {
        self.begin();
        self.known_water();
        self.claims();
        self.place_orders();
        self.ask_policies()?;
        self.claim_losses();
        if self.operational.is_some() {
            self.count_sent();
        }
        self.certain_spill();
        self.solver
            .solve(&self.plan.network, &self.today)
            .map_err(|fault| Error::state(format!("the day cannot be allocated: {fault}")))?;
        self.route()?;
        self.record_orders();
        self.state.wave += 1;
        if self.state.wave == self.plan.days as i64 {
            self.measure_channels();
        }
        Ok(())
    }

    /// Which nodes take part, and what reaches and returns bring them.
    fn begin(&mut self) {
        let plan = self.plan;
        let open = self.first_open_day();
        let wave = &mut self.wave;
        for v in 0..plan.sizes.nodes {
            let day = plan.day_at(self.state.wave, v);
            wave.passes[v] = usize::try_from(day).ok().filter(|&d| d < plan.days);
            wave.day[v] = wave.passes[v].filter(|&d| d >= open);
        }
        wave.sent.fill(0.0);
        wave.antecedent.fill(0.0);
        wave.returned.fill(0.0);
        wave.loss.fill(0.0);
        wave.arriving.fill(0.0);
        // Leads are not negative: from wave 0 on, no tail is before its first day.
        let reaches = if self.state.wave < 0 {
            &plan.reaches[..]
        } else {
            &[]
        };
        for (r, reach) in reaches.iter().enumerate() {
            let before = plan.day_at(self.state.wave, reach.tail) < 0 && reach.routed.is_none();
            if let Some(day) = wave.day[reach.head].filter(|_| before) {
                wave.arriving[r] = reach.antecedent;
                wave.antecedent[reach.head] += reach.antecedent;
                self.ledger.reaches.arrived.set(day, r, reach.antecedent);
            }
        }
        for (i, routed) in plan.routed.iter().enumerate() {
            let reach = &plan.reaches[routed.reach];
            // Beyond the entry is nothing but what is certain to be sent there.
            self.today.supply[routed.entry] = 0.0;
            let Some(day) = wave.passes[reach.head] else {
                continue;
            };
            let flow = routed.leave(&mut self.state.channels[i], day);
            if wave.day[reach.head].is_some() {
                wave.arriving[routed.reach] = flow;
                wave.antecedent[reach.head] += flow;
                self.ledger.reaches.arrived.set(day, routed.reach, flow);
            }
        }
        for (r, capacity) in &plan.by_season {
            if let Some(day) = wave.day[plan.reaches[*r].tail] {
                wave.capacity[*r] = capacity[day];
                self.today.capacity[*r] = capacity[day];
            }
        }
        for (back, held) in plan.returns.iter().zip(&mut self.state.returning) {
            let slot = self.state.wave.rem_euclid(back.waves as i64) as usize;
            let due = std::mem::take(&mut held[slot]);
            if wave.day[back.to].is_some() {
                wave.returned[back.to] += due;
            }
        }
        self.today.claim.fill(0.0);
        if open > 0 {
            self.replay();
        }
    }

    /// Inflows, returns, and what reservoirs gain and lose whatever anybody wants.
    fn known_water(&mut self) {
        let plan = self.plan;
        let n = plan.sizes.nodes;
        for v in 0..n {
            let Some(day) = self.wave.day[v] else {
                self.today.supply[v] = 0.0;
                continue;
            };
            let lateral = self.inflow()[day * n + v];
            let entering = lateral.max(0.0) + self.wave.returned[v] + self.wave.antecedent[v];
            self.ledger
                .nodes
                .returned
                .note(day, v, self.wave.returned[v]);
            if let Some(k) = plan.ways[v].store {
                self.known_storage(k, day, lateral, entering);
            } else {
                self.today.supply[v] = entering;
                self.wave.loss[v] = (-lateral).max(0.0);
                self.ledger.nodes.lateral.set(day, v, lateral.max(0.0));
            }
        }
    }

    /// A reservoir's known day: gains first, then losses as far as there is water.
    fn known_storage(&mut self, k: usize, day: usize, lateral: f64, entering: f64) {
        let store = &self.plan.stores[k];
        let v = store.node;
        let start = self.state.storage[k];
        let area = self.plan.model.basin.reservoirs()[k]
            .curve
            .as_ref()
            .map_or(0.0, |curve| curve.area(Volume::from_m3(start)).m2());
        let rain = store.rain.as_ref().map_or(0.0, |depth| depth[day] * area);
        let unaccounted = store.unaccounted.as_ref().map_or(0.0, |term| term[day]);
        let mut have = start + entering + rain + unaccounted.max(0.0);
        let mut take = |wanted: f64| {
            let taken = wanted.min(have);
            have -= taken;
            taken
        };
        let lost = take((-lateral).max(0.0));
        let vanished = take((-unaccounted).max(0.0));
        let evaporation = take(store.evaporation[day] * area);
        let seepage = take(store.seepage * area);
        self.wave.known[k] = have;
        let base = have.min(store.dead);
        self.today.supply[v] = have - base;
        self.today.claim[store.refill_claim] = store.dead - base;
        let journal = &mut self.ledger.reservoirs;
        journal.rain.note(day, k, rain);
        journal.evaporation.note(day, k, evaporation);
        journal.seepage.note(day, k, seepage);
        journal
            .unaccounted
            .note(day, k, unaccounted.max(0.0) - vanished);
        self.ledger
            .nodes
            .lateral
            .set(day, v, lateral.max(0.0) - lost);
        let unmet = (-lateral).max(0.0) - lost + (-unaccounted).max(0.0) - vanished;
        self.ledger.nodes.unmet_loss.note(day, v, unmet);
    }

    /// Asks each operator, and turns the answers into claims and capacities.
    fn ask_policies(&mut self) -> Result<()> {
        let plan = self.plan;
        if plan.stores.iter().any(|store| store.sees_demand) {
            self.find_need();
        }
        for (k, store) in plan.stores.iter().enumerate() {
            let Some(day) = self.wave.day[store.node] else {
                self.wave.ceiling[k] = f64::INFINITY;
                continue;
            };
            let mut decision = std::mem::replace(&mut self.decisions[k], Decision::with_wishes(0));
            let view = self.view(k, day);
            let min_release = view.min_release;
            decision.reset(min_release, view.max_release);
            plan.model.policies[k].decide(&view, &mut decision);
            if let Some(fault) = infeasible(&view, &decision) {
                let name = plan.model.policies[k].name();
                let reservoir = &plan.model.basin.reservoirs()[k].node;
                return Err(Error::policy(
                    reservoir,
                    view.date,
                    format!("`{name}` {fault}"),
                ));
            }
            let (mut before_all, mut ceiling) = decision.volumes();
            if let Some(claim) = store.release_claim {
                self.today.claim[claim] = before_all;
                before_all = before_all.min(min_release.m3s() * SECONDS_A_DAY);
            }
            self.today.claim[store.floor_claim] = before_all;
            if let Some(river) = plan.ways[store.node].river {
                ceiling = ceiling.min(self.wave.capacity[river]);
                self.today.capacity[river] = ceiling;
            }
            self.wave.ceiling[k] = ceiling;
            self.ledger.reservoirs.ceiling.set(day, k, ceiling);
            self.decisions[k] = decision;
            self.claim_storage(k, day);
        }
        Ok(())
    }

    fn view(&self, k: usize, day: usize) -> ReservoirView<'_> {
        let store = &self.plan.stores[k];
        let flow = |volume: f64| Flow::from_m3s(volume / SECONDS_A_DAY);
        let ahead = day + store.horizon.min(self.plan.days - day);
        let seen = Seen {
            storage: Volume::from_m3(self.state.storage[k]),
            available: Volume::from_m3(self.wave.known[k]),
            entered: flow(
                self.ledger.nodes.lateral.at(day, store.node) + self.wave.antecedent[store.node],
            ),
            forecast: self.forecast(k, day..ahead),
            last_inflow: flow(self.state.last_inflow[k]),
            last_release: flow(self.state.last_release[k]),
            demand: flow(if store.sees_demand {
                self.wave.need[store.node]
            } else {
                0.0
            }),
        };
        self.plan.view(k, day, seen)
    }

    /// The wishes of policy and obligations to keep water, as claims that do not overlap: a layer
    /// of storage that several want belongs to the most senior of them. What is left up to full
    /// supply is kept if nobody else wants it.
    fn claim_storage(&mut self, k: usize, day: usize) {
        let plan = self.plan;
        let store = &plan.stores[k];
        let mut kept = 0.0;
        for (at, owed) in store.owed.iter().enumerate() {
            let target = self
                .storage_due(owed.claiming, day)
                .clamp(store.dead, store.full);
            let mut bottom = store.dead;
            for (other_at, other) in store.owed.iter().enumerate() {
                if (other.class, other_at) < (owed.class, at) {
                    bottom = bottom.max(self.storage_due(other.claiming, day).min(store.full));
                }
            }
            let mut size = (target - bottom).max(0.0);
            let mut zone = store.dead;
            for (wish, &class) in store.wish_classes.iter().enumerate() {
                let top = zone + self.decisions[k].keep[wish].m3();
                if class <= owed.class {
                    size -= (top.min(target) - zone.max(bottom)).max(0.0);
                }
                zone = top;
            }
            self.today.claim[owed.claim] = size.max(0.0);
            self.ledger
                .claims
                .claimed
                .set(day, owed.claiming, size.max(0.0));
            kept += size.max(0.0);
        }
        let mut zone = store.dead;
        for (wish, &claim) in store.wish_claims.iter().enumerate() {
            let class = store.wish_classes[wish];
            let top = zone + self.decisions[k].keep[wish].m3();
            let mut bottom = zone;
            for owed in &store.owed {
                if owed.class < class {
                    bottom = bottom.max(self.storage_due(owed.claiming, day).min(store.full));
                }
            }
            self.today.claim[claim] = (top - bottom).max(0.0);
            kept += (top - bottom).max(0.0);
            zone = top;
        }
        self.today.claim[store.keep_claim] = (store.full - store.dead - kept).max(0.0);
    }

    /// What is wanted at each node and beyond it, down to the next reservoirs, net of what enters
    /// on the way.
    fn find_need(&mut self) {
        let plan = self.plan;
        for &v in plan.order.iter().rev() {
            let ways = &plan.ways[v];
            let mut need = self.wave.loss[v] + self.wanted_by_offtakes(ways);
            for &r in &ways.canals {
                need += self.need_through(r);
            }
            let below = ways.river.map_or(0.0, |r| self.need_through(r));
            let below = self.instream(&ways.streams).max(below);
            self.wave.need[v] = if ways.store.is_some() {
                below
            } else {
                let passes = (need + below).max(self.instream(&ways.passing));
                (passes - self.today.supply[v]).max(0.0)
            };
        }
    }

    fn need_through(&self, r: usize) -> f64 {
        let reach = &self.plan.reaches[r];
        if reach.feeds_river || self.plan.ways[reach.head].store.is_some() {
            0.0
        } else {
            self.beyond(r, &self.wave.need).min(self.wave.capacity[r])
        }
    }

    /// The largest of claims in one stream.
    fn instream(&self, claims: &[usize]) -> f64 {
        let claims = claims.iter().map(|&claim| self.today.claim[claim]);
        claims.fold(0.0, f64::max)
    }

    /// Net losses are senior claims where water must pass them for somebody beyond whom no
    /// reservoir on the way can serve; elsewhere they take what is there and draw on no reservoir.
    fn claim_losses(&mut self) {
        let plan = self.plan;
        if plan.loss_claim.iter().all(Option::is_none) {
            return;
        }
        for &v in plan.order.iter().rev() {
            let ways = &plan.ways[v];
            let through = |r: usize| self.beyond(r, &self.wave.wanted);
            let mut stream = self
                .instream(&ways.streams)
                .max(ways.river.map_or(0.0, through));
            let mut wanted = ways.canals.iter().map(|&r| through(r)).sum::<f64>();
            wanted += self.wanted_by_offtakes(ways);
            if let Some(k) = ways.store {
                let store = &plan.stores[k];
                for claim in [Some(store.floor_claim), store.release_claim] {
                    stream = stream.max(claim.map_or(0.0, |claim| self.today.claim[claim]));
                }
                wanted += self.wanted_in_store(store) - self.today.supply[v];
            }
            wanted = (wanted + stream).max(0.0);
            if let Some(claim) = plan.loss_claim[v].filter(|_| wanted > 0.0) {
                self.today.claim[claim] = self.wave.loss[v];
                wanted += self.wave.loss[v];
            }
            self.wave.wanted[v] = wanted.max(self.instream(&ways.passing));
        }
    }

    /// All claims of the offtakes of a node, those of obligations included.
    fn wanted_by_offtakes(&self, ways: &Ways) -> f64 {
        let claim = |claim: usize| self.today.claim[claim];
        let of = |&i: &usize| {
            let offtake = &self.plan.offtakes[i];
            let owed = offtake.owed.iter().map(|&(_, owed)| claim(owed));
            claim(offtake.claim) + owed.sum::<f64>()
        };
        ways.offtakes.iter().map(of).sum()
    }

    /// What dead storage, policy and obligations want to see in a reservoir at the day's end,
    /// beyond the water no outlet reaches.
    fn wanted_in_store(&self, store: &Store) -> f64 {
        let claim = |claim: usize| self.today.claim[claim];
        let wishes = store.wish_claims.iter().map(|&wish| claim(wish));
        let owed = store.owed.iter().map(|owed| claim(owed.claim));
        claim(store.refill_claim) + wishes.sum::<f64>() + owed.sum::<f64>()
    }

    /// Water that no reservoir can hold even if every claim takes its full share is on the river
    /// for certain: it becomes supply below the dam, beside what is released on purpose.
    fn certain_spill(&mut self) {
        let plan = self.plan;
        if self
            .wave
            .ceiling
            .iter()
            .all(|ceiling| ceiling.is_infinite())
        {
            return;
        }
        // From the mouth up: all that is claimed at a node and beyond it.
        for &v in plan.order.iter().rev() {
            let ways = &plan.ways[v];
            let beyond: f64 = ways
                .canals
                .iter()
                .chain(&ways.river)
                .map(|&r| self.beyond(r, &self.wave.need))
                .sum();
            self.wave.need[v] = beyond + self.claimed_here(v);
        }
        // From the head down: what is left over whatever they take.
        for &v in &plan.order {
            let ways = &plan.ways[v];
            let arriving: f64 = ways.into.iter().map(|&r| self.wave.arriving[r]).sum();
            let by_canals: f64 = ways
                .canals
                .iter()
                .map(|&r| self.beyond(r, &self.wave.need).min(self.wave.capacity[r]))
                .sum();
            let decided = arriving - self.wave.antecedent[v] - self.wave.sent[v];
            let surely = decided + self.today.supply[v];
            let left = (surely - self.claimed_here(v) - by_canals).max(0.0);
            let Some(river) = ways.river else { continue };
            let reach = &plan.reaches[river];
            // No more than that is sure to stay in the river.
            let mut room = reach
                .overflow
                .map_or(f64::INFINITY, |(bankfull, _)| bankfull);
            let mut on = left;
            if let Some(k) = ways.store.filter(|_| self.wave.day[v].is_some()) {
                let over = (left - self.wave.ceiling[k]).max(0.0);
                let relieved = over.min(self.relief_room(k));
                let over = over - relieved;
                let held = self.surcharged(k, over);
                let spill = (over - held).min(self.today.supply[v]);
                self.today.supply[v] -= spill;
                // Before anything is spilled, what may be released is.
                let spilled = spill.min((room - self.wave.ceiling[k]).max(0.0));
                room -= spilled;
                if let Some(i) = reach.routed {
                    self.today.supply[plan.routed[i].entry] += spilled * reach.gain;
                } else if self.wave.day[reach.head].is_some() {
                    self.today.supply[reach.head] += spilled * reach.gain;
                }
                // The rest goes on as ordinary flow.
                on -= relieved + held + spill;
            }
            if reach.routed.is_none() {
                self.wave.arriving[river] += on.min(room) * reach.gain;
            }
        }
    }

    /// What a reservoir's relief canal takes beside all that is wanted beyond it.
    fn relief_room(&self, k: usize) -> f64 {
        let store = &self.plan.stores[k];
        let (Some(r), Some(day)) = (store.relief, self.wave.day[store.node]) else {
            return 0.0;
        };
        (self.plan.capacity(r, day) - self.beyond(r, &self.wave.need)).max(0.0)
    }

    /// All that is taken out at a node if every claim there is served in full.
    fn claimed_here(&self, v: usize) -> f64 {
        let ways = &self.plan.ways[v];
        let kept = ways.store.map_or(0.0, |k| {
            let store = &self.plan.stores[k];
            self.wanted_in_store(store) + self.today.claim[store.keep_claim]
        });
        self.wave.loss[v] + self.wanted_by_offtakes(ways) + kept
    }
}

/// The part of a [`ReservoirView`] that a run knows.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) storage: Volume,
    pub(crate) available: Volume,
    pub(crate) entered: Flow,
    pub(crate) forecast: &'a [Flow],
    pub(crate) last_inflow: Flow,
    pub(crate) last_release: Flow,
    pub(crate) demand: Flow,
}

impl Plan {
    /// What the policy of a reservoir sees on a day.
    pub(crate) fn view<'a>(&'a self, k: usize, day: usize, seen: Seen<'a>) -> ReservoirView<'a> {
        let store = &self.stores[k];
        let reservoir = &self.model.basin.reservoirs()[k];
        let date = self.dates[day];
        let level = reservoir.level(seen.storage);
        let (min_release, max_release) =
            reservoir.release_limits_at(date, level, seen.last_release);
        ReservoirView {
            reservoir,
            date,
            storage: seen.storage,
            available: seen.available,
            dead: Volume::from_m3(store.dead),
            full: Volume::from_m3(store.full),
            level,
            entered: seen.entered,
            forecast: seen.forecast,
            last_inflow: seen.last_inflow,
            last_release: seen.last_release,
            min_release,
            max_release,
            demand: seen.demand,
        }
    }

    /// For each reservoir a decision of its policy, to be made.
    pub(crate) fn decisions(&self) -> Vec<Decision> {
        let wishes = self.stores.iter().map(|store| store.wish_claims.len());
        wishes.map(Decision::with_wishes).collect()
    }
}

/// What is impossible about a decision, if anything.
pub(crate) fn infeasible(view: &ReservoirView, decision: &Decision) -> Option<String> {
    let (floor, ceiling) = (decision.floor, decision.ceiling);
    if !floor.is_finite() || ceiling.m3s().is_nan() {
        return Some(format!("wants {floor} to {ceiling}"));
    }
    if floor > ceiling {
        return Some(format!("wants at least {floor} and at most {ceiling}"));
    }
    if floor < view.min_release {
        let least = view.min_release;
        return Some(format!(
            "wants {floor}, below the minimum release of {least}"
        ));
    }
    if ceiling > view.max_release {
        let most = view.max_release;
        return Some(format!(
            "wants {ceiling}, above what can be released, {most}"
        ));
    }
    let wish = decision
        .keep
        .iter()
        .find(|v| !v.is_finite() || **v < Volume::ZERO);
    if let Some(volume) = wish {
        return Some(format!("wants to keep {volume}"));
    }
    let (room, kept) = (view.full - view.dead, sum(&decision.keep));
    // Zones that fill the reservoir may add up to more by rounding.
    (kept > room * (1.0 + 1e-12))
        .then(|| format!("wants to keep {kept} where {room} fit above dead storage"))
}

fn sum(volumes: &[Volume]) -> Volume {
    volumes
        .iter()
        .fold(Volume::ZERO, |sum, &volume| sum + volume)
}
