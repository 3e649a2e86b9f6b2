//! What several members carry from day to day, and what is kept of them.

use super::tally::Tallies;
use super::{LANES, Lockstep};
use crate::allocation::{Lanes, Room, Solver, Today, lanes};
use crate::ensemble::outcome::Readings;
use crate::operation::Decision;
use crate::simulation::{Inputs, Plan, SECONDS_A_DAY, steady_state};

pub(super) type Row = Lanes<LANES>;

/// The run of several members side by side; all volumes in m3.
pub(super) struct Course<'a> {
    pub(super) lockstep: &'a Lockstep,
    pub(super) plan: &'a Plan,
    pub(super) inflow: Vec<Series<'a>>,
    pub(super) demand: Vec<Series<'a>>,
    /// By offtake: the most its head takes in a day.
    pub(super) heads: Vec<f64>,
    pub(super) carried: Carried,
    pub(super) wave: Wave,
    /// By gauge: the readings, those of a lane one after another.
    pub(super) readings: Vec<Vec<f64>>,
    pub(super) tallies: Vec<Tallies<LANES>>,
    /// By day, as many as users may lie apart, and offtake: what was taken.
    pub(super) served: Vec<Row>,
    pub(super) books: Vec<Book>,
    /// Whether something is wrong in a lane: then the member is run by itself.
    pub(super) wrong: [bool; LANES],
    pub(super) shared: Shared,
}

