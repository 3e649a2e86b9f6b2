//! What a run carries from one wave to the next.

use serde::{Deserialize, Serialize};

use super::Plan;
use super::channel::{self, Held};
use super::claims::Accounts;
use super::licences::LicenceAccount;
use crate::error::{Error, Result};

/// Everything a run carries from one wave to the next: restore it and the run goes on to the same
/// bits.
///
/// ```
/// # use riparian::{Plan, Simulation, State};
/// # fn save_and_go_on(plan: &Plan) -> riparian::Result<()> {
/// let mut run = Simulation::new(plan);
/// run.step()?;
/// let saved = run.state().clone();
/// let mut again = Simulation::resume(plan, saved)?;
/// again.step()?;
/// run.step()?;
/// assert_eq!(run.state(), again.state());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The wave that comes next.
    pub(crate) wave: i64,
    /// By reservoir, in m3.
    pub(crate) storage: Vec<f64>,
    /// By reservoir: the release of the day before, in m3.
    pub(crate) last_release: Vec<f64>,
    /// By reservoir: what the river brought the day before, in m3.
    pub(crate) last_inflow: Vec<f64>,
    /// By return flow: what is on its way, one place for each wave until it arrives.
    pub(crate) returning: Vec<Vec<f64>>,
    /// What obligations that claim have got so far.
    pub(crate) accounts: Accounts,
    /// By routed reach: the water in the channel.
    #[serde(default)]
    pub(crate) channels: Vec<Held>,
    /// Whether it is of an operational run: days to come are in it as they were expected.
    #[serde(default)]
    pub(crate) expected: bool,
    /// By licence: what was taken.
    #[serde(default)]
    pub(crate) licences: Vec<LicenceAccount>,
}

impl State {
    pub(crate) fn first(plan: &Plan) -> Self {
        let antecedent: Vec<f64> = plan.reaches.iter().map(|r| r.antecedent).collect();
        let before = plan.stores.iter();
        let before = before.map(|store| store.before_the_run(plan, &antecedent));
        let (last_release, last_inflow) = before.unzip();
        Self {
            wave: -plan.last_lead,
            storage: plan.stores.iter().map(|s| s.initial).collect(),
            last_release,
            last_inflow,
            returning: plan.returns.iter().map(|r| vec![0.0; r.waves]).collect(),
            accounts: Accounts::first(plan),
            channels: channel::first(&plan.routed, &plan.reaches),
            expected: plan.expectation.is_some(),
            licences: LicenceAccount::first(plan),
        }
    }

    /// Becomes the same as another state of the run, but for readings, in the memory it has.
    pub(super) fn go_back_to(&mut self, other: &Self) {
        let Self {
            wave,
            storage,
            last_release,
            last_inflow,
            returning,
            accounts,
            channels,
            expected: _,
            licences,
        } = other;
        self.wave = *wave;
        self.storage.clone_from(storage);
        self.last_release.clone_from(last_release);
        self.last_inflow.clone_from(last_inflow);
        for (mine, theirs) in self.returning.iter_mut().zip(returning) {
            mine.clone_from(theirs);
        }
        self.accounts.go_back_to(accounts);
        for (mine, theirs) in self.channels.iter_mut().zip(channels) {
            mine.go_back_to(theirs);
        }
        for (mine, theirs) in self.licences.iter_mut().zip(licences) {
            mine.go_back_to(theirs);
        }
    }

    /// Whether this state belongs to a run of that plan, as far as sizes tell.
    pub(crate) fn check(&self, plan: &Plan) -> Result<()> {
        if self.expected || plan.expectation.is_some() {
            return Err(Error::state(
                "an operational run cannot go on from a saved state: days to come are in it as they \
                 were expected",
            ));
        }
        let sizes = [
            ("reservoirs", self.storage.len(), plan.stores.len()),
            ("reservoirs", self.last_release.len(), plan.stores.len()),
            ("reservoirs", self.last_inflow.len(), plan.stores.len()),
            ("return flows", self.returning.len(), plan.returns.len()),
            ("claims", self.accounts.came.len(), plan.claiming.len()),
            (
                "accounts",
                self.accounts.balances.len(),
                plan.claiming.len(),
            ),
            ("gauges", self.accounts.seen.len(), plan.watched.len()),
            ("routed reaches", self.channels.len(), plan.routed.len()),
            ("licences", self.licences.len(), plan.licences.len()),
        ];
        for (what, found, expected) in sizes {
            if found != expected {
                return Err(Error::state(format!(
                    "the saved state has {found} {what}, the plan has {expected}"
                )));
            }
        }
        let lags = self.returning.iter().zip(&plan.returns);
        if lags
            .into_iter()
            .any(|(held, back)| held.len() != back.waves)
        {
            return Err(Error::state(
                "the saved state has return flows of other travel times than the plan",
            ));
        }
        let channels = self.channels.iter().zip(&plan.routed);
        if channels
            .into_iter()
            .any(|(held, routed)| !routed.fits(held))
        {
            return Err(Error::state(
                "the saved state has reaches of other travel times than the plan",
            ));
        }
        let licences = self.licences.iter().zip(&plan.licences);
        if licences
            .into_iter()
            .any(|(account, licence)| !account.fits(licence))
        {
            return Err(Error::state(
                "the saved state has licences of other days than the plan",
            ));
        }
        if !self.accounts.fit(plan) {
            return Err(Error::state(
                "the saved state has obligations of other periods than the plan",
            ));
        }
        let waves = -plan.last_lead..=plan.days as i64;
        if !waves.contains(&self.wave) {
            return Err(Error::state(format!(
                "the saved state is at wave {}, the plan runs from {} to {}",
                self.wave,
                waves.start(),
                waves.end()
            )));
        }
        Ok(())
    }
}
