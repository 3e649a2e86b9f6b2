//! Terms of stored water that several parties own.

use super::{Amount, Measure, Point};
use crate::calendar::{Date, Period};
use crate::error::Origin;

/// Whose the water in a reservoir is, and who is charged for what leaves it.
///
/// The treaties that know it, Mexico and the United States at Amistad and Falcon (1944, Article
/// 8), New South Wales and Victoria on the upper Murray, speak of the same few things:
///
/// | what | how it is shared |
/// |---|---|
/// | inflow | what is an owner's [own](Owner::own) is its; the rest by [share](Owner::share) |
/// | evaporation, seepage, less rain | in proportion to what each holds at the start of the day: the surface an owner's water occupies is taken as its part of the volume |
/// | release | to the owner whose [calls](Owner::calls) it serves; [the rest](Ownership::rest) as stated |
/// | spill | first the water of owners who hold more than their [space](Owner::space), then [as stated](Ownership::spill) |
/// | the term no gauge explains | by share, and shown |
///
/// An owner whose account runs dry borrows from the others in proportion to what they hold, and
/// pays back from its later inflow. [`settle`](crate::settlement::settle) strikes the accounts day
/// by day; on each the owners' volumes add up to the storage.
///
/// ```
/// use riparian::agreement::{Owner, Ownership};
/// use riparian::units::Volume;
///
/// let lake = Ownership::new("lake")
///     .owner(Owner::new("A", 0.5).opening(Volume::from_mcm(60.0)).calls("canal-a"))
///     .owner(Owner::new("B", 0.5).opening(Volume::from_mcm(40.0)).calls("canal-b"));
/// assert_eq!(lake.owners[1].party, "B");
/// ```
#[derive(Clone, Debug)]
pub struct Ownership {
    /// The article it rests on.
    pub article: String,
    /// The reservoir's node.
    pub reservoir: String,
    /// The owners.
    pub owners: Vec<Owner>,
    /// The first day of the accounts; `None`: the first day of the record on which the agreement
    /// is in force. What each owner holds before it is its [opening](Owner::opening).
    pub from: Option<Date>,
    /// The volume whose parts the owners' spaces are, where they are stated as parts.
    pub capacity: Option<Amount>,
    /// What flows in; `None` for all the water that passes the reservoir's node.
    pub inflow: Option<Point>,
    /// What is let out on purpose; `None` for the reservoir's release. Users who draw on the
    /// reservoir itself stand here beside it.
    pub release: Option<Point>,
    /// Who is charged for releases that serve nobody's call.
    pub rest: Rest,
    /// Whose water spills, once nobody holds more than its space.
    pub spill: Spilling,
    /// Whether water beyond an owner's space passes to owners who have space left.
    pub internal_spill: bool,
    /// The part of a borrower's inflow that pays back what it owes, from 0 to 1.
    pub payback: f64,
    /// What owners owe each other at the start.
    pub debts: Vec<Debt>,
    /// Water made over from one owner to another.
    pub transfers: Vec<Transfer>,
    /// The periods whose days are added up in one line of the journals.
    pub lines: Period,
    pub(crate) origin: Origin,
}

/// Where it was written is no part of it.
impl PartialEq for Ownership {
    fn eq(&self, other: &Self) -> bool {
        // Taken apart, so that a new field cannot be forgotten.
        let Self {
            article,
            reservoir,
            owners,
            from,
            capacity,
            inflow,
            release,
            rest,
            spill,
            internal_spill,
            payback,
            debts,
            transfers,
            lines,
            origin: _,
        } = self;
        let store = (article, reservoir, owners, from, capacity)
            == (
                &other.article,
                &other.reservoir,
                &other.owners,
                &other.from,
                &other.capacity,
            );
        let rules = (inflow, release, rest, spill, internal_spill, payback, lines)
            == (
                &other.inflow,
                &other.release,
                &other.rest,
                &other.spill,
                &other.internal_spill,
                &other.payback,
                &other.lines,
            );
        store && rules && (debts, transfers) == (&other.debts, &other.transfers)
    }
}

/// One owner of a reservoir's water.
#[derive(Clone, Debug, PartialEq)]
pub struct Owner {
    /// The party.
    pub party: String,
    /// Its part of the inflow that is nobody's own, from 0 to 1; all owners' add up to 1.
    pub share: f64,
    /// Inflow of its own, such as that of its tributaries: a weighted sum of places. If all
    /// owners' come to more than flows in, all are reduced alike, as losses on the way are.
    pub own: Option<Point>,
    /// What it holds before the first day; a part is of the storage. `None`: its share of the
    /// storage.
    pub opening: Option<Held>,
    /// The room it has in the reservoir; a part is of the [capacity](Ownership::capacity).
    pub space: Option<Held>,
    /// The places whose water is released on its behalf. A lag is the travel time from the dam to
    /// the place: the water left the dam so many days before it is read there. If all owners'
    /// calls come to more than is released, other waters served them too, and all are charged in
    /// proportion.
    pub calls: Option<Point>,
}

