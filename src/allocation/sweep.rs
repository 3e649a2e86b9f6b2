//! The upward pass, which finds the threshold of every cut, and the downward pass, which hands them out.

use super::day::Today;
use super::heap::{Ends, HIGHEST, Heaps, Key, LOWEST, Stretch};
use super::network::{Branch, NONE, Network};
use super::rule::{Layer, Layers};

/// What a threshold was lowered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The claims of the subtree exceed its water.
    Water,
    /// They exceed what the arc from the parent can carry.
    Capacity,
    /// An in-stream claim on the arc to the parent.
    Floor,
}

/// How the surplus of a subtree rises while one threshold for all its claims sinks.
///
/// Piecewise linear: `slope` holds just below `top`, and `ends` knows where it bends further down.
#[derive(Clone, Copy, Debug)]
struct Curve {
    ends: Ends,
    /// The threshold, lowered as far as the cuts so far demand.
    top: Key,
    slope: f64,
    /// What the surplus would still rise if the threshold sank to the bottom.
    relief: f64,
}

impl Curve {
    const FLAT: Self = Self {
        ends: Ends::EMPTY,
        top: Key::TOP,
        slope: 0.0,
        relief: 0.0,
    };

    /// Adds the claim of a class that has no other.
    #[inline]
    fn add_lone(&mut self, heaps: &mut Heaps, rank: u32, size: f64, scale: f64) {
        let Layer { from, to, slope } = Layer::whole(size);
        let key = |level| Key { rank, level };
        heaps.insert_stretch(&mut self.ends, key(from), key(to), slope * scale);
        self.relief += slope * scale * (to - from);
    }

    #[inline]
    fn add(&mut self, heaps: &mut Heaps, rank: u32, layer: &Layer, scale: f64) {
        let bend = layer.slope * scale;
        let key = |level| Key { rank, level };
        heaps.insert_pair(&mut self.ends, key(layer.from), key(layer.to), bend);
        self.relief += bend * (layer.to - layer.from);
    }

    /// Sinks the threshold until the rise of the surplus closes `gap`.
    fn lower(&mut self, heaps: &mut Heaps, gap: f64) {
        let mut left = gap;
        while let Some(next) = heaps.first::<HIGHEST>(&mut self.ends) {
            if let Some(lone) = heaps.stretch::<HIGHEST>(self.ends) {
                self.slope = 0.0;
                let rise = lone.rise();
                if rise >= left {
                    *lone.high = (*lone.high - left / lone.slope).max(*lone.low);
                    self.top = Key {
                        level: *lone.high,
                        ..next
                    };
                    self.relief = (self.relief - gap).max(0.0);
                    return;
                }
                left -= rise;
                self.top = Key {
                    level: *lone.low,
                    ..next
                };
                heaps.take::<HIGHEST>(&mut self.ends);
                continue;
            }
            if next.rank == self.top.rank {
                let rise = self.slope * (self.top.level - next.level);
                if rise >= left {
                    self.top.level = (self.top.level - left / self.slope).max(next.level);
                    self.relief = (self.relief - gap).max(0.0);
                    return;
                }
                left -= rise;
            } else {
                // Slopes are sums that should end at zero with the class, so no rounding leaks into the next one.
                self.slope = 0.0;
            }
            self.top = next;
            self.slope += heaps.take::<HIGHEST>(&mut self.ends);
        }
        // The bottom: what is left of the gap is rounding.
        self.top.level = 0.0;
        self.slope = 0.0;
        self.relief = 0.0;
    }

