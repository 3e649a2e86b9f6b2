//! Physical quantities: [`Volume`], [`Flow`], [`Level`], [`Area`], [`Energy`] and [`Power`].
//!
//! Each is an `f64` in one base unit behind a type that says what it measures, so that a flow is
//! never added to a volume and a million cubic metres never taken for one. Values go in through
//! constructors that name the unit and come out through getters that name it again:
//!
//! ```
//! use riparian::units::{Days, Flow, Volume};
//!
//! let release = Flow::from_m3s(350.0);
//! let dekad = release * Days(10.0);
//! assert_eq!(dekad.mcm(), 302.4);
//! assert_eq!(Volume::from_mcm(302.4) / Days(10.0), release);
//! ```
//!
//! Multiplying and dividing by plain numbers scales a quantity; dividing it by its own kind gives a
//! plain number. Nothing is checked on the way: like `f64`, a quantity may be negative, infinite or
//! NaN, and whoever takes one from outside asks [`Volume::is_finite`] first.
//!
//! # Text
//!
//! `Display` picks a unit a reader of water reports expects and prints the fewest digits that read
//! back as the same value; a precision (`{:.1}`), a width, an alignment and a plus sign are honoured
//! as for `f64`. [`FromStr`] reads a number and a unit, with or without a space
//! between them; groups of three digits may stand apart with a space (also a no-break or thin one)
//! or `_`. Texts that mean no finite number are refused.
//!
//! ```
//! use riparian::units::{Flow, Volume};
//!
//! let stored: Volume = "5 421.6 Mm3".parse()?;
//! assert_eq!(stored.m3(), 5_421_600_000.0);
//! assert_eq!(stored.to_string(), "5421.6 Mm3");
//! assert_eq!(format!("{:.0}", Flow::from_m3s(349.6)), "350 m3/s");
//!
//! let error = "12 acres".parse::<Volume>().unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "`12 acres` is not a volume: unknown unit `acres`; expected a number and one of \
//!      Mm3, km3, m3, af, kaf, maf"
//! );
//! # Ok::<(), riparian::Error>(())
//! ```
//!
//! # Files
//!
//! With serde a quantity is a bare number in its base unit: m3, m3/s, m, m2, kWh, kW.

use std::fmt::{self, Write as _};
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Seconds in a civil day, which this crate's days all are.
pub const SECONDS_PER_DAY: f64 = 86_400.0;

/// One international foot in m, exact.
const FOOT: f64 = 0.3048;

/// One international cubic foot in m3: 0.3048 m cubed, exact.
const CUBIC_FOOT: f64 = 0.028_316_846_592;

/// One acre-foot in m3: 43 560 international cubic feet, exact.
const ACRE_FOOT: f64 = 1_233.481_837_547_52;

/// A number of days, whole or not: turns a [`Flow`] into a [`Volume`] and back.
///
/// ```
/// use riparian::units::{Days, Flow, Volume};
///
/// assert_eq!(Flow::from_m3s(1.0) * Days(1.0), Volume::from_m3(86_400.0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Days(pub f64);

/// A number of hours, whole or not: turns a [`Power`] into an [`Energy`] and back.
///
/// ```
/// use riparian::units::{Energy, Hours, Power};
///
/// assert_eq!(Power::from_mw(1200.0) * Hours(24.0), Energy::from_mwh(28_800.0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Hours(pub f64);

/// A volume of water, in m3.
///
/// Prints in Mm3 (million cubic metres), and from 100 000 Mm3 on in km3. Reads Mm3, mcm, km3, m3,
/// and acre-feet: af, kaf (thousand), maf (million).
///
/// ```
/// use riparian::units::Volume;
///
/// let committed = Volume::from_mcm(1_100.0);
/// let delivered = Volume::from_km3(0.609);
/// assert_eq!((delivered - committed).to_string(), "-491 Mm3");
/// assert_eq!(delivered / Volume::from_mcm(609.0), 1.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Volume(f64);

impl Volume {
    /// A volume of `m3` cubic metres.
    pub const fn from_m3(m3: f64) -> Self {
        Self(m3)
    }

    /// A volume of `mcm` million cubic metres.
    pub const fn from_mcm(mcm: f64) -> Self {
        Self(mcm * 1e6)
    }

