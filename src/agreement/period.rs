//! When accounts are struck.

use crate::calendar::{Period, Season};

/// A day of the year, as month and day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MonthDay {
    month: i8,
    day: i8,
}

/// The periods an obligation is settled by.
///
/// With [`Obligation::season`](super::Obligation::season) only the days of that season count, each
/// year anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Each {
    /// The window as a whole, or each year's season.
    #[default]
    Season,
    /// Each day, dekad, month or other step of the calendar, cut at the window's edges.
    Part(Period),
    /// Years that start on a day of the calendar, so many at a time: a cycle.
    Years {
        /// The first day of a year.
        starting: MonthDay,
        /// How many years a cycle has.
        count: u8,
    },
    /// Every year, the sum over that year and those before it: so many in all.
    Moving {
        /// The first day of a year.
        starting: MonthDay,
        /// How many years are added up.
        years: u8,
    },
}

/// The step at which something is read or computed: a step of the calendar, or the obligation's
/// whole period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// A step of the calendar.
    Part(Period),
    /// The period that is settled.
    Whole,
}

impl MonthDay {
    /// 1 January.
    pub const NEW_YEAR: Self = Self { month: 1, day: 1 };

    /// A month and a day that every year has.
    ///
    /// # Errors
    ///
    /// If common years have no such day; [`Error::is_parse`](crate::Error::is_parse) holds.
    pub fn new(month: i8, day: i8) -> Result<Self, crate::Error> {
        match crate::calendar::Date::new(2023, month, day) {
            Ok(_) => Ok(Self { month, day }),
            Err(_) => Err(crate::Error::parse(format!(
                "{month:02}-{day:02} is no day of every year; expected a month and a day, as in 10-01"
            ))),
        }
    }

    /// The month, 1 to 12.
    pub fn month(self) -> i8 {
        self.month
    }

    /// The day of the month.
    pub fn day(self) -> i8 {
        self.day
    }

    /// This day in a year.
    ///
    /// # Panics
    ///
    /// If the year lies outside the calendar's range.
    pub fn in_year(self, year: i16) -> crate::calendar::Date {
        crate::calendar::Date::new(year, self.month, self.day).expect("a year from -9999 to 9999")
    }
}

impl std::fmt::Display for MonthDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

impl std::str::FromStr for MonthDay {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self, crate::Error> {
        let numbers = text.split_once('-').and_then(|(month, day)| {
            let two = |text: &str| (text.len() == 2).then(|| text.parse::<i8>().ok()).flatten();
            Some((two(month)?, two(day)?))
        });
        match numbers {
            Some((month, day)) => Self::new(month, day),
            None => Err(crate::Error::parse(format!(
                "`{text}` is no day of the year; expected a month and a day, as in 10-01"
            ))),
        }
    }
}

/// Days that come back every year, or days of one year.
///
/// Example: [`Formula`](super::Formula), at [`Due::yearly`](super::Due::yearly).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Once.
    Once(crate::calendar::Window),
    /// Every year.
    Yearly(Season),
}
