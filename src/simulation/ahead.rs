//! What will be claimed on days to come, as far as it is known now: what orders are placed for.
//!
//! On its day, a claim follows from what came until then, as [`claims`](super::claims) says. Here the
//! same is computed for the day on which an order arrives. What comes until then is not known, and is
//! taken to be what is due on those days, or at the pace of demand what is asked on them. What is
//! behind by now is made good like any day's: over the days left of the period, by the schedule; or
//! where what is due depends on readings, evenly on the days until then, for ordered on each of
//! them it would come many times over. Readings are those known now.
//!
//! A ceiling leaves on that day what it would leave if until then its users took what they ask; in a
//! reach, what has not passed by now.

use super::Simulation;
use super::claims::{ClaimedAt, Claiming, Stream, between};
use super::orders::Orders;
use crate::agreement::{Count, Pace};

impl Simulation<'_> {
    /// Foresees the claims of offtakes and in the stream below a routed reach, and what may be sent
    /// into reaches there, on the day an order is for at each node.
    pub(super) fn foresee(&mut self, orders: &Orders) {
        let plan = self.plan;
        let width = plan.offtakes.len();
        for &(v, _) in &orders.below {
            let ways = &plan.ways[v];
            let day = self.then(v);
            for &i in &ways.offtakes {
                let offtake = &plan.offtakes[i];
                let demand = day.map_or(0.0, |day| plan.demand[day * width + i]);
                self.wave.claim_then[offtake.claim] = demand;
                for &(_, claim) in &offtake.owed {
                    self.wave.claim_then[claim] = 0.0;
                }
            }
            for &r in ways.canals.iter().chain(&ways.river) {
                let capacity = day.map_or(0.0, |day| plan.capacity(r, day));
                self.wave.capacity_then[r] = capacity;
            }
        }
        for (k, claiming) in plan.claiming.iter().enumerate() {
            match &claiming.place {
                ClaimedAt::Offtakes(members) if claiming.is_ceiling() => {
                    self.hold_back_then(k, claiming, members);
                }
                &ClaimedAt::Capacity(stream) => {
                    if let Some(day) = self.then(stream.tail) {
                        let room = self.ceiling_then(k, stream, day);
                        let least = &mut self.wave.capacity_then[stream.reach];
                        *least = least.min(room);
                    }
                }
                _ => {}
            }
        }
        self.foresee_licences(orders);
        for (k, claiming) in plan.claiming.iter().enumerate() {
            match &claiming.place {
                ClaimedAt::Offtakes(members) if !claiming.is_ceiling() => {
                    self.claim_at_offtakes_then(k, claiming, members);
                }
                &ClaimedAt::Stream { stream, claim } => {
                    if let Some(day) = self.then(stream.tail) {
                        self.wave.claim_then[claim] = if stream.is_at_head() {
                            self.due_at_head(k, stream.reach, day)
                        } else {
                            self.due_then(k, day)
                        };
                    }
                }
                _ => {}
            }
        }
    }

    /// The day of the run an order is for at a node, if it is below the reach at hand.
    pub(super) fn then(&self, v: usize) -> Option<usize> {
        let day = usize::try_from(self.wave.then[v]).ok();
        day.filter(|&day| day < self.plan.days)
    }

    /// The first and the last day the order is for among the members of a group.
    fn days_then(&self, members: &[usize]) -> Option<(i64, i64)> {
        let days = members
            .iter()
            .filter_map(|&i| self.then(self.plan.offtakes[i].node));
        let days = days.map(|day| day as i64);
        Some((days.clone().min()?, days.max()?))
    }

    /// Whether an offtake is below the reach, with its day in a period.
    fn in_period_then(&self, claiming: &Claiming, period: usize, i: usize) -> bool {
        let day = self.then(self.plan.offtakes[i].node);
        day.is_some_and(|day| claiming.period(day as i64) == Some(period))
    }

    /// What a group asks in a period: those below the reach by what is left of their demand, others by
    /// their demand on a day.
    fn asked_then(&self, claiming: &Claiming, period: usize, members: &[usize], day: i64) -> f64 {
        let plan = self.plan;
        let elsewhere = claiming.period(day) == Some(period);
        let asks = |&i: &usize| {
            let offtake = &plan.offtakes[i];
            if self.then(offtake.node).is_some() {
                let within = self.in_period_then(claiming, period, i);
                within.then(|| self.wave.claim_then[offtake.claim])
            } else {
                elsewhere.then(|| plan.demand[day as usize * plan.offtakes.len() + i])
            }
        };
        members.iter().filter_map(asks).sum()
    }

    /// Keeps users below the reach within a ceiling.
    fn hold_back_then(&mut self, k: usize, ceiling: &Claiming, members: &[usize]) {
        let plan = self.plan;
        let Some((first, last)) = self.days_then(members) else {
            return;
        };
        for period in between(ceiling, first, last) {
            let asked = self.asked_then(ceiling, period, members, first);
            let allowed = self.owed_then(k, period, first);
            if asked <= allowed {
                continue;
            }
            for &i in members {
                if self.in_period_then(ceiling, period, i) {
                    self.wave.claim_then[plan.offtakes[i].claim] *= allowed / asked;
                }
            }
        }
    }

    /// Part of the demand of users below the reach will be the claim of an obligation.
    fn claim_at_offtakes_then(&mut self, k: usize, claiming: &Claiming, members: &[usize]) {
        let plan = self.plan;
        let Some((first, last)) = self.days_then(members) else {
            return;
        };
        for period in between(claiming, first, last) {
            let open = self.asked_then(claiming, period, members, first);
            let mut due = self.owed_then(k, period, first);
            for &i in members {
                if self.in_period_then(claiming, period, i) {
                    let under = plan.offtakes[i].owed.iter();
                    let under = under.filter(|(of, _)| claiming.under.contains(of));
                    due -= under.map(|&(_, c)| self.wave.claim_then[c]).sum::<f64>();
                }
            }
            let due = due.max(0.0);
            let part = if open > due { due / open } else { 1.0 };
            for &i in members {
                let offtake = &plan.offtakes[i];
                let claim = offtake.owed.iter().find(|&&(of, _)| of == k);
                if let (true, Some(&(_, claim))) = (self.in_period_then(claiming, period, i), claim)
                {
                    let demand = self.wave.claim_then[offtake.claim];
                    let owed = demand * part;
                    self.wave.claim_then[claim] = owed;
                    self.wave.claim_then[offtake.claim] = demand - owed;
                }
            }
        }
    }

    /// What a ceiling lets into a reach on a day to come; all, where no period of it is then.
    fn ceiling_then(&self, k: usize, stream: Stream, day: usize) -> f64 {
        let claiming = &self.plan.claiming[k];
        let lag = if stream.is_at_head() {
            self.plan.reaches[stream.reach].lag
        } else {
            0
        };
        let day = (day + lag) as i64;
        let known = claiming.period(day).filter(|_| day < self.plan.days as i64);
        known.map_or(f64::INFINITY, |period| {
            self.owed_then(k, period, day) / stream.gain
        })
    }

    /// What must enter a reach on a day for what an obligation claims at its head.
    fn due_at_head(&self, k: usize, r: usize, day: usize) -> f64 {
        let plan = self.plan;
        let reach = &plan.reaches[r];
        let there = match reach.routed {
            Some(i) => plan.routed[i].ordered_for(day),
            None => (day + reach.lag) as i64,
        };
        match usize::try_from(there) {
            Ok(there) if there < plan.days => self.due_then(k, there) / reach.gain,
            _ => 0.0,
        }
    }

    /// What an obligation will claim on a day to come.
    fn due_then(&self, k: usize, day: usize) -> f64 {
        let period = self.plan.claiming[k].period(day as i64);
        period.map_or(0.0, |period| self.owed_then(k, period, day as i64))
    }

    /// The same, or what a ceiling will allow, in a period: like [`Simulation::owed_in`].
    fn owed_then(&self, k: usize, period: usize, day: i64) -> f64 {
        let claiming = &self.plan.claiming[k];
        let later = claiming.periods_on(day).filter(|&later| later > period);
        let later = later.map(|later| self.owed_then_in_one(k, later, day));
        let first = self.owed_then_in_one(k, period, day);
        if claiming.is_ceiling() {
            later.fold(first, f64::min)
        } else {
            later.fold(first, f64::max)
        }
    }

    fn owed_then_in_one(&self, k: usize, period: usize, day: i64) -> f64 {
        let claiming = &self.plan.claiming[k];
        let owed = &claiming.periods[period];
        if let Count::EachDay | Count::AtEnd = claiming.count {
            return self.owed_in_one(k, period, day);
        }
        // What came is known up to the day before this one.
        let next = self.next_day(claiming).max(owed.from).max(0);
        let then = day.max(next);
        let missing = |by: i64| self.missing(k, period, by);
        if claiming.is_ceiling() && (claiming.live.is_some() || claiming.pace == Pace::Demand) {
            return (missing(then) - self.asked_between(claiming, next, then)).max(0.0);
        }
        if claiming.live.is_some() {
            let due = |by: i64| self.due_by(k, period, by, self.state.wave);
            let behind = missing(then) - (due(then) - due(next - 1));
            return (due(then) - due(then - 1) + behind / (then - next + 1) as f64).max(0.0);
        }
        match claiming.pace {
            Pace::Even => (missing(then) - owed.due_between(next, then)).max(0.0) * owed.share(day),
            Pace::Demand => (missing(then) - self.asked_between(claiming, next, then)).max(0.0),
        }
    }

    /// What the users of an obligation ask from a day on to before another; in a stream nothing is
    /// known of it.
    fn asked_between(&self, claiming: &Claiming, from: i64, to: i64) -> f64 {
        let plan = self.plan;
        let ClaimedAt::Offtakes(members) = &claiming.place else {
            return 0.0;
        };
        let days = from.max(0) as usize..to.max(0) as usize;
        let asked = days.map(|day| {
            let row = &plan.demand[day * plan.offtakes.len()..][..plan.offtakes.len()];
            members.iter().map(|&i| row[i]).sum::<f64>()
        });
        asked.sum()
    }
}
