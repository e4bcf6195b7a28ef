//! What a person says to a bulk: start, stop, go on.

use super::{holder, load};
use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::bulk::{Bulk, BulkError, BulkWrite, Halt};
use tegata_domain::change::{Change, Write};
use tegata_domain::id::Uuid;
use tegata_domain::permit::{Actor, Operation, Subject};
use tegata_domain::time::Timestamp;

/// How often it is decided again when the bulk moved meanwhile.
const TRIES: usize = 16;

/// Confirms a bulk by the number of devices that it touches. From then on it rests on the actor's right.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "bulk::start", skip_all)]
pub async fn start(uid: Uuid, count: u64, actor: &Actor, cx: &Inner) -> Result<Bulk> {
    let holder = holder::of(actor, cx).await?;
    step(uid, Operation::StartBulk, (actor, cx), |bulk, now| bulk.start(count, holder, now)).await
}

/// Stops a bulk: no further device is touched once this is answered. A second time changes nothing.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "bulk::stop", skip_all)]
pub async fn stop(uid: Uuid, actor: &Actor, cx: &Inner) -> Result<Bulk> {
    step(uid, Operation::StopBulk, (actor, cx), |bulk, now| bulk.stop(Halt::Person, now)).await
}

/// Lets a stopped bulk go on with the devices that wait. From then on it rests on the actor's right.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "bulk::resume", skip_all)]
pub async fn resume(uid: Uuid, actor: &Actor, cx: &Inner) -> Result<Bulk> {
    let holder = holder::of(actor, cx).await?;
    step(uid, Operation::StartBulk, (actor, cx), |bulk, _| bulk.resume(holder)).await
}

async fn step(
    uid: Uuid,
    operation: Operation,
    (actor, cx): (&Actor, &Inner),
    decide: impl Fn(Bulk, Timestamp) -> Result<Bulk, BulkError>,
) -> Result<Bulk> {
    for _ in 0..TRIES {
        let (bulk, permit) = load(uid, operation, actor, cx).await?;
        actor.permit(bulk.operation, Subject::of(bulk.organisation))?;
        let now = cx.now()?;
        let before = bulk.state;
        let after = decide(bulk, now).map_err(|e| Error::conflict("bulk", e).case(e.case()))?;
        if after.state == before {
            return Ok(after);
        }
        let write = Write::Bulk(BulkWrite::Step(Box::new(after.clone())));
        match cx.store.save(Change::of(format!("bulk {uid}"), vec![write]), &permit, now).await.map_err(Error::from) {
            Err(e) if e.code == "stale" => continue,
            Err(e) => return Err(e),
            Ok(()) => return Ok(after),
        }
    }
    Err(Error::conflict("stale", "this bulk keeps moving; try again"))
}
