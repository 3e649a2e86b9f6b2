//! Synthetic inflow: records that never were, as likely as the one that was.

mod draw;
mod kirsch;
mod lag_one;
mod margin;
mod matrix;
mod neighbours;
mod record;

pub use kirsch::Kirsch;
pub use lag_one::{LagOne, Repair, Structure};
pub use margin::Margins;
pub use neighbours::Neighbours;
pub use record::Record;

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use draw::Draws;
use kirsch::KirschModel;
use lag_one::LagOneModel;
use margin::Margin;
use neighbours::NeighboursModel;
use record::Frame;

/// What makes the years.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Method {
    LagOne(LagOneModel),
    Kirsch(KirschModel),
    Neighbours(NeighboursModel),
}

impl Method {
    fn margins(&self) -> &[Margin] {
        match self {
            Self::LagOne(model) => model.margins(),
            Self::Kirsch(model) => model.margins(),
            Self::Neighbours(_) => &[],
        }
    }

    fn fits(&self, steps: usize, sites: usize) -> bool {
        match self {
            Self::LagOne(model) => model.fits(steps, sites),
            Self::Kirsch(model) => model.fits(steps, sites),
            Self::Neighbours(model) => model.fits(steps, sites),
        }
    }

    fn fill(&self, draws: &mut Draws, flows: &mut [f64], sites: usize) {
        match self {
            Self::LagOne(model) => model.fill(draws, flows, sites),
            Self::Kirsch(model) => model.fill(draws, flows, sites),
            Self::Neighbours(model) => model.fill(draws, flows, sites),
        }
    }
}

/// A fitted generator of inflow records.
///
/// What it makes is a function of the seed and the member alone: members can be made in any order, on
/// any thread and any platform, and the first years of a longer record are those of a shorter one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Generator {
    frame: Frame,
    first_year: i16,
    /// The sites whose flows have never been negative, and must not become so.
    never_negative: Vec<bool>,
    method: Method,
}

/// A generator as read, not checked yet.
#[derive(Deserialize)]
struct Written {
    frame: Frame,
    first_year: i16,
    never_negative: Vec<bool>,
    method: Method,
}

impl TryFrom<Written> for Generator {
    type Error = Error;

    fn try_from(written: Written) -> Result<Self> {
        let Written {
            frame,
            first_year,
            never_negative,
            method,
        } = written;
        let sites = frame.sites().len();
        let sound = never_negative.len() == sites
            && (1..=9999).contains(&first_year)
            && method.fits(frame.steps(), sites);
        if !sound {
            return Err(Error::parse(
                "a generator whose numbers do not fit its sites and steps",
            ));
        }
        Ok(Self {
            frame,
            first_year,
            never_negative,
            method,
        })
    }
}

impl Generator {
    fn of(record: &Record, never_negative: Vec<bool>, method: Method) -> Self {
        Self {
            frame: record.frame.clone(),
            first_year: record.first_year(),
            never_negative,
            method,
        }
    }

    /// The sites, as in the record.
    pub fn sites(&self) -> &[String] {
        self.frame.sites()
    }

    /// What the covariances of a model of lag one had to be changed by; none for other methods.
    pub fn repair(&self) -> Option<Repair> {
        match &self.method {
            Method::LagOne(model) => Some(model.repair()),
            _ => None,
        }
    }

    /// `n` years of a member: a record that begins in the year the fitted one began in.
    pub fn years(&self, seed: u64, member: u64, n: usize) -> Record {
        let mut record = Record::empty(self.frame.clone(), self.first_year, n);
        self.make(seed, member, &mut record);
        record
    }

    fn make(&self, seed: u64, member: u64, record: &mut Record) {
        let sites = self.frame.sites().len();
        let mut draws = Draws::new(seed, member);
        self.method.fill(&mut draws, record.values_mut(), sites);
    }

    /// Writes the generator to a file, every number to its last bit.
    ///
    /// # Errors
    ///
    /// If the file cannot be written; [`Error::is_io`] holds.
    pub fn save(&self, file: impl AsRef<Path>) -> Result<()> {
        let file = file.as_ref();
        let text = serde_json::to_string(self)
            .map_err(|e| Error::io(file, "cannot be written", e.into()))?;
        std::fs::write(file, text).map_err(|e| Error::io(file, "cannot be written", e))
    }

    /// Reads a generator that was saved.
    ///
    /// # Errors
    ///
    /// If the file cannot be read ([`Error::is_io`]), or is no generator ([`Error::is_parse`]).
    pub fn open(file: impl AsRef<Path>) -> Result<Self> {
        let file = file.as_ref();
        let text =
            std::fs::read_to_string(file).map_err(|e| Error::io(file, "cannot be read", e))?;
        serde_json::from_str(&text)
            .map_err(|e| Error::parse(format!("{}: {e}", file.display())))
    }
}
