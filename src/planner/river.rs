//! The basin as a linear program: one block of variables and rows for each dekad.
//!
//! The flow of a river reach is no variable: what enters it is what comes to its tail less what is
//! taken there, so a row for each place where something is taken keeps it from running backwards,
//! and a chain of places without choice costs nothing.
//!
//! What each choice brings to a place is followed by the [stream](super::stream).

use std::ops::Range;

use super::past::Past;
use super::program::{Holds, Line, Program, Stage};
use super::season::{Met, missing};
use super::steps::Steps;
use super::stream::{Choices, Pieces, Stream, cut};
use super::wants::{MILLION, Want};
use super::{Kept, Planner};
use crate::basin::{Basin, Reservoir};
use crate::calendar::{Month, date_of};
use crate::settlement::Gauge;
use crate::simulation::Plan;
use crate::units::{Flow, SECONDS_PER_DAY, Volume};

/// m3/s for a day in Mm3.
pub(super) const A_DAY: f64 = SECONDS_PER_DAY / MILLION;

/// The way each reservoir is thought to go: evaporation, outlets and head are taken at it.
#[derive(Clone, Debug)]
pub(super) struct Path {
    /// By reservoir: the storage at the run's start and at the end of each step, in Mm3.
    pub(super) storage: Vec<Vec<f64>>,
    /// By reservoir: what leaves the dam in each step, in m3/s.
    pub(super) outflow: Vec<Vec<f64>>,
    /// By reservoir: what it spills in each step, in Mm3.
    pub(super) spill: Vec<Vec<f64>>,
}

/// By step: one line or number.
type BySteps<T> = Vec<T>;

/// What is to be chosen at a reservoir.
#[derive(Clone, Debug)]
pub(super) struct Dam {
    pub(super) storage: BySteps<usize>,
    pub(super) release: BySteps<usize>,
    pub(super) spill: BySteps<usize>,
    /// What comes into it by itself: from the river, laterally and unaccounted for, less what
    /// vanishes.
    pub(super) entering: BySteps<Line>,
    /// Evaporation and seepage less rain, at the path's surface.
    pub(super) losses: BySteps<f64>,
    /// Through the turbines, where energy is due, with what a unit of water makes in kWh/m3; for a
    /// step of the past, the energy.
    pub(super) turbined: Option<(BySteps<usize>, BySteps<f64>)>,
}

/// The program's blocks, by place.
#[derive(Debug, Default)]
pub(super) struct River {
    pub(super) dams: Vec<Dam>,
    /// By reach and step: what enters.
    pub(super) entering: Vec<BySteps<Line>>,
    /// By node and step: what the reaches bring.
    pub(super) arriving: Vec<BySteps<Line>>,
    /// By node and step: what passes.
    pub(super) passing: Vec<BySteps<Line>>,
    /// By offtake and step: what is taken.
    pub(super) taken: Vec<BySteps<Line>>,
    /// By offtake: what is taken and what is missing, in the parts of dekads in which the flow it is
    /// taken from is even.
    pub(super) takes: Vec<Vec<(Range<usize>, Met)>>,
    /// By reach: what enters, by day.
    streams: Vec<Stream>,
    /// By node: what passes, by day.
    passing_streams: Vec<Stream>,
    /// By offtake: what is taken, by day.
    taken_streams: Vec<Stream>,
    choices: Choices,
    /// Variables of canals.
    pub(super) canals: Vec<usize>,
    /// What nature and structures take before anybody: costs of what is missing.
    pub(super) first: Vec<(usize, f64)>,
}

pub(super) struct Builder<'a> {
    plan: &'a Plan,
    basin: &'a Basin,
    steps: &'a Steps,
    program: &'a mut Program,
    stages: &'a mut [Stage],
    path: &'a Path,
    past: &'a Past,
    kept: &'a [Kept],
    /// By offtake: what it wants.
    asks: Vec<&'a Want>,
    /// By reservoir: whether energy is due there.
    makes_energy: &'a [bool],
    /// Whether spill is avoided before all classes where the path is below full supply.
    spill_when_full: bool,
}

