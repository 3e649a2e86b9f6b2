//! Dekads, months, seasons, hydrological years and windows of days, over civil dates.
//!
//! Everything here is built from whole civil days of the proleptic Gregorian calendar; there are no
//! hours and no time zones. A leap day is a day like any other: it belongs to the third dekad of
//! February, it counts in every window that spans it, and nothing is ever shifted to skip it.
//!
//! ```
//! use riparian::calendar::{Date, Dekad, Period, Season, Window};
//!
//! // The third dekad of a February may have nine days, eight, or (elsewhere) eleven.
//! let leap: Dekad = "2024-02-3".parse()?;
//! assert_eq!(leap.days(), 9);
//!
//! // A season in one year, cut at the edges of its dekads.
//! let vegetation = Season::vegetation().window_starting_in(2024);
//! assert_eq!(vegetation, "2024-04-01..2024-09-30".parse()?);
//! assert_eq!(Period::Dekad.parts(vegetation).len(), 18);
//! assert!(vegetation.contains(Date::constant(2024, 6, 1)));
//! # Ok::<(), riparian::Error>(())
//! ```
//!
//! # Range
//!
//! Dates run from -9999-01-01 to 9999-12-31, as [`Date`] does. What would step outside panics, and
//! says so in its documentation.
//!
//! # Text
//!
//! [`Dekad`], [`Month`], [`Window`], [`Season`] and [`Period`] print and read back; with serde they
//! are these texts.

use std::fmt;
use std::str::FromStr;

use jiff::{Span, civil::date};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use jiff::civil::Date;

use crate::error::{Diagnostic, Diagnostics, Error, Result};

/// The number of dekads in a year.
pub const DEKADS: usize = 36;

/// The number of days from `from` to `to`, both counted; 0 if `to` is the earlier.
///
/// ```
/// use riparian::calendar::{Date, day_count};
///
/// assert_eq!(day_count(Date::constant(2024, 2, 28), Date::constant(2024, 3, 1)), 3);
/// ```
pub fn day_count(from: Date, to: Date) -> usize {
    usize::try_from(day_index(from, to) + 1).unwrap_or(0)
}

/// How many days `date` lies after `start`: 0 for `start` itself, negative before it.
pub fn day_index(start: Date, date: Date) -> i64 {
    start.duration_until(date).as_hours() / 24
}

/// The date `index` days after `start`: the inverse of [`day_index`].
///
/// # Panics
///
/// If the date lies outside the calendar's range.
pub fn date_of(start: Date, index: i64) -> Date {
    checked_date_of(start, index).expect("a date from -9999-01-01 to 9999-12-31")
}

/// The date `index` days after `start`, if there is one.
pub(crate) fn checked_date_of(start: Date, index: i64) -> Option<Date> {
    let days = Span::new().try_days(index).ok()?;
    start.checked_add(days).ok()
}

/// The error of one fault in something that is not text.
pub(crate) fn invalid(fault: Diagnostic) -> Error {
    let mut faults = Diagnostics::new();
    faults.push(fault);
    faults.into()
}

/// The error of a text that does not read as what it should be.
fn unreadable(text: &str, name: &str, expected: &str) -> Error {
    Error::parse(format!("`{text}` is not {name}; expected {expected}"))
}

/// A month of a year. It prints and reads as `2024-06`.
///
/// ```
/// use riparian::calendar::{Date, Month};
///
/// let month = Month::containing(Date::constant(2024, 2, 29));
/// assert_eq!(month.to_string(), "2024-02");
/// assert_eq!(month.days(), 29);
/// assert_eq!(month.next(), "2024-03".parse()?);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// The month `month` (1 to 12) of `year`.
    ///
    /// # Errors
    ///
    /// If there is no such month.
    pub fn new(year: i16, month: i8) -> Result<Self> {
        match Date::new(year, month, 1) {
            Ok(first) => Ok(Self::containing(first)),
            Err(_) => Err(invalid(
                Diagnostic::new(format!("no month {month} of year {year}"))
                    .expected("a month from 1 to 12 of a year from -9999 to 9999"),
            )),
        }
    }

    /// The month `date` belongs to.
    pub fn containing(date: Date) -> Self {
        Self {
            year: date.year(),
            month: date.month(),
        }
    }

    /// The year.
    pub fn year(self) -> i16 {
        self.year
    }

    /// The month of the year, 1 to 12.
    pub fn month(self) -> i8 {
        self.month
    }

    /// The first day.
    pub fn first_day(self) -> Date {
        date(self.year, self.month, 1)
    }

    /// The last day.
    pub fn last_day(self) -> Date {
        self.first_day().last_of_month()
    }

    /// The number of days, 28 to 31.
    pub fn days(self) -> usize {
        self.first_day().days_in_month() as usize
    }

    /// From the first day to the last.
    pub fn window(self) -> Window {
        Window {
            from: self.first_day(),
            to: self.last_day(),
        }
    }

    /// The three dekads, in order.
    pub fn dekads(self) -> [Dekad; 3] {
        [1, 2, 3].map(|index| Dekad { month: self, index })
    }

    /// The month after.
    ///
    /// # Panics
    ///
    /// After the last month of the calendar's range.
    #[must_use]
    pub fn next(self) -> Self {
        Self::of_ordinal(self.ordinal() + 1)
    }

    /// The month before.
    ///
    /// # Panics
    ///
    /// Before the first month of the calendar's range.
    #[must_use]
    pub fn prev(self) -> Self {
        Self::of_ordinal(self.ordinal() - 1)
    }

    /// Months since the January of the year 0.
    fn ordinal(self) -> i32 {
        i32::from(self.year) * 12 + i32::from(self.month) - 1
    }

    fn of_ordinal(ordinal: i32) -> Self {
        let year = ordinal.div_euclid(12);
        assert!(year.abs() <= 9999, "the calendar ends before year {year}");
        Self {
            year: year as i16,
            month: ordinal.rem_euclid(12) as i8 + 1,
        }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.first_day().to_string();
        f.pad(first.strip_suffix("-01").unwrap_or(&first))
    }
}

