//! The checked basin: names resolved, the network sound.

use std::collections::HashMap;

use super::pump;
use super::{
    BasinParts, Node, NodeKind, Offtake, Party, PowerPlant, Pump, Pumped, Reach, ReachKind,
    Reservoir,
};
use crate::error::{Diagnostic, Diagnostics, Origin};
use crate::units::{Flow, Volume};

/// A basin whose every name is known and whose network is sound.
///
/// Invariants: ids are unique over nodes, reaches and offtakes; no water runs in a circle, and where
/// it can take two ways between two nodes both take as long, or the longer one is
/// [routed](Reach::is_routed); every node but terminals and those that canals alone lead to has exactly
/// one river reach leaving it; reservoirs are consistent in themselves. Nodes keep the order in which they were declared.
///
/// ```
/// let model = riparian::scenario::read("src/bin/riparian/skeleton")?;
/// let basin = model.basin();
/// let lake = basin.node_index("lake").unwrap();
/// assert_eq!(basin.nodes()[lake].id, "lake");
/// assert_eq!(basin.offtakes().len(), 2);
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Basin {
    parties: Vec<Party>,
    nodes: Vec<Node>,
    reaches: Vec<Reach>,
    reservoirs: Vec<Reservoir>,
    offtakes: Vec<Offtake>,
    pumps: Vec<Pump>,
    /// For each pump what it lifts.
    pumped: Vec<Pumped>,
    /// For each reach the indices of its two nodes.
    ends: Vec<(usize, usize)>,
    /// For each reservoir the index of its node.
    reservoir_node: Vec<usize>,
    /// For each offtake the index of the node it takes from.
    offtake_node: Vec<usize>,
    /// Node indices, each after all nodes upstream of it.
    order: Vec<usize>,
    /// For each node the travel time in days from the head of its tree.
    lead: Vec<u32>,
}

impl Basin {
    /// The parties.
    pub fn parties(&self) -> &[Party] {
        &self.parties
    }

    /// The nodes, as declared.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The reaches, as declared.
    pub fn reaches(&self) -> &[Reach] {
        &self.reaches
    }

    /// The reservoirs, as declared.
    pub fn reservoirs(&self) -> &[Reservoir] {
        &self.reservoirs
    }

    /// The offtakes, as declared.
    pub fn offtakes(&self) -> &[Offtake] {
        &self.offtakes
    }

    /// The pumps, as declared.
    pub fn pumps(&self) -> &[Pump] {
        &self.pumps
    }

    /// What a pump lifts.
    pub fn pumped(&self, pump: usize) -> Pumped {
        self.pumped[pump]
    }

    /// The party that bears the energy of a pump, if any does.
    pub fn pumping_party(&self, pump: usize) -> Option<&str> {
        let own = self.pumps[pump].party.as_deref();
        own.or(match self.pumped[pump] {
            Pumped::Offtake(i) => Some(&self.offtakes[i].party),
            Pumped::Canal(_) => None,
        })
    }

    /// The reaches, for a what-if that leaves names and ends as they are.
    pub(crate) fn reaches_mut(&mut self) -> &mut [Reach] {
        &mut self.reaches
    }

    /// The reservoirs, for a what-if that leaves their places as they are.
    pub(crate) fn reservoirs_mut(&mut self) -> &mut [Reservoir] {
        &mut self.reservoirs
    }

    /// The offtakes, for a what-if that leaves names and places as they are.
    pub(crate) fn offtakes_mut(&mut self) -> &mut [Offtake] {
        &mut self.offtakes
    }

