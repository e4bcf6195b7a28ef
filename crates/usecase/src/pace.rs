//! How often one device may ask: a bucket a device, so that one in a tight loop costs the others nothing.
//!
//! Polls that are answered from memory keep theirs beside the answer (`poll::memory`); this one is for all others.
//! Asked once a device proved who it is, so that nobody uses up another's.

use crate::cx::Inner;
use crate::error::{Error, Kind, Result};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tegata_domain::id::DeviceRow;
use tegata_domain::time::Timestamp;

/// Devices that are remembered; past that all begin anew.
const KEPT: usize = 100_000;

/// How often; a second's worth may come at once.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// Milliseconds between two; 0 is without limit.
    gap: u32,
}

/// When the next one is due: milliseconds that wrap around.
#[derive(Debug, Clone, Copy, Default)]
pub struct Due(u32);

/// What may come at once, in milliseconds.
const BURST: u32 = 1000;

impl Rate {
    /// So many a second, at most 1,000; 0 is without limit.
    pub fn per_second(rate: u32) -> Rate {
        Rate { gap: 1000_u32.checked_div(rate).map_or(0, |gap| gap.max(1)) }
    }

    /// Whether one more may come at `now`.
    pub fn admits(self, due: &mut Due, now: Timestamp) -> bool {
        if self.gap == 0 {
            return true;
        }
        let now = now.millis() as u32;
        let ahead = due.0.wrapping_sub(now);
        // nothing is due in the past, nor further ahead than a burst: the clock went back, or it is long ago
        let ahead = if ahead > BURST + self.gap { 0 } else { ahead };
        let may = ahead + self.gap <= BURST.max(self.gap);
        if may {
            *due = Due(now.wrapping_add(ahead + self.gap));
        }
        may
    }
}

/// The devices that asked lately.
pub struct Pace {
    /// How often each may.
    pub rate: Rate,
    due: Mutex<HashMap<DeviceRow, Due>>,
}

impl Pace {
    /// Each so often.
    pub fn new(rate: Rate) -> Pace {
        Pace { rate, due: Mutex::default() }
    }

    /// A refusal where `device` asks too often.
    pub fn check(&self, device: DeviceRow, now: Timestamp) -> Result<()> {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        if due.len() >= KEPT && !due.contains_key(&device) {
            due.clear();
        }
        match self.rate.admits(due.entry(device).or_default(), now) {
            true => Ok(()),
            false => Err(too_often()),
        }
    }
}

/// What a device is told that asks too often.
pub fn too_often() -> Error {
    Error::new(Kind::Throttled, "throttled", "this device asks too often; wait as Retry-After says")
}

/// A refusal where `device`, which proved who it is, asks too often.
pub fn paced(device: DeviceRow, cx: &Inner) -> Result<()> {
    cx.pace.check(device, cx.reading()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let pace = Pace::new(Rate::per_second(10));
        let at = |millis: i64| Timestamp::from_millis(1_790_000_000_000 + millis);
        let ask = |device: i64, millis: i64| pace.check(DeviceRow(device), at(millis)).is_ok();
        assert_eq!((0..20).filter(|_| ask(1, 0)).count(), 10);
        assert!(!ask(1, 50) && ask(1, 100) && !ask(1, 100));
        assert!(ask(2, 100), "another device has its own");
        assert_eq!((0..20).filter(|_| ask(1, 60_000)).count(), 10, "never more than a burst");
        assert!(ask(1, 1_000), "a clock that went back stops nobody");
        let free = Pace::new(Rate::per_second(0));
        assert!((0..100).all(|_| free.check(DeviceRow(1), at(0)).is_ok()));
    }

    #[test]
    fn one_a_second_is_not_none() {
        let (rate, mut due) = (Rate::per_second(1), Due::default());
        let mut ask = |millis: i64| rate.admits(&mut due, Timestamp::from_millis(1_790_000_000_000 + millis));
        assert!(ask(0) && !ask(10) && !ask(999) && ask(1000));
    }
}
