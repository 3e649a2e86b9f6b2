//! Rules for parties along one river, where water flows one way.

use std::fmt;

use super::number::{Number, sum};
use super::{ClaimsRule, Problem};
use crate::error::{Error, Result};

/// Parties along one river, from the source to the mouth: what flows in at each, and what each
/// claims.
///
/// An award is possible if no claim is exceeded and no party's water has to flow uphill:
/// `0 ≤ xᵢ ≤ cᵢ` and `x₁ + … + xᵢ ≤ e₁ + … + eᵢ` for every `i`. What nobody gets flows on past the
/// last party.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct River<'a, N: Number = f64> {
    inflows: &'a [N],
    claims: &'a [N],
}

impl<'a, N: Number> River<'a, N> {
    /// The river with these inflows and claims, one of each a party, source first.
    ///
    /// # Errors
    ///
    /// An error for which [`Error::is_rule`] holds, if a number is negative, infinite or NaN, or
    /// there are not as many inflows as claims.
    pub fn new(inflows: &'a [N], claims: &'a [N]) -> Result<Self> {
        if inflows.len() != claims.len() {
            return Err(Error::rule(format!(
                "{} inflows but {} claims",
                inflows.len(),
                claims.len()
            )));
        }
        for (what, numbers) in [("inflow", inflows), ("claim", claims)] {
            if let Some(i) = numbers.iter().position(|x| !x.is_finite() || *x < N::ZERO) {
                return Err(Error::rule(format!(
                    "{what} {} is {}: it must be finite and not negative",
                    i + 1,
                    numbers[i]
                )));
            }
        }
        if !sum(inflows).is_finite() || !sum(claims).is_finite() {
            return Err(Error::rule("the inflows or the claims add up to infinity"));
        }
        Ok(Self { inflows, claims })
    }

    /// What flows in at each party.
    pub fn inflows(&self) -> &'a [N] {
        self.inflows
    }

    /// What each party claims.
    pub fn claims(&self) -> &'a [N] {
        self.claims
    }
}

/// A way to share a river.
pub trait RiverRule<N: Number = f64>: fmt::Debug + Send + Sync {
    /// The name in files and messages, in lower case with hyphens.
    fn name(&self) -> &str;

    /// The awards, source first.
    ///
    /// # Errors
    ///
    /// An error for which [`Error::is_rule`] holds, if the rule does not fit the river.
    fn award(&self, river: &River<'_, N>) -> Result<Vec<N>>;
}

/// Upstream first: everyone takes what passes, up to the claim.
///
/// Absolute territorial sovereignty, or the doctrine of Harmon (1895): `xᵢ = min(cᵢ, eᵢ + what those
/// upstream leave)`. The only solution with all the composition laws of Ansink and Weikard (2015).
/// Daily use: yes, sharing a season day by day among the claims still open comes to the same. What it
/// lacks is any care for those downstream.
///
/// ```
/// use riparian::rules::{Harmon, River, RiverRule};
///
/// let river = River::new(&[80.0, 10.0, 10.0], &[50.0, 60.0, 40.0])?;
/// assert_eq!(Harmon.award(&river)?, [50.0, 40.0, 10.0]);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Harmon;

impl<N: Number> RiverRule<N> for Harmon {
    fn name(&self) -> &'static str {
        "harmon"
    }

    fn award(&self, river: &River<'_, N>) -> Result<Vec<N>> {
        let mut passing = N::ZERO;
        Ok(river
            .inflows
            .iter()
            .zip(river.claims)
            .map(|(&inflow, &claim)| {
                passing = passing + inflow;
                let award = claim.lesser(passing);
                passing = passing - award;
                award
            })
            .collect())
    }
}

/// Downstream first: the last party gets all that can reach it, up to the claim, then the last but
/// one.
///
/// Unlimited territorial integrity, or no harm: upstream may use only what those below do not claim.
/// The award of party `i` is its claim, or what every stretch below can spare of the water that has
/// come in so far: `minₖ≥ᵢ (e₁ + … + eₖ - xᵢ₊₁ - … - xₖ)`.
///
/// Daily use: only with foresight. Water passed down for a claim that tomorrow's tributary would have
/// met is lost to those above.
///
/// ```
/// use riparian::rules::{NoHarm, River, RiverRule};
///
/// let river = River::new(&[80.0, 10.0, 10.0], &[50.0, 60.0, 40.0])?;
/// assert_eq!(NoHarm.award(&river)?, [0.0, 60.0, 40.0]);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoHarm;