    /// The index of a node.
    pub fn node_index(&self, id: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.id == id)
    }

    /// The index of a reach.
    pub fn reach_index(&self, id: &str) -> Option<usize> {
        self.reaches.iter().position(|reach| reach.id == id)
    }

    /// The index of the reservoir at the node of that id.
    pub fn reservoir_index(&self, id: &str) -> Option<usize> {
        self.reservoirs
            .iter()
            .position(|reservoir| reservoir.node == id)
    }

    /// The index of an offtake.
    pub fn offtake_index(&self, id: &str) -> Option<usize> {
        self.offtakes.iter().position(|offtake| offtake.id == id)
    }

    /// The indices of the nodes a reach leaves and leads to.
    pub fn reach_ends(&self, reach: usize) -> (usize, usize) {
        self.ends[reach]
    }

    /// The index of the node of a reservoir.
    pub fn reservoir_node(&self, reservoir: usize) -> usize {
        self.reservoir_node[reservoir]
    }

    /// The index of the node an offtake takes from.
    pub fn offtake_node(&self, offtake: usize) -> usize {
        self.offtake_node[offtake]
    }

    /// The indices of all nodes, each after the nodes upstream of it.
    pub fn downstream_order(&self) -> &[usize] {
        &self.order
    }

    /// The index of the node to which water goes over the bank of a reach, if it has an overflow.
    pub fn overflow_node(&self, reach: usize) -> Option<usize> {
        let overflow = self.reaches[reach].overflow.as_ref()?;
        self.node_index(&overflow.to)
    }

    /// The lead of a node: the travel time in days from the head of its tree, at least 0 and 0 at
    /// some node of every tree.
    ///
    /// A [routed](Reach::is_routed) reach counts as a day less than its shortest lag, or less still
    /// where another way is shorter: what it brings is known before the wave is shared.
    pub fn lead(&self, node: usize) -> u32 {
        self.lead[node]
    }

    /// The river reach that leaves a node.
    pub fn river_from(&self, node: usize) -> Option<usize> {
        (0..self.reaches.len())
            .find(|&r| self.ends[r].0 == node && self.reaches[r].kind == ReachKind::River)
    }
}

/// Checks everything physical; the basin is there if nothing was wrong with names and network.
pub(crate) fn check(mut parts: BasinParts, faults: &mut Diagnostics) -> Option<Basin> {
    let before = faults.len();
    check_ids(&parts, faults);
    let node_of: HashMap<&str, usize> = parts
        .nodes
        .iter()
        .enumerate()
        .map(|(i, node)| (node.id.as_str(), i))
        .collect();
    let find_node = |id: &str, origin: &Origin, field: &str, faults: &mut Diagnostics| {
        let found = node_of.get(id).copied();
        if found.is_none() {
            faults.push(
                Diagnostic::new(format!("unknown node `{id}`"))
                    .at(origin.place(field))
                    .expected("the id of a node")
                    .nearest(id, node_of.keys().copied()),
            );
        }
        found
    };
    let ends: Vec<_> = parts
        .reaches
        .iter()
        .map(|r| {
            let from = find_node(&r.from, &r.origin, "from", faults);
            let to = find_node(&r.to, &r.origin, "to", faults);
            from.zip(to)
        })
        .collect();
    let reservoir_node: Vec<_> = parts
        .reservoirs
        .iter()
        .map(|r| {
            let node = find_node(&r.node, &r.origin, "reservoir", faults)?;
            if parts.nodes[node].kind != NodeKind::Reservoir {
                faults.push(
                    Diagnostic::new(format!(
                        "reservoir `{}` stands at a node of kind {}",
                        r.node,
                        parts.nodes[node].kind.name()
                    ))
                    .at(r.origin.place("reservoir"))
                    .expected("a node of kind reservoir"),
                );
            }
            Some(node)
        })
        .collect();
    let offtake_node: Vec<_> = parts
        .offtakes
        .iter()
        .map(|o| find_node(&o.at, &o.origin, "at", faults))
        .collect();
    for offtake in &parts.offtakes {
        if let Some(back) = &offtake.return_flow {
            find_node(&back.to, &offtake.origin, "return_to", faults);
        }
    }
    for reach in &parts.reaches {
        if let Some(overflow) = &reach.overflow {
            find_node(&overflow.to, &reach.origin, "overflow_to", faults);
        }
    }
    let names_are_sound = faults.len() == before;
    for reach in &parts.reaches {
        check_reach(reach, faults);
    }
    check_reservoirs(&parts, &reservoir_node, faults);
    check_relief(&parts, faults);
    for offtake in &parts.offtakes {
        check_offtake(offtake, &parts.parties, faults);
    }
    let places = (&mut *parts.reaches, &mut *parts.offtakes);
    let pumped = pump::check(&parts.pumps, places, &parts.parties, faults);
    let ends = ends.into_iter().collect::<Option<Vec<_>>>()?;
    let reservoir_node = reservoir_node.into_iter().collect::<Option<Vec<_>>>()?;
    let offtake_node = offtake_node.into_iter().collect::<Option<Vec<_>>>()?;
    // Wrong names would make the network seem wrong; wrong values do not.
    if !names_are_sound {
        return None;
    }
    check_ways(&parts, &ends, &offtake_node, faults);
    let order = downstream_order(&parts, &ends, faults)?;
    check_overflows(&parts, &ends, &node_of, faults);
    let lead = leads(&parts, &ends, faults)?;
    check_returns(&parts, &offtake_node, &node_of, &lead, faults);
    Some(Basin {
        parties: parts.parties,
        nodes: parts.nodes,
        reaches: parts.reaches,
        reservoirs: parts.reservoirs,
        offtakes: parts.offtakes,
        pumps: parts.pumps,
        pumped: pumped?,
        ends,
        reservoir_node,
        offtake_node,
        order,
        lead,
    })
}

