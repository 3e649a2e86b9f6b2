//! Ensembles, and what came of their members.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDate, PyList, PyTuple};
use riparian::agreement::Measure;
use riparian::ensemble::{self, Keep, Progress};

use crate::error::Raise as _;
use crate::given::date_of;
use crate::job;
use crate::scenario::Scenario;
use crate::settlement::Paths;
use crate::summary::Summary;
use crate::table::Table;
use crate::variation::vary;

/// A hash for Python of one in hexadecimal digits: any of its bytes will do.
pub(crate) fn hash(digits: &str) -> isize {
    i64::from_str_radix(&digits[..15], 16).unwrap_or_default() as isize
}

/// What is kept, by name.
const KEEPS: [(&str, Keep); 3] = [
    ("summaries", Keep::Summaries),
    ("settlements", Keep::Settlements),
    ("days", Keep::Days),
];

fn keep_name(keep: Keep) -> &'static str {
    KEEPS
        .iter()
        .find(|(_, known)| *known == keep)
        .map_or("", |&(name, _)| name)
}

/// Many runs of a scenario, or of several in turn, that differ in what is not known for certain.
///
/// ``scenario`` is a :class:`Scenario`, or a list of scenarios with other parameters or terms that
/// members take in turn. ``seed`` is that of all random numbers. ``variations`` are what differs:
/// :class:`InflowFactor`, :class:`DemandFactor`, :class:`InitialStorage`, :class:`ObservedYears`,
/// :class:`Generator`. ``watch`` are places whose readings are kept or summed up by day: an id, or a
/// pair of id and measure. ``keep`` bounds the memory: ``"summaries"`` (counts and histograms of all,
/// nothing by member), ``"settlements"`` or ``"days"``. ``threads`` are as many as there are cores,
/// unless told; in a worker of a cluster, tell it.
///
/// A member is a pure function of the ensemble and its number, so that results are the same to the
/// bit however members are cut into tasks. An ensemble is never changed, and pickles as its content.
#[pyclass(frozen, module = "riparian")]
pub(crate) struct Ensemble {
    scenarios: Vec<Py<Scenario>>,
    variations: Vec<Py<PyAny>>,
    watch: Vec<(String, Option<String>)>,
    seed: u64,
    keep: Keep,
    threads: Option<usize>,
    inner: ensemble::Ensemble,
}

/// Places to be watched: an id, or an id and a measure.
struct Watch(String, Option<String>);

impl<'py> FromPyObject<'_, 'py> for Watch {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(id) = given.extract::<String>() {
            return Ok(Self(id, None));
        }
        let (id, measure) = given.extract()?;
        Ok(Self(id, measure))
    }
}

fn measure(name: &str) -> PyResult<Measure> {
    let known = Measure::NAMES.iter().find(|(known, _)| *known == name);
    known.map(|&(_, measure)| measure).ok_or_else(|| {
        let known: Vec<&str> = Measure::NAMES.iter().map(|&(known, _)| known).collect();
        let known = known.join(", ");
        PyValueError::new_err(format!("unknown measure `{name}`; expected one of {known}"))
    })
}

/// Members: a `range` of step 1, or how many from 0 on.
pub(crate) struct Members(pub(crate) Range<u64>);

impl<'py> FromPyObject<'_, 'py> for Members {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(count) = given.extract::<u64>() {
            return Ok(Self(0..count));
        }
        let fault = || {
            PyTypeError::new_err(
                "members are a range of step 1 from 0 or above, or a number of members",
            )
        };
        let end = |name: &str| -> PyResult<i64> {
            given
                .getattr(name)
                .and_then(|end| end.extract())
                .map_err(|_| fault())
        };
        let (start, stop, step) = (end("start")?, end("stop")?, end("step")?);
        match (u64::try_from(start), u64::try_from(stop)) {
            (Ok(start), Ok(stop)) if step == 1 => Ok(Self(start..stop.max(start))),
            _ => Err(fault()),
        }
    }
}

/// A range as Python's.
fn range<'py>(py: Python<'py>, members: &Range<u64>) -> PyResult<Bound<'py, PyAny>> {
    py.import("builtins")?
        .getattr("range")?
        .call1((members.start, members.end))
}

/// What a run of members tells while it runs.
#[derive(Default)]
struct Told {
    done: AtomicU64,
    failed: AtomicU64,
    of: AtomicU64,
}

