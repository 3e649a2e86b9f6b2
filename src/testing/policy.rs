//! Release policies at the dams of random basins.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil::Date;
use proptest::test_runner::{TestCaseError, TestCaseResult};

use super::basins::{Sketch, check_restored, check_run, scenarios_with_dams, waves};
use super::{Counterexample, Search};
use crate::basin::Reservoir;
use crate::calendar::Window;
use crate::operation::{Decision, ReleasePolicy, ReservoirView};
use crate::simulation::Plan;

/// The longest run a policy or a network rule is tried on, in days.
pub(super) const MOST_DAYS: usize = 60;

/// Puts a policy at every dam of random basins, with the default [`Search`].
///
/// `policy` makes the policy of a reservoir for a run, so that it can speak of volumes the reservoir
/// has and hold for the run's days.
///
/// No decision may be infeasible; the same view must give the same decision; a saved run, restored
/// with new policies, must go on to the same bits; and all laws of [`check_run`] must hold.
///
/// # Errors
///
/// The smallest basin found on which one of these fails.
///
/// ```
/// use riparian::operation::LinearHedging;
/// use riparian::testing::check_policy;
///
/// check_policy(|dam, _| LinearHedging::new(dam.full * 0.5))?;
/// # Ok::<(), riparian::testing::Counterexample>(())
/// ```
///
/// [`check_run`]: super::check_run
pub fn check_policy<P: ReleasePolicy + 'static>(
    policy: impl Fn(&Reservoir, Window) -> P,
) -> Result<(), Counterexample> {
    Search::default().policy(policy)
}

impl Search {
    /// Puts a policy at every dam of random basins; see [`check_policy`].
    ///
    /// # Errors
    ///
    /// As for [`check_policy`].
    pub fn policy<P: ReleasePolicy + 'static>(
        &self,
        policy: impl Fn(&Reservoir, Window) -> P,
    ) -> Result<(), Counterexample> {
        let broken = self.smallest(&scenarios_with_dams(MOST_DAYS), |sketch| {
            keeps_the_laws(&sketch, &policy)
        });
        Counterexample::of(broken)
    }
}

fn keeps_the_laws<P: ReleasePolicy + 'static>(
    sketch: &Sketch,
    policy: &impl Fn(&Reservoir, Window) -> P,
) -> TestCaseResult {
    let fault = Arc::new(Mutex::new(None));
    let compiled = || {
        let model = sketch.model_operated_by(|reservoir, window| Watched {
            reservoir: reservoir.node.clone(),
            policy: policy(reservoir, window),
            fault: Arc::clone(&fault),
        });
        Plan::compile(model)
    };
    let plan = compiled()?;
    let ran = check_run(&plan);
    // A policy that cannot make up its mind is the cause of whatever else went wrong.
    if let Some(words) = fault.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(TestCaseError::fail(words));
    }
    ran?;
    check_restored(&compiled()?, &compiled()?, waves(&plan) / 2)
}

/// A policy that is asked everything twice.
struct Watched<P> {
    reservoir: String,
    policy: P,
    /// The first time that the answers differed, in words.
    fault: Arc<Mutex<Option<String>>>,
}

impl<P: fmt::Debug> fmt::Debug for Watched<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.policy.fmt(f)
    }
}

impl<P: ReleasePolicy> ReleasePolicy for Watched<P> {
    fn name(&self) -> &str {
        self.policy.name()
    }

    fn storage_classes(&self) -> Vec<String> {
        self.policy.storage_classes()
    }

    fn release_class(&self) -> Option<String> {
        self.policy.release_class()
    }

    fn sees_demand(&self) -> bool {
        self.policy.sees_demand()
    }

    fn valid(&self) -> Option<(Date, Date)> {
        self.policy.valid()
    }

    fn horizon(&self) -> usize {
        self.policy.horizon()
    }

    fn suits(&self, reservoir: &Reservoir) -> Result<(), String> {
        self.policy.suits(reservoir)
    }

    fn decide(&self, view: &ReservoirView, decision: &mut Decision) {
        let mut again = decision.clone();
        self.policy.decide(view, decision);
        self.policy.decide(view, &mut again);
        // Shortest decimal forms differ exactly where the bits do.
        if format!("{decision:?}") != format!("{again:?}") {
            let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
            fault.get_or_insert_with(|| {
                format!(
                    "release policy of `{}` on {}: `{}` wants {}, and asked again {}",
                    self.reservoir,
                    view.date,
                    self.name(),
                    wish(decision),
                    wish(&again)
                )
            });
        }
    }
}

/// `0 m3/s to 5 m3/s, keeping 3 Mm3`.
fn wish(decision: &Decision) -> String {
    let (floor, ceiling) = (decision.floor, decision.ceiling);
    let kept: Vec<String> = decision.keep.iter().map(ToString::to_string).collect();
    if kept.is_empty() {
        format!("{floor} to {ceiling}")
    } else {
        format!("{floor} to {ceiling}, keeping {}", kept.join(" and "))
    }
}
