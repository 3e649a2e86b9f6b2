//! Files: CSV tables with units in their column names, and a JSON summary.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::Report;
use crate::basin::NodeKind;
use crate::error::{Error, Result};
use crate::settlement::{Settled, Settlement, Status, Unit};
use crate::units::Volume;

const SECONDS_A_DAY: f64 = 86_400.0;

/// The files of an output folder. A folder that holds anything else is not touched.
const FILES: [&str; 13] = [
    "obligations.csv",
    "accounts.csv",
    "events.csv",
    "stores.csv",
    "deliveries.csv",
    "reservoirs.csv",
    "flows.csv",
    BULLETIN,
    "operations.csv",
    "balance.csv",
    "licences.csv",
    "pumps.csv",
    SUMMARY,
];
const BULLETIN: &str = "bulletin.csv";
const SUMMARY: &str = "summary.json";

/// What `summary.json` names as its writer: how a folder is known as this crate's.
const WRITER: &str = "riparian";

pub(super) fn write(report: &Report, folder: &Path) -> Result<()> {
    fill(folder, |new| {
        settled_tables(report.settled(), new)?;
        deliveries(report, new)?;
        reservoirs(report, new)?;
        flows(report, new)?;
        bulletin(report, new)?;
        balance(report, new)?;
        operations(report, new)?;
        licences(report, new)?;
        pumps(report, new)?;
        summary(report, new)
    })
}

pub(super) fn write_settled(settled: &Settled, folder: &Path) -> Result<()> {
    fill(folder, |new| {
        settled_tables(settled, new)?;
        let summary = SettledSummary {
            writer: WRITER,
            version: env!("CARGO_PKG_VERSION"),
            settlements: verdicts(settled),
        };
        write_json(&summary, new)
    })
}

fn settled_tables(settled: &Settled, folder: &Path) -> Result<()> {
    obligations(settled, folder)?;
    accounts(settled, folder)?;
    events(settled, folder)?;
    if settled.stores.is_empty() {
        return Ok(());
    }
    stores(settled, folder)
}

/// Fills a folder beside, and puts it in the place of the old one when it is complete.
fn fill(folder: &Path, write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    refuse_foreign(folder)?;
    let name = folder
        .file_name()
        .ok_or_else(|| Error::output(format!("`{}` is no folder to write to", folder.display())))?;
    let parent = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(|e| Error::io(parent, "cannot be made", e))?;
    let beside = |what: &str| {
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{what}-{}", std::process::id()));
        parent.join(hidden)
    };
    let new = Scratch(beside("new"));
    fs::create_dir(&new.0).map_err(|e| Error::io(&new.0, "cannot be made", e))?;
    write(&new.0)?;
    replace(folder, &new.0, &beside("old"))
}

/// A folder that goes away with this value, unless it was renamed before.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // Best effort: the caller already has the error that matters.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Puts the new folder in the place of the old one; what fails leaves the old one whole.
fn replace(folder: &Path, new: &Path, old: &Path) -> Result<()> {
    if !folder.exists() {
        return fs::rename(new, folder).map_err(|e| Error::io(folder, "cannot be written", e));
    }
    fs::rename(folder, old).map_err(|e| Error::io(folder, "cannot be replaced", e))?;
    if let Err(e) = fs::rename(new, folder) {
        fs::rename(old, folder).map_err(|e| Error::io(old, "cannot be put back", e))?;
        return Err(Error::io(folder, "cannot be written", e));
    }
    fs::remove_dir_all(old).map_err(|e| Error::io(old, "cannot be removed", e))
}

/// The part of a summary that tells who wrote it.
#[derive(serde::Deserialize)]
struct Written {
    writer: String,
}

