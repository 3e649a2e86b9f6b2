//! Accounts as journals: a line for everything that changes what one party owes another.

use super::committed::Obliged;
use crate::agreement::{Account, Agreement, Caps, Effect, Entry, EntryKind, Obligation, Opening};
use crate::calendar::{Date, Window};

/// The account of an obligation: a line for each change of what its debtor has delivered beyond
/// what was due.
///
/// A line moves an amount between the debtor and a counterpart: the creditor gains what the debtor
/// loses. So over the parties all lines add up to zero; only water that evaporates goes to the
/// river.
///
/// ```
/// use riparian::agreement::Agreement;
/// use riparian::settlement::{Record, settle};
///
/// let treaty = Agreement::from_toml(
///     r#"
/// title = "Treaty of the two provinces"
/// parties = ["UP", "LO"]
///
/// [[obligation]]
/// id = "year"
/// debtor = "UP"
/// creditor = "LO"
/// point = "border"
/// each = "year"
/// form = "volume"
/// volume = "730 Mm3"
///
/// [obligation.account]
/// debit = { accrued = "100 Mm3" }
///
/// [[obligation.clause]]
/// text = "Article 5: below 1.9 Mm3 on a day the parties consult"
/// when = { point = "border", on = "day", below = "1.9 Mm3" }
/// consult = true
/// "#,
/// )?;
/// // 1.8 Mm3 a day: 73 are missing in 2022, and are owed.
/// let record = Record::new("2022-01-01..2022-12-31".parse()?).with("border", None, vec![1.8e6; 365]);
/// let settled = settle(&[treaty], &record);
/// assert_eq!(settled.journals[0].balance().round(), -73.0);
/// assert_eq!(settled.events[0].obligation, "year");
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Journal {
    /// The obligation's id.
    pub obligation: String,
    /// Whose balance it is.
    pub debtor: String,
    /// Against whom.
    pub creditor: Option<String>,
    /// The unit of the amounts.
    pub unit: super::Unit,
    /// The lines, by date.
    pub lines: Vec<Line>,
}

/// A line of a [`Journal`].
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// On which day it counts.
    pub date: Date,
    /// Why.
    pub reason: String,
    /// With whom: the other party, or the river where water went to nobody.
    pub counterpart: String,
    /// What the debtor's balance gains; what it loses is negative.
    pub amount: f64,
    /// The debtor's balance after the line: a credit above zero, a debt below.
    pub balance: f64,
}

impl Journal {
    /// The balance after the last line: a credit of the debtor above zero, a debt below.
    pub fn balance(&self) -> f64 {
        self.lines.last().map_or(0.0, |line| line.balance)
    }

    /// What the lines change for each holder, the debtor first.
    pub fn totals(&self) -> Vec<(&str, f64)> {
        let mut totals: Vec<(&str, f64)> = vec![(&self.debtor, 0.0)];
        for line in &self.lines {
            totals[0].1 += line.amount;
            match totals
                .iter_mut()
                .skip(1)
                .find(|(holder, _)| *holder == line.counterpart)
            {
                Some((_, total)) => *total -= line.amount,
                None => totals.push((&line.counterpart, -line.amount)),
            }
        }
        totals
    }
}

/// Who has what evaporates, and whom a debtor owes that owes to no party.
pub(super) const RIVER: &str = "the river";

/// An account while its periods are settled, in m3 or kWh.
pub(super) struct Book<'a> {
    obligation: &'a Obligation,
    account: Account,
    counterpart: &'a str,
    entries: Vec<Posting<'a>>,
    lines: Vec<Line>,
    balance: f64,
    unit: super::Unit,
}

/// An agreed line that changes this balance.
#[derive(Clone)]
pub(super) struct Posting<'a> {
    entry: &'a Entry,
    amount: f64,
}

/// What an account makes of a period.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carried {
    pub(super) brought_in: f64,
    pub(super) out: f64,
    /// What is missing beyond what is lawful.
    pub(super) missing: f64,
    /// Whether a debt was cancelled.
    pub(super) cancelled: bool,
}

impl<'a> Book<'a> {
    pub(super) fn new(
        agreements: &'a [Agreement],
        obligation: &'a Obligation,
        unit: super::Unit,
        first: Option<Date>,
    ) -> Self {
        let account = obligation.account.clone().unwrap_or_default();
        let mut book = Self {
            obligation,
            counterpart: obligation.creditor.as_deref().unwrap_or(RIVER),
            entries: postings(agreements, obligation),
            lines: Vec::new(),
            balance: 0.0,
            account,
            unit,
        };
        let opening = match &book.account.opening {
            Some(Opening::Credit(amount)) => amount.base(),
            Some(Opening::Debit(amount)) => -amount.base(),
            None => 0.0,
        };
        if let Some(date) = first {
            book.post(date, "brought forward", opening);
        }
        book
    }

    fn post(&mut self, date: Date, reason: impl Into<String>, amount: f64) {
        let with = self.counterpart.to_owned();
        self.post_with(date, reason, amount, with);
    }

