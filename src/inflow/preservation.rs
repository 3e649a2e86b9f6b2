//! What generated years keep of the record they were fitted to.

use std::fmt::Write as _;

use super::Generator;
use super::adjust::quantile;
use super::margin::{moments, skew};
use super::record::Record;
use crate::calendar::invalid;
use crate::error::{Diagnostic, Result};

/// The part of the replicates below and above the band.
const TAIL: f64 = 0.05;
/// What all sites together are called.
const TOGETHER: &str = "(all)";

/// A property of a record that a generator should keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Statistic {
    /// Mean of a site in a step of the year, in m3/s.
    Mean,
    /// Deviation over the years of a site in a step, in m3/s.
    Deviation,
    /// Skewness over the years of a site in a step, `n / ((n-1)(n-2)) Σ z³`.
    Skew,
    /// Correlation of a site's step with the step before.
    LagOne,
    /// Correlation of two sites in the same step, the mean over the steps of the year.
    CrossZero,
    /// Correlation of a site with another in the step before, the mean over the steps of the year.
    CrossOne,
    /// Mean flow of a year, in m3/s.
    AnnualMean,
    /// Deviation of the mean flow of a year, in m3/s.
    AnnualDeviation,
    /// Correlation of the mean flow of a year with that of the year before.
    AnnualLagOne,
    /// The lowest mean flow of a year, in m3/s.
    LowestYear,
    /// The longest run of steps below the record's median of the step.
    LongestDrought,
    /// The mean length of such runs.
    MeanDrought,
}

impl Statistic {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 12] = [
        Self::Mean,
        Self::Deviation,
        Self::Skew,
        Self::LagOne,
        Self::CrossZero,
        Self::CrossOne,
        Self::AnnualMean,
        Self::AnnualDeviation,
        Self::AnnualLagOne,
        Self::LowestYear,
        Self::LongestDrought,
        Self::MeanDrought,
    ];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Deviation => "deviation",
            Self::Skew => "skew",
            Self::LagOne => "lag-1",
            Self::CrossZero => "cross lag-0",
            Self::CrossOne => "cross lag-1",
            Self::AnnualMean => "annual mean",
            Self::AnnualDeviation => "annual deviation",
            Self::AnnualLagOne => "annual lag-1",
            Self::LowestYear => "lowest year",
            Self::LongestDrought => "longest drought",
            Self::MeanDrought => "mean drought",
        }
    }

    /// Its unit in tables.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Mean
            | Self::Deviation
            | Self::AnnualMean
            | Self::AnnualDeviation
            | Self::LowestYear => "m3/s",
            Self::LongestDrought | Self::MeanDrought => "steps",
            _ => "",
        }
    }
}

/// One number of the record, and where it lies among the generator's.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What was measured.
    pub statistic: Statistic,
    /// At which site; `(all)` for the sum of all sites.
    pub site: String,
    /// The other site of a cross-correlation: the one in the step before, at lag 1.
    pub other: Option<String>,
    /// The step of the year, counted from 0, of what is measured by the step.
    pub step: Option<usize>,
    /// The record's value.
    pub record: f64,
    /// What 5 % of the replicates stay below.
    pub low: f64,
    /// The replicates' median.
    pub median: f64,
    /// What 5 % of the replicates exceed.
    pub high: f64,
}

impl Row {
    /// Does the record lie in the band, ends included?
    pub fn inside(&self) -> bool {
        (self.low..=self.high).contains(&self.record)
    }
}

/// How many rows of one statistic lie outside their bands.
///
/// Example: [`Preservation`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The statistic.
    pub statistic: Statistic,
    /// Its rows.
    pub rows: usize,
    /// Those whose band does not hold the record.
    pub outside: usize,
    /// More lie outside in at most one of twenty replicates.
    pub by_chance: usize,
    /// The site with most of those rows.
    pub worst: String,
    /// Its rows whose band does not hold the record.
    pub outside_there: usize,
    /// More lie outside at any one site in at most one of twenty replicates.
    pub by_chance_there: usize,
}

impl Tally {
    /// Does the record stray no more often than a replicate does by chance, at all sites together and
    /// at each?
    pub fn passes(&self) -> bool {
        self.outside <= self.by_chance && self.outside_there <= self.by_chance_there
    }
}

