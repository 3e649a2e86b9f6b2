//! Flows of several sites over whole years, step by step.

use serde::{Deserialize, Serialize};

use crate::Model;
use crate::calendar::{Date, HydrologicalYear, Month, Period, Window, invalid};
use crate::error::{Diagnostic, Diagnostics, Result};
use crate::series::{DailySeries, Interpolation};

/// The days of an average February of the Gregorian calendar.
const FEBRUARY: f64 = 28.0 + 97.0 / 400.0;

/// What the years of a record have in common: its sites, its step and the month a year starts in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub(super) struct Frame {
    sites: Vec<String>,
    step: Period,
    first_month: i8,
}

/// A frame as read, not checked yet.
#[derive(Deserialize)]
struct Written {
    sites: Vec<String>,
    step: Period,
    first_month: i8,
}

impl TryFrom<Written> for Frame {
    type Error = crate::Error;

    fn try_from(written: Written) -> Result<Self> {
        Self::new(written.sites, written.step, written.first_month)
    }
}

impl Frame {
    pub(super) fn new(sites: Vec<String>, step: Period, first_month: i8) -> Result<Self> {
        let mut faults = Diagnostics::new();
        if sites.is_empty() {
            faults.push(Diagnostic::new("a record of no site").expected("a site with an inflow"));
        }
        for (i, site) in sites.iter().enumerate() {
            if sites[..i].contains(site) {
                faults.push(Diagnostic::new(format!(
                    "the site `{site}` twice in a record"
                )));
            }
        }
        if !matches!(step, Period::Dekad | Period::Month) {
            let fault = format!("a record by the {step}");
            faults.push(Diagnostic::new(fault).expected("dekad or month"));
        }
        if !(1..=12).contains(&first_month) {
            let fault = format!("years that start in month {first_month}");
            faults.push(Diagnostic::new(fault).expected("a month from 1 to 12"));
        }
        faults.finish(Self {
            sites,
            step,
            first_month,
        })
    }

    pub(super) fn sites(&self) -> &[String] {
        &self.sites
    }

    pub(super) fn step(&self) -> Period {
        self.step
    }

    /// Steps in a month.
    fn per_month(&self) -> usize {
        if self.step == Period::Dekad { 3 } else { 1 }
    }

    /// Steps in a year.
    pub(super) fn steps(&self) -> usize {
        12 * self.per_month()
    }

    /// Numbers in a year.
    pub(super) fn numbers(&self) -> usize {
        self.steps() * self.sites.len()
    }

    /// The calendar month of a step, 0 for January.
    pub(super) fn month(&self, step: usize) -> usize {
        (self.first_month as usize - 1 + step / self.per_month()) % 12
    }

    /// How a step is written: `04-2` for the second dekad of April, `04` for April.
    pub(super) fn key(&self, step: usize) -> String {
        let month = self.month(step) + 1;
        match self.step {
            Period::Dekad => format!("{month:02}-{}", step % 3 + 1),
            _ => format!("{month:02}"),
        }
    }

    /// The days of a step, of 365.2425 in the year.
    pub(super) fn days(&self, step: usize) -> f64 {
        const MONTHS: [f64; 12] = [
            31., FEBRUARY, 31., 30., 31., 30., 31., 31., 30., 31., 30., 31.,
        ];
        let month = MONTHS[self.month(step)];
        match (self.step, step % 3) {
            (Period::Dekad, 2) => month - 20.0,
            (Period::Dekad, _) => 10.0,
            _ => month,
        }
    }

    /// The days of the year of that name, if it lies in the calendar.
    pub(super) fn year(&self, name: i64) -> Option<Window> {
        let name = i16::try_from(name)
            .ok()
            .filter(|y| (-9998..=9999).contains(y))?;
        let year = HydrologicalYear::new(name).starting(self.first_month);
        year.ok().map(HydrologicalYear::window)
    }

    /// The name of the year a day belongs to.
    pub(super) fn year_of(&self, day: Date) -> i16 {
        let year = HydrologicalYear::containing_from(day, self.first_month);
        year.map_or(day.year(), HydrologicalYear::year)
    }

