//! The inflow that policies see ahead of them.

use super::Plan;
use super::plan::SECONDS_A_DAY;
use crate::units::Flow;

/// Fills in the forecast of each reservoir whose policy looks ahead: that of the model, or where it
/// has none the unregulated inflow.
pub(super) fn fill(plan: &mut Plan) {
    let mut natural = None;
    for k in 0..plan.stores.len() {
        if plan.stores[k].horizon == 0 {
            continue;
        }
        let forecast: Vec<Flow> = if let Some(series) = &plan.model.forecast[k] {
            series.values().iter().map(|&q| Flow::from_m3s(q)).collect()
        } else {
            let natural = natural.get_or_insert_with(|| unregulated(plan));
            let of_node = natural.iter().skip(plan.stores[k].node);
            let by_day = of_node.step_by(plan.sizes.nodes);
            by_day
                .map(|volume| Flow::from_m3s(volume / SECONDS_A_DAY))
                .collect()
        };
        plan.stores[k].forecast = forecast;
    }
}

/// By day and node, in m3: what would pass if nobody diverted or stored anything, and canals were
/// dry.
fn unregulated(plan: &Plan) -> Vec<f64> {
    let n = plan.sizes.nodes;
    let mut passing = plan.inflow.clone();
    for &v in &plan.order {
        for day in 0..plan.days {
            let arrived: f64 = plan.ways[v]
                .into
                .iter()
                .filter(|&&r| plan.ways[plan.reaches[r].tail].river == Some(r))
                .map(|&r| &plan.reaches[r])
                .map(|reach| match day.checked_sub(reach.lag) {
                    Some(entered) => passing[entered * n + reach.tail] * reach.gain,
                    None => reach.antecedent,
                })
                .sum();
            let here = &mut passing[day * n + v];
            *here = (*here + arrived).max(0.0);
        }
    }
    passing
}
