//! The accounts of stored water that several parties own, day by day.

use super::journal::{Line, RIVER};
use super::record::{Reading, Record};
use crate::agreement::{
    Agreement, Amount, Bounds, Held, Measure, Ownership, Point, Rest, Spilling, Transfer,
    check_ownership,
};
use crate::calendar::{Date, Window, checked_date_of, day_index};
use crate::error::Diagnostics;
use crate::ledger::{CLOSES_AT, Sum};
use crate::units::Volume;

/// Whose the water of a reservoir was on each day, and why.
///
/// On every day the owners' volumes add up to the storage, and none is negative: an owner that was
/// charged more than it held owes the difference to those whose water it took.
///
/// A day is struck in this order: transfers; inflow and the term no gauge explains; payback;
/// losses; releases; spill; loans; water beyond an owner's space passing to others. Losses are
/// shared by what was held before the inflow.
///
/// Example: [`Ownership`](crate::agreement::Ownership).
#[derive(Clone, Debug, PartialEq)]
pub struct OwnedStorage {
    /// The agreement's title.
    pub agreement: String,
    /// The article it rests on.
    pub article: String,
    /// The reservoir's node.
    pub reservoir: String,
    /// The owners, in the order of the agreement.
    pub owners: Vec<String>,
    /// The days that are settled; none if not even the first could be.
    pub window: Option<Window>,
    /// Where the accounts end before the record does, and why.
    pub halt: Option<Halt>,
    /// The owners' accounts, in their order.
    pub journals: Vec<OwnerJournal>,
    /// What owners owe each other: one account for each pair between which water was lent.
    pub debts: Vec<DebtJournal>,
    /// Volumes at the days' ends in m3, days outermost.
    volumes: Vec<f64>,
}

/// The first day that could not be settled.
///
/// Example: [`Ownership`](crate::agreement::Ownership).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halt {
    /// The day.
    pub date: Date,
    /// What is missing or wrong.
    pub why: String,
}

/// The account of one owner's water.
///
/// The lines of a period are added up by reason and counterpart and stand on its last day; a
/// transfer stands on its own day, and what came before it is written first.
///
/// Example: [`Ownership`](crate::agreement::Ownership).
#[derive(Clone, Debug, PartialEq)]
pub struct OwnerJournal {
    /// Whose.
    pub owner: String,
    /// The lines, by date; amounts in Mm3.
    pub lines: Vec<Line>,
}

/// What one owner owes another.
///
/// Example: [`Ownership`](crate::agreement::Ownership).
#[derive(Clone, Debug, PartialEq)]
pub struct DebtJournal {
    /// Who owed after the first line.
    pub debtor: String,
    /// Whom.
    pub creditor: String,
    /// The lines, by date, in Mm3: what the debtor borrows above zero, what it pays back or the
    /// creditor borrows from it below. A balance below zero is owed the other way.
    pub lines: Vec<Line>,
}

impl OwnedStorage {
    /// What each owner held at the end of a day, in m3; nothing for a day that is not settled.
    pub fn on(&self, date: Date) -> Option<&[f64]> {
        let n = self.owners.len();
        let window = self.window.filter(|window| window.contains(date))?;
        let day = usize::try_from(day_index(window.from(), date)).ok()?;
        self.volumes.get(day * n..(day + 1) * n)
    }

    /// What an owner held at the end of a day.
    pub fn volume(&self, owner: &str, date: Date) -> Option<Volume> {
        let owner = self.owners.iter().position(|party| party == owner)?;
        Some(Volume::from_m3(self.on(date)?[owner]))
    }

    /// What one owner owes another after the last day; nothing if it is the other way round.
    pub fn owed(&self, debtor: &str, creditor: &str) -> Volume {
        let mut mcm = 0.0;
        for journal in &self.debts {
            let balance = journal.lines.last().map_or(0.0, |line| line.balance);
            if (&*journal.debtor, &*journal.creditor) == (debtor, creditor) {
                mcm = balance;
            } else if (&*journal.debtor, &*journal.creditor) == (creditor, debtor) {
                mcm = -balance;
            }
        }
        Volume::from_mcm(f64::max(mcm, 0.0))
    }
}

/// Strikes the accounts of all owned reservoirs.
pub(super) fn stores(agreements: &[Agreement], record: &Record) -> Vec<OwnedStorage> {
    let all = agreements.iter().flat_map(|agreement| {
        let ownerships = agreement.ownership.iter();
        ownerships.map(move |ownership| (agreement, ownership))
    });
    all.filter_map(|(agreement, ownership)| store(agreement, ownership, record))
        .collect()
}

