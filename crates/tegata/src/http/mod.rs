//! From a socket to a request: TLS by name, identity per connection, limits, logs.

pub mod addresses;
pub mod door;
mod drain;
pub mod gate;
pub mod handles;
pub mod lateness;
pub mod operation;
pub mod places;
pub mod throttle;
pub mod tls;
