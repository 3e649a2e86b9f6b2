//! Changes to what a generator makes: a changed climate, another distribution, published volumes.

use serde::{Deserialize, Serialize};

use super::draw::normal_quantile;
use super::record::{Frame, Record};
use crate::calendar::invalid;
use crate::error::{Diagnostic, Diagnostics, Result};
use crate::units::Volume;

/// Seconds of a day.
const DAY: f64 = 86_400.0;
/// The points by which a distribution of annual volumes is kept.
const POINTS: usize = 199;

/// A change to the years a generator makes, see [`Generator::adjusted`](super::Generator::adjusted).
///
/// Example: [`Delta`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Adjustment {
    /// Monthly changes of the mean.
    Delta(Delta),
    /// Another distribution, month by month.
    QuantileMap(QuantileMap),
    /// Annual volumes as published.
    ScaledTo(ScaledTo),
}

impl From<Delta> for Adjustment {
    fn from(delta: Delta) -> Self {
        Self::Delta(delta)
    }
}

impl From<QuantileMap> for Adjustment {
    fn from(map: QuantileMap) -> Self {
        Self::QuantileMap(map)
    }
}

impl From<ScaledTo> for Adjustment {
    fn from(scaled: ScaledTo) -> Self {
        Self::ScaledTo(scaled)
    }
}

impl Adjustment {
    /// What keeps it from serving a generator.
    pub(super) fn faults(&self, frame: &Frame, never_negative: &[bool]) -> Diagnostics {
        let mut faults = Diagnostics::new();
        if let Self::ScaledTo(scaled) = self
            && !scaled.volumes_rise()
        {
            faults.push(
                Diagnostic::new("annual volumes to be scaled that are zero or always the same")
                    .expected("volumes above zero that differ from year to year"),
            );
        }
        let (sites, sound): (Vec<&String>, bool) = match self {
            Self::Delta(delta) => (delta.sites.iter().map(|s| &s.0).collect(), delta.sound()),
            Self::QuantileMap(map) => (map.sites.iter().map(|s| &s.site).collect(), map.sound()),
            Self::ScaledTo(scaled) => (scaled.sites.iter().collect(), scaled.sound()),
        };
        for site in sites {
            match frame.site(site) {
                Err(fault) => faults.push(fault),
                Ok(at) if matches!(self, Self::ScaledTo(_)) && !never_negative[at] => faults.push(
                    Diagnostic::new(format!("annual volumes of `{site}` to be scaled"))
                        .expected("a site whose flow has never been negative"),
                ),
                Ok(_) => {}
            }
        }
        if !sound {
            faults.push(Diagnostic::new(
                "an adjustment whose numbers do not fit together",
            ));
        }
        faults
    }

    pub(super) fn apply(&self, record: &mut Record) {
        match self {
            Self::Delta(delta) => delta.apply(record),
            Self::QuantileMap(map) => map.apply(record),
            Self::ScaledTo(scaled) => scaled.apply(record),
        }
    }
}

/// A change of the flows of a month.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Change {
    Factor(f64),
    Shift(f64),
}

/// Monthly changes of the climate, site by site: factors, or shifts in m3/s.
///
/// A factor changes mean and deviation alike and suits rivers; a net loss that grows wants a shift.
/// Where a shift would take a flow below zero at a site whose flow is never negative, it becomes
/// zero, and the mean falls by less than the shift.
///
/// ```
/// use riparian::calendar::Period;
/// use riparian::inflow::{Delta, LagOne, Record};
///
/// let model = riparian::scenario::read("data/syr-darya-2001-2010")?;
/// let record = Record::from_model(&model, Period::Dekad, 1)?;
/// let today = LagOne::contemporaneous().pooling(1).fit(&record)?;
/// // Snow melts earlier: more in April and May, less from July to September.
/// let melt = [1.05, 1.05, 1.1, 1.2, 1.15, 1.0, 0.9, 0.85, 0.9, 1.0, 1.0, 1.05];
/// let later = today.clone().adjusted(Delta::new().factors("naryn", melt))?;
/// let naryn = record.site("naryn").unwrap();
/// let (a, b) = (today.years(1, 0, 3), later.years(1, 0, 3));
/// assert_eq!(b.at(2, 11, naryn), 1.2 * a.at(2, 11, naryn)); // the third dekad of April
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Delta {
    sites: Vec<(String, [Change; 12])>,
}

