//! Hydropower where it can be worked out by hand, and its laws where it cannot.

mod common;

use common::{DAY, assert_row, daily, days, run};
use proptest::prelude::*;
use riparian::ModelBuilder;
use riparian::basin::{
    Curve, CurvePoint, Node, Outage, Outlet, OutletKind, PowerPlant, Reach, Reservoir, Tailwater,
};
use riparian::calendar::Window;
use riparian::jiff::civil::{Date, date};
use riparian::operation::{EnergyDemand, Expects, Schedule};
use riparian::series::DailySeries;
use riparian::units::{Area, Energy, Flow, Level, Power, Volume};
use riparian::{Model, Plan};

/// The weight of a cubic metre of water, in N.
const WEIGHT: f64 = 9806.65;

const TODAY: Date = date(2024, 6, 1);

fn m(level: f64) -> Level {
    Level::from_m(level)
}

fn m3s(flow: f64) -> Flow {
    Flow::from_m3s(flow)
}

fn mcm(volume: f64) -> Volume {
    Volume::from_mcm(volume)
}

/// 100 m deep over 1 km2, its floor at 100 m.
fn lake() -> Reservoir {
    let point = |level, volume| CurvePoint {
        level: m(level),
        volume: mcm(volume),
        area: Area::from_km2(1.0),
    };
    let curve = Curve::new(vec![point(100.0, 0.0), point(200.0, 100.0)]).unwrap();
    Reservoir::new("lake", mcm(100.0))
        .initial(mcm(50.0))
        .curve(curve)
}

fn rated() -> Tailwater {
    let points = [(0.0, 90.0), (100.0, 91.0), (200.0, 93.0)];
    Tailwater::rating(points.map(|(q, z)| (m3s(q), m(z))).to_vec()).unwrap()
}

/// Within so small a part of it that only rounding can tell.
#[track_caller]
fn assert_close(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() <= 1e-12 * expected.abs(),
        "{found}, expected {expected}"
    );
}

#[test]
fn bakhri_tochik_gives_what_its_records_say() {
    let plant = PowerPlant::new(0.88, Power::from_mw(126.0), m(332.5));
    // 700 GWh from 21.2 km3, at a net head of 13.8 m.
    let cubic_metre = Volume::from_m3(1.0);
    let kwh = plant
        .energy_of_day(TODAY, m(346.3), cubic_metre, m3s(700.0))
        .kwh();
    assert_eq!(format!("{kwh:.3}"), "0.033");
    assert_eq!(format!("{:.3}", 700.0 / 21_200.0), "0.033");
    // A lake so wide that a day does not lower it: 126 MW at 15 m.
    let point = CurvePoint {
        level: m(347.5),
        volume: mcm(1e9),
        area: Area::from_km2(1e9),
    };
    let lake = Reservoir::new("lake", mcm(1e9))
        .curve(Curve::new(vec![point]).unwrap())
        .power(plant);
    let whole_day = Energy::from_mwh(126.0 * 24.0);
    let before = (mcm(1e9), mcm(1e9));
    let release = lake.release_for_energy(whole_day, TODAY, before, m3s(2000.0));
    assert_eq!(format!("{:.0}", release.unwrap()), "973 m3/s");
}

#[test]
fn a_day_with_everything_in_it() {
    let may = days(date(2024, 5, 1), 40);
    let plant = PowerPlant::new(0.9, Power::from_mw(80.0), rated())
        .units(4)
        .max_discharge(m3s(120.0))
        .head_loss(m(1.0))
        .outage(Outage {
            unit: 3,
            window: may,
        })
        .outage(Outage {
            unit: 3,
            window: days(date(2024, 6, 1), 1),
        });
    let lake = lake().power(plant);
    let day = |release: f64, spill: f64| {
        let storage = (mcm(52.0), mcm(48.0));
        let volume = |flow: f64| Volume::from_m3(flow * DAY);
        lake.energy_of_day(TODAY, storage, volume(release), volume(spill))
            .unwrap()
            .kwh()
    };
    // 150 m less a tailwater of 92 m at 150 m3/s and 1 m of loss; three of four units take 90 m3/s.
    assert_close(day(100.0, 50.0), 0.9 * WEIGHT * 90.0 * 57.0 * 24.0 / 1000.0);
    // 91 m and 58 m; all the water goes through.
    assert_close(day(80.0, 20.0), 0.9 * WEIGHT * 80.0 * 58.0 * 24.0 / 1000.0);
    // Beyond the last point the rating goes on.
    assert_close(
        day(400.0, 0.0),
        0.9 * WEIGHT * 90.0 * (149.0 - 97.0) * 24.0 / 1000.0,
    );
}

