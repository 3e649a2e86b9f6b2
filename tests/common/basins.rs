//! Random basins: sketches that shrink, and the models they stand for.
//!
//! A sketch is plain numbers, chosen so that every one is a sound model: what a name or a limit
//! would have to respect is an index or a fraction of what is there.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use riparian::agreement::{Agreement, Each, Form, Measure, Obligation, Point};
use riparian::allocation::{EqualAwards, EqualLosses, Proportional, Talmud};
use riparian::basin::{
    Curve, CurvePoint, Node, Offtake, Outlet, OutletKind, Party, PowerPlant, Reach, Reservoir,
};
use riparian::calendar::{Period, Window, date_of};
use riparian::jiff::civil::{Date, date};
use riparian::operation::{
    Decision, LinearHedging, ReleasePolicy, ReservoirView, RuleCurve, Schedule, YearCurve, Zone,
    ZoneHedging,
};
use riparian::series::DailySeries;
use riparian::units::{Area, Level, Power, Volume};
use riparian::{Model, ModelBuilder};

use super::{daily, days, flow};

/// Volumes are in these units: a medium river brings one a day.
const UNIT: f64 = 1e6;

const CLASSES: [&str; 3] = ["first", "second", "third"];

/// A basin in plain numbers.
#[derive(Clone, Debug)]
pub(crate) struct Sketch {
    pub(crate) window: Window,
    /// Each flows to a later one or to a terminal.
    pub(crate) places: Vec<Place>,
    pub(crate) terminals: usize,
    pub(crate) canals: Vec<Canal>,
    /// A canal from the first river to the second, if that has neither dams nor claimed flows.
    pub(crate) link: Option<(Index, Index, Channel)>,
    pub(crate) offtakes: Vec<Use>,
    pub(crate) claims: Vec<Claim>,
    pub(crate) rules: [Rule; 3],
}

/// A place on a river.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) downstream: Index,
    pub(crate) channel: Channel,
    pub(crate) water: Water,
    pub(crate) dam: Option<Dam>,
}

#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub(crate) lag: u32,
    pub(crate) loss: f64,
    pub(crate) capacity: Option<f64>,
    pub(crate) antecedent: Option<f64>,
}

/// Volumes a day over the run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Water {
    Nothing,
    Steady(f64),
    Seasonal(f64),
    /// A thousand times as much every tenth day.
    Floods(f64),
    /// A net loss that comes and goes.
    Loss(f64),
}

#[derive(Clone, Debug)]
pub(crate) struct Dam {
    pub(crate) full: f64,
    /// Fractions of full supply.
    pub(crate) dead: f64,
    pub(crate) surcharge: f64,
    pub(crate) initial: Filling,
    pub(crate) surface: Option<Surface>,
    /// What turbines, gate and spillway pass.
    pub(crate) outlets: Option<[f64; 3]>,
    pub(crate) min_release: f64,
    pub(crate) ramp: Option<f64>,
    pub(crate) unaccounted: Water,
    pub(crate) keep_rank: Option<u32>,
    pub(crate) policy: Policy,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Filling {
    Empty,
    Dead,
    Full,
    Surcharge,
    Part(f64),
}

/// What only a dam with a curve has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Surface {
    pub(crate) evaporation_mm: f64,
    pub(crate) seepage_mm: f64,
    pub(crate) rain_mm: f64,
    pub(crate) power: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Policy {
    Standard,
    Schedule(Water),
    Zones(Vec<(usize, f64)>),
    Linear(f64),
    Steps(Vec<(f64, f64)>),
    Natural,
}

/// A canal that ends at its only node, or goes on to a second one and an escape.
#[derive(Clone, Debug)]
pub(crate) struct Canal {
    pub(crate) from: Index,
    pub(crate) head: Channel,
    pub(crate) tail: Option<[Channel; 2]>,
    /// What drains into its last node.
    pub(crate) water: Water,
}

#[derive(Clone, Debug)]
pub(crate) struct Use {
    pub(crate) at: Index,
    pub(crate) class: usize,
    pub(crate) weight: f64,
    pub(crate) demand: Water,
    pub(crate) capacity: Option<f64>,
    /// Where to, how much of it, and how many days later than need be.
    pub(crate) returns: Option<(Index, f64, u32)>,
}

/// An obligation that claims.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) class: usize,
    pub(crate) at: ClaimAt,
    pub(crate) due: Due,
    pub(crate) first: Index,
    pub(crate) last: Index,
}

