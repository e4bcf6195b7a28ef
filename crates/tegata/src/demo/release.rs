//! A security release: signed by the maker away from the server, rolled out in stages, judged by every device itself.

use super::Sabotage;
use super::api::field;
use super::body::Build;
use super::crowd::all;
use super::line::CAMERA;
use super::report::{Broken, expect};
use super::story::{Player, Unit};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tegata_agent::status;
use tegata_keys::digest::sha256;
use tegata_keys::file;
use tegata_keys::signer::Signer;
use tegata_wire::release::Manifest;

/// The maker's public key, which the image of every device brings along.
pub const PUBLIC_KEY: &str = "maker/release.pub";
/// How long a campaign of the story may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// The group that has all the rest, and one device that fails.
const LAST: u64 = 3;

/// The maker's desk: the key that signs, which no server ever sees.
pub struct Desk {
    key: Signer,
}

/// A release as the maker describes it.
#[derive(Clone, Copy)]
pub struct New<'a> {
    /// Of which product.
    pub product: &'a str,
    /// Version.
    pub version: &'a str,
    /// Security version.
    pub security: u32,
    /// Held devices may have it.
    pub remedy: bool,
}

impl Desk {
    /// Makes the key in the demo's folder, and tells the platform its public half for every product.
    pub fn set_up(player: &Player, products: &[String]) -> Result<Self, Broken> {
        let folder = player.folder.join("maker");
        file::folder(&folder)?;
        let (key, pkcs8) = Signer::generate_p256()?;
        let public = data_encoding::BASE64.encode(key.spki());
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{public}\n-----END PUBLIC KEY-----\n");
        file::write(&folder, &[("release.key", &pkcs8), ("release.pub", pem.as_bytes())])?;
        for product in products {
            player.api.post(&format!("/api/v1/products/{product}/keys"), &json!({ "public_key": public }))?.json()?;
        }
        Ok(Desk { key })
    }

    /// Signs a file's manifest and publishes both; `tamper` changes the file in between. Answers the release's id.
    pub fn publish(&self, player: &Player, new: New<'_>, tamper: bool) -> Result<String, Broken> {
        let mut image = image(new.version);
        let manifest = Manifest {
            product: new.product.to_owned(),
            version: new.version.to_owned(),
            security_version: new.security,
            remedy: new.remedy,
            size: image.len() as u64,
            sha256: sha256(&image),
        };
        let signature = data_encoding::BASE64.encode(&self.key.sign(manifest.text().as_bytes())?);
        if tamper {
            image.reverse();
        }
        let fields = [
            ("product", new.product.to_owned()),
            ("version", new.version.to_owned()),
            ("security_version", new.security.to_string()),
            ("remedy", new.remedy.to_string()),
            ("allow_older", "true".to_owned()),
            ("signature", signature),
        ];
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(
                format!("--part\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes(),
            );
        }
        let head = "--part\r\nContent-Disposition: form-data; name=\"file\"; filename=\"image.txt\"\r\n\r\n";
        body.extend([head.as_bytes(), &image, b"\r\n--part--\r\n"].concat());
        field(&player.api.send("/api/v1/releases", "multipart/form-data; boundary=part", &body)?.json()?, "id")
    }
}

/// The image of a version: a text whose first line says it.
fn image(version: &str) -> Vec<u8> {
    let mut text = format!("{version}\n");
    (0..4096).for_each(|line| text += &format!("{line:06} what version {version} of this device is made of\n"));
    text.into_bytes()
}

/// Starts a campaign; answers its id.
pub fn campaign(player: &Player, release: &str, more: &Value) -> Result<String, Broken> {
    let mut asked = json!({ "release": release });
    for (name, value) in more.as_object().into_iter().flatten() {
        asked[name] = value.clone();
    }
    field(&player.api.post("/api/v1/campaigns", &asked)?.json()?, "id")
}

/// Plays the devices of a campaign until it ends; answers the campaign and its actions. `fails` says which devices of
/// the last group have an installer that fails, given how many there are.
fn roll_out(
    player: &Player,
    campaign: &str,
    units: &[Unit],
    fails: impl Fn(usize, &Unit) -> bool + Sync,
) -> Result<(Value, Vec<Value>), Broken> {
    let path = format!("/api/v1/campaigns/{campaign}");
    let start = Instant::now();
    loop {
        let seen = player.api.get(&path)?.json()?;
        let actions = player.api.all(&format!("{path}/actions"))?;
        if seen["state"] != "running" {
            return Ok((seen, actions));
        }
        expect(start.elapsed() < PATIENCE, format!("the campaign does not end: {}", seen["counts"]))?;
        let open = actions.iter().filter(|action| action["closed_at"].is_null());
        let last = actions.iter().filter(|action| action["group"] == LAST).count();
        let mut turns: Vec<(&Unit, bool)> = open
            .filter_map(|action| {
                let unit = units.iter().find(|unit| action["number"] == unit.number.as_str())?;
                Some((unit, action["group"] == LAST && fails(last, unit)))
            })
            .collect();
        all("updating", &mut turns, |(unit, fails)| {
            let mut body = unit.body(player, Build { fails: *fails, ..Build::default() })?;
            // the first installs and restarts, the second is the new version's first sign of life
            body.good_round()?;
            body.good_round().map(drop)
        })?;
        std::thread::sleep(Duration::from_millis(30));
    }
}

