//! Erases again, in a store that was restored from a backup, what was erased since that backup was made.

use super::erase::forget;
use super::tombstone;
use crate::cx::Inner;
use crate::error::Result;
use std::path::Path;
use tegata_domain::permit::{Actor, Operation, Subject};

/// What a replay did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Organisations that were erased again.
    pub organisations: u64,
    /// Living devices whose owner in the restored store is one of them: nobody's until their maker and their holder
    /// settle it.
    pub orphans: u64,
    /// Whether the files hold no trace any more.
    pub compacted: bool,
}

/// Replays the tombstones in `path`. A second time changes nothing.
pub async fn replay(path: &Path, cx: &Inner) -> Result<Replayed> {
    let permit = Actor::Platform.permit(Operation::EraseOrganisation, Subject::default())?;
    let mut replayed = Replayed { compacted: true, ..Replayed::default() };
    for (uid, at) in tombstone::read(path)? {
        let Some(organisation) = cx.store.organisation().by_uid(uid).await? else { continue };
        replayed.orphans += u64::from(cx.store.erasure().standing(organisation.row).await?.devices);
        forget(&organisation, (at, true), &permit, cx).await?;
        replayed.organisations += 1;
    }
    if replayed.organisations > 0 {
        replayed.compacted = cx.store.compact().await?;
    }
    Ok(replayed)
}
