//! Signs and publishes CRLs: one per authority and shard. The number is taken before the list is signed (law 11).

use crate::authority;
use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::revocation::Crl;
use tegata_keys::profile::CrlContent;
use tegata_store::{RevokedCertificate, ShardDue};
use tegata_wire::crl::Entry;

/// Publishes every list that is stale or falls due; answers how many. One that cannot be signed (that of the root while
/// its key is offline) keeps no other back.
pub async fn publish_due(cx: &Inner) -> Result<usize> {
    let soon = cx.now()?.plus(cx.settings.crl_life / 2);
    let due = cx.store.crl().due(soon).await?;
    let mut published = 0;
    for shard in &due {
        match publish(*shard, cx).await {
            Ok(_) => published += 1,
            Err(error) => {
                let (shard, authority) = (shard.shard, shard.authority.0);
                tracing::error!(%error, cause = ?error.source, authority, shard, "a CRL could not be published");
            }
        }
    }
    Ok(published)
}

/// Signs and publishes one list.
pub async fn publish(due: ShardDue, cx: &Inner) -> Result<Crl> {
    let ready = authority::ready(cx, due.authority).await?;
    let number = cx.store.crl().next_number(due).await?;
    let revoked = cx.store.crl().revoked(due).await?;
    let held = revoked.len();
    let now = cx.now()?;
    let next_update = now.plus(cx.settings.crl_life);
    let entry = |r: RevokedCertificate| {
        let serial = cx.serials.serial(r.row.0, r.random).ok_or_else(|| Error::internal("no serial key"))?;
        Ok(Entry { serial: serial.0.to_vec(), at: r.at.parts(), reason: r.reason as u8 })
    };
    let entries = revoked.into_iter().map(entry).collect::<Result<Vec<_>>>()?;
    let der = ready.issuer.crl(&CrlContent { shard: due.shard, number, now, next_update, entries })?;
    let crl = Crl { number, der, next_update };
    cx.store.crl().publish(due, crl.clone(), held).await?;
    tracing::info!(authority = %ready.authority.uid, shard = due.shard, number, revoked = held, "CRL published");
    Ok(crl)
}
