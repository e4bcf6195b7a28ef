//! Section `production`.

use super::{ConfigError, Key, Values, refuse};
use std::time::Duration;

/// Keys of this section.
pub const KEYS: &[Key] = &[Key {
    name: "production.confirm_within",
    default: "7d",
    manual: "How long a line may take to confirm a device of a batch that requires it, 1h to 365d (hours or days). \
             Past that the device is voided: retired by the platform, its certificates revoked, its place in the batch \
             not given back.",
}];

const HOUR: u64 = 3600;

fn span(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "h" => HOUR,
        "d" => 24 * HOUR,
        _ => return None,
    };
    Some(Duration::from_secs(number.parse::<u64>().ok()?.checked_mul(seconds)?))
}

/// How long a line may take to confirm a device.
pub(super) fn confirm_within(values: &Values) -> Result<Duration, ConfigError> {
    let text: String = values.get("production.confirm_within", "a text")?;
    let bounds = Duration::from_secs(HOUR)..=Duration::from_secs(365 * 24 * HOUR);
    let wrong = || refuse(format!("production.confirm_within = \"{text}\" is not 1h to 365d, as 36h or 7d"));
    span(&text).filter(|span| bounds.contains(span)).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_units_and_bounds() {
        assert_eq!(span("36h"), Some(Duration::from_secs(36 * HOUR)));
        assert_eq!(span("7d"), Some(Duration::from_secs(7 * 24 * HOUR)));
        for wrong in ["", "7", "d", "-1d", "7w", "日", "99999999999999999999d", "18446744073709551615d"] {
            assert_eq!(span(wrong), None, "{wrong}");
        }
        let set = |value: &str| {
            let set = [("TEGATA_PRODUCTION_CONFIRM_WITHIN".to_owned(), value.to_owned())];
            confirm_within(&Values::gather(None, &set, &[]).unwrap()).map_err(|e| e.to_string())
        };
        assert_eq!(set("1h"), Ok(Duration::from_secs(HOUR)));
        assert!(set("0h").is_err() && set("366d").is_err());
        assert!(set("soon").unwrap_err().contains("as 36h or 7d"));
    }
}
