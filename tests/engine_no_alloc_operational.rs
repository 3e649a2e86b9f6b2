//! A day of an operational run allocates no memory.

use riparian::agreement::{Agreement, Obligation, Point};
use riparian::basin::{Node, Offtake, Party, Reach, Reservoir, Routing};
use riparian::calendar::Window;
use riparian::jiff::civil::date;
use riparian::operation::{
    Forecast, Foresight, InflowSeries, Normal, PreRelease, StandardOperating,
};
use riparian::series::DailySeries;
use riparian::units::{Flow, Volume};
use riparian::{Model, Plan, Simulation};

/// Two dams, a canal's return, a reach that stores water, a claim and a policy that looks ahead.
fn model(window: Window, forecast: Forecast) -> Model {
    let series = |m3s| DailySeries::constant(window, m3s).expect("a number");
    let unsteady = |mean: f64| {
        let flow = |day: usize| mean * (1.0 + 0.5 * (day as f64 * 0.7).sin());
        let values = (0..window.days()).map(flow).collect();
        DailySeries::new(window.from(), values).expect("numbers")
    };
    let promise = Obligation::new("town", "UP", Point::sum(["main"]), Volume::from_mcm(500.0));
    let dam = |id| Reservoir::new(id, Volume::from_mcm(300.0)).initial(Volume::from_mcm(200.0));
    let routing = Routing::Cascade {
        reservoirs: 2,
        k_days: 0.7,
    };
    Model::builder("unknown tributaries", window)
        .party(Party::new("UP", "Upland"))
        .party(Party::new("LO", "Lowland"))
        .class("first")
        .class("second")
        .reservoir(dam("upper"))
        .node(Node::junction("side"))
        .reservoir(dam("lower"))
        .node(Node::junction("town"))
        .node(Node::junction("fields"))
        .node(Node::terminal("sea"))
        .reach(Reach::river("a", "upper", "side").lag_days(2))
        .reach(Reach::river("b", "side", "lower").lag_days(1))
        .reach(Reach::river("c", "lower", "town").lag_days(3))
        .reach(
            Reach::river("d", "town", "fields")
                .lag_days(2)
                .routing(routing),
        )
        .reach(Reach::river("e", "fields", "sea").overflow(Flow::from_m3s(120.0), "sea"))
        .inflow("upper", unsteady(60.0))
        .inflow("side", unsteady(30.0))
        .inflow("town", unsteady(10.0))
        .inflow("fields", unsteady(5.0))
        .policy("lower", PreRelease::new(StandardOperating, 8))
        .offtake(Offtake::new("main", "town", "LO", "second").returning("fields", 0.2, 4))
        .offtake(Offtake::new("far", "fields", "LO", "second"))
        .demand("main", series(70.0))
        .demand("far", series(30.0))
        .agreement(
            Agreement::new("a treaty", ["UP", "LO"])
                .obligation(promise.to("LO").claimed_in("first")),
        )
        .foresight(Foresight::Operational(forecast))
        .build()
        .expect("a model")
}

#[test]
fn a_day_by_a_forecast_allocates_nothing() {
    let window = Window::new(date(2023, 10, 1), date(2024, 9, 30)).expect("days");
    let normal = |node, m3s| {
        let series = DailySeries::constant(window, m3s).expect("a number");
        (node, series)
    };
    let normals = [
        ("upper", 60.0),
        ("side", 30.0),
        ("town", 10.0),
        ("fields", 5.0),
    ];
    let normals = normals.map(|(node, m3s)| normal(node, m3s));
    let normals = normals
        .into_iter()
        .fold(InflowSeries::new(), |all, (node, series)| {
            all.with(node, series)
        });
    let forecasts = [
        Forecast::Persistence,
        Forecast::Climatology(Normal::Given(normals.clone())),
        Forecast::Fading {
            normal: Normal::Given(normals),
            memory_days: 5.0,
        },
        Forecast::own("half", |outlook| Flow::from_m3s(0.5 * outlook.last().m3s())),
    ];
    for forecast in forecasts {
        let name = forecast.name().to_owned();
        let plan = Plan::compile(model(window, forecast)).expect("a plan");
        let mut run = Simulation::new(&plan);
        let mut days = 0;
        loop {
            let mut goes_on = Ok(false);
            let memory = allocation_counter::measure(|| goes_on = run.step());
            assert_eq!(memory.count_total, 0, "{name}, day {days}: {memory:?}");
            if !goes_on.expect("a day that can be simulated") {
                break;
            }
            days += 1;
        }
        assert_eq!(days, window.days());
        let ledger = run.ledger();
        let errs = (0..days).any(|day| ledger.operational_shortage(day, 0) > 0.0);
        assert!(errs, "{name} never errs");
    }
}
