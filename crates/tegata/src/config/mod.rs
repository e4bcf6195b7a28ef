//! Configuration: defaults, one TOML file, environment, flags, from weak to strong. Unknown keys are errors.
//!
//! One section a file; the text beside each key is its manual, which `tegata config show` prints.

pub mod enrolment;
pub mod heartbeat;
pub mod limits;
pub mod log;
pub mod lookup;
pub mod mail;
pub mod objects;
pub mod oidc;
pub mod production;
pub mod release;
pub mod revocation;
pub mod server;
pub mod store;
pub mod tls;
pub mod trace;
pub mod update;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

/// A key: its name, its default, its manual.
pub struct Key {
    /// `section.key`.
    pub name: &'static str,
    /// The default, as text.
    pub default: &'static str,
    /// What it does.
    pub manual: &'static str,
}

/// Every key there is.
pub fn keys() -> impl Iterator<Item = &'static Key> {
    let device_side = [enrolment::KEYS, heartbeat::KEYS, revocation::KEYS, release::KEYS, update::KEYS];
    let sections =
        [server::KEYS, store::KEYS, tls::KEYS, limits::KEYS, production::KEYS].into_iter().chain(device_side);
    sections.chain([lookup::KEYS, objects::KEYS, mail::KEYS, oidc::KEYS, log::KEYS, trace::KEYS]).flatten()
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nothing was said.
    Default,
    /// The configuration file.
    File(String),
    /// An environment variable.
    Environment(String),
    /// A flag.
    Flag(&'static str),
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::Default => f.write_str("default"),
            Source::File(path) => write!(f, "file {path}"),
            Source::Environment(name) => write!(f, "environment {name}"),
            Source::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// A configuration that cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("configuration: {0}")]
pub struct ConfigError(String);

/// The effective values, each with its source.
pub struct Values(BTreeMap<&'static str, (String, Source)>, BTreeMap<&'static str, String>);

/// A flag that was given: its name, the key that it sets, its value.
pub type Flag = (&'static str, &'static str, String);

/// Name of the environment variable of a key.
fn variable(key: &str) -> String {
    format!("TEGATA_{}", key.replace('.', "_").to_ascii_uppercase())
}

/// A variable that begins as those of a section, but names no key, is misspelt.
fn check_variable(name: &str) -> Result<(), ConfigError> {
    let section = |key: &Key| format!("{}_", variable(key.name.split('.').next().unwrap_or_default()));
    let ours = keys().any(|key| name.starts_with(&section(key)));
    if !ours || keys().any(|key| variable(key.name) == name) {
        return Ok(());
    }
    Err(ConfigError(format!("environment: there is no key behind {name}; `tegata config show` lists all")))
}

impl Values {
    /// Gathers all sources.
    pub fn gather(file: Option<&Path>, environment: &[(String, String)], flags: &[Flag]) -> Result<Self, ConfigError> {
        let Some(path) = file else { return Self::of(None, environment, flags) };
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|e| ConfigError(format!("{name}: {e}")))?;
        Self::of(Some((&name, &text)), environment, flags)
    }

    /// The same with the file's name and text.
    pub fn of(
        file: Option<(&str, &str)>,
        environment: &[(String, String)],
        flags: &[Flag],
    ) -> Result<Self, ConfigError> {
        let mut values: BTreeMap<_, _> =
            keys().map(|key| (key.name, (key.default.to_owned(), Source::Default))).collect();
        if let Some((name, text)) = file {
            for (key, value) in flatten(name, text)? {
                let slot = values.iter_mut().find(|(known, _)| **known == key);
                let (_, slot) = slot.ok_or_else(|| unknown(name, &key))?;
                *slot = (value, Source::File(name.to_owned()));
            }
        }
        for (name, _) in environment {
            check_variable(name)?;
        }
        for key in keys() {
            let name = variable(key.name);
            if let Some((_, value)) = environment.iter().find(|(known, _)| *known == name) {
                values.insert(key.name, (value.clone(), Source::Environment(name)));
            }
        }
        for (flag, key, value) in flags {
            values.insert(*key, (value.clone(), Source::Flag(flag)));
        }
        let foreign = |name: &'static str| Some((name, environment.iter().find(|(known, _)| known == name)?.1.clone()));
        Ok(Values(values, objects::ENVIRONMENT.into_iter().filter_map(foreign).collect()))
    }

    /// Key, value, source of every value, by name.
    pub fn list(&self) -> impl Iterator<Item = (&'static str, Cow<'_, str>, &Source)> {
        self.0.iter().map(|(key, (value, source))| (*key, shown(value), source))
    }

    /// A value in its type; the error names key and source.
    pub fn get<T: FromStr>(&self, key: &'static str, wanted: &str) -> Result<T, ConfigError> {
        let (value, source) = &self.0[key];
        value.parse().map_err(|_| ConfigError(format!("{key} = \"{value}\" ({source}) is not {wanted}")))
    }

    /// A variable of the environment under the name that others gave it; it is never listed.
    fn foreign(&self, name: &'static str) -> Option<String> {
        self.1.get(name).cloned().filter(|value| !value.is_empty())
    }

    /// A text that may be absent (empty).
    pub fn text(&self, key: &'static str) -> Option<String> {
        Some(self.0[key].0.clone()).filter(|value| !value.is_empty())
    }
}

fn unknown(file: &str, key: &str) -> ConfigError {
    let near = keys().map(|known| known.name).find(|known| known.rsplit('.').next() == key.rsplit('.').next());
    let hint = near.map_or_else(|| "`tegata config show` lists all".to_owned(), |near| format!("did you mean {near}?"));
    ConfigError(format!("{file}: there is no key {key}; {hint}"))
}

