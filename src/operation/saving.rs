//! Demand savings: users ask for less while a reservoir is low.

use super::curve::YearCurve;
use crate::basin::{Offtake, Reservoir};
use crate::calendar::Date;
use crate::error::{Diagnostic, Diagnostics, Origin};
use crate::units::Volume;

/// What part of their demand offtakes ask for, by what a reservoir holds.
///
/// Drought plans are written so: below one control curve a city asks its users to save, below the
/// next it bans the watering of gardens. Nobody takes the water from them; they ask for less, and
/// so what they save is no shortage: the journal's demand is what is left to ask for.
///
/// Each day the storage of the morning is held against the levels of that day, from the highest
/// down. Where water takes days from the reservoir to the user it is the last morning that the
/// user's wave knows of (see [`simulation`](crate::simulation)). Of several savings of one offtake
/// all apply. Saved is what the user asks for; then come the capacity of its head, limits and
/// licences. Licences share by the demand before savings, and the `planner` plans with it.
///
/// A run by a forecast ([`Foresight::Operational`](super::Foresight)) is refused: its orders would
/// have to foresee storages.
///
/// ```
/// use riparian::jiff::civil::date;
/// use riparian::operation::{Saving, SavingLevel, YearCurve};
/// use riparian::units::Volume;
///
/// let curve = |mcm| YearCurve::constant(Volume::from_mcm(mcm));
/// let levels = || vec![
///     SavingLevel::new(curve(80.0), [0.9; 12]),
///     SavingLevel::new(curve(40.0), [0.5; 12]),
/// ];
/// let (june, mcm) = (date(2024, 6, 1), Volume::from_mcm);
/// let steps = Saving::in_steps("drought plan", "lake", ["city"], levels());
/// assert_eq!(steps.part(mcm(80.0), june), 1.0);
/// assert_eq!(steps.part(mcm(60.0), june), 0.9);
/// assert_eq!(steps.part(mcm(39.0), june), 0.5);
/// let line = Saving::on_a_line("drought plan", "lake", ["city"], levels());
/// assert!((line.part(mcm(60.0), june) - 0.7).abs() < 1e-12);
/// ```
#[derive(Clone, Debug)]
pub struct Saving {
    /// Its id; no other saving has it.
    pub id: String,
    /// The reservoir whose storage decides.
    pub reservoir: String,
    /// The offtakes that ask for less.
    pub offtakes: Vec<String>,
    /// The part asked for, by month, at or above all levels: all of it unless told otherwise.
    /// Nothing on a line.
    pub above: [f64; 12],
    /// The levels, the highest first.
    pub levels: Vec<SavingLevel>,
    /// Whether the part lies on lines between the levels, or changes in steps at them.
    pub linear: bool,
    pub(crate) origin: Origin,
}

/// A level of a reservoir and a part of the demand.
#[derive(Clone, Debug)]
pub struct SavingLevel {
    /// The storage through the year.
    pub storage: YearCurve,
    /// By month, the part of the demand that is asked for: in steps, below the level; on a line, at
    /// it.
    pub part: [f64; 12],
}

impl SavingLevel {
    /// A level, and the part of the demand by month.
    pub fn new(storage: YearCurve, part: [f64; 12]) -> Self {
        Self { storage, part }
    }
}

impl Saving {
    fn new<S: Into<String>>(
        id: impl Into<String>,
        reservoir: impl Into<String>,
        offtakes: impl IntoIterator<Item = S>,
        levels: Vec<SavingLevel>,
        linear: bool,
    ) -> Self {
        Self {
            id: id.into(),
            reservoir: reservoir.into(),
            offtakes: offtakes.into_iter().map(Into::into).collect(),
            above: [1.0; 12],
            levels,
            linear,
            origin: Origin::default(),
        }
    }