/// A report of what a generator keeps of its record.
///
/// The generator makes many records as long as the true one, and each statistic of the true one is
/// held against those of the replicates. With ten years a deviation is known to a quarter of itself
/// and a correlation to 0.3: the bands say so, and a narrow band would promise what the record cannot
/// hold.
///
/// Of many rows one in ten lies outside its band even for the true model, and rows go together:
/// a wet replicate is wet at all sites and in all dekads. So the number of rows outside is itself held
/// against the replicates: a statistic passes if the record strays in no more rows than 95 % of the
/// replicates do from the same bands, at all sites together and at its worst site.
///
/// Passing means that the record could be one of the generator's. It does not mean that the generator
/// is right about what ten years do not show, such as a drought of a century.
///
/// ```
/// use riparian::calendar::Period;
/// use riparian::inflow::{LagOne, Preservation, Record};
///
/// let model = riparian::scenario::read("data/syr-darya-2001-2010")?;
/// let record = Record::from_model(&model, Period::Month, 1)?;
/// let generator = LagOne::contemporaneous().pooling(1).fit(&record)?;
/// let report = Preservation::of(&record, &generator, 1, 100)?;
/// print!("{}", report.table());
/// assert_eq!(report.tallies().len(), 12);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Preservation {
    method: String,
    years: usize,
    replicates: usize,
    keys: Vec<String>,
    rows: Vec<Row>,
    tallies: Vec<Tally>,
}

impl Preservation {
    /// Holds a record against `replicates` records of its length from a generator: members 0, 1, ...
    /// of `seed`.
    ///
    /// Flows that are the same every year have no rows.
    ///
    /// # Errors
    ///
    /// If the record is not of the generator's sites and step, or has fewer than four years; if there
    /// are fewer than 20 replicates, of which 5 % are one.
    pub fn of(
        record: &Record,
        generator: &Generator,
        seed: u64,
        replicates: usize,
    ) -> Result<Self> {
        super::margin::enough_years(record, 4)?;
        if replicates < 20 {
            let fault = format!("{replicates} replicates for a band of 5 to 95 %");
            return Err(invalid(Diagnostic::new(fault).expected("20 at least")));
        }
        let plan = Measures::of(record);
        let of_record = plan.measure(record);
        let mut replicate = record.clone();
        let mut measured = vec![Vec::with_capacity(replicates); of_record.len()];
        for member in 0..replicates {
            generator.fill(seed, member as u64, &mut replicate)?;
            for (all, value) in measured.iter_mut().zip(plan.measure(&replicate)) {
                all.push(value);
            }
        }
        let sites = |at: usize| match record.sites().get(at) {
            Some(site) => site.clone(),
            None => TOGETHER.into(),
        };
        let rows: Vec<Row> = plan
            .places
            .iter()
            .zip(&of_record)
            .zip(&measured)
            .map(|((place, &record), values)| {
                let mut sorted = values.clone();
                sorted.sort_by(f64::total_cmp);
                Row {
                    statistic: place.statistic,
                    site: sites(place.site),
                    other: place.other.map(sites),
                    step: place.step,
                    record,
                    low: quantile(&sorted, TAIL),
                    median: quantile(&sorted, 0.5),
                    high: quantile(&sorted, 1.0 - TAIL),
                }
            })
            .collect();
        let tallies = Statistic::ALL
            .into_iter()
            .filter_map(|statistic| tally(statistic, &rows, &measured, replicates))
            .collect();
        let keys = (0..record.steps())
            .map(|step| record.frame.key(step))
            .collect();
        Ok(Self {
            method: generator.method(),
            years: record.years(),
            replicates,
            keys,
            rows,
            tallies,
        })
    }

    /// All rows, statistic by statistic.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// How each statistic fares.
    pub fn tallies(&self) -> &[Tally] {
        &self.tallies
    }

    /// Do all statistics pass?
    pub fn passes(&self) -> bool {
        self.tallies.iter().all(Tally::passes)
    }

    /// The steps of the year as they are written, by the position in [`Row::step`].
    pub fn steps(&self) -> &[String] {
        &self.keys
    }