/// Refuses a folder that holds anything this crate did not write.
fn refuse_foreign(folder: &Path) -> Result<()> {
    let refuse = |what: String| {
        Err(Error::output(format!(
            "`{}` {what}; choose another folder, or empty it yourself",
            folder.display()
        )))
    };
    let kind = match fs::symlink_metadata(folder) {
        Ok(kind) => kind,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(Error::io(folder, "cannot be looked at", e)),
    };
    if !kind.is_dir() {
        return refuse("is not a folder".into());
    }
    let mut empty = true;
    for entry in fs::read_dir(folder).map_err(|e| Error::io(folder, "cannot be read", e))? {
        let entry = entry.map_err(|e| Error::io(folder, "cannot be read", e))?;
        empty = false;
        let name = entry.file_name();
        let file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if !file || !FILES.iter().any(|known| name == *known) {
            return refuse(format!(
                "holds `{}`, which riparian did not write",
                name.to_string_lossy()
            ));
        }
    }
    if empty {
        return Ok(());
    }
    let summary = fs::read_to_string(folder.join(SUMMARY)).unwrap_or_default();
    match serde_json::from_str::<Written>(&summary) {
        Ok(Written { writer }) if writer == WRITER => Ok(()),
        _ => refuse("holds tables without a summary of riparian".into()),
    }
}

/// A CSV file being written.
struct Table {
    path: PathBuf,
    writer: csv::Writer<fs::File>,
}

impl Table {
    fn new(folder: &Path, name: &str, header: &[&str]) -> Result<Self> {
        let path = folder.join(name);
        let file = fs::File::create(&path).map_err(|e| Error::io(&path, "cannot be written", e))?;
        let mut table = Self {
            path,
            writer: csv::Writer::from_writer(file),
        };
        table.row(header.iter().map(ToString::to_string))?;
        Ok(table)
    }

    fn row(&mut self, cells: impl IntoIterator<Item = String>) -> Result<()> {
        self.writer
            .write_record(cells)
            .map_err(|e| Error::io(&self.path, "cannot be written", e.into()))
    }

    fn close(mut self) -> Result<()> {
        self.writer
            .flush()
            .map_err(|e| Error::io(&self.path, "cannot be written", e))
    }
}

/// A figure to a tenth of a litre per second or a cubic metre: enough to recompute sums, no more.
fn figure(value: f64) -> String {
    let text = format!("{value:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".into()
    } else {
        text.into()
    }
}

fn flow(volume: f64) -> String {
    figure(volume / SECONDS_A_DAY)
}

fn obligations(settled: &Settled, folder: &Path) -> Result<()> {
    let mut table = Table::new(
        folder,
        "obligations.csv",
        &[
            "agreement",
            "obligation",
            "debtor",
            "creditor",
            "point",
            "period_start",
            "period_end",
            "unit",
            "committed",
            "delivered",
            "balance",
            "status",
            "reason",
            "form",
            "claimed",
            "first_day_short",
            "worst_day",
            "worst_day_missing",
            "second_reading",
            "second_source",
            "first_committed",
            "carried_in",
            "carried_out",
            "missing",
            "clauses",
            "unaccounted_mcm",
            "rests_on_unaccounted",
        ],
    )?;
    for row in &settled.rows {
        let optional = |value: Option<f64>| value.map_or(String::new(), figure);
        table.row([
            row.agreement.clone(),
            row.obligation.clone(),
            row.debtor.clone(),
            row.creditor.clone().unwrap_or_default(),
            row.point.clone(),
            row.period.from().to_string(),
            row.period.to().to_string(),
            row.unit.sign().into(),
            optional(row.committed),
            optional(row.delivered),
            optional(row.balance()),
            row.status.name().into(),
            reasons(row),
            row.form.clone(),
            row.claimed.to_string(),
            row.first_day_short
                .map_or(String::new(), |day| day.to_string()),
            row.worst_day
                .map_or(String::new(), |(day, _)| day.to_string()),
            optional(row.worst_day.map(|(_, missing)| missing)),
            optional(row.second.as_ref().map(|(_, reading)| *reading)),
            row.second
                .as_ref()
                .map_or(String::new(), |(source, _)| source.clone()),
            optional(row.first_committed),
            optional(row.account.then_some(row.carried_in)),
            optional(row.account.then_some(row.carried_out)),
            figure(row.missing),
            row.clauses.join("; "),
            figure(row.unaccounted),
            row.rests_on_unaccounted().to_string(),
        ])?;
    }
    table.close()
}

