//! A kit to test rules and policies of your own (feature `proptest`): the laws of sharing rules in
//! exact arithmetic, and random basins on which every balance must close.
//!
//! | to test | use |
//! |---|---|
//! | a rule that shares a pool | [`check_rule`] |
//! | the same rule on a network | [`check_network_rule`] |
//! | a release policy | [`check_policy`] |
//! | anything else | the strategies, in a property test of your own |
//!
//! # Rules
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
//! # Policies
//!
//! [`check_policy`] puts a policy at the dams of random basins, big and small, full and empty, in
//! flood and drought. One that asks for what cannot be comes back with a small basin, in words.
//!
//! ```
//! use riparian::operation::{Decision, ReleasePolicy, ReservoirView};
//! use riparian::testing::check_policy;
//! use riparian::units::Flow;
//!
//! /// Releases 100 m3/s, come what may.
//! #[derive(Debug)]
//! struct Stubborn;
//!
//! impl ReleasePolicy for Stubborn {
//!     fn name(&self) -> &str {
//!         "stubborn"
//!     }
//!
//!     fn decide(&self, _lake: &ReservoirView, decision: &mut Decision) {
//!         decision.release(Flow::from_m3s(100.0));
//!     }
//! }
//!
//! let counterexample = check_policy(|_dam, _run| Stubborn).unwrap_err();
//! assert!(counterexample.words().contains("`stubborn` wants 100 m3/s"), "{counterexample}");
//!
//! /// Releases 100 m3/s, or as near to that as the dam can.
//! #[derive(Debug)]
//! struct Obliging;
//!
//! impl ReleasePolicy for Obliging {
//!     fn name(&self) -> &str {
//!         "obliging"
//!     }
//!
//!     fn decide(&self, lake: &ReservoirView, decision: &mut Decision) {
//!         decision.release(Flow::from_m3s(100.0).max(lake.min_release).min(lake.max_release));
//!     }
//! }
//!
//! check_policy(|_dam, _run| Obliging)?;
//! # Ok::<(), riparian::testing::Counterexample>(())
//! ```
//!
//! # Strategies
//!
//! | strategy | draws |
//! |---|---|
//! | [`case`], [`claims_problem`], [`float_problem`] | claims problems |
//! | [`windows`], [`inflows`] | the days of a run, the inflow of a river |
//! | [`basins`](basins()), [`scenarios`], [`scenarios_with_dams`] | a [`Sketch`], from which a model is built |
//! | [`agreements`] | promises that a given model can be held to |
//!
//! [`check_run`] checks the laws of the engine on any of them, and on basins of your own.

mod basins;
mod case;
mod checkers;
mod counterexample;
mod matrix;
mod network_rule;
mod policy;
mod search;
mod witnesses;

/// The exact numbers in which laws are checked.
pub type Rational = num_rational::Ratio<i128>;

pub use basins::{
    Sketch, agreements, basins, check_run, inflows, rivers, scenarios, scenarios_with_dams, windows,
};
pub use case::{Case, case, claims_problem, float_problem};
pub use checkers::{Outcome, check};
pub use counterexample::Counterexample;
pub use matrix::axiom_matrix;
pub use network_rule::check_network_rule;
pub use policy::check_policy;
pub use search::{Finding, Line, Report, Search, check_rule};
pub use witnesses::witness;