impl<'a> Builder<'a> {
    /// Of a planner; `wants` end with those of the offtakes.
    pub(super) fn new(
        planner: &'a Planner,
        steps: &'a Steps,
        program: &'a mut Program,
        stages: &'a mut [Stage],
        path: &'a Path,
        wants: &'a [Want],
    ) -> Self {
        let plan = &planner.plan;
        let basin = plan.model().basin();
        let offtakes = wants.iter().filter(|want| want.obligation.is_none());
        Self {
            plan,
            basin,
            steps,
            program,
            stages,
            path,
            past: &planner.past,
            kept: &planner.kept,
            asks: offtakes.collect(),
            makes_energy: &[],
            spill_when_full: false,
        }
    }

    /// The same, with energy wanted of some reservoirs.
    pub(super) fn making_energy(mut self, makes_energy: &'a [bool]) -> Self {
        self.makes_energy = makes_energy;
        self
    }

    /// The same, with spill only from full lakes.
    pub(super) fn spilling_when_full(mut self, when_full: bool) -> Self {
        self.spill_when_full = when_full;
        self
    }

    /// Builds everything.
    pub(super) fn build(mut self) -> River {
        let (basin, n) = (self.basin, self.steps.len());
        let (reaches, nodes) = (basin.reaches().len(), basin.nodes().len());
        let offtakes = basin.offtakes().len();
        let mut river = River {
            entering: vec![vec![Line::default(); n]; reaches],
            arriving: vec![Vec::new(); nodes],
            passing: vec![Vec::new(); nodes],
            taken: vec![vec![Line::default(); n]; offtakes],
            takes: vec![Vec::new(); offtakes],
            streams: vec![Stream::default(); reaches],
            passing_streams: vec![Stream::default(); nodes],
            taken_streams: vec![Stream::default(); offtakes],
            ..River::default()
        };
        river.dams = (0..basin.reservoirs().len())
            .map(|k| self.dam(k, &mut river.first))
            .collect();
        // What comes back further up must be known there.
        let order = basin.downstream_order();
        let place = |v: usize| order.iter().position(|&other| other == v);
        for (i, offtake) in basin.offtakes().iter().enumerate() {
            let back = offtake.return_flow.as_ref();
            let to = back.and_then(|back| basin.node_index(&back.to));
            if to.is_some_and(|to| place(to) <= place(basin.offtake_node(i))) {
                self.offtake(i, &self.by_step(), &mut river);
            }
        }
        for &v in order {
            self.node(v, &mut river);
        }
        river
    }

    /// The steps that lie ahead, as days.
    fn by_step(&self) -> Vec<Range<usize>> {
        let ahead = self.past.steps(self.steps)..self.steps.len();
        ahead.map(|t| self.steps.range(t)).collect()
    }

    /// What an offtake takes.
    fn offtake(&mut self, i: usize, pieces: &[Range<usize>], river: &mut River) {
        let want = self.asks[i];
        let mut taken = Pieces::new();
        for days in pieces {
            let asked = want.due[days.clone()].iter().sum();
            let stage = &mut self.stages[want.rank];
            let missing = missing(self.program, stage, asked, 1.0, true).line();
            let came = Line::constant(asked).plus(&missing, -1.0);
            taken.push((days.clone(), came.clone()));
            river.takes[i].push((days.clone(), Met { came, missing }));
        }
        let mut stream = river.choices.stream(taken, self.plan.days);
        let past = self.past.readings(self.basin, Gauge::Offtake(i));
        stream.known[..past.len()].copy_from_slice(&past);
        river.taken[i] = river.by_step(&stream, self.steps);
        river.taken_streams[i] = stream;
    }

