//! Reservoirs: storage, outlets, losses and hydropower.

use jiff::civil::Date;

use super::curve::Curve;
use super::power::PowerPlant;
use crate::calendar::Season;
use crate::error::Origin;
use crate::units::{Flow, Level, Volume};

/// A reservoir at a node of kind [`Reservoir`](super::NodeKind::Reservoir).
///
/// Its zones, from the bottom: *dead* storage, which no outlet reaches; *conservation* storage up
/// to the *full supply* volume; *flood* storage up to the *surcharge* limit, held only while the
/// spillway cannot pass the water. What can neither be held nor released goes by the relief canal,
/// if there is one, and then over the spillway. Evaporation and seepage may draw on dead storage,
/// releases and offtakes never.
#[derive(Clone, Debug)]
pub struct Reservoir {
    /// The node it stands at.
    pub node: String,
    /// Who operates it; empty for nobody in particular.
    pub party: String,
    /// The storage at the start of the run.
    pub initial: Volume,
    /// The volume no outlet reaches.
    pub dead: Volume,
    /// The volume at full supply level.
    pub full: Volume,
    /// The volume that is never exceeded.
    pub surcharge: Volume,
    /// Level and surface by volume; without it neither evaporation, seepage, level-dependent
    /// outlets nor hydropower can be computed.
    pub curve: Option<Curve>,
    /// Its outlets; without any, release and spill know no limit.
    pub outlets: Vec<Outlet>,
    /// The canal from here that takes, as far as its capacity goes, what can neither be held below
    /// full supply level nor released: the way to a lake or a depression beside the river.
    pub relief: Option<String>,
    /// What is released whatever the policy says, as long as there is water.
    pub min_release: Flow,
    /// By how much the release of a day may be above that of the day before.
    pub ramp_up: Option<Flow>,
    /// By how much the release of a day may be below that of the day before.
    pub ramp_down: Option<Flow>,
    /// Limits of the release in parts of the year, such as under ice.
    pub seasonal: Vec<SeasonalLimit>,
    /// Evaporation depth by month, January first, in millimetres a month.
    pub evaporation_mm: [f64; 12],
    /// Seepage depth in millimetres a day over the surface.
    pub seepage_mm_per_day: f64,
    /// The power station, if it has one.
    pub power: Option<PowerPlant>,
    /// Which reservoirs hold on to unclaimed water first: the lower rank keeps it. `None`: the
    /// number of reservoirs upstream, so that water is held high in the basin. Equal ranks fill
    /// in proportion to their room.
    pub keep_rank: Option<u32>,
    pub(crate) origin: Origin,
}

impl Reservoir {
    /// An empty reservoir of a capacity: no dead storage, no surcharge, no losses.
    pub fn new(node: impl Into<String>, full: Volume) -> Self {
        Self {
            node: node.into(),
            party: String::new(),
            initial: Volume::ZERO,
            dead: Volume::ZERO,
            full,
            surcharge: full,
            curve: None,
            outlets: Vec::new(),
            relief: None,
            min_release: Flow::ZERO,
            ramp_up: None,
            ramp_down: None,
            seasonal: Vec::new(),
            evaporation_mm: [0.0; 12],
            seepage_mm_per_day: 0.0,
            power: None,
            keep_rank: None,
            origin: Origin::default(),
        }
    }

    /// The same, operated by a party.
    #[must_use]
    pub fn party(mut self, party: impl Into<String>) -> Self {
        self.party = party.into();
        self
    }

    /// The same, holding a volume at the start.
    #[must_use]
    pub fn initial(mut self, volume: Volume) -> Self {
        self.initial = volume;
        self
    }

    /// The same, with a dead volume.
    #[must_use]
    pub fn dead(mut self, volume: Volume) -> Self {
        self.dead = volume;
        self
    }

    /// The same, with a volume never exceeded, at least the full supply volume.
    #[must_use]
    pub fn surcharge(mut self, volume: Volume) -> Self {
        self.surcharge = volume;
        self
    }

    /// The same, with its level-volume-area curve.
    #[must_use]
    pub fn curve(mut self, curve: Curve) -> Self {
        self.curve = Some(curve);
        self
    }

    /// The same, with one more outlet.
    #[must_use]
    pub fn outlet(mut self, outlet: Outlet) -> Self {
        self.outlets.push(outlet);
        self
    }

    /// The same, with a canal that relieves it of what it can neither hold nor release.
    #[must_use]
    pub fn relief(mut self, canal: impl Into<String>) -> Self {
        self.relief = Some(canal.into());
        self
    }

    /// The same, with a minimum release.
    #[must_use]
    pub fn min_release(mut self, flow: Flow) -> Self {
        self.min_release = flow;
        self
    }

