//! What is due: amounts known in advance, and functions of what the river brings.

use std::fmt::Debug;
use std::sync::Arc;

use super::{Amount, Count, Point, Step, When};
use crate::calendar::{Date, Window};

/// What is due.
#[derive(Clone, Debug, PartialEq)]
pub enum Due {
    /// The same amount in each period; a flow counts for each of its days. A period that the
    /// obligation's window cuts owes its part of a volume by days.
    Amount(Amount),
    /// An amount for each of several stretches of days, of one year or of every year: the
    /// stretches are the periods.
    Schedule(Vec<(When, Amount)>),
    /// Computed from the flow, storage or energy at other points.
    Formula(Formula),
    /// A form of the user's own.
    Own(OwnForm),
}

/// A sum of functions of what is measured at other points, and a constant.
///
/// Percentages of a flow, flow brackets, tables from an index inflow to a delivery, fractions of a
/// surplus, shortages shared in proportion, energy for water: all are sums of [`Brackets`], read
/// day by day or over a longer step.
///
/// ```
/// use riparian::agreement::{Amount, Brackets, Due, Formula, Obligation, Sign, Slope};
///
/// // A third of what two rivers bring, less 2 Mm3 a period.
/// let third = || Brackets::share(Slope::percent(33.3));
/// let mut formula = Formula::of("east", third()).and("west", third());
/// formula.plus = Some((Sign::Minus, "2 Mm3".parse::<Amount>()?));
/// assert_eq!(formula.terms.len(), 2);
/// assert_eq!(formula.terms[0].of.name(), "east");
/// let share = Obligation::new("share", "UP", "border", Due::Formula(formula));
/// assert_eq!(share.form(), "formula");
/// // Energy for water that is held back.
/// assert_eq!(Slope::kwh_per_m3(0.033).value, 0.033);
/// // Due by the season, every year.
/// let winter_and_summer = Due::yearly([
///     ("10-01..03-31".parse()?, "300 Mm3".parse::<Amount>()?),
///     ("04-01..09-30".parse()?, "500 Mm3".parse::<Amount>()?),
/// ]);
/// assert!(!winter_and_summer.is_energy());
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    /// The functions that are added up.
    pub terms: Vec<Index>,
    /// What is added to them in each period.
    pub plus: Option<(Sign, Amount)>,
    /// The step on which they are read. A flow is read as the mean of the step, a volume as its
    /// sum; what is due is spread evenly over the step's days.
    pub on: Step,
}

/// Whether an amount is added or taken off.
///
/// Example: [`Formula`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Added.
    Plus,
    /// Taken off.
    Minus,
}

/// A function of what is measured at a point.
///
/// Example: [`Formula`].
#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    /// Where it is measured.
    pub of: Point,
    /// What is due for it.
    pub brackets: Brackets,
}

/// A function that is linear between points: 0 at 0 unless a point says otherwise, level below the
/// first point, and of a stated slope beyond the last.
///
/// ```
/// use riparian::agreement::{Brackets, Slope};
///
/// // Bangladesh under the treaty of 1996: half, then 35 000 cusecs, then the rest.
/// let share = Brackets::new([
///     ("0 cusecs".parse()?, "0 cusecs".parse()?),
///     ("70000 cusecs".parse()?, "35000 cusecs".parse()?),
///     ("75000 cusecs".parse()?, "35000 cusecs".parse()?),
/// ])
/// .then(Slope::percent(100.0));
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Brackets {
    /// Points of the function, by rising index. Without any it starts at 0.
    pub points: Vec<(Amount, Amount)>,
    /// How it goes on after the last point; level, if not stated.
    pub then: Option<Slope>,
}

/// What is due for each unit of an index.
#[derive(Clone, Debug, PartialEq)]
pub struct Slope {
    /// In base units: a fraction for water of water, kWh for m3.
    pub value: f64,
    /// As written: `50 %`, `0.033 kWh/m3`.
    pub(crate) text: Box<str>,
}

impl Formula {
    /// One function of what is measured at a point, read day by day.
    pub fn of(point: impl Into<Point>, brackets: Brackets) -> Self {
        Self {
            terms: vec![Index {
                of: point.into(),
                brackets,
            }],
            plus: None,
            on: Step::Part(crate::calendar::Period::Day),
        }
    }

    /// The same with one more function.
    #[must_use]
    pub fn and(mut self, point: impl Into<Point>, brackets: Brackets) -> Self {
        self.terms.push(Index {
            of: point.into(),
            brackets,
        });
        self
    }

