//! `bench ledger`: waiting leaves taken into the device log, up to the published checkpoint; beside the SHA-256 of the
//! nodes and one sync for each batch. By the clock on the wall, since both wait for the disk.

use crate::ground::{Ground, Opened};
use crate::limit::{Appended, Appender};
use crate::report::Report;
use crate::statistics::{Sample, micros, rate, round};
use crate::{Failure, cpu};
use serde_json::json;
use std::time::{Duration, Instant};
use tegata_domain::ledger::Log;
use tegata_usecase::ledger;

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// About how long.
    pub span: Duration,
    /// Devices, and so leaves, that stand in the store before.
    pub devices: u32,
    /// Leaves that wait at each run of the sequencer.
    pub batch: u32,
}

/// Batches that are sequenced in one run for the figure `backlog`.
const BACKLOG: u32 = 20;

/// Leaves that were sequenced.
#[derive(Debug, Clone, Copy, Default)]
struct Sequenced {
    count: u64,
    wall: Duration,
    cpu: Duration,
}

async fn sequence(opened: &Opened) -> Result<Sequenced, Failure> {
    let (start, before) = (Instant::now(), cpu::own());
    let count = ledger::sequence(Log::Devices, &opened.cx).await?;
    Ok(Sequenced { count, wall: start.elapsed(), cpu: cpu::own() - before })
}

/// One run of the sequencer over `count` leaves.
async fn round_of(opened: &Opened, count: u32) -> Result<Sequenced, Failure> {
    opened.write(count).await?;
    let done = sequence(opened).await?;
    if done.count != u64::from(count) {
        return Err(format!("{} of {count} leaves were taken", done.count).into());
    }
    Ok(done)
}

/// Measures.
pub async fn run(plan: Plan) -> Result<Report, Failure> {
    let (ground, opened) = Ground::lay(None).await?;
    opened.fill(plan.devices).await?;
    let mut appender = Appender::create(&ground.beside("appended"))?;
    let batch = plan.batch as usize;
    round_of(&opened, plan.batch).await?;
    let mut limit = appender.append(batch)?;
    let (mut all, mut limits, mut rounds, mut took) = (Sequenced::default(), limit, Vec::new(), Sample::default());
    let end = Instant::now() + plan.span * 7 / 10;
    eprintln!("bench: batches of {} leaves", plan.batch);
    while rounds.len() < 5 || Instant::now() < end {
        let done = round_of(&opened, plan.batch).await?;
        let after = appender.append(batch)?;
        let beside = (micros(limit.wall(), limit.count) + micros(after.wall(), after.count)) / 2.0;
        rounds.push(beside / micros(done.wall, done.count));
        took.push(done.wall);
        all = Sequenced { count: all.count + done.count, wall: all.wall + done.wall, cpu: all.cpu + done.cpu };
        limits += after;
        limit = after;
    }
    eprintln!("bench: a backlog of {BACKLOG} batches");
    let mut beside = Appended::default();
    for _ in 0..BACKLOG / 2 {
        beside += appender.append(batch)?;
    }
    let backlog = round_of(&opened, plan.batch * BACKLOG).await?;
    for _ in 0..BACKLOG / 2 {
        beside += appender.append(batch)?;
    }
    Ok(report(plan, (all, limits), (backlog, beside), (rounds, took)))
}

fn report(
    plan: Plan,
    (all, limit): (Sequenced, Appended),
    (backlog, beside): (Sequenced, Appended),
    (rounds, mut took): (Vec<f64>, Sample),
) -> Report {
    let (leaf_us, leaf_cpu_us) = (micros(all.wall, all.count), micros(all.cpu, all.count));
    let (hash_us, sync_us) = (micros(limit.hash, limit.count), micros(limit.sync, limit.count));
    let waits = round((leaf_us - leaf_cpu_us).max(0.0));
    let dominates = if leaf_cpu_us > waits { "cpu" } else { "waiting" };
    let (reached, possible) = (rate(backlog.count, backlog.wall), rate(beside.count, beside.wall()));
    let backlog_ratio = if possible > 0.0 { round(reached / possible) } else { 0.0 };
    Report {
        work: "ledger",
        rate: rate(all.count, all.wall),
        limit: rate(limit.count, limit.wall()),
        unit: "leaves per second",
        reach: 0.6,
        rounds,
        explains: json!({
            "breakdown": {
                "leaf_us": leaf_us,
                "leaf_cpu_us": leaf_cpu_us,
                "leaf_waiting_us": waits,
                "limit_us": micros(limit.wall(), limit.count),
                "limit_hash_us": hash_us,
                "limit_sync_us": sync_us,
                "limit_cpu_us": micros(limit.cpu, limit.count),
                "dominates": dominates,
            },
            "batch": {
                "leaves": plan.batch, "batches": all.count / u64::from(plan.batch),
                "p50_ms": took.percentile(50), "p99_ms": took.percentile(99),
            },
            "backlog": {
                "leaves": backlog.count, "rate": reached, "limit": possible, "ratio": backlog_ratio,
                "leaf_cpu_us": micros(backlog.cpu, backlog.count),
            },
            "devices_before": plan.devices,
        }),
        lines: vec![
            (
                "a leaf".into(),
                format!("{leaf_us} µs, of them CPU {leaf_cpu_us}; the rest waits for the disk or for a core"),
            ),
            ("a leaf at the limit".into(), format!("hash and write {hash_us} µs, sync {sync_us} µs")),
            ("backlog".into(), format!("{reached} leaves/s, {backlog_ratio} of the limit")),
        ],
    }
}
