//! The models that sketches stand for.

use std::collections::BTreeSet;
use std::f64::consts::TAU;
use std::sync::Arc;

use riparian::allocation::ParametricRule;
use riparian::basin::Routing;
use riparian::basin::routing::ReachSeason;
use riparian::basin::{
    Curve, CurvePoint, Node, Offtake, Outlet, OutletKind, Party, PowerPlant, Reach, Reservoir,
};
use riparian::calendar::{Window, date_of};
use riparian::operation::{
    Decision, LinearHedging, ReleasePolicy, ReservoirView, RuleCurve, Schedule, YearCurve, Zone,
    ZoneHedging,
};
use riparian::series::DailySeries;
use riparian::units::{Area, Level, Power, Volume};
use riparian::{Model, ModelBuilder};

use super::claims::agreement;
use super::sketch::{Channel, Dam, Filling, Policy, Rule, Seasonal, Sketch, Surface, Water};
use super::{CLASSES, UNIT, daily, flow};

/// Releases what came the day before: a policy of a user's own.
#[derive(Debug)]
struct Natural;

impl ReleasePolicy for Natural {
    fn name(&self) -> &'static str {
        "natural"
    }

    fn decide(&self, lake: &ReservoirView, decision: &mut Decision) {
        decision.release(lake.last_inflow.min(lake.max_release).max(lake.min_release));
    }
}

impl Water {
    pub(super) fn series(self, window: Window) -> DailySeries {
        daily(window, |day| {
            // A year of 366 days is near enough for a wave.
            let date = date_of(window.from(), day as i64);
            let season = f64::from(date.day_of_year()) / 366.0 * TAU;
            UNIT * match self {
                Self::Nothing => 0.0,
                Self::Seasonal(mean) => mean * (1.0 - season.cos()),
                Self::Floods(mean) if day % 10 == 4 => 1000.0 * mean,
                Self::Steady(mean) | Self::Floods(mean) => mean,
                Self::Loss(mean) => mean * season.sin() - 0.1 * mean,
            }
        })
    }
}

impl Dam {
    fn reservoir(&self, id: &str) -> Reservoir {
        let full = UNIT * self.full;
        let (dead, surcharge) = (full * self.dead, full * self.surcharge);
        let initial = match self.initial {
            Filling::Empty => 0.0,
            Filling::Dead => dead,
            Filling::Full => full,
            Filling::Surcharge => surcharge,
            Filling::Part(part) => part * full,
        };
        let mut reservoir = Reservoir::new(id, Volume::from_m3(full))
            .party("UP")
            .dead(Volume::from_m3(dead))
            .surcharge(Volume::from_m3(surcharge))
            .initial(Volume::from_m3(initial))
            .min_release(flow(UNIT * self.min_release));
        if let Some(ramp) = self.ramp {
            reservoir = reservoir.ramp(flow(UNIT * ramp));
        }
        reservoir.keep_rank = self.keep_rank;
        if let Some(surface) = self.surface {
            reservoir = surface.on(reservoir, full);
        }
        if let Some([turbine, gate, spillway]) = self.outlets {
            reservoir = reservoir
                .outlet(Outlet::constant(
                    "t",
                    OutletKind::Turbine,
                    flow(UNIT * turbine),
                ))
                .outlet(Outlet::constant(
                    "s",
                    OutletKind::Spillway,
                    flow(UNIT * spillway),
                ));
            let gate = flow(UNIT * gate);
            reservoir = if self.surface.is_some() {
                let points = vec![
                    (Level::from_m(100.0), flow(0.0)),
                    (Level::from_m(130.0), gate),
                ];
                reservoir.outlet(Outlet::by_level("g", OutletKind::Gate, points))
            } else {
                reservoir.outlet(Outlet::constant("g", OutletKind::Gate, gate))
            };
        }
        reservoir
    }

