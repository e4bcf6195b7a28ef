//! Pages of the ledger: for everybody.

mod heads;
mod proof;

pub use heads::{Shown, render as heads};
pub use proof::render as proof;
