//! What would have come: a shortfall explained by running the model again.

use super::blame::{OverLimit, brought_forward, class_of_row};
use super::course::{At, Sources};
use super::gauge::{Gauge, feeders};
use super::reason::{Reason, Why, asked, gauges_of_row, readings};
use super::record::Record;
use super::verdict::{Settlement, Status, Unit, settle};
use crate::agreement::{
    Agreement, Amount, Claim, Count, Due, Each, Obligation, Pace, When, check_claim,
};
use crate::calendar::{Date, Window, date_of, day_index, invalid};
use crate::error::{Diagnostic, Diagnostics, Result};
use crate::ledger::{Ledger, Sum};
use crate::model::Model;
use crate::series::DailySeries;
use crate::simulation::{Plan, Simulation};
use crate::units::{Flow, SECONDS_PER_DAY, Volume};

/// Explains the shortfall of a settlement by running the model again, in worlds that go from the
/// most generous to the one that was: what the shortfall grows by when a cause returns is that
/// cause's part.
///
/// In the first world the obligation is claimed in a class before all others, for what was due and
/// in the days of its period alone. Nobody else takes any water; reservoirs upstream follow the
/// standard policy without a minimum release, so that they may be drawn down to dead storage for it;
/// dams, reaches on the way and the point's own heads pass any flow; and no water disappears
/// unaccounted for upstream. What is missing even so is lack of water. (Of an offtake's shortfall
/// comes first what was not asked for, which needs no run.) Then return, one after another, each
/// where it plays a part:
///
/// 1. the unaccounted term, reservoir by reservoir down the river;
/// 2. capacities, place by place down the river; a dam's with the limit on its change of release;
/// 3. limits that are claimed on the point's own users, then licences that they are in;
/// 4. flows that other claims kept in the river: as much as they were awarded;
/// 5. withdrawals of others, as they were in the run, party by party in order of declaration: of
///    classes senior to the obligation's, of its own, of all others. An obligation that neither
///    claims nor is measured at an offtake has no class, and all are others;
/// 6. what they took beyond their limits;
/// 7. releases of reservoirs, as they were in the run, from the most upstream down: what was held
///    for whatever reason, and what no longer lay there because it was released for nobody;
/// 8. the obligation's own claim, or that it only observes. The world is then the run itself, and
///    the part is the rest: little, where all that could be done otherwise has returned before.
///
/// Withdrawals, releases and cuts of licences return as what was done, before any claim: so an obligation that only
/// observes loses its water to those who took or held it, not to its want of a claim. Where one of
/// several causes would have sufficed, as with a capacity below what a dam released, the one that
/// returns first bears it; where it would have sufficed to remove one of several, the last one does.
/// A part is negative where the cause helped. The parts add up to the shortfall, in the
/// settlement's unit; changes of less than one part in 1e9 of what was due are rounding and wait for
/// the next. What is due is held as it was in the run. The flow in the reaches before the run is that
/// of the run.
///
/// It agrees with the [attribution](crate::settlement::Settled::of) read off the ledger where each
/// day's shortfall has its own cause, and on lack of water also where a dam and users kept water
/// that would have done either way. The attribution knows nothing of what follows from a change:
/// evaporation spared, returns, claims that would have been paced otherwise, water that would have
/// been saved for a later day of a sum.
///
/// The answer is empty unless the settlement is [short](Status::Short). The ledger must be that of
/// a whole run of the plan, from its first day.
///
/// # Errors
///
/// If the obligation cannot be claimed on the river - energy, weighted sums, natural flows, a place
/// with several rivers ([`Error::is_invalid`](crate::Error::is_invalid)) - or a world cannot be run
/// to its end, as for [`Simulation::step`].
///
/// # Panics
///
/// If the ledger or the settlement is of another plan.
pub fn counterfactual(plan: &Plan, ledger: &Ledger, row: &Settlement) -> Result<Vec<Reason>> {
    if row.status != Status::Short {
        return Ok(Vec::new());
    }
    let case = Case::new(plan, ledger, row)?;
    let size = row.unit.size();
    let brought = brought_forward(row) * size;
    let mut parts = Parts {
        found: Vec::new(),
        so_far: 0.0,
        rounding: 1e-9 * case.needed.max(case.shortfall),
    };
    parts.grow(Why::NotDemanded, case.not_demanded());
    let mut world = World::first(&case);
    parts.grow(case.no_water(), case.short_in(&world)?);
    for (why, change) in case.causes() {
        world.apply(change.clone());
        let short = case.short_in(&world)?;
        if let Change::Release(k) = change {
            // What never lay there was let go before it was due.
            let part = short - parts.so_far;
            let kept = case.kept_in(k);
            if part > kept && kept > 0.0 {
                parts.grow(why.clone(), parts.so_far + kept);
            }
            let early = part > kept && part - kept > parts.rounding;
            let why = if early {
                Why::released(case.model, k)
            } else {
                why
            };
            parts.grow(why, short);
        } else {
            parts.grow(why, short);
        }
    }
    parts.rounding = 0.0;
    let last = case.shortfall - parts.so_far;
    if last.abs() > 1e-9 * case.needed.max(case.shortfall) || parts.found.is_empty() {
        parts.grow(Why::Unclaimed, case.shortfall);
    } else if let Some((_, part)) = parts.found.last_mut() {
        *part += last;
    }
    if brought > 0.0 {
        parts.found.push((Why::BroughtForward, brought));
    }
    let reason = |(why, part)| Reason {
        why,
        amount: part / size,
    };
    Ok(parts.found.into_iter().map(reason).collect())
}

