//! Licences: what a group of offtakes may take together.
//!
//! A country's limit over many canals, a pumping licence over a season, a ceiling on what is taken in
//! any thirty days: such a limit belongs to the group, not to any of its offtakes. A [`Licence`] is
//! part of how a basin is operated and owes nobody anything; a limit that a treaty sets is an
//! [obligation](crate::agreement::Obligation::limit) instead, with a settlement.
//!
//! ```
//! use riparian::basin::{Node, Offtake, Party, Reach};
//! use riparian::calendar::{Season, Window};
//! use riparian::licence::Licence;
//! use riparian::series::DailySeries;
//! use riparian::units::{Flow, Volume};
//! use riparian::{Model, Plan, Simulation, jiff::civil::date};
//!
//! let june = Window::new(date(2024, 6, 1), date(2024, 6, 30))?;
//! let model = Model::builder("Two canals, one licence", june)
//!     .party(Party::new("UZ", "Uzbekistan"))
//!     .node(Node::inflow("spring"))
//!     .node(Node::terminal("sea"))
//!     .reach(Reach::river("river", "spring", "sea"))
//!     .inflow("spring", DailySeries::constant(june, 100.0)?)
//!     .class("use")
//!     .offtake(Offtake::new("left", "spring", "UZ", "use"))
//!     .offtake(Offtake::new("right", "spring", "UZ", "use"))
//!     .demand("left", DailySeries::constant(june, 30.0)?)
//!     .demand("right", DailySeries::constant(june, 10.0)?)
//!     .licence(Licence::daily("heads", Flow::from_m3s(20.0)).offtakes(["left", "right"]))
//!     .build()?;
//! let plan = Plan::compile(model)?;
//! let ledger = Simulation::new(&plan).run()?;
//! // Half of what is asked: in proportion, unless another rule is named.
//! assert_eq!(ledger.offtakes().delivered.at(0, 0), 15.0 * 86_400.0);
//! assert_eq!(ledger.licences().taken.at(0, 0), 20.0 * 86_400.0);
//! # Ok::<(), riparian::Error>(())
//! ```
//!
//! # What it does to a day
//!
//! The group is a claim-holder of its own. What its members ask on a day, after limits of agreements,
//! is cut to what the licence has left for that day, before the river's water is shared; the licence's
//! own [rule](Licence::sharing) says how, whatever the priority classes of the members. So the members
//! together never take more, and the river's shortages come on top. What a licence kept from an offtake
//! is in the [journal](crate::ledger::LicenceJournal), and a shortfall names it.
//!
//! | allowance | left for a day |
//! |---|---|
//! | [`Daily`](Allowance::Daily) | the flow, on each day of its season |
//! | [`Season`](Allowance::Season) | what is left of the volume: all of it, or at an even pace its part in the days left |
//! | [`Rolling`](Allowance::Rolling) | the volume less what was taken on the days before in the window that ends that day |
//!
//! An offtake may be in several licences; they apply one after another, in the order of declaration.
//! Where a licence does not bind, a run is the same to the bit as without it.
//!
//! # Travel time
//!
//! A licence is kept by calendar date. Members with different travel times meet a date in different
//! waves, those furthest down the river first, so the day's amount is fixed when the first of them
//! comes to it, and what each may take of it by its demand of that date, by the same rule. What the
//! first leave, the others may use on that date. Until the last member has passed a date its whole
//! amount counts as taken; what is left over then is there for the next date.
//!
//! # What it does not do
//!
//! The cut is made before the river's water is shared. Where the river cannot give one member what the
//! cut left it, another member that the same wave shares water with does not get it on that day: a cap
//! on a group of claims is not in the network's problem. (Of a season or a rolling volume, what was not
//! taken is still there the next day.) What was taken before the run counts as nothing, and a season
//! that the run begins in has its whole volume.

use std::sync::Arc;

use crate::agreement::Pace;
use crate::allocation::{ParametricRule, Proportional};
use crate::basin::{Basin, Offtake, Party};
use crate::calendar::Season;
use crate::error::{Diagnostic, Diagnostics, Origin};
use crate::units::{Flow, Volume};

