//! Models of Pywr, imported and held against what Pywr 1.31.1 gave.
//!
//! `pywr/*.json` have the structure of Pywr's own examples and numbers of their own;
//! `pywr/run_pywr.py` wrote the expected days.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use riparian::pywr::{Import, Imported};
use riparian::units::Volume;
use riparian::{Plan, Simulation};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/pywr")
        .join(name)
}

/// By node of the document: what Pywr gave on each day.
fn expected(model: &str) -> Vec<(String, Vec<f64>)> {
    let mut table = csv::Reader::from_path(path(&format!("{model}-expected.csv"))).unwrap();
    let heads = table.headers().unwrap().clone();
    let mut columns: Vec<(String, Vec<f64>)> = heads
        .iter()
        .map(|name| (name.to_owned(), Vec::new()))
        .collect();
    for row in table.records() {
        for (cell, (_, values)) in row.unwrap().iter().zip(&mut columns) {
            values.push(cell.parse().unwrap());
        }
    }
    columns
}

/// Runs an import and compares every day of every node that Pywr's results name. Returns how often
/// an offtake was short: a run in which nobody ever is would prove little.
fn gives_what_pywr_gave(imported: &Imported, model: &str) -> usize {
    let plan = Plan::compile(imported.model().unwrap()).unwrap();
    let ledger = Simulation::new(&plan).run().unwrap();
    let basin = plan.model().basin();
    let expected = expected(model);
    assert!(expected.len() >= 3);
    let mut short = 0;
    for (name, days) in &expected {
        assert_eq!(days.len(), ledger.days());
        let largest = days.iter().copied().fold(1e-3, f64::max);
        assert!(largest > 0.0, "{name} is dry");
        let parts: Vec<usize> = (0..basin.offtakes().len())
            .filter(|&i| {
                let of = &basin.offtakes()[i].name;
                of == name || of.starts_with(&format!("{name}, part "))
            })
            .collect();
        let node = basin.nodes().iter().position(|node| node.name == *name);
        if parts.is_empty() && node.is_none() {
            // A dearer way than another, which no water takes.
            assert!(days.iter().all(|&flow| flow == 0.0), "no node {name}");
            continue;
        }
        for (day, &theirs) in days.iter().enumerate() {
            let ours = if let Some(&first) = parts.first() {
                let asked = ledger.offtakes().demand.at(day, first);
                let got = ledger.offtakes().delivered.at(day, first);
                short += usize::from(got < asked * (1.0 - 1e-9));
                parts
                    .iter()
                    .map(|&i| ledger.offtakes().delivered.at(day, i))
                    .sum::<f64>()
            } else {
                let node = node.unwrap();
                match basin.reservoir_index(&basin.nodes()[node].id) {
                    Some(store) => ledger.reservoirs().storage.at(day, store),
                    None => ledger.nodes().arrived.at(day, node),
                }
            };
            assert!(
                (ours / 1e6 - theirs).abs() <= 1e-9 * largest,
                "{model}, {name}, day {day}: {} here, {theirs} in Pywr",
                ours / 1e6
            );
        }
    }
    short
}

#[test]
fn a_lake_filled_from_a_river_saves_as_in_pywr() {
    let imported = Import::new()
        .member("growth", 2)
        .file(path("pumped-lake.json"))
        .unwrap();
    assert!(gives_what_pywr_gave(&imported, "pumped-lake") > 100);
    let model = imported.model().unwrap();
    assert_eq!(model.savings().len(), 1);
    assert_eq!(model.savings()[0].levels.len(), 2);
}

#[test]
fn one_reservoir_saves_in_steps_and_on_a_line_as_in_pywr() {
    let imported = riparian::pywr::import(path("one-reservoir.json")).unwrap();
    assert_eq!(imported.model().unwrap().savings().len(), 2);
    // It saves so early that it is never short; what it asks for is what it got.
    gives_what_pywr_gave(&imported, "one-reservoir");
}

#[test]
fn a_lake_whose_cost_goes_by_its_curve_keeps_water_as_in_pywr() {
    let imported = riparian::pywr::import(path("jealous-lake.json")).unwrap();
    assert!(gives_what_pywr_gave(&imported, "jealous-lake") > 500);
}

#[test]
fn towns_take_what_their_licences_leave_as_in_pywr() {
    let imported = riparian::pywr::import(path("licensed-towns.json")).unwrap();
    assert_eq!(imported.model().unwrap().licences().len(), 4);
    assert!(gives_what_pywr_gave(&imported, "licensed-towns") > 1000);
}

