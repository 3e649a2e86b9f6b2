//! Months made into days by the pattern of a like month.

use serde::{Deserialize, Serialize};

use super::draw::Draws;
use super::neighbours::kernel;
use super::record::{Frame, Record};
use crate::Model;
use crate::calendar::{Date, Month, Period, Window, date_of, day_index, invalid};
use crate::error::{Diagnostic, Diagnostics, Result};
use crate::series::DailySeries;

/// The days a month's pattern may be shifted by, where days are asked for.
const SHIFT: i64 = 7;

/// Months made into days or dekads by nearest neighbours, after Nowak et al. (2010).
///
/// For each month the record's months of the same name are compared with it: the flows of all sites,
/// each less its mean over its deviation, by the sum of squares. Of the `k` nearest, the root of their
/// number, one is drawn with a weight of `1/j` for the `j`-th, the same for all sites. At a site whose
/// flows are never negative, the month's days have the proportions of the donor's; at others, and
/// where the donor's month was dry, they differ from the month's mean by as much as the donor's days
/// from theirs. In both ways the days average to the month.
///
/// By the day, a donor may also be a month's length of days that starts up to seven days before or
/// after the month, as Kirsch et al. (2013) do it: floods do not heed the calendar, and a record of
/// ten years has few Februaries. By the dekad it is always the month.
///
/// Nothing ties the last day of a month to the first of the next: a step there is the price of the
/// method.
///
/// K. Nowak, J. Prairie, B. Rajagopalan, U. Lall, "A nonparametric stochastic approach for multisite
/// disaggregation of annual to daily streamflow", *Water Resources Research* 46 (2010) W08529.
///
/// ```
/// use riparian::inflow::Nowak;
/// use riparian::series::DailySeries;
///
/// let years = "2001-01-01..2010-12-31".parse()?;
/// let spring = DailySeries::constant(years, 30.0)?;
/// assert!(Nowak::days([("spring", &spring)]).is_ok());
/// assert!(Nowak::dekads([("spring", &spring)]).is_ok());
///
/// let model = riparian::scenario::read("data/syr-darya-2001-2010")?;
/// assert!(Nowak::days_of(&model).is_ok() && Nowak::dekads_of(&model).is_ok());
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Nowak {
    sites: Vec<String>,
    /// The first day of the donors.
    first: Date,
    /// By site, one flow a day.
    days: Vec<Vec<f64>>,
    shift: i64,
}

