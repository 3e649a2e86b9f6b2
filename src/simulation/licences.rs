//! Licences on the river: what a group of offtakes may take on a date; see [`crate::licence`].

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Simulation;
use super::orders::Orders;
use super::plan::{Plan, SECONDS_A_DAY};
use crate::agreement::Pace;
use crate::allocation::{ParametricRule, Shared};
use crate::calendar::{Date, Window, day_index};
use crate::licence::{Allowance, Licence};
use crate::model::Model;

/// A licence in numbers.
#[derive(Clone, Debug)]
pub(crate) struct Licensed {
    /// Those with the largest lead first: they meet a date before the others.
    members: Vec<Member>,
    rule: Arc<dyn ParametricRule>,
    allowed: Allowed,
    /// By day of the run: what the members ask together, in m3.
    asked: Vec<f64>,
    /// How many dates are looked back on.
    dates: usize,
}

#[derive(Clone, Copy, Debug)]
struct Member {
    offtake: usize,
    weight: f64,
    lead: i64,
}

/// Volumes in m3; days count from the run's first.
#[derive(Clone, Debug)]
enum Allowed {
    Daily {
        most: f64,
        /// By day of the run: whether it holds.
        on: Vec<bool>,
    },
    Season {
        volume: f64,
        pace: Pace,
        /// By day of the run: the first and last day of the season it lies in.
        season: Vec<Option<(i64, i64)>>,
    },
    Rolling {
        volume: f64,
        days: i64,
    },
}

/// What a licence has given away so far, by date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LicenceAccount {
    /// By date, in a ring: what the members may take; what they took once all have passed the date.
    kept: Vec<f64>,
    /// By date, in a ring: what was taken.
    taken: Vec<f64>,
    /// What was taken in the season at hand, on dates that all members have passed.
    used: f64,
    /// The first day of that season.
    season: i64,
}

impl Licensed {
    /// The licences of a model; `demand` is by day and offtake.
    pub(super) fn all(model: &Model, demand: &[f64]) -> Vec<Self> {
        let licences = model.licences.iter();
        licences
            .map(|licence| Self::new(licence, model, demand))
            .collect()
    }

    fn new(licence: &Licence, model: &Model, demand: &[f64]) -> Self {
        let basin = &model.basin;
        let run = model.window;
        let width = basin.offtakes().len();
        let member = |i: usize| Member {
            offtake: i,
            weight: if licence.rule.weighted() {
                basin.offtakes()[i].weight
            } else {
                1.0
            },
            lead: i64::from(basin.lead(basin.offtake_node(i))),
        };
        let mut members: Vec<Member> = licence.members(basin).into_iter().map(member).collect();
        members.sort_by_key(|member| -member.lead);
        let days = run.iter().enumerate();
        let asked = days
            .map(|(day, _)| {
                members
                    .iter()
                    .map(|m| demand[day * width + m.offtake])
                    .sum()
            })
            .collect();
        let index = |date: Date| day_index(run.from(), date);
        let allowed = match licence.allowance {
            Allowance::Daily { flow, season } => Allowed::Daily {
                most: flow.m3s() * SECONDS_A_DAY,
                on: run
                    .iter()
                    .map(|date| season.is_none_or(|season| season.containing(date).is_some()))
                    .collect(),
            },
            Allowance::Season {
                volume,
                season,
                pace,
            } => {
                let of = |window: Window| (index(window.from()), index(window.to()));
                Allowed::Season {
                    volume: volume.m3(),
                    pace,
                    season: run
                        .iter()
                        .map(|date| season.containing(date).map(of))
                        .collect(),
                }
            }
            Allowance::Rolling { volume, days } => Allowed::Rolling {
                volume: volume.m3(),
                days: i64::from(days),
            },
        };
        let mut licensed = Self {
            members,
            rule: Arc::clone(&licence.rule),
            allowed,
            asked,
            dates: 1,
        };
        let (first, last) = licensed.leads();
        let back = match licensed.allowed {
            Allowed::Rolling { days, .. } => days,
            _ => 1,
        };
        licensed.dates = back.max(first - last + 1) as usize;
        licensed
    }

