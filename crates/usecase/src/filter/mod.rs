//! Filters of a list that a person keeps under a name, for herself.

mod end;
mod keep;
mod read;

pub use end::end;
pub use keep::keep;
pub use read::list;
