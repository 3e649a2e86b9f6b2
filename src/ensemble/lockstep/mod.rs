//! Members side by side: the days of several members of one plan, each step of a day done for all of them at once.
//!
//! Members differ in their inputs and agree in everything else: in the order of nodes, the claims, the calendar. So all
//! that a step decides about *where* is decided once for [`LANES`] members, and the numbers of a place stand next to
//! each other, one lane a member, where a processor adds and compares several at a time. Nothing is kept but what
//! the settlement, the metrics and the watched places read.
//!
//! It is no other model. Each lane does what [`Simulation`](crate::Simulation) does, operation for operation, so that the
//! numbers are the same to the last bit; `tests/ensemble_lockstep.rs` holds the two against each other. It covers
//! rivers whose reaches have a travel time and losses, net losses at nodes, reservoirs under any policy that does not look ahead, offtakes with
//! returns, and minimum flows. Where a plan has more (canals, routed reaches, paced obligations, licences, forecasts),
//! [`Lockstep::of`] gives nothing and its members run one by one. So does any member in whose lane something is
//! wrong: the ordinary run says what.

mod course;
mod day;
mod sum;
mod tally;

use super::outcome::{Readings, own_offtakes};
use super::{Frame, User};
use crate::basin::Basin;
use crate::settlement::{Gauge, Record, gauges};
use crate::simulation::{Inputs, Plan, StreamClaim};

use course::Course;

/// How many members run side by side.
pub(super) const LANES: usize = 8;

/// A plan whose members can run side by side, and what is read of them.
#[derive(Debug)]
pub(super) struct Lockstep {
    /// By claim in a stream: what is claimed on each day.
    streams: Vec<StreamClaim>,
    /// Whether each reservoir's limits and policy are the same on all days, by reservoir.
    steady: Vec<bool>,
    /// All that is read, and by node which of it stands there.
    gauges: Vec<Gauge>,
    at_node: Vec<Vec<usize>>,
    /// By user of the frame.
    users: Vec<Taker>,
    /// As many days as offtakes may lie apart, and one.
    days_apart: usize,
    /// By column of the members' records, and by watched place: the gauge.
    columns: Vec<usize>,
    watched: Vec<usize>,
}

impl Lockstep {
    /// Nothing where members of the plan have to run one by one.
    pub(super) fn of(plan: &Plan, frame: &Frame) -> Option<Self> {
        if !plan.is_plain() || !plan.network.is_river() {
            return None;
        }
        plan.network.strict()?;
        let streams = plan.claiming.iter();
        let streams: Option<Vec<StreamClaim>> = streams.map(|c| c.known_in_stream(plan)).collect();
        let basin = plan.model().basin();
        let mut read = Read::default();
        let columns = gauges(plan.model().agreements()).into_iter();
        let columns = columns.filter_map(|(id, measure)| Gauge::new(basin, &id, measure));
        let columns: Vec<usize> = columns.map(|gauge| read.number(gauge)).collect();
        let watched = frame.days_kept().iter();
        let watched = watched.map(|place| {
            let gauge = Gauge::new(basin, &place.id, place.measure)?;
            Some(read.number(gauge))
        });
        let watched: Option<Vec<usize>> = watched.collect();
        let natural = |gauge: &Gauge| matches!(gauge, Gauge::Natural(_));
        if read.gauges.iter().any(natural) {
            return None;
        }
        Some(Self {
            streams: streams?,
            steady: (0..plan.stores.len()).map(|k| plan.is_steady(k)).collect(),
            at_node: read.by_node(basin),
            gauges: read.gauges,
            users: frame
                .users
                .iter()
                .map(|user| Taker::new(plan, user))
                .collect(),
            days_apart: plan.last_lead as usize + 1,
            columns,
            watched: watched?,
        })
    }

    /// Runs members, at most [`LANES`], each with its own inputs; nothing for one that has to be run by itself.
    pub(super) fn run(&self, plan: &Plan, members: &[&Inputs]) -> Vec<Option<Readings>> {
        assert!(
            members.len() <= LANES,
            "{} members in {LANES} lanes",
            members.len()
        );
        let Some(&first) = members.first() else {
            return Vec::new();
        };
        // Lanes without a member do what the first does, and nobody looks.
        let inputs: [&Inputs; LANES] =
            std::array::from_fn(|l| members.get(l).copied().unwrap_or(first));
        let mut course = Course::new(self, plan, inputs);
        course.run();
        (0..members.len()).map(|l| course.readings(l)).collect()
    }

    fn readings(&self, plan: &Plan, of: impl Fn(usize) -> Vec<f64>) -> (Record, Vec<f64>) {
        let model = plan.model();
        let basin = model.basin();
        let mut record = Record::new(plan.window());
        let known = gauges(model.agreements()).into_iter();
        let known = known.filter(|(id, measure)| Gauge::new(basin, id, *measure).is_some());
        for ((id, measure), &gauge) in known.zip(&self.columns) {
            record = record.with(id, measure, of(gauge));
        }
        let days = self.watched.iter().flat_map(|&gauge| of(gauge));
        (record, days.collect())
    }
}

/// A user with its offtakes.
#[derive(Debug)]
struct Taker {
    offtakes: Vec<usize>,
    /// The lead of those that a day comes to last.
    last_lead: i64,
}

impl Taker {
    fn new(plan: &Plan, user: &User) -> Self {
        let offtakes = own_offtakes(plan.model().basin(), user);
        let leads = offtakes.iter().map(|&i| plan.lead[plan.offtakes[i].node]);
        Self {
            last_lead: leads.min().unwrap_or(0),
            offtakes,
        }
    }
}

/// The distinct gauges somebody reads.
#[derive(Default)]
struct Read {
    gauges: Vec<Gauge>,
}

impl Read {
    fn number(&mut self, gauge: Gauge) -> usize {
        let known = self.gauges.iter().position(|&known| known == gauge);
        known.unwrap_or_else(|| {
            self.gauges.push(gauge);
            self.gauges.len() - 1
        })
    }

    fn by_node(&self, basin: &Basin) -> Vec<Vec<usize>> {
        let mut by_node = vec![Vec::new(); basin.nodes().len()];
        for (number, gauge) in self.gauges.iter().enumerate() {
            by_node[gauge.node(basin)].push(number);
        }
        by_node
    }
}
