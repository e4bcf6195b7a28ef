//! Section `store`: where the platform is kept.

use super::{ConfigError, Key, Values, refuse};
use std::path::PathBuf;
use std::time::Duration;
use tegata_usecase::platform::Access;

/// Keys of this section.
pub const KEYS: &[Key] = &[
    Key {
        name: "store.url",
        default: "",
        manual: "PostgreSQL 15 or newer that holds the platform, as postgres://USER@HOST,HOST/NAME; of several hosts the \
                 one that takes writes. Empty: where the data folder says (its file store-url, written by `tegata init \
                 --store` and `tegata move`), which without that file is the folder itself. Over a network it is TLS, \
                 unless the URL ends in ?sslmode=disable. A password belongs into the file store-url or the environment, \
                 not on a command line.",
    },
    Key {
        name: "store.roots",
        default: "",
        manual: "PEM file of the roots that PostgreSQL's TLS certificate is held against; empty: those of the system.",
    },
    Key { name: "store.connections", default: "16", manual: "Connections of this node for reads." },
    Key {
        name: "store.wait_seconds",
        default: "10",
        manual: "How long the database, or a free connection to it, is waited for; then the answer is 503.",
    },
];

/// Section `store`.
pub(super) fn access(values: &Values) -> Result<Access, ConfigError> {
    let connections = values.get("store.connections", "a number")?;
    let wait: u64 = values.get("store.wait_seconds", "a number of seconds")?;
    if !(1..=1000).contains(&connections) || !(1..=600).contains(&wait) {
        return Err(refuse("store.connections is 1 to 1000, store.wait_seconds 1 to 600".into()));
    }
    let roots = values.text("store.roots").map(PathBuf::from);
    Ok(Access { url: values.text("store.url"), roots, connections, wait: Duration::from_secs(wait) })
}
