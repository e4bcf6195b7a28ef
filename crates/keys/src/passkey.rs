//! Passkeys: the relying party of WebAuthn Level 3, over `webauthn-rs`.
//!
//! A ceremony has two halves: what the browser is asked, and what its authenticator signed. Between them stands a state,
//! a text that the caller seals and gives the browser to carry; nothing is kept here. Log-in asks for no name: the
//! authenticator knows whom it belongs to (a discoverable credential), so a passkey must be one.
//! Invariant: a person was verified by her authenticator (PIN, finger, face), so a passkey is two factors at once. A
//! state opens once: the caller keeps [`Opened::proof`], and for a registration the credential's id, as unique.
//!
//! The library draws its challenges from its own generator: they are made and used within one ceremony, and nothing
//! else rests on them.

use crate::digest::sha256;
use data_encoding::BASE64URL_NOPAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tegata_domain::id::Uuid;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey as Kept, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential,
    Url, Webauthn, WebauthnBuilder, WebauthnError,
};

/// Bytes of what a browser sends back.
pub const RESPONSE_MAX: usize = 32 * 1024;

/// Bytes of a credential's id (WebAuthn §4, credential ID).
pub const CREDENTIAL_MAX: usize = 1023;

/// Why a passkey was not made, or opens nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyError {
    /// Browsers take no passkeys for this host: it is an IP address, or the origins lie elsewhere.
    #[error("passkeys need a host name that the origins belong to, not {0:?}")]
    Host(String),
    /// The state or the kept passkey is none of ours.
    #[error("the state of a ceremony, or a kept passkey, cannot be read")]
    State,
    /// What came back is no answer of an authenticator.
    #[error("what came back is no answer of an authenticator")]
    Form,
    /// The authenticator counted less than before: there may be two of it (WebAuthn §6.1.1).
    #[error("the authenticator counts less than before; it may have been copied")]
    Copied,
    /// The answer does not hold.
    #[error("the authenticator's answer does not hold: {0}")]
    Refused(String),
}

/// The platform as authenticators know it.
pub struct Relying(Webauthn);

/// A ceremony that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// JSON; its member `publicKey` is for `PublicKeyCredential.parseCreationOptionsFromJSON` or
    /// `parseRequestOptionsFromJSON` (WebAuthn §5.1.8, §5.1.9).
    pub options: String,
    /// What the second half needs, to be sealed.
    pub state: String,
}

/// A passkey as it is kept. Nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// The credential's id.
    pub credential: Vec<u8>,
    /// Public key, counter and flags, as JSON.
    pub state: String,
}

/// A passkey opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// It as it is to be kept from now on.
    pub passkey: Passkey,
    /// Digest of the challenge: who keeps it lets no answer open twice.
    pub proof: [u8; 32],
}

/// Whom an answer names, before anything of it was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The person.
    pub user: Uuid,
    /// The credential. What is kept of it says whose it is; that must be the person.
    pub credential: Vec<u8>,
}

impl Relying {
    /// For passkeys of `host`, which pages of `origins` (`https://HOST:PORT`) ask for; `name` is what people read.
    pub fn new(host: &str, origins: &[&str], name: &str) -> Result<Self, PasskeyError> {
        let wrong = || PasskeyError::Host(host.to_owned());
        let origins: Option<Vec<Url>> = origins.iter().map(|origin| Url::parse(origin).ok()).collect();
        let origins = origins.filter(|origins| !origins.is_empty()).ok_or_else(wrong)?;
        let mut parts = origins.iter().map(|origin| WebauthnBuilder::new(host, origin).map_err(|_| wrong()));
        let first = parts.next().ok_or_else(wrong)??;
        parts.try_for_each(|part| part.map(drop))?;
        let all = origins.iter().skip(1).fold(first.rp_name(name), WebauthnBuilder::append_allowed_origin);
        all.build().map(Relying).map_err(|_| wrong())
    }

    /// For pages of this very machine, `localhost`: over TLS or not, and at whatever port they are.
    pub fn here(name: &str) -> Result<Self, PasskeyError> {
        let host = "localhost";
        let wrong = |_| PasskeyError::Host(host.to_owned());
        let [plain, secure] = ["http://localhost", "https://localhost"].map(Url::parse);
        let (plain, secure) = (plain.map_err(|_| PasskeyError::State)?, secure.map_err(|_| PasskeyError::State)?);
        let builder = WebauthnBuilder::new(host, &secure).map_err(wrong)?;
        let builder = builder.rp_name(name).append_allowed_origin(&plain).allow_any_port(true);
        builder.build().map(Relying).map_err(wrong)
    }

