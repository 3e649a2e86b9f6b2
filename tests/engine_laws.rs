//! Laws the engine keeps on any basin.

mod common;

use common::DAY;
use common::basins::{Filling, Sketch, Water, sketches};
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestCaseResult};
use riparian::basin::{Basin, ReachKind};
use riparian::ledger::{Daily, Ledger};
use riparian::{Plan, Simulation, State};

/// Numbers that differ by less than this part of what passed are the same but for rounding.
const ROUNDING: f64 = 1e-12;

fn days_of(ledger: &Ledger) -> std::ops::Range<usize> {
    0..ledger.days()
}

fn balances_close(basin: &Basin, ledger: &Ledger) -> TestCaseResult {
    let balance = ledger.balance(basin);
    let places = balance.nodes.iter().chain(&balance.reaches);
    for line in places.chain([&balance.basin]) {
        prop_assert!(line.closes(), "{line:?}");
    }
    Ok(())
}

fn nothing_is_negative(basin: &Basin, ledger: &Ledger) -> TestCaseResult {
    let (nodes, reaches) = (ledger.nodes(), ledger.reaches());
    let (offtakes, stores) = (ledger.offtakes(), ledger.reservoirs());
    let tables: [(&str, usize, Vec<&Daily>); 5] = [
        (
            "node",
            basin.nodes().len(),
            vec![
                &nodes.arrived,
                &nodes.returned,
                &nodes.left,
                &nodes.unmet_loss,
            ],
        ),
        (
            "reach",
            basin.reaches().len(),
            vec![&reaches.entered, &reaches.arrived, &reaches.lost],
        ),
        (
            "offtake",
            basin.offtakes().len(),
            vec![&offtakes.demand, &offtakes.allocated, &offtakes.delivered],
        ),
        (
            "flow of a reservoir",
            basin.reservoirs().len(),
            vec![&stores.release, &stores.spill, &stores.overtopped],
        ),
        (
            "state of a reservoir",
            basin.reservoirs().len(),
            vec![
                &stores.storage,
                &stores.evaporation,
                &stores.seepage,
                &stores.rain,
                &stores.energy,
                &stores.ceiling,
            ],
        ),
    ];
    for (what, count, tables) in tables {
        for (at, table) in tables.into_iter().enumerate() {
            for place in 0..count {
                for (day, value) in table.of(place).enumerate() {
                    prop_assert!(
                        value >= 0.0,
                        "{what} {place}, table {at}, day {day}: {value}"
                    );
                }
            }
        }
    }
    Ok(())
}

fn reservoirs_stay_within_bounds(basin: &Basin, ledger: &Ledger) -> TestCaseResult {
    let journal = ledger.reservoirs();
    for (k, reservoir) in basin.reservoirs().iter().enumerate() {
        let node = basin.reservoir_node(k);
        for day in days_of(ledger) {
            let storage = journal.storage.at(day, k);
            let (release, spill) = (journal.release.at(day, k), journal.spill.at(day, k));
            let all = storage + release + spill + ledger.flow_at_node(day, node);
            let rounding = ROUNDING * all;
            let context = format!("{} on day {day}: {storage} stored", reservoir.node);
            prop_assert!(storage <= reservoir.surcharge.m3(), "{context}");
            if storage < reservoir.dead.m3() - rounding {
                let taken: f64 = (0..basin.offtakes().len())
                    .filter(|&i| basin.offtake_node(i) == node)
                    .map(|i| ledger.offtakes().delivered.at(day, i))
                    .sum();
                let drawn = release + spill + taken;
                prop_assert!(
                    drawn <= rounding,
                    "{context}, {drawn} drawn from dead storage"
                );
            }
            if spill > rounding {
                let full = reservoir.full.m3();
                prop_assert!(storage >= full - rounding, "{context}, {spill} spilled");
            }
            let ceiling = journal.ceiling.at(day, k);
            prop_assert!(
                release <= ceiling + rounding,
                "{context}, {release} released"
            );
        }
    }
    Ok(())
}

fn most(table: &Daily, place: usize) -> f64 {
    table.of(place).fold(0.0, f64::max)
}

fn users_get_what_they_ask_at_most(
    basin: &Basin,
    obligations: usize,
    ledger: &Ledger,
) -> TestCaseResult {
    let journal = ledger.offtakes();
    // The allocation's sums round by all that is claimed, storage included.
    let room: f64 = basin.reservoirs().iter().map(|r| r.full.m3()).sum();
    let asked: f64 = (0..basin.offtakes().len())
        .map(|i| most(&journal.demand, i))
        .sum();
    let owed: f64 = (0..obligations)
        .map(|k| most(&ledger.claims().claimed, k))
        .sum();
    let claimed = room + asked + owed;
    for (i, offtake) in basin.offtakes().iter().enumerate() {
        let head = offtake.capacity.map_or(f64::INFINITY, |q| q.m3s() * DAY);
        let node = basin.offtake_node(i);
        for day in days_of(ledger) {
            let (demand, got) = (journal.demand.at(day, i), journal.delivered.at(day, i));
            let awarded = journal.allocated.at(day, i);
            let context = format!("{} on day {day}: {got} of {demand}", offtake.id);
            prop_assert!(got <= demand.min(head), "{context}, head {head}");
            let scale = claimed + ledger.flow_at_node(day, node);
            let missing = awarded - got;
            prop_assert!(missing <= ROUNDING * scale, "{context}, awarded {awarded}");
        }
    }
    Ok(())
}

