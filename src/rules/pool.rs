//! Rules after cooperative games: for one pool only, since they are not consistent.

use super::equal::{plus, proportional};
use super::number::{Number, ascending, sum};
use super::{ClaimsRule, Law, Problem, Verdict, law};
use crate::error::{Error, Result};

pub(super) const ADJUSTED: &str = "adjusted-proportional";
pub(super) const RANDOM_ARRIVAL: &str = "random-arrival";
pub(super) const MINIMAL_OVERLAP: &str = "minimal-overlap";

/// What the others leave to a claimant anyhow, then the rest in proportion to what is still open and
/// within the rest: `xᵢ = mᵢ + PRO(E', min(cᵢ - mᵢ, E'))` with `mᵢ = max(0, E - Σⱼ≠ᵢ cⱼ)` and
/// `E' = E - Σ mⱼ`.
///
/// Curiel, Maschler and Tijs (1987); the τ-value of the game in which a coalition is sure of what the
/// others leave it. Proportional sharing without its brakeless claims: it keeps truncation
/// invariance, minimal rights first and self-duality. It breaks consistency, both composition laws
/// and population monotonicity: a claimant who leaves can harm one who stays.
///
/// Daily use: no, once a season; not on networks.
///
/// ```
/// use riparian::rules::{AdjustedProportional, ClaimsRule};
///
/// assert_eq!(AdjustedProportional.share(1.0, &[1.0, 0.5])?, [0.75, 0.25]);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AdjustedProportional;

impl<N: Number> ClaimsRule<N> for AdjustedProportional {
    fn name(&self) -> &str {
        ADJUSTED
    }

    fn award(&self, problem: &Problem<'_, N>) -> Result<Vec<N>> {
        // E - Σⱼ≠ᵢ cⱼ is the claim less the deficit.
        let deficit = problem.deficit();
        let minimal: Vec<N> = problem
            .claims()
            .iter()
            .map(|&claim| (claim - deficit).greater(N::ZERO))
            .collect();
        let rest = (problem.estate() - sum(&minimal)).greater(N::ZERO);
        let open: Vec<N> = problem
            .claims()
            .iter()
            .zip(&minimal)
            .map(|(&claim, &right)| (claim - right).lesser(rest))
            .collect();
        Ok(plus(&minimal, &proportional(rest, &open)))
    }

    fn laws(&self) -> Vec<(Law, Verdict)> {
        law::declared(ADJUSTED)
    }
}

/// First come, first served, averaged over all orders of arrival.
///
/// O'Neill (1982), for a text of Rabad (12th century); the Shapley value of the game in which a
/// coalition is sure of what the others leave it. It keeps self-duality, truncation invariance and
/// minimal rights first. It breaks consistency, both composition laws and replication invariance.
///
/// Computed exactly from the `2ⁿ` sets of those who may have come before, so at most 20 claimants.
/// Daily use: no, once a season; not on networks.
///
/// ```
/// use riparian::rules::{ClaimsRule, RandomArrival};
///
/// assert_eq!(RandomArrival.share(4.0, &[2.0, 4.0])?, [1.0, 3.0]);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RandomArrival;

impl RandomArrival {
    /// The most claimants that the rule accepts.
    pub const MOST: usize = 20;
}

impl<N: Number> ClaimsRule<N> for RandomArrival {
    fn name(&self) -> &str {
        RANDOM_ARRIVAL
    }

    fn award(&self, problem: &Problem<'_, N>) -> Result<Vec<N>> {
        let (estate, claims, n) = (problem.estate(), problem.claims(), problem.claims().len());
        if n > Self::MOST {
            return Err(Error::rule(format!(
                "rule `{RANDOM_ARRIVAL}` shares among at most {} claims, not {n}",
                Self::MOST
            )));
        }
        if estate >= problem.total() {
            return Ok(claims.to_vec());
        }
        // What sets of claimants have taken, and what each claimant gets after all sets of k.
        let mut taken = vec![N::ZERO; 1 << n];
        let mut gets = vec![vec![N::ZERO; n]; n];
        for earlier in 0_usize..1 << n {
            if earlier > 0 {
                let last = earlier.trailing_zeros() as usize;
                taken[earlier] = taken[earlier & (earlier - 1)] + claims[last];
            }
            let rest = estate - taken[earlier];
            if rest <= N::ZERO {
                continue;
            }
            let k = earlier.count_ones() as usize;
            for i in (0..n).filter(|i| earlier >> i & 1 == 0) {
                gets[i][k] = gets[i][k] + claims[i].lesser(rest);
            }
        }
        // A set of k has come before claimant i with the chance 1 / (n binomial(n-1, k)).
        let mut sets = vec![1_usize; n];
        for k in 1..n {
            sets[k] = sets[k - 1] * (n - k) / k;
        }
        Ok(gets
            .iter()
            .map(|by_size| {
                by_size
                    .iter()
                    .zip(&sets)
                    .fold(N::ZERO, |mean, (&x, &sets)| mean + x / N::whole(n * sets))
            })
            .collect())
    }