    /// A volume of `km3` cubic kilometres.
    pub const fn from_km3(km3: f64) -> Self {
        Self(km3 * 1e9)
    }

    /// A volume of `acre_feet` acre-feet of 1233.48183754752 m3 (43 560 international cubic feet).
    ///
    /// ```
    /// use riparian::units::Volume;
    ///
    /// assert_eq!(Volume::from_acre_feet(1000.0).m3().round(), 1_233_482.0);
    /// ```
    pub const fn from_acre_feet(acre_feet: f64) -> Self {
        Self(acre_feet * ACRE_FOOT)
    }

    /// In cubic metres.
    pub const fn m3(self) -> f64 {
        self.0
    }

    /// In million cubic metres.
    pub const fn mcm(self) -> f64 {
        self.0 / 1e6
    }

    /// In cubic kilometres.
    pub const fn km3(self) -> f64 {
        self.0 / 1e9
    }

    /// In acre-feet.
    pub const fn acre_feet(self) -> f64 {
        self.0 / ACRE_FOOT
    }

    /// The steady flow that carries this volume in `days` days.
    pub const fn per_days(self, days: f64) -> Flow {
        Flow(self.0 / (SECONDS_PER_DAY * days))
    }
}

/// A flow of water, in m3/s.
///
/// Prints in m3/s. Reads m3/s, m3s, cusecs or cfs (cubic feet per second), and Mm3/day.
///
/// ```
/// use riparian::units::Flow;
///
/// assert_eq!("8.64 Mm3/day".parse::<Flow>()?, Flow::from_m3s(100.0));
/// assert_eq!(Flow::from_m3s(100.0).mcm_per_day(), 8.64);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Flow(f64);

impl Flow {
    /// A flow of `m3s` cubic metres per second.
    pub const fn from_m3s(m3s: f64) -> Self {
        Self(m3s)
    }

    /// A flow of `mcm_per_day` million cubic metres per day.
    ///
    /// ```
    /// use riparian::units::Flow;
    ///
    /// assert_eq!(Flow::from_mcm_per_day(0.864), Flow::from_m3s(10.0));
    /// ```
    pub const fn from_mcm_per_day(mcm_per_day: f64) -> Self {
        Self(mcm_per_day * 1e6 / SECONDS_PER_DAY)
    }

    /// A flow of `cusecs` cubic feet per second, 0.028316846592 m3/s each.
    pub const fn from_cusecs(cusecs: f64) -> Self {
        Self(cusecs * CUBIC_FOOT)
    }

    /// In cubic metres per second.
    pub const fn m3s(self) -> f64 {
        self.0
    }

    /// In million cubic metres per day.
    pub const fn mcm_per_day(self) -> f64 {
        self.0 * SECONDS_PER_DAY / 1e6
    }

    /// In cubic feet per second.
    pub const fn cusecs(self) -> f64 {
        self.0 / CUBIC_FOOT
    }

    /// The volume this flow carries in `days` days.
    pub const fn over_days(self, days: f64) -> Volume {
        Volume(self.0 * (SECONDS_PER_DAY * days))
    }
}

/// A water level, in m above the datum of its gauge; the difference of two levels is a head or a
/// depth, also in m.
///
/// Prints m. Reads m and ft (international feet of 0.3048 m).
///
/// ```
/// use riparian::units::Level;
///
/// let head = Level::from_m(900.0) - Level::from_m(722.5);
/// assert_eq!(head.to_string(), "177.5 m");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Level(f64);

impl Level {
    /// A level of `m` metres.
    pub const fn from_m(m: f64) -> Self {
        Self(m)
    }

    /// In metres.
    pub const fn m(self) -> f64 {
        self.0
    }
}

/// An area, in m2.
///
/// Prints in km2. Reads km2 and m2.
///
/// ```
/// use riparian::units::Area;
///
/// assert_eq!(Area::from_m2(284.3e6).to_string(), "284.3 km2");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Area(f64);

impl Area {
    /// An area of `m2` square metres.
    pub const fn from_m2(m2: f64) -> Self {
        Self(m2)
    }

    /// An area of `km2` square kilometres.
    pub const fn from_km2(km2: f64) -> Self {
        Self(km2 * 1e6)
    }

    /// In square metres.
    pub const fn m2(self) -> f64 {
        self.0
    }

