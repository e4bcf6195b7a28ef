//! The agent's configuration: one TOML file that the device's image brings along. Unknown keys are errors.

use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Bytes that the file may have.
const FILE_MAX: u64 = 256 * 1024;

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    /// It is no TOML, or has a key that there is not.
    #[error("{0}: {1}")]
    Toml(PathBuf, Box<toml::de::Error>),
    /// A value that cannot be.
    #[error("{0}: {1}")]
    Value(PathBuf, String),
}

/// Everything that may be set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The platform's address for devices, as `https://devices.example.com`.
    pub device_url: String,
    /// PEM files with the HTTPS authorities to trust. No other authority counts.
    pub trust: Vec<PathBuf>,
    /// Management number, where the device knows it; else the first heartbeat tells it.
    #[serde(default)]
    pub number: Option<String>,
    /// Path segment before `/controller/v1`.
    #[serde(default = "default_tenant")]
    pub tenant: String,
    /// File with the verifier keys of the platform's logs; else they are fetched once, at enrolment.
    #[serde(default)]
    pub log_keys: Option<PathBuf>,
    /// Which releases this device takes.
    #[serde(default)]
    pub release: Release,
    /// How often the platform is asked.
    #[serde(default)]
    pub heartbeat: Bounds,
    /// How an update is installed.
    #[serde(default)]
    pub update: Update,
    /// How the device attests itself.
    #[serde(default)]
    pub attest: Attest,
    /// What an erasure destroys.
    #[serde(default)]
    pub erasure: Erasure,
}

fn default_tenant() -> String {
    "DEFAULT".into()
}

/// `[release]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Release {
    /// PEM files with public keys that sign releases. Without one, no update is installed.
    pub keys: Vec<PathBuf>,
    /// Security version of the image that brings this configuration: nothing lower is ever installed.
    pub security_version: u32,
    /// The running version, where the image knows it.
    pub version: Option<String>,
    /// File whose first line is the running version.
    pub version_file: Option<PathBuf>,
    /// Command that prints the running version.
    pub version_command: Vec<String>,
}

/// `[heartbeat]`: bounds in seconds for what the platform asks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bounds {
    /// Never more often.
    pub least: u64,
    /// Never less often.
    pub most: u64,
    /// First step of the back-off.
    pub retry: u64,
    /// The longest wait after failures; a Retry-After beyond it is held to it.
    pub retry_most: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds { least: 10, most: 24 * 3600, retry: 5, retry_most: 3600 }
    }
}

impl Bounds {
    /// What the platform asks, held to the bounds.
    pub fn hold(&self, seconds: u64) -> Duration {
        Duration::from_secs(seconds.clamp(self.least, self.most))
    }
}

/// Who agrees to an installation that waits for consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Consent {
    /// The device agrees by itself.
    #[default]
    Always,
    /// The file `consent` in the folder says `yes` or `no`; until then the action waits.
    Ask,
}

/// `[update]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Update {
    /// Command that installs: the image's path is put behind it. Without one, updates are refused.
    pub installer: Vec<String>,
    /// Command that starts the device into what was installed.
    pub restart: Vec<String>,
    /// Command that makes the running slot the one that stays; run once the new version runs.
    pub confirm: Vec<String>,
    /// Who agrees where consent is asked.
    pub consent: Consent,
    /// The largest image, in bytes.
    pub largest: u64,
    /// Seconds that a command may run.
    pub timeout: u64,
    /// Where an image is put while it is downloaded; the agent's folder where it is not set.
    pub image: Option<PathBuf>,
    /// File that differs after each start of the device.
    pub boot_id: PathBuf,
}

impl Default for Update {
    fn default() -> Self {
        Update {
            installer: Vec::new(),
            restart: Vec::new(),
            confirm: Vec::new(),
            consent: Consent::Always,
            largest: 1 << 30,
            timeout: 1800,
            image: None,
            boot_id: "/proc/sys/kernel/random/boot_id".into(),
        }
    }
}

/// `[attest]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Attest {
    /// Command that prints evidence; it finds a nonce in `TEGATA_NONCE`.
    pub command: Vec<String>,
}

/// Whether the platform may start an erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum OnRequest {
    /// Only a person at the device.
    #[default]
    #[serde(rename = "by command")]
    ByCommand,
    /// The owner too, through the platform.
    #[serde(rename = "on request")]
    OnRequest,
}

/// `[erasure]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Erasure {
    /// Who may start it.
    pub erase: OnRequest,
    /// Files and folders with the owner's data.
    pub paths: Vec<PathBuf>,
}

