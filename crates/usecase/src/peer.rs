//! Who is at the other end of a connection, as the transport knows it.

use crate::certificate::{Credential, identify};
use crate::cx::Inner;
use crate::error::{Error, Kind, Result};
use crate::token::authenticate;
use std::net::IpAddr;
use std::sync::Arc;
use tegata_domain::permit::Actor;

/// The other end of a connection.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// Its TLS client certificate (DER), of which the handshake proved possession only.
    pub certificate: Option<Arc<Vec<u8>>>,
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
pub async fn member(peer: &Peer, authorization: Option<&str>, cx: &Inner) -> Result<Actor> {
    let text = "this needs a token; send the header: Authorization: Bearer TOKEN";
    match (authorization.and_then(bearer), &peer.certificate) {
        (Some(_), Some(_)) => Err(two_identities()),
        (Some(token), None) => authenticate(token, cx).await,
        (None, _) => Err(Error::new(Kind::NoCredential, "no_credential", text)),
    }
}

/// Which device asks on a device route: a client certificate, never a token.
pub async fn device(peer: &Peer, authorization: Option<&str>, cx: &Inner) -> Result<Credential> {
    let text = "this needs the device's certificate as TLS client certificate";
    match (authorization, &peer.certificate) {
        (Some(_), Some(_)) => Err(two_identities()),
        (None, Some(der)) => identify(der, cx).await,
        (_, None) => Err(Error::new(Kind::NoCredential, "no_credential", text)),
    }
}
