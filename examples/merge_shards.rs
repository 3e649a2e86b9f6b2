//! Merges the shards that `run_shard` wrote and prints the odds of each obligation.
//!
//! ```text
//! cargo run --release --features parquet --example merge_shards [FOLDER] [--members 10000]
//! ```
//!
//! The files say of themselves what they are of: the scenario is not needed.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use riparian::Result;
use riparian::ensemble::merge_shards;

/// Merges shards of an ensemble.
#[derive(Parser)]
struct Arguments {
    #[arg(default_value = "out/shards")]
    folder: PathBuf,
    /// How many members there are to be; says which are missing.
    #[arg(long)]
    members: Option<u64>,
}

fn main() -> ExitCode {
    match merge(&Arguments::parse()) {
        Ok(complete) if complete => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn merge(arguments: &Arguments) -> Result<bool> {
    let entries = std::fs::read_dir(&arguments.folder).into_iter().flatten();
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<PathBuf> = files
        .filter(|file| {
            file.extension()
                .is_some_and(|extension| extension == "parquet")
        })
        .collect();
    files.sort();
    let results = merge_shards(&files)?;
    let frame = results.frame();
    println!(
        "{}\n{}, seed {}",
        frame.title(),
        frame.window(),
        frame.seed()
    );
    let summary = results.summary();
    for odds in &summary.obligations {
        println!(
            "  {:<24} kept in {:>6.1} % of {} members",
            odds.promise.obligation,
            100.0 * odds.probability_kept(),
            odds.members
        );
    }
    println!(
        "{} members of {} shards, {} failed\ndigest {}",
        results.members(),
        files.len(),
        summary.failed,
        results.digest()
    );
    let missing = results.missing(0..arguments.members.unwrap_or_default());
    for range in &missing {
        println!("missing: {}..{}", range.start, range.end);
    }
    Ok(missing.is_empty())
}
