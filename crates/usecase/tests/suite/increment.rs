//! Increments: a chain is the newest state and nothing else, it fades as its oldest part does, and it never opens what
//! was erased for longer than promised.

use crate::behind::{Behind, traces};
use crate::world::{Seeded, World, day};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tegata_domain::number::Number;
use tegata_domain::organisation::OrganisationKind;
use tegata_domain::time::Clock;
use tegata_keys::recovery::RecoveryKey;
use tegata_usecase::device::act::Saying;
use tegata_usecase::device::{Act, act};
use tegata_usecase::erasure::erase;
use tegata_usecase::platform::{
    self, BackupOrder, BackupTaken, Faded, FadingState, RestoreOrder, Restored, VerifyOrder,
};
use tegata_usecase::{Cx, Result};

/// A world, and a folder with its backups.
struct Kept {
    world: World,
    folder: tempfile::TempDir,
}

impl Kept {
    async fn new() -> Kept {
        Kept { world: World::new().await, folder: tempfile::tempdir().unwrap() }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn backup(&self, out: &str, since: Option<&str>) -> Result<BackupTaken> {
        self.world.clock.pass(std::time::Duration::from_secs(1));
        let order = BackupOrder {
            database: Default::default(),
            objects: Default::default(),
            folder: self.world.data.clone(),
            unlock: None,
            out: self.at(out),
            recovery_key: self.at("key"),
            since: since.map(|name| self.at(name)),
            keep: day(90),
            clock: self.world.clock.clone(),
            chance: Arc::new(Seeded::new(self.world.clock.now().unwrap().millis() as u64)),
        };
        platform::backup(order, &|_, _, _| ()).await
    }

    async fn restore(&self, from: &str, to: &str, faded: Faded) -> Result<Restored> {
        let order = RestoreOrder {
            objects: Default::default(),
            from: self.at(from),
            recovery_key: self.at("key"),
            folder: self.at(to),
            unlock: None,
            tombstones: None,
            faded,
            clock: self.world.clock.clone(),
            chance: Arc::new(Seeded::new(5)),
        };
        platform::restore(order, &|_, _, _| ()).await
    }

    fn verify(&self, from: &str, with_key: bool) -> Result<platform::Verified> {
        let recovery_key = with_key.then(|| self.at("key"));
        let order = VerifyOrder { from: self.at(from), recovery_key, clock: self.world.clock.clone() };
        platform::verify(&order, &|_, _, _| ())
    }

    async fn ship(&self, number: Number) {
        act(number, Act::Ship, Saying::default(), &self.world.maker(), self.world.cx()).await.unwrap();
    }
}

async fn made(world: &World, prefix: &str, count: usize) -> Vec<Number> {
    let ticket = world.ticket(1000 + u32::from(prefix.as_bytes()[0])).await;
    let serials: Vec<String> = (0..count).map(|i| format!("{prefix}-{i}")).collect();
    let made = world.make(&ticket, &serials).await;
    made.into_iter().map(|(_, made)| Number::parse(&made.unwrap().number).unwrap()).collect()
}

/// Every row of every table, but what a restore changes on purpose.
async fn rows(folder: &Path) -> Vec<String> {
    let (behind, mut all) = (Behind::of(folder).await, Vec::new());
    for table in ["organisation", "product", "batch", "device", "certificate", "epoch", "event", "period", "running"] {
        all.extend(behind.rows(table).await.into_iter().map(|row| format!("{table}: {row}")));
    }
    all
}

fn firmware(world: &World, content: &str) -> String {
    let name = format!("firmware/{}", tegata_keys::digest::sha256_hex(content.as_bytes()));
    std::fs::write(world.data.join(&name), content).unwrap();
    name
}

#[tokio::test]
async fn a_chain_is_the_newest_state_and_nothing_else() {
    let kept = Kept::new().await;
    let numbers = made(&kept.world, "first", 300).await;
    let (old, gone) = (firmware(&kept.world, "old"), firmware(&kept.world, "gone"));
    std::fs::write(kept.world.data.join("keys/moved.key"), "moved offline later").unwrap();
    let full = kept.backup("full", None).await.unwrap();
    assert_eq!((full.manifest.kind(), full.manifest.chain.len()), ("full", 0));

    kept.ship(numbers[7]).await;
    let new = firmware(&kept.world, "new");
    std::fs::remove_file(kept.world.data.join("keys/moved.key")).unwrap();
    let second = kept.backup("second", Some("full")).await.unwrap();
    assert!(second.size * 4 < full.size, "{} of {}", second.size, full.size);
    assert!(!second.manifest.files.contains_key(&old) && second.manifest.files.contains_key(&new));

    made(&kept.world, "later", 20).await;
    kept.ship(numbers[8]).await;
    std::fs::remove_file(kept.world.data.join(&gone)).unwrap();
    let third = kept.backup("third", Some("second")).await.unwrap();
    assert_eq!(third.manifest.chain.iter().map(|link| link.file.as_str()).collect::<Vec<_>>(), ["full", "second"]);
    let last = platform::last_backup(&kept.world.data).unwrap();
    assert_eq!((last.at, last.kind.as_str(), last.bytes), (third.manifest.made_at, "incremental", third.size));
    assert_eq!(last.path.file_name(), Some("third".as_ref()));

    // names may change: the id under the seal counts
    std::fs::rename(kept.at("full"), kept.at("renamed")).unwrap();
    let restored = kept.restore("third", "data", Faded::Refuse).await.unwrap();
    assert_eq!(restored.manifest.counts["device"], 320);
    assert_eq!(rows(&kept.at("data")).await, rows(&kept.world.data).await);
    for (name, there) in [(&old, true), (&new, true), (&gone, false), (&"keys/moved.key".to_owned(), false)] {
        assert_eq!(kept.at("data").join(name).exists(), there, "{name}");
    }
    let cx = kept.world.open_at(kept.at("data")).await.unwrap();
    kept_on(&kept.world, &cx, numbers[7]).await;
    // the one between restores too
    kept.restore("second", "between", Faded::Refuse).await.unwrap();

    std::fs::remove_file(kept.at("renamed")).unwrap();
    let refused = kept.restore("third", "none", Faded::Refuse).await.err().unwrap();
    assert!(refused.code == "chain" && refused.public.contains("rests on full of"), "{}", refused.public);
    assert!(!kept.at("none").exists());
}

/// The restored platform goes on.
async fn kept_on(world: &World, cx: &Cx, number: Number) {
    act(number, Act::Quarantine, Saying::default(), &world.maker(), cx).await.unwrap();
}

#[tokio::test]
async fn what_was_erased_between_is_not_kept_alive_by_a_chain() {
    let kept = Kept::new().await;
    let world = &kept.world;
    let (name, words) = ("Zephyrine Clinic", "because Quillon said so");
    let (organisation, owner) = world.enter(name, OrganisationKind::Operator).await;
    let (_, heir) = world.enter("Heirs", OrganisationKind::Household).await;
    let numbers = made(world, "S", 40).await;
    world.hand_over(numbers[0], &world.maker(), &owner).await;
    let saying = Saying { reason: Some(words.into()), ..Saying::default() };
    act(numbers[0], Act::Quarantine, saying, &owner, world.cx()).await.unwrap();
    act(numbers[0], Act::Release, Saying::default(), &owner, world.cx()).await.unwrap();
    let full = kept.backup("full", None).await.unwrap();
    world.hand_over(numbers[0], &owner, &heir).await;
    erase(organisation.uid, name, &owner, world.cx()).await.unwrap();

    world.clock.pass(day(30));
    let second = kept.backup("second", Some("full")).await.unwrap();
    assert_eq!(second.manifest.fading_until, full.manifest.fading_until, "the first key that goes takes all with it");
    kept.restore("second", "data", Faded::Refuse).await.unwrap();
    assert_eq!(rows(&kept.at("data")).await, rows(&world.data).await);
    assert_eq!(traces(&kept.at("data"), &[name, words]), []);

    // the base's time is over, that of the increment's own key is not: no key of the file opens what the base holds
    world.clock.pass(day(61));
    let refused = kept.restore("second", "late", Faded::Refuse).await.err().unwrap();
    assert_eq!(refused.code, "expired");
    let keys = RecoveryKey::read(&kept.at("key")).unwrap();
    let now = world.clock.now().unwrap();
    assert!(keys.holding(&second.manifest.fading_key, now).is_some());
    assert!(keys.holding(&full.manifest.fading_key, now).is_none());
    let refused = kept.backup("third", Some("second")).await.err().unwrap();
    assert!(refused.code == "since" && refused.public.contains("make a full backup"), "{}", refused.public);
    assert_eq!(kept.verify("second", true).unwrap().files[0].fading, FadingState::Over);
    let restored = kept.restore("second", "late", Faded::Drop).await.unwrap();
    assert!(restored.dropped && restored.manifest.counts["device"] == 40);

    let again = kept.backup("again", None).await.unwrap();
    let names: Vec<_> = again.spent.iter().map(|path| path.file_name().unwrap().to_owned()).collect();
    assert_eq!(names, ["full", "second"], "of no use for payloads, and nothing young rests on them");
}

#[tokio::test]
async fn a_check_tells_what_is_whole_and_writes_nothing() {
    let kept = Kept::new().await;
    // more than one chunk of the seal
    let line = |i: u32| tegata_keys::digest::sha256_hex(&i.to_be_bytes());
    firmware(&kept.world, &(0..4000).map(line).collect::<String>());
    made(&kept.world, "S", 40).await;
    kept.backup("full", None).await.unwrap();
    made(&kept.world, "T", 40).await;
    kept.backup("second", Some("full")).await.unwrap();
    let names = || {
        let entries = std::fs::read_dir(kept.folder.path()).unwrap();
        entries.map(|e| e.unwrap().file_name()).collect::<std::collections::BTreeSet<_>>()
    };
    let before = names();
    let whole = kept.verify("second", true).unwrap();
    assert_eq!(whole.files.len(), 2);
    assert!(whole.files.iter().all(|file| file.fading == FadingState::Opened && file.digest == Some(true)));
    assert_eq!(kept.verify("second", false).unwrap().files[0].fading, FadingState::Unknown);
    assert_eq!(names(), before);

    let bytes = std::fs::read(kept.at("full")).unwrap();
    let mut broken = bytes.clone();
    broken[bytes.len() - 100] ^= 1;
    std::fs::write(kept.at("full"), &broken).unwrap();
    let said = kept.verify("second", true).unwrap_err().public;
    assert!(said.contains("its digest is not the one"), "{said}");
    assert!(kept.verify("full", false).is_err());
    // who changed both is found by the seal
    std::fs::remove_file(kept.at("full.sha256")).unwrap();
    assert!(kept.verify("full", false).unwrap_err().public.contains("give --recovery-key"));
    let said = kept.verify("second", true).unwrap_err().public;
    assert!(said.contains("damaged"), "{said}");
    broken[100] ^= 1;
    std::fs::write(kept.at("full"), &broken).unwrap();
    let said = kept.verify("second", true).unwrap_err().public;
    assert!(said.contains("full: the file was changed"), "not only that it is missing: {said}");
    assert!(kept.verify("key", true).is_err(), "no backup at all");

    // another full backup under the name of the base
    std::fs::remove_file(kept.at("full")).unwrap();
    kept.backup("full", None).await.unwrap();
    assert!(kept.verify("second", true).is_err() && kept.restore("second", "data", Faded::Refuse).await.is_err());
    std::fs::write(kept.at("full"), bytes).unwrap();
    std::fs::remove_file(kept.at("full.sha256")).unwrap();
    assert!(kept.verify("second", true).is_ok());
}

/// A kill leaves files behind; who comes next takes them away, and nothing else.
#[tokio::test]
async fn what_a_kill_left_is_swept() {
    let mut kept = Kept::new().await;
    made(&kept.world, "S", 4).await;
    kept.backup("full", None).await.unwrap();
    let head = std::fs::read(kept.at("full")).unwrap()[..100].to_vec();
    std::fs::write(kept.at("killed.part"), head).unwrap();
    std::fs::write(kept.at("foreign.part"), "somebody else's").unwrap();
    std::fs::create_dir(kept.at("data.part-1")).unwrap();
    std::fs::create_dir(kept.at("other.part-1")).unwrap();
    kept.restore("full", "data", Faded::Refuse).await.unwrap();
    kept.backup("second", Some("full")).await.unwrap();
    for (name, there) in
        [("killed.part", false), ("foreign.part", true), ("data.part-1", false), ("other.part-1", true)]
    {
        assert_eq!(kept.at(name).exists(), there, "{name}");
    }
    // a copy in plain goes with the next start
    let part = kept.world.data.join("backup.part");
    std::fs::create_dir(&part).unwrap();
    std::fs::write(part.join("tegata.db"), "a copy").unwrap();
    kept.world.close();
    kept.world.open().await.unwrap();
    assert!(!part.exists());
}
