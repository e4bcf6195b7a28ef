//! Opens both logs at the start: tiles that a crash left out are made again from the store, and a root that does not
//! match is a refusal.
//!
//! Invariant: the store says up to which size the full tiles are files that survive a crash. Whatever lies behind is
//! made again, whether there is a file or not.

use super::read::Files;
use super::sequence::Growing;
use super::shelf::Shelf;
use super::{Ledger, OneLog, Published, origin};
use crate::error::{Error, Kind, Result};
use std::sync::{Arc, RwLock};
use tegata_domain::ledger::{Checkpoint, Head, Log};
use tegata_keys::signer::Signer;
use tegata_store::{Mode, Store};
use tegata_wire::signed_note::Verifier;
use tegata_wire::tlog_tiles::{Edge, TILE_WIDTH};

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

/// Makes the tiles of a log anew from the store, and holds its root against `recorded` heads, small to large. Answers up
/// to which size they are files that survive a crash.
pub(crate) async fn rebuild(store: &Store, log: Log, recorded: &[Head]) -> Result<u64> {
    let shelf = shelf(store, log, 0, Mode::Existing)?;
    let mut growing = Growing::at(Edge::new());
    for head in recorded {
        replay(store, log, &shelf, &mut growing, *head).await?;
    }
    shelf.flush()?;
    Ok(shelf.durable())
}

fn mismatch(log: Log, at: u64) -> Error {
    let text = format!(
        "the ledger '{}' does not match its recorded root at size {at}: store or tiles were changed. Nothing is served; \
         restore the data folder from a backup, which gets a new origin",
        log.name()
    );
    Error::new(Kind::Internal, "ledger_mismatch", text)
}

/// The verifier key of a log.
pub(crate) fn verifier(origin: &str, signer: &Signer) -> Result<Verifier> {
    let key = signer.public_key().try_into().map_err(Error::internal)?;
    Verifier::new(origin, key).map_err(|e| Error::internal(e.to_string()))
}

fn shelf(store: &Store, log: Log, tiled: u64, mode: Mode) -> Result<Shelf> {
    Shelf::open(store.folder().join("ledger").join(log.name()), tiled, mode)
}

async fn open_log(store: &Store, log: Log, signer: Signer, (named, mode): (Named<'_>, Mode)) -> Result<OneLog> {
    let origin = origin(named.public_url, named.generation, log);
    let verifier = verifier(&origin, &signer)?;
    let tiled = store.ledger().standing(log).await?.tiled;
    let shelf = shelf(store, log, tiled, mode)?;
    let (growing, published) = load(store, log, &shelf).await?;
    Ok(OneLog {
        origin,
        signer,
        verifier,
        shelf,
        edge: tokio::sync::Mutex::new(Some(growing)),
        published: RwLock::new(published),
    })
}

/// The right edge as the store has it, with all full tiles on the shelf, and the published checkpoint.
pub(super) async fn load(store: &Store, log: Log, shelf: &Shelf) -> Result<(Growing, Option<Published>)> {
    let standing = store.ledger().standing(log).await?;
    let (head, whole) = (standing.head, standing.tiled);
    if whole > head.size || !whole.is_multiple_of(TILE_WIDTH.into()) {
        return Err(mismatch(log, whole));
    }
    let edge = Edge::load(whole, &Files { shelf }).map_err(|e| {
        tracing::error!(error = %e, log = log.name(), "tiles cannot be read");
        mismatch(log, whole)
    })?;
    let mut growing = Growing::at(edge);
    replay(store, log, shelf, &mut growing, head).await?;
    let edge = Arc::new(growing.edge.clone());
    let published = standing.note.map(|note| Published { checkpoint: Arc::new(Checkpoint { head, note }), edge });
    Ok((growing, published))
}

/// Takes the leaves of the store in up to `head`, which the tree must match then, and puts the tiles that become full
/// on the shelf.
pub(super) async fn replay(store: &Store, log: Log, shelf: &Shelf, growing: &mut Growing, head: Head) -> Result<()> {
    while growing.edge.size() < head.size {
        let start = growing.edge.size();
        let contents = store.ledger().contents(log, start, (head.size - start).min(4096) as u32).await?;
        if contents.is_empty() {
            return Err(mismatch(log, start));
        }
        shelf.room()?;
        let full = growing.grow(log, &contents)?;
        shelf.put(full, growing.whole());
    }
    if growing.head() == head { Ok(()) } else { Err(mismatch(log, head.size)) }
}
