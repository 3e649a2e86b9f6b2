//! What is known of the water that a release will meet on its way.
//!
//! Water takes days from a dam to a user, and on those days tributaries bring what nobody knows yet.
//! [`Foresight::Perfect`] is the planner's view: what the series of the model say is known ahead.
//! [`Foresight::Operational`] is the dispatcher's: a release is ordered by a [`Forecast`] of the
//! lateral inflows, and what really arrives is shared when it arrives. The
//! [simulation](crate::simulation#foresight) says how.

use std::fmt;
use std::sync::Arc;

use jiff::civil::Date;

use crate::basin::{Node, NodeKind};
use crate::calendar::Window;
use crate::error::{Diagnostic, Diagnostics, Origin};
use crate::series::DailySeries;
use crate::units::Flow;

/// What a run knows of the lateral inflows of days to come.
#[derive(Clone, Debug, Default)]
pub enum Foresight {
    /// All of them, as far as water travels.
    #[default]
    Perfect,
    /// A forecast, made anew on each day.
    Operational(Forecast),
}

/// How the lateral inflow of a day to come is forecast, at each node where water enters.
///
/// Demands, evaporation, rain and unaccounted terms are known ahead whatever the forecast.
///
/// | forecast of day `e` made on day `d` | |
/// |---|---|
/// | [`Forecast::Persistence`] | `Q_d` |
/// | [`Forecast::Fading`] | `N_e + (Q_d - N_d) exp(-(e - d) / memory)`, where `N` is the [normal](Normal) |
/// | [`Forecast::Climatology`] | `N_e` |
/// | [`Forecast::Given`] | the value of `e` in a series |
/// | [`Forecast::own`] | what a function says |
///
/// ```
/// use riparian::operation::{Forecast, Foresight};
/// use riparian::units::Flow;
///
/// // A recession of 3 % a day.
/// let recession = Forecast::own("recession", |outlook| {
///     Flow::from_m3s(outlook.last().m3s() * 0.97_f64.powi(outlook.days_ahead as i32))
/// });
/// assert_eq!(recession.name(), "recession");
/// assert_eq!(Forecast::Persistence.name(), "persistence");
/// let foresight = Foresight::Operational(recession);
/// # let _ = foresight;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Forecast {
    /// The inflow of the day on which it is made.
    Persistence,
    /// The same, with its departure from the normal fading.
    Fading {
        /// What it fades to.
        normal: Normal,
        /// After so many days a departure is down to 37 %; more than 0.
        memory_days: f64,
    },
    /// The normal inflow of the season.
    Climatology(Normal),
    /// A series for each node, whatever the day on which it is made: with the series of the model
    /// itself, a perfect forecast.
    Given(InflowSeries),
    /// A function of one's own; see [`Forecast::own`].
    Own(OwnForecast),
}

/// What is normal at a node on a day.
#[derive(Clone, Debug)]
pub enum Normal {
    /// The mean of the same dekad in all other calendar years of the run. The year itself is left
    /// out, or the forecast would know it.
    OtherYears,
    /// A series for each node.
    Given(InflowSeries),
}

/// A series of lateral inflows in m3/s for each node where water enters.
///
/// ```
/// use riparian::operation::{Forecast, InflowSeries};
/// use riparian::series::DailySeries;
///
/// let summer = "2024-06-01..2024-08-31".parse()?;
/// let expected = InflowSeries::new().with("spring", DailySeries::constant(summer, 25.0)?);
/// assert!(expected.of("spring").is_some() && expected.of("snow").is_none());
/// assert_eq!(Forecast::Given(expected).name(), "given");
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct InflowSeries {
    columns: Vec<(String, DailySeries, Origin)>,
}

