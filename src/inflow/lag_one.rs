//! Seasonal models of lag one: Matalas, contemporaneous, Thomas-Fiering.

use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

use super::draw::Draws;
use super::margin::{self, Fit, Margin, Margins, score_correlation};
use super::matrix::{clipped, correlation, distance, divided, root};
use super::record::Record;
use super::{Generator, Method};
use crate::calendar::invalid;
use crate::error::{Diagnostic, Result};

/// Turns of the year after which the covariances must have settled.
const MOST_TURNS: usize = 500;
/// Covariances of scores, of order one, that change by less in a turn of the year have settled.
const SETTLED: f64 = 1e-10;

/// What a step knows of the step before.
///
/// Example: [`LagOne`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Structure {
    /// All sites of the step before: keeps correlations at lag 0 and lag 1 between all sites
    /// (Matalas 1967). It has as many coefficients a step as there are pairs of sites, and wants a
    /// long record.
    Full,
    /// The same site: keeps correlations between sites in a step and each site's own with the step
    /// before. The cross-correlation at lag 1 follows from these. Safer for short records.
    Contemporaneous,
    /// The same site, and sites independent of each other (Thomas and Fiering 1962).
    Independent,
}

impl Structure {
    /// `full`, `contemporaneous` or `independent`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Contemporaneous => "contemporaneous",
            Self::Independent => "independent",
        }
    }
}

/// A seasonal autoregressive model of lag one, to be fitted.
///
/// The score vector `z` of all sites moves from one step to the next by
///
/// ```text
/// z(t+1) = A z(t) + B e(t),   A = S1 S0(t)⁻¹,   B Bᵀ = S0(t+1) - A S0(t) Aᵀ
/// ```
///
/// with `S0` the correlation of the scores of a step, `S1` that of a step with the one before, both
/// of their own for each step of the year, and `e` independent normal numbers. Scores become flows by
/// each step's and site's own distribution, see [`Margins`]; the correlations of the scores are those
/// that give the flows the record's correlations.
///
/// A contemporaneous model has only the diagonal of `S1` in `A`. With independent sites and flows as
/// they are this is the model of Thomas and Fiering,
/// `q(j) = m(j) + r s(j)/s(j-1) (q(j-1) - m(j-1)) + e s(j) √(1 - r²)`; in logarithms it is theirs
/// with the correlation `ln(1 + r c c') / (s s')`, where `c` are coefficients of variation and `s`
/// deviations of the logarithms. (That of the logarithms themselves gives flows a biased one.)
///
/// # Repair
///
/// Estimates from few years, from pairs of years at the turn of the year, and correlations changed
/// for logarithms need not fit together: `B Bᵀ` may have negative eigenvalues. They are set to zero,
/// which inflates variances; so `A` and `B` are then scaled to make the variance of each score one
/// again, and the year is gone through until its covariances return to themselves. Means and
/// deviations are kept, correlations change: [`Repair`] says by how much.
///
/// Sites that are multiples of each other, as estimated tributaries are, are regressed on as the one
/// river they are.
///
/// ```
/// use riparian::calendar::Period;
/// use riparian::inflow::{LagOne, Record};
///
/// let model = riparian::scenario::read("data/syr-darya-2001-2010")?;
/// let record = Record::from_model(&model, Period::Dekad, 1)?;
/// let generator = LagOne::contemporaneous().pooling(1).fit(&record)?;
/// let century = generator.years(42, 0, 100);
/// assert_eq!(century.years(), 100);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LagOne {
    structure: Structure,
    margins: Margins,
    pooled: usize,
}

impl LagOne {
    /// The model of Matalas (1967).
    pub fn full() -> Self {
        Self::of(Structure::Full)
    }

    /// Each site follows itself; sites vary together.
    pub fn contemporaneous() -> Self {
        Self::of(Structure::Contemporaneous)
    }

    /// The model of Thomas and Fiering (1962): each site on its own.
    pub fn thomas_fiering() -> Self {
        Self::of(Structure::Independent)
    }

    fn of(structure: Structure) -> Self {
        Self {
            structure,
            margins: Margins::Auto,
            pooled: 0,
        }
    }

