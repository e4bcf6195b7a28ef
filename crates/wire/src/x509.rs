//! X.509 certificates (RFC 5280): a view into received bytes, and the pieces that issued ones are written from.

use crate::asn1::*;
use crate::read::{Elements, Malformed, bit_string, one};
use der::asn1::ObjectIdentifier as Oid;

/// commonName.
pub const COMMON_NAME: Oid = Oid::new_unwrap("2.5.4.3");
/// serialNumber (of a thing).
pub const SERIAL_NUMBER: Oid = Oid::new_unwrap("2.5.4.5");
/// organizationName.
pub const ORGANIZATION: Oid = Oid::new_unwrap("2.5.4.10");
const SUBJECT_KEY_ID: Oid = Oid::new_unwrap("2.5.29.14");
const KEY_USAGE: Oid = Oid::new_unwrap("2.5.29.15");
const SUBJECT_ALT_NAME: Oid = Oid::new_unwrap("2.5.29.17");
const BASIC_CONSTRAINTS: Oid = Oid::new_unwrap("2.5.29.19");
const CRL_POINTS: Oid = Oid::new_unwrap("2.5.29.31");
const AUTHORITY_KEY_ID: Oid = Oid::new_unwrap("2.5.29.35");
const EXTENDED_KEY_USAGE: Oid = Oid::new_unwrap("2.5.29.37");
const AUTHORITY_INFO: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.1.1");
const CA_ISSUERS: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.48.2");
const HARDWARE_MODULE_NAME: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.8.4");
/// id-kp-clientAuth.
pub const CLIENT_AUTH: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.2");
/// id-kp-serverAuth.
pub const SERVER_AUTH: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.1");

/// A certificate, as views into the received bytes.
#[derive(Debug, Clone, Copy)]
pub struct Certificate<'a> {
    /// TBSCertificate, whole: what the signature covers.
    pub tbs: &'a [u8],
    /// Content of the serialNumber.
    pub serial: &'a [u8],
    /// Issuer, whole.
    pub issuer: &'a [u8],
    /// Subject, whole.
    pub subject: &'a [u8],
    /// SubjectPublicKeyInfo, whole.
    pub spki: &'a [u8],
    /// The signature.
    pub signature: &'a [u8],
}

/// Reads a certificate.
pub fn parse(der: &[u8]) -> Result<Certificate<'_>, Malformed> {
    let mut outer = Elements::new(one(der, SEQUENCE)?.1)?;
    let (tbs, content) = outer.next(SEQUENCE)?;
    outer.next(SEQUENCE)?;
    let (_, signature) = outer.next(BIT_STRING)?;
    outer.end()?;
    let mut fields = Elements::new(content)?;
    fields.optional(context(0))?;
    let (_, serial) = fields.next(INTEGER)?;
    fields.next(SEQUENCE)?;
    let (issuer, _) = fields.next(SEQUENCE)?;
    fields.next(SEQUENCE)?;
    let (subject, _) = fields.next(SEQUENCE)?;
    let (spki, _) = fields.next(SEQUENCE)?;
    Ok(Certificate { tbs, serial, issuer, subject, spki, signature: bit_string(signature)? })
}

/// The first attribute of this kind in a Name (whole), where it is there and text.
pub fn attribute(name: &[u8], kind: Oid) -> Option<&str> {
    let mut sets = Elements::new(one(name, SEQUENCE).ok()?.1).ok()?;
    while sets.peek().is_some() {
        let mut pairs = Elements::new(sets.next(SET).ok()?.1).ok()?;
        while pairs.peek().is_some() {
            let mut pair = Elements::new(pairs.next(SEQUENCE).ok()?.1).ok()?;
            let (_, found) = pair.next(OID).ok()?;
            let (_, (_, value)) = pair.any().ok()?;
            if found == kind.as_bytes() {
                return std::str::from_utf8(value).ok();
            }
        }
    }
    None
}

