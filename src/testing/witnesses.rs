//! Problems on which rules are known to break laws, one for each failure they declare.

use super::{Case, Rational};
use crate::rules::Law;

/// The known problem on which the rule of this name breaks the law, if it does.
///
/// Rules that tell claimants apart have weights 1, 2, 3 and so on, or places from the last to the
/// first.
///
/// ```
/// use riparian::rules::Law;
///
/// let case = riparian::testing::witness("talmud", Law::CompositionUp).unwrap();
/// assert_eq!(case.to_string(), "claims (9, 5), estate 2, other estate 6, change 1");
/// assert!(riparian::testing::witness("proportional", Law::CompositionUp).is_none());
/// ```
pub fn witness(rule: &str, law: Law) -> Option<Case> {
    WITNESSES
        .iter()
        .find(|known| known.0 == law && known.5.split(' ').any(|name| name == rule))
        .map(|&(_, claims, estate, other_estate, change, _)| Case {
            claims: claims.iter().map(|&c| Rational::from_integer(c)).collect(),
            estate: Rational::new(estate.0, estate.1),
            other_estate: Rational::new(other_estate.0, other_estate.1),
            change: Rational::from_integer(change),
        })
}

/// Numerator and denominator.
type Fraction = (i128, i128);

/// The law; the claims, the estate, the other estate and the change; the rules that break it there.
type Known = (Law, &'static [i128], Fraction, Fraction, i128, &'static str);

