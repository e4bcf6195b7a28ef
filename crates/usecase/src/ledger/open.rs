//! Opens both logs at the start: tiles that a crash left out are made again from the store, and a root that does not
//! match is a refusal.
//!
//! Invariant: a checkpoint is published after its tiles are on disk, so only what lies behind the last published
//! checkpoint can be missing.

use super::read::Files;
use super::sequence::{leaf_of, write_tiles};
use super::{Ledger, OneLog, Published, origin};
use crate::error::{Error, Kind, Result};
use std::sync::{Arc, RwLock};
use tegata_domain::ledger::{Head, Log};
use tegata_keys::signer::Signer;
use tegata_store::object::Objects;
use tegata_store::{Mode, Store};
use tegata_wire::signed_note::Verifier;
use tegata_wire::tlog::{empty_root, leaf_hash};
use tegata_wire::tlog_tiles::Edge;

/// What the origins of both logs are made from.
#[derive(Clone, Copy)]
pub(crate) struct Named<'a> {
    /// The public name.
    pub public_url: &'a str,
    /// Set by a restore.
    pub generation: Option<&'a str>,
}

impl Ledger {
    /// Opens both logs; `keys` are those of facts and devices. A store that is only read is opened as far as it was
    /// published, and no tile is written.
    pub(crate) async fn open(store: &Store, keys: [Signer; 2], named: Named<'_>, mode: Mode) -> Result<Self> {
        let [facts, devices] = keys;
        Ok(Ledger([
            open_log(store, Log::Facts, facts, (named, mode)).await?,
            open_log(store, Log::Devices, devices, (named, mode)).await?,
        ]))
    }
}

/// Makes the tiles of a log anew from the store, and holds its root against `recorded` heads, small to large.
pub(crate) async fn rebuild(store: &Store, log: Log, recorded: &[Head]) -> Result<()> {
    let objects = Objects::open(store.folder().join("ledger").join(log.name()))?;
    let mut edge = Edge::new();
    for head in recorded {
        replay(store, log, &objects, &mut edge, head.size).await?;
        if (edge.size(), edge.root()) != (head.size, head.root) {
            return Err(mismatch(log, head.size));
        }
    }
    Ok(objects.sync()?)
}

fn mismatch(log: Log, at: u64) -> Error {
    let text = format!(
        "the ledger '{}' does not match its recorded root at size {at}: store or tiles were changed. Nothing is served; \
         restore the data folder from a backup, which gets a new origin",
        log.name()
    );
    Error::new(Kind::Internal, "ledger_mismatch", text)
}

async fn open_log(store: &Store, log: Log, signer: Signer, (named, mode): (Named<'_>, Mode)) -> Result<OneLog> {
    let origin = origin(named.public_url, named.generation, log);
    let key = signer.public_key().try_into().map_err(Error::internal)?;
    let verifier = Verifier::new(&origin, key).map_err(|e| Error::internal(e.to_string()))?;
    let objects = Objects::open(store.folder().join("ledger").join(log.name()))?;
    let (edge, published) = match mode {
        Mode::Reading => load_published(store, log, &objects).await?,
        Mode::Create | Mode::Existing => load(store, log, &objects).await?,
    };
    Ok(OneLog {
        log,
        origin,
        signer,
        verifier,
        objects,
        edge: tokio::sync::Mutex::new(Some(edge)),
        published: RwLock::new(published),
    })
}

/// The right edge as the store has it, with all full tiles on disk, and the published checkpoint with its edge.
pub(super) async fn load(store: &Store, log: Log, objects: &Objects) -> Result<(Edge, Option<Published>)> {
    let head = store.ledger().head(log).await?;
    let (mut edge, published) = load_published(store, log, objects).await?;
    replay(store, log, objects, &mut edge, head.size).await?;
    if (edge.size(), edge.root()) != (head.size, head.root) {
        return Err(mismatch(log, head.size));
    }
    objects.sync()?;
    Ok((edge, published))
}

/// The right edge at the published checkpoint, and that checkpoint.
async fn load_published(store: &Store, log: Log, objects: &Objects) -> Result<(Edge, Option<Published>)> {
    let checkpoint = store.ledger().checkpoint(log).await?;
    let signed = checkpoint.as_ref().map_or(0, |c| c.head.size);
    let whole = signed - signed % 256;
    let mut edge = Edge::load(whole, &Files { objects }).map_err(|e| {
        tracing::error!(error = %e, log = log.name(), "tiles cannot be read");
        mismatch(log, whole)
    })?;
    replay(store, log, objects, &mut edge, signed).await?;
    let expected = checkpoint.as_ref().map_or_else(empty_root, |c| c.head.root);
    if edge.root() != expected {
        return Err(mismatch(log, signed));
    }
    let published = checkpoint.map(|checkpoint| Published { checkpoint, edge: Arc::new(edge.clone()) });
    Ok((edge, published))
}

/// Appends the leaves of the store up to `end`, and writes the tiles that become full.
async fn replay(store: &Store, log: Log, objects: &Objects, edge: &mut Edge, end: u64) -> Result<()> {
    while edge.size() < end {
        let start = edge.size();
        let count = (end - start).min(4096) as u32;
        let contents = store.ledger().contents(log, start, count).await?;
        if contents.len() != count as usize {
            return Err(mismatch(log, start));
        }
        let leaves: Vec<Vec<u8>> = contents.iter().map(|content| leaf_of(log, content)).collect();
        let hashes: Vec<_> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
        let complete = edge.append(&hashes);
        write_tiles(store, log, objects, &complete, (start, &leaves)).await?;
    }
    Ok(())
}
