//! How a figure spreads over the members.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ledger::Sum;
use crate::metrics::tail;

/// How a figure spreads over the members of an ensemble.
///
/// Where the members' values were kept it is exact. In an ensemble that keeps
/// [summaries only](super::Keep::Summaries) it is a histogram with bins of 1 %: counts, mean, least
/// and most are exact as before, and quantiles and means of the highest are within half a per cent of
/// the value. Both are the same to the bit in whatever order the members came.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread(Held);

#[derive(Clone, Debug, PartialEq)]
enum Held {
    /// In rising order, and the mean in the order of the members.
    Values {
        sorted: Vec<f64>,
        mean: Option<f64>,
    },
    Histogram(Histogram),
}

impl Spread {
    /// Of values in the order of the members.
    pub(super) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let known = |value: &f64| !value.is_nan();
        let values: Vec<f64> = values.into_iter().filter(known).collect();
        let sum: Sum = values.iter().copied().collect();
        let mean = (!values.is_empty()).then(|| sum.value() / values.len() as f64);
        let sorted = tail::in_order(values);
        Self(Held::Values { sorted, mean })
    }

    pub(super) fn binned(histogram: Histogram) -> Self {
        Self(Held::Histogram(histogram))
    }

    /// How many members have the figure.
    pub fn count(&self) -> u64 {
        match &self.0 {
            Held::Values { sorted, .. } => sorted.len() as u64,
            Held::Histogram(bins) => bins.count,
        }
    }

    /// The mean; nothing without members.
    pub fn mean(&self) -> Option<f64> {
        match &self.0 {
            Held::Values { mean, .. } => *mean,
            Held::Histogram(bins) => bins.mean(),
        }
    }

    /// The least value; nothing without members.
    pub fn least(&self) -> Option<f64> {
        self.quantile(0.0)
    }

    /// The greatest value; nothing without members.
    pub fn most(&self) -> Option<f64> {
        self.quantile(1.0)
    }

    /// The quantile `p`, see [`tail::quantile`]; nothing without members.
    ///
    /// # Panics
    ///
    /// If `p` is not from 0 to 1.
    pub fn quantile(&self, p: f64) -> Option<f64> {
        match &self.0 {
            Held::Values { sorted, .. } => tail::quantile(sorted, p),
            Held::Histogram(bins) => bins.quantile(p),
        }
    }

    /// The mean of the highest part of the members: the conditional value at risk where high is bad,
    /// see [`tail::mean_of_highest`]; nothing without members.
    ///
    /// # Panics
    ///
    /// If the part is not above 0 and at most 1.
    pub fn mean_of_highest(&self, part: f64) -> Option<f64> {
        match &self.0 {
            Held::Values { sorted, .. } => tail::mean_of_highest(sorted, part),
            Held::Histogram(bins) => bins.mean_of_highest(part),
        }
    }

    /// After how many members on average one is so high, see [`tail::return_period`]. Where only
    /// summaries were kept, values within 1 % of the level may count as reaching it.
    pub fn return_period(&self, level: f64) -> Option<f64> {
        match &self.0 {
            Held::Values { sorted, .. } => tail::return_period(sorted, level),
            Held::Histogram(bins) => bins.return_period(level),
        }
    }

    /// The values in rising order; nothing where only summaries were kept.
    pub fn values(&self) -> Option<&[f64]> {
        match &self.0 {
            Held::Values { sorted, .. } => Some(sorted),
            Held::Histogram(_) => None,
        }
    }
}

/// Counts by bins of equal ratio, and exact sums: adding and merging in any order gives the same bits.
///
/// Source: Masson, Rim and Lee (2019, DDSketch, *Proceedings of the VLDB Endowment* 12, 2195-2205),
/// without its bound on the number of bins.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Histogram {
    count: u64,
    /// In units of 2^-40, which no sum of f64 below 1e20 overflows: addition of integers has no order.
    sum: i128,
    least: f64,
    most: f64,
    zeros: u64,
    /// By the number of the bin: how many are above 0, and below.
    above: BTreeMap<i32, u64>,
    below: BTreeMap<i32, u64>,
}

/// The ratio of a bin's bounds.
const RATIO: f64 = 1.01;

const UNITS: f64 = (1_u64 << 40) as f64;

fn bin(size: f64) -> i32 {
    (libm::log(size) / libm::log(RATIO)).floor() as i32
}

/// The value that stands for a bin: half a per cent from its bounds.
fn middle(bin: i32) -> f64 {
    libm::exp((f64::from(bin) + 0.5) * libm::log(RATIO))
}

