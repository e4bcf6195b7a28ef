//! Signatures over statements: texts that a maker or a device signed with a key that is known here.

use aws_lc_rs::signature::{self as aws, UnparsedPublicKey, VerificationAlgorithm};
use der::asn1::ObjectIdentifier as Oid;
use tegata_wire::pkcs10;

const EC: Oid = Oid::new_unwrap("1.2.840.10045.2.1");
const P256: Oid = Oid::new_unwrap("1.2.840.10045.3.1.7");
const P384: Oid = Oid::new_unwrap("1.3.132.0.34");
const ED25519: Oid = Oid::new_unwrap("1.3.101.112");

/// Why a statement proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// No key of a kind that signs statements.
    #[error("a key is EC P-256, EC P-384 or Ed25519, as SubjectPublicKeyInfo (`openssl pkey -pubout`)")]
    Key,
    /// The signature does not fit.
    #[error("the signature does not fit key and statement")]
    Signature,
}

/// A key and the algorithm that it signs with: ECDSA over SHA-256 (DER), or Ed25519.
fn parse(spki: &[u8]) -> Result<(&'static dyn VerificationAlgorithm, &[u8]), StatementError> {
    let key = pkcs10::public_key(spki).map_err(|_| StatementError::Key)?;
    let is = |oid: Oid| key.algorithm == oid.as_bytes();
    let curve = |oid: Oid| key.curve == Some(oid.as_bytes());
    let algorithm: &'static dyn VerificationAlgorithm = match () {
        () if is(EC) && curve(P256) => &aws::ECDSA_P256_SHA256_ASN1,
        () if is(EC) && curve(P384) => &aws::ECDSA_P384_SHA256_ASN1,
        () if is(ED25519) => &aws::ED25519,
        () => return Err(StatementError::Key),
    };
    // a point that is none is found at registration, not at the first release
    aws::ParsedPublicKey::new(algorithm, key.key).map_err(|_| StatementError::Key)?;
    Ok((algorithm, key.key))
}

/// Whether a key can sign statements.
pub fn check(spki: &[u8]) -> Result<(), StatementError> {
    parse(spki).map(drop)
}

/// Whether `signature` over `message` was made with the key.
pub fn verify(spki: &[u8], message: &[u8], signature: &[u8]) -> Result<(), StatementError> {
    let (algorithm, key) = parse(spki)?;
    UnparsedPublicKey::new(algorithm, key).verify(message, signature).map_err(|_| StatementError::Signature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signer::Signer;

    #[test]
    fn both_kinds_of_key_sign_statements() {
        for signer in [Signer::generate_p256().unwrap().0, Signer::generate_ed25519().unwrap().0] {
            let mut signature = signer.sign(b"statement").unwrap();
            assert_eq!(verify(signer.spki(), b"statement", &signature), Ok(()));
            assert_eq!(verify(signer.spki(), b"Statement", &signature), Err(StatementError::Signature));
            let last = signature.len() - 1;
            signature[last] ^= 1;
            assert_eq!(verify(signer.spki(), b"statement", &signature), Err(StatementError::Signature));
            assert_eq!(verify(signer.spki(), b"statement", b""), Err(StatementError::Signature));
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let mut spki = Signer::generate_p256().unwrap().0.spki().to_vec();
        assert_eq!(check(&spki), Ok(()));
        let last = spki.len() - 1;
        spki[last] ^= 1;
        assert_eq!(check(&spki), Err(StatementError::Key), "a point that does not lie on the curve");
        for wrong in [&b""[..], b"key", &spki[..40]] {
            assert_eq!(check(wrong), Err(StatementError::Key));
        }
    }
}
