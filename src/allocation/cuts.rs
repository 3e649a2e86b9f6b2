//! Cuts: inequalities between awards and the flows of chords that every delivery must meet.

use super::day::Today;
use super::network::{NONE, Network};

/// What is left of a sum after its terms cancelled, as part of the terms, when it counts as nothing.
const CANCELLED: f64 = 1e-12;

/// One cut: `terms · awards + chords · flows <= room`, in m³ as worth at the outlet of its tree.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    /// The branch whose bound it is, or the tail of a chord.
    pub(super) branch: u32,
    /// Water of the part of the network it looks at, and what may flow in, at most; less what must flow out.
    pub(super) room: f64,
    /// The size of what is added up in it: rounding is measured against this.
    pub(super) size: f64,
    /// What of [`Cuts::terms`] and [`Cuts::full`] is its own.
    terms: (u32, u32),
    full: (u32, u32),
}

/// All cuts found so far today, and the scratch to find more.
///
/// For given awards and flows of the chords, one pass from the springs and canal ends to the outlet finds the
/// *surplus* of every part of a tree: what it can pass on, or less what it needs. Where a surplus falls short of
/// its bound there is a cut. It adds up the balances of the branch and of all branches behind it which pass on
/// every m³ more, and counts in full the capacity of arcs that cannot, and the in-stream flow of canals that need
/// not carry more.
#[derive(Clone, Debug)]
pub(super) struct Cuts {
    all: Vec<Cut>,
    /// Claims with their coefficients.
    terms: Vec<(u32, f64)>,
    /// Arcs that count with their capacity.
    full: Vec<u32>,
    /// Coefficients of the chords, for each cut.
    chords: Vec<f64>,
    /// The most each chord could carry.
    most: Vec<f64>,
    /// The water that could get to each node, were nothing claimed.
    arriving: Vec<f64>,
    /// What each claim asks, as far as it could matter: never far above the water that could come, so that
    /// rounding is measured against what flows and not against what is wished for.
    able: Vec<f64>,
    /// The node each arc leaves.
    tails: Vec<u32>,
    surplus: Vec<f64>,
    /// The in-stream claim that asks most of each branch or chord, and what it asks.
    floor: Vec<(u32, f64)>,
    linked: Vec<bool>,
}

impl Cuts {
    pub(super) fn new(network: &Network) -> Self {
        let (branches, chords) = (network.branches.len(), network.chords.len());
        let mut tails = vec![NONE; network.arcs()];
        for course in &network.courses {
            tails[course.arc as usize] = course.tail;
        }
        Self {
            all: Vec::new(),
            terms: Vec::new(),
            full: Vec::new(),
            chords: Vec::new(),
            most: vec![0.0; chords],
            arriving: vec![0.0; branches],
            able: vec![0.0; network.claims()],
            tails,
            surplus: vec![0.0; branches],
            floor: vec![(NONE, 0.0); branches + chords],
            linked: vec![false; branches],
        }
    }

    /// Forgets all cuts and looks how much water could reach each chord and each claim today.
    pub(super) fn start(&mut self, network: &Network, today: &Today) {
        self.all.clear();
        self.terms.clear();
        self.full.clear();
        self.chords.clear();
        self.arriving.copy_from_slice(&today.supply);
        for course in &network.courses {
            let passed =
                self.arriving[course.tail as usize].min(today.capacity[course.arc as usize]);
            self.arriving[course.head as usize] += course.gain * passed;
        }
        for (most, chord) in self.most.iter_mut().zip(&network.chords) {
            let water = self.arriving[network.branches[chord.tail as usize].node as usize];
            let capacity = today.capacity[chord.arc as usize];
            // Well above what can come, so that this limit is never what holds anybody.
            *most = if capacity <= water {
                capacity
            } else {
                2.0 * water
            };
        }
        let within = |size: f64, water: f64| {
            // Where no water can come at all there is nothing to measure against.
            if water > 0.0 {
                size.min(2.0 * water)
            } else {
                size
            }
        };
        for at in &network.offstream {
            let node = network.branches[at.branch as usize].node;
            let size = today.claim[at.claim as usize];
            self.able[at.claim as usize] = within(size, self.arriving[node as usize]);
        }
        for at in network.instream.all() {
            let arc = network.arc_of(at);
            let size = today.claim[at.claim as usize].min(today.capacity[arc]);
            let water = self.arriving[self.tails[arc] as usize];
            self.able[at.claim as usize] = within(size, water);
        }
    }

