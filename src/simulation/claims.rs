//! Claims on the river: what an obligation still owes becomes a claim of the day.
//!
//! Without the switch [`Obligation::claim`](crate::agreement::Obligation::claim) an agreement only
//! observes, and a run is the same to the bit as without it. With it, on each day of a wave:
//!
//! | what is due | what is claimed today |
//! |---|---|
//! | a sum over a period, known in advance | what is missing of the period, by the part that today has in what is due on the days left: even where it is even, by its schedule where it has one, nothing on a day on which a clause suspends it |
//! | the same at the pace of demand | what the users at the point ask, up to what is missing of the period |
//! | on every day for itself | what is due today |
//! | a sum that depends on readings | what was due by tonight as far as it is known (see [`live`](super::live)), less what came |
//! | a storage at the end | storage that rises evenly up to it |
//! | at most so much | nothing: a ceiling is a capacity |
//!
//! *Missing* is what is due in the period less what came, and less the balance of an account: a debt
//! that is owed later is made up in the next period, a credit that counts is taken off. For an
//! obligation on top of others, theirs must come first: their dues are added, and at offtakes what
//! they claim today is taken off. What was due before the run is not the run's to deliver. A debt of
//! daily flows is not claimed: no other day makes up for a day.
//!
//! At offtakes a claim is part of the users' demand, lifted to the claim's class. In a stream it
//! asks that water pass its gauge, as settlement reads it: at a node all that comes there, whoever takes
//! of it there; at a reach what enters it, beyond those users. In a reservoir it asks that water stay.
//!
//! A ceiling at offtakes caps what its users ask together, in proportion to their demand: at the
//! pace of demand until it is used up, at an even pace by what its schedule leaves for today. Where
//! several ceilings hold an offtake, they apply one after another, in the order of the agreements.
//! In a reach a ceiling is a capacity of the day; it bounds what is sent on purpose, while a flood
//! asks nobody. Ceilings stand before all classes.
//!
//! Users of one obligation may lie at different travel times. Each counts in the period of its own
//! day; the pace is that of the one whose day is the earliest.

use serde::{Deserialize, Serialize};

use super::Simulation;
use super::live::{Known, Live, Refusal, Resolver};
use super::plan::{Compiler, Intake, Passage, Plan, Store, Ways};
use crate::agreement::{Agreement, Bounds, Count, Effect, Obligation, Pace};
use crate::allocation::Place;
use crate::basin::ReachKind;
use crate::calendar::{Window, day_index};
use crate::error::Diagnostic;
use crate::ledger::Ledger;
use crate::settlement::{Carry, Gauge, InAdvance, in_advance, known_in_advance};
use crate::units::Volume;

pub(crate) use super::live::Watch;

/// An obligation that claims water on the river, or as a ceiling keeps others from it.
///
/// ```
/// use riparian::Plan;
///
/// let plan = Plan::compile(riparian::scenario::read("src/bin/riparian/skeleton")?)?;
/// let claims = &plan.claiming()[0];
/// let agreement = &plan.model().agreements()[claims.agreement];
/// assert_eq!(agreement.obligations[claims.obligation].id, "summer-water");
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Claiming {
    /// The agreement, by its number in the model.
    pub agreement: usize,
    /// The obligation, by its number in the agreement.
    pub obligation: usize,
    pub(super) place: ClaimedAt,
    pub(super) count: Count,
    pub(super) pace: Pace,
    /// The periods that the run touches, in order.
    pub(super) periods: Vec<PeriodOwed>,
    /// What is due, where it depends on readings.
    pub(super) live: Option<Live>,
    carry: Option<Carry>,
    /// Those among [`Plan::claiming`] that claim at the same offtakes and come first.
    pub(super) under: Vec<usize>,
}

/// What is due in a period, from the calendar alone; days count from the run's first, volumes are
/// in m3.
#[derive(Clone, Debug)]
pub(super) struct PeriodOwed {
    pub(super) from: i64,
    pub(super) to: i64,
    /// How many days the whole period has, those outside the obligation's window included.
    pub(super) whole: f64,
    /// What is due on each day; where it depends on readings, what is stated of it.
    pub(super) by_day: Vec<f64>,
    /// What is due on each day and those after it.
    left: Vec<f64>,
    /// What is due from the first day of the run on.
    due: f64,
    /// The part of `by_day`, or where that depends on readings the addition to it, that belongs to
    /// those it comes on top of; empty for none.
    before: Vec<f64>,
}

