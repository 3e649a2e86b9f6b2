//! A vegetation season of a basin with everything the engine knows, and a hundred years of it.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use riparian::calendar::Window;
use riparian::jiff::civil::date;
use riparian::{Plan, Simulation};

#[path = "common/season.rs"]
mod season;

fn seasons(criterion: &mut Criterion) {
    let windows = [
        ("season", Window::new(date(2024, 4, 1), date(2024, 9, 30))),
        ("century", Window::new(date(1924, 4, 1), date(2024, 3, 31))),
    ];
    let mut group = criterion.benchmark_group("season");
    group.sample_size(10);
    for (name, window) in windows {
        let plan = Plan::compile(season::model(window.expect("days"))).expect("a plan");
        let node_days = plan.model().basin().nodes().len() * plan.window().days();
        group.throughput(Throughput::Elements(node_days as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| Simulation::new(&plan).run().expect("a run"));
        });
    }
    group.finish();
}

criterion_group!(benches, seasons);
criterion_main!(benches);
