//! One ledger from the parts of a run that was interrupted, and days that are written anew.

use std::ops::Range;

use super::{
    ClaimJournal, Daily, DailyBinding, Ledger, LicenceJournal, LimitJournal, NodeJournal,
    OfftakeJournal, PumpJournal, ReachJournal, ReservoirJournal,
};
use crate::error::{Error, Result};

impl Ledger {
    /// Forgets what was written of some days, which are to be decided anew; of claims from a day of
    /// each on. What was ordered stands.
    pub(crate) fn clear(&mut self, (days, claims): (Range<usize>, impl Iterator<Item = usize>)) {
        let Self {
            window: _,
            nodes,
            reaches,
            offtakes,
            reservoirs,
            claims: journal,
            limits,
            licences,
            pumps,
            operations: _,
            initial_storage: _,
            initial_channel: _,
            final_channel: _,
        } = self;
        nodes.clear(&days);
        reaches.clear(&days);
        offtakes.clear(&days);
        reservoirs.clear(&days);
        limits.clear(&days);
        pumps.clear(&days);
        licences.clear(&days);
        let ClaimJournal {
            claimed,
            awarded,
            binding,
        } = journal;
        for (k, first) in claims.enumerate() {
            for day in first..days.end {
                claimed.set(day, k, 0.0);
                awarded.set(day, k, 0.0);
                binding.0.set(day, k, 0);
            }
        }
    }

    /// Joins the ledger of a run up to where it was interrupted and that of the run that went on
    /// from the [saved state](crate::State): the ledger of one run, to the last bit; only what an
    /// obligation claimed or a licence gave at several offtakes is added up in another order.
    ///
    /// Each holds what it lived through, and nothing of the other.
    ///
    /// ```
    /// # use riparian::{Plan, Simulation};
    /// # fn in_two_parts(plan: &Plan) -> riparian::Result<()> {
    /// let mut first = Simulation::new(plan);
    /// first.step()?;
    /// let state = first.state().clone();
    /// let second = Simulation::resume(plan, state)?.run()?;
    /// let whole = first.into_ledger().join(&second)?;
    /// whole.balance(plan.model().basin()).check(whole.window().to())?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the two are not of one plan, as far as sizes tell ([`Error::is_state`]).
    pub fn join(mut self, later: &Self) -> Result<Self> {
        let fits = self.window == later.window
            && self.initial_storage.len() == later.initial_storage.len()
            && self.nodes.arrived.width() == later.nodes.arrived.width()
            && self.reaches.entered.width() == later.reaches.entered.width()
            && self.offtakes.delivered.width() == later.offtakes.delivered.width()
            && self.claims.claimed.width() == later.claims.claimed.width()
            && self.licences.taken.width() == later.licences.taken.width()
            && self.pumps.energy.width() == later.pumps.energy.width();
        if !fits {
            return Err(Error::state("the ledgers are of two different plans"));
        }
        let Self {
            window: _,
            nodes,
            reaches,
            offtakes,
            reservoirs,
            claims,
            limits,
            operations: _,
            licences,
            pumps,
            initial_storage: _,
            initial_channel: _,
            final_channel,
        } = &mut self;
        nodes.join(&later.nodes);
        reaches.join(&later.reaches);
        offtakes.join(&later.offtakes);
        reservoirs.join(&later.reservoirs);
        claims.join(&later.claims);
        limits.join(&later.limits);
        licences.join(&later.licences);
        pumps.join(&later.pumps);
        for (held, &then) in final_channel.iter_mut().zip(&later.final_channel) {
            *held = then.or(*held);
        }
        Ok(self)
    }
}

impl<T: Copy + Default> Daily<T> {
    /// Empties the rows of some days.
    fn clear(&mut self, days: &Range<usize>) {
        let width = self.width;
        self.values[days.start * width..days.end * width].fill(T::default());
    }
}

impl<T: Copy> Daily<T> {
    /// Takes over what the other has written.
    fn take_over(&mut self, later: &Self, written: impl Fn(T) -> bool) {
        for (value, &then) in self.values.iter_mut().zip(&later.values) {
            if written(then) {
                *value = then;
            }
        }
    }
}

impl Daily {
    fn join(&mut self, later: &Self) {
        // A zero with a sign was written too.
        self.take_over(later, |value| value.to_bits() != 0);
    }

    fn add_all(&mut self, later: &Self) {
        for (value, then) in self.values.iter_mut().zip(&later.values) {
            *value += then;
        }
    }
}

impl Daily<u32> {
    /// Zero stands for nothing.
    fn join(&mut self, later: &Self) {
        self.take_over(later, |number| number != 0);
    }
}

impl DailyBinding {
    fn clear(&mut self, days: &Range<usize>) {
        self.0.clear(days);
    }

    fn join(&mut self, later: &Self) {
        self.0.take_over(&later.0, |reason| reason != 0);
    }
}

/// Joins and clears all tables of a journal; one that is forgotten does not compile. Of those behind
/// `sums` both parts may have written of one day, for users at other travel times.
macro_rules! join_tables {
    ($journal:ident: $($table:ident),+ $(; sums $($sum:ident),+)?) => {
        impl $journal {
            fn join(&mut self, later: &Self) {
                let Self { $($table,)+ $($($sum,)+)? } = self;
                $($table.join(&later.$table);)+
                $($($sum.add_all(&later.$sum);)+)?
            }

            fn clear(&mut self, days: &Range<usize>) {
                let Self { $($table,)+ $($($sum,)+)? } = self;
                $($table.clear(days);)+
                $($($sum.clear(days);)+)?
            }
        }
    };
}

join_tables!(NodeJournal: arrived, lateral, unmet_loss, returned, left);
join_tables!(ReachJournal: entered, arrived, lost, overflowed);
join_tables!(OfftakeJournal: demand, allocated, delivered, binding);
join_tables!(PumpJournal: lifted, energy);
join_tables!(
    ReservoirJournal: storage, release, spill, overtopped, evaporation, seepage, rain, unaccounted,
    energy, ceiling
);
join_tables!(LimitJournal: held_back, of_offtake, of_reach);
join_tables!(LicenceJournal: from_offtake, of_offtake; sums taken, held_back);

impl ClaimJournal {
    /// Users at other travel times may have claimed for one day in both parts.
    fn join(&mut self, later: &Self) {
        let Self {
            claimed,
            awarded,
            binding,
        } = self;
        claimed.add_all(&later.claimed);
        awarded.add_all(&later.awarded);
        binding.join(&later.binding);
    }
}
