//! Device certificates as credentials.

mod identify;

pub use identify::{Credential, identify, known};
