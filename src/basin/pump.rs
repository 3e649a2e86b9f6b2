//! Pumps: what it costs in energy to lift water.
//!
//! # The equation
//!
//! To lift a volume `V` by a head `H` takes the energy `E = rho g V H / eta`, with the weight of water
//! `rho g` that [`power`](super::power) counts with: a station that lifts a cubic metre by 100 m at an
//! efficiency of 0.75 uses 0.363 kWh. `H` is the static head, the difference of the two water levels;
//! `eta` is the *overall* efficiency of pump, motor and transformer, and what is lost to friction in
//! the pipes is best counted in it.
//!
//! A [`Pump`] stands at an offtake, or in a canal: it lifts what its user takes, or what enters the
//! canal. As the lift is constant, a limit on power or on the energy of a day is a limit on the flow,
//! and the two are the same water: when a basin is checked, they become part of the capacity of the
//! offtake's head or of the canal, which is then the least of all three. The river's own water is not
//! pumped: a river reach carries floods whatever its capacity.
//!
//! # Interties
//!
//! An intertie between two rivers is a [canal](super::ReachKind::Canal) from a node of one to a node of
//! the other, with a pump or without. Like every canal it carries what is claimed beyond its head that
//! the other river does not bring itself, and no more; where it closes a ring, as little as possible.
//! But a reservoir beyond it is claimed for too: water that nobody else claims is kept wherever it finds
//! room, so that an intertie fills it with what one river has to spare, as a feeder canal fills a lake
//! beside the river. How fast, only a limit says.
//! Nothing in the allocation weighs energy against water: whoever wants less to be pumped says so by
//! capacities, power limits, priority classes or a [licence](crate::licence).
//!
//! # What it does not know
//!
//! Lifts that change with the level of a lake, efficiencies that change with the flow, tariffs, hours
//! of the day.
//!
//! # Sources
//!
//! The power of a pump, weight of water times flow times head over efficiency: Karassik and others,
//! *Pump Handbook* (McGraw-Hill, 4th edition, 2008), chapter 1; the same equation turned round as that
//! of a turbine in US Army Corps of Engineers, *Hydropower*, EM 1110-2-1701 (1985).

use super::power::{JOULES_PER_KWH, WEIGHT_OF_WATER};
use super::{Offtake, Party, Reach, ReachKind};
use crate::error::{Diagnostic, Diagnostics, Origin};
use crate::units::{Energy, Flow, Hours, Level, Power, Volume};

/// A pumping station at an offtake or in a canal; the [module](self) says how it works.
///
/// ```
/// use riparian::basin::Pump;
/// use riparian::units::{Level, Power, Volume};
///
/// let station = Pump::new("station", Level::from_m(132.0), 0.75).power(Power::from_mw(300.0));
/// // 1 Mm3, lifted by 132 m.
/// let energy = station.energy_for(Volume::from_mcm(1.0));
/// assert!((energy.mwh() - 479.4).abs() < 0.1);
/// // 300 MW lift 174 m3/s.
/// assert!((station.most().expect("a limit").m3s() - 173.8).abs() < 0.1);
/// ```
#[derive(Clone, Debug)]
pub struct Pump {
    /// The id of the offtake, or of the canal.
    pub at: String,
    /// Who bears the energy; `None` for the party of the offtake, and of a canal for nobody.
    pub party: Option<String>,
    /// The static head, above 0.
    pub lift: Level,
    /// The overall efficiency, above 0 and at most 1.
    pub efficiency: f64,
    /// The most power it draws, over all units; `None` for no limit.
    pub power: Option<Power>,
    /// The most energy it uses in a day; `None` for no limit.
    pub energy: Option<Energy>,
    pub(crate) origin: Origin,
}

impl Pump {
    /// A pump without limits at an offtake or in a canal.
    pub fn new(at: impl Into<String>, lift: Level, efficiency: f64) -> Self {
        Self {
            at: at.into(),
            party: None,
            lift,
            efficiency,
            power: None,
            energy: None,
            origin: Origin::default(),
        }
    }

    /// The same, whose energy a party bears.
    #[must_use]
    pub fn borne_by(mut self, party: impl Into<String>) -> Self {
        self.party = Some(party.into());
        self
    }

    /// The same, with a limit on its power.
    #[must_use]
    pub fn power(mut self, power: Power) -> Self {
        self.power = Some(power);
        self
    }

    /// The same, with a limit on the energy of a day.
    #[must_use]
    pub fn energy_a_day(mut self, energy: Energy) -> Self {
        self.energy = Some(energy);
        self
    }

    /// The energy that lifts a volume.
    pub fn energy_for(&self, volume: Volume) -> Energy {
        Energy::from_kwh(self.kwh_per_m3() * volume.m3())
    }

    /// The flow that its limits leave, if it has any.
    pub fn most(&self) -> Option<Flow> {
        let by_power = self.power.map(|power| power * Hours(24.0));
        let of_day = [by_power, self.energy];
        let least = of_day.into_iter().flatten().reduce(Energy::min)?;
        let volume = Volume::from_m3(least.kwh() / self.kwh_per_m3());
        Some(volume.per_days(1.0))
    }

