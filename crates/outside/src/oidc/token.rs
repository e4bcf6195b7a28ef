//! ID tokens (OpenID Connect Core §2, §3.1.3.7): who signed them, for whom, when, and in answer to what.
//!
//! Why the claims are judged here: the library reads the clock, and passes over some of the rules; it is asked for the
//! signature alone (RFC 7515 §5.2).
//! Invariant: only RS256, ES256 and EdDSA, each with a key of its own kind; `none` and keyed digests are not even read.

use super::document::Keys;
use aws_lc_rs::constant_time;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde_json::{Map, Value};
use std::time::Duration;
use tegata_domain::time::Timestamp;

/// Bytes of a token.
pub const TOKEN_MAX: usize = 16 * 1024;

/// How far the provider's clock may be from ours.
const APART: Duration = Duration::from_secs(60);

/// How old a token may be that was just asked for.
const AGE_MAX: Duration = Duration::from_secs(600);

/// Bytes of a subject (Core §2).
const SUBJECT_MAX: usize = 255;

/// What a token must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Who signed it.
    pub issuer: &'a str,
    /// For whom.
    pub client: &'a str,
    /// In answer to what.
    pub nonce: &'a str,
    /// The person proved herself no earlier than this.
    pub anew: Option<Timestamp>,
    /// The present.
    pub now: Timestamp,
}

/// Why a token does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is no signed token, or one with demands that we do not know.
    #[error("it has no form that we know")]
    Form,
    /// Its algorithm is none of RS256, ES256, EdDSA.
    #[error("its algorithm is none of RS256, ES256 and EdDSA")]
    Algorithm,
    /// The key that it names is none of the provider's.
    #[error("its key is none of the provider's")]
    Key,
    /// No key of the provider signed it.
    #[error("its signature does not hold")]
    Signature,
    /// `iss`.
    #[error("another issuer made it")]
    Issuer,
    /// `aud`, `azp`.
    #[error("it was made for another client")]
    Audience,
    /// `nonce`.
    #[error("it answers another request")]
    Nonce,
    /// `exp`.
    #[error("its time is over")]
    Expired,
    /// `iat`, `nbf`.
    #[error("it was not made just now; compare the clocks")]
    Time,
    /// `auth_time`.
    #[error("the person did not prove herself anew")]
    Stale,
    /// `sub`.
    #[error("it names nobody")]
    Subject,
}

/// Whom a token names, if it holds.
pub fn verify(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<String, Fault> {
    judge(&signed(token, keys)?, expected)
}

/// The claims, once a key of the provider is known to have signed them.
fn signed(token: &str, keys: &Keys) -> Result<Map<String, Value>, Fault> {
    if token.len() > TOKEN_MAX || token.bytes().filter(|byte| *byte == b'.').count() != 2 {
        return Err(Fault::Form);
    }
    let header = decode_header(token).map_err(|_| Fault::Form)?;
    // RFC 7515 §4.1.11: what must be understood and is not
    if header.crit.is_some() || header.enc.is_some() || header.zip.is_some() {
        return Err(Fault::Form);
    }
    if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256 | Algorithm::EdDSA) {
        return Err(Fault::Algorithm);
    }
    let mut only = Validation::new(header.alg);
    only.required_spec_claims.clear();
    (only.validate_exp, only.validate_nbf, only.validate_aud) = (false, false, false);
    let mut fault = Fault::Key;
    for key in keys.of(header.alg, header.kid.as_deref()) {
        match decode::<Map<String, Value>>(token, key, &only) {
            Ok(held) => return Ok(held.claims),
            Err(_) => fault = Fault::Signature,
        }
    }
    Err(fault)
}

fn judge(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<String, Fault> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(expected.issuer) {
        return Err(Fault::Issuer);
    }
    audience(claims, expected.client)?;
    let nonce = text("nonce").unwrap_or_default();
    if constant_time::verify_slices_are_equal(nonce.as_bytes(), expected.nonce.as_bytes()).is_err() {
        return Err(Fault::Nonce);
    }
    times(claims, expected)?;
    let subject = text("sub").filter(|sub| (1..=SUBJECT_MAX).contains(&sub.len()) && !sub.contains(char::is_control));
    subject.map(str::to_owned).ok_or(Fault::Subject)
}

/// Made for us, and where for others too, asked for by us (Core §3.1.3.7, 3 to 5).
fn audience(claims: &Map<String, Value>, client: &str) -> Result<(), Fault> {
    let (ours, alone) = match claims.get("aud") {
        Some(Value::String(one)) => (one == client, true),
        Some(Value::Array(many)) => (many.iter().any(|one| one == client), many.len() == 1),
        _ => (false, false),
    };
    let asked = match claims.get("azp") {
        Some(azp) => azp == client,
        None => alone,
    };
    if ours && asked { Ok(()) } else { Err(Fault::Audience) }
}

fn times(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<(), Fault> {
    let now = expected.now;
    let at = |name: &str| claims.get(name).map(moment);
    let expires = at("exp").flatten().ok_or(Fault::Expired)?;
    if now.minus(APART) >= expires {
        return Err(Fault::Expired);
    }
    let made = at("iat").flatten().ok_or(Fault::Time)?;
    let begins = at("nbf").unwrap_or(Some(made)).ok_or(Fault::Time)?;
    let latest = now.plus(APART);
    if made > latest || begins > latest || made.plus(AGE_MAX) < now {
        return Err(Fault::Time);
    }
    if let Some(since) = expected.anew {
        let proved = at("auth_time").flatten().ok_or(Fault::Stale)?;
        if proved < since.minus(APART) {
            return Err(Fault::Stale);
        }
    }
    Ok(())
}

/// NumericDate (RFC 7519 §2): seconds since 1970, perhaps with a part.
fn moment(value: &Value) -> Option<Timestamp> {
    let seconds = value.as_f64().filter(|seconds| (0.0..253_402_300_800.0).contains(seconds))?;
    Some(Timestamp::from_millis((seconds * 1000.0) as i64))
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
