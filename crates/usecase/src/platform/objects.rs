//! Where tiles and files of a platform lie: held against what the platform itself says, and moved there once.
//!
//! Why: a platform that looked for its files in another bucket than it wrote them to would serve nothing, and one that
//! wrote into another's would spoil both. So the object store says whose it is, and the store says that there is one.
//! Invariant: the store names the object store only after everything lies there.

use super::*;
use crate::error::Result;
use crate::ledger::{Named, kind, origin, rebuild, verifier};
use crate::release::FIRMWARE;
use tegata_domain::chance::Chance;
use tegata_domain::ledger::{Checkpoint, Log};
use tegata_keys::signer::Signer;
use tegata_store::object::{Place, Settings};
use tegata_store::{ErrorKind, Mode, Store};

/// Name of the fixed value: whose the object store is. Absent while all lies in the data folder.
pub(super) const OBJECTS: &str = "objects";

fn refused(text: String) -> Error {
    Error::new(Kind::Unavailable, "objects", text)
}

/// The place that the settings name, if it is this platform's. An object store that does not answer is taken by its
/// name; it is looked at again before anything is written to it. `None`: everything must be moved there first.
pub(super) async fn known(store: &Store, place: &Place) -> Result<Option<()>> {
    let owner = store.secret().fixed(OBJECTS).await?;
    let (url, owner) = match (place.url(), owner) {
        (None, None) => return Ok(Some(())),
        (Some(_), None) => return Ok(None),
        (None, Some(_)) => {
            let text = "tiles and files of this platform lie in an object store, and no settings name it; give the \
                        configuration with its section [objects] (--config FILE)";
            return Err(refused(text.into()));
        }
        (Some(url), Some(owner)) => (url, owner),
    };
    place.expect(owner.clone());
    match place.owner().await {
        Ok(Some(found)) if found == owner => Ok(Some(())),
        Ok(found) => Err(refused(format!(
            "{url} is not the object store of this platform: it is {}, not of {owner}; check objects.url",
            found.map_or_else(|| "nobody's".to_owned(), |found| format!("of {found}"))
        ))),
        Err(error) if error.kind == ErrorKind::Unreachable => {
            tracing::warn!(%error, "the object store cannot be reached; tiles wait in memory, files cannot be had");
            Ok(Some(()))
        }
        Err(error) => Err(stored(error)),
    }
}

/// The place of a platform that is opened; what lay in the data folder is moved to an object store that is new.
pub(super) async fn settle(
    store: &Store,
    settings: &Settings,
    (facts, named): (&Signer, Named<'_>),
    mode: Mode,
) -> Result<Place> {
    let place = Place::new(store.folder(), settings).map_err(stored)?;
    if known(store, &place).await?.is_none() {
        if mode == Mode::Reading {
            let text = "tiles and files of this platform lie in its data folder, not in an object store; leave \
                        objects.url out, or start the server with it once";
            return Err(refused(text.into()));
        }
        let owner = verifier(&origin(named.public_url, named.generation, Log::Facts), facts)?.to_string();
        move_there(store, &place, owner).await?;
    }
    Ok(place)
}

/// Takes everything from the data folder to an object store that is nobody's.
async fn move_there(store: &Store, place: &Place, owner: String) -> Result<()> {
    let url = place.url().unwrap_or_default();
    match place.owner().await.map_err(stored)? {
        Some(found) if found == owner => {}
        Some(found) => {
            let text = format!("{url} holds the objects of another platform ({found}); give another prefix or bucket");
            return Err(refused(text));
        }
        None if place.own(&owner).await.map_err(stored)? => {}
        None => return Err(refused(format!("{url} became somebody else's just now; give another prefix or bucket"))),
    }
    place.expect(owner.clone());
    let files = place.objects(FIRMWARE).map_err(stored)?;
    let all = files.here().list().await.map_err(stored)?;
    for entry in &all {
        files.lift(&entry.name).await.map_err(stored)?;
    }
    for log in Log::ALL {
        let standing = store.ledger().standing(log).await?;
        let tiled = rebuild((store, place), log, &[standing.head]).await?;
        if let Some(note) = standing.note {
            let checkpoint = Checkpoint { head: standing.head, note };
            store.ledger().advance(log, standing.head, checkpoint, tiled).await?;
        }
    }
    store.secret().fix(OBJECTS, owner).await?;
    tracing::info!(files = all.len(), url, "tiles and files lie in the object store now");
    // from here on nobody reads these any more
    for entry in all {
        files.here().remove(&entry.name).await.map_err(stored)?;
    }
    for log in Log::ALL {
        let _nobody_needs_them = std::fs::remove_dir_all(store.folder().join(kind(log)).join("tile"));
    }
    Ok(())
}

/// Writes to where objects lie, reads it back, and removes it again.
pub async fn probe_objects(chance: &dyn Chance, cx: &crate::cx::Inner) -> Result<()> {
    let name = data_encoding::HEXLOWER.encode(&tegata_domain::chance::bytes::<16>(chance));
    cx.place.probe(&name).await.map_err(stored)
}
