//! The end of what is under way on a device that changes hands, or whose life ends.

use crate::cx::Inner;
use crate::error::Result;
use tegata_domain::action::ActionStep;
use tegata_domain::change::Write;
use tegata_domain::id::DeviceRow;
use tegata_domain::time::Timestamp;

/// The write that ends the live action of a device, if it has one; it goes into the change that ends or moves the device.
pub(crate) async fn leave(device: DeviceRow, now: Timestamp, cx: &Inner) -> Result<Option<Write>> {
    let Some(action) = cx.store.action().live_of(device).await? else { return Ok(None) };
    let after = action.clone().leave(now);
    Ok(after.map(|after| Write::Action(Box::new(ActionStep::new(&action, after, Vec::new(), now)))))
}
