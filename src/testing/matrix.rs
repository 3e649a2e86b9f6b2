//! The matrix of rules and laws, as Markdown.

use std::fmt::Write;

use super::{Outcome, Rational, check, witness};
use crate::rules::{
    self, ClaimsRule, Law, StrictPriority, Verdict, WeightedEqualAwards, WeightedEqualLosses, law,
};

/// What each rule declares about each law, and for each law that a rule breaks a problem that shows
/// it, as Markdown.
///
/// The declarations are those of the rules themselves ([`ClaimsRule::laws`]); the words beside each
/// problem come from running the rule on it.
///
/// ```
/// assert!(riparian::testing::axiom_matrix().contains("| talmud |"));
/// ```
pub fn axiom_matrix() -> String {
    let rules = rules::all::<Rational>();
    let rules: Vec<&dyn ClaimsRule<Rational>> = law::COLUMNS
        .iter()
        .filter_map(|name| {
            rules
                .iter()
                .map(|rule| &**rule)
                .find(|rule| rule.name() == *name)
        })
        .collect();
    let apart: Vec<Box<dyn ClaimsRule<Rational>>> = apart();
    let apart: Vec<&dyn ClaimsRule<Rational>> = apart.iter().map(|rule| &**rule).collect();

    let mut page = String::from(
        "\n# The matrix of rules and laws\n\n\
         `+` the rule keeps the law, `-` it breaks it, `v` what the law supposes never happens under \
         the rule.\n\n",
    );
    table(&mut page, &rules);
    page.push_str("\nRules that tell claimants apart, with weights or places tied to them:\n\n");
    table(&mut page, &apart);
    page.push_str(REMARKS);
    page.push_str("\n# A problem for every law broken\n\n| rule | breaks | on this problem |\n|---|---|---|\n");
    for rule in rules.into_iter().chain(apart) {
        for (law, verdict) in rule.laws() {
            if verdict == Verdict::Fails {
                let shown = witness(rule.name(), law).map(|case| check(law, rule, &case));
                let words = match shown {
                    Some(Outcome::Broken(words)) => words,
                    _ => "none known".to_owned(),
                };
                line(
                    &mut page,
                    format_args!("| {} | {law} | {words} |", rule.name()),
                );
            }
        }
    }
    page
}

const REMARKS: &str = "
These marks differ from the table of the R package `ClaimsProblems` 1.0.0, each for a reason:

- Pinile's and the constrained egalitarian rule are *regressive*: their awards divided by the claim
  fall with the claim. Both are subadditive in the claim at every level, so *merging* never pays.
- Minimal overlap keeps the *1/n lower bound on losses*: the largest losers lose at least the mean,
  and the others get at most half their claim.
- The adjusted proportional rule meets a claim in full, or not at all, only where all claims are met,
  or none: *null-* and *full-compensation consistency* suppose what never happens. The same is true
  of other rules marked `v`.
";

/// The rules that tell claimants apart, as the matrix has them: for up to twelve claimants, the
/// first with the smallest weight or the last place.
pub(super) fn apart() -> Vec<Box<dyn ClaimsRule<Rational>>> {
    let weights: Vec<Rational> = (1..=12).map(Rational::from_integer).collect();
    let order: Vec<usize> = (0..12).rev().collect();
    vec![
        Box::new(StrictPriority::new(order).expect("an order")),
        Box::new(WeightedEqualAwards::new(weights.clone()).expect("positive weights")),
        Box::new(WeightedEqualLosses::new(weights).expect("positive weights")),
    ]
}

fn table(page: &mut String, rules: &[&dyn ClaimsRule<Rational>]) {
    let names: Vec<&str> = rules.iter().map(|rule| rule.name()).collect();
    line(page, format_args!("| law | {} |", names.join(" | ")));
    line(page, format_args!("|---|{}", ":-:|".repeat(names.len())));
    let declared: Vec<_> = rules.iter().map(|rule| rule.laws()).collect();
    for &law in Law::ALL {
        let marks: Vec<String> = declared
            .iter()
            .filter_map(|laws| laws.iter().find(|known| known.0 == law))
            .map(|(_, verdict)| verdict.to_string())
            .collect();
        if marks.len() == names.len() {
            line(page, format_args!("| {law} | {} |", marks.join(" | ")));
        }
    }
}

fn line(page: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(page, "{text}").expect("a string takes any text");
}
