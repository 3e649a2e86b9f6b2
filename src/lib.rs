//! Shares the water of a river basin among its countries day by day, and settles what each
//! delivered against what it had promised.

pub mod agreement;
pub mod allocation;
pub mod basin;
pub mod calendar;
pub mod error;
pub mod ledger;
pub mod model;
pub mod operation;
pub mod scenario;
pub mod series;
pub mod simulation;
pub mod units;

pub use error::{Diagnostic, Diagnostics, Error, Result};
pub use jiff;
pub use model::{Model, ModelBuilder, PriorityClass};
pub use simulation::{Plan, Simulation, State};