#[test]
fn capacity_limits_a_day_and_a_least_head_ends_it() {
    let plant = PowerPlant::new(1.0, Power::from_mw(30.0), m(90.0)).min_head(m(20.0));
    let energy = |level: f64, volume: f64| {
        plant
            .energy_of_day(TODAY, m(level), mcm(volume), m3s(100.0))
            .mwh()
    };
    assert_eq!(energy(150.0, 8.64), 720.0);
    assert_close(energy(110.0, 8.64), WEIGHT * 100.0 * 20.0 * 24.0 / 1e6);
    assert_eq!(energy(109.9, 8.64), 0.0);
    assert_eq!(energy(80.0, 8.64), 0.0);
}

#[test]
fn units_that_are_out_count_once() {
    let days = |from, to| Window::new(from, to).unwrap();
    let (may, june, july) = (date(2024, 5, 1), date(2024, 6, 1), date(2024, 7, 1));
    let plant = PowerPlant::new(0.9, Power::from_mw(60.0), m(90.0))
        .units(3)
        .max_discharge(m3s(300.0))
        .outage(Outage {
            unit: 1,
            window: days(may, june),
        })
        .outage(Outage {
            unit: 1,
            window: days(june, july),
        })
        .outage(Outage {
            unit: 2,
            window: days(june, june),
        });
    let on = |date| {
        (
            plant.units_on(date),
            plant.capacity_on(date).mw(),
            plant.discharge_on(date),
        )
    };
    assert_eq!(on(date(2024, 4, 30)), (3, 60.0, m3s(300.0)));
    assert_eq!(on(may), (2, 40.0, m3s(200.0)));
    assert_eq!(on(june), (1, 20.0, m3s(100.0)));
    assert_eq!(on(july), (2, 40.0, m3s(200.0)));
    let dead = PowerPlant::new(0.9, Power::from_mw(60.0), m(90.0)).outage(Outage {
        unit: 1,
        window: days(may, june),
    });
    let energy = dead.energy_of_day(june, m(150.0), mcm(1.0), m3s(20.0));
    assert_eq!(energy, Energy::ZERO);
}

#[test]
fn ratings_that_fall_are_refused() {
    let rating = |points: &[(f64, f64)]| {
        Tailwater::rating(points.iter().map(|&(q, z)| (m3s(q), m(z))).collect()).unwrap_err()
    };
    assert_eq!(rating(&[]).1, "a rating without points");
    assert_eq!(
        rating(&[(-1.0, 90.0)]),
        (0, "a discharge of -1 m3/s".into())
    );
    assert_eq!(rating(&[(0.0, 90.0), (0.0, 91.0)]).0, 1);
    let (at, words) = rating(&[(0.0, 90.0), (9.0, 91.0), (10.0, 90.5)]);
    assert_eq!((at, &*words), (2, "level 90.5 m falls below 91 m"));
    assert_eq!(rating(&[(0.0, f64::NAN)]).0, 0);
}

