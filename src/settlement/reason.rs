//! Why something is missing.

use super::gauge::{Gauge, Upstream, gauges_of};
use super::record::Record;
use super::verdict::{Settled, Settlement, Status, settle};
use crate::agreement::{Count, Obligation};
use crate::allocation::Binding;
use crate::basin::Basin;
use crate::calendar::day_index;
use crate::ledger::{Ledger, Sum};
use crate::model::Model;
use crate::simulation::Plan;

/// A reason with the amount it accounts for.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// The reason.
    pub why: Why,
    /// How much of the shortfall, in the unit of the settlement's base: m3, or kWh for energy.
    pub amount: f64,
}

/// Why an amount is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// A reach could carry no more.
    Capacity {
        /// The reach.
        reach: String,
    },
    /// A senior minimum flow had to stay in a reach.
    MinimumFlow {
        /// The reach.
        reach: String,
    },
    /// Senior claims took the water that reaches a node.
    Seniors {
        /// The node at which the water ran out.
        node: String,
    },
    /// There was no more water at a node.
    NoWater {
        /// The node.
        node: String,
    },
    /// A ceiling of an agreement kept users from taking more.
    Limit {
        /// The obligation whose ceiling it is.
        obligation: String,
    },
    /// The creditor's own demand was below what was due.
    NotDemanded,
    /// Water lay in a reservoir upstream, and its release policy did not let it go.
    HeldInStorage {
        /// The reservoir.
        reservoir: String,
        /// The name of its policy.
        policy: String,
    },
    /// Users between the reservoirs upstream and the point took water.
    TakenUpstream {
        /// Whose offtakes.
        party: String,
    },
    /// The reservoir released water it would have needed to hold.
    Released {
        /// The reservoir.
        reservoir: String,
        /// The name of its policy.
        policy: String,
    },
    /// The water that passed the turbines made no more energy at the head there was.
    LittleWaterThroughTurbines {
        /// The reservoir.
        reservoir: String,
    },
}

impl Why {
    /// The solver's reason for a claim, in terms of the model.
    fn of_binding(model: &Model, binding: Binding) -> Option<Self> {
        let basin = model.basin();
        let node = |v: usize| basin.nodes()[v].id.clone();
        let reach = |r: usize| basin.reaches()[r].id.clone();
        Some(match binding {
            Binding::Met => return None,
            Binding::Capacity(r) => match store_at(basin, basin.reach_ends(r).0) {
                // The capacity of a dam's outlet reach is what its operator releases at most.
                Some(k) => Self::HeldInStorage {
                    reservoir: basin.reservoirs()[k].node.clone(),
                    policy: model.policy(k).name().to_owned(),
                },
                None => Self::Capacity { reach: reach(r) },
            },
            Binding::Floor(r) => Self::MinimumFlow { reach: reach(r) },
            Binding::Seniors(v) => Self::Seniors { node: node(v) },
            Binding::NoWater(v) => Self::NoWater { node: node(v) },
        })
    }
}

fn store_at(basin: &Basin, node: usize) -> Option<usize> {
    (0..basin.reservoirs().len()).find(|&k| basin.reservoir_node(k) == node)
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Capacity { reach } => write!(f, "{reach} carries no more"),
            Self::MinimumFlow { reach } => write!(f, "a senior minimum flow in {reach}"),
            Self::Seniors { node } => write!(f, "senior claims at {node}"),
            Self::NoWater { node } => write!(f, "no more water at {node}"),
            Self::Limit { obligation } => write!(f, "the limit `{obligation}`"),
            Self::NotDemanded => f.write_str("not asked for"),
            Self::HeldInStorage { reservoir, policy } => {
                write!(f, "held in {reservoir} ({policy})")
            }
            Self::TakenUpstream { party } => write!(f, "taken upstream by {party}"),
            Self::Released { reservoir, policy } => {
                write!(f, "released from {reservoir} ({policy})")
            }
            Self::LittleWaterThroughTurbines { reservoir } => {
                write!(f, "too little water through the turbines of {reservoir}")
            }
        }
    }
}

/// Reasons added up by kind and place.
#[derive(Clone, Debug, Default)]
struct Reasons {
    found: Vec<Reason>,
}

impl Reasons {
    fn add(&mut self, why: Why, amount: f64) {
        if amount <= 0.0 {
            return;
        }
        match self.found.iter_mut().find(|reason| reason.why == why) {
            Some(reason) => reason.amount += amount,
            None => self.found.push(Reason { why, amount }),
        }
    }

    /// The reasons, the weightiest first, brought to the size of the shortfall they explain.
    ///
    /// Days add up to more than the season where a surplus on other days made up for part of
    /// them; every reason then shrinks alike.
    fn explain(mut self, shortfall: f64) -> Vec<Reason> {
        let sum: f64 = self.found.iter().map(|reason| reason.amount).sum();
        if sum <= 0.0 {
            return Vec::new();
        }
        for reason in &mut self.found {
            reason.amount *= shortfall / sum;
        }
        self.found.sort_by(|a, b| b.amount.total_cmp(&a.amount));
        self.found
    }
}