/// The accounts of obligations, and of the owners of stored water by reservoir, line by line.
fn accounts(settled: &Settled, folder: &Path) -> Result<()> {
    let header = [
        "obligation",
        "debtor",
        "date",
        "reason",
        "counterpart",
        "unit",
        "amount",
        "balance",
    ];
    let mut table = Table::new(folder, "accounts.csv", &header)?;
    for journal in &settled.journals {
        for line in &journal.lines {
            table.row([
                journal.obligation.clone(),
                journal.debtor.clone(),
                line.date.to_string(),
                line.reason.clone(),
                line.counterpart.clone(),
                journal.unit.sign().into(),
                figure(line.amount),
                figure(line.balance),
            ])?;
        }
    }
    for store in &settled.stores {
        let held = store.journals.iter().map(|j| (&j.owner, "", &j.lines));
        let lent = store.debts.iter().map(|j| (&j.debtor, "loan: ", &j.lines));
        for (holder, kind, lines) in held.chain(lent) {
            for line in lines {
                table.row([
                    store.reservoir.clone(),
                    holder.clone(),
                    line.date.to_string(),
                    format!("{kind}{}", line.reason),
                    line.counterpart.clone(),
                    Unit::Mcm.sign().into(),
                    figure(line.amount),
                    figure(line.balance),
                ])?;
            }
        }
    }
    table.close()
}

/// What each owner holds in a reservoir at the end of each day.
fn stores(settled: &Settled, folder: &Path) -> Result<()> {
    let header = ["date", "reservoir", "owner", "storage_mcm"];
    let mut table = Table::new(folder, "stores.csv", &header)?;
    for store in &settled.stores {
        for date in store.window.iter().flat_map(|window| window.iter()) {
            for owner in &store.owners {
                if let Some(volume) = store.volume(owner, date) {
                    table.row([
                        date.to_string(),
                        store.reservoir.clone(),
                        owner.clone(),
                        figure(volume.mcm()),
                    ])?;
                }
            }
        }
    }
    table.close()
}

/// What agreements ask to report.
fn events(settled: &Settled, folder: &Path) -> Result<()> {
    let header = ["obligation", "from", "to", "event", "reading"];
    let mut table = Table::new(folder, "events.csv", &header)?;
    for event in &settled.events {
        table.row([
            event.obligation.clone(),
            event.window.from().to_string(),
            event.window.to().to_string(),
            event.text.clone(),
            event.reading.map_or(String::new(), figure),
        ])?;
    }
    table.close()
}

/// The reasons in words, with their amounts.
fn reasons(row: &Settlement) -> String {
    let parts: Vec<String> = row
        .reasons
        .iter()
        .map(|reason| {
            format!(
                "{}: {} {}",
                reason.why,
                figure(reason.amount),
                row.unit.sign()
            )
        })
        .collect();
    parts.join("; ")
}

fn deliveries(report: &Report, folder: &Path) -> Result<()> {
    let header = [
        "date",
        "offtake",
        "party",
        "demand_m3s",
        "allocated_m3s",
        "delivered_m3s",
    ];
    let mut table = Table::new(folder, "deliveries.csv", &header)?;
    let ledger = report.ledger();
    let journal = ledger.offtakes();
    for day in 0..ledger.days() {
        for (i, offtake) in report.plan().model().basin().offtakes().iter().enumerate() {
            table.row([
                ledger.date(day).to_string(),
                offtake.id.clone(),
                offtake.party.clone(),
                flow(journal.demand.at(day, i)),
                flow(journal.allocated.at(day, i)),
                flow(journal.delivered.at(day, i)),
            ])?;
        }
    }
    table.close()
}

