//! The engine: a compiled [`Plan`], the [`State`] a run owns, and the step.
//!
//! A run advances by *waves*. A wave is the water that starts at the heads of the rivers on one
//! day; it passes a node as many days later as the travel time from the head says (the node's
//! *lead*). All of a wave is shared in one allocation, as if the river had no travel time, and each
//! node books it on its own calendar day. A node takes part only on its days from the start to the
//! end of the run: what a reach brings before its tail takes part is the antecedent flow, and what
//! enters a reach too late to arrive stays in the channel.
//!
//! Two things follow that a user should know. An allocation has perfect foresight over the travel
//! time: it knows the demands and lateral inflows the wave will meet on its way. And near the end
//! of the run, nodes upstream see no claims of nodes whose day would fall after the end.
//!
//! A reach that stores water or changes its lag with the seasons is not spanned by a wave: see
//! [`routing`](crate::basin::routing#coupled-and-routed-reaches).
//!
//! ```text
//! known water -> claims -> release policies -> allocation -> routing -> ledger
//! ```

mod ahead;
mod antecedent;
mod channel;
mod claims;
mod expectation;
mod forecast;
mod live;
mod operational;
mod orders;
mod plan;
mod route;
mod state;
mod step;
mod tributaries;

pub use claims::Claiming;
pub use plan::Plan;
pub use state::State;
pub use step::Simulation;