#[derive(Clone, Debug)]
pub(crate) enum ClaimAt {
    Offtakes(Vec<Index>),
    Stream(Index),
    Mouth(Index),
    Store(Index),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Due {
    Volume(f64),
    Dekads(f64),
    Daily(f64),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule {
    Proportional,
    EqualAwards,
    EqualLosses,
    Talmud,
}

/// Any basin over any window of up to so many days.
pub(crate) fn sketches(most_days: usize) -> impl Strategy<Value = Sketch> {
    let rules = [rule(), rule(), rule()];
    let link = option::weighted(0.3, (any::<Index>(), any::<Index>(), channel()));
    (
        window(most_days),
        vec(place(), 1..9),
        1..3_usize,
        vec(canal(), 0..3),
        link,
        vec(offtake(), 0..7),
        vec(claim(), 0..4),
        rules,
    )
        .prop_map(
            |(window, places, terminals, canals, link, offtakes, claims, rules)| Sketch {
                window,
                places,
                terminals,
                canals,
                link,
                offtakes,
                claims,
                rules,
            },
        )
}

/// Windows that cross leap days, days that are none, and the year's end.
fn window(most_days: usize) -> impl Strategy<Value = Window> {
    let starts = [
        date(2024, 2, 20),
        date(2023, 12, 22),
        date(2100, 2, 20),
        date(2025, 6, 1),
    ];
    let starts: Vec<Date> = starts.into();
    (select(starts), 1..=most_days).prop_map(|(start, length)| days(start, length))
}

fn place() -> impl Strategy<Value = Place> {
    (
        any::<Index>(),
        channel(),
        water(),
        option::weighted(0.4, dam()),
    )
        .prop_map(|(downstream, channel, water, dam)| Place {
            downstream,
            channel,
            water,
            dam,
        })
}

fn channel() -> impl Strategy<Value = Channel> {
    (
        prop_oneof![2 => Just(0_u32), 1 => 1..6_u32],
        prop_oneof![2 => Just(0.0), 1 => 0.0..0.4],
        option::weighted(0.2, volume()),
        option::weighted(0.3, volume()),
    )
        .prop_map(|(lag, loss, capacity, antecedent)| Channel {
            lag,
            loss,
            capacity,
            antecedent,
        })
}

/// In units, often nothing or a round number, so that limits meet exactly.
fn volume() -> impl Strategy<Value = f64> {
    prop_oneof![1 => Just(0.0), 2 => (1..9_u32).prop_map(f64::from), 4 => 0.0..8.0]
}

fn gain() -> impl Strategy<Value = Water> {
    prop_oneof![
        1 => Just(Water::Nothing),
        2 => volume().prop_map(Water::Steady),
        3 => volume().prop_map(Water::Seasonal),
        1 => volume().prop_map(Water::Floods),
    ]
}

fn water() -> impl Strategy<Value = Water> {
    prop_oneof![6 => gain(), 1 => volume().prop_map(Water::Loss)]
}

fn dam() -> impl Strategy<Value = Dam> {
    let shape = (
        prop_oneof![1 => Just(0.0), 9 => 0.0..200.0],
        prop_oneof![1 => Just(0.0), 1 => Just(1.0), 4 => 0.0..0.4],
        prop_oneof![1 => Just(1.0), 1 => 1.0..1.5],
        filling(),
        option::of(surface()),
        option::of([volume(), volume(), volume()]),
    );
    let wishes = (
        prop_oneof![1 => Just(0.0), 1 => volume()],
        option::weighted(0.3, 0.1..4.0),
        prop_oneof![3 => Just(Water::Nothing), 1 => gain(), 1 => volume().prop_map(Water::Loss)],
        option::weighted(0.3, 0..3_u32),
        policy(),
    );
    (shape, wishes).prop_map(|(shape, wishes)| {
        let (full, dead, surcharge, initial, surface, outlets) = shape;
        let (min_release, ramp, unaccounted, keep_rank, policy) = wishes;
        Dam {
            full,
            dead,
            surcharge,
            initial,
            surface,
            outlets,
            min_release,
            ramp,
            unaccounted,
            keep_rank,
            policy,
        }
    })
}

fn filling() -> impl Strategy<Value = Filling> {
    prop_oneof![
        Just(Filling::Empty),
        Just(Filling::Dead),
        Just(Filling::Full),
        Just(Filling::Surcharge),
        (0.0..1.0).prop_map(Filling::Part),
    ]
}

fn surface() -> impl Strategy<Value = Surface> {
    (0.0..3000.0, 0.0..100.0, 0.0..50.0, any::<bool>()).prop_map(
        |(evaporation_mm, seepage_mm, rain_mm, power)| Surface {
            evaporation_mm,
            seepage_mm,
            rain_mm,
            power,
        },
    )
}

fn policy() -> impl Strategy<Value = Policy> {
    prop_oneof![
        Just(Policy::Standard),
        gain().prop_map(Policy::Schedule),
        vec((0..3_usize, 0.0..1.2), 1..4).prop_map(Policy::Zones),
        (0.0..1.5).prop_map(Policy::Linear),
        vec((0.0..1.0, 0.0..=1.0), 0..4).prop_map(Policy::Steps),
        Just(Policy::Natural),
    ]
}

fn canal() -> impl Strategy<Value = Canal> {
    let water = prop_oneof![3 => Just(Water::Nothing), 1 => water()];
    let tail = option::of([channel(), channel()]);
    (any::<Index>(), channel(), tail, water).prop_map(|(from, head, tail, water)| Canal {
        from,
        head,
        tail,
        water,
    })
}

fn offtake() -> impl Strategy<Value = Use> {
    let returns = option::weighted(0.4, (any::<Index>(), 0.01..=1.0, 0..4_u32));
    (
        any::<Index>(),
        0..3_usize,
        0.5..2.0,
        gain(),
        option::weighted(0.3, volume()),
        returns,
    )
        .prop_map(|(at, class, weight, demand, capacity, returns)| Use {
            at,
            class,
            weight,
            demand,
            capacity,
            returns,
        })
}

fn claim() -> impl Strategy<Value = Claim> {
    let at = prop_oneof![
        2 => vec(any::<Index>(), 1..4).prop_map(ClaimAt::Offtakes),
        2 => any::<Index>().prop_map(ClaimAt::Stream),
        1 => any::<Index>().prop_map(ClaimAt::Mouth),
        2 => any::<Index>().prop_map(ClaimAt::Store),
    ];
    let due = prop_oneof![
        volume().prop_map(|units| Due::Volume(20.0 * units)),
        volume().prop_map(|units| Due::Dekads(10.0 * units)),
        volume().prop_map(Due::Daily),
    ];
    (0..3_usize, at, due, any::<Index>(), any::<Index>()).prop_map(
        |(class, at, due, first, last)| Claim {
            class,
            at,
            due,
            first,
            last,
        },
    )
}

fn rule() -> impl Strategy<Value = Rule> {
    select(vec![
        Rule::Proportional,
        Rule::EqualAwards,
        Rule::EqualLosses,
        Rule::Talmud,
    ])
}

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
    fn series(self, window: Window) -> DailySeries {
        daily(window, |day| {
            // A year of 366 days is near enough for a wave.
            let date = date_of(window.from(), day as i64);
            let season = f64::from(date.day_of_year()) / 366.0 * std::f64::consts::TAU;
            UNIT * match self {
                Self::Nothing => 0.0,
                Self::Steady(mean) => mean,
                Self::Seasonal(mean) => mean * (1.0 - season.cos()),
                Self::Floods(mean) if day % 10 == 4 => 1000.0 * mean,
                Self::Floods(mean) => mean,
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
        reservoir.ramp = self.ramp.map(|ramp| flow(UNIT * ramp));
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
            reservoir = reservoir.power(PowerPlant {
                efficiency: 0.9,
                capacity: Power::from_mw(10.0),
                tailwater: Level::from_m(95.0),
            });
        }
        reservoir
    }
}

/// Where the places of a sketch stand in the model.
struct Layout {
    /// For each place the id of the node it flows to, and which river it belongs to.
    downstream: Vec<(String, usize)>,
    /// All nodes but terminals.
    nodes: Vec<String>,
    /// Whether the link is dug, and to which place.
    link: Option<(usize, usize)>,
}

fn node_id(place: usize) -> String {
    format!("n{place}")
}

fn sea_id(terminal: usize) -> String {
    format!("sea{terminal}")
}

impl Sketch {
    /// The same with every reservoir at a filling.
    pub(crate) fn filled(mut self, filling: Filling) -> Self {
        for place in &mut self.places {
            if let Some(dam) = &mut place.dam {
                dam.initial = filling;
            }
        }
        self
    }

    /// The same with other water at all places.
    pub(crate) fn fed(mut self, water: impl Fn(Water) -> Water) -> Self {
        for place in &mut self.places {
            place.water = water(place.water);
        }
        self
    }

    fn layout(&self) -> Layout {
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

    /// The model.
    pub(crate) fn model(&self) -> Model {
        let layout = self.layout();
        // Return flows need travel times, which the basin without them knows.
        let bare = self.offtakes(self.network(&layout), &layout, None);
        let bare = bare.build().expect("a sound basin");
        let builder = self.offtakes(self.network(&layout), &layout, Some(&bare));
        builder
            .agreement(self.agreement(&layout))
            .build()
            .expect("a sound model")
    }

    fn network(&self, layout: &Layout) -> ModelBuilder {
        let window = self.window;
        let mut builder = Model::builder("random", window)
            .party(Party::new("UP", "Upland"))
            .party(Party::new("LO", "Lowland"));
        for (class, rule) in CLASSES.into_iter().zip(self.rules) {
            builder = match rule {
                Rule::Proportional => builder.class_sharing(class, Proportional),
                Rule::EqualAwards => builder.class_sharing(class, EqualAwards),
                Rule::EqualLosses => builder.class_sharing(class, EqualLosses),
                Rule::Talmud => builder.class_sharing(class, Talmud),
            };
        }
        for (i, place) in self.places.iter().enumerate() {
            let id = node_id(i);
            let fed = layout.downstream.iter().any(|(to, _)| *to == id)
                || layout.link.is_some_and(|(_, to)| to == i);
            builder = if let Some(dam) = &place.dam {
                builder = dam.operated(builder.reservoir(dam.reservoir(&id)), &id, window);
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
            builder = builder
                .reach(place.channel.on(reach))
                .inflow(&id, place.water.series(window));
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
            builder = builder.reach(channel.on(reach));
        }
        builder
    }

    fn offtakes(
        &self,
        mut builder: ModelBuilder,
        layout: &Layout,
        bare: Option<&Model>,
    ) -> ModelBuilder {
        for (i, usage) in self.offtakes.iter().enumerate() {
            let id = format!("o{i}");
            let at = usage.at.get(&layout.nodes);
            let mut offtake = Offtake::new(&id, at, "LO", CLASSES[usage.class]);
            offtake.capacity = usage.capacity.map(|capacity| flow(UNIT * capacity));
            if matches!(self.rules[usage.class], Rule::EqualAwards) {
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

    fn agreement(&self, layout: &Layout) -> Agreement {
        let mut agreement = Agreement::new("Random promises", ["UP", "LO"]);
        for (i, claim) in self.claims.iter().enumerate() {
            let id = format!("promise {i}");
            if let Some(obligation) = self.obligation(id, claim, layout) {
                let claimed = obligation.to("LO").claimed_in(CLASSES[claim.class]);
                agreement = agreement.obligation(claimed);
            }
        }
        agreement
    }

    /// The obligation of a claim, if the basin has what it claims at.
    fn obligation(&self, id: String, claim: &Claim, layout: &Layout) -> Option<Obligation> {
        let length = self.window.days();
        let (a, b) = (claim.first.index(length), claim.last.index(length));
        let (from, to) = (a.min(b), a.max(b));
        let window = days(date_of(self.window.from(), from as i64), to - from + 1);
        let m3 = |units| Volume::from_m3(UNIT * units);
        let form = match claim.due {
            Due::Volume(units) => Form::Volume(m3(units)),
            Due::Dekads(units) => {
                let dekads = Period::Dekad.parts(window).into_iter();
                Form::Schedule(dekads.map(|dekad| (dekad, m3(units))).collect())
            }
            Due::Daily(units) => Form::MinimumFlow {
                flow: flow(UNIT * units),
                each: Each::Season,
            },
        };
        // Where a canal joins two rivers, flows can be claimed on the first alone.
        let claimable = |i: usize| layout.link.is_none() || layout.downstream[i].1 == 0;
        match &claim.at {
            ClaimAt::Offtakes(members) => {
                let all = self.offtakes.len();
                let members: BTreeSet<usize> = members
                    .iter()
                    .filter(|_| all > 0)
                    .map(|index| index.index(all))
                    .collect();
                let point = Point::sum(members.iter().map(|i| format!("o{i}")));
                (!members.is_empty()).then(|| Obligation::new(id, "UP", point, window, form))
            }
            ClaimAt::Stream(place) => {
                let i = place.index(self.places.len());
                let point = format!("r{i}");
                claimable(i).then(|| Obligation::new(id, "UP", point.as_str(), window, form))
            }
            ClaimAt::Mouth(place) => {
                let i = place.index(self.places.len());
                let to = &layout.downstream[i].0;
                let ways = layout.downstream.iter().filter(|(other, _)| other == to);
                let single = ways.count() == 1;
                let measured = Obligation::new(id, "UP", to.as_str(), window, form);
                let dam = self.places.iter().enumerate();
                let dam = dam
                    .into_iter()
                    .any(|(i, p)| p.dam.is_some() && node_id(i) == *to);
                let measure = if dam { Measure::Inflow } else { Measure::Flow };
                (single && claimable(i)).then(|| measured.measured(measure))
            }
            ClaimAt::Store(place) => {
                let i = place.index(self.places.len());
                let dam = self.places[i].dam.as_ref()?;
                let volume = match claim.due {
                    Due::Volume(units) | Due::Dekads(units) | Due::Daily(units) => units,
                };
                let form = Form::StorageBy {
                    volume: m3(volume.min(dam.full)),
                    by: window.to(),
                };
                Some(Obligation::new(id, "UP", node_id(i).as_str(), window, form))
            }
        }
    }
}

fn canal_node(canal: usize, part: usize) -> String {
    format!("c{canal}-{part}")
}

impl Channel {
    fn on(&self, reach: Reach) -> Reach {
        let mut reach = reach.lag_days(self.lag).loss(self.loss);
        reach.capacity = self.capacity.map(|capacity| flow(UNIT * capacity));
        reach.antecedent = self.antecedent.map(|entered| flow(UNIT * entered));
        reach
    }
}