    /// Sinks the threshold until `gap` is closed by the rise of the surplus and the fall of `asked` together.
    /// Returns the rise alone.
    fn lower_with(&mut self, heaps: &mut Heaps, mut gap: f64, asked: &mut Asked) -> f64 {
        let mut rise = 0.0;
        loop {
            // Slopes are sums that should end at zero with the class, so no rounding leaks into the next one.
            let end_of_class = Key {
                rank: self.top.rank,
                level: 0.0,
            };
            let bend = self.next_point(heaps);
            let fall = asked.next();
            let next = end_of_class
                .max(bend.unwrap_or(Key::BELOW))
                .max(fall.unwrap_or(Key::BELOW));

            let rate = self.slope + asked.slope;
            let step = self.top.level - next.level;
            if rate > 0.0 && rate * step >= gap {
                let step = gap / rate;
                self.top.level = (self.top.level - step).max(next.level);
                rise += self.slope * step;
                break;
            }
            gap -= rate * step;
            rise += self.slope * step;
            self.top = next;

            if bend == Some(next) {
                self.slope += heaps.take::<HIGHEST>(&mut self.ends);
            } else if fall == Some(next) {
                asked.pass();
                if asked.layer().is_none() {
                    // Nothing is asked for any more: what is left of the gap is rounding.
                    break;
                }
            } else {
                self.slope = 0.0;
                asked.slope = 0.0;
                match (bend, fall) {
                    (None, None) => {
                        self.relief = 0.0;
                        return rise;
                    }
                    (bend, fall) => {
                        self.top = bend.unwrap_or(Key::BELOW).max(fall.unwrap_or(Key::BELOW));
                    }
                }
            }
        }
        self.relief = (self.relief - rise).max(0.0);
        rise
    }

    /// The next breakpoint; a stretch that comes first is parted into its ends.
    fn next_point(&mut self, heaps: &mut Heaps) -> Option<Key> {
        let high = heaps.first::<HIGHEST>(&mut self.ends)?;
        if let Some(Stretch { low, .. }) = heaps.stretch::<HIGHEST>(self.ends) {
            let low = Key {
                level: *low,
                ..high
            };
            let bend = heaps.take::<HIGHEST>(&mut self.ends);
            if high.above(low) {
                heaps.insert_pair(&mut self.ends, low, high, bend);
            }
            return self.next_point(heaps);
        }
        Some(high)
    }

    /// Turns the open upper end into a breakpoint, so that the curve can be joined to one that begins higher.
    fn close_top(&mut self, heaps: &mut Heaps) {
        if self.slope > 0.0 {
            heaps.insert(&mut self.ends, self.top, self.slope);
        }
    }

    /// Takes `excess` off the relief at the lower end and returns the key where the curve now stops.
    fn raise_bottom(&mut self, heaps: &mut Heaps, mut excess: f64) -> Key {
        self.relief -= excess;
        let mut bottom = Key::BELOW;
        let mut slope = 0.0;
        while let Some(next) = heaps.first::<LOWEST>(&mut self.ends) {
            if let Some(lone) = heaps.stretch::<LOWEST>(self.ends) {
                slope = 0.0;
                let rise = lone.rise();
                if rise >= excess {
                    *lone.low = (*lone.low + excess / lone.slope).min(*lone.high);
                    return Key {
                        level: *lone.low,
                        ..next
                    };
                }
                excess -= rise;
                bottom = next;
                heaps.take::<LOWEST>(&mut self.ends);
                continue;
            }
            if next.rank == bottom.rank {
                let step = next.level - bottom.level;
                if slope > 0.0 && slope * step >= excess {
                    bottom.level = (bottom.level + excess / slope).min(next.level);
                    heaps.insert(&mut self.ends, bottom, -slope);
                    return bottom;
                }
                excess -= slope * step;
            } else {
                slope = 0.0;
            }
            bottom = next;
            slope -= heaps.take::<LOWEST>(&mut self.ends);
        }
        bottom
    }
}

/// What an in-stream claim asks for as the threshold sinks. It belongs to one cut and enters no curve.
struct Asked<'a> {
    rank: u32,
    layers: &'a [Layer],
    scale: f64,
    /// How many ends of layers lie above the threshold, counted from the highest.
    passed: usize,
    slope: f64,
}

impl<'a> Asked<'a> {
    fn new(rank: u32, layers: &'a Layers, scale: f64, top: Key) -> Self {
        let mut asked = Self {
            rank,
            layers: layers.as_slice(),
            scale,
            passed: 0,
            slope: 0.0,
        };
        while asked.next().is_some_and(|next| next.above(top)) {
            asked.pass();
        }
        asked
    }