/// The accounts of one reservoir; nothing where the agreement is not in force in the record.
fn store(agreement: &Agreement, terms: &Ownership, record: &Record) -> Option<OwnedStorage> {
    let in_force = Bounds {
        from: agreement.from,
        to: agreement.until,
    };
    let days = in_force.cut(record.window())?;
    let from = terms.from.unwrap_or(days.from());
    if from > days.to() {
        return None;
    }
    let mut store = OwnedStorage {
        agreement: agreement.title.clone(),
        article: terms.article.clone(),
        reservoir: terms.reservoir.clone(),
        owners: terms.owners.iter().map(|o| o.party.clone()).collect(),
        window: None,
        halt: None,
        journals: Vec::new(),
        debts: Vec::new(),
        volumes: Vec::new(),
    };
    let settled = sound(agreement, terms)
        .and_then(|()| {
            if from < days.from() {
                return Err(format!("the record begins on {}", days.from()));
            }
            Gauges::new(terms, record)
        })
        .map(|gauges| {
            let days = Window::new(from, days.to()).unwrap_or(days);
            Accounts::new(terms).settle(days, &gauges, &mut store)
        });
    store.halt = match settled {
        Ok(halt) => halt,
        Err(why) => Some(Halt { date: from, why }),
    };
    Some(store)
}

/// Whether the terms can be settled at all; what the checks of a model would say, if not.
fn sound(agreement: &Agreement, terms: &Ownership) -> Result<(), String> {
    let mut faults = Diagnostics::new();
    check_ownership(agreement, terms, &mut faults);
    match faults.iter().next() {
        Some(fault) => Err(fault.message.clone()),
        None => Ok(()),
    }
}

/// What is read at the reservoir and its places.
struct Gauges<'r> {
    storage: Reading<'r>,
    /// None where the record has no such column.
    change: Option<Reading<'r>>,
    inflow: Reading<'r>,
    release: Reading<'r>,
    spill: Option<Reading<'r>>,
    /// What the reservoir itself loses, and with a minus sign what it gains.
    losses: Vec<(f64, Reading<'r>)>,
    /// By owner.
    own: Vec<Option<Reading<'r>>>,
    /// By owner: each place with the days its water needs to it.
    calls: Vec<Vec<(Reading<'r>, u32)>>,
}

/// The readings of one day, in m3.
struct Day {
    storage: f64,
    inflow: f64,
    release: f64,
    spill: f64,
    losses: f64,
    own: Vec<f64>,
    calls: Vec<f64>,
}

impl<'r> Gauges<'r> {
    fn new(terms: &Ownership, record: &'r Record) -> Result<Self, String> {
        let place = Point::from(terms.reservoir.as_str());
        let maybe = |measure| {
            let known = record.column(&terms.reservoir, Some(measure)).is_some();
            known.then(|| Reading::new(record, &place, Some(measure)))
        };
        let need = |measure: Measure| {
            let what = measure.name();
            maybe(measure).ok_or_else(|| format!("no {what} of `{}`", terms.reservoir))
        };
        let inflow = match &terms.inflow {
            Some(point) => Reading::new(record, point, None),
            // What people measure at a dam is its inflow; a run also knows what enters the lake.
            None => maybe(Measure::Flow).map_or_else(|| need(Measure::Inflow), Ok)?,
        };
        let release = match &terms.release {
            Some(point) => Reading::new(record, point, None),
            None => need(Measure::Release)?,
        };
        let losses = [
            (1.0, Measure::Evaporation),
            (1.0, Measure::Seepage),
            (-1.0, Measure::Rain),
        ];
        Ok(Self {
            storage: need(Measure::Storage)?,
            change: maybe(Measure::StorageChange),
            inflow,
            release,
            spill: maybe(Measure::Spill),
            losses: losses
                .into_iter()
                .filter_map(|(sign, measure)| Some((sign, maybe(measure)?)))
                .collect(),
            own: terms
                .owners
                .iter()
                .map(|owner| Some(Reading::new(record, owner.own.as_ref()?, None)))
                .collect(),
            calls: terms
                .owners
                .iter()
                .map(|owner| {
                    let terms = owner.calls.iter().flat_map(|point| &point.terms);
                    terms
                        .map(|term| {
                            let here = Point::from(term.clone().lag_days(0));
                            (Reading::new(record, &here, None), term.lag_days)
                        })
                        .collect()
                })
                .collect(),
        })
    }

    /// The readings of a day, or what is missing.
    fn read(&self, date: Date) -> Result<Day, String> {
        let at = |reading: &Reading, what: &str| {
            reading
                .at(date)
                .ok_or_else(|| format!("{what} was not read"))
        };
        let storage = at(&self.storage, "the storage")?;
        if storage < 0.0 {
            return Err(format!("a storage of {} Mm3", storage / 1e6));
        }
        let mut losses = 0.0;
        for (sign, reading) in &self.losses {
            losses += sign * at(reading, "a loss of the reservoir")?;
        }
        let own = self.own.iter().map(|own| match own {
            Some(reading) => at(reading, "an owner's own inflow"),
            None => Ok(0.0),
        });
        let calls = self.calls.iter().map(|calls| {
            let mut sum = 0.0;
            for (reading, days) in calls {
                let then = checked_date_of(date, i64::from(*days));
                sum += then
                    .and_then(|then| reading.at(then))
                    .ok_or("an owner's call was not read")?;
            }
            Ok(sum)
        });
        Ok(Day {
            storage,
            inflow: at(&self.inflow, "the inflow")?,
            release: at(&self.release, "the release")?,
            spill: match &self.spill {
                Some(reading) => at(reading, "the spill")?,
                None => 0.0,
            },
            losses,
            own: own.collect::<Result<_, _>>()?,
            calls: calls.collect::<Result<_, String>>()?,
        })
    }

    /// The storage before a day, if it can be told.
    fn before(&self, date: Date) -> Option<f64> {
        let yesterday = date.yesterday().ok();
        yesterday
            .and_then(|date| self.storage.at(date))
            .or_else(|| Some(self.storage.at(date)? - self.change.as_ref()?.at(date)?))
    }
}

/// Why an account changes, in the order in which lines of one date stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    Opening,
    Difference,
    Transfer(usize),
    Inflow,
    Unaccounted,
    Losses,
    Calls,
    Rest,
    Spill,
    Loan,
    Payback,
    InternalSpill,
}