/// A fault of a value outside its range.
fn out_of_range(
    what: &str,
    found: impl std::fmt::Display,
    expected: &str,
    origin: &Origin,
    field: &str,
) -> Diagnostic {
    Diagnostic::new(format!("{what} is {found}"))
        .at(origin.place(field))
        .expected(expected)
}

fn check_ids(parts: &BasinParts, faults: &mut Diagnostics) {
    let places = parts
        .nodes
        .iter()
        .map(|n| (n.id.as_str(), &n.origin, "node"))
        .chain(
            parts
                .reaches
                .iter()
                .map(|r| (r.id.as_str(), &r.origin, "reach")),
        )
        .chain(
            parts
                .offtakes
                .iter()
                .map(|o| (o.id.as_str(), &o.origin, "offtake")),
        );
    check_unique(places, "node, reach or offtake", faults);
    check_unique(
        parts
            .parties
            .iter()
            .map(|p| (p.id.as_str(), &p.origin, "party")),
        "party",
        faults,
    );
}

fn check_unique<'a>(
    ids: impl Iterator<Item = (&'a str, &'a Origin, &'static str)>,
    what: &str,
    faults: &mut Diagnostics,
) {
    let mut seen: HashMap<&str, &Origin> = HashMap::new();
    for (id, origin, field) in ids {
        if id.is_empty() {
            faults.push(Diagnostic::new(format!("a {what} without an id")).at(origin.place(field)));
        }
        if let Some(first) = seen.insert(id, origin) {
            let first = first
                .place(field)
                .map_or(String::new(), |place| format!(", first at {place}"));
            faults.push(
                Diagnostic::new(format!("`{id}` is declared twice{first}"))
                    .at(origin.place(field))
                    .expected(format!("an id no other {what} has")),
            );
        }
    }
}

fn check_reach(reach: &Reach, faults: &mut Diagnostics) {
    if !(0.0..1.0).contains(&reach.loss) {
        faults.push(out_of_range(
            &format!("the loss of reach `{}`", reach.id),
            reach.loss,
            "a fraction of at least 0 and below 1",
            &reach.origin,
            "loss_fraction",
        ));
    }
    if reach.lag_days > MAX_LAG_DAYS {
        faults.push(out_of_range(
            &format!("the travel time of reach `{}`", reach.id),
            reach.lag_days,
            &format!("at most {MAX_LAG_DAYS} days"),
            &reach.origin,
            "lag_days",
        ));
    }
    for (flow, what, field) in [
        (reach.capacity, "capacity", "capacity_m3s"),
        (reach.antecedent, "antecedent flow", "antecedent_m3s"),
    ] {
        if let Some(flow) = flow.filter(|q| !q.is_finite() || *q < Flow::ZERO) {
            faults.push(out_of_range(
                &format!("the {what} of reach `{}`", reach.id),
                flow,
                "a flow of at least 0",
                &reach.origin,
                field,
            ));
        }
    }
    super::routing::check(reach, faults);
}

/// Longer travel times are typing errors: the longest river takes half a year.
pub(super) const MAX_LAG_DAYS: u32 = 400;

