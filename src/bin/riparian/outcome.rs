//! What came of a run, to be held beside another: from a scenario, or from the tables of a run.

use std::path::Path;

use riparian::Report;
use riparian::calendar::Window;
use riparian::settlement::Status;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::answer::Failure;
use crate::verdicts;

/// m3/s for a day, in Mm3.
const A_DAY: f64 = 0.0864;

/// What came of a run. All volumes are in Mm3.
pub(crate) struct Outcome {
    pub(crate) name: String,
    pub(crate) title: String,
    /// The hash of the files that were run.
    pub(crate) inputs: String,
    pub(crate) verdicts: Vec<Verdict>,
    pub(crate) parties: Vec<Party>,
    pub(crate) reservoirs: Vec<Reservoir>,
}

/// An obligation in a period.
pub(crate) struct Verdict {
    pub(crate) obligation: String,
    pub(crate) period: String,
    pub(crate) unit: String,
    pub(crate) committed: Option<f64>,
    pub(crate) delivered: Option<f64>,
    pub(crate) missing: f64,
    pub(crate) status: Status,
}

/// What the offtakes of a party asked for and took.
pub(crate) struct Party {
    pub(crate) id: String,
    pub(crate) demand: f64,
    pub(crate) taken: f64,
}

pub(crate) struct Reservoir {
    pub(crate) id: String,
    pub(crate) release: f64,
    pub(crate) spill: f64,
    /// What is in store at the end.
    pub(crate) end: f64,
}

impl Outcome {
    pub(crate) fn of_report(name: &str, report: &Report) -> Self {
        let model = report.plan().model();
        let basin = model.basin();
        let ledger = report.ledger();
        let offtakes = ledger.offtakes();
        let mut parties = Vec::new();
        for (i, offtake) in basin.offtakes().iter().enumerate() {
            let party = party(&mut parties, &offtake.party);
            party.demand += offtakes.demand.of(i).sum::<f64>() / 1e6;
            party.taken += offtakes.delivered.of(i).sum::<f64>() / 1e6;
        }
        let lakes = ledger.reservoirs();
        let reservoirs = basin.reservoirs().iter().enumerate();
        let reservoirs = reservoirs.map(|(k, reservoir)| Reservoir {
            id: reservoir.node.clone(),
            release: lakes.release.of(k).sum::<f64>() / 1e6,
            spill: lakes.spill.of(k).sum::<f64>() / 1e6,
            end: lakes.storage.at(ledger.days() - 1, k) / 1e6,
        });
        let verdicts = report.settlements().iter().map(|row| Verdict {
            obligation: row.obligation.clone(),
            period: verdicts::period(row.period),
            unit: row.unit.sign().to_owned(),
            committed: row.committed,
            delivered: row.delivered,
            missing: row.missing,
            status: row.status,
        });
        Self {
            name: name.to_owned(),
            title: model.title().to_owned(),
            inputs: format!("{:016x}", model.inputs_hash()),
            verdicts: verdicts.collect(),
            parties,
            reservoirs: reservoirs.collect(),
        }
    }

    /// Whether a folder holds the tables of a run.
    pub(crate) fn is_run(folder: &Path) -> bool {
        folder.join(SUMMARY).exists() && !folder.join("scenario.toml").exists()
    }

    /// Reads the tables of a run.
    pub(crate) fn of_tables(name: &str, folder: &Path) -> Result<Self, Failure> {
        let file = folder.join(SUMMARY);
        let text =
            std::fs::read_to_string(&file).map_err(|e| Failure::io(&file, "cannot be read", &e))?;
        let summary: Summary = serde_json::from_str(&text)
            .map_err(|e| Failure::told(format!("{}: no summary of a run: {e}", file.display())))?;
        let mut parties = Vec::new();
        for row in rows::<DeliveryRow>(&folder.join("deliveries.csv"))? {
            let party = party(&mut parties, &row.party);
            party.demand += row.demand_m3s * A_DAY;
            party.taken += row.delivered_m3s * A_DAY;
        }
        let mut reservoirs: Vec<Reservoir> = Vec::new();
        for row in rows::<ReservoirRow>(&folder.join("reservoirs.csv"))? {
            let known = reservoirs.iter().position(|r| r.id == row.reservoir);
            let k = known.unwrap_or_else(|| {
                reservoirs.push(Reservoir {
                    id: row.reservoir.clone(),
                    release: 0.0,
                    spill: 0.0,
                    end: 0.0,
                });
                reservoirs.len() - 1
            });
            let reservoir = &mut reservoirs[k];
            reservoir.release += row.release_m3s * A_DAY;
            reservoir.spill += row.spill_m3s * A_DAY;
            // Rows are in the order of days.
            reservoir.end = row.storage_mcm;
        }
        let obligations = folder.join("obligations.csv");
        let verdicts = rows::<ObligationRow>(&obligations)?.into_iter().map(|row| {
            let wrong = |what: &str| {
                Failure::told(format!(
                    "{}: no {what}: `{}`",
                    obligations.display(),
                    row.obligation
                ))
            };
            let days = format!("{}..{}", row.period_start, row.period_end);
            let window: Window = days.parse().map_err(|_| wrong("period"))?;
            let status = Status::ALL.into_iter().find(|s| s.name() == row.status);
            Ok(Verdict {
                period: verdicts::period(window),
                status: status.ok_or_else(|| wrong("verdict"))?,
                obligation: row.obligation,
                unit: row.unit,
                committed: row.committed,
                delivered: row.delivered,
                missing: row.missing,
            })
        });
        Ok(Self {
            name: name.to_owned(),
            title: summary.title,
            inputs: summary.inputs,
            verdicts: verdicts.collect::<Result<_, _>>()?,
            parties,
            reservoirs,
        })
    }
}

/// A party's sums, begun where there are none.
fn party<'a>(parties: &'a mut Vec<Party>, id: &str) -> &'a mut Party {
    let known = parties.iter().position(|party| party.id == id);
    let i = known.unwrap_or_else(|| {
        parties.push(Party {
            id: id.to_owned(),
            demand: 0.0,
            taken: 0.0,
        });
        parties.len() - 1
    });
    &mut parties[i]
}

const SUMMARY: &str = "summary.json";

#[derive(Deserialize)]
struct Summary {
    title: String,
    inputs: String,
}

#[derive(Deserialize)]
struct ObligationRow {
    obligation: String,
    period_start: String,
    period_end: String,
    unit: String,
    committed: Option<f64>,
    delivered: Option<f64>,
    missing: f64,
    status: String,
}

#[derive(Deserialize)]
struct DeliveryRow {
    party: String,
    demand_m3s: f64,
    delivered_m3s: f64,
}

#[derive(Deserialize)]
struct ReservoirRow {
    reservoir: String,
    release_m3s: f64,
    spill_m3s: f64,
    storage_mcm: f64,
}

/// The rows of a table of a run.
fn rows<T: DeserializeOwned>(file: &Path) -> Result<Vec<T>, Failure> {
    let failed = |e: csv::Error| Failure::told(format!("{}: {e}", file.display()));
    let mut table = csv::Reader::from_path(file).map_err(failed)?;
    table
        .deserialize()
        .collect::<Result<_, _>>()
        .map_err(failed)
}