    /// The same, with a limit on the change of release from one day to the next, up and down.
    #[must_use]
    pub fn ramp(self, per_day: Flow) -> Self {
        self.ramp_up(per_day).ramp_down(per_day)
    }

    /// The same, with a limit on the rise of the release from one day to the next.
    #[must_use]
    pub fn ramp_up(mut self, per_day: Flow) -> Self {
        self.ramp_up = Some(per_day);
        self
    }

    /// The same, with a limit on the fall of the release from one day to the next.
    #[must_use]
    pub fn ramp_down(mut self, per_day: Flow) -> Self {
        self.ramp_down = Some(per_day);
        self
    }

    /// The same, with one more limit of the release in a part of the year.
    #[must_use]
    pub fn seasonal(mut self, limit: SeasonalLimit) -> Self {
        self.seasonal.push(limit);
        self
    }

    /// The same, with evaporation depths in millimetres by month, January first.
    #[must_use]
    pub fn evaporation_mm(mut self, by_month: [f64; 12]) -> Self {
        self.evaporation_mm = by_month;
        self
    }

    /// The same, with a seepage depth in millimetres a day.
    #[must_use]
    pub fn seepage_mm_per_day(mut self, depth: f64) -> Self {
        self.seepage_mm_per_day = depth;
        self
    }

    /// The same, with a power station.
    #[must_use]
    pub fn power(mut self, power: PowerPlant) -> Self {
        self.power = Some(power);
        self
    }

    /// The same, with a rank in keeping unclaimed water.
    #[must_use]
    pub fn keep_rank(mut self, rank: u32) -> Self {
        self.keep_rank = Some(rank);
        self
    }

    /// The water level at a volume, if there is a curve.
    pub fn level(&self, volume: Volume) -> Option<Level> {
        self.curve.as_ref().map(|curve| curve.level(volume))
    }

    /// What turbines and gates can pass at a volume: the most that can be released on purpose.
    /// Infinite where the reservoir has no outlet.
    pub fn release_capacity(&self, volume: Volume) -> Flow {
        self.release_capacity_at(self.level(volume))
    }

    fn release_capacity_at(&self, level: Option<Level>) -> Flow {
        if self.outlets.is_empty() {
            return Flow::from_m3s(f64::INFINITY);
        }
        self.capacity(level, |kind| kind != OutletKind::Spillway)
    }

    /// What the spillway can pass at a volume; infinite where there is none, since water that
    /// cannot be held goes somewhere.
    pub fn spill_capacity(&self, volume: Volume) -> Flow {
        if self.outlets.iter().all(|o| o.kind != OutletKind::Spillway) {
            return Flow::from_m3s(f64::INFINITY);
        }
        self.capacity(self.level(volume), |kind| kind == OutletKind::Spillway)
    }

    /// What the turbines can pass at a volume.
    pub fn turbine_capacity(&self, volume: Volume) -> Flow {
        if self.outlets.iter().all(|o| o.kind != OutletKind::Turbine) {
            return Flow::from_m3s(f64::INFINITY);
        }
        self.capacity(self.level(volume), |kind| kind == OutletKind::Turbine)
    }

    /// The least and the most that may be released on a day on purpose, by the storage at its start
    /// and the release of the day before.
    ///
    /// Where limits contradict each other, the first of these holds: what the outlets pass; the
    /// most of the season; ramping; the least of the season and of the reservoir. So a river that
    /// freezes is not flooded for the sake of a gentle fall, and who wants one gives the season two
    /// steps.
    ///
    /// ```
    /// use riparian::basin::{Reservoir, SeasonalLimit};
    /// use riparian::jiff::civil::date;
    /// use riparian::units::{Flow, Volume};
    ///
    /// let m3s = Flow::from_m3s;
    /// let full = Volume::from_mcm(5200.0);
    /// let lake = Reservoir::new("lake", full)
    ///     .ramp_up(m3s(100.0))
    ///     .ramp_down(m3s(50.0))
    ///     .seasonal(SeasonalLimit::new("12-01..02-29".parse()?).at_most(m3s(350.0)));
    /// let limits = |day, last| lake.release_limits(day, full, m3s(last));
    /// assert_eq!(limits(date(2024, 6, 1), 400.0), (m3s(350.0), m3s(500.0)));
    /// assert_eq!(limits(date(2024, 12, 1), 700.0), (m3s(350.0), m3s(350.0)));
    /// # Ok::<(), riparian::Error>(())
    /// ```
    pub fn release_limits(&self, date: Date, start: Volume, last_release: Flow) -> (Flow, Flow) {
        self.release_limits_at(date, self.level(start), last_release)
    }

