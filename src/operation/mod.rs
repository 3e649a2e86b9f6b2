//! What a dam's operator wants today: release policies.
//!
//! A [`ReleasePolicy`] looks at its reservoir and says a floor and a ceiling for the release of the
//! day, and which volumes it would keep in storage and how much that matters. It does not decide
//! the release: the floor and the storage wishes are claims beside all others, and the day's
//! allocation serves them in order of priority. Water left over when every claim is served stays
//! in the reservoir up to full supply, and what cannot be held is spilled.
//!
//! | policy | in a scenario | what it wants |
//! |---|---|---|
//! | [`Schedule`] | `schedule`, `replay` | one release a day, planned or observed |
//! | [`StandardOperating`] | `standard` | to serve whatever is claimed while there is water |
//! | [`RuleCurve`] | `rule-curve` | to keep zones of storage, each in a priority class |
//! | [`KeepByLevel`] | `keep-by-level` | to keep all its water, in a class by the storage of the morning |
//! | [`LinearHedging`] | `linear-hedging` | to cut back in proportion below a trigger volume |
//! | [`ZoneHedging`] | `zone-hedging` | to serve a fraction of the demand by storage zone |
//! | [`EnergyDemand`] | `energy-demand` | to make an energy a day |
//! | [`StorageTarget`] | `storage-target` | to follow a yearly curve, correcting over some days |
//! | [`UsualRelease`] | in code only | to release as usual for the time of year, correcting the storage |
//! | [`PreRelease`] | `pre_release_days`, with any of them | to make room for a flood before it comes |
//!
//! What users ask for may depend on what a reservoir holds, too: a [`Saving`].
//!
//! # Limits of a release
//!
//! What a policy may ask lies between [`ReservoirView::min_release`] and
//! [`ReservoirView::max_release`], which are the reservoir's and not the policy's: outlets, a least
//! release, ramping up and down, and limits by season, such as of a river under ice.
//! [`Reservoir::release_limits`](crate::basin::Reservoir::release_limits) says which goes first. Spill
//! heeds none of them.
//!
//! # Looking ahead
//!
//! A policy that says how many days it [looks ahead](ReleasePolicy::horizon) is shown the inflow
//! expected on them. Where the model has a forecast for the reservoir
//! ([`ModelBuilder::forecast`](crate::ModelBuilder::forecast), `series/forecast.csv`) it is that one:
//! one series of what was expected for each day, however long before. Where it has none, it is the
//! *unregulated* inflow of the model itself: what its series bring down the rivers in their travel
//! time, channel losses and net losses taken off, if nobody diverts or stores anything on the way.
//! Below a head of the river that nobody takes from, that is a perfect forecast; below another dam
//! it is what would come if that dam passed all it gets. Canals and return flows are left out.
//!
//! A policy keeps no memory, so it does not follow a plan: each morning it makes a new one and does
//! the first day of it.
//!
//! | | release of the day, before limits | looks at |
//! |---|---|---|
//! | [`StorageTarget`] | `(S + I_1 + ... + I_N - T) / N` | last inflow, or forecast of `N` days |
//! | [`PreRelease`] | at least `max_i (W_i - F) / i` | forecast |
//! | [`EnergyDemand`] | at least the smallest that makes the energy | last inflow, or forecast of today |
//!
//! How far a *run* knows the inflows that a release will meet on its way is another question, which
//! [`Foresight`] answers: by a [`Forecast`] the unregulated inflow above is that of the forecast.
//!
//! Not here: forecasts that are wrong in a way that is known, ensembles of them, plans for several
//! dams together, and optimisation.
//!
//! The rules are elementary, and derived where they stand. What they rest on - targets by time of
//! year, releases from storage and forecast inflow, limits on how fast a release may change - is the
//! practice that the US Army Corps of Engineers lays down in *Management of Water Control Systems*,
//! EM 1110-2-3600 (1987, revised 2017).

mod curve;
mod energy;
mod flood;
mod foresight;
mod hedging;
mod keeping;
mod policy;
mod saving;
mod schedule;
mod target;
mod usual;

pub use curve::{RuleCurve, YearCurve, Zone};
pub use energy::EnergyDemand;
pub use flood::PreRelease;
pub use foresight::{Forecast, Foresight, InflowSeries, Normal, Outlook, OwnForecast};
pub(crate) use foresight::{Record, dekad_of_year};
pub use hedging::{LinearHedging, ZoneHedging};
pub use keeping::{KeepByLevel, KeepLevel};
pub use policy::{Decision, Expects, ReleasePolicy, ReservoirView, StandardOperating};
pub(crate) use saving::check_savings;
pub use saving::{Saving, SavingLevel};
pub use schedule::Schedule;
pub use target::StorageTarget;
pub use usual::{Correction, UsualRelease};
