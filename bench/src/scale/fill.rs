//! Fills a store at line speed: real certificates, one key each, and three events a device (made, shipped, in use), in
//! the order in which a line and its customers cause them: a block is made, then shipped, then heard from.
//!
//! Of each block a share passes the use cases one by one, with a request whose proof of possession is checked. The rest
//! passes below that check, by the same functions and the same commits, since checking ten million requests of our own
//! making measures nothing but ECDSA. Keys are derived from a seed, so that each is a real one and none comes twice.

use super::state::{Block, State, serial};
use crate::ground::Opened;
use crate::{Failure, machine, requests};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use indicatif::ProgressBar;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;
use tegata_domain::change::{Change, Made, Write};
use tegata_domain::device::{Device, Said};
use tegata_domain::id::{CertificateRow, DeviceRow};
use tegata_domain::ledger::Log;
use tegata_domain::number::Number;
use tegata_domain::permit::{Actor, Operation, Permit, Subject};
use tegata_domain::time::Timestamp;
use tegata_keys::digest;
use tegata_store::Row;
use tegata_usecase::device::{self, Act, Ticket, act::Saying, make};
use tegata_usecase::{ledger, life};

/// Devices in a block; it is done as a whole.
const BLOCK: u64 = 20_000;
/// One of so many passes the use cases.
pub const CHECKED: u64 = 100;
/// Changes in one call of the store.
const TOGETHER: usize = 2_000;

/// SubjectPublicKeyInfo of a P-256 key up to the point (RFC 5480 §2).
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// The public key of an index. Its private key is a digest, which is below the order of the curve but for one in 2^32;
/// that one is refused here.
fn spki(seed: &[u8; 32], index: u64) -> Result<Vec<u8>, Failure> {
    let scalar = digest::sha256(&[&seed[..], &index.to_be_bytes()].concat());
    let key = PrivateKey::from_private_key(&ECDH_P256, &scalar).map_err(|e| format!("key {index}: {e}"))?;
    Ok([&SPKI[..], key.compute_public_key()?.as_ref()].concat())
}

/// A device on its way, with the key of its salts.
struct Born {
    device: Device,
    epoch_key: [u8; 32],
}

/// A fill.
pub struct Filling<'a> {
    opened: &'a Opened,
    state: &'a mut State,
    ticket: Arc<Ticket>,
}

impl<'a> Filling<'a> {
    /// Into this store.
    pub async fn of(opened: &'a Opened, state: &'a mut State) -> Result<Self, Failure> {
        let batch = opened.line.batch();
        let ticket = Arc::new(device::ticket(batch.uid, opened.line.actor(), &opened.cx).await?);
        Ok(Filling { opened, state, ticket })
    }

    /// Until `count` devices are whole.
    pub async fn to(&mut self, count: u64, bar: &ProgressBar) -> Result<(), Failure> {
        bar.set_length(count);
        bar.set_position(self.state.done);
        bar.reset_eta();
        while self.state.done < count {
            let start = Instant::now();
            let some = BLOCK.min(count - self.state.done);
            let first = self.state.next;
            self.state.next += some;
            self.state.under_way = some;
            self.state.save()?;
            let checked = some / CHECKED;
            self.checked(first, checked).await?;
            self.straight(first + checked..first + some).await?;
            for log in Log::ALL {
                ledger::sequence(log, &self.opened.cx).await?;
            }
            self.state.done += some;
            self.state.under_way = 0;
            self.state.checked += checked;
            self.state.took += start.elapsed().as_millis() as u64;
            self.state.save()?;
            bar.set_position(self.state.done);
        }
        Ok(())
    }

    /// Devices through the use cases.
    async fn checked(&self, first: u64, count: u64) -> Result<(), Failure> {
        let (cx, actor) = (&self.opened.cx, self.opened.line.actor());
        let csrs = requests::make(0..count as usize, 1)?.csrs;
        let asked = csrs.into_iter().zip(first..).map(|(csr, index)| make::Request { serial: serial(index), csr });
        for made in device::make(asked.collect(), &self.ticket, cx).await? {
            let number = Number::parse(&made?.number)?;
            let device = device::act(number, Act::Ship, Saying::default(), actor, cx).await?;
            device::heard(&device, "poll", cx).await?;
        }
        Ok(())
    }