fn check_offtake(offtake: &Offtake, parties: &[Party], faults: &mut Diagnostics) {
    check_party(&offtake.party, parties, &offtake.origin, faults);
    if let Some(q) = offtake
        .capacity
        .filter(|q| !q.is_finite() || *q < Flow::ZERO)
    {
        faults.push(out_of_range(
            &format!("the capacity of offtake `{}`", offtake.id),
            q,
            "a flow of at least 0",
            &offtake.origin,
            "capacity_m3s",
        ));
    }
    if !(offtake.weight.is_finite() && offtake.weight > 0.0) {
        faults.push(out_of_range(
            &format!("the weight of offtake `{}`", offtake.id),
            offtake.weight,
            "a number above 0",
            &offtake.origin,
            "weight",
        ));
    }
    if let Some(back) = &offtake.return_flow {
        if !(back.fraction > 0.0 && back.fraction <= 1.0) {
            faults.push(out_of_range(
                &format!("the return fraction of offtake `{}`", offtake.id),
                back.fraction,
                "a fraction above 0 and at most 1",
                &offtake.origin,
                "return_fraction",
            ));
        }
        if back.lag_days > MAX_LAG_DAYS {
            faults.push(out_of_range(
                &format!("the return lag of offtake `{}`", offtake.id),
                back.lag_days,
                &format!("at most {MAX_LAG_DAYS} days"),
                &offtake.origin,
                "return_lag_days",
            ));
        }
    }
}

fn check_party(id: &str, parties: &[Party], origin: &Origin, faults: &mut Diagnostics) {
    if !parties.iter().any(|party| party.id == id) {
        faults.push(
            Diagnostic::new(format!("unknown party `{id}`"))
                .at(origin.place("party"))
                .expected("the id of a declared party")
                .nearest(id, parties.iter().map(|party| party.id.as_str())),
        );
    }
}

fn check_reservoirs(parts: &BasinParts, nodes: &[Option<usize>], faults: &mut Diagnostics) {
    for (i, node) in parts.nodes.iter().enumerate() {
        let bodies = nodes.iter().filter(|&&at| at == Some(i)).count();
        if node.kind == NodeKind::Reservoir && bodies == 0 {
            faults.push(
                Diagnostic::new(format!(
                    "node `{}` is a reservoir nobody describes",
                    node.id
                ))
                .at(node.origin.place("node"))
                .expected("a row in reservoirs.csv"),
            );
        }
        if bodies > 1 {
            faults.push(
                Diagnostic::new(format!("reservoir `{}` is described twice", node.id))
                    .at(node.origin.place("node")),
            );
        }
    }
    for reservoir in &parts.reservoirs {
        if !reservoir.party.is_empty() {
            check_party(&reservoir.party, &parts.parties, &reservoir.origin, faults);
        }
        check_reservoir(reservoir, faults);
    }
}