impl Told {
    fn hear(&self, progress: Progress, stop: &AtomicBool) -> ControlFlow<()> {
        // Threads may come here in another order than they counted.
        self.done.fetch_max(progress.done, Ordering::Relaxed);
        self.failed.fetch_max(progress.failed, Ordering::Relaxed);
        self.of.store(progress.of, Ordering::Relaxed);
        if stop.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn tell(&self, py: Python<'_>, progress: Option<&Py<PyAny>>) -> PyResult<()> {
        let Some(progress) = progress else {
            return Ok(());
        };
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        progress.call1(
            py,
            (count(&self.done), count(&self.failed), count(&self.of)),
        )?;
        Ok(())
    }
}

#[pymethods]
impl Ensemble {
    #[new]
    #[pyo3(signature = (
        scenario, seed, variations = Vec::new(), *,
        watch = Vec::new(), keep = "settlements", threads = None
    ))]
    fn new(
        py: Python<'_>,
        scenario: &Bound<'_, PyAny>,
        seed: u64,
        variations: Vec<Bound<'_, PyAny>>,
        watch: Vec<Watch>,
        keep: &str,
        threads: Option<usize>,
    ) -> PyResult<Self> {
        let scenarios: Vec<Py<Scenario>> = match scenario.cast::<Scenario>() {
            Ok(one) => vec![one.clone().unbind()],
            Err(_) => scenario.extract()?,
        };
        let known = KEEPS.iter().find(|(known, _)| *known == keep);
        let Some(&(_, keep)) = known else {
            return Err(PyValueError::new_err(format!(
                "unknown keep `{keep}`; expected summaries, settlements or days"
            )));
        };
        let plans = scenarios
            .iter()
            .map(|scenario| Arc::clone(&scenario.get().plan));
        let mut inner = ensemble::Ensemble::across(plans, seed)
            .or_raise(py)?
            .keep(keep);
        for given in &variations {
            inner = vary(inner, given)?;
        }
        for Watch(id, name) in &watch {
            let measure = name.as_deref().map(measure).transpose()?;
            inner = inner.watch(id, measure).or_raise(py)?;
        }
        if threads == Some(0) {
            return Err(PyValueError::new_err("0 threads; expected at least 1"));
        }
        // Always a pool of its own: a common one would be dead in a process that was forked.
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        inner = inner.threads(threads.unwrap_or_else(cores));
        Ok(Self {
            scenarios,
            variations: variations.into_iter().map(Bound::unbind).collect(),
            watch: watch
                .into_iter()
                .map(|Watch(id, measure)| (id, measure))
                .collect(),
            seed,
            keep,
            threads,
            inner,
        })
    }

    /// A hash of the package's version, the scenarios, the variations, the seed and what is kept:
    /// results of one identity are parts of one ensemble, on whatever machine they were computed.
    #[getter]
    fn identity(&self) -> &str {
        self.inner.frame().identity()
    }

    /// A hash of the scenarios alone.
    #[getter]
    fn key(&self) -> &str {
        self.inner.frame().scenario()
    }

    /// The title of the first scenario.
    #[getter]
    fn title(&self) -> &str {
        self.inner.frame().title()
    }

    /// The seed.
    #[getter]
    fn seed(&self) -> u64 {
        self.seed
    }

    /// What is kept of the members.
    #[getter]
    fn keep(&self) -> &'static str {
        keep_name(self.keep)
    }

    /// On how many threads it runs; ``None`` for as many as there are cores.
    #[getter]
    fn threads(&self) -> Option<usize> {
        self.threads
    }

    /// The same ensemble on so many threads; ``None`` for as many as there are cores.
    #[pyo3(signature = (threads))]
    fn on_threads<'py>(
        slf: &Bound<'py, Self>,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (make, parts): (Bound<'py, PyAny>, Bound<'py, PyTuple>) = {
            let reduced = slf.get().__reduce__(slf.py())?;
            (reduced.get_item(0)?, reduced.get_item(1)?.cast_into()?)
        };
        let mut parts: Vec<Bound<'py, PyAny>> = parts.iter().collect();
        parts.pop();
        parts.push(threads.into_pyobject(slf.py())?.into_any());
        make.call1(PyTuple::new(slf.py(), parts)?)
    }

    /// Runs members, and returns their :class:`Results`.
    ///
    /// ``members`` is a ``range``, or how many from 0 on. ``progress`` is called some ten times a
    /// second with how many members are done, how many of them failed, and how many there are. The
    /// interpreter is free meanwhile, and an interrupt stops the run.
    ///
    /// What stops a member is in :attr:`Results.failed`, and stops no other.
    #[pyo3(signature = (members, progress = None))]
    fn run(
        &self,
        py: Python<'_>,
        members: Members,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Results> {
        let told = Told::default();
        let results = job::run(
            py,
            |stop| {
                self.inner
                    .run_with(members.0, |progress| told.hear(progress, stop))
            },
            |py| told.tell(py, progress.as_ref()),
        )?;
        told.tell(py, progress.as_ref())?;
        Ok(Results::new(results))
    }

    /// Runs members into one Parquet file, and says what became of it: ``"written"``, or
    /// ``"found"`` if the file was there with these members, and was left as it is.
    ///
    /// The file is written beside its name and renamed when it is complete, so that what bears the
    /// name is whole, and a job that was killed is simply run again.
    ///
    /// Raises :class:`OutputError` if the file is there and is anything else,
    /// :class:`EnsembleError` if only summaries are kept.
    #[pyo3(signature = (members, file, progress = None))]
    fn run_shard(
        &self,
        py: Python<'_>,
        members: Members,
        file: PathBuf,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<&'static str> {
        let told = Told::default();
        let shard = job::run(
            py,
            |stop| {
                self.inner
                    .run_shard(members.0, &file, |progress| told.hear(progress, stop))
            },
            |py| told.tell(py, progress.as_ref()),
        )?;
        match shard.or_raise(py)? {
            ensemble::Shard::Found => Ok("found"),
            // One that was stopped has raised what stopped it.
            ensemble::Shard::Written | ensemble::Shard::Stopped => Ok("written"),
        }
    }

    /// The scenario of a member, with its inflows, demands and storages: run it by itself for all
    /// that a single run tells.
    fn scenario(&self, py: Python<'_>, member: u64) -> PyResult<Scenario> {
        let plan = py.detach(|| self.inner.plan(member)).or_raise(py)?;
        let of = (member % self.scenarios.len() as u64) as usize;
        Ok(self.scenarios[of].get().poured(plan))
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }

    fn __hash__(&self) -> isize {
        hash(self.identity())
    }

    /// Dask's name for it.
    fn __dask_tokenize__(&self) -> &str {
        self.identity()
    }

    fn __repr__(&self) -> String {
        format!(
            "<riparian.Ensemble of {}, seed {}, {}>",
            self.title(),
            self.seed,
            self.keep()
        )
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let scenarios = self.scenarios.iter().map(|scenario| scenario.clone_ref(py));
        let variations = self
            .variations
            .iter()
            .map(|variation| variation.clone_ref(py));
        let parts = (
            PyList::new(py, scenarios)?,
            self.seed,
            PyList::new(py, variations)?,
            self.watch.clone(),
            self.keep(),
            self.threads,
        );
        (py.get_type::<Self>().getattr("_restore")?, parts).into_pyobject(py)
    }

    #[staticmethod]
    fn _restore(
        py: Python<'_>,
        scenario: &Bound<'_, PyAny>,
        seed: u64,
        variations: Vec<Bound<'_, PyAny>>,
        watch: Vec<Watch>,
        keep: &str,
        threads: Option<usize>,
    ) -> PyResult<Self> {
        Self::new(py, scenario, seed, variations, watch, keep, threads)
    }
}

