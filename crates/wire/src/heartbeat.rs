//! The heartbeat of our agent: what a device says of itself, and what it is answered. Tegata's own format.
//!
//! ```text
//! POST /agent/v1/heartbeat
//! {"version":"1.4.0","credential":"changed","token":"…","head":{"sequence":12,"commitment":"hex"},"nonce":"…"}
//! 200
//! {"token":"…","next":300,"number":"XXXX-XXXX-XXXX-XXXX","head":{"sequence":13,"commitment":"hex","at":"RFC 3339",
//!  "nonce":"…","note":"signed note of crate::device_head"},"renew":false,"update":false,"erase":false,
//!  "challenge":"…"}
//! ```
//!
//! Members that are not known are passed over, so that both sides may learn more.

use data_encoding::HEXLOWER;
use serde_json::{Map, Value, json};

/// The longest request.
pub const MAX_REQUEST: usize = 8 * 1024;
/// The longest answer.
pub const MAX_ANSWER: usize = 16 * 1024;
/// Characters of a nonce: 16 bytes in base64url.
pub const NONCE_LENGTH: usize = 22;

/// Why a heartbeat is refused: what is wrong, in words for who wrote the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Wrong(pub &'static str);

/// What a device says of the password that it was born with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// It is still that one.
    Initial,
    /// It was changed.
    Changed,
    /// It has none.
    None,
}

impl Credential {
    const NAMES: [(Credential, &'static str); 3] =
        [(Credential::Initial, "initial"), (Credential::Changed, "changed"), (Credential::None, "none")];

    /// Its word.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].1
    }

    fn by_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|pair| pair.1 == name).map(|pair| pair.0)
    }
}

/// The end of a device's life so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Sequence number of the last event.
    pub sequence: u32,
    /// Its commitment.
    pub commitment: [u8; 32],
}

/// What a device says; all of it may be absent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// The software version that runs.
    pub version: Option<String>,
    /// Its initial password.
    pub credential: Option<Credential>,
    /// The session token of the last answer that arrived.
    pub token: Option<String>,
    /// The head of the last answer that arrived.
    pub head: Option<Head>,
    /// What the signed head is to carry: see [`is_nonce`].
    pub nonce: Option<String>,
}

/// What a device is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What the next heartbeat shows.
    pub token: String,
    /// Seconds to the next heartbeat.
    pub next: u32,
    /// The device's management number.
    pub number: String,
    /// The head of its life.
    pub head: SignedHead,
    /// The operational certificate is to be renewed.
    pub renew: bool,
    /// An update waits.
    pub update: bool,
    /// The owner asks for disposal: destroy keys and data, and say so.
    pub erase: bool,
    /// Somebody asks the device to sign this nonce now ([`crate::challenge`]): see [`is_nonce`].
    pub challenge: Option<String>,
}

/// A head with the note that signs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHead {
    /// The head.
    pub head: Head,
    /// When it was signed, RFC 3339.
    pub at: String,
    /// The nonce of the request.
    pub nonce: Option<String>,
    /// The signed note: crate::device_head.
    pub note: String,
}

/// Whether a text has the form of a nonce: 22 characters of base64url.
pub fn is_nonce(text: &str) -> bool {
    text.len() == NONCE_LENGTH && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn object(bytes: &[u8], most: usize) -> Result<Map<String, Value>, Wrong> {
    if bytes.len() > most {
        return Err(Wrong("the body is too long"));
    }
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Wrong("the body is a JSON object")),
        Err(_) => Err(Wrong("the body is no JSON")),
    }
}

/// A member that may be absent or null.
fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|value| !value.is_null())
}

fn text(object: &Map<String, Value>, name: &str, wrong: Wrong) -> Result<Option<String>, Wrong> {
    let value = member(object, name);
    value.map(|value| value.as_str().map(str::to_owned).ok_or(wrong)).transpose()
}

impl Head {
    const WRONG: Wrong = Wrong("head has sequence, a number, and commitment, 64 lower-case hex digits");

