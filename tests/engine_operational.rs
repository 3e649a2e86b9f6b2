//! Operational runs: orders by a forecast, and what really arrives is shared.

mod common;

use common::basins::{Sketch, check_run, scenarios};
use common::{DAY, daily, days, run};
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestCaseError, TestCaseResult};
use riparian::basin::{Node, Offtake, Party, Reach, ReachKind, Reservoir};
use riparian::calendar::{Window, day_index};
use riparian::jiff::civil::date;
use riparian::ledger::{Daily, Ledger};
use riparian::operation::{Forecast, Foresight, InflowSeries, Normal};
use riparian::units::{Flow, Volume};
use riparian::{Model, Plan, Report, Simulation};

/// What is known for certain.
fn perfect(model: &Model) -> Foresight {
    let nodes = model.basin().nodes().iter().enumerate();
    let series = nodes.filter_map(|(v, node)| Some((node, model.inflow(v)?)));
    let all = series.fold(InflowSeries::new(), |all, (node, m3s)| {
        all.with(&node.id, m3s.clone())
    });
    Foresight::Operational(Forecast::Given(all))
}

fn knowing(model: &Model, foresight: Foresight) -> Model {
    model
        .clone()
        .knowing(foresight)
        .expect("a forecast of all that enters")
}

fn operational(model: &Model, forecast: Forecast) -> Model {
    knowing(model, Foresight::Operational(forecast))
}