/// A value as it may be shown: an address without its password.
fn shown(value: &str) -> Cow<'_, str> {
    let parts = value.split_once("://").and_then(|(scheme, rest)| {
        let (user, host) = rest.rsplit_once('@')?;
        let (name, _password) = user.split_once(':')?;
        Some(format!("{scheme}://{name}:***@{host}"))
    });
    parts.map_or(Cow::Borrowed(value), Cow::Owned)
}

/// `section.key` and value of a TOML file with one level of sections.
fn flatten(file: &str, text: &str) -> Result<Vec<(String, String)>, ConfigError> {
    let table: toml::Table = text.parse().map_err(|e| ConfigError(format!("{file}: {e}")))?;
    let mut flat = Vec::new();
    for (section, value) in table {
        let toml::Value::Table(keys) = value else { return Err(unknown(file, &section)) };
        for (key, value) in keys {
            let text = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Boolean(yes) => yes.to_string(),
                _ => return Err(ConfigError(format!("{file}: {section}.{key} is a text, a number or a boolean"))),
            };
            flat.push((format!("{section}.{key}"), text));
        }
    }
    Ok(flat)
}

/// Everything, in its types.
#[derive(Debug, Clone)]
pub struct Config {
    /// Section `server`.
    pub server: server::Server,
    /// Section `store`.
    pub store: tegata_usecase::platform::Access,
    /// Section `tls`.
    pub tls: tls::Tls,
    /// Section `limits`.
    pub limits: limits::Limits,
    /// What the use cases are given.
    pub settings: tegata_usecase::cx::Settings,
    /// Section `log`.
    pub log: log::Log,
    /// Section `trace`; `None` where nothing is traced.
    pub trace: Option<trace::Trace>,
}

impl Config {
    /// From the effective values.
    pub fn from(values: &Values) -> Result<Self, ConfigError> {
        Ok(Config {
            server: server::Server::from(values)?,
            store: store::access(values)?,
            tls: tls::Tls::from(values)?,
            limits: limits::Limits::from(values)?,
            settings: tegata_usecase::cx::Settings {
                ldevid_life: enrolment::ldevid_life(values)?,
                crl_life: revocation::crl_life(values)?,
                poll_interval: update::poll_interval(values)?,
                poll_cache: update::poll_cache(values)?,
                device_rate: limits::device_rate(values)?,
                lookup_cache: limits::lookup_cache(values)?,
                file_max: release::file_max(values)?,
                objects: objects::settings(values)?,
                mail: mail::settings(values)?,
                oidc: oidc::settings(values)?,
                heartbeat: heartbeat::every(values)?,
                lookup: lookup::settings(values)?,
                confirm_within: production::confirm_within(values)?,
            },
            log: log::Log::from(values)?,
            trace: trace::Trace::from(values)?,
        })
    }
}

fn refuse(text: String) -> ConfigError {
    ConfigError(text)
}

/// The secret in a file that nobody else may read.
fn secret_file(key: &str, path: &str) -> Result<String, ConfigError> {
    use std::os::unix::fs::PermissionsExt;
    let read = || -> std::io::Result<(u32, String)> {
        Ok((std::fs::metadata(path)?.permissions().mode(), std::fs::read_to_string(path)?))
    };
    match read() {
        Ok((mode, _)) if mode & 0o077 != 0 => {
            Err(refuse(format!("{key}: others may read {path}; run: chmod 600 {path}")))
        }
        Ok((_, text)) => Ok(text.trim_end_matches(['\r', '\n']).to_owned()),
        Err(error) => Err(refuse(format!("{key}: {path}: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn strong_beats_weak() {
        let file = write("[server]\nhttps = \"127.0.0.1:1\"\nhttp = \"127.0.0.1:2\"\n[limits]\nin_flight = 7\n");
        let environment = [("TEGATA_SERVER_HTTP".to_owned(), "127.0.0.1:3".to_owned())];
        let flags = [("--http", "server.http", "127.0.0.1:4".to_owned())];
        let values = Values::gather(Some(file.path()), &environment, &[]).unwrap();
        let config = Config::from(&values).unwrap();
        let ports = (config.server.https.port(), config.server.http.port(), config.limits.in_flight);
        assert_eq!(ports, (1, 3, 7));
        let values = Values::gather(Some(file.path()), &environment, &flags).unwrap();
        assert_eq!(values.0["server.http"], ("127.0.0.1:4".to_owned(), Source::Flag("--http")));
    }

    #[test]
    fn unknown_keys_are_errors() {
        let file = write("[limits]\nhttps = \"x\"\n");
        let error = Values::gather(Some(file.path()), &[], &[]).err().unwrap().to_string();
        assert!(error.contains("did you mean server.https?"), "{error}");
    }

    #[test]
    fn misspelt_variables_are_errors() {
        let set = |name: &str| Values::gather(None, &[(name.to_owned(), "7".to_owned())], &[]).map(drop);
        assert!(set("TEGATA_LIMITS_INFLIGHT").is_err());
        assert!(set("TEGATA_LIMITS_IN_FLIGHT").is_ok());
        assert!(set("TEGATA_TOKEN").is_ok() && set("TEGATA_LOGO").is_ok(), "of others");
    }

    #[test]
    fn wrong_values_name_their_source() {
        let file = write("[limits]\nin_flight = \"many\"\n");
        let values = Values::gather(Some(file.path()), &[], &[]).unwrap();
        let error = Config::from(&values).unwrap_err().to_string();
        assert!(error.contains("limits.in_flight = \"many\" (file "), "{error}");
    }
}
