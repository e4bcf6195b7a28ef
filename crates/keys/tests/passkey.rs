//! Both ceremonies of a passkey with a software authenticator, what it may not say, and answers of a real browser.
#![cfg(feature = "people")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

#[path = "../../testkit/src/authenticator.rs"]
mod authenticator;

use authenticator::Authenticator;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tegata_domain::id::Uuid;
use tegata_keys::digest::sha256;
use tegata_keys::passkey::{Begun, Named, Passkey, PasskeyError, Relying};

const ORIGIN: &str = "https://tegata.example.com";
const ANNA: Uuid = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001);

fn relying() -> Relying {
    Relying::new("tegata.example.com", &[ORIGIN], "Tegata").unwrap()
}

fn register(relying: &Relying, authenticator: &mut Authenticator) -> Passkey {
    let begun = relying.begin_registration(ANNA, "anna", &[]).unwrap();
    relying.finish_registration(&authenticator.create(&begun.options).unwrap(), &begun.state).unwrap()
}

fn public_key(options: &str) -> Value {
    let mut options: Value = serde_json::from_str(options).unwrap();
    assert_eq!(options.as_object().unwrap().len(), 1);
    options["publicKey"].take()
}

fn refused(result: Result<impl std::fmt::Debug, PasskeyError>) {
    assert!(matches!(result, Err(PasskeyError::Refused(_))), "{result:?}");
}

#[test]
fn a_passkey_is_made_and_opens() {
    let (relying, mut browser) = (relying(), Authenticator::new(ORIGIN));
    let passkey = register(&relying, &mut browser);
    let Begun { options, state } = relying.begin_login().unwrap();
    let answer = browser.get(&options).unwrap();
    assert_eq!(relying.identify(&answer), Ok(Named { user: ANNA, credential: passkey.credential.clone() }));
    let opened = relying.finish_login(&answer, &state, &passkey).unwrap();
    assert_eq!(opened.passkey.credential, passkey.credential);
    assert_ne!(opened.passkey.state, passkey.state, "it counted");
    let options = public_key(&options);
    let challenge = data_encoding::BASE64URL_NOPAD.decode(options["challenge"].as_str().unwrap().as_bytes());
    assert_eq!(opened.proof, sha256(&challenge.unwrap()));
    // the next one goes on from what is kept
    let Begun { options, state } = relying.begin_login().unwrap();
    assert!(relying.finish_login(&browser.get(&options).unwrap(), &state, &opened.passkey).is_ok());
}

#[test]
fn what_browsers_are_asked() {
    let relying = relying();
    let begun = relying.begin_registration(ANNA, "anna", &[vec![1, 2, 3]]).unwrap();
    let options = public_key(&begun.options);
    assert_eq!(options["rp"], json!({"id": "tegata.example.com", "name": "Tegata"}));
    assert_eq!(options["user"]["name"], "anna");
    let chosen = &options["authenticatorSelection"];
    assert_eq!((&chosen["residentKey"], &chosen["userVerification"]), (&json!("required"), &json!("required")));
    assert_eq!(chosen["requireResidentKey"], true);
    assert_eq!(options["attestation"], "none");
    assert_eq!(options["excludeCredentials"], json!([{"type": "public-key", "id": "AQID"}]));
    assert!(begun.state.len() < 1500, "it fits a cookie, however many passkeys there are: {}", begun.state.len());
    let login = public_key(&relying.begin_login().unwrap().options);
    assert_eq!((&login["rpId"], &login["userVerification"]), (&json!("tegata.example.com"), &json!("required")));
    assert_eq!(login["allowCredentials"], json!([]));
    let challenges: BTreeSet<String> = (0..20).map(|_| relying.begin_login().unwrap().state).collect();
    assert_eq!(challenges.len(), 20);
}

#[test]
fn an_authenticator_makes_no_second_passkey_for_the_same_person() {
    let (relying, mut browser) = (relying(), Authenticator::new(ORIGIN));
    let passkey = register(&relying, &mut browser);
    let begun = relying.begin_registration(ANNA, "anna", &[passkey.credential]).unwrap();
    assert_eq!(browser.create(&begun.options), None);
}

