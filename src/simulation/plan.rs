//! The compiled plan: flat numbers by day and place, and the network of the day's allocation.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use super::channel::{Routed, by_season, ordinary_capacity, overflows};
use super::claims::{Claiming, OwedStorage, Stream, Watch};
use super::expectation::Expectation;
use super::licences::Licensed;
use super::orders::{Orders, Wants};
use super::tributaries::Tributaries;
use crate::allocation::{Network, Place, Role, Tier};
use crate::basin::{Basin, NodeKind, Offtake, ReachKind};
use crate::calendar::Window;
use crate::error::{Diagnostic, Diagnostics, Result};
use crate::ledger::Sizes;
use crate::model::Model;
use crate::series::DailySeries;
use crate::units::{Flow, Volume};

/// Seconds in a day: a mean flow of 1 m3/s is this many m3 a day.
pub(crate) const SECONDS_A_DAY: f64 = 86_400.0;

/// A model compiled for speed: immutable, and shared freely between threads.
///
/// All series are volumes by day and place; names have become numbers; the network of the daily
/// allocation and its priority classes are built.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(crate) model: Model,
    pub(crate) days: usize,
    /// By day of the run.
    pub(crate) dates: Vec<Date>,
    pub(crate) sizes: Sizes,
    /// By node: the travel time from the head of its tree.
    pub(crate) lead: Vec<i64>,
    pub(crate) last_lead: i64,
    /// Nodes, each after those upstream of it.
    pub(crate) order: Vec<usize>,
    pub(crate) ways: Vec<Ways>,
    pub(crate) reaches: Vec<Channel>,
    /// By day and node: lateral inflow in m3.
    pub(crate) inflow: Vec<f64>,
    /// By day and offtake: demand in m3, at most what the head can take.
    pub(crate) demand: Vec<f64>,
    /// By day and offtake: demand in m3 as the user asked.
    pub(crate) asked: Vec<f64>,
    pub(crate) stores: Vec<Store>,
    pub(crate) offtakes: Vec<Intake>,
    pub(crate) returns: Vec<Return>,
    /// Claims of class 0 for net losses, by node.
    pub(crate) loss_claim: Vec<Option<usize>>,
    pub(crate) claiming: Vec<Claiming>,
    /// The gauges that claims depend on.
    pub(crate) watched: Vec<Watch>,
    /// The reaches that no wave spans, and the orders through each of them.
    pub(crate) routed: Vec<Routed>,
    pub(crate) orders: Vec<Orders>,
    pub(crate) wants: Wants,
    /// Reaches whose capacity changes, with their capacity by day.
    pub(crate) by_season: Vec<(usize, Vec<f64>)>,
    pub(crate) licences: Vec<Licensed>,
    /// Never changed: copies of a plan share it.
    pub(crate) network: Arc<Network>,
    /// By node of the network: that of the basin. Beyond the basin's own are entries of routed reaches,
    /// and where users take when water that passes a node is claimed.
    pub(crate) places: Arc<[usize]>,
    /// By arc of the network: the reach of the basin, or that by which a passage at a node is told.
    pub(crate) channels: Arc<[usize]>,
    /// What an operational run expects of the inflows to come; nothing with perfect foresight.
    pub(crate) expectation: Option<Expectation>,
    /// By node: the reservoir whose water it orders, or the node itself.
    pub(crate) dam: Vec<usize>,
}

/// The ways of water at a node.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ways {
    pub(crate) into: Vec<usize>,
    pub(crate) river: Option<usize>,
    pub(crate) canals: Vec<usize>,
    pub(crate) offtakes: Vec<usize>,
    pub(crate) store: Option<usize>,
    /// Claims of obligations in the stream of the river that leaves.
    pub(crate) streams: Vec<usize>,
    /// Claims of obligations that so much pass, before anybody here takes of it.
    pub(crate) passing: Vec<usize>,
}

impl Ways {
    fn claim(&mut self, stream: Stream, claim: usize) {
        let claims = if stream.is_before_users() {
            &mut self.passing
        } else {
            &mut self.streams
        };
        claims.push(claim);
    }
}

/// A node of the basin that is two in the network: water passes from one, where it comes, to the other,
/// where it is taken and goes on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passage {
    pub(super) users: usize,
    pub(super) arc: usize,
    /// The reach by which it is told.
    pub(super) reach: usize,
}