impl PeriodOwed {
    fn new(period: InAdvance, before: Vec<f64>, live: bool, run: Window) -> Self {
        let index = |date| day_index(run.from(), date);
        let mut by_day = period.by_day;
        if !live {
            by_day
                .iter_mut()
                .zip(&before)
                .for_each(|(due, b)| *due += b);
        }
        let mut left = by_day.clone();
        for day in (1..left.len()).rev() {
            left[day - 1] += left[day];
        }
        let from = index(period.window.from());
        let begins = ((-from).max(0) as usize).min(by_day.len());
        Self {
            from,
            to: index(period.window.to()),
            whole: period.whole as f64,
            due: by_day[begins..].iter().sum(),
            by_day,
            left,
            before,
        }
    }

    /// The part that a day has in what is due on the days left. A period that is ahead for the
    /// earliest user counts the days until it begins like its first.
    pub(super) fn share(&self, day: i64) -> f64 {
        let at = (day - self.from).max(0) as usize;
        let today = self.by_day[at];
        let left = self.left[at] + today * (self.from - day).max(0) as f64;
        if left > 0.0 { today / left } else { 0.0 }
    }

    /// What is due from a day of the period on to before another.
    pub(super) fn due_between(&self, from: i64, to: i64) -> f64 {
        let left = |day: i64| self.left.get((day - self.from).max(0) as usize);
        left(from).unwrap_or(&0.0) - left(to).unwrap_or(&0.0)
    }

    /// What is due by the end of a day to those it comes on top of.
    fn before_by(&self, day: i64) -> f64 {
        let begins = (-self.from).max(0) as usize;
        let ends = (day + 1 - self.from).max(0) as usize;
        let days = self.before.iter().take(ends).skip(begins);
        days.sum()
    }
}

impl Claiming {
    /// The reach in whose stream it claims, or whose flow it holds down, if it does.
    pub(crate) fn reach(&self) -> Option<usize> {
        match self.place {
            ClaimedAt::Stream { stream, .. } | ClaimedAt::Capacity(stream) => Some(stream.reach),
            ClaimedAt::Offtakes(_) | ClaimedAt::Storage { .. } => None,
        }
    }

    /// The stream in which it claims, if it does, and the claim.
    pub(super) fn stream(&self) -> Option<(Stream, usize)> {
        match self.place {
            ClaimedAt::Stream { stream, claim } => Some((stream, claim)),
            _ => None,
        }
    }

    /// Whether it claims in the stream.
    pub(crate) fn is_in_stream(&self) -> bool {
        self.stream().is_some()
    }

    /// What passed in the stream where it claims on a day of a run, in m3.
    pub(crate) fn passed_on(&self, plan: &Plan, ledger: &Ledger, day: usize) -> f64 {
        let basin = plan.model.basin();
        self.stream()
            .map_or(0.0, |(stream, _)| stream.gauge.read(basin, ledger, day))
    }

    /// The period a day of the run lies in: where several do, the one that ends first.
    pub(super) fn period(&self, day: i64) -> Option<usize> {
        self.periods_on(day).next()
    }

    /// The periods a day of the run lies in: several for a moving sum.
    pub(super) fn periods_on(&self, day: i64) -> impl Iterator<Item = usize> + '_ {
        let next = self.periods.partition_point(|period| period.to < day);
        (next..self.periods.len()).take_while(move |&p| self.periods[p].from <= day)
    }

    pub(super) fn is_ceiling(&self) -> bool {
        self.count == Count::AtMost
    }
}

/// What is due by period, what of it depends on readings, and what is carried over.
type Dues = (Vec<PeriodOwed>, Option<Live>, Option<Carry>);

/// Where an obligation claims.
#[derive(Clone, Debug)]
pub(super) enum ClaimedAt {
    /// At offtakes, sharing in proportion to their demand.
    Offtakes(Vec<usize>),
    /// That so much pass, whoever takes it further down.
    Stream { stream: Stream, claim: usize },
    /// A ceiling on what enters the reach of a stream.
    Capacity(Stream),
    /// In the storage of a reservoir.
    Storage { store: usize, claim: usize },
}

/// Water that passes a gauge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream {
    /// The gauge, as settlement reads it, and its node.
    pub(super) gauge: Gauge,
    pub(super) node: usize,
    /// The node at which it is decided what passes, and what of a m3 there comes to the gauge: of a river's
    /// arrivals those of the reach they come through, else the gauge's own.
    pub(super) tail: usize,
    pub(super) gain: f64,
    /// The reach they come through, or by which it is told: the river that leaves, or at a mouth one that comes.
    pub(super) reach: usize,
}

impl Stream {
    /// Whether its water is measured where it leaves the reach.
    pub(super) fn is_at_head(&self) -> bool {
        matches!(self.gauge, Gauge::Arrivals(_))
    }

    /// Whether what users at its node take has passed it.
    pub(super) fn is_before_users(&self) -> bool {
        matches!(self.gauge, Gauge::Node(_))
    }
}

