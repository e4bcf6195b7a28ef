//! Reports of people who looked a device up: taken from anybody, read by owner and maker.

mod enter;
mod read;

pub use enter::{Reporters, Said, enter};
pub use read::{Told, list};
