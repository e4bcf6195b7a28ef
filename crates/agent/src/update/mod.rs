//! An update, from the offer to the restart: each step is written down before the next begins, so that a cut at any
//! point goes on where it was.
//!
//! ```text
//! offered → judged → Downloading → Downloaded → Installing → Installed → (restart) → runs, or fell back
//!              └── refused ──────────────┴──────────────┴── Closing: the reason is told, then all is forgotten
//! ```

mod consent;
mod download;
mod install;

pub use consent::{answer, asked};
pub use install::told;

use crate::cx::Cx;
use crate::ddi::{Ddi, Deployment, Refused, Said, Task};
use crate::error::{Error, Result};
use crate::link::LinkError;
use crate::release::Own;
use crate::status;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;
use tegata_wire::release::Manifest;

const FILE: &str = "update.json";
const IMAGE: &str = "image";
/// So often in a row the platform may refuse an image: with the back-off's bounds as they are, that is some hours.
const REFUSALS: u32 = 20;
/// How the last one ended.
const ENDED: &str = "ended.json";

/// How far an update is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// The image comes.
    Downloading,
    /// It is there and is the right one.
    Downloaded,
    /// The installer was started.
    Installing,
    /// The installer succeeded; the device must start into it.
    Installed,
    /// It ended badly, which is still to be told.
    Closing,
}

/// What is still to be told to the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Ending {
    success: bool,
    text: String,
}

/// An update under way, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// The platform's action.
    pub action: String,
    /// How far it is.
    pub phase: Phase,
    /// Its version.
    pub version: String,
    security_version: u32,
    size: u64,
    sha256: String,
    href: String,
    /// Bytes of the image that are durable.
    pub synced: u64,
    /// The image was fetched anew after a resumed one had a wrong digest.
    again: bool,
    /// How often the installer was started.
    attempts: u32,
    /// How often the restart was asked for.
    restarts: u32,
    /// How often in a row the platform refused the image.
    #[serde(default)]
    refusals: u32,
    /// The start of the device in which it was installed.
    boot: String,
    ending: Option<Ending>,
}

impl Update {
    fn new(offered: &Deployment, manifest: &Manifest) -> Self {
        Update {
            action: offered.action.clone(),
            phase: Phase::Downloading,
            version: manifest.version.clone(),
            security_version: manifest.security_version,
            size: manifest.size,
            sha256: crate::release::hex(&manifest.sha256),
            href: offered.href.clone(),
            synced: 0,
            again: false,
            attempts: 0,
            restarts: 0,
            refusals: 0,
            boot: String::new(),
            ending: None,
        }
    }

    /// Refused before it began.
    fn refused(action: &str, why: String) -> Self {
        let ending = Some(Ending { success: false, text: why });
        let (text, boot) = (String::new(), String::new());
        Update {
            action: action.to_owned(),
            phase: Phase::Closing,
            version: text.clone(),
            security_version: 0,
            size: 0,
            sha256: text.clone(),
            href: text,
            synced: 0,
            again: false,
            attempts: 0,
            restarts: 0,
            refusals: 0,
            boot,
            ending,
        }
    }

    /// It ended badly.
    fn fail(mut self, cx: &Cx, why: String) -> Result<Self> {
        self.phase = Phase::Closing;
        self.ending = Some(Ending { success: false, text: why });
        self.save(cx)?;
        Ok(self)
    }

    fn save(&self, cx: &Cx) -> Result<()> {
        Ok(cx.folder.save_json(FILE, self)?)
    }

    /// Whether it can still be stopped without a trace.
    fn is_early(&self) -> bool {
        matches!(self.phase, Phase::Downloading | Phase::Downloaded)
    }
}

/// The update under way. An unreadable file counts as none: the platform offers the action again.
pub fn read(cx: &Cx) -> Option<Update> {
    match cx.folder.json(FILE) {
        Ok(update) => update,
        Err(why) => {
            cx.say(format!("the update under way is lost: {why}"));
            None
        }
    }
}

/// Where the image lies while it is downloaded.
fn image(cx: &Cx) -> PathBuf {
    cx.config.update.image.clone().unwrap_or_else(|| cx.folder.path(IMAGE))
}

/// Forgets the update: the image first, so that no image is left without its state.
fn forget(cx: &Cx) -> Result<()> {
    let image = image(cx);
    let removed = cx.folder.disk().remove(&image);
    removed.map_err(|why| Error::file(image, why))?;
    consent::forget(cx)?;
    Ok(cx.folder.remove(FILE)?)
}

/// The last action that ended here, so that it is never begun a second time.
#[derive(Serialize, Deserialize)]
struct Ended {
    action: String,
    success: bool,
    text: String,
}

/// The update came to its end: kept is only how.
fn finish(cx: &Cx, update: &Update, success: bool, text: String) -> Result<()> {
    cx.folder.save_json(ENDED, &Ended { action: update.action.clone(), success, text: text.clone() })?;
    status::change(cx, |status| status.update = Some(text))?;
    forget(cx)
}