    /// A new passkey for a person; `existing` are the ids of those that she has, of which no authenticator makes a second.
    pub fn begin_registration(&self, user: Uuid, login: &str, existing: &[Vec<u8>]) -> Result<Begun, PasskeyError> {
        let (options, state) = self.0.start_passkey_registration(user, login, login, None).map_err(refused)?;
        let mut options = public(&options)?;
        let asked = &mut options["publicKey"];
        // the library asks for a credential that is found by name alone
        asked["authenticatorSelection"]["residentKey"] = json!("required");
        asked["authenticatorSelection"]["requireResidentKey"] = json!(true);
        let excluded = existing.iter().map(|id| json!({"type": "public-key", "id": BASE64URL_NOPAD.encode(id)}));
        asked["excludeCredentials"] = excluded.collect();
        Ok(Begun { options: options.to_string(), state: written(&state)? })
    }

    /// The passkey that an authenticator made. Its id must not be known yet.
    pub fn finish_registration(&self, response: &str, state: &str) -> Result<Passkey, PasskeyError> {
        let state: PasskeyRegistration = read(state)?;
        let response: RegisterPublicKeyCredential = answer(response)?;
        let kept = self.0.finish_passkey_registration(&response, &state).map_err(refused)?;
        let credential = kept.cred_id().clone();
        if credential.is_empty() || credential.len() > CREDENTIAL_MAX {
            return Err(PasskeyError::Form);
        }
        Ok(Passkey { credential, state: written(&kept)? })
    }

    /// A log-in of whoever it may be.
    pub fn begin_login(&self) -> Result<Begun, PasskeyError> {
        let (options, authentication) = self.0.start_discoverable_authentication().map_err(refused)?;
        let proof = data_encoding::HEXLOWER.encode(&sha256(&options.public_key.challenge));
        Ok(Begun { options: public(&options)?.to_string(), state: written(&Login { proof, authentication })? })
    }

    /// Whom an answer names. Nothing of it is verified yet.
    pub fn identify(&self, response: &str) -> Result<Named, PasskeyError> {
        let response = assertion(response)?;
        let named = self.0.identify_discoverable_authentication(&response);
        let (user, credential) = named.map_err(|_| PasskeyError::Form)?;
        Ok(Named { user, credential: credential.to_vec() })
    }

    /// Whether the passkey, found by the id in the answer, signed it now and here, and its person was verified.
    pub fn finish_login(&self, response: &str, state: &str, passkey: &Passkey) -> Result<Opened, PasskeyError> {
        let Login { proof, authentication } = read(state)?;
        let proof = data_encoding::HEXLOWER.decode(proof.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        let proof = proof.ok_or(PasskeyError::State)?;
        let mut kept: Kept = read(&passkey.state)?;
        if self.identify(response)?.credential != passkey.credential {
            return Err(refused(WebauthnError::CredentialNotFound));
        }
        let response = assertion(response)?;
        let result = self.0.finish_discoverable_authentication_v2(&response, authentication, &kept).map_err(refused)?;
        if !result.user_verified() {
            return Err(refused(WebauthnError::UserNotVerified));
        }
        kept.update_credential(&result).ok_or(PasskeyError::State)?;
        let passkey = Passkey { credential: passkey.credential.clone(), state: written(&kept)? };
        Ok(Opened { passkey, proof })
    }
}

#[derive(Serialize, Deserialize)]
struct Login {
    proof: String,
    authentication: DiscoverableAuthentication,
}

/// The options alone: how a browser goes about them (`mediation`) is for the page to say.
fn public(options: &impl Serialize) -> Result<Value, PasskeyError> {
    let mut options = serde_json::to_value(options).map_err(|_| PasskeyError::State)?;
    Ok(json!({"publicKey": options["publicKey"].take()}))
}

fn written(value: &impl Serialize) -> Result<String, PasskeyError> {
    serde_json::to_string(value).map_err(|_| PasskeyError::State)
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, PasskeyError> {
    serde_json::from_str(text).map_err(|_| PasskeyError::State)
}

fn answer<T: DeserializeOwned>(text: &str) -> Result<T, PasskeyError> {
    if text.len() > RESPONSE_MAX {
        return Err(PasskeyError::Form);
    }
    serde_json::from_str(text).map_err(|_| PasskeyError::Form)
}

/// An answer to a log-in. Its `id` is its `rawId` in text (WebAuthn §5.1): the library finds the person by the one and
/// judges the other, so an answer with two is none.
fn assertion(text: &str) -> Result<PublicKeyCredential, PasskeyError> {
    let read: PublicKeyCredential = answer(text)?;
    match read.id == BASE64URL_NOPAD.encode(read.raw_id.as_ref()) {
        true => Ok(read),
        false => Err(PasskeyError::Form),
    }
}

fn refused(error: WebauthnError) -> PasskeyError {
    match error {
        WebauthnError::CredentialPossibleCompromise => PasskeyError::Copied,
        other => PasskeyError::Refused(other.to_string()),
    }
}
