//! Ends at a start what a crash cut off in the middle of an erasure.
//!
//! A tombstone stands from the moment before anything goes. One whose organisation is still there was either cut off,
//! and is carried out, or can no longer be, and is withdrawn: else a restore would erase whom nobody erased.

use super::erase::forget;
use super::tombstone;
use crate::cx::Inner;
use crate::error::Result;
use tegata_domain::organisation::Organisation;
use tegata_domain::permit::{Actor, Operation, Subject};
use tegata_domain::time::Timestamp;

/// Takes up every tombstone whose organisation is still there; answers how many were carried out.
pub(crate) async fn resume(cx: &Inner) -> Result<u64> {
    let path = cx.store.folder().join(tegata_store::TOMBSTONES);
    if !path.exists() {
        return Ok(0);
    }
    let all = match tombstone::read(&path) {
        Ok(all) => all,
        Err(e) => {
            // nobody is served better by a platform that stands still; a restore refuses such a file
            tracing::error!("{e}");
            return Ok(0);
        }
    };
    let mut erased = 0;
    for (uid, at) in all {
        let Some(organisation) = cx.store.organisation().by_uid(uid).await? else { continue };
        erased += u64::from(end(&organisation, at, cx).await?);
    }
    if erased > 0 && !cx.store.compact().await? {
        tracing::warn!("an erasure was ended, but files may keep traces; start anew when it suits");
    }
    Ok(erased)
}

/// Carries an erasure out, or withdraws its tombstone; answers whether it was carried out.
async fn end(organisation: &Organisation, at: Timestamp, cx: &Inner) -> Result<bool> {
    let permit = Actor::Platform.permit(Operation::EraseOrganisation, Subject::default())?;
    let standing = cx.store.erasure().standing(organisation.row).await?;
    let done = match standing.devices + standing.products {
        0 => forget(organisation, (at, false), &permit, cx).await.map(drop),
        _ => Err(crate::Error::conflict("owns_devices", "it owns devices, or has products")),
    };
    match done {
        Ok(()) => {
            tracing::warn!("an erasure that was cut off at {} is carried out", at.rfc3339());
            Ok(true)
        }
        Err(e) if e.kind == crate::Kind::Conflict => {
            cx.store.erasure().bury(&tombstone::line(organisation.uid, at, true)?)?;
            tracing::warn!("an erasure that was cut off at {} is void: {e}", at.rfc3339());
            Ok(false)
        }
        Err(e) => Err(e),
    }
}
