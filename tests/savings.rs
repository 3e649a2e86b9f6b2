//! Savings of demand by what a reservoir holds, by hand.

mod common;

use common::{daily, run};
use riparian::basin::{Node, Offtake, Party, Reach, Reservoir};
use riparian::calendar::Window;
use riparian::jiff::civil::date;
use riparian::licence::Licence;
use riparian::operation::{Forecast, Foresight, Saving, SavingLevel, YearCurve};
use riparian::units::{Flow, Volume};
use riparian::{Model, ModelBuilder, Plan, Simulation};

const DAYS: usize = 40;
const LEVELS: [(f64, f64); 2] = [(80.0e6, 0.8), (50.0e6, 0.4)];
const ASKED: f64 = 4e6;
const INFLOW: f64 = 1.53e6;

fn window() -> Window {
    Window::new(date(2024, 5, 20), date(2024, 6, 28)).unwrap()
}

fn levels() -> Vec<SavingLevel> {
    let level = |(m3, part): (f64, f64)| {
        let mut parts = [part; 12];
        // June is drier.
        parts[5] -= 0.1;
        SavingLevel::new(YearCurve::constant(Volume::from_m3(m3)), parts)
    };
    LEVELS.map(level).to_vec()
}

/// A lake and a town so many days below it.
fn lake(lag_days: u32) -> ModelBuilder {
    let window = window();
    Model::builder("a lake", window)
        .party(Party::new("UP", "Upland"))
        .class("use")
        .reservoir(Reservoir::new("lake", Volume::from_m3(100e6)).initial(Volume::from_m3(100e6)))
        .node(Node::gauge("town"))
        .node(Node::terminal("sea"))
        .reach(
            Reach::river("upper", "lake", "town")
                .lag_days(lag_days)
                .antecedent(Flow::ZERO),
        )
        .reach(Reach::river("lower", "town", "sea"))
        .inflow("lake", daily(window, |_| INFLOW))
        .offtake(Offtake::new("water", "town", "UP", "use"))
        .demand("water", daily(window, |_| ASKED))
}

/// What is asked for by a storage, worked out anew.
fn part(storage: f64, day: usize, linear: bool) -> f64 {
    // 20 May is day 0: June begins on day 12.
    let june = if day >= 12 { 0.1 } else { 0.0 };
    let [(high, some), (low, few)] = LEVELS;
    let (some, few) = (some - june, few - june);
    match linear {
        true if storage >= high => some,
        true if storage >= low => few + (some - few) * (storage - low) / (high - low),
        false if storage >= high => 1.0,
        false if storage >= low => some,
        _ => few,
    }
}

#[test]
fn the_town_asks_by_the_morning_of_the_lake() {
    for linear in [false, true] {
        let saving = if linear {
            Saving::on_a_line("plan", "lake", ["water"], levels())
        } else {
            Saving::in_steps("plan", "lake", ["water"], levels())
        };
        let ledger = run(lake(0).saving(saving).build().unwrap());
        let mut storage = 100e6;
        let mut parts = Vec::new();
        for day in 0..DAYS {
            let part = part(storage, day, linear);
            let asked = ASKED * part;
            let near = |found: f64, expected: f64| (found - expected).abs() <= 1e-9 * 100e6;
            assert!(
                near(ledger.offtakes().demand.at(day, 0), asked),
                "day {day}"
            );
            assert!(
                near(ledger.offtakes().delivered.at(day, 0), asked),
                "day {day}"
            );
            storage += INFLOW - asked;
            assert!(
                near(ledger.reservoirs().storage.at(day, 0), storage),
                "day {day}"
            );
            parts.push(part);
        }
        parts.dedup();
        assert!(parts.len() >= 3, "{parts:?}");
    }
}

#[test]
fn a_town_further_down_asks_by_the_last_morning_it_knows() {
    const LAG: usize = 3;
    let saving = Saving::in_steps("plan", "lake", ["water"], levels());
    let ledger = run(lake(LAG as u32).saving(saving).build().unwrap());
    for day in LAG..DAYS {
        let morning = match day - LAG {
            0 => 100e6,
            before => ledger.reservoirs().storage.at(before - 1, 0),
        };
        let asked = ledger.offtakes().demand.at(day, 0);
        assert_eq!(asked, ASKED * part(morning, day, false), "day {day}");
    }
}

#[test]
fn savings_multiply_and_come_before_heads_and_licences() {
    let half = |id: &str| Saving::in_steps(id, "lake", ["water"], levels()).otherwise([0.5; 12]);
    let ledger = run(lake(0)
        .saving(half("one"))
        .saving(half("other"))
        .build()
        .unwrap());
    assert_eq!(ledger.offtakes().demand.at(0, 0), ASKED / 4.0);

    let licence = Licence::daily("head", Flow::from_m3s(1.9e6 / 86_400.0)).offtakes(["water"]);
    let saved = lake(0)
        .saving(half("one"))
        .licence(licence)
        .build()
        .unwrap();
    let ledger = run(saved);
    assert_eq!(ledger.offtakes().demand.at(0, 0), ASKED / 2.0);
    assert!((ledger.offtakes().delivered.at(0, 0) - 1.9e6).abs() < 1e-3);
    assert!((ledger.licences().held_back.at(0, 0) - 0.1e6).abs() < 1e-3);
}

#[test]
fn a_restored_run_goes_on_saving() {
    let saving = Saving::on_a_line("plan", "lake", ["water"], levels());
    let plan = Plan::compile(lake(2).saving(saving).build().unwrap()).unwrap();
    let whole = Simulation::new(&plan).run().unwrap();
    let mut first = Simulation::new(&plan);
    for _ in 0..20 {
        first.step().unwrap();
    }
    let state = first.state().clone();
    let mut second = Simulation::resume(&plan, state).unwrap();
    while second.step().unwrap() {}
    let (later, whole) = (second.ledger().offtakes(), whole.offtakes());
    for day in 25..DAYS {
        assert_eq!(
            later.demand.at(day, 0),
            whole.demand.at(day, 0),
            "day {day}"
        );
    }
}

#[test]
fn orders_cannot_foresee_savings() {
    let saving = || Saving::in_steps("plan", "lake", ["water"], levels());
    let model = lake(0).saving(saving()).build().unwrap();
    let operational = || Foresight::Operational(Forecast::Persistence);
    let error = model.knowing(operational()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("saving `plan` in an operational run"),
        "{error}"
    );
    let error = lake(0)
        .saving(saving())
        .foresight(operational())
        .build()
        .unwrap_err();
    assert_eq!(error.diagnostics().unwrap().len(), 1, "{error}");
}
