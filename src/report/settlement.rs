//! Settlement: committed against delivered, period by period.

use jiff::civil::Date;

use super::measure::{Gauge, Reading, Upstream, river_position};
use super::reason::{Reason, Reasons, Why};
use crate::agreement::{Agreement, Each, Form, Measure, Obligation};
use crate::calendar::{Window, day_index};
use crate::ledger::{Ledger, Sum};
use crate::model::Model;
use crate::simulation::Plan;

/// The verdict on a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// What was due came, within the agreement's tolerance.
    Met,
    /// Less came than was due.
    Short,
    /// More was used than a limit allows.
    Exceeded,
    /// The run does not cover the period, or the model does not compute what is due.
    Pending,
}

impl Status {
    /// The status as tables print it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Short => "short",
            Self::Exceeded => "exceeded",
            Self::Pending => "pending",
        }
    }
}

/// The unit of a settlement's figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Million cubic metres.
    Mcm,
    /// Gigawatt hours.
    Gwh,
}

impl Unit {
    /// The unit's sign.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Mcm => "Mm3",
            Self::Gwh => "GWh",
        }
    }

    /// How many base units (m3, kWh) it has.
    pub fn size(self) -> f64 {
        1e6
    }
}

/// One obligation in one period: what was due, what came, and why not more.
#[derive(Clone, Debug)]
pub struct Settlement {
    /// The agreement's title.
    pub agreement: String,
    /// The obligation's id.
    pub obligation: String,
    /// The article it rests on.
    pub article: String,
    /// Who owes.
    pub debtor: String,
    /// To whom, if to a party.
    pub creditor: Option<String>,
    /// Where it is measured.
    pub point: String,
    /// The form's name.
    pub form: &'static str,
    /// The period.
    pub period: Window,
    /// The unit of the figures below.
    pub unit: Unit,
    /// What was due; for a limit, what was allowed.
    pub committed: f64,
    /// What came, or for a limit what was used; nothing where the model computes none of it.
    pub delivered: Option<f64>,
    /// What a second gauge read, with its name.
    pub second: Option<(String, f64)>,
    /// The verdict.
    pub status: Status,
    /// The first day on which delivery fell behind an even pace, if the period is short.
    pub first_day_short: Option<Date>,
    /// The day that fell shortest, and by how much.
    pub worst_day: Option<(Date, f64)>,
    /// Why it is short; the amounts are in `unit` and add up to the shortfall.
    pub reasons: Vec<Reason>,
    /// Whether the day's claims on the river asked for it.
    pub claimed: bool,
    pub(super) river_position: usize,
}

impl Settlement {
    /// Delivered less committed, if anything could be measured.
    pub fn balance(&self) -> Option<f64> {
        self.delivered.map(|delivered| delivered - self.committed)
    }

    /// What is missing: nothing unless the period is short.
    pub fn shortfall(&self) -> f64 {
        match (self.status, self.delivered) {
            (Status::Short, Some(delivered)) => (self.committed - delivered).max(0.0),
            _ => 0.0,
        }
    }
}

/// Settles every obligation of a model, period by period.
///
/// A period is settled from the ledger's days that fall into it. One that begins before the run
/// or ends after it is pending, and shows what came so far. The reasons of a shortfall are, for an
/// obligation that claims, those the solver gave for its claims; for one that only observes, on
/// each day that fell behind: first what was not asked for, then the solver's reasons for the
/// offtake's demand; for a flow, first water held by the nearest reservoirs upstream, then
/// withdrawals on the way, then lack of water. They are brought to the size of the shortfall in
/// proportion.
pub fn settle(plan: &Plan, ledger: &Ledger) -> Vec<Settlement> {
    let model = plan.model();
    let mut rows = Vec::new();
    for (a, agreement) in model.agreements().iter().enumerate() {
        for (b, obligation) in agreement.obligations.iter().enumerate() {
            let claiming = plan
                .claiming()
                .iter()
                .position(|c| (c.agreement, c.obligation) == (a, b));
            let case = Case {
                model,
                ledger,
                agreement,
                obligation,
                claiming,
                reading: Reading::new(model.basin(), &obligation.point, measure_of(obligation)),
            };
            rows.extend(
                case.periods()
                    .into_iter()
                    .map(|(period, due)| case.settle(period, due)),
            );
        }
    }
    rows
}

