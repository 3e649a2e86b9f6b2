//! Ten years of the Syr Darya, day by day: the run, its settlement, and the settlement with reasons. `docs/cascade-bench.md`
//! has the figures.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use riparian::settlement::{Record, Settled, settle};
use riparian::{Plan, Simulation};

fn cascade(criterion: &mut Criterion) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/data/syr-darya-2001-2010");
    let model = riparian::scenario::read(folder).expect("a sound scenario");
    let plan = Plan::compile(model).expect("a plan");
    let ledger = Simulation::new(&plan).run().expect("a run");
    let node_days = plan.model().basin().nodes().len() * plan.window().days();
    let mut group = criterion.benchmark_group("cascade");
    group.sample_size(10);
    group.bench_function("read", |bencher| {
        bencher.iter(|| riparian::scenario::read(folder).expect("a sound scenario"));
    });
    group.throughput(Throughput::Elements(node_days as u64));
    group.bench_function("run", |bencher| {
        bencher.iter(|| Simulation::new(&plan).run().expect("a run"));
    });
    group.bench_function("settle", |bencher| {
        bencher.iter(|| settle(plan.model().agreements(), &Record::of(&plan, &ledger)));
    });
    group.bench_function("settle with reasons", |bencher| {
        bencher.iter(|| Settled::of(&plan, &ledger));
    });
    group.finish();
}

criterion_group!(benches, cascade);
criterion_main!(benches);
