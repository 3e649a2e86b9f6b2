//! Which way an order takes where rivers meet.

use super::channel::Routed;
use super::plan::{Channel, Ways};
use crate::basin::{Basin, ReachKind};

/// What each way to a node is asked for of what is wanted there.
///
/// A river without a dam brings what it brings; a dam is asked for what is still missing.
#[derive(Clone, Debug, Default)]
pub(super) struct Tributaries {
    /// By reach: the part of it that is asked for what is wanted at its head.
    share: Vec<f64>,
    /// By reach: whether a reservoir is upstream.
    dammed: Vec<bool>,
    /// By day and node: what rivers without dams bring even if all their users take what they want.
    sure: Vec<f64>,
    nodes: usize,
}

impl Tributaries {
    pub(super) fn new(
        basin: &Basin,
        ways: &[Ways],
        reaches: &[Channel],
        routed: &[Routed],
        [inflow, demand]: [&[f64]; 2],
    ) -> Self {
        let dammed = dammed(basin, ways);
        let sure = sure(basin, ways, (reaches, routed), &dammed, [inflow, demand]);
        let dammed: Vec<bool> = reaches.iter().map(|reach| dammed[reach.tail]).collect();
        let share = shares(basin, ways, &dammed, inflow);
        Self {
            share,
            dammed,
            sure,
            nodes: ways.len(),
        }
    }

    /// What is asked of a reach on behalf of its head, where so much is wanted on a day.
    pub(super) fn asked_of(&self, r: usize, head: usize, wanted: f64, day: usize) -> f64 {
        if self.dammed[r] {
            (wanted - self.sure[day * self.nodes + head]).max(0.0) * self.share[r]
        } else {
            wanted * self.share[r]
        }
    }
}

/// By node: whether a reservoir is there or upstream.
fn dammed(basin: &Basin, ways: &[Ways]) -> Vec<bool> {
    let mut dammed = vec![false; ways.len()];
    for &v in basin.downstream_order() {
        let above = |&r: &usize| dammed[basin.reach_ends(r).0];
        dammed[v] = ways[v].store.is_some() || ways[v].into.iter().any(above);
    }
    dammed
}

/// By day and node, what comes from upstream by itself, and nobody can take away: nothing from below
/// a dam, nor from where a canal leaves.
fn sure(
    basin: &Basin,
    ways: &[Ways],
    (reaches, routed): (&[Channel], &[Routed]),
    dammed: &[bool],
    [inflow, demand]: [&[f64]; 2],
) -> Vec<f64> {
    let (n, offtakes) = (ways.len(), basin.offtakes().len());
    let days = inflow.len() / n;
    let mut sure = vec![0.0; inflow.len()];
    for &v in basin.downstream_order() {
        let Some(r) = ways[v]
            .river
            .filter(|_| !dammed[v] && ways[v].canals.is_empty())
        else {
            continue;
        };
        let reach = &reaches[r];
        for day in 0..days {
            let taken = ways[v].offtakes.iter();
            let taken: f64 = taken.map(|&i| demand[day * offtakes + i]).sum();
            let on = (sure[day * n + v] + inflow[day * n + v] - taken).max(0.0);
            let there = match reach.routed {
                Some(i) => usize::try_from(routed[i].ordered_for(day)).unwrap_or(days),
                None => day + reach.lag,
            };
            if there < days {
                sure[there * n + reach.head] += on * reach.gain;
            }
        }
    }
    sure
}

/// Among dams' rivers, and among all, in proportion to what enters above each on the mean of the run.
/// Canals are asked where no river is.
fn shares(basin: &Basin, ways: &[Ways], dammed: &[bool], inflow: &[f64]) -> Vec<f64> {
    let n = ways.len();
    let is_river = |&r: &usize| basin.reaches()[r].kind == ReachKind::River;
    let mut enters = vec![0.0; n];
    for (at, volume) in inflow.iter().enumerate() {
        enters[at % n] += volume.max(0.0);
    }
    let mut share = vec![0.0; basin.reaches().len()];
    for &v in basin.downstream_order() {
        let rivers: Vec<usize> = ways[v].into.iter().copied().filter(is_river).collect();
        let from = |&r: &usize| enters[basin.reach_ends(r).0];
        let all = if rivers.is_empty() {
            &ways[v].into
        } else {
            &rivers
        };
        for &r in all {
            let fellows = || all.iter().filter(|&&other| !dammed[r] || dammed[other]);
            let together: f64 = fellows().map(from).sum();
            share[r] = if together > 0.0 {
                from(&r) / together
            } else {
                1.0 / fellows().count() as f64
            };
        }
        enters[v] += rivers.iter().map(from).sum::<f64>();
    }
    share
}
