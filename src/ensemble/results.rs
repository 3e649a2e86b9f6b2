//! What came of the members that were run so far.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::frame::Frame;
use super::outcome::{Outcome, Verdict, figures};
use super::spread::Histogram;
use super::{Keep, Summary};
use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::settlement::Status;

/// What came of the members of an ensemble that were run so far.
///
/// Results of the same ensemble over other members [merge](Results::merge); the whole is the same to
/// the bit however it was cut, and [`Results::digest`] tells whether two are.
///
/// Example: [`ensemble`](crate::ensemble).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    #[serde(with = "shared")]
    pub(super) frame: Arc<Frame>,
    pub(super) done: Members,
    /// In the order of their numbers.
    pub(super) failed: BTreeMap<u64, String>,
    /// In the order of their numbers; empty where only summaries are kept.
    pub(super) outcomes: Vec<Outcome>,
    pub(super) tally: Tally,
}

/// What is shared here travels as itself.
mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<T: Serialize, S: Serializer>(
        of: &Arc<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        T::serialize(of, to)
    }

    pub(super) fn deserialize<'de, T, D>(from: D) -> Result<Arc<T>, D::Error>
    where
        T: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        T::deserialize(from).map(Arc::new)
    }
}

impl Results {
    pub(super) fn new(frame: Arc<Frame>) -> Self {
        Self {
            frame,
            done: Members::default(),
            failed: BTreeMap::new(),
            outcomes: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// What all members have in common.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// How many members were run, those that failed included.
    pub fn members(&self) -> u64 {
        self.done.count()
    }

    /// Whether a member was run.
    pub fn has(&self, member: u64) -> bool {
        self.done.has(member)
    }

    /// The members of a range that were not run yet.
    pub fn missing(&self, members: Range<u64>) -> Vec<Range<u64>> {
        self.done.missing(members)
    }

    /// The members that stopped, and why.
    pub fn failed(&self) -> impl Iterator<Item = (u64, &str)> {
        self.failed
            .iter()
            .map(|(&member, why)| (member, why.as_str()))
    }

    /// The members that were run to the end, in the order of their numbers; none where only summaries
    /// are kept.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// Odds, bands and spreads over all members.
    pub fn summary(&self) -> Summary {
        Summary::of(self)
    }

    /// Takes over members of the same ensemble that another run has done.
    ///
    /// # Errors
    ///
    /// If the others are of another ensemble, or a member is in both; [`Error::is_ensemble`] holds, and
    /// nothing was taken over.
    pub fn merge(&mut self, others: Self) -> Result<()> {
        if self.frame.identity != others.frame.identity {
            return Err(Error::ensemble(format!(
                "results of another ensemble: `{}`, seed {}, {} and `{}`, seed {}, {}; they are parts of \
                 one only if version, scenario, variations, seed and what is kept are the same",
                self.frame.title,
                self.frame.seed,
                &self.frame.identity[..12],
                others.frame.title,
                others.frame.seed,
                &others.frame.identity[..12],
            )));
        }
        self.done.add_all(&others.done)?;
        self.failed.extend(others.failed);
        self.outcomes.extend(others.outcomes);
        // Parts mostly come in order, which this sort sees.
        self.outcomes.sort_by_key(|outcome| outcome.number);
        self.tally.merge(&others.tally);
        Ok(())
    }

    /// A hash of all that was found, the same for the same members of the same ensemble.
    pub fn digest(&self) -> String {
        let mut hash = Hash::default();
        hash.text(&self.frame.identity);
        for range in &self.done.0 {
            hash.bytes(&range.start.to_le_bytes());
            hash.bytes(&range.end.to_le_bytes());
        }
        for (member, why) in &self.failed {
            hash.bytes(&member.to_le_bytes());
            hash.text(why);
        }
        for outcome in &self.outcomes {
            outcome.write(&mut hash);
        }
        self.tally.write(&mut hash);
        hash.finish()
    }

    /// Takes over parts of the same run, in the order of their first members.
    pub(super) fn take(&mut self, parts: Vec<Self>) {
        let mut ranges = std::mem::take(&mut self.done.0);
        for part in parts {
            ranges.extend(part.done.0);
            self.failed.extend(part.failed);
            self.outcomes.extend(part.outcomes);
            self.tally.merge(&part.tally);
        }
        self.outcomes.sort_by_key(|outcome| outcome.number);
        let taken = self.done.add_all(&Members(ranges));
        debug_assert!(taken.is_ok(), "a member was run twice");
    }

    /// Notes a member.
    pub(super) fn note(&mut self, number: u64, outcome: Result<Outcome>) {
        self.done.insert(number);
        match outcome {
            Ok(outcome) if self.frame.keep == Keep::Summaries => {
                self.tally.add(&outcome, &self.frame);
            }
            Ok(outcome) => self.outcomes.push(outcome),
            Err(error) => {
                self.failed.insert(number, error.to_string());
            }
        }
    }
}

/// A set of members, as ranges in rising order that do not touch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Members(pub(super) Vec<Range<u64>>);

impl Members {
    fn count(&self) -> u64 {
        self.0.iter().map(|range| range.end - range.start).sum()
    }

    pub(super) fn has(&self, member: u64) -> bool {
        self.0.iter().any(|range| range.contains(&member))
    }

    pub(super) fn insert(&mut self, member: u64) {
        match self.0.last_mut() {
            Some(last) if last.end == member => last.end += 1,
            _ => {
                let one = Self(std::iter::once(member..member + 1).collect());
                let added = self.add_all(&one);
                debug_assert!(added.is_ok(), "member {member} twice");
            }
        }
    }

    fn add_all(&mut self, others: &Self) -> Result<()> {
        let mut all: Vec<Range<u64>> = self.0.iter().chain(&others.0).cloned().collect();
        all.sort_by_key(|range| range.start);
        let mut joined: Vec<Range<u64>> = Vec::with_capacity(all.len());
        for range in all {
            match joined.last_mut() {
                Some(last) if range.start < last.end => {
                    let both = range.start;
                    return Err(Error::ensemble(format!("member {both} is in both results")));
                }
                Some(last) if range.start == last.end => last.end = range.end,
                _ => joined.push(range),
            }
        }
        self.0 = joined;
        Ok(())
    }

    fn missing(&self, members: Range<u64>) -> Vec<Range<u64>> {
        let mut missing = Vec::new();
        let mut from = members.start;
        for range in self.0.iter().filter(|range| range.end > members.start) {
            let to = range.start.min(members.end);
            if from < to {
                missing.push(from..to);
            }
            from = from.max(range.end);
        }
        if from < members.end {
            missing.push(from..members.end);
        }
        missing
    }
}

/// What is kept of all members together where nothing is kept of each: counts and histograms, which
/// merge in any order to the same bits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Tally {
    /// By obligation and period.
    pub(super) verdicts: BTreeMap<(u32, i32, u32), Counted>,
    /// By obligation: in how many members it was settled, and in how many of them kept.
    pub(super) kept: BTreeMap<u32, (u64, u64)>,
    /// By side of the frame: what a member is short of.
    pub(super) shortfalls: Vec<Histogram>,
    /// By user and figure.
    pub(super) reliability: BTreeMap<(u32, u32), Histogram>,
    /// By watched place and day.
    pub(super) days: Vec<Histogram>,
}

/// The verdicts on one period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Counted {
    pub(super) status: [u64; Status::ALL.len()],
    pub(super) delivered: Histogram,
    pub(super) shortfall: Histogram,
}

