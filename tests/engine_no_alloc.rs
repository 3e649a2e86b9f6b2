//! A step allocates no memory: what a run needs, it takes when it begins.

use riparian::calendar::Window;
use riparian::jiff::civil::date;
use riparian::{Plan, Simulation, State};

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

#[test]
fn the_counter_counts() {
    let window = Window::new(date(2024, 4, 1), date(2024, 4, 3)).expect("days");
    let plan = Plan::compile(season::model(window)).expect("a plan");
    let mut state: Option<State> = None;
    let memory =
        allocation_counter::measure(|| state = Some(Simulation::new(&plan).state().clone()));
    assert!(memory.count_total > 0 && state.is_some());
}
