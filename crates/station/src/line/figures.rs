//! What a run is measured by: rate, yield, and how long a request takes.

use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The real clock, which nothing but these figures and the patience rests on.
#[expect(clippy::disallowed_methods, reason = "a program measures with the real clock")]
pub fn now() -> Instant {
    Instant::now()
}

/// A unit that was set aside.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// Its serial number.
    pub serial: String,
    /// Why: a problem (RFC 9457).
    pub problem: Value,
}

/// How a run went.
#[derive(Debug, Default)]
pub struct Figures {
    /// Units that were asked for.
    pub planned: usize,
    /// Those that have their identity.
    pub made: usize,
    /// Those that are confirmed and finished.
    pub confirmed: usize,
    /// Those that an earlier run had finished.
    pub there: usize,
    /// Those that an earlier run had begun, and this one finished.
    pub resumed: usize,
    /// Those that were set aside.
    pub refused: Vec<Refused>,
    /// How long each request for devices took.
    pub requests: Vec<Duration>,
    /// How long the run took.
    pub took: Duration,
    /// Why it ended before its end.
    pub stopped: Option<String>,
}

impl Figures {
    /// Units finished a second, by this run.
    pub fn rate(&self) -> f64 {
        let by_us = self.confirmed - self.there;
        if by_us == 0 { 0.0 } else { by_us as f64 / self.took.as_secs_f64().max(0.001) }
    }

    /// Share of the units that came to an end and are good, in percent.
    pub fn good(&self) -> f64 {
        match self.confirmed + self.refused.len() {
            0 => 100.0,
            ended => 100.0 * self.confirmed as f64 / ended as f64,
        }
    }

    /// 99 of 100 requests for devices took no longer, in milliseconds.
    pub fn p99_ms(&self) -> f64 {
        let mut all = self.requests.clone();
        all.sort_unstable();
        let place = (all.len() * 99).div_ceil(100).saturating_sub(1);
        all.get(place).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    }

    /// Whether every unit that was asked for is finished.
    pub fn is_whole(&self) -> bool {
        self.stopped.is_none() && self.confirmed == self.planned
    }

    /// The answer of `--json`.
    pub fn object(&self) -> Value {
        let tenth = |number: f64| (number * 10.0).round() / 10.0;
        let refused = |r: &Refused| json!({ "serial": r.serial, "problem": r.problem });
        let mut object = json!({
            "made": self.made, "confirmed": self.confirmed, "resumed": self.resumed, "there": self.there,
            "refused": self.refused.iter().map(refused).collect::<Vec<_>>(),
            "rate": tenth(self.rate()), "yield": tenth(self.good()), "p99_ms": tenth(self.p99_ms()),
        });
        if let Some(why) = &self.stopped {
            object["stopped"] = why.as_str().into();
        }
        object
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_a_run() {
        let mut figures = Figures { planned: 12, made: 11, confirmed: 10, there: 4, ..Figures::default() };
        figures.took = Duration::from_secs(2);
        figures.requests = (1..=200).map(Duration::from_millis).collect();
        assert_eq!((figures.rate(), figures.good(), figures.p99_ms()), (3.0, 100.0, 198.0));
        assert!(!figures.is_whole());
        figures.refused = vec![Refused { serial: "A".into(), problem: json!({}) }; 2];
        assert_eq!(figures.object()["yield"], 83.3);
        assert_eq!(figures.object()["refused"][1]["serial"], "A");
        figures.stopped = Some("full".into());
        assert_eq!(figures.object()["stopped"], "full");
    }

    #[test]
    fn nothing_done_is_no_division_by_zero() {
        let figures = Figures::default();
        assert_eq!((figures.rate(), figures.good(), figures.p99_ms()), (0.0, 100.0, 0.0));
        assert!(figures.is_whole());
    }
}
