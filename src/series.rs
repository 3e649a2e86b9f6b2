//! Daily series, and the tables of dekads and months they are made from and read back into.
//!
//! The simulation wants one value a day; the region plans and publishes by the dekad and the month.
//! A [`Table`] holds what was published, gaps included. A [`DailySeries`] holds what the simulation
//! reads. On the way from one to the other no water is made or lost: the days of a period always
//! average to the period's published mean.
//!
//! Neither carries a unit: the values are in whatever unit its owner reads them, and have to be
//! rates (m3/s, Mm3 a day) or states (m, kW), whose mean over a period means something.
//!
//! ```
//! use riparian::calendar::{Date, Period};
//! use riparian::series::{DailySeries, Interpolation};
//!
//! // Three dekads of inflow in m3/s, from the first of June.
//! let june = DailySeries::from_means(
//!     Period::Dekad,
//!     Date::constant(2024, 6, 1),
//!     &[610.0, 742.0, 688.0],
//!     Interpolation::Step,
//! )?;
//! assert_eq!(june.len(), 30);
//! assert_eq!(june.get(Date::constant(2024, 6, 10)), Some(610.0));
//! assert_eq!(june.get(Date::constant(2024, 6, 11)), Some(742.0));
//! assert_eq!(june.means(Period::Month)[0].1, 680.0);
//! # Ok::<(), riparian::Error>(())
//! ```

use std::iter::zip;

use crate::calendar::{Date, Period, Window, checked_date_of, date_of, day_index, invalid};
use crate::error::{Diagnostic, Diagnostics, Result};

/// How the days of a period share its mean.
///
/// ```
/// use riparian::calendar::{Date, Period};
/// use riparian::series::{DailySeries, Interpolation};
///
/// let first = Date::constant(2024, 4, 1);
/// let linear = DailySeries::from_means(
///     Period::Month,
///     first,
///     &[300.0, 500.0, 400.0],
///     Interpolation::Linear,
/// )?;
/// let (april, mean) = linear.means(Period::Month)[0];
/// assert_eq!(april.days(), 30);
/// assert!((mean - 300.0).abs() < 1e-12 * 300.0);
/// assert!(linear.get(april.to()) > linear.get(april.from()));
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Interpolation {
    /// Every day of a period has the period's mean.
    #[default]
    Step,
    /// Two straight lines a period: from its start to its middle, and on to its end.
    ///
    /// At the edge of two periods the lines meet at the value that a line from the middle of one
    /// to the middle of the other has there, each middle standing at its period's mean. The outer
    /// edges of the first and the last period stand at the mean of that period. The middle is then
    /// moved to where the days, each read at noon, sum to the mean times the number of days, to
    /// rounding of the period's largest day.
    ///
    /// Where no mean is negative, no day is either: a period whose lines would go below zero has
    /// all its days drawn towards its mean, in one proportion, until its lowest day is zero. Such a
    /// period keeps its volume but no longer meets its neighbours at the edges.
    Linear,
}

/// What stands in for the missing rows of a [`Table`].
///
/// A table with gaps is an error unless somebody asked for one of the others: a missing month of
/// inflow is neither zero nor last month's by nature.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Gap {
    /// Nothing: a gap is an error that names the first and the last missing period.
    #[default]
    Error,
    /// The value of the last row before that is there; before the first such row, a gap is an error.
    Hold,
    /// The value on a line between the nearest rows before and after that are there, from the
    /// middle of the one's period to the middle of the other's; without both, a gap is an error.
    Linear,
    /// Zero.
    Zero,
    /// This value.
    Value(f64),
}

/// One value a day, without gaps, for at least one day.
///
/// The unit is its owner's to know, see the [module](self). Constructors that take data refuse
/// values that are infinite or NaN; [`DailySeries::map`] keeps what its function returns.
#[derive(Clone, Debug, PartialEq)]
pub struct DailySeries {
    window: Window,
    values: Vec<f64>,
}

impl DailySeries {
    /// The series of `values` on the days from `start` on.
    ///
    /// # Errors
    ///
    /// If there are no values, one is not finite, or they go on after the year 9999.
    pub fn new(start: Date, values: Vec<f64>) -> Result<Self> {
        if values.is_empty() {
            return Err(invalid(Diagnostic::new("a daily series without values")));
        }
        let end = checked_date_of(start, values.len() as i64 - 1)
            .ok_or_else(|| past_the_calendar(start))?;
        if let Some(index) = values.iter().position(|value| !value.is_finite()) {
            let date = date_of(start, index as i64);
            return Err(invalid(not_finite(&date.to_string(), values[index])));
        }
        let window = Window::new(start, end)?;
        Ok(Self { window, values })
    }

