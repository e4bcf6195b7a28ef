//! The demo's client of the JSON API and of the public pages: HTTPS, bearer token.

use super::report::Broken;
use rustls::crypto::aws_lc_rs;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// A client that keeps its connection.
pub struct Api {
    agent: ureq::Agent,
    base: String,
    bearer: String,
}

/// Status and body of an answer.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; a status of 300 or more is a failure.
    pub fn json(&self) -> Result<Value, Broken> {
        if self.status >= 300 {
            return Err(format!("{}: {}", self.status, String::from_utf8_lossy(&self.body)).into());
        }
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// The last word of the problem's type, or nothing.
    pub fn problem(&self) -> String {
        let problem: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        problem["type"].as_str().and_then(|kind| kind.rsplit(':').next()).unwrap_or_default().to_owned()
    }
}

/// A text of an answer.
pub fn field(value: &Value, name: &str) -> Result<String, Broken> {
    value[name].as_str().map(str::to_owned).ok_or_else(|| format!("the answer has no {name}: {value}").into())
}

/// The longest answer that is read.
const ANSWER_MAX: u64 = 64 << 20;

impl Api {
    /// To `base`, trusting the HTTPS authority `trust`.
    pub fn new(base: &str, trust: &[u8], token: &str) -> Self {
        let root = Certificate::from_der(trust).to_owned();
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(vec![root])))
            .unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()))
            .build();
        let config = ureq::Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build();
        Api { agent: config.new_agent(), base: base.to_owned(), bearer: format!("Bearer {token}") }
    }

    /// GET, as the token's holder.
    pub fn get(&self, path: &str) -> Result<Answer, Broken> {
        read(self.agent.get(format!("{}{path}", self.base)).header("authorization", &self.bearer).call()?)
    }

    /// GET, as anybody, asking for a media type.
    pub fn look(&self, path: &str, accept: &str) -> Result<Answer, Broken> {
        read(self.agent.get(format!("{}{path}", self.base)).header("accept", accept).call()?)
    }

    /// The same platform, as the holder of another token.
    pub fn bearer(&self, token: &str) -> Self {
        Api { agent: self.agent.clone(), base: self.base.clone(), bearer: format!("Bearer {token}") }
    }

    /// All items of a list, page by page, as the token's holder.
    pub fn all(&self, path: &str) -> Result<Vec<Value>, Broken> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        let join = if path.contains('?') { '&' } else { '?' };
        loop {
            let page = self.get(&format!("{path}{join}limit=1000{cursor}"))?.json()?;
            items.extend(page["items"].as_array().into_iter().flatten().cloned());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(items),
            }
        }
    }

    /// POST of a JSON object, as the token's holder.
    pub fn post(&self, path: &str, body: &Value) -> Result<Answer, Broken> {
        self.send(path, "application/json", body.to_string().as_bytes())
    }

    /// POST of any body, as the token's holder.
    pub fn send(&self, path: &str, kind: &str, body: &[u8]) -> Result<Answer, Broken> {
        let request = self.agent.post(format!("{}{path}", self.base)).header("authorization", &self.bearer);
        read(request.content_type(kind).send(body)?)
    }
}

fn read(mut answer: ureq::http::Response<ureq::Body>) -> Result<Answer, Broken> {
    let status = answer.status().as_u16();
    Ok(Answer { status, body: answer.body_mut().with_config().limit(ANSWER_MAX).read_to_vec()? })
}