/// A function that forecasts lateral inflows.
///
/// Example: [`Outlook`].
#[derive(Clone)]
pub struct OwnForecast {
    name: String,
    tell: Arc<dyn Fn(&Outlook<'_>) -> Flow + Send + Sync>,
}

/// What is to be forecast, and what is known.
///
/// ```
/// use riparian::operation::Forecast;
///
/// // Every day ahead brings a hundredth less than the day on which the forecast is made.
/// let falling = Forecast::own("falling", |ahead| ahead.last() * 0.99_f64.powi(ahead.days_ahead as i32));
/// assert_eq!(falling.name(), "falling");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Outlook<'a> {
    /// The node where the water enters.
    pub node: &'a Node,
    /// The day on which the forecast is made; its own inflow is known.
    pub issued: Date,
    /// The day that is forecast.
    pub target: Date,
    /// From the one to the other, at least 1.
    pub days_ahead: usize,
    pub(crate) record: Record<'a>,
}

/// The inflows of the days so far, by day and node in m3, and the node they are asked of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    pub(crate) volumes: &'a [f64],
    pub(crate) nodes: usize,
    pub(crate) node: usize,
}

impl Record<'_> {
    /// The volume of so many days before the last.
    pub(crate) fn before(&self, days: usize) -> Option<f64> {
        let last = (self.volumes.len() / self.nodes).checked_sub(1)?;
        let day = last.checked_sub(days)?;
        Some(self.volumes[day * self.nodes + self.node])
    }
}

impl Outlook<'_> {
    /// The lateral inflow on the day the forecast is made.
    pub fn last(&self) -> Flow {
        self.days_before(0).unwrap_or(Flow::ZERO)
    }

    /// The lateral inflow so many days before the day the forecast is made; none before the run.
    pub fn days_before(&self, days: usize) -> Option<Flow> {
        let seconds = crate::units::SECONDS_PER_DAY;
        let volume = self.record.before(days)?;
        Some(Flow::from_m3s(volume / seconds))
    }
}

impl Forecast {
    /// A forecast by a function of one's own.
    ///
    /// It is asked for each node where water enters, each day and each day ahead that a decision
    /// depends on, and must be a pure function: what it says must follow from the [`Outlook`] alone.
    /// An answer that is no number stops the run.
    pub fn own(
        name: impl Into<String>,
        tell: impl Fn(&Outlook<'_>) -> Flow + Send + Sync + 'static,
    ) -> Self {
        Self::Own(OwnForecast {
            name: name.into(),
            tell: Arc::new(tell),
        })
    }

    /// Its name, as in a scenario.
    pub fn name(&self) -> &str {
        match self {
            Self::Persistence => "persistence",
            Self::Fading { .. } => "fading persistence",
            Self::Climatology(_) => "climatology",
            Self::Given(_) => "given",
            Self::Own(own) => &own.name,
        }
    }

    fn series(&self) -> Option<&InflowSeries> {
        match self {
            Self::Given(series)
            | Self::Climatology(Normal::Given(series))
            | Self::Fading {
                normal: Normal::Given(series),
                ..
            } => Some(series),
            _ => None,
        }
    }

    fn is_by_other_years(&self) -> bool {
        matches!(
            self,
            Self::Climatology(Normal::OtherYears)
                | Self::Fading {
                    normal: Normal::OtherYears,
                    ..
                }
        )
    }
}

impl InflowSeries {
    /// No series yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the series of a node, in m3/s.
    #[must_use]
    pub fn with(self, node: impl Into<String>, m3s: DailySeries) -> Self {
        self.column(node.into(), m3s, Origin::default())
    }

    pub(crate) fn column(mut self, node: String, m3s: DailySeries, at: Origin) -> Self {
        self.columns.push((node, m3s, at));
        self
    }

    /// The series of a node.
    pub fn of(&self, node: &str) -> Option<&DailySeries> {
        let mut columns = self.columns.iter();
        columns.find(|(id, ..)| id == node).map(|(_, m3s, _)| m3s)
    }
}

impl OwnForecast {
    pub(crate) fn tell(&self, outlook: &Outlook<'_>) -> Flow {
        (self.tell)(outlook)
    }
}

impl fmt::Debug for OwnForecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OwnForecast").field(&self.name).finish()
    }
}

