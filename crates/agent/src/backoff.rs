//! Waiting after failures: full jitter, bounded, and what the platform asks for is honoured.
//!
//! Why full jitter: after an outage all devices fail at once; they must not come back at once.

use crate::config::Bounds;
use std::time::Duration;
use tegata_domain::chance::{Chance, bytes};

/// How often something failed in a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Whether the last time failed: a wait is under way, and nothing may shorten it.
    pub fn is_waiting(&self) -> bool {
        self.failures > 0
    }

    /// It worked: the next failure is the first again.
    pub fn worked(&mut self) {
        self.failures = 0;
    }

    /// It failed: how long to wait. Somewhere between nothing and twice the span of the time before, and never less
    /// than `asked` (Retry-After); both are held to the bounds.
    pub fn failed(&mut self, bounds: &Bounds, asked: Option<Duration>, chance: &dyn Chance) -> Duration {
        let most = Duration::from_secs(bounds.retry_most);
        let span = Duration::from_secs(bounds.retry).saturating_mul(1 << self.failures.min(20)).min(most);
        self.failures = self.failures.saturating_add(1);
        let jitter = share(span, chance);
        match asked {
            // behind the asked moment too, spread out: all were told the same
            Some(asked) => asked.min(most) + share(Duration::from_secs(bounds.retry), chance),
            None => jitter.max(Duration::from_secs(1)),
        }
    }
}

/// A random part of a span.
pub fn share(span: Duration, chance: &dyn Chance) -> Duration {
    let part = u64::from(u32::from_be_bytes(bytes::<4>(chance)));
    let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX / 2);
    Duration::from_millis(((u128::from(millis) * u128::from(part)) >> 32) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one value for ever.
    struct Same(u8);

    impl Chance for Same {
        fn fill(&self, out: &mut [u8]) {
            out.fill(self.0);
        }
    }

    const BOUNDS: Bounds = Bounds { least: 1, most: 60, retry: 4, retry_most: 100 };

    #[test]
    fn spans_double_up_to_the_bound() {
        let mut backoff = Backoff::default();
        let seconds: Vec<u64> =
            (0..8).map(|_| backoff.failed(&BOUNDS, None, &Same(0xff)).as_millis() as u64 / 1000).collect();
        assert_eq!(seconds, [3, 7, 15, 31, 63, 99, 99, 99]);
        backoff.worked();
        assert!(backoff.failed(&BOUNDS, None, &Same(0xff)) < Duration::from_secs(4));
        for _ in 0..100 {
            assert!(backoff.failed(&BOUNDS, None, &Same(0)) == Duration::from_secs(1));
        }
    }

    #[test]
    fn what_the_platform_asks_is_honoured_within_the_bound() {
        let mut backoff = Backoff::default();
        let wait = |backoff: &mut Backoff, asked| {
            backoff.failed(&BOUNDS, Some(Duration::from_secs(asked)), &Same(0x80)).as_secs()
        };
        assert_eq!(wait(&mut backoff, 30), 32);
        assert_eq!(wait(&mut backoff, u64::MAX), 102);
    }
}
