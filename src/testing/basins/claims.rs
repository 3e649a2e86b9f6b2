//! Promises of any kind, made at whatever a basin has.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use riparian::Model;
use riparian::agreement::{self, Agreement, Count, Measure, Obligation, Point};
use riparian::basin::{Basin, ReachKind};
use riparian::calendar::{Period, date_of};
use riparian::units::Volume;

use super::sketch::volume;
use super::{UNIT, days, flow};

/// Any agreement between the parties of a model: up to three promises, each claimed on the river in
/// one of its priority classes.
///
/// Volumes, schedules by dekads and minimum flows are promised at reaches, nodes and sums of
/// offtakes, storages at reservoirs; they fall due within the run. A promise at something that the
/// basin lacks is left out, so that an agreement may be empty. Flows are claimed only where the
/// allocation takes them whatever else is claimed: on rivers that no canal enters.
///
/// ```
/// use proptest::prelude::*;
/// use riparian::testing::{agreements, check_run};
/// use riparian::{Model, Plan};
/// # use riparian::basin::{Node, Party, Reach};
/// # use riparian::{calendar::Window, jiff::civil::date, series::DailySeries};
/// # let june = Window::new(date(2024, 6, 1), date(2024, 6, 30))?;
///
/// let river = Model::builder("a river", june)
///     .party(Party::new("UP", "Upland"))
///     .party(Party::new("LO", "Lowland"))
///     .class("treaty")
///     .node(Node::inflow("head"))
///     .node(Node::terminal("sea"))
///     .reach(Reach::river("all of it", "head", "sea"))
///     .inflow("head", DailySeries::constant(june, 20.0)?);
/// proptest!(|(agreement in agreements(&river.clone().build()?))| {
///     let plan = Plan::compile(river.clone().agreement(agreement).build()?)?;
///     check_run(&plan)?;
/// });
/// # Ok::<(), riparian::Error>(())
/// ```
pub fn agreements(model: &Model) -> impl Strategy<Value = Agreement> + use<> {
    let model = model.clone();
    vec(claim(), 0..4).prop_map(move |claims| agreement(&claims, &model))
}

/// A promise that claims.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    class: Index,
    parties: (Index, Index),
    at: ClaimAt,
    due: Due,
    first: Index,
    last: Index,
}

#[derive(Clone, Debug)]
enum ClaimAt {
    Offtakes(Vec<Index>),
    Stream(Index),
    Node(Index),
    Store(Index),
}

/// In units of volume: in all, each dekad, each day.
#[derive(Clone, Copy, Debug)]
enum Due {
    Volume(f64),
    Dekads(f64),
    Daily(f64),
}

pub(super) fn claim() -> impl Strategy<Value = Claim> {
    let at = prop_oneof![
        2 => vec(any::<Index>(), 1..4).prop_map(ClaimAt::Offtakes),
        2 => any::<Index>().prop_map(ClaimAt::Stream),
        2 => any::<Index>().prop_map(ClaimAt::Node),
        2 => any::<Index>().prop_map(ClaimAt::Store),
    ];
    let due = prop_oneof![
        volume().prop_map(|units| Due::Volume(20.0 * units)),
        volume().prop_map(|units| Due::Dekads(10.0 * units)),
        volume().prop_map(Due::Daily),
    ];
    (
        any::<Index>(),
        any::<(Index, Index)>(),
        at,
        due,
        any::<Index>(),
        any::<Index>(),
    )
        .prop_map(|(class, parties, at, due, first, last)| Claim {
            class,
            parties,
            at,
            due,
            first,
            last,
        })
}

/// The agreement of these promises between all parties of the model.
pub(super) fn agreement(claims: &[Claim], model: &Model) -> Agreement {
    let parties = model.basin().parties().iter().map(|party| &party.id);
    let agreement = Agreement::new("Random promises", parties);
    let claims = claims.iter().enumerate();
    claims
        .filter_map(|(i, claim)| claim.obligation(format!("promise {i}"), model))
        .fold(agreement, Agreement::obligation)
}

fn pick<T>(index: Index, from: &[T]) -> Option<&T> {
    (!from.is_empty()).then(|| index.get(from))
}

