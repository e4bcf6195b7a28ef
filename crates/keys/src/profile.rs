//! Certificate profiles: what the root, the authorities, IDevIDs, LDevIDs and the server's own certificate say.
//!
//! Prepared once per authority (names, key identifier, addresses); per certificate only serial, subject, key and the
//! device's own extensions are written. The tests read every profile with the crate `x509-cert`.

use crate::digest::key_id;
use crate::signer::{KeyError, Signer};
use tegata_domain::id::Uuid;
use tegata_domain::number::Serial;
use tegata_domain::time::Timestamp;
use tegata_wire::x509::{self, Attribute, COMMON_NAME, KeyUsage, ORGANIZATION, SERIAL_NUMBER, Tbs};

/// The public addresses that certificates carry for decades, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// Plain HTTP: CRLs and CA certificates.
    pub plain: String,
}

impl Addresses {
    /// Where an authority's certificate lies.
    pub fn certificate(&self, authority: Uuid) -> String {
        format!("{}/ca/{authority}.crt", self.plain)
    }

    /// Where a CRL shard lies.
    pub fn crl(&self, authority: Uuid, shard: u16) -> String {
        format!("{}/crl/{authority}/{shard}.crl", self.plain)
    }
}

/// An authority, ready to issue.
pub struct Issuer {
    signer: Signer,
    /// Its subject: the issuer of what it issues.
    name: Vec<u8>,
    key_id: [u8; 20],
    certificate_address: String,
    crl_addresses: Vec<String>,
}

/// What an IDevID says of its device (IEEE 802.1AR §8).
#[derive(Debug, Clone, Copy)]
pub struct Idevid<'a> {
    /// Certificate serial.
    pub serial: Serial,
    /// The maker's name.
    pub maker: &'a str,
    /// Model designation.
    pub model: &'a str,
    /// The maker's serial number of the device: PrintableString.
    pub device_serial: &'a str,
    /// The product's id: hwType `2.25.<uuid>` of the HardwareModuleName.
    pub product: Uuid,
    /// SubjectPublicKeyInfo.
    pub spki: &'a [u8],
    /// notBefore.
    pub now: Timestamp,
}

/// What an LDevID says: no name of a person or a device, only a random id.
#[derive(Debug, Clone, Copy)]
pub struct Ldevid<'a> {
    /// Certificate serial.
    pub serial: Serial,
    /// Random id of this device in this owner period.
    pub subject: Uuid,
    /// SubjectPublicKeyInfo.
    pub spki: &'a [u8],
    /// notBefore.
    pub now: Timestamp,
    /// notAfter.
    pub until: Timestamp,
}

/// Serial of a certificate that is not a device's: 16 random bytes, positive.
pub fn random_serial(random: [u8; 16]) -> [u8; 16] {
    let mut serial = random;
    serial[0] = serial[0] & 0x3f | 0x20;
    serial
}

impl Issuer {
    /// From its key and its own certificate.
    pub fn new(signer: Signer, certificate: &[u8], uid: Uuid, shards: u16, at: &Addresses) -> Result<Self, KeyError> {
        let parsed = x509::parse(certificate).map_err(|_| KeyError("authority's certificate"))?;
        if parsed.spki != signer.spki() {
            return Err(KeyError("key and certificate of the authority do not fit"));
        }
        Ok(Issuer {
            name: parsed.subject.to_vec(),
            key_id: key_id(parsed.spki).map_err(|_| KeyError("authority's certificate"))?,
            certificate_address: at.certificate(uid),
            crl_addresses: (0..shards).map(|shard| at.crl(uid, shard)).collect(),
            signer,
        })
    }

    /// How many CRL shards its certificates name.
    pub fn shards(&self) -> u16 {
        self.crl_addresses.len() as u16
    }

    fn issue(&self, fields: &Tbs<'_>, extensions: impl FnOnce(&mut Vec<u8>)) -> Result<Vec<u8>, KeyError> {
        let tbs = x509::tbs(fields, |out| {
            x509::authority_key_id(out, &self.key_id);
            extensions(out);
        });
        Ok(x509::signed(&tbs, self.signer.algorithm(), &self.signer.sign(&tbs)?))
    }

    /// An IDevID, valid without an end.
    pub fn idevid(&self, says: &Idevid<'_>) -> Result<Vec<u8>, KeyError> {
        let subject =
            x509::name(&[(ORGANIZATION, says.maker), (COMMON_NAME, says.model), (SERIAL_NUMBER, says.device_serial)]);
        let fields = self.fields(&says.serial.0, [says.now, Timestamp::NEVER], &subject, says.spki);
        self.issue(&fields, |out| {
            x509::key_usage(out, KeyUsage::DigitalSignature);
            x509::hardware_module_name(out, says.product.as_u128(), says.device_serial);
            self.status(out, says.serial);
        })
    }

    /// An LDevID.
    pub fn ldevid(&self, says: &Ldevid<'_>) -> Result<Vec<u8>, KeyError> {
        let subject = says.subject.to_string();
        let subject = x509::name(&[(COMMON_NAME, &subject)]);
        let fields = self.fields(&says.serial.0, [says.now, says.until], &subject, says.spki);
        self.issue(&fields, |out| {
            x509::key_usage(out, KeyUsage::DigitalSignature);
            x509::extended_key_usage(out, x509::CLIENT_AUTH);
            self.status(out, says.serial);
        })
    }

