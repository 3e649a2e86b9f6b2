//! Numbers that change with the day, and with what a storage holds.

use crate::calendar::{Date, Window};

/// A number for each day of a run.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Constant(f64),
    /// From January on.
    Monthly([f64; 12]),
    /// By day of a leap year: 29 February has a place in every year.
    Daily(Vec<f64>),
    /// By day of the run.
    Series(Vec<f64>),
}

/// The first day of each month in a leap year, from 0.
const BEFORE: [usize; 12] = [0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335];
/// Days in a leap year.
pub(super) const YEAR: usize = 366;

impl Value {
    /// On a day of the run, by its number and date.
    pub(super) fn on(&self, day: usize, date: Date) -> f64 {
        let month = usize::from(date.month().unsigned_abs()) - 1;
        match self {
            Self::Constant(value) => *value,
            Self::Monthly(values) => values[month],
            Self::Daily(values) => {
                values[BEFORE[month] + usize::from(date.day().unsigned_abs()) - 1]
            }
            Self::Series(values) => values[day],
        }
    }

    /// By day of the run.
    pub(super) fn days(&self, run: Window) -> Vec<f64> {
        let days = run.iter().enumerate();
        days.map(|(day, date)| self.on(day, date)).collect()
    }

    pub(super) fn constant(&self) -> Option<f64> {
        match self {
            Self::Constant(value) => Some(*value),
            _ => None,
        }
    }

    /// By month, unless it changes otherwise.
    pub(super) fn monthly(&self) -> Option<[f64; 12]> {
        match self {
            Self::Constant(value) => Some([*value; 12]),
            Self::Monthly(values) => Some(*values),
            Self::Daily(_) | Self::Series(_) => None,
        }
    }

    /// By day of a leap year, unless it changes from year to year.
    pub(super) fn yearly(&self) -> Option<Vec<f64>> {
        match self {
            Self::Constant(value) => Some(vec![*value; YEAR]),
            Self::Monthly(values) => {
                let month = |day: usize| BEFORE.partition_point(|&first| first <= day) - 1;
                Some((0..YEAR).map(|day| values[month(day)]).collect())
            }
            Self::Daily(values) => Some(values.clone()),
            Self::Series(_) => None,
        }
    }

    /// All the values it takes.
    pub(super) fn all(&self) -> &[f64] {
        match self {
            Self::Constant(value) => std::slice::from_ref(value),
            Self::Monthly(values) => values,
            Self::Daily(values) | Self::Series(values) => values,
        }
    }

    /// A function of several values, day by day; as constant as they are.
    pub(super) fn of(values: &[&Self], run: Window, f: impl Fn(&[f64]) -> f64) -> Self {
        let at = |pick: &dyn Fn(&Self) -> f64| {
            let numbers: Vec<f64> = values.iter().map(|value| pick(value)).collect();
            f(&numbers)
        };
        if values.iter().all(|value| value.constant().is_some()) {
            return Self::Constant(at(&|value| value.all()[0]));
        }
        if let Some(monthly) = values
            .iter()
            .map(|v| v.monthly())
            .collect::<Option<Vec<_>>>()
        {
            return Self::Monthly(std::array::from_fn(|month| {
                let numbers: Vec<f64> = monthly.iter().map(|values| values[month]).collect();
                f(&numbers)
            }));
        }
        if let Some(yearly) = values
            .iter()
            .map(|v| v.yearly())
            .collect::<Option<Vec<_>>>()
        {
            let on = |day: usize| {
                let numbers: Vec<f64> = yearly.iter().map(|values| values[day]).collect();
                f(&numbers)
            };
            return Self::Daily((0..YEAR).map(on).collect());
        }
        let days = run.iter().enumerate();
        Self::Series(
            days.map(|(day, date)| at(&|value| value.on(day, date)))
                .collect(),
        )
    }

    pub(super) fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        match self {
            Self::Constant(value) => Self::Constant(f(*value)),
            Self::Monthly(values) => Self::Monthly(values.map(f)),
            Self::Daily(values) => Self::Daily(values.iter().map(|&v| f(v)).collect()),
            Self::Series(values) => Self::Series(values.iter().map(|&v| f(v)).collect()),
        }
    }
}

/// A value, and what lowers it while storages are low.
#[derive(Clone, Debug)]
pub(super) struct Amount {
    pub(super) value: Value,
    pub(super) factors: Vec<Factor>,
}

/// A factor that goes by what a storage holds in the morning.
#[derive(Clone, Debug)]
pub(super) struct Factor {
    /// The storage node.
    pub(super) storage: String,
    /// Fractions of its largest volume, from the highest, each with the factor: in steps the one
    /// below it, on a line the one at it.
    pub(super) levels: Vec<(Value, [f64; 12])>,
    /// At or above all levels; of no meaning on a line.
    pub(super) above: [f64; 12],
    pub(super) linear: bool,
}

impl Factor {
    /// All the values it takes.
    pub(super) fn parts(&self) -> impl Iterator<Item = f64> + '_ {
        let levels = self.levels.iter().flat_map(|(_, parts)| parts);
        let above = (!self.linear).then_some(&self.above);
        levels.chain(above.into_iter().flatten()).copied()
    }
}

impl From<Value> for Amount {
    fn from(value: Value) -> Self {
        Self {
            value,
            factors: Vec::new(),
        }
    }
}

impl Amount {
    /// An amount that goes by a storage alone: the largest value, and a factor from 0 to 1 for the
    /// rest; if some values are negative, 1 and the values.
    pub(super) fn of_storage(mut factor: Factor) -> Self {
        let largest = factor.parts().fold(0.0, f64::max);
        if largest <= 1.0 || factor.parts().any(|part| part < 0.0) {
            return Self {
                value: Value::Constant(1.0),
                factors: vec![factor],
            };
        }
        factor.above = factor.above.map(|part| part / largest);
        for (_, parts) in &mut factor.levels {
            *parts = parts.map(|part| part / largest);
        }
        Self {
            value: Value::Constant(largest),
            factors: vec![factor],
        }
    }
}