    /// In square kilometres.
    pub const fn km2(self) -> f64 {
        self.0 / 1e6
    }
}

/// An amount of energy, in kWh.
///
/// Prints in `kWh`, `MWh` or `GWh`, by size. Reads these and `TWh`.
///
/// ```
/// use riparian::units::Energy;
///
/// assert_eq!("1.1 TWh".parse::<Energy>()?.to_string(), "1100 GWh");
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Energy(f64);

impl Energy {
    /// An energy of `kwh` kilowatt hours.
    ///
    /// ```
    /// use riparian::units::Energy;
    ///
    /// assert_eq!(Energy::from_kwh(2e6), Energy::from_gwh(2.0));
    /// ```
    pub const fn from_kwh(kwh: f64) -> Self {
        Self(kwh)
    }

    /// An energy of `mwh` megawatt hours.
    pub const fn from_mwh(mwh: f64) -> Self {
        Self(mwh * 1e3)
    }

    /// An energy of `gwh` gigawatt hours (million kWh).
    pub const fn from_gwh(gwh: f64) -> Self {
        Self(gwh * 1e6)
    }

    /// In kilowatt hours.
    pub const fn kwh(self) -> f64 {
        self.0
    }

    /// In megawatt hours.
    pub const fn mwh(self) -> f64 {
        self.0 / 1e3
    }

    /// In gigawatt hours.
    pub const fn gwh(self) -> f64 {
        self.0 / 1e6
    }

    /// The steady power that gives this energy in `hours` hours.
    pub const fn per_hours(self, hours: f64) -> Power {
        Power(self.0 / hours)
    }
}

/// A power, in kW.
///
/// Prints in kW below 1 MW, then in MW. Reads kW, MW and GW.
///
/// ```
/// use riparian::units::{Energy, Power};
///
/// assert_eq!(Power::from_mw(1.2e3).over_hours(5.0), Energy::from_gwh(6.0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Power(f64);

impl Power {
    /// A power of `kw` kilowatts.
    ///
    /// ```
    /// use riparian::units::Power;
    ///
    /// assert_eq!(Power::from_kw(1500.0), Power::from_mw(1.5));
    /// ```
    pub const fn from_kw(kw: f64) -> Self {
        Self(kw)
    }

    /// A power of `mw` megawatts.
    pub const fn from_mw(mw: f64) -> Self {
        Self(mw * 1e3)
    }

    /// In kilowatts.
    pub const fn kw(self) -> f64 {
        self.0
    }

    /// In megawatts.
    pub const fn mw(self) -> f64 {
        self.0 / 1e3
    }

    /// The energy this power gives in `hours` hours.
    pub const fn over_hours(self, hours: f64) -> Energy {
        Energy(self.0 * hours)
    }
}

impl Mul<Days> for Flow {
    type Output = Volume;

    fn mul(self, days: Days) -> Volume {
        self.over_days(days.0)
    }
}

impl Div<Days> for Volume {
    type Output = Flow;

    fn div(self, days: Days) -> Flow {
        self.per_days(days.0)
    }
}

impl Mul<Hours> for Power {
    type Output = Energy;

    fn mul(self, hours: Hours) -> Energy {
        self.over_hours(hours.0)
    }
}

impl Div<Hours> for Energy {
    type Output = Power;

    fn div(self, hours: Hours) -> Power {
        self.per_hours(hours.0)
    }
}

