//! Use cases on a real store, under a clock and a generator of the test's own.

mod enrolment;
mod ledger;
mod time;
mod world;
