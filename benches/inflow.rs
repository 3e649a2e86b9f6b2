//! A thousand years of dekads at twenty sites, by each method; and the fit to thirty years.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use riparian::calendar::Period;
use riparian::inflow::{Kirsch, LagOne, Neighbours, Record};

const SITES: usize = 20;
const YEARS: usize = 1_000;

/// Thirty years in which sites go together; cosines of incommensurable frequencies stand for chance.
fn record() -> Record {
    let mut values = Vec::new();
    for step in 0..30 * 36 {
        let t = f64::from(step);
        let season = (std::f64::consts::TAU * t / 36.0).sin();
        for site in 0..SITES {
            let k = site as f64 + 2.0;
            let chance = (0.37 * t).cos() + (0.11 * t * k.sqrt()).cos() + (1.618 * t * k).cos();
            values.push(50.0 * k * (0.5 * season + 0.1 * chance).exp());
        }
    }
    let sites = (0..SITES).map(|site| format!("site-{site}")).collect();
    Record::new(sites, Period::Dekad, 10, 1981, values).expect("a record")
}

fn inflow(criterion: &mut Criterion) {
    let record = record();
    let full = LagOne::full().pooling(1);
    let generators = [
        ("full", full.fit(&record)),
        ("contemporaneous", LagOne::contemporaneous().fit(&record)),
        ("kirsch", Kirsch::new().fit(&record)),
        ("neighbours", Neighbours::new().fit(&record)),
    ];
    let mut group = criterion.benchmark_group("inflow");
    group.sample_size(10);
    group.bench_function("fit", |bencher| bencher.iter(|| full.fit(&record)));
    group.throughput(Throughput::Elements((YEARS * 36 * SITES) as u64));
    for (name, generator) in generators {
        let generator = generator.expect("a generator");
        let mut years = generator.years(1, 0, YEARS);
        let mut member = 0;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                member += 1;
                generator
                    .fill(1, member, &mut years)
                    .expect("a record of its kind");
            });
        });
    }
    group.finish();
}

criterion_group!(benches, inflow);
criterion_main!(benches);
