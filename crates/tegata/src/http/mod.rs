//! From a socket to a request: TLS by name, identity per connection, limits, logs.

pub mod door;
mod drain;
pub mod gate;
pub mod operation;
pub mod throttle;
pub mod tls;
