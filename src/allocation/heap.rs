//! Breakpoints of relief curves, kept in heaps that can be joined and opened at both ends.

/// A place on the key axis: the classes' level axes laid end to end, the senior class lowest.
///
/// Ranks number the classes from 1, so that [`Key::BELOW`] lies under every claim.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) struct Key {
    pub(super) rank: u32,
    pub(super) level: f64,
}

impl Key {
    /// Above every claim: nothing is cut.
    pub(super) const TOP: Self = Self {
        rank: u32::MAX,
        level: 0.0,
    };
    /// Below every claim.
    pub(super) const BELOW: Self = Self {
        rank: 0,
        level: 0.0,
    };

    #[inline]
    pub(super) fn above(self, other: Self) -> bool {
        self.rank > other.rank || (self.rank == other.rank && self.level > other.level)
    }

    #[inline]
    pub(super) fn max(self, other: Self) -> Self {
        if other.above(self) { other } else { self }
    }
}

/// The end of a heap that gives the highest key first.
pub(super) const HIGHEST: usize = 0;
/// The end of a heap that gives the lowest key first.
pub(super) const LOWEST: usize = 1;

const NONE: u32 = u32::MAX;

/// Where the slope of a curve changes; or a stretch of one slope, where a claim is alone in its class.
#[derive(Clone, Copy, Debug)]
struct Breakpoint {
    key: Key,
    /// What the slope gains when the key sinks past this point.
    bend: f64,
    /// For a stretch, the level at which it ends.
    low: Option<f64>,
    /// Taken out at one end; the heap of the other end drops it when it comes up there.
    taken: bool,
    links: [Links; 2],
}

#[derive(Clone, Copy, Debug)]
struct Links {
    child: u32,
    sibling: u32,
}

/// A stretch of one slope, with ends that may be moved towards each other.
pub(super) struct Stretch<'a> {
    pub(super) low: &'a mut f64,
    pub(super) high: &'a mut f64,
    pub(super) slope: f64,
}

impl Stretch<'_> {
    /// How far the curve rises over it.
    #[inline]
    pub(super) fn rise(&self) -> f64 {
        self.slope * (*self.high - *self.low)
    }
}

/// The breakpoints of one curve: a pairing heap from each end over the same points.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends([u32; 2]);

impl Ends {
    pub(super) const EMPTY: Self = Self([NONE; 2]);
}

/// The arena all curves of a day live in.
///
/// Joining two curves costs one comparison an end; taking the first point of an end costs amortised O(log n).
/// (Pairing heaps: Fredman, Sedgewick, Sleator and Tarjan, Algorithmica 1, 1986.)
#[derive(Clone, Debug)]
pub(super) struct Heaps {
    points: Vec<Breakpoint>,
    /// Whether the lowest end is kept too; otherwise only the highest may be asked for.
    two_ended: bool,
}

impl Heaps {
    pub(super) fn with_capacity(points: usize) -> Self {
        Self {
            points: Vec::with_capacity(points),
            two_ended: true,
        }
    }

    pub(super) fn clear(&mut self, two_ended: bool) {
        self.points.clear();
        self.two_ended = two_ended;
    }

    pub(super) fn insert(&mut self, ends: &mut Ends, key: Key, bend: f64) {
        let id = self.push(key, bend);
        self.join(ends, Ends([id; 2]));
    }

    /// Inserts a stretch of slope `bend` that has its rank for itself. No other point lies between its ends, so one
    /// point stands for both, and either end can be moved without a change of order.
    pub(super) fn insert_stretch(&mut self, ends: &mut Ends, low: Key, high: Key, bend: f64) {
        let id = self.push(high, bend);
        self.points[id as usize].low = Some(low.level);
        self.join(ends, Ends([id; 2]));
    }

