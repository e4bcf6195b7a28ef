//! Section `release`.

use super::{ConfigError, Key, Values, refuse};
use std::time::Duration;

/// Keys of this section.
pub const KEYS: &[Key] = &[
    Key {
        name: "release.file_max",
        default: "1073741824",
        manual: "The largest file of a release, in bytes, 1 to 1099511627776. Some devices take less than 4 GiB.",
    },
    Key {
        name: "release.poll_seconds",
        default: "300",
        manual: "How often devices are told to ask for releases, 10 to 86399 seconds.",
    },
];

/// The largest file of a release.
pub(super) fn file_max(values: &Values) -> Result<u64, ConfigError> {
    let bytes: u64 = values.get("release.file_max", "a number of bytes")?;
    if !(1..=1 << 40).contains(&bytes) {
        return Err(refuse(format!("release.file_max = {bytes} is not 1 to 1099511627776")));
    }
    Ok(bytes)
}

/// How often devices ask for releases.
pub(super) fn poll_interval(values: &Values) -> Result<Duration, ConfigError> {
    let seconds: u64 = values.get("release.poll_seconds", "a number of seconds")?;
    if !(10..=86_399).contains(&seconds) {
        return Err(refuse(format!("release.poll_seconds = {seconds} is not 10 to 86399")));
    }
    Ok(Duration::from_secs(seconds))
}
