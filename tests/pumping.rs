//! Pumps and interties: what is lifted, what it takes, and that no more is carried than is asked.

use riparian::allocation::Tier;
use riparian::basin::{Node, Offtake, Party, Pump, Reach, Reservoir};
use riparian::calendar::Window;
use riparian::jiff::civil::date;
use riparian::ledger::Ledger;
use riparian::series::DailySeries;
use riparian::units::{Energy, Flow, Level, Power, Volume};
use riparian::{Model, ModelBuilder, Plan, Simulation};

const DAY: f64 = 86_400.0;

fn window() -> Window {
    Window::new(date(2024, 6, 1), date(2024, 6, 5)).unwrap()
}

fn steady(m3s: f64) -> DailySeries {
    DailySeries::constant(window(), m3s).unwrap()
}

/// Two rivers, an intertie from one to the other, and a user of 30 m3/s on each.
fn rivers(water: [f64; 2], into: [&str; 2]) -> ModelBuilder {
    Model::builder("two rivers", window())
        .party(Party::new("UP", "Upland"))
        .party(Party::new("LO", "Lowland"))
        .class("use")
        .node(Node::inflow("one"))
        .node(Node::junction("two"))
        .node(Node::terminal("sea"))
        .node(Node::terminal("lake"))
        .reach(Reach::river("first", "one", into[0]))
        .reach(Reach::river("second", "two", into[1]))
        .reach(Reach::canal("tie", "one", "two").loss(0.2))
        .inflow("one", steady(water[0]))
        .inflow("two", steady(water[1]))
        .offtake(Offtake::new("a", "one", "UP", "use"))
        .demand("a", steady(30.0))
        .offtake(Offtake::new("b", "two", "LO", "use"))
        .demand("b", steady(30.0))
}

fn run(model: ModelBuilder) -> (Plan, Ledger) {
    let plan = Plan::compile(model.build().unwrap()).unwrap();
    let ledger = Simulation::new(&plan).run().unwrap();
    (plan, ledger)
}

#[track_caller]
fn same(found: f64, expected: f64) {
    let alike = (found - expected).abs() <= 1e-12 * expected.abs();
    assert!(alike, "{found}, expected {expected}");
}

/// m3/s that enter the intertie, on the first day.
fn tied(ledger: &Ledger) -> f64 {
    ledger.reaches().entered.at(0, 2) / DAY
}

#[test]
fn an_intertie_carries_what_is_asked_beyond_it_and_no_more() {
    for (water, carried) in [
        // Twenty are missing, and a fifth is lost on the way.
        ([100.0, 10.0], 25.0),
        // Nothing is.
        ([100.0, 30.0], 0.0),
        // One side's surplus is not the other's.
        ([100.0, 200.0], 0.0),
    ] {
        let (plan, ledger) = run(rivers(water, ["sea", "lake"]));
        assert_eq!(plan.tier(), Tier::Polytree);
        same(tied(&ledger), carried);
        same(ledger.offtakes().delivered.at(0, 1), 30.0 * DAY);
        // The same where the rivers meet further down, and the intertie closes a ring.
        let (plan, ledger) = run(rivers(water, ["sea", "sea"]));
        assert_eq!(plan.tier(), Tier::Cycles);
        same(tied(&ledger), carried);
    }
}

#[test]
fn a_shortage_on_both_sides_is_shared_through_it() {
    let (_, ledger) = run(rivers([40.0, 0.0], ["sea", "lake"]));
    // x of 30 each: x here, and x / 0.8 for x there.
    for i in 0..2 {
        same(ledger.offtakes().delivered.at(0, i), 40.0 / 2.25 * DAY);
    }
}

