//! Section `mail`: how notices leave.

use super::{ConfigError, Key, Values, refuse, secret_file};
use tegata_outside::mail::{FROM, Settings};

/// Keys of this section.
pub const KEYS: &[Key] = &[
    Key {
        name: "mail.server",
        default: "",
        manual: "Mail server for notices, as smtps://mail.example.com or smtp://mail.example.com:587 (with STARTTLS). \
                 When absent, letters are written to the folder outbox in the data folder.",
    },
    Key { name: "mail.from", default: FROM, manual: "From whom notices come." },
    Key { name: "mail.user", default: "", manual: "User name at the mail server." },
    Key {
        name: "mail.password_file",
        default: "",
        manual: "File that holds the password at the mail server; nobody else may read it (chmod 600).",
    },
    Key {
        name: "mail.trust",
        default: "",
        manual: "PEM file of authorities that the mail server's certificate is checked against, beside the system's.",
    },
];

/// How notices leave.
pub(super) fn settings(values: &Values) -> Result<Settings, ConfigError> {
    let trust = values
        .text("mail.trust")
        .map(|path| std::fs::read(&path).map_err(|error| refuse(format!("mail.trust: {path}: {error}"))));
    let password = values.text("mail.password_file").map(|path| secret_file("mail.password_file", &path));
    let (user, password) = (values.text("mail.user"), password.transpose()?);
    if user.is_some() != password.is_some() {
        return Err(refuse("mail.user and mail.password_file go together".into()));
    }
    Ok(Settings {
        server: values.text("mail.server"),
        user,
        password,
        trust: trust.transpose()?,
        from: values.text("mail.from").unwrap_or_default(),
    })
}
