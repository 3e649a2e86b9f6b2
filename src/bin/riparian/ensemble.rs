//! `riparian ensemble`: a scenario run many times, and the odds of what it promises.

use std::num::NonZeroUsize;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use riparian::agreement::Measure;
use riparian::ensemble::{Ensemble, Keep, Results, Shard, merge_shards};
use riparian::{Model, Plan};

use crate::answer::{Answer, Failure, code};
use crate::terminal::Progress;
use crate::variations::Variations;
use crate::{interrupt, odds};

/// How many members there are if nobody says.
const MEMBERS: Range<u64> = 0..1000;

#[derive(clap::Args)]
#[group(id = "ensemble")]
pub(crate) struct Args {
    /// The folder of the scenario
    #[arg(required_unless_present = "merge")]
    scenario: Option<PathBuf>,
    /// How many members, or which, as 1000..2000 [default: 1000]
    #[arg(long, value_name = "N|A..B", value_parser = members)]
    members: Option<Range<u64>>,
    /// The seed: the same gives the same members, on any machine
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    variations: Variations,
    /// Places whose days are kept, as lake:storage [default: the storage of all reservoirs]
    #[arg(long, value_name = "PLACE[:MEASURE]", value_parser = place)]
    watch: Vec<(String, Option<Measure>)>,
    /// What is kept of each member; of summaries quantiles are within half a per cent, and memory is
    /// the same for any number of members
    #[arg(long, value_enum, default_value_t = Kept::Days)]
    keep: Kept,
    /// How many threads [default: one a core]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Puts members into Parquet files in a folder; what is there already is not run again
    #[arg(long, value_name = "FOLDER")]
    shards: Option<PathBuf>,
    /// How many members a file holds
    #[arg(long, value_name = "N", default_value = "1000", requires = "shards")]
    shard_size: std::num::NonZeroU64,
    /// Reads the files of such a folder, wherever they were made, instead of running anything
    #[arg(
        long,
        value_name = "FOLDER",
        conflicts_with_all = ["scenario", "shards", "variations", "watch", "seed", "keep", "threads"]
    )]
    merge: Option<PathBuf>,
    /// Ends with exit code 3 if a promise is broken in any member
    #[arg(long)]
    strict: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Kept {
    /// Nothing of each, only of all together
    Summaries,
    /// Verdicts, and how reliably users were served
    Settlements,
    /// Beside them the days of the watched places
    Days,
}

/// `1000`, or `1000..2000`.
fn members(text: &str) -> Result<Range<u64>, String> {
    let number = |text: &str| {
        let parsed: Result<u64, _> = text.parse();
        parsed.map_err(|_| format!("`{text}` is no number of members"))
    };
    let range = match text.split_once("..") {
        Some((from, to)) => number(from)?..number(to)?,
        None => 0..number(text)?,
    };
    if range.is_empty() {
        return Err("there are no members in it".to_owned());
    }
    Ok(range)
}

fn place(text: &str) -> Result<(String, Option<Measure>), String> {
    let Some((id, word)) = text.split_once(':') else {
        return Ok((text.to_owned(), None));
    };
    let known = Measure::NAMES.iter().find(|(name, _)| *name == word);
    let names = || Measure::NAMES.map(|(name, _)| name).join(", ");
    let (_, measure) = known.ok_or_else(|| format!("`{word}` is none of {}", names()))?;
    Ok((id.to_owned(), Some(*measure)))
}

impl Args {
    pub(crate) fn run(&self, json: bool) -> Result<Answer, Failure> {
        let results = match (&self.merge, &self.scenario) {
            (Some(folder), _) => self.merged(folder)?,
            (None, Some(scenario)) => self.results(scenario)?,
            // The command line asks for one of them.
            (None, None) => return Err(Failure::usage("no scenario")),
        };
        let summary = {
            let _shown = Progress::say("summing up");
            results.summary()
        };
        let broken = summary
            .obligations
            .iter()
            .any(|odds| odds.kept < odds.members);
        let mut answer = if json {
            Answer::json(&odds::json(&results, &summary))
        } else {
            Answer::text(odds::text(&results, &summary))
        };
        answer = answer.strict(self.strict, broken);
        if summary.failed > 0 {
            answer.code = code::FAILED;
        }
        Ok(answer)
    }

