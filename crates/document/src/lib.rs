//! Papers that leave the platform: what stands on them and how they look. Pure: facts in, text or drawing out.
//!
//! Why a crate: the server and the line draw the same labels, and the line must not pull the server's packages.

pub mod code;
mod font;
pub mod label;
pub mod letter;
