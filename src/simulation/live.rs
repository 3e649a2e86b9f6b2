//! Dues that depend on what the river brings, as they are known while a run goes on.
//!
//! The settlement reads a whole season and then says what was due. A claim cannot wait for that: it
//! knows of each gauge the days that waves before its own have passed. So what is due on a day is
//! computed here like [there](crate::settlement), clause after clause, with what is known:
//!
//! - A flow or volume is read as the mean of the days of its step that are known, or as the last
//!   known day where the step has none yet; a storage or level as it was before the step, or as
//!   last known. A gauge upstream is known later by the travel time, unless the point names a lag.
//! - What depends on days before the run is not known: a formula then makes nothing due, a clause
//!   does not apply.
//! - A function of the whole period makes due what it gives for the index so far. Where it never
//!   falls, which is required, that is never more than it gives in the end; what it gives for no
//!   water at all is spread evenly over the days.
//!
//! Demands are known in advance. Every day is computed anew from all readings of its period, so what
//! was taken too low yesterday is made good today.

use super::claims::PeriodOwed;
use super::plan::Plan;
use crate::agreement::{
    Amount, Brackets, Condition, Count, Due, Effect, Formula, Measure, Obligation, Point, Sign,
    Step, Threshold,
};
use crate::basin::Basin;
use crate::calendar::{Period, Window, day_index};
use crate::ledger::Ledger;
use crate::settlement::Gauge;

/// A gauge that claims depend on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    pub(super) gauge: Gauge,
    pub(super) node: usize,
    /// The travel time from the head to its node.
    lead: i64,
}

impl Watch {
    /// The readings that are known before the run: all of a demand, else none yet.
    pub(super) fn first(&self, plan: &Plan) -> Vec<f64> {
        match self.gauge {
            Gauge::Demand(i) => (0..plan.days)
                .map(|day| plan.asked[day * plan.offtakes.len() + i])
                .collect(),
            _ => vec![0.0; plan.days],
        }
    }

    pub(super) fn read(&self, basin: &Basin, ledger: &Ledger, day: usize) -> f64 {
        self.gauge.read(basin, ledger, day)
    }
}

/// What is known of the gauges before a wave.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) watched: &'a [Watch],
    /// By gauge and day of the run.
    pub(super) seen: &'a [Vec<f64>],
    pub(super) wave: i64,
}

impl Known<'_> {
    /// The last day on which a gauge is known.
    fn last(self, gauge: usize) -> i64 {
        let (watch, days) = (&self.watched[gauge], self.seen[gauge].len() as i64);
        match watch.gauge {
            Gauge::Demand(_) => days - 1,
            _ => (self.wave - 1 + watch.lead).min(days - 1),
        }
    }
}

/// A point as weighted gauges, each with its lag.
#[derive(Clone, Debug)]
struct Sight {
    terms: Vec<(usize, f64, i64)>,
    /// Whether it tells what is there, and is not added up.
    is_state: bool,
}

impl Sight {
    /// The first and the last day on which all of it is known.
    fn known_days(&self, known: Known) -> (i64, i64) {
        let lags = self.terms.iter().map(|&(_, _, lag)| lag);
        let lasts = self.terms.iter().map(|&(g, _, lag)| known.last(g) + lag);
        (lags.max().unwrap_or(0), lasts.min().unwrap_or(-1))
    }

    /// The reading of a day that is known.
    fn at(&self, day: i64, known: Known) -> f64 {
        let terms = self.terms.iter();
        terms
            .map(|&(gauge, weight, lag)| weight * known.seen[gauge][(day - lag) as usize])
            .sum()
    }

    /// The sum over a step, as far as it can be told.
    fn over(&self, (from, to): (i64, i64), known: Known) -> Option<f64> {
        let (first, last) = self.known_days(known);
        let (begin, end) = (from.max(first), to.min(last));
        let mean = if begin <= end {
            let sum: f64 = (begin..=end).map(|day| self.at(day, known)).sum();
            sum / (end - begin + 1) as f64
        } else if first <= last && last < from {
            self.at(last, known)
        } else {
            return None;
        };
        Some(mean * (to - from + 1) as f64)
    }

    /// What was there before a step.
    fn before(&self, from: i64, known: Known) -> Option<f64> {
        let (first, last) = self.known_days(known);
        let day = (from - 1).min(last).max(first);
        (day <= last).then(|| self.at(day, known))
    }

    /// The sum of the days of a period that are known.
    fn so_far(&self, (from, to): (i64, i64), known: Known) -> f64 {
        let (first, last) = self.known_days(known);
        let days = from.max(first)..=to.min(last);
        days.map(|day| self.at(day, known)).sum()
    }
}

