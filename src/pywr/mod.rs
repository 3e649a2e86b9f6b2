//! Models of [Pywr](https://pywr.github.io/pywr/) 1, imported.
//!
//! Pywr finds, day by day, the flows that cost least; this crate serves priority classes in strict
//! order. Many models mean the same by both: a cost below 0 is a claim, and the lower the cost the
//! more senior it is. [`import`] reads such a model from its JSON document and makes a scenario of
//! it, which runs here and may be [written as a folder](Imported::write). Whatever is not understood,
//! and whatever the two programs would not answer alike, is a fault with its line and column; all are
//! told at once, and nothing is left out silently.
//!
//! ```
//! use riparian::pywr::Import;
//! use riparian::{Plan, Simulation};
//!
//! let document = r#"{
//!     "metadata": {"title": "A spring", "minimum_version": "1.0"},
//!     "timestepper": {"start": "2024-06-01", "end": "2024-06-30", "timestep": 1},
//!     "nodes": [
//!         {"name": "Spring", "type": "catchment", "flow": 0.5},
//!         {"name": "Weir", "type": "river"},
//!         {"name": "Mouth", "type": "output"},
//!         {"name": "Mill", "type": "output", "max_flow": 0.2, "cost": -10}
//!     ],
//!     "edges": [["Spring", "Weir"], ["Weir", "Mouth"], ["Weir", "Mill"]]
//! }"#;
//! let imported = Import::new().text(document)?;
//! let plan = Plan::compile(imported.model()?)?;
//! let ledger = Simulation::new(&plan).run()?;
//! let mill = plan.model().basin().offtake_index("mill").unwrap();
//! assert!((ledger.offtakes().delivered.at(0, mill) - 0.2e6).abs() < 1e-6);
//!
//! let misspelled = document.replace("catchment", "catchmnt");
//! let error = Import::new().text(&misspelled).unwrap_err();
//! assert!(error.to_string().starts_with(
//!     "model.json:5:36: node `Spring` is of type `catchmnt`; expected one of input, catchment,"
//! ));
//! # Ok::<(), riparian::Error>(())
//! ```
//!
//! # What becomes of what
//!
//! | Pywr | here |
//! |---|---|
//! | `catchment`, `discharge`; `input` with `min_flow` = `max_flow` | node of kind `inflow`, with a column of `inflows.csv` |
//! | `input` with a `max_flow` | the same, and a terminal for what nobody takes of it; its outlets are canals |
//! | `link`, `breaklink`, `river` | junction; its `max_flow` is the capacity of the reach to it, or of the one from it; its `min_flow` is claimed before all classes |
//! | `rivergauge` | gauge; up to `mrf` its flow is claimed in the river, in the class of `mrf_cost` |
//! | `piecewiselink` in a river | the same, with a claim for each flow that costs less than 0 |
//! | `piecewiselink` on the way to one output | a part of that output's demand for each flow, in the class of both costs together |
//! | `storage`, `reservoir` | reservoir; a cost above that of all claims is its `keep_rank`, or else a rule curve keeps its water in the class of its cost; a cost by control curves of its own (`controlcurve`, `above_curve_cost`) is the policy [`KeepByLevel`](crate::operation::KeepByLevel) |
//! | `output` with a `max_flow` | offtake, in the class of its cost; the cost of links that lead to nobody else counts as its own |
//! | `annualvirtualstorage`, `rollingvirtualstorage`, `virtualstorage` | [licence](crate::licence) of the one output that draws it down: by year, in so many days, in the whole run |
//! | `output` without | terminal; of several ways to one, the cheapest without a limit is the river |
//! | edge | river reach where water that nobody claims leaves; otherwise canal, or where it leads to an output, nothing |
//! | cost | class `cost -500`, the lowest first; of reservoirs a rank |
//! | `timestepper` | the run; the step is a day |
//! | `metadata` | title and note |
//! | `constant`, `monthlyprofile`, `weeklyprofile`, `dailyprofile`, `dataframe` | numbers of each day, in `inflows.csv` and `demands.csv`; by month in `seasons.csv` and agreements |
//! | `aggregated`, `division`, `negative`, `max`, `min`, `negativemax`, `negativemin`, `offset` | computed from these, day by day |
//! | `constantscenario`, `scenariomonthlyprofile` | the value of the member that [`Import::member`] takes |
//! | `controlcurve`, `controlcurveinterpolated`, `indexedarray` of `controlcurveindex` | as the `max_flow` of an output: its largest value is the demand, and a [saving](crate::operation::Saving) lowers it by what the storage holds in the morning |
//! | `tables` | CSV files with a column of dates (`index_col`, `parse_dates`, `dayfirst`), one row a day |
//! | `recorders`, `solver` | nothing: they change no flow, and are named among the [notes](Imported::notes) |
//!
//! Pywr has no units of its own. One unit of volume is taken to be 1 Mm3, unless [`Import::unit`]
//! says otherwise, and flows are volumes a day. It knows no parties either: all offtakes are of one,
//! `users`.
//!
//! # What is refused
//!
//! - Costs that are no order. Two claims of the same cost, of which Pywr's solver picks one; and
//!   claims worth no more than what the same water could be worth instead, at other gauges and users
//!   together. What passing a river costs, and costs that change with time or storage.
//! - Networks in which water runs in a circle, or leaves by two ways that are equally good.
//! - Virtual storages of several nodes, or of a link, and such that do not begin full.
//! - Nodes, parameters and keys that the table does not name: delays, losses, river splits,
//!   evaporation; links whose limit goes by a storage. Steps other than a day.
//!
//! Of these, [`Import::leaving_out`] passes over keys that are not understood, equal costs (the
//! claims then share in proportion) and costs that add up; [`Imported::left_out`] lists them.
//!
//! Where Pywr finds no answer, because a flow that must pass cannot or water finds no way out, the
//! import runs on and says what is short or spilled.
//!
//! # How it is known to be right
//!
//! `tests/pywr.rs` imports models of the same structure as Pywr's own examples and holds every day of
//! every demand, storage and gauge against what Pywr 1.31.1 gave (`tests/pywr/run_pywr.py`).

