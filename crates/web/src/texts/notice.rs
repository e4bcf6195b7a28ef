//! The words of the list of notices.

use serde::Deserialize;
use std::collections::BTreeMap;
use tegata_domain::notice::NoticeKind;

tables! {
    /// The list of notices.
    NoticeList {
        what, none, all_read, one, many, intro, empty, list, about, device, since, state, receipt, receive,
        receive_hint, more, waiting, tried, sent, read,
        kinds: BTreeMap<String, String>,
    }
}

catalogue!(NoticeList, "notice");

impl NoticeList {
    /// What a notice is about.
    pub(crate) fn kind(&self, kind: NoticeKind) -> &str {
        self.kinds.get(kind.name()).map_or("", String::as_str)
    }
}
