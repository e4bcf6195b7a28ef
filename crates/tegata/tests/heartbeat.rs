//! The heartbeat through its route: who may, what is refused how, and quarantine as a device meets it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use axum::Extension;
use axum::body::Body;
use data_encoding::BASE64;
use http::{Request, header};
use serde_json::{Value, json};
use std::net::IpAddr;
use std::sync::Arc;
use tegata::clock::{SystemChance, SystemClock};
use tegata::wiring::table;
use tegata_testkit::factory;
use tegata_usecase::cx::Names;
use tegata_usecase::peer::Peer;
use tegata_usecase::platform::{self, NewPlatform, Opening};
use tegata_usecase::{Cx, certificate, enrolment};
use tower::ServiceExt;

const PATH: &str = "/agent/v1/heartbeat";

/// A platform behind its routes, without TLS: who is at the other end is said, not proven.
struct Platform {
    cx: Cx,
    token: String,
    _folder: tempfile::TempDir,
}

/// A device: both certificates and its number.
struct Unit {
    idevid: Vec<u8>,
    ldevid: Vec<u8>,
    number: String,
}

impl Platform {
    async fn new() -> Platform {
        let folder = tempfile::tempdir().unwrap();
        let url = |scheme: &str| format!("{scheme}://localhost");
        let names = Names { public_url: url("https"), device_url: url("https"), plain_url: url("http") };
        let (clock, chance) = (Arc::new(SystemClock::default()), Arc::new(SystemChance));
        let new = NewPlatform {
            folder: folder.path().join("data"),
            unlock: None,
            database: None,
            names,
            organisation: "Heart Works".into(),
            clock: clock.clone(),
            chance: chance.clone(),
        };
        let first = platform::init(new).await.unwrap();
        let opening = Opening {
            folder: first.folder,
            unlock: None,
            database: Default::default(),
            settings: Default::default(),
            clock,
            chance,
        };
        Platform { cx: platform::open(opening).await.unwrap(), token: first.token, _folder: folder }
    }

    async fn send(&self, certificate: Option<&[u8]>, request: Request<Body>) -> (u16, Value) {
        let certificate = certificate.map(|der| Arc::new(der.to_vec().into()));
        let peer = Peer { address: IpAddr::from([127, 0, 0, 1]), certificate };
        let router = table().secure().with_state(self.cx.clone()).layer(Extension(peer));
        let answer = router.oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// The API as the administrator.
    async fn api(&self, method: &str, path: &str, body: impl Into<String>) -> (u16, Value) {
        let kind = if path.ends_with("/devices") { "application/x-ndjson" } else { "application/json" };
        let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, kind);
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        self.send(None, request.body(Body::from(body.into())).unwrap()).await
    }

    async fn act(&self, unit: &Unit, act: &str) -> u16 {
        self.api("POST", &format!("/api/v1/devices/{}/{act}", unit.number), "{}").await.0
    }

    /// A heartbeat.
    async fn beat(&self, certificate: &[u8], body: impl Into<Body>) -> (u16, Value) {
        let request = Request::builder().method("POST").uri(PATH).header(header::CONTENT_TYPE, "application/json");
        self.send(Some(certificate), request.body(body.into()).unwrap()).await
    }

    /// A heartbeat that shows a token; answers the next one.
    async fn token(&self, certificate: &[u8], token: Option<&str>) -> String {
        let (status, answer) = self.beat(certificate, json!({ "token": token }).to_string()).await;
        assert_eq!(status, 200, "{answer}");
        factory::text(&answer, "token")
    }

    async fn units(&self, count: usize) -> Vec<Unit> {
        let mut product = factory::new_product("HEART");
        product["credential"] = "unique_and_changed".into();
        let (_, product) = self.api("POST", "/api/v1/products", product.to_string()).await;
        let batch = json!({ "product": product["id"], "quantity": count });
        let (_, batch) = self.api("POST", "/api/v1/batches", batch.to_string()).await;
        let mut units = Vec::new();
        for i in 0..count {
            let key = factory::key();
            let path = factory::devices_path(batch["id"].as_str().unwrap());
            let (_, made) = self.api("POST", &path, factory::line(&format!("U{i}"), &factory::csr(&key))).await;
            let idevid = factory::certificate(&made);
            let credential = certificate::identify(&idevid, &self.cx).await.unwrap();
            let enrolled = enrolment::enrol(&factory::csr(&key), credential, false, &self.cx).await.unwrap();
            units.push(Unit { idevid, ldevid: enrolled.certificate, number: factory::text(&made, "number") });
        }
        units
    }

