//! What the tests of the allocation share. Each uses a part of it.
#![allow(dead_code, unreachable_pub)]

pub(crate) mod basin;
pub(crate) mod certificate;
pub(crate) mod laws;
