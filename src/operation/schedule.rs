//! A release for each day, written down beforehand.

use jiff::civil::Date;

use super::policy::{Decision, ReleasePolicy, ReservoirView};
use crate::series::DailySeries;
use crate::units::Flow;

/// One release a day: a schedule agreed before the season, or releases observed in a past one.
///
/// A day's release is what is written, brought between what the reservoir must and can release
/// ([`ReservoirView::min_release`] and [`ReservoirView::max_release`]). It goes before every
/// claim, unless [`Schedule::claimed_in`] gives it a class.
#[derive(Clone, Debug)]
pub struct Schedule {
    name: &'static str,
    releases: DailySeries,
    class: Option<String>,
}

impl Schedule {
    /// A planned schedule; values in m3/s.
    pub fn planned(releases: DailySeries) -> Self {
        Self {
            name: "schedule",
            releases,
            class: None,
        }
    }

    /// A replay of observed releases; values in m3/s.
    ///
    /// ```
    /// use riparian::operation::Schedule;
    /// use riparian::series::DailySeries;
    ///
    /// let summer = "2024-06-01..2024-08-31".parse()?;
    /// let as_it_was = Schedule::observed(DailySeries::constant(summer, 400.0)?).claimed_in("use");
    /// # let _ = as_it_was;
    /// # Ok::<(), riparian::Error>(())
    /// ```
    pub fn observed(releases: DailySeries) -> Self {
        Self {
            name: "replay",
            releases,
            class: None,
        }
    }

    /// The same, with the release claimed in a priority class, not before all of them: an empty
    /// reservoir then does not take the water of senior users upstream for it.
    #[must_use]
    pub fn claimed_in(mut self, class: impl Into<String>) -> Self {
        self.class = Some(class.into());
        self
    }
}

impl ReleasePolicy for Schedule {
    fn name(&self) -> &str {
        self.name
    }

    fn release_class(&self) -> Option<String> {
        self.class.clone()
    }

    fn valid(&self) -> Option<(Date, Date)> {
        Some((self.releases.start(), self.releases.end()))
    }

    fn decide(&self, view: &ReservoirView, decision: &mut Decision) {
        let release = Flow::from_m3s(self.releases.get(view.date).unwrap_or(0.0));
        decision.release(view.within_limits(release));
    }
}
