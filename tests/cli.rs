//! The command `riparian`, as a user meets it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const SEASON: &str = "bakhri-tochik-2024";
const PROTOCOL: &str = "bakhri-tochik-2024-protocol";

fn data(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("data")
        .join(name);
    path.display().to_string()
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn command(at: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_riparian"));
    command.current_dir(at).args(args);
    command
}

/// What ran, was said, and the exit code.
struct Said {
    out: String,
    err: String,
    code: i32,
}

impl Said {
    fn of(output: Output) -> Self {
        let said = Self {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().unwrap(),
        };
        // Nothing here is a terminal: no colours, no progress.
        for stream in [&said.out, &said.err] {
            assert!(!stream.contains('\x1b'), "{stream}");
        }
        assert!(!said.err.contains("panicked"), "{}", said.err);
        said
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}", self.out))
    }
}

fn riparian(at: &Path, args: &[&str]) -> Said {
    Said::of(command(at, args).output().unwrap())
}

/// The same, where nothing may go wrong.
fn fine(at: &Path, args: &[&str]) -> Said {
    let said = riparian(at, args);
    assert_eq!(said.code, 0, "{args:?}: {}{}", said.out, said.err);
    assert_eq!(said.err, "", "{args:?}");
    said
}

fn with_input(at: &Path, args: &[&str], input: &[u8]) -> Said {
    let mut child = command(at, args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    Said::of(child.wait_with_output().unwrap())
}

fn edit(file: PathBuf, from: &str, to: &str) {
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text.matches(from).count(), 1, "`{from}` in {text}");
    fs::write(file, text.replace(from, to)).unwrap();
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value}"))
}

#[test]
fn a_new_river_runs_and_an_edit_shows() {
    let at = folder();
    let said = fine(at.path(), &["new", "my-river"]);
    assert!(said.out.contains("riparian run my-river"));
    let said = fine(at.path(), &["check", "my-river"]);
    assert!(said.out.contains("my-river: sound"), "{}", said.out);
    let said = fine(at.path(), &["run", "my-river", "--strict"]);
    assert!(said.out.contains("summer-water"), "{}", said.out);
    assert!(said.out.contains("+ met"), "{}", said.out);
    assert!(at.path().join("out/my-river/obligations.csv").exists());

    let said = fine(at.path(), &["compare", "my-river"]);
    assert!(said.out.contains("The files are the same."), "{}", said.out);
    assert!(
        said.out.contains("What came of it is the same."),
        "{}",
        said.out
    );

    let inflows = at.path().join("my-river/series/inflows.csv");
    edit(inflows, "2025-07,40", "2025-07,20");
    let said = fine(at.path(), &["compare", "my-river"]);
    assert!(
        said.out.contains("The files are not the same"),
        "{}",
        said.out
    );
    let before = said
        .out
        .lines()
        .find(|line| line.contains("in store at the end"));
    assert!(before.unwrap().trim_end().contains('-'), "{}", said.out);
    let taken = said
        .out
        .lines()
        .filter(|line| line.contains("taken"))
        .count();
    assert_eq!(taken, 2, "both canals get less: {}", said.out);
}

#[test]
fn the_skeleton_closes_and_its_promise_can_be_broken() {
    let at = folder();
    fine(at.path(), &["new", "a"]);
    fine(at.path(), &["new", "b"]);
    let agreement = at.path().join("b/agreements/border-water.toml");
    edit(agreement, "volume = \"250 Mm3\"", "volume = \"600 Mm3\"");
    let run = |name: &str| {
        riparian(
            at.path(),
            &["run", name, "--no-tables", "--strict", "--json"],
        )
    };
    let (a, b) = (run("a"), run("b"));
    assert_eq!((a.code, b.code), (0, 3));
    assert!(!at.path().join("out").exists());
    let basin = &a.json()["basin_mcm"];
    let throughput = number(&basin["in"]);
    assert!(
        number(&basin["residual"]).abs() < 1e-9 * throughput,
        "{basin}"
    );
    let row = &b.json()["settlements"][0];
    assert_eq!(row["status"], "short");
    let reasons = row["reasons"].as_array().unwrap().iter();
    let explained: f64 = reasons.map(|reason| number(&reason["amount"])).sum();
    let missing = number(&row["missing"]);
    assert!((explained - missing).abs() < 1e-6 * missing, "{row}");

    let said = fine(at.path(), &["compare", "a", "b"]);
    for line in [
        "agreements/border-water.toml:15",
        "  - volume = \"250 Mm3\"",
        "  + volume = \"600 Mm3\"",
        "+ met    ! short",
    ] {
        assert!(said.out.contains(line), "{line} in {}", said.out);
    }
    // Without `--strict` a shortfall is no error.
    fine(at.path(), &["run", "b", "--no-tables"]);
}

