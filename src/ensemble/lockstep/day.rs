//! One wave for several members: each step as in [`Simulation`](crate::Simulation), in the same order.

use super::LANES;
use super::course::{Book, Course, Row};
use crate::allocation::{Days, lanes, least, most};
use crate::ledger::CLOSES_AT;
use crate::settlement::Gauge;
use crate::simulation::{Outflow, SECONDS_A_DAY, Seen, Store, infeasible};
use crate::units::{Flow, Volume};

const NOTHING: Row = [0.0; LANES];
const ALL: Row = [f64::INFINITY; LANES];

/// What a node's day was, for whoever reads it.
struct Passed {
    node: usize,
    day: usize,
    arrived: Row,
    start: Row,
    /// What went on down the river, or left the basin.
    on: Row,
    outflow: Option<Released>,
}

/// What left a reservoir, and what stayed.
#[derive(Clone, Copy)]
struct Released {
    store: usize,
    stored: Row,
    release: Row,
    spill: Row,
}

impl Course<'_> {
    /// Runs all days.
    pub(super) fn run(&mut self) {
        while self.wave.number < self.plan.days as i64 {
            self.begin();
            self.known_water();
            self.claims();
            self.ask_policies();
            self.claim_losses();
            self.certain_spill();
            self.share();
            self.route();
            self.tally();
            self.wave.number += 1;
            if self.wrong.iter().all(|&wrong| wrong) {
                return;
            }
        }
        for (l, wrong) in self.wrong.iter_mut().enumerate() {
            let closes = |book: &Book| book.missed[l] <= CLOSES_AT * book.throughput[l];
            *wrong |= !self.books.iter().all(closes);
        }
    }

    fn begin(&mut self) {
        let (plan, wave) = (self.plan, &mut self.wave);
        for v in 0..plan.sizes.nodes {
            let day = plan.day_at(wave.number, v);
            wave.day[v] = usize::try_from(day).ok().filter(|&day| day < plan.days);
        }
        // Where a wave passes all nodes on days of the run, every number is written anew.
        let days = plan.days as i64;
        if wave.number <= 0 || wave.number + plan.last_lead >= days {
            wave.antecedent.fill(NOTHING);
            wave.claim.fill(NOTHING);
        }
        wave.arriving.fill(NOTHING);
        if wave.number < 0 {
            for (r, reach) in plan.reaches.iter().enumerate() {
                let before = plan.day_at(wave.number, reach.tail) < 0;
                if before && wave.day[reach.head].is_some() {
                    let flow = self.carried.antecedent[r];
                    wave.arriving[r] = flow;
                    let here = &mut wave.antecedent[reach.head];
                    *here = lanes(|l| here[l] + flow[l]);
                }
            }
        }
        if plan.returns.is_empty() {
            return;
        }
        wave.returned.fill(NOTHING);
        for (back, held) in plan.returns.iter().zip(&mut self.carried.returning) {
            let slot = wave.number.rem_euclid(back.waves as i64) as usize;
            let due = std::mem::replace(&mut held[slot], NOTHING);
            if wave.day[back.to].is_some() {
                let here = &mut wave.returned[back.to];
                *here = lanes(|l| here[l] + due[l]);
            }
        }
    }

    fn known_water(&mut self) {
        let plan = self.plan;
        for v in 0..plan.sizes.nodes {
            let Some(day) = self.wave.day[v] else {
                self.wave.supply[v] = NOTHING;
                self.wave.loss[v] = NOTHING;
                continue;
            };
            let lateral = self.inflow[v].at(&plan.inflow, plan.sizes.nodes, day);
            let wave = &mut self.wave;
            let (returned, antecedent) = (wave.returned[v], wave.antecedent[v]);
            let entering: Row = lanes(|l| most(lateral[l], 0.0) + returned[l] + antecedent[l]);
            if let Some(k) = plan.ways[v].store {
                self.known_storage(k, day, lateral, entering);
            } else {
                wave.supply[v] = entering;
                wave.lateral[v] = lanes(|l| most(lateral[l], 0.0));
                wave.loss[v] = lanes(|l| most(-lateral[l], 0.0));
            }
        }
    }

    /// A reservoir's known day: gains first, then losses as far as there is water.
    fn known_storage(&mut self, k: usize, day: usize, lateral: Row, entering: Row) {
        let plan = self.plan;
        let store = &plan.stores[k];
        let start = self.carried.storage[k];
        let curve = plan.model().basin().reservoirs()[k].curve.as_ref();
        let area: Row = curve.map_or(NOTHING, |curve| {
            lanes(|l| curve.area(Volume::from_m3(start[l])).m2())
        });
        let unaccounted = store.unaccounted.as_ref().map_or(0.0, |term| term[day]);
        let depth = store.rain.as_ref().map(|depth| depth[day]);
        let rain: Row = depth.map_or(NOTHING, |depth| lanes(|l| depth * area[l]));
        let mut have: Row = lanes(|l| start[l] + entering[l] + rain[l] + most(unaccounted, 0.0));
        let mut take = |wanted: Row| {
            let taken: Row = lanes(|l| least(wanted[l], have[l]));
            have = lanes(|l| have[l] - taken[l]);
            taken
        };
        let lost = take(lanes(|l| most(-lateral[l], 0.0)));
        let vanished = take([most(-unaccounted, 0.0); LANES]);
        self.wave.unaccounted[k] = lanes(|l| most(unaccounted, 0.0) - vanished[l]);
        if curve.is_some() {
            let wave = &mut self.wave;
            wave.evaporation[k] = take(lanes(|l| store.evaporation[day] * area[l]));
            wave.seepage[k] = take(lanes(|l| store.seepage * area[l]));
            wave.rain[k] = rain;
        }
        let wave = &mut self.wave;
        wave.known[k] = have;
        let base: Row = lanes(|l| least(have[l], store.dead));
        wave.supply[store.node] = lanes(|l| have[l] - base[l]);
        wave.claim[store.refill_claim] = lanes(|l| store.dead - base[l]);
        wave.lateral[store.node] = lanes(|l| most(lateral[l], 0.0) - lost[l]);
    }

    fn claims(&mut self) {
        for (i, offtake) in self.plan.offtakes.iter().enumerate() {
            if let Some(day) = self.wave.day[offtake.node] {
                let (asked, demand) = self.demand_on(i, day);
                self.wave.asked[i] = asked;
                self.wave.claim[offtake.claim] = demand;
            }
        }
        for stream in &self.lockstep.streams {
            if let (Some(day), Some(_)) = (self.wave.day[stream.node], self.wave.day[stream.tail]) {
                self.wave.claim[stream.claim] = [stream.by_day[day]; LANES];
            }
        }
    }

    fn ask_policies(&mut self) {
        let plan = self.plan;
        for (k, store) in plan.stores.iter().enumerate() {
            let Some(day) = self.wave.day[store.node] else {
                self.wave.ceiling[k] = ALL;
                continue;
            };
            let mut ceiling = ALL;
            if self.lockstep.steady[k] {
                let least = plan.model().basin().reservoirs()[k].min_release;
                self.wave.claim[store.floor_claim] = [least.m3s() * SECONDS_A_DAY; LANES];
                self.wave.claim[store.keep_claim] =
                    [most(store.full - store.dead - 0.0, 0.0); LANES];
            } else {
                for (l, ceiling) in ceiling.iter_mut().enumerate() {
                    *ceiling = self.ask_policy(k, day, l);
                }
            }
            if let Some(river) = plan.ways[store.node].river {
                ceiling = lanes(|l| least(ceiling[l], plan.reaches[river].capacity));
                self.wave.capacity[river] = ceiling;
            }
            self.wave.ceiling[k] = ceiling;
        }
    }

    /// Asks the operator of one member's reservoir; gives the ceiling.
    fn ask_policy(&mut self, k: usize, day: usize, l: usize) -> f64 {
        let plan = self.plan;
        let store = &plan.stores[k];
        let flow = |volume: f64| Flow::from_m3s(volume / SECONDS_A_DAY);
        let wave = &mut self.wave;
        let seen = Seen {
            storage: Volume::from_m3(self.carried.storage[k][l]),
            available: Volume::from_m3(wave.known[k][l]),
            entered: flow(wave.lateral[store.node][l] + wave.antecedent[store.node][l]),
            last_inflow: flow(self.carried.last_inflow[k][l]),
            last_release: flow(self.carried.last_release[k][l]),
            forecast: &[],
            demand: flow(0.0),
        };
        let view = plan.view(k, day, seen);
        let decision = &mut self.shared.decisions[k];
        decision.reset(view.min_release, view.max_release);
        plan.model().policy(k).decide(&view, decision);
        if infeasible(&view, decision).is_some() {
            self.wrong[l] = true;
            decision.reset(view.min_release, view.max_release);
        }
        let (mut before_all, ceiling) = decision.volumes();
        if let Some(claim) = store.release_claim {
            wave.claim[claim][l] = before_all;
            before_all = before_all.min(view.min_release.m3s() * SECONDS_A_DAY);
        }
        wave.claim[store.floor_claim][l] = before_all;
        let (mut kept, mut zone) = (0.0, store.dead);
        for (wish, &claim) in store.wish_claims.iter().enumerate() {
            let top = zone + decision.keep[wish].m3();
            wave.claim[claim][l] = (top - zone).max(0.0);
            kept += (top - zone).max(0.0);
            zone = top;
        }
        wave.claim[store.keep_claim][l] = (store.full - store.dead - kept).max(0.0);
        ceiling
    }

    /// Net losses are senior claims where water must pass them for somebody beyond.
    fn claim_losses(&mut self) {
        let plan = self.plan;
        if plan.loss_claim.iter().all(Option::is_none) {
            return;
        }
        for &v in plan.order.iter().rev() {
            let ways = &plan.ways[v];
            let mut stream = self.largest(&ways.streams);
            if let Some(r) = ways.river {
                let (beyond, gain) = (self.wave.wanted[plan.reaches[r].head], plan.reaches[r].gain);
                stream = lanes(|l| most(stream[l], beyond[l] / gain));
            }
            let mut wanted = self.claimed_by_offtakes(v);
            if let Some(k) = ways.store {
                let store = &plan.stores[k];
                for claim in [Some(store.floor_claim), store.release_claim] {
                    let least = claim.map_or(NOTHING, |claim| self.wave.claim[claim]);
                    stream = lanes(|l| most(stream[l], least[l]));
                }
                let (stored, supply) = (self.wanted_in(store), self.wave.supply[v]);
                wanted = lanes(|l| wanted[l] + (stored[l] - supply[l]));
            }
            wanted = lanes(|l| most(wanted[l] + stream[l], 0.0));
            if let Some(claim) = plan.loss_claim[v] {
                let loss = self.wave.loss[v];
                let claimed: Row = lanes(|l| if wanted[l] > 0.0 { loss[l] } else { 0.0 });
                self.wave.claim[claim] = claimed;
                wanted = lanes(|l| wanted[l] + claimed[l]);
            }
            let passing = self.largest(&ways.passing);
            self.wave.wanted[v] = lanes(|l| most(wanted[l], passing[l]));
        }
    }

    /// The largest of claims in one stream.
    fn largest(&self, claims: &[usize]) -> Row {
        claims.iter().fold(NOTHING, |largest, &claim| {
            let claim = &self.wave.claim[claim];
            lanes(|l| most(largest[l], claim[l]))
        })
    }

    /// Water that no reservoir can hold becomes supply below the dam.
    fn certain_spill(&mut self) {
        let plan = self.plan;
        if self.wave.ceiling.iter().all(|ceiling| *ceiling == ALL) {
            return;
        }
        for &v in plan.order.iter().rev() {
            let here = self.claimed_here(v);
            self.wave.need[v] = match plan.ways[v].river {
                Some(r) => {
                    let beyond = self.wave.need[plan.reaches[r].head];
                    lanes(|l| beyond[l] / plan.reaches[r].gain + here[l])
                }
                None => here,
            };
        }
        for &v in &plan.order {
            let ways = &plan.ways[v];
            let Some(river) = ways.river else { continue };
            let claimed = self.claimed_here(v);
            let wave = &mut self.wave;
            let mut arriving = NOTHING;
            for &r in &ways.into {
                arriving = lanes(|l| arriving[l] + wave.arriving[r][l]);
            }
            let left: Row = lanes(|l| {
                let decided = arriving[l] - wave.antecedent[v][l];
                most(decided + wave.supply[v][l] - claimed[l], 0.0)
            });
            let reach = &plan.reaches[river];
            let mut on = left;
            if let Some(k) = ways.store.filter(|_| wave.day[v].is_some()) {
                let over: Row = lanes(|l| most(left[l] - wave.ceiling[k][l], 0.0));
                if over != NOTHING {
                    let store = &plan.stores[k];
                    let start = self.carried.storage[k];
                    let held: Row =
                        lanes(|l| store.surcharged(over[l], plan.spillway(k, start[l])));
                    let spill: Row = lanes(|l| least(over[l] - held[l], wave.supply[v][l]));
                    wave.supply[v] = lanes(|l| wave.supply[v][l] - spill[l]);
                    if wave.day[reach.head].is_some() {
                        let below = &mut wave.supply[reach.head];
                        *below = lanes(|l| below[l] + spill[l] * reach.gain);
                    }
                    on = lanes(|l| on[l] - (held[l] + spill[l]));
                }
            }
            let further = &mut wave.arriving[river];
            *further = lanes(|l| further[l] + on[l] * reach.gain);
        }
    }

    /// All that is taken out at a node if every claim there is served in full.
    fn claimed_here(&self, v: usize) -> Row {
        let (taken, loss) = (self.claimed_by_offtakes(v), self.wave.loss[v]);
        let mut here = lanes(|l| loss[l] + taken[l]);
        if let Some(k) = self.plan.ways[v].store {
            let store = &self.plan.stores[k];
            let (wanted, keep) = (self.wanted_in(store), self.wave.claim[store.keep_claim]);
            here = lanes(|l| here[l] + (wanted[l] + keep[l]));
        }
        here
    }

    fn claimed_by_offtakes(&self, v: usize) -> Row {
        let offtakes = self.plan.ways[v].offtakes.iter();
        offtakes.fold(NOTHING, |here, &i| {
            let asked = &self.wave.claim[self.plan.offtakes[i].claim];
            lanes(|l| here[l] + asked[l])
        })
    }

    /// What dead storage and policy want to see in a reservoir at the day's end.
    fn wanted_in(&self, store: &Store) -> Row {
        let wishes = store.wish_claims.iter().fold(NOTHING, |wishes, &wish| {
            let wish = &self.wave.claim[wish];
            lanes(|l| wishes[l] + wish[l])
        });
        let refill = &self.wave.claim[store.refill_claim];
        lanes(|l| refill[l] + wishes[l])
    }

    /// Shares the day: side by side where claims are served one after another, else lane by lane.
    fn share(&mut self) {
        let network = &self.plan.network;
        let Some(strict) = network.strict() else {
            unreachable!("checked when the plan was taken");
        };
        let wave = &mut self.wave;
        let days = Days {
            supply: &wave.supply,
            capacity: &wave.capacity,
            claim: &wave.claim,
        };
        let served = self
            .shared
            .room
            .serve(strict, network, days, &mut wave.award);
        for l in (0..LANES).filter(|&l| !served[l]) {
            let today = &mut self.shared.today;
            let lane = |to: &mut [f64], from: &[Row]| {
                to.iter_mut().zip(from).for_each(|(to, from)| *to = from[l]);
            };
            lane(&mut today.supply, &wave.supply);
            lane(&mut today.capacity, &wave.capacity);
            lane(&mut today.claim, &wave.claim);
            match self.shared.solver.solve(network, today) {
                Ok(outcome) => {
                    let awards = wave.award.iter_mut().zip(&outcome.award);
                    awards.for_each(|(row, &award)| row[l] = award);
                }
                Err(_) => self.wrong[l] = true,
            }
        }
        network.river_flows(days, &wave.award, &mut wave.balance, &mut wave.flow);
    }

    fn route(&mut self) {
        let plan = self.plan;
        for &v in &plan.order {
            if let Some(day) = self.wave.day[v] {
                self.route_node(v, day);
            }
        }
    }

    fn route_node(&mut self, v: usize, day: usize) {
        let plan = self.plan;
        let ways = &plan.ways[v];
        let wave = &mut self.wave;
        let mut arrived = NOTHING;
        for &r in &ways.into {
            arrived = lanes(|l| arrived[l] + wave.arriving[r][l]);
        }
        let mut water: Row = match ways.store {
            Some(k) => lanes(|l| wave.known[k][l] + (arrived[l] - wave.antecedent[v][l])),
            None => lanes(|l| arrived[l] + (wave.lateral[v][l] + wave.returned[v][l])),
        };
        let dead = ways.store.map_or(0.0, |k| plan.stores[k].dead);
        for &i in &ways.offtakes {
            let offtake = &plan.offtakes[i];
            let (award, demand) = (wave.award[offtake.claim], wave.claim[offtake.claim]);
            let taken: Row =
                lanes(|l| least(least(award[l], demand[l]), most(water[l] - dead, 0.0)));
            wave.taken[i] = taken;
            water = lanes(|l| water[l] - taken[l]);
            if let Some(back) = offtake.returns {
                let flow = &plan.returns[back];
                let slot = wave.number.rem_euclid(flow.waves as i64) as usize;
                let held = &mut self.carried.returning[back][slot];
                *held = lanes(|l| held[l] + taken[l] * flow.fraction);
            }
        }
        let loss = wave.loss[v];
        if loss != NOTHING {
            let lost: Row = lanes(|l| {
                if loss[l] > 0.0 {
                    least(loss[l], water[l])
                } else {
                    0.0
                }
            });
            water = lanes(|l| water[l] - lost[l]);
            let lateral = &mut wave.lateral[v];
            *lateral = lanes(|l| lateral[l] - lost[l]);
        }
        let mut start = NOTHING;
        let mut outflow = None;
        if let Some(k) = ways.store {
            start = self.carried.storage[k];
            let released = self.part_storage(k, water, start);
            let carried = &mut self.carried;
            carried.storage[k] = released.stored;
            carried.last_release[k] = released.release;
            carried.last_inflow[k] = arrived;
            water = lanes(|l| released.release[l] + released.spill[l]);
            outflow = Some(released);
        }
        if let Some(r) = ways.river {
            let gain = plan.reaches[r].gain;
            self.wave.arriving[r] = lanes(|l| water[l] * gain);
        }
        let passed = Passed {
            node: v,
            day,
            arrived,
            start,
            on: water,
            outflow,
        };
        self.close_balance(&passed);
        self.read(&passed);
    }

    fn part_storage(&self, k: usize, water: Row, start: Row) -> Released {
        let plan = self.plan;
        let store = &plan.stores[k];
        let river = plan.ways[store.node].river;
        let wanted = river.map_or(NOTHING, |r| self.wave.flow[r]);
        let mut release: Row = lanes(|l| least(wanted[l], most(water[l] - store.dead, 0.0)));
        let mut stored: Row = lanes(|l| water[l] - release[l]);
        let mut spill = NOTHING;
        if stored.iter().any(|&stored| stored > store.full) {
            for l in 0..LANES {
                let outflow = Outflow::of(
                    store,
                    water[l],
                    wanted[l],
                    self.wave.ceiling[k][l],
                    0.0,
                    || plan.spillway(k, start[l]),
                );
                (stored[l], release[l], spill[l]) =
                    (outflow.stored, outflow.release, outflow.spill);
            }
        }
        Released {
            store: k,
            stored,
            release,
            spill,
        }
    }

    /// What came to a node and was in store must be what went and stayed.
    fn close_balance(&mut self, passed: &Passed) {
        let (plan, wave, v) = (self.plan, &self.wave, passed.node);
        let lateral = wave.lateral[v];
        let mut came: Row = lanes(|l| {
            passed.start[l] + passed.arrived[l] + wave.returned[v][l] + most(lateral[l], 0.0)
        });
        let mut went: Row = lanes(|l| most(-lateral[l], 0.0));
        if let Some(Released { store, stored, .. }) = passed.outflow {
            let term = wave.unaccounted[store];
            came = lanes(|l| came[l] + (wave.rain[store][l] + most(term[l], 0.0)));
            went = lanes(|l| went[l] + (wave.evaporation[store][l] + wave.seepage[store][l]));
            went = lanes(|l| went[l] + (most(-term[l], 0.0) + stored[l]));
        }
        for &i in &plan.ways[v].offtakes {
            went = lanes(|l| went[l] + wave.taken[i][l]);
        }
        went = lanes(|l| went[l] + passed.on[l]);
        let missed: Row = lanes(|l| (came[l] - went[l]).abs());
        let throughput: Row = lanes(|l| came[l] + went[l]);
        let book = &mut self.books[v];
        book.missed = lanes(|l| book.missed[l] + missed[l]);
        book.throughput = lanes(|l| book.throughput[l] + throughput[l]);
        for l in 0..LANES {
            let closes = missed[l] <= CLOSES_AT * throughput[l];
            self.wrong[l] |= !closes;
        }
    }
}

