//! Keys of devices, made where they stay: a maker of keys, and keys that sign by their handle.
//!
//! Invariant: the private half never comes out of what made it. A line and an agent know a handle, the public key and
//! signatures, so that a security chip can stand behind the same two traits as a file:
//!
//! | | file (here) | PKCS#11 | TPM 2.0 |
//! |---|---|---|---|
//! | label | a folder's name | CKA_LABEL, and CKA_ID of its digest | the name's digest in `unique` of the template |
//! | create | P-256, PKCS#8 in a file of mode 0600 | C_GenerateKeyPair with CKA_TOKEN, CKA_SENSITIVE, not CKA_EXTRACTABLE | TPM2_CreatePrimary or TPM2_Create, then TPM2_EvictControl |
//! | open | reads the file | C_FindObjects by CKA_ID | TPM2_ReadPublic of the persistent handle |
//! | handle | the file's path | a URI (RFC 7512): `pkcs11:token=…;id=…` | `0x81……` |
//! | sign | in this process | C_Sign with CKM_ECDSA over the digest; r ‖ s becomes DER | TPM2_Sign over the digest; r and s become DER |

use crate::file;
use crate::signer::{KeyError, Signer};
use std::path::PathBuf;
use tegata_wire::est;
use zeroize::Zeroizing;

/// A key that signs without being seen.
pub trait DeviceKey: Send + Sync {
    /// Where it lies, for people and for programs that use it later.
    fn handle(&self) -> &str;

    /// SubjectPublicKeyInfo.
    fn spki(&self) -> &[u8];

    /// AlgorithmIdentifier of its signatures.
    fn algorithm(&self) -> &'static [u8];

    /// Signs a message; ECDSA signatures are DER.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError>;
}

/// What makes keys and keeps them.
pub trait KeyMaker: Send + Sync {
    /// The key under a label, made if there is none. It outlives a crash once this returned: the same label leads to
    /// the same key.
    fn create(&self, label: &str) -> Result<Box<dyn DeviceKey>, VaultError>;

    /// The key under a label.
    fn open(&self, label: &str) -> Result<Option<Box<dyn DeviceKey>>, VaultError>;
}

/// A key could not be made, kept or opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The disk, or who may read it.
    #[error("{0}: {1}")]
    File(String, #[source] std::io::Error),
    /// What lies there is no key of ours.
    #[error("{0}: {1}")]
    Key(String, KeyError),
}

/// Keys as files: `ROOT/LABEL/NAME`, PKCS#8 in PEM (RFC 7468 §10). For devices that are given their key at the line.
#[derive(Debug, Clone)]
pub struct FolderVault {
    root: PathBuf,
    name: String,
}

struct FileKey {
    signer: Signer,
    handle: String,
}

impl DeviceKey for FileKey {
    fn handle(&self) -> &str {
        &self.handle
    }

    fn spki(&self) -> &[u8] {
        self.signer.spki()
    }

    fn algorithm(&self) -> &'static [u8] {
        self.signer.algorithm()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.signer.sign(message)
    }
}

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

impl FolderVault {
    /// Keys of the file name `name` in folders below `root`.
    pub fn new(root: impl Into<PathBuf>, name: &str) -> Self {
        FolderVault { root: root.into(), name: name.to_owned() }
    }

    fn path(&self, label: &str) -> PathBuf {
        self.root.join(label).join(&self.name)
    }
}

impl KeyMaker for FolderVault {
    fn create(&self, label: &str) -> Result<Box<dyn DeviceKey>, VaultError> {
        if let Some(key) = self.open(label)? {
            return Ok(key);
        }
        let path = self.path(label);
        let handle = path.display().to_string();
        let (signer, pkcs8) = Signer::generate_p256().map_err(|e| VaultError::Key(handle.clone(), e))?;
        let body = Zeroizing::new(est::encode(&pkcs8));
        let pem = Zeroizing::new(format!("{BEGIN}\n{}\n{END}\n", *body));
        let folder = self.root.join(label);
        let kept = file::folder(&folder).and_then(|()| file::write(&folder, &[(&self.name, pem.as_bytes())]));
        kept.map_err(|e| VaultError::File(handle.clone(), e))?;
        Ok(Box::new(FileKey { signer, handle }))
    }

    fn open(&self, label: &str) -> Result<Option<Box<dyn DeviceKey>>, VaultError> {
        let path = self.path(label);
        let handle = path.display().to_string();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => Zeroizing::new(text),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(VaultError::File(handle, e)),
        };
        let body = text.split_once(BEGIN).and_then(|(_, rest)| Some(rest.split_once(END)?.0));
        let pkcs8 = body.and_then(|body| est::decode(body.as_bytes())).map(Zeroizing::new);
        let signer = pkcs8.ok_or(KeyError("no PKCS#8 in PEM")).and_then(|pkcs8| Signer::from_pkcs8(&pkcs8));
        match signer {
            Ok(signer) => Ok(Some(Box::new(FileKey { signer, handle }))),
            Err(e) => Err(VaultError::Key(handle, e)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::signed_by;

    #[test]
    fn the_same_label_is_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let vault = FolderVault::new(folder.path(), "key.pem");
        assert!(vault.open("A").unwrap().is_none());
        let first = vault.create("A").unwrap();
        let (again, opened) = (vault.create("A").unwrap(), vault.open("A").unwrap().unwrap());
        assert_eq!(first.spki(), again.spki());
        assert_eq!(first.spki(), opened.spki());
        assert!(first.handle().ends_with("A/key.pem"));
        assert_ne!(vault.create("B").unwrap().spki(), first.spki());
        assert!(signed_by(first.spki(), b"challenge", &opened.sign(b"challenge").unwrap()));
        let request = crate::request::request_of(&*opened).unwrap();
        assert_eq!(crate::possession::prove(&request).unwrap(), first.spki());
    }

    #[test]
    fn what_is_no_key_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let vault = FolderVault::new(folder.path(), "key.pem");
        std::fs::create_dir(folder.path().join("A")).unwrap();
        std::fs::write(folder.path().join("A/key.pem"), "-----BEGIN PRIVATE KEY-----\nAAAA\n").unwrap();
        let error = vault.create("A").err().unwrap().to_string();
        assert!(error.contains("A/key.pem"), "{error}");
        assert!(std::fs::read_to_string(folder.path().join("A/key.pem")).unwrap().contains("AAAA"));
    }
}
