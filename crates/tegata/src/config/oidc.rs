//! Section `oidc`: a provider of identity that people log in by (OpenID Connect).

use super::{ConfigError, Key, Values, refuse, secret_file};
use tegata_usecase::cx::Oidc;

/// Keys of this section.
pub const KEYS: &[Key] = &[
    Key {
        name: "oidc.issuer",
        default: "",
        manual: "Issuer of a provider that people may log in by, word for word as its own document says it: \
                 https://id.example.com. When absent, nobody logs in by one. At the provider, enter the platform with \
                 the redirect address PUBLIC-URL/login/provider/back.",
    },
    Key { name: "oidc.client_id", default: "", manual: "The name that the provider knows the platform by." },
    Key {
        name: "oidc.client_secret_file",
        default: "",
        manual: "File that holds the platform's secret at the provider; nobody else may read it (chmod 600). When \
                 absent, the platform is a public client there.",
    },
    Key { name: "oidc.name", default: "", manual: "What people call the provider; its host when absent." },
    Key {
        name: "oidc.second_factor",
        default: "false",
        manual: "Whether the provider asks everybody for a second factor. Then none is asked for here after it.",
    },
    Key {
        name: "oidc.trust",
        default: "",
        manual: "PEM file of authorities that the provider's certificate is checked against, beside the system's.",
    },
];

/// The provider, where one is named.
pub(super) fn settings(values: &Values) -> Result<Option<Oidc>, ConfigError> {
    let (issuer, client_id) = (values.text("oidc.issuer"), values.text("oidc.client_id"));
    let second_factor = values.get("oidc.second_factor", "true or false")?;
    let (issuer, client_id) = match (issuer, client_id) {
        (Some(issuer), Some(client_id)) => (issuer, client_id),
        (None, None) => return Ok(None),
        _ => return Err(refuse("oidc.issuer and oidc.client_id go together".into())),
    };
    let secret = values.text("oidc.client_secret_file").map(|path| secret_file("oidc.client_secret_file", &path));
    let trust = values
        .text("oidc.trust")
        .map(|path| std::fs::read(&path).map_err(|error| refuse(format!("oidc.trust: {path}: {error}"))));
    let host = || issuer.split("://").last().unwrap_or_default().split('/').next().unwrap_or_default().to_owned();
    Ok(Some(Oidc {
        name: values.text("oidc.name").unwrap_or_else(host),
        client_id,
        client_secret: secret.transpose()?,
        trust: trust.transpose()?,
        second_factor,
        issuer,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<Oidc>, ConfigError> {
        settings(&Values::of(Some(("test", text)), &[], &[]).unwrap())
    }

    #[test]
    fn a_provider_is_named_whole_or_not_at_all() {
        assert!(read("").unwrap().is_none());
        let oidc =
            read("[oidc]\nissuer = \"https://id.example.com/realm\"\nclient_id = \"tegata\"\n").unwrap().unwrap();
        assert_eq!((&*oidc.name, oidc.client_secret, oidc.second_factor), ("id.example.com", None, false));
        for half in ["issuer = \"https://id.example.com\"", "client_id = \"tegata\""] {
            assert!(read(&format!("[oidc]\n{half}\n")).unwrap_err().to_string().contains("go together"));
        }
        let both = "[oidc]\nissuer = \"https://id.example.com\"\nclient_id = \"tegata\"\n";
        assert!(read(&format!("{both}second_factor = \"perhaps\"\n")).is_err());
        assert!(read(&format!("{both}second_factor = true\nname = \"ID\"\n")).unwrap().unwrap().second_factor);
    }

    #[test]
    fn its_secret_is_for_nobody_else_to_read() {
        use std::os::unix::fs::PermissionsExt;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "s3cret\n").unwrap();
        let text = format!(
            "[oidc]\nissuer = \"https://id.example.com\"\nclient_id = \"tegata\"\nclient_secret_file = {:?}\n",
            file.path()
        );
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(read(&text).unwrap().unwrap().client_secret.as_deref(), Some("s3cret"));
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(read(&text).unwrap_err().to_string().contains("chmod 600"));
    }
}