/// All tables of numbers by day and place.
fn tables(ledger: &Ledger) -> [(&'static str, &Daily); 29] {
    let (nodes, reaches, offtakes) = (ledger.nodes(), ledger.reaches(), ledger.offtakes());
    let (stores, claims) = (ledger.reservoirs(), ledger.claims());
    [
        ("arrived", &nodes.arrived),
        ("lateral", &nodes.lateral),
        ("unmet loss", &nodes.unmet_loss),
        ("returned", &nodes.returned),
        ("left", &nodes.left),
        ("entered", &reaches.entered),
        ("arrived in reach", &reaches.arrived),
        ("lost", &reaches.lost),
        ("overflowed", &reaches.overflowed),
        ("demand", &offtakes.demand),
        ("allocated", &offtakes.allocated),
        ("delivered", &offtakes.delivered),
        ("storage", &stores.storage),
        ("release", &stores.release),
        ("spill", &stores.spill),
        ("overtopped", &stores.overtopped),
        ("evaporation", &stores.evaporation),
        ("seepage", &stores.seepage),
        ("rain", &stores.rain),
        ("unaccounted", &stores.unaccounted),
        ("energy", &stores.energy),
        ("ceiling", &stores.ceiling),
        ("claimed", &claims.claimed),
        ("awarded", &claims.awarded),
        ("licences taken", &ledger.licences().taken),
        ("licences kept", &ledger.licences().held_back),
        ("kept from users", &ledger.licences().from_offtake),
        ("lifted", &ledger.pumps().lifted),
        ("pumping", &ledger.pumps().energy),
    ]
}

/// Whether two runs wrote the same bits.
fn same_bits(a: &Ledger, b: &Ledger) -> TestCaseResult {
    for ((name, a), (_, b)) in tables(a).into_iter().zip(tables(b)) {
        for place in 0..a.width() {
            for (day, (a, b)) in a.of(place).zip(b.of(place)).enumerate() {
                // A zero is a zero, whatever its sign.
                prop_assert!(a == b, "{name} of {place} on day {day}: {a} and {b}");
            }
        }
    }
    prop_assert!(a.offtakes().binding == b.offtakes().binding);
    prop_assert!(a.claims().binding == b.claims().binding);
    let (a, b) = (a.limits(), b.limits());
    prop_assert!(a.held_back == b.held_back);
    prop_assert!(a.of_offtake == b.of_offtake && a.of_reach == b.of_reach);
    Ok(())
}

fn simulated(plan: &Plan) -> Result<Ledger, TestCaseError> {
    Ok(Simulation::new(plan).run()?)
}

fn a_perfect_forecast_is_foresight(model: &Model) -> TestCaseResult {
    let ahead = check_run(&Plan::compile(model.clone())?)?;
    let ordered = check_run(&Plan::compile(knowing(model, perfect(model)))?)?;
    same_bits(&ahead, &ordered)?;
    for day in 0..ordered.days() {
        for i in 0..ordered.offtakes().demand.width() {
            prop_assert_eq!(ordered.operational_shortage(day, i), 0.0);
        }
        for v in 0..ordered.nodes().left.width() {
            prop_assert_eq!(ordered.operational_spill(day, v), 0.0);
        }
    }
    Ok(())
}

/// A forecast that errs without measure, and says the same each time.
fn wild() -> Forecast {
    Forecast::own("wild", |outlook| {
        let days = |on| day_index(date(2000, 1, 1), on);
        let mut mixed = outlook.node.id.bytes().fold(17_u64, |all, byte| {
            all.wrapping_mul(31).wrapping_add(u64::from(byte))
        });
        for number in [days(outlook.issued), days(outlook.target)] {
            mixed = (mixed ^ number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            mixed ^= mixed >> 29;
        }
        let factor = [0.0, 0.3, 0.9, 1.0, 1.4, 7.0, 1000.0][(mixed % 7) as usize];
        let typical = if mixed & 64 == 0 { 5.0 } else { 0.0 };
        Flow::from_m3s((outlook.last().m3s() + typical) * factor)
    })
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

fn obeys_all_laws(sketch: &Sketch, forecast: Forecast) -> TestCaseResult {
    check_run(&Plan::compile(operational(&sketch.model(), forecast))?).map(drop)
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn a_perfect_forecast_is_foresight_on_any_basin(sketch in scenarios(60)) {
        a_perfect_forecast_is_foresight(&sketch.model())?;
    }

    #[test]
    fn laws_hold_under_any_forecast(sketch in scenarios(60)) {
        obeys_all_laws(&sketch, wild())?;
    }

    #[test]
    fn laws_hold_under_persistence(sketch in scenarios(60)) {
        obeys_all_laws(&sketch.flooded(), Forecast::Persistence)?;
    }

    #[test]
    fn a_second_run_gives_the_same_bits(sketch in scenarios(40)) {
        let model = operational(&sketch.model(), wild());
        let (one, two) = (Plan::compile(model.clone())?, Plan::compile(model)?);
        same_bits(&simulated(&one)?, &simulated(&two)?)?;
    }
}

/// A dam three days above a town, where a tributary enters; volumes in Mm3 a day.
fn town(count: usize, tributary: impl Fn(usize) -> f64) -> Model {
    let window = days(date(2024, 5, 1), count);
    let mcm = |volume: f64| volume * 1e6;
    Model::builder("a town below a dam", window)
        .party(Party::new("UP", "Upland"))
        .party(Party::new("LO", "Lowland"))
        .class("use")
        .reservoir(Reservoir::new("dam", Volume::from_mcm(900.0)).initial(Volume::from_mcm(800.0)))
        .node(Node::junction("town"))
        .node(Node::terminal("sea"))
        .reach(
            Reach::river("upper", "dam", "town")
                .lag_days(3)
                .antecedent(Flow::from_m3s(6e6 / DAY)),
        )
        .reach(
            Reach::river("lower", "town", "sea")
                .lag_days(1)
                .antecedent(Flow::ZERO),
        )
        .inflow("town", daily(window, |day| mcm(tributary(day))))
        .offtake(Offtake::new("canal", "town", "LO", "use"))
        .demand("canal", daily(window, |_| mcm(10.0)))
        .build()
        .expect("a sound model")
}

fn mcm(volumes: impl Iterator<Item = f64>) -> Vec<f64> {
    volumes.map(|m3| (m3 / 1e3).round() / 1e3).collect()
}

#[test]
fn what_a_wrong_forecast_costs() {
    let model = town(8, |_| 4.0);
    // Too much on the fourth day, too little on the fifth; what is expected of days on which no
    // release arrives does not matter.
    let expected = [9.0, 9.0, 9.0, 6.0, 1.0, 4.0, 4.0, 4.0];
    let series = daily(model.window(), |day| expected[day] * 1e6);
    let forecast = Forecast::Given(InflowSeries::new().with("town", series));
    let ledger = run(operational(&model, forecast));
    let days = || 0..ledger.days();
    let released = [4.0, 9.0, 6.0, 6.0, 6.0, 0.0, 0.0, 0.0];
    assert_eq!(mcm(ledger.reservoirs().release.of(0)), released);
    let delivered = [10.0, 10.0, 10.0, 8.0, 10.0, 10.0, 10.0, 10.0];
    assert_eq!(mcm(ledger.offtakes().delivered.of(0)), delivered);
    let orders = ledger.operations().expect("an operational run");
    assert_eq!(mcm(orders.ordered.of(0)), [10.0; 8]);
    let short = mcm(days().map(|day| ledger.operational_shortage(day, 0)));
    assert_eq!(short, [0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0]);
    // The sea is a day further down.
    let spilled = mcm(days().map(|day| ledger.operational_spill(day, 2)));
    assert_eq!(spilled, [0.0, 0.0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0]);
}

#[test]
fn the_report_adds_up_what_a_forecast_costs() {
    let model = town(8, |_| 4.0);
    let series = daily(model.window(), |day| [4.0, 6.0, 1.0][day % 3] * 1e6);
    let forecast = Forecast::Given(InflowSeries::new().with("town", series));
    let plan = Plan::compile(operational(&model, forecast)).unwrap();
    let ledger = Simulation::new(&plan).run().unwrap();
    let report = Report::new(plan, ledger);
    let error = report.forecast_error().expect("an operational run");
    // Days 4 and 7 expect 6; day 5 expects 1, and its spill is at sea a day later.
    let whole = |volume: Volume| (volume.mcm() * 1e6).round() / 1e6;
    assert_eq!(whole(error.shortage()), 4.0);
    assert_eq!(whole(error.spill()), 3.0);
    assert_eq!(whole(error.by_class()["use"]), 4.0);
    assert_eq!(whole(error.by_party()["LO"]), 4.0);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    report.write(&out).unwrap();
    let table = std::fs::read_to_string(out.join("operations.csv")).unwrap();
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows.len(), 1 + 8 * 2);
    for row in [
        "date,place,kind,party,class,ordered_m3s,came_m3s,shortage_m3s,spill_m3s",
        "2024-05-05,canal,offtake,LO,use,115.740741,92.592593,23.148148,0",
        "2024-05-07,sea,exit,,,0,34.722222,0,34.722222",
    ] {
        assert!(rows.contains(&row), "{row} is not in\n{table}");
    }
    let summary = std::fs::read_to_string(out.join("summary.json")).unwrap();
    assert!(summary.contains("\"forecast\": \"given\""), "{summary}");
    // The folder is known as its own, and may be written again.
    report.write(&out).unwrap();
    let ahead = Plan::compile(model).unwrap();
    let ledger = Simulation::new(&ahead).run().unwrap();
    let report = Report::new(ahead, ledger);
    assert!(report.forecast_error().is_none());
    report.write(&out).unwrap();
    assert!(!out.join("operations.csv").exists());
}

#[test]
fn persistence_sees_a_rise_when_it_comes() {
    let model = town(16, |day| if day < 10 { 4.0 } else { 7.0 });
    let ledger = run(operational(&model, Forecast::Persistence));
    let left = mcm(ledger.nodes().left.of(2));
    let mut expected = [0.0; 16];
    // What was sent for days 10 to 12 was sent before the rise was seen.
    expected[11..14].fill(3.0);
    assert_eq!(left, expected);
    let ahead = run(model);
    assert_eq!(mcm(ahead.nodes().left.of(2)), [0.0; 16]);
    assert!(ahead.operations().is_none());
}

/// The largest difference of two runs in what users got and dams held, as part of all that moved.
fn difference(a: &Ledger, b: &Ledger) -> f64 {
    let (of_a, of_b) = (tables(a), tables(b));
    let largest = |table: &Daily| {
        let all = (0..table.width()).flat_map(|place| table.of(place));
        all.fold(0.0, |largest: f64, v| largest.max(v.abs()))
    };
    let whole = [
        &a.nodes().arrived,
        &a.nodes().lateral,
        &a.reservoirs().storage,
    ];
    let whole = whole.into_iter().map(largest).fold(0.0, f64::max);
    let of = ["delivered", "storage", "entered"];
    let mut most: f64 = 0.0;
    for ((name, a), (_, b)) in of_a.into_iter().zip(of_b) {
        if of.contains(&name) {
            for place in 0..a.width() {
                for (a, b) in a.of(place).zip(b.of(place)) {
                    most = most.max((a - b).abs());
                }
            }
        }
    }
    if most > 0.0 { most / whole } else { 0.0 }
}

fn anew(model: &Model) -> Result<f64, TestCaseError> {
    let ahead = simulated(&Plan::compile(model.clone())?)?;
    let plan = Plan::compile(knowing(model, perfect(model)))?;
    let again = Simulation::new(&plan).always_deciding_anew().run()?;
    Ok(difference(&ahead, &again))
}

/// Whether water was on the river that nobody decided to send: above what may be sent into a reach on
/// purpose, or out of a reservoir that is full. An allocation plans with what it decides; once such
/// water has passed it is known, and whoever decides anew can share it.
fn flows_undecided(model: &Model, ledger: &Ledger) -> bool {
    let rivers = model.basin().reaches().iter().enumerate();
    let mut rivers = rivers.filter(|(_, reach)| reach.kind == ReachKind::River);
    let mut reservoirs = model.basin().reservoirs().iter().enumerate();
    let storage = &ledger.reservoirs().storage;
    rivers.any(|(r, reach)| {
        let bankfull = reach.overflow.as_ref().map(|overflow| overflow.above);
        let entered = ledger.reaches().entered.of(r).enumerate();
        let mut flows = entered.map(|(day, m3)| (ledger.date(day), m3 / DAY));
        flows.any(|(date, m3s)| {
            let most = [reach.capacity_on(date), bankfull];
            most.into_iter()
                .flatten()
                .any(|q| m3s > q.m3s() * (1.0 + 1e-9))
        })
    }) || reservoirs.any(|(k, dam)| storage.of(k).any(|m3| m3 >= dam.full.m3()))
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn decided_anew_with_a_perfect_forecast_a_day_is_the_same(sketch in scenarios(40)) {
        let model = sketch.model();
        let ledger = simulated(&Plan::compile(model.clone())?)?;
        if !flows_undecided(&model, &ledger) {
            let apart = anew(&model)?;
            prop_assert!(apart <= 1e-9, "{apart:e}");
        }
    }
}

fn scenario(name: &str) -> Model {
    let folder = format!("{}/data/{name}", env!("CARGO_MANIFEST_DIR"));
    riparian::scenario::read(folder).expect("the scenario is sound")
}

#[test]
fn a_perfect_forecast_is_foresight_on_the_syr_darya() {
    for name in [
        "bakhri-tochik-2024",
        "bakhri-tochik-2024-protocol",
        "syr-darya-order-driven",
        "syr-darya-flood-2003-04-koksaray",
    ] {
        a_perfect_forecast_is_foresight(&scenario(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

/// What offtakes of a class got, and obligations that claim in it, in Mm3.
fn served(plan: &Plan, ledger: &Ledger, class: &str) -> f64 {
    let model = plan.model();
    let offtakes = model.basin().offtakes().iter().enumerate();
    let members = offtakes.filter(|(_, offtake)| offtake.class == class);
    let taken: f64 = members
        .flat_map(|(i, _)| ledger.offtakes().delivered.of(i))
        .sum();
    let claims = plan.claiming().iter().enumerate().filter(|(_, claiming)| {
        let o = &model.agreements()[claiming.agreement].obligations[claiming.obligation];
        o.claim.as_ref().is_some_and(|claim| claim.class == class)
    });
    let awarded: f64 = claims
        .flat_map(|(k, _)| ledger.claims().awarded.of(k))
        .sum();
    (taken + awarded) / 1e6
}

#[test]
fn on_the_syr_darya_foresight_serves_the_first_class_no_worse() {
    let other_years = Forecast::Climatology(Normal::OtherYears);
    for (name, forecast, errs) in [
        ("bakhri-tochik-2024-protocol", Forecast::Persistence, false),
        ("syr-darya-order-driven", Forecast::Persistence, true),
        ("syr-darya-order-driven", other_years, true),
    ] {
        let model = scenario(name);
        let first = model.classes()[0].name.clone();
        let of = |model: Model| {
            let plan = Plan::compile(model).unwrap();
            let ledger = Simulation::new(&plan).run().unwrap();
            served(&plan, &ledger, &first)
        };
        let (ahead, ordered) = (of(model.clone()), of(operational(&model, forecast)));
        assert!(
            ahead >= ordered * (1.0 - 1e-12) && (ahead > ordered + 0.5) == errs,
            "{name}: {ahead} with foresight, {ordered} by a forecast"
        );
    }
}

#[test]
fn an_error_can_leave_water_for_a_senior_user_of_another_day() {
    // Ten in store, and none to come: the fields want it on the fourth day, the town on the sixth.
    let window = days(date(2024, 5, 1), 6);
    let on = |which: usize| daily(window, move |day| if day == which { 10e6 } else { 0.0 });
    let model = Model::builder("a dam, fields and a town", window)
        .party(Party::new("LO", "Lowland"))
        .class("town")
        .class("fields")
        .reservoir(Reservoir::new("dam", Volume::from_mcm(90.0)).initial(Volume::from_mcm(10.0)))
        .node(Node::junction("bridge"))
        .node(Node::terminal("sea"))
        .reach(
            Reach::river("upper", "dam", "bridge")
                .lag_days(3)
                .antecedent(Flow::ZERO),
        )
        .reach(Reach::river("lower", "bridge", "sea"))
        .inflow("bridge", daily(window, |_| 0.0))
        .offtake(Offtake::new("canal", "bridge", "LO", "fields"))
        .offtake(Offtake::new("pump", "bridge", "LO", "town"))
        .demand("canal", on(3))
        .demand("pump", on(5))
        .build()
        .expect("a sound model");
    let rain = Forecast::Given(InflowSeries::new().with("bridge", on(3)));
    let (ahead, ordered) = (run(model.clone()), run(operational(&model, rain)));
    let town = |ledger: &Ledger| mcm(ledger.offtakes().delivered.of(1));
    assert_eq!(town(&ahead), [0.0; 6]);
    assert_eq!(town(&ordered), [0.0, 0.0, 0.0, 0.0, 0.0, 10.0]);
    let short = mcm((0..6).map(|day| ordered.operational_shortage(day, 0)));
    assert_eq!(short, [0.0, 0.0, 0.0, 10.0, 0.0, 0.0]);
}

#[test]
fn an_operational_run_is_not_resumed() {
    let model = town(8, |_| 4.0);
    let by_forecast = Plan::compile(operational(&model, Forecast::Persistence)).unwrap();
    let ahead = Plan::compile(model).unwrap();
    let mut run = Simulation::new(&by_forecast);
    assert!(run.step().unwrap());
    for (plan, state) in [
        (&by_forecast, run.state().clone()),
        (&ahead, run.state().clone()),
        (&by_forecast, Simulation::new(&ahead).state().clone()),
    ] {
        let refused = Simulation::resume(plan, state).unwrap_err();
        assert!(
            refused.is_state() && refused.to_string().contains("operational"),
            "{refused}"
        );
    }
}

#[test]
fn a_forecast_that_is_no_number_stops_the_run() {
    let forecast = Forecast::own("broken", |_| Flow::from_m3s(f64::NAN));
    let plan = Plan::compile(operational(&town(8, |_| 4.0), forecast)).unwrap();
    let error = Simulation::new(&plan).run().unwrap_err().to_string();
    assert!(
        error.contains("`broken`") && error.contains("`town`"),
        "{error}"
    );
}

#[test]
fn the_normal_of_a_year_is_the_mean_of_the_others() {
    // Three years of 3, 6 and 15: what is normal in the second is 9, whatever the second brings.
    let window = Window::new(date(2021, 1, 1), date(2023, 12, 31)).expect("days");
    let years = [3e6, 6e6, 15e6];
    let tributary = |day: usize| years[(day / 365).min(2)];
    let model = Model::builder("three years", window)
        .party(Party::new("LO", "Lowland"))
        .class("use")
        .reservoir(Reservoir::new("dam", Volume::from_mcm(1e5)).initial(Volume::from_mcm(9e4)))
        .node(Node::junction("town"))
        .node(Node::terminal("sea"))
        .reach(Reach::river("upper", "dam", "town").lag_days(3))
        .reach(Reach::river("lower", "town", "sea"))
        .inflow("town", daily(window, tributary))
        .offtake(Offtake::new("canal", "town", "LO", "use"))
        .demand("canal", daily(window, |_| 20e6))
        .build()
        .expect("a sound model");
    let ledger = run(operational(
        &model,
        Forecast::Climatology(Normal::OtherYears),
    ));
    let release = mcm(ledger.reservoirs().release.of(0));
    let normal = |day: usize| 20.0 - release[day];
    assert_eq!([10, 400, 800].map(normal), [10.5, 9.0, 4.5]);
    // A memory of a day: a departure of 3 - 10.5 is down to exp(-3) of it after three days.
    let fading = Forecast::Fading {
        normal: Normal::OtherYears,
        memory_days: 1.0,
    };
    let ledger = run(operational(&model, fading));
    let released = ledger.reservoirs().release.at(10, 0);
    let expected = 20e6 - (10.5e6 - 7.5e6 * (-3.0_f64).exp());
    assert!((released - expected).abs() < 1e-3, "{released}, {expected}");
}

/// A dam at the head of a river without losses, and users of one class below it.
#[derive(Clone, Debug)]
struct River {
    lags: Vec<u32>,
    /// By place below the dam: what enters and what is asked, in m3 a day.
    tributary: Vec<Vec<f64>>,
    demand: Vec<Vec<f64>>,
    inflow: Vec<f64>,
    full: f64,
    initial: f64,
}

fn rivers() -> impl Strategy<Value = River> {
    let days = 30;
    let series = move |most: u32| {
        proptest::collection::vec((0..=most).prop_map(|v| f64::from(v) * 1e5), days)
    };
    let place = (0_u32..5, series(40), series(60));
    let places = proptest::collection::vec(place, 1..5);
    (places, series(50), 0_u32..2000, 0.0..=1.0_f64).prop_map(|(places, inflow, full, part)| {
        let full = f64::from(full) * 1e5;
        River {
            lags: places.iter().map(|(lag, ..)| *lag).collect(),
            tributary: places.iter().map(|(_, t, _)| t.clone()).collect(),
            demand: places.into_iter().map(|(.., d)| d).collect(),
            inflow,
            full,
            initial: full * part,
        }
    })
}

impl River {
    fn model(&self) -> Model {
        let window = days(date(2024, 5, 1), self.inflow.len());
        let m3 = Volume::from_m3;
        let mut builder = Model::builder("a river without losses", window)
            .party(Party::new("UP", "Upland"))
            .class("use")
            .reservoir(Reservoir::new("dam", m3(self.full)).initial(m3(self.initial)))
            .inflow("dam", daily(window, |day| self.inflow[day]));
        let mut above = "dam".to_owned();
        for (i, lag) in self.lags.iter().enumerate() {
            let (place, user) = (format!("place{i}"), format!("user{i}"));
            builder = builder
                .node(Node::junction(&*place))
                .reach(Reach::river(format!("reach{i}"), above, &*place).lag_days(*lag))
                .inflow(&*place, daily(window, |day| self.tributary[i][day]))
                .offtake(Offtake::new(&*user, &*place, "UP", "use"))
                .demand(&*user, daily(window, |day| self.demand[i][day]));
            above = place;
        }
        builder
            .node(Node::terminal("sea"))
            .reach(Reach::river("mouth", above, "sea"))
            .build()
            .expect("a sound model")
    }
}

fn first_class(model: &Model, ledger: &Ledger) -> f64 {
    let offtakes = model.basin().offtakes().iter().enumerate();
    let first = offtakes.filter(|(_, offtake)| offtake.class == model.classes()[0].name);
    let journal = &ledger.offtakes().delivered;
    first.flat_map(|(i, _)| journal.of(i)).sum()
}

fn foresight_does_no_worse(model: &Model, forecast: Forecast) -> TestCaseResult {
    let ahead = simulated(&Plan::compile(model.clone())?)?;
    let ordered = simulated(&Plan::compile(operational(model, forecast))?)?;
    let (ahead, ordered) = (first_class(model, &ahead), first_class(model, &ordered));
    prop_assert!(
        ahead >= ordered * (1.0 - 1e-12),
        "{ahead} with foresight, {ordered} by a forecast"
    );
    Ok(())
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn foresight_does_no_worse_below_one_dam(river in rivers()) {
        let model = river.model();
        foresight_does_no_worse(&model, Forecast::Persistence)?;
        foresight_does_no_worse(&model, wild())?;
    }
}
