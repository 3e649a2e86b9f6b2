//! Networks whose ways part and meet again: canals that rejoin their river, canals fed from two.

mod common;

use common::{daily, days, flow, run};
use riparian::allocation::{Objective, Tier};
use riparian::basin::{Node, NodeKind, Offtake, Party, Reach, Reservoir};
use riparian::jiff::civil::date;
use riparian::units::Volume;
use riparian::{Model, ModelBuilder, Plan, Report, Simulation};

const DAYS: usize = 20;

/// A dam, a weir with a derivation canal that rejoins the river below it, and users on both ways.
///
/// The canal carries at most 60 m3 a day and loses a tenth.
fn derivation() -> ModelBuilder {
    let window = days(date(2024, 2, 20), DAYS);
    Model::builder("Weir and derivation", window)
        .party(Party::new("UP", "Upland"))
        .party(Party::new("LO", "Lowland"))
        .reservoir(Reservoir::new("dam", Volume::from_m3(5000.0)).initial(Volume::from_m3(900.0)))
        .node(Node::junction("weir"))
        .node(Node::junction("canal"))
        .node(Node::junction("below"))
        .node(Node::terminal("sea"))
        .reach(Reach::river("upper", "dam", "weir"))
        .reach(
            Reach::canal("head", "weir", "canal")
                .loss(0.1)
                .capacity(flow(60.0)),
        )
        .reach(Reach::canal("tailrace", "canal", "below").lag_days(1))
        .reach(
            Reach::river("bed", "weir", "below")
                .lag_days(1)
                .capacity(flow(20.0)),
        )
        .reach(Reach::river("lower", "below", "sea"))
        .inflow("dam", daily(window, |_| 30.0))
        .class("use")
        .offtake(Offtake::new("on-canal", "canal", "UP", "use"))
        .offtake(Offtake::new("downstream", "below", "LO", "use"))
}

#[test]
fn what_the_river_cannot_carry_comes_by_the_canal_that_rejoins_it() {
    let window = days(date(2024, 2, 20), DAYS);
    let model = derivation()
        .demand("on-canal", daily(window, |_| 10.0))
        .demand("downstream", daily(window, |_| 50.0))
        .build()
        .unwrap();
    assert_eq!(Plan::compile(model.clone()).unwrap().tier(), Tier::Cycles);
    let ledger = run(model);
    // Each wave gets its 60 m3 while the dam holds out: 20 through the bed, the rest by the canal.
    for day in 1..10 {
        assert!((ledger.offtakes().delivered.at(day, 0) - 10.0).abs() < 1e-9);
        assert!((ledger.offtakes().delivered.at(day, 1) - 50.0).abs() < 1e-9);
    }
    let head = ledger.reaches().entered.at(5, 1);
    assert!((head - 40.0 / 0.9).abs() < 1e-9, "{head}");
    assert!((ledger.reaches().entered.at(5, 3) - 20.0).abs() < 1e-9);
}

#[test]
fn a_shortage_on_both_ways_is_shared_in_proportion() {
    let window = days(date(2024, 2, 20), DAYS);
    let model = derivation()
        .demand("on-canal", daily(window, |_| 100.0))
        .demand("downstream", daily(window, |_| 100.0))
        .build()
        .unwrap();
    let ledger = run(model);
    // The canal's 60 m3 arrive as 54 and the bed's 20 as they are: 74 for 200 claimed, 37 each.
    assert!((ledger.offtakes().delivered.at(3, 0) - 37.0).abs() < 1e-9);
    assert!((ledger.offtakes().delivered.at(3, 1) - 37.0).abs() < 1e-9);
}

