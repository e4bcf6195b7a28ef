//! Section `objects`: where tiles of the ledger and files of releases lie.

use super::{ConfigError, Key, Values, refuse};
use std::time::Duration;
use tegata_usecase::cx::{ObjectSettings as Settings, S3};

/// Keys of this section.
pub const KEYS: &[Key] = &[
    Key {
        name: "objects.url",
        default: "",
        manual: "Where tiles of the ledger and files of releases lie, as s3://BUCKET/PREFIX. When absent, in the data \
                 folder. What lies there is moved at the first start with an object store; there is no way back but \
                 backup and restore.",
    },
    Key {
        name: "objects.endpoint",
        default: "",
        manual: "Address of the object store, as https://s3.example.com; http:// on loopback only. When absent, that of \
                 AWS in the region.",
    },
    Key { name: "objects.region", default: "us-east-1", manual: "Region of the bucket." },
    Key {
        name: "objects.path_style",
        default: "true",
        manual: "Whether the bucket stands in the path of requests (true), as most servers want it, or in the host name.",
    },
    Key {
        name: "objects.credentials_file",
        default: "",
        manual: "File with the lines aws_access_key_id = … and aws_secret_access_key = … (and aws_session_token = …); \
                 nobody else may read it (chmod 600). When absent, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and \
                 AWS_SESSION_TOKEN of the environment.",
    },
    Key {
        name: "objects.trust",
        default: "",
        manual: "PEM file of authorities that the object store's certificate is checked against, beside the system's.",
    },
    Key {
        name: "objects.timeout_seconds",
        default: "15",
        manual: "How long one answer of the object store may take, 1 to 300. Readers wait for 10 seconds at most.",
    },
    Key { name: "objects.retries", default: "3", manual: "How often a request is made again, 0 to 10." },
];

/// Variables of the environment that others use too.
pub(super) const ENVIRONMENT: [&str; 3] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/// Access key, secret key, session token.
type Credentials = (String, String, Option<String>);

/// Where tiles and files lie.
pub(super) fn settings(values: &Values) -> Result<Settings, ConfigError> {
    let Some(url) = values.text("objects.url") else { return Ok(Settings::default()) };
    let named = |key: &str, why: String| refuse(format!("objects.{key}: {why}"));
    let (bucket, prefix) = S3::parse(&url).map_err(|e| named("url", e.to_string()))?;
    let endpoint = values.text("objects.endpoint");
    if let Some(endpoint) = &endpoint {
        S3::check_endpoint(endpoint).map_err(|e| named("endpoint", e.to_string()))?;
    }
    let timeout: u64 = values.get("objects.timeout_seconds", "a number of seconds")?;
    let retries: u32 = values.get("objects.retries", "a number")?;
    if !(1..=300).contains(&timeout) || retries > 10 {
        return Err(refuse("objects.timeout_seconds is 1 to 300, objects.retries 0 to 10".into()));
    }
    let trust = values.text("objects.trust");
    let trust = trust.map(|path| std::fs::read(&path).map_err(|e| named("trust", format!("{path}: {e}"))));
    let credentials = match values.text("objects.credentials_file") {
        Some(path) => from_file(&path).map_err(|why| named("credentials_file", why))?,
        None => from_environment(values)?,
    };
    Ok(Settings {
        remote: Some(S3 {
            bucket,
            prefix,
            endpoint,
            region: values.text("objects.region").unwrap_or_default(),
            path_style: values.get("objects.path_style", "true or false")?,
            credentials,
            trust: trust.transpose()?,
            timeout: Duration::from_secs(timeout),
            retries,
        }),
    })
}

fn from_file(path: &str) -> Result<Credentials, String> {
    use std::os::unix::fs::PermissionsExt;
    let read = || -> std::io::Result<(u32, String)> {
        Ok((std::fs::metadata(path)?.permissions().mode(), std::fs::read_to_string(path)?))
    };
    let (mode, text) = read().map_err(|e| format!("{path}: {e}"))?;
    if mode & 0o077 != 0 {
        return Err(format!("others may read {path}; run: chmod 600 {path}"));
    }
    let value = |wanted: &str| {
        let lines = text.lines().filter_map(|line| line.split_once('='));
        lines.map(|(key, value)| (key.trim(), value.trim())).find(|(key, _)| *key == wanted).map(|(_, v)| v.to_owned())
    };
    let keys = value("aws_access_key_id").zip(value("aws_secret_access_key"));
    let (access, secret) = keys.ok_or_else(|| {
        format!("{path} holds the lines aws_access_key_id = … and aws_secret_access_key = …; one is missing")
    })?;
    Ok((access, secret, value("aws_session_token")))
}

fn from_environment(values: &Values) -> Result<Credentials, ConfigError> {
    let [access, secret, session] = ENVIRONMENT.map(|name| values.foreign(name));
    let (access, secret) = access.zip(secret).ok_or_else(|| {
        let text = "objects.url needs credentials: give objects.credentials_file, or AWS_ACCESS_KEY_ID and \
                    AWS_SECRET_ACCESS_KEY in the environment";
        refuse(text.into())
    })?;
    Ok((access, secret, session))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    fn with(pairs: &[(&str, &str)]) -> Result<Settings, String> {
        let environment: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        settings(&Values::gather(None, &environment, &[]).unwrap()).map_err(|e| e.to_string())
    }

    const URL: (&str, &str) = ("TEGATA_OBJECTS_URL", "s3://bucket/one/two");
    const WHO: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "who"), ("AWS_SECRET_ACCESS_KEY", "hush")];

    #[test]
    fn the_data_folder_unless_a_bucket_is_named() {
        assert!(with(&WHO).unwrap().remote.is_none());
        let s3 = with(&[URL, WHO[0], WHO[1]]).unwrap().remote.unwrap();
        assert_eq!((s3.bucket.as_str(), s3.prefix.as_str(), s3.path_style), ("bucket", "one/two", true));
        assert_eq!(s3.credentials, ("who".into(), "hush".into(), None));
    }

    #[test]
    fn what_cannot_be_used_is_refused_in_words() {
        let refused = |pairs: &[(&str, &str)], words: &str| {
            let error = with(&[&[URL, WHO[0], WHO[1]], pairs].concat()).unwrap_err();
            assert!(error.contains(words) && !error.contains("hush"), "{error}");
        };
        refused(&[("TEGATA_OBJECTS_ENDPOINT", "http://s3.example.com")], "loopback only");
        refused(&[("TEGATA_OBJECTS_RETRIES", "11")], "0 to 10");
        refused(&[("TEGATA_OBJECTS_TIMEOUT_SECONDS", "0")], "1 to 300");
        assert!(with(&[("TEGATA_OBJECTS_URL", "gs://x")]).unwrap_err().contains("s3://BUCKET"));
        assert!(with(&[URL]).unwrap_err().contains("credentials_file"));
    }

    #[test]
    fn a_file_of_credentials_is_for_nobody_else() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        write!(file, "[default]\naws_access_key_id = who\naws_secret_access_key=hu=sh\n").unwrap();
        let named = ("TEGATA_OBJECTS_CREDENTIALS_FILE", file.path().to_str().unwrap());
        let s3 = with(&[URL, named]).unwrap().remote.unwrap();
        assert_eq!(s3.credentials, ("who".into(), "hu=sh".into(), None));
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(with(&[URL, named]).unwrap_err().contains("chmod 600"));
    }
}
