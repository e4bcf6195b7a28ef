//! Enters notices: beside the finding or the act that gives the reason, in the same change.

use crate::cx::Inner;
use tegata_domain::change::Write;
use tegata_domain::device::Device;
use tegata_domain::finding::Finding;
use tegata_domain::notice::{Notice, NoticeKind};
use tegata_domain::time::Timestamp;

/// The notice that a finding calls for, if any.
pub(crate) fn found(finding: &Finding, cx: &Inner) -> Option<Write> {
    let kind = NoticeKind::of(finding)?;
    let notice = Notice::new(cx.uid(finding.at), kind, finding.organisation, finding.device, finding.at);
    Some(Write::Notice(notice))
}

/// A notice to the owner of a device.
pub(crate) fn notice(kind: NoticeKind, device: &Device, now: Timestamp, cx: &Inner) -> Write {
    Write::Notice(Notice::new(cx.uid(now), kind, device.owner, Some(device.row), now))
}
