//! Pages of the ledger: handlers. For everybody, without a login and without a cookie.

use crate::page::{Place, ledger as page};
use crate::status::{html, refuse};
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use tegata_domain::ledger::Log;
use tegata_usecase::{Cx, Error, ledger};
use tegata_wire::tlog_proof::MAX_FILE;

fn place<'r>(query: Option<&'r str>, headers: &'r HeaderMap) -> Place<'r> {
    Place::of(query, headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()))
}

/// `GET /ledger`.
pub async fn show(State(cx): State<Cx>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let keys = ledger::keys(&cx);
    let heads = Log::ALL.map(|log| ledger::checkpoint(log, &cx).ok());
    let logs: Vec<_> = Log::ALL
        .into_iter()
        .zip(&heads)
        .zip(keys.lines())
        .map(|((log, head), key)| page::Shown { log, origin: cx.ledger.origin(log), key, checkpoint: head.as_ref() })
        .collect();
    html(StatusCode::OK, page::heads(&place(query.as_deref(), &headers), &cx.names.public_url, &logs))
}

/// `GET /ledger/check`.
pub async fn ask(RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    html(StatusCode::OK, page::proof(&place(query.as_deref(), &headers), None, ""))
}

/// What was pasted.
#[derive(Deserialize)]
struct Pasted {
    proof: String,
}

/// The largest form: each byte of a proof may take three.
const FORM_MAX: usize = 3 * MAX_FILE + 64;

/// `POST /ledger/check`: told step by step. It changes nothing and keeps nothing, so it takes a form from anywhere.
pub async fn check(State(cx): State<Cx>, RawQuery(query): RawQuery, headers: HeaderMap, body: Bytes) -> Response {
    let place = place(query.as_deref(), &headers);
    if body.len() > FORM_MAX {
        return refuse(Error::invalid("too_large", "a proof file is smaller than this"), &place, &headers);
    }
    match serde_urlencoded::from_bytes::<Pasted>(&body) {
        Ok(pasted) => {
            let found = ledger::explain(&pasted.proof, &cx);
            html(StatusCode::OK, page::proof(&place, Some(&found), &pasted.proof))
        }
        Err(_) => refuse(Error::invalid("form", "the form carries no proof"), &place, &headers),
    }
}
