//! What an ended life tells of its secrets.

use super::*;
use crate::device::{Condition, Stage};
use crate::event::EventKind;
use crate::id::{BatchRow, CertificateRow, OrganisationRow, ProductRow, Uuid};
use serde_json::json;

const NOW: Timestamp = Timestamp::NEVER;

fn device() -> Device {
    Device {
        row: DeviceRow(1),
        uid: Uuid::nil(),
        product: ProductRow(1),
        batch: BatchRow(1),
        maker: OrganisationRow(1),
        owner: OrganisationRow(2),
        serial: "A1".into(),
        key: [0; 16],
        idevid: CertificateRow(1),
        stage: Stage::InUse,
        condition: Condition::Quarantined,
        confirmed: true,
        period: 1,
        sequence: 7,
        head: [0; 32],
        stamps: Vec::new(),
    }
}

#[test]
fn three_ways_to_end() {
    let nobody = retire(device(), Said::by("owner"), NOW).unwrap();
    assert_eq!(nobody.events[0].data, json!({ "by": "owner", "erasure": "unconfirmed" }));
    let said = Said { witness: Some("H. Sato".into()), ..Said::by("owner") };
    let seen = retire(device(), said, NOW).unwrap();
    assert_eq!(seen.events[0].data, json!({ "by": "owner", "erasure": "witnessed", "witness": "H. Sato" }));
    let signed = sign_off(device(), &["ldevid".into(), "data".into()], "ab", NOW).unwrap();
    assert_eq!((signed.device.stage, signed.events[0].kind), (Stage::Retired, EventKind::Retired));
    assert_eq!(
        signed.events[0].data,
        json!({ "by": "device", "erasure": "signed", "keys_destroyed": ["ldevid", "data"], "receipt": "ab" })
    );
    assert_eq!(sign_off(signed.device, &[], "cd", NOW), Err(DeviceError::Retired));
}

#[test]
fn codes_and_names() {
    for (i, erasure) in Erasure::ALL.into_iter().enumerate() {
        assert_eq!(erasure as usize, i);
        assert_eq!(serde_json::to_value(erasure).unwrap(), erasure.name());
    }
}
