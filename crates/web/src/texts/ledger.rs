//! The words of the ledger.

use super::figure::Count;
use serde::Deserialize;
use std::collections::BTreeMap;

tables! {
    /// The ledger: checkpoints, keys, and a proof step by step.
    LedgerWords {
        what, heading, facts_count: Count, events_count: Count, heading_none, intro, facts, facts_why, devices, devices_why, entries, root, origin, key,
        see_checkpoint, none, check, check_why, yourself, yourself_why, yourself_others, all_keys,
        proof: ProofWords,
        events: BTreeMap<String, String>,
    }
    /// A proof, step by step.
    ProofWords {
        title, heading, holds, broken, broken_other, label, hint, button, again, steps, held, failed, failed_at, not_taken,
        form, digests: Count, entries: Count, form_held, signature, signature_held, entry, entry_held, path, path_held,
        fault_unreadable, fault_other_log, fault_bad_signature, fault_no_entry, fault_wrong_length, fault_another_root,
        means, means_held, means_broken, means_not, event, event_device, event_sequence, event_kind, event_at, event_data,
    }
}

catalogue!(LedgerWords, "ledger");

impl LedgerWords {
    /// What a life event is called, by its name in the ledger.
    pub(crate) fn event(&self, name: &str) -> Option<&str> {
        self.events.get(name).map(String::as_str)
    }
}
