//! The basin as a linear program: one block of variables and rows for each dekad.
//!
//! The flow of a river reach is no variable: what enters it is what comes to its tail less what is
//! taken there, so a row for each place where something is taken keeps it from running backwards,
//! and a chain of places without choice costs nothing.
//!
//! Each choice goes down the river with its whole travel time, and is spread over dekads only where
//! it is looked at: spread anew in each reach it would run ahead of itself.

use super::Planner;
use super::program::{Holds, Line, Program};
use super::steps::Steps;
use super::wants::MILLION;
use crate::basin::{Basin, ReachKind, Reservoir};
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
    /// Through the turbines, where energy is due, with what a unit of water makes in kWh/m3.
    pub(super) turbined: Option<(BySteps<usize>, BySteps<f64>)>,
}

/// The program's blocks, by place.
#[derive(Debug)]
pub(super) struct River {
    pub(super) dams: Vec<Dam>,
    /// By reach and step: what enters.
    pub(super) entering: Vec<BySteps<Line>>,
    /// By node and step: what the reaches bring.
    pub(super) arriving: Vec<BySteps<Line>>,
    /// By node and step: what passes.
    pub(super) passing: Vec<BySteps<Line>>,
    /// By reach: what enters, by day.
    streams: Vec<Stream>,
    /// By node: what passes, by day.
    passing_streams: Vec<Stream>,
    /// Choices where they are made, by step.
    choices: Vec<BySteps<Line>>,
    /// By offtake and step: what is taken.
    pub(super) taken: Vec<BySteps<Line>>,
    /// Canals: reach and variables.
    pub(super) canals: Vec<(usize, BySteps<usize>)>,
    /// What nature and structures take before anybody: costs of what is missing.
    pub(super) first: Vec<(usize, f64)>,
}

/// What goes down a reach: choices with the time since they were made and what is left of them,
/// and what is known, by day.
#[derive(Clone, Debug, Default)]
struct Stream {
    /// Which of [`River::choices`], the travel time from there, and the gain.
    parts: Vec<(usize, u32, f64)>,
    /// In Mm3 a day.
    known: Vec<f64>,
}

pub(super) struct Builder<'a> {
    plan: &'a Plan,
    basin: &'a Basin,
    steps: &'a Steps,
    program: &'a mut Program,
    path: &'a Path,
    /// By reservoir: whether energy is due there.
    makes_energy: &'a [bool],
    /// Whether spill is avoided before all classes where the path is below full supply.
    spill_when_full: bool,
}

impl<'a> Builder<'a> {
    pub(super) fn new(
        planner: &'a Planner,
        steps: &'a Steps,
        program: &'a mut Program,
        path: &'a Path,
        makes_energy: &'a [bool],
        spill_when_full: bool,
    ) -> Self {
        let plan = &planner.plan;
        let basin = plan.model().basin();
        Self {
            plan,
            basin,
            steps,
            program,
            path,
            makes_energy,
            spill_when_full,
        }
    }

    /// Builds everything, with what offtakes take given.
    pub(super) fn build(mut self, taken: Vec<BySteps<Line>>) -> River {
        let (basin, n) = (self.basin, self.steps.len());
        let canals: Vec<(usize, BySteps<usize>)> = (0..basin.reaches().len())
            .filter(|&r| basin.reaches()[r].kind == ReachKind::Canal)
            .map(|r| (r, (0..n).map(|t| self.canal(r, t)).collect()))
            .collect();
        let mut river = River {
            dams: Vec::new(),
            entering: vec![Vec::new(); basin.reaches().len()],
            arriving: vec![Vec::new(); basin.nodes().len()],
            passing: vec![Vec::new(); basin.nodes().len()],
            streams: vec![Stream::default(); basin.reaches().len()],
            passing_streams: vec![Stream::default(); basin.nodes().len()],
            choices: Vec::new(),
            taken,
            first: Vec::new(),
            canals,
        };
        for (r, variables) in river.canals.clone() {
            river.entering[r] = variables.iter().map(|&v| Line::of(v)).collect();
            river.chosen(r, self.plan.days);
        }
        river.dams = (0..basin.reservoirs().len())
            .map(|k| self.dam(k, &mut river.first))
            .collect();
        for &v in basin.downstream_order() {
            self.node(v, &mut river);
        }
        river
    }

