//! A device signs now: asked by anybody on its page, answered with its next sign of life.

mod answer;
mod ask;
mod read;

pub use answer::{Answer, answer};
pub use ask::{Askers, ask};
pub(crate) use read::{signed, waiting};
