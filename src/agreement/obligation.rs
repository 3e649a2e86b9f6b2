//! One promise: who owes whom what, where and when.

use jiff::civil::Date;

use crate::calendar::{Period, Window};
use crate::error::Origin;
use crate::units::{Energy, Flow, Volume};

/// One promise of an agreement.
#[derive(Clone, Debug)]
pub struct Obligation {
    /// Its id, unique over the agreements of a model.
    pub id: String,
    /// The article or words it rests on, for reports.
    pub article: String,
    /// The party that owes.
    pub debtor: String,
    /// The party it is owed to; none where the river itself is the beneficiary.
    pub creditor: Option<String>,
    /// Where it is measured.
    pub point: Point,
    /// What is measured there; `None` for the ordinary measure of the point: deliveries of an
    /// offtake, inflow of a reservoir, flow elsewhere.
    pub measure: Option<Measure>,
    /// What is due.
    pub form: Form,
    /// The days it holds.
    pub window: Window,
    /// The fraction of the committed amount that may be missing before the verdict is *short*.
    /// It is the agreement's own tolerance, never the program's.
    pub tolerance: f64,
    /// The priority class in which what is still owed is claimed on the river each day; without
    /// one the obligation only observes.
    pub claim: Option<String>,
    /// A second gauge, shown beside the first.
    pub second_point: Option<Point>,
    /// A figure stated by others, shown beside the measured one.
    pub second_reading: Option<SecondReading>,
    /// A total the source states, checked against what the obligation adds up to.
    pub stated_total: Option<Stated>,
    pub(crate) origin: Origin,
}

impl Obligation {
    /// A promise of `form` by `debtor`, measured at a point over a window.
    pub fn new(
        id: impl Into<String>,
        debtor: impl Into<String>,
        point: impl Into<Point>,
        window: Window,
        form: Form,
    ) -> Self {
        Self {
            id: id.into(),
            article: String::new(),
            debtor: debtor.into(),
            creditor: None,
            point: point.into(),
            measure: None,
            form,
            window,
            tolerance: 0.0,
            claim: None,
            second_point: None,
            second_reading: None,
            stated_total: None,
            origin: Origin::default(),
        }
    }

    /// The same, owed to a party.
    #[must_use]
    pub fn to(mut self, creditor: impl Into<String>) -> Self {
        self.creditor = Some(creditor.into());
        self
    }

    /// The same, measured as said.
    #[must_use]
    pub fn measured(mut self, measure: Measure) -> Self {
        self.measure = Some(measure);
        self
    }

    /// The same, claimed on the river in a priority class.
    #[must_use]
    pub fn claimed_in(mut self, class: impl Into<String>) -> Self {
        self.claim = Some(class.into());
        self
    }

    /// The same, with a tolerance as a fraction of the committed amount.
    #[must_use]
    pub fn tolerance(mut self, fraction: f64) -> Self {
        self.tolerance = fraction;
        self
    }

    /// The same, with where it was written, for the messages of a failed check.
    #[must_use]
    pub fn written_at(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }
}

/// Where an obligation is measured: a node, reach or offtake, or a weighted sum of several.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Ids and weights.
    pub terms: Vec<(String, f64)>,
}

impl Point {
    /// The plain sum of several points.
    pub fn sum<S: Into<String>>(ids: impl IntoIterator<Item = S>) -> Self {
        Self {
            terms: ids.into_iter().map(|id| (id.into(), 1.0)).collect(),
        }
    }

    /// The point's name for reports: the ids joined by ` + `.
    pub fn name(&self) -> String {
        let terms: Vec<String> = self
            .terms
            .iter()
            .map(|(id, weight)| {
                if *weight == 1.0 {
                    id.clone()
                } else {
                    format!("{weight} {id}")
                }
            })
            .collect();
        terms.join(" + ")
    }
}

impl From<&str> for Point {
    fn from(id: &str) -> Self {
        Self::sum([id])
    }
}

/// What is measured at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Water an offtake took.
    Delivered,
    /// Water that passed a node or entered a reach.
    Flow,
    /// Water the river brought to a reservoir, without lateral inflow at the reservoir itself.
    Inflow,
    /// Water a reservoir passed on purpose.
    Release,
    /// Water in a reservoir at the end of a day.
    Storage,
    /// Electricity made at a reservoir's power station.
    Energy,
    /// Nothing the model computes: the obligation is listed and stays pending.
    Nothing,
}

impl Measure {
    /// The measures and their names in agreement files.
    pub const NAMES: [(&'static str, Self); 7] = [
        ("delivered", Self::Delivered),
        ("flow", Self::Flow),
        ("inflow", Self::Inflow),
        ("release", Self::Release),
        ("storage", Self::Storage),
        ("energy", Self::Energy),
        ("none", Self::Nothing),
    ];

    /// The measure's name in agreement files.
    pub fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|&&(_, measure)| measure == self)
            .map_or("", |&(name, _)| name)
    }
}

/// Whether periods are settled one by one or the window as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Each {
    /// The window as a whole.
    #[default]
    Season,
    /// Each day, dekad or month, cut at the window's edges.
    Part(Period),
}

/// What is due.
#[derive(Clone, Debug)]
pub enum Form {
    /// A volume over the window.
    Volume(Volume),
    /// Volumes over periods, one after another.
    Schedule(Vec<(Window, Volume)>),
    /// A mean flow on every day; committed is that flow over the period, delivered what came of
    /// it: a surplus on one day does not make up for another.
    MinimumFlow {
        /// The least daily mean flow.
        flow: Flow,
        /// How it is settled.
        each: Each,
    },
    /// At least a volume in store at the end of a day.
    StorageBy {
        /// The least storage.
        volume: Volume,
        /// The day at whose end it is measured.
        by: Date,
    },
    /// At most a volume over the window: used against allowed.
    Limit(Volume),
    /// Energy over periods, one after another.
    Energy(Vec<(Window, Energy)>),
    /// Energy for water: so much for each cubic metre that passed another point.
    EnergyCoupled {
        /// Energy due for a cubic metre, in kWh.
        kwh_per_m3: f64,
        /// Where the water is measured, by its ordinary measure.
        coupled_to: Point,
        /// How it is settled.
        each: Each,
    },
}

impl Form {
    /// The form's name in agreement files.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Volume(_) => "volume",
            Self::Schedule(_) => "schedule",
            Self::MinimumFlow { .. } => "minimum-flow",
            Self::StorageBy { .. } => "storage-by",
            Self::Limit(_) => "limit",
            Self::Energy(_) => "energy",
            Self::EnergyCoupled { .. } => "energy-coupled",
        }
    }

    /// Whether committed and delivered are energies.
    pub fn is_energy(&self) -> bool {
        matches!(self, Self::Energy(_) | Self::EnergyCoupled { .. })
    }
}

/// A figure for what was delivered that others publish.
#[derive(Clone, Debug)]
pub struct SecondReading {
    /// The figure.
    pub volume: Volume,
    /// Whose figure it is.
    pub source: String,
}

/// A total as a source states it.
#[derive(Clone, Copy, Debug)]
pub struct Stated {
    /// The total, in the base unit of the obligation (m3 or kWh).
    pub total: f64,
    /// Half a unit of the last digit stated: how far off it may honestly be.
    pub precision: f64,
}
