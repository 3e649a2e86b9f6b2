//! The inflow that policies see ahead of them.

use std::ops::Range;

use super::Plan;
use super::channel::{self, Held};
use super::plan::SECONDS_A_DAY;
use crate::units::Flow;

/// Fills in the forecast of each reservoir whose policy looks ahead: that of the model, or where it
/// has none the unregulated inflow.
pub(super) fn fill(plan: &mut Plan) {
    let natural = Unregulated::new(plan).map(|mut natural| {
        natural.renew(plan, 0..plan.days, &plan.inflow);
        natural
    });
    for k in 0..plan.stores.len() {
        if plan.stores[k].horizon == 0 {
            continue;
        }
        if let Some(series) = &plan.model.forecast[k] {
            let series = series.values().iter();
            plan.stores[k].forecast = series.map(|&q| Flow::from_m3s(q)).collect();
        } else if let Some(inflow) = natural.as_ref().and_then(|natural| natural.of(k)) {
            plan.stores[k].forecast = inflow.to_vec();
        }
    }
}

/// What would pass if nobody diverted or stored anything, and canals were dry. Water over a bank is
/// gone.
#[derive(Debug)]
pub(super) struct Unregulated {
    /// By day and node, in m3.
    passing: Vec<f64>,
    /// By day: what arrives at the node at hand.
    arrived: Vec<f64>,
    /// By routed reach: the water in the channel before the first day that may yet change, and
    /// while that and later days are worked out.
    held: Vec<Held>,
    later: Vec<Held>,
    /// By reservoir and day: the inflow, for those who look ahead at it.
    inflow: Vec<Option<Vec<Flow>>>,
}

impl Unregulated {
    /// Nothing is known of it yet; and it is none where no policy looks at it.
    pub(super) fn new(plan: &Plan) -> Option<Self> {
        let stores = plan.stores.iter().zip(&plan.model.forecast);
        let looks = stores.map(|(store, given)| store.horizon > 0 && given.is_none());
        let inflow: Vec<Option<Vec<Flow>>> = looks
            .map(|looks| looks.then(|| vec![Flow::ZERO; plan.days]))
            .collect();
        if inflow.iter().all(Option::is_none) {
            return None;
        }
        let held = channel::first(&plan.routed, &plan.reaches);
        Some(Self {
            passing: vec![0.0; plan.days * plan.sizes.nodes],
            arrived: vec![0.0; plan.days],
            later: held.clone(),
            held,
            inflow,
        })
    }

    /// By day of the run: the inflow of a reservoir.
    pub(super) fn of(&self, k: usize) -> Option<&[Flow]> {
        self.inflow[k].as_deref()
    }

    /// Works out some days anew by a table of what enters by day and node. They must begin where the
    /// last ones did or a day later.
    pub(super) fn renew(&mut self, plan: &Plan, days: Range<usize>, inflow: &[f64]) {
        let n = plan.sizes.nodes;
        for &v in &plan.order {
            self.arrived[days.clone()].fill(0.0);
            let into = plan.ways[v].into.iter();
            for &r in into.filter(|&&r| plan.ways[plan.reaches[r].tail].river == Some(r)) {
                let reach = &plan.reaches[r];
                let bankfull = reach.overflow.map_or(f64::INFINITY, |(above, _)| above);
                let passing = &self.passing;
                let sent = |day: usize| passing[day * n + reach.tail].min(bankfull) * reach.gain;
                let Some(i) = reach.routed else {
                    for day in days.clone() {
                        let entered = day.checked_sub(reach.lag);
                        self.arrived[day] += entered.map_or(reach.antecedent, sent);
                    }
                    continue;
                };
                let routed = &plan.routed[i];
                let shortest = plan.model.basin.reaches()[r].shortest_lag() as usize;
                let later = &mut self.later[i];
                later.go_back_to(&self.held[i]);
                let mut entered = days.start.saturating_sub(shortest);
                for day in days.clone() {
                    // All that may arrive today has entered.
                    while entered + shortest <= day {
                        routed.enter(later, entered, sent(entered));
                        entered += 1;
                    }
                    self.arrived[day] += routed.leave(later, day);
                    if day == days.start {
                        self.held[i].go_back_to(later);
                    }
                }
            }
            for day in days.clone() {
                let at = day * n + v;
                self.passing[at] = (inflow[at] + self.arrived[day]).max(0.0);
            }
        }
        for (store, inflow) in plan.stores.iter().zip(&mut self.inflow) {
            for (day, inflow) in days
                .clone()
                .zip(inflow.iter_mut().flat_map(|i| &mut i[days.clone()]))
            {
                let volume = self.passing[day * n + store.node];
                *inflow = Flow::from_m3s(volume / SECONDS_A_DAY);
            }
        }
    }
}
