//! Pass phrases of people: Argon2id (RFC 9106), the crate's defaults, which follow OWASP.

use crate::signer::KeyError;
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};

/// A PHC string with the given salt.
pub fn hash(password: &str, salt: &[u8; 16]) -> Result<String, KeyError> {
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), salt);
    Ok(hash.map_err(|_| KeyError("password"))?.to_string())
}

/// Whether the password is the one behind the hash.
pub fn verify(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    #[test]
    fn verifies() {
        let hash = super::hash("correct horse", &[1; 16]).unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(super::verify("correct horse", &hash));
        assert!(!super::verify("wrong horse", &hash));
        assert!(!super::verify("correct horse", "nonsense"));
    }
}
