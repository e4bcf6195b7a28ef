//! A provider that lies, is slow or changes its keys: what a real one never shows. The honest flow against a real one
//! stands in `tests/foreign/47-provider.sh`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

#[path = "../../testkit/src/provider.rs"]
mod provider;

use aws_lc_rs::signature::Ed25519KeyPair;
use data_encoding::BASE64URL_NOPAD;
use provider::{Page, Server, document, keys, signed, signer};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Mutex;
use std::time::Duration;
use tegata_domain::chance::Chance;
use tegata_domain::time::Timestamp;
use tegata_outside::oidc::{Back, Begun, Identity, OidcError, Provider, Settings, token};

const NOW: i64 = 1_790_000_000;

struct Counting(Mutex<u8>);

impl Chance for Counting {
    fn fill(&self, out: &mut [u8]) {
        let mut next = self.0.lock().unwrap();
        out.fill_with(|| {
            *next = next.wrapping_add(1);
            *next
        });
    }
}

fn now() -> Timestamp {
    Timestamp::from_millis(NOW * 1000)
}

struct World {
    server: Server,
    provider: Provider,
}

/// A provider that is honest until a test says otherwise.
fn world() -> World {
    let server = Server::start();
    let base = server.base.clone();
    server.put("/.well-known/openid-configuration", Page::json(&document(&base)));
    server.put("/keys", keys(&[("one", &signer(1))]));
    let provider = Provider::new(Settings {
        issuer: base,
        client_id: "tegata".into(),
        client_secret: Some("s3cret+".into()),
        redirect: "https://tegata.example.com/login/provider/back".into(),
        trust: None,
    });
    World { server, provider: provider.unwrap() }
}

impl World {
    fn begin(&self) -> (BTreeMap<String, String>, Begun) {
        let (address, begun) = self.provider.begin(false, now(), &Counting(Mutex::new(0))).unwrap();
        let address = url::Url::parse(&address).unwrap();
        assert_eq!(address.path(), "/authorize");
        (address.query_pairs().into_owned().collect(), begun)
    }

    fn claims(&self, query: &BTreeMap<String, String>) -> Value {
        let base = &self.server.base;
        json!({"iss": base, "aud": "tegata", "sub": "anna-7", "nonce": query["nonce"], "iat": NOW, "exp": NOW + 300})
    }

    fn back(&self, query: &BTreeMap<String, String>) -> Back {
        let code = Some("c0de".to_owned());
        Back { state: query.get("state").cloned(), code, iss: Some(self.server.base.clone()), error: None }
    }

    fn answer(&self, id: &str, key: &Ed25519KeyPair, claims: &Value) {
        let token = signed(id, key, claims);
        let answer = json!({"access_token": "unused", "token_type": "Bearer", "id_token": token});
        self.server.put("/token", Page::json(&answer));
    }

    /// A whole log-in whose token says what `change` made of it.
    fn log_in(&self, change: impl FnOnce(&mut Value)) -> Result<Identity, OidcError> {
        let (query, begun) = self.begin();
        let mut claims = self.claims(&query);
        change(&mut claims);
        self.answer("one", &signer(1), &claims);
        self.provider.finish(&begun, &self.back(&query), now())
    }
}

#[test]
fn a_log_in_asks_for_what_the_standard_says() {
    let world = world();
    let (query, begun) = world.begin();
    let given = |name: &str| query[name].as_str();
    assert_eq!((given("response_type"), given("scope"), given("client_id")), ("code", "openid", "tegata"));
    assert_eq!(given("code_challenge_method"), "S256");
    world.answer("one", &signer(1), &world.claims(&query));
    let who = world.provider.finish(&Begun::parse(&begun.text()).unwrap(), &world.back(&query), now()).unwrap();
    assert_eq!((&*who.subject, &*who.issuer), ("anna-7", &*world.server.base));
    let asked = world.server.asked.lock().unwrap();
    let (_, head, form) = asked.iter().find(|(path, ..)| path == "/token").unwrap();
    assert!(head.to_ascii_lowercase().contains("authorization: basic dgvnyxrhonmzy3jldcuyqg=="), "{head}");
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    assert_eq!((&*form["grant_type"], &*form["code"]), ("authorization_code", "c0de"));
    assert_eq!(form["redirect_uri"], given("redirect_uri"));
    assert!(!form.contains_key("client_secret"));
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, form["code_verifier"].as_bytes());
    assert_eq!(BASE64URL_NOPAD.encode(digest.as_ref()), given("code_challenge"), "RFC 7636 §4.2");
    assert_eq!(form["code_verifier"].len(), 43);
}

#[test]
fn one_answer_of_the_provider_serves_many() {
    let world = world();
    for _ in 0..3 {
        assert!(world.log_in(|_| {}).is_ok());
    }
    assert_eq!(world.server.count("/.well-known/openid-configuration"), 1);
    assert_eq!(world.server.count("/keys"), 1);
}

#[test]
fn what_was_not_begun_here_is_not_taken() {
    let world = world();
    let (query, begun) = world.begin();
    world.answer("one", &signer(1), &world.claims(&query));
    let back = world.back(&query);
    let other = BASE64URL_NOPAD.encode(&[9; 32]);
    let foreign = [
        Back { state: Some(other), ..back.clone() },
        Back { state: None, ..back.clone() },
        Back { code: None, ..back.clone() },
        Back { code: Some(String::new()), ..back.clone() },
        Back { code: Some("c".repeat(5000)), ..back.clone() },
        Back { iss: Some("https://evil.example.com".into()), ..back.clone() },
        Back { iss: None, ..back.clone() },
    ];
    for back in foreign {
        assert_eq!(world.provider.finish(&begun, &back, now()), Err(OidcError::Foreign), "{back:?}");
    }
    assert_eq!(world.server.count("/token"), 0, "no code was shown to the provider");
    let denied = Back { error: Some("access_denied\n".into()), code: None, iss: None, ..back };
    assert_eq!(world.provider.finish(&begun, &denied, now()), Err(OidcError::Refused("access_denied".into())));
}