impl FromStr for Month {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        format!("{text}-01")
            .parse()
            .ok()
            .map(Self::containing)
            // A date's text has more forms than the one a month may have.
            .filter(|month| month.to_string() == text)
            .ok_or_else(|| unreadable(text, "a month", "a year and a month, as in 2024-06"))
    }
}

/// A dekad: the days 1 to 10, 11 to 20 or 21 to the end of a month, the planning step of the
/// region. It prints and reads as `2024-06-1`.
///
/// ```
/// use riparian::calendar::{Date, Dekad};
///
/// let dekad = Dekad::containing(Date::constant(2023, 2, 28));
/// assert_eq!(dekad.to_string(), "2023-02-3");
/// assert_eq!(dekad.days(), 8);
/// assert_eq!(dekad.next().first_day(), Date::constant(2023, 3, 1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dekad {
    month: Month,
    index: i8,
}

impl Dekad {
    /// The dekad `index` (1 to 3) of the month `month` (1 to 12) of `year`.
    ///
    /// # Errors
    ///
    /// If there is no such month or dekad.
    pub fn new(year: i16, month: i8, index: i8) -> Result<Self> {
        let month = Month::new(year, month)?;
        if (1..=3).contains(&index) {
            Ok(Self { month, index })
        } else {
            Err(invalid(
                Diagnostic::new(format!("no dekad {index} in {month}"))
                    .expected("a dekad from 1 to 3"),
            ))
        }
    }

    /// The dekad `date` belongs to.
    pub fn containing(date: Date) -> Self {
        Self {
            month: Month::containing(date),
            index: ((date.day() - 1) / 10).min(2) + 1,
        }
    }

    /// The year.
    pub fn year(self) -> i16 {
        self.month.year
    }

    /// The month of the year, 1 to 12.
    pub fn month(self) -> i8 {
        self.month.month
    }

    /// The dekad of the month, 1 to 3.
    pub fn index(self) -> i8 {
        self.index
    }

    /// Its place in the year, from 0 for the first of January to 35.
    pub fn of_year(self) -> usize {
        self.ordinal().rem_euclid(DEKADS as i32) as usize
    }

    /// The first day.
    pub fn first_day(self) -> Date {
        date(self.year(), self.month(), self.index * 10 - 9)
    }

    /// The last day.
    pub fn last_day(self) -> Date {
        if self.index == 3 {
            self.month.last_day()
        } else {
            date(self.year(), self.month(), self.index * 10)
        }
    }

    /// The number of days: 10, or 8 to 11 in the last dekad of a month.
    pub fn days(self) -> usize {
        self.window().days()
    }

    /// From the first day to the last.
    pub fn window(self) -> Window {
        Window {
            from: self.first_day(),
            to: self.last_day(),
        }
    }

    /// The dekad after.
    ///
    /// # Panics
    ///
    /// After the last dekad of the calendar's range.
    #[must_use]
    pub fn next(self) -> Self {
        Self::of_ordinal(self.ordinal() + 1)
    }

    /// The dekad before.
    ///
    /// # Panics
    ///
    /// Before the first dekad of the calendar's range.
    #[must_use]
    pub fn prev(self) -> Self {
        Self::of_ordinal(self.ordinal() - 1)
    }

    /// Dekads since the first of the year 0.
    fn ordinal(self) -> i32 {
        self.month.ordinal() * 3 + i32::from(self.index) - 1
    }

    fn of_ordinal(ordinal: i32) -> Self {
        Self {
            month: Month::of_ordinal(ordinal.div_euclid(3)),
            index: ordinal.rem_euclid(3) as i8 + 1,
        }
    }
}

