//! The look-up for programs: JSON, written straight from the values.

use axum::response::{IntoResponse, Response};
use http::header;
use serde::Serialize;
use tegata_domain::device::{Condition, Stage};
use tegata_domain::disposal::Erasure;
use tegata_domain::lookup::{Answer, Lookup, Todo};
use tegata_domain::product::{Product, Sector};

#[derive(Serialize)]
struct Model<'a> {
    maker: &'a str,
    name: &'a str,
    model: &'a str,
    gtin: &'a str,
    sector: Sector,
    support_end: String,
    support_reason: Option<&'a str>,
    contact: Option<&'a str>,
}

impl<'a> Model<'a> {
    fn of(product: &'a Product, maker: &'a str) -> Self {
        Model {
            maker,
            name: &product.name,
            model: &product.model,
            gtin: &product.gtin,
            sector: product.sector,
            support_end: product.support_end.to_string(),
            support_reason: product.support_reason.as_deref(),
            contact: product.contact.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct Stamped {
    stage: Stage,
    at: String,
    event: Option<u32>,
    presumed: bool,
    proved: bool,
    proof: Option<String>,
}

/// The three tiers, told apart: the register, the code, the device itself.
#[derive(Serialize)]
struct Tiers {
    registered: &'static str,
    code: &'static str,
    signed_now: &'static str,
}

#[derive(Serialize)]
struct Device<'a> {
    number: String,
    answer: Answer,
    todo: Todo,
    stage: Stage,
    condition: Condition,
    #[serde(skip_serializing_if = "Option::is_none")]
    erasure: Option<Erasure>,
    #[serde(flatten)]
    model: Model<'a>,
    stamps: Vec<Stamped>,
    proven: Tiers,
    head: Head,
    looked_up_at: String,
}

/// The device's last life event.
#[derive(Serialize)]
struct Head {
    sequence: u32,
    commitment: String,
}

fn stamps(lookup: &Lookup, number: &str) -> Vec<Stamped> {
    let reached = lookup.stamps.iter().filter_map(|s| s.at.map(|at| (s, at)));
    let one = |(s, at): (&tegata_domain::lookup::Stamped, tegata_domain::time::Timestamp)| Stamped {
        stage: s.stage,
        at: at.rfc3339(),
        event: s.sequence,
        presumed: s.sequence.is_none(),
        proved: s.proved,
        proof: s.sequence.filter(|_| s.proved).map(|sequence| format!("/d/{number}/proof/{sequence}")),
    };
    reached.map(one).collect()
}

fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut out, b| {
        for half in [b >> 4, b & 15] {
            out.push(char::from_digit(half.into(), 16).unwrap_or('0'));
        }
        out
    })
}

/// A device.
pub(super) fn device(lookup: &Lookup) -> Response {
    let number = lookup.number.to_string();
    let view = Device {
        answer: lookup.answer,
        todo: lookup.todo,
        stage: lookup.stage,
        condition: lookup.condition,
        erasure: lookup.erasure,
        model: Model::of(&lookup.product, &lookup.maker),
        stamps: stamps(lookup, &number),
        proven: Tiers { registered: "confirmed", code: "not_counted", signed_now: "not_asked" },
        head: Head { sequence: lookup.head.0, commitment: hex(&lookup.head.1) },
        looked_up_at: lookup.at.rfc3339(),
        number,
    };
    reply(serde_json::to_vec(&view).unwrap_or_default())
}

/// A model.
pub(super) fn model(product: &Product, maker: &str) -> Response {
    reply(serde_json::to_vec(&Model::of(product, maker)).unwrap_or_default())
}

fn reply(body: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::VARY, "Accept, Accept-Language"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, body).into_response()
}
