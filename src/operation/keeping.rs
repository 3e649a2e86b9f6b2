//! Water kept more jealously the less there is.

use super::curve::YearCurve;
use super::policy::{Decision, ReleasePolicy, ReservoirView};
use crate::units::Volume;

/// Keeps all usable water in a priority class that goes by the storage of the morning.
///
/// A [`RuleCurve`](super::RuleCurve) keeps the water of each zone in the zone's own class, so that a
/// claim may empty the upper zone and then finds the lower one closed. Here the zone in which the
/// morning finds the lake decides for all of its water: below a curve nothing leaves, and all that
/// comes is kept, for any claim junior to the level's class; above it the lake may be drawn down
/// past the curve in a day. That is how a cost by a control curve works in Pywr.
///
/// ```
/// use riparian::operation::{KeepByLevel, KeepLevel, ReleasePolicy, YearCurve};
/// use riparian::units::Volume;
///
/// let half = YearCurve::constant(Volume::from_mcm(50.0));
/// let policy = KeepByLevel::new(None, vec![KeepLevel::new(half, Some("drinking water"))]);
/// assert_eq!(policy.storage_classes(), ["drinking water"]);
/// ```
#[derive(Clone, Debug)]
pub struct KeepByLevel {
    above: Option<String>,
    levels: Vec<KeepLevel>,
}

/// A level of a reservoir, and the class in which its water is kept below it.
#[derive(Clone, Debug)]
pub struct KeepLevel {
    /// The storage through the year.
    pub storage: YearCurve,
    /// The class; `None`: after all claims, as under the standard policy.
    pub class: Option<String>,
}

impl KeepLevel {
    /// A level, and the class below it.
    pub fn new(storage: YearCurve, class: Option<&str>) -> Self {
        Self {
            storage,
            class: class.map(str::to_owned),
        }
    }
}

impl KeepByLevel {
    /// The class at or above all levels, and the levels, the highest first: the first that the
    /// storage is at or above ends the search.
    pub fn new(above: Option<&str>, levels: Vec<KeepLevel>) -> Self {
        Self {
            above: above.map(str::to_owned),
            levels,
        }
    }

    /// The class above all levels, then below each.
    fn classes(&self) -> impl Iterator<Item = Option<&String>> {
        let below = self.levels.iter().map(|level| level.class.as_ref());
        std::iter::once(self.above.as_ref()).chain(below)
    }
}

impl ReleasePolicy for KeepByLevel {
    fn name(&self) -> &'static str {
        "keep-by-level"
    }

    fn storage_classes(&self) -> Vec<String> {
        self.classes().flatten().cloned().collect()
    }

    fn decide(&self, view: &ReservoirView, decision: &mut Decision) {
        let reached = |level: &KeepLevel| view.storage >= level.storage.on(view.date);
        let zone = self.levels.iter().position(reached);
        let zone = zone.unwrap_or(self.levels.len());
        if self.classes().nth(zone).flatten().is_some() {
            let wish = self.classes().take(zone).flatten().count();
            decision.keep(wish, (view.full - view.dead).max(Volume::ZERO));
        }
    }
}
