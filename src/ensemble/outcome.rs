//! What is kept of one member.

use serde::{Deserialize, Serialize};

use super::frame::{Frame, User, Watched};
use crate::basin::Basin;
use crate::calendar::{Window, day_index};
use crate::hash::Hash;
use crate::ledger::Ledger;
use crate::metrics::Reliability;
use crate::settlement::{Gauge, Record, Status, settle};
use crate::simulation::Plan;

/// What is kept of a member that was run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub(super) number: u64,
    pub(super) verdicts: Vec<Verdict>,
    /// By user of the frame; none where nothing was ever asked for.
    pub(super) reliability: Vec<Option<Reliability>>,
    /// By watched place and day.
    pub(super) days: Vec<f64>,
}

/// The verdict on one period of one obligation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The obligation, by its number in [`Frame::promises`](super::Frame::promises).
    pub promise: u32,
    /// The first day of the period, counted from the first of the run.
    pub(super) from: i32,
    /// How many days it has.
    pub(super) days: u32,
    /// The verdict.
    pub status: Status,
    /// What was due, in Mm3 or GWh; nothing while it is not known.
    pub committed: Option<f64>,
    /// What came, in Mm3 or GWh; nothing while nothing is known of it.
    pub delivered: Option<f64>,
    /// What is missing, in Mm3 or GWh: nothing unless the period is short.
    pub shortfall: f64,
}

impl Verdict {
    /// The period.
    pub fn period(&self, frame: &Frame) -> Window {
        super::summary::period(frame, self.from, self.days)
    }

    /// What tells one period from another, in the order of obligations and days.
    pub(super) fn key(&self) -> (u32, i32, u32) {
        (self.promise, self.from, self.days)
    }
}

impl Outcome {
    /// The member's number.
    pub fn member(&self) -> u64 {
        self.number
    }

    /// One verdict for each obligation and period, in the order of the agreements.
    pub fn verdicts(&self) -> &[Verdict] {
        &self.verdicts
    }

    /// How reliably each of [`Frame::users`](super::Frame::users) got what it asked for, day by day;
    /// none where nothing was ever asked for.
    pub fn reliability(&self) -> &[Option<Reliability>] {
        &self.reliability
    }

    /// The readings of a watched place, day by day; none unless days are kept.
    pub fn days(&self, frame: &Frame, watched: usize) -> Option<&[f64]> {
        let days = frame.window().days();
        self.days.get(watched * days..(watched + 1) * days)
    }

    /// Whether each obligation that was settled was kept: no period short or exceeded. One with a
    /// period that is pending and none that is broken is not settled yet.
    pub fn kept(&self) -> Vec<(u32, bool)> {
        let mut kept: Vec<(u32, bool)> = Vec::new();
        for of_one in self.verdicts.chunk_by(|a, b| a.promise == b.promise) {
            let any = |statuses: &[Status]| of_one.iter().any(|v| statuses.contains(&v.status));
            let broken = any(&[Status::Short, Status::Exceeded]);
            if broken || !any(&[Status::Pending]) {
                kept.push((of_one[0].promise, !broken));
            }
        }
        kept
    }

    /// The sum of what is missing of some of the obligations, in their unit.
    pub fn shortfall(&self, frame: &Frame, of: impl Fn(&super::Promise) -> bool) -> f64 {
        let verdicts = self.verdicts.iter();
        let counted = verdicts.filter(|v| of(&frame.promises()[v.promise as usize]));
        let sum: crate::ledger::Sum = counted.map(|v| v.shortfall).collect();
        sum.value()
    }

