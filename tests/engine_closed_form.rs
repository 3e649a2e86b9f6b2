//! The engine where the answer can be worked out by hand.

mod common;

use common::{DAY, assert_row, daily, days, flow, run};
use riparian::agreement::{Agreement, Due, Measure, Obligation, Point};
use riparian::allocation::Binding;
use riparian::basin::{
    Curve, CurvePoint, Node, Offtake, Outlet, OutletKind, Party, PowerPlant, Reach, Reservoir,
};
use riparian::calendar::Window;
use riparian::jiff::civil::date;
use riparian::ledger::Ledger;
use riparian::operation::{LinearHedging, RuleCurve, Schedule, YearCurve, Zone, ZoneHedging};
use riparian::units::{Area, Level, Power, Volume};
use riparian::{Model, ModelBuilder};

fn m3(volume: f64) -> Volume {
    Volume::from_m3(volume)
}

/// Ten days of June of two parties, the classes senior and junior.
fn ten_days() -> Window {
    days(date(2024, 6, 1), 10)
}

fn basin(window: Window) -> ModelBuilder {
    Model::builder("by hand", window)
        .party(Party::new("UP", "Upland"))
        .party(Party::new("LO", "Lowland"))
        .class("senior")
        .class("junior")
}

/// A dam and the sea, joined by one reach.
fn dam_and_sea(window: Window, dam: Reservoir, inflow: f64) -> ModelBuilder {
    basin(window)
        .reservoir(dam)
        .node(Node::terminal("sea"))
        .reach(Reach::river("river", "dam", "sea").antecedent(flow(0.0)))
        .inflow("dam", daily(window, |_| inflow))
}

/// The same with a town between, which has an offtake of the senior class.
fn dam_and_town(window: Window, dam: Reservoir, inflow: f64, demand: f64) -> ModelBuilder {
    basin(window)
        .reservoir(dam)
        .node(Node::junction("town"))
        .node(Node::terminal("sea"))
        .reach(Reach::river("upper", "dam", "town").antecedent(flow(0.0)))
        .reach(Reach::river("lower", "town", "sea").antecedent(flow(0.0)))
        .inflow("dam", daily(window, |_| inflow))
        .offtake(Offtake::new("canal", "town", "LO", "senior"))
        .demand("canal", daily(window, |_| demand))
}

fn promise(obligation: Obligation) -> Agreement {
    Agreement::new("a treaty", ["UP", "LO"]).obligation(obligation.to("LO"))
}

fn storage(ledger: &Ledger) -> impl Iterator<Item = f64> + '_ {
    ledger.reservoirs().storage.of(0)
}

fn release(ledger: &Ledger) -> impl Iterator<Item = f64> + '_ {
    ledger.reservoirs().release.of(0)
}

fn delivered(ledger: &Ledger, offtake: usize) -> impl Iterator<Item = f64> + '_ {
    ledger.offtakes().delivered.of(offtake)
}

mod reservoirs {
    use super::*;

    #[test]
    fn storage_rises_by_inflow_less_release_and_then_spills() {
        let june = ten_days();
        let dam = Reservoir::new("dam", m3(100.0)).initial(m3(10.0));
        let schedule = Schedule::planned(daily(june, |_| 30.0));
        let ledger = run(dam_and_sea(june, dam, 50.0)
            .policy("dam", schedule)
            .build()
            .unwrap());
        let full = [100.0; 5];
        assert_row(
            storage(&ledger),
            &[&[30.0, 50.0, 70.0, 90.0][..], &[100.0], &full].concat(),
        );
        assert_row(release(&ledger), &[30.0; 10]);
        let spill = ledger.reservoirs().spill.of(0);
        assert_row(
            spill,
            &[0.0, 0.0, 0.0, 0.0, 10.0, 20.0, 20.0, 20.0, 20.0, 20.0],
        );
    }

    #[test]
    fn a_schedule_empties_the_reservoir_and_then_passes_what_comes() {
        let june = ten_days();
        let dam = Reservoir::new("dam", m3(100.0))
            .initial(m3(65.0))
            .dead(m3(5.0));
        let schedule = Schedule::planned(daily(june, |_| 30.0));
        let ledger = run(dam_and_sea(june, dam, 10.0)
            .policy("dam", schedule)
            .build()
            .unwrap());
        let row = [45.0, 25.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0];
        assert_row(storage(&ledger), &row);
        let row = [30.0, 30.0, 30.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0];
        assert_row(release(&ledger), &row);
    }

    /// A lake with steep banks: its surface does not change with its volume.
    fn prism(area: f64, depth: f64) -> Curve {
        let point = |level, volume| CurvePoint {
            level: Level::from_m(level),
            volume: m3(volume),
            area: Area::from_m2(area),
        };
        Curve::new(vec![point(0.0, 0.0), point(depth, area * depth)]).unwrap()
    }

    #[test]
    fn a_prism_loses_the_same_volume_every_day() {
        // 60 mm in the 30 days of June are 2 mm a day, 31 mm in July 1 mm.
        let window = days(date(2024, 6, 28), 5);
        let mut mm = [0.0; 12];
        mm[5] = 60.0;
        mm[6] = 31.0;
        let dam = Reservoir::new("dam", m3(1e5))
            .initial(m3(5e4))
            .curve(prism(1e4, 10.0))
            .evaporation_mm(mm);
        let ledger = run(dam_and_sea(window, dam, 0.0).build().unwrap());
        let evaporation = ledger.reservoirs().evaporation.of(0);
        assert_row(evaporation, &[20.0, 20.0, 20.0, 10.0, 10.0]);
        assert_row(
            storage(&ledger),
            &[49_980.0, 49_960.0, 49_940.0, 49_930.0, 49_920.0],
        );
    }

    #[test]
    fn a_cone_loses_a_fraction_of_its_volume_every_day() {
        // Below the lowest point of the curve the surface shrinks with the volume: 1 m2 for each m3.
        let window = days(date(2024, 1, 1), 31);
        let point = CurvePoint {
            level: Level::from_m(10.0),
            volume: m3(1e5),
            area: Area::from_m2(1e5),
        };
        let dam = Reservoir::new("dam", m3(1e5))
            .initial(m3(1e5))
            .curve(Curve::new(vec![point]).unwrap())
            .evaporation_mm([3100.0; 12]);
        let ledger = run(dam_and_sea(window, dam, 0.0).build().unwrap());
        let expected: Vec<f64> = (1..=31).map(|day| 1e5 * 0.9_f64.powi(day)).collect();
        assert_row(storage(&ledger), &expected);
    }

