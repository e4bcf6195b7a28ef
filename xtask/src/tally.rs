//! Counts of what held and what did not, a part at a time, and the closing line.

use crate::run;
use std::fmt;
use std::ops::AddAssign;
use std::time::Duration;

/// Checks that held, and that did not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many held.
    pub passed: u64,
    /// How many did not.
    pub failed: u64,
}

impl Tally {
    /// One check that held or did not.
    pub fn one(held: bool) -> Self {
        Tally { passed: u64::from(held), failed: u64::from(!held) }
    }

    /// One failure, said aloud.
    pub fn failure(why: &str) -> Self {
        println!("not ok: {why}");
        Self::one(false)
    }

    /// Makes sure that a part which ended badly, or in which nothing was counted, shows at least one failure.
    pub fn closed(mut self, part: &str, ended: Result<bool, String>) -> Self {
        match ended {
            Err(why) => self += Self::failure(&why),
            Ok(false) if self.failed == 0 => self += Self::failure(&format!("{part} ended with an error")),
            Ok(_) if self == Self::default() => self += Self::failure(&format!("{part} checked nothing")),
            Ok(_) => {}
        }
        self
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// The parts of a run with their counts and times.
#[derive(Debug, Default)]
pub struct Book(Vec<(String, Tally, Duration)>);

impl Book {
    /// Runs a part and writes down what came of it.
    pub fn part(&mut self, name: &str, act: impl FnOnce() -> Tally) -> Tally {
        println!("\n== {name}");
        let (tally, time) = run::timed(act);
        self.0.push((name.into(), tally, time));
        tally
    }

    /// Prints the parts, then the sum alone on the last line; whether everything held.
    pub fn close(&self) -> bool {
        let mut sum = Tally::default();
        println!();
        for (name, tally, time) in &self.0 {
            println!("{:>8.1} s  {name}: {tally}", time.as_secs_f64());
            sum += *tally;
        }
        println!("{sum}");
        sum.failed == 0 && sum.passed > 0
    }
}
