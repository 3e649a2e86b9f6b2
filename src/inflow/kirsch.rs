//! Bootstrap of residual years with the correlation of the months.

use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

use super::draw::Draws;
use super::margin::{self, Fit, Margin, Margins};
use super::matrix::{clipped, correlation, lower};
use super::record::Record;
use super::{Generator, Method};
use crate::calendar::invalid;
use crate::error::{Diagnostic, Result};

/// The generator of Kirsch et al. (2013), to be fitted.
///
/// The record's scores (logarithms, or flows, less their mean over their deviation) are a table of
/// residuals, one row a year and one column a step. A new row takes each step's residual from a year
/// drawn at random, the same year at all sites: so sites keep together, and values are the record's.
/// Then each site's row is multiplied by the Cholesky factor of the site's correlation between the
/// steps of the year: so a wet winter is followed by what it was followed by, and annual volumes vary
/// as they did. The link from one year to the next comes from a second table that is shifted by half a
/// year: of each year the first half is taken from it.
///
/// Let the year begin where rivers forget, before the wet season, and not in the midst of it: each half
/// of the year keeps all its correlations, and the two meet in what the second knows of the
/// first. Between sites, correlations are kept as far as the sites' own correlations between the steps
/// are alike.
///
/// It is made for months: twelve steps take twelve by twelve correlations from the record, and with
/// fewer years than steps the late ones follow from the early ones. So it wants at least half as many
/// years as the year has steps, and [`Record::monthly`] with [`Nowak`](super::Nowak) for the days.
///
/// B. R. Kirsch, G. W. Characklis, H. B. Zeff, "Evaluating the impact of alternative hydro-climate
/// scenarios on transfer agreements: practical improvement for generating synthetic streamflows",
/// *Journal of Water Resources Planning and Management* 139 (2013) 396-406.
///
/// ```
/// use riparian::calendar::Period;
/// use riparian::inflow::{Kirsch, Record};
///
/// let model = riparian::scenario::read("data/syr-darya-2001-2010")?;
/// let months = Record::from_model(&model, Period::Month, 10)?;
/// let generator = Kirsch::new().fit(&months)?;
/// assert_eq!(generator.years(1, 0, 50).steps(), 12);
/// // Nine or ten years are too few for dekads.
/// assert!(Kirsch::new().fit(&Record::from_model(&model, Period::Dekad, 1)?).is_err());
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kirsch {
    margins: Margins,
}

impl Kirsch {
    /// The generator with logarithms where all flows of a site are positive.
    pub fn new() -> Self {
        Self::default()
    }

    /// The generator with other distributions.
    #[must_use]
    pub fn margins(self, margins: Margins) -> Self {
        Self { margins }
    }

    /// Fits the generator to a record.
    ///
    /// # Errors
    ///
    /// If the record has fewer than four years, or fewer than half as many as it has steps in a year;
    /// if nothing varies; if a site of [`Margins::Log`] has been dry or a net loss; for
    /// [`Margins::Skewed`].
    pub fn fit(&self, record: &Record) -> Result<Generator> {
        if self.margins == Margins::Skewed {
            // A flow of the record may lie beyond the bound that its moments ask for.
            let fault = Diagnostic::new("residuals of a bounded distribution");
            return Err(invalid(fault.expected("logarithms, or flows as they are")));
        }
        let (margins, floored) = margin::fit(record, self.margins, Fit::Logarithms, 0)?;
        let (years, steps, sites) = (record.years(), record.steps(), record.sites().len());
        if years < steps / 2 {
            let fault = format!("{years} years for the correlations of {steps} steps of the year");
            let expected = format!("at least {}, or the record by months", steps / 2);
            return Err(invalid(Diagnostic::new(fault).expected(expected)));
        }
        let scores = record.values().iter().zip(margins.iter().cycle());
        let residuals: Vec<f64> = scores.map(|(&flow, margin)| margin.score(flow)).collect();
        let half = steps / 2 * sites;
        let factors = |table: &[f64]| -> Vec<f64> {
            (0..sites)
                .flat_map(|site| factor(table, site, steps, sites))
                .collect()
        };
        let shifted = &residuals[half..residuals.len() - half];
        let model = KirschModel {
            years,
            factors: factors(&residuals),
            shifted: factors(shifted),
            margins,
            residuals,
        };
        Ok(Generator::of(record, floored, Method::Kirsch(model)))
    }
}

