//! `POST /api/v1/batches/{id}/confirmations`: NDJSON both ways, each answer durable when it is sent.

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
use serde_json::json;
use std::sync::Arc;
use tegata_domain::credential::Digest;
use tegata_domain::id::Uuid;
use tegata_domain::number::Number;
use tegata_domain::permit::Actor;
use tegata_usecase::device::{Confirmation, Readback, confirm, readback};
use tegata_usecase::{Cx, Error, Kind};
use tegata_wire::problem::Problem;

/// What is kept of an initial password, as it comes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    salt: String,
    hash: String,
}

impl Credential {
    /// Salt and hash in their lengths.
    pub fn digest(&self) -> Result<Digest, Error> {
        let wrong = "credential has a salt of 16 bytes and a hash of 32 bytes, both in base64";
        let bytes = |text: &str| STANDARD.decode(text).map_err(|_| Error::invalid("credential", wrong));
        let fits = |_| Error::invalid("credential", wrong);
        Ok(Digest {
            salt: bytes(&self.salt)?.try_into().map_err(fits)?,
            hash: bytes(&self.hash)?.try_into().map_err(fits)?,
        })
    }
}

#[derive(Deserialize)]
struct Asked {
    number: String,
    credential: Option<Credential>,
}

/// One stream: what it rests on, and whose token carries it.
struct Stream {
    readback: Readback,
    shown: Shown,
    cx: Cx,
}

/// Confirms devices.
pub async fn post(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Status> {
    check_type(&request)?;
    let stream = Arc::new(Stream { shown: Shown::of(&request), readback: opened(&id, &actor, &cx).await?, cx });
    Ok(answered(request, move |chunk| answer(chunk, Arc::clone(&stream))))
}

async fn opened(id: &str, actor: &Actor, cx: &Cx) -> Result<Readback, Error> {
    let batch = Uuid::parse_str(id).map_err(|_| Error::not_found("batch"))?;
    readback(batch, actor, cx).await
}

/// What a line asks for, or its problem; both with the number as far as it could be read.
type Parsed = (Option<String>, Result<Confirmation, Problem>);

fn parse(line: Line) -> Parsed {
    let bytes = match line.text() {
        Ok(bytes) => bytes,
        Err(problem) => return (None, Err(problem)),
    };
    let asked: Asked = match object(&bytes) {
        Ok(asked) => asked,
        Err(e) => {
            let text = format!("the line is no {{\"number\",\"credential\"}}: {e}");
            return (None, Err(Problem::new(400, "json", text)));
        }
    };
    let shown: String = asked.number.chars().take(64).collect();
    let confirmation = || {
        let number = Number::parse(&asked.number).map_err(|_| Error::not_found("device in this batch"))?;
        Ok(Confirmation { number, credential: asked.credential.as_ref().map(Credential::digest).transpose()? })
    };
    (Some(shown), confirmation().map_err(|error: Error| error.problem()))
}

/// The answers to one chunk, as lines.
async fn answer(chunk: Vec<Line>, stream: Arc<Stream>) -> Bytes {
    let parsed: Vec<Parsed> = chunk.into_iter().map(parse).collect();
    let asked: Vec<Confirmation> = parsed.iter().filter_map(|(_, asked)| asked.as_ref().ok()).copied().collect();
    let outcomes = match asked.is_empty() {
        true => Ok(Vec::new()),
        // a stream may last: its token is judged with every chunk
        false => match stream.shown.again(&stream.cx).await {
            Ok(_) => confirm(&asked, &stream.readback, &stream.cx).await,
            Err(ended) => Err(ended),
        },
    };
    let failed = outcomes.as_ref().err().map(problem);
    let mut outcomes = outcomes.into_iter().flatten();
    let mut out = String::with_capacity(parsed.len() * 64);
    for (number, asked) in parsed {
        let refused = match (asked, &failed) {
            (Err(problem), _) => Some(problem),
            (Ok(_), Some(problem)) => Some(problem.clone()),
            (Ok(_), None) => match outcomes.next() {
                Some(Ok(())) => None,
                Some(Err(error)) => Some(problem(&error)),
                None => Some(Error::internal("no outcome").problem()),
            },
        };
        let line = match refused {
            None => json!({ "number": number, "confirmed": true }),
            Some(problem) => json!({ "number": number, "problem": problem.object() }),
        };
        out += &line.to_string();
        out.push('\n');
    }
    Bytes::from(out)
}

/// What the line is told; the log is told the rest.
fn problem(error: &Error) -> Problem {
    match error.kind {
        Kind::Internal => tracing::error!(%error, cause = ?error.source, "devices were not confirmed"),
        _ => tracing::warn!(code = error.code, "a confirmation was refused"),
    }
    error.problem()
}