fn reservoirs(report: &Report, folder: &Path) -> Result<()> {
    let mut table = Table::new(
        folder,
        "reservoirs.csv",
        &[
            "date",
            "reservoir",
            "inflow_m3s",
            "release_m3s",
            "spill_m3s",
            "evaporation_m3s",
            "unaccounted_m3s",
            "storage_mcm",
            "level_m",
            "energy_mwh",
            "lateral_m3s",
            "rain_m3s",
            "seepage_m3s",
            "overtopped_m3s",
        ],
    )?;
    let ledger = report.ledger();
    let basin = report.plan().model().basin();
    let journal = ledger.reservoirs();
    for day in 0..ledger.days() {
        for (k, reservoir) in basin.reservoirs().iter().enumerate() {
            let node = basin.reservoir_node(k);
            let storage = Volume::from_m3(journal.storage.at(day, k));
            table.row([
                ledger.date(day).to_string(),
                reservoir.node.clone(),
                flow(ledger.nodes().arrived.at(day, node)),
                flow(journal.release.at(day, k)),
                flow(journal.spill.at(day, k)),
                flow(journal.evaporation.at(day, k)),
                flow(journal.unaccounted.at(day, k)),
                figure(storage.mcm()),
                reservoir
                    .level(storage)
                    .map_or(String::new(), |level| figure(level.m())),
                figure(journal.energy.at(day, k) / 1e3),
                flow(ledger.nodes().lateral.at(day, node)),
                flow(journal.rain.at(day, k)),
                flow(journal.seepage.at(day, k)),
                flow(journal.overtopped.at(day, k)),
            ])?;
        }
    }
    table.close()
}

fn flows(report: &Report, folder: &Path) -> Result<()> {
    let mut table = Table::new(folder, "flows.csv", &["date", "place", "flow_m3s"])?;
    let ledger = report.ledger();
    let basin = report.plan().model().basin();
    for day in 0..ledger.days() {
        let date = ledger.date(day).to_string();
        for (v, node) in basin.nodes().iter().enumerate() {
            if node.kind == NodeKind::Gauge {
                table.row([
                    date.clone(),
                    node.id.clone(),
                    flow(ledger.flow_at_node(day, v)),
                ])?;
            }
        }
        for (r, reach) in basin.reaches().iter().enumerate() {
            let entered = ledger.reaches().entered.at(day, r);
            table.row([date.clone(), reach.id.clone(), flow(entered)])?;
        }
    }
    table.close()
}

fn bulletin(report: &Report, folder: &Path) -> Result<()> {
    let path = folder.join(BULLETIN);
    let file = fs::File::create(&path);
    let written = file.and_then(|file| report.bulletin().write_csv(file));
    written.map_err(|e| Error::io(&path, "cannot be written", e))
}

fn balance(report: &Report, folder: &Path) -> Result<()> {
    let mut table = Table::new(
        folder,
        "balance.csv",
        &[
            "node",
            "in_mcm",
            "out_mcm",
            "change_mcm",
            "residual_mcm",
            "unaccounted_mcm",
        ],
    )?;
    let balance = report.balance();
    let lines = balance
        .nodes
        .iter()
        .chain(&balance.reaches)
        .chain([&balance.basin]);
    for line in lines {
        table.row([
            line.place.clone(),
            figure(line.inflow / 1e6),
            figure(line.outflow / 1e6),
            figure(line.change / 1e6),
            format!("{:e}", line.residual / 1e6),
            figure(line.unaccounted / 1e6),
        ])?;
    }
    table.close()
}

