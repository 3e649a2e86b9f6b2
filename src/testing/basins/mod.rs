//! Random basins: sketches that shrink, and the models they stand for.
//!
//! A sketch is plain numbers, chosen so that every one is a sound model: what a name or a limit
//! would have to respect is an index or a fraction of what is there. The engine's own tests include
//! this folder by its path, so that they run without the feature; it therefore uses nothing but the
//! crate's public items.

mod build;
mod claims;
mod laws;
mod licences;
mod sketch;
mod words;

use proptest::prelude::*;
use proptest::sample::select;
use riparian::calendar::{Window, date_of};
use riparian::jiff::civil::{Date, date};
use riparian::series::DailySeries;
use riparian::units::Flow;

pub use claims::agreements;
pub use laws::check_run;
pub(crate) use laws::{check_restored, waves};
pub use sketch::Sketch;

/// Volumes are in these units: a medium river brings one a day.
const UNIT: f64 = 1e6;

/// Seconds in a day: 1 m3/s for a day, in m3.
pub(crate) const DAY: f64 = 86_400.0;

/// The priority classes of all sketches.
const CLASSES: [&str; 3] = ["first", "second", "third"];

/// Windows of up to so many days that cross leap days, days that are none, and the year's end.
///
/// They shrink to the single day 2024-02-20.
///
/// # Panics
///
/// If `most_days` is 0.
pub fn windows(most_days: usize) -> impl Strategy<Value = Window> {
    let starts: Vec<Date> = vec![
        date(2024, 2, 20),
        date(2023, 12, 22),
        date(2100, 2, 20),
        date(2025, 6, 1),
    ];
    (select(starts), 1..=most_days).prop_map(|(start, length)| days(start, length))
}

/// The inflow of a river over a window, in m3/s: nothing, steady, with the seasons, or with floods
/// a thousand times the mean.
///
/// Means reach 8 Mm3 a day; they shrink to nothing.
///
/// ```
/// use proptest::prelude::*;
/// use riparian::testing::{inflows, windows};
///
/// let with_inflow = windows(40).prop_flat_map(|window| (Just(window), inflows(window)));
/// proptest!(|((window, inflow) in with_inflow)| {
///     prop_assert_eq!(inflow.window(), window);
///     prop_assert!(inflow.values().iter().all(|&m3s| m3s >= 0.0));
/// });
/// ```
pub fn inflows(window: Window) -> impl Strategy<Value = DailySeries> {
    sketch::gain().prop_map(move |water| water.series(window))
}

/// Any basin with its inflows and demands over a window of up to so many days: one or two rivers
/// with up to eight places, dams of all kinds, canals, offtakes with returns; no agreement.
///
/// Sketches shrink to one day on a single reach without water.
///
/// # Panics
///
/// If `most_days` is 0.
///
/// # Examples
///
/// ```
/// use proptest::prelude::*;
/// use riparian::Plan;
/// use riparian::testing::{basins, check_run, scenarios_with_dams};
///
/// proptest!(ProptestConfig::with_cases(8), |(river in basins(5), dammed in scenarios_with_dams(5))| {
///     check_run(&Plan::compile(river.model())?)?;
///     check_run(&Plan::compile(dammed.model())?)?;
/// });
/// ```
pub fn basins(most_days: usize) -> impl Strategy<Value = Sketch> {
    sketch::sketches(most_days, 1)
}

/// [`basins`] of rivers alone: no canals, and reaches with a travel time, losses and a capacity that
/// neither hold water back nor pass it over their banks.
///
/// ```
/// use proptest::prelude::*;
/// use riparian::Plan;
/// use riparian::testing::{check_run, rivers};
///
/// proptest!(|(sketch in rivers(10))| {
///     check_run(&Plan::compile(sketch.model())?)?;
/// });
/// ```
///
/// # Panics
///
/// If `most_days` is 0.
pub fn rivers(most_days: usize) -> impl Strategy<Value = Sketch> {
    sketch::rivers(most_days, 1)
}

/// Whole scenarios: [`basins`] with an agreement of up to three promises, and up to two licences.
///
/// ```
/// use proptest::prelude::*;
/// use riparian::Plan;
/// use riparian::testing::{check_run, scenarios};
///
/// proptest!(|(sketch in scenarios(10))| {
///     check_run(&Plan::compile(sketch.model())?)?;
/// });
/// ```
///
/// # Panics
///
/// If `most_days` is 0.
pub fn scenarios(most_days: usize) -> impl Strategy<Value = Sketch> {
    sketch::sketches(most_days, 4)
}

/// [`scenarios`] in which the place at the head of the first river has a dam.
///
/// # Panics
///
/// If `most_days` is 0.
pub fn scenarios_with_dams(most_days: usize) -> impl Strategy<Value = Sketch> {
    sketch::dammed(most_days, 4)
}

/// So many days from a date on.
pub(crate) fn days(from: Date, count: usize) -> Window {
    Window::new(from, date_of(from, count as i64 - 1)).expect("at least one day")
}

/// A series of m3 a day.
pub(crate) fn daily(window: Window, m3: impl Fn(usize) -> f64) -> DailySeries {
    let values = (0..window.days()).map(|day| m3(day) / DAY).collect();
    DailySeries::new(window.from(), values).expect("numbers")
}

/// The flow that carries a volume in a day.
pub(crate) fn flow(m3_a_day: f64) -> Flow {
    Flow::from_m3s(m3_a_day / DAY)
}
