//! The engine on basins that other simulators run too; a throughput of node-days a second.
//!
//! Nodes are counted as those simulators count them, demands and sources included.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use riparian::{Plan, Simulation};

mod common;

fn peers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("peers");
    group.sample_size(10);
    for case in ["small", "medium", "cascade_10", "cascade_100", "cascade_1000"] {
        let (model, nodes) = common::peer_case(case);
        let plan = Plan::compile(model).expect("a plan");
        let node_days = nodes * plan.window().days();
        group.throughput(Throughput::Elements(node_days as u64));
        group.bench_function(case, |bencher| {
            bencher.iter(|| Simulation::new(&plan).run().expect("a run"));
        });
    }
    group.finish();
}

criterion_group!(benches, peers);
criterion_main!(benches);
