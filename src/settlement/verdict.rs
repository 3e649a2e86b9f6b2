//! The verdict on each period of each obligation.

use serde::{Deserialize, Serialize};

use super::committed::{Obliged, committed};
use super::exceeds;
use super::journal::{Book, Carried, Journal};
use super::ownership::{OwnedStorage, stores};
use super::reason::Reason;
use super::record::{Reading, Record};
use crate::agreement::{Agreement, Bounds, Count, Due, Effect, Measure, Obligation};
use crate::calendar::{Date, Window, date_of};
use crate::ledger::Sum;

/// The verdict on a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Status {
    /// What was due came, within the agreement's tolerance.
    Met,
    /// Less came than was due.
    Short,
    /// More was used than a limit allows.
    Exceeded,
    /// Less came than was due, and a clause excuses it.
    Excused,
    /// Less came than was due, and a clause cancels the debt.
    Cancelled,
    /// The record does not cover the period, or does not hold what is due.
    Pending,
}

impl Status {
    /// All of them, in the order in which summaries list them.
    pub const ALL: [Self; 6] = [
        Self::Met,
        Self::Short,
        Self::Exceeded,
        Self::Excused,
        Self::Cancelled,
        Self::Pending,
    ];

    /// The status as tables print it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Short => "short",
            Self::Exceeded => "exceeded",
            Self::Excused => "excused",
            Self::Cancelled => "cancelled",
            Self::Pending => "pending",
        }
    }
}

/// The unit of a settlement's figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Unit {
    /// Million cubic metres.
    Mcm,
    /// Gigawatt hours.
    Gwh,
}

impl Unit {
    pub(crate) fn of(obligation: &Obligation) -> Self {
        if obligation.is_energy() {
            Self::Gwh
        } else {
            Self::Mcm
        }
    }

    /// The unit's sign.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Mcm => "Mm3",
            Self::Gwh => "GWh",
        }
    }

    /// How many base units (m3, kWh) it has.
    pub fn size(self) -> f64 {
        1e6
    }
}

/// One obligation in one period: what was due, what came, what is carried over.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    /// The agreement's title.
    pub agreement: String,
    /// The obligation's id.
    pub obligation: String,
    /// The article it rests on.
    pub article: String,
    /// Who owes.
    pub debtor: String,
    /// To whom, if to a party.
    pub creditor: Option<String>,
    /// Where it is measured.
    pub point: String,
    /// The form's name.
    pub form: String,
    /// How it is counted.
    pub count: Count,
    /// The period.
    pub period: Window,
    /// The unit of the figures below.
    pub unit: Unit,
    /// What was due; for a limit, what was allowed. Nothing while it is not known.
    pub committed: Option<f64>,
    /// What was due before the schedule was revised, if it was.
    pub first_committed: Option<f64>,
    /// What came, or for a limit what was used; nothing where none of it was measured.
    pub delivered: Option<f64>,
    /// The balance brought in from the period before, with an account.
    pub carried_in: f64,
    /// The balance carried out to the next, with an account.
    pub carried_out: f64,
    /// What is missing beyond what the account allows: nothing unless the verdict is short,
    /// excused or cancelled.
    pub missing: f64,
    /// What a second gauge read, with its name.
    pub second: Option<(String, f64)>,
    /// The verdict.
    pub status: Status,
    /// Whether the obligation has an account.
    pub account: bool,
    /// The first day on which delivery fell behind what was due by then, if the period is short.
    pub first_day_short: Option<Date>,
    /// The day that fell shortest, and by how much.
    pub worst_day: Option<(Date, f64)>,
    /// The clauses that applied, in words.
    pub clauses: Vec<String>,
    /// Why it is short, if it was settled against a run; the amounts are in `unit` and add up to
    /// the shortfall.
    pub reasons: Vec<Reason>,
    /// Whether the day's claims on the river asked for it.
    pub claimed: bool,
    /// The net unaccounted term of the reservoirs at and upstream of the point, in Mm3: water that
    /// appeared in the period, less water that disappeared, without what the river loses of it on
    /// the way, and on the days on which it would have come to the point. For storage at a date it
    /// is that of all days of the run up to it. 0 without a run.
    pub unaccounted: f64,
    /// The obligation, by the numbers of its agreement and of itself there.
    pub(crate) number: (usize, usize),
    /// What was due on each day of the period, in m3 or kWh.
    pub(crate) pace: Vec<f64>,
    /// What was due on each day before this obligation counted anything.
    pub(crate) before: Vec<f64>,
    /// What may be missing in all before the verdict is short, in m3 or kWh.
    pub(crate) slack: f64,
    /// Whether the verdict would be another without the unaccounted term.
    pub(crate) rests: bool,
}

