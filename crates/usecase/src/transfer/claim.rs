//! Whoever has the code takes the device over: owner and period change, and what the earlier owner's devices show opens
//! nothing any more, all in one change.

use super::{TRIES, digest};
use crate::cx::Inner;
use crate::error::{Error, Result};
use crate::{life, revocation};
use tegata_domain::certificate::{Certificate, CertificateKind};
use tegata_domain::chance;
use tegata_domain::change::{Change, Write};
use tegata_domain::device::Device;
use tegata_domain::id::OrganisationRow;
use tegata_domain::number::Number;
use tegata_domain::permit::{Actor, Operation, Permit, Subject};
use tegata_domain::revocation::Reason;
use tegata_domain::time::Timestamp;
use tegata_domain::transfer::{Claim, Code, TransferError};

/// A device that was taken over.
#[derive(Debug)]
pub struct Claimed {
    /// Its number.
    pub number: Number,
    /// It.
    pub device: Device,
    /// What the giver said with the offer.
    pub reason: Option<String>,
}

/// Takes over the device that `code` stands for. One use; of two claims at one moment one wins.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "transfer::claim", skip_all)]
pub async fn claim(code: &str, actor: &Actor, cx: &Inner) -> Result<Claimed> {
    let Actor::Member(member) = actor else { return Err(Error::not_found("organisation")) };
    let permit = actor.permit(Operation::ClaimDevice, Subject::of(member.organisation))?;
    let hash = read(code)?;
    cx.tries.admit(member.organisation, cx.now()?)?;
    for _ in 0..TRIES {
        match once(hash, member.organisation, &permit, cx).await {
            Err(e) if e.code == "stale" => continue,
            Err(e) => {
                if e.code == "code" {
                    cx.tries.wrong(member.organisation, cx.now()?);
                }
                return Err(e);
            }
            Ok(claimed) => return Ok(claimed),
        }
    }
    Err(Error::conflict("stale", "other requests keep changing this device; try again"))
}

/// The digest of a code that somebody typed.
pub(super) fn read(code: &str) -> Result<[u8; 32]> {
    let wrong =
        || Error::invalid("code", "a code has 16 letters and digits, as 7K3M-Q9TX-2HVD-R5WE").case("code.claim");
    Ok(digest(Code::parse(code).ok_or_else(wrong)?))
}

async fn once(hash: [u8; 32], claimer: OrganisationRow, permit: &Permit, cx: &Inner) -> Result<Claimed> {
    let now = cx.now()?;
    let (writes, claimed) = taken(hash, claimer, now, cx).await?;
    cx.store.save(Change::of(claimed.number.masked(), writes), permit, now).await?;
    forget(&claimed, cx);
    Ok(claimed)
}

/// What waits in memory of the giver's time is not the taker's to know.
pub(super) fn forget(claimed: &Claimed, cx: &Inner) {
    cx.seen.forget(claimed.device.row);
    cx.scans.forget(claimed.device.row);
}

/// What a claim writes, and what it leads to.
pub(super) async fn taken(
    hash: [u8; 32],
    claimer: OrganisationRow,
    now: Timestamp,
    cx: &Inner,
) -> Result<(Vec<Write>, Claimed)> {
    let offer = cx.store.transfer().by_hash(&hash).await?.ok_or(TransferError::Unknown)?;
    let device = cx.store.device().by_row(offer.device).await?.ok_or(TransferError::Unknown)?;
    let number = cx.numbers.number(device.row.0).ok_or_else(|| Error::internal("no number key"))?;
    let step = offer.claim(device, claimer, now)?;
    let epoch_key = chance::bytes::<32>(&*cx.chance);
    let bound = life::bind(step, &epoch_key).ok_or_else(|| Error::internal("a claim without an event"))?;
    let (write, device) = bound;
    let claim = Claim { device: device.row, hash, owner: claimer, period: device.period, epoch_key, at: now };
    // what is under way ends first: the claim is refused where something is left
    let mut writes: Vec<Write> = crate::action::leave(device.row, now, cx).await?.into_iter().collect();
    writes.extend([Write::Claim(claim), write]);
    let operational = |c: &Certificate| c.kind == CertificateKind::Ldevid;
    writes.extend(revocation::end_all(&device, operational, Reason::AffiliationChanged, now, cx).await?);
    Ok((writes, Claimed { number, device, reason: offer.reason }))
}
