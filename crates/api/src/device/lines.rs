//! A request body as lines: what is there is handed on, nothing waits for more, and a sender that pauses is given up.

use super::cutter::{Cutter, Line};
use crate::body::essence;
use crate::status::Status;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use http::header;
use http_body_util::BodyExt;
use std::time::Duration;
use tegata_fault::Point;
use tegata_wire::problem::Problem;
use tracing::Instrument;

/// Chunks that are worked on at once.
const IN_FLIGHT: usize = 8;
/// A sender may pause for so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A body that is read line by line.
pub struct Lines {
    body: Body,
    cutter: Cutter,
    ended: bool,
    patience: Duration,
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
    let body = answers.map(|joined| {
        tegata_fault::at(Point::Answered);
        joined.map_err(std::io::Error::other)
    });
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
        Lines { body, cutter: Cutter::default(), ended: false, patience }
    }

    /// The next lines: at least one, at most [`super::cutter::TOGETHER`]; `None` at the end.
    pub async fn next(&mut self) -> Option<Vec<Line>> {
        loop {
            let lines = self.cutter.cut();
            if !lines.is_empty() {
                return Some(lines);
            }
            if self.ended {
                return None;
            }
            if let Some(line) = self.fill().await {
                return Some(vec![line]);
            }
        }
    }

    /// Waits for more; answers why there will be none.
    async fn fill(&mut self) -> Option<Line> {
        match tokio::time::timeout(self.patience, self.body.frame()).await {
            Ok(Some(Ok(frame))) => {
                if let Ok(data) = frame.into_data() {
                    self.cutter.push(&data);
                }
                None
            }
            Ok(None) => {
                self.cutter.end();
                self.ended = true;
                None
            }
            Ok(Some(Err(_))) => self.give_up(Line::Broken),
            Err(_) => self.give_up(Line::TooSlow),
        }
    }

    fn give_up(&mut self, line: Line) -> Option<Line> {
        self.ended = true;
        self.cutter = Cutter::default();
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::super::cutter::LINE_MAX;
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
