//! In the field: installed, looked up, held, revoked.

use super::Sabotage;
use super::api::Api;
use super::body::{Build, LOG_KEYS};
use super::crowd::all;
use super::report::{Broken, expect};
use super::story::{Owner, Player, Unit};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tegata_agent::credential::{Credential, save};
use tegata_agent::{Est, EstError, Identity};

/// The camera whose password nobody changes.
pub const UNCHANGED: usize = 4;

/// Every device enrols over EST with its IDevID, gives its first sign of life and asks for updates. Who installs it
/// changes its password, but for one camera.
pub fn install(player: &Player, units: &mut [Unit]) -> Result<Value, Broken> {
    expect(!units.is_empty(), "there is no device")?;
    std::fs::write(player.folder.join(LOG_KEYS), player.api.look("/ledger/keys", "*/*")?.body)?;
    if let Some(unit) = units.last().filter(|_| player.options.sabotage == Some(Sabotage::Installation)) {
        player.act(unit, "quarantine", &json!({}))?;
    }
    let start = Instant::now();
    let unchanged = units.get(UNCHANGED).map(|unit| unit.number.clone()).unwrap_or_default();
    all("installing", units, |unit| {
        let mut body = unit.body(player, Build::default())?;
        let is_initial = unit.number == unchanged;
        save(&body.cx, if is_initial { Credential::Initial } else { Credential::Changed })?;
        body.good_round().map(drop)
    })?;
    let rate = units.len() as f64 / start.elapsed().as_secs_f64();
    let mut named = Vec::new();
    for owner in [Owner::Household, Owner::Operator] {
        named.extend(initial(player.of(owner))?);
    }
    expect(named == [unchanged.clone()], format!("devices with their initial password: {named:?}, not {unchanged}"))?;
    Ok(json!({ "installed": units.len(), "per_second": rate.round(), "initial_password": unchanged }))
}

/// The devices that a finding says to have their initial password.
fn initial(api: &Api) -> Result<Vec<String>, Broken> {
    let findings = api.all("/api/v1/findings?state=open")?;
    let of_kind = findings.iter().filter(|finding| finding["kind"] == "initial_password");
    Ok(of_kind.filter_map(|finding| finding["device"].as_str().map(str::to_owned)).collect())
}

/// EST as a device.
pub fn est(player: &Player, identity: &Identity) -> Est {
    Est::new(&player.device_url, std::slice::from_ref(&player.trust), Some(identity))
}

/// Anybody looks devices up, as a person and as a program; a guessed number is not there.
pub fn look_up(player: &Player, units: &[Unit]) -> Result<Value, Broken> {
    for unit in units.iter().take(20) {
        let path = format!("/d/{}", unit.number);
        let seen = player.api.look(&path, "application/json")?.json()?;
        expect(seen["answer"] == "registered" && seen["stage"] == "in_use", seen.to_string())?;
        let page = player.api.look(&path, "text/html")?;
        let text = String::from_utf8_lossy(&page.body);
        expect(page.status == 200 && text.contains(&unit.number), format!("page {}", page.status))?;
    }
    let unknown = player.api.look("/d/0000-0000-0000-0000", "application/json")?;
    expect(unknown.status == 404, format!("a guessed number answered {}", unknown.status))?;
    Ok(json!({ "looked_up": units.len().min(20), "guess": "not found" }))
}

/// The platform refuses with this word.
pub fn refused(outcome: Result<Vec<Vec<u8>>, EstError>, word: &str) -> Result<(), Broken> {
    match outcome {
        Err(EstError::Refused { status: 403, detail }) if detail.contains(word) => Ok(()),
        Err(other) => Err(format!("refused otherwise: {other}").into()),
        Ok(_) => Err("it was not refused".into()),
    }
}

/// A siren is quarantined: refused at its next request, on the connection that it holds, and admitted when it is
/// released. It stays held at the end, to be looked at.
pub fn quarantine(player: &Player, units: &[Unit]) -> Result<Value, Broken> {
    let unit = units.get(3).ok_or("there is no device")?;
    let identity = unit.operational(player)?;
    let held = est(player, &identity);
    held.renew(&identity.request()?)?;
    player.act(unit, "quarantine", &json!({ "reason": "it sounded without a warning" }))?;
    refused(held.renew(&identity.request()?), "quarantined")?;
    player.act(unit, "release", &json!({ "reason": "checked on site" }))?;
    held.renew(&identity.request()?)?;
    player.act(unit, "quarantine", &json!({ "reason": "it sounded again" }))?;
    Ok(json!({ "refused_while_held": true, "admitted_after_release": true }))
}

/// One certificate is revoked: refused at once, on its CRL within a second.
pub fn revoke(player: &Player, units: &[Unit]) -> Result<Value, Broken> {
    let unit = units.get(1).ok_or("there is no device")?;
    let identity = unit.operational(player)?;
    let held = est(player, &identity);
    let der = identity.chain.first().ok_or("it has no certificate")?;
    let parsed = tegata_wire::x509::parse(der)?;
    let serial = data_encoding::HEXUPPER.encode(parsed.serial);
    let body = json!({ "reason": "key_compromise" });
    player.of(unit.owner).post(&format!("/api/v1/certificates/{serial}/revoke"), &body)?.json()?;
    let start = Instant::now();
    refused(held.renew(&identity.request()?), "revoked")?;
    let path = crl_path(der).ok_or("the certificate names no CRL")?;
    loop {
        let crl = player.api.look(&path, "*/*")?;
        if crl.status == 200 && crl.body.windows(parsed.serial.len()).any(|w| w == parsed.serial) {
            break;
        }
        expect(start.elapsed() < Duration::from_secs(2), "the CRL does not list it after two seconds")?;
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(json!({ "on_crl_after_ms": start.elapsed().as_millis() as u64 }))
}

/// The path of the CRL that a certificate names.
fn crl_path(der: &[u8]) -> Option<String> {
    let text = der.windows(5).position(|w| w == b"/crl/")?;
    let rest = &der[text..];
    let end = rest.windows(4).position(|w| w == b".crl")? + 4;
    Some(String::from_utf8_lossy(&rest[..end]).into_owned())
}
