//! What differs between the members of an ensemble, as a command line says it.

use std::path::{Path, PathBuf};

use riparian::calendar::Period;
use riparian::ensemble::{
    DemandFactor, Ensemble, Generated, InflowFactor, InitialStorage, ObservedYears, Quantiles,
};
use riparian::inflow::{Generator, Kirsch, LagOne, Margins, Neighbours, Nowak, Record};
use riparian::{Model, Result};

use crate::answer::Failure;

#[derive(clap::Args)]
#[group(id = "variations", multiple = true)]
pub(crate) struct Variations {
    /// A factor on inflows, of all nodes or of one: a range in which all are as likely, as 0.7..1.3, or
    /// quantiles, as 0:0.6,0.5:1,1:1.4
    #[arg(long, value_name = "[NODE=]FACTORS", value_parser = at_some)]
    inflow: Vec<(Option<String>, Quantiles)>,
    /// A factor on demands, of all offtakes or of one
    #[arg(long, value_name = "[OFFTAKE=]FACTORS", value_parser = at_some)]
    demand: Vec<(Option<String>, Quantiles)>,
    /// What a reservoir begins with, in Mm3
    #[arg(long, value_name = "RESERVOIR=VOLUMES", value_parser = at_one)]
    storage: Vec<(String, Quantiles)>,
    /// Inflows of whole years of another scenario, such as ten observed years, drawn by lot
    #[arg(long, value_name = "SCENARIO", conflicts_with = "generator")]
    years_of: Option<PathBuf>,
    /// Inflows that never were: by full, contemporaneous, thomas-fiering, kirsch or neighbours, or by a
    /// generator saved in a JSON file
    #[arg(long, value_name = "METHOD|FILE", value_parser = source)]
    generator: Option<Source>,
    /// The scenario whose inflows the method is fitted to, some years at least [default: the same]
    #[arg(long, value_name = "SCENARIO", requires = "generator")]
    fitted_to: Option<PathBuf>,
}

/// What makes inflows.
#[derive(Clone, Debug)]
enum Source {
    Method(&'static str),
    File(PathBuf),
}

const METHODS: [&str; 5] = [
    "full",
    "contemporaneous",
    "thomas-fiering",
    "kirsch",
    "neighbours",
];

fn source(text: &str) -> Result<Source, String> {
    if let Some(method) = METHODS.into_iter().find(|method| *method == text) {
        return Ok(Source::Method(method));
    }
    let path = Path::new(text);
    if path.extension().is_some_and(|end| end == "json") {
        return Ok(Source::File(path.to_owned()));
    }
    let methods = METHODS.join(", ");
    Err(format!("a file of JSON or one of {methods} is expected"))
}

/// Quantiles of a range, `0.7..1.3`, or one by one, `0:0.7,1:1.3`.
fn quantiles(text: &str) -> Result<Quantiles, String> {
    let number = |text: &str| {
        let parsed: Result<f64, _> = text.trim().parse();
        parsed.map_err(|_| format!("`{text}` is not a number"))
    };
    let points = if let Some((low, high)) = text.split_once("..") {
        vec![(0.0, number(low)?), (1.0, number(high)?)]
    } else {
        let pairs = text.split(',').map(|pair| {
            let expected = "a range as 0.7..1.3, or pairs as 0:0.6,0.5:1,1:1.4, is expected";
            let (p, value) = pair.split_once(':').ok_or(expected)?;
            Ok((number(p)?, number(value)?))
        });
        pairs.collect::<Result<Vec<_>, String>>()?
    };
    if let Some((_, below)) = points.iter().find(|(_, value)| *value < 0.0) {
        return Err(format!("{below} is below 0"));
    }
    Quantiles::new(points).map_err(|error| error.to_string())
}

fn at_some(text: &str) -> Result<(Option<String>, Quantiles), String> {
    Ok(match text.split_once('=') {
        Some((id, rest)) => (Some(id.to_owned()), quantiles(rest)?),
        None => (None, quantiles(text)?),
    })
}

fn at_one(text: &str) -> Result<(String, Quantiles), String> {
    let (id, rest) = text.split_once('=').ok_or("no `=` in it")?;
    Ok((id.to_owned(), quantiles(rest)?))
}

impl Variations {
    /// Puts them into an ensemble of a model that lies in a folder.
    pub(crate) fn vary(
        &self,
        mut ensemble: Ensemble,
        scenario: &Path,
    ) -> Result<Ensemble, Failure> {
        let none = self.inflow.is_empty() && self.demand.is_empty() && self.storage.is_empty();
        if none && self.years_of.is_none() && self.generator.is_none() {
            return Err(Failure::usage(
                "all members would be alike: say what differs by --inflow, --demand, --storage, \
                 --years-of or --generator, as in --inflow 0.7..1.3",
            ));
        }
        let failed = Failure::in_folder(scenario);
        if let Some(of) = &self.years_of {
            let years = observed_years(&read(of)?);
            ensemble = ensemble.vary(years).map_err(&failed)?;
        }
        if let Some(source) = &self.generator {
            let generator = match source {
                Source::File(file) => Generator::open(file).map_err(Failure::in_folder(file))?,
                Source::Method(method) => {
                    let record = self.fitted_to.as_deref().unwrap_or(scenario);
                    fit(&read(record)?, method).map_err(Failure::in_folder(record))?
                }
            };
            ensemble = ensemble.vary(Generated::new(generator)).map_err(&failed)?;
        }
        // Factors come behind inflows that are set, or they would be lost.
        for (node, factors) in &self.inflow {
            let mut factor = InflowFactor::new(factors.clone());
            if let Some(node) = node {
                factor = factor.at([node]);
            }
            ensemble = ensemble.vary(factor).map_err(&failed)?;
        }
        for (offtake, factors) in &self.demand {
            let mut factor = DemandFactor::new(factors.clone());
            if let Some(offtake) = offtake {
                factor = factor.at([offtake]);
            }
            ensemble = ensemble.vary(factor).map_err(&failed)?;
        }
        for (reservoir, volumes) in &self.storage {
            let storage = InitialStorage::new(reservoir, volumes.clone());
            ensemble = ensemble.vary(storage).map_err(&failed)?;
        }
        Ok(ensemble)
    }
}

fn read(scenario: &Path) -> Result<Model, Failure> {
    riparian::scenario::read(scenario).map_err(Failure::in_folder(scenario))
}

fn observed_years(model: &Model) -> ObservedYears {
    let nodes = model.basin().nodes().iter().enumerate();
    ObservedYears::new(nodes.filter_map(|(v, node)| Some((&*node.id, model.inflow(v)?.clone()))))
}

/// A generator fitted to the inflows of a model: by the dekad, Kirsch's by the month.
fn fit(model: &Model, method: &str) -> Result<Generator> {
    if method == "kirsch" {
        // Its halves of the year meet in April, before the snow melts.
        let record = Record::from_model(model, Period::Month, 10)?;
        let generator = Kirsch::new().fit(&record)?;
        return generator.into_days(Nowak::days_of(model)?);
    }
    let record = Record::from_model(model, Period::Dekad, 1)?;
    let lag_one = |method: LagOne| method.margins(Margins::Skewed).pooling(1).fit(&record);
    match method {
        "full" => lag_one(LagOne::full()),
        "contemporaneous" => lag_one(LagOne::contemporaneous()),
        "thomas-fiering" => lag_one(LagOne::thomas_fiering()),
        _ => Neighbours::new().fit(&record),
    }
}