    /// The same model with other distributions.
    #[must_use]
    pub fn margins(mut self, margins: Margins) -> Self {
        self.margins = margins;
        self
    }

    /// The same model, its correlations averaged over so many steps before and after each step.
    ///
    /// Ten years give ten pairs a step, and a correlation with an error of 0.3; pooling one step on
    /// each side gives thirty. Means and deviations are never pooled.
    #[must_use]
    pub fn pooling(mut self, steps: usize) -> Self {
        self.pooled = steps;
        self
    }

    /// Fits the model to a record.
    ///
    /// # Errors
    ///
    /// If the record has fewer than four years, or, for the full model, fewer pairs of steps than
    /// two for each site that varies; if nothing varies; if a site of [`Margins::Log`] has been dry
    /// or a net loss; if the covariances cannot be repaired.
    pub fn fit(&self, record: &Record) -> Result<Generator> {
        let sites = record.sites().len();
        let pooled = self.pooled.min((record.steps() - 1) / 2);
        let (margins, floored) = margin::fit(record, self.margins, Fit::Moments, pooled)?;
        let pairs = record.years() * (2 * pooled + 1);
        let varies =
            |&site: &usize| (0..record.steps()).any(|m| !margins[m * sites + site].is_fixed());
        let varying = (0..sites).filter(varies).count();
        if self.structure == Structure::Full && pairs < 2 * varying {
            let fault =
                format!("{pairs} pairs of a step and the next for a full model of {varying} sites");
            let expected = format!(
                "at least {}: more years, correlations pooled over neighbouring steps, or the contemporaneous model",
                2 * varying
            );
            return Err(invalid(Diagnostic::new(fault).expected(expected)));
        }
        let wanted = Wanted::of(record, &margins, pooled);
        let fitted = Fitted::to(&wanted, self.structure)?;
        let flat = |matrices: &[DMatrix<f64>]| -> Vec<f64> {
            let rows = matrices.iter().flat_map(DMatrix::row_iter);
            rows.flat_map(|row| row.iter().copied().collect::<Vec<_>>())
                .collect()
        };
        let model = LagOneModel {
            structure: self.structure,
            margins,
            carry: flat(&fitted.carry),
            noise: flat(&fitted.noise),
            start: flat(&[root(&fitted.last)]),
            repair: fitted.repair,
        };
        Ok(Generator::of(record, floored, Method::LagOne(model)))
    }
}

/// What the covariances of a model of lag one had to be changed by to be possible.
///
/// Example: [`LagOne`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Repair {
    /// The smallest eigenvalue of the covariances of the noise before the repair, where the variance
    /// of a score is 1; below zero something had to be repaired.
    pub smallest_eigenvalue: f64,
    /// The largest change of a correlation of scores between two sites in a step.
    pub lag_zero: f64,
    /// The largest change of a correlation of scores of a site with itself in the step before.
    pub lag_one: f64,
    /// The largest change of a correlation of scores of a site with another in the step before; for
    /// a full model alone, since the others do not aim at it.
    pub cross_lag_one: f64,
}

/// The correlations of scores a model aims at.
struct Wanted {
    /// Of each step.
    zero: Vec<DMatrix<f64>>,
    /// Of each step (rows) with the one before (columns).
    one: Vec<DMatrix<f64>>,
}

