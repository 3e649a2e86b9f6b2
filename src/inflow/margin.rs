//! The distribution of one site's flow in one step, as a function of a standard normal score.

use serde::{Deserialize, Serialize};

use super::draw::normal_cdf;
use super::record::Record;
use crate::calendar::invalid;
use crate::error::{Diagnostic, Diagnostics, Result};

/// Values of a site in a step that differ by no more than this part of the largest are the same: the
/// mean of equal days is off by rounding.
const SAME: f64 = 1e-12;

/// The fewest years a generator is fitted to: three pairs of a year and the next.
const FEWEST_YEARS: usize = 4;

/// Below this coefficient of variation about the bound, a third of the skewness, a flow is normal: the
/// bound would be a hundred deviations away.
const LITTLE_SKEW: f64 = 0.01;

/// How flows are made normal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Margins {
    /// Logarithms for a site whose flows are all positive, the flows as they are for others.
    #[default]
    Auto,
    /// Logarithms for all sites: an error for a site that has been dry or a net loss.
    Log,
    /// The flows as they are.
    Normal,
    /// Logarithms of the distance from a bound, below or above, that gives each step the record's mean,
    /// deviation and skewness (the lognormal distribution of three parameters, as Matalas used it).
    ///
    /// Skewness from few years is little more than chance: it is averaged over the steps that
    /// correlations are [pooled](super::LagOne::pooling) over. For models of lag one alone.
    Skewed,
}

/// The flow of a site in a step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Margin {
    /// The same in every year.
    Fixed(f64),
    /// Mean and deviation in m3/s.
    Normal { mean: f64, deviation: f64 },
    /// Mean and deviation of the logarithm.
    Log { mean: f64, deviation: f64 },
    /// The same, of the distance above a bound, or below it.
    Bounded {
        bound: f64,
        below: bool,
        mean: f64,
        deviation: f64,
    },
}

impl Margin {
    /// The flow of a score.
    pub(super) fn flow(self, score: f64) -> f64 {
        match self {
            Self::Fixed(flow) => flow,
            Self::Normal { mean, deviation } => mean + deviation * score,
            Self::Log { mean, deviation } => libm::exp(mean + deviation * score),
            Self::Bounded {
                bound,
                below: false,
                mean,
                deviation,
            } => bound + libm::exp(mean + deviation * score),
            Self::Bounded {
                bound,
                below: true,
                mean,
                deviation,
            } => bound - libm::exp(mean - deviation * score),
        }
    }

    /// The score of a flow, 0 for a flow that never changes; no number for one beyond the bound.
    pub(super) fn score(self, flow: f64) -> f64 {
        match self {
            Self::Fixed(_) => 0.0,
            Self::Normal { mean, deviation } => (flow - mean) / deviation,
            Self::Log { mean, deviation } => (libm::log(flow) - mean) / deviation,
            Self::Bounded {
                bound,
                below: false,
                mean,
                deviation,
            } => (libm::log(flow - bound) - mean) / deviation,
            Self::Bounded {
                bound,
                below: true,
                mean,
                deviation,
            } => (mean - libm::log(bound - flow)) / deviation,
        }
    }

    /// The mean flow.
    pub(super) fn mean(self) -> f64 {
        match self {
            Self::Fixed(mean) | Self::Normal { mean, .. } => mean,
            Self::Log { mean, deviation } => lognormal_mean(mean, deviation),
            Self::Bounded {
                bound,
                below,
                mean,
                deviation,
            } => {
                let distance = lognormal_mean(mean, deviation);
                if below {
                    bound - distance
                } else {
                    bound + distance
                }
            }
        }
    }

    /// May a flow be below zero?
    pub(super) fn may_be_negative(self) -> bool {
        match self {
            Self::Fixed(flow) => flow < 0.0,
            Self::Normal { .. } => true,
            Self::Log { .. } => false,
            Self::Bounded { bound, below, .. } => below || bound < 0.0,
        }
    }

    pub(super) fn is_fixed(self) -> bool {
        matches!(self, Self::Fixed(_))
    }

    /// All numbers finite, deviations positive.
    pub(super) fn is_sound(self) -> bool {
        match self {
            Self::Fixed(flow) => flow.is_finite(),
            Self::Normal { mean, deviation } | Self::Log { mean, deviation } => {
                mean.is_finite() && deviation.is_finite() && deviation > 0.0
            }
            Self::Bounded {
                bound,
                mean,
                deviation,
                ..
            } => [bound, mean, deviation].iter().all(|x| x.is_finite()) && deviation > 0.0,
        }
    }

