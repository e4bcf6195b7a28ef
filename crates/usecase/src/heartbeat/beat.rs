//! One heartbeat: the ratchet is judged, the next token committed, then the device is answered.
//!
//! Invariant: a token is sent only after the session that knows it is on disk, and two heartbeats of one device are
//! decided one after the other.

use super::{password, version};
use crate::certificate::{self, Credential};
use crate::cx::Inner;
use crate::error::{Error, Result};
use crate::{action, device, ledger, life};
use serde_json::{Value, json};
use tegata_domain::certificate::CertificateKind;
use tegata_domain::chance;
use tegata_domain::change::{Change, Write};
use tegata_domain::device::{Device, Step};
use tegata_domain::enrolment::{self, EnrolmentError};
use tegata_domain::finding::{Finding, FindingKind};
use tegata_domain::permit::{Actor, Operation};
use tegata_domain::ratchet::{Proof, Shown, Verdict};
use tegata_domain::session::Session;
use tegata_domain::time::Timestamp;
use tegata_keys::session::Epoch;
use tegata_wire::heartbeat::{Answer, Request};

/// How often a heartbeat is decided again when another came between.
const TRIES: usize = 16;

/// Takes the heartbeat of the device that shows `credential`.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "heartbeat::beat", skip_all)]
pub async fn beat(credential: Credential, asked: &Request, cx: &Inner) -> Result<Answer> {
    if credential.certificate.kind == CertificateKind::Idevid {
        let text = "heartbeats go under the operational certificate (LDevID); enrol over EST first";
        return Err(Error::denied("enrol_first", text));
    }
    version::check(asked.version.as_deref())?;
    device::heard(&credential.device, "heartbeat", cx).await?;
    for _ in 0..TRIES {
        match once(&credential, asked, cx).await {
            Err(e) if e.code == "stale" => continue,
            other => return other,
        }
    }
    Err(Error::conflict("stale", "other requests keep changing this device; try again"))
}

/// The device as it stands now; it may have been held or sold since the certificate was looked at.
async fn load(credential: &Credential, cx: &Inner) -> Result<Device> {
    // a heartbeat may take its time to arrive: certificate and device are judged as they stand now
    let device = certificate::known(&credential.certificate.der, cx).await?.device;
    enrolment::admits(&device).map_err(|e| Error::denied("life", e))?;
    if credential.certificate.period != device.period {
        return Err(Error::denied("earlier_owner", EnrolmentError::EarlierOwner));
    }
    Ok(device)
}

async fn once(credential: &Credential, asked: &Request, cx: &Inner) -> Result<Answer> {
    let device = load(credential, cx).await?;
    let now = cx.now()?;
    let session = cx.store.session().of_device(device.row).await?;
    let session = session.unwrap_or_else(|| Session::first(device.row, device.period)).of_period(device.period);
    let epoch = Epoch { device: device.uid, period: session.period, epoch: session.epoch };
    let counter = asked.token.as_deref().and_then(|token| cx.sessions.counter(epoch, token));
    let (ratchet, verdict) = session.ratchet.show(counter.map_or(Shown::Nothing, Shown::Token));
    let session = Session { ratchet, ..session };
    let token = cx.sessions.token(epoch, session.ratchet.issued, chance::bytes(&*cx.chance));
    let kind = match verdict {
        Verdict::TwoBodies(proof) => return Err(contain(device, session, proof, now, cx).await?),
        Verdict::RolledBack => Some(FindingKind::RolledBack),
        Verdict::CannotConfirm => Some(FindingKind::CannotConfirm),
        Verdict::Fits => None,
    };
    let permit = Actor::Device(device.row).permit(Operation::HearDevice, &device)?;
    let mut writes = vec![Write::Session(Box::new(session))];
    let found = kind.map(|kind| Write::FindingOpen(finding(kind, &device, json!({}), now, cx)));
    writes.extend(found);
    let mut step = Step::new(device);
    if let Some(told) = asked.credential {
        writes.extend(password::judge(told, &mut step, now, cx).await?);
    }
    let unchanged = step.device.clone();
    let (write, device) = life::write(cx, step).await?.unzip();
    writes.extend(write);
    cx.store.save(Change::of("", writes), &permit, now).await?;
    cx.seen.note(credential.device.row, now);
    let device = device.unwrap_or(unchanged);
    // after the ratchet: of two bodies, neither tells what the device runs
    version::report(&device, asked.version.as_deref(), cx).await?;
    let device = cx.store.device().by_row(device.row).await?.ok_or_else(|| Error::not_found("device"))?;
    let update = action::pending(&device, cx).await?.active.is_some();
    let erase = crate::disposal::asked(device.row, cx).await?;
    let challenge = crate::challenge::waiting(device.row, now, cx).await?;
    Ok(Answer { update, erase, challenge, ..answer(&device, credential, asked, (token, now), cx)? })
}

/// A finding about a device, for its present owner.
pub(super) fn finding(kind: FindingKind, device: &Device, data: Value, now: Timestamp, cx: &Inner) -> Finding {
    Finding {
        uid: cx.uid(now),
        organisation: device.owner,
        device: Some(device.row),
        batch: None,
        kind: kind.name().to_owned(),
        level: kind.level(),
        at: now,
        data,
        closed: None,
    }
}

/// Holds both bodies: session, finding, events and quarantine in one change. Answers what the device is told.
async fn contain(device: Device, session: Session, proof: Proof, now: Timestamp, cx: &Inner) -> Result<Error> {
    let number = device::number(&device, cx)?;
    let permit = Actor::Platform.permit(Operation::ContainDevice, &device)?;
    let evidence = json!({ "proof": proof.name() });
    let finding = finding(FindingKind::TwoBodies, &device, evidence.clone(), now, cx);
    let mut writes = vec![Write::Session(Box::new(session))];
    writes.extend(crate::notice::found(&finding, cx));
    writes.push(Write::FindingOpen(finding));
    let step = device.contain(FindingKind::TwoBodies, evidence, now).map_err(|e| Error::conflict("life", e))?;
    writes.extend(life::write(cx, step).await?.map(|(write, _)| write));
    cx.store.save(Change::of(number.masked(), writes), &permit, now).await?;
    tracing::warn!(device = number.masked(), proof = proof.name(), "two bodies under one identity; quarantined");
    Ok(Error::denied("life", EnrolmentError::Quarantined))
}

fn answer(
    device: &Device,
    credential: &Credential,
    asked: &Request,
    (token, now): (String, Timestamp),
    cx: &Inner,
) -> Result<Answer> {
    let number = device::number(device, cx)?;
    if asked.head.is_some_and(|head| head.sequence > device.sequence) {
        // the device is right to refuse what follows; the operator has to know
        tracing::error!(device = number.masked(), "a device knows a later life than this platform: was it set back?");
    }
    let left = credential.certificate.not_after.since(now);
    Ok(Answer {
        token,
        next: u32::try_from(cx.settings.heartbeat.as_secs()).unwrap_or(u32::MAX),
        head: ledger::device_head(device, number, asked.nonce.clone(), now, cx)?,
        number: number.to_string(),
        renew: left < cx.settings.ldevid_life / 3,
        update: false,
        erase: false,
        challenge: None,
    })
}
