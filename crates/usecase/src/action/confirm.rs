//! Consent: of the device or its user, for one action or for all that come.

use super::change::{change, messages};
use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::action::ActionState;
use tegata_domain::change::{Change, Write};
use tegata_domain::device::Device;
use tegata_domain::id::ActionRow;
use tegata_domain::permit::{Actor, Operation};
use tegata_domain::release::Consent;
use tegata_domain::time::Timestamp;

/// A standing consent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AutoConfirm {
    /// Who gave it: at most 64 characters.
    pub initiator: Option<String>,
    /// Why: at most 512 characters.
    pub remark: Option<String>,
}

/// Consents, or refuses. NotFound in another phase; Conflict `closed`.
pub async fn confirm(row: ActionRow, device: &Device, confirmed: bool, details: Vec<String>, cx: &Inner) -> Result<()> {
    let said = messages(details, None, if confirmed { "Device confirmed." } else { "Device denied." });
    change(row, device, said, |action, now| action.confirm(confirmed, now), cx).await.map(drop)
}

/// Gives a standing consent, or takes it back. Conflict `auto_confirm` when it stands already.
pub async fn auto_confirm(device: &Device, consent: Option<AutoConfirm>, cx: &Inner) -> Result<()> {
    let permit = Actor::Device(device.row).permit(Operation::UpdateDevice, device)?;
    let now = cx.now()?;
    let stands = auto_confirm_of(device, cx).await?.is_some();
    let entry = match consent {
        None if !stands => return Ok(()),
        None => None,
        Some(_) if stands => {
            return Err(Error::conflict("auto_confirm", "this device consents to everything already"));
        }
        Some(AutoConfirm { initiator, remark }) => {
            let fits = |text: &Option<String>, max| {
                text.as_ref().is_none_or(|text| text.chars().count() <= max && !text.chars().any(char::is_control))
            };
            if !fits(&initiator, 64) || !fits(&remark, 512) {
                let text = "initiator has at most 64 characters, remark at most 512, both without control characters";
                return Err(Error::invalid("auto_confirm", text));
            }
            Some(Consent { at: now, initiator, remark })
        }
    };
    let given = entry.is_some();
    cx.store.save(Change::of("", vec![Write::Consent(device.row, entry)]), &permit, now).await?;
    let waiting = cx.store.action().live_of(device.row).await?.filter(|a| a.state == ActionState::Confirming);
    match waiting {
        Some(action) if given => {
            let said = vec!["Confirmed by the standing consent.".to_owned()];
            let outcome = change(action.row, device, said, |action, now| action.confirm(true, now), cx).await;
            // while its campaign is held it is not to be seen; it asks when it goes on
            outcome.map(drop).or_else(|e| if e.kind == crate::Kind::NotFound { Ok(()) } else { Err(e) })
        }
        Some(_) | None => Ok(()),
    }
}

/// The standing consent, and since when.
pub async fn auto_confirm_of(device: &Device, cx: &Inner) -> Result<Option<(AutoConfirm, Timestamp)>> {
    let consent = cx.store.release().updating(device.row).await?.and_then(|updating| updating.consent);
    Ok(consent.map(|Consent { at, initiator, remark }| (AutoConfirm { initiator, remark }, at)))
}