    /// What the mean gains in m3/s where negative flows are set to zero: the mean of what is cut.
    ///
    /// For a normal flow `deviation φ(t) - mean Φ(-t)` with `t = mean / deviation`; for a bounded one
    /// the partial means of the lognormal distribution.
    pub(super) fn gain_of_flooring(self) -> f64 {
        match self {
            Self::Fixed(flow) => (-flow).max(0.0),
            Self::Log { .. } => 0.0,
            Self::Normal { mean, deviation } => {
                let t = mean / deviation;
                let density = libm::exp(-0.5 * t * t) / libm::sqrt(std::f64::consts::TAU);
                deviation * density - mean * normal_cdf(-t)
            }
            Self::Bounded { bound, below, .. } if (bound > 0.0) != below => {
                // Above a positive bound nothing is cut, below a negative one all.
                (-self.mean()).max(0.0)
            }
            Self::Bounded {
                bound,
                below,
                mean,
                deviation,
            } => {
                // The distance at which the flow is zero, its score, and the mean distance.
                let zero = bound.abs();
                let score = (libm::log(zero) - mean) / deviation;
                let all = lognormal_mean(mean, deviation);
                if below {
                    all * normal_cdf(deviation - score) - zero * normal_cdf(-score)
                } else {
                    zero * normal_cdf(score) - all * normal_cdf(score - deviation)
                }
            }
        }
    }
}

/// The mean of a flow whose logarithm is normal.
fn lognormal_mean(mean: f64, deviation: f64) -> f64 {
    libm::exp(mean + 0.5 * deviation * deviation)
}

/// The correlation that the scores of two margins must have for their flows to have `r`.
///
/// For two lognormal flows `ln(1 + r c d) / (s t)`, where `c`, `d` are the coefficients of variation
/// and `s`, `t` the deviations of the logarithms; with the sign of `r` and of the result changed if
/// one of them is bounded above; for a normal and a lognormal one `r d / t` (moments of the lognormal
/// distribution; N. C. Matalas, "Mathematical assessment of synthetic hydrology", *Water Resources
/// Research* 3 (1967) 937-945). What no scores can give is cut at -1 and 1.
pub(super) fn score_correlation(a: Margin, b: Margin, r: f64) -> f64 {
    // The deviation of the logarithm, and its sign.
    let logarithm = |margin| match margin {
        Margin::Log { deviation, .. } => Some((deviation, 1.0)),
        Margin::Bounded {
            below, deviation, ..
        } => Some((deviation, if below { -1.0 } else { 1.0 })),
        Margin::Fixed(_) | Margin::Normal { .. } => None,
    };
    let variation = |s: f64| libm::sqrt(libm::expm1(s * s));
    let scores = match (logarithm(a), logarithm(b)) {
        _ if a.is_fixed() || b.is_fixed() => 0.0,
        (None, None) => r,
        (Some((s, _)), None) | (None, Some((s, _))) => r * variation(s) / s,
        (Some((s, one)), Some((t, other))) => {
            let sign = one * other;
            let inside = sign * r * variation(s) * variation(t);
            if inside <= -1.0 {
                -sign
            } else {
                sign * libm::log1p(inside) / (s * t)
            }
        }
    };
    scores.clamp(-1.0, 1.0)
}

/// By what the logarithms of a site are fitted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// So that mean and deviation of the flows are the record's.
    Moments,
    /// So that mean and deviation of the logarithms are the record's.
    Logarithms,
}

