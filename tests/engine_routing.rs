//! Reaches that store water, change with the seasons or flow over their banks, where the answer can
//! be worked out by hand.

mod common;

use common::basins::{check_restored, check_run, waves};
use common::{assert_row, daily, days, flow, run};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::FileFailurePersistence;
use riparian::agreement::{
    Agreement, Brackets, Due, Formula, Measure, Obligation, Pace, Point, Slope, Step, Term,
};
use riparian::allocation::Binding;
use riparian::basin::routing::ReachSeason;
use riparian::basin::{Node, Offtake, Party, Reach, Reservoir, Routing};
use riparian::calendar::{Period, Window};
use riparian::jiff::civil::date;
use riparian::ledger::Ledger;
use riparian::operation::Schedule;
use riparian::series::DailySeries;
use riparian::units::Volume;
use riparian::{Model, ModelBuilder, Plan, Report, Simulation};

fn m3(volume: f64) -> Volume {
    Volume::from_m3(volume)
}

fn june(count: usize) -> Window {
    days(date(2024, 6, 1), count)
}

fn basin(window: Window) -> ModelBuilder {
    Model::builder("by hand", window)
        .party(Party::new("UP", "Upland"))
        .party(Party::new("LO", "Lowland"))
        .class("senior")
        .class("junior")
}

/// A spring and the sea, and the reach between them.
fn spring(window: Window, reach: Reach, inflow: impl Fn(usize) -> f64) -> Ledger {
    let model = basin(window)
        .node(Node::inflow("spring"))
        .node(Node::terminal("sea"))
        .reach(reach)
        .inflow("spring", daily(window, inflow));
    run(model.build().unwrap())
}

/// So much on one day, and so much on all others, in m3.
fn flood(window: Window, on: usize, peak: f64, otherwise: f64) -> DailySeries {
    daily(window, |day| if day == on { peak } else { otherwise })
}

fn river() -> Reach {
    Reach::river("river", "spring", "sea").antecedent(flow(0.0))
}

fn cascade(reservoirs: u32, k_days: f64) -> Routing {
    Routing::Cascade { reservoirs, k_days }
}

/// A dam of 1000 m3, half full, a routed reach of the given kind, a town and the sea.
fn dam_and_town(window: Window, reach: Reach) -> ModelBuilder {
    basin(window)
        .reservoir(Reservoir::new("dam", m3(1000.0)).initial(m3(500.0)))
        .node(Node::junction("town"))
        .node(Node::terminal("sea"))
        .reach(reach)
        .reach(Reach::river("lower", "town", "sea").antecedent(flow(0.0)))
        .offtake(Offtake::new("canal", "town", "LO", "junior"))
        .demand("canal", daily(window, |_| 10.0))
}

fn upper() -> Reach {
    Reach::river("upper", "dam", "town")
}

fn arrived(ledger: &Ledger, reach: usize) -> impl Iterator<Item = f64> + '_ {
    ledger.reaches().arrived.of(reach)
}

fn delivered(ledger: &Ledger, offtake: usize) -> impl Iterator<Item = f64> + '_ {
    ledger.offtakes().delivered.of(offtake)
}

mod channels {
    use super::*;

    #[test]
    fn a_step_through_a_reservoir_is_exponential_after_lag_and_loss() {
        let window = june(30);
        let reach = river().lag_days(2).loss(0.1).routing(cascade(1, 3.0));
        let ledger = spring(window, reach, |_| 100.0);
        let expected: Vec<f64> = (0..30)
            .map(|day| match f64::from(day) - 2.0 {
                t if t < 0.0 => 0.0,
                t => 90.0 * (1.0 - 3.0 * ((-t / 3.0).exp() - (-(t + 1.0) / 3.0).exp())),
            })
            .collect();
        assert_row(arrived(&ledger, 0), &expected);
    }

    #[test]
    fn a_channel_left_alone_recedes_by_the_same_part_every_day() {
        let reach = river().antecedent(flow(50.0)).routing(cascade(1, 4.0));
        let ledger = spring(june(20), reach, |_| 0.0);
        // 200 m3 in store at the start.
        let held = |day: i32| 200.0 * (-f64::from(day) / 4.0).exp();
        let expected: Vec<f64> = (0..20).map(|day| held(day) - held(day + 1)).collect();
        assert_row(arrived(&ledger, 0), &expected);
        let expected: Vec<f64> = (1..=20).map(held).collect();
        assert_row(ledger.held_in_reach(0), &expected);
    }

    #[test]
    fn muskingum_by_hand() {
        // K = 1.25 d, X = 0.2: C0 = 1/6, C1 = 1/2, C2 = 1/3.
        let routing = Routing::Muskingum {
            k_days: 1.25,
            x: 0.2,
        };
        let inflow = [6.0, 12.0, 0.0, 0.0, 0.0];
        let ledger = spring(june(5), river().routing(routing), |day| inflow[day]);
        let third = 1.0 / 3.0;
        assert_row(
            arrived(&ledger, 0),
            &[1.0, 16.0 * third, 70.0 / 9.0, 70.0 / 27.0, 70.0 / 81.0],
        );
    }

