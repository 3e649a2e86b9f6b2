//! The matrix of rules and laws: what holds survives a search in exact arithmetic, what fails is
//! shown by a problem, and the page that says so is up to date.

use riparian::rules::{self, ClaimsRule, Law, Verdict};
use riparian::testing::{Case, Finding, Outcome, Rational, Search, axiom_matrix, check, witness};

fn rule(name: &str) -> Box<dyn ClaimsRule<Rational>> {
    let mut rules = rules::all::<Rational>().into_iter();
    rules.find(|rule| rule.name() == name).unwrap()
}

/// Every declaration of the rule stands.
fn stands(name: &str, cases: u32) {
    let report = Search::default().cases(cases).check(&*rule(name));
    assert_eq!(report.lines().count(), Law::ALL.len());
    let doubts: Vec<String> = report.doubts().map(ToString::to_string).collect();
    assert!(doubts.is_empty(), "{}", doubts.join("\n"));
}

macro_rules! matrix {
    ($($test:ident: $name:literal, $cases:literal;)*) => {$(
        #[test]
        fn $test() {
            stands($name, $cases);
        }
    )*};
}

matrix! {
    proportional: "proportional", 2000;
    adjusted_proportional: "adjusted-proportional", 2000;
    constrained_equal_awards: "constrained-equal-awards", 2000;
    constrained_equal_losses: "constrained-equal-losses", 2000;
    talmud: "talmud", 2000;
    pinile: "pinile", 2000;
    constrained_egalitarian: "constrained-egalitarian", 2000;
    random_arrival: "random-arrival", 300;
    minimal_overlap: "minimal-overlap", 2000;
    reverse_talmud: "reverse-talmud", 2000;
}

#[test]
fn every_failure_has_a_witness_and_the_search_finds_one_itself() {
    // Too rare for a search of this length: about one case in 1,500 and one in 60.
    let rare = [Law::OrderUnderClaims, Law::OrderUnderPopulation];
    for rule in rules::all::<Rational>() {
        for (law, verdict) in rule.laws() {
            if verdict != Verdict::Fails {
                assert!(
                    witness(rule.name(), law).is_none(),
                    "{}: {law}",
                    rule.name()
                );
                continue;
            }
            assert!(
                witness(rule.name(), law).is_some(),
                "{}: {law}",
                rule.name()
            );
            let found = Search::default().cases(3000).law(law, &*rule);
            let is_rare = rule.name() == "adjusted-proportional" && rare.contains(&law);
            assert!(
                matches!(found, Finding::Broken { .. }) || is_rare,
                "{}: {law}",
                rule.name()
            );
        }
    }
}

#[test]
fn the_page_of_the_matrix_is_up_to_date() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/src/rules/MATRIX.md");
    if std::env::var_os("UPDATE_PAGES").is_some() {
        std::fs::write(page, axiom_matrix()).unwrap();
    }
    assert!(
        std::fs::read_to_string(page).unwrap() == axiom_matrix(),
        "src/rules/MATRIX.md is out of date: run this test with UPDATE_PAGES=1"
    );
}

/// Rules, law, claims, estate, other estate, change.
type First = (
    &'static str,
    Law,
    &'static [i128],
    &'static str,
    &'static str,
    i128,
);

/// The counterexamples that the matrix was first built on.
#[rustfmt::skip]
const FIRST: &[First] = &[
    ("talmud pinile constrained-egalitarian", Law::CompositionUp, &[9, 5], "2", "6", 1),
    ("adjusted-proportional random-arrival minimal-overlap", Law::CompositionUp, &[9, 5], "2", "6", 1),
    ("talmud adjusted-proportional", Law::CompositionDown, &[7, 4], "6", "4", 1),
    ("random-arrival minimal-overlap", Law::CompositionDown, &[7, 4], "6", "4", 1),
    ("pinile constrained-egalitarian", Law::CompositionDown, &[8, 4], "6", "3", 1),
    ("reverse-talmud", Law::CompositionDown, &[3, 6], "3", "1", 1),
    ("reverse-talmud", Law::CompositionUp, &[3, 6], "1", "3", 1),
    ("constrained-equal-awards constrained-equal-losses", Law::SelfDuality, &[5, 3], "4", "0", 1),
    ("constrained-equal-awards constrained-equal-losses", Law::Midpoint, &[5, 3], "4", "0", 1),
    ("proportional", Law::TruncationInvariance, &[3, 2], "2", "0", 1),
    ("constrained-equal-losses", Law::TruncationInvariance, &[5, 3], "4", "0", 1),
    ("constrained-equal-awards", Law::MinimalRightsFirst, &[5, 3], "4", "0", 1),
    ("random-arrival", Law::Consistency, &[2, 1, 3], "2", "0", 1),
    ("minimal-overlap", Law::Consistency, &[6, 3, 9], "7", "0", 1),
    ("adjusted-proportional", Law::Consistency, &[4, 7, 2], "4", "0", 1),
    ("adjusted-proportional", Law::PopulationMonotonicity, &[1, 7, 6, 5], "12", "0", 1),
    ("minimal-overlap", Law::LinkedEndowmentPopulation, &[3, 9, 7], "4", "0", 1),
    ("constrained-egalitarian", Law::OrderUnderEndowment, &[9, 6], "7", "9", 1),
    ("adjusted-proportional", Law::OrderUnderClaims, &[5, 5, 28, 7, 26, 2], "203/4", "0", 2),
    ("adjusted-proportional", Law::OrderUnderPopulation, &[5, 13, 23, 4, 24], "139/3", "0", 1),
];

