//! One day's allocation of water on a network of rivers and canals: plain numbers in, plain numbers out.
//!
//! This room knows no files, dates or treaties. Nodes, arcs and claims are numbers; volumes are m³ of one day.
pub use day::{DayError, Outcome, Today};
pub use network::{Network, NetworkBuilder, NetworkError, Place, Role};
pub use reasons::Binding;
pub use rule::{EqualAwards, EqualLosses, Layer, Layers, ParametricRule, Proportional, Talmud};
pub use solver::Solver;

mod day;
mod flow;
mod heap;
mod network;
mod reasons;
mod rule;
mod solver;
mod sweep;
