//! An ensemble of a basin that Pywr runs too, timed: prints one JSON line for `peers/compare.py --members`.
//!
//! ```text
//! cargo bench --bench ensemble_run -- [CASE] [MEMBERS] [THREADS]
//! ```
//!
//! Member `k` of `n` has all inflows times `0.7 + 0.6 k / (n - 1)`. In the same run the *floor* is timed: a bare loop
//! that adds up the same days and nodes, upstream first, each demand taking what is there; no priorities, no
//! allocation, no journal, no settlement. It is what the arithmetic and the memory cost.

use std::hint::black_box;
use std::time::Instant;

use riparian::Plan;
use riparian::ensemble::{Draws, Ensemble, Keep, Variation};
use riparian::simulation::Inputs;
use riparian::units::SECONDS_PER_DAY;

mod common;

fn main() {
    // Cargo adds an argument of its own.
    let mut arguments = std::env::args().skip(1).filter(|word| word != "--bench");
    let case = arguments.next().unwrap_or_else(|| "medium".into());
    let mut number = |or| {
        arguments
            .next()
            .map_or(or, |word| word.parse().expect("a number"))
    };
    let (members, threads): (u64, u64) = (number(100), number(1));

    let (model, _) = common::peer_case(&case);
    let plan = Plan::compile(model).expect("a plan");
    let node_days = plan.model().basin().nodes().len() as f64 * plan.window().days() as f64;
    let floor = Floor::new(&plan);
    let ensemble = Ensemble::new(plan, 1)
        .vary(Factors { members })
        .expect("a variation of any plan")
        .keep(Keep::Settlements)
        .threads(threads as usize);

    let start = Instant::now();
    let results = ensemble.run(0..members);
    let run = start.elapsed().as_secs_f64();
    let start = Instant::now();
    for member in 0..members {
        black_box(floor.run(factor(member, members)));
    }
    let bare = start.elapsed().as_secs_f64();
    let line = serde_json::json!({
        "run": run,
        "threads": threads,
        "node_days_per_second": node_days * members as f64 / run,
        "floor_node_days_per_second": node_days * members as f64 / bare,
        "failed": results.failed().count(),
        "digest": results.digest(),
    });
    println!("{line}");
}

fn factor(member: u64, members: u64) -> f64 {
    let part = member as f64 / (members - 1).max(1) as f64;
    ((0.7 + 0.6 * part) * 1e6).round() / 1e6
}

/// All rivers wetter or drier alike.
#[derive(Debug)]
struct Factors {
    members: u64,
}

impl Variation for Factors {
    fn vary(
        &self,
        member: u64,
        _: &mut Draws,
        plan: &Plan,
        inputs: &mut Inputs,
    ) -> riparian::Result<()> {
        for node in 0..plan.model().basin().nodes().len() {
            inputs.scale_inflow(node, factor(member, self.members));
        }
        Ok(())
    }
}

/// The bare mass balance of a network in which each node passes on to one other.
struct Floor {
    days: usize,
    order: Vec<usize>,
    /// By node: where its water goes.
    next: Vec<Option<usize>>,
    /// By node: what it can hold, and holds at first.
    room: Vec<f64>,
    start: Vec<f64>,
    /// By node: its demands, as a stretch of `demand`.
    users: Vec<(usize, usize)>,
    /// By day and node, and by day and user in the order of their nodes: m3.
    inflow: Vec<f64>,
    demand: Vec<f64>,
    width: usize,
}

impl Floor {
    fn new(plan: &Plan) -> Self {
        let basin = plan.model().basin();
        let (nodes, days) = (basin.nodes().len(), plan.window().days());
        let inputs = plan.inputs();
        let mut inflow = vec![0.0; nodes * days];
        for v in 0..nodes {
            for (day, m3s) in inputs.inflow(v).enumerate() {
                inflow[day * nodes + v] = m3s * SECONDS_PER_DAY;
            }
        }
        let of_node = |v| {
            let users = 0..basin.offtakes().len();
            users.filter(move |&i| basin.offtake_node(i) == v)
        };
        let by_node: Vec<usize> = (0..nodes).flat_map(of_node).collect();
        let width = by_node.len();
        let mut demand = vec![0.0; width * days];
        for (at, &i) in by_node.iter().enumerate() {
            for (day, m3s) in inputs.demand(i).enumerate() {
                demand[day * width + at] = m3s * SECONDS_PER_DAY;
            }
        }
        let mut taken = 0;
        let users = (0..nodes).map(|v| {
            let from = taken;
            taken += of_node(v).count();
            (from, taken)
        });
        let users = users.collect();
        let mut next = vec![None; nodes];
        for r in 0..basin.reaches().len() {
            let (tail, head) = basin.reach_ends(r);
            next[tail] = Some(head);
        }
        let (mut room, mut start) = (vec![0.0; nodes], vec![0.0; nodes]);
        for (k, lake) in basin.reservoirs().iter().enumerate() {
            room[basin.reservoir_node(k)] = lake.full.m3();
            start[basin.reservoir_node(k)] = lake.initial.m3();
        }
        Self {
            days,
            order: basin.downstream_order().to_vec(),
            next,
            room,
            start,
            users,
            inflow,
            demand,
            width,
        }
    }

    /// What left the basin, m3.
    fn run(&self, factor: f64) -> f64 {
        let nodes = self.order.len();
        let mut held = self.start.clone();
        let mut arriving = vec![0.0; nodes];
        let mut left = 0.0;
        for day in 0..self.days {
            let inflow = &self.inflow[day * nodes..][..nodes];
            let demand = &self.demand[day * self.width..][..self.width];
            arriving.fill(0.0);
            for &v in &self.order {
                let mut water = held[v] + arriving[v] + inflow[v] * factor;
                let (from, to) = self.users[v];
                for asked in &demand[from..to] {
                    water -= asked.min(water);
                }
                held[v] = water.min(self.room[v]);
                match self.next[v] {
                    Some(head) => arriving[head] += water - held[v],
                    None => left += water - held[v],
                }
            }
        }
        left
    }
}
