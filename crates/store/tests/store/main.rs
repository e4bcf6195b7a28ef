//! The store suite: what every engine must hold. No test names a back end, but where only one has the thing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "tests: a panic is the failure"
)]

mod carry;
mod filter;
mod fixture;
mod folder;
mod guards;
mod heart;
mod increment;
mod lease;
mod ledger;
mod list;
mod publication;
mod snapshot;
mod tally;
mod target_token;
mod visit;
