//! hawkBit's Direct Device Integration API, version 1: what update clients such as SWUpdate and RAUC speak.
//!
//! There is no specification but hawkBit itself; what stands here was read in `eclipse-hawkbit/hawkbit` 1.1.0 and held
//! against what its clients send. Paths, bodies and words only: what an action may do is decided elsewhere.
//! Clients follow the links for GET, but build the addresses of their feedback themselves, so the paths are binding.

pub mod answer;
pub mod request;

use std::time::Duration;

/// Media type of answers. Plain `application/json` is given to who takes nothing else.
pub const MEDIA_TYPE: &str = "application/hal+json";

/// Messages in one feedback.
pub const MESSAGES_MAX: usize = 50;

/// Characters of one message; a longer one is cut into several, as hawkBit does.
pub const MESSAGE_MAX: usize = 512;

/// Characters of a key and of a value in configData.
pub const ATTRIBUTE_MAX: usize = 128;

/// Attributes of a device.
pub const ATTRIBUTES_MAX: usize = 100;

/// What the device is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Execution {
    /// It is done with the action.
    Closed,
    /// It works on it.
    Proceeding,
    /// It stopped.
    Canceled,
    /// It will do it later.
    Scheduled,
    /// It will not.
    Rejected,
    /// It goes on.
    Resumed,
    /// It downloads.
    Download,
    /// It has downloaded.
    Downloaded,
}

/// How it ended, if it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Finished {
    /// Well.
    Success,
    /// Not well.
    Failure,
    /// Not yet.
    None,
}

/// The address of one device's resources: `{scheme}://{host}/{tenant}/controller/v1/{number}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base(String);

impl Base {
    /// Below `origin` (no slash at its end). Tenant and number must need no escaping.
    pub fn new(origin: &str, tenant: &str, number: &str) -> Self {
        Base(format!("{origin}/{tenant}/controller/v1/{number}"))
    }

    /// Where attributes are put.
    pub fn config_data(&self) -> String {
        format!("{}/configData", self.0)
    }

    /// What is to be installed; `change` differs when the body does.
    pub fn deployment(&self, action: i64, change: u32) -> String {
        format!("{}/deploymentBase/{action}?c={change}", self.0)
    }

    /// What was installed last.
    pub fn installed(&self, action: i64) -> String {
        format!("{}/installedBase/{action}", self.0)
    }

    /// What is to be stopped.
    pub fn cancel(&self, action: i64) -> String {
        format!("{}/cancelAction/{action}", self.0)
    }

    /// What waits for consent.
    pub fn confirmation(&self, action: i64, change: u32) -> String {
        format!("{}/confirmationBase/{action}?c={change}", self.0)
    }

    /// Where consent is given once for all.
    pub fn activate(&self) -> String {
        format!("{}/confirmationBase/activateAutoConfirm", self.0)
    }

    /// Where that is taken back.
    pub fn deactivate(&self) -> String {
        format!("{}/confirmationBase/deactivateAutoConfirm", self.0)
    }

    /// A file; its name is escaped here.
    pub fn artifact(&self, module: i64, name: &str) -> String {
        let name: String = name.bytes().map(escape).collect();
        format!("{}/softwaremodules/{module}/artifacts/{name}", self.0)
    }
}

/// `HH:MM:SS`; nobody waits longer than 23:59:59.
pub fn sleep(span: Duration) -> String {
    let seconds = span.as_secs().min(24 * 3600 - 1);
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// `Content-Disposition` of a download (RFC 6266): quoted, and in UTF-8 beside it where ASCII does not do.
pub fn disposition(name: &str) -> String {
    let name: String = name.chars().filter(|c| !c.is_control()).take(78).collect();
    let plain: String = name.chars().map(|c| if matches!(c, ' '..='~') { c } else { '_' }).collect();
    let quoted = plain.replace('\\', "\\\\").replace('"', "\\\"");
    if plain == name {
        return format!("attachment;filename=\"{quoted}\"");
    }
    let escaped: String = name.bytes().map(escape).collect();
    format!("attachment;filename=\"{quoted}\";filename*=UTF-8''{escaped}")
}

/// An octet of a path segment (RFC 3986 §2.3) or of an ext-value (RFC 8187 §3.2.1).
fn escape(byte: u8) -> String {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    }
}

#[cfg(test)]
#[path = "ddi_tests.rs"]
mod tests;