/// What an obligation measures: energy forms energy, storage forms storage, others as said.
fn measure_of(obligation: &Obligation) -> Option<Measure> {
    match &obligation.form {
        _ if obligation.measure.is_some() => obligation.measure,
        Form::StorageBy { .. } => Some(Measure::Storage),
        form if form.is_energy() => Some(Measure::Energy),
        _ => None,
    }
}

/// One obligation with all that settles it.
struct Case<'a> {
    model: &'a Model,
    ledger: &'a Ledger,
    agreement: &'a Agreement,
    obligation: &'a Obligation,
    claiming: Option<usize>,
    reading: Reading,
}

impl Case<'_> {
    /// The periods, and what is due in each in m3 or kWh.
    fn periods(&self) -> Vec<(Window, f64)> {
        let window = self.obligation.window;
        match &self.obligation.form {
            Form::Volume(volume) | Form::Limit(volume) => vec![(window, volume.m3())],
            Form::Schedule(dues) => dues.iter().map(|(w, v)| (*w, v.m3())).collect(),
            Form::Energy(dues) => dues.iter().map(|(w, e)| (*w, e.kwh())).collect(),
            Form::StorageBy { volume, by } => Window::new(*by, *by)
                .map(|day| vec![(day, volume.m3())])
                .unwrap_or_default(),
            Form::MinimumFlow { flow, each } => parts(window, *each)
                .into_iter()
                .map(|part| (part, flow.over_days(part.days() as f64).m3()))
                .collect(),
            Form::EnergyCoupled {
                kwh_per_m3,
                coupled_to,
                each,
            } => {
                let water = Reading::new(self.model.basin(), coupled_to, None);
                parts(window, *each)
                    .into_iter()
                    .map(|part| {
                        let passed = self.days(part).map(|day| water.read(self.ledger, day));
                        (part, kwh_per_m3 * passed.collect::<Sum>().value())
                    })
                    .collect()
            }
        }
    }

    /// The days of the run in a period.
    fn days(&self, period: Window) -> std::ops::Range<usize> {
        let run = self.ledger.window();
        match period.intersect(run) {
            Some(part) => {
                let from = day_index(run.from(), part.from()) as usize;
                from..from + part.days()
            }
            None => 0..0,
        }
    }

    fn settle(&self, period: Window, committed: f64) -> Settlement {
        let o = self.obligation;
        let unit = if o.form.is_energy() {
            Unit::Gwh
        } else {
            Unit::Mcm
        };
        let basin = self.model.basin();
        let measured = o.measure != Some(Measure::Nothing);
        let days = self.days(period);
        let delivered = (measured && !days.is_empty()).then(|| self.delivered(period, committed));
        let whole = self.ledger.window().covers(period);
        let slack = committed * o.tolerance;
        let status = match delivered {
            Some(_) if !whole => Status::Pending,
            None => Status::Pending,
            Some(used) if matches!(o.form, Form::Limit(_)) => {
                if exceeds(used, committed + slack) {
                    Status::Exceeded
                } else {
                    Status::Met
                }
            }
            Some(came) if exceeds(committed - slack, came) => Status::Short,
            Some(_) => Status::Met,
        };
        let mut row = Settlement {
            agreement: self.agreement.title.clone(),
            obligation: o.id.clone(),
            article: o.article.clone(),
            debtor: o.debtor.clone(),
            creditor: o.creditor.clone(),
            point: o.point.name(),
            form: o.form.name(),
            period,
            unit,
            committed: committed / unit.size(),
            delivered: delivered.map(|d| d / unit.size()),
            second: None,
            status,
            first_day_short: None,
            worst_day: None,
            reasons: Vec::new(),
            claimed: self.claiming.is_some(),
            river_position: if measured {
                river_position(basin, &self.reading)
            } else {
                usize::MAX
            },
        };
        row.second = self.second(period, unit);
        if status == Status::Short {
            self.explain(&mut row, period, committed);
        }
        row
    }

    /// What came in a period, in m3 or kWh.
    fn delivered(&self, period: Window, committed: f64) -> f64 {
        let days = self.days(period);
        match &self.obligation.form {
            Form::StorageBy { .. } => days
                .last()
                .map_or(0.0, |day| self.reading.read(self.ledger, day)),
            Form::MinimumFlow { .. } => {
                let due = committed / period.days() as f64;
                let came: Sum = days
                    .map(|day| self.reading.read(self.ledger, day).min(due))
                    .collect();
                came.value()
            }
            _ => {
                let came: Sum = days
                    .map(|day| self.reading.read(self.ledger, day))
                    .collect();
                came.value()
            }
        }
    }

    /// The second reading: another gauge, or a figure stated by others.
    fn second(&self, period: Window, unit: Unit) -> Option<(String, f64)> {
        let o = self.obligation;
        if let Some(point) = &o.second_point {
            let reading = Reading::new(self.model.basin(), point, None);
            let came: Sum = self
                .days(period)
                .map(|day| reading.read(self.ledger, day))
                .collect();
            return Some((point.name(), came.value() / unit.size()));
        }
        let second = o.second_reading.as_ref()?;
        Some((second.source.clone(), second.volume.m3() / unit.size()))
    }

    /// The days that fell behind, and why.
    fn explain(&self, row: &mut Settlement, period: Window, committed: f64) {
        let days = self.days(period);
        let size = row.unit.size();
        let shortfall = row.shortfall();
        if matches!(self.obligation.form, Form::StorageBy { .. }) {
            row.first_day_short = days.clone().next().map(|day| self.ledger.date(day));
            row.reasons = self.storage_reasons().explain(shortfall);
            return;
        }
        let due = committed / period.days() as f64;
        let daily = matches!(self.obligation.form, Form::MinimumFlow { .. });
        let (mut so_far, mut behind_since) = (Sum::default(), None);
        let mut worst: Option<(usize, f64)> = None;
        let mut reasons = Reasons::default();
        for (passed, day) in days.enumerate() {
            let came = self.reading.read(self.ledger, day);
            so_far.add(came);
            let missing = due - came;
            let behind = if daily {
                exceeds(due, came)
            } else {
                exceeds(due * (passed + 1) as f64, so_far.value())
            };
            if behind {
                behind_since = behind_since.or(Some(day));
            } else if !daily {
                behind_since = None;
            }
            if missing > worst.map_or(0.0, |(_, most)| most) {
                worst = Some((day, missing));
            }
            if missing > 0.0 {
                self.reasons_of_day(day, missing, &mut reasons);
            }
        }
        row.first_day_short = behind_since.map(|day| self.ledger.date(day));
        row.worst_day = worst.map(|(day, missing)| (self.ledger.date(day), missing / size));
        row.reasons = reasons.explain(shortfall);
    }

    fn reasons_of_day(&self, day: usize, missing: f64, reasons: &mut Reasons) {
        let model = self.model;
        let basin = model.basin();
        if let Some(claiming) = self.claiming {
            let claims = self.ledger.claims();
            let unmet = claims.claimed.at(day, claiming) - claims.awarded.at(day, claiming);
            if let Some(why) = Why::of_binding(model, claims.binding.at(day, claiming)) {
                reasons.add(why, unmet.min(missing));
                return;
            }
        }
        let mut left = missing;
        let mut gauges = self.reading.terms.iter().map(|&(gauge, _)| gauge);
        if self
            .reading
            .terms
            .iter()
            .all(|(gauge, _)| matches!(gauge, Gauge::Offtake(_)))
        {
            for (gauge, weight) in &self.reading.terms {
                let &Gauge::Offtake(i) = gauge else { continue };
                let journal = self.ledger.offtakes();
                let unmet = weight * (journal.demand.at(day, i) - journal.delivered.at(day, i));
                let part = unmet.clamp(0.0, left);
                // A head that is too small is the user's own limit.
                let why =
                    Why::of_binding(model, journal.binding.at(day, i)).unwrap_or(Why::Capacity {
                        reach: basin.offtakes()[i].id.clone(),
                    });
                reasons.add(why, part);
                left -= part;
            }
            reasons.add(Why::NotDemanded, left);
            return;
        }
        if let Some(Gauge::Energy(k)) = gauges.next() {
            let reservoir = basin.reservoirs()[k].node.clone();
            reasons.add(Why::LittleWaterThroughTurbines { reservoir }, left);
            return;
        }
        for (gauge, weight) in &self.reading.terms {
            if *weight > 0.0 {
                self.flow_reasons(*gauge, day, &mut left, reasons);
            }
        }
        let node = basin.nodes()[self.reading.terms[0].0.node(basin)]
            .id
            .clone();
        reasons.add(Why::NoWater { node }, left);
    }

    /// Water that might have come to a gauge: held upstream, or taken on the way. The water of a
    /// day at the gauge passed a place upstream earlier by the travel time between.
    fn flow_reasons(&self, gauge: Gauge, day: usize, left: &mut f64, reasons: &mut Reasons) {
        let model = self.model;
        let basin = model.basin();
        let node = gauge.node(basin);
        let upstream = Upstream::of(basin, node);
        let earlier = |v: usize| {
            let travel = basin.lead(node).saturating_sub(basin.lead(v)) as usize;
            day.checked_sub(travel)
        };
        let own = match gauge {
            Gauge::Release(k) => Some(k),
            Gauge::Reach(_) => {
                (0..basin.reservoirs().len()).find(|&k| basin.reservoir_node(k) == node)
            }
            _ => None,
        };
        for &k in upstream.stores.iter().chain(&own) {
            let reservoir = &basin.reservoirs()[k];
            let Some(then) = earlier(basin.reservoir_node(k)) else {
                continue;
            };
            let held = self.ledger.reservoirs().storage.at(then, k) - reservoir.dead.m3();
            let part = held.clamp(0.0, *left);
            let why = Why::HeldInStorage {
                reservoir: reservoir.node.clone(),
                policy: model.policy(k).name().to_owned(),
            };
            reasons.add(why, part);
            *left -= part;
        }
        for i in 0..basin.offtakes().len() {
            let at = basin.offtake_node(i);
            // A node's reading is taken before its own offtakes.
            if at == node || !upstream.nodes.contains(&at) {
                continue;
            }
            let Some(then) = earlier(at) else { continue };
            let part = self
                .ledger
                .offtakes()
                .delivered
                .at(then, i)
                .clamp(0.0, *left);
            let party = basin.offtakes()[i].party.clone();
            reasons.add(Why::TakenUpstream { party }, part);
            *left -= part;
        }
    }

    /// Why a reservoir holds less than it should: what it released on purpose over the window, and
    /// where that is not enough, lack of water.
    fn storage_reasons(&self) -> Reasons {
        let mut reasons = Reasons::default();
        let basin = self.model.basin();
        let Form::StorageBy { volume, by } = &self.obligation.form else {
            return reasons;
        };
        for (gauge, _) in &self.reading.terms {
            let &Gauge::Storage(k) = gauge else { continue };
            let run = self.ledger.window();
            let until = day_index(run.from(), *by).clamp(0, self.ledger.days() as i64 - 1) as usize;
            let missing = volume.m3() - self.ledger.reservoirs().storage.at(until, k);
            let released: Sum = self
                .days(self.obligation.window)
                .filter(|&day| day <= until)
                .map(|day| self.ledger.reservoirs().release.at(day, k))
                .collect();
            let reservoir = basin.reservoirs()[k].node.clone();
            let part = released.value().clamp(0.0, missing.max(0.0));
            reasons.add(
                Why::Released {
                    reservoir: reservoir.clone(),
                    policy: self.model.policy(k).name().to_owned(),
                },
                part,
            );
            reasons.add(Why::NoWater { node: reservoir }, missing - part);
        }
        reasons
    }
}

/// Is `a` more than `b` by more than rounding? One part in 1e9, as a report's threshold: a
/// shortage of a cubic metre in a cubic kilometre is noise of the sums, not a breach.
fn exceeds(a: f64, b: f64) -> bool {
    a - b > 1e-9 * a.abs().max(b.abs())
}

fn parts(window: Window, each: Each) -> Vec<Window> {
    match each {
        Each::Season => vec![window],
        Each::Part(period) => period.parts(window),
    }
}
