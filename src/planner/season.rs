//! Putting the program of a season together, and solving it pass after pass.

use std::ops::Range;

use super::program::{Holds, Line, Program, Solved, Stage};
use super::result::{self, SeasonPlan};
use super::river::{Builder, Path, River};
use super::steps::Steps;
use super::wants::{Want, wants};
use super::{NotPlanned, Planner};
use crate::agreement::Count;
use crate::error::{Error, Result};
use crate::settlement::{Gauge, Unit};

/// How often the program is solved, each time at the storages of the pass before; a plan made anew
/// starts from the storages of the old one.
const PASSES: usize = 3;

/// By how deep a shortage cuts: into how many equal parts what is due is cut, the first of which
/// costs once its volume, the second twice.
const DEPTHS: usize = 4;

/// What is missing of something, in parts by depth.
#[derive(Clone, Debug)]
pub(super) struct Missing {
    parts: Vec<usize>,
}

impl Missing {
    pub(super) fn line(&self) -> Line {
        let mut line = Line::default();
        for &part in &self.parts {
            line.add(&Line::of(part), 1.0);
        }
        line
    }
}

/// A program with the meaning of its variables.
pub(super) struct Season<'a> {
    pub(super) planner: &'a Planner,
    pub(super) steps: Steps,
    pub(super) river: River,
    pub(super) wants: Vec<Want>,
    /// By want: what came, and what is missing; step by step where it is counted each day.
    pub(super) met: Vec<Vec<Met>>,
    pub(super) not_planned: Vec<NotPlanned>,
}

/// One row of what is to be met.
#[derive(Clone, Debug)]
pub(super) struct Met {
    pub(super) came: Line,
    pub(super) missing: Line,
}

pub(super) fn plan(planner: &Planner) -> Result<SeasonPlan> {
    let steps = Steps::of(planner.model().window());
    let mut path = first_path(planner, &steps);
    let mut effort = result::Work::default();
    let mut found = None;
    let passes = match planner.before {
        Some(_) => PASSES - 1,
        None => PASSES,
    };
    for pass in 0..passes {
        let (program, season, stages) = Season::build(planner, &steps, &path, pass > 0);
        effort.variables = program.variables();
        effort.rows = program.rows();
        let solved = program
            .solve(&stages)
            .map_err(|fault| Error::plan(format!("the plan of the season: {fault}")))?;
        effort.programs += solved.work.solves;
        effort.pivots += solved.work.pivots;
        path = season.path(&solved);
        found = Some((season, solved, stages));
    }
    let Some((season, solved, stages)) = found else {
        return Err(Error::plan("a plan without a pass".to_owned()));
    };
    Ok(SeasonPlan::of(season, &solved, &stages, effort))
}

/// The storages of the plan before; else storages that stay as they are.
fn first_path(planner: &Planner, steps: &Steps) -> Path {
    if let Some(before) = &planner.before {
        return before.path();
    }
    let stores = &planner.plan.stores;
    let still = |initial: f64| vec![initial / super::wants::MILLION; steps.len() + 1];
    Path {
        storage: stores.iter().map(|store| still(store.initial)).collect(),
        outflow: vec![vec![0.0; steps.len()]; stores.len()],
        spill: vec![vec![0.0; steps.len()]; stores.len()],
    }
}

impl<'a> Season<'a> {
    fn build(
        planner: &'a Planner,
        steps: &Steps,
        path: &Path,
        spill_when_full: bool,
    ) -> (Program, Self, Vec<Stage>) {
        let model = planner.model();
        let basin = model.basin();
        let classes = model.classes().len();
        let (wants, not_planned) = wants(planner);
        let mut program = Program::default();
        let mut stages: Vec<Stage> = (model.classes().iter())
            .map(|class| Stage::named(format!("class `{}`", class.name)))
            .chain([Stage::named("what only observes".to_owned())])
            .collect();
        let mut makes_energy = vec![false; basin.reservoirs().len()];
        for &(gauge, ..) in wants.iter().flat_map(|want| &want.gauges) {
            if let Gauge::Energy(k) = gauge {
                makes_energy[k] = true;
            }
        }
        let builder = Builder::new(planner, steps, &mut program, &mut stages, path, &wants);
        let builder = builder.making_energy(&makes_energy);
        let river = builder.spilling_when_full(spill_when_full).build();
        let mut season = Self {
            planner,
            steps: steps.clone(),
            river,
            wants,
            met: Vec::new(),
            not_planned,
        };
        let mut met = Vec::with_capacity(season.wants.len());
        let mut offtakes = season.river.takes.iter();
        for want in &season.wants {
            let mut rows: Vec<Met> = season.went(want).into_iter().collect();
            if want.obligation.is_some() {
                rows.extend(season.meet(&mut program, &mut stages[want.rank], want));
            } else if let Some(takes) = offtakes.next() {
                rows.extend(takes.iter().map(|(_, met)| met.clone()));
            }
            met.push(rows);
        }
        season.met = met;
        let first = Stage {
            name: "what nature and structures take".to_owned(),
            costs: season.river.first.clone(),
            // What is missing there is held to what the users ask: rounding of the same size.
            size: stages[..=classes].iter().map(|stage| stage.size).sum(),
        };
        stages.insert(0, first);
        stages.push(season.tie_break(&mut program));
        (program, season, stages)
    }

