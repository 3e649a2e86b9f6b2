//! Every example runs on its data, and prints and writes what its documentation says.

use std::path::PathBuf;
use std::process::{Command, Output};

/// `cargo test` builds the examples beside the test binaries.
fn example(name: &str) -> Command {
    let mut path: PathBuf = std::env::current_exe().expect("a test has a path");
    path.pop();
    path.pop();
    path.push("examples");
    path.push(name);
    let mut command = Command::new(path);
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn printed(output: &Output) -> String {
    assert!(
        output.status.success(),
        "exit {:?}: {}",
        output.status.code(),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn run(command: &mut Command) -> Output {
    command
        .output()
        .expect("the example was built by `cargo test`")
}

#[test]
fn simulate_prints_the_settlement_and_writes_the_tables() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("season");
    let text = printed(&run(example("simulate").arg("--out").arg(&out)));
    for words in [
        "Settlement, in river order",
        "By party",
        "kz-dostyk-jja",
        "energy-summer",
    ] {
        assert!(text.contains(words), "{words} is missing in:\n{text}");
    }
    let mut files: Vec<String> = std::fs::read_dir(&out)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(
        files,
        [
            "accounts.csv",
            "balance.csv",
            "bulletin.csv",
            "deliveries.csv",
            "events.csv",
            "flows.csv",
            "obligations.csv",
            "reservoirs.csv",
            "summary.json"
        ]
    );
    let rows = |file: &str| {
        csv::Reader::from_path(out.join(file))
            .unwrap()
            .records()
            .count()
    };
    assert_eq!(rows("reservoirs.csv"), 183 * 2);
    assert_eq!(rows("deliveries.csv"), 183 * 12);
    // A second run replaces its own folder and nothing else.
    printed(&run(example("simulate").arg("--out").arg(&out)));
    std::fs::write(out.join("notes.txt"), "mine").unwrap();
    let refused = run(example("simulate").arg("--out").arg(&out));
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("notes.txt"));
    assert_eq!(
        std::fs::read_to_string(out.join("notes.txt")).unwrap(),
        "mine"
    );
    assert!(
        out.join("summary.json").exists(),
        "a refused folder is left as it was"
    );
}

#[test]
fn the_readme_shows_what_simulate_prints() {
    let folder = tempfile::tempdir().unwrap();
    let text = printed(&run(example("simulate")
        .arg("--out")
        .arg(folder.path().join("season"))));
    let printed: Vec<&str> = text.lines().map(str::trim_end).collect();
    let readme = include_str!("../README.md");
    // An excerpt, and all of it.
    let blocks: Vec<&str> = readme.split("```text\n").skip(1).collect();
    let [excerpt, all] = blocks[..] else {
        panic!("{} blocks of text", blocks.len());
    };
    let lines = |block: &'static str| block.split("```").next().unwrap().lines();
    assert!(lines(excerpt).count() > 8);
    assert!(lines(all).count() > 60);
    for line in lines(excerpt).chain(lines(all)) {
        // The residual is rounding, and its last bits belong to the machine.
        if !line.starts_with("Basin:") {
            assert!(printed.contains(&line), "not printed: {line}");
        }
    }
    // Nothing that is printed is kept from the reader.
    for line in &printed {
        let shown = lines(all).any(|shown| shown == *line);
        let of_this_run = line.starts_with("Basin:") || line.starts_with("Daily tables are in");
        assert!(shown || of_this_run, "not shown: {line}");
    }
}

#[test]
fn foresight_compares_what_is_known_ahead_with_forecasts() {
    let text = printed(&run(
        example("foresight").arg("data/syr-darya-flood-2003-04-koksaray")
    ));
    for words in [
        "none needed",
        "persistence",
        "short by error",
        "delivered, use",
    ] {
        assert!(text.contains(words), "{words} is missing in:\n{text}");
    }
    let output = run(example("foresight").args(["one", "two"]));
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn compare_rules_compares_in_words_and_in_a_picture() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("rules.svg");
    let mut command = example("compare_rules");
    let text = printed(&run(command
        .args(["--inflow", "0.6", "--picture"])
        .arg(&picture)));
    for rule in riparian::allocation::RULE_NAMES {
        assert!(text.contains(rule), "{rule} is missing in:\n{text}");
    }
    assert!(
        std::fs::read_to_string(picture)
            .unwrap()
            .starts_with("<svg")
    );
}

#[test]
fn stochastic_inflow_reports_what_is_kept_in_words_rows_and_a_picture() {
    let folder = tempfile::tempdir().unwrap();
    let (rows, picture) = (
        folder.path().join("rows.csv"),
        folder.path().join("kept.svg"),
    );
    let mut command = example("stochastic_inflow");
    let text = printed(&run(command
        .arg("--csv")
        .arg(&rows)
        .arg("--svg")
        .arg(&picture)));
    // The first report is that of the full model, which keeps everything.
    let (full, others) = text.split_once("annual mean       naryn").unwrap();
    assert!(
        full.contains("lag-one, full") && !full.contains("NOT KEPT"),
        "{full}"
    );
    for method in ["contemporaneous", "kirsch", "neighbours"] {
        assert!(others.contains(method), "{method} is missing in:\n{text}");
    }
    let rows = std::fs::read_to_string(rows).unwrap();
    assert_eq!(rows.lines().count(), 1 + 4 * 252 + 21 + 42 + 6 * 8);
    assert!(
        std::fs::read_to_string(picture)
            .unwrap()
            .starts_with("<svg")
    );
    let season = run(example("stochastic_inflow").arg("data/bakhri-tochik-2024"));
    assert!(!season.status.success());
    let told = String::from_utf8_lossy(&season.stderr).into_owned();
    assert!(
        told.contains("no whole year in 2024-04-01..2024-09-30"),
        "{told}"
    );
}

#[test]
fn drought_ensemble_tells_odds_and_the_same_digest_on_any_threads() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("bands.svg");
    let text = |threads: &str| {
        let mut command = example("drought_ensemble");
        command.args(["--members", "24", "--threads", threads, "--out"]);
        printed(&run(command.arg(&picture)))
    };
    let (one, two) = (text("1"), text("2"));
    for words in [
        "kz-dostyk-jja",
        "kyzylkishlak-2000",
        "What each party is short of",
    ] {
        assert!(one.contains(words), "{words} is missing in:\n{one}");
    }
    let digest = |text: &str| {
        let mut lines = text.lines();
        let line = lines
            .find(|line| line.starts_with("digest "))
            .map(str::to_owned);
        line.expect("a digest")
    };
    assert_eq!(digest(&one), digest(&two));
    assert!(
        std::fs::read_to_string(picture)
            .unwrap()
            .starts_with("<svg")
    );
}

