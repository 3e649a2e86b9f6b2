//! Why something is missing: the attribution read off the ledger and the counterfactual runs, by
//! hand where there is one cause, and on any basin where only their sums are known.

mod common;

use common::basins::scenarios;
use common::{daily, days, flow, run};
use proptest::prelude::*;
use riparian::agreement::{Account, Agreement, Caps, Measure, Obligation, Opening, Point, Term};
use riparian::basin::{Node, Offtake, Outlet, OutletKind, Party, Reach, Reservoir};
use riparian::calendar::Window;
use riparian::jiff::civil::date;
use riparian::operation::Schedule;
use riparian::report::Report;
use riparian::settlement::{Reason, Settled, Settlement, Status, Why, counterfactual};
use riparian::units::Volume;
use riparian::{Model, ModelBuilder, Plan, Simulation};

fn m3(volume: f64) -> Volume {
    Volume::from_m3(volume)
}

/// Four days of June.
fn four_days() -> Window {
    days(date(2024, 6, 1), 4)
}

fn basin() -> ModelBuilder {
    Model::builder("by hand", four_days())
        .party(Party::new("UP", "Upland"))
        .party(Party::new("LO", "Lowland"))
        .class("senior")
        .class("junior")
}

/// From a place down past mid and a town to the sea, without losses; volumes in m3 a day.
fn down_from(builder: ModelBuilder, head: &str, inflow: f64) -> ModelBuilder {
    builder
        .node(Node::junction("mid"))
        .node(Node::junction("town"))
        .node(Node::terminal("sea"))
        .reach(Reach::river("upper", head, "mid").antecedent(flow(0.0)))
        .reach(Reach::river("middle", "mid", "town").antecedent(flow(0.0)))
        .reach(Reach::river("lower", "town", "sea").antecedent(flow(0.0)))
        .inflow(head, daily(four_days(), |_| inflow))
}

/// A river with a dam at its head.
fn river(dam: Reservoir, inflow: f64) -> ModelBuilder {
    down_from(basin().reservoir(dam), "dam", inflow)
}

/// A river without one.
fn stream(inflow: f64) -> ModelBuilder {
    down_from(basin().node(Node::inflow("head")), "head", inflow)
}

fn dam(initial: f64) -> Reservoir {
    Reservoir::new("dam", m3(1000.0)).initial(m3(initial))
}

fn releasing(m3_a_day: f64) -> Schedule {
    Schedule::planned(daily(four_days(), |_| m3_a_day))
}

fn user(builder: ModelBuilder, id: &str, at: &str, class: &str, demand: f64) -> ModelBuilder {
    let party = if id == "own" { "LO" } else { "UP" };
    builder
        .offtake(Offtake::new(id, at, party, class))
        .demand(id, daily(four_days(), |_| demand))
}

fn due(at: &str, volume: f64) -> Obligation {
    Obligation::new("due", "UP", at, m3(volume))
        .to("LO")
        .within(four_days())
}

fn promise(obligation: Obligation) -> Agreement {
    Agreement::new("a treaty", ["UP", "LO"]).obligation(obligation)
}

fn settled(model: Model) -> (Plan, riparian::ledger::Ledger, Settled) {
    let ledger = run(model.clone());
    let plan = Plan::compile(model).expect("a model the engine can run");
    let settled = Settled::of(&plan, &ledger);
    (plan, ledger, settled)
}

fn alike(found: &[Reason], expected: &[(Why, f64)]) -> bool {
    found.len() == expected.len()
        && expected.iter().all(|(why, amount)| {
            let near =
                |reason: &&Reason| (reason.amount * 1e6 - amount).abs() <= 1e-9 * amount.abs();
            found.iter().filter(|r| r.why == *why).any(|r| near(&r))
        })
}

