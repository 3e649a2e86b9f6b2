//! Orders: what is wanted below a routed reach, asked for above it.

use std::collections::BTreeMap;

use super::Simulation;
use super::channel::Routed;
use super::claims::Claiming;
use super::plan::{Compiler, FIRST_CLASS, Plan, Ways};
use super::tributaries::Tributaries;
use crate::allocation::Place;
use crate::basin::Basin;

/// Who is asked through a routed reach, and on whose behalf.
#[derive(Clone, Debug)]
pub(crate) struct Orders {
    /// The nodes below, down to the next reservoirs, each with the reach that leads to it; in the
    /// order of the river.
    pub(super) below: Vec<(usize, usize)>,
    /// By class of the model: the claim at the reach's entry. None where nothing is below.
    pub(super) claims: Vec<usize>,
}

/// What orders look up, beside the claims themselves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wants {
    pub(super) tributaries: Tributaries,
    /// By claim of an obligation in a stream: its class of the model.
    stream_class: BTreeMap<usize, usize>,
    /// By claiming obligation: its class of the model.
    class: Vec<usize>,
    /// By offtake: its class of the model.
    offtake_class: Vec<usize>,
}

impl Orders {
    /// The orders through a reach, without claims yet.
    pub(super) fn new(basin: &Basin, ways: &[Ways], r: usize) -> Self {
        let mut via: Vec<Option<usize>> = vec![None; ways.len()];
        let head = basin.reach_ends(r).1;
        via[head] = Some(r);
        let mut below = Vec::new();
        for &v in basin.downstream_order() {
            let Some(by) = via[v] else { continue };
            if ways[v].store.is_some() {
                continue;
            }
            below.push((v, by));
            for &next in ways[v].canals.iter().chain(&ways[v].river) {
                via[basin.reach_ends(next).1] = Some(next);
            }
        }
        Self {
            below,
            claims: Vec::new(),
        }
    }

    /// Whether anything lies between the reach and the next reservoirs.
    pub(super) fn reach_anybody(&self) -> bool {
        !self.below.is_empty()
    }

    /// The offtakes they are for.
    pub(super) fn offtakes<'a>(&'a self, ways: &'a [Ways]) -> impl Iterator<Item = usize> + 'a {
        let at = |&(v, _): &(usize, usize)| ways[v].offtakes.iter().copied();
        self.below.iter().flat_map(at)
    }
}

impl Wants {
    pub(super) fn new(
        tributaries: Tributaries,
        stream_class: BTreeMap<usize, usize>,
        class: Vec<usize>,
        offtake_class: Vec<usize>,
    ) -> Self {
        Self {
            tributaries,
            stream_class,
            class,
            offtake_class,
        }
    }

    pub(super) fn tributaries(&self) -> &Tributaries {
        &self.tributaries
    }
}

impl Compiler<'_> {
    /// Claims for the orders through each routed reach.
    pub(super) fn orders(
        &mut self,
        routed: &[Routed],
        ways: &[Ways],
        claiming: &[Claiming],
        tributaries: Tributaries,
    ) -> (Vec<Orders>, Wants) {
        let (model, basin) = (self.model, self.basin);
        let class = |name: &str| usize::from(self.class(name) - FIRST_CLASS);
        let offtake_class: Vec<usize> = basin
            .offtakes()
            .iter()
            .map(|offtake| class(&offtake.class))
            .collect();
        let claim_class = claiming.iter().map(|claiming| {
            let agreement = &model.agreements[claiming.agreement];
            let claim = &agreement.obligations[claiming.obligation].claim;
            class(claim.as_ref().map_or("", |claim| &claim.class))
        });
        let claim_class: Vec<usize> = claim_class.collect();
        let streams = claiming.iter().zip(&claim_class);
        let streams = streams.filter_map(|(claiming, &class)| Some((claiming.stream()?.1, class)));
        let streams = streams.collect();
        let wants = Wants::new(tributaries, streams, claim_class, offtake_class.clone());
        let mut all = Vec::new();
        for routed in routed {
            let mut orders = Orders::new(basin, ways, routed.reach);
            if orders.reach_anybody() {
                for class in 0..model.classes.len() {
                    let members = orders.offtakes(ways).filter(|&i| offtake_class[i] == class);
                    let weights: f64 = members.map(|i| basin.offtakes()[i].weight).sum();
                    let number = FIRST_CLASS + class as u16;
                    // An order weighs as much as all for whom it is placed.
                    let weight = self.weight(number, if weights > 0.0 { weights } else { 1.0 });
                    let claim = self
                        .network
                        .claim(Place::Node(routed.entry), number, weight);
                    orders.claims.push(claim);
                }
            }
            all.push(orders);
        }
        (all, wants)
    }
}

