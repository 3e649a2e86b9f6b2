//! Licences on groups of offtakes: by hand, and as laws on any basin.

mod common;

use std::path::Path;

use common::basins::{Sketch, basins, check_run, inflows, windows};
use common::{assert_row, daily, days, run};
use proptest::prelude::*;
use riparian::allocation::{EqualAwards, Talmud};
use riparian::basin::{Node, Offtake, Party, Pump, Reach};
use riparian::calendar::{Season, Window};
use riparian::jiff::civil::date;
use riparian::ledger::Ledger;
use riparian::licence::Licence;
use riparian::scenario::Scenario;
use riparian::series::DailySeries;
use riparian::units::{Flow, Level, Volume};
use riparian::{Model, ModelBuilder, Plan, Report, Simulation};

/// m3 a day as a flow.
fn a_day(m3: f64) -> Flow {
    common::flow(m3)
}

/// A river with users `a`, `b` and `c`, so many days apart; `asks` by user and day, in m3.
fn river(window: Window, water: f64, apart: u32, asks: [fn(usize) -> f64; 3]) -> ModelBuilder {
    let mut model = Model::builder("a river", window)
        .party(Party::new("UP", "Upland"))
        .party(Party::new("LO", "Lowland"))
        .class("use")
        .node(Node::inflow("head"))
        .node(Node::gauge("bridge"))
        .node(Node::gauge("town"))
        .node(Node::terminal("sea"))
        .reach(Reach::river("one", "head", "bridge").lag_days(apart))
        .reach(Reach::river("two", "bridge", "town").lag_days(apart))
        .reach(Reach::river("three", "town", "sea"))
        .inflow("head", daily(window, |_| water));
    for ((id, at), asks) in [("a", "head"), ("b", "bridge"), ("c", "town")]
        .into_iter()
        .zip(asks)
    {
        let party = if id == "a" { "UP" } else { "LO" };
        model = model
            .offtake(Offtake::new(id, at, party, "use"))
            .demand(id, daily(window, asks));
    }
    model
}

fn got(ledger: &Ledger, i: usize) -> impl Iterator<Item = f64> + '_ {
    ledger.offtakes().delivered.of(i)
}

fn together(ledger: &Ledger, members: &[usize]) -> Vec<f64> {
    let day = |day| {
        members
            .iter()
            .map(|&i| ledger.offtakes().delivered.at(day, i))
            .sum()
    };
    (0..ledger.days()).map(day).collect()
}

#[test]
fn a_flow_is_shared_by_the_rule_of_the_licence() {
    let window = days(date(2024, 6, 1), 2);
    let licence = || Licence::daily("l", a_day(60.0)).offtakes(["a", "b", "c"]);
    let asks: [fn(usize) -> f64; 3] = [|_| 20.0, |_| 40.0, |_| 60.0];
    let of = |licence: Licence| {
        let ledger = run(river(window, 1000.0, 0, asks)
            .licence(licence)
            .build()
            .unwrap());
        [0, 1, 2].map(|i| got(&ledger, i).next().unwrap())
    };
    assert_row(of(licence()).into_iter(), &[10.0, 20.0, 30.0]);
    assert_row(
        of(licence().sharing(EqualAwards)).into_iter(),
        &[20.0, 20.0, 20.0],
    );
    assert_row(
        of(licence().sharing(Talmud)).into_iter(),
        &[10.0, 20.0, 30.0],
    );
    // A country's licence over all its canals, and nobody else's.
    let country = Licence::daily("country", a_day(50.0)).held_by("LO");
    assert_row(of(country).into_iter(), &[20.0, 20.0, 30.0]);
}

#[test]
fn a_river_that_is_short_comes_on_top() {
    let window = days(date(2024, 6, 1), 1);
    let asks: [fn(usize) -> f64; 3] = [|_| 100.0, |_| 100.0, |_| 40.0];
    let licence = Licence::daily("l", a_day(80.0)).offtakes(["a", "b"]);
    let ledger = run(river(window, 60.0, 0, asks)
        .licence(licence)
        .build()
        .unwrap());
    // 40, 40 and 40 are asked of 60.
    assert_row(
        (0..3).map(|i| ledger.offtakes().delivered.at(0, i)),
        &[20.0, 20.0, 20.0],
    );
    let journal = ledger.licences();
    assert_row(journal.from_offtake.of(0), &[60.0]);
    assert_eq!([0, 1, 2].map(|i| journal.of_offtake.at(0, i)), [1, 1, 0]);
    assert_row(journal.held_back.of(0), &[120.0]);
    assert_row(journal.taken.of(0), &[40.0]);
}