mod findings;
mod json;
mod licence;
mod network;
mod node;
mod order;
mod parameter;
mod table;
mod value;
mod write;

use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use crate::calendar::Window;
use crate::error::{Diagnostic, Diagnostics, Error, Result};
use crate::model::Model;
use crate::scenario::Scenario;
use crate::units::Volume;
use findings::Findings;
use json::{Json, Source};
use network::{Layout, Network};
use node::Reader;
use parameter::{Member, Parameters};
use table::Tables;
use write::{Title, Writer};

/// The keys of a document.
const KEYS: [&str; 9] = [
    "metadata",
    "timestepper",
    "scenarios",
    "nodes",
    "edges",
    "parameters",
    "tables",
    "recorders",
    "solver",
];

/// The longest run that is imported, in days: a thousand years.
const MOST_DAYS: usize = 366_000;

/// Imports a model of Pywr 1 from its JSON document.
///
/// Short for [`Import::new`] and [`Import::file`].
///
/// # Errors
///
/// If the document cannot be read ([`Error::is_io`]); or all that is wrong with it or not
/// understood, at once ([`Error::is_invalid`]).
///
/// # Examples
///
/// ```
/// let imported = riparian::pywr::import("tests/pywr/one-reservoir.json")?;
/// assert!(imported.left_out().is_empty());
/// assert!(imported.files().any(|(name, _)| name == "scenario.toml"));
/// # Ok::<(), riparian::Error>(())
/// ```
pub fn import(path: impl AsRef<Path>) -> Result<Imported> {
    Import::new().file(path)
}

/// How a document is imported.
#[derive(Clone, Debug)]
#[must_use]
pub struct Import {
    unit: Volume,
    members: Vec<(String, usize)>,
    leave_out: bool,
}

impl Default for Import {
    fn default() -> Self {
        Self::new()
    }
}

