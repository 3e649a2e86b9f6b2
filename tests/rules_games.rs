//! Published examples, and the rules that are values of O'Neill's game: the Talmud rule is its
//! nucleolus, random arrival its Shapley value, the adjusted proportional rule its τ-value.

use microlp::{ComparisonOp, OptimizationDirection, Problem as Lp, SolveOutcome};
use proptest::prelude::*;
use riparian::rules::{
    self, AdjustedProportional, ClaimsRule, ConstrainedEqualAwards, ConstrainedEqualLosses,
    MinimalOverlap, Proportional, RandomArrival, Talmud, shapley,
};
use riparian::testing::{Rational, claims_problem};

fn q(p: i128, of: i128) -> Rational {
    Rational::new(p, of)
}

fn whole(numbers: &[i128]) -> Vec<Rational> {
    numbers.iter().map(|&p| q(p, 1)).collect()
}

/// What a coalition, as bits, is sure of: what the others leave.
fn worth(estate: Rational, claims: &[Rational], coalition: usize) -> Rational {
    let others = (0..claims.len()).filter(|i| coalition >> i & 1 == 0);
    (estate - others.map(|i| claims[i]).sum::<Rational>()).max(q(0, 1))
}

#[test]
fn the_mishnah_of_the_three_widows() {
    let claims = whole(&[100, 200, 300]);
    for (estate, awards) in [
        (100, vec![q(100, 3); 3]),
        (200, whole(&[50, 75, 75])),
        (300, whole(&[50, 100, 150])),
    ] {
        assert_eq!(Talmud.share(q(estate, 1), &claims).unwrap(), awards);
    }
}

#[test]
fn the_contested_garment() {
    let (estate, claims) = (q(1, 1), [q(1, 1), q(1, 2)]);
    let garment = [q(3, 4), q(1, 4)];
    for name in [
        "talmud",
        "random-arrival",
        "minimal-overlap",
        "adjusted-proportional",
        "constrained-equal-losses",
    ] {
        let mut rules = rules::all::<Rational>().into_iter();
        let rule = rules.find(|rule| rule.name() == name).unwrap();
        assert_eq!(rule.share(estate, &claims).unwrap(), garment, "{name}");
    }
    assert_eq!(
        Proportional.share(estate, &claims).unwrap(),
        [q(2, 3), q(1, 3)]
    );
    assert_eq!(
        ConstrainedEqualAwards.share(estate, &claims).unwrap(),
        [q(1, 2), q(1, 2)]
    );
}

#[test]
fn ibn_ezra_and_his_four_sons() {
    let awards = MinimalOverlap
        .share(q(120, 1), &whole(&[120, 60, 40, 30]))
        .unwrap();
    assert_eq!(awards, [q(485, 6), q(125, 6), q(65, 6), q(15, 2)]);
}