    fn post_with(&mut self, date: Date, reason: impl Into<String>, amount: f64, with: String) {
        if amount == 0.0 {
            return;
        }
        self.balance += amount;
        self.lines.push(Line {
            date,
            reason: reason.into(),
            counterpart: with,
            amount: amount / self.unit.size(),
            balance: self.balance / self.unit.size(),
        });
    }

    /// Strikes the account of a period that is settled.
    pub(super) fn close(&mut self, due: &Obliged, committed: f64, delivered: f64) -> Carried {
        let window = due.window;
        let brought_in = self.balance;
        let mut cancelled = false;
        self.evaporate(window);
        for (effect, reason) in [
            (Effect::CancelDebits, "debts cancelled"),
            (Effect::CancelCredits, "credits cancelled"),
        ] {
            let debts = effect == Effect::CancelDebits;
            if due.applies(self.obligation, &effect)
                && self.balance != 0.0
                && (self.balance < 0.0) == debts
            {
                cancelled |= debts;
                self.post(window.from(), reason, -self.balance);
            }
        }
        let before = self.balance;
        self.post(window.to(), format!("committed, {window}"), -committed);
        self.post(window.to(), format!("delivered, {window}"), delivered);
        self.post_entries(window);
        if due.ended_early && self.balance < 0.0 {
            cancelled = true;
            self.post(
                window.to(),
                "the cycle ended: debts considered paid",
                -self.balance,
            );
        }
        self.cap_credit(window.to(), before);
        let missing = self.breach(before);
        let carried = Carried {
            brought_in,
            out: self.balance,
            missing,
            cancelled,
        };
        if self.account.debit.is_none() && self.balance < 0.0 {
            // Nothing is owed later: what was missing is settled as short.
            self.post(window.to(), "not carried over", -self.balance);
            return Carried {
                out: 0.0,
                ..carried
            };
        }
        carried
    }

    fn evaporate(&mut self, window: Window) {
        if self.balance > 0.0 && self.account.evaporation > 0.0 {
            let lost = self.balance * evaporating(&self.account, window);
            self.post_with(
                window.to(),
                "evaporation of the credit",
                -lost,
                RIVER.to_owned(),
            );
        }
    }

    /// Agreed lines up to a period's end that were not posted yet.
    fn post_entries(&mut self, window: Window) {
        let (now, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.entries)
            .into_iter()
            .partition(|posting| posting.entry.date <= window.to());
        self.entries = later;
        for Posting { entry, amount } in now {
            let reason = format!("{}: {}", entry.kind.name(), entry.reason);
            self.post(entry.date, reason, amount);
        }
    }

    /// Leaves out the agreed lines up to the end of a period that is not settled: they belong to
    /// a balance that is not known, not to the next one that is.
    pub(super) fn pass_over(&mut self, window: Window) {
        self.entries
            .retain(|posting| posting.entry.date > window.to());
    }

    /// A credit counts up to its caps: the gain of the period, and all in all.
    fn cap_credit(&mut self, date: Date, before: f64) {
        if self.balance <= 0.0 {
            return;
        }
        let Some(caps) = self.account.credit.clone() else {
            // What is delivered in excess counts for nothing later; a credit agreed on before stays.
            let lapsed = self.balance - before.max(0.0).min(self.balance);
            return self.post(date, "more than was due: lapses", -lapsed);
        };
        let gain = (self.balance - before.max(0.0)).max(0.0);
        let over = |cap: &Option<crate::agreement::Amount>, of: f64| {
            cap.as_ref().map_or(0.0, |cap| (of - cap.base()).max(0.0))
        };
        self.post(
            date,
            "over the cap of a period: lapses",
            -over(&caps.yearly, gain),
        );
        self.post(
            date,
            "over the accrued cap: lapses",
            -over(&caps.accrued, self.balance),
        );
    }

    /// What is owed beyond what is lawful.
    fn breach(&self, before: f64) -> f64 {
        let debt = (-self.balance).max(0.0);
        let Some(Caps { yearly, accrued }) = &self.account.debit else {
            return debt;
        };
        let grown = (debt - (-before).max(0.0)).max(0.0);
        let over_yearly = yearly.as_ref().map_or(0.0, |cap| grown - cap.base());
        let over_accrued = accrued.as_ref().map_or(0.0, |cap| debt - cap.base());
        over_yearly.max(over_accrued).max(0.0)
    }

    /// The journal, if the obligation has an account.
    pub(super) fn into_journal(self) -> Option<Journal> {
        self.obligation.account.as_ref()?;
        Some(Journal {
            obligation: self.obligation.id.clone(),
            debtor: self.obligation.debtor.clone(),
            creditor: self.obligation.creditor.clone(),
            unit: self.unit,
            lines: self.lines,
        })
    }
}

