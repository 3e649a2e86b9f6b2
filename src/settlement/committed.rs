//! What was due, period by period and day by day.

use super::record::{Reading, Record};
use crate::agreement::{
    Amount, Bounds, Clause, Condition, Count, Due, Each, Effect, Formula, MonthDay, Obligation,
    Sign, Step, Threshold, When,
};
use crate::calendar::{Date, Period, Window, date_of, day_index};

/// One period of an obligation, and what was due in it.
#[derive(Clone, Debug)]
pub(super) struct Obliged {
    /// The days of the period on which the obligation holds.
    pub(super) window: Window,
    /// How many days the whole period has.
    whole: usize,
    /// What was due on each of them, in m3 or kWh.
    pub(super) by_day: Vec<f64>,
    /// Their sum as it was stated, where nothing changed it.
    stated: Option<f64>,
    /// What was due before any revision, if it was revised.
    pub(super) first: Option<f64>,
    /// Whether everything is known that it depends on.
    pub(super) known: bool,
    /// The days whose shortfall is excused; empty for none.
    pub(super) excused: Vec<bool>,
    /// Clauses that applied, with the days.
    pub(super) applied: Vec<Applied>,
    /// Whether the period ended a cycle before its time.
    pub(super) ended_early: bool,
}

/// A clause that applied on a stretch of days.
#[derive(Clone, Debug)]
pub(super) struct Applied {
    /// The clause, by its number in the obligation.
    pub(super) clause: usize,
    pub(super) window: Window,
    /// What was read, if the clause depends on a reading: the mean of a flow a day in m3, the sum
    /// of a volume, a storage or level.
    pub(super) reading: Option<f64>,
}

impl Obliged {
    pub(super) fn total(&self) -> f64 {
        let sum = || self.by_day.iter().copied().collect::<crate::ledger::Sum>();
        self.stated.unwrap_or_else(|| sum().value())
    }

    /// What was due on days on which a shortfall is not excused.
    pub(super) fn unexcused(&self) -> f64 {
        if self.excused.is_empty() {
            return self.total();
        }
        let days = self.by_day.iter().zip(&self.excused);
        days.filter(|&(_, &excused)| !excused)
            .map(|(&due, _)| due)
            .collect::<crate::ledger::Sum>()
            .value()
    }

    pub(super) fn applies(&self, obligation: &Obligation, effect: &Effect) -> bool {
        self.applied
            .iter()
            .any(|applied| obligation.clauses[applied.clause].effect == *effect)
    }
}

/// A period before anything is known of what is due: the whole of it, and the days of it that
/// count.
#[derive(Clone, Copy, Debug)]
struct Span {
    whole: Window,
    held: Window,
    ended_early: bool,
}

/// All periods of an obligation with what was due in each, in order.
pub(super) fn committed(o: &Obligation, bounds: Bounds, record: &Record) -> Vec<Obliged> {
    let case = Case { o, bounds, record };
    case.spans()
        .into_iter()
        .map(|span| case.obliged(span))
        .collect()
}

/// A period as far as it can be told before anything is measured.
#[derive(Clone, Debug)]
pub(crate) struct InAdvance {
    /// The days of the period on which the obligation holds.
    pub(crate) window: Window,
    /// How many days the whole period has.
    pub(crate) whole: usize,
    /// What is due on each day, in m3 or kWh.
    pub(crate) by_day: Vec<f64>,
    /// Whether a clause cancels debts.
    pub(crate) cancels_debits: bool,
    /// Whether a clause cancels credits.
    pub(crate) cancels_credits: bool,
    /// Whether a clause ends the cycle before its time.
    pub(crate) ended_early: bool,
}

/// The periods of an obligation, as far as they can be told before anything is measured.
pub(crate) fn in_advance(o: &Obligation, bounds: Bounds, run: Window) -> Vec<InAdvance> {
    committed(o, bounds, &Record::new(run))
        .into_iter()
        .map(|period| InAdvance {
            cancels_debits: period.applies(o, &Effect::CancelDebits),
            cancels_credits: period.applies(o, &Effect::CancelCredits),
            ended_early: period.ended_early,
            window: period.window,
            whole: period.whole,
            by_day: period.by_day,
        })
        .collect()
}

struct Case<'a> {
    o: &'a Obligation,
    bounds: Bounds,
    record: &'a Record,
}

