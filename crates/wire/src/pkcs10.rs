//! PKCS#10 certification requests (RFC 2986), and the public keys in them (RFC 5280 §4.1.2.7).

use crate::asn1::{BIT_STRING, INTEGER, OID, SEQUENCE, context};
use crate::read::{Elements, Malformed, bit_string, one};

/// A request, as views into the received bytes.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// CertificationRequestInfo, whole: what the signature covers.
    pub info: &'a [u8],
    /// SubjectPublicKeyInfo, whole.
    pub spki: &'a [u8],
    /// Content of the signature algorithm's OID.
    pub algorithm: &'a [u8],
    /// The signature.
    pub signature: &'a [u8],
}

/// The longest request that is read (an ML-DSA-87 request has about 7.5 kB).
pub const MAX: usize = 16 * 1024;

/// Reads a request.
pub fn parse(der: &[u8]) -> Result<Request<'_>, Malformed> {
    if der.len() > MAX {
        return Err(Malformed("a request has at most 16 kB"));
    }
    let mut outer = Elements::new(one(der, SEQUENCE)?.1)?;
    let (info, content) = outer.next(SEQUENCE)?;
    let (_, algorithm) = outer.next(SEQUENCE)?;
    let (_, signature) = outer.next(BIT_STRING)?;
    outer.end()?;
    let mut fields = Elements::new(content)?;
    if fields.next(INTEGER)?.1 != [0] {
        return Err(Malformed("version of the request"));
    }
    fields.next(SEQUENCE)?;
    let (spki, _) = fields.next(SEQUENCE)?;
    fields.optional(context(0))?;
    fields.end()?;
    let (_, algorithm) = Elements::new(algorithm)?.next(OID)?;
    Ok(Request { info, spki, algorithm, signature: bit_string(signature)? })
}

/// A public key, as views into its SubjectPublicKeyInfo.
#[derive(Debug, Clone, Copy)]
pub struct PublicKey<'a> {
    /// Content of the algorithm's OID.
    pub algorithm: &'a [u8],
    /// Content of the parameters' OID, where they are one (the named curve).
    pub curve: Option<&'a [u8]>,
    /// The key itself.
    pub key: &'a [u8],
}

/// Reads a SubjectPublicKeyInfo.
pub fn public_key(spki: &[u8]) -> Result<PublicKey<'_>, Malformed> {
    let (identifier, key) = key_and_algorithm(spki)?;
    let mut fields = Elements::new(identifier)?;
    let (_, algorithm) = fields.next(OID)?;
    let curve = fields.optional(OID)?.map(|(_, oid)| oid);
    Ok(PublicKey { algorithm, curve, key })
}

/// Content of the AlgorithmIdentifier of a SubjectPublicKeyInfo, and the key itself.
pub fn key_and_algorithm(spki: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let mut outer = Elements::new(one(spki, SEQUENCE)?.1)?;
    let (_, algorithm) = outer.next(SEQUENCE)?;
    let (_, key) = outer.next(BIT_STRING)?;
    outer.end()?;
    Ok((algorithm, bit_string(key)?))
}