    /// What enters a canal.
    fn canal(&mut self, r: usize, pieces: &[Range<usize>], river: &mut River) {
        let mut chosen = Pieces::new();
        for days in pieces {
            let most = self.capacity(r, days.clone()).unwrap_or(f64::INFINITY);
            let variable = self.program.variable(0.0, most);
            river.canals.push(variable);
            chosen.push((days.clone(), Line::of(variable)));
        }
        let stream = river.choices.stream(chosen, self.plan.days);
        self.enters(r, stream, river);
    }

    /// What a reach can carry on some days.
    fn capacity(&self, r: usize, days: Range<usize>) -> Option<f64> {
        days.map(|day| self.capacity_on(r, day)).sum()
    }

    fn capacity_on(&self, r: usize, day: usize) -> Option<f64> {
        let date = date_of(self.plan.window().from(), day as i64);
        let flow = self.basin.reaches()[r].capacity_on(date);
        flow.map(|flow| flow.m3s() * A_DAY)
    }

    /// Cuts days where the capacity of a reach changes.
    fn as_wide(&self, r: usize, days: Range<usize>) -> Vec<Range<usize>> {
        cut(days, |from, day| {
            self.capacity_on(r, from) != self.capacity_on(r, day)
        })
    }

    /// Puts a stream into a reach.
    fn enters(&self, r: usize, mut stream: Stream, river: &mut River) {
        let past = self.past.readings(self.basin, Gauge::Reach(r));
        stream.known[..past.len()].copy_from_slice(&past);
        river.entering[r] = river.by_step(&stream, self.steps);
        river.streams[r] = stream;
    }

    /// The choices at a reservoir, within what it can hold and release.
    fn dam(&mut self, k: usize, first: &mut Vec<(usize, f64)>) -> Dam {
        let reservoir = &self.basin.reservoirs()[k];
        let mut dam = Dam {
            storage: Vec::new(),
            release: Vec::new(),
            spill: Vec::new(),
            entering: Vec::new(),
            losses: Vec::new(),
            turbined: None,
        };
        let (dead, full) = (reservoir.dead.mcm(), reservoir.full.mcm());
        // Ramping binds from day to day, not at a dekad's mean.
        let mut steady = reservoir.clone();
        (steady.ramp_up, steady.ramp_down) = (None, None);
        let ahead = self.past.steps(self.steps);
        let kept = self.kept.iter().find(|kept| kept.reservoir == k);
        for t in 0..self.steps.len() {
            if t < ahead {
                self.went(k, t, &mut dam);
                continue;
            }
            let volume = self.mean(k, t);
            let storage = self.program.variable(0.0, full);
            let below = self.program.variable(0.0, dead);
            first.push((below, 1.0));
            let line = Line::of(storage).plus(&Line::of(below), 1.0);
            let line = line.plus(&Line::constant(-dead), 1.0);
            self.program.row(line, Holds::AtLeast);
            let (mut least, mut most) = (0.0, 0.0);
            for day in self.steps.range(t) {
                let date = date_of(self.plan.window().from(), day as i64);
                let limits = steady.release_limits(date, volume, Flow::ZERO);
                least += limits.0.m3s() * A_DAY;
                most += limits.1.m3s() * A_DAY;
            }
            if let Some(kept) = kept {
                let given: f64 = kept.m3s[self.steps.range(t)].iter().sum();
                (least, most) = (given * A_DAY, given * A_DAY);
            }
            let release = self.program.variable(0.0, most);
            if least > 0.0 {
                let missing = self.program.variable(0.0, least);
                // What a dam was told to release goes after dead storage.
                first.push((missing, if kept.is_some() { 0.5 } else { 1.0 }));
                let line = Line::of(release).plus(&Line::of(missing), 1.0);
                let line = line.plus(&Line::constant(-least), 1.0);
                self.program.row(line, Holds::AtLeast);
            }
            let spill = self.program.variable(0.0, f64::INFINITY);
            let was_full = self.path.storage[k][t + 1] >= full * (1.0 - 1e-6);
            if self.spill_when_full && was_full && self.path.spill[k][t] > 0.0 {
                // It may spill again, but not fall by it.
                let down = self.program.variable(0.0, full);
                first.push((down, 2.0));
                let line = Line::of(storage).plus(&Line::of(down), 1.0);
                let line = line.plus(&Line::constant(-full), 1.0);
                self.program.row(line, Holds::AtLeast);
            } else if self.spill_when_full || kept.is_some() {
                first.push((spill, 2.0));
            }
            dam.storage.push(storage);
            dam.release.push(release);
            dam.spill.push(spill);
            dam.losses.push(self.surface_losses(k, t));
        }
        self.ramps(reservoir, &dam, first);
        if self.makes_energy[k] {
            dam.turbined = self.turbines(k, &dam);
        }
        dam
    }

