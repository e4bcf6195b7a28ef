//! Opens a platform that `init` made: unlock, keys, logs.

use super::*;
use crate::authority::Issuers;
use crate::cx::{Cx, Inner, Names, Oidc, Settings};
use crate::error::Result;
use crate::ledger::{Ledger, Named};
use crate::lookup::{self, Catalogue};
use crate::pace::{Pace, Rate};
use crate::poll::Memory;
use crate::release::Releases;
use crate::seen::Seen;
use crate::turn::{Lanes, Turns};
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tegata_domain::chance::{self, Chance};
use tegata_domain::number::{KeyVersion, Permutations};
use tegata_domain::time::Clock;
use tegata_keys::profile;
use tegata_keys::seal::Seal;
use tegata_keys::session::SessionKey;
use tegata_keys::signer::Signer;
use tegata_outside::mail::Postman;
use tegata_outside::oidc::{self, Provider};
use tegata_store::{Mode, Store};
use zeroize::Zeroizing;

/// What a start is given.
pub struct Opening {
    /// The data folder.
    pub folder: PathBuf,
    /// The unlock file, if it does not lie in the data folder.
    pub unlock: Option<PathBuf>,
    /// What the settings say about the database that may hold the platform.
    pub database: Access,
    /// What may be set.
    pub settings: Settings,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub chance: Arc<dyn Chance>,
}

/// A clock may stand this much before the newest event, for leap seconds and slow NTP.
const BEHIND_MAX: Duration = Duration::from_secs(300);

/// Opens a platform, and ends an erasure that a crash cut off; refuses when folder, unlock file, clock or ledger do not fit.
pub async fn open(opening: Opening) -> Result<Cx> {
    let cx = assemble(opening, Mode::Existing).await?;
    crate::erasure::resume(&cx).await?;
    Ok(cx)
}

/// Opens a platform as it is now, to read it only, while another process may be serving it. For one reader: reads run
/// one after the other.
pub async fn open_to_read(opening: Opening) -> Result<Cx> {
    assemble(opening, Mode::Reading).await
}

async fn assemble(opening: Opening, mode: Mode) -> Result<Cx> {
    let store = place::open_store(&opening.folder, &opening.database, mode, &*opening.chance)?;
    if matches!(mode, Mode::Existing) {
        backup::sweep(&opening.folder);
    }
    let unlock = opening.unlock.clone().unwrap_or_else(|| opening.folder.join(UNLOCK_FILE));
    let seal = Seal::open_file(&unlock).map_err(|e| local("cannot unlock", e))?;
    check_clock(&store, &*opening.clock).await?;
    let names = Names {
        public_url: fixed(&store, "public_url").await?,
        device_url: fixed(&store, "device_url").await?,
        plain_url: fixed(&store, "plain_url").await?,
    };
    let unlocked = |e: tegata_keys::signer::KeyError| local("cannot unlock", e);
    let numbers = permutations(&store, &seal, NUMBER_KEY).await?;
    let serials = permutations(&store, &seal, SERIAL_KEY).await?;
    let cursors = permutations(&store, &seal, CURSOR_KEY).await?;
    let sessions = session_key(&store, &seal, &*opening.chance).await?;
    let keys = [
        Signer::from_pkcs8(&newest(&store, &seal, FACTS_KEY).await?).map_err(unlocked)?,
        Signer::from_pkcs8(&newest(&store, &seal, DEVICES_KEY).await?).map_err(unlocked)?,
    ];
    let postman = Postman::new(&opening.settings.mail, opening.folder.join(OUTBOX)).map_err(|e| local("mail", e))?;
    let provider = opening.settings.oidc.as_ref().map(|oidc| provider(oidc, &names)).transpose()?;
    let generation = store.secret().fixed(GENERATION).await?;
    let named = Named { public_url: &names.public_url, generation: generation.as_deref() };
    let place = objects::settle(&store, &opening.settings.objects, (&keys[0], named), mode).await?;
    let ledger = Ledger::open((&store, &place), keys, named, mode).await?;
    let releases = Releases::open(&place, mode)?;
    let rate = Rate::per_second(opening.settings.device_rate);
    let polls = Memory::of(opening.settings.poll_cache, rate);
    let lookups = lookup::Memory::of(opening.settings.lookup_cache);
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    Ok(Cx(Arc::new(Inner {
        store,
        place,
        clock: opening.clock,
        chance: opening.chance,
        settings: opening.settings,
        names,
        numbers,
        serials,
        cursors,
        seal,
        issuers: Issuers::default(),
        ledger,
        catalogue: Catalogue::default(),
        releases,
        surveys: Default::default(),
        postman,
        provider,
        tries: Default::default(),
        logins: Default::default(),
        seen: Seen::default(),
        polls,
        lookups,
        scans: Default::default(),
        askers: Default::default(),
        claimants: Default::default(),
        reporters: Default::default(),
        sessions,
        pace: Pace::new(rate),
        lanes: Lanes::new(LANES_A_CORE * cores),
        turns: Turns::new(cores),
    })))
}