    #[test]
    fn under_ice_water_takes_longer_and_none_is_lost() {
        // Shardara to Kyzylorda: 12 days, under ice 18.
        let window = days(date(2023, 11, 1), 182);
        let ice = ReachSeason::new("12-01..03-10".parse().unwrap()).lag_days(18);
        let reach = river().antecedent(flow(1.0)).lag_days(12).season(ice);
        // Parcels of different sizes, so that each is known when it arrives.
        let ledger = spring(window, reach, |day| 100.0 + day as f64);
        let (first_ice, first_free) = (30, 131);
        let mut expected = vec![0.0; 182];
        expected[..12].fill(1.0);
        for day in 0..182 {
            let arrival = match day {
                _ if day < first_ice => day + 12,
                _ if day < first_free => day + 18,
                // Water that left after the ice does not overtake the last that left before.
                _ => (day + 12).max(first_free + 17),
            };
            if arrival < 182 {
                expected[arrival] += 100.0 + day as f64;
            }
        }
        assert_row(arrived(&ledger, 0), &expected);
        // Six days without water when the ice comes, seven parcels at once when it goes.
        assert!(expected[42..48].iter().all(|&q| q == 0.0));
        let together: f64 = (first_free - 1..first_free + 6)
            .map(|day| 100.0 + day as f64)
            .sum();
        assert_eq!(ledger.reaches().arrived.at(first_free + 17, 0), together);
        // What has not arrived at the end is what the last twelve days brought.
        let left: f64 = (170..182).map(|day| 100.0 + f64::from(day)).sum();
        let held = ledger.held_in_reach(0).last().unwrap();
        assert!((held - left).abs() < 1e-9, "{held}, {left}");
    }

    #[test]
    fn a_run_that_starts_under_ice_has_more_water_on_its_way() {
        let ice = ReachSeason::new("12-01..03-10".parse().unwrap()).lag_days(5);
        let reach = river().antecedent(flow(10.0)).lag_days(2).season(ice);
        // Entered on 8, 9 and 10 March with a lag of 5: there on days 3, 4 and 5... of the run, together with what
        // entered later and would have overtaken.
        let ledger = spring(days(date(2024, 3, 12), 8), reach, |_| 1.0);
        assert_row(
            arrived(&ledger, 0),
            &[10.0, 10.0, 10.0, 20.0 + 2.0, 1.0, 1.0, 1.0, 1.0],
        );
        assert_eq!(ledger.held_in_reach(0).next(), Some(50.0 + 1.0 - 10.0));
    }
}

mod orders {
    use super::*;

    #[test]
    fn a_dam_releases_ahead_what_will_be_wanted_net_of_what_enters_below() {
        // 10 wanted, 3 enter at the town, a fifth is lost: 8.75 a day, for three days later.
        let window = june(10);
        let reach = upper().lag_days(1).loss(0.2).routing(cascade(1, 2.0));
        let model = dam_and_town(window, reach.antecedent(flow(8.75)))
            .inflow("town", daily(window, |_| 3.0));
        let ledger = run(model.build().unwrap());
        let release: Vec<f64> = ledger.reservoirs().release.of(0).collect();
        // At the end nobody knows what is wanted after it.
        assert_row(
            release.into_iter(),
            &[8.75, 8.75, 8.75, 8.75, 8.75, 8.75, 8.75, 0.0, 0.0, 0.0],
        );
        let early: Vec<f64> = delivered(&ledger, 0).take(8).collect();
        assert_row(early.into_iter(), &[10.0; 8]);
    }

    #[test]
    fn a_change_of_lag_orders_no_day_twice() {
        // 2 days, and 4 from 5 to 8 June.
        let slow = ReachSeason::new("06-05..06-08".parse().unwrap()).lag_days(4);
        let reach = upper().lag_days(2).season(slow).antecedent(flow(10.0));
        let ledger = run(dam_and_town(june(14), reach).build().unwrap());
        let release = ledger.reservoirs().release.of(0);
        assert_row(
            release,
            &[
                10.0, 10.0, 10.0, 10.0, // for days 2 to 5
                10.0, 10.0, 10.0, 10.0, // for days 8 to 11
                0.0, 0.0, // would arrive on day 11 too
                10.0, 10.0, // for days 12 and 13
                0.0, 0.0, // after the run
            ],
        );
        // No water that enters on any day arrives on days 6 and 7.
        assert_row(
            delivered(&ledger, 0),
            &[
                10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 0.0, 0.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0,
            ],
        );
    }

