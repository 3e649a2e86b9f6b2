//! The search for counterexamples.

use std::cell::Cell;
use std::fmt;

use proptest::strategy::Strategy;
use proptest::test_runner::{
    Config, RngAlgorithm, TestCaseError, TestCaseResult, TestError, TestRng, TestRunner,
};

use super::{Case, Outcome, Rational, case, check, witness};
use crate::rules::{ClaimsRule, Law, Verdict};

/// What a search has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// No counterexample among these cases.
    Survived {
        /// How many cases were tried.
        tried: u32,
        /// In how many of them what the law supposes did happen.
        met: u32,
    },
    /// A counterexample.
    Broken {
        /// The problem.
        case: Case,
        /// What happens there, in words.
        words: String,
    },
}

/// Checks what a rule declares, with the default [`Search`].
///
/// Every rule must in addition keep efficiency and the claim bounds, declared or not. A rule that
/// shares a pool never meets a river; if yours has a network form too, let [`check_network_rule`]
/// run that on random basins, where every balance must close.
///
/// [`check_network_rule`]: super::check_network_rule
pub fn check_rule(rule: &dyn ClaimsRule<Rational>) -> Report {
    Search::default().check(rule)
}

/// How to search for counterexamples.
///
/// The search is deterministic: the same rule gives the same report.
///
/// ```
/// use riparian::rules::{Law, Proportional};
/// use riparian::testing::{Finding, Search};
///
/// let search = Search::default().cases(200);
/// assert!(matches!(
///     search.law(Law::CompositionUp, &Proportional),
///     Finding::Survived { tried: 200, .. }
/// ));
/// assert!(matches!(
///     search.law(Law::TruncationInvariance, &Proportional),
///     Finding::Broken { .. }
/// ));
/// ```
#[derive(Clone, Debug)]
pub struct Search {
    cases: u32,
    witnesses: Vec<(Law, Case)>,
}

impl Default for Search {
    /// A search of 500 cases a law; for policies and network rules, of 500 basins.
    fn default() -> Self {
        Self {
            cases: 500,
            witnesses: Vec::new(),
        }
    }
}

impl Search {
    /// The same search, with this many cases a law, or this many basins.
    #[must_use]
    pub fn cases(mut self, cases: u32) -> Self {
        self.cases = cases;
        self
    }

    /// The same search, which for this law first tries this case: for a failure too rare to be found
    /// at random.
    #[must_use]
    pub fn witness(mut self, law: Law, case: Case) -> Self {
        self.witnesses.push((law, case));
        self
    }

    /// Searches for a case in which the rule breaks the law, at random only, and makes it small.
    pub fn law(&self, law: Law, rule: &dyn ClaimsRule<Rational>) -> Finding {
        let met = Cell::new(0);
        let broken = self.smallest(&case(), |case| {
            match check(law, rule, &case) {
                Outcome::Kept => met.set(met.get() + 1),
                Outcome::NotMet => {}
                Outcome::Broken(words) => return Err(TestCaseError::fail(words)),
            }
            Ok(())
        });
        match broken {
            Some((case, words)) => Finding::Broken { case, words },
            None => Finding::Survived {
                tried: self.cases,
                met: met.get(),
            },
        }
    }

    /// The smallest value found that fails a test, and the words of the failure. The test must not
    /// reject values.
    pub(super) fn smallest<S: Strategy>(
        &self,
        values: &S,
        test: impl Fn(S::Value) -> TestCaseResult,
    ) -> Option<(S::Value, String)> {
        let config = Config {
            cases: self.cases,
            failure_persistence: None,
            max_shrink_iters: 20_000,
            ..Config::default()
        };
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        match TestRunner::new_with_rng(config, rng).run(values, test) {
            Err(TestError::Fail(words, value)) => Some((value, words.message().to_owned())),
            // No value is ever rejected, so the search cannot abort.
            Ok(()) | Err(TestError::Abort(_)) => None,
        }
    }