/// Content of the BIT STRING of a SubjectPublicKeyInfo; its SHA-1-sized digest is the key identifier.
pub fn key_bits(spki: &[u8]) -> Result<&[u8], Malformed> {
    crate::pkcs10::public_key(spki).map(|key| key.key)
}

/// One attribute of a name: type and value. serialNumber is a PrintableString, all others UTF8String.
pub type Attribute<'a> = (Oid, &'a str);

/// A Name, one attribute per RDN.
pub fn name(attributes: &[Attribute<'_>]) -> Vec<u8> {
    to_vec(SEQUENCE, |out| {
        for (kind, value) in attributes {
            element(out, SET, |out| {
                element(out, SEQUENCE, |out| {
                    oid(out, *kind);
                    let tag = if *kind == SERIAL_NUMBER { PRINTABLE_STRING } else { UTF8_STRING };
                    primitive(out, tag, value.as_bytes());
                });
            });
        }
    })
}

/// One extension (RFC 5280 §4.2), its value written by `fill`.
pub(crate) fn extension(out: &mut Vec<u8>, id: Oid, critical: bool, fill: impl FnOnce(&mut Vec<u8>)) {
    element(out, SEQUENCE, |out| {
        oid(out, id);
        if critical {
            primitive(out, BOOLEAN, &[0xff]);
        }
        element(out, OCTET_STRING, fill);
    });
}

/// Extension subjectKeyIdentifier.
pub fn subject_key_id(out: &mut Vec<u8>, id: &[u8]) {
    extension(out, SUBJECT_KEY_ID, false, |out| primitive(out, OCTET_STRING, id));
}

/// Extension authorityKeyIdentifier, key identifier only.
pub fn authority_key_id(out: &mut Vec<u8>, id: &[u8]) {
    extension(out, AUTHORITY_KEY_ID, false, |out| element(out, SEQUENCE, |out| primitive(out, implicit(0), id)));
}

/// What a key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUsage {
    /// digitalSignature.
    DigitalSignature,
    /// keyCertSign and cRLSign.
    Authority,
}

/// Extension keyUsage, critical.
pub fn key_usage(out: &mut Vec<u8>, usage: KeyUsage) {
    let bits: &[u8] = match usage {
        KeyUsage::DigitalSignature => &[7, 0x80],
        KeyUsage::Authority => &[1, 0x06],
    };
    extension(out, KEY_USAGE, true, |out| primitive(out, BIT_STRING, bits));
}

/// Extension extKeyUsage.
pub fn extended_key_usage(out: &mut Vec<u8>, purpose: Oid) {
    extension(out, EXTENDED_KEY_USAGE, false, |out| element(out, SEQUENCE, |out| oid(out, purpose)));
}

/// Extension basicConstraints of an authority, critical.
pub fn authority_constraints(out: &mut Vec<u8>, path_length: Option<u8>) {
    extension(out, BASIC_CONSTRAINTS, true, |out| {
        element(out, SEQUENCE, |out| {
            primitive(out, BOOLEAN, &[0xff]);
            if let Some(length) = path_length {
                unsigned(out, &[length]);
            }
        });
    });
}

/// Extension cRLDistributionPoints with one address.
pub fn crl_point(out: &mut Vec<u8>, uri: &str) {
    extension(out, CRL_POINTS, false, |out| {
        element(out, SEQUENCE, |out| {
            element(out, SEQUENCE, |out| {
                element(out, context(0), |out| {
                    element(out, context(0), |out| primitive(out, implicit(6), uri.as_bytes()));
                });
            });
        });
    });
}

/// Extension authorityInfoAccess with the issuer's certificate.
pub fn issuer_address(out: &mut Vec<u8>, uri: &str) {
    extension(out, AUTHORITY_INFO, false, |out| {
        element(out, SEQUENCE, |out| {
            element(out, SEQUENCE, |out| {
                oid(out, CA_ISSUERS);
                primitive(out, implicit(6), uri.as_bytes());
            });
        });
    });
}

