//! Policies that look ahead, and the limits of a release: by hand, and their laws on random floods.

mod common;

use common::{DAY, assert_row, daily, days, flow, run};
use proptest::prelude::*;
use riparian::basin::routing::ReachSeason;
use riparian::basin::{
    Node, Offtake, Outlet, OutletKind, Party, Reach, Reservoir, Routing, SeasonalLimit,
};
use riparian::calendar::Window;
use riparian::jiff::civil::date;
use riparian::ledger::Ledger;
use riparian::operation::{
    Correction, Expects, PreRelease, ReleasePolicy, Schedule, StandardOperating, StorageTarget,
    UsualRelease, YearCurve,
};
use riparian::units::{Days, Flow, Volume};
use riparian::{Model, ModelBuilder};

fn m3(volume: f64) -> Volume {
    Volume::from_m3(volume)
}

/// A dam and the sea.
fn dam_and_sea(window: Window, dam: Reservoir) -> ModelBuilder {
    Model::builder("looking ahead", window)
        .party(Party::new("LO", "Lowland"))
        .class("town")
        .reservoir(dam)
        .node(Node::terminal("sea"))
        .reach(Reach::river("river", "dam", "sea").antecedent(flow(0.0)))
}

/// The same below a spring.
fn below_a_spring(window: Window, dam: Reservoir, inflow: &[f64]) -> ModelBuilder {
    dam_and_sea(window, dam)
        .node(Node::inflow("spring"))
        .reach(Reach::river("brook", "spring", "dam"))
        .inflow("spring", daily(window, |day| inflow[day]))
}

fn storage(ledger: &Ledger) -> impl Iterator<Item = f64> + '_ {
    ledger.reservoirs().storage.of(0)
}

fn release(ledger: &Ledger) -> impl Iterator<Item = f64> + '_ {
    ledger.reservoirs().release.of(0)
}

fn spill(ledger: &Ledger) -> impl Iterator<Item = f64> + '_ {
    ledger.reservoirs().spill.of(0)
}

mod targets {
    use super::*;

    fn constant(volume: f64, days: usize) -> StorageTarget {
        StorageTarget::new(YearCurve::constant(m3(volume)), days).unwrap()
    }

    #[test]
    fn a_deviation_shrinks_by_its_share_each_day() {
        let june = days(date(2024, 6, 1), 8);
        let dam = || Reservoir::new("dam", m3(1000.0)).initial(m3(740.0));
        let expected: Vec<f64> = (1..=8).map(|k| 500.0 + 240.0 * 0.75_f64.powi(k)).collect();
        let ledger = run(dam_and_sea(june, dam())
            .inflow("dam", daily(june, |_| 90.0))
            .policy("dam", constant(500.0, 4))
            .build()
            .unwrap());
        assert_row(storage(&ledger), &expected);
        // The river was as it is before the run, too.
        let ledger = run(below_a_spring(june, dam(), &[90.0; 8])
            .policy("dam", constant(500.0, 4))
            .build()
            .unwrap());
        assert_row(storage(&ledger), &expected);
        // A forecast does as well, until the run ends and the days left are fewer than four.
        let ledger = run(below_a_spring(june, dam(), &[90.0; 8])
            .policy("dam", constant(500.0, 4).expecting(Expects::Forecast))
            .build()
            .unwrap());
        let mut deviation = 240.0;
        let to_the_end = [4.0, 4.0, 4.0, 4.0, 4.0, 3.0, 2.0, 1.0].map(|days| {
            deviation -= deviation / days;
            500.0 + deviation
        });
        assert_row(storage(&ledger), &to_the_end);
    }

