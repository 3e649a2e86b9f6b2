//! Quantiles, and the bad end of a sample: means of the worst, return periods.
//!
//! All take a sample in rising order, see [`in_order`].

/// A sample in rising order.
///
/// ```
/// use riparian::metrics::tail::in_order;
///
/// assert_eq!(in_order([2.0, 1.0, 3.0]), [1.0, 2.0, 3.0]);
/// ```
pub fn in_order(sample: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut sample: Vec<f64> = sample.into_iter().collect();
    sample.sort_unstable_by(f64::total_cmp);
    sample
}

/// The quantile `p` of a sample: linear between the values, the lowest being that of 0 and the
/// highest that of 1. None of an empty sample.
///
/// Definition 7 of Hyndman and Fan (1996, *The American Statistician* 50, 361-365).
///
/// ```
/// use riparian::metrics::tail::quantile;
///
/// let sample = [10.0, 20.0, 30.0, 40.0, 50.0];
/// assert_eq!(quantile(&sample, 0.5), Some(30.0));
/// assert_eq!(quantile(&sample, 0.9), Some(46.0));
/// assert_eq!(quantile(&[], 0.5), None);
/// ```
///
/// # Panics
///
/// If `p` is not from 0 to 1.
pub fn quantile(sorted: &[f64], p: f64) -> Option<f64> {
    assert!((0.0..=1.0).contains(&p), "the quantile {p}");
    let last = sorted.len().checked_sub(1)?;
    let place = p * last as f64;
    let below = (place.floor() as usize).min(last);
    let above = (below + 1).min(last);
    let part = place - below as f64;
    let (low, high) = (sorted[below], sorted[above]);
    // At a value itself there is nothing to weigh, nor an infinite neighbour to multiply by 0.
    Some(if part == 0.0 || low == high {
        low
    } else {
        low + part * (high - low)
    })
}

/// The mean of the highest `part` of a sample: with a shortfall as the value and 0.05 as the part,
/// its conditional value at risk at 95 %. The value at the edge counts with the part of it that is
/// needed. None of an empty sample.
///
/// Source: Rockafellar and Uryasev (2002, *Journal of Banking & Finance* 26, 1443-1471), for
/// outcomes of equal weight.
///
/// ```
/// use riparian::metrics::tail::mean_of_highest;
///
/// let shortfall = [0.0, 0.0, 0.0, 10.0, 30.0];
/// assert_eq!(mean_of_highest(&shortfall, 0.2), Some(30.0));
/// // All of the 30 and half of the 10.
/// assert_eq!(mean_of_highest(&shortfall, 0.3), Some(35.0 / 1.5));
/// assert_eq!(mean_of_highest(&shortfall, 1.0), Some(8.0));
/// ```
///
/// # Panics
///
/// If the part is not above 0 and at most 1.
pub fn mean_of_highest(sorted: &[f64], part: f64) -> Option<f64> {
    assert!(part > 0.0 && part <= 1.0, "the highest {part} of a sample");
    if sorted.is_empty() {
        return None;
    }
    let weight = part * sorted.len() as f64;
    let whole = (weight.floor() as usize).min(sorted.len());
    let (rest, highest) = sorted.split_at(sorted.len() - whole);
    let mut sum: crate::ledger::Sum = highest.iter().copied().collect();
    if let Some(edge) = rest.last() {
        sum.add((weight - whole as f64) * edge);
    }
    Some(sum.value() / weight)
}

/// After how many outcomes, on average, one is at least as high as `level`: in years, if each
/// outcome is a year. None where none of the sample is.
///
/// With n outcomes of which m are so high: (n + 1) / m, Weibull's plotting position.
///
/// ```
/// use riparian::metrics::tail::return_period;
///
/// let shortfall = [0.0, 0.0, 1.0, 2.0, 5.0, 6.0, 7.0, 8.0, 9.0];
/// assert_eq!(return_period(&shortfall, 9.0), Some(10.0));
/// assert_eq!(return_period(&shortfall, 5.5), Some(2.5));
/// assert_eq!(return_period(&shortfall, 9.5), None);
/// ```
pub fn return_period(sorted: &[f64], level: f64) -> Option<f64> {
    let reached = sorted.len() - sorted.partition_point(|&value| value < level);
    (reached > 0).then(|| (sorted.len() + 1) as f64 / reached as f64)
}

/// The level that is reached once in `period` outcomes on average; none where the sample is too small
/// to tell, or the period is below 1.
///
/// Between Weibull's plotting positions it is linear in the probability.
///
/// ```
/// use riparian::metrics::tail::{return_level, return_period};
///
/// let shortfall = [0.0, 0.0, 1.0, 2.0, 5.0, 6.0, 7.0, 8.0, 9.0];
/// assert_eq!(return_level(&shortfall, 10.0), Some(9.0));
/// assert_eq!(return_level(&shortfall, 5.0), Some(8.0));
/// assert_eq!(return_level(&shortfall, 100.0), None);
/// ```
pub fn return_level(sorted: &[f64], period: f64) -> Option<f64> {
    if period.is_nan() || period < 1.0 {
        return None;
    }
    let n = sorted.len();
    // The m-th highest value is reached once in (n + 1) / m.
    let m = (n + 1) as f64 / period;
    if m < 1.0 || m > n as f64 {
        return None;
    }
    let above = m.floor() as usize;
    let (high, part) = (sorted[n - above], m - above as f64);
    Some(if part == 0.0 {
        high
    } else {
        high + part * (sorted[n - above - 1] - high)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_by_hand() {
        let sample = [1.0, 2.0, 4.0, 8.0];
        for (p, value) in [(0.0, 1.0), (1.0 / 3.0, 2.0), (0.5, 3.0), (1.0, 8.0)] {
            assert!((quantile(&sample, p).expect("a sample") - value).abs() < 1e-12);
        }
        assert_eq!(quantile(&[7.0], 0.3), Some(7.0));
    }

    #[test]
    fn the_mean_of_all_is_the_mean_and_of_few_is_the_highest() {
        let sample = in_order([3.0, 9.0, 1.0, 7.0]);
        assert_eq!(mean_of_highest(&sample, 1.0), Some(5.0));
        assert_eq!(mean_of_highest(&sample, 0.1), Some(9.0));
        assert_eq!(mean_of_highest(&sample, 0.25), Some(9.0));
        let mut last = f64::INFINITY;
        for percent in 1..=100 {
            let mean = mean_of_highest(&sample, f64::from(percent) / 100.0).expect("a sample");
            assert!(mean <= last * (1.0 + 1e-12), "{percent}");
            last = mean;
        }
    }

    #[test]
    fn levels_and_periods_are_inverse() {
        let sample: Vec<f64> = (1..=49).map(f64::from).collect();
        for m in 1..=49_u32 {
            let period = 50.0 / f64::from(m);
            let level = return_level(&sample, period).expect("within the sample");
            assert!((level - f64::from(50 - m)).abs() < 1e-9, "{m}: {level}");
            let back = return_period(&sample, f64::from(50 - m));
            assert!((back.expect("reached") - period).abs() < 1e-9);
        }
        assert_eq!(return_level(&sample, 0.5), None);
        assert_eq!(return_level(&sample, 1.0), None);
    }
}