    fn canal(&mut self, r: usize, step: usize) -> usize {
        let capacity = self.basin.reaches()[r].capacity;
        let most = capacity.map_or(f64::INFINITY, |q| q.m3s() * A_DAY * self.steps.days(step));
        self.program.variable(0.0, most)
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
        for t in 0..self.steps.len() {
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
            let release = self.program.variable(0.0, most);
            if least > 0.0 {
                let missing = self.program.variable(0.0, least);
                first.push((missing, 1.0));
                let line = Line::of(release).plus(&Line::of(missing), 1.0);
                let line = line.plus(&Line::constant(-least), 1.0);
                self.program.row(line, Holds::AtLeast);
            }
            let spill = self.program.variable(0.0, f64::INFINITY);
            if self.spill_when_full && self.path.storage[k][t + 1] < full * (1.0 - 1e-6) {
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
        for t in 1..self.steps.len() {
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
        for t in 0..self.steps.len() {
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
        self.by_month(k, &mut factors);
        Some((turbined, factors))
    }

    /// The same head for all dekads of a month: it is the plan itself that makes one dekad's head
    /// higher than the next, and a plan that took it for given would empty the lake in the first.
    fn by_month(&self, k: usize, factors: &mut [f64]) {
        let windows = self.steps.windows();
        let month = |t: usize| Month::containing(windows[t].from());
        let mut from = 0;
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
        let steps = self.steps;
        let ways = &self.plan.ways[v];
        let nodes = self.plan.sizes.nodes;
        let lateral = |day: usize| self.plan.inflow[day * nodes + v] / MILLION;
        let vanishes = steps.sums(|day| (-lateral(day)).max(0.0));
        let mut stream = river.arriving_at(v, self.plan);
        let by_step = |river: &River, stream: &Stream| -> BySteps<Line> {
            let look = |t: usize| river.looked_at(stream, steps, steps.range(t)).tidy();
            (0..steps.len()).map(look).collect()
        };
        river.arriving[v] = by_step(river, &stream);
        for (day, known) in stream.known.iter_mut().enumerate() {
            *known += lateral(day).max(0.0);
        }
        let returned = self.returned(v, &river.taken);
        if returned.iter().any(|line| *line != Line::default()) {
            river.choices.push(returned);
            stream.parts.push((river.choices.len() - 1, 0, 1.0));
        }
        river.passing[v] = by_step(river, &stream);
        river.passing_streams[v] = stream.clone();
        let mut here = Vec::new();
        let mut chosen = !ways.offtakes.is_empty() || !ways.canals.is_empty();
        for (t, &vanishes) in vanishes.iter().enumerate() {
            let mut taken = Line::default();
            for &i in &ways.offtakes {
                taken.add(&river.taken[i][t], 1.0);
            }
            for &r in &ways.canals {
                taken.add(&river.entering[r][t], 1.0);
            }
            if let Some(k) = ways.store {
                self.balance(k, t, river.passing[v][t].clone(), &taken, river);
                continue;
            }
            let mut own = Line::default().plus(&taken, -1.0);
            chosen |= self.lose(&mut own, vanishes, &mut river.first);
            here.push(own.tidy());
        }
        if ways.store.is_some() {
            if let Some(r) = ways.river {
                river.chosen(r, self.plan.days);
            }
            return;
        }
        if chosen {
            river.choices.push(here);
            stream.parts.push((river.choices.len() - 1, 0, 1.0));
        }
        for t in 0..steps.len() {
            // Between two moments at which something changes the flow is even, and may not run
            // backwards in any such part of a dekad.
            for part in stream.even_parts(steps, t).into_iter().filter(|_| chosen) {
                let left = river.looked_at(&stream, steps, part);
                self.program.row(left, Holds::AtLeast);
            }
            if let Some(r) = ways.river {
                let left = river.looked_at(&stream, steps, steps.range(t)).tidy();
                self.bounded(r, t, &left, &mut river.first);
                river.entering[r].push(left);
            }
        }
        if let Some(r) = ways.river {
            river.streams[r] = stream;
        }
    }

    /// What comes back at a node of what offtakes took.
    fn returned(&self, v: usize, taken: &[BySteps<Line>]) -> BySteps<Line> {
        let mut returned = vec![Line::default(); self.steps.len()];
        for (i, offtake) in self.basin.offtakes().iter().enumerate() {
            let back = offtake.return_flow.as_ref();
            let Some(back) = back.filter(|back| back.to == self.basin.nodes()[v].id) else {
                continue;
            };
            for (t, line) in returned.iter_mut().enumerate() {
                for (source, part) in self.steps.sources(t, back.lag_days) {
                    line.add(&taken[i][source], part * back.fraction);
                }
            }
        }
        returned.into_iter().map(Line::tidy).collect()
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
    fn bounded(&mut self, r: usize, t: usize, entering: &Line, first: &mut Vec<(usize, f64)>) {
        let Some(capacity) = self.basin.reaches()[r].capacity else {
            return;
        };
        if entering.is_constant() {
            return;
        }
        let most = capacity.m3s() * A_DAY * self.steps.days(t);
        let over = self.program.variable(0.0, f64::INFINITY);
        first.push((over, 1.0));
        let line = entering.clone().plus(&Line::of(over), -1.0);
        self.program
            .row(line.plus(&Line::constant(-most), 1.0), Holds::AtMost);
    }

    /// What a reservoir holds at a step's end: `entering` is what passes its node, `taken` what
    /// offtakes and canals draw from it.
    fn balance(&mut self, k: usize, t: usize, entering: Line, taken: &Line, river: &mut River) {
        let store = &self.plan.stores[k];
        let term = store.unaccounted.as_ref();
        let nodes = self.plan.sizes.nodes;
        let lateral = |day: usize| self.plan.inflow[day * nodes + store.node];
        let days = self.steps.range(t);
        let (mut comes, mut vanishes) = (0.0, 0.0);
        for day in days {
            let unaccounted = term.map_or(0.0, |term| term[day]) / MILLION;
            comes += unaccounted.max(0.0);
            vanishes += (-unaccounted).max(0.0) + (-lateral(day) / MILLION).max(0.0);
        }
        let dam = &mut river.dams[k];
        let losses = dam.losses[t];
        let mut entering = entering;
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
        if let Some(r) = self.plan.ways[store.node].river {
            self.bounded(r, t, &out, &mut river.first);
            river.entering[r].push(out);
        }
    }
}

impl Stream {
    /// The parts of a step within which no choice upstream changes, as days of the run.
    fn even_parts(&self, steps: &Steps, t: usize) -> Vec<std::ops::Range<usize>> {
        let days = steps.range(t);
        let mut cuts = vec![days.start, days.end];
        for &(_, lag, _) in &self.parts {
            let changes = (0..=t).map(|source| steps.range(source).start + lag as usize);
            cuts.extend(changes.filter(|cut| days.contains(cut)));
            cuts.extend(Some(lag as usize).filter(|cut| days.contains(cut)));
        }
        cuts.sort_unstable();
        cuts.dedup();
        cuts.windows(2).map(|pair| pair[0]..pair[1]).collect()
    }
}

impl River {
    /// A choice is all that enters a reach.
    fn chosen(&mut self, r: usize, days: usize) {
        self.choices.push(self.entering[r].clone());
        self.streams[r] = Stream {
            parts: vec![(self.choices.len() - 1, 0, 1.0)],
            known: vec![0.0; days],
        };
    }

    /// What the reaches bring to a node.
    fn arriving_at(&self, v: usize, plan: &Plan) -> Stream {
        let mut sum = Stream {
            parts: Vec::new(),
            known: vec![0.0; plan.days],
        };
        for &r in &plan.ways[v].into {
            let (channel, stream) = (&plan.reaches[r], &self.streams[r]);
            let later = |&(choice, lag, gain): &(usize, u32, f64)| {
                (choice, lag + channel.lag as u32, gain * channel.gain)
            };
            sum.parts.extend(stream.parts.iter().map(later));
            for (day, known) in sum.known.iter_mut().enumerate() {
                *known += match day.checked_sub(channel.lag) {
                    Some(entered) => stream.known[entered] * channel.gain,
                    None => channel.antecedent / MILLION,
                };
            }
        }
        sum
    }

    /// What a stream brings on some days of one step.
    fn looked_at(&self, stream: &Stream, steps: &Steps, days: std::ops::Range<usize>) -> Line {
        let mut line = Line::default();
        for &(choice, lag, gain) in &stream.parts {
            for (source, part) in steps.sources_of(days.clone(), lag) {
                line.add(&self.choices[choice][source], part * gain);
            }
        }
        line.add_constant(stream.known[days].iter().sum());
        line
    }

    /// What a gauge reads on some days of one step, and the parts of a step within which it is
    /// even.
    pub(super) fn even_readings(&self, gauge: Gauge, steps: &Steps, t: usize) -> Vec<(f64, Line)> {
        let stream = match gauge {
            Gauge::Node(v) => &self.passing_streams[v],
            Gauge::Reach(r) => &self.streams[r],
            _ => return Vec::new(),
        };
        let parts = stream.even_parts(steps, t).into_iter();
        parts
            .map(|days| {
                let part = days.len() as f64 / steps.days(t);
                (part, self.looked_at(stream, steps, days).tidy())
            })
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
