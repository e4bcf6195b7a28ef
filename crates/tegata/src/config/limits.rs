//! Section `limits`: everything is bounded, and here are the bounds.

use super::{ConfigError, Key, Values, refuse};
use std::time::Duration;

/// Keys of this section.
pub const KEYS: &[Key] = &[
    Key { name: "limits.connections", default: "10000", manual: "Open connections; more wait in the kernel's queue." },
    Key {
        name: "limits.in_flight",
        default: "1024",
        manual: "Requests at once; more are answered 503 with Retry-After.",
    },
    Key {
        name: "limits.lookups_per_second",
        default: "1000",
        manual: "Look-ups a second from one address; more are answered 429. 0 is without limit.",
    },
    Key {
        name: "limits.lookup_cache",
        default: "100000",
        manual: "Devices whose answer to look-ups is kept in memory, about 1 kB each; 0 keeps none.",
    },
    Key {
        name: "limits.request_seconds",
        default: "60",
        manual: "How long one request may take; streams may take longer.",
    },
];

/// Section `limits`.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Open connections.
    pub connections: usize,
    /// Requests at once.
    pub in_flight: usize,
    /// Look-ups a second from one address.
    pub lookups_per_second: u32,
    /// How long one request may take.
    pub request: Duration,
}

impl Limits {
    pub(super) fn from(values: &Values) -> Result<Self, ConfigError> {
        Ok(Limits {
            connections: values.get("limits.connections", "a number")?,
            in_flight: values.get("limits.in_flight", "a number")?,
            lookups_per_second: values.get("limits.lookups_per_second", "a number")?,
            request: Duration::from_secs(values.get("limits.request_seconds", "a number of seconds")?),
        })
    }
}

/// Devices whose answer to look-ups is kept, at most 10 million.
pub(super) fn lookup_cache(values: &Values) -> Result<usize, ConfigError> {
    let entries: usize = values.get("limits.lookup_cache", "a number of devices")?;
    if entries > 10_000_000 {
        return Err(refuse(format!("limits.lookup_cache = {entries} is more than 10000000")));
    }
    Ok(entries)
}