impl Why {
    fn words(self, terms: &Ownership) -> String {
        let words = match self {
            Self::Opening => "brought forward",
            Self::Difference => "openings do not add up to the storage",
            Self::Transfer(k) => return format!("transfer: {}", terms.transfers[k].reason),
            Self::Inflow => "inflow",
            Self::Unaccounted => "unaccounted",
            Self::Payback => "payback",
            Self::Losses => "evaporation and other losses of the reservoir",
            Self::Calls => "released on call",
            Self::Rest => "released on nobody's call",
            Self::Spill => "spill",
            Self::Loan => "loan",
            Self::InternalSpill => "internal spill: no space left",
        };
        words.to_owned()
    }
}

/// Changes added up by reason and counterpart until they are written as lines.
#[derive(Clone, Debug, Default)]
struct Tally(Vec<(Key, Sum)>);

/// A reason, the other owner if there is one, and whether water goes to it: what is lent to an
/// owner and borrowed from it are two lines.
type Key = (Why, Option<usize>, bool);

impl Tally {
    fn add(&mut self, why: Why, with: Option<usize>, amount: f64) {
        let key = (why, with, with.is_some() && amount < 0.0);
        match self.0.iter_mut().find(|(known, _)| *known == key) {
            Some((_, sum)) => sum.add(amount),
            None => self.0.push((key, [amount].into_iter().collect())),
        }
    }

    /// What was added up, in the order of the reasons, and then by counterpart.
    fn drain(&mut self) -> Vec<(Why, Option<usize>, f64)> {
        let mut all = std::mem::take(&mut self.0);
        all.sort_by_key(|&(key, _)| key);
        let written = all
            .into_iter()
            .map(|((why, with, _), sum)| (why, with, sum.value()));
        written.filter(|&(.., amount)| amount != 0.0).collect()
    }
}

/// The accounts while days are settled, in m3.
struct Accounts<'a> {
    terms: &'a Ownership,
    shares: Vec<f64>,
    /// Infinite for an owner whose space is not stated.
    spaces: Vec<f64>,
    volumes: Vec<f64>,
    /// By debtor and creditor; what one owes the other is owed to it with a minus sign.
    owed: Vec<f64>,
    tallies: Vec<Tally>,
    debt_tallies: Vec<Tally>,
    lines: Vec<Vec<Line>>,
    debt_lines: Vec<Vec<Line>>,
}

