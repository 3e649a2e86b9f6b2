//! What licences allowed and gave.

use crate::calendar::{Season, Window, day_index};
use crate::ledger::{Ledger, Sum};
use crate::licence::{Allowance, Licence};
use crate::model::Model;
use crate::units::{Flow, Volume};

/// What a licence allowed and gave in a period: a season of it, or the run where it has none.
///
/// Example: [`licence`](crate::licence).
#[derive(Clone, Debug, PartialEq)]
pub struct LicenceUse {
    /// The id of the licence.
    pub licence: String,
    /// Who holds it.
    pub party: Option<String>,
    /// The days of the period that lie in the run.
    pub period: Window,
    /// In how many days on end the allowance may be taken: 1, those of the window, or those of the
    /// whole season.
    pub days: usize,
    /// What may be taken in so many days.
    pub allowed: Volume,
    /// The most that was taken in so many days.
    pub most: Volume,
    /// What the members asked for in the period.
    pub asked: Volume,
    /// What they took.
    pub taken: Volume,
    /// What the licence kept from them.
    pub held_back: Volume,
    /// On how many days it kept something from them.
    pub days_held_back: usize,
}

/// The uses of all licences, in the order of the model.
pub(super) fn of(model: &Model, ledger: &Ledger) -> Vec<LicenceUse> {
    let licences = model.licences().iter().enumerate();
    let uses = licences.flat_map(|(l, licence)| {
        let periods = periods(licence, ledger.window());
        let used = move |(window, whole)| use_of(model, ledger, l, window, whole);
        periods.into_iter().map(used)
    });
    uses.collect()
}

/// The days of the run in each period of a licence, and how many days the whole period has.
fn periods(licence: &Licence, run: Window) -> Vec<(Window, usize)> {
    let of_season = |season: Season| {
        let years = run.from().year() - 1..=run.to().year();
        let seasons = years.map(|year| season.window_starting_in(year));
        let inside = seasons.filter_map(|whole| Some((whole.intersect(run)?, whole.days())));
        inside.collect()
    };
    match licence.allowance {
        Allowance::Daily {
            season: Some(season),
            ..
        }
        | Allowance::Season { season, .. } => of_season(season),
        Allowance::Daily { .. } | Allowance::Rolling { .. } => vec![(run, run.days())],
    }
}

fn use_of(model: &Model, ledger: &Ledger, l: usize, period: Window, whole: usize) -> LicenceUse {
    let licence = &model.licences()[l];
    let from = day_index(ledger.window().from(), period.from()) as usize;
    let inside = from..from + period.days();
    let (allowed, days) = match licence.allowance {
        Allowance::Daily { flow, .. } => (a_day(flow), 1),
        Allowance::Season { volume, .. } => (volume, whole),
        Allowance::Rolling { volume, days } => (volume, days as usize),
    };
    let journal = ledger.licences();
    let sum = |days: std::ops::Range<usize>, of: &dyn Fn(usize) -> f64| -> Volume {
        let sum: Sum = days.map(of).collect();
        Volume::from_m3(sum.value())
    };
    let taken = |day: usize| journal.taken.at(day, l);
    let held_back = |day: usize| journal.held_back.at(day, l);
    let members = licence.members(model.basin());
    let asked = |day: usize| -> f64 {
        let asked = members.iter().map(|&i| ledger.offtakes().demand.at(day, i));
        asked.sum()
    };
    let ends = inside.clone().map(|day| {
        let first = (day + 1).saturating_sub(days).max(from);
        sum(first..day + 1, &taken)
    });
    LicenceUse {
        licence: licence.id.clone(),
        party: licence.party.clone(),
        period,
        days,
        allowed,
        most: ends.fold(Volume::ZERO, Volume::max),
        asked: sum(inside.clone(), &asked),
        taken: sum(inside.clone(), &taken),
        held_back: sum(inside.clone(), &held_back),
        days_held_back: inside.filter(|&day| held_back(day) > 0.0).count(),
    }
}

fn a_day(flow: Flow) -> Volume {
    flow.over_days(1.0)
}
