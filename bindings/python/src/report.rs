//! What came of a run.

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use riparian::Report;
use riparian::calendar::Date;
use riparian::ledger::{BalanceLine, Daily};

use crate::error::Raise as _;
use crate::given::Day;
use crate::job;
use crate::scenario::Scenario;
use crate::settlement;
use crate::table::{Columns, Table};

/// A scenario that was run: settlements, balances, and every day of every place.
///
/// Volumes are in m3 a day, storages in m3 at the day's end, energies in kWh. A run pickles as its
/// scenario and is computed again where it arrives: the same bits at less than its size.
#[pyclass(frozen, module = "riparian")]
pub(crate) struct Run {
    pub(crate) scenario: Py<Scenario>,
    pub(crate) report: Arc<Report>,
}

/// A measure of daily tables: its name, unit and numbers.
type Measured<'t> = (&'static str, &'static str, &'t Daily);

impl Run {
    /// One row a place and day, places in the order of the basin, and a column for each measure.
    fn daily(&self, kind: &str, ids: &[&str], measures: &[Measured<'_>]) -> PyResult<Table> {
        let window = self.report.ledger().window();
        let days: Vec<Date> = window.iter().collect();
        let names = ids.iter().flat_map(|id| days.iter().map(move |_| id));
        let dates = ids.iter().flat_map(|_| days.iter().copied());
        let mut columns = Columns::new().text(kind, names).dates("date", dates);
        for &(name, unit, table) in measures {
            let values = (0..ids.len()).flat_map(|place| table.of(place));
            columns = columns.numbers(name, Some(unit), values);
        }
        columns.finish()
    }
}

#[pymethods]
impl Run {
    /// The scenario that was run.
    #[getter]
    fn scenario(&self, py: Python<'_>) -> Py<Scenario> {
        self.scenario.clone_ref(py)
    }

    /// What was due, what came and the verdict, for each obligation and period, in the order of the
    /// river: by the most upstream point of each obligation.
    pub(crate) fn settlements(&self) -> PyResult<Table> {
        let rows: Vec<_> = self.report.in_river_order().into_iter().cloned().collect();
        settlement::settlements(&rows)
    }

    /// The lines of the accounts that obligations carry over.
    fn accounts(&self) -> PyResult<Table> {
        settlement::accounts(self.report.settled())
    }

    /// The days on which an agreement asked its parties to consult.
    fn events(&self) -> PyResult<Table> {
        settlement::events(self.report.settled())
    }

    /// Why an obligation was short in the period that a day lies in: the model is run again without
    /// each cause. Amounts are in the obligation's unit.
    fn explain(&self, py: Python<'_>, obligation: &str, day: Day) -> PyResult<Table> {
        let explain = |_: &_| self.report.explain(obligation, day.0);
        let reasons = job::run(py, explain, |_| Ok(()))?.or_raise(py)?;
        Columns::new()
            .text("why", reasons.iter().map(|reason| reason.why.to_string()))
            .numbers("amount", None, reasons.iter().map(|reason| reason.amount))
            .finish()
    }

    /// Nodes by day: what reaches brought, what entered, what came back from users, what left the
    /// basin; a negative `lateral` is a net loss that was taken.
    fn nodes(&self) -> PyResult<Table> {
        let journal = self.report.ledger().nodes();
        let nodes = self.report.plan().model().basin().nodes();
        let ids: Vec<&str> = nodes.iter().map(|node| node.id.as_str()).collect();
        let measures = [
            ("arrived", "m3", &journal.arrived),
            ("lateral", "m3", &journal.lateral),
            ("unmet_loss", "m3", &journal.unmet_loss),
            ("returned", "m3", &journal.returned),
            ("left", "m3", &journal.left),
        ];
        self.daily("node", &ids, &measures)
    }

    /// Reaches by day: what entered at the tail, what arrived at the head, what was lost, what went
    /// over the bank.
    fn reaches(&self) -> PyResult<Table> {
        let journal = self.report.ledger().reaches();
        let reaches = self.report.plan().model().basin().reaches();
        let ids: Vec<&str> = reaches.iter().map(|reach| reach.id.as_str()).collect();
        let measures = [
            ("entered", "m3", &journal.entered),
            ("arrived", "m3", &journal.arrived),
            ("lost", "m3", &journal.lost),
            ("overflowed", "m3", &journal.overflowed),
        ];
        self.daily("reach", &ids, &measures)
    }

    /// Offtakes by day: what was asked for, awarded and taken.
    fn offtakes(&self) -> PyResult<Table> {
        let journal = self.report.ledger().offtakes();
        let offtakes = self.report.plan().model().basin().offtakes();
        let ids: Vec<&str> = offtakes.iter().map(|offtake| offtake.id.as_str()).collect();
        let measures = [
            ("demand", "m3", &journal.demand),
            ("allocated", "m3", &journal.allocated),
            ("delivered", "m3", &journal.delivered),
        ];
        self.daily("offtake", &ids, &measures)
    }

