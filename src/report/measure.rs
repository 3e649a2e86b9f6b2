//! Reading the ledger at the points of obligations.

use std::collections::HashSet;

use crate::agreement::{Measure, Point};
use crate::basin::{Basin, NodeKind};
use crate::ledger::Ledger;

/// What one term of a point reads, resolved to numbers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Gauge {
    Offtake(usize),
    /// All the water that passes a node.
    Node(usize),
    /// What enters a reach.
    Reach(usize),
    /// What the river brings to a node.
    Arrivals(usize),
    Release(usize),
    Storage(usize),
    Energy(usize),
}

impl Gauge {
    /// The gauge of a point's term; the ordinary one of its kind where no measure is named.
    pub(super) fn new(basin: &Basin, id: &str, measure: Option<Measure>) -> Option<Self> {
        if let Some(offtake) = basin.offtake_index(id) {
            return Some(Self::Offtake(offtake));
        }
        if let Some(reach) = basin.reach_index(id) {
            return Some(Self::Reach(reach));
        }
        let node = basin.node_index(id)?;
        let store = basin.reservoir_index(id);
        match (measure, store) {
            (Some(Measure::Release), Some(store)) => Some(Self::Release(store)),
            (Some(Measure::Storage), Some(store)) => Some(Self::Storage(store)),
            (Some(Measure::Energy), Some(store)) => Some(Self::Energy(store)),
            (None | Some(Measure::Inflow), Some(_)) => Some(Self::Arrivals(node)),
            _ => Some(Self::Node(node)),
        }
    }

    /// The reading of a day: m3, or kWh for energy.
    pub(super) fn read(self, ledger: &Ledger, day: usize) -> f64 {
        match self {
            Self::Offtake(i) => ledger.offtakes().delivered.at(day, i),
            Self::Node(v) => ledger.flow_at_node(day, v),
            Self::Reach(r) => ledger.reaches().entered.at(day, r),
            Self::Arrivals(v) => ledger.nodes().arrived.at(day, v),
            Self::Release(k) => ledger.reservoirs().release.at(day, k),
            Self::Storage(k) => ledger.reservoirs().storage.at(day, k),
            Self::Energy(k) => ledger.reservoirs().energy.at(day, k),
        }
    }

    /// The node whose water it reads.
    pub(super) fn node(self, basin: &Basin) -> usize {
        match self {
            Self::Offtake(i) => basin.offtake_node(i),
            Self::Node(v) | Self::Arrivals(v) => v,
            Self::Reach(r) => basin.reach_ends(r).0,
            Self::Release(k) | Self::Storage(k) | Self::Energy(k) => basin.reservoir_node(k),
        }
    }
}

/// A point as a weighted sum of gauges.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) terms: Vec<(Gauge, f64)>,
}

impl Reading {
    pub(super) fn new(basin: &Basin, point: &Point, measure: Option<Measure>) -> Self {
        Self {
            terms: point
                .terms
                .iter()
                .filter_map(|(id, weight)| Some((Gauge::new(basin, id, measure)?, *weight)))
                .collect(),
        }
    }

    pub(super) fn read(&self, ledger: &Ledger, day: usize) -> f64 {
        self.terms
            .iter()
            .map(|(gauge, weight)| weight * gauge.read(ledger, day))
            .sum()
    }
}

/// The node upstream of all others among a point's terms, as its place in the declared order.
pub(super) fn river_position(basin: &Basin, reading: &Reading) -> usize {
    let nodes = reading.terms.iter().map(|(gauge, _)| gauge.node(basin));
    nodes.min().unwrap_or(usize::MAX)
}

/// The way water comes to a node: the nodes above it down from the nearest reservoirs, and those
/// reservoirs.
#[derive(Clone, Debug, Default)]
pub(super) struct Upstream {
    /// Nodes between the reservoirs and the point, the point's own included.
    pub(super) nodes: Vec<usize>,
    pub(super) stores: Vec<usize>,
}

impl Upstream {
    pub(super) fn of(basin: &Basin, node: usize) -> Self {
        let mut found = Self::default();
        let mut next = vec![node];
        let mut seen = HashSet::new();
        while let Some(v) = next.pop() {
            // A canal that rejoins its river leads to the same node twice.
            if !seen.insert(v) {
                continue;
            }
            let is_store = basin.nodes()[v].kind == NodeKind::Reservoir;
            if is_store && v != node {
                found
                    .stores
                    .extend((0..basin.reservoirs().len()).find(|&k| basin.reservoir_node(k) == v));
                continue;
            }
            found.nodes.push(v);
            next.extend(
                (0..basin.reaches().len())
                    .map(|r| basin.reach_ends(r))
                    .filter(|&(_, to)| to == v)
                    .map(|(from, _)| from),
            );
        }
        found
    }
}
