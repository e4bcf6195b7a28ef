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
use tegata_domain::ledger::{Checkpoint, Log};
use tegata_keys::signer::Signer;
use tegata_store::Store;
use tegata_wire::signed_note::Verifier;
use tegata_wire::tlog_tiles::{Edge, TILE_WIDTH};

impl Ledger {
    /// Opens both logs; `keys` are those of facts and devices.
    pub(crate) async fn open(store: &Store, keys: [Signer; 2], public_url: &str) -> Result<Self> {
        let [facts, devices] = keys;
        Ok(Ledger([
            open_log(store, Log::Facts, facts, public_url).await?,
            open_log(store, Log::Devices, devices, public_url).await?,
        ]))
    }
}

fn mismatch(log: Log, at: u64) -> Error {
    let text = format!(
        "the ledger '{}' does not match its recorded root at size {at}: store or tiles were changed. Nothing is served; \
         restore the data folder from a backup, which gets a new origin",
        log.name()
    );
    Error::new(Kind::Internal, "ledger_mismatch", text)
}

async fn open_log(store: &Store, log: Log, signer: Signer, public_url: &str) -> Result<OneLog> {
    let origin = origin(public_url, log);
    let key = signer.public_key().try_into().map_err(Error::internal)?;
    let verifier = Verifier::new(&origin, key).map_err(|e| Error::internal(e.to_string()))?;
    let tiled = store.ledger().standing(log).await?.tiled;
    let shelf = Shelf::open(store.folder().join("ledger").join(log.name()), tiled)?;
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
    if growing.head() != head {
        return Err(mismatch(log, head.size));
    }
    let edge = Arc::new(growing.edge.clone());
    let published = standing.note.map(|note| Published { checkpoint: Arc::new(Checkpoint { head, note }), edge });
    Ok((growing, published))
}
