//! Where objects lie, as it is set.

use std::fmt;
use std::time::Duration;

/// Where objects lie.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// In this object store; else in the data folder.
    pub remote: Option<S3>,
}

/// A bucket that speaks S3, and who we are there.
#[derive(Clone)]
pub struct S3 {
    /// Bucket.
    pub bucket: String,
    /// What all names begin with, without slashes at its ends; may be empty.
    pub prefix: String,
    /// Where it is; the provider's own address when absent.
    pub endpoint: Option<String>,
    /// Region.
    pub region: String,
    /// The bucket stands in the path, not in the host name.
    pub path_style: bool,
    /// Access key, secret key, session token.
    pub credentials: (String, String, Option<String>),
    /// Certificates that the server's is checked against beside the system's, PEM.
    pub trust: Option<Vec<u8>>,
    /// How long one answer may take.
    pub timeout: Duration,
    /// How often a request is made again.
    pub retries: u32,
}

/// Settings that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub String);

impl S3 {
    /// Bucket and prefix of `s3://bucket/prefix`.
    pub fn parse(url: &str) -> Result<(String, String), SettingsError> {
        let wrong = || SettingsError(format!("{url:?} is not s3://BUCKET or s3://BUCKET/PREFIX"));
        let rest = url.strip_prefix("s3://").ok_or_else(wrong)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        let is_name = |name: &str| !name.is_empty() && name.bytes().all(plain) && name != "." && name != "..";
        let prefix = prefix.trim_matches('/');
        let fits = is_name(bucket) && (prefix.is_empty() || prefix.split('/').all(is_name));
        if fits { Ok((bucket.to_owned(), prefix.to_owned())) } else { Err(wrong()) }
    }

    /// Whether what is sent there can be read on the way only by this machine.
    pub fn check_endpoint(endpoint: &str) -> Result<(), SettingsError> {
        let wrong = |why: &str| Err(SettingsError(format!("{endpoint:?} {why}")));
        let Ok(uri) = endpoint.parse::<http::Uri>() else { return wrong("is no address, as https://s3.example.com") };
        let host = uri.host().unwrap_or_default();
        let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
        let local = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
        match uri.scheme_str() {
            _ if host.is_empty() || uri.authority().is_some_and(|name| name.as_str().contains('@')) => {
                wrong("is no address, as https://s3.example.com; credentials stand elsewhere")
            }
            Some("https") => Ok(()),
            Some("http") if local => Ok(()),
            Some("http") => wrong("is not encrypted; http:// is for loopback only, give https://"),
            Some(_) | None => wrong("begins with neither https:// nor http://"),
        }
    }

    /// As a person would write it.
    pub fn url(&self) -> String {
        let slash = if self.prefix.is_empty() { "" } else { "/" };
        format!("s3://{}{slash}{}", self.bucket, self.prefix)
    }
}

impl fmt::Debug for S3 {
    /// Without what nobody should read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3").field("url", &self.url()).field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let parse = |url: &str| S3::parse(url).ok();
        let named = |bucket: &str, prefix: &str| Some((bucket.to_owned(), prefix.to_owned()));
        assert_eq!(parse("s3://b"), named("b", ""));
        assert_eq!(parse("s3://b/one/two/"), named("b", "one/two"));
        for wrong in ["b", "s3://", "s3:///x", "s3://b/../x", "s3://b/a//b", "gs://b", "s3://key:secret@b", "s3://b?x"]
        {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn plain_http_is_for_loopback() {
        for right in ["https://s3.example.com", "http://127.0.0.1:5000", "http://localhost:5000", "http://[::1]:5000"] {
            assert_eq!(S3::check_endpoint(right), Ok(()), "{right}");
        }
        for wrong in
            ["http://s3.example.com", "http://10.0.0.1", "ftp://localhost", "localhost:80", "", "https://a:b@c"]
        {
            assert!(S3::check_endpoint(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn credentials_are_not_shown() {
        let s3 = S3 {
            bucket: "b".into(),
            prefix: String::new(),
            endpoint: None,
            region: "r".into(),
            path_style: true,
            credentials: ("who".into(), "hush".into(), Some("hush".into())),
            trust: None,
            timeout: Duration::ZERO,
            retries: 0,
        };
        let shown = format!("{:?}", Settings { remote: Some(s3) });
        assert!(shown.contains("s3://b") && !shown.contains("hush") && !shown.contains("who"), "{shown}");
    }
}
