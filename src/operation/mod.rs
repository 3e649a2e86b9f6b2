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
//! | [`LinearHedging`] | `linear-hedging` | to cut back in proportion below a trigger volume |
//! | [`ZoneHedging`] | `zone-hedging` | to serve a fraction of the demand by storage zone |

mod curve;
mod hedging;
mod policy;
mod schedule;

pub use curve::{RuleCurve, YearCurve, Zone};
pub use hedging::{LinearHedging, ZoneHedging};
pub use policy::{Decision, ReleasePolicy, ReservoirView, StandardOperating};
pub use schedule::Schedule;