/// How much the members of a licence may take together.
///
/// ```
/// use riparian::calendar::Season;
/// use riparian::licence::{Allowance, Licence};
/// use riparian::units::{Flow, Volume};
///
/// let summer = Season::vegetation();
/// let volume = Volume::from_mcm(120.0);
/// let head = Licence::daily_in("head", Flow::from_m3s(8.0), summer).offtakes(["left"]);
/// let quota = Licence::seasonal("quota", volume, summer).held_by("UP");
/// let spread = Licence::evenly("spread", volume, summer).held_by("LO");
/// let month = Licence::rolling("month", Volume::from_mcm(20.0), 30).offtakes(["left", "right"]);
/// assert!(matches!(head.allowance, Allowance::Daily { season: Some(_), .. }));
/// assert!(matches!(quota.allowance, Allowance::Season { .. }));
/// assert!(matches!(spread.allowance, Allowance::Season { .. }));
/// assert!(matches!(month.allowance, Allowance::Rolling { days: 30, .. }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Allowance {
    /// A mean flow on each day.
    Daily {
        /// The flow.
        flow: Flow,
        /// The part of the year in which it holds; `None` for all.
        season: Option<Season>,
    },
    /// A volume in a season of every year. Out of season it limits nothing.
    Season {
        /// The volume, there anew in each year's season.
        volume: Volume,
        /// The season.
        season: Season,
        /// Whether it may be used up as it is asked for, or is spread evenly over the days left.
        pace: Pace,
    },
    /// A volume in any so many days on end.
    Rolling {
        /// The volume.
        volume: Volume,
        /// The number of days, 1 to [`Licence::MOST_DAYS`].
        days: u32,
    },
}

/// A limit on what a group of offtakes takes together; the [module](self) says how it works.
#[derive(Clone, Debug)]
pub struct Licence {
    /// Its id; no other licence has it.
    pub id: String,
    /// Its name, as reports print it.
    pub name: String,
    /// Who holds it; `None` for nobody in particular.
    pub party: Option<String>,
    /// The ids of its members; none for all offtakes of the party that holds it.
    pub offtakes: Vec<String>,
    /// How much they may take.
    pub allowance: Allowance,
    /// How they share it. A rule that heeds weights takes those of the offtakes.
    pub rule: Arc<dyn ParametricRule>,
    pub(crate) origin: Origin,
}

impl Licence {
    /// The longest window of a rolling licence, in days: ten years.
    pub const MOST_DAYS: u32 = 3660;

    fn new(id: impl Into<String>, allowance: Allowance) -> Self {
        let id = id.into();
        Self {
            name: id.clone(),
            id,
            party: None,
            offtakes: Vec::new(),
            allowance,
            rule: Arc::new(Proportional),
            origin: Origin::default(),
        }
    }

    /// At most a mean flow on each day. Like all licences, in proportion to demand.
    pub fn daily(id: impl Into<String>, flow: Flow) -> Self {
        let allowance = Allowance::Daily { flow, season: None };
        Self::new(id, allowance)
    }

    /// At most a mean flow on each day of a season.
    pub fn daily_in(id: impl Into<String>, flow: Flow, season: Season) -> Self {
        let season = Some(season);
        Self::new(id, Allowance::Daily { flow, season })
    }

    /// At most a volume in a season of every year, as it is asked for until it is used up.
    pub fn seasonal(id: impl Into<String>, volume: Volume, season: Season) -> Self {
        let pace = Pace::Demand;
        let allowance = Allowance::Season {
            volume,
            season,
            pace,
        };
        Self::new(id, allowance)
    }

    /// At most a volume in a season of every year, each day at most an even part of what is left.
    pub fn evenly(id: impl Into<String>, volume: Volume, season: Season) -> Self {
        let pace = Pace::Even;
        let allowance = Allowance::Season {
            volume,
            season,
            pace,
        };
        Self::new(id, allowance)
    }

    /// At most a volume in any so many days on end.
    pub fn rolling(id: impl Into<String>, volume: Volume, days: u32) -> Self {
        Self::new(id, Allowance::Rolling { volume, days })
    }

    /// The same, with a name for reports.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The same, held by a party: its offtakes are the members where none are named.
    #[must_use]
    pub fn held_by(mut self, party: impl Into<String>) -> Self {
        self.party = Some(party.into());
        self
    }

    /// The same, with these members.
    #[must_use]
    pub fn offtakes<S: Into<String>>(mut self, ids: impl IntoIterator<Item = S>) -> Self {
        self.offtakes = ids.into_iter().map(Into::into).collect();
        self
    }

