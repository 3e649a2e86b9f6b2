//! Costs as an order: who is served before whom.
//!
//! Pywr finds the cheapest flows of a day, one sum over the whole network; here classes are served
//! in strict order. The two are the same where every claim is worth more than all that could be had
//! instead of it for the same cubic metre. A cubic metre ends at one place, so of all that take or
//! keep it only the best junior can be had; but on its way it may pass any number of gauges, so that
//! what they are worth adds up. That bound is what is checked, for each part of the network that
//! water joins: it is sufficient, and where it fails the answer might still be the same.

use super::findings::Findings;
use super::node::Node;
use super::value::Amount;

/// Something that water is worth.
pub(super) struct Claim {
    pub(super) node: usize,
    pub(super) what: What,
    /// What a unit is worth: less its cost. Infinite at any price.
    pub(super) worth: f64,
    /// For what is kept after all other claims: in which order.
    pub(super) rank: Option<usize>,
}

pub(super) enum What {
    /// It passes a node of that id, by month.
    Pass(String, [f64; 12]),
    /// It is taken.
    Take(Amount),
    /// It stays in the storage; below the level of that number, from 1 for the highest.
    Keep(usize),
}

impl Claim {
    pub(super) fn new(node: usize, what: What, worth: f64) -> Self {
        Self {
            node,
            what,
            worth,
            rank: None,
        }
    }

    fn passes(&self) -> bool {
        matches!(self.what, What::Pass(..))
    }

    fn keeps(&self) -> bool {
        matches!(self.what, What::Keep(_))
    }
}

/// What water joins: the claims that may stand against each other.
#[derive(Default)]
pub(super) struct Component {
    pub(super) claims: Vec<Claim>,
    /// What ends of rivers cost.
    pub(super) ends: Vec<f64>,
    pub(super) supplies: Vec<(usize, f64)>,
    /// Whether water may be sent into one river or another, and past one gauge or another.
    pub(super) parts: bool,
    /// A node where ways join that had parted.
    pub(super) ring: Option<usize>,
}

