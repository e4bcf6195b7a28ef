//! Section `release`.

use super::{ConfigError, Key, Values, refuse};

/// Keys of this section.
pub const KEYS: &[Key] = &[Key {
    name: "release.file_max",
    default: "1073741824",
    manual: "The largest file of a release, in bytes, 1 to 1099511627776. Some devices take less than 4 GiB.",
}];

/// The largest file of a release.
pub(super) fn file_max(values: &Values) -> Result<u64, ConfigError> {
    let bytes: u64 = values.get("release.file_max", "a number of bytes")?;
    if !(1..=1 << 40).contains(&bytes) {
        return Err(refuse(format!("release.file_max = {bytes} is not 1 to 1099511627776")));
    }
    Ok(bytes)
}
