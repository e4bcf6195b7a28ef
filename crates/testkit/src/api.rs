//! A client of the JSON API, of the pages and of the plain port, over connections that are kept.

use crate::Identity;
use rustls::crypto::aws_lc_rs;
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use ureq::http::{HeaderMap, Request, Uri};
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

/// The longest answer that is read.
const ANSWER_MAX: u64 = 256 << 20;

/// Whatever name is asked for, it is here.
#[derive(Debug)]
struct Here(SocketAddr);

impl Resolver for Here {
    fn resolve(&self, _: &Uri, _: &ureq::config::Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut found = self.empty();
        found.push(self.0);
        Ok(found)
    }
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header as text; empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The same answer, when it has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e} in {}: {}", self.status, self.text()))
    }

    /// The body as lines of JSON.
    #[track_caller]
    pub fn lines(&self) -> Vec<Value> {
        let lines = self.body.split(|b| *b == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).expect("a line is an object")).collect()
    }
}

/// What is sent.
#[derive(Debug, Clone, Default)]
pub struct Message {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Headers beside the credential.
    pub headers: Vec<(&'static str, String)>,
    /// The body; none when it is empty.
    pub body: Vec<u8>,
}

impl Message {
    /// Without a body.
    pub fn new(method: &str, path: impl Into<String>) -> Message {
        Message { method: method.to_owned(), path: path.into(), ..Message::default() }
    }

    /// With a header.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Message {
        self.headers.push((name, value.into()));
        self
    }

    /// With a body.
    pub fn body(mut self, kind: &str, body: impl Into<Vec<u8>>) -> Message {
        self.body = body.into();
        self.header("content-type", kind)
    }

    /// With a JSON object.
    pub fn json(self, body: &Value) -> Message {
        self.body("application/json", body.to_string())
    }
}

/// A client. Cloned, it shares its connections.
#[derive(Clone)]
pub struct Api {
    agent: ureq::Agent,
    at: SocketAddr,
    base: String,
    trust: Vec<u8>,
    bearer: Option<String>,
}

impl Api {
    /// Over HTTPS under `name`, trusting the HTTPS authority `trust` (DER); without a credential.
    pub fn https(at: SocketAddr, name: &str, trust: &[u8]) -> Api {
        let base = format!("https://{name}:{}", at.port());
        Api { agent: agent(at, trust, None), at, base, trust: trust.to_vec(), bearer: None }
    }

    /// Over plain HTTP.
    pub fn http(at: SocketAddr) -> Api {
        let base = format!("http://localhost:{}", at.port());
        Api { agent: agent(at, &[], None), at, base, trust: Vec::new(), bearer: None }
    }

    /// With a token.
    pub fn bearer(&self, token: &str) -> Api {
        Api { bearer: Some(format!("Bearer {token}")), ..self.clone() }
    }

    /// With a TLS client certificate, over connections of its own.
    pub fn identity(&self, identity: &Identity) -> Api {
        Api { agent: agent(self.at, &self.trust, Some(identity)), ..self.clone() }
    }

    /// Sends; `Err` when the connection did not last.
    pub fn send(&self, message: Message) -> Result<Answer, Box<ureq::Error>> {
        let request = Request::builder().method(message.method.as_str()).uri(format!("{}{}", self.base, message.path));
        let bearer = self.bearer.iter().map(|bearer| ("authorization", bearer.clone()));
        let request = bearer.chain(message.headers).fold(request, |r, (name, value)| r.header(name, value));
        let wrong = |e: ureq::http::Error| panic!("{} {}: {e}", message.method, message.path);
        let sent = match message.body.is_empty() {
            true => self.agent.run(request.body(()).unwrap_or_else(wrong)),
            false => self.agent.run(request.body(message.body).unwrap_or_else(|e| panic!("{e}"))),
        };
        let mut answer = sent.map_err(Box::new)?;
        let body = answer.body_mut().with_config().limit(ANSWER_MAX).read_to_vec().map_err(Box::new)?;
        Ok(Answer { status: answer.status().as_u16(), headers: answer.headers().clone(), body })
    }

    /// Sends; the connection must last.
    #[track_caller]
    pub fn call(&self, message: Message) -> Answer {
        let what = format!("{} {}{}", message.method, self.base, message.path);
        self.send(message).unwrap_or_else(|e| panic!("{what}: {e}"))
    }

    /// GET, as a program asks.
    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.call(Message::new("GET", path).header("accept", "application/json"))
    }

    /// POST of a JSON object.
    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Message::new("POST", path).json(body))
    }

    /// DELETE.
    #[track_caller]
    pub fn delete(&self, path: &str) -> Answer {
        self.call(Message::new("DELETE", path))
    }

    /// Every item of a list, page by page.
    #[track_caller]
    pub fn all(&self, path: &str) -> Vec<Value> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let mut page = self.get(&format!("{path}?limit=1000{cursor}")).expect(200).json();
            match page["items"].take() {
                Value::Array(more) => items.extend(more),
                other => panic!("{path} is no list: {other}"),
            }
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }
}

fn agent(at: SocketAddr, trust: &[u8], identity: Option<&Identity>) -> ureq::Agent {
    let roots = if trust.is_empty() { Vec::new() } else { vec![Certificate::from_der(trust).to_owned()] };
    let client = identity.map(|identity| {
        let chain: Vec<_> = identity.chain.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
        ClientCert::new_with_certs(&chain, PrivateKey::from_pem(identity.pem().as_bytes()).expect("a key of ours"))
    });
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .client_cert(client)
        .unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()))
        .build();
    let config = ureq::Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(60)))
        .build();
    // a server that listens everywhere is reached on loopback
    let ip = if at.ip().is_unspecified() { std::net::IpAddr::from([127, 0, 0, 1]) } else { at.ip() };
    ureq::Agent::with_parts(config, DefaultConnector::new(), Here(SocketAddr::new(ip, at.port())))
}
