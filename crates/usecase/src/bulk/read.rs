//! Reads of bulks: what each would touch, how far it is, and what became of each device.

use super::{act_of, holder, load};
use crate::cx::Inner;
use crate::device::{self, Act};
use crate::error::{Error, Result};
use std::sync::Arc;
use tegata_domain::bulk::{Bulk, BulkPlace, Outcome};
use tegata_domain::id::{DeviceRow, Uuid};
use tegata_domain::number::Number;
use tegata_domain::permit::{Actor, Operation, Scope, Subject};
use tegata_domain::product::Product;

/// A bulk as its organisation sees it.
pub struct Seen {
    /// The bulk.
    pub bulk: Bulk,
    /// What it does.
    pub act: Act,
    /// How who stands behind it is called, as far as they are still there.
    pub by: Option<String>,
}

/// Devices of a bulk that stood alike when they were looked at.
pub struct OfPlace {
    /// Where, and what is to become of them.
    pub place: BulkPlace,
    /// What they are.
    pub product: Arc<Product>,
    /// How many.
    pub devices: u64,
}

/// A device of a bulk.
pub struct Entry {
    /// Where a list goes on after it.
    pub row: i64,
    /// Its number.
    pub number: Number,
    /// What became of it.
    pub outcome: Outcome,
    /// The device as it is now; `None` where it is another's altogether by now.
    pub device: Option<device::Seen>,
}

async fn see(bulk: Bulk, cx: &Inner) -> Result<Seen> {
    Ok(Seen { act: act_of(&bulk)?, by: holder::name(&bulk, cx).await?, bulk })
}

/// One bulk, and where its devices stood when they were looked at.
pub async fn by_uid(uid: Uuid, actor: &Actor, cx: &Inner) -> Result<(Seen, Vec<OfPlace>)> {
    let (bulk, _) = load(uid, Operation::ReadDevice, actor, cx).await?;
    let mut places = Vec::new();
    for (place, devices) in cx.store.bulk().places(bulk.row).await? {
        let product = Arc::clone(&crate::lookup::entry(place.product, cx).await?.product);
        places.push(OfPlace { place, product, devices });
    }
    Ok((see(bulk, cx).await?, places))
}

/// The bulks of the actor's organisation, newest first: those before the cursor `before` (0: from the newest on), at
/// most `limit`.
pub async fn list(before: i64, limit: u32, actor: &Actor, cx: &Inner) -> Result<Vec<Seen>> {
    let Scope::Organisation(organisation) = actor.scope() else { return Ok(Vec::new()) };
    actor.permit(Operation::ReadDevice, Subject::of(organisation))?;
    let before = if before == 0 { i64::MAX } else { before };
    let mut all = Vec::new();
    for bulk in cx.store.bulk().before(organisation, before, limit).await? {
        all.push(see(bulk, cx).await?);
    }
    Ok(all)
}

/// The devices of a bulk after one, at most `limit`, in the order in which they were made; `passed`: only those that
/// were passed over.
pub async fn devices(
    uid: Uuid,
    passed: bool,
    (after, limit): (i64, u32),
    actor: &Actor,
    cx: &Inner,
) -> Result<Vec<Entry>> {
    let (bulk, _) = load(uid, Operation::ReadDevice, actor, cx).await?;
    let after = DeviceRow(after);
    let found = match passed {
        true => cx.store.bulk().passed(bulk.row, after, limit).await?,
        false => cx.store.bulk().devices(bulk.row, after, limit).await?,
    };
    let rows: Vec<DeviceRow> = found.iter().map(|(row, _)| *row).collect();
    let mut listed = cx.store.find().listed(&rows).await?.into_iter().peekable();
    let mut entries = Vec::with_capacity(found.len());
    for (row, outcome) in found {
        let number = cx.numbers.number(row.0).ok_or_else(|| Error::internal("no number key"))?;
        let own = listed.next_if(|listed| listed.device.row == row);
        let device = match own.filter(|listed| actor.permit(Operation::ReadDevice, &listed.device).is_ok()) {
            Some(listed) => Some(device::see(listed, actor, cx).await?),
            None => None,
        };
        entries.push(Entry { row: row.0, number, outcome, device });
    }
    Ok(entries)
}
