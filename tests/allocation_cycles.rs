//! The solver on networks with rings, against linear programmes that know nothing of how it works: that no claim
//! could have got more without taking from one served no better, and that of all flows which deliver the awards it
//! chose those it promises.

mod support;

use microlp::{ComparisonOp, OptimizationDirection, Problem};
use riparian::allocation::{Outcome, Place, Role};

use support::basin::{Basin, Dice, Family};
use support::{certificate, laws};

/// Water is neither made nor lost, arcs keep within their capacity, and in-stream claims get what passes.
fn check_flows(basin: &Basin, outcome: &Outcome) {
    let close = 1e-11 * basin.scale();
    let mut balance = basin.supply.clone();
    for (claim, &award) in basin.claims.iter().zip(&outcome.award) {
        assert!((0.0..=claim.size).contains(&award), "{award} of {claim:?}");
        match claim.place {
            Place::Node(node) => balance[node] -= award,
            Place::Arc(arc) => assert_eq!(award, claim.size.min(outcome.flow[arc])),
        }
    }
    for (arc, &flow) in basin.arcs.iter().zip(&outcome.flow) {
        assert!((0.0..=arc.capacity).contains(&flow), "{flow} in {arc:?}");
        balance[arc.tail] -= flow;
        balance[arc.head] += arc.gain * flow;
    }
    for (node, &left) in outcome.left.iter().enumerate() {
        assert!(
            (balance[node] - left).abs() <= close,
            "node {node}: {} is not {left}\n{basin:#?}\n{outcome:?}",
            balance[node]
        );
        let main = basin
            .arcs
            .iter()
            .position(|arc| arc.tail == node && arc.role == Role::Main);
        if let Some(main) = main {
            let full = outcome.flow[main] >= basin.arcs[main].capacity - close;
            assert!(
                left <= close || full,
                "{left} stays at node {node}\n{basin:#?}\n{outcome:?}"
            );
        }
    }
}

/// The canals that close a ring with rivers and with canals made before them.
fn chords(basin: &Basin) -> Vec<usize> {
    let mut group: Vec<usize> = (0..basin.supply.len()).collect();
    let mut chords = Vec::new();
    for role in [Role::Main, Role::Canal] {
        for (i, arc) in basin.arcs.iter().enumerate() {
            if arc.role == role {
                let (a, b) = (group[arc.tail], group[arc.head]);
                if a == b {
                    chords.push(i);
                }
                group
                    .iter_mut()
                    .filter(|other| **other == a)
                    .for_each(|other| *other = b);
            }
        }
    }
    chords
}

/// With the awards as they are, the chords carry as little as possible, one after the other.
fn check_tie_break(basin: &Basin, outcome: &Outcome) {
    let slack = 1e-9 * basin.scale();
    let chords = chords(basin);
    for (place, &chord) in chords.iter().enumerate() {
        let mut problem = Problem::new(OptimizationDirection::Minimize);
        let flows: Vec<_> = basin
            .arcs
            .iter()
            .enumerate()
            .map(|(i, arc)| {
                let settled = chords[..place].contains(&i);
                let most = if settled {
                    outcome.flow[i] + slack
                } else {
                    arc.capacity
                };
                problem.add_var(f64::from(u8::from(i == chord)), (0.0, most))
            })
            .collect();
        let mut rows = vec![Vec::new(); basin.supply.len()];
        let mut supply = basin.supply.clone();
        for (arc, &flow) in basin.arcs.iter().zip(&flows) {
            rows[arc.tail].push((flow, 1.0));
            rows[arc.head].push((flow, -arc.gain));
        }
        for (claim, &award) in basin.claims.iter().zip(&outcome.award) {
            match claim.place {
                Place::Node(node) => supply[node] -= award,
                Place::Arc(arc) => {
                    problem.add_constraint([(flows[arc], 1.0)], ComparisonOp::Ge, award - slack);
                }
            }
        }
        for (row, supply) in rows.iter().zip(supply) {
            problem.add_constraint(row, ComparisonOp::Le, supply + slack);
        }
        let least = problem
            .solve()
            .expect("the awards are deliverable")
            .into_solution()
            .expect("no time limit")
            .objective();
        assert!(
            outcome.flow[chord] <= least + 1e-5 * basin.scale(),
            "canal {chord} carries {} but could carry {least}\n{basin:#?}\n{outcome:?}",
            outcome.flow[chord]
        );
    }
}

fn judge(family: Family, seed: u64, count: usize) {
    let mut dice = Dice(seed);
    let (mut cut, mut rings, mut used) = (0, 0, 0);
    for _ in 0..count {
        let asked = 1 + dice.below(3);
        let basin = Basin::random_with_rings(&mut dice, family, asked);
        let outcome = basin.solve();
        check_flows(&basin, &outcome);
        laws::check_bindings(&basin, &outcome);
        cut += certificate::check(&basin, &outcome.award);
        check_tie_break(&basin, &outcome);
        let chords = chords(&basin);
        rings += usize::from(!chords.is_empty());
        used += usize::from(chords.iter().any(|&chord| outcome.flow[chord] > 0.0));
    }
    println!("{count} basins, {rings} with rings, {used} that use them, {cut} claims cut");
    // The families must keep testing what they are for.
    assert!(cut > count && rings > count / 2 && used > count / 8);
}

#[test]
fn small_basins_with_ties() {
    let family = Family {
        nodes: 8,
        whole: true,
        classes: 3,
    };
    judge(family, 11, 2_000);
}

#[test]
fn small_basins_with_odd_numbers() {
    let family = Family {
        nodes: 8,
        whole: false,
        classes: 2,
    };
    judge(family, 12, 1_000);
}

#[test]
fn basins_of_one_class() {
    let family = Family {
        nodes: 6,
        whole: true,
        classes: 1,
    };
    judge(family, 13, 1_000);
}

#[test]
fn larger_basins() {
    let family = Family {
        nodes: 14,
        whole: true,
        classes: 3,
    };
    judge(family, 14, 400);
    judge(
        Family {
            whole: false,
            ..family
        },
        15,
        400,
    );
}
