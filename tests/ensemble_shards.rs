//! Shards are files that say what they are, and merge to the same bits as one run.

use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use riparian::agreement::Measure;
use riparian::ensemble::{
    Ensemble, InflowFactor, Keep, Progress, Quantiles, Results, Shard, merge_shards, read_shard,
};
use riparian::{Error, Plan};

fn ensemble(seed: u64, keep: Keep) -> Ensemble {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/data/bakhri-tochik-2024-protocol"
    );
    let model = riparian::scenario::read(folder).expect("a sound scenario");
    let factors = Quantiles::new([(0.0, 0.5), (1.0, 1.4)]).expect("rising");
    Ensemble::new(Plan::compile(model).expect("a plan"), seed)
        .vary(InflowFactor::new(factors))
        .and_then(|e| e.watch("bakhri-tochik", Some(Measure::Storage)))
        .expect("what the scenario has")
        .keep(keep)
}

fn go_on(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn shards(of: u64) -> impl Iterator<Item = Range<u64>> {
    (0..of).map(move |i| i * 64 / of..(i + 1) * 64 / of)
}

#[test]
fn any_number_of_shards_merges_to_the_same_bits() {
    for keep in [Keep::Settlements, Keep::Days] {
        let ensemble = ensemble(1, keep);
        let digest = ensemble.run(0..64).digest();
        for of in [1, 7, 64] {
            let folder = tempfile::tempdir().expect("a folder");
            for (i, members) in shards(of).enumerate() {
                let file = folder.path().join(format!("{i}.parquet"));
                let done = ensemble.run_shard(members, file, go_on).expect("a shard");
                assert_eq!(done, Shard::Written);
            }
            let files = std::fs::read_dir(folder.path()).expect("the folder");
            let files: Vec<_> = files.map(|entry| entry.expect("a file").path()).collect();
            assert_eq!(files.len() as u64, of, "nothing else is left");
            let merged = merge_shards(files).expect("parts of one ensemble");
            assert_eq!(merged.digest(), digest, "{keep:?} {of}");
            assert_eq!(merged.frame(), ensemble.frame());
        }
    }
}

#[test]
fn a_shard_is_a_pure_function_and_is_run_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let (one, two) = (
        folder.path().join("a.parquet"),
        folder.path().join("b.parquet"),
    );
    let stop = |progress: Progress| match progress.done {
        ..5 => ControlFlow::Continue(()),
        _ => ControlFlow::Break(()),
    };
    let members = || ensemble(1, Keep::Days);
    let stopped = members().run_shard(10..40, &one, stop).expect("no fault");
    assert_eq!(stopped, Shard::Stopped);
    assert!(!one.exists());
    for file in [&one, &two] {
        let written = members().run_shard(10..40, file, go_on).expect("a shard");
        assert_eq!(written, Shard::Written);
    }
    let bytes = |file: &Path| std::fs::read(file).expect("the shard");
    assert!(bytes(&one) == bytes(&two));
    let before = std::fs::metadata(&one)
        .and_then(|m| m.modified())
        .expect("a time");
    let found = members().run_shard(10..40, &one, |_| panic!("a member was run"));
    assert_eq!(found.expect("the shard"), Shard::Found);
    assert_eq!(
        std::fs::metadata(&one)
            .and_then(|m| m.modified())
            .expect("a time"),
        before
    );
    // What is not this shard is not written over.
    let refused = [
        members().run_shard(10..41, &one, go_on),
        ensemble(2, Keep::Days).run_shard(10..40, &one, go_on),
        ensemble(1, Keep::Settlements).run_shard(10..40, &one, go_on),
    ];
    for refused in refused {
        assert!(refused.as_ref().is_err_and(Error::is_output), "{refused:?}");
    }
    assert!(bytes(&one) == bytes(&two));
    let summaries = ensemble(1, Keep::Summaries).run_shard(0..4, folder.path().join("c"), go_on);
    assert!(summaries.is_err_and(|e| e.is_ensemble()));
}

