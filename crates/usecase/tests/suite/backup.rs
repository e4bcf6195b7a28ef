//! Backups under a clock that moves: what fades is gone when its time is over, everything else is not.

use crate::behind::Behind;
use crate::world::{Seeded, World, day};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tegata_domain::ledger::Log;
use tegata_domain::number::Number;
use tegata_domain::time::Clock;
use tegata_usecase::device::act::Saying;
use tegata_usecase::device::{Act, act};
use tegata_usecase::platform::{self, BackupOrder, Faded, Opening, RestoreOrder, Restored};
use tegata_usecase::{Cx, Kind, Result, ledger};

async fn backup(world: &World, out: PathBuf, key: PathBuf) -> Result<platform::BackupTaken> {
    let order = BackupOrder {
        database: Default::default(),
        objects: Default::default(),
        folder: world.data.clone(),
        unlock: None,
        out,
        recovery_key: key,
        since: None,
        keep: day(90),
        clock: world.clock.clone(),
        chance: Arc::new(Seeded::new(world.clock.now().unwrap().millis() as u64)),
    };
    platform::backup(order, &|_, _, _| ()).await
}

async fn restore(world: &World, from: &Path, key: &Path, folder: PathBuf, faded: Faded) -> Result<Restored> {
    let order = RestoreOrder {
        objects: Default::default(),
        from: from.to_owned(),
        recovery_key: key.to_owned(),
        folder,
        unlock: None,
        tombstones: None,
        faded,
        clock: world.clock.clone(),
        chance: Arc::new(Seeded::new(5)),
    };
    platform::restore(order, &|_, _, _| ()).await
}

async fn open(world: &World, folder: PathBuf) -> Cx {
    let opening = Opening {
        folder,
        unlock: None,
        database: Default::default(),
        settings: Default::default(),
        clock: world.clock.clone(),
        chance: Arc::new(Seeded::new(6)),
    };
    platform::open(opening).await.unwrap()
}

/// A proof, once its checkpoint is there.
async fn prove(number: Number, sequence: u32, world: &World, cx: &Cx) -> Result<ledger::Proof> {
    ledger::sequence(Log::Devices, cx).await?;
    ledger::prove(number, sequence, &world.maker(), cx).await
}

#[tokio::test]
async fn what_fades_is_gone_when_its_time_is_over() {
    let world = World::new().await;
    let (_, made, number) = world.one().await;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let key = at("recovery.key");
    let taken = backup(&world, at("first"), key.clone()).await.unwrap();
    assert!(taken.new_key && taken.left_out.is_empty());

    world.clock.pass(day(89));
    restore(&world, &at("first"), &key, at("in-time"), Faded::Refuse).await.unwrap();
    let cx = open(&world, at("in-time")).await;
    assert!(prove(number, 1, &world, &cx).await.unwrap().text.contains("/ledger/devices/2027"), "a new origin");
    drop(cx);

    let kept = std::fs::read(&key).unwrap();
    world.clock.pass(day(2));
    let refused = restore(&world, &at("first"), &key, at("late"), Faded::Refuse).await.err().unwrap();
    assert!(refused.code == "expired" && refused.public.contains("is over"), "{}", refused.public);
    assert!(!at("late").exists());
    assert!(!backup(&world, at("second"), key.clone()).await.unwrap().new_key);
    let text = std::fs::read_to_string(&key).unwrap();
    assert!(!text.contains(&taken.manifest.fading_key), "the key itself is gone with the next backup");
    assert_ne!(text.as_bytes(), kept);

    let restored = restore(&world, &at("first"), &key, at("late"), Faded::Drop).await.unwrap();
    assert!(restored.dropped);
    let cx = open(&world, at("late")).await;
    let refused = prove(number, 1, &world, &cx).await.err().unwrap();
    assert_eq!((refused.kind, refused.code), (Kind::Gone, "erased"));
    let seen = tegata_usecase::device::certificates(number, &world.maker(), &cx).await.unwrap();
    assert_eq!(seen[0].1.der, made.certificate, "identity outlives what was said");
    act(number, Act::Ship, Saying::default(), &world.maker(), &cx).await.unwrap();
    prove(number, 2, &world, &cx).await.unwrap();
}

#[tokio::test]
async fn two_restores_of_one_backup_are_two_logs() {
    let world = World::new().await;
    world.one().await;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    backup(&world, at("one"), at("key")).await.unwrap();
    let mut origins = Vec::new();
    for name in ["a", "b"] {
        world.clock.pass(std::time::Duration::from_secs(1));
        let restored = restore(&world, &at("one"), &at("key"), at(name), Faded::Refuse).await.unwrap();
        origins.extend(restored.logs.into_iter().map(|(_, origin)| origin));
    }
    // and a restore of a backup of a restored platform is one more
    let mut second = World::new().await;
    second.close();
    second.data = at("b");
    backup(&second, at("two"), at("key")).await.unwrap();
    world.clock.pass(std::time::Duration::from_secs(1));
    let restored = restore(&world, &at("two"), &at("key"), at("c"), Faded::Refuse).await.unwrap();
    assert!(restored.logs.iter().all(|(old, _)| origins.contains(&old.origin)));
    origins.extend(restored.logs.into_iter().map(|(_, origin)| origin));
    let unique: std::collections::BTreeSet<&String> = origins.iter().collect();
    assert_eq!(unique.len(), 6, "{origins:?}");
}

