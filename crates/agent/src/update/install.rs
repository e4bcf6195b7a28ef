//! Installs an image and sees whether the device then runs it.

use super::{Ending, Phase, Update, download, finish, image, proceed, read};
use crate::cx::Cx;
use crate::ddi::{Ddi, Said};
use crate::error::Result;
use crate::hook;
use crate::release::{self, Installed};
use std::sync::OnceLock;
use std::time::Duration;
use tegata_domain::chance::bytes;

/// How often an installer that was cut by a loss of power is started again, and a restart asked for.
const ATTEMPTS: u32 = 3;

/// Runs the installer on a whole image.
pub fn install(cx: &Cx, ddi: &Ddi<'_>, mut update: Update) -> Result<()> {
    if !matches!(update.phase, Phase::Downloaded | Phase::Installing) {
        return Ok(());
    }
    if update.attempts >= ATTEMPTS {
        return update.fail(cx, format!("the installer was cut {ATTEMPTS} times")).map(drop);
    }
    let path = image(cx);
    // it lay on a disk since: only what is right now is installed
    if !download::digest_of(cx, &path).is_ok_and(|digest| digest == update.sha256) {
        return update.fail(cx, "the image on the disk is not the one that was checked".into()).map(drop);
    }
    // before the start is counted: a message that is lost cut no installer
    proceed(cx, ddi, &update, Said::Proceeding)?;
    update.phase = Phase::Installing;
    update.attempts += 1;
    update.boot = boot(cx);
    update.save(cx)?;
    let timeout = Duration::from_secs(cx.config.update.timeout);
    if let Err(why) = hook::run(&cx.config.update.installer, &[path.as_os_str()], &[], timeout) {
        return update.fail(cx, format!("the installer: {why}")).map(drop);
    }
    update.phase = Phase::Installed;
    update.ending = Some(Ending { success: true, text: "installed".into() });
    update.save(cx)
}

/// The version to tell the platform: none while an installed update waits for the restart, since the old one would then
/// look like a fall back.
pub fn told(cx: &Cx) -> Result<Option<String>> {
    let running = release::running(cx)?;
    let waits = |update: &Update| {
        update.phase == Phase::Installed && running.as_ref() != Some(&update.version) && boot(cx) == update.boot
    };
    Ok(if read(cx).as_ref().is_some_and(waits) { None } else { running })
}

/// Sees to an update that is installed: restarts the device, confirms the new version, or says that the old one is
/// back. Answers whether something changed.
pub fn settle(cx: &Cx, ddi: &Ddi<'_>) -> Result<bool> {
    let Some(update) = read(cx) else { return Ok(false) };
    match update.phase {
        // cut by a loss of power: the installer must be able to begin anew
        Phase::Installing => resume(cx, ddi, update).map(|()| true),
        Phase::Installed if update.ending.is_none() => installed(cx, ddi, update).map(|()| true),
        _ => Ok(false),
    }
}

fn installed(cx: &Cx, ddi: &Ddi<'_>, update: Update) -> Result<()> {
    let running = release::running(cx)?.unwrap_or_default();
    if running == update.version {
        return confirm(cx, update);
    }
    if boot(cx) != update.boot {
        let text = format!("fell back: {} was installed, but {running} runs after the restart", update.version);
        cx.say(&text);
        return finish(cx, &update, false, text);
    }
    restart(cx, ddi, update)
}

fn resume(cx: &Cx, ddi: &Ddi<'_>, update: Update) -> Result<()> {
    // it may have come to its end just before the cut
    if release::running(cx)?.is_some_and(|running| running == update.version) {
        let mut update = update;
        update.phase = Phase::Installed;
        update.ending = Some(Ending { success: true, text: "installed".into() });
        update.save(cx)?;
    } else {
        install(cx, ddi, update)?;
    }
    super::deliver(cx, ddi)?;
    match read(cx) {
        Some(update) if update.phase == Phase::Installed => installed(cx, ddi, update),
        _ => Ok(()),
    }
}

/// The new version runs: it stays, and its security version is the new floor.
fn confirm(cx: &Cx, update: Update) -> Result<()> {
    let command = &cx.config.update.confirm;
    if !command.is_empty() {
        hook::run(command, &[], &[], Duration::from_secs(cx.config.update.timeout))?;
    }
    let security_version = update.security_version;
    release::save_installed(cx, &Installed { version: update.version.clone(), security_version })?;
    let text = format!("version {} runs", update.version);
    cx.say(&text);
    finish(cx, &update, true, text)
}

fn restart(cx: &Cx, ddi: &Ddi<'_>, mut update: Update) -> Result<()> {
    let command = &cx.config.update.restart;
    if command.is_empty() {
        return Ok(()); // somebody else restarts the device
    }
    if update.restarts >= ATTEMPTS {
        // an end, not an error: each poll would stop here, and a remedy could never come
        let text = format!("{} is installed, but the device does not restart", update.version);
        cx.say(&text);
        update.fail(cx, text)?;
        return super::deliver(cx, ddi);
    }
    update.restarts += 1;
    update.save(cx)?;
    cx.say(format!("restarting into {}", update.version));
    hook::run(command, &[], &[], Duration::from_secs(cx.config.update.timeout))?;
    // not every restart takes the device down: a program's update runs at once
    if release::running(cx)?.is_some_and(|running| running == update.version) { confirm(cx, update) } else { Ok(()) }
}

/// Which start of the device this is. Where that cannot be known, the start of this program stands for it: an update
/// must not wait for ever for a restart that nobody could notice.
fn boot(cx: &Cx) -> String {
    static PROGRAM: OnceLock<String> = OnceLock::new();
    let text = std::fs::read_to_string(&cx.config.update.boot_id).unwrap_or_default();
    let text: String = text.trim().chars().take(64).collect();
    if !text.is_empty() {
        return text;
    }
    PROGRAM.get_or_init(|| format!("program {}", release::hex(&bytes::<16>(&*cx.chance)))).clone()
}
