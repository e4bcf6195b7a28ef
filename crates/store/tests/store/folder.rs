//! Data folders that cannot be opened: in use, absent, of another version, not ours, full.

use crate::fixture::{World, open};
use tegata_store::{ErrorKind, Mode};

fn refusal(folder: &std::path::Path, mode: Mode) -> (ErrorKind, String) {
    let error = open(folder, mode).err().expect("it was opened");
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
    let kind = refusal(folder.path(), Mode::Create).0;
    assert!(matches!(kind, ErrorKind::Version | ErrorKind::InUse), "nothing is overwritten: {kind:?}");
    assert!(open(folder.path(), Mode::Existing).is_ok());
}
