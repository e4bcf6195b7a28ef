//! A code on show: a device in a shop window is looked up from everywhere, and that is no alarm.

use crate::cx::Inner;
use crate::device::{hide, load};
use crate::error::{Error, Result};
use tegata_domain::change::{Change, Write};
use tegata_domain::finding::FindingKind;
use tegata_domain::number::Number;
use tegata_domain::permit::{Actor, Operation};
use tegata_domain::scan::{EXEMPT_DAYS_MAX, exemption};
use tegata_domain::time::Timestamp;

/// Says until when the code of a device is on show; `None`: it is not any more. An alarm that stands ends with it.
pub async fn exempt(number: Number, until: Option<Timestamp>, actor: &Actor, cx: &Inner) -> Result<Option<Timestamp>> {
    let device = load(number, cx).await?;
    let permit = actor.permit(Operation::ExemptCode, &device).map_err(|e| hide(e, "device"))?;
    let now = cx.now()?;
    let text = format!("until is a moment to come, at most {EXEMPT_DAYS_MAX} days away");
    let until = match until {
        Some(until) => Some(exemption(until, now).ok_or_else(|| Error::invalid("until", text))?),
        None => None,
    };
    let mut writes = vec![Write::Exempt(device.row, device.period, until)];
    if until.is_some() {
        let reason = "its code is on show".to_owned();
        writes.push(Write::FindingClose(device.row, FindingKind::CodeInManyPlaces, now, reason));
    }
    cx.store.save(Change::of(number.masked(), writes), &permit, now).await?;
    Ok(until)
}
