//! Natural flow: what the record of a developed river says of the river without people.

mod common;

use common::{assert_row, daily, days, flow, run};
use proptest::collection::vec;
use proptest::prelude::*;
use riparian::agreement::{Agreement, Measure, Obligation};
use riparian::basin::{Node, Offtake, Party, Reach, Reservoir};
use riparian::calendar::Window;
use riparian::jiff::civil::date;
use riparian::ledger::Ledger;
use riparian::operation::Schedule;
use riparian::settlement::Record;
use riparian::units::Volume;
use riparian::{Model, ModelBuilder, Plan};

fn m3(volume: f64) -> Volume {
    Volume::from_m3(volume)
}

fn window() -> Window {
    days(date(2024, 6, 1), 5)
}

fn basin(window: Window) -> ModelBuilder {
    Model::builder("a river", window)
        .party(Party::new("UP", "Upland"))
        .party(Party::new("LO", "Lowland"))
        .class("all")
}

/// The natural flow by day at nodes of a model, and its run.
fn natural(builder: ModelBuilder, nodes: &[&str]) -> (Vec<Vec<f64>>, Ledger, Model) {
    let mut agreement = Agreement::new("half of it", ["UP", "LO"]);
    for node in nodes {
        let half = Obligation::new(format!("at {node}"), "UP", *node, m3(1.0))
            .measured(Measure::NaturalFlow);
        agreement = agreement.obligation(half);
    }
    let model = builder.agreement(agreement).build();
    let model = model.unwrap_or_else(|error| panic!("{error}"));
    let ledger = run(model.clone());
    let plan = Plan::compile(model.clone()).expect("a model the engine can run");
    let record = Record::of(&plan, &ledger);
    let read = |node: &&str| -> Vec<f64> {
        let days = ledger.window().iter();
        days.map(|date| {
            let reading = record.get(node, Some(Measure::NaturalFlow), date);
            reading.expect("a natural flow on every day")
        })
        .collect()
    };
    (nodes.iter().map(read).collect(), ledger, model)
}

fn natural_at_gauge(builder: ModelBuilder) -> Vec<f64> {
    natural(builder, &["gauge"]).0.remove(0)
}

/// From a head down to a gauge and the sea.
fn river(head: Reach) -> ModelBuilder {
    basin(window())
        .node(Node::gauge("gauge"))
        .node(Node::terminal("sea"))
        .reach(head)
        .reach(Reach::river("lower", "gauge", "sea"))
}

const RISING: [f64; 5] = [10.0, 20.0, 30.0, 40.0, 50.0];

#[test]
fn without_people_it_is_the_flow() {
    let upper = Reach::river("upper", "head", "gauge")
        .lag_days(1)
        .loss(0.1)
        .antecedent(flow(5.0));
    let river = river(upper)
        .node(Node::inflow("head"))
        .inflow("head", daily(window(), |day| RISING[day]));
    assert_row(
        natural_at_gauge(river).into_iter(),
        &[4.5, 9.0, 18.0, 27.0, 36.0],
    );
}

#[test]
fn what_a_reservoir_stores_comes_a_travel_time_later_less_by_the_losses() {
    let upper = Reach::river("upper", "lake", "gauge")
        .lag_days(1)
        .loss(0.5)
        .antecedent(flow(8.0));
    let lake = Reservoir::new("lake", m3(1000.0)).initial(m3(100.0));
    let river = river(upper)
        .reservoir(lake)
        .inflow("lake", daily(window(), |day| RISING[day]))
        // Filling by 4, 14 and so on, whatever comes.
        .policy("lake", Schedule::planned(daily(window(), |_| 6.0)));
    assert_row(
        natural_at_gauge(river).into_iter(),
        &[4.0, 5.0, 10.0, 15.0, 20.0],
    );
}

#[test]
fn a_reservoir_that_is_drawn_down_adds_nothing() {
    let lake = Reservoir::new("lake", m3(1000.0)).initial(m3(500.0));
    let river = river(Reach::river("upper", "lake", "gauge"))
        .reservoir(lake)
        .inflow("lake", daily(window(), |day| RISING[day]))
        .policy("lake", Schedule::planned(daily(window(), |_| 60.0)));
    assert_row(natural_at_gauge(river).into_iter(), &RISING);
}

