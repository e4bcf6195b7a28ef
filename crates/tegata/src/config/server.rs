//! Section `server`: where the platform listens.

use super::{ConfigError, Key, Values, refuse};
use std::net::SocketAddr;
use std::time::Duration;

/// Keys of this section.
pub const KEYS: &[Key] = &[
    Key {
        name: "server.https",
        default: "127.0.0.1:8443",
        manual: "Address of the HTTPS port; port 0 takes a free one.",
    },
    Key {
        name: "server.http",
        default: "127.0.0.1:8080",
        manual: "Address of the plain HTTP port: CRLs and CA certificates. On loopback it shows the pages too; \
                 elsewhere it redirects them to HTTPS.",
    },
    Key {
        name: "server.operation",
        default: "loopback",
        manual: "Who may read /metrics, /operation and the details of /readyz: loopback, or any.",
    },
    Key { name: "server.drain_seconds", default: "10", manual: "How long requests may take to end after SIGTERM." },
];

/// Section `server`.
#[derive(Debug, Clone)]
pub struct Server {
    /// HTTPS.
    pub https: SocketAddr,
    /// HTTP.
    pub http: SocketAddr,
    /// Whether others than loopback may read metrics.
    pub open_operation: bool,
    /// Patience after SIGTERM.
    pub drain: Duration,
}

impl Server {
    pub(super) fn from(values: &Values) -> Result<Self, ConfigError> {
        let operation: String = values.get("server.operation", "loopback or any")?;
        if !matches!(operation.as_str(), "loopback" | "any") {
            return Err(refuse(format!("server.operation = \"{operation}\" is neither loopback nor any")));
        }
        let address = "an address with port, as 127.0.0.1:8443";
        Ok(Server {
            open_operation: operation == "any",
            https: values.get("server.https", address)?,
            http: values.get("server.http", address)?,
            drain: Duration::from_secs(values.get("server.drain_seconds", "a number of seconds")?),
        })
    }
}
