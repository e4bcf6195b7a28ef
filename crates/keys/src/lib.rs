//! Keys: signing, proof of possession, certificate profiles, sealing at rest, pass phrases.
//!
//! Why here: CA keys are used through this crate only, so that a file, a PKCS#11 token or a TPM can stand behind it.

pub mod chain;
pub mod credential;
pub mod digest;
pub mod file;
pub mod password;
pub mod possession;
pub mod profile;
pub mod recovery;
pub mod request;
pub mod seal;
pub mod sealed_file;
pub mod secret;
pub mod session;
pub mod signer;
pub mod statement;
pub mod vault;