/// A reach in numbers.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub(crate) tail: usize,
    pub(crate) head: usize,
    pub(crate) gain: f64,
    pub(crate) lag: usize,
    /// Which of [`Plan::routed`] it is.
    pub(crate) routed: Option<usize>,
    /// Which of [`Plan::by_season`] it is.
    pub(crate) by_season: Option<usize>,
    /// The bankfull flow in m3 a day, and which of [`Plan::returns`] takes the rest.
    pub(crate) overflow: Option<(f64, usize)>,
    /// A canal that leads to a node the river reaches too: what is wanted there is asked of the
    /// river alone, or a canal that rejoins it would double the demand.
    pub(crate) feeds_river: bool,
    /// m3 a day, out of season.
    pub(crate) capacity: f64,
    /// What arrives each day of the water that entered before the run, in m3.
    pub(crate) antecedent: f64,
}

/// A reservoir in numbers.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(crate) node: usize,
    pub(crate) initial: f64,
    pub(crate) dead: f64,
    pub(crate) full: f64,
    pub(crate) surcharge: f64,
    pub(crate) refill_claim: usize,
    pub(crate) floor_claim: usize,
    /// The claim of a release that has a class of its own; the floor claim is then but the
    /// minimum release.
    pub(crate) release_claim: Option<usize>,
    pub(crate) wish_claims: Vec<usize>,
    pub(crate) wish_classes: Vec<u16>,
    pub(crate) owed: Vec<OwedStorage>,
    pub(crate) keep_claim: usize,
    /// The canal that takes what can neither be held nor released.
    pub(crate) relief: Option<usize>,
    pub(crate) sees_demand: bool,
    /// How many days its policy looks ahead.
    pub(crate) horizon: usize,
    /// By day: the inflow expected; empty if nobody looks ahead.
    pub(crate) forecast: Vec<Flow>,
    /// By day: evaporation depth in m.
    pub(crate) evaporation: Vec<f64>,
    /// m a day.
    pub(crate) seepage: f64,
    /// By day: rain depth in m.
    pub(crate) rain: Option<Vec<f64>>,
    /// By day: the unaccounted term in m3.
    pub(crate) unaccounted: Option<Vec<f64>>,
}

impl Store {
    /// What is held above full supply of a volume that neither fits below nor can be released:
    /// what the spillway does not pass, up to the surcharge limit.
    pub(crate) fn surcharged(&self, over: f64, spillway: f64) -> f64 {
        (over - spillway).max(0.0).min(self.surcharge - self.full)
    }

    /// What was released on the day before the run, and what the river brought, by what was in the
    /// reaches.
    pub(crate) fn before_the_run(&self, plan: &Plan, antecedent: &[f64]) -> (f64, f64) {
        let ways = &plan.ways[self.node];
        let released = ways
            .river
            .map_or(0.0, |r| antecedent[r] / plan.reaches[r].gain);
        (released, ways.into.iter().map(|&r| antecedent[r]).sum())
    }
}

/// An offtake in numbers.
#[derive(Clone, Debug)]
pub(crate) struct Intake {
    pub(crate) node: usize,
    /// The claim of what no obligation claims for it.
    pub(crate) claim: usize,
    /// Claims on behalf of obligations: which of [`Plan::claiming`], and the claim.
    pub(crate) owed: Vec<(usize, usize)>,
    /// What lowers its demand: the reservoir, and which of the model's savings.
    pub(crate) savings: Vec<(usize, usize)>,
    pub(crate) returns: Option<usize>,
}

/// A return flow, or water over a bank, in numbers.
#[derive(Clone, Debug)]
pub(crate) struct Return {
    pub(crate) to: usize,
    pub(crate) fraction: f64,
    /// After how many waves it is there.
    pub(crate) waves: usize,
}

/// Class numbers of the allocation, senior first.
const LOSSES: u16 = 0;
const FLOORS: u16 = 1;
pub(super) const FIRST_CLASS: u16 = 2;

impl Plan {
    /// Compiles a model.
    ///
    /// # Errors
    ///
    /// What the allocation cannot solve, as an error for which
    /// [`Error::is_invalid`](crate::Error::is_invalid) holds; and obligations that claim what cannot
    /// be claimed, such as a flow in a canal or what is known only when its period is over.
    pub fn compile(model: Model) -> Result<Self> {
        let mut faults = Diagnostics::new();
        match Compiler::new(&model, &mut faults).compile() {
            Some(parts) if faults.is_empty() => Ok(parts.into_plan(model)),
            _ => Err(faults.into()),
        }
    }

