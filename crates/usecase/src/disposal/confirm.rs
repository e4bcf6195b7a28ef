//! A device signs that it erased its secrets; its life ends with that.
//!
//! The key of the IDevID signs, so that the statement is the device's own whoever owns it, and holds without us.

use crate::certificate::Credential;
use crate::cx::Inner;
use crate::error::{Error, Result};
use crate::{life, revocation};
use tegata_domain::change::{Change, DisposalEnd, Write};
use tegata_domain::device::Device;
use tegata_domain::disposal::{self, Erasure};
use tegata_domain::permit::Operation;
use tegata_domain::revocation::Reason;
use tegata_keys::{digest, statement};
use tegata_wire::erasure::Statement;
use tegata_wire::x509;

/// What a device sends.
#[derive(Debug)]
pub struct Receipt {
    /// The statement (wire: erasure).
    pub statement: String,
    /// Its signature.
    pub signature: Vec<u8>,
}

/// An erasure that is on record.
#[derive(Debug)]
pub struct Confirmed {
    /// The device, retired.
    pub device: Device,
    /// SHA-256 of the statement, hex: it stands in the event *retired*.
    pub receipt: String,
}

/// The longest signature (ML-DSA-87 has 4,627 bytes).
const SIGNATURE_MAX: usize = 8 * 1024;
/// How often it is decided again when another request came between.
const TRIES: usize = 16;

/// Retires the device that signed; all its certificates end.
pub async fn confirm(receipt: Receipt, credential: Credential, cx: &Inner) -> Result<Confirmed> {
    let permit = credential.actor().permit(Operation::EraseDevice, &credential.device)?;
    let said = Statement::parse(&receipt.statement).map_err(|e| Error::invalid("statement", e))?;
    let (shown, mut device) = (credential.certificate.der, credential.device);
    let number = cx.numbers.number(device.row.0).ok_or_else(|| Error::internal("no number key"))?;
    if said.number != number.to_string() {
        return Err(Error::invalid("statement", "the statement names another device; each speaks for itself"));
    }
    check(&receipt, &device, cx).await?;
    let digest = digest::sha256_hex(receipt.statement.as_bytes());
    for _ in 0..TRIES {
        let now = cx.now()?;
        let row = device.row;
        let step = disposal::sign_off(device, &said.keys_destroyed, &digest, now);
        let written = life::write(cx, step.map_err(|e| Error::denied("life", e))?).await?;
        let (write, after) = written.ok_or_else(|| Error::internal("an end without an event"))?;
        let receipt = Some((receipt.statement.clone(), receipt.signature.clone()));
        let end = DisposalEnd { device: row, erasure: Erasure::Signed, receipt, at: now };
        // what is under way ends first: the end is refused where something is left
        let mut writes: Vec<Write> = crate::action::leave(row, now, cx).await?.into_iter().collect();
        writes.extend([write, Write::DisposalEnd(Box::new(end))]);
        writes.extend(revocation::end_all(&after, |_| true, Reason::CessationOfOperation, now, cx).await?);
        match cx.store.save(Change::of(number.masked(), writes), &permit, now).await.map_err(Error::from) {
            Err(e) if e.code == "stale" => {
                device = crate::certificate::known(&shown, cx).await?.device;
            }
            Err(e) => return Err(e),
            Ok(()) => return Ok(Confirmed { device: after, receipt: digest }),
        }
    }
    Err(Error::conflict("stale", "other requests keep changing this device; try again"))
}

async fn check(receipt: &Receipt, device: &Device, cx: &Inner) -> Result<()> {
    let idevid = cx.store.certificate().by_row(device.idevid).await?;
    let idevid = idevid.ok_or_else(|| Error::internal("a device lost its certificate"))?;
    let parsed = x509::parse(&idevid.der).map_err(|e| Error::internal(e.to_string()))?;
    if receipt.signature.len() > SIGNATURE_MAX {
        return Err(Error::invalid("signature", "a signature has at most 8 kB"));
    }
    let text = "the signature is not that of the key from manufacture (IDevID) over exactly this statement";
    statement::verify(parsed.spki, receipt.statement.as_bytes(), &receipt.signature)
        .map_err(|_| Error::denied("signature", text))
}
