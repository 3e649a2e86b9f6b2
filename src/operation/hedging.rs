//! Hedging: going a little short today so as not to go far short later.

use super::policy::{Decision, ReleasePolicy, ReservoirView};
use crate::units::Volume;

/// Linear hedging: below a trigger volume of usable storage the release is cut in proportion.
///
/// With usable storage `S` (above dead), trigger `T` and demand `D`, at most `D min(1, S / T)` is
/// released. Source: J.-S. Shih and C. Revelle, *Water supply operations during drought: continuous hedging
/// rule*, J. Water Resour. Plann. Manage. 120(5), 1994.
#[derive(Clone, Copy, Debug)]
pub struct LinearHedging {
    trigger: Volume,
}

impl LinearHedging {
    /// Hedging that starts when usable storage falls below `trigger`.
    pub fn new(trigger: Volume) -> Self {
        Self { trigger }
    }
}

impl ReleasePolicy for LinearHedging {
    fn name(&self) -> &'static str {
        "linear-hedging"
    }

    fn sees_demand(&self) -> bool {
        true
    }

    fn decide(&self, view: &ReservoirView, decision: &mut Decision) {
        let usable = (view.available - view.dead).max(Volume::ZERO);
        let share = if self.trigger > usable {
            usable / self.trigger
        } else {
            1.0
        };
        serve(share, view, decision);
    }
}

/// Zone hedging: a fraction of the demand is served, by the zone the storage lies in.
#[derive(Clone, Debug)]
pub struct ZoneHedging {
    /// Lower bounds of the zones and the fractions served there, from the highest.
    zones: Vec<(Volume, f64)>,
}

impl ZoneHedging {
    /// Zones as (storage above, fraction of the demand served in `[0, 1]`), in any order; below
    /// the lowest bound nothing but the minimum release leaves.
    ///
    /// # Errors
    ///
    /// A message if a fraction lies outside `[0, 1]` or a bound is no number.
    ///
    /// # Examples
    ///
    /// ```
    /// use riparian::operation::ZoneHedging;
    /// use riparian::units::Volume;
    ///
    /// // All of the demand above 1000 Mm3, four fifths above 400, nothing but the least release below.
    /// let zones = vec![(Volume::from_mcm(1000.0), 1.0), (Volume::from_mcm(400.0), 0.8)];
    /// assert!(ZoneHedging::new(zones).is_ok());
    /// assert!(ZoneHedging::new(vec![(Volume::ZERO, 1.2)]).is_err());
    /// ```
    pub fn new(mut zones: Vec<(Volume, f64)>) -> Result<Self, String> {
        for &(above, fraction) in &zones {
            if !above.is_finite() {
                return Err("a zone bound that is not a number".into());
            }
            if !(0.0..=1.0).contains(&fraction) {
                return Err(format!("a fraction of {fraction}, outside 0 to 1"));
            }
        }
        zones.sort_by(|a, b| b.0.m3().total_cmp(&a.0.m3()));
        Ok(Self { zones })
    }
}

impl ReleasePolicy for ZoneHedging {
    fn name(&self) -> &'static str {
        "zone-hedging"
    }

    fn sees_demand(&self) -> bool {
        true
    }

    fn decide(&self, view: &ReservoirView, decision: &mut Decision) {
        let share = self
            .zones
            .iter()
            .find(|&&(above, _)| view.available >= above)
            .map_or(0.0, |&(_, fraction)| fraction);
        serve(share, view, decision);
    }
}

/// At most a share of the demand, within what the reservoir must and can release.
fn serve(share: f64, view: &ReservoirView, decision: &mut Decision) {
    decision.at_most(view.within_limits(view.demand * share));
}
