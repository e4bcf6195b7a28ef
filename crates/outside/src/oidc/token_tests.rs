//! ID tokens signed here, over keys that the provider's set names, and every way in which one may not hold.

use super::super::document::Keys;
use super::*;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::json;

const NOW: i64 = 1_790_000_000;

#[expect(clippy::disallowed_methods, reason = "keys of a test's own provider")]
fn random() -> SystemRandom {
    SystemRandom::new()
}

enum Signer {
    Ed(Ed25519KeyPair),
    Ec(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl Signer {
    fn ed() -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&random()).unwrap();
        Signer::Ed(Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap())
    }

    fn ec() -> Self {
        Signer::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    fn rsa() -> Self {
        Signer::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Signer::Ed(_) => "EdDSA",
            Signer::Ec(_) => "ES256",
            Signer::Rsa(_) => "RS256",
        }
    }

    fn jwk(&self, id: &str) -> Value {
        let text = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        match self {
            Signer::Ed(key) => json!({"kty": "OKP", "crv": "Ed25519", "x": text(key.public_key().as_ref()), "kid": id}),
            Signer::Ec(key) => {
                let point = key.public_key().as_ref();
                json!({"kty": "EC", "crv": "P-256", "x": text(&point[1..33]), "y": text(&point[33..]), "kid": id})
            }
            Signer::Rsa(key) => {
                // RSAPublicKey (RFC 8017 A.1.1) of 2,048 bits: n begins at byte 9, e is 65537
                let n = &key.public_key().as_ref()[9..265];
                json!({"kty": "RSA", "n": text(n), "e": "AQAB", "kid": id})
            }
        }
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = match self {
            Signer::Ed(key) => key.sign(message.as_bytes()).as_ref().to_vec(),
            Signer::Ec(key) => key.sign(&random(), message.as_bytes()).unwrap().as_ref().to_vec(),
            Signer::Rsa(key) => {
                let mut out = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random(), message.as_bytes(), &mut out).unwrap();
                out
            }
        };
        format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))
    }

    fn header(&self) -> Value {
        json!({"alg": self.algorithm(), "kid": "one", "typ": "JWT"})
    }
}

