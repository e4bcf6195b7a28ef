//! Devices: made, acted upon, read.

pub mod act;
pub mod confirm;
mod count;
mod find;
mod heard;
pub mod label;
pub mod make;
mod reach;
mod read;
mod void;

pub(crate) use act::hand;
pub use act::{Act, act, fitting};
pub use confirm::{Confirmation, Readback, confirm, readback};
pub use count::{Counted, count};
pub use find::{BUDGET, Found, find, search};
pub use heard::heard;
pub use label::label;
pub use make::{Made, Ticket, build, make, ticket};
pub use read::{Seen, by_number, by_serial, certificates, events, list};
pub(crate) use read::{hide, load, number, sight};
pub use void::void_due;