impl Delta {
    /// No change at any site.
    pub fn new() -> Self {
        Self::default()
    }

    /// The flows of a site times a factor for each month, January first.
    #[must_use]
    pub fn factors(mut self, site: impl Into<String>, factors: [f64; 12]) -> Self {
        self.sites.push((site.into(), factors.map(Change::Factor)));
        self
    }

    /// The flows of a site and a shift in m3/s for each month, January first.
    #[must_use]
    pub fn shifts(mut self, site: impl Into<String>, m3s: [f64; 12]) -> Self {
        self.sites.push((site.into(), m3s.map(Change::Shift)));
        self
    }

    fn sound(&self) -> bool {
        let changes = self.sites.iter().flat_map(|(_, months)| months);
        changes.copied().all(|change| match change {
            Change::Factor(factor) => factor.is_finite() && factor >= 0.0,
            Change::Shift(shift) => shift.is_finite(),
        })
    }

    fn apply(&self, record: &mut Record) {
        for (site, months) in &self.sites {
            each_month(record, site, |month, flow| match months[month] {
                Change::Factor(factor) => flow * factor,
                Change::Shift(shift) => flow + shift,
            });
        }
    }
}

/// Does something to each flow of a site, with its calendar month, 0 for January.
fn each_month(record: &mut Record, site: &str, change: impl Fn(usize, f64) -> f64) {
    let Ok(at) = record.frame.site(site) else {
        return;
    };
    let (sites, steps) = (record.sites().len(), record.steps());
    let months: Vec<usize> = (0..steps).map(|step| record.frame.month(step)).collect();
    for (row, flows) in record.values_mut().chunks_exact_mut(sites).enumerate() {
        flows[at] = change(months[row % steps], flows[at]);
    }
}

/// A map that gives flows of one distribution another, month by month.
///
/// A flow that stands at some quantile of the one record becomes the flow at that quantile of the
/// other: between two records' sorted flows of a month in straight lines. What lies beyond either
/// end changes as that end does: by its factor if all flows of the site are positive in both
/// records, else by its shift.
///
/// From a climate model's past to its future it carries the model's change to the generator; from
/// that past to the record it removes the model's bias.
///
/// Example: [`QuantileMap::between`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuantileMap {
    sites: Vec<SiteMap>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SiteMap {
    site: String,
    by_factor: bool,
    /// By month, January first: flows from and to, both rising.
    months: Vec<(Vec<f64>, Vec<f64>)>,
}

impl QuantileMap {
    /// The map from the flows of one record to those of another, at the sites they have in common.
    ///
    /// # Errors
    ///
    /// If they have no site in common, or their steps differ.
    ///
    /// # Examples
    ///
    /// ```
    /// use riparian::calendar::Period;
    /// use riparian::inflow::{QuantileMap, Record};
    /// use riparian::series::DailySeries;
    ///
    /// let years = "2001-01-01..2010-12-31".parse()?;
    /// let record = |m3s| -> riparian::Result<Record> {
    ///     let flow = DailySeries::constant(years, m3s)?;
    ///     Record::from_series([("spring", &flow)], Period::Month, 1)
    /// };
    /// // From the flows of today to those of a drier climate.
    /// let drier = QuantileMap::between(&record(30.0)?, &record(24.0)?)?;
    /// # let _ = drier;
    /// # Ok::<(), riparian::Error>(())
    /// ```
    pub fn between(from: &Record, to: &Record) -> Result<Self> {
        if from.step() != to.step() {
            let fault = format!("a map from flows by the {} to {}", from.step(), to.step());
            return Err(invalid(Diagnostic::new(fault).expected("the same step")));
        }
        let common = from
            .sites()
            .iter()
            .filter_map(|site| Some((site, to.site(site)?)));
        let sites: Vec<SiteMap> = common
            .map(|(site, b)| {
                let a = from.site(site).unwrap_or_default();
                let positive = |record: &Record, site| record.along(site).all(|flow| flow > 0.0);
                let months = (0..12).map(|month| {
                    let (a, b) = (in_month(from, month, a), in_month(to, month, b));
                    let n = a.len().min(b.len());
                    let at = |sorted: &[f64]| -> Vec<f64> {
                        let p = (0..n).map(|k| (k as f64 + 0.5) / n as f64);
                        p.map(|p| quantile(sorted, p)).collect()
                    };
                    (at(&a), at(&b))
                });
                SiteMap {
                    site: site.clone(),
                    by_factor: positive(from, a) && positive(to, b),
                    months: months.collect(),
                }
            })
            .collect();
        if sites.is_empty() {
            let fault = Diagnostic::new("a map between records without a site in common");
            return Err(invalid(fault));
        }
        Ok(Self { sites })
    }

