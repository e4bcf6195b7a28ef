//! A platform goes from one engine to the other and back, and is the same.

use crate::fixture::*;
use tegata_domain::id::DeviceRow;
use tegata_domain::ledger::{Head, Log};
use tegata_store::{Database, Mode, STORE_FILE, Store, carry, snapshot};
use tegata_testkit::Postgres;

/// A folder with a platform of its own, as young as one can be.
async fn young(key: u8) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), Mode::Create).unwrap();
    store.secret().add("key", (1, 0, vec![key; 60])).await.unwrap();
    for log in Log::ALL {
        store.ledger().create(log, Head { size: 0, root: [7; 32] }).await.unwrap();
    }
    drop(store);
    folder
}

#[tokio::test]
async fn what_was_broken_off_goes_on_and_takes_no_other_platform_for_its_own() {
    let database = Database::at(Postgres::shared().database());
    let (folder, kept, other) = (young(1).await, tempfile::tempdir().unwrap(), young(2).await);
    let moving = "tegata.db.moving";
    std::fs::copy(folder.path().join(snapshot::DATABASE), kept.path().join(moving)).unwrap();
    let counts = carry::move_into_postgres(folder.path(), &database).unwrap();

    // as if it had been killed behind the commit
    assert_eq!(carry::move_into_postgres(kept.path(), &database).unwrap(), counts);
    assert!(kept.path().join(STORE_FILE).exists() && !kept.path().join(moving).exists());

    let refused = carry::move_into_postgres(other.path(), &database).unwrap_err().to_string();
    assert!(refused.contains("holds a platform already"), "{refused}");
    assert!(other.path().join(snapshot::DATABASE).exists() && !other.path().join(STORE_FILE).exists());
}

#[tokio::test]
async fn there_and_back_it_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), Mode::Create).unwrap();
    let World { store, folder } = World::of(store, folder, 10).await;
    let mut odd = made(1, "tab\there, \\N, line\nend, 版", 1);
    odd.subject = "\\.".into();
    store.save_all(vec![odd, made(2, "B", 2)], &permit(), NOW).await.unwrap();
    let device = store.device().by_row(DeviceRow(1)).await.unwrap();
    drop(store);
    let before = snapshot::counts(folder.path()).unwrap();
    let database = Database::at(Postgres::shared().database());

    let counts = carry::move_into_postgres(folder.path(), &database).unwrap();
    assert_eq!(counts, before);
    assert!(!folder.path().join(snapshot::DATABASE).exists() && folder.path().join(STORE_FILE).exists());
    let other = tempfile::tempdir().unwrap();
    let again = carry::move_into_postgres(other.path(), &database).unwrap_err();
    assert!(!other.path().join(STORE_FILE).exists(), "{again}");

    let there = open(folder.path(), Mode::Existing).unwrap();
    assert_eq!(there.device().by_row(DeviceRow(1)).await.unwrap(), device);
    there.save(made(3, "C", 3), &permit(), NOW).await.unwrap();
    assert!(there.lease().hold().await.unwrap());
    let served = carry::move_into_folder(folder.path(), &database, &|_, _| ()).unwrap_err().to_string();
    assert!(served.contains("another tegata process"), "{served}");
    drop(there);
    let held = carry::move_into_folder(folder.path(), &database, &|_, _| ()).unwrap_err().to_string();
    assert!(held.contains("a node serves this platform"), "{held}");
    Postgres::shared().run(database.url.rsplit('/').next().unwrap(), "delete from lease");

    let counts = carry::move_into_folder(folder.path(), &database, &|_, _| ()).unwrap();
    assert_eq!((counts["device"], counts["leaf"]), (3, before["leaf"] + 1));
    let back = Store::open(folder.path(), Mode::Existing).unwrap();
    assert_eq!(back.device().by_row(DeviceRow(1)).await.unwrap(), device);
    let closed = Store::connect(other.path(), &database, Mode::Existing, "late".into()).err().unwrap();
    assert!(closed.to_string().contains("run the newer tegata"), "{closed}");
}
