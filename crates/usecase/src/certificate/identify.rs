//! From a TLS client certificate to a device, at every request.
//!
//! The handshake proved possession of the key only. A certificate counts when its bytes are those that this platform
//! issued under that serial; status, quarantine and owner are judged now, not when the connection was opened.

use crate::cx::Inner;
use crate::error::{Error, Kind, Result};
use tegata_domain::certificate::Certificate;
use tegata_domain::device::{Device, Stage};
use tegata_domain::enrolment::{self, EnrolmentError};
use tegata_domain::id::CertificateRow;
use tegata_domain::number::Serial;
use tegata_domain::permit::Actor;

/// A device that proved itself.
#[derive(Debug, Clone)]
pub struct Credential {
    /// The certificate that it showed.
    pub certificate: Certificate,
    /// The device.
    pub device: Device,
}

impl Credential {
    /// Who acts.
    pub fn actor(&self) -> Actor {
        Actor::Device(self.device.row)
    }
}

/// The device behind a client certificate (DER), if it may use any service now.
pub async fn identify(der: &[u8], cx: &Inner) -> Result<Credential> {
    let credential = known(der, cx).await?;
    enrolment::admits(&credential.device).map_err(|e| Error::denied("life", e))?;
    Ok(credential)
}

/// The device behind a client certificate (DER) of ours that was neither revoked nor expired, whatever the condition of
/// the device. Only who has something for quarantined and recalled devices asks so: a remedy.
pub async fn known(der: &[u8], cx: &Inner) -> Result<Credential> {
    let foreign = || {
        let text = "this certificate was not issued by this platform; use the one that the device got at manufacture \
                    or at enrolment";
        Error::new(Kind::NoCredential, "foreign_certificate", text)
    };
    let parsed = tegata_wire::x509::parse(der).map_err(|_| foreign())?;
    let serial = Serial::from_bytes(parsed.serial).ok_or_else(foreign)?;
    let row = cx.serials.serial_row(serial).ok_or_else(foreign)?;
    let certificate = cx.store.certificate().by_row(CertificateRow(row)).await?.ok_or_else(foreign)?;
    if certificate.der != der {
        return Err(foreign());
    }
    if let Some(refusal) = certificate.refusal(cx.reading()?) {
        return Err(Error::denied("certificate", refusal));
    }
    let device = cx.store.device().by_row(certificate.device).await?.ok_or_else(foreign)?;
    if device.stage == Stage::Retired {
        return Err(Error::denied("life", EnrolmentError::Retired));
    }
    Ok(Credential { certificate, device })
}
