//! Pages of products.

mod list;
mod one;

pub use list::{Filled, Listed, render as list};
pub use one::{Shown, render as one};
