//! The network of a document as rivers, canals and offtakes.
//!
//! Pywr's water goes wherever it is cheapest; here a river takes what nobody claims, and canals and
//! offtakes take what is claimed. So from every node the way is looked for on which water can always
//! leave: that is its river.

use std::collections::BTreeSet;

use super::findings::Findings;
use super::json::Source;
use super::licence::{Licence, Period};
use super::node::{Kind, Node, Pass};
use super::order::{Claim, Component, Order, What};
use super::value::{Amount, Factor, Value};
use crate::calendar::Window;

/// Everything that goes into the tables, in the document's units.
#[derive(Default)]
pub(super) struct Layout {
    pub(super) nodes: Vec<NodeRow>,
    pub(super) reaches: Vec<ReachRow>,
    pub(super) stores: Vec<StoreRow>,
    pub(super) offtakes: Vec<OfftakeRow>,
    pub(super) licences: Vec<LicenceRow>,
    pub(super) inflows: Vec<(String, Value)>,
    pub(super) least: Vec<LeastRow>,
    /// The priority classes, the senior first.
    pub(super) classes: Vec<String>,
}

pub(super) struct NodeRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: &'static str,
}

pub(super) struct ReachRow {
    pub(super) id: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) river: bool,
    /// By month.
    pub(super) capacity: Option<[f64; 12]>,
}

pub(super) struct StoreRow {
    pub(super) id: String,
    /// The name in the document, by which control curves go.
    pub(super) name: String,
    pub(super) least: f64,
    pub(super) most: f64,
    pub(super) initial: f64,
    pub(super) keep: Keep,
}

/// When a storage keeps its water.
pub(super) enum Keep {
    /// After all claims, by rank.
    Rank(usize),
    /// In a class, before those junior to it.
    Class(String),
    /// In a class by the storage of the morning: above all levels, and below each fraction of its
    /// largest volume.
    ByLevel(String, Vec<(Value, String)>),
}

pub(super) struct OfftakeRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) at: String,
    pub(super) class: String,
    pub(super) demand: Value,
    pub(super) factors: Vec<Factor>,
}

/// What an offtake may take.
pub(super) struct LicenceRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) offtake: String,
    pub(super) volume: f64,
    pub(super) period: Period,
}

/// A flow that should pass a node.
pub(super) struct LeastRow {
    pub(super) id: String,
    pub(super) at: String,
    pub(super) class: String,
    /// By month.
    pub(super) flow: [f64; 12],
}

/// The class of flows that must pass at any price.
const AT_ANY_PRICE: &str = "at any price";

/// The network while it is being understood.
pub(super) struct Network<'n, 'f> {
    pub(super) source: &'n Source<'n>,
    pub(super) run: Window,
    pub(super) nodes: &'n [Node],
    licences: &'n [Licence],
    pub(super) findings: &'f mut Findings,
    out: Vec<Vec<usize>>,
    into: Vec<Vec<usize>>,
    /// Upstream first.
    order: Vec<usize>,
    /// Passes whose price counts in the demand below.
    folded: BTreeSet<usize>,
    /// By node: where what nobody claims goes.
    river: Vec<Option<usize>>,
    /// Edges that no water takes.
    unused: BTreeSet<(usize, usize)>,
}

/// A part of a demand: how much, and what it costs all the way.
struct Block {
    most: Option<Value>,
    cost: f64,
}

impl<'n, 'f> Network<'n, 'f> {
    pub(super) fn new(
        source: &'n Source<'n>,
        run: Window,
        (nodes, licences): (&'n [Node], &'n [Licence]),
        edges: &[(usize, usize, usize)],
        findings: &'f mut Findings,
    ) -> Self {
        let mut out = vec![Vec::new(); nodes.len()];
        let mut into = vec![Vec::new(); nodes.len()];
        for &(a, b, _) in edges {
            out[a].push(b);
            into[b].push(a);
        }
        Self {
            source,
            run,
            nodes,
            licences,
            findings,
            out,
            into,
            order: Vec::new(),
            folded: BTreeSet::new(),
            river: vec![None; nodes.len()],
            unused: BTreeSet::new(),
        }
    }

    fn fault(&mut self, v: usize, message: impl Into<String>, expected: &str) {
        let fault = self.source.fault(self.nodes[v].at, message);
        self.findings.fault(fault.expected(expected));
    }

    fn can_leave_out(&mut self, v: usize, message: impl Into<String>, expected: &str) {
        let fault = self.source.fault(self.nodes[v].at, message);
        self.findings.can_leave_out(fault.expected(expected));
    }