impl Wanted {
    fn of(record: &Record, margins: &[Margin], pooled: usize) -> Self {
        let (steps, sites) = (record.steps(), record.sites().len());
        let standard = standardised(record);
        let at = |year: usize, step: usize| {
            let begin = (year * steps + step) * sites;
            &standard[begin..begin + sites]
        };
        // Sums of products over the years, of each step with itself and with the one before, and
        // sums of squares over the pairs of the latter.
        let square = || DMatrix::<f64>::zeros(sites, sites);
        let mut zero = vec![square(); steps];
        let mut one = vec![(square(), vec![0.0; sites], vec![0.0; sites]); steps];
        for year in 0..record.years() {
            for step in 0..steps {
                let now = at(year, step);
                add_products(&mut zero[step], now, now);
                let before = match (step, year) {
                    (0, 0) => continue,
                    (0, _) => at(year - 1, steps - 1),
                    _ => at(year, step - 1),
                };
                let (products, squares, squares_before) = &mut one[step];
                add_products(products, now, before);
                for i in 0..sites {
                    squares[i] += now[i] * now[i];
                    squares_before[i] += before[i] * before[i];
                }
            }
        }
        let window =
            |step: usize| (0..=2 * pooled).map(move |k| (step + steps + k - pooled) % steps);
        let of = |step: usize, site: usize| margins[(step % steps) * sites + site];
        let zero = (0..steps).map(|m| {
            let sum = window(m).fold(square(), |sum, k| sum + &zero[k]);
            let flows = correlation(&sum);
            let scores = DMatrix::from_fn(sites, sites, |i, j| {
                if i == j {
                    return 1.0;
                }
                score_correlation(of(m, i), of(m, j), flows[(i, j)].clamp(-1.0, 1.0))
            });
            correlation(&clipped(&scores).0)
        });
        let one = (0..steps).map(|m| {
            DMatrix::from_fn(sites, sites, |i, j| {
                let sum = |part: fn(&One, usize, usize) -> f64| -> f64 {
                    window(m).map(|k| part(&one[k], i, j)).sum()
                };
                let products = sum(|one, i, j| one.0[(i, j)]);
                let scale = sum(|one, i, _| one.1[i]) * sum(|one, _, j| one.2[j]);
                let flows = if scale > 0.0 {
                    products / scale.sqrt()
                } else {
                    0.0
                };
                let flows = flows.clamp(-1.0, 1.0);
                score_correlation(of(m, i), of(m + steps - 1, j), flows)
            })
        });
        Self {
            zero: zero.collect(),
            one: one.collect(),
        }
    }
}

/// Sums of products, of squares now and of squares before.
type One = (DMatrix<f64>, Vec<f64>, Vec<f64>);

fn add_products(sum: &mut DMatrix<f64>, a: &[f64], b: &[f64]) {
    for (i, a) in a.iter().enumerate() {
        for (j, b) in b.iter().enumerate() {
            sum[(i, j)] += a * b;
        }
    }
}

/// The record's flows less their mean over the years, over their deviation; 0 where nothing varies.
pub(super) fn standardised(record: &Record) -> Vec<f64> {
    let sites = record.sites().len();
    let normal: Vec<Margin> = (0..record.steps() * sites)
        .map(|i| margin::normal(record.across(i / sites, i % sites)))
        .collect();
    let margins = normal.iter().cycle();
    let flows = record.values().iter();
    flows
        .zip(margins)
        .map(|(&flow, margin)| margin.score(flow))
        .collect()
}

/// The matrices of a model, and the covariance it ends a year with.
struct Fitted {
    carry: Vec<DMatrix<f64>>,
    noise: Vec<DMatrix<f64>>,
    last: DMatrix<f64>,
    repair: Repair,
}

impl Fitted {
    /// Goes through the year, aiming at what is wanted of each step from what the step before became,
    /// until a year ends with what it began with.
    fn to(wanted: &Wanted, structure: Structure) -> Result<Self> {
        let sites = wanted.zero[0].nrows();
        let identity = DMatrix::<f64>::identity(sites, sites);
        let target = |step: usize| match structure {
            Structure::Independent => &identity,
            _ => &wanted.zero[step],
        };
        let steps = wanted.zero.len();
        let mut last = target(steps - 1).clone();
        for _ in 0..MOST_TURNS {
            let mut turn = Self {
                carry: Vec::with_capacity(steps),
                noise: Vec::with_capacity(steps),
                last: last.clone(),
                repair: Repair {
                    smallest_eigenvalue: f64::INFINITY,
                    ..Repair::default()
                },
            };
            for step in 0..steps {
                turn.step(target(step), &wanted.one[step], structure)?;
            }
            let moved = distance(&turn.last, &last);
            if moved <= SETTLED {
                return Ok(turn);
            }
            last.clone_from(&turn.last);
        }
        Err(beyond_repair("they do not settle from year to year"))
    }

