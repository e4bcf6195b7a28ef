//! Confirming with and without an initial password, the refused ones too.

use super::*;
use crate::device::Condition;
use crate::id::{BatchRow, CertificateRow, OrganisationRow, ProductRow, Uuid};

const NOW: Timestamp = Timestamp::NEVER;

fn device(confirmed: bool) -> Device {
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
        confirmed,
        period: 0,
        sequence: 1,
        head: [0; 32],
        stamps: Vec::new(),
    }
}

fn digest(n: u8) -> Digest {
    Digest { salt: [n; 16], hash: [7; 32] }
}

fn known(n: u8) -> Credential {
    Credential { device: DeviceRow(1), state: CredentialState::Changed, initial: Some(digest(n)), changed_at: NOW }
}

/// Events and whether a credential is to be kept.
fn check(
    device: Device,
    known: Option<Credential>,
    given: Option<Digest>,
) -> Result<(Vec<serde_json::Value>, bool), ConfirmError> {
    let (step, fresh) = confirm(device, known.as_ref(), given, Said::by("maker"), NOW)?;
    assert!(step.device.confirmed);
    assert!(step.events.iter().all(|event| event.kind == EventKind::Confirmed));
    Ok((step.events.into_iter().map(|event| event.data).collect(), fresh.is_some()))
}

#[test]
fn the_first_is_kept_and_the_same_again_changes_nothing() {
    let told = serde_json::json!({ "by": "maker", "credential": "initial" });
    let plain = serde_json::json!({ "by": "maker" });
    assert_eq!(check(device(false), None, Some(digest(1))), Ok((vec![told.clone()], true)));
    assert_eq!(check(device(false), None, None), Ok((vec![plain], false)));
    assert_eq!(check(device(true), None, Some(digest(1))), Ok((vec![told], true)), "confirmed from the start");
    assert_eq!(check(device(true), Some(known(1)), Some(digest(1))), Ok((vec![], false)));
    assert_eq!(check(device(true), Some(known(1)), None), Ok((vec![], false)));
}

#[test]
fn another_one_and_a_late_one_are_refused() {
    assert_eq!(check(device(true), Some(known(1)), Some(digest(2))), Err(ConfirmError::Another));
    let other = Digest { hash: [8; 32], ..digest(1) };
    assert_eq!(check(device(true), Some(known(1)), Some(other)), Err(ConfirmError::Another));
    let installed = Device { stage: Stage::Installed, ..device(true) };
    assert_eq!(check(installed.clone(), None, Some(digest(1))), Err(ConfirmError::TooLate("installed")));
    assert_eq!(check(installed, Some(known(1)), Some(digest(1))), Ok((vec![], false)), "a lost answer, asked again");
    let retired = Device { stage: Stage::Retired, ..device(true) };
    assert_eq!(check(retired, None, Some(digest(1))), Err(ConfirmError::Life(DeviceError::Retired)));
}

#[test]
fn a_digest_is_not_shown() {
    assert_eq!(format!("{:?}", digest(1)), "Digest(…)");
}