/// What all quantities share: comparison, arithmetic, text.
macro_rules! quantity {
    ($type:ident, $name:literal, $units:ident) => {
        impl $type {
            #[doc = concat!($name, " of nothing.")]
            pub const ZERO: Self = Self(0.0);

            /// Neither infinite nor NaN.
            pub const fn is_finite(self) -> bool {
                self.0.is_finite()
            }

            /// The magnitude, without its sign.
            #[must_use]
            pub const fn abs(self) -> Self {
                Self(self.0.abs())
            }

            /// The smaller of the two; the other one where one is NaN.
            #[must_use]
            pub const fn min(self, other: Self) -> Self {
                Self(self.0.min(other.0))
            }

            /// The larger of the two; the other one where one is NaN.
            #[must_use]
            pub const fn max(self, other: Self) -> Self {
                Self(self.0.max(other.0))
            }

            /// The nearest value from `low` to `high`; NaN stays NaN.
            ///
            /// # Panics
            ///
            /// If `low` is above `high`, or either is NaN.
            #[must_use]
            pub const fn clamp(self, low: Self, high: Self) -> Self {
                Self(self.0.clamp(low.0, high.0))
            }
        }

        impl Add for $type {
            type Output = Self;

            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }

        impl Sub for $type {
            type Output = Self;

            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }

        impl Neg for $type {
            type Output = Self;

            fn neg(self) -> Self {
                Self(-self.0)
            }
        }

        impl AddAssign for $type {
            fn add_assign(&mut self, other: Self) {
                self.0 += other.0;
            }
        }

        impl SubAssign for $type {
            fn sub_assign(&mut self, other: Self) {
                self.0 -= other.0;
            }
        }

        impl Mul<f64> for $type {
            type Output = Self;

            fn mul(self, factor: f64) -> Self {
                Self(self.0 * factor)
            }
        }

        impl Mul<$type> for f64 {
            type Output = $type;

            fn mul(self, quantity: $type) -> $type {
                quantity * self
            }
        }

        impl Div<f64> for $type {
            type Output = Self;

            fn div(self, divisor: f64) -> Self {
                Self(self.0 / divisor)
            }
        }

        impl Div for $type {
            type Output = f64;

            fn div(self, other: Self) -> f64 {
                self.0 / other.0
            }
        }

        impl Sum for $type {
            fn sum<I: Iterator<Item = Self>>(terms: I) -> Self {
                terms.fold(Self::ZERO, Add::add)
            }
        }

        impl<'a> Sum<&'a Self> for $type {
            fn sum<I: Iterator<Item = &'a Self>>(terms: I) -> Self {
                terms.copied().sum()
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                show(f, self.0, $units)
            }
        }

        impl FromStr for $type {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                read(text, $units)
                    .map(Self)
                    .map_err(|fault| not_a(text, $name, &fault, $units))
            }
        }
    };
}

quantity!(Volume, "a volume", VOLUME_UNITS);
quantity!(Flow, "a flow", FLOW_UNITS);
quantity!(Level, "a level", LEVEL_UNITS);
quantity!(Area, "an area", AREA_UNITS);
quantity!(Energy, "an energy", ENERGY_UNITS);
quantity!(Power, "a power", POWER_UNITS);

/// A unit of some quantity: `10^power * times / over` base units.
///
/// The power of ten stands apart because text is decimal: moving the point of the digits, instead
/// of multiplying, is what makes reading the exact inverse of printing.
struct Unit {
    /// How it is written: first as printed, then as also read.
    names: &'static [&'static str],
    power: u32,
    times: f64,
    over: f64,
    /// The magnitude in base units from which values are printed in it; never, if none.
    shown_from: Option<f64>,
}

impl Unit {
    const fn new(names: &'static [&'static str], power: u32) -> Self {
        Self {
            names,
            power,
            times: 1.0,
            over: 1.0,
            shown_from: None,
        }
    }

    const fn times(mut self, times: f64) -> Self {
        self.times = times;
        self
    }

    const fn over(mut self, over: f64) -> Self {
        self.over = over;
        self
    }

    const fn shown_from(mut self, magnitude: f64) -> Self {
        self.shown_from = Some(magnitude);
        self
    }
}

// In each table the units that values are printed in stand in ascending order of `shown_from`.

const VOLUME_UNITS: &[Unit] = &[
    Unit::new(&["Mm3", "Mm³", "mcm", "MCM"], 6).shown_from(0.0),
    Unit::new(&["km3", "km³"], 9).shown_from(1e11),
    Unit::new(&["m3", "m³"], 0),
    Unit::new(&["af", "AF"], 0).times(ACRE_FOOT),
    Unit::new(&["kaf", "KAF"], 3).times(ACRE_FOOT),
    Unit::new(&["maf", "MAF"], 6).times(ACRE_FOOT),
];

const FLOW_UNITS: &[Unit] = &[
    Unit::new(&["m3/s", "m³/s", "m3s"], 0).shown_from(0.0),
    Unit::new(&["Mm3/day", "Mm³/day"], 6).over(SECONDS_PER_DAY),
    Unit::new(&["cusecs", "cusec", "cfs"], 0).times(CUBIC_FOOT),
];

