//! A key with the certificates that name it.

use tegata_keys::request::request;
use tegata_keys::signer::{KeyError, Signer};
use zeroize::Zeroizing;

/// A private key and its certificate chain, leaf first; the chain is empty until the first certificate.
pub struct Identity {
    signer: Signer,
    pkcs8: Zeroizing<Vec<u8>>,
    /// DER, leaf first.
    pub chain: Vec<Vec<u8>>,
}

impl Identity {
    /// A new P-256 key without a certificate.
    pub fn generate() -> Result<Self, KeyError> {
        let (signer, pkcs8) = Signer::generate_p256()?;
        Ok(Identity { signer, pkcs8, chain: Vec::new() })
    }

    /// A PKCS#10 request (DER) that proves possession of the key.
    pub fn request(&self) -> Result<Vec<u8>, KeyError> {
        request(&self.signer)
    }

    /// The private key, PKCS#8 in PEM (RFC 7468 §10).
    pub fn pem(&self) -> Zeroizing<String> {
        let text = tegata_wire::est::encode(&self.pkcs8);
        Zeroizing::new(format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n"))
    }
}