impl Case<'_> {
    fn spans(&self) -> Vec<Span> {
        let mut spans = self.spans_of(&self.o.due);
        for revision in &self.o.revisions {
            if !matches!(revision.due, Due::Schedule(_)) {
                continue;
            }
            // What is past stays: what began before is cut, what follows is replaced.
            let past = revision.on.yesterday().ok();
            spans.retain(|span| span.held.from() < revision.on);
            for span in &mut spans {
                if let Some(held) =
                    past.and_then(|to| Window::new(span.held.from(), to.min(span.held.to())).ok())
                {
                    span.held = held;
                }
            }
            let later = Bounds {
                from: Some(revision.on),
                to: None,
            };
            for mut span in self.spans_of(&revision.due) {
                if let Some(held) = later.cut(span.held) {
                    span.held = held;
                    spans.push(span);
                }
            }
        }
        spans
    }

    fn spans_of(&self, due: &Due) -> Vec<Span> {
        let plain = |whole: Window| {
            Some(Span {
                whole,
                held: self.bounds.cut(whole)?,
                ended_early: false,
            })
        };
        if let Due::Schedule(dues) = due {
            let mut stretches: Vec<Window> = dues
                .iter()
                .flat_map(|(when, _)| match when {
                    When::Once(window) => vec![*window],
                    When::Yearly(season) => {
                        self.recurring(|year| Some(season.window_starting_in(year)))
                    }
                })
                .collect();
            stretches.sort_by_key(|window| window.from());
            return stretches.into_iter().filter_map(plain).collect();
        }
        match self.o.each {
            Each::Season => self.seasons().into_iter().filter_map(plain).collect(),
            Each::Part(period) => self
                .seasons()
                .into_iter()
                .flat_map(|season| {
                    let season = self.bounds.cut(season);
                    season.map_or(Vec::new(), |season| period.parts(season))
                })
                .filter(|part| self.in_sight(*part))
                .map(|held| Span {
                    whole: period.containing(held.from()),
                    held,
                    ended_early: false,
                })
                .collect(),
            Each::Years { starting, count } => self.cycles(starting, count),
            Each::Moving { starting, years } => self
                .recurring(|year| {
                    let from = starting.in_year(year - i16::from(years) + 1);
                    Window::new(from, starting.in_year(year + 1).yesterday().ok()?).ok()
                })
                .into_iter()
                // A sum over years that lie before the obligation is not due yet.
                .filter(|window| self.bounds.cut(*window) == Some(*window))
                .filter_map(plain)
                .collect(),
        }
    }

    /// The seasons of the years, or the whole window.
    fn seasons(&self) -> Vec<Window> {
        if let Some(season) = self.o.season {
            return self.recurring(|year| Some(season.window_starting_in(year)));
        }
        let record = self.record.window();
        let from = self.bounds.from.unwrap_or(record.from());
        let to = self.bounds.to.unwrap_or(record.to());
        Window::new(from, to).into_iter().collect()
    }

    /// What comes back every year, where it is in sight.
    fn recurring(&self, of_year: impl Fn(i16) -> Option<Window>) -> Vec<Window> {
        let span = match self.o.window {
            Some(window) => window,
            None => self.record.window(),
        };
        (span.from().year() - 1..=span.to().year() + 10)
            .filter_map(of_year)
            .filter(|window| window.intersect(span).is_some() && self.in_sight(*window))
            .collect()
    }

    /// What comes back without end is settled where there is a record of it.
    fn in_sight(&self, window: Window) -> bool {
        self.o.window.is_some() || window.intersect(self.record.window()).is_some()
    }

    /// Cycles one after another; one that a clause ends early makes room for the next.
    fn cycles(&self, starting: MonthDay, count: u8) -> Vec<Span> {
        let record = self.record.window();
        let anchor = self.bounds.from.unwrap_or(record.from());
        // The first cycle is the one the obligation begins in; with cycles of several years it
        // begins with the obligation.
        let mut year = anchor.year();
        if starting.in_year(year) > anchor {
            year -= 1;
        }
        let mut from = starting.in_year(year);
        if count > 1 && from < anchor {
            from = anchor;
        }
        let end = self.bounds.to.unwrap_or(record.to()).min(record.to());
        let mut spans = Vec::new();
        while from <= end {
            let mut next = starting.in_year(from.year() + i16::from(count));
            if count == 1 && starting.in_year(from.year()) > from {
                next = starting.in_year(from.year());
            }
            let Some(whole) = next
                .yesterday()
                .ok()
                .and_then(|to| Window::new(from, to).ok())
            else {
                break;
            };
            let early = self.end_of_cycle(whole);
            let held = match early {
                Some(day) => Window::new(from, day).unwrap_or(whole),
                None => whole,
            };
            let span = self.bounds.cut(held).map(|held| Span {
                whole,
                held,
                ended_early: early.is_some(),
            });
            spans.extend(span.filter(|span| self.in_sight(span.held)));
            let Ok(tomorrow) = held.to().tomorrow() else {
                break;
            };
            from = tomorrow;
        }
        spans
    }

    /// The first day on which a clause ends a cycle.
    fn end_of_cycle(&self, cycle: Window) -> Option<Date> {
        let clauses = self.o.clauses.iter();
        clauses
            .filter(|clause| clause.effect == Effect::EndCycle)
            .flat_map(|clause| self.stretches(&clause.when, cycle, cycle))
            .filter(|stretch| stretch.holds == Some(true))
            .map(|stretch| stretch.window.from())
            .filter(|&day| day < cycle.to())
            .min()
    }

    fn obliged(&self, span: Span) -> Obliged {
        let days = span.held.days();
        let mut obliged = Obliged {
            window: span.held,
            whole: span.whole.days(),
            by_day: vec![0.0; days],
            stated: None,
            first: None,
            known: true,
            excused: Vec::new(),
            applied: Vec::new(),
            ended_early: span.ended_early,
        };
        let (by_day, known) = self.versions(span);
        obliged.by_day = by_day;
        obliged.known = known;
        let revised = self
            .o
            .revisions
            .iter()
            .any(|revision| revision.on <= span.held.to());
        if span.held == span.whole && !revised {
            obliged.stated = self.stated(span.whole);
        }
        for clause in 0..self.o.clauses.len() {
            self.apply(clause, span, &mut obliged);
        }
        if revised {
            let (first, known) = self.due(&self.o.due, span);
            obliged.first = known.then(|| first.iter().sum());
        }
        obliged
    }

    /// The amount stated for a whole period.
    fn stated(&self, whole: Window) -> Option<f64> {
        match &self.o.due {
            Due::Amount(amount) => Some(amount.over(whole.days())),
            Due::Schedule(dues) => {
                let mut amounts = dues.iter().filter(|(when, _)| match when {
                    When::Once(window) => *window == whole,
                    When::Yearly(season) => season.containing(whole.from()) == Some(whole),
                });
                let (_, amount) = amounts.next()?;
                Some(amount.over(whole.days()))
            }
            Due::Formula(_) | Due::Own(_) => None,
        }
    }

    /// What is due by day, each day by the version that holds on it.
    fn versions(&self, span: Span) -> (Vec<f64>, bool) {
        let (mut by_day, mut known) = self.due(&self.o.due, span);
        for revision in &self.o.revisions {
            if revision.on > span.held.to() {
                continue;
            }
            let (later, also_known) = self.due(&revision.due, span);
            let from = day_index(span.held.from(), revision.on).max(0) as usize;
            by_day[from..].copy_from_slice(&later[from..]);
            known = if from == 0 {
                also_known
            } else {
                known && also_known
            };
        }
        (by_day, known)
    }

    /// What a version makes due on the days of a period, and whether that is known.
    fn due(&self, due: &Due, span: Span) -> (Vec<f64>, bool) {
        let days = span.held.days();
        if self.o.count == Count::AtEnd {
            return (at_end(due, span), true);
        }
        match due {
            Due::Amount(amount) => (vec![a_day(amount, span.whole); days], true),
            Due::Schedule(dues) => {
                let mut by_day = vec![0.0; days];
                for (when, amount) in dues {
                    let stretches = match when {
                        When::Once(window) => vec![*window],
                        When::Yearly(season) => {
                            self.recurring(|year| Some(season.window_starting_in(year)))
                        }
                    };
                    for stretch in stretches {
                        let Some(part) = stretch.intersect(span.held) else {
                            continue;
                        };
                        for date in part.iter() {
                            by_day[day_index(span.held.from(), date) as usize] +=
                                a_day(amount, stretch);
                        }
                    }
                }
                (by_day, true)
            }
            Due::Formula(formula) => self.formula(formula, span),
            Due::Own(own) => {
                let points = own.function.points();
                let readings: Vec<Reading> = points
                    .iter()
                    .map(|point| Reading::new(self.record, point, None))
                    .collect();
                let read = |point: usize, date: Date| readings.get(point)?.at(date);
                match own.function.due(span.held, &read) {
                    Some(by_day) if by_day.len() == days => (by_day, true),
                    _ => (vec![0.0; days], false),
                }
            }
        }
    }

    fn formula(&self, formula: &Formula, span: Span) -> (Vec<f64>, bool) {
        let days = span.held.days();
        let mut by_day = vec![0.0; days];
        let mut known = true;
        let readings: Vec<Reading> = formula
            .terms
            .iter()
            .map(|term| Reading::new(self.record, &term.of, None))
            .collect();
        let plus = formula.plus.as_ref().map_or(0.0, |(sign, amount)| {
            let a_day = a_day(amount, span.whole);
            if *sign == Sign::Minus { -a_day } else { a_day }
        });
        for step in steps(formula.on, span) {
            let n = step.days() as f64;
            let mut due = plus * n;
            for (term, reading) in formula.terms.iter().zip(&readings) {
                match reading.sum(step) {
                    Some(sum) => due += term.brackets.due(sum, step.days()),
                    None => known = false,
                }
            }
            let Some(part) = step.intersect(span.held) else {
                continue;
            };
            let from = day_index(span.held.from(), part.from()) as usize;
            by_day[from..from + part.days()].fill(due.max(0.0) / n);
        }
        (by_day, known)
    }

    fn apply(&self, number: usize, span: Span, obliged: &mut Obliged) {
        let clause = &self.o.clauses[number];
        if clause.effect == Effect::EndCycle {
            return;
        }
        let mut mask = vec![false; obliged.by_day.len()];
        for stretch in self.stretches(&clause.when, span.held, span.whole) {
            match stretch.holds {
                Some(true) => {
                    obliged.applied.push(Applied {
                        clause: number,
                        window: stretch.window,
                        reading: stretch.reading,
                    });
                    for date in stretch.window.iter() {
                        mask[day_index(span.held.from(), date) as usize] = true;
                    }
                }
                Some(false) => {}
                None => obliged.known &= !clause.effect.changes_due(),
            }
        }
        if mask.contains(&true) {
            if clause.effect.changes_due() {
                obliged.stated = None;
            }
            self.change(clause, &mask, span, obliged);
        }
    }

    fn change(&self, clause: &Clause, mask: &[bool], span: Span, obliged: &mut Obliged) {
        let day = |i: usize| date_of(span.held.from(), i as i64);
        let by_day = &mut obliged.by_day;
        let on = (0..mask.len()).filter(|&i| mask[i]);
        match &clause.effect {
            Effect::Suspend => on.for_each(|i| by_day[i] = 0.0),
            Effect::Scale(part) => on.for_each(|i| by_day[i] *= part),
            Effect::Excuse => {
                obliged.excused.resize(mask.len(), false);
                on.for_each(|i| obliged.excused[i] = true);
            }
            Effect::Replace(amount)
            | Effect::Reduce(amount)
            | Effect::AtLeast(amount)
            | Effect::AtMost(amount) => bound(&clause.effect, amount, mask, span, by_day),
            Effect::Need(point) => {
                let need = Reading::new(self.record, point, clause.effect.measure());
                for i in on {
                    match need.at(day(i)) {
                        Some(need) => by_day[i] = by_day[i].min(need.max(0.0)),
                        None => obliged.known = false,
                    }
                }
            }
            Effect::Guarantee { amount, of } | Effect::Yield { amount, of } => {
                let water = Reading::new(self.record, of, None);
                let guarantee = matches!(clause.effect, Effect::Guarantee { .. });
                let step = match &self.o.due {
                    Due::Formula(formula) => formula.on,
                    _ => Step::Part(Period::Day),
                };
                for step in steps(step, span) {
                    let shared = water.sum(step).map(|sum| sum / step.days() as f64);
                    let Some(part) = step.intersect(span.held) else {
                        continue;
                    };
                    let from = day_index(span.held.from(), part.from()) as usize;
                    for i in (from..from + part.days()).filter(|&i| mask[i]) {
                        match shared {
                            Some(water) if guarantee => {
                                by_day[i] = water.min(by_day[i].max(amount.base()));
                            }
                            Some(water) => {
                                by_day[i] = by_day[i].min((water - amount.base()).max(0.0));
                            }
                            None => obliged.known = false,
                        }
                    }
                }
            }
            Effect::Consult | Effect::EndCycle | Effect::CancelDebits | Effect::CancelCredits => {}
        }
    }

    /// The stretches of a period on which a condition holds, does not, or is not known to.
    fn stretches(&self, when: &Condition, held: Window, whole: Window) -> Vec<Stretch> {
        let step = when
            .reading
            .as_ref()
            .map_or(Step::Whole, |threshold| threshold.on);
        let span = Span {
            whole,
            held,
            ended_early: false,
        };
        let mut stretches = Vec::new();
        for step in steps(step, span) {
            let Some(part) = step.intersect(held) else {
                continue;
            };
            for window in runs(part, |date| when.on_calendar(date)) {
                let (holds, reading) = match &when.reading {
                    Some(threshold) => self.compare(threshold, step),
                    None => (Some(true), None),
                };
                stretches.push(Stretch {
                    window,
                    holds,
                    reading,
                });
            }
        }
        stretches
    }

    fn compare(&self, threshold: &Threshold, step: Window) -> (Option<bool>, Option<f64>) {
        let reading = Reading::new(self.record, &threshold.point, threshold.measure);
        let sum = if reading.state {
            let before = step.from().yesterday().ok().and_then(|day| reading.at(day));
            before.or_else(|| reading.at(step.from()))
        } else {
            reading.sum(step)
        };
        let Some(sum) = sum else {
            return (None, None);
        };
        let bound = |amount: &Amount| amount.over(step.days());
        let holds = threshold
            .at_least
            .as_ref()
            .is_none_or(|least| sum >= bound(least))
            && threshold
                .below
                .as_ref()
                .is_none_or(|most| sum < bound(most));
        let is_flow = [&threshold.at_least, &threshold.below]
            .into_iter()
            .flatten()
            .any(Amount::is_flow);
        let shown = if is_flow {
            sum / step.days() as f64
        } else {
            sum
        };
        (Some(holds), Some(shown))
    }
}