    /// Devices below the check of possession.
    async fn straight(&mut self, indices: Range<u64>) -> Result<(), Failure> {
        let Opened { cx, line } = self.opened;
        let count = (indices.end - indices.start) as u32;
        if count == 0 {
            return Ok(());
        }
        let now = cx.now()?;
        let row = cx.store.reserve(Row::Device, count).await?;
        let certificate = cx.store.reserve(Row::Certificate, count).await?;
        let right = |operation| -> Result<Arc<Permit>, Failure> {
            Ok(Arc::new(line.actor().permit(operation, Subject::of(line.batch().organisation))?))
        };
        let mut born = self.make(indices.clone(), (row, certificate), (&right(Operation::MakeDevice)?, now)).await?;
        let ship = |device: Device| Ok(device.ship(Said::by("maker"), now)?);
        self.step(&mut born, (&right(Operation::ShipDevice)?, now), ship).await?;
        let hear = |device: Device| Ok(device.hear("poll", now));
        let first = DeviceRow(row);
        let device = born.first().map(|born| &born.device).ok_or("an empty block")?;
        let heard = Arc::new(Actor::Device(first).permit(Operation::HearDevice, device)?);
        self.step(&mut born, (&heard, now), hear).await?;
        self.state.blocks.push(Block { row, index: indices.start, count: count.into() });
        Ok(())
    }

    async fn make(
        &self,
        indices: Range<u64>,
        (row, certificate): (i64, i64),
        (permit, now): (&Arc<Permit>, Timestamp),
    ) -> Result<Vec<Born>, Failure> {
        let store = &self.opened.cx.store;
        let (mut born, mut saving) = (Vec::with_capacity((indices.end - indices.start) as usize), None);
        for start in indices.clone().step_by(TOGETHER) {
            let part = start..indices.end.min(start + TOGETHER as u64);
            let offset = (start - indices.start) as i64;
            let made = tokio::task::block_in_place(|| self.prepare(part, (row + offset, certificate + offset), now))?;
            born.extend(made.iter().map(|made| Born { device: made.device.clone(), epoch_key: made.epoch_key }));
            let change = |made| Change { writes: vec![Write::Made(Box::new(made))], subject: String::new() };
            let changes = made.into_iter().map(change).collect();
            settle(saving.take()).await?;
            // signs on while this is being committed
            let (store, permit) = (store.clone(), Arc::clone(permit));
            saving = Some(tokio::spawn(async move { store.save_all(changes, &permit, now).await }));
        }
        settle(saving).await?;
        Ok(born)
    }

    /// Signs on all cores.
    fn prepare(
        &self,
        indices: Range<u64>,
        (row, certificate): (i64, i64),
        now: Timestamp,
    ) -> Result<Vec<Made>, Failure> {
        let one = |index: u64| -> Result<Made, Failure> {
            let offset = (index - indices.start) as i64;
            let rows = (DeviceRow(row + offset), CertificateRow(certificate + offset));
            let spki = spki(&self.state.seed, index)?;
            Ok(device::build((&serial(index), &spki), rows, &self.ticket, (&self.opened.cx, now))?)
        };
        let share = ((indices.end - indices.start).div_ceil(machine::cores() as u64)).max(1);
        let one = &one;
        std::thread::scope(|scope| {
            let part = |start: u64| {
                let part = start..indices.end.min(start + share);
                scope.spawn(move || part.map(one).collect::<Result<Vec<_>, Failure>>())
            };
            let parts: Vec<_> = indices.clone().step_by(share as usize).map(part).collect();
            let mut all = Vec::new();
            for part in parts {
                all.extend(part.join().map_err(|_| "a thread that signs ended")??);
            }
            Ok(all)
        })
    }

    /// One act for all of them.
    async fn step(
        &self,
        born: &mut [Born],
        (permit, now): (&Arc<Permit>, Timestamp),
        transition: impl Fn(Device) -> Result<tegata_domain::device::Step, Failure>,
    ) -> Result<(), Failure> {
        let mut saving = None;
        for part in born.chunks_mut(TOGETHER) {
            let mut changes = Vec::with_capacity(part.len());
            for one in part {
                let step = transition(one.device.clone())?;
                let (write, after) = life::bind(step, &one.epoch_key).ok_or("an act without an event")?;
                one.device = after;
                let number = self.opened.cx.numbers.number(one.device.row.0).ok_or("no number key")?;
                changes.push(Change::of(number.masked(), vec![write]));
            }
            settle(saving.take()).await?;
            let (store, permit) = (self.opened.cx.store.clone(), Arc::clone(permit));
            saving = Some(tokio::spawn(async move { store.save_all(changes, &permit, now).await }));
        }
        settle(saving).await
    }
}

type Saved = Result<Vec<Result<(), tegata_domain::change::Refused>>, tegata_store::Error>;

async fn settle(saving: Option<tokio::task::JoinHandle<Saved>>) -> Result<(), Failure> {
    let Some(saving) = saving else { return Ok(()) };
    for outcome in saving.await?? {
        outcome?;
    }
    Ok(())
}
