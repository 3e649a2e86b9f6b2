//! The arithmetic that rules are written in.

use std::fmt;
use std::ops::{Add, Div, Mul, Sub};

/// A number that water can be shared in: `f64` always, and exact rationals
/// (`num_rational::Ratio<i64>` and `Ratio<i128>`) with the feature `proptest`.
///
/// A rule written over `Number` runs at full speed in the engine and can be tested exactly, because
/// it is the same code.
///
/// ```
/// use riparian::rules::Number;
///
/// fn half<N: Number>(water: N) -> N {
///     water / N::whole(2)
/// }
/// assert_eq!(half(91.0), 45.5);
/// ```
pub trait Number:
    Copy
    + PartialOrd
    + fmt::Debug
    + fmt::Display
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + 'static
{
    /// Nothing.
    const ZERO: Self;

    /// A whole number.
    fn whole(count: usize) -> Self;

    /// Is it neither infinite nor NaN?
    fn is_finite(self) -> bool;

    /// Is it `other`, but for the rounding of sums of the size of `scale`? Exact numbers round
    /// nothing and must be equal; `f64` may differ by 1e-12 of the scale.
    fn agrees(self, other: Self, scale: Self) -> bool;

    /// The smaller of two.
    #[must_use]
    fn lesser(self, other: Self) -> Self {
        if other < self { other } else { self }
    }

    /// The greater of two.
    #[must_use]
    fn greater(self, other: Self) -> Self {
        if other > self { other } else { self }
    }
}

impl Number for f64 {
    const ZERO: Self = 0.0;

    fn whole(count: usize) -> Self {
        count as f64
    }

    fn is_finite(self) -> bool {
        self.is_finite()
    }

    fn agrees(self, other: Self, scale: Self) -> bool {
        (self - other).abs() <= 1e-12 * scale
    }
}

#[cfg(feature = "proptest")]
macro_rules! exact {
    ($($integer:ty),*) => {$(
        impl Number for num_rational::Ratio<$integer> {
            const ZERO: Self = Self::new_raw(0, 1);

            fn whole(count: usize) -> Self {
                Self::from_integer(count as $integer)
            }

            fn is_finite(self) -> bool {
                true
            }

            fn agrees(self, other: Self, _: Self) -> bool {
                self == other
            }
        }
    )*};
}

#[cfg(feature = "proptest")]
exact!(i64, i128);

/// The sum, in the order given.
pub(super) fn sum<N: Number>(numbers: &[N]) -> N {
    numbers.iter().fold(N::ZERO, |total, &x| total + x)
}

/// The order of two numbers that are not NaN.
pub(super) fn ascending<N: Number>(a: N, b: N) -> std::cmp::Ordering {
    a.partial_cmp(&b).unwrap_or(std::cmp::Ordering::Equal)
}
