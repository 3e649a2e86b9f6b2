//! Releases that bring the storage to a target.

use super::curve::YearCurve;
use super::policy::{Decision, Expects, ReleasePolicy, ReservoirView};
use crate::calendar::date_of;
use crate::units::{Days, Volume};

/// Follows a yearly curve of storage, and corrects a deviation from it over some days.
///
/// With `S` in store this morning, `N` days, an inflow of `I_1, ..., I_N` expected on them and a
/// target of `T` for the end of the last, the release is
/// `(S + I_1 + ... + I_N - T) / N`, brought between what must and what can be released: the mean
/// inflow less the mean change of the target, and an `N`th of what is too much. It is asked again
/// every morning, so that a deviation shrinks by an `N`th a day: after `k` days of inflow as
/// expected, `(1 - 1/N)^k` of it is left. With one day, the target is met every evening.
///
/// Where the run ends sooner, a forecast has fewer days, and the deviation is corrected over those.
/// What others want is not asked: the release is this one, whatever is claimed.
#[derive(Clone, Debug)]
pub struct StorageTarget {
    target: YearCurve,
    days: usize,
    expects: Expects,
}

impl StorageTarget {
    /// Follows `target`, the volume at the end of each day, and corrects over `days` days; the
    /// inflow is taken to go on as it was the day before.
    ///
    /// # Errors
    ///
    /// A message if there are no days, or more than a year's.
    pub fn new(target: YearCurve, days: usize) -> Result<Self, String> {
        if !(1..=366).contains(&days) {
            return Err(format!("a deviation corrected over {days} days"));
        }
        Ok(Self {
            target,
            days,
            expects: Expects::LastInflow,
        })
    }

    /// The same, with another expectation.
    #[must_use]
    pub fn expecting(mut self, expects: Expects) -> Self {
        self.expects = expects;
        self
    }
}

impl ReleasePolicy for StorageTarget {
    fn name(&self) -> &'static str {
        "storage-target"
    }

    fn horizon(&self) -> usize {
        match self.expects {
            Expects::LastInflow => 0,
            Expects::Forecast => self.days,
        }
    }

    fn decide(&self, view: &ReservoirView, decision: &mut Decision) {
        let (days, expected) = match self.expects {
            Expects::LastInflow => {
                let later = (view.last_inflow + view.entered) * (self.days - 1) as f64;
                let today = view.expected_today(self.expects);
                (self.days, today + later.over_days(1.0))
            }
            Expects::Forecast => view
                .foreseen()
                .take(self.days)
                .enumerate()
                .map(|(i, volume)| (i + 1, volume))
                .last()
                .unwrap_or((1, view.expected_today(self.expects))),
        };
        let last = date_of(view.date, days as i64 - 1);
        let target = self.target.on(last).min(view.full);
        let release = (expected - target).max(Volume::ZERO) / Days(days as f64);
        decision.release(view.within_limits(release));
    }
}