impl fmt::Display for Dekad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}-{}", self.month, self.index))
    }
}

impl FromStr for Dekad {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let read = || {
            let (month, index) = text.rsplit_once('-')?;
            let index = match index {
                "1" => 1,
                "2" => 2,
                "3" => 3,
                _ => return None,
            };
            let month = month.parse().ok()?;
            Some(Self { month, index })
        };
        read().ok_or_else(|| {
            unreadable(
                text,
                "a dekad",
                "a year, a month and a dekad from 1 to 3, as in 2024-06-1",
            )
        })
    }
}

/// The days from one date to another, both included: at least one day. It prints and reads as
/// `2024-06-01..2024-08-31`.
///
/// ```
/// use riparian::calendar::{Date, Window};
///
/// let summer = Window::new(Date::constant(2024, 6, 1), Date::constant(2024, 8, 31))?;
/// assert_eq!(summer.days(), 92);
/// assert_eq!(summer.iter().last(), Some(summer.to()));
/// assert_eq!(summer.dekads().count(), 9);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    from: Date,
    to: Date,
}

impl Window {
    /// The days from `from` to `to`.
    ///
    /// # Errors
    ///
    /// If `to` is before `from`.
    pub fn new(from: Date, to: Date) -> Result<Self> {
        if to < from {
            return Err(invalid(
                Diagnostic::new(format!("a period that starts on {from} and ends on {to}"))
                    .expected("an end on or after the start"),
            ));
        }
        Ok(Self { from, to })
    }

    /// The first day.
    pub fn from(self) -> Date {
        self.from
    }

    /// The last day.
    pub fn to(self) -> Date {
        self.to
    }

    /// The number of days, 1 at least.
    pub fn days(self) -> usize {
        day_count(self.from, self.to)
    }

    /// Is `date` one of its days?
    pub fn contains(self, date: Date) -> bool {
        self.from <= date && date <= self.to
    }

    /// Are all days of `other` its days too?
    pub fn covers(self, other: Self) -> bool {
        self.from <= other.from && other.to <= self.to
    }

    /// The days that belong to both, if any do.
    pub fn intersect(self, other: Self) -> Option<Self> {
        let from = self.from.max(other.from);
        let to = self.to.min(other.to);
        (from <= to).then_some(Self { from, to })
    }

    /// Its days, in order.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = Date> + ExactSizeIterator + Clone {
        (0..self.days()).map(move |index| date_of(self.from, index as i64))
    }

    /// The dekads with at least one day in it, in order.
    pub fn dekads(self) -> impl DoubleEndedIterator<Item = Dekad> + Clone {
        let first = Dekad::containing(self.from).ordinal();
        let last = Dekad::containing(self.to).ordinal();
        (first..=last).map(Dekad::of_ordinal)
    }

    /// The months with at least one day in it, in order.
    pub fn months(self) -> impl DoubleEndedIterator<Item = Month> + Clone {
        let first = Month::containing(self.from).ordinal();
        let last = Month::containing(self.to).ordinal();
        (first..=last).map(Month::of_ordinal)
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}..{}", self.from, self.to))
    }
}

impl FromStr for Window {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let read = || {
            let (from, to) = text.split_once("..")?;
            Self::new(from.parse().ok()?, to.parse().ok()?).ok()
        };
        read().ok_or_else(|| {
            unreadable(
                text,
                "a period",
                "its first day and, not before it, its last, as in 2024-06-01..2024-08-31",
            )
        })
    }
}

/// A part of the year, from one month and day to another, that may cross the year's end. It prints
/// and reads as `10-01..03-31`.
///
/// An end past the end of its month means the month's last day, so `02-29` is the end of February
/// in every year. A season that starts on 29 February starts on 1 March in years without one. Thus
/// a season that ends with one date and one that starts with the next never overlap nor leave a
/// gap, in leap years or others.
///
/// ```
/// use riparian::calendar::{Date, Season};
///
/// let filling = Season::new((10, 1), (2, 29))?;
/// assert_eq!(filling.window_starting_in(2022).to(), Date::constant(2023, 2, 28));
/// assert_eq!(filling.window_starting_in(2023).to(), Date::constant(2024, 2, 29));
/// assert_eq!(filling.containing(Date::constant(2024, 3, 1)), None);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Season {
    /// Month and day, a day of leap years.
    start: (i8, i8),
    /// Month and day, 31 at most.
    end: (i8, i8),
}

