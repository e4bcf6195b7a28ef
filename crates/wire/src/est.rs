//! EST bodies (RFC 7030, RFC 8951): base64 around DER, and the CSR attributes.

use crate::asn1::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use der::asn1::ObjectIdentifier as Oid;

const EC_PUBLIC_KEY: Oid = Oid::new_unwrap("1.2.840.10045.2.1");
const P256: Oid = Oid::new_unwrap("1.2.840.10045.3.1.7");
const ECDSA_SHA256: Oid = Oid::new_unwrap("1.2.840.10045.4.3.2");

/// One unbroken line: strongSwan 5.9.8 fails on any line feed (RFC 8951 §3.1 allows both).
pub fn encode(der: &[u8]) -> String {
    STANDARD.encode(der)
}

/// Base64 with or without line breaks (RFC 8951 §3.1), also inside PEM lines as old clients send; or bare DER.
pub fn decode(body: &[u8]) -> Option<Vec<u8>> {
    if body.first() == Some(&SEQUENCE) && std::str::from_utf8(body).is_err() {
        return Some(body.to_vec());
    }
    let text = std::str::from_utf8(body).ok()?;
    let plain: String = text
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .flat_map(str::chars)
        .filter(|c| !c.is_ascii_whitespace())
        .collect();
    STANDARD.decode(plain).ok()
}

/// CsrAttrs (RFC 7030 §4.5.2): a P-256 key and ecdsa-with-SHA256 are the preferred ones.
pub fn csr_attributes() -> Vec<u8> {
    to_vec(SEQUENCE, |out| {
        element(out, SEQUENCE, |out| {
            oid(out, EC_PUBLIC_KEY);
            element(out, SET, |out| oid(out, P256));
        });
        oid(out, ECDSA_SHA256);
    })
}
