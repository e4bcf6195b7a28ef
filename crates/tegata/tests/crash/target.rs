//! Where a server is reached, as whom, and which of its answers mean "not now".

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use tegata_testkit::api::Message;
use tegata_testkit::{Answer, Api};

/// A server.
#[derive(Clone)]
pub struct Target {
    /// HTTPS.
    pub at: SocketAddr,
    /// The HTTPS authority.
    pub trust: Vec<u8>,
    /// The maker's token.
    pub token: String,
    /// A client of its own for each who takes it.
    pub api: Api,
    /// Whether it may put off what it is asked, as a node does whose database is being taken over.
    pub patient: bool,
    /// Lines that it acknowledged.
    pub acknowledged: Arc<AtomicU64>,
    /// Moves when all who work shall leave off; they began at `began`.
    pub turn: Arc<AtomicU64>,
    /// The turn in which they began.
    pub began: u64,
}

impl Target {
    /// One that puts nothing off.
    pub fn new(at: SocketAddr, trust: &[u8], token: &str) -> Target {
        let api = Api::https(at, "localhost", trust).bearer(token);
        let (acknowledged, turn) = Default::default();
        Target {
            at,
            trust: trust.to_owned(),
            token: token.to_owned(),
            api,
            patient: false,
            acknowledged,
            turn,
            began: 0,
        }
    }

    /// Whether it is time to leave off.
    pub fn is_over(&self) -> bool {
        self.turn.load(SeqCst) != self.began
    }

    /// Asks; the answer must have this status. `Err` when the server died, or puts it off where it may.
    pub fn ask(&self, message: Message, status: u16) -> io::Result<Answer> {
        let answer = self.api.send(message).map_err(io::Error::other)?;
        if self.puts_off(answer.status) {
            return Err(io::Error::other(answer.text()));
        }
        Ok(answer.expect(status))
    }

    /// Whether this status says "not now".
    pub fn puts_off(&self, status: u16) -> bool {
        self.patient && matches!(status, 429 | 503)
    }
}