impl<'a> Accounts<'a> {
    fn new(terms: &'a Ownership) -> Self {
        let n = terms.owners.len();
        let capacity = terms.capacity.as_ref().map_or(0.0, Amount::base);
        let space = |held: &Option<Held>| held.as_ref().map_or(f64::INFINITY, |h| h.of(capacity));
        Self {
            terms,
            shares: terms.owners.iter().map(|owner| owner.share).collect(),
            spaces: terms.owners.iter().map(|o| space(&o.space)).collect(),
            volumes: vec![0.0; n],
            owed: vec![0.0; n * n],
            tallies: vec![Tally::default(); n],
            debt_tallies: vec![Tally::default(); n * n],
            lines: vec![Vec::new(); n],
            debt_lines: vec![Vec::new(); n * n],
        }
    }

    /// Settles days until the last, or until one that cannot be.
    fn settle(mut self, days: Window, gauges: &Gauges, store: &mut OwnedStorage) -> Option<Halt> {
        let mut halt = None;
        for date in days.iter() {
            let day = match gauges.read(date) {
                Ok(day) => day,
                Err(why) => {
                    halt = Some(Halt { date, why });
                    break;
                }
            };
            if date == days.from()
                && let Err(why) = self.open(date, gauges.before(date))
            {
                return Some(Halt { date, why });
            }
            self.day(date, &day);
            store.volumes.extend(&self.volumes);
            store.window = Window::new(days.from(), date).ok();
            if self.terms.lines.containing(date).to() == date {
                self.write(date);
            }
        }
        if let Some(window) = store.window {
            self.write(window.to());
            self.close(store);
        }
        halt
    }

    /// The accounts before the first day.
    fn open(&mut self, date: Date, storage: Option<f64>) -> Result<(), String> {
        let terms = self.terms;
        let by_volume = |held: &Option<Held>| matches!(held, Some(Held::Volume(_)));
        let whole = match storage {
            Some(storage) => storage,
            None if terms.owners.iter().all(|owner| by_volume(&owner.opening)) => 0.0,
            None => return Err("the storage before the first day is not known".to_owned()),
        };
        for (i, owner) in terms.owners.iter().enumerate() {
            let opening = match &owner.opening {
                Some(held) => held.of(whole),
                None => owner.share * whole,
            };
            self.post(i, Why::Opening, None, opening);
        }
        let opened: f64 = self.volumes.iter().sum();
        let difference = storage.map_or(0.0, |storage| storage - opened);
        if difference.abs() > CLOSES_AT * (opened + whole) {
            self.split(Why::Difference, difference, &self.shares.clone());
        }
        for debt in &terms.debts {
            if let (Some(debtor), Some(creditor)) =
                (terms.index(&debt.debtor), terms.index(&debt.creditor))
            {
                self.owe(debtor, creditor, Why::Opening, debt.amount.base());
            }
        }
        self.write(date);
        Ok(())
    }

    fn day(&mut self, date: Date, day: &Day) {
        let n = self.volumes.len();
        let terms = self.terms;
        self.transfer(date);
        let before: f64 = self.volumes.iter().sum();
        let held: Vec<f64> = self.volumes.iter().map(|volume| volume.max(0.0)).collect();
        let shares = self.shares.clone();
        let throughput = before.abs()
            + day.inflow.abs()
            + day.losses.abs()
            + day.release.abs()
            + day.spill.abs()
            + day.storage;

        let credits = credits(day, &shares);
        for (i, &credit) in credits.iter().enumerate() {
            self.post(i, Why::Inflow, None, credit);
        }
        let explained = day.inflow - day.losses - day.release - day.spill;
        let unaccounted = day.storage - before - explained;
        if unaccounted.abs() > CLOSES_AT * throughput {
            self.split(Why::Unaccounted, unaccounted, &shares);
        }
        self.pay_back(&credits);
        self.split(Why::Losses, -day.losses, &held);

        let called: f64 = day.calls.iter().sum();
        let served = if called > day.release {
            day.release / called
        } else {
            1.0
        };
        for i in 0..n {
            self.post(i, Why::Calls, None, -day.calls[i] * served);
        }
        let rest = day.release - called * served;
        match &terms.rest {
            Rest::Share => self.split(Why::Rest, -rest, &shares),
            Rest::Holding => self.split(Why::Rest, -rest, &held),
            Rest::Party(party) => {
                let only: Vec<f64> = terms
                    .owners
                    .iter()
                    .map(|owner| f64::from(u8::from(owner.party == *party)))
                    .collect();
                self.split(Why::Rest, -rest, &only);
            }
        }
        self.spill(day.spill, &credits);
        self.lend(throughput);
        if terms.internal_spill {
            self.pass_over();
        }
    }