/// What an operational run ordered, by day and place; no file for a run with perfect foresight.
fn operations(report: &Report, folder: &Path) -> Result<()> {
    let Some(rows) = super::operations::rows(report) else {
        return Ok(());
    };
    let header = [
        "date",
        "place",
        "kind",
        "party",
        "class",
        "ordered_m3s",
        "came_m3s",
        "shortage_m3s",
        "spill_m3s",
    ];
    let mut table = Table::new(folder, "operations.csv", &header)?;
    let ledger = report.ledger();
    for day in 0..ledger.days() {
        for row in &rows {
            let names = [
                ledger.date(day).to_string(),
                row.at.place.clone(),
                row.at.kind.name().to_owned(),
                row.at.party.clone().unwrap_or_default(),
                row.at.class.clone().unwrap_or_default(),
            ];
            table.row(names.into_iter().chain(row.days[day].map(flow)))?;
        }
    }
    table.close()
}

/// What licences allowed and gave, where there are any.
fn licences(report: &Report, folder: &Path) -> Result<()> {
    let uses = report.licences();
    if uses.is_empty() {
        return Ok(());
    }
    let header = [
        "licence",
        "party",
        "from",
        "to",
        "in_days",
        "allowed_mcm",
        "most_mcm",
        "asked_mcm",
        "taken_mcm",
        "held_back_mcm",
        "days_held_back",
    ];
    let mut table = Table::new(folder, "licences.csv", &header)?;
    for used in uses {
        table.row([
            used.licence,
            used.party.unwrap_or_default(),
            used.period.from().to_string(),
            used.period.to().to_string(),
            used.days.to_string(),
            figure(used.allowed.mcm()),
            figure(used.most.mcm()),
            figure(used.asked.mcm()),
            figure(used.taken.mcm()),
            figure(used.held_back.mcm()),
            used.days_held_back.to_string(),
        ])?;
    }
    table.close()
}

/// What was pumped, day by day, where anything is.
fn pumps(report: &Report, folder: &Path) -> Result<()> {
    let basin = report.plan().model().basin();
    if basin.pumps().is_empty() {
        return Ok(());
    }
    let header = ["date", "at", "party", "lifted_m3s", "energy_mwh"];
    let mut table = Table::new(folder, "pumps.csv", &header)?;
    let ledger = report.ledger();
    let journal = ledger.pumps();
    for day in 0..ledger.days() {
        for (p, pump) in basin.pumps().iter().enumerate() {
            table.row([
                ledger.date(day).to_string(),
                pump.at.clone(),
                basin.pumping_party(p).unwrap_or_default().to_owned(),
                flow(journal.lifted.at(day, p)),
                figure(journal.energy.at(day, p) / 1e3),
            ])?;
        }
    }
    table.close()
}

/// What the forecasts of an operational run cost.
#[derive(Serialize)]
struct Operations {
    forecast: String,
    shortage_mcm: f64,
    spill_mcm: f64,
    shortage_by_class_mcm: BTreeMap<String, f64>,
    shortage_by_party_mcm: BTreeMap<String, f64>,
    /// By place: shortage of users, spill where the basin ends.
    by_place_mcm: BTreeMap<String, f64>,
}

impl Operations {
    fn of(report: &Report) -> Option<Self> {
        let error = report.forecast_error()?;
        let forecast = report.plan().model().foresight().forecast()?;
        let named = |sums: BTreeMap<&str, Volume>| {
            let sums = sums.into_iter();
            sums.map(|(name, volume)| (name.to_owned(), volume.mcm()))
                .collect()
        };
        let places = error.places.iter();
        Some(Self {
            forecast: forecast.name().to_owned(),
            shortage_mcm: error.shortage().mcm(),
            spill_mcm: error.spill().mcm(),
            shortage_by_class_mcm: named(error.by_class()),
            shortage_by_party_mcm: named(error.by_party()),
            by_place_mcm: places
                .map(|at| (at.place.clone(), (at.shortage + at.spill).mcm()))
                .collect(),
        })
    }
}

