//! The level-volume-area curve of a reservoir.

use crate::units::{Area, Level, Volume};

/// One surveyed point of a reservoir.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// Water level above the datum.
    pub level: Level,
    /// The volume below that level.
    pub volume: Volume,
    /// The surface at that level.
    pub area: Area,
}

/// The relation of level, volume and surface, linear between surveyed points.
///
/// Invariant: levels and volumes strictly increase, areas never decrease. Below the lowest point
/// the surface shrinks in proportion to the volume and the level stays that of the point; above
/// the highest the surface stays and the level rises as over a prism.
///
/// ```
/// use riparian::basin::{Curve, CurvePoint};
/// use riparian::units::{Area, Level, Volume};
///
/// let point = |z, v, a| CurvePoint {
///     level: Level::from_m(z),
///     volume: Volume::from_mcm(v),
///     area: Area::from_km2(a),
/// };
/// let curve = Curve::new(vec![point(340.0, 800.0, 270.0), point(348.0, 3600.0, 490.0)]).unwrap();
/// assert_eq!(curve.level(Volume::from_mcm(2200.0)).m(), 344.0);
/// assert_eq!(curve.area(Volume::from_mcm(400.0)).km2(), 135.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    points: Vec<CurvePoint>,
}

impl Curve {
    /// A curve through at least one point.
    ///
    /// # Errors
    ///
    /// The first fault: no point, a value that is no number, or a row that breaks the invariant
    /// (its number, from 0, and what is wrong with it).
    pub fn new(points: Vec<CurvePoint>) -> Result<Self, (usize, String)> {
        if points.is_empty() {
            return Err((0, "a curve without points".into()));
        }
        for (i, p) in points.iter().enumerate() {
            if !(p.level.is_finite() && p.volume.is_finite() && p.area.is_finite()) {
                return Err((i, "a curve point that is not a number".into()));
            }
            if p.volume < Volume::ZERO || p.area < Area::ZERO {
                return Err((i, "a negative volume or area".into()));
            }
        }
        for (i, pair) in points.windows(2).enumerate() {
            let (a, b) = (pair[0], pair[1]);
            if b.level <= a.level {
                return Err((
                    i + 1,
                    format!("level {} does not rise above {}", b.level, a.level),
                ));
            }
            if b.volume <= a.volume {
                return Err((
                    i + 1,
                    format!("volume {} does not rise above {}", b.volume, a.volume),
                ));
            }
            if b.area < a.area {
                return Err((i + 1, format!("area {} falls below {}", b.area, a.area)));
            }
        }
        Ok(Self { points })
    }

    /// The points, from the lowest.
    pub fn points(&self) -> &[CurvePoint] {
        &self.points
    }

    /// The water level at a volume.
    pub fn level(&self, volume: Volume) -> Level {
        let (first, last) = (self.points[0], self.points[self.points.len() - 1]);
        if volume <= first.volume {
            first.level
        } else if volume >= last.volume {
            let over = (volume - last.volume).m3();
            if last.area > Area::ZERO {
                Level::from_m(last.level.m() + over / last.area.m2())
            } else {
                last.level
            }
        } else {
            let (a, b, t) = self.bracket(volume);
            Level::from_m(a.level.m() + t * (b.level.m() - a.level.m()))
        }
    }

    /// The surface at a volume.
    pub fn area(&self, volume: Volume) -> Area {
        let (first, last) = (self.points[0], self.points[self.points.len() - 1]);
        if volume <= first.volume {
            if first.volume > Volume::ZERO {
                first.area * (volume.m3().max(0.0) / first.volume.m3())
            } else {
                first.area
            }
        } else if volume >= last.volume {
            last.area
        } else {
            let (a, b, t) = self.bracket(volume);
            Area::from_m2(a.area.m2() + t * (b.area.m2() - a.area.m2()))
        }
    }

    /// The points around a volume strictly inside the curve, and how far it lies between them.
    fn bracket(&self, volume: Volume) -> (CurvePoint, CurvePoint, f64) {
        let above = self.points.partition_point(|p| p.volume <= volume);
        let (a, b) = (self.points[above - 1], self.points[above]);
        let t = (volume - a.volume).m3() / (b.volume - a.volume).m3();
        (a, b, t)
    }
}