impl Season {
    /// From the month and day `start` to the month and day `end`, in the following year where `end`
    /// stands earlier in the calendar than `start`.
    ///
    /// # Errors
    ///
    /// If no year has the day `start`; if `end` has no month from 1 to 12 or no day from 1 to 31; or
    /// if the season would be 29 February alone, which most years do not have.
    pub fn new(start: (i8, i8), end: (i8, i8)) -> Result<Self> {
        let fault = |what: &str, (month, day): (i8, i8), expected: &str| {
            let message = format!("a season that {what} on {month:02}-{day:02}");
            Err(invalid(Diagnostic::new(message).expected(expected)))
        };
        if Date::new(LEAP_YEAR, start.0, start.1).is_err() {
            return fault("starts", start, "a month and a day, as in 10-01");
        }
        if !(1..=12).contains(&end.0) || !(1..=31).contains(&end.1) {
            return fault("ends", end, "a month and a day, as in 03-31");
        }
        if start == (2, 29) && end.0 == 2 && end.1 >= 29 {
            return fault("is empty in common years: starts", start, "a later end");
        }
        Ok(Self { start, end })
    }

    /// The vegetation season, 1 April to 30 September.
    pub const fn vegetation() -> Self {
        Self {
            start: (4, 1),
            end: (9, 30),
        }
    }

    /// The non-vegetation season, 1 October to 31 March.
    ///
    /// ```
    /// use riparian::calendar::Season;
    ///
    /// assert_eq!(Season::non_vegetation().to_string(), "10-01..03-31");
    /// ```
    pub const fn non_vegetation() -> Self {
        Self {
            start: (10, 1),
            end: (3, 31),
        }
    }

    /// The season that starts in `year`.
    ///
    /// # Panics
    ///
    /// If it does not lie within the calendar's range.
    pub fn window_starting_in(self, year: i16) -> Window {
        self.checked_window(year)
            .expect("a season from -9999-01-01 to 9999-12-31")
    }

    /// The season, with its year, that `date` belongs to; none if the date is out of season.
    ///
    /// A season cut by the end of the calendar's range counts as none.
    pub fn containing(self, date: Date) -> Option<Window> {
        [date.year(), date.year() - 1]
            .into_iter()
            .filter_map(|year| self.checked_window(year))
            .find(|window| window.contains(date))
    }

    fn checked_window(self, year: i16) -> Option<Window> {
        let from = match self.start {
            // Valid in leap years only: in others the season starts on the day after 28 February.
            (2, 29) => Date::new(year, 2, 29).or_else(|_| Date::new(year, 3, 1)),
            (month, day) => Date::new(year, month, day),
        };
        let (month, day) = self.end;
        let crosses = self.end < self.start;
        let last = Date::new(year + i16::from(crosses), month, 1)
            .ok()?
            .last_of_month();
        let to = date(last.year(), month, day.min(last.day()));
        Window::new(from.ok()?, to).ok()
    }
}

/// Any leap year: one whose months have all the days a month can have.
const LEAP_YEAR: i16 = 2024;

impl fmt::Display for Season {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((m, d), (n, e)) = (self.start, self.end);
        f.pad(&format!("{m:02}-{d:02}..{n:02}-{e:02}"))
    }
}

impl FromStr for Season {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let two_digits = |text: &str| {
            let sound = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            sound.then(|| text.parse().ok()).flatten()
        };
        let month_day = |text: &str| {
            let (month, day) = text.split_once('-')?;
            Some((two_digits(month)?, two_digits(day)?))
        };
        let read = || {
            let (start, end) = text.split_once("..")?;
            Self::new(month_day(start)?, month_day(end)?).ok()
        };
        read().ok_or_else(|| {
            unreadable(
                text,
                "a season",
                "its first and last month and day, as in 10-01..03-31",
            )
        })
    }
}

/// A year for water accounts: twelve months from the first of a month, 1 October unless said
/// otherwise, named by the calendar year in which it ends.
///
/// ```
/// use riparian::calendar::{Date, HydrologicalYear};
///
/// let year = HydrologicalYear::containing(Date::constant(2023, 10, 1));
/// assert_eq!(year, HydrologicalYear::new(2024));
/// assert_eq!(year.window().days(), 366);
/// assert_eq!(
///     HydrologicalYear::new(2024).starting(4)?.window(),
///     "2023-04-01..2024-03-31".parse()?
/// );
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HydrologicalYear {
    year: i16,
    first_month: i8,
}

impl HydrologicalYear {
    /// The year from 1 October to 30 September that ends in `year`.
    pub const fn new(year: i16) -> Self {
        Self {
            year,
            first_month: 10,
        }
    }

    /// The year of the same name that starts in the month `first_month` (1 to 12).
    ///
    /// # Errors
    ///
    /// If there is no such month.
    pub fn starting(self, first_month: i8) -> Result<Self> {
        if (1..=12).contains(&first_month) {
            Ok(Self {
                year: self.year,
                first_month,
            })
        } else {
            Err(invalid(
                Diagnostic::new(format!("no month {first_month} to start a year with"))
                    .expected("a month from 1 to 12"),
            ))
        }
    }