    /// The model this plan was compiled from.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Which of the solver's ways the network calls for: chosen here, once for the run.
    pub fn tier(&self) -> Tier {
        self.network.tier()
    }

    /// The days of the run.
    pub fn window(&self) -> Window {
        self.model.window
    }

    /// The obligations that claim water on the river or hold it back, as the ledger numbers them.
    pub fn claiming(&self) -> &[Claiming] {
        &self.claiming
    }

    /// The flow that entered each reach before the run, in m3 a day, after losses: what arrives.
    pub fn antecedent_arrival(&self, reach: usize) -> f64 {
        self.reaches[reach].antecedent
    }

    /// What the spillway of a reservoir passes on a day, by the storage at its start; m3.
    pub(crate) fn spillway(&self, k: usize, start: f64) -> f64 {
        let reservoir = &self.model.basin.reservoirs()[k];
        reservoir.spill_capacity(Volume::from_m3(start)).m3s() * SECONDS_A_DAY
    }

    /// Whether the river ends at a node.
    pub(crate) fn ends_at(&self, node: usize) -> bool {
        self.ways[node].river.is_none()
    }

    /// The day of the run on which a wave passes a node; it may lie outside the run.
    pub(crate) fn day_at(&self, wave: i64, node: usize) -> i64 {
        wave + self.lead[node]
    }
}

/// Everything of a plan but the model it borrows from while it is made.
struct Parts {
    dates: Vec<Date>,
    lead: Vec<i64>,
    order: Vec<usize>,
    ways: Vec<Ways>,
    reaches: Vec<Channel>,
    inflow: Vec<f64>,
    demand: Vec<f64>,
    asked: Vec<f64>,
    stores: Vec<Store>,
    offtakes: Vec<Intake>,
    returns: Vec<Return>,
    loss_claim: Vec<Option<usize>>,
    claiming: Vec<Claiming>,
    watched: Vec<Watch>,
    routed: Vec<Routed>,
    orders: Vec<Orders>,
    wants: Wants,
    by_season: Vec<(usize, Vec<f64>)>,
    network: Network,
    places: Vec<usize>,
    channels: Vec<usize>,
}

impl Parts {
    fn into_plan(self, model: Model) -> Plan {
        let sizes = Sizes {
            nodes: self.ways.len(),
            reaches: self.reaches.len(),
            offtakes: self.offtakes.len(),
            reservoirs: self.stores.len(),
            claims: self.claiming.len(),
            licences: model.licences.len(),
            pumps: model.basin.pumps().len(),
        };
        let mut plan = Plan {
            days: model.window.days(),
            dates: self.dates,
            sizes,
            last_lead: self.lead.iter().copied().max().unwrap_or(0),
            lead: self.lead,
            order: self.order,
            ways: self.ways,
            reaches: self.reaches,
            inflow: self.inflow,
            licences: Licensed::all(&model, &self.demand),
            demand: self.demand,
            asked: self.asked,
            stores: self.stores,
            offtakes: self.offtakes,
            returns: self.returns,
            loss_claim: self.loss_claim,
            claiming: self.claiming,
            watched: self.watched,
            routed: self.routed,
            orders: self.orders,
            wants: self.wants,
            by_season: self.by_season,
            network: Arc::new(self.network),
            places: self.places.into(),
            channels: self.channels.into(),
            expectation: None,
            dam: Vec::new(),
            model,
        };
        plan.fill_in();
        plan.dam = super::operational::nearest_dams(&plan);
        plan.expectation = Expectation::new(&plan);
        plan
    }
}

pub(super) struct Compiler<'a> {
    pub(super) model: &'a Model,
    pub(super) basin: &'a Basin,
    pub(super) faults: &'a mut Diagnostics,
    dates: Vec<Date>,
    pub(super) network: crate::allocation::NetworkBuilder,
    pub(super) passages: BTreeMap<usize, Passage>,
    keep_class: BTreeMap<u32, u16>,
    pub(super) watched: Vec<Watch>,
}

