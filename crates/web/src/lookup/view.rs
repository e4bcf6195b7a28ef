//! The look-up for programs: JSON, written straight from the values. This is the most asked answer of the platform, and
//! what a serializer does to find out its shape was a tenth of it.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;
use tegata_domain::lookup::{Lookup, Stamped};
use tegata_domain::product::Product;
use tegata_domain::time::Timestamp;
use tegata_usecase::lookup::Answer;
use tegata_wire::http::holds_tag;

/// An object that is being written.
struct Object(Vec<u8>);

impl Object {
    fn open() -> Self {
        let mut out = Vec::with_capacity(1024);
        out.push(b'{');
        Object(out)
    }

    /// The name of a member; names are ours and need no escape.
    fn name(&mut self, name: &str) {
        if !matches!(self.0.last(), Some(b'{')) {
            self.0.push(b',');
        }
        self.plain(name);
        self.0.push(b':');
    }

    /// A text that needs no escape.
    fn plain(&mut self, text: &str) {
        self.0.push(b'"');
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(b'"');
    }

    /// Any value. Writing to memory does not fail, and no value here has a shape that JSON lacks.
    fn value(&mut self, value: &(impl Serialize + ?Sized)) {
        let written = serde_json::to_writer(&mut self.0, value);
        debug_assert!(written.is_ok());
    }

    fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        match text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
            true => self.plain(text),
            false => self.value(text),
        }
    }

    fn member(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        self.name(name);
        self.value(value);
    }

    fn optional(&mut self, name: &str, text: Option<&str>) {
        match text {
            Some(text) => self.text(name, text),
            None => self.member(name, &()),
        }
    }

    fn close(mut self) -> Vec<u8> {
        self.0.push(b'}');
        self.0
    }

    fn model(&mut self, product: &Product, maker: &str) {
        self.text("maker", maker);
        self.text("name", &product.name);
        self.text("model", &product.model);
        self.text("gtin", &product.gtin);
        self.member("sector", &product.sector);
        self.text("support_end", &product.support_end.to_string());
        self.optional("support_reason", product.support_reason.as_deref());
        self.optional("contact", product.contact.as_deref());
    }

    /// The stages that were reached.
    fn stamps(&mut self, stamps: &[Stamped], number: &str) {
        self.name("stamps");
        self.0.push(b'[');
        for (stamp, at) in stamps.iter().filter_map(|stamp| Some((stamp, stamp.at?))) {
            if !matches!(self.0.last(), Some(b'[')) {
                self.0.push(b',');
            }
            self.0.push(b'{');
            self.text("stage", stamp.stage.name());
            self.text("at", &at.rfc3339());
            self.member("event", &stamp.sequence);
            self.member("presumed", &stamp.sequence.is_none());
            self.member("proved", &stamp.proved);
            if stamp.erased {
                self.member("erased", &true);
            }
            self.name("proof");
            match stamp.sequence.filter(|_| stamp.proved) {
                Some(sequence) => self.plain(&format!("/d/{number}/proof/{sequence}")),
                None => self.value(&()),
            }
            self.0.push(b'}');
        }
        self.0.push(b']');
    }
}

/// The three tiers, told apart: the register, the code, the device itself.
const TIERS: &[u8] = br#"{"registered":"confirmed","code":"not_counted","signed_now":"not_asked"}"#;

fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut out, b| {
        for half in [b >> 4, b & 15] {
            out.push(char::from(b"0123456789abcdef"[usize::from(half)]));
        }
        out
    })
}

/// The form of the answers that tags stand for; one that says more is another form.
const FORM: &str = "1";

/// An entity tag of all that a device shows, but for the time: any event of a device moves its head. Weak, since bodies
/// of the same tag tell different times (RFC 9110 §8.8.1).
fn tag(lookup: &Lookup) -> String {
    let (month, ended) = (lookup.at.month(), lookup.erasure.map_or(0, |erasure| erasure as u8 + 1));
    let head = &hex(&lookup.head.1)[..24];
    format!("W/\"{FORM}-{head}-{}-{:04}{:02}-{ended}\"", lookup.proved, month.year, month.month)
}

/// What a device shows, up to the time of the look-up.
pub(super) fn device(lookup: &Lookup) -> Answer {
    let number = lookup.number.to_string();
    let mut out = Object::open();
    out.text("number", &number);
    out.member("answer", &lookup.answer);
    out.member("todo", &lookup.todo);
    out.text("stage", lookup.stage.name());
    out.member("condition", &lookup.condition);
    if let Some(erasure) = &lookup.erasure {
        out.member("erasure", erasure);
    }
    out.model(&lookup.product, &lookup.maker);
    out.stamps(&lookup.stamps, &number);
    out.name("proven");
    out.0.extend_from_slice(TIERS);
    out.name("head");
    out.0.push(b'{');
    out.member("sequence", &lookup.head.0);
    out.text("commitment", &hex(&lookup.head.1));
    out.0.push(b'}');
    Answer { tag: tag(lookup).into(), body: out.0.into() }
}

/// The answer at a time; 304 when the client has it but for that.
pub(super) fn reply_at(answer: &Answer, at: Timestamp, headers: &HeaderMap) -> Response {
    let tag_is = |list: &HeaderValue| {
        let (list, tag) = (list.to_str().unwrap_or_default(), std::str::from_utf8(&answer.tag).unwrap_or_default());
        holds_tag(list, tag.trim_start_matches("W/"), true)
    };
    let mut response = if headers.get(header::IF_NONE_MATCH).is_some_and(tag_is) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        let mut out = Object(Vec::with_capacity(answer.body.len() + TIME));
        out.0.extend_from_slice(&answer.body);
        out.text("looked_up_at", &at.rfc3339());
        reply(out.close())
    };
    let fields = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_maybe_shared(answer.tag.clone()) {
        fields.insert(header::ETAG, tag);
    }
    // who looks a number up may ask whether it still is so; nobody else keeps it
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

/// Room for the time.
const TIME: usize = 64;

/// A model.
pub(super) fn model(product: &Product, maker: &str) -> Response {
    let mut out = Object::open();
    out.model(product, maker);
    reply(out.close())
}

fn reply(body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    // room for those of the gate too
    headers.reserve(8);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept, Accept-Language"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