#[test]
fn the_first_counterexamples_hold() {
    for &(names, law, claims, estate, other, change) in FIRST {
        let case = Case {
            claims: claims.iter().map(|&c| Rational::from_integer(c)).collect(),
            estate: estate.parse().unwrap(),
            other_estate: other.parse().unwrap(),
            change: Rational::from_integer(change),
        };
        for name in names.split(' ') {
            let outcome = check(law, &*rule(name), &case);
            assert!(matches!(outcome, Outcome::Broken(_)), "{name}: {law}");
        }
    }
}

#[test]
fn a_counterexample_says_what_happens() {
    for (name, law, words) in [
        (
            "talmud",
            Law::CompositionUp,
            "claims (9, 5) share 2 as (1, 1) and 6 as (7/2, 5/2), but the first with the rest shared later is (3, 3)",
        ),
        (
            "random-arrival",
            Law::Consistency,
            "claims (2, 1, 3) share 2 as (5/6, 1/3, 5/6); without claim 1 the others share the 7/6 left as (1/2, 2/3)",
        ),
        (
            "constrained-egalitarian",
            Law::OrderUnderEndowment,
            "claims (9, 6) share 7 as (4, 3) and 9 as (9/2, 9/2): claim 2 gains more than claim 1, which is not smaller",
        ),
    ] {
        let outcome = check(law, &*rule(name), &witness(name, law).unwrap());
        assert_eq!(outcome, Outcome::Broken(words.to_owned()));
    }
}

#[test]
fn a_false_declaration_is_doubted_either_way() {
    #[derive(Debug)]
    struct Boaster;
    impl<N: rules::Number> ClaimsRule<N> for Boaster {
        fn name(&self) -> &'static str {
            "boaster"
        }
        fn award(&self, problem: &rules::Problem<'_, N>) -> riparian::Result<Vec<N>> {
            rules::Talmud.award(problem)
        }
        fn laws(&self) -> Vec<(Law, Verdict)> {
            vec![
                (Law::CompositionUp, Verdict::Holds),
                (Law::SelfDuality, Verdict::Fails),
                (Law::Consistency, Verdict::Vacuous),
                (Law::NullCompensation, Verdict::Holds),
            ]
        }
    }
    let report = Search::default().cases(300).check(&Boaster);
    let doubts: Vec<String> = report.doubts().map(ToString::to_string).collect();
    assert_eq!(doubts.len(), 4, "{doubts:?}");
    // The claims bounds and efficiency are checked although not declared.
    assert_eq!(report.lines().count(), 6);
    assert!(doubts[0].starts_with("`boaster` breaks composition up: claims ("));
    assert_eq!(
        doubts[1],
        "`boaster` is declared to break self-duality, but does so in none of 300 cases"
    );
    assert!(doubts[2].contains("for nothing, but"), "{}", doubts[2]);
    assert_eq!(
        doubts[3],
        "`boaster` is declared to keep null-compensation consistency, but none of 300 cases puts it to the test"
    );
}

#[test]
fn a_counterexample_is_small() {
    let Finding::Broken { case, .. } = Search::default().law(Law::CompositionUp, &*rule("talmud"))
    else {
        panic!("the Talmud rule has no composition up");
    };
    assert!(
        case.claims.len() <= 3 && case.total() <= Rational::from_integer(20),
        "{case}"
    );
}