/// What came of the members of an ensemble that were run so far.
///
/// Results of one ensemble over other members :meth:`merge`; the whole is the same to the bit
/// however it was cut, and :meth:`digest` tells whether two are. They are never changed.
#[pyclass(frozen, module = "riparian")]
pub(crate) struct Results(Arc<ensemble::Results>);

impl Results {
    fn new(results: ensemble::Results) -> Self {
        Self(Arc::new(results))
    }
}

#[pymethods]
impl Results {
    /// How many members were run, those that failed included.
    #[getter]
    fn members(&self) -> u64 {
        self.0.members()
    }

    /// The members that stopped, and why.
    #[getter]
    fn failed(&self) -> BTreeMap<u64, String> {
        self.0
            .failed()
            .map(|(member, why)| (member, why.to_owned()))
            .collect()
    }

    /// The identity of the ensemble, see :attr:`Ensemble.identity`.
    #[getter]
    fn identity(&self) -> &str {
        self.0.frame().identity()
    }

    /// The hash of the scenarios, see :attr:`Ensemble.key`.
    #[getter]
    fn key(&self) -> &str {
        self.0.frame().scenario()
    }

    /// The title of the scenario.
    #[getter]
    fn title(&self) -> &str {
        self.0.frame().title()
    }

    /// The seed.
    #[getter]
    fn seed(&self) -> u64 {
        self.0.frame().seed()
    }