/// Both explanations of the first obligation must be as expected, in m3.
#[track_caller]
fn both(model: ModelBuilder, expected: &[(Why, f64)]) {
    let (plan, ledger, settled) = settled(model.build().expect("a sound model"));
    let row = &settled.rows[0];
    let missing: f64 = expected.iter().map(|(_, amount)| amount).sum();
    assert_eq!(row.status, Status::Short);
    assert!(
        (row.shortfall() * 1e6 - missing).abs() <= 1e-9 * missing,
        "{}",
        row.shortfall()
    );
    assert!(
        alike(&row.reasons, expected),
        "attribution {:?}",
        row.reasons
    );
    let runs = counterfactual(&plan, &ledger, row).expect("worlds that run");
    assert!(alike(&runs, expected), "counterfactual {runs:?}");
}

fn held() -> Why {
    Why::HeldInStorage {
        reservoir: "dam".into(),
        policy: "schedule".into(),
    }
}

fn taken() -> Why {
    Why::Taken { party: "UP".into() }
}

fn no_water(node: &str) -> Why {
    Why::NoWater { node: node.into() }
}

#[test]
fn lack_of_water() {
    let obligation = due("town", 100.0).claimed_in("senior");
    let model = river(dam(0.0), 10.0).agreement(promise(obligation));
    let (plan, ledger, settled) = settled(model.build().expect("a sound model"));
    let row = &settled.rows[0];
    // The allocation names the node where its cut lies, the runs name the point.
    let [
        Reason {
            why: Why::NoWater { .. },
            amount,
        },
    ] = row.reasons[..]
    else {
        panic!("{:?}", row.reasons);
    };
    assert!((amount * 1e6 - 60.0).abs() < 1e-9);
    let runs = counterfactual(&plan, &ledger, row).expect("worlds that run");
    assert!(alike(&runs, &[(no_water("town"), 60.0)]), "{runs:?}");
}

#[test]
fn water_held_by_a_policy() {
    let model = river(dam(100.0), 10.0).policy("dam", releasing(10.0));
    both(
        model.agreement(promise(due("town", 100.0))),
        &[(held(), 60.0)],
    );
}

#[test]
fn what_lies_in_store_explains_a_shortfall_once() {
    let model = river(dam(30.0), 10.0).policy("dam", releasing(10.0));
    both(
        model.agreement(promise(due("town", 100.0))),
        &[(held(), 30.0), (no_water("town"), 30.0)],
    );
}

#[test]
fn a_claim_does_not_open_a_dam_whose_policy_keeps_it_shut() {
    let model = river(dam(100.0), 10.0).policy("dam", releasing(10.0));
    let obligation = due("town", 100.0).claimed_in("senior");
    both(model.agreement(promise(obligation)), &[(held(), 60.0)]);
}

#[test]
fn withdrawals_on_the_way_to_a_point_that_claims_nothing() {
    let model = user(stream(20.0), "canal", "mid", "senior", 15.0);
    both(
        model.agreement(promise(due("town", 80.0))),
        &[(taken(), 60.0)],
    );
}

#[test]
fn withdrawals_beyond_a_limit() {
    let limit = Obligation::limit("limit", "UP", "canal", m3(20.0)).within(four_days());
    let agreement = promise(due("town", 80.0)).obligation(limit);
    let over = Why::OverLimit {
        party: "UP".into(),
        limit: "limit".into(),
    };
    let model = user(stream(20.0), "canal", "mid", "senior", 15.0);
    both(model.agreement(agreement), &[(taken(), 20.0), (over, 40.0)]);
}

#[test]
fn withdrawals_of_seniors() {
    let model = user(stream(20.0), "canal", "mid", "senior", 15.0);
    let model = user(model, "own", "town", "junior", 20.0);
    let seniors = Why::Seniors { party: "UP".into() };
    both(
        model.agreement(promise(due("own", 80.0))),
        &[(seniors, 60.0)],
    );
}

#[test]
fn withdrawals_of_seniors_below_the_point() {
    let model = user(stream(20.0), "own", "mid", "junior", 20.0);
    let model = user(model, "canal", "town", "senior", 15.0);
    let seniors = Why::Seniors { party: "UP".into() };
    both(
        model.agreement(promise(due("own", 80.0))),
        &[(seniors, 60.0)],
    );
}

