//! The routes of the machine protocols.

use crate::case::Case;
use crate::stock::Stock;
use serde_json::{Value, json};
use tegata::wiring::Method::{self, Get, Post, Put};
use tegata_testkit::api::Message;
use tegata_testkit::factory;

fn get(path: impl Into<String>) -> Message {
    Message::new("GET", path)
}

/// An enrolment of the known device.
fn enrol(stock: &Stock, path: &str) -> Message {
    let csr = tegata_wire::est::encode(&factory::csr(&stock.unit.identity));
    Message::new("POST", path).body("application/pkcs10", csr)
}

/// The lines.
pub fn all() -> Vec<Case> {
    let mut all = signed();
    all.extend(updates());
    all
}

/// A resource of the known device below its DDI address.
fn ddi(method: Method, rest: &'static str, body: Option<Value>) -> Case {
    let route = Box::leak(format!("/{{tenant}}/controller/v1/{{number}}{rest}").into_boxed_str());
    let rest = rest.replace("{action}", "7").replace("{module}", "7").replace("{file}", "pump.swu");
    let call = move |s: &Stock| {
        let message =
            Message::new(crate::case::word(method), format!("/DEFAULT/controller/v1/{}{rest}", s.unit.number));
        body.iter().fold(message, Message::json)
    };
    Case { method, ..Case::device(route, call) }
}

/// Updates. The known device has no action, so what names one is not there: what they do stands in `tests/ddi`.
fn updates() -> Vec<Case> {
    let feedback = || {
        Some(
            json!({ "status": { "execution": "proceeding", "result": { "finished": "none" }, "details": ["listed"] } }),
        )
    };
    vec![
        ddi(Get, "", None),
        ddi(Put, "/configData", Some(json!({ "data": { "hw_revision": "1.0" } }))),
        ddi(Get, "/deploymentBase/{action}", None).answers(404),
        ddi(Post, "/deploymentBase/{action}/feedback", feedback()).answers(404),
        ddi(Get, "/cancelAction/{action}", None).answers(404),
        ddi(Post, "/cancelAction/{action}/feedback", feedback()).answers(404),
        ddi(Get, "/installedBase/{action}", None).answers(404),
        ddi(Put, "/installedBase", Some(json!({ "name": "linux", "version": "1.0" }))).answers(201),
        ddi(Get, "/softwaremodules/{module}/artifacts", None).answers(404),
        ddi(Get, "/softwaremodules/{module}/artifacts/{file}", None).answers(404),
        ddi(Get, "/confirmationBase", None),
        ddi(Get, "/confirmationBase/{action}", None).answers(404),
        ddi(Post, "/confirmationBase/{action}/feedback", Some(json!({ "confirmation": "confirmed" }))).answers(404),
        ddi(Post, "/confirmationBase/activateAutoConfirm", Some(json!({ "initiator": "listing" }))),
        ddi(Post, "/confirmationBase/deactivateAutoConfirm", None),
    ]
}

fn signed() -> Vec<Case> {
    vec![
        Case::public("/.well-known/est/cacerts", |_| get("/.well-known/est/cacerts")),
        Case::public("/.well-known/est/csrattrs", |_| get("/.well-known/est/csrattrs")),
        Case::device("/.well-known/est/simpleenroll", |s| enrol(s, "/.well-known/est/simpleenroll")),
        Case::device("/.well-known/est/simplereenroll", |s| enrol(s, "/.well-known/est/simplereenroll")),
        Case::public("/.well-known/est/{label}/cacerts", |_| get("/.well-known/est/line/cacerts")),
        Case::public("/.well-known/est/{label}/csrattrs", |_| get("/.well-known/est/line/csrattrs")),
        Case::device("/.well-known/est/{label}/simpleenroll", |s| enrol(s, "/.well-known/est/line/simpleenroll")),
        Case::device("/.well-known/est/{label}/simplereenroll", |s| enrol(s, "/.well-known/est/line/simplereenroll")),
        // nobody asked it
        Case::device("/agent/v1/answer", |s| {
            let statement = tegata_wire::challenge::Statement {
                number: s.unit.number.clone(),
                nonce: "3q2-7wAAAAAAAAAAAAAAAA".to_owned(),
            };
            let body = json!({ "statement": statement.to_string(), "signature": "AA==" });
            Message::new("POST", "/agent/v1/answer").json(&body)
        })
        .answers(409),
        // a statement of another device: the one in hand stays well
        Case::device("/agent/v1/erasure", |_| {
            let body = serde_json::json!({ "statement": "tegata-erasure/v1\n", "signature": "AA==" });
            Message::new("POST", "/agent/v1/erasure").json(&body)
        })
        .answers(400),
        // the device of the list shows its IDevID, which gives no heartbeats
        Case::device("/agent/v1/heartbeat", |_| Message::new("POST", "/agent/v1/heartbeat").json(&json!({})))
            .answers(403),
        Case::public("/crl/{ca}/{file}", |s| get(s.named("/crl/", ".crl"))),
        Case::public("/ca/{file}", |s| get(s.named("/ca/", ".crt"))),
        Case::public("/ledger/keys", |_| get("/ledger/keys")),
        Case::public("/ledger/{log}/checkpoint", |_| get("/ledger/devices/checkpoint")),
        Case::public("/ledger/{log}/tile/{*rest}", |_| get("/ledger/devices/tile/entries/000.p/1")),
    ]
}