/// 600 devices and their leaves: two full tiles and a partial one.
async fn filled(world: &World) -> Vec<Number> {
    let ticket = world.ticket(600).await;
    let serials: Vec<String> = (0..600).map(|i| format!("S{i}")).collect();
    let made = world.make(&ticket, &serials).await;
    ledger::sequence(Log::Devices, world.cx()).await.unwrap();
    made.into_iter().map(|(_, made)| Number::parse(&made.unwrap().number).unwrap()).collect()
}

/// A backup holds no tiles; leaves that no checkpoint covered yet are taken in by the restored platform.
#[tokio::test]
async fn a_restore_makes_all_tiles_and_takes_in_what_waited() {
    let world = World::new().await;
    let numbers = filled(&world).await;
    act(numbers[0], Act::Ship, Saying::default(), &world.maker(), world.cx()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    backup(&world, at("backup"), at("key")).await.unwrap();
    let restored = restore(&world, &at("backup"), &at("key"), at("data"), Faded::Refuse).await.unwrap();
    assert_eq!(restored.logs[1].0.head.size, 600);
    let cx = open(&world, at("data")).await;
    let standing = cx.store.ledger().standing(Log::Devices).await.unwrap();
    assert_eq!((standing.head.size, standing.tiled), (601, 512));
    for name in ["tile/0/000", "tile/0/001", "tile/entries/001"] {
        assert!(at("data/ledger/devices").join(name).exists(), "{name}");
    }
    for (number, sequence) in [(numbers[300], 1), (numbers[0], 2)] {
        let proof = ledger::prove(number, sequence, &world.maker(), &cx).await.unwrap();
        assert!(proof.text.contains(restored.logs[1].1.as_str()));
    }
}

/// Beside a server whose tiles are no files yet.
#[tokio::test]
async fn a_platform_that_is_only_read_proves_and_writes_no_tile() {
    let world = World::new().await;
    let numbers = filled(&world).await;
    let upload = world.data.join("firmware/1.part");
    std::fs::write(&upload, "half").unwrap();
    let opening = Opening {
        folder: world.data.clone(),
        unlock: None,
        database: Default::default(),
        settings: Default::default(),
        clock: world.clock.clone(),
        chance: Arc::new(Seeded::new(7)),
    };
    let reading = platform::open_to_read(opening).await.unwrap();
    act(numbers[0], Act::Ship, Saying::default(), &world.maker(), world.cx()).await.unwrap();
    ledger::sequence(Log::Devices, world.cx()).await.unwrap();
    let proof = ledger::prove(numbers[300], 1, &world.maker(), &reading).await.unwrap();
    assert!(proof.text.contains("\n600\n"), "one moment: {}", proof.text);
    assert!(ledger::prove(numbers[0], 2, &world.maker(), &reading).await.is_err());
    drop(reading);
    assert!(!world.data.join("ledger/devices/tile").exists() && upload.exists());
}

/// A backup that nobody could unlock is worth nothing, so it is not made.
#[tokio::test]
async fn a_wrong_unlock_file_makes_no_backup() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let unlock = folder.path().join("unlock");
    tegata_keys::seal::Seal::create(&unlock, &[1; 32]).unwrap();
    let order = BackupOrder {
        database: Default::default(),
        objects: Default::default(),
        folder: world.data.clone(),
        unlock: Some(unlock),
        out: folder.path().join("out"),
        recovery_key: folder.path().join("key"),
        since: None,
        keep: day(90),
        clock: world.clock.clone(),
        chance: Arc::new(Seeded::new(99)),
    };
    assert!(platform::backup(order, &|_, _, _| ()).await.is_err());
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!left.contains(&"out".into()) && !left.contains(&"out.part".into()), "{left:?}");
    assert!(!world.data.join("backup.part").exists());
}

/// The seal shows that nobody changed the backup; the ledger shows that nobody had changed the store before.
#[tokio::test]
async fn a_changed_store_is_noticed_when_it_is_restored() {
    for change in [
        "update log set root = ZEROS where id = 1",
        "update log set size = 0 where id = 1",
        "update event set commitment = ZEROS",
        "delete from leaf where log = 1",
    ] {
        let mut world = World::new().await;
        let (_, _, number) = world.one().await;
        prove(number, 1, &world, world.cx()).await.unwrap();
        world.close();
        let behind = Behind::of(&world.data).await;
        assert_eq!(behind.change(&change.replace("ZEROS", &behind.bytes(&[0; 32]))).await, 1, "{change}");
        drop(behind);
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        backup(&world, at("backup"), at("key")).await.unwrap();
        let refused = restore(&world, &at("backup"), &at("key"), at("data"), Faded::Refuse).await.err();
        let refused = refused.unwrap_or_else(|| panic!("{change} went unnoticed"));
        assert_eq!(refused.code, "ledger_mismatch", "{change}: {}", refused.public);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3, "{change}: nothing is left behind");
    }
}

/// A file that is named by its digest and holds something else is told, and the backup goes on.
#[tokio::test]
async fn a_file_that_was_damaged_on_the_disk_is_told() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let (whole, other) = (b"firmware".as_slice(), b"firmwave".as_slice());
    let name = tegata_keys::digest::sha256_hex(whole);
    std::fs::create_dir_all(world.data.join("firmware")).unwrap();
    let mut told = Vec::new();
    for (n, content) in [whole, other].into_iter().enumerate() {
        std::fs::write(world.data.join("firmware").join(&name), content).unwrap();
        let out = folder.path().join(n.to_string());
        told.push(backup(&world, out, folder.path().join("recovery.key")).await.unwrap().damaged);
    }
    assert_eq!(told, [vec![], vec![format!("firmware/{name}")]]);
}
