//! Who is at the other end of a connection, as the transport knows it.

use crate::certificate::{Credential, identify, known};
use crate::cx::Inner;
use crate::error::{Error, Kind, Result};
use crate::token::authenticate;
use crate::{action, target_token};
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use tegata_domain::certificate::CertificateKind;
use tegata_domain::device::Device;
use tegata_domain::enrolment::{self, EnrolmentError};
use tegata_domain::number::Number;
use tegata_domain::permit::Actor;
use tegata_keys::digest;

/// The other end of a connection.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// Its TLS client certificate (DER), of which the handshake proved possession only.
    pub certificate: Option<Arc<ClientCertificate>>,
}

/// A client certificate (DER).
#[derive(Debug)]
pub struct ClientCertificate {
    der: Vec<u8>,
    digest: OnceLock<[u8; 32]>,
}

impl From<Vec<u8>> for ClientCertificate {
    fn from(der: Vec<u8>) -> Self {
        ClientCertificate { der, digest: OnceLock::new() }
    }
}

impl Deref for ClientCertificate {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.der
    }
}

impl ClientCertificate {
    /// Its SHA-256, once a connection.
    fn digest(&self) -> [u8; 32] {
        *self.digest.get_or_init(|| digest::sha256(&self.der))
    }
}

/// The one credential of a poll, as its SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// A device's token.
    Token([u8; 32]),
    /// A client certificate.
    Certificate([u8; 32]),
}

/// What a poll shows. `None` where that is nothing, two things, or of another scheme: [`controller`] says what is wrong.
pub fn polling(peer: &Peer, authorization: Option<&str>) -> Option<Shown> {
    match (authorization, &peer.certificate) {
        (Some(text), None) => Some(Shown::Token(digest::sha256(target_token(text)?.as_bytes()))),
        (None, Some(certificate)) => Some(Shown::Certificate(certificate.digest())),
        (Some(_), Some(_)) | (None, None) => None,
    }
}

fn two_identities() -> Error {
    let text = "two identities in one request; show either a token or a client certificate";
    Error::invalid("two_identities", text)
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Who asks on the API: a bearer token, never a client certificate.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "peer::member", skip_all)]
pub async fn member(peer: &Peer, authorization: Option<&str>, cx: &Inner) -> Result<Actor> {
    let text = "this needs a token; send the header: Authorization: Bearer TOKEN";
    match (authorization.and_then(bearer), &peer.certificate) {
        (Some(_), Some(_)) => Err(two_identities()),
        (Some(token), None) => authenticate(token, cx).await,
        (None, _) => Err(Error::new(Kind::NoCredential, "no_credential", text)),
    }
}

/// Which certificate a device shows on a device route: never beside a token.
fn shown<'a>(peer: &'a Peer, authorization: Option<&str>) -> Result<&'a [u8]> {
    let text = "this needs the device's certificate as TLS client certificate";
    match (authorization, &peer.certificate) {
        (Some(_), Some(_)) => Err(two_identities()),
        (None, Some(der)) => Ok(der),
        (_, None) => Err(Error::new(Kind::NoCredential, "no_credential", text)),
    }
}

/// Which device asks on a device route: a client certificate, never a token.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "peer::device", skip_all)]
pub async fn device(peer: &Peer, authorization: Option<&str>, cx: &Inner) -> Result<Credential> {
    identify(shown(peer, authorization)?, cx).await
}

/// Which device says that it ended: as [`device`], and one that is quarantined or recalled too. To erase what it holds
/// is no service.
pub async fn ending(peer: &Peer, authorization: Option<&str>, cx: &Inner) -> Result<Credential> {
    let credential = known(shown(peer, authorization)?, cx).await?;
    match enrolment::admits(&credential.device) {
        Ok(()) | Err(EnrolmentError::Quarantined | EnrolmentError::Recalled) => Ok(credential),
        Err(why) => Err(Error::denied("life", why)),
    }
}

/// Which device asks for its updates: by a client certificate, or by the token of the device in the address, never both.
/// One that is held may ask only while a remedy is there for it; what is another's is not there.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "peer::controller", skip_all)]
pub async fn controller(
    peer: &Peer,
    authorization: Option<&str>,
    number: Option<Number>,
    cx: &Inner,
) -> Result<Device> {
    let text = "this needs the device's certificate as TLS client certificate, or the header Authorization: \
                TargetToken TOKEN";
    let none = || Error::new(Kind::NoCredential, "no_credential", text);
    let device = match (authorization, &peer.certificate) {
        (Some(_), Some(_)) => return Err(two_identities()),
        (None, Some(der)) => {
            let Credential { certificate, device } = known(der, cx).await?;
            if certificate.kind == CertificateKind::Ldevid && certificate.period != device.period {
                return Err(Error::denied("life", EnrolmentError::EarlierOwner));
            }
            device
        }
        (Some(text), None) => {
            let token = target_token(text).ok_or_else(none)?;
            target_token::authenticate(number, token, cx).await?
        }
        (None, None) => return Err(none()),
    };
    if let Err(why) = enrolment::admits(&device) {
        let held = matches!(why, EnrolmentError::Quarantined | EnrolmentError::Recalled);
        if !held || !action::remedy(&device, cx).await? {
            return Err(Error::denied("life", why));
        }
    }
    match number.and_then(|number| cx.numbers.row(number)) == Some(device.row.0) {
        true => Ok(device),
        false => Err(Error::not_found("device under this certificate; its address ends with its own number")),
    }
}

fn target_token(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("targettoken").then(|| token.trim())
}
