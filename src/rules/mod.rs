//! Claims rules: how those who ask for more water than there is share what there is.
//!
//! A claims [`Problem`] is an estate `E` (the water), and claims `c₁ … cₙ` (what each asks for) that
//! together are at least the estate: `0 ≤ E ≤ C = Σ cᵢ`. A [`ClaimsRule`] answers with awards
//! `x₁ … xₙ`, where `0 ≤ xᵢ ≤ cᵢ` and `Σ xᵢ = E`. Any unit will do, if it is the same throughout;
//! the crate itself counts volumes in m3.
//!
//! ```
//! use riparian::rules::{ClaimsRule, Proportional, Talmud};
//!
//! // The Mishnah's three widows: 200 between claims of 100, 200 and 300.
//! let awards = Talmud.share(200.0, &[100.0, 200.0, 300.0])?;
//! assert_eq!(awards, [50.0, 75.0, 75.0]);
//!
//! // A rule by its name, as scenario files give it.
//! let rule = riparian::rules::by_name("constrained-equal-losses")?;
//! assert_eq!(rule.share(200.0, &[100.0, 200.0, 300.0])?, [0.0, 50.0, 150.0]);
//!
//! // What cannot be shared is an error, not a guess.
//! assert!(Proportional.share(700.0, &[100.0, 200.0, 300.0]).unwrap_err().is_rule());
//! # Ok::<(), riparian::Error>(())
//! ```
//!
//! # Which rule?
//!
//! | rule | in a word | daily? |
//! |---|---|---|
//! | [`Proportional`] | the same fraction of every claim | yes |
//! | [`ConstrainedEqualAwards`] | the same amount, up to the claim: shelters small claims | yes |
//! | [`ConstrainedEqualLosses`] | the same cut, down to nothing: shelters large claims | yes |
//! | [`WeightedEqualAwards`], [`WeightedEqualLosses`] | the same by treaty shares | yes |
//! | [`StrictPriority`] | first come, first served | yes |
//! | [`Talmud`], [`ReverseTalmud`], [`Pinile`], [`ConstrainedEgalitarian`] | change sides at half the claims | once a season |
//! | [`NashHarsanyi`] | everyone's fall-back first, the rest by bargaining power | once a season |
//! | [`AdjustedProportional`], [`RandomArrival`], [`MinimalOverlap`] | after cooperative games | once a season |
//!
//! A rule is fit for *daily* use when it has composition up ([`Law::CompositionUp`]): sharing today's
//! water, and tomorrow's among the claims still open, then gives what sharing both at once would
//! have given. Without it, who gets how much depends on how the year is cut into steps; use such a
//! rule once for each accounting period, to set quotas.
//!
//! Rules whose award is a function `r(cᵢ; λ)` of the claim and of one level common to all (Young
//! 1987) are *parametric*. Those are the rules that can also run inside a network, where claims
//! compete in some places and not in others; their documentation gives the *layers*: the intervals
//! of the level in which the award grows, and how fast, with `L = max cᵢ` and `h = L/2`.
//!
//! # Laws
//!
//! What a rule does and does not promise is said in [`Law`]s, and every rule here declares all of
//! them ([`ClaimsRule::laws`]). The declarations are tested in exact arithmetic, with a
//! counterexample kept for each law that a rule breaks; with the feature `proptest`, the room
//! `testing` does the same for rules of your own.
#![doc = include_str!("MATRIX.md")]

mod equal;
mod game;
pub(crate) mod law;
mod number;
mod pool;
mod river;
mod two_sided;
mod weighted;

use std::fmt;

pub use equal::{ConstrainedEqualAwards, ConstrainedEqualLosses, Proportional};
pub use game::{Coalition, downstream_incremental, shapley, upstream_incremental};
pub use law::{Law, Verdict};
pub use number::Number;
pub use pool::{AdjustedProportional, MinimalOverlap, RandomArrival};
pub use river::{Harmon, NoHarm, River, RiverRule, SequentialSharing};
pub use two_sided::{ConstrainedEgalitarian, Pinile, ReverseTalmud, Talmud};
pub use weighted::{NashHarsanyi, StrictPriority, WeightedEqualAwards, WeightedEqualLosses};