impl Import {
    /// In Mm3 and Mm3 a day, and everything understood.
    pub fn new() -> Self {
        Self {
            unit: Volume::from_mcm(1.0),
            members: Vec::new(),
            leave_out: false,
        }
    }

    /// What one unit of volume in the document is: 1000 m3 for a model in megalitres.
    ///
    /// # Panics
    ///
    /// If the volume is not above 0.
    pub fn unit(mut self, unit: Volume) -> Self {
        assert!(unit > Volume::ZERO && unit.is_finite(), "a unit of {unit}");
        self.unit = unit;
        self
    }

    /// Which member of a scenario of the document is taken, from 0. A scenario of more than one
    /// member must have one taken.
    pub fn member(mut self, scenario: impl Into<String>, member: usize) -> Self {
        self.members.push((scenario.into(), member));
        self
    }

    /// Imports even if something that can be left out is not understood; [`Imported::left_out`] then
    /// lists it.
    pub fn leaving_out(mut self) -> Self {
        self.leave_out = true;
        self
    }

    /// Imports a document from a file; tables are found by their paths from its folder.
    ///
    /// # Errors
    ///
    /// As [`import`].
    pub fn file(&self, path: impl AsRef<Path>) -> Result<Imported> {
        let path = path.as_ref();
        let text = fs::read_to_string(path).map_err(|error| Error::io(path, "read", error))?;
        let folder = path.parent().map_or_else(PathBuf::new, Path::to_owned);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        self.read(&name, &text, &folder)
    }

    /// Imports a document from its text; tables are found by their paths from the working directory,
    /// and messages call it `model.json`.
    ///
    /// # Errors
    ///
    /// As [`import`].
    pub fn text(&self, document: &str) -> Result<Imported> {
        self.read("model.json", document, Path::new(""))
    }

    fn read(&self, file: &str, text: &str, folder: &Path) -> Result<Imported> {
        let source = Source { file, text };
        let mut faults = Diagnostics::new();
        let json = match source.parse() {
            Ok(json) => json,
            Err(fault) => {
                faults.push(fault);
                return Err(faults.into_error());
            }
        };
        let mut findings = Findings {
            leave_out: self.leave_out,
            ..Findings::default()
        };
        let found = self.document(&source, &json, folder, &mut findings);
        let (Some((layout, run, title)), true) = (found, findings.faults.is_empty()) else {
            return Err(findings.faults.into_error());
        };
        let unit = self.unit;
        findings.notes.insert(
            0,
            format!("Pywr states no units: one unit of volume was taken to be {unit}, and flows to be volumes a day."),
        );
        let writer = Writer {
            layout: &layout,
            run,
            mcm: self.unit.mcm(),
        };
        let imported = Imported {
            files: writer.files(&title)?,
            notes: findings.notes,
            left_out: findings.left_out,
        };
        // What is imported runs: a fault here would be one of the import.
        imported.model()?;
        Ok(imported)
    }

