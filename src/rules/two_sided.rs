//! Rules that change sides at half the claims.

use super::equal::{equal_awards, equal_losses, minus, plus};
use super::number::{Number, ascending};
use super::{ClaimsRule, Law, Problem, Verdict, law};
use crate::error::Result;

pub(super) const TALMUD: &str = "talmud";
pub(super) const REVERSE_TALMUD: &str = "reverse-talmud";
pub(super) const PINILE: &str = "pinile";
pub(super) const EGALITARIAN: &str = "constrained-egalitarian";

/// Equal awards up to half the claims, equal losses beyond: `CEA(E, c/2)` if `E ≤ C/2`, else
/// `c - CEA(C - E, c/2)`.
///
/// Aumann and Maschler (1985), who found it behind the Mishnah's three widows and the contested
/// garment; it is the nucleolus of the game in which a coalition is sure of what the others leave it.
/// It treats gains and losses alike (self-duality), and is consistent. It has neither composition
/// law, and neither merging nor splitting is harmless.
///
/// Layers: two, the level in `[0, cᵢ/2]` and in `[2h - cᵢ/2, 2h]`, slope 1. Daily use: no, once a
/// season.
///
/// ```
/// use riparian::rules::{ClaimsRule, Talmud};
///
/// assert_eq!(Talmud.share(300.0, &[100.0, 200.0, 300.0])?, [50.0, 100.0, 150.0]);
/// // Two hold a garment; one claims it all, the other half.
/// assert_eq!(Talmud.share(1.0, &[1.0, 0.5])?, [0.75, 0.25]);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Talmud;

impl<N: Number> ClaimsRule<N> for Talmud {
    fn name(&self) -> &str {
        TALMUD
    }

    fn award(&self, problem: &Problem<'_, N>) -> Result<Vec<N>> {
        let halves = Halves::of(problem);
        Ok(if halves.suffice {
            halves.equal_awards(problem.estate())
        } else {
            minus(problem.claims(), &halves.equal_awards(problem.deficit()))
        })
    }

    fn laws(&self) -> Vec<(Law, Verdict)> {
        law::declared(TALMUD)
    }
}

/// Equal losses up to half the claims, equal awards beyond: `CEL(E, c/2)` if `E ≤ C/2`, else
/// `c/2 + CEA(E - C/2, c/2)`.
///
/// Chun, Schummer and Thomson (2001): the Talmud rule with its two halves exchanged. Consistent, and
/// like the Talmud rule self-dual. When water is very short small claims get nothing, and when little
/// is missing they are met first. It breaks both composition laws, truncation invariance and minimal
/// rights first. (Equal losses in both halves would be the dual of [`Pinile`].)
///
/// Layers: two, the level in `[h - cᵢ/2, h]` and in `[h, h + cᵢ/2]`, slope 1. Daily use: no, once a
/// season.
///
/// ```
/// use riparian::rules::{ClaimsRule, ReverseTalmud};
///
/// assert_eq!(ReverseTalmud.share(3.0, &[3.0, 6.0])?, [0.75, 2.25]);
/// assert_eq!(ReverseTalmud.share(8.0, &[3.0, 6.0])?, [3.0, 5.0]);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReverseTalmud;

impl<N: Number> ClaimsRule<N> for ReverseTalmud {
    fn name(&self) -> &str {
        REVERSE_TALMUD
    }

    fn award(&self, problem: &Problem<'_, N>) -> Result<Vec<N>> {
        let halves = Halves::of(problem);
        Ok(if halves.suffice {
            equal_losses(problem.estate(), &halves.claims, |_| N::whole(1))
        } else {
            let rest = halves.equal_awards(problem.estate() - halves.total);
            plus(&halves.claims, &rest)
        })
    }

    fn laws(&self) -> Vec<(Law, Verdict)> {
        law::declared(REVERSE_TALMUD)
    }
}

/// Equal awards of the first halves, then equal awards of the second: `CEA(E, c/2)` if `E ≤ C/2`,
/// else `c/2 + CEA(E - C/2, c/2)`.
///
/// Piniles (1861). Consistent and regressive (small claims get the larger fraction); merging claims
/// never pays. It breaks both composition laws, self-duality, truncation invariance and minimal
/// rights first.
///
/// Layers: two, the level in `[0, cᵢ/2]` and in `[h, h + cᵢ/2]`, slope 1. Daily use: no, once a
/// season.
///
/// ```
/// use riparian::rules::{ClaimsRule, Pinile};
///
/// assert_eq!(Pinile.share(450.0, &[100.0, 200.0, 300.0])?, [100.0, 150.0, 200.0]);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pinile;