#[test]
fn nothing_is_written_over() {
    let at = folder();
    fine(at.path(), &["new", "mine"]);
    let nodes = at.path().join("mine/nodes.csv");
    fs::write(&nodes, "mine").unwrap();
    let said = riparian(at.path(), &["new", "mine"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("is there already"), "{}", said.err);
    assert_eq!(fs::read_to_string(nodes).unwrap(), "mine");

    fs::create_dir(at.path().join("photos")).unwrap();
    fs::write(at.path().join("photos/dam.jpg"), "").unwrap();
    let said = riparian(at.path(), &["run", &data(SEASON), "--out", "photos"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("dam.jpg"), "{}", said.err);
}

#[test]
fn faults_are_drawn_under_their_lines() {
    let at = folder();
    let said = riparian(at.path(), &["check", &data("invalid/five-faults")]);
    assert_eq!(said.code, 1);
    assert_eq!(said.out, "");
    let drawn = "\
8 | debtor = \"MID\"
  |          ^^^^^ expected one of UP, LO
";
    assert!(said.err.contains(drawn), "{}", said.err);
    assert!(said.err.contains("did you mean `proportional`?"));
    assert!(said.err.contains("agreements/treaty.toml:8:10"));
    assert!(said.err.ends_with("5 faults\n"), "{}", said.err);

    let said = riparian(
        at.path(),
        &["check", "--json", &data("invalid/five-faults")],
    );
    assert_eq!((said.code, &*said.err), (1, ""));
    let faults = said.json()["faults"].as_array().unwrap().clone();
    assert_eq!(faults.len(), 5);
    assert_eq!(faults[0]["line"], 8);
    assert_eq!(faults[0]["column"], 10);
}

#[test]
fn every_invalid_scenario_is_told_without_panic() {
    let at = folder();
    let mut seen = 0;
    for entry in fs::read_dir(data("invalid")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if !entry.path().is_dir() {
            continue;
        }
        seen += 1;
        let said = riparian(at.path(), &["check", &entry.path().display().to_string()]);
        let sound = name.starts_with('_');
        assert_eq!(said.code, i32::from(!sound), "{name}: {}", said.err);
        assert_eq!(
            said.err.starts_with("error: "),
            !sound,
            "{name}: {}",
            said.err
        );
    }
    assert!(seen > 100, "{seen} scenarios");
}

#[test]
fn wrong_command_lines_end_with_two() {
    let at = folder();
    let season = data(SEASON);
    for args in [
        &[][..],
        &["flood"],
        &["run"],
        &["run", &season, "--out", "x", "--no-tables"],
        &["report", &season, "--language", "la"],
        &["compare", &season],
        &["compare", &season, "--html", "x.html"],
        &["share", "--rule", "talmud"],
        &["share", "--rule", "nobody", "--estate", "1", "1"],
        &["share", "--rule", "talmud", "--estate", "1", "much"],
        &[
            "share",
            "--rule",
            "talmud",
            "--estate",
            "1",
            "--weights",
            "1",
            "1",
        ],
        &[
            "share", "--rule", "priority", "--estate", "1", "--order", "2", "1",
        ],
        &["plan", &season, "--claiming", "nothing"],
    ] {
        let said = riparian(at.path(), args);
        assert_eq!(said.code, 2, "{args:?}: {}{}", said.out, said.err);
        assert_ne!(said.err, "", "{args:?}");
    }
    let said = riparian(at.path(), &["run", "nowhere"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("nowhere"), "{}", said.err);
}

#[test]
fn help_tells_the_exit_codes() {
    let at = folder();
    let said = fine(at.path(), &["--help"]);
    for code in ["3  with --strict", "130  stopped by Ctrl-C"] {
        assert!(said.out.contains(code), "{}", said.out);
    }
    // Every subcommand has a help of its own that says more than its name.
    let commands = said
        .out
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1);
    let commands = commands.take_while(|line| !line.is_empty());
    let names: Vec<&str> = commands
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(names.len() >= 13, "{names:?}");
    for name in names.into_iter().filter(|name| *name != "help") {
        let help = fine(at.path(), &[name, "--help"]).out;
        assert!(
            help.contains("Usage: riparian") && help.contains("--json"),
            "{help}"
        );
    }
}

#[test]
fn a_run_says_what_the_library_says() {
    let at = folder();
    let said = fine(at.path(), &["run", &data(SEASON), "--json"]);
    let report = riparian::run(data(SEASON)).unwrap();
    let rows = said.json()["settlements"].as_array().unwrap().clone();
    assert_eq!(rows.len(), report.settlements().len());
    for (row, here) in rows.iter().zip(report.in_river_order()) {
        assert_eq!(row["obligation"], *here.obligation);
        assert_eq!(row["status"], here.status.name());
        assert_eq!(row["delivered"].as_f64(), here.delivered);
    }
    let tables = at.path().join("out").join(SEASON);
    assert!(tables.join("flows.csv").exists());
}

#[test]
fn a_season_is_settled_from_its_gauges() {
    let at = folder();
    let agreement = data("agreements/bakhri-tochik-2000.toml");
    let observed = data("agreements/observed/bakhri-tochik-2024.csv");
    let args = [
        "settle",
        &agreement,
        "--observed",
        &observed,
        "--out",
        "settled",
    ];
    let said = fine(at.path(), &args);
    assert!(said.out.contains("bt-2000-kyzylkishlak"), "{}", said.out);
    assert!(said.out.contains("! short"), "{}", said.out);
    assert!(at.path().join("settled/obligations.csv").exists());

    let strict = [
        "settle",
        &agreement,
        "--observed",
        "-",
        "--strict",
        "--json",
    ];
    let said = with_input(at.path(), &strict, &fs::read(&observed).unwrap());
    assert_eq!(said.code, 3, "{}", said.err);
    let rows = said.json()["settlements"].as_array().unwrap().clone();
    assert_eq!(rows[0]["status"], "met");

    let said = with_input(at.path(), &strict[..4], b"date,gauge\n2024-06-01,7\n");
    assert_eq!(said.code, 1);
    let drawn = "1 | date,gauge\n  |      ^^^^^ expected";
    assert!(said.err.contains(drawn), "{}", said.err);
    assert!(said.err.contains("<standard input>:1:6"), "{}", said.err);
    let said = with_input(at.path(), &strict[..4], b"date,\xff\n");
    assert_eq!(said.code, 1, "{}", said.err);
}

#[test]
fn runs_and_scenarios_are_compared_alike() {
    let at = folder();
    let (season, protocol) = (data(SEASON), data(PROTOCOL));
    for (scenario, out) in [(&season, "a"), (&protocol, "b")] {
        fine(at.path(), &["run", scenario, "--out", out]);
    }
    let tables = fine(at.path(), &["compare", "a", "b", "--all"]).out;
    let args = [
        "compare",
        &season,
        &protocol,
        "--all",
        "--html",
        "both.html",
    ];
    let scenarios = fine(at.path(), &args).out;
    // Behind the titles and the files: the same, figure by figure.
    let from = |text: &str| text[text.find("Obligations\n").unwrap()..].to_owned();
    let scenarios = from(&scenarios);
    let (figures, note) = scenarios.rsplit_once("The comparison is in").unwrap();
    assert_eq!(from(&tables), figures);
    assert!(note.contains("both.html"));
    let page = fs::read_to_string(at.path().join("both.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>"));

    let said = fine(at.path(), &["compare", &season, &protocol, "--json"]);
    let files = said.json()["files"].as_array().unwrap().clone();
    let files: Vec<&str> = files.iter().map(|f| f["file"].as_str().unwrap()).collect();
    // What the variant takes from the other folder is not different.
    assert!(files.contains(&"scenario.toml"), "{files:?}");
    assert!(!files.contains(&"nodes.csv"), "{files:?}");
    let said = riparian(at.path(), &["compare", "a", "b", "--html", "x.html"]);
    assert_eq!(said.code, 2, "{}", said.err);
}

#[test]
fn a_report_is_a_page() {
    let at = folder();
    let said = fine(at.path(), &["report", &data(SEASON), "--language", "tg"]);
    assert!(said.out.contains("bakhri-tochik-2024.html"), "{}", said.out);
    let page = fs::read_to_string(at.path().join("bakhri-tochik-2024.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"tg\">"));
    let said = fine(at.path(), &["report", &data(SEASON), "--html", "-"]);
    assert!(said.out.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
}

#[test]
fn a_season_is_planned() {
    let at = folder();
    fine(at.path(), &["new", "r"]);
    let said = fine(at.path(), &["plan", "r", "--csv", "plan.csv"]);
    assert!(said.out.contains("Upper canal"), "{}", said.out);
    let csv = fs::read_to_string(at.path().join("plan.csv")).unwrap();
    let said = fine(at.path(), &["plan", "r", "--csv", "-"]);
    assert_eq!(said.out, csv);
    let planned = fine(at.path(), &["plan", "r", "--json"]).json();
    assert_eq!(planned["dekads"].as_array().unwrap().len(), 18);
    let agreement = at.path().join("r/agreements/border-water.toml");
    edit(agreement, "volume = \"250 Mm3\"", "volume = \"900 Mm3\"");
    let said = riparian(at.path(), &["plan", "r", "--strict"]);
    assert_eq!(said.code, 3, "{}", said.err);
    assert!(said.out.contains("What would be missing"), "{}", said.out);
    let said = riparian(at.path(), &["plan", "r", "--without", "summer-watr"]);
    assert_eq!(said.code, 1);
    assert!(
        said.err.contains("did you mean `summer-water`?"),
        "{}",
        said.err
    );
}

#[test]
fn an_estate_is_shared() {
    let at = folder();
    let talmud = ["share", "--rule", "talmud", "--estate", "200"];
    let claims = [&talmud[..], &["100", "200", "300"]].concat();
    assert_eq!(fine(at.path(), &claims).out, "50\n75\n75\n");
    let piped = with_input(
        at.path(),
        &[&talmud[..], &["-"]].concat(),
        b"100\n200 300\n",
    );
    assert_eq!(piped.out, "50\n75\n75\n");
    let awards = fine(at.path(), &[&claims[..], &["--json"]].concat()).json();
    assert_eq!(awards["awards"][1], 75.0);
    let rules = fine(at.path(), &["share", "--rules"]).out;
    for rule in rules.lines() {
        let mut args = vec!["share", "--rule", rule, "--estate", "90"];
        if rule.starts_with("weighted") {
            args.extend(["--weights", "2,1"]);
        }
        args.extend(["100", "100"]);
        let said = riparian(at.path(), &args);
        assert_eq!(said.code, 0, "{rule}: {}", said.err);
        let sum: f64 = said
            .out
            .lines()
            .map(|line| line.parse::<f64>().unwrap())
            .sum();
        assert!((sum - 90.0).abs() < 1e-9 * 90.0, "{rule}: {}", said.out);
    }
}

#[test]
fn shells_complete_it() {
    let at = folder();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let said = fine(at.path(), &["completions", shell]);
        for word in ["compare", "ensemble", "shard-size"] {
            assert!(said.out.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn readers_may_stop_reading() {
    let at = folder();
    let mut child = command(at.path(), &["report", &data(SEASON), "--html", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let said = Said::of(child.wait_with_output().unwrap());
    assert_eq!((said.code, &*said.err), (0, ""));
}

/// A document of TOML as editors see it: dates are texts.
fn as_json(value: &toml::Value) -> Value {
    match value {
        toml::Value::Datetime(date) => Value::String(date.to_string()),
        toml::Value::Array(items) => items.iter().map(as_json).collect(),
        toml::Value::Table(keys) => {
            let keys = keys
                .iter()
                .map(|(key, value)| (key.clone(), as_json(value)));
            Value::Object(keys.collect())
        }
        other => serde_json::to_value(other).unwrap(),
    }
}

/// What a schema says against a document, as far as these schemas go; patterns are not looked at.
fn against(schema: &Value, document: &Value, at: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (word, rule) in schema.as_object().unwrap() {
        let holds = match word.as_str() {
            "type" => match rule.as_str().unwrap() {
                "object" => document.is_object(),
                "array" => document.is_array(),
                "string" => document.is_string(),
                "number" => document.is_number(),
                "integer" => document.is_i64(),
                "boolean" => document.is_boolean(),
                other => panic!("type {other}"),
            },
            "enum" => rule.as_array().unwrap().contains(document),
            "const" => rule == document,
            "anyOf" => {
                let mut some = rule.as_array().unwrap().iter();
                some.any(|schema| against(schema, document, at).is_empty())
            }
            "required" => {
                let mut keys = rule.as_array().unwrap().iter();
                keys.all(|key| document.get(key.as_str().unwrap()).is_some())
            }
            "items" => {
                for item in document.as_array().into_iter().flatten() {
                    faults.extend(against(rule, item, at));
                }
                true
            }
            "properties" => {
                for (key, schema) in rule.as_object().unwrap() {
                    if let Some(value) = document.get(key) {
                        faults.extend(against(schema, value, &format!("{at}.{key}")));
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = schema.get("properties").and_then(Value::as_object);
                for (key, value) in document.as_object().into_iter().flatten() {
                    if known.is_some_and(|known| known.contains_key(key)) {
                        continue;
                    }
                    match rule {
                        Value::Bool(false) => faults.push(format!("{at}.{key}: unknown")),
                        schema => faults.extend(against(schema, value, &format!("{at}.{key}"))),
                    }
                }
                true
            }
            "propertyNames" => {
                let mut names = document.as_object().into_iter().flatten();
                names.all(|(name, _)| against(rule, &name.as_str().into(), at).is_empty())
            }
            "minItems" => document.as_array().unwrap().len() as u64 >= rule.as_u64().unwrap(),
            "maxItems" => document.as_array().unwrap().len() as u64 <= rule.as_u64().unwrap(),
            "minimum" => number(document) >= number(rule),
            "maximum" => number(document) <= number(rule),
            "$schema" | "title" | "description" | "format" | "pattern" => true,
            other => panic!("schema word {other}"),
        };
        if !holds {
            faults.push(format!("{at}: {word} of {document}"));
        }
    }
    faults
}

/// The names of all keys of a schema.
fn keys_of<'a>(schema: &'a Value, keys: &mut Vec<&'a str>) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        keys.extend(properties.keys().map(String::as_str));
    }
    match schema {
        Value::Object(inside) => inside.values().for_each(|value| keys_of(value, keys)),
        Value::Array(inside) => inside.iter().for_each(|value| keys_of(value, keys)),
        _ => {}
    }
}

#[test]
fn schemas_hold_for_all_data() {
    let at = folder();
    fine(at.path(), &["new", "mine"]);
    let scenario = fine(at.path(), &["schema", "scenario"]).json();
    let agreement = fine(at.path(), &["schema", "agreement"]).json();
    let read = |path: &Path| -> Value {
        let text = fs::read_to_string(path).unwrap();
        as_json(&text.parse::<toml::Table>().unwrap().into())
    };
    let (mut scenarios, mut agreements) = (0, 0);
    let all = fs::read_dir(data(""))
        .unwrap()
        .chain(fs::read_dir(at.path()).unwrap());
    for folder in all.map(|entry| entry.unwrap().path()) {
        let settings = folder.join("scenario.toml");
        if settings.exists() {
            scenarios += 1;
            let faults = against(&scenario, &read(&settings), "");
            assert!(faults.is_empty(), "{}: {faults:#?}", settings.display());
        }
        for folder in [folder.join("agreements"), folder] {
            for file in fs::read_dir(folder).into_iter().flatten() {
                let file = file.unwrap().path();
                let settings = file.file_name().is_some_and(|name| name == "scenario.toml");
                if settings || file.extension().is_none_or(|end| end != "toml") {
                    continue;
                }
                agreements += 1;
                let faults = against(&agreement, &read(&file), "");
                assert!(faults.is_empty(), "{}: {faults:#?}", file.display());
            }
        }
    }
    assert!(
        scenarios >= 8 && agreements >= 30,
        "{scenarios}, {agreements}"
    );
    let series = serde_json::json!({ "extends": "a", "series": { "inflow": {} } });
    assert!(!against(&scenario, &series, "").is_empty());
    for (schema, wrong) in [
        (&agreement, "invalid/key-unknown/agreements/treaty.toml"),
        (&scenario, "invalid/policy-unknown/scenario.toml"),
        (&scenario, "invalid/expectation-unknown/scenario.toml"),
        (&agreement, "invalid/form-misspelled/agreements/treaty.toml"),
        (&scenario, "invalid/rule-unknown/scenario.toml"),
    ] {
        let faults = against(schema, &read(Path::new(&data(wrong))), "");
        assert!(!faults.is_empty(), "{wrong} is right by the schema");
    }

    // The reference page is made of the same constants.
    let mut keys = Vec::new();
    keys_of(&scenario, &mut keys);
    keys_of(&agreement, &mut keys);
    let reference = include_str!("../docs/book/formats.md");
    for key in &keys {
        assert!(reference.contains(&format!("`{key}`")), "{key}");
    }
    assert!(keys.len() > 150, "{} keys", keys.len());
}

#[test]
fn a_model_of_pywr_is_imported_and_runs() {
    let folder = folder();
    let at = folder.path();
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pywr");
    let model = models.join("pumped-lake.json").display().to_string();

    let said = riparian(at, &["import", &model, "lake"]);
    assert_eq!(said.code, 1);
    assert!(
        said.err.contains("scenario `growth` has 3 members"),
        "{}",
        said.err
    );
    assert!(!at.join("lake").exists());

    let said = fine(at, &["import", &model, "lake", "--member", "growth=2"]);
    assert!(
        said.out.contains("Recorders are not imported"),
        "{}",
        said.out
    );
    fine(at, &["check", "lake"]);
    fine(at, &["run", "lake"]);
    let again = riparian(at, &["import", &model, "lake", "--member", "growth=2"]);
    assert_eq!(again.code, 1);

    // A thousandth of everything: the same model in megalitres.
    fine(
        at,
        &[
            "import", &model, "small", "--member", "growth=2", "--unit", "Ml",
        ],
    );
    let small = fs::read_to_string(at.join("small/reservoirs.csv")).unwrap();
    assert!(small.contains("heron-lake,0.081,0.006,0.09"), "{small}");

    for args in [
        ["--unit", "fathoms"],
        ["--member", "growth"],
        ["--member", "growth=x"],
    ] {
        let said = riparian(at, &["import", &model, "other", args[0], args[1]]);
        assert_eq!(said.code, 2, "{}", said.err);
    }
}

#[test]
fn a_run_and_a_plan_have_one_bulletin() {
    let at = folder();
    fine(at.path(), &["new", "r"]);
    fine(at.path(), &["run", "r"]);
    let run = fs::read_to_string(at.path().join("out/r/bulletin.csv")).unwrap();
    let plan = fine(at.path(), &["plan", "r", "--csv", "-"]).out;
    let heads = |text: &str| -> Vec<String> {
        let mut table = csv::Reader::from_reader(text.as_bytes());
        table.headers().unwrap().iter().map(str::to_owned).collect()
    };
    let with_days = heads(&run);
    assert_eq!(with_days.len(), 6 + 31 + 3 + 2);
    let form = [
        &with_days[5],
        &with_days[6],
        &with_days[16],
        &with_days[27],
        &with_days[39],
    ];
    assert_eq!(form, ["limit_mcm", "1", "I", "II", "III"]);
    let without: Vec<String> = with_days
        .iter()
        .filter(|head| head.parse::<u8>().is_err())
        .cloned()
        .collect();
    assert_eq!(heads(&plan), without);
    // Six months of seven rows, of which three are of the lake.
    for text in [&run, &plan] {
        let rows: Vec<csv::StringRecord> = csv::Reader::from_reader(text.as_bytes())
            .records()
            .map(Result::unwrap)
            .collect();
        assert_eq!(rows.len(), 6 * 7, "{text}");
        let lake = rows
            .iter()
            .filter(|row| &row[0] == "2025-06" && &row[2] == "Lake");
        let readings: Vec<&str> = lake.map(|row| row.get(3).unwrap()).collect();
        assert_eq!(readings, ["inflow", "release", "storage"]);
    }

    let dekads = fine(at.path(), &["report", "r", "--bulletin"]).out;
    assert!(dekads.contains("June 2025"), "{dekads}");
    let days = fine(at.path(), &["report", "r", "--bulletin=2025-06"]).out;
    assert!(days.contains("    10     I    11 "), "{days}");
    let rows = fine(at.path(), &["report", "r", "--bulletin", "--json"]).json();
    assert_eq!(rows["rows"][0]["days"].as_array().unwrap().len(), 183);
    let other = riparian(at.path(), &["report", "r", "--bulletin=2024-06"]);
    assert_eq!(other.code, 2, "{}", other.err);
}

#[test]
fn a_run_is_settled_again_from_its_record() {
    let at = folder();
    fine(at.path(), &["new", "r"]);
    let treaty = "r/agreements/border-water.toml";
    let run = fine(at.path(), &["run", "r", "--json", "--record", "r.parquet"]).json();
    fine(at.path(), &["run", "r", "--no-tables", "--record", "r.csv"]);
    for record in ["r.parquet", "r.csv"] {
        let args = ["settle", treaty, "--observed", record, "--json"];
        let settled = fine(at.path(), &args).json();
        let (here, there) = (&settled["settlements"][0], &run["settlements"][0]);
        assert_eq!(here["status"], there["status"], "{record}");
        let (a, b) = (number(&here["delivered"]), number(&there["delivered"]));
        assert!((a - b).abs() < 1e-9 * b, "{record}: {a} {b}");
        let piped = fs::read(at.path().join(record)).unwrap();
        let piped = with_input(
            at.path(),
            &["settle", treaty, "--observed", "-", "--json"],
            &piped,
        );
        assert_eq!(piped.json(), settled, "{record}");
    }
    let said = riparian(at.path(), &["run", "r", "--record", "r.xlsx"]);
    assert_eq!(said.code, 2, "{}", said.err);
}

/// The options of an ensemble in which something may go wrong.
const UNCERTAIN: [&str; 5] = ["ensemble", "r", "--inflow", "0:0.3,0.5:1,1:1.4", "--json"];

#[test]
fn an_ensemble_tells_the_odds() {
    let at = folder();
    fine(at.path(), &["new", "r"]);
    let treaty = at.path().join("r/agreements/border-water.toml");
    edit(treaty, "volume = \"250 Mm3\"", "volume = \"280 Mm3\"");
    let few = ["--members", "60"];
    let odds = fine(at.path(), &[&UNCERTAIN[..], &few].concat()).json();
    assert_eq!(odds["members"], 60);
    let part = number(&odds["obligations"][0]["probability_kept"]);
    assert!(0.0 < part && part < 1.0, "{part}");
    let days = odds["bands"][0]["days"].as_array().unwrap();
    assert_eq!(
        (days.len(), &odds["bands"][0]["unit"]),
        (183, &"Mm3".into())
    );
    assert!(number(&days[180]["p05"]) < number(&days[180]["p95"]));
    // A seed is a seed, and another one another.
    let again = fine(
        at.path(),
        &[&UNCERTAIN[..], &few, &["--threads", "1"]].concat(),
    )
    .json();
    assert_eq!(again, odds);
    let other = fine(
        at.path(),
        &[&UNCERTAIN[..], &few, &["--seed", "2"]].concat(),
    )
    .json();
    assert_ne!(other["digest"], odds["digest"]);

    let text = fine(at.path(), &[&UNCERTAIN[..4], &few].concat()).out;
    for part in [
        "Odds of each obligation",
        "summer-water",
        "lake storage, Mm3",
        "2025-09-30",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let strict = riparian(at.path(), &[&UNCERTAIN[..], &few, &["--strict"]].concat());
    assert_eq!(strict.code, 3, "{}", strict.err);
    for keep in ["summaries", "settlements"] {
        let args = [&UNCERTAIN[..], &few, &["--keep", keep]].concat();
        let kept = fine(at.path(), &args).json();
        assert_eq!(kept["obligations"], odds["obligations"], "{keep}");
    }
    // Years of a record, and years that never were.
    let cascade = data("syr-darya-2001-2010");
    let season = data("syr-darya-dry-2008");
    for args in [
        &["--years-of", &cascade][..],
        &["--generator", "contemporaneous", "--fitted-to", &cascade],
        &[
            "--generator",
            "neighbours",
            "--fitted-to",
            &cascade,
            "--demand",
            "0.9..1.1",
        ],
    ] {
        let all = [&["ensemble", &season, "--members", "2", "--json"][..], args].concat();
        let said = fine(at.path(), &all).json();
        assert_eq!(said["members"], 2, "{args:?}");
    }
}

#[test]
fn an_ensemble_is_taken_up_again_and_merged() {
    let at = folder();
    fine(at.path(), &["new", "r"]);
    let whole = fine(at.path(), &[&UNCERTAIN[..], &["--members", "50"]].concat()).json();
    let sharded = |members: &'static str| {
        let shards = [
            "--members",
            members,
            "--shards",
            "parts",
            "--shard-size",
            "20",
        ];
        fine(at.path(), &[&UNCERTAIN[..], &shards].concat()).json()
    };
    sharded("0..40");
    let first = at.path().join("parts/000000000-000000020.parquet");
    let written = fs::metadata(&first).unwrap().modified().unwrap();
    // What is there is not run again.
    assert_eq!(sharded("0..50")["digest"], whole["digest"]);
    assert_eq!(fs::metadata(&first).unwrap().modified().unwrap(), written);
    let merged = fine(at.path(), &["ensemble", "--merge", "parts", "--json"]).json();
    assert_eq!(merged, whole);
    let said = riparian(
        at.path(),
        &["ensemble", "--merge", "parts", "--members", "60"],
    );
    assert_eq!(said.code, 1);
    assert!(
        said.err.contains("lacks the members 50..60"),
        "{}",
        said.err
    );
    // Files of another ensemble are left as they are.
    let other = [
        "--members",
        "20",
        "--shards",
        "parts",
        "--shard-size",
        "20",
        "--seed",
        "2",
    ];
    let said = riparian(at.path(), &[&UNCERTAIN[..4], &other].concat());
    assert_eq!(said.code, 1);
    assert!(said.err.contains("it is left as it is"), "{}", said.err);
}

#[test]
#[cfg(unix)]
fn an_ensemble_that_is_stopped_leaves_nothing_half_written() {
    let at = folder();
    let season = data(SEASON);
    let args = [
        "ensemble",
        &season,
        "--inflow",
        "0.9..1.1",
        "--members",
        "1000000",
        "--shards",
        "parts",
        "--shard-size",
        "40",
    ];
    let child = command(at.path(), &args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let parts = at.path().join("parts");
    let names = || -> Vec<String> {
        let entries = fs::read_dir(&parts).into_iter().flatten();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    };
    let begun = std::time::Instant::now();
    while names().len() < 2 && begun.elapsed().as_secs() < 300 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let said = Said::of(child.wait_with_output().unwrap());
    assert_eq!((said.code, &*said.out), (130, ""), "{}", said.err);
    assert!(
        said.err.contains("the same command goes on from there"),
        "{}",
        said.err
    );
    let names = names();
    assert!(
        names.len() >= 2 && names.iter().all(|name| !name.starts_with('.')),
        "{names:?}"
    );
    for name in &names {
        riparian::ensemble::read_shard(parts.join(name)).unwrap();
    }
}

#[test]
fn wrong_ensembles_end_with_two() {
    let at = folder();
    fine(at.path(), &["new", "r"]);
    for args in [
        &["ensemble"][..],
        &["ensemble", "r"],
        &["ensemble", "r", "--inflow", "much"],
        &["ensemble", "r", "--inflow", "1.3..0.7"],
        &["ensemble", "r", "--inflow", "-1..1"],
        &["ensemble", "r", "--storage", "100..200"],
        &["ensemble", "r", "--inflow", "0.9..1.1", "--members", "0"],
        &["ensemble", "r", "--inflow", "0.9..1.1", "--members", "5..5"],
        &[
            "ensemble",
            "r",
            "--inflow",
            "0.9..1.1",
            "--watch",
            "lake:depth",
        ],
        &["ensemble", "r", "--inflow", "0.9..1.1", "--shard-size", "5"],
        &["ensemble", "r", "--generator", "magic"],
        &["ensemble", "r", "--fitted-to", "r"],
        &["ensemble", "r", "--merge", "parts"],
        &["ensemble", "--merge", "parts", "--inflow", "0.9..1.1"],
    ] {
        let said = riparian(at.path(), args);
        assert_eq!(said.code, 2, "{args:?}: {}{}", said.out, said.err);
        assert_ne!(said.err, "", "{args:?}");
    }
    for (args, told) in [
        (["--inflow", "sping=0.9..1.1"], "did you mean `spring`?"),
        (["--storage", "lak=100..200"], "did you mean `lake`?"),
        (["--generator", "contemporaneous"], "year"),
    ] {
        let said = riparian(at.path(), &["ensemble", "r", args[0], args[1]]);
        assert_eq!(said.code, 1, "{args:?}: {}{}", said.out, said.err);
        assert!(said.err.contains(told), "{args:?}: {}", said.err);
    }
}
