//! The plan's random numbers: a stream that depends only on the seed and never on how a run goes.

use std::time::Duration;

/// The SplitMix64 generator.
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Dice {
        Dice(seed ^ 0x5EED_0FB1_1157_AB1E)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`, which is at least 1.
    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    /// The smaller of two numbers below `n`.
    pub(super) fn low(&mut self, n: u64) -> u64 {
        self.below(n).min(self.below(n))
    }

    pub(super) fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// A span between so many microseconds; every power of two is equally likely, so that most are short and some very
    /// long.
    pub(super) fn span(&mut self, shortest: u64, longest: u64) -> Duration {
        let doublings = u64::from((longest / shortest.max(1)).max(1).ilog2());
        let base = shortest << self.below(doublings + 1);
        Duration::from_micros((base + self.below(base)).min(longest))
    }
}
