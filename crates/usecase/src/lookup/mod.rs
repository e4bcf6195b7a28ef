//! The public look-up.

mod catalogue;
mod known;
mod read;
mod visit;

pub use catalogue::Catalogue;
pub(crate) use catalogue::entry;
pub use known::{Answer, Memory, Ticket, keep, known};
pub use read::{by_number, find, model};
pub use visit::{Visitor, visit};
