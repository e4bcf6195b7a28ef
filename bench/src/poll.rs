//! `bench poll`: update polls with nothing to do, with a device's token, over kept TLS connections; CPU time of the
//! server beside that of a bare axum handler behind the same TLS that answers the same bytes to the same load.

use crate::client::{Tls, get_with};
use crate::exposition::Exposition;
use crate::ground::{DEVICE_HOST, Ground, HOST};
use crate::load::{Measured, Target, sample};
use crate::program::Program;
use crate::report::Report;
use crate::statistics::{micros, rate, round};
use crate::{Failure, bare, cpu};
use bytes::Bytes;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tegata::clock::SystemChance;
use tegata_domain::chance;
use tegata_usecase::platform;

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// About how long.
    pub span: Duration,
    /// Devices in the store; each of them polls.
    pub devices: u32,
    /// Kept connections.
    pub connections: u16,
}

/// Each server is measured so many times, in turn.
const ROUNDS: u32 = 6;

/// What the works stand on: the folder, the polls in random order, the TLS identity.
struct Laid {
    ground: Ground,
    requests: Vec<Bytes>,
    identity: Value,
}

/// A store of so many devices in use with a token each.
async fn lay(devices: u32) -> Result<Laid, Failure> {
    let (ground, mut opened) = Ground::lay().await?;
    opened.line.in_use();
    let rows = opened.fill(devices).await?;
    eprintln!("bench: giving tokens");
    let tokens = opened.give_tokens(rows.clone()).await?;
    let request = |(row, token): (i64, &String)| {
        let number = opened.cx.numbers.number(row).ok_or("no number key")?;
        let authorization = format!("TargetToken {token}");
        let path = format!("/DEFAULT/controller/v1/{number}");
        Ok(get_with(&path, DEVICE_HOST, &[("accept", "application/hal+json"), ("authorization", &authorization)]))
    };
    let mut requests = rows.zip(&tokens).map(request).collect::<Result<Vec<_>, Failure>>()?;
    shuffle(&mut requests);
    let hosts = [HOST, DEVICE_HOST].map(str::to_owned);
    let (chain, pkcs8) = platform::https_identity(&opened.cx, &hosts).await?;
    let identity = bare::identity(&chain, &pkcs8);
    drop(opened);
    ground.fold()?;
    Ok(Laid { ground, requests, identity })
}

fn shuffle(all: &mut [Bytes]) {
    for at in (1..all.len()).rev() {
        let other = u64::from_be_bytes(chance::bytes(&SystemChance)) % (at as u64 + 1);
        all.swap(at, other as usize);
    }
}

/// So many kept connections.
async fn connect(server: &Program, connections: u16, trust: &[u8]) -> Result<Vec<Tls>, Failure> {
    let address = https(server)?;
    let mut kept = Vec::new();
    for _ in 0..connections {
        kept.push(Tls::connect(address, DEVICE_HOST, trust).await?);
    }
    Ok(kept)
}

fn https(server: &Program) -> Result<SocketAddr, Failure> {
    server.https.ok_or_else(|| "the server has no TLS".into())
}

/// What the server counted of polls: from memory, and not.
async fn counted(server: &Program) -> Result<(u64, u64), Failure> {
    let read = Exposition::read(server.http).await?;
    Ok((read.value("tegata_poll_memory_hits_total"), read.value("tegata_poll_memory_misses_total")))
}

/// What came of it.
struct Outcome {
    server: Measured,
    bare: Measured,
    rounds: Vec<f64>,
    /// The first poll of each device.
    first: Measured,
    /// Resident memory before the first poll and after the last.
    memory: [Option<u64>; 2],
    bytes: usize,
    miss_rate: f64,
}

