//! Counting what happens: counters and histograms that any layer writes and the operator's edge reads.
//!
//! Why here: the layers that count share nothing else, and a count needs neither clock nor input: what was measured
//! comes in as a number.
//! Invariant: noting takes no lock and no memory; a reading may miss what is noted beside it, never what came before.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// At zero.
    pub const fn new() -> Self {
        Counter(AtomicU64::new(0))
    }

    /// One more.
    pub fn one(&self) {
        self.many(1);
    }

    /// So many more.
    pub fn many(&self, count: u64) {
        self.0.fetch_add(count, Relaxed);
    }

    /// How many.
    pub fn read(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Bounds of a histogram of times, in nanoseconds: 50 µs to 10 s.
pub const TIMES: &[u64] = &[
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    10_000_000_000,
];

/// Bounds of a histogram of counts: powers of two to 4,096.
pub const SIZES: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];

/// The most bounds that a histogram has.
const BOUNDS: usize = 16;

/// How often values fell between bounds.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// One a bound, and one past the last.
    counts: [AtomicU64; BOUNDS + 1],
    sum: AtomicU64,
}

impl Histogram {
    /// Empty, with these upper bounds (inclusive), at most sixteen.
    pub const fn new(bounds: &'static [u64]) -> Self {
        assert!(bounds.len() <= BOUNDS, "more bounds than a histogram has room for");
        Histogram { bounds, counts: [const { AtomicU64::new(0) }; BOUNDS + 1], sum: AtomicU64::new(0) }
    }

    /// Notes a value, in the unit of the bounds.
    pub fn note(&self, value: u64) {
        let place = self.bounds.iter().position(|bound| value <= *bound).unwrap_or(self.bounds.len());
        self.counts[place].fetch_add(1, Relaxed);
        self.sum.fetch_add(value, Relaxed);
    }

    /// Notes a time, for bounds in nanoseconds.
    pub fn time(&self, took: std::time::Duration) {
        self.note(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }

    /// What was noted so far.
    pub fn read(&self) -> Distribution {
        let counts = self.counts[..=self.bounds.len()].iter().map(|count| count.load(Relaxed)).collect();
        Distribution { bounds: self.bounds, counts, sum: self.sum.load(Relaxed) }
    }
}

/// A reading of a histogram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// Upper bounds, inclusive.
    pub bounds: &'static [u64],
    /// One a bound, and one past the last; not summed up.
    pub counts: Vec<u64>,
    /// Sum of all values.
    pub sum: u64,
}

impl Distribution {
    /// Of nothing.
    pub fn empty(bounds: &'static [u64]) -> Self {
        Distribution { bounds, counts: vec![0; bounds.len() + 1], sum: 0 }
    }

    /// How many values.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Adds another one of the same bounds.
    pub fn add(&mut self, other: &Distribution) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(mine, theirs)| *mine += theirs);
        self.sum += other.sum;
    }

    /// What came since an earlier reading of the same histogram.
    pub fn since(&self, earlier: &Distribution) -> Distribution {
        let counts = self.counts.iter().zip(&earlier.counts).map(|(now, then)| now.saturating_sub(*then)).collect();
        Distribution { bounds: self.bounds, counts, sum: self.sum.saturating_sub(earlier.sum) }
    }

    /// The value that `share` (0 to 1) of all do not exceed, as far as bounds tell: between two bounds on a straight
    /// line, past the last one that one. `None` of nothing.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        let wanted = share.clamp(0.0, 1.0) * count as f64;
        let (mut below, mut lower) = (0, 0);
        for (bound, here) in self.bounds.iter().zip(&self.counts) {
            if *here > 0 && (below + here) as f64 >= wanted {
                let part = ((wanted - below as f64) / *here as f64).max(0.0);
                return Some(lower as f64 + part * (bound - lower) as f64);
            }
            (below, lower) = (below + here, *bound);
        }
        Some(lower as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fall_between_bounds() {
        let histogram = Histogram::new(SIZES);
        for value in [0, 1, 2, 3, 4, 4096, 4097] {
            histogram.note(value);
        }
        let read = histogram.read();
        assert_eq!(read.counts, [2, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
        assert_eq!((read.count(), read.sum), (7, 8203));
        histogram.note(3);
        let since = histogram.read().since(&read);
        assert_eq!((since.count(), since.sum, since.counts[2]), (1, 3, 1));
        let mut both = read.clone();
        both.add(&since);
        assert_eq!(both, histogram.read());
    }

    #[test]
    fn quantiles_lie_on_straight_lines() {
        let quantile = |values: &[u64], share| {
            let histogram = Histogram::new(&[10, 20, 40]);
            values.iter().for_each(|value| histogram.note(*value));
            histogram.read().quantile(share)
        };
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[5, 5], 0.5), Some(5.0));
        assert_eq!(quantile(&[15, 15, 15, 15], 0.5), Some(15.0));
        assert_eq!(quantile(&[5, 15, 35, 35], 1.0), Some(40.0));
        assert_eq!(quantile(&[5, 15], 0.5), Some(10.0), "the first of two");
        assert_eq!(quantile(&[100], 0.99), Some(40.0), "past the last bound nothing is known");
    }
}
