//! Pages of the ledger: handlers. For everybody; who is logged in keeps the head of the console.

use crate::desk::Reader;
use crate::page::ledger as page;
use crate::refusal;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use tegata_domain::ledger::Log;
use tegata_usecase::{Cx, ledger};
use tegata_wire::tlog_proof::MAX_FILE;

/// `GET /ledger`.
pub async fn show(State(cx): State<Cx>, reader: Reader) -> Response {
    let keys = ledger::keys(&cx);
    let heads = Log::ALL.map(|log| ledger::checkpoint(log, &cx).ok());
    let logs: Vec<_> = Log::ALL
        .into_iter()
        .zip(&heads)
        .zip(keys.lines())
        .map(|((log, head), key)| page::Shown { log, origin: cx.ledger.origin(log), key, checkpoint: head.as_ref() })
        .collect();
    reader.show(&page::heads(&reader.place(), &cx.names.public_url, &logs))
}

/// `GET /ledger/check`.
pub async fn ask(reader: Reader) -> Response {
    reader.show(&page::proof(&reader.place(), None, ""))
}

/// What was pasted.
#[derive(Deserialize)]
struct Pasted {
    proof: String,
}

/// The largest form: each byte of a proof may take three.
const FORM_MAX: usize = 3 * MAX_FILE + 64;

/// `POST /ledger/check`: told step by step. It changes nothing and keeps nothing, so it takes a form from anywhere.
pub async fn check(State(cx): State<Cx>, reader: Reader, body: Bytes) -> Response {
    if body.len() > FORM_MAX {
        return reader.refuse(refusal::invalid("too_large"));
    }
    match serde_urlencoded::from_bytes::<Pasted>(&body) {
        Ok(pasted) => {
            let found = ledger::explain(&pasted.proof, &cx);
            reader.show(&page::proof(&reader.place(), Some(&found), &pasted.proof))
        }
        Err(_) => reader.refuse(refusal::invalid("form.proof")),
    }
}
