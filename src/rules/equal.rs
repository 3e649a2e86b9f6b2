//! The three oldest rules: equal fractions, equal awards, equal losses.

use super::number::{Number, ascending, sum};
use super::{ClaimsRule, Law, Problem, Verdict, law};
use crate::error::Result;

pub(super) const PROPORTIONAL: &str = "proportional";
pub(super) const EQUAL_AWARDS: &str = "constrained-equal-awards";
pub(super) const EQUAL_LOSSES: &str = "constrained-equal-losses";

/// The same fraction of every claim: `xᵢ = cᵢ E / C`.
///
/// The rule of Aristotle's *Nicomachean Ethics*, and of most water agreements. It keeps more laws
/// than any other; merging, splitting or trading claims gains nothing. What it lacks is a brake: a
/// claim beyond all the water there is still pulls ([`Law::TruncationInvariance`] fails).
///
/// Layers: one, the level in `[0, 1]`, slope `cᵢ`. Daily use: yes, it has composition up and down.
///
/// ```
/// use riparian::rules::{ClaimsRule, Proportional};
///
/// assert_eq!(Proportional.share(300.0, &[100.0, 200.0, 300.0])?, [50.0, 100.0, 150.0]);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proportional;

impl<N: Number> ClaimsRule<N> for Proportional {
    fn name(&self) -> &str {
        PROPORTIONAL
    }

    fn award(&self, problem: &Problem<'_, N>) -> Result<Vec<N>> {
        Ok(proportional(problem.estate(), problem.claims()))
    }

    fn laws(&self) -> Vec<(Law, Verdict)> {
        law::declared(PROPORTIONAL)
    }
}

/// The same amount for all, but nobody more than the claim: `xᵢ = min(cᵢ, λ)`, with `λ` such that
/// the awards make up the estate.
///
/// Maimonides (12th century). It shelters small claims: one that fits into an equal share of the
/// water is met in full, and [`Law::ConditionalFullCompensation`] holds for this rule alone. It
/// also keeps truncation invariance: asking for more than the river gains nothing. It breaks
/// self-duality, minimal rights first, and no advantageous splitting: provinces get more than their
/// country.
///
/// Layers: one, the level in `[0, cᵢ]`, slope 1. Daily use: yes, it has composition up and down.
///
/// ```
/// use riparian::rules::{ClaimsRule, ConstrainedEqualAwards};
///
/// let awards = ConstrainedEqualAwards.share(300.0, &[50.0, 200.0, 300.0])?;
/// assert_eq!(awards, [50.0, 125.0, 125.0]);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConstrainedEqualAwards;

impl<N: Number> ClaimsRule<N> for ConstrainedEqualAwards {
    fn name(&self) -> &str {
        EQUAL_AWARDS
    }

    fn award(&self, problem: &Problem<'_, N>) -> Result<Vec<N>> {
        Ok(equal_awards(problem.estate(), problem.claims(), |_| {
            N::whole(1)
        }))
    }

    fn laws(&self) -> Vec<(Law, Verdict)> {
        law::declared(EQUAL_AWARDS)
    }
}

/// The same loss for all, but nobody less than nothing: `xᵢ = max(0, cᵢ - μ)`, with `μ` such that
/// the awards make up the estate.
///
/// Maimonides (12th century); the dual of [`ConstrainedEqualAwards`]. It shelters large claims: when
/// water is very short small claimants get nothing, and [`Law::ConditionalNullCompensation`] holds
/// for this rule alone. It breaks self-duality, truncation invariance (asking for more than the
/// river pays), and no advantageous merging.
///
/// Layers: one, the level in `[L - cᵢ, L]`, slope 1. Daily use: yes, it has composition up and down.
///
/// ```
/// use riparian::rules::{ClaimsRule, ConstrainedEqualLosses};
///
/// let awards = ConstrainedEqualLosses.share(300.0, &[50.0, 200.0, 300.0])?;
/// assert_eq!(awards, [0.0, 100.0, 200.0]);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConstrainedEqualLosses;

impl<N: Number> ClaimsRule<N> for ConstrainedEqualLosses {
    fn name(&self) -> &str {
        EQUAL_LOSSES
    }

    fn award(&self, problem: &Problem<'_, N>) -> Result<Vec<N>> {
        Ok(equal_losses(problem.estate(), problem.claims(), |_| {
            N::whole(1)
        }))
    }

    fn laws(&self) -> Vec<(Law, Verdict)> {
        law::declared(EQUAL_LOSSES)
    }
}

/// `cᵢ E / C`; the fraction is taken first, so that it is exactly 1 when nothing is short.
pub(super) fn proportional<N: Number>(estate: N, claims: &[N]) -> Vec<N> {
    let total = sum(claims);
    if total == N::ZERO {
        return claims.to_vec();
    }
    let fraction = estate / total;
    claims.iter().map(|&c| c * fraction).collect()
}

/// `min(cᵢ, wᵢ λ)` for the `λ` at which these add up to the estate; all weights positive.
///
/// One level is found and applied to all, so that equals get the same bits.
pub(super) fn equal_awards<N: Number>(
    estate: N,
    claims: &[N],
    weight: impl Fn(usize) -> N,
) -> Vec<N> {
    if estate >= sum(claims) {
        return claims.to_vec();
    }
    // The claims in the order in which a rising level fills them, and the weight still unfilled.
    let mut order: Vec<(N, usize)> = (0..claims.len())
        .map(|i| (claims[i] / weight(i), i))
        .collect();
    order.sort_by(|a, b| ascending(a.0, b.0));
    let mut unfilled = vec![N::ZERO; order.len()];
    let mut weights = N::ZERO;
    for (rest, &(_, i)) in unfilled.iter_mut().zip(&order).rev() {
        weights = weights + weight(i);
        *rest = weights;
    }

    let mut rest = estate;
    for (&(full, i), &weights) in order.iter().zip(&unfilled) {
        let level = rest / weights;
        if level <= full {
            return (0..claims.len())
                .map(|i| claims[i].lesser(weight(i) * level))
                .collect();
        }
        rest = rest - claims[i];
    }
    claims.to_vec()
}

/// `max(0, cᵢ - wᵢ μ)`: the losses are shared as awards are above.
pub(super) fn equal_losses<N: Number>(
    estate: N,
    claims: &[N],
    weight: impl Fn(usize) -> N,
) -> Vec<N> {
    let losses = equal_awards(sum(claims) - estate, claims, weight);
    minus(claims, &losses)
}

/// `aᵢ - bᵢ`.
pub(super) fn minus<N: Number>(a: &[N], b: &[N]) -> Vec<N> {
    a.iter().zip(b).map(|(&a, &b)| a - b).collect()
}

/// `aᵢ + bᵢ`.
pub(super) fn plus<N: Number>(a: &[N], b: &[N]) -> Vec<N> {
    a.iter().zip(b).map(|(&a, &b)| a + b).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_get_the_same_bits() {
        let claims = [100.0, 200.0, 100.0, 300.0, 100.0];
        for awards in [
            ConstrainedEqualAwards.share(100.1, &claims).unwrap(),
            ConstrainedEqualLosses.share(700.3, &claims).unwrap(),
        ] {
            assert_eq!(awards[0], awards[2]);
            assert_eq!(awards[0], awards[4]);
        }
    }
}