fn check_reservoir(r: &Reservoir, faults: &mut Diagnostics) {
    let mut wrong = |what: &str, found: String, expected: &str, field: &str| {
        faults.push(out_of_range(
            &format!("the {what} of reservoir `{}`", r.node),
            found,
            expected,
            &r.origin,
            field,
        ));
    };
    for (volume, what, field) in [
        (r.initial, "initial volume", "initial_mcm"),
        (r.dead, "dead volume", "dead_mcm"),
        (r.full, "full supply volume", "full_mcm"),
        (r.surcharge, "surcharge volume", "surcharge_mcm"),
    ] {
        if !volume.is_finite() || volume < Volume::ZERO {
            wrong(what, volume.to_string(), "a volume of at least 0", field);
        }
    }
    if r.dead > r.full {
        let limit = format!("at most the full supply volume, {}", r.full);
        wrong("dead volume", r.dead.to_string(), &limit, "dead_mcm");
    }
    if r.surcharge < r.full {
        let limit = format!("at least the full supply volume, {}", r.full);
        wrong(
            "surcharge volume",
            r.surcharge.to_string(),
            &limit,
            "surcharge_mcm",
        );
    }
    if r.initial > r.surcharge {
        let limit = format!("at most the surcharge volume, {}", r.surcharge);
        wrong(
            "initial volume",
            r.initial.to_string(),
            &limit,
            "initial_mcm",
        );
    }
    if !r.min_release.is_finite() || r.min_release < Flow::ZERO {
        let found = r.min_release.to_string();
        wrong(
            "minimum release",
            found,
            "a flow of at least 0",
            "min_release_m3s",
        );
    }
    let (up, down) = if r.ramp_up == r.ramp_down {
        ("ramp_m3s_per_day", None)
    } else {
        ("ramp_up_m3s_per_day", r.ramp_down)
    };
    for (ramp, field) in [(r.ramp_up, up), (down, "ramp_down_m3s_per_day")] {
        if let Some(ramp) = ramp.filter(|q| !q.is_finite() || *q <= Flow::ZERO) {
            wrong("ramping limit", ramp.to_string(), "a flow above 0", field);
        }
    }
    for limit in &r.seasonal {
        let flows = [limit.min, limit.max].into_iter().flatten();
        if flows.into_iter().any(|q| !q.is_finite() || q < Flow::ZERO) {
            let found = format!("no flow in {}", limit.season);
            wrong(
                "seasonal limit",
                found,
                "flows of at least 0",
                "min_release_m3s",
            );
        }
        let least = limit.min.unwrap_or(r.min_release);
        if let Some(most) = limit.max.filter(|most| *most < least) {
            let found = format!("{most} in {}", limit.season);
            let limit = format!("at least the least release, {least}");
            wrong("largest release", found, &limit, "min_release_m3s");
        }
    }
    if !r.seepage_mm_per_day.is_finite() || r.seepage_mm_per_day < 0.0 {
        let found = r.seepage_mm_per_day.to_string();
        wrong(
            "seepage",
            found,
            "a depth of at least 0",
            "seepage_mm_per_day",
        );
    }
    if let Some(depth) = r
        .evaporation_mm
        .iter()
        .find(|d| !d.is_finite() || **d < 0.0)
    {
        wrong(
            "evaporation",
            depth.to_string(),
            "depths of at least 0",
            "evaporation",
        );
    }
    check_equipment(r, faults);
}

/// A relief canal leaves its reservoir.
fn check_relief(parts: &BasinParts, faults: &mut Diagnostics) {
    for reservoir in &parts.reservoirs {
        let Some(relief) = &reservoir.relief else {
            continue;
        };
        let canals = || {
            parts
                .reaches
                .iter()
                .filter(|r| r.kind == ReachKind::Canal && r.from == reservoir.node)
                .map(|r| r.id.as_str())
        };
        if canals().all(|canal| canal != relief) {
            faults.push(
                Diagnostic::new(format!(
                    "the relief of reservoir `{}` is `{relief}`",
                    reservoir.node
                ))
                .at(reservoir.origin.place("relief"))
                .expected("the id of a canal that leaves it")
                .nearest(relief, canals()),
            );
        }
    }
}

/// Outlets, power station and the curve they need.
fn check_equipment(r: &Reservoir, faults: &mut Diagnostics) {
    for outlet in &r.outlets {
        if outlet.points.is_empty()
            || outlet.points.windows(2).any(|p| p[1].0 <= p[0].0)
            || outlet
                .points
                .iter()
                .any(|(z, q)| z.m().is_nan() || !q.is_finite() || *q < Flow::ZERO)
        {
            faults.push(
                Diagnostic::new(format!(
                    "outlet `{}` of reservoir `{}` has no sound capacity",
                    outlet.id, r.node
                ))
                .at(r.origin.place("reservoir"))
                .expected("capacities of at least 0 at strictly rising levels"),
            );
        }
    }
    if let Some((found, expected)) = r.power.as_ref().and_then(PowerPlant::fault) {
        faults.push(
            Diagnostic::new(format!(
                "the power station of reservoir `{}` has {found}",
                r.node
            ))
            .at(r.origin.place("reservoir"))
            .expected(expected),
        );
    }
    let needs_curve = r.power.is_some()
        || r.seepage_mm_per_day > 0.0
        || r.evaporation_mm.iter().any(|&d| d > 0.0)
        || r.outlets
            .iter()
            .any(|o| o.points.iter().any(|(z, _)| z.is_finite()));
    if needs_curve && r.curve.is_none() {
        faults.push(
            Diagnostic::new(format!(
                "reservoir `{}` has no curve, and its losses, outlets or power need one",
                r.node
            ))
            .at(r.origin.place("reservoir"))
            .expected("rows in curves.csv"),
        );
    }
}

