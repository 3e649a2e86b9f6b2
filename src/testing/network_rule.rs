//! Sharing rules in their network form: the layers they give, and random basins that share by them.

use std::fmt;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use super::basins::{check_run, scenarios};
use super::policy::MOST_DAYS;
use super::{Counterexample, Search};
use crate::allocation::ParametricRule;
use crate::simulation::Plan;

/// The layers of a claim must add up to it but for this part of the claim and of the levels.
const ROUNDING: f64 = 1e-12;

/// Tries a network rule, with the default [`Search`].
///
/// First claims of random sizes and weights: the layers must add up to the claim, and the same claim
/// must have the same layers again. ([`Layers`](crate::allocation::Layers) sees to it that levels
/// rise and awards are continuous.) Then random basins whose classes all share by the rule, where
/// all laws of [`check_run`](super::check_run) must hold, the closure of every balance first.
///
/// # Errors
///
/// The smallest claim, or else the smallest basin found, on which one of these fails.
///
/// ```
/// use std::sync::Arc;
///
/// use riparian::allocation::{Layers, ParametricRule};
/// use riparian::testing::check_network_rule;
///
/// /// Half of every claim in proportion, and nothing more: its author forgot the rest.
/// #[derive(Debug)]
/// struct Half;
///
/// impl ParametricRule for Half {
///     fn layers(&self, claim: f64, _weight: f64, _largest: f64) -> Layers {
///         Layers::none().and(0.0, 1.0, claim / 2.0)
///     }
/// }
///
/// let rule: Arc<dyn ParametricRule> = Arc::new(Half);
/// assert_eq!(
///     check_network_rule(&rule).unwrap_err().words(),
///     "the layers of the claim add up to 0.5 m3: (0, 1] of slope 0.5"
/// );
/// ```
pub fn check_network_rule(rule: &Arc<dyn ParametricRule>) -> Result<(), Counterexample> {
    Search::default().network_rule(rule)
}

impl Search {
    /// Tries a network rule; see [`check_network_rule`].
    ///
    /// # Errors
    ///
    /// As for [`check_network_rule`].
    pub fn network_rule(&self, rule: &Arc<dyn ParametricRule>) -> Result<(), Counterexample> {
        let weighted = rule.weighted();
        let broken = self.smallest(&claims(weighted), |claim| adds_up(&**rule, &claim));
        Counterexample::of(broken)?;
        let broken = self.smallest(&scenarios(MOST_DAYS), |sketch| {
            check_run(&Plan::compile(sketch.model_sharing_by(rule))?).map(drop)
        });
        Counterexample::of(broken)
    }
}

/// A claim in m3, its weight, and the largest claim per unit of weight in its class.
#[derive(Clone, Copy)]
struct Claim {
    size: f64,
    weight: f64,
    largest: f64,
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a claim of {} m3 with weight {}, where the largest is {} m3 for each unit of weight",
            self.size, self.weight, self.largest
        )
    }
}

/// Claims of sizes from 1 to 1e10 m3, often equal to the largest of their class.
fn claims(weighted: bool) -> impl Strategy<Value = Claim> {
    let size = (1..10_u32, 0..=9_i32).prop_map(|(x, size)| f64::from(x) * 10_f64.powi(size));
    let weight = if weighted {
        prop_oneof![1 => Just(1.0), 2 => 0.1..10.0].boxed()
    } else {
        Just(1.0).boxed()
    };
    let more = prop_oneof![1 => Just(1.0), 2 => 1.0..1000.0];
    (size, weight, more).prop_map(|(size, weight, more)| Claim {
        size,
        weight,
        largest: size / weight * more,
    })
}

fn adds_up(rule: &dyn ParametricRule, claim: &Claim) -> TestCaseResult {
    let &Claim {
        size,
        weight,
        largest,
    } = claim;
    let layers = rule.layers(size, weight, largest);
    let words: Vec<String> = layers
        .as_slice()
        .iter()
        .map(|layer| format!("({}, {}] of slope {}", layer.from, layer.to, layer.slope))
        .collect();
    let words = words.join(", ");
    let sum = layers.award_at(f64::MAX);
    if (sum - size).abs() > ROUNDING * (size + weight * largest) {
        return Err(TestCaseError::fail(format!(
            "the layers of the claim add up to {sum} m3: {words}"
        )));
    }
    if rule.layers(size, weight, largest) != layers {
        return Err(TestCaseError::fail(format!(
            "the claim has the layers {words}, and asked again others"
        )));
    }
    Ok(())
}