/// The parts found so far, in m3, and the shortfall they add up to.
struct Parts {
    found: Vec<(Why, f64)>,
    so_far: f64,
    rounding: f64,
}

impl Parts {
    fn grow(&mut self, why: Why, shortfall: f64) {
        let part = shortfall - self.so_far;
        if part.abs() > self.rounding {
            self.so_far = shortfall;
            self.found.push((why, part));
        }
    }
}

/// A cause that returns.
#[derive(Clone, Debug)]
enum Change {
    Unaccounted(usize),
    /// Of a reach.
    Reach(usize),
    /// Of a reservoir's outlets, and its ramp.
    Dam(usize),
    /// Of an offtake.
    Head(usize),
    Limit((usize, usize)),
    Licence(usize),
    Stream(usize),
    /// What offtakes took, without what was beyond their limits.
    Take(Vec<usize>),
    TakeOver(Vec<usize>),
    Release(usize),
}

/// Which causes are there.
#[derive(Clone, Debug)]
struct World {
    /// By reservoir.
    vanishing: Vec<bool>,
    reach_limited: Vec<bool>,
    dam_limited: Vec<bool>,
    head_limited: Vec<bool>,
    limits: Vec<(usize, usize)>,
    licences: Vec<usize>,
    /// Claims in the stream, by their number in the plan.
    streams: Vec<usize>,
    /// By offtake.
    taking: Vec<bool>,
    taking_over: Vec<bool>,
    /// By reservoir: released as it was.
    replayed: Vec<bool>,
}

impl World {
    /// The most generous one: only what lies on the way to the point is changed.
    fn first(case: &Case) -> Self {
        let basin = case.model.basin();
        let free = |k: usize| !case.stores.contains(&k);
        let stores: Vec<bool> = (0..basin.reservoirs().len()).map(free).collect();
        let mut taking = vec![false; basin.offtakes().len()];
        for &i in &case.own {
            taking[i] = true;
        }
        Self {
            vanishing: stores.clone(),
            reach_limited: (0..basin.reaches().len())
                .map(|r| !case.reaches.contains(&r))
                .collect(),
            dam_limited: stores.clone(),
            head_limited: (0..basin.offtakes().len())
                .map(|i| !case.own.contains(&i))
                .collect(),
            limits: Vec::new(),
            licences: Vec::new(),
            streams: Vec::new(),
            taking_over: taking.clone(),
            taking,
            replayed: vec![false; basin.reservoirs().len()],
        }
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::Unaccounted(k) => self.vanishing[k] = true,
            Change::Reach(r) => self.reach_limited[r] = true,
            Change::Dam(k) => self.dam_limited[k] = true,
            Change::Head(i) => self.head_limited[i] = true,
            Change::Limit(number) => self.limits.push(number),
            Change::Licence(number) => self.licences.push(number),
            Change::Stream(claim) => self.streams.push(claim),
            Change::Take(users) => users.into_iter().for_each(|i| self.taking[i] = true),
            Change::TakeOver(users) => users.into_iter().for_each(|i| self.taking_over[i] = true),
            Change::Release(k) => self.replayed[k] = true,
        }
    }
}

