//! Every transition of the life, the refused ones too.

use super::*;
use crate::enrolment::{self, EnrolmentError};

const NOW: Timestamp = Timestamp::NEVER;

pub(crate) fn device() -> Device {
    Device {
        row: DeviceRow(1),
        uid: Uuid::nil(),
        product: ProductRow(1),
        batch: BatchRow(1),
        maker: OrganisationRow(1),
        owner: OrganisationRow(1),
        serial: "A1".into(),
        key: [0; 16],
        idevid: CertificateRow(1),
        stage: Stage::Made,
        condition: Condition::Well,
        confirmed: true,
        period: 0,
        sequence: 1,
        head: [0; 32],
        stamps: vec![Stamp { stage: Stage::Made, at: NOW, sequence: Some(1) }],
    }
}

type Act = fn(Device, Said, Timestamp) -> Result<Step, DeviceError>;

const ACTS: [(&str, Act); 9] = [
    ("confirm", Device::confirm),
    ("ship", Device::ship),
    ("receive", Device::receive),
    ("install", Device::install),
    ("quarantine", Device::quarantine),
    ("release", Device::release),
    ("repair", Device::repair),
    ("recall", Device::recall),
    ("retire", Device::retire),
];

/// What every act does to every stage × condition: `stage condition: act=outcome …`.
#[test]
fn the_whole_table() {
    let mut table = String::new();
    for stage in Stage::ALL {
        for condition in Condition::ALL {
            table += &format!("{} {}:", stage.name(), condition.name());
            for (name, act) in ACTS {
                let before = Device { stage, condition, ..device() };
                let outcome = match act(before.clone(), Said::default(), NOW) {
                    Err(e) => format!("{e:?}").split('(').next().unwrap_or_default().to_owned(),
                    Ok(step) if step.events.is_empty() => "same".into(),
                    Ok(step) => {
                        assert!(step.device.stage >= before.stage, "{name} went back");
                        format!("{}/{}", step.device.stage.name(), step.device.condition.name())
                    }
                };
                table += &format!(" {name}={outcome}");
            }
            table += "\n";
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn unconfirmed_devices_stay_at_the_line() {
    let unconfirmed = || Device { confirmed: false, ..device() };
    assert_eq!(unconfirmed().ship(Said::default(), NOW), Err(DeviceError::Unconfirmed));
    assert_eq!(enrolment::enrol(unconfirmed(), "", NOW), Err(EnrolmentError::Unconfirmed));
    let step = unconfirmed().confirm(Said::default(), NOW).unwrap();
    assert!(step.device.confirmed && step.events.len() == 1);
}

#[test]
fn installing_keeps_what_was_said_apart_from_the_evidence() {
    let said =
        Said { by: "owner", reason: Some("ward 3".into()), to: Some("a clinic".into()), at: None, witness: None };
    let step = device().install(said, NOW).unwrap();
    let data = &step.events[0].data;
    assert_eq!(
        (&data["reason"], &data["to"], &data["evidence"]),
        (&"ward 3".into(), &"a clinic".into(), &"reported".into())
    );
}

#[test]
fn enrolment_presumes_what_nobody_reported() {
    let step = enrolment::enrol(device(), "ab", NOW).unwrap();
    let kinds: Vec<_> = step.events.iter().map(|e| e.kind).collect();
    assert_eq!(kinds, [EventKind::Installed, EventKind::Enrolled]);
    assert_eq!(step.events[0].data["presumed"], serde_json::json!(["shipped", "sold"]));
    let stamps: Vec<_> = step.device.stamps.iter().map(|s| (s.stage, s.sequence)).collect();
    let expected = [(Stage::Made, Some(1)), (Stage::Shipped, None), (Stage::Sold, None), (Stage::Installed, Some(2))];
    assert_eq!(stamps, expected);
}

#[test]
fn enrolment_refuses() {
    let with = |stage, condition| enrolment::enrol(Device { stage, condition, ..device() }, "", NOW).unwrap_err();
    assert_eq!(with(Stage::Retired, Condition::Well), EnrolmentError::Retired);
    assert_eq!(with(Stage::Made, Condition::Quarantined), EnrolmentError::Quarantined);
    assert_eq!(with(Stage::Made, Condition::Recalled), EnrolmentError::Recalled);
    let old = enrolment::renew(Device { period: 2, ..device() }, 1, "", NOW);
    assert_eq!(old, Err(EnrolmentError::EarlierOwner));
}

#[test]
fn the_first_sign_of_life_is_an_event_and_no_later_one() {
    let step = device().hear("heartbeat", NOW);
    let data = &step.events[0].data;
    assert_eq!((step.events.len(), step.device.stage, &data["stage"]), (1, Stage::InUse, &"in_use".into()));
    assert_eq!(data["presumed"], serde_json::json!(["shipped", "sold", "installed"]));
    assert_eq!(data["evidence"], "heartbeat");
    assert!(step.device.hear("heartbeat", NOW).events.is_empty());
    let installed = device().install(Said::default(), NOW).unwrap().device;
    let step = installed.hear("poll", NOW);
    assert!(step.device.stage == Stage::InUse && step.events[0].data.get("presumed").is_none());
}

#[test]
fn no_sign_of_life_of_what_is_held() {
    for held in [Condition::Quarantined, Condition::Recalled] {
        assert!(Device { condition: held, ..device() }.hear("poll", NOW).events.is_empty());
    }
    assert!(Device { stage: Stage::Retired, ..device() }.hear("poll", NOW).events.is_empty());
    assert!(Device { confirmed: false, ..device() }.hear("poll", NOW).events.is_empty());
}

#[test]
fn the_platform_contains_a_device_once() {
    let contain = |condition| Device { condition, ..device() }.contain(FindingKind::TwoBodies, Value::Null, NOW);
    let step = contain(Condition::Well).unwrap();
    let kinds: Vec<_> = step.events.iter().map(|e| (e.kind, e.data["by"].clone())).collect();
    assert_eq!(kinds, [(EventKind::Found, "platform".into()), (EventKind::Quarantined, "platform".into())]);
    assert_eq!(step.device.condition, Condition::Quarantined);
    assert_eq!(contain(Condition::Quarantined), Err(DeviceError::Held("quarantined")));
    assert_eq!(contain(Condition::Recalled), Err(DeviceError::Held("recalled")));
}

#[test]
fn only_what_was_never_confirmed_is_voided_and_not_before_its_time() {
    let (week, hour) = (std::time::Duration::from_secs(7 * 24 * 3600), std::time::Duration::from_secs(3600));
    let made = |confirmed, stage| {
        let stamps = vec![Stamp { stage: Stage::Made, at: NOW.minus(week), sequence: Some(1) }];
        Device { confirmed, stage, stamps, ..device() }
    };
    let step = made(false, Stage::Made).void(week, NOW).unwrap();
    assert_eq!((step.device.stage, step.events[0].kind), (Stage::Retired, EventKind::Retired));
    assert_eq!(step.events[0].data["by"], "platform");
    assert!(step.events[0].data["reason"].as_str().unwrap().contains("did not confirm"));
    assert_eq!(made(false, Stage::Made).void(week + hour, NOW), Err(DeviceError::NotVoid));
    assert_eq!(made(true, Stage::Made).void(week, NOW), Err(DeviceError::NotVoid));
    assert_eq!(made(false, Stage::Retired).void(week, NOW), Err(DeviceError::Retired));
}