    /// How each statistic fares, as text.
    pub fn summary(&self) -> String {
        let mut text = format!(
            "Inflow generator ({}) against its record: {} years, bands of 5 to 95 % from {} replicates\n\n",
            self.method, self.years, self.replicates
        );
        let mut line = |cells: [&str; 8]| {
            let [
                name,
                rows,
                outside,
                chance,
                worst,
                there,
                chance_there,
                verdict,
            ] = cells;
            let _ = writeln!(
                text,
                "{name:<18}{rows:>5}{outside:>9}{chance:>11}  {worst:<16}{there:>8}{chance_there:>11}  {verdict}"
            );
        };
        line([
            "statistic",
            "rows",
            "outside",
            "by chance",
            "most at",
            "outside",
            "by chance",
            "",
        ]);
        for tally in &self.tallies {
            line([
                tally.statistic.name(),
                &tally.rows.to_string(),
                &tally.outside.to_string(),
                &format!("<= {}", tally.by_chance),
                if tally.outside > 0 { &tally.worst } else { "" },
                &tally.outside_there.to_string(),
                &format!("<= {}", tally.by_chance_there),
                if tally.passes() { "kept" } else { "NOT KEPT" },
            ]);
        }
        text
    }

    /// The report as text: the summary, then the rows that are not by the step.
    pub fn table(&self) -> String {
        let mut text = self.summary();
        let _ = writeln!(
            text,
            "\n{:<18}{:<32}{:>10}{:>10}{:>10}{:>10}",
            "", "", "record", "5 %", "median", "95 %"
        );
        for row in self.rows.iter().filter(|row| row.step.is_none()) {
            let at = match &row.other {
                Some(other) => format!("{} / {other}", row.site),
                None => row.site.clone(),
            };
            let digits = match row.statistic.unit() {
                "" => 2,
                _ => 1,
            };
            let _ = writeln!(
                text,
                "{:<18}{at:<32}{:>10.digits$}{:>10.digits$}{:>10.digits$}{:>10.digits$}{}",
                row.statistic.name(),
                row.record,
                row.low,
                row.median,
                row.high,
                if row.inside() { "" } else { "  outside" }
            );
        }
        text
    }

    /// All rows as CSV: `statistic,unit,site,other,step,record,p05,p50,p95,inside`.
    pub fn csv(&self) -> String {
        let mut text = String::from("statistic,unit,site,other,step,record,p05,p50,p95,inside\n");
        for row in &self.rows {
            let step = row.step.and_then(|step| self.keys.get(step));
            let _ = writeln!(
                text,
                "{},{},{},{},{},{},{},{},{},{}",
                row.statistic.name(),
                row.statistic.unit(),
                row.site,
                row.other.as_deref().unwrap_or(""),
                step.map_or("", String::as_str),
                row.record,
                row.low,
                row.median,
                row.high,
                row.inside()
            );
        }
        text
    }
}

/// How many rows of a statistic the record misses, and how many a replicate does.
fn tally(
    statistic: Statistic,
    rows: &[Row],
    measured: &[Vec<f64>],
    replicates: usize,
) -> Option<Tally> {
    let of: Vec<(&Row, &Vec<f64>)> = rows
        .iter()
        .zip(measured)
        .filter(|(row, _)| row.statistic == statistic)
        .collect();
    let mut sites: Vec<&str> = of.iter().map(|(row, _)| row.site.as_str()).collect();
    sites.dedup();
    let at_site = |site: &str, outside: &dyn Fn(&Row, &[f64]) -> bool| {
        let there = of.iter().filter(|(row, _)| row.site == site);
        there.filter(|(row, values)| outside(row, values)).count()
    };
    let strays = |outside: &dyn Fn(&Row, &[f64]) -> bool| -> Vec<usize> {
        sites.iter().map(|site| at_site(site, outside)).collect()
    };
    let record = strays(&|row, _| !row.inside());
    let (mut all, mut worst): (Vec<usize>, Vec<usize>) = (0..replicates)
        .map(|member| {
            let strays = strays(&|row, values| !(row.low..=row.high).contains(&values[member]));
            (
                strays.iter().sum::<usize>(),
                strays.into_iter().max().unwrap_or(0),
            )
        })
        .unzip();
    let by_chance = |counts: &mut [usize]| {
        counts.sort_unstable();
        let at = ((1.0 - TAIL) * replicates as f64).ceil() as usize;
        counts[at.clamp(1, replicates) - 1]
    };
    // The first of several.
    let most = record.iter().copied().max()?;
    let site = record.iter().position(|&count| count == most)?;
    Some(Tally {
        statistic,
        rows: of.len(),
        outside: record.iter().sum(),
        by_chance: by_chance(&mut all),
        worst: sites[site].to_owned(),
        outside_there: most,
        by_chance_there: by_chance(&mut worst),
    })
}