    /// The layer that begins or ends next.
    #[inline]
    fn layer(&self) -> Option<&'a Layer> {
        self.layers.iter().rev().nth(self.passed / 2)
    }

    #[inline]
    fn next(&self) -> Option<Key> {
        self.layer().map(|layer| Key {
            rank: self.rank,
            level: if self.passed.is_multiple_of(2) {
                layer.to
            } else {
                layer.from
            },
        })
    }

    fn pass(&mut self) {
        if let Some(layer) = self.layer() {
            let bend = layer.slope * self.scale;
            self.slope += if self.passed.is_multiple_of(2) {
                bend
            } else {
                -bend
            };
            self.passed += 1;
        }
    }
}

/// What the passes leave at each branch.
#[derive(Clone, Copy, Debug)]
struct Cut {
    /// How far the threshold was lowered here, and what for.
    top: Key,
    cause: Cause,
    /// Below this key the arc to the parent is full, or the canal needs nothing: cuts further down the tree no
    /// longer reach the claims here.
    stop: Key,
    /// The key at which the claims of this node are held in the end, and the cut that holds them.
    limit: Key,
    holder: u32,
}

impl Cut {
    const NONE: Self = Self {
        top: Key::TOP,
        cause: Cause::Water,
        stop: Key::BELOW,
        limit: Key::TOP,
        holder: NONE,
    };
}

/// Scratch of the two passes. Surpluses are in m³ as worth at the outlet.
#[derive(Clone, Debug)]
pub(super) struct Sweep {
    heaps: Heaps,
    /// Of each node with the sources above it, all claims in full.
    local: Vec<f64>,
    /// Of each subtree.
    surplus: Vec<f64>,
    /// Whether an arc may be full or a canal dry, so that a cut does not reach all claims above it.
    narrow: bool,
    /// At each branch, the curves of its children joined with the claims of its own node.
    curves: Vec<Curve>,
    cuts: Vec<Cut>,
}

/// Between what bounds the surplus of a subtree must lie, and matters to the parent.
fn bounds(branch: &Branch, today: &Today) -> (f64, f64) {
    if branch.parent == NONE {
        return (0.0, f64::INFINITY);
    }
    let capacity = branch.tail_scale * today.capacity[branch.arc as usize];
    if branch.up {
        (-capacity, 0.0)
    } else {
        (0.0, capacity)
    }
}

impl Sweep {
    pub(super) fn new(network: &Network) -> Self {
        let branches = network.branches.len();
        let claims = network.offstream.len();
        Self {
            // Both ends of each layer, and for each branch the ends of its curve.
            heaps: Heaps::with_capacity(2 * Layers::MAX * claims + 2 * branches),
            local: vec![0.0; branches],
            surplus: vec![0.0; branches],
            narrow: true,
            curves: vec![Curve::FLAT; branches],
            cuts: vec![Cut::NONE; branches],
        }
    }

    /// Whether all claims can be met in full.
    pub(super) fn fits(&mut self, network: &Network, today: &Today) -> bool {
        self.start(network, today);
        self.surplus.copy_from_slice(&self.local);
        for (v, branch) in network.branches.iter().enumerate().skip(network.sources) {
            let surplus = self.surplus[v];
            let (least, most) = bounds(branch, today);
            if surplus < least {
                return false;
            }
            for at in network.instream.of(v) {
                if branch.scale * today.claim[at.claim as usize] > surplus.min(most) {
                    return false;
                }
            }
            if branch.parent != NONE {
                self.surplus[branch.parent as usize] += surplus.min(most);
            }
        }
        true
    }

    /// Sets the surpluses of the nodes alone, and passes on what sources give.
    fn start(&mut self, network: &Network, today: &Today) {
        for (local, branch) in self.local.iter_mut().zip(&network.branches) {
            *local = branch.scale * today.supply[branch.node as usize];
        }
        for at in &network.offstream {
            let v = at.branch as usize;
            self.local[v] -= network.branches[v].scale * today.claim[at.claim as usize];
        }
        for (v, branch) in network.branches[..network.sources].iter().enumerate() {
            let (_, most) = bounds(branch, today);
            let surplus = self.local[v];
            self.cuts[v].stop = if surplus >= most {
                Key::TOP
            } else {
                Key::BELOW
            };
            self.local[branch.parent as usize] += surplus.min(most);
        }
        self.narrow = network.branches.iter().any(|branch| {
            branch.parent != NONE
                && (branch.up || today.capacity[branch.arc as usize] < f64::INFINITY)
        });
    }