    /// What counts each day and has passed.
    fn went(&self, want: &Want) -> Option<Met> {
        let past = &self.planner.past;
        let ledger = past.ledger().filter(|_| want.count == Count::EachDay)?;
        let days = want.from..past.days().min(want.from + want.due.len());
        let basin = self.planner.model().basin();
        let (came, short) = want.each_day(basin, ledger, days);
        Some(Met {
            came: Line::constant(came),
            missing: Line::constant(short),
        })
    }

    /// Rows of an obligation in a period.
    fn meet(&self, program: &mut Program, stage: &mut Stage, want: &Want) -> Vec<Met> {
        let weight = want.weight * self.water_per_unit(want);
        let (from, to) = (want.from as i64, (want.from + want.due.len()) as i64);
        let part = |t: usize| self.steps.overlap(t, from, to) / self.steps.days(t);
        let steps = (0..self.steps.len()).filter(|&t| part(t) > 0.0);
        let ahead = self.planner.past.steps(&self.steps);
        match want.count {
            Count::AtEnd => {
                let mut came = Line::default();
                for &(gauge, weight, lag) in &want.gauges {
                    let day = want.last_day() as i64 - i64::from(lag);
                    came.add(&self.at_end_of(gauge, day), weight);
                }
                vec![short(program, stage, came, want.total(), weight)]
            }
            Count::Sum | Count::AtMost => {
                let mut came = Line::default();
                for t in steps {
                    came.add(&self.reading(want, t), part(t));
                }
                if want.count == Count::AtMost {
                    return vec![excess(program, stage, came, want.total(), weight)];
                }
                came.add_constant(-want.total_before());
                vec![short(program, stage, came, want.total(), weight)]
            }
            Count::EachDay => {
                let parts = steps.filter(|&t| t >= ahead);
                let parts = parts.flat_map(|t| self.even_readings(want, t));
                let of_period = |(days, reading): (Range<usize>, Line)| {
                    let within = days.start.max(want.from)..days.end.min(want.last_day() + 1);
                    (!within.is_empty()).then(|| {
                        let sum = |values: &[f64]| -> f64 {
                            let days = within.start - want.from..within.end - want.from;
                            values.get(days).map_or(0.0, |values| values.iter().sum())
                        };
                        let mut came = Line::default();
                        came.add(&reading, within.len() as f64 / days.len() as f64);
                        came.add_constant(-sum(&want.before));
                        short(program, stage, came, sum(&want.due), weight)
                    })
                };
                parts.filter_map(of_period).collect()
            }
        }
    }

    /// What a point reads in a step.
    fn reading(&self, want: &Want, t: usize) -> Line {
        let mut line = Line::default();
        for &(gauge, weight, lag) in &want.gauges {
            for (source, part) in self.steps.sources(t, lag) {
                let reading = self.river.reading(gauge, &self.planner.plan, source);
                line.add(&reading, weight * part);
            }
        }
        line.tidy()
    }

    /// The same in parts of a step within which it is even, each with its days.
    fn even_readings(&self, want: &Want, t: usize) -> Vec<(Range<usize>, Line)> {
        if let [(gauge, 1.0, 0)] = want.gauges[..] {
            let parts = self.river.even_readings(gauge, &self.steps, t);
            if !parts.is_empty() {
                return parts;
            }
        }
        vec![(self.steps.range(t), self.reading(want, t))]
    }

    /// What is in store at the end of a day: on a straight line between the ends of dekads.
    fn at_end_of(&self, gauge: Gauge, day: i64) -> Line {
        let (Gauge::Storage(k), 0..) = (gauge, day) else {
            return Line::default();
        };
        let plan = &self.planner.plan;
        let past = &self.planner.past;
        if day < past.days() as i64 {
            let basin = self.planner.model().basin();
            return Line::constant(past.reading(basin, gauge, day as usize));
        }
        let holds = |t: &usize| self.steps.range(*t).contains(&(day as usize));
        let Some(t) = (0..self.steps.len()).find(holds) else {
            return Line::default();
        };
        let gone = (day as usize + 1 - self.steps.range(t).start) as f64 / self.steps.days(t);
        let mut line = Line::default();
        line.add(&self.river.reading(gauge, plan, t), gone);
        line.add(&self.river.storage_before(k, plan, t), 1.0 - gone);
        line
    }

