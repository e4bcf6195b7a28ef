//! Counts: how the devices of an organisation stand, and how they stood.

mod day;
mod read;

pub use day::write_down;
pub use read::{Counts, Curve, OfProduct, OfRelease, Standing, curves, products, read};
pub(crate) use read::{ran, update, whose};
