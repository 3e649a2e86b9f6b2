//! Room for a flood before it comes.

use jiff::civil::Date;

use super::policy::{Decision, ReleasePolicy, ReservoirView};
use crate::basin::Reservoir;
use crate::units::{Days, Flow};

/// Another policy that makes room for a forecast flood in time, and as evenly as it can.
///
/// With `W_i` the volume expected at the end of day `i` were nothing released, a constant release
/// `r` keeps the storage at or below full supply `F` on every day of the horizon if
/// `W_i - i r <= F` on each. The smallest such release is `max_i (W_i - F) / i`; where it is above
/// nothing, at least so much is released, as far as the outlets and the limits of the day allow,
/// even where the other policy would not. The rest is its decision.
///
/// It is asked again every morning. As long as the forecast is right and nothing new comes into
/// sight, the release never rises on the way to the day that binds, and in its evening the reservoir
/// is just full: no water has left that could have stayed, but for what evaporates meanwhile. If the
/// constant release can be made all the while, nothing is spilled.
///
/// It does not plan for ramping: where a release may only rise slowly, give it more days.
///
/// ```
/// use riparian::operation::{PreRelease, ReleasePolicy, StandardOperating};
///
/// let policy = PreRelease::new(StandardOperating, 10);
/// assert_eq!(policy.horizon(), 10);
/// assert_eq!(policy.name(), "standard with pre-release");
/// ```
#[derive(Clone, Debug)]
pub struct PreRelease<P> {
    policy: P,
    name: String,
    days: usize,
}

impl<P: ReleasePolicy> PreRelease<P> {
    /// Makes room for the inflow of so many days, today included.
    pub fn new(policy: P, days: usize) -> Self {
        Self {
            name: format!("{} with pre-release", policy.name()),
            policy,
            days,
        }
    }
}

impl<P: ReleasePolicy> ReleasePolicy for PreRelease<P> {
    fn name(&self) -> &str {
        &self.name
    }

    fn storage_classes(&self) -> Vec<String> {
        self.policy.storage_classes()
    }

    fn release_class(&self) -> Option<String> {
        self.policy.release_class()
    }

    fn sees_demand(&self) -> bool {
        self.policy.sees_demand()
    }

    fn valid(&self) -> Option<(Date, Date)> {
        self.policy.valid()
    }

    fn horizon(&self) -> usize {
        self.policy.horizon().max(self.days)
    }

    fn suits(&self, reservoir: &Reservoir) -> Result<(), String> {
        self.policy.suits(reservoir)
    }

    fn decide(&self, view: &ReservoirView, decision: &mut Decision) {
        self.policy.decide(view, decision);
        let room = view
            .foreseen()
            .take(self.days)
            .zip(1_u32..)
            .map(|(volume, days)| (volume - view.full) / Days(f64::from(days)))
            .fold(Flow::ZERO, Flow::max)
            .min(view.max_release);
        decision.floor = decision.floor.max(room);
        decision.ceiling = decision.ceiling.max(room);
    }
}