#[test]
fn withdrawals_of_equals() {
    let model = user(stream(20.0), "canal", "mid", "junior", 20.0);
    let model = user(model, "own", "town", "junior", 20.0);
    let equals = Why::Equals { party: "UP".into() };
    both(
        model.agreement(promise(due("own", 80.0))),
        &[(equals, 40.0)],
    );
}

#[test]
fn juniors_who_drew_down_the_reservoir_before() {
    // Five a day are claimed on the last two days; until then a junior emptied the reservoir.
    let last_two = days(date(2024, 6, 3), 2);
    let obligation = Obligation::new("due", "UP", "town", m3(10.0))
        .within(last_two)
        .claimed_in("senior");
    let model = user(river(dam(10.0), 0.0), "canal", "mid", "junior", 5.0);
    both(model.agreement(promise(obligation)), &[(taken(), 10.0)]);
}

#[test]
fn a_policy_that_let_water_go_too_early() {
    let last_two = days(date(2024, 6, 3), 2);
    let obligation = Obligation::new("due", "UP", "town", m3(100.0)).within(last_two);
    let model = river(dam(60.0), 0.0).policy(
        "dam",
        Schedule::planned(daily(four_days(), |day| if day < 2 { 20.0 } else { 0.0 })),
    );
    let released = Why::Released {
        reservoir: "dam".into(),
        policy: "schedule".into(),
    };
    both(
        model.agreement(promise(obligation)),
        &[(released, 40.0), (held(), 20.0), (no_water("town"), 40.0)],
    );
}

#[test]
fn a_reach_that_carries_no_more() {
    let window = four_days();
    let model = basin()
        .reservoir(dam(100.0))
        .node(Node::junction("town"))
        .node(Node::terminal("sea"))
        .reach(Reach::river("upper", "dam", "town").capacity(flow(10.0)))
        .reach(Reach::river("lower", "town", "sea"))
        .inflow("dam", daily(window, |_| 0.0))
        .agreement(promise(due("town", 80.0).claimed_in("senior")));
    let place = "upper".into();
    both(model, &[(Why::Capacity { place }, 40.0)]);
}

#[test]
fn outlets_that_pass_no_more() {
    let gate = Outlet::constant("gate", OutletKind::Gate, flow(10.0));
    let model = river(dam(100.0).outlet(gate), 0.0);
    let obligation = due("town", 80.0).claimed_in("senior");
    let place = "dam".into();
    both(
        model.agreement(promise(obligation)),
        &[(Why::Capacity { place }, 40.0)],
    );
}

#[test]
fn a_policy_below_what_outlets_pass() {
    // Due are 20 a day, the gate passes 15, the schedule 5.
    let gate = Outlet::constant("gate", OutletKind::Gate, flow(15.0));
    let model = river(dam(100.0).outlet(gate), 0.0).policy("dam", releasing(5.0));
    let place = "dam".into();
    both(
        model.agreement(promise(due("town", 80.0))),
        &[(held(), 40.0), (Why::Capacity { place }, 20.0)],
    );
}

#[test]
fn a_head_that_takes_no_more() {
    let own = Offtake::new("own", "town", "LO", "junior").capacity(flow(5.0));
    let model = stream(20.0)
        .offtake(own)
        .demand("own", daily(four_days(), |_| 20.0));
    let place = "own".into();
    both(
        model.agreement(promise(due("own", 80.0))),
        &[(Why::Capacity { place }, 60.0)],
    );
}

#[test]
fn water_that_disappeared() {
    let model = river(dam(0.0), 20.0).unaccounted("dam", daily(four_days(), |_| -5.0));
    let obligation = due("town", 80.0).claimed_in("senior");
    let reservoir = "dam".into();
    both(
        model.agreement(promise(obligation)),
        &[(Why::Unaccounted { reservoir }, 20.0)],
    );
}

