//! One that takes more than its part.
