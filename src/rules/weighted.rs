//! Rules that tell claimants apart: by weight, by fall-back, by place in a queue.

use super::equal::{equal_awards, equal_losses, minus, plus};
use super::number::{Number, sum};
use super::{ClaimsRule, Law, Problem, Verdict, law};
use crate::error::{Error, Result};

pub(super) const WEIGHTED_AWARDS: &str = "weighted-equal-awards";
pub(super) const WEIGHTED_LOSSES: &str = "weighted-equal-losses";
pub(super) const PRIORITY: &str = "priority";
const NASH: &str = "nash-harsanyi";

/// Awards in the ratio of the weights, but nobody more than the claim: `xᵢ = min(cᵢ, wᵢ λ)`.
///
/// Moulin (2000). The rule for treaty shares: until its claim is met, each party's water is to
/// another's as their shares are. With strict priority classes around it, it is the only kind of rule
/// that has consistency, composition up and truncation invariance together (Flores-Szwagrzak 2015).
/// Weights belong to claimants, so equal claims may get unequal awards.
///
/// Layers: one, the level in `[0, cᵢ/wᵢ]`, slope `wᵢ`. Daily use: yes, it has composition up and
/// down.
///
/// ```
/// use riparian::rules::{ClaimsRule, WeightedEqualAwards};
///
/// let rule = WeightedEqualAwards::new([2.0, 1.0])?;
/// assert_eq!(rule.share(90.0, &[100.0, 100.0])?, [60.0, 30.0]);
/// assert_eq!(rule.share(90.0, &[40.0, 100.0])?, [40.0, 50.0]);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct WeightedEqualAwards<N = f64> {
    weights: Vec<N>,
}

impl<N: Number> WeightedEqualAwards<N> {
    /// The rule with one weight a claimant, in the order of the claims.
    ///
    /// # Errors
    ///
    /// An error for which [`Error::is_rule`] holds, if a weight is not finite and positive.
    pub fn new(weights: impl Into<Vec<N>>) -> Result<Self> {
        Ok(Self {
            weights: checked(weights.into())?,
        })
    }
}

impl<N: Number> ClaimsRule<N> for WeightedEqualAwards<N> {
    fn name(&self) -> &str {
        WEIGHTED_AWARDS
    }

    fn award(&self, problem: &Problem<'_, N>) -> Result<Vec<N>> {
        fits(WEIGHTED_AWARDS, "weights", self.weights.len(), problem)?;
        Ok(equal_awards(problem.estate(), problem.claims(), |i| {
            self.weights[i]
        }))
    }

    fn among(&self, claimants: &[usize]) -> Option<Box<dyn ClaimsRule<N>>> {
        let weights = pick(&self.weights, claimants);
        Some(Box::new(Self { weights }))
    }

    fn laws(&self) -> Vec<(Law, Verdict)> {
        law::declared(WEIGHTED_AWARDS)
    }
}

/// Losses in the ratio of the weights, but nobody less than nothing: `xᵢ = max(0, cᵢ - wᵢ μ)`.
///
/// The dual of [`WeightedEqualAwards`]: a weight is a share in the shortage. It breaks truncation
/// invariance, and equal claims may get unequal awards.
///
/// Layers: one, the level in `[M - cᵢ/wᵢ, M]` with `M = max cᵢ/wᵢ`, slope `wᵢ`. Daily use: yes, it
/// has composition up and down.
///
/// ```
/// use riparian::rules::{ClaimsRule, WeightedEqualLosses};
///
/// let rule = WeightedEqualLosses::new([2.0, 1.0])?;
/// assert_eq!(rule.share(170.0, &[100.0, 100.0])?, [80.0, 90.0]);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct WeightedEqualLosses<N = f64> {
    weights: Vec<N>,
}

impl<N: Number> WeightedEqualLosses<N> {
    /// The rule with one weight a claimant, in the order of the claims.
    ///
    /// # Errors
    ///
    /// An error for which [`Error::is_rule`] holds, if a weight is not finite and positive.
    pub fn new(weights: impl Into<Vec<N>>) -> Result<Self> {
        Ok(Self {
            weights: checked(weights.into())?,
        })
    }
}

impl<N: Number> ClaimsRule<N> for WeightedEqualLosses<N> {
    fn name(&self) -> &str {
        WEIGHTED_LOSSES
    }

    fn award(&self, problem: &Problem<'_, N>) -> Result<Vec<N>> {
        fits(WEIGHTED_LOSSES, "weights", self.weights.len(), problem)?;
        Ok(equal_losses(problem.estate(), problem.claims(), |i| {
            self.weights[i]
        }))
    }

