//! A step whose policies look ahead allocates no memory either.

use riparian::basin::{
    Curve, CurvePoint, Node, Outage, PowerPlant, Reach, Reservoir, SeasonalLimit, Tailwater,
};
use riparian::calendar::{Season, Window};
use riparian::jiff::civil::date;
use riparian::operation::{EnergyDemand, Expects, PreRelease, StorageTarget, YearCurve};
use riparian::series::DailySeries;
use riparian::units::{Area, Flow, Level, Power, Volume};
use riparian::{Model, Plan, Simulation};

/// A cascade whose operators look ahead: energy by a rated tailwater with outages, a storage target,
/// and room for floods, under limits by season.
fn looking_ahead(window: Window) -> Model {
    let (mcm, m3s, m) = (Volume::from_mcm, Flow::from_m3s, Level::from_m);
    let point = |level, volume| CurvePoint {
        level: m(level),
        volume: mcm(volume),
        area: Area::from_km2(20.0),
    };
    let curve = || Curve::new(vec![point(300.0, 100.0), point(390.0, 1900.0)]).expect("rising");
    let rating = Tailwater::rating(vec![(m3s(0.0), m(280.0)), (m3s(300.0), m(283.0))]);
    let spring = Window::new(date(2024, 4, 1), date(2024, 5, 31)).expect("days");
    let plant = PowerPlant::new(0.9, Power::from_mw(200.0), rating.expect("rising"))
        .units(4)
        .outage(Outage {
            unit: 2,
            window: spring,
        });
    let ice = SeasonalLimit::new(Season::new((12, 1), (2, 29)).expect("a season"));
    let dam = |id| {
        Reservoir::new(id, mcm(1800.0))
            .initial(mcm(1500.0))
            .curve(curve())
    };
    let constant = |value| DailySeries::constant(window, value).expect("a number");
    let floods = window
        .iter()
        .map(|day| if day.day() == 9 { 4000.0 } else { 90.0 });
    let floods = DailySeries::new(window.from(), floods.collect()).expect("numbers");
    let target = YearCurve::new(vec![(4, 1, mcm(600.0)), (10, 1, mcm(1700.0))]).expect("days");
    let target = StorageTarget::new(target, 20).expect("days");
    let target = target.expecting(Expects::Forecast);
    Model::builder("looking ahead", window)
        .node(Node::inflow("spring"))
        .reservoir(
            dam("upper")
                .power(plant)
                .seasonal(ice.at_most(m3s(250.0)))
                .ramp(m3s(400.0)),
        )
        .reservoir(dam("lower"))
        .node(Node::terminal("sea"))
        .reach(Reach::river("a", "spring", "upper").lag_days(2))
        .reach(Reach::river("b", "upper", "lower").lag_days(1))
        .reach(Reach::river("c", "lower", "sea"))
        .inflow("spring", floods)
        .forecast("lower", constant(200.0))
        .policy(
            "upper",
            PreRelease::new(EnergyDemand::new(constant(3000.0)), 8),
        )
        .policy("lower", target)
        .build()
        .expect("a sound model")
}

#[test]
fn looking_ahead_allocates_nothing() {
    let window = Window::new(date(2023, 10, 1), date(2024, 9, 30)).expect("days");
    let plan = Plan::compile(looking_ahead(window)).expect("a plan");
    let mut run = Simulation::new(&plan);
    loop {
        let mut goes_on = Ok(false);
        let memory = allocation_counter::measure(|| goes_on = run.step());
        assert_eq!(memory.count_total, 0, "{memory:?}");
        if !goes_on.expect("a day that can be simulated") {
            break;
        }
    }
    // The demand is met on ordinary days, and more is made of floods.
    let energy: Vec<f64> = run.ledger().reservoirs().energy.of(0).collect();
    let wanted = energy
        .iter()
        .filter(|kwh| (**kwh - 3e6).abs() < 3e4)
        .count();
    assert!(
        wanted > 100 && energy.iter().any(|kwh| *kwh > 3.5e6),
        "{wanted} of {energy:?}"
    );
}