/// What one number of a report is of.
struct Place {
    statistic: Statistic,
    site: usize,
    other: Option<usize>,
    step: Option<usize>,
}

/// What is measured of a record and its replicates.
struct Measures {
    places: Vec<Place>,
    /// The record's medians by step and site, all sites together last.
    medians: Vec<f64>,
}

impl Measures {
    fn of(record: &Record) -> Self {
        let (steps, sites) = (record.steps(), record.sites().len());
        let varies = |step: usize, site: usize| {
            let flows = record.across(step, site);
            let range = flows
                .clone()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| {
                    (a.min(x), b.max(x))
                });
            range.1 - range.0 > 1e-12 * range.0.abs().max(range.1.abs())
        };
        let varying: Vec<usize> = (0..sites)
            .filter(|&site| (0..steps).any(|step| varies(step, site)))
            .collect();
        let mut places = Vec::new();
        let by_step = [
            Statistic::Mean,
            Statistic::Deviation,
            Statistic::Skew,
            Statistic::LagOne,
        ];
        for statistic in by_step {
            for &site in &varying {
                for step in 0..steps {
                    let before = (step + steps - 1) % steps;
                    let lag = statistic != Statistic::LagOne || varies(before, site);
                    if varies(step, site) && lag {
                        places.push(Place {
                            statistic,
                            site,
                            other: None,
                            step: Some(step),
                        });
                    }
                }
            }
        }
        for (statistic, both) in [(Statistic::CrossZero, false), (Statistic::CrossOne, true)] {
            for &site in &varying {
                for &other in &varying {
                    if site < other || both && site != other {
                        places.push(Place {
                            statistic,
                            site,
                            other: Some(other),
                            step: None,
                        });
                    }
                }
            }
        }
        for statistic in &Statistic::ALL[6..] {
            for &site in varying.iter().chain(&[sites]) {
                places.push(Place {
                    statistic: *statistic,
                    site,
                    other: None,
                    step: None,
                });
            }
        }
        let medians = (0..steps).flat_map(|step| {
            (0..=sites).map(move |site| {
                let mut flows: Vec<f64> = (0..record.years())
                    .map(|year| flow(record, year, step, site))
                    .collect();
                flows.sort_by(f64::total_cmp);
                quantile(&flows, 0.5)
            })
        });
        Self {
            places,
            medians: medians.collect(),
        }
    }

    /// The numbers of a record, in the order of the places.
    fn measure(&self, record: &Record) -> Vec<f64> {
        let (steps, sites, years) = (record.steps(), record.sites().len(), record.years());
        let standard = standard(record);
        // Correlation over the years of a site in a step with another in it or in the step before.
        let together = |step: usize, site: usize, other: usize, lag: bool| -> f64 {
            let (first, before, later) = match (lag, step) {
                (false, _) => (0, step, 0),
                (true, 0) => (1, steps - 1, 1),
                (true, _) => (0, step - 1, 0),
            };
            let at = |year: usize, step: usize, site: usize| {
                standard[(year * steps + step) * sites + site]
            };
            let sums = (first..years).fold([0.0; 3], |[xy, xx, yy], year| {
                let (x, y) = (at(year, step, site), at(year - later, before, other));
                [xy + x * y, xx + x * x, yy + y * y]
            });
            if sums[1] > 0.0 && sums[2] > 0.0 {
                sums[0] / (sums[1] * sums[2]).sqrt()
            } else {
                0.0
            }
        };
        let annual: Vec<Vec<f64>> = (0..=sites)
            .map(|site| {
                let of = |year, site| record.annual(year, site);
                let all = |year| (0..sites).map(|site| of(year, site)).sum();
                (0..years)
                    .map(|year| {
                        if site < sites {
                            of(year, site)
                        } else {
                            all(year)
                        }
                    })
                    .collect()
            })
            .collect();
        let droughts: Vec<(f64, f64)> = (0..=sites)
            .map(|site| self.droughts(record, site))
            .collect();
        let number = |place: &Place| {
            let site = place.site;
            let yearly = || annual[site].iter().copied();
            match (place.statistic, place.step, place.other) {
                (Statistic::Mean, Some(step), _) => moments(record.across(step, site)).0,
                (Statistic::Deviation, Some(step), _) => moments(record.across(step, site)).1,
                (Statistic::Skew, Some(step), _) => skew(record.across(step, site)),
                (Statistic::LagOne, Some(step), _) => together(step, site, site, true),
                (Statistic::CrossZero | Statistic::CrossOne, _, Some(other)) => {
                    let lag = place.statistic == Statistic::CrossOne;
                    let sum: f64 = (0..steps)
                        .map(|step| together(step, site, other, lag))
                        .sum();
                    sum / steps as f64
                }
                (Statistic::AnnualMean, ..) => moments(yearly()).0,
                (Statistic::AnnualDeviation, ..) => moments(yearly()).1,
                (Statistic::AnnualLagOne, ..) => lag_one(&annual[site]),
                (Statistic::LowestYear, ..) => yearly().fold(f64::INFINITY, f64::min),
                (Statistic::LongestDrought, ..) => droughts[site].0,
                (Statistic::MeanDrought, ..) => droughts[site].1,
                // No place has a statistic by the step without a step.
                _ => f64::NAN,
            }
        };
        self.places.iter().map(number).collect()
    }

    /// The longest and the mean run of steps below the record's medians.
    fn droughts(&self, record: &Record, site: usize) -> (f64, f64) {
        let (steps, sites) = (record.steps(), record.sites().len());
        let (mut longest, mut runs, mut run, mut all) = (0_u32, 0_u32, 0_u32, 0_u32);
        for at in 0..record.years() * steps {
            let (year, step) = (at / steps, at % steps);
            if flow(record, year, step, site) < self.medians[step * (sites + 1) + site] {
                runs += u32::from(run == 0);
                run += 1;
                all += 1;
                longest = longest.max(run);
            } else {
                run = 0;
            }
        }
        (f64::from(longest), f64::from(all) / f64::from(runs.max(1)))
    }
}