/// The summary of a run.
#[derive(Serialize)]
struct Summary<'a> {
    writer: &'a str,
    version: &'a str,
    /// A hash of the files read, in hexadecimal; zero for a model built in code.
    inputs: String,
    title: &'a str,
    note: &'a str,
    from: String,
    to: String,
    /// The tier of the solver.
    allocation: &'a str,
    objective: &'a str,
    delivered_mcm: f64,
    /// Nothing where the season cannot be run with the other objective.
    delivered_max_min_mcm: Option<f64>,
    delivered_max_volume_mcm: Option<f64>,
    nodes: usize,
    reaches: usize,
    reservoirs: usize,
    offtakes: usize,
    obligations: usize,
    /// What licences kept from their members, where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    held_back_by_licences_mcm: Option<f64>,
    /// The energy of pumping by party, where anything is pumped; of canals that nobody pays for under
    /// no name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pumping_mwh: BTreeMap<&'a str, f64>,
    /// How many settlements have each verdict.
    settlements: BTreeMap<&'static str, usize>,
    basin_in_mcm: f64,
    basin_out_mcm: f64,
    basin_change_mcm: f64,
    basin_unaccounted_mcm: f64,
    basin_residual_mcm: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    operations: Option<Operations>,
}

fn summary(report: &Report, folder: &Path) -> Result<()> {
    let model = report.plan().model();
    let volumes = report.volumes().ok();
    let basin = model.basin();
    let whole = &report.balance().basin;
    let summary = Summary {
        writer: WRITER,
        version: env!("CARGO_PKG_VERSION"),
        inputs: format!("{:016x}", model.inputs_hash()),
        title: model.title(),
        note: model.note(),
        from: model.window().from().to_string(),
        to: model.window().to().to_string(),
        allocation: report.plan().tier().name(),
        objective: model.objective().name(),
        delivered_mcm: super::delivered(report.ledger()).mcm(),
        delivered_max_min_mcm: volumes.map(|v| v.max_min.mcm()),
        delivered_max_volume_mcm: volumes.map(|v| v.max_volume.mcm()),
        nodes: basin.nodes().len(),
        reaches: basin.reaches().len(),
        reservoirs: basin.reservoirs().len(),
        offtakes: basin.offtakes().len(),
        obligations: model.agreements().iter().map(|a| a.obligations.len()).sum(),
        held_back_by_licences_mcm: (!model.licences().is_empty()).then(|| {
            let held: crate::units::Volume = report.licences().iter().map(|l| l.held_back).sum();
            held.mcm()
        }),
        pumping_mwh: report
            .ledger()
            .pumping_by_party(basin)
            .into_iter()
            .map(|(party, energy)| (party.unwrap_or_default(), energy.mwh()))
            .collect(),
        settlements: verdicts(report.settled()),
        basin_in_mcm: whole.inflow / 1e6,
        basin_out_mcm: whole.outflow / 1e6,
        basin_change_mcm: whole.change / 1e6,
        basin_unaccounted_mcm: whole.unaccounted / 1e6,
        basin_residual_mcm: whole.residual / 1e6,
        operations: Operations::of(report),
    };
    write_json(&summary, folder)
}

/// The summary of a settlement without simulation.
#[derive(Serialize)]
struct SettledSummary<'a> {
    writer: &'a str,
    version: &'a str,
    settlements: BTreeMap<&'static str, usize>,
}

/// How many settlements have each verdict.
fn verdicts(settled: &Settled) -> BTreeMap<&'static str, usize> {
    let count = |status| {
        settled
            .rows
            .iter()
            .filter(|row| row.status == status)
            .count()
    };
    Status::ALL
        .into_iter()
        .map(|status| (status.name(), count(status)))
        .collect()
}

fn write_json(summary: &impl Serialize, folder: &Path) -> Result<()> {
    let path = folder.join(SUMMARY);
    let text = serde_json::to_string_pretty(summary)
        .map_err(|e| Error::io(&path, "cannot be written", e.into()))?;
    let mut file = fs::File::create(&path).map_err(|e| Error::io(&path, "cannot be written", e))?;
    writeln!(file, "{text}").map_err(|e| Error::io(&path, "cannot be written", e))
}
