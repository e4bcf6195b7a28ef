//! Consent: of the device or its user, for one action or for all that come.

use crate::cx::Inner;
use crate::error::Result;
use tegata_domain::device::Device;
use tegata_domain::id::ActionRow;
use tegata_domain::time::Timestamp;

/// A standing consent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AutoConfirm {
    /// Who gave it.
    pub initiator: Option<String>,
    /// Why.
    pub remark: Option<String>,
}

/// Consents, or refuses. NotFound in another phase; Conflict `closed`.
pub async fn confirm(row: ActionRow, device: &Device, confirmed: bool, details: Vec<String>, cx: &Inner) -> Result<()> {
    let _ = (row, device, confirmed, details, cx);
    todo!("in work")
}

/// Gives a standing consent, or takes it back. Conflict `auto_confirm` when it stands already.
pub async fn auto_confirm(device: &Device, consent: Option<AutoConfirm>, cx: &Inner) -> Result<()> {
    let _ = (device, consent, cx);
    todo!("in work")
}

/// The standing consent, and since when.
pub async fn auto_confirm_of(device: &Device, cx: &Inner) -> Result<Option<(AutoConfirm, Timestamp)>> {
    let _ = (device, cx);
    todo!("in work")
}