    fn among(&self, claimants: &[usize]) -> Option<Box<dyn ClaimsRule<N>>> {
        let weights = pick(&self.weights, claimants);
        Some(Box::new(Self { weights }))
    }

    fn laws(&self) -> Vec<(Law, Verdict)> {
        law::declared(WEIGHTED_LOSSES)
    }
}

/// The bargain between parties who each have a fall-back: everyone's disagreement point first, the
/// rest in the ratio of bargaining power: `xᵢ = dᵢ + min(cᵢ - dᵢ, wᵢ λ)`.
///
/// It maximises `Π (xᵢ - dᵢ)^wᵢ` over the awards (Nash 1950; with weights Harsanyi and Selten 1972),
/// by the conditions of Karush, Kuhn and Tucker. On a network with losses the same levels no longer
/// maximise that product. The disagreement points do not shrink with the estate, so the rule is an
/// error when the estate does not cover them, and has no composition law: what is sure today would be
/// sure again tomorrow.
///
/// Layers: `dᵢ` is due before the class, then one layer, the level in `[0, (cᵢ - dᵢ)/wᵢ]`, slope
/// `wᵢ`. Daily use: no, once a season.
///
/// ```
/// use riparian::rules::{ClaimsRule, NashHarsanyi};
///
/// // Upstream could keep 30 without any agreement; beyond that both weigh the same.
/// let rule = NashHarsanyi::new([1.0, 1.0], [30.0, 0.0])?;
/// assert_eq!(rule.share(100.0, &[80.0, 90.0])?, [65.0, 35.0]);
/// assert!(rule.share(20.0, &[80.0, 90.0]).unwrap_err().is_rule());
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct NashHarsanyi<N = f64> {
    weights: Vec<N>,
    disagreement: Vec<N>,
}

impl<N: Number> NashHarsanyi<N> {
    /// The rule with one bargaining weight and one disagreement point a claimant, in the order of the
    /// claims.
    ///
    /// # Errors
    ///
    /// An error for which [`Error::is_rule`] holds, if a weight is not finite and positive, if a
    /// disagreement point is not finite or is negative, or if there are not as many of one as of the
    /// other.
    pub fn new(weights: impl Into<Vec<N>>, disagreement: impl Into<Vec<N>>) -> Result<Self> {
        let weights = checked(weights.into())?;
        let disagreement = disagreement.into();
        if weights.len() != disagreement.len() {
            return Err(Error::rule(format!(
                "{} weights but {} disagreement points",
                weights.len(),
                disagreement.len()
            )));
        }
        if let Some(point) = disagreement
            .iter()
            .find(|d| !d.is_finite() || **d < N::ZERO)
        {
            return Err(Error::rule(format!(
                "disagreement point {point}: it must be finite and not negative"
            )));
        }
        Ok(Self {
            weights,
            disagreement,
        })
    }
}

impl<N: Number> ClaimsRule<N> for NashHarsanyi<N> {
    fn name(&self) -> &str {
        NASH
    }

    fn award(&self, problem: &Problem<'_, N>) -> Result<Vec<N>> {
        fits(NASH, "weights", self.weights.len(), problem)?;
        let mut pairs = self.disagreement.iter().zip(problem.claims());
        if let Some(i) = pairs.position(|(point, claim)| point > claim) {
            return Err(Error::rule(format!(
                "disagreement point {} exceeds claim {} of {}",
                self.disagreement[i],
                i + 1,
                problem.claims()[i]
            )));
        }
        let sure = sum(&self.disagreement);
        if sure > problem.estate() {
            return Err(Error::rule(format!(
                "the disagreement points add up to {sure}, more than the estate of {}",
                problem.estate()
            )));
        }
        let open = minus(problem.claims(), &self.disagreement);
        let gains = equal_awards(problem.estate() - sure, &open, |i| self.weights[i]);
        Ok(plus(&self.disagreement, &gains))
    }

    fn among(&self, claimants: &[usize]) -> Option<Box<dyn ClaimsRule<N>>> {
        Some(Box::new(Self {
            weights: pick(&self.weights, claimants),
            disagreement: pick(&self.disagreement, claimants),
        }))
    }
}

/// First come, first served, in a fixed order.
///
/// The rule of prior appropriation; Moulin (2000) for its place among the others. It keeps
/// consistency, both composition laws, truncation invariance and minimal rights first, and has
/// nothing to say for equality.
///
/// Layers: none; each claimant is a priority class of its own. Daily use: yes, it has composition up
/// and down.
///
/// ```
/// use riparian::rules::{ClaimsRule, StrictPriority};
///
/// // The third claimant is the most senior, then the first.
/// let rule = StrictPriority::new([2, 0, 1])?;
/// assert_eq!(rule.share(120.0, &[50.0, 60.0, 80.0])?, [40.0, 0.0, 80.0]);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrictPriority {
    order: Vec<usize>,
}

