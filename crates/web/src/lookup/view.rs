//! The look-up for programs: JSON, written straight from the values. This is the most asked answer of the platform, and
//! what a serializer does to find out its shape was a tenth of it.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;
use tegata_domain::challenge::Signed;
use tegata_domain::lookup::{Lookup, Stamped};
use tegata_domain::product::Product;
use tegata_domain::time::Timestamp;
use tegata_usecase::lookup::Answer;
use tegata_wire::http::holds_tag;

/// The name of a member, with what stands around it.
macro_rules! name {
    (first $name:literal) => {
        concat!("{\"", $name, "\":")
    };
    ($name:literal) => {
        concat!(",\"", $name, "\":")
    };
}

/// Room for a body with all its stamps.
const ROOM: usize = 2048;

/// Writes JSON. Names come with what stands around them ([`name!`]).
struct Writer(Vec<u8>);

/// Whether a text needs no escape. Without an early end, so that many bytes are judged at once.
fn is_plain(text: &str) -> bool {
    text.bytes().fold(true, |plain, byte| plain & (byte >= b' ') & (byte != b'"') & (byte != b'\\'))
}

impl Writer {
    fn new() -> Self {
        Writer(Vec::with_capacity(ROOM))
    }

    fn put(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    /// A text that needs no escape.
    fn plain(&mut self, name: &'static str, text: &[u8]) {
        self.put(name);
        self.put("\"");
        self.0.extend_from_slice(text);
        self.put("\"");
    }

    /// Any value. Writing to memory does not fail, and no value here has a shape that JSON lacks.
    fn value(&mut self, name: &'static str, value: &(impl Serialize + ?Sized)) {
        self.put(name);
        let written = serde_json::to_writer(&mut self.0, value);
        debug_assert!(written.is_ok());
    }

    fn text(&mut self, name: &'static str, text: &str) {
        match is_plain(text) {
            true => self.plain(name, text.as_bytes()),
            false => self.value(name, text),
        }
    }

    fn optional(&mut self, name: &'static str, text: Option<&str>) {
        match text {
            Some(text) => self.text(name, text),
            None => self.value(name, &()),
        }
    }

    fn flag(&mut self, name: &'static str, flag: bool) {
        self.put(name);
        self.put(if flag { "true" } else { "false" });
    }

    /// What is known of a model; `maker` is the name of its first member.
    fn model(&mut self, maker_name: &'static str, product: &Product, maker: &str) {
        self.text(maker_name, maker);
        self.text(name!("name"), &product.name);
        self.text(name!("model"), &product.model);
        self.text(name!("gtin"), &product.gtin);
        self.value(name!("sector"), &product.sector);
        self.text(name!("support_end"), &product.support_end.to_string());
        self.optional(name!("support_reason"), product.support_reason.as_deref());
        self.optional(name!("contact"), product.contact.as_deref());
    }

    /// The three tiers, told apart: the register, the code, the device itself.
    fn tiers(&mut self, lookup: &Lookup) {
        self.put(name!("proven"));
        self.plain(name!(first "registered"), b"confirmed");
        self.plain(name!("code"), lookup.seen.name().as_bytes());
        self.plain(name!("signed_now"), lookup.signed.name().as_bytes());
        if let Signed::Signed(at, _) = lookup.signed {
            self.plain(name!("signed_at"), &at.letters());
        }
        self.put("}");
    }

    /// The stages that were reached.
    fn stamps(&mut self, stamps: &[Stamped], number: &str) {
        self.put(name!("stamps"));
        let mut between = "[";
        for (stamp, at) in stamps.iter().filter_map(|stamp| Some((stamp, stamp.at?))) {
            self.put(between);
            between = ",";
            self.plain(name!(first "stage"), stamp.stage.name().as_bytes());
            self.plain(name!("at"), &at.letters());
            self.value(name!("event"), &stamp.sequence);
            self.flag(name!("presumed"), stamp.sequence.is_none());
            self.flag(name!("proved"), stamp.proved);
            if stamp.erased {
                self.flag(name!("erased"), true);
            }
            match stamp.sequence.filter(|_| stamp.proved) {
                Some(sequence) => {
                    self.put(concat!(name!("proof"), "\"/d/"));
                    self.put(number);
                    self.value("/proof/", &sequence);
                    self.put("\"");
                }
                None => self.value(name!("proof"), &()),
            }
            self.put("}");
        }
        self.put(if between == "[" { "[]" } else { "]" });
    }
}

fn hex(bytes: &[u8; 32]) -> [u8; 64] {
    let digit = |half: u8| b"0123456789abcdef"[usize::from(half)];
    let mut out = [0; 64];
    for (two, byte) in out.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
        *two = [digit(byte >> 4), digit(byte & 15)];
    }
    out
}