#[test]
fn a_person_that_was_not_verified_is_refused() {
    let (relying, mut browser) = (relying(), Authenticator::new(ORIGIN));
    let passkey = register(&relying, &mut browser);
    browser.verifies = false;
    let begun = relying.begin_login().unwrap();
    refused(relying.finish_login(&browser.get(&begun.options).unwrap(), &begun.state, &passkey));
    let begun = relying.begin_registration(ANNA, "anna", &[]).unwrap();
    refused(relying.finish_registration(&browser.create(&begun.options).unwrap(), &begun.state));
}

#[test]
fn answers_of_another_place_or_time_are_refused() {
    let (relying, mut browser) = (relying(), Authenticator::new(ORIGIN));
    let passkey = register(&relying, &mut browser);
    let begun = relying.begin_login().unwrap();
    let answer = browser.get(&begun.options).unwrap();
    let other = relying.begin_login().unwrap();
    refused(relying.finish_login(&answer, &other.state, &passkey));
    for origin in ["https://evil.example.com", "https://tegata.example.com:8443", "http://tegata.example.com"] {
        browser.origin = origin.to_owned();
        refused(relying.finish_login(&browser.get(&begun.options).unwrap(), &begun.state, &passkey));
    }
    browser.origin = ORIGIN.to_owned();
    let elsewhere = Relying::new("example.com", &[ORIGIN], "Tegata").unwrap();
    let begun = elsewhere.begin_login().unwrap();
    assert_eq!(browser.get(&begun.options), None, "the browser has none for that host");
}

#[test]
fn another_passkey_or_a_changed_answer_is_refused() {
    let (relying, mut browser, mut stranger) = (relying(), Authenticator::new(ORIGIN), Authenticator::new(ORIGIN));
    let passkey = register(&relying, &mut browser);
    let theirs = register(&relying, &mut stranger);
    let begun = relying.begin_login().unwrap();
    let answer = stranger.get(&begun.options).unwrap();
    refused(relying.finish_login(&answer, &begun.state, &passkey));
    // a stranger's signature under the id of hers
    let mut changed: Value = serde_json::from_str(&answer).unwrap();
    changed["rawId"] = data_encoding::BASE64URL_NOPAD.encode(&passkey.credential).into();
    changed["id"] = changed["rawId"].clone();
    refused(relying.finish_login(&changed.to_string(), &begun.state, &passkey));
    assert!(relying.finish_login(&answer, &begun.state, &theirs).is_ok());
    for member in ["authenticatorData", "signature", "clientDataJSON"] {
        let mut changed: Value = serde_json::from_str(&browser.get(&begun.options).unwrap()).unwrap();
        let mut text = changed["response"][member].as_str().unwrap().to_owned().into_bytes();
        let last = text.len() - 5;
        text[last] = if text[last] == b'A' { b'B' } else { b'A' };
        changed["response"][member] = String::from_utf8(text).unwrap().into();
        let result = relying.finish_login(&changed.to_string(), &begun.state, &passkey);
        assert!(matches!(result, Err(PasskeyError::Refused(_) | PasskeyError::Form)), "{member}: {result:?}");
    }
}

#[test]
fn an_answer_names_one_credential() {
    let (relying, mut browser) = (relying(), Authenticator::new(ORIGIN));
    let passkey = register(&relying, &mut browser);
    let begun = relying.begin_login().unwrap();
    let answer = browser.get(&begun.options).unwrap();
    for member in ["id", "rawId"] {
        let mut changed: Value = serde_json::from_str(&answer).unwrap();
        changed[member] = data_encoding::BASE64URL_NOPAD.encode(&[7; 32]).into();
        assert_eq!(relying.identify(&changed.to_string()), Err(PasskeyError::Form), "{member}");
        assert_eq!(relying.finish_login(&changed.to_string(), &begun.state, &passkey), Err(PasskeyError::Form));
    }
    let mut nobody: Value = serde_json::from_str(&answer).unwrap();
    nobody["response"]["userHandle"] = "AZIAAAACAAAAAAAAAAQ".into();
    assert_eq!(relying.identify(&nobody.to_string()), Err(PasskeyError::Form));
    assert_eq!(relying.finish_login(&nobody.to_string(), &begun.state, &passkey), Err(PasskeyError::Form));
    assert!(relying.finish_login(&answer, &begun.state, &passkey).is_ok());
}