/// By day of the run: the step it lies in, uncut.
#[derive(Clone, Debug)]
enum Steps {
    Days,
    Longer(Vec<(i64, i64)>),
}

impl Steps {
    fn new(period: Period, run: Window) -> Self {
        if period == Period::Day {
            return Self::Days;
        }
        let index = |date| day_index(run.from(), date);
        let step = |date| period.containing(date);
        Self::Longer(
            run.iter()
                .map(|date| (index(step(date).from()), index(step(date).to())))
                .collect(),
        )
    }

    fn of(&self, day: i64) -> (i64, i64) {
        match self {
            Self::Days => (day, day),
            Self::Longer(steps) => steps[day as usize],
        }
    }
}

/// A [`Formula`] with its points resolved.
#[derive(Clone, Debug)]
struct Function {
    terms: Vec<(Sight, Brackets)>,
    plus: Option<(Sign, Amount)>,
    /// None: read over the whole period.
    steps: Option<Steps>,
}

impl Function {
    /// What it makes due in a step, given what is read there.
    fn due(
        &self,
        days: i64,
        period: &PeriodOwed,
        mut read: impl FnMut(&Sight) -> Option<f64>,
    ) -> Option<f64> {
        let plus = self.plus.as_ref().map_or(0.0, |(sign, amount)| {
            let a_day = a_day(amount, period.whole);
            if *sign == Sign::Minus { -a_day } else { a_day }
        });
        let mut due = plus * days as f64;
        for (sight, brackets) in &self.terms {
            due += brackets.due(read(sight)?, days as usize);
        }
        Some(due.max(0.0))
    }
}

/// A clause that changes what is due.
#[derive(Clone, Debug)]
struct Change {
    /// By day of the run: whether the calendar lets it apply.
    on: Vec<bool>,
    reading: Option<Bounded>,
    effect: Effect,
    /// The water it reads, and the steps on which it does.
    of: Option<(Sight, Steps)>,
}

/// A [`Threshold`] with its point resolved.
#[derive(Clone, Debug)]
struct Bounded {
    sight: Sight,
    /// None: what was there before the period.
    steps: Option<Steps>,
    at_least: Option<Amount>,
    below: Option<Amount>,
}

impl Bounded {
    fn holds(&self, day: i64, period: &PeriodOwed, known: Known) -> Option<bool> {
        let whole = (period.from, period.to);
        let step = self.steps.as_ref().map_or(whole, |steps| steps.of(day));
        let found = if self.sight.is_state {
            self.sight.before(step.0, known)?
        } else {
            self.sight.over(step, known)?
        };
        let bound = |amount: &Amount| amount.over((step.1 - step.0 + 1) as usize);
        let least = self.at_least.as_ref().is_none_or(|b| found >= bound(b));
        let below = self.below.as_ref().is_none_or(|b| found < bound(b));
        Some(least && below)
    }
}

impl Change {
    /// What is due on a day after this clause.
    fn apply(&self, due: f64, day: i64, period: &PeriodOwed, known: Known) -> f64 {
        let applies = self.on[day as usize]
            && self
                .reading
                .as_ref()
                .is_none_or(|bounded| bounded.holds(day, period, known) == Some(true));
        if !applies {
            return due;
        }
        let water = self.of.as_ref().and_then(|(sight, steps)| {
            let step = steps.of(day);
            Some(sight.over(step, known)? / (step.1 - step.0 + 1) as f64)
        });
        match (&self.effect, water) {
            (Effect::Suspend, _) => 0.0,
            (Effect::Scale(part), _) => due * part,
            (Effect::Replace(amount), _) => a_day(amount, period.whole),
            (Effect::Reduce(amount), _) => (due - amount.base()).max(0.0),
            (Effect::AtLeast(amount), _) => due.max(amount.base()),
            (Effect::AtMost(amount), _) => due.min(amount.base()),
            (Effect::Need(_), Some(need)) => due.min(need.max(0.0)),
            (Effect::Guarantee { amount, .. }, Some(water)) => water.min(due.max(amount.base())),
            (Effect::Yield { amount, .. }, Some(water)) => {
                due.min((water - amount.base()).max(0.0))
            }
            _ => due,
        }
    }
}

/// What an amount makes due on a day of a period of so many days.
fn a_day(amount: &Amount, whole: f64) -> f64 {
    if amount.is_flow() {
        amount.base()
    } else {
        amount.base() / whole
    }
}

/// What is due of an obligation, as it is known while the run goes on.
#[derive(Clone, Debug)]
pub(super) struct Live {
    /// The versions of what is due: the first day each holds, and the function; none where it is
    /// stated, and stands in the period.
    versions: Vec<(i64, Option<Function>)>,
    changes: Vec<Change>,
}