const LEVEL_UNITS: &[Unit] = &[
    Unit::new(&["m"], 0).shown_from(0.0),
    Unit::new(&["ft"], 0).times(FOOT),
];

const AREA_UNITS: &[Unit] = &[
    Unit::new(&["km2", "km²"], 6).shown_from(0.0),
    Unit::new(&["m2", "m²"], 0),
];

const ENERGY_UNITS: &[Unit] = &[
    Unit::new(&["kWh"], 0).shown_from(0.0),
    Unit::new(&["MWh"], 3).shown_from(1e3),
    Unit::new(&["GWh"], 6).shown_from(1e6),
    Unit::new(&["TWh"], 9),
];

const POWER_UNITS: &[Unit] = &[
    Unit::new(&["kW"], 0).shown_from(0.0),
    Unit::new(&["MW"], 3).shown_from(1e3),
    Unit::new(&["GW"], 6),
];

/// Prints `value`, in base units, in the unit its size asks for.
fn show(f: &mut fmt::Formatter<'_>, value: f64, units: &[Unit]) -> fmt::Result {
    let unit = units
        .iter()
        .rfind(|unit| unit.shown_from.is_some_and(|from| value.abs() >= from))
        .unwrap_or(&units[0]);
    let number = match f.precision() {
        Some(precision) => format!("{:.precision$}", value / 10_u64.pow(unit.power) as f64),
        None => shortest(value, unit.power as i32),
    };
    let plus = if f.sign_plus() && !number.starts_with('-') {
        "+"
    } else {
        ""
    };
    pad(f, &format!("{plus}{number} {}", unit.names[0]))
}

/// A fraction written in percent, as in `2.5 %`: the inverse of [`percent`].
pub(crate) fn read_percent(text: &str) -> Option<f64> {
    let number = text.strip_suffix('%')?.trim();
    let whole: f64 = number.parse().ok()?;
    // The point of the digits is moved: dividing would round a second time.
    let (digits, exponent) = match number.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (number, 0),
    };
    let fraction: f64 = format!("{digits}e{}", exponent.saturating_sub(2))
        .parse()
        .ok()?;
    whole.is_finite().then_some(fraction)
}

/// A fraction in percent, to the last bit.
pub(crate) fn percent(fraction: f64) -> String {
    format!("{} %", shortest(fraction, -2))
}

/// The shortest decimal that reads back as `value`, its point moved `power` places to the left.
fn shortest(value: f64, power: i32) -> String {
    if value == 0.0 {
        return value.to_string();
    }
    let scientific = format!("{value:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific; // infinite or NaN
    };
    let exponent = exponent.parse::<i32>().expect("an exponent of f64") - power;
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest.replace('.', "")),
        None => ("", mantissa.replace('.', "")),
    };
    match exponent {
        -6..=-1 => {
            let zeros = "0".repeat(exponent.unsigned_abs() as usize - 1);
            format!("{sign}0.{zeros}{digits}")
        }
        0..=20 => {
            let whole = exponent as usize + 1;
            if digits.len() <= whole {
                format!("{sign}{digits:0<whole$}")
            } else {
                format!("{sign}{}.{}", &digits[..whole], &digits[whole..])
            }
        }
        _ => format!("{mantissa}e{exponent}"),
    }
}

/// Writes `text` in the width asked for, to the right by default as numbers are.
///
/// [`fmt::Formatter::pad`] would take the precision for a length to cut the text to.
fn pad(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let missing = f.width().unwrap_or(0).saturating_sub(text.chars().count());
    let before = match f.align() {
        Some(fmt::Alignment::Left) => 0,
        Some(fmt::Alignment::Center) => missing / 2,
        Some(fmt::Alignment::Right) | None => missing,
    };
    let fill = f.fill();
    for _ in 0..before {
        f.write_char(fill)?;
    }
    f.write_str(text)?;
    for _ in before..missing {
        f.write_char(fill)?;
    }
    Ok(())
}