    /// How many days before and after a wave's first day its members meet it: the first and the last
    /// to come to a date.
    fn leads(&self) -> (i64, i64) {
        let lead = |member: Option<&Member>| member.map_or(0, |member| member.lead);
        (lead(self.members.first()), lead(self.members.last()))
    }

    fn slot(&self, date: i64) -> usize {
        date.rem_euclid(self.dates as i64) as usize
    }

    /// What was given away on the dates from one to before another.
    fn kept(&self, account: &LicenceAccount, from: i64, to: i64) -> f64 {
        let from = from.max(0).max(to - self.dates as i64);
        (from..to).map(|date| account.kept[self.slot(date)]).sum()
    }

    /// What is asked on the dates from one to before another.
    fn asked(&self, from: i64, to: i64) -> f64 {
        let days = from.max(0) as usize..to.max(0) as usize;
        self.asked.get(days).map_or(0.0, |asked| asked.iter().sum())
    }

    /// What is left for a date that nobody has come to, and at most what is asked. On dates from
    /// `next` to it, which nobody has come to either, what is asked counts as taken; on those from
    /// `open` to `next`, what was given away.
    fn left(&self, account: &LicenceAccount, open: i64, next: i64, date: i64) -> f64 {
        let day = date as usize;
        let left = match &self.allowed {
            Allowed::Daily { on, .. } if !on[day] => f64::INFINITY,
            Allowed::Daily { most, .. } => *most,
            Allowed::Season {
                volume,
                pace,
                season,
            } => match season[day] {
                None => f64::INFINITY,
                Some((from, to)) => {
                    let used = if account.season == from {
                        account.used
                    } else {
                        0.0
                    };
                    let left = volume - used - self.kept(account, open.max(from), next.max(from));
                    match pace {
                        // An even part stays even when it is taken.
                        Pace::Even => left / (to - next.max(from) + 1) as f64,
                        Pace::Demand => left - self.asked(next.max(from), date),
                    }
                }
            },
            Allowed::Rolling { volume, days } => {
                let from = date - days + 1;
                volume - self.kept(account, from, next) - self.asked(next.max(from), date)
            }
        };
        self.asked[day].min(left.max(0.0))
    }

    /// How an amount for a date is shared by the demand of that date.
    fn shared(&self, plan: &Plan, day: usize, amount: f64) -> Shared<'_> {
        let claims = self.members.iter().map(|m| (m.demand(plan, day), m.weight));
        Shared::new(&self.rule, claims, amount)
    }
}

impl Member {
    fn demand(&self, plan: &Plan, day: usize) -> f64 {
        plan.demand[day * plan.offtakes.len() + self.offtake]
    }
}

impl LicenceAccount {
    pub(super) fn first(plan: &Plan) -> Vec<Self> {
        let account = |licence: &Licensed| Self {
            kept: vec![0.0; licence.dates],
            taken: vec![0.0; licence.dates],
            used: 0.0,
            season: i64::MIN,
        };
        plan.licences.iter().map(account).collect()
    }

    /// Becomes the same as another of the run, in the memory it has.
    pub(super) fn go_back_to(&mut self, other: &Self) {
        let Self {
            kept,
            taken,
            used,
            season,
        } = other;
        self.kept.clone_from(kept);
        self.taken.clone_from(taken);
        self.used = *used;
        self.season = *season;
    }

    /// Whether it is of a licence, as far as sizes tell.
    pub(super) fn fits(&self, licence: &Licensed) -> bool {
        self.kept.len() == licence.dates && self.taken.len() == licence.dates
    }
}

