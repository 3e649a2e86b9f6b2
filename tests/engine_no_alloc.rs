//! A step allocates no memory: what a run needs, it takes when it begins.

use riparian::agreement::{
    Account, Agreement, Brackets, Caps, Clause, Condition, Each, Effect, Formula, Obligation,
    Slope, Step, Threshold,
};
use riparian::allocation::Talmud;
use riparian::basin::{Node, Offtake, Party, Pump, Reach, Reservoir};
use riparian::calendar::{Period, Season, Window};
use riparian::jiff::civil::date;
use riparian::licence::Licence;
use riparian::operation::{Saving, SavingLevel, YearCurve};
use riparian::series::DailySeries;
use riparian::units::{Flow, Level, Volume};
use riparian::{Model, Plan, Simulation, State};

#[path = "../benches/common/season.rs"]
mod season;

#[test]
fn a_step_allocates_nothing() {
    // Both seasons, 29 February and the year's end.
    let window = Window::new(date(2023, 10, 1), date(2024, 9, 30)).expect("days");
    let plan = Plan::compile(season::model(window)).expect("a plan");
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
    assert!(waves > window.days());

    // The run must have had something to do: shortages, claims and releases.
    let ledger = run.ledger();
    let sum = |table: &riparian::ledger::Daily, places: usize| -> f64 {
        (0..places).flat_map(|place| table.of(place)).sum()
    };
    let basin = plan.model().basin();
    let offtakes = basin.offtakes().len();
    let asked = sum(&ledger.offtakes().demand, offtakes);
    let got = sum(&ledger.offtakes().delivered, offtakes);
    assert!(0.0 < got && got < asked);
    let claims = plan.claiming().len();
    for k in 0..claims {
        assert!(
            ledger.claims().awarded.of(k).any(|award| award > 0.0),
            "claim {k}"
        );
    }
    assert!(sum(&ledger.nodes().returned, basin.nodes().len()) > 0.0);
}

/// Claims by readings, with a clause and an account, and ceilings.
fn claims(window: Window) -> Model {
    let drought = Threshold::of("spring", Step::Part(Period::Dekad)).below(Flow::from_m3s(30.0));
    let drought = Clause::new("drought", Effect::Scale(0.5)).when(Condition::reading(drought));
    let half = Brackets::share(Slope::percent(50.0));
    let share = Formula::of("spring", half).on(Step::Part(Period::Month));
    let account = Account {
        debit: Some(Caps::default()),
        ..Account::default()
    };
    let treaty = Agreement::new("a treaty", ["UP"])
        .obligation(
            Obligation::new("share", "UP", "river", share)
                .each(Each::Part(Period::Month))
                .clause(drought)
                .account(account)
                .claimed_in("all"),
        )
        .obligation(
            Obligation::limit("limit", "UP", "fields", Volume::from_mcm(20.0))
                .each(Each::Part(Period::Dekad))
                .claimed_in("all"),
        )
        .obligation(
            Obligation::limit("release", "UP", "river", Volume::from_mcm(90.0))
                .each(Each::Part(Period::Month))
                .claimed_in("all"),
        );
    let water = window.iter().map(|date| 20.0 + f64::from(date.day()));
    let water = DailySeries::new(window.from(), water.collect());
    Model::builder("claims", window)
        .party(Party::new("UP", "Upland"))
        .class("all")
        .node(Node::inflow("spring"))
        .reservoir(Reservoir::new("dam", Volume::from_mcm(500.0)))
        .node(Node::terminal("sea"))
        .reach(Reach::river("head", "spring", "dam").lag_days(2))
        .reach(Reach::river("river", "dam", "sea").lag_days(1))
        .inflow("spring", water.expect("numbers"))
        .offtake(Offtake::new("fields", "dam", "UP", "all"))
        .demand(
            "fields",
            DailySeries::constant(window, 25.0).expect("a number"),
        )
        .agreement(treaty)
        .build()
        .expect("a sound model")
}

#[test]
fn claims_by_readings_and_ceilings_allocate_nothing() {
    let window = Window::new(date(2023, 10, 1), date(2024, 3, 31)).expect("days");
    let plan = Plan::compile(claims(window)).expect("a plan");
    let mut run = Simulation::new(&plan);
    loop {
        let mut goes_on = Ok(false);
        let memory = allocation_counter::measure(|| goes_on = run.step());
        assert_eq!(memory.count_total, 0, "{memory:?}");
        if !goes_on.expect("a day that can be simulated") {
            break;
        }
    }
    let ledger = run.ledger();
    assert!(ledger.claims().awarded.of(0).any(|award| award > 0.0));
    assert!(ledger.limits().held_back.of(0).any(|held| held > 0.0));
    assert!(ledger.limits().of_reach.of(1).any(|number| number == 3));
}

