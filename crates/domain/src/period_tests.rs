//! Who sees which part of a history.

use super::*;
use crate::device::{Condition, Stage, Stamp};
use crate::event::EventKind;
use crate::id::{BatchRow, CertificateRow, DeviceRow, ProductRow, Uuid};
use crate::time::Timestamp;
use serde_json::json;

const MAKER: OrganisationRow = OrganisationRow(1);
const FIRST: OrganisationRow = OrganisationRow(2);
const LAST: OrganisationRow = OrganisationRow(3);

/// In its third period, sold (event 3) in the first.
fn device() -> Device {
    Device {
        row: DeviceRow(1),
        uid: Uuid::nil(),
        product: ProductRow(1),
        batch: BatchRow(1),
        maker: MAKER,
        owner: LAST,
        serial: "A1".into(),
        key: [0; 16],
        idevid: CertificateRow(1),
        stage: Stage::Sold,
        condition: Condition::Well,
        confirmed: true,
        period: 2,
        sequence: 6,
        head: [0; 32],
        stamps: vec![
            Stamp { stage: Stage::Made, at: Timestamp::NEVER, sequence: Some(1) },
            Stamp { stage: Stage::Sold, at: Timestamp::NEVER, sequence: Some(3) },
        ],
    }
}

fn event(sequence: u32, period: u32, words: bool) -> Event {
    let data = if words { json!({ "reason": "mine" }) } else { json!({}) };
    let kind = EventKind::Quarantined;
    Event { sequence, period, kind, at: Timestamp::NEVER, data, commitment: [0; 32] }
}

#[test]
fn each_sees_its_own_and_the_stamps() {
    let seen = |who, held: &[u32], sequence, period, words| {
        Sight::of(&device(), who, held).event(&event(sequence, period, words))
    };
    assert_eq!(seen(MAKER, &[], 2, 0, true), View::Whole);
    assert_eq!(seen(MAKER, &[], 4, 1, false), View::Hidden);
    assert_eq!(seen(MAKER, &[], 3, 1, false), View::Whole, "a stamp is public");
    assert_eq!(seen(MAKER, &[], 3, 1, true), View::Bare, "but not its words");
    assert_eq!(seen(LAST, &[2], 5, 2, true), View::Whole);
    assert_eq!(seen(LAST, &[2], 4, 1, false), View::Hidden);
    assert_eq!(seen(LAST, &[2], 2, 0, false), View::Hidden);
    assert_eq!(seen(LAST, &[2], 1, 0, false), View::Whole);
    assert_eq!(seen(FIRST, &[1], 4, 1, false), View::Hidden, "who gave it away");
    assert_eq!(seen(LAST, &[1, 2], 4, 1, true), View::Whole, "who had it before, and has it again");
}

#[test]
fn a_maker_who_owned_it_in_between_sees_the_factory_only() {
    let sight = Sight::of(&device(), MAKER, &[1]);
    assert!(sight.period(0) && !sight.period(1) && !sight.period(2));
}