/// A storage wish of an obligation.
#[derive(Clone, Debug)]
pub(crate) struct OwedStorage {
    /// Which of [`Plan::claiming`] it serves.
    pub(super) claiming: usize,
    pub(super) class: u16,
    pub(super) claim: usize,
}

/// What obligations that claim have got so far, as a run carries it from wave to wave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Accounts {
    /// By obligation and period: what came, in m3.
    pub(super) came: Vec<Vec<f64>>,
    /// By obligation: how many of its periods are struck, and the balance after them in m3.
    pub(super) balances: Vec<(usize, f64)>,
    /// By gauge and day of the run: the readings so far.
    pub(super) seen: Vec<Vec<f64>>,
}

impl Accounts {
    pub(super) fn first(plan: &Plan) -> Self {
        let claiming = || plan.claiming.iter();
        let opening = |c: &Claiming| c.carry.as_ref().map_or(0.0, |carry| carry.opening);
        Self {
            came: claiming().map(|c| vec![0.0; c.periods.len()]).collect(),
            balances: claiming().map(|c| (0, opening(c))).collect(),
            seen: plan.watched.iter().map(|w| w.first(plan)).collect(),
        }
    }

    /// Becomes the same as others of the run, but for readings, in the memory they have.
    pub(super) fn go_back_to(&mut self, other: &Self) {
        let Self {
            came,
            balances,
            seen: _,
        } = other;
        for (mine, theirs) in self.came.iter_mut().zip(came) {
            mine.clone_from(theirs);
        }
        self.balances.clone_from(balances);
    }

    /// Whether they are of the obligations of a plan, as far as sizes tell.
    pub(super) fn fit(&self, plan: &Plan) -> bool {
        let periods = self.came.iter().zip(&plan.claiming);
        let struck = self.balances.iter().zip(&plan.claiming);
        periods
            .into_iter()
            .all(|(came, c)| came.len() == c.periods.len())
            && struck.into_iter().all(|(b, c)| b.0 <= c.periods.len())
            && self.seen.iter().all(|seen| seen.len() == plan.days)
    }
}