    /// Below each level another part of the demand, until the storage is back at the level.
    pub fn in_steps<S: Into<String>>(
        id: impl Into<String>,
        reservoir: impl Into<String>,
        offtakes: impl IntoIterator<Item = S>,
        levels: Vec<SavingLevel>,
    ) -> Self {
        Self::new(id, reservoir, offtakes, levels, false)
    }

    /// At each level its part, linear between levels and level beyond the last on both sides.
    pub fn on_a_line<S: Into<String>>(
        id: impl Into<String>,
        reservoir: impl Into<String>,
        offtakes: impl IntoIterator<Item = S>,
        levels: Vec<SavingLevel>,
    ) -> Self {
        Self::new(id, reservoir, offtakes, levels, true)
    }

    /// The same, asking for a part by month above all levels too.
    #[must_use]
    pub fn otherwise(mut self, above: [f64; 12]) -> Self {
        self.above = above;
        self
    }

    /// The part of the demand that is asked for on a day on which so much is in store.
    pub fn part(&self, storage: Volume, date: Date) -> f64 {
        let month = usize::from(date.month().unsigned_abs()) - 1;
        let mut upper: Option<(&SavingLevel, Volume)> = None;
        for level in &self.levels {
            let volume = level.storage.on(date);
            if storage >= volume {
                return match upper {
                    Some((upper, top)) if self.linear => {
                        let into = (storage - volume) / (top - volume);
                        level.part[month] + (upper.part[month] - level.part[month]) * into
                    }
                    None if self.linear => level.part[month],
                    Some((upper, _)) => upper.part[month],
                    None => self.above[month],
                };
            }
            upper = Some((level, volume));
        }
        upper.map_or(self.above[month], |(level, _)| level.part[month])
    }
}

crate::error::written_at!(Saving);

/// Checks savings against the reservoirs and offtakes of a model.
pub(crate) fn check_savings(
    savings: &[Saving],
    reservoirs: &[Reservoir],
    offtakes: &[Offtake],
    faults: &mut Diagnostics,
) {
    for (s, saving) in savings.iter().enumerate() {
        let id = &saving.id;
        let fault = |what: String, field: &str, expected: &str| {
            let at = saving.origin.place(field);
            Diagnostic::new(what).at(at).expected(expected)
        };
        if savings[..s].iter().any(|other| other.id == *id) {
            let what = format!("saving `{id}` is declared twice");
            faults.push(fault(what, "id", "an id no other saving has"));
        }
        let known = || reservoirs.iter().map(|reservoir| reservoir.node.as_str());
        if known().all(|reservoir| reservoir != saving.reservoir) {
            let what = format!("unknown reservoir `{}`", saving.reservoir);
            let fault = fault(what, "reservoir", "the id of a reservoir");
            faults.push(fault.nearest(&saving.reservoir, known()));
        }
        for (i, member) in saving.offtakes.iter().enumerate() {
            let known = || offtakes.iter().map(|offtake| offtake.id.as_str());
            if known().all(|offtake| offtake != member) {
                let what = format!("unknown offtake `{member}`");
                let fault = fault(what, "offtakes", "the id of an offtake");
                faults.push(fault.nearest(member, known()));
            }
            if saving.offtakes[..i].contains(member) {
                let what = format!("offtake `{member}` is twice in the saving `{id}`");
                faults.push(fault(what, "offtakes", "each offtake once"));
            }
        }
        if saving.offtakes.is_empty() {
            let what = format!("saving `{id}` is nobody's");
            faults.push(fault(what, "offtakes", "one offtake or more"));
        }
        if saving.levels.is_empty() {
            let what = format!("saving `{id}` has no level");
            faults.push(fault(what, "levels", "one level or more"));
        }
        let levels = saving.levels.iter().map(|level| ("levels", &level.part));
        for (field, parts) in levels.chain([("above", &saving.above)]) {
            if let Some(part) = parts.iter().find(|part| !(0.0..=1.0).contains(*part)) {
                let what = format!("saving `{id}` asks for {part} of the demand");
                faults.push(fault(what, field, "a part from 0 to 1"));
            }
        }
    }
}
