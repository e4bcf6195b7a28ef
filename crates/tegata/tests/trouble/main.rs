//! Trouble that comes from outside of the program: its disk, its clock, its file handles, its database, too much load, a
//! neighbour that takes more than its part. The program that is tested is the one that ships.
//!
//! A library that is loaded before libc (`shim.c`) stands between program and kernel: what the machine of a test cannot
//! do to itself, it does to this one process. `FAULT_ROUNDS=200` repeats what has chance in it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]
#![allow(clippy::disallowed_methods, reason = "it measures with the real clock, and reads its own environment")]

mod bulk;
mod clock;
mod cut;
mod disk;
mod handles;
#[path = "../crash/history.rs"]
mod history;
mod load;
mod neighbour;
mod overload;
mod shim;
mod stand;
mod vanish;

use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

const BINARY: &str = env!("CARGO_BIN_EXE_tegata");

/// One at a time: what is measured here is measured on a machine that does nothing else.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says something past the capture of the test program: a passing test shows its figures too.
fn say(line: &str) {
    writeln!(std::io::stderr(), "trouble: {line}").expect("stderr");
}

/// The shipped program has no points at which a test lets it die.
#[test]
#[cfg(not(feature = "failpoint"))]
fn what_ships_has_no_points_to_die_at() {
    let binary = std::fs::read(BINARY).unwrap();
    let holds = |text: &[u8]| binary.windows(text.len()).any(|window| window == text);
    assert!(holds(b"limits.in_flight"), "texts of the program are found in it");
    assert!(!holds(b"FAULT_POINT") && !holds(b"FAULT_SEEN"));
}
