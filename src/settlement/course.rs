//! The ways by which water comes to a place, and who stands on them.

use crate::basin::{Basin, ReachKind};

/// By which way the water of each node comes to one node, and how much of it.
#[derive(Clone, Debug)]
pub(super) struct Course {
    /// By node: the reach its water leaves by; none at the node itself and where nothing comes.
    next: Vec<Option<usize>>,
    /// By node: the part of its water that arrives; none where nothing comes.
    gain: Vec<Option<f64>>,
    /// By node: for how many days its water is on its way. Where a reach stores water or changes its
    /// lag, its [mean travel time](crate::basin::Reach::mean_travel_days) stands for all.
    travel: Vec<i64>,
}

impl Course {
    /// By rivers, and by canals where no river leads there.
    pub(super) fn of(basin: &Basin, node: usize) -> Self {
        Self::by(basin, node, true)
    }

    /// By rivers alone: the ways of water that nobody asks for.
    pub(super) fn of_rivers(basin: &Basin, node: usize) -> Self {
        Self::by(basin, node, false)
    }

    fn by(basin: &Basin, node: usize, canals: bool) -> Self {
        let mut course = Self {
            next: vec![None; basin.nodes().len()],
            gain: vec![None; basin.nodes().len()],
            travel: vec![0; basin.nodes().len()],
        };
        course.gain[node] = Some(1.0);
        for &v in basin.downstream_order().iter().rev() {
            if v == node {
                continue;
            }
            let leads = |&r: &usize| {
                let (from, to) = basin.reach_ends(r);
                let river = basin.reaches()[r].kind == ReachKind::River;
                from == v && course.gain[to].is_some() && (river || canals)
            };
            let canal = |&r: &usize| basin.reaches()[r].kind == ReachKind::Canal;
            let way = (0..basin.reaches().len()).filter(leads).min_by_key(canal);
            if let Some(r) = way {
                let (reach, (_, to)) = (&basin.reaches()[r], basin.reach_ends(r));
                let onward = course.gain[to].unwrap_or_default();
                course.gain[v] = Some((1.0 - reach.loss) * onward);
                course.travel[v] = i64::from(reach.mean_travel_days()) + course.travel[to];
                course.next[v] = Some(r);
            }
        }
        course
    }

    /// The part of a node's water that arrives, if any does.
    pub(super) fn gain(&self, v: usize) -> Option<f64> {
        self.gain[v]
    }

    /// The reach by which a node's water leaves for the place.
    pub(super) fn next(&self, v: usize) -> Option<usize> {
        self.next[v]
    }

    /// The nodes whose water comes, with the part that does.
    pub(super) fn nodes(&self) -> impl Iterator<Item = (usize, f64)> {
        let gains = self.gain.iter().enumerate();
        gains.filter_map(|(v, gain)| Some((v, (*gain)?)))
    }

    /// For how many days a node's water is on its way; 0 where none comes.
    pub(super) fn travel(&self, v: usize) -> i64 {
        self.travel[v]
    }
}

/// Who takes water that would have come to a place.
#[derive(Clone, Debug)]
pub(super) struct User {
    /// The offtake.
    pub(super) offtake: usize,
    /// The volume missing at the place for each taken.
    pub(super) weight: f64,
    /// Whether its water had passed the place.
    pub(super) below: bool,
    /// How many days before it is at the place its water passes the user; negative for one below.
    pub(super) travel: i64,
    /// The reservoir behind which its water would have lain: which of [`Sources::stores`].
    pub(super) behind: Option<usize>,
}

/// The day on which water passes where it is so many days on its way to a place, if it is there on
/// `day`; none before the run and after it.
pub(super) fn day_before(day: usize, travel: i64, days: usize) -> Option<usize> {
    let there = usize::try_from(day as i64 - travel).ok();
    there.filter(|&there| there < days)
}

/// Where more water for a place could have come from.
#[derive(Clone, Debug)]
pub(super) struct Sources {
    pub(super) course: Course,
    pub(super) users: Vec<User>,
    /// Reservoirs upstream, the nearest first.
    pub(super) stores: Vec<usize>,
    /// Reaches on the way from each of them, in the order of the river.
    pub(super) ways: Vec<Vec<usize>>,
}