    #[test]
    fn with_one_day_and_a_forecast_the_target_is_met_every_evening() {
        let window = days(date(2024, 12, 29), 6);
        let curve = || {
            let points = vec![(12, 27, m3(300.0)), (1, 6, m3(500.0))];
            YearCurve::new(points).unwrap()
        };
        let policy = StorageTarget::new(curve(), 1)
            .unwrap()
            .expecting(Expects::Forecast);
        let inflow = [50.0, 20.0, 90.0, 400.0, 20.0, 35.0];
        let dam = Reservoir::new("dam", m3(1000.0)).initial(m3(320.0));
        let ledger = run(below_a_spring(window, dam, &inflow)
            .policy("dam", policy)
            .build()
            .unwrap());
        let target: Vec<f64> = window.iter().map(|date| curve().on(date).m3()).collect();
        assert_row(storage(&ledger), &target);
        // Twenty a day are kept.
        let kept = inflow.map(|inflow| inflow - 20.0);
        assert_row(release(&ledger), &kept);
    }

    #[test]
    fn a_forecast_follows_water_through_reaches_that_store_it_change_their_lag_and_flow_over() {
        let window = days(date(2024, 2, 25), 12);
        let ice = ReachSeason::new("12-01..02-29".parse().unwrap()).lag_days(4);
        let brook = Reach::river("brook", "spring", "dam")
            .lag_days(1)
            .loss(0.1)
            .season(ice)
            .routing(Routing::Cascade {
                reservoirs: 2,
                k_days: 0.8,
            })
            .overflow(flow(120.0), "sea")
            .antecedent(flow(45.0));
        let policy = StorageTarget::new(YearCurve::constant(m3(320.0)), 1)
            .unwrap()
            .expecting(Expects::Forecast);
        let dam = Reservoir::new("dam", m3(1000.0)).initial(m3(320.0));
        let model = dam_and_sea(window, dam)
            .node(Node::inflow("spring"))
            .reach(brook)
            .inflow("spring", daily(window, |day| 40.0 * ((day * 3) % 5) as f64))
            .policy("dam", policy);
        let ledger = run(model.build().unwrap());
        assert_row(storage(&ledger), &[320.0; 12]);
        assert!(ledger.reaches().overflowed.of(1).sum::<f64>() > 0.0);
    }

    #[test]
    fn what_a_forecast_brings_within_the_days_is_released_evenly() {
        let june = days(date(2024, 6, 1), 4);
        let dam = Reservoir::new("dam", m3(1000.0)).initial(m3(500.0));
        let policy = constant(460.0, 4).expecting(Expects::Forecast);
        let inflow = [0.0, 200.0, 0.0, 80.0];
        let ledger = run(below_a_spring(june, dam, &inflow)
            .policy("dam", policy)
            .build()
            .unwrap());
        assert_row(release(&ledger), &[80.0; 4]);
        assert_row(storage(&ledger), &[420.0, 540.0, 460.0, 460.0]);
    }

    #[test]
    fn a_target_heeds_dead_storage_full_supply_and_the_least_release() {
        let june = days(date(2024, 6, 1), 3);
        let dam = Reservoir::new("dam", m3(100.0))
            .initial(m3(60.0))
            .dead(m3(20.0))
            .min_release(flow(5.0));
        let run = |target| {
            run(dam_and_sea(june, dam.clone())
                .policy("dam", constant(target, 1))
                .build()
                .unwrap())
        };
        assert_row(release(&run(0.0)), &[40.0, 0.0, 0.0]);
        assert_row(release(&run(9e9)), &[5.0, 5.0, 5.0]);
    }

    #[test]
    fn no_days_are_refused() {
        let target = || YearCurve::constant(m3(1.0));
        assert_eq!(
            StorageTarget::new(target(), 0).unwrap_err(),
            "a deviation corrected over 0 days"
        );
        assert!(StorageTarget::new(target(), 367).is_err());
    }
}

mod usual {
    use super::*;

    const SPREAD: Correction = Correction::Spread(Days(4.0));

    /// A dam that holds 240 more than its usual 500, and releases usually `usual` a day.
    fn releasing(usual: f64, inflow: f64, correction: Correction) -> riparian::Result<Model> {
        let june = days(date(2024, 6, 1), 6);
        let dam = Reservoir::new("dam", m3(1000.0))
            .initial(m3(740.0))
            .dead(m3(100.0));
        let curve = YearCurve::constant(m3(500.0));
        let policy = UsualRelease::new([flow(usual); 36], curve, correction).unwrap();
        dam_and_sea(june, dam)
            .inflow("dam", daily(june, |_| inflow))
            .policy("dam", policy)
            .build()
    }

