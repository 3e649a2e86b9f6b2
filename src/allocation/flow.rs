//! From awards to flows: what passes each arc once everyone takes their award.

use super::day::{Outcome, Today};
use super::network::{Branch, NONE, Network};
use super::strict::{Days, Lanes, lanes, least, most};

impl Network {
    /// What enters each arc where all arcs are rivers, on several days side by side: all that the next arc can carry
    /// goes on. `balance` is scratch, a row for each node.
    #[inline]
    pub(crate) fn river_flows<const L: usize>(
        &self,
        days: Days<'_, L>,
        award: &[Lanes<L>],
        balance: &mut [Lanes<L>],
        flow: &mut [Lanes<L>],
    ) {
        balance.fill([0.0; L]);
        for at in &self.offstream {
            let here = &mut balance[at.branch as usize];
            let award = &award[at.claim as usize];
            *here = lanes(|l| here[l] - award[l]);
        }
        for (v, branch) in self.branches.iter().enumerate() {
            if branch.parent == NONE {
                continue;
            }
            let (here, supply) = (balance[v], days.supply[branch.node as usize]);
            let capacity = &days.capacity[branch.arc as usize];
            let on: Lanes<L> = lanes(|l| least(most(here[l] + supply[l], 0.0), capacity[l]));
            flow[branch.arc as usize] = on;
            let parent = &mut balance[branch.parent as usize];
            *parent = lanes(|l| parent[l] + branch.gain * on[l]);
        }
    }
}

/// What is known of a node, in m³ there.
#[derive(Clone, Copy, Debug, Default)]
struct Stage {
    /// The balance with every canal open as far as it can be.
    most: f64,
    /// The balance with canals into this part of the tree only as open as claims within it demand; at the end,
    /// what is left here.
    balance: f64,
    /// What the arc to or from the parent carries at least.
    base: f64,
    /// What it could carry on top.
    spare: f64,
}

/// Scratch of the flow pass.
#[derive(Clone, Debug)]
pub(super) struct Flows {
    stages: Vec<Stage>,
}

impl Flows {
    pub(super) fn new(network: &Network) -> Self {
        Self {
            stages: vec![Stage::default(); network.branches.len()],
        }
    }

    /// Sets the flows and what is left, given the awards of the claims that take water out, those on arcs that lead
    /// away from the outlet, and the flows of the chords.
    ///
    /// The way up finds what each arc must carry and what it could; the way down opens canals for what is still
    /// missing, in the order they were made, and sends the rest down the rivers.
    pub(super) fn run(&mut self, network: &Network, today: &Today, outcome: &mut Outcome) {
        self.gather(network, today, outcome);
        for v in (network.sources..network.branches.len()).rev() {
            let branch = &network.branches[v];
            if branch.parent == NONE || branch.river {
                continue;
            }
            let parent = branch.parent as usize;
            let missing = -self.stages[parent].balance;
            let Stage { base, spare, .. } = self.stages[v];
            let mut flow = base;
            if branch.up {
                if branch.main && missing < 0.0 {
                    flow += spare.min(-missing);
                    self.stages[parent].balance -= flow - base;
                }
                self.stages[v].balance += branch.gain * flow;
            } else {
                if missing > 0.0 {
                    let more = spare.min(missing / branch.gain);
                    flow += more;
                    self.stages[parent].balance += branch.gain * more;
                }
                self.stages[v].balance -= flow;
            }
            // Never -0.
            outcome.flow[branch.arc as usize] = flow + 0.0;
        }
        for (branch, stage) in network.branches.iter().zip(&self.stages) {
            if !branch.river {
                // Below zero only by rounding.
                outcome.left[branch.node as usize] = stage.balance.max(0.0);
            }
        }
    }

    /// Where all arcs are rivers there is nothing to decide: all that the next arc can carry goes on.
    #[inline]
    fn run_down(&mut self, v: usize, branch: &Branch, today: &Today, outcome: &mut Outcome) {
        let have = (self.stages[v].balance + today.supply[branch.node as usize]).max(0.0);
        let mut flow = 0.0;
        if branch.parent != NONE {
            flow = have.min(today.capacity[branch.arc as usize]);
            outcome.flow[branch.arc as usize] = flow;
            let parent = &mut self.stages[branch.parent as usize];
            parent.most += branch.gain * flow;
            parent.balance += branch.gain * flow;
        }
        outcome.left[branch.node as usize] = have - flow;
    }

    fn gather(&mut self, network: &Network, today: &Today, outcome: &mut Outcome) {
        self.stages.fill(Stage::default());
        for at in &network.offstream {
            let stage = &mut self.stages[at.branch as usize];
            stage.balance -= outcome.award[at.claim as usize];
            stage.most -= outcome.award[at.claim as usize];
        }
        for chord in &network.chords {
            let flow = outcome.flow[chord.arc as usize];
            for (end, passed) in [(chord.tail, -flow), (chord.head, chord.gain * flow)] {
                let stage = &mut self.stages[end as usize];
                stage.balance += passed;
                stage.most += passed;
            }
        }
        for (v, branch) in network.branches.iter().enumerate() {
            if branch.river {
                self.run_down(v, branch, today, outcome);
                continue;
            }
            let local = today.supply[branch.node as usize];
            let mut stage = self.stages[v];
            stage.balance += local;
            stage.most += local;
            if branch.parent != NONE {
                let capacity = today.capacity[branch.arc as usize];
                let parent = &mut self.stages[branch.parent as usize];
                if branch.up {
                    let claims = network.instream.of(v).iter();
                    let asked = claims
                        .map(|at| outcome.award[at.claim as usize])
                        .fold(0.0, f64::max);
                    stage.base = (-stage.most / branch.gain).max(asked).min(capacity);
                    stage.spare = capacity - stage.base;
                    parent.most -= stage.base;
                    parent.balance -= stage.base;
                } else {
                    let able = stage.most.min(capacity).max(0.0);
                    let claims = network.instream.of(v).iter();
                    let asked = claims
                        .map(|at| today.claim[at.claim as usize])
                        .fold(0.0, f64::max)
                        .min(able);
                    stage.base = if branch.main {
                        stage.balance.max(asked).min(able)
                    } else {
                        asked
                    };
                    stage.spare = able - stage.base;
                    parent.most += branch.gain * able;
                    parent.balance += branch.gain * stage.base;
                }
            }
            self.stages[v] = stage;
        }
    }
}