impl Nowak {
    /// Donors of daily patterns: what daily series in m3/s have in common.
    ///
    /// # Errors
    ///
    /// If the series have no two years in common.
    pub fn days<'a>(series: impl IntoIterator<Item = (&'a str, &'a DailySeries)>) -> Result<Self> {
        let series: Vec<_> = series.into_iter().collect();
        let mut windows = series.iter().map(|(_, daily)| daily.window());
        let first = windows.next();
        let common = first.and_then(|first| windows.try_fold(first, Window::intersect));
        let Some(common) = common.filter(|common| common.days() >= 730) else {
            let fault = Diagnostic::new("donors of less than two years");
            return Err(invalid(fault.expected("two years at all sites")));
        };
        let days = series
            .iter()
            .map(|(_, daily)| Ok(daily.slice(common)?.values().to_vec()));
        Ok(Self {
            sites: series.iter().map(|(site, _)| (*site).to_owned()).collect(),
            first: common.from(),
            days: days.collect::<Result<_>>()?,
            shift: SHIFT,
        })
    }

    /// Donors of patterns of dekads: all days of a dekad are alike.
    ///
    /// # Errors
    ///
    /// As [`Nowak::days`].
    pub fn dekads<'a>(
        series: impl IntoIterator<Item = (&'a str, &'a DailySeries)>,
    ) -> Result<Self> {
        let mut donors = Self::days(series)?;
        donors.shift = 0;
        for days in &mut donors.days {
            let daily = DailySeries::new(donors.first, std::mem::take(days))?;
            *days = Period::Dekad
                .parts(daily.window())
                .into_iter()
                .zip(daily.means(Period::Dekad))
                .flat_map(|(part, (_, mean))| std::iter::repeat_n(mean, part.days()))
                .collect();
        }
        Ok(donors)
    }

    /// Donors of daily patterns, from the inflows of a model.
    ///
    /// # Errors
    ///
    /// As [`Nowak::days`].
    pub fn days_of(model: &Model) -> Result<Self> {
        Self::days(inflows(model))
    }

    /// Donors of patterns of dekads, from the inflows of a model.
    ///
    /// # Errors
    ///
    /// As [`Nowak::days`].
    pub fn dekads_of(model: &Model) -> Result<Self> {
        Self::dekads(inflows(model))
    }

    /// What keeps the donors from serving a generator.
    pub(super) fn faults(&self, frame: &Frame) -> Diagnostics {
        let mut faults = Diagnostics::new();
        if frame.step() != Period::Month {
            let fault = format!("a generator by the {}", frame.step());
            faults.push(Diagnostic::new(fault).expected("one by the month, to be made into days"));
        }
        if self.sites != frame.sites() {
            let fault = format!("donors for {}", self.sites.join(", "));
            let sites = format!("donors for {}", frame.sites().join(", "));
            faults.push(Diagnostic::new(fault).expected(sites));
        }
        let length = self.days.first().map_or(0, Vec::len);
        let finite = |days: &Vec<f64>| days.len() == length && days.iter().all(|d| d.is_finite());
        let sound = length >= 730
            && self.days.len() == self.sites.len()
            && (0..=SHIFT).contains(&self.shift)
            && self.days.iter().all(finite)
            && crate::calendar::checked_date_of(self.first, length as i64 + 31).is_some();
        if !sound {
            faults.push(Diagnostic::new("donors whose days do not fit their sites"));
        }
        faults
    }

    /// The days of a monthly record, site by site.
    pub(super) fn apply(
        &self,
        record: &Record,
        never_negative: &[bool],
        draws: &mut Draws,
    ) -> Result<Vec<DailySeries>> {
        let first = record.first_day()?;
        let months: Vec<Donors> = (1..=12).map(|month| self.donors(month)).collect();
        let mut days: Vec<Vec<f64>> = vec![Vec::new(); self.sites.len()];
        let mut near = Vec::new();
        for (year, step) in (0..record.years()).flat_map(|y| (0..12).map(move |step| (y, step))) {
            let flows = record.row(year, step);
            let donors = &months[record.frame.month(step)];
            near.clear();
            near.extend((0..donors.begins.len()).map(|d| (donors.apart(d, flows), d)));
            near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let k = ((near.len() as f64).sqrt().round() as usize).max(1);
            let donor = near[draws.weighted(&kernel(k))].1;
            let (begin, length) = donors.begins[donor];
            // Where the years go beyond the calendar, the series is refused below.
            let target = record.month_of(year, step).map_or(length, Month::days);
            for (site, days) in days.iter_mut().enumerate() {
                // The 29th of a February is like the 28th of a donor that has none.
                let pattern = |d: usize| self.days[site][begin + d.min(length - 1)];
                let mean = (0..target).map(pattern).sum::<f64>() / target as f64;
                if never_negative[site] && mean > 0.0 {
                    days.extend((0..target).map(|d| pattern(d) * (flows[site] / mean)));
                } else if never_negative[site] {
                    days.extend(std::iter::repeat_n(flows[site], target));
                } else {
                    days.extend((0..target).map(|d| pattern(d) + (flows[site] - mean)));
                }
            }
        }
        days.into_iter()
            .map(|days| DailySeries::new(first, days))
            .collect()
    }

    /// The donors of a calendar month.
    fn donors(&self, month: i8) -> Donors {
        let length = self.days[0].len();
        let last = date_of(self.first, length as i64 - 1);
        let mut begins = Vec::new();
        for year in self.first.year()..=last.year() {
            let Ok(month) = Month::new(year, month) else {
                continue;
            };
            let begin = day_index(self.first, month.first_day());
            for shift in -self.shift..=self.shift {
                let begin = begin + shift;
                if begin >= 0 && begin as usize + month.days() <= length {
                    begins.push((begin as usize, month.days()));
                }
            }
        }
        let n = begins.len() as f64;
        let mut means = vec![Vec::with_capacity(self.days.len()); begins.len()];
        let mut scale = Vec::with_capacity(self.days.len());
        for days in &self.days {
            let mut sum = (0.0, 0.0);
            for (means, &(begin, length)) in means.iter_mut().zip(&begins) {
                let mean = days[begin..begin + length].iter().sum::<f64>() / length as f64;
                means.push(mean);
                sum = (sum.0 + mean, sum.1 + mean * mean);
            }
            let variance = sum.1 / n - (sum.0 / n) * (sum.0 / n);
            scale.push(if variance > 1e-12 * sum.1 / n {
                1.0 / variance
            } else {
                0.0
            });
        }
        Donors {
            begins,
            means,
            scale,
        }
    }
}

/// The inflows of a model by the ids of their nodes.
pub(super) fn inflows(model: &Model) -> impl Iterator<Item = (&str, &DailySeries)> {
    let nodes = model.basin().nodes().iter().enumerate();
    nodes.filter_map(|(v, node)| Some((node.id.as_str(), model.inflow(v)?)))
}

/// The donors of one calendar month.
struct Donors {
    /// Position of the first day, and the number of days.
    begins: Vec<(usize, usize)>,
    /// By donor and site.
    means: Vec<Vec<f64>>,
    /// By site, the inverse of the variance of the means; 0 where they are all the same.
    scale: Vec<f64>,
}

impl Donors {
    /// How unlike a donor is to the flows of a month.
    fn apart(&self, donor: usize, flows: &[f64]) -> f64 {
        let means = self.means[donor].iter().zip(flows).zip(&self.scale);
        means
            .map(|((mean, flow), scale)| (mean - flow) * (mean - flow) * scale)
            .sum()
    }
}
