//! What all members of an ensemble have in common, and what makes two runs parts of one.

use serde::{Deserialize, Serialize};

use super::{Keep, Variation};
use crate::agreement::Measure;
use crate::calendar::Window;
use crate::error::{Diagnostic, Result};
use crate::hash::Hash;
use crate::settlement::{Gauge, Unit};
use crate::simulation::Plan;

/// What all members of an ensemble have in common: what their figures are of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    pub(super) title: String,
    pub(super) window: Window,
    pub(super) seed: u64,
    pub(super) keep: Keep,
    pub(super) promises: Vec<Promise>,
    pub(super) users: Vec<User>,
    pub(super) watched: Vec<Watched>,
    pub(super) scenario: String,
    pub(super) identity: String,
}

/// An obligation, as the members' settlements number it.
///
/// Example: [`UserSpread`](super::UserSpread).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Promise {
    /// Its id.
    pub obligation: String,
    /// Who owes.
    pub debtor: String,
    /// To whom, if to a party.
    pub creditor: Option<String>,
    /// The unit of its figures.
    pub unit: Unit,
}

/// Whose water is counted: a party with all its offtakes, or an offtake.
///
/// Example: [`UserSpread`](super::UserSpread).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// The id.
    pub id: String,
    /// Whether it is a party.
    pub is_party: bool,
}

/// A place whose readings are kept day by day.
///
/// Example: [`ensemble`](crate::ensemble).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Watched {
    /// The id of the place.
    pub id: String,
    /// What is read there; none for the ordinary measure of the place.
    pub measure: Option<Measure>,
    /// The unit of its readings: `m3`, `m` or `kWh`.
    pub unit: String,
}

impl Frame {
    /// The title of the model.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The days of the run.
    pub fn window(&self) -> Window {
        self.window
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// What is kept of each member.
    pub fn keep(&self) -> Keep {
        self.keep
    }

    /// The obligations.
    pub fn promises(&self) -> &[Promise] {
        &self.promises
    }

    /// Parties, then offtakes.
    pub fn users(&self) -> &[User] {
        &self.users
    }

    /// The places whose days are kept.
    pub fn watched(&self) -> &[Watched] {
        &self.watched
    }

    /// The watched places, where their days are wanted.
    pub(super) fn days_kept(&self) -> &[Watched] {
        match self.keep {
            Keep::Settlements => &[],
            Keep::Summaries | Keep::Days => &self.watched,
        }
    }

    /// A hash of the model and its inputs, the same on every machine.
    pub fn scenario(&self) -> &str {
        &self.scenario
    }

    /// A hash of the crate's version, the plans, the variations, the seed and what is kept: results
    /// of the same identity are parts of one ensemble.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    pub(super) fn of(
        plans: &[&Plan],
        variations: &[Box<dyn Variation>],
        watched: Vec<Watched>,
        seed: u64,
        keep: Keep,
    ) -> Self {
        let first = plans[0].model();
        let mut promises: Vec<Promise> = Vec::new();
        let all = plans.iter().flat_map(|plan| plan.model().agreements());
        for obligation in all.flat_map(|agreement| &agreement.obligations) {
            if !promises.iter().any(|p| p.obligation == obligation.id) {
                promises.push(Promise {
                    obligation: obligation.id.clone(),
                    debtor: obligation.debtor.clone(),
                    creditor: obligation.creditor.clone(),
                    unit: Unit::of(obligation),
                });
            }
        }
        let parties = first
            .basin()
            .parties()
            .iter()
            .map(|party| (&party.id, true));
        let offtakes = first.basin().offtakes().iter().map(|o| (&o.id, false));
        let users = parties.chain(offtakes).map(|(id, is_party)| User {
            id: id.clone(),
            is_party,
        });
        let mut hash = Hash::default();
        for plan in plans {
            hash.text(&plan.content_hash());
        }
        let scenario = hash.finish();
        let mut hash = Hash::default();
        hash.text(env!("CARGO_PKG_VERSION"));
        hash.text(&scenario);
        for variation in variations {
            hash.text(&variation.describe());
        }
        hash.text(&format!("{seed} {keep:?} {watched:?}"));
        Self {
            title: first.title().to_owned(),
            window: first.window(),
            seed,
            keep,
            promises,
            users: users.collect(),
            watched,
            scenario,
            identity: hash.finish(),
        }
    }
}

impl Frame {
    /// The sides of the obligations: each party as debtor and as creditor, by unit, as far as it is
    /// one.
    pub fn sides(&self) -> Vec<Side> {
        let mut sides: Vec<Side> = Vec::new();
        for promise in &self.promises {
            let debtor = (Some(&promise.debtor), true);
            for (party, owes) in [debtor, (promise.creditor.as_ref(), false)] {
                let side = party.map(|party| Side {
                    party: party.clone(),
                    owes,
                    unit: promise.unit,
                });
                sides.extend(side.filter(|side| !sides.contains(side)));
            }
        }
        let order = |side: &Side| self.users.iter().position(|user| user.id == side.party);
        sides.sort_by_key(|side| (order(side), !side.owes, side.unit.sign()));
        sides
    }
}

/// A party as debtor or as creditor of obligations in a unit.
///
/// Example: [`UserSpread`](super::UserSpread).
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// The id of the party.
    pub party: String,
    /// Whether it owes, or is owed.
    pub owes: bool,
    /// The unit.
    pub unit: Unit,
}

impl Side {
    /// Whether an obligation is one of this side's.
    pub fn counts(&self, promise: &Promise) -> bool {
        let party = if self.owes {
            Some(&promise.debtor)
        } else {
            promise.creditor.as_ref()
        };
        promise.unit == self.unit && party == Some(&self.party)
    }
}

impl Watched {
    pub(super) fn new(plan: &Plan, id: &str, measure: Option<Measure>) -> Result<Self> {
        let basin = plan.model().basin();
        let Some(gauge) = Gauge::new(basin, id, measure) else {
            let nodes = basin.nodes().iter().map(|node| node.id.as_str());
            let offtakes = basin.offtakes().iter().map(|o| o.id.as_str());
            let what = measure.map_or("", Measure::name);
            let fault = Diagnostic::new(format!("nothing to watch: {what} at `{id}`"))
                .expected("a place of the model and a measure it has")
                .nearest(id, nodes.chain(offtakes).filter(|known| *known != id));
            return Err(crate::calendar::invalid(fault));
        };
        let unit = match gauge {
            Gauge::Level(_) => "m",
            Gauge::Energy(_) => "kWh",
            _ => "m3",
        };
        Ok(Self {
            id: id.to_owned(),
            measure,
            unit: unit.to_owned(),
        })
    }

    /// Its name in tables: the place, and what is read there.
    pub fn name(&self) -> String {
        match self.measure {
            Some(measure) => format!("{} {}", self.id, measure.name()),
            None => self.id.clone(),
        }
    }
}
