//! How much energy a run makes for sure, and how much pumping takes.

use super::{Ledger, Sum};
use crate::basin::Basin;
use crate::calendar::HydrologicalYear;
use crate::units::Energy;

/// The largest amount that at least the fraction `reliability` of the values reach: the value of
/// rank `k` from the largest, where `k` is the least number of values with `k / n >= reliability`.
fn reached(mut values: Vec<f64>, reliability: f64) -> Option<Energy> {
    assert!(
        reliability > 0.0 && reliability <= 1.0,
        "a reliability of {reliability}"
    );
    values.sort_by(|a, b| b.total_cmp(a));
    let n = values.len() as f64;
    let ranked = (1_u32..).zip(values);
    ranked
        .skip_while(|&(rank, _)| f64::from(rank) / n < reliability)
        .map(|(_, kwh)| Energy::from_kwh(kwh))
        .next()
}

impl Ledger {
    /// The energy a reservoir's station makes on the fraction `reliability` of the days, or more on
    /// each.
    ///
    /// It is the observed value, without interpolation: of ten days, the ninth largest at 90 %.
    /// Planners of the region ask for 90 or 95 %. As an energy a day it is a duration value, and says
    /// nothing of how the poor days lie together. Days before a restored state count as nothing.
    ///
    /// # Panics
    ///
    /// If there is no such reservoir, or the reliability is not above 0 and at most 1.
    pub fn firm_energy_by_day(&self, reservoir: usize, reliability: f64) -> Energy {
        let days = self.reservoirs.energy.of(reservoir).collect();
        reached(days, reliability).unwrap_or(Energy::ZERO)
    }

    /// The energy a reservoir's station makes in the fraction `reliability` of the hydrological
    /// years, or more in each; years that the run holds in part do not count. None if it holds none
    /// in whole.
    ///
    /// # Panics
    ///
    /// As for [`Ledger::firm_energy_by_day`].
    pub fn firm_energy_by_year(&self, reservoir: usize, reliability: f64) -> Option<Energy> {
        let mut years = Vec::new();
        let mut year: Option<(HydrologicalYear, f64)> = None;
        for (day, kwh) in self.reservoirs.energy.of(reservoir).enumerate() {
            let this = HydrologicalYear::containing(self.date(day));
            match &mut year {
                Some((of, sum)) if *of == this => *sum += kwh,
                _ => years.extend(year.replace((this, kwh))),
            }
        }
        years.extend(year);
        let whole = years
            .into_iter()
            .filter(|(year, _)| self.window.covers(year.window()))
            .map(|(_, kwh)| kwh);
        reached(whole.collect(), reliability)
    }

    /// The energy a pump takes over the run.
    ///
    /// # Panics
    ///
    /// If there is no such pump.
    pub fn pumping(&self, pump: usize) -> Energy {
        let days: Sum = self.pumps.energy.of(pump).collect();
        Energy::from_kwh(days.value())
    }

    /// The energy each party bears for pumping over the run, in the order in which parties are
    /// declared; that of canals for which nobody is named comes last, as `None`. Who bears none is
    /// left out.
    ///
    /// # Panics
    ///
    /// If the ledger is of another basin.
    pub fn pumping_by_party<'b>(&self, basin: &'b Basin) -> Vec<(Option<&'b str>, Energy)> {
        let parties = basin.parties().iter().map(|party| Some(party.id.as_str()));
        let borne = |party: Option<&'b str>| {
            let own = (0..basin.pumps().len()).filter(move |&p| basin.pumping_party(p) == party);
            let energy: Sum = own.flat_map(|p| self.pumps.energy.of(p)).collect();
            (party, Energy::from_kwh(energy.value()))
        };
        let all = parties.chain([None]).map(borne);
        all.filter(|(_, energy)| *energy > Energy::ZERO).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reliability_is_a_rank() {
        let of = |n: i32, reliability| {
            let values = (1..=n).map(f64::from).collect();
            reached(values, reliability).map(Energy::kwh)
        };
        assert_eq!(of(10, 0.9), Some(2.0));
        assert_eq!(of(10, 0.95), Some(1.0));
        assert_eq!(of(100, 0.95), Some(6.0));
        // Seven per cent of a hundred is seven, whatever a product of floats says.
        assert_eq!(of(100, 0.07), Some(94.0));
        assert_eq!(of(3, 1.0), Some(1.0));
        assert_eq!(of(3, 1e-9), Some(3.0));
        assert_eq!(of(0, 0.9), None);
    }
}
