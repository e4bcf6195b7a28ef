//! What our own agent asks for: below `/agent/v1`.

pub mod answer;
pub mod erasure;
pub mod heartbeat;
