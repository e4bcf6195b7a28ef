//! Life events: what happened to a device, in the words of the ledger.

use crate::time::Timestamp;
use serde_json::Value;
use uuid::Uuid;

/// What happened. The words follow EPCIS 2.0 / CBV where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum EventKind {
    /// Identity issued at manufacture.
    Made = 1,
    /// Read back by the line.
    Confirmed,
    /// Left the maker or a seller.
    Shipped,
    /// Arrived.
    Received,
    /// Changed its owner.
    Transferred,
    /// Put in its place.
    Installed,
    /// Its default credential was changed.
    CredentialChanged,
    /// Got an operational certificate.
    Enrolled,
    /// Got the next operational certificate.
    Renewed,
    /// A certificate of it was revoked.
    Revoked,
    /// Runs another release.
    Updated,
    /// Proved its state.
    Attested,
    /// Was looked at from the network.
    Surveyed,
    /// A finding was made.
    Found,
    /// Held away from all services.
    Quarantined,
    /// Released from quarantine.
    Released,
    /// Repaired.
    Repaired,
    /// Called back by its maker.
    Recalled,
    /// Out of use for good.
    Retired,
    /// An owner's data was erased.
    Erased,
}

impl EventKind {
    const NAMES: [(EventKind, &'static str); 20] = [
        (EventKind::Made, "made"),
        (EventKind::Confirmed, "confirmed"),
        (EventKind::Shipped, "shipped"),
        (EventKind::Received, "received"),
        (EventKind::Transferred, "transferred"),
        (EventKind::Installed, "installed"),
        (EventKind::CredentialChanged, "credential_changed"),
        (EventKind::Enrolled, "enrolled"),
        (EventKind::Renewed, "renewed"),
        (EventKind::Revoked, "revoked"),
        (EventKind::Updated, "updated"),
        (EventKind::Attested, "attested"),
        (EventKind::Surveyed, "surveyed"),
        (EventKind::Found, "found"),
        (EventKind::Quarantined, "quarantined"),
        (EventKind::Released, "released"),
        (EventKind::Repaired, "repaired"),
        (EventKind::Recalled, "recalled"),
        (EventKind::Retired, "retired"),
        (EventKind::Erased, "erased"),
    ];

    /// Its word in the ledger and in the API.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize - 1].1
    }

    /// From its code in the store.
    pub fn from_code(code: i64) -> Option<Self> {
        Self::NAMES.get(usize::try_from(code).ok()?.checked_sub(1)?).map(|pair| pair.0)
    }
}

/// A life event as a transition makes it: not yet bound to the chain.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// What happened.
    pub kind: EventKind,
    /// When, by the platform's clock.
    pub at: Timestamp,
    /// More of it: an object of strings, integers and lists of them.
    pub data: Value,
}

/// A life event in the chain of its device.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The device's sequence number, from 1.
    pub sequence: u32,
    /// The owner period, whose epoch key salts the commitment.
    pub period: u32,
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// More of it.
    pub data: Value,
    /// `SHA-256(domain separator ‖ salt ‖ canonical event)`.
    pub commitment: [u8; 32],
}

/// Members of an event's data that carry words of a person.
const WORDS: [&str; 3] = ["reason", "to", "witness"];

impl Event {
    /// Whether it carries words of a person: then it is shown and proven to those whose period it is only.
    pub fn has_words(&self) -> bool {
        WORDS.iter().any(|word| self.data.get(word).is_some())
    }
}

/// The bytes that a commitment covers: JSON of RFC 8785 (members sorted, no white space) with `at`, `data`, `device`,
/// `kind`, `previous` (commitment of the event before, hex; 64 zeros for the first) and `sequence`.
pub fn canonical(device: Uuid, sequence: u32, previous: &[u8; 32], new: &NewEvent) -> Vec<u8> {
    let (at, kind) = (new.at.rfc3339(), new.kind.name());
    let (data, device, previous) = (&new.data, device.hyphenated(), data_encoding::HEXLOWER.encode(previous));
    // none of these needs an escape; the map of `data` is sorted
    format!(
        r#"{{"at":"{at}","data":{data},"device":"{device}","kind":"{kind}","previous":"{previous}","sequence":{sequence}}}"#
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_is_sorted_and_tight() {
        let new = NewEvent {
            kind: EventKind::Made,
            at: Timestamp::from_millis(1_700_000_000_123),
            data: serde_json::json!({ "b": 1, "a": "手" }),
        };
        let text = String::from_utf8(canonical(Uuid::nil(), 1, &[0; 32], &new)).unwrap();
        let zeros = "0".repeat(64);
        assert_eq!(
            text,
            format!(
                r#"{{"at":"2023-11-14T22:13:20.123Z","data":{{"a":"手","b":1}},"device":"00000000-0000-0000-0000-000000000000","kind":"made","previous":"{zeros}","sequence":1}}"#
            )
        );
    }

    #[test]
    fn codes_and_names() {
        for (i, (kind, name)) in EventKind::NAMES.iter().enumerate() {
            assert_eq!((*kind as usize, EventKind::from_code(i as i64 + 1)), (i + 1, Some(*kind)));
            assert_eq!(kind.name(), *name);
        }
        assert_eq!(EventKind::from_code(0), None);
        assert_eq!(EventKind::from_code(99), None);
    }
}
