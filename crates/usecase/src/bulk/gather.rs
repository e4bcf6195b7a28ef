//! Looks at the devices of a bulk, a page at a time, and writes each down with what is to become of it.
//!
//! Invariant: nothing here touches a device.

use super::{act_of, background, holder};
use crate::cx::Inner;
use crate::device::{Rows, judge, reach, rows};
use crate::error::{Error, Result};
use std::collections::BTreeMap;
use tegata_domain::bulk::{Bulk, BulkPlace, BulkWrite, Gathered, Halt};
use tegata_domain::change::{Change, Write};
use tegata_domain::id::DeviceRow;
use tegata_domain::permit::Actor;
use tegata_domain::time::Timestamp;

/// Devices of one page.
const PAGE: u32 = 500;

/// Looks at the next devices of a bulk that gathers. Where another does so too, one of them is in vain.
pub(super) async fn page(bulk: &Bulk, cx: &Inner) -> Result<()> {
    let now = cx.now()?;
    let write = match holder::actor(bulk, cx).await? {
        None => BulkWrite::Step(Box::new(bulk.clone().stop(Halt::Right, now).map_err(Error::internal)?)),
        Some(_) if bulk.is_full() => {
            BulkWrite::Step(Box::new(bulk.clone().stop(Halt::Many, now).map_err(Error::internal)?))
        }
        Some(actor) => BulkWrite::Gather(look(bulk, &actor, now, cx).await?),
    };
    let change = Change::of(bulk.uid.to_string(), vec![Write::Bulk(write)]);
    match cx.store.save(change, &background()?, now).await.map_err(Error::from) {
        Err(e) if e.code != "stale" => Err(e),
        Ok(()) | Err(_) => Ok(()),
    }
}

async fn look(bulk: &Bulk, actor: &Actor, now: Timestamp, cx: &Inner) -> Result<Gathered> {
    let act = act_of(bulk)?;
    let reach = reach(&bulk.filter, bulk.organisation, cx).await?;
    let Rows { mut rows, next, .. } = rows(&reach, bulk.cursor, PAGE, cx).await?;
    rows.retain(|row| *row <= bulk.upto);
    let next = next.filter(|next| *next < bulk.upto);
    let (mut devices, mut places) = (Vec::with_capacity(rows.len()), BTreeMap::new());
    for listed in cx.store.find().listed(&rows).await? {
        let device = listed.device;
        let outcome = judge(&device, act, actor, now)?;
        let place = BulkPlace { product: device.product, stage: device.stage, condition: device.condition, outcome };
        *places.entry(place).or_insert(0) += 1;
        devices.push((device.row, outcome));
    }
    let last = devices.last().map_or(bulk.cursor, |(row, _): &(DeviceRow, _)| *row);
    Ok(Gathered {
        bulk: bulk.row,
        from: bulk.cursor,
        to: next.unwrap_or(last),
        devices,
        places: places.into_iter().collect(),
        all_at: next.is_none().then_some(now),
    })
}