impl<N: Number> ClaimsRule<N> for Pinile {
    fn name(&self) -> &str {
        PINILE
    }

    fn award(&self, problem: &Problem<'_, N>) -> Result<Vec<N>> {
        let halves = Halves::of(problem);
        Ok(if halves.suffice {
            halves.equal_awards(problem.estate())
        } else {
            let rest = halves.equal_awards(problem.estate() - halves.total);
            plus(&halves.claims, &rest)
        })
    }

    fn laws(&self) -> Vec<(Law, Verdict)> {
        law::declared(PINILE)
    }
}

/// As equal as can be while everyone has half the claim before anyone has more:
/// `CEA(E, c/2)` if `E ≤ C/2`, else `max(cᵢ/2, min(cᵢ, λ))`.
///
/// Chun, Schummer and Thomson (2001), after Sprumont's uniform rule for single-peaked preferences.
/// Consistent and regressive; merging claims never pays. It breaks the composition laws,
/// self-duality, truncation invariance, minimal rights first, and the three laws that keep
/// differences in order when estate, claims or claimants vary.
///
/// Layers: two, the level in `[0, cᵢ/2]` and in `[h + cᵢ/2, h + cᵢ]`, slope 1. Daily use: no, once a
/// season.
///
/// ```
/// use riparian::rules::{ClaimsRule, ConstrainedEgalitarian};
///
/// let awards = ConstrainedEgalitarian.share(9.0, &[9.0, 6.0])?;
/// assert_eq!(awards, [4.5, 4.5]);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConstrainedEgalitarian;

impl<N: Number> ClaimsRule<N> for ConstrainedEgalitarian {
    fn name(&self) -> &str {
        EGALITARIAN
    }

    fn award(&self, problem: &Problem<'_, N>) -> Result<Vec<N>> {
        let halves = Halves::of(problem);
        if halves.suffice {
            return Ok(halves.equal_awards(problem.estate()));
        }
        if problem.estate() >= problem.total() {
            return Ok(problem.claims().to_vec());
        }
        let level = egalitarian_level(problem, &halves);
        Ok(problem
            .claims()
            .iter()
            .zip(&halves.claims)
            .map(|(&claim, &half)| half.greater(claim.lesser(level)))
            .collect())
    }

    fn laws(&self) -> Vec<(Law, Verdict)> {
        law::declared(EGALITARIAN)
    }
}

/// The `λ` with `Σ max(cᵢ/2, min(cᵢ, λ)) = E`, for an estate between `C/2` and `C`.
fn egalitarian_level<N: Number>(problem: &Problem<'_, N>, halves: &Halves<N>) -> N {
    // A rising level starts to add to an award at half the claim, and stops at the claim.
    let starts = halves.claims.iter().map(|&half| (half, true));
    let ends = problem.claims().iter().map(|&claim| (claim, false));
    let mut turns: Vec<(N, bool)> = starts.chain(ends).collect();
    turns.sort_by(|a, b| ascending(a.0, b.0));

    let (mut level, mut growing, mut rest) = (N::ZERO, 0, problem.estate() - halves.total);
    for (turn, starts) in turns {
        let step = (turn - level) * N::whole(growing);
        if growing > 0 && rest <= step {
            return level + rest / N::whole(growing);
        }
        rest = rest - step;
        level = turn;
        if starts {
            growing += 1;
        } else {
            growing = growing.saturating_sub(1);
        }
    }
    level
}

/// Half of every claim.
struct Halves<N> {
    claims: Vec<N>,
    total: N,
    /// Is the estate at most half the claims?
    suffice: bool,
}

impl<N: Number> Halves<N> {
    fn of(problem: &Problem<'_, N>) -> Self {
        let two = N::whole(2);
        let total = problem.total() / two;
        Self {
            claims: problem.claims().iter().map(|&c| c / two).collect(),
            total,
            suffice: problem.estate() <= total,
        }
    }

    fn equal_awards(&self, estate: N) -> Vec<N> {
        equal_awards(estate, &self.claims, |_| N::whole(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_give_half_the_claims_at_half_the_sum() {
        let claims = [7.0, 3.0, 12.0];
        for rule in super::super::all::<f64>() {
            if [TALMUD, REVERSE_TALMUD, PINILE, EGALITARIAN].contains(&rule.name()) {
                assert_eq!(rule.share(11.0, &claims).unwrap(), [3.5, 1.5, 6.0]);
            }
        }
    }

    #[test]
    fn the_egalitarian_level_passes_a_gap() {
        // From 10 to 20 nobody's award grows with the level.
        let awards = ConstrainedEgalitarian.share(31.0, &[10.0, 40.0]).unwrap();
        assert_eq!(awards, [10.0, 21.0]);
    }
}
