//! Load: connections that ask one after the other, and what became of it.

use crate::stand::Stand;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tegata_testkit::api::Message;
use tegata_testkit::factory;
use tegata_testkit::tls::{Client, TLS13};
use tegata_testkit::{Answer, Connection};

/// What one sort of load met.
#[derive(Debug, Default)]
pub struct Met {
    /// Time of each answer that was none of a refusal.
    accepted: Vec<Duration>,
    /// Refusals that say when to come again.
    pub refused: usize,
    /// Anything else.
    pub strange: Vec<String>,
}

impl Met {
    fn add(&mut self, answer: &Answer, took: Duration) {
        match (answer.status, answer.header("retry-after")) {
            (200 | 304, _) => self.accepted.push(took),
            (429 | 503, "1") => self.refused += 1,
            (status, _) => self.strange.push(format!("{status}: {}", answer.text())),
        }
    }

    fn join(all: impl IntoIterator<Item = Met>) -> Met {
        let mut sum = Met::default();
        for one in all {
            sum.accepted.extend(one.accepted);
            sum.refused += one.refused;
            sum.strange.extend(one.strange);
        }
        sum.accepted.sort_unstable();
        sum
    }

    /// How many were accepted.
    pub fn count(&self) -> usize {
        self.accepted.len()
    }

    /// The time that one in a hundred of the accepted took longer than.
    pub fn p99(&self) -> Duration {
        assert!(!self.accepted.is_empty(), "nothing was accepted: {self:?}");
        self.accepted[(self.accepted.len() - 1) * 99 / 100]
    }
}

/// Who asks: each connection is one of these.
pub trait Asks {
    /// Asks once.
    fn ask(&mut self) -> std::io::Result<Answer>;
}

/// Asks over `connections` connections for `time`, each with `pause` between two.
pub fn run<A: Asks>(connections: usize, time: Duration, pause: Duration, open: impl Fn(usize) -> A + Sync) -> Met {
    let (end, open) = (Instant::now() + time, &open);
    std::thread::scope(|scope| {
        let work = move |index: usize| {
            let (mut asker, mut met) = (open(index), Met::default());
            while Instant::now() < end {
                let start = Instant::now();
                match asker.ask() {
                    Ok(answer) => met.add(&answer, start.elapsed()),
                    Err(error) => {
                        met.strange.push(error.to_string());
                        asker = open(index);
                    }
                }
                if !pause.is_zero() {
                    std::thread::sleep(pause);
                }
            }
            met
        };
        let all: Vec<_> = (0..connections).map(|index| scope.spawn(move || work(index))).collect();
        Met::join(all.into_iter().map(|one| one.join().unwrap()))
    })
}

/// The same message again and again.
pub struct Same {
    connection: Connection,
    message: Message,
}

impl Same {
    pub fn open(stand: &Stand, message: Message) -> Same {
        Same::at(stand.world.server().https, &stand.world.first.trust, message)
    }

    pub fn at(at: SocketAddr, trust: &[u8], message: Message) -> Same {
        let client = Client::new(trust, TLS13, None);
        Same { connection: Connection::open(at, "localhost", &client).unwrap(), message }
    }
}

impl Asks for Same {
    fn ask(&mut self) -> std::io::Result<Answer> {
        self.connection.call(&self.message)
    }
}

/// Look-ups of the one device.
pub fn look_ups(stand: &Stand, connections: usize, time: Duration, pause: Duration) -> Met {
    let message = || Message::new("GET", format!("/d/{}", stand.unit.number)).header("accept", "application/json");
    run(connections, time, pause, |_| Same::open(stand, message()))
}

/// Asks for the same devices again and again: each line is read, checked, signed and brought to a commit, which finds
/// the device there; so nothing grows while it runs.
pub struct Maker {
    same: Same,
}

impl Maker {
    /// Asks for `count` devices at once.
    pub fn open(stand: &Stand, (token, batch): (&str, &str), name: &str, count: usize) -> Maker {
        let line = |i| factory::line(&format!("{name}-{i}"), &factory::csr(&factory::key()));
        let message = factory::lines(batch, (0..count).map(line).collect::<String>());
        Maker { same: Same::open(stand, message.header("authorization", format!("Bearer {token}"))) }
    }
}

impl Asks for Maker {
    fn ask(&mut self) -> std::io::Result<Answer> {
        self.same.ask()
    }
}