/// The margins of all steps and sites, step by step, and the sites whose flows are never negative.
///
/// Skewness is averaged over `pooled` steps before and after each.
pub(super) fn fit(
    record: &Record,
    margins: Margins,
    by: Fit,
    pooled: usize,
) -> Result<(Vec<Margin>, Vec<bool>)> {
    enough_years(record, FEWEST_YEARS)?;
    let sites = record.sites().len();
    let all = |site, holds: fn(f64) -> bool| record.along(site).all(holds);
    let mut faults = Diagnostics::new();
    if margins == Margins::Log {
        for (i, &flow) in record.values().iter().enumerate() {
            // The first of a site is enough.
            let first = !record.values()[i % sites..i]
                .iter()
                .step_by(sites)
                .any(|&v| v <= 0.0);
            if flow <= 0.0 && first {
                let fault = format!("{}: {flow} m3/s has no logarithm", record.place(i));
                let expected = "flows above 0 at all sites, or `Margins::Auto`";
                faults.push(Diagnostic::new(fault).expected(expected));
            }
        }
    }
    faults.finish(())?;
    let log: Vec<bool> = (0..sites)
        .map(|site| matches!(margins, Margins::Auto | Margins::Log) && all(site, |flow| flow > 0.0))
        .collect();
    let mut fitted: Vec<Margin> = (0..record.steps() * sites)
        .map(|i| margin(record.across(i / sites, i % sites), log[i % sites], by))
        .collect();
    if fitted.iter().all(|margin| margin.is_fixed()) {
        return Err(invalid(
            Diagnostic::new("a record in which every year is like the first")
                .expected("a site whose flow differs from year to year"),
        ));
    }
    if margins == Margins::Skewed {
        skewed(record, &mut fitted, pooled);
    }
    let never_negative = (0..sites)
        .map(|site| all(site, |flow| flow >= 0.0))
        .collect();
    Ok((fitted, never_negative))
}

/// At least that many years, or an error.
pub(super) fn enough_years(record: &Record, fewest: usize) -> Result<()> {
    if record.years() >= fewest {
        return Ok(());
    }
    let fault = format!("a record of {} years", record.years());
    Err(invalid(
        Diagnostic::new(fault).expected(format!("at least {fewest} years")),
    ))
}

fn margin(flows: impl Iterator<Item = f64> + Clone, log: bool, by: Fit) -> Margin {
    let first = flows.clone().next().unwrap_or(0.0);
    let largest = flows
        .clone()
        .fold(0.0, |top: f64, flow| top.max(flow.abs()));
    if flows
        .clone()
        .all(|flow| (flow - first).abs() <= SAME * largest)
    {
        return Margin::Fixed(first);
    }
    if !log {
        let (mean, deviation) = moments(flows);
        return Margin::Normal { mean, deviation };
    }
    let (mean, deviation) = match by {
        Fit::Logarithms => moments(flows.map(libm::log)),
        Fit::Moments => {
            let (mean, deviation) = moments(flows);
            let variation = deviation / mean;
            let variance = libm::log1p(variation * variation);
            (libm::log(mean) - 0.5 * variance, libm::sqrt(variance))
        }
    };
    Margin::Log { mean, deviation }
}

/// Gives normal margins the skewness of the steps around them.
fn skewed(record: &Record, margins: &mut [Margin], pooled: usize) {
    let (steps, sites) = (record.steps(), record.sites().len());
    let skews: Vec<f64> = (0..steps * sites)
        .map(|i| skew(record.across(i / sites, i % sites)))
        .collect();
    for (i, margin) in margins.iter_mut().enumerate() {
        let Margin::Normal { mean, deviation } = *margin else {
            continue;
        };
        let (step, site) = (i / sites, i % sites);
        let around = (0..=2 * pooled).map(|k| (step + steps + k - pooled) % steps);
        let sum: f64 = around.map(|step| skews[step * sites + site]).sum();
        *margin = with_skew(mean, deviation, sum / (2 * pooled + 1) as f64);
    }
}

/// The lognormal distribution of three parameters with these moments.
///
/// Its coefficient of variation about the bound solves `v³ + 3 v = |skew|`: `v = w - 1/w` with
/// `w³ = (|skew| + √(skew² + 4)) / 2`.
fn with_skew(mean: f64, deviation: f64, skew: f64) -> Margin {
    let w = libm::cbrt(0.5 * (skew.abs() + libm::sqrt(skew * skew + 4.0)));
    let v = w - 1.0 / w;
    if v < LITTLE_SKEW {
        return Margin::Normal { mean, deviation };
    }
    let variance = libm::log1p(v * v);
    let distance = deviation / v;
    let below = skew < 0.0;
    Margin::Bounded {
        bound: if below {
            mean + distance
        } else {
            mean - distance
        },
        below,
        mean: libm::log(distance) - 0.5 * variance,
        deviation: libm::sqrt(variance),
    }
}

