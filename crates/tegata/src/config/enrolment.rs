//! Section `enrolment`.

use super::{ConfigError, Key, Values, refuse};
use std::time::Duration;

/// Keys of this section.
pub const KEYS: &[Key] = &[Key {
    name: "enrolment.ldevid_days",
    default: "90",
    manual: "How long an operational certificate (LDevID) holds, 1 to 1095 days.",
}];

/// How long an LDevID holds.
pub(super) fn ldevid_life(values: &Values) -> Result<Duration, ConfigError> {
    let days: u64 = values.get("enrolment.ldevid_days", "a number of days")?;
    if !(1..=1095).contains(&days) {
        return Err(refuse(format!("enrolment.ldevid_days = {days} is not 1 to 1095")));
    }
    Ok(Duration::from_secs(days * 24 * 3600))
}