/// Extension subjectAltName with a HardwareModuleName (RFC 4108 §5, IEEE 802.1AR §8.10.4): type `2.25.<uuid>`.
pub fn hardware_module_name(out: &mut Vec<u8>, hardware_type: u128, serial: &str) {
    extension(out, SUBJECT_ALT_NAME, false, |out| {
        element(out, SEQUENCE, |out| {
            element(out, context(0), |out| {
                oid(out, HARDWARE_MODULE_NAME);
                element(out, context(0), |out| {
                    element(out, SEQUENCE, |out| {
                        uuid_oid(out, hardware_type);
                        primitive(out, OCTET_STRING, serial.as_bytes());
                    });
                });
            });
        });
    });
}

/// Extension subjectAltName of a server: DNS names and IP addresses.
pub fn server_names(out: &mut Vec<u8>, names: &[String]) {
    extension(out, SUBJECT_ALT_NAME, false, |out| {
        element(out, SEQUENCE, |out| {
            for name in names {
                match name.parse::<std::net::IpAddr>() {
                    Ok(std::net::IpAddr::V4(ip)) => primitive(out, implicit(7), &ip.octets()),
                    Ok(std::net::IpAddr::V6(ip)) => primitive(out, implicit(7), &ip.octets()),
                    Err(_) => primitive(out, implicit(2), name.as_bytes()),
                }
            }
        });
    });
}

/// What a certificate says; the writer of its extensions comes beside it.
#[derive(Debug, Clone, Copy)]
pub struct Tbs<'a> {
    /// Content of the serialNumber: positive, at most 20 bytes.
    pub serial: &'a [u8],
    /// Signature AlgorithmIdentifier, whole.
    pub algorithm: &'a [u8],
    /// Issuer, whole.
    pub issuer: &'a [u8],
    /// notBefore and notAfter, as for [`time`].
    pub validity: [[u16; 6]; 2],
    /// Subject, whole.
    pub subject: &'a [u8],
    /// SubjectPublicKeyInfo, whole.
    pub spki: &'a [u8],
}

/// TBSCertificate, version 3.
pub fn tbs(fields: &Tbs<'_>, extensions: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::with_capacity(768 + fields.spki.len());
    element(&mut out, SEQUENCE, |out| {
        out.extend([context(0), 3, INTEGER, 1, 2]);
        primitive(out, INTEGER, fields.serial);
        out.extend_from_slice(fields.algorithm);
        out.extend_from_slice(fields.issuer);
        element(out, SEQUENCE, |out| fields.validity.iter().for_each(|parts| time(out, *parts)));
        out.extend_from_slice(fields.subject);
        out.extend_from_slice(fields.spki);
        element(out, context(3), |out| element(out, SEQUENCE, extensions));
    });
    out
}

/// `SEQUENCE { tbs, algorithm, signature }`: a certificate or a CRL.
pub fn signed(tbs: &[u8], algorithm: &[u8], signature: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(tbs.len() + algorithm.len() + signature.len() + 16);
    element(&mut out, SEQUENCE, |out| {
        out.extend_from_slice(tbs);
        out.extend_from_slice(algorithm);
        bits(out, signature);
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_of_a_name_are_found() {
        let name = name(&[(ORGANIZATION, "手"), (COMMON_NAME, "EW-C210"), (SERIAL_NUMBER, "A-1")]);
        assert_eq!(attribute(&name, ORGANIZATION), Some("手"));
        assert_eq!(attribute(&name, SERIAL_NUMBER), Some("A-1"));
        assert_eq!(attribute(&name, CLIENT_AUTH), None);
        for end in 0..name.len() {
            assert_eq!(attribute(&name[..end], SERIAL_NUMBER), None, "a cut name has no end to look for");
        }
    }
}
