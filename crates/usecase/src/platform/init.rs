//! Sets a platform up: folder, keys, authorities, first organisation and its administrator.
//!
//! Invariant: the data folder appears whole or not at all: it is made beside its place and moved there at the end.

use super::*;
use crate::cx::{Inner, Names};
use crate::error::Result;
use crate::organisation::create::{Founding, found};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tegata_domain::account::Account;
use tegata_domain::authority::{Authority, AuthorityKind};
use tegata_domain::chance::{self, Chance};
use tegata_domain::change::{Change, Write};
use tegata_domain::fact::Fact;
use tegata_domain::id::{AccountRow, AuthorityRow, OrganisationRow, Uuid};
use tegata_domain::ledger::{Head, Log};
use tegata_domain::membership::Membership;
use tegata_domain::organisation::{Kinds, Organisation, OrganisationKind};
use tegata_domain::permit::{Actor, Operation, Role, Subject};
use tegata_domain::person::PersonWrite;
use tegata_domain::time::{Clock, Timestamp};
use tegata_domain::token::TOKEN_LIFE_MAX;
use tegata_keys::seal::Seal;
use tegata_keys::signer::Signer;
use tegata_keys::{password, profile, secret};
use tegata_store::{Database, Mode, Row, Store};

/// What a new platform is asked for.
pub struct NewPlatform {
    /// The data folder; absent or empty.
    pub folder: PathBuf,
    /// Where the unlock file goes, if not into the data folder.
    pub unlock: Option<PathBuf>,
    /// The PostgreSQL that holds it, if the folder does not.
    pub database: Option<Database>,
    /// Public names.
    pub names: Names,
    /// Name of the first organisation.
    pub organisation: String,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub chance: Arc<dyn Chance>,
}

/// What `init` answers; token and password are shown this once.
pub struct Initialised {
    /// The data folder, absolute.
    pub folder: PathBuf,
    /// API token of the administrator.
    pub token: String,
    /// The first organisation.
    pub organisation: Uuid,
    /// Log-in name.
    pub user: String,
    /// First password.
    pub password: String,
}

fn check_names(names: &Names) -> Result<()> {
    for (what, url, scheme) in [
        ("public-url", &names.public_url, "https://"),
        ("device-url", &names.device_url, "https://"),
        ("plain-url", &names.plain_url, "http://"),
    ] {
        let rest = url.strip_prefix(scheme).unwrap_or_default();
        if rest.is_empty() || rest.contains(|c: char| c.is_whitespace() || "/+\"<>".contains(c)) || url.len() > 200 {
            return Err(Error::invalid("name", format!("--{what} is {scheme}HOST or {scheme}HOST:PORT, not {url}")));
        }
    }
    Ok(())
}

/// Sets a platform up.
pub async fn init(new: NewPlatform) -> Result<Initialised> {
    check_names(&new.names)?;
    let taken = fs::read_dir(&new.folder).map(|mut entries| entries.next().is_some()).unwrap_or(false);
    if taken {
        let text = format!("{} is not empty; nothing was changed. Give another --data", new.folder.display());
        return Err(Error::new(Kind::Conflict, "exists", text));
    }
    let mut name = new.folder.file_name().unwrap_or_default().to_owned();
    name.push(format!(".init-{}", std::process::id()));
    let part = new.folder.with_file_name(name);
    let mut made = build(&new, &part).await;
    if let (Ok(_), Some(database)) = (&made, &new.database) {
        made = made.and_then(|done| {
            let here = (part.as_path(), &Access::default());
            place::relocate(here, &Place::Database(database.clone()), &|_, _, _| {}).map(|_| done)
        });
    }
    let moved = made.and_then(|done| {
        owner::hand_over(&part, &new.folder, new.unlock.as_deref())?;
        fs::rename(&part, &new.folder).map_err(|e| local("cannot move the data folder to its place", e))?;
        let folder = fs::canonicalize(&new.folder).map_err(|e| local("data folder", e))?;
        Ok(Initialised { folder, ..done })
    });
    if moved.is_err() {
        let _nothing_to_keep = fs::remove_dir_all(&part);
    }
    moved
}

fn make_folder(path: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|e| local(&format!("cannot make {}", path.display()), e))
}

async fn build(new: &NewPlatform, folder: &Path) -> Result<Initialised> {
    make_folder(folder)?;
    make_folder(&folder.join("keys"))?;
    let now = new.clock.now()?;
    let chance = &*new.chance;
    let unlock = new.unlock.clone().unwrap_or_else(|| folder.join(UNLOCK_FILE));
    let seal = Seal::create(&unlock, &chance::bytes(chance)).map_err(|e| local("cannot make the unlock file", e))?;
    let store = Store::open(folder, Mode::Create)?;
    fix_names(&store, &new.names).await?;
    make_secrets(&store, &seal, chance).await?;
    let (root, root_signer) = make_root(new, &store, &seal, folder, now).await?;
    make_https(new, &store, &seal, folder, now).await?;
    for log in Log::ALL {
        store.ledger().create(log, Head { size: 0, root: tegata_wire::tlog::empty_root() }).await?;
    }
    write_first(new, &store, root, root_signer).await?;
    drop(store);
    let opening = Opening {
        folder: folder.to_owned(),
        unlock: new.unlock.clone(),
        database: Default::default(),
        settings: Default::default(),
        clock: Arc::clone(&new.clock),
        chance: Arc::clone(&new.chance),
    };
    let cx = open(opening).await?;
    found_first(new, &cx).await
}