    fn laws(&self) -> Vec<(Law, Verdict)> {
        law::declared(RANDOM_ARRIVAL)
    }
}

/// Claims are laid over the estate so that they overlap as little as can be, and each unit is shared
/// equally among those who claim it.
///
/// O'Neill (1982), for a text of Ibn Ezra (12th century). With claims sorted upwards, the first
/// `cₖ - cₖ₋₁` units above those of the smaller claims are shared by the `n - k + 1` who reach so
/// high; where no claim reaches the estate, that ladder goes up to the `s` at which
/// `Σ max(0, cᵢ - s) = E - s`, and what a claim has above `s` is its own.
///
/// It keeps truncation invariance and minimal rights first, which self-dual rules share, but is not
/// self-dual; it breaks consistency and both composition laws.
///
/// Daily use: no, once a season; not on networks.
///
/// ```
/// use riparian::rules::{ClaimsRule, MinimalOverlap};
///
/// // Ibn Ezra's four sons, who claim all, a half, a third and a quarter of 120.
/// let awards = MinimalOverlap.share(120.0, &[120.0, 60.0, 40.0, 30.0])?;
/// let published = [80.0 + 5.0 / 6.0, 20.0 + 5.0 / 6.0, 10.0 + 5.0 / 6.0, 7.5];
/// assert!(awards.iter().zip(published).all(|(x, y)| (x - y).abs() < 1e-12));
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MinimalOverlap;

impl<N: Number> ClaimsRule<N> for MinimalOverlap {
    fn name(&self) -> &str {
        MINIMAL_OVERLAP
    }

    fn award(&self, problem: &Problem<'_, N>) -> Result<Vec<N>> {
        let claims = problem.claims();
        let n = claims.len();
        if problem.estate() >= problem.total() {
            return Ok(claims.to_vec());
        }
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| ascending(claims[a], claims[b]));
        let height = overlap_height(problem, &order);

        let mut awards = vec![N::ZERO; n];
        let (mut ladder, mut below) = (N::ZERO, N::ZERO);
        for (k, &i) in order.iter().enumerate() {
            let rung = claims[i].lesser(height);
            ladder = ladder + (rung - below) / N::whole(n - k);
            below = rung;
            awards[i] = ladder + (claims[i] - rung).lesser(problem.estate() - rung);
        }
        Ok(awards)
    }

    fn laws(&self) -> Vec<(Law, Verdict)> {
        law::declared(MINIMAL_OVERLAP)
    }
}

/// Where the ladder ends: at the estate, or below the second largest claim where no claim reaches the
/// estate.
fn overlap_height<N: Number>(problem: &Problem<'_, N>, order: &[usize]) -> N {
    let (claims, estate, n) = (problem.claims(), problem.estate(), order.len());
    if order.last().is_none_or(|&i| estate <= claims[i]) {
        return estate;
    }
    // Above s lie the claims from the k-th on: Σ (cⱼ - s) = E - s has one root, in one of the gaps.
    let mut above = problem.total();
    for (k, &i) in order.iter().enumerate().take(n - 1) {
        let height = (above - estate) / N::whole(n - k - 1);
        if height <= claims[i] {
            return height;
        }
        above = above - claims[i];
    }
    // Only by rounding: the root is the second largest claim.
    claims[order[n - 2]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_arrivals_are_an_error() {
        let claims = [1.0; 21];
        assert!(RandomArrival.share(3.0, &claims).unwrap_err().is_rule());
        let awards = RandomArrival.share(3.0, &claims[..20]).unwrap();
        assert!(awards.iter().all(|x| x.agrees(0.15, 1.0)));
    }
}