impl<'a> Compiler<'a> {
    fn new(model: &'a Model, faults: &'a mut Diagnostics) -> Self {
        Self {
            model,
            basin: &model.basin,
            faults,
            dates: model.window.iter().collect(),
            network: Network::builder(),
            passages: BTreeMap::new(),
            keep_class: BTreeMap::new(),
            watched: Vec::new(),
        }
    }

    fn compile(mut self) -> Option<Parts> {
        let basin = self.basin;
        self.network.objective(self.model.objective);
        for _ in basin.nodes() {
            self.network.node();
        }
        let mut ways = ways(basin);
        let routed = self.routed();
        self.passages(&ways);
        let mut reaches: Vec<Channel> = (0..basin.reaches().len())
            .map(|r| self.channel(r, &routed))
            .collect();
        let mut channels: Vec<usize> = (0..reaches.len()).collect();
        for (&node, passage) in &mut self.passages {
            passage.arc = self.network.arc(node, passage.users, 1.0, Role::Main);
            channels.push(passage.reach);
        }
        for (i, class) in self.model.classes.iter().enumerate() {
            self.network
                .rule(FIRST_CLASS + i as u16, class.rule.clone());
        }
        let order = basin.downstream_order().to_vec();
        let ranks = keep_ranks(basin, &order, &ways);
        // Numbered from the lowest rank, after all classes of the model.
        self.keep_class = ranks.iter().map(|&rank| (rank, 0)).collect();
        let first_keep = FIRST_CLASS + self.model.classes.len() as u16;
        for (i, class) in self.keep_class.values_mut().enumerate() {
            *class = first_keep + i as u16;
        }
        let loss_claim = (0..basin.nodes().len())
            .map(|v| self.loss_claim(v))
            .collect();
        let mut stores: Vec<Store> = (0..basin.reservoirs().len())
            .map(|k| self.store(k, &ways, ranks[k]))
            .collect();
        let (mut offtakes, mut returns) = self.offtakes();
        overflows(basin, &mut reaches, &mut returns);
        let by_season = by_season(self.model, &mut reaches);
        let claiming = self.claiming(&ways, &mut stores, &mut offtakes);
        for (stream, claim) in claiming.iter().filter_map(Claiming::stream) {
            ways[stream.tail].claim(stream, claim);
        }
        let window = self.model.window;
        let inflow = by_day(
            window,
            &self
                .model
                .inflow
                .iter()
                .map(Option::as_ref)
                .collect::<Vec<_>>(),
        );
        let asked = by_day(
            window,
            &self.model.demand.iter().map(Some).collect::<Vec<_>>(),
        );
        let mut demand = vec![0.0; asked.len()];
        within_heads(basin, &asked, &mut demand);
        let (orders, wants) = if routed.is_empty() {
            (Vec::new(), Wants::default())
        } else {
            let known = [&inflow[..], &demand[..]];
            let tributaries = Tributaries::new(basin, &ways, &reaches, &routed, known);
            self.orders(&routed, &ways, &claiming, tributaries)
        };
        let places = self.places(&routed);
        let network = match self.network.build() {
            Ok(network) => network,
            Err(error) => {
                self.faults.push(Diagnostic::new(format!(
                    "the network cannot be solved: {error}"
                )));
                return None;
            }
        };
        Some(Parts {
            dates: self.dates,
            lead: (0..basin.nodes().len())
                .map(|v| i64::from(basin.lead(v)))
                .collect(),
            order,
            ways,
            reaches,
            inflow,
            demand,
            asked,
            stores,
            offtakes,
            returns,
            loss_claim,
            claiming,
            watched: self.watched,
            routed,
            orders,
            wants,
            by_season,
            network,
            places,
            channels,
        })
    }

    fn channel(&mut self, r: usize, routed: &[Routed]) -> Channel {
        let reach = &self.basin.reaches()[r];
        let (tail, head) = self.basin.reach_ends(r);
        let gain = 1.0 - reach.loss;
        let role = match reach.kind {
            ReachKind::River => Role::Main,
            ReachKind::Canal => Role::Canal,
        };
        let at = routed.iter().position(|routed| routed.reach == r);
        let leads_to = at.map_or(head, |i| routed[i].entry);
        self.network.arc(self.users(tail), leads_to, gain, role);
        Channel {
            tail,
            head,
            gain,
            lag: reach.lag_days as usize,
            routed: at,
            by_season: None,
            overflow: None,
            feeds_river: reach.kind == ReachKind::Canal && self.river_into(head),
            capacity: ordinary_capacity(reach),
            // Filled in when the plan is whole, for it may need the steady state.
            antecedent: f64::NAN,
        }
    }