#[test]
fn stations_that_cannot_be_are_refused() {
    let plant = || PowerPlant::new(0.9, Power::from_mw(60.0), m(90.0));
    let one_day = days(TODAY, 1);
    for (plant, fault) in [
        (
            PowerPlant::new(1.1, Power::from_mw(60.0), m(90.0)),
            "an efficiency of 1.1",
        ),
        (
            PowerPlant::new(0.9, Power::from_mw(-1.0), m(90.0)),
            "a capacity of -1 MW",
        ),
        (
            PowerPlant::new(0.9, Power::ZERO, m(f64::NAN)),
            "a tailwater without a level",
        ),
        (plant().units(0), "0 units"),
        (plant().max_discharge(m3s(-1.0)), "units that pass -1 m3/s"),
        (plant().head_loss(m(-1.0)), "a head loss of -1 m"),
        (plant().min_head(m(f64::INFINITY)), "a least head of inf m"),
        (
            plant().outage(Outage {
                unit: 2,
                window: one_day,
            }),
            "an outage of unit 2 of 1",
        ),
    ] {
        let error = by_the_sea(one_day, lake().power(plant))
            .build()
            .unwrap_err()
            .to_string();
        let start = format!("the power station of reservoir `lake` has {fault}");
        assert!(error.starts_with(&start), "{error}");
    }
}

/// A lake with a river to the sea.
fn by_the_sea(window: Window, lake: Reservoir) -> ModelBuilder {
    Model::builder("by hand", window)
        .reservoir(lake)
        .node(Node::terminal("sea"))
        .reach(Reach::river("river", "lake", "sea").antecedent(Flow::ZERO))
}

fn made(ledger: &riparian::Ledger) -> impl Iterator<Item = f64> + '_ {
    ledger.reservoirs().energy.of(0).map(|kwh| kwh / 1e3)
}

/// In `MWh` a day; 700 is more than the units can make.
const WANTED: [f64; 6] = [300.0, 451.5, 0.0, 120.0, 700.0, 333.3];

fn station() -> PowerPlant {
    PowerPlant::new(0.9, Power::from_mw(25.0), rated()).head_loss(m(0.5))
}

#[test]
fn the_energy_that_is_wanted_is_made_exactly() {
    let june = days(TODAY, 6);
    let wanted = DailySeries::new(TODAY, WANTED.to_vec()).unwrap();
    // What is lost to the air and the ground is known in the morning.
    let lake = lake()
        .power(station())
        .evaporation_mm([60.0; 12])
        .seepage_mm_per_day(2.0);
    let ledger = run(by_the_sea(june, lake)
        .inflow("lake", daily(june, |day| 2e5 * day as f64))
        .policy("lake", EnergyDemand::new(wanted))
        .build()
        .unwrap());
    let mut expected = WANTED;
    expected[4] = 600.0;
    assert_row(made(&ledger), &expected);
}

#[test]
fn a_forecast_of_the_day_makes_it_exact_below_a_river() {
    let june = days(TODAY, 6);
    let model = |expects| {
        let wanted = DailySeries::new(TODAY, WANTED.to_vec()).unwrap();
        by_the_sea(june, lake().power(station()))
            .node(Node::inflow("spring"))
            .reach(
                Reach::river("brook", "spring", "lake")
                    .lag_days(1)
                    .loss(0.25),
            )
            .inflow(
                "spring",
                daily(june, |day| [4e6, 8e6, 1e6, 9e6, 2e6, 5e6][day]),
            )
            .policy("lake", EnergyDemand::new(wanted).expecting(expects))
            .build()
            .unwrap()
    };
    let mut expected = WANTED;
    expected[4] = 600.0;
    assert_row(made(&run(model(Expects::Forecast))), &expected);
    // Without it, the level at the day's end is not quite right.
    let blind: Vec<f64> = made(&run(model(Expects::LastInflow))).collect();
    assert!(
        blind
            .iter()
            .zip(expected)
            .all(|(made, wanted)| (made - wanted).abs() <= 0.05 * wanted)
    );
    assert!(
        blind
            .iter()
            .zip(expected)
            .any(|(made, wanted)| (made - wanted).abs() > 1e-6 * wanted)
    );
}