impl Settled {
    /// Settles the agreements of a model against a run, and says why something is missing.
    ///
    /// The reasons of a shortfall are, for an obligation that claims, those the solver gave for
    /// its claims; for one that only observes, on each day that fell behind: first what was not
    /// asked for, then the solver's reasons for the offtake's demand; for a flow, first water held
    /// by the nearest reservoirs upstream, then withdrawals on the way, then lack of water. They
    /// are brought to the size of the shortfall in proportion.
    ///
    /// # Panics
    ///
    /// If the ledger is of another plan.
    pub fn of(plan: &Plan, ledger: &Ledger) -> Self {
        let model = plan.model();
        let record = Record::of(plan, ledger);
        let mut settled = settle(model.agreements(), &record);
        for row in &mut settled.rows {
            if row.status != Status::Short {
                continue;
            }
            let (agreement, obligation) = row.number;
            let case = Case {
                plan,
                model,
                ledger,
                obligation: &model.agreements()[agreement].obligations[obligation],
                claiming: plan
                    .claiming()
                    .iter()
                    .position(|c| (c.agreement, c.obligation) == row.number),
            };
            row.reasons = case.explain(row);
        }
        settled
    }
}

/// One obligation with all that explains it.
struct Case<'a> {
    plan: &'a Plan,
    model: &'a Model,
    ledger: &'a Ledger,
    obligation: &'a Obligation,
    claiming: Option<usize>,
}

