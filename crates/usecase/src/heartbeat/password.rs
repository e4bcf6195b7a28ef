//! What a heartbeat says of the password that the device was born with.

use crate::cx::Inner;
use crate::error::Result;
use tegata_domain::change::Write;
use tegata_domain::device::Step;
use tegata_domain::event::EventKind;
use tegata_domain::finding::FindingKind;
use tegata_domain::initial_password::{self, Known, Told};
use tegata_domain::time::Timestamp;
use tegata_wire::heartbeat::Credential;

/// The writes that follow; an event goes into `step`.
pub(super) async fn judge(told: Credential, step: &mut Step, now: Timestamp, cx: &Inner) -> Result<Vec<Write>> {
    let told = match told {
        Credential::Initial => Told::Initial,
        Credential::Changed => Told::Changed,
        Credential::None => Told::None,
    };
    let device = &step.device;
    let (row, kind) = (device.row, FindingKind::InitialPassword);
    let newest = cx.store.finding().newest(row, kind, device.owner).await?;
    let changed = cx.store.initial_password().is_changed(row).await?;
    let known = Known { changed, finding: newest.map(|finding| finding.closed.is_none()) };
    let policy = crate::lookup::entry(device.product, cx).await?.product.credential;
    let follows = initial_password::judge(policy, told, known);
    let mut writes = Vec::new();
    if let Some(changed) = follows.note {
        writes.push(Write::InitialPassword { device: row, changed, at: now });
    }
    match follows.finding {
        Some(true) => {
            let finding = super::beat::finding(kind, device, serde_json::json!({}), now, cx);
            writes.extend(crate::notice::found(&finding, cx));
            writes.push(Write::FindingOpen(finding));
        }
        Some(false) => writes.push(Write::FindingClose(row, kind, now, "the password was changed".into())),
        None => {}
    }
    if follows.event {
        step.event(EventKind::CredentialChanged, now, serde_json::json!({ "by": "device" }));
    }
    Ok(writes)
}
