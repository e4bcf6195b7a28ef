//! The agent against a platform that misbehaves and a disk that is cut.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod answer;
mod cut;
mod disk;
mod erase;
mod full;
mod heartbeat;
mod platform;
mod server;
mod unit;
mod update;
