//! Private keys that sign. One trait-shaped type: files today; a token's key handle is the next variant.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use zeroize::Zeroizing;

/// A key could not be made, read or used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key cannot be used: {0}")]
pub struct KeyError(pub &'static str);

enum Kind {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A private key.
pub struct Signer {
    kind: Kind,
    spki: Vec<u8>,
}

/// AlgorithmIdentifier of ecdsa-with-SHA256 (RFC 5758 §3.2).
const ECDSA_SHA256: &[u8] = &[0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
/// AlgorithmIdentifier of Ed25519 (RFC 8410 §3).
const ED25519: &[u8] = &[0x30, 5, 6, 3, 0x2b, 0x65, 0x70];

/// The library's own generator: keys and ECDSA nonces take no other.
#[expect(clippy::disallowed_methods, reason = "the one place where keys are made and used")]
fn randomness() -> SystemRandom {
    SystemRandom::new()
}

impl Signer {
    /// A new P-256 key; answers it with its PKCS#8, which the caller seals.
    pub fn generate_p256() -> Result<(Self, Zeroizing<Vec<u8>>), KeyError> {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&signature::ECDSA_P256_SHA256_ASN1_SIGNING, &randomness())
            .map_err(|_| KeyError("no randomness"))?;
        let pkcs8 = Zeroizing::new(pkcs8.as_ref().to_vec());
        Ok((Self::from_pkcs8(&pkcs8)?, pkcs8))
    }

    /// A new Ed25519 key; answers it with its PKCS#8, which the caller seals.
    pub fn generate_ed25519() -> Result<(Self, Zeroizing<Vec<u8>>), KeyError> {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&randomness()).map_err(|_| KeyError("no randomness"))?;
        let pkcs8 = Zeroizing::new(pkcs8.as_ref().to_vec());
        Ok((Self::from_pkcs8(&pkcs8)?, pkcs8))
    }

    /// From PKCS#8 (RFC 5958): P-256 or Ed25519.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, KeyError> {
        let wrong = |_| KeyError("public half");
        if let Ok(key) = EcdsaKeyPair::from_pkcs8(&signature::ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8) {
            let spki = key.public_key().as_der().map_err(wrong)?.as_ref().to_vec();
            return Ok(Signer { kind: Kind::P256(key), spki });
        }
        let key = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| KeyError("neither P-256 nor Ed25519 PKCS#8"))?;
        let spki = key.public_key().as_der().map_err(wrong)?.as_ref().to_vec();
        Ok(Signer { kind: Kind::Ed25519(key), spki })
    }

    /// SubjectPublicKeyInfo.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The public key without its envelope: a point, or the 32 bytes of Ed25519.
    pub fn public_key(&self) -> &[u8] {
        match &self.kind {
            Kind::P256(key) => key.public_key().as_ref(),
            Kind::Ed25519(key) => key.public_key().as_ref(),
        }
    }

    /// AlgorithmIdentifier of its signatures.
    pub fn algorithm(&self) -> &'static [u8] {
        match self.kind {
            Kind::P256(_) => ECDSA_SHA256,
            Kind::Ed25519(_) => ED25519,
        }
    }

    /// Signs.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        match &self.kind {
            Kind::P256(key) => key
                .sign(&randomness(), message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| KeyError("signing failed")),
            Kind::Ed25519(key) => Ok(key.sign(message).as_ref().to_vec()),
        }
    }
}
