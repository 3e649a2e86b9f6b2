//! Measures of series and of samples: how reliably a demand was met, and what the bad end of many
//! outcomes is like.

pub mod reliability;
pub mod tail;

pub use reliability::Reliability;