impl StrictPriority {
    /// The rule that serves claimants in this order; claimants are counted from 0 in the order of
    /// the claims.
    ///
    /// # Errors
    ///
    /// An error for which [`Error::is_rule`] holds, if the order does not name each of `0..n` once.
    pub fn new(order: impl Into<Vec<usize>>) -> Result<Self> {
        let order = order.into();
        let mut sorted = order.clone();
        sorted.sort_unstable();
        if sorted.into_iter().ne(0..order.len()) {
            return Err(Error::rule(format!(
                "{order:?} is not an order of claimants: each of 0 to n-1 must stand in it once"
            )));
        }
        Ok(Self { order })
    }
}

impl<N: Number> ClaimsRule<N> for StrictPriority {
    fn name(&self) -> &str {
        PRIORITY
    }

    fn award(&self, problem: &Problem<'_, N>) -> Result<Vec<N>> {
        fits(PRIORITY, "places", self.order.len(), problem)?;
        let mut awards = vec![N::ZERO; self.order.len()];
        let mut rest = problem.estate();
        for &i in &self.order {
            awards[i] = problem.claims()[i].lesser(rest);
            rest = rest - awards[i];
        }
        Ok(awards)
    }

    fn among(&self, claimants: &[usize]) -> Option<Box<dyn ClaimsRule<N>>> {
        // Each claimant's turn; who is asked for twice is served twice in a row.
        let turn = |i: &usize| self.order.iter().position(|place| place == i);
        let mut order: Vec<usize> = (0..claimants.len()).collect();
        order.sort_by_key(|&k| turn(&claimants[k]));
        Some(Box::new(Self { order }))
    }

    fn laws(&self) -> Vec<(Law, Verdict)> {
        law::declared(PRIORITY)
    }
}

fn checked<N: Number>(weights: Vec<N>) -> Result<Vec<N>> {
    match weights.iter().find(|w| !w.is_finite() || **w <= N::ZERO) {
        Some(weight) => Err(Error::rule(format!(
            "weight {weight}: a weight must be finite and positive"
        ))),
        None => Ok(weights),
    }
}

fn fits<N: Number>(rule: &str, what: &str, count: usize, problem: &Problem<'_, N>) -> Result<()> {
    let claims = problem.claims().len();
    if count == claims {
        return Ok(());
    }
    Err(Error::rule(format!(
        "rule `{rule}` has {count} {what} for {claims} claims"
    )))
}

/// The values of these claimants; nothing for one beyond the list, which the next award reports.
fn pick<N: Number>(values: &[N], claimants: &[usize]) -> Vec<N> {
    claimants
        .iter()
        .filter_map(|&i| values.get(i).copied())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_must_fit() {
        assert!(WeightedEqualAwards::new([1.0, 0.0]).unwrap_err().is_rule());
        assert!(
            WeightedEqualLosses::new([1.0, f64::NAN])
                .unwrap_err()
                .is_rule()
        );
        assert!(NashHarsanyi::new([1.0], [1.0, 2.0]).unwrap_err().is_rule());
        assert!(NashHarsanyi::new([1.0], [-1.0]).unwrap_err().is_rule());
        assert!(StrictPriority::new([0, 2]).unwrap_err().is_rule());
        assert!(StrictPriority::new([0, 0]).unwrap_err().is_rule());
        let rule = WeightedEqualAwards::new([1.0, 1.0]).unwrap();
        let error = rule.share(1.0, &[1.0, 1.0, 1.0]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "rule `weighted-equal-awards` has 2 weights for 3 claims"
        );
        let bargain = NashHarsanyi::new([1.0, 1.0], [5.0, 0.0]).unwrap();
        let error = bargain.share(6.0, &[4.0, 4.0]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "disagreement point 5 exceeds claim 1 of 4"
        );
    }

    #[test]
    fn the_bargain_maximises_the_nash_product() {
        let (weights, sure, claims) = ([1.0, 2.0, 0.5], [4.0, 0.0, 1.0], [10.0, 7.0, 30.0]);
        let rule = NashHarsanyi::new(weights, sure).unwrap();
        let awards = rule.share(25.0, &claims).unwrap();
        let product =
            |x: &[f64]| -> f64 { (0..3).map(|i| (x[i] - sure[i]).powf(weights[i])).product() };
        // Any small transfer that the claims allow lowers the product, which is log-concave.
        for from in 0..3 {
            for to in 0..3 {
                let mut other = awards.clone();
                other[from] -= 1e-3;
                other[to] += 1e-3;
                if from != to && other[to] <= claims[to] {
                    assert!(product(&other) < product(&awards), "{from} to {to}");
                }
            }
        }
    }
}