    /// The position of a site, or the fault that there is none of that name.
    pub(super) fn site(&self, site: &str) -> Result<usize, Diagnostic> {
        let at = self.sites.iter().position(|known| known == site);
        at.ok_or_else(|| {
            Diagnostic::new(format!("unknown site `{site}`"))
                .expected("a site of the record")
                .nearest(site, self.sites.iter().map(String::as_str))
        })
    }
}

/// The means of the periods of a series; that of equal days is their value, not a rounded sum's.
fn means(daily: &DailySeries, step: Period) -> Result<Vec<f64>> {
    let of = |(period, mean): (Window, f64)| {
        let days = daily.slice(period)?;
        let first = days.values()[0];
        let equal = days.values().iter().all(|&day| day == first);
        Ok(if equal { first } else { mean })
    };
    daily.means(step).into_iter().map(of).collect()
}

/// Mean flows in m3/s of several sites, by dekad or month, over whole years.
///
/// A record is what a generator is fitted to, and what it makes. Its years start in the month it was
/// told (1 for calendar years, 10 for the region's hydrological years) and are named by the calendar
/// year they end in. Values may be negative: a lateral flow can be a net loss. 29 February belongs
/// to the last dekad of its month, so a step has the same place in every year.
///
/// ```
/// use riparian::calendar::Period;
/// use riparian::inflow::Record;
///
/// let model = riparian::scenario::read("data/syr-darya-2001-2010")?;
/// let record = Record::from_model(&model, Period::Dekad, 10)?;
/// // Of ten calendar years nine hydrological ones are whole.
/// assert_eq!((record.years(), record.steps(), record.sites().len()), (9, 36, 8));
/// let naryn = record.site("naryn").unwrap();
/// assert_eq!(record.at(0, 0, naryn), 278.2); // 1-10 October 2001, as in the scenario's file
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub(super) frame: Frame,
    first_year: i16,
    /// By year, step and site.
    values: Vec<f64>,
}

impl Record {
    /// The record of `sites` whose first year is named `first_year`.
    ///
    /// `values` are m3/s: for each year, for each of its steps, one number a site.
    ///
    /// # Errors
    ///
    /// If the step is neither dekad nor month, there is no such month, a site appears twice, the
    /// values do not fill whole years, one is not finite, or the year is not from 1 to 9999.
    pub fn new(
        sites: Vec<String>,
        step: Period,
        first_month: i8,
        first_year: i16,
        values: Vec<f64>,
    ) -> Result<Self> {
        let frame = Frame::new(sites, step, first_month)?;
        let mut faults = Diagnostics::new();
        if values.is_empty() || !values.len().is_multiple_of(frame.numbers()) {
            let fault = format!("{} values in a record", values.len());
            let whole = format!("{} for each year, of one year at least", frame.numbers());
            faults.push(Diagnostic::new(fault).expected(whole));
        }
        if !(1..=9999).contains(&first_year) {
            let fault = format!("a record that starts in the year {first_year}");
            faults.push(Diagnostic::new(fault).expected("a year from 1 to 9999"));
        }
        let record = Self {
            frame,
            first_year,
            values,
        };
        for (i, value) in record.values.iter().enumerate() {
            if !value.is_finite() {
                let at = record.place(i);
                faults.push(Diagnostic::new(format!("{at}: {value}")).expected("a number"));
            }
        }
        faults.finish(record)
    }

