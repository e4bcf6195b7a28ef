//! Who belongs to an organisation, and as what.

mod change;
mod read;

pub use change::{change, end};
pub use read::list;
pub(crate) use read::of_house;