    fn parse(value: &Value) -> Result<Self, Wrong> {
        let sequence = value["sequence"].as_u64().and_then(|n| u32::try_from(n).ok()).ok_or(Self::WRONG)?;
        let commitment = value["commitment"].as_str().and_then(|hex| HEXLOWER.decode(hex.as_bytes()).ok());
        let commitment = commitment.and_then(|bytes| bytes.try_into().ok()).ok_or(Self::WRONG)?;
        Ok(Head { sequence, commitment })
    }

    fn object(&self) -> Value {
        json!({ "sequence": self.sequence, "commitment": HEXLOWER.encode(&self.commitment) })
    }
}

impl Request {
    /// Reads a request; an empty body says nothing.
    pub fn parse(bytes: &[u8]) -> Result<Self, Wrong> {
        if bytes.is_empty() {
            return Ok(Request::default());
        }
        let object = object(bytes, MAX_REQUEST)?;
        let word = Wrong("credential is initial, changed or none");
        let credential = text(&object, "credential", word)?;
        let nonce = text(&object, "nonce", Wrong("nonce is a text"))?;
        if nonce.as_deref().is_some_and(|nonce| !is_nonce(nonce)) {
            return Err(Wrong("nonce is 16 bytes in base64url: 22 characters"));
        }
        Ok(Request {
            version: text(&object, "version", Wrong("version is a text"))?,
            credential: credential.map(|name| Credential::by_name(&name).ok_or(word)).transpose()?,
            token: text(&object, "token", Wrong("token is a text"))?,
            head: member(&object, "head").map(Head::parse).transpose()?,
            nonce,
        })
    }

    /// The body to send.
    pub fn json(&self) -> String {
        let mut object = Map::new();
        let mut put = |name: &str, value: Option<Value>| value.map(|value| object.insert(name.to_owned(), value));
        put("version", self.version.clone().map(Value::from));
        put("credential", self.credential.map(|credential| credential.name().into()));
        put("token", self.token.clone().map(Value::from));
        put("head", self.head.map(|head| head.object()));
        put("nonce", self.nonce.clone().map(Value::from));
        Value::Object(object).to_string()
    }
}

impl Answer {
    /// Reads an answer.
    pub fn parse(bytes: &[u8]) -> Result<Self, Wrong> {
        let object = object(bytes, MAX_ANSWER)?;
        let wanted = |name: &str, wrong: Wrong| text(&object, name, wrong)?.ok_or(wrong);
        let flag = |name: &str| member(&object, name).and_then(Value::as_bool).unwrap_or(false);
        let next = member(&object, "next").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
        let head = object.get("head").and_then(Value::as_object).ok_or(Head::WRONG)?;
        let part = |name: &str, wrong: Wrong| text(head, name, wrong)?.ok_or(wrong);
        let wrong = Wrong("challenge is 16 bytes in base64url: 22 characters");
        let challenge = text(&object, "challenge", wrong)?;
        if challenge.as_deref().is_some_and(|nonce| !is_nonce(nonce)) {
            return Err(wrong);
        }
        Ok(Answer {
            token: wanted("token", Wrong("token is a text"))?,
            next: next.ok_or(Wrong("next is a number of seconds"))?,
            number: wanted("number", Wrong("number is a text"))?,
            head: SignedHead {
                head: Head::parse(&object["head"])?,
                at: part("at", Wrong("at is a text"))?,
                nonce: text(head, "nonce", Wrong("nonce is a text"))?,
                note: part("note", Wrong("note is a text"))?,
            },
            renew: flag("renew"),
            update: flag("update"),
            erase: flag("erase"),
            challenge,
        })
    }

    /// The body to send.
    pub fn json(&self) -> String {
        let mut head = self.head.head.object();
        head["at"] = self.head.at.clone().into();
        head["nonce"] = self.head.nonce.clone().into();
        head["note"] = self.head.note.clone().into();
        let mut answer = json!({
            "token": self.token, "next": self.next, "number": self.number, "head": head,
            "renew": self.renew, "update": self.update, "erase": self.erase,
        });
        if let Some(nonce) = &self.challenge {
            answer["challenge"] = nonce.clone().into();
        }
        answer.to_string()
    }
}

#[cfg(test)]
#[path = "heartbeat_tests.rs"]
mod tests;
