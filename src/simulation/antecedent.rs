//! The water in the channels before the first day.

use super::Plan;
use super::plan::SECONDS_A_DAY;

/// Fills in the antecedent flow of reaches for which the model gives none: the steady state of
/// the first day.
///
/// In that state every day was like the first: the same lateral inflows, the same demands, taken
/// as far as the water goes, upstream first, and reservoirs neither filled nor emptied, but passed
/// on what came, with at least their minimum release. Canals held nothing but what a given
/// antecedent flow says.
pub(super) fn fill(plan: &mut Plan) {
    let n = plan.sizes.nodes;
    for (reach, declared) in plan.reaches.iter_mut().zip(plan.model.basin.reaches()) {
        let given = declared.antecedent;
        reach.antecedent = given.map_or(f64::NAN, |q| q.m3s() * SECONDS_A_DAY * reach.gain);
    }
    for position in 0..n {
        let v = plan.order[position];
        let ways = &plan.ways[v];
        let arriving: f64 = ways.into.iter().map(|&r| plan.reaches[r].antecedent).sum();
        let taken: f64 = ways.offtakes.iter().map(|&i| plan.demand[i]).sum();
        let mut left = (arriving + plan.inflow[v] - taken).max(0.0);
        for &r in &ways.canals {
            let canal = &mut plan.reaches[r];
            if canal.antecedent.is_nan() {
                canal.antecedent = 0.0;
            }
            left = (left - canal.antecedent / canal.gain).max(0.0);
        }
        if let Some(k) = ways.store {
            let least = plan.model.basin.reservoirs()[k].min_release;
            left = left.max(least.m3s() * SECONDS_A_DAY);
        }
        if let Some(r) = ways.river {
            let river = &mut plan.reaches[r];
            if river.antecedent.is_nan() {
                river.antecedent = left * river.gain;
            }
        }
    }
}
