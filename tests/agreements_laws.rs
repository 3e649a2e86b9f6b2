//! Laws of shares: whatever the river brings, what two sides get adds up to it, and nobody gets
//! less for more water, unless the treaty means it so.

use std::path::Path;

use proptest::prelude::*;

use riparian::agreement::{Agreement, Measure};
use riparian::calendar::{Date, Dekad, Window};
use riparian::settlement::{Record, settle};
use riparian::units::{Flow, SECONDS_PER_DAY, Volume};

fn open(name: &str) -> Agreement {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/agreements");
    Agreement::open(folder.join(name).with_extension("toml")).unwrap()
}

fn cusecs(flow: f64) -> f64 {
    Flow::from_cusecs(flow).m3s() * SECONDS_PER_DAY
}

/// What two obligations come to, as mean flows in cusecs, while a place reads the same on all days
/// of a period.
fn shares(
    agreement: &Agreement,
    days: Window,
    (place, measure): (&str, Option<Measure>),
    flow: f64,
    sides: [&str; 2],
) -> [f64; 2] {
    let record = Record::new(days).with(place, measure, vec![cusecs(flow); days.days()]);
    let settled = settle(std::slice::from_ref(agreement), &record);
    sides.map(|side| {
        let rows = settled.rows.iter().filter(|row| row.obligation == side);
        let total: f64 = rows.map(|row| row.committed.unwrap()).sum();
        Volume::from_mcm(total)
            .per_days(days.days() as f64)
            .cusecs()
    })
}

/// Rounding of sums of flows of this size.
fn slack(flow: f64) -> f64 {
    1e-9 * flow.max(1.0)
}

const SIDES: [&str; 2] = ["farakka-bangladesh", "farakka-india"];

fn farakka(agreement: &Agreement, dekad: Dekad, flow: f64) -> [f64; 2] {
    shares(agreement, dekad.window(), ("farakka", None), flow, SIDES)
}

fn without_rotation() -> Agreement {
    let mut agreement = open("farakka-1996");
    for obligation in &mut agreement.obligations {
        obligation
            .clauses
            .retain(|clause| !clause.effect.changes_due());
    }
    agreement
}

/// Any dekad from 1 January to 31 May while the treaty is in force.
fn dekads() -> impl Strategy<Value = Dekad> {
    (1997_i16..2026, 1_i8..=5, 1_i8..=3).prop_map(|(y, m, i)| Dekad::new(y, m, i).unwrap())
}

/// Flows of all sizes, often at the brackets' ends.
fn flows() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => 0.0..150_000.0,
        1 => prop::sample::select(vec![0.0, 35_000.0, 50_000.0, 70_000.0, 75_000.0]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn farakka_without_rotation_is_shared_out_continuously_and_never_backwards(
        dekad in dekads(),
        flow in flows(),
        more in 0.0..2_000.0,
    ) {
        let agreement = without_rotation();
        let less = farakka(&agreement, dekad, flow);
        let then = farakka(&agreement, dekad, flow + more);
        let slack = slack(flow + more);
        prop_assert!((less[0] + less[1] - flow).abs() <= slack);
        for side in 0..2 {
            let gain = then[side] - less[side];
            prop_assert!(gain >= -slack && gain <= more + slack, "{less:?} {then:?}");
        }
    }

    #[test]
    fn farakka_with_rotation_is_shared_out_and_the_guarantee_holds(
        dekad in dekads(),
        flow in flows(),
    ) {
        let [bangladesh, india] = farakka(&open("farakka-1996"), dekad, flow);
        let slack = slack(flow);
        prop_assert!((bangladesh + india - flow).abs() <= slack);
        prop_assert!(bangladesh >= 0.0 && india >= 0.0);
        // Three turns of each side, from 11 March to 10 May.
        let turn = match (dekad.month(), dekad.index()) {
            (3, 2) | (4, 1 | 3) => Some(bangladesh),
            (3, 3) | (4, 2) | (5, 1) => Some(india),
            _ => None,
        };
        if let Some(guaranteed) = turn {
            prop_assert!(guaranteed >= flow.min(35_000.0) - slack);
        } else {
            let free = farakka(&without_rotation(), dekad, flow);
            prop_assert_eq!([bangladesh, india], free);
        }
    }

    #[test]
    fn st_mary_and_milk_are_shared_out_continuously_and_never_backwards(
        month in 4_i8..=10,
        flow in prop_oneof![0.0..3_000.0, Just(666.0)],
        more in 0.0..500.0,
    ) {
        let agreement = open("st-mary-1921");
        let days = Dekad::containing(Date::constant(2023, month, 15)).window();
        for (place, sides) in [
            ("st-mary-boundary", ["st-mary-canada", "st-mary-us"]),
            ("milk-eastern-crossing", ["milk-us", "milk-canada"]),
        ] {
            let place = (place, Some(Measure::NaturalFlow));
            // Part of a month is a month cut at the record's edges: the days alone count.
            let [first, second] = shares_of_days(&agreement, days, place, flow, sides);
            let then = shares_of_days(&agreement, days, place, flow + more, sides);
            let slack = slack(flow + more);
            prop_assert!((first + second - flow).abs() <= slack);
            prop_assert!(first >= second - slack);
            for (less, then) in [first, second].into_iter().zip(then) {
                prop_assert!(then >= less - slack && then <= less + more + slack);
            }
        }
    }

    #[test]
    fn halves_add_up_on_the_prairies_and_on_the_talas(year in 1990_i16..2024, flow in 0.0..50_000.0) {
        let days = Window::new(Date::constant(year, 1, 1), Date::constant(year, 12, 31)).unwrap();
        for (file, place, sides) in [
            (
                "prairie-provinces-1969",
                "north-saskatchewan-boundary",
                ["north-saskatchewan", "north-saskatchewan-alberta"],
            ),
            ("talas-1983", "talas-kirov", ["talas-kazakhstan", "talas-kyrgyzstan"]),
        ] {
            let place = (place, Some(Measure::NaturalFlow));
            let [one, other] = shares(&open(file), days, place, flow, sides);
            prop_assert!((one + other - flow).abs() <= slack(flow));
            prop_assert!((one - other).abs() <= slack(flow));
        }
    }
}

/// The same for the days of part of a month.
fn shares_of_days(
    agreement: &Agreement,
    days: Window,
    place: (&str, Option<Measure>),
    flow: f64,
    sides: [&str; 2],
) -> [f64; 2] {
    let mut agreement = agreement.clone();
    for obligation in &mut agreement.obligations {
        obligation.window = Some(days);
    }
    shares(&agreement, days, place, flow, sides)
}
