//! A device's body: the agent's own program code over the folder that the line filled.

use super::report::{Broken, expect};
use super::story::{Player, Unit};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tegata_agent::config::Config;
use tegata_agent::cx::{Cx, Time};
use tegata_agent::disk::Files;
use tegata_agent::error::Error;
use tegata_agent::folder::Folder;
use tegata_agent::real::{Clocks, Library};
use tegata_agent::run::{Round, Runner};
use tegata_agent::{Identity, enrol};
use tegata_domain::time::Timestamp;

/// The version that every device leaves the line with.
pub const FIRST: &str = "1.0.0";
/// Which version runs, as the device's own software says it.
const RUNNING: &str = "running";
/// Where the installer puts what the next start runs.
const NEXT: &str = "next";
/// Longer than any wait of the agent.
const DAY: u64 = 24 * 3600;

/// The machine's clock, and the time that the story leaps over.
struct Leaping {
    real: Clocks,
    leapt: AtomicU64,
}

impl Time for Leaping {
    fn now(&self) -> Timestamp {
        self.real.now()
    }

    fn passed(&self) -> Duration {
        self.real.passed() + Duration::from_secs(self.leapt.load(Ordering::Relaxed))
    }
}

/// How a body is built.
#[derive(Debug, Clone, Copy, Default)]
pub struct Build {
    /// Its installer fails.
    pub fails: bool,
    /// Its owner may start its erasure from afar.
    pub erasable: bool,
}

/// A body, switched on.
pub struct Body {
    /// What the agent is given.
    pub cx: Cx,
    runner: Runner,
    time: Arc<Leaping>,
}

impl Body {
    /// Over a folder with an identity.
    pub fn new(player: &Player, folder: &Path, build: Build) -> Result<Self, Broken> {
        let running = folder.join(RUNNING);
        if !running.exists() {
            std::fs::write(&running, format!("{FIRST}\n"))?;
        }
        let file = folder.join("agent.toml");
        std::fs::write(&file, configuration(player, folder, build))?;
        let time = Arc::new(Leaping { real: Clocks::start(), leapt: AtomicU64::new(0) });
        let cx = Cx {
            config: Arc::new(Config::read(&file)?),
            folder: Folder::new(folder, Arc::new(Files)),
            time: time.clone(),
            chance: Arc::new(Library),
            say: Arc::new(|_| {}),
        };
        Ok(Body { runner: Runner::new(cx.clone()), cx, time })
    }

    /// One round: heartbeat, poll, and what follows. All waits are over.
    pub fn round(&mut self) -> Round {
        self.time.leapt.fetch_add(DAY, Ordering::Relaxed);
        self.runner.round()
    }

    /// One round in which nothing went wrong.
    pub fn good_round(&mut self) -> Result<Round, Broken> {
        let round = self.round();
        let told: Vec<String> = round.problems.iter().map(ToString::to_string).collect();
        expect(told.is_empty(), told.join("; "))?;
        Ok(round)
    }

    /// Whether the platform holds it back now.
    pub fn is_held(&mut self) -> bool {
        self.round().problems.iter().any(|why| matches!(why, Error::Held(_)))
    }

    /// The version that runs.
    pub fn running(&self) -> Result<String, Broken> {
        Ok(self.cx.folder.text(RUNNING)?.unwrap_or_default().lines().next().unwrap_or_default().to_owned())
    }
}

impl Unit {
    /// Its body, switched on.
    pub fn body(&self, player: &Player, build: Build) -> Result<Body, Broken> {
        Body::new(player, &self.folder, build)
    }

    /// The identity from manufacture, as the line left it.
    pub fn idevid(&self, player: &Player) -> Result<Identity, Broken> {
        Ok(enrol::idevid(&self.body(player, Build::default())?.cx)?)
    }

    /// The operational identity that it enrolled.
    pub fn operational(&self, player: &Player) -> Result<Identity, Broken> {
        let own = enrol::operational(&self.body(player, Build::default())?.cx)?;
        Ok(own.ok_or_else(|| format!("{} is not enrolled", self.number))?.0)
    }
}

/// What the device's image brings along. The image is a text: its first line is the version.
fn configuration(player: &Player, folder: &Path, build: Build) -> String {
    let text = |path: PathBuf| json!(path).to_string();
    let (trust, log_keys) = (text(player.trust_file.clone()), text(player.folder.join(LOG_KEYS)));
    let (running, next) = (text(folder.join(RUNNING)), text(folder.join(NEXT)));
    let url = json!(player.device_url);
    let key = text(player.folder.join(super::release::PUBLIC_KEY));
    let install = if build.fails { "echo 'no room on the disk' >&2; exit 1" } else { "cp \\\"$1\\\" \\\"$0\\\"" };
    let erase = if build.erasable { "on request" } else { "by command" };
    format!(
        "device_url = {url}\ntrust = [{trust}]\nlog_keys = {log_keys}\n[release]\nkeys = [{key}]\n\
         security_version = 1\nversion_file = {running}\n[update]\ninstaller = [\"sh\", \"-c\", \"{install}\", {next}]\n\
         restart = [\"mv\", {next}, {running}]\n[erasure]\nerase = \"{erase}\"\n"
    )
}

/// The keys of the platform's logs, which the image brings along.
pub const LOG_KEYS: &str = "log-keys";
