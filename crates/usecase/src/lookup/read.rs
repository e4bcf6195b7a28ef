//! What anybody may see: a device by its number, a model by its GTIN.

use super::catalogue::{Entry, entry};
use super::known::Ticket;
use crate::cx::Inner;
use crate::error::{Error, Result};
use crate::{challenge, scan};
use std::sync::Arc;
use tegata_domain::challenge::Signed;
use tegata_domain::device::Stage;
use tegata_domain::disposal::Erasure;
use tegata_domain::id::DeviceRow;
use tegata_domain::ledger::Log;
use tegata_domain::lookup::Lookup;
use tegata_domain::number::Number;
use tegata_domain::product::gtin14;
use tegata_domain::scan::Seen;
use tegata_store::version::Thing;

/// The device of a number.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "lookup::by_number", skip_all)]
pub async fn by_number(number: Number, cx: &Inner) -> Result<Lookup> {
    find(number, cx).await.map(|(lookup, _)| lookup)
}

/// The same with what its answer may be kept on.
pub async fn find(number: Number, cx: &Inner) -> Result<(Lookup, Ticket)> {
    let not_found = || Error::not_found("number in the register");
    let row = DeviceRow(cx.numbers.row(number).ok_or_else(not_found)?);
    // both before anything of the device is read
    let mut ticket = Ticket { device: row, version: cx.store.version(Thing::Device(row)) };
    let size = cx.ledger.published_size(Log::Devices);
    let found = cx.store.device().glance(row, size).await?;
    let (device, proved) = found.ok_or_else(not_found)?;
    let entry = entry(device.product, cx).await?;
    let model = (Arc::clone(&entry.product), Arc::clone(&entry.maker));
    let mut lookup = Lookup::of(&device, number, model, proved, cx.reading()?);
    // the maker's own period is never erased
    if device.period > 0 {
        let stamped: Vec<u32> = device.stamps.iter().filter_map(|stamp| stamp.sequence).collect();
        lookup = lookup.without(&cx.store.event().erased(row, &stamped).await?);
    }
    if device.stage == Stage::Retired {
        let told = cx.store.disposal().of_device(row).await?;
        lookup.erasure = Some(told.map_or(Erasure::Unconfirmed, |disposal| disposal.erasure));
    }
    if !cx.settings.lookup.count {
        lookup.seen = Seen::NotCounted;
    } else if device.looked && device.period == 0 {
        lookup.seen = scan::seen(row, cx).await?;
    }
    if device.looked {
        (lookup.signed, _) = challenge::signed(row, None, lookup.at, cx).await?;
        if lookup.signed != Signed::NotAsked {
            // it says something else in a few minutes, without a write
            ticket.version = None;
        }
    }
    Ok((lookup, ticket))
}

/// The model of a GTIN: facts of the model only.
pub async fn model(gtin: &str, cx: &Inner) -> Result<Arc<Entry>> {
    let gtin = gtin14(gtin).map_err(|e| Error::invalid("gtin", e))?;
    let product = cx.store.product().by_gtin(&gtin).await?.ok_or_else(|| Error::not_found("model"))?;
    entry(product.row, cx).await
}