    fn sound(&self) -> bool {
        let rises = |flows: &[f64]| {
            flows.iter().all(|flow| flow.is_finite()) && flows.is_sorted() && !flows.is_empty()
        };
        let sound = |(from, to): &(Vec<f64>, Vec<f64>), positive: bool| {
            let lowest = from.first().zip(to.first());
            let positive = !positive || lowest.is_some_and(|(&from, &to)| from > 0.0 && to > 0.0);
            positive && from.len() == to.len() && rises(from) && rises(to)
        };
        self.sites.iter().all(|site| {
            let mut months = site.months.iter();
            months.len() == 12 && months.all(|month| sound(month, site.by_factor))
        })
    }

    fn apply(&self, record: &mut Record) {
        for site in &self.sites {
            each_month(record, &site.site, |month, flow| {
                let (from, to) = &site.months[month];
                mapped(from, to, flow, site.by_factor)
            });
        }
    }
}

/// The flows of a site in a calendar month, sorted.
fn in_month(record: &Record, month: usize, site: usize) -> Vec<f64> {
    let steps = (0..record.steps()).filter(|&step| record.frame.month(step) == month);
    let mut flows: Vec<f64> = steps.flat_map(|step| record.across(step, site)).collect();
    flows.sort_by(f64::total_cmp);
    flows
}

/// The value of probability `p` in a sorted sample, whose `i`-th of `n` stands at `(i + 0.5) / n`.
pub(super) fn quantile(sorted: &[f64], p: f64) -> f64 {
    let last = sorted.len() - 1;
    let place = (p * sorted.len() as f64 - 0.5).clamp(0.0, last as f64);
    let (below, part) = (place as usize, place.fract());
    let above = (below + 1).min(last);
    sorted[below] + part * (sorted[above] - sorted[below])
}

fn mapped(from: &[f64], to: &[f64], flow: f64, by_factor: bool) -> f64 {
    let last = from.len() - 1;
    let beyond = |end: usize| {
        if by_factor {
            flow * (to[end] / from[end])
        } else {
            flow + (to[end] - from[end])
        }
    };
    if flow < from[0] {
        return beyond(0);
    }
    if flow > from[last] {
        return beyond(last);
    }
    let at = from.partition_point(|&x| x < flow);
    if from[at] == flow {
        // Equal flows become the middle of what they map to.
        let equal = from.partition_point(|&x| x <= flow) - 1;
        return f64::midpoint(to[at], to[equal]);
    }
    let part = (flow - from[at - 1]) / (from[at] - from[at - 1]);
    to[at - 1] + part * (to[at] - to[at - 1])
}

/// Years scaled so that the annual volume of some sites together is as published.
///
/// All steps of a year, at these sites, are multiplied by one factor. Either every year becomes one
/// of a given volume, a dry or a wet one; or the generated volumes become distributed as published:
/// a year whose volume is exceeded with some probability among the generator's years gets the volume
/// that is exceeded with that probability by the published list. Between the published points, and
/// beyond them, the logarithm of the volume is straight over the normal score of the probability,
/// as on lognormal paper.
///
/// ```
/// use riparian::calendar::Period;
/// use riparian::inflow::{LagOne, Record, ScaledTo};
/// use riparian::units::Volume;
///
/// let model = riparian::scenario::read("data/syr-darya-2001-2010")?;
/// let record = Record::from_model(&model, Period::Dekad, 1)?;
/// let dry = ScaledTo::volume(["naryn"], Volume::from_mcm(9_000.0))?;
/// let generator = LagOne::contemporaneous().pooling(1).fit(&record)?.adjusted(dry)?;
/// let naryn = record.site("naryn").unwrap();
/// let mean = generator.years(1, 0, 2).annual(1, naryn); // m3/s
/// assert!((mean * 365.2425 * 0.0864 - 9_000.0).abs() < 1e-9 * 9_000.0);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScaledTo {
    sites: Vec<String>,
    /// Normal scores of not being exceeded, rising, and logarithms of volumes in m3.
    published: Vec<(f64, f64)>,
    /// Volumes in m3 that the generator's years do not exceed with probabilities evenly spread;
    /// none until the generator is known.
    generated: Vec<f64>,
}

