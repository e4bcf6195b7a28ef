//! The end of a device's secrets: asked for by its owner, confirmed by the device or by a witness.

mod ask;
mod confirm;
mod read;

pub use ask::ask;
pub use confirm::{Confirmed, Receipt, confirm};
pub use read::{asked, of};
