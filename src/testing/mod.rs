//! Laws of sharing rules, checked in exact arithmetic on random problems (feature `proptest`).
//!
//! Write a rule over every [`Number`](crate::rules::Number), declare what it promises, and let
//! [`check_rule`] try to prove you wrong: a promise that is broken comes back as a small problem, in
//! words, and so does a declared failure that no problem shows.
//!
//! ```
//! use riparian::Result;
//! use riparian::rules::{ClaimsRule, Law, Number, Problem, Verdict};
//! use riparian::testing::check_rule;
//!
//! /// The largest claim first. Its author thinks that it treats equals equally.
//! #[derive(Debug)]
//! struct LargestFirst;
//!
//! impl<N: Number> ClaimsRule<N> for LargestFirst {
//!     fn name(&self) -> &'static str {
//!         "largest-first"
//!     }
//!
//!     fn award(&self, problem: &Problem<'_, N>) -> Result<Vec<N>> {
//!         let mut order: Vec<usize> = (0..problem.claims().len()).collect();
//!         order.sort_by(|&a, &b| problem.claims()[b].partial_cmp(&problem.claims()[a]).unwrap());
//!         let mut rest = problem.estate();
//!         let mut awards = vec![N::ZERO; order.len()];
//!         for i in order {
//!             awards[i] = problem.claims()[i].lesser(rest);
//!             rest = rest - awards[i];
//!         }
//!         Ok(awards)
//!     }
//!
//!     fn laws(&self) -> Vec<(Law, Verdict)> {
//!         vec![(Law::EqualTreatment, Verdict::Holds), (Law::OrderOfAwards, Verdict::Fails)]
//!     }
//! }
//!
//! let report = check_rule(&LargestFirst);
//! let doubts: Vec<String> = report.doubts().map(|line| line.to_string()).collect();
//! assert_eq!(
//!     doubts[0],
//!     "`largest-first` breaks equal treatment of equals: \
//!      claims (1, 1) share 1 as (1, 0), though claims 1 and 2 are equal"
//! );
//! ```
//!
//! In a property test of your own, use the strategies: [`case`], [`claims_problem`] and
//! [`float_problem`].

mod case;
mod checkers;
mod matrix;
mod search;
mod witnesses;

/// The exact numbers in which laws are checked.
pub type Rational = num_rational::Ratio<i128>;

pub use case::{Case, case, claims_problem, float_problem};
pub use checkers::{Outcome, check};
pub use matrix::axiom_matrix;
pub use search::{Finding, Line, Report, Search, check_rule};
pub use witnesses::witness;
