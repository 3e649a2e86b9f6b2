//! Natural flow: what a river would carry without users and reservoirs.

use crate::basin::{Basin, ReachKind};
use crate::ledger::Ledger;

/// The natural flow at a node by day, in m3: what was measured there, and what people kept from it.
///
/// To the flow that passed the node on a day come, from everywhere upstream, withdrawals, what
/// reservoirs took into store, their evaporation and seepage, and what canals led away from the
/// node's waters; returns and rain on reservoirs are taken off. Each counts on the day its water
/// would have passed the node, the travel time later, and less by the losses on the way. Source:
/// the project-depletion method of apportionment boards, such as the Prairie Provinces Water Board's.
///
/// It assumes that the river's own losses and travel times are those of today, whatever it
/// carries, and that the term no gauge explains is no use of water. Where the travel time reaches
/// back before the run, nothing was kept.
pub(super) fn flow(basin: &Basin, ledger: &Ledger, node: usize) -> Vec<f64> {
    let reached = ways_to(basin, node);
    (0..ledger.days())
        .map(|day| {
            let mut natural = ledger.flow_at_node(day, node);
            for (v, gain) in reached.iter().enumerate() {
                let Some(gain) = gain else { continue };
                let travel = (basin.lead(node) - basin.lead(v)) as usize;
                if let Some(then) = day.checked_sub(travel) {
                    natural += gain * kept(basin, ledger, then, v, node, &reached);
                }
            }
            natural
        })
        .collect()
}

/// What people kept at a node on a day: withdrawn, stored, evaporated, led away; less what came
/// back.
fn kept(
    basin: &Basin,
    ledger: &Ledger,
    day: usize,
    v: usize,
    node: usize,
    reached: &[Option<f64>],
) -> f64 {
    let mut kept = -ledger.nodes().returned.at(day, v);
    if v == node {
        // The reading is taken before the node's own users and reservoir.
        return kept;
    }
    for i in (0..basin.offtakes().len()).filter(|&i| basin.offtake_node(i) == v) {
        kept += ledger.offtakes().delivered.at(day, i);
    }
    for k in (0..basin.reservoirs().len()).filter(|&k| basin.reservoir_node(k) == v) {
        let stores = ledger.reservoirs();
        kept += super::gauge::storage_change(ledger, day, k);
        kept += stores.evaporation.at(day, k) + stores.seepage.at(day, k);
        kept -= stores.rain.at(day, k);
    }
    for r in 0..basin.reaches().len() {
        let (from, to) = basin.reach_ends(r);
        if from == v && reached[to].is_none() {
            kept += ledger.reaches().entered.at(day, r);
        }
    }
    kept
}

/// By node: which part of its water reaches another, by the river where there is one; none for a
/// node whose water does not.
fn ways_to(basin: &Basin, node: usize) -> Vec<Option<f64>> {
    let mut gain: Vec<Option<f64>> = vec![None; basin.nodes().len()];
    gain[node] = Some(1.0);
    for &v in basin.downstream_order().iter().rev() {
        let ways = (0..basin.reaches().len()).filter(|&r| basin.reach_ends(r).0 == v);
        let mut ways: Vec<usize> = ways
            .filter(|&r| gain[basin.reach_ends(r).1].is_some())
            .collect();
        ways.sort_by_key(|&r| basin.reaches()[r].kind != ReachKind::River);
        if let (None, Some(&r)) = (gain[v], ways.first()) {
            let onward = gain[basin.reach_ends(r).1].unwrap_or_default();
            gain[v] = Some((1.0 - basin.reaches()[r].loss) * onward);
        }
    }
    gain
}
