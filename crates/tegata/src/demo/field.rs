//! In the field: shipped, enrolled, looked up, quarantined, revoked, retired.

use super::Sabotage;
use super::report::{Broken, expect};
use super::story::{Player, Unit};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tegata_agent::{Est, EstError};

fn act(player: &Player, unit: &Unit, act: &str, body: &Value) -> Result<Value, Broken> {
    player.api.post(&format!("/api/v1/devices/{}/{act}", unit.number), body)?.json()
}

/// The factory ships all.
pub fn ship(player: &Player, units: &[Unit]) -> Result<Value, Broken> {
    expect(!units.is_empty(), "there is no device")?;
    for unit in units {
        act(player, unit, "ship", &json!({}))?;
    }
    Ok(json!({ "shipped": units.len() }))
}

fn est(player: &Player, unit: &Unit) -> Est {
    Est::new(&player.device_url, std::slice::from_ref(&player.trust), Some(&unit.identity))
}

/// Every device enrols over EST with its IDevID, and renews with what it got.
pub fn enrol(player: &Player, units: &mut [Unit]) -> Result<Value, Broken> {
    expect(!units.is_empty(), "there is no device")?;
    if player.options.sabotage == Some(Sabotage::Enrolment) {
        act(player, &units[0], "quarantine", &json!({}))?;
    }
    let start = Instant::now();
    let bar = ProgressBar::new(units.len() as u64);
    bar.set_style(ProgressStyle::with_template("     enrolling    {bar:32} {pos}/{len}  {per_sec}")?);
    for unit in units.iter_mut() {
        let idevid = est(player, unit);
        unit.identity.chain = idevid.enrol(&unit.identity.request()?)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    let unit = &mut units[0];
    unit.identity.chain = est(player, unit).renew(&unit.identity.request()?)?;
    let rate = units.len() as f64 / start.elapsed().as_secs_f64();
    Ok(json!({ "enrolled": units.len(), "renewed": 1, "per_second": rate.round() }))
}

/// Anybody looks devices up, as a person and as a program; a guessed number is not there.
pub fn look_up(player: &Player, units: &[Unit]) -> Result<Value, Broken> {
    for unit in units.iter().take(20) {
        let path = format!("/d/{}", unit.number);
        let seen = player.api.look(&path, "application/json")?.json()?;
        expect(seen["answer"] == "registered" && seen["stage"] == "installed", seen.to_string())?;
        let page = player.api.look(&path, "text/html")?;
        let text = String::from_utf8_lossy(&page.body);
        expect(page.status == 200 && text.contains(&unit.number), format!("page {}", page.status))?;
    }
    let unknown = player.api.look("/d/0000-0000-0000-0000", "application/json")?;
    expect(unknown.status == 404, format!("a guessed number answered {}", unknown.status))?;
    Ok(json!({ "looked_up": units.len().min(20), "guess": "not found" }))
}

fn refused(outcome: Result<Vec<Vec<u8>>, EstError>, word: &str) -> Result<(), Broken> {
    match outcome {
        Err(EstError::Refused { status: 403, detail }) if detail.contains(word) => Ok(()),
        Err(other) => Err(format!("refused otherwise: {other}").into()),
        Ok(_) => Err("it was not refused".into()),
    }
}

/// One is quarantined: refused at its next request, on the connection that it holds; then released.
pub fn quarantine(player: &Player, units: &mut [Unit]) -> Result<Value, Broken> {
    let unit = units.first_mut().ok_or("there is no device")?;
    let held = est(player, unit);
    held.renew(&unit.identity.request()?)?;
    act(player, unit, "quarantine", &json!({ "reason": "two bodies showed one key" }))?;
    refused(held.renew(&unit.identity.request()?), "quarantined")?;
    act(player, unit, "release", &json!({ "reason": "checked on site" }))?;
    unit.identity.chain = held.renew(&unit.identity.request()?)?;
    if let Some(stays) = units.get(3) {
        act(player, stays, "quarantine", &json!({}))?;
    }
    Ok(json!({ "refused_while_held": true, "admitted_after_release": true }))
}

/// One certificate is revoked: refused at once, on its CRL within a second.
pub fn revoke(player: &Player, units: &[Unit]) -> Result<Value, Broken> {
    let unit = units.get(1).ok_or("there is no device")?;
    let held = est(player, unit);
    let der = unit.identity.chain.first().ok_or("it has no certificate")?;
    let parsed = tegata_wire::x509::parse(der)?;
    let serial = data_encoding::HEXUPPER.encode(parsed.serial);
    let body = json!({ "reason": "key_compromise" });
    player.api.post(&format!("/api/v1/certificates/{serial}/revoke"), &body)?.json()?;
    let start = Instant::now();
    refused(held.renew(&unit.identity.request()?), "revoked")?;
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

/// One device ends its life: nothing admits it any more, and its page says so.
pub fn retire(player: &Player, units: &[Unit]) -> Result<Value, Broken> {
    let unit = units.get(2).ok_or("there is no device")?;
    act(player, unit, "retire", &json!({}))?;
    refused(est(player, unit).renew(&unit.identity.request()?), "revoked")?;
    let seen = player.api.look(&format!("/d/{}", unit.number), "application/json")?.json()?;
    expect(seen["answer"] == "ended", seen.to_string())?;
    Ok(json!({ "answer": "ended" }))
}
