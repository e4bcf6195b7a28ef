//! The device's side: makes its key, enrols over EST with mutual TLS, renews.
//!
//! Why a crate of its own: it runs on the device and must not pull the server's packages.

mod est;
mod identity;

pub use est::{Est, EstError};
pub use identity::Identity;