    fn operated(&self, builder: ModelBuilder, id: &str, window: Window) -> ModelBuilder {
        let part = |part: f64| Volume::from_m3(UNIT * self.full * part);
        match &self.policy {
            Policy::Standard => builder,
            Policy::Schedule(water) => builder.policy(id, Schedule::planned(water.series(window))),
            Policy::Zones(zones) => {
                let zone = |&(class, top): &(usize, f64)| Zone {
                    class: CLASSES[class].into(),
                    top: YearCurve::new(vec![(1, 15, part(top)), (8, 1, part(0.5 * top))])
                        .expect("two days of the year"),
                };
                builder.policy(id, RuleCurve::new(zones.iter().map(zone).collect()))
            }
            Policy::Linear(trigger) => builder.policy(id, LinearHedging::new(part(*trigger))),
            Policy::Steps(steps) => {
                let zones = steps.iter().map(|&(above, share)| (part(above), share));
                let policy = ZoneHedging::new(zones.collect()).expect("fractions");
                builder.policy(id, policy)
            }
            Policy::Natural => builder.policy(id, Natural),
        }
    }
}

impl Surface {
    fn on(self, mut reservoir: Reservoir, full: f64) -> Reservoir {
        let point = |level, volume, area| CurvePoint {
            level: Level::from_m(level),
            volume: Volume::from_m3(volume),
            area: Area::from_m2(area),
        };
        // 30 m deep when full; the surface grows to twice the mean.
        let mean = (full + 1.0) / 30.0;
        let points = vec![
            point(105.0, 0.1 * (full + 1.0), 0.5 * mean),
            point(130.0, full + 1.0, 2.0 * mean),
        ];
        reservoir = reservoir
            .curve(Curve::new(points).expect("rising points"))
            .evaporation_mm([self.evaporation_mm; 12])
            .seepage_mm_per_day(self.seepage_mm);
        if self.power {
            reservoir = reservoir.power(PowerPlant::new(
                0.9,
                Power::from_mw(10.0),
                Level::from_m(95.0),
            ));
        }
        reservoir
    }
}

/// Where the places of a sketch stand in the model.
pub(super) struct Layout {
    /// For each place the id of the node it flows to, and which river it belongs to.
    pub(super) downstream: Vec<(String, usize)>,
    /// All nodes but terminals.
    pub(super) nodes: Vec<String>,
    /// Whether the link is dug, and to which place.
    pub(super) link: Option<(usize, usize)>,
}

impl Layout {
    /// The id of the node so many places below the next one down the river, or of its end.
    pub(super) fn further(&self, place: usize, places: usize) -> &str {
        let mut to = &self.downstream[place].0;
        for _ in 0..places {
            let next = self.nodes.iter().position(|id| id == to);
            let Some((further, _)) = next.and_then(|next| self.downstream.get(next)) else {
                break;
            };
            to = further;
        }
        to
    }
}

pub(super) fn node_id(place: usize) -> String {
    format!("n{place}")
}

pub(super) fn sea_id(terminal: usize) -> String {
    format!("sea{terminal}")
}

/// Makes the policy of a reservoir for a run.
type Operate<'a> = dyn Fn(&Reservoir, Window) -> Arc<dyn ReleasePolicy> + 'a;

/// What stands in for the sketch's own choices.
#[derive(Default)]
struct Choices<'a> {
    operate: Option<&'a Operate<'a>>,
    rule: Option<&'a Arc<dyn ParametricRule>>,
}

impl Choices<'_> {
    fn rule(&self, own: Rule) -> Arc<dyn ParametricRule> {
        self.rule.map_or_else(|| own.shared(), Arc::clone)
    }
}

impl Sketch {
    /// The model.
    ///
    /// # Panics
    ///
    /// If the sketch is no sound model, which is a bug of this crate.
    pub fn model(&self) -> Model {
        self.built(&Choices::default())
    }