/// The form of the answers that tags stand for; one that says more is another form.
const FORM: &str = "W/\"2-";

/// What the device signed, or was asked to, and when.
fn told(signed: Signed) -> Option<(&'static str, Timestamp)> {
    match signed {
        Signed::NotAsked => None,
        Signed::Asked(at) => Some(("-a", at)),
        Signed::Signed(at, _) => Some(("-s", at)),
        Signed::CannotConfirm(at) => Some(("-c", at)),
    }
}

/// An entity tag of all that a device shows, but for the time: any event of a device moves its head. Weak, since bodies
/// of the same tag tell different times (RFC 9110 §8.8.1).
fn tag(lookup: &Lookup, head: &[u8; 64]) -> Bytes {
    let mut tag = Writer(Vec::with_capacity(64));
    tag.put(FORM);
    tag.0.extend_from_slice(&head[..24]);
    tag.value("-", &lookup.proved);
    tag.put("-");
    tag.put(&lookup.at.month().to_string().replace('-', ""));
    tag.value("-", &lookup.erasure.map_or(0, |erasure| erasure as u8 + 1));
    // each word has another first letter, or another second one
    tag.put("-");
    tag.put(&lookup.seen.name()[..2]);
    if let Some((word, at)) = told(lookup.signed) {
        tag.put(word);
        tag.value("-", &at.millis());
    }
    tag.put("\"");
    tag.0.into()
}

/// What a device shows, up to the time of the look-up: entity tag and body.
pub(super) fn device(lookup: &Lookup) -> (Bytes, Vec<u8>) {
    let (number, head) = (lookup.number.to_string(), hex(&lookup.head.1));
    let mut out = Writer::new();
    out.plain(name!(first "number"), number.as_bytes());
    out.value(name!("answer"), &lookup.answer);
    out.value(name!("todo"), &lookup.todo);
    out.plain(name!("stage"), lookup.stage.name().as_bytes());
    out.plain(name!("condition"), lookup.condition.name().as_bytes());
    if let Some(erasure) = &lookup.erasure {
        out.value(name!("erasure"), erasure);
    }
    out.model(name!("maker"), &lookup.product, &lookup.maker);
    out.stamps(&lookup.stamps, &number);
    out.tiers(lookup);
    out.put(name!("head"));
    out.value(name!(first "sequence"), &lookup.head.0);
    out.plain(name!("commitment"), &head);
    out.put("}");
    (tag(lookup, &head), out.0)
}

/// The answer from memory at a time.
pub(super) fn reply_at(answer: &Answer, at: Timestamp, headers: &HeaderMap) -> Response {
    let body = || {
        let mut body = Vec::with_capacity(answer.body.len() + TIME);
        body.extend_from_slice(&answer.body);
        body
    };
    reply_with(answer.tag.clone(), body, at, headers)
}

/// The answer at a time; 304 when the client has it but for that.
pub(super) fn reply_with(tag: Bytes, body: impl FnOnce() -> Vec<u8>, at: Timestamp, headers: &HeaderMap) -> Response {
    let tag_is = |list: &HeaderValue| {
        let (list, tag) = (list.to_str().unwrap_or_default(), std::str::from_utf8(&tag).unwrap_or_default());
        holds_tag(list, tag.trim_start_matches("W/"), true)
    };
    // who looks a number up may ask whether it still is so; nobody else keeps it
    let cache = HeaderValue::from_static("private, no-cache");
    let mut response = if headers.get(header::IF_NONE_MATCH).is_some_and(tag_is) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().insert(header::CACHE_CONTROL, cache);
        response
    } else {
        let mut out = Writer(body());
        out.plain(name!("looked_up_at"), &at.letters());
        out.put("}");
        reply(out.0, cache)
    };
    if let Ok(tag) = HeaderValue::from_maybe_shared(tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Room for the time.
const TIME: usize = 64;

/// A model.
pub(super) fn model(product: &Product, maker: &str) -> Response {
    let mut out = Writer::new();
    out.model(name!(first "maker"), product, maker);
    out.put("}");
    reply(out.0, HeaderValue::from_static("no-store"))
}

fn reply(body: Vec<u8>, cache: HeaderValue) -> Response {
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    // room for those of the gate too
    headers.reserve(8);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept, Accept-Language"));
    headers.insert(header::CACHE_CONTROL, cache);
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
