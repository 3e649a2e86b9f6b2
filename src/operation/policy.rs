//! The trait of release policies, what they see and what they answer.

use std::fmt::Debug;
use std::sync::Arc;

use jiff::civil::Date;

use crate::basin::Reservoir;
use crate::units::{Flow, Level, Volume};

/// What the operator of a reservoir wants on a day.
///
/// Implementations must be pure: the same view gives the same decision, so that runs repeat to the
/// last bit and a restored state goes on as the original would have.
///
/// ```
/// use riparian::operation::{Decision, ReleasePolicy, ReservoirView};
///
/// /// Releases what came in yesterday: a lake that was never dammed.
/// #[derive(Debug)]
/// struct Natural;
///
/// impl ReleasePolicy for Natural {
///     fn name(&self) -> &str {
///         "natural"
///     }
///
///     fn decide(&self, lake: &ReservoirView, decision: &mut Decision) {
///         decision.release(lake.last_inflow.min(lake.max_release).max(lake.min_release));
///     }
/// }
/// ```
pub trait ReleasePolicy: Debug + Send + Sync {
    /// The policy's name, for messages and reports.
    fn name(&self) -> &str;

    /// The priority class of each storage wish the policy makes, from the bottom of the reservoir
    /// up; asked once, when the plan is compiled.
    fn storage_classes(&self) -> Vec<String> {
        Vec::new()
    }

    /// The priority class in which the floor of the release is claimed, as far as it lies above
    /// [`ReservoirView::min_release`]; `None`: before all classes. Asked once, when the plan is
    /// compiled.
    ///
    /// A reservoir that runs low draws on the river above it for what it must release. In a class
    /// junior to the users up there it does so only after them.
    fn release_class(&self) -> Option<String> {
        None
    }

    /// Whether [`ReservoirView::demand`] must be computed for this policy.
    fn sees_demand(&self) -> bool {
        false
    }

    /// The first and last day the policy can decide, if it does not hold for ever. A model whose
    /// run is longer is refused.
    fn valid(&self) -> Option<(Date, Date)> {
        None
    }

    /// How many days the policy looks ahead, today included: as many it finds in
    /// [`ReservoirView::forecast`], or more, except where the run ends before.
    fn horizon(&self) -> usize {
        0
    }

    /// Whether the policy can operate that reservoir; asked once, when the model is checked.
    ///
    /// # Errors
    ///
    /// What the reservoir lacks, in words that go on from "the policy of `lake` ...".
    fn suits(&self, _reservoir: &Reservoir) -> Result<(), String> {
        Ok(())
    }

    /// Whether it ever changes the decision it is given: one that does not need not be asked.
    fn decides(&self) -> bool {
        true
    }

    /// Writes what is wanted on the day of `view` into `decision`, which comes as
    /// `min_release..=max_release` with no storage wishes.
    fn decide(&self, view: &ReservoirView, decision: &mut Decision);
}

impl<P: ReleasePolicy + ?Sized> ReleasePolicy for Arc<P> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn storage_classes(&self) -> Vec<String> {
        (**self).storage_classes()
    }

    fn release_class(&self) -> Option<String> {
        (**self).release_class()
    }

    fn sees_demand(&self) -> bool {
        (**self).sees_demand()
    }

    fn valid(&self) -> Option<(Date, Date)> {
        (**self).valid()
    }

    fn horizon(&self) -> usize {
        (**self).horizon()
    }

    fn suits(&self, reservoir: &Reservoir) -> Result<(), String> {
        (**self).suits(reservoir)
    }

    fn decides(&self) -> bool {
        (**self).decides()
    }

    fn decide(&self, view: &ReservoirView, decision: &mut Decision) {
        (**self).decide(view, decision);
    }
}

/// What a policy sees of its reservoir on a day, before the day's allocation.
///
/// Inflow that comes down the river on the day itself is not known yet: it depends on the same
/// allocation. [`ReservoirView::last_inflow`] is the last one seen.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ReservoirView<'a> {
    /// The reservoir itself: its curve, outlets and power station.
    pub reservoir: &'a Reservoir,
    /// The day.
    pub date: Date,
    /// Storage at the start of the day.
    pub storage: Volume,
    /// Storage after the day's known gains and losses: lateral inflow, rain, evaporation,
    /// seepage, the unaccounted term.
    pub available: Volume,
    /// Dead storage.
    pub dead: Volume,
    /// Full supply volume.
    pub full: Volume,
    /// Water level at the start of the day, if there is a curve.
    pub level: Option<Level>,
    /// The part of today's inflow that is in [`available`](Self::available) already: what enters at
    /// the reservoir itself, negative for a net loss.
    pub entered: Flow,
    /// The inflow expected today and on the days after, both what the river brings and what enters
    /// at the reservoir itself; at least as many days as [`ReleasePolicy::horizon`] asks for, except
    /// at the end of the run. The [module](super) says where it comes from.
    pub forecast: &'a [Flow],
    /// What the river brought the day before.
    pub last_inflow: Flow,
    /// The release of the day before.
    pub last_release: Flow,
    /// The least the release may be today: the minimum release, and ramping and seasonal limits.
    pub min_release: Flow,
    /// The most that can be released on purpose today: the outlets at this level, and ramping and
    /// seasonal limits. Infinite where nothing limits it.
    pub max_release: Flow,
    /// What is claimed from here down to the next reservoirs today, losses on the way included,
    /// net of what enters there; zero unless [`ReleasePolicy::sees_demand`].
    pub demand: Flow,
}