/// The classes of what was done, of flows that were kept, and of the obligation, before all others.
const TAKEN: &str = "(counterfactual: taken)";
const KEPT: &str = "(counterfactual: kept)";
const ASKED: &str = "(counterfactual: asked)";

/// One settlement with the run it is of.
struct Case<'a> {
    plan: &'a Plan,
    model: &'a Model,
    ledger: &'a Ledger,
    row: &'a Settlement,
    gauges: Vec<(Gauge, f64, u32)>,
    /// Offtakes where the obligation is measured.
    own: Vec<usize>,
    /// Reservoirs at the point and upstream of it, from the most upstream down.
    stores: Vec<usize>,
    /// Reaches on the way to the point.
    reaches: Vec<usize>,
    over: OverLimit,
    /// What was due on other accounts at the point before this one, in m3.
    before: f64,
    /// What would have had to be delivered for nothing to be missing, in m3.
    needed: f64,
    /// What was missing, in m3.
    shortfall: f64,
}

impl<'a> Case<'a> {
    fn new(plan: &'a Plan, ledger: &'a Ledger, row: &'a Settlement) -> Result<Self> {
        let model = plan.model();
        let basin = model.basin();
        check(model, row)?;
        let gauges = gauges_of_row(model, row);
        let own: Vec<usize> = gauges
            .iter()
            .filter_map(|(gauge, ..)| match gauge {
                Gauge::Offtake(i) => Some(*i),
                _ => None,
            })
            .collect();
        let (mut stores, mut reaches) = (Vec::new(), Vec::new());
        for (gauge, ..) in &gauges {
            let at = gauge.at(basin);
            let sources = Sources::of(basin, gauge.node(basin), at);
            stores.extend(sources.stores.iter().copied());
            let way = sources
                .course
                .nodes()
                .filter_map(|(v, _)| sources.course.next(v));
            reaches.extend(way);
            if let At::Departure(r) = at {
                reaches.push(r);
            }
        }
        let place = |v: usize| basin.downstream_order().iter().position(|&u| u == v);
        stores.sort_by_key(|&k| place(basin.reservoir_node(k)));
        stores.dedup();
        reaches.sort_by_key(|&r| (place(basin.reach_ends(r).0), r));
        reaches.dedup();
        let rows = settle(model.agreements(), &Record::of(plan, ledger)).rows;
        let size = row.unit.size();
        let shortfall = (row.shortfall() - brought_forward(row)) * size;
        Ok(Self {
            plan,
            model,
            ledger,
            row,
            gauges,
            own,
            stores,
            reaches,
            over: OverLimit::of(model, ledger.window(), &rows),
            before: row.before.iter().copied().collect::<Sum>().value(),
            needed: shortfall + row.delivered.unwrap_or(0.0) * size,
            shortfall,
        })
    }

    fn days(&self) -> std::ops::Range<usize> {
        let from = day_index(self.ledger.window().from(), self.row.period.from());
        let from = from.max(0) as usize;
        from..from + self.row.period.days()
    }

    /// What is missing where so much came by day.
    fn short_of(&self, came: &[f64]) -> f64 {
        let days = self.days();
        let delivered = match self.row.count {
            Count::AtEnd => came[days.end - 1],
            Count::EachDay => {
                let counted = came[days].iter().zip(&self.row.pace);
                counted
                    .map(|(came, due)| came.min(*due))
                    .collect::<Sum>()
                    .value()
            }
            Count::Sum | Count::AtMost => came[days].iter().copied().collect::<Sum>().value(),
        };
        (self.needed - (delivered - self.before).max(0.0)).max(0.0)
    }

    fn not_demanded(&self) -> f64 {
        let asked = asked(self.ledger, &self.gauges);
        asked.map_or(0.0, |asked| self.short_of(&asked))
    }

    fn no_water(&self) -> Why {
        let basin = self.model.basin();
        let node = self.gauges.first().map(|(gauge, ..)| gauge.node(basin));
        Why::NoWater {
            node: node.map_or(String::new(), |v| basin.nodes()[v].id.clone()),
        }
    }

