//! The signed head of one device: how far its life has come, under the key of the devices log.

use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::device::Device;
use tegata_domain::ledger::Log;
use tegata_domain::number::Number;
use tegata_domain::time::Timestamp;
use tegata_wire::device_head::DeviceHead;
use tegata_wire::heartbeat::{Head, SignedHead};
use tegata_wire::signed_note;

/// Signs the head of a device; the nonce shows the asker that it is of now.
pub(crate) fn device_head(
    device: &Device,
    number: Number,
    nonce: Option<String>,
    now: Timestamp,
    cx: &Inner,
) -> Result<SignedHead> {
    let one = cx.ledger.log(Log::Devices);
    let (head, at) = (Head { sequence: device.sequence, commitment: device.head }, now.rfc3339());
    let signed = DeviceHead {
        origin: one.origin.clone(),
        number: number.to_string(),
        head,
        at: at.clone(),
        nonce: nonce.clone(),
    };
    let text = signed.text().map_err(|e| Error::internal(e.to_string()))?;
    let signature = one.signer.sign(text.as_bytes())?;
    let signature: [u8; 64] = signature.try_into().map_err(|_| Error::internal("Ed25519 signature"))?;
    let note = signed_note::sign(&text, &one.verifier, |_| signature).map_err(|e| Error::internal(e.to_string()))?;
    Ok(SignedHead { head, at, nonce, note })
}
