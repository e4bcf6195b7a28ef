//! A unit's folder: which files it has, and what they say of how far the unit is.
//!
//! | file | since |
//! |---|---|
//! | `key.pem` | before the request: the private key, unless a chip keeps it |
//! | `credential.json` | before the request: initial password and salt |
//! | `device.json`, `chain.pem`, `certificate.pem` | the platform answered |
//! | `label.svg`, `label.png`, `done.json` | the platform confirmed |

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tegata_document::label::{self, Label, UrlTooLong};
use tegata_domain::chance::{self, Chance};
use tegata_keys::credential;
use tegata_keys::file;
use zeroize::Zeroizing;

/// The private key.
pub const KEY: &str = "key.pem";
/// Initial password and salt.
pub const CREDENTIAL: &str = "credential.json";
/// What the platform said of the device.
pub const DEVICE: &str = "device.json";
/// The IDevID.
pub const CERTIFICATE: &str = "certificate.pem";
/// What stands between the IDevID and the root.
pub const CHAIN: &str = "chain.pem";
/// The label, drawn.
pub const LABEL_SVG: &str = "label.svg";
/// The label, as dots.
pub const LABEL_PNG: &str = "label.png";
/// The platform confirmed; written last.
pub const DONE: &str = "done.json";
/// Why a unit was set aside.
pub const PROBLEM: &str = "problem.json";
/// The folder of those that were set aside.
pub const REFUSED: &str = "refused";

/// A file of a unit cannot be read or written, or says nothing that can be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}")]
pub struct UnitError {
    path: String,
    why: String,
}

impl UnitError {
    fn at(path: &Path, why: impl ToString) -> Self {
        UnitError { path: path.display().to_string(), why: why.to_string() }
    }
}

/// Result of what is done in a folder.
pub type Result<T, E = UnitError> = std::result::Result<T, E>;

/// What the platform said of a device, and what its label shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The maker's serial number.
    pub serial: String,
    /// Management number.
    pub number: String,
    /// Outward id.
    pub device: String,
    /// The batch.
    pub batch: String,
    /// The maker's name.
    pub maker: String,
    /// Model designation.
    pub model: String,
    /// GTIN of 14 digits.
    pub gtin: String,
    /// Where labels lead to.
    pub public_url: String,
}

/// The initial password with its salt.
pub struct Credential {
    /// As it is printed.
    pub password: Zeroizing<String>,
    /// Of the digest.
    pub salt: [u8; 16],
}

impl Credential {
    /// What the platform is told.
    pub fn told(&self) -> Value {
        let encode = |bytes: &[u8]| data_encoding::BASE64.encode(bytes);
        json!({ "salt": encode(&self.salt), "hash": encode(&credential::hash(&self.salt, &self.password)) })
    }
}

/// A unit and its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The maker's serial number.
    pub serial: String,
    /// Name of its folder: the label of its key.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
}

/// The name of a serial's folder: what a file system may misread is written as `%2F`.
pub fn folder_name(serial: &str) -> String {
    let keep = |place: usize, b: u8| b.is_ascii_alphanumeric() || b"-_+,=".contains(&b) || (b == b'.' && place > 0);
    let first = if serial == REFUSED { 1 } else { 0 };
    let letter = |(place, b): (usize, u8)| match keep(place, b) && place >= first {
        true => char::from(b).to_string(),
        false => format!("%{b:02X}"),
    };
    serial.bytes().enumerate().map(letter).collect()
}

impl Unit {
    /// The unit of a serial below `out`.
    pub fn of(out: &Path, serial: &str) -> Unit {
        let name = folder_name(serial);
        Unit { serial: serial.to_owned(), folder: out.join(&name), name }
    }

    /// The unit whose folder this is.
    pub fn at(folder: &Path) -> Result<Unit> {
        let folder = std::path::absolute(folder).map_err(|e| UnitError::at(folder, e))?;
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut unit = Unit { serial: String::new(), name, folder };
        unit.serial = unit.device()?.serial;
        Ok(unit)
    }

