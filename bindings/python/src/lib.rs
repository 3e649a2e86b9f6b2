//! The Python package of `riparian`: thin classes around the crate, and tables as Arrow.
//!
//! Each file is a family of classes. What Python gives is read by [`given`], what goes wrong is
//! raised by [`error`], what takes long is run by [`job`], and all results leave as a [`table`].

mod callable;
mod ensemble;
mod error;
mod given;
mod job;
mod policy;
mod report;
mod rules;
mod scenario;
mod settlement;
mod summary;
mod table;
mod variation;

/// The compiled part of the package `riparian`.
#[pyo3::pymodule]
mod _riparian {
    #[pymodule_export]
    use super::ensemble::{Ensemble, Results, merge_shards, read_shard};
    #[pymodule_export]
    use super::policy::{Decision, Lake};
    #[pymodule_export]
    use super::report::Run;
    #[pymodule_export]
    use super::rules::{network_rules, rule_names, share};
    #[pymodule_export]
    use super::scenario::Scenario;
    #[pymodule_export]
    use super::settlement::settle;
    #[pymodule_export]
    use super::summary::Summary;
    #[pymodule_export]
    use super::table::Table;
    #[pymodule_export]
    use super::variation::{DemandFactor, Generator, InflowFactor, InitialStorage, ObservedYears};

    /// The version of the crate, which is that of the package.
    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "Python's name for it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