#[test]
fn a_minimum_flow_of_others() {
    let minimum = Obligation::minimum_flow("minimum", "UP", "lower", flow(15.0))
        .within(four_days())
        .claimed_in("senior");
    let agreement = promise(due("own", 80.0)).obligation(minimum);
    let model = user(stream(20.0), "own", "town", "junior", 20.0);
    let reach = "lower".into();
    both(
        model.agreement(agreement),
        &[(Why::MinimumFlow { reach }, 60.0)],
    );
}

#[test]
fn a_ceiling_on_the_point_s_own_users() {
    let ceiling = Obligation::limit("ceiling", "LO", "own", m3(20.0))
        .within(four_days())
        .claimed_in("senior");
    let agreement = promise(due("own", 80.0)).obligation(ceiling);
    let model = user(stream(20.0), "own", "town", "junior", 20.0);
    let limit = "ceiling".into();
    both(model.agreement(agreement), &[(Why::Limit { limit }, 60.0)]);
}

#[test]
fn a_ceiling_on_the_flow_of_a_reach() {
    let ceiling = Obligation::limit("ceiling", "UP", "upper", m3(20.0))
        .within(four_days())
        .claimed_in("senior");
    let agreement = promise(due("town", 80.0).claimed_in("senior")).obligation(ceiling);
    let limit = "ceiling".into();
    both(
        river(dam(100.0), 0.0).agreement(agreement),
        &[(Why::Limit { limit }, 60.0)],
    );
}

#[test]
fn what_was_not_asked_for() {
    let model = user(stream(20.0), "own", "town", "junior", 5.0);
    both(
        model.agreement(promise(due("own", 80.0))),
        &[(Why::NotDemanded, 60.0)],
    );
}

#[test]
fn travel_time_and_losses_on_the_way() {
    let window = four_days();
    let minimum = Obligation::minimum_flow("due", "UP", "town", flow(20.0)).within(window);
    let model = Model::builder("by hand", window)
        .party(Party::new("UP", "Upland"))
        .party(Party::new("LO", "Lowland"))
        .class("senior")
        .reservoir(dam(100.0))
        .node(Node::junction("town"))
        .node(Node::terminal("sea"))
        .reach(
            Reach::river("upper", "dam", "town")
                .lag_days(1)
                .loss(0.5)
                .antecedent(flow(10.0)),
        )
        .reach(Reach::river("lower", "town", "sea"))
        .inflow("dam", daily(window, |_| 10.0))
        .policy("dam", releasing(10.0))
        .agreement(promise(minimum));
    // Of the 15 missing each day those of the first were missing before the run began.
    both(model, &[(held(), 45.0), (no_water("town"), 15.0)]);
}

fn storage_due(volume: f64) -> Agreement {
    let last = four_days().to();
    promise(Obligation::storage_by("due", "UP", "dam", m3(volume), last).to("LO"))
}

#[test]
fn a_reservoir_that_released_for_nobody() {
    let model = river(dam(0.0), 20.0).policy("dam", releasing(15.0));
    let released = Why::Released {
        reservoir: "dam".into(),
        policy: "schedule".into(),
    };
    both(
        model.agreement(storage_due(90.0)),
        &[(released, 60.0), (no_water("dam"), 10.0)],
    );
}

#[test]
fn a_reservoir_that_released_for_users() {
    let model = user(river(dam(0.0), 20.0), "canal", "town", "senior", 15.0);
    both(model.agreement(storage_due(80.0)), &[(taken(), 60.0)]);
}

#[test]
fn a_debt_brought_forward() {
    let account = Account {
        opening: Some(Opening::Debit(m3(50.0).into())),
        debit: Some(Caps {
            yearly: None,
            accrued: Some(m3(10.0).into()),
        }),
        ..Account::default()
    };
    let model = user(stream(20.0), "canal", "mid", "senior", 15.0);
    // 110 in debt in the end, of which 10 are lawful.
    both(
        model.agreement(promise(due("town", 80.0).account(account))),
        &[(Why::BroughtForward, 50.0), (taken(), 50.0)],
    );
}

