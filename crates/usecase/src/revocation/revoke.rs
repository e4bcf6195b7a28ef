//! Revokes a certificate. Every revocation in the product passes the store's one guard.

use crate::authority;
use crate::cx::Inner;
use crate::error::{Error, Result};
use crate::life;
use tegata_domain::certificate::Certificate;
use tegata_domain::change::{Change, Revocation, Write};
use tegata_domain::device::Device;
use tegata_domain::id::CertificateRow;
use tegata_domain::number::Serial;
use tegata_domain::permit::{Actor, Operation};
use tegata_domain::revocation::{self, Reason};
use tegata_domain::time::Timestamp;

/// The CRL shard that a certificate names.
async fn shard(certificate: &Certificate, cx: &Inner) -> Result<u16> {
    let ready = authority::ready(cx, certificate.authority).await?;
    let serial = cx.serials.serial(certificate.row.0, certificate.random);
    Ok(serial.ok_or_else(|| Error::internal("no serial key"))?.shard(ready.issuer.shards()))
}

/// The ends of those certificates of a device that still hold.
pub(crate) async fn end_all(
    device: &Device,
    which: impl Fn(&Certificate) -> bool,
    reason: Reason,
    at: Timestamp,
    cx: &Inner,
) -> Result<Vec<Write>> {
    let all = cx.store.certificate().of_device(device.row).await?;
    let mut writes = Vec::new();
    for certificate in all.into_iter().filter(|c| c.revoked.is_none() && which(c)) {
        let shard = shard(&certificate, cx).await?;
        let (row, authority) = (certificate.row, certificate.authority);
        writes.push(Write::Revocation(Revocation { certificate: row, authority, shard, at, reason }));
    }
    Ok(writes)
}

/// How often a revocation is decided again when another request came between.
const TRIES: usize = 16;

/// Revokes a certificate; answers when and why. A second time changes nothing and answers what stands.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "revocation::revoke", skip_all)]
pub async fn revoke(serial: Serial, reason: Reason, actor: &Actor, cx: &Inner) -> Result<(Timestamp, Reason)> {
    for _ in 0..TRIES {
        match once(serial, reason, actor, cx).await {
            Err(e) if e.code == "stale" => continue,
            other => return other,
        }
    }
    Err(Error::conflict("stale", "other requests keep changing this device; try again"))
}

async fn once(serial: Serial, reason: Reason, actor: &Actor, cx: &Inner) -> Result<(Timestamp, Reason)> {
    let not_found = || Error::not_found("certificate");
    let row = cx.serials.serial_row(serial).ok_or_else(not_found)?;
    let certificate = cx.store.certificate().by_row(CertificateRow(row)).await?.ok_or_else(not_found)?;
    if certificate.random != serial.random() {
        return Err(not_found());
    }
    let device = cx.store.device().by_row(certificate.device).await?.ok_or_else(not_found)?;
    let permit =
        actor.permit(Operation::RevokeCertificate, &device).map_err(|e| crate::device::hide(e, "certificate"))?;
    if let Some(stands) = certificate.revoked {
        return Ok(stands);
    }
    let now = cx.now()?;
    let by = crate::device::hand(actor, &device);
    let digest = tegata_keys::digest::sha256_hex(&certificate.der);
    let step = revocation::revoked(device, certificate.kind, (&digest, reason, by), now);
    let revocation = Revocation {
        certificate: certificate.row,
        authority: certificate.authority,
        shard: shard(&certificate, cx).await?,
        at: now,
        reason,
    };
    let mut writes = vec![Write::Revocation(revocation)];
    writes.extend(life::write(cx, step).await?.map(|(write, _)| write));
    cx.store.save(Change::of(serial.to_string(), writes), &permit, now).await?;
    Ok((now, reason))
}