    /// A step of the past, as it went.
    fn went(&mut self, k: usize, t: usize, dam: &mut Dam) {
        let days = self.steps.range(t);
        let sum = |gauge: Gauge| -> f64 {
            let days = days.clone();
            days.map(|day| self.past.reading(self.basin, gauge, day))
                .sum()
        };
        let lost = sum(Gauge::Evaporation(k)) + sum(Gauge::Seepage(k)) - sum(Gauge::Rain(k));
        let storage = self
            .past
            .reading(self.basin, Gauge::Storage(k), days.end - 1);
        let (release, spill) = (sum(Gauge::Release(k)), sum(Gauge::Spill(k)));
        let v = self.basin.reservoir_node(k);
        dam.entering
            .push(Line::constant(self.past.entering(v, k, days.clone())));
        dam.losses.push(lost);
        let mut fixed = |value: f64| self.program.variable(value, value);
        dam.storage.push(fixed(storage));
        dam.release.push(fixed(release));
        dam.spill.push(fixed(spill));
    }

    /// The storage on which a step's surface, outlets and head rest.
    fn mean(&self, k: usize, step: usize) -> Volume {
        let path = &self.path.storage[k];
        Volume::from_mcm(f64::midpoint(path[step], path[step + 1]))
    }

    fn surface_losses(&self, k: usize, step: usize) -> f64 {
        let store = &self.plan.stores[k];
        let curve = self.basin.reservoirs()[k].curve.as_ref();
        let area = curve.map_or(0.0, |curve| curve.area(self.mean(k, step)).m2());
        let days = self.steps.range(step);
        let depth = days.map(|day| {
            let rain = store.rain.as_ref().map_or(0.0, |rain| rain[day]);
            store.evaporation[day] + store.seepage - rain
        });
        depth.sum::<f64>() * area / MILLION
    }

    /// From one dekad's mean to the next, a release changes by no more than ramping allows between
    /// their middles.
    fn ramps(&mut self, reservoir: &Reservoir, dam: &Dam, first: &mut Vec<(usize, f64)>) {
        for t in self.past.steps(self.steps).max(1)..self.steps.len() {
            let (before, days) = (self.steps.days(t - 1), self.steps.days(t));
            let rise = Line::default()
                .plus(&Line::of(dam.release[t]), 1.0 / days)
                .plus(&Line::of(dam.release[t - 1]), -1.0 / before);
            let between = f64::midpoint(before, days);
            for (limit, sign) in [(reservoir.ramp_up, 1.0), (reservoir.ramp_down, -1.0)] {
                let Some(limit) = limit else { continue };
                let beyond = self.program.variable(0.0, f64::INFINITY);
                first.push((beyond, 1.0));
                let line = Line::constant(-limit.m3s() * A_DAY * between).plus(&rise, sign);
                let line = line.plus(&Line::of(beyond), -1.0);
                self.program.row(line, Holds::AtMost);
            }
        }
    }