/// Licences of all kinds that bind, over users at two travel times, and a pump.
#[test]
fn licences_and_pumps_allocate_nothing() {
    let window = Window::new(date(2023, 10, 1), date(2024, 5, 31)).expect("days");
    let year: Season = "01-01..12-31".parse().expect("a season");
    let water = |m3s| DailySeries::constant(window, m3s).expect("a number");
    let mut model = Model::builder("licences", window)
        .party(Party::new("UP", "Upland"))
        .class("all")
        .node(Node::inflow("spring"))
        .node(Node::gauge("town"))
        .node(Node::terminal("sea"))
        .reach(Reach::river("upper", "spring", "town").lag_days(3))
        .reach(Reach::river("lower", "town", "sea"))
        .inflow("spring", water(100.0))
        .pump(Pump::new("low", Level::from_m(20.0), 0.7));
    for (id, at, m3s) in [
        ("high", "spring", 20.0),
        ("low", "town", 30.0),
        ("mill", "town", 5.0),
    ] {
        model = model
            .offtake(Offtake::new(id, at, "UP", "all"))
            .demand(id, water(m3s));
    }
    let all = |licence: Licence| licence.offtakes(["high", "low", "mill"]).sharing(Talmud);
    let volume = Volume::from_mcm;
    let model = model
        .licence(all(Licence::daily("daily", Flow::from_m3s(50.0))))
        .licence(all(Licence::rolling("rolling", volume(30.0), 10)))
        .licence(all(Licence::evenly("even", volume(900.0), year)))
        .licence(all(Licence::seasonal("season", volume(300.0), year)));
    let plan = Plan::compile(model.build().expect("a sound model")).expect("a plan");
    let mut run = Simulation::new(&plan);
    loop {
        let mut goes_on = Ok(false);
        let memory = allocation_counter::measure(|| goes_on = run.step());
        assert_eq!(memory.count_total, 0, "{memory:?}");
        if !goes_on.expect("a day that can be simulated") {
            break;
        }
    }
    let ledger = run.ledger();
    let binds = |l: usize| ledger.licences().held_back.of(l).any(|held| held > 0.0);
    assert_eq!([0, 1, 2, 3].map(binds), [true; 4]);
    assert!(ledger.pumps().energy.of(0).any(|kwh| kwh > 0.0));
}

/// Users who save by a curve of the year.
#[test]
fn savings_allocate_nothing() {
    let window = Window::new(date(2023, 10, 1), date(2024, 5, 31)).expect("days");
    let water = |m3s| DailySeries::constant(window, m3s).expect("a number");
    let volume = Volume::from_mcm;
    let curve = YearCurve::new(vec![(1, 1, volume(80.0)), (7, 1, volume(50.0))]).expect("a curve");
    let level = SavingLevel::new(curve, [0.5; 12]);
    let full = SavingLevel::new(YearCurve::constant(volume(100.0)), [1.0; 12]);
    let model = Model::builder("savings", window)
        .party(Party::new("UP", "Upland"))
        .class("use")
        .reservoir(Reservoir::new("lake", volume(100.0)).initial(volume(100.0)))
        .node(Node::terminal("sea"))
        .reach(Reach::river("river", "lake", "sea"))
        .inflow("lake", water(5.0))
        .offtake(Offtake::new("town", "lake", "UP", "use"))
        .demand("town", water(20.0))
        .saving(Saving::on_a_line(
            "plan",
            "lake",
            ["town"],
            vec![full, level],
        ));
    let plan = Plan::compile(model.build().expect("a sound model")).expect("a plan");
    let mut run = Simulation::new(&plan);
    loop {
        let mut goes_on = Ok(false);
        let memory = allocation_counter::measure(|| goes_on = run.step());
        assert_eq!(memory.count_total, 0, "{memory:?}");
        if !goes_on.expect("a day that can be simulated") {
            break;
        }
    }
    let asked = run.ledger().offtakes().demand.of(0);
    assert!(asked.into_iter().any(|m3| m3 < 20.0 * 86_400.0));
}

#[test]
fn the_counter_counts() {
    let window = Window::new(date(2024, 4, 1), date(2024, 4, 3)).expect("days");
    let plan = Plan::compile(season::model(window)).expect("a plan");
    let mut state: Option<State> = None;
    let memory =
        allocation_counter::measure(|| state = Some(Simulation::new(&plan).state().clone()));
    assert!(memory.count_total > 0 && state.is_some());
}
