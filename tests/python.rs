//! What the Python package must give to the last bit: its own tests read this snapshot.
//!
//! Numbers are the hexadecimal digits of their bits, for no text form of a float to stand between.

use std::sync::Arc;

use riparian::agreement::{Agreement, Measure};
use riparian::ensemble::{
    DemandFactor, Ensemble, Generated, InflowFactor, InitialStorage, Keep, ObservedYears, Quantiles,
};
use riparian::inflow::{LagOne, Record as Flows};
use riparian::rules::ClaimsRule as _;
use riparian::settlement::{Record, Settlement, check, settle};
use riparian::{Plan, Result, scenario};
use serde_json::{Value, json};

fn bits(value: f64) -> String {
    format!("{:016x}", value.to_bits())
}

fn row(row: &Settlement) -> Value {
    json!({
        "obligation": row.obligation,
        "from": row.period.from().to_string(),
        "to": row.period.to().to_string(),
        "status": row.status.name(),
        "unit": row.unit.sign(),
        "committed": row.committed.map(bits),
        "delivered": row.delivered.map(bits),
        "balance": row.balance().map(bits),
        "missing": bits(row.missing),
        "unaccounted": bits(row.unaccounted),
        "reasons": row.reasons.iter().map(|reason| bits(reason.amount)).collect::<Vec<_>>(),
    })
}

/// The season as several examples have it: rivers bring more or less, users ask for a little more or less.
fn uncertain(plan: &Arc<Plan>, keep: Keep) -> Result<Ensemble> {
    let inflow = Quantiles::new([(0.0, 0.6), (0.5, 1.0), (1.0, 1.6)])?;
    let demand = Quantiles::new([(0.0, 0.92), (0.5, 1.0), (1.0, 1.1)])?;
    let storage = Quantiles::new([(0.0, 2500.0), (1.0, 3400.0)])?;
    Ensemble::new(Arc::clone(plan), 2024)
        .vary(InflowFactor::new(inflow))?
        .vary(DemandFactor::new(demand))?
        .vary(InitialStorage::new("bakhri-tochik", storage))?
        .watch("bakhri-tochik", Some(Measure::Storage))
        .map(|ensemble| ensemble.keep(keep))
}

/// Members whose inflows are years that were, and records that never were.
fn other_inflows() -> Result<Value> {
    let model = scenario::read("data/syr-darya-2001-2010")?;
    let nodes = model.basin().nodes().iter().enumerate();
    // In the order of their names, as a mapping has them.
    let mut years: Vec<_> = nodes
        .filter_map(|(v, node)| Some((node.id.clone(), model.inflow(v)?.clone())))
        .collect();
    years.sort_by(|a, b| a.0.cmp(&b.0));
    let record = Flows::from_model(&model, riparian::calendar::Period::Dekad, 1)?;
    let generator = LagOne::contemporaneous().pooling(1).fit(&record)?;
    let dry = Arc::new(Plan::compile(scenario::read("data/syr-darya-dry-2008")?)?);
    let turns = Ensemble::new(Arc::clone(&dry), 5).vary(ObservedYears::new(years).in_turn())?;
    let made = Ensemble::new(dry, 5).vary(Generated::new(generator))?;
    Ok(json!({
        "observed_years": turns.run(0..2).digest(),
        "generated": made.run(0..2).digest(),
    }))
}

#[test]
fn what_python_must_give() -> Result<()> {
    let report = riparian::run("data/bakhri-tochik-2024")?;
    let rows = report.in_river_order().into_iter().map(row);
    let lake = report.ledger().reservoirs().storage.of(0).map(bits);
    let agreement = Agreement::open("data/agreements/bakhri-tochik-2000.toml")?;
    let record = Record::open("data/agreements/observed/bakhri-tochik-2024.csv")?;
    let agreements = [agreement];
    check(&agreements, &record)?;
    let observed = settle(&agreements, &record);
    let plan = Arc::new(Plan::compile(scenario::read(
        "data/bakhri-tochik-2024-protocol",
    )?)?);
    let run = |keep| -> Result<Value> {
        let ensemble = uncertain(&plan, keep)?;
        Ok(json!({
            "identity": ensemble.frame().identity(),
            "digest": ensemble.run(0..20).digest(),
        }))
    };
    let shared = riparian::rules::by_name("talmud")?.share(200.0, &[100.0, 200.0, 300.0])?;
    let expected = json!({
        "settlement": rows.collect::<Vec<_>>(),
        "storage": lake.collect::<Vec<_>>(),
        "observed": observed.rows.iter().map(row).collect::<Vec<_>>(),
        "key": report.plan().content_hash(),
        "protocol_key": plan.content_hash(),
        "summaries": run(Keep::Summaries)?,
        "settlements": run(Keep::Settlements)?,
        "days": run(Keep::Days)?,
        "inflows": other_inflows()?,
        "talmud": shared.into_iter().map(bits).collect::<Vec<_>>(),
    });
    insta::assert_snapshot!(serde_json::to_string_pretty(&expected).expect("texts"));
    Ok(())
}
