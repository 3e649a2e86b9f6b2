//! A step through reaches that store water allocates no memory.

use riparian::agreement::{Agreement, Obligation, Point};
use riparian::basin::routing::ReachSeason;
use riparian::basin::{Node, Offtake, Party, Reach, Reservoir, Routing};
use riparian::calendar::Window;
use riparian::jiff::civil::date;
use riparian::series::DailySeries;
use riparian::units::{Flow, Volume};
use riparian::{Model, Plan, Simulation};

#[test]
fn a_step_through_routed_reaches_allocates_nothing() {
    // Both seasons, 29 February and the year's end.
    let window = Window::new(date(2023, 10, 1), date(2024, 9, 30)).expect("days");
    let ice = ReachSeason::new("12-01..03-10".parse().expect("a season"))
        .lag_days(5)
        .capacity(Flow::from_m3s(60.0));
    let promise = Obligation::new("town", "UP", Point::sum(["main"]), Volume::from_mcm(500.0));
    let routing = Routing::Cascade {
        reservoirs: 4,
        k_days: 0.7,
    };
    let series = |m3s| DailySeries::constant(window, m3s).expect("a number");
    let model = Model::builder("routed", window)
        .party(Party::new("UP", "Upland"))
        .party(Party::new("LO", "Lowland"))
        .class("first")
        .class("second")
        .reservoir(Reservoir::new("dam", Volume::from_mcm(100.0)))
        .node(Node::junction("town"))
        .node(Node::terminal("sea"))
        .reach(
            Reach::river("upper", "dam", "town")
                .lag_days(2)
                .season(ice)
                .routing(routing)
                .overflow(Flow::from_m3s(90.0), "sea"),
        )
        .reach(Reach::river("lower", "town", "sea"))
        .inflow("dam", series(100.0))
        .offtake(Offtake::new("main", "town", "LO", "second"))
        .demand("main", series(70.0))
        .agreement(
            Agreement::new("a treaty", ["UP", "LO"])
                .obligation(promise.to("LO").claimed_in("first")),
        )
        .build()
        .expect("a model");
    let plan = Plan::compile(model).expect("a plan");
    let mut run = Simulation::new(&plan);
    let mut waves = 0;
    loop {
        let mut goes_on = Ok(false);
        let memory = allocation_counter::measure(|| goes_on = run.step());
        assert_eq!(memory.count_total, 0, "wave {waves}: {memory:?}");
        if !goes_on.expect("a day that can be simulated") {
            break;
        }
        waves += 1;
    }
    assert!(waves >= window.days());
    let over: f64 = run.ledger().reaches().overflowed.of(0).sum();
    let got: f64 = run.ledger().offtakes().delivered.of(0).sum();
    assert!(over > 0.0 && got > 0.0);
}