impl Foresight {
    /// The forecast of an operational run.
    pub fn forecast(&self) -> Option<&Forecast> {
        match self {
            Self::Perfect => None,
            Self::Operational(forecast) => Some(forecast),
        }
    }

    /// Checks that a forecast tells all that a run over those days asks of it, at those nodes where
    /// water enters.
    pub(crate) fn check(
        &self,
        (nodes, enters): (&[Node], &dyn Fn(usize) -> bool),
        run: Window,
        at: &Origin,
        faults: &mut Diagnostics,
    ) {
        let Some(forecast) = self.forecast() else {
            return;
        };
        if let Forecast::Fading { memory_days, .. } = forecast
            && !(*memory_days > 0.0 && memory_days.is_finite())
        {
            faults.push(
                Diagnostic::new(format!("a forecast with a memory of {memory_days} days"))
                    .at(at.place("memory_days"))
                    .expected("more than 0"),
            );
        }
        if forecast.is_by_other_years()
            && let Some(date) = of_one_year(run)
        {
            faults.push(
                Diagnostic::new(format!(
                    "a forecast by other years, and the dekad of {date} lies in one year of the run \
                     alone"
                ))
                .at(at.place("method"))
                .expected("a run of several years, or a series of what is normal"),
            );
        }
        let Some(series) = forecast.series() else {
            return;
        };
        let entering = || nodes.iter().enumerate().filter(|&(v, _)| enters(v));
        for (at, (id, m3s, origin)) in series.columns.iter().enumerate() {
            let place = origin.place(id);
            let Some((_, node)) = entering().find(|(_, node)| node.id == *id) else {
                let known = entering().map(|(_, node)| node.id.as_str());
                faults.push(
                    Diagnostic::new(format!("a forecast for `{id}`, where no water enters"))
                        .at(place)
                        .expected("a node with an inflow")
                        .nearest(id, known),
                );
                continue;
            };
            if series.columns[..at].iter().any(|(other, ..)| other == id) {
                faults.push(Diagnostic::new(format!("two forecasts for `{id}`")).at(place.clone()));
            }
            if m3s.start() > run.from() || m3s.end() < run.to() {
                faults.push(
                    Diagnostic::new(format!(
                        "the forecast for `{id}` covers {}..{}",
                        m3s.start(),
                        m3s.end()
                    ))
                    .at(place.clone())
                    .expected(format!("all days of the run, {run}")),
                );
            }
            let least = if node.kind == NodeKind::Inflow {
                0.0
            } else {
                f64::NEG_INFINITY
            };
            let unsound = |&(_, value): &(Date, f64)| !(value.is_finite() && value >= least);
            if let Some((day, value)) = m3s.iter().find(unsound) {
                let expected = if least == 0.0 {
                    "at least 0"
                } else {
                    "a number"
                };
                faults.push(
                    Diagnostic::new(format!("the forecast for `{id}` is {value} on {day}"))
                        .at(place)
                        .expected(expected),
                );
            }
        }
        for (_, node) in entering().filter(|(_, node)| series.of(&node.id).is_none()) {
            faults.push(
                Diagnostic::new(format!("no forecast for the inflow at `{}`", node.id))
                    .at(at.place("method"))
                    .expected("a series of what is expected there"),
            );
        }
    }
}

/// The number of a day's dekad in its year, from 0.
pub(crate) fn dekad_of_year(date: Date) -> usize {
    3 * (date.month() as usize - 1) + (date.day() as usize - 1).min(20) / 10
}

/// A day of the first dekad that lies in a single calendar year of a run.
fn of_one_year(run: Window) -> Option<Date> {
    let mut years: [Option<i16>; 36] = [None; 36];
    let mut several = [false; 36];
    for date in run.iter() {
        let at = dekad_of_year(date);
        several[at] |= years[at].is_some_and(|year| year != date.year());
        years[at] = Some(date.year());
    }
    run.iter().find(|&date| !several[dekad_of_year(date)])
}