#[test]
fn a_season_is_used_up_or_spread_and_begins_anew() {
    let window = days(date(2024, 5, 30), 8);
    let asks: [fn(usize) -> f64; 3] = [|_| 30.0, |_| 10.0, |_| 0.0];
    let season: Season = "06-01..06-04".parse().unwrap();
    let volume = Volume::from_m3(100.0);
    let of = |licence: Licence, window| {
        let licence = licence.offtakes(["a", "b"]);
        let ledger = run(river(window, 1000.0, 0, asks)
            .licence(licence)
            .build()
            .unwrap());
        together(&ledger, &[0, 1])
    };
    let demand = of(Licence::seasonal("l", volume, season), window);
    assert_row(
        demand.into_iter(),
        &[40.0, 40.0, 40.0, 40.0, 20.0, 0.0, 40.0, 40.0],
    );
    let even = of(Licence::evenly("l", volume, season), window);
    assert_row(
        even.into_iter(),
        &[40.0, 40.0, 25.0, 25.0, 25.0, 25.0, 40.0, 40.0],
    );
    let two_years = Window::new(date(2024, 6, 1), date(2025, 6, 4)).unwrap();
    let demand = of(Licence::seasonal("l", volume, season), two_years);
    for year in [&demand[..4], &demand[365..]] {
        assert_row(year.iter().copied(), &[40.0, 40.0, 20.0, 0.0]);
    }
}

#[test]
fn what_is_not_taken_at_an_even_pace_is_spread_over_the_days_left() {
    let window = days(date(2024, 6, 1), 4);
    let asks: [fn(usize) -> f64; 3] = [|day| if day == 0 { 10.0 } else { 60.0 }, |_| 0.0, |_| 0.0];
    let licence = Licence::evenly("l", Volume::from_m3(100.0), "06-01..06-04".parse().unwrap());
    let model = river(window, 1000.0, 0, asks).licence(licence.offtakes(["a"]));
    assert_row(
        got(&run(model.build().unwrap()), 0),
        &[10.0, 30.0, 30.0, 30.0],
    );
}

#[test]
fn a_window_rolls() {
    let window = days(date(2024, 6, 1), 7);
    let asks: [fn(usize) -> f64; 3] = [|_| 30.0, |_| 10.0, |_| 0.0];
    let licence = Licence::rolling("l", Volume::from_m3(100.0), 3).offtakes(["a", "b"]);
    let ledger = run(river(window, 1000.0, 0, asks)
        .licence(licence)
        .build()
        .unwrap());
    let taken = together(&ledger, &[0, 1]);
    assert_row(
        taken.into_iter(),
        &[40.0, 40.0, 20.0, 40.0, 40.0, 20.0, 40.0],
    );
}

/// Those down the river come to a date first, and leave the others theirs.
#[test]
fn a_date_is_shared_whatever_the_travel_time() {
    let window = days(date(2024, 6, 1), 6);
    let asks: [fn(usize) -> f64; 3] = [|_| 20.0, |_| 40.0, |_| 60.0];
    let licence = Licence::daily("l", a_day(60.0)).offtakes(["a", "b", "c"]);
    let model = river(window, 1000.0, 2, asks).licence(licence.clone());
    let ledger = run(model.build().unwrap());
    for (i, expected) in [10.0, 20.0, 30.0].into_iter().enumerate() {
        assert_row(got(&ledger, i), &[expected; 6]);
    }
    // `c` cannot use its part: 10 come to it on the first days, and `b` and `a` have the rest.
    let mut short = river(window, 1000.0, 2, asks).licence(licence);
    short = short.reach(Reach::canal("cut", "town", "pond").capacity(a_day(10.0)));
    short = short
        .node(Node::junction("pond"))
        .offtake(Offtake::new("d", "pond", "LO", "use"))
        .demand("d", daily(window, |_| 60.0))
        .licence(Licence::daily("m", a_day(60.0)).offtakes(["d", "b", "a"]));
    let ledger = run(short.build().unwrap());
    assert_row(got(&ledger, 3), &[10.0; 6]);
    let together = together(&ledger, &[0, 1, 3]);
    assert!(
        together.iter().all(|&sum| sum <= 60.0 + 1e-9),
        "{together:?}"
    );
}