    #[test]
    fn a_deviation_spread_over_days_shrinks_by_its_share_each_day() {
        let ledger = run(releasing(90.0, 90.0, SPREAD).unwrap());
        let expected: Vec<f64> = (1..=6).map(|k| 500.0 + 240.0 * 0.75_f64.powi(k)).collect();
        assert_row(storage(&ledger), &expected);
    }

    #[test]
    fn a_scaled_release_goes_to_nothing_with_what_is_in_store() {
        // A fifth of what lies above the dead storage, each day.
        let ledger = run(releasing(80.0, 0.0, Correction::Scale(1.0)).unwrap());
        let expected: Vec<f64> = (1..=6).map(|k| 100.0 + 640.0 * 0.8_f64.powi(k)).collect();
        assert_row(storage(&ledger), &expected);
        let ledger = run(releasing(80.0, 0.0, Correction::Scale(2.0)).unwrap());
        assert_row(release(&ledger).take(1), &[80.0 * 1.6 * 1.6]);
        let ledger = run(releasing(80.0, 0.0, Correction::Scale(0.0)).unwrap());
        assert_row(release(&ledger), &[80.0; 6]);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let new = |usual: f64, correction| {
            let curve = YearCurve::constant(m3(500.0));
            UsualRelease::new([flow(usual); 36], curve, correction).map(|_| ())
        };
        assert!(new(-1.0, SPREAD).is_err() && new(f64::NAN, SPREAD).is_err());
        assert_eq!(
            new(1.0, Correction::Spread(Days(0.5))).unwrap_err(),
            "a deviation corrected over 0.5 days"
        );
        assert!(new(1.0, Correction::Scale(-0.1)).is_err());
        // As much is dead as there usually is.
        let june = days(date(2024, 6, 1), 1);
        let refused = |correction| {
            let dam = Reservoir::new("dam", m3(1000.0)).dead(m3(500.0));
            let curve = YearCurve::constant(m3(500.0));
            let policy = UsualRelease::new([flow(1.0); 36], curve, correction).unwrap();
            let model = dam_and_sea(june, dam.initial(m3(600.0))).policy("dam", policy);
            model.build().err().map(|error| error.to_string())
        };
        assert_eq!(refused(SPREAD), None);
        let error = refused(Correction::Scale(1.0)).unwrap();
        assert!(error.contains("not above the dead storage"), "{error}");
    }
}

mod floods {
    use super::*;

    const FLOOD: [f64; 5] = [0.0, 0.0, 0.0, 60.0, 0.0];

    fn dam() -> Reservoir {
        Reservoir::new("dam", m3(100.0)).initial(m3(80.0))
    }

    fn released(policy: impl ReleasePolicy + 'static) -> Ledger {
        let june = days(date(2024, 6, 1), 5);
        run(below_a_spring(june, dam(), &FLOOD)
            .policy("dam", policy)
            .build()
            .unwrap())
    }

    #[test]
    fn room_for_a_flood_is_made_evenly() {
        let ledger = released(PreRelease::new(StandardOperating, 5));
        assert_row(release(&ledger), &[10.0, 10.0, 10.0, 10.0, 0.0]);
        assert_row(storage(&ledger), &[70.0, 60.0, 50.0, 100.0, 100.0]);
        // Over two days, the flood is seen a day before.
        let ledger = released(PreRelease::new(StandardOperating, 2));
        assert_row(release(&ledger), &[0.0, 0.0, 20.0, 20.0, 0.0]);
        // And nobody who does not look sees it.
        let ledger = released(StandardOperating);
        assert_row(release(&ledger), &[0.0, 0.0, 0.0, 40.0, 0.0]);
    }