#[test]
fn a_copied_authenticator_is_noticed() {
    let (relying, mut browser) = (relying(), Authenticator::new(ORIGIN));
    let passkey = register(&relying, &mut browser);
    browser.counter = 41;
    let begun = relying.begin_login().unwrap();
    let opened = relying.finish_login(&browser.get(&begun.options).unwrap(), &begun.state, &passkey).unwrap();
    browser.counter = 20;
    let begun = relying.begin_login().unwrap();
    let result = relying.finish_login(&browser.get(&begun.options).unwrap(), &begun.state, &opened.passkey);
    assert_eq!(result, Err(PasskeyError::Copied));
}

#[test]
fn hosts_that_browsers_take_no_passkeys_for() {
    for (host, origin) in [("127.0.0.1", "http://127.0.0.1:8080"), ("tegata.example.com", "https://example.com")] {
        assert!(matches!(Relying::new(host, &[origin], "Tegata"), Err(PasskeyError::Host(named)) if named == host));
    }
    assert!(Relying::new("tegata.example.com", &[], "Tegata").is_err());
    assert!(Relying::new("tegata.example.com", &[ORIGIN, "https://evil.example.org"], "Tegata").is_err());
    let two = Relying::new("localhost", &["http://localhost:8080", "https://localhost:8443"], "Tegata").unwrap();
    let mut browser = Authenticator::new("https://localhost:8443");
    let passkey = register(&two, &mut browser);
    browser.origin = "http://localhost:8080".to_owned();
    let begun = two.begin_login().unwrap();
    assert!(two.finish_login(&browser.get(&begun.options).unwrap(), &begun.state, &passkey).is_ok());
}

/// What a real browser sent, kept: both ceremonies hold, and neither with a letter changed.
#[test]
fn answers_of_a_real_browser_hold() {
    let kept: Value = serde_json::from_str(include_str!("chromium.json")).unwrap();
    let text = |of: &str, name: &str| kept[of][name].as_str().unwrap().to_owned();
    let relying = Relying::new("localhost", &[kept["origin"].as_str().unwrap()], "Tegata").unwrap();
    let passkey = relying.finish_registration(&text("registration", "answer"), &text("registration", "state")).unwrap();
    let named = relying.identify(&text("login", "answer")).unwrap();
    assert_eq!((named.user, &named.credential), (ANNA, &passkey.credential));
    assert!(relying.finish_login(&text("login", "answer"), &text("login", "state"), &passkey).is_ok());
    let there = text("login", "state");
    let challenge = there.find("challenge").unwrap() + 14;
    let swapped = if &there[challenge..=challenge] == "A" { "B" } else { "A" };
    let other = format!("{}{swapped}{}", &there[..challenge], &there[challenge + 1..]);
    refused(relying.finish_login(&text("login", "answer"), &other, &passkey));
    let elsewhere = Relying::new("localhost", &["http://localhost:8200"], "Tegata").unwrap();
    refused(elsewhere.finish_registration(&text("registration", "answer"), &text("registration", "state")));
}

#[test]
fn what_cannot_be_read_says_so() {
    let relying = relying();
    let begun = relying.begin_login().unwrap();
    let passkey = Passkey { credential: vec![1], state: "{}".into() };
    for text in ["", "{}", "[]", &"x".repeat(40_000)] {
        assert_eq!(relying.identify(text), Err(PasskeyError::Form));
        assert_eq!(relying.finish_registration(text, &begun.state), Err(PasskeyError::State));
    }
    assert_eq!(relying.finish_login("{}", "{}", &passkey), Err(PasskeyError::State));
    assert_eq!(relying.finish_login("{}", &begun.state, &passkey), Err(PasskeyError::State));
}