/// Reads a number and a unit into base units, or says what is wrong.
fn read(text: &str, units: &[Unit]) -> Result<f64, String> {
    let number = Number::read(text.trim()).ok_or("it does not start with a number")?;
    let name = number.rest.trim();
    if name.is_empty() {
        return Err("the unit is missing".to_owned());
    }
    if name.starts_with(',') {
        return Err("a comma in a number (decimals follow a point, \
                    groups of digits stand apart with spaces)"
            .to_owned());
    }
    let unit = units
        .iter()
        .find(|unit| unit.names.contains(&name))
        .ok_or_else(|| format!("unknown unit `{name}`"))?;
    let exponent = number.exponent.saturating_add(unit.power as i32);
    let decimal: f64 = format!("{}e{exponent}", number.digits)
        .parse()
        .map_err(|_| "it does not start with a number")?;
    let value = decimal * unit.times / unit.over;
    if value.is_finite() {
        Ok(value)
    } else {
        Err("the number is too large".to_owned())
    }
}

fn not_a(text: &str, name: &str, fault: &str, units: &[Unit]) -> Error {
    let known: Vec<_> = units.iter().map(|unit| unit.names[0]).collect();
    Error::parse(format!(
        "`{text}` is not {name}: {fault}; expected a number and {}{}",
        if known.len() > 1 { "one of " } else { "" },
        known.join(", ")
    ))
}

/// A decimal number at the start of a text: `digits * 10^exponent`.
struct Number<'a> {
    /// Sign, digits and point, without separators.
    digits: String,
    exponent: i32,
    /// What follows the number.
    rest: &'a str,
}

impl<'a> Number<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (sign, text) = match text.strip_prefix(['-', '\u{2212}']) {
            Some(rest) => ("-", rest),
            None => ("", text.strip_prefix('+').unwrap_or(text)),
        };
        let (first, mut rest) = leading_digits(text);
        let mut digits = format!("{sign}{first}");
        if (1..=3).contains(&first.len()) {
            while let Some((group, after)) = group_of_three(rest) {
                digits.push_str(group);
                rest = after;
            }
        }
        let mut count = first.len();
        if let Some(after) = rest.strip_prefix('.') {
            let (fraction, after) = leading_digits(after);
            digits.push('.');
            digits.push_str(fraction);
            count += fraction.len();
            rest = after;
        }
        if count == 0 {
            return None;
        }
        let mut exponent = 0;
        if let Some(after) = rest.strip_prefix(['e', 'E']) {
            let unsigned = after.strip_prefix(['-', '+']).unwrap_or(after);
            let (_, end) = leading_digits(unsigned);
            exponent = after[..after.len() - end.len()].parse().ok()?;
            rest = end;
        }
        Some(Self {
            digits,
            exponent,
            rest,
        })
    }
}