    fn document(
        &self,
        source: &Source,
        json: &Json,
        folder: &Path,
        findings: &mut Findings,
    ) -> Option<(Layout, Window, Title)> {
        if json.as_object().is_none() {
            findings.wrong(source, json, "the document", "an object");
            return None;
        }
        let title = title(source, json, findings);
        let run = run(source, json, findings);
        let members = self.members(source, json, findings);
        for key in ["recorders", "solver"] {
            remark(json, key, findings);
        }
        let nodes = list(source, json, "nodes", findings);
        let edges = list(source, json, "edges", findings);
        // Without a run nothing can be computed, but all else can be looked at.
        let any = Date::constant(2000, 1, 1);
        let days = match run {
            Some(run) => run,
            None => Window::new(any, any).ok()?,
        };
        let mut parameters = Parameters::new(source, days, Tables::new(folder));
        parameters.sure = run.is_some();
        parameters.members = members;
        for (key, named) in [("parameters", false), ("tables", true)] {
            let Some(value) = json.given(key) else {
                continue;
            };
            let Some(entries) = value.as_object() else {
                findings.wrong(source, value, key, "an object");
                continue;
            };
            let entries = entries
                .iter()
                .map(|entry| (entry.key.as_str(), &entry.value));
            if named {
                parameters.tables = entries.collect();
            } else {
                parameters.named = entries.collect();
            }
        }
        let before = findings.faults.len();
        parameters.check(findings);
        for (name, json) in parameters.tables.clone() {
            let what = format!("table `{name}`");
            parameters.read.get(source, json, &what, findings);
            table::unasked(source, json, &what, findings);
        }
        if let Some(value) = json.given("includes") {
            let fault = source.fault(value.at, "the document includes others");
            findings.fault(fault.expected("one document that holds everything"));
        }
        findings.unasked(source, json, "the document", &KEYS);
        let sound = findings.faults.len() == before;
        let mut reader = Reader {
            source,
            parameters: &mut parameters,
            findings,
            licences: Vec::new(),
        };
        let read = reader.nodes(nodes);
        let licences = std::mem::take(&mut reader.licences);
        let lost = lost(nodes, &read, &licences);
        let edges = reader.edges(edges, &read, &lost);
        reader.licensed(&licences, &read, &lost);
        for name in parameters.unused() {
            findings.note(format!(
                "Parameter `{name}` is not imported: nothing goes by it."
            ));
        }
        storages(source, &parameters, (&read, &lost), findings);
        if !sound || !findings.faults.is_empty() {
            return None;
        }
        let layout = Network::new(source, days, (&read, &licences), &edges, findings).layout()?;
        Some((layout, run?, title))
    }

    /// The scenarios of the document, with the members that are taken.
    fn members(&self, source: &Source, json: &Json, findings: &mut Findings) -> Vec<Member> {
        let mut members: Vec<Member> = Vec::new();
        let scenarios = json.given("scenarios");
        let list = scenarios.and_then(Json::as_list).unwrap_or_default();
        if let (Some(value), None) = (scenarios, scenarios.and_then(Json::as_list)) {
            findings.wrong(source, value, "scenarios", "a list");
        }
        for json in list {
            let name = json.given("name").and_then(Json::as_text);
            let size = json.given("size").and_then(Json::as_number);
            let size = size.filter(|size| *size >= 1.0 && *size <= 1e6 && size.fract() == 0.0);
            let (Some(name), Some(size)) = (name, size) else {
                let fault = source.fault(json.at, "a scenario without a name or size");
                findings.fault(fault.expected("`name`, a text, and `size`, a whole number"));
                continue;
            };
            json.get("ensemble_names");
            findings.unasked(
                source,
                json,
                &format!("scenario `{name}`"),
                &["name", "size"],
            );
            let size = size as usize;
            let chosen = self.members.iter().find(|(chosen, _)| chosen == name);
            let taken = chosen.map_or(0, |&(_, member)| member);
            if size > 1 && chosen.is_none() || taken >= size {
                let message = format!("scenario `{name}` has {size} members");
                let fault = source.fault(json.at, message);
                findings
                    .fault(fault.expected(format!("one of them to be taken, 0 to {}", size - 1)));
            }
            members.push(Member {
                name: name.to_owned(),
                size,
                taken: taken.min(size - 1),
            });
        }
        for (chosen, _) in &self.members {
            if members.iter().all(|member| member.name != *chosen) {
                let known = members.iter().map(|member| member.name.as_str());
                let fault = Diagnostic::new(format!("no scenario `{chosen}`"))
                    .expected("the name of a scenario of the document")
                    .nearest(chosen, known);
                findings.fault(fault);
            }
        }
        members
    }
}

/// A model that was imported: a scenario, and what a reader should know of it.
///
/// Example: [`import`].
#[derive(Clone, Debug)]
pub struct Imported {
    files: Vec<(String, String)>,
    notes: Vec<String>,
    left_out: Diagnostics,
}

