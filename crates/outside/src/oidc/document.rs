//! What a provider says of itself: its document (OpenID Connect Discovery 1.0 §3), its keys (RFC 7517) and its answer
//! with a token (Core §3.1.3.3).
//!
//! Invariant: an address that is taken from here is HTTPS, or plain on loopback where the issuer is; nothing else is ever
//! asked for.

use super::OidcError;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;
use url::{Host, Url};

/// Bytes of any of its answers.
pub const ANSWER_MAX: u64 = 64 * 1024;

/// Bytes of an address.
const ADDRESS_MAX: usize = 2048;

/// Keys of a provider that are looked at.
const KEYS_MAX: usize = 32;

fn answer(why: &str) -> OidcError {
    OidcError::Answer(why.to_owned())
}

/// Whether an address leads to this machine.
pub(super) fn is_loopback(address: &Url) -> bool {
    match address.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// An address that may be asked, or that a browser may be sent to.
pub(super) fn endpoint(text: &str, plain: bool) -> Option<Url> {
    let address = Url::parse(text).ok().filter(|_| text.len() <= ADDRESS_MAX)?;
    let kind = match address.scheme() {
        "https" => true,
        "http" => plain && is_loopback(&address),
        _ => false,
    };
    let bare = address.username().is_empty() && address.password().is_none() && address.fragment().is_none();
    (kind && bare && address.has_host()).then_some(address)
}

/// A provider's document, as far as one flow needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Where people prove themselves.
    pub authorization: Url,
    /// Where a code becomes a token.
    pub token: Url,
    /// Where its keys are.
    pub keys: Url,
    /// Whether it takes our secret as HTTP Basic; else in the form.
    pub basic: bool,
    /// Whether it names itself in what it sends back (RFC 9207 §3).
    pub names_itself: bool,
}

impl Document {
    /// Reads a document that `issuer` must have said of itself (Discovery §4.3). `plain`: the issuer is on loopback.
    pub fn parse(bytes: &[u8], issuer: &str, plain: bool) -> Result<Self, OidcError> {
        let value = object(bytes)?;
        if value.get("issuer").and_then(Value::as_str) != Some(issuer) {
            return Err(answer("its document names another issuer than oidc.issuer"));
        }
        let address = |name: &str| {
            let text = value.get(name).and_then(Value::as_str);
            let wrong = || answer(&format!("{name} in its document is no address that may be asked"));
            text.and_then(|text| endpoint(text, plain)).ok_or_else(wrong)
        };
        let ways = value.get("token_endpoint_auth_methods_supported").and_then(Value::as_array);
        let basic = ways.is_none_or(|ways| ways.iter().any(|way| way == "client_secret_basic"));
        let names_itself = value.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true));
        Ok(Document {
            authorization: address("authorization_endpoint")?,
            token: address("token_endpoint")?,
            keys: address("jwks_uri")?,
            basic,
            names_itself,
        })
    }
}

/// A key that signs ID tokens.
struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

/// A provider's keys, as far as they sign in a way that we take.
#[derive(Default)]
pub struct Keys(Vec<Key>);

impl Keys {
    /// Reads a set of keys (RFC 7517 §5). What is no key for RS256, ES256 or EdDSA is passed over, as §5 says.
    pub fn parse(bytes: &[u8]) -> Result<Self, OidcError> {
        let value = object(bytes)?;
        let keys = value.get("keys").and_then(Value::as_array).ok_or_else(|| answer("its keys are no set of keys"))?;
        Ok(Keys(keys.iter().take(KEYS_MAX).filter_map(key).collect()))
    }

    /// The keys that a token of this algorithm may be signed with: the one that it names, else all.
    pub fn of<'k>(&'k self, algorithm: Algorithm, id: Option<&'k str>) -> impl Iterator<Item = &'k DecodingKey> {
        let fits = move |key: &&Key| key.algorithm == algorithm && (id.is_none() || key.id.as_deref() == id);
        self.0.iter().filter(fits).map(|key| &key.key)
    }
}

