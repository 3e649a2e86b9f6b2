//! Licences of any kind over whatever offtakes a basin has, and the law that they are kept.

use std::fmt;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{TestCaseError, TestCaseResult};
use riparian::Plan;
use riparian::ledger::Ledger;
use riparian::licence::{Allowance, Licence};
use riparian::units::Volume;

use super::sketch::{Rule, rule, volume};
use super::{DAY, UNIT, flow};

/// A licence in plain numbers.
#[derive(Clone, Debug)]
pub(super) struct Permit {
    members: Vec<Index>,
    kind: Kind,
    rule: Rule,
}

/// In units of volume a day.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Daily(f64),
    DailyIn(&'static str, f64),
    Season(&'static str, f64),
    Evenly(&'static str, f64),
    Rolling(u32, f64),
}

pub(super) fn permit() -> impl Strategy<Value = Permit> {
    (vec(any::<Index>(), 1..6), kind(), rule()).prop_map(|(members, kind, rule)| Permit {
        members,
        kind,
        rule,
    })
}

fn kind() -> impl Strategy<Value = Kind> {
    let days = || {
        select(vec![
            "02-25..03-05",
            "12-25..02-29",
            "06-05..06-20",
            "01-01..12-31",
        ])
    };
    prop_oneof![
        volume().prop_map(Kind::Daily),
        (days(), volume()).prop_map(|(days, flow)| Kind::DailyIn(days, flow)),
        (days(), volume()).prop_map(|(days, flow)| Kind::Season(days, flow)),
        (days(), volume()).prop_map(|(days, flow)| Kind::Evenly(days, flow)),
        (1..40_u32, volume()).prop_map(|(days, flow)| Kind::Rolling(days, flow)),
    ]
}

impl Permit {
    /// The licence, if there is anybody to hold it.
    pub(super) fn licence(&self, number: usize, offtakes: usize) -> Option<Licence> {
        let mut members: Vec<usize> = Vec::new();
        for at in self.members.iter().filter(|_| offtakes > 0) {
            let i = at.index(offtakes);
            if !members.contains(&i) {
                members.push(i);
            }
        }
        let id = format!("l{number}");
        let season = |days: &str| days.parse().expect("a season");
        // A fortnight's worth in a season.
        let in_all = |part: f64| Volume::from_m3(UNIT * part * 14.0);
        let licence = match self.kind {
            Kind::Daily(most) => Licence::daily(id, flow(UNIT * most)),
            Kind::DailyIn(days, most) => Licence::daily_in(id, flow(UNIT * most), season(days)),
            Kind::Season(days, part) => Licence::seasonal(id, in_all(part), season(days)),
            Kind::Evenly(days, part) => Licence::evenly(id, in_all(part), season(days)),
            Kind::Rolling(days, part) => {
                let volume = Volume::from_m3(UNIT * part * f64::from(days) / 2.0);
                Licence::rolling(id, volume, days)
            }
        };
        let ids = members.iter().map(|i| format!("o{i}"));
        (!members.is_empty()).then(|| licence.offtakes(ids).sharing(self.rule.shared()))
    }
}

impl fmt::Display for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a licence: {:?} a day, by {:?}", self.kind, self.rule)
    }
}

/// No licence is exceeded on any day, in any season or window, and the journal says what was taken.
pub(super) fn licences_are_kept(plan: &Plan, ledger: &Ledger) -> TestCaseResult {
    let basin = plan.model().basin();
    for (l, licence) in plan.model().licences().iter().enumerate() {
        let members = licence.members(basin);
        let took = |day: usize| -> f64 {
            let taken = members
                .iter()
                .map(|&i| ledger.offtakes().delivered.at(day, i));
            taken.sum()
        };
        let by_day: Vec<f64> = (0..ledger.days()).map(took).collect();
        for (day, &taken) in by_day.iter().enumerate() {
            let (most, days) = match licence.allowance {
                Allowance::Daily { flow, season } => {
                    let on = season.is_none_or(|s| s.containing(ledger.date(day)).is_some());
                    (if on { flow.m3s() * DAY } else { f64::INFINITY }, 1)
                }
                Allowance::Season { volume, season, .. } => {
                    let window = season.containing(ledger.date(day));
                    let so_far = window.map(|window| {
                        let days = (0..=day).rev();
                        days.take_while(|&day| window.contains(ledger.date(day)))
                            .count()
                    });
                    so_far.map_or((f64::INFINITY, 1), |days| (volume.m3(), days))
                }
                Allowance::Rolling { volume, days } => (volume.m3(), days as usize),
            };
            let sum: f64 = by_day[(day + 1).saturating_sub(days)..=day].iter().sum();
            if sum > most * (1.0 + 1e-12) {
                return Err(TestCaseError::fail(format!(
                    "{} on day {day}: {sum} taken of {most} in {days} days",
                    licence.id
                )));
            }
            let journal = ledger.licences().taken.at(day, l);
            if (journal - taken).abs() > 1e-12 * taken {
                return Err(TestCaseError::fail(format!(
                    "{} on day {day}: {taken} taken, {journal} in the journal",
                    licence.id
                )));
            }
        }
    }
    Ok(())
}