#[test]
fn an_explanation_is_asked_for_by_day() {
    let model = river(dam(100.0), 10.0).policy("dam", releasing(10.0));
    let model = model.agreement(promise(due("town", 100.0)));
    let plan = Plan::compile(model.build().unwrap()).unwrap();
    let ledger = Simulation::new(&plan).run().unwrap();
    let report = Report::new(plan, ledger);
    let reasons = report.explain("due", date(2024, 6, 3)).unwrap();
    assert!(alike(&reasons, &[(held(), 60.0)]), "{reasons:?}");
    let unknown = report.explain("dues", date(2024, 6, 3)).unwrap_err();
    assert!(unknown.to_string().contains("`due`"), "{unknown}");
    let late = report.explain("due", date(2024, 7, 1)).unwrap_err();
    assert!(late.to_string().contains("2024-07-01"), "{late}");
}

#[test]
fn what_no_run_can_claim_is_refused() {
    let mut half = due("town", 100.0);
    half.point = Point::from(Term::new("town").weight(0.5));
    let mut natural = due("town", 100.0).measured(Measure::NaturalFlow);
    natural.id = "natural".into();
    let agreement = promise(half).obligation(natural);
    let model = river(dam(0.0), 10.0).agreement(agreement);
    let (plan, ledger, settled) = settled(model.build().unwrap());
    for row in &settled.rows {
        assert_eq!(row.status, Status::Short);
        let error = counterfactual(&plan, &ledger, row).unwrap_err();
        assert!(error.is_invalid());
        assert!(error.to_string().contains(&row.obligation), "{error}");
    }
}

mod unaccounted {
    use super::*;

    fn row(model: ModelBuilder) -> Settlement {
        settled(model.build().expect("a sound model"))
            .2
            .rows
            .remove(0)
    }

    fn vanishing(m3_a_day: f64, volume: f64) -> ModelBuilder {
        river(dam(0.0), 20.0)
            .unaccounted("dam", daily(four_days(), |_| m3_a_day))
            .agreement(promise(due("town", volume).claimed_in("senior")))
    }

    #[test]
    fn a_shortfall_rests_on_water_that_disappeared() {
        let short = row(vanishing(-5.0, 80.0));
        assert!((short.unaccounted * 1e6 + 20.0).abs() < 1e-9);
        assert!(short.rests_on_unaccounted());
    }

    #[test]
    fn one_that_is_larger_does_not() {
        let short = row(vanishing(-5.0, 81.0));
        assert_eq!(short.status, Status::Short);
        assert!(!short.rests_on_unaccounted());
    }

    #[test]
    fn a_verdict_of_met_rests_on_water_that_appeared() {
        let met = row(vanishing(5.0, 100.0));
        assert_eq!(met.status, Status::Met);
        assert!((met.unaccounted * 1e6 - 20.0).abs() < 1e-9);
        assert!(met.rests_on_unaccounted());
    }

    #[test]
    fn one_does_not_while_the_water_lies_in_store() {
        let met = row(vanishing(5.0, 80.0));
        assert_eq!(met.status, Status::Met);
        assert!(!met.rests_on_unaccounted());
    }

    #[test]
    fn it_counts_on_the_day_it_would_have_come_less_by_the_losses() {
        let window = four_days();
        let model = basin()
            .reservoir(dam(0.0))
            .node(Node::junction("town"))
            .node(Node::terminal("sea"))
            .reach(Reach::river("upper", "dam", "town").lag_days(1).loss(0.5))
            .reach(Reach::river("lower", "town", "sea"))
            .inflow("dam", daily(window, |_| 20.0))
            .unaccounted("dam", daily(window, |day| -[1.0, 2.0, 4.0, 8.0][day]))
            .agreement(promise(due("town", 80.0)));
        // The last day's would have come after the end.
        assert!((row(model).unaccounted * 1e6 + 3.5).abs() < 1e-9);
    }

    #[test]
    fn each_day_counts_for_itself() {
        let minimum = Obligation::minimum_flow("due", "UP", "town", flow(10.0)).within(four_days());
        let policy = Schedule::planned(daily(four_days(), |day| if day == 2 { 9.0 } else { 12.0 }));
        let model = |unaccounted: f64| {
            let term = daily(four_days(), |_| unaccounted);
            row(river(dam(0.0), 20.0)
                .unaccounted("dam", term)
                .policy("dam", policy.clone())
                .agreement(promise(minimum.clone())))
        };
        assert!(model(-1.0).rests_on_unaccounted());
        assert!(!model(-0.5).rests_on_unaccounted());
    }
}

