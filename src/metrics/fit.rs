//! How well a computed series fits an observed one, and what an ordinary year looks like.
//!
//! ```
//! use riparian::metrics::Fit;
//!
//! // (computed, observed)
//! let fit = Fit::of([(2.0, 1.0), (4.0, 2.0), (6.0, 3.0)]).unwrap();
//! assert_eq!(fit.bias, 2.0);
//! assert_eq!(fit.rmse, (14.0_f64 / 3.0).sqrt());
//! assert_eq!(fit.nse, Some(-6.0));
//! let kge = fit.kge.unwrap();
//! assert_eq!((kge.alpha, kge.beta), (2.0, 2.0));
//! assert!((kge.value() - (1.0 - 2.0_f64.sqrt())).abs() < 1e-12);
//! // Twice as much throughout varies, for its mean, as the observed series does.
//! assert!(kge.modified().abs() < 1e-12);
//! ```
//!
//! A storage that follows last year's tells little: a fit says more beside that of a naive guess.
//! [`dekad_means`] makes the usual one, the mean of the same dekad in other years, and
//! [`Fit::skill_over`] compares.

use crate::calendar::{DEKADS, Dekad, invalid};
use crate::error::{Diagnostic, Result};

/// The fit of a computed series to an observed one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// How many pairs there are.
    pub pairs: usize,
    /// The mean of computed less observed, in the unit of the series.
    pub bias: f64,
    /// The root mean square of computed less observed, in the unit of the series.
    pub rmse: f64,
    /// The efficiency of Nash and Sutcliffe (1970, *Journal of Hydrology* 10, 282-290):
    /// `1 - sum (c - o)^2 / sum (o - mean o)^2`. 1 for a perfect fit, 0 for one no better than the
    /// mean of what was observed; nothing if that never changes.
    pub nse: Option<f64>,
    /// The three parts of the Kling-Gupta efficiency; nothing if the observed series has a mean of 0
    /// or if one of the two never changes.
    pub kge: Option<Kge>,
}

/// The parts of the Kling-Gupta efficiency.
///
/// Example: [`Fit`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kge {
    /// The linear correlation of computed and observed: timing.
    pub r: f64,
    /// The standard deviation of the computed series over that of the observed: variability.
    pub alpha: f64,
    /// The mean of the computed series over that of the observed: bias.
    pub beta: f64,
}

impl Kge {
    /// The efficiency of Gupta, Kling, Yilmaz and Martinez (2009, *Journal of Hydrology* 377,
    /// 80-91): `1 - sqrt((r - 1)^2 + (alpha - 1)^2 + (beta - 1)^2)`. 1 for a perfect fit.
    pub fn value(&self) -> f64 {
        1.0 - (self.r - 1.0)
            .hypot(self.alpha - 1.0)
            .hypot(self.beta - 1.0)
    }

    /// The efficiency as Kling, Fuchs and Paulin changed it (2012, *Journal of Hydrology* 424-425,
    /// 264-277): with the ratio of the coefficients of variation, `alpha / beta`, for `alpha`, so
    /// that a bias does not count twice.
    pub fn modified(&self) -> f64 {
        let gamma = self.alpha / self.beta;
        1.0 - (self.r - 1.0).hypot(gamma - 1.0).hypot(self.beta - 1.0)
    }
}

