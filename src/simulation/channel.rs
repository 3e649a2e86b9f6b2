//! Water in routed reaches: parcels that wait for their lag, and what stands in storage.

use serde::{Deserialize, Serialize};

use super::plan::{Channel, Compiler, Return, SECONDS_A_DAY};
use super::{Plan, Simulation};
use crate::basin::routing::Stores;
use crate::basin::{Basin, Reach};
use crate::calendar::{Window, checked_date_of};
use crate::model::Model;

/// A routed reach in numbers: what is known of it before any water flows.
#[derive(Clone, Debug)]
pub(crate) struct Routed {
    pub(crate) reach: usize,
    /// The node of the allocation's network where the reach's water leaves it.
    pub(crate) entry: usize,
    /// How many days before the run the table of arrivals begins.
    before: usize,
    /// By day of entry: the day on which the parcel's lag ends. It never falls.
    arrival: Vec<i64>,
    /// Places for parcels that wait.
    slots: usize,
    stores: Option<Stores>,
    /// The mean time in storage, in whole days.
    delay: i64,
}

/// What a routed reach holds, in m3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Held {
    /// By day of arrival, counted round: parcels whose lag is not over.
    waiting: Vec<f64>,
    /// By reservoir, from the first.
    stored: Vec<f64>,
}

impl Routed {
    pub(crate) fn new(basin: &Basin, r: usize, entry: usize, run: Window) -> Self {
        let reach = &basin.reaches()[r];
        let (tail, head) = basin.reach_ends(r);
        let longest = reach.longest_lag() as usize;
        // Between a wave's day at the head and the last day on which its water arrives.
        let span = i64::from(basin.lead(tail)) - i64::from(basin.lead(head)) + longest as i64;
        let stores = reach.routing.stores().expect("a checked basin");
        Self {
            reach: r,
            entry,
            before: longest,
            arrival: arrivals(reach, longest, run),
            slots: longest.max(usize::try_from(span).unwrap_or(0)).max(1),
            stores,
            delay: reach.routing.delay_days().round() as i64,
        }
    }

    /// The day on which the lag of a parcel ends that enters on a day of the run.
    fn arrives(&self, day: usize) -> i64 {
        self.arrival[self.before + day]
    }

    /// The day for which an order is placed on a day of the run.
    pub(super) fn ordered_for(&self, day: usize) -> i64 {
        self.arrives(day) + self.delay
    }

    /// No order is for a later day than so many after it is placed.
    pub(super) fn longest(&self, basin: &Basin) -> i64 {
        i64::from(basin.reaches()[self.reach].longest_lag()) + self.delay
    }

    fn slot(&self, arrival: i64) -> usize {
        arrival.rem_euclid(self.slots as i64) as usize
    }

    /// The channel before the first day, if the same volume entered on every day before.
    pub(super) fn steady(&self, a_day: f64) -> Held {
        let stores = self.stores.iter();
        let mut held = Held {
            waiting: vec![0.0; self.slots],
            stored: stores
                .flat_map(|stores| vec![stores.steady(a_day); stores.count()])
                .collect(),
        };
        for &arrival in &self.arrival[..self.before] {
            if arrival >= 0 {
                held.waiting[self.slot(arrival)] += a_day;
            }
        }
        held
    }

    /// Whether what is held was held by a reach like this.
    pub(super) fn fits(&self, held: &Held) -> bool {
        let stores = self.stores.as_ref().map_or(0, Stores::count);
        held.waiting.len() == self.slots && held.stored.len() == stores
    }

    /// Water enters on a day of the run.
    pub(super) fn enter(&self, held: &mut Held, day: usize, volume: f64) {
        held.waiting[self.slot(self.arrives(day))] += volume;
    }

    /// What waits to arrive together with a parcel that enters on a day of the run.
    pub(super) fn waiting_with(&self, held: &Held, day: usize) -> f64 {
        held.waiting[self.slot(self.arrives(day))]
    }

    /// What leaves on each of so many days of the run, if so much enters on each and the same volume
    /// entered on every day before.
    #[cfg(feature = "planner")]
    pub(crate) fn through(
        &self,
        basin: &Basin,
        before: f64,
        days: usize,
        entering: impl Fn(usize) -> f64,
    ) -> Vec<f64> {
        let shortest = basin.reaches()[self.reach].shortest_lag() as usize;
        let mut held = self.steady(before);
        let mut entered = 0;
        let mut leaves = |day: usize| {
            // All that may arrive today has entered.
            while entered + shortest <= day {
                self.enter(&mut held, entered, entering(entered));
                entered += 1;
            }
            self.leave(&mut held, day)
        };
        (0..days).map(&mut leaves).collect()
    }

    /// The water that leaves on a day: once a day, in order.
    pub(super) fn leave(&self, held: &mut Held, day: usize) -> f64 {
        let slot = self.slot(day as i64);
        let flow = std::mem::take(&mut held.waiting[slot]);
        match &self.stores {
            Some(stores) => stores.route(&mut held.stored, flow),
            None => flow,
        }
    }
}

