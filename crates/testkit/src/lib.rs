//! A world for tests: the real `tegata` program on a fresh data folder, and those who speak with it.
//!
//! Why a crate: all feature tests share it, and nothing that ships may use it (`cargo xtask layout` holds that).
//!
//! ```text
//! World       data folder, the running program: started, killed, ended, started again
//! Api         the JSON API and the pages, over connections that are kept
//! Connection  one HTTPS connection, by hand: which name, which TLS, which certificate, streams both ways
//! Console     a browser in the console: cookies, forms, who is logged in
//! authenticator   passkeys of one person         provider   a provider of identity
//! factory     products, batches, lines, devices          tenant   organisations, tokens of every role
//! postgres    a PostgreSQL server of our own
//! ledger      checkpoints, tiles, copies of a log        wait     for a state, never for a time
//! ```
//!
//! Whatever goes wrong here is a failed test, so functions panic and say what they wanted. Only what a killed server
//! brings about is an `Err`.
#![allow(clippy::disallowed_methods, reason = "a program's side of tests: real clock, real environment")]

pub mod api;
pub mod authenticator;
pub mod connection;
pub mod console;
pub mod factory;
pub mod ledger;
pub mod postgres;
mod process;
pub mod provider;
pub mod seed;
pub mod tenant;
pub mod tls;
pub mod wait;
mod world;

pub use api::{Answer, Api};
pub use authenticator::Authenticator;
pub use connection::Connection;
pub use console::Console;
pub use postgres::{Disk, Postgres};
pub use process::{Refusal, Server};
pub use tegata_agent::{Est, EstError, Identity};
pub use world::{First, Place, Setup, World, pem};
