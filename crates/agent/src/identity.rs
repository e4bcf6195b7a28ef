//! A key with the certificates that name it.

use crate::pem::{self, PemError};
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

/// Why files are no identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Not the files that were expected.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The certificate is for another key.
    #[error("key and certificate do not belong together")]
    Foreign,
}

impl Identity {
    /// A new P-256 key without a certificate.
    pub fn generate() -> Result<Self, KeyError> {
        let (signer, pkcs8) = Signer::generate_p256()?;
        Ok(Identity { signer, pkcs8, chain: Vec::new() })
    }

    /// From PEM: a key (PKCS#8) and its certificates, leaf first; both may stand in one text.
    pub fn from_pem(key: &[u8], certificates: &[u8]) -> Result<Self, IdentityError> {
        let pkcs8 = pem::blocks(key, pem::PRIVATE_KEY)?.swap_remove(0);
        let chain: Vec<Vec<u8>> =
            pem::blocks(certificates, pem::CERTIFICATE)?.into_iter().map(|der| der.to_vec()).collect();
        let signer = Signer::from_pkcs8(&pkcs8)?;
        let identity = Identity { signer, pkcs8, chain };
        if identity.fits() { Ok(identity) } else { Err(IdentityError::Foreign) }
    }

    /// Whether the leaf names the key.
    pub fn fits(&self) -> bool {
        let leaf = self.chain.first().and_then(|leaf| tegata_wire::x509::parse(leaf).ok());
        leaf.is_some_and(|leaf| leaf.spki == self.signer.spki())
    }

    /// A PKCS#10 request (DER) that proves possession of the key.
    pub fn request(&self) -> Result<Vec<u8>, KeyError> {
        request(&self.signer)
    }

    /// Signs with the key.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.signer.sign(message)
    }

    /// The private key, PKCS#8 in PEM (RFC 7468 §10).
    pub fn pem(&self) -> Zeroizing<String> {
        pem::encode(pem::PRIVATE_KEY, &self.pkcs8)
    }

    /// Key and certificates in one PEM text.
    pub fn whole_pem(&self) -> Zeroizing<String> {
        let mut text = self.pem();
        self.chain.iter().for_each(|der| text.push_str(&pem::encode(pem::CERTIFICATE, der)));
        text
    }
}
