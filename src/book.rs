//! The book: how to use the crate, and what is behind it.
//!
//! | chapter | |
//! |---|---|
//! | [`tutorial`] | from nothing to the settlement of your own river, in an hour |
//! | [`cookbook`] | a recipe for each question |
//! | [`formats`] | every table, column and key of the files |
//! | [`theory`] | the formulas in brief, and where they are from |
//! | [`comparison`] | other models of river basins, and what each does better |
//! | [`limits`] | what the crate does not do |
//!
//! The chapters are the files of `docs/book/` in the repository. Commands and listings in them are run
//! by the tests.

#![allow(
    clippy::doc_markdown,
    reason = "prose with names of people, models and units"
)]

// A link that a chapter defines for readers of the repository is defined before it for readers of
// these pages: the first definition of a link counts.

pub mod tutorial {
    //! [The reference]: super::formats
    //! [the cookbook]: super::cookbook
    #![doc = include_str!("../docs/book/tutorial.md")]
}

pub mod cookbook {
    //! [`Forms`]: crate::agreement::Forms
    //! [`ParametricRule`]: crate::allocation::ParametricRule
    //! [`Preservation`]: crate::inflow::Preservation
    #![doc = include_str!("../docs/book/cookbook.md")]
}

pub mod formats {
    //! [`NodeKind`]: crate::basin::NodeKind
    //! [`ReachKind`]: crate::basin::ReachKind
    //! [`OutletKind`]: crate::basin::OutletKind
    //! [`basin::routing`]: crate::basin::routing
    //! [`basin::power`]: crate::basin::power
    //! [`basin::pump`]: crate::basin::pump
    //! [`Curve`]: crate::basin::Curve
    //! [`Tailwater`]: crate::basin::Tailwater
    //! [`Reservoir::release_limits`]: crate::basin::Reservoir::release_limits
    //! [`Forecast`]: crate::operation::Forecast
    //! [`PreRelease`]: crate::operation::PreRelease
    //! [`Interpolation`]: crate::series::Interpolation
    //! [`Gap`]: crate::series::Gap
    //! [`Objective`]: crate::allocation::Objective
    //! [`Agreement::open`]: crate::agreement::Agreement::open
    //! [`Agreement::to_toml`]: crate::agreement::Agreement::to_toml
    //! [`Measure`]: crate::agreement::Measure
    //! [`Pace`]: crate::agreement::Pace
    //! [`Forms`]: crate::agreement::Forms
    //! [`EntryKind`]: crate::agreement::EntryKind
    //! [`Brackets`]: crate::agreement::Brackets
    #![doc = include_str!("../docs/book/formats.md")]
}

pub mod theory {
    //! [`rules`]: crate::rules
    //! [`allocation`]: crate::allocation
    //! [`settlement`]: crate::settlement
    //! [`basin::routing`]: crate::basin::routing
    //! [`basin::power`]: crate::basin::power
    //! [`simulation`]: crate::simulation
    //! [`inflow`]: crate::inflow
    //! [`metrics`]: crate::metrics
    #![doc = include_str!("../docs/book/theory.md")]
}

pub mod comparison {
    //! [`pywr`]: crate::pywr
    //! [what it does not do]: super::limits
    #![doc = include_str!("../docs/book/comparison.md")]
}

pub mod limits {
    //! [`pywr`]: crate::pywr
    #![doc = include_str!("../docs/book/limits.md")]
}