use crate::error::{Diagnostic, Error, Result};

/// A claims problem that can be shared: `0 ≤ E ≤ Σ cᵢ`, every claim finite and not negative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Problem<'a, N: Number = f64> {
    estate: N,
    claims: &'a [N],
    total: N,
}

impl<'a, N: Number> Problem<'a, N> {
    /// The problem of sharing `estate` among `claims`.
    ///
    /// An estate that exceeds the sum of the claims by no more than the rounding of that sum is
    /// taken to be the sum.
    ///
    /// # Errors
    ///
    /// An error for which [`Error::is_rule`] holds, if a number is negative, infinite or NaN, or the
    /// estate exceeds the claims: then there is nothing to ration, and what happens to the rest is
    /// not for a rule to say.
    ///
    /// # Examples
    ///
    /// ```
    /// use riparian::rules::{ClaimsRule, Problem, Talmud};
    ///
    /// let problem = Problem::new(200.0, &[100.0, 200.0, 300.0])?;
    /// assert_eq!(Talmud.award(&problem)?, [50.0, 75.0, 75.0]);
    /// # Ok::<(), riparian::Error>(())
    /// ```
    pub fn new(estate: N, claims: &'a [N]) -> Result<Self> {
        for (i, &claim) in claims.iter().enumerate() {
            if !claim.is_finite() || claim < N::ZERO {
                return Err(Error::rule(format!(
                    "claim {} is {claim}: a claim must be finite and not negative",
                    i + 1
                )));
            }
        }
        let total = number::sum(claims);
        if !total.is_finite() {
            return Err(Error::rule("the sum of the claims is not a finite number"));
        }
        if !estate.is_finite() || estate < N::ZERO {
            return Err(Error::rule(format!(
                "the estate is {estate}: it must be finite and not negative"
            )));
        }
        if estate > total && !estate.agrees(total, total) {
            return Err(Error::rule(format!(
                "the estate {estate} exceeds the sum {total} of the claims: nothing is short"
            )));
        }
        Ok(Self {
            estate: estate.lesser(total),
            claims,
            total,
        })
    }

    /// The water to be shared.
    pub fn estate(&self) -> N {
        self.estate
    }

    /// What each claimant asks for.
    pub fn claims(&self) -> &'a [N] {
        self.claims
    }

    /// The sum of the claims.
    pub fn total(&self) -> N {
        self.total
    }

    /// What is missing: the sum of the claims less the estate.
    pub fn deficit(&self) -> N {
        self.total - self.estate
    }

    /// Are these awards of this problem: one a claim, none negative, none above its claim, together
    /// the estate?
    ///
    /// # Errors
    ///
    /// An error for which [`Error::is_rule`] holds, naming `rule` and what is wrong.
    pub fn check(&self, rule: &str, awards: &[N]) -> Result<()> {
        if awards.len() != self.claims.len() {
            return Err(Error::rule(format!(
                "rule `{rule}` gave {} awards for {} claims",
                awards.len(),
                self.claims.len()
            )));
        }
        for (i, (&award, &claim)) in awards.iter().zip(self.claims).enumerate() {
            let sound = award.is_finite()
                && (award >= N::ZERO || award.agrees(N::ZERO, self.total))
                && (award <= claim || award.agrees(claim, self.total));
            if !sound {
                return Err(Error::rule(format!(
                    "rule `{rule}` awards {award} to claim {} of {claim}",
                    i + 1
                )));
            }
        }
        let shared = number::sum(awards);
        if !shared.agrees(self.estate, self.total) {
            return Err(Error::rule(format!(
                "rule `{rule}` awards {shared} in all, of an estate of {}",
                self.estate
            )));
        }
        Ok(())
    }
}

