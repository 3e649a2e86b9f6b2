//! Routing: the awards become water that moves, and every cubic metre is written once.

use super::Simulation;
use super::plan::{ClaimedAt, SECONDS_A_DAY};
use crate::basin::NodeKind;
use crate::error::{Error, Result};
use crate::ledger::CLOSES_AT;
use crate::units::Volume;

/// What left a reservoir on a day, and what stayed; m3.
struct Outflow {
    stored: f64,
    release: f64,
    spill: f64,
    overtopped: f64,
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
        Ok(())
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
        let held = water;
        let mut gone = 0.0;
        for &i in &ways.offtakes {
            let taken = self.withdraw(i, day, water);
            water -= taken;
            gone += taken;
        }
        for &r in &ways.canals {
            let flow = self.solver.outcome().flow[r].min(water);
            water -= flow;
            gone += flow;
            self.send(r, flow, day);
        }
        let mut lost = 0.0;
        if ways.store.is_none() && self.wave.loss[v] > 0.0 {
            lost = self.wave.loss[v].min(water);
            water -= lost;
            let lateral = self.ledger.nodes.lateral.at(day, v);
            self.ledger.nodes.lateral.set(day, v, lateral - lost);
            self.ledger
                .nodes
                .unmet_loss
                .set(day, v, self.wave.loss[v] - lost);
        }
        let mut stored = 0.0;
        if let Some(k) = ways.store {
            let outflow = self.part_storage(k, water);
            stored = outflow.stored;
            self.book_reservoir(k, day, arrived, &outflow);
            water = outflow.release + outflow.spill;
        }
        if let Some(r) = ways.river {
            self.send(r, water, day);
            gone += water;
        }
        self.check_balance(v, day, held, gone + stored + lost)
    }

    /// An offtake takes its awards, as far as there is water.
    fn withdraw(&mut self, i: usize, day: usize, water: f64) -> f64 {
        let offtake = &self.plan.offtakes[i];
        let outcome = self.solver.outcome();
        let mut award = outcome.award[offtake.claim];
        let mut binding = outcome.binding[offtake.claim];
        for &(_, claim) in &offtake.owed {
            award += outcome.award[claim];
            // The senior claim's reason weighs more, where it too went short.
            if outcome.binding[claim] != crate::allocation::Binding::Met {
                binding = outcome.binding[claim];
            }
        }
        let taken = award.min(water);
        let journal = &mut self.ledger.offtakes;
        journal.allocated.set(day, i, award);
        journal.delivered.set(day, i, taken);
        journal.binding.note(day, i, binding);
        if let Some(back) = offtake.returns {
            let flow = &self.plan.returns[back];
            let slot = self.state.wave.rem_euclid(flow.waves as i64) as usize;
            self.state.returning[back][slot] += taken * flow.fraction;
        }
        taken
    }

    /// Puts water into a reach; it arrives in the same wave, its travel time later.
    fn send(&mut self, r: usize, flow: f64, day: usize) {
        let reach = &self.plan.reaches[r];
        let arrives = flow * reach.gain;
        self.ledger.reaches.entered.set(day, r, flow);
        self.ledger.reaches.lost.note(day, r, flow - arrives);
        self.wave.arriving[r] = arrives;
        if let Some(later) = self.wave.day[reach.head] {
            self.ledger.reaches.arrived.set(later, r, arrives);
        }
    }

    /// Parts a reservoir's water into what stays and what goes.
    fn part_storage(&self, k: usize, water: f64) -> Outflow {
        let store = &self.plan.stores[k];
        let award = &self.solver.outcome().award;
        let base = self.wave.known[k].min(store.dead);
        let wishes: f64 = store.wish_claims.iter().map(|&c| award[c]).sum();
        let owed: f64 = store.owed.iter().map(|owed| award[owed.claim]).sum();
        let kept = base + award[store.refill_claim] + wishes + owed + award[store.keep_claim];
        let ceiling = self.wave.ceiling[k];
        let mut stored = kept.min(store.full).min(water);
        let out = water - stored;
        if out > ceiling {
            // Rounding of the awards must not look like spill: room below full supply comes first.
            stored += (out - ceiling).min(store.full - stored).max(0.0);
        }
        let mut excess = (water - stored - ceiling).max(0.0);
        let mut overtopped = 0.0;
        if excess > 0.0 {
            let reservoir = &self.plan.model.basin.reservoirs()[k];
            let start = Volume::from_m3(self.state.storage[k]);
            let spillway = reservoir.spill_capacity(start).m3s() * SECONDS_A_DAY;
            let held = (excess - spillway)
                .max(0.0)
                .min(store.surcharge - stored)
                .max(0.0);
            stored += held;
            excess -= held;
            overtopped = (excess - spillway).max(0.0);
        }
        let out = water - stored;
        let spill = excess.min(out);
        Outflow {
            stored,
            release: out - spill,
            spill,
            overtopped,
        }
    }

    fn book_reservoir(&mut self, k: usize, day: usize, arrived: f64, outflow: &Outflow) {
        let reservoir = &self.plan.model.basin.reservoirs()[k];
        let start = self.state.storage[k];
        let journal = &mut self.ledger.reservoirs;
        journal.storage.set(day, k, outflow.stored);
        journal.release.set(day, k, outflow.release);
        journal.spill.note(day, k, outflow.spill);
        journal.overtopped.note(day, k, outflow.overtopped);
        if let Some(plant) = &reservoir.power {
            let turbines = reservoir.turbine_capacity(Volume::from_m3(start));
            let turbined = outflow.release.min(turbines.m3s() * SECONDS_A_DAY);
            let mean = Volume::from_m3(0.5 * (start + outflow.stored));
            if let Some(level) = reservoir.level(mean) {
                let energy = plant.energy_of_day(Volume::from_m3(turbined), level);
                journal.energy.set(day, k, energy.kwh());
            }
        }
        self.state.storage[k] = outflow.stored;
        self.state.last_release[k] = outflow.release;
        self.state.last_inflow[k] = arrived;
    }

    /// All that was at a node went somewhere, or the run stops here.
    fn check_balance(&self, v: usize, day: usize, held: f64, mut out: f64) -> Result<()> {
        let plan = self.plan;
        let ways = &plan.ways[v];
        if ways.river.is_none() && plan.model.basin.nodes()[v].kind == NodeKind::Terminal {
            out += held;
        } else if ways.river.is_none() {
            // The end of a canal: what rounding left over goes no further.
            out = out.max(held);
        }
        let residual = held - out;
        let throughput = held + out;
        if residual.abs() <= CLOSES_AT * throughput {
            return Ok(());
        }
        let node = &plan.model.basin.nodes()[v].id;
        Err(Error::balance(
            node,
            self.ledger.date(day),
            residual,
            throughput,
        ))
    }

    /// What obligations claimed and got, and what came at their points so far.
    fn book_claims(&mut self) {
        let plan = self.plan;
        for (k, claiming) in plan.claiming.iter().enumerate() {
            let outcome = self.solver.outcome();
            let (day, awarded, binding, came) = match &claiming.place {
                ClaimedAt::Offtakes(members) => {
                    let Some(day) = self.wave.day[plan.offtakes[members[0]].node] else {
                        continue;
                    };
                    let (mut awarded, mut came) = (0.0, 0.0);
                    let mut binding = crate::allocation::Binding::Met;
                    for &i in members {
                        came += self.ledger.offtakes.delivered.at(day, i);
                        for &(number, claim) in &plan.offtakes[i].owed {
                            if number == k {
                                awarded += outcome.award[claim];
                                if outcome.binding[claim] != crate::allocation::Binding::Met {
                                    binding = outcome.binding[claim];
                                }
                            }
                        }
                    }
                    (day, awarded, binding, came)
                }
                &ClaimedAt::Stream {
                    reach,
                    at_head,
                    node,
                    claim,
                } => {
                    let Some(day) = self.wave.day[node] else {
                        continue;
                    };
                    let gain = if at_head {
                        plan.reaches[reach].gain
                    } else {
                        1.0
                    };
                    let came = if at_head {
                        self.ledger.reaches.arrived.at(day, reach)
                    } else {
                        self.ledger.reaches.entered.at(day, reach)
                    };
                    (
                        day,
                        outcome.award[claim] * gain,
                        outcome.binding[claim],
                        came,
                    )
                }
                &ClaimedAt::Storage { store, claim } => {
                    let Some(day) = self.wave.day[plan.stores[store].node] else {
                        continue;
                    };
                    (day, outcome.award[claim], outcome.binding[claim], 0.0)
                }
            };
            self.ledger.claims.awarded.set(day, k, awarded);
            self.ledger.claims.binding.note(day, k, binding);
            self.state.accounts[k].1 += came;
        }
    }
}
