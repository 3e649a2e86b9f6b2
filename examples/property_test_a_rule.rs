//! Which laws does a rule of one's own keep? Declared, tested, and told in words where it fails.
//!
//! ```sh
//! cargo run --example property_test_a_rule --features proptest
//! ```

use riparian::Result;
use riparian::rules::{ClaimsRule, Law, Number, Problem, Proportional, Verdict};
use riparian::testing::{Line, Search, check_rule};

/// The first ten units of every claim in proportion, and only then the rest in proportion.
#[derive(Debug)]
struct DrinkingFirst {
    /// What the author believes about composition up.
    composes: Verdict,
}

impl<N: Number> ClaimsRule<N> for DrinkingFirst {
    fn name(&self) -> &'static str {
        "drinking-first"
    }

    fn award(&self, problem: &Problem<'_, N>) -> Result<Vec<N>> {
        let basic: Vec<N> = problem
            .claims()
            .iter()
            .map(|&claim| claim.lesser(N::whole(10)))
            .collect();
        let needed = basic.iter().fold(N::ZERO, |sum, &b| sum + b);
        if problem.estate() <= needed {
            return Proportional.share(problem.estate(), &basic);
        }
        let open: Vec<N> = problem
            .claims()
            .iter()
            .zip(&basic)
            .map(|(&claim, &basic)| claim - basic)
            .collect();
        let rest = Proportional.share(problem.estate() - needed, &open)?;
        Ok(basic.iter().zip(rest).map(|(&a, b)| a + b).collect())
    }

    fn laws(&self) -> Vec<(Law, Verdict)> {
        vec![
            (Law::EqualTreatment, Verdict::Holds),
            (Law::ResourceMonotonicity, Verdict::Holds),
            (Law::Consistency, Verdict::Holds),
            (Law::CompositionUp, self.composes),
            (Law::ScaleInvariance, Verdict::Fails),
        ]
    }
}

fn main() {
    let hopeful = DrinkingFirst {
        composes: Verdict::Holds,
    };
    println!("What the author hopes:\n{}\n", check_rule(&hopeful));

    // The counterexample shows why: after the first sharing the rule forgets who has drunk.
    let report = check_rule(&hopeful);
    let doubts: Vec<Law> = report.doubts().map(Line::law).collect();
    assert_eq!(doubts, [Law::CompositionUp]);

    let wiser = DrinkingFirst {
        composes: Verdict::Fails,
    };
    assert!(check_rule(&wiser).is_sound());
    println!("Every other law:\n{}", Search::default().explore(&wiser));
}