impl Live {
    /// What is due on a day of a period, in m3.
    pub(super) fn due_on(&self, period: &PeriodOwed, day: i64, known: Known) -> f64 {
        self.changed(self.stated(period, day, known), period, day, known)
    }

    /// What is due in a period by the end of a day, from the start of the run on, in m3.
    pub(super) fn due_by(&self, period: &PeriodOwed, day: i64, known: Known) -> f64 {
        let day = day.min(period.to);
        if let [(_, Some(whole))] = &self.versions[..]
            && whole.steps.is_none()
        {
            return due_so_far(whole, period, day, known);
        }
        let mut sum = 0.0;
        let mut last: Option<((i64, i64), f64)> = None;
        for day in period.from.max(0)..=day {
            let function = self.version(day);
            let step = function.and_then(|function| Some(function.steps.as_ref()?.of(day)));
            // Days of one step, which lie within one version or begin another, read alike.
            let stated = match (last, step) {
                (Some((read, due)), Some(step)) if read == step && !self.begins(day) => due,
                _ => self.stated(period, day, known),
            };
            last = step.map(|step| (step, stated));
            sum += self.changed(stated, period, day, known);
        }
        sum
    }

    fn version(&self, day: i64) -> Option<&Function> {
        let mut held = self.versions.iter().rev();
        held.find(|&&(first, _)| first <= day)?.1.as_ref()
    }

    /// Whether a version begins on a day.
    fn begins(&self, day: i64) -> bool {
        self.versions.iter().any(|&(first, _)| first == day)
    }

    /// What is due on a day but for the clauses.
    fn stated(&self, period: &PeriodOwed, day: i64, known: Known) -> f64 {
        let Some(function) = self.version(day) else {
            return period.by_day[(day - period.from) as usize];
        };
        let Some(steps) = &function.steps else {
            return 0.0;
        };
        let step = steps.of(day);
        let days = step.1 - step.0 + 1;
        let due = function.due(days, period, |sight| sight.over(step, known));
        due.map_or(0.0, |due| due / days as f64)
    }

    fn changed(&self, stated: f64, period: &PeriodOwed, day: i64, known: Known) -> f64 {
        self.changes
            .iter()
            .fold(stated, |due, change| change.apply(due, day, period, known))
    }
}

/// What a function of the whole period makes due for the index so far.
fn due_so_far(function: &Function, period: &PeriodOwed, day: i64, known: Known) -> f64 {
    let days = period.to - period.from + 1;
    let held = (period.from, day);
    let whole = period.whole as i64;
    let of = |read: &dyn Fn(&Sight) -> f64| {
        let due = function.due(whole, period, |sight| Some(read(sight)));
        due.unwrap_or(0.0)
    };
    let dry = of(&|_| 0.0);
    let so_far = of(&|sight| sight.so_far(held, known));
    // Days before the run are not the run's, and a period that is cut owes its part.
    let part = days as f64 / period.whole;
    let begun = (day - period.from.max(0) + 1) as f64 / days as f64;
    (so_far - dry * (1.0 - begun)).max(0.0) * part
}

/// Why a claim cannot follow what is due, and what could be.
pub(super) type Refusal = (String, &'static str);

/// Resolves what an obligation reads.
pub(super) struct Resolver<'a> {
    pub(super) basin: &'a Basin,
    pub(super) run: Window,
    pub(super) watched: &'a mut Vec<Watch>,
}

