//! Devices without keys, written straight through the store: rows as large as real ones, signatures that nobody checks.
//! For what is measured on a store that holds many, and for leaves that wait for their place.

use crate::Failure;
use crate::ground::Opened;
use serde_json::json;
use std::ops::Range;
use tegata::clock::SystemChance;
use tegata_domain::batch::Batch;
use tegata_domain::certificate::{Certificate, CertificateKind};
use tegata_domain::chance;
use tegata_domain::change::{Change, Made, Write};
use tegata_domain::device::{Condition, Device, Stage, Stamp};
use tegata_domain::event::{Event, EventKind};
use tegata_domain::id::{AuthorityRow, CertificateRow, DeviceRow};
use tegata_domain::ledger::Log;
use tegata_domain::permit::{Actor, Operation, Subject};
use tegata_domain::product::Product;
use tegata_domain::target_token::TargetToken;
use tegata_domain::time::Timestamp;
use tegata_keys::{digest, secret};
use tegata_store::Row;
use tegata_usecase::ledger;

/// Length of an IDevID of a batch such as ours.
const CERTIFICATE: usize = 640;
/// Devices in one transaction.
const TOGETHER: u32 = 4000;
/// Leaves that wait before the sequencer takes them.
const WAITING: u32 = 100_000;

/// A line that makes devices of one batch.
pub struct Line {
    product: Product,
    batch: Batch,
    actor: Actor,
    stage: Stage,
}

impl Line {
    pub(crate) fn open(product: Product, batch: Batch, actor: Actor) -> Self {
        Line { product, batch, actor, stage: Stage::Made }
    }

    /// Its devices are in use from now on, as if they had been heard from.
    pub fn in_use(&mut self) {
        self.stage = Stage::InUse;
    }

    /// The batch that it makes devices of.
    pub fn batch(&self) -> &Batch {
        &self.batch
    }

    /// Who makes them.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    fn made(&self, row: i64, certificate: i64, now: Timestamp) -> Made {
        let head = chance::bytes::<32>(&SystemChance);
        let serial = format!("F-{row:09}");
        let digest: String = (0..64).map(|i| char::from(b'a' + (row as u8).wrapping_add(i) % 6)).collect();
        let data = json!({
            "by": "maker", "product": self.product.uid.to_string(), "serial": serial, "certificate": digest,
        });
        Made {
            epoch_key: chance::bytes(&SystemChance),
            event: Event { sequence: 1, period: 0, kind: EventKind::Made, at: now, data, commitment: head },
            certificate: Certificate {
                row: CertificateRow(certificate),
                random: chance::bytes(&SystemChance),
                device: DeviceRow(row),
                authority: AuthorityRow(1),
                kind: CertificateKind::Idevid,
                period: 0,
                der: vec![0x30; CERTIFICATE],
                key: None,
                not_after: Timestamp::NEVER,
                revoked: None,
            },
            device: self.device(row, certificate, (now, head), serial),
        }
    }

    fn device(&self, row: i64, certificate: i64, (now, head): (Timestamp, [u8; 32]), serial: String) -> Device {
        Device {
            row: DeviceRow(row),
            uid: chance::uuid7(now, &SystemChance),
            product: self.product.row,
            batch: self.batch.row,
            maker: self.batch.organisation,
            owner: self.batch.organisation,
            serial,
            key: chance::bytes(&SystemChance),
            idevid: CertificateRow(certificate),
            stage: self.stage,
            condition: Condition::Well,
            confirmed: true,
            period: 0,
            sequence: 1,
            head,
            stamps: vec![Stamp { stage: Stage::Made, at: now, sequence: Some(1) }],
        }
    }
}

impl Opened {
    /// Writes `count` devices, whose leaves then wait; answers their rows.
    pub async fn write(&self, count: u32) -> Result<Range<i64>, Failure> {
        let Opened { cx, line } = self;
        let (permit, now) =
            (line.actor.permit(Operation::MakeDevice, Subject::of(line.batch.organisation))?, cx.now()?);
        let first = cx.store.reserve(Row::Device, count).await?;
        let certificate = cx.store.reserve(Row::Certificate, count).await?;
        let mut done = 0;
        while done < count {
            let some = TOGETHER.min(count - done);
            let change = |i: u32| {
                let made = line.made(first + i64::from(i), certificate + i64::from(i), now);
                Change { writes: vec![Write::Made(Box::new(made))], subject: String::new() }
            };
            let changes = (done..done + some).map(change).collect();
            for outcome in cx.store.save_all(changes, &permit, now).await? {
                outcome?;
            }
            done += some;
        }
        Ok(first..first + i64::from(count))
    }

    /// Writes `count` devices and takes all leaves into the logs.
    pub async fn fill(&self, count: u32) -> Result<Range<i64>, Failure> {
        let mut rows = 0..0;
        let mut left = count;
        while left > 0 {
            let some = left.min(WAITING);
            let written = self.write(some).await?;
            rows = if rows.is_empty() { written } else { rows.start..written.end };
            left -= some;
            self.sequence().await?;
            eprintln!("bench: {} of {count} devices in the store", count - left);
        }
        self.sequence().await?;
        Ok(rows)
    }

    /// Gives each of these devices a token for its polls; answers the tokens in the order of the rows.
    pub async fn give_tokens(&self, rows: &[i64]) -> Result<Vec<String>, Failure> {
        let Opened { cx, line } = self;
        let (permit, now) =
            (line.actor.permit(Operation::IssueTargetToken, Subject::of(line.batch.organisation))?, cx.now()?);
        let mut texts = Vec::with_capacity(rows.len());
        for part in rows.chunks(TOGETHER as usize) {
            let mut changes = Vec::new();
            for &row in part {
                let text = secret::target_token(&SystemChance);
                let hash = digest::sha256(text.as_bytes());
                let token = TargetToken { device: DeviceRow(row), period: 0, hash, created_at: now };
                changes.push(Change { writes: vec![Write::TargetToken(token)], subject: String::new() });
                texts.push(text);
            }
            for outcome in cx.store.save_all(changes, &permit, now).await? {
                outcome?;
            }
        }
        Ok(texts)
    }

    async fn sequence(&self) -> Result<(), Failure> {
        for log in Log::ALL {
            ledger::sequence(log, &self.cx).await?;
        }
        Ok(())
    }
}
