//! A forecast compiled: what is expected of the lateral inflows, as a run needs it.

use super::Plan;
use super::plan::SECONDS_A_DAY;
use crate::error::{Error, Result};
use crate::operation::{
    Forecast, Foresight, InflowSeries, Normal, Outlook, OwnForecast, Record, dekad_of_year,
};
use crate::series::DailySeries;

/// What an operational run expects of the days to come.
#[derive(Debug)]
pub(crate) struct Expectation {
    method: Method,
    /// By day of the run and node, in m3: what is given, or what is normal; empty if neither.
    table: Vec<f64>,
    /// The nodes where water enters.
    nodes: Vec<usize>,
    /// How many days beyond the day of a wave at the heads an allocation may look.
    pub(super) ahead: usize,
}

#[derive(Debug)]
enum Method {
    Hold,
    /// Holds a departure from what is normal, of which so much is left after a day.
    Fade(f64),
    Table,
    Own(OwnForecast),
}

impl Expectation {
    /// Nothing where the plan has perfect foresight.
    pub(super) fn new(plan: &Plan) -> Option<Self> {
        let Foresight::Operational(forecast) = &plan.model.foresight else {
            return None;
        };
        let (method, table) = match forecast {
            Forecast::Persistence => (Method::Hold, Vec::new()),
            Forecast::Fading {
                normal,
                memory_days,
            } => (
                Method::Fade((-1.0 / memory_days).exp()),
                normals(plan, normal),
            ),
            Forecast::Climatology(normal) => (Method::Table, normals(plan, normal)),
            Forecast::Given(series) => (Method::Table, given(plan, series)),
            Forecast::Own(own) => (Method::Own(own.clone()), Vec::new()),
        };
        let inflow = plan.model.inflow.iter().enumerate();
        let nodes = inflow.filter(|(_, series)| series.is_some());
        Some(Self {
            method,
            table,
            nodes: nodes.map(|(v, _)| v).collect(),
            ahead: look_ahead(plan),
        })
    }

    /// The lateral inflows before the first day: none is known where water enters.
    pub(super) fn unknown(&self, plan: &Plan) -> Vec<f64> {
        let n = plan.sizes.nodes;
        let mut volumes = vec![0.0; plan.days * n];
        for day in 0..plan.days {
            // What nobody looks at needs no forecast; whoever did would not get an answer.
            self.nodes
                .iter()
                .for_each(|&v| volumes[day * n + v] = f64::NAN);
        }
        volumes
    }

    /// Puts the truth of a day and what is expected of those after it into a table by day and node.
    /// Whether that is news: whether anything changed that an earlier day looked at.
    pub(super) fn look(&self, plan: &Plan, day: usize, volumes: &mut [f64]) -> Result<bool> {
        let n = plan.sizes.nodes;
        let end = (day + self.ahead).min(plan.days - 1);
        // Yesterday looked one day less far.
        let seen = day
            .checked_sub(1)
            .map_or(0, |before| before + self.ahead + 1);
        let mut news = day == 0;
        for &v in &self.nodes {
            let truth = plan.inflow[day * n + v];
            news |= volumes[day * n + v] != truth && day < seen;
            volumes[day * n + v] = truth;
        }
        let (known, ahead) = volumes.split_at_mut((day + 1) * n);
        for &v in &self.nodes {
            for target in day + 1..=end {
                let expected = self.expected(plan, known, v, day, target)?;
                let place = &mut ahead[(target - day - 1) * n + v];
                news |= *place != expected && target < seen;
                *place = expected;
            }
        }
        Ok(news)
    }

