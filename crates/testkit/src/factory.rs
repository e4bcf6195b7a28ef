//! What a maker does: products, batches, lines of NDJSON, devices with their identity.

use crate::api::{Answer, Api, Message};
use crate::{Identity, wait};
use data_encoding::BASE64;
use serde_json::{Value, json};

/// A GTIN with a right check digit; products may share it.
pub const GTIN: &str = "04512345678906";

/// What `POST /api/v1/products` takes.
pub fn new_product(model: &str) -> Value {
    json!({ "name": format!("Model {model}"), "model": model, "gtin": GTIN, "support_end": "2045-03" })
}

/// Registers a product; answers its id.
#[track_caller]
pub fn product(api: &Api, model: &str) -> String {
    id(&api.post("/api/v1/products", &new_product(model)).expect(201))
}

/// Opens a batch; answers its id.
#[track_caller]
pub fn batch(api: &Api, product: &str, quantity: usize) -> String {
    id(&api.post("/api/v1/batches", &json!({ "product": product, "quantity": quantity })).expect(201))
}

/// The field `id` of an answer.
#[track_caller]
pub fn id(answer: &Answer) -> String {
    text(&answer.json(), "id")
}

/// A text in an object.
#[track_caller]
pub fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}

/// One line of a request for devices, with its end.
pub fn line(serial: &str, csr: &[u8]) -> String {
    json!({ "serial": serial, "csr": BASE64.encode(csr) }).to_string() + "\n"
}

/// A request for devices.
pub fn lines(batch: &str, body: impl Into<Vec<u8>>) -> Message {
    Message::new("POST", devices_path(batch)).body("application/x-ndjson", body)
}

/// Where devices of a batch are asked for.
pub fn devices_path(batch: &str) -> String {
    format!("/api/v1/batches/{batch}/devices")
}

/// A made device: what its body holds, and what the platform said.
pub struct Unit {
    /// The maker's serial number.
    pub serial: String,
    /// Management number.
    pub number: String,
    /// Its key with the IDevID.
    pub identity: Identity,
}

/// A key that no device has yet.
pub fn key() -> Identity {
    Identity::generate().expect("keys can be made")
}

/// The request of a key.
pub fn csr(identity: &Identity) -> Vec<u8> {
    identity.request().expect("keys can sign")
}

/// Makes `count` devices, `serial`-0 and on.
#[track_caller]
pub fn devices(api: &Api, batch: &str, serial: &str, count: usize) -> Vec<Unit> {
    let keys: Vec<_> = (0..count).map(|i| (format!("{serial}-{i}"), key())).collect();
    let body: String = keys.iter().map(|(serial, key)| line(serial, &csr(key))).collect();
    let made = api.call(lines(batch, body)).expect(200).lines();
    assert_eq!(made.len(), count);
    let unit = |((serial, mut identity), made): ((String, Identity), Value)| {
        identity.chain = vec![certificate(&made)];
        assert_eq!(made["serial"], *serial, "answers come in order");
        Unit { number: text(&made, "number"), serial, identity }
    };
    keys.into_iter().zip(made).map(unit).collect()
}

/// Makes one device.
#[track_caller]
pub fn device(api: &Api, batch: &str, serial: &str) -> Unit {
    devices(api, batch, serial, 1).remove(0)
}

/// The certificate in an answer, DER.
#[track_caller]
pub fn certificate(made: &Value) -> Vec<u8> {
    BASE64.decode(text(made, "certificate").as_bytes()).expect("certificates are base64")
}

/// The serial of a certificate, as the API names it.
#[track_caller]
pub fn serial(der: &[u8]) -> String {
    data_encoding::HEXUPPER.encode(tegata_wire::x509::parse(der).expect("a certificate of ours").serial)
}

/// Does an act; answers the device after it.
#[track_caller]
pub fn act(api: &Api, number: &str, act: &str) -> Value {
    api.post(&format!("/api/v1/devices/{number}/{act}"), &json!({})).expect(200).json()
}

/// The proof of an event, once its checkpoint is published.
pub fn proof(api: &Api, number: &str, sequence: u64) -> String {
    let path = format!("/api/v1/devices/{number}/events/{sequence}/proof");
    wait::until(&format!("the proof of event {sequence}"), || {
        let answer = api.get(&path);
        (answer.status != 202).then(|| answer.expect(200).text())
    })
}

/// A release of a product, not signed, with more fields.
pub fn release(product: &str, version: &str, more: &[(&str, &str)]) -> Message {
    const BOUNDARY: &str = "7c1b0d5e";
    let fields = [("product", product), ("version", version), ("security_version", "1")];
    let part = |(name, value): &(&str, &str)| {
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let mut body: String = fields.iter().chain(more).map(part).collect();
    body += &format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"image.swu\"\r\n\
         Content-Type: application/octet-stream\r\n\r\nimage {version}\r\n--{BOUNDARY}--\r\n"
    );
    Message::new("POST", "/api/v1/releases").body(&format!("multipart/form-data; boundary={BOUNDARY}"), body)
}