    /// The series that is `value` on every day of `window`.
    ///
    /// # Errors
    ///
    /// If the value is not finite.
    pub fn constant(window: Window, value: f64) -> Result<Self> {
        Self::new(window.from(), vec![value; window.days()])
    }

    /// The series whose means over consecutive periods, the first of which begins on `first`, are
    /// `means`.
    ///
    /// # Errors
    ///
    /// If there are no means, one is not finite, they go on after the year 9999, or `first` is not
    /// the first day of its period.
    pub fn from_means(
        step: Period,
        first: Date,
        means: &[f64],
        interpolation: Interpolation,
    ) -> Result<Self> {
        if step.containing(first).from() != first {
            return Err(invalid(not_a_first_day(step, first)));
        }
        let mut spans = Vec::with_capacity(means.len());
        let mut begin = Some(first);
        for &mean in means {
            let period = step.containing(begin.ok_or_else(|| past_the_calendar(first))?);
            if !mean.is_finite() {
                return Err(invalid(not_finite(&step.key(period.from()), mean)));
            }
            spans.push(Span {
                days: period.days(),
                mean,
            });
            begin = period.to().tomorrow().ok();
        }
        let non_negative = means.iter().all(|&mean| mean >= 0.0);
        Self::new(first, daily_values(&spans, interpolation, non_negative))
    }

    /// The series over `window` that repeats a yearly profile of monthly means, January first.
    ///
    /// Every whole month in the window has its mean of the profile; linear interpolation sees the
    /// months before and after the window too, so that a window that begins or ends within a month
    /// gets the days of that month it would have in a longer one.
    ///
    /// ```
    /// use riparian::calendar::Period;
    /// use riparian::series::{DailySeries, Interpolation};
    ///
    /// let profile = [180., 175., 190., 320., 620., 950., 890., 560., 330., 260., 220., 195.];
    /// let years = "2023-10-01..2025-09-30".parse()?;
    /// let normal = DailySeries::from_monthly_profile(years, &profile, Interpolation::Step)?;
    /// assert_eq!(normal.len(), 731);
    /// assert_eq!(normal.means(Period::Month)[4], ("2024-02-01..2024-02-29".parse()?, 175.0));
    /// # Ok::<(), riparian::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If a mean is not finite.
    pub fn from_monthly_profile(
        window: Window,
        profile: &[f64; 12],
        interpolation: Interpolation,
    ) -> Result<Self> {
        if let Some(index) = profile.iter().position(|mean| !mean.is_finite()) {
            let month = format!("month {} of the profile", index + 1);
            return Err(invalid(not_finite(&month, profile[index])));
        }
        let non_negative = profile.iter().all(|&mean| mean >= 0.0);
        let mean = |month: i8| profile[(month - 1).rem_euclid(12) as usize];
        let mut spans: Vec<_> = window
            .months()
            .map(|month| Span {
                days: month.days(),
                mean: mean(month.month()),
            })
            .collect();
        // The month before and the month after, for lines to start from and run to. The calendar
        // ends with a December and begins with a January, of 31 days both.
        let (from, to) = (window.from(), window.to());
        let before = from.first_of_month().yesterday();
        let after = to.last_of_month().tomorrow();
        let before = Span {
            days: before.map_or(31, Date::day) as usize,
            mean: mean(from.month() - 1),
        };
        let after = Span {
            days: after.map_or(31, Date::days_in_month) as usize,
            mean: mean(to.month() + 1),
        };
        spans.insert(0, before);
        spans.push(after);
        let values = daily_values(&spans, interpolation, non_negative);
        let begin = before.days + from.day() as usize - 1;
        Self::new(from, values[begin..begin + window.days()].to_vec())
    }

    /// The first day.
    pub fn start(&self) -> Date {
        self.window.from()
    }

    /// The last day.
    pub fn end(&self) -> Date {
        self.window.to()
    }

    /// From the first day to the last.
    pub fn window(&self) -> Window {
        self.window
    }

    /// The number of days, 1 at least.
    #[expect(clippy::len_without_is_empty, reason = "a series is never empty")]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// The value of `date`; none on days the series does not have.
    pub fn get(&self, date: Date) -> Option<f64> {
        let index = usize::try_from(day_index(self.start(), date)).ok()?;
        self.values.get(index).copied()
    }

