//! `POST /api/v1/batches/{id}/devices`: NDJSON both ways, each answer durable when it is sent.
//!
//! Lines are taken as they come, worked on by all cores a few chunks at a time, and answered in their order; while the
//! client does not read, nothing more is read from it.

use super::cutter::Line;
use super::lines::{answered, check_type};
use crate::body::object;
use crate::caller::{Caller, Shown};
use crate::status::Status;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use tegata_domain::id::Uuid;
use tegata_usecase::device::{Made, Ticket, make, ticket};
use tegata_usecase::{Cx, Error, Kind};
use tegata_wire::problem::Problem;

#[derive(Deserialize)]
struct Asked {
    serial: String,
    csr: String,
}

/// One stream: its ticket, and the chain as every answer repeats it.
struct Stream {
    ticket: Arc<Ticket>,
    chain: String,
    shown: Shown,
    cx: Cx,
}

/// Makes devices.
pub async fn post(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Status> {
    check_type(&request)?;
    let shown = Shown::of(&request);
    let batch = Uuid::parse_str(&id).map_err(|_| Error::not_found("batch"))?;
    let ticket = Arc::new(ticket(batch, &actor, &cx).await?);
    let chain: Vec<String> = ticket.chain.iter().map(|der| STANDARD.encode(der)).collect();
    let stream = Arc::new(Stream { chain: json!(chain).to_string(), ticket, shown, cx });
    Ok(answered(request, move |chunk| answer(chunk, Arc::clone(&stream))))
}

/// What a line asks for, or its problem with the serial as far as it could be read.
type Parsed = Result<tegata_usecase::device::make::Request, (Option<String>, Problem)>;

fn parse(line: Line) -> Parsed {
    let bytes = line.text().map_err(|problem| (None, problem))?;
    let asked: Asked = object(&bytes)
        .map_err(|e| (None, Problem::new(400, "json", format!("the line is no {{\"serial\",\"csr\"}}: {e}"))))?;
    match STANDARD.decode(asked.csr.as_bytes()) {
        Ok(csr) => Ok(tegata_usecase::device::make::Request { serial: asked.serial, csr }),
        Err(e) => {
            let serial: String = asked.serial.chars().take(64).collect();
            Err((Some(serial), Problem::new(400, "base64", format!("csr is no base64 of a DER: {e}"))))
        }
    }
}

/// The answers to one chunk, as lines.
async fn answer(chunk: Vec<Line>, stream: Arc<Stream>) -> Bytes {
    let mut requests = Vec::with_capacity(chunk.len());
    let mut keep = |request: tegata_usecase::device::make::Request| {
        let serial = request.serial.clone();
        requests.push(request);
        serial
    };
    let parsed: Vec<_> = chunk.into_iter().map(|line| parse(line).map(&mut keep)).collect();
    let made = match requests.is_empty() {
        true => Ok(Vec::new()),
        // a stream may last: its token is judged with every chunk
        false => match stream.shown.again(&stream.cx).await {
            Ok(_) => make(requests, &stream.ticket, &stream.cx).await,
            Err(ended) => Err(ended),
        },
    };
    if let Err(error) = &made {
        tracing::error!(%error, cause = ?error.source, "a chunk of devices was not made");
    }
    let failed = made.as_ref().err().map(Error::problem);
    let mut made = made.into_iter().flatten();
    let mut out = String::with_capacity(parsed.len() * 2048);
    for line in parsed {
        match line {
            Err((serial, problem)) => refuse(&mut out, serial, &problem),
            Ok(serial) => match (made.next(), &failed) {
                (Some(Ok(made)), _) => accept(&mut out, &serial, &made, &stream.chain),
                (Some(Err(error)), _) => {
                    log(&error);
                    refuse(&mut out, Some(serial), &error.problem());
                }
                (None, Some(problem)) => refuse(&mut out, Some(serial), problem),
                (None, None) => refuse(&mut out, Some(serial), &Error::internal("no outcome").problem()),
            },
        }
    }
    Bytes::from(out)
}

fn log(error: &Error) {
    match error.kind {
        Kind::Internal => tracing::error!(%error, cause = ?error.source, "a device was not made"),
        _ => tracing::warn!(code = error.code, "a device was refused"),
    }
}

/// The serial passed its check: nothing in it needs an escape.
fn accept(out: &mut String, serial: &str, made: &Made, chain: &str) {
    let (number, device) = (&made.number, made.device);
    *out += &format!(r#"{{"serial":"{serial}","number":"{number}","device":"{device}","certificate":""#);
    STANDARD.encode_string(&made.certificate, out);
    *out += &format!(r#"","chain":{chain}}}"#);
    out.push('\n');
}

fn refuse(out: &mut String, serial: Option<String>, problem: &Problem) {
    let line: Value = json!({ "serial": serial, "problem": problem.object() });
    *out += &line.to_string();
    out.push('\n');
}