impl Fit {
    /// The fit of pairs of computed and observed values.
    ///
    /// # Errors
    ///
    /// If there is no pair, or a value is not finite: what was not observed is to be left out before;
    /// [`Error::is_invalid`](crate::Error::is_invalid) holds.
    pub fn of(pairs: impl IntoIterator<Item = (f64, f64)>) -> Result<Self> {
        let pairs: Vec<(f64, f64)> = pairs.into_iter().collect();
        let Some(&(first_c, first_o)) = pairs.first() else {
            let fault = Diagnostic::new("a fit of no values").expected("at least one pair");
            return Err(invalid(fault));
        };
        let unknown = |&(c, o): &(f64, f64)| !(c.is_finite() && o.is_finite());
        if let Some(at) = pairs.iter().position(unknown) {
            let (c, o) = pairs[at];
            let fault = Diagnostic::new(format!("a fit of {c}, computed, to {o}, observed"))
                .expected(format!("finite values in pair {at}, counted from 0"));
            return Err(invalid(fault));
        }
        let n = pairs.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / n;
        let (mean_c, mean_o) = (mean(|p| p.0), mean(|p| p.1));
        let (mut square, mut cc, mut oo, mut co) = (0.0, 0.0, 0.0, 0.0);
        for &(c, o) in &pairs {
            let (dc, d_o) = (c - mean_c, o - mean_o);
            square += (c - o) * (c - o);
            cc += dc * dc;
            oo += d_o * d_o;
            co += dc * d_o;
        }
        // Asked of the values: a mean has rounding, and so has the variance of equal values.
        let varies_c = pairs.iter().any(|&(c, _)| c != first_c);
        let varies_o = pairs.iter().any(|&(_, o)| o != first_o);
        Ok(Self {
            pairs: pairs.len(),
            bias: mean_c - mean_o,
            rmse: (square / n).sqrt(),
            nse: varies_o.then(|| 1.0 - square / oo),
            kge: (varies_c && varies_o && mean_o != 0.0).then(|| Kge {
                r: co / (cc.sqrt() * oo.sqrt()),
                alpha: (cc / oo).sqrt(),
                beta: mean_c / mean_o,
            }),
        })
    }

    /// The fit of a computed series to an observed one of the same length.
    ///
    /// ```
    /// use riparian::metrics::Fit;
    ///
    /// assert_eq!(Fit::between(&[1.0, 3.0], &[2.0, 4.0])?.bias, -1.0);
    /// assert!(Fit::between(&[1.0, 3.0], &[2.0]).is_err());
    /// # Ok::<(), riparian::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`Fit::of`], and if one series is longer than the other.
    pub fn between(computed: &[f64], observed: &[f64]) -> Result<Self> {
        if computed.len() != observed.len() {
            let lengths = (computed.len(), observed.len());
            let text = format!("a fit of {} values to {}", lengths.0, lengths.1);
            return Err(invalid(Diagnostic::new(text).expected("as many of both")));
        }
        Self::of(computed.iter().copied().zip(observed.iter().copied()))
    }

    /// The skill against another guess at the same series (Murphy 1988, *Monthly Weather Review*
    /// 116, 2417-2424): `1 - (rmse / other rmse)^2`. Above 0 if this one is the better.
    ///
    /// ```
    /// use riparian::metrics::Fit;
    ///
    /// let guess = Fit::of([(2.0, 1.0), (2.0, 3.0)]).unwrap();
    /// let better = Fit::of([(1.5, 1.0), (2.5, 3.0)]).unwrap();
    /// assert_eq!(better.skill_over(&guess), 0.75);
    /// ```
    pub fn skill_over(&self, other: &Self) -> f64 {
        1.0 - (self.rmse / other.rmse).powi(2)
    }
}

/// The mean of each dekad of the year; nothing if a dekad has no value.
pub fn dekad_means(values: impl IntoIterator<Item = (Dekad, f64)>) -> Option<[f64; DEKADS]> {
    by_dekad(values, |values| {
        values.iter().sum::<f64>() / values.len() as f64
    })
}

/// The median of each dekad of the year, the mean of the two in the middle where the years are even;
/// nothing if a dekad has no value.
///
/// ```
/// use riparian::metrics::dekad_medians;
///
/// let june = |year, value| (format!("{year}-06-2").parse().unwrap(), value);
/// let rest = "2001-01-01..2001-12-31".parse::<riparian::calendar::Window>()?;
/// let years = [june(2002, 30.0), june(2003, 20.0)];
/// let medians = dekad_medians(rest.dekads().map(|dekad| (dekad, 10.0)).chain(years)).unwrap();
/// assert_eq!((medians[15], medians[16]), (10.0, 20.0));
/// assert!(dekad_medians(years).is_none());
/// # Ok::<(), riparian::Error>(())
/// ```
pub fn dekad_medians(values: impl IntoIterator<Item = (Dekad, f64)>) -> Option<[f64; DEKADS]> {
    by_dekad(values, |values| {
        values.sort_by(f64::total_cmp);
        let (half, odd) = (values.len() / 2, values.len() % 2 == 1);
        if odd {
            values[half]
        } else {
            f64::midpoint(values[half - 1], values[half])
        }
    })
}