    /// What goes through the turbines, and what it makes at the path's head.
    fn turbines(&mut self, k: usize, dam: &Dam) -> Option<(BySteps<usize>, BySteps<f64>)> {
        let reservoir = &self.basin.reservoirs()[k];
        let (plant, curve) = (reservoir.power.as_ref()?, reservoir.curve.as_ref()?);
        let (mut turbined, mut factors) = (Vec::new(), Vec::new());
        let ahead = self.past.steps(self.steps);
        for t in 0..self.steps.len() {
            if t < ahead {
                let days = self.steps.range(t);
                let made = days.map(|day| self.past.reading(self.basin, Gauge::Energy(k), day));
                let made = made.sum();
                turbined.push(self.program.variable(made, made));
                factors.push(1.0);
                continue;
            }
            let volume = self.mean(k, t);
            let level = curve.level(volume);
            let gates = reservoir.turbine_capacity(volume);
            let (mut most, mut power, mut factor) = (0.0, 0.0, 0.0);
            for day in self.steps.range(t) {
                let date = date_of(self.plan.window().from(), day as i64);
                let flow = gates.min(plant.discharge_on(date));
                let some = Volume::from_m3(1.0);
                let outflow = Flow::from_m3s(self.path.outflow[k][t]);
                factor += plant.energy_of_day(date, level, some, outflow).kwh();
                most += flow.m3s() * A_DAY;
                power += plant.capacity_on(date).mw() * 24.0 / 1e3;
            }
            factor /= self.steps.days(t);
            if factor > 0.0 {
                most = most.min(power / factor);
            }
            let through = self.program.variable(0.0, most);
            let line = Line::of(dam.release[t]).plus(&Line::of(through), -1.0);
            self.program.row(line, Holds::AtLeast);
            turbined.push(through);
            factors.push(factor);
        }
        self.by_month(k, ahead, &mut factors);
        Some((turbined, factors))
    }

    /// The same head for all dekads of a month: it is the plan itself that makes one dekad's head
    /// higher than the next, and a plan that took it for given would empty the lake in the first.
    fn by_month(&self, k: usize, ahead: usize, factors: &mut [f64]) {
        let windows = self.steps.windows();
        let month = |t: usize| Month::containing(windows[t].from());
        let mut from = ahead;
        while from < factors.len() {
            let to = (from..factors.len()).take_while(|&t| month(t) == month(from));
            let to = from + to.count();
            let through = |t: usize| self.path.outflow[k][t] * self.steps.days(t);
            let passed: f64 = (from..to).map(through).sum();
            let mean = if passed > 0.0 {
                (from..to).map(|t| factors[t] * through(t)).sum::<f64>() / passed
            } else {
                factors[from..to].iter().sum::<f64>() / (to - from) as f64
            };
            factors[from..to].fill(mean);
            from = to;
        }
    }

