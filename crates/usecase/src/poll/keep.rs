//! Keeps an answer for the polls to come.

use super::memory::{Kept, Proof};
use super::{Answer, Asked};
use crate::action::Pending;
use crate::cx::Inner;
use crate::error::Result;
use crate::peer::{Peer, Shown};
use tegata_domain::device::{Device, Stage};
use tegata_domain::enrolment;
use tegata_domain::id::{CertificateRow, DeviceRow};
use tegata_domain::number::Serial;
use tegata_store::version::Thing;

/// The versions of what an answer will rest on, noted before any of it is read.
#[derive(Debug)]
pub struct Ticket {
    device: (DeviceRow, u32),
    certificate: Option<(CertificateRow, u32)>,
}

/// Takes note of the versions. `None` where nothing could be kept.
pub fn begin(asked: &Asked<'_>, peer: &Peer, cx: &Inner) -> Option<Ticket> {
    if !cx.polls.keeps() {
        return None;
    }
    let row = DeviceRow(cx.numbers.row(asked.number)?);
    let certificate = match &peer.certificate {
        None => None,
        Some(der) => {
            let serial = Serial::from_bytes(tegata_wire::x509::parse(der).ok()?.serial)?;
            let row = CertificateRow(cx.serials.serial_row(serial)?);
            Some((row, cx.store.version(Thing::Certificate(row))?))
        }
    };
    Some(Ticket { device: (row, cx.store.version(Thing::Device(row))?), certificate })
}

/// Keeps `answer`, which `device` was given for `asked`, where nothing at all is live for the device: what a live action
/// shows depends on its campaign too, whose moves do not touch the device. Who is held, and who was not heard before,
/// is judged anew every time.
pub async fn keep(
    ticket: Ticket,
    asked: &Asked<'_>,
    (device, pending): (&Device, &Pending),
    answer: &Answer,
    cx: &Inner,
) -> Result<()> {
    let quiet = !pending.live && device.stage == Stage::InUse && enrolment::admits(device).is_ok();
    if !quiet || device.row != ticket.device.0 {
        return Ok(());
    }
    let proof = match (asked.shown, ticket.certificate) {
        (Shown::Token(digest), None) => Proof::Token(digest),
        (Shown::Certificate(digest), Some((row, version))) => {
            let Some(certificate) = cx.store.certificate().by_row(row).await? else { return Ok(()) };
            Proof::Certificate(digest, (row, version), certificate.not_after)
        }
        (Shown::Token(_), Some(_)) | (Shown::Certificate(_), None) => return Ok(()),
    };
    if let Some(kept) = Kept::new(ticket.device, proof, asked, answer) {
        cx.polls.put(asked.number, kept);
    }
    Ok(())
}