impl Counted {
    fn add(&mut self, verdict: &Verdict) {
        self.status[verdict.status as usize] += 1;
        if let Some(delivered) = verdict.delivered {
            self.delivered.add(delivered);
        }
        self.shortfall.add(verdict.shortfall);
    }
}

impl Tally {
    fn add(&mut self, outcome: &Outcome, frame: &Frame) {
        for verdict in &outcome.verdicts {
            self.verdicts.entry(verdict.key()).or_default().add(verdict);
        }
        for (promise, kept) in outcome.kept() {
            let (of, held) = self.kept.entry(promise).or_default();
            *of += 1;
            *held += u64::from(kept);
        }
        let sides = frame.sides();
        self.shortfalls.resize_with(sides.len(), Histogram::default);
        for (bins, side) in self.shortfalls.iter_mut().zip(&sides) {
            bins.add(outcome.shortfall(frame, |promise| side.counts(promise)));
        }
        for (user, reliability) in outcome.reliability.iter().enumerate() {
            let figures = reliability.iter().flat_map(figures).enumerate();
            for (figure, value) in figures {
                if let Some(value) = value {
                    let at = (user as u32, figure as u32);
                    self.reliability.entry(at).or_default().add(value);
                }
            }
        }
        self.days
            .resize_with(outcome.days.len(), Histogram::default);
        for (bins, &reading) in self.days.iter_mut().zip(&outcome.days) {
            bins.add(reading);
        }
    }

    fn merge(&mut self, other: &Self) {
        for (at, counted) in &other.verdicts {
            let own = self.verdicts.entry(*at).or_default();
            for (sum, count) in own.status.iter_mut().zip(counted.status) {
                *sum += count;
            }
            own.delivered.merge(&counted.delivered);
            own.shortfall.merge(&counted.shortfall);
        }
        for (promise, (of, held)) in &other.kept {
            let own = self.kept.entry(*promise).or_default();
            *own = (own.0 + of, own.1 + held);
        }
        for (at, bins) in &other.reliability {
            self.reliability.entry(*at).or_default().merge(bins);
        }
        for (own, others) in [
            (&mut self.shortfalls, &other.shortfalls),
            (&mut self.days, &other.days),
        ] {
            if own.len() < others.len() {
                own.resize_with(others.len(), Histogram::default);
            }
            for (bins, others) in own.iter_mut().zip(others) {
                bins.merge(others);
            }
        }
    }

    fn write(&self, hash: &mut Hash) {
        for ((promise, from, days), counted) in &self.verdicts {
            hash.bytes(&promise.to_le_bytes());
            hash.bytes(&from.to_le_bytes());
            hash.bytes(&days.to_le_bytes());
            for count in counted.status {
                hash.bytes(&count.to_le_bytes());
            }
            counted.delivered.write(|bytes| hash.bytes(bytes));
            counted.shortfall.write(|bytes| hash.bytes(bytes));
        }
        for (promise, (of, held)) in &self.kept {
            hash.bytes(&promise.to_le_bytes());
            hash.bytes(&of.to_le_bytes());
            hash.bytes(&held.to_le_bytes());
        }
        for ((user, figure), bins) in &self.reliability {
            hash.bytes(&user.to_le_bytes());
            hash.bytes(&figure.to_le_bytes());
            bins.write(|bytes| hash.bytes(bytes));
        }
        for bins in self.shortfalls.iter().chain(&self.days) {
            bins.write(|bytes| hash.bytes(bytes));
        }
    }
}