/// A way to share an estate among claims.
///
/// Implement it over every [`Number`], and the rule can be tested exactly with the room `testing`;
/// implement it for `f64` alone, and it still works everywhere else. `dyn ClaimsRule` means
/// `dyn ClaimsRule<f64>`.
///
/// ```
/// use riparian::Result;
/// use riparian::rules::{ClaimsRule, Number, Problem, Proportional};
///
/// /// Drinking water first: every claim's first tenth, then the rest in proportion.
/// #[derive(Debug)]
/// struct TenthFirst;
///
/// impl<N: Number> ClaimsRule<N> for TenthFirst {
///     fn name(&self) -> &'static str {
///         "tenth-first"
///     }
///
///     fn award(&self, problem: &Problem<'_, N>) -> Result<Vec<N>> {
///         let tenths: Vec<N> = problem.claims().iter().map(|&c| c / N::whole(10)).collect();
///         let sure = problem.total() / N::whole(10);
///         if problem.estate() <= sure {
///             return Proportional.share(problem.estate(), &tenths);
///         }
///         let open: Vec<N> = problem.claims().iter().zip(&tenths).map(|(&c, &t)| c - t).collect();
///         let rest = Proportional.share(problem.estate() - sure, &open)?;
///         Ok(tenths.iter().zip(rest).map(|(&t, x)| t + x).collect())
///     }
/// }
///
/// assert_eq!(TenthFirst.share(55.0, &[100.0, 10.0])?, [50.0, 5.0]);
/// # Ok::<(), riparian::Error>(())
/// ```
pub trait ClaimsRule<N: Number = f64>: fmt::Debug + Send + Sync {
    /// The name in files and messages, in lower case with hyphens.
    fn name(&self) -> &str;

    /// The awards, in the order of the claims. They need not be checked here: whoever uses a rule
    /// does so through [`share`](Self::share), which checks them.
    ///
    /// # Errors
    ///
    /// An error for which [`Error::is_rule`] holds, if the rule does not fit the problem, for
    /// example because it has a weight for two claimants and there are three.
    fn award(&self, problem: &Problem<'_, N>) -> Result<Vec<N>>;

    /// Shares `estate` among `claims` and checks the answer: `0 ≤ xᵢ ≤ cᵢ` and `Σ xᵢ = E`.
    ///
    /// # Errors
    ///
    /// An error for which [`Error::is_rule`] holds, if the problem cannot be (see
    /// [`Problem::new`]), if the rule does not fit it, or if the rule's answer is not one.
    fn share(&self, estate: N, claims: &[N]) -> Result<Vec<N>> {
        let problem = Problem::new(estate, claims)?;
        let awards = self.award(&problem)?;
        problem.check(self.name(), &awards)?;
        Ok(awards)
    }

    /// The same rule for the claimants of these places, counted from 0, where the rule tells
    /// claimants apart; nothing where it knows them by their claims alone, as most rules do.
    ///
    /// Laws that let claimants leave need it.
    fn among(&self, claimants: &[usize]) -> Option<Box<dyn ClaimsRule<N>>> {
        let _ = claimants;
        None
    }

    /// What the rule declares about laws; what it does not mention, it leaves open.
    fn laws(&self) -> Vec<(Law, Verdict)> {
        Vec::new()
    }
}

impl<N: Number, R: ClaimsRule<N> + ?Sized> ClaimsRule<N> for Box<R> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn award(&self, problem: &Problem<'_, N>) -> Result<Vec<N>> {
        (**self).award(problem)
    }

    fn among(&self, claimants: &[usize]) -> Option<Box<dyn ClaimsRule<N>>> {
        (**self).among(claimants)
    }

    fn laws(&self) -> Vec<(Law, Verdict)> {
        (**self).laws()
    }
}

/// The rules that need nothing but a problem, in the order of the documentation.
pub fn all<N: Number>() -> Vec<Box<dyn ClaimsRule<N>>> {
    vec![
        Box::new(Proportional),
        Box::new(ConstrainedEqualAwards),
        Box::new(ConstrainedEqualLosses),
        Box::new(Talmud),
        Box::new(ReverseTalmud),
        Box::new(Pinile),
        Box::new(ConstrainedEgalitarian),
        Box::new(AdjustedProportional),
        Box::new(RandomArrival),
        Box::new(MinimalOverlap),
    ]
}