/// What is kept.
impl Course<'_> {
    /// Keeps what the gauges at a node read.
    fn read(&mut self, passed: &Passed) {
        let days = self.plan.days;
        for &gauge in &self.lockstep.at_node[passed.node] {
            let row = self.reading(self.lockstep.gauges[gauge], passed);
            for (l, &value) in row.iter().enumerate() {
                self.readings[gauge][l * days + passed.day] = value;
            }
        }
    }

    fn reading(&self, gauge: Gauge, passed: &Passed) -> Row {
        let (wave, v) = (&self.wave, passed.node);
        let of_store = |of: fn(&Released) -> Row| passed.outflow.as_ref().map_or(NOTHING, of);
        let stored = of_store(|lake| lake.stored);
        match gauge {
            Gauge::Offtake(i) => wave.taken[i],
            Gauge::Demand(i) => wave.asked[i],
            Gauge::Node(_) => {
                lanes(|l| passed.arrived[l] + most(wave.lateral[v][l], 0.0) + wave.returned[v][l])
            }
            Gauge::Reach(_) => passed.on,
            Gauge::Arrivals(_) => passed.arrived,
            Gauge::Release(_) => of_store(|lake| lake.release),
            Gauge::Spill(_) => of_store(|lake| lake.spill),
            Gauge::Storage(_) => stored,
            Gauge::StorageChange(_) => lanes(|l| stored[l] - passed.start[l]),
            Gauge::Evaporation(k) => wave.evaporation[k],
            Gauge::Seepage(k) => wave.seepage[k],
            Gauge::Rain(k) => wave.rain[k],
            Gauge::Level(k) => {
                let lake = &self.plan.model().basin().reservoirs()[k];
                let level = |l: usize| lake.level(Volume::from_m3(stored[l]));
                lanes(|l| level(l).map_or(f64::NAN, crate::units::Level::m))
            }
            Gauge::Energy(k) => {
                let lake = &self.plan.model().basin().reservoirs()[k];
                let (release, spill) = (of_store(|lake| lake.release), of_store(|lake| lake.spill));
                let volume = |row: Row, l: usize| Volume::from_m3(row[l]);
                lanes(|l| {
                    let storages = (volume(passed.start, l), volume(stored, l));
                    let date = self.plan.dates[passed.day];
                    let made =
                        lake.energy_of_day(date, storages, volume(release, l), volume(spill, l));
                    made.map_or(0.0, crate::units::Energy::kwh)
                })
            }
            Gauge::Natural(_) => unreachable!("checked when the plan was taken"),
        }
    }

    /// Counts what users asked for and got, on the day that the last of their offtakes has seen.
    fn tally(&mut self) {
        let (width, days) = (self.plan.offtakes.len(), self.lockstep.days_apart);
        for (i, offtake) in self.plan.offtakes.iter().enumerate() {
            if let Some(day) = self.wave.day[offtake.node] {
                self.served[(day % days) * width + i] = self.wave.taken[i];
            }
        }
        for (user, tally) in self.lockstep.users.iter().zip(&mut self.tallies) {
            let day = usize::try_from(self.wave.number + user.last_lead).ok();
            let Some(day) = day.filter(|&day| day < self.plan.days) else {
                continue;
            };
            let of_day = &self.served[(day % days) * width..][..width];
            let (mut asked, mut taken) = (NOTHING, NOTHING);
            for &i in &user.offtakes {
                let row = self.demand[i].at(&self.plan.asked, width, day);
                asked = lanes(|l| asked[l] + row[l]);
                taken = lanes(|l| taken[l] + of_day[i][l]);
            }
            tally.add(asked, taken);
        }
    }
}
