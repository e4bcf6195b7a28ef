//! The device's side of hawkBit's DDI: polls, reads what there is to do, tells how it goes.
//!
//! Unknown members are left aside; limits stand before everything that is kept.

use crate::link::{Link, LinkError};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;

/// Characters of one message.
const MESSAGE_MAX: usize = 512;

/// What there is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// To consent.
    Confirm(String),
    /// To stop.
    Cancel(String),
    /// To install.
    Deploy(String),
}

/// The answer to a poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poll {
    /// The time to the next poll, if it says one.
    pub sleep: Option<Duration>,
    /// Where attributes are wanted.
    pub config_data: Option<String>,
    /// What there is to do.
    pub task: Option<Task>,
}

#[derive(Deserialize)]
struct Href {
    href: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Links {
    config_data: Option<Href>,
    confirmation_base: Option<Href>,
    cancel_action: Option<Href>,
    deployment_base: Option<Href>,
}

#[derive(Deserialize)]
struct PollBody {
    #[serde(default)]
    config: Value,
    #[serde(default, rename = "_links")]
    links: Links,
}

/// One file to install.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// The action.
    pub action: String,
    /// Not now: the server does not want it downloaded.
    pub skip_download: bool,
    /// Not now: the window is closed, or it is only to be downloaded.
    pub skip_update: bool,
    /// Where the image is.
    pub href: String,
    /// Its length, as the server says.
    pub size: u64,
    /// Its SHA-256, as the server says: hex.
    pub sha256: String,
    /// The release manifest, where one came.
    pub manifest: Option<String>,
    /// Its signature, base64.
    pub signature: Option<String>,
}

#[derive(Deserialize)]
struct DeploymentBody {
    id: Value,
    #[serde(alias = "confirmation")]
    deployment: Option<DeploymentPart>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeploymentPart {
    #[serde(default)]
    download: String,
    #[serde(default)]
    update: String,
    #[serde(default)]
    maintenance_window: Option<String>,
    #[serde(default)]
    chunks: Vec<Chunk>,
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    artifacts: Vec<Artifact>,
    #[serde(default)]
    metadata: Vec<Pair>,
}

#[derive(Deserialize)]
struct Pair {
    key: String,
    value: String,
}

#[derive(Deserialize)]
struct Artifact {
    size: u64,
    hashes: Hashes,
    #[serde(rename = "_links")]
    links: ArtifactLinks,
}

#[derive(Deserialize)]
struct Hashes {
    sha256: String,
}

#[derive(Deserialize)]
struct ArtifactLinks {
    download: Href,
}

/// How an action ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It downloads: it may still be asked to stop.
    Downloading,
    /// It installs.
    Proceeding,
    /// It is downloaded and checked.
    Downloaded,
    /// Done well.
    Success,
    /// Done badly.
    Failure,
    /// The cancellation comes too late.
    Rejected,
}

/// A device's resources.
pub struct Ddi<'l> {
    link: &'l Link,
    base: String,
}

fn shape<T: DeserializeOwned>(value: Value, what: &str) -> Result<T, LinkError> {
    let wrong = |why: serde_json::Error| LinkError::answer(format!("{what}: {}", crate::link::words(&why.to_string())));
    serde_json::from_value(value).map_err(wrong)
}

fn action_id(id: &Value) -> Result<String, LinkError> {
    let id = match id {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    let is_id = (1..=20).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit());
    if is_id { Ok(id) } else { Err(LinkError::answer("an action without a number")) }
}

impl<'l> Ddi<'l> {
    /// Of the device with this management number.
    pub fn new(link: &'l Link, tenant: &str, number: &str) -> Self {
        Ddi { base: link.url(&format!("/{tenant}/controller/v1/{number}")), link }
    }

    /// The connection.
    pub fn link(&self) -> &Link {
        self.link
    }

    /// Asks what there is to do.
    pub fn poll(&self) -> Result<Poll, LinkError> {
        let PollBody { config, links } = shape(self.link.get(&self.base)?, "poll")?;
        let sleep = config.pointer("/polling/sleep").and_then(Value::as_str).and_then(seconds);
        let href = |link: Option<Href>| link.map(|link| link.href);
        let task = href(links.cancel_action)
            .map(Task::Cancel)
            .or_else(|| href(links.confirmation_base).map(Task::Confirm))
            .or_else(|| href(links.deployment_base).map(Task::Deploy));
        Ok(Poll { sleep, config_data: href(links.config_data), task })
    }

    /// Tells attributes.
    pub fn attributes(&self, href: &str, data: &Value) -> Result<(), LinkError> {
        self.link.put(href, &json!({ "mode": "merge", "data": data })).map(drop)
    }

