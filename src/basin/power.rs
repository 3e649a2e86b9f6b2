//! Hydropower: what the water that goes through a dam's turbines is worth in energy.
//!
//! # The equation
//!
//! A flow `Q` that falls through a net head `H` gives the power `P = eta rho g Q H`; over a day, the
//! volume `V` gives the energy `E = eta rho g V H`. In it
//!
//! - `rho g` is the weight of water, 1000 kg/m3 times 9.80665 m/s2. The standard acceleration is that
//!   of the 3rd General Conference on Weights and Measures (1901); density and acceleration at a
//!   real dam differ from these by a few parts in a thousand, less than any efficiency is known to;
//! - `eta` is the *overall* efficiency of turbine, generator and transformer, one number for the
//!   plant;
//! - `H` is the level of the lake less that of the tailwater less the head lost in the waterways,
//!   all in m.
//!
//! The level of the lake is that of the mean of the day's first and last volume. The tailwater
//! answers the whole flow that leaves the dam, spill included: a [`Tailwater`] is a constant level
//! or a rating. The river is taken to carry the day's mean flow all day.
//!
//! # The limits
//!
//! Of the day's release, the turbines get what their outlets pass at the level of the morning, and
//! at most [`PowerPlant::max_discharge`]; the rest passes unused, as does spill. A day gives at most
//! the capacity over 24 hours. Both limits are those of all units together, and shrink in
//! proportion while units are [out](Outage): units are alike. Below [`PowerPlant::min_head`] the
//! plant stands still.
//!
//! # The release for an energy
//!
//! [`Reservoir::release_for_energy`] turns the question round: the least release that makes so much.
//! More release is not always more energy, since it lowers the lake and raises the tailwater: with
//! `H = a - b V` on a piece where curve and rating are straight, `V H` rises up to `V = a / 2b`. So
//! the pieces are walked from no release up, and the smaller root of `b V² - a V + E / (eta rho g)`
//! is taken on the first that reaches `E`. Where none does, it is the release that makes most.
//!
//! # Firm energy
//!
//! What a plant gives with so much reliability is read from the
//! [ledger](crate::Ledger::firm_energy_by_day) of a run.
//!
//! # What it does not know
//!
//! Efficiency that varies with head or load, head losses that grow with the flow, hours of the day
//! (peaking), units of different size, and water that goes through turbines at another dam's level.
//! A plant that has units of two sizes is best given the sum of their capacities.
//!
//! # Sources
//!
//! The water power equation, net head, tailwater curves, plant limits and sequential routing: US
//! Army Corps of Engineers, *Hydropower*, EM 1110-2-1701 (1985), chapter 5. Checked on Bakhri Tochik,
//! whose 700 `GWh` from a mean outflow of 21.2 km3 a year are 0.033 kWh/m3, and whose 126 MW take some
//! 970 m3/s at 15 m.

use jiff::civil::Date;

use super::reservoir::Reservoir;
use crate::calendar::Window;
use crate::units::{Energy, Flow, Hours, Level, Power, Volume};

/// The water level below a dam, by the flow that leaves it: linear between rated points.
///
/// Invariant: flows rise strictly from 0 or more, levels never fall. Below the first point the level
/// is that of the point; above the last, the line of the last two goes on, since a level that stayed
/// would give a flood too much head. One point is a constant level.
///
/// ```
/// use riparian::basin::Tailwater;
/// use riparian::units::{Flow, Level};
///
/// let point = |q, z| (Flow::from_m3s(q), Level::from_m(z));
/// let tailwater = Tailwater::rating(vec![point(100.0, 331.0), point(600.0, 333.0)]).unwrap();
/// assert_eq!(tailwater.level(Flow::from_m3s(50.0)).m(), 331.0);
/// assert_eq!(tailwater.level(Flow::from_m3s(350.0)).m(), 332.0);
/// assert_eq!(tailwater.level(Flow::from_m3s(850.0)).m(), 334.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Tailwater {
    points: Vec<(Flow, Level)>,
}

impl Tailwater {
    /// The same level whatever leaves the dam.
    ///
    /// ```
    /// use riparian::basin::power::Tailwater;
    /// use riparian::units::{Flow, Level};
    ///
    /// let river = Tailwater::constant(Level::from_m(310.0));
    /// assert_eq!(river.level(Flow::from_m3s(900.0)), Level::from_m(310.0));
    /// ```
    pub fn constant(level: Level) -> Self {
        Self {
            points: vec![(Flow::ZERO, level)],
        }
    }