impl Compiler<'_> {
    /// The obligations that claim, with claims of their own at every place they claim at.
    pub(super) fn claiming(
        &mut self,
        ways: &[Ways],
        stores: &mut [Store],
        offtakes: &mut [Intake],
    ) -> Vec<Claiming> {
        let model = self.model;
        let mut all: Vec<Claiming> = Vec::new();
        for (a, agreement) in model.agreements.iter().enumerate() {
            for (b, obligation) in agreement.obligations.iter().enumerate() {
                let Some(claim) = &obligation.claim else {
                    continue;
                };
                let number = all.len();
                let found = self.refuse(obligation).and_then(|()| {
                    let place = self.claimed_at(obligation, number, ways, stores, offtakes)?;
                    let under = self.under(obligation, &place, &all)?;
                    let (periods, live, carry) = self.owed(agreement, obligation)?;
                    Ok(Claiming {
                        agreement: a,
                        obligation: b,
                        place,
                        count: obligation.count,
                        pace: claim.pace,
                        periods,
                        live,
                        carry,
                        under,
                    })
                });
                match found {
                    Ok(claiming) => all.push(claiming),
                    Err((message, expected)) => self.faults.push(
                        Diagnostic::new(format!("obligation `{}` {message}", obligation.id))
                            .at(obligation.origin.place("claim"))
                            .expected(expected),
                    ),
                }
            }
        }
        all
    }

    /// Refuses what no claim can follow.
    fn refuse(&self, o: &Obligation) -> Result<(), Refusal> {
        let by_reading = |wanted: &dyn Fn(&Effect) -> bool| {
            let mut clauses = o.clauses.iter();
            clauses.any(|clause| wanted(&clause.effect) && !clause.when.is_by_calendar())
        };
        if by_reading(&|effect| *effect == Effect::EndCycle) {
            return Err((
                "claims in cycles that a reading ends".to_owned(),
                "no claim: such a cycle only observes",
            ));
        }
        let cancels =
            |effect: &Effect| matches!(effect, Effect::CancelDebits | Effect::CancelCredits);
        if by_reading(&cancels) {
            return Err((
                "claims by an account that a reading cancels".to_owned(),
                "no claim: such an account only observes",
            ));
        }
        let users = |id: &String| self.basin.offtake_index(id).is_some();
        let at_users = o.point.terms.iter().all(|term| users(&term.id));
        let follows = o
            .claim
            .as_ref()
            .is_some_and(|claim| claim.pace == Pace::Demand);
        if follows && !at_users && !matches!(o.count, Count::AtMost) {
            return Err((
                "claims at the pace of demand where nobody asks".to_owned(),
                "offtakes, or an even pace",
            ));
        }
        Ok(())
    }

    /// What is due in the periods that the run touches.
    fn owed(&mut self, agreement: &Agreement, o: &Obligation) -> Result<Dues, Refusal> {
        let (agreements, run) = (&self.model.agreements, self.model.window);
        let bounds = Bounds::of(agreements, agreement, o);
        let live = if known_in_advance(o) {
            None
        } else {
            let mut resolver = Resolver {
                basin: self.basin,
                run,
                watched: &mut self.watched,
            };
            Some(resolver.live(o)?)
        };
        let mut periods = in_advance(o, bounds, run);
        if live.is_some() {
            // Clauses are applied day by day; what accounts make of them stays.
            let mut bare = o.clone();
            bare.clauses.retain(|clause| !clause.effect.changes_due());
            periods = in_advance(&bare, bounds, run);
        }
        periods.retain(|period| period.window.intersect(run).is_some());
        let before = self.before(o, &periods)?;
        let account = matches!(o.count, Count::Sum);
        let carry = Carry::new(agreements, o, &periods).filter(|_| account);
        let periods = periods.into_iter().zip(before);
        let periods = periods
            .map(|(period, before)| PeriodOwed::new(period, before, live.is_some(), run))
            .collect();
        Ok((periods, live, carry))
    }

    /// By period and day: what is due to those that an obligation comes on top of.
    fn before(&self, o: &Obligation, periods: &[InAdvance]) -> Result<Vec<Vec<f64>>, Refusal> {
        let mut before = vec![Vec::new(); periods.len()];
        for agreement in &self.model.agreements {
            for other in &agreement.obligations {
                if !o.on_top_of.contains(&other.id) {
                    continue;
                }
                if !known_in_advance(other) {
                    return Err((
                        format!(
                            "claims on top of `{}`, whose due depends on readings",
                            other.id
                        ),
                        "obligations known in advance",
                    ));
                }
                let bounds = Bounds::of(&self.model.agreements, agreement, other);
                for due in in_advance(other, bounds, self.model.window) {
                    for (period, before) in periods.iter().zip(&mut before) {
                        before.resize(period.by_day.len(), 0.0);
                        let Some(part) = due.window.intersect(period.window) else {
                            continue;
                        };
                        for date in part.iter() {
                            let at = day_index(period.window.from(), date) as usize;
                            before[at] += due.by_day[day_index(due.window.from(), date) as usize];
                        }
                    }
                }
            }
        }
        Ok(before)
    }

    /// Those on top of which an obligation claims at the same offtakes.
    fn under(
        &self,
        o: &Obligation,
        place: &ClaimedAt,
        earlier: &[Claiming],
    ) -> Result<Vec<usize>, Refusal> {
        let ClaimedAt::Offtakes(_) = place else {
            return Ok(Vec::new());
        };
        let id = |c: &Claiming| &self.model.agreements[c.agreement].obligations[c.obligation].id;
        let claims = |wanted: &String| {
            let mut all = self.model.agreements.iter().flat_map(|a| &a.obligations);
            all.any(|other| other.id == *wanted && other.claim.is_some())
        };
        let mut under = Vec::new();
        for other in o.on_top_of.iter().filter(|&other| claims(other)) {
            match earlier.iter().position(|c| id(c) == other) {
                Some(number) => under.push(number),
                None => {
                    return Err((
                        format!("claims on top of `{other}`, which is declared after it"),
                        "the one that comes first, first",
                    ));
                }
            }
        }
        Ok(under)
    }

    fn claimed_at(
        &mut self,
        obligation: &Obligation,
        number: usize,
        ways: &[Ways],
        stores: &mut [Store],
        offtakes: &mut [Intake],
    ) -> Result<ClaimedAt, Refusal> {
        let basin = self.basin;
        let id = &obligation.point.terms[0].id;
        let ceiling = obligation.count == Count::AtMost;
        let class = obligation.claim.as_ref().map_or("", |claim| &claim.class);
        let class = self.class(class);
        if basin.offtake_index(id).is_some() {
            let members: Vec<usize> = obligation
                .point
                .terms
                .iter()
                .filter_map(|term| basin.offtake_index(&term.id))
                .collect();
            for &i in members.iter().filter(|_| !ceiling) {
                let weight = self.weight(class, basin.offtakes()[i].weight);
                let place = Place::Node(self.users(offtakes[i].node));
                let claim = self.network.claim(place, class, weight);
                offtakes[i].owed.push((number, claim));
            }
            return Ok(ClaimedAt::Offtakes(members));
        }
        if obligation.count == Count::AtEnd
            && let Some(store) = basin.reservoir_index(id)
        {
            let place = Place::Node(stores[store].node);
            let claim = self.network.claim(place, class, 1.0);
            stores[store].owed.push(OwedStorage {
                claiming: number,
                class,
                claim,
            });
            return Ok(ClaimedAt::Storage { store, claim });
        }
        let stream = self.stream(obligation, ways).ok_or_else(|| {
            (
                format!("claims at `{id}`, where no single reach carries the water"),
                "a reach, a node, a reservoir's release, or an inflow by one reach",
            )
        })?;
        let through = &basin.reaches()[stream.reach];
        if ceiling {
            if stream.is_before_users() {
                return Err((
                    format!("holds the flow at `{id}` down, where water enters or is taken"),
                    "a ceiling of a reach, an offtake, or a reservoir's release or inflow",
                ));
            }
            if stream.is_at_head() && through.is_routed() {
                return Err((
                    format!("holds the flow at `{id}` down, where water of many days arrives"),
                    "a ceiling on what enters the reach, or on who takes its water",
                ));
            }
            return Ok(ClaimedAt::Capacity(stream));
        }
        if through.kind == ReachKind::Canal && !stream.is_before_users() {
            return Err((
                format!("claims a flow in the canal `{}`", through.id),
                "a river reach; beyond a canal's head, claim at its offtakes",
            ));
        }
        let arc = match self.passages.get(&stream.node) {
            Some(passage) if stream.is_before_users() => passage.arc,
            _ => stream.reach,
        };
        let claim = self.network.claim(Place::Arc(arc), class, 1.0);
        Ok(ClaimedAt::Stream { stream, claim })
    }

    /// The stream at the point of an obligation; nothing where none can be claimed.
    fn stream(&self, obligation: &Obligation, ways: &[Ways]) -> Option<Stream> {
        let (basin, term) = (self.basin, &obligation.point.terms[0]);
        let measure = term.measure.or(obligation.measures());
        let gauge = Gauge::new(basin, &term.id, measure)?;
        let node = gauge.node(basin);
        let river = ways[node].river;
        let (tail, gain, reach) = match gauge {
            Gauge::Reach(r) => (node, 1.0, r),
            Gauge::Release(_) => (node, 1.0, river?),
            // What enters at a reservoir itself is not told from what it holds.
            Gauge::Node(_) if ways[node].store.is_none() => {
                let into = ways[node].into.first().copied();
                (node, 1.0, river.or(into)?)
            }
            Gauge::Arrivals(_) if ways[node].into.len() == 1 => {
                let r = ways[node].into[0];
                let gain = 1.0 - basin.reaches()[r].loss;
                (basin.reach_ends(r).0, gain, r)
            }
            _ => return None,
        };
        Some(Stream {
            gauge,
            node,
            tail,
            gain,
            reach,
        })
    }

    /// The nodes through which obligations claim that water pass, where that is not what the river
    /// carries on: users there take of it, it is lost, or the river ends. There the network has a
    /// passage, from where the water comes to where it is taken.
    pub(super) fn passages(&mut self, ways: &[Ways]) {
        let agreements = self.model.agreements.iter();
        for obligation in agreements.flat_map(|agreement| &agreement.obligations) {
            let claims = obligation.claim.is_some()
                && !matches!(obligation.count, Count::AtMost | Count::AtEnd);
            let stream = claims.then(|| self.stream(obligation, ways)).flatten();
            let Some(stream) = stream.filter(Stream::is_before_users) else {
                continue;
            };
            let (v, ways) = (stream.node, &ways[stream.node]);
            let all_goes_on = ways.river.is_some()
                && ways.offtakes.is_empty()
                && ways.canals.is_empty()
                && !self.loses(v);
            if !all_goes_on && !self.passages.contains_key(&v) {
                let passage = Passage {
                    users: self.network.node(),
                    arc: 0,
                    reach: stream.reach,
                };
                self.passages.insert(v, passage);
            }
        }
    }
}

