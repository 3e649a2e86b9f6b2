//! Numbers of twice the precision of f64.

use std::ops::{Add, Div, Mul, Sub};

/// What is left of a sum after its terms cancelled, as part of the terms, when it counts as nothing.
///
/// Far above the rounding here: it is for that of the data, gains and sizes, which are f64.
const CANCELLED: f64 = 1e-12;

/// A number as the sum of two f64, the second of them the rounding of the first: 106 bits in all.
///
/// The sums and products of Dekker, Numerische Mathematik 18 (1971), and Knuth, The Art of Computer Programming 2,
/// section 4.2.2. Good for numbers between 1e-140 and 1e140 or so; there is no care for infinities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Double {
    high: f64,
    low: f64,
}

impl Double {
    pub(super) const ZERO: Self = Self {
        high: 0.0,
        low: 0.0,
    };
    pub(super) const ONE: Self = Self {
        high: 1.0,
        low: 0.0,
    };

    /// The f64 next to it.
    pub(super) fn value(self) -> f64 {
        self.high
    }

    /// This sum, or 0 if its terms, of this size together, have cancelled.
    pub(super) fn or_nothing(self, size: f64) -> Self {
        if self.high.abs() > CANCELLED * size {
            self
        } else {
            Self::ZERO
        }
    }

    /// The sum of two f64, the first not the smaller one, to the last bit.
    fn of_sorted(large: f64, small: f64) -> Self {
        let high = large + small;
        Self {
            high,
            low: small - (high - large),
        }
    }

    fn of_sum(a: f64, b: f64) -> Self {
        let high = a + b;
        let other = high - a;
        Self {
            high,
            low: (a - (high - other)) + (b - other),
        }
    }

    fn of_product(a: f64, b: f64) -> Self {
        let high = a * b;
        let ((a1, a2), (b1, b2)) = (halves(a), halves(b));
        Self {
            high,
            low: ((a1 * b1 - high) + a1 * b2 + a2 * b1) + a2 * b2,
        }
    }
}

/// Two numbers of half the digits that add up to this one.
fn halves(a: f64) -> (f64, f64) {
    const SPLIT: f64 = 134_217_729.0; // 2^27 + 1
    let wide = SPLIT * a;
    let high = wide - (wide - a);
    (high, a - high)
}

impl From<f64> for Double {
    fn from(high: f64) -> Self {
        Self { high, low: 0.0 }
    }
}

impl Add for Double {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let sum = Self::of_sum(self.high, other.high);
        let rest = Self::of_sum(self.low, other.low);
        let sum = Self::of_sorted(sum.high, sum.low + rest.high);
        Self::of_sorted(sum.high, sum.low + rest.low)
    }
}

impl Sub for Double {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + Self {
            high: -other.high,
            low: -other.low,
        }
    }
}

impl Mul for Double {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let product = Self::of_product(self.high, other.high);
        let rest = self.high * other.low + self.low * other.high;
        Self::of_sorted(product.high, product.low + rest)
    }
}

impl Div for Double {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        // Long division, three digits of base 2^53.
        let first = self.high / other.high;
        let rest = self - other * Self::from(first);
        let second = rest.high / other.high;
        let rest = rest - other * Self::from(second);
        let third = rest.high / other.high;
        let quotient = Self::of_sorted(first, second);
        Self::of_sorted(quotient.high, quotient.low + third)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value in units of 2^-105.
    fn exact(number: Double) -> i128 {
        let part = |x: f64| (x * 2f64.powi(60)) as i128 * (1 << 45);
        assert!(number.high.abs() < 4.0);
        part(number.high) + (number.low * 2f64.powi(105)) as i128
    }

    #[test]
    fn sums_and_products_keep_what_f64_loses() {
        let (one, tiny) = (Double::ONE, Double::from(2f64.powi(-80)));
        let sum = one + tiny;
        assert_eq!(sum.value(), 1.0);
        assert_eq!(sum - one, tiny);
        // (1 + a)(1 - a) = 1 - a^2, where f64 gives 1.
        let a = Double::from(2f64.powi(-45));
        let product = (one + a) * (one - a);
        assert_eq!(one - product, Double::from(2f64.powi(-90)));
    }

    #[test]
    fn a_quotient_gives_back_what_was_divided() {
        for i in 1..200 {
            let divisor = Double::from(f64::from(i)) / Double::from(7.0);
            let back = (Double::ONE / divisor) * divisor;
            let off = (exact(back) - exact(Double::ONE)).abs();
            // 2^-105 is the unit here.
            assert!(off < 16, "{i}: off by {off}");
        }
    }

    #[test]
    fn what_is_left_of_cancelled_terms_is_nothing() {
        let (third, sum) = (1.0 / 3.0, Double::from(0.1) + Double::from(0.2));
        let left = sum - Double::from(0.3);
        assert_ne!(left, Double::ZERO);
        assert_eq!(left.or_nothing(0.6), Double::ZERO);
        assert_eq!(Double::from(third).or_nothing(0.6).value(), third);
    }
}
