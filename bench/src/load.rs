//! Kept connections that put a server under load, and what came of it.

use crate::Failure;
use crate::client::Kept;
use crate::cpu::Spent;
use crate::program::Program;
use crate::statistics::{Sample, micros};
use bytes::Bytes;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tegata::clock::SystemChance;
use tegata_domain::chance;
use tokio::io::{AsyncRead, AsyncWrite};

/// What is measured of polls and look-ups.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// About how long.
    pub span: Duration,
    /// Devices in the store.
    pub devices: u32,
    /// Kept connections.
    pub connections: u16,
}

/// One server under load.
#[derive(Default)]
pub struct Measured {
    /// Answers.
    pub count: u64,
    /// Time on the wall.
    pub wall: Duration,
    /// CPU time of the server.
    pub spent: Spent,
    /// Time of each, at the client.
    pub took: Sample,
}

impl Measured {
    /// Adds another round.
    pub fn add(&mut self, more: Measured) {
        self.count += more.count;
        self.wall += more.wall;
        self.spent += more.spent;
        self.took.extend(more.took);
    }
}

/// A server, its kept connections, and what it is asked.
pub struct Target<S> {
    /// The server.
    pub server: Program,
    connections: Vec<Kept<S>>,
    requests: Arc<Vec<Bytes>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Target<S> {
    /// Of connections that stand.
    pub fn new(server: Program, connections: Vec<Kept<S>>, requests: &Arc<Vec<Bytes>>) -> Self {
        Target { server, connections, requests: Arc::clone(requests) }
    }

    /// As many requests as it answers within `span`: each connection sends the next one when it has its answer.
    pub async fn load(&mut self, span: Duration) -> Result<Measured, Failure> {
        let first = |_| u32::from_be_bytes(chance::bytes(&SystemChance)) as usize;
        self.run(|i| (first(i), 1), Some(span)).await
    }

    /// Each request once.
    pub async fn each(&mut self) -> Result<Measured, Failure> {
        let step = self.connections.len();
        self.run(|i| (i, step), None).await
    }

    /// Each connection takes the requests from its first one on in its own steps: for `span`, or to the end.
    async fn run(
        &mut self,
        way: impl Fn(usize) -> (usize, usize),
        span: Option<Duration>,
    ) -> Result<Measured, Failure> {
        let (before, start) = (self.server.spent()?, Instant::now());
        let mut tasks = Vec::new();
        for (i, mut connection) in self.connections.drain(..).enumerate() {
            let requests = Arc::clone(&self.requests);
            let (mut at, step) = way(i);
            tasks.push(tokio::spawn(async move {
                let mut took = Sample::default();
                loop {
                    let asked = Instant::now();
                    if span.map_or(at >= requests.len(), |span| asked - start >= span) {
                        return Ok::<_, Failure>((connection, took));
                    }
                    connection.ask(&requests[at % requests.len()]).await?;
                    took.push(asked.elapsed());
                    at += step;
                }
            }));
        }
        let mut measured = Measured::default();
        for task in tasks {
            let (connection, took) = task.await??;
            self.connections.push(connection);
            measured.count += took.count() as u64;
            measured.took.extend(took);
        }
        measured.wall = start.elapsed();
        measured.spent = self.server.spent()? - before;
        Ok(measured)
    }

    /// Closes the connections; the server goes on.
    pub fn leave(self) -> Program {
        self.server
    }
}

/// Each server is measured so many times, in turn.
const ROUNDS: u32 = 6;

/// A server beside the bare one.
pub struct Compared {
    /// The server.
    pub server: Measured,
    /// The bare one.
    pub bare: Measured,
    /// Ratio of each round.
    pub rounds: Vec<f64>,
}

impl Compared {
    /// Microseconds of CPU for one answer: server, bare.
    pub fn micros(&self) -> (f64, f64) {
        (micros(self.server.spent.total(), self.server.count), micros(self.bare.spent.total(), self.bare.count))
    }
}

/// Measures both in turn for about `span`; `warm` runs between warming up and measuring.
pub async fn compare<S, W>(
    server: &mut Target<S>,
    bare: &mut Target<S>,
    span: Duration,
    warm: impl AsyncFnOnce(&Program) -> Result<W, Failure>,
) -> Result<(Compared, W), Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let slice = span / (2 * ROUNDS + 1);
    bare.load(slice / 2).await?;
    server.load(slice / 2).await?;
    let warmed = warm(&server.server).await?;
    let (mut all, mut limit, mut rounds) = (Measured::default(), Measured::default(), Vec::new());
    for i in 1..=ROUNDS {
        eprintln!("bench: round {i} of {ROUNDS}");
        let (beside, round) = (bare.load(slice).await?, server.load(slice).await?);
        rounds.push(micros(beside.spent.total(), beside.count) / micros(round.spent.total(), round.count));
        limit.add(beside);
        all.add(round);
    }
    Ok((Compared { server: all, bare: limit, rounds }, warmed))
}

/// The bare server, when it answers as the real one did.
pub async fn bare<S>(
    answer: &Value,
    request: &[u8],
    connect: impl AsyncFnOnce(&Program) -> Result<Kept<S>, Failure>,
) -> Result<Program, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let program = Program::bare(answer)?;
    let same = sample(&mut connect(&program).await?, request).await?;
    if same["headers"] != answer["headers"] || same["body"] != answer["body"] {
        return Err(format!("the bare server answers other bytes:\n{answer}\n{same}").into());
    }
    Ok(program)
}

/// One real answer, as the bare server is to repeat it.
pub async fn sample<S>(connection: &mut Kept<S>, request: &[u8]) -> Result<Value, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let answer = connection.ask(request).await?;
    let pairs = answer.head.lines().skip(1).filter_map(|line| line.split_once(": "));
    // hyper writes these by itself
    let own = |name: &str| name.eq_ignore_ascii_case("date") || name.eq_ignore_ascii_case("content-length");
    let headers: Map<String, Value> =
        pairs.filter(|(name, _)| !own(name)).map(|(name, value)| (name.to_owned(), value.into())).collect();
    Ok(json!({ "headers": headers, "body": std::str::from_utf8(answer.body)? }))
}
