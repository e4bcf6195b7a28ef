//! A copy: two bodies with one identity, found by their heartbeats, held, cured and let back.

use super::Sabotage;
use super::api::field;
use super::body::{Body, Build};
use super::release::{Desk, New, campaign};
use super::report::{Broken, expect};
use super::story::{Player, Unit};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// So many heartbeats of each body must be enough.
const BEATS: u32 = 6;
/// The version that ends what the quarantine is about.
const REMEDY: &str = "1.0.1";

/// The folder of a pump is copied and both bodies run: found within a few beats, both refused, a letter to the owner. A
/// remedy reaches the held device; a person releases it with a reason.
pub fn clone(player: &Player, desk: &Desk, product: &str, units: &[Unit]) -> Result<Value, Broken> {
    let unit = units.first().ok_or("there is no device")?;
    let mut copy = player.folder.join("copied-pump");
    match player.options.sabotage {
        Some(Sabotage::Clone) => copy.clone_from(&unit.folder),
        _ => copied(&unit.folder, &copy)?,
    }
    let (mut own, mut twin) = (unit.body(player, Build::default())?, Body::new(player, &copy, Build::default())?);
    let mut beats = 0;
    loop {
        beats += 1;
        // both go on until both are refused
        if [twin.is_held(), own.is_held()] == [true, true] {
            break;
        }
        expect(beats < BEATS, format!("two bodies were not found within {BEATS} heartbeats of each"))?;
    }
    std::fs::remove_dir_all(&copy)?;
    let subject = letter(player, unit)?;
    cure(player, (desk, product), unit, &mut own)?;
    let reason = json!({ "reason": "checked at the bedside; the copy was a technician's and is destroyed" });
    player.act(unit, "release", &reason)?;
    own.good_round()?;
    let seen = player.of(unit.owner).get(&format!("/api/v1/devices/{}", unit.number))?.json()?;
    expect(seen["condition"] == "well", seen["condition"].to_string())?;
    expect(seen["release"]["version"] == REMEDY, seen["release"].to_string())?;
    Ok(json!({ "refused_at_beat": beats, "both": "refused", "letter": subject, "remedy": REMEDY, "released": true }))
}

fn copied(from: &Path, to: &Path) -> Result<(), Broken> {
    std::fs::create_dir(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// The letter about the two bodies that lies in the outbox; shows and answers its subject.
fn letter(player: &Player, unit: &Unit) -> Result<String, Broken> {
    let start = Instant::now();
    loop {
        let notices = player.of(unit.owner).all("/api/v1/notices")?;
        let about = |notice: &&Value| notice["kind"] == "two_bodies" && notice["number"] == unit.number.as_str();
        let notice = notices.iter().find(about).ok_or("its owner has no notice")?;
        let path: PathBuf = player.outbox().join(format!("{}.eml", field(notice, "id")?));
        if let Ok(text) = std::fs::read_to_string(&path) {
            let line =
                |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned();
            let (to, subject) = (line("To: "), line("Subject: "));
            expect(!subject.is_empty(), "the letter has no subject")?;
            eprintln!("       To: {to}\n       Subject: {subject}");
            return Ok(subject);
        }
        expect(start.elapsed() < Duration::from_secs(10), format!("{} is not there", path.display()))?;
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A release that held devices may have reaches the held device over the update protocol.
fn cure(player: &Player, (desk, product): (&Desk, &str), unit: &Unit, own: &mut Body) -> Result<(), Broken> {
    let new = New { product, version: REMEDY, security: 1, remedy: true };
    let release = desk.publish(player, new, false)?;
    campaign(player, &release, &json!({ "select": { "numbers": [unit.number] } }))?;
    let start = Instant::now();
    while own.running()? != REMEDY {
        expect(own.is_held(), "the device is not held any more")?;
        expect(start.elapsed() < Duration::from_secs(20), "the remedy does not reach the held device")?;
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
