//! Section `heartbeat`.

use super::{ConfigError, Key, Values, refuse};
use std::time::Duration;

/// Keys of this section.
pub const KEYS: &[Key] = &[Key {
    name: "heartbeat.seconds",
    default: "300",
    manual: "Time between two heartbeats that devices are asked for, 10 to 86400 seconds.",
}];

/// Time between two heartbeats.
pub(super) fn every(values: &Values) -> Result<Duration, ConfigError> {
    let seconds: u64 = values.get("heartbeat.seconds", "a number of seconds")?;
    if !(10..=86_400).contains(&seconds) {
        return Err(refuse(format!("heartbeat.seconds = {seconds} is not 10 to 86400")));
    }
    Ok(Duration::from_secs(seconds))
}
