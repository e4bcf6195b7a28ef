//! The line through its real program, against the real platform.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod factory;
mod help;
mod kill;
mod program;
mod story;
