//! Measures of series and samples: how well a computed series fits an observed one ([`Fit`]), how
//! reliably a demand was met ([`Reliability`]), and what the bad end of many outcomes is like ([`tail`]).

mod fit;
mod reliability;
pub mod tail;

pub use fit::{Fit, Kge, dekad_means, dekad_medians};
pub use reliability::Reliability;
pub(crate) use reliability::{FAILS_AT, Tally};