    fn step(
        &mut self,
        zero: &DMatrix<f64>,
        one: &DMatrix<f64>,
        structure: Structure,
    ) -> Result<()> {
        let before = &self.last;
        let mut carry = match structure {
            Structure::Full => divided(one, before),
            _ => DMatrix::from_diagonal(&one.diagonal()),
        };
        let carried = &carry * before * carry.transpose();
        let (mut noise, smallest) = clipped(&(zero - &carried));
        let after = carried + &noise;
        let scale = after.diagonal().map(|variance| 1.0 / variance.sqrt());
        if !scale.iter().all(|scale| scale.is_finite()) {
            return Err(beyond_repair("a step has no variance left"));
        }
        let scale = DMatrix::from_diagonal(&scale);
        carry = &scale * carry;
        noise = &scale * noise * &scale;
        let after = correlation(&after);
        let now_one = &carry * before;
        let repair = &mut self.repair;
        repair.smallest_eigenvalue = repair.smallest_eigenvalue.min(smallest);
        repair.lag_zero = repair.lag_zero.max(distance(&after, zero));
        for (i, j) in (0..zero.nrows()).flat_map(|i| (0..zero.nrows()).map(move |j| (i, j))) {
            let change = (now_one[(i, j)] - one[(i, j)]).abs();
            if i == j {
                repair.lag_one = repair.lag_one.max(change);
            } else if structure == Structure::Full {
                repair.cross_lag_one = repair.cross_lag_one.max(change);
            }
        }
        self.noise.push(root(&noise));
        self.carry.push(carry);
        self.last = after;
        Ok(())
    }
}

fn beyond_repair(why: &str) -> crate::Error {
    invalid(
        Diagnostic::new(format!("covariances that are beyond repair: {why}"))
            .expected("a longer record, or the contemporaneous model"),
    )
}

/// A fitted model of lag one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct LagOneModel {
    structure: Structure,
    margins: Vec<Margin>,
    /// `A` of each step, row by row.
    carry: Vec<f64>,
    /// `B` of each step, row by row.
    noise: Vec<f64>,
    /// A root of the covariance of the year's last step.
    start: Vec<f64>,
    repair: Repair,
}

impl LagOneModel {
    pub(super) fn structure(&self) -> Structure {
        self.structure
    }

    pub(super) fn margins(&self) -> &[Margin] {
        &self.margins
    }

    pub(super) fn repair(&self) -> Repair {
        self.repair
    }

    /// Has it the numbers of so many steps and sites?
    pub(super) fn fits(&self, steps: usize, sites: usize) -> bool {
        let squares = [self.carry.len(), self.noise.len()];
        self.margins.len() == steps * sites
            && squares == [steps * sites * sites; 2]
            && self.start.len() == sites * sites
            && self.margins.iter().all(|margin| margin.is_sound())
            && [&self.carry, &self.noise, &self.start]
                .into_iter()
                .flatten()
                .all(|number| number.is_finite())
    }

    /// Fills whole years with flows.
    pub(super) fn fill(&self, draws: &mut Draws, flows: &mut [f64], sites: usize) {
        let mut normal = vec![0.0; sites];
        let mut scores = vec![0.0; sites];
        let mut before = vec![0.0; sites];
        normal.fill_with(|| draws.normal());
        add_product(&mut scores, &self.start, &normal);
        let square = sites * sites;
        let matrices = self
            .carry
            .chunks_exact(square)
            .zip(self.noise.chunks_exact(square));
        let year = matrices.zip(self.margins.chunks_exact(sites));
        for (row, ((carry, noise), margins)) in flows.chunks_exact_mut(sites).zip(year.cycle()) {
            std::mem::swap(&mut scores, &mut before);
            normal.fill_with(|| draws.normal());
            scores.fill(0.0);
            add_product(&mut scores, carry, &before);
            add_product(&mut scores, noise, &normal);
            for ((flow, margin), &score) in row.iter_mut().zip(margins).zip(&scores) {
                *flow = margin.flow(score);
            }
        }
    }
}

