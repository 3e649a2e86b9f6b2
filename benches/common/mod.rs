//! Basins that other simulators run too, made by `benches/peers/generate.py` and built as models.
//!
//! Shared by the benches and by the test that compares results with what those simulators gave.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use riparian::agreement::{Agreement, Obligation};
use riparian::basin::{Node, Offtake, Party, Reach, Reservoir};
use riparian::calendar::{Window, date_of};
use riparian::jiff::civil::Date;
use riparian::series::{DailySeries, Interpolation};
use riparian::units::{Flow, Volume};
use riparian::{Model, ModelBuilder};
use serde::Deserialize;

/// A basin as the generator describes it: volumes in Mm3, flows in Mm3 a day.
#[derive(Deserialize)]
struct Spec {
    name: String,
    start: Date,
    days: usize,
    nodes: Vec<Place>,
    edges: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Place {
    name: String,
    #[serde(flatten)]
    what: What,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum What {
    Inflow,
    Reservoir {
        min: f64,
        max: f64,
        initial: f64,
        cost: f64,
    },
    Junction,
    Gauge {
        least: f64,
    },
    Demand {
        monthly: [f64; 12],
        cost: f64,
        country: String,
    },
    Sink,
}

/// The class of minimum flows, senior to all demands.
const MINIMUM_FLOWS: &str = "minimum flows";

/// A peer case as a model, and the number of nodes as the other simulators count them.
///
/// # Panics
///
/// If the cases cannot be generated or read.
pub(crate) fn peer_case(case: &str) -> (Model, usize) {
    let folder = generated().join(case);
    let spec = fs::read_to_string(folder.join("spec.json")).expect("a case of the generator");
    let spec: Spec = serde_json::from_str(&spec).expect("a spec as the generator writes it");
    let nodes = spec.nodes.len();
    let model = spec.model(&folder.join("inflow.csv"));
    (model, nodes)
}

/// The folder of the cases, filled on first use and anew when the script changes.
fn generated() -> PathBuf {
    let script = include_str!("../peers/generate.py");
    let mut hash = DefaultHasher::new();
    script.hash(&mut hash);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = target.join(format!("peers-{:016x}", hash.finish()));
    if folder.exists() {
        return folder;
    }
    // Filled beside and renamed, for tests and benches may want it at the same time.
    let beside = tempfile::tempdir_in(target).expect("a folder in target");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/generate.py");
    let filled = beside.path().join("peers");
    let run = Command::new("python3").arg(path).arg(&filled).output();
    match run {
        Ok(run) if run.status.success() => {}
        Ok(run) => panic!(
            "benches/peers/generate.py failed:\n{}",
            String::from_utf8_lossy(&run.stderr)
        ),
        Err(error) => panic!(
            "the peer cases are made by benches/peers/generate.py, which needs Python 3: \
             `python3` cannot be run: {error}"
        ),
    }
    if let Err(error) = fs::rename(&filled, &folder) {
        assert!(
            folder.exists(),
            "the peer cases cannot be put in place: {error}"
        );
    }
    folder
}

impl Spec {
    fn model(&self, inflows: &Path) -> Model {
        let end = date_of(self.start, self.days as i64 - 1);
        let window = Window::new(self.start, end).expect("at least one day");
        let mut builder = self.uses(Model::builder(&self.name, window));
        let ranks = self.keep_ranks();
        for place in &self.nodes {
            builder = match &place.what {
                What::Inflow => builder.node(Node::inflow(&place.name)),
                What::Junction => builder.node(Node::junction(&place.name)),
                What::Gauge { .. } => builder.node(Node::gauge(&place.name)),
                What::Sink => builder.node(Node::terminal(&place.name)),
                What::Reservoir {
                    min, max, initial, ..
                } => builder.reservoir(
                    Reservoir::new(&place.name, Volume::from_mcm(*max))
                        .dead(Volume::from_mcm(*min))
                        .initial(Volume::from_mcm(*initial))
                        .keep_rank(ranks[place.name.as_str()]),
                ),
                What::Demand { .. } => builder,
            };
        }
        builder = self.ways(builder, window);
        for (name, mcm) in columns(inflows) {
            let m3s = mcm.iter().map(|&q| Flow::from_mcm_per_day(q).m3s());
            let series = DailySeries::new(self.start, m3s.collect()).expect("numbers");
            builder = builder.inflow(name, series);
        }
        self.minimum_flows(builder, window)
            .build()
            .expect("a sound model")
    }

    /// Countries, and a priority class for each demand, the one of the lowest cost first.
    fn uses(&self, mut builder: ModelBuilder) -> ModelBuilder {
        let mut demands: Vec<(&str, f64, &str)> = self
            .nodes
            .iter()
            .filter_map(|place| match &place.what {
                What::Demand { cost, country, .. } => {
                    Some((place.name.as_str(), *cost, country.as_str()))
                }
                _ => None,
            })
            .collect();
        let countries: BTreeSet<&str> = demands.iter().map(|&(.., country)| country).collect();
        for country in countries {
            builder = builder.party(Party::new(country, country));
        }
        demands.sort_by(|a, b| a.1.total_cmp(&b.1));
        builder = builder.class(MINIMUM_FLOWS);
        demands
            .iter()
            .fold(builder, |builder, (name, ..)| builder.class(*name))
    }

    /// In which order reservoirs keep water: by cost.
    fn keep_ranks(&self) -> HashMap<&str, u32> {
        let mut stores: Vec<(&str, f64)> = self
            .nodes
            .iter()
            .filter_map(|place| match place.what {
                What::Reservoir { cost, .. } => Some((place.name.as_str(), cost)),
                _ => None,
            })
            .collect();
        stores.sort_by(|a, b| a.1.total_cmp(&b.1));
        stores.into_iter().map(|(name, _)| name).zip(0..).collect()
    }

    /// The edges as reaches; where they lead to a demand, as offtakes.
    fn ways(&self, mut builder: ModelBuilder, window: Window) -> ModelBuilder {
        let places: HashMap<&str, &What> = self
            .nodes
            .iter()
            .map(|place| (place.name.as_str(), &place.what))
            .collect();
        for (from, to) in &self.edges {
            builder = if let What::Demand {
                monthly, country, ..
            } = places[to.as_str()]
            {
                let m3s = monthly.map(|q| Flow::from_mcm_per_day(q).m3s());
                let series = DailySeries::from_monthly_profile(window, &m3s, Interpolation::Step);
                builder
                    .offtake(Offtake::new(to, from, country, to))
                    .demand(to, series.expect("numbers"))
            } else {
                builder.reach(Reach::river(format!("{from}-{to}"), from, to))
            };
        }
        builder
    }

    /// What gauges must see every day, claimed before everything else.
    fn minimum_flows(&self, builder: ModelBuilder, window: Window) -> ModelBuilder {
        let mut agreement = Agreement::new("Minimum flows", ["A"]);
        for place in &self.nodes {
            if let What::Gauge { least } = place.what {
                let id = format!("least {}", place.name);
                let flow = Flow::from_mcm_per_day(least);
                let place = place.name.as_str();
                let obligation = Obligation::minimum_flow(id, "A", place, flow).within(window);
                agreement = agreement.obligation(obligation.claimed_in(MINIMUM_FLOWS));
            }
        }
        builder.agreement(agreement)
    }
}

/// The columns of a table but the first, by name.
fn columns(path: &Path) -> Vec<(String, Vec<f64>)> {
    let mut table = csv::Reader::from_path(path).expect("a table of the generator");
    let heads = table.headers().expect("a header").clone();
    let mut columns: Vec<(String, Vec<f64>)> = heads
        .iter()
        .skip(1)
        .map(|name| (name.to_owned(), Vec::new()))
        .collect();
    for row in table.records() {
        let row = row.expect("a row as long as the header");
        for (field, (_, values)) in row.iter().skip(1).zip(&mut columns) {
            values.push(field.parse().expect("a number"));
        }
    }
    columns
}