/// Destroys what an update left, at the erasure.
pub fn destroy(cx: &Cx) -> Result<()> {
    let image = image(cx);
    crate::folder::destroy(cx.folder.disk(), &image).map_err(|why| Error::file(image, why))?;
    consent::forget(cx)?;
    cx.folder.remove(ENDED)?;
    Ok(cx.folder.remove(FILE)?)
}

/// What the platform asks now, and what is under way, for people.
pub fn look(cx: &Cx, ddi: &Ddi<'_>) -> Result<serde_json::Value> {
    let poll = ddi.poll()?;
    let under_way = read(cx).map(|update| json!({ "version": update.version, "phase": update.phase }));
    let Some(task) = poll.task else { return Ok(json!({ "waits": false, "under_way": under_way })) };
    let (kind, href) = match task {
        Task::Cancel(_) => return Ok(json!({ "waits": true, "task": "cancel", "under_way": under_way })),
        Task::Confirm(href) => ("confirm", href),
        Task::Deploy(href) => ("install", href),
    };
    let (version, refused) = match ddi.deployment(&href) {
        Ok(offered) => match Own::gather(cx)?.judge(&offered) {
            Ok(manifest) => (Some(manifest.version), None),
            Err(why) => (None, Some(why)),
        },
        Err(Refused::Content { why, .. }) => (None, Some(why)),
        Err(Refused::Link(error)) => return Err(error.into()),
    };
    Ok(json!({ "waits": true, "task": kind, "version": version, "refused": refused, "under_way": under_way }))
}

/// What came of a poll.
pub struct Polled {
    /// The interval that the platform asks for.
    pub sleep: Option<Duration>,
    /// Why the image did not come; the poll itself worked.
    pub stuck: Option<Error>,
}

/// One poll and what follows from it. Downloads stop at `until` and go on with the next poll; without it nothing is
/// fetched.
pub fn poll(cx: &Cx, ddi: &Ddi<'_>, until: Option<Duration>) -> Result<Polled> {
    deliver(cx, ddi)?;
    let mut polled = ddi.poll();
    // an answer of any kind shows that the running version reaches the platform: only then is it made to stay
    let reached = matches!(polled, Ok(_) | Err(LinkError::Refused { .. }));
    if reached && install::settle(cx, ddi)? {
        polled = ddi.poll();
    }
    let poll = polled.map_err(LinkError::judged)?;
    if let Some(href) = &poll.config_data {
        attributes(cx, ddi, href)?;
    }
    let mut stuck = None;
    match poll.task {
        Some(Task::Cancel(href)) => cancel(cx, ddi, &href)?,
        Some(Task::Confirm(href)) => consent::confirm(cx, ddi, &href)?,
        Some(Task::Deploy(href)) => stuck = deploy(cx, ddi, &href, until)?,
        // the action is gone, and with it what was begun
        None if read(cx).is_some_and(|update| update.is_early()) => forget(cx)?,
        None => {}
    }
    Ok(Polled { sleep: poll.sleep, stuck })
}

fn attributes(cx: &Cx, ddi: &Ddi<'_>, href: &str) -> Result<()> {
    let mut data =
        json!({ "agent": env!("CARGO_PKG_VERSION"), "security_version": crate::release::floor(cx).to_string() });
    if let Some(version) = told(cx)? {
        data["version"] = version.into();
    }
    Ok(ddi.attributes(href, &data)?)
}

/// Tells how the last update ended, until the platform has heard it.
fn deliver(cx: &Cx, ddi: &Ddi<'_>) -> Result<()> {
    let Some(mut update) = read(cx) else { return Ok(()) };
    let Some(ending) = update.ending.take() else {
        return if update.phase == Phase::Closing { forget(cx) } else { Ok(()) };
    };
    let said = if ending.success { Said::Success } else { Said::Failure };
    match ddi.feedback(&update.action, said, &[&ending.text]) {
        // the platform has closed it by itself: there is nobody to tell
        Err(error) if !is_gone(&error) => return Err(error.into()),
        _ => {}
    }
    if update.phase == Phase::Closing { finish(cx, &update, false, ending.text) } else { update.save(cx) }
}

/// The action is closed, or not there any more.
fn is_gone(error: &LinkError) -> bool {
    matches!(error.status(), Some(404 | 410))
}