    /// A spring of 10 a day with a mill, and a town beyond a reservoir of a day.
    fn mill_and_town(window: Window, class: &str) -> ModelBuilder {
        basin(window)
            .node(Node::inflow("spring"))
            .node(Node::junction("weir"))
            .node(Node::junction("town"))
            .node(Node::terminal("sea"))
            .reach(Reach::river("brook", "spring", "weir"))
            .reach(
                Reach::river("middle", "weir", "town")
                    .lag_days(1)
                    .routing(cascade(1, 1.0))
                    .antecedent(flow(6.0)),
            )
            .reach(Reach::river("lower", "town", "sea"))
            .inflow("spring", daily(window, |_| 10.0))
            .offtake(Offtake::new("mill", "weir", "UP", "junior"))
            .offtake(Offtake::new("town-main", "town", "LO", class))
            .demand("mill", daily(window, |_| 10.0))
            .demand("town-main", daily(window, |_| 6.0))
    }

    #[test]
    fn an_order_has_the_class_of_those_it_is_for() {
        let ledger = run(mill_and_town(june(10), "senior").build().unwrap());
        assert_row(delivered(&ledger, 0).take(8), &[4.0; 8]);
        assert_row(delivered(&ledger, 1).take(8), &[6.0; 8]);
        // Short for want of water at the weir, where the orders of seniors took it.
        let binding = ledger.offtakes().binding.at(0, 0);
        assert_eq!(binding, Binding::Seniors(1));
    }

    #[test]
    fn an_order_shares_with_its_class() {
        let ledger = run(mill_and_town(june(10), "junior").build().unwrap());
        // 10 and 6 wanted of 10.
        assert_row(delivered(&ledger, 0).take(8), &[6.25; 8]);
        assert_row(ledger.reaches().entered.of(1).take(8), &[3.75; 8]);
        assert!(delivered(&ledger, 1).skip(1).all(|got| got < 6.0));
    }

    #[test]
    fn what_a_treaty_claims_below_is_ordered_in_the_class_of_the_treaty() {
        let window = june(12);
        let promise = Obligation::new("town", "UP", Point::sum(["town-main"]), m3(48.0))
            .to("LO")
            .claimed_in("senior");
        let model = mill_and_town(window, "junior")
            .agreement(Agreement::new("a treaty", ["UP", "LO"]).obligation(promise));
        let plan = Plan::compile(model.build().unwrap()).unwrap();
        let ledger = Simulation::new(&plan).run().unwrap();
        // Of 6 wanted, 4 are owed. The mill shares the rest with the other 2: 6 for 10 and 2.
        let entered: Vec<f64> = ledger.reaches().entered.of(1).collect();
        assert!((entered[0] - 5.0).abs() < 1e-12, "{entered:?}");
        let report = Report::new(plan, ledger);
        let settled = &report.settlements()[0];
        // 48 m3 in Mm3.
        assert!(settled.delivered >= Some(4.8e-5), "{settled:?}");
    }

    /// A lag of two days that is routed, since it is four in the autumn.
    fn two_days() -> Reach {
        let slow = ReachSeason::new("10-01..10-31".parse().unwrap()).lag_days(4);
        upper().lag_days(2).season(slow)
    }

    fn treaty(obligations: impl IntoIterator<Item = Obligation>) -> Agreement {
        let treaty = Agreement::new("a treaty", ["UP", "LO"]);
        obligations.into_iter().fold(treaty, Agreement::obligation)
    }

    #[test]
    fn no_more_is_ordered_than_a_limit_will_leave() {
        // Of 10 wanted a day, 30 in all: those of the first two days are on their way.
        let window = june(10);
        let limit = || Obligation::limit("limit", "LO", "canal", m3(30.0));
        let model = dam_and_town(window, two_days().antecedent(flow(10.0)))
            .agreement(treaty([limit().claimed_in("senior")]));
        let ledger = run(model.build().unwrap());
        let mut row = [0.0; 10];
        row[0] = 10.0;
        assert_row(ledger.reservoirs().release.of(0), &row);
        row[..3].fill(10.0);
        assert_row(delivered(&ledger, 0), &row);
        // The same 30, but 3 a day.
        let model = dam_and_town(window, two_days().antecedent(flow(3.0)))
            .agreement(treaty([limit().claimed("senior", Pace::Even)]));
        let ledger = run(model.build().unwrap());
        assert_row(ledger.reservoirs().release.of(0).take(8), &[3.0; 8]);
        assert_row(delivered(&ledger, 0), &[3.0; 10]);
    }

    #[test]
    fn no_more_is_ordered_than_a_limit_below_lets_through() {
        // The canal leads to a field; what may enter it is 4 a day.
        let window = june(10);
        let limit = Obligation::limit("limit", "LO", "ditch", m3(40.0));
        let model = basin(window)
            .reservoir(Reservoir::new("dam", m3(1000.0)).initial(m3(500.0)))
            .node(Node::junction("town"))
            .node(Node::terminal("sea"))
            .node(Node::junction("field"))
            .reach(two_days().antecedent(flow(4.0)))
            .reach(Reach::river("lower", "town", "sea"))
            .reach(Reach::canal("ditch", "town", "field"))
            .offtake(Offtake::new("sprinkler", "field", "LO", "junior"))
            .demand("sprinkler", daily(window, |_| 10.0))
            .agreement(treaty([limit.claimed("senior", Pace::Even)]));
        let ledger = run(model.build().unwrap());
        assert_row(ledger.reservoirs().release.of(0).take(8), &[4.0; 8]);
        assert_row(delivered(&ledger, 0), &[4.0; 10]);
    }

