//! A basin with everything the engine knows: dams of every policy, canals, losses, returns,
//! hydropower and claims of every form.

use riparian::agreement::{Agreement, Due, Measure, Obligation, Point};
use riparian::allocation::{EqualAwards, Talmud};
use riparian::basin::{
    Curve, CurvePoint, Node, Offtake, Outlet, OutletKind, Party, PowerPlant, Reach, Reservoir,
};
use riparian::calendar::{Period, Window};
use riparian::operation::{LinearHedging, RuleCurve, Schedule, YearCurve, Zone, ZoneHedging};
use riparian::series::{DailySeries, Interpolation};
use riparian::units::{Area, Flow, Level, Power, Volume};
use riparian::{Model, ModelBuilder};

/// Monthly means, as multiples of the year's.
const SNOW_MELT: [f64; 12] = [0.4, 0.4, 0.5, 0.9, 1.8, 2.6, 2.2, 1.3, 0.7, 0.5, 0.4, 0.3];
const IRRIGATION: [f64; 12] = [0.0, 0.0, 0.3, 1.0, 1.8, 2.5, 2.8, 2.2, 1.0, 0.3, 0.1, 0.0];

fn mcm(volume: f64) -> Volume {
    Volume::from_mcm(volume)
}

fn m3s(flow: f64) -> Flow {
    Flow::from_m3s(flow)
}

/// The model over a window.
pub(crate) fn model(window: Window) -> Model {
    let builder = Model::builder("A season", window)
        .party(Party::new("UP", "Upland"))
        .party(Party::new("LO", "Lowland"))
        .class("cities")
        .class_sharing("treaties", Talmud)
        .class("fields")
        .class_sharing("reserve", EqualAwards);
    let builder = offtakes(policies(rivers(reservoirs(builder)), window), window);
    let builder = waters(builder, window);
    builder
        .agreement(agreement(window))
        .build()
        .expect("a sound model")
}

fn curve(full: f64, depth: f64) -> Curve {
    let point = |part: f64| CurvePoint {
        level: Level::from_m(800.0 + depth * part),
        volume: mcm(full * part * part),
        area: Area::from_km2(2.0 * full * part / depth),
    };
    let points = (1..=10).map(|tenth| point(f64::from(tenth) / 10.0));
    Curve::new(points.collect()).expect("rising points")
}

fn reservoirs(builder: ModelBuilder) -> ModelBuilder {
    let lake = |name: &str, full: f64, part: f64| {
        Reservoir::new(name, mcm(full))
            .party("UP")
            .dead(mcm(0.2 * full))
            .initial(mcm(part * full))
            .surcharge(mcm(1.05 * full))
            .curve(curve(full, 0.05 * full.sqrt() * 60.0))
            .evaporation_mm([
                10.0, 15.0, 40.0, 80.0, 120.0, 160.0, 180.0, 160.0, 110.0, 60.0, 30.0, 15.0,
            ])
            .seepage_mm_per_day(0.5)
    };
    let gate = |capacity| {
        Outlet::by_level(
            "gate",
            OutletKind::Gate,
            vec![
                (Level::from_m(805.0), m3s(0.0)),
                (Level::from_m(850.0), m3s(capacity)),
            ],
        )
    };
    let turbines = |capacity| Outlet::constant("units", OutletKind::Turbine, m3s(capacity));
    let spillway = Outlet::constant("spillway", OutletKind::Spillway, m3s(1500.0));
    let station = |mw| PowerPlant::new(0.88, Power::from_mw(mw), Level::from_m(790.0));
    builder
        .reservoir(
            lake("high dam", 9000.0, 0.6)
                .outlet(turbines(600.0))
                .outlet(gate(800.0))
                .outlet(spillway)
                .min_release(m3s(60.0))
                .ramp(m3s(100.0))
                .power(station(800.0)),
        )
        .reservoir(lake("side dam", 1500.0, 0.4).outlet(gate(300.0)))
        .reservoir(
            lake("middle dam", 3000.0, 0.8)
                .outlet(turbines(900.0))
                .power(station(100.0)),
        )
        .reservoir(lake("low dam", 4000.0, 0.3).keep_rank(0))
}

