//! `bench verify`: proofs of life events checked without any server, as `tegata verify` does it; CPU time beside that of
//! their signatures alone.

use crate::ground::Ground;
use crate::report::Report;
use crate::statistics::{micros, rate, round};
use crate::{Failure, cpu, requests};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde_json::json;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tegata::command::verify;
use tegata_domain::ledger::Log;
use tegata_domain::number::Number;
use tegata_usecase::device::make::Request;
use tegata_usecase::{device, ledger};
use tegata_wire::signed_note::Verifier;

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// About how long.
    pub span: Duration,
    /// Leaves in the log: a proof grows with their logarithm.
    pub devices: u32,
}

/// Devices whose first event is proved.
const PROOFS: usize = 500;
/// Both works are measured so many times, in turn.
const ROUNDS: u32 = 6;

/// A log, proofs from it, and the keys to check them with.
async fn lay(devices: u32) -> Result<(Vec<String>, Vec<Verifier>), Failure> {
    let (_ground, opened) = Ground::lay(None).await?;
    opened.fill(devices).await?;
    let (cx, line) = (&opened.cx, &opened.line);
    let ticket = Arc::new(device::ticket(line.batch().uid, line.actor(), cx).await?);
    let csrs = requests::make(0..PROOFS, 1)?.csrs.into_iter().enumerate();
    let asked = csrs.map(|(i, csr)| Request { serial: format!("V-{i:05}"), csr }).collect();
    let made = device::make(asked, &ticket, cx).await?;
    ledger::sequence(Log::Devices, cx).await?;
    let mut proofs = Vec::new();
    for made in made {
        proofs.push(ledger::prove_stamp(Number::parse(&made?.number)?, 1, cx).await?.text);
    }
    Ok((proofs, verify::keys(&ledger::keys(cx))?))
}

/// As many passes over the proofs as fit into `span`: how many proofs, and their CPU time.
fn pass(span: Duration, mut one: impl FnMut(usize) -> Result<(), Failure>) -> Result<(u64, Duration), Failure> {
    let (end, before, mut count) = (Instant::now() + span, cpu::thread(), 0);
    while count == 0 || Instant::now() < end {
        (0..PROOFS).try_for_each(&mut one)?;
        count += PROOFS as u64;
    }
    Ok((count, cpu::thread() - before))
}

/// Measures.
pub async fn run(plan: Plan) -> Result<Report, Failure> {
    let (proofs, keys) = lay(plan.devices).await?;
    let slice = plan.span / (2 * ROUNDS);
    // a note of this log's length under a key of our own: the signature of another key costs the same
    let (_, note) = proofs[0].split_once("\n\n").ok_or("a proof without checkpoint")?;
    let (text, _) = note.split_once("\n\n").ok_or("a checkpoint without signature")?;
    let signer = Ed25519KeyPair::generate()?;
    let signature = signer.sign(text.as_bytes());
    let key = UnparsedPublicKey::new(&ED25519, signer.public_key().as_ref().to_vec());
    let verify_one = |i: usize| verify::proof(&proofs[i], &keys).map(|found| drop(black_box(found)));
    let signature_alone = |_| Ok(key.verify(black_box(text.as_bytes()), signature.as_ref())?);
    let (mut all, mut limit, mut rounds) = ((0, Duration::ZERO), (0, Duration::ZERO), Vec::new());
    for _ in 0..ROUNDS {
        let beside = pass(slice, signature_alone)?;
        let round = pass(slice, verify_one)?;
        rounds.push(micros(beside.1, beside.0) / micros(round.1, round.0));
        all = (all.0 + round.0, all.1 + round.1);
        limit = (limit.0 + beside.0, limit.1 + beside.1);
    }
    let (each, signature) = (micros(all.1, all.0), micros(limit.1, limit.0));
    let bytes = proofs[0].len();
    Ok(Report {
        work: "verify",
        rate: rate(all.0, all.1),
        limit: rate(limit.0, limit.1),
        unit: "proofs per second of CPU",
        reach: 0.8,
        rounds,
        explains: json!({
            "breakdown": { "proof_us": each, "signature_us": signature, "beyond_limit_us": round(each - signature) },
            "proof_bytes": bytes,
            "leaves": plan.devices as usize + PROOFS,
        }),
        lines: vec![
            ("a proof".into(), format!("{each} µs, of them its signature {signature}")),
            ("bytes of a proof".into(), bytes.to_string()),
        ],
    })
}