impl Case<'_> {
    fn gauges(&self) -> Vec<(Gauge, f64, u32)> {
        let o = self.obligation;
        gauges_of(self.model.basin(), &o.point, o.measures())
    }

    /// The reasons of a shortfall, in the row's unit.
    fn explain(&self, row: &Settlement) -> Vec<Reason> {
        let run = self.ledger.window();
        let gauges = self.gauges();
        let mut reasons = Reasons::default();
        if row.count == Count::AtEnd {
            self.storage_reasons(row, &gauges, &mut reasons);
            return reasons.explain(row.shortfall());
        }
        for (date, &due) in row.period.iter().zip(&row.pace) {
            let Ok(day) = usize::try_from(day_index(run.from(), date)) else {
                continue;
            };
            let came: f64 = gauges
                .iter()
                .filter_map(|&(gauge, weight, lag)| {
                    let then = day.checked_sub(lag as usize)?;
                    Some(weight * gauge.read(self.model.basin(), self.ledger, then))
                })
                .sum();
            if due > came {
                self.reasons_of_day(day, due - came, &gauges, &mut reasons);
            }
        }
        reasons.explain(row.shortfall())
    }

    /// The ceiling that a number in the journal of limits stands for.
    fn limit(&self, number: u32) -> Option<Why> {
        let ceiling = &self.plan.claiming()[number.checked_sub(1)? as usize];
        let obligations = &self.model.agreements()[ceiling.agreement].obligations;
        Some(Why::Limit {
            obligation: obligations[ceiling.obligation].id.clone(),
        })
    }

    /// The solver's reason for a claim at a node on a day; a capacity that a ceiling had lowered is
    /// the ceiling's.
    fn why(&self, binding: Binding, day: usize, node: usize) -> Option<Why> {
        if let Binding::Capacity(r) = binding {
            let basin = self.model.basin();
            let (tail, _) = basin.reach_ends(r);
            let then = (day + basin.lead(tail) as usize).checked_sub(basin.lead(node) as usize);
            let number = then
                .filter(|&then| then < self.ledger.days())
                .map(|then| self.ledger.limits().of_reach.at(then, r));
            if let Some(why) = number.and_then(|number| self.limit(number)) {
                return Some(why);
            }
        }
        Why::of_binding(self.model, binding)
    }

    fn reasons_of_day(
        &self,
        day: usize,
        missing: f64,
        gauges: &[(Gauge, f64, u32)],
        reasons: &mut Reasons,
    ) {
        let model = self.model;
        let basin = model.basin();
        let mut left = missing;
        for (gauge, weight, _) in gauges {
            let &Gauge::Offtake(i) = gauge else { continue };
            let limits = self.ledger.limits();
            let held = (weight * limits.held_back.at(day, i)).clamp(0.0, left);
            if let Some(why) = self.limit(limits.of_offtake.at(day, i)) {
                reasons.add(why, held);
                left -= held;
            }
        }
        if let (Some(claiming), Some((gauge, ..))) = (self.claiming, gauges.first()) {
            let claims = self.ledger.claims();
            let unmet = claims.claimed.at(day, claiming) - claims.awarded.at(day, claiming);
            let binding = claims.binding.at(day, claiming);
            if let Some(why) = self.why(binding, day, gauge.node(basin)) {
                reasons.add(why, unmet.min(left));
                return;
            }
        }
        if gauges
            .iter()
            .all(|(gauge, ..)| matches!(gauge, Gauge::Offtake(_)))
        {
            for (gauge, weight, _) in gauges {
                let &Gauge::Offtake(i) = gauge else { continue };
                let journal = self.ledger.offtakes();
                let held = self.ledger.limits().held_back.at(day, i);
                let got = journal.delivered.at(day, i) + held;
                let part = (weight * (journal.demand.at(day, i) - got)).clamp(0.0, left);
                let binding = journal.binding.at(day, i);
                // A head that is too small is the user's own limit.
                let why = self
                    .why(binding, day, basin.offtake_node(i))
                    .unwrap_or(Why::Capacity {
                        reach: basin.offtakes()[i].id.clone(),
                    });
                reasons.add(why, part);
                left -= part;
            }
            reasons.add(Why::NotDemanded, left);
            return;
        }
        if let Some(&(Gauge::Energy(k), ..)) = gauges.first() {
            let reservoir = basin.reservoirs()[k].node.clone();
            reasons.add(Why::LittleWaterThroughTurbines { reservoir }, left);
            return;
        }
        for &(gauge, weight, lag) in gauges {
            if let Some(then) = day.checked_sub(lag as usize).filter(|_| weight > 0.0) {
                self.flow_reasons(gauge, then, &mut left, reasons);
            }
        }
        if let Some((gauge, ..)) = gauges.first() {
            let node = basin.nodes()[gauge.node(basin)].id.clone();
            reasons.add(Why::NoWater { node }, left);
        }
    }

    /// Water that might have come to a gauge: held upstream, or taken on the way. The water of a
    /// day at the gauge passed a place upstream earlier by the travel time between.
    fn flow_reasons(&self, gauge: Gauge, day: usize, left: &mut f64, reasons: &mut Reasons) {
        let model = self.model;
        let basin = model.basin();
        let node = gauge.node(basin);
        let upstream = Upstream::of(basin, node);
        let earlier = |v: usize| {
            let travel = basin.lead(node).saturating_sub(basin.lead(v)) as usize;
            day.checked_sub(travel)
        };
        let own = match gauge {
            Gauge::Release(k) => Some(k),
            Gauge::Reach(_) => {
                (0..basin.reservoirs().len()).find(|&k| basin.reservoir_node(k) == node)
            }
            _ => None,
        };
        for &k in upstream.stores.iter().chain(&own) {
            let reservoir = &basin.reservoirs()[k];
            let Some(then) = earlier(basin.reservoir_node(k)) else {
                continue;
            };
            let held = self.ledger.reservoirs().storage.at(then, k) - reservoir.dead.m3();
            let part = held.clamp(0.0, *left);
            let why = Why::HeldInStorage {
                reservoir: reservoir.node.clone(),
                policy: model.policy(k).name().to_owned(),
            };
            reasons.add(why, part);
            *left -= part;
        }
        for i in 0..basin.offtakes().len() {
            let at = basin.offtake_node(i);
            // A node's reading is taken before its own offtakes.
            if at == node || !upstream.nodes.contains(&at) {
                continue;
            }
            let Some(then) = earlier(at) else { continue };
            let part = self
                .ledger
                .offtakes()
                .delivered
                .at(then, i)
                .clamp(0.0, *left);
            let party = basin.offtakes()[i].party.clone();
            reasons.add(Why::TakenUpstream { party }, part);
            *left -= part;
        }
    }

    /// Why a reservoir holds less than it should: what it released on purpose since the run or the
    /// obligation began, and where that is not enough, lack of water.
    fn storage_reasons(
        &self,
        row: &Settlement,
        gauges: &[(Gauge, f64, u32)],
        reasons: &mut Reasons,
    ) {
        let basin = self.model.basin();
        let run = self.ledger.window();
        let Ok(until) = usize::try_from(day_index(run.from(), row.period.to())) else {
            return;
        };
        let since = self.obligation.window.map_or(0, |window| {
            day_index(run.from(), window.from()).max(0) as usize
        });
        let mut left = row.shortfall() * row.unit.size();
        for (gauge, ..) in gauges {
            let &Gauge::Storage(k) = gauge else { continue };
            let released: Sum = (since..=until)
                .map(|day| self.ledger.reservoirs().release.at(day, k))
                .collect();
            let reservoir = basin.reservoirs()[k].node.clone();
            let part = released.value().clamp(0.0, left);
            left -= part;
            reasons.add(
                Why::Released {
                    reservoir: reservoir.clone(),
                    policy: self.model.policy(k).name().to_owned(),
                },
                part,
            );
        }
        if let Some((gauge, ..)) = gauges.first() {
            let node = basin.nodes()[gauge.node(basin)].id.clone();
            reasons.add(Why::NoWater { node }, left);
        }
    }
}
