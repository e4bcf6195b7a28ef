//! Certificate revocation lists (RFC 5280 §5): what is signed.

use crate::asn1::*;
use crate::x509::extension;
use der::asn1::ObjectIdentifier as Oid;

const CRL_NUMBER: Oid = Oid::new_unwrap("2.5.29.20");
const REASON_CODE: Oid = Oid::new_unwrap("2.5.29.21");
const ISSUING_POINT: Oid = Oid::new_unwrap("2.5.29.28");

/// A revoked certificate.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Content of its serialNumber.
    pub serial: Vec<u8>,
    /// When, as for [`time`].
    pub at: [u16; 6],
    /// CRLReason code; 0 is left out (RFC 5280 §5.3.1).
    pub reason: u8,
}

/// What a CRL says.
#[derive(Debug, Clone)]
pub struct Tbs<'a> {
    /// Signature AlgorithmIdentifier, whole.
    pub algorithm: &'a [u8],
    /// Issuer, whole.
    pub issuer: &'a [u8],
    /// Key identifier of the issuer.
    pub authority_key_id: &'a [u8],
    /// thisUpdate and nextUpdate, as for [`time`].
    pub validity: [[u16; 6]; 2],
    /// CRL number.
    pub number: i64,
    /// The address of this shard, as certificates name it.
    pub address: &'a str,
    /// What is revoked.
    pub entries: &'a [Entry],
}

/// TBSCertList, version 2, with an issuing distribution point that names the shard.
pub fn tbs(crl: &Tbs<'_>) -> Vec<u8> {
    to_vec(SEQUENCE, |out| {
        unsigned(out, &[1]);
        out.extend_from_slice(crl.algorithm);
        out.extend_from_slice(crl.issuer);
        crl.validity.iter().for_each(|parts| time(out, *parts));
        if !crl.entries.is_empty() {
            element(out, SEQUENCE, |out| crl.entries.iter().for_each(|e| entry(out, e)));
        }
        element(out, context(0), |out| {
            element(out, SEQUENCE, |out| {
                crate::x509::authority_key_id(out, crl.authority_key_id);
                extension(out, CRL_NUMBER, false, |out| unsigned(out, &crl.number.to_be_bytes()));
                extension(out, ISSUING_POINT, true, |out| {
                    element(out, SEQUENCE, |out| {
                        element(out, context(0), |out| {
                            element(out, context(0), |out| primitive(out, implicit(6), crl.address.as_bytes()));
                        });
                    });
                });
            });
        });
    })
}

fn entry(out: &mut Vec<u8>, e: &Entry) {
    element(out, SEQUENCE, |out| {
        primitive(out, INTEGER, &e.serial);
        time(out, e.at);
        if e.reason != 0 {
            element(out, SEQUENCE, |out| {
                extension(out, REASON_CODE, false, |out| primitive(out, 0x0a, &[e.reason]));
            });
        }
    });
}