    fn pass(&self, v: usize) -> Option<&'n Pass> {
        match &self.nodes[v].kind {
            Kind::Pass(pass) => Some(pass),
            _ => None,
        }
    }

    fn name(&self, v: usize) -> &'n str {
        &self.nodes[v].name
    }

    /// The layout, unless the network has faults.
    pub(super) fn layout(mut self) -> Option<Layout> {
        self.ends();
        self.sort();
        if !self.findings.faults.is_empty() {
            return None;
        }
        let blocks: Vec<Vec<Block>> = (0..self.nodes.len()).map(|v| self.blocks(v)).collect();
        self.rivers();
        if !self.findings.faults.is_empty() {
            return None;
        }
        let layout = self.lay(&blocks);
        self.findings.faults.is_empty().then_some(layout)
    }

    /// Water begins and ends where it may.
    fn ends(&mut self) {
        for v in 0..self.nodes.len() {
            let name = self.name(v);
            let (first, last) = match &self.nodes[v].kind {
                Kind::Source { .. } | Kind::Supply { .. } => (true, false),
                Kind::Demand { .. } | Kind::End { .. } => (false, true),
                Kind::Store(_) | Kind::Pass(_) => (false, false),
            };
            let (into, out) = (self.into[v].len(), self.out[v].len());
            if first && into > 0 {
                self.fault(
                    v,
                    format!("an edge leads to the source `{name}`"),
                    "a link, and the source beside it",
                );
            }
            if last && out > 0 {
                self.fault(
                    v,
                    format!("an edge leads on from the output `{name}`"),
                    "no edge",
                );
            }
            let dangling = match &self.nodes[v].kind {
                Kind::Pass(_) => into == 0 || out == 0,
                _ => into + out == 0,
            };
            if dangling {
                self.fault(
                    v,
                    format!("node `{name}` leads nowhere"),
                    "edges to and from it",
                );
            }
        }
    }

    /// Upstream before downstream.
    fn sort(&mut self) {
        let mut missing: Vec<usize> = self.into.iter().map(Vec::len).collect();
        let mut ready: BTreeSet<usize> = (0..missing.len()).filter(|&v| missing[v] == 0).collect();
        while let Some(v) = ready.pop_first() {
            self.order.push(v);
            for &w in &self.out[v] {
                missing[w] -= 1;
                if missing[w] == 0 {
                    ready.insert(w);
                }
            }
        }
        if let Some(v) = missing.iter().position(|&missing| missing > 0) {
            let name = self.name(v);
            self.fault(
                v,
                format!("water runs in a circle at or above `{name}`"),
                "edges that do not",
            );
        }
    }

    /// The parts of a demand, the cheapest first: what it costs to reach counts as its own cost where
    /// nobody else is reached that way.
    fn blocks(&mut self, d: usize) -> Vec<Block> {
        let Kind::Demand { most, cost } = &self.nodes[d].kind else {
            return Vec::new();
        };
        let mut cost = *cost;
        let mut stairs: Option<usize> = None;
        let mut v = d;
        while let [up] = self.into[v][..]
            && let Some(pass) = self.pass(up)
            && self.out[up].len() == 1
        {
            v = up;
            self.folded.insert(v);
            if pass.least.is_some() {
                let message = format!(
                    "`min_flow` of `{}`, which leads to one output",
                    self.name(v)
                );
                self.fault(v, message, "a cost of that output below all others");
            }
            match (&pass.segments[..], stairs) {
                ([(_, price)], _) => cost += price,
                (_, None) => stairs = Some(v),
                (_, Some(other)) => {
                    let message = format!(
                        "`{}` and `{}` both price one output by its flow",
                        self.name(v),
                        self.name(other)
                    );
                    self.fault(v, message, "one of them");
                }
            }
        }
        let single = Block { most: None, cost };
        let Some(pass) = stairs.and_then(|v| self.pass(v)) else {
            return vec![single];
        };
        if !most.factors.is_empty() {
            let message = format!(
                "`{}` goes by a storage and is priced by its flow",
                self.name(d)
            );
            self.fault(d, message, "one of the two");
        }
        let segments = pass.segments.iter();
        segments
            .map(|(most, price)| Block {
                most: most.clone(),
                cost: cost + price,
            })
            .collect()
    }

    /// For every node, the way on which water can always leave.
    fn rivers(&mut self) {
        // By node: what the end of its river costs, and whether the way there has a limit.
        let mut free: Vec<Option<(bool, f64)>> = vec![None; self.nodes.len()];
        for v in self.order.clone().into_iter().rev() {
            match &self.nodes[v].kind {
                Kind::End { cost } => free[v] = Some((false, *cost)),
                // What nobody takes of a supply is not there.
                Kind::Demand { .. } | Kind::Supply { .. } => {}
                Kind::Source { .. } | Kind::Store(_) | Kind::Pass(_) => {
                    free[v] = self.choose(v, &free);
                }
            }
            let forced = matches!(self.nodes[v].kind, Kind::Source { .. });
            if forced && free[v].is_none() {
                let message = format!("what nobody takes of `{}` has nowhere to go", self.name(v));
                self.fault(v, message, "a way to an output without `max_flow`");
            }
        }
    }

    fn choose(&mut self, v: usize, free: &[Option<(bool, f64)>]) -> Option<(bool, f64)> {
        let mut ways: Vec<(bool, f64, usize)> = self.out[v]
            .iter()
            .filter_map(|&w| {
                let (limited, cost) = free[w]?;
                let narrow = self.pass(w).is_some_and(|pass| pass.most.is_some());
                Some((limited || narrow, cost, w))
            })
            .collect();
        ways.sort_by(|a, b| {
            (a.0, a.1)
                .partial_cmp(&(b.0, b.1))
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        let &(limited, cost, river) = ways.first()?;
        self.river[v] = Some(river);
        let name = self.name(v);
        for &(other_limited, other_cost, w) in &ways[1..] {
            let other = self.name(w);
            let dear = other_cost > cost;
            if limited || !other_limited && !dear || other_limited && other_cost < cost {
                let message = format!(
                    "what nobody takes at `{name}` can leave by `{}` and by `{other}`",
                    self.name(river)
                );
                self.fault(
                    v,
                    message,
                    "one way that is free of limits and cheaper than the others",
                );
            } else if !other_limited {
                if matches!(self.nodes[w].kind, Kind::End { .. }) {
                    self.unused.insert((v, w));
                    self.findings.note(format!(
                        "No water goes from `{name}` to `{other}`: `{}` is cheaper and has no limit.",
                        self.name(river)
                    ));
                } else {
                    let message =
                        format!("from `{name}` a dearer way without limits leads by `{other}`");
                    self.fault(v, message, "a limit (`max_flow`) on that way, or one way");
                }
            } else if !dear {
                self.findings.note(format!(
                    "Water that nobody claims leaves `{name}` by `{}`, never by `{other}`; in Pywr it may go either way.",
                    self.name(river)
                ));
            }
        }
        Some((limited, cost))
    }

    /// Whether an edge is an offtake's and no reach.
    fn is_intake(&self, w: usize) -> bool {
        matches!(self.nodes[w].kind, Kind::Demand { .. }) && self.into[w].len() == 1
    }

    /// Places, reaches and claims.
    fn lay(&mut self, blocks: &[Vec<Block>]) -> Layout {
        let mut layout = Layout::default();
        let mut ids = Ids::default();
        let id: Vec<String> = self.nodes.iter().map(|node| ids.of(&node.name)).collect();
        // Where the edges that lead to and leave a node end and begin, if not at itself.
        let (mut head, mut tail) = (id.clone(), id.clone());
        let mut claims: Vec<Claim> = Vec::new();
        for v in self.order.clone() {
            let ends = (&mut head[v], &mut tail[v]);
            self.place(v, &id[v], ends, &mut ids, &mut layout);
            self.in_stream(v, &id[v], &mut claims);
            self.limit(v);
        }
        for v in self.order.clone() {
            for w in self.out[v].clone() {
                if self.is_intake(w) || self.unused.contains(&(v, w)) {
                    continue;
                }
                layout.reaches.push(ReachRow {
                    id: ids.of(&format!("{}-{}", tail[v], head[w])),
                    river: self.river[v] == Some(w),
                    capacity: self.capacity(v, w),
                    from: tail[v].clone(),
                    to: head[w].clone(),
                });
            }
        }
        for (d, blocks) in blocks.iter().enumerate() {
            self.takes(d, blocks, &mut claims);
        }
        for (v, node) in self.nodes.iter().enumerate() {
            if let Kind::Store(store) = &node.kind {
                claims.push(Claim::new(v, What::Keep(0), -store.cost));
                let below = store.levels.iter().enumerate();
                claims.extend(below.map(|(k, (_, cost))| Claim::new(v, What::Keep(k + 1), -cost)));
            }
        }
        let order = self.ranked(claims);
        self.rows(order, &id, [&head, &tail], &mut ids, &mut layout);
        for licence in self.licences {
            let id = ids.of(&licence.name);
            self.licence(licence, blocks, id, &mut layout);
        }
        layout
    }

    /// The licence of an output.
    fn licence(
        &mut self,
        licence: &Licence,
        blocks: &[Vec<Block>],
        id: String,
        layout: &mut Layout,
    ) {
        let d = self
            .nodes
            .iter()
            .position(|node| node.name == licence.output);
        let Some(d) = d else {
            return;
        };
        if blocks[d].len() > 1 {
            let message = format!(
                "`{}` limits `{}`, which is priced by its flow",
                licence.name, licence.output
            );
            let fault = self.source.fault(licence.at, message);
            self.findings.fault(fault.expected("one of the two"));
        }
        let mut rows = layout.offtakes.iter();
        // What nobody wants is nobody's to take.
        if let Some(row) = rows.find(|row| row.name == licence.output) {
            layout.licences.push(LicenceRow {
                id,
                name: licence.name.clone(),
                offtake: row.id.clone(),
                volume: licence.volume,
                period: licence.period,
            });
        }
    }

    /// The rows of a node itself.
    fn place(
        &mut self,
        v: usize,
        own: &str,
        (head, tail): (&mut String, &mut String),
        ids: &mut Ids,
        layout: &mut Layout,
    ) {
        let mut row = |id: &str, name: &str, kind| {
            layout.nodes.push(NodeRow {
                id: id.to_owned(),
                name: name.to_owned(),
                kind,
            });
        };
        let name = self.name(v);
        let claims = |pass: &Pass| pass.least.is_some() || pass.is_priced();
        match &self.nodes[v].kind {
            Kind::Source { flow } => {
                row(own, name, "inflow");
                layout.inflows.push((own.to_owned(), flow.clone()));
            }
            Kind::Supply { most, .. } => {
                row(own, name, "inflow");
                let unused = ids.of(&format!("{own}-unused"));
                row(&unused, &format!("{name}, unused"), "terminal");
                layout.reaches.push(river(ids, own, unused));
                layout.inflows.push((own.to_owned(), most.clone()));
            }
            Kind::Store(_) => {
                row(own, name, "reservoir");
                // Water comes there as far as it finds room; still a dam has a river below it.
                if self.river[v].is_none() {
                    let below = ids.of(&format!("{own}-spill"));
                    row(&below, &format!("{name}, spill"), "terminal");
                    layout.reaches.push(river(ids, own, below));
                }
            }
            Kind::End { .. } => {
                let reached = self.into[v].iter().any(|&u| !self.unused.contains(&(u, v)));
                if reached {
                    row(own, name, "terminal");
                }
            }
            Kind::Demand { .. } if self.into[v].len() > 1 => {
                *head = ids.of(&format!("{own}-inlet"));
                row(head, name, "junction");
            }
            Kind::Demand { .. } => {}
            Kind::Pass(pass) => {
                row(own, name, if pass.gauge { "gauge" } else { "junction" });
                // What a gauge sees goes on in one river, so that it can be claimed there.
                if claims(pass) && !self.folded.contains(&v) && self.out[v].len() > 1 {
                    let below = ids.of(&format!("{own}-below"));
                    row(&below, &format!("below {name}"), "junction");
                    layout.reaches.push(river(ids, own, below.clone()));
                    *tail = below;
                }
            }
        }
    }

    /// What should pass a node.
    fn in_stream(&mut self, v: usize, id: &str, claims: &mut Vec<Claim>) {
        let Some(pass) = self.pass(v).filter(|_| !self.folded.contains(&v)) else {
            return;
        };
        let name = self.name(v);
        if (pass.least.is_some() || pass.is_priced()) && self.river[v].is_none() {
            let message = format!("`{name}` prices or asks for a flow that several outputs share");
            self.fault(v, message, "costs at the outputs");
            return;
        }
        let monthly = |network: &mut Self, flow: &Value| {
            if flow.all().iter().all(|&flow| flow == 0.0) {
                return None;
            }
            let monthly = flow.monthly();
            if monthly.is_none() {
                let message = format!("a flow asked for at `{name}` changes from day to day");
                network.fault(v, message, "a constant or a monthly profile");
            }
            monthly
        };
        if let Some(flow) = &pass.least
            && let Some(flow) = monthly(self, flow)
        {
            let what = What::Pass(id.to_owned(), flow);
            claims.push(Claim::new(v, what, f64::INFINITY));
            self.findings.note(format!("Where the `min_flow` of `{name}` cannot be kept, Pywr finds no answer; here it runs short."));
        }
        let mut below: Vec<&Value> = Vec::new();
        for (most, cost) in &pass.segments {
            match most {
                _ if *cost > 0.0 => {
                    let message = format!("passing `{name}` costs {cost}");
                    self.fault(
                        v,
                        message,
                        "no cost: here water is not kept from a river for its price",
                    );
                }
                None if *cost < 0.0 => {
                    let message = format!("passing `{name}` is worth {} without limit", -cost);
                    self.fault(v, message, "a flow up to which it is");
                }
                Some(most) => {
                    below.push(most);
                    if *cost < 0.0 {
                        let flow = Value::of(&below, self.run, |x| x.iter().sum());
                        if let Some(flow) = monthly(self, &flow) {
                            let what = What::Pass(id.to_owned(), flow);
                            claims.push(Claim::new(v, what, -cost));
                        }
                    }
                }
                None => {}
            }
        }
    }

    /// A limit of a node is one of the only reach to it or from it.
    fn limit(&mut self, v: usize) {
        let narrow = self.pass(v).is_some_and(|pass| pass.most.is_some());
        let onward = matches!(self.out[v][..], [w] if !self.is_intake(w));
        if narrow && self.into[v].len() > 1 && !onward {
            let message = format!(
                "`max_flow` of `{}`, to and from which several edges lead",
                self.name(v)
            );
            self.fault(v, message, "one edge to it");
        }
    }

    /// What may go from one node to the next.
    fn capacity(&mut self, v: usize, w: usize) -> Option<[f64; 12]> {
        let alone = |v: usize| self.into[v].len() == 1;
        let below = self.pass(w).filter(|_| alone(w));
        let here = self.pass(v).filter(|_| !alone(v) && self.out[v].len() == 1);
        let mut least: Option<[f64; 12]> = None;
        for (pass, at) in [(below, w), (here, v)] {
            let Some(most) = pass.and_then(|pass| pass.most.as_ref()) else {
                continue;
            };
            let Some(most) = most.monthly() else {
                let message = format!("`max_flow` of `{}` changes from day to day", self.name(at));
                self.fault(at, message, "a constant or a monthly profile");
                continue;
            };
            least = Some(match least {
                Some(least) => std::array::from_fn(|month| most[month].min(least[month])),
                None => most,
            });
        }
        least
    }

    /// What an output claims.
    fn takes(&mut self, d: usize, blocks: &[Block], claims: &mut Vec<Claim>) {
        let Kind::Demand { most, .. } = &self.nodes[d].kind else {
            return;
        };
        let mut before: Vec<&Value> = Vec::new();
        let last = blocks.len().saturating_sub(1);
        for (b, block) in blocks.iter().enumerate() {
            let left = |x: &[f64]| (x[0] - x[1..].iter().sum::<f64>()).max(0.0);
            let mut parts = vec![&most.value];
            parts.extend(&before);
            let mut demand = if before.is_empty() {
                most.value.clone()
            } else {
                Value::of(&parts, self.run, left)
            };
            if let Some(size) = &block.most {
                before.push(size);
                // What goes beyond the last limit runs short at the limit.
                if b < last {
                    demand = Value::of(&[&demand, size], self.run, |x| x[0].min(x[1]));
                }
            }
            let amount = Amount {
                value: demand,
                factors: most.factors.clone(),
            };
            claims.push(Claim::new(d, What::Take(amount), -block.cost));
        }
    }

    /// The claims in order of what they are worth.
    fn ranked(&mut self, claims: Vec<Claim>) -> Order {
        let mut group: Vec<usize> = (0..self.nodes.len()).collect();
        let mut rings = BTreeSet::new();
        for v in self.order.clone() {
            for &w in &self.out[v] {
                if matches!(self.nodes[w].kind, Kind::End { .. }) {
                    continue;
                }
                let (a, b) = (find(&mut group, v), find(&mut group, w));
                if a == b {
                    rings.insert(w);
                }
                group[a] = b;
            }
        }
        let mut components: Vec<Component> = Vec::new();
        let mut of: Vec<Option<usize>> = vec![None; self.nodes.len()];
        for v in 0..self.nodes.len() {
            let root = find(&mut group, v);
            if of[root].is_none() {
                of[root] = Some(components.len());
                components.push(Component::default());
            }
            let component = &mut components[of[root].unwrap_or(0)];
            match &self.nodes[v].kind {
                Kind::Supply { cost, .. } => component.supplies.push((v, *cost)),
                Kind::End { .. } => {}
                _ if rings.contains(&v) => component.ring = Some(v),
                _ => {}
            }
            for &w in &self.out[v] {
                component.parts |= self.river[v] != Some(w) && self.river[w].is_some();
                if let Kind::End { cost } = self.nodes[w].kind {
                    component.ends.push(cost);
                }
            }
        }
        for claim in claims {
            let root = find(&mut group, claim.node);
            if let Some(component) = of[root] {
                components[component].claims.push(claim);
            }
        }
        for component in &mut components {
            for (v, message, expected, needed) in component.check(self.nodes, self.findings) {
                if needed {
                    self.fault(v, message, expected);
                } else {
                    self.can_leave_out(v, message, expected);
                }
            }
        }
        Order::new(components)
    }

    /// The rows of the claims.
    fn rows(
        &mut self,
        order: Order,
        id: &[String],
        [head, tail]: [&[String]; 2],
        ids: &mut Ids,
        layout: &mut Layout,
    ) {
        let class = |worth: f64| {
            if worth.is_infinite() {
                AT_ANY_PRICE.to_owned()
            } else {
                format!("cost {}", -worth)
            }
        };
        layout.classes = order.worths.iter().map(|&worth| class(worth)).collect();
        let mut blocks = vec![0_usize; self.nodes.len()];
        for claim in order.claims {
            let v = claim.node;
            let node = &self.nodes[v];
            match claim.what {
                What::Pass(at, flow) => layout.least.push(LeastRow {
                    id: ids.of(&format!("{at}-least")),
                    at,
                    class: class(claim.worth),
                    flow,
                }),
                What::Take(amount) => {
                    blocks[v] += 1;
                    let single = blocks[v] == 1;
                    let at = if let [up] = self.into[v][..] {
                        tail[up].clone()
                    } else {
                        head[v].clone()
                    };
                    layout.offtakes.push(OfftakeRow {
                        id: if single {
                            id[v].clone()
                        } else {
                            ids.of(&id[v])
                        },
                        name: if single {
                            node.name.clone()
                        } else {
                            format!("{}, part {}", node.name, blocks[v])
                        },
                        at,
                        class: class(claim.worth),
                        demand: amount.value,
                        factors: amount.factors,
                    });
                }
                What::Keep(1..) => {}
                What::Keep(_) => {
                    let Kind::Store(store) = &node.kind else {
                        continue;
                    };
                    layout.stores.push(StoreRow {
                        id: id[v].clone(),
                        name: node.name.clone(),
                        least: store.least,
                        most: store.most,
                        initial: store.initial,
                        keep: match claim.rank {
                            Some(rank) => Keep::Rank(rank),
                            None if store.levels.is_empty() => Keep::Class(class(claim.worth)),
                            None => {
                                let levels = store.levels.iter();
                                let levels = levels.map(|(at, cost)| (at.clone(), class(-cost)));
                                Keep::ByLevel(class(claim.worth), levels.collect())
                            }
                        },
                    });
                }
            }
        }
    }
}

/// A river without limit, made beside those of the document.
fn river(ids: &mut Ids, from: &str, to: String) -> ReachRow {
    ReachRow {
        id: ids.of(&format!("{from}-{to}")),
        from: from.to_owned(),
        to,
        river: true,
        capacity: None,
    }
}

fn find(group: &mut [usize], v: usize) -> usize {
    let mut root = v;
    while group[root] != root {
        root = group[root];
    }
    group[v] = root;
    root
}

/// Ids made of names, each once.
#[derive(Default)]
struct Ids {
    taken: BTreeSet<String>,
}

impl Ids {
    fn of(&mut self, name: &str) -> String {
        let mut id = String::new();
        for c in name.chars() {
            let c = c.to_ascii_lowercase();
            if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' {
                id.push(c);
            } else if !id.is_empty() && !id.ends_with('-') {
                id.push('-');
            }
        }
        let id = id.trim_matches('-');
        let id = if id.is_empty() { "node" } else { id };
        let numbered = (2..).map(|n| format!("{id}-{n}"));
        let free = std::iter::once(id.to_owned())
            .chain(numbered)
            .find(|id| !self.taken.contains(id));
        let id = free.unwrap_or_default();
        self.taken.insert(id.clone());
        id
    }
}
