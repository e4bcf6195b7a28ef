//! `cargo xtask test`: everything that says whether the product works, from a fresh machine to one closing line.

use crate::tally::{Book, Tally};
use crate::{checks, demo, foreign, fuzz, needs, suite};
use std::thread;

/// Help of `test`.
pub const HELP: &str = "\
cargo xtask test [--only PART]

Installs what the tests need (Debian 12; as root, or prints the command), then runs
  checks    fmt, clippy, deny, layout, doc
  cargo     cargo test over the workspace
  foreign   every script tests/foreign/*.sh: real programs against the real server
  demo      tegata demo --devices 200 --exit --json, each step counted
  fuzz      each fuzz target for two seconds, beside the real programs
and closes with the time of each part and one line `N passed, N failed`.
Exit code 0 only when nothing failed and everything ran.

  --only PART   that part alone, for whoever works on it; what it needs is installed all the same";

const PARTS: [&str; 5] = ["checks", "cargo", "foreign", "demo", "fuzz"];

/// `cargo xtask test`.
pub fn command(args: &[String]) -> Result<bool, String> {
    let only = only(args)?;
    let runs = |part: &str| only.is_none_or(|only| only == part);
    let mut book = Book::default();
    let needs = runs("cargo") || runs("foreign");
    if needs && book.part("needs", || needed(needs::install_for_compiler())).failed > 0 {
        return Ok(book.close());
    }
    let rest = thread::scope(|scope| {
        let rest = needs.then(|| scope.spawn(needs::install_rest));
        if runs("checks") {
            checks::all(&mut book);
        }
        rest.map(|rest| rest.join().map_err(|_| "its thread ended badly".into()).flatten())
    });
    if rest.is_some_and(|rest| book.part("needs of the tests", || needed(rest)).failed > 0) {
        return Ok(book.close());
    }
    if runs("cargo") {
        book.part("cargo test", suite::part);
    }
    let fuzzed = thread::scope(|scope| {
        // it takes what the real programs leave of the cores: they wait for one another most of their time
        let fuzzed = runs("fuzz").then(|| scope.spawn(fuzz::part));
        if runs("foreign") {
            book.part("foreign peers", foreign::part);
        }
        if runs("demo") {
            book.part("demo", demo::part);
        }
        fuzzed.map(|fuzzed| fuzzed.join().unwrap_or_else(|_| Tally::failure("its thread ended badly")))
    });
    if let Some(fuzzed) = fuzzed {
        book.part("fuzz, beside the real programs", || fuzzed);
    }
    Ok(book.close())
}

/// An installation counts only where it fails.
fn needed(installed: Result<(), String>) -> Tally {
    installed.map_or_else(|why| Tally::failure(&why), |()| Tally::default())
}

fn only(args: &[String]) -> Result<Option<&str>, String> {
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => Ok(None),
        ["--only", part] if PARTS.contains(&part) => Ok(Some(part)),
        _ => Err(format!("expected nothing or --only and one of {}", PARTS.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options() {
        let read = |args: &[&str]| {
            let args: Vec<String> = args.iter().map(|arg| (*arg).into()).collect();
            only(&args).map(|part| part.map(str::to_owned))
        };
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["--only", "demo"]), Ok(Some("demo".into())));
        assert!(read(&["--only"]).is_err());
        assert!(read(&["--only", "nothing"]).is_err());
        assert!(read(&["--fast"]).is_err());
    }
}