/// Measures.
pub async fn run(plan: Plan) -> Result<Report, Failure> {
    let Laid { ground, requests, identity } = lay(plan.devices).await?;
    let (requests, trust) = (Arc::new(requests), ground.authority()?);
    let room = plan.devices.max(2_000_000).to_string();
    let server = Program::serve(&ground.data(), &ground.beside("serve.log"), &[("TEGATA_UPDATE_POLL_CACHE", &room)])?;
    let mut answer = sample(&mut Tls::connect(https(&server)?, DEVICE_HOST, &trust).await?, &requests[0]).await?;
    let bytes = answer["body"].as_str().map_or(0, str::len);
    answer["tls"] = identity;
    let bare = Program::bare(&answer)?;
    let same = sample(&mut Tls::connect(https(&bare)?, DEVICE_HOST, &trust).await?, &requests[0]).await?;
    if same["headers"] != answer["headers"] || same["body"] != answer["body"] {
        return Err(format!("the bare server answers other bytes:\n{answer}\n{same}").into());
    }
    let connections = connect(&server, plan.connections, &trust).await?;
    let mut server = Target::new(server, connections, &requests);
    let connections = connect(&bare, plan.connections, &trust).await?;
    let mut bare = Target::new(bare, connections, &requests);
    let slice = plan.span / (2 * ROUNDS + 1);
    eprintln!("bench: the first poll of every device");
    let before = cpu::memory(server.server.pid());
    let first = server.each().await?;
    eprintln!("bench: warming up");
    bare.load(slice / 2).await?;
    server.load(slice / 2).await?;
    let counted_before = counted(&server.server).await?;
    let (mut all, mut limit, mut rounds) = (Measured::default(), Measured::default(), Vec::new());
    for i in 1..=ROUNDS {
        eprintln!("bench: round {i} of {ROUNDS}");
        let (beside, round) = (bare.load(slice).await?, server.load(slice).await?);
        rounds.push(micros(beside.spent.total(), beside.count) / micros(round.spent.total(), round.count));
        limit.add(beside);
        all.add(round);
    }
    let counted = counted(&server.server).await?;
    let (hits, misses) = (counted.0 - counted_before.0, counted.1 - counted_before.1);
    let memory = [before, cpu::memory(server.server.pid())];
    server.stop()?;
    let miss_rate = round(misses as f64 / (hits + misses).max(1) as f64);
    Ok(report(plan, Outcome { server: all, bare: limit, rounds, first, memory, bytes, miss_rate }))
}

fn report(plan: Plan, outcome: Outcome) -> Report {
    let Outcome { mut server, mut bare, rounds, first, memory, bytes, miss_rate } = outcome;
    let (server_us, limit_us) = (micros(server.spent.total(), server.count), micros(bare.spent.total(), bare.count));
    let user = |m: &Measured| micros(m.spent.user, m.count);
    let kernel = |m: &Measured| micros(m.spent.system, m.count);
    let wall = rate(server.count, server.wall);
    let [p50, p99] = [50, 99].map(|percent| server.took.percentile(percent));
    let [bare_p50, bare_p99] = [50, 99].map(|percent| bare.took.percentile(percent));
    let (before, after) = (memory[0], memory[1]);
    let each = before.zip(after).map(|(before, after)| after.saturating_sub(before) / u64::from(plan.devices));
    let shown = |value: Option<f64>| value.map_or_else(|| "?".to_owned(), |value| value.to_string());
    Report {
        work: "poll",
        rate: rate(server.count, server.spent.total()),
        limit: rate(bare.count, bare.spent.total()),
        unit: "polls per second of CPU",
        reach: 0.7,
        rounds,
        explains: json!({
            "breakdown": {
                "server_us": server_us,
                "limit_us": limit_us,
                "beyond_limit_us": round(server_us - limit_us),
                "server_user_us": user(&server),
                "server_kernel_us": kernel(&server),
                "limit_user_us": user(&bare),
                "limit_kernel_us": kernel(&bare),
                "committer_us": micros(server.spent.committer, server.count),
                "first_poll_us": micros(first.spent.total(), first.count),
            },
            "wall": {
                "polls_per_second": wall, "bare_per_second": rate(bare.count, bare.wall),
                "first_polls_per_second": rate(first.count, first.wall), "connections": plan.connections,
                "p50_ms": p50, "p99_ms": p99, "bare_p50_ms": bare_p50, "bare_p99_ms": bare_p99,
            },
            "miss_rate": miss_rate,
            "body_bytes": bytes,
            "memory_bytes": after,
            "memory_before_bytes": before,
            "memory_device_bytes": each,
            "devices": plan.devices,
        }),
        lines: vec![
            ("server CPU a poll".into(), format!("{server_us} µs, of them in the kernel {}", kernel(&server))),
            ("bare handler".into(), format!("{limit_us} µs, of them in the kernel {}", kernel(&bare))),
            ("wall".into(), format!("{wall} polls/s over {} connections", plan.connections)),
            ("p50, p99".into(), format!("{}, {} ms", shown(p50), shown(p99))),
            ("p50, p99 of the bare handler".into(), format!("{}, {} ms", shown(bare_p50), shown(bare_p99))),
            ("not from memory".into(), format!("{miss_rate} of all polls")),
            ("devices".into(), plan.devices.to_string()),
        ],
    }
}
