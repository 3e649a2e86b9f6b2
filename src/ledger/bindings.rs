//! Why claims were not met, by day and place, in little memory.

use super::Daily;
use crate::allocation::Binding;

/// A table of [`Binding`]s by day and place.
///
/// Most claims are met on most days: a number stands for each reason and 0 for none, so that memory is touched only
/// where something was short.
///
/// Example: [`Ledger`](super::Ledger).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DailyBinding(pub(super) Daily<u64>);

/// Kinds of reasons besides being met.
const KINDS: u64 = 4;

impl DailyBinding {
    pub(crate) fn new(days: usize, width: usize) -> Self {
        Self(Daily::new(days, width, 0))
    }

    /// The reason at a place on a day, both counted from 0.
    ///
    /// # Panics
    ///
    /// If there is no such day or place.
    pub fn at(&self, day: usize, place: usize) -> Binding {
        unpacked(self.0.at(day, place))
    }

    /// The reasons at one place, day by day.
    pub fn of(&self, place: usize) -> impl Iterator<Item = Binding> + '_ {
        self.0.of(place).map(unpacked)
    }

    /// Writes a reason where nothing was written before.
    #[inline]
    pub(crate) fn note(&mut self, day: usize, place: usize, binding: Binding) {
        if binding != Binding::Met {
            self.0.set(day, place, packed(binding));
        }
    }
}

fn packed(binding: Binding) -> u64 {
    let (kind, index) = match binding {
        Binding::Met => return 0,
        Binding::Capacity(arc) => (0, arc),
        Binding::Floor(arc) => (1, arc),
        Binding::Seniors(node) => (2, node),
        Binding::NoWater(node) => (3, node),
    };
    1 + kind + KINDS * index as u64
}

fn unpacked(number: u64) -> Binding {
    let Some(number) = number.checked_sub(1) else {
        return Binding::Met;
    };
    let index = (number / KINDS) as usize;
    match number % KINDS {
        0 => Binding::Capacity(index),
        1 => Binding::Floor(index),
        2 => Binding::Seniors(index),
        _ => Binding::NoWater(index),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_comes_back_as_it_went_in() {
        let reasons = [
            Binding::Capacity(0),
            Binding::Met,
            Binding::Floor(7),
            Binding::Seniors(12_345),
            Binding::NoWater(usize::MAX / 8),
        ];
        let mut table = DailyBinding::new(reasons.len(), 2);
        for (day, &reason) in reasons.iter().enumerate() {
            table.note(day, 1, reason);
        }
        assert_eq!(table.of(1).collect::<Vec<_>>(), reasons);
        assert!(table.of(0).all(|reason| reason == Binding::Met));
    }
}
