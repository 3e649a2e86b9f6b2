//! The days before a plan is made anew, as they went.

use std::ops::Range;

use super::steps::Steps;
use super::wants::MILLION;
use crate::basin::Basin;
use crate::ledger::Ledger;
use crate::settlement::Gauge;

/// What is known of the days before the plan; nothing for a plan made before the season.
#[derive(Clone, Debug, Default)]
pub(super) struct Past {
    /// How many of the ledger's days have passed.
    days: usize,
    ledger: Option<Ledger>,
}

impl Past {
    pub(super) fn of(ledger: &Ledger, days: usize) -> Self {
        Self {
            days,
            ledger: Some(ledger.clone()),
        }
    }

    pub(super) fn days(&self) -> usize {
        self.days
    }

    /// How many steps have passed.
    pub(super) fn steps(&self, steps: &Steps) -> usize {
        let passed = |t: &usize| steps.range(*t).end <= self.days;
        (0..steps.len()).take_while(passed).count()
    }

    pub(super) fn ledger(&self) -> Option<&Ledger> {
        self.ledger.as_ref()
    }

    /// What a gauge read on a day that has passed, in Mm3 or `GWh`.
    pub(super) fn reading(&self, basin: &Basin, gauge: Gauge, day: usize) -> f64 {
        let ledger = self.ledger.as_ref();
        ledger.map_or(0.0, |ledger| gauge.read(basin, ledger, day) / MILLION)
    }

    /// The same on all days that have passed.
    pub(super) fn readings(&self, basin: &Basin, gauge: Gauge) -> Vec<f64> {
        let days = 0..self.days;
        days.map(|day| self.reading(basin, gauge, day)).collect()
    }

    /// What came to a reservoir on some days, less what vanished.
    pub(super) fn entering(&self, node: usize, store: usize, days: Range<usize>) -> f64 {
        let Some(ledger) = &self.ledger else {
            return 0.0;
        };
        let (nodes, stores) = (ledger.nodes(), ledger.reservoirs());
        let came = days.map(|day| {
            let river = nodes.arrived.at(day, node) + nodes.returned.at(day, node);
            river + nodes.lateral.at(day, node) + stores.unaccounted.at(day, store)
        });
        came.sum::<f64>() / MILLION
    }
}
