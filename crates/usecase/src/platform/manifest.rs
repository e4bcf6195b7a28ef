//! What a backup says of itself: the last file in its archive.

use super::*;
use crate::error::Result;
use crate::ledger::{origin, verifier};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tegata_domain::id::Uuid;
use tegata_domain::ledger::{Head, Log};
use tegata_domain::time::Timestamp;
use tegata_keys::seal::Seal;
use tegata_keys::signer::Signer;
use tegata_store::Store;

/// The format that this program writes. It reads the one before it too, which knew no increments.
pub(super) const FORMAT: u32 = 2;

/// Refuses a format that this program does not read.
pub(super) fn readable(format: u32, called: &str) -> Result<()> {
    if (1..=FORMAT).contains(&format) {
        return Ok(());
    }
    let text = format!("it has format {format}, this program reads up to {FORMAT}; run the newer tegata");
    Err(archive::damaged(called, text))
}

/// A backup that another one rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its id.
    pub id: Uuid,
    /// The name of its file, as it was then.
    pub file: String,
    /// Its moment, RFC 3339.
    pub made_at: String,
}

/// The first file of an archive: what can be known without reading all of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Front {
    /// Of the archive.
    pub format: u32,
    /// Of this backup.
    pub id: Uuid,
    /// Its moment, RFC 3339.
    pub made_at: String,
    /// The version of the tables.
    pub schema: i64,
    /// What it rests on, the full backup first; empty: it is full itself.
    pub chain: Vec<Link>,
    /// Files that never change and that it has, itself or in what it rests on.
    pub held: Vec<String>,
    /// What opens its own fading part.
    pub fading_key: String,
    /// When the first key goes that its fading parts need, RFC 3339.
    pub fading_until: String,
}

/// What a backup holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Manifest {
    /// Of this text, and of the archive around it.
    pub format: u32,
    /// Of this backup.
    pub id: Uuid,
    /// The moment before it was begun, RFC 3339: all that was answered until then is in it.
    pub made_at: String,
    /// Version of the program that made it.
    pub program: String,
    /// The platform's public name.
    pub public_url: String,
    /// Both logs.
    pub logs: Vec<LogState>,
    /// Rows of every table.
    pub counts: BTreeMap<String, u64>,
    /// What opens the fading part: id of the key.
    pub fading_key: String,
    /// When that key goes, RFC 3339.
    pub fading_until: String,
    /// What it rests on, the full backup first; empty: it is full itself.
    #[serde(default)]
    pub chain: Vec<Link>,
    /// Digest over the map of the database, hex: what a restored chain must come to.
    #[serde(default)]
    pub state: String,
    /// The same of the fading part. It covers random keys, so nothing can be guessed from it.
    #[serde(default)]
    pub fading_state: String,
    /// Every file beside this one.
    pub files: BTreeMap<String, FileState>,
}

/// A file of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileState {
    /// Bytes.
    pub size: u64,
    /// SHA-256 in hex.
    pub sha256: String,
}

/// A log at the moment of the backup.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LogState {
    /// Its name.
    pub log: String,
    /// Its origin.
    pub origin: String,
    /// Its verifier key, in signed-note form.
    pub key: String,
    /// Leaves and root.
    pub head: HeadText,
    /// The last checkpoint that was published.
    pub published: Option<HeadText>,
}

/// Size and root of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadText {
    /// Leaves.
    pub size: u64,
    /// Root in hex.
    pub root: String,
}

impl From<Head> for HeadText {
    fn from(head: Head) -> Self {
        HeadText { size: head.size, root: data_encoding::HEXLOWER.encode(&head.root) }
    }
}

impl HeadText {
    /// As the store has it.
    pub(super) fn head(&self) -> Result<Head> {
        let root = data_encoding::HEXLOWER_PERMISSIVE.decode(self.root.as_bytes()).ok();
        let root = root.and_then(|root| root.try_into().ok()).ok_or_else(|| local("backup", "a root is no digest"))?;
        Ok(Head { size: self.size, root })
    }
}

impl Manifest {
    /// In one word.
    pub fn kind(&self) -> &'static str {
        if self.chain.is_empty() { "full" } else { "incremental" }
    }

    /// The log of this name.
    pub(super) fn log(&self, log: Log) -> Result<&LogState> {
        let found = self.logs.iter().find(|state| state.log == log.name());
        found.ok_or_else(|| local("backup", format!("its manifest does not tell of the log {}", log.name())))
    }

    /// When it was made.
    pub(super) fn made(&self) -> Result<Timestamp> {
        Timestamp::parse(&self.made_at).ok_or_else(|| local("backup", "its manifest has no time"))
    }
}

/// Both logs of a copy, with their present keys: this opens them, so a wrong unlock file is noticed.
pub(super) async fn logs(store: &Store, seal: &Seal) -> Result<Vec<LogState>> {
    let public_url = open::fixed(store, "public_url").await?;
    let generation = store.secret().fixed(GENERATION).await?;
    let mut logs = Vec::new();
    for (log, name) in [(Log::Facts, FACTS_KEY), (Log::Devices, DEVICES_KEY)] {
        let signer = Signer::from_pkcs8(&open::newest(store, seal, name).await?)?;
        let origin = origin(&public_url, generation.as_deref(), log);
        let key = verifier(&origin, &signer)?.to_string();
        let standing = store.ledger().standing(log).await?;
        let published = standing.note.map(|_| standing.head.into());
        logs.push(LogState { log: log.name().to_owned(), origin, key, head: standing.head.into(), published });
    }
    Ok(logs)
}