impl<N: Number> RiverRule<N> for NoHarm {
    fn name(&self) -> &'static str {
        "no-harm"
    }

    fn award(&self, river: &River<'_, N>) -> Result<Vec<N>> {
        let mut come: Vec<N> = Vec::with_capacity(river.inflows.len());
        for &inflow in river.inflows {
            come.push(come.last().map_or(inflow, |&so_far| so_far + inflow));
        }
        let mut awards = river.claims.to_vec();
        let mut spare = come.last().copied().unwrap_or(N::ZERO);
        for (award, &come) in awards.iter_mut().zip(&come).rev() {
            spare = spare.lesser(come);
            *award = award.lesser(spare);
            spare = spare - *award;
        }
        Ok(awards)
    }
}

/// One after the other from the source: each party shares what passes with all those below it taken
/// as one, by a rule for two.
///
/// Ansink and Weikard (2012). Party `i` faces the water `Eᵢ = eᵢ + what was left to those below so
/// far` and the claims `cᵢ` and `dᵢ`, where `dᵢ = max(0, cᵢ₊₁ - eᵢ₊₁ + dᵢ₊₁)` is what those below
/// still need beyond their own inflows; a surplus at the mouth does not help those above it. Where
/// the two claims are less than the water, both are met.
///
/// Daily use: no. What those below need is counted against the inflows of the same period, so a day's
/// answer forgets tomorrow's rain; share a season.
///
/// ```
/// use riparian::rules::{Proportional, River, RiverRule, SequentialSharing};
///
/// let river = River::new(&[80.0, 10.0, 10.0], &[50.0, 60.0, 40.0])?;
/// // First 80 between claims of 50 and (60 - 10) + (40 - 10) = 80, and so on.
/// let awards = SequentialSharing::new(Proportional).award(&river)?;
/// assert!((awards[0] - 80.0 * 50.0 / 130.0).abs() < 1e-12);
/// assert!((awards.iter().sum::<f64>() - 100.0).abs() < 1e-12);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Debug)]
pub struct SequentialSharing<N: Number = f64> {
    rule: Box<dyn ClaimsRule<N>>,
    name: String,
}

impl<N: Number> SequentialSharing<N> {
    /// Sequential sharing by this rule for two, which sees the upstream party first.
    pub fn new(rule: impl ClaimsRule<N> + 'static) -> Self {
        Self {
            name: format!("sequential-{}", rule.name()),
            rule: Box::new(rule),
        }
    }
}

impl<N: Number> RiverRule<N> for SequentialSharing<N> {
    fn name(&self) -> &str {
        &self.name
    }

    fn award(&self, river: &River<'_, N>) -> Result<Vec<N>> {
        let mut needs = vec![N::ZERO; river.claims.len()];
        let mut need = N::ZERO;
        for (i, below) in needs.iter_mut().enumerate().rev() {
            *below = need;
            need = (need + river.claims[i] - river.inflows[i]).greater(N::ZERO);
        }
        let mut passing = N::ZERO;
        let mut awards = Vec::with_capacity(needs.len());
        for (i, &below) in needs.iter().enumerate() {
            passing = passing + river.inflows[i];
            let claims = [river.claims[i], below];
            let estate = passing.lesser(Problem::new(N::ZERO, &claims)?.total());
            let award = self.rule.share(estate, &claims)?[0].lesser(passing);
            passing = passing - award;
            awards.push(award);
        }
        Ok(awards)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ConstrainedEqualAwards, StrictPriority, by_name, names};
    use super::*;

    /// Every river of three parties with small whole inflows and claims.
    fn rivers() -> impl Iterator<Item = ([f64; 3], [f64; 3])> {
        (0..4_usize.pow(6)).map(|code| {
            let digit = |place: u32| (code / 4_usize.pow(place) % 4) as f64;
            (
                [digit(0), digit(1), digit(2)],
                [digit(3), digit(4), digit(5)],
            )
        })
    }

