//! The sign of life: tells version, credential, session token and highest head; takes the next token, and what to do.
//!
//! Order of writes: first the head, then the token. A cut between answer and token shows the old token again, which the
//! platform takes for a lost answer, not for a copy.

use crate::credential;
use crate::cx::Cx;
use crate::enrol::{fetch_log_keys, verifiers};
use crate::error::Result;
use crate::head;
use crate::link::{Link, LinkError};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use tegata_domain::chance::bytes;
pub use tegata_wire::heartbeat::Answer;
use tegata_wire::heartbeat::Request;

/// The session token of the last answer.
pub const TOKEN: &str = "token";
/// The device's management number, as the platform told it.
pub const NUMBER: &str = "number";

/// The management number as the platform writes it, once it told it; else as it is configured. A configured number wins
/// over a folder that is another device's.
pub fn number(cx: &Cx) -> Result<Option<String>> {
    let told = cx.folder.text(NUMBER)?.filter(|number| crate::config::is_segment(number));
    Ok(match (told, &cx.config.number) {
        (Some(told), Some(own)) if plain(&told) != plain(own) => Some(own.clone()),
        (told, own) => told.or_else(|| own.clone()),
    })
}

/// A token that was lost or is none is not sent: the platform then begins anew.
fn token(cx: &Cx) -> Result<Option<String>> {
    Ok(cx.folder.text(TOKEN)?.filter(|token| is_token(token)))
}

/// 32 bytes in base64url.
fn is_token(token: &str) -> bool {
    token.len() == 43 && BASE64_URL_SAFE_NO_PAD.decode(token).is_ok_and(|bytes| bytes.len() == 32)
}

/// Sends one. An answer with a head that is refused changes nothing at all.
pub fn beat(cx: &Cx, link: &Link, version: Option<&str>) -> Result<Answer> {
    let mut keys = verifiers(cx)?;
    if keys.is_empty() {
        // the enrolment was cut before it came to them
        fetch_log_keys(cx)?;
        keys = verifiers(cx)?;
    }
    let nonce = BASE64_URL_SAFE_NO_PAD.encode(bytes::<16>(&*cx.chance));
    let request = Request {
        version: version.map(str::to_owned),
        credential: credential::read(cx)?,
        token: token(cx)?,
        head: head::read(cx),
        nonce: Some(nonce.clone()),
    };
    let sent = link.send(&link.url("/agent/v1/heartbeat"), request.json());
    let answer = Answer::parse(&sent.map_err(LinkError::judged)?).map_err(LinkError::answer)?;
    let known = number(cx)?;
    if !crate::config::is_segment(&answer.number) {
        return Err(LinkError::answer("the management number is none").into());
    }
    if known.as_deref().is_some_and(|known| plain(known) != plain(&answer.number)) {
        return Err(LinkError::answer("it is for another device").into());
    }
    if !is_token(&answer.token) {
        return Err(LinkError::answer("the session token is none").into());
    }
    let head = head::check(&answer.head.note, &answer.number, &nonce, &keys)?;
    if head != answer.head.head {
        return Err(LinkError::answer("the head is not the one that is signed").into());
    }
    head::advance(cx, head, &answer.head.note)?;
    if known.as_ref() != Some(&answer.number) {
        cx.folder.save(NUMBER, answer.number.as_bytes())?;
    }
    cx.folder.save(TOKEN, answer.token.as_bytes())?;
    Ok(answer)
}

/// A management number without its hyphens and cases: what makes two the same.
pub fn plain(number: &str) -> String {
    number.replace('-', "").to_ascii_uppercase()
}
