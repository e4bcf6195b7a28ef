//! The link of a letter: handlers.

use crate::language::Language;
use crate::page::{self, Place};
use crate::status::{html, refuse};
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode, header};
use tegata_document::letter::Language as Tongue;
use tegata_usecase::{Cx, notice};

fn place<'r>(query: Option<&'r str>, headers: &'r HeaderMap) -> Place<'r> {
    Place::of(query, headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()))
}

/// `GET /n/{code}`: what the letter says. Opening it is no receipt.
pub async fn show(
    State(cx): State<Cx>,
    Path(code): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let place = place(query.as_deref(), &headers);
    let tongue = match place.language() {
        Language::En => Tongue::En,
        Language::Ja => Tongue::Ja,
    };
    match notice::show_linked(&code, tongue, &cx).await {
        Ok(linked) => html(StatusCode::OK, page::notice::render(&place, &linked)),
        Err(error) => refuse(error, &place, &headers),
    }
}

/// `POST /n/{code}`: a person says to have read it.
pub async fn receive(
    State(cx): State<Cx>,
    Path(code): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    match notice::receive_linked(&code, &cx).await {
        Ok(()) => Redirect::to(&format!("/n/{code}")).into_response(),
        Err(error) => refuse(error, &place(query.as_deref(), &headers), &headers),
    }
}
