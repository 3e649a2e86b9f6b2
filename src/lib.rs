//! Shares the water of a river basin among its countries day by day, and settles what each
//! delivered against what it had promised.

pub mod error;
pub mod rules;
#[cfg(feature = "proptest")]
pub mod testing;

pub use error::{Diagnostic, Diagnostics, Error, Result};
