//! Coverage by listing: every route with every kind of credential, every use case with every role. What is new and
//! not listed here fails.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod case;
mod columns;
mod console;
mod console_story;
mod doors;
mod expired;
mod fleet;
mod help;
mod line;
mod pages;
mod protocols;
mod resources;
mod routes;
mod stock;
mod usecases;
mod ways;
mod ways_story;
