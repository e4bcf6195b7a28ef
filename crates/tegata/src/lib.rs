//! The platform as a program: configuration, wiring, listeners, commands. A library so that tests and benchmarks can
//! start the very same server.
#![allow(clippy::disallowed_methods, reason = "a program: the real clock and the environment are read here")]

pub mod clock;
pub mod command;
pub mod config;
pub mod demo;
pub mod http;
pub mod metrics;
pub mod server;
pub mod service;
pub mod trace;
pub mod wiring;
