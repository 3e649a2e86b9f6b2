//! Releases as usual for the time of year, corrected by what is in store.

use super::curve::YearCurve;
use super::policy::{Decision, ReleasePolicy, ReservoirView};
use crate::basin::Reservoir;
use crate::calendar::{DEKADS, Dekad};
use crate::units::{Days, Flow, Volume};

/// Releases what is usual in the dekad, more when more than usual is in store and less when less.
///
/// [`Correction`] says how much more or less, in one number. It says what an operator holds on to:
/// the storage, passing on what the river brings; or the releases, letting the storage bear it.
///
/// Usual values may be estimated from a record, as the medians of its dekads
/// ([`dekad_medians`](crate::metrics::dekad_medians)), and the correction as the one with which the
/// reservoir follows the storage on record best: `examples/hindcast` does so.
///
/// What others want is not asked: the release is this one, whatever is claimed, and goes before every
/// claim, unless [`UsualRelease::claimed_in`] gives it a class.
///
/// ```
/// use riparian::operation::{Correction, UsualRelease, YearCurve};
/// use riparian::units::{Days, Flow, Volume};
///
/// let curve = YearCurve::constant(Volume::from_mcm(500.0));
/// let release = [Flow::from_m3s(80.0); 36];
/// assert!(UsualRelease::new(release, curve.clone(), Correction::Spread(Days(30.0))).is_ok());
/// assert!(UsualRelease::new(release, curve, Correction::Scale(-1.0)).is_err());
/// ```
#[derive(Clone, Debug)]
pub struct UsualRelease {
    release: [Flow; DEKADS],
    storage: YearCurve,
    correction: Correction,
    class: Option<String>,
}

/// How a [`UsualRelease`] answers to a storage that is not the usual one.
///
/// With `S` in store this morning, a usual release `R` for the dekad and a usual volume `T` at the
/// end of yesterday:
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Correction {
    /// The release is `R + (S - T) / N`, with the days `N` given, at least 1. While inflow and
    /// losses are as usual, a deviation shrinks by an `N`th a day: few days keep the storage, many
    /// the releases.
    ///
    /// It is a linear decision rule in the sense of `ReVelle`, Joeres and Kirby (1969, *Water
    /// Resources Research* 5, 767-777), with usual values for their parameters by season.
    Spread(Days),
    /// The release is `R ((S - D) / (T - D))^p`, with the dead storage `D` and the power `p` given,
    /// at least 0. A power of 0 keeps the releases; the larger, the more the storage. Since the
    /// release goes to nothing with what is in store, the last of the water is rationed.
    ///
    /// Release in proportion to storage is the rule of Hanasaki, Kanae and Oki (2006, *Journal of
    /// Hydrology* 327, 22-41), there by the storage at the start of the year; the power is ours.
    Scale(f64),
}

impl UsualRelease {
    /// A usual release for each dekad of the year, a usual volume at the end of each day, and what is
    /// done about a deviation from it.
    ///
    /// # Errors
    ///
    /// A message if a release is negative or no number, or if the correction has less than one day
    /// or a negative power.
    pub fn new(
        release: [Flow; DEKADS],
        storage: YearCurve,
        correction: Correction,
    ) -> Result<Self, String> {
        if let Some(flow) = release.iter().find(|q| !q.is_finite() || **q < Flow::ZERO) {
            return Err(format!("a usual release of {flow}"));
        }
        match correction {
            Correction::Spread(Days(days)) if !(days.is_finite() && days >= 1.0) => {
                return Err(format!("a deviation corrected over {days} days"));
            }
            Correction::Scale(power) if !(power.is_finite() && power >= 0.0) => {
                return Err(format!("a release scaled by the power {power} of storage"));
            }
            Correction::Spread(_) | Correction::Scale(_) => {}
        }
        Ok(Self {
            release,
            storage,
            correction,
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

    fn suits(&self, reservoir: &Reservoir) -> Result<(), String> {
        let (lowest, dead) = (self.storage.lowest(), reservoir.dead);
        if matches!(self.correction, Correction::Scale(_)) && lowest <= dead {
            return Err(format!(
                "scales by a usual storage of {lowest}, not above the dead storage of {dead}"
            ));
        }
        Ok(())
    }

    fn decide(&self, view: &ReservoirView, decision: &mut Decision) {
        let release = self.release[Dekad::containing(view.date).of_year()];
        let evening = view.date.yesterday().unwrap_or(view.date);
        let usual: Volume = self.storage.on(evening).min(view.full);
        let release = match self.correction {
            Correction::Spread(days) => release + (view.storage - usual) / days,
            Correction::Scale(power) => {
                let live = (view.storage - view.dead).max(Volume::ZERO);
                release * (live.m3() / (usual - view.dead).m3()).powf(power)
            }
        };
        decision.release(view.within_limits(release.max(Flow::ZERO)));
    }
}
