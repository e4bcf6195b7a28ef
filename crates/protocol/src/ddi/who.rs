//! Which device asks, and under which address it reached us.

use super::Refusal;
use super::reply::field;
use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use http::{HeaderMap, StatusCode, Uri, header};
use tegata_domain::device::Device;
use tegata_domain::enrolment;
use tegata_domain::number::Number;
use tegata_usecase::cx::{Inner, Names};
use tegata_usecase::peer::{self, Peer};
use tegata_usecase::{Cx, Error, device};
use tegata_wire::ddi::Base;

/// The device that asks for its own resources.
pub struct Who {
    /// The device.
    pub device: Device,
    /// Its address, for links.
    pub base: Base,
    peer: Peer,
    authorization: Option<String>,
    number: Number,
}

impl Who {
    /// Judged again, after a body that took its time: token, certificate, owner and condition as they stand now.
    pub async fn again(self, cx: &Cx) -> Result<Self, Refusal> {
        let device = peer::controller(&self.peer, self.authorization.as_deref(), Some(self.number), cx).await?;
        Ok(Who { device, ..self })
    }
}

impl FromRequestParts<Cx> for Who {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, cx: &Cx) -> Result<Self, Refusal> {
        let path = RawPathParams::from_request_parts(parts, cx).await.map_err(|_| {
            let words = ("NotReadable", "rest.path");
            Refusal::edge(StatusCode::BAD_REQUEST, words, "the path is no UTF-8")
        })?;
        let param = |name: &str| path.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value);
        let (tenant, number) = (param("tenant"), Number::parse(param("number")).ok());
        let peer = parts.extensions.get::<Peer>().ok_or_else(|| Error::internal("no peer"))?;
        let authorization = field(&parts.headers, header::AUTHORIZATION);
        let device = peer::controller(peer, authorization, number, cx).await?;
        if !is_tenant(tenant) {
            return Err(Error::not_found("tenant; use DEFAULT").into());
        }
        sign_of_life(&device, cx).await?;
        let number = cx.numbers.number(device.row.0).ok_or_else(|| Error::internal("no number key"))?;
        let origin = origin(reached(&parts.uri, &parts.headers), &cx.names);
        let base = Base::new(&origin, tenant, &number.to_string());
        let authorization = authorization.map(str::to_owned);
        Ok(Who { base, device, peer: peer.clone(), authorization, number })
    }
}

/// The host that the client named.
pub(super) fn reached<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    uri.authority().map(|authority| authority.as_str()).or(field(headers, header::HOST))
}

/// Every authenticated request of a device is a sign of life.
async fn sign_of_life(device: &Device, cx: &Inner) -> Result<(), Error> {
    // a held device is heard, but its life does not go on
    if enrolment::admits(device).is_ok() {
        device::heard(device, "update poll", cx).await?;
    }
    // a time that cannot be trusted is no time to write down
    if let Ok(now) = cx.clock.now() {
        cx.seen.note(device.row, now);
    }
    Ok(())
}

/// A tenant decides nothing, but it stands in links: letters, digits and `-._`, at most 64.
fn is_tenant(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
    (1..=64).contains(&text.len()) && text.bytes().all(plain) && !text.bytes().all(|b| b == b'.')
}

fn host(authority: &str) -> &str {
    match authority.strip_prefix('[').and_then(|v6| v6.split_once(']')) {
        Some((v6, _)) => v6,
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    }
}

/// A port, or nothing, follows the host.
fn is_authority(text: &str) -> bool {
    let rest = match text.strip_prefix('[') {
        Some(v6) => v6.split_once(']').map(|(_, rest)| rest),
        None => Some(text.find(':').map_or("", |at| &text[at..])),
    };
    rest.is_some_and(|rest| match rest.strip_prefix(':') {
        Some(port) => !port.is_empty() && port.len() <= 5 && port.bytes().all(|b| b.is_ascii_digit()),
        None => rest.is_empty(),
    })
}

fn is_loopback(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}

/// Scheme and host for links: those that the device reached, when they are ours; else the device URL.
fn origin(reached: Option<&str>, names: &Names) -> String {
    let own = |url: &str| host(url.split_once("://").map_or(url, |(_, rest)| rest)).to_ascii_lowercase();
    let (device, public) = (own(&names.device_url), own(&names.public_url));
    let ours = |authority: &&str| {
        let host = host(authority).to_ascii_lowercase();
        // who tries it out on loopback may use any of its names
        is_authority(authority) && (host == device || host == public || (is_loopback(&host) && is_loopback(&device)))
    };
    match reached.filter(ours) {
        Some(authority) => format!("https://{authority}"),
        None => names.device_url.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_where_the_device_came_from_when_that_is_ours() {
        let names = |device: &str| Names {
            public_url: "https://public.test".into(),
            device_url: device.into(),
            plain_url: "http://plain.test".into(),
        };
        let at = |reached| origin(reached, &names("https://devices.test:8443"));
        assert_eq!(at(Some("devices.test:8443")), "https://devices.test:8443");
        assert_eq!(at(Some("Devices.Test:9000")), "https://Devices.Test:9000", "through a port of its own");
        assert_eq!(at(Some("public.test")), "https://public.test");
        for other in ["evil.test", "127.0.0.1:1", "devices.test:1@evil.test", "devices.test:", "devices.test:x", ""] {
            assert_eq!(at(Some(other)), "https://devices.test:8443", "{other}");
        }
        assert_eq!(at(None), "https://devices.test:8443");
        let here = |reached| origin(Some(reached), &names("https://localhost:8443"));
        assert_eq!(here("127.0.0.1:4000"), "https://127.0.0.1:4000");
        assert_eq!(here("[::1]:4000"), "https://[::1]:4000");
        assert_eq!(here("[::1]x"), "https://localhost:8443");
    }

    #[test]
    fn tenants() {
        assert!(is_tenant("DEFAULT") && is_tenant("my-tenant_1.x"));
        assert!(
            !is_tenant("") && !is_tenant("..") && !is_tenant("a/b") && !is_tenant("a b") && !is_tenant(&"x".repeat(65))
        );
    }
}