/// Part of a period, and whether a condition holds on it.
struct Stretch {
    window: Window,
    holds: Option<bool>,
    reading: Option<f64>,
}

/// What must be there on the last day.
fn at_end(due: &Due, span: Span) -> Vec<f64> {
    let days = span.held.days();
    let mut by_day = vec![0.0; days];
    by_day[days - 1] = match due {
        Due::Amount(amount) => amount.base(),
        Due::Schedule(dues) => {
            let holds = |when: &When| match when {
                When::Once(window) => window.contains(span.held.to()),
                When::Yearly(season) => season.containing(span.held.to()).is_some(),
            };
            let due = dues.iter().rfind(|(when, _)| holds(when));
            due.map_or(0.0, |(_, amount)| amount.base())
        }
        // Refused by the checks.
        Due::Formula(_) | Due::Own(_) => 0.0,
    };
    by_day
}

/// What an amount makes due on a day of a period: a volume in even parts.
fn a_day(amount: &Amount, whole: Window) -> f64 {
    if amount.is_flow() {
        amount.base()
    } else {
        amount.base() / whole.days() as f64
    }
}

/// The steps a period touches, uncut.
fn steps(step: Step, span: Span) -> Vec<Window> {
    match step {
        Step::Whole => vec![span.whole],
        Step::Part(period) => period
            .parts(span.held)
            .into_iter()
            .map(|part| period.containing(part.from()))
            .collect(),
    }
}

