//! Percentiles, and numbers as a report shows them.

use std::time::Duration;

/// Durations that were measured one by one.
#[derive(Default)]
pub struct Sample(Vec<Duration>);

impl Sample {
    /// Adds one.
    pub fn push(&mut self, took: Duration) {
        self.0.push(took);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Adds those of another.
    pub fn extend(&mut self, other: Sample) {
        self.0.extend(other.0);
    }

    /// By nearest rank, in milliseconds; `None` of nothing.
    pub fn percentile(&mut self, percent: usize) -> Option<f64> {
        self.0.sort_unstable();
        let rank = (self.0.len() * percent).div_ceil(100);
        let at = self.0.get(rank.checked_sub(1)?)?;
        Some(round(at.as_secs_f64() * 1e3))
    }
}

/// Four significant digits: more than a measurement holds.
pub fn round(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return 0.0;
    }
    let unit = 10_f64.powi(3 - value.abs().log10().floor() as i32);
    (value * unit).round() / unit
}

/// Microseconds that one of `count` took.
pub fn micros(time: Duration, count: u64) -> f64 {
    round(time.as_secs_f64() * 1e6 / count.max(1) as f64)
}

/// How many a second.
pub fn rate(count: u64, time: Duration) -> f64 {
    if time.is_zero() { 0.0 } else { round(count as f64 / time.as_secs_f64()) }
}

/// The share of `part` in `whole`.
pub fn share(part: Duration, whole: Duration) -> f64 {
    if whole.is_zero() { 0.0 } else { round(part.as_secs_f64() / whole.as_secs_f64()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_rank() {
        let mut sample = Sample::default();
        assert_eq!(sample.percentile(50), None);
        (1..=100).rev().for_each(|ms| sample.push(Duration::from_millis(ms)));
        assert_eq!((sample.percentile(50), sample.percentile(99)), (Some(50.0), Some(99.0)));
    }

    #[test]
    fn four_digits() {
        assert_eq!([round(0.0), round(12_345.6), round(0.123_456)], [0.0, 12_350.0, 0.1235]);
    }
}