#[test]
fn a_canal_fed_from_two_rivers_draws_on_both() {
    let window = days(date(2024, 2, 20), DAYS);
    let model = Model::builder("Two rivers, one canal", window)
        .party(Party::new("UZ", "Lowland"))
        .node(Node::inflow("naryn"))
        .node(Node::inflow("karadarya"))
        .node(Node::junction("north"))
        .node(Node::junction("south"))
        .node(Node::junction("big-canal"))
        .node(Node::gauge("meeting"))
        .node(Node::new("sea", NodeKind::Terminal))
        .reach(Reach::river("n1", "naryn", "north"))
        .reach(Reach::river("k1", "karadarya", "south"))
        .reach(Reach::canal("feeder-n", "north", "big-canal").capacity(flow(50.0)))
        .reach(Reach::canal("feeder-k", "south", "big-canal"))
        .reach(Reach::river("n2", "north", "meeting"))
        .reach(Reach::river("k2", "south", "meeting"))
        .reach(Reach::river("syr", "meeting", "sea"))
        .inflow("naryn", daily(window, |_| 80.0))
        .inflow(
            "karadarya",
            daily(window, |day| if day < 10 { 40.0 } else { 0.0 }),
        )
        .class("use")
        .offtake(Offtake::new("fields", "big-canal", "UZ", "use"))
        .demand("fields", daily(window, |_| 85.0))
        .build()
        .unwrap();
    let ledger = run(model);
    assert!((ledger.offtakes().delivered.at(5, 0) - 85.0).abs() < 1e-9);
    assert!((ledger.offtakes().delivered.at(15, 0) - 50.0).abs() < 1e-9);
    let sea: f64 = ledger.nodes().arrived.of(6).sum();
    assert!((sea - (10.0 * 35.0 + 10.0 * 30.0)).abs() < 1e-6, "{sea}");
}

#[test]
fn two_rivers_with_dams_may_be_joined_by_a_canal() {
    let window = days(date(2024, 2, 20), DAYS);
    let dam = |id: &str, m3: f64| {
        Reservoir::new(id, Volume::from_m3(5000.0))
            .initial(Volume::from_m3(m3))
            .min_release(flow(5.0))
    };
    let model = Model::builder("Two dammed rivers", window)
        .party(Party::new("UZ", "Lowland"))
        .reservoir(dam("east", 2000.0))
        .reservoir(dam("west", 100.0))
        .node(Node::junction("town"))
        .node(Node::terminal("lake"))
        .node(Node::terminal("sea"))
        .reach(Reach::river("e", "east", "lake"))
        .reach(Reach::canal("link", "east", "west"))
        .reach(Reach::river("w", "west", "town"))
        .reach(Reach::river("mouth", "town", "sea"))
        .class("use")
        .offtake(Offtake::new("pumps", "town", "UZ", "use"))
        .demand("pumps", daily(window, |_| 40.0))
        .build()
        .unwrap();
    let ledger = run(model);
    // The west alone holds 100 m3; the east feeds it through the canal.
    assert!((ledger.offtakes().delivered.of(0).sum::<f64>() - 20.0 * 40.0).abs() < 1e-6);
    for day in 0..DAYS {
        assert!(ledger.reservoirs().release.at(day, 0) >= 5.0 - 1e-9);
    }
}

#[test]
fn the_largest_volume_is_at_least_that_of_equal_shares() {
    let window = days(date(2024, 2, 20), DAYS);
    let build = |objective| {
        let model = derivation()
            .demand("on-canal", daily(window, |_| 100.0))
            .demand("downstream", daily(window, |_| 100.0))
            .objective(objective)
            .build()
            .unwrap();
        let plan = Plan::compile(model).unwrap();
        let ledger = Simulation::new(&plan).run().unwrap();
        Report::new(plan, ledger).volumes().unwrap()
    };
    let (fair, large) = (build(Objective::MaxMin), build(Objective::MaxVolume));
    assert_eq!(fair.max_min, large.max_min);
    assert_eq!(fair.max_volume, large.max_volume);
    assert_eq!(fair.delivered, fair.max_min);
    assert_eq!(large.delivered, large.max_volume);
    assert!(fair.max_volume.m3() >= fair.max_min.m3() - 1e-6);
}
