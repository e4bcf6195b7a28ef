//! Sealing at rest: AES-256-GCM under the unlock secret, bound to a label so that sealed values cannot be swapped.

use crate::signer::KeyError;
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use std::io::Write;
use std::path::Path;
use zeroize::Zeroizing;

/// Opens and closes what is kept at rest.
pub struct Seal {
    key: RandomizedNonceKey,
    /// Keys of message authentication codes are derived with this one.
    derive: hmac::Key,
}

/// The unlock file could not be read or made.
#[derive(Debug, thiserror::Error)]
pub enum UnlockError {
    /// Reading or writing failed.
    #[error("unlock file {path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
    /// Others may read it.
    #[error("unlock file {0} can be read by others; run: chmod 600 {0}")]
    Open(String),
    /// Not 64 hex digits.
    #[error("unlock file {0} does not hold 64 hex digits")]
    Form(String),
}

impl Seal {
    /// From the 32 bytes of the unlock file.
    pub fn new(secret: &[u8; 32]) -> Result<Self, KeyError> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, secret).map_err(|_| KeyError("unlock secret"))?;
        let derive = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), b"tegata-mac/v1");
        Ok(Seal { key, derive: hmac::Key::new(hmac::HMAC_SHA256, derive.as_ref()) })
    }

    /// Makes an unlock file (0600) that did not exist.
    pub fn create(path: &Path, secret: &[u8; 32]) -> Result<Self, UnlockError> {
        use std::os::unix::fs::OpenOptionsExt;
        let text = Zeroizing::new(data_encoding::HEXLOWER.encode(secret) + "\n");
        let io = |source| UnlockError::Io { path: path.display().to_string(), source };
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(io)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io)?;
        Self::new(secret).map_err(|_| UnlockError::Form(path.display().to_string()))
    }

    /// From an unlock file that nobody else may read.
    pub fn open_file(path: &Path) -> Result<Self, UnlockError> {
        use std::os::unix::fs::PermissionsExt;
        let name = path.display().to_string();
        let io = |source| UnlockError::Io { path: name.clone(), source };
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(io)?);
        if !private(path, std::fs::metadata(path).map_err(io)?.permissions().mode()) {
            return Err(UnlockError::Open(name));
        }
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes());
        let secret = bytes.ok().and_then(|b| <[u8; 32]>::try_from(b).ok()).map(Zeroizing::new);
        secret.and_then(|s| Self::new(&s).ok()).ok_or(UnlockError::Form(name))
    }

    /// A message authentication code under a key that this label alone has (HMAC-SHA256 over a key derived the same way):
    /// for links that nobody can make up and that need not be stored.
    pub fn mac(&self, label: &str, message: &[u8]) -> [u8; 32] {
        let key = hmac::sign(&self.derive, label.as_bytes());
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()), message);
        let mut out = [0; 32];
        out.copy_from_slice(tag.as_ref());
        out
    }

    /// Seals: nonce ‖ ciphertext ‖ tag.
    pub fn seal(&self, label: &str, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut text = plain.to_vec();
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(label.as_bytes()), &mut text)
            .map_err(|_| KeyError("sealing failed"))?;
        Ok([nonce.as_ref().as_slice(), &text].concat())
    }

    /// Opens what [`Seal::seal`] made under the same label.
    pub fn open(&self, label: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let wrong = KeyError("the unlock file does not belong to this data folder, or the data was changed");
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or(wrong)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| wrong)?;
        let mut text = Zeroizing::new(text.to_vec());
        let length = self.key.open_in_place(nonce, Aad::from(label.as_bytes()), &mut text).map_err(|_| wrong)?.len();
        text.truncate(length);
        Ok(text)
    }
}

/// Whether nobody else can read a file. Credentials of systemd lie in a folder that the service alone can enter; their
/// bits for the group are the mask of an access list that names its account.
fn private(path: &Path, mode: u32) -> bool {
    mode & 0o077 == 0 || path.starts_with("/run/credentials") && mode & 0o037 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seals_and_opens_under_its_label_only() {
        let seal = Seal::new(&[3; 32]).unwrap();
        let sealed = seal.seal("a", b"secret").unwrap();
        assert_eq!(&**seal.open("a", &sealed).unwrap(), b"secret");
        assert!(seal.open("b", &sealed).is_err());
        assert!(seal.open("a", &sealed[..5]).is_err());
        assert!(Seal::new(&[4; 32]).unwrap().open("a", &sealed).is_err());
    }

    #[test]
    fn only_a_credential_may_carry_the_mask_of_an_access_list() {
        let credential = Path::new("/run/credentials/tegata.service/unlock");
        let cases = [(credential, 0o440, true), (credential, 0o444, false), (credential, 0o460, false)];
        let elsewhere = Path::new("/etc/tegata/unlock");
        for (path, mode, expect) in cases.into_iter().chain([(elsewhere, 0o440, false), (elsewhere, 0o400, true)]) {
            assert_eq!(private(path, 0o100_000 | mode), expect, "{path:?} {mode:o}");
        }
    }

    #[test]
    fn unlock_file_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("unlock");
        Seal::create(&path, &[3; 32]).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(Seal::open_file(&path).is_ok());
        assert!(matches!(Seal::create(&path, &[3; 32]), Err(UnlockError::Io { .. })));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Seal::open_file(&path), Err(UnlockError::Open(_))));
    }
}
