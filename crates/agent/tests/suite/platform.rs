//! A platform as the agent meets it: EST, heartbeat, DDI, erasure; right unless a test makes it wrong.

use crate::server::{Reply, Request, serve};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard};
use tegata_domain::id::Uuid;
use tegata_domain::number::Serial;
use tegata_domain::time::Timestamp;
use tegata_keys::profile::{Addresses, Idevid, Issuer, Ldevid, authority_name, root};
use tegata_keys::signer::Signer;
use tegata_keys::{digest, possession, statement};
use tegata_wire::device_head::DeviceHead;
use tegata_wire::heartbeat::{Answer, Head, SignedHead};
use tegata_wire::release::Manifest;
use tegata_wire::signed_note::{Verifier, sign};
use tegata_wire::{cms, est};

pub const NUMBER: &str = "7K3M-Q9TX-2HVD-R5WE";
const ORIGIN: &str = "id.test/ledger/devices";
pub const PRODUCT: Uuid = Uuid::from_u128(0x0192_4c5e_0000_7000_8000_0000_0000_0001);

/// An authority with its certificate.
struct Authority {
    issuer: Issuer,
    der: Vec<u8>,
}

fn now() -> Timestamp {
    Timestamp::parse("2027-01-01T00:00:00Z").unwrap()
}

impl Authority {
    fn new(title: &str) -> Self {
        let (signer, _) = Signer::generate_p256().unwrap();
        let name = authority_name("Example Works", title);
        let der = root(&signer, [1; 16], &name, [now(), Timestamp::NEVER], None).unwrap();
        let at = Addresses { plain: "http://id.test".into() };
        Authority { issuer: Issuer::new(signer, &der, PRODUCT, 1, &at).unwrap(), der }
    }
}

/// An offered update.
#[derive(Clone)]
pub struct Offer {
    pub action: u32,
    pub image: Vec<u8>,
    pub body: Value,
    pub confirmed: bool,
}

/// What the test may turn.
#[derive(Default)]
pub struct Desk {
    pub head: Option<(u32, [u8; 32])>,
    pub renew: bool,
    pub update: bool,
    pub erase: bool,
    pub challenge: Option<String>,
    pub next: u32,
    pub days: u64,
    pub offer: Option<Offer>,
    pub cancel: Option<u32>,
    pub wants_attributes: bool,
    /// Answers instead, for paths that contain a text, so often.
    pub instead: Vec<(&'static str, Reply, usize)>,
    /// The image ends after so many bytes of an answer, so often.
    pub cuts: Vec<usize>,
    pub no_ranges: bool,
    /// What came.
    pub heartbeats: Vec<Value>,
    pub requests: Vec<Request>,
    pub feedback: Vec<(String, Value)>,
    pub erasures: Vec<Value>,
    pub answers: Vec<String>,
    pub issued: u32,
    /// The action is closed: with success or not.
    pub closed: Option<bool>,
}

pub struct Platform {
    pub address: String,
    inner: Arc<Inner>,
    identity: Vec<(&'static str, String)>,
}

struct Inner {
    desk: Mutex<Desk>,
    address: Mutex<String>,
    devices: Authority,
    log: Signer,
    verifier: Verifier,
    release: Signer,
    device_spki: Vec<u8>,
}

pub fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64_STANDARD.encode(der))
}

impl Platform {
    pub fn new() -> Self {
        let (maker, devices) = (Authority::new("Makers"), Authority::new("Devices"));
        let (device, pkcs8) = Signer::generate_p256().unwrap();
        let idevid = maker.issuer.idevid(&Idevid {
            serial: Serial::from_bytes(&[0x21; 19]).unwrap(),
            maker: "Example Works",
            model: "Lamp",
            device_serial: "unit-1",
            product: PRODUCT,
            spki: device.spki(),
            now: now(),
        });
        let identity = vec![
            ("key.pem", pem("PRIVATE KEY", &pkcs8)),
            ("certificate.pem", pem("CERTIFICATE", &idevid.unwrap())),
            ("chain.pem", pem("CERTIFICATE", &maker.der)),
        ];
        let log = Signer::generate_ed25519().unwrap().0;
        let verifier = Verifier::new(ORIGIN, log.public_key().try_into().unwrap()).unwrap();
        let inner = Arc::new(Inner {
            desk: Mutex::new(Desk { next: 300, days: 90, head: Some((3, [3; 32])), ..Desk::default() }),
            address: Mutex::default(),
            devices,
            log,
            verifier,
            release: Signer::generate_p256().unwrap().0,
            device_spki: device.spki().to_vec(),
        });
        let serving = inner.clone();
        let address = serve(Arc::new(move |request| serving.answer(request)));
        *inner.address.lock().unwrap() = address.clone();
        Platform { address, inner, identity }
    }

