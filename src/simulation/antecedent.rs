//! The water in the channels before the first day.

use super::Plan;
use super::plan::SECONDS_A_DAY;

/// Fills in the antecedent flow of reaches.
pub(super) fn fill(plan: &mut Plan) {
    let mut antecedent = vec![0.0; plan.reaches.len()];
    steady_state(
        plan,
        |v| plan.inflow[v],
        |i| plan.demand[i],
        &mut antecedent,
    );
    for (reach, flow) in plan.reaches.iter_mut().zip(antecedent) {
        reach.antecedent = flow;
    }
}

/// The antecedent flow of each reach as it arrives, in m3 a day: that of the model, or where it gives
/// none the steady state of the first day, by what enters at each node and what each offtake asks
/// for on that day.
///
/// In that state every day was like the first: the same lateral inflows, the same demands, taken
/// as far as the water goes, upstream first, and reservoirs neither filled nor emptied, but passed
/// on what came, with at least their minimum release. Canals held nothing but what a given
/// antecedent flow says.
pub(crate) fn steady_state(
    plan: &Plan,
    inflow: impl Fn(usize) -> f64,
    demand: impl Fn(usize) -> f64,
    antecedent: &mut [f64],
) {
    let declared = plan.reaches.iter().zip(plan.model.basin.reaches());
    for (flow, (reach, declared)) in antecedent.iter_mut().zip(declared) {
        let given = declared.antecedent;
        *flow = given.map_or(f64::NAN, |q| q.m3s() * SECONDS_A_DAY * reach.gain);
    }
    for &v in &plan.order {
        let ways = &plan.ways[v];
        let arriving: f64 = ways.into.iter().map(|&r| antecedent[r]).sum();
        let taken: f64 = ways.offtakes.iter().map(|&i| demand(i)).sum();
        let mut left = (arriving + inflow(v) - taken).max(0.0);
        for &r in &ways.canals {
            if antecedent[r].is_nan() {
                antecedent[r] = 0.0;
            }
            left = (left - antecedent[r] / plan.reaches[r].gain).max(0.0);
        }
        if let Some(k) = ways.store {
            let least = plan.model.basin.reservoirs()[k].min_release;
            left = left.max(least.m3s() * SECONDS_A_DAY);
        }
        if let Some(r) = ways.river
            && antecedent[r].is_nan()
        {
            antecedent[r] = left * plan.reaches[r].gain;
        }
    }
}