/// What stands at a place itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// A reading of all water that comes: what happens at the node is past it.
    Arrival,
    /// A reading of what leaves by a reach: users and reservoir at its tail come before it.
    Departure(usize),
    /// A user or a reservoir there: those who take water that passed it also count.
    Place,
}

impl Sources {
    pub(super) fn of(basin: &Basin, node: usize, at: At) -> Self {
        let course = Course::of(basin, node);
        let counts = |v: usize| course.gain(v).is_some() && (v != node || at != At::Arrival);
        let store_at = |v: usize| {
            (0..basin.reservoirs().len()).find(|&k| basin.reservoir_node(k) == v && counts(v))
        };
        let order = basin.downstream_order();
        let stores: Vec<usize> = order.iter().rev().filter_map(|&v| store_at(v)).collect();
        let number = |k: usize| stores.iter().position(|&store| store == k);
        let way_from = |v: usize| {
            let mut way = Vec::new();
            let mut here = v;
            while let Some(r) = course.next(here) {
                way.push(r);
                here = basin.reach_ends(r).1;
            }
            way
        };
        let mut ways: Vec<Vec<usize>> = stores
            .iter()
            .map(|&k| way_from(basin.reservoir_node(k)))
            .collect();
        if let At::Departure(reach) = at {
            for way in &mut ways {
                way.push(reach);
            }
        }
        let behind = |v: usize| {
            let on = way_from(v).into_iter().map(|r| basin.reach_ends(r).1);
            std::iter::once(v)
                .chain(on)
                .find_map(store_at)
                .and_then(number)
        };
        // Users beside the course take from the node where their water left it.
        let mut fed: Vec<Option<Fed>> = vec![None; basin.nodes().len()];
        let by_course = |v: usize, weight: f64| Fed {
            from: v,
            weight,
            travel: course.travel(v),
            below: false,
        };
        for (v, gain) in course.nodes().filter(|&(v, _)| counts(v)) {
            fed[v] = Some(by_course(v, gain));
        }
        let is_store =
            |v: usize| (0..basin.reservoirs().len()).any(|k| basin.reservoir_node(k) == v);
        if at == At::Place {
            let below = Fed {
                from: node,
                weight: 1.0,
                travel: 0,
                below: true,
            };
            spread(basin, None, below, &mut fed, is_store);
        }
        let own = match at {
            At::Departure(reach) => Some(reach),
            At::Arrival | At::Place => None,
        };
        for (v, gain) in course.nodes().filter(|&(v, _)| counts(v)) {
            let ends = |v: usize| course.gain(v).is_some();
            spread(basin, own, by_course(v, gain), &mut fed, ends);
        }
        let users = (0..basin.offtakes().len()).filter_map(|offtake| {
            let fed = fed[basin.offtake_node(offtake)]?;
            Some(User {
                offtake,
                weight: fed.weight,
                below: fed.below,
                travel: fed.travel,
                behind: behind(fed.from),
            })
        });
        Self {
            users: users.collect(),
            stores,
            ways,
            course,
        }
    }
}

/// Whose water a node gets.
#[derive(Clone, Copy, Debug)]
struct Fed {
    /// The node where it left the course.
    from: usize,
    /// The volume missing at the place for each taken here.
    weight: f64,
    /// How many days before it is at the place it passes here.
    travel: i64,
    /// Whether it had passed the place.
    below: bool,
}

/// Marks the nodes that the water of a marked node can reach by ways not marked yet, but for one
/// reach, up to where `ends` says.
fn spread(
    basin: &Basin,
    but: Option<usize>,
    mark: Fed,
    fed: &mut [Option<Fed>],
    ends: impl Fn(usize) -> bool,
) {
    let mut open = vec![(mark.from, mark)];
    while let Some((v, here)) = open.pop() {
        let leaving = |&r: &usize| basin.reach_ends(r).0 == v && but != Some(r);
        for r in (0..basin.reaches().len()).filter(leaving) {
            let to = basin.reach_ends(r).1;
            if fed[to].is_none() && !ends(to) {
                // What a user takes there left here with the losses on the way.
                let reach = &basin.reaches()[r];
                let there = Fed {
                    weight: here.weight / (1.0 - reach.loss),
                    travel: here.travel - i64::from(reach.mean_travel_days()),
                    ..here
                };
                fed[to] = Some(there);
                open.push((to, there));
            }
        }
    }
}