fn rivers(builder: ModelBuilder) -> ModelBuilder {
    let nodes = [
        Node::inflow("glacier"),
        Node::inflow("side valley"),
        Node::gauge("gorge"),
        Node::junction("confluence"),
        Node::junction("canal head"),
        Node::junction("canal end"),
        Node::gauge("border"),
        Node::junction("marsh"),
        Node::junction("delta"),
        Node::terminal("sea"),
    ];
    let reaches = [
        Reach::river("a", "glacier", "high dam"),
        Reach::river("b", "high dam", "gorge")
            .lag_days(1)
            .loss(0.01),
        Reach::river("c", "gorge", "confluence").lag_days(1),
        Reach::river("d", "side valley", "side dam"),
        Reach::river("e", "side dam", "confluence").lag_days(1),
        Reach::river("f", "confluence", "canal head").capacity(m3s(3000.0)),
        Reach::canal("canal", "canal head", "canal end")
            .loss(0.1)
            .capacity(m3s(150.0)),
        Reach::river("g", "canal head", "middle dam")
            .lag_days(1)
            .loss(0.02),
        Reach::river("h", "middle dam", "border").lag_days(2),
        Reach::river("i", "border", "marsh").lag_days(3).loss(0.05),
        Reach::river("j", "marsh", "low dam").lag_days(2),
        Reach::river("k", "low dam", "delta").lag_days(4).loss(0.1),
        Reach::river("l", "delta", "sea").lag_days(2),
    ];
    let builder = nodes.into_iter().fold(builder, ModelBuilder::node);
    reaches.into_iter().fold(builder, ModelBuilder::reach)
}

fn policies(builder: ModelBuilder, window: Window) -> ModelBuilder {
    let zone = |class: &str, low: f64, high: f64| Zone {
        class: class.into(),
        top: YearCurve::new(vec![(4, 1, mcm(low)), (10, 1, mcm(high))]).expect("two days"),
    };
    let steps = vec![(mcm(800.0), 1.0), (mcm(500.0), 0.7), (mcm(300.0), 0.4)];
    let releases = DailySeries::constant(window, 450.0).expect("a number");
    builder
        .policy(
            "high dam",
            RuleCurve::new(vec![
                zone("treaties", 3000.0, 4000.0),
                zone("reserve", 5000.0, 8000.0),
            ]),
        )
        .policy("side dam", ZoneHedging::new(steps).expect("fractions"))
        .policy("middle dam", Schedule::planned(releases))
        .policy("low dam", LinearHedging::new(mcm(2000.0)))
}

fn offtakes(mut builder: ModelBuilder, window: Window) -> ModelBuilder {
    let all = [
        ("upper fields", "gorge", "UP", "fields", 40.0),
        ("side fields", "side dam", "UP", "fields", 20.0),
        ("town", "confluence", "LO", "cities", 8.0),
        ("head works", "canal head", "LO", "fields", 60.0),
        ("canal fields", "canal end", "LO", "fields", 90.0),
        ("canal town", "canal end", "LO", "cities", 5.0),
        ("border pumps", "border", "LO", "fields", 120.0),
        ("lake fields", "low dam", "LO", "fields", 70.0),
        ("delta fields", "delta", "LO", "fields", 110.0),
    ];
    for (id, at, party, class, mean) in all {
        let mut offtake = Offtake::new(id, at, party, class).capacity(m3s(2.5 * mean));
        if class == "fields" && at != "delta" {
            offtake = offtake.returning("marsh", 0.2, 20);
        }
        let profile = if class == "cities" {
            [1.0; 12]
        } else {
            IRRIGATION
        };
        let demand = profile.map(|part| part * mean);
        let demand = DailySeries::from_monthly_profile(window, &demand, Interpolation::Step);
        builder = builder
            .offtake(offtake)
            .demand(id, demand.expect("numbers"));
    }
    builder
}

fn waters(builder: ModelBuilder, window: Window) -> ModelBuilder {
    let melt = |mean: f64| {
        let means = SNOW_MELT.map(|part| part * mean);
        DailySeries::from_monthly_profile(window, &means, Interpolation::Linear).expect("numbers")
    };
    let constant = |value| DailySeries::constant(window, value).expect("a number");
    builder
        .inflow("glacier", melt(400.0))
        .inflow("side valley", melt(120.0))
        .inflow("confluence", melt(60.0))
        .inflow("marsh", constant(-15.0))
        .rain("low dam", constant(0.3))
        .unaccounted("middle dam", constant(-5.0))
}

fn agreement(window: Window) -> Agreement {
    let dekads = Period::Dekad.parts(window).into_iter();
    let schedule = dekads.map(|dekad| (dekad, mcm(1.5 * dekad.days() as f64)));
    let promises = [
        Obligation::new("season", "UP", "border", mcm(4000.0)),
        Obligation::new("dekads", "UP", "head works", Due::schedule(schedule)),
        Obligation::new(
            "quota",
            "UP",
            Point::sum(["border pumps", "delta fields"]),
            mcm(2500.0),
        ),
        Obligation::minimum_flow("environment", "LO", "sea", m3s(30.0)).measured(Measure::Flow),
        Obligation::storage_by("winter", "UP", "low dam", mcm(2000.0), window.to()),
    ];
    let treaty = Agreement::new("A treaty", ["UP", "LO"]);
    promises.into_iter().fold(treaty, |treaty, promise| {
        treaty.obligation(promise.within(window).claimed_in("treaties"))
    })
}
