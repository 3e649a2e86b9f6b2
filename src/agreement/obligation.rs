//! One promise: who owes whom what, where and when.

use super::{Account, Amount, Clause, Due, Each, Measure, Point};
use crate::calendar::{Date, Season, Window};
use crate::error::Origin;
use crate::units::Volume;

/// One promise of an agreement.
///
/// It is put together from a few parts: a measure at a point, periods, what is due, how it is
/// counted, clauses, and an account.
#[derive(Clone, Debug)]
pub struct Obligation {
    /// Its id, unique over the agreements of a model.
    pub id: String,
    /// The article or words it rests on, for reports.
    pub article: String,
    /// Its own source and remarks, for whoever reads the agreement.
    pub note: String,
    /// The party that owes.
    pub debtor: String,
    /// The party it is owed to; none where the river itself is the beneficiary.
    pub creditor: Option<String>,
    /// Where it is measured.
    pub point: Point,
    /// What is measured there; `None` for the ordinary measure of the point: deliveries of an
    /// offtake, inflow of a reservoir, flow elsewhere, energy where energy is due.
    pub measure: Option<Measure>,
    /// What is due.
    pub due: Due,
    /// How what is measured is held against it.
    pub count: Count,
    /// The days it holds; `None` for as long as its agreement is in force.
    pub window: Option<Window>,
    /// The days of every year it holds; `None` for all.
    pub season: Option<Season>,
    /// The periods it is settled by.
    pub each: Each,
    /// What changes what is due, in the order in which it is applied.
    pub clauses: Vec<Clause>,
    /// What goes on from period to period.
    pub account: Option<Account>,
    /// Later versions of what is due, in order of their dates.
    pub revisions: Vec<Revision>,
    /// Obligations at the same point that are served before this one counts anything.
    pub on_top_of: Vec<String>,
    /// The fraction of the committed amount that may be missing before the verdict is *short*.
    /// It is the agreement's own tolerance, never the program's.
    pub tolerance: f64,
    /// How what is still owed is claimed on the river each day; without it the obligation only
    /// observes.
    pub claim: Option<Claim>,
    /// A second gauge, shown beside the first.
    pub second_point: Option<Point>,
    /// A figure stated by others, shown beside the measured one.
    pub second_reading: Option<SecondReading>,
    /// A total the source states, checked against what the obligation adds up to.
    pub stated_total: Option<Amount>,
    pub(crate) origin: Origin,
}

/// How what is measured is held against what is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Count {
    /// Added up over the period.
    #[default]
    Sum,
    /// On every day for itself: a surplus on one day does not make up for another.
    EachDay,
    /// In store at the end of the period's last day.
    AtEnd,
    /// Added up over the period, and at most what is stated: used against allowed.
    AtMost,
}

/// How an obligation claims water on the river.
///
/// What it still owes becomes claims of the day, so that the run tries to meet it; a ceiling
/// ([`Count::AtMost`]) becomes a capacity. Without it an obligation only observes: a run is the same
/// with and without it. What cannot be claimed is refused when a [plan](crate::Plan::compile) is
/// made: energy, a form of the user's own, and what is known only when its period is over.
///
/// Example: [`Revision`](super::Revision).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The priority class; a ceiling stands before all classes, and its class means nothing.
    pub class: String,
    /// How what is owed becomes the claim of a day, or a ceiling the capacity of one.
    pub pace: Pace,
}

/// How what is still owed in a period becomes the claim of a day.
///
/// It says how a sum over a period that is known in advance is spread. What is due on every day is
/// claimed on every day, a storage rises evenly; where a sum depends on readings, what was due so
/// far is claimed at once.
///
/// Example: [`Revision`](super::Revision).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Pace {
    /// Over the days left, each by its part in what is due on them: evenly, or by the schedule.
    #[default]
    Even,
    /// As the users at the point ask for it, until nothing is owed: for offtakes, and for ceilings,
    /// which it lets be used up.
    Demand,
}

impl Pace {
    /// The pace where nothing is said: of a ceiling by demand, else even.
    ///
    /// ```
    /// use riparian::agreement::{Count, Pace};
    ///
    /// assert_eq!(Pace::usual(Count::AtMost), Pace::Demand);
    /// assert_eq!(Pace::usual(Count::Sum), Pace::Even);
    /// ```
    pub fn usual(count: Count) -> Self {
        match count {
            Count::AtMost => Self::Demand,
            Count::Sum | Count::EachDay | Count::AtEnd => Self::Even,
        }
    }
}

