//! The real clocks and the real randomness: the program's, never the library's choice.

use crate::cx::Time;
use std::time::{Duration, Instant, SystemTime};
use tegata_domain::chance::Chance;
use tegata_domain::time::Timestamp;

/// The machine's clocks.
pub struct Clocks(Instant);

impl Clocks {
    /// From now on.
    #[expect(clippy::disallowed_methods, reason = "the one place where the program reads the machine's clocks")]
    pub fn start() -> Self {
        Clocks(Instant::now())
    }
}

impl Time for Clocks {
    #[expect(clippy::disallowed_methods, reason = "the one place where the program reads the machine's clocks")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    #[expect(clippy::disallowed_methods, reason = "the one place where the program reads the machine's clocks")]
    fn passed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Randomness of the cryptographic library.
pub struct Library;

impl Chance for Library {
    #[expect(clippy::disallowed_methods, reason = "the one place where the program takes randomness")]
    fn fill(&self, out: &mut [u8]) {
        aws_lc_rs::rand::fill(out).expect("aws-lc aborts rather than run out of randomness");
    }
}
