//! Releases: a version of a product's software, as its maker signed it; and what devices report that they run.

use crate::device::{Device, Step};
use crate::event::EventKind;
use crate::id::{DeviceRow, OrganisationRow, ProductRow, ReleaseKeyRow, ReleaseRow, Uuid};
use crate::time::Timestamp;
use serde_json::{Map, Value};

/// A release. It never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Row.
    pub row: ReleaseRow,
    /// Outward id.
    pub uid: Uuid,
    /// Of which product.
    pub product: ProductRow,
    /// The maker.
    pub organisation: OrganisationRow,
    /// Its version, 1–64 visible ASCII characters; one of a kind in the product.
    pub version: String,
    /// Grows when going back would open a weakness again.
    pub security_version: u32,
    /// Whether it ends what a recall or a quarantine is about, so that held devices may have it.
    pub remedy: bool,
    /// How the file is called on the way to the device.
    pub file_name: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its SHA-256: the name that it is kept under.
    pub sha256: [u8; 32],
    /// Its SHA-1, which DDI clients ask for.
    pub sha1: [u8; 20],
    /// Its MD5, which DDI clients ask for.
    pub md5: [u8; 16],
    /// The maker's signature over the manifest.
    pub signature: Vec<u8>,
    /// The release key that it was checked with; `None` while the product had none.
    pub key: Option<Uuid>,
    /// Since when it is here.
    pub created_at: Timestamp,
}

/// A release on its way in, with what it was decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The release. Its key signs for the product still; where it names none, the product has none that does.
    pub release: Release,
    /// No release of the product has a higher security version than this.
    pub highest: u32,
}

/// A key that signs the releases of a product. Its private half never comes here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseKey {
    /// Row.
    pub row: ReleaseKeyRow,
    /// Outward id.
    pub uid: Uuid,
    /// Of which product.
    pub product: ProductRow,
    /// SubjectPublicKeyInfo, DER.
    pub spki: Vec<u8>,
    /// Since when it is here.
    pub created_at: Timestamp,
    /// Since when it signs nothing more.
    pub ended_at: Option<Timestamp>,
}

/// What a device runs, as it said last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// The device.
    pub device: DeviceRow,
    /// The version that it reports.
    pub version: String,
    /// The release of that version, where one is known here.
    pub release: Option<ReleaseRow>,
    /// Since when it reports it.
    pub at: Timestamp,
}

/// What is kept of what a device says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttributeSet {
    /// Whether all that were there go first.
    pub replace: bool,
    /// Names with their new values; none removes.
    pub values: std::collections::BTreeMap<String, Option<String>>,
}

/// A standing consent of a device or its user to all that is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// Since when.
    pub at: Timestamp,
    /// Who gave it.
    pub initiator: Option<String>,
    /// Why.
    pub remark: Option<String>,
}

/// What a maker says of a new release.
#[derive(Debug, Clone, Default)]
pub struct NewRelease {
    /// Its version.
    pub version: String,
    /// Its security version.
    pub security_version: u32,
    /// Whether it is a remedy.
    pub remedy: bool,
    /// Name of its file.
    pub file_name: String,
    /// An administrator wants it although its security version is older than one that was published.
    pub allow_older: bool,
    /// The release key that signed it; any of the product's when absent.
    pub key: Option<Uuid>,
}

/// Why a release cannot be published so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// A version of another form.
    #[error("a version has 1 to {VERSION_MAX} visible ASCII characters, without spaces")]
    Version,
    /// A file name of another form.
    #[error("a file name has 1 to 128 letters, digits and . _ + -, and does not begin with a dot")]
    FileName,
    /// An empty file.
    #[error("the file is empty")]
    Empty,
    /// Older than what is out.
    #[error(
        "security_version {asked} is lower than {published}, which was published already; devices would refuse it. An \
         administrator may publish it with allow_older"
    )]
    Older {
        /// What was asked for.
        asked: u32,
        /// The highest that was published.
        published: u32,
    },
}

/// The longest version.
pub const VERSION_MAX: usize = 64;

/// Whether a text can be the version of a release.
pub fn is_version(text: &str) -> bool {
    (1..=VERSION_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

/// Whether a text can be a version that a device reports: up to 64 printable ASCII characters.
pub fn is_reported(text: &str) -> bool {
    (1..=VERSION_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
}

/// Whether a text can be the name of a release's file.
fn is_file_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._+-".contains(&b);
    (1..=128).contains(&text.len()) && !text.starts_with('.') && text.bytes().all(plain)
}

impl NewRelease {
    /// Checks its texts.
    pub fn check(&self) -> Result<(), ReleaseError> {
        match () {
            () if !is_version(&self.version) => Err(ReleaseError::Version),
            () if !is_file_name(&self.file_name) => Err(ReleaseError::FileName),
            () => Ok(()),
        }
    }

    /// Whether it goes back behind the highest security version that was published.
    pub fn older_than(&self, published: Option<u32>) -> Option<ReleaseError> {
        let asked = self.security_version;
        published.filter(|published| *published > asked).map(|published| ReleaseError::Older { asked, published })
    }
}

impl Device {
    /// The device reported that it runs another version than before.
    pub fn updated(self, version: &str, previous: Option<&str>, release: Option<Uuid>, now: Timestamp) -> Step {
        let mut data = Map::new();
        data.insert("by".into(), "device".into());
        data.insert("version".into(), version.into());
        if let Some(previous) = previous {
            data.insert("previous".into(), previous.into());
        }
        if let Some(release) = release {
            data.insert("release".into(), release.to_string().into());
        }
        let mut step = Step::new(self);
        step.event(EventKind::Updated, now, Value::Object(data));
        step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let new = |version: &str, file_name: &str| {
            NewRelease { version: version.into(), file_name: file_name.into(), ..NewRelease::default() }.check()
        };
        assert_eq!(new("1.4.0+b7", "image-1.4.swu"), Ok(()));
        for wrong in ["", "1 4", "1.4\n", "版", &"9".repeat(65)] {
            assert_eq!(new(wrong, "a"), Err(ReleaseError::Version), "{wrong}");
        }
        for wrong in ["", ".part", "../a", "a/b", "a b", "a\"", &"x".repeat(129)] {
            assert_eq!(new("1", wrong), Err(ReleaseError::FileName), "{wrong}");
        }
        assert!(is_reported("Debian 12") && !is_reported("") && !is_reported("a\tb"));
    }

    #[test]
    fn a_security_version_does_not_go_back() {
        let new = NewRelease { security_version: 4, ..NewRelease::default() };
        assert_eq!(new.older_than(None), None);
        assert_eq!(new.older_than(Some(4)), None);
        assert_eq!(new.older_than(Some(5)), Some(ReleaseError::Older { asked: 4, published: 5 }));
    }
}