fn by_dekad(
    values: impl IntoIterator<Item = (Dekad, f64)>,
    one: impl Fn(&mut [f64]) -> f64,
) -> Option<[f64; DEKADS]> {
    let mut years = [const { Vec::new() }; DEKADS];
    for (dekad, value) in values {
        years[dekad.of_year()].push(value);
    }
    let all = years.iter().all(|values| !values.is_empty());
    all.then(|| years.map(|mut values| one(&mut values)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found} for {expected}");
    }

    /// By hand: computed 1, 3, 2, 6 (mean 3) against observed 2, 2, 4, 8 (mean 4).
    #[test]
    fn by_hand() {
        let fit = Fit::of([(1.0, 2.0), (3.0, 2.0), (2.0, 4.0), (6.0, 8.0)]).unwrap();
        assert_eq!((fit.pairs, fit.bias), (4, -1.0));
        // Squares of -1, 1, -2, -2.
        close(fit.rmse, (10.0_f64 / 4.0).sqrt());
        // Observed about its mean: 4, 4, 0, 16.
        close(fit.nse.unwrap(), 1.0 - 10.0 / 24.0);
        // Computed about its mean: 4, 0, 1, 9; products: 4, 0, 0, 12.
        let kge = fit.kge.unwrap();
        close(kge.r, 16.0 / (14.0_f64 * 24.0).sqrt());
        close(kge.alpha, (14.0_f64 / 24.0).sqrt());
        close(kge.beta, 0.75);
        let (r, a, g) = (kge.r - 1.0, kge.alpha - 1.0, kge.alpha / 0.75 - 1.0);
        close(kge.value(), 1.0 - (r * r + a * a + 0.0625).sqrt());
        close(kge.modified(), 1.0 - (r * r + g * g + 0.0625).sqrt());
    }

    #[test]
    fn a_perfect_fit() {
        let fit = Fit::of((1..20).map(|i| (f64::from(i), f64::from(i)))).unwrap();
        assert_eq!((fit.bias, fit.rmse, fit.nse), (0.0, 0.0, Some(1.0)));
        close(fit.kge.unwrap().value(), 1.0);
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        let told = |fit: Result<Fit>| fit.unwrap_err().to_string();
        assert!(told(Fit::of([])).contains("no values"));
        assert!(told(Fit::of([(1.0, 1.0), (1.0, f64::NAN)])).contains("pair 1"));
        assert!(told(Fit::between(&[1.0], &[1.0, 2.0])).contains("1 values to 2"));
        assert!(Fit::of([(f64::INFINITY, 1.0)]).unwrap_err().is_invalid());
    }

    #[test]
    fn dekads_have_means_and_medians_of_their_years() {
        let years = |count: i16| {
            (2001..2001 + count).flat_map(|year| {
                (1..=12).flat_map(move |month| {
                    (1..=3).map(move |k| (Dekad::new(year, month, k).unwrap(), f64::from(year)))
                })
            })
        };
        let squared = |(dekad, value): (Dekad, f64)| (dekad, (value - 2000.0).powi(2));
        // Squares of 1, 2 and 3; with 4 the median lies between two.
        let close_all = |found: Option<[f64; DEKADS]>, expected: f64| {
            for value in found.unwrap() {
                close(value, expected);
            }
        };
        close_all(dekad_means(years(3).map(squared)), 14.0 / 3.0);
        close_all(dekad_medians(years(3).map(squared)), 4.0);
        close_all(dekad_medians(years(4).map(squared)), 6.5);
        assert_eq!(dekad_means(years(1).skip(1)), None);
    }

    #[test]
    fn what_has_no_answer_has_none() {
        // 0.1 + 0.1 + 0.1 is not 0.3: a variance would not be 0.
        let still = Fit::of([(1.0, 0.1), (2.0, 0.1), (3.0, 0.1)]).unwrap();
        assert_eq!((still.nse, still.kge), (None, None));
        let flat = Fit::of([(0.1, 1.0), (0.1, 2.0), (0.1, 3.0)]).unwrap();
        assert!(flat.nse.is_some() && flat.kge.is_none());
        let around_nothing = Fit::of([(1.0, -1.0), (2.0, 1.0)]).unwrap();
        assert!(around_nothing.nse.is_some() && around_nothing.kge.is_none());
    }
}