/// Each node's ways out and in fit its kind.
fn check_ways(
    parts: &BasinParts,
    ends: &[(usize, usize)],
    offtake_node: &[usize],
    faults: &mut Diagnostics,
) {
    for (v, node) in parts.nodes.iter().enumerate() {
        let out: Vec<&Reach> = (0..ends.len())
            .filter(|&r| ends[r].0 == v)
            .map(|r| &parts.reaches[r])
            .collect();
        let mut into = (0..ends.len())
            .filter(|&r| ends[r].1 == v)
            .map(|r| &parts.reaches[r]);
        let rivers = out.iter().filter(|r| r.kind == ReachKind::River).count();
        if rivers > 1 {
            let second = out.iter().filter(|r| r.kind == ReachKind::River).nth(1);
            faults.push(
                Diagnostic::new(format!("two river reaches leave node `{}`", node.id))
                    .at(second.and_then(|r| r.origin.place("from")))
                    .expected("one river; the others as canals"),
            );
        }
        match node.kind {
            NodeKind::Terminal => {
                if let Some(reach) = out.first() {
                    faults.push(
                        Diagnostic::new(format!(
                            "reach `{}` leaves the terminal `{}`",
                            reach.id, node.id
                        ))
                        .at(reach.origin.place("from"))
                        .expected("a terminal to be the end of the river"),
                    );
                }
                if let Some(i) = offtake_node.iter().position(|&at| at == v) {
                    let offtake = &parts.offtakes[i];
                    faults.push(
                        Diagnostic::new(format!(
                            "offtake `{}` stands at the terminal `{}`",
                            offtake.id, node.id
                        ))
                        .at(offtake.origin.place("at"))
                        .expected("a node the river passes"),
                    );
                }
            }
            NodeKind::Inflow => {
                if let Some(reach) = into.next() {
                    faults.push(
                        Diagnostic::new(format!(
                            "reach `{}` leads to the inflow `{}`",
                            reach.id, node.id
                        ))
                        .at(reach.origin.place("to"))
                        .expected("a junction; an inflow is a source"),
                    );
                }
                if rivers == 0 {
                    faults.push(no_way_out(node));
                }
            }
            NodeKind::Junction | NodeKind::Gauge | NodeKind::Reservoir => {
                // A canal brings only what is claimed beyond: nothing is left to go on.
                let on_canal = node.kind != NodeKind::Reservoir && {
                    let mut ways = into.peekable();
                    ways.peek().is_some() && ways.all(|r| r.kind == ReachKind::Canal)
                };
                if rivers == 0 && !on_canal {
                    faults.push(no_way_out(node));
                }
            }
        }
    }
}

/// Water that goes over a bank does not run back to where it was, nor into a source; and orders know
/// which way to go.
fn check_overflows(
    parts: &BasinParts,
    ends: &[(usize, usize)],
    node_of: &HashMap<&str, usize>,
    faults: &mut Diagnostics,
) {
    for (reach, &(tail, head)) in parts.reaches.iter().zip(ends) {
        let to = reach.overflow.as_ref().map(|over| over.to.as_str());
        if let Some((to, &node)) = to.and_then(|to| Some((to, node_of.get(to)?))) {
            let wrong = if parts.nodes[node].kind == NodeKind::Inflow {
                Some("a junction; an inflow is a source")
            } else if leads_to(ends, node, tail) {
                Some("a node from which no water comes back to the reach")
            } else {
                None
            };
            if let Some(expected) = wrong {
                faults.push(
                    Diagnostic::new(format!(
                        "water over the bank of `{}` goes to `{to}`",
                        reach.id
                    ))
                    .at(reach.origin.place("overflow_to"))
                    .expected(expected),
                );
            }
        }
        let by_river = parts
            .reaches
            .iter()
            .zip(ends)
            .any(|(other, ends)| ends.1 == head && other.kind == ReachKind::River);
        if reach.kind == ReachKind::Canal && reach.is_routed() && by_river {
            faults.push(
                Diagnostic::new(format!(
                    "the canal `{}` stores water or changes its lag, and a river leads to `{}` too",
                    reach.id, reach.to
                ))
                .at(reach.origin.place("to"))
                .expected("a canal of a constant lag, or a node that canals alone lead to"),
            );
        }
    }
}