impl ScaledTo {
    /// Every year with this volume at the sites together.
    ///
    /// # Errors
    ///
    /// If the volume is not above zero, or there are no sites.
    pub fn volume<S: Into<String>>(
        sites: impl IntoIterator<Item = S>,
        volume: Volume,
    ) -> Result<Self> {
        Self::new(sites, &[(0.5, volume)])
    }

    /// Years distributed by published volumes: pairs of the probability that a year has more, and
    /// the volume.
    ///
    /// # Errors
    ///
    /// If there are fewer than two, a probability is not between 0 and 1, a volume not above zero, or
    /// volumes do not fall where probabilities rise; or if there are no sites.
    ///
    /// # Examples
    ///
    /// ```
    /// use riparian::inflow::ScaledTo;
    /// use riparian::units::Volume;
    ///
    /// // One year in two has more than 38 km3, one in twenty more than 55.
    /// let published = [(0.05, Volume::from_km3(55.0)), (0.5, Volume::from_km3(38.0))];
    /// assert!(ScaledTo::quantiles(["naryn", "kara-darya"], &published).is_ok());
    /// assert!(ScaledTo::quantiles(["naryn"], &published[..1]).is_err());
    /// ```
    pub fn quantiles<S: Into<String>>(
        sites: impl IntoIterator<Item = S>,
        exceeded: &[(f64, Volume)],
    ) -> Result<Self> {
        if exceeded.len() < 2 {
            let fault = format!("{} published volumes", exceeded.len());
            return Err(invalid(Diagnostic::new(fault).expected("two at least")));
        }
        Self::new(sites, exceeded)
    }

    fn new<S: Into<String>>(
        sites: impl IntoIterator<Item = S>,
        exceeded: &[(f64, Volume)],
    ) -> Result<Self> {
        let sites: Vec<String> = sites.into_iter().map(Into::into).collect();
        let mut faults = Diagnostics::new();
        if sites.is_empty() {
            faults.push(Diagnostic::new("annual volumes of no site").expected("a site"));
        }
        for &(p, volume) in exceeded {
            if !(p > 0.0 && p < 1.0) {
                let fault = format!("a volume exceeded with probability {p}");
                faults.push(Diagnostic::new(fault).expected("between 0 and 1"));
            }
            if !(volume.m3() > 0.0 && volume.m3().is_finite()) {
                let fault = format!("an annual volume of {volume}");
                faults.push(Diagnostic::new(fault).expected("above 0"));
            }
        }
        faults.finish(())?;
        let mut published: Vec<(f64, f64)> = exceeded
            .iter()
            .map(|&(p, volume)| (normal_quantile(1.0 - p), libm::log(volume.m3())))
            .collect();
        published.sort_by(|a, b| a.0.total_cmp(&b.0));
        if published
            .windows(2)
            .any(|two| two[0].0 >= two[1].0 || two[0].1 >= two[1].1)
        {
            return Err(invalid(
                Diagnostic::new(
                    "published volumes that do not fall as they are exceeded more often",
                )
                .expected("a smaller volume for each larger probability"),
            ));
        }
        Ok(Self {
            sites,
            published,
            generated: Vec::new(),
        })
    }

    /// Does it need the distribution of the generator's volumes?
    pub(super) fn wants_sample(&self) -> bool {
        self.published.len() > 1
    }

    /// Learns the distribution of the generator's volumes from many of its years.
    pub(super) fn learn(&mut self, sample: &Record) {
        let mut volumes: Vec<f64> = (0..sample.years())
            .map(|year| self.volume_of(sample, year))
            .collect();
        volumes.sort_by(f64::total_cmp);
        self.generated = (0..POINTS)
            .map(|k| quantile(&volumes, (k as f64 + 0.5) / POINTS as f64))
            .collect();
    }