#[test]
fn without_water_or_outlets_it_makes_what_it_can() {
    let june = days(TODAY, 3);
    let policy = || EnergyDemand::new(DailySeries::constant(june, 500.0).unwrap());
    // 2 Mm3 above dead storage, and nothing comes.
    let low = lake().power(station()).dead(mcm(48.0));
    let ledger = run(by_the_sea(june, low)
        .policy("lake", policy())
        .build()
        .unwrap());
    assert_row(ledger.reservoirs().release.of(0), &[2e6, 0.0, 0.0]);
    // Turbines of 10 m3/s, beside a gate that would pass more.
    let narrow = lake()
        .power(station())
        .outlet(Outlet::constant("units", OutletKind::Turbine, m3s(10.0)))
        .outlet(Outlet::constant("gate", OutletKind::Gate, m3s(900.0)));
    let ledger = run(by_the_sea(june, narrow)
        .policy("lake", policy())
        .build()
        .unwrap());
    assert_row(ledger.reservoirs().release.of(0), &[8.64e5; 3]);
}

#[test]
fn a_demand_of_energy_needs_a_station() {
    let june = days(TODAY, 3);
    let policy = EnergyDemand::new(DailySeries::constant(june, 500.0).unwrap());
    let error = by_the_sea(june, lake())
        .policy("lake", policy)
        .build()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the policy of `lake` makes energy, and there is no power station; \
         expected another policy, or what this one needs"
    );
}

#[test]
fn firm_energy_is_what_most_days_and_years_reach() {
    // Two hydrological years in whole, and months on both sides.
    let window = Window::new(date(2021, 9, 1), date(2023, 12, 31)).unwrap();
    // A lake of one level.
    let point = CurvePoint {
        level: m(200.0),
        volume: mcm(1e6),
        area: Area::from_km2(1e9),
    };
    let plant = PowerPlant::new(1.0, Power::from_mw(1e3), m(100.0));
    let wide = Reservoir::new("lake", mcm(1e6))
        .initial(mcm(1e6))
        .curve(Curve::new(vec![point]).unwrap())
        .power(plant);
    let release = |date: Date| {
        if date.month() == 1 {
            0.5
        } else {
            f64::from(date.year() - 2020)
        }
    };
    let series: Vec<f64> = window
        .iter()
        .map(|date| release(date) * 1e6 / DAY)
        .collect();
    let releases = Schedule::planned(DailySeries::new(window.from(), series).unwrap());
    let model = by_the_sea(window, wide)
        .inflow("lake", daily(window, |_| 4e6))
        .policy("lake", releases)
        .build()
        .unwrap();
    let ledger = run(model);
    let mwh = |mcm: f64| WEIGHT * mcm * 100.0 / 3600.0;
    let near = |found: Energy, mcm: f64| (found.mwh() - mwh(mcm)).abs() < 1e-3 * mwh(mcm);
    // 62 of 852 days are of a January.
    assert!(near(ledger.firm_energy_by_day(0, 0.95), 0.5));
    assert!(near(ledger.firm_energy_by_day(0, 0.90), 1.0));
    let years = [92.0 + 15.5 + 242.0 * 2.0, 92.0 * 2.0 + 15.5 + 242.0 * 3.0];
    assert!(near(ledger.firm_energy_by_year(0, 0.95).unwrap(), years[0]));
    assert!(near(ledger.firm_energy_by_year(0, 0.50).unwrap(), years[1]));
    let plan = Plan::compile(by_the_sea(days(TODAY, 9), lake()).build().unwrap()).unwrap();
    let short = riparian::Simulation::new(&plan).run().unwrap();
    assert_eq!(short.firm_energy_by_year(0, 0.9), None);
}

/// Points that rise, from steps.
fn rising(steps: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut last = (0.0, 0.0);
    let add = |&(a, b): &(f64, f64)| {
        last = (last.0 + a, last.1 + b);
        last
    };
    steps.iter().map(add).collect()
}

