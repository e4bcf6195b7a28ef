//! A software authenticator with a browser around it: passkeys of one person (WebAuthn §6, ES256, attestation `none`).
//!
//! Why ours: those that exist as packages keep no discoverable credentials, or change how `serde_json` orders members for
//! everything that is built with them. What a real browser sends stands in
//! `keys/tests/chromium.json`.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use tegata_keys::digest::sha256;
use tegata_keys::signer::Signer;

/// Flags of authenticator data (WebAuthn §6.1).
const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const ATTESTED: u8 = 1 << 6;

/// A passkey inside.
struct Held {
    id: Vec<u8>,
    host: String,
    user: Vec<u8>,
    signer: Signer,
}

/// The authenticator. What it says may be bent by a test.
pub struct Authenticator {
    held: Vec<Held>,
    /// Whether the person shows who she is.
    pub verifies: bool,
    /// How often it signed.
    pub counter: u32,
    /// Where the browser says that it is.
    pub origin: String,
}

impl Authenticator {
    /// An empty one, in a browser at `origin` (`https://HOST:PORT`).
    pub fn new(origin: &str) -> Self {
        Authenticator { held: Vec::new(), verifies: true, counter: 0, origin: origin.to_owned() }
    }

    /// Answers `navigator.credentials.create`; `None` where it holds one already that the options exclude.
    pub fn create(&mut self, options: &str) -> Option<String> {
        let options = public_key(options);
        let excluded = options["excludeCredentials"].as_array().into_iter().flatten();
        let excluded: Vec<Vec<u8>> = excluded.map(|it| bytes(&it["id"])).collect();
        if self.held.iter().any(|held| excluded.contains(&held.id)) {
            return None;
        }
        let (signer, _pkcs8) = Signer::generate_p256().expect("a key");
        let host = text(&options["rp"]["id"]);
        let id = sha256(signer.spki())[..16].to_vec();
        let mut data = self.data(&host, ATTESTED);
        data.extend_from_slice(&[0; 16]);
        data.extend_from_slice(&(id.len() as u16).to_be_bytes());
        data.extend_from_slice(&id);
        data.extend_from_slice(&cose(signer.public_key()));
        let response = json!({
            "clientDataJSON": encoded(&self.client("webauthn.create", &options)),
            "attestationObject": encoded(&attestation(&data)),
            "transports": ["internal"],
        });
        let answer = credential(&id, response, json!({"credProps": {"rk": true}}));
        self.held.push(Held { id, host, user: bytes(&options["user"]["id"]), signer });
        Some(answer)
    }

    /// Answers `navigator.credentials.get` with its newest passkey for the host; `None` where it has none.
    pub fn get(&mut self, options: &str) -> Option<String> {
        let options = public_key(options);
        let host = text(&options["rpId"]);
        self.counter += 1;
        let data = self.data(&host, 0);
        let client = self.client("webauthn.get", &options);
        let held = self.held.iter().rev().find(|held| held.host == host)?;
        let signature = held.signer.sign(&[&data[..], &sha256(&client)].concat()).expect("it signs");
        let response = json!({
            "clientDataJSON": encoded(&client),
            "authenticatorData": encoded(&data),
            "signature": encoded(&signature),
            "userHandle": encoded(&held.user),
        });
        Some(credential(&held.id, response, json!({})))
    }

    /// Authenticator data without what follows its counter (WebAuthn §6.1).
    fn data(&self, host: &str, flags: u8) -> Vec<u8> {
        let flags = flags | PRESENT | if self.verifies { VERIFIED } else { 0 };
        [&sha256(host.as_bytes())[..], &[flags], &self.counter.to_be_bytes()].concat()
    }

    /// What the browser collects (WebAuthn §5.8.1).
    fn client(&self, kind: &str, options: &Value) -> Vec<u8> {
        let origin = &self.origin;
        json!({"type": kind, "challenge": options["challenge"], "origin": origin, "crossOrigin": false})
            .to_string()
            .into_bytes()
    }
}

fn public_key(options: &str) -> Value {
    let mut options: Value = serde_json::from_str(options).expect("options are JSON");
    options["publicKey"].take()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn bytes(value: &Value) -> Vec<u8> {
    BASE64URL_NOPAD.decode(text(value).as_bytes()).expect("base64url")
}

fn encoded(bytes: &[u8]) -> Value {
    BASE64URL_NOPAD.encode(bytes).into()
}

/// As `toJSON` of the browser writes it.
fn credential(id: &[u8], response: Value, extensions: Value) -> String {
    json!({
        "id": encoded(id), "rawId": encoded(id), "type": "public-key", "authenticatorAttachment": "platform",
        "response": response, "clientExtensionResults": extensions,
    })
    .to_string()
}

/// COSE_Key of a P-256 point (RFC 9053 §7.1.1): kty 2, alg −7, crv 1, x, y.
fn cose(point: &[u8]) -> Vec<u8> {
    let head = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
    [&head[..], &point[1..33], &[0x22, 0x58, 0x20], &point[33..65]].concat()
}

/// `{"fmt": "none", "attStmt": {}, "authData": …}` in CBOR (RFC 8949).
fn attestation(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u16).to_be_bytes();
    [&b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59"[..], &length, data].concat()
}