    /// The transfers of a day: each a line of its own date, behind what came before it.
    fn transfer(&mut self, date: Date) {
        let terms = self.terms;
        let today = |transfer: &Transfer| transfer.date == date;
        if !terms.transfers.iter().any(today) {
            return;
        }
        if let Ok(yesterday) = date.yesterday() {
            self.write(yesterday);
        }
        for (k, transfer) in terms.transfers.iter().enumerate() {
            if let (true, Some(from), Some(to)) = (
                today(transfer),
                terms.index(&transfer.from),
                terms.index(&transfer.to),
            ) {
                self.pass(from, to, Why::Transfer(k), transfer.amount.base());
            }
        }
        self.write(date);
    }

    /// A borrower's inflow pays back before it is its own, to all it owes in proportion.
    fn pay_back(&mut self, credits: &[f64]) {
        let n = self.volumes.len();
        for (i, &credit) in credits.iter().enumerate() {
            let owes: f64 = (0..n).map(|j| self.owed[i * n + j].max(0.0)).sum();
            let pays = owes.min(self.terms.payback * credit);
            if pays <= 0.0 {
                continue;
            }
            for j in 0..n {
                let part = self.owed[i * n + j].max(0.0) * (pays / owes);
                self.pass(i, j, Why::Payback, part);
                self.owe(i, j, Why::Payback, -part);
            }
        }
    }

    fn spill(&mut self, spill: f64, credits: &[f64]) {
        if spill == 0.0 {
            return;
        }
        let over = |volume: f64, space: f64| (volume - space).max(0.0);
        let pairs = self.volumes.iter().zip(&self.spaces);
        let excess: Vec<f64> = pairs.map(|(&v, &space)| over(v, space)).collect();
        let first = spill.min(excess.iter().sum());
        if first > 0.0 {
            self.split(Why::Spill, -first, &excess);
        }
        let mut rest = spill - first;
        let held: Vec<f64> = self.volumes.iter().map(|volume| volume.max(0.0)).collect();
        match &self.terms.spill {
            Spilling::Holding => self.split(Why::Spill, -rest, &held),
            Spilling::Inflow => {
                let came: Vec<f64> = credits.iter().map(|credit| credit.max(0.0)).collect();
                self.split(Why::Spill, -rest, &came);
            }
            Spilling::Share => self.split(Why::Spill, -rest, &self.shares.clone()),
            Spilling::Order(order) => {
                for i in order.iter().filter_map(|party| self.terms.index(party)) {
                    let part = rest.min(held[i]);
                    self.post(i, Why::Spill, None, -part);
                    rest -= part;
                }
                self.split(Why::Spill, -rest, &self.shares.clone());
            }
        }
    }

    /// Who was charged more than it held borrows from the others, in proportion to what they hold.
    fn lend(&mut self, throughput: f64) {
        let n = self.volumes.len();
        let volumes = self.volumes.clone();
        let sum = |part: fn(f64) -> f64| volumes.iter().map(|&v| part(v)).sum::<f64>();
        let missing = sum(|v| (-v).max(0.0));
        let there = sum(|v| v.max(0.0));
        // What is no more than the rounding of the day is no loan.
        if missing > CLOSES_AT * throughput && there > 0.0 {
            for i in (0..n).filter(|&i| volumes[i] < 0.0) {
                for j in (0..n).filter(|&j| volumes[j] > 0.0) {
                    let part = -volumes[i] * (volumes[j] / there).min(volumes[j] / missing);
                    self.pass(j, i, Why::Loan, part);
                    self.owe(i, j, Why::Loan, part);
                }
            }
        }
        // Nor is it a holding: tomorrow's evaporation would be charged to whoever has it.
        for volume in &mut self.volumes {
            if *volume <= CLOSES_AT * throughput {
                *volume = 0.0;
            }
        }
    }

