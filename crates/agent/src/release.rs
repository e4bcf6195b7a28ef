//! Which release this device takes: signed by a pinned key, for its product, not older in security than what runs.
//!
//! Why on the device: a stolen server can offer anything. What it cannot do is sign, or make a signed release say
//! another product, version or digest.

use crate::config::Config;
use crate::cx::Cx;
use crate::ddi::Deployment;
use crate::error::{Error, Result};
use crate::hook;
use crate::pem;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tegata_domain::id::Uuid;
use tegata_keys::statement;
use tegata_wire::release::Manifest;

const INSTALLED: &str = "installed.json";
/// Characters of a version.
const VERSION_MAX: usize = 64;

/// What runs, as the last update left it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installed {
    /// Version.
    pub version: String,
    /// Security version: nothing lower is installed.
    pub security_version: u32,
}

/// What was installed last through this agent. Where the file is lost or unreadable, the configured security version is
/// the floor that remains.
pub fn installed(cx: &Cx) -> Option<Installed> {
    match cx.folder.json(INSTALLED) {
        Ok(installed) => installed,
        Err(why) => {
            cx.say(format!("what was installed last is not known: {why}"));
            None
        }
    }
}

/// A new version runs.
pub fn save_installed(cx: &Cx, installed: &Installed) -> Result<()> {
    Ok(cx.folder.save_json(INSTALLED, installed)?)
}

/// The lowest security version that may be installed.
pub fn floor(cx: &Cx) -> u32 {
    installed(cx).map_or(0, |installed| installed.security_version).max(cx.config.release.security_version)
}

/// The version that runs, from where the configuration says; `None` where it says nothing.
pub fn running(cx: &Cx) -> Result<Option<String>> {
    let release = &cx.config.release;
    let text = if !release.version_command.is_empty() {
        let printed = hook::run(&release.version_command, &[], &[], Duration::from_secs(30))?;
        String::from_utf8_lossy(&printed).into_owned()
    } else if let Some(path) = &release.version_file {
        std::fs::read_to_string(path).map_err(|why| Error::file(path, why))?
    } else {
        match &release.version {
            Some(version) => version.clone(),
            None => return Ok(None),
        }
    };
    let version = text.lines().next().unwrap_or_default().trim().to_owned();
    let is_version = (1..=VERSION_MAX).contains(&version.len()) && version.bytes().all(|b| (b' '..=b'~').contains(&b));
    if is_version { Ok(Some(version)) } else { Err(Error::Other("the running version is no version".into())) }
}

/// The keys that sign releases for this device, SubjectPublicKeyInfo.
fn release_keys(config: &Config) -> Result<Vec<Vec<u8>>> {
    let mut keys = Vec::new();
    for path in &config.release.keys {
        let text = std::fs::read(path).map_err(|why| Error::file(path, why))?;
        let found = pem::blocks(&text, pem::PUBLIC_KEY).map_err(|why| Error::file(path, why))?;
        keys.extend(found.into_iter().map(|der| der.to_vec()));
    }
    Ok(keys)
}

/// What a device knows of itself when it judges a release.
#[derive(Debug, Clone)]
pub struct Own {
    /// Product, from the IDevID.
    pub product: u128,
    /// Running version.
    pub version: String,
    /// Lowest security version.
    pub floor: u32,
    /// Largest image, bytes.
    pub largest: u64,
    /// Keys that sign its releases.
    pub keys: Vec<Vec<u8>>,
}

impl Own {
    /// As it is now.
    pub fn gather(cx: &Cx) -> Result<Self> {
        let version = running(cx)?.ok_or_else(|| {
            Error::Other("the running version is not known: set version_file or version_command under [release]".into())
        })?;
        Ok(Own {
            product: crate::enrol::product(cx)?,
            version,
            floor: floor(cx),
            largest: cx.config.update.largest,
            keys: release_keys(&cx.config)?,
        })
    }

    /// Whether this device takes what is offered; else the reason, for the maker.
    pub fn judge(&self, offered: &Deployment) -> Result<Manifest, String> {
        if self.keys.is_empty() {
            return Err("this device has no release key and installs nothing".into());
        }
        let (Some(text), Some(signature)) = (&offered.manifest, &offered.signature) else {
            return Err("the release has no signed manifest".into());
        };
        let signature = BASE64_STANDARD.decode(signature.trim()).map_err(|_| "the signature is no base64")?;
        let signs = |key: &Vec<u8>| statement::verify(key, text.as_bytes(), &signature).is_ok();
        if !self.keys.iter().any(signs) {
            return Err("no release key of this device signed the manifest".into());
        }
        let manifest = Manifest::parse(text).map_err(|why| format!("the manifest: {why}"))?;
        self.fits(&manifest)?;
        if manifest.size != offered.size || !hex(&manifest.sha256).eq_ignore_ascii_case(&offered.sha256) {
            return Err("the offered file is not the one of the manifest".into());
        }
        Ok(manifest)
    }

    /// Whether a genuine release is for this device now.
    fn fits(&self, manifest: &Manifest) -> Result<(), String> {
        let own = Uuid::from_u128(self.product).to_string();
        if manifest.product != own {
            return Err(format!("the release is for product {}, this device is a {own}", manifest.product));
        }
        let (new, floor) = (manifest.security_version, self.floor);
        if new < floor {
            return Err(format!("security version {new} is older than {floor}, which is installed"));
        }
        if new == floor && manifest.version == self.version {
            return Err(format!("version {} runs already", self.version));
        }
        if manifest.size > self.largest {
            return Err(format!("the image has {} bytes, this device takes {}", manifest.size, self.largest));
        }
        Ok(())
    }
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
