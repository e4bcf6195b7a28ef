//! Certificates.

pub mod revoke;
