//! The agent against a platform that misbehaves and a disk that is cut.

mod cut;
mod disk;
mod erase;
mod heartbeat;
mod platform;
mod server;
mod unit;
mod update;