#[test]
fn negotiate_finds_a_frontier() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("frontier.svg");
    let text = printed(&run(example("negotiate")
        .args(["--members", "3", "--points", "4", "--out"])
        .arg(&picture)));
    assert!(
        text.contains("frontier") && text.contains("Least regret"),
        "{text}"
    );
    assert!(
        std::fs::read_to_string(picture)
            .unwrap()
            .starts_with("<svg")
    );
}

#[test]
fn the_picture_of_the_season_is_the_one_in_the_repository() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("season.svg");
    printed(&run(example("picture")
        .arg("data/bakhri-tochik-2024")
        .arg(&picture)));
    let drawn = std::fs::read_to_string(picture).unwrap();
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bakhri-tochik-2024.svg");
    assert_eq!(
        drawn,
        std::fs::read_to_string(kept).unwrap(),
        "draw it anew"
    );
}

#[test]
fn the_page_of_the_hindcast_is_the_one_in_the_repository() {
    let folder = tempfile::tempdir().unwrap();
    printed(&run(example("hindcast").arg(folder.path())));
    for file in [
        "hindcast.md",
        "hindcast-releases.svg",
        "hindcast-policies.svg",
    ] {
        let made = std::fs::read_to_string(folder.path().join(file)).unwrap();
        let kept = format!("{}/docs/{file}", env!("CARGO_MANIFEST_DIR"));
        assert!(
            made == std::fs::read_to_string(kept).unwrap(),
            "{file}: make it anew with the example `hindcast`"
        );
    }
}

#[test]
fn simulate_runs_the_protocol_variant() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("season");
    let mut command = example("simulate");
    let text = printed(&run(command
        .arg("data/bakhri-tochik-2024-protocol")
        .arg("--out")
        .arg(&out)));
    assert!(text.contains("kyzylkishlak-2000"));
}

#[test]
fn simulate_writes_nothing_for_an_unsound_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("season");
    let mut command = example("simulate");
    let refused = run(command
        .arg("data/invalid/five-faults")
        .arg("--out")
        .arg(&out));
    assert!(!refused.status.success());
    assert_eq!(
        String::from_utf8_lossy(&refused.stderr)
            .trim()
            .lines()
            .count(),
        5
    );
    assert!(!out.exists());
}

#[test]
fn simulate_explains_its_arguments() {
    let refused = run(example("simulate").arg("--outt"));
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("usage"));
}

#[test]
fn settle_needs_gauges_only() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("settled");
    let text = printed(&run(example("settle")
        .args(["data/agreements/bakhri-tochik-2024.toml", "--out"])
        .arg(&out)));
    assert!(text.contains("540.9 Mm3 here, 488.6 Mm3 by"), "{text}");
    for file in [
        "obligations.csv",
        "accounts.csv",
        "events.csv",
        "summary.json",
    ] {
        assert!(out.join(file).exists(), "{file}");
    }
    // A record that lacks what the agreement reads is told of, and nothing is written.
    let other = folder.path().join("other");
    let refused = run(example("settle")
        .args(["data/agreements/nile-1959.toml", "--out"])
        .arg(&other));
    assert_eq!(refused.status.code(), Some(1));
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(message.contains("unknown point `egypt-use`"), "{message}");
    assert!(!other.exists());
}