/// What a policy takes for the inflow it cannot know yet.
///
/// ```
/// use riparian::operation::{Expects, StorageTarget, YearCurve};
/// use riparian::units::Volume;
///
/// // 300 Mm3 every evening, by the forecast; what is off is made good in ten days.
/// let level = YearCurve::constant(Volume::from_mcm(300.0));
/// let target = StorageTarget::new(level.clone(), 10).unwrap().expecting(Expects::Forecast);
/// assert!(StorageTarget::new(level, 0).is_err());
/// # let _ = target;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Expects {
    /// That it goes on as it was.
    #[default]
    LastInflow,
    /// What the forecast says.
    Forecast,
}

impl Expects {
    /// The expectations and their names in `scenario.toml`.
    pub const NAMES: [(&'static str, Self); 2] = [
        ("last-inflow", Self::LastInflow),
        ("forecast", Self::Forecast),
    ];
}

impl ReservoirView<'_> {
    /// The volume expected at the end of today, were nothing released.
    pub fn expected_today(&self, expects: Expects) -> Volume {
        let river = match (expects, self.forecast) {
            (Expects::Forecast, [today, ..]) => (*today - self.entered).max(Flow::ZERO),
            _ => self.last_inflow,
        };
        self.available + river.over_days(1.0)
    }

    /// The volumes expected at the end of today and of the days after, as far as the forecast goes,
    /// were nothing released. Evaporation, seepage and rain of the days after today are not
    /// foreseen.
    ///
    /// ```
    /// # use riparian::operation::ReservoirView;
    /// # use riparian::units::Volume;
    /// /// The most the forecast would have in the lake.
    /// fn highest(lake: &ReservoirView) -> Volume {
    ///     lake.foreseen().fold(lake.available, Volume::max)
    /// }
    /// ```
    pub fn foreseen(&self) -> impl Iterator<Item = Volume> {
        let mut volume = self.expected_today(Expects::Forecast);
        self.forecast.iter().enumerate().map(move |(day, flow)| {
            if day > 0 {
                volume += flow.over_days(1.0);
            }
            volume
        })
    }

    /// The flow nearest to `wanted` that may be released today.
    pub fn within_limits(&self, wanted: Flow) -> Flow {
        wanted.min(self.max_release).max(self.min_release)
    }
}

/// A policy's answer for a day.
#[derive(Clone, Debug)]
pub struct Decision {
    pub(crate) floor: Flow,
    pub(crate) ceiling: Flow,
    pub(crate) keep: Vec<Volume>,
}

impl Decision {
    pub(crate) fn with_wishes(count: usize) -> Self {
        Self {
            floor: Flow::ZERO,
            ceiling: Flow::ZERO,
            keep: vec![Volume::ZERO; count],
        }
    }

    pub(crate) fn reset(&mut self, floor: Flow, ceiling: Flow) {
        self.floor = floor;
        self.ceiling = ceiling;
        self.keep.fill(Volume::ZERO);
    }

    /// Releases exactly this, as long as there is water for it.
    pub fn release(&mut self, flow: Flow) {
        self.floor = flow;
        self.ceiling = flow;
    }

    /// Releases at least this, as long as there is water for it, before any other claim or as
    /// [`ReleasePolicy::release_class`] says.
    pub fn at_least(&mut self, flow: Flow) {
        self.floor = flow;
    }

    /// Releases at most this on purpose; what cannot be held is spilled all the same.
    pub fn at_most(&mut self, flow: Flow) {
        self.ceiling = flow;
    }

    /// Wishes to keep a volume in the reservoir, as the claim of the class that
    /// [`ReleasePolicy::storage_classes`] names at `wish`. Volumes of several wishes lie on top of
    /// one another, above dead storage.
    ///
    /// # Panics
    ///
    /// If the policy declared no class for that wish.
    pub fn keep(&mut self, wish: usize, volume: Volume) {
        self.keep[wish] = volume;
    }

    /// Floor and ceiling in m3 a day, never -0.
    pub(crate) fn volumes(&self) -> (f64, f64) {
        let volume = |flow: Flow| flow.over_days(1.0).m3() + 0.0;
        (volume(self.floor), volume(self.ceiling))
    }

    /// The least that should be released.
    pub fn floor(&self) -> Flow {
        self.floor
    }

    /// The most that may be released on purpose.
    pub fn ceiling(&self) -> Flow {
        self.ceiling
    }
}

/// The standard operating policy: every claim downstream is served while there is water, and what
/// nobody claims is stored.
///
/// It wishes nothing of its own. Source: Maass et al., *Design of Water-Resource Systems* (1962).
#[derive(Clone, Copy, Debug, Default)]
pub struct StandardOperating;

impl ReleasePolicy for StandardOperating {
    fn name(&self) -> &'static str {
        "standard"
    }

    fn decides(&self) -> bool {
        false
    }

    fn decide(&self, _view: &ReservoirView, _decision: &mut Decision) {}
}
