//! HTTPS to the platform: trusts the configured authorities only, shows the device's certificate, keeps one connection.
//!
//! Why so narrow: everything that comes back is from a network. Bodies have a limit before they are parsed, redirects
//! are not followed, and links lead to the platform's own address or nowhere.

use crate::error::Error;
use crate::identity::Identity;
use rustls::crypto::aws_lc_rs;
use serde_json::Value;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;
use ureq::http::Response;
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};
use ureq::{Agent, Body};

/// Bytes of an answer that are read, images aside.
const ANSWER_MAX: u64 = 256 * 1024;

/// The longest text of somebody else that is passed on to people.
const WORDS_MAX: usize = 300;

/// Why there is no answer that counts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// It could not be reached, or the connection broke.
    #[error("cannot reach the platform: {0}")]
    Transport(String),
    /// It answered, but does not do what was asked.
    #[error("the platform refused ({status} {code}): {detail}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The last word of the problem's type, or hawkBit's code, or nothing.
        code: String,
        /// Its words.
        detail: String,
        /// When to ask again.
        retry_after: Option<Duration>,
    },
    /// The answer is not what it should be.
    #[error("the platform's answer cannot be used: {0}")]
    Answer(String),
}

impl LinkError {
    /// The answer is not what it should be.
    pub fn answer(why: impl ToString) -> Self {
        LinkError::Answer(why.to_string())
    }

    /// Held back is another matter than a failure: it is the platform's decision about this device.
    pub fn judged(self) -> Error {
        match self {
            LinkError::Refused { status: 403, code, detail, .. } if code == "life" => Error::Held(detail),
            other => other.into(),
        }
    }

    /// The status, where there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            LinkError::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// When to ask again, where the platform said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            LinkError::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// A connection to a platform, kept open between requests.
pub struct Link {
    agent: Agent,
    base: String,
}

/// The pieces of a client: trusts the authorities `trust` (DER), as `identity` when there is one.
pub(crate) fn client(trust: &[Vec<u8>], identity: Option<&Identity>) -> Agent {
    let roots: Vec<_> = trust.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    let client = identity.and_then(|identity| {
        let chain: Vec<_> = identity.chain.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
        // ureq takes no PKCS#8 in DER
        let key = PrivateKey::from_pem(identity.pem().as_bytes()).ok()?;
        Some(ClientCert::new_with_certs(&chain, key))
    });
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .client_cert(client)
        .unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()))
        .build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent(concat!("tegata-agent/", env!("CARGO_PKG_VERSION")))
        .max_idle_connections(1)
        .max_idle_age(Duration::from_secs(600))
        .timeout_connect(Some(Duration::from_secs(30)))
        .timeout_global(Some(Duration::from_secs(60)))
        .build();
    config.new_agent()
}

impl Link {
    /// To `device_url`, trusting the HTTPS authorities `trust` (DER), as `identity` when there is one.
    pub fn new(device_url: &str, trust: &[Vec<u8>], identity: Option<&Identity>) -> Self {
        Link { agent: client(trust, identity), base: device_url.trim_end_matches('/').to_owned() }
    }

    /// The address of a path of the platform.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A link that the platform gave, if it leads to the platform.
    fn own<'u>(&self, url: &'u str) -> Result<&'u str, LinkError> {
        let rest = url.strip_prefix(&self.base).filter(|rest| rest.starts_with('/'));
        let plain = url.bytes().all(|b| b.is_ascii_graphic()) && url.len() <= 2048;
        match rest {
            Some(_) if plain => Ok(url),
            _ => Err(LinkError::answer("a link leads away from the platform; it is not followed")),
        }
    }

    /// GET, answered with JSON.
    pub fn get(&self, url: &str) -> Result<Value, LinkError> {
        let answer = self.agent.get(self.own(url)?).header("Accept", "application/hal+json, application/json").call();
        json(&accepted(answer.map_err(transport)?)?)
    }

    /// GET, answered with text.
    pub fn text(&self, url: &str) -> Result<String, LinkError> {
        let answer = self.agent.get(self.own(url)?).call().map_err(transport)?;
        String::from_utf8(accepted(answer)?).map_err(|_| LinkError::answer("no text"))
    }

    /// POST of a JSON text; answers the body.
    pub fn send(&self, url: &str, body: String) -> Result<Vec<u8>, LinkError> {
        let request = self.agent.post(self.own(url)?).content_type("application/json");
        accepted(request.send(body).map_err(transport)?)
    }

    /// POST of JSON, answered with JSON or nothing (`Null`).
    pub fn post(&self, url: &str, body: &Value) -> Result<Value, LinkError> {
        optional_json(&self.send(url, body.to_string())?)
    }

    /// PUT of JSON, answered with JSON or nothing (`Null`).
    pub fn put(&self, url: &str, body: &Value) -> Result<Value, LinkError> {
        let request = self.agent.put(self.own(url)?).content_type("application/json");
        optional_json(&accepted(request.send(body.to_string()).map_err(transport)?)?)
    }

    /// Begins a download at byte `from`. It ends after `span` at the latest: who has more to fetch asks again.
    pub fn download(&self, url: &str, from: u64, span: Duration) -> Result<Download, LinkError> {
        let mut request = self.agent.get(self.own(url)?).header("Accept", "application/octet-stream, */*");
        if from > 0 {
            request = request.header("Range", format!("bytes={from}-"));
        }
        let stalled = Duration::from_secs(60).min(span);
        let request = request.config().timeout_global(Some(span)).timeout_recv_response(Some(stalled)).build();
        let answer = request.call().map_err(transport)?;
        let starts_at = match answer.status().as_u16() {
            200 => 0,
            206 => match content_range(&answer) {
                Some(start) if start == from => start,
                _ => return Err(LinkError::answer("another part of the image than was asked for")),
            },
            _ => return Err(refusal(answer)),
        };
        Ok(Download { starts_at, reader: Box::new(answer.into_body().into_reader()) })
    }
}

