//! Compensated sums, one a lane: [`Sum`](crate::ledger::Sum) for several members.

use crate::allocation::{Lanes, lanes};
use crate::ledger::Sum;

#[derive(Clone, Copy, Debug)]
pub(super) struct Sums<const L: usize> {
    sum: Lanes<L>,
    lost: Lanes<L>,
}

impl<const L: usize> Sums<L> {
    pub(super) const ZERO: Self = Self {
        sum: [0.0; L],
        lost: [0.0; L],
    };

    /// Adds a term to each lane. What the addition loses is told exactly, by Knuth's way, which asks for no comparison
    /// of the two.
    #[inline(always)]
    pub(super) fn add(&mut self, term: Lanes<L>) {
        let before = self.sum;
        self.sum = lanes(|l| before[l] + term[l]);
        let sum = &self.sum;
        self.lost = lanes(|l| {
            let added = sum[l] - before[l];
            self.lost[l] + ((before[l] - (sum[l] - added)) + (term[l] - added))
        });
    }

    /// Adds a term to the lanes in which a condition holds.
    #[inline(always)]
    pub(super) fn add_where(&mut self, condition: [bool; L], term: Lanes<L>) {
        let mut added = *self;
        added.add(term);
        let chosen =
            |yes: Lanes<L>, no: Lanes<L>| lanes(|l| if condition[l] { yes[l] } else { no[l] });
        self.sum = chosen(added.sum, self.sum);
        self.lost = chosen(added.lost, self.lost);
    }

    pub(super) fn of_lane(&self, l: usize) -> Sum {
        Sum::of_parts(self.sum[l], self.lost[l])
    }
}