    #[test]
    fn the_day_that_binds_need_not_be_the_last() {
        let june = days(date(2024, 6, 1), 5);
        // 25, 50/2, 110/3, 120/4, 130/5 too much.
        let inflow = [45.0, 25.0, 60.0, 10.0, 10.0];
        let policy = PreRelease::new(StandardOperating, 5);
        let ledger = run(below_a_spring(june, dam(), &inflow)
            .policy("dam", policy)
            .build()
            .unwrap());
        let third = 110.0 / 3.0;
        assert_row(release(&ledger), &[third, third, third, 10.0, 10.0]);
        assert_row(spill(&ledger), &[0.0; 5]);
    }

    #[test]
    fn the_other_policy_is_heard_as_long_as_there_is_room() {
        let june = days(date(2024, 6, 1), 5);
        let schedule = |volumes: [f64; 5]| Schedule::planned(daily(june, |day| volumes[day]));
        // More than is needed stays; less is raised, also above the schedule's own ceiling.
        let ledger = released(PreRelease::new(schedule([25.0, 1.0, 1.0, 1.0, 1.0]), 5));
        assert_row(release(&ledger), &[25.0, 5.0, 5.0, 5.0, 1.0]);
        let shared: std::sync::Arc<dyn ReleasePolicy> = std::sync::Arc::new(schedule([0.0; 5]));
        let ledger = released(PreRelease::new(shared, 5));
        assert_row(release(&ledger), &[10.0, 10.0, 10.0, 10.0, 0.0]);
    }

    #[test]
    fn a_forecast_that_is_given_is_believed() {
        let june = days(date(2024, 6, 1), 5);
        let model = |seen: [f64; 5]| {
            below_a_spring(june, dam(), &FLOOD)
                .forecast("dam", daily(june, |day| seen[day]))
                .policy("dam", PreRelease::new(StandardOperating, 5))
        };
        let ledger = run(model([0.0, 0.0, 0.0, 20.0, 0.0]).build().unwrap());
        assert_row(release(&ledger), &[0.0, 0.0, 0.0, 40.0, 0.0]);
        let ledger = run(model([0.0, 50.0, 0.0, 0.0, 0.0]).build().unwrap());
        assert_row(release(&ledger), &[15.0, 15.0, 0.0, 10.0, 0.0]);
        let error = model([0.0, -50.0, 0.0, 0.0, 0.0]).build().unwrap_err();
        let fault = error.to_string();
        assert!(
            fault.starts_with("the forecast for `dam` is -0.000"),
            "{fault}"
        );
    }

    #[test]
    fn the_unregulated_river_is_seen_through_lags_losses_and_dams() {
        let june = days(date(2024, 6, 1), 5);
        // 80 leave the spring on the second day; half is lost, and 20 more on the way; the upper
        // dam could hold it all, but the forecast knows nothing of that.
        let model = Model::builder("a cascade", june)
            .node(Node::inflow("spring"))
            .reservoir(Reservoir::new("upper", m3(1000.0)))
            .node(Node::junction("marsh"))
            .reservoir(Reservoir::new("dam", m3(100.0)).initial(m3(100.0)))
            .node(Node::terminal("sea"))
            .reach(Reach::river("a", "spring", "upper").loss(0.5).lag_days(1))
            .reach(Reach::river("b", "upper", "marsh"))
            .reach(
                Reach::river("c", "marsh", "dam")
                    .lag_days(1)
                    .antecedent(flow(0.0)),
            )
            .reach(Reach::river("d", "dam", "sea").antecedent(flow(0.0)))
            .inflow("spring", daily(june, |day| [0.0, 80.0, 0.0, 0.0, 0.0][day]))
            .inflow("marsh", daily(june, |_| -20.0))
            .policy("dam", PreRelease::new(StandardOperating, 5))
            .build()
            .unwrap();
        let ledger = run(model);
        let released: Vec<f64> = ledger.reservoirs().release.of(1).collect();
        // The dam is full, and 80/2 - 20 = 20 are seen on the fourth day.
        assert_row(released.into_iter(), &[5.0, 5.0, 5.0, 5.0, 0.0]);
    }

