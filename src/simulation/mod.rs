//! The engine: a compiled [`Plan`], the [`State`] a run owns, and the step.
//!
//! A run advances by *waves*. A wave is the water that starts at the heads of the rivers on one
//! day; it passes a node as many days later as the travel time from the head says (the node's
//! *lead*). All of a wave is shared in one allocation, as if the river had no travel time, and each
//! node books it on its own calendar day. A node takes part only on its days from the start to the
//! end of the run: what a reach brings before its tail takes part is the antecedent flow, and what
//! enters a reach too late to arrive stays in the channel.
//!
//! Two things follow that a user should know. An allocation knows the demands the wave will meet on
//! its way, and the lateral inflows, or a forecast of them: see [below](#foresight). And near the
//! end of the run, nodes upstream see no claims of nodes whose day would fall after the end.
//!
//! A reach that stores water or changes its lag with the seasons is not spanned by a wave: see
//! [`routing`](crate::basin::routing#coupled-and-routed-reaches).
//!
//! # Foresight
//!
//! With [`Foresight::Perfect`](crate::operation::Foresight) the lateral inflows on the way are known
//! when a wave starts. A run by a [`Forecast`](crate::operation::Forecast) is *operational*: it
//! advances by calendar days, and what a day decides rests on what is known on it.
//!
//! - *Orders.* On each day the waves on their way are shared again, with the inflows of all days so
//!   far as they were and of days to come as they are forecast now. What is wanted far down reaches
//!   the dam as a claim of its class, grown by the losses on the way, as in any allocation. Of all
//!   that is decided, what is decided for today is done.
//! - *What arrives.* Nodes whose day of a wave is past are replayed as they were. Those whose day is
//!   today share what is really there: what was sent days ago, and the inflow as it is.
//! - *Its own error.* For each user and each place where the basin ends the ledger keeps what was
//!   ordered when a reservoir could last do something about it
//!   ([`Operations`](crate::ledger::Operations)); the difference from what came is
//!   the operational shortage or spill ([`ForecastError`](crate::report::ForecastError)).
//!
//! Policies see the storage and inflow of their day as they would with perfect foresight, and where
//! they look ahead at the unregulated inflow, that of the forecast. A forecast given for a reservoir
//! ([`ModelBuilder::forecast`](crate::ModelBuilder::forecast)) is theirs, whatever the run knows.
//! In which proportion orders through routed reaches are asked of several rivers follows from their
//! mean inflow over the run, which is taken as known.
//!
//! A perfect forecast gives the bits of a run with perfect foresight: a day without news leaves what
//! was decided, and costs what a wave costs. A day with news costs as many waves as the longest lead
//! has days, and one.
//!
//! If days without news were decided anew too, the decisions would be the same but for rounding, as
//! long as all water on the river was decided upon. What flows above the capacity of a reach, or
//! spills from a full reservoir, is no part of the plan of an allocation; once it has passed, an
//! operational run knows it and shares it.
//!
//! *Is foresight never worse?* Over one wave it is not: what is shared for the first class is the most
//! that the rule can make of the water. From one wave to the next it is not worse where all users are
//! of one class, below one reservoir, and nothing is lost: what a forecast's error leaves in store then
//! serves the same demand later, and what it sends too much is gone. Otherwise an error can do good. A
//! forecast of too much leaves the fields dry today, and the town drinks the water that the dam kept
//! next month: foresight over the travel time is not foresight over the season, and what is to be
//! kept for the town is for a release policy to keep.
//!
//! # A step
//!
//! ```text
//! known water -> claims -> release policies -> allocation -> routing -> ledger
//! ```

mod ahead;
mod antecedent;
mod channel;
mod claims;
mod content;
mod expectation;
mod forecast;
mod inputs;
mod licences;
mod live;
mod operational;
mod orders;
mod plain;
mod plan;
mod route;
mod state;
mod step;
mod tributaries;

pub(crate) use antecedent::steady_state;
pub use claims::Claiming;
pub use inputs::Inputs;
pub(crate) use plain::StreamClaim;
pub use plan::Plan;
pub(crate) use plan::{SECONDS_A_DAY, Store};
pub(crate) use route::Outflow;
pub use state::State;
pub use step::Simulation;
pub(crate) use step::{Seen, infeasible};
