//! `bench lookup`: public look-ups as JSON over kept plain connections; CPU time of the server beside that of a bare
//! axum handler that answers the same bytes to the same load.

use crate::Failure;
use crate::client::{Plain, get};
use crate::cpu;
use crate::ground::Ground;
use crate::load::{self, Compared, Measured, Plan, Target, sample};
use crate::program::Program;
use crate::report::Report;
use crate::statistics::{micros, rate, round};
use bytes::Bytes;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tegata::clock::SystemChance;
use tegata_domain::chance;
use tegata_usecase::Cx;

/// Different numbers that are asked for, at most.
const NUMBERS: u32 = 500_000;

/// The look-up of a device.
pub fn request(row: i64, cx: &Cx) -> Result<Bytes, Failure> {
    let number = cx.numbers.number(row).ok_or("no number key")?;
    Ok(get(&format!("/d/{number}"), "application/json"))
}

/// A store of so many devices, and look-ups of them in random order.
async fn lay(devices: u32) -> Result<(Ground, Vec<Bytes>), Failure> {
    let (ground, opened) = Ground::lay(None).await?;
    let rows = opened.fill(devices).await?;
    let one = |_| {
        let row = rows.start + (u64::from_be_bytes(chance::bytes(&SystemChance)) % u64::from(devices)) as i64;
        request(row, &opened.cx)
    };
    let requests = (0..NUMBERS.min(devices)).map(one).collect::<Result<_, Failure>>()?;
    drop(opened);
    ground.fold()?;
    Ok((ground, requests))
}

/// So many kept connections.
async fn connect(http: SocketAddr, connections: u16) -> Result<Vec<Plain>, Failure> {
    let mut kept = Vec::new();
    for _ in 0..connections {
        kept.push(Plain::connect(http).await?);
    }
    Ok(kept)
}

/// Measures a running server beside the bare one; answers the length of a body too.
pub async fn beside(
    server: Program,
    requests: &Arc<Vec<Bytes>>,
    connections: u16,
    span: Duration,
) -> Result<(Program, Compared, usize), Failure> {
    let answer = sample(&mut Plain::connect(server.http).await?, &requests[0]).await?;
    let bare = load::bare(&answer, &requests[0], async |bare| Plain::connect(bare.http).await).await?;
    let (to_server, to_bare) = (connect(server.http, connections).await?, connect(bare.http, connections).await?);
    let mut server = Target::new(server, to_server, requests);
    let mut bare = Target::new(bare, to_bare, requests);
    let (compared, ()) = load::compare(&mut server, &mut bare, span, async |_| Ok(())).await?;
    Ok((server.leave(), compared, answer["body"].as_str().map_or(0, str::len)))
}

/// What opens the server for look-ups from one address.
pub const OPEN: (&str, &str) = ("TEGATA_LIMITS_LOOKUPS_PER_SECOND", "0");

/// Measures.
pub async fn run(plan: Plan) -> Result<Report, Failure> {
    let (ground, requests) = lay(plan.devices).await?;
    let server = Program::serve(&ground.data(), &ground.beside("serve.log"), &[OPEN])?;
    let (server, compared, bytes) = beside(server, &Arc::new(requests), plan.connections, plan.span).await?;
    let memory = cpu::memory(server.pid());
    server.stop()?;
    let Compared { server, bare, rounds } = compared;
    Ok(report(plan, (server, bare), rounds, (memory, bytes)))
}

fn report(
    plan: Plan,
    (mut server, mut bare): (Measured, Measured),
    rounds: Vec<f64>,
    (memory, bytes): (Option<u64>, usize),
) -> Report {
    let (server_us, limit_us) = (micros(server.spent.total(), server.count), micros(bare.spent.total(), bare.count));
    let user = |m: &Measured| micros(m.spent.user, m.count);
    let kernel = |m: &Measured| micros(m.spent.system, m.count);
    let wall = rate(server.count, server.wall);
    let own = round(server_us - limit_us);
    let (p50, p99) = (server.took.percentile(50), server.took.percentile(99));
    Report {
        work: "lookup",
        rate: rate(server.count, server.spent.total()),
        limit: rate(bare.count, bare.spent.total()),
        unit: "look-ups per second of CPU",
        reach: 0.6,
        rounds,
        explains: json!({
            "breakdown": {
                "server_us": server_us,
                "limit_us": limit_us,
                "beyond_limit_us": own,
                "server_user_us": user(&server),
                "server_kernel_us": kernel(&server),
                "limit_user_us": user(&bare),
                "limit_kernel_us": kernel(&bare),
                "dominates": if own > limit_us { "beyond_limit" } else { "http" },
            },
            "wall": {
                "lookups_per_second": wall, "bare_per_second": rate(bare.count, bare.wall),
                "connections": plan.connections, "p50_ms": p50, "p99_ms": p99,
                "bare_p50_ms": bare.took.percentile(50),
            },
            "body_bytes": bytes,
            "memory_bytes": memory,
            "devices": plan.devices,
        }),
        lines: vec![
            ("server CPU a look-up".into(), format!("{server_us} µs, of them in the kernel {}", kernel(&server))),
            ("bare handler".into(), format!("{limit_us} µs, of them in the kernel {}", kernel(&bare))),
            ("wall".into(), format!("{wall} look-ups/s over {} connections", plan.connections)),
            ("devices".into(), plan.devices.to_string()),
        ],
    }
}