fn canals_carry_what_they_can_at_most(basin: &Basin, ledger: &Ledger) -> TestCaseResult {
    for (r, reach) in basin.reaches().iter().enumerate() {
        let (ReachKind::Canal, Some(capacity)) = (reach.kind, reach.capacity) else {
            continue;
        };
        for (day, flow) in ledger.reaches().entered.of(r).enumerate() {
            prop_assert!(
                flow <= capacity.m3s() * DAY,
                "{} on day {day}: {flow}",
                reach.id
            );
        }
    }
    Ok(())
}

fn awards_stay_within_claims(plan: &Plan, ledger: &Ledger) -> TestCaseResult {
    for k in 0..plan.claiming().len() {
        for day in days_of(ledger) {
            let claimed = ledger.claims().claimed.at(day, k);
            let awarded = ledger.claims().awarded.at(day, k);
            prop_assert!(awarded >= 0.0);
            prop_assert!(
                awarded <= claimed * (1.0 + ROUNDING),
                "obligation {k} on day {day}: {awarded} of {claimed}"
            );
        }
    }
    Ok(())
}

fn compiled(sketch: &Sketch) -> Result<Plan, TestCaseError> {
    Plan::compile(sketch.model()).map_err(|error| TestCaseError::fail(error.to_string()))
}

fn ran(plan: &Plan) -> Result<Ledger, TestCaseError> {
    let run = Simulation::new(plan).run();
    run.map_err(|error| TestCaseError::fail(error.to_string()))
}

fn obeys_all_laws(sketch: &Sketch) -> TestCaseResult {
    let plan = compiled(sketch)?;
    let ledger = ran(&plan)?;
    let basin = plan.model().basin();
    balances_close(basin, &ledger)?;
    nothing_is_negative(basin, &ledger)?;
    reservoirs_stay_within_bounds(basin, &ledger)?;
    users_get_what_they_ask_at_most(basin, plan.claiming().len(), &ledger)?;
    canals_carry_what_they_can_at_most(basin, &ledger)?;
    awards_stay_within_claims(&plan, &ledger)
}

/// Counterexamples are kept beside this file.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases(4000))]

    #[test]
    fn laws_hold_on_any_basin(sketch in sketches(120)) {
        obeys_all_laws(&sketch)?;
    }
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn laws_hold_from_full_reservoirs(sketch in sketches(60)) {
        obeys_all_laws(&sketch.filled(Filling::Full))?;
    }

    #[test]
    fn laws_hold_from_empty_reservoirs(sketch in sketches(60)) {
        obeys_all_laws(&sketch.filled(Filling::Empty))?;
    }

    #[test]
    fn laws_hold_in_a_year_without_water(sketch in sketches(366)) {
        obeys_all_laws(&sketch.fed(|_| Water::Nothing))?;
    }

    #[test]
    fn laws_hold_in_a_flood_beyond_all_measure(sketch in sketches(60)) {
        let flood = |water| match water {
            Water::Steady(mean) | Water::Seasonal(mean) => Water::Steady(1000.0 * mean),
            other => other,
        };
        obeys_all_laws(&sketch.fed(flood))?;
    }

    #[test]
    fn a_second_run_gives_the_same_bits(sketch in sketches(60)) {
        let (first, again) = (compiled(&sketch)?, compiled(&sketch)?);
        let (first, again) = (ran(&first)?, ran(&again)?);
        // Shortest decimal forms differ exactly where the bits do.
        let same = format!("{first:?}") == format!("{again:?}");
        prop_assert!(same, "the second run differs");
    }

    #[test]
    fn a_restored_run_goes_on_to_the_same_bits(
        sketch in sketches(60),
        stop in any::<prop::sample::Index>(),
    ) {
        let plan = compiled(&sketch)?;
        let basin = plan.model().basin();
        let leads = (0..basin.nodes().len()).map(|v| basin.lead(v) as usize);
        let longest = leads.max().unwrap_or(0);
        let stop = stop.index(longest + plan.window().days() + 1);
        let step = |run: &mut Simulation| {
            run.step().map_err(|error| TestCaseError::fail(error.to_string()))
        };
        let mut whole = Simulation::new(&plan);
        for _ in 0..stop {
            prop_assert!(step(&mut whole)?);
        }
        let saved = serde_json::to_string(whole.state()).expect("a state is plain data");
        let saved: State = serde_json::from_str(&saved).expect("as it was written");
        prop_assert_eq!(whole.state(), &saved);
        let mut restored = Simulation::resume(&plan, saved).expect("a state of this plan");
        while step(&mut whole)? {
            prop_assert!(step(&mut restored)?);
            prop_assert_eq!(whole.state(), restored.state());
        }
        prop_assert!(!step(&mut restored)?);
        // A node of lead L had L days more behind it when the run was saved.
        let (whole, restored) = (whole.into_ledger(), restored.into_ledger());
        for v in 0..basin.nodes().len() {
            let written = (stop + basin.lead(v) as usize).saturating_sub(longest);
            for day in written..whole.days() {
                let (a, b) = (whole.flow_at_node(day, v), restored.flow_at_node(day, v));
                prop_assert_eq!(a.to_bits(), b.to_bits(), "node {}, day {}", v, day);
            }
        }
        for i in 0..basin.offtakes().len() {
            let lead = basin.lead(basin.offtake_node(i)) as usize;
            let written = (stop + lead).saturating_sub(longest);
            for day in written..whole.days() {
                let got = |ledger: &Ledger| ledger.offtakes().delivered.at(day, i).to_bits();
                prop_assert_eq!(got(&whole), got(&restored), "offtake {}, day {}", i, day);
            }
        }
    }
}