    /// A rating through at least one point.
    ///
    /// # Errors
    ///
    /// The first fault: no point, a value that is no number, or a point that breaks the invariant
    /// (its number, from 0, and what is wrong with it).
    pub fn rating(points: Vec<(Flow, Level)>) -> Result<Self, (usize, String)> {
        if points.is_empty() {
            return Err((0, "a rating without points".into()));
        }
        for (i, &(flow, level)) in points.iter().enumerate() {
            if !(flow.is_finite() && level.is_finite()) {
                return Err((i, "a rated point that is not a number".into()));
            }
            if flow < Flow::ZERO {
                return Err((i, format!("a discharge of {flow}")));
            }
        }
        for (i, pair) in points.windows(2).enumerate() {
            let ((q0, z0), (q1, z1)) = (pair[0], pair[1]);
            if q1 <= q0 {
                return Err((i + 1, format!("discharge {q1} does not rise above {q0}")));
            }
            if z1 < z0 {
                return Err((i + 1, format!("level {z1} falls below {z0}")));
            }
        }
        Ok(Self { points })
    }

    /// The rated points, from the lowest flow.
    pub fn points(&self) -> &[(Flow, Level)] {
        &self.points
    }

    /// The level at a flow.
    pub fn level(&self, flow: Flow) -> Level {
        if let [(_, constant)] = self.points[..] {
            return constant;
        }
        let above = self.points.partition_point(|&(q, _)| q <= flow);
        if above == 0 {
            return self.points[0].1;
        }
        let line = above.min(self.points.len() - 1);
        let ((q0, z0), (q1, z1)) = (self.points[line - 1], self.points[line]);
        z0 + (z1 - z0) * ((flow - q0) / (q1 - q0))
    }
}

impl From<Level> for Tailwater {
    fn from(level: Level) -> Self {
        Self::constant(level)
    }
}

/// Days on which a unit of a power station stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// Which unit, from 1. Outages of one unit may overlap.
    pub unit: u32,
    /// The days, first and last included.
    pub window: Window,
}

/// A power station: energy from the water that goes through the turbines.
///
/// ```
/// use riparian::basin::{Outage, PowerPlant};
/// use riparian::calendar::Window;
/// use riparian::jiff::civil::date;
/// use riparian::units::{Flow, Level, Power};
///
/// let overhaul = Window::new(date(2024, 4, 1), date(2024, 5, 31))?;
/// let plant = PowerPlant::new(0.88, Power::from_mw(126.0), Level::from_m(332.5))
///     .units(6)
///     .max_discharge(Flow::from_m3s(973.0))
///     .outage(Outage { unit: 2, window: overhaul });
/// assert_eq!(plant.capacity_on(date(2024, 3, 31)).mw(), 126.0);
/// assert_eq!(plant.capacity_on(date(2024, 4, 1)).mw(), 105.0);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PowerPlant {
    /// Overall efficiency, in `(0, 1]`.
    pub efficiency: f64,
    /// What all its units give together.
    pub capacity: Power,
    /// How many units it has, all alike; 1 to [`PowerPlant::MOST_UNITS`].
    pub units: u32,
    /// What all its units can swallow together, if more passes the turbine outlets.
    pub max_discharge: Option<Flow>,
    /// The water level below the dam.
    pub tailwater: Tailwater,
    /// Head lost between the lake and the tailwater.
    pub head_loss: Level,
    /// The net head below which it stands still.
    pub min_head: Level,
    /// Planned outages.
    pub outages: Vec<Outage>,
}

/// Density of water times the acceleration of gravity, in N/m3.
pub(super) const WEIGHT_OF_WATER: f64 = 1000.0 * 9.806_65;

/// Joules in a kilowatt hour.
pub(super) const JOULES_PER_KWH: f64 = 3.6e6;

/// Hours in a day.
const A_DAY: Hours = Hours(24.0);

impl PowerPlant {
    /// The most units a plant may have: more than any has, and few enough to look at each every
    /// day.
    pub const MOST_UNITS: u32 = 1000;

    /// A plant of one unit, without head loss, least head or outages.
    pub fn new(efficiency: f64, capacity: Power, tailwater: impl Into<Tailwater>) -> Self {
        Self {
            efficiency,
            capacity,
            units: 1,
            max_discharge: None,
            tailwater: tailwater.into(),
            head_loss: Level::ZERO,
            min_head: Level::ZERO,
            outages: Vec::new(),
        }
    }

    /// The same, of so many units.
    #[must_use]
    pub fn units(mut self, units: u32) -> Self {
        self.units = units;
        self
    }

    /// The same, with what all units can swallow together.
    #[must_use]
    pub fn max_discharge(mut self, flow: Flow) -> Self {
        self.max_discharge = Some(flow);
        self
    }

    /// The same, with a loss of head.
    #[must_use]
    pub fn head_loss(mut self, head: Level) -> Self {
        self.head_loss = head;
        self
    }

