//! Reads of devices, for who made or owns them.

use crate::cx::Inner;
use crate::error::{Error, Result};
use std::sync::Arc;
use tegata_domain::certificate::Certificate;
use tegata_domain::device::Device;
use tegata_domain::event::Event;
use tegata_domain::id::{DeviceRow, Uuid};
use tegata_domain::ledger::Log;
use tegata_domain::number::{Number, Serial};
use tegata_domain::permit::{Actor, Operation, Refusal, Scope, Subject};
use tegata_domain::product::Product;
use tegata_store::Page;

/// A device as its maker or owner sees it.
pub struct Seen {
    /// The device.
    pub device: Device,
    /// Its number.
    pub number: Number,
    /// What it is.
    pub product: Arc<Product>,
    /// Its owner's outward id; `None` when the asker made it and others own it now: whose it is, is theirs to tell.
    pub owner: Option<Uuid>,
}

/// What belongs to others is not there.
pub(crate) fn hide(refusal: Refusal, what: &str) -> Error {
    match refusal {
        Refusal::NotFound => Error::not_found(what),
        other => other.into(),
    }
}

/// The device behind a number, whoever asks.
pub(crate) async fn load(number: Number, cx: &Inner) -> Result<Device> {
    let not_found = || Error::not_found("device");
    let row = cx.numbers.row(number).ok_or_else(not_found)?;
    cx.store.device().by_row(DeviceRow(row)).await?.ok_or_else(not_found)
}

async fn permitted(number: Number, actor: &Actor, cx: &Inner) -> Result<Device> {
    let device = load(number, cx).await?;
    actor.permit(Operation::ReadDevice, &device).map_err(|e| hide(e, "device"))?;
    Ok(device)
}

async fn see(device: Device, actor: &Actor, cx: &Inner) -> Result<Seen> {
    let own = actor.scope() == Scope::Organisation(device.owner);
    let owner = match own {
        true => cx.store.organisation().by_row(device.owner).await?.map(|organisation| organisation.uid),
        false => None,
    };
    let number = cx.numbers.number(device.row.0).ok_or_else(|| Error::internal("no number key"))?;
    let entry = crate::lookup::entry(device.product, cx).await?;
    Ok(Seen { number, product: Arc::clone(&entry.product), owner, device })
}

/// One device.
pub async fn by_number(number: Number, actor: &Actor, cx: &Inner) -> Result<Seen> {
    see(permitted(number, actor, cx).await?, actor, cx).await
}

/// Devices that the actor's organisation made or owns, after `after`, at most `limit`.
pub async fn list(after: i64, limit: u32, actor: &Actor, cx: &Inner) -> Result<Vec<Seen>> {
    let Scope::Organisation(organisation) = actor.scope() else { return Ok(Vec::new()) };
    actor.permit(Operation::ReadDevice, Subject::of(organisation))?;
    let mut seen = Vec::new();
    for device in cx.store.device().page(organisation, Page { after: DeviceRow(after), limit }).await? {
        seen.push(see(device, actor, cx).await?);
    }
    Ok(seen)
}

/// The certificates of a device with their serials, oldest first.
pub async fn certificates(number: Number, actor: &Actor, cx: &Inner) -> Result<Vec<(Serial, Certificate)>> {
    let device = permitted(number, actor, cx).await?;
    let all = cx.store.certificate().of_device(device.row).await?;
    let serial = |c: &Certificate| cx.serials.serial(c.row.0, c.random);
    Ok(all.into_iter().filter_map(|c| Some((serial(&c)?, c))).collect())
}

/// The life of a device after event `after`, at most `limit`, each event with the index of its leaf once that is under
/// a published checkpoint.
pub async fn events(
    number: Number,
    (after, limit): (u32, u32),
    actor: &Actor,
    cx: &Inner,
) -> Result<Vec<(Event, Option<u64>)>> {
    let device = permitted(number, actor, cx).await?;
    let size = cx.ledger.published_size(Log::Devices);
    let page = cx.store.event().page(device.row, after, limit).await?;
    Ok(page.into_iter().map(|(event, index)| (event, Some(index).filter(|index| *index < size))).collect())
}