impl Imported {
    /// The files of the scenario: their paths in its folder, and contents.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(name, text)| (&**name, &**text))
    }

    /// The scenario, as if it had been read from its folder.
    pub fn scenario(&self) -> Scenario {
        Scenario::from_files(self.files.iter().cloned())
    }

    /// The model.
    ///
    /// # Errors
    ///
    /// As [`Scenario::model`]; the import made sure that there are none.
    pub fn model(&self) -> Result<Model> {
        self.scenario().model()
    }

    /// What a reader should know: what changes no flow and was not imported, and where the two
    /// programs may differ.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What was left out because [`Import::leaving_out`] said so.
    pub fn left_out(&self) -> &Diagnostics {
        &self.left_out
    }

    /// Writes the scenario as a new folder, with what a reader should know as its `README.md`.
    ///
    /// # Errors
    ///
    /// If the folder is there already, or a file cannot be written; [`Error::is_io`] holds.
    pub fn write(&self, folder: impl AsRef<Path>) -> Result<()> {
        let folder = folder.as_ref();
        if let Some(parent) = folder.parent() {
            fs::create_dir_all(parent).map_err(|error| Error::io(parent, "made", error))?;
        }
        // Making it fails if it is there: nothing of the user's is written over.
        fs::create_dir(folder).map_err(|error| Error::io(folder, "made", error))?;
        let readme = ("README.md".to_owned(), self.readme());
        for (name, text) in self.files.iter().chain([&readme]) {
            let path = folder.join(name);
            let parent = path.parent().unwrap_or(folder);
            fs::create_dir_all(parent)
                .and_then(|()| fs::write(&path, text))
                .map_err(|error| Error::io(&path, "written", error))?;
        }
        Ok(())
    }

    fn readme(&self) -> String {
        let notes = self.notes.iter().map(|note| format!("\n- {note}"));
        let left_out = self.left_out.iter().map(|fault| format!("\n- {fault}"));
        let mut text = format!("# Imported from Pywr\n{}\n", notes.collect::<String>());
        if !self.left_out.is_empty() {
            let left_out: String = left_out.collect();
            text = text + "\n## Left out\n" + &left_out + "\n";
        }
        text
    }
}

/// What the document says of itself.
fn title(source: &Source, json: &Json, findings: &mut Findings) -> Title {
    let metadata = json.given("metadata");
    let text = |key: &str| {
        let value = metadata.and_then(|json| json.given(key));
        value.and_then(Json::as_text).unwrap_or_default().trim()
    };
    let title = match text("title") {
        "" => "A model of Pywr",
        title => title,
    };
    let title = Title {
        title: title.to_owned(),
        note: text("description").to_owned(),
    };
    if let Some(metadata) = metadata {
        for key in ["minimum_version", "author", "comment"] {
            metadata.get(key);
        }
        for entry in metadata.unasked() {
            findings.note(format!("`{}` of the metadata is not imported.", entry.key));
        }
        if metadata.as_object().is_none() {
            findings.wrong(source, metadata, "metadata", "an object");
        }
    }
    title
}