#[test]
fn farakka_rotates_its_guarantee_and_calls_for_consultation() {
    let text = printed(&run(example("farakka").arg("75")));
    let row = |dekad: &str| -> Vec<f64> {
        let line = text
            .lines()
            .find(|line| line.trim().starts_with(dekad))
            .unwrap();
        let numbers = line.split_whitespace().skip(1).take(3);
        numbers.map(|number| number.parse().unwrap()).collect()
    };
    // 75 % of the 68 931 and 64 688 cusecs of annex II.
    assert_eq!(row("1997-03-2"), [51_698.0, 16_698.0, 35_000.0]);
    assert_eq!(row("1997-03-3"), [48_516.0, 35_000.0, 13_516.0]);
    let calls = text.lines().filter(|line| line.contains(".."));
    assert_eq!(calls.count(), 4, "{text}");
}

#[test]
fn a_treaty_in_code_is_settled_with_its_account() {
    let text = printed(&run(&mut example("treaty_in_code")));
    for words in [
        "before the revision",
        "three quarters are due",
        "Account of `year`",
    ] {
        assert!(text.contains(words), "{words} is missing in:\n{text}");
    }
}

#[test]
fn quickstart_settles_its_treaty() {
    let text = printed(&run(&mut example("quickstart")));
    assert!(text.contains("delivered 160.0: met"), "{text}");
}

#[test]
fn syr_darya_tells_a_variant_or_lists_them() {
    let text = printed(&run(example("syr_darya").args(["--variant", "dry-2008"])));
    for words in [
        "toktogul",
        "What each party's users asked for and got",
        "Verdicts by the year",
        "held in toktogul (replay)",
        "of it unaccounted 0.0 Mm3",
    ] {
        assert!(text.contains(words), "{words} is missing in:\n{text}");
    }
    let refused = run(example("syr_darya").args(["--variant", "dry-2018"]));
    assert_eq!(refused.status.code(), Some(2));
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(message.contains("\n  dry-2008\n"), "{message}");
}

#[test]
fn winter_power_moves_water_to_the_summer_and_makes_up_no_energy() {
    let text = printed(&run(&mut example("winter_power")));
    let gain = |what: &str, season: &str| -> f64 {
        let mut lines = text.lines().map(str::trim);
        let line = lines.find(|line| line.starts_with(what) && line.contains(season));
        line.unwrap()
            .split_whitespace()
            .last()
            .unwrap()
            .parse()
            .unwrap()
    };
    assert!(gain("released from Toktogul", "Apr-Sep") > 5000.0);
    assert!(gain("released from Toktogul", "Oct-Mar") < -5000.0);
    assert!(gain("Kazakhstan", "Apr-Sep") > 0.0);
    let stations = text
        .lines()
        .filter(|line| line.trim().starts_with("bakhri-tochik "));
    assert_eq!(stations.count(), 10);
    assert!(
        text.contains("No energy is told of toktogul, andijan, charvak"),
        "{text}"
    );
}

#[test]
fn custom_policy_spares_the_worst_day() {
    let text = printed(&run(&mut example("custom_policy")));
    let worst = |name: &str| -> f64 {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    assert!(worst("careful") > worst("standard"), "{text}");
}

#[cfg(feature = "planner")]
#[test]
fn plan_season_plans_simulates_and_tells_the_regret() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("plan.csv");
    let text = printed(&run(example("plan_season").arg("--csv").arg(&table)));
    let line = |words: &str| -> Vec<f64> {
        let line = text.lines().find(|line| line.starts_with(words));
        let line = line.unwrap_or_else(|| panic!("{words} is missing in:\n{text}"));
        let numbers = line[words.len()..].split_whitespace();
        numbers.map(|number| number.parse().unwrap()).collect()
    };
    // By class: as planned, and with what came.
    let known = line("what came, known ahead");
    let median = line("forecast: median");
    let dry = line("forecast: lowest quartile");
    let first = [&known, &median, &dry].map(|missing| missing[1]);
    assert!(first[0] <= first[1] && first[0] <= first[2], "{text}");
    // Who expects less plans for more to be missing.
    assert!(dry[4] >= median[4], "{text}");
    assert!(text.contains("  regret"), "{text}");
    let rows = csv::Reader::from_path(table).unwrap().records().count();
    assert!(rows > 30, "{rows}");
    let refused = run(example("plan_season").args(["--year", "1999"]));
    assert_eq!(refused.status.code(), Some(2));
}
