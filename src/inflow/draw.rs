//! Random numbers: one `ChaCha8` stream a member, one `u64` a number, nothing that depends on the
//! platform.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// The random numbers of one member.
pub(super) struct Draws(ChaCha8Rng);

impl Draws {
    /// The stream `member` under the key `seed`.
    pub(super) fn new(seed: u64, member: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(member);
        Self(rng)
    }

    /// The same stream, at a place that no years reach: for what is drawn after them.
    pub(super) fn for_days(seed: u64, member: u64) -> Self {
        let mut draws = Self::new(seed, member);
        draws.0.set_word_pos(1 << 60);
        draws
    }

    /// A number above 0 and below 1, from the middles of 2^53 equal parts.
    pub(super) fn uniform(&mut self) -> f64 {
        let part = self.0.next_u64() >> 11;
        (part as f64 + 0.5) * (0.5_f64).powi(53)
    }

    /// A standard normal number.
    pub(super) fn normal(&mut self) -> f64 {
        normal_quantile(self.uniform())
    }

    /// One of `0..n`.
    pub(super) fn index(&mut self, n: usize) -> usize {
        // The product may round up to `n`.
        ((self.uniform() * n as f64) as usize).min(n - 1)
    }

    /// One of the positions of `cumulated`, the sums so far of weights that sum to the last.
    pub(super) fn weighted(&mut self, cumulated: &[f64]) -> usize {
        let sum = cumulated.last().copied().unwrap_or(0.0);
        let mark = self.uniform() * sum;
        let last = cumulated.len().saturating_sub(1);
        cumulated.partition_point(|&upto| upto <= mark).min(last)
    }
}

/// The value a standard normal number stays below with probability `p`, 0 < p < 1.
///
/// Wichura's PPND16, to about 1e-16 (M. J. Wichura, "Algorithm AS 241: The Percentage Points of the
/// Normal Distribution", *Applied Statistics* 37 (1988) 477-484).
pub(super) fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 8] = [
        3.387_132_872_796_366_5,
        1.331_416_678_917_843_8e2,
        1.971_590_950_306_551_3e3,
        1.373_169_376_550_946e4,
        4.592_195_393_154_987e4,
        6.726_577_092_700_87e4,
        3.343_057_558_358_813e4,
        2.509_080_928_730_122_7e3,
    ];
    const B: [f64; 8] = [
        1.0,
        4.231_333_070_160_091e1,
        6.871_870_074_920_579e2,
        5.394_196_021_424_751e3,
        2.121_379_430_158_659_7e4,
        3.930_789_580_009_271e4,
        2.872_908_573_572_194_3e4,
        5.226_495_278_852_854e3,
    ];
    const C: [f64; 8] = [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        2.417_807_251_774_506e-1,
        2.272_384_498_926_918_4e-2,
        7.745_450_142_783_414e-4,
    ];
    const D: [f64; 8] = [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        6.897_673_349_851e-1,
        1.481_039_764_274_800_8e-1,
        1.519_866_656_361_645_7e-2,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ];
    const E: [f64; 8] = [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        2.965_605_718_285_048_7e-1,
        2.653_218_952_657_612_4e-2,
        1.242_660_947_388_078_4e-3,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ];
    const F: [f64; 8] = [
        1.0,
        5.998_322_065_558_88e-1,
        1.369_298_809_227_358e-1,
        1.487_536_129_085_061_5e-2,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ];
    let horner = |c: &[f64; 8], x: f64| c.iter().rev().fold(0.0, |sum, &c| sum * x + c);
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * horner(&A, r) / horner(&B, r);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let r = libm::sqrt(-libm::log(tail));
    let far = if r <= 5.0 {
        horner(&C, r - 1.6) / horner(&D, r - 1.6)
    } else {
        horner(&E, r - 5.0) / horner(&F, r - 5.0)
    };
    if q < 0.0 { -far } else { far }
}

/// The probability that a standard normal number stays below `x`.
pub(super) fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        // Percentage points as printed with AS 241, and the symmetric ones.
        for (p, x) in [
            (0.25, -0.674_489_750_196_081_7),
            (0.001, -3.090_232_306_167_813_5),
            (1e-20, -9.262_340_089_798_408),
        ] {
            assert!((normal_quantile(p) - x).abs() <= 4e-16 * x.abs(), "{p}");
        }
        for p in [
            1e-12, 1e-5, 0.01, 0.0749, 0.0751, 0.3, 0.5, 0.7, 0.93, 0.999_99,
        ] {
            let back = normal_cdf(normal_quantile(p));
            assert!(
                (back - p).abs() <= 2e-15 * p.max(1e-3) + 1e-14 * p,
                "{p}: {back}"
            );
        }
    }

    #[test]
    fn members_differ_and_repeat() {
        let ten = |seed, member| -> Vec<f64> {
            let mut draws = Draws::new(seed, member);
            (0..10).map(|_| draws.normal()).collect()
        };
        assert_eq!(ten(1, 2), ten(1, 2));
        assert_ne!(ten(1, 2), ten(1, 3));
        assert_ne!(ten(1, 2), ten(2, 2));
    }

    #[test]
    fn weights_are_heeded() {
        let mut draws = Draws::new(7, 0);
        let mut count = [0_u32; 3];
        for _ in 0..60_000 {
            count[draws.weighted(&[3.0, 5.0, 6.0])] += 1;
        }
        for (count, wanted) in count.into_iter().zip([30_000.0, 20_000.0, 10_000.0]) {
            assert!((f64::from(count) - wanted).abs() < 4.0 * 122.5, "{count}");
        }
    }
}
