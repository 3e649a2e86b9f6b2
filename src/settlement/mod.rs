//! Settlement: what was due, what came, what is carried over, period by period.
//!
//! [`settle`] holds agreements against a [`Record`] of daily readings. The record comes from a
//! simulation's ledger or from measured series: the settlement does not ask which. So a basin
//! commission settles a season from its gauges alone, and a simulated season by the same rules.
//!
//! ```
//! use riparian::agreement::{Agreement, Obligation};
//! use riparian::settlement::{Record, Status, settle};
//! use riparian::units::Volume;
//!
//! let summer = "2024-06-01..2024-08-31".parse()?;
//! let protocol = Agreement::new("Protocol of the summer", ["TJ", "KZ"]).obligation(
//!     Obligation::new("kz-dostyk", "TJ", "dostyk-kz", Volume::from_mcm(443.6))
//!         .to("KZ")
//!         .within(summer),
//! );
//! // 5 Mm3 on every day of the canal's record.
//! let record = Record::new(summer).with("dostyk-kz", None, vec![5e6; summer.days()]);
//! let settled = settle(&[protocol], &record);
//! assert_eq!(settled.rows[0].status, Status::Met);
//! assert_eq!(settled.rows[0].delivered, Some(460.0));
//! # Ok::<(), riparian::Error>(())
//! ```

mod blame;
mod committed;
mod counterfactual;
mod course;
mod followed;
mod gauge;
mod journal;
mod natural;
mod ownership;
mod reason;
mod record;
mod verdict;
mod waters;

pub(crate) use committed::{InAdvance, in_advance};
pub use counterfactual::counterfactual;
pub(crate) use gauge::{Gauge, river_position};
pub(crate) use journal::Carry;
pub use journal::{Journal, Line};
pub use ownership::{DebtJournal, Halt, OwnedStorage, OwnerJournal};
pub use reason::{Reason, Why};
pub use record::Record;
pub(crate) use record::{gauges, readings};
pub(crate) use verdict::known_in_advance;
pub use verdict::{Event, Settled, Settlement, Status, Unit, settle};

/// Checks agreements against the record they are to be settled with: their terms, and whether the
/// record has every place and measure they read.
///
/// # Errors
///
/// All faults at once; [`Error::is_invalid`](crate::Error::is_invalid) holds.
pub fn check(agreements: &[crate::agreement::Agreement], record: &Record) -> crate::Result<()> {
    let mut faults = crate::error::Diagnostics::new();
    crate::agreement::check_record(agreements, record, &mut faults);
    faults.finish(())
}

/// Is `a` more than `b` by more than rounding? One part in 1e9, as a report's threshold: a
/// shortage of a cubic metre in a cubic kilometre is noise of the sums, not a breach.
pub(crate) fn exceeds(a: f64, b: f64) -> bool {
    a - b > 1e-9 * a.abs().max(b.abs())
}