async fn fix_names(store: &Store, names: &Names) -> Result<()> {
    store.secret().fix("public_url", names.public_url.clone()).await?;
    store.secret().fix("device_url", names.device_url.clone()).await?;
    store.secret().fix("plain_url", names.plain_url.clone()).await?;
    Ok(())
}

async fn make_secrets(store: &Store, seal: &Seal, chance: &dyn Chance) -> Result<()> {
    for name in [NUMBER_KEY, SERIAL_KEY, CURSOR_KEY, SESSION_KEY] {
        let key = chance::bytes::<32>(chance);
        store.secret().add(name, (1, 0, seal.seal(name, &key)?)).await?;
    }
    for name in [FACTS_KEY, DEVICES_KEY] {
        let (_, pkcs8) = Signer::generate_ed25519()?;
        store.secret().add(name, (1, 0, seal.seal(name, &pkcs8)?)).await?;
    }
    Ok(())
}

async fn make_root(
    new: &NewPlatform,
    store: &Store,
    seal: &Seal,
    folder: &Path,
    now: Timestamp,
) -> Result<(Authority, Signer)> {
    let (signer, pkcs8) = Signer::generate_p256()?;
    let serial = profile::random_serial(chance::bytes(&*new.chance));
    let name = profile::authority_name(&new.organisation, "Tegata Device Root");
    let certificate = profile::root(&signer, serial, &name, [now, Timestamp::NEVER], None)?;
    write_private(&folder.join(ROOT_KEY_FILE), &seal.seal(ROOT_KEY_FILE, &pkcs8)?)?;
    let text = pem(&certificate);
    fs::write(folder.join(ROOT_FILE), text).map_err(|e| local("cannot write the root certificate", e))?;
    let root = Authority {
        row: AuthorityRow(store.reserve(Row::Authority, 1).await?),
        uid: chance::uuid7(now, &*new.chance),
        kind: AuthorityKind::Root,
        organisation: OrganisationRow(1),
        certificate,
        sealed_key: None,
        shards: 1,
        created_at: now,
    };
    Ok((root, signer))
}

fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.map_err(|e| local(&format!("cannot write {}", path.display()), e))
}

async fn make_https(new: &NewPlatform, store: &Store, seal: &Seal, folder: &Path, now: Timestamp) -> Result<()> {
    let (signer, pkcs8) = Signer::generate_p256()?;
    let serial = profile::random_serial(chance::bytes(&*new.chance));
    let name = profile::authority_name(&new.organisation, "Tegata HTTPS Authority");
    let life = std::time::Duration::from_secs(20 * 365 * 24 * 3600);
    let certificate = profile::root(&signer, serial, &name, [now, now.plus(life)], Some(0))?;
    let text = pem(&certificate);
    fs::write(folder.join(HTTPS_CA_FILE), text).map_err(|e| local("cannot write the HTTPS authority", e))?;
    store.secret().add(HTTPS_KEY, (1, 0, seal.seal(HTTPS_KEY, &pkcs8)?)).await?;
    Ok(())
}

/// The first organisation and the root, so that the platform can be opened.
async fn write_first(new: &NewPlatform, store: &Store, root: Authority, signer: Signer) -> Result<()> {
    let now = root.created_at;
    drop(signer);
    let organisation = Organisation {
        row: OrganisationRow(store.reserve(Row::Organisation, 1).await?),
        uid: chance::uuid7(now, &*new.chance),
        name: new.organisation.clone(),
        kinds: Kinds::of(&[OrganisationKind::Platform, OrganisationKind::Maker, OrganisationKind::Operator]),
        created_at: now,
        factor: false,
    };
    let digest = tegata_keys::digest::sha256_hex(&root.certificate);
    let writes = vec![
        Write::Organisation(organisation),
        Write::Fact(Fact::authority_certified(&root, &digest)),
        Write::Fact(Fact::retention_policy(now)),
        Write::Authority(root),
    ];
    let permit = Actor::Platform.permit(Operation::Initialise, Subject::default())?;
    store.save(Change::of("platform", writes), &permit, now).await?;
    Ok(())
}

/// Authorities, account and token of the first organisation.
async fn found_first(new: &NewPlatform, cx: &Inner) -> Result<Initialised> {
    let now = cx.now()?;
    let organisation = cx.store.organisation().by_row(OrganisationRow(1)).await?;
    let organisation = organisation.ok_or_else(|| Error::internal("init lost its first organisation"))?;
    let Founding { mut writes, token } =
        found(cx, &organisation, ("init", Role::Administrator, now.plus(TOKEN_LIFE_MAX))).await?;
    let (user, password) = ("admin".to_owned(), secret::password(&*cx.chance));
    let account = Account {
        row: AccountRow(cx.store.reserve(Row::Account, 1).await?),
        uid: cx.uid(now),
        name: user.clone(),
        password_hash: Some(password::hash(&password, &chance::bytes(&*cx.chance))?),
        language: None,
        factor: None,
        version: 1,
        created_at: now,
        changed_at: now,
    };
    let membership =
        Membership { organisation: organisation.row, account: account.row, role: Role::Administrator, created_at: now };
    writes.push(Write::Person(PersonWrite::Account(account)));
    writes.push(Write::Person(PersonWrite::Membership(membership)));
    let permit = Actor::Platform.permit(Operation::Initialise, Subject::default())?;
    cx.store.save(Change::of(organisation.uid.to_string(), writes), &permit, now).await?;
    Ok(Initialised { folder: new.folder.clone(), token, organisation: organisation.uid, user, password })
}