    prop_compose! {
        /// Inflows, storage and outlets of a dam of 100, and its dead storage.
        fn floods()(
            inflow in prop::collection::vec(prop_oneof![3 => 0.0..20.0, 1 => 20.0..300.0], 2..12),
            (initial, dead) in (0.0..=100.0, 0.0..60.0),
            outlet in 1.0..150.0,
        ) -> (Vec<f64>, f64, f64, f64) {
            (inflow, f64::max(initial, dead), dead, outlet)
        }
    }

    /// The least constant release that keeps every evening at or below full, and whether there is
    /// water for it every day.
    fn constant_release(inflow: &[f64], initial: f64, dead: f64) -> (f64, bool) {
        let mut evenings = vec![initial];
        for inflow in inflow {
            evenings.push(evenings[evenings.len() - 1] + inflow);
        }
        let days = || evenings.iter().enumerate().skip(1);
        let least = days().fold(0.0, |least: f64, (i, w)| least.max((w - 100.0) / i as f64));
        (least, days().all(|(i, w)| w - i as f64 * least >= dead))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1000, max_global_rejects: 10_000, ..ProptestConfig::default() })]

        #[test]
        fn nothing_is_spilled_if_a_constant_release_can_prevent_it(
            (inflow, initial, dead, outlet) in floods(),
        ) {
            let june = days(date(2024, 6, 1), inflow.len());
            let dam = Reservoir::new("dam", m3(100.0))
                .initial(m3(initial))
                .dead(m3(dead))
                .outlet(Outlet::constant("gate", OutletKind::Gate, flow(outlet)));
            let (least, has_water) = constant_release(&inflow, initial, dead);
            prop_assume!(has_water);
            let policy = PreRelease::new(StandardOperating, inflow.len());
            let ledger = run(below_a_spring(june, dam, &inflow).policy("dam", policy).build().unwrap());
            let spilled: f64 = spill(&ledger).sum();
            let moved = initial + inflow.iter().sum::<f64>();
            if least <= outlet {
                prop_assert!(spilled <= 1e-12 * moved, "{} spilled", spilled);
                // On no day is more released than that constant flow: no flatter way exists.
                for released in release(&ledger) {
                    prop_assert!(released <= least * (1.0 + 1e-9) + 1e-12 * moved);
                }
            } else {
                prop_assert!(spilled > 0.0, "{} needed, {} possible", least, outlet);
            }
        }
    }
}

mod limits {
    use super::*;

    fn schedule(window: Window, volumes: &'static [f64]) -> Schedule {
        Schedule::planned(daily(window, |day| volumes[day]))
    }