    /// Whether it was begun.
    pub fn is_begun(&self) -> bool {
        self.folder.exists()
    }

    /// Whether the platform's answer is here.
    pub fn is_issued(&self) -> bool {
        self.device().is_ok() && self.certificate().is_ok() && self.chain().is_ok()
    }

    /// Whether it is finished.
    pub fn is_done(&self) -> bool {
        self.folder.join(DONE).exists()
    }

    fn write(&self, files: &[(&str, &[u8])]) -> Result<()> {
        file::write(&self.folder, files).map_err(|e| UnitError::at(&self.folder, e))
    }

    fn read(&self, name: &str) -> Result<Zeroizing<String>> {
        let path = self.folder.join(name);
        std::fs::read_to_string(&path).map(Zeroizing::new).map_err(|e| UnitError::at(&path, e))
    }

    fn object(&self, name: &str) -> Result<Value> {
        serde_json::from_str(&self.read(name)?).map_err(|e| UnitError::at(&self.folder.join(name), e))
    }

    /// Its initial password; `None` for a unit without one.
    pub fn credential(&self) -> Result<Option<Credential>> {
        let path = self.folder.join(CREDENTIAL);
        if !path.exists() {
            return Ok(None);
        }
        let object = self.object(CREDENTIAL)?;
        let salt = object["salt"].as_str().and_then(|text| data_encoding::BASE64.decode(text.as_bytes()).ok());
        let salt = salt.and_then(|salt| salt.try_into().ok());
        match (object["password"].as_str(), salt) {
            (Some(password), Some(salt)) => {
                Ok(Some(Credential { password: Zeroizing::new(password.to_owned()), salt }))
            }
            _ => Err(UnitError::at(&path, "no password with its salt")),
        }
    }

    /// Makes an initial password, unless there is one.
    pub fn make_credential(&self, chance: &dyn Chance) -> Result<()> {
        if self.credential()?.is_some() {
            return Ok(());
        }
        let (password, salt) = (credential::password(chance), chance::bytes::<16>(chance));
        let text = json!({ "password": &*password, "salt": data_encoding::BASE64.encode(&salt) }).to_string();
        self.write(&[(CREDENTIAL, Zeroizing::new(text).as_bytes())])
    }

    /// What the platform said.
    pub fn device(&self) -> Result<Device> {
        let object = self.object(DEVICE)?;
        let text = |name: &str| {
            let text = object[name].as_str().map(str::to_owned);
            text.ok_or_else(|| UnitError::at(&self.folder.join(DEVICE), format!("no {name}")))
        };
        Ok(Device {
            serial: text("serial")?,
            number: text("number")?,
            device: text("device")?,
            batch: text("batch")?,
            maker: text("maker")?,
            model: text("model")?,
            gtin: text("gtin")?,
            public_url: text("public_url")?,
        })
    }

    /// Keeps the platform's answer.
    pub fn keep(&self, d: &Device, certificate: &[u8], chain: &[Vec<u8>]) -> Result<()> {
        let device = json!({
            "serial": d.serial, "number": d.number, "device": d.device, "batch": d.batch, "maker": d.maker,
            "model": d.model, "gtin": d.gtin, "public_url": d.public_url,
        });
        let device = device.to_string() + "\n";
        let chain: String = chain.iter().map(|der| pem(der)).collect();
        let certificate = pem(certificate);
        // the certificate last: where it is, the others are
        self.write(&[(DEVICE, device.as_bytes()), (CHAIN, chain.as_bytes()), (CERTIFICATE, certificate.as_bytes())])
    }

    /// The IDevID, DER.
    pub fn certificate(&self) -> Result<Vec<u8>> {
        let all = certificates(&self.read(CERTIFICATE)?);
        let first = all.and_then(|all| all.into_iter().next());
        first.ok_or_else(|| UnitError::at(&self.folder.join(CERTIFICATE), "no certificate in PEM"))
    }

