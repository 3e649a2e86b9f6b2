//! Routing: the awards become water that moves, and every cubic metre is written once.

use super::Simulation;
use super::plan::Store;
use crate::allocation::Binding;
use crate::basin::Pumped;
use crate::error::{Error, Result};
use crate::ledger::{CLOSES_AT, Ledger};
use crate::units::Volume;

/// What left a reservoir on a day, and what stayed; m3.
pub(crate) struct Outflow {
    pub(crate) stored: f64,
    pub(crate) release: f64,
    /// What goes by the relief canal, beside what is sent there on purpose.
    relieved: f64,
    pub(crate) spill: f64,
    overtopped: f64,
}

impl Outflow {
    /// Parts a reservoir's water into what stays and what goes.
    ///
    /// What the allocation sends on is released, the rest stored as far as it fits. Water the
    /// allocation did not know of, such as spill from above, is held like any other. What does not
    /// fit leaves by the outlets as far as they are open, by the relief canal as far as it has
    /// room, over the spillway, and at last over the dam.
    pub(crate) fn of(
        store: &Store,
        water: f64,
        wanted: f64,
        ceiling: f64,
        room: f64,
        spillway: impl FnOnce() -> f64,
    ) -> Self {
        let release = wanted.min((water - store.dead).max(0.0));
        let mut outflow = Self {
            stored: water - release,
            release,
            relieved: 0.0,
            spill: 0.0,
            overtopped: 0.0,
        };
        let mut over = outflow.stored - store.full;
        if over <= 0.0 {
            return outflow;
        }
        let open = over.min((ceiling - release).max(0.0));
        outflow.release += open;
        outflow.stored = store.full;
        over -= open;
        outflow.relieved = over.min(room);
        over -= outflow.relieved;
        if over > 0.0 {
            let spillway = spillway();
            let held = store.surcharged(over, spillway);
            outflow.stored = (store.full + held).min(store.surcharge);
            outflow.spill = over - held;
            outflow.overtopped = (outflow.spill - spillway).max(0.0);
        }
        outflow
    }
}