    pub fn desk(&self) -> MutexGuard<'_, Desk> {
        self.inner.desk.lock().unwrap()
    }

    pub fn identity(&self) -> Vec<(&'static str, String)> {
        self.identity.clone()
    }

    pub fn release_pem(&self) -> String {
        pem("PUBLIC KEY", self.inner.release.spki())
    }

    /// A release of this image.
    pub fn manifest(image: &[u8]) -> Manifest {
        Manifest {
            product: PRODUCT.to_string(),
            version: "2.0".into(),
            security_version: 5,
            remedy: false,
            size: image.len() as u64,
            sha256: digest::sha256(image),
        }
    }

    /// Offers this image under this manifest, signed by the release key, after the body went through `edit`.
    pub fn offer(&self, action: u32, image: &[u8], manifest: &Manifest, edit: impl FnOnce(&mut Value)) {
        let text = manifest.text();
        let signature = BASE64_STANDARD.encode(self.inner.release.sign(text.as_bytes()).unwrap());
        let base = format!("{}/DEFAULT/controller/v1/{NUMBER}", self.address);
        let mut part = json!({ "download": "forced", "update": "forced", "chunks": [{
            "part": "os", "version": manifest.version, "name": "firmware",
            "artifacts": [{ "filename": "image.bin", "size": image.len(),
                "hashes": { "sha256": digest::sha256_hex(image), "sha1": "00", "md5": "00" },
                "_links": { "download": { "href": format!("{base}/softwaremodules/1/artifacts/image.bin") } } }],
            "metadata": [{ "key": "tegata.manifest", "value": text }, { "key": "tegata.signature", "value": signature }],
        }] });
        edit(&mut part);
        let mut desk = self.desk();
        (desk.closed, desk.cancel) = (None, None);
        desk.offer = Some(Offer { action, image: image.to_vec(), body: part, confirmed: true });
    }

    /// The details of the closing feedback.
    pub fn reason(&self) -> String {
        let desk = self.desk();
        let closing = desk.feedback.iter().rev().find(|(_, body)| body["status"]["execution"] == "closed");
        closing
            .map(|(_, body)| body["status"]["details"][0].as_str().unwrap_or_default().to_owned())
            .unwrap_or_default()
    }
}

impl Inner {
    fn answer(&self, request: &Request) -> Reply {
        let mut desk = self.desk.lock().unwrap();
        desk.requests.push(request.clone());
        let path = request.path.clone();
        if let Some(at) = desk.instead.iter().position(|(part, _, times)| path.contains(part) && *times > 0) {
            desk.instead[at].2 -= 1;
            return desk.instead[at].1.clone();
        }
        let ddi = format!("/DEFAULT/controller/v1/{NUMBER}");
        match path.as_str() {
            "/.well-known/est/simpleenroll" | "/.well-known/est/simplereenroll" => self.certificate(&mut desk, request),
            "/ledger/keys" => Reply::new(200, format!("{}\n", self.verifier)),
            "/agent/v1/heartbeat" => self.heartbeat(&mut desk, request),
            "/agent/v1/erasure" => self.erasure(&mut desk, request),
            "/agent/v1/answer" => self.signed(&mut desk, request),
            _ => match path.strip_prefix(&ddi) {
                Some(rest) => self.ddi(&mut desk, request, rest),
                None => Reply::new(404, "{}"),
            },
        }
    }

    fn certificate(&self, desk: &mut Desk, request: &Request) -> Reply {
        let csr = est::decode(&request.body).unwrap();
        let spki = possession::prove(&csr).unwrap();
        desk.issued += 1;
        let leaf = self.devices.issuer.ldevid(&Ldevid {
            serial: Serial::from_bytes(&[0x22; 19]).unwrap(),
            subject: PRODUCT,
            spki,
            now: now(),
            until: now().plus(std::time::Duration::from_secs(desk.days * 24 * 3600)),
        });
        let both = cms::certs_only(&[&leaf.unwrap(), &self.devices.der]);
        Reply::new(200, est::encode(&both))
    }

    fn heartbeat(&self, desk: &mut Desk, request: &Request) -> Reply {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        desk.heartbeats.push(body.clone());
        let (sequence, commitment) = desk.head.unwrap();
        let head = Head { sequence, commitment };
        let nonce = body["nonce"].as_str().map(str::to_owned);
        let at = "2027-01-18T00:00:00.000Z".to_owned();
        let signed =
            DeviceHead { origin: ORIGIN.into(), number: NUMBER.into(), head, at: at.clone(), nonce: nonce.clone() };
        let key = |bytes: &[u8]| self.log.sign(bytes).unwrap().try_into().unwrap();
        let note = sign(&signed.text().unwrap(), &self.verifier, key).unwrap();
        let token = BASE64_URL_SAFE_NO_PAD.encode([desk.heartbeats.len() as u8; 32]);
        let answer = Answer {
            token,
            next: desk.next,
            number: NUMBER.into(),
            head: SignedHead { head, at, nonce, note },
            renew: std::mem::take(&mut desk.renew),
            update: desk.update,
            erase: desk.erase,
            challenge: desk.challenge.clone(),
        };
        Reply::new(200, answer.json())
    }

