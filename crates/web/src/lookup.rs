//! Public look-up: handlers. What is shown is rendered in [`crate::page`].

pub mod ask;
pub mod report;
mod view;

use crate::asset;
use crate::page::{self, Place, device::proof_file_name};
use crate::refusal;
use crate::status::{html, json, refuse, refuse_with, reply, request_id};
use axum::Extension;
use axum::extract::{Path, Query, RawQuery, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use serde::Deserialize;
use std::net::{IpAddr, Ipv4Addr};
use tegata_document::label as drawing;
use tegata_domain::challenge::Signed;
use tegata_domain::number::{MalformedNumber, Number};
use tegata_domain::permit::Actor;
use tegata_usecase::lookup::Visitor;
use tegata_usecase::peer::{self, Peer};
use tegata_usecase::{Cx, Error, Kind, device as devices, ledger, lookup};
use tegata_wire::problem::Problem;

fn text<'h>(headers: &'h HeaderMap, name: &header::HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Where a page for everybody was asked for.
pub(crate) fn place<'r>(query: Option<&'r str>, headers: &'r HeaderMap) -> Place<'r> {
    Place::of(query, text(headers, &header::ACCEPT_LANGUAGE))
}

/// `/`: what this is, and a field for a number.
pub async fn front(RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let place = place(query.as_deref(), &headers);
    let guides = place.link("/guide");
    html(StatusCode::OK, page::front::render(&place, Some(&guides)))
}

/// The field of the front page.
#[derive(Deserialize)]
pub struct Typed {
    number: Option<String>,
    lang: Option<String>,
}

/// `/d?number=…`: on to the page of the number.
pub async fn typed(Query(typed): Query<Typed>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let number = typed.number.unwrap_or_default();
    let Ok(number) = Number::parse(&number) else {
        return malformed(&number, &place(query.as_deref(), &headers), json(&headers));
    };
    let lang = match typed.lang.as_deref() {
        Some("ja") => "?lang=ja",
        Some("en") => "?lang=en",
        _ => "",
    };
    Redirect::to(&format!("/d/{number}{lang}")).into_response()
}

fn malformed(typed: &str, place: &Place<'_>, json: bool) -> Response {
    match json {
        true => reply(&Problem::new(404, "malformed_number", MalformedNumber.to_string())),
        false => html(StatusCode::NOT_FOUND, page::malformed::render(place, typed)),
    }
}

/// `/d/{number}`.
pub async fn device(State(cx): State<Cx>, Path(typed): Path<String>, request: Request) -> Response {
    // taken whole: the extractors of query and headers would copy them
    let (parts, _no_body) = request.into_parts();
    show(&typed, &place(parts.uri.query(), &parts.headers), &parts, &cx).await
}

/// Who looks, as far as it matters: what a browser fetches ahead, and HEAD, nobody has seen.
fn visitor(parts: &Parts) -> Visitor {
    let purpose = text(&parts.headers, &HeaderName::from_static("sec-purpose")).unwrap_or_default();
    let address = parts.extensions.get::<Peer>().map_or(NOWHERE, |peer| peer.address);
    Visitor { address, counts: parts.method == Method::GET && !purpose.contains("prefetch") }
}

/// Stands for an address that is not known.
const NOWHERE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// How often a page looks again whose device was asked to sign.
const AGAIN: HeaderValue = HeaderValue::from_static("15");

async fn show(typed: &str, place: &Place<'_>, parts: &Parts, cx: &Cx) -> Response {
    let headers = &parts.headers;
    let json = json(headers);
    let Ok(number) = Number::parse(typed) else { return malformed(typed, place, json) };
    if json {
        return for_program(number, headers, cx).await;
    }
    match lookup::visit(number, visitor(parts), cx).await {
        Ok(found) => {
            let mut response = html(StatusCode::OK, page::device::render(place, &found));
            // no element of the page: who reads it by ear, or slowly, has a link to stop it
            if place.is_waiting() && matches!(found.signed, Signed::Asked(_)) {
                response.headers_mut().insert(header::REFRESH, AGAIN);
            }
            response
        }
        Err(error) if error.kind == Kind::NotFound => html(StatusCode::NOT_FOUND, page::unknown::render(place, number)),
        Err(error) => refuse(error, place, headers),
    }
}

/// The page of a device once more, after something that somebody did there was refused.
async fn again(number: Number, place: &Place<'_>, refused: Error, peer: &Peer, cx: &Cx) -> Response {
    let visitor = Visitor { address: peer.address, counts: false };
    match lookup::visit(number, visitor, cx).await {
        Ok(found) => refuse_with(refused, page::device::render(place, &found)),
        Err(error) => refuse(error, place, &HeaderMap::new()),
    }
}

/// The number that a program asks for in the plainest way: `GET /d/{number}`, JSON, no query. `None` says nothing; the
/// route decides then.
pub fn asked<B>(request: &http::Request<B>) -> Option<Number> {
    let number = request.uri().path().strip_prefix("/d/")?;
    let plain = request.method() == Method::GET && request.uri().query().is_none();
    if plain && json(request.headers()) { Number::parse(number).ok() } else { None }
}

/// The answer from memory, where one is there that holds.
pub fn from_memory(number: Number, headers: &HeaderMap, cx: &Cx) -> Option<Response> {
    let (answer, now) = lookup::known(number, cx)?;
    Some(view::reply_at(&answer, now, headers))
}

/// The answer of the store, which is kept where that is worth it.
pub async fn for_program(number: Number, headers: &HeaderMap, cx: &Cx) -> Response {
    match lookup::find(number, cx).await {
        Ok((found, ticket)) => {
            let (tag, body) = view::device(&found);
            let answer = || lookup::Answer { tag: tag.clone(), body: Bytes::copy_from_slice(&body) };
            lookup::keep(ticket, &found, answer, cx);
            view::reply_with(tag, || body, found.at, headers)
        }
        Err(error) => refuse(error, &place(None, headers), headers),
    }
}

/// The query of a Digital Link.
#[derive(Deserialize)]
pub struct Linked {
    n: Option<String>,
}

/// `/01/{gtin}/21/{serial}?n=…`: with the number the device, without it facts of the model only.
pub async fn digital_link(
    State(cx): State<Cx>,
    Path((gtin, _)): Path<(String, String)>,
    Query(linked): Query<Linked>,
    request: Request,
) -> Response {
    let (parts, _no_body) = request.into_parts();
    let place = place(parts.uri.query(), &parts.headers);
    match linked.n {
        Some(number) => show(&number, &place, &parts, &cx).await,
        None => show_model(&gtin, &place, &parts.headers, &cx).await,
    }
}

/// `/01/{gtin}`: the model.
pub async fn model(
    State(cx): State<Cx>,
    Path(gtin): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    show_model(&gtin, &place(query.as_deref(), &headers), &headers, &cx).await
}

async fn show_model(gtin: &str, place: &Place<'_>, headers: &HeaderMap, cx: &Cx) -> Response {
    let found = async {
        let entry = lookup::model(gtin, cx).await?;
        Ok::<_, Error>((entry, cx.reading()?))
    };
    match found.await {
        Ok((entry, _)) if json(headers) => view::model(&entry.product, &entry.maker),
        Ok((entry, now)) => html(StatusCode::OK, page::model::render(place, &entry.product, &entry.maker, now)),
        Err(error) => refuse(error, place, headers),
    }
}

/// `/d/{number}/proof/{sequence}`: the proof of a stamp, as a file.
pub async fn proof(
    State(cx): State<Cx>,
    Path((typed, sequence)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let place = place(query.as_deref(), &headers);
    let (Ok(number), Ok(sequence)) = (Number::parse(&typed), sequence.parse::<u32>()) else {
        return refuse(Error::not_found("proof"), &place, &headers);
    };
    match ledger::prove_stamp(number, sequence, &cx).await {
        Ok(proof) => {
            let name = format!("attachment; filename=\"{}\"", proof_file_name(number, sequence));
            let kind = "text/plain; charset=utf-8".to_owned();
            ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], proof.text).into_response()
        }
        Err(error) => refuse(error, &place, &headers),
    }
}

