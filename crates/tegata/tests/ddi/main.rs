//! Updates over DDI, as the crate `hawkbit` speaks it: a client that we did not write, against the real program.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod consent;
mod field;
mod http;
mod memory;
mod update;
