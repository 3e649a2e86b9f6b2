//! Laws the engine keeps on any basin.

mod common;

use common::basins::{Sketch, check_restored, check_run, scenarios, waves};
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestCaseResult};
use riparian::Plan;

fn compiled(sketch: &Sketch) -> riparian::Result<Plan> {
    Plan::compile(sketch.model())
}

fn obeys_all_laws(sketch: &Sketch) -> TestCaseResult {
    check_run(&compiled(sketch)?).map(drop)
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
    fn laws_hold_on_any_basin(sketch in scenarios(120)) {
        obeys_all_laws(&sketch)?;
    }
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn laws_hold_from_full_reservoirs(sketch in scenarios(60)) {
        obeys_all_laws(&sketch.filled())?;
    }

    #[test]
    fn laws_hold_from_empty_reservoirs(sketch in scenarios(60)) {
        obeys_all_laws(&sketch.emptied())?;
    }

    #[test]
    fn laws_hold_in_a_year_without_water(sketch in scenarios(366)) {
        obeys_all_laws(&sketch.dried())?;
    }

    #[test]
    fn laws_hold_in_a_flood_beyond_all_measure(sketch in scenarios(60)) {
        obeys_all_laws(&sketch.flooded())?;
    }

    #[test]
    fn a_second_run_gives_the_same_bits(sketch in scenarios(60)) {
        let (first, again) = (compiled(&sketch)?, compiled(&sketch)?);
        let (first, again) = (check_run(&first)?, check_run(&again)?);
        // Shortest decimal forms differ exactly where the bits do.
        let same = format!("{first:?}") == format!("{again:?}");
        prop_assert!(same, "the second run differs");
    }

    #[test]
    fn a_restored_run_goes_on_to_the_same_bits(
        sketch in scenarios(60),
        stop in any::<prop::sample::Index>(),
    ) {
        let plan = compiled(&sketch)?;
        check_restored(&plan, &plan, stop.index(waves(&plan) + 1))?;
    }
}
