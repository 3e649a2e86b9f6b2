//! Running members: workers that reuse their memory, side by side.

use std::ops::{ControlFlow, Range};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::lockstep::{LANES, Lockstep};
use super::outcome::{Outcome, Readings};
use super::{Ensemble, Frame, Results};
use crate::allocation::Solver;
use crate::error::{Error, Result};
use crate::ledger::Ledger;
use crate::simulation::{Inputs, Plan, Simulation};

/// How far a run of an ensemble is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many members are done, those that failed included.
    pub done: u64,
    /// How many of them failed.
    pub failed: u64,
    /// How many are to be run.
    pub of: u64,
}

/// How many members a worker runs before it hands over what it has.
const BATCH: usize = 16;

impl Ensemble {
    /// Runs members.
    ///
    /// What stops a member is in [`Results::failed`], and stops nobody else; so does a rule, policy or
    /// variation of the user's own that panics.
    pub fn run(&self, members: Range<u64>) -> Results {
        self.run_with(members, |_| ControlFlow::Continue(()))
    }

    /// Runs members, and tells after each how far it is. When the answer is
    /// [`ControlFlow::Break`], no more members are begun; those that were are in the results, and
    /// [`Ensemble::resume_with`] does the others.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    ///
    /// use riparian::ensemble::Ensemble;
    /// use riparian::Plan;
    ///
    /// let plan = Plan::compile(riparian::scenario::read("data/bakhri-tochik-2024")?)?;
    /// let ensemble = Ensemble::new(plan, 1).threads(1);
    /// let mut results = ensemble.run_with(0..5, |progress| {
    ///     if progress.done < 2 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    /// });
    /// assert_eq!(results.missing(0..5), [2..5]);
    /// ensemble.resume_with(&mut results, 0..5, |_| ControlFlow::Continue(()))?;
    /// assert_eq!(results.digest(), ensemble.run(0..5).digest());
    /// # Ok::<(), riparian::Error>(())
    /// ```
    pub fn run_with(
        &self,
        members: Range<u64>,
        hook: impl Fn(Progress) -> ControlFlow<()> + Sync,
    ) -> Results {
        let mut results = Results::new(Arc::clone(self.shared_frame()));
        self.fill(&mut results, members, &hook);
        results
    }

    /// Runs the members of a range that results do not have yet.
    ///
    /// # Errors
    ///
    /// If the results are of another ensemble ([`Error::is_ensemble`](crate::Error::is_ensemble)).
    pub fn resume_with(
        &self,
        results: &mut Results,
        members: Range<u64>,
        hook: impl Fn(Progress) -> ControlFlow<()> + Sync,
    ) -> Result<()> {
        // Nothing is done yet in results of this ensemble: the merge fails unless both are of it.
        results.merge(Results::new(Arc::clone(self.shared_frame())))?;
        self.fill(results, members, &hook);
        Ok(())
    }

    fn fill(
        &self,
        results: &mut Results,
        members: Range<u64>,
        hook: &(impl Fn(Progress) -> ControlFlow<()> + Sync),
    ) {
        let batches = self.batches(results.missing(members));
        let job = Job {
            ensemble: self,
            frame: Arc::clone(&results.frame),
            locksteps: self.plans.iter().map(|_| OnceLock::new()).collect(),
            workers: Mutex::new(Vec::new()),
            of: batches.iter().map(|batch| batch.len() as u64).sum(),
            done: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
            hook,
        };
        let mut parts = side_by_side(self.threads, batches, |batch| job.run(&batch));
        parts.sort_by_key(|part| part.done.0.first().map(|range| range.start));
        results.take(parts);
    }

    /// The members in batches of one plan each, in the order of their numbers.
    fn batches(&self, ranges: Vec<Range<u64>>) -> Vec<Vec<u64>> {
        let mut by_plan: Vec<Vec<u64>> = vec![Vec::new(); self.plans.len()];
        let mut batches = Vec::new();
        for member in ranges.into_iter().flatten() {
            let plan = self.plan_of(member);
            by_plan[plan].push(member);
            if by_plan[plan].len() == BATCH {
                batches.push(std::mem::take(&mut by_plan[plan]));
            }
        }
        batches.extend(by_plan.into_iter().filter(|rest| !rest.is_empty()));
        batches
    }
}

#[cfg(feature = "parallel")]
fn side_by_side<T: Send, R: Send>(
    threads: Option<usize>,
    batches: Vec<T>,
    run: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    use rayon::prelude::*;
    let all = || batches.into_par_iter().map(&run).collect();
    match threads {
        None => all(),
        Some(threads) => match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
            Ok(pool) => pool.install(all),
            // A system that gives no more threads still has this one.
            Err(_) => all(),
        },
    }
}

#[cfg(not(feature = "parallel"))]
fn side_by_side<T, R>(_: Option<usize>, batches: Vec<T>, run: impl Fn(T) -> R) -> Vec<R> {
    batches.into_iter().map(run).collect()
}

/// One run of members, seen by all threads.
struct Job<'e, H> {
    ensemble: &'e Ensemble,
    frame: Arc<Frame>,
    /// By plan: how its members run side by side, if they can.
    locksteps: Vec<OnceLock<Option<Lockstep>>>,
    /// Workers that have nothing to do: never more in all than there are threads.
    workers: Mutex<Vec<Worker>>,
    of: u64,
    done: AtomicU64,
    failed: AtomicU64,
    stopped: AtomicBool,
    hook: &'e H,
}