#[test]
fn what_offtakes_take_is_added_and_what_returns_is_taken_off() {
    let upper = Reach::river("upper", "head", "gauge")
        .loss(0.5)
        .antecedent(flow(0.0));
    let river = river(upper)
        .node(Node::inflow("head"))
        .inflow("head", daily(window(), |_| 20.0))
        .offtake(Offtake::new("canal", "head", "UP", "all").returning("gauge", 0.5, 1))
        .demand("canal", daily(window(), |_| 12.0))
        // Taken at the gauge itself, after the reading.
        .offtake(Offtake::new("town", "gauge", "UP", "all"))
        .demand("town", daily(window(), |_| 1.0));
    assert_row(natural_at_gauge(river).into_iter(), &[10.0; 5]);
}

/// A head, a junction and a gauge, 20 a day at the head.
fn with_canal(canal: Reach, junction: Reach) -> ModelBuilder {
    river(junction)
        .node(Node::inflow("head"))
        .node(Node::junction("fork"))
        .reach(Reach::river("upper", "head", "fork"))
        .reach(canal)
        .inflow("head", daily(window(), |_| 20.0))
}

#[test]
fn what_a_canal_leads_away_is_added() {
    let river = with_canal(
        Reach::canal("canal", "fork", "field").loss(0.2),
        Reach::river("middle", "fork", "gauge"),
    )
    .node(Node::junction("field"))
    .offtake(Offtake::new("farm", "field", "UP", "all"))
    .demand("farm", daily(window(), |_| 8.0));
    assert_row(natural_at_gauge(river).into_iter(), &[20.0; 5]);
}

#[test]
fn a_canal_that_rejoins_the_river_brings_what_the_river_would_have() {
    // The river carries 5 at most, so the town is served by the lossier canal.
    let river = with_canal(
        Reach::canal("canal", "fork", "gauge").loss(0.5),
        Reach::river("middle", "fork", "gauge")
            .loss(0.1)
            .capacity(flow(5.0)),
    )
    .offtake(Offtake::new("town", "gauge", "UP", "all"))
    .demand("town", daily(window(), |_| 9.0));
    let (natural, ledger, model) = natural(river, &["gauge"]);
    let canal = model.basin().reach_index("canal").expect("a canal");
    assert!(ledger.reaches().entered.of(canal).all(|flow| flow > 0.0));
    assert_row(natural[0].iter().copied(), &[18.0; 5]);
}

#[test]
fn what_a_canal_brings_from_another_river_is_taken_off() {
    let river = river(Reach::river("upper", "head", "gauge").antecedent(flow(20.0)))
        .node(Node::inflow("head"))
        .inflow("head", daily(window(), |_| 20.0))
        .node(Node::inflow("neighbour"))
        .node(Node::terminal("lake"))
        .reach(Reach::river("other", "neighbour", "lake"))
        .reach(Reach::canal("link", "neighbour", "gauge"))
        .inflow("neighbour", daily(window(), |_| 30.0))
        .offtake(Offtake::new("town", "gauge", "UP", "all"))
        .demand("town", daily(window(), |_| 33.0));
    let (natural, ledger, model) = natural(river, &["gauge", "lake"]);
    let link = model.basin().reach_index("link").expect("a canal");
    assert_row(ledger.reaches().entered.of(link), &[13.0; 5]);
    assert_row(natural[0].iter().copied(), &[20.0; 5]);
    assert_row(natural[1].iter().copied(), &[30.0; 5]);
}

/// A place on a river, the head of the list at its mouth.
#[derive(Clone, Debug)]
struct Place {
    downstream: prop::sample::Index,
    lag: u32,
    loss: f64,
    inflow: Vec<f64>,
    /// Full, initial as a fraction, and what is released a day.
    dam: Option<(f64, f64, f64)>,
    /// Demand, the fraction that returns and after how many days more than it must.
    user: Option<(f64, Option<(f64, u32)>)>,
    /// A canal to a field of its own with a demand, and whether it rejoins the river.
    canal: Option<(f64, f64, bool)>,
}

