//! Section `limits`: everything is bounded, and here are the bounds.

use super::{ConfigError, Key, Values, refuse};
use std::time::Duration;

/// Keys of this section.
pub const KEYS: &[Key] = &[
    Key { name: "limits.connections", default: "10000", manual: "Open connections; more wait in the kernel's queue." },
    Key {
        name: "limits.in_flight",
        default: "1024",
        manual: "Requests at once, of each sort (public, devices, API); more are answered 503 with Retry-After.",
    },
    Key {
        name: "limits.streams",
        default: "256",
        manual: "Streams of lines and uploads at once; more are answered 503 with Retry-After.",
    },
    Key {
        name: "limits.share_percent",
        default: "50",
        manual: "How much of in_flight and streams one organisation may have, and of connections one address; what an \
                 organisation asks for past that is answered 429 with Retry-After. 1 to 100.",
    },
    Key {
        name: "limits.device_per_second",
        default: "50",
        manual: "How often a second one device may poll, enrol or beat; more is answered 429 with Retry-After. 0 is \
                 without limit.",
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
    /// Streams of lines and uploads at once.
    pub streams: usize,
    /// How much of it one organisation or one address may have, 1 to 100.
    pub share_percent: u8,
    /// Look-ups a second from one address.
    pub lookups_per_second: u32,
    /// How long one request may take.
    pub request: Duration,
}

impl Limits {
    pub(super) fn from(values: &Values) -> Result<Self, ConfigError> {
        let share_percent = values.get("limits.share_percent", "a number from 1 to 100")?;
        if !(1..=100).contains(&share_percent) {
            return Err(refuse(format!("limits.share_percent = {share_percent} is not 1 to 100")));
        }
        Ok(Limits {
            streams: values.get("limits.streams", "a number")?,
            share_percent,
            connections: values.get("limits.connections", "a number")?,
            in_flight: values.get("limits.in_flight", "a number")?,
            lookups_per_second: values.get("limits.lookups_per_second", "a number")?,
            request: Duration::from_secs(values.get("limits.request_seconds", "a number of seconds")?),
        })
    }
}

/// How often a second one device may ask.
pub(super) fn device_rate(values: &Values) -> Result<u32, ConfigError> {
    let rate: u32 = values.get("limits.device_per_second", "a number")?;
    if rate > 1000 {
        return Err(refuse(format!("limits.device_per_second = {rate} is more than 1000; 0 is without limit")));
    }
    Ok(rate)
}

/// Devices whose answer to look-ups is kept, at most 10 million.
pub(super) fn lookup_cache(values: &Values) -> Result<usize, ConfigError> {
    let entries: usize = values.get("limits.lookup_cache", "a number of devices")?;
    if entries > 10_000_000 {
        return Err(refuse(format!("limits.lookup_cache = {entries} is more than 10000000")));
    }
    Ok(entries)
}