/// A security release goes to all cameras in three groups; one of them reports a failure, which stops nothing. Then the
/// device refuses what is older, and the platform keeps back what was changed behind the signature.
pub fn roll(player: &Player, desk: &Desk, product: &str, units: &[Unit]) -> Result<(Value, String), Broken> {
    let cameras: Vec<&Unit> = units.iter().filter(|unit| unit.product == CAMERA).collect();
    let first = *cameras.first().ok_or("there is no camera")?;
    let new = New { product, version: "2.0.0", security: 2, remedy: false };
    let release = desk.publish(player, new, player.options.sabotage == Some(Sabotage::Release))?;
    // only what is in use: a unit that lies in a box would be offered it until somebody unpacks it
    let groups = json!([{ "devices": 1 }, { "percent": 25 }, { "percent": 100, "success": 50 }]);
    let id = campaign(player, &release, &json!({ "select": { "stage": "in_use" }, "groups": groups }))?;
    // one of at least two fails; not the one that goes on to judge other releases
    let chosen = std::sync::OnceLock::new();
    let fails = |of: usize, unit: &Unit| {
        of > 1 && unit.number != first.number && *chosen.get_or_init(|| unit.number.clone()) == unit.number
    };
    let (seen, _) = roll_out(player, &id, units, fails)?;
    let failed = u64::from(chosen.get().is_some());
    expect(seen["state"] == "finished", format!("the campaign is {}: {}", seen["state"], seen["reason"]))?;
    let counts = &seen["counts"];
    expect(counts["done"] == cameras.len() as u64 - failed && counts["failed"] == failed, counts.to_string())?;
    for unit in cameras.iter().filter(|unit| chosen.get() == Some(&unit.number)) {
        ended(player, unit, "no room on the disk")?;
    }
    let told = player.of(first.owner).get(&format!("/api/v1/devices/{}", first.number))?.json()?;
    expect(told["release"]["version"] == "2.0.0", format!("the platform knows {}", told["release"]))?;
    let older = New { version: "1.9.0", security: 1, ..new };
    judged(player, &desk.publish(player, older, false)?, first, "is older than 2")?;
    let changed = New { version: "2.1.0", ..new };
    let release = desk.publish(player, changed, false)?;
    kept_back(player, &release, first, changed.version)?;
    let facts = json!({
        "updated": counts["done"], "groups": seen["groups"].as_array().map(Vec::len), "failed": failed,
        "state": "finished", "older": "refused by the device", "tampered": "not handed out",
    });
    Ok((facts, id))
}

/// One device is offered a release and refuses it, with this word.
fn judged(player: &Player, release: &str, unit: &Unit, word: &str) -> Result<(), Broken> {
    let id = campaign(player, release, &json!({ "select": { "numbers": [unit.number] } }))?;
    let (_, actions) = roll_out(player, &id, std::slice::from_ref(unit), |_, _| false)?;
    let action = actions.first().ok_or("the release was offered to nobody")?;
    expect(action["state"] == "failed", format!("the device took it: {action}"))?;
    ended(player, unit, word)?;
    let runs = unit.body(player, Build::default())?.running()?;
    expect(runs == "2.0.0", format!("{runs} runs after it was refused"))
}

/// The device's last update ended with these words.
fn ended(player: &Player, unit: &Unit, words: &str) -> Result<(), Broken> {
    let said = status::read(&unit.body(player, Build::default())?.cx).update.unwrap_or_default();
    expect(said.contains(words), format!("{} says {said:?}, not {words}", unit.number))
}

/// A release whose file is changed on the platform's disk does not leave it; the device goes on with what it runs.
fn kept_back(player: &Player, release: &str, unit: &Unit, version: &str) -> Result<(), Broken> {
    let file = changed(player, version)?;
    let id = campaign(player, release, &json!({ "select": { "numbers": [unit.number] } }))?;
    let (start, mut body) = (Instant::now(), unit.body(player, Build::default())?);
    while !body.round().problems.iter().any(|why| why.to_string().contains("damaged")) {
        expect(start.elapsed() < PATIENCE, "a changed file is not refused".to_owned())?;
        std::thread::sleep(Duration::from_millis(30));
    }
    let runs = body.running()?;
    expect(runs == "2.0.0", format!("{runs} runs after a changed file was offered"))?;
    std::fs::write(file, image(version))?;
    player.api.post(&format!("/api/v1/campaigns/{id}/cancel"), &json!({ "reason": "its file was changed" }))?;
    let quiet = |_: usize, _: &Unit| false;
    roll_out(player, &id, std::slice::from_ref(unit), quiet).map(drop)
}

/// Somebody got at the disk and changes the file of a release behind its signature; answers where it lies.
fn changed(player: &Player, version: &str) -> Result<PathBuf, Broken> {
    let mut image = image(version);
    let path = player.data.join("firmware").join(data_encoding::HEXLOWER.encode(&sha256(&image)));
    expect(std::fs::read(&path)? == image, "the release's file is another")?;
    image.reverse();
    std::fs::write(&path, image)?;
    Ok(path)
}
