//! Operational runs: orders by a forecast, and what really arrives is shared.

mod common;

use common::basins::{Sketch, check_run, scenarios};
use common::{DAY, daily, days, run};
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestCaseError, TestCaseResult};
use riparian::basin::{Node, Offtake, Party, Reach, ReachKind, Reservoir};
use riparian::calendar::day_index;
use riparian::jiff::civil::date;
use riparian::ledger::{Daily, Ledger};
use riparian::operation::{Forecast, Foresight, InflowSeries, Normal};
use riparian::units::{Flow, Volume};
use riparian::{Model, Plan, Simulation};

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
fn tables(ledger: &Ledger) -> [(&'static str, &Daily); 24] {
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
        "syr-darya-2001-2010",
        "syr-darya-order-driven",
        "syr-darya-flood-2003-04-koksaray",
    ] {
        let model = scenario(name);
        let begun = std::time::Instant::now();
        a_perfect_forecast_is_foresight(&model).unwrap();
        println!("{name} {:?}", begun.elapsed());
        for forecast in [
            Forecast::Persistence,
            Forecast::Climatology(Normal::OtherYears),
        ] {
            let label = forecast.name().to_owned();
            let Ok(by_forecast) = model.clone().knowing(Foresight::Operational(forecast)) else {
                continue;
            };
            let time = |model: &Model| {
                let plan = Plan::compile(model.clone()).unwrap();
                let begun = std::time::Instant::now();
                let ledger = Simulation::new(&plan).run().unwrap();
                (begun.elapsed(), ledger)
            };
            let (a, ahead) = time(&model);
            let (p, _) = time(&knowing(&model, perfect(&model)));
            let (b, ordered) = time(&by_forecast);
            println!("{label}: {a:?} perfect {p:?} op {b:?}");
            for class in model.classes() {
                let name = &class.name;
                println!(
                    "  {name}: {:?} {:?}",
                    of_class(&model, &ahead, name),
                    of_class(&model, &ordered, name)
                );
            }
        }
    }
}

/// What offtakes of a class got, and obligations of that class that claim in a stream, up to what
/// they claim.
fn of_class(model: &Model, ledger: &Ledger, class: &str) -> (f64, f64, f64) {
    let plan = Plan::compile(model.clone()).unwrap();
    let offtakes = model.basin().offtakes().iter().enumerate();
    let first = offtakes.filter(|(_, offtake)| offtake.class == class);
    let journal = &ledger.offtakes().delivered;
    let taken: f64 = first.flat_map(|(i, _)| journal.of(i)).sum();
    let (mut claimed, mut awarded) = (0.0, 0.0);
    for (k, claiming) in plan.claiming().iter().enumerate() {
        let o = &model.agreements()[claiming.agreement].obligations[claiming.obligation];
        if o.claim.as_ref().is_some_and(|claim| claim.class == class) {
            claimed += ledger.claims().claimed.of(k).sum::<f64>();
            awarded += ledger.claims().awarded.of(k).sum::<f64>();
        }
    }
    (taken / 1e6, claimed / 1e6, awarded / 1e6)
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