/// Adds a matrix, row by row, times a vector.
fn add_product(sum: &mut [f64], matrix: &[f64], vector: &[f64]) {
    for (sum, row) in sum.iter_mut().zip(matrix.chunks_exact(vector.len())) {
        *sum += row.iter().zip(vector).map(|(a, x)| a * x).sum::<f64>();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Period;

    fn matrix(rows: [[f64; 2]; 2]) -> DMatrix<f64> {
        DMatrix::from_row_slice(2, 2, rows.as_flattened())
    }

    /// Covariances of a year of two like steps after they have gone through it.
    fn turned(fitted: &Fitted) -> DMatrix<f64> {
        let steps = fitted.carry.iter().zip(&fitted.noise);
        steps.fold(fitted.last.clone(), |before, (carry, noise)| {
            carry * before * carry.transpose() + noise * noise.transpose()
        })
    }

    #[test]
    fn consistent_covariances_are_met_exactly() {
        // A = ((0.5, 0.2), (0, 0.6)) carries this M0 into itself with some noise.
        let zero = matrix([[1.0, 0.4], [0.4, 1.0]]);
        let a = matrix([[0.5, 0.2], [0.0, 0.6]]);
        let wanted = Wanted {
            zero: vec![zero.clone(); 2],
            one: vec![&a * &zero; 2],
        };
        let fitted = Fitted::to(&wanted, Structure::Full).unwrap();
        for (carry, noise) in fitted.carry.iter().zip(&fitted.noise) {
            assert!(distance(carry, &a) < 1e-14);
            let left = &zero - &a * &zero * a.transpose();
            assert!(distance(&(noise * noise.transpose()), &left) < 1e-14);
        }
        assert!(fitted.repair.smallest_eigenvalue > 0.0);
        assert!(fitted.repair.lag_one.max(fitted.repair.lag_zero) < 1e-14);
    }

    #[test]
    fn what_cannot_be_is_repaired_without_changing_variances() {
        // Two sites nearly alike cannot follow themselves so differently.
        let wanted = Wanted {
            zero: vec![matrix([[1.0, 0.95], [0.95, 1.0]]); 2],
            one: vec![matrix([[0.9, -0.3], [-0.3, 0.9]]); 2],
        };
        for structure in [Structure::Full, Structure::Contemporaneous] {
            let fitted = Fitted::to(&wanted, structure).unwrap();
            let turned = turned(&fitted);
            assert!(distance(&turned, &fitted.last) < 1e-9);
            for variance in turned.diagonal().iter() {
                assert!((variance - 1.0).abs() < 1e-9, "{variance}");
            }
        }
        let repair = Fitted::to(&wanted, Structure::Full).unwrap().repair;
        assert!(repair.smallest_eigenvalue < -0.1, "{repair:?}");
        assert!(repair.lag_zero.max(repair.lag_one) > 0.05, "{repair:?}");
    }

    #[test]
    fn thomas_fiering_has_the_coefficients_of_its_formula() {
        // Two months: r s'/s is the slope of the regression of one on the other.
        let mut values = Vec::new();
        for year in 0..40_i32 {
            let x = f64::from(year * 7 % 11);
            for month in 0..12 {
                values.push(
                    100.0
                        + x * if month % 2 == 0 { 3.0 } else { -1.0 }
                        + f64::from(year * month % 5),
                );
            }
        }
        let record = Record::new(vec!["a".into()], Period::Month, 1, 1961, values).unwrap();
        let generator = LagOne::thomas_fiering()
            .margins(Margins::Normal)
            .fit(&record)
            .unwrap();
        let Method::LagOne(model) = &generator.method else {
            panic!("a model of lag one");
        };
        for month in 1..12 {
            let (x, y) = (record.across(month - 1, 0), record.across(month, 0));
            let ((mx, sx), (my, sy)) = (margin::moments(x.clone()), margin::moments(y.clone()));
            let products: f64 = x.zip(y).map(|(x, y)| (x - mx) * (y - my)).sum();
            let r = products / (39.0 * sx * sy);
            assert!((model.carry[month] - r).abs() < 1e-12);
            assert!((model.noise[month].abs() - (1.0 - r * r).sqrt()).abs() < 1e-12);
        }
    }
}
