//! The network solver against two independent judges on thousands of small random basins: progressive filling by
//! bisection, and a linear programme for each claim that was cut, which proves that it could not have got more
//! without taking from a claim served no better. Both use only the definition of the problem.

mod support;

use riparian::allocation::{Binding, Network, Objective, Outcome, Place, Role, Solver, Today};

use support::{basin, certificate, laws};

/// Fact F1 of tree networks: awards can be delivered if no node owes water after the branches beyond it, seen from
/// an arbitrary root, have passed on or drawn what they can.
mod delivery {
    use super::basin::Basin;
    use super::*;

    pub(crate) struct Tree {
        /// Parents before children: node, its parent and the arc between them.
        order: Vec<(usize, usize, usize)>,
    }

    impl Tree {
        pub(crate) fn new(basin: &Basin) -> Self {
            let mut order = Vec::new();
            let mut waiting = vec![(0, usize::MAX, usize::MAX)];
            while let Some((node, parent, arc)) = waiting.pop() {
                order.push((node, parent, arc));
                for (i, next) in basin.arcs.iter().enumerate() {
                    if i != arc && (next.tail == node || next.head == node) {
                        waiting.push((next.tail + next.head - node, node, i));
                    }
                }
            }
            Self { order }
        }

        /// Whether the awards can be delivered, with `slack` m³ of forbearance at each test.
        pub(crate) fn delivers(&self, basin: &Basin, awards: &[f64], slack: f64) -> bool {
            let mut balance = basin.supply.clone();
            let mut floor = vec![0.0; basin.arcs.len()];
            for (claim, &award) in basin.claims.iter().zip(awards) {
                match claim.place {
                    Place::Node(node) => balance[node] -= award,
                    Place::Arc(arc) => floor[arc] = f64::max(floor[arc], award),
                }
            }
            for &(node, parent, i) in self.order.iter().rev() {
                if parent == usize::MAX {
                    return balance[node] >= -slack;
                }
                let arc = &basin.arcs[i];
                // Towards the root all that can be passed on; away from it no more than is needed there.
                let (arrival, flow) = if arc.tail == node {
                    let flow = balance[node].min(arc.capacity);
                    if flow < floor[i] - slack {
                        return false;
                    }
                    (arc.gain * flow, flow)
                } else {
                    let flow = (-balance[node] / arc.gain).max(floor[i]);
                    (-flow, flow)
                };
                if flow > arc.capacity + slack {
                    return false;
                }
                balance[parent] += arrival;
            }
            unreachable!("the root comes first")
        }
    }
}

/// Progressive filling as the textbooks define it, with bisection for the levels.
mod filling {
    use super::delivery::Tree;
    use super::support::basin::Basin;

