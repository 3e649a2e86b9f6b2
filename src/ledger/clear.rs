//! A ledger taken for another run.

use super::{
    ClaimJournal, Daily, DailyBinding, Ledger, LicenceJournal, LimitJournal, NodeJournal,
    OfftakeJournal, PumpJournal, ReachJournal, ReservoirJournal,
};

impl Ledger {
    /// The ledger as it is before a run, in the memory it has.
    pub(crate) fn clear(&mut self, initial_storage: Vec<f64>, initial_channel: Vec<f64>) {
        let Self {
            window: _,
            nodes,
            reaches,
            offtakes,
            reservoirs,
            claims,
            limits,
            licences,
            pumps,
            initial_storage: storage,
            initial_channel: channel,
            final_channel,
        } = self;
        nodes.clear();
        reaches.clear();
        offtakes.clear();
        reservoirs.clear();
        claims.clear();
        limits.clear();
        licences.clear();
        pumps.clear();
        *storage = initial_storage;
        *channel = initial_channel;
        final_channel.fill(None);
    }
}

impl<T: Copy + Default> Daily<T> {
    fn clear(&mut self) {
        self.values.fill(T::default());
    }
}

impl DailyBinding {
    fn clear(&mut self) {
        self.0.clear();
    }
}

/// Clears all tables of a journal; one that is forgotten does not compile.
macro_rules! clear_tables {
    ($journal:ident: $($table:ident),+) => {
        impl $journal {
            fn clear(&mut self) {
                let Self { $($table),+ } = self;
                $($table.clear();)+
            }
        }
    };
}

clear_tables!(NodeJournal: arrived, lateral, unmet_loss, returned, left);
clear_tables!(ReachJournal: entered, arrived, lost, overflowed);
clear_tables!(OfftakeJournal: demand, allocated, delivered, binding);
clear_tables!(
    ReservoirJournal: storage, release, spill, overtopped, evaporation, seepage, rain, unaccounted,
    energy, ceiling
);
clear_tables!(ClaimJournal: claimed, awarded, binding);
clear_tables!(LimitJournal: held_back, of_offtake, of_reach);
clear_tables!(LicenceJournal: taken, held_back, from_offtake, of_offtake);
clear_tables!(PumpJournal: lifted, energy);
