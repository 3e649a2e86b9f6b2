//! Shares the water of a river basin among its countries day by day, and settles what each
//! delivered against what it had promised.

pub mod calendar;
pub mod error;
pub mod series;
pub mod units;

pub use error::{Diagnostic, Diagnostics, Error, Result};
