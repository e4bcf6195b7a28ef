//! What `tegata doctor` finds in a platform that opens: each fault is made, found with what to do, and gone again.

use crate::behind::Behind;
use crate::ledger::facts;
use crate::world::{World, day};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;
use tegata_domain::ledger::Log;
use tegata_usecase::platform::{self, BackupOrder, examine, rights};

async fn warnings(world: &World) -> String {
    let found = examine(world.cx()).await;
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    found.warnings.join("\n")
}

#[tokio::test]
async fn an_old_backup_is_told_and_a_new_one_is_not() {
    let world = World::new().await;
    assert_eq!(warnings(&world).await, "", "a new platform");
    world.clock.pass(day(4));
    assert!(warnings(&world).await.contains("no backup was taken"));
    let out = world.data.with_file_name("backup");
    let order = BackupOrder {
        database: Default::default(),
        objects: Default::default(),
        since: None,
        folder: world.data.clone(),
        unlock: None,
        out,
        recovery_key: world.data.with_file_name("recovery.key"),
        keep: day(90),
        clock: world.clock.clone(),
        chance: world.chance(),
    };
    let taken = platform::backup(order, &|_, _, _| {}).await.unwrap();
    assert!(taken.left_out.is_empty(), "the note of the last one is ours: {:?}", taken.left_out);
    assert_eq!(warnings(&world).await, "");
    world.clock.pass(day(5));
    let told = warnings(&world).await;
    assert!(told.contains("the last backup is 5 days old; run `tegata backup`"), "{told}");
    world.clock.back(day(7));
    assert!(warnings(&world).await.contains("is yet to come; check the clock"));
}

#[tokio::test]
async fn an_authority_that_ends_is_told_in_time() {
    let world = World::new().await;
    world.clock.pass(19 * day(365));
    let told = warnings(&world).await;
    assert!(told.contains("https-ca.pem ends in 365 days, at 20") && told.contains("tls.certificate"), "{told}");
    world.clock.pass(2 * day(365));
    let found = examine(world.cx()).await;
    assert!(found.problems.len() == 1 && found.problems[0].contains("https-ca.pem has ended"), "{found:?}");
    fs::write(world.data.join("https-ca.pem"), "nothing").unwrap();
    assert!(examine(world.cx()).await.problems[0].contains("holds no certificate"));
}

#[tokio::test]
async fn a_clock_behind_the_newest_event_is_told() {
    let world = World::new().await;
    world.one().await;
    world.clock.back(Duration::from_secs(120));
    let told = warnings(&world).await;
    assert!(told.contains("the clock is 120 s behind the newest event; check NTP"), "{told}");
}

#[tokio::test]
async fn what_a_start_does_not_see_of_the_ledger_is_found() {
    let mut world = World::new().await;
    facts(&world, 17_000).await;
    let bundle = world.data.join("ledger/facts/tile/entries/001");
    // so many are written as a group; the next checkpoint tells the store that they are files
    while !world.data.join("ledger/facts/tile/0/065").exists() {
        tokio::task::yield_now().await;
    }
    let tiled = || async { world.cx().store.ledger().standing(Log::Facts).await.unwrap().tiled };
    while tiled().await == 0 {
        facts(&world, 1).await;
    }
    assert_eq!(examine(world.cx()).await.problems, Vec::<String>::new());
    let mut bytes = fs::read(&bundle).unwrap();
    bytes[40] ^= 1;
    fs::remove_file(&bundle).unwrap();
    fs::write(&bundle, &bytes).unwrap();
    let found = examine(world.cx()).await.problems;
    assert!(found.len() == 1 && found[0].contains("tile/entries/001") && found[0].contains("evidence"), "{found:?}");
    fs::remove_file(&bundle).unwrap();
    assert_eq!(examine(world.cx()).await.problems, found, "a lost one too");
    bytes[40] ^= 1;
    fs::write(&bundle, &bytes).unwrap();
    assert_eq!(examine(world.cx()).await.problems, Vec::<String>::new());
    world.close();
    let behind = Behind::of(&world.data).await;
    let change = format!("update fact set leaf = {} where idx = 700", behind.bytes(&[0]));
    assert_eq!(behind.change(&change).await, 1);
    drop(behind);
    world.open().await.unwrap();
    let found = examine(world.cx()).await.problems;
    assert!(found.len() == 1 && found[0].contains("ledger 'facts'"), "a leaf of the store: {found:?}");
}

#[tokio::test]
async fn rights_and_places_of_files_are_looked_at() {
    let world = World::new().await;
    let (data, unlock) = (world.data.clone(), world.data.join("unlock"));
    let mode = |path: &std::path::Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let problems = || rights(&data, &unlock).problems.join("\n");
    assert_eq!(problems(), "");
    for (name, wrong, right) in [("", 0o750, 0o700), ("unlock", 0o640, 0o600), ("keys/root.key", 0o604, 0o600)] {
        let path = data.join(name);
        mode(&path, wrong);
        let found = problems();
        assert!(found.contains("can be read by others; run: chmod go=") && found.contains(name), "{name}: {found}");
        mode(&path, right);
    }
    mode(&data.join("root.pem"), 0o666);
    assert!(problems().contains("root.pem can be written by others; run: chmod o-w"));
    mode(&data.join("root.pem"), 0o644);
    let inside = data.join("hidden");
    fs::copy(&unlock, &inside).unwrap();
    assert!(rights(&data, &inside).warnings[0].contains("lies in the data folder, beside what it opens"));
    assert!(rights(&data, &data.with_file_name("unlock")).warnings.is_empty());
}
