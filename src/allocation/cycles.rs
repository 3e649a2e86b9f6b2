//! Progressive filling by cuts, for networks in which awards alone do not decide the flows.

use super::cuts::Cuts;
use super::day::{Outcome, Today};
use super::heap::Key;
use super::network::{ClaimAt, NONE, Network, Objective};
use super::reasons::Binding;
use super::rule::Layers;
use super::simplex::{Simplex, Stuck};

/// A cut with less than this part in a proof has no part in it: the rest is rounding.
const NO_PART: f64 = 1e-9;

/// Where rounding makes balances differ by more than this part of what is added up, the day is not decided.
const LOST: f64 = 1e-9;

/// Steps allowed for one threshold to sink, besides one for each claim and branch.
const STEPS: usize = 1000;

/// How one claim stands while levels sink.
#[derive(Clone, Debug)]
struct Standing {
    at: ClaimAt,
    instream: bool,
    layers: Layers,
    /// What it asks, as far as it could matter: see [`Cuts::able`].
    able: f64,
    /// Settled: it can get no more, and needs no less.
    held: bool,
    /// Its part in the proof that the common level cannot be higher.
    weight: f64,
}

/// A place on the key axis where the award of a claim bends.
#[derive(Clone, Copy, Debug)]
struct Bend {
    key: Key,
    claim: u32,
    /// What the slope of the award gains as the key sinks past this point.
    slope: f64,
}

/// What the programme is set up to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Whether a threshold can be met.
    Fair,
    /// The largest volume for the members.
    Volume,
}

/// The solver for [`Tier::Cycles`](super::Tier::Cycles).
#[derive(Clone, Debug)]
pub(super) struct Filling {
    cuts: Cuts,
    /// Unknowns: by what part of its size the cut that fares worst is missed (or what part of its volume a class
    /// goes without), then the flows of the chords as parts of the most they could carry, then what members may get
    /// on top of their awards as parts of their claims.
    simplex: Simplex,
    /// The claims of a class that is to get as much as possible.
    members: Vec<u32>,
    /// What they claim together, and what part of it they get.
    volume: (f64, f64),
    /// By claim.
    standings: Vec<Standing>,
    award: Vec<f64>,
    /// Awards with what members get on top.
    asked: Vec<f64>,
    /// Highest key first.
    bends: Vec<Bend>,
    flow: Vec<f64>,
    /// The proof in [`Standing::weight`]: cuts and their part in it.
    proof: Vec<(usize, f64)>,
    /// Full chords in the proof.
    full: u32,
    /// A cut the programme misses by less than this part of its size is met.
    slack: f64,
    /// A cut yet to be found is of no interest unless it is missed by more than this part of its size.
    forbearance: f64,
    stage: Stage,
}

impl Filling {
    pub(super) fn new(network: &Network) -> Self {
        let chords = network.chords.len();
        let mut standings: Vec<Standing> = Vec::with_capacity(network.claims());
        for (claims, instream) in [
            (&network.offstream[..], false),
            (network.instream.all(), true),
        ] {
            standings.extend(claims.iter().map(|at| Standing {
                at: at.clone(),
                instream,
                layers: Layers::none(),
                able: 0.0,
                held: false,
                weight: 0.0,
            }));
        }
        standings.sort_by_key(|standing| standing.at.claim);
        Self {
            cuts: Cuts::new(network),
            simplex: Simplex::new(1 + chords),
            members: Vec::with_capacity(standings.len()),
            volume: (0.0, 0.0),
            award: vec![0.0; standings.len()],
            asked: vec![0.0; standings.len()],
            bends: Vec::with_capacity(2 * Layers::MAX * standings.len()),
            standings,
            flow: vec![0.0; chords],
            proof: Vec::with_capacity(1 + chords),
            full: NONE,
            slack: 0.0,
            forbearance: 0.0,
            stage: Stage::Fair,
        }
    }