/// Skewness of a sample, `n / ((n-1)(n-2)) Σ z³`; 0 if nothing varies.
pub(super) fn skew(sample: impl Iterator<Item = f64> + Clone) -> f64 {
    let n = sample.clone().count() as f64;
    let (mean, deviation) = moments(sample.clone());
    if deviation == 0.0 {
        return 0.0;
    }
    let cubes: f64 = sample.map(|x| ((x - mean) / deviation).powi(3)).sum();
    n / ((n - 1.0) * (n - 2.0)) * cubes
}

/// The normal margin of a site's flows in a step.
pub(super) fn normal(flows: impl Iterator<Item = f64> + Clone) -> Margin {
    margin(flows, false, Fit::Moments)
}

/// Mean and deviation of a sample, the latter with `n - 1`.
pub(super) fn moments(sample: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let n = sample.clone().count() as f64;
    let mean = sample.clone().sum::<f64>() / n;
    let squares: f64 = sample.map(|x| (x - mean) * (x - mean)).sum();
    (mean, (squares / (n - 1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inflow::draw::Draws;

    #[test]
    fn a_lognormal_margin_has_the_records_mean_and_deviation() {
        let flows = [120.0, 80.0, 200.0, 95.0];
        let (mean, deviation) = moments(flows.into_iter());
        let Margin::Log {
            mean: m,
            deviation: s,
        } = margin(flows.into_iter(), true, Fit::Moments)
        else {
            panic!("positive flows are fitted in logarithms");
        };
        // The moments of the lognormal distribution.
        let back = (m + 0.5 * s * s).exp();
        assert!((back - mean).abs() < 1e-13 * mean);
        let back = mean * (s * s).exp_m1().sqrt();
        assert!((back - deviation).abs() < 1e-13 * deviation);
    }

    #[test]
    fn flows_have_the_correlation_asked_for() {
        let normal = Margin::Normal {
            mean: 5.0,
            deviation: 20.0,
        };
        let log = |deviation| Margin::Log {
            mean: 3.0,
            deviation,
        };
        for (a, b, r) in [
            (log(0.3), log(0.6), 0.7),
            (normal, log(0.5), -0.4),
            (normal, normal, 0.9),
        ] {
            let scores = score_correlation(a, b, r);
            let mut draws = Draws::new(11, 0);
            let n = 200_000;
            let (mut x, mut y) = (Vec::new(), Vec::new());
            for _ in 0..n {
                let (e, f) = (draws.normal(), draws.normal());
                x.push(a.flow(e));
                y.push(b.flow(scores * e + (1.0 - scores * scores).sqrt() * f));
            }
            let ((mx, sx), (my, sy)) = (moments(x.iter().copied()), moments(y.iter().copied()));
            let products = x.iter().zip(&y).map(|(x, y)| (x - mx) * (y - my));
            let found = products.sum::<f64>() / (f64::from(n) * sx * sy);
            assert!((found - r).abs() < 0.01, "{found} instead of {r}");
        }
    }

    #[test]
    fn the_gain_of_flooring_is_what_flooring_gains() {
        let normal = Margin::Normal {
            mean: 10.0,
            deviation: 8.0,
        };
        for margin in [
            normal,
            with_skew(10.0, 8.0, 0.9),
            with_skew(10.0, 8.0, -0.9),
        ] {
            assert!((margin.mean() - 10.0).abs() < 1e-12);
            let mut draws = Draws::new(5, 5);
            let n = 400_000;
            let floored: f64 = (0..n).map(|_| margin.flow(draws.normal()).max(0.0)).sum();
            let gain = floored / f64::from(n) - 10.0;
            assert!((gain - margin.gain_of_flooring()).abs() < 4.0 * 8.0 / f64::from(n).sqrt());
        }
    }

    #[test]
    fn a_skewed_margin_has_its_three_moments_and_its_scores() {
        for wanted in [-1.5, -0.2, 0.4, 2.0] {
            let margin = with_skew(-30.0, 12.0, wanted);
            let mut draws = Draws::new(8, 1);
            let scores: Vec<f64> = (0..400_000).map(|_| draws.normal()).collect();
            let flows = scores.iter().map(|&score| margin.flow(score));
            let (mean, deviation) = moments(flows.clone());
            assert!((mean + 30.0).abs() < 4.0 * 12.0 / 400_000_f64.sqrt());
            assert!((deviation - 12.0).abs() < 0.01 * 12.0, "{deviation}");
            assert!((skew(flows) - wanted).abs() < 0.1, "{wanted}");
            assert!((margin.score(margin.flow(0.7)) - 0.7).abs() < 1e-12);
        }
    }
}
