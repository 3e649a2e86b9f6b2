//! Nodes and edges of a document.

use std::collections::BTreeMap;

use super::findings::Findings;
use super::json::{Json, Kind as JsonKind, Source};
use super::licence::{self, Licence};
use super::parameter::Parameters;
use super::value::{Amount, Factor, Value};

/// The types that are understood, in the words of the mapping table.
pub(super) const TYPES: [&str; 11] = [
    "input",
    "catchment",
    "discharge",
    "output",
    "link",
    "breaklink",
    "river",
    "rivergauge",
    "piecewiselink",
    "storage",
    "reservoir",
];

/// What Pywr has and this crate would answer otherwise, and why.
fn why_not(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "delaynode" => {
            "no delay: Pywr shares each day for itself, here a release knows whom its water will meet"
        }
        "losslink" => "no loss: a cost weighs there what is sent, here what arrives is claimed",
        "riversplit" | "riversplitwithgauge" | "multisplitlink" => {
            "no split by ratio: here each way carries what is claimed of it"
        }
        "aggregatednode" => "limits at single nodes: this one holds for several together",
        "seasonalvirtualstorage" | "monthlyvirtualstorage" => {
            "an annual or a rolling virtual storage"
        }
        "keatingaquifer" => "the outflow of a model of groundwater, as a catchment",
        _ => return None,
    })
}

/// Keys that any node may have and that change nothing in a run.
const REMARKS: [&str; 7] = [
    "name", "type", "comment", "position", "tags", "color", "visible",
];

/// A node as the document has it, in its own units.
pub(super) struct Node {
    pub(super) name: String,
    /// Where it stands in the document.
    pub(super) at: usize,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    /// Water that comes whether anybody takes it or not.
    Source {
        flow: Value,
    },
    /// Water that is there for whoever takes it.
    Supply {
        most: Value,
        cost: f64,
    },
    Store(Store),
    Pass(Pass),
    /// Takes at most so much.
    Demand {
        most: Amount,
        cost: f64,
    },
    /// Takes whatever comes.
    End {
        cost: f64,
    },
}

pub(super) struct Store {
    pub(super) least: f64,
    pub(super) most: f64,
    pub(super) initial: f64,
    /// At or above all levels.
    pub(super) cost: f64,
    /// Fractions of the largest volume from the highest, and the cost found below each.
    pub(super) levels: Vec<(Value, f64)>,
}

/// What water passes.
pub(super) struct Pass {
    pub(super) least: Option<Value>,
    pub(super) most: Option<Value>,
    /// Flow by flow the cost of passing, the cheapest first; the last may have no limit.
    pub(super) segments: Vec<(Option<Value>, f64)>,
    pub(super) gauge: bool,
}

impl Pass {
    /// Whether passing costs anything, or is wanted.
    pub(super) fn is_priced(&self) -> bool {
        self.segments.iter().any(|&(_, cost)| cost != 0.0)
    }
}

/// Reads nodes, each with what it needs of the parameters.
pub(super) struct Reader<'r, 'a> {
    pub(super) source: &'a Source<'a>,
    pub(super) parameters: &'r mut Parameters<'a>,
    pub(super) findings: &'r mut Findings,
    /// Virtual storages, which no water passes.
    pub(super) licences: Vec<Licence>,
}

impl Reader<'_, '_> {
    /// All nodes; those with faults are missing.
    pub(super) fn nodes(&mut self, list: &[Json]) -> Vec<Node> {
        let mut nodes: Vec<Node> = Vec::new();
        for json in list {
            let Some(node) = self.node(json) else {
                continue;
            };
            let licensed = self.licences.iter().any(|other| other.name == node.name);
            if licensed || nodes.iter().any(|other| other.name == node.name) {
                let message = format!("node `{}` is there twice", node.name);
                let fault = self.source.fault(json.at, message);
                self.findings
                    .fault(fault.expected("a name no other node has"));
                continue;
            }
            nodes.push(node);
        }
        nodes
    }

