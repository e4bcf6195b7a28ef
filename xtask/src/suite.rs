//! `cargo test` over the workspace, its results counted.

use crate::tally::Tally;
use crate::{fuzz, needs, run};
use std::process::Command;
use std::sync::mpsc::{Sender, channel};
use std::thread;

/// What runs on the second engine too: the store, the use cases, kills, and whole features.
const SECOND: [&str; 8] = ["store", "suite", "crash", "ddi", "heartbeat", "owner", "backup", "listing"];

/// Runs every test of the workspace, past failing ones, and sums the results that the test programs print.
pub fn part() -> Tally {
    let mut tally = Tally::default();
    let mut command = run::workspace("test", &["--no-fail-fast"]);
    let ended = run::stream(command.env("VENV", needs::venv()), |line| tally += result(line).unwrap_or_default());
    let mut tally = tally.closed("cargo test", ended.map(|status| status.success()));
    // the compiler makes what comes next meanwhile: tests and compiler share the cores, and each fills the other's pauses
    let second = thread::scope(|scope| {
        let (begun, waiting) = channel();
        let second = scope.spawn(move || on_the_second(&begun));
        // one cargo at a time has the folder, until its tests begin
        let _begun_or_over = waiting.recv();
        let built = run::pass(points().arg("--no-run")).and_then(|()| fuzz::build().map(drop));
        (second.join().map_err(|_| "its thread ended badly"), built)
    });
    tally += second.0.unwrap_or_else(Tally::failure);
    if let Err(why) = second.1 {
        tally += Tally::failure(&why);
    }
    let mut faults = points();
    faults.args(["--", "point", "upgrade"]);
    let ended = run::stream(&mut faults, |line| tally += result(line).unwrap_or_default());
    tally.closed("cargo test, with points to die at", ended.map(|status| status.success()))
}

/// The tests of [`SECOND`] on PostgreSQL, told in one piece. Says when they begin.
fn on_the_second(begun: &Sender<()>) -> Tally {
    // of the workspace too, so that nothing is built anew for it
    let mut command = run::workspace("test", &["--no-fail-fast"]);
    command.args(SECOND.iter().flat_map(|name| ["--test", name])).env("TEGATA_TEST_ENGINE", "postgres");
    let (mut tally, mut said) = (Tally::default(), String::new());
    let ended = run::lines(command, |line| {
        tally += result(line).unwrap_or_default();
        if line.trim_start().starts_with("Running ") {
            let _waits_no_more = begun.send(());
        }
        said.push_str(line);
        said.push('\n');
    });
    print!("{said}");
    tally.closed("the same on PostgreSQL", ended.map(|status| status.success()))
}

/// Deaths at every point. The points are in no program that ships, so this is a build of its own: in the folder of the
/// other ones, where most of it is built already, but with its programs apart from theirs.
fn points() -> Command {
    let mut command = run::workspace("test", &["--features", "tegata/failpoint", "--test", "crash"]);
    command.env("CARGO_BUILD_BUILD_DIR", run::root().join("target")).env("CARGO_TARGET_DIR", run::target("points"));
    command
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
