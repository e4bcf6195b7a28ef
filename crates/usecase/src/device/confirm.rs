//! The line read a device back: confirms it, and keeps what is kept of its initial password.

use super::act::hand;
use super::read::{hide, load};
use crate::cx::Inner;
use crate::error::{Error, Result};
use crate::life;
use tegata_domain::batch::Batch;
use tegata_domain::change::{Change, Refused, Write};
use tegata_domain::credential::{self, ConfirmError, Digest};
use tegata_domain::device::{Device, Said};
use tegata_domain::finding::{Finding, FindingKind};
use tegata_domain::id::Uuid;
use tegata_domain::number::Number;
use tegata_domain::permit::{Actor, Operation, Permit, Subject};
use tegata_domain::time::Timestamp;

/// One device to confirm.
#[derive(Debug, Clone, Copy)]
pub struct Confirmation {
    /// Its management number.
    pub number: Number,
    /// Its initial password, where it has one.
    pub credential: Option<Digest>,
}

/// What one stream of confirmations rests on: loaded and permitted once.
pub struct Readback {
    batch: Batch,
    permit: Permit,
    actor: Actor,
}

/// Opens a stream of confirmations of a batch's devices.
pub async fn readback(batch: Uuid, actor: &Actor, cx: &Inner) -> Result<Readback> {
    let batch = cx.store.batch().by_uid(batch).await?.ok_or_else(|| Error::not_found("batch"))?;
    let permit =
        actor.permit(Operation::ConfirmDevice, Subject::of(batch.organisation)).map_err(|e| hide(e, "batch"))?;
    Ok(Readback { batch, permit, actor: actor.clone() })
}

/// How often a confirmation is decided again when another request came between.
const TRIES: usize = 16;

/// Confirms the devices of one chunk, each with its own outcome, in order; all that succeeded are durable.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "device::confirm", skip_all)]
pub async fn confirm(asked: &[Confirmation], stream: &Readback, cx: &Inner) -> Result<Vec<Result<()>>> {
    let mut outcomes: Vec<Option<Result<()>>> = asked.iter().map(|_| None).collect();
    for _ in 0..TRIES {
        let now = cx.now()?;
        let (mut changes, mut places) = (Vec::new(), Vec::new());
        for (place, one) in asked.iter().enumerate() {
            if outcomes[place].is_some() {
                continue;
            }
            match decided(one, stream, now, cx).await {
                Ok(Some(change)) => {
                    changes.push(change);
                    places.push(place);
                }
                Ok(None) => outcomes[place] = Some(Ok(())),
                Err(error) => outcomes[place] = Some(Err(error)),
            }
        }
        if changes.is_empty() {
            break;
        }
        for (place, saved) in places.into_iter().zip(cx.store.save_all(changes, &stream.permit, now).await?) {
            match saved {
                Ok(()) => outcomes[place] = Some(Ok(())),
                // another request came between: it is decided again
                Err(Refused::Stale) => {}
                Err(refused) => outcomes[place] = Some(Err(refused.into())),
            }
        }
    }
    Ok(outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(|| Err(Refused::Stale.into()))).collect())
}

/// The change that confirms one device of the batch; `None` when it is confirmed so already.
async fn decided(one: &Confirmation, stream: &Readback, now: Timestamp, cx: &Inner) -> Result<Option<Change>> {
    let device = load(one.number, cx).await?;
    if device.batch != stream.batch.row {
        return Err(Error::not_found("device in this batch"));
    }
    let said = Said::by(hand(&stream.actor, &device));
    let decided = decide(device, one.credential, (said, now), &stream.permit, cx).await?;
    Ok(decided.map(|(writes, _)| Change::of(one.number.masked(), writes)))
}

/// What is to be written, and the device after it; `None` when nothing changes. Another password is a finding.
pub(super) async fn decide(
    device: Device,
    given: Option<Digest>,
    (said, now): (Said, Timestamp),
    permit: &Permit,
    cx: &Inner,
) -> Result<Option<(Vec<Write>, Device)>> {
    let known = match given {
        Some(_) => cx.store.credential().of_device(device.row).await?,
        None => None,
    };
    let before = device.clone();
    let (step, fresh) = match credential::confirm(device, known.as_ref(), given, said, now) {
        Ok(decided) => decided,
        Err(error @ ConfirmError::Another) => {
            return Err(found(&before, &error.to_string(), (now, permit), cx).await?);
        }
        Err(error) => return Err(Error::conflict("life", error)),
    };
    let Some((write, after)) = life::write(cx, step).await? else { return Ok(None) };
    let mut writes = vec![write];
    writes.extend(fresh.map(Write::Credential));
    Ok(Some((writes, after)))
}

async fn found(device: &Device, text: &str, (now, permit): (Timestamp, &Permit), cx: &Inner) -> Result<Error> {
    let kind = FindingKind::AnotherCredential;
    let finding = Finding {
        uid: cx.uid(now),
        organisation: device.maker,
        device: Some(device.row),
        batch: Some(device.batch),
        kind: kind.name().to_owned(),
        level: kind.level(),
        at: now,
        data: serde_json::json!({ "serial": device.serial }),
        closed: None,
    };
    cx.store.save(Change::of("", vec![Write::Finding(finding)]), permit, now).await?;
    Ok(Error::conflict(kind.name(), text))
}