    fn node(&mut self, json: &Json) -> Option<Node> {
        if json.as_object().is_none() {
            self.findings
                .wrong(self.source, json, "a node", "an object");
            return None;
        }
        let name = self.text(json, "name", "a node");
        let kind = self.text(json, "type", "a node");
        let (name, kind) = (name?.to_owned(), kind?.to_lowercase());
        let what = format!("node `{name}`");
        let (keys, kind): (&[&str], Option<Kind>) = match kind.as_str() {
            "input" => (&["max_flow", "min_flow", "cost"], self.input(json, &what)),
            "catchment" | "discharge" => (&["flow", "cost"], Some(self.catchment(json, &what))),
            "output" => (&["max_flow", "min_flow", "cost"], self.output(json, &what)),
            "link" | "breaklink" | "river" => {
                (&["max_flow", "min_flow", "cost"], self.link(json, &what))
            }
            "rivergauge" => (&["mrf", "mrf_cost", "cost"], self.gauge(json, &what)),
            "piecewiselink" => (
                &["nsteps", "costs", "max_flows"],
                self.piecewise(json, &what),
            ),
            "storage" | "reservoir" => (
                &[
                    "min_volume",
                    "max_volume",
                    "initial_volume",
                    "initial_volume_pc",
                    "cost",
                ],
                self.store(json, &what),
            ),
            kind if licence::TYPES.contains(&kind) => {
                let (keys, licence) = self.licence(json, kind, &name);
                self.licences.extend(licence);
                (keys, None)
            }
            _ => {
                let at = json.get("type").map_or(json.at, |json| json.at);
                let message = format!("{what} is of type `{kind}`");
                let fault = self.source.fault(at, message);
                let types: Vec<&str> = TYPES.into_iter().chain(licence::TYPES).collect();
                let fault = match why_not(&kind) {
                    Some(reason) => fault.expected(reason),
                    None => fault
                        .expected(format!("one of {}", types.join(", ")))
                        .nearest(&kind, types),
                };
                self.findings.fault(fault);
                return None;
            }
        };
        for key in REMARKS {
            json.get(key);
        }
        self.findings.unasked(self.source, json, &what, keys);
        Some(Node {
            name,
            at: json.at,
            kind: kind?,
        })
    }