impl Simulation<'_> {
    /// Moves the water from the heads to the mouth and books it.
    pub(super) fn route(&mut self) -> Result<()> {
        let plan = self.plan;
        for position in 0..plan.order.len() {
            let v = plan.order[position];
            if let Some(day) = self.wave.day[v] {
                self.route_node(v, day)?;
            }
        }
        self.book_claims();
        self.book_licences();
        self.book_pumps();
        Ok(())
    }

    /// What was lifted, and the energy of it.
    fn book_pumps(&mut self) {
        let plan = self.plan;
        let basin = &plan.model.basin;
        for (p, pump) in basin.pumps().iter().enumerate() {
            let node = match basin.pumped(p) {
                Pumped::Offtake(i) => plan.offtakes[i].node,
                Pumped::Canal(r) => plan.reaches[r].tail,
            };
            let Some(day) = self.wave.day[node] else {
                continue;
            };
            let lifted = match basin.pumped(p) {
                Pumped::Offtake(i) => self.ledger.offtakes.delivered.at(day, i),
                Pumped::Canal(r) => self.ledger.reaches.entered.at(day, r),
            };
            let energy = pump.energy_for(Volume::from_m3(lifted));
            self.ledger.pumps.lifted.note(day, p, lifted);
            self.ledger.pumps.energy.note(day, p, energy.kwh());
        }
    }

    fn route_node(&mut self, v: usize, day: usize) -> Result<()> {
        let plan = self.plan;
        let ways = &plan.ways[v];
        let mut arrived = 0.0;
        for &r in &ways.into {
            arrived += self.wave.arriving[r];
        }
        self.ledger.nodes.arrived.set(day, v, arrived);
        let journal = &self.ledger.nodes;
        let entered = journal.lateral.at(day, v) + journal.returned.at(day, v);
        // The antecedent flow is part of what reaches brought and of what reservoirs knew.
        let mut water = match ways.store {
            Some(k) => self.wave.known[k] + (arrived - self.wave.antecedent[v]),
            None => arrived + entered,
        };
        let start = ways.store.map_or(0.0, |k| self.state.storage[k]);
        let dead = ways.store.map_or(0.0, |k| plan.stores[k].dead);
        for &i in &ways.offtakes {
            let taken = self.withdraw(i, day, (water - dead).max(0.0));
            water -= taken;
        }
        let relief = ways.store.and_then(|k| plan.stores[k].relief);
        let mut by_relief = 0.0;
        for &r in &ways.canals {
            let most = (water - dead).max(0.0);
            let flow = self.solver.outcome().flow[r].min(most);
            water -= flow;
            if relief == Some(r) {
                by_relief = flow;
            } else {
                self.send(r, flow, day);
            }
        }
        if ways.store.is_none() && self.wave.loss[v] > 0.0 {
            let lost = self.wave.loss[v].min(water);
            water -= lost;
            let lateral = self.ledger.nodes.lateral.at(day, v);
            self.ledger.nodes.lateral.set(day, v, lateral - lost);
            self.ledger
                .nodes
                .unmet_loss
                .set(day, v, self.wave.loss[v] - lost);
        }
        if let Some(k) = ways.store {
            let room = relief.map_or(0.0, |r| plan.capacity(r, day) - by_relief);
            let outflow = self.part_storage(k, water, room.max(0.0));
            self.book_reservoir(k, day, arrived, &outflow);
            if let Some(r) = relief {
                self.send(r, by_relief + outflow.relieved, day);
            }
            water = outflow.release + outflow.spill;
        }
        if let Some(r) = ways.river {
            self.send(r, water, day);
        } else {
            self.ledger.nodes.left.set(day, v, water);
        }
        self.check_balance(v, day, start)
    }

    /// An offtake takes its awards, as far as there is water.
    fn withdraw(&mut self, i: usize, day: usize, water: f64) -> f64 {
        let plan = self.plan;
        let offtake = &plan.offtakes[i];
        let outcome = self.solver.outcome();
        let mut award = outcome.award[offtake.claim];
        let mut binding = self.binding(offtake.claim);
        for &(_, claim) in &offtake.owed {
            award += outcome.award[claim];
            // The senior claim's reason weighs more, where it too went short.
            if outcome.binding[claim] != Binding::Met {
                binding = self.binding(claim);
            }
        }
        // The parts of a demand that obligations claim may add up to more by rounding.
        let award = award.min(self.wave.demand[i]);
        let taken = award.min(water);
        let journal = &mut self.ledger.offtakes;
        journal.allocated.set(day, i, award);
        journal.delivered.set(day, i, taken);
        journal.binding.note(day, i, binding);
        if let Some(back) = offtake.returns {
            self.give_back(back, taken);
        }
        taken
    }

    /// Water that comes back to a node some waves later.
    pub(super) fn give_back(&mut self, back: usize, volume: f64) {
        let flow = &self.plan.returns[back];
        let slot = self.state.wave.rem_euclid(flow.waves as i64) as usize;
        self.state.returning[back][slot] += volume * flow.fraction;
    }

    /// Puts water into a reach. It arrives in the same wave, its travel time later, or waits in the
    /// channel of a routed one.
    pub(super) fn send(&mut self, r: usize, flow: f64, day: usize) {
        let reach = &self.plan.reaches[r];
        let mut between_banks = flow;
        if let Some((bankfull, back)) = reach.overflow
            && flow > bankfull
        {
            let over = flow - bankfull;
            between_banks -= over;
            self.ledger.reaches.overflowed.set(day, r, over);
            self.give_back(back, over);
        }
        let arrives = between_banks * reach.gain;
        self.ledger.reaches.entered.set(day, r, flow);
        self.ledger
            .reaches
            .lost
            .note(day, r, between_banks - arrives);
        if let Some(i) = reach.routed {
            self.enter_channel(i, day, arrives);
            return;
        }
        self.wave.arriving[r] = arrives;
        if let Some(later) = self.wave.day[reach.head] {
            self.ledger.reaches.arrived.set(later, r, arrives);
        }
    }

    fn part_storage(&self, k: usize, water: f64, room: f64) -> Outflow {
        let plan = self.plan;
        let store = &plan.stores[k];
        let river = plan.ways[store.node].river;
        let wanted = river.map_or(0.0, |r| self.solver.outcome().flow[r]);
        let ceiling = self.wave.ceiling[k];
        Outflow::of(store, water, wanted, ceiling, room, || self.spillway(k))
    }

    fn spillway(&self, k: usize) -> f64 {
        self.plan.spillway(k, self.state.storage[k])
    }

    pub(super) fn surcharged(&self, k: usize, over: f64) -> f64 {
        self.plan.stores[k].surcharged(over, self.spillway(k))
    }

    fn book_reservoir(&mut self, k: usize, day: usize, arrived: f64, outflow: &Outflow) {
        let reservoir = &self.plan.model.basin.reservoirs()[k];
        let start = self.state.storage[k];
        let journal = &mut self.ledger.reservoirs;
        journal.storage.set(day, k, outflow.stored);
        journal.release.set(day, k, outflow.release);
        journal.spill.note(day, k, outflow.spill);
        journal.overtopped.note(day, k, outflow.overtopped);
        let volume = Volume::from_m3;
        let made = reservoir.energy_of_day(
            self.plan.dates[day],
            (volume(start), volume(outflow.stored)),
            volume(outflow.release),
            volume(outflow.spill),
        );
        if let Some(energy) = made {
            journal.energy.set(day, k, energy.kwh());
        }
        self.state.storage[k] = outflow.stored;
        self.state.last_release[k] = outflow.release;
        self.state.last_inflow[k] = arrived;
    }

    /// What the journal says came to a node must be what it says went from it or stayed, or the
    /// run stops here. `start` is what was in store before.
    fn check_balance(&mut self, v: usize, day: usize, start: f64) -> Result<()> {
        let (came, went) = self.came_and_went(v, day, start);
        // What may yet be decided otherwise is counted when its day is over.
        if self.operational.is_none() {
            self.books[v].count(came, went);
        }
        if (came - went).abs() <= CLOSES_AT * (came + went) {
            return Ok(());
        }
        Err(self.does_not_close(v, day, came - went, came + went))
    }

    /// What the journal says came to a node and was in store, and what went from it or stayed.
    pub(super) fn came_and_went(&self, v: usize, day: usize, start: f64) -> (f64, f64) {
        let ways = &self.plan.ways[v];
        let Ledger {
            nodes,
            reaches,
            offtakes,
            reservoirs,
            ..
        } = &self.ledger;
        let lateral = nodes.lateral.at(day, v);
        let mut came = start + nodes.arrived.at(day, v) + nodes.returned.at(day, v);
        let mut went = (-lateral).max(0.0);
        came += lateral.max(0.0);
        if let Some(k) = ways.store {
            let unaccounted = reservoirs.unaccounted.at(day, k);
            came += reservoirs.rain.at(day, k) + unaccounted.max(0.0);
            went += reservoirs.evaporation.at(day, k) + reservoirs.seepage.at(day, k);
            went += (-unaccounted).max(0.0) + reservoirs.storage.at(day, k);
        }
        for &i in &ways.offtakes {
            went += offtakes.delivered.at(day, i);
        }
        for &r in ways.canals.iter().chain(&ways.river) {
            went += reaches.entered.at(day, r);
        }
        if ways.river.is_none() {
            went += nodes.left.at(day, v);
        }
        (came, went)
    }

    /// The same over the whole run: what days may lose to rounding must not add up.
    pub(super) fn check_run(&self) -> Result<()> {
        for (v, book) in self.books.iter().enumerate() {
            let residual = book.residual.value();
            if residual.abs() > CLOSES_AT * book.throughput {
                return Err(self.does_not_close(v, self.plan.days - 1, residual, book.throughput));
            }
        }
        Ok(())
    }

    fn does_not_close(&self, v: usize, day: usize, residual: f64, throughput: f64) -> Error {
        let node = &self.plan.model.basin.nodes()[v].id;
        Error::balance(node, self.plan.dates[day], residual, throughput)
    }

    /// What kept a claim from more, by the nodes and reaches of the basin: where water for a routed reach
    /// ran out, it did so at its tail.
    pub(super) fn binding(&self, claim: usize) -> Binding {
        let plan = self.plan;
        match self.solver.outcome().binding[claim] {
            Binding::Seniors(v) => Binding::Seniors(plan.places[v]),
            Binding::NoWater(v) => Binding::NoWater(plan.places[v]),
            Binding::Floor(arc) => Binding::Floor(plan.channels[arc]),
            Binding::Capacity(arc) => Binding::Capacity(plan.channels[arc]),
            Binding::Met => Binding::Met,
        }
    }
}
