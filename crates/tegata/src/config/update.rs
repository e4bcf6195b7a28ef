//! Section `update`.

use super::{ConfigError, Key, Values, refuse};
use std::time::Duration;

/// Keys of this section.
pub const KEYS: &[Key] = &[
    Key {
        name: "update.poll_interval",
        default: "300",
        manual: "Seconds that update clients are told to wait between two polls, 1 to 86399.",
    },
    Key {
        name: "update.poll_cache",
        default: "1000000",
        manual: "Devices whose last answer to a poll is kept in memory, about 600 bytes each; 0 keeps none.",
    },
];

/// Time between two polls of an update client.
pub(super) fn poll_interval(values: &Values) -> Result<Duration, ConfigError> {
    let seconds: u64 = values.get("update.poll_interval", "a number of seconds")?;
    if !(1..=86_399).contains(&seconds) {
        return Err(refuse(format!("update.poll_interval = {seconds} is not 1 to 86399")));
    }
    Ok(Duration::from_secs(seconds))
}

/// Devices whose last answer to a poll is kept, at most 100 million.
pub(super) fn poll_cache(values: &Values) -> Result<usize, ConfigError> {
    let entries: usize = values.get("update.poll_cache", "a number of devices")?;
    if entries > 100_000_000 {
        return Err(refuse(format!("update.poll_cache = {entries} is more than 100000000")));
    }
    Ok(entries)
}
