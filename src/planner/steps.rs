//! The dekads of a plan, and how travel time spreads water over them.

use crate::calendar::{Period, Window, day_index};

/// The steps of a plan: the dekads of its window, cut at its edges. Days count from its first.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    windows: Vec<Window>,
    /// The first day of each step, and the day after the last.
    from: Vec<i64>,
}

impl Steps {
    pub(super) fn of(window: Window) -> Self {
        let windows = Period::Dekad.parts(window);
        let mut from: Vec<i64> = windows
            .iter()
            .map(|step| day_index(window.from(), step.from()))
            .collect();
        from.push(window.days() as i64);
        Self { windows, from }
    }

    pub(super) fn windows(&self) -> &[Window] {
        &self.windows
    }

    pub(super) fn len(&self) -> usize {
        self.windows.len()
    }

    pub(super) fn days(&self, step: usize) -> f64 {
        (self.from[step + 1] - self.from[step]) as f64
    }

    /// The days of a step.
    pub(super) fn range(&self, step: usize) -> std::ops::Range<usize> {
        self.from[step] as usize..self.from[step + 1] as usize
    }

    /// How many days of a stretch lie in a step.
    pub(super) fn overlap(&self, step: usize, from: i64, to: i64) -> f64 {
        let days = to.min(self.from[step + 1]) - from.max(self.from[step]);
        days.max(0) as f64
    }

    /// The steps from which water comes that arrives in a step after a travel time, with the part
    /// of each step's water that does: flows are even within a step.
    pub(super) fn sources(&self, step: usize, lag: u32) -> impl Iterator<Item = (usize, f64)> + '_ {
        let days = self.range(step);
        let (from, to) = (
            days.start as i64 - i64::from(lag),
            days.end as i64 - i64::from(lag),
        );
        (0..self.len()).filter_map(move |source| {
            let part = self.overlap(source, from, to) / self.days(source);
            (part > 0.0).then_some((source, part))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lag_moves_its_days_into_the_next_dekads() {
        let steps = Steps::of("2024-04-01..2024-05-31".parse().unwrap());
        let from = |step, lag| steps.sources(step, lag).collect::<Vec<_>>();
        assert_eq!(from(1, 2), [(0, 0.2), (1, 0.8)]);
        // 22 days on: the first dekad comes in the third, all but two days of it.
        assert_eq!(from(2, 22), [(0, 0.8)]);
        assert_eq!(from(3, 22), [(0, 0.2), (1, 0.8)]);
        // The third dekad of May has eleven days.
        assert_eq!(from(5, 1), [(4, 0.1), (5, 10.0 / 11.0)]);
    }
}
