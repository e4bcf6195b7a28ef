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

pub use act::{Act, act, fitting};
pub(crate) use act::{decide, hand, judge};
pub use confirm::{Confirmation, Readback, confirm, readback};
pub use count::{Counted, count};
pub use find::{BUDGET, Found, find, search};
pub(crate) use find::{Rows, rows};
pub use heard::heard;
pub use label::label;
pub use make::{Made, Ticket, build, make, ticket};
pub(crate) use reach::reach;
pub use read::{Seen, by_number, by_serial, certificates, events, list};
pub(crate) use read::{hide, load, number, see, sight};
pub use void::void_due;
