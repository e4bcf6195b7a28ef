//! The pages: one module and one struct a page. Each takes the place that was asked for and what to say, and answers a
//! whole HTML document.

pub mod batch;
pub mod campaign;
pub(crate) mod claim;
pub mod console;
pub mod device;
pub mod error;
pub mod finding;
pub mod front;
pub mod guide;
pub mod ledger;
pub mod login;
pub mod malformed;
pub mod model;
pub mod notice;
pub mod notices;
pub mod operation;
pub mod product;
pub mod release;
pub mod unknown;

mod answer;
mod ask;
mod facts;
mod frame;
mod item;
mod place;
mod report;
mod shape;
mod stamp;
pub(crate) mod tier;

pub use place::{Place, Said};
