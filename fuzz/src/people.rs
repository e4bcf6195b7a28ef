//! Targets of what people and their providers send: what was not made for us opens nothing.

use data_encoding::{BASE64URL_NOPAD, Encoding};
use serde_json::Value;
use std::sync::LazyLock;
use tegata_domain::id::Uuid;
use tegata_domain::time::Timestamp;
use tegata_keys::passkey::{CREDENTIAL_MAX, Passkey, Relying};
use tegata_keys::recovery_code;
use tegata_keys::seal::Seal;
use tegata_keys::totp::Seed;
use tegata_outside::oidc::Begun;
use tegata_outside::oidc::document::{Document, Keys, id_token};
use tegata_outside::oidc::token::{Expected, verify};

/// Who signed the kept token.
const ISSUER: &str = "https://localhost:46311";
/// What a real provider signed, for these keys.
const TOKEN: &str = include_str!("../corpus/id_token/canaille");
const KEYS: &[u8] = include_bytes!("../corpus/provider_keys/canaille");
/// Within its time.
const NOW: i64 = 1_795_464_100_000;

/// A document of a provider.
pub fn document(data: &[u8]) {
    for plain in [false, true] {
        if let Ok(document) = Document::parse(data, ISSUER, plain) {
            for address in [document.authorization, document.token, document.keys] {
                let loopback = matches!(address.host_str(), Some("localhost" | "[::1]"))
                    || address.host_str().is_some_and(|host| host.starts_with("127."));
                assert!(address.scheme() == "https" || plain && address.scheme() == "http" && loopback, "{address}");
                assert!(address.username().is_empty() && address.password().is_none(), "{address}");
            }
        }
    }
}

/// A provider's keys.
pub fn keys(data: &[u8]) {
    if let Ok(keys) = Keys::parse(data) {
        // whatever stands among them, nothing is signed by it
        let refused = verify(TOKEN, &keys, &expected());
        assert!(refused.is_err() || data == KEYS || contains(data, KEYS));
    }
}

/// Whether the modulus of the kept key is in it: only with that the kept token holds.
fn contains(data: &[u8], keys: &[u8]) -> bool {
    let modulus = |bytes: &[u8]| -> Option<Vec<String>> {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        let keys = value["keys"].as_array()?;
        Some(keys.iter().filter_map(|key| key["n"].as_str().map(str::to_owned)).collect())
    };
    let (ours, theirs) = (modulus(keys).unwrap_or_default(), modulus(data).unwrap_or_default());
    ours.iter().any(|one| theirs.contains(one))
}

fn expected() -> Expected<'static> {
    let now = Timestamp::from_millis(NOW);
    Expected { issuer: ISSUER, client: "tegata", nonce: "n1", anew: None, now }
}

/// A provider's answer with a token.
pub fn answer(data: &[u8]) {
    let _refused = id_token(data);
}

/// An ID token.
pub fn token(data: &[u8]) {
    static KNOWN: LazyLock<Keys> = LazyLock::new(|| Keys::parse(KEYS).expect("a real provider's keys"));
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(subject) = verify(text, &KNOWN, &expected()) {
        assert_eq!((text, &*subject), (TOKEN, "anna"), "nobody else signs with that key");
    }
}

/// What a browser carries to a provider and back.
pub fn begun(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Some(begun) = Begun::parse(text)
    {
        assert_eq!(begun.text(), text);
    }
}

/// Ceremonies of a real browser.
struct Kept {
    relying: Relying,
    passkey: Passkey,
    made: String,
    open: String,
    /// What its authenticator signed.
    signed: Value,
}

static KEPT: LazyLock<Kept> = LazyLock::new(|| {
    let kept: Value = serde_json::from_str(include_str!("../../crates/keys/tests/chromium.json")).expect("it is JSON");
    let text = |of: &str, name: &str| kept[of][name].as_str().expect("a text").to_owned();
    let relying = Relying::new("localhost", &["http://localhost:8199"], "Tegata").expect("a host");
    let made = text("registration", "state");
    let passkey = relying.finish_registration(&text("registration", "answer"), &made).expect("a real passkey");
    let answer: Value = serde_json::from_str(&text("login", "answer")).expect("it is JSON");
    Kept { relying, passkey, made, open: text("login", "state"), signed: answer["response"].clone() }
});

/// An answer that makes a passkey.
pub fn passkey_made(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(passkey) = KEPT.relying.finish_registration(text, &KEPT.made) {
        assert!((1..=CREDENTIAL_MAX).contains(&passkey.credential.len()));
    }
}

/// An answer that logs in.
pub fn passkey_answer(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let named = KEPT.relying.identify(text);
    if KEPT.relying.finish_login(text, &KEPT.open, &KEPT.passkey).is_ok() {
        let response = &serde_json::from_str::<Value>(text).expect("it was read")["response"];
        for member in ["authenticatorData", "clientDataJSON"] {
            assert_eq!(bytes(&response[member]), bytes(&KEPT.signed[member]), "nobody else signs with that key");
        }
        assert!(named.is_ok_and(|named| named.credential == KEPT.passkey.credential), "it opens what it names");
    }
}

/// Bytes as the library reads them: base64 of either alphabet, padded or not, or an array.
fn bytes(value: &Value) -> Vec<u8> {
    static LENIENT: LazyLock<Encoding> = LazyLock::new(|| {
        let mut form = BASE64URL_NOPAD.specification();
        form.check_trailing_bits = false;
        form.ignore.push('=');
        form.translate.from.push_str("+/");
        form.translate.to.push_str("-_");
        form.encoding().expect("an alphabet")
    });
    match value {
        Value::String(text) => LENIENT.decode(text.as_bytes()).expect("it was read"),
        other => serde_json::from_value(other.clone()).expect("it was read"),
    }
}

/// One-time codes and recovery codes as people type them.
pub fn code(data: &[u8]) {
    static CODES: LazyLock<(Seed, Seal, Vec<[u8; 32]>)> = LazyLock::new(|| {
        let (seed, seal) = (Seed::from_bytes(b"12345678901234567890"), Seal::new(&[7; 32]));
        let (seed, seal) = (seed.expect("20 bytes"), seal.expect("32 bytes"));
        let kept = recovery_code::keep(&["abcde-fgh12", "vwxyz-00000"], Uuid::nil(), &seal);
        (seed, seal, kept)
    });
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (seed, seal, kept) = &*CODES;
    let now = Timestamp::from_millis(59_000);
    if let Some(step) = seed.check(text, now, 0) {
        assert!((0..=2).contains(&step));
        assert_eq!(seed.check(text, now, step), None, "not twice");
    }
    if let Some(left) = recovery_code::spend(kept, text, Uuid::nil(), seal) {
        assert_eq!(left.len(), 1);
        assert_eq!(recovery_code::spend(&left, text, Uuid::nil(), seal), None, "not twice");
    }
}