    fn results(&self, scenario: &Path) -> Result<Results, Failure> {
        let model = riparian::scenario::read(scenario).map_err(Failure::in_folder(scenario))?;
        let ensemble = self.ensemble(model, scenario)?;
        let members = self.members.clone().unwrap_or(MEMBERS);
        interrupt::heed()?;
        if let Some(folder) = &self.shards {
            return self.sharded(&ensemble, members, folder);
        }
        let bar = Bar::new(&members);
        let results = ensemble.run_with(members.clone(), |now| bar.at(now.done));
        drop(bar);
        if results.missing(members).is_empty() {
            return Ok(results);
        }
        let done = results.members();
        Err(interrupt::stopped(format!(
            "stopped after {done} members, of which nothing is kept; with --shards a run can be taken up again"
        )))
    }

    fn ensemble(&self, model: Model, scenario: &Path) -> Result<Ensemble, Failure> {
        let failed = Failure::in_folder(scenario);
        let mut watched = self.watch.clone();
        if watched.is_empty() {
            let reservoirs = model.basin().reservoirs().iter();
            watched.extend(reservoirs.map(|r| (r.node.clone(), Some(Measure::Storage))));
        }
        let plan = Plan::compile(model).map_err(&failed)?;
        let mut ensemble = Ensemble::new(plan, self.seed).keep(match self.keep {
            Kept::Summaries => Keep::Summaries,
            Kept::Settlements => Keep::Settlements,
            Kept::Days => Keep::Days,
        });
        if let Some(threads) = self.threads {
            ensemble = ensemble.threads(threads.get());
        }
        for (id, measure) in watched {
            ensemble = ensemble.watch(&id, measure).map_err(&failed)?;
        }
        self.variations.vary(ensemble, scenario)
    }

    /// Runs the members into files, and reads these.
    fn sharded(
        &self,
        ensemble: &Ensemble,
        members: Range<u64>,
        folder: &Path,
    ) -> Result<Results, Failure> {
        let bar = Bar::new(&members);
        let mut files = Vec::new();
        let mut from = members.start;
        while from < members.end {
            let to = from.saturating_add(self.shard_size.get()).min(members.end);
            let file = folder.join(format!("{from:09}-{to:09}.parquet"));
            let before = from - members.start;
            let shard = ensemble.run_shard(from..to, &file, |now| bar.at(before + now.done));
            if shard.map_err(Failure::in_folder(folder))? == Shard::Stopped {
                drop(bar);
                return Err(interrupt::stopped(format!(
                    "stopped; members {}..{from} are in {}, and the same command goes on from there",
                    members.start,
                    folder.display()
                )));
            }
            files.push(file);
            from = to;
        }
        drop(bar);
        merge_shards(&files).map_err(Failure::in_folder(folder))
    }

    /// Reads the files of a folder.
    fn merged(&self, folder: &Path) -> Result<Results, Failure> {
        let entries = std::fs::read_dir(folder);
        let entries = entries.map_err(|e| Failure::io(folder, "cannot be read", &e))?;
        let mut files: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|file| file.extension().is_some_and(|end| end == "parquet"))
            .collect();
        files.sort();
        if files.is_empty() {
            let message = format!("{} holds no Parquet files", folder.display());
            return Err(Failure::told(message));
        }
        let results = merge_shards(&files).map_err(Failure::in_folder(folder))?;
        let missing = results.missing(self.members.clone().unwrap_or(0..0));
        if missing.is_empty() {
            return Ok(results);
        }
        let missing: Vec<String> = missing
            .iter()
            .map(|range| format!("{}..{}", range.start, range.end))
            .collect();
        Err(Failure::told(format!(
            "{} lacks the members {}",
            folder.display(),
            missing.join(", ")
        )))
    }
}

/// Progress that several threads move on, and that a key stops.
struct Bar {
    progress: Mutex<Progress>,
    stopped: &'static AtomicBool,
}

impl Bar {
    fn new(members: &Range<u64>) -> Self {
        let count = (members.end - members.start) as usize;
        Self {
            progress: Mutex::new(Progress::new("members", count)),
            stopped: interrupt::asked(),
        }
    }

    fn at(&self, done: u64) -> ControlFlow<()> {
        let progress = self.progress.lock();
        progress
            .unwrap_or_else(PoisonError::into_inner)
            .at(done as usize);
        if self.stopped.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}