    /// The most a reservoir held above dead storage at the end of a day of the period, as it counts
    /// at the point; nothing in one whose storage is due.
    fn kept_in(&self, store: usize) -> f64 {
        let feeders = feeders(self.model.basin(), &self.gauges);
        let feeder = feeders.iter().find(|feeder| feeder.store == store);
        let Some(feeder) = feeder.filter(|_| !self.is_filled(store)) else {
            return 0.0;
        };
        let dead = self.model.basin().reservoirs()[store].dead.m3();
        let storage = &self.ledger.reservoirs().storage;
        let days = self.days().filter_map(|day| day.checked_sub(feeder.travel));
        let most = days.map(|day| storage.at(day, store)).fold(dead, f64::max);
        feeder.weight * (most - dead)
    }

    fn is_filled(&self, store: usize) -> bool {
        let gauges = &self.gauges;
        gauges
            .iter()
            .any(|&(gauge, ..)| gauge == Gauge::Storage(store))
    }

    /// What is missing in a world.
    fn short_in(&self, world: &World) -> Result<f64> {
        let plan = Plan::compile(self.model_of(world))?;
        let ledger = Simulation::new(&plan).run()?;
        Ok(self.short_of(&readings(plan.model(), &ledger, &self.gauges)))
    }

    /// The causes that play a part, in the order in which they return.
    fn causes(&self) -> Vec<(Why, Change)> {
        let model = self.model;
        let basin = model.basin();
        let mut causes = Vec::new();
        for &k in &self.stores {
            if model.vanishes(k) {
                causes.push((Why::unaccounted(model, k), Change::Unaccounted(k)));
            }
        }
        causes.extend(self.capacities());
        for (a, agreement) in model.agreements().iter().enumerate() {
            for (b, o) in agreement.obligations.iter().enumerate() {
                let own = |&i: &usize| {
                    let id = &basin.offtakes()[i].id;
                    o.point.terms.iter().any(|term| term.id == *id)
                };
                if o.count == Count::AtMost && o.claim.is_some() && self.own.iter().any(own) {
                    let limit = o.id.clone();
                    causes.push((Why::Limit { limit }, Change::Limit((a, b))));
                }
            }
        }
        for (number, licence) in model.licences().iter().enumerate() {
            let mut days = 0..self.ledger.days();
            if days.any(|day| self.own.iter().any(|&i| self.cut(number, day, i) > 0.0)) {
                let licence = licence.id.clone();
                causes.push((Why::Licence { licence }, Change::Licence(number)));
            }
        }
        for (number, claiming) in self.plan.claiming().iter().enumerate() {
            let own = (claiming.agreement, claiming.obligation) == self.row.number;
            if let (Some(r), false) = (claiming.reach(), own) {
                let agreement = &model.agreements()[claiming.agreement];
                let o = &agreement.obligations[claiming.obligation];
                causes.push(if o.count == Count::AtMost {
                    let limit = o.id.clone();
                    let number = (claiming.agreement, claiming.obligation);
                    (Why::Limit { limit }, Change::Limit(number))
                } else {
                    let reach = basin.reaches()[r].id.clone();
                    (Why::MinimumFlow { reach }, Change::Stream(number))
                });
            }
        }
        causes.extend(self.withdrawals());
        for &k in &self.stores {
            causes.push((Why::held(model, k), Change::Release(k)));
        }
        causes
    }

    /// What a licence kept from an offtake on a day, in m3.
    fn cut(&self, licence: usize, day: usize, offtake: usize) -> f64 {
        let journal = self.ledger.licences();
        let number = journal.of_offtake.at(day, offtake);
        if number == licence as u32 + 1 {
            journal.from_offtake.at(day, offtake)
        } else {
            0.0
        }
    }

    fn capacities(&self) -> Vec<(Why, Change)> {
        let basin = self.model.basin();
        let mut places: Vec<(usize, String, Change)> = Vec::new();
        for &k in &self.stores {
            let reservoir = &basin.reservoirs()[k];
            let limited = reservoir.ramp_up.is_some()
                || reservoir.ramp_down.is_some()
                || !reservoir.seasonal.is_empty();
            if limited || !reservoir.outlets.is_empty() {
                let node = basin.reservoir_node(k);
                places.push((node, reservoir.node.clone(), Change::Dam(k)));
            }
        }
        for &r in &self.reaches {
            let reach = &basin.reaches()[r];
            if reach.capacity.is_some() || reach.changes_capacity() || reach.overflow.is_some() {
                places.push((basin.reach_ends(r).0, reach.id.clone(), Change::Reach(r)));
            }
        }
        for &i in &self.own {
            let offtake = &basin.offtakes()[i];
            if offtake.capacity.is_some() {
                places.push((basin.offtake_node(i), offtake.id.clone(), Change::Head(i)));
            }
        }
        let order = basin.downstream_order();
        places.sort_by_key(|&(v, ..)| order.iter().position(|&u| u == v));
        places
            .into_iter()
            .map(|(_, place, change)| (Why::Capacity { place }, change))
            .collect()
    }

