//! `bench issue`: certificates issued, durable, over kept HTTPS connections; CPU time of the server beside that of one
//! ECDSA P-256 verification and one signature for each.

use crate::Failure;
use crate::client::Secure;
use crate::cpu::{self, Spent};
use crate::exposition::{self, Exposition};
use crate::ground::Ground;
use crate::limit::{Appender, Ecdsa, Signatures};
use crate::program::Program;
use crate::report::Report;
use crate::requests::{self, Requests};
use crate::statistics::{Sample, micros, rate, round, share};
use bytes::Bytes;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// What is measured.
#[derive(Debug, Clone)]
pub struct Plan {
    /// About how long.
    pub span: Duration,
    /// The URL of an empty PostgreSQL database; none: SQLite.
    pub store: Option<String>,
    /// Devices that stand in the store before.
    pub devices: u32,
    /// Kept connections.
    pub connections: u16,
    /// Devices in one request.
    pub lines: usize,
}

/// The server is measured so many times at least, with the limit before, between and after.
const ROUNDS: usize = 5;
/// Devices in one round at most: their keys and requests are held in memory.
const ROUND: usize = 40_000;
/// Shares of the span, in percent: the server's rounds, the limit, requests of one device.
const SHARES: [u32; 3] = [60, 12, 12];
/// Devices that are made before: they warm everything up and tell how long the rounds will take.
const WARM: usize = 1000;
/// Requests of one device at least and at most.
const SINGLE: std::ops::Range<usize> = 50..1000;

/// The server with its connections.
pub struct Stand {
    ground: Ground,
    server: Program,
    connections: Vec<Secure>,
    path: Arc<str>,
    /// Devices in the log.
    made: u64,
    /// Devices in the log, and bytes of the folder, before.
    before: (u64, u64),
}

/// What came of one round.
#[derive(Default)]
struct Round {
    count: u64,
    wall: Duration,
    spent: Spent,
}

/// Answers to one body, checked; the certificate of the last line.
fn check(answer: &[u8], lines: usize) -> Result<Vec<u8>, Failure> {
    let all: Vec<&[u8]> = answer.split(|b| *b == b'\n').filter(|line| !line.is_empty()).collect();
    let made = |line: &&&[u8]| {
        line.starts_with(b"{\"serial\":") && line.windows(15).take(120).any(|w| w == b"\"certificate\":\"")
    };
    let good = all.iter().filter(made).count();
    let last = all.last().copied().unwrap_or_default();
    if good != lines {
        let bad = all.iter().find(|line| !made(line)).copied().unwrap_or(last);
        return Err(format!("{good} of {lines} devices were made: {}", String::from_utf8_lossy(bad)).into());
    }
    let value: Value = serde_json::from_slice(last)?;
    Ok(tegata_wire::est::decode(value["certificate"].as_str().unwrap_or_default().as_bytes()).unwrap_or_default())
}

fn lines_of(body: &[u8]) -> usize {
    body.iter().filter(|b| **b == b'\n').count()
}

impl Stand {
    async fn raise(plan: &Plan) -> Result<Stand, Failure> {
        let (ground, opened) = Ground::lay(plan.store.as_deref()).await?;
        opened.fill(plan.devices).await?;
        drop(opened);
        ground.fold()?;
        let bytes = ground.bytes()?;
        let server = Program::serve(&ground.data(), &ground.beside("serve.log"), &[])?;
        Self::at(ground, bytes, server, plan.connections).await
    }

    /// Of a running server; `bytes` had the folder before.
    pub async fn at(ground: Ground, bytes: u64, server: Program, connections: u16) -> Result<Stand, Failure> {
        let (address, trust) = (server.https.ok_or("no HTTPS address")?, ground.authority()?);
        let mut kept = Vec::new();
        for _ in 0..connections {
            kept.push(Secure::connect(address, &trust, &ground.token).await?);
        }
        let path = format!("/api/v1/batches/{}/devices", ground.batch).into();
        let made = exposition::log_size(server.http).await?;
        Ok(Stand { ground, server, connections: kept, path, made, before: (made, bytes) })
    }

    /// Closes the connections; the server goes on.
    pub fn leave(self) -> Program {
        self.server
    }

