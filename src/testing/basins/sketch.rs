//! Sketches of basins in plain numbers, and the strategies that draw them.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use riparian::allocation::{EqualAwards, EqualLosses, ParametricRule, Proportional, Talmud};
use riparian::basin::Routing;
use riparian::calendar::Window;

use super::claims::{Claim, claim};
use super::licences::{Permit, permit};
use super::windows;

/// A basin in plain numbers, from which a [`Model`](riparian::Model) is built: what [`basins`] and
/// [`scenarios`] draw.
///
/// It is chosen so that every sketch is a sound model. Its `Debug` form says in words what is on
/// the river.
///
/// [`basins`]: super::basins()
/// [`scenarios`]: super::scenarios
///
/// Example: [`scenarios`](super::scenarios).
#[derive(Clone)]
pub struct Sketch {
    pub(super) window: Window,
    /// Each flows to a later one or to a terminal.
    pub(super) places: Vec<Place>,
    pub(super) terminals: usize,
    pub(super) canals: Vec<Canal>,
    /// A canal from the first river to the second, if that has no dams.
    pub(super) link: Option<(Index, Index, Channel)>,
    pub(super) offtakes: Vec<Use>,
    pub(super) claims: Vec<Claim>,
    pub(super) permits: Vec<Permit>,
    pub(super) rules: [Rule; 3],
}

/// A place on a river.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) downstream: Index,
    pub(super) channel: Channel,
    pub(super) water: Water,
    pub(super) dam: Option<Dam>,
}

#[derive(Clone, Debug)]
pub(super) struct Channel {
    pub(super) lag: u32,
    pub(super) loss: f64,
    pub(super) capacity: Option<f64>,
    pub(super) antecedent: Option<f64>,
    pub(super) routing: Routing,
    pub(super) season: Option<Seasonal>,
    /// From what volume a day on water leaves the river, and how many places further down it comes
    /// back; only of rivers.
    pub(super) overflow: Option<(f64, usize)>,
}

/// What is different in a channel in a part of the year.
#[derive(Clone, Debug)]
pub(super) struct Seasonal {
    pub(super) days: &'static str,
    pub(super) lag: Option<u32>,
    pub(super) capacity: Option<f64>,
}

/// Volumes a day over the run.
#[derive(Clone, Copy, Debug)]
pub(super) enum Water {
    Nothing,
    Steady(f64),
    Seasonal(f64),
    /// A thousand times as much every tenth day.
    Floods(f64),
    /// A net loss that comes and goes.
    Loss(f64),
}

#[derive(Clone, Debug)]
pub(super) struct Dam {
    pub(super) full: f64,
    /// Fractions of full supply.
    pub(super) dead: f64,
    pub(super) surcharge: f64,
    pub(super) initial: Filling,
    pub(super) surface: Option<Surface>,
    /// What turbines, gate and spillway pass.
    pub(super) outlets: Option<[f64; 3]>,
    pub(super) min_release: f64,
    pub(super) ramp: Option<f64>,
    pub(super) unaccounted: Water,
    pub(super) keep_rank: Option<u32>,
    pub(super) policy: Policy,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Filling {
    Empty,
    Dead,
    Full,
    Surcharge,
    Part(f64),
}

/// What only a dam with a curve has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surface {
    pub(super) evaporation_mm: f64,
    pub(super) seepage_mm: f64,
    pub(super) rain_mm: f64,
    pub(super) power: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Policy {
    Standard,
    Schedule(Water),
    Zones(Vec<(usize, f64)>),
    Linear(f64),
    Steps(Vec<(f64, f64)>),
    Natural,
}

/// A canal that ends at its only node, or goes on to a second one and an escape.
#[derive(Clone, Debug)]
pub(super) struct Canal {
    pub(super) from: Index,
    pub(super) head: Channel,
    pub(super) tail: Option<[Channel; 2]>,
    /// What drains into its last node.
    pub(super) water: Water,
}

#[derive(Clone, Debug)]
pub(super) struct Use {
    pub(super) at: Index,
    pub(super) class: usize,
    pub(super) weight: f64,
    pub(super) demand: Water,
    pub(super) capacity: Option<f64>,
    /// Where to, how much of it, and how many days later than need be.
    pub(super) returns: Option<(Index, f64, u32)>,
}

/// How a class of a sketch shares.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rule {
    Proportional,
    EqualAwards,
    EqualLosses,
    Talmud,
}

impl Rule {
    pub(super) fn shared(self) -> Arc<dyn ParametricRule> {
        match self {
            Self::Proportional => Arc::new(Proportional),
            Self::EqualAwards => Arc::new(EqualAwards),
            Self::EqualLosses => Arc::new(EqualLosses),
            Self::Talmud => Arc::new(Talmud),
        }
    }
}

impl Sketch {
    /// The days of the run.
    pub fn window(&self) -> Window {
        self.window
    }

    /// The same basin, every reservoir full at the start.
    #[must_use]
    pub fn filled(self) -> Self {
        self.holding(Filling::Full)
    }

    /// The same basin, every reservoir empty at the start, its dead storage too.
    #[must_use]
    pub fn emptied(self) -> Self {
        self.holding(Filling::Empty)
    }

