//! Which way an order takes where rivers meet.

use std::ops::Range;

use super::Plan;
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
    /// By node: whether a reservoir is there or upstream.
    dams: Vec<bool>,
    /// By day and node: what rivers without dams bring even if all their users take what they want.
    sure: Vec<f64>,
}

impl Tributaries {
    pub(super) fn new(
        basin: &Basin,
        ways: &[Ways],
        reaches: &[Channel],
        routed: &[Routed],
        [inflow, demand]: [&[f64]; 2],
    ) -> Self {
        let dams = dammed(basin, ways);
        let dammed: Vec<bool> = reaches.iter().map(|reach| dams[reach.tail]).collect();
        let mut sure = vec![0.0; inflow.len()];
        let river = River {
            basin,
            ways,
            reaches,
            routed,
        };
        river.sure(
            &dams,
            [inflow, demand],
            0..inflow.len() / ways.len(),
            &mut sure,
        );
        let share = shares(basin, ways, &dammed, inflow);
        Self {
            share,
            dammed,
            dams,
            sure,
        }
    }

    /// By day and node: what rivers without dams bring for sure, if what enters is known ahead.
    pub(super) fn sure(&self) -> &[f64] {
        &self.sure
    }

    /// The same on some days, by another table of what enters.
    pub(super) fn renew(&self, plan: &Plan, days: Range<usize>, inflow: &[f64], sure: &mut [f64]) {
        let river = River {
            basin: &plan.model.basin,
            ways: &plan.ways,
            reaches: &plan.reaches,
            routed: &plan.routed,
        };
        river.sure(&self.dams, [inflow, &plan.demand], days, sure);
    }

    /// What is asked of a reach on behalf of its head, where so much is wanted on a day and so much
    /// comes for sure.
    pub(super) fn asked_of(&self, r: usize, wanted: f64, sure: f64) -> f64 {
        if self.dammed[r] {
            (wanted - sure).max(0.0) * self.share[r]
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

/// What a table of what comes for sure is made of.
struct River<'a> {
    basin: &'a Basin,
    ways: &'a [Ways],
    reaches: &'a [Channel],
    routed: &'a [Routed],
}

impl River<'_> {
    /// By day and node, what comes from upstream by itself, and nobody can take away: nothing from
    /// below a dam, nor from where a canal leaves. Days before those asked for must be known.
    fn sure(
        &self,
        dammed: &[bool],
        [inflow, demand]: [&[f64]; 2],
        days: Range<usize>,
        sure: &mut [f64],
    ) {
        let (n, offtakes) = (self.ways.len(), self.basin.offtakes().len());
        sure[days.start * n..days.end * n].fill(0.0);
        for &v in self.basin.downstream_order() {
            let Some(r) = self.ways[v]
                .river
                .filter(|_| !dammed[v] && self.ways[v].canals.is_empty())
            else {
                continue;
            };
            let reach = &self.reaches[r];
            let longest = match reach.routed {
                Some(i) => usize::try_from(self.routed[i].longest(self.basin)).unwrap_or(0),
                None => reach.lag,
            };
            for day in days.start.saturating_sub(longest)..days.end {
                let there = match reach.routed {
                    Some(i) => usize::try_from(self.routed[i].ordered_for(day)).ok(),
                    None => Some(day + reach.lag),
                };
                let Some(there) = there.filter(|there| days.contains(there)) else {
                    continue;
                };
                let taken = self.ways[v].offtakes.iter();
                let taken: f64 = taken.map(|&i| demand[day * offtakes + i]).sum();
                let on = (sure[day * n + v] + inflow[day * n + v] - taken).max(0.0);
                sure[there * n + reach.head] += on * reach.gain;
            }
        }
    }
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
