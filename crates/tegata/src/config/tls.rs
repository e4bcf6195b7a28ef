//! Section `tls`: the server's own certificate.

use super::{ConfigError, Key, Values, refuse};
use std::path::PathBuf;

/// Keys of this section.
pub const KEYS: &[Key] = &[
    Key {
        name: "tls.certificate",
        default: "",
        manual: "PEM file with the server's certificate chain. When absent, the platform's own HTTPS authority \
                 (https-ca.pem) issues one at every start.",
    },
    Key { name: "tls.key", default: "", manual: "PEM file with the private key of tls.certificate (PKCS#8)." },
];

/// Section `tls`: certificate chain and key, or neither.
#[derive(Debug, Clone)]
pub struct Tls {
    /// Both files.
    pub files: Option<(PathBuf, PathBuf)>,
}

impl Tls {
    pub(super) fn from(values: &Values) -> Result<Self, ConfigError> {
        match (values.text("tls.certificate"), values.text("tls.key")) {
            (Some(certificate), Some(key)) => Ok(Tls { files: Some((certificate.into(), key.into())) }),
            (None, None) => Ok(Tls { files: None }),
            _ => Err(refuse("tls.certificate and tls.key go together".into())),
        }
    }
}