    /// The whole years that daily series in m3/s have in common.
    ///
    /// # Errors
    ///
    /// As [`Record::new`], and if there is no whole year.
    ///
    /// # Examples
    ///
    /// Example: [`QuantileMap::between`](super::QuantileMap::between).
    pub fn from_series<'a>(
        series: impl IntoIterator<Item = (&'a str, &'a DailySeries)>,
        step: Period,
        first_month: i8,
    ) -> Result<Self> {
        let series: Vec<_> = series.into_iter().collect();
        let sites = series.iter().map(|(site, _)| (*site).to_owned()).collect();
        let frame = Frame::new(sites, step, first_month)?;
        let common = series[1..]
            .iter()
            .try_fold(series[0].1.window(), |all, s| all.intersect(s.1.window()));
        let whole = |common: Window| {
            let named = |name: i16| Some((name, frame.year(i64::from(name))?));
            let ends = [common.from(), common.to()].map(|day| frame.year_of(day));
            let inside: Vec<_> = (ends[0]..=ends[1])
                .filter_map(named)
                .filter(|&(_, year)| common.covers(year))
                .collect();
            let (first, last) = (inside.first()?, inside.last()?);
            Some((first.0, Window::new(first.1.from(), last.1.to()).ok()?))
        };
        let Some((first_year, window)) = common.and_then(whole) else {
            let fault = match common {
                Some(common) => format!("no whole year in {common}"),
                None => "series that have no day in common".into(),
            };
            let expected = format!("12 months from month {first_month} on, at all sites");
            return Err(invalid(Diagnostic::new(fault).expected(expected)));
        };
        let columns = series
            .iter()
            .map(|(_, daily)| means(&daily.slice(window)?, step));
        let columns = columns.collect::<Result<Vec<_>>>()?;
        let values = (0..columns[0].len())
            .flat_map(|row| columns.iter().map(move |column| column[row]))
            .collect();
        Self::new(frame.sites, step, first_month, first_year, values)
    }

    /// The inflows of a model, over the whole years of its run.
    ///
    /// # Errors
    ///
    /// As [`Record::from_series`].
    pub fn from_model(model: &Model, step: Period, first_month: i8) -> Result<Self> {
        let nodes = model.basin().nodes().iter().enumerate();
        let inflows = nodes.filter_map(|(v, node)| Some((node.id.as_str(), model.inflow(v)?)));
        Self::from_series(inflows, step, first_month)
    }

    /// A record of zeros, to be filled.
    pub(super) fn empty(frame: Frame, first_year: i16, years: usize) -> Self {
        let values = vec![0.0; years * frame.numbers()];
        Self {
            frame,
            first_year,
            values,
        }
    }

    /// The sites, by the ids of their nodes.
    pub fn sites(&self) -> &[String] {
        &self.frame.sites
    }

    /// The position of a site.
    pub fn site(&self, id: &str) -> Option<usize> {
        self.frame.site(id).ok()
    }

    /// Dekad or month.
    pub fn step(&self) -> Period {
        self.frame.step
    }

    /// Steps in a year: 36 or 12.
    pub fn steps(&self) -> usize {
        self.frame.steps()
    }

    /// The number of years.
    pub fn years(&self) -> usize {
        self.values.len() / self.frame.numbers()
    }

    /// The name of the first year: the calendar year it ends in.
    pub fn first_year(&self) -> i16 {
        self.first_year
    }

    /// The month years start in, 1 to 12.
    pub fn first_month(&self) -> i8 {
        self.frame.first_month
    }

    /// The same years under other names, the first of them `year`.
    ///
    /// # Errors
    ///
    /// If the year is not from 1 to 9999.
    pub fn starting_in(mut self, year: i16) -> Result<Self> {
        if !(1..=9999).contains(&year) {
            let fault = format!("a record that starts in the year {year}");
            return Err(invalid(
                Diagnostic::new(fault).expected("a year from 1 to 9999"),
            ));
        }
        self.first_year = year;
        Ok(self)
    }

    /// The flow of a site in m3/s in a step of a year, all counted from 0.
    ///
    /// # Panics
    ///
    /// If there is no such year, step or site.
    pub fn at(&self, year: usize, step: usize, site: usize) -> f64 {
        assert!(site < self.sites().len(), "a record without a site {site}");
        self.row(year, step)[site]
    }

    /// The flows of all sites in m3/s in a step of a year.
    ///
    /// # Panics
    ///
    /// If there is no such year or step.
    pub fn row(&self, year: usize, step: usize) -> &[f64] {
        assert!(step < self.steps(), "a record without a step {step}");
        let sites = self.sites().len();
        let begin = (year * self.steps() + step) * sites;
        &self.values[begin..begin + sites]
    }

    /// All flows in m3/s: by year, step and site.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    pub(super) fn values_mut(&mut self) -> &mut [f64] {
        &mut self.values
    }

    /// The flows of a site in a step, year by year.
    pub(super) fn across(&self, step: usize, site: usize) -> impl Iterator<Item = f64> + Clone {
        let begin = step * self.sites().len() + site;
        self.values
            .iter()
            .skip(begin)
            .step_by(self.frame.numbers())
            .copied()
    }

    /// The flows of a site, step by step through all years.
    pub(super) fn along(&self, site: usize) -> impl Iterator<Item = f64> + Clone {
        self.values
            .iter()
            .skip(site)
            .step_by(self.sites().len())
            .copied()
    }

    /// The mean flow of a site over a year, steps weighted by their days, in m3/s.
    ///
    /// # Panics
    ///
    /// If there is no such year or site.
    pub fn annual(&self, year: usize, site: usize) -> f64 {
        let steps = 0..self.steps();
        let sum: f64 = steps
            .clone()
            .map(|step| self.at(year, step, site) * self.frame.days(step))
            .sum();
        sum / steps.map(|step| self.frame.days(step)).sum::<f64>()
    }

    /// The same years by the month.
    ///
    /// A month is the mean of its dekads by their days: those of its own year, or of an average one
    /// after 9999.
    #[must_use]
    pub fn monthly(&self) -> Self {
        if self.step() == Period::Month {
            return self.clone();
        }
        let frame = Frame {
            step: Period::Month,
            ..self.frame.clone()
        };
        let mut months = Self::empty(frame, self.first_year, self.years());
        let sites = self.sites().len();
        for (m, month) in months.values.chunks_exact_mut(sites).enumerate() {
            let month_days = self
                .month_of(m / 12, 3 * (m % 12))
                .map(|month| month.days() as f64);
            let last = month_days.map_or(self.frame.days((3 * m + 2) % 36), |days| days - 20.0);
            let days = [10.0, 10.0, last];
            for (site, mean) in month.iter_mut().enumerate() {
                let dekad = |d: usize| self.values[(3 * m + d) * sites + site] * days[d];
                *mean = (dekad(0) + dekad(1) + dekad(2)) / (days[0] + days[1] + days[2]);
            }
        }
        months
    }

    /// The daily flows of a site in m3/s: the days of a step average to the step's flow.
    ///
    /// # Errors
    ///
    /// If there is no such site, or the years go on after 9999.
    pub fn series(&self, site: &str, days: Interpolation) -> Result<DailySeries> {
        let site = self.frame.site(site).map_err(invalid)?;
        let means: Vec<f64> = self.along(site).collect();
        DailySeries::from_means(self.step(), self.first_day()?, &means, days)
    }

    /// The first day of the first year.
    pub(super) fn first_day(&self) -> Result<Date> {
        let first = self.frame.year(i64::from(self.first_year));
        first.map(Window::from).ok_or_else(|| {
            invalid(Diagnostic::new(format!(
                "the year {} is not in the calendar",
                self.first_year
            )))
        })
    }

    /// Where a value stands, for messages: its site and step.
    pub(super) fn place(&self, index: usize) -> String {
        let sites = self.sites().len();
        let (row, site) = (index / sites, index % sites);
        let (year, step) = (row / self.steps(), row % self.steps());
        let name = i64::from(self.first_year) + year as i64;
        // A year is named by its end: steps before January belong to the calendar year before.
        let before =
            self.frame.month(step) + 1 >= self.first_month() as usize && self.first_month() > 1;
        let calendar = name - i64::from(before);
        format!(
            "`{}` in {calendar:04}-{}",
            self.sites()[site],
            self.frame.key(step)
        )
    }

    /// The month a step belongs to in the year of index `year`, if the calendar has it.
    pub(super) fn month_of(&self, year: usize, step: usize) -> Option<Month> {
        let window = self.frame.year(i64::from(self.first_year) + year as i64)?;
        window.months().nth(step / self.frame.per_month())
    }
}