    /// The values, day by day.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The days with their values, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Date, f64)> + ExactSizeIterator + Clone {
        zip(self.window.iter(), self.values.iter().copied())
    }

    /// The part of the series in `window`.
    ///
    /// # Errors
    ///
    /// If the series does not have all days of the window.
    pub fn slice(&self, window: Window) -> Result<Self> {
        if !self.window.covers(window) {
            return Err(invalid(
                Diagnostic::new(format!(
                    "a daily series of {} does not reach over {window}",
                    self.window
                ))
                .expected("values on every day of the period"),
            ));
        }
        let begin = day_index(self.start(), window.from()) as usize;
        Ok(Self {
            window,
            values: self.values[begin..begin + window.days()].to_vec(),
        })
    }

    /// The series with `change` done to each value, for instance to convert its unit.
    #[must_use]
    pub fn map(&self, change: impl FnMut(f64) -> f64) -> Self {
        Self {
            window: self.window,
            values: self.values.iter().copied().map(change).collect(),
        }
    }

    /// The sums over the days of each period.
    ///
    /// The first and the last period are those days of them that the series has, as
    /// [`Period::parts`] cuts them.
    pub fn sums(&self, step: Period) -> Vec<(Window, f64)> {
        let mut rest = self.values.as_slice();
        let mut sums = Vec::new();
        for part in step.parts(self.window) {
            let (days, after) = rest.split_at(part.days());
            sums.push((part, days.iter().sum()));
            rest = after;
        }
        sums
    }

    /// The means over the days of each period, cut as for [`DailySeries::sums`].
    pub fn means(&self, step: Period) -> Vec<(Window, f64)> {
        let mut means = self.sums(step);
        for (part, value) in &mut means {
            *value /= part.days() as f64;
        }
        means
    }
}

/// A value for each of some consecutive days, dekads or months, or none where it is missing.
///
/// A row that was left out is missing like one that was left blank. Values are the means over
/// their periods; a table has at least one row, and its values are finite.
///
/// ```
/// use riparian::calendar::{Date, Period};
/// use riparian::series::{Gap, Interpolation, Table};
///
/// let rows = [
///     (Date::constant(2024, 1, 1), Some(180.0)),
///     (Date::constant(2024, 2, 1), None),
///     (Date::constant(2024, 4, 1), Some(320.0)),
/// ];
/// let table = Table::new(Period::Month, rows)?;
/// assert_eq!(
///     table.fill(Gap::Error).unwrap_err().to_string(),
///     "2 of 4 months are missing, the first 2024-02, the last 2024-03; \
///      expected a value in every row, or a rule for gaps that reaches them"
/// );
/// assert_eq!(table.fill(Gap::Hold)?, [180.0, 180.0, 180.0, 320.0]);
///
/// let daily = table.daily(Gap::Hold, Interpolation::Step)?;
/// assert_eq!(daily.window(), "2024-01-01..2024-04-30".parse()?);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    step: Period,
    window: Window,
    rows: Vec<Option<f64>>,
}

impl Table {
    /// The table of `rows`: the first day of a period, and its value if there is one.
    ///
    /// # Errors
    ///
    /// All faults at once: a date that is not the first day of a period, a row that is not after
    /// the one before it, a value that is not finite, no rows at all.
    pub fn new(step: Period, rows: impl IntoIterator<Item = (Date, Option<f64>)>) -> Result<Self> {
        let mut faults = Diagnostics::new();
        let mut given: Vec<(Window, Option<f64>)> = Vec::new();
        for (first, value) in rows {
            let period = step.containing(first);
            if period.from() != first {
                faults.push(not_a_first_day(step, first));
                continue;
            }
            let key = step.key(first);
            if let Some(bad) = value.filter(|value| !value.is_finite()) {
                faults.push(not_finite(&key, bad));
            }
            match given.last() {
                Some((last, _)) if first <= last.to() => faults.push(
                    Diagnostic::new(format!("{key} stands after {}", step.key(last.to())))
                        .expected(format!("one row a {step}, the earliest first")),
                ),
                _ => given.push((period, value)),
            }
        }
        let (Some((first, _)), Some((last, _))) = (given.first(), given.last()) else {
            faults.push(Diagnostic::new(format!("a table of {step}s without rows")));
            return Err(faults.into());
        };
        let window = Window::new(first.from(), last.to())?;
        let mut given = given.into_iter().peekable();
        let rows = step
            .parts(window)
            .into_iter()
            .map(|part| given.next_if(|(period, _)| *period == part)?.1)
            .collect();
        faults.finish(Self { step, window, rows })
    }

