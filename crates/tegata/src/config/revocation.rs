//! Section `revocation`.

use super::{ConfigError, Key, Values, refuse};
use std::time::Duration;

/// Keys of this section.
pub const KEYS: &[Key] = &[Key {
    name: "revocation.crl_hours",
    default: "168",
    manual: "How long a CRL holds, 1 to 8760 hours; a new one is published at half of that, and at every revocation.",
}];

/// How long a CRL holds.
pub(super) fn crl_life(values: &Values) -> Result<Duration, ConfigError> {
    let hours: u64 = values.get("revocation.crl_hours", "a number of hours")?;
    if !(1..=8760).contains(&hours) {
        return Err(refuse(format!("revocation.crl_hours = {hours} is not 1 to 8760")));
    }
    Ok(Duration::from_secs(hours * 3600))
}
