//! What an operational run ordered, beside what came.

use super::{Daily, Ledger, Sizes};

/// What releases were to bring by the forecasts of their day, in m3 a day.
///
/// The figures of a place are those of the last decision of a reservoir upstream whose water can
/// still reach it on that day: what comes later is the river's doing, and the forecast's error. Where
/// no reservoir is upstream, or only beyond a reach that stores water or changes its lag, they are
/// those of the day itself, and the forecast errs there in nobody's order.
///
/// Example: [`ForecastError`](crate::report::ForecastError).
#[derive(Clone, Debug)]
pub struct Operations {
    /// By offtake: what it was to get.
    pub ordered: Daily,
    /// By obligation that claims in a stream: what was to pass for it.
    pub claimed: Daily,
    /// By node: what was to leave the basin there.
    pub left: Daily,
}

impl Operations {
    pub(crate) fn new(days: usize, sizes: Sizes) -> Self {
        let daily = |width| Daily::new(days, width, 0.0);
        Self {
            ordered: daily(sizes.offtakes),
            claimed: daily(sizes.claims),
            left: daily(sizes.nodes),
        }
    }
}

impl Ledger {
    /// What an operational run ordered; nothing for a run with perfect foresight.
    pub fn operations(&self) -> Option<&Operations> {
        self.operations.as_ref()
    }

    /// What an offtake was to get on a day and did not, in m3: the shortage that the forecast's
    /// error made. 0 with perfect foresight.
    pub fn operational_shortage(&self, day: usize, offtake: usize) -> f64 {
        self.operations.as_ref().map_or(0.0, |orders| {
            let delivered = self.offtakes.delivered.at(day, offtake);
            (orders.ordered.at(day, offtake) - delivered).max(0.0)
        })
    }

    /// What left the basin at a node on a day beyond what was to leave there, in m3: the spill that
    /// the forecast's error made. 0 with perfect foresight, and where the river goes on.
    pub fn operational_spill(&self, day: usize, node: usize) -> f64 {
        self.operations.as_ref().map_or(0.0, |orders| {
            (self.nodes.left.at(day, node) - orders.left.at(day, node)).max(0.0)
        })
    }
}
