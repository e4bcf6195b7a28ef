//! A device tells how it goes.

use crate::cx::Inner;
use crate::error::Result;
use tegata_domain::action::Feedback;
use tegata_domain::device::Device;
use tegata_domain::id::ActionRow;

/// Progress or result. NotFound while it waits for consent; Conflict `closed`; Throttled `too_many`.
pub async fn feedback(row: ActionRow, device: &Device, feedback: Feedback, cx: &Inner) -> Result<()> {
    let _ = (row, device, feedback, cx);
    todo!("in work")
}

/// The answer to the wish to stop. Conflict `not_cancelling` when nobody asked; Conflict `closed`.
pub async fn cancel_feedback(row: ActionRow, device: &Device, feedback: Feedback, cx: &Inner) -> Result<()> {
    let _ = (row, device, feedback, cx);
    todo!("in work")
}