/// A series of each member.
pub(super) enum Series<'a> {
    /// In m3/s, and by lane.
    Own([&'a [f64]; LANES]),
    /// Of the model, by day and place in m3: which place.
    Models(usize),
}

/// What goes from one wave to the next, as in [`State`](crate::State).
pub(super) struct Carried {
    pub(super) storage: Vec<Row>,
    pub(super) last_release: Vec<Row>,
    pub(super) last_inflow: Vec<Row>,
    pub(super) returning: Vec<Vec<Row>>,
    /// By reach: what arrives of the water that entered before the run.
    pub(super) antecedent: Vec<Row>,
}

/// The balance of a node so far.
#[derive(Clone)]
pub(super) struct Book {
    /// What days missed, whether too much or too little: an ordinary run, which lets them make up for each other, is less
    /// strict, and has the last word.
    pub(super) missed: Row,
    pub(super) throughput: Row,
}

/// The numbers of the wave at hand.
pub(super) struct Wave {
    pub(super) number: i64,
    /// By node.
    pub(super) day: Vec<Option<usize>>,
    pub(super) antecedent: Vec<Row>,
    pub(super) returned: Vec<Row>,
    pub(super) lateral: Vec<Row>,
    pub(super) loss: Vec<Row>,
    pub(super) need: Vec<Row>,
    pub(super) wanted: Vec<Row>,
    /// By reservoir.
    pub(super) known: Vec<Row>,
    pub(super) evaporation: Vec<Row>,
    pub(super) seepage: Vec<Row>,
    pub(super) rain: Vec<Row>,
    pub(super) unaccounted: Vec<Row>,
    pub(super) ceiling: Vec<Row>,
    /// By reach.
    pub(super) arriving: Vec<Row>,
    /// By arc of the network, reaches first.
    pub(super) flow: Vec<Row>,
    /// By offtake.
    pub(super) asked: Vec<Row>,
    pub(super) taken: Vec<Row>,
    /// As in [`Today`].
    pub(super) supply: Vec<Row>,
    pub(super) capacity: Vec<Row>,
    pub(super) claim: Vec<Row>,
    /// By claim, and by branch of the network.
    pub(super) award: Vec<Row>,
    pub(super) balance: Vec<Row>,
}

/// What shares a day: room for all lanes, and a solver for a lane whose day needs one.
pub(super) struct Shared {
    pub(super) room: Room<LANES>,
    pub(super) solver: Solver,
    pub(super) today: Today,
    pub(super) decisions: Vec<Decision>,
}

const NOTHING: Row = [0.0; LANES];

impl<'a> Course<'a> {
    pub(super) fn new(lockstep: &'a Lockstep, plan: &'a Plan, inputs: [&'a Inputs; LANES]) -> Self {
        let sizes = plan.sizes;
        let rows = |count: usize| vec![NOTHING; count];
        let claims = plan.network.claims();
        let inflow = (0..sizes.nodes).map(|v| {
            let own = inputs.iter().any(|i| i.changes_inflow(v));
            Series::new(own.then(|| inputs.map(|i| i.inflow_of(v))), v)
        });
        let demand = (0..sizes.offtakes).map(|i| {
            let own = inputs.iter().any(|of| of.changes_demand(i));
            Series::new(own.then(|| inputs.map(|of| of.demand_of(i))), i)
        });
        let offtakes = plan.model().basin().offtakes().iter();
        let heads = offtakes.map(|o| {
            o.capacity
                .map_or(f64::INFINITY, |q| q.m3s() * SECONDS_A_DAY)
        });
        let beyond = std::iter::repeat(f64::INFINITY);
        let capacity = plan.reaches.iter().map(|r| r.capacity).chain(beyond);
        let capacity = capacity.take(plan.network.arcs()).map(|most| [most; LANES]);
        let mut course = Self {
            inflow: inflow.collect(),
            demand: demand.collect(),
            heads: heads.collect(),
            carried: Carried {
                storage: (0..sizes.reservoirs)
                    .map(|k| lanes(|l| inputs[l].storage(k).m3()))
                    .collect(),
                last_release: rows(sizes.reservoirs),
                last_inflow: rows(sizes.reservoirs),
                returning: plan.returns.iter().map(|r| rows(r.waves)).collect(),
                antecedent: rows(sizes.reaches),
            },
            wave: Wave {
                number: -plan.last_lead,
                day: vec![None; sizes.nodes],
                antecedent: rows(sizes.nodes),
                returned: rows(sizes.nodes),
                lateral: rows(sizes.nodes),
                loss: rows(sizes.nodes),
                need: rows(sizes.nodes),
                wanted: rows(sizes.nodes),
                known: rows(sizes.reservoirs),
                evaporation: rows(sizes.reservoirs),
                seepage: rows(sizes.reservoirs),
                rain: rows(sizes.reservoirs),
                unaccounted: rows(sizes.reservoirs),
                ceiling: rows(sizes.reservoirs),
                arriving: rows(sizes.reaches),
                flow: rows(plan.network.arcs()),
                asked: rows(sizes.offtakes),
                taken: rows(sizes.offtakes),
                supply: rows(plan.network.nodes()),
                capacity: capacity.collect(),
                claim: rows(claims),
                award: rows(claims),
                balance: rows(plan.network.nodes()),
            },
            readings: vec![vec![0.0; plan.days * LANES]; lockstep.gauges.len()],
            tallies: vec![Tallies::NONE; lockstep.users.len()],
            served: vec![NOTHING; lockstep.days_apart * sizes.offtakes],
            books: vec![
                Book {
                    missed: NOTHING,
                    throughput: NOTHING
                };
                sizes.nodes
            ],
            wrong: [false; LANES],
            shared: Shared {
                room: Room::new(&plan.network),
                solver: Solver::new(&plan.network),
                today: plan.network.today(),
                decisions: plan.decisions(),
            },
            lockstep,
            plan,
        };
        course.fill_channels();
        course
    }

    /// The water in the channels before the first day, and what reservoirs saw the day before.
    fn fill_channels(&mut self) {
        let plan = self.plan;
        let mut antecedent = vec![0.0; plan.sizes.reaches];
        for l in 0..LANES {
            let inflow = |v: usize| self.inflow[v].at(&plan.inflow, plan.sizes.nodes, 0)[l];
            let demand = |i: usize| self.demand_on(i, 0).1[l];
            steady_state(plan, inflow, demand, &mut antecedent);
            for (row, &flow) in self.carried.antecedent.iter_mut().zip(&antecedent) {
                row[l] = flow;
            }
            for (k, store) in plan.stores.iter().enumerate() {
                let (release, inflow) = store.before_the_run(plan, &antecedent);
                self.carried.last_release[k][l] = release;
                self.carried.last_inflow[k][l] = inflow;
            }
        }
    }

    /// What the users of an offtake ask on a day, and that as far as its head can take it.
    #[inline(always)]
    pub(super) fn demand_on(&self, i: usize, day: usize) -> (Row, Row) {
        let asked = self.demand[i].at(&self.plan.asked, self.plan.sizes.offtakes, day);
        let head = self.heads[i];
        (asked, lanes(|l| crate::allocation::least(asked[l], head)))
    }

    /// What is kept of a member; nothing if it has to be run by itself.
    pub(super) fn readings(&self, l: usize) -> Option<Readings> {
        if self.wrong[l] {
            return None;
        }
        let days = self.plan.days;
        let of = |gauge: usize| self.readings[gauge][l * days..][..days].to_vec();
        let (record, days) = self.lockstep.readings(self.plan, of);
        Some(Readings {
            record,
            reliability: self.tallies.iter().map(|tally| tally.finish(l)).collect(),
            days,
        })
    }
}

impl<'a> Series<'a> {
    fn new(own: Option<[&'a [f64]; LANES]>, place: usize) -> Self {
        own.map_or(Self::Models(place), Self::Own)
    }

    /// The volumes of a day.
    #[inline(always)]
    pub(super) fn at(&self, models: &[f64], width: usize, day: usize) -> Row {
        match self {
            Self::Own(own) => lanes(|l| own[l][day] * SECONDS_A_DAY),
            &Self::Models(place) => [models[day * width + place]; LANES],
        }
    }
}
