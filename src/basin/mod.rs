//! The physical model: parties, nodes, reaches, reservoirs and offtakes, and the checked
//! [`Basin`] they form.
//!
//! Everything here is as it stands in a scenario's tables: ids are names, quantities have units.
//! [`power`] says how energy is computed, [`pump`] what lifting water costs, and [`routing`] is the page on travel time. [`Basin`] is
//! what remains after every check: the same things with their names resolved to indices, in the
//! order of the river.

mod curve;
mod network;
mod node;
mod offtake;
pub mod power;
pub mod pump;
mod reservoir;
pub mod routing;

pub use curve::{Curve, CurvePoint};
pub use network::Basin;
pub(crate) use network::check as check_basin;
pub use node::{Node, NodeKind, Party, Reach, ReachKind};
pub use offtake::{Offtake, ReturnFlow};
pub use power::{Outage, PowerPlant, Tailwater};
pub use pump::{Pump, Pumped};
pub use reservoir::{Outlet, OutletKind, Reservoir, SeasonalLimit};
pub use routing::Routing;

/// Everything physical as it was written, before any check.
#[derive(Clone, Debug, Default)]
pub(crate) struct BasinParts {
    pub(crate) parties: Vec<Party>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) reaches: Vec<Reach>,
    pub(crate) reservoirs: Vec<Reservoir>,
    pub(crate) offtakes: Vec<Offtake>,
    pub(crate) pumps: Vec<Pump>,
}
