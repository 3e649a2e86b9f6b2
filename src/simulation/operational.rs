//! The operational run: each day is decided by what is known on it.
//!
//! On a calendar day the waves that are on their way are run again from the state before the oldest
//! of them, with what is known by then of the lateral inflows. Nodes whose day is past are
//! *replayed* from the ledger: their water moves as it did. Nodes whose day is today or to come are
//! decided, those of today for good. Where nothing is known that was not expected, the decisions of
//! yesterday stand, and only the wave that starts today is run.

use super::expectation::Expectation;
use super::forecast::Unregulated;
use super::{Plan, Simulation, State};
use crate::error::Result;
use crate::ledger::Operations;
use crate::units::Flow;

/// What an operational run holds beside its state.
#[derive(Debug)]
pub(super) struct Operational<'p> {
    expectation: &'p Expectation,
    /// The day of the run that is decided for good.
    today: usize,
    /// By day and node: the lateral inflow as it is known or expected today, in m3.
    inflow: Vec<f64>,
    /// By day and node: what rivers without dams bring for sure, as it is expected today.
    sure: Vec<f64>,
    /// The inflow that policies see ahead of them.
    natural: Option<Unregulated>,
    /// The states after the waves on their way, each at its number counted round.
    after: Vec<State>,
    /// Whether waves are run again even without news.
    always: bool,
}

impl<'p> Operational<'p> {
    /// Nothing where a run has perfect foresight.
    pub(super) fn new(plan: &'p Plan, state: &State) -> Option<Self> {
        let expectation = plan.expectation.as_ref()?;
        let mut after = state.clone();
        // Readings are only looked at up to the days that are past, and those stay.
        after.accounts.seen.clear();
        let sure = if plan.routed.is_empty() {
            0
        } else {
            plan.inflow.len()
        };
        Some(Self {
            expectation,
            today: 0,
            inflow: expectation.unknown(plan),
            sure: vec![0.0; sure],
            natural: Unregulated::new(plan),
            after: vec![after; plan.last_lead as usize + 1],
            always: false,
        })
    }

    fn slot(&self, wave: i64) -> usize {
        wave.rem_euclid(self.after.len() as i64) as usize
    }

    /// Takes in what is known on a day. Whether it is news.
    fn look(&mut self, plan: &Plan, today: usize) -> Result<bool> {
        self.today = today;
        let news = self.expectation.look(plan, today, &mut self.inflow)?;
        let days = today..(today + self.expectation.ahead + 1).min(plan.days);
        if !plan.routed.is_empty() {
            let sure = &mut self.sure;
            plan.wants
                .tributaries()
                .renew(plan, days.clone(), &self.inflow, sure);
        }
        if let Some(natural) = &mut self.natural {
            natural.renew(plan, days, &self.inflow);
        }
        Ok(news || self.always)
    }
}