fn no_way_out(node: &Node) -> Diagnostic {
    Diagnostic::new(format!("no river reach leaves node `{}`", node.id))
        .at(node.origin.place("node"))
        .expected("one river reach; only terminals and places that canals alone lead to have none")
}

/// All nodes, each after those upstream of it; water that could run in a circle is a fault.
fn downstream_order(
    parts: &BasinParts,
    ends: &[(usize, usize)],
    faults: &mut Diagnostics,
) -> Option<Vec<usize>> {
    let n = parts.nodes.len();
    let mut upstream = vec![0_usize; n];
    for &(_, to) in ends {
        upstream[to] += 1;
    }
    let mut order: Vec<usize> = (0..n).filter(|&v| upstream[v] == 0).collect();
    let mut next = 0;
    while next < order.len() {
        let v = order[next];
        next += 1;
        for &(from, to) in ends {
            if from == v {
                upstream[to] -= 1;
                if upstream[to] == 0 {
                    order.push(to);
                }
            }
        }
    }
    if order.len() == n {
        return Some(order);
    }
    let back = (0..ends.len()).find(|&r| leads_to(ends, ends[r].1, ends[r].0))?;
    let reach = &parts.reaches[back];
    faults.push(
        Diagnostic::new(format!(
            "reach `{}` leads to `{}`, from where its water comes",
            reach.id, reach.to
        ))
        .at(reach.origin.place("to"))
        .expected("a network in which no water runs in a circle"),
    );
    None
}

/// Whether water can get from one node to another.
fn leads_to(ends: &[(usize, usize)], from: usize, to: usize) -> bool {
    let mut seen = vec![from];
    let mut next = 0;
    while next < seen.len() {
        let v = seen[next];
        next += 1;
        if v == to {
            return true;
        }
        for &(tail, head) in ends {
            if tail == v && !seen.contains(&head) {
                seen.push(head);
            }
        }
    }
    false
}

/// The travel time of each node from the head of its network. Where water can take two ways between
/// two places, both must take as long, or no wave could be shared at once; but a routed reach, which
/// no wave spans, may take longer.
fn leads(
    parts: &BasinParts,
    ends: &[(usize, usize)],
    faults: &mut Diagnostics,
) -> Option<Vec<u32>> {
    let n = parts.nodes.len();
    let routed: Vec<bool> = parts.reaches.iter().map(Reach::is_routed).collect();
    let spans: Vec<i64> = parts.reaches.iter().map(span).collect();
    // Within what is shared at once, one way decides and the others must agree.
    let mut lead = vec![0_i64; n];
    let coupled = trees(n, ends, &spans, |r| !routed[r], &mut lead);
    for (r, reach) in parts
        .reaches
        .iter()
        .enumerate()
        .filter(|&(r, _)| !routed[r])
    {
        let (from, to) = ends[r];
        let other_way = lead[to] - lead[from];
        if other_way != spans[r] {
            faults.push(
                Diagnostic::new(format!(
                    "reach `{}` takes {} days, another way from `{}` to `{}` takes {other_way}",
                    reach.id, reach.lag_days, reach.from, reach.to
                ))
                .at(reach.origin.place("lag_days"))
                .expected("the same travel time on all ways between two nodes"),
            );
            return None;
        }
    }
    // Routed reaches join these parts, and where one must come earlier, all below it does.
    let part_ends: Vec<_> = ends
        .iter()
        .map(|&(a, b)| (coupled[a], coupled[b]))
        .collect();
    let part_spans: Vec<i64> = (0..ends.len())
        .map(|r| lead[ends[r].0] + spans[r] - lead[ends[r].1])
        .collect();
    let mut part_lead = vec![0_i64; n];
    let whole = trees(n, &part_ends, &part_spans, |r| routed[r], &mut part_lead);
    for _ in 0..=n {
        let late =
            |lead: &[i64], r: usize| lead[part_ends[r].0] + part_spans[r] < lead[part_ends[r].1];
        let Some(first) = (0..ends.len()).find(|&r| routed[r] && late(&part_lead, r)) else {
            break;
        };
        for r in first..ends.len() {
            if routed[r] && late(&part_lead, r) {
                part_lead[part_ends[r].1] = part_lead[part_ends[r].0] + part_spans[r];
            }
        }
    }
    for (r, reach) in parts.reaches.iter().enumerate().filter(|&(r, _)| routed[r]) {
        let (from, to) = part_ends[r];
        if part_lead[from] + part_spans[r] < part_lead[to] {
            faults.push(
                Diagnostic::new(format!(
                    "the shortest lag of reach `{}`, which is routed, is {} days, and another way from `{}` to `{}` takes no less",
                    reach.id,
                    reach.shortest_lag(),
                    reach.from,
                    reach.to
                ))
                .at(reach.origin.place("lag_days"))
                .expected("a lag above the travel time of every other way"),
            );
            return None;
        }
    }
    for v in 0..n {
        lead[v] += part_lead[coupled[v]];
    }
    let mut first: HashMap<usize, i64> = HashMap::new();
    for v in 0..n {
        let least = first.entry(whole[coupled[v]]).or_insert(lead[v]);
        *least = (*least).min(lead[v]);
    }
    let lead = (0..n).map(|v| u32::try_from(lead[v] - first[&whole[coupled[v]]]).ok());
    let lead: Option<Vec<u32>> = lead.collect();
    if lead.is_none() {
        faults.push(Diagnostic::new("the travel times of the network overflow"));
    }
    lead
}