    #[test]
    fn awards_never_exceed_claims_or_flow_uphill() {
        let mut rules: Vec<Box<dyn RiverRule>> = vec![Box::new(Harmon), Box::new(NoHarm)];
        for name in names() {
            rules.push(Box::new(SequentialSharing::new(by_name(name).unwrap())));
        }
        for (inflows, claims) in rivers() {
            let river = River::new(&inflows, &claims).unwrap();
            for rule in &rules {
                let awards = rule.award(&river).unwrap();
                for i in 0..3 {
                    let name = rule.name();
                    assert!(
                        awards[i] >= 0.0 && awards[i] <= claims[i],
                        "{name}: {river:?}"
                    );
                    let (used, come) = (sum(&awards[..=i]), sum(&inflows[..=i]));
                    assert!(used <= come || used.agrees(come, come), "{name}: {river:?}");
                }
            }
        }
    }

    #[test]
    fn no_award_can_grow_without_another_shrinking() {
        // Each wastes no water: a party short of its claim has no unclaimed water at or above it.
        let rules: [Box<dyn RiverRule>; 3] = [
            Box::new(Harmon),
            Box::new(NoHarm),
            Box::new(SequentialSharing::new(ConstrainedEqualAwards)),
        ];
        for (inflows, claims) in rivers() {
            let river = River::new(&inflows, &claims).unwrap();
            for rule in &rules {
                let awards = rule.award(&river).unwrap();
                for i in 0..3 {
                    let spare = (i..3)
                        .map(|k| sum(&inflows[..=k]) - sum(&awards[..=k]))
                        .fold(f64::INFINITY, f64::min);
                    let full = awards[i].agrees(claims[i], 12.0);
                    assert!(
                        full || spare.agrees(0.0, 12.0),
                        "{}: {river:?}",
                        rule.name()
                    );
                }
            }
        }
    }

    #[test]
    fn upstream_first_is_sequential_sharing_by_priority() {
        for (inflows, claims) in rivers() {
            let river = River::new(&inflows, &claims).unwrap();
            let first = SequentialSharing::new(StrictPriority::new([0, 1]).unwrap());
            assert_eq!(first.award(&river).unwrap(), Harmon.award(&river).unwrap());
            let last = SequentialSharing::new(StrictPriority::new([1, 0]).unwrap());
            assert_eq!(last.award(&river).unwrap(), NoHarm.award(&river).unwrap());
        }
    }

    /// A season in one piece, and as one day after another among the claims still open.
    fn whole_and_sliced(
        rule: &dyn RiverRule,
        days: [[f64; 3]; 2],
        claims: [f64; 3],
    ) -> [Vec<f64>; 2] {
        let season: Vec<f64> = (0..3).map(|i| days[0][i] + days[1][i]).collect();
        let whole = rule.award(&River::new(&season, &claims).unwrap()).unwrap();
        let first = rule.award(&River::new(&days[0], &claims).unwrap()).unwrap();
        let open: Vec<f64> = (0..3).map(|i| claims[i] - first[i]).collect();
        let second = rule.award(&River::new(&days[1], &open).unwrap()).unwrap();
        [whole, (0..3).map(|i| first[i] + second[i]).collect()]
    }

    #[test]
    fn upstream_first_can_be_applied_daily_and_downstream_first_cannot() {
        for (today, claims) in rivers() {
            for tomorrow in [[0.0, 0.0, 3.0], [2.0, 0.0, 1.0], [1.0, 3.0, 0.0]] {
                let [whole, sliced] = whole_and_sliced(&Harmon, [today, tomorrow], claims);
                assert_eq!(whole, sliced);
            }
        }
        let days = [[5.0, 0.0, 0.0], [0.0, 0.0, 5.0]];
        let [whole, sliced] = whole_and_sliced(&NoHarm, days, [5.0, 0.0, 5.0]);
        assert_eq!(whole, [5.0, 0.0, 5.0]);
        assert_eq!(sliced, [0.0, 0.0, 5.0]);
    }

    #[test]
    fn what_is_no_river_is_an_error() {
        assert!(River::new(&[1.0], &[1.0, 2.0]).unwrap_err().is_rule());
        assert!(River::new(&[-1.0], &[1.0]).unwrap_err().is_rule());
        let error = River::new(&[1.0], &[f64::NAN]).unwrap_err();
        assert!(error.to_string().starts_with("claim 1 is NaN"));
    }
}