    /// The same, shared by another rule.
    #[must_use]
    pub fn sharing(mut self, rule: impl ParametricRule + 'static) -> Self {
        self.rule = Arc::new(rule);
        self
    }

    /// The indices of its members in a basin.
    pub fn members(&self, basin: &Basin) -> Vec<usize> {
        let all = basin.offtakes();
        (0..all.len()).filter(|&i| self.holds(&all[i])).collect()
    }

    fn holds(&self, offtake: &Offtake) -> bool {
        if self.offtakes.is_empty() {
            self.party.as_ref() == Some(&offtake.party)
        } else {
            self.offtakes.contains(&offtake.id)
        }
    }
}

crate::error::written_at!(Licence);

/// Checks licences against the offtakes and parties of a model.
pub(crate) fn check_licences(
    licences: &[Licence],
    offtakes: &[Offtake],
    parties: &[Party],
    faults: &mut Diagnostics,
) {
    for (l, licence) in licences.iter().enumerate() {
        let id = &licence.id;
        let fault = |what: String, field: &str, expected: &str| {
            let at = licence.origin.place(field);
            Diagnostic::new(what).at(at).expected(expected)
        };
        if id.is_empty() {
            faults.push(fault("a licence without an id".into(), "licence", "an id"));
        }
        if licences[..l].iter().any(|other| other.id == *id) {
            let what = format!("licence `{id}` is declared twice");
            faults.push(fault(what, "licence", "an id no other licence has"));
        }
        check_allowance(licence, faults);
        for (i, member) in licence.offtakes.iter().enumerate() {
            if offtakes.iter().all(|offtake| offtake.id != *member) {
                let what = format!("unknown offtake `{member}` in the licence `{id}`");
                let known = offtakes.iter().map(|offtake| offtake.id.as_str());
                let fault = fault(what, "offtakes", "the id of an offtake");
                faults.push(fault.nearest(member, known));
            }
            if licence.offtakes[..i].contains(member) {
                let what = format!("offtake `{member}` is twice in the licence `{id}`");
                faults.push(fault(what, "offtakes", "each offtake once"));
            }
        }
        match &licence.party {
            Some(party) if parties.iter().all(|known| known.id != *party) => {
                let what = format!("unknown party `{party}`");
                let known = parties.iter().map(|known| known.id.as_str());
                let fault = fault(what, "party", "the id of a party");
                faults.push(fault.nearest(party, known));
            }
            None if licence.offtakes.is_empty() => {
                let what = format!("licence `{id}` has no members");
                faults.push(fault(
                    what,
                    "offtakes",
                    "offtakes, or a party that has some",
                ));
            }
            // Of members that are named, the unknown ones were faults of their own.
            Some(party)
                if licence.offtakes.is_empty()
                    && !offtakes.iter().any(|offtake| licence.holds(offtake)) =>
            {
                let what = format!("licence `{id}` of `{party}`, which has no offtakes");
                faults.push(fault(what, "party", "a party that has some"));
            }
            _ => {}
        }
    }
}

fn check_allowance(licence: &Licence, faults: &mut Diagnostics) {
    let (least, found, field) = match licence.allowance {
        Allowance::Daily { flow, .. } => (flow >= Flow::ZERO, flow.to_string(), "limit_m3s"),
        Allowance::Season { volume, .. } | Allowance::Rolling { volume, .. } => {
            (volume >= Volume::ZERO, volume.to_string(), "limit_mcm")
        }
    };
    let finite = match licence.allowance {
        Allowance::Daily { flow, .. } => flow.is_finite(),
        Allowance::Season { volume, .. } | Allowance::Rolling { volume, .. } => volume.is_finite(),
    };
    if !(least && finite) {
        faults.push(
            Diagnostic::new(format!("the licence `{}` allows {found}", licence.id))
                .at(licence.origin.place(field))
                .expected("at least 0"),
        );
    }
    if let Allowance::Rolling { days, .. } = licence.allowance
        && !(1..=Licence::MOST_DAYS).contains(&days)
    {
        faults.push(
            Diagnostic::new(format!("a licence over {days} days"))
                .at(licence.origin.place("rolling_days"))
                .expected(format!("1 to {} days", Licence::MOST_DAYS)),
        );
    }
}