fn claims() -> Value {
    json!({
        "iss": "https://id.example.com", "aud": "tegata", "sub": "anna-7", "nonce": "n-1",
        "iat": NOW, "exp": NOW + 300, "email": "ignored@example.com",
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn keys(of: &[(&Signer, &str)]) -> Keys {
    let all: Vec<Value> = of.iter().map(|(signer, id)| signer.jwk(id)).collect();
    Keys::parse(json!({"keys": all}).to_string().as_bytes()).unwrap()
}

fn expected() -> Expected<'static> {
    let now = Timestamp::from_millis(NOW * 1000);
    Expected { issuer: "https://id.example.com", client: "tegata", nonce: "n-1", anew: None, now }
}

/// Judges claims that are signed as they should be.
fn check(claims: &Value, expect: Result<&str, Fault>) {
    let claims = claims.as_object().unwrap();
    assert_eq!(judge(claims, &expected()), expect.map(str::to_owned), "{claims:?}");
}

#[test]
fn three_kinds_of_signature_hold() {
    for signer in [Signer::ed(), Signer::ec(), Signer::rsa()] {
        let keys = keys(&[(&signer, "one")]);
        let token = signer.sign(&signer.header(), &claims());
        assert_eq!(verify(&token, &keys, &expected()), Ok("anna-7".to_owned()), "{}", signer.algorithm());
        let unnamed = signer.sign(&json!({"alg": signer.algorithm()}), &claims());
        assert_eq!(verify(&unnamed, &keys, &expected()), Ok("anna-7".to_owned()));
    }
}

#[test]
fn nothing_holds_that_the_providers_keys_did_not_sign() {
    let (ours, other, ec) = (Signer::ed(), Signer::ed(), Signer::ec());
    let keys = keys(&[(&ours, "one"), (&ec, "two")]);
    let faults = [
        (other.sign(&ours.header(), &claims()), Fault::Signature),
        (ours.sign(&json!({"alg": "EdDSA", "kid": "three"}), &claims()), Fault::Key),
        // the key that it names signs in another way
        (ours.sign(&json!({"alg": "EdDSA", "kid": "two"}), &claims()), Fault::Key),
        (other.sign(&json!({"alg": "EdDSA"}), &claims()), Fault::Signature),
        (ours.sign(&json!({"alg": "ES256", "kid": "two"}), &claims()), Fault::Signature),
        (ours.sign(&json!({"alg": "none"}), &claims()), Fault::Form),
        (ours.sign(&json!({"alg": "HS256", "kid": "one"}), &claims()), Fault::Algorithm),
        (ours.sign(&json!({"alg": "RS512", "kid": "one"}), &claims()), Fault::Algorithm),
        (ours.sign(&json!({"alg": "EdDSA", "kid": "one", "crit": ["b64"], "b64": false}), &claims()), Fault::Form),
        (String::new(), Fault::Form),
        ("..".to_owned(), Fault::Form),
        ("a".repeat(TOKEN_MAX + 1), Fault::Form),
    ];
    for (token, fault) in faults {
        assert_eq!(verify(&token, &keys, &expected()), Err(fault), "{token}");
    }
    let token = ours.sign(&ours.header(), &claims());
    let (message, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = message.split_once('.').unwrap();
    let forged = BASE64URL_NOPAD.encode(with("sub", json!("root")).to_string().as_bytes());
    assert_eq!(verify(&format!("{header}.{forged}.{signature}"), &keys, &expected()), Err(Fault::Signature));
    assert_eq!(verify(&format!("{message}."), &keys, &expected()), Err(Fault::Signature));
    assert_eq!(verify(message, &keys, &expected()), Err(Fault::Form));
    assert_eq!(verify(&format!("{token}."), &keys, &expected()), Err(Fault::Form));
}

#[test]
fn it_is_this_issuers_for_us() {
    check(&claims(), Ok("anna-7"));
    for iss in [json!("https://id.example.com/"), json!(["https://id.example.com"]), Value::Null] {
        check(&with("iss", iss), Err(Fault::Issuer));
    }
    check(&with("aud", json!(["tegata"])), Ok("anna-7"));
    for aud in [json!("other"), json!([]), json!(["other"]), json!("tegata "), json!(7), json!(["tegata", "other"])] {
        check(&with("aud", aud), Err(Fault::Audience));
    }
    check(&with("azp", json!("tegata")), Ok("anna-7"));
    check(&with("azp", json!("other")), Err(Fault::Audience));
    let mut both = with("aud", json!(["other", "tegata"]));
    both["azp"] = json!("tegata");
    check(&both, Ok("anna-7"));
    both["azp"] = json!("other");
    check(&both, Err(Fault::Audience));
    check(&without("aud"), Err(Fault::Audience));
}

#[test]
fn it_answers_what_was_asked_and_names_somebody() {
    check(&with("nonce", json!("n-2")), Err(Fault::Nonce));
    check(&without("nonce"), Err(Fault::Nonce));
    for sub in [json!(""), json!("a".repeat(256)), json!("a\nb"), json!(7)] {
        check(&with("sub", sub), Err(Fault::Subject));
    }
    check(&without("sub"), Err(Fault::Subject));
}

#[test]
fn its_time_is_now() {
    let cases = [
        (with("exp", json!(NOW - 59)), None),
        (with("exp", json!(NOW - 60)), Some(Fault::Expired)),
        (with("exp", json!("soon")), Some(Fault::Expired)),
        (without("exp"), Some(Fault::Expired)),
        (with("exp", json!(1e300)), Some(Fault::Expired)),
        (with("iat", json!(NOW + 60)), None),
        (with("iat", json!(NOW + 61)), Some(Fault::Time)),
        (with("iat", json!(NOW - 600)), None),
        (with("iat", json!(NOW - 601)), Some(Fault::Time)),
        (with("iat", json!(-1)), Some(Fault::Time)),
        (without("iat"), Some(Fault::Time)),
        (with("nbf", json!(NOW + 60)), None),
        (with("nbf", json!(NOW + 61)), Some(Fault::Time)),
        (with("nbf", json!("now")), Some(Fault::Time)),
        (with("iat", json!(NOW as f64 + 0.5)), None),
    ];
    for (claims, fault) in cases {
        check(&claims, fault.map_or(Ok("anna-7"), Err));
    }
}

#[test]
fn who_was_asked_to_prove_herself_anew_did() {
    let expected = Expected { anew: Some(Timestamp::from_millis(NOW * 1000)), ..expected() };
    let cases = [(NOW, Ok("anna-7")), (NOW - 60, Ok("anna-7")), (NOW - 61, Err(Fault::Stale))];
    for (at, expect) in cases {
        let claims = with("auth_time", json!(at));
        assert_eq!(judge(claims.as_object().unwrap(), &expected), expect.map(str::to_owned), "{at}");
    }
    assert_eq!(judge(claims().as_object().unwrap(), &expected), Err(Fault::Stale));
}