/// The step.
impl Simulation<'_> {
    /// What part of a demand is asked for on a day, by what reservoirs hold.
    fn part_asked(&self, savings: &[(usize, usize)], day: usize) -> f64 {
        let parts = savings.iter().map(|&(store, saving)| {
            let storage = Volume::from_m3(self.state.storage[store]);
            self.plan.model.savings[saving].part(storage, self.plan.dates[day])
        });
        parts.product()
    }

    /// What offtakes and obligations ask of the river; storage comes with the policies.
    pub(super) fn claims(&mut self) {
        let plan = self.plan;
        let width = plan.offtakes.len();
        for (i, offtake) in plan.offtakes.iter().enumerate() {
            if let Some(day) = self.wave.passes[offtake.node] {
                let asked = plan.asked[day * width + i] * self.part_asked(&offtake.savings, day);
                self.wave.demand[i] = plan.demand[day * width + i].min(asked);
                self.ledger.offtakes.demand.set(day, i, asked);
            }
        }
        self.ceilings();
        self.cut_to_licences();
        for (i, offtake) in plan.offtakes.iter().enumerate() {
            if self.wave.passes[offtake.node].is_some() {
                self.today.claim[offtake.claim] = self.wave.demand[i];
            }
        }
        for (k, claiming) in plan.claiming.iter().enumerate() {
            match &claiming.place {
                _ if claiming.is_ceiling() => {}
                ClaimedAt::Offtakes(members) => self.claim_at_offtakes(k, claiming, members),
                &ClaimedAt::Stream { stream, claim } => {
                    let (Some(day), Some(_)) =
                        (self.wave.passes[stream.node], self.wave.day[stream.tail])
                    else {
                        continue;
                    };
                    let owed = self.owed_on(k, day as i64);
                    self.today.claim[claim] = owed / stream.gain;
                    self.ledger.claims.claimed.set(day, k, owed);
                }
                ClaimedAt::Storage { .. } | ClaimedAt::Capacity { .. } => {}
            }
        }
        if self.first_open_day() > 0 {
            self.drop_past_claims();
        }
    }

    /// What ceilings leave of demands and capacities.
    fn ceilings(&mut self) {
        let plan = self.plan;
        let ceilings = || {
            plan.claiming
                .iter()
                .enumerate()
                .filter(|(_, c)| c.is_ceiling())
        };
        for (_, ceiling) in ceilings() {
            if let ClaimedAt::Capacity(Stream { reach, .. }) = ceiling.place
                && let Some(day) = self.wave.day[plan.reaches[reach].tail]
            {
                let capacity = plan.capacity(reach, day);
                self.wave.capacity[reach] = capacity;
                self.today.capacity[reach] = capacity;
            }
        }
        for (k, ceiling) in ceilings() {
            match &ceiling.place {
                ClaimedAt::Offtakes(members) => self.hold_back(k, ceiling, members),
                &ClaimedAt::Capacity(stream) => {
                    let reach = stream.reach;
                    let (Some(day), Some(tail)) =
                        (self.wave.passes[stream.node], self.wave.day[stream.tail])
                    else {
                        continue;
                    };
                    if ceiling.period(day as i64).is_none() {
                        continue;
                    }
                    let most = self.owed_on(k, day as i64) / stream.gain;
                    if most < self.wave.capacity[reach] {
                        self.wave.capacity[reach] = most;
                        self.today.capacity[reach] = most;
                        self.ledger.limits.of_reach.set(tail, reach, k as u32 + 1);
                    }
                }
                ClaimedAt::Stream { .. } | ClaimedAt::Storage { .. } => {}
            }
        }
    }

    /// The first day on which the wave at hand passes a place where an obligation claims.
    pub(super) fn next_day(&self, claiming: &Claiming) -> i64 {
        let plan = self.plan;
        let node = match &claiming.place {
            ClaimedAt::Offtakes(members) => return self.days_of(members).0,
            ClaimedAt::Stream { stream, .. } | ClaimedAt::Capacity(stream) => stream.node,
            ClaimedAt::Storage { store, .. } => plan.stores[*store].node,
        };
        plan.day_at(self.state.wave, node)
    }

    /// The first and the last day of the members of a group.
    fn days_of(&self, members: &[usize]) -> (i64, i64) {
        let plan = self.plan;
        let days = members
            .iter()
            .map(|&i| plan.day_at(self.state.wave, plan.offtakes[i].node));
        let first = days.clone().min().unwrap_or(0);
        (first, days.max().unwrap_or(0))
    }

    /// The day of an offtake if it lies in a period, be it past or to be decided.
    fn day_in(&self, claiming: &Claiming, period: usize, i: usize) -> Option<usize> {
        let day = self.wave.passes[self.plan.offtakes[i].node]?;
        (claiming.period(day as i64) == Some(period)).then_some(day)
    }

    /// Keeps the users of a ceiling within it, in proportion to what they ask.
    fn hold_back(&mut self, k: usize, ceiling: &Claiming, members: &[usize]) {
        let (first, last) = self.days_of(members);
        for period in between(ceiling, first, last) {
            let inside = |run: &Self, i: usize| run.day_in(ceiling, period, i);
            let asked: f64 = members
                .iter()
                .filter(|&&i| inside(self, i).is_some())
                .map(|&i| self.wave.demand[i])
                .sum();
            let allowed = self.owed_in(k, period, first);
            if asked <= allowed {
                continue;
            }
            for &i in members {
                if let Some(day) = inside(self, i) {
                    let kept = self.wave.demand[i] * (allowed / asked);
                    let held = self.wave.demand[i] - kept;
                    self.wave.demand[i] = kept;
                    if held > 0.0 && !self.is_replayed(self.plan.offtakes[i].node) {
                        self.ledger.limits.held_back.add(day, i, held);
                        self.ledger.limits.of_offtake.set(day, i, k as u32 + 1);
                    }
                }
            }
        }
    }

    /// Part of the demand of offtakes becomes the claim of an obligation. Where they lie at
    /// different travel times, some may be in another period than others.
    fn claim_at_offtakes(&mut self, k: usize, claiming: &Claiming, members: &[usize]) {
        let plan = self.plan;
        let (first, last) = self.days_of(members);
        for period in between(claiming, first, last) {
            let inside = |run: &Self, i: usize| run.day_in(claiming, period, i);
            let mut due = self.owed_in(k, period, first);
            let mut open = 0.0;
            for &i in members.iter().filter(|&&i| inside(self, i).is_some()) {
                let offtake = &plan.offtakes[i];
                open += self.today.claim[offtake.claim];
                let under = offtake.owed.iter();
                let under = under.filter(|(of, _)| claiming.under.contains(of));
                due -= under.map(|&(_, c)| self.today.claim[c]).sum::<f64>();
            }
            let due = due.max(0.0);
            let part = if open > due { due / open } else { 1.0 };
            for &i in members {
                let offtake = &plan.offtakes[i];
                let claim = offtake.owed.iter().find(|&&(of, _)| of == k);
                if let (Some(day), Some(&(_, claim))) = (inside(self, i), claim) {
                    let demand = self.today.claim[offtake.claim];
                    let owed = demand * part;
                    self.today.claim[claim] = owed;
                    self.today.claim[offtake.claim] = demand - owed;
                    if !self.is_replayed(offtake.node) {
                        self.ledger.claims.claimed.add(day, k, owed);
                    }
                }
            }
        }
    }

    fn known(&self, wave: i64) -> Known<'_> {
        Known {
            watched: &self.plan.watched,
            seen: &self.state.accounts.seen,
            wave,
        }
    }

    /// What an obligation claims, or a ceiling allows, on a day of the run; m3.
    fn owed_on(&self, k: usize, day: i64) -> f64 {
        let period = self.plan.claiming[k].period(day);
        period.map_or(0.0, |period| self.owed_in(k, period, day))
    }

    /// The same in a period, which need not have begun. Of the periods of a moving sum that share
    /// the day, the one that asks most for a claim, and least for a ceiling.
    fn owed_in(&self, k: usize, period: usize, day: i64) -> f64 {
        let claiming = &self.plan.claiming[k];
        let periods = claiming.periods_on(day).filter(|&later| later > period);
        let owed = periods.map(|later| self.owed_in_one(k, later, day));
        let first = self.owed_in_one(k, period, day);
        if claiming.is_ceiling() {
            owed.fold(first, f64::min)
        } else {
            owed.fold(first, f64::max)
        }
    }

    pub(super) fn owed_in_one(&self, k: usize, period: usize, day: i64) -> f64 {
        let claiming = &self.plan.claiming[k];
        let owed = &claiming.periods[period];
        let within = day.max(owed.from).max(0);
        match claiming.count {
            Count::AtEnd => owed.due,
            Count::EachDay => {
                let at = (within - owed.from) as usize;
                match &claiming.live {
                    Some(live) => {
                        let before = owed.before.get(at).copied().unwrap_or(0.0);
                        live.due_on(owed, within, self.known(self.state.wave)) + before
                    }
                    None => owed.by_day[at],
                }
            }
            Count::Sum | Count::AtMost => {
                let missing = self.missing(k, period, within);
                match claiming.pace {
                    // What is not known ahead has no pace.
                    _ if claiming.live.is_some() => missing,
                    Pace::Even => missing * owed.share(day),
                    Pace::Demand => missing,
                }
            }
        }
    }

    /// What is due in a period, as far as it is known before a wave: all of it, or where it depends
    /// on readings what is due by the end of a day.
    pub(super) fn due_by(&self, k: usize, period: usize, day: i64, wave: i64) -> f64 {
        let claiming = &self.plan.claiming[k];
        let owed = &claiming.periods[period];
        match &claiming.live {
            Some(live) => live.due_by(owed, day, self.known(wave)) + owed.before_by(day),
            None => owed.due,
        }
    }

    /// What has still to come in a period: due, less what came and what the account brings in.
    pub(super) fn missing(&self, k: usize, period: usize, day: i64) -> f64 {
        let plan = self.plan;
        let accounts = &self.state.accounts;
        let due = self.due_by(k, period, day, self.state.wave);
        let carried = plan.claiming[k].carry.as_ref().map_or(0.0, |carry| {
            let (struck, mut balance) = accounts.balances[k];
            for ended in struck..period {
                balance = self.close(k, carry, ended, balance, self.state.wave);
            }
            carry.brought_in(period, balance) + carry.agreed(period, plan.dates[day as usize])
        });
        (due - accounts.came[k][period] - carried).max(0.0)
    }

    /// The balance of an account after a period.
    fn close(&self, k: usize, carry: &Carry, period: usize, balance: f64, wave: i64) -> f64 {
        let owed = &self.plan.claiming[k].periods[period];
        let before = owed.before_by(owed.to);
        let due = self.due_by(k, period, owed.to, wave) - before;
        let came = (self.state.accounts.came[k][period] - before).max(0.0);
        carry.close(period, balance, due, came)
    }

    /// The storage an obligation wants at the end of a day: on an even way from today's storage up
    /// to the volume due, or that volume where there is more.
    pub(super) fn storage_due(&self, claiming: usize, day: usize) -> f64 {
        let claiming = &self.plan.claiming[claiming];
        let ClaimedAt::Storage { store, .. } = claiming.place else {
            return 0.0;
        };
        let start = self.state.storage[store];
        let day = day as i64;
        claiming.period(day).map_or(0.0, |period| {
            let PeriodOwed { to, due, .. } = claiming.periods[period];
            if start < due {
                start + (due - start) / (to - day + 1) as f64
            } else {
                due
            }
        })
    }

    /// What obligations got of what they claimed, and what came at their points so far.
    pub(super) fn book_claims(&mut self) {
        let plan = self.plan;
        for (k, claiming) in plan.claiming.iter().enumerate() {
            match &claiming.place {
                ClaimedAt::Offtakes(members) => {
                    for &i in members {
                        let offtake = &plan.offtakes[i];
                        let Some(day) = self.wave.passes[offtake.node] else {
                            continue;
                        };
                        let awarded = !self.is_replayed(offtake.node);
                        let owed = offtake.owed.iter().filter(|_| awarded);
                        for &(_, claim) in owed.filter(|&&(of, _)| of == k) {
                            self.book_award(k, day, claim, 1.0);
                        }
                        let came = self.ledger.offtakes.delivered.at(day, i);
                        self.count(k, day, came);
                    }
                }
                &ClaimedAt::Stream { stream, claim } => {
                    let Some(day) = self.wave.passes[stream.node] else {
                        continue;
                    };
                    if !self.is_replayed(stream.tail) {
                        self.book_award(k, day, claim, stream.gain);
                    }
                    self.count(k, day, self.passed(stream.gauge, day));
                }
                &ClaimedAt::Capacity(stream) => {
                    if let Some(day) = self.wave.passes[stream.node] {
                        self.count(k, day, self.passed(stream.gauge, day));
                    }
                }
                &ClaimedAt::Storage { store, claim } => {
                    if let Some(day) = self.wave.day[plan.stores[store].node] {
                        self.book_award(k, day, claim, 1.0);
                    }
                }
            }
        }
        for (watch, seen) in plan.watched.iter().zip(&mut self.state.accounts.seen) {
            if let Some(day) = self.wave.passes[watch.node] {
                seen[day] = watch.read(&plan.model.basin, &self.ledger, day);
            }
        }
        self.strike_accounts();
    }

    /// What passed a gauge in the stream on a day.
    fn passed(&self, gauge: Gauge, day: usize) -> f64 {
        gauge.read(&self.plan.model.basin, &self.ledger, day)
    }

    /// Books what a claim of an obligation got, by the measure of its point.
    fn book_award(&mut self, k: usize, day: usize, claim: usize, gain: f64) {
        let (outcome, binding) = (self.solver.outcome(), self.binding(claim));
        let journal = &mut self.ledger.claims;
        journal.awarded.add(day, k, outcome.award[claim] * gain);
        journal.binding.note(day, k, binding);
    }

    /// Counts what came at the point of an obligation towards the periods of the day.
    fn count(&mut self, k: usize, day: usize, came: f64) {
        for period in self.plan.claiming[k].periods_on(day as i64) {
            self.state.accounts.came[k][period] += came;
        }
    }

    /// Strikes the accounts of the periods that no later wave meets.
    fn strike_accounts(&mut self) {
        let plan = self.plan;
        let next = self.state.wave + 1;
        for (k, claiming) in plan.claiming.iter().enumerate() {
            let Some(carry) = &claiming.carry else {
                continue;
            };
            if let ClaimedAt::Storage { .. } = claiming.place {
                continue;
            }
            let first = self.next_day(claiming) + 1;
            let (mut struck, mut balance) = self.state.accounts.balances[k];
            while claiming.periods.get(struck).is_some_and(|p| p.to < first) {
                balance = self.close(k, carry, struck, balance, next);
                struck += 1;
            }
            self.state.accounts.balances[k] = (struck, balance);
        }
    }
}

/// The periods of an obligation that lie between two days, both included.
pub(super) fn between(claiming: &Claiming, first: i64, last: i64) -> std::ops::Range<usize> {
    let periods = &claiming.periods;
    let begin = periods.partition_point(|period| period.to < first);
    let end = periods.partition_point(|period| period.from <= last);
    begin..end.max(begin)
}
