//! What devices are answered. Ids are texts here, whatever they are inside.

use super::Base;
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Duration;

#[derive(Serialize)]
struct Link<'a> {
    href: &'a str,
}

/// The answer to a poll. At most one of the three that are to be done is there.
#[derive(Debug, Clone, Default)]
pub struct Poll {
    /// The time to the next poll.
    pub sleep: Duration,
    /// Attributes are wanted.
    pub config_data: Option<String>,
    /// What there is to do.
    pub task: Option<Task>,
    /// What was installed last.
    pub installed_base: Option<String>,
}

/// What there is to do, with its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// To consent.
    Confirm(String),
    /// To stop.
    Cancel(String),
    /// To install.
    Deploy(String),
}

#[derive(Serialize)]
struct PollBody<'a> {
    config: Config,
    #[serde(rename = "_links")]
    links: Links<'a>,
}

#[derive(Serialize)]
struct Config {
    polling: Polling,
}

#[derive(Serialize)]
struct Polling {
    sleep: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Links<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    config_data: Option<Link<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmation_base: Option<Link<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_action: Option<Link<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_base: Option<Link<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    installed_base: Option<Link<'a>>,
}

impl Poll {
    /// The body.
    pub fn body(&self) -> Vec<u8> {
        let (mut confirm, mut cancel, mut deploy) = (None, None, None);
        match &self.task {
            Some(Task::Confirm(href)) => confirm = Some(Link { href }),
            Some(Task::Cancel(href)) => cancel = Some(Link { href }),
            Some(Task::Deploy(href)) => deploy = Some(Link { href }),
            None => {}
        }
        let body = PollBody {
            config: Config { polling: Polling { sleep: super::sleep(self.sleep) } },
            links: Links {
                config_data: self.config_data.as_deref().map(|href| Link { href }),
                confirmation_base: confirm,
                cancel_action: cancel,
                deployment_base: deploy,
                installed_base: self.installed_base.as_deref().map(|href| Link { href }),
            },
        };
        bytes(&body)
    }
}

fn bytes(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).expect("texts and numbers are JSON")
}

/// How a download or an installation is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Handling {
    /// Not now.
    Skip,
    /// When it suits the device.
    Attempt,
    /// Now.
    Forced,
}

/// One piece of software.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Which part of the device: `os`, `bApp`, …
    pub part: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its files.
    pub artifacts: Vec<Artifact>,
    /// What the device may know besides.
    pub metadata: Vec<(String, String)>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Its name.
    pub filename: String,
    /// SHA-1, for clients that take no other.
    pub sha1: [u8; 20],
    /// MD5, for clients that take no other.
    pub md5: [u8; 16],
    /// SHA-256.
    pub sha256: [u8; 32],
    /// Its length.
    pub size: u64,
    /// Where it is.
    pub href: String,
}

impl Artifact {
    fn object(&self) -> Value {
        let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
        json!({
            "filename": self.filename,
            "hashes": { "sha1": hex(&self.sha1), "md5": hex(&self.md5), "sha256": hex(&self.sha256) },
            "size": self.size,
            "_links": {
                "download": { "href": self.href },
                "md5sum": { "href": format!("{}.MD5SUM", self.href) },
            },
        })
    }
}

/// The files of a module.
pub fn artifacts(all: &[Artifact]) -> Vec<u8> {
    bytes(&all.iter().map(Artifact::object).collect::<Vec<_>>())
}

/// The text that `md5sum --check` takes.
pub fn md5sum(artifact: &Artifact) -> String {
    format!("{}  {}", data_encoding::HEXLOWER.encode(&artifact.md5), artifact.filename)
}

/// What is to be installed, was installed, or waits for consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// The action.
    pub action: i64,
    /// How it is downloaded.
    pub download: Handling,
    /// How it is installed.
    pub update: Handling,
    /// Whether the window for it is open; `None` without windows.
    pub window: Option<bool>,
    /// The software.
    pub chunks: Vec<Chunk>,
    /// State of the action and the device's own messages, newest first, when they were asked for.
    pub history: Option<(String, Vec<String>)>,
}

impl Deployment {
    /// The body of deploymentBase and installedBase.
    pub fn body(&self) -> Vec<u8> {
        self.under("deployment")
    }

    /// The body of confirmationBase.
    pub fn confirmation(&self) -> Vec<u8> {
        self.under("confirmation")
    }

    fn under(&self, member: &str) -> Vec<u8> {
        let mut deployment = json!({
            "download": self.download,
            "update": self.update,
            "chunks": self.chunks.iter().map(Chunk::object).collect::<Vec<_>>(),
        });
        if let Some(open) = self.window {
            deployment["maintenanceWindow"] = if open { "available" } else { "unavailable" }.into();
        }
        let mut body = json!({ "id": self.action.to_string(), member: deployment });
        if let Some((status, messages)) = &self.history
            && !messages.is_empty()
        {
            body["actionHistory"] = json!({ "status": status, "messages": messages });
        }
        bytes(&body)
    }
}

impl Chunk {
    fn object(&self) -> Value {
        let mut chunk = json!({
            "part": self.part,
            "version": self.version,
            "name": self.name,
            "artifacts": self.artifacts.iter().map(Artifact::object).collect::<Vec<_>>(),
        });
        if !self.metadata.is_empty() {
            let pair = |(key, value): &(String, String)| json!({ "key": key, "value": value });
            chunk["metadata"] = self.metadata.iter().map(pair).collect();
        }
        chunk
    }
}

/// The body of cancelAction.
pub fn cancel(action: i64) -> Vec<u8> {
    let id = action.to_string();
    bytes(&json!({ "id": id, "cancelAction": { "stopId": id } }))
}

/// Consent given once for all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Consent {
    /// Who, in the device's words.
    pub initiator: Option<String>,
    /// Why.
    pub remark: Option<String>,
    /// Since when, milliseconds since 1970.
    pub activated_at: i64,
}

/// The body of confirmationBase without an action. `waiting`: action and change marker of what waits for consent.
pub fn confirmation_base(base: &Base, consent: Option<&Consent>, waiting: Option<(i64, u32)>) -> Vec<u8> {
    let mut links = serde_json::Map::new();
    let mut state = json!({ "active": consent.is_some() });
    let mut link = |name: &str, href: String| links.insert(name.to_owned(), json!({ "href": href }));
    match consent {
        Some(consent) => {
            link("deactivateAutoConfirm", base.deactivate());
            let texts = [("initiator", &consent.initiator), ("remark", &consent.remark)];
            for (name, text) in texts.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?))) {
                state[name] = text.as_str().into();
            }
            state["activatedAt"] = consent.activated_at.into();
        }
        None => drop(link("activateAutoConfirm", base.activate())),
    }
    if let Some((action, change)) = waiting {
        link("confirmationBase", base.confirmation(action, change));
    }
    bytes(&json!({ "autoConfirm": state, "_links": links }))
}

/// The body of a refusal. `class` and `code` are stable words; hawkBit's are Java classes and `hawkbit.server.error.…`.
pub fn refusal(class: &str, code: &str, message: &str) -> Vec<u8> {
    bytes(&json!({
        "exceptionClass": format!("tegata.{class}"),
        "errorCode": format!("hawkbit.server.error.{code}"),
        "message": message,
    }))
}
