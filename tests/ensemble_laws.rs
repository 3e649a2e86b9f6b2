//! Laws of ensembles on random basins, with claims, licences, canals and routed reaches.

mod common;

use std::sync::Arc;

use common::basins::scenarios;
use proptest::prelude::*;
use riparian::ensemble::{DemandFactor, Ensemble, InflowFactor, Keep, Quantiles};
use riparian::operation::{Forecast, Foresight};
use riparian::{Plan, Simulation};

fn factors(least: f64, most: f64) -> Quantiles {
    Quantiles::new([(0.0, least), (1.0, most)]).expect("rising")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn pouring_is_compiling(sketch in scenarios(30), factor in 0.0..3.0, expecting: bool) {
        let mut model = sketch.model();
        if expecting {
            model = model.knowing(Foresight::Operational(Forecast::Persistence))?;
        }
        let plan = Plan::compile(model.clone())?;
        let mut inputs = plan.inputs();
        for node in 0..model.basin().nodes().len() {
            inputs.scale_inflow(node, factor);
        }
        let poured = plan.with_inputs(&inputs)?;
        let built = Plan::compile(model.scaling_inflow(factor))?;
        prop_assert_eq!(poured.inputs(), built.inputs());
        let poured = Simulation::new(&poured).run()?;
        let built = Simulation::new(&built).run()?;
        let [poured, built] = [poured, built].map(|ledger| format!("{ledger:?}"));
        prop_assert!(poured == built, "another ledger");
    }

    #[test]
    fn members_do_not_know_of_each_other(sketch in scenarios(20), seed: u64, expecting: bool) {
        let mut model = sketch.model();
        if expecting {
            model = model.knowing(Foresight::Operational(Forecast::Persistence))?;
        }
        let plan = Arc::new(Plan::compile(model)?);
        let ensemble = Ensemble::new(plan, seed)
            .vary(InflowFactor::new(factors(0.2, 2.0)))?
            .vary(DemandFactor::new(factors(0.0, 2.0)))?
            .keep(Keep::Settlements)
            .threads(1);
        let mut parts = ensemble.run(3..4);
        for member in [1, 4, 0, 2] {
            parts.merge(ensemble.run(member..member + 1))?;
        }
        prop_assert_eq!(parts.digest(), ensemble.run(0..5).digest());
    }
}