prop_compose! {
    /// A reservoir of up to 2 km3 and some 60 m, with a steep tailwater.
    fn stations()(
        storage in prop::collection::vec((1.0..20.0, 10.0..500.0), 1..5),
        rating in prop::collection::vec((20.0..500.0, 0.0..8.0), 0..4),
        (efficiency, mw, above) in (0.5..1.0, 1.0..500.0, -10.0..30.0),
        (loss, least, units) in (0.0..2.0, 0.0..10.0, 1_u32..5),
        discharge in prop::option::of(50.0..900.0),
    ) -> Reservoir {
        let points = rising(&storage).into_iter().map(|(level, volume)| CurvePoint {
            level: m(100.0 + level),
            volume: mcm(volume),
            area: Area::from_km2(volume),
        });
        let curve = Curve::new(points.collect()).unwrap();
        let full = curve.points().last().unwrap().volume;
        let mut points = vec![(Flow::ZERO, m(100.0 - above))];
        points.extend(rising(&rating).into_iter().map(|(q, z)| (m3s(q), m(100.0 - above + z))));
        let mut plant = PowerPlant::new(efficiency, Power::from_mw(mw), Tailwater::rating(points).unwrap())
            .units(units)
            .head_loss(m(loss))
            .min_head(m(least))
            .outage(Outage { unit: units, window: days(date(2024, 7, 1), 31) });
        plant.max_discharge = discharge.map(m3s);
        Reservoir::new("lake", full).dead(full * 0.05).curve(curve).power(plant)
    }
}

proptest! {
    #[test]
    fn energy_rises_with_head_and_water_up_to_the_capacity(
        lake in stations(),
        level in 90.0..200.0,
        higher in 0.0..20.0,
        water in 0.0..90.0,
        more in 0.0..20.0,
        outflow in 0.0..3000.0_f64,
        less in 0.0..500.0,
    ) {
        let plant = lake.power.as_ref().unwrap();
        let energy = |level: f64, water: f64, outflow: f64| {
            plant.energy_of_day(TODAY, m(level), mcm(water), m3s(outflow))
        };
        let base = energy(level, water, outflow);
        prop_assert!(energy(level + higher, water, outflow) >= base);
        prop_assert!(energy(level, water + more, outflow) >= base);
        prop_assert!(energy(level, water, f64::max(outflow - less, 0.0)) >= base);
        prop_assert!(base >= Energy::ZERO && base.mwh() <= plant.capacity.mw() * 24.0 * (1.0 + 1e-12));
        let outage = plant.energy_of_day(date(2024, 7, 9), m(level), mcm(water), m3s(outflow));
        prop_assert!(outage <= base);
        prop_assert!(plant.units > 1 || outage == Energy::ZERO);
    }

    /// Judged by trying many releases.
    #[test]
    fn the_release_for_an_energy_is_the_least_that_makes_it_or_the_best(
        lake in stations(),
        start in 0.0..1.0,
        gain in -0.02..0.1,
        wanted in 0.0..5000.0,
        most in 1.0..3000.0,
    ) {
        let start = lake.full * start;
        let before = (start + lake.full * gain).max(Volume::ZERO);
        let most = m3s(most);
        let wanted = Energy::from_mwh(wanted);
        let release = lake.release_for_energy(wanted, TODAY, (start, before), most).unwrap();
        let made = |release: Flow| {
            let volume = release.over_days(1.0);
            lake.energy_of_day(TODAY, (start, before - volume), volume, Volume::ZERO).unwrap().kwh()
        };
        let plant = lake.power.as_ref().unwrap();
        let possible = most
            .min(plant.discharge_on(TODAY))
            .min(((before - lake.dead) / riparian::units::Days(1.0)).max(Flow::ZERO));
        prop_assert!(release >= Flow::ZERO && release <= possible * (1.0 + 1e-12));
        let found = made(release);
        let wanted = wanted.kwh().min(plant.capacity.kw() * 24.0);
        let reached = found >= wanted * (1.0 - 1e-9);
        if reached {
            prop_assert!(found <= wanted * (1.0 + 1e-9), "{} of {}", found, wanted);
        }
        for step in 0..=1000 {
            let other = possible * (f64::from(step) / 1000.0);
            if reached {
                // No smaller release does as much.
                prop_assert!(other >= release || made(other) < wanted * (1.0 + 1e-9));
            } else {
                prop_assert!(made(other) <= found * (1.0 + 1e-9), "{} makes {}, {} makes {}", other, made(other), release, found);
            }
        }
    }
}