    /// What each claim asks, as far as the arc of an in-stream claim could carry it and short of more than twice the
    /// water that could come.
    pub(super) fn able(&self) -> &[f64] {
        &self.able
    }

    /// The most each chord could carry: its capacity, or more than the water there is.
    pub(super) fn most(&self) -> &[f64] {
        &self.most
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn cut(&self, cut: usize) -> &Cut {
        &self.all[cut]
    }

    /// Gives the cut more room, by this part of its size.
    pub(super) fn widen(&mut self, cut: usize, part: f64) {
        let cut = &mut self.all[cut];
        cut.room += part * cut.size;
    }

    /// The claims in this cut, with positive coefficients.
    pub(super) fn terms(&self, cut: usize) -> &[(u32, f64)] {
        let (from, to) = self.all[cut].terms;
        &self.terms[from as usize..to as usize]
    }

    /// The arcs whose capacity counts in this cut.
    pub(super) fn full(&self, cut: usize) -> &[u32] {
        let (from, to) = self.all[cut].full;
        &self.full[from as usize..to as usize]
    }

    /// The coefficients of the chords in this cut.
    pub(super) fn chords(&self, cut: usize) -> &[f64] {
        let width = self.most.len();
        &self.chords[cut * width..(cut + 1) * width]
    }

    /// Adds the cuts that these awards and flows of the chords miss by more than `slack` of their size.
    pub(super) fn find(
        &mut self,
        network: &Network,
        today: &Today,
        award: &[f64],
        flow: &[f64],
        slack: f64,
    ) {
        self.measure(network, today, award, flow);
        for (v, branch) in network.branches.iter().enumerate() {
            let surplus = self.surplus[v];
            let asked = branch.tail_scale * self.floor[v].1;
            if branch.parent == NONE {
                if surplus < 0.0 {
                    self.add(v, 0.0, network, today, slack);
                }
                continue;
            }
            let capacity = branch.tail_scale * today.capacity[branch.arc as usize];
            let passed = if branch.up {
                if surplus < -capacity {
                    self.add(v, -capacity, network, today, slack);
                }
                surplus.min(-asked)
            } else {
                if surplus < asked {
                    self.add(v, asked, network, today, slack);
                }
                surplus.min(capacity)
            };
            self.surplus[branch.parent as usize] += passed;
        }
        for (c, &flow) in flow.iter().enumerate() {
            if flow < self.floor[network.branches.len() + c].1 {
                self.add_to_chord(c, flow, network, slack);
            }
        }
    }

    /// The balance of each node by itself, and the in-stream flow asked of each arc.
    fn measure(&mut self, network: &Network, today: &Today, award: &[f64], flow: &[f64]) {
        for (surplus, branch) in self.surplus.iter_mut().zip(&network.branches) {
            *surplus = branch.scale * today.supply[branch.node as usize];
        }
        for at in &network.offstream {
            let v = at.branch as usize;
            self.surplus[v] -= network.branches[v].scale * award[at.claim as usize];
        }
        for (chord, flow) in network.chords.iter().zip(flow) {
            let (tail, head) = (chord.tail as usize, chord.head as usize);
            self.surplus[tail] -= network.branches[tail].scale * flow;
            self.surplus[head] += network.branches[head].scale * chord.gain * flow;
        }
        self.floor.fill((NONE, 0.0));
        for at in network.instream.all() {
            let floor = &mut self.floor[at.branch as usize];
            if award[at.claim as usize] > floor.1 {
                *floor = (at.claim, award[at.claim as usize]);
            }
        }
    }

    /// Adds the cut of branch `v`, whose surplus is below `least`, if it is so by more than rounding.
    fn add(&mut self, v: usize, least: f64, network: &Network, today: &Today, slack: f64) {
        let (first_term, first_full, first_chord) =
            (self.terms.len(), self.full.len(), self.chords.len());
        let top = &network.branches[v];
        let (mut room, mut size) = (0.0, 0.0);
        let count = |at: &mut f64, size: &mut f64, part: f64| {
            *at += part;
            *size += part.abs();
        };
        if top.up {
            count(&mut room, &mut size, -least);
            self.full.push(top.arc);
        } else if least > 0.0 {
            size += least;
            self.terms.push((self.floor[v].0, top.tail_scale));
        }
        self.linked[v] = true;
        let mut first = v;
        for w in (0..v).rev() {
            let branch = &network.branches[w];
            let parent = branch.parent as usize;
            if branch.parent == NONE || parent > v {
                break;
            }
            first = w;
            self.linked[w] = false;
            if !self.linked[parent] {
                continue;
            }
            let (claim, asked) = self.floor[w];
            let asked = branch.tail_scale * asked;
            let capacity = branch.tail_scale * today.capacity[branch.arc as usize];
            if branch.up && self.surplus[w] >= -asked {
                if asked > 0.0 {
                    size += asked;
                    self.terms.push((claim, branch.tail_scale));
                }
            } else if !branch.up && self.surplus[w] > capacity {
                count(&mut room, &mut size, capacity);
                self.full.push(branch.arc);
            } else {
                self.linked[w] = true;
            }
        }
        for w in (first..=v).filter(|&w| self.linked[w]) {
            let branch = &network.branches[w];
            count(
                &mut room,
                &mut size,
                branch.scale * today.supply[branch.node as usize],
            );
        }
        let claims = network
            .offstream
            .partition_point(|at| (at.branch as usize) < first);
        for at in network.offstream[claims..]
            .iter()
            .take_while(|at| at.branch as usize <= v)
        {
            let branch = at.branch as usize;
            if self.linked[branch] {
                let scale = network.branches[branch].scale;
                size += scale * self.able[at.claim as usize];
                self.terms.push((at.claim, scale));
            }
        }
        for (chord, most) in network.chords.iter().zip(&self.most) {
            let worth = |end: u32, gain: f64| {
                let within = (first..=v).contains(&(end as usize)) && self.linked[end as usize];
                if within {
                    gain * network.branches[end as usize].scale
                } else {
                    0.0
                }
            };
            let (out, back) = (worth(chord.tail, 1.0), worth(chord.head, chord.gain));
            // Round a ring without losses what goes out comes back, whatever the rounding of the gains.
            let net = out - back;
            let cancels = net.abs() <= CANCELLED * (out + back);
            self.chords.push(if cancels { 0.0 } else { net });
            size += (out + back) * most;
        }
        if least - self.surplus[v] > slack * size {
            self.all.push(Cut {
                branch: v as u32,
                room,
                size,
                terms: (first_term as u32, self.terms.len() as u32),
                full: (first_full as u32, self.full.len() as u32),
            });
        } else {
            self.terms.truncate(first_term);
            self.full.truncate(first_full);
            self.chords.truncate(first_chord);
        }
    }

    /// Adds the cut of a chord that carries less than the in-stream claim on it asks.
    fn add_to_chord(&mut self, c: usize, flow: f64, network: &Network, slack: f64) {
        let (claim, asked) = self.floor[network.branches.len() + c];
        let size = self.able[claim as usize] + self.most[c];
        if asked - flow > slack * size {
            let (term, full) = (self.terms.len() as u32, self.full.len() as u32);
            self.all.push(Cut {
                branch: network.chords[c].tail,
                room: 0.0,
                size,
                terms: (term, term + 1),
                full: (full, full),
            });
            self.terms.push((claim, 1.0));
            let first = self.chords.len();
            self.chords.resize(first + self.most.len(), 0.0);
            self.chords[first + c] = -1.0;
        }
    }
}
