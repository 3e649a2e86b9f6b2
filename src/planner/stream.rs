//! Water on its way: what is chosen up the river, and how much of it passes a place on each day.
//!
//! A choice is even within each of its pieces, a dekad or a part of one. What a reach does to water is
//! linear and known beforehand, so a choice goes down the river as the part of it that passes on each
//! day: later by the lag of its day of entry, spread where a reach stores water. It is added up over
//! dekads only where it is looked at: spread anew in each reach it would run ahead of itself.

use std::ops::Range;
use std::rc::Rc;

use super::program::Line;
use super::wants::MILLION;
use crate::simulation::Plan;

/// A rate that stays within this part of a choice's own counts as even.
const EVEN: f64 = 0.05;

/// What is known stays even within this part of its largest.
const KNOWN_EVEN: f64 = 1e-3;

/// A part of a choice less than this is no water any more: the end of a reservoir's long tail.
const NOTHING: f64 = 1e-12;

/// What is chosen, by stretches of days; in Mm3 each.
pub(super) type Pieces = Vec<(Range<usize>, Line)>;

/// How much of a piece passes on each day from the first on which some does, as parts of it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Passage {
    first: usize,
    parts: Vec<f64>,
    /// What passes on a day were it not spread: the measure of evenness.
    rate: f64,
}

/// A choice on its way.
#[derive(Clone, Debug)]
struct Part {
    choice: usize,
    passages: Rc<[Passage]>,
    gain: f64,
}

/// What passes a place: choices, and what is known, by day of the run.
#[derive(Clone, Debug, Default)]
pub(super) struct Stream {
    parts: Vec<Part>,
    /// In Mm3 a day.
    pub(super) known: Vec<f64>,
}

/// All that is chosen.
#[derive(Clone, Debug, Default)]
pub(super) struct Choices {
    pieces: Vec<Pieces>,
}

impl Choices {
    /// A stream of one choice, where it is made.
    pub(super) fn stream(&mut self, pieces: Pieces, days: usize) -> Stream {
        let mut stream = Stream::nothing(days);
        self.add(&mut stream, pieces);
        stream
    }

    /// Adds a choice to a stream.
    pub(super) fn add(&mut self, stream: &mut Stream, pieces: Pieces) {
        let evenly = |(days, _): &(Range<usize>, Line)| {
            let rate = 1.0 / days.len() as f64;
            Passage {
                first: days.start,
                parts: vec![rate; days.len()],
                rate,
            }
        };
        stream.parts.push(Part {
            choice: self.pieces.len(),
            passages: pieces.iter().map(evenly).collect(),
            gain: 1.0,
        });
        self.pieces.push(pieces);
    }

    /// What a stream brings on some days.
    pub(super) fn on(&self, stream: &Stream, days: Range<usize>) -> Line {
        let mut line = Line::constant(stream.known[days.clone()].iter().sum());
        for part in &stream.parts {
            for (passage, (_, chosen)) in part.passages.iter().zip(&self.pieces[part.choice]) {
                line.add(chosen, passage.within(&days) * part.gain);
            }
        }
        line
    }
}

impl Passage {
    fn end(&self) -> usize {
        self.first + self.parts.len()
    }

    fn meets(&self, days: &Range<usize>) -> bool {
        self.first < days.end && self.end() > days.start
    }

    fn on(&self, day: usize) -> f64 {
        let at = day.checked_sub(self.first);
        at.and_then(|at| self.parts.get(at)).copied().unwrap_or(0.0)
    }

    fn within(&self, days: &Range<usize>) -> f64 {
        if !self.meets(days) {
            return 0.0;
        }
        let from = days.start.max(self.first) - self.first;
        let to = days.end.min(self.end()) - self.first;
        self.parts[from..to].iter().sum()
    }

    /// The same after a change of what passes on each day of the run.
    fn through(&self, days: usize, change: impl Fn(&dyn Fn(usize) -> f64) -> Vec<f64>) -> Self {
        let mut parts = change(&|day| self.on(day));
        parts.truncate(days);
        let passes = |part: &f64| *part > NOTHING;
        let first = parts.iter().position(passes).unwrap_or(parts.len());
        let end = parts
            .iter()
            .rposition(passes)
            .map_or(first, |last| last + 1);
        Self {
            first,
            parts: parts[first..end].to_vec(),
            rate: self.rate,
        }
    }
}

impl Stream {
    /// No water on any day.
    pub(super) fn nothing(days: usize) -> Self {
        Self {
            parts: Vec::new(),
            known: vec![0.0; days],
        }
    }