/// The flow of a site, or of all together behind the last.
fn flow(record: &Record, year: usize, step: usize, site: usize) -> f64 {
    let row = record.row(year, step);
    row.get(site).copied().unwrap_or_else(|| row.iter().sum())
}

/// Flows less their mean, by step and site.
fn standard(record: &Record) -> Vec<f64> {
    let sites = record.sites().len();
    let means: Vec<f64> = (0..record.steps() * sites)
        .map(|i| moments(record.across(i / sites, i % sites)).0)
        .collect();
    let flows = record.values().iter().zip(means.iter().cycle());
    flows.map(|(flow, mean)| flow - mean).collect()
}

/// The correlation of a sample with itself one later, both parts about the mean of the whole.
fn lag_one(sample: &[f64]) -> f64 {
    let (mean, _) = moments(sample.iter().copied());
    let products = sample
        .windows(2)
        .map(|two| (two[0] - mean) * (two[1] - mean));
    let squares: f64 = sample.iter().map(|x| (x - mean) * (x - mean)).sum();
    products.sum::<f64>() / squares.max(f64::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Period;

    #[test]
    fn statistics_are_those_of_their_formulas() {
        // Mean 4, deviation 3, cubes of -1, -2/3, 0, 5/3 and 0 thirds about it.
        let sample = [1.0, 2.0, 4.0, 9.0, 4.0];
        let expected: f64 = 5.0 / 12.0
            * [-3.0_f64, -2.0, 0.0, 5.0, 0.0]
                .into_iter()
                .map(|x| (x / 9.5_f64.sqrt()).powi(3))
                .sum::<f64>();
        assert!((skew(sample.into_iter()) - expected).abs() < 1e-14);
        // Products 6, 0, 0, 0 over squares 9 + 4 + 0 + 25 + 0.
        assert!((lag_one(&sample) - 6.0 / 38.0).abs() < 1e-14);
    }

    #[test]
    fn droughts_run_on_over_the_turn_of_the_year() {
        // Two years that are low from October on and until March.
        let year = |level: f64| (0..12).map(move |m| if (3..9).contains(&m) { 9.0 } else { level });
        let values = year(1.0)
            .chain(year(1.0))
            .chain(year(5.0))
            .chain(year(5.0))
            .collect();
        let record = Record::new(vec!["a".into()], Period::Month, 1, 2001, values).unwrap();
        let measures = Measures::of(&record);
        // The medians are 3 in winter and 9 in summer: below them January to March, October to
        // March, October to December.
        assert_eq!(measures.droughts(&record, 0), (6.0, 4.0));
    }
}