/// Relative to what was due or missing, whichever is more.
fn adds_up(row: &Settlement, reasons: &[Reason]) -> bool {
    let sum: f64 = reasons.iter().map(|reason| reason.amount).sum();
    let largest = reasons
        .iter()
        .fold(row.shortfall(), |most, r| most.max(r.amount.abs()));
    (sum - row.shortfall()).abs() <= 1e-9 * largest
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn attributed_parts_add_up_on_any_basin(sketch in scenarios(40), observing in any::<bool>()) {
        let (_, settled) = of_sketch(&sketch, observing)?;
        for row in settled.rows.iter().filter(|row| row.status == Status::Short) {
            prop_assert!(row.reasons.iter().all(|reason| reason.amount > 0.0), "{:?}", row.reasons);
            prop_assert!(adds_up(row, &row.reasons), "{} {:?}", row.shortfall(), row.reasons);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn counterfactual_parts_add_up_on_any_basin(sketch in scenarios(20), observing in any::<bool>()) {
        let ((plan, ledger), settled) = of_sketch(&sketch, observing)?;
        for row in settled.rows.iter().filter(|row| row.status == Status::Short) {
            let parts = counterfactual(&plan, &ledger, row)?;
            prop_assert!(adds_up(row, &parts), "{} {:?}", row.shortfall(), parts);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_agree_on_one_river_with_a_dam(
        initial in 0.0..100.0,
        inflow in prop::array::uniform4(0.0..20.0),
        release in prop::array::uniform4(0.0..30.0),
        demand in prop_oneof![Just(0.0), 0.0..20.0],
        due in 1.0..40.0,
    ) {
        let window = four_days();
        let minimum = Obligation::minimum_flow("due", "UP", "town", flow(due)).within(window);
        let builder = basin().reservoir(dam(initial));
        let model = user(down_from(builder, "dam", 0.0), "canal", "mid", "senior", demand)
            .policy("dam", Schedule::planned(daily(window, |day| release[day])))
            .inflow("mid", daily(window, |day| inflow[day]))
            .agreement(promise(minimum));
        let (plan, ledger, settled) = settled(model.build()?);
        let row = &settled.rows[0];
        let runs = counterfactual(&plan, &ledger, row)?;
        // Of what a policy kept or let go too early, they may not agree which is which.
        let of_policy =
            |why: &Why| matches!(why, Why::HeldInStorage { .. } | Why::Released { .. });
        let of = |reasons: &[Reason], why: &Why| -> f64 {
            let same = |other: &Why| other == why || of_policy(other) && of_policy(why);
            reasons.iter().filter(|r| same(&r.why)).map(|r| r.amount).sum()
        };
        // Of the same water both the dam and the users may be said to have kept it.
        let one_cause = demand == 0.0;
        let reasons = row.reasons.iter().chain(&runs).map(|reason| &reason.why);
        for why in reasons.filter(|why| one_cause || matches!(why, Why::NoWater { .. })) {
            let (here, there) = (of(&row.reasons, why), of(&runs, why));
            prop_assert!(
                (here - there).abs() <= 1e-8 * row.shortfall(),
                "{:?} or {runs:?}", row.reasons
            );
        }
    }
}

type Run = (Plan, riparian::ledger::Ledger);

/// A sketch, with its obligations claiming or only observing.
fn of_sketch(
    sketch: &common::basins::Sketch,
    observing: bool,
) -> Result<(Run, Settled), TestCaseError> {
    let model = sketch.model();
    let model = if observing { model.observing() } else { model };
    let plan = Plan::compile(model)?;
    let ledger = Simulation::new(&plan).run()?;
    let settled = Settled::of(&plan, &ledger);
    Ok(((plan, ledger), settled))
}