impl Simulation<'_> {
    /// Runs the waves on their way again even on days without news.
    ///
    /// For tests: it shows that what stands without news is what would be decided anew.
    #[doc(hidden)]
    #[must_use]
    pub fn always_deciding_anew(mut self) -> Self {
        if let Some(operational) = &mut self.operational {
            operational.always = true;
        }
        self
    }

    /// One day of an operational run.
    pub(super) fn operate(&mut self) -> Result<()> {
        let plan = self.plan;
        let today = usize::try_from(self.state.wave).unwrap_or(0);
        let Some(operational) = &mut self.operational else {
            return Ok(());
        };
        let news = operational.look(plan, today)?;
        let first = today as i64 - plan.last_lead;
        if news && self.state.wave > first {
            let before = &operational.after[operational.slot(first - 1)];
            self.state.go_back_to(before);
            self.ledger.clear(plan.undecided(today));
        }
        while self.state.wave <= today as i64 {
            self.run_wave()?;
            if let Some(operational) = &mut self.operational {
                let slot = operational.slot(self.state.wave - 1);
                operational.after[slot].go_back_to(&self.state);
            }
        }
        self.close_books(today);
        Ok(())
    }

    /// The first day that is still to be decided.
    pub(super) fn first_open_day(&self) -> usize {
        self.operational.as_ref().map_or(0, |run| run.today)
    }

    /// By day and node: the lateral inflow, as far as it is known or expected, in m3.
    pub(super) fn inflow(&self) -> &[f64] {
        let operational = self.operational.as_ref();
        operational.map_or(&self.plan.inflow, |run| &run.inflow)
    }

    /// By day and node: what rivers without dams bring for sure.
    pub(super) fn sure(&self) -> &[f64] {
        let operational = self.operational.as_ref();
        operational.map_or(self.plan.wants.tributaries().sure(), |run| &run.sure)
    }

    /// The inflow that the policy of a reservoir sees on some days.
    pub(super) fn forecast(&self, k: usize, days: std::ops::Range<usize>) -> &[Flow] {
        let store = &self.plan.stores[k];
        let renewed = self
            .operational
            .as_ref()
            .and_then(|run| run.natural.as_ref());
        let expected = renewed.and_then(|natural| natural.of(k));
        expected
            .unwrap_or(&store.forecast)
            .get(days)
            .unwrap_or_default()
    }

    /// Whether a node's day of the wave at hand is past: its water moves as it did.
    pub(super) fn is_replayed(&self, v: usize) -> bool {
        self.wave.day[v].is_none() && self.wave.passes[v].is_some()
    }

    /// Lets the nodes whose day is past do what they did.
    pub(super) fn replay(&mut self) {
        let plan = self.plan;
        for &v in &plan.order {
            let Some(day) = self.wave.passes[v].filter(|_| self.is_replayed(v)) else {
                continue;
            };
            let ways = &plan.ways[v];
            for &i in &ways.offtakes {
                if let Some(back) = plan.offtakes[i].returns {
                    let taken = self.ledger.offtakes.delivered.at(day, i);
                    self.give_back(back, taken);
                }
            }
            for &r in ways.canals.iter().chain(&ways.river) {
                let reach = &plan.reaches[r];
                self.send(r, self.ledger.reaches.entered.at(day, r), day);
                if self.wave.day[reach.head].is_none() {
                    self.wave.arriving[r] = 0.0;
                } else if reach.routed.is_none() {
                    self.wave.sent[reach.head] += self.wave.arriving[r];
                }
            }
            if let Some(k) = ways.store {
                self.state.storage[k] = self.ledger.reservoirs.storage.at(day, k);
                self.state.last_release[k] = self.ledger.reservoirs.release.at(day, k);
                self.state.last_inflow[k] = self.ledger.nodes.arrived.at(day, v);
            }
        }
    }

    /// Water that is on its way whatever is decided now.
    pub(super) fn count_sent(&mut self) {
        for (supply, sent) in self.today.supply.iter_mut().zip(&self.wave.sent) {
            *supply += sent;
        }
    }

    /// Users whose day is past claim nothing more. What they asked was needed until here, for they
    /// share what is due with those whose day is to come.
    pub(super) fn drop_past_claims(&mut self) {
        let plan = self.plan;
        for offtake in &plan.offtakes {
            if self.is_replayed(offtake.node) {
                self.today.claim[offtake.claim] = 0.0;
                for &(_, claim) in &offtake.owed {
                    self.today.claim[claim] = 0.0;
                }
            }
        }
    }

    /// Writes down what the wave at hand is to bring, as long as a reservoir can still send more.
    pub(super) fn record_orders(&mut self) {
        let plan = self.plan;
        let today = self.first_open_day() as i64;
        // The wave of the day is run for the first time, and so are all on the first day.
        let first = today == 0 || self.state.wave == today;
        let stands = |v: usize| !first && plan.day_at(self.state.wave, plan.dam[v]) < today;
        let Some(mut orders) = self.ledger.operations.take() else {
            return;
        };
        for (i, offtake) in plan.offtakes.iter().enumerate() {
            if let Some(day) = self.wave.day[offtake.node].filter(|_| !stands(offtake.node)) {
                let gets = self.ledger.offtakes.delivered.at(day, i);
                orders.ordered.set(day, i, gets);
            }
        }
        for (k, claiming) in plan.claiming.iter().enumerate() {
            if let Some((stream, _)) = claiming.stream()
                && let (Some(day), Some(_)) =
                    (self.wave.passes[stream.node], self.wave.day[stream.tail])
                && !stands(stream.tail)
            {
                let awarded = self.ledger.claims.awarded.at(day, k);
                // Awards are kept but for rounding.
                let passes = claiming.passed_on(plan, &self.ledger, day);
                orders.claimed.set(day, k, awarded.min(passes));
            }
        }
        for (v, ways) in plan.ways.iter().enumerate() {
            if ways.river.is_none()
                && let Some(day) = self.wave.day[v].filter(|_| !stands(v))
            {
                orders.left.set(day, v, self.ledger.nodes.left.at(day, v));
            }
        }
        self.ledger.operations = Some(orders);
    }

    /// Counts the balances of a day that is decided for good.
    fn close_books(&mut self, day: usize) {
        let plan = self.plan;
        for v in 0..plan.sizes.nodes {
            let start = plan.ways[v]
                .store
                .map_or(0.0, |k| match day.checked_sub(1) {
                    Some(before) => self.ledger.reservoirs.storage.at(before, k),
                    None => self.ledger.initial_storage[k],
                });
            let (came, went) = self.came_and_went(v, day, start);
            self.books[v].count(came, went);
        }
    }
}

impl Plan {
    /// The rows of the ledger that are decided anew from a day on: the days of the waves on their
    /// way, and the first of them for each claim. What a claim at a reach's head is awarded is
    /// decided at its tail.
    fn undecided(&self, today: usize) -> (std::ops::Range<usize>, impl Iterator<Item = usize>) {
        let days = today..(today + self.last_lead as usize).min(self.days);
        let claims = self.claiming.iter().map(move |claiming| {
            let travel = claiming.stream().map_or(0, |(stream, _)| {
                self.lead[stream.node] - self.lead[stream.tail]
            });
            usize::try_from(today as i64 + travel).unwrap_or(0)
        });
        (days, claims)
    }
}

/// By node: of the nearest reservoirs upstream that a wave spans, the one closest in time; the node
/// itself where there is none or it is one.
pub(super) fn nearest_dams(plan: &Plan) -> Vec<usize> {
    let mut dams: Vec<Option<usize>> = vec![None; plan.sizes.nodes];
    for &v in &plan.order {
        let ways = &plan.ways[v];
        let spanned = ways.into.iter().map(|&r| &plan.reaches[r]);
        let spanned = spanned.filter(|reach| reach.routed.is_none());
        let above = spanned.filter_map(|reach| dams[reach.tail]);
        dams[v] = match ways.store {
            Some(_) => Some(v),
            None => above.max_by_key(|&dam| plan.lead[dam]),
        };
    }
    let own = dams.iter().enumerate();
    own.map(|(v, dam)| dam.unwrap_or(v)).collect()
}

/// The table of orders of a plan, if it is operational.
pub(super) fn journal(plan: &Plan) -> Option<Operations> {
    plan.expectation.as_ref()?;
    Some(Operations::new(plan.days, plan.sizes))
}