    /// An authority under this one, that issues end-entity certificates only.
    pub fn authority(&self, serial: [u8; 16], name: &[u8], spki: &[u8], now: Timestamp) -> Result<Vec<u8>, KeyError> {
        let id = key_id(spki).map_err(|_| KeyError("authority's key"))?;
        let fields = self.fields(&serial, [now, Timestamp::NEVER], name, spki);
        self.issue(&fields, |out| {
            x509::subject_key_id(out, &id);
            x509::key_usage(out, KeyUsage::Authority);
            x509::authority_constraints(out, Some(0));
            x509::crl_point(out, &self.crl_addresses[0]);
            x509::issuer_address(out, &self.certificate_address);
        })
    }

    /// Where the status of a device's certificate is told.
    fn status(&self, out: &mut Vec<u8>, serial: Serial) {
        x509::crl_point(out, &self.crl_addresses[usize::from(serial.shard(self.shards()))]);
        x509::issuer_address(out, &self.certificate_address);
    }

    fn fields<'a>(&'a self, serial: &'a [u8], validity: [Timestamp; 2], subject: &'a [u8], spki: &'a [u8]) -> Tbs<'a> {
        Tbs {
            serial,
            algorithm: self.signer.algorithm(),
            issuer: &self.name,
            validity: validity.map(Timestamp::parts),
            subject,
            spki,
        }
    }

    /// A CRL of one shard.
    pub fn crl(&self, says: &CrlContent) -> Result<Vec<u8>, KeyError> {
        let tbs = tegata_wire::crl::tbs(&tegata_wire::crl::Tbs {
            algorithm: self.signer.algorithm(),
            issuer: &self.name,
            authority_key_id: &self.key_id,
            validity: [says.now.parts(), says.next_update.parts()],
            number: says.number,
            address: self.crl_addresses.get(usize::from(says.shard)).ok_or(KeyError("no such shard"))?,
            entries: &says.entries,
        });
        Ok(x509::signed(&tbs, self.signer.algorithm(), &self.signer.sign(&tbs)?))
    }
}

/// What a CRL of one shard says.
pub struct CrlContent {
    /// The shard.
    pub shard: u16,
    /// CRL number.
    pub number: i64,
    /// thisUpdate.
    pub now: Timestamp,
    /// nextUpdate.
    pub next_update: Timestamp,
    /// What is revoked.
    pub entries: Vec<tegata_wire::crl::Entry>,
}

/// The name of an authority: its organisation, and what it is.
pub fn authority_name(organisation: &str, title: &str) -> Vec<u8> {
    let mut attributes: Vec<Attribute<'_>> = vec![(ORGANIZATION, organisation)];
    attributes.push((COMMON_NAME, title));
    x509::name(&attributes)
}

/// A self-signed root. `path_length`: how many authorities may follow.
pub fn root(
    signer: &Signer,
    serial: [u8; 16],
    name: &[u8],
    validity: [Timestamp; 2],
    path_length: Option<u8>,
) -> Result<Vec<u8>, KeyError> {
    let id = key_id(signer.spki()).map_err(|_| KeyError("root's key"))?;
    let fields = Tbs {
        serial: &serial,
        algorithm: signer.algorithm(),
        issuer: name,
        validity: validity.map(Timestamp::parts),
        subject: name,
        spki: signer.spki(),
    };
    let tbs = x509::tbs(&fields, |out| {
        x509::subject_key_id(out, &id);
        x509::key_usage(out, KeyUsage::Authority);
        x509::authority_constraints(out, path_length);
    });
    Ok(x509::signed(&tbs, signer.algorithm(), &signer.sign(&tbs)?))
}

/// The server's own TLS certificate, under the platform's HTTPS authority.
pub fn server(
    authority: &Signer,
    authority_certificate: &[u8],
    serial: [u8; 16],
    names: &[String],
    validity: [Timestamp; 2],
) -> Result<(Vec<u8>, zeroize::Zeroizing<Vec<u8>>), KeyError> {
    let issuer = x509::parse(authority_certificate).map_err(|_| KeyError("HTTPS authority"))?;
    let id = key_id(issuer.spki).map_err(|_| KeyError("HTTPS authority"))?;
    let (signer, pkcs8) = Signer::generate_p256()?;
    let subject = x509::name(&[(COMMON_NAME, names.first().map_or("tegata", String::as_str))]);
    let fields = Tbs {
        serial: &serial,
        algorithm: authority.algorithm(),
        issuer: issuer.subject,
        validity: validity.map(Timestamp::parts),
        subject: &subject,
        spki: signer.spki(),
    };
    let tbs = x509::tbs(&fields, |out| {
        x509::authority_key_id(out, &id);
        x509::key_usage(out, KeyUsage::DigitalSignature);
        x509::extended_key_usage(out, x509::SERVER_AUTH);
        x509::server_names(out, names);
    });
    Ok((x509::signed(&tbs, authority.algorithm(), &authority.sign(&tbs)?), pkcs8))
}

#[cfg(test)]
#[path = "profile_tests.rs"]
mod tests;