fn place() -> impl Strategy<Value = Place> {
    let dam = (0.0..60.0, 0.0..1.0, 0.0..15.0);
    let user = (0.0..10.0, prop::option::of((0.05..1.0, 0_u32..3)));
    let canal = (0.0..10.0, 0.0..0.5, any::<bool>());
    (
        any::<prop::sample::Index>(),
        0_u32..3,
        prop_oneof![Just(0.0), 0.0..0.5],
        vec(0.0..20.0, 1..5),
        prop::option::of(dam),
        prop::option::of(user),
        prop::option::weighted(0.3, canal),
    )
        .prop_map(|(downstream, lag, loss, inflow, dam, user, canal)| Place {
            downstream,
            lag,
            loss,
            inflow,
            dam,
            user,
            canal,
        })
}

fn id(place: usize) -> String {
    format!("n{place}")
}

/// The river of some places: with people, or without.
fn sketched(places: &[Place], window: Window, people: bool) -> ModelBuilder {
    let mut builder = basin(window).node(Node::terminal("sea"));
    // Travel times from each place to the sea, by which returns may not come too early.
    let mut to_sea: Vec<u32> = Vec::new();
    for (i, place) in places.iter().enumerate() {
        let down = place.downstream.index(i + 1);
        let down_id = if down == 0 {
            "sea".into()
        } else {
            id(down - 1)
        };
        let onward = if down == 0 { 0 } else { to_sea[down - 1] };
        to_sea.push(place.lag + onward);
        builder = match place.dam {
            // Without people water passes at once.
            Some(_) if !people => builder.reservoir(Reservoir::new(id(i), m3(0.0))),
            Some((full, initial, release)) => builder
                .reservoir(Reservoir::new(id(i), m3(full)).initial(m3(full * initial)))
                .policy(id(i), Schedule::planned(daily(window, |_| release))),
            None => builder.node(Node::junction(id(i))),
        };
        builder = builder
            .reach(
                Reach::river(format!("r{i}"), id(i), &down_id)
                    .lag_days(place.lag)
                    .loss(place.loss),
            )
            .inflow(
                id(i),
                daily(window, |day| place.inflow[day % place.inflow.len()]),
            );
        if !people {
            continue;
        }
        if let Some((demand, back)) = place.user {
            let mut user = Offtake::new(format!("o{i}"), id(i), "UP", "all");
            if let (Some((fraction, more)), true) = (back, down > 0) {
                let later = to_sea[i] - onward + 1 + more;
                user = user.returning(&down_id, fraction, later);
            }
            builder = builder
                .offtake(user)
                .demand(format!("o{i}"), daily(window, |_| demand));
        }
        if let Some((demand, loss, rejoins)) = place.canal {
            let (to, lag) = if rejoins && down > 0 {
                (down_id, place.lag)
            } else {
                builder = builder.node(Node::junction(format!("field{i}")));
                (format!("field{i}"), 0)
            };
            let farm = format!("farm{i}");
            builder = builder
                .reach(
                    Reach::canal(format!("c{i}"), id(i), &to)
                        .lag_days(lag)
                        .loss(loss),
                )
                .offtake(Offtake::new(&farm, to, "UP", "all"))
                .demand(farm, daily(window, |_| demand));
        }
    }
    builder
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn it_is_the_flow_of_the_same_river_without_people(
        places in vec(place(), 1..7),
        length in 20_usize..40,
    ) {
        let window = days(date(2024, 6, 1), length);
        let ids: Vec<String> = (0..places.len()).map(id).collect();
        let nodes: Vec<&str> = ids.iter().map(String::as_str).chain(["sea"]).collect();
        let (found, _, model) = natural(sketched(&places, window, true), &nodes);
        let empty = sketched(&places, window, false).build()?;
        let (basin, without) = (empty.basin().clone(), run(empty));
        let scale: f64 = places.iter().flat_map(|place| &place.inflow).sum();
        for (node, found) in nodes.iter().zip(found) {
            // Before, water may come that entered before the run.
            let travel = model.basin().lead(model.basin().node_index(node).unwrap()) as usize;
            let v = basin.node_index(node).unwrap();
            for (day, natural) in found.into_iter().enumerate().skip(travel) {
                let flow = without.flow_at_node(day, v);
                prop_assert!(
                    (natural - flow).abs() <= 1e-9 * scale,
                    "{node} on day {day}: {natural} for {flow}"
                );
            }
        }
    }
}
