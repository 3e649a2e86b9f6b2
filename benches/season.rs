//! The Bakhri Tochik season of 2024 in both variants; and a vegetation season of a basin with everything the engine
//! knows, and a hundred years of it.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use riparian::calendar::Window;
use riparian::jiff::civil::date;
use riparian::{Plan, Simulation};

#[path = "common/season.rs"]
mod season;

fn seasons(criterion: &mut Criterion) {
    let window = |from, to| Window::new(from, to).expect("days");
    let season = window(date(2024, 4, 1), date(2024, 9, 30));
    let century = window(date(1924, 4, 1), date(2024, 3, 31));
    let scenario = |name: &str| {
        let folder = format!("{}/data/{name}", env!("CARGO_MANIFEST_DIR"));
        riparian::scenario::read(folder).expect("a sound scenario")
    };
    let models = [
        ("bakhri-tochik-2024", scenario("bakhri-tochik-2024")),
        (
            "bakhri-tochik-2024-protocol",
            scenario("bakhri-tochik-2024-protocol"),
        ),
        ("season", season::model(season)),
        ("century", season::model(century)),
    ];
    let mut group = criterion.benchmark_group("season");
    group.sample_size(10);
    for (name, model) in models {
        let plan = Plan::compile(model).expect("a plan");
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
