//! What must be true of any answer.

use super::basin::Basin;
use riparian::allocation::{Binding, Outcome, Place, Role};

/// Each reason must be true of the flows and awards. Without one a claim may be short by rounding alone: a part in
/// 10¹² of itself, or this part of all water.
pub(crate) fn check_bindings(basin: &Basin, outcome: &Outcome, rounding: f64) {
    for (i, (claim, &award)) in basin.claims.iter().zip(&outcome.award).enumerate() {
        let short = claim.size - award;
        let binding = outcome.binding[i];
        let right = if binding == Binding::Met {
            short <= f64::max(1e-12 * claim.size, rounding * basin.scale())
        } else {
            short > 1e-12 * claim.size
        };
        assert!(right, "claim {i} got {award}: {binding:?}\n{basin:#?}");
        assert_eq!(
            outcome.level[i] == f64::INFINITY,
            award == claim.size,
            "claim {i}"
        );
        let because = match binding {
            Binding::Met | Binding::NoWater(_) => true,
            Binding::Capacity(arc) => {
                outcome.flow[arc] >= basin.arcs[arc].capacity - 1e-9 * basin.scale()
            }
            Binding::Floor(arc) => {
                let mut floors = basin
                    .claims
                    .iter()
                    .zip(&outcome.award)
                    .filter(|(c, _)| c.place == Place::Arc(arc));
                floors.any(|(floor, &got)| {
                    floor.class <= claim.class && got >= outcome.flow[arc] - 1e-9 * basin.scale()
                })
            }
            Binding::Seniors(_) => {
                let mut others = basin.claims.iter().zip(&outcome.award);
                others.any(|(other, &got)| other.class < claim.class && got > 0.0)
            }
        };
        assert!(
            because,
            "claim {i} has no business with {binding:?}\n{basin:#?}\n{outcome:?}"
        );
    }
}

/// Water is neither made nor lost, arcs keep within their capacity, and in-stream claims get what passes.
///
/// `rounding` is a part of the basin's scale.
pub(crate) fn check_flows(basin: &Basin, outcome: &Outcome, rounding: f64) {
    let close = rounding * basin.scale();
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
        // Water is left only where the river ends or is full.
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