    pub(crate) fn kwh_per_m3(&self) -> f64 {
        WEIGHT_OF_WATER * self.lift.m() / self.efficiency / JOULES_PER_KWH
    }
}

crate::error::written_at!(Pump);

/// What a pump lifts.
///
/// Example: [`Pump`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pumped {
    /// What an offtake takes.
    Offtake(usize),
    /// What enters a canal.
    Canal(usize),
}

/// Checks pumps, and says what each lifts; nothing where that is not known. Their limits become part of
/// the capacities of canals and heads.
pub(super) fn check(
    pumps: &[Pump],
    (reaches, offtakes): (&mut [Reach], &mut [Offtake]),
    parties: &[Party],
    faults: &mut Diagnostics,
) -> Option<Vec<Pumped>> {
    let found = places(pumps, reaches, offtakes, faults);
    check_numbers(pumps, parties, faults);
    let found = found?;
    for (pump, at) in pumps.iter().zip(&found) {
        let Some(most) = pump.most() else {
            continue;
        };
        match *at {
            Pumped::Offtake(i) => within(&mut offtakes[i].capacity, most),
            Pumped::Canal(r) => {
                within(&mut reaches[r].capacity, most);
                let seasons = reaches[r].seasons.iter_mut();
                for season in seasons.filter(|season| season.capacity.is_some()) {
                    within(&mut season.capacity, most);
                }
            }
        }
    }
    Some(found)
}

/// What is left of a capacity under a pump's limit.
fn within(capacity: &mut Option<Flow>, most: Flow) {
    *capacity = Some(capacity.map_or(most, |capacity| capacity.min(most)));
}

/// What each pump lifts, if all is known.
fn places(
    pumps: &[Pump],
    reaches: &[Reach],
    offtakes: &[Offtake],
    faults: &mut Diagnostics,
) -> Option<Vec<Pumped>> {
    let mut found = Vec::new();
    for (p, pump) in pumps.iter().enumerate() {
        let id = &pump.at;
        let fault = |what: String, field: &str, expected: &str| {
            let at = pump.origin.place(field);
            Diagnostic::new(what).at(at).expected(expected)
        };
        let canal = reaches.iter().position(|reach| reach.id == *id);
        let user = offtakes.iter().position(|offtake| offtake.id == *id);
        match (canal, user) {
            (Some(r), _) if reaches[r].kind == ReachKind::River => {
                let what = format!("a pump in the river `{id}`");
                faults.push(fault(what, "at", "an offtake or a canal"));
            }
            (Some(r), _) => found.push(Pumped::Canal(r)),
            (None, Some(i)) => found.push(Pumped::Offtake(i)),
            (None, None) => {
                let what = format!("a pump at the unknown place `{id}`");
                let canals = reaches.iter().map(|reach| reach.id.as_str());
                let known = canals.chain(offtakes.iter().map(|offtake| offtake.id.as_str()));
                let fault = fault(what, "at", "the id of an offtake or a canal");
                faults.push(fault.nearest(id, known));
            }
        }
        if pumps[..p].iter().any(|other| other.at == *id) {
            let what = format!("two pumps at `{id}`");
            faults.push(fault(what, "at", "one pump a place"));
        }
    }
    (found.len() == pumps.len()).then_some(found)
}

fn check_numbers(pumps: &[Pump], parties: &[Party], faults: &mut Diagnostics) {
    for pump in pumps {
        let id = &pump.at;
        let fault = |what: String, field: &str, expected: &str| {
            let at = pump.origin.place(field);
            Diagnostic::new(what).at(at).expected(expected)
        };
        if let Some(party) = &pump.party
            && parties.iter().all(|known| known.id != *party)
        {
            let known = parties.iter().map(|known| known.id.as_str());
            let fault = fault(
                format!("unknown party `{party}`"),
                "party",
                "the id of a party",
            );
            faults.push(fault.nearest(party, known));
        }
        if !(pump.lift.is_finite() && pump.lift > Level::ZERO) {
            let what = format!("the lift of the pump at `{id}` is {}", pump.lift);
            faults.push(fault(what, "lift_m", "a head above 0"));
        }
        if !(pump.efficiency > 0.0 && pump.efficiency <= 1.0) {
            let what = format!("an efficiency of {}", pump.efficiency);
            faults.push(fault(
                what,
                "efficiency",
                "a fraction above 0 and at most 1",
            ));
        }
        let sound = |limit: f64| limit.is_finite() && limit >= 0.0;
        if let Some(power) = pump.power.filter(|power| !sound(power.mw())) {
            let what = format!("the power of the pump at `{id}` is {power}");
            faults.push(fault(what, "capacity_mw", "at least 0"));
        }
        if let Some(energy) = pump.energy.filter(|energy| !sound(energy.mwh())) {
            let what = format!("the energy of the pump at `{id}` is {energy}");
            faults.push(fault(what, "energy_mwh_per_day", "at least 0"));
        }
    }
}