fn key(value: &Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(value.clone()).ok()?;
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Algorithm::ES256,
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => Algorithm::EdDSA,
        _ => return None,
    };
    let signs = matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature));
    let named = jwk.common.key_algorithm.is_none_or(|name| name == algorithm.into());
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    (signs && named).then_some(Key { id: jwk.common.key_id, algorithm, key })
}

/// The ID token in the answer to a code.
pub fn id_token(bytes: &[u8]) -> Result<String, OidcError> {
    let value = object(bytes)?;
    let token = value.get("id_token").and_then(Value::as_str);
    token.map(str::to_owned).ok_or_else(|| answer("there is no ID token in it"))
}

fn object(bytes: &[u8]) -> Result<Value, OidcError> {
    let value = serde_json::from_slice(bytes).ok().filter(Value::is_object);
    value.ok_or_else(|| answer("it is no JSON object"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ISSUER: &str = "https://id.example.com";

    fn said() -> Value {
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://id.example.com/authorize?realm=1",
            "token_endpoint": "https://api.example.com/token",
            "jwks_uri": "https://id.example.com/keys",
        })
    }

    fn parse(value: &Value) -> Result<Document, OidcError> {
        Document::parse(value.to_string().as_bytes(), ISSUER, false)
    }

    #[test]
    fn a_document_is_the_issuers_own() {
        let document = parse(&said()).unwrap();
        assert!(document.basic && !document.names_itself);
        assert_eq!(document.token.as_str(), "https://api.example.com/token");
        let mut other = said();
        other["issuer"] = json!("https://id.example.com/");
        assert!(matches!(parse(&other), Err(OidcError::Answer(why)) if why.contains("another issuer")));
        let mut post = said();
        post["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"]);
        post["authorization_response_iss_parameter_supported"] = json!(true);
        let document = parse(&post).unwrap();
        assert!(!document.basic && document.names_itself);
        assert!(Document::parse(b"[]", ISSUER, false).is_err());
        assert!(Document::parse(b"", ISSUER, false).is_err());
    }

    #[test]
    fn addresses_lead_over_tls_or_to_this_machine() {
        let bad = [
            json!("http://id.example.com/a"),
            json!("http://127.0.0.1/a"),
            json!("file:///etc/passwd"),
            json!("https://user:secret@id.example.com/a"),
            json!("https://id.example.com/a#b"),
            json!("/a"),
            json!(format!("https://id.example.com/{}", "a".repeat(ADDRESS_MAX))),
            json!(7),
            Value::Null,
        ];
        for name in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
            for bad in &bad {
                let mut value = said();
                value[name] = bad.clone();
                assert!(matches!(parse(&value), Err(OidcError::Answer(why)) if why.contains(name)), "{name} {bad}");
            }
        }
        assert!(endpoint("http://127.0.0.1:5000/a", true).is_some());
        assert!(endpoint("http://192.0.2.1/a", true).is_none());
    }

    #[test]
    fn keys_that_sign_in_another_way_are_passed_over() {
        let ed =
            json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "a"});
        let with = |name: &str, value: Value| {
            let mut key = ed.clone();
            key[name] = value;
            key
        };
        let keys = json!({"keys": [
            ed, with("use", json!("enc")), with("alg", json!("HS256")), with("crv", json!("X25519")), with("x", json!(7)),
            json!({"kty": "oct", "k": "c2VjcmV0", "kid": "a"}), json!({"kty": "new"}), json!("text"),
            with("kid", json!("b")),
        ]});
        let keys = Keys::parse(keys.to_string().as_bytes()).unwrap();
        assert_eq!(keys.0.len(), 2);
        assert_eq!(keys.of(Algorithm::EdDSA, None).count(), 2);
        assert_eq!(keys.of(Algorithm::EdDSA, Some("a")).count(), 1);
        assert_eq!(keys.of(Algorithm::EdDSA, Some("c")).count(), 0);
        assert_eq!(keys.of(Algorithm::HS256, None).count(), 0);
        assert!(Keys::parse(b"{}").is_err());
        let many = json!({"keys": vec![ed; 100]});
        assert_eq!(Keys::parse(many.to_string().as_bytes()).unwrap().0.len(), KEYS_MAX);
    }
}