    /// What comes to a node, and where it goes.
    fn node(&mut self, v: usize, river: &mut River) {
        let (steps, days) = (self.steps, self.plan.days);
        let ahead = self.past.days();
        let ways = &self.plan.ways[v];
        let nodes = self.plan.sizes.nodes;
        let lateral = |day: usize| self.plan.inflow[day * nodes + v] / MILLION;
        let mut stream = Stream::nothing(days);
        for &r in &ways.into {
            stream.join(river.streams[r].through_reach(self.plan, r));
        }
        river.arriving[v] = river.by_step(&stream, steps);
        for (day, known) in stream.known.iter_mut().enumerate() {
            *known += lateral(day).max(0.0);
        }
        for (i, offtake) in self.basin.offtakes().iter().enumerate() {
            let back = offtake.return_flow.as_ref();
            if let Some(back) = back.filter(|back| back.to == self.basin.nodes()[v].id) {
                let lag = back.lag_days as usize;
                stream.join(river.taken_streams[i].later(lag, back.fraction, 0.0));
            }
        }
        let past = self.past.readings(self.basin, Gauge::Node(v));
        stream.known[..ahead].copy_from_slice(&past);
        river.passing[v] = river.by_step(&stream, steps);
        river.passing_streams[v] = stream.clone();
        let pieces: Vec<Range<usize>> = match ways.store {
            Some(_) => self.by_step(),
            None => (self
                .by_step()
                .into_iter()
                .flat_map(|step| stream.even(step)))
            .collect(),
        };
        for &i in &ways.offtakes {
            if river.takes[i].is_empty() {
                self.offtake(i, &pieces, river);
            }
        }
        for &r in &ways.canals {
            self.canal(r, &pieces, river);
        }
        let taken = |river: &River, days: &Range<usize>| {
            let mut taken = Line::default();
            for &i in &ways.offtakes {
                let stream = &river.taken_streams[i];
                taken.add(&river.choices.on(stream, days.clone()), 1.0);
            }
            for &r in &ways.canals {
                let stream = &river.streams[r];
                taken.add(&river.choices.on(stream, days.clone()), 1.0);
            }
            taken
        };
        if let Some(k) = ways.store {
            let mut out = Pieces::new();
            for t in self.past.steps(steps)..steps.len() {
                let taken = taken(river, &steps.range(t));
                let left = self.balance(k, t, &taken, river);
                out.push((steps.range(t), left));
            }
            if let Some(r) = ways.river {
                for (t, (_, left)) in (self.past.steps(steps)..).zip(&out) {
                    let step = steps.range(t);
                    for part in self.as_wide(r, step.clone()) {
                        let mut line = Line::default();
                        line.add(left, part.len() as f64 / step.len() as f64);
                        self.bounded(r, part, &line, &mut river.first);
                    }
                }
                let stream = river.choices.stream(out, days);
                self.enters(r, stream, river);
            }
            return;
        }
        let mut chosen = !ways.offtakes.is_empty() || !ways.canals.is_empty();
        let mut own = Pieces::new();
        for days in pieces {
            let mut left = Line::default().plus(&taken(river, &days), -1.0);
            let vanishes = days.clone().map(|day| (-lateral(day)).max(0.0)).sum();
            chosen |= self.lose(&mut left, vanishes, &mut river.first);
            own.push((days, left.tidy()));
        }
        if chosen {
            river.choices.add(&mut stream, own);
        }
        for t in self.past.steps(steps)..steps.len() {
            // Between two moments at which something changes the flow is even, and may not run
            // backwards in any such part of a dekad.
            for part in stream.even(steps.range(t)).into_iter().filter(|_| chosen) {
                let left = river.choices.on(&stream, part);
                self.program.row(left, Holds::AtLeast);
            }
            if let Some(r) = ways.river {
                for part in self.as_wide(r, steps.range(t)) {
                    let left = river.choices.on(&stream, part.clone()).tidy();
                    self.bounded(r, part, &left, &mut river.first);
                }
            }
        }
        if let Some(r) = ways.river {
            self.enters(r, stream, river);
        }
    }

    /// Takes what vanishes from a line, as far as there is water.
    fn lose(&mut self, line: &mut Line, volume: f64, first: &mut Vec<(usize, f64)>) -> bool {
        if volume <= 0.0 {
            return false;
        }
        let unmet = self.program.variable(0.0, volume);
        first.push((unmet, 1.0));
        line.add_constant(-volume);
        line.add(&Line::of(unmet), 1.0);
        true
    }

    /// Keeps what enters a river reach within its capacity, as far as it can be helped.
    fn bounded(
        &mut self,
        r: usize,
        days: Range<usize>,
        entering: &Line,
        first: &mut Vec<(usize, f64)>,
    ) {
        let Some(most) = self.capacity(r, days) else {
            return;
        };
        if entering.is_constant() {
            return;
        }
        let over = self.program.variable(0.0, f64::INFINITY);
        first.push((over, 1.0));
        let line = entering.clone().plus(&Line::of(over), -1.0);
        self.program
            .row(line.plus(&Line::constant(-most), 1.0), Holds::AtMost);
    }