impl Simulation<'_> {
    /// What licences leave of demands.
    pub(super) fn cut_to_licences(&mut self) {
        let plan = self.plan;
        for (l, licence) in plan.licences.iter().enumerate() {
            self.open_date(l, licence);
            for band in licence.members.chunk_by(|a, b| a.lead == b.lead) {
                let date = self.state.wave + band[0].lead;
                if let Ok(day) = usize::try_from(date)
                    && day < plan.days
                {
                    self.cut_band(l, licence, band, day);
                }
            }
        }
    }

    /// Fixes what may be taken on the date that the first members come to.
    fn open_date(&mut self, l: usize, licence: &Licensed) {
        let (first, last) = licence.leads();
        let date = self.state.wave + first;
        if !(0..self.plan.days as i64).contains(&date) {
            return;
        }
        let account = &mut self.state.licences[l];
        if let Allowed::Season { season, .. } = &licence.allowed
            && let Some((from, _)) = season[date as usize]
            && from != account.season
        {
            account.season = from;
            account.used = 0.0;
        }
        let open = self.state.wave + last;
        let left = licence.left(account, open, date, date);
        let slot = licence.slot(date);
        account.kept[slot] = left;
        account.taken[slot] = 0.0;
    }

    /// Keeps members that meet a date in the same wave within what the licence has for them.
    fn cut_band(&mut self, l: usize, licence: &Licensed, band: &[Member], day: usize) {
        let plan = self.plan;
        let account = &self.state.licences[l];
        let slot = licence.slot(day as i64);
        let amount = account.kept[slot];
        if amount >= licence.asked[day] {
            return;
        }
        let later = |member: &&Member| member.lead < band[0].lead;
        let mut left = amount - account.taken[slot];
        if licence.members.iter().any(|member| later(&member)) {
            let shared = licence.shared(plan, day, amount);
            let later = licence.members.iter().filter(later);
            left -= later
                .map(|m| shared.award(m.demand(plan, day), m.weight))
                .sum::<f64>();
        }
        let left = left.max(0.0);
        let demand = &self.wave.demand;
        let claims = band.iter().map(|m| (demand[m.offtake], m.weight));
        if claims.clone().map(|(claim, _)| claim).sum::<f64>() <= left {
            return;
        }
        let shared = Shared::new(&licence.rule, claims, left);
        for &Member {
            offtake, weight, ..
        } in band
        {
            let asked = self.wave.demand[offtake];
            let kept = shared.award(asked, weight).min(asked);
            if kept < asked {
                self.wave.demand[offtake] = kept;
                if self.is_replayed(plan.offtakes[offtake].node) {
                    continue;
                }
                let journal = &mut self.ledger.licences;
                journal.held_back.add(day, l, asked - kept);
                journal.from_offtake.add(day, offtake, asked - kept);
                journal.of_offtake.set(day, offtake, l as u32 + 1);
            }
        }
    }

    /// What members took, and what is settled of the date that the last have passed.
    pub(super) fn book_licences(&mut self) {
        let plan = self.plan;
        for (l, licence) in plan.licences.iter().enumerate() {
            let account = &mut self.state.licences[l];
            for member in &licence.members {
                let date = self.state.wave + member.lead;
                if (0..plan.days as i64).contains(&date) {
                    let came = self
                        .ledger
                        .offtakes
                        .delivered
                        .at(date as usize, member.offtake);
                    account.taken[licence.slot(date)] += came;
                    if self.wave.day[plan.offtakes[member.offtake].node].is_some() {
                        self.ledger.licences.taken.add(date as usize, l, came);
                    }
                }
            }
            let date = self.state.wave + licence.leads().1;
            if !(0..plan.days as i64).contains(&date) {
                continue;
            }
            let slot = licence.slot(date);
            account.kept[slot] = account.taken[slot];
            if let Allowed::Season { season, .. } = &licence.allowed
                && season[date as usize].is_some_and(|(from, _)| from == account.season)
            {
                account.used += account.taken[slot];
            }
        }
    }

    /// What licences will leave of the claims that an order is for.
    pub(super) fn foresee_licences(&mut self, orders: &Orders) {
        let plan = self.plan;
        for (licence, account) in plan.licences.iter().zip(&self.state.licences) {
            let (first, last) = licence.leads();
            let (next, open) = (self.state.wave + first + 1, self.state.wave + last);
            for member in &licence.members {
                let node = plan.offtakes[member.offtake].node;
                let below = orders.below.iter().any(|&(v, _)| v == node);
                let Some(day) = self.then(node).filter(|_| below) else {
                    continue;
                };
                let date = day as i64;
                let amount = if date < next {
                    account.kept[licence.slot(date)]
                } else {
                    licence.left(account, open, next, date)
                };
                if amount >= licence.asked[day] {
                    continue;
                }
                let shared = licence.shared(plan, day, amount);
                let most = shared.award(member.demand(plan, day), member.weight);
                let claim = &mut self.wave.claim_then[plan.offtakes[member.offtake].claim];
                *claim = claim.min(most);
            }
        }
    }
}