    /// Both passes: afterwards [`limit`](Self::limit) holds for every branch.
    ///
    /// Starts from what [`fits`](Self::fits) found for the same day.
    pub(super) fn run(&mut self, network: &Network, today: &Today, largest: &[f64]) {
        self.surplus.copy_from_slice(&self.local);
        // Only a full arc or a dry canal ever takes a curve's lower end away.
        self.heaps.clear(self.narrow);
        self.curves.fill(Curve::FLAT);
        for at in &network.offstream {
            let size = today.claim[at.claim as usize];
            if size > 0.0 {
                let v = at.branch as usize;
                let scale = network.branches[v].scale;
                let curve = &mut self.curves[v];
                if at.alone {
                    curve.add_lone(&mut self.heaps, at.rank, size, scale);
                } else {
                    for layer in network.layers(at, size, largest).as_slice() {
                        curve.add(&mut self.heaps, at.rank, layer, scale);
                    }
                }
            }
        }
        let live = network.sources..network.branches.len();
        for v in live.clone() {
            self.visit(v, network, today, largest);
        }
        for v in live.rev() {
            let parent = network.branches[v].parent;
            let cut = &self.cuts[v];
            let (mut limit, mut holder) = (Key::TOP, NONE);
            if parent != NONE {
                let above = &self.cuts[parent as usize];
                (limit, holder) = (above.limit.max(cut.stop), above.holder);
            }
            if limit.above(cut.top) {
                (limit, holder) = (cut.top, v as u32);
            }
            self.cuts[v].limit = limit;
            self.cuts[v].holder = holder;
        }
    }

    fn visit(&mut self, v: usize, network: &Network, today: &Today, largest: &[f64]) {
        let branch = &network.branches[v];
        let curve = &mut self.curves[v];
        let mut surplus = self.surplus[v];
        let mut cause = Cause::Water;

        let (least, most) = bounds(branch, today);
        if surplus < least {
            curve.lower(&mut self.heaps, least - surplus);
            surplus = least;
            if branch.up {
                cause = Cause::Capacity;
            }
        }
        for at in network.instream.of(v) {
            let size = today.claim[at.claim as usize];
            let able = size.min(today.capacity[branch.arc as usize]);
            if able * branch.scale <= surplus || curve.top.rank < at.rank {
                continue;
            }
            let layers = network.layers(at, size, largest).up_to(able);
            let asked = if curve.top.rank > at.rank {
                able
            } else {
                layers.award_at(curve.top.level)
            };
            let gap = asked * branch.scale - surplus;
            if gap > 0.0 {
                let mut asked = Asked::new(at.rank, &layers, branch.scale, curve.top);
                surplus += curve.lower_with(&mut self.heaps, gap, &mut asked);
                cause = Cause::Floor;
            }
        }

        let mut stop = Key::BELOW;
        if surplus >= most {
            stop = Key::TOP;
        } else if branch.parent != NONE {
            curve.close_top(&mut self.heaps);
            if curve.relief > most - surplus {
                stop = curve.raise_bottom(&mut self.heaps, curve.relief - (most - surplus));
            }
        }
        let Curve {
            top, ends, relief, ..
        } = *curve;
        self.cuts[v] = Cut {
            top,
            cause,
            stop,
            ..Cut::NONE
        };
        if branch.parent != NONE {
            let parent = branch.parent as usize;
            self.surplus[parent] += surplus.min(most);
            if stop != Key::TOP {
                let joined = &mut self.curves[parent];
                joined.relief += relief;
                self.heaps.join(&mut joined.ends, ends);
            }
        }
    }

    /// The key at which the claims at this branch's node are held.
    pub(super) fn limit(&self, v: usize) -> Key {
        self.cuts[v].limit
    }

    /// The branch whose cut holds the claims here, and what it was made for.
    pub(super) fn holder(&self, v: usize) -> (usize, Cause) {
        let holder = self.cuts[v].holder as usize;
        (holder, self.cuts[holder].cause)
    }

    /// Whether an arc may be full or a canal dry today.
    pub(super) fn narrow(&self) -> bool {
        self.narrow
    }

    /// Whether one m³ less claimed here would still mean more water for the parent.
    pub(super) fn linked(&self, v: usize, parent: usize) -> bool {
        self.cuts[parent].limit.above(self.cuts[v].stop)
    }
}