    /// Sets the awards, with levels and reasons, and the flows of the chords.
    pub(super) fn run(
        &mut self,
        network: &Network,
        today: &Today,
        largest: &[f64],
        outcome: &mut Outcome,
    ) -> Result<(), Stuck> {
        self.start(network, today, largest);
        if network.objective == Objective::MaxVolume {
            for rank in 1..=network.rules.len() as u32 {
                self.fill_rank(rank, network, today, outcome)?;
            }
        }
        self.programme(Stage::Fair);
        while let Some(key) = self.sink(Key::TOP, network, today)? {
            self.hold(key, network, today, outcome)?;
        }
        outcome.award.copy_from_slice(&self.award);
        for (chord, &flow) in network.chords.iter().zip(&self.flow) {
            outcome.flow[chord.arc as usize] = flow;
        }
        Ok(())
    }

    fn start(&mut self, network: &Network, today: &Today, largest: &[f64]) {
        self.slack = f64::EPSILON * (128 + network.branches.len()) as f64;
        self.forbearance = 4.0 * self.slack;
        self.cuts.start(network, today);
        self.members.clear();
        self.bends.clear();
        for standing in &mut self.standings {
            let at = &standing.at;
            let size = today.claim[at.claim as usize];
            standing.able = self.cuts.able()[at.claim as usize];
            standing.held = false;
            standing.layers = Layers::none();
            if size == 0.0 {
                continue;
            }
            standing.layers = network.layers(at, size, largest);
            if standing.able < size {
                standing.layers = standing.layers.up_to(standing.able);
            }
            for layer in standing.layers.as_slice() {
                for (level, slope) in [(layer.to, layer.slope), (layer.from, -layer.slope)] {
                    self.bends.push(Bend {
                        key: Key {
                            rank: at.rank,
                            level,
                        },
                        claim: at.claim,
                        slope,
                    });
                }
            }
        }
        // Bends of one claim at one key may come in any order, so they need no order among themselves.
        self.bends.sort_unstable_by(|a, b| {
            let order = |bend: &Bend| (bend.key.rank, bend.key.level, bend.claim);
            let (a, b) = (order(a), order(b));
            b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(&b.2))
        });
    }

    /// Settles one rank by itself: first as much volume as possible, if it takes water out, then equal levels.
    fn fill_rank(
        &mut self,
        rank: u32,
        network: &Network,
        today: &Today,
        outcome: &mut Outcome,
    ) -> Result<(), Stuck> {
        let top = Key {
            rank,
            level: f64::MAX,
        };
        self.members.clear();
        self.programme(Stage::Fair);
        if self.sink(top, network, today)?.is_some() {
            self.list_members(rank);
            if self.members.is_empty() {
                self.share_rank(top, network, today, outcome)?;
            } else {
                self.enlarge(rank, network, today)?;
                // Mostly equal levels do bring the largest volume. The programme with all members in it is for when
                // they do not.
                self.members.clear();
                self.share_rank(top, network, today, outcome)?;
                self.list_members(rank);
                if self.brought() < self.volume.1 {
                    self.release_rank(rank, outcome);
                    self.share_rank(top, network, today, outcome)?;
                }
            }
        }
        for standing in &mut self.standings {
            standing.held |= standing.at.rank == rank;
        }
        self.members.clear();
        Ok(())
    }

    /// Lists the claims of this rank that take water out.
    fn list_members(&mut self, rank: u32) {
        let member = |standing: &&Standing| {
            standing.at.rank == rank && standing.able > 0.0 && !standing.instream
        };
        let members = self.standings.iter().filter(member);
        self.members.clear();
        self.members
            .extend(members.map(|standing| standing.at.claim));
    }

    /// What part of their volume the members get.
    fn brought(&self) -> f64 {
        let awards = self.members.iter().map(|&claim| self.award[claim as usize]);
        awards.sum::<f64>() / self.volume.0
    }

    /// Makes the levels of a rank as equal as they can be.
    fn share_rank(
        &mut self,
        top: Key,
        network: &Network,
        today: &Today,
        outcome: &mut Outcome,
    ) -> Result<(), Stuck> {
        self.programme(Stage::Fair);
        while let Some(key) = self.sink(top, network, today)? {
            for standing in &mut self.standings {
                if standing.at.rank != top.rank {
                    standing.weight = 0.0;
                }
            }
            self.hold(key, network, today, outcome)?;
        }
        Ok(())
    }

    /// Takes back what was settled for this rank.
    fn release_rank(&mut self, rank: u32, outcome: &mut Outcome) {
        for standing in &mut self.standings {
            if standing.at.rank == rank {
                let claim = standing.at.claim as usize;
                standing.held = false;
                outcome.level[claim] = f64::INFINITY;
                outcome.binding[claim] = Binding::Met;
            }
        }
    }

    /// Finds how much the members can get together.
    fn enlarge(&mut self, rank: u32, network: &Network, today: &Today) -> Result<(), Stuck> {
        let claims = self
            .members
            .iter()
            .map(|&claim| self.standings[claim as usize].able);
        self.volume = (claims.sum(), 1.0);
        self.programme(Stage::Volume);
        self.reach(Key { rank, level: 0.0 });
        for _ in 0..STEPS + self.standings.len() + network.branches.len() {
            self.simplex.solve()?;
            if !self.refine(network, today) {
                let first = self.simplex.rows() - self.cuts.len();
                let widened: f64 = self
                    .simplex
                    .multipliers()
                    .filter_map(|(row, part)| (row >= first).then_some(part))
                    .sum();
                // Less what the wider rows let through.
                let most = 1.0 - self.simplex.point()[0];
                self.volume.1 = most - self.slack - 3.0 * self.forbearance * widened;
                return Ok(());
            }
        }
        Err(Stuck)
    }

    /// Sets up the programme with all cuts known.
    fn programme(&mut self, stage: Stage) {
        self.stage = stage;
        let chords = self.flow.len();
        let width = 1 + chords + self.members.len();
        self.simplex.clear(width);
        for unknown in 1..width {
            self.simplex.add(-1.0)[unknown] = -1.0;
        }
        if !self.members.is_empty() {
            let (total, part) = self.volume;
            let row = self.simplex.add(part);
            // Either what is missing of the volume is the first unknown, or the volume is one of the rows to be met.
            row[0] = 1.0;
            for (entry, &member) in row[1 + chords..].iter_mut().zip(&self.members) {
                *entry = self.standings[member as usize].able / total;
            }
        }
        for cut in 0..self.cuts.len() {
            self.add_row(cut);
        }
    }

    fn add_row(&mut self, cut: usize) {
        let bound = self.bound(cut);
        let size = self.cuts.cut(cut).size;
        let row = self.simplex.add(bound);
        row[0] = f64::from(u8::from(self.stage == Stage::Fair));
        let (chords, members) = row[1..].split_at_mut(self.flow.len());
        for ((entry, coefficient), most) in chords
            .iter_mut()
            .zip(self.cuts.chords(cut))
            .zip(self.cuts.most())
        {
            *entry = -coefficient * most / size;
        }
        for (entry, &member) in members.iter_mut().zip(&self.members) {
            let term = self.cuts.terms(cut).iter().find(|term| term.0 == member);
            if let Some(&(_, coefficient)) = term {
                *entry = -coefficient * self.standings[member as usize].able / size;
            }
        }
    }

    /// Sinks the threshold of all claims not yet held until what they then ask can be delivered.
    ///
    /// Returns it, with the proof that it can be no higher in the weights; or nothing, if all can be had in full.
    fn sink(&mut self, top: Key, network: &Network, today: &Today) -> Result<Option<Key>, Stuck> {
        let mut key = top;
        self.reach(key);
        // Steps are finite by proof, and few; this is for rounding that would have them go in a circle.
        for _ in 0..STEPS + self.standings.len() + network.branches.len() {
            self.simplex.solve()?;
            let missed = self.simplex.point()[0];
            if missed > self.slack {
                self.prove(network, today);
                if let Some(lower) = self.lower(key, missed) {
                    key = lower;
                    self.reach(key);
                } else {
                    // What is settled misses a cut all alone, for the rounding of all that went before: let it, and
                    // start again, so that the proof in the end is of this threshold.
                    self.forgive(missed)?;
                    key = top;
                    self.reach(key);
                }
            } else if !self.refine(network, today) {
                return Ok((key != top).then_some(key));
            }
        }
        Err(Stuck)
    }

    /// Widens the cuts of the proof by what they are missed.
    fn forgive(&mut self, missed: f64) -> Result<(), Stuck> {
        if missed > LOST {
            return Err(Stuck);
        }
        for &(cut, _) in &self.proof {
            self.cuts.widen(cut, 1.5 * missed);
        }
        self.volume.1 -= 1.5 * missed;
        self.forbearance = self.forbearance.max(2.0 * missed + 4.0 * self.slack);
        Ok(())
    }

    /// Lets the claims not yet held ask for their awards at this threshold.
    fn reach(&mut self, key: Key) {
        for (standing, award) in self.standings.iter().zip(&mut self.award) {
            let rank = standing.at.rank;
            if standing.held {
            } else if rank < key.rank {
                *award = standing.able;
            } else if rank > key.rank {
                *award = 0.0;
            } else {
                let layers = standing.layers.as_slice();
                let full = layers.last().is_none_or(|top| key.level >= top.to);
                *award = if full {
                    standing.able
                } else {
                    standing.layers.award_at(key.level).min(standing.able)
                };
            }
        }
        let first = self.simplex.rows() - self.cuts.len();
        for cut in 0..self.cuts.len() {
            self.simplex.set_bound(first + cut, self.bound(cut));
        }
        let (total, mut part) = self.volume;
        let first_limit = self.simplex.width() + self.flow.len();
        for (at, &member) in self.members.iter().enumerate() {
            let award = self.award[member as usize];
            let able = self.standings[member as usize].able;
            self.simplex.set_bound(first_limit + at, award / able - 1.0);
            part -= award / total;
        }
        if !self.members.is_empty() {
            self.simplex.set_bound(first - 1, part);
        }
    }

    /// By what part of its size a cut would be missed if the chords carried nothing.
    fn bound(&self, cut: usize) -> f64 {
        let asked: f64 = self
            .cuts
            .terms(cut)
            .iter()
            .map(|&(claim, coefficient)| coefficient * self.award[claim as usize])
            .sum();
        let cut = self.cuts.cut(cut);
        let bound = (asked - cut.room) / cut.size;
        match self.stage {
            Stage::Fair => bound,
            // Here rows must be met, and rounding may have settled seniors a little too high.
            Stage::Volume => bound - 2.0 * self.forbearance,
        }
    }

    /// Looks for cuts that the awards miss with these flows of the chords, and adds them to the programme.
    fn refine(&mut self, network: &Network, today: &Today) -> bool {
        for ((flow, part), most) in self
            .flow
            .iter_mut()
            .zip(&self.simplex.point()[1..])
            .zip(self.cuts.most())
        {
            *flow = part.clamp(0.0, 1.0) * most;
        }
        self.asked.copy_from_slice(&self.award);
        let more = &self.simplex.point()[1 + self.flow.len()..];
        for (&member, part) in self.members.iter().zip(more) {
            let able = self.standings[member as usize].able;
            let asked = &mut self.asked[member as usize];
            *asked = (*asked + part * able).clamp(0.0, able);
        }
        let slack = match self.stage {
            Stage::Fair => self.forbearance,
            Stage::Volume => 3.0 * self.forbearance,
        };
        let known = self.cuts.len();
        self.cuts
            .find(network, today, &self.asked, &self.flow, slack);
        for cut in known..self.cuts.len() {
            self.add_row(cut);
        }
        self.cuts.len() > known
    }

    /// Adds up the cuts that the programme cannot meet together, so that the flows of the chords cancel: what
    /// remains limits the awards alone.
    fn prove(&mut self, network: &Network, today: &Today) {
        for standing in &mut self.standings {
            standing.weight = 0.0;
        }
        self.proof.clear();
        self.full = NONE;
        let chords = network.chords.len();
        let width = self.simplex.width();
        let first = self.simplex.rows() - self.cuts.len();
        for (row, part) in self.simplex.multipliers() {
            if part <= NO_PART {
                continue;
            }
            if row >= first {
                let cut = row - first;
                let each = part / self.cuts.cut(cut).size;
                for &(claim, coefficient) in self.cuts.terms(cut) {
                    self.standings[claim as usize].weight += each * coefficient;
                }
                self.proof.push((cut, part));
            } else if (width..width + chords).contains(&row) {
                let chord = row - width;
                let arc = network.chords[chord].arc;
                if self.cuts.most()[chord] == today.capacity[arc as usize] {
                    self.full = self.full.min(arc);
                }
            }
        }
        // More for a member may be made up for by less for another: what counts is the multiplier of getting
        // nothing on top.
        for &member in &self.members {
            self.standings[member as usize].weight = 0.0;
        }
        for (row, part) in self.simplex.multipliers() {
            if (1 + chords..width).contains(&row) && part > NO_PART {
                let member = self.members[row - 1 - chords] as usize;
                self.standings[member].weight = part / self.standings[member].able;
            }
        }
    }

    /// The highest threshold below `from` at which the weighted awards have fallen by `excess`.
    fn lower(&self, from: Key, mut excess: f64) -> Option<Key> {
        // A threshold that meets a bend but for rounding is meant to be there.
        let meant = 0.25 * self.slack;
        let mut key = from;
        let mut slope = 0.0;
        for bend in &self.bends {
            let standing = &self.standings[bend.claim as usize];
            if standing.held || standing.weight == 0.0 {
                continue;
            }
            let turn = standing.weight * bend.slope;
            if from.above(bend.key) {
                if bend.key.rank == key.rank {
                    let fall = slope * (key.level - bend.key.level);
                    if fall > excess + meant {
                        key.level -= excess / slope;
                        if !from.above(key) {
                            key.level = key.level.next_down();
                        }
                        return Some(key.max(bend.key));
                    }
                    excess -= fall;
                } else {
                    slope = 0.0;
                }
                key = bend.key;
                if excess <= meant {
                    return Some(key);
                }
            } else if bend.key.rank != from.rank {
                continue;
            }
            slope += turn;
        }
        // What is left is the rounding of the layers; the awards will tell.
        from.above(key).then_some(key)
    }

    /// Settles the claims that have a part in the proof, at this threshold.
    fn hold(
        &mut self,
        key: Key,
        network: &Network,
        today: &Today,
        outcome: &mut Outcome,
    ) -> Result<(), Stuck> {
        let mut some = false;
        for claim in 0..self.standings.len() {
            let standing = &self.standings[claim];
            if standing.held || standing.weight == 0.0 {
                continue;
            }
            some = true;
            if self.award[claim] < today.claim[claim] {
                outcome.level[claim] = if standing.at.rank == key.rank {
                    key.level
                } else {
                    0.0
                };
                outcome.binding[claim] = self.reason(&standing.at, network);
            }
            self.standings[claim].held = true;
        }
        if some { Ok(()) } else { Err(Stuck) }
    }

    /// What the proof rests on.
    fn reason(&self, at: &ClaimAt, network: &Network) -> Binding {
        let arcs = self.proof.iter().flat_map(|&(cut, _)| self.cuts.full(cut));
        let full = arcs.fold(self.full, |least, &arc| least.min(arc));
        if full != NONE {
            return Binding::Capacity(full as usize);
        }
        let served = || {
            self.standings
                .iter()
                .filter(|other| other.weight > 0.0 && self.award[other.at.claim as usize] > 0.0)
        };
        let floor = served()
            .filter(|other| {
                other.instream && other.at.rank <= at.rank && other.at.branch != at.branch
            })
            .map(|other| network.arc_of(&other.at))
            .min();
        if let Some(arc) = floor {
            return Binding::Floor(arc);
        }
        let branch = self
            .proof
            .iter()
            .map(|&(cut, _)| self.cuts.cut(cut).branch)
            .max()
            .expect("a proof rests on cuts");
        let node = network.branches[branch as usize].node as usize;
        if served().any(|other| other.at.rank < at.rank) {
            Binding::Seniors(node)
        } else {
            Binding::NoWater(node)
        }
    }
}
