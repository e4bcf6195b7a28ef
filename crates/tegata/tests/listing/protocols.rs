//! The routes of the machine protocols.

use crate::case::Case;
use crate::stock::Stock;
use serde_json::json;
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
    vec![
        Case::public("/.well-known/est/cacerts", |_| get("/.well-known/est/cacerts")),
        Case::public("/.well-known/est/csrattrs", |_| get("/.well-known/est/csrattrs")),
        Case::device("/.well-known/est/simpleenroll", |s| enrol(s, "/.well-known/est/simpleenroll")),
        Case::device("/.well-known/est/simplereenroll", |s| enrol(s, "/.well-known/est/simplereenroll")),
        Case::public("/.well-known/est/{label}/cacerts", |_| get("/.well-known/est/line/cacerts")),
        Case::public("/.well-known/est/{label}/csrattrs", |_| get("/.well-known/est/line/csrattrs")),
        Case::device("/.well-known/est/{label}/simpleenroll", |s| enrol(s, "/.well-known/est/line/simpleenroll")),
        Case::device("/.well-known/est/{label}/simplereenroll", |s| enrol(s, "/.well-known/est/line/simplereenroll")),
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