    /// A weight where the rule of the class heeds weights; an offtake's own compares it within its
    /// own class, and is checked there.
    pub(super) fn weight(&self, class: u16, weight: f64) -> f64 {
        let rule = &self.model.classes[usize::from(class - FIRST_CLASS)].rule;
        if rule.weighted() { weight } else { 1.0 }
    }

    /// Whether a river reach leads to a node.
    fn river_into(&self, node: usize) -> bool {
        let basin = self.basin;
        (0..basin.reaches().len())
            .any(|r| basin.reach_ends(r).1 == node && basin.reaches()[r].kind == ReachKind::River)
    }

    pub(super) fn class(&self, name: &str) -> u16 {
        let at = self
            .model
            .classes
            .iter()
            .position(|class| class.name == name);
        FIRST_CLASS + at.unwrap_or(self.model.classes.len()) as u16
    }

    /// By node of the network: that of the basin.
    fn places(&self, routed: &[Routed]) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.basin.nodes().len()).collect();
        let entries = routed.iter();
        places.extend(entries.map(|routed| self.basin.reach_ends(routed.reach).0));
        places.resize(places.len() + self.passages.len(), 0);
        for (&node, passage) in &self.passages {
            places[passage.users] = node;
        }
        places
    }

    /// The node of the network where the users of a node take.
    pub(super) fn users(&self, node: usize) -> usize {
        let passage = self.passages.get(&node);
        passage.map_or(node, |passage| passage.users)
    }

    /// Whether a node ever has net losses; a reservoir takes its own.
    pub(super) fn loses(&self, v: usize) -> bool {
        let series = self.model.inflow[v].iter();
        let reservoir = self.basin.nodes()[v].kind == NodeKind::Reservoir;
        !reservoir && series.flat_map(DailySeries::values).any(|&q| q < 0.0)
    }

    /// A claim for the net losses at a node, if it ever has one.
    fn loss_claim(&mut self, v: usize) -> Option<usize> {
        let place = Place::Node(self.users(v));
        self.loses(v)
            .then(|| self.network.claim(place, LOSSES, 1.0))
    }

    fn store(&mut self, k: usize, ways: &[Ways], rank: u32) -> Store {
        let reservoir = &self.basin.reservoirs()[k];
        let policy = &self.model.policies[k];
        let node = self.basin.reservoir_node(k);
        let river = ways[node].river.unwrap_or_default();
        let refill_claim = self.network.claim(Place::Node(node), LOSSES, 1.0);
        let floor_claim = self.network.claim(Place::Arc(river), FLOORS, 1.0);
        let release_claim = policy.release_class().map(|name| {
            let class = self.class(&name);
            self.network.claim(Place::Arc(river), class, 1.0)
        });
        let wish_classes: Vec<u16> = policy
            .storage_classes()
            .iter()
            .map(|name| self.class(name))
            .collect();
        let wish_claims = wish_classes
            .iter()
            .map(|&class| self.network.claim(Place::Node(node), class, 1.0))
            .collect();
        let keep_claim = self
            .network
            .claim(Place::Node(node), self.keep_class[&rank], 1.0);
        let by_day = |series: &Option<DailySeries>, factor: f64| {
            series
                .as_ref()
                .map(|s| s.values().iter().map(|v| v * factor).collect::<Vec<f64>>())
        };
        Store {
            node,
            initial: reservoir.initial.m3(),
            dead: reservoir.dead.m3(),
            full: reservoir.full.m3(),
            surcharge: reservoir.surcharge.m3(),
            refill_claim,
            floor_claim,
            release_claim,
            wish_claims,
            wish_classes,
            owed: Vec::new(),
            keep_claim,
            relief: reservoir
                .relief
                .as_ref()
                .and_then(|canal| self.basin.reach_index(canal)),
            sees_demand: policy.sees_demand(),
            horizon: policy.horizon(),
            // Filled in when the plan is whole.
            forecast: Vec::new(),
            evaporation: self
                .dates
                .iter()
                .map(|date| {
                    let month = (date.month() - 1) as usize;
                    reservoir.evaporation_mm[month] / 1000.0 / f64::from(date.days_in_month())
                })
                .collect(),
            seepage: reservoir.seepage_mm_per_day / 1000.0,
            rain: by_day(&self.model.rain[k], 1e-3),
            unaccounted: by_day(&self.model.unaccounted[k], SECONDS_A_DAY),
        }
    }

    fn offtakes(&mut self) -> (Vec<Intake>, Vec<Return>) {
        let mut returns = Vec::new();
        let basin = self.basin;
        let intakes = basin
            .offtakes()
            .iter()
            .enumerate()
            .map(|(i, offtake)| {
                let node = basin.offtake_node(i);
                let class = self.class(&offtake.class);
                let back = offtake.return_flow.as_ref().and_then(|back| {
                    let to = basin.node_index(&back.to)?;
                    let waves = i64::from(back.lag_days) + i64::from(basin.lead(node))
                        - i64::from(basin.lead(to));
                    returns.push(Return {
                        to,
                        fraction: back.fraction,
                        waves: usize::try_from(waves).unwrap_or(1),
                    });
                    Some(returns.len() - 1)
                });
                Intake {
                    node,
                    claim: self.network.claim(
                        Place::Node(self.users(node)),
                        class,
                        self.weight(class, offtake.weight),
                    ),
                    owed: Vec::new(),
                    savings: self.savings_of(&offtake.id),
                    returns: back,
                }
            })
            .collect();
        (intakes, returns)
    }

    /// The savings of an offtake, each with its reservoir.
    fn savings_of(&self, offtake: &str) -> Vec<(usize, usize)> {
        let savings = self.model.savings.iter().enumerate();
        savings
            .filter(|(_, saving)| saving.offtakes.iter().any(|member| member == offtake))
            .filter_map(|(s, saving)| Some((self.basin.reservoir_index(&saving.reservoir)?, s)))
            .collect()
    }
}

