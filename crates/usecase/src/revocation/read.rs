//! The published list of a shard: public.

use super::publish;
use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::id::Uuid;
use tegata_domain::revocation::Crl;
use tegata_store::ShardDue;

/// The list of an authority's shard; the first asker of a list that never was has it signed.
pub async fn crl(authority: Uuid, shard: u16, cx: &Inner) -> Result<Crl> {
    let not_found = || Error::not_found("CRL");
    let authority = cx.store.authority().by_uid(authority).await?.ok_or_else(not_found)?;
    if shard >= authority.shards {
        return Err(not_found());
    }
    match cx.store.crl().published(authority.row, shard).await? {
        Some(crl) if cx.reading()? < crl.next_update => Ok(crl),
        Some(_) | None => publish(ShardDue { authority: authority.row, shard }, cx).await,
    }
}
