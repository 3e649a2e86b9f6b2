//! Plans with nothing in them that makes one member's day another kind of work than the next one's.

use super::Plan;
use super::claims::Claiming;
use crate::agreement::Count;

/// A claim in the stream that is known from the calendar alone.
#[derive(Clone, Debug)]
pub(crate) struct StreamClaim {
    pub(crate) claim: usize,
    /// Where it is measured, and the tail of its reach: it is made on days on which a wave passes both.
    pub(crate) node: usize,
    pub(crate) tail: usize,
    /// By day of the run at the node: what must pass where it is made, in m3.
    pub(crate) by_day: Vec<f64>,
}

impl Plan {
    /// Whether reaches keep their capacity, hold no water back and pass none over their banks, nobody claims
    /// storage, licences and savings cut nothing, no dam has a relief canal or looks ahead, and everything is known
    /// beforehand.
    pub(crate) fn is_plain(&self) -> bool {
        let stores = self.stores.iter().all(|store| {
            store.owed.is_empty()
                && store.relief.is_none()
                && !store.sees_demand
                && store.horizon == 0
        });
        let offtakes = self.offtakes.iter();
        stores
            && offtakes
                .into_iter()
                .all(|o| o.owed.is_empty() && o.savings.is_empty())
            && self.reaches.iter().all(|reach| reach.overflow.is_none())
            && self.routed.is_empty()
            && self.by_season.is_empty()
            && self.licences.is_empty()
            && self.model.basin.pumps().is_empty()
            && self.expectation.is_none()
    }

    /// Whether a reservoir's limits and policy are the same on all days whatever it holds.
    pub(crate) fn is_steady(&self, k: usize) -> bool {
        let reservoir = &self.model.basin.reservoirs()[k];
        !self.model.policies[k].decides()
            && reservoir.outlets.is_empty()
            && reservoir.seasonal.is_empty()
            && reservoir.ramp_up.is_none()
            && reservoir.ramp_down.is_none()
    }
}

impl Claiming {
    /// What it claims, if that is a flow in a stream which does not depend on what came before.
    pub(crate) fn known_in_stream(&self, plan: &Plan) -> Option<StreamClaim> {
        let (stream, claim) = self.stream()?;
        if self.is_ceiling() || self.count != Count::EachDay || self.live.is_some() {
            return None;
        }
        let by_day = (0..plan.days as i64).map(|day| {
            let due = self.periods_on(day).map(|period| {
                let owed = &self.periods[period];
                owed.by_day[(day.max(owed.from) - owed.from) as usize]
            });
            due.fold(0.0, f64::max) / stream.gain
        });
        Some(StreamClaim {
            claim,
            node: stream.node,
            tail: stream.tail,
            by_day: by_day.collect(),
        })
    }
}
