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
/// dry. Water over a bank is gone.
fn unregulated(plan: &Plan) -> Vec<f64> {
    let n = plan.sizes.nodes;
    let mut passing = plan.inflow.clone();
    let mut arrived = vec![0.0; plan.days];
    for &v in &plan.order {
        arrived.fill(0.0);
        let into = plan.ways[v].into.iter();
        let rivers = into.filter(|&&r| plan.ways[plan.reaches[r].tail].river == Some(r));
        for &r in rivers {
            let reach = &plan.reaches[r];
            let bankfull = reach.overflow.map_or(f64::INFINITY, |(above, _)| above);
            let sent = |day: usize| passing[day * n + reach.tail].min(bankfull) * reach.gain;
            if let Some(i) = reach.routed {
                let basin = &plan.model.basin;
                let out = plan.routed[i].through(basin, reach.antecedent, plan.days, sent);
                arrived.iter_mut().zip(out).for_each(|(sum, q)| *sum += q);
                continue;
            }
            for (day, sum) in arrived.iter_mut().enumerate() {
                let entered = day.checked_sub(reach.lag);
                *sum += entered.map_or(reach.antecedent, sent);
            }
        }
        for (day, arrived) in arrived.iter().enumerate() {
            let here = &mut passing[day * n + v];
            *here = (*here + arrived).max(0.0);
        }
    }
    passing
}