#[test]
fn lifting_takes_the_energy_of_the_formula_and_somebody_bears_it() {
    let model = rivers([100.0, 10.0], ["sea", "lake"])
        .pump(Pump::new("tie", Level::from_m(50.0), 0.8).borne_by("LO"))
        .pump(Pump::new("a", Level::from_m(10.0), 0.5));
    let (plan, ledger) = run(model);
    let basin = plan.model().basin();
    // 1000 kg/m3, 9.80665 m/s2: 25 m3/s over 50 m and 30 m3/s over 10 m, for five days.
    let kwh = |m3s: f64, lift: f64, efficiency: f64| {
        5.0 * m3s * DAY * 9_806.65 * lift / efficiency / 3.6e6
    };
    same(ledger.pumping(0).kwh(), kwh(25.0, 50.0, 0.8));
    same(ledger.pumping(1).kwh(), kwh(30.0, 10.0, 0.5));
    same(ledger.pumps().lifted.at(4, 0), 25.0 * DAY);
    let by_party = ledger.pumping_by_party(basin);
    assert_eq!(by_party.len(), 2);
    assert_eq!(by_party[0], (Some("UP"), ledger.pumping(1)));
    assert_eq!(by_party[1], (Some("LO"), ledger.pumping(0)));
}

#[test]
fn limits_on_power_and_energy_are_limits_of_the_flow() {
    let tie = || Pump::new("tie", Level::from_m(50.0), 0.8);
    for (pump, mwh) in [
        (tie().power(Power::from_mw(6.0)), 144.0),
        (tie().energy_a_day(Energy::from_mwh(100.0)), 100.0),
        (
            tie()
                .power(Power::from_mw(6.0))
                .energy_a_day(Energy::from_mwh(100.0)),
            100.0,
        ),
    ] {
        let (_, ledger) = run(rivers([100.0, 10.0], ["sea", "lake"]).pump(pump));
        same(ledger.pumps().energy.at(0, 0), mwh * 1e3);
        let flow = mwh * 3.6e9 / (9_806.65 * 50.0 / 0.8) / DAY;
        same(tied(&ledger), flow);
        same(
            ledger.offtakes().delivered.at(0, 1),
            (10.0 + 0.8 * flow) * DAY,
        );
    }
    // At a head, the least of both.
    let head = Pump::new("a", Level::from_m(10.0), 0.5).power(Power::from_mw(1.0));
    let model = rivers([100.0, 10.0], ["sea", "lake"]).pump(head);
    let (plan, ledger) = run(model);
    let flow = 1e6 / (9_806.65 * 10.0 / 0.5);
    same(ledger.offtakes().delivered.at(0, 0), flow * DAY);
    let head = plan.model().basin().offtakes()[0].capacity;
    same(head.map_or(0.0, Flow::m3s), flow);
}

/// Water that nobody claims is kept wherever it finds room, and an intertie is a way there.
#[test]
fn a_dam_beyond_an_intertie_fills_by_it_unless_a_limit_says_how_fast() {
    let model = |pump: Pump| {
        Model::builder("a dam", window())
            .party(Party::new("UP", "Upland"))
            .node(Node::inflow("one"))
            .reservoir(
                Reservoir::new("dam", Volume::from_mcm(100.0)).initial(Volume::from_mcm(85.0)),
            )
            .node(Node::terminal("sea"))
            .node(Node::terminal("lake"))
            .reach(Reach::river("first", "one", "sea"))
            .reach(Reach::river("second", "dam", "lake"))
            .reach(Reach::canal("tie", "one", "dam"))
            .inflow("one", steady(100.0))
            .pump(pump)
    };
    let entered = |pump: Pump| -> Vec<f64> {
        let (_, ledger) = run(model(pump));
        let flows = ledger.reaches().entered.of(2);
        flows.map(|volume| volume / DAY).collect()
    };
    let pump = || Pump::new("tie", Level::from_m(50.0), 0.8);
    let filling = entered(pump());
    same(filling[0], 100.0);
    same(filling.iter().sum::<f64>(), 15e6 / DAY);
    let limited = entered(pump().energy_a_day(Energy::from_mwh(100.0)));
    same(limited[4], 100.0 * 3.6e9 / (9_806.65 * 50.0 / 0.8) / DAY);
    assert_eq!(entered(pump().power(Power::from_mw(0.0))), [0.0; 5]);
}
