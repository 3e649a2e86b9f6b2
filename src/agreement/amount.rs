//! Amounts as treaties write them.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::units::{Days, Energy, Flow, Level, SECONDS_PER_DAY, Volume};

/// What an [`Amount`] is an amount of.
///
/// ```
/// use riparian::agreement::{Amount, Quantity};
/// use riparian::units::Volume;
///
/// let owed: Amount = "480 Mm3".parse()?;
/// assert_eq!(owed.quantity(), Quantity::Volume(Volume::from_mcm(480.0)));
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantity {
    /// A volume of water.
    Volume(Volume),
    /// A flow: over a number of days it is a volume.
    Flow(Flow),
    /// Energy.
    Energy(Energy),
    /// A water level.
    Level(Level),
}

/// An amount as a treaty states it: a quantity that remembers how it was written.
///
/// A treaty says 35,000 cusecs or 1.5 maf, and an agreement written back to its file says so too.
/// Two amounts are equal if they are the same quantity written alike.
///
/// ```
/// use riparian::agreement::Amount;
/// use riparian::units::Flow;
///
/// let guarantee: Amount = "35000 cusecs".parse()?;
/// assert_eq!(guarantee.to_string(), "35000 cusecs");
/// // Over a dekad of eleven days, in m3.
/// assert_eq!(guarantee.over(11), Flow::from_cusecs(35_000.0).over_days(11.0).m3());
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Amount {
    quantity: Quantity,
    text: Box<str>,
}

impl Amount {
    /// The quantity.
    pub fn quantity(&self) -> Quantity {
        self.quantity
    }

    /// How much it is in base units: m3 for a volume, m3 a day for a flow, kWh, m.
    pub fn base(&self) -> f64 {
        match self.quantity {
            Quantity::Volume(volume) => volume.m3(),
            Quantity::Flow(flow) => flow.m3s() * SECONDS_PER_DAY,
            Quantity::Energy(energy) => energy.kwh(),
            Quantity::Level(level) => level.m(),
        }
    }

    /// How much it comes to in a number of days: a flow grows with them, all else is what it is.
    pub fn over(&self, days: usize) -> f64 {
        match self.quantity {
            Quantity::Flow(flow) => (flow * Days(days as f64)).m3(),
            _ => self.base(),
        }
    }

    /// Whether it is a flow.
    pub fn is_flow(&self) -> bool {
        matches!(self.quantity, Quantity::Flow(_))
    }

    /// Whether it is an energy.
    pub fn is_energy(&self) -> bool {
        matches!(self.quantity, Quantity::Energy(_))
    }

    /// Whether it is a water level.
    pub fn is_level(&self) -> bool {
        matches!(self.quantity, Quantity::Level(_))
    }

    /// What it is, for messages: `volume`, `flow`, `energy` or `level`.
    pub fn kind(&self) -> &'static str {
        match self.quantity {
            Quantity::Volume(_) => "volume",
            Quantity::Flow(_) => "flow",
            Quantity::Energy(_) => "energy",
            Quantity::Level(_) => "level",
        }
    }

    /// Half a unit of the last digit written, in base units: 0.05 Mm3 for `5421.6 Mm3`.
    pub(crate) fn precision(&self) -> f64 {
        // The unit has digits of its own: the number ends before the first letter.
        let end = self.text.find(char::is_alphabetic);
        let (number, unit) = self.text.split_at(end.unwrap_or(self.text.len()));
        let digits = number.trim_end();
        let decimals = digits.find('.').map_or(0, |point| digits.len() - point - 1);
        format!("5e-{} {unit}", decimals + 1)
            .parse()
            .map_or(0.0, |half: Self| half.base())
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl FromStr for Amount {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let quantity = text
            .parse()
            .map(Quantity::Volume)
            .or_else(|_| text.parse().map(Quantity::Flow))
            .or_else(|_| text.parse().map(Quantity::Energy))
            .or_else(|_: Error| text.parse().map(Quantity::Level))
            .map_err(|_| {
                Error::parse(format!(
                    "`{text}` is no amount; expected a number and a unit: a volume (Mm3, km3, m3, \
                     af, kaf, maf), a flow (m3/s, Mm3/day, cusecs), an energy (kWh, MWh, GWh, \
                     TWh) or a level (m, ft)"
                ))
            })?;
        Ok(Self {
            quantity,
            text: text.into(),
        })
    }
}

macro_rules! from_quantity {
    ($($type:ident),*) => {$(
        impl From<$type> for Amount {
            fn from(quantity: $type) -> Self {
                Self {
                    quantity: Quantity::$type(quantity),
                    text: quantity.to_string().into(),
                }
            }
        }
    )*};
}

from_quantity!(Volume, Flow, Energy, Level);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_digit_says_how_precise_an_amount_is() {
        for (text, half) in [
            ("5421.6 Mm3", 0.05e6),
            ("5 421.60Mm3", 0.005e6),
            ("443 Mm3", 0.5e6),
            ("0.4436 km3", 0.05e6),
            ("350 GWh", 0.5e6),
        ] {
            assert_eq!(text.parse::<Amount>().unwrap().precision(), half, "{text}");
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        for text in ["", "35000", "ten Mm3", "5 acres", "inf Mm3"] {
            assert!(text.parse::<Amount>().is_err(), "{text}");
        }
    }
}