    /// How much water makes a unit of what is due: of energy, at the mean head of the pass before.
    fn water_per_unit(&self, want: &Want) -> f64 {
        if want.unit == Unit::Mcm {
            return 1.0;
        }
        let dams = want.gauges.iter().filter_map(|&(gauge, ..)| match gauge {
            Gauge::Energy(k) => self.river.dams[k].turbined.as_ref(),
            _ => None,
        });
        let ahead = self.planner.past.steps(&self.steps);
        let (mut sum, mut count) = (0.0, 0.0);
        for &factor in dams.flat_map(|(_, factors)| &factors[ahead..]) {
            if factor > 0.0 {
                sum += factor;
                count += 1.0;
            }
        }
        if sum > 0.0 { count / sum } else { 1.0 }
    }

    /// Among plans that serve everybody alike: the most in store at the end, high in the basin
    /// first; then no spill, steady releases, and canals that carry what is taken from them.
    fn tie_break(&self, program: &mut Program) -> Stage {
        let mut stage = Stage::named("storage kept and steady releases".to_owned());
        let stores = &self.planner.plan.stores;
        let order = self.planner.model().basin().downstream_order();
        let place = |k: usize| order.iter().position(|&v| v == stores[k].node);
        for (k, dam) in self.river.dams.iter().enumerate() {
            let down = place(k).unwrap_or(0) as f64 / order.len() as f64;
            if let Some(&last) = dam.storage.last() {
                stage.costs.push((last, -1.0 - 0.1 * (1.0 - down)));
            }
            stage.costs.extend(dam.spill.iter().map(|&v| (v, 0.02)));
            let ahead = self.planner.past.steps(&self.steps).max(1);
            for t in ahead..self.steps.len() {
                let days = 10.0 / self.steps.days(t);
                let before = 10.0 / self.steps.days(t - 1);
                let mut rise = Line::default();
                rise.add(&Line::of(dam.release[t]), days);
                rise.add(&Line::of(dam.release[t - 1]), -before);
                let change = program.variable(0.0, f64::INFINITY);
                let least = Line::of(change);
                program.row(least.clone().plus(&rise, 1.0), Holds::AtLeast);
                program.row(least.plus(&rise, -1.0), Holds::AtLeast);
                stage.costs.push((change, 0.01));
            }
        }
        stage
            .costs
            .extend(self.river.canals.iter().map(|&v| (v, 0.01)));
        stage
    }

    /// The way the reservoirs go in an answer.
    fn path(&self, solved: &Solved) -> Path {
        let value = |v: usize| solved.values[v];
        let stores = self.river.dams.iter().zip(&self.planner.plan.stores);
        let storage = stores.map(|(dam, store)| {
            let ends = dam.storage.iter().map(|&v| value(v));
            let start = store.initial / super::wants::MILLION;
            std::iter::once(start).chain(ends).collect()
        });
        let outflow = self.river.dams.iter().map(|dam| {
            let steps = 0..self.steps.len();
            let out = |t: usize| value(dam.release[t]) + value(dam.spill[t]);
            steps
                .map(|t| out(t) / (super::river::A_DAY * self.steps.days(t)))
                .collect()
        });
        let spill = self.river.dams.iter();
        let spill = spill.map(|dam| dam.spill.iter().map(|&v| value(v)).collect());
        Path {
            storage: storage.collect(),
            outflow: outflow.collect(),
            spill: spill.collect(),
        }
    }
}

impl Stage {
    fn named(name: String) -> Self {
        Self {
            name,
            ..Self::default()
        }
    }
}

/// Variables for what is missing of an amount. Where it can be no more than the amount, the last
/// part is bounded too.
pub(super) fn missing(
    program: &mut Program,
    stage: &mut Stage,
    due: f64,
    weight: f64,
    bounded: bool,
) -> Missing {
    let part = due / DEPTHS as f64;
    stage.size += weight * due;
    let parts = (1..=DEPTHS)
        .map(|depth| {
            let last = depth == DEPTHS && !bounded;
            let most = if last { f64::INFINITY } else { part };
            let variable = program.variable(0.0, most);
            stage.costs.push((variable, weight * depth as f64));
            variable
        })
        .collect();
    Missing { parts }
}

/// At least so much, or it is missing.
fn short(program: &mut Program, stage: &mut Stage, came: Line, due: f64, weight: f64) -> Met {
    let missing = missing(program, stage, due, weight, false).line();
    let line = came.clone().plus(&missing, 1.0);
    let line = line.plus(&Line::constant(-due), 1.0);
    program.row(line, Holds::AtLeast);
    Met {
        came: came.tidy(),
        missing,
    }
}

/// At most so much, or it is too much.
fn excess(program: &mut Program, stage: &mut Stage, came: Line, allowed: f64, weight: f64) -> Met {
    let over = missing(program, stage, allowed, weight, false).line();
    let line = came.clone().plus(&over, -1.0);
    let line = line.plus(&Line::constant(-allowed), 1.0);
    program.row(line, Holds::AtMost);
    Met {
        came: came.tidy(),
        missing: over,
    }
}