#[test]
fn two_valleys_share_as_in_pywr() {
    let imported = riparian::pywr::import(path("two-valleys.json")).unwrap();
    assert!(gives_what_pywr_gave(&imported, "two-valleys") > 1000);
}

#[test]
fn small_things_give_what_pywr_gave() {
    let imported = riparian::pywr::import(path("small-things.json")).unwrap();
    assert!(gives_what_pywr_gave(&imported, "small-things") > 300);
}

/// A small river that is imported as it stands.
const RIVER: &str = r#"{
  "metadata": {"title": "Small", "minimum_version": "1.0"},
  "timestepper": {"start": "2024-01-01", "end": "2024-01-31", "timestep": 1},
  "nodes": [
    {"name": "spring", "type": "catchment", "flow": 5},
    {"name": "lake", "type": "storage", "max_volume": 40, "initial_volume": 20, "cost": -1},
    {"name": "gauge", "type": "rivergauge", "mrf": 2, "mrf_cost": -500},
    {"name": "pipe", "type": "link", "max_flow": 3},
    {"name": "sea", "type": "output"},
    {"name": "town", "type": "output", "max_flow": "town", "cost": -100},
    {"name": "farm", "type": "output", "max_flow": 4, "cost": -50}
  ],
  "edges": [
    ["spring", "lake"], ["lake", "gauge"], ["gauge", "sea"],
    ["lake", "pipe"], ["pipe", "town"], ["gauge", "farm"]
  ],
  "parameters": {"town": {"type": "constant", "value": 2}}
}"#;