    /// What is to be installed, or waits for consent. More than one file is more than this agent installs.
    pub fn deployment(&self, href: &str) -> Result<Deployment, Refused> {
        let body: DeploymentBody = shape(self.link.get(href)?, "deployment")?;
        let action = action_id(&body.id)?;
        let part = body.deployment.ok_or_else(|| LinkError::answer("a deployment without content"))?;
        let refuse = |why: &str| Refused::Content { action: action.clone(), why: why.to_owned() };
        let Ok([chunk]) = <[Chunk; 1]>::try_from(part.chunks) else {
            return Err(refuse("this device installs exactly one module at a time"));
        };
        let Ok([artifact]) = <[Artifact; 1]>::try_from(chunk.artifacts) else {
            return Err(refuse("this device installs exactly one file at a time"));
        };
        let pick = |key: &str| chunk.metadata.iter().find(|pair| pair.key == key).map(|pair| pair.value.clone());
        Ok(Deployment {
            skip_download: part.download == "skip",
            skip_update: part.update == "skip" || part.maintenance_window.as_deref() == Some("unavailable"),
            href: artifact.links.download.href,
            size: artifact.size,
            sha256: artifact.hashes.sha256,
            manifest: pick("tegata.manifest"),
            signature: pick("tegata.signature"),
            action,
        })
    }

    /// Which action is to be stopped.
    pub fn cancelled(&self, href: &str) -> Result<String, LinkError> {
        let body = self.link.get(href)?;
        let stop = body.pointer("/cancelAction/stopId").or_else(|| body.get("id")).unwrap_or(&Value::Null);
        action_id(stop)
    }

    /// Tells how an installation goes.
    pub fn feedback(&self, action: &str, said: Said, details: &[&str]) -> Result<(), LinkError> {
        self.say(&format!("deploymentBase/{action}/feedback"), said, details)
    }

    /// Answers a cancellation.
    pub fn cancel_feedback(&self, action: &str, said: Said, details: &[&str]) -> Result<(), LinkError> {
        self.say(&format!("cancelAction/{action}/feedback"), said, details)
    }

    /// Consents, or does not.
    pub fn confirm(&self, action: &str, yes: bool, details: &[&str]) -> Result<(), LinkError> {
        let word = if yes { "confirmed" } else { "denied" };
        let body = json!({ "confirmation": word, "details": cut(details) });
        self.link.post(&format!("{}/confirmationBase/{action}/feedback", self.base), &body).map(drop)
    }

    fn say(&self, path: &str, said: Said, details: &[&str]) -> Result<(), LinkError> {
        let (execution, finished) = match said {
            Said::Downloading => ("download", "none"),
            Said::Proceeding => ("proceeding", "none"),
            Said::Downloaded => ("downloaded", "none"),
            Said::Success => ("closed", "success"),
            Said::Failure => ("closed", "failure"),
            Said::Rejected => ("rejected", "success"),
        };
        let status = json!({ "execution": execution, "result": { "finished": finished }, "details": cut(details) });
        self.link.post(&format!("{}/{path}", self.base), &json!({ "status": status })).map(drop)
    }
}

fn cut(details: &[&str]) -> Vec<String> {
    details.iter().map(|text| text.chars().take(MESSAGE_MAX).collect()).collect()
}

/// Why there is no deployment to begin.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// The platform.
    Link(LinkError),
    /// It is nothing for this device: the action is closed with this reason.
    Content {
        /// The action.
        action: String,
        /// Why.
        why: String,
    },
}

impl From<LinkError> for Refused {
    fn from(error: LinkError) -> Self {
        Refused::Link(error)
    }
}

/// `HH:MM:SS`.
fn seconds(text: &str) -> Option<Duration> {
    let parts: Vec<u64> = text.split(':').map(|part| part.parse().ok().filter(|n| *n < 100)).collect::<Option<_>>()?;
    let [hours, minutes, seconds] = parts[..] else { return None };
    Some(Duration::from_secs(hours * 3600 + minutes * 60 + seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals() {
        assert_eq!(seconds("00:05:00"), Some(Duration::from_secs(300)));
        for wrong in ["", "5", "00:05", "00:05:00:00", "-1:00:00", "100:00:00", "a:b:c"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn ids_are_numbers_as_text_or_not() {
        assert_eq!(action_id(&json!("12")), Ok("12".into()));
        assert_eq!(action_id(&json!(12)), Ok("12".into()));
        for wrong in [json!("../1"), json!(""), json!(null), json!(-1), json!(1.5), json!("123456789012345678901")] {
            assert!(action_id(&wrong).is_err(), "{wrong}");
        }
    }
}
