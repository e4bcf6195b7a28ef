//! Keys: signing, proof of possession, certificate profiles, sealing at rest; how people prove themselves.
//!
//! Why here: CA keys are used through this crate only, so that a file, a PKCS#11 token or a TPM can stand behind it. What
//! people need stands behind the feature `people`: the programs of devices and lines never see it.

pub mod chain;
pub mod credential;
pub mod digest;
pub mod file;
#[cfg(feature = "people")]
pub mod passkey;
#[cfg(feature = "people")]
pub mod password;
pub mod possession;
pub mod profile;
pub mod recovery;
#[cfg(feature = "people")]
pub mod recovery_code;
pub mod request;
pub mod seal;
pub mod sealed_file;
pub mod secret;
pub mod session;
pub mod signer;
pub mod statement;
#[cfg(feature = "people")]
pub mod totp;
pub mod vault;