/// The river with some text in place of other text, and what is wrong with it then.
fn faults(edits: &[(&str, &str)]) -> String {
    let mut text = RIVER.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    match Import::new().text(&text) {
        Ok(_) => "nothing".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn all_faults_are_told_at_once_with_their_places() {
    let found = faults(&[
        ("\"timestep\": 1", "\"timestep\": 7"),
        ("\"catchment\"", "\"catchmant\""),
        (
            "\"max_volume\": 40",
            "\"max_volume\": 4, \"bathymetry\": \"b.csv\"",
        ),
        ("\"max_flow\": \"town\"", "\"max_flow\": \"towm\""),
        ("[\"gauge\", \"farm\"]", "[\"gaug\", \"farm\"]"),
        ("\"parameters\"", "\"extra\": {}, \"parameters\""),
        (
            "{\"type\": \"constant\", \"value\": 2}",
            "{\"type\": \"tablesarray\"}",
        ),
    ]);
    let told: Vec<&str> = found.lines().collect();
    let expected = [
        "model.json:3:75: the timestep is the number 7; expected 1: a day",
        "model.json:5:32: node `spring` is of type `catchmant`; expected one of input, catchment, discharge, output, link, breaklink, river, rivergauge, piecewiselink, storage, reservoir, virtualstorage, annualvirtualstorage, rollingvirtualstorage; did you mean `catchment`?",
        "model.json:6:5: node `lake` holds 20 between 0 and 4; expected 0 <= `min_volume` <= initial <= `max_volume`, above 0",
        "model.json:6:58: node `lake` has `bathymetry`, which is not understood; expected one of min_volume, max_volume, initial_volume, initial_volume_pc, cost",
        "model.json:10:52: unknown parameter `towm`; expected the name of a parameter; did you mean `town`?",
        "model.json:15:42: unknown node `gaug`; expected the name of a node; did you mean `gauge`?",
        "model.json:17:3: the document has `extra`, which is not understood; expected one of metadata, timestepper, scenarios, nodes, edges, parameters, tables, recorders, solver",
        "model.json:17:48: parameter `town` is of type `tablesarray`; expected one of constant, monthlyprofile, weeklyprofile, dailyprofile, dataframe, aggregated, division, negative, max, min, negativemax, negativemin, offset, constantscenario, scenariomonthlyprofile, controlcurve, controlcurveinterpolated, indexedarray",
    ];
    assert_eq!(told, expected);
}

/// Edits of the river, and what is then refused.
type Refusals<'a> = &'a [(&'a [(&'a str, &'a str)], &'a str)];

fn refused(all: Refusals) {
    assert_eq!(faults(&[]), "nothing");
    for (edits, reason) in all {
        let found = faults(edits);
        assert!(found.contains(reason), "{edits:?}:\n{found}\nnot: {reason}");
    }
}

#[test]
fn virtual_storages_that_are_no_licence_of_one_output_are_refused() {
    let with = |node: &'static str| [("{\"name\": \"sea\"", node)];
    let of = |keys: &str| -> &'static str {
        let node = format!(
            r#"{{"name": "quota", "type": "annualvirtualstorage", "max_volume": 9, {keys}}}, {{"name": "sea""#
        );
        Box::leak(node.into_boxed_str())
    };
    let full = r#""initial_volume": 9"#;
    refused(&[
        (
            &with(of(&format!(r#""nodes": ["town", "farm"], {full}"#))),
            "`quota` is drawn down by 2 nodes",
        ),
        (
            &with(of(&format!(r#""nodes": ["pipe"], {full}"#))),
            "`pipe` is no output with a `max_flow`",
        ),
        (
            &with(of(&format!(r#""nodes": ["towm"], {full}"#))),
            "unknown node `towm`; expected the name of an output with a `max_flow`; did you mean `town`?",
        ),
        (
            &with(of(r#""nodes": ["town"], "initial_volume": 4"#)),
            "`quota` begins with 4 of 9",
        ),
        (
            &with(of(&format!(
                r#""nodes": ["town"], "reset_day": 30, "reset_month": 2, {full}"#
            ))),
            "`quota` is filled on day 30 of month 2",
        ),
        (
            &with(of(&format!(
                r#""nodes": ["town"], "factors": [-1], {full}"#
            ))),
            "`factors` of node `quota` is",
        ),
        (
            &with(of(&format!(
                r#""nodes": ["town"], "mitigation": 1, {full}"#
            ))),
            "node `quota` has `mitigation`, which is not understood",
        ),
        (
            &[
                (
                    "{\"name\": \"sea\"",
                    of(&format!(r#""nodes": ["town"], {full}"#)),
                ),
                ("[\"gauge\", \"farm\"]", "[\"gauge\", \"quota\"]"),
            ],
            "unknown node `quota`",
        ),
    ]);
}

#[test]
fn an_edge_with_more_than_two_slots_is_refused() {
    refused(&[(
        &[(
            "[\"gauge\", \"farm\"]",
            "[\"gauge\", \"farm\", null, null, \"more\"]",
        )],
        "an edge goes on with the text \"more\"; expected two nodes, and a slot for each at most",
    )]);
}

#[test]
fn a_parameter_that_nothing_goes_by_is_noted() {
    let text = RIVER.replace("\"parameters\": {", "\"parameters\": {\"spare\": 3, ");
    let imported = Import::new().text(&text).unwrap();
    let notes = imported.notes();
    assert!(
        notes.iter().any(|note| note.contains("`spare`")),
        "{notes:?}"
    );
    assert!(
        notes.iter().all(|note| !note.contains("`town`")),
        "{notes:?}"
    );
}

#[test]
fn costs_that_are_no_order_are_refused() {
    refused(&[
        (
            &[("-50}", "-100}")],
            "`town` and `farm` have the same cost, -100: which goes short is left to Pywr's solver",
        ),
        (
            &[("\"mrf_cost\": -500", "\"mrf_cost\": -60")],
            "`town` is worth 100, and what the same water may be worth instead adds up to 110",
        ),
        (
            &[
                ("\"max_flow\": 3}", "\"max_flow\": 3, \"cost\": -20}"),
                (
                    "[\"pipe\", \"town\"]",
                    "[\"pipe\", \"town\"], [\"pipe\", \"farm\"]",
                ),
            ],
            "prices or asks for a flow that several outputs share",
        ),
        (
            &[("\"mrf_cost\": -500", "\"mrf_cost\": -500, \"cost\": 3")],
            "passing `gauge` costs 3",
        ),
        (
            &[("\"cost\": -1}", "\"cost\": 0}")],
            "whether `lake` keeps its water is open",
        ),
        (
            &[("\"cost\": -1}", "\"cost\": 2}")],
            "whether `lake` keeps its water is open at a cost of 2",
        ),
        (
            &[(
                "\"cost\": -1}",
                "\"cost\": {\"type\": \"monthlyprofile\", \"values\": [1,2,3,4,5,6,7,8,9,10,11,12]}}",
            )],
            "`cost` of node `lake` changes with time; expected a constant",
        ),
        (
            &[(
                "\"cost\": -1}",
                "\"cost\": {\"type\": \"controlcurve\", \"storage_node\": \"lake\", \"control_curve\": 0.5, \"values\": [1, 2]}}",
            )],
            "whether `lake` keeps its water is open at a cost of 2",
        ),
        (&[("-50}", "0}")], "`farm` takes water at a cost of 0"),
    ]);
}

#[test]
fn networks_that_water_leaves_otherwise_are_refused() {
    refused(&[
        (
            &[(
                "[\"lake\", \"pipe\"]",
                "[\"lake\", \"pipe\"], [\"lake\", \"sea\"]",
            )],
            "what nobody takes at `lake` can leave by `gauge` and by `sea`",
        ),
        (
            &[(
                "[\"spring\", \"lake\"]",
                "[\"spring\", \"lake\"], [\"pipe\", \"lake\"]",
            )],
            "water runs in a circle",
        ),
        (
            &[(
                "\"sea\", \"type\": \"output\"",
                "\"sea\", \"type\": \"output\", \"max_flow\": 9, \"cost\": -5",
            )],
            "what nobody takes of `spring` has nowhere to go",
        ),
        (
            &[("[\"gauge\", \"farm\"]", "[\"sea\", \"farm\"]")],
            "an edge leads on from the output `sea`",
        ),
        (
            &[("[\"pipe\", \"town\"],", "")],
            "node `pipe` leads nowhere",
        ),
        (
            &[(
                "\"sea\", \"type\": \"output\"",
                "\"sea\", \"type\": \"output\", \"cost\": -5",
            )],
            "an output without `max_flow` has a cost below 0",
        ),
    ]);
}

#[test]
fn numbers_that_have_no_place_here_are_refused() {
    refused(&[
        (
            &[(
                "\"type\": \"catchment\", \"flow\": 5",
                "\"type\": \"input\"",
            )],
            "node `spring` has no `max_flow`",
        ),
        (
            &[("\"flow\": 5", "\"flow\": -5")],
            "`flow` of node `spring` is -5; expected at least 0",
        ),
        (
            &[("\"max_flow\": 4", "\"max_flow\": 4, \"min_flow\": 1")],
            "node `farm` has a `min_flow`",
        ),
        (
            &[
                ("\"mrf\": 2", "\"mrf\": \"town\""),
                ("\"value\": 2", "\"value\": [2]"),
            ],
            "parameter `town` is a list; expected a number",
        ),
        (
            &[(
                "{\"type\": \"constant\", \"value\": 2}",
                "{\"type\": \"negative\", \"parameter\": \"town\"}",
            )],
            "parameter `town` needs itself",
        ),
        (
            &[("\"end\": \"2024-01-31\"", "\"end\": \"2023-01-31\"")],
            "a run from 2024-01-01 to 2023-01-31",
        ),
    ]);
}

#[test]
fn what_can_be_left_out_is_listed() {
    let document = RIVER
        .replace("-50}", "-100, \"colour\": \"red\"}")
        .replace("\"parameters\"", "\"widgets\": 3, \"parameters\"");
    let told = Import::new().text(&document).unwrap_err();
    assert_eq!(told.diagnostics().unwrap().len(), 2, "{told}");
    let imported = Import::new().leaving_out().text(&document).unwrap();
    let left_out: Vec<String> = imported
        .left_out()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(left_out.len(), 3, "{left_out:?}");
    for what in ["`colour`", "`widgets`", "the same cost"] {
        assert!(
            left_out.iter().any(|fault| fault.contains(what)),
            "{what}: {left_out:?}"
        );
    }
    // Both share a shortage in proportion then: 5 come, 2 pass, and the lake runs dry.
    let plan = Plan::compile(imported.model().unwrap()).unwrap();
    let ledger = Simulation::new(&plan).run().unwrap();
    let basin = plan.model().basin();
    let got = |id: &str| {
        ledger
            .offtakes()
            .delivered
            .at(30, basin.offtake_index(id).unwrap())
    };
    assert!((got("farm") / got("town") - 2.0).abs() < 1e-9);
    // What cannot be left out stays a fault.
    let broken = document.replace("catchment", "waterfall");
    assert!(Import::new().leaving_out().text(&broken).is_err());
}

#[test]
fn a_unit_scales_everything_and_a_folder_holds_it() {
    let imported = Import::new()
        .unit(Volume::from_m3(1000.0))
        .text(RIVER)
        .unwrap();
    let model = imported.model().unwrap();
    assert_eq!(model.basin().reservoirs()[0].full, Volume::from_mcm(0.04));
    assert!((model.demand(0).values()[0] * 86_400.0 - 2000.0).abs() < 1e-9);
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("river");
    imported.write(&at).unwrap();
    let read = riparian::scenario::read(&at).unwrap();
    assert_eq!(read.inputs_hash(), model.inputs_hash());
    let readme = std::fs::read_to_string(at.join("README.md")).unwrap();
    assert!(
        readme.contains("1000 m3") || readme.contains("0.001 Mm3"),
        "{readme}"
    );
    assert!(imported.write(&at).unwrap_err().is_io());
}

/// Values that stand where others did.
fn odd_value() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::json;
    prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        Just(json!([])),
        Just(json!({})),
        any::<f64>().prop_map(|number| json!(number)),
        (-3i32..400).prop_map(|number| json!(number)),
        prop::sample::select(vec![
            "Heron Lake",
            "Intake",
            "oak_flow",
            "lake_level",
            "link",
            "output",
            "storage",
            "max",
            "controlcurve",
            "2003-02-30",
            "",
            "flows.csv",
            "x",
        ])
        .prop_map(|text| json!(text)),
        prop::collection::vec(0.0..2.0f64, 12).prop_map(|values| json!(values)),
        Just(json!({"type": "constant", "value": 0.5})),
        Just(
            json!({"type": "controlcurve", "storage_node": "Heron Lake", "control_curve": 0.4, "values": [3, 1]})
        ),
    ]
}

/// Puts a value in place of one that the path leads to, or takes that one away.
fn edit(document: &mut serde_json::Value, path: &[usize], value: Option<serde_json::Value>) {
    use serde_json::Value;
    let count = match document {
        Value::Array(items) => items.len(),
        Value::Object(members) => members.len(),
        _ => 0,
    };
    let [first, rest @ ..] = path else {
        *document = value.unwrap_or_default();
        return;
    };
    if count == 0 {
        *document = value.unwrap_or_default();
        return;
    }
    let at = first % count;
    match document {
        Value::Array(items) if rest.is_empty() && value.is_none() => {
            items.remove(at);
        }
        Value::Object(members) if rest.is_empty() && value.is_none() => {
            let key = members.keys().nth(at).unwrap().clone();
            members.remove(&key);
        }
        Value::Array(items) => edit(&mut items[at], rest, value),
        Value::Object(members) => edit(members.values_mut().nth(at).unwrap(), rest, value),
        _ => {}
    }
}

/// Imported so that it runs, or refused with a place for every fault in a file the user knows.
fn imported_or_refused(import: &Import, file: &Path) -> Result<(), TestCaseError> {
    match import.file(file) {
        Ok(imported) => {
            let model = imported.model();
            prop_assert!(model.is_ok());
        }
        Err(error) => {
            let faults = error.diagnostics();
            prop_assert!(faults.is_some_and(|faults| !faults.is_empty()), "{}", error);
            for fault in faults.into_iter().flat_map(riparian::Diagnostics::iter) {
                let known = fault.place.as_ref().is_some_and(|place| {
                    ["model.json", "flows.csv", "flows-uk.csv"].contains(&&*place.file)
                });
                prop_assert!(
                    known || fault.message.starts_with("no scenario"),
                    "{}",
                    fault
                );
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_edit_of_a_document_panics(
        model in prop::sample::select(vec!["pumped-lake", "two-valleys", "small-things"]),
        edits in prop::collection::vec(
            (prop::collection::vec(0usize..40, 1..6), prop::option::of(odd_value())),
            1..4,
        ),
        cut in prop::option::weighted(0.2, (any::<prop::sample::Index>(), 0usize..9)),
        leave_out in any::<bool>(),
    ) {
        let text = std::fs::read_to_string(path(&format!("{model}.json"))).unwrap();
        let mut document: serde_json::Value = serde_json::from_str(&text).unwrap();
        for (path, value) in edits {
            edit(&mut document, &path, value);
        }
        let mut text = document.to_string();
        if let Some((at, length)) = cut {
            let at = at.index(text.len());
            let kept: Vec<char> = text.chars().collect();
            let end = (at + length).min(kept.len());
            text = kept[..at.min(end)].iter().chain(&kept[end..]).collect();
        }
        let folder = tempfile::tempdir().unwrap();
        for table in ["flows.csv", "flows-uk.csv"] {
            std::fs::copy(path(table), folder.path().join(table)).unwrap();
        }
        let file = folder.path().join("model.json");
        std::fs::write(&file, text).unwrap();
        let mut import = Import::new().member("growth", 1);
        if leave_out {
            import = import.leaving_out();
        }
        imported_or_refused(&import, &file)?;
    }
}
