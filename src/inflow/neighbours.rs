//! Resampling of the record by nearest neighbours.

use serde::{Deserialize, Serialize};

use super::draw::Draws;
use super::lag_one::standardised;
use super::margin;
use super::record::Record;
use super::{Generator, Margins, Method};
use crate::calendar::invalid;
use crate::error::{Diagnostic, Result};

/// The nearest-neighbour bootstrap of Lall and Sharma (1996), to be fitted.
///
/// The next step is that which followed, in the record, one of the `k` states most like the present
/// one: the flows of all sites in the same step of the year, each less its mean over its deviation,
/// compared by the sum of squares. The `j`-th nearest is taken with a weight of `1/j`. The state itself
/// is its own nearest neighbour, so stretches of the record run on until a neighbour takes over.
///
/// Every value was observed, with whatever distribution, sign and dependence between sites it has;
/// nothing beyond the record is ever generated.
///
/// U. Lall, A. Sharma, "A nearest neighbor bootstrap for resampling hydrologic time series", *Water
/// Resources Research* 32 (1996) 679-693.
///
/// ```
/// use riparian::calendar::Period;
/// use riparian::inflow::{Neighbours, Record};
///
/// let model = riparian::scenario::read("data/syr-darya-2001-2010")?;
/// let record = Record::from_model(&model, Period::Dekad, 1)?;
/// let years = Neighbours::new().fit(&record)?.years(1, 0, 5);
/// // Each row is a row of the record, in the same step.
/// let row = years.row(3, 20);
/// assert!((0..record.years()).any(|year| record.row(year, 20) == row));
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Neighbours {
    k: Option<usize>,
}

impl Neighbours {
    /// The bootstrap with the root of the number of years as the number of neighbours, as its authors
    /// propose.
    pub fn new() -> Self {
        Self::default()
    }

    /// The bootstrap with another number of neighbours.
    #[must_use]
    pub fn k(self, k: usize) -> Self {
        Self { k: Some(k) }
    }

    /// Fits the bootstrap to a record.
    ///
    /// # Errors
    ///
    /// If the record has fewer than four years or nothing varies in it; if there are no neighbours, or
    /// not so many.
    pub fn fit(&self, record: &Record) -> Result<Generator> {
        let (_, floored) = margin::fit(record, Margins::Normal, margin::Fit::Moments, 0)?;
        let years = record.years();
        let root = (years as f64).sqrt().round() as usize;
        let k = self.k.unwrap_or(root);
        // At the turn of the year the last year of the record has no successor.
        if !(1..years).contains(&k) {
            let fault = format!("{k} neighbours in a record of {years} years");
            let expected = format!("from 1 to {}", years - 1);
            return Err(invalid(Diagnostic::new(fault).expected(expected)));
        }
        let (steps, sites) = (record.steps(), record.sites().len());
        let standard = standardised(record);
        let state = |year: usize, step: usize| {
            let begin = (year * steps + step) * sites;
            &standard[begin..begin + sites]
        };
        let mut next = Vec::with_capacity(steps * years * k);
        for step in 0..steps {
            let (before, later) = match step {
                0 => (steps - 1, 1),
                _ => (step - 1, 0),
            };
            for year in 0..years {
                let mut near: Vec<(f64, usize)> = (0..years - later)
                    .map(|other| {
                        (
                            apart(state(year, before), state(other, before)),
                            other + later,
                        )
                    })
                    .collect();
                near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                next.extend(near[..k].iter().map(|&(_, other)| other));
            }
        }
        let model = NeighboursModel {
            k,
            years,
            flows: record.values().to_vec(),
            next,
        };
        Ok(Generator::of(record, floored, Method::Neighbours(model)))
    }
}

/// The square of the distance of two states.
fn apart(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// The sums so far of the weights 1, 1/2, ..., 1/k.
pub(super) fn kernel(k: usize) -> Vec<f64> {
    let weights = (1..=k).map(|j| 1.0 / j as f64);
    weights
        .scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        })
        .collect()
}

/// A fitted bootstrap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct NeighboursModel {
    k: usize,
    years: usize,
    /// By year, step and site.
    flows: Vec<f64>,
    /// By step and year of the step before: the years to go on with, nearest first.
    next: Vec<usize>,
}

impl NeighboursModel {
    pub(super) fn k(&self) -> usize {
        self.k
    }

    pub(super) fn fits(&self, steps: usize, sites: usize) -> bool {
        let product =
            |numbers: [usize; 3]| numbers.iter().try_fold(1, |p: usize, &n| p.checked_mul(n));
        self.k > 0
            && self.years > 0
            && product([self.years, steps, sites]) == Some(self.flows.len())
            && product([self.years, steps, self.k]) == Some(self.next.len())
            && self.next.iter().all(|&year| year < self.years)
            && self.flows.iter().all(|flow| flow.is_finite())
    }

    pub(super) fn fill(&self, draws: &mut Draws, flows: &mut [f64], sites: usize) {
        let steps = self.flows.len() / (self.years * sites);
        let kernel = kernel(self.k);
        let mut year = draws.index(self.years);
        for (i, row) in flows.chunks_exact_mut(sites).enumerate() {
            let step = i % steps;
            let choice = (step * self.years + year) * self.k + draws.weighted(&kernel);
            year = self.next[choice];
            let begin = (year * steps + step) * sites;
            row.copy_from_slice(&self.flows[begin..begin + sites]);
        }
    }
}
