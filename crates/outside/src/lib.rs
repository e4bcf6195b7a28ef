//! Adapters to what runs outside of the process and is not the store.

pub mod country;
pub mod mail;
pub mod oidc;