#[rustfmt::skip]
const WITNESSES: &[Known] = &[
    (Law::EqualTreatment, &[1, 1], (1, 1), (0, 1), 1,
     "priority weighted-equal-awards weighted-equal-losses"),
    (Law::OrderOfAwards, &[1, 1], (1, 1), (0, 1), 1,
     "priority weighted-equal-awards weighted-equal-losses"),
    (Law::OrderOfLosses, &[1, 1], (1, 1), (0, 1), 1,
     "priority weighted-equal-awards weighted-equal-losses"),
    (Law::PopulationMonotonicity, &[1, 7, 6, 5], (12, 1), (0, 1), 1,
     "adjusted-proportional"),
    (Law::LinkedEndowmentPopulation, &[3, 9, 7], (4, 1), (0, 1), 1,
     "minimal-overlap"),
    (Law::LinkedEndowmentPopulation, &[1, 1, 11, 5], (2, 1), (0, 1), 1,
     "adjusted-proportional"),
    (Law::Consistency, &[2, 1, 3], (2, 1), (0, 1), 1,
     "adjusted-proportional random-arrival minimal-overlap"),
    (Law::CompositionDown, &[8, 4], (6, 1), (3, 1), 1,
     "talmud reverse-talmud pinile constrained-egalitarian adjusted-proportional \
      random-arrival minimal-overlap"),
    (Law::CompositionUp, &[9, 5], (2, 1), (6, 1), 1,
     "talmud reverse-talmud pinile constrained-egalitarian adjusted-proportional \
      random-arrival minimal-overlap"),
    (Law::SelfDuality, &[5, 3], (4, 1), (0, 1), 1,
     "constrained-equal-awards constrained-equal-losses priority \
      weighted-equal-awards weighted-equal-losses"),
    (Law::SelfDuality, &[1, 7, 11], (2, 1), (0, 1), 1,
     "pinile constrained-egalitarian minimal-overlap"),
    (Law::Midpoint, &[5, 3], (4, 1), (0, 1), 1,
     "constrained-equal-awards constrained-equal-losses"),
    (Law::Midpoint, &[1, 1, 2], (0, 1), (0, 1), 1,
     "minimal-overlap"),
    (Law::TruncationInvariance, &[5, 3], (4, 1), (0, 1), 1,
     "proportional constrained-equal-losses pinile constrained-egalitarian \
      weighted-equal-losses"),
    (Law::TruncationInvariance, &[3, 2], (2, 1), (0, 1), 1,
     "reverse-talmud"),
    (Law::MinimalRightsFirst, &[5, 3], (4, 1), (0, 1), 1,
     "proportional constrained-equal-awards reverse-talmud weighted-equal-awards"),
    (Law::MinimalRightsFirst, &[1, 9], (6, 1), (0, 1), 1,
     "pinile constrained-egalitarian"),
    (Law::NoAdvantageousTransfer, &[0, 1, 9], (1, 1), (0, 1), 1,
     "constrained-equal-awards talmud pinile constrained-egalitarian \
      adjusted-proportional random-arrival minimal-overlap"),
    (Law::NoAdvantageousTransfer, &[0, 1, 9], (9, 1), (0, 1), 1,
     "constrained-equal-losses"),
    (Law::NoAdvantageousTransfer, &[0, 7, 3], (6, 1), (0, 1), 1,
     "reverse-talmud"),
    (Law::NoAdvantageousMerging, &[1, 1, 8], (9, 1), (0, 1), 1,
     "constrained-equal-losses talmud adjusted-proportional random-arrival \
      minimal-overlap"),
    (Law::NoAdvantageousMerging, &[3, 1, 3], (1, 1), (0, 1), 1,
     "reverse-talmud"),
    (Law::NoAdvantageousSplitting, &[1, 1, 1], (1, 1), (0, 1), 1,
     "constrained-equal-awards talmud pinile constrained-egalitarian \
      adjusted-proportional random-arrival minimal-overlap"),
    (Law::NoAdvantageousSplitting, &[1, 7, 5], (7, 1), (0, 1), 1,
     "reverse-talmud"),
    (Law::LowerBoundOnAwards, &[1, 2], (1, 1), (0, 1), 1,
     "proportional constrained-equal-losses reverse-talmud"),
    (Law::LowerBoundOnLosses, &[1, 9], (6, 1), (0, 1), 1,
     "proportional constrained-equal-awards pinile constrained-egalitarian"),
    (Law::LowerBoundOnLosses, &[1, 9], (6, 1), (0, 1), 1,
     "reverse-talmud"),
    (Law::ConditionalFullCompensation, &[1, 4], (2, 1), (0, 1), 1,
     "proportional constrained-equal-losses talmud reverse-talmud pinile \
      constrained-egalitarian adjusted-proportional random-arrival minimal-overlap"),
    (Law::ConditionalNullCompensation, &[18, 1], (9, 1), (0, 1), 1,
     "proportional constrained-equal-awards talmud reverse-talmud pinile \
      constrained-egalitarian adjusted-proportional random-arrival minimal-overlap"),
    (Law::OrderUnderEndowment, &[9, 6], (7, 1), (9, 1), 1,
     "constrained-egalitarian"),
    (Law::OrderUnderClaims, &[5, 5, 28, 7, 26, 2], (203, 4), (0, 1), 2,
     "adjusted-proportional"),
    (Law::OrderUnderClaims, &[2, 1, 2], (3, 1), (0, 1), 1,
     "constrained-egalitarian"),
    (Law::OrderUnderPopulation, &[5, 13, 23, 4, 24], (139, 3), (0, 1), 1,
     "adjusted-proportional"),
    (Law::OrderUnderPopulation, &[1, 2, 1], (2, 1), (0, 1), 1,
     "constrained-egalitarian"),
    (Law::Progressivity, &[1, 2], (1, 1), (0, 1), 1,
     "constrained-equal-awards talmud pinile constrained-egalitarian \
      adjusted-proportional random-arrival minimal-overlap"),
    (Law::Progressivity, &[1, 9], (6, 1), (0, 1), 1,
     "reverse-talmud"),
    (Law::Regressivity, &[1, 9], (6, 1), (0, 1), 1,
     "constrained-equal-losses talmud adjusted-proportional random-arrival \
      minimal-overlap"),
    (Law::Regressivity, &[1, 2], (1, 1), (0, 1), 1,
     "reverse-talmud"),
    (Law::EndowmentConvexity, &[1, 9], (5, 1), (0, 1), 1,
     "constrained-equal-awards talmud reverse-talmud pinile constrained-egalitarian \
      adjusted-proportional random-arrival minimal-overlap"),
    (Law::EndowmentConvexity, &[1, 2], (2, 1), (0, 1), 1,
     "constrained-equal-losses"),
    (Law::ReplicationInvariance, &[1, 9], (6, 1), (0, 1), 1,
     "adjusted-proportional random-arrival minimal-overlap"),
];
