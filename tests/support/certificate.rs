//! The max-min certificate: one linear programme over flows and awards for each claim that was cut.

use super::basin::Basin;
use microlp::{ComparisonOp, OptimizationDirection, Problem};
use riparian::allocation::{Objective, Place};

/// The most claim `raised` could get, for basins whose classes get the largest volume with that volume kept, with seniors held at their awards, and classmates too unless they are
/// served better than it.
fn most(basin: &Basin, awards: &[f64], raised: usize) -> f64 {
    // Small, because routes that lose nearly the same turn a little slack into much.
    let slack = 1e-11 * basin.scale();
    let class = basin.claims[raised].class;
    let rule = basin.rules[usize::from(class)];
    let largest = basin.largest(class);
    let (_, level) = rule.levels(&basin.claims[raised], awards[raised], largest, slack);

    let mut problem = Problem::new(OptimizationDirection::Maximize);
    let flows: Vec<_> = basin
        .arcs
        .iter()
        .map(|arc| problem.add_var(0.0, (0.0, arc.capacity)))
        .collect();
    // At each node: outflow + awards - arrivals <= supply.
    let mut rows = vec![Vec::new(); basin.supply.len()];
    for (arc, &flow) in basin.arcs.iter().zip(&flows) {
        rows[arc.tail].push((flow, 1.0));
        rows[arc.head].push((flow, -arc.gain));
    }
    let mut target = None;
    let mut volume = Vec::new();
    for (i, claim) in basin.claims.iter().enumerate() {
        if claim.class > class {
            continue;
        }
        let held = claim.class < class
            || rule.levels(claim, awards[i], largest, slack).0 <= level * (1.0 + 1e-9);
        let least = if held && i != raised {
            (awards[i] - slack).max(0.0)
        } else {
            0.0
        };
        let award = problem.add_var(f64::from(u8::from(i == raised)), (least, claim.size));
        if i == raised {
            target = Some(award);
        }
        match claim.place {
            Place::Node(node) => {
                rows[node].push((award, 1.0));
                if claim.class == class {
                    volume.push((i, (award, 1.0)));
                }
            }
            Place::Arc(arc) => {
                problem.add_constraint([(flows[arc], 1.0), (award, -1.0)], ComparisonOp::Ge, 0.0);
            }
        }
    }
    if basin.objective == Objective::MaxVolume && !volume.is_empty() {
        let least: f64 = volume.iter().map(|&(i, _)| awards[i]).sum();
        let row: Vec<_> = volume.into_iter().map(|(_, term)| term).collect();
        problem.add_constraint(row, ComparisonOp::Ge, least - slack);
    }
    for (row, &supply) in rows.iter().zip(&basin.supply) {
        problem.add_constraint(row, ComparisonOp::Le, supply + slack);
    }
    let solution = problem
        .solve()
        .expect("the awards are deliverable")
        .into_solution()
        .expect("no time limit");
    solution.var_value(target.expect("the raised claim is of its own class"))
}

/// Checks every claim that was cut; returns how many there were.
pub(crate) fn check(basin: &Basin, awards: &[f64]) -> usize {
    let close = 1e-5 * basin.scale();
    let cut =
        (0..awards.len()).filter(|&i| awards[i] < basin.claims[i].size - 1e-9 * basin.scale());
    cut.map(|i| {
        let most = most(basin, awards, i);
        assert!(
            most <= awards[i] + close,
            "claim {i} got {} but could have got {most}\n{basin:#?}\n{awards:?}",
            awards[i]
        );
    })
    .count()
}

/// The most the claims of a class that take water out could get together, with seniors held at their awards.
pub(crate) fn largest_volume(basin: &Basin, awards: &[f64], class: u16) -> f64 {
    let slack = 1e-11 * basin.scale();
    let mut problem = Problem::new(OptimizationDirection::Maximize);
    let flows: Vec<_> = basin
        .arcs
        .iter()
        .map(|arc| problem.add_var(0.0, (0.0, arc.capacity)))
        .collect();
    let mut rows = vec![Vec::new(); basin.supply.len()];
    for (arc, &flow) in basin.arcs.iter().zip(&flows) {
        rows[arc.tail].push((flow, 1.0));
        rows[arc.head].push((flow, -arc.gain));
    }
    for (claim, &got) in basin.claims.iter().zip(awards) {
        if claim.class > class {
            continue;
        }
        let junior = claim.class == class;
        match claim.place {
            Place::Node(node) => {
                let range = if junior {
                    (0.0, claim.size)
                } else {
                    (got, got)
                };
                rows[node].push((problem.add_var(f64::from(u8::from(junior)), range), 1.0));
            }
            Place::Arc(arc) if !junior => {
                problem.add_constraint([(flows[arc], 1.0)], ComparisonOp::Ge, got - slack);
            }
            Place::Arc(_) => {}
        }
    }
    for (row, &supply) in rows.iter().zip(&basin.supply) {
        problem.add_constraint(row, ComparisonOp::Le, supply + slack);
    }
    let solution = problem.solve().expect("the awards are deliverable");
    solution.into_solution().expect("no time limit").objective()
}
