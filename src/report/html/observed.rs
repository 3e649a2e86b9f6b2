//! What was measured, to be drawn beside what was computed.

use std::collections::BTreeMap;
use std::path::Path;

use crate::calendar::{Date, Period, Window};
use crate::error::{Error, Result};

/// Volumes and flows that were measured, by the id of their place.
///
/// ```
/// use riparian::jiff::civil::date;
/// use riparian::report::html::Observed;
///
/// let seen = Observed::default().volume("bakhri-tochik", date(2024, 4, 10), 3310.0);
/// # let _ = seen;
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// At the end of a day, in Mm3.
    volumes: BTreeMap<String, Vec<(Date, f64)>>,
    /// Over some days, in m3/s.
    flows: BTreeMap<String, Vec<(Window, f64)>>,
}

impl Observed {
    /// The same, with a volume in Mm3 at the end of a day.
    #[must_use]
    pub fn volume(mut self, reservoir: &str, date: Date, mcm: f64) -> Self {
        let own = self.volumes.entry(reservoir.to_owned()).or_default();
        own.push((date, mcm));
        self
    }

    /// The same, with a mean flow in m3/s over some days.
    #[must_use]
    pub fn flow(mut self, node: &str, days: Window, m3s: f64) -> Self {
        self.flows
            .entry(node.to_owned())
            .or_default()
            .push((days, m3s));
        self
    }

    /// The observations of a scenario's folder `observed`, as far as they lie in a window: volumes at
    /// the ends of dekads (columns `ID_mcm` of `storage.csv`), flows over dekads (columns `ID_m3s` of
    /// `flows.csv`). A file that is not there is no fault.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, or a key or figure is none.
    ///
    /// # Examples
    ///
    /// Example: [`Observed`].
    pub fn open(folder: impl AsRef<Path>, window: Window) -> Result<Self> {
        let mut seen = Self::default();
        for (name, suffix) in [("storage.csv", "_mcm"), ("flows.csv", "_m3s")] {
            let file = folder.as_ref().join(name);
            if !file.exists() {
                continue;
            }
            let unreadable = |e: csv::Error| Error::io(&file, "cannot be read", e.into());
            let mut table = csv::ReaderBuilder::new()
                .comment(Some(b'#'))
                .from_path(&file)
                .map_err(unreadable)?;
            let heads = table.headers().map_err(unreadable)?.clone();
            for row in table.records() {
                let row = row.map_err(unreadable)?;
                let dekad = Period::Dekad.parse_key(&row[0])?;
                if !window.covers(dekad) {
                    continue;
                }
                for (head, field) in heads.iter().zip(&row).skip(1) {
                    let Some(id) = head.strip_suffix(suffix).filter(|_| !field.is_empty()) else {
                        continue;
                    };
                    let value: f64 = field.trim().parse().map_err(|_| {
                        Error::parse(format!(
                            "`{field}` in the column `{head}` of {} is no number",
                            file.display()
                        ))
                    })?;
                    seen = if suffix == "_mcm" {
                        seen.volume(id, dekad.to(), value)
                    } else {
                        seen.flow(id, dekad, value)
                    };
                }
            }
        }
        Ok(seen)
    }

    pub(super) fn volumes_of(&self, id: &str) -> &[(Date, f64)] {
        self.volumes.get(id).map_or(&[], Vec::as_slice)
    }

    pub(super) fn flows_of(&self, id: &str) -> &[(Window, f64)] {
        self.flows.get(id).map_or(&[], Vec::as_slice)
    }
}