#[test]
fn equal_losses_are_the_dual_of_equal_awards() {
    let claims = whole(&[7, 3, 11, 3]);
    for estate in 0..=24 {
        let losses = ConstrainedEqualAwards
            .share(q(24 - estate, 1), &claims)
            .unwrap();
        let awards = ConstrainedEqualLosses.share(q(estate, 1), &claims).unwrap();
        assert!(
            awards
                .iter()
                .zip(&losses)
                .map(|(x, l)| x + l)
                .eq(claims.iter().copied())
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_arrival_is_the_shapley_value((estate, claims) in claims_problem()) {
        let value = shapley(claims.len(), |who| {
            worth(estate, &claims, who.members().map(|i| 1 << i).sum())
        });
        prop_assert_eq!(RandomArrival.share(estate, &claims).unwrap(), value.unwrap());
    }

    #[test]
    fn adjusted_proportional_is_the_tau_value((estate, claims) in claims_problem()) {
        let (n, all) = (claims.len(), (1_usize << claims.len()) - 1);
        // What a player could at most ask, and what is left to him at least when his coalition pays
        // the others what they could ask.
        let most: Vec<Rational> = (0..n)
            .map(|i| worth(estate, &claims, all) - worth(estate, &claims, all & !(1 << i)))
            .collect();
        let least: Vec<Rational> = (0..n)
            .map(|i| {
                let rest = |set: usize| {
                    let others = (0..n).filter(|&j| j != i && set >> j & 1 == 1);
                    worth(estate, &claims, set) - others.map(|j| most[j]).sum::<Rational>()
                };
                (0..=all).filter(|set| set >> i & 1 == 1).map(rest).max().unwrap()
            })
            .collect();
        let (low, high): (Rational, Rational) = (least.iter().sum(), most.iter().sum());
        let way = if high == low { q(0, 1) } else { (estate - low) / (high - low) };
        let tau: Vec<Rational> =
            least.iter().zip(&most).map(|(a, b)| a + (b - a) * way).collect();
        prop_assert_eq!(AdjustedProportional.share(estate, &claims).unwrap(), tau);
    }

    #[test]
    fn talmud_is_the_nucleolus((estate, claims) in claims_problem()) {
        let claims = &claims[..claims.len().min(4)];
        let estate = estate.min(claims.iter().sum());
        let float = |x: &Rational| *x.numer() as f64 / *x.denom() as f64;
        let worths: Vec<f64> =
            (0..1 << claims.len()).map(|set| float(&worth(estate, claims, set))).collect();
        let nucleolus = nucleolus(&worths, claims.len());
        for (award, other) in Talmud.share(estate, claims).unwrap().iter().zip(nucleolus) {
            prop_assert!((float(award) - other).abs() < 1e-6, "{award} {other}");
        }
    }
}

/// The nucleolus by linear programmes: raise the least surplus of all coalitions as far as it goes,
/// hold those coalitions whose surplus can go no higher, and raise the least of the others.
fn nucleolus(worths: &[f64], n: usize) -> Vec<f64> {
    let all = worths.len() - 1;
    let mut held: Vec<Option<f64>> = vec![None; worths.len()];
    loop {
        let open: Vec<usize> = (1..all).filter(|&set| held[set].is_none()).collect();
        let (least, awards) = least_surplus(worths, n, &held, &open, None);
        if open.is_empty() {
            return awards;
        }
        for set in open.clone() {
            // How high can the surplus of this one go while no other open one falls below?
            let (most, _) = least_surplus(worths, n, &held, &open, Some((set, least)));
            if most <= least + 1e-7 {
                held[set] = Some(least);
            }
        }
    }
}

/// The largest `t`, and awards, such that held coalitions keep their surplus, and each open one has at
/// least `t`; or, for a single set, at least `t` for that one and at least the given level for all.
fn least_surplus(
    worths: &[f64],
    n: usize,
    held: &[Option<f64>],
    open: &[usize],
    single: Option<(usize, f64)>,
) -> (f64, Vec<f64>) {
    let mut lp = Lp::new(OptimizationDirection::Maximize);
    let awards: Vec<_> = (0..n)
        .map(|_| lp.add_var(0.0, (0.0, f64::INFINITY)))
        .collect();
    let scale = worths[worths.len() - 1] + 1.0;
    let level = lp.add_var(1.0, (-scale, scale));
    let members = |set: usize| {
        let chosen = (0..n).filter(move |i| set >> i & 1 == 1);
        chosen.map(|i| (awards[i], 1.0)).collect::<Vec<_>>()
    };
    let all = worths.len() - 1;
    lp.add_constraint(members(all), ComparisonOp::Eq, worths[all]);
    for (set, surplus) in held.iter().enumerate() {
        if let Some(surplus) = surplus {
            // A hair of slack: the levels before this one are known to rounding only.
            lp.add_constraint(members(set), ComparisonOp::Ge, worths[set] + surplus - 1e-9);
        }
    }
    for &set in open {
        let mut left = members(set);
        if let Some((_, floor)) = single {
            lp.add_constraint(&left, ComparisonOp::Ge, worths[set] + floor - 1e-9);
        }
        if single.is_none_or(|(one, _)| one == set) {
            left.push((level, -1.0));
            lp.add_constraint(&left, ComparisonOp::Ge, worths[set]);
        }
    }
    let outcome = lp.solve().expect("the core of a claims game is not empty");
    let SolveOutcome::Solution(solution) = outcome else {
        panic!("no limit was set");
    };
    (
        solution[level],
        awards.iter().map(|&x| solution[x]).collect(),
    )
}
