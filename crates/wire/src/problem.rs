//! Problem details (RFC 9457): how every refusal looks on the wire.

use serde_json::{Map, Value};

/// Media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// A problem.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// Stable word for programs, as `serial_with_another_key`; `type` is `urn:tegata:problem:<code>`.
    pub code: &'static str,
    /// What is wrong and what to do next, for people.
    pub detail: String,
    /// More facts.
    pub extra: Map<String, Value>,
}

impl Problem {
    /// A problem without more facts.
    pub fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Problem { status, code, detail: detail.into(), extra: Map::new() }
    }

    /// The JSON object: `type`, `title`, `status`, `detail` and the facts.
    pub fn object(&self) -> Value {
        let mut object = self.extra.clone();
        object.insert("type".into(), format!("urn:tegata:problem:{}", self.code).into());
        object.insert("title".into(), self.code.replace('_', " ").into());
        object.insert("status".into(), self.status.into());
        object.insert("detail".into(), self.detail.clone().into());
        Value::Object(object)
    }
}