impl Claim {
    /// The obligation, if the basin has what it claims at.
    fn obligation(&self, id: String, model: &Model) -> Option<Obligation> {
        let basin = model.basin();
        let class = &pick(self.class, model.classes())?.name;
        let debtor = &pick(self.parties.0, basin.parties())?.id;
        let creditor = &pick(self.parties.1, basin.parties())?.id;
        let length = model.window().days();
        let (a, b) = (self.first.index(length), self.last.index(length));
        let (from, to) = (a.min(b), a.max(b));
        let window = days(date_of(model.window().from(), from as i64), to - from + 1);
        let m3 = |units| Volume::from_m3(UNIT * units);
        let (Due::Volume(units) | Due::Dekads(units) | Due::Daily(units)) = self.due;
        let (mut due, mut count) = match self.due {
            Due::Volume(units) => (m3(units).into(), Count::Sum),
            Due::Dekads(units) => {
                let dekads = Period::Dekad.parts(window).into_iter();
                let due = agreement::Due::schedule(dekads.map(|dekad| (dekad, m3(units))));
                (due, Count::Sum)
            }
            Due::Daily(units) => (flow(UNIT * units).into(), Count::EachDay),
        };
        let mut measure = None;
        let point = match &self.at {
            ClaimAt::Offtakes(members) => {
                let members: BTreeSet<&str> = members
                    .iter()
                    .filter_map(|&member| pick(member, basin.offtakes()))
                    .map(|offtake| offtake.id.as_str())
                    .collect();
                (!members.is_empty()).then(|| Point::sum(members))?
            }
            &ClaimAt::Stream(reach) => {
                let open = claimable(basin);
                Point::from(basin.reaches()[*pick(reach, &open)?].id.as_str())
            }
            &ClaimAt::Node(node) => {
                let open = claimable_nodes(basin);
                let id = basin.nodes()[*pick(node, &open)?].id.as_str();
                let dam = basin.reservoir_index(id).is_some();
                measure = Some(if dam { Measure::Inflow } else { Measure::Flow });
                Point::from(id)
            }
            &ClaimAt::Store(reservoir) => {
                let reservoir = pick(reservoir, basin.reservoirs())?;
                count = Count::AtEnd;
                due = m3(units).min(reservoir.full).into();
                Point::from(reservoir.node.as_str())
            }
        };
        let mut obligation = Obligation::new(id, debtor, point, due)
            .counted(count)
            .within(window)
            .to(creditor)
            .claimed_in(class);
        obligation.measure = measure;
        Some(obligation)
    }
}

/// For each node the mouth of its river.
fn mouths(basin: &Basin) -> Vec<usize> {
    let mut mouths: Vec<usize> = (0..basin.nodes().len()).collect();
    for &node in basin.downstream_order().iter().rev() {
        if let Some(river) = basin.river_from(node) {
            mouths[node] = mouths[basin.reach_ends(river).1];
        }
    }
    mouths
}

/// The river reaches on which flows can be claimed together, whatever else is claimed.
///
/// The allocation looks at rivers that canals join from one outlet, and every claimed flow, a dam's
/// release too, must run towards it. So no canal may enter the river itself, and what its own
/// canals lead to may have no dam and no other feeder.
fn claimable(basin: &Basin) -> Vec<usize> {
    let mouths = mouths(basin);
    let canals: Vec<(usize, usize)> = (0..basin.reaches().len())
        .filter(|&r| basin.reaches()[r].kind == ReachKind::Canal)
        .map(|r| basin.reach_ends(r))
        .map(|(tail, head)| (mouths[tail], mouths[head]))
        .collect();
    let feeders = |river: usize| canals.iter().filter(|&&(_, to)| to == river).count();
    let dammed: BTreeSet<usize> = (0..basin.reservoirs().len())
        .map(|k| mouths[basin.reservoir_node(k)])
        .collect();
    let open = |river: usize| {
        let mut led_to = vec![river];
        let mut next = 0;
        while let Some(&from) = led_to.get(next) {
            led_to.extend(canals.iter().filter(|c| c.0 == from).map(|c| c.1));
            next += 1;
        }
        let fit = |&to: &usize| feeders(to) == 1 && !dammed.contains(&to);
        feeders(river) == 0 && led_to[1..].iter().all(fit)
    };
    (0..basin.reaches().len())
        .filter(|&r| basin.reaches()[r].kind == ReachKind::River)
        .filter(|&r| open(mouths[basin.reach_ends(r).0]))
        .collect()
}

/// The nodes at which the flow of such reaches can be claimed: a reservoir's inflow if it comes by one.
fn claimable_nodes(basin: &Basin) -> Vec<usize> {
    let into = |node| {
        let reaches = 0..basin.reaches().len();
        reaches
            .filter(move |&r| basin.reach_ends(r).1 == node)
            .count()
    };
    let heads = claimable(basin).into_iter();
    let heads = heads.map(|r| basin.reach_ends(r).1);
    let stores = |node: usize| basin.reservoir_index(&basin.nodes()[node].id).is_some();
    heads
        .filter(|&node| into(node) == 1 || !stores(node))
        .collect()
}