#[test]
fn what_is_no_shard_is_told_by_its_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("notes.parquet");
    std::fs::write(&file, "water").expect("a file");
    let error = read_shard(&file).expect_err("no shard");
    assert!(
        error.is_ensemble() && error.to_string().contains("notes.parquet"),
        "{error}"
    );
    assert!(read_shard(folder.path().join("none")).is_err_and(|e| e.is_io()));
    assert!(merge_shards::<&Path>([]).is_err_and(|e| e.is_ensemble()));
    // Two shards with a member in common.
    let ensemble = ensemble(1, Keep::Settlements);
    let files = [0..3, 2..4].map(|members: Range<u64>| {
        let file = folder.path().join(format!("{}.parquet", members.start));
        ensemble.run_shard(members, &file, go_on).expect("a shard");
        file
    });
    let error = merge_shards(&files).expect_err("a member twice");
    assert!(error.to_string().contains("member 2 is in both"), "{error}");
}

#[test]
fn failed_members_and_tables_come_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = riparian::scenario::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/data/bakhri-tochik-2024-protocol"
    ));
    // More than the lake holds in half of the members.
    let mcm = Quantiles::new([(0.0, 3000.0), (1.0, 4340.0)]).expect("rising");
    let plan = Plan::compile(model.expect("a sound scenario")).expect("a plan");
    let ensemble = Ensemble::new(plan, 3)
        .vary(riparian::ensemble::InitialStorage::new(
            "bakhri-tochik",
            mcm,
        ))
        .expect("the lake is there");
    let results = ensemble.run(0..20);
    let failed = results.failed().count();
    assert!(0 < failed && failed < 20, "{failed}");
    let file = folder.path().join("shard.parquet");
    results.write_shard(&file).expect("a file");
    assert_eq!(
        read_shard(&file).expect("the shard").digest(),
        results.digest()
    );
    let batch = results.to_record_batch().expect("a table");
    assert_eq!(batch.num_rows(), 20);
    let nulls = batch
        .column_by_name("settlements")
        .expect("a column")
        .null_count();
    assert_eq!(nulls, failed);
    let back = Results::from_record_batches(&batch.schema(), [&batch]).expect("the table");
    assert_eq!(back.digest(), results.digest());
    let other = Results::from_record_batches(&batch.schema(), [&batch.slice(0, 19)]);
    assert!(other.is_err_and(|e| e.is_ensemble()));
}

/// Where the child of the test below works.
const FOLDER: &str = "RIPARIAN_TEST_SHARDS";

#[test]
#[ignore = "run by the test below, in a process of its own that is killed"]
fn a_child_runs_shards_until_it_is_killed() {
    let folder = std::env::var_os(FOLDER).expect("the folder");
    let ensemble = ensemble(1, Keep::Days);
    // The second has far more members than are done before it is killed.
    for (name, members) in [("0.parquet", 0..8), ("1.parquet", 8..1_000_000)] {
        let file = Path::new(&folder).join(name);
        ensemble.run_shard(members, file, go_on).expect("a shard");
    }
}

#[test]
fn a_killed_run_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = Command::new(std::env::current_exe().expect("a test has a path"))
        .args([
            "--exact",
            "a_child_runs_shards_until_it_is_killed",
            "--ignored",
        ])
        .env(FOLDER, folder.path())
        .spawn()
        .expect("a process");
    let first = folder.path().join("0.parquet");
    while !first.exists() {
        assert!(
            child.try_wait().expect("a process").is_none(),
            "the child ended"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(50));
    child.kill().expect("it is running");
    child.wait().expect("it is gone");
    // What has a name is whole; what was begun has none.
    assert_eq!(read_shard(&first).expect("a shard").members(), 8);
    assert!(!folder.path().join("1.parquet").exists());
    let ensemble = ensemble(1, Keep::Days);
    let again = [
        ("0.parquet", 0..8, Shard::Found),
        ("1.parquet", 8..30, Shard::Written),
    ];
    for (name, members, expected) in again {
        let done = ensemble.run_shard(members, folder.path().join(name), go_on);
        assert_eq!(done.expect("a shard"), expected);
    }
    let files = ["0.parquet", "1.parquet"].map(|name| folder.path().join(name));
    let merged = merge_shards(files).expect("two shards");
    assert_eq!(merged.digest(), ensemble.run(0..30).digest());
}