    fn holding(mut self, filling: Filling) -> Self {
        for place in &mut self.places {
            if let Some(dam) = &mut place.dam {
                dam.initial = filling;
            }
        }
        self
    }

    /// The same basin in a run without inflow to its rivers.
    #[must_use]
    pub fn dried(mut self) -> Self {
        for place in &mut self.places {
            place.water = Water::Nothing;
        }
        self
    }

    /// The same basin with a thousand times the inflow.
    #[must_use]
    pub fn flooded(mut self) -> Self {
        for place in &mut self.places {
            if let Water::Steady(mean) | Water::Seasonal(mean) = place.water {
                place.water = Water::Steady(1000.0 * mean);
            }
        }
        self
    }
}

/// Any basin over any window of up to so many days, with up to so many promises less one, and up to two licences.
pub(super) fn sketches(most_days: usize, claims: usize) -> impl Strategy<Value = Sketch> {
    let rules = [rule(), rule(), rule()];
    let link = option::weighted(0.3, (any::<Index>(), any::<Index>(), channel()));
    (
        windows(most_days),
        vec(place(), 1..9),
        1..3_usize,
        vec(canal(), 0..3),
        link,
        vec(offtake(), 0..7),
        vec(claim(), 0..claims),
        rules,
        vec(permit(), 0..claims.min(3)),
    )
        .prop_map(
            |(window, places, terminals, canals, link, offtakes, claims, rules, permits)| Sketch {
                window,
                places,
                terminals,
                canals,
                link,
                offtakes,
                claims,
                permits,
                rules,
            },
        )
}

/// Rivers and dams without canals and licences, in whose reaches water neither stays nor leaves.
pub(super) fn rivers(most_days: usize, claims: usize) -> impl Strategy<Value = Sketch> {
    sketches(most_days, claims).prop_map(|mut sketch| {
        sketch.canals.clear();
        sketch.link = None;
        sketch.permits.clear();
        for place in &mut sketch.places {
            place.channel.routing = Routing::Lag;
            place.channel.season = None;
            place.channel.overflow = None;
        }
        sketch
    })
}

/// As [`sketches`], with a dam at the first place at least.
pub(super) fn dammed(most_days: usize, claims: usize) -> impl Strategy<Value = Sketch> {
    (sketches(most_days, claims), dam()).prop_map(|(mut sketch, dam)| {
        sketch.places[0].dam.get_or_insert(dam);
        sketch
    })
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
        prop_oneof![7 => Just(Routing::Lag), 1 => cascade(), 1 => muskingum()],
        option::weighted(0.15, seasonal()),
        option::weighted(0.15, (volume(), 0..3_usize)),
    )
        .prop_map(
            |(lag, loss, capacity, antecedent, routing, season, overflow)| Channel {
                lag,
                loss,
                capacity,
                antecedent,
                routing,
                season,
                overflow,
            },
        )
}

fn cascade() -> impl Strategy<Value = Routing> {
    (1..5_u32, 0.01..6.0).prop_map(|(reservoirs, k_days)| Routing::Cascade { reservoirs, k_days })
}

/// Anywhere in the range without negative coefficients, its ends included.
fn muskingum() -> impl Strategy<Value = Routing> {
    let at = prop_oneof![1 => Just(0.0), 1 => Just(1.0), 4 => 0.0..1.0];
    (prop_oneof![1 => Just(0.0), 4 => 0.0..=0.5], at).prop_map(|(x, at): (f64, f64)| {
        let least: f64 = 0.5 / (1.0 - x);
        let most = (0.5 / x).min(6.0);
        let mut k_days = least + at * (most - least);
        // Ends that rounding puts outside.
        while 2.0 * k_days * (1.0 - x) < 1.0 {
            k_days = k_days.next_up();
        }
        while 2.0 * k_days * x > 1.0 {
            k_days = k_days.next_down();
        }
        Routing::Muskingum { k_days, x }
    })
}

fn seasonal() -> impl Strategy<Value = Seasonal> {
    let days = select(vec![
        "02-25..03-05",
        "02-29..03-15",
        "12-25..02-24",
        "06-05..06-20",
        "11-01..03-31",
    ]);
    let lag = prop_oneof![1 => Just(0), 3 => 0..12_u32];
    (days, option::weighted(0.8, lag), volume()).prop_map(|(days, lag, capacity)| Seasonal {
        days,
        lag,
        // Something must be different.
        capacity: (lag.is_none() || capacity < 4.0).then_some(capacity),
    })
}

/// In units, often nothing or a round number, so that limits meet exactly.
pub(super) fn volume() -> impl Strategy<Value = f64> {
    prop_oneof![1 => Just(0.0), 2 => (1..9_u32).prop_map(f64::from), 4 => 0.0..8.0]
}

pub(super) fn gain() -> impl Strategy<Value = Water> {
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

pub(super) fn rule() -> impl Strategy<Value = Rule> {
    select(vec![
        Rule::Proportional,
        Rule::EqualAwards,
        Rule::EqualLosses,
        Rule::Talmud,
    ])
}
