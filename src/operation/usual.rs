//! Releases as usual for the time of year, corrected by what is in store.

use super::curve::YearCurve;
use super::policy::{Decision, ReleasePolicy, ReservoirView};
use crate::calendar::{DEKADS, Dekad};
use crate::units::{Days, Flow, Volume};

/// Releases what is usual in the dekad, and brings the storage back to what is usual over some days.
///
/// With `S` in store this morning, a usual release `R` for the dekad, a usual volume `T` at the end
/// of yesterday and `N` days, the release is `R + (S - T) / N`, brought between what must and what
/// can be released. While inflow and losses are as usual, a deviation shrinks by an `N`th a day. So
/// one number says what an operator holds on to: few days keep the storage, and pass on what the
/// river brings; many keep the releases, and let the storage bear it.
///
/// It is a linear decision rule in the sense of `ReVelle`, Joeres and Kirby (1969, *Water Resources
/// Research* 5, 767-777), with usual values for their parameters by season. Usual values may be
/// estimated from a record, as the medians of its dekads
/// ([`dekad_medians`](crate::metrics::dekad_medians)), and `N` as the number of days with which the
/// reservoir, fed with the inflow on record, follows the storage on record best:
/// `examples/hindcast` does so.
///
/// What others want is not asked: the release is this one, whatever is claimed, and goes before every
/// claim, unless [`UsualRelease::claimed_in`] gives it a class.
///
/// ```
/// use riparian::operation::{UsualRelease, YearCurve};
/// use riparian::units::{Days, Flow, Volume};
///
/// let curve = YearCurve::constant(Volume::from_mcm(500.0));
/// assert!(UsualRelease::new([Flow::from_m3s(80.0); 36], curve, Days(30.0)).is_ok());
/// ```
#[derive(Clone, Debug)]
pub struct UsualRelease {
    release: [Flow; DEKADS],
    storage: YearCurve,
    days: f64,
    class: Option<String>,
}

impl UsualRelease {
    /// A usual release for each dekad of the year, a usual volume at the end of each day, and the
    /// days over which a deviation from it is corrected.
    ///
    /// # Errors
    ///
    /// A message if a release is negative or no number, or if there is not at least one day.
    pub fn new(release: [Flow; DEKADS], storage: YearCurve, days: Days) -> Result<Self, String> {
        if let Some(flow) = release.iter().find(|q| !q.is_finite() || **q < Flow::ZERO) {
            return Err(format!("a usual release of {flow}"));
        }
        let Days(days) = days;
        if !(days.is_finite() && days >= 1.0) {
            return Err(format!("a deviation corrected over {days} days"));
        }
        Ok(Self {
            release,
            storage,
            days,
            class: None,
        })
    }

    /// The same, with the release claimed in a priority class, not before all of them.
    #[must_use]
    pub fn claimed_in(mut self, class: impl Into<String>) -> Self {
        self.class = Some(class.into());
        self
    }
}

impl ReleasePolicy for UsualRelease {
    fn name(&self) -> &'static str {
        "usual-release"
    }

    fn release_class(&self) -> Option<String> {
        self.class.clone()
    }

    fn decide(&self, view: &ReservoirView, decision: &mut Decision) {
        let usual = self.release[Dekad::containing(view.date).of_year()];
        let evening = view.date.yesterday().unwrap_or(view.date);
        let beyond: Volume = view.storage - self.storage.on(evening).min(view.full);
        let release = (usual + beyond / Days(self.days)).max(Flow::ZERO);
        decision.release(view.within_limits(release));
    }
}