    /// What a reservoir holds at a step's end, with so much taken by offtakes and canals; gives what
    /// leaves the dam.
    fn balance(&mut self, k: usize, t: usize, taken: &Line, river: &mut River) -> Line {
        let store = &self.plan.stores[k];
        let term = store.unaccounted.as_ref();
        let nodes = self.plan.sizes.nodes;
        let lateral = |day: usize| self.plan.inflow[day * nodes + store.node];
        let (mut comes, mut vanishes) = (0.0, 0.0);
        for day in self.steps.range(t) {
            let unaccounted = term.map_or(0.0, |term| term[day]) / MILLION;
            comes += unaccounted.max(0.0);
            vanishes += (-unaccounted).max(0.0) + (-lateral(day) / MILLION).max(0.0);
        }
        let mut entering = river.passing[store.node][t].clone();
        let dam = &mut river.dams[k];
        let losses = dam.losses[t];
        entering.add_constant(comes);
        // What there is no water for does not vanish or evaporate.
        let mut gone = Line::default();
        self.lose(&mut gone, vanishes + losses.max(0.0), &mut river.first);
        entering.add(&gone, 1.0);
        entering.add_constant(losses.max(0.0));
        let before = match t.checked_sub(1) {
            Some(before) => Line::of(dam.storage[before]),
            None => Line::constant(store.initial / MILLION),
        };
        let out = Line::of(dam.release[t]).plus(&Line::of(dam.spill[t]), 1.0);
        let mut left = entering.clone().plus(&before, 1.0).plus(taken, -1.0);
        left.add_constant(-losses);
        left.add(&out, -1.0);
        left.add(&Line::of(dam.storage[t]), -1.0);
        dam.entering.push(entering.tidy());
        self.program.row(left, Holds::Equal);
        out
    }
}

impl River {
    /// What a stream brings in each step.
    fn by_step(&self, stream: &Stream, steps: &Steps) -> BySteps<Line> {
        let look = |t: usize| self.choices.on(stream, steps.range(t)).tidy();
        (0..steps.len()).map(look).collect()
    }

    /// What a gauge reads in the parts of a step within which it is even, each with its days.
    pub(super) fn even_readings(
        &self,
        gauge: Gauge,
        steps: &Steps,
        t: usize,
    ) -> Vec<(Range<usize>, Line)> {
        let stream = match gauge {
            Gauge::Node(v) => &self.passing_streams[v],
            Gauge::Reach(r) => &self.streams[r],
            Gauge::Offtake(i) => &self.taken_streams[i],
            _ => return Vec::new(),
        };
        let parts = stream.as_even(steps.range(t)).into_iter();
        parts
            .map(|days| (days.clone(), self.choices.on(stream, days).tidy()))
            .collect()
    }

    /// What a gauge reads in a step, in Mm3 or `GWh`: a sum over its days, a storage at its end.
    pub(super) fn reading(&self, gauge: Gauge, plan: &Plan, step: usize) -> Line {
        match gauge {
            Gauge::Offtake(i) => self.taken[i][step].clone(),
            Gauge::Node(v) => self.passing[v][step].clone(),
            Gauge::Reach(r) => self.entering[r][step].clone(),
            Gauge::Arrivals(v) => self.arriving[v][step].clone(),
            Gauge::Release(k) => Line::of(self.dams[k].release[step]),
            Gauge::Spill(k) => Line::of(self.dams[k].spill[step]),
            Gauge::Storage(k) => Line::of(self.dams[k].storage[step]),
            Gauge::StorageChange(k) => {
                let now = Line::of(self.dams[k].storage[step]);
                now.plus(&self.storage_before(k, plan, step), -1.0)
            }
            Gauge::Energy(k) => match &self.dams[k].turbined {
                Some((through, factor)) => {
                    Line::default().plus(&Line::of(through[step]), factor[step])
                }
                None => Line::default(),
            },
            _ => Line::default(),
        }
    }

    /// What a reservoir holds at a step's start.
    pub(super) fn storage_before(&self, k: usize, plan: &Plan, step: usize) -> Line {
        match step.checked_sub(1) {
            Some(before) => Line::of(self.dams[k].storage[before]),
            None => Line::constant(plan.stores[k].initial / MILLION),
        }
    }
}
