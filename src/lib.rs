//! Shares the water of a river basin among its countries day by day, and settles what each
//! delivered against what it had promised.
//!
//! A [`Model`] holds a basin (reservoirs, reaches, offtakes, parties), the wishes of the dams'
//! operators and the agreements between the countries. A [`Plan`] is a model compiled for speed. A
//! [`Simulation`] steps it day by day into a [`Ledger`] in which every cubic metre
//! is written once. A [`Report`] holds what was delivered against what was committed, and says why
//! something is missing.
//!
//! ```text
//! files --scenario--> Model --Plan::compile--> Plan --Simulation--> Ledger --Report--> settlements, CSV
//! ```
//!
//! # The short way
//!
//! ```
//! let report = riparian::run("data/bakhri-tochik-2024")?;
//! for row in report.settlements() {
//!     println!("{} {}: {}", row.obligation, row.period, row.status.name());
//! }
//! assert!(report.balance().basin.closes());
//! # Ok::<(), riparian::Error>(())
//! ```
//!
//! # The long way
//!
//! ```
//! use riparian::{Plan, Report, Simulation};
//!
//! let model = riparian::scenario::read("data/bakhri-tochik-2024")?;
//! let plan = Plan::compile(model)?;
//! let mut run = Simulation::new(&plan);
//! while run.step()? {
//!     // Look at `run.storages()` and `run.ledger()`, keep `run.state()`, change something.
//! }
//! let ledger = run.into_ledger();
//! let report = Report::new(plan, ledger);
//! # assert!(!report.settlements().is_empty());
//! # Ok::<(), riparian::Error>(())
//! ```
//!
//! # Where things are
//!
//! | room | what it holds |
//! |---|---|
//! | [`units`], [`calendar`], [`series`] | quantities with units, dekads and seasons, daily series |
//! | [`scenario`] | scenario folders: files read into a model |
//! | [`pywr`] | models of Pywr 1, imported as scenarios |
//! | [`basin`], [`operation`], [`licence`], [`agreement`] | the physical model, release policies, limits on groups of offtakes, obligations |
//! | [`model`] | the checked model and its builder |
//! | [`rules`] | rules by which a pool is shared, and their laws |
//! | [`allocation`] | one day's water shared exactly on a network |
//! | [`simulation`], [`ledger`] | the engine, and the journal of every cubic metre |
//! | [`settlement`] | verdicts, accounts and reasons, from a run or from measured series alone |
//! | [`report`] | tables and files; feature `html`: a run as one page |
//! | [`ensemble`] | many runs under uncertainty: odds, bands, shards, options compared |
//! | [`metrics`] | the fit of a series to an observed one; reliability, resilience, vulnerability; tails |
//! | [`inflow`] | synthetic inflow records, fitted to a scenario's, and what they keep of it |
//! | `planner` | feature `planner`: a season's release schedules with the least shortfall |
//! | `testing` | feature `proptest`: random basins, and checks for rules and policies of your own |
//!
//! Every module, type, trait and function has an example: with it, in a listing or program that uses it,
//! or where its documentation says `Example:`. So has every function that makes a value of its type. The
//! listings are run by the tests; `.ci/examples.py` finds an item that has none.
//!
//! # Cookbook
//!
//! Each recipe is an example that the tests run on its data.
//!
//! | I want to | look at |
//! |---|---|
//! | work from Python | `bindings/python`: `pip install ./bindings/python` |
//! | do without writing Rust | the command `riparian`: `cargo install --path . --features cli` |
//! | run a scenario and write its tables | `examples/simulate.rs` |
//! | build a basin in code | `examples/quickstart.rs` |
//! | write a release policy | `examples/custom_policy.rs` |
//! | draw a season | `examples/picture.rs` |
//! | read a run as a page in a browser, in one of six languages | `examples/report.rs` |
//! | settle a treaty against measured flows | `examples/settle.rs`, `examples/farakka.rs` |
//! | write a treaty in Rust | `examples/treaty_in_code.rs` |
//! | divide a pool by a rule | `examples/share.rs` |
//! | write a sharing rule, and test it | `examples/custom_rule.rs`, `examples/property_test_a_rule.rs` |
//! | see what another sharing rule would have changed | `examples/compare_rules.rs` |
//! | see what it costs not to know what tributaries bring | `examples/foresight.rs` |
//! | run ten years of a cascade, or a variant of them | `examples/syr_darya.rs` |
//! | see who gains and who loses by another regime of a dam | `examples/winter_power.rs` |
//! | make inflows that never were, and see what they keep of the record | `examples/stochastic_inflow.rs` |
//! | know the odds of each obligation | `examples/drought_ensemble.rs` |
//! | compare terms of a treaty under uncertainty | `examples/negotiate.rs` |
//! | run an ensemble on a cluster | `examples/run_shard.rs`, `examples/merge_shards.rs` |
//! | plan a season on a forecast, and see what the forecast's error cost | `examples/plan_season.rs` |
//!
//! # What it does not do
//!
//! No rainfall, snow or groundwater: [feed their results](#rain-snow-and-groundwater) as series. No hydraulics: reaches
//! have a travel time, a loss fraction, a capacity and linear storage ([`basin::routing`] has the
//! formulas). Canals may rejoin their river or be fed from two, as long as all ways between two
//! places take the same time, or the longer one is routed. No forecasting beyond persistence and
//! climatology: a run knows the inflows of the days the water is on its way, or goes by a forecast
//! it is given ([`simulation`] says how), and so do policies that look ahead ([`operation`]). No optimisation from day
//! to day: releases are optimised over a season, in dekads (`planner`). No water quality.
//!
//! # Rain, snow and groundwater
//!
//! They are not modelled. What a model of them computes, or a gauge measured, enters where its water
//! does, as a daily series; in a scenario as a column of the tables under `series/`:
//!
//! | water | enters as |
//! |---|---|
//! | runoff of rain and melt, springs | inflow of a node, in m3/s (`inflows.csv`) |
//! | groundwater that the river feeds, or that users pump beside it | negative inflow of a junction: a net loss |
//! | rain on a lake | rain of the reservoir, in mm a day on its surface (`rain.csv`) |
//! | the ground under a lake | `seepage` of the reservoir, in mm a day |
//!
//! ```
//! use riparian::basin::{Node, Reach};
//! use riparian::calendar::Window;
//! use riparian::jiff::civil::date;
//! use riparian::series::DailySeries;
//! use riparian::units::Flow;
//! use riparian::{Model, Plan, Simulation};
//!
//! let april = Window::new(date(2024, 4, 1), date(2024, 4, 3))?;
//! // From a snow model: m3/s by day. From a groundwater model: the river loses 4 m3/s to its bed.
//! let melt = DailySeries::new(april.from(), vec![20.0, 35.0, 50.0])?;
//! let to_the_bed = DailySeries::constant(april, -4.0)?;
//! let model = Model::builder("Melt", april)
//!     .class("use")
//!     .node(Node::inflow("mountains"))
//!     .node(Node::junction("plain"))
//!     .node(Node::terminal("sea"))
//!     .reach(Reach::river("upper", "mountains", "plain").antecedent(Flow::ZERO))
//!     .reach(Reach::river("lower", "plain", "sea").antecedent(Flow::ZERO))
//!     .inflow("mountains", melt)
//!     .inflow("plain", to_the_bed)
//!     .build()?;
//! let plan = Plan::compile(model)?;
//! let ledger = Simulation::new(&plan).run()?;
//! let to_the_sea: Vec<f64> = ledger.reaches().entered.of(1).map(|m3| m3 / 86_400.0).collect();
//! assert_eq!(to_the_sea, [16.0, 31.0, 46.0]);
//! # Ok::<(), riparian::Error>(())
//! ```

