//! Issues an operational certificate (LDevID): under the IDevID for the first time, under an LDevID as a renewal.
//!
//! The asker is the TLS identity alone; the subject in the request counts for nothing, so that no device can ask for
//! another's name. A renewal is bound to the same device and the same owner.

use crate::authority;
use crate::certificate::Credential;
use crate::cx::{Cx, Inner};
use crate::error::{Error, Result};
use crate::life;
use std::sync::Arc;
use tegata_domain::authority::AuthorityKind;
use tegata_domain::certificate::{Certificate, CertificateKind};
use tegata_domain::chance;
use tegata_domain::change::{Change, Write};
use tegata_domain::enrolment::{self, EnrolmentError};
use tegata_domain::finding::{Finding, FindingKind};
use tegata_domain::id::CertificateRow;
use tegata_domain::permit::{Operation, Permit};
use tegata_domain::time::Timestamp;
use tegata_keys::possession::prove;
use tegata_keys::{digest, profile};
use tegata_store::Row;

/// A new operational certificate.
pub struct Enrolled {
    /// It, DER.
    pub certificate: Vec<u8>,
    /// Its issuer's certificate, DER.
    pub issuer: Vec<u8>,
}

/// How often an enrolment is decided again when another request came between.
const TRIES: usize = 16;

/// Enrols or renews the device that shows `credential`. `renewal` says which of the two EST operations was asked for:
/// an LDevID may only renew; an IDevID enrols by either (strongSwan's client always posts to simplereenroll).
pub async fn enrol(csr: &[u8], credential: Credential, renewal: bool, cx: &Cx) -> Result<Enrolled> {
    let first = credential.certificate.kind == CertificateKind::Idevid;
    if !first && !renewal {
        return Err(Error::denied("use_reenroll", "an operational certificate is renewed at simplereenroll"));
    }
    let operation = if first { Operation::EnrolDevice } else { Operation::RenewDevice };
    let permit = credential.actor().permit(operation, &credential.device)?;
    let spki = prove(csr).map_err(|e| Error::invalid("csr", e))?;
    let mut credential = credential;
    for _ in 0..TRIES {
        // again each time: the commit refuses where another device took this key meanwhile
        check_key(spki, &credential, &permit, cx).await?;
        match once(spki, &credential, &permit, cx).await {
            Err(e) if e.code == "stale" => {
                // what came between may have been the end of this very certificate
                credential = crate::certificate::known(&credential.certificate.der, cx).await?;
            }
            other => return other,
        }
    }
    Err(Error::conflict("stale", "other requests keep changing this device; try again"))
}

/// A key that another device was made with, or uses, is refused and a finding.
async fn check_key(spki: &[u8], credential: &Credential, permit: &Permit, cx: &Inner) -> Result<()> {
    let key = digest::key_digest(spki);
    let made = cx.store.device().by_key(&key).await?.map(|device| device.row);
    let used = cx.store.certificate().device_by_key(&key).await?;
    if [made, used].into_iter().flatten().all(|device| device == credential.device.row) {
        return Ok(());
    }
    let now = cx.now()?;
    let finding = Finding {
        uid: cx.uid(now),
        organisation: credential.device.owner,
        device: Some(credential.device.row),
        batch: None,
        kind: FindingKind::KeyUnderAnotherSerial.name().to_owned(),
        level: FindingKind::KeyUnderAnotherSerial.level(),
        at: now,
        data: serde_json::json!({ "at": "enrolment" }),
        closed: None,
    };
    let notice = crate::notice::found(&finding, cx);
    let writes = std::iter::once(Write::Finding(finding)).chain(notice).collect();
    cx.store.save(Change::of("", writes), permit, now).await?;
    let text = "this key belongs to another device; every device makes a key of its own";
    Err(Error::denied(FindingKind::KeyUnderAnotherSerial.name(), text))
}

async fn once(spki: &[u8], credential: &Credential, permit: &Permit, cx: &Cx) -> Result<Enrolled> {
    let now = cx.now()?;
    let device = credential.device.clone();
    let ready = authority::for_devices_of(cx, AuthorityKind::Ldevid, device.owner).await?;
    let certificate = issue(spki, &device, &ready, cx, now).await?;
    let digest = digest::sha256_hex(&certificate.der);
    let refused = |e: EnrolmentError| match e {
        EnrolmentError::EarlierOwner => Error::denied("earlier_owner", e),
        other => Error::denied("life", other),
    };
    let step = match credential.certificate.kind {
        CertificateKind::Idevid => enrolment::enrol(device, &digest, now),
        CertificateKind::Ldevid => enrolment::renew(device, credential.certificate.period, &digest, now),
    };
    let written = life::write(cx, step.map_err(refused)?).await?;
    let (write, _) = written.ok_or_else(|| Error::internal("an enrolment without an event"))?;
    let (der, issuer) = (certificate.der.clone(), ready.authority.certificate.clone());
    let change = Change::of("", vec![write, Write::Certificate(certificate)]);
    cx.store.save(change, permit, now).await?;
    Ok(Enrolled { certificate: der, issuer })
}

async fn issue(
    spki: &[u8],
    device: &tegata_domain::device::Device,
    ready: &Arc<authority::Ready>,
    cx: &Cx,
    now: Timestamp,
) -> Result<Certificate> {
    let row = CertificateRow(cx.store.reserve(Row::Certificate, 1).await?);
    let random = chance::bytes::<8>(&*cx.chance);
    let serial = cx.serials.serial(row.0, random).ok_or_else(|| Error::internal("no serial key"))?;
    let until = now.plus(cx.settings.ldevid_life);
    let subject = cx.uid(now);
    let (theirs, ours) = (spki.to_vec(), Arc::clone(ready));
    let sign = move || ours.issuer.ldevid(&profile::Ldevid { serial, subject, spki: &theirs, now, until });
    let der = tokio::task::spawn_blocking(sign).await.map_err(Error::internal)??;
    Ok(Certificate {
        row,
        random,
        device: device.row,
        authority: ready.authority.row,
        kind: CertificateKind::Ldevid,
        period: device.period,
        der,
        key: Some(digest::key_digest(spki)),
        not_after: until,
        revoked: None,
    })
}
