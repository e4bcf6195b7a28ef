//! Enrolment: a device gets and renews its operational certificate.

mod enrol;

pub use enrol::{Enrolled, enrol};