/// An image on its way.
pub struct Download {
    /// The first byte that comes: where it was asked to begin, or 0 when the platform sends the whole.
    pub starts_at: u64,
    reader: Box<dyn Read>,
}

impl Read for Download {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        self.reader.read(out)
    }
}

fn transport(error: ureq::Error) -> LinkError {
    LinkError::Transport(error.to_string())
}

fn json(body: &[u8]) -> Result<Value, LinkError> {
    serde_json::from_slice(body).map_err(|_| LinkError::answer("no JSON"))
}

fn optional_json(body: &[u8]) -> Result<Value, LinkError> {
    if body.iter().all(u8::is_ascii_whitespace) { Ok(Value::Null) } else { json(body) }
}

fn body(answer: &mut Response<Body>) -> Result<Vec<u8>, LinkError> {
    let read = answer.body_mut().with_config().limit(ANSWER_MAX).read_to_vec();
    read.map_err(|error| match error {
        ureq::Error::BodyExceedsLimit(_) => LinkError::answer(format!("more than {ANSWER_MAX} bytes")),
        other => transport(other),
    })
}

/// The body of an answer that is one.
fn accepted(mut answer: Response<Body>) -> Result<Vec<u8>, LinkError> {
    match answer.status().as_u16() {
        200 | 201 | 204 => body(&mut answer),
        _ => Err(refusal(answer)),
    }
}

fn refusal(mut answer: Response<Body>) -> LinkError {
    let status = answer.status().as_u16();
    let retry_after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
    let retry_after = retry_after.and_then(|seconds| seconds.trim().parse().ok()).map(Duration::from_secs);
    let bytes = body(&mut answer).unwrap_or_default();
    refused(status, &bytes, retry_after)
}

/// A refusal from its status and body: a problem (RFC 9457), or hawkBit's form.
pub fn refused(status: u16, body: &[u8], retry_after: Option<Duration>) -> LinkError {
    let problem: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let word = |name: &str| problem.get(name).and_then(Value::as_str).unwrap_or_default();
    let code = [word("type"), word("errorCode")].into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    let code = words(code.rsplit([':', '.']).next().unwrap_or_default());
    let detail = [word("detail"), word("message")].into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    LinkError::Refused { status, code, detail: words(detail), retry_after }
}

/// A text of somebody else, fit for a log: one line, bounded.
pub fn words(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WORDS_MAX).collect()
}

/// The first byte of a Content-Range (RFC 9110 §14.4).
fn content_range(answer: &Response<Body>) -> Option<u64> {
    let value = answer.headers().get("content-range")?.to_str().ok()?;
    value.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_has_its_code_in_either_form() {
        for (body, code) in [
            (r#"{"type":"urn:tegata:problem:enrol_first","detail":"x"}"#, "enrol_first"),
            (r#"{"exceptionClass":"tegata.Refused","errorCode":"hawkbit.server.error.damaged"}"#, "damaged"),
            ("", ""),
        ] {
            let LinkError::Refused { code: read, .. } = refused(503, body.as_bytes(), None) else { panic!("{body}") };
            assert_eq!(read, code, "{body}");
        }
    }

    #[test]
    fn links_lead_to_the_platform() {
        let link = Link::new("https://d.example/", &[], None);
        assert_eq!(link.url("/a"), "https://d.example/a");
        assert!(link.own("https://d.example/a?c=-1").is_ok());
        for wrong in
            ["https://d.example", "https://d.example.evil/a", "http://d.example/a", "/a", "https://d.example/a b", ""]
        {
            assert!(link.own(wrong).is_err(), "{wrong}");
        }
    }
}
