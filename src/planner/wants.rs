//! What a plan is to meet: obligations by period, and what users ask.

use std::ops::Range;

use super::{NotPlanned, Planner};
use crate::agreement::{Agreement, Bounds, Count, Measure, Obligation};
use crate::basin::Basin;
use crate::calendar::{Window, day_index};
use crate::ledger::{Ledger, Sum};
use crate::settlement::{Gauge, Unit, in_advance, known_in_advance};
use crate::units::{Flow, SECONDS_PER_DAY};

/// Base units (m3, kWh) in the planner's (Mm3, `GWh`).
pub(super) const MILLION: f64 = 1e6;

/// Something to be met in a period of the run.
#[derive(Clone, Debug)]
pub(super) struct Want {
    /// The id of the obligation or offtake.
    pub(super) id: String,
    /// The obligation's numbers; `None` for an offtake.
    pub(super) obligation: Option<(usize, usize)>,
    /// Its class by number; one more than the last for what claims nothing.
    pub(super) rank: usize,
    pub(super) weight: f64,
    pub(super) count: Count,
    pub(super) unit: Unit,
    /// Where it is read: weights and lags.
    pub(super) gauges: Vec<(Gauge, f64, u32)>,
    /// The days of the period that lie in the run.
    pub(super) window: Window,
    /// The first of them, counted from the run's first day.
    pub(super) from: usize,
    /// What is due on each of them, in Mm3 or `GWh`; at an end, on the last.
    pub(super) due: Vec<f64>,
    /// What is due on each of them to those before it at the same point; empty for none.
    pub(super) before: Vec<f64>,
}

impl Want {
    pub(super) fn total(&self) -> f64 {
        self.due.iter().copied().collect::<Sum>().value()
    }

    pub(super) fn total_before(&self) -> f64 {
        self.before.iter().copied().collect::<Sum>().value()
    }

    pub(super) fn last_day(&self) -> usize {
        self.from + self.due.len() - 1
    }

    /// What came by a ledger, and what is missing, or in excess of a limit.
    pub(super) fn held_against(&self, planner: &Planner, ledger: &Ledger) -> (f64, f64) {
        let basin = planner.model().basin();
        let read = |day: usize| self.read(basin, ledger, day);
        let days = self.from..self.from + self.due.len();
        match self.count {
            Count::AtEnd => {
                let (came, due) = (read(self.last_day()), self.total());
                (came, (due - came).max(0.0))
            }
            Count::Sum => {
                let came = days.map(read).collect::<Sum>().value() - self.total_before();
                let came = came.max(0.0);
                (came, (self.total() - came).max(0.0))
            }
            Count::AtMost => {
                let came = days.map(read).collect::<Sum>().value();
                (came, (came - self.total()).max(0.0))
            }
            Count::EachDay => self.each_day(basin, ledger, days),
        }
    }

    /// What came on some days of the run, and what was missing on each of them.
    pub(super) fn each_day(
        &self,
        basin: &Basin,
        ledger: &Ledger,
        days: Range<usize>,
    ) -> (f64, f64) {
        let (mut came, mut short) = (Sum::default(), Sum::default());
        for day in days {
            let i = day - self.from;
            let before = self.before.get(i).copied().unwrap_or(0.0);
            let today = (self.read(basin, ledger, day) - before).max(0.0);
            came.add(today);
            short.add((self.due[i] - today).max(0.0));
        }
        (came.value(), short.value())
    }

    /// What is read on a day, in Mm3 or `GWh`.
    fn read(&self, basin: &Basin, ledger: &Ledger, day: usize) -> f64 {
        let terms = self.gauges.iter().map(|&(gauge, weight, lag)| {
            let on = day.checked_sub(lag as usize);
            on.map_or(0.0, |on| weight * gauge.read(basin, ledger, on))
        });
        terms.sum::<f64>() / MILLION
    }
}

/// All that a plan is to meet, and what of the agreements it cannot.
pub(super) fn wants(planner: &Planner) -> (Vec<Want>, Vec<NotPlanned>) {
    let model = planner.model();
    let (mut wants, mut not_planned) = (Vec::new(), Vec::new());
    for (a, agreement) in model.agreements().iter().enumerate() {
        for owned in &agreement.ownership {
            not_planned.push(NotPlanned {
                obligation: format!("ownership of {}", owned.reservoir),
                why: "whose stored water is, is settled after the fact".to_owned(),
            });
        }
        for (b, obligation) in agreement.obligations.iter().enumerate() {
            if planner.leaves_out(&obligation.id) {
                not_planned.push(NotPlanned {
                    obligation: obligation.id.clone(),
                    why: "left out on request".to_owned(),
                });
                continue;
            }
            match obligation_wants(planner, agreement, obligation, (a, b)) {
                Ok(of_it) => {
                    if obligation.account.is_some() && !of_it.is_empty() {
                        not_planned.push(NotPlanned {
                            obligation: obligation.id.clone(),
                            why: "planned without what its account carries from period to period"
                                .to_owned(),
                        });
                    }
                    wants.extend(of_it);
                }
                Err(why) => not_planned.push(NotPlanned {
                    obligation: obligation.id.clone(),
                    why,
                }),
            }
        }
    }
    for licence in model.licences() {
        not_planned.push(NotPlanned {
            obligation: format!("licence {}", licence.id),
            why: "what a group of offtakes may take together is not planned".to_owned(),
        });
    }
    wants.extend((0..model.basin().offtakes().len()).map(|i| offtake_want(planner, i)));
    (wants, not_planned)
}