    /// The same with a constant.
    #[must_use]
    pub fn plus(mut self, sign: Sign, amount: impl Into<Amount>) -> Self {
        self.plus = Some((sign, amount.into()));
        self
    }

    /// The same, read over a step.
    #[must_use]
    pub fn on(mut self, step: Step) -> Self {
        self.on = step;
        self
    }

    /// Whether it gives energy.
    pub(crate) fn is_energy(&self) -> bool {
        self.terms.iter().any(|index| {
            let by_point = index.brackets.points.iter().any(|(_, y)| y.is_energy());
            by_point || index.brackets.then.as_ref().is_some_and(Slope::is_energy)
        })
    }
}

impl Brackets {
    /// A function through points, level beyond the last.
    pub fn new(points: impl IntoIterator<Item = (Amount, Amount)>) -> Self {
        Self {
            points: points.into_iter().collect(),
            then: None,
        }
    }

    /// A fixed part of the index.
    pub fn share(slope: Slope) -> Self {
        Self {
            points: Vec::new(),
            then: Some(slope),
        }
    }

    /// The same, going on with a slope after the last point.
    #[must_use]
    pub fn then(mut self, slope: Slope) -> Self {
        self.then = Some(slope);
        self
    }

    /// What is due over a step of `days` days in which `sum` base units came: m3 or kWh.
    ///
    /// An index in flows is compared with the mean flow of the step, one in volumes with its sum;
    /// what is due as a flow counts for each day of the step.
    pub fn due(&self, sum: f64, days: usize) -> f64 {
        let x = |amount: &Amount| amount.over(days);
        let y = |amount: &Amount| amount.over(days);
        let slope = self.then.as_ref().map_or(0.0, |slope| slope.value);
        let (Some(first), Some(last)) = (self.points.first(), self.points.last()) else {
            return slope * sum;
        };
        if sum <= x(&first.0) {
            return y(&first.1);
        }
        if sum >= x(&last.0) {
            return y(&last.1) + slope * (sum - x(&last.0));
        }
        let at = self.points.partition_point(|(index, _)| x(index) <= sum);
        let ((x0, y0), (x1, y1)) = (&self.points[at - 1], &self.points[at]);
        let part = (sum - x(x0)) / (x(x1) - x(x0));
        y(y0) + part * (y(y1) - y(y0))
    }
}

impl Slope {
    /// Water for water, in percent.
    pub fn percent(percent: f64) -> Self {
        Self {
            value: percent / 100.0,
            text: format!("{percent} %").into(),
        }
    }

    /// Energy for water.
    pub fn kwh_per_m3(kwh: f64) -> Self {
        Self {
            value: kwh,
            text: format!("{kwh} kWh/m3").into(),
        }
    }

    /// Whether it gives energy.
    pub fn is_energy(&self) -> bool {
        self.text.ends_with("/m3")
    }
}

impl std::fmt::Display for Slope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.text)
    }
}

impl std::str::FromStr for Slope {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self, crate::Error> {
        let finite = |number: &str| {
            let number: f64 = number.trim().parse().ok()?;
            number.is_finite().then_some(number)
        };
        let value = if let Some(number) = text.strip_suffix('%') {
            finite(number).map(|percent| percent / 100.0)
        } else {
            text.strip_suffix("/m3").and_then(|energy| {
                let energy: crate::units::Energy = energy.trim().parse().ok()?;
                Some(energy.kwh())
            })
        };
        match value {
            Some(value) => Ok(Self {
                value,
                text: text.into(),
            }),
            None => Err(crate::Error::parse(format!(
                "`{text}` is no rate; expected a part in percent or energy for water, as in \
                 \"50 %\" or \"0.033 kWh/m3\""
            ))),
        }
    }
}

/// A form of obligation that this crate does not know: what is due, as a function of the user's.
///
/// Registered with [`Forms`](super::Forms) it can be used from agreement files under its name, with
/// keys of its own.
pub trait DueFunction: Debug + Send + Sync {
    /// The points it reads, in the order in which [`due`](Self::due) asks for them.
    fn points(&self) -> Vec<Point> {
        Vec::new()
    }

    /// What is due on each day of a period, in base units (m3, or kWh where
    /// [`is_energy`](Self::is_energy)), one number a day; `None` while it is not known.
    ///
    /// `read` gives the reading of a point, by its number in [`points`](Self::points), on a day:
    /// m3, kWh or m; nothing where it was not measured.
    fn due(&self, period: Window, read: &dyn Fn(usize, Date) -> Option<f64>) -> Option<Vec<f64>>;

