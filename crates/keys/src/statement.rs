//! Signatures over statements: of a device by its IDevID, of a maker by a release key.

use aws_lc_rs::signature::{self as aws, UnparsedPublicKey, VerificationAlgorithm};
use der::asn1::ObjectIdentifier as Oid;
use tegata_wire::pkcs10;

const EC: Oid = Oid::new_unwrap("1.2.840.10045.2.1");
const P256: Oid = Oid::new_unwrap("1.2.840.10045.3.1.7");
const P384: Oid = Oid::new_unwrap("1.3.132.0.34");
const ED25519: Oid = Oid::new_unwrap("1.3.101.112");
const ML_DSA: [(Oid, &dyn VerificationAlgorithm); 3] = [
    (Oid::new_unwrap("2.16.840.1.101.3.4.3.17"), &aws::ML_DSA_44),
    (Oid::new_unwrap("2.16.840.1.101.3.4.3.18"), &aws::ML_DSA_65),
    (Oid::new_unwrap("2.16.840.1.101.3.4.3.19"), &aws::ML_DSA_87),
];

/// Why a signature proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// The key is of no type that is accepted, or no SubjectPublicKeyInfo.
    #[error("such a key signs no statements; use EC P-256, EC P-384, Ed25519 or ML-DSA")]
    Key,
    /// The signature does not fit key and text.
    #[error("the signature does not fit this text and this key")]
    Signature,
}

/// What may have signed with a key: ECDSA over SHA-256, with P-384 over SHA-384 too; Ed25519; ML-DSA.
fn algorithms(key: &pkcs10::PublicKey<'_>) -> Vec<&'static dyn VerificationAlgorithm> {
    let is = |oid: Oid| key.algorithm == oid.as_bytes();
    let on = |curve: Oid| is(EC) && key.curve == Some(curve.as_bytes());
    if on(P256) {
        return vec![&aws::ECDSA_P256_SHA256_ASN1];
    }
    if on(P384) {
        return vec![&aws::ECDSA_P384_SHA384_ASN1, &aws::ECDSA_P384_SHA256_ASN1];
    }
    if is(ED25519) {
        return vec![&aws::ED25519];
    }
    ML_DSA.iter().filter(|(oid, _)| is(*oid)).map(|(_, algorithm)| *algorithm).collect()
}

/// Whether a key can sign statements; a point that is none is found here, not at the first signature.
pub fn check(spki: &[u8]) -> Result<(), StatementError> {
    let key = pkcs10::public_key(spki).map_err(|_| StatementError::Key)?;
    let algorithm = *algorithms(&key).first().ok_or(StatementError::Key)?;
    aws::ParsedPublicKey::new(algorithm, key.key).map(drop).map_err(|_| StatementError::Key)
}

/// Whether `signature` is that of the key in `spki` (SubjectPublicKeyInfo, DER) over `message`. ECDSA signatures are DER.
pub fn verify(spki: &[u8], message: &[u8], signature: &[u8]) -> Result<(), StatementError> {
    let key = pkcs10::public_key(spki).map_err(|_| StatementError::Key)?;
    let algorithms = algorithms(&key);
    if algorithms.is_empty() {
        return Err(StatementError::Key);
    }
    let fits = |algorithm: &&'static dyn VerificationAlgorithm| {
        UnparsedPublicKey::new(*algorithm, key.key).verify(message, signature).is_ok()
    };
    if algorithms.iter().any(fits) { Ok(()) } else { Err(StatementError::Signature) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::encoding::AsDer;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{EcdsaKeyPair, KeyPair};

    #[test]
    fn our_own_keys() {
        for signer in [crate::signer::Signer::generate_p256(), crate::signer::Signer::generate_ed25519()] {
            let signer = signer.unwrap().0;
            let signature = signer.sign(b"text").unwrap();
            assert_eq!(verify(signer.spki(), b"text", &signature), Ok(()));
            assert_eq!(verify(signer.spki(), b"texts", &signature), Err(StatementError::Signature));
            assert_eq!(verify(signer.spki(), b"text", &signature[1..]), Err(StatementError::Signature));
            assert_eq!(verify(&signer.spki()[1..], b"text", &signature), Err(StatementError::Key));
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let mut spki = crate::signer::Signer::generate_p256().unwrap().0.spki().to_vec();
        assert_eq!(check(&spki), Ok(()));
        let last = spki.len() - 1;
        spki[last] ^= 1;
        assert_eq!(check(&spki), Err(StatementError::Key), "a point that does not lie on the curve");
        for wrong in [&b""[..], b"key", &spki[..40]] {
            assert_eq!(check(wrong), Err(StatementError::Key));
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a key of the test's own")]
    fn p384() {
        let (random, algorithm) = (SystemRandom::new(), &aws::ECDSA_P384_SHA384_ASN1_SIGNING);
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref()).unwrap();
        let spki = pair.public_key().as_der().unwrap();
        let signature = pair.sign(&random, b"text").unwrap();
        assert_eq!(verify(spki.as_ref(), b"text", signature.as_ref()), Ok(()));
        assert_eq!(verify(spki.as_ref(), b"next", signature.as_ref()), Err(StatementError::Signature));
    }

    #[test]
    fn ml_dsa() {
        use aws_lc_rs::signature::{ML_DSA_44_SIGNING, PqdsaKeyPair};
        let pair = PqdsaKeyPair::generate(&ML_DSA_44_SIGNING).unwrap();
        let spki = pair.public_key().as_der().unwrap();
        let mut signature = vec![0; pair.algorithm().signature_len()];
        pair.sign(b"text", &mut signature).unwrap();
        assert_eq!(verify(spki.as_ref(), b"text", &signature), Ok(()));
        assert_eq!(verify(spki.as_ref(), b"next", &signature), Err(StatementError::Signature));
    }
}