impl Settlement {
    /// Delivered less committed after carry-over, if both are known.
    pub fn balance(&self) -> Option<f64> {
        Some(self.carried_in + self.delivered? - self.committed?)
    }

    /// Whether the verdict rests on water that no gauge explains: a period that is short would be
    /// met had [`unaccounted`](Self::unaccounted) water not disappeared, or one that is met would
    /// be short had it not appeared.
    ///
    /// The water is added to what came on the day it would have come, or taken off; an offtake
    /// takes no more of it than was asked for, and what appeared in a reservoir that still holds as
    /// much at the period's end did not come to the point. Never so for limits, which it says nothing about, for
    /// energy, and without a run.
    pub fn rests_on_unaccounted(&self) -> bool {
        self.rests
    }

    /// What is missing: nothing unless the period is short.
    pub fn shortfall(&self) -> f64 {
        if self.status == Status::Short {
            self.missing
        } else {
            0.0
        }
    }
}

/// Something an agreement asks to report: a clause that applied, such as a call for consultation.
///
/// Example: [`Journal`](super::Journal).
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The obligation whose clause it is.
    pub obligation: String,
    /// The clause in words.
    pub text: String,
    /// The days.
    pub window: Window,
    /// What was read: the mean of a flow in m3/s, a volume in Mm3, a level in m.
    pub reading: Option<f64>,
}

/// What came of agreements: verdicts, accounts and events.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settled {
    /// One row for each obligation and period, in the order of the agreements.
    pub rows: Vec<Settlement>,
    /// The accounts of the obligations that have one.
    pub journals: Vec<Journal>,
    /// Calls for consultation.
    pub events: Vec<Event>,
    /// Whose the water of owned reservoirs was.
    pub stores: Vec<OwnedStorage>,
}

/// Settles agreements against what was measured or computed.
///
/// A period is settled when every day of it is in the record, at its point and wherever what is
/// due is read; until then it is pending, and shows what came so far. An obligation without end is
/// settled for the periods the record touches.
pub fn settle(agreements: &[Agreement], record: &Record) -> Settled {
    let mut settled = Settled {
        stores: stores(agreements, record),
        ..Settled::default()
    };
    let all = agreements.iter().enumerate().flat_map(|(a, agreement)| {
        let obligations = agreement.obligations.iter().enumerate();
        obligations.map(move |(b, obligation)| ((a, b), agreement, obligation))
    });
    let cases: Vec<Case> = all
        .map(|(number, agreement, obligation)| {
            let bounds = Bounds::of(agreements, agreement, obligation);
            Case {
                number,
                agreement,
                obligation,
                record,
                reading: Reading::new(record, &obligation.point, obligation.measures()),
                periods: committed(obligation, bounds, record),
            }
        })
        .collect();
    for case in &cases {
        let o = case.obligation;
        let first = case.periods.first().map(|period| period.window.from());
        let mut book = Book::new(agreements, o, Unit::of(o), first);
        for period in &case.periods {
            let before = case.served_before(period, &cases);
            settled.rows.push(case.settle(period, before, &mut book));
            settled.events.extend(case.events(period));
        }
        settled.journals.extend(book.into_journal());
    }
    settled
}

/// One obligation with all that settles it.
struct Case<'a> {
    number: (usize, usize),
    agreement: &'a Agreement,
    obligation: &'a Obligation,
    record: &'a Record,
    reading: Reading<'a>,
    periods: Vec<Obliged>,
}