    /// The same, with a net head below which it stands still.
    #[must_use]
    pub fn min_head(mut self, head: Level) -> Self {
        self.min_head = head;
        self
    }

    /// The same, with one more outage.
    #[must_use]
    pub fn outage(mut self, outage: Outage) -> Self {
        self.outages.push(outage);
        self
    }

    /// How many units can run on a day.
    pub fn units_on(&self, date: Date) -> u32 {
        let out_on = |outage: &Outage| outage.window.contains(date);
        if !self.outages.iter().any(out_on) {
            return self.units;
        }
        let runs = |unit: &u32| !self.outages.iter().any(|o| o.unit == *unit && out_on(o));
        (1..=self.units).filter(runs).count() as u32
    }

    /// The power of the units that can run on a day.
    pub fn capacity_on(&self, date: Date) -> Power {
        self.capacity * self.running(date)
    }

    /// What the units that can run on a day swallow together; infinite where nothing limits it and
    /// one of them can.
    pub fn discharge_on(&self, date: Date) -> Flow {
        self.discharge_of(self.running(date))
    }

    fn discharge_of(&self, running: f64) -> Flow {
        if running == 0.0 {
            return Flow::ZERO;
        }
        self.max_discharge
            .map_or(Flow::from_m3s(f64::INFINITY), |flow| flow * running)
    }

    /// The part of the units that can run.
    fn running(&self, date: Date) -> f64 {
        if self.outages.is_empty() {
            return 1.0;
        }
        f64::from(self.units_on(date)) / f64::from(self.units)
    }

    /// The net head between a level of the lake and the tailwater of a flow: not below 0.
    pub fn net_head(&self, level: Level, outflow: Flow) -> Level {
        (level - self.tailwater.level(outflow) - self.head_loss).max(Level::ZERO)
    }

    /// The energy of a volume offered to the turbines on a day, at a level of the lake and with a
    /// flow that leaves the dam in all.
    ///
    /// ```
    /// use riparian::basin::PowerPlant;
    /// use riparian::jiff::civil::date;
    /// use riparian::units::{Days, Level, Power, Volume};
    ///
    /// let plant = PowerPlant::new(0.9, Power::from_mw(100.0), Level::from_m(330.0));
    /// let (level, volume) = (Level::from_m(345.0), Volume::from_mcm(10.0));
    /// let energy = plant.energy_of_day(date(2024, 6, 1), level, volume, volume / Days(1.0));
    /// assert!((energy.mwh() - 367.749).abs() < 1e-3);
    /// ```
    pub fn energy_of_day(
        &self,
        date: Date,
        level: Level,
        offered: Volume,
        outflow: Flow,
    ) -> Energy {
        let head = self.net_head(level, outflow);
        if head < self.min_head {
            return Energy::ZERO;
        }
        let running = self.running(date);
        let turbined = offered.min(self.discharge_of(running).over_days(1.0));
        let joule = self.efficiency * WEIGHT_OF_WATER * turbined.m3() * head.m();
        Energy::from_kwh(joule / JOULES_PER_KWH).min(self.capacity * running * A_DAY)
    }

    /// What makes the plant impossible, if anything: what was found, and what was expected.
    pub(super) fn fault(&self) -> Option<(String, &'static str)> {
        if !(self.efficiency > 0.0 && self.efficiency <= 1.0) {
            let found = format!("an efficiency of {}", self.efficiency);
            return Some((found, "a fraction above 0 and at most 1"));
        }
        if !self.capacity.is_finite() || self.capacity < Power::ZERO {
            let found = format!("a capacity of {}", self.capacity);
            return Some((found, "a power of at least 0"));
        }
        if !(1..=Self::MOST_UNITS).contains(&self.units) {
            return Some((format!("{} units", self.units), "1 to 1000 units"));
        }
        if let Some(flow) = self
            .max_discharge
            .filter(|q| !q.is_finite() || *q < Flow::ZERO)
        {
            return Some((format!("units that pass {flow}"), "a flow of at least 0"));
        }
        if self.tailwater.points.iter().any(|(_, z)| !z.is_finite()) {
            return Some(("a tailwater without a level".into(), "a level"));
        }
        for (head, what) in [(self.head_loss, "head loss"), (self.min_head, "least head")] {
            if !head.is_finite() || head < Level::ZERO {
                return Some((format!("a {what} of {head}"), "a head of at least 0"));
            }
        }
        let stranger = self
            .outages
            .iter()
            .find(|o| !(1..=self.units).contains(&o.unit));
        stranger.map(|o| {
            let found = format!("an outage of unit {} of {}", o.unit, self.units);
            (found, "the number of a unit, from 1")
        })
    }
}