    #[test]
    fn releases_rise_and_fall_by_limits_of_their_own() {
        let june = days(date(2024, 6, 1), 8);
        let dam = Reservoir::new("dam", m3(1e4))
            .initial(m3(5e3))
            .ramp_up(flow(30.0))
            .ramp_down(flow(10.0));
        let policy = schedule(june, &[50.0, 50.0, 50.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let ledger = run(dam_and_sea(june, dam)
            .policy("dam", policy)
            .build()
            .unwrap());
        let ramp = [30.0, 50.0, 50.0, 40.0, 30.0, 20.0, 10.0, 0.0];
        assert_row(release(&ledger), &ramp);
    }

    #[test]
    fn under_ice_the_river_carries_less_and_keeps_some() {
        let winter = days(date(2024, 11, 29), 5);
        let ice = "12-01..02-29".parse().unwrap();
        let dam = Reservoir::new("dam", m3(1e4))
            .initial(m3(5e3))
            .min_release(flow(10.0))
            .seasonal(
                SeasonalLimit::new(ice)
                    .at_least(flow(35.0))
                    .at_most(flow(60.0)),
            );
        let policy = schedule(winter, &[90.0, 0.0, 90.0, 0.0, 50.0]);
        let ledger = run(dam_and_sea(winter, dam.clone())
            .policy("dam", policy)
            .build()
            .unwrap());
        assert_row(release(&ledger), &[90.0, 10.0, 60.0, 35.0, 50.0]);
        // Ice goes before ramping.
        let policy = schedule(winter, &[90.0, 90.0, 90.0, 0.0, 0.0]);
        let slow = dam.ramp_up(flow(1e3)).ramp_down(flow(15.0));
        let ledger = run(dam_and_sea(winter, slow)
            .policy("dam", policy)
            .build()
            .unwrap());
        assert_row(release(&ledger), &[90.0, 90.0, 60.0, 45.0, 35.0]);
    }

    #[test]
    fn limits_that_cannot_be_are_refused() {
        let june = days(date(2024, 6, 1), 3);
        let all_year = || SeasonalLimit::new("01-01..12-31".parse().unwrap());
        let dam = || Reservoir::new("dam", m3(100.0)).min_release(Flow::from_m3s(8.0));
        for (dam, fault) in [
            (
                dam().seasonal(all_year().at_most(Flow::from_m3s(5.0))),
                "the largest release of reservoir `dam` is 5 m3/s in 01-01..12-31; \
                 expected at least the least release, 8 m3/s",
            ),
            (
                dam().seasonal(all_year().at_least(Flow::from_m3s(-5.0))),
                "the seasonal limit of reservoir `dam` is no flow in 01-01..12-31; \
                 expected flows of at least 0",
            ),
            (
                dam()
                    .ramp_up(Flow::from_m3s(1.0))
                    .ramp_down(Flow::from_m3s(-1.0)),
                "the ramping limit of reservoir `dam` is -1 m3/s; expected a flow above 0",
            ),
        ] {
            assert_eq!(
                dam_and_sea(june, dam).build().unwrap_err().to_string(),
                fault
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        /// Whatever the policy: a release rises no faster, and falls no faster as long as there is
        /// water.
        #[test]
        fn ramping_limits_hold(
            water in prop::collection::vec((0.0..60.0, 0.0..60.0), 2..20),
            (up, down, initial) in (1.0..20.0, 1.0..20.0, 0.0..400.0),
            which in 0..4,
        ) {
            let june = days(date(2024, 6, 1), water.len());
            let dam = Reservoir::new("dam", m3(400.0))
                .initial(m3(initial))
                .dead(m3(5.0))
                .ramp_up(flow(up))
                .ramp_down(flow(down));
            let builder = Model::builder("ramping", june)
                .party(Party::new("LO", "Lowland"))
                .class("town")
                .node(Node::inflow("spring"))
                .reservoir(dam)
                .node(Node::terminal("sea"))
                .reach(Reach::river("brook", "spring", "dam"))
                .node(Node::junction("town"))
                .reach(Reach::river("upper", "dam", "town").antecedent(flow(10.0)))
                .reach(Reach::river("lower", "town", "sea"))
                .inflow("spring", daily(june, |day| water[day].0))
                .offtake(Offtake::new("canal", "town", "LO", "town"))
                .demand("canal", daily(june, |day| water[day].1));
            let target = || {
                let target = YearCurve::constant(m3(200.0));
                StorageTarget::new(target, 3).unwrap().expecting(Expects::Forecast)
            };
            let builder = match which {
                0 => builder,
                1 => builder.policy("dam", target()),
                2 => builder.policy("dam", PreRelease::new(StandardOperating, 6)),
                _ => builder.policy("dam", PreRelease::new(target(), 6)),
            };
            let ledger = run(builder.build().unwrap());
            let mut last = 10.0;
            for (released, stored) in release(&ledger).zip(storage(&ledger)) {
                prop_assert!(released <= (last + up) * (1.0 + 1e-9));
                let ran_dry = stored <= 5.0 * (1.0 + 1e-9);
                prop_assert!(ran_dry || released >= last - down - 1e-9 * last);
                last = released;
            }
        }
    }
}

#[test]
fn flows_are_in_a_days_volumes() {
    assert_eq!(flow(DAY), Flow::from_m3s(1.0));
}
