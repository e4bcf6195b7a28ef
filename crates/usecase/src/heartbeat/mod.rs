//! Heartbeats: a device tells of itself, and is told how its life stands.

mod beat;
mod password;
mod version;

pub use beat::beat;
