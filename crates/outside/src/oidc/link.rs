//! HTTP to a provider: its system's or the operator's authorities, five seconds, a bounded answer, no redirect.

use super::OidcError;
use super::document::ANSWER_MAX;
use rustls::crypto::aws_lc_rs;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use ureq::http::Response;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};
use url::Url;

/// How long an answer may take, from the first look for its address to its last byte.
const PATIENCE: Duration = Duration::from_secs(5);

/// Letters of a word of the provider that are passed on.
const WORD_MAX: usize = 64;

pub(super) struct Link(Agent);

impl Link {
    /// Trusts the system's authorities, and those of a PEM file beside.
    pub(super) fn new(trust: Option<&[u8]>) -> Result<Self, OidcError> {
        let system = rustls_native_certs::load_native_certs().certs;
        let mut roots: Vec<_> = system.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
        let before = roots.len();
        for item in trust.iter().flat_map(|pem| parse_pem(pem)) {
            if let PemItem::Certificate(certificate) =
                item.map_err(|e| OidcError::Settings(format!("oidc.trust: {e}")))?
            {
                roots.push(certificate);
            }
        }
        if trust.is_some() && roots.len() == before {
            return Err(OidcError::Settings("oidc.trust holds no certificate (PEM)".to_owned()));
        }
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(roots)))
            .unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(concat!("tegata/", env!("CARGO_PKG_VERSION")))
            .timeout_global(Some(PATIENCE))
            .build();
        Ok(Link(config.new_agent()))
    }

    pub(super) fn get(&self, address: &Url) -> Result<Vec<u8>, OidcError> {
        let answer = self.0.get(address.as_str()).header("Accept", "application/json").call();
        accepted(answer.map_err(away)?)
    }

    /// POST of a form.
    pub(super) fn post(&self, address: &Url, credentials: Option<String>, form: String) -> Result<Vec<u8>, OidcError> {
        let mut request = self.0.post(address.as_str()).header("Accept", "application/json");
        if let Some(credentials) = credentials {
            request = request.header("Authorization", credentials);
        }
        accepted(request.content_type("application/x-www-form-urlencoded").send(form).map_err(away)?)
    }
}

/// HTTP Basic of a client (RFC 6749 §2.3.1): both parts as in a form; a space as `%20`, which those read too that take `+`
/// for itself.
pub(super) fn basic(client: &str, secret: &str) -> String {
    let part =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    let both = format!("{}:{}", part(client), part(secret));
    format!("Basic {}", data_encoding::BASE64.encode(both.as_bytes()))
}

/// A word of somebody else, fit for a log: letters of RFC 6749 §5.2, and not many.
pub(super) fn word(text: &str) -> String {
    text.chars().filter(|c| matches!(c, '\x20'..='\x7e') && !matches!(c, '"' | '\\')).take(WORD_MAX).collect()
}

fn away(error: ureq::Error) -> OidcError {
    OidcError::Away(error.to_string())
}

fn accepted(answer: Response<Body>) -> Result<Vec<u8>, OidcError> {
    let (status, mut body) = (answer.status(), answer.into_body());
    let read = body.with_config().limit(ANSWER_MAX).read_to_vec();
    let bytes = || match read {
        Err(ureq::Error::BodyExceedsLimit(limit)) => Err(OidcError::Answer(format!("it is longer than {limit} bytes"))),
        other => other.map_err(away),
    };
    match status.as_u16() {
        200 => bytes(),
        300..=399 => Err(OidcError::Answer(format!("it leads elsewhere ({status}), which is not followed"))),
        400..=499 => {
            // RFC 6749 §5.2
            let value: Value = serde_json::from_slice(&bytes()?).unwrap_or_default();
            match value.get("error").and_then(Value::as_str) {
                Some(error) => Err(OidcError::Refused(word(error))),
                None => Err(OidcError::Answer(format!("its status is {status}"))),
            }
        }
        _ => Err(OidcError::Away(format!("its status is {status}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_those_of_a_form() {
        assert_eq!(basic("a:b", "c d"), "Basic YSUzQWI6YyUyMGQ=");
        assert_eq!(word("access_denied\r\n\"x\"\u{3042}"), "access_deniedx");
        assert_eq!(word(&"a".repeat(100)).len(), WORD_MAX);
    }
}