    fn expected(
        &self,
        plan: &Plan,
        known: &[f64],
        v: usize,
        day: usize,
        target: usize,
    ) -> Result<f64> {
        let n = plan.sizes.nodes;
        let last = known[day * n + v];
        match &self.method {
            Method::Hold => Ok(last),
            Method::Table => Ok(self.table[target * n + v]),
            Method::Fade(left) => {
                let (now, then) = (self.table[day * n + v], self.table[target * n + v]);
                let days = i32::try_from(target - day).unwrap_or(i32::MAX);
                let expected = then + (last - now) * left.powi(days);
                // A departure downwards from a high normal may outlast it.
                let dry = last >= 0.0 && then >= 0.0;
                Ok(if dry { expected.max(0.0) } else { expected })
            }
            Method::Own(own) => {
                let outlook = Outlook {
                    node: &plan.model.basin.nodes()[v],
                    issued: plan.dates[day],
                    target: plan.dates[target],
                    days_ahead: target - day,
                    record: Record {
                        volumes: known,
                        nodes: n,
                        node: v,
                    },
                };
                let flow = own.tell(&outlook);
                if flow.is_finite() {
                    return Ok(flow.m3s() * SECONDS_A_DAY);
                }
                Err(Error::state(format!(
                    "the forecast `{}` of {} made on {} for `{}` is {flow}",
                    plan.model.foresight.forecast().map_or("", Forecast::name),
                    outlook.target,
                    outlook.issued,
                    outlook.node.id
                )))
            }
        }
    }
}

/// How many days beyond the day of a wave at the heads anything that is decided looks at lateral
/// inflows: those of the wave's last node, those an order is for, and those a policy looks ahead.
fn look_ahead(plan: &Plan) -> usize {
    let mut most = plan.last_lead;
    for (k, store) in plan.stores.iter().enumerate() {
        if plan.model.forecast[k].is_none() {
            most = most.max(plan.lead[store.node] + store.horizon as i64);
        }
    }
    let mut after = vec![0; plan.sizes.nodes];
    for (routed, orders) in plan.routed.iter().zip(&plan.orders) {
        let tail = plan.reaches[routed.reach].tail;
        after[tail] = plan.lead[tail];
        for &(v, via) in &orders.below {
            let reach = &plan.reaches[via];
            let travel = match reach.routed {
                Some(i) => plan.routed[i].longest(&plan.model.basin),
                None => reach.lag as i64,
            };
            after[v] = after[reach.tail] + travel;
            most = most.max(after[v]);
        }
    }
    usize::try_from(most).unwrap_or(0)
}

fn normals(plan: &Plan, normal: &Normal) -> Vec<f64> {
    match normal {
        Normal::Given(series) => given(plan, series),
        Normal::OtherYears => other_years(plan),
    }
}

fn given(plan: &Plan, series: &InflowSeries) -> Vec<f64> {
    let n = plan.sizes.nodes;
    let mut table = vec![0.0; plan.days * n];
    for (v, node) in plan.model.basin.nodes().iter().enumerate() {
        let column = series.of(&node.id).map(|s| s.slice(plan.model.window));
        let Some(column) = column.and_then(std::result::Result::ok) else {
            continue;
        };
        for (day, &flow) in DailySeries::values(&column).iter().enumerate() {
            table[day * n + v] = flow * SECONDS_A_DAY;
        }
    }
    table
}

/// By day and node: the mean of the dekad in all other calendar years of the run.
fn other_years(plan: &Plan) -> Vec<f64> {
    let n = plan.sizes.nodes;
    let first = plan.dates[0].year();
    let years = plan.dates[plan.days - 1].year() - first + 1;
    let mut table = vec![0.0; plan.days * n];
    let mut sums = vec![(0.0, 0_u32); years as usize * 36];
    let of = |day: usize| {
        let date = plan.dates[day];
        let year = (date.year() - first) as usize;
        (dekad_of_year(date), year * 36 + dekad_of_year(date))
    };
    for v in 0..n {
        sums.fill((0.0, 0));
        for day in 0..plan.days {
            let (sum, days) = &mut sums[of(day).1];
            *sum += plan.inflow[day * n + v];
            *days += 1;
        }
        for day in 0..plan.days {
            let (dekad, own) = of(day);
            let others = (dekad..sums.len()).step_by(36).filter(|&at| at != own);
            let (mut sum, mut days) = (0.0, 0);
            for at in others {
                sum += sums[at].0;
                days += sums[at].1;
            }
            table[day * n + v] = sum / f64::from(days.max(1));
        }
    }
    table
}