/// A later version of what is due: what is still to come changes, what is past stays.
///
/// ```
/// use riparian::agreement::{Condition, Effect, Clause, Obligation, Pace, Point, Term};
/// use riparian::calendar::Season;
/// use riparian::jiff::civil::date;
/// use riparian::units::Volume;
///
/// let mcm = Volume::from_mcm;
/// let summer = "2024-06-01..2024-08-31".parse()?;
/// // Two canals together, claimed on the river as their users ask.
/// let canals = Obligation::new("canals", "UP", Point::sum(["left", "right"]), mcm(443.6))
///     .within(summer)
///     .claimed("treaty", Pace::Demand)
///     .clause(
///         Clause::new("not in the harvest", Effect::Scale(0.5))
///             .when(Condition::during(["08-01..08-15".parse::<Season>()?])),
///     )
///     .clause(
///         Clause::new("declared low water", Effect::Scale(0.9))
///             .when(Condition::declared(["2024-06-11..2024-06-20".parse()?])),
///     )
///     .revised(date(2024, 7, 11), "minutes of 9 July", mcm(400.0));
/// assert_eq!(canals.point.name(), "left + right");
/// assert_eq!(canals.claim.as_ref().unwrap().pace, Pace::Demand);
/// assert_eq!(canals.revisions[0].source, "minutes of 9 July");
/// // At most so much at a place read two days earlier; so much in store on a day.
/// let limit = Obligation::limit("limit", "UP", Term::new("left"), mcm(60.0)).within(summer);
/// assert_eq!(limit.form(), "limit");
/// let full = Obligation::storage_by("full", "UP", "lake", mcm(350.0), date(2024, 5, 31));
/// assert_eq!(full.form(), "storage-by");
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// The first day it holds.
    pub on: Date,
    /// Where it comes from.
    pub source: String,
    /// What is due from then on.
    pub due: Due,
}

/// Where it was written is no part of it.
impl PartialEq for Obligation {
    fn eq(&self, other: &Self) -> bool {
        // Taken apart, so that a new field cannot be forgotten.
        let Self {
            id,
            article,
            note,
            debtor,
            creditor,
            point,
            measure,
            due,
            count,
            window,
            season,
            each,
            clauses,
            account,
            revisions,
            on_top_of,
            tolerance,
            claim,
            second_point,
            second_reading,
            stated_total,
            origin: _,
        } = self;
        let words = (id, article, note, debtor, creditor)
            == (
                &other.id,
                &other.article,
                &other.note,
                &other.debtor,
                &other.creditor,
            );
        let measured = (point, measure, second_point, second_reading)
            == (
                &other.point,
                &other.measure,
                &other.second_point,
                &other.second_reading,
            );
        let days = (window, season, each) == (&other.window, &other.season, &other.each);
        let promised = (due, count, stated_total, tolerance)
            == (
                &other.due,
                &other.count,
                &other.stated_total,
                &other.tolerance,
            );
        let changed = (clauses, account, revisions, on_top_of, claim)
            == (
                &other.clauses,
                &other.account,
                &other.revisions,
                &other.on_top_of,
                &other.claim,
            );
        words && measured && days && promised && changed
    }
}

impl Obligation {
    /// A promise by `debtor`, measured at a point: the sum over the window, as long as nothing
    /// else is said.
    pub fn new(
        id: impl Into<String>,
        debtor: impl Into<String>,
        point: impl Into<Point>,
        due: impl Into<Due>,
    ) -> Self {
        Self {
            id: id.into(),
            article: String::new(),
            note: String::new(),
            debtor: debtor.into(),
            creditor: None,
            point: point.into(),
            measure: None,
            due: due.into(),
            count: Count::Sum,
            window: None,
            season: None,
            each: Each::Season,
            clauses: Vec::new(),
            account: None,
            revisions: Vec::new(),
            on_top_of: Vec::new(),
            tolerance: 0.0,
            claim: None,
            second_point: None,
            second_reading: None,
            stated_total: None,
            origin: Origin::default(),
        }
    }

    /// At least a flow on every day.
    pub fn minimum_flow(
        id: impl Into<String>,
        debtor: impl Into<String>,
        point: impl Into<Point>,
        flow: crate::units::Flow,
    ) -> Self {
        let mut obligation = Self::new(id, debtor, point, flow);
        obligation.count = Count::EachDay;
        obligation
    }

