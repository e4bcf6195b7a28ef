//! A device tells how it goes.

use super::change::{change, messages};
use crate::cx::Inner;
use crate::error::Result;
use tegata_domain::action::Feedback;
use tegata_domain::device::Device;
use tegata_domain::id::ActionRow;

fn said(feedback: &Feedback) -> Vec<String> {
    let default = format!("Device reported: {:?}, {:?}", feedback.execution, feedback.finished).to_lowercase();
    messages(feedback.details.clone(), feedback.code, &default)
}

/// Progress or result. NotFound while it waits for consent; Conflict `closed`; Throttled `too_many`.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "action::feedback", skip_all)]
pub async fn feedback(row: ActionRow, device: &Device, feedback: Feedback, cx: &Inner) -> Result<()> {
    let said = said(&feedback);
    change(row, device, said, |action, now| action.answer(&feedback, now), cx).await.map(drop)
}

/// The answer to the wish to stop. Conflict `not_cancelling` when nobody asked; Conflict `closed`.
pub async fn cancel_feedback(row: ActionRow, device: &Device, feedback: Feedback, cx: &Inner) -> Result<()> {
    let said = said(&feedback);
    change(row, device, said, |action, now| action.answer_cancel(&feedback, now), cx).await.map(drop)
}
