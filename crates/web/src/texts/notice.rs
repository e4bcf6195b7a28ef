//! The words of the list of notices.

use super::figure::Count;
use super::finding::Findings;
use serde::Deserialize;
use std::collections::BTreeMap;
use tegata_domain::notice::NoticeKind;

tables! {
    /// The list of notices.
    NoticeList {
        what, none, all_read, unread: Count, intro, empty, list, about, device, since, state, receipt, receive,
        receive_hint, more, waiting, tried: Count, sent, read,
        kinds: BTreeMap<String, String>,
    }
}

catalogue!(NoticeList, "notice");

impl NoticeList {
    /// What a notice is about: in words of its own, else in those of the finding behind it.
    pub(crate) fn kind(&'static self, findings: &'static Findings, kind: NoticeKind) -> &'static str {
        self.kinds.get(kind.name()).unwrap_or_else(|| &findings.kind(kind.name()).title)
    }
}