/// A volume, or a part of one.
///
/// ```
/// use riparian::agreement::{Held, Owner, Ownership, Rest, Spilling};
/// use riparian::jiff::civil::date;
/// use riparian::units::Volume;
///
/// let mcm = Volume::from_mcm;
/// let lake = Ownership::new("lake")
///     .owner(Owner::new("UP", 0.4).opening(Held::Part(0.5)))
///     .owner(Owner::new("LO", 0.6).opening(Held::Volume(mcm(80.0).into())))
///     .rest(Rest::Holding)
///     .spill(Spilling::Order(vec!["UP".to_owned(), "LO".to_owned()]))
///     .debt("UP", "LO", mcm(5.0))
///     .transfer(date(2024, 7, 1), "LO", "UP", mcm(3.0), "against energy");
/// assert_eq!(lake.debts[0].debtor, "UP");
/// assert_eq!(lake.transfers[0].reason, "against energy");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Held {
    /// A volume.
    Volume(Amount),
    /// A part, from 0 to 1.
    Part(f64),
}

/// Who is charged for water released on nobody's call.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Rest {
    /// All, by their shares of the inflow.
    #[default]
    Share,
    /// All, in proportion to what they hold: releases for a common purpose.
    Holding,
    /// One party.
    Party(String),
}

/// Whose water spills.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Spilling {
    /// Everybody's, in proportion to what they hold.
    #[default]
    Holding,
    /// Everybody's, in proportion to the inflow of the day that is theirs.
    Inflow,
    /// Everybody's, by their shares of the inflow.
    Share,
    /// The first party's until it holds no more, then the next one's.
    Order(Vec<String>),
}

/// Water that one owner owes another.
///
/// Example: [`Held`].
#[derive(Clone, Debug, PartialEq)]
pub struct Debt {
    /// Who borrowed.
    pub debtor: String,
    /// From whom.
    pub creditor: String,
    /// How much.
    pub amount: Amount,
}

/// Stored water made over from one owner to another, as they agreed.
///
/// Example: [`Held`].
#[derive(Clone, Debug, PartialEq)]
pub struct Transfer {
    /// On which day; it counts from that day's start.
    pub date: Date,
    /// Whose water it was.
    pub from: String,
    /// Whose it becomes.
    pub to: String,
    /// How much.
    pub amount: Amount,
    /// Why, in words.
    pub reason: String,
}

impl Ownership {
    /// Water of a reservoir, so far without owners: charged by share, spilt by holding, paid back
    /// from all of a borrower's inflow, with a line a month.
    pub fn new(reservoir: impl Into<String>) -> Self {
        Self {
            article: String::new(),
            reservoir: reservoir.into(),
            owners: Vec::new(),
            from: None,
            capacity: None,
            inflow: None,
            release: None,
            rest: Rest::default(),
            spill: Spilling::default(),
            internal_spill: false,
            payback: 1.0,
            debts: Vec::new(),
            transfers: Vec::new(),
            lines: Period::Month,
            origin: Origin::default(),
        }
    }

    /// The same, with one more owner.
    #[must_use]
    pub fn owner(mut self, owner: Owner) -> Self {
        self.owners.push(owner);
        self
    }

    /// The same, with accounts from a day on.
    #[must_use]
    pub fn from(mut self, date: Date) -> Self {
        self.from = Some(date);
        self
    }

    /// The same, with a capacity that spaces are parts of.
    #[must_use]
    pub fn capacity(mut self, capacity: impl Into<Amount>) -> Self {
        self.capacity = Some(capacity.into());
        self
    }

    /// The same, with other places that tell what flows in.
    #[must_use]
    pub fn inflow(mut self, point: impl Into<Point>) -> Self {
        self.inflow = Some(point.into());
        self
    }

    /// The same, with other places that tell what is let out.
    #[must_use]
    pub fn release(mut self, point: impl Into<Point>) -> Self {
        self.release = Some(point.into());
        self
    }

    /// The same, with releases on nobody's call charged as said.
    #[must_use]
    pub fn rest(mut self, rest: Rest) -> Self {
        self.rest = rest;
        self
    }

