//! Cuts a stream of bytes into lines.
//!
//! Why apart from `super::lines`: it knows no body and no clock, so that any frames can be tried on it.
//! Invariant: it holds no more than a line and one frame, and where frames end changes nothing.

use bytes::{Bytes, BytesMut};
use tegata_wire::problem::Problem;

/// The longest line: a PKCS#10 of 16 kB in base64, and its serial.
pub const LINE_MAX: usize = 32 * 1024;
/// The most lines that are handed on at once.
pub const TOGETHER: usize = 64;

/// One line of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// What came and is no whole line yet.
#[derive(Debug, Default)]
pub struct Cutter {
    buffer: BytesMut,
    /// So many bytes of the buffer hold no line feed: many small frames are looked at once each.
    looked: usize,
    /// Inside a line that is too long.
    skipping: bool,
    ended: bool,
}

impl Cutter {
    /// Takes what came. Before the next, [`Cutter::cut`] is called until it gives nothing.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Nothing more comes: what is left is a line.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Bytes that wait for the end of their line.
    pub fn held(&self) -> usize {
        self.buffer.len()
    }

    /// The next lines, at most [`TOGETHER`]; none while none is whole. Lines of white space are left out.
    pub fn cut(&mut self) -> Vec<Line> {
        let mut lines = Vec::new();
        while lines.len() < TOGETHER {
            let Some(more) = self.buffer[self.looked..].iter().position(|b| *b == b'\n') else { break };
            let end = std::mem::take(&mut self.looked) + more;
            let mut line = self.buffer.split_to(end + 1);
            line.truncate(end);
            self.take(line.freeze(), &mut lines);
        }
        if lines.len() == TOGETHER {
            return lines;
        }
        if self.buffer.len() > LINE_MAX {
            self.buffer.clear();
            self.skipping = true;
        }
        if self.ended && (self.skipping || !self.buffer.is_empty()) {
            let last = self.buffer.split().freeze();
            self.take(last, &mut lines);
        }
        self.looked = self.buffer.len();
        lines
    }

    fn take(&mut self, line: Bytes, lines: &mut Vec<Line>) {
        if std::mem::take(&mut self.skipping) || line.len() > LINE_MAX {
            lines.push(Line::TooLong);
        } else if !line.trim_ascii().is_empty() {
            lines.push(Line::Text(line));
        }
    }
}