/// The lower factor of the correlation between the steps of the rows of a table, at one site.
fn factor(table: &[f64], site: usize, steps: usize, sites: usize) -> Vec<f64> {
    let rows = table.chunks_exact(steps * sites);
    let years = rows.len() as f64;
    let mean = |step: usize| {
        rows.clone()
            .map(|row| row[step * sites + site])
            .sum::<f64>()
            / years
    };
    let means: Vec<f64> = (0..steps).map(mean).collect();
    let covariance = DMatrix::from_fn(steps, steps, |i, j| {
        let product =
            |row: &[f64]| (row[i * sites + site] - means[i]) * (row[j * sites + site] - means[j]);
        rows.clone().map(product).sum::<f64>()
    });
    let possible = correlation(&clipped(&correlation(&covariance)).0);
    let lower = lower(&possible);
    lower
        .row_iter()
        .flat_map(|row| row.iter().copied().collect::<Vec<_>>())
        .collect()
}

/// A fitted generator of Kirsch et al.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct KirschModel {
    years: usize,
    margins: Vec<Margin>,
    /// Scores by year, step and site.
    residuals: Vec<f64>,
    /// By site, the lower factor of its correlations, row by row.
    factors: Vec<f64>,
    /// The same, for years that start with the second half.
    shifted: Vec<f64>,
}

impl KirschModel {
    pub(super) fn margins(&self) -> &[Margin] {
        &self.margins
    }

    pub(super) fn fits(&self, steps: usize, sites: usize) -> bool {
        let factors = sites * steps * steps;
        self.years > 0
            && self.margins.len() == steps * sites
            && self.years.checked_mul(steps * sites) == Some(self.residuals.len())
            && self.factors.len() == factors
            && self.shifted.len() == factors
            && self.margins.iter().all(|margin| margin.is_sound())
            && [&self.residuals, &self.factors, &self.shifted]
                .into_iter()
                .flatten()
                .all(|number| number.is_finite())
    }

    pub(super) fn fill(&self, draws: &mut Draws, flows: &mut [f64], sites: usize) {
        let steps = self.margins.len() / sites;
        let half = steps / 2;
        let mut drawn = vec![0; steps];
        let mut drawn_before = vec![0; steps];
        drawn.fill_with(|| draws.index(self.years));
        for year in flows.chunks_exact_mut(steps * sites) {
            std::mem::swap(&mut drawn, &mut drawn_before);
            drawn.fill_with(|| draws.index(self.years));
            let residual = |year: usize, step: usize, site: usize| {
                self.residuals[(year * steps + step) * sites + site]
            };
            for (i, flow) in year.iter_mut().enumerate() {
                let (step, site) = (i / sites, i % sites);
                let score: f64 = if step < half {
                    // A year that started half a year ago.
                    let row = &self.shifted[(site * steps + half + step) * steps..];
                    let last = row[..half].iter().enumerate().map(|(k, factor)| {
                        factor * residual(drawn_before[half + k], half + k, site)
                    });
                    let this = row[half..=half + step].iter().enumerate();
                    last.chain(this.map(|(k, factor)| factor * residual(drawn[k], k, site)))
                        .sum()
                } else {
                    let row = &self.factors[(site * steps + step) * steps..];
                    let this = row[..=step].iter().enumerate();
                    this.map(|(k, factor)| factor * residual(drawn[k], k, site))
                        .sum()
                };
                *flow = self.margins[i].flow(score);
            }
        }
    }
}
