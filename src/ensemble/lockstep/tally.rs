//! How reliably users are served, one lane a member: [`Reliability`] as the days pass.

use super::sum::Sums;
use crate::allocation::{Lanes, lanes, least, most};
use crate::metrics::{FAILS_AT, Reliability, Tally};

/// The steps of one user so far.
#[derive(Clone, Debug)]
pub(super) struct Tallies<const L: usize> {
    steps: usize,
    demand: Sums<L>,
    served: Sums<L>,
    deficit: Sums<L>,
    event_worst: Sums<L>,
    worst: Lanes<L>,
    /// The largest deficit of the event that goes on; 0 for none.
    current: Lanes<L>,
    failures: Lanes<L>,
    events: Lanes<L>,
    recoveries: Lanes<L>,
    /// Whether an event goes on in some lane.
    any: bool,
}

impl<const L: usize> Tallies<L> {
    pub(super) const NONE: Self = Self {
        steps: 0,
        demand: Sums::ZERO,
        served: Sums::ZERO,
        deficit: Sums::ZERO,
        event_worst: Sums::ZERO,
        worst: [0.0; L],
        current: [0.0; L],
        failures: [0.0; L],
        events: [0.0; L],
        recoveries: [0.0; L],
        any: false,
    };

    #[inline]
    pub(super) fn add(&mut self, demand: Lanes<L>, delivered: Lanes<L>) {
        self.steps += 1;
        self.demand.add(demand);
        self.served.add(lanes(|l| least(delivered[l], demand[l])));
        let deficit: Lanes<L> = lanes(|l| demand[l] - delivered[l]);
        let fails: [bool; L] = std::array::from_fn(|l| deficit[l] > FAILS_AT * demand[l]);
        // Most users are served on most days.
        let any = fails.iter().fold(false, |any, fails| any | fails);
        if any || self.any {
            self.count(deficit, fails);
            self.any = any;
        }
    }

    fn count(&mut self, deficit: Lanes<L>, fails: [bool; L]) {
        let goes_on: [bool; L] = std::array::from_fn(|l| self.current[l] > 0.0);
        let ends = std::array::from_fn(|l| goes_on[l] && !fails[l]);
        self.deficit.add_where(fails, deficit);
        self.event_worst.add_where(ends, self.current);
        let one_where = |of: &[bool; L], l: usize| if of[l] { 1.0 } else { 0.0 };
        self.failures = lanes(|l| self.failures[l] + one_where(&fails, l));
        self.recoveries = lanes(|l| self.recoveries[l] + one_where(&ends, l));
        self.events = lanes(|l| self.events[l] + if fails[l] && !goes_on[l] { 1.0 } else { 0.0 });
        let missing: Lanes<L> = lanes(|l| if fails[l] { deficit[l] } else { 0.0 });
        self.worst = lanes(|l| most(missing[l], self.worst[l]));
        self.current = lanes(|l| {
            if fails[l] {
                most(missing[l], self.current[l])
            } else {
                0.0
            }
        });
    }

    pub(super) fn finish(&self, l: usize) -> Option<Reliability> {
        let tally = Tally {
            steps: self.steps,
            failures: self.failures[l] as usize,
            events: self.events[l] as usize,
            recoveries: self.recoveries[l] as usize,
            demand: self.demand.of_lane(l),
            served: self.served.of_lane(l),
            deficit: self.deficit.of_lane(l),
            event_worst: self.event_worst.of_lane(l),
            worst: self.worst[l],
            current: (self.current[l] > 0.0).then_some(self.current[l]),
        };
        tally.finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lanes_are_tallies(steps in proptest::collection::vec((0.0..3.0_f64, prop::array::uniform4(prop_oneof![Just(9.0), 0.0..3.0])), 1..40)) {
            let mut tallies = Tallies::<4>::NONE;
            for &(demand, delivered) in &steps {
                tallies.add([demand; 4], delivered);
            }
            for l in 0..4 {
                let own = steps.iter().map(|&(demand, delivered)| (demand, delivered[l]));
                prop_assert_eq!(tallies.finish(l), Reliability::of(own));
            }
        }
    }
}