    fn text<'j>(&mut self, json: &'j Json, key: &str, what: &str) -> Option<&'j str> {
        let found = json.given(key).and_then(Json::as_text);
        if found.is_none() {
            let fault = self.source.fault(json.at, format!("{what} has no `{key}`"));
            self.findings.fault(fault.expected("a text"));
        }
        found
    }

    /// A flow of at least 0, if there is one without faults.
    fn flow(&mut self, json: &Json, key: &str, what: &str) -> Option<Value> {
        let value = json.given(key)?;
        let what = format!("`{key}` of {what}");
        let found = self.parameters.value(value, &what, self.findings)?;
        self.not_negative(value, &what, found.all())?;
        Some(found)
    }

    fn not_negative(&mut self, json: &Json, what: &str, values: &[f64]) -> Option<()> {
        let sound = |value: f64| value >= 0.0 && value.is_finite();
        let negative = values.iter().copied().find(|&value| !sound(value));
        if let Some(value) = negative {
            let fault = self.source.fault(json.at, format!("{what} is {value}"));
            self.findings.fault(fault.expected("at least 0"));
        }
        negative.is_none().then_some(())
    }

    /// A constant; `otherwise` if it is not there.
    pub(super) fn number(
        &mut self,
        json: &Json,
        key: &str,
        what: &str,
        otherwise: f64,
    ) -> Option<f64> {
        let Some(value) = json.given(key) else {
            return Some(otherwise);
        };
        let what = format!("`{key}` of {what}");
        self.parameters.number(value, &what, self.findings)
    }

    fn input(&mut self, json: &Json, what: &str) -> Option<Kind> {
        let most = self.flow(json, "max_flow", what);
        let least = self.flow(json, "min_flow", what);
        let cost = self.number(json, "cost", what, 0.0);
        if json.given("max_flow").is_none() {
            let fault = self
                .source
                .fault(json.at, format!("{what} has no `max_flow`"));
            let expected = "a `max_flow`: water without end has no place in a balance";
            self.findings.fault(fault.expected(expected));
        }
        let most = most?;
        match least {
            Some(least) if least == most => Some(Kind::Source { flow: most }),
            Some(least) if least.all().iter().any(|&flow| flow > 0.0) => {
                let fault = self
                    .source
                    .fault(json.at, format!("{what} has a `min_flow`"));
                let expected = "none, or one that is its `max_flow`";
                self.findings.fault(fault.expected(expected));
                None
            }
            _ => Some(Kind::Supply { most, cost: cost? }),
        }
    }

    fn catchment(&mut self, json: &Json, what: &str) -> Kind {
        // What comes in any case costs what it costs.
        self.number(json, "cost", what, 0.0);
        let flow = self.flow(json, "flow", what);
        Kind::Source {
            flow: flow.unwrap_or(Value::Constant(0.0)),
        }
    }

    fn output(&mut self, json: &Json, what: &str) -> Option<Kind> {
        let limit = json.given("max_flow");
        let most = limit.and_then(|value| {
            let what = format!("`max_flow` of {what}");
            let amount = self.parameters.amount(value, &what, self.findings)?;
            self.not_negative(value, &what, amount.value.all())?;
            let parts: Vec<f64> = amount.factors.iter().flat_map(Factor::parts).collect();
            self.not_negative(value, &what, &parts)?;
            Some(amount)
        });
        let least = self.flow(json, "min_flow", what);
        let cost = self.number(json, "cost", what, 0.0);
        if let Some(least) = least
            && least.all().iter().any(|&flow| flow > 0.0)
        {
            let fault = self
                .source
                .fault(json.at, format!("{what} has a `min_flow`"));
            let expected = "a cost below that of all others: nothing here must be met at any price";
            self.findings.fault(fault.expected(expected));
        }
        let cost = cost?;
        Some(match limit {
            Some(_) => Kind::Demand { most: most?, cost },
            None => Kind::End { cost },
        })
    }

    fn link(&mut self, json: &Json, what: &str) -> Option<Kind> {
        let most = self.flow(json, "max_flow", what);
        let least = self.flow(json, "min_flow", what);
        let cost = self.number(json, "cost", what, 0.0);
        let least = least.filter(|least| least.all().iter().any(|&flow| flow > 0.0));
        Some(Kind::Pass(Pass {
            least,
            most,
            segments: vec![(None, cost?)],
            gauge: false,
        }))
    }

    fn gauge(&mut self, json: &Json, what: &str) -> Option<Kind> {
        let least = self.flow(json, "mrf", what);
        let worth = self.number(json, "mrf_cost", what, 0.0);
        let cost = self.number(json, "cost", what, 0.0);
        let least = least.unwrap_or(Value::Constant(0.0));
        self.pass(json, what, vec![(Some(least), worth?), (None, cost?)], true)
    }

    fn piecewise(&mut self, json: &Json, what: &str) -> Option<Kind> {
        let list = |key: &str| json.given(key).and_then(Json::as_list);
        let (costs, flows) = (list("costs"), list("max_flows"));
        let steps = self.number(json, "nsteps", what, f64::NAN)?;
        let (Some(costs), Some(flows)) = (costs, flows) else {
            let fault = self
                .source
                .fault(json.at, format!("{what} lacks costs or flows"));
            self.findings
                .fault(fault.expected("`costs` and `max_flows`, lists of `nsteps`"));
            return None;
        };
        if costs.len() as f64 != steps || flows.len() as f64 != steps || costs.is_empty() {
            let message = format!("{what} has {} costs and {} flows", costs.len(), flows.len());
            let fault = self.source.fault(json.at, message);
            self.findings
                .fault(fault.expected("as many as `nsteps` says, at least 1"));
            return None;
        }
        let mut segments = Vec::new();
        for (cost, flow) in costs.iter().zip(flows) {
            let cost = self
                .parameters
                .number(cost, &format!("a cost of {what}"), self.findings);
            let most = if flow.is_null() {
                Some(None)
            } else {
                let what = format!("a flow of {what}");
                let value = self.parameters.value(flow, &what, self.findings);
                let sound = value
                    .as_ref()
                    .and_then(|value| self.not_negative(flow, &what, value.all()));
                sound.and(value).map(Some)
            };
            segments.extend(most.zip(cost));
        }
        if segments.len() < costs.len() {
            return None;
        }
        self.pass(json, what, segments, false)
    }

    /// The cheapest first, and nothing behind one without a limit.
    fn pass(
        &mut self,
        json: &Json,
        what: &str,
        mut segments: Vec<(Option<Value>, f64)>,
        gauge: bool,
    ) -> Option<Kind> {
        segments.sort_by(|a, b| a.1.total_cmp(&b.1));
        let bounded = |(most, _): &(Option<Value>, f64)| most.is_some();
        if let Some(first) = segments.iter().position(|segment| !bounded(segment))
            && first + 1 < segments.len()
        {
            let fault = self.source.fault(
                json.at,
                format!("{what} passes any flow at less than all its costs"),
            );
            self.findings
                .fault(fault.expected("costs that rise with the flow"));
            return None;
        }
        let most = if segments.iter().all(bounded) {
            let flows: Vec<&Value> = segments
                .iter()
                .filter_map(|(most, _)| most.as_ref())
                .collect();
            Some(Value::of(&flows, self.parameters.run, |x| x.iter().sum()))
        } else {
            None
        };
        Some(Kind::Pass(Pass {
            least: None,
            most,
            segments,
            gauge,
        }))
    }

    fn store(&mut self, json: &Json, what: &str) -> Option<Kind> {
        for key in ["level", "area"] {
            if json.given(key).is_some() {
                self.findings.note(format!(
                    "`{key}` of {what} is not imported: no flow goes by it."
                ));
            }
        }
        for key in ["inputs", "outputs", "num_inputs", "num_outputs"] {
            // However many there are, they are of one storage.
            json.get(key);
        }
        let least = self.number(json, "min_volume", what, 0.0);
        let most = self.number(json, "max_volume", what, 0.0);
        let price = self.price(json, what);
        let initial = self.number(json, "initial_volume", what, f64::NAN);
        let part = self.number(json, "initial_volume_pc", what, f64::NAN);
        let (least, most, (cost, levels)) = (least?, most?, price?);
        let (initial, part) = (initial?, part?);
        if !initial.is_nan() && !part.is_nan() && (part * most - initial).abs() > 1e-9 * most {
            // Which of them Pywr takes depends on whether the largest volume is a parameter.
            let message = format!("{what} begins with {initial} and with {part} of {most}");
            let fault = self.source.fault(json.at, message);
            self.findings
                .fault(fault.expected("one of `initial_volume` and `initial_volume_pc`"));
        }
        let initial = if part.is_nan() { initial } else { part * most };
        if initial.is_nan() {
            let fault = self
                .source
                .fault(json.at, format!("{what} has no initial volume"));
            self.findings
                .fault(fault.expected("`initial_volume` or `initial_volume_pc`"));
            return None;
        }
        if !(0.0 <= least && least <= initial && initial <= most && 0.0 < most) {
            let message = format!("{what} holds {initial} between {least} and {most}");
            let fault = self.source.fault(json.at, message);
            self.findings
                .fault(fault.expected("0 <= `min_volume` <= initial <= `max_volume`, above 0"));
            return None;
        }
        Some(Kind::Store(Store {
            least,
            most,
            initial,
            cost,
            levels,
        }))
    }

    /// What a storage costs above its control curves, and below each of them.
    fn price(&mut self, json: &Json, what: &str) -> Option<(f64, Vec<(Value, f64)>)> {
        let what = format!("`cost` of {what}");
        let name = json.given("name").and_then(Json::as_text)?;
        let curve = json.given("control_curve");
        if let Some(above) = json.given("above_curve_cost") {
            let above = self.parameters.number(above, &what, self.findings);
            let cost = self.number(json, "cost", &what, 0.0);
            let curve = match curve {
                Some(curve) => self.parameters.curve(curve, &what, self.findings),
                None => Some(Value::Constant(1.0)),
            };
            return Some((above?, vec![(curve?, cost?)]));
        }
        if curve.is_some() {
            self.findings.note(format!(
                "The `control_curve` of `{name}` decides nothing: it has no `above_curve_cost`."
            ));
        }
        let Some(cost) = json.given("cost") else {
            return Some((0.0, Vec::new()));
        };
        if let Some(levels) = self
            .parameters
            .cost_by_level(cost, name, &what, self.findings)
        {
            return levels;
        }
        let cost = self.parameters.number(cost, &what, self.findings)?;
        Some((cost, Vec::new()))
    }

    /// The edges between nodes that are there, each with its place.
    pub(super) fn edges(
        &mut self,
        list: &[Json],
        nodes: &[Node],
        lost: &[String],
    ) -> Vec<(usize, usize, usize)> {
        let number: BTreeMap<&str, usize> = nodes
            .iter()
            .enumerate()
            .map(|(i, node)| (node.name.as_str(), i))
            .collect();
        let mut edges = Vec::new();
        for json in list {
            let Some([from, to, slots @ ..]) = json.as_list() else {
                self.findings
                    .wrong(self.source, json, "an edge", "a list of two names of nodes");
                continue;
            };
            let mut ends = [None, None];
            for (end, name) in ends.iter_mut().zip([from, to]) {
                let text = name.as_text().unwrap_or_default();
                *end = number.get(text).copied();
                if end.is_none() && !lost.iter().any(|lost| lost == text) {
                    let fault = self
                        .source
                        .fault(name.at, format!("unknown node {}", name.named()));
                    let fault = fault.expected("the name of a node");
                    self.findings
                        .fault(fault.nearest(text, number.keys().copied()));
                }
            }
            let [Some(from), Some(to)] = ends else {
                continue;
            };
            if let Some(more) = slots.get(2) {
                let message = format!("an edge goes on with {}", more.found());
                let fault = self.source.fault(more.at, message);
                self.findings
                    .fault(fault.expected("two nodes, and a slot for each at most"));
            }
            for (slot, end) in slots.iter().zip([from, to]) {
                let of_store = matches!(nodes[end].kind, Kind::Store(_));
                let right = slot.is_null() || of_store && matches!(slot.kind, JsonKind::Number(_));
                if !right {
                    let message =
                        format!("an edge at slot {} of `{}`", slot.found(), nodes[end].name);
                    let fault = self.source.fault(slot.at, message);
                    self.findings
                        .fault(fault.expected("null: only storages have slots here"));
                }
            }
            if edges.iter().any(|&(a, b, _)| (a, b) == (from, to)) {
                let fault = self.source.fault(json.at, "an edge that is there twice");
                self.findings.fault(fault.expected("each edge once"));
                continue;
            }
            edges.push((from, to, json.at));
        }
        edges
    }
}
