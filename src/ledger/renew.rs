//! A ledger taken for another run.

use super::Ledger;

impl Ledger {
    /// The ledger as it is before a run, in the memory it has.
    pub(crate) fn renew(&mut self, initial_storage: Vec<f64>, initial_channel: Vec<f64>) {
        let claims = self.claims.claimed.width();
        self.clear((0..self.days(), std::iter::repeat_n(0, claims)));
        self.operations = None;
        self.initial_storage = initial_storage;
        self.initial_channel = initial_channel;
        self.final_channel.fill(None);
    }
}
