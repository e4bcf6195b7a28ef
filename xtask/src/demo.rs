//! The product's main job as a test: the whole story over real protocols, every step counted.

use crate::tally::Tally;
use crate::{foreign, run};
use serde_json::Value;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(15 * 60);

/// Plays `tegata demo` and counts its steps.
pub fn part() -> Tally {
    if let Err(why) = foreign::build() {
        return Tally::failure(&why);
    }
    let mut last = String::new();
    let args = ["demo", "--devices", "200", "--exit", "--json"];
    let ended = run::stream(&mut run::within(LIMIT, foreign::tegata(), &args), |line| last = line.into());
    steps(&last).closed("demo", ended.map(|status| status.success()))
}

/// Counts `{"steps":{NAME:{"held":true,…}}}`; anything but `true` did not hold.
fn steps(json: &str) -> Tally {
    let answer: Value = serde_json::from_str(json).unwrap_or_default();
    let mut tally = Tally::default();
    for (name, step) in answer["steps"].as_object().into_iter().flatten() {
        let held = step["held"] == true;
        println!("{} demo {name}", if held { "ok" } else { "not ok" });
        tally += Tally::one(held);
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_counted() {
        let json = r#"{"steps":{"init":{"held":true},"issue":{"held":false},"odd":{}}}"#;
        assert_eq!(steps(json), Tally { passed: 1, failed: 2 });
        assert_eq!(steps("listening"), Tally::default());
        assert_eq!(steps("{}"), Tally::default());
    }
}
