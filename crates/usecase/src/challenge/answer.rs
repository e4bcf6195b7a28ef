//! A device answers: it signed what it was sent with the key from manufacture.

use super::read::text;
use crate::certificate::Credential;
use crate::cx::Inner;
use crate::device;
use crate::error::{Error, Result};
use std::net::IpAddr;
use tegata_domain::challenge::Answered;
use tegata_domain::change::{Change, Write};
use tegata_domain::device::Device;
use tegata_domain::permit::Operation;
use tegata_domain::time::Timestamp;
use tegata_keys::statement;
use tegata_wire::challenge::Statement;
use tegata_wire::x509;

/// What a device sends.
#[derive(Debug)]
pub struct Answer {
    /// The statement (wire: challenge).
    pub statement: String,
    /// Its signature.
    pub signature: Vec<u8>,
}

/// The longest signature (ML-DSA-87 has 4,627 bytes).
const SIGNATURE_MAX: usize = 8 * 1024;

/// Takes the answer of the device that shows `credential`, which came from `address`.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "challenge::answer", skip_all)]
pub async fn answer(told: Answer, credential: Credential, address: IpAddr, cx: &Inner) -> Result<Timestamp> {
    let device = credential.device;
    let said = Statement::parse(&told.statement).map_err(|e| Error::invalid("statement", e))?;
    let number = device::number(&device, cx)?;
    if said.number != number.to_string() {
        return Err(Error::invalid("statement", "the statement names another device; each speaks for itself"));
    }
    let now = cx.now()?;
    let none = || Error::conflict("challenge", "nobody asked this device to sign that, or the time for it is over");
    let asked = cx.store.challenge().of_device(device.row).await?.ok_or_else(none)?;
    if text(&asked.nonce) != said.nonce || !asked.waits(now, cx.settings.heartbeat) {
        return Err(none());
    }
    check(&told, &device, cx).await?;
    let permit = tegata_domain::permit::Actor::Device(device.row).permit(Operation::AnswerDevice, &device)?;
    let near = cx.askers.is_near(&asked, address);
    let answered = Answered { at: now, near, statement: told.statement, signature: told.signature };
    let write = Write::ChallengeAnswer(Box::new((asked, answered)));
    match cx.store.save(Change::of("", vec![write]), &permit, now).await.map_err(Error::from) {
        Err(e) if e.code == "stale" => Err(none()),
        Err(e) => Err(e),
        Ok(()) => Ok(now),
    }
}

async fn check(told: &Answer, device: &Device, cx: &Inner) -> Result<()> {
    if told.signature.len() > SIGNATURE_MAX {
        return Err(Error::invalid("signature", "a signature has at most 8 kB"));
    }
    let idevid = cx.store.certificate().by_row(device.idevid).await?;
    let idevid = idevid.ok_or_else(|| Error::internal("a device lost its certificate"))?;
    let parsed = x509::parse(&idevid.der).map_err(|e| Error::internal(e.to_string()))?;
    let text = "the signature is not that of the key from manufacture (IDevID) over exactly this statement";
    statement::verify(parsed.spki, told.statement.as_bytes(), &told.signature)
        .map_err(|_| Error::denied("signature", text))
}
