//! The uncertain season of 2024 that several examples share.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use riparian::agreement::Measure;
use riparian::ensemble::{DemandFactor, Ensemble, InflowFactor, Keep, Progress, Quantiles};
use riparian::{Model, Plan, Result};

/// The dam whose storage is watched.
pub(crate) const DAM: &str = "bakhri-tochik";

/// The scenario that is run where none is named: the season of 2024 by the protocols.
pub(crate) fn default_scenario() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/bakhri-tochik-2024-protocol")
}

/// The season as it might have been seen in March: all rivers bring more or less than they did, and
/// users ask for a little more or less.
///
/// The quantiles are assumed, to show what an ensemble does. A basin commission would put those of
/// its forecasts in their place.
pub(crate) fn ensemble(model: Model, seed: u64, keep: Keep) -> Result<Ensemble> {
    let inflow = Quantiles::new([
        (0.0, 0.60),
        (0.05, 0.72),
        (0.25, 0.88),
        (0.50, 1.00),
        (0.75, 1.13),
        (0.95, 1.35),
        (1.0, 1.60),
    ])?;
    let demand = Quantiles::new([(0.0, 0.92), (0.5, 1.0), (1.0, 1.10)])?;
    Ensemble::new(Arc::new(Plan::compile(model)?), seed)
        .vary(InflowFactor::new(inflow))?
        .vary(DemandFactor::new(demand))?
        .watch(DAM, Some(Measure::Storage))
        .map(|ensemble| ensemble.keep(keep))
}

/// A progress bar on the terminal; nothing where the output is a file.
#[allow(
    dead_code,
    reason = "not every example runs members that anybody would wait for"
)]
pub(crate) fn bar(members: u64) -> impl Fn(Progress) -> std::ops::ControlFlow<()> + Sync {
    let style = "{bar:40} {pos} of {len} members, {eta} left, {msg} failed";
    let style = indicatif::ProgressStyle::with_template(style);
    let bar = indicatif::ProgressBar::new(members);
    if let Ok(style) = style {
        bar.set_style(style);
    }
    move |progress| {
        // One in a hundred is enough to look at.
        if progress.done % 100 == 0 || progress.done == progress.of {
            bar.set_position(progress.done);
            bar.set_message(progress.failed.to_string());
        }
        if progress.done == progress.of {
            bar.finish_and_clear();
        }
        std::ops::ControlFlow::Continue(())
    }
}