    /// What owners hold beyond their space passes to those who have space left.
    fn pass_over(&mut self) {
        let pairs = || self.volumes.iter().zip(&self.spaces);
        let excess: Vec<f64> = pairs().map(|(v, space)| (v - space).max(0.0)).collect();
        let room: Vec<f64> = pairs().map(|(v, space)| (space - v).max(0.0)).collect();
        let (all_excess, all_room): (f64, f64) = (excess.iter().sum(), room.iter().sum());
        let passes = all_excess.min(all_room);
        if passes <= 0.0 {
            return;
        }
        for (i, over) in excess.iter().enumerate() {
            for (j, left) in room.iter().enumerate() {
                let part = passes * (over / all_excess) * (left / all_room);
                self.pass(i, j, Why::InternalSpill, part);
            }
        }
    }

    /// Shares a change with the world outside by weights; by share, if nobody has any weight.
    fn split(&mut self, why: Why, amount: f64, weights: &[f64]) {
        let whole: f64 = weights.iter().sum();
        for (i, weight) in weights.iter().enumerate() {
            let part = if whole > 0.0 {
                weight / whole
            } else {
                self.shares[i]
            };
            self.post(i, why, None, amount * part);
        }
    }

    /// Water changes hands.
    fn pass(&mut self, from: usize, to: usize, why: Why, amount: f64) {
        self.post(from, why, Some(to), -amount);
        self.post(to, why, Some(from), amount);
    }

    fn post(&mut self, owner: usize, why: Why, with: Option<usize>, amount: f64) {
        if amount != 0.0 {
            self.volumes[owner] += amount;
            self.tallies[owner].add(why, with, amount);
        }
    }

    fn owe(&mut self, debtor: usize, creditor: usize, why: Why, amount: f64) {
        if amount != 0.0 {
            let n = self.volumes.len();
            self.owed[debtor * n + creditor] += amount;
            self.owed[creditor * n + debtor] -= amount;
            // One account for a pair, kept by the one declared first.
            let (of, with, amount) = if debtor < creditor {
                (debtor, creditor, amount)
            } else {
                (creditor, debtor, -amount)
            };
            self.debt_tallies[of * n + with].add(why, Some(with), amount);
        }
    }

    /// Writes what was added up as lines of a date.
    fn write(&mut self, date: Date) {
        for owner in 0..self.tallies.len() {
            for (why, with, amount) in self.tallies[owner].drain() {
                let line = self.line(&self.lines[owner], date, why, with, amount);
                self.lines[owner].push(line);
            }
        }
        for pair in 0..self.debt_tallies.len() {
            for (why, with, amount) in self.debt_tallies[pair].drain() {
                let line = self.line(&self.debt_lines[pair], date, why, with, amount);
                self.debt_lines[pair].push(line);
            }
        }
    }

    fn line(
        &self,
        before: &[Line],
        date: Date,
        why: Why,
        with: Option<usize>,
        amount: f64,
    ) -> Line {
        let balance = before.last().map_or(0.0, |line| line.balance);
        Line {
            date,
            reason: why.words(self.terms),
            counterpart: match with {
                Some(owner) => self.terms.owners[owner].party.clone(),
                None => RIVER.to_owned(),
            },
            amount: amount / 1e6,
            balance: balance + amount / 1e6,
        }
    }

    fn close(self, store: &mut OwnedStorage) {
        let n = self.volumes.len();
        let party = |i: usize| self.terms.owners[i].party.clone();
        store.journals = self
            .lines
            .into_iter()
            .enumerate()
            .map(|(i, lines)| OwnerJournal {
                owner: party(i),
                lines,
            })
            .collect();
        for (pair, mut lines) in self.debt_lines.into_iter().enumerate() {
            let (mut debtor, mut creditor) = (pair / n, pair % n);
            let Some(first) = lines.first() else { continue };
            if first.amount < 0.0 {
                std::mem::swap(&mut debtor, &mut creditor);
                for line in &mut lines {
                    line.counterpart = party(creditor);
                    line.amount = -line.amount;
                    line.balance = -line.balance;
                }
            }
            store.debts.push(DebtJournal {
                debtor: party(debtor),
                creditor: party(creditor),
                lines,
            });
        }
    }
}

/// Whose the inflow of a day is: each owner's own, and its share of what is nobody's own.
fn credits(day: &Day, shares: &[f64]) -> Vec<f64> {
    let own: f64 = day.own.iter().sum();
    let pairs = day.own.iter().zip(shares);
    if own > day.inflow && own > 0.0 {
        // Less arrives than entered the river: the way takes from all alike.
        pairs.map(|(mine, _)| day.inflow * (mine / own)).collect()
    } else {
        pairs
            .map(|(mine, share)| mine + share * (day.inflow - own))
            .collect()
    }
}
