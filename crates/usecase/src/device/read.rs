//! Reads of devices, for who made or owns them.

use crate::cx::Inner;
use crate::error::{Error, Result};
use std::sync::Arc;
use tegata_domain::certificate::{Certificate, CertificateKind};
use tegata_domain::device::Device;
use tegata_domain::event::Event;
use tegata_domain::id::{DeviceRow, Uuid};
use tegata_domain::ledger::Log;
use tegata_domain::number::{Number, Serial};
use tegata_domain::period::{Sight, View};
use tegata_domain::permit::{Actor, Operation, Refusal, Scope, Subject};
use tegata_domain::product::Product;
use tegata_domain::release::Running;
use tegata_domain::time::Timestamp;
use tegata_store::{Listed, Page};

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
    /// When it was last heard from; for its owner only.
    pub seen_at: Option<Timestamp>,
    /// What it runs, and the id of that release where it is one.
    pub running: Option<(Running, Option<Uuid>)>,
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

/// The part of a device's history that the actor sees.
pub(crate) async fn sight(device: &Device, actor: &Actor, cx: &Inner) -> Result<Sight> {
    let Scope::Organisation(organisation) = actor.scope() else { return Err(Error::not_found("device")) };
    let held = match device.period {
        0 => Vec::new(),
        _ => cx.store.period().held(device.row, organisation).await?,
    };
    Ok(Sight::of(device, organisation, &held))
}

pub(crate) async fn see(listed: Listed, actor: &Actor, cx: &Inner) -> Result<Seen> {
    let Listed { device, owner, seen_at, running } = listed;
    let own = actor.scope() == Scope::Organisation(device.owner);
    let (owner, seen_at) = match own {
        true => (owner, cx.seen.last(device.row, seen_at)),
        false => (None, None),
    };
    let number = number(&device, cx)?;
    let entry = crate::lookup::entry(device.product, cx).await?;
    Ok(Seen { number, product: Arc::clone(&entry.product), owner, seen_at, running, device })
}

/// The number of a device.
pub(crate) fn number(device: &Device, cx: &Inner) -> Result<Number> {
    cx.numbers.number(device.row.0).ok_or_else(|| Error::internal("no number key"))
}

/// One device.
pub async fn by_number(number: Number, actor: &Actor, cx: &Inner) -> Result<Seen> {
    let not_found = || Error::not_found("device");
    let row = cx.numbers.row(number).ok_or_else(not_found)?;
    let listed = cx.store.device().listed(DeviceRow(row)).await?.ok_or_else(not_found)?;
    actor.permit(Operation::ReadDevice, &listed.device).map_err(|e| hide(e, "device"))?;
    see(listed, actor, cx).await
}

/// Devices that the actor's organisation made or owns, after `after`, at most `limit`.
pub async fn list(after: i64, limit: u32, actor: &Actor, cx: &Inner) -> Result<Vec<Seen>> {
    let Scope::Organisation(organisation) = actor.scope() else { return Ok(Vec::new()) };
    actor.permit(Operation::ReadDevice, Subject::of(organisation))?;
    let mut seen = Vec::new();
    for listed in cx.store.device().page(organisation, Page { after: DeviceRow(after), limit }).await? {
        seen.push(see(listed, actor, cx).await?);
    }
    Ok(seen)
}

/// The device of a product with this serial number of its maker, when the actor's organisation made or owns it.
pub async fn by_serial(product: Uuid, serial: &str, actor: &Actor, cx: &Inner) -> Result<Option<Seen>> {
    let Scope::Organisation(organisation) = actor.scope() else { return Ok(None) };
    actor.permit(Operation::ReadDevice, Subject::of(organisation))?;
    let Some(product) = cx.store.product().by_uid(product).await? else { return Ok(None) };
    // no device has such a number, and PostgreSQL takes no text with U+0000
    if serial.chars().any(char::is_control) {
        return Ok(None);
    }
    let listed = cx.store.device().listed_by_serial(product.row, serial).await?;
    match listed.filter(|listed| actor.permit(Operation::ReadDevice, &listed.device).is_ok()) {
        Some(listed) => Ok(Some(see(listed, actor, cx).await?)),
        None => Ok(None),
    }
}

/// The certificates of a device with their serials, oldest first: the IDevID, and those of periods that are seen.
pub async fn certificates(number: Number, actor: &Actor, cx: &Inner) -> Result<Vec<(Serial, Certificate)>> {
    let device = permitted(number, actor, cx).await?;
    let all = cx.store.certificate().of_device(device.row).await?;
    let sight = sight(&device, actor, cx).await?;
    let seen = |c: &Certificate| c.kind == CertificateKind::Idevid || sight.period(c.period);
    let serial = |c: &Certificate| cx.serials.serial(c.row.0, c.random);
    Ok(all.into_iter().filter(seen).filter_map(|c| Some((serial(&c)?, c))).collect())
}

/// The life of a device after event `after`, at most `limit`, each event with the index of its leaf once that is under
/// a published checkpoint. Events of periods that are another's are left out, but for those that the public page stamps.
pub async fn events(
    number: Number,
    (after, limit): (u32, u32),
    actor: &Actor,
    cx: &Inner,
) -> Result<Vec<(Event, Option<u64>)>> {
    let device = permitted(number, actor, cx).await?;
    let (sight, size) = (sight(&device, actor, cx).await?, cx.ledger.published_size(Log::Devices));
    let (mut seen, mut after) = (Vec::new(), after);
    // long periods of others are passed over in few steps
    let step = limit.max(500);
    loop {
        let page = cx.store.event().page(device.row, after, step).await?;
        let Some((last, _)) = page.last() else { return Ok(seen) };
        after = last.sequence;
        let whole = page.len() < step as usize;
        for (event, index) in page {
            let index = Some(index).filter(|index| *index < size);
            match sight.event(&event) {
                View::Whole => seen.push((event, index)),
                View::Bare => seen.push((Event { data: serde_json::Value::Null, ..event }, index)),
                View::Hidden => {}
            }
            if seen.len() == limit as usize {
                return Ok(seen);
            }
        }
        if whole {
            return Ok(seen);
        }
    }
}
