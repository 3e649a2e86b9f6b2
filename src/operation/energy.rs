//! Releases that make electricity.

use jiff::civil::Date;

use super::policy::{Decision, Expects, ReleasePolicy, ReservoirView};
use crate::basin::Reservoir;
use crate::series::DailySeries;
use crate::units::Energy;

/// Releases at least what makes the energy that is wanted on the day.
///
/// It is the least release that does, at the day's own head, as
/// [`Reservoir::release_for_energy`] finds it, brought between what must and what can be released;
/// where no release makes so much, the one that makes most. Other claims may draw more. The head
/// needs the volume at the day's end, and so the inflow the river will bring, which is not known
/// yet: it is taken to be as [`Expects`] says. What offtakes and canals at the reservoir itself will
/// take is not foreseen.
///
/// ```
/// use riparian::calendar::Window;
/// use riparian::jiff::civil::date;
/// use riparian::operation::{EnergyDemand, ReleasePolicy};
/// use riparian::series::DailySeries;
///
/// let winter = Window::new(date(2024, 10, 1), date(2025, 3, 31))?;
/// let policy = EnergyDemand::new(DailySeries::constant(winter, 1800.0)?);
/// assert_eq!(policy.valid(), Some((winter.from(), winter.to())));
/// # Ok::<(), riparian::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct EnergyDemand {
    mwh: DailySeries,
    expects: Expects,
}

impl EnergyDemand {
    /// A demand in `MWh` a day; the river is taken to bring what it brought the day before.
    pub fn new(mwh: DailySeries) -> Self {
        Self {
            mwh,
            expects: Expects::LastInflow,
        }
    }

    /// The same, with another expectation.
    #[must_use]
    pub fn expecting(mut self, expects: Expects) -> Self {
        self.expects = expects;
        self
    }
}

impl ReleasePolicy for EnergyDemand {
    fn name(&self) -> &'static str {
        "energy-demand"
    }

    fn valid(&self) -> Option<(Date, Date)> {
        Some((self.mwh.start(), self.mwh.end()))
    }

    fn horizon(&self) -> usize {
        usize::from(self.expects == Expects::Forecast)
    }

    fn suits(&self, reservoir: &Reservoir) -> Result<(), String> {
        match reservoir.power {
            Some(_) => Ok(()),
            None => Err("makes energy, and there is no power station".into()),
        }
    }

    fn decide(&self, view: &ReservoirView, decision: &mut Decision) {
        let wanted = Energy::from_mwh(self.mwh.get(view.date).unwrap_or(0.0));
        let before = view.expected_today(self.expects);
        let release = view.reservoir.release_for_energy(
            wanted,
            view.date,
            (view.storage, before),
            view.max_release,
        );
        // A model without station or curve was refused.
        decision.at_least(view.within_limits(release.unwrap_or(view.min_release)));
    }
}