    fn erasure(&self, desk: &mut Desk, request: &Request) -> Reply {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let signature = BASE64_STANDARD.decode(body["signature"].as_str().unwrap()).unwrap();
        let text = body["statement"].as_str().unwrap();
        if statement::verify(&self.device_spki, text.as_bytes(), &signature).is_err() {
            return Reply::new(400, "{}");
        }
        desk.erasures.push(body);
        Reply::new(200, r#"{"receipt":"digest"}"#)
    }

    fn signed(&self, desk: &mut Desk, request: &Request) -> Reply {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let signature = BASE64_STANDARD.decode(body["signature"].as_str().unwrap()).unwrap();
        let text = body["statement"].as_str().unwrap();
        if statement::verify(&self.device_spki, text.as_bytes(), &signature).is_err() {
            return Reply::new(403, "{}");
        }
        desk.answers.push(text.to_owned());
        desk.challenge = None;
        Reply::new(200, "{}")
    }

    fn ddi(&self, desk: &mut Desk, request: &Request, rest: &str) -> Reply {
        let base = format!("{}/DEFAULT/controller/v1/{NUMBER}", self.address.lock().unwrap());
        let open = desk.offer.clone().filter(|_| desk.closed.is_none());
        let Some(rest) = rest.strip_prefix('/') else { return poll(desk, &base, open.as_ref()) };
        let (resource, action) = rest.split_once('/').unwrap_or((rest, ""));
        match (resource, action) {
            ("configData", _) => {
                desk.wants_attributes = false;
                desk.feedback.push((rest.into(), serde_json::from_slice(&request.body).unwrap()));
                Reply::new(200, "")
            }
            (_, action) if action.ends_with("/feedback") => feedback(desk, request, rest, open.is_some()),
            ("cancelAction", id) => Reply::new(200, json!({ "id": id, "cancelAction": { "stopId": id } }).to_string()),
            ("deploymentBase" | "confirmationBase", _) => match open {
                Some(offer) => {
                    let member = if resource == "deploymentBase" { "deployment" } else { "confirmation" };
                    Reply::new(200, json!({ "id": offer.action.to_string(), member: offer.body }).to_string())
                }
                None => Reply::new(404, "{}"),
            },
            ("softwaremodules", _) => self.image(desk, request),
            _ => Reply::new(404, "{}"),
        }
    }

    fn image(&self, desk: &mut Desk, request: &Request) -> Reply {
        let Some(offer) = desk.offer.clone() else { return Reply::new(404, "{}") };
        let cut = if desk.cuts.is_empty() { None } else { Some(desk.cuts.remove(0)) };
        let from = request
            .header("range")
            .filter(|_| !desk.no_ranges)
            .map(|range| range.trim_start_matches("bytes=").trim_end_matches('-').parse::<usize>().unwrap());
        let mut reply = match from {
            Some(from) => {
                let range = format!("bytes {from}-{}/{}", offer.image.len() - 1, offer.image.len());
                Reply::new(206, &offer.image[from..]).header("Content-Range", range)
            }
            None => Reply::new(200, offer.image),
        };
        reply.cut = cut.map(|bytes| bytes.min(reply.body.len()));
        reply
    }
}

fn poll(desk: &Desk, base: &str, open: Option<&Offer>) -> Reply {
    let mut links = json!({});
    if desk.wants_attributes {
        links["configData"] = json!({ "href": format!("{base}/configData") });
    }
    let (name, id) = match (desk.cancel, open) {
        (Some(action), _) => ("cancelAction", action),
        (None, Some(offer)) if !offer.confirmed => ("confirmationBase", offer.action),
        (None, Some(offer)) => ("deploymentBase", offer.action),
        (None, None) => ("", 0),
    };
    if !name.is_empty() {
        links[name] = json!({ "href": format!("{base}/{name}/{id}") });
    }
    Reply::new(200, json!({ "config": { "polling": { "sleep": "00:05:00" } }, "_links": links }).to_string())
}

fn feedback(desk: &mut Desk, request: &Request, rest: &str, open: bool) -> Reply {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    desk.feedback.push((rest.to_owned(), body.clone()));
    let cancelling = rest.starts_with("cancelAction");
    if cancelling {
        desk.cancel = None;
    }
    if !open {
        return Reply::new(if cancelling { 200 } else { 410 }, "{}");
    }
    if rest.starts_with("confirmationBase") {
        let offer = desk.offer.as_mut().unwrap();
        offer.confirmed = body["confirmation"] == "confirmed";
        return Reply::new(200, "");
    }
    if body["status"]["execution"] == "closed" {
        let success = body["status"]["result"]["finished"] == "success";
        desk.closed = Some(success);
    }
    Reply::new(200, "")
}