    /// What a row stands for.
    pub fn step(&self) -> Period {
        self.step
    }

    /// From the first day of the first row's period to the last day of the last one's.
    pub fn window(&self) -> Window {
        self.window
    }

    /// The periods with their values, in order, missing ones included.
    pub fn iter(&self) -> impl Iterator<Item = (Window, Option<f64>)> {
        zip(self.step.parts(self.window), self.rows.iter().copied())
    }

    /// The values of all periods, in order, with missing ones made up as `gap` says.
    ///
    /// # Errors
    ///
    /// If values are missing that `gap` has no stand-in for, or its value is not finite.
    pub fn fill(&self, gap: Gap) -> Result<Vec<f64>> {
        let mut rows = self.rows.clone();
        match gap {
            Gap::Error => {}
            Gap::Hold => {
                let mut last = None;
                for row in &mut rows {
                    last = row.or(last);
                    *row = last;
                }
            }
            Gap::Linear => self.fill_linear(&mut rows),
            Gap::Zero => fill_with(&mut rows, 0.0),
            Gap::Value(value) if value.is_finite() => fill_with(&mut rows, value),
            Gap::Value(value) => return Err(invalid(not_finite("the value for gaps", value))),
        }
        let values: Vec<f64> = rows.iter().copied().flatten().collect();
        if values.len() == rows.len() {
            Ok(values)
        } else {
            Err(invalid(self.missing(&rows)))
        }
    }

    /// The daily series of the table, with missing rows made up as `gap` says.
    ///
    /// # Errors
    ///
    /// As for [`Table::fill`].
    pub fn daily(&self, gap: Gap, interpolation: Interpolation) -> Result<DailySeries> {
        let means = self.fill(gap)?;
        DailySeries::from_means(self.step, self.window.from(), &means, interpolation)
    }

    /// Draws lines over the gaps that have a row on both sides.
    fn fill_linear(&self, rows: &mut [Option<f64>]) {
        let parts = self.step.parts(self.window);
        // Twice the days to the middle of a period, so that it is a whole number.
        let middle = |row: usize| {
            let start = self.window.from();
            (day_index(start, parts[row].from()) + day_index(start, parts[row].to())) as f64
        };
        let known: Vec<(usize, f64)> = rows
            .iter()
            .enumerate()
            .filter_map(|(row, value)| value.map(|value| (row, value)))
            .collect();
        for pair in known.windows(2) {
            let ((before, a), (after, b)) = (pair[0], pair[1]);
            let length = middle(after) - middle(before);
            for (row, value) in rows.iter_mut().enumerate().take(after).skip(before + 1) {
                *value = Some(a + (b - a) * ((middle(row) - middle(before)) / length));
            }
        }
    }

    /// What is still missing from `rows`.
    fn missing(&self, rows: &[Option<f64>]) -> Diagnostic {
        let keys: Vec<_> = zip(self.step.parts(self.window), rows)
            .filter(|(_, row)| row.is_none())
            .map(|(part, _)| self.step.key(part.from()))
            .collect();
        let (total, step) = (rows.len(), self.step);
        let message = match keys.as_slice() {
            [only] => format!("1 of {total} {step}s is missing, {only}"),
            [first, .., last] => {
                let count = keys.len();
                format!(
                    "{count} of {total} {step}s are missing, the first {first}, the last {last}"
                )
            }
            [] => format!("no {step} is missing"),
        };
        Diagnostic::new(message)
            .expected("a value in every row, or a rule for gaps that reaches them")
    }
}

fn fill_with(rows: &mut [Option<f64>], value: f64) {
    for row in rows {
        row.get_or_insert(value);
    }
}

fn not_finite(place: &str, value: f64) -> Diagnostic {
    Diagnostic::new(format!("{place}: {value}")).expected("a finite number")
}

fn not_a_first_day(step: Period, date: Date) -> Diagnostic {
    Diagnostic::new(format!("{date} is not the first day of a {step}"))
        .expected(step.containing(date).from().to_string())
}

fn past_the_calendar(start: Date) -> crate::Error {
    invalid(Diagnostic::new(format!(
        "a series from {start} that goes on after the year 9999"
    )))
}

/// A period of a table: so many days of such a mean.
#[derive(Clone, Copy)]
struct Span {
    days: usize,
    mean: f64,
}

