//! Water balances of nodes, reaches and the basin over a run.

use jiff::civil::Date;

use super::{Ledger, Sum};
use crate::basin::Basin;
use crate::error::{Error, Result};

/// The balance of one place over the run, in m3.
///
/// Example: [`Balance`].
#[derive(Clone, Debug)]
pub struct BalanceLine {
    /// The id of the node or reach.
    pub place: String,
    /// All that came in: reaches, lateral inflow, returns, rain, a positive unaccounted term.
    pub inflow: f64,
    /// All that went out: reaches, offtakes, losses, evaporation, seepage, a negative unaccounted
    /// term, and at terminals and the ends of canals the water that left the basin.
    pub outflow: f64,
    /// What is stored more at the end than at the start.
    pub change: f64,
    /// The part of `inflow` less `outflow` that is the stated unaccounted term.
    pub unaccounted: f64,
    /// `inflow - outflow - change`: what the program cannot explain; rounding and nothing else.
    pub residual: f64,
    /// All that came in, went out or was held: what the residual is compared with.
    pub throughput: f64,
}

/// The balances of every node and reach, and of the basin as a whole.
///
/// ```
/// let report = riparian::run("src/bin/riparian/skeleton")?;
/// let balance = report.balance();
/// assert!(balance.basin.closes() && balance.nodes.iter().all(|node| node.closes()));
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Balance {
    /// By node, in the basin's order.
    pub nodes: Vec<BalanceLine>,
    /// By reach, in the basin's order: what is on its way at the end less at the start.
    pub reaches: Vec<BalanceLine>,
    /// The basin.
    pub basin: BalanceLine,
}

/// A balance closes if its residual is below this fraction of its throughput.
pub(crate) const CLOSES_AT: f64 = 1e-12;

#[derive(Default)]
struct Terms {
    inflow: Sum,
    outflow: Sum,
    residual: Sum,
    unaccounted: Sum,
}

impl Terms {
    fn enters(&mut self, volumes: impl Iterator<Item = f64>) {
        for volume in volumes {
            self.inflow.add(volume);
            self.residual.add(volume);
        }
    }

    fn leaves(&mut self, volumes: impl Iterator<Item = f64>) {
        for volume in volumes {
            self.outflow.add(volume);
            self.residual.add(-volume);
        }
    }

    /// A signed term: gains enter, losses leave.
    fn signed(&mut self, volumes: impl Iterator<Item = f64>) {
        for volume in volumes {
            if volume >= 0.0 {
                self.enters(std::iter::once(volume));
            } else {
                self.leaves(std::iter::once(-volume));
            }
        }
    }

    fn line(mut self, place: String, start: f64, end: f64) -> BalanceLine {
        self.residual.add(start);
        self.residual.add(-end);
        let (inflow, outflow) = (self.inflow.value(), self.outflow.value());
        BalanceLine {
            place,
            inflow,
            outflow,
            change: end - start,
            unaccounted: self.unaccounted.value(),
            residual: self.residual.value(),
            throughput: inflow + outflow + start.abs() + end.abs(),
        }
    }
}

impl BalanceLine {
    /// Whether the residual is no more than rounding: at most 1e-12 of the throughput.
    pub fn closes(&self) -> bool {
        self.residual.abs() <= CLOSES_AT * self.throughput
    }
}

impl Balance {
    /// Whether every line closes.
    ///
    /// # Errors
    ///
    /// The first that does not, as an error for which [`Error::is_balance`] holds; `last` is the
    /// last day of the run, for its message.
    pub fn check(&self, last: Date) -> Result<()> {
        let lines = self.nodes.iter().chain(&self.reaches).chain([&self.basin]);
        match lines.into_iter().find(|line| !line.closes()) {
            Some(line) => Err(Error::balance(
                &line.place,
                last,
                line.residual,
                line.throughput,
            )),
            None => Ok(()),
        }
    }
}

impl Ledger {
    /// The balances over the whole run.
    ///
    /// # Panics
    ///
    /// If `basin` is not the one the run was made with.
    pub fn balance(&self, basin: &Basin) -> Balance {
        let mut whole = Terms::default();
        let nodes = (0..basin.nodes().len())
            .map(|v| self.node_balance(basin, v, &mut whole))
            .collect();
        let (mut start, mut end) = (0.0, 0.0);
        let reaches = (0..basin.reaches().len())
            .map(|r| {
                let mut terms = Terms::default();
                terms.enters(self.reaches.entered.of(r));
                terms.leaves(self.reaches.arrived.of(r));
                terms.leaves(self.reaches.lost.of(r));
                terms.leaves(self.reaches.overflowed.of(r));
                whole.leaves(self.reaches.lost.of(r));
                whole.leaves(self.reaches.overflowed.of(r));
                let held = self.initial_channel[r];
                let lag = basin.reaches()[r].lag_days as usize;
                let left = self.final_channel[r].unwrap_or_else(|| self.on_its_way(r, lag));
                start += held;
                end += left;
                terms.line(basin.reaches()[r].id.clone(), held, left)
            })
            .collect();
        let last = self.days() - 1;
        for (k, initial) in self.initial_storage.iter().enumerate() {
            start += initial;
            end += self.reservoirs.storage.at(last, k);
        }
        Balance {
            nodes,
            reaches,
            basin: whole.line("basin".into(), start, end),
        }
    }

    /// Water in a reach of constant lag after the last day: what entered on the last days of the travel time, and
    /// of the antecedent water what had no time to arrive.
    fn on_its_way(&self, reach: usize, lag: usize) -> f64 {
        let days = self.days();
        let mut left: Sum = (days.saturating_sub(lag)..days)
            .flat_map(|day| {
                let entered = self.reaches.entered.at(day, reach);
                let (lost, over) = (&self.reaches.lost, &self.reaches.overflowed);
                [entered, -lost.at(day, reach), -over.at(day, reach)]
            })
            .collect();
        if lag > days {
            left.add(self.initial_channel[reach] * (lag - days) as f64 / lag as f64);
        }
        left.value()
    }

    fn node_balance(&self, basin: &Basin, v: usize, whole: &mut Terms) -> BalanceLine {
        let node = &basin.nodes()[v];
        let mut terms = Terms::default();
        terms.enters(self.nodes.arrived.of(v));
        terms.enters(self.nodes.returned.of(v));
        terms.signed(self.nodes.lateral.of(v));
        whole.enters(self.nodes.returned.of(v));
        whole.signed(self.nodes.lateral.of(v));
        for r in (0..basin.reaches().len()).filter(|&r| basin.reach_ends(r).0 == v) {
            terms.leaves(self.reaches.entered.of(r));
        }
        for o in (0..basin.offtakes().len()).filter(|&o| basin.offtake_node(o) == v) {
            terms.leaves(self.offtakes.delivered.of(o));
            whole.leaves(self.offtakes.delivered.of(o));
        }
        terms.leaves(self.nodes.left.of(v));
        whole.leaves(self.nodes.left.of(v));
        let (mut start, mut end) = (0.0, 0.0);
        if let Some(k) = basin.reservoir_index(&node.id) {
            let store = &self.reservoirs;
            for terms in [&mut terms, &mut *whole] {
                terms.enters(store.rain.of(k));
                terms.signed(store.unaccounted.of(k));
                terms.leaves(store.evaporation.of(k));
                terms.leaves(store.seepage.of(k));
                for term in store.unaccounted.of(k) {
                    terms.unaccounted.add(term);
                }
            }
            start = self.initial_storage[k];
            end = store.storage.at(self.days() - 1, k);
        }
        terms.line(node.id.clone(), start, end)
    }
}