    /// Are the generator's volumes above zero and rising?
    fn volumes_rise(&self) -> bool {
        let positive = |&volume: &f64| volume > 0.0 && volume.is_finite();
        self.generated.iter().all(positive) && self.generated.is_sorted_by(|a, b| a < b)
    }

    fn sound(&self) -> bool {
        let finite = self
            .published
            .iter()
            .all(|p| p.0.is_finite() && p.1.is_finite());
        let rising = self.published.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1);
        finite
            && rising
            && match self.published.len() {
                0 => false,
                1 => true,
                _ => self.generated.len() == POINTS,
            }
    }

    /// The volume of a year in m3 at the sites together.
    fn volume_of(&self, record: &Record, year: usize) -> f64 {
        let at = self.sites.iter().filter_map(|site| record.site(site));
        let year_days: f64 = (0..record.steps())
            .map(|step| record.frame.days(step))
            .sum();
        at.map(|site| record.annual(year, site)).sum::<f64>() * year_days * DAY
    }

    fn apply(&self, record: &mut Record) {
        let sites: Vec<usize> = self.sites.iter().filter_map(|s| record.site(s)).collect();
        let (rows, width) = (record.steps(), record.sites().len());
        let paper = self.paper();
        for year in 0..record.years() {
            let volume = self.volume_of(record, year);
            if volume <= 0.0 {
                continue; // A year without water stays one.
            }
            let factor = self.target(&paper, volume) / volume;
            let begin = year * rows * width;
            for row in record.values_mut()[begin..begin + rows * width].chunks_exact_mut(width) {
                for &site in &sites {
                    row[site] *= factor;
                }
            }
        }
    }

    /// Logarithms of the generator's volumes, with the normal scores of not being exceeded.
    fn paper(&self) -> Vec<(f64, f64)> {
        let logarithms = self.generated.iter().map(|&volume| libm::log(volume));
        let p = (0..POINTS).map(|k| (k as f64 + 0.5) / POINTS as f64);
        logarithms.zip(p.map(normal_quantile)).collect()
    }

    /// The volume a year of `volume` is given.
    fn target(&self, paper: &[(f64, f64)], volume: f64) -> f64 {
        if let [(_, only)] = self.published[..] {
            return libm::exp(only);
        }
        let score = straight(paper, libm::log(volume));
        // A year beyond all that were sampled counts as one in ten million at the rarest.
        libm::exp(straight(&self.published, score.clamp(-5.2, 5.2)))
    }
}

/// The value at `x` on straight lines between points, the outer ones going on.
fn straight(points: &[(f64, f64)], x: f64) -> f64 {
    let above = points
        .partition_point(|point| point.0 < x)
        .clamp(1, points.len() - 1);
    let (a, b) = (points[above - 1], points[above]);
    a.1 + (x - a.0) * (b.1 - a.1) / (b.0 - a.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_map_to_quantiles_and_ends_go_on() {
        let (from, to) = ([10.0, 20.0, 20.0, 40.0], [1.0, 4.0, 6.0, 10.0]);
        for (flow, factor, shift) in [
            (5.0, 0.5, -4.0),
            (10.0, 1.0, 1.0),
            (15.0, 2.5, 2.5),
            (20.0, 5.0, 5.0),
            (30.0, 8.0, 8.0),
            (80.0, 20.0, 50.0),
        ] {
            assert_eq!(mapped(&from, &to, flow, true), factor, "{flow}");
            assert_eq!(mapped(&from, &to, flow, false), shift, "{flow}");
        }
    }

    #[test]
    fn published_volumes_must_fall() {
        let mcm = Volume::from_mcm;
        let wrong = ScaledTo::quantiles(["naryn"], &[(0.5, mcm(9.0)), (0.9, mcm(10.0))]);
        assert!(wrong.unwrap_err().is_invalid());
        assert!(ScaledTo::quantiles(["naryn"], &[(0.5, mcm(9.0)), (1.0, mcm(8.0))]).is_err());
        assert!(ScaledTo::volume(["naryn"], mcm(0.0)).is_err());
    }
}
