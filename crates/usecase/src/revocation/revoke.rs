//! Revokes a certificate. Every revocation in the product passes the store's one guard.

use crate::authority;
use crate::cx::Inner;
use crate::error::{Error, Result};
use crate::life;
use tegata_domain::certificate::Certificate;
use tegata_domain::change::{Change, Revocation, Write};
use tegata_domain::device::Step;
use tegata_domain::event::EventKind;
use tegata_domain::id::CertificateRow;
use tegata_domain::number::Serial;
use tegata_domain::permit::{Actor, Operation};
use tegata_domain::revocation::Reason;
use tegata_domain::time::Timestamp;

/// The CRL shard that a certificate names.
pub(crate) async fn shard(certificate: &Certificate, cx: &Inner) -> Result<u16> {
    let ready = authority::ready(cx, certificate.authority).await?;
    let serial = cx.serials.serial(certificate.row.0, certificate.random);
    Ok(serial.ok_or_else(|| Error::internal("no serial key"))?.shard(ready.issuer.shards()))
}

/// Revokes a certificate; answers when. A second time changes nothing.
pub async fn revoke(serial: Serial, reason: Reason, actor: &Actor, cx: &Inner) -> Result<Timestamp> {
    let not_found = || Error::not_found("certificate");
    let row = cx.serials.serial_row(serial).ok_or_else(not_found)?;
    let certificate = cx.store.certificate().by_row(CertificateRow(row)).await?.ok_or_else(not_found)?;
    if certificate.random != serial.random() {
        return Err(not_found());
    }
    let device = cx.store.device().by_row(certificate.device).await?.ok_or_else(not_found)?;
    let permit =
        actor.permit(Operation::RevokeCertificate, &device).map_err(|e| crate::device::hide(e, "certificate"))?;
    if let Some((at, _)) = certificate.revoked {
        return Ok(at);
    }
    let now = cx.now()?;
    let mut step = Step::new(device);
    let digest = tegata_keys::digest::sha256_hex(&certificate.der);
    let data = serde_json::json!({ "certificate": digest, "reason": reason.to_string() });
    step.event(EventKind::Revoked, now, data);
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
    Ok(now)
}
