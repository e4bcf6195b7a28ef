//! Where a form comes from: whether a page of ours sent it.
//!
//! Why three questions and not one: browsers answer each of them since different years, and none of them alone covers a
//! page of another site, a subdomain and an old browser. All three must hold, always (ADR 26).

use http::{HeaderMap, Uri};
use tegata_usecase::Cx;
use tegata_usecase::peer::Peer;

/// Whether browser and server agree that the page was ours. Who says nothing is judged by the form's token.
pub(crate) fn is_ours(headers: &HeaderMap, peer: &Peer, cx: &Cx) -> bool {
    let said = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let site = said("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    site && said("origin").is_none_or(|origin| is_own(origin, peer, cx))
}

fn is_own(origin: &str, peer: &Peer, cx: &Cx) -> bool {
    origin == cx.names.public_url || peer.address.to_canonical().is_loopback() && is_loopback(origin)
}

/// A page on this very machine, at any port: the demo, and who tries things out.
fn is_loopback(origin: &str) -> bool {
    let Ok(uri) = origin.parse::<Uri>() else { return false };
    let web = matches!(uri.scheme_str(), Some("http" | "https"));
    web && uri.host().is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]"))
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn loopback() {
        for own in ["http://localhost:8080", "https://127.0.0.1:8443", "http://[::1]:80"] {
            assert!(is_loopback(own), "{own}");
        }
        for other in ["http://localhost.example.com", "https://example.com", "null", "", "ftp://localhost"] {
            assert!(!is_loopback(other), "{other}");
        }
    }
}