/// The arithmetic of a [`Book`] without its lines, for a run that must know day by day what is owed.
#[derive(Clone, Debug)]
pub(crate) struct Carry {
    /// The balance before the first period: a credit above zero, a debt below.
    pub(crate) opening: f64,
    /// Caps of a credit, in a period and in all, if it counts later.
    credit: Option<(f64, f64)>,
    /// Whether a debt is owed later.
    debit: bool,
    periods: Vec<Strike>,
}

/// What the account of a period changes, whatever comes.
#[derive(Clone, Debug)]
struct Strike {
    to: Date,
    /// The part of a credit that evaporates.
    evaporates: f64,
    cancels_debits: bool,
    cancels_credits: bool,
    ended_early: bool,
    /// Agreed lines since the period before, by date.
    entries: Vec<(Date, f64)>,
}

impl Carry {
    /// The account of an obligation over these periods; none if it has none.
    pub(crate) fn new(
        agreements: &[Agreement],
        obligation: &Obligation,
        periods: &[super::InAdvance],
    ) -> Option<Self> {
        let account = obligation.account.as_ref()?;
        let mut entries: Vec<(Date, f64)> = postings(agreements, obligation)
            .iter()
            .map(|posting| (posting.entry.date, posting.amount))
            .collect();
        let cap = |cap: &Option<crate::agreement::Amount>| {
            cap.as_ref()
                .map_or(f64::INFINITY, crate::agreement::Amount::base)
        };
        let periods = periods.iter().map(|period| {
            let to = period.window.to();
            let (now, later) = entries.iter().partition(|&&(date, _)| date <= to);
            entries = later;
            Strike {
                to,
                evaporates: evaporating(account, period.window),
                cancels_debits: period.cancels_debits,
                cancels_credits: period.cancels_credits,
                ended_early: period.ended_early,
                entries: now,
            }
        });
        Some(Self {
            opening: match &account.opening {
                Some(Opening::Credit(amount)) => amount.base(),
                Some(Opening::Debit(amount)) => -amount.base(),
                None => 0.0,
            },
            credit: account
                .credit
                .as_ref()
                .map(|caps| (cap(&caps.yearly), cap(&caps.accrued))),
            debit: account.debit.is_some(),
            periods: periods.collect(),
        })
    }

    /// What a balance is worth in a period that it is brought into.
    pub(crate) fn brought_in(&self, period: usize, balance: f64) -> f64 {
        let strike = &self.periods[period];
        if balance > 0.0 {
            let left = balance * (1.0 - strike.evaporates);
            if strike.cancels_credits { 0.0 } else { left }
        } else if strike.cancels_debits {
            0.0
        } else {
            balance
        }
    }

    /// The agreed lines of a period up to a day.
    pub(crate) fn agreed(&self, period: usize, until: Date) -> f64 {
        let entries = self.periods[period].entries.iter();
        entries
            .filter(|&&(date, _)| date <= until)
            .map(|&(_, amount)| amount)
            .sum()
    }

    /// The balance after a period.
    pub(crate) fn close(&self, period: usize, balance: f64, due: f64, came: f64) -> f64 {
        let strike = &self.periods[period];
        let before = self.brought_in(period, balance);
        let balance = before - due + came + self.agreed(period, strike.to);
        if balance < 0.0 {
            let owed_later = self.debit && !strike.ended_early;
            return if owed_later { balance } else { 0.0 };
        }
        let Some((in_period, in_all)) = self.credit else {
            return before.max(0.0).min(balance);
        };
        let gain = (balance - before.max(0.0)).max(0.0);
        (balance - (gain - in_period).max(0.0)).min(in_all)
    }
}

/// The part of a credit that evaporates in a period.
fn evaporating(account: &Account, window: Window) -> f64 {
    let from = window.from();
    let year = from
        .checked_add(jiff::Span::new().years(1))
        .map_or(365, |next| crate::calendar::day_index(from, next));
    (account.evaporation * window.days() as f64 / year as f64).min(1.0)
}

/// The agreed lines that change an obligation's balance: its own, and set-offs against it.
fn postings<'a>(agreements: &'a [Agreement], obligation: &'a Obligation) -> Vec<Posting<'a>> {
    let all = agreements
        .iter()
        .flat_map(|agreement| &agreement.obligations);
    let mut postings: Vec<Posting> = all
        .flat_map(|other| {
            let entries = other.account.iter().flat_map(|account| &account.entries);
            entries.map(move |entry| (other, entry))
        })
        .filter_map(|(other, entry)| {
            let own = other.id == obligation.id;
            let against = entry.against.as_ref() == Some(&obligation.id);
            let base = entry.amount.base();
            let amount = match entry.kind {
                EntryKind::Relinquish if own => -base,
                EntryKind::Forgive | EntryKind::Transfer if own => base,
                // Both debts shrink by as much.
                EntryKind::SetOff if own || against => base,
                _ => return None,
            };
            Some(Posting { entry, amount })
        })
        .collect();
    postings.sort_by_key(|posting| posting.entry.date);
    postings
}
