//! Problems to try laws on.

use std::fmt;

use proptest::prelude::*;

use super::Rational;

/// A problem, with the two numbers that laws about changes need.
///
/// Laws try all claimants, pairs and leavers of a case themselves.
///
/// Example: [`case`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The claims.
    pub claims: Vec<Rational>,
    /// The estate, between 0 and the sum of the claims.
    pub estate: Rational,
    /// Another estate, for laws that compare two; between 0 and the sum of the claims.
    pub other_estate: Rational,
    /// By how much a claim changes, for laws about changed claims; positive.
    pub change: Rational,
}

impl Case {
    /// The sum of the claims.
    pub fn total(&self) -> Rational {
        self.claims.iter().sum()
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "claims {}, estate {}, other estate {}, change {}",
            listed(&self.claims),
            self.estate,
            self.other_estate,
            self.change
        )
    }
}

/// `(1, 2/3)`.
pub(super) fn listed(numbers: &[Rational]) -> String {
    let numbers: Vec<String> = numbers.iter().map(Rational::to_string).collect();
    format!("({})", numbers.join(", "))
}

/// Where an estate lies: in thousandths of the claims, in parts of `1/parts`.
#[derive(Clone, Copy, Debug)]
enum Level {
    Part { thousandths: u16, parts: u8 },
    Half,
    All,
}

impl Level {
    fn of(self, total: Rational) -> Rational {
        match self {
            Self::Part { thousandths, parts } => {
                let parts = Rational::from_integer(i128::from(parts));
                let thousandths = Rational::new(i128::from(thousandths), 1000);
                ((total * thousandths * parts).ceil() / parts).min(total)
            }
            Self::Half => total / 2,
            Self::All => total,
        }
    }
}

fn level() -> impl Strategy<Value = Level> {
    let part =
        (0_u16..1000, 1_u8..=4).prop_map(|(thousandths, parts)| Level::Part { thousandths, parts });
    prop_oneof![81 => part, 15 => Just(Level::Half), 4 => Just(Level::All)]
}

/// Two to six small whole claims, one in four lists with a tie; in one case of seven the estate is
/// half of them, else any quarter, third, half or whole number.
///
/// Six claimants, because some laws fail only from five on. A case shrinks towards fewer and smaller
/// claims, no tie, and a small whole estate.
///
/// ```
/// use proptest::prelude::*;
/// use riparian::rules::{ClaimsRule, Talmud};
/// use riparian::testing::{Rational, claims_problem, float_problem};
///
/// proptest!(|((estate, claims) in claims_problem())| {
///     let awards = Talmud.share(estate, &claims)?;
///     prop_assert_eq!(awards.iter().sum::<Rational>(), estate);
/// });
/// proptest!(|((estate, claims) in float_problem())| {
///     prop_assert!(Talmud.share(estate, &claims)?.iter().sum::<f64>() <= estate * (1.0 + 1e-12));
/// });
/// ```
pub fn case() -> impl Strategy<Value = Case> {
    let claims = prop::collection::vec(prop_oneof![6 => 0_i128..=12, 4 => 0_i128..=40], 2..=6);
    let tie = prop::option::weighted(
        0.25,
        (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
    );
    (claims, tie, level(), level(), 1_i128..=8).prop_map(
        |(mut claims, tie, estate, other, change)| {
            if let Some((a, b)) = tie {
                let n = claims.len();
                claims[a.index(n)] = claims[b.index(n)];
            }
            let claims: Vec<Rational> = claims.into_iter().map(Rational::from_integer).collect();
            let total = claims.iter().sum();
            Case {
                estate: estate.of(total),
                other_estate: other.of(total),
                change: Rational::from_integer(change),
                claims,
            }
        },
    )
}

/// The estate and the claims of a [`case`].
pub fn claims_problem() -> impl Strategy<Value = (Rational, Vec<Rational>)> {
    case().prop_map(|case| (case.estate, case.claims))
}

/// An estate and up to forty claims in `f64`, of sizes from 1 to 1e10 in one problem.
pub fn float_problem() -> impl Strategy<Value = (f64, Vec<f64>)> {
    let claim = (0_f64..1.0, 0_i32..=10).prop_map(|(x, size)| x * 10_f64.powi(size));
    (prop::collection::vec(claim, 1..=40), 0_f64..=1.0).prop_map(|(claims, fraction)| {
        let estate = fraction * claims.iter().sum::<f64>();
        (estate, claims)
    })
}