/// The names that [`by_name`] knows.
///
/// ```
/// assert!(riparian::rules::names().any(|name| name == "talmud"));
/// ```
pub fn names() -> impl Iterator<Item = &'static str> {
    NAMES.into_iter()
}

/// The rule of this name, among those that need nothing but a problem. Rules with weights, fall-backs
/// or an order are built from their types.
///
/// # Errors
///
/// An error for which [`Error::is_rule`] holds, with the nearest known name.
///
/// ```
/// let error = riparian::rules::by_name("proportionel").unwrap_err();
/// assert_eq!(error.to_string(), "unknown rule `proportionel`; did you mean `proportional`?");
/// ```
pub fn by_name(name: &str) -> Result<Box<dyn ClaimsRule>> {
    all::<f64>()
        .into_iter()
        .find(|rule| rule.name() == name)
        .ok_or_else(|| {
            let fault = Diagnostic::new(format!("unknown rule `{name}`")).nearest(name, NAMES);
            Error::rule(fault.to_string())
        })
}

const NAMES: [&str; 10] = [
    equal::PROPORTIONAL,
    equal::EQUAL_AWARDS,
    equal::EQUAL_LOSSES,
    two_sided::TALMUD,
    two_sided::REVERSE_TALMUD,
    two_sided::PINILE,
    two_sided::EGALITARIAN,
    pool::ADJUSTED,
    pool::RANDOM_ARRIVAL,
    pool::MINIMAL_OVERLAP,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_rules_are_the_same_list() {
        let rules = all::<f64>();
        assert!(rules.iter().map(ClaimsRule::name).eq(names()));
        for name in names() {
            assert_eq!(by_name(name).unwrap().name(), name);
        }
    }

    #[test]
    fn what_cannot_be_shared_is_an_error() {
        let rules = all::<f64>();
        for rule in &rules {
            for (estate, claims) in [
                (-1.0, vec![1.0, 2.0]),
                (3.1, vec![1.0, 2.0]),
                (f64::NAN, vec![1.0, 2.0]),
                (1.0, vec![f64::NAN, 2.0]),
                (1.0, vec![-1.0, 3.0]),
                (1.0, vec![f64::INFINITY, 3.0]),
                (1.0, vec![f64::MAX, f64::MAX]),
                (1.0, vec![]),
            ] {
                let error = rule.share(estate, &claims).unwrap_err();
                assert!(error.is_rule(), "{}: {error}", rule.name());
            }
        }
    }

    #[test]
    fn the_ends_are_exact() {
        let claims = [0.1, 0.2, 0.3, 0.0, 0.7];
        let total = number::sum(&claims);
        for rule in all::<f64>() {
            assert_eq!(
                rule.share(0.0, &claims).unwrap(),
                [0.0; 5],
                "{}",
                rule.name()
            );
            assert_eq!(
                rule.share(total, &claims).unwrap(),
                claims,
                "{}",
                rule.name()
            );
            assert_eq!(rule.share(0.0, &[]).unwrap(), [0.0; 0]);
            assert_eq!(rule.share(0.0, &[0.0, 0.0]).unwrap(), [0.0; 2]);
        }
    }

    #[test]
    fn a_rule_that_cheats_is_caught() {
        #[derive(Debug)]
        struct Half;
        impl ClaimsRule for Half {
            fn name(&self) -> &'static str {
                "half"
            }
            fn award(&self, problem: &Problem<'_>) -> Result<Vec<f64>> {
                Ok(problem.claims().iter().map(|c| c / 2.0).collect())
            }
        }
        assert!(Half.share(1.5, &[1.0, 2.0]).is_ok());
        let error = Half.share(1.0, &[1.0, 2.0]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "rule `half` awards 1.5 in all, of an estate of 1"
        );
    }
}
