//! Clauses: what changes what is due, and when.

use super::{Amount, Measure, Point, Step};
use crate::calendar::{Season, Window};

/// A clause of an obligation: under a condition, something else holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    /// The words it rests on, for reports and journals.
    pub text: String,
    /// When it applies.
    pub when: Condition,
    /// What then holds.
    pub effect: Effect,
}

/// When a clause applies: on the days on which all that is stated here holds; always, if nothing
/// is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Condition {
    /// In one of these stretches of every year.
    pub during: Vec<Season>,
    /// On one of these declared stretches of days.
    pub declared: Vec<Window>,
    /// While a reading lies between bounds.
    pub reading: Option<Threshold>,
}

/// A reading between bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// Where it is read.
    pub point: Point,
    /// What is read there; `None` for the ordinary measure of the point.
    pub measure: Option<Measure>,
    /// The step on which it is read: flows as their mean, volumes as their sum, storage and levels
    /// as they were before the step's first day.
    pub on: Step,
    /// At least this much.
    pub at_least: Option<Amount>,
    /// Less than this much.
    pub below: Option<Amount>,
}

/// What holds when a clause applies.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Nothing is due.
    Suspend,
    /// What is due stays due, but its absence is excused.
    Excuse,
    /// A fraction of it is due.
    Scale(f64),
    /// This much is due instead: a flow, or a volume for the whole period.
    Replace(Amount),
    /// So much less is due: a flow, or a volume for the whole period.
    Reduce(Amount),
    /// At least this much is due.
    AtLeast(Amount),
    /// At most this much is due.
    AtMost(Amount),
    /// No more is due than what is measured here: the creditor's need.
    Need(Point),
    /// At least an amount is due, as far as there is so much at a point: this side's turn of a
    /// rotating guarantee.
    Guarantee {
        /// The flow guaranteed.
        amount: Amount,
        /// The water to be shared.
        of: Point,
    },
    /// No more is due than what a point has beyond an amount: the other side's turn.
    Yield {
        /// The flow guaranteed to the other side.
        amount: Amount,
        /// The water to be shared.
        of: Point,
    },
    /// The parties consult: an event to report, nothing else changes.
    Consult,
    /// The cycle ends on the first day on which this applies, a new one begins on the next, and
    /// debts are considered paid.
    EndCycle,
    /// Debts of the account are cancelled.
    CancelDebits,
    /// Credits of the account are cancelled.
    CancelCredits,
}

impl Clause {
    /// A clause that always applies.
    pub fn new(text: impl Into<String>, effect: Effect) -> Self {
        Self {
            text: text.into(),
            when: Condition::default(),
            effect,
        }
    }

    /// The same, under a condition.
    #[must_use]
    pub fn when(mut self, condition: Condition) -> Self {
        self.when = condition;
        self
    }
}

impl Condition {
    /// On declared days.
    pub fn declared(windows: impl IntoIterator<Item = Window>) -> Self {
        Self {
            declared: windows.into_iter().collect(),
            ..Self::default()
        }
    }

    /// In stretches of every year.
    pub fn during(seasons: impl IntoIterator<Item = Season>) -> Self {
        Self {
            during: seasons.into_iter().collect(),
            ..Self::default()
        }
    }

    /// While a reading lies between bounds.
    pub fn reading(threshold: Threshold) -> Self {
        Self {
            reading: Some(threshold),
            ..Self::default()
        }
    }

    /// Whether the calendar lets it hold on a day.
    pub(crate) fn on_calendar(&self, date: crate::calendar::Date) -> bool {
        (self.during.is_empty() || self.during.iter().any(|s| s.containing(date).is_some()))
            && (self.declared.is_empty() || self.declared.iter().any(|w| w.contains(date)))
    }

    /// Whether it depends on the calendar alone.
    pub fn is_by_calendar(&self) -> bool {
        self.reading.is_none()
    }
}

impl Threshold {
    /// A reading of a point on a step, so far without bounds.
    pub fn of(point: impl Into<Point>, on: Step) -> Self {
        Self {
            point: point.into(),
            measure: None,
            on,
            at_least: None,
            below: None,
        }
    }

    /// The same, of a measure.
    #[must_use]
    pub fn measured(mut self, measure: Measure) -> Self {
        self.measure = Some(measure);
        self
    }

    /// The same, at least an amount.
    #[must_use]
    pub fn at_least(mut self, amount: impl Into<Amount>) -> Self {
        self.at_least = Some(amount.into());
        self
    }

    /// The same, below an amount.
    #[must_use]
    pub fn below(mut self, amount: impl Into<Amount>) -> Self {
        self.below = Some(amount.into());
        self
    }
}

impl Effect {
    /// Whether it changes what is due on a day.
    pub fn changes_due(&self) -> bool {
        !matches!(
            self,
            Self::Excuse
                | Self::Consult
                | Self::EndCycle
                | Self::CancelDebits
                | Self::CancelCredits
        )
    }

    /// The point it reads, if any.
    pub fn point(&self) -> Option<&Point> {
        match self {
            Self::Need(of) | Self::Guarantee { of, .. } | Self::Yield { of, .. } => Some(of),
            _ => None,
        }
    }

    /// The measure by which its point is read where the point names none.
    pub(crate) fn measure(&self) -> Option<Measure> {
        matches!(self, Self::Need(_)).then_some(Measure::Demand)
    }

    /// The amount it states, if any.
    pub fn amount(&self) -> Option<&Amount> {
        match self {
            Self::Replace(amount)
            | Self::Reduce(amount)
            | Self::AtLeast(amount)
            | Self::AtMost(amount)
            | Self::Guarantee { amount, .. }
            | Self::Yield { amount, .. } => Some(amount),
            _ => None,
        }
    }
}
