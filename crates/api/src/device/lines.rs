//! Cuts a request body into lines, with bounded memory: what is there is handed on, nothing waits for more.

use crate::body::essence;
use crate::status::Status;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use bytes::{Buf, Bytes, BytesMut};
use futures_util::stream::{self, StreamExt};
use http::header;
use http_body_util::BodyExt;
use std::time::Duration;
use tegata_wire::problem::Problem;
use tracing::Instrument;

/// Chunks that are worked on at once.
const IN_FLIGHT: usize = 8;
/// A sender may pause for so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// The longest line: a PKCS#10 of 16 kB in base64, and its serial.
pub const LINE_MAX: usize = 32 * 1024;
/// The most lines that are handed on at once.
pub const TOGETHER: usize = 64;

/// One line of the body.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// Its bytes.
    Text(Bytes),
    /// It was longer than a line may be; it was passed over.
    TooLong,
    /// No byte came for too long; the body is given up.
    TooSlow,
    /// The connection ended before the body.
    Broken,
}

/// A body that is read line by line.
pub struct Lines {
    body: Body,
    buffer: BytesMut,
    /// Inside a line that is too long.
    skipping: bool,
    ended: bool,
    patience: Duration,
}

impl Line {
    /// Its bytes, or why there are none.
    pub fn text(self) -> Result<Bytes, Problem> {
        match self {
            Line::Text(bytes) => Ok(bytes),
            Line::TooLong => Err(Problem::new(413, "too_large", format!("a line has at most {LINE_MAX} bytes"))),
            Line::TooSlow => Err(Problem::new(408, "too_slow", "no byte came for a minute; the rest was not read")),
            Line::Broken => Err(Problem::new(400, "body", "the body ended before its length")),
        }
    }
}

/// Answers a request of lines, chunk by chunk and in order: chunks are worked on a few at a time, and while the client
/// does not read, nothing more is read from it.
pub fn answered<F, A>(request: Request, answer: F) -> Response
where
    F: Fn(Vec<Line>) -> A + Send + 'static,
    A: Future<Output = Bytes> + Send + 'static,
{
    let lines = Lines::new(request.into_body(), PATIENCE);
    let chunks = stream::unfold(lines, |mut lines| async { lines.next().await.map(|chunk| (chunk, lines)) });
    let answers = chunks.map(move |chunk| tokio::spawn(answer(chunk).in_current_span())).buffered(IN_FLIGHT);
    let body = answers.map(|joined| joined.map_err(std::io::Error::other));
    ([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(body)).into_response()
}

/// NDJSON has no registered type: what says JSON or nothing is taken, also curl's default for --data-binary.
pub fn check_type(request: &Request) -> Result<(), Status> {
    let known = ["application/octet-stream", "application/x-www-form-urlencoded"];
    match essence(request.headers()) {
        Some(kind) if !kind.contains("json") && !known.contains(&kind.as_str()) => {
            let text = "send NDJSON with Content-Type: application/x-ndjson";
            Err(Status::Edge(Problem::new(415, "content_type", text)))
        }
        Some(_) | None => Ok(()),
    }
}

impl Lines {
    /// Over a body; a sender that pauses for longer than `patience` is given up.
    pub fn new(body: Body, patience: Duration) -> Self {
        Lines { body, buffer: BytesMut::new(), skipping: false, ended: false, patience }
    }

    /// The next lines: at least one, at most [`TOGETHER`]; `None` at the end.
    pub async fn next(&mut self) -> Option<Vec<Line>> {
        let mut lines = Vec::new();
        loop {
            self.cut(&mut lines);
            if !lines.is_empty() {
                return Some(lines);
            }
            if self.ended {
                return None;
            }
            self.fill(&mut lines).await;
        }
    }

    fn cut(&mut self, lines: &mut Vec<Line>) {
        while lines.len() < TOGETHER {
            let Some(end) = self.buffer.iter().position(|b| *b == b'\n') else { break };
            let mut line = self.buffer.split_to(end + 1);
            line.truncate(end);
            let skipped = std::mem::take(&mut self.skipping);
            self.push(line.freeze(), skipped, lines);
        }
        let rest = self.buffer.len();
        if rest > LINE_MAX && !self.buffer.contains(&b'\n') {
            self.buffer.clear();
            self.skipping = true;
        } else if self.ended && rest > 0 && !self.buffer.contains(&b'\n') && lines.len() < TOGETHER {
            let last = self.buffer.split().freeze();
            let skipped = std::mem::take(&mut self.skipping);
            self.push(last, skipped, lines);
        } else if self.ended && rest == 0 && std::mem::take(&mut self.skipping) {
            lines.push(Line::TooLong);
        }
    }

    fn push(&self, line: Bytes, skipped: bool, lines: &mut Vec<Line>) {
        if skipped || line.len() > LINE_MAX {
            lines.push(Line::TooLong);
        } else if !line.trim_ascii().is_empty() {
            lines.push(Line::Text(line));
        }
    }

    async fn fill(&mut self, lines: &mut Vec<Line>) {
        match tokio::time::timeout(self.patience, self.body.frame()).await {
            Ok(Some(Ok(frame))) => {
                if let Ok(mut data) = frame.into_data() {
                    self.buffer.extend_from_slice(data.chunk());
                    data.advance(data.remaining());
                }
            }
            Ok(None) => self.ended = true,
            Ok(Some(Err(_))) => self.give_up(Line::Broken, lines),
            Err(_) => self.give_up(Line::TooSlow, lines),
        }
    }

    fn give_up(&mut self, line: Line, lines: &mut Vec<Line>) {
        self.ended = true;
        self.buffer.clear();
        self.skipping = false;
        lines.push(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn cut(frames: Vec<Vec<u8>>) -> Vec<Vec<Line>> {
        let frames = frames.into_iter().map(|f| Ok::<_, std::io::Error>(Bytes::from(f)));
        let mut lines = Lines::new(Body::from_stream(stream::iter(frames)), Duration::from_secs(5));
        let mut all = Vec::new();
        while let Some(some) = lines.next().await {
            all.push(some);
        }
        all
    }

    fn text(t: &'static str) -> Line {
        Line::Text(Bytes::from_static(t.as_bytes()))
    }

    #[tokio::test]
    async fn lines_over_frames() {
        let got = cut(vec![b"a\nb".to_vec(), b"c\n\n  \nd".to_vec()]).await;
        assert_eq!(got, [vec![text("a")], vec![text("bc")], vec![text("d")]]);
    }

    #[tokio::test]
    async fn a_long_line_is_passed_over() {
        let long = vec![b'x'; LINE_MAX + 10];
        let got = cut(vec![b"a\n".to_vec(), long.clone(), long.clone(), b"tail\nb\n".to_vec()]).await;
        assert_eq!(got, [vec![text("a")], vec![Line::TooLong, text("b")]]);
        assert_eq!(cut(vec![long]).await, [vec![Line::TooLong]]);
    }

    #[tokio::test]
    async fn many_lines_come_in_parts() {
        let sizes: Vec<usize> = cut(vec![b"x\n".repeat(150)]).await.iter().map(Vec::len).collect();
        assert_eq!(sizes, [64, 64, 22]);
    }
}