/// The runs of days of a window on which something holds.
fn runs(window: Window, holds: impl Fn(Date) -> bool) -> Vec<Window> {
    let mut runs: Vec<Window> = Vec::new();
    let mut open: Option<Date> = None;
    let mut last = window.from();
    for date in window.iter() {
        match (holds(date), open) {
            (true, None) => open = Some(date),
            (false, Some(from)) => {
                runs.extend(Window::new(from, last).ok());
                open = None;
            }
            _ => {}
        }
        last = date;
    }
    runs.extend(open.and_then(|from| Window::new(from, last).ok()));
    runs
}

/// Brings what is due on some days to an amount: a flow day by day, a volume over them all.
fn bound(effect: &Effect, amount: &Amount, mask: &[bool], span: Span, by_day: &mut [f64]) {
    let to = |due: f64, amount: f64| match effect {
        Effect::Replace(_) => amount,
        Effect::Reduce(_) => (due - amount).max(0.0),
        Effect::AtLeast(_) => due.max(amount),
        _ => due.min(amount),
    };
    let on: Vec<usize> = (0..mask.len()).filter(|&i| mask[i]).collect();
    if amount.is_flow() {
        for &i in &on {
            by_day[i] = to(by_day[i], amount.base());
        }
        return;
    }
    let due: f64 = on.iter().map(|&i| by_day[i]).sum();
    let stated = amount.base() * on.len() as f64 / span.whole.days() as f64;
    let target = to(due, stated);
    for &i in &on {
        by_day[i] = if due > 0.0 && !matches!(effect, Effect::Replace(_)) {
            by_day[i] * (target / due)
        } else {
            target / on.len() as f64
        };
    }
}