/// The decimal digits a text starts with, and the rest.
fn leading_digits(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

/// A separator and exactly three digits at the start of a text: the digits, and the rest.
fn group_of_three(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix([' ', '_', '\u{a0}', '\u{202f}', '\u{2009}'])?;
    Some(leading_digits(rest)).filter(|(digits, _)| digits.len() == 3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn volume(text: &str) -> Result<f64> {
        text.parse::<Volume>().map(Volume::m3)
    }

    fn fault(text: &str) -> String {
        let error = text.parse::<Volume>().unwrap_err();
        assert!(error.is_parse());
        error.to_string()
    }

    #[test]
    fn every_spelling_of_a_unit_reads() {
        for (text, m3) in [
            ("491 Mm3", 491e6),
            ("491Mm³", 491e6),
            ("491 mcm", 491e6),
            ("0.491 km3", 491e6),
            (".491km³", 491e6),
            ("+491e6 m3", 491e6),
            ("491000000. m³", 491e6),
            ("-2.5E-1 Mm3", -250_000.0),
            ("\u{2212}1 m3", -1.0),
            ("1 af", ACRE_FOOT),
            ("1 kaf", 1e3 * ACRE_FOOT),
            ("1 maf", 1e6 * ACRE_FOOT),
            ("  7 m3\t", 7.0),
        ] {
            assert_eq!(volume(text).unwrap(), m3, "{text}");
        }
        for (text, m3s) in [
            ("350 m3/s", 350.0),
            ("350 m³/s", 350.0),
            ("350 m3s", 350.0),
            ("1000 cusecs", 28.316_846_592),
            ("1000 cfs", 28.316_846_592),
            ("30.24 Mm3/day", 350.0),
        ] {
            assert_eq!(text.parse::<Flow>().unwrap().m3s(), m3s, "{text}");
        }
        assert_eq!("1.5 km²".parse::<Area>().unwrap(), Area::from_km2(1.5));
        assert_eq!("15 m2".parse::<Area>().unwrap(), Area::from_m2(15.0));
        assert_eq!("348.4 m".parse::<Level>().unwrap(), Level::from_m(348.4));
        for (text, kwh) in [
            ("1 kWh", 1.0),
            ("1 MWh", 1e3),
            ("1 GWh", 1e6),
            ("1 TWh", 1e9),
        ] {
            assert_eq!(text.parse::<Energy>().unwrap().kwh(), kwh);
        }
        for (text, kw) in [("1 kW", 1.0), ("1 MW", 1e3), ("1 GW", 1e6)] {
            assert_eq!(text.parse::<Power>().unwrap().kw(), kw);
        }
    }

    #[test]
    fn groups_of_three_digits_may_stand_apart() {
        for text in [
            "5 421.6 Mm3",
            "5_421.6Mm3",
            "5\u{a0}421.6\u{a0}Mm3",
            "5\u{202f}421.6 Mm3",
            "5\u{2009}421.6 Mm3",
            "5 421 600 000 m3",
        ] {
            assert_eq!(volume(text).unwrap(), 5_421.6e6, "{text}");
        }
        // A slip of the space bar is not a number ten times as large.
        for text in [
            "12 5 Mm3",
            "1 2345 Mm3",
            "1234 567 Mm3",
            "1  234 Mm3",
            "1__234 Mm3",
        ] {
            assert!(volume(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_error_says_what_was_found_and_what_is_expected() {
        assert_eq!(
            fault("491 Mm4"),
            "`491 Mm4` is not a volume: unknown unit `Mm4`; \
             expected a number and one of Mm3, km3, m3, af, kaf, maf"
        );
        assert!(fault("491").contains("the unit is missing"));
        assert!(fault("Mm3").contains("does not start with a number"));
        assert!(fault("5,4 Mm3").contains("a comma"));
        assert!(fault("1e400 m3").contains("too large"));
        // mm3 would be cubic millimetres, and a flow is not a volume.
        for text in [
            "",
            "-",
            ".",
            "1e m3",
            "1e99999999999 m3",
            "1 mm3",
            "1 m3/s",
            "--1 m3",
        ] {
            assert!(volume(text).is_err(), "{text}");
        }
        assert_eq!(
            "3 km2".parse::<Power>().unwrap_err().to_string(),
            "`3 km2` is not a power: unknown unit `km2`; expected a number and one of kW, MW, GW"
        );
    }

    #[test]
    fn what_is_not_finite_is_refused() {
        for text in [
            "NaN m3",
            "nan Mm3",
            "inf m3",
            "-inf km3",
            "infinity m3",
            "∞ m3",
        ] {
            assert!(volume(text).is_err(), "{text}");
        }
        assert!(
            Volume::from_m3(f64::INFINITY)
                .to_string()
                .parse::<Volume>()
                .is_err()
        );
        assert!(
            Volume::from_m3(f64::NAN)
                .to_string()
                .parse::<Volume>()
                .is_err()
        );
    }

    #[test]
    fn printing_honours_the_format() {
        let balance = Volume::from_mcm(491.25);
        assert_eq!(balance.to_string(), "491.25 Mm3");
        assert_eq!(format!("{balance:.1}"), "491.2 Mm3");
        assert_eq!(format!("{balance:+.0}"), "+491 Mm3");
        assert_eq!(format!("{:+}", -balance), "-491.25 Mm3");
        assert_eq!(format!("[{balance:12.0}]"), "[     491 Mm3]");
        assert_eq!(format!("[{balance:<12.0}]"), "[491 Mm3     ]");
        assert_eq!(format!("[{balance:*^12.0}]"), "[**491 Mm3***]");
    }

    #[test]
    fn printing_picks_the_unit_by_size() {
        for (value, text) in [
            (0.0, "0 Mm3"),
            (5.0, "0.000005 Mm3"),
            (12.0, "0.000012 Mm3"),
            (1e-3, "1e-9 Mm3"),
            (99_999e6, "99999 Mm3"),
            (1e11, "100 km3"),
            (-1_083e9, "-1083 km3"),
        ] {
            assert_eq!(Volume::from_m3(value).to_string(), text);
        }
        assert_eq!(Energy::ZERO.to_string(), "0 kWh");
        assert_eq!(Energy::from_mwh(2.5).to_string(), "2.5 MWh");
        assert_eq!(Energy::from_gwh(4_400.0).to_string(), "4400 GWh");
        assert_eq!(Power::from_kw(630.0).to_string(), "630 kW");
        assert_eq!(Power::from_mw(1_200.0).to_string(), "1200 MW");
        assert_eq!(Flow::from_m3s(1e21).to_string(), "1e21 m3/s");
    }

    #[test]
    fn arithmetic_is_that_of_the_numbers() {
        let mut volume = Volume::from_mcm(3.0);
        volume += Volume::from_mcm(2.0);
        volume -= Volume::from_mcm(1.0);
        assert_eq!(volume * 2.0 / 4.0, Volume::from_mcm(2.0));
        assert_eq!(0.5 * volume, Volume::from_mcm(2.0));
        assert_eq!((-volume).abs(), volume);
        assert_eq!(volume.min(Volume::ZERO), Volume::ZERO);
        assert_eq!((-volume).clamp(Volume::ZERO, volume), Volume::ZERO);
        let terms = [Flow::from_m3s(1.0), Flow::from_m3s(2.0)];
        assert_eq!(terms.iter().sum::<Flow>(), Flow::from_m3s(3.0));
        assert_eq!(terms.into_iter().sum::<Flow>(), Flow::from_m3s(3.0));
        assert_eq!(
            Volume::from_acre_feet(2.0).m3(),
            2.0 * 43_560.0 * CUBIC_FOOT
        );
    }

    #[test]
    fn serde_writes_the_bare_number() {
        let json = serde_json::to_string(&Volume::from_mcm(1.5)).unwrap();
        assert_eq!(json, "1500000.0");
        assert_eq!(
            serde_json::from_str::<Volume>(&json).unwrap(),
            Volume::from_mcm(1.5)
        );
    }

    /// Every finite f64, subnormal ones too.
    fn finite() -> impl Strategy<Value = f64> {
        any::<u64>()
            .prop_map(f64::from_bits)
            .prop_filter("finite", |value| value.is_finite())
    }

    /// Sizes that occur, where the printed form has no exponent.
    fn ordinary() -> impl Strategy<Value = f64> {
        prop_oneof![
            -1e13..1e13,
            -1e3..1e3,
            (-1_000_000_i32..1_000_000).prop_map(f64::from)
        ]
    }

    macro_rules! print_then_parse {
        ($value:expr, $($type:ident),+) => {$(
            let quantity = $type($value);
            let text = quantity.to_string();
            prop_assert_eq!(text.parse::<$type>().unwrap(), quantity, "{}", text);
        )+};
    }

    proptest! {
        #[test]
        fn parsing_what_was_printed_gives_it_back(value in prop_oneof![finite(), ordinary()]) {
            print_then_parse!(value, Volume, Flow, Level, Area, Energy, Power);
        }

        #[test]
        fn a_precision_rounds_to_its_last_place(value in ordinary(), precision in 0_usize..6) {
            let text = format!("{:.precision$}", Volume::from_m3(value));
            let (number, unit) = text.split_once(' ').unwrap();
            let decimals = number.split_once('.').map_or(0, |(_, decimals)| decimals.len());
            prop_assert_eq!(decimals, precision);
            let scale = if unit == "km3" { 1e9 } else { 1e6 };
            let error = (number.parse::<f64>().unwrap() - value / scale).abs();
            let half = 0.5 * 10_f64.powi(-(precision as i32));
            prop_assert!(error <= half * (1.0 + 1e-9) + value.abs() / scale * f64::EPSILON);
        }

        #[test]
        fn any_text_reads_or_errs(text in "[-+−]?[0-9 _.,eE]{0,8} ?(Mm3|m|km²|x)?") {
            if let Ok(volume) = text.parse::<Volume>() {
                prop_assert!(volume.is_finite());
            }
        }

        #[test]
        fn flow_over_days_and_back(m3s in -1e5..1e5, days in 0.01..400.0) {
            let flow = Flow::from_m3s(m3s);
            let back = (flow * Days(days)) / Days(days);
            prop_assert!((back - flow).abs().m3s() <= 2.0 * f64::EPSILON * m3s.abs());
        }
    }
}
