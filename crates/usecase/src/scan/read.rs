//! What an owner sees of the look-ups of a device: days and places, never who.

use crate::cx::Inner;
use crate::device::{hide, load};
use crate::error::{Error, Result};
use tegata_domain::id::DeviceRow;
use tegata_domain::number::Number;
use tegata_domain::permit::{Actor, Operation, Scope};
use tegata_domain::scan::{Count, Countries, Day, KEPT_DAYS, Scanned, Seen};

/// The look-ups of a device.
#[derive(Debug)]
pub struct Counted {
    /// All together; `None` before the first.
    pub all: Option<Scanned>,
    /// By day and place, for as long as that is kept.
    pub counts: Vec<Count>,
}

/// The look-ups of a device in the time of its present owner, for that owner.
pub async fn of(number: Number, actor: &Actor, cx: &Inner) -> Result<Counted> {
    let device = load(number, cx).await?;
    actor.permit(Operation::ReadDevice, &device).map_err(|e| hide(e, "device"))?;
    if actor.scope() != Scope::Organisation(device.owner) {
        return Err(Error::denied("not_yours", "how often a device was looked up is its present owner's to see"));
    }
    let from = Day::of(cx.reading()?).before(KEPT_DAYS);
    let all = cx.store.scan().of_device(device.row).await?;
    Ok(Counted { all, counts: cx.store.scan().counts(device.row, from).await? })
}

/// What anybody is told of how often the code of a device was seen that is in its maker's time.
pub(crate) async fn seen(device: DeviceRow, cx: &Inner) -> Result<Seen> {
    Ok(Seen::of(cx.store.scan().of_device(device).await?.as_ref(), 0))
}

/// The same with what is not written down yet, for the page that counts.
pub(crate) async fn with_waiting(device: DeviceRow, seen: Seen, cx: &Inner) -> Result<Seen> {
    let waiting = cx.scans.waiting(device);
    let (Some(first), Seen::First | Seen::Again(_) | Seen::Many(_)) = (waiting.first(), seen) else { return Ok(seen) };
    let none = || Scanned {
        first: first.day,
        total: 0,
        countries: Countries::default(),
        alarmed_at: None,
        exempt_until: None,
    };
    let known = cx.store.scan().of_device(device).await?.filter(|known| known.total > 0);
    let mut all = known.unwrap_or_else(none);
    for count in &waiting {
        all.total += u64::from(count.count);
        all.countries.add(count.place);
    }
    Ok(Seen::of(Some(&all), 0))
}
