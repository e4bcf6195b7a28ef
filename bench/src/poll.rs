//! `bench poll`: update polls with nothing to do, with a device's token, over kept TLS connections; CPU time of the
//! server beside that of a bare axum handler behind the same TLS that answers the same bytes to the same load.

use crate::client::{Tls, get_with};
use crate::exposition::Exposition;
use crate::ground::{DEVICE_HOST, Ground, HOST, Opened};
use crate::load::{self, Compared, Measured, Plan, Target, sample};
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

/// What the works stand on: the folder, the polls in random order, the TLS identity.
struct Laid {
    ground: Ground,
    requests: Vec<Bytes>,
    identity: Value,
}

/// A store of so many devices in use with a token each.
async fn lay(devices: u32) -> Result<Laid, Failure> {
    let (ground, mut opened) = Ground::lay(None).await?;
    opened.line.in_use();
    let rows: Vec<i64> = opened.fill(devices).await?.collect();
    let (requests, identity) = (requests(&opened, &rows).await?, identity(&opened).await?);
    drop(opened);
    ground.fold()?;
    Ok(Laid { ground, requests, identity })
}

/// Gives these devices tokens; answers a poll of each, in random order.
pub async fn requests(opened: &Opened, rows: &[i64]) -> Result<Vec<Bytes>, Failure> {
    eprintln!("bench: giving tokens");
    let tokens = opened.give_tokens(rows).await?;
    let request = |(row, token): (&i64, &String)| {
        let number = opened.cx.numbers.number(*row).ok_or("no number key")?;
        let authorization = format!("TargetToken {token}");
        let path = format!("/DEFAULT/controller/v1/{number}");
        Ok(get_with(&path, DEVICE_HOST, &[("accept", "application/hal+json"), ("authorization", &authorization)]))
    };
    let mut requests = rows.iter().zip(&tokens).map(request).collect::<Result<Vec<_>, Failure>>()?;
    shuffle(&mut requests);
    Ok(requests)
}

/// What the server would show, for the bare one.
pub async fn identity(opened: &Opened) -> Result<Value, Failure> {
    let hosts = [HOST, DEVICE_HOST].map(str::to_owned);
    let (chain, pkcs8) = platform::https_identity(&opened.cx, &hosts).await?;
    Ok(bare::identity(&chain, &pkcs8))
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
pub struct Polled {
    /// Both servers.
    pub compared: Compared,
    /// The first poll of each device.
    pub first: Measured,
    /// Resident memory before the first poll and after the last.
    pub memory: [Option<u64>; 2],
    /// Length of a body.
    pub bytes: usize,
    /// Share of polls that were not answered from memory.
    pub miss_rate: f64,
}

/// What is asked, with what TLS.
pub struct Asking {
    /// The polls.
    pub requests: Arc<Vec<Bytes>>,
    /// Chain and key for the bare server.
    pub identity: Value,
    /// The authority to trust, DER.
    pub trust: Vec<u8>,
}

/// Measures a running server beside the bare one.
pub async fn beside(
    server: Program,
    asking: &Asking,
    connections: u16,
    span: Duration,
) -> Result<(Program, Polled), Failure> {
    let Asking { requests, identity, trust } = asking;
    let mut answer = sample(&mut Tls::connect(https(&server)?, DEVICE_HOST, trust).await?, &requests[0]).await?;
    let bytes = answer["body"].as_str().map_or(0, str::len);
    answer["tls"] = identity.clone();
    let one = async |bare: &Program| Tls::connect(https(bare)?, DEVICE_HOST, trust).await;
    let bare = load::bare(&answer, &requests[0], one).await?;
    let kept = connect(&server, connections, trust).await?;
    let mut server = Target::new(server, kept, requests);
    let kept = connect(&bare, connections, trust).await?;
    let mut bare = Target::new(bare, kept, requests);
    eprintln!("bench: the first poll of every device");
    let before = cpu::memory(server.server.pid());
    let first = server.each().await?;
    let warmed = async |server: &Program| counted(server).await;
    let (compared, before_rounds) = load::compare(&mut server, &mut bare, span, warmed).await?;
    let server = server.leave();
    let counted = counted(&server).await?;
    let (hits, misses) = (counted.0 - before_rounds.0, counted.1 - before_rounds.1);
    let memory = [before, cpu::memory(server.pid())];
    let miss_rate = round(misses as f64 / (hits + misses).max(1) as f64);
    Ok((server, Polled { compared, first, memory, bytes, miss_rate }))
}

/// Measures.
pub async fn run(plan: Plan) -> Result<Report, Failure> {
    let Laid { ground, requests, identity } = lay(plan.devices).await?;
    let asking = Asking { requests: Arc::new(requests), identity, trust: ground.authority()? };
    let room = plan.devices.max(1_000_000).to_string();
    let server = Program::serve(&ground.data(), &ground.beside("serve.log"), &[("TEGATA_UPDATE_POLL_CACHE", &room)])?;
    let (server, polled) = beside(server, &asking, plan.connections, plan.span).await?;
    server.stop()?;
    Ok(report(plan, polled))
}

fn report(plan: Plan, polled: Polled) -> Report {
    let Polled { compared, first, memory, bytes, miss_rate } = polled;
    let Compared { mut server, mut bare, rounds } = compared;
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