    /// The model, each of its dams operated by the policy that `policy` makes for it and the run.
    ///
    /// The priority classes `first`, `second` and `third` are there; others that the policies name
    /// are added as junior classes.
    ///
    /// # Panics
    ///
    /// If the model refuses a policy, because it does not hold for the whole run.
    pub fn model_operated_by<P: ReleasePolicy + 'static>(
        &self,
        policy: impl Fn(&Reservoir, Window) -> P,
    ) -> Model {
        self.built(&Choices {
            operate: Some(&|reservoir, window| Arc::new(policy(reservoir, window))),
            rule: None,
        })
    }

    /// The model, all of its priority classes sharing by this rule; its users have weights if the
    /// rule heeds them.
    ///
    /// # Panics
    ///
    /// As for [`Sketch::model`].
    pub fn model_sharing_by(&self, rule: &Arc<dyn ParametricRule>) -> Model {
        self.built(&Choices {
            operate: None,
            rule: Some(rule),
        })
    }

    fn built(&self, choices: &Choices<'_>) -> Model {
        let layout = self.layout();
        let network = self.network(&layout, choices);
        // Return flows need travel times, which the basin without them knows.
        let bare = self.offtakes(network.clone(), &layout, choices, None);
        let bare = bare.build().unwrap_or_else(|error| panic!("{error}"));
        let permits = self.permits.iter().enumerate();
        let licences = permits.filter_map(|(l, permit)| permit.licence(l, self.offtakes.len()));
        let whole = self.offtakes(network, &layout, choices, Some(&bare));
        licences
            .fold(whole, ModelBuilder::licence)
            .agreement(agreement(&self.claims, &bare))
            .build()
            .unwrap_or_else(|error| panic!("{error}"))
    }

    pub(super) fn layout(&self) -> Layout {
        let n = self.places.len();
        let mut downstream = vec![(String::new(), 0); n];
        for (i, place) in self.places.iter().enumerate().rev() {
            let to = i + 1 + place.downstream.index(n - i - 1 + self.terminals);
            downstream[i] = if to < n {
                (node_id(to), downstream[to].1)
            } else {
                (sea_id(to - n), to - n)
            };
        }
        let in_river =
            |river| -> Vec<usize> { (0..n).filter(|&i| downstream[i].1 == river).collect() };
        let (one, two) = (in_river(0), in_river(1));
        let dams = two.iter().any(|&i| self.places[i].dam.is_some());
        let link = self
            .link
            .as_ref()
            .filter(|_| !dams && !one.is_empty() && !two.is_empty());
        let link = link.map(|(from, to, _)| (*from.get(&one), *to.get(&two)));
        let mut nodes: Vec<String> = (0..n).map(node_id).collect();
        for (c, canal) in self.canals.iter().enumerate() {
            let parts = 1 + usize::from(canal.tail.is_some());
            nodes.extend((0..parts).map(|part| canal_node(c, part)));
        }
        Layout {
            downstream,
            nodes,
            link,
        }
    }

    fn network(&self, layout: &Layout, choices: &Choices<'_>) -> ModelBuilder {
        let window = self.window;
        let mut builder = Model::builder("random", window)
            .party(Party::new("UP", "Upland"))
            .party(Party::new("LO", "Lowland"));
        for (class, rule) in CLASSES.into_iter().zip(self.rules) {
            builder = builder.class_sharing(class, choices.rule(rule));
        }
        let mut policies = Vec::new();
        for (i, place) in self.places.iter().enumerate() {
            if let (Some(dam), Some(operate)) = (&place.dam, choices.operate) {
                policies.push((node_id(i), operate(&dam.reservoir(&node_id(i)), window)));
            }
        }
        let named: BTreeSet<String> = policies
            .iter()
            .flat_map(|(_, policy)| {
                let release = policy.release_class();
                policy.storage_classes().into_iter().chain(release)
            })
            .filter(|class| !CLASSES.contains(&class.as_str()))
            .collect();
        builder = named.into_iter().fold(builder, ModelBuilder::class);
        for (i, place) in self.places.iter().enumerate() {
            let id = node_id(i);
            let fed = layout.downstream.iter().any(|(to, _)| *to == id)
                || layout.link.is_some_and(|(_, to)| to == i);
            builder = if let Some(dam) = &place.dam {
                builder = builder.reservoir(dam.reservoir(&id));
                if choices.operate.is_none() {
                    builder = dam.operated(builder, &id, window);
                }
                if let Some(surface) = dam.surface {
                    let rain = DailySeries::constant(window, surface.rain_mm).expect("a number");
                    builder = builder.rain(&id, rain);
                }
                builder.unaccounted(&id, dam.unaccounted.series(window))
            } else if fed || matches!(place.water, Water::Loss(_)) {
                builder.node(Node::gauge(&id))
            } else {
                builder.node(Node::inflow(&id))
            };
            let reach = Reach::river(format!("r{i}"), &id, &layout.downstream[i].0);
            let mut reach = place.channel.on(reach);
            if let Some((above, further)) = place.channel.overflow {
                reach = reach.overflow(flow(UNIT * above), layout.further(i, further));
            }
            builder = builder.reach(reach).inflow(&id, place.water.series(window));
        }
        for terminal in 0..self.terminals {
            builder = builder.node(Node::terminal(sea_id(terminal)));
        }
        for (c, canal) in self.canals.iter().enumerate() {
            let from = node_id(canal.from.index(self.places.len()));
            let (first, second) = (canal_node(c, 0), canal_node(c, 1));
            let reach = Reach::canal(format!("k{c}"), from, &first);
            builder = builder
                .node(Node::junction(&first))
                .reach(canal.head.on(reach));
            let mut last = first.clone();
            if let Some([middle, tail]) = &canal.tail {
                let escape = format!("escape{c}");
                let to_second = Reach::river(format!("k{c}-1"), &first, &second);
                let to_escape = Reach::river(format!("k{c}-2"), &second, &escape);
                builder = builder
                    .node(Node::junction(&second))
                    .node(Node::terminal(escape))
                    .reach(middle.on(to_second))
                    .reach(tail.on(to_escape));
                last = second;
            }
            builder = builder.inflow(last, canal.water.series(window));
        }
        if let (Some((from, to)), Some((.., channel))) = (layout.link, &self.link) {
            let reach = Reach::canal("link", node_id(from), node_id(to));
            // A canal that joins a river does nothing to water but delaying it.
            let mut reach = channel.on(reach).routing(Routing::Lag);
            for season in &mut reach.seasons {
                season.lag_days = None;
            }
            reach.seasons.retain(|season| season.capacity.is_some());
            builder = builder.reach(reach);
        }
        for (id, policy) in policies {
            builder = builder.policy(id, policy);
        }
        builder
    }

    fn offtakes(
        &self,
        mut builder: ModelBuilder,
        layout: &Layout,
        choices: &Choices<'_>,
        bare: Option<&Model>,
    ) -> ModelBuilder {
        for (i, usage) in self.offtakes.iter().enumerate() {
            let id = format!("o{i}");
            let at = usage.at.get(&layout.nodes);
            let mut offtake = Offtake::new(&id, at, "LO", CLASSES[usage.class]);
            offtake.capacity = usage.capacity.map(|capacity| flow(UNIT * capacity));
            if choices.rule(self.rules[usage.class]).weighted() {
                offtake = offtake.weight(usage.weight);
            }
            if let (Some((to, fraction, more)), Some(bare)) = (&usage.returns, bare) {
                let basin = bare.basin();
                let to = to.get(&layout.nodes);
                let lead = |id: &str| {
                    let node = basin.node_index(id).expect("a node of the sketch");
                    i64::from(basin.lead(node))
                };
                let least = (lead(to) - lead(at) + 1).max(1) as u32;
                offtake = offtake.returning(to, *fraction, least + more);
            }
            builder = builder
                .offtake(offtake)
                .demand(id, usage.demand.series(self.window));
        }
        builder
    }
}

pub(super) fn canal_node(canal: usize, part: usize) -> String {
    format!("c{canal}-{part}")
}

impl Seasonal {
    fn on(&self) -> ReachSeason {
        let mut season = ReachSeason::new(self.days.parse().expect("a season"));
        season.lag_days = self.lag;
        season.capacity = self.capacity.map(|capacity| flow(UNIT * capacity));
        season
    }
}

impl Channel {
    fn on(&self, reach: Reach) -> Reach {
        let mut reach = reach.lag_days(self.lag).loss(self.loss);
        reach.capacity = self.capacity.map(|capacity| flow(UNIT * capacity));
        reach.antecedent = self.antecedent.map(|entered| flow(UNIT * entered));
        reach.routing = self.routing;
        reach.seasons.extend(self.season.as_ref().map(Seasonal::on));
        reach
    }
}
