//! The files of a release: whole, in parts, and what a client knows of them already.
//!
//! Downloads write nothing: no status, no entry, however many parts a client fetches.

use super::reply::{self, field};
use super::{Refusal, Who, deployment, request};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::response::Builder;
use http::{HeaderMap, Method, StatusCode, header};
use serde::Deserialize;
use tegata_domain::id::ReleaseRow;
use tegata_domain::release::Release;
use tegata_usecase::{Cx, Error, release};
use tegata_wire::ddi::{answer, disposition};
use tegata_wire::http::{Range, date, holds_tag, range};

const OCTETS: &str = "application/octet-stream";
const MD5SUM: &str = ".MD5SUM";

/// The module that a path names.
#[derive(Deserialize)]
pub struct Module {
    module: String,
}

/// The file that a path names.
#[derive(Deserialize)]
pub struct Named {
    module: String,
    file: String,
}

fn module(text: &str) -> Result<ReleaseRow, Refusal> {
    request::decimal(text).map(ReleaseRow).ok_or_else(|| Error::not_found("software module").into())
}

/// `GET softwaremodules/{module}/artifacts`.
pub async fn list(
    State(cx): State<Cx>,
    who: Who,
    Path(path): Path<Module>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let media = reply::media(&headers)?;
    let release = release::module(&who.device, module(&path.module)?, &cx).await?;
    let body = answer::artifacts(&[deployment::artifact(&release, &who.base)]);
    Ok(reply::json(&headers, media, body))
}

/// `GET` and `HEAD softwaremodules/{module}/artifacts/{file}`, and `GET …/{file}.MD5SUM`.
pub async fn get(
    State(cx): State<Cx>,
    who: Who,
    Path(path): Path<Named>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let row = module(&path.module)?;
    if let Some(name) = path.file.strip_suffix(MD5SUM) {
        let release = release::module(&who.device, row, &cx).await?;
        if release.file_name != name {
            return Err(Error::not_found("artifact").into());
        }
        return Ok(md5sum(&release, &who));
    }
    let (release, content) = release::artifact(&who.device, row, &path.file, &cx).await?;
    serve(&release, content, &method, &headers).await
}

fn md5sum(release: &Release, who: &Who) -> Response {
    let text = answer::md5sum(&deployment::artifact(release, &who.base));
    let name = disposition(&format!("{}{MD5SUM}", release.file_name));
    let fields = [(header::CONTENT_TYPE, "text/plain"), (header::CONTENT_DISPOSITION, name.as_str())];
    (fields, text).into_response()
}

fn internal(error: http::Error) -> Refusal {
    Error::internal(error).into()
}

/// What a client asks of a file, in the order of RFC 9110 §13.2.2.
async fn serve(
    release: &Release,
    content: release::Content,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let digest: String = release.sha256.iter().map(|byte| format!("{byte:02x}")).collect();
    let (tag, modified) = (format!("\"{digest}\""), date(release.created_at.parts()));
    if field(headers, header::IF_MATCH).is_some_and(|list| !holds_tag(list, &tag, false)) {
        let words = ("PreconditionFailed", "rest.preconditionFailed");
        return Err(Refusal::edge(StatusCode::PRECONDITION_FAILED, words, "the file is another one by now"));
    }
    let head = Response::builder()
        .header(header::ETAG, &tag)
        .header(header::LAST_MODIFIED, &modified)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CACHE_CONTROL, "private");
    if field(headers, header::IF_NONE_MATCH).is_some_and(|list| holds_tag(list, &tag, true)) {
        return head.status(StatusCode::NOT_MODIFIED).body(Body::empty()).map_err(internal);
    }
    let head = head.header(header::CONTENT_DISPOSITION, disposition(&release.file_name));
    // §14.2: Range is for GET alone; §13.1.5: of an older file no part is of use
    let current = field(headers, header::IF_RANGE).is_none_or(|held| held == tag || held == modified);
    let asked = field(headers, header::RANGE).filter(|_| *method == Method::GET && current);
    let content = Content { content, size: release.size };
    match asked.map_or(Range::Whole, |asked| range(asked, release.size)) {
        Range::Whole if *method == Method::HEAD => content.whole(head, stream::empty().boxed()),
        Range::Whole => content.whole(head, content.content.open(0, release.size).await?),
        Range::Parts(parts) => match parts.as_slice() {
            [part] => content.part(head, *part).await,
            _ => content.parts(head, &parts, &digest[..32]).await,
        },
        Range::Unsatisfiable => {
            let text = format!("the file has {} bytes; the range lies outside", release.size);
            let words = ("RangeNotSatisfiable", "rest.rangeNotSatisfiable");
            let mut refused = Refusal::edge(StatusCode::RANGE_NOT_SATISFIABLE, words, text).into_response();
            let all = format!("bytes */{}", release.size).parse().map_err(|e| internal(http::Error::from(e)))?;
            refused.headers_mut().insert(header::CONTENT_RANGE, all);
            Ok(refused)
        }
    }
}

/// A file of known length.
struct Content {
    content: release::Content,
    size: u64,
}

impl Content {
    fn whole(&self, head: Builder, bodies: release::Bodies) -> Result<Response, Refusal> {
        let head = head.header(header::CONTENT_TYPE, OCTETS).header(header::CONTENT_LENGTH, self.size);
        head.body(Body::from_stream(bodies)).map_err(internal)
    }

    async fn part(&self, head: Builder, (first, length): (u64, u64)) -> Result<Response, Refusal> {
        let bodies = self.content.open(first, length).await?;
        head.status(StatusCode::PARTIAL_CONTENT)
            .header(header::CONTENT_TYPE, OCTETS)
            .header(header::CONTENT_LENGTH, length)
            .header(header::CONTENT_RANGE, self.content_range(first, length))
            .body(Body::from_stream(bodies))
            .map_err(internal)
    }

    /// RFC 9110 §14.6. The boundary is the digest's: whoever made a file in which it stands broke SHA-256.
    async fn parts(&self, head: Builder, parts: &[(u64, u64)], boundary: &str) -> Result<Response, Refusal> {
        let before = |(first, length): (u64, u64)| {
            let range = self.content_range(first, length);
            format!("\r\n--{boundary}\r\ncontent-type: {OCTETS}\r\ncontent-range: {range}\r\n\r\n")
        };
        let end = format!("\r\n--{boundary}--\r\n");
        let length = parts.iter().map(|part| before(*part).len() as u64 + part.1).sum::<u64>() + end.len() as u64;
        let text = |text: String| stream::iter([Ok::<_, Error>(Bytes::from(text))]);
        // the first one tells whether the file can be had at all; of the others only one is open at a time
        let mut pieces = Vec::with_capacity(parts.len());
        for (at, part) in parts.iter().enumerate() {
            let bodies = match at {
                0 => self.content.open(part.0, part.1).await?,
                _ => self.content.later(part.0, part.1),
            };
            pieces.push(text(before(*part)).chain(bodies).boxed());
        }
        let body = stream::iter(pieces).flatten().chain(text(end));
        head.status(StatusCode::PARTIAL_CONTENT)
            .header(header::CONTENT_TYPE, format!("multipart/byteranges; boundary={boundary}"))
            .header(header::CONTENT_LENGTH, length)
            .body(Body::from_stream(body))
            .map_err(internal)
    }

    fn content_range(&self, first: u64, length: u64) -> String {
        format!("bytes {first}-{}/{}", first + length - 1, self.size)
    }
}

#[cfg(test)]
#[path = "download_tests.rs"]
mod tests;