    #[test]
    fn rain_seepage_and_the_unaccounted_term_are_booked() {
        let june = days(date(2024, 6, 1), 3);
        let dam = Reservoir::new("dam", m3(1e5))
            .initial(m3(5e4))
            .curve(prism(1e4, 10.0))
            .seepage_mm_per_day(3.0);
        let millimetres = riparian::series::DailySeries::new(june.from(), vec![5.0, 0.0, 1.0]);
        let ledger = run(dam_and_sea(june, dam, 0.0)
            .rain("dam", millimetres.unwrap())
            .unaccounted("dam", daily(june, |day| [7.0, -9.0, 0.0][day]))
            .build()
            .unwrap());
        assert_row(storage(&ledger), &[50_027.0, 49_988.0, 49_968.0]);
        assert_row(ledger.reservoirs().unaccounted.of(0), &[7.0, -9.0, 0.0]);
        assert_row(ledger.reservoirs().rain.of(0), &[50.0, 0.0, 10.0]);
        assert_row(ledger.reservoirs().seepage.of(0), &[30.0; 3]);
    }

    #[test]
    fn dead_storage_is_never_released_but_evaporates() {
        let january = days(date(2023, 1, 1), 4);
        let dam = Reservoir::new("dam", m3(1e5))
            .initial(m3(1015.0))
            .dead(m3(1000.0))
            .curve(prism(1e4, 10.0))
            .evaporation_mm([31.0; 12]);
        let ledger = run(dam_and_town(january, dam, 0.0, 50.0)
            .offtake(Offtake::new("pump", "dam", "UP", "senior"))
            .demand("pump", daily(january, |_| 50.0))
            .build()
            .unwrap());
        assert_row(storage(&ledger), &[1000.0, 990.0, 980.0, 970.0]);
        assert_row(delivered(&ledger, 0), &[2.5, 0.0, 0.0, 0.0]);
        assert_row(delivered(&ledger, 1), &[2.5, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn an_emptied_dead_zone_is_filled_before_anybody_is_served() {
        let june = days(date(2024, 6, 1), 4);
        let dam = Reservoir::new("dam", m3(100.0))
            .initial(m3(4.0))
            .dead(m3(20.0));
        let ledger = run(dam_and_town(june, dam, 10.0, 8.0).build().unwrap());
        assert_row(storage(&ledger), &[14.0, 20.0, 22.0, 24.0]);
        assert_row(delivered(&ledger, 0), &[0.0, 4.0, 8.0, 8.0]);
    }

    #[test]
    fn a_day_of_hydropower() {
        let june = days(date(2024, 6, 1), 2);
        let dam = Reservoir::new("dam", m3(1e6))
            .initial(m3(5e5))
            .curve(prism(1e4, 100.0))
            .outlet(Outlet::constant("units", OutletKind::Turbine, flow(4e4)))
            .outlet(Outlet::constant("gate", OutletKind::Gate, flow(4e4)))
            .power(PowerPlant::new(
                0.8,
                Power::from_mw(0.13),
                Level::from_m(-10.0),
            ));
        let releases = [2e4, 6e4];
        let ledger = run(dam_and_sea(june, dam, 0.0)
            .policy("dam", Schedule::planned(daily(june, |day| releases[day])))
            .build()
            .unwrap());
        // Mean levels 49 m and 45 m above the floor; of the second day's water two thirds go
        // through the turbines, and their 24 hours at full power are less than that water gives.
        let first = 0.8 * 9806.65 * 2e4 * 59.0 / 3.6e6;
        let second = 0.8 * 9806.65 * 4e4 * 55.0 / 3.6e6;
        let most = 130.0 * 24.0;
        assert!(first < most && second > most);
        assert_row(ledger.reservoirs().energy.of(0), &[first, most]);
    }

    #[test]
    fn releases_ramp_up_and_down() {
        let june = ten_days();
        let dam = Reservoir::new("dam", m3(1e4))
            .initial(m3(5e3))
            .ramp(flow(10.0));
        let demand = |day: usize| if (2..6).contains(&day) { 35.0 } else { 0.0 };
        let ledger = run(basin(june)
            .reservoir(dam)
            .node(Node::junction("town"))
            .node(Node::terminal("sea"))
            .reach(Reach::river("upper", "dam", "town").antecedent(flow(0.0)))
            .reach(Reach::river("lower", "town", "sea"))
            .offtake(Offtake::new("canal", "town", "LO", "senior"))
            .demand("canal", daily(june, demand))
            .build()
            .unwrap());
        let ramp = [0.0, 0.0, 10.0, 20.0, 30.0, 35.0, 25.0, 15.0, 5.0, 0.0];
        assert_row(release(&ledger), &ramp);
        let got = [0.0, 0.0, 10.0, 20.0, 30.0, 35.0, 0.0, 0.0, 0.0, 0.0];
        assert_row(delivered(&ledger, 0), &got);
    }

    #[test]
    fn a_flood_goes_over_spillway_surcharge_and_dam() {
        let june = days(date(2024, 6, 1), 4);
        let dam = Reservoir::new("dam", m3(100.0))
            .initial(m3(90.0))
            .surcharge(m3(112.0))
            .outlet(Outlet::constant("gate", OutletKind::Gate, flow(10.0)))
            .outlet(Outlet::constant(
                "spillway",
                OutletKind::Spillway,
                flow(5.0),
            ));
        let inflow = [20.0, 24.0, 31.0, 0.0];
        let ledger = run(basin(june)
            .reservoir(dam)
            .node(Node::terminal("sea"))
            .reach(Reach::river("river", "dam", "sea"))
            .inflow("dam", daily(june, |day| inflow[day]))
            .build()
            .unwrap());
        // Day 1 fills it; day 2 brings 9 more than gate and spillway pass; on day 3 only 3 of 16
        // more fit; on day 4 gate and then spillway draw the surcharge down.
        assert_row(release(&ledger), &[10.0, 10.0, 10.0, 10.0]);
        assert_row(ledger.reservoirs().spill.of(0), &[0.0, 5.0, 18.0, 2.0]);
        assert_row(ledger.reservoirs().overtopped.of(0), &[0.0, 0.0, 13.0, 0.0]);
        assert_row(storage(&ledger), &[100.0, 109.0, 112.0, 100.0]);
    }

    #[test]
    fn certain_spill_serves_users_below() {
        // The gate passes 5; what the full reservoir must spill is there for the town all the same.
        let june = days(date(2024, 6, 1), 3);
        let dam = Reservoir::new("dam", m3(100.0))
            .initial(m3(100.0))
            .outlet(Outlet::constant("gate", OutletKind::Gate, flow(5.0)));
        let ledger = run(dam_and_town(june, dam, 12.0, 9.0).build().unwrap());
        assert_row(delivered(&ledger, 0), &[9.0; 3]);
        assert_row(ledger.reservoirs().spill.of(0), &[7.0; 3]);
    }

    #[test]
    fn a_relief_canal_takes_what_can_neither_be_held_nor_released() {
        let june = days(date(2024, 6, 1), 3);
        let dam = Reservoir::new("dam", m3(100.0))
            .initial(m3(90.0))
            .relief("relief");
        let ledger = run(dam_and_town(june, dam, 50.0, 25.0)
            .node(Node::terminal("hollow"))
            .reach(Reach::canal("relief", "dam", "hollow").capacity(flow(20.0)))
            .policy("dam", Schedule::planned(daily(june, |_| 10.0)))
            .build()
            .unwrap());
        assert_row(storage(&ledger), &[100.0, 100.0, 100.0]);
        assert_row(release(&ledger), &[10.0, 10.0, 10.0]);
        assert_row(ledger.reaches().entered.of(2), &[20.0, 20.0, 20.0]);
        assert_row(ledger.reservoirs().spill.of(0), &[10.0, 20.0, 20.0]);
        // What is left to spill is certain before the day, and of use to the town.
        assert_row(delivered(&ledger, 0), &[20.0, 25.0, 25.0]);
    }

    #[test]
    fn surcharge_above_does_not_count_as_spill_for_the_dam_below() {
        // The upper dam has no way out but over its crest, 8 above full supply. What goes over is
        // there for the town; what is held below the crest is not.
        let june = days(date(2024, 6, 1), 4);
        let closed = |id: &str, kind| Outlet::constant(id, kind, flow(0.0));
        let ledger = run(basin(june)
            .reservoir(
                Reservoir::new("high", m3(50.0))
                    .initial(m3(50.0))
                    .surcharge(m3(58.0))
                    .outlet(closed("gate", OutletKind::Gate))
                    .outlet(closed("spillway", OutletKind::Spillway)),
            )
            .reservoir(Reservoir::new("low", m3(6.0)))
            .node(Node::junction("town"))
            .node(Node::terminal("sea"))
            .reach(Reach::river("a", "high", "low").antecedent(flow(0.0)))
            .reach(Reach::river("b", "low", "town").antecedent(flow(0.0)))
            .reach(Reach::river("c", "town", "sea"))
            .policy("low", LinearHedging::new(m3(0.0)))
            .inflow("high", daily(june, |_| 5.0))
            .offtake(Offtake::new("canal", "town", "LO", "senior"))
            .demand("canal", daily(june, |_| 1.0))
            .build()
            .unwrap());
        assert_row(storage(&ledger), &[55.0, 58.0, 58.0, 58.0]);
        assert_row(ledger.reservoirs().overtopped.of(0), &[0.0, 2.0, 5.0, 5.0]);
        assert_row(delivered(&ledger, 0), &[0.0, 1.0, 1.0, 1.0]);
        assert_row(ledger.reservoirs().storage.of(1), &[0.0, 1.0, 5.0, 6.0]);
        assert_row(ledger.reservoirs().spill.of(1), &[0.0, 0.0, 0.0, 3.0]);
    }

    #[test]
    fn what_a_reach_cannot_take_on_purpose_is_spill() {
        let june = days(date(2024, 6, 1), 3);
        let ledger = run(basin(june)
            .reservoir(Reservoir::new("dam", m3(100.0)).initial(m3(96.0)))
            .node(Node::junction("town"))
            .node(Node::terminal("sea"))
            .reach(Reach::river("upper", "dam", "town").capacity(flow(6.0)))
            .reach(Reach::river("lower", "town", "sea"))
            .inflow("dam", daily(june, |_| 10.0))
            .offtake(Offtake::new("canal", "town", "LO", "senior"))
            .demand("canal", daily(june, |_| 8.0))
            .build()
            .unwrap());
        assert_row(storage(&ledger), &[100.0; 3]);
        assert_row(release(&ledger), &[6.0; 3]);
        assert_row(ledger.reservoirs().spill.of(0), &[0.0, 4.0, 4.0]);
        assert_row(delivered(&ledger, 0), &[6.0, 8.0, 8.0]);
    }
}

mod rivers {
    use super::*;

    #[test]
    fn a_pulse_arrives_whole_after_its_travel_time() {
        let june = ten_days();
        let ledger = run(basin(june)
            .node(Node::inflow("spring"))
            .node(Node::gauge("ford"))
            .node(Node::terminal("sea"))
            .reach(Reach::river("upper", "spring", "ford").lag_days(3))
            .reach(Reach::river("lower", "ford", "sea").lag_days(2))
            .inflow(
                "spring",
                daily(june, |day| if day == 2 { 77.0 } else { 0.0 }),
            )
            .build()
            .unwrap());
        let arrived = |node| ledger.nodes().arrived.of(node);
        let pulse = |on: usize| -> Vec<f64> {
            (0..10)
                .map(|day| if day == on { 77.0 } else { 0.0 })
                .collect()
        };
        assert_row(arrived(1), &pulse(5));
        assert_row(arrived(2), &pulse(7));
    }

    #[test]
    fn before_the_run_the_river_flowed_as_on_its_first_day() {
        let june = ten_days();
        let ledger = run(basin(june)
            .node(Node::inflow("spring"))
            .node(Node::junction("town"))
            .node(Node::terminal("sea"))
            .reach(
                Reach::river("upper", "spring", "town")
                    .lag_days(3)
                    .loss(0.5),
            )
            .reach(Reach::river("lower", "town", "sea").lag_days(4))
            .inflow(
                "spring",
                daily(june, |day| if day == 0 { 40.0 } else { 60.0 }),
            )
            .offtake(Offtake::new("canal", "town", "LO", "senior"))
            .demand("canal", daily(june, |_| 5.0))
            .build()
            .unwrap());
        // 40 m3 a day entered above, 20 came to the town, 15 went on.
        let row = [20.0, 20.0, 20.0, 20.0, 30.0, 30.0, 30.0, 30.0, 30.0, 30.0];
        assert_row(ledger.nodes().arrived.of(1), &row);
        let row = [15.0, 15.0, 15.0, 15.0, 15.0, 15.0, 15.0, 15.0, 25.0, 25.0];
        assert_row(ledger.nodes().arrived.of(2), &row);
    }

    #[test]
    fn a_given_antecedent_flow_arrives_less_its_losses() {
        let june = days(date(2024, 6, 1), 4);
        let reach = Reach::river("river", "spring", "sea")
            .lag_days(6)
            .loss(0.25);
        let ledger = run(basin(june)
            .node(Node::inflow("spring"))
            .node(Node::terminal("sea"))
            .reach(reach.antecedent(flow(8.0)))
            .inflow("spring", daily(june, |_| 100.0))
            .build()
            .unwrap());
        assert_row(ledger.nodes().arrived.of(1), &[6.0; 4]);
    }

    #[test]
    fn three_reaches_in_series_lose_by_powers() {
        let june = days(date(2024, 6, 1), 2);
        let mut river = basin(june).node(Node::inflow("n0"));
        for i in 1..=3 {
            let (from, to) = (format!("n{}", i - 1), format!("n{i}"));
            let kind = if i == 3 {
                Node::terminal
            } else {
                Node::junction
            };
            river = river
                .node(kind(to.as_str()))
                .reach(Reach::river(format!("r{i}"), from, to).loss(0.2));
        }
        let ledger = run(river.inflow("n0", daily(june, |_| 1000.0)).build().unwrap());
        assert_row(ledger.nodes().arrived.of(3), &[512.0, 512.0]);
        assert_row(ledger.reaches().lost.of(2), &[128.0, 128.0]);
    }

    #[test]
    fn a_return_flow_comes_back_after_its_lag() {
        let june = ten_days();
        let ledger = run(basin(june)
            .node(Node::inflow("spring"))
            .node(Node::junction("town"))
            .node(Node::junction("drain"))
            .node(Node::terminal("sea"))
            .reach(Reach::river("a", "spring", "town").lag_days(1))
            .reach(Reach::river("b", "town", "drain").lag_days(2))
            .reach(Reach::river("c", "drain", "sea"))
            .inflow("spring", daily(june, |_| 20.0))
            .offtake(Offtake::new("canal", "town", "LO", "senior").returning("drain", 0.25, 5))
            .demand(
                "canal",
                daily(june, |day| if day == 1 { 16.0 } else { 0.0 }),
            )
            .build()
            .unwrap());
        let mut back = [0.0; 10];
        back[6] = 4.0;
        assert_row(ledger.nodes().returned.of(2), &back);
        // The river below the town was low on day 3, two days after the withdrawal.
        let mut sea = [20.0; 10];
        sea[3] = 4.0;
        sea[6] = 24.0;
        assert_row(ledger.nodes().arrived.of(3), &sea);
    }

    #[test]
    fn an_upstream_junior_leaves_the_water_of_a_downstream_senior() {
        let june = days(date(2024, 6, 1), 3);
        let inflow = [30.0, 14.0, 8.0];
        let ledger = run(basin(june)
            .node(Node::inflow("spring"))
            .node(Node::junction("upland"))
            .node(Node::junction("lowland"))
            .node(Node::terminal("sea"))
            .reach(Reach::river("a", "spring", "upland"))
            .reach(Reach::river("b", "upland", "lowland").loss(0.2))
            .reach(Reach::river("c", "lowland", "sea"))
            .inflow("spring", daily(june, |day| inflow[day]))
            .offtake(Offtake::new("high", "upland", "UP", "junior"))
            .offtake(Offtake::new("low", "lowland", "LO", "senior"))
            .demand("high", daily(june, |_| 12.0))
            .demand("low", daily(june, |_| 8.0))
            .build()
            .unwrap());
        // Eight below need ten above.
        assert_row(delivered(&ledger, 0), &[12.0, 4.0, 0.0]);
        assert_row(delivered(&ledger, 1), &[8.0, 8.0, 6.4]);
        assert_row(ledger.nodes().arrived.of(3), &[6.4, 0.0, 0.0]);
        let why = &ledger.offtakes().binding;
        assert_eq!(why.at(0, 0), Binding::Met);
        assert!(matches!(why.at(1, 0), Binding::Seniors(_)));
        assert!(matches!(why.at(2, 1), Binding::NoWater(_)));
    }

    #[test]
    fn a_dam_releases_what_is_lost_on_the_way_on_top() {
        let june = days(date(2024, 6, 1), 3);
        let ledger = run(basin(june)
            .reservoir(Reservoir::new("dam", m3(1000.0)).initial(m3(500.0)))
            .node(Node::junction("town"))
            .node(Node::terminal("sea"))
            .reach(
                Reach::river("a", "dam", "town")
                    .loss(0.1)
                    .lag_days(1)
                    .antecedent(flow(10.0)),
            )
            .reach(Reach::river("b", "town", "sea"))
            .offtake(Offtake::new("canal", "town", "LO", "senior"))
            .demand("canal", daily(june, |day| [9.0, 9.0, 18.0][day]))
            .build()
            .unwrap());
        // Released a day ahead; what is released on the last day arrives after the run, for
        // claims nobody sees any more.
        assert_row(release(&ledger), &[10.0, 20.0, 0.0]);
        assert_row(delivered(&ledger, 0), &[9.0, 9.0, 18.0]);
    }

    #[test]
    fn a_net_loss_takes_what_is_there_and_says_what_it_missed() {
        let june = days(date(2024, 6, 1), 3);
        let ledger = run(basin(june)
            .node(Node::inflow("spring"))
            .node(Node::junction("marsh"))
            .node(Node::junction("town"))
            .node(Node::terminal("sea"))
            .reach(Reach::river("a", "spring", "marsh"))
            .reach(Reach::river("b", "marsh", "town"))
            .reach(Reach::river("c", "town", "sea"))
            .inflow("spring", daily(june, |day| [20.0, 9.0, 3.0][day]))
            .inflow("marsh", daily(june, |_| -7.0))
            .offtake(Offtake::new("canal", "town", "LO", "senior"))
            .demand("canal", daily(june, |_| 6.0))
            .build()
            .unwrap());
        assert_row(ledger.nodes().lateral.of(1), &[-7.0, -7.0, -3.0]);
        assert_row(ledger.nodes().unmet_loss.of(1), &[0.0, 0.0, 4.0]);
        assert_row(delivered(&ledger, 0), &[6.0, 2.0, 0.0]);
        assert_row(ledger.nodes().arrived.of(3), &[7.0, 0.0, 0.0]);
    }

    fn lossy_valley(initial: f64, lower: f64) -> Model {
        let june = days(date(2024, 6, 1), 3);
        basin(june)
            .reservoir(Reservoir::new("high", m3(1000.0)).initial(m3(initial)))
            .node(Node::junction("marsh"))
            .reservoir(Reservoir::new("low", m3(1000.0)).initial(m3(lower)))
            .node(Node::terminal("sea"))
            .reach(Reach::river("a", "high", "marsh").antecedent(flow(0.0)))
            .reach(Reach::river("b", "marsh", "low"))
            .reach(Reach::river("c", "low", "sea"))
            .inflow("marsh", daily(june, |_| -7.0))
            .offtake(Offtake::new("canal", "low", "LO", "senior"))
            .demand("canal", daily(june, |_| 6.0))
            .build()
            .unwrap()
    }

    #[test]
    fn a_lossy_valley_costs_nothing_while_the_dam_below_has_water() {
        let ledger = run(lossy_valley(100.0, 100.0));
        assert_row(storage(&ledger), &[100.0; 3]);
        assert_row(delivered(&ledger, 0), &[6.0; 3]);
        assert_row(ledger.nodes().unmet_loss.of(1), &[7.0; 3]);
    }

    #[test]
    fn a_dam_above_a_lossy_valley_serves_the_users_of_an_empty_one_below() {
        let ledger = run(lossy_valley(100.0, 6.0));
        assert_row(delivered(&ledger, 0), &[6.0; 3]);
        assert_row(storage(&ledger), &[100.0, 87.0, 74.0]);
    }

    #[test]
    fn a_canal_carries_what_is_claimed_beyond_it() {
        let june = days(date(2024, 6, 1), 2);
        let ledger = run(basin(june)
            .node(Node::inflow("spring"))
            .node(Node::junction("head"))
            .node(Node::junction("end"))
            .node(Node::terminal("sea"))
            .reach(Reach::river("a", "spring", "head"))
            .reach(
                Reach::canal("canal", "head", "end")
                    .loss(0.2)
                    .capacity(flow(8.0)),
            )
            .reach(Reach::river("b", "head", "sea"))
            .inflow("spring", daily(june, |_| 30.0))
            .offtake(Offtake::new("field", "end", "LO", "junior"))
            .demand("field", daily(june, |day| [4.0, 9.0][day]))
            .build()
            .unwrap());
        assert_row(ledger.reaches().entered.of(1), &[5.0, 8.0]);
        assert_row(delivered(&ledger, 0), &[4.0, 6.4]);
        assert_row(ledger.nodes().arrived.of(3), &[25.0, 22.0]);
        assert_eq!(ledger.offtakes().binding.at(1, 0), Binding::Capacity(1));
    }

    #[test]
    fn water_at_the_end_of_a_canal_that_nobody_takes_leaves_the_account_there() {
        let june = days(date(2024, 6, 1), 2);
        let ledger = run(basin(june)
            .node(Node::inflow("spring"))
            .node(Node::junction("end"))
            .node(Node::terminal("sea"))
            .reach(Reach::canal("canal", "spring", "end"))
            .reach(Reach::river("river", "spring", "sea"))
            .inflow("spring", daily(june, |_| 30.0))
            .inflow("end", daily(june, |day| [2.0, 9.0][day]))
            .offtake(Offtake::new("field", "end", "LO", "junior"))
            .demand("field", daily(june, |_| 5.0))
            .build()
            .unwrap());
        assert_row(ledger.reaches().entered.of(0), &[3.0, 0.0]);
        assert_row(delivered(&ledger, 0), &[5.0, 5.0]);
    }
}

mod policies {
    use super::*;
    use riparian::operation::{Decision, ReleasePolicy, ReservoirView};
    use std::sync::{Arc, Mutex};

    #[test]
    fn the_standard_policy_serves_every_claim_and_stores_the_rest() {
        let june = days(date(2024, 6, 1), 5);
        let dam = Reservoir::new("dam", m3(60.0)).initial(m3(30.0));
        let ledger = run(basin(june)
            .reservoir(dam)
            .node(Node::junction("town"))
            .node(Node::terminal("sea"))
            .reach(Reach::river("upper", "dam", "town"))
            .reach(Reach::river("lower", "town", "sea"))
            .inflow("dam", daily(june, |day| [0.0, 10.0, 50.0, 50.0, 0.0][day]))
            .offtake(Offtake::new("canal", "town", "LO", "senior"))
            .demand("canal", daily(june, |_| 25.0))
            .build()
            .unwrap());
        assert_row(storage(&ledger), &[5.0, 0.0, 25.0, 50.0, 25.0]);
        assert_row(delivered(&ledger, 0), &[25.0, 15.0, 25.0, 25.0, 25.0]);
    }

    #[test]
    fn a_rule_curve_keeps_its_zone_against_juniors_only() {
        let june = days(date(2024, 6, 1), 4);
        let dam = Reservoir::new("dam", m3(100.0))
            .initial(m3(60.0))
            .dead(m3(10.0));
        let zone = |class: &str, top| Zone {
            class: class.into(),
            top: YearCurve::constant(m3(top)),
        };
        let classes = ["cities", "reserve", "fields", "comfort"];
        let mut model = Model::builder("zones", june).party(Party::new("LO", "Lowland"));
        for class in classes {
            model = model.class(class);
        }
        let ledger = run(model
            .reservoir(dam)
            .node(Node::junction("town"))
            .node(Node::terminal("sea"))
            .reach(Reach::river("upper", "dam", "town"))
            .reach(Reach::river("lower", "town", "sea"))
            .policy(
                "dam",
                RuleCurve::new(vec![zone("reserve", 40.0), zone("comfort", 55.0)]),
            )
            .offtake(Offtake::new("pipe", "town", "LO", "cities"))
            .offtake(Offtake::new("canal", "town", "LO", "fields"))
            .demand("pipe", daily(june, |_| 8.0))
            .demand("canal", daily(june, |_| 9.0))
            .build()
            .unwrap());
        // Cities may draw on both zones, fields on the upper one, down to 40.
        assert_row(delivered(&ledger, 0), &[8.0, 8.0, 8.0, 8.0]);
        assert_row(delivered(&ledger, 1), &[9.0, 0.0, 0.0, 0.0]);
        assert_row(storage(&ledger), &[43.0, 35.0, 27.0, 19.0]);
    }

    #[test]
    fn a_zone_of_a_class_shares_with_the_claims_of_its_class() {
        let june = days(date(2024, 6, 1), 1);
        let dam = Reservoir::new("dam", m3(100.0)).initial(m3(30.0));
        let zone = Zone {
            class: "senior".into(),
            top: YearCurve::constant(m3(40.0)),
        };
        let ledger = run(dam_and_town(june, dam, 0.0, 20.0)
            .policy("dam", RuleCurve::new(vec![zone]))
            .build()
            .unwrap());
        assert_row(storage(&ledger), &[20.0]);
        assert_row(delivered(&ledger, 0), &[10.0]);
    }

    #[test]
    fn a_release_with_a_class_waits_for_senior_users_upstream() {
        let june = days(date(2024, 6, 1), 2);
        let ledger = |policy: Schedule| {
            run(basin(june)
                .node(Node::junction("town"))
                .reservoir(Reservoir::new("dam", m3(100.0)))
                .node(Node::terminal("sea"))
                .reach(Reach::river("upper", "town", "dam"))
                .reach(Reach::river("lower", "dam", "sea"))
                .inflow("town", daily(june, |_| 10.0))
                .offtake(Offtake::new("canal", "town", "UP", "senior"))
                .demand("canal", daily(june, |_| 6.0))
                .policy("dam", policy)
                .build()
                .unwrap())
        };
        let written = || Schedule::observed(daily(june, |_| 8.0));
        let before_all = ledger(written());
        assert_row(release(&before_all), &[8.0, 8.0]);
        assert_row(delivered(&before_all, 0), &[2.0, 2.0]);
        let in_class = ledger(written().claimed_in("junior"));
        assert_row(release(&in_class), &[4.0, 4.0]);
        assert_row(delivered(&in_class, 0), &[6.0, 6.0]);
    }

    #[test]
    fn linear_hedging_cuts_back_in_proportion() {
        let june = days(date(2024, 6, 1), 4);
        let dam = Reservoir::new("dam", m3(200.0))
            .initial(m3(110.0))
            .dead(m3(10.0));
        let ledger = run(dam_and_town(june, dam, 0.0, 40.0)
            .policy("dam", LinearHedging::new(m3(80.0)))
            .build()
            .unwrap());
        // Usable 100, 60, 30, 15: at 60 of 80 three quarters, then halved with the storage.
        assert_row(release(&ledger), &[40.0, 30.0, 15.0, 7.5]);
        assert_row(storage(&ledger), &[70.0, 40.0, 25.0, 17.5]);
    }

    #[test]
    fn hedging_sees_losses_and_inflows_on_the_way() {
        let june = days(date(2024, 6, 1), 1);
        let ledger = run(basin(june)
            .reservoir(Reservoir::new("dam", m3(200.0)).initial(m3(50.0)))
            .node(Node::junction("town"))
            .node(Node::terminal("sea"))
            .reach(Reach::river("upper", "dam", "town").loss(0.2))
            .reach(Reach::river("lower", "town", "sea"))
            .inflow("town", daily(june, |_| 4.0))
            .offtake(Offtake::new("canal", "town", "LO", "senior"))
            .demand("canal", daily(june, |_| 20.0))
            .policy("dam", LinearHedging::new(m3(100.0)))
            .build()
            .unwrap());
        // (20 - 4) / 0.8, and half of it.
        assert_row(release(&ledger), &[10.0]);
        assert_row(delivered(&ledger, 0), &[12.0]);
    }

    #[test]
    fn zone_hedging_serves_fractions_by_zone() {
        let june = days(date(2024, 6, 1), 5);
        let dam = Reservoir::new("dam", m3(200.0)).initial(m3(100.0));
        let zones = vec![(m3(80.0), 1.0), (m3(40.0), 0.5), (m3(25.0), 0.25)];
        let ledger = run(dam_and_town(june, dam, 0.0, 40.0)
            .policy("dam", ZoneHedging::new(zones).unwrap())
            .build()
            .unwrap());
        assert_row(release(&ledger), &[40.0, 20.0, 20.0, 0.0, 0.0]);
    }

    /// Writes down what it is shown.
    #[derive(Clone, Debug, Default)]
    struct Witness(Arc<Mutex<Vec<Seen>>>);

    /// What there was to see, in m3 and m3 a day.
    #[derive(Debug)]
    struct Seen {
        date: riparian::jiff::civil::Date,
        storage: f64,
        available: f64,
        entered: f64,
        forecast: Vec<f64>,
        last_inflow: f64,
        last_release: f64,
        min_release: f64,
        max_release: f64,
        demand: f64,
    }

    impl ReleasePolicy for Witness {
        fn name(&self) -> &'static str {
            "witness"
        }

        fn sees_demand(&self) -> bool {
            true
        }

        fn horizon(&self) -> usize {
            2
        }

        fn decide(&self, view: &ReservoirView, _: &mut Decision) {
            self.0.lock().unwrap().push(Seen {
                date: view.date,
                storage: view.storage.m3(),
                available: view.available.m3(),
                entered: view.entered.m3s() * DAY,
                forecast: view.forecast.iter().map(|q| q.m3s() * DAY).collect(),
                last_inflow: view.last_inflow.m3s() * DAY,
                last_release: view.last_release.m3s() * DAY,
                min_release: view.min_release.m3s() * DAY,
                max_release: view.max_release.m3s() * DAY,
                demand: view.demand.m3s() * DAY,
            });
        }
    }

    #[test]
    fn operators_see_their_reservoir_at_the_start_of_the_day() {
        let june = days(date(2024, 6, 1), 2);
        let witness = Witness::default();
        let dam = Reservoir::new("dam", m3(500.0))
            .initial(m3(200.0))
            .dead(m3(50.0))
            .min_release(flow(3.0))
            .ramp(flow(9.0))
            .outlet(Outlet::constant("gate", OutletKind::Gate, flow(60.0)));
        run(basin(june)
            .node(Node::inflow("spring"))
            .reservoir(dam)
            .node(Node::junction("town"))
            .node(Node::terminal("sea"))
            .reach(
                Reach::river("a", "spring", "dam")
                    .antecedent(flow(11.0))
                    .lag_days(1)
                    .loss(0.5),
            )
            .reach(Reach::river("b", "dam", "town").antecedent(flow(20.0)))
            .reach(Reach::river("c", "town", "sea"))
            .inflow("spring", daily(june, |_| 30.0))
            .inflow("dam", daily(june, |day| [4.0, -6.0][day]))
            .offtake(Offtake::new("canal", "town", "LO", "senior"))
            .demand("canal", daily(june, |_| 25.0))
            .policy("dam", witness.clone())
            .build()
            .unwrap());
        let views = witness.0.lock().unwrap();
        let row = |of: fn(&Seen) -> f64, expected: [f64; 2]| {
            assert_row(views.iter().map(of), &expected);
        };
        // 11 a day entered the upper reach before the run and half of it arrives on the first day,
        // when 25 are released.
        row(|view| view.storage, [200.0, 184.5]);
        row(|view| view.available, [209.5, 178.5]);
        row(|view| view.last_inflow, [5.5, 5.5]);
        row(|view| view.last_release, [20.0, 25.0]);
        row(|view| view.min_release, [11.0, 16.0]);
        row(|view| view.max_release, [29.0, 34.0]);
        row(|view| view.demand, [25.0, 25.0]);
        // In the channel on the first day, 30 at the spring on the next; and what enters at the dam.
        row(|view| view.entered, [4.0 + 5.5, -6.0]);
        assert_row(views[0].forecast.iter().copied(), &[9.5, 9.0]);
        assert_row(views[1].forecast.iter().copied(), &[9.0]);
        assert_eq!(views[1].date, date(2024, 6, 2));
    }

    #[test]
    fn unclaimed_water_is_kept_high_in_the_basin_or_by_rank() {
        let june = days(date(2024, 6, 1), 3);
        let model = |ranks: [Option<u32>; 2]| {
            let dam = |name, rank| {
                let mut dam = Reservoir::new(name, m3(15.0));
                dam.keep_rank = rank;
                dam
            };
            basin(june)
                .reservoir(dam("high", ranks[0]))
                .reservoir(dam("low", ranks[1]))
                .node(Node::terminal("sea"))
                .reach(Reach::river("a", "high", "low").antecedent(flow(0.0)))
                .reach(Reach::river("b", "low", "sea"))
                .inflow("high", daily(june, |_| 10.0))
                .build()
                .unwrap()
        };
        let of = |ledger: &Ledger, k| ledger.reservoirs().storage.of(k).collect::<Vec<_>>();
        let ledger = run(model([None, None]));
        assert_row(of(&ledger, 0).into_iter(), &[10.0, 15.0, 15.0]);
        assert_row(of(&ledger, 1).into_iter(), &[0.0, 5.0, 15.0]);
        let ledger = run(model([Some(2), Some(1)]));
        assert_row(of(&ledger, 0).into_iter(), &[0.0, 5.0, 15.0]);
        assert_row(of(&ledger, 1).into_iter(), &[10.0, 15.0, 15.0]);
        let ledger = run(model([Some(1), Some(1)]));
        assert_row(of(&ledger, 0).into_iter(), &[5.0, 10.0, 15.0]);
        assert_row(of(&ledger, 1).into_iter(), &[5.0, 10.0, 15.0]);
    }
}

mod obligations {
    use super::*;

    fn claimed(ledger: &Ledger) -> impl Iterator<Item = f64> + '_ {
        ledger.claims().claimed.of(0)
    }

    #[test]
    fn a_volume_is_paced_over_the_days_left_and_met_exactly() {
        let june = ten_days();
        let dam = Reservoir::new("dam", m3(1000.0)).initial(m3(500.0));
        let volume = m3(120.0);
        let promise = promise(
            Obligation::new("border", "UP", "lower", volume)
                .within(days(date(2024, 6, 3), 6))
                .claimed_in("senior"),
        );
        let ledger = run(basin(june)
            .reservoir(dam)
            .node(Node::junction("border"))
            .node(Node::terminal("sea"))
            .reach(Reach::river("upper", "dam", "border"))
            .reach(Reach::river("lower", "border", "sea"))
            .inflow(
                "border",
                daily(june, |day| if day == 4 { 80.0 } else { 0.0 }),
            )
            .agreement(promise)
            .build()
            .unwrap());
        // 20 a day; on the fifth day a flood brings all that is still owed.
        let row = [0.0, 0.0, 20.0, 20.0, 20.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        assert_row(claimed(&ledger), &row);
        let row = [0.0, 0.0, 20.0, 20.0, 80.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        assert_row(ledger.reaches().entered.of(1), &row);
    }

    #[test]
    fn what_was_missed_is_spread_over_the_days_left() {
        let june = ten_days();
        let volume = m3(100.0);
        let promise = promise(
            Obligation::new("border", "UP", "river", volume)
                .within(june)
                .claimed_in("senior"),
        );
        let ledger = run(basin(june)
            .node(Node::inflow("spring"))
            .node(Node::junction("upland"))
            .node(Node::terminal("sea"))
            .reach(Reach::river("head", "spring", "upland"))
            .reach(Reach::river("river", "upland", "sea"))
            .inflow(
                "spring",
                daily(june, |day| if day < 5 { 4.0 } else { 1000.0 }),
            )
            .offtake(Offtake::new("canal", "upland", "UP", "junior"))
            .demand("canal", daily(june, |_| 2000.0))
            .agreement(promise)
            .build()
            .unwrap());
        let passed: Vec<f64> = ledger.reaches().entered.of(1).collect();
        assert_row(passed.iter().copied().take(5), &[4.0; 5]);
        assert_row(passed.iter().copied().skip(5), &[16.0; 5]);
        assert_row(std::iter::once(passed.iter().sum()), &[100.0]);
    }

    #[test]
    fn a_schedule_is_met_period_by_period() {
        let june = ten_days();
        let dam = Reservoir::new("dam", m3(1000.0)).initial(m3(500.0));
        let dues = vec![
            (days(date(2024, 6, 2), 3), m3(30.0)),
            (days(date(2024, 6, 5), 2), m3(80.0)),
            (days(date(2024, 6, 9), 1), m3(7.0)),
        ];
        let promise = promise(
            Obligation::new("border", "UP", "sea", Due::schedule(dues)).claimed_in("senior"),
        );
        let ledger = run(dam_and_sea(june, dam, 0.0)
            .agreement(promise)
            .build()
            .unwrap());
        let row = [0.0, 10.0, 10.0, 10.0, 40.0, 40.0, 0.0, 0.0, 7.0, 0.0];
        assert_row(release(&ledger), &row);
    }

    #[test]
    fn a_minimum_flow_stands_before_juniors_and_is_measured_where_it_is_due() {
        let june = days(date(2024, 6, 1), 3);
        let promise = promise(
            Obligation::minimum_flow("delta", "UP", "sea", flow(8.0))
                .within(june)
                .measured(Measure::Flow)
                .claimed_in("senior"),
        );
        let ledger = run(basin(june)
            .node(Node::inflow("spring"))
            .node(Node::junction("upland"))
            .node(Node::terminal("sea"))
            .reach(Reach::river("head", "spring", "upland"))
            .reach(Reach::river("river", "upland", "sea").loss(0.2))
            .inflow("spring", daily(june, |day| [30.0, 14.0, 5.0][day]))
            .offtake(Offtake::new("canal", "upland", "UP", "junior"))
            .demand("canal", daily(june, |_| 12.0))
            .agreement(promise)
            .build()
            .unwrap());
        assert_row(delivered(&ledger, 0), &[12.0, 4.0, 0.0]);
        assert_row(ledger.nodes().arrived.of(2), &[14.4, 8.0, 4.0]);
        assert_row(claimed(&ledger), &[8.0; 3]);
        assert_row(ledger.claims().awarded.of(0), &[8.0, 8.0, 4.0]);
    }

    #[test]
    fn part_of_a_demand_is_lifted_to_the_class_of_the_claim() {
        let june = days(date(2024, 6, 1), 4);
        let promise = promise(
            Obligation::new("quota", "UP", "low", m3(24.0))
                .within(june)
                .claimed_in("senior"),
        );
        let ledger = run(basin(june)
            .node(Node::inflow("spring"))
            .node(Node::junction("valley"))
            .node(Node::terminal("sea"))
            .reach(Reach::river("head", "spring", "valley"))
            .reach(Reach::river("tail", "valley", "sea"))
            .inflow("spring", daily(june, |_| 16.0))
            .offtake(Offtake::new("high", "valley", "UP", "junior"))
            .offtake(Offtake::new("low", "valley", "LO", "junior"))
            .demand("high", daily(june, |_| 16.0))
            .demand("low", daily(june, |_| 10.0))
            .agreement(promise)
            .build()
            .unwrap());
        // Day 1: 6 are owed, the other 10 are shared 16 : 4, so 8 come. Then 16 are owed over
        // 3 days: 5 1/3 of a demand of 10, and so on.
        let mut owed = 24.0;
        let expected: Vec<f64> = (0..4)
            .map(|day| {
                let today: f64 = owed / f64::from(4 - day);
                let rest = (16.0 - today) * (10.0 - today) / (16.0 + 10.0 - today);
                owed = (owed - today - rest).max(0.0);
                today + rest
            })
            .collect();
        assert_row(delivered(&ledger, 1), &expected);
    }

    /// Two users of one quota, a day's travel apart.
    fn quota(order: [&str; 2]) -> Ledger {
        let june = ten_days();
        let promise = promise(
            Obligation::new("quota", "UP", Point::sum(order), m3(100.0))
                .within(days(date(2024, 6, 3), 5))
                .claimed_in("senior"),
        );
        run(basin(june)
            .reservoir(Reservoir::new("dam", m3(1e4)).initial(m3(5e3)))
            .node(Node::junction("near"))
            .node(Node::junction("far"))
            .node(Node::terminal("sea"))
            .reach(Reach::river("a", "dam", "near").antecedent(flow(0.0)))
            .reach(Reach::river("b", "near", "far").lag_days(2))
            .reach(Reach::river("c", "far", "sea"))
            .policy(
                "dam",
                RuleCurve::new(vec![Zone {
                    class: "keep".into(),
                    top: YearCurve::constant(m3(1e4)),
                }]),
            )
            .class("keep")
            .class("last")
            .offtake(Offtake::new("first", "near", "LO", "last"))
            .offtake(Offtake::new("second", "far", "LO", "last"))
            .demand("first", daily(june, |_| 30.0))
            .demand("second", daily(june, |_| 30.0))
            .agreement(promise)
            .build()
            .unwrap())
    }

    #[test]
    fn users_at_other_travel_times_fill_one_quota_exactly() {
        for order in [["first", "second"], ["second", "first"]] {
            let ledger = quota(order);
            let window = 2..7;
            let sum: f64 = (0..2)
                .flat_map(|i| delivered(&ledger, i).collect::<Vec<_>>()[window.clone()].to_vec())
                .sum();
            assert_row(std::iter::once(sum), &[100.0]);
            for offtake in 0..2 {
                let all: f64 = delivered(&ledger, offtake).sum();
                let within: f64 = delivered(&ledger, offtake).skip(2).take(5).sum();
                assert_row(std::iter::once(all), &[within]);
            }
        }
    }

    #[test]
    fn storage_rises_evenly_to_the_volume_due() {
        let june = ten_days();
        let dam = Reservoir::new("dam", m3(1000.0)).initial(m3(100.0));
        let promise = promise(
            Obligation::storage_by("winter", "UP", "dam", m3(160.0), date(2024, 6, 7))
                .within(days(date(2024, 6, 3), 5))
                .claimed_in("senior"),
        );
        let ledger = run(dam_and_town(june, dam, 20.0, 0.0)
            .offtake(Offtake::new("fields", "town", "LO", "junior"))
            .demand("fields", daily(june, |_| 20.0))
            .agreement(promise)
            .build()
            .unwrap());
        let row = [
            100.0, 100.0, 112.0, 124.0, 136.0, 148.0, 160.0, 160.0, 160.0, 160.0,
        ];
        assert_row(storage(&ledger), &row);
    }

    #[test]
    fn storage_above_the_volume_due_is_free_for_juniors() {
        let june = ten_days();
        let dam = Reservoir::new("dam", m3(1000.0)).initial(m3(500.0));
        let promise = promise(
            Obligation::storage_by("winter", "UP", "dam", m3(200.0), june.to())
                .within(june)
                .claimed_in("senior"),
        );
        let ledger = run(dam_and_town(june, dam, 0.0, 0.0)
            .offtake(Offtake::new("fields", "town", "LO", "junior"))
            .demand("fields", daily(june, |_| 120.0))
            .agreement(promise)
            .build()
            .unwrap());
        let row = [
            380.0, 260.0, 200.0, 200.0, 200.0, 200.0, 200.0, 200.0, 200.0, 200.0,
        ];
        assert_row(storage(&ledger), &row);
    }

    #[test]
    fn of_a_window_that_began_before_the_run_only_the_rest_is_claimed() {
        let june = ten_days();
        let dam = Reservoir::new("dam", m3(1000.0)).initial(m3(500.0));
        let window = Window::new(date(2024, 5, 1), date(2024, 6, 5)).unwrap();
        let promise = promise(
            Obligation::new("border", "UP", "sea", m3(360.0))
                .within(window)
                .claimed_in("senior"),
        );
        let ledger = run(dam_and_sea(june, dam, 0.0)
            .agreement(promise)
            .build()
            .unwrap());
        let row = [10.0, 10.0, 10.0, 10.0, 10.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        assert_row(release(&ledger), &row);
    }
}

#[test]
fn a_leap_day_is_a_day() {
    let window = days(date(2024, 2, 27), 4);
    let dam = Reservoir::new("dam", m3(1e4));
    let ledger = run(dam_and_sea(window, dam, DAY).build().unwrap());
    assert_row(ledger.nodes().lateral.of(0), &[DAY; 4]);
    assert_eq!(ledger.date(2), date(2024, 2, 29));
}

mod errors {
    use super::*;
    use riparian::operation::{Decision, ReleasePolicy, ReservoirView};
    use riparian::units::Flow;
    use riparian::{Error, Plan, Simulation, State};

    /// An operator who asks for the impossible.
    #[derive(Debug)]
    struct Wild(fn(&ReservoirView, &mut Decision));

    impl ReleasePolicy for Wild {
        fn name(&self) -> &'static str {
            "wild"
        }

        fn storage_classes(&self) -> Vec<String> {
            vec!["senior".into()]
        }

        fn decide(&self, view: &ReservoirView, decision: &mut Decision) {
            (self.0)(view, decision);
        }
    }

    fn refused(decide: fn(&ReservoirView, &mut Decision)) -> Error {
        let june = days(date(2024, 6, 1), 2);
        let dam = Reservoir::new("dam", m3(100.0))
            .initial(m3(50.0))
            .dead(m3(10.0))
            .min_release(flow(1.0))
            .outlet(Outlet::constant("gate", OutletKind::Gate, flow(20.0)));
        let model = dam_and_sea(june, dam, 0.0)
            .policy("dam", Wild(decide))
            .build();
        let plan = Plan::compile(model.unwrap()).unwrap();
        let error = Simulation::new(&plan).run().unwrap_err();
        let message = error.to_string();
        assert!(error.is_policy(), "{message}");
        for part in ["dam", "2024-06-01", "wild"] {
            assert!(message.contains(part), "{message}");
        }
        error
    }

    #[test]
    fn impossible_decisions_are_refused_by_name_and_day() {
        refused(|_, decision| decision.release(Flow::ZERO));
        refused(|_, decision| decision.at_most(flow(21.0)));
        refused(|_, decision| decision.at_least(flow(21.0)));
        refused(|_, decision| decision.at_most(Flow::from_m3s(f64::NAN)));
        refused(|_, decision| decision.at_least(Flow::from_m3s(f64::NAN)));
        refused(|_, decision| decision.keep(0, m3(-1.0)));
        refused(|_, decision| decision.keep(0, m3(f64::NAN)));
        refused(|_, decision| decision.keep(0, m3(91.0)));
    }

    #[test]
    fn a_state_of_another_plan_is_refused() {
        let june = days(date(2024, 6, 1), 2);
        let plan = |reservoirs: usize| {
            let mut model = basin(june).node(Node::terminal("sea"));
            for i in 0..reservoirs {
                model = model
                    .reservoir(Reservoir::new(format!("dam {i}"), m3(1.0)))
                    .reach(Reach::river(format!("r{i}"), format!("dam {i}"), "sea"));
            }
            Plan::compile(model.build().unwrap()).unwrap()
        };
        let (one, two) = (plan(1), plan(2));
        let state: State = Simulation::new(&one).state().clone();
        assert!(
            Simulation::resume(&two, state.clone())
                .unwrap_err()
                .is_state()
        );
        assert!(Simulation::resume(&one, state).is_ok());
    }
}