/// The days of consecutive periods; none of them negative, if so asked.
fn daily_values(spans: &[Span], interpolation: Interpolation, non_negative: bool) -> Vec<f64> {
    let mut values = Vec::with_capacity(spans.iter().map(|span| span.days).sum());
    for (i, span) in spans.iter().enumerate() {
        match interpolation {
            Interpolation::Step => values.resize(values.len() + span.days, span.mean),
            Interpolation::Linear => {
                let before = i.checked_sub(1).map_or(0.0, |i| span.edge(spans[i]));
                let after = spans.get(i + 1).map_or(0.0, |&next| span.edge(next));
                span.push_lines(&mut values, before, after, non_negative);
            }
        }
    }
    values
}

impl Span {
    /// How far above this mean the edge to a neighbour stands, on the line between the middles.
    fn edge(self, neighbour: Self) -> f64 {
        let share = self.days as f64 / (self.days + neighbour.days) as f64;
        (neighbour.mean - self.mean) * share
    }

    /// Adds the days of two straight lines whose outer ends stand `start` and `end` above the mean.
    ///
    /// All is reckoned as deviation from the mean, so that where there is none, not a bit is lost.
    fn push_lines(self, values: &mut Vec<f64>, start: f64, end: f64, non_negative: bool) {
        // What the noon of a day takes of the start, the end, and the middle.
        let noon = |day: usize| 2.0 * (day as f64 + 0.5) / self.days as f64;
        let of_start = |day: usize| (1.0 - noon(day)).max(0.0);
        let of_end = |day: usize| (noon(day) - 1.0).max(0.0);
        let of_middle = |day: usize| 1.0 - of_start(day) - of_end(day);

        // The days take as much of the start as of the end, and deviate by nothing in sum.
        let outer: f64 = (0..self.days).map(of_start).sum();
        let middle = -(start + end) * outer / (self.days as f64 - 2.0 * outer);
        let deviation =
            |day: usize| start * of_start(day) + middle * of_middle(day) + end * of_end(day);

        let lowest = (0..self.days).map(deviation).fold(0.0, f64::min);
        if non_negative && self.mean + lowest < 0.0 {
            let share = self.mean / -lowest;
            // Only the rounding of the lowest day could still be below zero.
            values.extend((0..self.days).map(|day| (self.mean + share * deviation(day)).max(0.0)));
        } else {
            values.extend((0..self.days).map(|day| self.mean + deviation(day)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn window(text: &str) -> Window {
        text.parse().unwrap()
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn step_is_constant_within_the_period() {
        let first = day("2024-02-21");
        let series =
            DailySeries::from_means(Period::Dekad, first, &[5.0, 7.0], Interpolation::Step)
                .unwrap();
        assert_eq!(series.len(), 9 + 10);
        assert_eq!(series.get(day("2024-02-29")), Some(5.0));
        assert_eq!(series.get(day("2024-03-01")), Some(7.0));
        assert_eq!(series.get(day("2024-02-20")), None);
        assert_eq!(series.get(day("2024-03-11")), None);
        assert_eq!(series.sums(Period::Dekad)[0].1, 45.0);
    }

    #[test]
    fn linear_runs_through_the_edges() {
        // Three dekads of ten days: the middle one has no bend, as its edges are symmetric.
        let first = day("2024-04-01");
        let means = [10.0, 20.0, 30.0];
        let series =
            DailySeries::from_means(Period::Dekad, first, &means, Interpolation::Linear).unwrap();
        let expected: Vec<_> = (0..10).map(|day| 15.5 + f64::from(day)).collect();
        for (value, expected) in zip(&series.values()[10..20], expected) {
            assert!((value - expected).abs() < 1e-14 * expected);
        }
        // The first has its start at its mean, its end at 15, its middle where the sum is kept.
        let middle = 10.0 - 5.0 * 2.5 / 5.0;
        let noon = |half: f64, from: f64, to: f64| from + (to - from) * half;
        assert!((series.values()[0] - noon(0.1, 10.0, middle)).abs() < 1e-13);
        assert!((series.values()[9] - noon(0.9, middle, 15.0)).abs() < 1e-13);
    }

    #[test]
    fn two_periods_meet_at_one_edge() {
        // Middles 9.5 days apart, the means 19: from the shorter period's middle 4 days, 8 up.
        let (short, long) = (
            Span {
                days: 8,
                mean: 10.0,
            },
            Span {
                days: 11,
                mean: 29.0,
            },
        );
        assert!((short.edge(long) - 8.0).abs() < 1e-14 * 8.0);
        assert!((long.edge(short) + 11.0).abs() < 1e-14 * 11.0);
    }

    #[test]
    fn a_day_that_would_be_negative_is_zero() {
        let first = day("2024-04-01");
        let means = [100.0, 1.0, 100.0];
        let series =
            DailySeries::from_means(Period::Dekad, first, &means, Interpolation::Linear).unwrap();
        let dry = &series.values()[10..20];
        let lowest = dry.iter().copied().fold(f64::INFINITY, f64::min);
        assert!((0.0..1e-14).contains(&lowest));
        assert!((dry.iter().sum::<f64>() - 10.0).abs() < 1e-13);
        assert!(dry[0] > dry[1] && dry[8] < dry[9]);

        // With a negative mean about, the lines are left alone.
        let means = [-1.0, 100.0, 1.0, 100.0];
        let series =
            DailySeries::from_means(Period::Dekad, first, &means, Interpolation::Linear).unwrap();
        assert!(series.values()[20..30].iter().any(|&value| value < 0.0));
    }

    #[test]
    fn a_daily_table_is_the_series() {
        let first = day("2024-02-28");
        let means = [3.0, 1.0, 2.0];
        for interpolation in [Interpolation::Step, Interpolation::Linear] {
            let series =
                DailySeries::from_means(Period::Day, first, &means, interpolation).unwrap();
            assert_eq!(series.values(), means);
        }
    }

    #[test]
    fn gaps_are_filled_as_asked() {
        let rows = [
            ("2023-02-01", None),
            ("2023-03-01", Some(10.0)),
            ("2023-06-01", Some(40.0)),
        ];
        let rows = rows.map(|(date, value)| (day(date), value));
        let table = Table::new(Period::Month, rows).unwrap();
        assert_eq!(table.window(), window("2023-02-01..2023-06-30"));
        assert_eq!(table.fill(Gap::Zero).unwrap(), [0.0, 10.0, 0.0, 0.0, 40.0]);
        assert_eq!(
            table.fill(Gap::Value(7.0)).unwrap(),
            [7.0, 10.0, 7.0, 7.0, 40.0]
        );
        let error = table.fill(Gap::default()).unwrap_err();
        assert!(error.is_invalid());
        assert!(
            error
                .to_string()
                .contains("3 of 5 months are missing, the first 2023-02, the last 2023-05")
        );
        for gap in [Gap::Hold, Gap::Linear] {
            let error = table.fill(gap).unwrap_err().to_string();
            assert!(
                error.contains("1 of 5 months is missing, 2023-02;"),
                "{error}"
            );
        }
        assert!(table.fill(Gap::Value(f64::NAN)).is_err());

        let table = Table::new(Period::Month, rows.into_iter().skip(1)).unwrap();
        assert_eq!(table.fill(Gap::Hold).unwrap(), [10.0, 10.0, 10.0, 40.0]);
        // The middles of April, May and June lie 30.5, 61 and 91.5 days after that of March.
        let linear = table.fill(Gap::Linear).unwrap();
        for (value, expected) in zip(linear, [10.0, 20.0, 30.0, 40.0]) {
            assert!((value - expected).abs() < 1e-13);
        }
    }

    #[test]
    fn a_table_tells_all_its_faults() {
        let rows = [
            ("2024-06-01", Some(f64::NAN)),
            ("2024-06-02", Some(1.0)),
            ("2024-06-11", None),
            ("2024-06-11", Some(2.0)),
            ("2024-06-01", Some(2.0)),
        ];
        let rows = rows.map(|(date, value)| (day(date), value));
        let error = Table::new(Period::Dekad, rows).unwrap_err();
        let faults: Vec<_> = error
            .diagnostics()
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            faults,
            [
                "2024-06-1: NaN; expected a finite number",
                "2024-06-02 is not the first day of a dekad; expected 2024-06-01",
                "2024-06-2 stands after 2024-06-2; expected one row a dekad, the earliest first",
                "2024-06-1 stands after 2024-06-2; expected one row a dekad, the earliest first",
            ]
        );
        assert!(Table::new(Period::Dekad, []).unwrap_err().is_invalid());
    }

    #[test]
    fn a_series_refuses_what_it_cannot_hold() {
        let first = day("2024-06-01");
        assert!(DailySeries::new(first, vec![]).unwrap_err().is_invalid());
        assert!(DailySeries::new(Date::MAX, vec![1.0, 2.0]).is_err());
        assert_eq!(
            DailySeries::new(Date::MAX, vec![1.0]).unwrap().end(),
            Date::MAX
        );
        let error = DailySeries::new(first, vec![1.0, f64::NAN]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "2024-06-02: NaN; expected a finite number"
        );
        assert!(DailySeries::constant(window("2024-06-01..2024-06-30"), f64::INFINITY).is_err());
        let means = |first, means: &[f64]| {
            DailySeries::from_means(Period::Month, day(first), means, Interpolation::Step)
        };
        assert!(means("2024-06-02", &[1.0]).is_err());
        assert!(means("2024-06-01", &[]).is_err());
        assert!(
            means("2024-06-01", &[1.0, f64::NAN])
                .unwrap_err()
                .to_string()
                .contains("2024-07")
        );
        assert_eq!(means("9999-12-01", &[1.0]).unwrap().len(), 31);
        assert!(means("9999-12-01", &[1.0, 1.0]).is_err());
        let profile = [f64::NAN; 12];
        let window = window("2024-06-01..2024-06-30");
        assert!(DailySeries::from_monthly_profile(window, &profile, Interpolation::Step).is_err());
    }

    #[test]
    fn a_slice_has_the_days_asked_for() {
        let all = window("2024-02-01..2024-03-31");
        let series = DailySeries::new(all.from(), (0..60).map(f64::from).collect()).unwrap();
        let slice = series.slice(window("2024-02-29..2024-03-01")).unwrap();
        assert_eq!(slice.values(), [28.0, 29.0]);
        assert_eq!(slice.iter().last(), Some((day("2024-03-01"), 29.0)));
        assert_eq!(series.slice(all).unwrap(), series);
        assert!(
            series
                .slice(window("2024-03-31..2024-04-01"))
                .unwrap_err()
                .is_invalid()
        );
        assert!(series.slice(window("2024-01-31..2024-02-01")).is_err());
        assert_eq!(slice.map(|value| value * 2.0).values(), [56.0, 58.0]);
    }

    #[test]
    fn a_profile_reaches_the_ends_of_the_calendar() {
        let profile = [1.0; 12];
        for all in ["9998-11-15..9999-12-31"]
            .map(window)
            .into_iter()
            .chain([Period::Month.containing(Date::MIN)])
        {
            let series =
                DailySeries::from_monthly_profile(all, &profile, Interpolation::Linear).unwrap();
            assert_eq!(series.window(), all);
            assert!(series.values().iter().all(|&value| value == 1.0));
        }
    }

    fn first_days(step: Period) -> impl Strategy<Value = Date> {
        (0_i64..100_000).prop_map(move |index| {
            step.containing(date_of(Date::constant(1890, 1, 1), index))
                .from()
        })
    }

    fn tables(
        means: impl Strategy<Value = f64>,
    ) -> impl Strategy<Value = (Period, Date, Vec<f64>)> {
        let steps = prop_oneof![Just(Period::Dekad), Just(Period::Month), Just(Period::Day)];
        (steps, prop::collection::vec(means, 1..60))
            .prop_flat_map(|(step, means)| (Just(step), first_days(step), Just(means)))
    }

    /// Flows over many orders of magnitude, with dry periods between.
    fn flows() -> impl Strategy<Value = f64> {
        prop_oneof![1 => Just(0.0), 4 => 0.0..1e4, 2 => 1e-9..1e-3]
    }

    fn interpolations() -> impl Strategy<Value = Interpolation> {
        prop_oneof![Just(Interpolation::Step), Just(Interpolation::Linear)]
    }

    /// The rounding of a sum of `values`, and of what went into them.
    fn rounding(values: &[f64], mean: f64) -> f64 {
        let largest = values
            .iter()
            .fold(mean.abs(), |largest, value| largest.max(value.abs()));
        4.0 * values.len() as f64 * f64::EPSILON * largest
    }

    proptest! {
        #[test]
        fn the_days_of_a_period_average_to_its_mean(
            (step, first, means) in tables(prop_oneof![flows(), -1e4..1e4]),
            interpolation in interpolations(),
        ) {
            let series = DailySeries::from_means(step, first, &means, interpolation).unwrap();
            let read_back = series.means(step);
            prop_assert_eq!(read_back.len(), means.len());
            for ((period, back), mean) in zip(read_back, means) {
                prop_assert_eq!(step.containing(period.from()), period);
                let days = series.slice(period).unwrap();
                prop_assert!((back - mean).abs() <= rounding(days.values(), mean), "{} {}", back, mean);
            }
        }

        #[test]
        fn no_day_is_negative_where_no_mean_is((step, first, means) in tables(flows())) {
            let series = DailySeries::from_means(step, first, &means, Interpolation::Linear).unwrap();
            prop_assert!(series.values().iter().all(|&value| value >= 0.0));
        }

        #[test]
        fn linear_of_a_constant_is_the_constant(
            (step, first, means) in tables(Just(0.0)), value in -1e9..1e9
        ) {
            let means = vec![value; means.len()];
            let linear = DailySeries::from_means(step, first, &means, Interpolation::Linear).unwrap();
            prop_assert_eq!(&linear, &DailySeries::constant(linear.window(), value).unwrap());
        }

        #[test]
        fn a_table_reads_back_from_its_days(
            (step, first, means) in tables(flows()), interpolation in interpolations()
        ) {
            let series = DailySeries::from_means(step, first, &means, interpolation).unwrap();
            let rows = series.means(step).into_iter().map(|(period, mean)| (period.from(), Some(mean)));
            let table = Table::new(step, rows).unwrap();
            prop_assert_eq!(table.window(), series.window());
            let largest = series.values().iter().copied().fold(0.0, f64::max);
            for (back, mean) in zip(table.fill(Gap::Error).unwrap(), means) {
                prop_assert!((back - mean).abs() <= rounding(&[largest; 31], mean));
            }
        }

        #[test]
        fn a_profile_keeps_the_volume_of_its_months(
            first in first_days(Period::Day),
            length in 1_usize..900,
            profile in prop::array::uniform12(flows()),
            interpolation in interpolations(),
        ) {
            let all = Window::new(first, date_of(first, length as i64 - 1)).unwrap();
            let series = DailySeries::from_monthly_profile(all, &profile, interpolation).unwrap();
            prop_assert_eq!(series.window(), all);
            for (month, back) in series.means(Period::Month) {
                let mean = profile[month.from().month() as usize - 1];
                let days = series.slice(month).unwrap();
                prop_assert!(days.values().iter().all(|&value| value >= 0.0));
                if Period::Month.containing(month.from()) == month {
                    prop_assert!((back - mean).abs() <= rounding(days.values(), mean));
                }
            }
        }

        #[test]
        fn a_profile_has_the_days_of_a_longer_one(
            first in first_days(Period::Day),
            length in 1_usize..100,
            profile in prop::array::uniform12(prop_oneof![flows(), -1e3..1e3]),
            interpolation in interpolations(),
        ) {
            let around = |days: i64| {
                let last = date_of(first, length as i64 - 1 + days);
                let window = Window::new(date_of(first, -days), last).unwrap();
                DailySeries::from_monthly_profile(window, &profile, interpolation).unwrap()
            };
            let series = around(0);
            prop_assert_eq!(around(100).slice(series.window()).unwrap(), series);
        }

        #[test]
        fn sums_of_parts_are_the_sum_of_days(
            first in first_days(Period::Day),
            values in prop::collection::vec(0_i32..1000, 1..200),
        ) {
            // Whole numbers, so that no sum rounds.
            let total = f64::from(values.iter().sum::<i32>());
            let series =
                DailySeries::new(first, values.into_iter().map(f64::from).collect()).unwrap();
            for step in [Period::Day, Period::Dekad, Period::Month] {
                let sums = series.sums(step);
                prop_assert_eq!(sums.iter().map(|(_, sum)| sum).sum::<f64>(), total);
                prop_assert_eq!(sums.iter().map(|(part, _)| part.days()).sum::<usize>(), series.len());
            }
        }

        #[test]
        fn a_filled_table_keeps_what_it_had(
            first in first_days(Period::Month),
            rows in prop::collection::vec(prop::option::of(flows()), 1..30),
        ) {
            let months = crate::calendar::Month::containing(first);
            let dates = std::iter::successors(Some(months), |month| Some(month.next()));
            let dated = zip(dates, &rows).map(|(month, &row)| (month.first_day(), row));
            let table = Table::new(Period::Month, dated).unwrap();
            prop_assert!(table.iter().map(|(_, row)| row).eq(rows.iter().copied()));
            for gap in [Gap::Error, Gap::Hold, Gap::Linear, Gap::Zero, Gap::Value(3.0)] {
                match table.fill(gap) {
                    Ok(filled) => prop_assert!(zip(&filled, &rows).all(|(value, row)| row.is_none_or(|row| row == *value))),
                    Err(error) => {
                        prop_assert!(error.is_invalid());
                        prop_assert!(rows.contains(&None));
                    }
                }
            }
        }
    }
}
