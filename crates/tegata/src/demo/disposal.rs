//! The end: the owner asks, the device erases its secrets and signs that it did.

use super::Sabotage;
use super::body::Build;
use super::field::{est, refused};
use super::report::{Broken, expect};
use super::story::{Player, Unit};
use serde_json::{Value, json};
use tegata_agent::erase;

/// A meter is retired by its own signature: nothing admits it any more, and its page says who stated what.
pub fn dispose(player: &Player, units: &[Unit]) -> Result<Value, Broken> {
    let unit = units.get(2).ok_or("there is no device")?;
    let erasable = player.options.sabotage != Some(Sabotage::Disposal);
    player.act(unit, "dispose", &json!({}))?;
    let mut body = unit.body(player, Build { erasable, ..Build::default() })?;
    let round = body.good_round()?;
    expect(round.ended, "the device goes on after its owner asked for its end")?;
    let receipt = erase::receipt(&body.cx).ok_or("the device has no receipt")?;
    expect(!unit.folder.join("ldevid.pem").exists(), "its operational key is still there")?;
    let idevid = unit.idevid(player)?;
    refused(est(player, &idevid).enrol(&idevid.request()?), "revoked")?;
    let told = player.of(unit.owner).get(&format!("/api/v1/devices/{}", unit.number))?.json()?;
    expect(told["disposal"]["erasure"] == "signed", told["disposal"].to_string())?;
    let path = format!("/d/{}", unit.number);
    let seen = player.api.look(&path, "application/json")?.json()?;
    expect(seen["answer"] == "ended", seen.to_string())?;
    let page = player.api.look(&path, "text/html")?;
    let said = String::from_utf8_lossy(&page.body).contains("signed that it erased the secrets in it");
    expect(said, "its page does not say that it signed")?;
    Ok(json!({ "answer": "ended", "erasure": "signed by the device", "stage": receipt["stage"] }))
}
