//! `cargo test` over the workspace, its results counted.

use crate::tally::Tally;
use crate::{needs, run};

/// What runs on the second engine too: the store, the use cases, kills, and whole features.
const SECOND: [&str; 8] = ["store", "suite", "crash", "ddi", "heartbeat", "owner", "backup", "listing"];

/// Runs every test of the workspace, past failing ones, and sums the results that the test programs print.
pub fn part() -> Tally {
    let mut tally = Tally::default();
    let mut command = run::workspace("test", &["--no-fail-fast"]);
    let ended = run::stream(command.env("VENV", needs::venv()), |line| tally += result(line).unwrap_or_default());
    let mut tally = tally.closed("cargo test", ended.map(|status| status.success()));
    // of the workspace too, so that nothing is built anew for it
    let mut other = run::workspace("test", &["--no-fail-fast"]);
    other.args(SECOND.iter().flat_map(|name| ["--test", name])).env("TEGATA_TEST_ENGINE", "postgres");
    let ended = run::stream(&mut other, |line| tally += result(line).unwrap_or_default());
    let mut tally = tally.closed("the same on PostgreSQL", ended.map(|status| status.success()));
    // the points at which it can die are in no program that ships: a build of its own
    let mut faults = run::workspace("test", &["--features", "tegata/failpoint"]);
    faults.args(["--test", "crash", "--", "point", "upgrade"]);
    let ended = run::stream(&mut faults, |line| tally += result(line).unwrap_or_default());
    tally.closed("cargo test, with points to die at", ended.map(|status| status.success()))
}

/// Reads `test result: ok. 5 passed; 0 failed; …`.
fn result(line: &str) -> Option<Tally> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let count = |word: &str| {
        let counted = counts.split("; ").find_map(|part| part.strip_suffix(word))?;
        counted.trim().parse().ok()
    };
    Some(Tally { passed: count("passed")?, failed: count("failed")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_test_programs_are_read() {
        let ok = "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.00s";
        let bad = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s";
        assert_eq!(result(ok), Some(Tally { passed: 5, failed: 0 }));
        assert_eq!(result(bad), Some(Tally { passed: 12, failed: 3 }));
        assert_eq!(result("test tests::five ... ok"), None);
    }

    #[test]
    fn a_bad_end_always_shows() {
        let some = Tally { passed: 7, failed: 0 };
        assert_eq!(some.closed("x", Ok(true)), some);
        assert_eq!(some.closed("x", Ok(false)), Tally { passed: 7, failed: 1 });
        assert_eq!(some.closed("x", Err("gone".into())), Tally { passed: 7, failed: 1 });
        assert_eq!(Tally::default().closed("x", Ok(true)), Tally { passed: 0, failed: 1 });
    }
}
