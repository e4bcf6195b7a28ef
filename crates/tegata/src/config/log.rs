//! Section `log`.

use super::{ConfigError, Key, Values, refuse};

/// Keys of this section.
pub const KEYS: &[Key] = &[
    Key {
        name: "log.level",
        default: "info",
        manual: "error, warn, info, debug or trace; also per module, as tegata=debug.",
    },
    Key { name: "log.format", default: "json", manual: "json (one object a line) or text, on stderr." },
];

/// Section `log`.
#[derive(Debug, Clone)]
pub struct Log {
    /// Filter in the form of tracing.
    pub level: String,
    /// One JSON object a line.
    pub json: bool,
}

impl Log {
    pub(super) fn from(values: &Values) -> Result<Self, ConfigError> {
        let format: String = values.get("log.format", "json or text")?;
        if !matches!(format.as_str(), "json" | "text") {
            return Err(refuse(format!("log.format = \"{format}\" is neither json nor text")));
        }
        Ok(Log { level: values.get("log.level", "a level")?, json: format == "json" })
    }
}