    /// What a reach brings to its head of a stream that enters it.
    pub(super) fn through_reach(&self, plan: &Plan, reach: usize) -> Self {
        let channel = &plan.reaches[reach];
        let gain = channel.gain;
        let Some(routed) = channel.routed.map(|i| &plan.routed[i]) else {
            return self.later(channel.lag, gain, channel.antecedent / MILLION);
        };
        let basin = plan.model().basin();
        let through = |before: f64, entering: &dyn Fn(usize) -> f64| {
            routed.through(basin, before, plan.days, entering)
        };
        let pass = |part: &Part| Part {
            choice: part.choice,
            passages: (part.passages.iter())
                .map(|passage| passage.through(plan.days, |entering| through(0.0, entering)))
                .collect(),
            gain: part.gain * gain,
        };
        Self {
            parts: self.parts.iter().map(pass).collect(),
            known: through(channel.antecedent / MILLION, &|day| self.known[day] * gain),
        }
    }

    /// The same so many days later, and so much of it; `before` on each day until then.
    pub(super) fn later(&self, lag: usize, gain: f64, before: f64) -> Self {
        let move_on = |passage: &Passage| Passage {
            first: passage.first + lag,
            ..passage.clone()
        };
        let pass = |part: &Part| Part {
            choice: part.choice,
            passages: match lag {
                0 => Rc::clone(&part.passages),
                _ => part.passages.iter().map(move_on).collect(),
            },
            gain: part.gain * gain,
        };
        let known = (0..self.known.len()).map(|day| match day.checked_sub(lag) {
            Some(entered) => self.known[entered] * gain,
            None => before,
        });
        Self {
            parts: self.parts.iter().map(pass).collect(),
            known: known.collect(),
        }
    }

    /// Adds another stream.
    pub(super) fn join(&mut self, other: Self) {
        self.parts.extend(other.parts);
        for (known, more) in self.known.iter_mut().zip(other.known) {
            *known += more;
        }
    }

    /// Cuts some days where the flow of a choice changes.
    pub(super) fn even(&self, days: Range<usize>) -> Vec<Range<usize>> {
        let near: Vec<&Passage> = (self.parts.iter())
            .flat_map(|part| part.passages.iter())
            .filter(|passage| passage.meets(&days))
            .collect();
        cut(days, |from, day| {
            let changes = |p: &&Passage| (p.on(day) - p.on(from)).abs() > EVEN * p.rate;
            near.iter().any(changes)
        })
    }

    /// The same, and where what is known changes.
    pub(super) fn as_even(&self, days: Range<usize>) -> Vec<Range<usize>> {
        let largest = self.known[days.clone()].iter().copied().fold(0.0, f64::max);
        let known = |from: usize, day: usize| {
            (self.known[day] - self.known[from]).abs() > KNOWN_EVEN * largest
        };
        let parts = self.even(days).into_iter();
        parts.flat_map(|part| cut(part, known)).collect()
    }
}

/// Cuts days where they differ from the first of their part.
pub(super) fn cut(days: Range<usize>, differ: impl Fn(usize, usize) -> bool) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut from = days.start;
    for day in days.start + 1..days.end {
        if differ(from, day) {
            parts.push(from..day);
            from = day;
        }
    }
    parts.push(from..days.end);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A choice for each of two dekads, and a known flow that changes on the fourth day.
    fn stream() -> (Choices, Stream) {
        let mut choices = Choices::default();
        let pieces = vec![(0..10, Line::of(0)), (10..20, Line::of(1))];
        let mut stream = choices.stream(pieces, 20);
        stream.known = (0..20).map(|day| if day < 3 { 1.0 } else { 2.0 }).collect();
        (choices, stream)
    }

    #[test]
    fn what_is_chosen_goes_on_later_and_less() {
        let (choices, stream) = stream();
        let later = stream.later(2, 0.5, 7.0);
        // Ten days from the tenth on: two of the first choice and eight of the second.
        let line = choices.on(&later, 10..20);
        let values = [10.0, 20.0];
        assert!((line.value(&values) - (0.5 * (2.0 + 16.0) + 10.0)).abs() < 1e-12);
        // Two days before anything arrives.
        assert!((choices.on(&later, 0..2).value(&values) - 14.0).abs() < 1e-12);
    }

    #[test]
    fn days_are_cut_where_a_choice_or_what_is_known_changes() {
        let (_, stream) = stream();
        assert_eq!(stream.even(0..10), std::slice::from_ref(&(0..10)));
        assert_eq!(stream.later(2, 1.0, 0.0).even(0..10), [0..2, 2..10]);
        assert_eq!(stream.as_even(0..10), [0..3, 3..10]);
    }
}