/// Under the other rules of time, too, a wave that has not come is not forgotten.
#[test]
fn windows_and_seasons_hold_across_travel_times() {
    let window = days(date(2024, 5, 20), 40);
    let asks: [fn(usize) -> f64; 3] = [|day| 5.0 + day as f64, |_| 40.0, |_| 60.0];
    let season: Season = "06-01..06-20".parse().unwrap();
    let volume = Volume::from_m3(200.0);
    for licence in [
        Licence::rolling("l", volume, 5),
        Licence::rolling("l", volume, 2),
        Licence::seasonal("l", volume, season),
        Licence::evenly("l", volume, season),
    ] {
        let licence = licence.offtakes(["a", "b", "c"]);
        let model = river(window, 1000.0, 3, asks).licence(licence.clone());
        let plan = Plan::compile(model.build().unwrap()).unwrap();
        let ledger = check_run(&plan).unwrap();
        let taken = together(&ledger, &[0, 1, 2]);
        let first = season.containing(date(2024, 6, 1)).unwrap();
        let used: f64 = match licence.allowance {
            riparian::licence::Allowance::Rolling { days, .. } => {
                taken[20..20 + days as usize].iter().sum()
            }
            _ => taken[12..12 + first.days()].iter().sum(),
        };
        // All of it is used.
        assert!((used - 200.0).abs() <= 1e-9, "{licence:?}: {used}");
    }
}

#[test]
fn a_shortfall_names_the_licence() {
    use riparian::agreement::{Agreement, Obligation};
    use riparian::settlement::Why;
    let window = days(date(2024, 6, 1), 10);
    let asks: [fn(usize) -> f64; 3] = [|_| 0.0, |_| 40.0, |_| 60.0];
    let promise = Obligation::new("promise", "UP", "c", Volume::from_m3(600.0)).within(window);
    let model = river(window, 1000.0, 0, asks)
        .licence(Licence::daily("l", a_day(50.0)).held_by("LO"))
        .agreement(Agreement::new("treaty", ["UP", "LO"]).obligation(promise))
        .build()
        .unwrap();
    let plan = Plan::compile(model).unwrap();
    let ledger = Simulation::new(&plan).run().unwrap();
    let report = Report::new(plan, ledger);
    let row = &report.settlements()[0];
    let why = Why::Licence {
        licence: "l".into(),
    };
    assert_eq!(row.reasons[0].why, why);
    let again = report.explain("promise", window.from()).unwrap();
    for reasons in [&row.reasons, &again] {
        assert_eq!(reasons.len(), 1, "{reasons:?}");
        assert_eq!(reasons[0].why, why);
        assert!((reasons[0].amount - 300e-6).abs() <= 1e-15, "{reasons:?}");
    }
}

/// A limit over the canals of a country, as the region's water commission sets them each season; here
/// they lie at several travel times, and the limit is a part of what they would take.
#[test]
fn a_countrys_limit_holds_over_many_canals() {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/syr-darya-2001-2010");
    let model = riparian::scenario::read(scenario).unwrap();
    let run = |model: Model| {
        let plan = Plan::compile(model).unwrap();
        let ledger = Simulation::new(&plan).run().unwrap();
        Report::new(plan, ledger)
    };
    let limit = |mcm: f64| {
        let volume = Volume::from_mcm(mcm);
        Licence::seasonal("uz", volume, Season::vegetation()).held_by("UZ")
    };
    let most = |report: &Report| {
        let uses = report.licences().into_iter();
        uses.map(|used| used.taken.mcm()).fold(0.0, f64::max)
    };
    // Without a limit that anybody meets.
    let free = run(model.clone().with_licence(limit(1e6)).unwrap());
    assert!(free.licences().iter().all(|used| used.days_held_back == 0));
    let free = most(&free);
    for part in [0.5, 0.9] {
        let held = run(model.clone().with_licence(limit(part * free)).unwrap());
        assert!(most(&held) <= part * free * (1.0 + 1e-12));
        assert!(
            most(&held) >= part * free * (1.0 - 1e-9),
            "{} of {free}",
            most(&held)
        );
    }
}