/// A fault: at which node, what, what was expected, and whether nothing can be done without it.
type Finding = (usize, String, &'static str, bool);

impl Component {
    /// Faults of the costs; what is never taken is dropped.
    pub(super) fn check(&mut self, nodes: &[Node], findings: &mut Findings) -> Vec<Finding> {
        let mut found = Vec::new();
        let name = |v: usize| &nodes[v].name;
        let dearest = self.ends.iter().copied().fold(0.0, f64::max);
        let cheapest = self.ends.iter().copied().fold(f64::INFINITY, f64::min);
        if let Some(v) = self
            .ends
            .iter()
            .any(|&cost| cost < 0.0)
            .then(|| self.any_node())
            .flatten()
        {
            let message = format!(
                "below `{}` an output without `max_flow` has a cost below 0",
                name(v)
            );
            found.push((v, message, "a `max_flow`, or a cost of at least 0", true));
        }
        self.claims.retain(|claim| {
            // Dearer than any end and than nothing at all: nobody sends water there.
            let never = matches!(claim.what, What::Take(_)) && claim.worth < 0.0 && -claim.worth > dearest;
            if never {
                findings.note(format!(
                    "`{}` takes nothing at a cost of {}: what it takes beyond that price is left out.",
                    name(claim.node), -claim.worth
                ));
            }
            !never
        });
        for claim in &self.claims {
            let v = claim.node;
            match claim.what {
                What::Take(_) if claim.worth <= 0.0 => {
                    let message =
                        format!("`{}` takes water at a cost of {}", name(v), -claim.worth);
                    found.push((
                        v,
                        message,
                        "a cost below 0: a demand; or no `max_flow`: an end of the river",
                        true,
                    ));
                }
                What::Keep(_) if claim.worth < 0.0 || (claim.worth == 0.0 && cheapest <= 0.0) => {
                    let message = format!(
                        "whether `{}` keeps its water is open at a cost of {}",
                        name(v),
                        -claim.worth
                    );
                    found.push((v, message, "a cost below that of the river's end", true));
                }
                _ => {}
            }
        }
        self.ties(nodes, &mut found);
        self.sums(nodes, dearest, &mut found);
        self.sources(nodes, &mut found);
        let passing = self.claims.iter().any(Claim::passes);
        if let Some(v) = self.ring {
            if passing {
                let message = format!(
                    "water reaches `{}` by several ways, and gauges are priced",
                    name(v)
                );
                found.push((v, message, "one way, or no prices of gauges", false));
            } else {
                findings.note(format!(
                    "Water reaches `{}` by several ways; which it takes Pywr leaves to its solver.",
                    name(v)
                ));
            }
        }
        found
    }

    fn any_node(&self) -> Option<usize> {
        let claim = self.claims.first().map(|claim| claim.node);
        claim.or(self.supplies.first().map(|&(v, _)| v))
    }

    /// Claims of equal worth, between which Pywr's solver picks.
    fn ties(&self, nodes: &[Node], found: &mut Vec<Finding>) {
        for (i, claim) in self.claims.iter().enumerate() {
            let same = self.claims[..i].iter().find(|other| {
                // On one river, water that passes a gauge is not missing at another.
                let together = claim.passes() && other.passes() && !self.parts;
                let apart = together || claim.node == other.node;
                other.worth == claim.worth && !apart
            });
            if let Some(other) = same {
                let message = format!(
                    "`{}` and `{}` have the same cost, {}: which goes short is left to Pywr's solver",
                    nodes[other.node].name, nodes[claim.node].name, -claim.worth
                );
                found.push((claim.node, message, "different costs", false));
            }
        }
    }

    /// Claims worth less than what could be had instead.
    fn sums(&self, nodes: &[Node], dearest: f64, found: &mut Vec<Finding>) {
        for claim in self.claims.iter().filter(|claim| claim.worth.is_finite()) {
            let junior = || self.claims.iter().filter(|other| other.worth < claim.worth);
            let passing: f64 = junior()
                .filter(|other| other.passes())
                .map(|other| other.worth)
                .sum();
            let ending = junior()
                .filter(|other| !other.passes())
                .map(|other| other.worth)
                .fold(0.0, f64::max);
            let instead = passing + ending + if claim.passes() { dearest } else { 0.0 };
            let bound = claim.passes() || passing > 0.0;
            if bound && claim.worth <= instead {
                let message = format!(
                    "`{}` is worth {}, and what the same water may be worth instead adds up to {instead}",
                    nodes[claim.node].name, claim.worth
                );
                found.push((
                    claim.node,
                    message,
                    "a cost so low that it comes first whatever else is gained",
                    false,
                ));
            }
        }
    }

    /// Water that has a price where it comes from.
    fn sources(&self, nodes: &[Node], found: &mut Vec<Finding>) {
        let least = self
            .claims
            .iter()
            .map(|claim| claim.worth)
            .fold(f64::INFINITY, f64::min);
        for (i, &(v, cost)) in self.supplies.iter().enumerate() {
            let name = &nodes[v].name;
            if cost < 0.0 || cost >= least {
                let message = format!(
                    "water of `{name}` costs {cost}, and the least it can be worth is {least}"
                );
                found.push((
                    v,
                    message,
                    "a cost of at least 0, below all that water is worth here",
                    true,
                ));
            }
            if i > 0 {
                let other = &nodes[self.supplies[0].0].name;
                let message = format!(
                    "`{other}` and `{name}` feed the same places: which is used first is a matter of costs"
                );
                found.push((v, message, "one input there, or catchments", false));
            }
        }
    }
}

/// All claims in order, and the classes they are served in.
pub(super) struct Order {
    /// The senior first.
    pub(super) claims: Vec<Claim>,
    /// The worth of each class.
    pub(super) worths: Vec<f64>,
}

impl Order {
    pub(super) fn new(components: Vec<Component>) -> Self {
        let mut worths = Vec::new();
        let mut claims = Vec::new();
        for mut component in components {
            // Storages whose cost changes have no rank among others.
            let changes = |claim: &Claim| matches!(claim.what, What::Keep(level) if level > 0);
            let ranked = !component.claims.iter().any(changes);
            let junior = |worth: f64, all: &[Claim]| {
                all.iter()
                    .any(|other| !other.keeps() && other.worth < worth)
            };
            let last: Vec<bool> = component
                .claims
                .iter()
                .map(|claim| ranked && claim.keeps() && !junior(claim.worth, &component.claims))
                .collect();
            for (claim, last) in component.claims.iter_mut().zip(last) {
                if last {
                    claim.rank = Some(0);
                } else {
                    worths.push(claim.worth);
                }
            }
            claims.append(&mut component.claims);
        }
        worths.sort_by(|a, b| b.total_cmp(a));
        worths.dedup();
        claims.sort_by(|a, b| b.worth.total_cmp(&a.worth));
        let ranked = claims.iter_mut().filter(|claim| claim.rank.is_some());
        for (rank, claim) in ranked.enumerate() {
            claim.rank = Some(rank);
        }
        Self { claims, worths }
    }
}
