//! The laws of rules that tell claimants apart, and rules of `f64` against the same rules in exact
//! numbers.

use proptest::prelude::*;
use riparian::rules::{
    self, ClaimsRule, NashHarsanyi, StrictPriority, WeightedEqualAwards, WeightedEqualLosses,
};
use riparian::testing::{Rational, Search, claims_problem, float_problem};

fn stands(rule: &dyn ClaimsRule<Rational>) {
    let report = Search::default().cases(1500).check(rule);
    assert!(report.lines().count() > 10);
    let doubts: Vec<String> = report.doubts().map(ToString::to_string).collect();
    assert!(doubts.is_empty(), "{}", doubts.join("\n"));
}

fn weights() -> Vec<Rational> {
    [(3, 1), (1, 2), (5, 3), (3, 1), (1, 1), (7, 2)]
        .map(|(p, q)| Rational::new(p, q))
        .to_vec()
}

#[test]
fn priority_keeps_its_laws() {
    stands(&StrictPriority::new([3, 0, 5, 1, 4, 2]).unwrap());
}

#[test]
fn weighted_equal_awards_keep_their_laws() {
    stands(&WeightedEqualAwards::new(weights()).unwrap());
}

#[test]
fn weighted_equal_losses_keep_their_laws() {
    stands(&WeightedEqualLosses::new(weights()).unwrap());
}

proptest! {
    #[test]
    fn equal_weights_are_no_weights((estate, claims) in claims_problem()) {
        let ones = vec![Rational::from_integer(2); claims.len()];
        let awards = WeightedEqualAwards::new(ones.clone()).unwrap();
        prop_assert_eq!(
            awards.share(estate, &claims).unwrap(),
            rules::ConstrainedEqualAwards.share(estate, &claims).unwrap()
        );
        let losses = WeightedEqualLosses::new(ones.clone()).unwrap();
        prop_assert_eq!(
            losses.share(estate, &claims).unwrap(),
            rules::ConstrainedEqualLosses.share(estate, &claims).unwrap()
        );
        let none = vec![Rational::ZERO; claims.len()];
        prop_assert_eq!(
            NashHarsanyi::new(ones, none).unwrap().share(estate, &claims).unwrap(),
            awards.share(estate, &claims).unwrap()
        );
    }

    #[test]
    fn floats_follow_the_exact_rules((estate, claims) in claims_problem()) {
        let float = |x: &Rational| *x.numer() as f64 / *x.denom() as f64;
        let near: Vec<f64> = claims.iter().map(float).collect();
        for (exact, fast) in rules::all::<Rational>().into_iter().zip(rules::all::<f64>()) {
            let exact = exact.share(estate, &claims).unwrap();
            let fast = fast.share(float(&estate), &near).unwrap();
            for (exact, fast) in exact.iter().zip(&fast) {
                prop_assert!((float(exact) - fast).abs() <= 1e-13 * near.iter().sum::<f64>());
            }
        }
    }

    #[test]
    fn floats_of_all_sizes_are_shared((estate, claims) in float_problem()) {
        for rule in rules::all::<f64>() {
            if rule.name() == "random-arrival" && claims.len() > 12 {
                continue;
            }
            let awards = rule.share(estate, &claims).unwrap();
            // The ordinary check allows rounding; these rules never leave the bounds at all.
            for (award, claim) in awards.iter().zip(&claims) {
                if rule.name() != "random-arrival" {
                    prop_assert!((0.0..=*claim).contains(award), "{}: {award} of {claim}", rule.name());
                }
            }
        }
    }
}