#[test]
fn a_token_that_does_not_hold_identifies_nobody() {
    type Change = fn(&mut Value);
    let changes: [(Change, token::Fault); 5] = [
        (|claims| claims["nonce"] = json!("another"), token::Fault::Nonce),
        (|claims| claims["aud"] = json!("another"), token::Fault::Audience),
        (|claims| claims["iss"] = json!("https://evil.example.com"), token::Fault::Issuer),
        (|claims| claims["exp"] = json!(NOW - 61), token::Fault::Expired),
        (|claims| claims["sub"] = json!(""), token::Fault::Subject),
    ];
    for (change, fault) in changes {
        assert_eq!(world().log_in(change), Err(OidcError::Token(fault)));
    }
}

#[test]
fn new_keys_are_asked_for_once_and_not_for_every_token() {
    let world = world();
    assert!(world.log_in(|_| {}).is_ok());
    // another's key under a known name: no reason to ask
    let (query, begun) = world.begin();
    world.answer("one", &signer(2), &world.claims(&query));
    let refused = world.provider.finish(&begun, &world.back(&query), now());
    assert_eq!(refused, Err(OidcError::Token(token::Fault::Signature)));
    assert_eq!(world.server.count("/keys"), 1);
    // keys changed; just now they were asked for
    world.server.put("/keys", keys(&[("two", &signer(2))]));
    let (query, begun) = world.begin();
    world.answer("two", &signer(2), &world.claims(&query));
    let finish = |at| world.provider.finish(&begun, &world.back(&query), at);
    assert_eq!(finish(now()), Err(OidcError::Token(token::Fault::Key)));
    assert_eq!(world.server.count("/keys"), 1);
    assert_eq!(finish(now().plus(Duration::from_secs(11))).unwrap().subject, "anna-7");
    assert_eq!(world.server.count("/keys"), 2);
    // and an hour later, and when the clock went back
    let log_in = |at: Timestamp| {
        let (query, begun) = world.begin();
        let mut claims = world.claims(&query);
        (claims["iat"], claims["exp"]) = (json!(at.seconds()), json!(at.seconds() + 300));
        world.answer("two", &signer(2), &claims);
        world.provider.finish(&begun, &world.back(&query), at).map(|who| who.subject)
    };
    assert_eq!(log_in(now().plus(Duration::from_secs(3612))), Ok("anna-7".into()));
    assert_eq!(world.server.count("/keys"), 3);
    assert_eq!(log_in(now()), Ok("anna-7".into()));
    assert_eq!(world.server.count("/keys"), 4);
}

#[test]
fn answers_that_lead_away_or_never_end_are_refused() {
    const DOCUMENT: &str = "/.well-known/openid-configuration";
    let begin = |world: &World| world.provider.begin(false, now(), &Counting(Mutex::new(0))).map(drop).unwrap_err();
    let away = world();
    let head = "Location: http://127.0.0.1:1/elsewhere\r\n".to_owned();
    away.server.put(DOCUMENT, Page { status: "302 Found", head, body: Vec::new() });
    assert!(matches!(begin(&away), OidcError::Answer(why) if why.contains("not followed")));
    let long = world();
    long.server.put(DOCUMENT, Page { status: "200 OK", head: String::new(), body: vec![b' '; 1 << 20] });
    assert!(matches!(begin(&long), OidcError::Answer(why) if why.contains("longer than 65536")));
    let other = world();
    other.server.put(DOCUMENT, Page::json(&document("http://127.0.0.1:1")));
    assert!(matches!(begin(&other), OidcError::Answer(why) if why.contains("another issuer")));
    let broken = world();
    broken.server.put(DOCUMENT, Page { status: "503 Service Unavailable", head: String::new(), body: Vec::new() });
    assert!(matches!(begin(&broken), OidcError::Away(_)));
    let gone = world();
    gone.server.pages.lock().unwrap().clear();
    assert!(matches!(begin(&gone), OidcError::Away(_)));
    let refusing = world();
    let (query, begun) = refusing.begin();
    let body = json!({"error": "invalid_grant", "error_description": "words of somebody else"}).to_string();
    refusing.server.put("/token", Page { status: "400 Bad Request", head: String::new(), body: body.into_bytes() });
    let refused = refusing.provider.finish(&begun, &refusing.back(&query), now());
    assert_eq!(refused, Err(OidcError::Refused("invalid_grant".into())));
}

#[test]
fn a_provider_that_says_nothing_is_waited_for_for_five_seconds() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let issuer = format!("http://{}", silent.local_addr().unwrap());
    let redirect = "https://tegata.example.com/login/provider/back".to_owned();
    let settings = Settings { issuer, client_id: "tegata".into(), client_secret: None, redirect, trust: None };
    let provider = Provider::new(settings).unwrap();
    let (told, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || told.send(provider.begin(false, now(), &Counting(Mutex::new(0))).map(drop)));
    let answer = heard.recv_timeout(Duration::from_secs(30)).expect("it gave up by itself");
    assert!(matches!(answer, Err(OidcError::Away(_))), "{answer:?}");
}