impl Simulation<'_> {
    /// Places the day's orders through every routed reach.
    pub(super) fn place_orders(&mut self) {
        let plan = self.plan;
        for (i, routed) in plan.routed.iter().enumerate() {
            self.wave.ordered[i] = 0.0;
            let reach = &plan.reaches[routed.reach];
            let orders = &plan.orders[i];
            let Some(day) = self.wave.day[reach.tail].filter(|_| !orders.claims.is_empty()) else {
                continue;
            };
            self.date_wants(orders, routed.ordered_for(day));
            self.foresee(orders);
            let coming = routed.waiting_with(&self.state.channels[i], day);
            let mut ordered = 0.0;
            for (class, &claim) in orders.claims.iter().enumerate() {
                let asked = self.wanted_below(orders, routed.reach, class);
                let more = (asked - coming - ordered).max(0.0);
                self.today.claim[claim] = more;
                ordered += more;
            }
            self.wave.ordered[i] = ordered;
        }
    }

    /// The day on which water that is at the first node on `first` passes each node below.
    fn date_wants(&mut self, orders: &Orders, first: i64) {
        let plan = self.plan;
        self.wave.then.fill(i64::MAX);
        for (at, &(v, via)) in orders.below.iter().enumerate() {
            let reach = &plan.reaches[via];
            self.wave.then[v] = if at == 0 {
                first
            } else {
                let before = self.wave.then[reach.tail];
                match (reach.routed, usize::try_from(before)) {
                    (Some(i), Ok(day)) if day < plan.days => plan.routed[i].ordered_for(day),
                    _ => before + reach.lag as i64,
                }
            };
        }
    }

    /// What the classes down to one ask of a routed reach, as it is to arrive, net of what enters
    /// below by itself: it serves the senior classes first.
    fn wanted_below(&mut self, orders: &Orders, r: usize, class: usize) -> f64 {
        let plan = self.plan;
        let n = plan.sizes.nodes;
        for &(v, _) in orders.below.iter().rev() {
            let Some(day) = self.then(v) else {
                // Nobody knows what is wanted after the run.
                self.wave.below[v] = 0.0;
                continue;
            };
            let ways = &plan.ways[v];
            let through = |r: usize| {
                (self.asked_of(r) / plan.reaches[r].gain).min(self.wave.capacity_then[r])
            };
            let offtakes = ways.offtakes.iter();
            let mut wanted: f64 = offtakes.map(|&i| self.asked_by(i, class)).sum();
            wanted += ways.canals.iter().map(|&r| through(r)).sum::<f64>();
            let stream = self.asked_in_stream(&ways.streams, class);
            wanted += stream.max(ways.river.map_or(0.0, through));
            wanted = wanted.max(self.asked_in_stream(&ways.passing, class));
            if wanted > 0.0 {
                wanted = (wanted - self.inflow()[day * n + v]).max(0.0);
            }
            self.wave.below[v] = wanted;
        }
        self.asked_of(r)
    }

    /// What is asked of a reach for its head and all below, down to the next reservoirs.
    fn asked_of(&self, r: usize) -> f64 {
        let plan = self.plan;
        let head = plan.reaches[r].head;
        match self.then(head).filter(|_| plan.ways[head].store.is_none()) {
            Some(day) => {
                let wanted = self.wave.below[head];
                let sure = self.sure()[day * plan.sizes.nodes + head];
                plan.wants.tributaries.asked_of(r, wanted, sure)
            }
            None => 0.0,
        }
    }

    /// What an offtake will claim in the classes down to one: part of its demand in those of the
    /// obligations that claim for it.
    fn asked_by(&self, i: usize, class: usize) -> f64 {
        let wants = &self.plan.wants;
        let offtake = &self.plan.offtakes[i];
        let owed = offtake.owed.iter();
        let senior = owed.filter(|&&(k, _)| wants.class[k] <= class);
        let owed: f64 = senior.map(|&(_, claim)| self.wave.claim_then[claim]).sum();
        if wants.offtake_class[i] <= class {
            owed + self.wave.claim_then[offtake.claim]
        } else {
            owed
        }
    }

    /// The largest flow that obligations of the classes down to one will claim of one stream.
    fn asked_in_stream(&self, claims: &[usize], class: usize) -> f64 {
        let of = &self.plan.wants.stream_class;
        let senior = claims.iter().filter(|claim| of[claim] <= class);
        let flows = senior.map(|&claim| self.wave.claim_then[claim]);
        flows.fold(0.0, f64::max)
    }

    /// What is wanted beyond a reach, at its tail: by the order placed where it is routed, or else
    /// by what a table says of the node at its head.
    pub(super) fn beyond(&self, r: usize, at_head: &[f64]) -> f64 {
        let reach = &self.plan.reaches[r];
        let wanted = reach
            .routed
            .map_or(at_head[reach.head], |i| self.wave.ordered[i]);
        wanted / reach.gain
    }
}

impl Plan {
    /// What may be sent into a reach on purpose on a day of the run, in m3.
    pub(crate) fn capacity(&self, r: usize, day: usize) -> f64 {
        let reach = &self.reaches[r];
        reach
            .by_season
            .map_or(reach.capacity, |season| self.by_season[season].1[day])
    }
}