    pub(super) fn of(number: u64, frame: &Frame, plan: &Plan, readings: Readings) -> Self {
        let run = frame.window();
        let settled = settle(plan.model().agreements(), &readings.record);
        let promise = |id: &str| frame.promises.iter().position(|p| p.obligation == id);
        let verdicts = settled.rows.iter().filter_map(|row| {
            Some(Verdict {
                promise: promise(&row.obligation)? as u32,
                from: day_index(run.from(), row.period.from()) as i32,
                days: row.period.days() as u32,
                status: row.status,
                committed: row.committed,
                delivered: row.delivered,
                shortfall: row.shortfall(),
            })
        });
        Self {
            number,
            verdicts: verdicts.collect(),
            reliability: readings.reliability,
            days: readings.days,
        }
    }

    pub(super) fn write(&self, hash: &mut Hash) {
        hash.bytes(&self.number.to_le_bytes());
        hash.bytes(&(self.verdicts.len() as u64).to_le_bytes());
        for verdict in &self.verdicts {
            hash.bytes(&verdict.promise.to_le_bytes());
            hash.bytes(&verdict.from.to_le_bytes());
            hash.bytes(&verdict.days.to_le_bytes());
            hash.bytes(&[verdict.status as u8]);
            hash.number(verdict.committed.unwrap_or(f64::NAN));
            hash.number(verdict.delivered.unwrap_or(f64::NAN));
            hash.number(verdict.shortfall);
        }
        for reliability in &self.reliability {
            hash.bytes(&[u8::from(reliability.is_some())]);
            for value in reliability.iter().flat_map(figures) {
                hash.number(value.unwrap_or(f64::NAN));
            }
        }
        self.days.iter().for_each(|&reading| hash.number(reading));
    }
}

/// What is read of a run: all that an outcome is made of.
pub(super) struct Readings {
    pub(super) record: Record,
    /// By user of the frame.
    pub(super) reliability: Vec<Option<Reliability>>,
    /// By watched place and day.
    pub(super) days: Vec<f64>,
}

impl Readings {
    pub(super) fn of(frame: &Frame, plan: &Plan, ledger: &Ledger) -> Self {
        let basin = plan.model().basin();
        let journal = ledger.offtakes();
        let reliability = frame.users.iter().map(|user| {
            let own = own_offtakes(basin, user);
            Reliability::of((0..ledger.days()).map(|day| {
                let sum =
                    |table: &crate::ledger::Daily| own.iter().map(|&i| table.at(day, i)).sum();
                (sum(&journal.demand), sum(&journal.delivered))
            }))
        });
        let days = frame.days_kept().iter();
        Self {
            record: Record::of(plan, ledger),
            reliability: reliability.collect(),
            days: days.flat_map(|place| read(place, plan, ledger)).collect(),
        }
    }
}

/// The offtakes of a user.
pub(super) fn own_offtakes(basin: &Basin, user: &User) -> Vec<usize> {
    let offtakes = basin.offtakes().iter().enumerate();
    let own = offtakes.filter(|(_, offtake)| {
        let id = if user.is_party {
            &offtake.party
        } else {
            &offtake.id
        };
        *id == user.id
    });
    own.map(|(i, _)| i).collect()
}

/// The figures of a reliability that do not count steps, by name.
pub(super) const FIGURES: [&str; 9] = [
    "time",
    "volume",
    "resilience",
    "mean_event_worst",
    "mean_event_sum",
    "worst",
    "deficit",
    "vulnerability",
    "sustainability",
];

/// Their values, in the same order.
pub(super) fn figures(of: &Reliability) -> [Option<f64>; FIGURES.len()] {
    [
        Some(of.time),
        Some(of.volume),
        of.resilience,
        Some(of.mean_event_worst),
        Some(of.mean_event_sum),
        Some(of.worst),
        Some(of.deficit),
        Some(of.vulnerability),
        of.sustainability(),
    ]
}

fn read(place: &Watched, plan: &Plan, ledger: &Ledger) -> Vec<f64> {
    let basin = plan.model().basin();
    let gauge = Gauge::new(basin, &place.id, place.measure);
    gauge.map_or_else(Vec::new, |gauge| gauge.series(basin, ledger))
}