impl Config {
    /// Reads and checks a file. Relative paths in it are meant from its folder.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let file = |why| ConfigError::File(path.to_owned(), why);
        let bytes = crate::disk::Disk::read(&crate::disk::Files, path, FILE_MAX).map_err(file)?;
        let bytes =
            bytes.ok_or_else(|| file(std::io::Error::other("there is no such file; --config names another")))?;
        let text = String::from_utf8(bytes).map_err(|_| file(std::io::Error::other("is no text")))?;
        Self::of(path, &text)
    }

    /// The same with the file's text.
    pub fn of(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let mut config: Config = toml::from_str(text).map_err(|e| ConfigError::Toml(path.to_owned(), Box::new(e)))?;
        config.check().map_err(|why| ConfigError::Value(path.to_owned(), why))?;
        let base = path.parent().unwrap_or(Path::new("."));
        let own = [&mut config.trust, &mut config.release.keys, &mut config.erasure.paths];
        own.into_iter().flatten().for_each(|path| *path = base.join(&*path));
        let single = [&mut config.log_keys, &mut config.release.version_file, &mut config.update.image];
        single.into_iter().flatten().for_each(|path| *path = base.join(&*path));
        Ok(config)
    }

    /// What cannot be with the agent's own folder here: an erasure would destroy the identity from manufacture, and with
    /// it every way to tell the platform. `file` is the configuration, for the error.
    pub fn check_folder(&self, folder: &Path, file: &Path) -> Result<(), ConfigError> {
        // what is not there yet counts as it is written
        let real = |path: &Path| std::fs::canonicalize(path).or_else(|_| std::path::absolute(path));
        let failed = |why| ConfigError::File(folder.to_owned(), why);
        let own = real(folder).map_err(failed)?;
        for path in &self.erasure.paths {
            let erased = real(path).map_err(failed)?;
            if own.starts_with(&erased) {
                let text = format!(
                    "erasure.paths names {}, where the agent keeps its own state ({}): name the owner's data only",
                    path.display(),
                    folder.display()
                );
                return Err(ConfigError::Value(file.to_owned(), text));
            }
        }
        Ok(())
    }

    /// What the types do not hold.
    fn check(&mut self) -> Result<(), String> {
        self.device_url = self.device_url.trim_end_matches('/').to_owned();
        if !is_trustworthy(&self.device_url) {
            return Err("device_url begins with https:// (plain http:// only on 127.0.0.1, for trials)".into());
        }
        if self.trust.is_empty() && self.device_url.starts_with("https:") {
            return Err("trust names no file: put the platform's HTTPS authority there, as init prints it".into());
        }
        if !is_segment(&self.tenant) || self.number.as_deref().is_some_and(|number| !is_segment(number)) {
            return Err("tenant and number have letters, digits, - and _ only".into());
        }
        let Bounds { least, most, retry, retry_most } = self.heartbeat;
        if least == 0 || least > most || retry == 0 || retry > retry_most {
            return Err("heartbeat: least is 1 or more and not above most; so are retry and retry_most".into());
        }
        Ok(())
    }
}

/// Only letters, digits, `-` and `_`: fit for a path.
pub fn is_segment(text: &str) -> bool {
    (1..=256).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn is_trustworthy(url: &str) -> bool {
    let plain = url.strip_prefix("http://").map(|rest| rest.split(['/', ':']).next() == Some("127.0.0.1"));
    plain.unwrap_or_else(|| url.strip_prefix("https://").is_some_and(|rest| !rest.is_empty()))
        && !url.contains(['?', '#', '@', ' '])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<Config, String> {
        let mut config: Config = toml::from_str(text).map_err(|e| e.message().to_owned())?;
        config.check().map(|()| config)
    }

    #[test]
    fn the_least_that_works() {
        let config = check("device_url = \"https://d.example/\"\ntrust = [\"ca.pem\"]").unwrap();
        assert_eq!((config.device_url.as_str(), config.tenant.as_str()), ("https://d.example", "DEFAULT"));
        assert_eq!(config.heartbeat.hold(0), Duration::from_secs(10));
        assert_eq!(config.heartbeat.hold(u64::MAX), Duration::from_secs(24 * 3600));
        assert_eq!(config.erasure.erase, OnRequest::ByCommand);
    }

    #[test]
    fn what_is_refused_says_why() {
        let https = "device_url = \"https://d.example\"\ntrust = [\"ca.pem\"]\n";
        for (text, word) in [
            ("device_url = \"http://d.example\"\ntrust = [\"ca.pem\"]", "https://"),
            ("device_url = \"http://127.0.0.1.example\"\ntrust = []", "https://"),
            ("device_url = \"https://u@d.example\"\ntrust = [\"ca.pem\"]", "https://"),
            ("device_url = \"https://d.example\"\ntrust = []", "HTTPS authority"),
            (&format!("{https}tenant = \"a/b\""), "letters"),
            (&format!("{https}[heartbeat]\nleast = 0"), "least"),
            (&format!("{https}[update]\nconsent = \"never\""), "unknown variant"),
            (&format!("{https}colour = 1"), "unknown field"),
        ] {
            let why = check(text).unwrap_err();
            assert!(why.contains(word), "{why}");
        }
    }

    #[test]
    fn an_erasure_leaves_the_agents_own_folder() {
        let place = tempfile::tempdir().unwrap();
        let own = place.path().join("state/agent");
        std::fs::create_dir_all(&own).unwrap();
        std::os::unix::fs::symlink(place.path(), place.path().join("link")).unwrap();
        let mut config = check("device_url = \"https://d.example\"\ntrust = [\"ca.pem\"]").unwrap();
        for (path, fits) in [
            ("state", false),
            ("state/agent", false),
            ("state/../state", false),
            ("link", false),
            ("link/state", false),
            ("data", true),
            ("state/agent-data", true),
            ("state/agent/photos", true),
        ] {
            config.erasure.paths = vec![place.path().join(path)];
            let checked = config.check_folder(&own, Path::new("agent.toml"));
            assert_eq!(checked.is_ok(), fits, "{path}: {checked:?}");
        }
    }

    #[test]
    fn paths_are_meant_from_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("agent.toml");
        std::fs::write(&file, "device_url = \"https://d.example\"\ntrust = [\"ca.pem\", \"/etc/b.pem\"]").unwrap();
        let config = Config::read(&file).unwrap();
        assert_eq!(config.trust, [folder.path().join("ca.pem"), "/etc/b.pem".into()]);
    }
}
