//! A sharing rule of one's own, beside those of the crate.
//!
//! ```sh
//! cargo run --example custom_rule
//! ```

use riparian::Result;
use riparian::rules::{self, ClaimsRule, ConstrainedEqualAwards, Number, Problem, Proportional};

/// Half of the water in equal amounts, half in proportion to what is still asked for.
#[derive(Debug)]
struct EvenHanded;

impl<N: Number> ClaimsRule<N> for EvenHanded {
    fn name(&self) -> &'static str {
        "even-handed"
    }

    fn award(&self, problem: &Problem<'_, N>) -> Result<Vec<N>> {
        let half = problem.estate() / N::whole(2);
        let first = ConstrainedEqualAwards.share(half, problem.claims())?;
        let open: Vec<N> = problem
            .claims()
            .iter()
            .zip(&first)
            .map(|(&claim, &award)| claim - award)
            .collect();
        let second = Proportional.share(problem.estate() - half, &open)?;
        Ok(first.iter().zip(second).map(|(&a, b)| a + b).collect())
    }
}

fn main() -> Result<()> {
    // A dry vegetation season: 6,000 Mm3 for Kazakhstan, Kyrgyzstan, Tajikistan and Uzbekistan.
    let (estate, claims) = (6000.0, [2500.0, 300.0, 1200.0, 5000.0]);
    println!("{:>26}{:>8}{:>8}{:>8}{:>8}", "", "KZ", "KG", "TJ", "UZ");
    let mine: Box<dyn ClaimsRule> = Box::new(EvenHanded);
    for rule in rules::all().into_iter().chain([mine]) {
        print!("{:>26}", rule.name());
        for award in rule.share(estate, &claims)? {
            print!("{award:>8.0}");
        }
        println!();
    }
    Ok(())
}