#[test]
fn all_faults_of_the_table_are_told_at_once() {
    let error = Scenario::from_files([
        (
            "scenario.toml",
            "title = \"T\"\nstart = 2024-06-01\nend = 2024-06-30\n[[class]]\nname = \"use\"\n",
        ),
        ("parties.csv", "party\nUZ\n"),
        ("nodes.csv", "node,kind\nspring,inflow\nsea,terminal\n"),
        (
            "reaches.csv",
            "reach,from,to,kind\nbrook,spring,sea,river\n",
        ),
        (
            "offtakes.csv",
            "offtake,at,party,class\nleft,spring,UZ,use\nright,spring,UZ,use\n",
        ),
        ("series/inflows.csv", "month,spring_m3s\n2024-06,2.5\n"),
        (
            "series/demands.csv",
            "month,left_m3s,right_m3s\n2024-06,1,1\n",
        ),
        (
            "licences.csv",
            "licence,party,offtakes,limit_m3s,limit_mcm,from,to,rolling_days\n\
             a,UZ,,,,,,\n\
             b,,left rigt,5,,,,\n\
             b,,right,-5,,,,\n\
             c,,left left,,9,,,30\n\
             d,,left,,,04-01,,7\n\
             e,KZ,left,5,,,,\n",
        ),
    ])
    .model()
    .unwrap_err();
    let expected = [
        "2:1: a licence without a limit; expected limit_m3s or limit_mcm",
        "3:4: unknown offtake `rigt` in the licence `b`; expected the id of an offtake; did you \
         mean `right`?",
        "4:1: licence `b` is declared twice; expected an id no other licence has",
        "4:10: the licence `b` allows -5 m3/s; expected at least 0",
        "5:4: offtake `left` is twice in the licence `c`; expected each offtake once",
        "6:1: a licence without a limit; expected limit_m3s or limit_mcm",
        "6:17: no `to`; expected a cell that is not empty",
        "7:3: unknown party `KZ`; expected the id of a party; did you mean `UZ`?",
    ]
    .map(|fault| format!("licences.csv:{fault}"));
    assert_eq!(error.to_string(), expected.join("\n"));
}

#[test]
fn results_tell_what_was_allowed_and_lifted() {
    let window = days(date(2024, 6, 1), 3);
    let asks: [fn(usize) -> f64; 3] = [|_| 4e6, |_| 0.0, |_| 0.0];
    let licence = Licence::rolling("two days", Volume::from_mcm(6.0), 2).held_by("UP");
    let model = river(window, 1e8, 0, asks).licence(licence).pump(Pump::new(
        "a",
        Level::from_m(36.0),
        0.980_665,
    ));
    let plan = Plan::compile(model.build().unwrap()).unwrap();
    let ledger = Simulation::new(&plan).run().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("out");
    Report::new(plan, ledger).write(&folder).unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    assert_eq!(
        read("licences.csv"),
        "licence,party,from,to,in_days,allowed_mcm,most_mcm,asked_mcm,taken_mcm,held_back_mcm,days_held_back\n\
         two days,UP,2024-06-01,2024-06-03,2,6,6,12,10,2,1\n"
    );
    // A cubic metre takes 0.1 kWh.
    assert_eq!(
        read("pumps.csv"),
        "date,at,party,lifted_m3s,energy_mwh\n\
         2024-06-01,a,UP,46.296296,400\n\
         2024-06-02,a,UP,23.148148,200\n\
         2024-06-03,a,UP,46.296296,400\n"
    );
    let summary = read("summary.json");
    assert!(
        summary.contains("\"held_back_by_licences_mcm\": 2.0"),
        "{summary}"
    );
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let mwh = summary["pumping_mwh"]["UP"].as_f64();
    assert!(
        mwh.is_some_and(|mwh| (mwh - 1000.0).abs() < 1e-9),
        "{mwh:?}"
    );
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        ..ProptestConfig::default()
    }
}