impl Resolver<'_> {
    /// The live dues of an obligation.
    ///
    /// # Errors
    ///
    /// If they are known only when the period is over, or cannot be told day by day.
    pub(super) fn live(&mut self, o: &Obligation) -> Result<Live, Refusal> {
        if o.count == Count::AtEnd {
            return Err((
                "claims a storage that a reading changes".to_owned(),
                "a storage known in advance",
            ));
        }
        let mut versions = vec![(i64::MIN, self.function(&o.due)?)];
        for revision in &o.revisions {
            let first = day_index(self.run.from(), revision.on);
            versions.push((first, self.function(&revision.due)?));
        }
        let steps = match &o.due {
            Due::Formula(formula) => formula.on,
            _ => Step::Part(Period::Day),
        };
        let mut changes = Vec::new();
        for clause in &o.clauses {
            if clause.effect.changes_due() {
                changes.push(self.change(&clause.when, &clause.effect, steps)?);
            }
        }
        let whole = versions
            .iter()
            .any(|(_, f)| f.as_ref().is_some_and(|f| f.steps.is_none()));
        if whole && (versions.len() > 1 || !changes.is_empty() || o.count == Count::EachDay) {
            return Err((
                "claims what a clause, a revision or a daily count changes of a function of the \
                 whole period"
                    .to_owned(),
                "a shorter step `on`, or the function alone",
            ));
        }
        Ok(Live { versions, changes })
    }

    fn function(&mut self, due: &Due) -> Result<Option<Function>, Refusal> {
        match due {
            Due::Amount(_) | Due::Schedule(_) => Ok(None),
            Due::Own(own) => Err((
                format!(
                    "claims the form `{}`, which is told only at the end",
                    own.name
                ),
                "no claim: a form of one's own only observes",
            )),
            Due::Formula(formula) => {
                let falls = |brackets: &Brackets| {
                    let pairs = brackets.points.windows(2);
                    pairs.into_iter().any(|p| p[1].1.base() < p[0].1.base())
                };
                let Formula { terms, plus, on } = formula;
                let taken_off = |point: &Point| point.terms.iter().any(|term| term.weight < 0.0);
                let may_fall = terms
                    .iter()
                    .any(|term| falls(&term.brackets) || taken_off(&term.of));
                if *on == Step::Whole && may_fall {
                    return Err((
                        "claims by a function of the whole period that may fall".to_owned(),
                        "a function that never falls, or a shorter step `on`",
                    ));
                }
                let mut resolved = Vec::new();
                for term in terms {
                    resolved.push((self.sight(&term.of, None)?, term.brackets.clone()));
                }
                Ok(Some(Function {
                    terms: resolved,
                    plus: plus.clone(),
                    steps: self.steps(*on),
                }))
            }
        }
    }

    fn steps(&self, step: Step) -> Option<Steps> {
        match step {
            Step::Part(period) => Some(Steps::new(period, self.run)),
            Step::Whole => None,
        }
    }

    fn sight(&mut self, point: &Point, measure: Option<Measure>) -> Result<Sight, Refusal> {
        let mut terms = Vec::new();
        let mut is_state = false;
        for (at, term) in point.terms.iter().enumerate() {
            let measure = term.measure.or(measure);
            is_state |= at == 0 && measure.is_some_and(Measure::is_state);
            let told_late = matches!(
                measure,
                Some(Measure::NaturalFlow | Measure::StorageChange | Measure::Nothing)
            );
            let gauge = Gauge::new(self.basin, &term.id, measure).filter(|_| !told_late);
            let Some(gauge) = gauge else {
                return Err((
                    format!(
                        "claims by the {} at `{}`, which a run does not tell day by day",
                        measure.map_or("flow", Measure::name),
                        term.id
                    ),
                    "a flow, delivery, demand, storage, level or energy",
                ));
            };
            let node = gauge.node(self.basin);
            let known = self.watched.iter().position(|watch| watch.gauge == gauge);
            let number = known.unwrap_or_else(|| {
                self.watched.push(Watch {
                    gauge,
                    node,
                    lead: i64::from(self.basin.lead(node)),
                });
                self.watched.len() - 1
            });
            terms.push((number, term.weight, i64::from(term.lag_days)));
        }
        Ok(Sight { terms, is_state })
    }

    fn change(
        &mut self,
        when: &Condition,
        effect: &Effect,
        steps: Step,
    ) -> Result<Change, Refusal> {
        let volume = |amount: &Amount| !amount.is_flow();
        if let Effect::Reduce(amount) | Effect::AtLeast(amount) | Effect::AtMost(amount) = effect
            && volume(amount)
        {
            return Err((
                format!("claims what a clause brings to {amount} over a whole period"),
                "a flow in the clause",
            ));
        }
        let on = self.run.iter().map(|date| when.on_calendar(date)).collect();
        let of = match effect.point() {
            Some(point) => {
                let daily = matches!(effect, Effect::Need(_));
                let on = if daily {
                    Step::Part(Period::Day)
                } else {
                    steps
                };
                let sight = self.sight(point, effect.measure())?;
                self.steps(on).map(|steps| (sight, steps))
            }
            None => None,
        };
        Ok(Change {
            on,
            reading: when
                .reading
                .as_ref()
                .map(|threshold| self.bounded(threshold))
                .transpose()?,
            effect: effect.clone(),
            of,
        })
    }

    fn bounded(&mut self, threshold: &Threshold) -> Result<Bounded, Refusal> {
        let sight = self.sight(&threshold.point, threshold.measure)?;
        if threshold.on == Step::Whole && !sight.is_state {
            return Err((
                "claims what a clause changes by a reading of the whole period".to_owned(),
                "a shorter step `on` in the clause, or a storage or level",
            ));
        }
        Ok(Bounded {
            sight,
            steps: self.steps(threshold.on),
            at_least: threshold.at_least.clone(),
            below: threshold.below.clone(),
        })
    }
}