    /// What was kept of the members.
    #[getter]
    fn keep(&self) -> &'static str {
        keep_name(self.0.frame().keep())
    }

    /// The first day of the runs.
    #[getter]
    fn start<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDate>> {
        date_of(py, self.0.frame().window().from())
    }

    /// The last day of the runs.
    #[getter]
    fn end<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDate>> {
        date_of(py, self.0.frame().window().to())
    }

    /// The members of a range that were not run, as ranges.
    fn missing<'py>(&self, py: Python<'py>, members: Members) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let missing = self.0.missing(members.0);
        missing.iter().map(|members| range(py, members)).collect()
    }

    /// A hash of all that was found: the same for the same members of the same ensemble, whoever
    /// ran them.
    fn digest(&self, py: Python<'_>) -> String {
        py.detach(|| self.0.digest())
    }

    /// These results and those of other members of the same ensemble.
    ///
    /// Raises :class:`EnsembleError` if the others are of another ensemble, or a member is in both.
    fn merge(&self, py: Python<'_>, other: &Self) -> PyResult<Self> {
        let merged = py.detach(|| {
            let mut whole = (*self.0).clone();
            whole.merge((*other.0).clone()).map(|()| whole)
        });
        merged.or_raise(py).map(Self::new)
    }

    /// Results of several parts of one ensemble, in any order.
    ///
    /// Raises :class:`EnsembleError` as :meth:`merge` does, and if there are none.
    #[staticmethod]
    fn merged(py: Python<'_>, parts: Vec<Py<Self>>) -> PyResult<Self> {
        let mut parts = parts.iter().map(|part| Arc::clone(&part.get().0));
        let Some(first) = parts.next() else {
            let class = py.import("riparian._errors")?.getattr("EnsembleError")?;
            return Err(PyErr::from_value(class.call1(("no results to merge",))?));
        };
        let rest: Vec<_> = parts.collect();
        let merged = py.detach(|| {
            let mut whole = (*first).clone();
            let mut rest = rest.iter();
            rest.try_for_each(|part| whole.merge((**part).clone()))
                .map(|()| whole)
        });
        merged.or_raise(py).map(Self::new)
    }

    /// Odds, spreads and bands over all members.
    fn summary(slf: &Bound<'_, Self>) -> Summary {
        let results = Arc::clone(&slf.get().0);
        let summary = slf.py().detach(|| results.summary());
        Summary {
            summary,
            results: slf.clone().unbind(),
            start: results.frame().window().from(),
        }
    }

    /// A row a member: its number, why it stopped, its settlements, how reliably users were served
    /// and, if days are kept, the readings of the watched places. These are the columns of a shard.
    ///
    /// Raises :class:`EnsembleError` where only summaries are kept.
    fn table(&self, py: Python<'_>) -> PyResult<Table> {
        py.detach(|| self.0.to_record_batch())
            .or_raise(py)
            .map(Table::new)
    }

    /// Writes all members as one Parquet file, as :meth:`Ensemble.run_shard` does.
    fn write_shard(&self, py: Python<'_>, file: PathBuf) -> PyResult<()> {
        py.detach(|| self.0.write_shard(file)).or_raise(py)
    }

    fn __eq__(&self, other: &Self) -> bool {
        // Unlike a comparison of numbers, the digest takes one that is none for itself.
        Arc::ptr_eq(&self.0, &other.0) || self.0.digest() == other.0.digest()
    }

    fn __hash__(&self) -> isize {
        hash(self.0.frame().identity())
    }

    fn __len__(&self) -> usize {
        self.0.members() as usize
    }

    fn __contains__(&self, member: u64) -> bool {
        self.0.has(member)
    }

    fn __repr__(&self) -> String {
        let (members, title) = (self.0.members(), self.0.frame().title());
        format!(
            "<riparian.Results of {members} members of {title}, {}>",
            self.keep()
        )
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let bytes = py.detach(|| self.0.to_bytes());
        let restore = py.get_type::<Self>().getattr("_restore")?;
        (restore, (PyBytes::new(py, &bytes),)).into_pyobject(py)
    }

    #[staticmethod]
    fn _restore(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        ensemble::Results::from_bytes(bytes)
            .or_raise(py)
            .map(Self::new)
    }
}

/// Reads a shard.
///
/// Raises :class:`FileError` if the file cannot be read, :class:`EnsembleError` if it is no shard.
#[pyfunction]
pub(crate) fn read_shard(py: Python<'_>, file: PathBuf) -> PyResult<Results> {
    py.detach(|| ensemble::read_shard(file))
        .or_raise(py)
        .map(Results::new)
}

/// Reads shards, files in any order, and merges them.
///
/// Raises what :func:`read_shard` and :meth:`Results.merge` raise, naming the file; and
/// :class:`EnsembleError` if there are none.
#[pyfunction]
pub(crate) fn merge_shards(py: Python<'_>, files: Paths) -> PyResult<Results> {
    py.detach(|| ensemble::merge_shards(&files.0))
        .or_raise(py)
        .map(Results::new)
}