    /// Sends these bodies over all connections; the CPU time holds all that follows from them, up to the log.
    async fn round(&mut self, bodies: Vec<Bytes>) -> Result<(Round, Vec<u8>), Failure> {
        let count: usize = bodies.iter().map(|body| lines_of(body)).sum();
        let (before, start) = (self.server.spent()?, Instant::now());
        let (bodies, next) = (Arc::new(bodies), Arc::new(AtomicUsize::new(0)));
        let mut tasks = Vec::new();
        for mut connection in self.connections.drain(..) {
            let (bodies, next, path) = (Arc::clone(&bodies), Arc::clone(&next), Arc::clone(&self.path));
            tasks.push(tokio::spawn(async move {
                let mut answers = Vec::new();
                while let Some(body) = bodies.get(next.fetch_add(1, Relaxed)) {
                    answers.push((connection.post(&path, body.clone()).await?, lines_of(body)));
                }
                Ok::<_, Failure>((connection, answers))
            }));
        }
        let mut answers = Vec::new();
        for task in tasks {
            let (connection, some) = task.await??;
            self.connections.push(connection);
            answers.extend(some);
        }
        let wall = start.elapsed();
        self.made += count as u64;
        exposition::settled(self.server.http, self.made).await?;
        let spent = self.server.spent()? - before;
        let mut certificate = Vec::new();
        for (answer, lines) in answers {
            certificate = check(&answer, lines)?;
        }
        Ok((Round { count: count as u64, wall, spent }, certificate))
    }

    /// One device a request, one request at a time; beside each a bare sync on the same disk.
    async fn single(&mut self, bodies: Vec<Bytes>, span: Duration) -> Result<(Sample, Sample), Failure> {
        let mut appender = Appender::create(&self.ground.beside("syncs"))?;
        let (mut requests, mut syncs) = (Sample::default(), Sample::default());
        let connection = self.connections.first_mut().ok_or("no connection")?;
        let end = Instant::now() + span;
        for (i, body) in bodies.into_iter().enumerate() {
            if i >= SINGLE.start && Instant::now() > end {
                break;
            }
            let start = Instant::now();
            let answer = connection.post(&self.path, body).await?;
            requests.push(start.elapsed());
            check(&answer, 1)?;
            self.made += 1;
            syncs.push(appender.sync(&answer)?);
        }
        exposition::settled(self.server.http, self.made).await?;
        Ok((requests, syncs))
    }
}

/// What was measured, before it is told.
#[derive(Default)]
pub struct Measured {
    rounds: Vec<(Round, Signatures)>,
    limit: Signatures,
    requests: Sample,
    syncs: Sample,
    memory: Option<u64>,
    /// Counters of the server over the rounds: transactions, changes, microseconds in commits.
    committed: [u64; 3],
}

impl Measured {
    /// Microseconds of CPU for one certificate, server and limit; ratio of each round; devices a second on the wall.
    pub fn figures(&self) -> (f64, f64, Vec<f64>, f64) {
        let (count, wall, spent) = self.sum();
        let limit = micros(self.limit.total(), self.limit.count);
        (micros(spent.total(), count), limit, self.rounds.iter().map(ratio).collect(), rate(count, wall))
    }

    fn sum(&self) -> (u64, Duration, Spent) {
        let (mut count, mut wall, mut spent) = (0, Duration::ZERO, Spent::default());
        for (round, _) in &self.rounds {
            count += round.count;
            wall += round.wall;
            spent += round.spent;
        }
        (count, wall, spent)
    }
}

fn ratio((round, beside): &(Round, Signatures)) -> f64 {
    micros(beside.total(), beside.count) / micros(round.spent.total(), round.count)
}

async fn committed(server: &Program) -> Result<[u64; 3], Failure> {
    let read = Exposition::read(server.http).await?;
    let count = |name: &str| read.value(&format!("tegata_store_{name}_total"));
    Ok([count("transactions"), count("changes"), read.micros("tegata_store_sync_seconds_sum")])
}

/// Devices a round and rounds, so that all together take `span`.
fn lengths(plan: &Plan, span: Duration, warm: &Round) -> (usize, usize) {
    let all = (span.as_secs_f64() * warm.count as f64 / warm.wall.as_secs_f64()) as usize;
    let rounds = all.div_ceil(ROUND).max(ROUNDS);
    ((all / rounds).max(plan.lines * usize::from(plan.connections)), rounds)
}

/// The rounds with the limit between them; serials begin at `first`. Answers the next serial too.
pub async fn rounds(stand: &mut Stand, plan: &Plan, first: usize) -> Result<(Measured, usize), Failure> {
    let part = |i: usize| plan.span * SHARES[i] / 100;
    eprintln!("bench: warming up with {WARM} devices");
    let warm = requests::make(first..first + WARM, WARM.div_ceil(4).min(plan.lines))?;
    let (warmed, certificate) = stand.round(warm.bodies).await?;
    let (each, count) = lengths(plan, part(0), &warmed);
    let slice = part(1) / (count as u32 + 1);
    let ecdsa = Ecdsa::new(warm.csrs.iter().map(Vec::as_slice), &certificate)?;
    let mut measured = Measured::default();
    let mut limit = tokio::task::block_in_place(|| ecdsa.run(slice))?;
    measured.limit += limit;
    let first = first + WARM;
    for i in 0..count {
        eprintln!("bench: round {} of {count}, {each} devices", i + 1);
        let Requests { bodies, .. } = requests::make(first + i * each..first + (i + 1) * each, plan.lines)?;
        let before = committed(&stand.server).await?;
        let (round, _) = stand.round(bodies).await?;
        let counted = committed(&stand.server).await?;
        (0..3).for_each(|i| measured.committed[i] += counted[i] - before[i]);
        let after = tokio::task::block_in_place(|| ecdsa.run(slice))?;
        measured.limit += after;
        limit += after;
        measured.rounds.push((round, limit));
        limit = after;
    }
    measured.memory = cpu::memory(stand.server.pid());
    Ok((measured, first + count * each))
}