impl Case<'_> {
    /// What obligations at the same point are due on each day of a period before this one counts
    /// anything, in m3 or kWh; none if that is not known.
    fn served_before(&self, period: &Obliged, cases: &[Case]) -> Option<Vec<f64>> {
        let mut served = vec![0.0; period.by_day.len()];
        let index = |from: Date, date: Date| crate::calendar::day_index(from, date) as usize;
        for id in &self.obligation.on_top_of {
            let other = cases.iter().find(|case| case.obligation.id == *id)?;
            for due in &other.periods {
                let Some(part) = due.window.intersect(period.window) else {
                    continue;
                };
                if !due.known {
                    return None;
                }
                let there = index(due.window.from(), part.from());
                let here = index(period.window.from(), part.from());
                for day in 0..part.days() {
                    served[here + day] += due.by_day[there + day];
                }
            }
        }
        Some(served)
    }

    fn settle(&self, period: &Obliged, before: Option<Vec<f64>>, book: &mut Book) -> Settlement {
        let o = self.obligation;
        let unit = Unit::of(o);
        let committed = period.total();
        let (delivered, whole) = self.delivered(period);
        let ready = whole && period.known && before.is_some();
        let before = before.unwrap_or_else(|| vec![0.0; period.by_day.len()]);
        let served = before.iter().copied().collect::<Sum>().value();
        let delivered = if served == 0.0 {
            delivered
        } else {
            delivered.map(|came| (came - served).max(0.0))
        };
        let mut row = Settlement {
            agreement: self.agreement.title.clone(),
            obligation: o.id.clone(),
            article: o.article.clone(),
            debtor: o.debtor.clone(),
            creditor: o.creditor.clone(),
            point: o.point.name(),
            form: o.form().to_owned(),
            count: o.count,
            period: period.window,
            unit,
            committed: period.known.then_some(committed / unit.size()),
            first_committed: period.first.map(|first| first / unit.size()),
            delivered: delivered.map(|came| came / unit.size()),
            carried_in: 0.0,
            carried_out: 0.0,
            missing: 0.0,
            second: self.second(period.window, unit),
            status: Status::Pending,
            account: o.account.is_some(),
            first_day_short: None,
            worst_day: None,
            clauses: self.clauses(period),
            reasons: Vec::new(),
            claimed: o.claim.is_some(),
            unaccounted: 0.0,
            number: self.number,
            pace: period.by_day.clone(),
            before,
            slack: committed * o.tolerance,
            rests: false,
        };
        let Some(came) = delivered.filter(|_| ready) else {
            book.pass_over(period.window);
            return row;
        };
        let carried = match o.account {
            Some(_) => book.close(period, committed, came),
            None => Carried {
                brought_in: 0.0,
                out: 0.0,
                missing: (committed - came).max(0.0),
                cancelled: period.ended_early,
            },
        };
        row.carried_in = carried.brought_in / unit.size();
        row.carried_out = carried.out / unit.size();
        self.judge(&mut row, period, came, carried);
        row
    }

    fn judge(&self, row: &mut Settlement, period: &Obliged, came: f64, carried: Carried) {
        let o = self.obligation;
        let committed = period.total();
        let slack = row.slack;
        let size = row.unit.size();
        if o.count == Count::AtMost {
            let over = exceeds(came, committed + slack);
            row.status = if over { Status::Exceeded } else { Status::Met };
            return;
        }
        // Short by more than the tolerance, and by more than the rounding of the sums.
        let short = carried.missing - slack > 1e-9 * committed.max(carried.missing);
        if !short {
            row.status = Status::Met;
            if carried.cancelled {
                row.status = Status::Cancelled;
            }
            return;
        }
        row.missing = carried.missing / size;
        let excused = !period.excused.is_empty()
            && !exceeds(
                period.unexcused() - slack,
                came + carried.brought_in.max(0.0),
            );
        row.status = if carried.cancelled {
            Status::Cancelled
        } else if excused {
            Status::Excused
        } else {
            Status::Short
        };
        self.find_days(row, period);
    }

    /// What came in a period, and whether every day of it is known.
    fn delivered(&self, period: &Obliged) -> (Option<f64>, bool) {
        let o = self.obligation;
        if o.measure == Some(Measure::Nothing) {
            return (None, false);
        }
        if o.count == Count::AtEnd {
            let there = self.reading.at(period.window.to());
            return (there, there.is_some());
        }
        let (mut sum, mut days) = (Sum::default(), 0);
        for (i, came) in self.reading.over(period.window).enumerate() {
            let Some(came) = came else {
                continue;
            };
            days += 1;
            sum.add(if o.count == Count::EachDay {
                came.min(period.by_day[i])
            } else {
                came
            });
        }
        ((days > 0).then(|| sum.value()), days == period.by_day.len())
    }

    /// The second reading: another gauge, or a figure stated by others.
    fn second(&self, period: Window, unit: Unit) -> Option<(String, f64)> {
        let o = self.obligation;
        if let Some(point) = &o.second_point {
            let reading = Reading::new(self.record, point, None);
            let came: Vec<f64> = reading.over(period).flatten().collect();
            let sum = came.iter().copied().collect::<Sum>().value();
            return (!came.is_empty()).then(|| (point.name(), sum / unit.size()));
        }
        let second = o.second_reading.as_ref()?;
        Some((second.source.clone(), second.amount.base() / unit.size()))
    }

    /// The first day behind, and the worst.
    fn find_days(&self, row: &mut Settlement, period: &Obliged) {
        let o = self.obligation;
        let date = |day: usize| date_of(period.window.from(), day as i64);
        if o.count == Count::AtEnd {
            row.first_day_short = Some(period.window.to());
            return;
        }
        let (mut due_so_far, mut so_far, mut behind_since) = (Sum::default(), Sum::default(), None);
        so_far.add(row.carried_in * row.unit.size());
        let mut worst: Option<(usize, f64)> = None;
        let days = period.by_day.iter().zip(self.reading.over(period.window));
        for (day, (&due, came)) in days.enumerate() {
            let came = came.unwrap_or(0.0);
            so_far.add(came);
            due_so_far.add(due);
            let daily = o.count == Count::EachDay;
            let behind = if daily {
                exceeds(due, came)
            } else {
                exceeds(due_so_far.value(), so_far.value())
            };
            if behind {
                behind_since = behind_since.or(Some(day));
            } else if !daily {
                behind_since = None;
            }
            if due - came > worst.map_or(0.0, |(_, most)| most) {
                worst = Some((day, due - came));
            }
        }
        row.first_day_short = behind_since.map(date);
        row.worst_day = worst.map(|(day, missing)| (date(day), missing / row.unit.size()));
    }

    /// The clauses that applied in a period, each once.
    fn clauses(&self, period: &Obliged) -> Vec<String> {
        let mut texts: Vec<String> = Vec::new();
        for applied in &period.applied {
            let text = &self.obligation.clauses[applied.clause].text;
            if !texts.contains(text) {
                texts.push(text.clone());
            }
        }
        texts
    }

    /// The calls for consultation in a period.
    fn events(&self, period: &Obliged) -> Vec<Event> {
        let clauses = &self.obligation.clauses;
        let calls = period
            .applied
            .iter()
            .filter(|applied| clauses[applied.clause].effect == Effect::Consult);
        calls
            .map(|applied| {
                let clause = &clauses[applied.clause];
                let threshold = clause.when.reading.as_ref();
                let bounds = threshold.into_iter().flat_map(|t| [&t.at_least, &t.below]);
                let scale = bounds.flatten().next().map_or(1.0, |bound| {
                    if bound.is_flow() {
                        1.0 / crate::units::SECONDS_PER_DAY
                    } else if bound.is_level() {
                        1.0
                    } else {
                        1e-6
                    }
                });
                Event {
                    obligation: self.obligation.id.clone(),
                    text: clause.text.clone(),
                    window: applied.window,
                    reading: applied.reading.map(|reading| reading * scale),
                }
            })
            .collect()
    }
}

/// Whether what is due can be told before the season: it depends on the calendar alone.
pub(crate) fn known_in_advance(obligation: &Obligation) -> bool {
    let by_calendar = |due: &Due| matches!(due, Due::Amount(_) | Due::Schedule(_));
    let versions = obligation.revisions.iter().map(|revision| &revision.due);
    std::iter::once(&obligation.due)
        .chain(versions)
        .all(by_calendar)
        && obligation.clauses.iter().all(|clause| {
            let reads = clause.effect.point().is_some() || !clause.when.is_by_calendar();
            !clause.effect.changes_due() || !reads
        })
}
