//! Use cases on a real store, under a clock and a generator of the test's own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "tests: a panic is the failure"
)]

mod backup;
mod behind;
mod bulk;
mod campaign;
mod challenge;
mod clone;
mod confirm;
mod disposal;
mod ended;
mod enrolment;
mod erasure;
mod examine;
mod factor;
mod file;
mod find;
mod heartbeat;
mod household;
mod increment;
mod ledger;
mod login;
mod lookup;
mod outside;
mod passkey;
mod poll;
mod release;
mod report;
mod scan;
mod time;
mod transfer;
mod world;