    /// The year from 1 October to 30 September that `date` belongs to.
    pub fn containing(date: Date) -> Self {
        Self::new(date.year() + i16::from(date.month() >= 10))
    }

    /// The year `date` belongs to, where years start in the month `first_month` (1 to 12).
    ///
    /// # Errors
    ///
    /// If there is no such month.
    ///
    /// # Examples
    ///
    /// ```
    /// use riparian::calendar::HydrologicalYear;
    /// use riparian::jiff::civil::date;
    ///
    /// // Where years begin in July, July 2024 is of the year that ends in 2025.
    /// let year = HydrologicalYear::containing_from(date(2024, 7, 1), 7)?;
    /// assert_eq!(year.year(), 2025);
    /// # Ok::<(), riparian::Error>(())
    /// ```
    pub fn containing_from(date: Date, first_month: i8) -> Result<Self> {
        let ends_next = first_month > 1 && date.month() >= first_month;
        Self::new(date.year() + i16::from(ends_next)).starting(first_month)
    }

    /// The calendar year in which it ends, by which it is named.
    pub fn year(self) -> i16 {
        self.year
    }

    /// The month it starts in, 1 to 12.
    pub fn first_month(self) -> i8 {
        self.first_month
    }

    /// From the first day to the last.
    ///
    /// # Panics
    ///
    /// If it does not lie within the calendar's range.
    pub fn window(self) -> Window {
        let first = Month::new(
            self.year - i16::from(self.first_month > 1),
            self.first_month,
        )
        .expect("a year from -9999-01-01 to 9999-12-31");
        Window {
            from: first.first_day(),
            to: Month::of_ordinal(first.ordinal() + 11).last_day(),
        }
    }
}

impl fmt::Display for HydrologicalYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.year.fmt(f)
    }
}

/// A step of the calendar: what a table has one row for, or an account one line.
///
/// ```
/// use riparian::calendar::Period;
///
/// let window = "2024-02-25..2024-03-12".parse()?;
/// let parts: Vec<_> = Period::Dekad.parts(window).iter().map(|part| part.days()).collect();
/// assert_eq!(parts, [5, 10, 2]);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// One day.
    Day,
    /// Seven days from Monday on.
    Week,
    /// A [`Dekad`].
    Dekad,
    /// A [`Month`].
    Month,
    /// Three months, from 1 January, April, July or October on.
    Quarter,
}

impl Period {
    /// The whole period `date` belongs to.
    pub fn containing(self, date: Date) -> Window {
        match self {
            Self::Day => Window {
                from: date,
                to: date,
            },
            Self::Week => {
                let monday = -i64::from(date.weekday().to_monday_zero_offset());
                Window {
                    from: date_of(date, monday),
                    to: date_of(date, monday + 6),
                }
            }
            Self::Dekad => Dekad::containing(date).window(),
            Self::Month => Month::containing(date).window(),
            Self::Quarter => {
                let first = (date.month() - 1) / 3 * 3 + 1;
                Window {
                    from: jiff::civil::date(date.year(), first, 1),
                    to: jiff::civil::date(date.year(), first + 2, 1).last_of_month(),
                }
            }
        }
    }

    /// `window` cut where one period ends and the next begins, in order.
    ///
    /// The first and the last part are the days of their periods that lie in the window: they may
    /// be shorter than the period, and are in nothing else special.
    pub fn parts(self, window: Window) -> Vec<Window> {
        let cut = |period: Window| period.intersect(window);
        match self {
            Self::Day => window
                .iter()
                .map(|date| Window {
                    from: date,
                    to: date,
                })
                .collect(),
            Self::Dekad => window.dekads().map(Dekad::window).filter_map(cut).collect(),
            Self::Month => window.months().map(Month::window).filter_map(cut).collect(),
            Self::Week | Self::Quarter => {
                let next = |part: &Window| {
                    let day = part.to.tomorrow().ok().filter(|&day| day <= window.to)?;
                    Some(self.containing(day))
                };
                let first = self.containing(window.from);
                std::iter::successors(Some(first), next)
                    .filter_map(cut)
                    .collect()
            }
        }
    }

    /// How the period `date` belongs to is written: `2024-06-01`, `2024-W22`, `2024-06-1`, `2024-06`
    /// or `2024-Q2`. A week belongs to the year that has its Thursday (ISO 8601).
    pub fn key(self, date: Date) -> String {
        match self {
            Self::Day => date.to_string(),
            Self::Week => {
                let week = date.iso_week_date();
                format!("{:04}-W{:02}", week.year(), week.week())
            }
            Self::Dekad => Dekad::containing(date).to_string(),
            Self::Month => Month::containing(date).to_string(),
            Self::Quarter => format!("{:04}-Q{}", date.year(), (date.month() - 1) / 3 + 1),
        }
    }