/// Measures.
pub async fn run(plan: Plan) -> Result<Report, Failure> {
    let mut stand = Stand::raise(&plan).await?;
    let (mut measured, next) = rounds(&mut stand, &plan, 0).await?;
    eprintln!("bench: one device a request");
    let singles = requests::make(next..next + SINGLE.end, 1)?;
    (measured.requests, measured.syncs) = stand.single(singles.bodies, plan.span * SHARES[2] / 100).await?;
    let disk = finish(stand)?;
    Ok(report(&plan, measured, disk))
}

/// Stops the server; bytes on disk for each device that was made.
fn finish(stand: Stand) -> Result<f64, Failure> {
    let Stand { ground, server, connections, made, before, .. } = stand;
    drop(connections);
    server.stop()?;
    ground.fold()?;
    Ok((ground.bytes()? - before.1) as f64 / (made - before.0) as f64)
}

fn report(plan: &Plan, mut measured: Measured, disk: f64) -> Report {
    let (count, wall, spent) = measured.sum();
    let limit = measured.limit;
    let (server_us, limit_us) = (micros(spent.total(), count), micros(limit.total(), limit.count));
    let committer_us = micros(spent.committer, count);
    let rest_us = round(server_us - committer_us - limit_us);
    let parts = [("signatures", limit_us), ("committer", committer_us), ("requests_and_log", rest_us)];
    let dominates = parts.iter().max_by(|a, b| a.1.total_cmp(&b.1)).map_or("", |part| part.0);
    let [transactions, changes, commit_micros] = measured.committed;
    let (p50, p99) = (measured.requests.percentile(50), measured.requests.percentile(99));
    let sync = measured.syncs.percentile(50);
    let each = round(changes as f64 / transactions.max(1) as f64);
    Report {
        work: "issue",
        rate: rate(count, spent.total()),
        limit: rate(limit.count, limit.total()),
        unit: "certificates per second of CPU",
        reach: 0.6,
        rounds: measured.rounds.iter().map(ratio).collect(),
        explains: json!({
            "breakdown": {
                "server_us": server_us,
                "limit_us": limit_us,
                "limit_verify_us": micros(limit.verify, limit.count),
                "limit_sign_us": micros(limit.sign, limit.count),
                "server_user_us": micros(spent.user, count),
                "server_kernel_us": micros(spent.system, count),
                "server_committer_us": committer_us,
                "server_requests_and_log_us": rest_us,
                "dominates": dominates,
            },
            "wall": {
                "devices_per_second": rate(count, wall), "devices": count, "seconds": round(wall.as_secs_f64()),
                "connections": plan.connections, "lines": plan.lines,
                "server_cores_busy": share(spent.total(), wall),
            },
            "single": { "p50_ms": p50, "p99_ms": p99, "bare_sync_p50_ms": sync },
            "commits": {
                "transactions": transactions, "devices_per_commit": each,
                "commit_ms": round(commit_micros as f64 / 1e3 / transactions.max(1) as f64),
            },
            "disk_bytes_per_device": round(disk),
            "memory_bytes": measured.memory,
            "devices_before": plan.devices,
            "store": if plan.store.is_some() { "postgresql" } else { "sqlite" },
        }),
        lines: vec![
            (
                "server CPU a certificate".into(),
                format!("{server_us} µs: signatures {limit_us}, committer {committer_us}, rest {rest_us}"),
            ),
            ("wall".into(), format!("{} devices/s over {} connections", rate(count, wall), plan.connections)),
            (
                "one device a request".into(),
                format!("p50 {} ms, p99 {} ms (a bare sync: {} ms)", shown(p50), shown(p99), shown(sync)),
            ),
            ("commits".into(), format!("{transactions}, {each} changes each")),
            ("disk of the folder, a device".into(), format!("{} bytes", round(disk))),
        ],
    }
}

fn shown(value: Option<f64>) -> String {
    value.map_or_else(|| "?".into(), |value| value.to_string())
}