    #[test]
    fn what_a_treaty_owes_by_its_schedule_is_ordered_for_the_day_of_its_arrival() {
        let window = june(12);
        let part = |from: usize, count: usize| days(date(2024, 6, 1 + from as i8), count);
        let due = Due::schedule([(part(0, 6), m3(12.0)), (part(6, 6), m3(36.0))]);
        let quota = Obligation::new("quota", "UP", "canal", due).claimed_in("senior");
        // Above the dam's reach, a mill wants all of the rest.
        let model = basin(window)
            .node(Node::inflow("spring"))
            .node(Node::junction("weir"))
            .node(Node::junction("town"))
            .node(Node::terminal("sea"))
            .reach(Reach::river("brook", "spring", "weir"))
            .reach(
                Reach::river("middle", "weir", "town")
                    .lag_days(2)
                    .season(ReachSeason::new("10-01..10-31".parse().unwrap()).lag_days(4))
                    .antecedent(flow(2.0)),
            )
            .reach(Reach::river("lower", "town", "sea"))
            .inflow("spring", daily(window, |_| 10.0))
            .offtake(Offtake::new("canal", "town", "LO", "last"))
            .demand("canal", daily(window, |_| 8.0))
            .offtake(Offtake::new("mill", "weir", "UP", "junior"))
            .demand("mill", daily(window, |_| 10.0))
            .class("last")
            .agreement(treaty([quota]));
        let plan = Plan::compile(model.build().unwrap()).unwrap();
        let ledger = Simulation::new(&plan).run().unwrap();
        // 2 a day, 6 from the seventh day on, sent two days before.
        let sent: Vec<f64> = ledger.reaches().entered.of(1).take(10).collect();
        assert_row(
            sent.into_iter(),
            &[2.0, 2.0, 2.0, 2.0, 6.0, 6.0, 6.0, 6.0, 6.0, 6.0],
        );
        let awarded: Vec<f64> = ledger.claims().awarded.of(0).collect();
        assert_row(
            awarded.into_iter(),
            &[2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 6.0, 6.0, 6.0, 6.0, 6.0, 6.0],
        );
    }

    #[test]
    fn a_share_of_what_comes_is_ordered_as_it_is_known_and_what_is_behind_but_once() {
        // Half of 8 is owed below the town. On the first day nothing is known of it.
        let window = june(10);
        let share = Formula::of(
            Term::new("dam").measured(Measure::Inflow),
            Brackets::share(Slope::percent(50.0)),
        );
        let share = Obligation::new("share", "UP", "lower", share.on(Step::Part(Period::Day)));
        let model = basin(window)
            .node(Node::inflow("spring"))
            .reservoir(Reservoir::new("dam", m3(1000.0)).initial(m3(500.0)))
            .node(Node::junction("town"))
            .node(Node::terminal("sea"))
            .reach(Reach::river("brook", "spring", "dam"))
            .reach(two_days().antecedent(flow(4.0)))
            .reach(Reach::river("lower", "town", "sea"))
            .inflow("spring", daily(window, |_| 8.0))
            .agreement(treaty([share.claimed_in("senior")]));
        let ledger = run(model.build().unwrap());
        // The 4 that did not come on the third day are behind; two are ordered with each order
        // until they come, on the fifth and sixth.
        let release: Vec<f64> = ledger.reservoirs().release.of(0).take(6).collect();
        assert_row(release.into_iter(), &[0.0, 4.0, 6.0, 6.0, 5.0, 4.0]);
    }

    #[test]
    fn a_limit_on_what_arrives_through_storage_is_refused() {
        let window = june(5);
        let limit = Obligation::limit("limit", "UP", "lake", m3(10.0))
            .measured(Measure::Inflow)
            .claimed_in("senior");
        let model = basin(window)
            .node(Node::inflow("spring"))
            .reservoir(Reservoir::new("lake", m3(100.0)))
            .node(Node::terminal("sea"))
            .reach(Reach::river("brook", "spring", "lake").routing(cascade(1, 2.0)))
            .reach(Reach::river("river", "lake", "sea"))
            .inflow("spring", daily(window, |_| 5.0))
            .agreement(treaty([limit]));
        let error = Plan::compile(model.build().unwrap()).unwrap_err();
        let words = error.to_string();
        assert!(words.contains("water of many days arrives"), "{words}");
    }

