//! Prepares a bulk: nothing is done to a device before somebody confirmed what it would touch.

use super::{gather, holder};
use crate::cx::{IdempotencyKey, Inner};
use crate::device::Act;
use crate::error::{Error, Result};
use tegata_domain::bulk::{Bulk, BulkCounts, BulkState, OPEN_MAX};
use tegata_domain::change::{Change, Write};
use tegata_domain::filter::Filter;
use tegata_domain::id::{BulkRow, DeviceRow};
use tegata_domain::permit::{Actor, Operation, Subject};
use tegata_store::Row;

/// Pages of devices that are looked at before the answer: few devices are shown at once.
const AT_ONCE: usize = 2;
/// The longest reason.
const REASON: usize = 500;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What is to be done.
    pub act: Act,
    /// Why: 1 to 500 characters.
    pub reason: String,
    /// To which devices of the actor's organisation.
    pub filter: Filter,
}

fn check(asked: &Asked) -> Result<String> {
    let reason = asked.reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON || reason.chars().any(char::is_control) {
        let text = format!("say why in 1 to {REASON} characters, without control characters");
        return Err(Error::invalid("reason", text).case("reason.bulk"));
    }
    if asked.act == Act::Confirm {
        return Err(Error::invalid("act", "devices are confirmed by their line, not in bulk"));
    }
    Ok(reason.to_owned())
}

/// Prepares an act on all devices that a filter takes. It takes the right of the act itself. `key` is the asker's
/// Idempotency-Key.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "bulk::create", skip_all)]
pub async fn create(asked: Asked, key: Option<&str>, actor: &Actor, cx: &Inner) -> Result<Bulk> {
    let own = crate::organisation::own(actor, cx).await?;
    let permit = actor.permit(Operation::PrepareBulk, Subject::of(own.row))?;
    actor.permit(asked.act.operation(), Subject::of(own.row))?;
    let reason = check(&asked)?;
    let (right, account) = holder::of(actor, cx).await?;
    let now = cx.now()?;
    let key = key.map(|key| IdempotencyKey { organisation: own.row, noun: "bulk", key });
    let bulk = Bulk {
        row: BulkRow(cx.store.reserve(Row::Bulk, 1).await?),
        uid: cx.uid_of(now, key),
        organisation: own.row,
        account,
        right,
        operation: asked.act.operation(),
        reason,
        filter: asked.filter,
        upto: cx.store.bulk().newest_device().await?,
        cursor: DeviceRow(0),
        state: BulkState::Gathering,
        halt: None,
        counts: BulkCounts::default(),
        moves: 0,
        created_at: now,
        gathered_at: None,
        started_at: None,
        ended_at: None,
    };
    let write = Write::Bulk(tegata_domain::bulk::BulkWrite::New(Box::new(bulk.clone())));
    match cx.store.save(Change::of(bulk.uid.to_string(), vec![write]), &permit, now).await.map_err(Error::from) {
        Ok(()) => begin(bulk, cx).await,
        Err(e) if e.code == "exists" => again(&bulk, cx).await,
        Err(e) if e.code == "over_quantity" => {
            let text = format!("{OPEN_MAX} bulks are under way already; finish or stop one first");
            Err(Error::conflict("full", text).case("full.bulk"))
        }
        Err(e) => Err(e),
    }
}

/// What the same request made before.
async fn again(bulk: &Bulk, cx: &Inner) -> Result<Bulk> {
    let same =
        |known: &Bulk| (known.operation, &known.reason, known.filter) == (bulk.operation, &bulk.reason, bulk.filter);
    let known = cx.store.bulk().by_uid(bulk.uid).await?.filter(same);
    known.ok_or_else(|| Error::conflict("idempotency_key", "this Idempotency-Key was used for another bulk"))
}

async fn begin(bulk: Bulk, cx: &Inner) -> Result<Bulk> {
    let mut bulk = bulk;
    for _ in 0..AT_ONCE {
        gather::page(&bulk, cx).await?;
        let now = cx.store.bulk().by_uid(bulk.uid).await?;
        bulk = now.ok_or_else(|| Error::not_found("bulk"))?;
        if bulk.state != BulkState::Gathering {
            break;
        }
    }
    Ok(bulk)
}
