//! The book: how to use the crate, and what is behind it.
//!
//! Its chapters are the files of `docs/book/` in the repository.

pub mod formats {
    #![doc = include_str!("../docs/book/formats.md")]
    //!
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
}
