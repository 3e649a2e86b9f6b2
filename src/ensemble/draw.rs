//! Random numbers of a member, which depend on nothing but seed, member and purpose.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// The random numbers of one member for one purpose.
///
/// Each member has a ChaCha8 stream of its own under the key of the seed, and each variation of an
/// ensemble a stretch of it that no other reads. So a member's numbers do not depend on which other
/// members are run, nor those of one variation on how many numbers another took.
///
/// ```
/// use riparian::ensemble::Draws;
///
/// let mut draws = Draws::new(7, 12, 0);
/// let first = draws.uniform();
/// assert!(0.0 < first && first < 1.0);
/// assert_eq!(Draws::new(7, 12, 0).uniform(), first);
/// assert_ne!(Draws::new(7, 13, 0).uniform(), first);
/// assert_ne!(Draws::new(7, 12, 1).uniform(), first);
/// ```
#[derive(Clone, Debug)]
pub struct Draws {
    rng: ChaCha8Rng,
    seed: u64,
}

/// Words of a stream that belong to one purpose: 2^40, more than any member reads.
const STRETCH: u32 = 40;

impl Draws {
    /// The numbers of a member for a purpose, which ensembles count by variation.
    pub fn new(seed: u64, member: u64, purpose: u32) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(member);
        // The first stretch is left to generators with a stream of their own under the same seed.
        rng.set_word_pos((u128::from(purpose) + 1) << STRETCH);
        Self { rng, seed }
    }

    /// The seed, for a generator with streams of its own: it and the member's number are all that its
    /// numbers may follow from.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// A number above 0 and below 1: the middles of 2^53 equal parts are equally likely.
    pub fn uniform(&mut self) -> f64 {
        let part = self.rng.next_u64() >> 11;
        (part as f64 + 0.5) * (0.5_f64).powi(53)
    }

    /// One of `0..n`.
    ///
    /// # Panics
    ///
    /// If `n` is 0.
    pub fn index(&mut self, n: usize) -> usize {
        assert!(n > 0, "a choice among none");
        // The product may round up to `n`.
        ((self.uniform() * n as f64) as usize).min(n - 1)
    }
}