    /// The same, where the level at the day's start is known.
    pub(crate) fn release_limits_at(
        &self,
        date: Date,
        level: Option<Level>,
        last_release: Flow,
    ) -> (Flow, Flow) {
        let mut least = self.min_release;
        let mut most = self.release_capacity_at(level);
        for limit in &self.seasonal {
            if limit.season.containing(date).is_some() {
                least = least.max(limit.min.unwrap_or(Flow::ZERO));
                most = most.min(limit.max.unwrap_or(most));
            }
        }
        if let Some(rise) = self.ramp_up {
            most = most.min(last_release + rise);
        }
        if let Some(fall) = self.ramp_down {
            least = least.max(last_release - fall);
        }
        (least.min(most), most)
    }

    fn capacity(&self, level: Option<Level>, which: impl Fn(OutletKind) -> bool) -> Flow {
        self.outlets
            .iter()
            .filter(|outlet| which(outlet.kind))
            .map(|outlet| outlet.capacity(level))
            .fold(Flow::ZERO, |sum, flow| sum + flow)
    }
}

crate::error::written_at!(Reservoir);

/// Limits of a release in a part of every year: what a river carries under its ice, or what keeps
/// the ice whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeasonalLimit {
    /// The part of the year.
    pub season: Season,
    /// The least that is released, as long as there is water.
    pub min: Option<Flow>,
    /// The most that is released on purpose.
    pub max: Option<Flow>,
}

impl SeasonalLimit {
    /// A season without limits as yet.
    pub fn new(season: Season) -> Self {
        Self {
            season,
            min: None,
            max: None,
        }
    }

    /// The same, with a least release.
    #[must_use]
    pub fn at_least(mut self, flow: Flow) -> Self {
        self.min = Some(flow);
        self
    }

    /// The same, with a largest release.
    #[must_use]
    pub fn at_most(mut self, flow: Flow) -> Self {
        self.max = Some(flow);
        self
    }
}

/// What kind of way water takes out of a reservoir.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutletKind {
    /// Through the turbines.
    Turbine,
    /// Through a gate or bottom outlet.
    Gate,
    /// Over the spillway: nobody opens it, it passes what rises above full supply level.
    Spillway,
}

impl OutletKind {
    /// The kind of that name in `outlets.csv`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "turbine" => Some(Self::Turbine),
            "gate" => Some(Self::Gate),
            "spillway" => Some(Self::Spillway),
            _ => None,
        }
    }
}

/// A way out of a reservoir, with its capacity by water level.
///
/// ```
/// use riparian::basin::{Outlet, OutletKind};
/// use riparian::units::{Flow, Level};
///
/// let at = |m, m3s| (Level::from_m(m), Flow::from_m3s(m3s));
/// let gate = Outlet::by_level("gate", OutletKind::Gate, vec![at(330.0, 0.0), at(350.0, 400.0)]);
/// assert_eq!(gate.capacity(Some(Level::from_m(340.0))), Flow::from_m3s(200.0));
/// let units = Outlet::constant("units", OutletKind::Turbine, Flow::from_m3s(180.0));
/// assert_eq!(units.capacity(Some(Level::from_m(340.0))), Flow::from_m3s(180.0));
/// assert_eq!(OutletKind::from_name("spillway"), Some(OutletKind::Spillway));
/// ```
#[derive(Clone, Debug)]
pub struct Outlet {
    /// Its id within the reservoir.
    pub id: String,
    /// Turbine, gate or spillway.
    pub kind: OutletKind,
    /// Capacity at rising levels: nothing below the first, linear between, constant above the
    /// last. One point at any level below the water means a constant capacity.
    pub points: Vec<(Level, Flow)>,
}

impl Outlet {
    /// An outlet with a capacity that does not depend on the level.
    pub fn constant(id: impl Into<String>, kind: OutletKind, capacity: Flow) -> Self {
        Self {
            id: id.into(),
            kind,
            points: vec![(Level::from_m(f64::NEG_INFINITY), capacity)],
        }
    }

    /// An outlet with a capacity by level.
    pub fn by_level(id: impl Into<String>, kind: OutletKind, points: Vec<(Level, Flow)>) -> Self {
        Self {
            id: id.into(),
            kind,
            points,
        }
    }

    /// What it passes at a level; without a level, what it passes at most.
    pub fn capacity(&self, level: Option<Level>) -> Flow {
        let Some(&(_, highest)) = self.points.last() else {
            return Flow::ZERO;
        };
        let Some(level) = level else { return highest };
        let above = self.points.partition_point(|&(z, _)| z <= level);
        if above == 0 {
            Flow::ZERO
        } else if above == self.points.len() {
            highest
        } else {
            let ((z0, q0), (z1, q1)) = (self.points[above - 1], self.points[above]);
            let t = (level.m() - z0.m()) / (z1.m() - z0.m());
            q0 + (q1 - q0) * t
        }
    }
}
