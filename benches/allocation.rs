//! One day's allocation by network size, number of classes and scarcity, and on rings.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use riparian::allocation::{Network, Place, Role, Solver, Today};

/// Numbers that look random and are the same everywhere: the fractional parts of multiples of the
/// golden ratio.
fn spread(i: usize) -> f64 {
    (i as f64 * 0.618_033_988_749_895).fract()
}

/// A river system of that many nodes, two claims for five nodes, in that many classes.
///
/// A third of the nodes begin tributaries, one reach in twenty has a capacity, one in five loses
/// water. `scarcity` is what is claimed for each m3 that enters.
fn river(nodes: usize, classes: usize, scarcity: f64, rings: usize) -> (Network, Today) {
    let mut builder = Network::builder();
    for _ in 0..nodes {
        builder.node();
    }
    let mut capacities = Vec::new();
    for node in 1..nodes {
        let downstream = if spread(node) < 0.67 {
            node - 1
        } else {
            (spread(node * 7) * node as f64) as usize
        };
        let gain = if spread(node * 3) < 0.2 { 0.9 } else { 1.0 };
        builder.arc(node, downstream, gain, Role::Main);
        capacities.push(if spread(node * 5) < 0.05 {
            6.0
        } else {
            f64::INFINITY
        });
    }
    for ring in 0..rings {
        let tail = nodes - 1 - ring;
        builder.arc(tail, tail / 2, 0.95, Role::Canal);
        capacities.push(3.0);
    }
    let claims: Vec<f64> = (0..nodes * 2 / 5).map(|i| 0.5 + spread(i * 11)).collect();
    for i in 0..claims.len() {
        let node = (spread(i * 13) * nodes as f64) as usize;
        builder.claim(
            Place::Node(node),
            (spread(i * 17) * classes as f64) as u16,
            1.0,
        );
    }
    let network = builder.build().expect("a sound network");
    let mut today = network.today();
    today.capacity.copy_from_slice(&capacities);
    today.claim.copy_from_slice(&claims);
    let supply = claims.iter().sum::<f64>() / scarcity / nodes as f64;
    today.supply.fill(supply);
    (network, today)
}

fn bench(criterion: &mut Criterion, group: &str, name: String, day: &(Network, Today)) {
    let (network, today) = day;
    let mut solver = Solver::new(network);
    let mut group = criterion.benchmark_group(group);
    group.sample_size(20);
    group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
        bencher.iter(|| solver.solve(network, today).expect("a day").award[0]);
    });
    group.finish();
}

fn allocation(criterion: &mut Criterion) {
    for nodes in [10, 100, 1_000, 10_000] {
        for classes in [1, 4, nodes / 2] {
            let name = format!("{nodes} nodes, {classes} classes");
            bench(
                criterion,
                "size and classes",
                name,
                &river(nodes, classes, 1.5, 0),
            );
        }
    }
    for scarcity in [0.4, 1.0, 3.0, 10.0] {
        let name = format!("{scarcity} claimed for each m3");
        bench(criterion, "scarcity", name, &river(1_000, 4, scarcity, 0));
    }
    for rings in [1, 2, 4] {
        let name = format!("50 nodes, {rings} rings");
        bench(criterion, "rings", name, &river(50, 4, 1.5, rings));
    }
}

criterion_group!(benches, allocation);
criterion_main!(benches);