    /// The whole period written as `key`: the inverse of [`Period::key`].
    ///
    /// # Errors
    ///
    /// If the text is not such a key; [`Error::is_parse`] holds.
    pub fn parse_key(self, key: &str) -> Result<Window> {
        match self {
            Self::Day => match key.parse() {
                Ok(date) => Ok(self.containing(date)),
                Err(_) => Err(unreadable(key, "a day", "a date, as in 2024-06-01")),
            },
            Self::Week => week_of(key)
                .map(|monday| self.containing(monday))
                .ok_or_else(|| unreadable(key, "a week", "a year and a week, as in 2024-W22")),
            Self::Dekad => key.parse().map(Dekad::window),
            Self::Month => key.parse().map(Month::window),
            Self::Quarter => quarter_of(key)
                .map(|day| self.containing(day))
                .ok_or_else(|| unreadable(key, "a quarter", "a year and a quarter, as in 2024-Q2")),
        }
    }
}

/// A year of four digits and what follows it behind a mark.
fn year_and<'a>(key: &'a str, mark: &str) -> Option<(i16, &'a str)> {
    let (year, rest) = key.split_once(mark)?;
    let sound = year.len() == 4
        && [year, rest]
            .iter()
            .all(|part| part.bytes().all(|b| b.is_ascii_digit()));
    sound.then(|| Some((year.parse().ok()?, rest))).flatten()
}

/// The Monday of a week written as `2024-W22`.
fn week_of(key: &str) -> Option<Date> {
    let (year, week) = year_and(key, "-W").filter(|(_, week)| week.len() == 2)?;
    let monday = jiff::civil::Weekday::Monday;
    let week = jiff::civil::ISOWeekDate::new(year, week.parse().ok()?, monday).ok()?;
    Some(week.date())
}

/// The first day of a quarter written as `2024-Q2`.
fn quarter_of(key: &str) -> Option<Date> {
    let (year, quarter) = year_and(key, "-Q").filter(|(_, quarter)| quarter.len() == 1)?;
    let quarter: i8 = quarter
        .parse()
        .ok()
        .filter(|quarter| (1..=4).contains(quarter))?;
    Date::new(year, 3 * quarter - 2, 1).ok()
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Dekad => "dekad",
            Self::Month => "month",
            Self::Quarter => "quarter",
        })
    }
}

impl FromStr for Period {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "day" => Ok(Self::Day),
            "week" => Ok(Self::Week),
            "dekad" => Ok(Self::Dekad),
            "quarter" => Ok(Self::Quarter),
            "month" => Ok(Self::Month),
            _ => Err(unreadable(
                text,
                "a step",
                "day, week, dekad, month or quarter",
            )),
        }
    }
}

/// Serde for types whose text is their one form in files.
macro_rules! serde_as_text {
    ($($type:ty),+) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?
                    .parse()
                    .map_err(serde::de::Error::custom)
            }
        }
    )+};
}