// The testing kit names the crate as its users do: the engine's tests include it by its path.
#[cfg(feature = "proptest")]
extern crate self as riparian;

pub mod agreement;
pub mod allocation;
pub mod basin;
pub mod book;
pub mod calendar;
pub mod ensemble;
pub mod error;
#[cfg(any(feature = "html", feature = "parquet"))]
mod files;
mod hash;
pub mod inflow;
pub mod ledger;
pub mod licence;
pub mod metrics;
pub mod model;
pub mod operation;
#[cfg(feature = "planner")]
pub mod planner;
pub mod pywr;
pub mod report;
pub mod rules;
pub mod scenario;
pub mod series;
pub mod settlement;
pub mod simulation;
#[cfg(feature = "proptest")]
pub mod testing;
pub mod units;

pub use error::{Diagnostic, Diagnostics, Error, Result};
pub use jiff;
pub use ledger::Ledger;
pub use model::{Model, ModelBuilder, PriorityClass};
pub use report::Report;
pub use simulation::{Plan, Simulation, State};

/// Reads a scenario folder, runs it and settles its obligations.
///
/// # Errors
///
/// All the faults of the scenario at once ([`Error::is_invalid`]), what stopped the run, or a water
/// balance of a node, a reach or the basin that does not close ([`Error::is_balance`]).
///
/// # Examples
///
/// ```
/// let report = riparian::run("data/bakhri-tochik-2024")?;
/// assert_eq!(report.ledger().days(), 183);
/// # Ok::<(), riparian::Error>(())
/// ```
pub fn run(folder: impl AsRef<std::path::Path>) -> Result<Report> {
    let plan = Plan::compile(scenario::read(folder)?)?;
    let ledger = Simulation::new(&plan).run()?;
    let report = Report::new(plan, ledger);
    report.balance().check(report.ledger().window().to())?;
    Ok(report)
}
