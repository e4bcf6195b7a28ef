//! The real clock and the real randomness.

use rustix::time::{ClockId, clock_gettime};
use std::sync::{Mutex, PoisonError};
use tegata_domain::chance::Chance;
use tegata_domain::time::{Clock, ClockJumped, Timestamp};

/// Wall clock that is held against the time that passed (suspended time included).
#[derive(Default)]
pub struct SystemClock {
    /// Boot time and wall time at the last reading that was trusted, in milliseconds.
    anchor: Mutex<Option<(i64, i64)>>,
}

/// A step of at most this much is taken as NTP at work.
const STEP_MAX_MILLIS: i64 = 60_000;

fn millis(id: ClockId) -> i64 {
    let t = clock_gettime(id);
    t.tv_sec * 1000 + t.tv_nsec / 1_000_000
}

impl SystemClock {
    /// Judges one reading of both clocks.
    fn judge(&self, boot: i64, wall: i64) -> Result<Timestamp, ClockJumped> {
        let mut anchor = self.anchor.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((boot_then, wall_then)) = *anchor {
            let off = (wall - wall_then) - (boot - boot_then);
            if off.abs() > STEP_MAX_MILLIS {
                return Err(ClockJumped { by_seconds: off / 1000 });
            }
        }
        *anchor = Some((boot, wall));
        Ok(Timestamp::from_millis(wall))
    }

    /// The last trusted reading, and the time that passed since.
    fn passed(&self, boot: i64) -> Option<Timestamp> {
        let anchor = self.anchor.lock().unwrap_or_else(PoisonError::into_inner);
        anchor.map(|(boot_then, wall_then)| Timestamp::from_millis(wall_then + (boot - boot_then)))
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Result<Timestamp, ClockJumped> {
        self.judge(millis(ClockId::Boottime), millis(ClockId::Realtime))
    }

    fn reading(&self) -> Result<Timestamp, ClockJumped> {
        let boot = millis(ClockId::Boottime);
        self.judge(boot, millis(ClockId::Realtime)).or_else(|jumped| self.passed(boot).ok_or(jumped))
    }
}

/// Randomness of the cryptographic library.
pub struct SystemChance;

impl Chance for SystemChance {
    fn fill(&self, out: &mut [u8]) {
        aws_lc_rs::rand::fill(out).expect("aws-lc aborts rather than run out of randomness");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_is_refused_until_the_clock_is_back() {
        let clock = SystemClock::default();
        let day = 24 * 3600 * 1000;
        assert_eq!(clock.judge(0, 10 * day).map(Timestamp::millis), Ok(10 * day));
        assert!(clock.judge(1000, 10 * day + 31_000).is_ok(), "a step of NTP");
        assert_eq!(clock.judge(2000, 11 * day), Err(ClockJumped { by_seconds: 86_368 }));
        assert_eq!(clock.passed(2500).map(Timestamp::millis), Some(10 * day + 32_500), "what is read goes on");
        assert!(clock.judge(3000, 9 * day).is_err());
        assert!(clock.judge(4000, 10 * day + 34_000).is_ok(), "back again");
        assert!(clock.judge(4000 + day, 11 * day + 34_000).is_ok(), "a day passed, suspended or not");
    }
}