    /// What stands between the IDevID and the root, DER.
    pub fn chain(&self) -> Result<Vec<Vec<u8>>> {
        let all = certificates(&self.read(CHAIN)?);
        all.ok_or_else(|| UnitError::at(&self.folder.join(CHAIN), "no certificates in PEM"))
    }

    /// Draws its label anew; answers both files.
    pub fn print(&self) -> Result<[PathBuf; 2]> {
        let (device, credential) = (self.device()?, self.credential()?);
        let url = label::digital_link(&device.public_url, &device.gtin, &device.serial, &device.number);
        let label = Label {
            url: &url,
            number: &device.number,
            model: &device.model,
            maker: &device.maker,
            serial: &device.serial,
            gtin: &device.gtin,
            password: credential.as_ref().map(|credential| credential.password.as_str()),
        };
        let long = |e: UrlTooLong| UnitError::at(&self.folder, e);
        let (svg, png) = (Zeroizing::new(label::svg(&label).map_err(long)?), label::png(&label).map_err(long)?);
        self.write(&[(LABEL_SVG, svg.as_bytes()), (LABEL_PNG, &png)])?;
        Ok([LABEL_SVG, LABEL_PNG].map(|name| self.folder.join(name)))
    }

    /// Notes that the platform confirmed it.
    pub fn finish(&self) -> Result<()> {
        let text = json!({ "serial": self.serial, "confirmed": true }).to_string() + "\n";
        self.write(&[(DONE, text.as_bytes())])
    }

    /// Sets it aside with the reason.
    pub fn set_aside(&self, out: &Path, problem: &Value) -> Result<()> {
        let aside = out.join(REFUSED);
        let failed = |e| UnitError::at(&aside, e);
        self.write(&[(PROBLEM, (problem.to_string() + "\n").as_bytes())])?;
        file::folder(&aside).map_err(failed)?;
        std::fs::rename(&self.folder, aside.join(&self.name)).map_err(failed)?;
        file::sync_folder(&aside).and_then(|()| file::sync_folder(out)).map_err(failed)
    }

    /// Why it was set aside, if it was.
    pub fn aside(&self, out: &Path) -> Result<Option<Value>> {
        let folder = out.join(REFUSED).join(&self.name);
        if !folder.exists() {
            return Ok(None);
        }
        let there = Unit { folder, ..self.clone() };
        there.object(PROBLEM).map(Some)
    }

    /// Takes it back from where it was set aside.
    pub fn take_back(&self, out: &Path) -> Result<()> {
        let aside = out.join(REFUSED);
        let failed = |e| UnitError::at(&self.folder, e);
        std::fs::rename(aside.join(&self.name), &self.folder).map_err(failed)?;
        std::fs::remove_file(self.folder.join(PROBLEM)).map_err(failed)?;
        file::sync_folder(&aside).and_then(|()| file::sync_folder(out)).map_err(failed)
    }
}

/// PEM (RFC 7468) of a certificate.
pub fn pem(der: &[u8]) -> String {
    let text = data_encoding::BASE64.encode(der);
    let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

/// The certificates of a PEM text, DER; `None` where there is none or one is broken.
pub fn certificates(text: &str) -> Option<Vec<Vec<u8>>> {
    let bodies = text.split("-----BEGIN CERTIFICATE-----").skip(1);
    let decode = |part: &str| {
        let (body, _) = part.split_once("-----END CERTIFICATE-----")?;
        let plain: String = body.chars().filter(|c| !c.is_whitespace()).collect();
        data_encoding::BASE64.decode(plain.as_bytes()).ok()
    };
    let all: Option<Vec<Vec<u8>>> = bodies.map(decode).collect();
    all.filter(|all| !all.is_empty())
}

#[cfg(test)]
#[path = "unit_tests.rs"]
mod tests;