impl Held {
    /// Becomes the same as another state of the channel, in the memory it has.
    pub(super) fn go_back_to(&mut self, other: &Self) {
        let Self { waiting, stored } = other;
        self.waiting.clone_from(waiting);
        self.stored.clone_from(stored);
    }

    /// All of it.
    pub(super) fn volume(&self) -> f64 {
        let parts = self.waiting.iter().chain(&self.stored).copied();
        parts.collect::<crate::ledger::Sum>().value()
    }
}

/// The ends of the lags of parcels that enter from so many days before the run to its end: no parcel
/// overtakes another.
fn arrivals(reach: &Reach, before: usize, run: Window) -> Vec<i64> {
    let mut last = i64::MIN;
    let days = -(before as i64)..run.days() as i64;
    let ends = days.map(|day| {
        let date = checked_date_of(run.from(), day).unwrap_or(run.from());
        last = last.max(day + i64::from(reach.lag_on(date)));
        last
    });
    ends.collect()
}

/// The capacity of a reach by day, in m3, if it changes with the seasons or begins on a day.
fn changing_capacity(reach: &Reach, run: Window) -> Option<Vec<f64>> {
    reach.changes_capacity().then(|| {
        run.iter()
            .map(|date| capacity(reach.capacity_on(date)))
            .collect()
    })
}

/// The capacity of a reach out of season, in m3 a day.
pub(super) fn ordinary_capacity(reach: &Reach) -> f64 {
    let bankfull = reach.overflow.as_ref().map(|overflow| overflow.above);
    capacity(reach.capacity).min(capacity(bankfull))
}

fn capacity(flow: Option<crate::units::Flow>) -> f64 {
    flow.map_or(f64::INFINITY, |q| q.m3s() * SECONDS_A_DAY)
}

/// Water over a bank goes like a return flow, as soon as the waves allow.
pub(super) fn overflows(basin: &Basin, reaches: &mut [Channel], returns: &mut Vec<Return>) {
    for (r, reach) in reaches.iter_mut().enumerate() {
        let (Some(overflow), Some(to)) = (&basin.reaches()[r].overflow, basin.overflow_node(r))
        else {
            continue;
        };
        let earlier = i64::from(basin.lead(reach.tail)) - i64::from(basin.lead(to));
        let waves = usize::try_from(earlier + 1).unwrap_or(0).max(1);
        reach.overflow = Some((overflow.above.m3s() * SECONDS_A_DAY, returns.len()));
        returns.push(Return {
            to,
            fraction: 1.0,
            waves,
        });
    }
}

/// The capacities that are not the same on all days.
pub(super) fn by_season(model: &Model, reaches: &mut [Channel]) -> Vec<(usize, Vec<f64>)> {
    let mut by_season = Vec::new();
    for (r, reach) in reaches.iter_mut().enumerate() {
        let declared = &model.basin.reaches()[r];
        if let Some(capacity) = changing_capacity(declared, model.window) {
            reach.by_season = Some(by_season.len());
            by_season.push((r, capacity));
        }
    }
    by_season
}

/// The water in the channels before the first day, by routed reach.
pub(super) fn first(routed: &[Routed], reaches: &[Channel]) -> Vec<Held> {
    let steady = |routed: &Routed| routed.steady(reaches[routed.reach].antecedent);
    routed.iter().map(steady).collect()
}

impl Compiler<'_> {
    /// The routed reaches, each with a node of its own in the network where its water leaves it.
    pub(super) fn routed(&mut self) -> Vec<Routed> {
        let basin = self.basin;
        let reaches = basin.reaches().iter().enumerate();
        let routed = reaches.filter(|(_, reach)| reach.is_routed());
        routed
            .map(|(r, _)| Routed::new(basin, r, self.network.node(), self.model.window))
            .collect()
    }
}

impl Plan {
    /// The water in each reach before the first day, in m3.
    pub(super) fn initial_channels(&self) -> Vec<f64> {
        let mut held: Vec<f64> = self
            .reaches
            .iter()
            .map(|reach| reach.antecedent * reach.lag as f64)
            .collect();
        for (routed, channel) in self.routed.iter().zip(first(&self.routed, &self.reaches)) {
            held[routed.reach] = channel.volume();
        }
        held
    }
}

impl Simulation<'_> {
    /// Water enters a routed reach; it may leave with a later wave.
    pub(super) fn enter_channel(&mut self, i: usize, day: usize, volume: f64) {
        self.plan.routed[i].enter(&mut self.state.channels[i], day, volume);
    }

    /// Writes down what is left in routed reaches after the last day.
    pub(super) fn measure_channels(&mut self) {
        for (routed, held) in self.plan.routed.iter().zip(&self.state.channels) {
            self.ledger.final_channel[routed.reach] = Some(held.volume());
        }
    }
}
