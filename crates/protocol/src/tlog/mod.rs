//! The ledger over HTTP: C2SP tlog-tiles with signed-note checkpoints.

use crate::status::{Status, wrong};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use tegata_domain::ledger::Log;
use tegata_usecase::{Cx, Error, ledger};
use tegata_wire::tlog_tiles::TilePath;

const TEXT: &str = "text/plain; charset=utf-8";

fn log(name: &str) -> Result<Log, Status> {
    Log::by_name(name).ok_or_else(|| Status(Error::not_found("log; there are facts and devices")))
}

/// `/ledger/keys`: the verifier keys, one a line, the log's origin as name.
pub async fn keys(State(cx): State<Cx>) -> Response {
    ([(header::CONTENT_TYPE, TEXT)], ledger::keys(&cx)).into_response()
}

/// `/ledger/{log}/checkpoint`.
pub async fn checkpoint(State(cx): State<Cx>, Path(name): Path<String>) -> Result<Response, Status> {
    let checkpoint = ledger::checkpoint(log(&name)?, &cx)?;
    Ok(([(header::CONTENT_TYPE, TEXT), (header::CACHE_CONTROL, "no-cache")], checkpoint.note).into_response())
}

/// `/ledger/{log}/tile/…`: tiles and entry bundles never change.
pub async fn tile(State(cx): State<Cx>, Path((name, rest)): Path<(String, String)>) -> Result<Response, Status> {
    let Ok(path) = TilePath::parse(&format!("tile/{rest}")) else {
        let text = "this is no tile; paths are tile/L/N, tile/L/N.p/W and tile/entries/N (C2SP tlog-tiles)";
        return Ok(wrong(StatusCode::NOT_FOUND, "tile", text));
    };
    let bytes = ledger::tile(log(&name)?, path, &cx).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, bytes).into_response())
}