    async fn notices(&self) -> Vec<Value> {
        let (_, answer) = self.api("GET", "/api/v1/notices", "").await;
        answer["items"].as_array().unwrap().iter().map(|notice| notice["kind"].clone()).collect()
    }

    async fn findings(&self, state: &str) -> Vec<Value> {
        let (status, answer) = self.api("GET", &format!("/api/v1/findings?state={state}"), "").await;
        assert_eq!(status, 200, "{answer}");
        answer["items"].as_array().unwrap().clone()
    }
}

fn code(problem: &Value) -> &str {
    problem["type"].as_str().unwrap().strip_prefix("urn:tegata:problem:").unwrap()
}

#[tokio::test]
async fn who_may_and_what_is_refused() {
    let platform = Platform::new().await;
    let unit = platform.units(1).await.remove(0);
    let empty = || Request::builder().method("POST").uri(PATH);
    assert_eq!(platform.send(None, empty().body(Body::empty()).unwrap()).await.0, 401, "no certificate");
    let foreign = BASE64.decode(b"MAA=").unwrap();
    assert_eq!(platform.beat(&foreign, "{}").await.0, 401, "a foreign certificate");
    let bearer = empty().header(header::AUTHORIZATION, format!("Bearer {}", platform.token));
    assert_eq!(platform.send(None, bearer.body(Body::empty()).unwrap()).await.0, 401, "a token is no device");
    let both = empty().header(header::AUTHORIZATION, format!("Bearer {}", platform.token));
    assert_eq!(platform.send(Some(&unit.ldevid), both.body(Body::empty()).unwrap()).await.0, 400);

    let (status, problem) = platform.beat(&unit.idevid, "{}").await;
    assert_eq!((status, code(&problem)), (403, "enrol_first"));
    for (body, word) in [
        ("{", "no JSON"),
        ("[1]", "object"),
        (r#"{"credential":"weak"}"#, "initial, changed or none"),
        (r#"{"version":""}"#, "64 printable"),
        (r#"{"nonce":"x"}"#, "22 characters"),
        (r#"{"head":{"sequence":1}}"#, "64 lower-case hex digits"),
    ] {
        let (status, problem) = platform.beat(&unit.ldevid, body).await;
        assert_eq!(status, 400, "{body}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(word), "{body}: {problem}");
    }
    let (status, problem) = platform.beat(&unit.ldevid, format!("{{\"x\":\"{}\"}}", "y".repeat(8192))).await;
    assert_eq!((status, code(&problem)), (413, "too_large"));

    let (status, answer) = platform.beat(&unit.ldevid, r#"{"uptime":7,"version":"1.4.0"}"#).await;
    assert_eq!((status, &answer["number"]), (200, &unit.number.clone().into()), "what is not known is passed over");
    assert_eq!((&answer["next"], &answer["head"]["nonce"]), (&300.into(), &Value::Null));
    let (_, seen) = platform.api("GET", &format!("/api/v1/devices/{}", unit.number), "").await;
    assert_eq!((&seen["stage"], &seen["head"]), (&"in_use".into(), &answer["head"]["commitment"]));
    assert!(seen["seen_at"].is_string());
}

#[tokio::test]
async fn twins_are_held_told_why_and_let_back() {
    let platform = Platform::new().await;
    let units = platform.units(2).await;
    let unit = &units[0];
    let first = platform.token(&unit.ldevid, None).await;
    let (one, two) =
        (platform.token(&unit.ldevid, Some(&first)).await, platform.token(&unit.ldevid, Some(&first)).await);
    let of_one = platform.token(&unit.ldevid, Some(&one)).await;
    for shown in [&two, &of_one, &two] {
        let (status, problem) = platform.beat(&unit.ldevid, json!({ "token": shown }).to_string()).await;
        assert_eq!((status, code(&problem)), (403, "life"));
        assert!(problem["detail"].as_str().unwrap().contains("quarantined"), "{problem}");
    }
    let open = platform.findings("open").await;
    assert_eq!((open.len(), &open[0]["kind"], &open[0]["level"]), (1, &"two_bodies".into(), &5.into()));
    assert_eq!(open[0]["device"], unit.number.as_str());
    assert_eq!(platform.notices().await, ["two_bodies"], "its owner is told, once");
    let (_, seen) = platform.api("GET", &format!("/api/v1/devices/{}", unit.number), "").await;
    assert_eq!(seen["condition"], "quarantined");
    let (_, audit) = platform.api("GET", "/api/v1/audit?limit=1000", "").await;
    let acts: Vec<_> = audit["items"].as_array().unwrap().iter().map(|a| a["operation"].clone()).collect();
    assert_eq!(acts.iter().filter(|operation| **operation == "contain_device").count(), 1, "{acts:?}");
    assert!(!acts.contains(&"hear_device".into()));

    // the other device is not concerned; the twins' token is nothing to it
    let own = platform.token(&units[1].ldevid, None).await;
    let own = platform.token(&units[1].ldevid, Some(&own)).await;
    platform.token(&units[1].ldevid, Some(&of_one)).await;
    platform.token(&units[1].ldevid, Some(&own)).await;
    let kinds: Vec<_> = platform.findings("open").await.iter().map(|f| f["kind"].clone()).collect();
    assert_eq!(kinds, ["two_bodies", "cannot_confirm"]);

    assert_eq!(platform.act(unit, "release").await, 200);
    let next = platform.token(&unit.ldevid, Some(&of_one)).await;
    let next = platform.token(&unit.ldevid, Some(&next)).await;
    platform.token(&unit.ldevid, Some(&next)).await;
    let open = platform.findings("open").await;
    assert_eq!((open.len(), &open[0]["kind"]), (1, &"cannot_confirm".into()), "that of the other device");
    let path = format!("/api/v1/findings/{}/close", open[0]["id"].as_str().unwrap());
    let (status, closed) = platform.api("POST", &path, r#"{"reason":"a reinstallation"}"#).await;
    assert_eq!(
        (status, &closed["state"], &closed["close_reason"]),
        (200, &"closed".into(), &"a reinstallation".into())
    );
    assert!(platform.findings("open").await.is_empty());
    assert_eq!(platform.findings("closed").await.len(), 2);
    for (path, body, expected) in [
        (path.as_str(), "{}", 400),
        (path.as_str(), r#"{"reason":""}"#, 400),
        ("/api/v1/findings/nonsense/close", r#"{"reason":"x"}"#, 404),
    ] {
        assert_eq!(platform.api("POST", path, body).await.0, expected, "{path} {body}");
    }
    assert_eq!(platform.api("GET", "/api/v1/findings?state=ajar", "").await.0, 400);
}

#[tokio::test]
async fn what_holds_a_device_holds_its_heartbeats() {
    let platform = Platform::new().await;
    let unit = platform.units(1).await.remove(0);
    platform.token(&unit.ldevid, None).await;
    for (act, word) in [("recall", "recalled"), ("repair", ""), ("quarantine", "quarantined"), ("retire", "revoked")] {
        assert_eq!(platform.act(&unit, act).await, 200);
        let (status, problem) = platform.beat(&unit.ldevid, "{}").await;
        assert_eq!(status, if word.is_empty() { 200 } else { 403 }, "{act}: {problem}");
        assert!(problem["detail"].as_str().unwrap_or_default().contains(word), "{act}: {problem}");
    }
}

#[tokio::test]
async fn an_initial_password_stands_in_the_list_until_it_is_changed() {
    let platform = Platform::new().await;
    let unit = platform.units(1).await.remove(0);
    let mut shown = Value::Null;
    for (credential, open) in [("initial", 1), ("initial", 1), ("changed", 0), ("changed", 0), ("none", 0)] {
        let body = json!({ "credential": credential, "token": shown });
        let (status, answer) = platform.beat(&unit.ldevid, body.to_string()).await;
        assert_eq!((status, platform.findings("open").await.len()), (200, open), "{credential}");
        shown = answer["token"].clone();
    }
    assert_eq!(platform.notices().await, ["initial_password"], "once");
    let path = format!("/api/v1/devices/{}/events", unit.number);
    let (_, events) = platform.api("GET", &path, "").await;
    let kinds: Vec<_> = events["items"].as_array().unwrap().iter().map(|e| e["kind"].clone()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "credential_changed").count(), 1, "{kinds:?}");
}
