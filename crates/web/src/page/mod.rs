//! The pages: one module and one struct a page. Each takes the place that was asked for and what to say, and answers a
//! whole HTML document.

pub(crate) mod claim;
pub mod console;
pub mod device;
pub mod error;
pub mod front;
pub mod login;
pub mod malformed;
pub mod model;
pub mod notice;
pub mod operation;
pub mod unknown;

mod answer;
mod ask;
mod facts;
mod frame;
mod item;
mod place;
mod report;
mod stamp;
pub(crate) mod tier;

pub use place::{Place, Said};