/// The reaches, offtakes and reservoir of each node.
fn ways(basin: &Basin) -> Vec<Ways> {
    let mut ways = vec![Ways::default(); basin.nodes().len()];
    for (r, reach) in basin.reaches().iter().enumerate() {
        let (from, to) = basin.reach_ends(r);
        ways[to].into.push(r);
        match reach.kind {
            ReachKind::River => ways[from].river = Some(r),
            ReachKind::Canal => ways[from].canals.push(r),
        }
    }
    for i in 0..basin.offtakes().len() {
        ways[basin.offtake_node(i)].offtakes.push(i);
    }
    for k in 0..basin.reservoirs().len() {
        ways[basin.reservoir_node(k)].store = Some(k);
    }
    ways
}

/// The rank of each reservoir in keeping unclaimed water: its own, or how many reservoirs lie
/// upstream on the longest way.
fn keep_ranks(basin: &Basin, order: &[usize], ways: &[Ways]) -> Vec<u32> {
    let mut above = vec![0_u32; ways.len()];
    for &v in order {
        let passed = above[v] + u32::from(ways[v].store.is_some());
        for &r in ways[v].river.iter().chain(&ways[v].canals) {
            let head = basin.reach_ends(r).1;
            above[head] = above[head].max(passed);
        }
    }
    basin
        .reservoirs()
        .iter()
        .enumerate()
        .map(|(k, reservoir)| {
            reservoir
                .keep_rank
                .unwrap_or(above[basin.reservoir_node(k)])
        })
        .collect()
}

/// Series in m3/s as volumes by day and place.
fn by_day(window: Window, series: &[Option<&DailySeries>]) -> Vec<f64> {
    let width = series.len();
    let mut values = vec![0.0; window.days() * width];
    for (place, series) in series.iter().enumerate() {
        for (day, &flow) in series.iter().flat_map(|s| s.values()).enumerate() {
            values[day * width + place] = flow * SECONDS_A_DAY;
        }
    }
    values
}

/// What is asked of each offtake, as far as its head can take it.
pub(super) fn within_heads(basin: &Basin, asked: &[f64], demand: &mut [f64]) {
    let head = |offtake: &Offtake| {
        let capacity = offtake.capacity;
        capacity.map_or(f64::INFINITY, |q| q.m3s() * SECONDS_A_DAY)
    };
    let heads: Vec<f64> = basin.offtakes().iter().map(head).collect();
    for (i, (demand, &asked)) in demand.iter_mut().zip(asked).enumerate() {
        *demand = asked.min(heads[i % heads.len()]);
    }
}
