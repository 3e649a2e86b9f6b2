//! Rule curves: storage zones that change with the time of year.

use jiff::civil::Date;

use super::policy::{Decision, ReleasePolicy, ReservoirView};
use crate::calendar::{DEKADS, Dekad, Window};
use crate::units::Volume;

/// A volume for each day of the year, linear between given days and around the year's end.
///
/// ```
/// use jiff::civil::date;
/// use riparian::operation::YearCurve;
/// use riparian::units::Volume;
///
/// let curve = YearCurve::new(vec![
///     (4, 1, Volume::from_mcm(3290.0)),
///     (5, 31, Volume::from_mcm(3418.0)),
/// ])?;
/// assert_eq!(curve.on(date(2024, 5, 1)).mcm(), 3354.0);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug)]
pub struct YearCurve {
    /// Position in a leap year (366 days) and the volume there, in order.
    points: Vec<(u16, Volume)>,
}

/// Positions count the days of a leap year, so that a month-day stands at one place in every year
/// and 29 February is an ordinary day.
const POSITIONS: u16 = 366;

impl YearCurve {
    /// A curve through (month, day, volume) points, in any order.
    ///
    /// # Errors
    ///
    /// A message if there is no point, two on one day, a day that does not exist or a volume that
    /// is negative or no number.
    pub fn new(points: Vec<(i8, i8, Volume)>) -> Result<Self, String> {
        let mut placed = Vec::with_capacity(points.len());
        for (month, day, volume) in points {
            if Date::new(2024, month, day).is_err() {
                return Err(format!("there is no day {month:02}-{day:02}"));
            }
            if !volume.is_finite() || volume < Volume::ZERO {
                return Err(format!("the volume on {month:02}-{day:02} is {volume}"));
            }
            placed.push((position(month, day), volume));
        }
        placed.sort_by_key(|&(at, _)| at);
        if placed.is_empty() {
            return Err("a curve without points".into());
        }
        if placed.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err("two volumes on one day".into());
        }
        Ok(Self { points: placed })
    }

    /// A curve through the volumes at the ends of the dekads of the year, in m3.
    ///
    /// The end of February is the 29th: in common years, the curve is a day early there.
    ///
    /// # Errors
    ///
    /// A message if a volume is negative or no number.
    pub fn of_dekads(volumes: [f64; DEKADS]) -> Result<Self, String> {
        let year = Window::new(Date::constant(2024, 1, 1), Date::constant(2024, 12, 31));
        let dekads = year.into_iter().flat_map(Window::dekads);
        let point = |(dekad, m3): (Dekad, f64)| {
            let end = dekad.last_day();
            (end.month(), end.day(), Volume::from_m3(m3))
        };
        Self::new(dekads.zip(volumes).map(point).collect())
    }

    /// The lowest volume of the year.
    pub fn lowest(&self) -> Volume {
        let volumes = self.points.iter().map(|&(_, volume)| volume);
        volumes.fold(Volume::from_m3(f64::INFINITY), Volume::min)
    }

    /// The same volume all year.
    pub fn constant(volume: Volume) -> Self {
        Self {
            points: vec![(1, volume)],
        }
    }

    /// The volume on a date.
    pub fn on(&self, date: Date) -> Volume {
        let at = position(date.month(), date.day());
        let above = self.points.partition_point(|&(p, _)| p <= at);
        let n = self.points.len();
        let (a, b) = (self.points[(above + n - 1) % n], self.points[above % n]);
        let span = (b.0 + POSITIONS - a.0) % POSITIONS;
        if span == 0 {
            return a.1;
        }
        let into = (at + POSITIONS - a.0) % POSITIONS;
        a.1 + (b.1 - a.1) * (f64::from(into) / f64::from(span))
    }
}

/// The day of a month-day in a leap year, from 1.
fn position(month: i8, day: i8) -> u16 {
    const BEFORE: [u16; 12] = [0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335];
    let month = usize::from(month.unsigned_abs()).clamp(1, 12);
    BEFORE[month - 1] + u16::from(day.unsigned_abs())
}

/// A zone of storage: from the zone below (or dead storage) to its top, kept in a priority class.
#[derive(Clone, Debug)]
pub struct Zone {
    /// The class of the claim to keep it: claims of senior classes may empty the zone, claims of
    /// junior classes may not, and claims of its own class share with it.
    pub class: String,
    /// The top of the zone through the year.
    pub top: YearCurve,
}

/// A rule curve: zones of storage, each kept against the claims junior to it.
///
/// Above the highest zone water serves any claim, as under the standard operating policy.
#[derive(Clone, Debug)]
pub struct RuleCurve {
    zones: Vec<Zone>,
}

impl RuleCurve {
    /// A rule curve of zones from the bottom of the reservoir up.
    pub fn new(zones: Vec<Zone>) -> Self {
        Self { zones }
    }
}

impl ReleasePolicy for RuleCurve {
    fn name(&self) -> &'static str {
        "rule-curve"
    }

    fn storage_classes(&self) -> Vec<String> {
        self.zones.iter().map(|zone| zone.class.clone()).collect()
    }

    fn decide(&self, view: &ReservoirView, decision: &mut Decision) {
        let mut bottom = view.dead;
        for (wish, zone) in self.zones.iter().enumerate() {
            let top = zone.top.on(view.date).min(view.full).max(bottom);
            decision.keep(wish, top - bottom);
            bottom = top;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn mcm(volume: f64) -> Volume {
        Volume::from_mcm(volume)
    }

    #[test]
    fn a_curve_is_linear_around_the_years_end() {
        let curve = YearCurve::new(vec![(12, 31, mcm(10.0)), (1, 2, mcm(30.0))]).unwrap();
        assert_eq!(curve.on(date(2023, 1, 1)).mcm(), 20.0);
        assert_eq!(curve.on(date(2023, 12, 31)).mcm(), 10.0);
    }

    #[test]
    fn the_29th_of_february_lies_between_its_neighbours() {
        let curve = YearCurve::new(vec![(2, 28, mcm(10.0)), (3, 1, mcm(30.0))]).unwrap();
        assert_eq!(curve.on(date(2024, 2, 29)).mcm(), 20.0);
        assert_eq!(curve.on(date(2023, 3, 1)).mcm(), 30.0);
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        assert!(YearCurve::new(vec![(2, 30, mcm(1.0))]).is_err());
        assert!(YearCurve::new(vec![]).is_err());
    }
}