serde_as_text!(Dekad, Month, Window, Season, Period);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn window(text: &str) -> Window {
        text.parse().unwrap()
    }

    #[test]
    fn dekads_have_eight_to_eleven_days() {
        let days = |text: &str| text.parse::<Dekad>().unwrap().days();
        assert_eq!(days("2023-02-3"), 8);
        assert_eq!(days("2024-02-3"), 9);
        assert_eq!(days("2024-04-3"), 10);
        assert_eq!(days("2024-05-3"), 11);
        assert_eq!(days("2024-05-1"), 10);
        assert_eq!(days("2024-05-2"), 10);
    }

    #[test]
    fn a_text_has_one_form() {
        for text in [
            "2024-6-1",
            "2024-06-4",
            "2024-06-0",
            "2024-06-01",
            "2024-13-1",
            "2024-06",
            "",
            "-",
            "2024-06-1 ",
            "2024-06-+1",
        ] {
            assert!(text.parse::<Dekad>().unwrap_err().is_parse(), "{text}");
        }
        for text in [
            "2024-6",
            "2024-00",
            "202406",
            "2024-06-01",
            "2024-06-01T00:00",
            "",
            "06",
        ] {
            assert!(text.parse::<Month>().unwrap_err().is_parse(), "{text}");
        }
        for text in [
            "2024-06-02..2024-06-01",
            "2024-06-02",
            "2024-02-30..2024-03-01",
            "..",
        ] {
            assert!(text.parse::<Window>().unwrap_err().is_parse(), "{text}");
        }
        for text in [
            "4-1..9-30",
            "04-31..09-30",
            "04-01..09-32",
            "02-29..02-31",
            "04-01",
            "+4-01..09-30",
        ] {
            assert!(text.parse::<Season>().unwrap_err().is_parse(), "{text}");
        }
        assert_eq!(
            "2024-06-4".parse::<Dekad>().unwrap_err().to_string(),
            "`2024-06-4` is not a dekad; expected a year, a month and a dekad from 1 to 3, \
             as in 2024-06-1"
        );
    }

    #[test]
    fn what_does_not_exist_is_refused() {
        assert!(Month::new(2024, 13).unwrap_err().is_invalid());
        assert!(Dekad::new(2024, 6, 4).unwrap_err().is_invalid());
        assert!(Dekad::new(2024, 0, 1).unwrap_err().is_invalid());
        assert!(Season::new((2, 30), (3, 1)).unwrap_err().is_invalid());
        assert!(Season::new((2, 29), (2, 29)).unwrap_err().is_invalid());
        assert!(
            HydrologicalYear::new(2024)
                .starting(0)
                .unwrap_err()
                .is_invalid()
        );
        let error = Window::new(date(2024, 6, 2), date(2024, 6, 1)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a period that starts on 2024-06-02 and ends on 2024-06-01; \
             expected an end on or after the start"
        );
    }

    #[test]
    fn windows_meet_where_both_have_days() {
        let june = window("2024-06-01..2024-06-30");
        assert_eq!(
            june.intersect(window("2024-06-30..2024-07-31")),
            Some(window("2024-06-30..2024-06-30"))
        );
        assert_eq!(june.intersect(window("2024-07-01..2024-07-31")), None);
        assert!(june.covers(window("2024-06-30..2024-06-30")));
        assert!(!june.covers(window("2024-06-30..2024-07-01")));
        assert_eq!(day_count(june.to(), june.from()), 0);
    }

    #[test]
    fn seasons_cross_the_year_and_know_the_end_of_february() {
        let winter = Season::non_vegetation();
        assert_eq!(
            winter.window_starting_in(2023),
            window("2023-10-01..2024-03-31")
        );
        assert_eq!(
            winter.containing(date(2024, 1, 15)),
            Some(winter.window_starting_in(2023))
        );
        assert_eq!(
            winter.containing(date(2024, 10, 1)),
            Some(winter.window_starting_in(2024))
        );
        assert_eq!(winter.containing(date(2024, 4, 1)), None);
        assert_eq!(winter.window_starting_in(2023).days(), 183);

        let whole_year = Season::new((4, 1), (3, 31)).unwrap();
        assert_eq!(whole_year.window_starting_in(2023).days(), 366);

        let february = Season::new((2, 1), (2, 31)).unwrap();
        assert_eq!(february.window_starting_in(2023).days(), 28);
        assert_eq!(february.window_starting_in(2024).days(), 29);

        // From 29 February to the next 28th: years without a gap between them.
        let odd = Season::new((2, 29), (2, 28)).unwrap();
        for year in 2019..2030 {
            let (this, next) = (
                odd.window_starting_in(year),
                odd.window_starting_in(year + 1),
            );
            assert_eq!(this.to().tomorrow().unwrap(), next.from());
        }
    }

    #[test]
    fn hydrological_years_start_in_any_month() {
        let day = date(2024, 3, 15);
        for (first_month, expected) in [
            (10, "2023-10-01..2024-09-30"),
            (1, "2024-01-01..2024-12-31"),
            (3, "2024-03-01..2025-02-28"),
            (4, "2023-04-01..2024-03-31"),
        ] {
            let year = HydrologicalYear::containing_from(day, first_month).unwrap();
            assert_eq!(year.window(), window(expected));
            assert_eq!(year.to_string(), &year.window().to().to_string()[..4]);
        }
    }

    #[test]
    fn the_ends_of_the_calendar_are_reached() {
        let last = window("9999-12-01..9999-12-31");
        assert_eq!(last.iter().count(), 31);
        assert_eq!(Period::Dekad.parts(last).len(), 3);
        assert_eq!(Period::Month.parts(last), [last]);
        assert_eq!(Season::non_vegetation().containing(last.to()), None);
        let first = Month::containing(Date::MIN);
        assert_eq!(first.to_string().parse::<Month>().unwrap(), first);
        assert_eq!(checked_date_of(Date::MAX, 1), None);
        assert_eq!(checked_date_of(Date::MAX, i64::MAX), None);
    }

    #[test]
    fn serde_writes_the_text() {
        let season = Season::vegetation();
        let json = serde_json::to_string(&(season, window("2024-06-01..2024-06-02"))).unwrap();
        assert_eq!(json, r#"["04-01..09-30","2024-06-01..2024-06-02"]"#);
        assert_eq!(
            serde_json::from_str::<(Season, Window)>(&json).unwrap().0,
            season
        );
        assert!(serde_json::from_str::<Dekad>(r#""2024-06-4""#).is_err());
    }

    fn dates() -> impl Strategy<Value = Date> {
        (0_i64..200_000).prop_map(|index| date_of(date(1700, 1, 1), index))
    }

    fn windows() -> impl Strategy<Value = Window> {
        (dates(), 0_i64..1200).prop_map(|(from, days)| Window {
            from,
            to: date_of(from, days),
        })
    }

    proptest! {
        #[test]
        fn every_day_has_one_dekad_and_one_month(date in dates()) {
            let (dekad, month) = (Dekad::containing(date), Month::containing(date));
            prop_assert!(dekad.window().contains(date));
            prop_assert!(month.window().contains(date));
            prop_assert!((8..=11).contains(&dekad.days()));
            prop_assert!(month.dekads().contains(&dekad));
            prop_assert_eq!(month.dekads().map(Dekad::days).iter().sum::<usize>(), month.days());
            prop_assert_eq!(dekad.to_string().parse::<Dekad>().unwrap(), dekad);
            prop_assert_eq!(month.to_string().parse::<Month>().unwrap(), month);
            prop_assert_eq!(Dekad::new(dekad.year(), dekad.month(), dekad.index()).unwrap(), dekad);
        }

        #[test]
        fn the_next_begins_when_this_one_ends(date in dates()) {
            let (dekad, month) = (Dekad::containing(date), Month::containing(date));
            prop_assert_eq!(dekad.last_day().tomorrow().unwrap(), dekad.next().first_day());
            prop_assert_eq!(month.last_day().tomorrow().unwrap(), month.next().first_day());
            prop_assert_eq!(dekad.next().prev(), dekad);
            prop_assert_eq!(month.next().prev(), month);
            prop_assert!(dekad < dekad.next() && month < month.next());
        }

        #[test]
        fn indices_count_days(start in dates(), index in -100_000_i64..100_000) {
            let date = date_of(start, index);
            prop_assert_eq!(day_index(start, date), index);
            prop_assert_eq!(start < date, index > 0);
        }

        #[test]
        fn a_window_iterates_its_days(window in windows()) {
            let days: Vec<_> = window.iter().collect();
            prop_assert_eq!(days.len(), window.days());
            prop_assert!(days.windows(2).all(|pair| pair[0].tomorrow().unwrap() == pair[1]));
            prop_assert_eq!((days[0], days[days.len() - 1]), (window.from(), window.to()));
            prop_assert_eq!(window.to_string().parse::<Window>().unwrap(), window);
        }

        #[test]
        fn parts_tile_the_window(window in windows()) {
            for period in [Period::Day, Period::Dekad, Period::Month] {
                let parts = period.parts(window);
                prop_assert_eq!(parts[0].from(), window.from());
                prop_assert_eq!(parts[parts.len() - 1].to(), window.to());
                for pair in parts.windows(2) {
                    prop_assert_eq!(pair[0].to().tomorrow().unwrap(), pair[1].from());
                }
                for part in parts {
                    let whole = period.containing(part.from());
                    prop_assert!(whole.covers(part));
                    prop_assert_eq!(whole.intersect(window), Some(part));
                    prop_assert_eq!(period.parse_key(&period.key(part.to())).unwrap(), whole);
                }
            }
        }

        #[test]
        fn a_season_and_the_rest_of_the_year_tile_it(
            start in 0_i64..366, length in 1_i64..366, today in dates()
        ) {
            let month_day = |index: i64| {
                let date = date_of(date(LEAP_YEAR, 1, 1), index.rem_euclid(366));
                (date.month(), date.day())
            };
            let (start, next) = (month_day(start), month_day(start + length));
            let (end, last) = (month_day(start_of(next) - 1), month_day(start_of(start) - 1));
            prop_assume!(![(start, end), (next, last)].contains(&((2, 29), (2, 29))));
            let season = Season::new(start, end).unwrap();
            let rest = Season::new(next, last).unwrap();
            prop_assert_eq!(season.to_string().parse::<Season>().unwrap(), season);
            let (inside, outside) = (season.containing(today), rest.containing(today));
            prop_assert!(inside.is_some() != outside.is_some());
            prop_assert!(inside.or(outside).unwrap().contains(today));
        }

        #[test]
        fn hydrological_years_follow_each_other(date in dates(), month in 1_i8..=12) {
            let year = HydrologicalYear::containing_from(date, month).unwrap();
            let window = year.window();
            prop_assert!(window.contains(date));
            prop_assert_eq!((window.from().month(), window.from().day()), (month, 1));
            prop_assert_eq!(window.to().year(), year.year());
            prop_assert_eq!(window.months().count(), 12);
            let next = HydrologicalYear::new(year.year() + 1).starting(month).unwrap();
            prop_assert_eq!(next.window().from(), window.to().tomorrow().unwrap());
        }
    }

    /// Days from 1 January to a month and day, in a leap year.
    fn start_of((month, day): (i8, i8)) -> i64 {
        day_index(date(LEAP_YEAR, 1, 1), date(LEAP_YEAR, month, day))
    }
}