    #[test]
    fn rivers_that_meet_are_asked_in_proportion_to_what_they_bring() {
        let window = june(8);
        let dam = |id: &str| Reservoir::new(id, m3(1000.0)).initial(m3(500.0));
        let reach = |id: &str, from: &str, antecedent: f64| {
            Reach::river(id, from, "town")
                .routing(cascade(1, 1.0))
                .antecedent(flow(antecedent))
        };
        let model = basin(window)
            .reservoir(dam("large"))
            .reservoir(dam("small"))
            .node(Node::junction("town"))
            .node(Node::terminal("sea"))
            .reach(reach("a", "large", 7.5))
            .reach(reach("b", "small", 2.5))
            .reach(Reach::river("lower", "town", "sea"))
            .inflow("large", daily(window, |_| 3.0))
            .inflow("small", daily(window, |_| 1.0))
            .offtake(Offtake::new("canal", "town", "LO", "junior"))
            .demand("canal", daily(window, |_| 10.0))
            .build();
        let ledger = run(model.unwrap());
        assert_row(ledger.reservoirs().release.of(0).take(7), &[7.5; 7]);
        assert_row(ledger.reservoirs().release.of(1).take(7), &[2.5; 7]);
        assert_row(delivered(&ledger, 0).take(7), &[10.0; 7]);
    }

    #[test]
    fn a_dam_is_asked_for_what_a_tributary_without_one_does_not_bring() {
        // The tributary brings 8, of which its mill wants 2, and loses half of the rest: 3 of the 10.
        let window = june(8);
        let tributary = || {
            dam_and_town(
                window,
                upper().routing(cascade(1, 1.0)).antecedent(flow(7.0)),
            )
            .node(Node::inflow("spring"))
            .node(Node::junction("mill"))
            .inflow("spring", daily(window, |_| 8.0))
            .offtake(Offtake::new("mill-race", "mill", "UP", "junior"))
            .demand("mill-race", daily(window, |_| 2.0))
            .reach(Reach::river("brook", "spring", "mill"))
        };
        let side = Reach::river("side", "mill", "town").loss(0.5);
        let routed = side.clone().routing(cascade(1, 1.0));
        for side in [side, routed] {
            let model = tributary().reach(side.antecedent(flow(6.0))).build();
            let ledger = run(model.unwrap());
            // On the first days a routed tributary is taken to bring nothing yet.
            assert_row(ledger.reservoirs().release.of(0).skip(1).take(6), &[7.0; 6]);
            assert_row(delivered(&ledger, 0).take(7), &[10.0; 7]);
        }
    }

    #[test]
    fn a_flow_claimed_at_the_mouth_is_ordered_through_all_reaches_with_their_losses() {
        let window = june(10);
        let promise = Obligation::minimum_flow("sea", "UP", Point::sum(["sea"]), flow(4.0));
        let model = basin(window)
            .reservoir(Reservoir::new("dam", m3(1000.0)).initial(m3(500.0)))
            .node(Node::junction("town"))
            .node(Node::terminal("sea"))
            .reach(
                upper()
                    .loss(0.2)
                    .routing(cascade(1, 1.0))
                    .antecedent(flow(10.0)),
            )
            .reach(
                Reach::river("lower", "town", "sea")
                    .loss(0.5)
                    .routing(cascade(1, 2.0))
                    .antecedent(flow(8.0)),
            )
            .agreement(
                Agreement::new("a treaty", ["UP", "LO"]).obligation(promise.claimed_in("senior")),
            )
            .build();
        let ledger = run(model.unwrap());
        assert_row(ledger.reservoirs().release.of(0).take(7), &[10.0; 7]);
        assert_row(arrived(&ledger, 1).take(7), &[4.0; 7]);
    }

    #[test]
    fn orders_cross_one_routed_reach_after_another() {
        let window = june(12);
        let model = basin(window)
            .reservoir(Reservoir::new("dam", m3(1000.0)).initial(m3(500.0)))
            .node(Node::junction("gauge"))
            .node(Node::junction("town"))
            .node(Node::terminal("sea"))
            .reach(
                Reach::river("one", "dam", "gauge")
                    .lag_days(2)
                    .routing(cascade(1, 1.0))
                    .antecedent(flow(0.0)),
            )
            .reach(
                Reach::river("two", "gauge", "town")
                    .routing(cascade(1, 1.0))
                    .antecedent(flow(0.0)),
            )
            .reach(Reach::river("lower", "town", "sea"))
            .offtake(Offtake::new("canal", "town", "LO", "junior"))
            .demand("canal", flood(window, 9, 8.0, 0.0))
            .build();
        let ledger = run(model.unwrap());
        // Wanted on day 9: at the gauge on day 8, at the dam on day 5.
        let release: Vec<f64> = ledger.reservoirs().release.of(0).collect();
        let mut expected = [0.0; 12];
        expected[5] = 8.0;
        assert_row(release.into_iter(), &expected);
    }

