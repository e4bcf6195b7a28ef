//! Proof of possession: a request's signature over the bytes received, and the strength of its key.

use aws_lc_rs::signature::{self as aws, UnparsedPublicKey, VerificationAlgorithm};
use der::asn1::ObjectIdentifier as Oid;
use tegata_wire::pkcs10::{self, Request};
use tegata_wire::read::Malformed;

const EC: Oid = Oid::new_unwrap("1.2.840.10045.2.1");
const P256: Oid = Oid::new_unwrap("1.2.840.10045.3.1.7");
const P384: Oid = Oid::new_unwrap("1.3.132.0.34");
const ECDSA_SHA256: Oid = Oid::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA384: Oid = Oid::new_unwrap("1.2.840.10045.4.3.3");
const ED25519: Oid = Oid::new_unwrap("1.3.101.112");
const ML_DSA: [Oid; 3] = [
    Oid::new_unwrap("2.16.840.1.101.3.4.3.17"),
    Oid::new_unwrap("2.16.840.1.101.3.4.3.18"),
    Oid::new_unwrap("2.16.840.1.101.3.4.3.19"),
];

/// Why a request proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// No PKCS#10.
    #[error("this is no PKCS#10 request ({0}); send the DER of one, as `openssl req -new -outform DER` writes it")]
    Malformed(#[from] Malformed),
    /// A key that is not accepted.
    #[error("{0} keys are not accepted; use EC P-256, EC P-384, Ed25519 or ML-DSA")]
    WeakKey(&'static str),
    /// The signature does not fit the key.
    #[error("the request's signature does not fit its key; sign it with the private key that belongs to it")]
    NoPossession,
}

fn algorithm(
    key: &pkcs10::PublicKey<'_>,
    signature: &[u8],
) -> Result<&'static dyn VerificationAlgorithm, RequestError> {
    let is = |oid: Oid| key.algorithm == oid.as_bytes();
    let signed = |oid: Oid| signature == oid.as_bytes();
    if is(EC) {
        let p256 = key.curve == Some(P256.as_bytes());
        return match (p256, key.curve == Some(P384.as_bytes())) {
            (true, _) if signed(ECDSA_SHA256) => Ok(&aws::ECDSA_P256_SHA256_ASN1),
            (true, _) if signed(ECDSA_SHA384) => Ok(&aws::ECDSA_P256_SHA384_ASN1),
            (_, true) if signed(ECDSA_SHA384) => Ok(&aws::ECDSA_P384_SHA384_ASN1),
            (_, true) if signed(ECDSA_SHA256) => Ok(&aws::ECDSA_P384_SHA256_ASN1),
            (true, _) | (_, true) => Err(RequestError::WeakKey("EC with a hash other than SHA-256 or SHA-384")),
            _ => Err(RequestError::WeakKey("EC on another curve")),
        };
    }
    if is(ED25519) && signed(ED25519) {
        return Ok(&aws::ED25519);
    }
    let ml_dsa: [&'static dyn VerificationAlgorithm; 3] = [&aws::ML_DSA_44, &aws::ML_DSA_65, &aws::ML_DSA_87];
    match ML_DSA.iter().position(|oid| is(*oid) && signed(*oid)) {
        Some(i) => Ok(ml_dsa[i]),
        None if is(Oid::new_unwrap("1.2.840.113549.1.1.1")) => Err(RequestError::WeakKey("RSA")),
        None => Err(RequestError::WeakKey("such")),
    }
}

/// Reads a request and checks that whoever made it holds the private key; answers the SubjectPublicKeyInfo.
pub fn prove(der: &[u8]) -> Result<&[u8], RequestError> {
    let Request { info, spki, algorithm: signed_with, signature } = pkcs10::parse(der)?;
    let key = pkcs10::public_key(spki)?;
    let algorithm = algorithm(&key, signed_with)?;
    UnparsedPublicKey::new(algorithm, key.key).verify(info, signature).map_err(|_| RequestError::NoPossession)?;
    Ok(spki)
}
