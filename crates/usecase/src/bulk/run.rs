//! Takes all bulks one step further: looks at a page of devices, or does the act to a page of them.
//!
//! Each device is one change with its own event and its own line in the audit, and that it is done in this bulk is part
//! of it: a crash between leaves it wholly done or wholly waiting. Invariant: the right of who confirmed it is judged in
//! each of these commits, and so is that the bulk runs.

use super::{act_of, background, gather, holder};
use crate::cx::Inner;
use crate::device::act::Saying;
use crate::device::{Act, decide, hand, judge};
use crate::error::{Error, Kind, Result};
use tegata_domain::bulk::{Bulk, BulkState, BulkWrite, Halt, Outcome};
use tegata_domain::change::{Change, Refused, Write};
use tegata_domain::device::Device;
use tegata_domain::id::DeviceRow;
use tegata_domain::permit::{Actor, Permit};
use tegata_domain::time::Timestamp;

/// Devices of one page.
const PAGE: u32 = 100;
/// Bulks that are taken further in one turn.
const BULKS: u32 = 100;
/// How often a device is decided again that others keep changing, before it is passed over.
const TRIES: usize = 16;

/// One turn of all bulks; answers whether there is more to do at once.
pub async fn turn(cx: &Inner) -> Result<bool> {
    let mut more = false;
    for bulk in cx.store.bulk().gathering(BULKS).await? {
        more |= kept_apart(&bulk, gather::page(&bulk, cx).await);
    }
    for bulk in cx.store.bulk().running(BULKS).await? {
        more |= kept_apart(&bulk, page(&bulk, cx).await);
    }
    Ok(more)
}

/// One that cannot go on keeps no other back.
fn kept_apart(bulk: &Bulk, outcome: Result<()>) -> bool {
    if let Err(error) = &outcome {
        tracing::error!(%error, cause = ?error.source, bulk = %bulk.uid, "a bulk did not go on");
    }
    outcome.is_ok()
}

/// A bulk that is being done.
struct Doing<'a> {
    bulk: &'a Bulk,
    act: Act,
    actor: Actor,
    now: Timestamp,
    cx: &'a Inner,
}

async fn page(bulk: &Bulk, cx: &Inner) -> Result<()> {
    let now = cx.now()?;
    let Some(actor) = holder::actor(bulk, cx).await? else { return halt(bulk, now, cx).await };
    let waiting = cx.store.bulk().waiting(bulk.row, PAGE).await?;
    if waiting.is_empty() {
        return save(bulk.clone().finish(now), now, cx).await;
    }
    let doing = Doing { bulk, act: act_of(bulk)?, actor, now, cx };
    let mut devices: Vec<Device> = Vec::with_capacity(waiting.len());
    devices.extend(cx.store.find().listed(&waiting).await?.into_iter().map(|listed| listed.device));
    let (mut todo, mut passed, mut permit) = (Vec::new(), Vec::new(), None);
    let there = |row: &DeviceRow| devices.iter().any(|device| device.row == *row);
    passed.extend(waiting.iter().filter(|row| !there(row)).map(|row| doing.passed(*row, Outcome::Gone)));
    for device in devices {
        let row = device.row;
        match judge(&device, doing.act, &doing.actor, now)? {
            Outcome::Waiting => match doing.change(device).await {
                Ok((change, own)) => {
                    permit = Some(own);
                    todo.push((row, change));
                }
                // one that cannot be decided keeps no other back
                Err(error) if error.kind == Kind::Conflict => passed.push(doing.passed(row, Outcome::Busy)),
                Err(error) => return Err(error),
            },
            outcome => passed.push(doing.passed(row, outcome)),
        }
    }
    if !passed.is_empty() {
        cx.store.save_all(passed, &background()?, now).await?;
    }
    let Some(permit) = permit else { return Ok(()) };
    let (rows, changes): (Vec<DeviceRow>, Vec<Change>) = todo.into_iter().unzip();
    let outcomes = cx.store.save_all(changes, &permit, now).await?;
    for (row, outcome) in rows.into_iter().zip(outcomes) {
        match outcome {
            Ok(()) => {}
            Err(Refused::Ended) => return halt(bulk, now, cx).await,
            // stopped meanwhile, or the device moved
            Err(_) => {
                if !doing.again(row).await? {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

impl Doing<'_> {
    /// All that is written for a device, that it is done in this bulk before all else: a bulk that was stopped refuses
    /// with that.
    async fn change(&self, device: Device) -> Result<(Change, Permit)> {
        let (row, by) = (device.row, hand(&self.actor, &device));
        let permit = self.actor.permit(self.act.operation(), &device)?;
        let saying = Saying { reason: Some(self.bulk.reason.clone()), ..Saying::default() };
        let number = crate::device::number(&device, self.cx)?;
        let decided = decide(device, self.act, (saying, by, self.now), &permit, self.cx).await?;
        let mut writes = vec![Write::Bulk(BulkWrite::Device(self.bulk.row, row, Outcome::Done))];
        writes.extend(decided.into_iter().flat_map(|(writes, _)| writes));
        Ok((Change::of(format!("{} in bulk {}", number.masked(), self.bulk.uid), writes), permit))
    }

    fn passed(&self, row: DeviceRow, outcome: Outcome) -> Change {
        Change::of("", vec![Write::Bulk(BulkWrite::Device(self.bulk.row, row, outcome))])
    }

    /// A device that was refused once more, by itself; false where the bulk does not run any more.
    async fn again(&self, row: DeviceRow) -> Result<bool> {
        for _ in 0..TRIES {
            let bulk = self.cx.store.bulk().by_uid(self.bulk.uid).await?;
            if bulk.is_none_or(|bulk| bulk.state != BulkState::Running) {
                return Ok(false);
            }
            let Some(device) = self.cx.store.device().by_row(row).await? else { break };
            let (change, permit) = match judge(&device, self.act, &self.actor, self.now)? {
                Outcome::Waiting => self.change(device).await?,
                outcome => (self.passed(row, outcome), background()?),
            };
            match self.cx.store.save_all(vec![change], &permit, self.now).await?.pop() {
                None | Some(Ok(())) => return Ok(true),
                Some(Err(Refused::Ended)) => {
                    halt(self.bulk, self.now, self.cx).await?;
                    return Ok(false);
                }
                Some(Err(_)) => {}
            }
        }
        self.cx.store.save_all(vec![self.passed(row, Outcome::Busy)], &background()?, self.now).await?;
        Ok(true)
    }
}

/// What it rests on has ended: it waits for somebody who may.
async fn halt(bulk: &Bulk, now: Timestamp, cx: &Inner) -> Result<()> {
    tracing::warn!(bulk = %bulk.uid, "a bulk was stopped: the right that it rests on has ended");
    save(bulk.clone().stop(Halt::Right, now).map_err(Error::internal)?, now, cx).await
}

/// Saves its next state; where a person was faster, that stands.
async fn save(bulk: Bulk, now: Timestamp, cx: &Inner) -> Result<()> {
    let change = Change::of(bulk.uid.to_string(), vec![Write::Bulk(BulkWrite::Step(Box::new(bulk)))]);
    match cx.store.save(change, &background()?, now).await.map_err(Error::from) {
        Err(e) if e.code != "stale" => Err(e),
        Ok(()) | Err(_) => Ok(()),
    }
}