    /// At least a volume in store at the end of a day.
    pub fn storage_by(
        id: impl Into<String>,
        debtor: impl Into<String>,
        point: impl Into<Point>,
        volume: Volume,
        by: Date,
    ) -> Self {
        let mut obligation = Self::new(id, debtor, point, volume);
        obligation.count = Count::AtEnd;
        obligation.window = Window::new(by, by).ok();
        obligation
    }

    /// At most a volume over the window.
    pub fn limit(
        id: impl Into<String>,
        debtor: impl Into<String>,
        point: impl Into<Point>,
        volume: Volume,
    ) -> Self {
        let mut obligation = Self::new(id, debtor, point, volume);
        obligation.count = Count::AtMost;
        obligation
    }

    /// The same, owed to a party.
    #[must_use]
    pub fn to(mut self, creditor: impl Into<String>) -> Self {
        self.creditor = Some(creditor.into());
        self
    }

    /// The same, on the days of a window only.
    #[must_use]
    pub fn within(mut self, window: Window) -> Self {
        self.window = Some(window);
        self
    }

    /// The same, on the days of a season of every year only.
    #[must_use]
    pub fn every(mut self, season: Season) -> Self {
        self.season = Some(season);
        self
    }

    /// The same, settled by periods.
    #[must_use]
    pub fn each(mut self, each: Each) -> Self {
        self.each = each;
        self
    }

    /// The same, measured as said.
    #[must_use]
    pub fn measured(mut self, measure: Measure) -> Self {
        self.measure = Some(measure);
        self
    }

    /// The same, counted as said.
    #[must_use]
    pub fn counted(mut self, count: Count) -> Self {
        self.count = count;
        self
    }

    /// The same, with one more clause.
    #[must_use]
    pub fn clause(mut self, clause: Clause) -> Self {
        self.clauses.push(clause);
        self
    }

    /// The same, with an account.
    #[must_use]
    pub fn account(mut self, account: Account) -> Self {
        self.account = Some(account);
        self
    }

    /// The same, revised on a day.
    #[must_use]
    pub fn revised(mut self, on: Date, source: impl Into<String>, due: impl Into<Due>) -> Self {
        self.revisions.push(Revision {
            on,
            source: source.into(),
            due: due.into(),
        });
        self
    }

    /// The same, claimed on the river in a priority class, at the [usual](Pace::usual) pace of how
    /// it is counted so far.
    #[must_use]
    pub fn claimed_in(self, class: impl Into<String>) -> Self {
        let pace = Pace::usual(self.count);
        self.claimed(class, pace)
    }

    /// The same, claimed on the river in a priority class at a pace.
    #[must_use]
    pub fn claimed(mut self, class: impl Into<String>, pace: Pace) -> Self {
        self.claim = Some(Claim {
            class: class.into(),
            pace,
        });
        self
    }

    /// The same, with a tolerance as a fraction of the committed amount.
    #[must_use]
    pub fn tolerance(mut self, fraction: f64) -> Self {
        self.tolerance = fraction;
        self
    }

    /// Whether committed and delivered are energies.
    pub fn is_energy(&self) -> bool {
        self.due.is_energy()
    }

    /// What is measured at the point where nothing else is said: energy where energy is due,
    /// storage where it counts at the end.
    pub(crate) fn measures(&self) -> Option<Measure> {
        match self.measure {
            None if self.is_energy() => Some(Measure::Energy),
            None if self.count == Count::AtEnd => Some(Measure::Storage),
            measure => measure,
        }
    }

    /// The form's name in agreement files.
    pub fn form(&self) -> &str {
        self.due.form(self.count)
    }
}

crate::error::written_at!(Obligation);

/// A figure for what was delivered that others publish.
///
/// ```
/// use riparian::agreement::{Obligation, SecondReading};
/// use riparian::units::Volume;
///
/// let mut owed = Obligation::new("kz-dostyk", "TJ", "dostyk-kz", Volume::from_mcm(443.6));
/// owed.second_reading = Some(SecondReading {
///     amount: Volume::from_mcm(488.6).into(),
///     source: "official figure".to_owned(),
/// });
/// assert!(owed.second_reading.is_some());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SecondReading {
    /// The figure.
    pub amount: Amount,
    /// Whose figure it is.
    pub source: String,
}
