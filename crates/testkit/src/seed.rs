//! A seeded generator (SplitMix64), so that a run with chance in it can be played again from what it printed.

use std::time::{SystemTime, UNIX_EPOCH};

/// The generator.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Random(seed)
    }

    /// The seed in the environment variable `variable`, or a new one.
    pub fn seed(variable: &str) -> u64 {
        let given = std::env::var(variable).ok();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        given.map_or(since.as_nanos() as u64, |text| text.parse().expect("a seed is a number"))
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.number() % (high - low + 1)
    }

    /// A generator of its own for a part of the run, so that threads do not share one.
    pub fn split(&mut self) -> Random {
        Random(self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_run() {
        let run =
            |seed| (0..100).map(|_| 0).scan(Random::new(seed), |r, _| Some(r.between(10, 400))).collect::<Vec<_>>();
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        assert!(run(9).iter().all(|n| (10..=400).contains(n)));
    }
}