    /// The same, with spills charged as said.
    #[must_use]
    pub fn spill(mut self, spill: Spilling) -> Self {
        self.spill = spill;
        self
    }

    /// The same, with water beyond an owner's space passing to those who have space left.
    #[must_use]
    pub fn internal_spill(mut self) -> Self {
        self.internal_spill = true;
        self
    }

    /// The same, paid back from a part of a borrower's inflow, from 0 to 1.
    #[must_use]
    pub fn payback(mut self, part: f64) -> Self {
        self.payback = part;
        self
    }

    /// The same, with a debt between owners at the start.
    #[must_use]
    pub fn debt(
        mut self,
        debtor: impl Into<String>,
        creditor: impl Into<String>,
        amount: impl Into<Amount>,
    ) -> Self {
        self.debts.push(Debt {
            debtor: debtor.into(),
            creditor: creditor.into(),
            amount: amount.into(),
        });
        self
    }

    /// The same, with a transfer between owners.
    #[must_use]
    pub fn transfer(
        mut self,
        date: Date,
        from: impl Into<String>,
        to: impl Into<String>,
        amount: impl Into<Amount>,
        reason: impl Into<String>,
    ) -> Self {
        self.transfers.push(Transfer {
            date,
            from: from.into(),
            to: to.into(),
            amount: amount.into(),
            reason: reason.into(),
        });
        self
    }

    /// The same, with a line of the journals for each of these periods.
    #[must_use]
    pub fn lines(mut self, period: Period) -> Self {
        self.lines = period;
        self
    }

    /// The number of an owner.
    pub(crate) fn index(&self, party: &str) -> Option<usize> {
        self.owners.iter().position(|owner| owner.party == party)
    }

    /// The points that the terms name, with the key each stands under.
    pub(crate) fn points(&self) -> Vec<(String, &Point)> {
        let mut points = Vec::new();
        let whole = [("inflow", &self.inflow), ("release", &self.release)];
        for (key, point) in whole {
            points.extend(point.iter().map(|point| (key.to_owned(), point)));
        }
        for (i, owner) in self.owners.iter().enumerate() {
            for (key, point) in [("own", &owner.own), ("calls", &owner.calls)] {
                points.extend(
                    point
                        .iter()
                        .map(|point| (format!("owner.{i}.{key}"), point)),
                );
            }
        }
        points
    }

    /// All that the accounts read.
    pub(crate) fn readings(&self) -> Vec<(Point, Option<Measure>)> {
        let own = |measure| (Point::from(self.reservoir.as_str()), Some(measure));
        let mut all: Vec<_> = OF_THE_RESERVOIR.into_iter().map(own).collect();
        if self.inflow.is_none() {
            all.push(own(Measure::Flow));
        }
        if self.release.is_none() {
            all.push(own(Measure::Release));
        }
        let named = self.points().into_iter();
        all.extend(named.map(|(_, point)| (point.clone(), None)));
        all
    }
}

crate::error::written_at!(Ownership);

/// What is read at the reservoir whatever else is.
const OF_THE_RESERVOIR: [Measure; 6] = [
    Measure::Storage,
    Measure::StorageChange,
    Measure::Spill,
    Measure::Evaporation,
    Measure::Seepage,
    Measure::Rain,
];

impl Owner {
    /// A party with a share of the inflow, from 0 to 1.
    pub fn new(party: impl Into<String>, share: f64) -> Self {
        Self {
            party: party.into(),
            share,
            own: None,
            opening: None,
            space: None,
            calls: None,
        }
    }

    /// The same, with inflow of its own.
    #[must_use]
    pub fn own(mut self, point: impl Into<Point>) -> Self {
        self.own = Some(point.into());
        self
    }

    /// The same, holding so much before the first day.
    #[must_use]
    pub fn opening(mut self, held: impl Into<Held>) -> Self {
        self.opening = Some(held.into());
        self
    }

    /// The same, with room for so much.
    #[must_use]
    pub fn space(mut self, held: impl Into<Held>) -> Self {
        self.space = Some(held.into());
        self
    }

    /// The same, with the places whose water is released on its behalf.
    #[must_use]
    pub fn calls(mut self, point: impl Into<Point>) -> Self {
        self.calls = Some(point.into());
        self
    }
}

impl Held {
    /// How much it is in m3, as a volume or as a part of one.
    pub(crate) fn of(&self, whole: f64) -> f64 {
        match self {
            Self::Volume(amount) => amount.base(),
            Self::Part(part) => part * whole,
        }
    }
}

impl<A: Into<Amount>> From<A> for Held {
    fn from(volume: A) -> Self {
        Self::Volume(volume.into())
    }
}