    #[test]
    fn a_reservoir_below_serves_its_own_and_asks_nobody() {
        let window = june(6);
        let model = basin(window)
            .reservoir(Reservoir::new("dam", m3(1000.0)).initial(m3(500.0)))
            .reservoir(Reservoir::new("pond", m3(100.0)).initial(m3(25.0)))
            .node(Node::junction("town"))
            .node(Node::terminal("sea"))
            .reach(
                Reach::river("one", "dam", "pond")
                    .routing(cascade(1, 1.0))
                    .antecedent(flow(0.0)),
            )
            .reach(Reach::river("two", "pond", "town"))
            .reach(Reach::river("lower", "town", "sea"))
            .offtake(Offtake::new("canal", "town", "LO", "junior"))
            .demand("canal", daily(window, |_| 10.0))
            .build();
        let ledger = run(model.unwrap());
        assert_row(ledger.reservoirs().release.of(0), &[0.0; 6]);
        assert_row(delivered(&ledger, 0), &[10.0, 10.0, 5.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn a_canal_may_be_faster_than_a_routed_river() {
        // The canal takes a day, the river two and its storage.
        let window = june(10);
        let model = basin(window)
            .reservoir(Reservoir::new("dam", m3(1000.0)).initial(m3(500.0)))
            .node(Node::junction("town"))
            .node(Node::terminal("sea"))
            .reach(
                upper()
                    .lag_days(2)
                    .routing(cascade(1, 1.0))
                    .capacity(flow(6.0))
                    .antecedent(flow(6.0)),
            )
            .reach(
                Reach::canal("bypass", "dam", "town")
                    .lag_days(1)
                    .antecedent(flow(4.0)),
            )
            .reach(Reach::river("lower", "town", "sea"))
            .offtake(Offtake::new("canal", "town", "LO", "junior"))
            .demand("canal", daily(window, |_| 10.0))
            .build();
        let plan = Plan::compile(model.unwrap()).unwrap();
        let town = plan.model().basin().node_index("town").unwrap();
        assert_eq!(plan.model().basin().lead(town), 1);
        let ledger = Simulation::new(&plan).run().unwrap();
        assert_row(delivered(&ledger, 0).take(8), &[10.0; 8]);
        assert_row(ledger.reaches().entered.of(1).take(8), &[4.0; 8]);
    }
}

mod banks {
    use super::*;

    #[test]
    fn capacity_changes_with_the_season() {
        let ice = ReachSeason::new("06-03..06-04".parse().unwrap()).capacity(flow(4.0));
        let reach = upper().capacity(flow(9.0)).season(ice);
        let ledger = run(dam_and_town(june(6), reach).build().unwrap());
        let row = [9.0, 9.0, 4.0, 4.0, 9.0, 9.0];
        assert_row(delivered(&ledger, 0), &row);
        assert_row(ledger.reservoirs().ceiling.of(0), &row);
        let binding = ledger.offtakes().binding.at(2, 0);
        assert_eq!(binding, Binding::Capacity(0));
    }

    #[test]
    fn a_limit_of_an_agreement_holds_within_the_capacity_of_the_season() {
        // 42 for six days, by even parts of what is left; no more than 9, and under ice 4.
        let ice = ReachSeason::new("06-03..06-04".parse().unwrap()).capacity(flow(4.0));
        let limit = Obligation::limit("limit", "UP", "upper", m3(42.0));
        let model = dam_and_town(june(6), upper().capacity(flow(9.0)).season(ice)).agreement(
            Agreement::new("a treaty", ["UP", "LO"])
                .obligation(limit.claimed("senior", Pace::Even)),
        );
        let ledger = run(model.build().unwrap());
        assert_row(delivered(&ledger, 0), &[7.0, 7.0, 4.0, 4.0, 9.0, 9.0]);
    }

    #[test]
    fn a_canal_carries_nothing_before_it_is_built_not_even_in_a_flood() {
        // A town takes by the canal what is over, up to 15 a day; the rest is relief or spill.
        let window = june(5);
        let canal = Reach::canal("relief", "dam", "bend")
            .capacity(flow(30.0))
            .in_service_from(date(2024, 6, 4));
        let model = basin(window)
            .reservoir(
                Reservoir::new("dam", m3(100.0))
                    .initial(m3(80.0))
                    .relief("relief"),
            )
            .node(Node::terminal("sea"))
            .node(Node::junction("bend"))
            .node(Node::terminal("hollow"))
            .reach(Reach::river("river", "dam", "sea").antecedent(flow(0.0)))
            .reach(canal)
            .reach(Reach::river("end", "bend", "hollow").antecedent(flow(0.0)))
            .offtake(Offtake::new("town", "bend", "LO", "senior"))
            .demand("town", daily(window, |_| 15.0))
            .inflow("dam", daily(window, |_| 50.0))
            .policy("dam", Schedule::planned(daily(window, |_| 10.0)));
        let ledger = run(model.build().unwrap());
        let entered = [0.0, 0.0, 0.0, 30.0, 30.0];
        assert_row(ledger.reaches().entered.of(1), &entered);
        assert_row(
            ledger.reservoirs().spill.of(0),
            &[20.0, 40.0, 40.0, 10.0, 10.0],
        );
        assert_row(delivered(&ledger, 0), &[0.0, 0.0, 0.0, 15.0, 15.0]);
        assert_eq!(ledger.offtakes().binding.at(2, 0), Binding::Capacity(1));
    }

    #[test]
    fn a_relief_canal_stores_what_it_takes_and_keeps_to_its_season() {
        let window = june(8);
        let narrow = ReachSeason::new("06-05..06-30".parse().unwrap()).capacity(flow(20.0));
        let relief = Reach::canal("relief", "dam", "hollow")
            .capacity(flow(30.0))
            .season(narrow)
            .routing(cascade(1, 2.0))
            .antecedent(flow(0.0));
        let model = basin(window)
            .reservoir(
                Reservoir::new("dam", m3(100.0))
                    .initial(m3(100.0))
                    .relief("relief"),
            )
            .node(Node::terminal("sea"))
            .node(Node::terminal("hollow"))
            .reach(Reach::river("river", "dam", "sea").antecedent(flow(0.0)))
            .reach(relief)
            .inflow("dam", daily(window, |_| 50.0))
            .policy("dam", Schedule::planned(daily(window, |_| 10.0)));
        let ledger = run(model.build().unwrap());
        let entered = [30.0, 30.0, 30.0, 30.0, 20.0, 20.0, 20.0, 20.0];
        assert_row(ledger.reaches().entered.of(1), &entered);
        assert_row(
            ledger.reservoirs().spill.of(0),
            &entered.map(|relieved| 40.0 - relieved),
        );
        // A linear reservoir of two days.
        let left = 1.0 - (-0.5_f64).exp();
        let mut held = 0.0;
        let expected = entered.map(|entering| {
            let out = left * held + (1.0 - 2.0 * left) * entering;
            held += entering - out;
            out
        });
        assert_row(arrived(&ledger, 1), &expected);
    }

    #[test]
    fn a_flood_goes_over_the_bank_and_comes_back_from_a_lake_beside_the_river() {
        let window = june(6);
        let model = basin(window)
            .node(Node::inflow("spring"))
            .reservoir(Reservoir::new("koksaray", m3(500.0)).initial(m3(0.0)))
            .node(Node::terminal("sea"))
            .reach(
                Reach::river("river", "spring", "sea")
                    .loss(0.5)
                    .antecedent(flow(0.0))
                    .overflow(flow(30.0), "koksaray"),
            )
            .reach(Reach::river("escape", "koksaray", "sea").antecedent(flow(0.0)))
            .inflow("spring", flood(window, 1, 100.0, 20.0))
            .policy("koksaray", Schedule::planned(daily(window, |_| 25.0)))
            .build();
        let ledger = run(model.unwrap());
        assert_row(
            ledger.reaches().overflowed.of(0),
            &[0.0, 70.0, 0.0, 0.0, 0.0, 0.0],
        );
        assert_row(
            ledger.reaches().lost.of(0),
            &[10.0, 15.0, 10.0, 10.0, 10.0, 10.0],
        );
        assert_row(arrived(&ledger, 0), &[10.0, 15.0, 10.0, 10.0, 10.0, 10.0]);
        assert_row(
            ledger.reservoirs().storage.of(0),
            &[0.0, 0.0, 45.0, 20.0, 0.0, 0.0],
        );
        assert_row(arrived(&ledger, 1), &[0.0, 0.0, 25.0, 25.0, 20.0, 0.0]);
    }

    #[test]
    fn nothing_over_the_bank_is_sent_on_purpose() {
        let reach = upper().overflow(flow(7.0), "sea").antecedent(flow(0.0));
        let ledger = run(dam_and_town(june(4), reach).build().unwrap());
        assert_row(ledger.reservoirs().release.of(0), &[7.0; 4]);
        assert_row(ledger.reaches().overflowed.of(0), &[0.0; 4]);
    }

    #[test]
    fn water_over_the_bank_is_there_a_day_after_the_river() {
        let window = june(8);
        let model = basin(window)
            .node(Node::inflow("spring"))
            .node(Node::gauge("gauge"))
            .node(Node::terminal("sea"))
            .reach(
                Reach::river("one", "spring", "gauge")
                    .lag_days(3)
                    .antecedent(flow(0.0))
                    .overflow(flow(10.0), "gauge"),
            )
            .reach(Reach::river("two", "gauge", "sea").antecedent(flow(0.0)))
            .inflow("spring", flood(window, 0, 25.0, 0.0))
            .build();
        let ledger = run(model.unwrap());
        let mut river = [0.0; 8];
        river[3] = 10.0;
        assert_row(arrived(&ledger, 0), &river);
        let mut back = [0.0; 8];
        back[4] = 15.0;
        assert_row(ledger.nodes().returned.of(1), &back);
    }
}

/// A weir below a dam; the river on from it is routed and flows over its banks into a lake, a canal
/// beside it is quicker, the lake lets its water go back to the river, and so does the town.
#[derive(Clone, Debug)]
struct Ring {
    routing: Routing,
    lag: u32,
    ice_lag: Option<u32>,
    bankfull: f64,
    capacity: f64,
    canal_lag: u32,
    escape_lag: u32,
    return_lag: u32,
    inflow: Vec<f64>,
    demand: f64,
    loss: f64,
}

fn rings() -> impl Strategy<Value = Ring> {
    let routing = prop_oneof![
        Just(Routing::Lag),
        (1..5_u32, 0.05..8.0).prop_map(|(n, k)| cascade(n, k)),
        (0.6..2.0).prop_map(|k_days| Routing::Muskingum { k_days, x: 0.15 }),
    ];
    let river = (
        routing,
        1..9_u32,
        option::weighted(0.7, 1..15_u32),
        0.0..40.0,
        0.0..30.0,
    );
    let others = (0..4_u32, 0..6_u32, 0..20_u32);
    let water = (vec(0.0..90.0, 1..90), 0.0..40.0, 0.0..0.5);
    (river, others, water).prop_map(|(river, others, water)| {
        let (routing, lag, ice_lag, bankfull, capacity) = river;
        let (canal_lag, escape_lag, return_lag) = others;
        let (inflow, demand, loss) = water;
        let mut ring = Ring {
            routing,
            lag,
            ice_lag,
            bankfull,
            capacity,
            canal_lag,
            escape_lag,
            return_lag,
            inflow,
            demand,
            loss,
        };
        // A river that is not routed takes as long as the canal.
        let shortest = ring.lag.min(ring.ice_lag.unwrap_or(ring.lag));
        if ring.routing == Routing::Lag && ring.ice_lag.is_none_or(|ice| ice == ring.lag) {
            ring.canal_lag = ring.lag;
        } else {
            ring.canal_lag = ring.canal_lag.min(shortest - 1);
        }
        ring
    })
}

impl Ring {
    fn model(&self) -> Model {
        let window = days(date(2024, 2, 1), self.inflow.len());
        let mut river = Reach::river("river", "weir", "town")
            .lag_days(self.lag)
            .routing(self.routing)
            .loss(self.loss)
            .overflow(flow(self.bankfull), "lake");
        if let Some(lag) = self.ice_lag {
            let ice = ReachSeason::new("12-01..02-20".parse().unwrap());
            river = river.season(ice.lag_days(lag).capacity(flow(self.capacity)));
        }
        // The return flow comes later than the river could, whatever the leads are.
        let back = self.return_lag + 16;
        basin(window)
            .reservoir(Reservoir::new("dam", m3(300.0)).initial(m3(150.0)))
            .node(Node::junction("weir"))
            .reservoir(Reservoir::new("lake", m3(100.0)).initial(m3(0.0)))
            .node(Node::junction("town"))
            .node(Node::terminal("sea"))
            .reach(Reach::river("upper", "dam", "weir").lag_days(1))
            .reach(river)
            .reach(
                Reach::canal("bypass", "weir", "town")
                    .lag_days(self.canal_lag)
                    .capacity(flow(self.capacity)),
            )
            .reach(Reach::river("escape", "lake", "town").lag_days(self.escape_lag))
            .reach(Reach::river("lower", "town", "sea").routing(self.routing))
            .inflow("dam", daily(window, |day| self.inflow[day]))
            .offtake(Offtake::new("canal", "town", "LO", "junior").returning("weir", 0.3, back))
            .demand("canal", daily(window, |_| self.demand))
            .offtake(Offtake::new("mill", "weir", "UP", "junior").returning("town", 0.5, back))
            .demand("mill", daily(window, |_| self.demand))
            .build()
            .unwrap_or_else(|error| panic!("{error}"))
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_ring_lag_bank_or_lake_loses_water(ring in rings(), stop in any::<Index>()) {
        let plan = Plan::compile(ring.model())?;
        check_run(&plan)?;
        check_restored(&plan, &plan, stop.index(waves(&plan) + 1))?;
    }

    #[test]
    fn a_ledger_joined_from_two_parts_knows_what_is_in_the_channels(
        ring in rings(),
        stop in any::<Index>(),
    ) {
        let plan = Plan::compile(ring.model())?;
        let mut first = Simulation::new(&plan);
        for _ in 0..stop.index(waves(&plan) + 1) {
            first.step()?;
        }
        let second = Simulation::resume(&plan, first.state().clone())?.run()?;
        let joined = first.into_ledger().join(&second)?;
        joined.balance(plan.model().basin()).check(plan.window().to())?;
        let whole = Simulation::new(&plan).run()?;
        prop_assert_eq!(format!("{joined:?}"), format!("{whole:?}"));
    }
}
