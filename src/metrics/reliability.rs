//! How reliably a demand was met: reliability, resilience, vulnerability and sustainability.
//!
//! ```
//! use riparian::metrics::Reliability;
//!
//! let delivered = [10.0, 10.0, 8.0, 6.0, 10.0, 10.0, 9.0, 10.0, 10.0, 10.0];
//! let canal = Reliability::of(delivered.map(|came| (10.0, came))).unwrap();
//! assert_eq!(canal.time, 0.7);
//! assert_eq!(canal.volume, 0.93);
//! assert_eq!(canal.resilience, Some(2.0 / 3.0));
//! assert_eq!(canal.mean_event_worst, 2.5);
//! assert_eq!(canal.mean_event_sum, 3.5);
//! assert_eq!(canal.worst, 4.0);
//! assert_eq!(canal.vulnerability, 7.0 / 30.0);
//! ```

use serde::{Deserialize, Serialize};

use crate::ledger::Sum;

/// A step fails if more than this fraction of its demand is missing: less is rounding.
pub(crate) const FAILS_AT: f64 = 1e-9;

/// How reliably a demand was met, step by step.
///
/// A step fails if more than one part in 1e9 of its demand is missing; a step without demand cannot
/// fail, and counts as one that was met. An event is a run of failing steps. Deficits are in the
/// unit of the demand, over one step.
///
/// Reliability, resilience and vulnerability are those of Hashimoto, Stedinger and Loucks (1982,
/// *Water Resources Research* 18, 14-20); the index is that of Sandoval-Solis, McKinney and Loucks
/// (2011, *Journal of Water Resources Planning and Management* 137, 381-390).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// How many steps there are.
    pub steps: usize,
    /// How many of them fail.
    pub failures: usize,
    /// How many events there are.
    pub events: usize,
    /// The part of the steps that do not fail.
    pub time: f64,
    /// What was delivered of all that was asked for; more than was asked for on a step does not count.
    pub volume: f64,
    /// The chance that a failing step is followed by one that does not fail. The last step, after
    /// which nothing is known, is left out. 1 if no step fails; none if only the last one does.
    pub resilience: Option<f64>,
    /// The mean over events of the largest deficit in the event.
    pub mean_event_worst: f64,
    /// The mean over events of the sum of the deficits of the event.
    pub mean_event_sum: f64,
    /// The largest deficit of all.
    pub worst: f64,
    /// The sum of all deficits, of steps that fail.
    pub deficit: f64,
    /// The mean deficit of the failing steps over the mean demand of all steps: the vulnerability
    /// that the sustainability index is made with.
    pub vulnerability: f64,
}

impl Reliability {
    /// Of pairs of demand and delivery, both not negative; nothing if nothing was ever asked for.
    pub fn of(steps: impl IntoIterator<Item = (f64, f64)>) -> Option<Self> {
        let mut tally = Tally::default();
        for (demand, delivered) in steps {
            tally.add(demand, delivered);
        }
        tally.finish()
    }

    /// Reliability in time, resilience and what is left of 1 after vulnerability, multiplied
    /// (Loucks 1997, *Hydrological Sciences Journal* 42, 513-530); none without a resilience.
    pub fn sustainability_product(&self) -> Option<f64> {
        Some(self.time * self.resilience? * (1.0 - self.vulnerability).max(0.0))
    }

    /// The sustainability index: the geometric mean of the three, from 0 to 1; none without a
    /// resilience.
    ///
    /// ```
    /// use riparian::metrics::Reliability;
    ///
    /// let always = Reliability::of([(5.0, 5.0), (3.0, 3.0)]).unwrap();
    /// assert_eq!(always.sustainability(), Some(1.0));
    /// ```
    pub fn sustainability(&self) -> Option<f64> {
        self.sustainability_product().map(libm::cbrt)
    }
}

#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) steps: usize,
    pub(crate) failures: usize,
    pub(crate) events: usize,
    pub(crate) recoveries: usize,
    pub(crate) demand: Sum,
    pub(crate) served: Sum,
    pub(crate) deficit: Sum,
    pub(crate) event_worst: Sum,
    pub(crate) worst: f64,
    /// The largest deficit of the event that goes on, if one does.
    pub(crate) current: Option<f64>,
}

