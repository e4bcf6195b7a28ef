//! What devices send. Members that are not known are left aside: real clients send many.

use super::{ATTRIBUTE_MAX, ATTRIBUTES_MAX, Execution, Finished, MESSAGE_MAX, MESSAGES_MAX};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::BTreeMap;

/// Why a body is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// It is not what this resource takes.
    #[error("{0}")]
    Invalid(String),
    /// It has more of something than is taken.
    #[error("{0}")]
    TooMany(String),
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, RequestError> {
    // an array would do as well for serde, but not for hawkBit
    if body.iter().find(|b| !b.is_ascii_whitespace()) != Some(&b'{') {
        return Err(RequestError::Invalid("the body is no JSON object".into()));
    }
    serde_json::from_slice(body).map_err(|e| RequestError::Invalid(format!("the body: {e}")))
}

/// How far a device is with an action: its answer to a deployment or to a cancellation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feedback {
    /// What it is doing.
    pub execution: Execution,
    /// How it ended.
    pub finished: Finished,
    /// A number of its own.
    pub code: Option<i64>,
    /// What it says, oldest first; at most [`MESSAGES_MAX`] as it sent them.
    pub details: Vec<String>,
    /// Steps done, of how many; 0 where the device does not know.
    pub progress: Option<(u32, u32)>,
}

#[derive(Deserialize)]
struct FeedbackBody {
    status: StatusBody,
}

#[derive(Deserialize)]
struct StatusBody {
    execution: Execution,
    result: ResultBody,
    #[serde(default)]
    code: Option<i64>,
    #[serde(default)]
    details: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct ResultBody {
    finished: Finished,
    #[serde(default)]
    progress: Value,
}

impl Feedback {
    /// Reads `{"status":{"execution","result":{"finished","progress"},"code","details"}}`.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let FeedbackBody { status } = read(body)?;
        Ok(Feedback {
            execution: status.execution,
            finished: status.result.finished,
            code: status.code,
            details: messages(status.details)?,
            progress: progress(&status.result.progress),
        })
    }
}

/// `{"cnt","of"}`. Clients let their callers put anything here, so what is no progress is none.
fn progress(value: &Value) -> Option<(u32, u32)> {
    let number = |name: &str| value.get(name).and_then(Value::as_u64).map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    Some((number("cnt")?, number("of").unwrap_or(0)))
}

/// Messages without control characters, none longer than [`MESSAGE_MAX`], none empty.
fn messages(details: Option<Vec<String>>) -> Result<Vec<String>, RequestError> {
    let details = details.unwrap_or_default();
    if details.len() > MESSAGES_MAX {
        let text = format!("{} messages in one feedback; send at most {MESSAGES_MAX}", details.len());
        return Err(RequestError::TooMany(text));
    }
    let mut messages = Vec::new();
    for detail in details {
        let plain: Vec<char> = detail.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        messages.extend(plain.chunks(MESSAGE_MAX).map(|chunk| chunk.iter().collect::<String>()));
    }
    Ok(messages)
}

/// How attributes are put to those that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Over them.
    Merge,
    /// In their place.
    Replace,
    /// Those named go.
    Remove,
}

/// Attributes of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigData {
    /// How; merge when nothing is said.
    pub mode: Mode,
    /// Key and value; without value the key goes.
    pub data: BTreeMap<String, Option<String>>,
}

#[derive(Deserialize)]
struct ConfigBody {
    #[serde(default)]
    mode: Option<Mode>,
    #[serde(default)]
    data: Option<BTreeMap<String, Value>>,
}

impl ConfigData {
    /// Reads `{"mode","data":{…}}`.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let ConfigBody { mode, data } = read(body)?;
        let given = data.unwrap_or_default();
        if given.len() > ATTRIBUTES_MAX {
            let text = format!("{} attributes; a device has at most {ATTRIBUTES_MAX}", given.len());
            return Err(RequestError::TooMany(text));
        }
        let data = given.into_iter().map(attribute).collect::<Result<_, _>>()?;
        Ok(ConfigData { mode: mode.unwrap_or(Mode::Merge), data })
    }
}

fn attribute((key, value): (String, Value)) -> Result<(String, Option<String>), RequestError> {
    let wrong = |what: &str| Err(RequestError::Invalid(format!("{what} at most {ATTRIBUTE_MAX} printable characters")));
    let fits = |text: &str| text.chars().count() <= ATTRIBUTE_MAX && !text.chars().any(char::is_control);
    if key.trim().is_empty() || !fits(&key) {
        return wrong("the key of an attribute has 1 and");
    }
    let value = match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Array(_) | Value::Object(_) => {
            return Err(RequestError::Invalid("the value of an attribute is a text".into()));
        }
    };
    match value {
        Some(text) if !fits(&text) => wrong("the value of an attribute has"),
        value => Ok((key, value)),
    }
}

/// The consent to an action, or its refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// Yes.
    pub confirmed: bool,
    /// A number of its own.
    pub code: Option<i64>,
    /// What it says.
    pub details: Vec<String>,
}

#[derive(Deserialize)]
struct ConfirmationBody {
    confirmation: Word,
    #[serde(default)]
    code: Option<i64>,
    #[serde(default)]
    details: Option<Vec<String>>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Word {
    Confirmed,
    Denied,
}

impl Confirmation {
    /// Reads `{"confirmation":"confirmed"|"denied","code","details"}`.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let ConfirmationBody { confirmation, code, details } = read(body)?;
        Ok(Confirmation { confirmed: confirmation == Word::Confirmed, code, details: messages(details)? })
    }
}

/// Who says yes once for all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct AutoConfirm {
    /// Who, in the device's words.
    #[serde(default)]
    pub initiator: Option<String>,
    /// Why.
    #[serde(default)]
    pub remark: Option<String>,
}

impl AutoConfirm {
    /// Reads `{"initiator","remark"}`; the body may be absent.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        if body.is_empty() {
            return Ok(AutoConfirm::default());
        }
        let said: AutoConfirm = read(body)?;
        let long = |text: &Option<String>| text.as_ref().is_some_and(|t| t.chars().count() > MESSAGE_MAX);
        if long(&said.initiator) || long(&said.remark) {
            let text = format!("initiator and remark have at most {MESSAGE_MAX} characters");
            return Err(RequestError::Invalid(text));
        }
        let plain = |text: String| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
        Ok(AutoConfirm { initiator: said.initiator.map(plain), remark: said.remark.map(plain) })
    }
}

/// What is on the device without any action of ours.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct InstalledBase {
    /// What it is called.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl InstalledBase {
    /// Reads `{"name","version"}`.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let said: InstalledBase = read(body)?;
        let fits = |text: &str| (1..=ATTRIBUTE_MAX).contains(&text.chars().count());
        if !fits(&said.name) || !fits(&said.version) {
            let text = format!("name and version have 1 to {ATTRIBUTE_MAX} characters");
            return Err(RequestError::Invalid(text));
        }
        Ok(said)
    }
}
