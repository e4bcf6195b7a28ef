//! Every way to take a device over, the refused ones too.

use super::*;
use crate::device::{Condition, Stamp};
use crate::id::{BatchRow, CertificateRow, ProductRow, Uuid};

const MAKER: OrganisationRow = OrganisationRow(1);
const BUYER: OrganisationRow = OrganisationRow(2);
const OTHER: OrganisationRow = OrganisationRow(3);

fn now() -> Timestamp {
    Timestamp::parse("2027-01-18T00:00:00Z").unwrap()
}

fn device() -> Device {
    Device {
        row: DeviceRow(1),
        uid: Uuid::nil(),
        product: ProductRow(1),
        batch: BatchRow(1),
        maker: MAKER,
        owner: MAKER,
        serial: "A1".into(),
        key: [0; 16],
        idevid: CertificateRow(1),
        stage: Stage::Made,
        condition: Condition::Well,
        confirmed: true,
        period: 0,
        sequence: 1,
        head: [0; 32],
        stamps: vec![Stamp { stage: Stage::Made, at: now(), sequence: Some(1) }],
    }
}

fn standing() -> Offer {
    Offer {
        device: DeviceRow(1),
        giver: MAKER,
        period: 0,
        hash: [7; 32],
        to: None,
        reason: None,
        offered_at: now(),
        expires_at: now().plus(OFFER_LIFE),
    }
}

#[test]
fn a_claim_begins_a_new_period_and_presumes_what_nobody_said() {
    let step = standing().claim(device(), BUYER, now()).unwrap();
    assert_eq!((step.device.owner, step.device.period, step.device.stage), (BUYER, 1, Stage::Sold));
    assert_eq!(step.events.len(), 1);
    assert_eq!(step.events[0].kind, EventKind::Transferred);
    assert_eq!(step.events[0].data, json!({ "by": "owner", "evidence": "claimed", "presumed": ["shipped"] }));
    let again = Offer { giver: BUYER, period: 1, ..standing() }.claim(step.device, OTHER, now()).unwrap();
    assert_eq!((again.device.owner, again.device.period, again.device.stage), (OTHER, 2, Stage::Sold));
    assert_eq!(again.events[0].kind, EventKind::Transferred, "also where no stage is reached");
    let stamps: Vec<_> = again.device.stamps.iter().map(|s| (s.stage, s.sequence)).collect();
    assert_eq!(stamps, [(Stage::Made, Some(1)), (Stage::Shipped, None), (Stage::Sold, Some(2))]);
}

#[test]
fn refused_claims() {
    let check = |offer: Offer, device: Device, claimer, expect: TransferError| {
        assert_eq!(offer.claim(device, claimer, now()).unwrap_err(), expect);
    };
    let held = |condition| Device { condition, ..device() };
    check(standing(), device(), MAKER, TransferError::Own);
    check(Offer { to: Some(BUYER), ..standing() }, device(), OTHER, TransferError::Unknown);
    check(Offer { period: 1, ..standing() }, device(), BUYER, TransferError::Unknown);
    check(standing(), Device { owner: OTHER, ..device() }, BUYER, TransferError::Unknown);
    check(Offer { expires_at: now(), ..standing() }, device(), BUYER, TransferError::Expired(now().rfc3339()));
    check(standing(), held(Condition::Quarantined), BUYER, DeviceError::Held("quarantined").into());
    check(standing(), held(Condition::Recalled), BUYER, DeviceError::Held("recalled").into());
    check(standing(), Device { stage: Stage::Retired, ..device() }, BUYER, DeviceError::Retired.into());
    check(standing(), Device { confirmed: false, ..device() }, BUYER, DeviceError::Unconfirmed.into());
    assert!(Offer { to: Some(BUYER), ..standing() }.claim(device(), BUYER, now()).is_ok());
    assert!(standing().claim(held(Condition::Suspect), BUYER, now()).is_ok());
}

#[test]
fn an_offer_ends_within_ninety_days() {
    for (life, fits) in [(0, false), (1, true), (90 * 24 * 3600, true), (90 * 24 * 3600 + 1, false)] {
        let until = now().plus(Duration::from_secs(life));
        assert_eq!(offer(&device(), until, now()).is_ok(), fits, "{life} s");
    }
    let held = Device { condition: Condition::Quarantined, ..device() };
    assert!(matches!(offer(&held, now().plus(OFFER_LIFE), now()), Err(TransferError::Life(_))));
}

#[test]
fn codes_are_read_back_as_people_type_them() {
    let code = Code::of([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(code.text(), "ZW00-0000-0000-0001");
    assert_eq!(Code::parse("zwoo 0000 0000-000l"), Some(code));
    assert_eq!(Code::parse("ZW00-0000-0000-000"), None);
}
