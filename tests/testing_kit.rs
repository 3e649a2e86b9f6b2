//! The testing kit passes what is sound, and tells in words where something is not.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use riparian::Plan;
use riparian::allocation::{Layers, ParametricRule, RULE_NAMES, rule_by_name};
use riparian::basin::Reservoir;
use riparian::calendar::Window;
use riparian::jiff::civil::Date;
use riparian::operation::{
    Decision, EnergyDemand, Expects, LinearHedging, PreRelease, ReleasePolicy, ReservoirView,
    RuleCurve, Schedule, StandardOperating, StorageTarget, YearCurve, Zone,
};
use riparian::series::DailySeries;
use riparian::testing::{Counterexample, Search, agreements, check_policy, check_run, scenarios};
use riparian::units::Flow;

fn few() -> Search {
    Search::default().cases(150)
}

/// A policy made of a closure.
struct Wants<F>(&'static str, F);

impl<F> std::fmt::Debug for Wants<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl<F: Fn(&ReservoirView, &mut Decision) + Send + Sync> ReleasePolicy for Wants<F> {
    fn name(&self) -> &str {
        self.0
    }

    fn decide(&self, view: &ReservoirView, decision: &mut Decision) {
        (self.1)(view, decision);
    }
}

/// The text has a cause and a basin of one or two places over a few days.
#[track_caller]
fn assert_small(found: &Counterexample, days: usize) {
    let lines = found.case().lines().count();
    assert!(lines <= 3, "{found}");
    let dates = found.case().split(',').next().unwrap();
    let (from, to) = dates.split_once("..").unwrap();
    let date = |text: &str| text.parse::<Date>().unwrap();
    let window = Window::new(date(from), date(to)).unwrap();
    assert!(window.days() <= days, "{found}");
}

#[test]
fn sound_policies_pass() -> Result<(), Counterexample> {
    check_policy(|_, _| StandardOperating)?;
    few().policy(|dam, _| LinearHedging::new(dam.full * 0.8))?;
    // Valid for the run alone.
    few().policy(|_, run| Schedule::planned(DailySeries::constant(run, 20.0).unwrap()))?;
    // In a class that basins have, and one they have not.
    few().policy(|dam, _| {
        let zone = |class: &str, part| Zone {
            class: class.into(),
            top: YearCurve::new(vec![(1, 1, dam.full * part)]).unwrap(),
        };
        RuleCurve::new(vec![zone("second", 0.3), zone("reserve", 0.9)])
    })?;
    let shared: Arc<dyn ReleasePolicy> = Arc::new(StandardOperating);
    few().policy(|_, _| Arc::clone(&shared))
}

#[test]
fn policies_that_look_ahead_pass() -> Result<(), Counterexample> {
    let target = |dam: &Reservoir, days| {
        let points = vec![(1, 1, dam.full * 0.9), (6, 1, dam.full * 0.2)];
        StorageTarget::new(YearCurve::new(points).unwrap(), days).unwrap()
    };
    few().policy(|dam, _| target(dam, 10))?;
    few().policy(|dam, _| target(dam, 10).expecting(Expects::Forecast))?;
    few().policy(|dam, _| target(dam, 1).expecting(Expects::Forecast))?;
    check_policy(|_, _| PreRelease::new(StandardOperating, 7))?;
    few().policy(|dam, _| PreRelease::new(LinearHedging::new(dam.full * 0.8), 30))?;
    few().policy(|dam, _| PreRelease::new(target(dam, 5).expecting(Expects::Forecast), 3))
}

#[test]
fn a_demand_of_energy_passes() -> Result<(), Counterexample> {
    let stations = AtomicU32::new(0);
    for expects in [Expects::LastInflow, Expects::Forecast] {
        Search::default().policy(|dam, run| -> Arc<dyn ReleasePolicy> {
            if dam.power.is_none() {
                return Arc::new(StandardOperating);
            }
            stations.fetch_add(1, Ordering::Relaxed);
            let demand = DailySeries::constant(run, 150.0).unwrap();
            Arc::new(EnergyDemand::new(demand).expecting(expects))
        })?;
    }
    assert!(stations.load(Ordering::Relaxed) > 50);
    Ok(())
}

#[test]
fn a_policy_that_releases_more_than_it_may_is_told_where() {
    let found = few()
        .policy(|_, _| {
            Wants("greedy", |view: &ReservoirView, decision: &mut Decision| {
                decision.release(view.max_release.min(Flow::from_m3s(50.0)) * 2.0);
            })
        })
        .unwrap_err();
    let words = found.words();
    assert!(
        words.starts_with("release policy of `n0` on 2024-02-20: `greedy` wants "),
        "{found}"
    );
    assert!(words.contains("above what can be released"), "{found}");
    assert_small(&found, 1);
}

#[test]
fn a_policy_that_changes_its_mind_is_told_when() {
    let found = few()
        .policy(|_, _| {
            let asked = Mutex::new(0_u32);
            Wants(
                "fickle",
                move |view: &ReservoirView, decision: &mut Decision| {
                    let mut asked = asked.lock().unwrap();
                    *asked += 1;
                    let odd = *asked % 2 == 1;
                    decision.release(if odd {
                        view.min_release
                    } else {
                        view.max_release
                            .min(Flow::from_m3s(9.0))
                            .max(view.min_release)
                    });
                },
            )
        })
        .unwrap_err();
    let words = found.words();
    assert!(words.contains("on 2024-02-20: `fickle` wants "), "{found}");
    assert!(words.contains("and asked again "), "{found}");
    assert_small(&found, 1);
}

#[test]
fn a_policy_that_remembers_is_caught_when_a_run_is_restored() {
    let found = few()
        .policy(|_, _| {
            let first = Mutex::new(None);
            Wants(
                "nostalgic",
                move |view: &ReservoirView, decision: &mut Decision| {
                    let day = *first.lock().unwrap().get_or_insert(view.date);
                    decision.release(if view.date > day {
                        view.min_release
                    } else {
                        view.max_release
                            .min(Flow::from_m3s(9.0))
                            .max(view.min_release)
                    });
                },
            )
        })
        .unwrap_err();
    let words = found.words();
    assert!(
        words.contains("restored, the run goes on differently: `n0` releases "),
        "{found}"
    );
    assert_small(&found, 10);
}

#[test]
fn network_rules_of_the_crate_pass() -> Result<(), Counterexample> {
    for name in RULE_NAMES {
        few().network_rule(&rule_by_name(name).unwrap())?;
    }
    Ok(())
}

/// Awards the claim but for one part in a thousand, or other layers every time.
#[derive(Debug)]
struct Short;

impl ParametricRule for Short {
    fn layers(&self, claim: f64, _weight: f64, largest: f64) -> Layers {
        Layers::none().and(0.0, largest, 0.999 * claim / largest)
    }
}

#[derive(Debug, Default)]
struct Moody(AtomicU32);

impl ParametricRule for Moody {
    fn layers(&self, claim: f64, _weight: f64, _largest: f64) -> Layers {
        let top = f64::from(1 + self.0.fetch_add(1, Ordering::Relaxed) % 2);
        Layers::none().and(0.0, top, claim / top)
    }
}

#[test]
fn a_network_rule_whose_layers_do_not_add_up_is_told_so() {
    let rule: Arc<dyn ParametricRule> = Arc::new(Short);
    assert_eq!(
        few().network_rule(&rule).unwrap_err().to_string(),
        "the layers of the claim add up to 0.999 m3: (0, 1] of slope 0.999\n\
         on a claim of 1 m3 with weight 1, where the largest is 1 m3 for each unit of weight"
    );
}

#[test]
fn a_network_rule_of_two_minds_is_told_so() {
    let rule: Arc<dyn ParametricRule> = Arc::new(Moody::default());
    let found = few().network_rule(&rule).unwrap_err();
    assert!(found.words().ends_with("and asked again others"), "{found}");
}

/// Promises of every form are drawn at every kind of place, and plans take them all.
#[test]
fn agreements_promise_at_all_a_basin_has() {
    let mut runner = TestRunner::deterministic();
    let mut kinds: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..600 {
        let sketch = scenarios(20).new_tree(&mut runner).unwrap().current();
        let model = sketch.model();
        let drawn = agreements(&model).new_tree(&mut runner).unwrap().current();
        let plan = Plan::compile(model).unwrap();
        let own = &plan.model().agreements()[0].obligations;
        assert_eq!(plan.claiming().len(), own.len());
        for obligation in own.iter().chain(&drawn.obligations) {
            let window = obligation.window.expect("a window of its own");
            assert!(plan.window().covers(window));
            let basin = plan.model().basin();
            let at = &obligation.point.terms[0].id;
            let place = if basin.offtake_index(at).is_some() {
                "offtakes"
            } else if basin.reach_index(at).is_some() {
                "a reach"
            } else {
                "a node"
            };
            let kind = format!("{} at {place}", obligation.form());
            *kinds.entry(kind).or_default() += 1;
        }
    }
    for kind in ["volume", "schedule", "minimum-flow"] {
        for place in ["offtakes", "a reach", "a node"] {
            let count = kinds.get(&format!("{kind} at {place}"));
            assert!(count.is_some_and(|&count| count > 30), "{kinds:?}");
        }
    }
    assert!(kinds["storage-by at a node"] > 30, "{kinds:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    #[test]
    fn sketches_change_as_they_say(sketch in scenarios(10)) {
        let dry = sketch.clone().dried().emptied().model();
        let basin = dry.basin();
        prop_assert!(basin.reservoirs().iter().all(|dam| dam.initial.m3() == 0.0));
        let full = sketch.filled().flooded().model();
        prop_assert!(full.basin().reservoirs().iter().all(|dam| dam.initial == dam.full));
        for model in [dry, full] {
            check_run(&Plan::compile(model)?)?;
        }
    }
}
