//! What every use case is given: store, clock, chance, keys, settings.

use crate::authority::Issuers;
use crate::campaign::Surveys;
use crate::error::Result;
use crate::ledger::Ledger;
use crate::lookup::Catalogue;
use crate::pace::Pace;
use crate::poll;
use crate::release::Releases;
use crate::seen::Seen;
use crate::turn::{Lanes, Turns};
use std::sync::Arc;
use std::time::Duration;
use tegata_domain::chance::Chance;
use tegata_domain::number::Permutations;
use tegata_domain::time::{Clock, Timestamp};
use tegata_keys::profile::Addresses;
use tegata_keys::seal::Seal;
use tegata_keys::session::SessionKey;
use tegata_outside::mail;
use tegata_outside::oidc;
use tegata_store::Store;
use tegata_store::object::Place;
pub use tegata_store::object::{S3, Settings as ObjectSettings};

/// The public names that were fixed at `init`: no slash at the end.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Names {
    /// Pages, look-up, ledger origin.
    pub public_url: String,
    /// EST, DDI, heartbeat.
    pub device_url: String,
    /// HTTP: CRLs and CA certificates.
    pub plain_url: String,
}

/// A provider that people log in by (OpenID Connect).
#[derive(Debug, Clone)]
pub struct Oidc {
    /// Its issuer.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// Our secret there.
    pub client_secret: Option<String>,
    /// Certificates that its own is checked against beside the system's, PEM.
    pub trust: Option<Vec<u8>>,
    /// What people call it.
    pub name: String,
    /// Whether it asks everybody for a second factor itself.
    pub second_factor: bool,
}

/// What may be set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long an operational certificate holds.
    pub ldevid_life: Duration,
    /// How long a CRL holds.
    pub crl_life: Duration,
    /// How often devices ask for releases.
    pub poll_interval: Duration,
    /// How many devices' last answers to polls are kept in memory.
    pub poll_cache: usize,
    /// How often a second one device may ask; 0 is without limit.
    pub device_rate: u32,
    /// How many devices' last answers to look-ups are kept in memory.
    pub lookup_cache: usize,
    /// The largest file of a release, in bytes.
    pub file_max: u64,
    /// Where tiles and files lie.
    pub objects: ObjectSettings,
    /// How notices leave.
    pub mail: mail::Settings,
    /// Who else says who people are.
    pub oidc: Option<Oidc>,
    /// Time between two heartbeats of a device.
    pub heartbeat: Duration,
    /// How look-ups are counted.
    pub lookup: crate::scan::Settings,
    /// How long a line may take to confirm a device of a batch that requires it.
    pub confirm_within: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        let day = Duration::from_secs(24 * 3600);
        Settings {
            ldevid_life: 90 * day,
            crl_life: 7 * day,
            heartbeat: Duration::from_secs(300),
            poll_interval: Duration::from_secs(300),
            poll_cache: 1_000_000,
            device_rate: 50,
            lookup_cache: 100_000,
            file_max: 1 << 30,
            confirm_within: 7 * day,
            objects: Default::default(),
            mail: Default::default(),
            oidc: None,
            lookup: Default::default(),
        }
    }
}

/// Everything that stays the same while the platform runs.
pub struct Inner {
    /// The store.
    pub store: Store,
    /// Where tiles and files lie.
    pub place: Place,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub chance: Arc<dyn Chance>,
    /// What may be set.
    pub settings: Settings,
    /// Names fixed at `init`.
    pub names: Names,
    /// Management numbers.
    pub numbers: Permutations,
    /// Certificate serials.
    pub serials: Permutations,
    /// Cursors of lists.
    pub cursors: Permutations,
    /// Opens what is kept at rest.
    pub seal: Seal,
    /// Authorities that are ready to issue.
    pub issuers: Issuers,
    /// The two logs.
    pub ledger: Ledger,
    /// Products that were looked up lately.
    pub catalogue: Catalogue,
    /// Files of releases, and releases that were asked for lately.
    pub releases: Releases,
    /// Targets of campaigns that are being counted.
    pub surveys: Surveys,
    /// Carries letters.
    pub postman: mail::Postman,
    /// Who else says who people are.
    pub provider: Option<Arc<oidc::Provider>>,
    /// Wrong codes of organisations that would take devices over.
    pub tries: crate::transfer::Tries,
    /// Wrong passwords, and who waits to have one looked at.
    pub logins: crate::login::Guard,
    /// When devices were last heard from.
    pub seen: Seen,
    /// Answers to polls with nothing to do.
    pub polls: poll::Memory,
    /// Answers to look-ups.
    pub lookups: crate::lookup::Memory,
    /// Look-ups that were not written down yet.
    pub scans: crate::scan::Scans,
    /// Who asked devices to sign.
    pub askers: crate::challenge::Askers,
    /// How often people tried to open a household.
    pub claimants: crate::transfer::Claimants,
    /// How often people reported.
    pub reporters: crate::report::Reporters,
    /// Tokens of heartbeats.
    pub sessions: SessionKey,
    /// How often devices ask.
    pub pace: Pace,
    /// Chunks of lines on their way, from the first check to the commit.
    pub lanes: Lanes,
    /// Lines that are checked and signed: as many at once as there are cores.
    pub turns: Arc<Turns>,
}

/// The context of a use case; cheap to clone.
#[derive(Clone)]
pub struct Cx(pub(crate) Arc<Inner>);

impl std::ops::Deref for Cx {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Inner {
    /// The present, or a refusal while the clock cannot be trusted.
    pub fn now(&self) -> Result<Timestamp> {
        self.clock.now().map_err(|jumped| {
            tracing::error!(
                by_seconds = jumped.by_seconds,
                "clock jumped; check NTP, then restart to accept the new time"
            );
            jumped.into()
        })
    }

    /// The present for judging what is only read; it goes on while the clock cannot be trusted. Nothing is dated with it.
    pub fn reading(&self) -> Result<Timestamp> {
        Ok(self.clock.reading()?)
    }

    /// Addresses that certificates carry.
    pub fn addresses(&self) -> Addresses {
        Addresses { plain: self.names.plain_url.clone() }
    }

    /// A new outward id.
    pub fn uid(&self, now: Timestamp) -> uuid::Uuid {
        tegata_domain::chance::uuid7(now, &*self.chance)
    }

    /// The outward id of something new: of the moment, or of the asker's Idempotency-Key, so that the same request
    /// again meets what it made before (UUIDv8, RFC 9562 §5.8).
    pub fn uid_of(&self, now: Timestamp, key: Option<IdempotencyKey<'_>>) -> uuid::Uuid {
        let Some(key) = key else { return self.uid(now) };
        let text = format!("{}\n{}\n{}", key.organisation.0, key.noun, key.key);
        let digest = tegata_keys::digest::sha256(text.as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }
}

/// What makes two requests one.
#[derive(Debug, Clone, Copy)]
pub struct IdempotencyKey<'a> {
    /// Whose key it is.
    pub organisation: tegata_domain::id::OrganisationRow,
    /// What it makes.
    pub noun: &'static str,
    /// The header's value.
    pub key: &'a str,
}
