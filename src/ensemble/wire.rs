//! Results as bytes, for the way between processes.

use super::Results;
use crate::error::{Error, Result};

/// What the bytes begin with: only the same version reads them.
const HEAD: &str = concat!("riparian ", env!("CARGO_PKG_VERSION"), " results\n");

impl Results {
    /// All of the results as bytes, whatever is kept: for another process of the same version, not
    /// to be stored for long. Shards are for that.
    ///
    /// ```
    /// use riparian::ensemble::{Ensemble, Keep, Results};
    /// use riparian::Plan;
    ///
    /// let plan = Plan::compile(riparian::scenario::read("data/bakhri-tochik-2024")?)?;
    /// let here = Ensemble::new(plan, 1).keep(Keep::Summaries).run(0..2);
    /// let there = Results::from_bytes(&here.to_bytes())?;
    /// assert_eq!(there.digest(), here.digest());
    /// # Ok::<(), riparian::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If memory runs out.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_extend(self, HEAD.as_bytes().to_vec()).expect("memory enough")
    }

    /// The results that [`Results::to_bytes`] made bytes of.
    ///
    /// # Errors
    ///
    /// If the bytes are anything else, or of another version ([`Error::is_ensemble`]).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let strange = || Error::ensemble(format!("no bytes of {}", HEAD.trim_end()));
        let rest = bytes.strip_prefix(HEAD.as_bytes()).ok_or_else(strange)?;
        postcard::from_bytes(rest).map_err(|_| strange())
    }
}