impl Tally {
    fn add(&mut self, demand: f64, delivered: f64) {
        self.steps += 1;
        self.demand.add(demand);
        self.served.add(delivered.min(demand));
        let deficit = demand - delivered;
        if deficit > FAILS_AT * demand {
            self.failures += 1;
            self.events += usize::from(self.current.is_none());
            self.deficit.add(deficit);
            self.worst = self.worst.max(deficit);
            self.current = Some(self.current.map_or(deficit, |worst| worst.max(deficit)));
        } else if let Some(worst) = self.current.take() {
            self.recoveries += 1;
            self.event_worst.add(worst);
        }
    }

    pub(crate) fn finish(mut self) -> Option<Reliability> {
        let demand = self.demand.value();
        if demand <= 0.0 {
            return None;
        }
        let open = self.current.take();
        if let Some(worst) = open {
            self.event_worst.add(worst);
        }
        let followed = self.failures - usize::from(open.is_some());
        let of = |sum: f64, count: usize| if count == 0 { 0.0 } else { sum / count as f64 };
        let steps = self.steps as f64;
        let deficit = self.deficit.value();
        Some(Reliability {
            steps: self.steps,
            failures: self.failures,
            events: self.events,
            time: (self.steps - self.failures) as f64 / steps,
            volume: self.served.value() / demand,
            resilience: match (self.failures, followed) {
                (0, _) => Some(1.0),
                (_, 0) => None,
                _ => Some(self.recoveries as f64 / followed as f64),
            },
            mean_event_worst: of(self.event_worst.value(), self.events),
            mean_event_sum: of(deficit, self.events),
            worst: self.worst,
            deficit,
            vulnerability: of(deficit, self.failures) / (demand / steps),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(delivered: &[f64]) -> Reliability {
        Reliability::of(delivered.iter().map(|&came| (10.0, came))).expect("a demand")
    }

    #[test]
    fn the_worked_example() {
        let canal = of(&[10., 10., 8., 6., 10., 10., 9., 10., 10., 10.]);
        assert_eq!((canal.steps, canal.failures, canal.events), (10, 3, 2));
        assert_eq!((canal.time, canal.volume), (0.7, 0.93));
        assert_eq!(canal.resilience, Some(2.0 / 3.0));
        assert_eq!((canal.mean_event_worst, canal.mean_event_sum), (2.5, 3.5));
        assert_eq!((canal.worst, canal.deficit), (4.0, 7.0));
        let digits = |value: f64| format!("{value:.5}");
        assert_eq!(digits(canal.vulnerability), "0.23333");
        let product = canal.sustainability_product().expect("a resilience");
        assert_eq!(digits(product), "0.35778");
        let index = canal.sustainability().expect("a resilience");
        assert_eq!(digits(index), "0.70991");
        assert!((index.powi(3) - product).abs() < 1e-15);
    }

    #[test]
    fn the_end_of_the_record_is_no_recovery() {
        // One event is seen to end, the other is not: 1 of the 2 steps that another follows.
        let open = of(&[10., 8., 10., 9., 9.]);
        assert_eq!((open.events, open.failures), (2, 3));
        assert_eq!(open.resilience, Some(0.5));
        assert_eq!(open.mean_event_worst, 1.5);
        let last = of(&[10., 10., 4.]);
        assert_eq!((last.resilience, last.sustainability()), (None, None));
        let never = of(&[9., 9., 9.]);
        assert_eq!((never.time, never.resilience), (0.0, Some(0.0)));
        assert_eq!(never.sustainability(), Some(0.0));
    }

    #[test]
    fn rounding_and_steps_without_demand_do_not_fail() {
        let canal = Reliability::of([(0.0, 0.0), (10.0, 10.0 * (1.0 - 1e-10)), (10.0, 12.0)]);
        let canal = canal.expect("a demand");
        assert_eq!((canal.failures, canal.time), (0, 1.0));
        assert_eq!(canal.resilience, Some(1.0));
        assert!(canal.volume <= 1.0);
        assert_eq!(Reliability::of([(0.0, 0.0)]), None);
        assert_eq!(Reliability::of([]), None);
    }
}