    /// Withdrawals by rank and party, and then what was beyond limits.
    fn withdrawals(&self) -> Vec<(Why, Change)> {
        let basin = self.model.basin();
        let class = class_of_row(self.model, self.row, &self.gauges);
        let takes = |&i: &usize| {
            let taken = self
                .ledger
                .offtakes()
                .delivered
                .of(i)
                .any(|taken| taken > 0.0);
            taken && !self.own.contains(&i)
        };
        let mut by_why: Vec<(Why, Vec<usize>)> = Vec::new();
        let mut beyond: Vec<(Why, Vec<usize>)> = Vec::new();
        let put = |list: &mut Vec<(Why, Vec<usize>)>, why: Why, i: usize| match list
            .iter_mut()
            .find(|(other, _)| *other == why)
        {
            Some((_, users)) => users.push(i),
            None => list.push((why, vec![i])),
        };
        for party in basin.parties() {
            let users = (0..basin.offtakes().len()).filter(takes);
            for i in users.filter(|&i| basin.offtakes()[i].party == party.id) {
                put(&mut by_why, Why::taken(self.model, i, class), i);
                let over = (0..self.ledger.days()).find_map(|day| self.over.part(i, day));
                if let Some((_, limit)) = over {
                    let why = Why::OverLimit {
                        party: party.id.clone(),
                        limit: limit.to_owned(),
                    };
                    put(&mut beyond, why, i);
                }
            }
        }
        by_why.sort_by_key(|(why, _)| match why {
            Why::Seniors { .. } => 0,
            Why::Equals { .. } => 1,
            _ => 2,
        });
        let within = by_why
            .into_iter()
            .map(|(why, users)| (why, Change::Take(users)));
        let beyond = beyond
            .into_iter()
            .map(|(why, users)| (why, Change::TakeOver(users)));
        within.chain(beyond).collect()
    }

    /// The model of a world that is not yet the run itself.
    fn model_of(&self, world: &World) -> Model {
        let ledger = self.ledger;
        let mut model = self.model.clone();
        // The flow before the run does not follow from what is done later.
        for (r, reach) in self.plan.reaches.iter().enumerate() {
            model = model.entered_before(r, reach.antecedent / reach.gain);
        }
        for (r, _) in world
            .reach_limited
            .iter()
            .enumerate()
            .filter(|(_, there)| !**there)
        {
            model = model.without_capacity(r);
        }
        for (i, _) in world
            .head_limited
            .iter()
            .enumerate()
            .filter(|(_, there)| !**there)
        {
            model = model.with_any_head(i);
        }
        for &k in &self.stores {
            if !world.vanishing[k] {
                model = model.without_vanishing(k);
            }
            if !world.dam_limited[k] {
                model = model.with_any_outlet(k);
            }
            let replay = world.replayed[k].then(|| self.series(ledger.reservoirs().release.of(k)));
            model = model.released_freely(k, replay);
        }
        model = model
            .with_senior_class(ASKED)
            .with_senior_class(KEPT)
            .with_senior_class(TAKEN);
        for i in (0..world.taking.len()).filter(|i| !self.own.contains(i)) {
            let taken = ledger
                .offtakes()
                .delivered
                .of(i)
                .enumerate()
                .map(|(day, taken)| {
                    let over = self.over.part(i, day);
                    let over = over.map_or(0.0, |(part, _)| part);
                    let within = if world.taking[i] { 1.0 - over } else { 0.0 };
                    let beyond = if world.taking_over[i] { over } else { 0.0 };
                    taken * (within + beyond)
                });
            let taken = self.series(taken);
            model = model.taking(i, TAKEN, taken);
        }
        let mut agreement = Agreement::new("Counterfactual", Vec::<String>::new());
        agreement.obligations.push(self.asked());
        let streams = world.streams.iter().map(|&claim| self.kept(claim));
        agreement.obligations.extend(streams);
        // Others take what they took, and licences return as what they kept.
        for &i in self.own.iter().filter(|_| !world.licences.is_empty()) {
            let offtake = &self.model.basin().offtakes()[i];
            let head = offtake.capacity.map_or(f64::INFINITY, Flow::m3s);
            let asked = self.model.demand(i).values().iter().enumerate();
            let left = asked.map(|(day, &asked)| {
                let cuts = world.licences.iter().map(|&l| self.cut(l, day, i));
                let cut = cuts.sum::<f64>() / SECONDS_PER_DAY;
                if cut > 0.0 {
                    (asked.min(head) - cut).max(0.0) * SECONDS_PER_DAY
                } else {
                    asked * SECONDS_PER_DAY
                }
            });
            let left = self.series(left);
            model = model.taking(i, &offtake.class, left);
        }
        model
            .without_licences()
            .claiming_only(agreement, &world.limits)
    }