    /// Reservoirs by day: storage at the day's end, release, spill, gains, losses and energy.
    fn reservoirs(&self) -> PyResult<Table> {
        let journal = self.report.ledger().reservoirs();
        let reservoirs = self.report.plan().model().basin().reservoirs();
        let ids: Vec<&str> = reservoirs.iter().map(|lake| lake.node.as_str()).collect();
        let measures = [
            ("storage", "m3", &journal.storage),
            ("release", "m3", &journal.release),
            ("spill", "m3", &journal.spill),
            ("overtopped", "m3", &journal.overtopped),
            ("evaporation", "m3", &journal.evaporation),
            ("seepage", "m3", &journal.seepage),
            ("rain", "m3", &journal.rain),
            ("unaccounted", "m3", &journal.unaccounted),
            ("energy", "kWh", &journal.energy),
        ];
        self.daily("reservoir", &ids, &measures)
    }

    /// Pumps by day: what was lifted, and the electricity it took.
    fn pumps(&self) -> PyResult<Table> {
        let journal = self.report.ledger().pumps();
        let pumps = self.report.plan().model().basin().pumps();
        let ids: Vec<&str> = pumps.iter().map(|pump| pump.at.as_str()).collect();
        let measures = [
            ("lifted", "m3", &journal.lifted),
            ("energy", "kWh", &journal.energy),
        ];
        self.daily("pump", &ids, &measures)
    }

    /// What each licence allowed and gave, by season where it has one.
    fn licences(&self) -> PyResult<Table> {
        let uses = self.report.licences();
        Columns::new()
            .text("licence", uses.iter().map(|used| &used.licence))
            .text_or("party", uses.iter().map(|used| used.party.as_ref()))
            .dates("from", uses.iter().map(|used| used.period.from()))
            .dates("to", uses.iter().map(|used| used.period.to()))
            .counts("days", uses.iter().map(|used| used.days as u64))
            .numbers(
                "allowed",
                Some("m3"),
                uses.iter().map(|used| used.allowed.m3()),
            )
            .numbers("most", Some("m3"), uses.iter().map(|used| used.most.m3()))
            .numbers("asked", Some("m3"), uses.iter().map(|used| used.asked.m3()))
            .numbers("taken", Some("m3"), uses.iter().map(|used| used.taken.m3()))
            .numbers(
                "held_back",
                Some("m3"),
                uses.iter().map(|used| used.held_back.m3()),
            )
            .counts(
                "days_held_back",
                uses.iter().map(|used| used.days_held_back as u64),
            )
            .finish()
    }

    /// The water balance of the basin, of every node and of every reach over the run. All of them
    /// close at 1e-12 of their throughput, or the run would have been an error.
    fn balance(&self) -> PyResult<Table> {
        let balance = self.report.balance();
        let basin = std::iter::once(("basin", &balance.basin));
        let nodes = balance.nodes.iter().map(|line| ("node", line));
        let reaches = balance.reaches.iter().map(|line| ("reach", line));
        let rows: Vec<(&str, &BalanceLine)> = basin.chain(nodes).chain(reaches).collect();
        let numbers = |of: fn(&BalanceLine) -> f64| rows.iter().map(move |(_, line)| of(line));
        let unit = Some("m3");
        Columns::new()
            .text("kind", rows.iter().map(|(kind, _)| kind))
            .text("place", rows.iter().map(|(_, line)| &line.place))
            .numbers("inflow", unit, numbers(|line| line.inflow))
            .numbers("outflow", unit, numbers(|line| line.outflow))
            .numbers("change", unit, numbers(|line| line.change))
            .numbers("unaccounted", unit, numbers(|line| line.unaccounted))
            .numbers("residual", unit, numbers(|line| line.residual))
            .numbers("throughput", unit, numbers(|line| line.throughput))
            .finish()
    }

    /// Writes the tables of `riparian run` into a folder: CSV files and `summary.json`. They are
    /// written beside it first, and the folder is replaced when they are complete.
    ///
    /// Raises :class:`OutputError` if the folder holds anything this package did not write.
    fn write(&self, py: Python<'_>, folder: PathBuf) -> PyResult<()> {
        py.detach(|| self.report.write(folder)).or_raise(py)
    }

    fn __repr__(&self) -> String {
        let (model, window) = (self.report.plan().model(), self.report.ledger().window());
        format!("<riparian.Run of {}, {window}>", model.title())
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let again = py.get_type::<Scenario>().getattr("run")?;
        (again, (self.scenario.clone_ref(py),)).into_pyobject(py)
    }
}