/// `/assets/…`: the one stylesheet.
pub async fn asset(uri: Uri) -> Response {
    let files = [(asset::stylesheet(), "text/css; charset=utf-8"), (asset::script(), "text/javascript; charset=utf-8")];
    let Some(((_, body), kind)) = files.into_iter().find(|((path, _), _)| uri.path() == *path) else {
        return reply(&refusal::of(Kind::NotFound, "not_found").problem());
    };
    let kind = (header::CONTENT_TYPE, kind);
    ([kind, (header::CACHE_CONTROL, "public, max-age=31536000, immutable")], body).into_response()
}

/// Whatever has no route.
pub async fn nothing(RawQuery(query): RawQuery, headers: HeaderMap, uri: Uri) -> Response {
    let place = place(query.as_deref(), &headers);
    let person = text(&headers, &header::ACCEPT).is_some_and(|a| a.contains("text/html"));
    if person && !uri.path().starts_with("/api/") {
        return html(StatusCode::NOT_FOUND, page::error::render(&place, 404, request_id(&headers)));
    }
    StatusCode::NOT_FOUND.into_response()
}

/// `/api/v1/devices/{number}/label.svg`: a label to print, for who made or owns the device.
pub async fn label(
    State(cx): State<Cx>,
    Extension(peer): Extension<Peer>,
    Path(typed): Path<String>,
    headers: HeaderMap,
) -> Response {
    let drawn = draw(&typed, &peer, text(&headers, &header::AUTHORIZATION), &cx);
    match drawn.await {
        Ok(svg) => ([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response(),
        Err(error) => {
            let mut response = reply(&error.problem());
            if error.kind == Kind::NoCredential {
                response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
            }
            response
        }
    }
}

async fn draw(typed: &str, peer: &Peer, authorization: Option<&str>, cx: &Cx) -> Result<String, Error> {
    let actor = peer::member(peer, authorization, cx).await?;
    let number = Number::parse(typed).map_err(|_| Error::not_found("device"))?;
    drawn(number, &actor, cx).await
}

/// The label of a device, drawn, for who made or owns it.
pub(crate) async fn drawn(number: Number, actor: &Actor, cx: &Cx) -> Result<String, Error> {
    let says = devices::label(number, actor, cx).await?;
    let label = drawing::Label {
        url: &says.url,
        number: &says.number,
        model: &says.model,
        maker: &says.maker,
        serial: &says.serial,
        gtin: &says.gtin,
        password: None,
    };
    drawing::svg(&label).map_err(|e| Error::conflict("url_too_long", e))
}