/// Sends people back to the one address of ours that is known there.
fn provider(from: &Oidc, names: &Names) -> Result<Arc<Provider>> {
    let Oidc { issuer, client_id, client_secret, trust, .. } = from.clone();
    let redirect = format!("{}/login/provider/back", names.public_url);
    let settings = oidc::Settings { issuer, client_id, client_secret, redirect, trust };
    Provider::new(settings).map(Arc::new).map_err(|e| local("oidc", e))
}

async fn check_clock(store: &Store, clock: &dyn Clock) -> Result<()> {
    let now = clock.now()?;
    let Some(newest) = store.device().newest_event().await? else { return Ok(()) };
    if newest.since(now) <= BEHIND_MAX {
        return Ok(());
    }
    let text = format!(
        "the clock says {}, but the newest event is of {}; set the clock (NTP) and start again",
        now.rfc3339(),
        newest.rfc3339()
    );
    Err(Error::new(Kind::Unavailable, "clock_jumped", text))
}

pub(super) async fn fixed(store: &Store, name: &str) -> Result<String> {
    let value = store.secret().fixed(name).await?;
    value.ok_or_else(|| local("data folder", format!("{name} is not fixed; init did not finish")))
}

async fn permutations(store: &Store, seal: &Seal, name: &str) -> Result<Permutations> {
    let mut versions = Vec::new();
    for (version, from_row, sealed) in store.secret().versions(name).await? {
        let plain = seal.open(name, &sealed).map_err(|e| local("cannot unlock", e))?;
        let key = plain.as_slice().try_into().map_err(|_| local(name, "a key has 32 bytes"))?;
        versions.push(KeyVersion { version, from_row, key });
    }
    if versions.is_empty() {
        return Err(local("data folder", format!("the {name} key is missing")));
    }
    Ok(Permutations::new(&versions))
}

/// The key of session tokens; a data folder that is older than heartbeats gets one.
async fn session_key(store: &Store, seal: &Seal, chance: &dyn Chance) -> Result<SessionKey> {
    if store.secret().versions(SESSION_KEY).await?.is_empty() {
        let key = Zeroizing::new(chance::bytes::<32>(chance));
        store.secret().add(SESSION_KEY, (1, 0, seal.seal(SESSION_KEY, &*key)?)).await?;
    }
    let key = newest(store, seal, SESSION_KEY).await?;
    let key = key.as_slice().try_into().map_err(|_| local(SESSION_KEY, "a key has 32 bytes"))?;
    Ok(SessionKey::new(key))
}

pub(super) async fn newest(store: &Store, seal: &Seal, name: &str) -> Result<Zeroizing<Vec<u8>>> {
    let versions = store.secret().versions(name).await?;
    let (_, _, sealed) = versions.last().ok_or_else(|| local("data folder", format!("the {name} key is missing")))?;
    seal.open(name, sealed).map_err(|e| local("cannot unlock", e))
}

/// Chunks of lines that an organisation has on their way, for each core: enough that signing goes on while others wait
/// for their sync.
const LANES_A_CORE: usize = 8;

/// How long the server's own certificate holds; a new one is made at every start.
const SERVER_LIFE: Duration = Duration::from_secs(397 * 24 * 3600);

/// The server's own TLS identity for these host names: chain without root, and PKCS#8.
pub async fn https_identity(cx: &Inner, hosts: &[String]) -> Result<(Vec<Vec<u8>>, Zeroizing<Vec<u8>>)> {
    let now = cx.now()?;
    let key = Signer::from_pkcs8(&newest(&cx.store, &cx.seal, HTTPS_KEY).await?)?;
    let path = cx.store.folder().join(HTTPS_CA_FILE);
    let text = std::fs::read_to_string(&path).map_err(|e| local(&path.display().to_string(), e))?;
    let authority = from_pem(&text).ok_or_else(|| local(&path.display().to_string(), "no PEM certificate"))?;
    let serial = profile::random_serial(chance::bytes(&*cx.chance));
    let from = now.minus(Duration::from_secs(3600));
    let (leaf, pkcs8) = profile::server(&key, &authority, serial, hosts, [from, now.plus(SERVER_LIFE)])?;
    Ok((vec![leaf, authority], pkcs8))
}