    /// Volumes of all days of the run as flows.
    fn series(&self, m3: impl Iterator<Item = f64>) -> DailySeries {
        let from = self.ledger.window().from();
        DailySeries::new(from, m3.map(|volume| volume / SECONDS_PER_DAY).collect())
            .expect("one value for each day of the run")
    }

    fn obligation(&self) -> &'a Obligation {
        let (agreement, obligation) = self.row.number;
        &self.model.agreements()[agreement].obligations[obligation]
    }

    /// The obligation as a claim before all others.
    fn asked(&self) -> Obligation {
        let mut asked = bare(self.obligation(), ASKED);
        let from = match self.row.count {
            // Storage may be filled from the first day on.
            Count::AtEnd => self.ledger.window().from(),
            _ => self.row.period.from(),
        };
        asked.window = Window::new(from, self.row.period.to()).ok();
        asked.count = self.row.count;
        asked.due = if self.row.count == Count::EachDay {
            let due = self.row.pace.iter().zip(&self.row.before);
            by_day(
                self.row.period.from(),
                due.map(|(due, before)| due + before),
            )
        } else {
            Due::Amount(Volume::from_m3(self.needed + self.before).into())
        };
        asked
    }

    /// What another claim kept in the stream.
    fn kept(&self, number: usize) -> Obligation {
        let claiming = &self.plan.claiming()[number];
        let o = &self.model.agreements()[claiming.agreement].obligations[claiming.obligation];
        let mut kept = bare(o, KEPT);
        let awarded = self.ledger.claims().awarded.of(number);
        kept.window = Some(self.ledger.window());
        kept.count = Count::EachDay;
        kept.due = by_day(self.ledger.window().from(), awarded);
        kept
    }
}

/// An obligation's place and measure, claimed in a class, without anything else.
fn bare(of: &Obligation, class: &str) -> Obligation {
    let mut bare = of.clone();
    bare.season = None;
    bare.each = Each::Season;
    bare.clauses.clear();
    bare.account = None;
    bare.revisions.clear();
    bare.on_top_of.clear();
    bare.claim = Some(Claim {
        class: class.into(),
        pace: Pace::Even,
    });
    bare
}

/// A volume due on each day from a date on.
fn by_day(from: Date, m3: impl Iterator<Item = f64>) -> Due {
    let due = m3.enumerate().filter(|&(_, volume)| volume > 0.0);
    let due = due.filter_map(|(day, volume)| {
        let date = date_of(from, day as i64);
        let once = When::Once(Window::new(date, date).ok()?);
        Some((once, Amount::from(Volume::from_m3(volume))))
    });
    Due::Schedule(due.collect())
}

/// Refuses what cannot be claimed on the river.
fn check(model: &Model, row: &Settlement) -> Result<()> {
    let (a, b) = row.number;
    let agreement = &model.agreements()[a];
    let mut asked = agreement.obligations[b].clone();
    if row.unit == Unit::Gwh {
        let fault = format!(
            "the shortfall of `{}` is energy, which no run can claim",
            asked.id
        );
        return Err(invalid(
            Diagnostic::new(fault).expected("an obligation of water or storage"),
        ));
    }
    // Its class does not matter: it gets one of its own.
    asked.claim = Some(Claim {
        class: ASKED.into(),
        pace: Pace::Even,
    });
    let mut faults = Diagnostics::new();
    check_claim(
        model.agreements(),
        agreement,
        &asked,
        model.basin(),
        &[ASKED],
        model.window(),
        &mut faults,
    );
    faults.finish(())
}
