//! Members that run side by side do to the last bit what each does alone.

mod common;

use common::basins::{basins, rivers};
use common::flow;
use proptest::prelude::*;
use riparian::agreement::{Agreement, Measure, Obligation};
use riparian::ensemble::{DemandFactor, Ensemble, InflowFactor, Keep, Outcome, Quantiles, Results};
use riparian::ledger::Ledger;
use riparian::metrics::Reliability;
use riparian::settlement::{Record, settle};
use riparian::{Model, Plan, Simulation};

fn factors(least: f64, most: f64) -> Quantiles {
    Quantiles::new([(0.0, least), (1.0, most)]).expect("rising")
}

/// The measures watched at a reservoir.
const OF_LAKES: [Measure; 8] = [
    Measure::Storage,
    Measure::StorageChange,
    Measure::Release,
    Measure::Spill,
    Measure::Evaporation,
    Measure::Seepage,
    Measure::Rain,
    Measure::Energy,
];

/// An ensemble of a model in which inflows and demands vary, and every place is watched.
fn ensemble(plan: Plan, seed: u64, demands: bool) -> Ensemble {
    let basin = plan.model().basin().clone();
    let mut ensemble = Ensemble::new(plan, seed)
        .vary(InflowFactor::new(factors(0.0, 2.5)))
        .expect("for any plan")
        .keep(Keep::Days)
        .threads(1);
    if demands {
        let factor = DemandFactor::new(factors(0.0, 2.0));
        ensemble = ensemble.vary(factor).expect("for any plan");
    }
    for node in basin.nodes() {
        ensemble = ensemble
            .watch(&node.id, Some(Measure::Flow))
            .expect("a node");
    }
    for reach in basin.reaches() {
        ensemble = ensemble.watch(&reach.id, None).expect("a reach");
    }
    for offtake in basin.offtakes() {
        for measure in [Measure::Demand, Measure::Delivered] {
            ensemble = ensemble
                .watch(&offtake.id, Some(measure))
                .expect("an offtake");
        }
    }
    for lake in basin.reservoirs() {
        for measure in OF_LAKES {
            ensemble = ensemble
                .watch(&lake.node, Some(measure))
                .expect("a reservoir");
        }
    }
    ensemble
}