/// By how many days a wave is later at the head of a reach than at its tail. What a routed reach
/// brings must have entered it with earlier waves.
fn span(reach: &Reach) -> i64 {
    if reach.is_routed() {
        i64::from(reach.shortest_lag()) - 1
    } else {
        i64::from(reach.lag_days)
    }
}

/// Walks the trees that the chosen reaches form; gives each node's lead from the first of its tree,
/// and for each node that first one.
fn trees(
    n: usize,
    ends: &[(usize, usize)],
    spans: &[i64],
    chosen: impl Fn(usize) -> bool,
    lead: &mut [i64],
) -> Vec<usize> {
    let mut neighbours: Vec<Vec<(usize, i64)>> = vec![Vec::new(); n];
    for (r, &(from, to)) in ends.iter().enumerate().filter(|&(r, _)| chosen(r)) {
        neighbours[from].push((to, spans[r]));
        neighbours[to].push((from, -spans[r]));
    }
    let mut tree = vec![n; n];
    for start in 0..n {
        if tree[start] < n {
            continue;
        }
        tree[start] = start;
        lead[start] = 0;
        let mut reached = vec![start];
        let mut next = 0;
        while next < reached.len() {
            let v = reached[next];
            next += 1;
            for &(w, span) in &neighbours[v] {
                if tree[w] == n {
                    tree[w] = start;
                    lead[w] = lead[v] + span;
                    reached.push(w);
                }
            }
        }
    }
    tree
}

/// A return flow reaches its node later than the river water it was part of: each wave is solved
/// once, from the head to the mouth.
fn check_returns(
    parts: &BasinParts,
    offtake_node: &[usize],
    node_of: &HashMap<&str, usize>,
    lead: &[u32],
    faults: &mut Diagnostics,
) {
    for (offtake, &at) in parts.offtakes.iter().zip(offtake_node) {
        let Some(back) = &offtake.return_flow else {
            continue;
        };
        let Some(&to) = node_of.get(back.to.as_str()) else {
            continue;
        };
        let river = i64::from(lead[to]) - i64::from(lead[at]);
        let least = (river + 1).max(1);
        if i64::from(back.lag_days) < least {
            faults.push(
                Diagnostic::new(format!(
                    "the return flow of `{}` reaches `{}` after {} days",
                    offtake.id, back.to, back.lag_days
                ))
                .at(offtake.origin.place("return_lag_days"))
                .expected(format!(
                    "at least {least}: a return flow comes a day later than the river itself, which takes {} days",
                    river.max(0)
                )),
            );
        }
    }
}