/// What is offered, judged: the beginning of an update, or its end.
fn judged(cx: &Cx, ddi: &Ddi<'_>, href: &str) -> Result<Option<(Update, Deployment)>> {
    let refuse = |action: &str, why: String| -> Result<Option<(Update, Deployment)>> {
        cx.say(format!("update refused: {why}"));
        Update::refused(action, why).save(cx)?;
        deliver(cx, ddi)?;
        Ok(None)
    };
    let offered = match ddi.deployment(href) {
        Ok(offered) => offered,
        Err(Refused::Content { action, why }) => return refuse(&action, why),
        Err(Refused::Link(error)) => return Err(error.into()),
    };
    if let Some(update) = read(cx).filter(|update| update.action == offered.action) {
        return Ok(Some((update, offered)));
    }
    if let Some(ended) = cx.folder.json::<Ended>(ENDED).ok().flatten().filter(|last| last.action == offered.action) {
        let said = if ended.success { Said::Success } else { Said::Failure };
        ignore_gone(ddi.feedback(&offered.action, said, &[&ended.text]))?;
        return Ok(None);
    }
    if cx.config.update.installer.is_empty() {
        return refuse(&offered.action, "this device has no installer".into());
    }
    match Own::gather(cx)?.judge(&offered) {
        Ok(manifest) => Ok(Some((Update::new(&offered, &manifest), offered))),
        Err(why) => refuse(&offered.action, why),
    }
}

/// Answers why the image did not come, where it did not and is tried again.
fn deploy(cx: &Cx, ddi: &Ddi<'_>, href: &str, until: Option<Duration>) -> Result<Option<Error>> {
    // what is installed comes to its end first
    if read(cx).is_some_and(|update| update.phase == Phase::Installed) {
        return Ok(None);
    }
    let Some((mut update, offered)) = judged(cx, ddi, href)? else { return Ok(None) };
    if read(cx).is_none_or(|kept| kept.action != update.action) {
        forget(cx)?;
        update.save(cx)?;
        proceed(cx, ddi, &update, "download begins")?;
    }
    if update.phase == Phase::Downloading {
        let Some(until) = until.filter(|_| !offered.skip_download) else { return Ok(None) };
        // the platform may have moved the file
        update.href = offered.href.clone();
        update = match download::fetch(cx, ddi.link(), update, until) {
            Ok(download::Fetched::Whole(update)) => update,
            Ok(download::Fetched::Part) => return Ok(None),
            Ok(download::Fetched::Wrong(update, why)) => return given_up(cx, ddi, update, why),
            Err(Error::Link(why)) => return stuck(cx, ddi, why),
            Err(other) => return Err(other),
        };
        ignore_gone(ddi.feedback(&update.action, Said::Downloaded, &["downloaded and checked"]))?;
    }
    if offered.skip_update {
        return Ok(None);
    }
    // last look before the point of no return: it may have been cancelled while the image came
    if let Some(Task::Cancel(href)) = ddi.poll()?.task {
        return cancel(cx, ddi, &href).map(|()| None);
    }
    install::install(cx, ddi, update)?;
    deliver(cx, ddi)?;
    install::settle(cx, ddi).map(|_| None)
}

fn given_up(cx: &Cx, ddi: &Ddi<'_>, update: Update, why: String) -> Result<Option<Error>> {
    cx.say(format!("update failed: {why}"));
    update.fail(cx, why)?;
    deliver(cx, ddi).map(|()| None)
}

/// The image did not come. A line that breaks and a platform that is busy are waited out; what the platform refuses
/// time and again is an end, since nobody would hear of it otherwise.
fn stuck(cx: &Cx, ddi: &Ddi<'_>, why: LinkError) -> Result<Option<Error>> {
    let Some(mut update) = read(cx).filter(|_| is_lasting(&why)) else { return Ok(Some(why.into())) };
    update.refusals += 1;
    if update.refusals >= REFUSALS {
        return given_up(cx, ddi, update, format!("the image did not come in {REFUSALS} tries: {why}"));
    }
    update.save(cx)?;
    Ok(Some(why.into()))
}

/// A refusal of this image, and not of whoever asks at this moment.
fn is_lasting(why: &LinkError) -> bool {
    match why {
        LinkError::Refused { status: 503, code, .. } => code == "damaged",
        LinkError::Refused { status, .. } => !matches!(status, 401 | 403 | 429),
        _ => false,
    }
}

fn proceed(cx: &Cx, ddi: &Ddi<'_>, update: &Update, text: &str) -> Result<()> {
    cx.say(format!("update to {}: {text}", update.version));
    ignore_gone(ddi.feedback(&update.action, Said::Proceeding, &[text]))
}

/// Messages on the way are for people: one that the platform does not want stops nothing.
fn ignore_gone(told: Result<(), LinkError>) -> Result<()> {
    match told {
        Err(error @ LinkError::Transport(_)) => Err(error.into()),
        _ => Ok(()),
    }
}

fn cancel(cx: &Cx, ddi: &Ddi<'_>, href: &str) -> Result<()> {
    let action = ddi.cancelled(href)?;
    let update = read(cx).filter(|update| update.action == action);
    let (said, text) = match &update {
        Some(update) if !update.is_early() => (Said::Rejected, "too late: the installation has begun"),
        Some(_) => (Said::Success, "stopped before the installation"),
        None => (Said::Success, "nothing of it was begun"),
    };
    if update.is_some_and(|update| update.is_early()) {
        forget(cx)?;
    }
    cx.say(format!("action {action} is cancelled: {text}"));
    ignore_gone(ddi.cancel_feedback(&action, said, &[text]))
}