    pub(crate) fn awards(basin: &Basin) -> Vec<f64> {
        let tree = Tree::new(basin);
        // Each round forbears a little more, so that what one round accepts never stops the next.
        let mut slack = 0.0;
        let mut awards = vec![0.0; basin.claims.len()];
        for (class, rule) in (0..).zip(&basin.rules) {
            let largest = basin.largest(class);
            let top = rule.top(largest);
            let award = |i: usize, level: f64| rule.award(&basin.claims[i], level, largest);
            let mut rising: Vec<usize> = basin.classmates(class).collect();
            let mut level = 0.0;
            loop {
                slack += 1e-11 * basin.scale();
                let reaches = |level: f64, awards: &mut Vec<f64>| {
                    for &i in &rising {
                        awards[i] = award(i, level);
                    }
                    tree.delivers(basin, awards, slack)
                };
                if reaches(top, &mut awards) {
                    break;
                }
                let mut beyond = top;
                for _ in 0..50 {
                    let middle = f64::midpoint(level, beyond);
                    if reaches(middle, &mut awards) {
                        level = middle;
                    } else {
                        beyond = middle;
                    }
                }
                reaches(level, &mut awards);
                let nudged = level + 1e-7 * top;
                let before = rising.len();
                rising.retain(|&i| {
                    let held = std::mem::replace(&mut awards[i], award(i, nudged));
                    let free = tree.delivers(basin, &awards, slack);
                    awards[i] = held;
                    free
                });
                assert!(
                    rising.len() < before,
                    "some claim must be what stops the level
{basin:#?}"
                );
            }
        }
        awards
    }
}

/// The flows keep the laws, and canals carry nothing idly.
fn check_flows(basin: &basin::Basin, outcome: &Outcome) {
    laws::check_flows(basin, outcome, 1e-13);
    let close = 1e-13 * basin.scale();
    for (i, arc) in basin.arcs.iter().enumerate() {
        let asked = basin
            .claims
            .iter()
            .filter(|claim| claim.place == Place::Arc(i))
            .map(|claim| claim.size);
        let idle = outcome.flow[i] - asked.fold(0.0, f64::max);
        let river = arc.role == Role::Main || basin.arcs.iter().any(|next| next.tail == arc.head);
        assert!(
            river || outcome.left[arc.head].min(idle) <= close,
            "canal {i} brings {idle} that nobody claims\n{basin:#?}\n{outcome:?}"
        );
    }
}

fn judge(family: basin::Family, seed: u64, count: usize) {
    let mut dice = basin::Dice(seed);
    let (mut cut, mut floors) = (0, 0);
    for _ in 0..count {
        let basin = basin::Basin::random(&mut dice, family);
        let outcome = basin.solve();
        check_flows(&basin, &outcome);
        laws::check_bindings(&basin, &outcome, 0.0);
        for (i, (got, filled)) in outcome
            .award
            .iter()
            .zip(filling::awards(&basin))
            .enumerate()
        {
            assert!(
                (got - filled).abs() <= 1e-5 * basin.scale(),
                "claim {i} got {got}, progressive filling gives {filled}\n{basin:#?}\n{outcome:?}"
            );
        }
        cut += certificate::check(&basin, &outcome.award);
        floors += outcome
            .binding
            .iter()
            .filter(|binding| matches!(binding, Binding::Floor(_)))
            .count();
    }
    println!("{count} basins, {cut} claims cut, {floors} of them for in-stream flow");
    // The families must keep testing what they are for.
    assert!(cut > count, "only {cut} claims were cut in {count} basins");
    assert!(
        floors > count / 50,
        "only {floors} claims were held by in-stream flow in {count} basins"
    );
}

#[test]
fn small_basins_with_ties() {
    judge(
        basin::Family {
            nodes: 8,
            whole: true,
            classes: 3,
        },
        1,
        10_000,
    );
}

#[test]
fn small_basins_with_odd_numbers() {
    judge(
        basin::Family {
            nodes: 8,
            whole: false,
            classes: 2,
        },
        2,
        6_000,
    );
}

#[test]
fn basins_of_one_class() {
    judge(
        basin::Family {
            nodes: 6,
            whole: true,
            classes: 1,
        },
        3,
        4_000,
    );
}

#[test]
fn larger_basins() {
    judge(
        basin::Family {
            nodes: 14,
            whole: true,
            classes: 3,
        },
        4,
        1_200,
    );
    judge(
        basin::Family {
            nodes: 14,
            whole: false,
            classes: 3,
        },
        5,
        1_200,
    );
}

/// Classes of one or two claims: prior appropriation.
#[test]
fn basins_of_many_classes() {
    judge(
        basin::Family {
            nodes: 8,
            whole: true,
            classes: 12,
        },
        6,
        1_600,
    );
}

/// One pool: what the textbook rule gives, found by sorting.
#[test]
fn a_single_pool_follows_the_textbook() {
    fn equal_awards(mut estate: f64, claims: &[f64]) -> Vec<f64> {
        let mut order: Vec<usize> = (0..claims.len()).collect();
        order.sort_by(|&a, &b| claims[a].total_cmp(&claims[b]));
        let mut awards = vec![0.0; claims.len()];
        for (served, &i) in order.iter().enumerate() {
            awards[i] = claims[i].min(estate / (claims.len() - served) as f64);
            estate -= awards[i];
        }
        awards
    }
    fn less(claims: &[f64], losses: &[f64]) -> Vec<f64> {
        claims
            .iter()
            .zip(losses)
            .map(|(claim, loss)| claim - loss)
            .collect()
    }
    let mut dice = basin::Dice(7);
    for _ in 0..4000 {
        let claims: Vec<f64> = (0..=dice.below(6)).map(|_| dice.volume(9, true)).collect();
        let total: f64 = claims.iter().sum();
        let estate = total * dice.volume(1, false);
        let halves: Vec<f64> = claims.iter().map(|claim| claim / 2.0).collect();
        for rule in [
            basin::Rule::Proportional,
            basin::Rule::EqualAwards,
            basin::Rule::EqualLosses,
            basin::Rule::Talmud,
        ] {
            let expected = match rule {
                basin::Rule::Proportional => {
                    claims.iter().map(|c| c * estate / total.max(1.0)).collect()
                }
                basin::Rule::EqualAwards => equal_awards(estate, &claims),
                basin::Rule::EqualLosses => less(&claims, &equal_awards(total - estate, &claims)),
                basin::Rule::Talmud if estate <= total / 2.0 => equal_awards(estate, &halves),
                basin::Rule::Talmud => less(&claims, &equal_awards(total - estate, &halves)),
            };
            let claims = claims.iter().map(|&size| basin::Claim {
                place: Place::Node(0),
                class: 0,
                weight: 1.0,
                size,
            });
            let pool = basin::Basin {
                supply: vec![estate],
                arcs: vec![],
                claims: claims.collect(),
                rules: vec![rule],
                objective: Objective::MaxMin,
            };
            let outcome = pool.solve();
            for (got, expected) in outcome.award.iter().zip(&expected) {
                assert!(
                    (got - expected).abs() <= 1e-14 * total,
                    "{rule:?}: {:?}, not {expected}",
                    outcome.award
                );
            }
        }
    }
}

/// The Mishnah's three widows (Aumann and Maschler 1985).
#[test]
fn the_mishnah_is_kept() {
    for (estate, expected) in [
        (100.0, [100.0 / 3.0; 3]),
        (200.0, [50.0, 75.0, 75.0]),
        (300.0, [50.0, 100.0, 150.0]),
    ] {
        let claims = [100.0, 200.0, 300.0];
        let claims = claims.map(|size| basin::Claim {
            place: Place::Node(0),
            class: 0,
            weight: 1.0,
            size,
        });
        let pool = basin::Basin {
            supply: vec![estate],
            arcs: vec![],
            claims: claims.to_vec(),
            rules: vec![basin::Rule::Talmud],
            objective: Objective::MaxMin,
        };
        for (got, expected) in pool.solve().award.iter().zip(expected) {
            assert!((got - expected).abs() <= 1e-13);
        }
    }
}

/// The numbers nodes, arcs and claims happen to have, and the outlet chosen because of them, change nothing.
#[test]
fn names_do_not_matter() {
    let mut dice = basin::Dice(8);
    for _ in 0..2000 {
        let basin = basin::Basin::random(
            &mut dice,
            basin::Family {
                nodes: 10,
                whole: true,
                classes: 3,
            },
        );
        let (nodes, arcs, claims) = (
            dice.shuffled(basin.supply.len()),
            dice.shuffled(basin.arcs.len()),
            dice.shuffled(basin.claims.len()),
        );
        let renamed = basin.renamed(&nodes, &arcs, &claims);
        let (before, after) = (basin.solve(), renamed.solve());
        for (old, &new) in claims.iter().enumerate() {
            assert!(
                (before.award[old] - after.award[new]).abs() <= 1e-12 * basin.scale(),
                "claim {old}\n{basin:#?}"
            );
        }
    }
}

#[test]
fn volumes_of_any_size_are_shared_alike() {
    let mut dice = basin::Dice(9);
    for _ in 0..1000 {
        let basin = basin::Basin::random(
            &mut dice,
            basin::Family {
                nodes: 10,
                whole: false,
                classes: 3,
            },
        );
        let before = basin.solve();
        for (factor, close) in [
            (2f64.powi(40), 0.0),
            (2f64.powi(-40), 0.0),
            (1e-3, 1e-11),
            (1e10, 1e-11),
        ] {
            let after = basin.scaled(factor).solve();
            for (before, after) in before.award.iter().zip(&after.award) {
                assert!(
                    (before * factor - after).abs() <= close * basin.scale() * factor,
                    "{basin:#?}"
                );
            }
        }
    }
}

/// Days leave nothing behind in the solver: in any order, and alone, they give the same bits.
#[test]
fn days_are_independent_to_the_bit() {
    let mut dice = basin::Dice(10);
    for _ in 0..300 {
        let basin = basin::Basin::random(
            &mut dice,
            basin::Family {
                nodes: 12,
                whole: false,
                classes: 3,
            },
        );
        let network = basin.build().expect("the generator makes sound basins");
        let days: Vec<Today> = (0..8)
            .map(|_| {
                let mut today = basin.today();
                today
                    .supply
                    .iter_mut()
                    .for_each(|volume| *volume *= dice.volume(2, false));
                today
                    .claim
                    .iter_mut()
                    .for_each(|volume| *volume *= dice.volume(2, false));
                today
            })
            .collect();
        let alone: Vec<Outcome> = days
            .iter()
            .map(|day| {
                Solver::new(&network)
                    .solve(&network, day)
                    .expect("sound")
                    .clone()
            })
            .collect();
        let mut solver = Solver::new(&network);
        for (day, alone) in days.iter().zip(&alone).rev() {
            assert_eq!(solver.solve(&network, day).expect("sound"), alone);
        }
    }
}

/// Each reason on the smallest basin that shows it.
#[test]
fn reasons_name_what_binds() {
    // Rivers 0 -> 1 -> 2 and 3 -> 1; a canal from 1 to a field at 4.
    let mut builder = Network::builder();
    for _ in 0..5 {
        builder.node();
    }
    let upper = builder.arc(0, 1, 1.0, Role::Main);
    let lower = builder.arc(1, 2, 1.0, Role::Main);
    let tributary = builder.arc(3, 1, 1.0, Role::Main);
    let canal = builder.arc(1, 4, 1.0, Role::Canal);
    let town = builder.claim(Place::Node(0), 1, 1.0);
    let fish = builder.claim(Place::Arc(lower), 2, 1.0);
    let field = builder.claim(Place::Node(4), 3, 1.0);
    let network = builder.build().expect("a sound network");
    let mut solver = Solver::new(&network);
    let mut solve = |change: &dyn Fn(&mut Today)| {
        let mut today = network.today();
        today.supply.copy_from_slice(&[10.0, 0.0, 0.0, 6.0, 0.0]);
        today.claim.copy_from_slice(&[4.0, 5.0, 6.0]);
        change(&mut today);
        solver.solve(&network, &today).expect("a sound day").clone()
    };

    let outcome = solve(&|_| {});
    assert_eq!(outcome.award, [4.0, 5.0, 6.0]);
    assert_eq!(outcome.binding, [Binding::Met; 3]);
    assert_eq!(outcome.flow, [6.0, 6.0, 6.0, 6.0]);
    assert_eq!(outcome.left, [0.0, 0.0, 6.0, 0.0, 0.0]);

    let outcome = solve(&|today| today.capacity[canal] = 2.5);
    assert_eq!(
        (outcome.award[field], outcome.binding[field]),
        (2.5, Binding::Capacity(canal))
    );
    assert_eq!(outcome.flow[lower], 9.5);

    let outcome = solve(&|today| today.supply[3] = 1.0);
    assert_eq!(
        (outcome.award[field], outcome.binding[field]),
        (2.0, Binding::Floor(lower))
    );

    let outcome = solve(&|today| {
        today.supply[3] = 1.0;
        today.claim[fish] = 0.0;
        today.claim[field] = 9.0;
    });
    assert_eq!(
        (outcome.award[field], outcome.binding[field]),
        (7.0, Binding::Seniors(1))
    );

    let outcome = solve(&|today| {
        today.claim[fish] = 0.0;
        today.claim[field] = 20.0;
        today.capacity[tributary] = 2.0;
    });
    assert_eq!(
        (outcome.award[field], outcome.binding[field]),
        (8.0, Binding::Capacity(tributary))
    );
    assert_eq!(outcome.left[3], 4.0);

    let outcome = solve(&|today| {
        today.claim[town] = 0.0;
        today.claim[fish] = 0.0;
        today.claim[field] = 20.0;
    });
    assert_eq!(
        (outcome.award[field], outcome.binding[field]),
        (16.0, Binding::NoWater(1))
    );

    let outcome = solve(&|today| today.claim[town] = 12.0);
    assert_eq!(
        (outcome.award[town], outcome.binding[town]),
        (10.0, Binding::NoWater(0))
    );
    assert_eq!(outcome.level[town], 10.0 / 12.0);

    // The town comes first, so the fish get what is left; the capacity of a reach limits them as well.
    let outcome = solve(&|today| {
        today.supply[3] = 0.0;
        today.claim[town] = 8.0;
    });
    assert_eq!(outcome.award, [8.0, 2.0, 0.0]);
    assert_eq!(
        outcome.binding,
        [Binding::Met, Binding::Seniors(1), Binding::Floor(lower)]
    );
    let outcome = solve(&|today| today.capacity[lower] = 3.0);
    assert_eq!(
        (outcome.award[fish], outcome.binding[fish]),
        (3.0, Binding::Capacity(lower))
    );
    assert_eq!(outcome.flow[upper], 6.0);
    assert_eq!(outcome.left[1], 3.0);
}

#[test]
fn impossible_numbers_are_refused() {
    use riparian::allocation::DayError;

    let mut builder = Network::builder();
    let (spring, sea) = (builder.node(), builder.node());
    builder.arc(spring, sea, 1.0, Role::Main);
    builder.claim(Place::Node(sea), 1, 1.0);
    let network = builder.build().expect("a sound network");
    let mut solver = Solver::new(&network);
    let mut fault = |change: &dyn Fn(&mut Today)| {
        let mut today = network.today();
        change(&mut today);
        solver
            .solve(&network, &today)
            .expect_err("the day is unsound")
    };
    assert_eq!(
        fault(&|today| today.supply[1] = -1.0),
        DayError::Supply { node: 1, m3: -1.0 }
    );
    assert_eq!(
        fault(&|today| today.capacity[0] = -2.0),
        DayError::Capacity { arc: 0, m3: -2.0 }
    );
    let infinite = DayError::Claim {
        claim: 0,
        m3: f64::INFINITY,
    };
    assert_eq!(fault(&|today| today.claim[0] = f64::INFINITY), infinite);
    assert!(matches!(
        fault(&|today| today.capacity[0] = f64::NAN),
        DayError::Capacity { arc: 0, .. }
    ));
}
