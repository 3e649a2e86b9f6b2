//! Some members of the uncertain season of 2024, as one Parquet file: a job for any scheduler.
//!
//! ```text
//! cargo run --release --features parquet --example run_shard -- --members 0..1000 [--seed 2024] [--days] [--folder out/shards]
//! ```
//!
//! A shard that is there is left as it is, so that after an interruption the same jobs are run
//! again. With GNU parallel, on all cores of a machine:
//!
//! ```text
//! seq 0 1000 9000 | parallel -j1 'target/release/examples/run_shard --members {}..$(({} + 1000))'
//! ```
//!
//! and as a Slurm array of ten jobs:
//!
//! ```text
//! #SBATCH --array=0-9
//! A=$((SLURM_ARRAY_TASK_ID * 1000))
//! target/release/examples/run_shard --members $A..$((A + 1000)) --threads $SLURM_CPUS_PER_TASK
//! ```
//!
//! Then `merge_shards`.

use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use riparian::ensemble::{Keep, Shard};

#[path = "common/season_2024.rs"]
mod season_2024;

/// Runs some members of the uncertain season of 2024 into a Parquet file.
#[derive(Parser)]
struct Arguments {
    /// A scenario folder; without it, the season of 2024 by the protocols.
    scenario: Option<PathBuf>,
    /// The members, from the first to the one before the second: `0..1000`.
    #[arg(long, value_parser = range)]
    members: Range<u64>,
    #[arg(long, default_value_t = 2024)]
    seed: u64,
    /// Keep the storage of the dam day by day.
    #[arg(long)]
    days: bool,
    /// How many threads; as many as there are cores, unless told.
    #[arg(long)]
    threads: Option<usize>,
    #[arg(long, default_value = "out/shards")]
    folder: PathBuf,
}

fn range(text: &str) -> Result<Range<u64>, String> {
    let ends = text
        .split_once("..")
        .ok_or("expected two numbers, as 0..1000")?;
    let number = |text: &str| {
        text.parse::<u64>()
            .map_err(|error| format!("`{text}`: {error}"))
    };
    let range = number(ends.0)?..number(ends.1)?;
    if range.is_empty() {
        return Err("expected a range with members".to_owned());
    }
    Ok(range)
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> riparian::Result<()> {
    let scenario = arguments.scenario.clone();
    let scenario = scenario.unwrap_or_else(season_2024::default_scenario);
    let keep = if arguments.days {
        Keep::Days
    } else {
        Keep::Settlements
    };
    let model = riparian::scenario::read(scenario)?;
    let mut ensemble = season_2024::ensemble(model, arguments.seed, keep)?;
    if let Some(threads) = arguments.threads {
        ensemble = ensemble.threads(threads);
    }
    let Range { start, end } = arguments.members;
    let file = arguments
        .folder
        .join(format!("{start:09}-{end:09}.parquet"));
    let bar = season_2024::bar(end - start);
    let said = match ensemble.run_shard(start..end, &file, bar)? {
        Shard::Written => "written",
        Shard::Found => "was there",
        Shard::Stopped => "stopped",
    };
    println!("{}: {said}", file.display());
    Ok(())
}