impl Histogram {
    /// Adds a value; what is not known is left out.
    pub(super) fn add(&mut self, value: f64) {
        if value.is_nan() {
            return;
        }
        self.merge(&Self {
            count: 1,
            sum: (value * UNITS).round() as i128,
            least: value,
            most: value,
            ..Self::default()
        });
        let bins = if value > 0.0 {
            &mut self.above
        } else if value < 0.0 {
            &mut self.below
        } else {
            self.zeros += 1;
            return;
        };
        *bins.entry(bin(value.abs())).or_default() += 1;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            (self.least, self.most) = (other.least, other.most);
        }
        self.least = self.least.min(other.least);
        self.most = self.most.max(other.most);
        self.count += other.count;
        self.sum += other.sum;
        self.zeros += other.zeros;
        for (bins, others) in [
            (&mut self.above, &other.above),
            (&mut self.below, &other.below),
        ] {
            for (&bin, count) in others {
                *bins.entry(bin).or_default() += count;
            }
        }
    }

    fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / UNITS / self.count as f64)
    }

    /// Values with their counts, rising.
    fn bins(&self) -> impl DoubleEndedIterator<Item = (f64, u64)> {
        let within = |value: f64| value.clamp(self.least, self.most);
        let below = self.below.iter().rev();
        let below = below.map(move |(&bin, &count)| (within(-middle(bin)), count));
        let zeros = (self.zeros > 0).then_some((0.0, self.zeros));
        let above = self.above.iter();
        let above = above.map(move |(&bin, &count)| (within(middle(bin)), count));
        below.chain(zeros).chain(above)
    }

    fn quantile(&self, p: f64) -> Option<f64> {
        assert!((0.0..=1.0).contains(&p), "the quantile {p}");
        let last = self.count.checked_sub(1)?;
        if p == 0.0 || p == 1.0 {
            return Some(if p == 0.0 { self.least } else { self.most });
        }
        let place = (p * last as f64).floor() as u64;
        let mut so_far = 0;
        let found = self.bins().find(|&(_, count)| {
            so_far += count;
            so_far > place
        });
        found.map(|(value, _)| value)
    }

    fn mean_of_highest(&self, part: f64) -> Option<f64> {
        assert!(part > 0.0 && part <= 1.0, "the highest {part} of a sample");
        if self.count == 0 {
            return None;
        }
        let weight = part * self.count as f64;
        let (mut left, mut sum) = (weight, Sum::default());
        for (value, count) in self.bins().rev() {
            let taken = left.min(count as f64);
            sum.add(taken * value);
            left -= taken;
        }
        Some(sum.value() / weight)
    }

    fn return_period(&self, level: f64) -> Option<f64> {
        let reached = self
            .bins()
            .filter(|&(value, _)| value >= level / RATIO.sqrt());
        let reached: u64 = reached.map(|(_, count)| count).sum();
        (reached > 0).then(|| (self.count + 1) as f64 / reached as f64)
    }

    /// All of it, for a digest.
    pub(super) fn write(&self, mut to: impl FnMut(&[u8])) {
        to(&self.count.to_le_bytes());
        to(&self.sum.to_le_bytes());
        to(&self.least.to_bits().to_le_bytes());
        to(&self.most.to_bits().to_le_bytes());
        to(&self.zeros.to_le_bytes());
        for bins in [&self.above, &self.below] {
            to(&(bins.len() as u64).to_le_bytes());
            for (bin, count) in bins {
                to(&bin.to_le_bytes());
                to(&count.to_le_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<f64> {
        let mut draws = super::super::Draws::new(3, 0, 0);
        let draw = |_| {
            let u = draws.uniform();
            // Zeros, negative values and four decades.
            if u < 0.2 {
                0.0
            } else {
                libm::exp(9.0 * u - 3.0) - 1.0
            }
        };
        (0..2_000).map(draw).collect()
    }

    #[test]
    fn a_histogram_is_near_the_values() {
        let values = sample();
        let mut bins = Histogram::default();
        for &value in &values {
            bins.add(value);
        }
        let (exact, binned) = (Spread::of(values), Spread::binned(bins));
        let sorted = exact.values().expect("they were kept").to_vec();
        assert_eq!(exact.count(), binned.count());
        assert_eq!(
            (exact.least(), exact.most()),
            (binned.least(), binned.most())
        );
        let near = |a: Option<f64>, b: Option<f64>, part: f64| {
            let (a, b) = (a.expect("members"), b.expect("members"));
            assert!(
                (a - b).abs() <= part * a.abs().max(b.abs()) + 1e-9,
                "{a} {b}"
            );
        };
        near(exact.mean(), binned.mean(), 1e-9);
        for percent in 1..100 {
            let p = f64::from(percent) / 100.0;
            // The value itself, and not one between it and the next.
            let below = sorted[(p * 1_999.0).floor() as usize];
            near(Some(below), binned.quantile(p), 0.0051);
            near(exact.mean_of_highest(p), binned.mean_of_highest(p), 0.006);
        }
        near(exact.return_period(50.0), binned.return_period(50.0), 0.02);
    }

    #[test]
    fn the_order_does_not_matter() {
        let values = sample();
        let mut forth = Histogram::default();
        for &value in &values {
            forth.add(value);
        }
        let mut parts = [
            Histogram::default(),
            Histogram::default(),
            Histogram::default(),
        ];
        for (i, &value) in values.iter().enumerate().rev() {
            parts[i % 3].add(value);
        }
        let mut back = Histogram::default();
        for part in &parts {
            back.merge(part);
        }
        assert_eq!(forth, back);
    }
}
