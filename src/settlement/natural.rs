//! Natural flow: what a river would carry without users and reservoirs.

use super::course::{Course, day_before};
use super::gauge::storage_change;
use crate::basin::{Basin, ReachKind};
use crate::ledger::Ledger;

/// The natural flow at a node by day, in m3: what was measured there, and what people kept from it.
///
/// To the flow that passed the node on a day come, from everywhere upstream by the river,
/// withdrawals, what reservoirs took into store, their evaporation and seepage, and what canals led
/// away; returns, what canals brought and rain on reservoirs are taken off. Each counts on the day
/// its water would have passed the node, the travel time later, and less by the losses of the river
/// on the way. Source: the project-depletion method of apportionment boards, such as the Prairie
/// Provinces Water Board's.
///
/// So it is the flow of the same basin without demands and with reservoirs that pass on what comes,
/// if
///
/// - rivers lose the same fraction of whatever they carry,
/// - net losses between gauges take the same volume, which holds where the river had water for them,
/// - and the term no gauge explains is no use of water: it stays as it is.
///
/// Through a reach that stores water or changes its lag, all of it is taken to pass in the mean travel
/// time: there the sum over months is that flow, and single days are not.
///
/// Where the travel time reaches back before the run, nothing was kept: the first days, as many as
/// the travel time from the heads of the river, are those of the measured flow in part.
pub(super) fn flow(basin: &Basin, ledger: &Ledger, node: usize) -> Vec<f64> {
    let course = Course::of_rivers(basin, node);
    (0..ledger.days())
        .map(|day| {
            let mut natural = ledger.flow_at_node(day, node);
            for (v, gain) in course.nodes() {
                if let Some(then) = day_before(day, course.travel(v), ledger.days()) {
                    natural += gain * kept(basin, ledger, then, v, node);
                }
            }
            natural
        })
        .collect()
}

/// What people kept at a node on a day: withdrawn, stored, evaporated, led away; less what returns
/// and canals brought.
fn kept(basin: &Basin, ledger: &Ledger, day: usize, v: usize, node: usize) -> f64 {
    let mut kept = -ledger.nodes().returned.at(day, v);
    let canals = (0..basin.reaches().len())
        .filter(|&r| basin.reaches()[r].kind == ReachKind::Canal)
        .map(|r| (r, basin.reach_ends(r)));
    for (r, (from, to)) in canals {
        if to == v {
            kept -= ledger.reaches().arrived.at(day, r);
        }
        if from == v && v != node {
            kept += ledger.reaches().entered.at(day, r);
        }
    }
    if v == node {
        // The reading is taken before the node's own users and reservoir.
        return kept;
    }
    for i in (0..basin.offtakes().len()).filter(|&i| basin.offtake_node(i) == v) {
        kept += ledger.offtakes().delivered.at(day, i);
    }
    for k in (0..basin.reservoirs().len()).filter(|&k| basin.reservoir_node(k) == v) {
        let stores = ledger.reservoirs();
        kept += storage_change(ledger, day, k);
        kept += stores.evaporation.at(day, k) + stores.seepage.at(day, k);
        kept -= stores.rain.at(day, k);
    }
    kept
}