/// What an offtake asks, as far as its head can take it.
fn offtake_want(planner: &Planner, i: usize) -> Want {
    let model = planner.model();
    let offtake = &model.basin().offtakes()[i];
    let head = offtake.capacity.map_or(f64::INFINITY, Flow::m3s);
    let asked = model.demand(i).values().iter();
    Want {
        id: offtake.id.clone(),
        obligation: None,
        rank: planner.class(&offtake.class),
        weight: 1.0,
        count: Count::EachDay,
        unit: Unit::Mcm,
        gauges: vec![(Gauge::Offtake(i), 1.0, 0)],
        window: model.window(),
        from: 0,
        due: asked
            .map(|q| q.min(head) * SECONDS_PER_DAY / MILLION)
            .collect(),
        before: Vec::new(),
    }
}

/// The periods of an obligation that the run touches, or why it cannot be planned.
fn obligation_wants(
    planner: &Planner,
    agreement: &Agreement,
    o: &Obligation,
    numbers: (usize, usize),
) -> Result<Vec<Want>, String> {
    let model = planner.model();
    let run = model.window();
    let bounds = Bounds::of(model.agreements(), agreement, o);
    let mut periods = in_advance(o, bounds, run);
    periods.retain(|period| match o.count {
        Count::AtEnd => run.contains(period.window.to()),
        _ => period.window.intersect(run).is_some(),
    });
    if periods.is_empty() {
        return Ok(Vec::new());
    }
    if !known_in_advance(o) {
        return Err("what is due depends on readings".to_owned());
    }
    let gauges = gauges(planner, o)?;
    let before = dues_before(planner, o)?;
    let wants = periods.into_iter().filter_map(|period| {
        let window = period.window.intersect(run)?;
        let first = day_index(period.window.from(), window.from()) as usize;
        let mut due = period.by_day[first..first + window.days()].to_vec();
        for due in &mut due {
            *due /= MILLION;
        }
        let from = day_index(run.from(), window.from()) as usize;
        let mut ahead: Vec<f64> = before[from..from + window.days()].to_vec();
        if ahead.iter().all(|&due| due == 0.0) {
            ahead.clear();
        }
        Some(Want {
            id: o.id.clone(),
            obligation: Some(numbers),
            rank: planner.rank_of(o),
            weight: planner.weight_of(&o.id),
            count: o.count,
            unit: Unit::of(o),
            gauges: gauges.clone(),
            window,
            from,
            due,
            before: ahead,
        })
    });
    Ok(wants.collect())
}

/// By day of the run, in Mm3 or `GWh`: what is due to those an obligation comes on top of.
fn dues_before(planner: &Planner, o: &Obligation) -> Result<Vec<f64>, String> {
    let model = planner.model();
    let run = model.window();
    let mut before = vec![0.0; run.days()];
    for agreement in model.agreements() {
        let others = agreement.obligations.iter();
        for other in others.filter(|other| o.on_top_of.contains(&other.id)) {
            if !known_in_advance(other) {
                let id = &other.id;
                return Err(format!(
                    "it comes on top of `{id}`, which depends on readings"
                ));
            }
            for due in in_advance(other, Bounds::of(model.agreements(), agreement, other), run) {
                let Some(part) = due.window.intersect(run) else {
                    continue;
                };
                for date in part.iter() {
                    let on = day_index(due.window.from(), date) as usize;
                    before[day_index(run.from(), date) as usize] += due.by_day[on] / MILLION;
                }
            }
        }
    }
    Ok(before)
}

/// Where an obligation is read, if the plan has what is read there.
fn gauges(planner: &Planner, o: &Obligation) -> Result<Vec<(Gauge, f64, u32)>, String> {
    let measure = o.measures();
    if measure == Some(Measure::Nothing) {
        return Err("nothing is measured for it".to_owned());
    }
    let basin = planner.model().basin();
    o.point
        .terms
        .iter()
        .map(|term| {
            let measured = term.measure.or(measure);
            let gauge = Gauge::new(basin, &term.id, measured);
            let known = gauge.filter(|gauge| match gauge {
                Gauge::Storage(_) => o.count == Count::AtEnd,
                Gauge::Offtake(_)
                | Gauge::Node(_)
                | Gauge::Reach(_)
                | Gauge::Arrivals(_)
                | Gauge::Release(_)
                | Gauge::Spill(_)
                | Gauge::StorageChange(_) => o.count != Count::AtEnd,
                Gauge::Energy(k) => {
                    let dam = &basin.reservoirs()[*k];
                    let makes = dam.power.is_some() && dam.curve.is_some();
                    makes && o.count != Count::AtEnd
                }
                _ => false,
            });
            known
                .map(|gauge| (gauge, term.weight, term.lag_days))
                .ok_or_else(|| {
                    let measured = measured.map_or("what is read there", Measure::name);
                    format!("the plan does not know `{measured}` at `{}`", term.id)
                })
        })
        .collect()
}
