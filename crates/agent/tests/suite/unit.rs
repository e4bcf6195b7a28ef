//! A device for the tests: folder, configuration, clocks, and the world outside of the agent that an installer changes.

use crate::platform::Platform;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tegata_agent::config::Config;
use tegata_agent::cx::{Cx, Time};
use tegata_agent::disk::{Disk, Files};
use tegata_agent::folder::Folder;
use tegata_agent::run::{Round, Runner};
use tegata_domain::chance::Chance;
use tegata_domain::time::Timestamp;
use tempfile::TempDir;

/// Clocks that stand until the test moves them, or that run by so much each time somebody looks: milliseconds.
#[derive(Default)]
pub struct Still(AtomicU64, pub AtomicU64);

impl Time for Still {
    fn now(&self) -> Timestamp {
        Timestamp::parse("2027-01-18T00:00:00Z").unwrap().plus(self.passed())
    }

    fn passed(&self) -> Duration {
        let step = self.1.load(SeqCst);
        Duration::from_millis(self.0.fetch_add(step, SeqCst))
    }
}

/// Numbers that look random and are the same each time.
pub struct Seeded(pub AtomicU64);

impl Chance for Seeded {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, SeqCst);
            z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(z ^ z >> 31).to_be_bytes()[..chunk.len()]);
        }
    }
}

/// A device.
pub struct Unit {
    pub place: TempDir,
    pub cx: Cx,
    pub time: Arc<Still>,
    pub said: Arc<Mutex<Vec<String>>>,
    pub runner: Runner,
}

/// The installer puts the new version into the other slot; a restart starts from it.
const WORLD: &str = r#"
[release]
keys = ["release.pem"]
version_file = "PLACE/version"

[heartbeat]
least = 1
retry = 1

[update]
installer = ["sh", "-c", "cp PLACE/offered PLACE/slot"]
restart = ["sh", "-c", "date +%N > PLACE/boot; cp PLACE/slot PLACE/version"]
confirm = ["sh", "-c", "echo confirmed >> PLACE/confirmed"]
boot_id = "PLACE/boot"
"#;

impl Unit {
    /// On a real disk.
    pub fn new(platform: &Platform) -> Self {
        Self::on(platform, Arc::new(Files), &[])
    }

    /// With another configuration: each pair replaces a text by another.
    pub fn with(platform: &Platform, edits: &[(&str, &str)]) -> Self {
        Self::on(platform, Arc::new(Files), edits)
    }

    /// On any disk.
    pub fn on(platform: &Platform, disk: Arc<dyn Disk>, edits: &[(&str, &str)]) -> Self {
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name);
        std::fs::write(path("version"), "1.0\n").unwrap();
        std::fs::write(path("boot"), "first\n").unwrap();
        std::fs::write(path("offered"), "2.0\n").unwrap();
        std::fs::write(path("release.pem"), platform.release_pem()).unwrap();
        let mut text = format!("device_url = \"{}\"\ntrust = []\n{WORLD}", platform.address);
        for (from, to) in edits {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, to);
        }
        std::fs::write(path("agent.toml"), text.replace("PLACE", place.path().to_str().unwrap())).unwrap();
        let config = Arc::new(Config::read(&path("agent.toml")).unwrap());
        let folder = Folder::new(&path("state"), disk);
        std::fs::create_dir(path("state")).unwrap();
        for (name, text) in platform.identity() {
            folder.save(name, text.as_bytes()).unwrap();
        }
        let time = Arc::new(Still::default());
        let said = Arc::new(Mutex::new(Vec::new()));
        let hear = said.clone();
        let cx = Cx {
            config,
            folder,
            time: time.clone(),
            chance: Arc::new(Seeded(AtomicU64::new(7))),
            say: Arc::new(move |line| hear.lock().unwrap().push(line.to_owned())),
        };
        Unit { place, runner: Runner::new(cx.clone()), cx, time, said }
    }

    /// One round; then the time passes until something is due.
    pub fn round(&mut self) -> Round {
        let round = self.runner.round();
        self.time.0.fetch_add(round.wait.as_millis() as u64 + 1, SeqCst);
        round
    }

    /// Rounds until something holds. A test that waits for ever fails.
    pub fn until(&mut self, what: &str, holds: impl Fn(&Unit) -> bool) {
        for _ in 0..60 {
            if holds(self) {
                return;
            }
            self.round();
        }
        panic!("{what}: not within 60 rounds; {:#?}", self.said.lock().unwrap());
    }

    /// The process begins anew, as after a restart of the device: from the slot that was installed last.
    pub fn restart(&mut self) {
        let slot = self.file("slot");
        if !slot.is_empty() {
            std::fs::write(self.place.path().join("version"), slot).unwrap();
        }
        let boot = format!("{}+", self.file("boot").trim());
        std::fs::write(self.place.path().join("boot"), boot).unwrap();
        self.runner = Runner::new(self.cx.clone());
    }

    /// A file of the world outside.
    pub fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.place.path().join(name)).unwrap_or_default()
    }

    /// A file of the agent's folder.
    pub fn state(&self, name: &str) -> Option<String> {
        self.cx.folder.text(name).unwrap()
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        Path::new(self.place.path()).join(name)
    }
}
