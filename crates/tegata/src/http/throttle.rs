//! A bucket of tokens for each address: how often one address may look up.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Addresses that are remembered; past that all begin anew.
const KEPT: usize = 100_000;

/// Buckets that fill by `per_second` and hold as much.
pub struct Throttle {
    per_second: f64,
    buckets: Mutex<HashMap<IpAddr, (f64, Instant)>>,
}

impl Throttle {
    /// 0 is without limit.
    pub fn new(per_second: u32) -> Self {
        Throttle { per_second: per_second.into(), buckets: Mutex::default() }
    }

    /// Whether `address` may go on at `now`.
    pub fn admits(&self, address: IpAddr, now: Instant) -> bool {
        if self.per_second == 0.0 {
            return true;
        }
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= KEPT && !buckets.contains_key(&address) {
            buckets.clear();
        }
        let (left, last) = buckets.entry(address).or_insert((self.per_second, now));
        let filled = *left + now.saturating_duration_since(*last).as_secs_f64() * self.per_second;
        *left = filled.min(self.per_second);
        *last = now;
        let may = *left >= 1.0;
        if may {
            *left -= 1.0;
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_then_the_rate() {
        let throttle = Throttle::new(10);
        let (start, address) = (Instant::now(), IpAddr::from([127, 0, 0, 1]));
        let burst = (0..20).filter(|_| throttle.admits(address, start)).count();
        assert_eq!(burst, 10);
        assert!(!throttle.admits(address, start + Duration::from_millis(50)));
        assert!(throttle.admits(address, start + Duration::from_millis(200)));
        assert!(throttle.admits(IpAddr::from([127, 0, 0, 2]), start), "another address has its own");
        assert!((0..100).all(|_| Throttle::new(0).admits(address, start)));
    }
}
