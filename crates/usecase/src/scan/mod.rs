//! Look-ups of numbers, counted coarsely; what follows when one is in too many places.
//!
//! Programs are not counted: they ask for JSON, as often as they like, and say nothing of where a label is.

mod exempt;
mod flush;
mod note;
mod read;
mod settings;

pub use exempt::exempt;
pub use flush::{flush, sweep};
pub use note::{Filled, Scans};
pub use read::{Counted, of};
pub(crate) use read::{seen, with_waiting};
pub use settings::Settings;
