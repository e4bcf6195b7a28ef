//! A backup is taken while the platform serves, restored into another folder, and served from there.

use super::report::{Broken, expect};
use super::story::{Player, Unit};
use super::{api::Api, ledger};
use crate::clock::{SystemChance, SystemClock};
use crate::command::verify::{check, keys};
use crate::config::{Config, Values};
use crate::server::{Server, Start};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tegata_usecase::platform::{self, BackupOrder, Faded, RestoreOrder};

/// What the backup held is there again, and both logs go on under other origins, whole.
pub fn restore(player: &Player, units: &[Unit]) -> Result<Value, Broken> {
    let unit = units.first().ok_or("there is no device")?;
    let (sealed, key) = (player.folder.join("backup"), player.folder.join("recovery.key"));
    let order = BackupOrder {
        database: Default::default(),
        folder: player.data.clone(),
        unlock: None,
        objects: Default::default(),
        out: sealed.clone(),
        recovery_key: key.clone(),
        since: None,
        keep: Duration::from_secs(24 * 3600),
        clock: Arc::new(SystemClock::default()),
        chance: Arc::new(SystemChance),
    };
    let quiet = |_: &'static str, _: u64, _: u64| {};
    let taken = player.runtime.block_on(platform::backup(order, &quiet))?;
    let order = RestoreOrder {
        from: sealed,
        recovery_key: key,
        folder: player.folder.join("restored"),
        unlock: None,
        objects: Default::default(),
        tombstones: None,
        faded: Faded::Refuse,
        clock: Arc::new(SystemClock::default()),
        chance: Arc::new(SystemChance),
    };
    let restored = player.runtime.block_on(platform::restore(order, &quiet))?;
    let flags = ["server.https", "server.http"].map(|key| ("--restored", key, "127.0.0.1:0".to_owned()));
    let config = Config::from(&Values::gather(None, &[], &flags)?)?;
    let folder = restored.folder.clone();
    let server = player.runtime.block_on(Server::start(Start { folder, unlock: None, config }))?;
    let seen = look(player, &server, unit);
    player.runtime.block_on(server.stop());
    let origin = seen?;
    let moved = restored.logs.iter().any(|(old, new)| *new == origin && old.origin != origin);
    expect(moved, format!("the restored ledger's origin is {origin}"))?;
    let devices = taken.manifest.counts.get("device").copied().unwrap_or_default();
    Ok(json!({ "devices": devices, "bytes": taken.size, "origin": origin }))
}

/// The restored platform knows the device, and its ledger holds; answers the ledger's origin.
fn look(player: &Player, server: &Server, unit: &Unit) -> Result<String, Broken> {
    let api = Api::new(&format!("http://{}", server.http), &player.trust, "");
    let seen = api.look(&format!("/d/{}", unit.number), "application/json")?.json()?;
    expect(seen["answer"] == "registered", seen.to_string())?;
    let known = keys(&String::from_utf8(api.look("/ledger/keys", "*/*")?.body)?)?;
    let copy: &Path = &player.folder.join("restored-copy");
    ledger::take_copy(&api, copy)?;
    Ok(check(copy, &known)?["origin"].as_str().unwrap_or_default().to_owned())
}