    /// Tries the known witnesses of the rule and the law, then searches.
    fn replay_then_search(&self, law: Law, rule: &dyn ClaimsRule<Rational>) -> Finding {
        let given = self.witnesses.iter().filter(|(of, _)| *of == law);
        for case in given
            .map(|(_, case)| case.clone())
            .chain(witness(rule.name(), law))
        {
            if let Outcome::Broken(words) = check(law, rule, &case) {
                return Finding::Broken { case, words };
            }
        }
        self.law(law, rule)
    }

    /// Checks what the rule declares: what holds must survive the search and be put to the test by
    /// it, what fails must have a counterexample, what is vacuous must never be put to the test.
    ///
    /// Every rule must in addition keep efficiency and the claim bounds, declared or not.
    pub fn check(&self, rule: &dyn ClaimsRule<Rational>) -> Report {
        let mut declared = rule.laws();
        for law in [Law::Bounds, Law::Efficiency] {
            if !declared.iter().any(|(known, _)| *known == law) {
                declared.insert(0, (law, Verdict::Holds));
            }
        }
        self.report(
            rule,
            declared
                .into_iter()
                .map(|(law, verdict)| (law, Some(verdict))),
        )
    }

    /// Tries every law on the rule, declared or not: a way to find out what to declare.
    pub fn explore(&self, rule: &dyn ClaimsRule<Rational>) -> Report {
        self.report(rule, Law::ALL.iter().map(|&law| (law, None)))
    }

    fn report(
        &self,
        rule: &dyn ClaimsRule<Rational>,
        laws: impl Iterator<Item = (Law, Option<Verdict>)>,
    ) -> Report {
        let lines = laws
            .map(|(law, declared)| Line {
                rule: rule.name().to_owned(),
                law,
                declared,
                finding: self.replay_then_search(law, rule),
            })
            .collect();
        Report { lines }
    }
}

/// What the search found out about a rule, law by law. Its text has one line a law.
#[derive(Clone, Debug)]
pub struct Report {
    lines: Vec<Line>,
}

impl Report {
    /// All lines.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter()
    }

    /// The lines where the rule's declaration and the finding differ.
    pub fn doubts(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| !line.agrees())
    }

    /// Did every declaration stand?
    pub fn is_sound(&self) -> bool {
        self.doubts().next().is_none()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, line) in self.lines.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            line.fmt(f)?;
        }
        Ok(())
    }
}

/// One rule and one law: what is declared and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    rule: String,
    law: Law,
    declared: Option<Verdict>,
    finding: Finding,
}

impl Line {
    /// The law.
    pub fn law(&self) -> Law {
        self.law
    }

    /// What the rule declares about it; nothing if it was only explored.
    pub fn declared(&self) -> Option<Verdict> {
        self.declared
    }

    /// What the search found.
    pub fn finding(&self) -> &Finding {
        &self.finding
    }

    /// Does the finding bear out the declaration? True where nothing is declared.
    pub fn agrees(&self) -> bool {
        match (self.declared, &self.finding) {
            (None, _) => true,
            (Some(Verdict::Holds), Finding::Survived { met, .. }) => *met > 0,
            (Some(Verdict::Vacuous), Finding::Survived { met, .. }) => *met == 0,
            (Some(Verdict::Fails), Finding::Survived { .. }) => false,
            (Some(declared), Finding::Broken { .. }) => declared == Verdict::Fails,
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rule, law) = (&self.rule, self.law);
        match (&self.finding, self.declared) {
            (Finding::Broken { words, .. }, _) => write!(f, "`{rule}` breaks {law}: {words}"),
            (Finding::Survived { tried, .. }, Some(Verdict::Fails)) => write!(
                f,
                "`{rule}` is declared to break {law}, but does so in none of {tried} cases"
            ),
            (Finding::Survived { tried, met: 0 }, Some(Verdict::Holds)) => write!(
                f,
                "`{rule}` is declared to keep {law}, but none of {tried} cases puts it to the test"
            ),
            (Finding::Survived { tried, met }, Some(Verdict::Vacuous)) if *met > 0 => write!(
                f,
                "`{rule}` is declared to keep {law} for nothing, but {met} of {tried} cases put it to the test"
            ),
            (Finding::Survived { tried, met }, _) => {
                write!(
                    f,
                    "`{rule}` keeps {law} in {tried} cases, {met} to the point"
                )
            }
        }
    }
}