impl<H: Fn(Progress) -> ControlFlow<()> + Sync> Job<'_, H> {
    fn run(&self, batch: &[u64]) -> Results {
        let mut results = Results::new(Arc::clone(&self.frame));
        let Some(&first) = batch.first() else {
            return results;
        };
        if self.stopped.load(Ordering::Relaxed) {
            return results;
        }
        let mut worker = self.worker(self.ensemble.plan_of(first));
        let lockstep = self.lockstep(worker.of);
        let at_once = if lockstep.is_some() { LANES } else { 1 };
        for members in batch.chunks(at_once) {
            let outcomes = worker.run(self.ensemble, &self.frame, lockstep, members);
            for (&member, outcome) in members.iter().zip(outcomes) {
                // Of members side by side, those after the one that stopped the run do not count.
                if self.stopped.load(Ordering::Relaxed) {
                    break;
                }
                self.tell(outcome.is_err());
                results.note(member, outcome);
            }
        }
        self.idle().push(worker);
        results
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Worker>> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lockstep(&self, plan: usize) -> Option<&Lockstep> {
        let of_plan = || Lockstep::of(&self.ensemble.plans[plan], &self.frame);
        self.locksteps[plan].get_or_init(of_plan).as_ref()
    }

    /// A worker for a plan: one that has it, or one that is given it.
    fn worker(&self, plan: usize) -> Worker {
        let mut idle = self.idle();
        if let Some(at) = idle.iter().position(|worker| worker.of == plan) {
            return idle.swap_remove(at);
        }
        idle.pop();
        drop(idle);
        Worker::new(plan, &self.ensemble.plans[plan])
    }

    fn tell(&self, failed: bool) {
        let failed =
            self.failed.fetch_add(u64::from(failed), Ordering::Relaxed) + u64::from(failed);
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let progress = Progress {
            done,
            failed,
            of: self.of,
        };
        if (self.hook)(progress).is_break() {
            self.stopped.store(true, Ordering::Relaxed);
        }
    }
}

/// What one thread works with: inputs for as many members as run at once; and for those that run alone, a plan to
/// pour inputs into, and one ledger.
struct Worker {
    of: usize,
    inputs: Vec<Inputs>,
    plan: Option<Plan>,
    memory: Option<(Ledger, Solver)>,
}

impl Worker {
    fn new(of: usize, plan: &Plan) -> Self {
        Self {
            of,
            inputs: vec![plan.inputs()],
            plan: None,
            memory: None,
        }
    }

    /// Runs members of the plan, side by side if there is a way, and gives their outcomes in order.
    fn run(
        &mut self,
        ensemble: &Ensemble,
        frame: &Frame,
        lockstep: Option<&Lockstep>,
        members: &[u64],
    ) -> Vec<Result<Outcome>> {
        let Some(lockstep) = lockstep else {
            let members = members.iter();
            return members
                .map(|&member| self.run_alone(ensemble, frame, member))
                .collect();
        };
        let plan = &ensemble.plans[self.of];
        while self.inputs.len() < members.len() {
            self.inputs.push(self.inputs[0].clone());
        }
        let draw = |(&member, inputs): (&u64, &mut Inputs)| {
            inputs.reset();
            guarded(|| ensemble.draw(member, plan, inputs))?;
            inputs.check(plan)
        };
        let drawn: Vec<Result<()>> = members.iter().zip(&mut self.inputs).map(draw).collect();
        let sound = self
            .inputs
            .iter()
            .zip(&drawn)
            .filter(|(_, drawn)| drawn.is_ok());
        let sound: Vec<&Inputs> = sound.map(|(inputs, _)| inputs).collect();
        // Whoever is to blame for a panic is found by running each alone.
        let readings = guarded(|| Ok(lockstep.run(plan, &sound))).unwrap_or_default();
        let mut readings = readings.into_iter();
        let outcome = |(drawn, &member): (Result<()>, &u64)| {
            drawn?;
            match readings.next().flatten() {
                Some(readings) => Ok(Outcome::of(member, frame, plan, readings)),
                None => self.run_alone(ensemble, frame, member),
            }
        };
        drawn.into_iter().zip(members).map(outcome).collect()
    }

    /// Runs a member by itself. What a panic leaves half done is written anew for the next one: inputs are poured over,
    /// and ledger and solver are gone.
    fn run_alone(&mut self, ensemble: &Ensemble, frame: &Frame, member: u64) -> Result<Outcome> {
        guarded(|| self.run_one(ensemble, frame, member))
    }

    fn run_one(&mut self, ensemble: &Ensemble, frame: &Frame, member: u64) -> Result<Outcome> {
        let models = &ensemble.plans[self.of];
        let inputs = &mut self.inputs[0];
        inputs.reset();
        ensemble.draw(member, models, inputs)?;
        let plan = self.plan.get_or_insert_with(|| (**models).clone());
        plan.take(inputs)?;
        let mut run = match self.memory.take() {
            Some(memory) => Simulation::reusing(plan, memory),
            None => Simulation::new(plan),
        };
        let outcome = run.run_on().map(|()| {
            let readings = Readings::of(frame, plan, run.ledger());
            Outcome::of(member, frame, plan, readings)
        });
        self.memory = Some(run.into_memory());
        outcome
    }
}

/// Takes a panic of code that is not this crate's for an error of the member.
fn guarded<T>(run: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(Error::ensemble(text.unwrap_or("a panic that says nothing")))
    })
}
