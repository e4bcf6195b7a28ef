//! Reads a unit back from disk, as the next machine will, and checks that it is whole.

use crate::unit::{self, KEY, Unit};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tegata_domain::chance::{self, Chance};
use tegata_domain::number::Number;
use tegata_keys::chain::{self, signed_by};
use tegata_keys::vault::KeyMaker;
use tegata_wire::x509;

/// What units are checked against.
pub struct Against<'a> {
    /// Where their keys are.
    pub vault: &'a dyn KeyMaker,
    /// The root that chains must lead to, where one is given.
    pub root: Option<&'a [u8]>,
    /// For challenges.
    pub chance: &'a dyn Chance,
}

/// Checks key, certificate, chain and number of an issued unit; `Err` says what is wrong.
pub fn issued(unit: &Unit, against: &Against<'_>) -> Result<(), String> {
    let device = unit.device().map_err(|e| e.to_string())?;
    let der = unit.certificate().map_err(|e| e.to_string())?;
    let chain = unit.chain().map_err(|e| e.to_string())?;
    let certificate = x509::parse(&der).map_err(|e| format!("the certificate cannot be read: {e}"))?;
    Number::parse(&device.number).map_err(|e| format!("the management number {}: {e}", device.number))?;
    if device.serial != unit.serial || unit::folder_name(&unit.serial) != unit.name {
        return Err(format!("the folder {} holds the device {}", unit.name, device.serial));
    }
    let named = x509::attribute(certificate.subject, x509::SERIAL_NUMBER);
    if named != Some(unit.serial.as_str()) {
        return Err(format!("the certificate is that of {}", named.unwrap_or("a device without serial number")));
    }
    chain::verify(&der, &chain, against.root).map_err(|e| e.to_string())?;
    let key = against.vault.open(&unit.name).map_err(|e| e.to_string())?;
    let key = key.ok_or("the key is gone; a unit without its key is lost: give it a new serial")?;
    if key.spki() != certificate.spki {
        return Err("the certificate belongs to another key".into());
    }
    let challenge = chance::bytes::<32>(against.chance);
    let answer = key.sign(&challenge).map_err(|e| e.to_string())?;
    match signed_by(certificate.spki, &challenge, &answer) {
        true => Ok(()),
        false => Err("the key does not answer a challenge".into()),
    }
}

/// Checks a finished unit: the same, and that it is confirmed, labelled and private.
pub fn finished(unit: &Unit, against: &Against<'_>) -> Result<(), String> {
    issued(unit, against)?;
    if !unit.is_done() {
        return Err("not confirmed yet; run make again".into());
    }
    unit.credential().map_err(|e| e.to_string())?;
    for name in [unit::LABEL_SVG, unit::LABEL_PNG] {
        if !unit.folder.join(name).exists() {
            return Err(format!("{name} is missing; `tegata-station label --out {}`", unit.folder.display()));
        }
    }
    [unit.folder.clone(), unit.folder.join(KEY), unit.folder.join(unit::CREDENTIAL)].iter().try_for_each(|p| private(p))
}

/// Nobody else may read it. What is not there is kept elsewhere.
fn private(path: &Path) -> Result<(), String> {
    match std::fs::metadata(path) {
        Ok(meta) if meta.permissions().mode() & 0o077 != 0 => {
            Err(format!("others may read {}; chmod go= it", path.display()))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}