/// The readings of a watched place in a ledger, by the ledger's own tables.
fn watched(plan: &Plan, ledger: &Ledger, id: &str, measure: Option<Measure>) -> Vec<f64> {
    let basin = plan.model().basin();
    let lakes = ledger.reservoirs();
    if let Some(i) = basin.offtake_index(id) {
        let journal = ledger.offtakes();
        let table = if measure == Some(Measure::Demand) {
            &journal.demand
        } else {
            &journal.delivered
        };
        return table.of(i).collect();
    }
    if let Some(r) = basin.reach_index(id) {
        return ledger.reaches().entered.of(r).collect();
    }
    let node = basin.node_index(id).expect("a place");
    let lake = || basin.reservoir_index(id).expect("a reservoir");
    let table = match measure {
        Some(Measure::Storage) => &lakes.storage,
        Some(Measure::Release) => &lakes.release,
        Some(Measure::Spill) => &lakes.spill,
        Some(Measure::Evaporation) => &lakes.evaporation,
        Some(Measure::Seepage) => &lakes.seepage,
        Some(Measure::Rain) => &lakes.rain,
        Some(Measure::Energy) => &lakes.energy,
        Some(Measure::StorageChange) => {
            let mut before = ledger.initial_storage()[lake()];
            let changes = lakes.storage.of(lake()).map(|storage| {
                let change = storage - before;
                before = storage;
                change
            });
            return changes.collect();
        }
        _ => {
            return (0..ledger.days())
                .map(|day| ledger.flow_at_node(day, node))
                .collect();
        }
    };
    table.of(lake()).collect()
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// Holds a member's outcome against a run of its own.
fn alone(ensemble: &Ensemble, results: &Results, outcome: &Outcome) -> Result<(), TestCaseError> {
    let plan = ensemble.plan(outcome.member())?;
    let ledger = Simulation::new(&plan).run()?;
    let settled = settle(plan.model().agreements(), &Record::of(&plan, &ledger));
    prop_assert_eq!(outcome.verdicts().len(), settled.rows.len());
    for (verdict, row) in outcome.verdicts().iter().zip(&settled.rows) {
        prop_assert_eq!(verdict.status, row.status);
        prop_assert_eq!(
            verdict.delivered.map(f64::to_bits),
            row.delivered.map(f64::to_bits)
        );
        prop_assert_eq!(verdict.shortfall.to_bits(), row.shortfall().to_bits());
    }
    let frame = results.frame();
    let basin = plan.model().basin();
    for (user, found) in frame.users().iter().zip(outcome.reliability()) {
        let own = |id: &str, party: &str| {
            id == user.id && !user.is_party || party == user.id && user.is_party
        };
        let offtakes = basin.offtakes().iter().enumerate();
        let own: Vec<usize> = offtakes
            .filter(|(_, o)| own(&o.id, &o.party))
            .map(|(i, _)| i)
            .collect();
        let journal = ledger.offtakes();
        let expected = Reliability::of((0..ledger.days()).map(|day| {
            let demand: f64 = own.iter().map(|&i| journal.demand.at(day, i)).sum();
            (
                demand,
                own.iter().map(|&i| journal.delivered.at(day, i)).sum(),
            )
        }));
        prop_assert_eq!(found, &expected, "{}", user.id);
    }
    for (number, place) in frame.watched().iter().enumerate() {
        let expected = watched(&plan, &ledger, &place.id, place.measure);
        let found = outcome.days(frame, number).expect("days are kept");
        prop_assert_eq!(
            bits(found),
            bits(&expected),
            "{} {:?} {:?}",
            place.name(),
            found,
            expected
        );
    }
    Ok(())
}

/// Runs more members than go side by side at once, and each alone.
fn hold(ensemble: &Ensemble) -> Result<(), TestCaseError> {
    let results = ensemble.run(0..11);
    prop_assert_eq!(results.failed().count(), 0);
    prop_assert_eq!(results.outcomes().len(), 11);
    for outcome in results.outcomes() {
        alone(ensemble, &results, outcome)?;
    }
    Ok(())
}

/// The same model with a flow that must be left in the river at each of its nodes.
fn with_minimum_flows(model: &Model, m3_a_day: f64, class: &str) -> Model {
    let mut agreement = Agreement::new("Minimum flows", ["A"]);
    let basin = model.basin();
    for reach in 0..basin.reaches().len() {
        let (tail, _) = basin.reach_ends(reach);
        let (reach, node) = (&basin.reaches()[reach].id, &basin.nodes()[tail].id);
        // Below a dam the flow is that of the reach; elsewhere, all that passes the node.
        let place = if basin.reservoir_index(node).is_some() {
            reach
        } else {
            node
        };
        let party = &basin.parties()[0].id;
        let obligation = Obligation::minimum_flow(
            reach.as_str(),
            party.as_str(),
            place.as_str(),
            flow(m3_a_day),
        );
        agreement = agreement.obligation(obligation.within(model.window()).claimed_in(class));
    }
    agreement.parties = vec![basin.parties()[0].id.clone()];
    model
        .clone()
        .under(vec![agreement])
        .expect("minimum flows of a river")
}

/// Net losses, curves, turbines, observed releases and promises of water and energy, all at once.
#[test]
fn the_season_of_2024_too() {
    let season = riparian::scenario::read("data/bakhri-tochik-2024").unwrap();
    let ensemble = ensemble(Plan::compile(season).unwrap(), 2024, true);
    assert_eq!(ensemble.side_by_side(), 1);
    hold(&ensemble).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn side_by_side_is_alone(sketch in rivers(40), seed: u64, demands: bool) {
        let plan = Plan::compile(sketch.model())?;
        let ensemble = ensemble(plan, seed, demands);
        prop_assume!(ensemble.side_by_side() == 1);
        hold(&ensemble)?;
    }

    #[test]
    fn with_flows_left_in_the_river(sketch in rivers(30), seed: u64, least in 0.0..3e6, class in 0..3_usize) {
        let model = sketch.model();
        let class = model.classes()[class].name.clone();
        let plan = Plan::compile(with_minimum_flows(&model, least, &class))?;
        let ensemble = ensemble(plan, seed, false);
        prop_assume!(ensemble.side_by_side() == 1);
        hold(&ensemble)?;
    }

    #[test]
    fn other_basins_run_one_by_one(sketch in basins(15), seed: u64) {
        let plan = Plan::compile(sketch.model())?;
        hold(&ensemble(plan, seed, true))?;
    }
}
