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
pub(crate) fn with_waiting(seen: Seen, waiting: &[Count]) -> Seen {
    let more: u64 = waiting.iter().map(|count| u64::from(count.count)).sum();
    let Some(first) = waiting.iter().map(|count| count.day).min() else { return seen };
    let mut countries = Countries::default();
    waiting.iter().for_each(|count| countries.add(count.place));
    match seen {
        Seen::First if more > 0 => {
            let scanned = Scanned { first, total: more, countries, alarmed_at: None, exempt_until: None };
            Seen::of(Some(&scanned), 0)
        }
        Seen::Again(mut tally) => {
            tally.since += more;
            tally.countries = tally.countries.max(countries.len());
            Seen::Again(tally)
        }
        other => other,
    }
}
