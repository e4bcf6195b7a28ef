//! The device's side: makes its key, enrols over EST with mutual TLS, renews; tells how it is, installs what its maker
//! signed, destroys its owner's secrets at the end.
//!
//! Why a crate of its own: it runs on the device and must not pull the server's packages.
//! Invariant: no answer of a server and no loss of power leaves the device without a way on.

pub mod answer;
mod attest;
mod backoff;
pub mod command;
pub mod config;
pub mod credential;
pub mod cx;
mod ddi;
pub mod disk;
pub mod enrol;
pub mod erase;
pub mod error;
mod est;
pub mod folder;
pub mod head;
mod heartbeat;
mod hook;
mod identity;
mod link;
mod pem;
pub mod real;
pub mod release;
pub mod run;
pub mod status;
pub mod update;

pub use est::{Est, EstError};
pub use identity::{Identity, IdentityError};