impl Reservoir {
    /// The energy of a day on which the storage went from `start` to `end`, so much was released and
    /// so much spilled; none without a power station and a curve.
    pub fn energy_of_day(
        &self,
        date: Date,
        (start, end): (Volume, Volume),
        released: Volume,
        spilled: Volume,
    ) -> Option<Energy> {
        let plant = self.power.as_ref()?;
        let level = self.level((start + end) * 0.5)?;
        let offered = released.min(self.turbine_capacity(start).over_days(1.0));
        let outflow = (released + spilled).per_days(1.0);
        Some(plant.energy_of_day(date, level, offered, outflow))
    }

    /// The least release that makes an energy on a day, or the one that makes most where none makes
    /// so much: see the [module](self). None without a power station and a curve.
    ///
    /// `start` is the storage at the day's start, `before` what there would be at its end with no
    /// release, and `most` the most that may be released. Water below dead storage is not released.
    ///
    /// ```
    /// use riparian::basin::{Curve, CurvePoint, PowerPlant, Reservoir};
    /// use riparian::jiff::civil::date;
    /// use riparian::units::{Area, Energy, Flow, Level, Power, Volume};
    ///
    /// let point = |z, v| CurvePoint {
    ///     level: Level::from_m(z),
    ///     volume: Volume::from_mcm(v),
    ///     area: Area::from_km2(400.0),
    /// };
    /// let curve = Curve::new(vec![point(340.0, 800.0), point(347.0, 3600.0)]).unwrap();
    /// let lake = Reservoir::new("lake", Volume::from_mcm(3600.0))
    ///     .curve(curve)
    ///     .power(PowerPlant::new(0.88, Power::from_mw(126.0), Level::from_m(332.5)));
    /// let (day, full) = (date(2024, 6, 1), Volume::from_mcm(3600.0));
    /// let release = lake
    ///     .release_for_energy(Energy::from_mwh(2000.0), day, (full, full), Flow::from_m3s(1000.0))
    ///     .unwrap();
    /// let passed = release.over_days(1.0);
    /// let made = lake.energy_of_day(day, (full, full - passed), passed, Volume::ZERO).unwrap();
    /// assert!((made.mwh() - 2000.0).abs() < 1e-9);
    /// ```
    pub fn release_for_energy(
        &self,
        wanted: Energy,
        date: Date,
        (start, before): (Volume, Volume),
        most: Flow,
    ) -> Option<Flow> {
        let (plant, curve) = (self.power.as_ref()?, self.curve.as_ref()?);
        let most = most
            .min(self.turbine_capacity(start))
            .min(plant.discharge_on(date))
            .over_days(1.0)
            .min(before - self.dead)
            .m3();
        // Releases at which curve or rating turn: they are straight between them.
        let both = (start + before).m3();
        let turns = || {
            let levels = curve.points().iter().map(|p| both - 2.0 * p.volume.m3());
            let flows = plant.tailwater.points.iter();
            levels.chain(flows.map(|(q, _)| q.over_days(1.0).m3()))
        };
        let head = |release: f64| {
            let level = curve.level(Volume::from_m3(0.5 * (both - release)));
            let outflow = Volume::from_m3(release).per_days(1.0);
            (level - plant.tailwater.level(outflow) - plant.head_loss).m()
        };
        let wanted = wanted.min(plant.capacity_on(date) * A_DAY).kwh();
        // Volume times head, in m4.
        let wanted = wanted * JOULES_PER_KWH / (plant.efficiency * WEIGHT_OF_WATER);
        let least_head = plant.min_head.m();
        let (mut low, mut head_low) = (0.0, head(0.0));
        let mut best = (0.0, 0.0);
        while low < most && head_low > 0.0 && head_low >= least_head {
            let high = turns().filter(|&v| v > low).fold(most, f64::min);
            let head_high = head(high);
            // Head on this piece: a - b V.
            let b = ((head_low - head_high) / (high - low)).max(0.0);
            let a = head_low + b * low;
            let mut top = high;
            if b > 0.0 {
                // A hair above the least head, or rounding would stop the turbines.
                let stop = (head_low - least_head) / b * (1.0 - 1e-12);
                top = top.min(a / (2.0 * b)).min(low + stop).max(low);
            }
            let makes = top * (a - b * top);
            if makes >= wanted {
                let root = 2.0 * wanted / (a + (a * a - 4.0 * b * wanted).max(0.0).sqrt());
                return Some(Volume::from_m3(root.clamp(low, top)).per_days(1.0));
            }
            if makes > best.0 {
                best = (makes, top);
            }
            (low, head_low) = (high, head_high);
        }
        Some(Volume::from_m3(best.1).per_days(1.0))
    }
}
