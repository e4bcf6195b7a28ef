//! EST client (RFC 7030) over mutual TLS.

use crate::identity::Identity;
use crate::link::client;
use tegata_wire::{cms, est};

/// Why the platform gave no certificate.
#[derive(Debug, thiserror::Error)]
pub enum EstError {
    /// It refused: status, and its words.
    #[error("refused with {status}: {detail}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The body, a problem (RFC 9457).
        detail: String,
    },
    /// It could not be reached, or the connection broke.
    #[error("cannot reach the platform: {0}")]
    Transport(Box<ureq::Error>),
    /// The answer is not what RFC 7030 says.
    #[error("the answer is no EST answer: {0}")]
    Answer(&'static str),
}

impl From<ureq::Error> for EstError {
    fn from(error: ureq::Error) -> Self {
        EstError::Transport(Box::new(error))
    }
}

/// The longest answer that is read.
const ANSWER_MAX: u64 = 256 * 1024;

/// A connection to a platform, kept open between requests.
pub struct Est {
    agent: ureq::Agent,
    base: String,
}

impl Est {
    /// To `device_url`, trusting the HTTPS authorities `trust` (DER), as `identity` when there is one.
    pub fn new(device_url: &str, trust: &[Vec<u8>], identity: Option<&Identity>) -> Self {
        Est { agent: client(trust, identity), base: format!("{device_url}/.well-known/est") }
    }

    /// The certificates to trust (RFC 7030 §4.1), DER.
    pub fn cacerts(&self) -> Result<Vec<Vec<u8>>, EstError> {
        let answer = self.agent.get(format!("{}/cacerts", self.base)).call()?;
        certificates(answer)
    }

    /// The first operational certificate, and its issuer.
    pub fn enrol(&self, csr: &[u8]) -> Result<Vec<Vec<u8>>, EstError> {
        self.post("simpleenroll", csr)
    }

    /// The next operational certificate, and its issuer.
    pub fn renew(&self, csr: &[u8]) -> Result<Vec<Vec<u8>>, EstError> {
        self.post("simplereenroll", csr)
    }

    fn post(&self, operation: &str, csr: &[u8]) -> Result<Vec<Vec<u8>>, EstError> {
        let request = self.agent.post(format!("{}/{operation}", self.base)).content_type("application/pkcs10");
        certificates(request.send(est::encode(csr))?)
    }
}

fn certificates(mut answer: ureq::http::Response<ureq::Body>) -> Result<Vec<Vec<u8>>, EstError> {
    let status = answer.status().as_u16();
    let body = answer.body_mut().with_config().limit(ANSWER_MAX).read_to_vec()?;
    if status != 200 {
        return Err(EstError::Refused { status, detail: String::from_utf8_lossy(&body).into_owned() });
    }
    let der = est::decode(&body).ok_or(EstError::Answer("no base64"))?;
    let found = cms::certificates(&der).map_err(|e| EstError::Answer(e.0))?;
    if found.is_empty() {
        return Err(EstError::Answer("no certificate"));
    }
    Ok(found.into_iter().map(<[u8]>::to_vec).collect())
}
