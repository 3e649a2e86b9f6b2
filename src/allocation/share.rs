//! A parametric rule on a single pool: no network, no memory.

use super::rule::{Layer, ParametricRule};

/// How a rule shares a pool: the level at which the awards add up to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shared<'r> {
    rule: &'r dyn ParametricRule,
    largest: f64,
    level: f64,
    /// What brings the sum of the awards back to the pool where rounding took it above.
    trim: f64,
}

impl<'r> Shared<'r> {
    /// Shares a pool among claims with their weights; the pool is at most their sum, in m3.
    ///
    /// The sum of the awards is a function of the level that is linear between the ends of layers. Each
    /// of these ends that lies between the best two so far is tried, and becomes one of them.
    pub(crate) fn new(
        rule: &'r dyn ParametricRule,
        claims: impl Iterator<Item = (f64, f64)> + Clone,
        pool: f64,
    ) -> Self {
        let per_weight = claims.clone().map(|(claim, weight)| claim / weight);
        let mut shared = Self {
            rule,
            largest: per_weight.fold(0.0, f64::max),
            level: 0.0,
            trim: 1.0,
        };
        let bottom = shared;
        let sum_at = |level: f64| -> f64 {
            let at = Self { level, ..bottom };
            claims
                .clone()
                .map(|(claim, weight)| at.award(claim, weight))
                .sum()
        };
        let (mut low, mut high) = ((0.0, 0.0), (f64::INFINITY, f64::INFINITY));
        for (claim, weight) in claims.clone().filter(|(claim, _)| *claim > 0.0) {
            let layers = shared.rule.layers(claim, weight, shared.largest);
            for &Layer { from, to, .. } in layers.as_slice() {
                for end in [from, to] {
                    if low.0 < end && end < high.0 {
                        let sum = sum_at(end);
                        if sum <= pool {
                            low = (end, sum);
                        } else {
                            high = (end, sum);
                        }
                    }
                }
            }
        }
        shared.level = if high.0.is_finite() {
            low.0 + (high.0 - low.0) * ((pool - low.1) / (high.1 - low.1))
        } else {
            low.0
        };
        let sum: f64 = claims
            .map(|(claim, weight)| shared.award(claim, weight))
            .sum();
        if sum > pool {
            shared.trim = pool / sum;
        }
        shared
    }

    /// The award of a claim.
    pub(crate) fn award(&self, claim: f64, weight: f64) -> f64 {
        if claim > 0.0 {
            self.trim
                * self
                    .rule
                    .layers(claim, weight, self.largest)
                    .award_at(self.level)
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::allocation::{EqualAwards, RULE_NAMES, rule_by_name};
    use crate::rules::by_name;

    proptest! {
        /// The rules of a pool and those of the network are the same rules.
        #[test]
        fn a_pool_is_shared_as_by_the_rules_of_pools(
            claims in proptest::collection::vec(prop_oneof![Just(0.0), Just(5.0), 0.0..1e6], 1..9),
            part in prop_oneof![Just(0.0), Just(1.0), 0.0..1.0],
        ) {
            let pool = part * claims.iter().sum::<f64>();
            for name in RULE_NAMES {
                let rule = rule_by_name(name).expect("a rule");
                let shared = Shared::new(&rule, claims.iter().map(|&claim| (claim, 1.0)), pool);
                let expected = by_name(name)?.share(pool, &claims)?;
                let size = claims.iter().copied().fold(0.0, f64::max);
                let mut sum = 0.0;
                for (&claim, expected) in claims.iter().zip(expected) {
                    let award = shared.award(claim, 1.0);
                    prop_assert!((award - expected).abs() <= 1e-12 * size, "{name}: {award} {expected}");
                    sum += award;
                }
                prop_assert!(sum <= pool * (1.0 + 1e-14), "{name}: {sum} of {pool}");
            }
        }
    }

    #[test]
    fn weights_count_where_a_rule_heeds_them() {
        let claims = [(90.0, 1.0), (90.0, 2.0), (3.0, 1.0)];
        let shared = Shared::new(&EqualAwards, claims.into_iter(), 63.0);
        let awards = claims.map(|(claim, weight)| shared.award(claim, weight));
        assert_eq!(awards, [20.0, 40.0, 3.0]);
    }
}