    /// The stretch that [`first`](Self::first) has just shown, if it is one.
    #[inline]
    pub(super) fn stretch<const END: usize>(&mut self, ends: Ends) -> Option<Stretch<'_>> {
        let Breakpoint { key, bend, low, .. } = &mut self.points[ends.0[END] as usize];
        low.as_mut().map(|low| Stretch {
            low,
            high: &mut key.level,
            slope: *bend,
        })
    }

    /// Inserts `bend` at `high` and its opposite at `low`, for the price of one.
    pub(super) fn insert_pair(&mut self, ends: &mut Ends, low: Key, high: Key, bend: f64) {
        debug_assert!(high.above(low));
        let (high, low) = (self.push(high, bend), self.push(low, -bend));
        self.links::<HIGHEST>(high).child = low;
        self.links::<LOWEST>(low).child = high;
        self.join(ends, Ends([high, low]));
    }

    fn push(&mut self, key: Key, bend: f64) -> u32 {
        debug_assert!(
            self.points.len() < self.points.capacity(),
            "the arena was sized too small"
        );
        let id = self.points.len() as u32;
        let links = [Links {
            child: NONE,
            sibling: NONE,
        }; 2];
        self.points.push(Breakpoint {
            key,
            bend,
            low: None,
            taken: false,
            links,
        });
        id
    }

    /// Moves all points of `other` into `ends`.
    pub(super) fn join(&mut self, ends: &mut Ends, other: Ends) {
        ends.0[HIGHEST] = self.meld::<HIGHEST>(ends.0[HIGHEST], other.0[HIGHEST]);
        if self.two_ended {
            ends.0[LOWEST] = self.meld::<LOWEST>(ends.0[LOWEST], other.0[LOWEST]);
        }
    }

    /// The key of the first point from this end.
    #[inline]
    pub(super) fn first<const END: usize>(&mut self, ends: &mut Ends) -> Option<Key> {
        loop {
            let root = ends.0[END];
            if root == NONE {
                return None;
            }
            let point = &self.points[root as usize];
            if !point.taken {
                return Some(point.key);
            }
            ends.0[END] = self.without_root::<END>(root);
        }
    }

    /// Takes the point that [`first`](Self::first) has just shown, and returns its bend.
    pub(super) fn take<const END: usize>(&mut self, ends: &mut Ends) -> f64 {
        let root = ends.0[END];
        ends.0[END] = self.without_root::<END>(root);
        let point = &mut self.points[root as usize];
        point.taken = true;
        point.bend
    }

    #[inline]
    fn meld<const END: usize>(&mut self, a: u32, b: u32) -> u32 {
        if a == NONE || b == NONE {
            return if a == NONE { b } else { a };
        }
        let (key_a, key_b) = (self.points[a as usize].key, self.points[b as usize].key);
        let b_first = if END == HIGHEST {
            key_b.above(key_a)
        } else {
            key_a.above(key_b)
        };
        let (first, second) = if b_first { (b, a) } else { (a, b) };
        let child = std::mem::replace(&mut self.links::<END>(first).child, second);
        self.links::<END>(second).sibling = child;
        first
    }

    /// Joins the children of `root` in pairs, then the pairs from the last to the first.
    fn without_root<const END: usize>(&mut self, root: u32) -> u32 {
        let mut next = self.links::<END>(root).child;
        let mut pairs = NONE;
        while next != NONE {
            let first = next;
            let second = self.links::<END>(first).sibling;
            next = if second == NONE {
                NONE
            } else {
                self.links::<END>(second).sibling
            };
            let pair = self.meld::<END>(first, second);
            self.links::<END>(pair).sibling = pairs;
            pairs = pair;
        }
        let mut heap = NONE;
        while pairs != NONE {
            let pair = pairs;
            pairs = self.links::<END>(pair).sibling;
            heap = self.meld::<END>(heap, pair);
        }
        heap
    }

    #[inline]
    fn links<const END: usize>(&mut self, id: u32) -> &mut Links {
        &mut self.points[id as usize].links[END]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(level: u32) -> Key {
        Key {
            rank: 1 + level % 3,
            level: f64::from(level),
        }
    }

    /// A small multiplicative generator is enough to mix the order of arrival.
    fn scattered(count: u32) -> impl Iterator<Item = u32> {
        (0..count).map(|i| i.wrapping_mul(2_654_435_761) >> 7)
    }

    #[test]
    fn both_ends_give_their_order_and_share_the_points() {
        let mut heaps = Heaps::with_capacity(200);
        let (mut all, mut other) = (Ends::EMPTY, Ends::EMPTY);
        let mut keys: Vec<Key> = Vec::new();
        for (i, level) in scattered(200).enumerate() {
            let ends = if i % 3 == 0 { &mut other } else { &mut all };
            heaps.insert(ends, key(level), f64::from(level));
            keys.push(key(level));
        }
        heaps.join(&mut all, other);
        keys.sort_by(|a, b| a.partial_cmp(b).expect("levels are numbers"));

        for turn in 0..200 {
            let (shown, bend, expected) = if turn % 3 == 0 {
                let shown = heaps.first::<LOWEST>(&mut all);
                (shown, heaps.take::<LOWEST>(&mut all), keys.remove(0))
            } else {
                let shown = heaps.first::<HIGHEST>(&mut all);
                (
                    shown,
                    heaps.take::<HIGHEST>(&mut all),
                    keys.pop().expect("as many keys as turns"),
                )
            };
            assert_eq!(shown, Some(expected));
            assert_eq!(bend, expected.level);
        }
        assert_eq!(heaps.first::<HIGHEST>(&mut all), None);
        assert_eq!(heaps.first::<LOWEST>(&mut all), None);
    }

    #[test]
    fn a_junior_class_lies_above_a_senior_one_at_any_level() {
        let (senior, junior) = (
            Key {
                rank: 1,
                level: 1e9,
            },
            Key {
                rank: 2,
                level: 0.0,
            },
        );
        assert!(junior.above(senior) && !senior.above(junior) && !junior.above(junior));
        assert!(Key::TOP.above(junior) && senior.above(Key::BELOW));
    }
}