/// Licences that never bind, over all users of a sketch.
fn generous(model: &Model) -> Vec<Licence> {
    let ids = || {
        model
            .basin()
            .offtakes()
            .iter()
            .map(|offtake| offtake.id.clone())
    };
    let most: f64 = (0..model.basin().offtakes().len())
        .map(|i| model.demand(i).values().iter().sum::<f64>())
        .sum();
    let (flow, volume) = (
        Flow::from_m3s(most),
        Volume::from_m3(most * 86_400.0 * 1.001),
    );
    let season: Season = "02-25..06-10".parse().unwrap();
    vec![
        Licence::daily("daily", flow * 1.001).offtakes(ids()),
        Licence::seasonal("season", volume, season).offtakes(ids()),
        Licence::rolling("rolling", volume, 7).offtakes(ids()),
    ]
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn a_licence_that_does_not_bind_changes_no_bit(sketch in basins(60)) {
        let model = sketch.model();
        if model.basin().offtakes().is_empty() {
            return Ok(());
        }
        let licensed = generous(&model);
        let without = check_run(&Plan::compile(sketch.model())?)?;
        let plan = Plan::compile(with(&sketch, &licensed)?)?;
        let with = check_run(&plan)?;
        prop_assert_eq!(with.licences().held_back.of(0).sum::<f64>(), 0.0);
        for (a, b) in [
            (&without.offtakes().delivered, &with.offtakes().delivered),
            (&without.offtakes().allocated, &with.offtakes().allocated),
            (&without.nodes().arrived, &with.nodes().arrived),
            (&without.reaches().entered, &with.reaches().entered),
            (&without.reservoirs().storage, &with.reservoirs().storage),
        ] {
            prop_assert_eq!(format!("{a:?}"), format!("{b:?}"));
        }
    }
}

fn with(sketch: &Sketch, licences: &[Licence]) -> riparian::Result<Model> {
    let mut licences = licences.iter().cloned();
    licences.try_fold(sketch.model(), Model::with_licence)
}

/// A river without dams or returns: its users, their travel times apart, the water, what is asked.
type Plain = (Window, DailySeries, u32, [f64; 3], [f64; 3]);

fn plain() -> impl Strategy<Value = Plain> {
    windows(40).prop_flat_map(|window| {
        let loads = || [0.0..8e6, 0.0..8e6, 0.0..8e6];
        (Just(window), inflows(window), 0..4_u32, loads(), loads())
    })
}

/// The same users, all in one place.
fn pool((window, water, apart, asks, more): &Plain, licence: Licence) -> Model {
    let mut model = Model::builder("a pool", *window)
        .party(Party::new("UP", "Upland"))
        .class("use")
        .node(Node::inflow("spring"))
        .node(Node::terminal("sea"))
        .reach(Reach::river("river", "spring", "sea").lag_days(*apart))
        .inflow("spring", water.clone());
    for (i, id) in ["a", "b", "c"].into_iter().enumerate() {
        let asked = |day: usize| asks[i] + more[i] * (day % 5) as f64;
        model = model
            .offtake(Offtake::new(id, "spring", "UP", "use"))
            .demand(id, daily(*window, asked));
    }
    let members = licence.offtakes(["a", "b"]);
    model.licence(members).build().expect("a sound model")
}

proptest! {
    #![proptest_config(cases(400))]

    /// In a river where nothing is stored: by every day, a larger licence has given as much at least.
    #[test]
    fn a_larger_licence_never_gives_less(
        plain in plain(),
        size in 0.0..2e8,
        larger in 1.0..3.0,
        days in 1..30_u32,
    ) {
        let season = plain.0.from();
        let season = Season::new((season.month(), season.day()), (12, 31))?;
        let kinds: [&dyn Fn(f64) -> Licence; 4] = [
            &|size| Licence::daily("l", a_day(size / 10.0)),
            &|size| Licence::seasonal("l", Volume::from_m3(size), season),
            &|size| Licence::evenly("l", Volume::from_m3(size), season),
            &|size| Licence::rolling("l", Volume::from_m3(size), days),
        ];
        for kind in kinds {
            let given = |size: f64| -> riparian::Result<Vec<f64>> {
                let plan = Plan::compile(pool(&plain, kind(size)))?;
                let taken = together(&Simulation::new(&plan).run()?, &[0, 1]);
                let sums = taken.into_iter().scan(0.0, |sum, taken| {
                    *sum += taken;
                    Some(*sum)
                });
                Ok(sums.collect())
            };
            let (less, more) = (given(size)?, given(size * larger)?);
            for (day, (less, more)) in less.iter().zip(&more).enumerate() {
                prop_assert!(*less <= more * (1.0 + 1e-9), "day {day}: {less} and {more}");
            }
        }
    }
}