/// The days of the run.
fn run(source: &Source, json: &Json, findings: &mut Findings) -> Option<Window> {
    let Some(stepper) = json.given("timestepper") else {
        let fault = source.fault(json.at, "no `timestepper`");
        findings.fault(fault.expected("an object with start, end and timestep"));
        return None;
    };
    let mut date = |key: &str| {
        let value = stepper.given(key);
        let date = value.and_then(Json::as_text).and_then(|text| {
            let (day, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00"));
            let midnight = time.chars().all(|c| matches!(c, '0' | ':' | '.'));
            day.parse::<Date>().ok().filter(|_| midnight)
        });
        if date.is_none() {
            let (at, found) =
                value.map_or((stepper.at, "missing".to_owned()), |v| (v.at, v.found()));
            let fault = source.fault(at, format!("the {key} of the run is {found}"));
            findings.fault(fault.expected("a day as in \"2024-06-01\""));
        }
        date
    };
    let (from, to) = (date("start"), date("end"));
    let step = stepper.given("timestep");
    let daily = step.is_some_and(|json| {
        json.as_number() == Some(1.0) || matches!(json.as_text(), Some("D" | "1D"))
    });
    if !daily {
        let (at, found) = step.map_or((stepper.at, "missing".to_owned()), |v| (v.at, v.found()));
        let fault = source.fault(at, format!("the timestep is {found}"));
        findings.fault(fault.expected("1: a day"));
    }
    findings.unasked(
        source,
        stepper,
        "the timestepper",
        &["start", "end", "timestep"],
    );
    let (from, to) = (from?, to?);
    let run = Window::new(from, to)
        .ok()
        .filter(|run| run.days() <= MOST_DAYS);
    if run.is_none() {
        let fault = source.fault(stepper.at, format!("a run from {from} to {to}"));
        findings.fault(fault.expected(format!("1 to {MOST_DAYS} days")));
    }
    run
}

/// Names what is under a key that changes no flow.
fn remark(json: &Json, key: &str, findings: &mut Findings) {
    let Some(value) = json.given(key) else {
        return;
    };
    let names: Vec<&str> = match key {
        "recorders" => {
            let entries = value.as_object().unwrap_or_default();
            entries.iter().map(|entry| entry.key.as_str()).collect()
        }
        _ => Vec::new(),
    };
    if names.is_empty() {
        findings.note(format!("`{key}` is not imported: it changes no flow."));
    } else {
        findings.note(format!(
            "Recorders are not imported, for they change no flow: {}.",
            names.join(", ")
        ));
    }
}

fn list<'j>(source: &Source, json: &'j Json, key: &str, findings: &mut Findings) -> &'j [Json] {
    let Some(value) = json.given(key) else {
        let fault = source.fault(json.at, format!("no `{key}`"));
        findings.fault(fault.expected("a list"));
        return &[];
    };
    value.as_list().unwrap_or_else(|| {
        findings.wrong(source, value, key, "a list");
        &[]
    })
}

/// The names of nodes that could not be read: edges may name them.
fn lost(list: &[Json], read: &[node::Node], licences: &[licence::Licence]) -> Vec<String> {
    let names = list.iter().filter_map(|json| json.get("name")?.as_text());
    names
        .filter(|name| read.iter().all(|node| node.name != *name))
        .filter(|name| licences.iter().all(|licence| licence.name != *name))
        .map(str::to_owned)
        .collect()
}

/// Control curves are of storages.
fn storages(
    source: &Source,
    parameters: &Parameters,
    (nodes, lost): (&[node::Node], &[String]),
    findings: &mut Findings,
) {
    let is_store = |node: &&node::Node| matches!(node.kind, node::Kind::Store(_));
    for (name, at) in &parameters.storages {
        if !lost.contains(name) && nodes.iter().filter(is_store).all(|node| node.name != *name) {
            let known = nodes.iter().filter(is_store).map(|node| node.name.as_str());
            let fault = source.fault(*at, format!("unknown storage `{name}`"));
            let fault = fault.expected("the name of a storage of the document");
            findings.fault(fault.nearest(name, known));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{licence, node, parameter};

    /// The names in a cell of the mapping table, and the rows of it.
    fn rows() -> Vec<String> {
        let page = include_str!("mod.rs");
        let from = page.find("//! | Pywr | here |").unwrap_or(0);
        let rows = page[from..].lines().skip(2);
        rows.map_while(|row| row.strip_prefix("//! | "))
            .filter_map(|row| row.split(" | ").next())
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn the_table_names_every_type_and_no_other() {
        let rows = rows();
        let types = node::TYPES.into_iter().chain(licence::TYPES);
        let types: Vec<&str> = types.chain(parameter::TYPES).collect();
        for name in &types {
            let quoted = format!("`{name}`");
            assert!(rows.iter().any(|row| row.contains(&quoted)), "{name}");
        }
        // Keys and what stands under them, which are named as types are.
        let others = [
            "max_flow",
            "min_flow",
            "controlcurveindex",
            "timestepper",
            "metadata",
            "tables",
            "recorders",
            "solver",
        ];
        for name in rows
            .iter()
            .flat_map(|row| row.split('`').skip(1).step_by(2))
        {
            assert!(types.contains(&name) || others.contains(&name), "{name}");
        }
    }
}
