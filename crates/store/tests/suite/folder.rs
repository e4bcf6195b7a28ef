//! Data folders that cannot be opened: in use, absent, of another version, not ours, full.

use crate::fixture::World;
use tegata_store::{ErrorKind, Mode, Store};

fn refusal(folder: &std::path::Path, mode: Mode) -> (ErrorKind, String) {
    let error = Store::open(folder, mode).err().expect("it was opened");
    (error.kind, error.to_string())
}

#[tokio::test]
async fn one_process_per_data_folder() {
    let world = World::new(1).await;
    let (kind, text) = refusal(world.folder.path(), Mode::Existing);
    assert_eq!(kind, ErrorKind::InUse);
    assert!(text.contains("stop it, or give another --data"), "{text}");
}

#[tokio::test]
async fn folders_of_others() {
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(refusal(empty.path(), Mode::Existing).0, ErrorKind::Version);
    let (kind, text) = refusal(&empty.path().join("absent"), Mode::Existing);
    assert!(kind == ErrorKind::Version && text.contains("tegata init"), "{text}");
    let world = World::new(1).await;
    let World { store, folder } = world;
    drop(store);
    assert_eq!(refusal(folder.path(), Mode::Create).0, ErrorKind::Version, "nothing is overwritten");
    assert!(Store::open(folder.path(), Mode::Existing).is_ok());
}