    /// Whether energy is due, and not water.
    fn is_energy(&self) -> bool {
        false
    }
}

/// A [`DueFunction`] under the name it has in files.
///
/// Example: [`Forms`](super::Forms).
#[derive(Clone, Debug)]
pub struct OwnForm {
    /// The name of the form.
    pub name: String,
    /// The function.
    pub function: Arc<dyn DueFunction>,
    /// Its keys as a TOML document, to write it back.
    pub(crate) keys: String,
}

/// Forms are equal that are written alike: by their names and keys.
impl PartialEq for OwnForm {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.keys) == (&other.name, &other.keys)
    }
}

impl Due {
    /// The name in agreement files of the form that this is, counted in a way.
    pub(crate) fn form(&self, count: Count) -> &str {
        match (self, count) {
            (Self::Own(own), _) => &own.name,
            (Self::Formula(_), _) => "formula",
            (_, Count::EachDay) => "minimum-flow",
            (_, Count::AtEnd) => "storage-by",
            (_, Count::AtMost) => "limit",
            (due, Count::Sum) if due.is_energy() => "energy",
            (Self::Amount(_), Count::Sum) => "volume",
            (Self::Schedule(_), Count::Sum) => "schedule",
        }
    }

    /// Amounts for stretches of days, one after another.
    pub fn schedule<A: Into<Amount>>(dues: impl IntoIterator<Item = (Window, A)>) -> Self {
        let dues = dues.into_iter();
        Self::Schedule(
            dues.map(|(window, amount)| (When::Once(window), amount.into()))
                .collect(),
        )
    }

    /// Amounts for seasons that come back every year.
    pub fn yearly<A: Into<Amount>>(
        dues: impl IntoIterator<Item = (crate::calendar::Season, A)>,
    ) -> Self {
        let dues = dues.into_iter();
        Self::Schedule(
            dues.map(|(season, amount)| (When::Yearly(season), amount.into()))
                .collect(),
        )
    }

    /// Whether energy is due, and not water.
    pub fn is_energy(&self) -> bool {
        match self {
            Self::Amount(amount) => amount.is_energy(),
            Self::Schedule(dues) => dues.iter().any(|(_, amount)| amount.is_energy()),
            Self::Formula(formula) => formula.is_energy(),
            Self::Own(own) => own.function.is_energy(),
        }
    }

    /// The points it reads besides the obligation's own.
    pub fn points(&self) -> Vec<Point> {
        match self {
            Self::Amount(_) | Self::Schedule(_) => Vec::new(),
            Self::Formula(formula) => formula.terms.iter().map(|term| term.of.clone()).collect(),
            Self::Own(own) => own.function.points(),
        }
    }
}

impl From<Amount> for Due {
    fn from(amount: Amount) -> Self {
        Self::Amount(amount)
    }
}

macro_rules! from_quantity {
    ($($type:ident),*) => {$(
        impl From<crate::units::$type> for Due {
            fn from(quantity: crate::units::$type) -> Self {
                Self::Amount(quantity.into())
            }
        }
    )*};
}

from_quantity!(Volume, Flow, Energy);

impl From<Formula> for Due {
    fn from(formula: Formula) -> Self {
        Self::Formula(formula)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> Amount {
        text.parse().unwrap()
    }

    #[test]
    fn brackets_are_linear_between_points_and_go_on_with_their_slope() {
        let brackets = Brackets::new([
            (amount("100 Mm3"), amount("0 Mm3")),
            (amount("150 Mm3"), amount("20 Mm3")),
        ])
        .then(Slope::percent(50.0));
        for (index, due) in [
            (0.0, 0.0),
            (100.0, 0.0),
            (125.0, 10.0),
            (150.0, 20.0),
            (170.0, 30.0),
        ] {
            assert_eq!(brackets.due(index * 1e6, 365), due * 1e6, "{index}");
        }
    }

    #[test]
    fn brackets_of_flows_are_read_on_the_mean_of_their_step() {
        let brackets = Brackets::new([
            (amount("0 m3/s"), amount("0 m3/s")),
            (amount("200 m3/s"), amount("100 m3/s")),
        ]);
        let day = 86_400.0;
        assert_eq!(brackets.due(80.0 * day, 1), 40.0 * day);
        assert_eq!(brackets.due(11.0 * 300.0 * day, 11), 11.0 * 100.0 * day);
        assert_eq!(Brackets::share("25 %".parse().unwrap()).due(8.0, 3), 2.0);
    }
}
