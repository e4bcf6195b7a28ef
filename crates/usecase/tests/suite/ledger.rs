//! The ledger: chain, proofs, what a crash leaves out, what a change betrays.

use crate::world::World;
use tegata_domain::ledger::Log;
use tegata_domain::number::Number;
use tegata_usecase::device::act::Saying;
use tegata_usecase::device::{Act, act};
use tegata_usecase::ledger::{checkpoint, keys, prove, prove_stamp, sequence, tile};
use tegata_usecase::{Cx, Kind};
use tegata_wire::life::Extra;
use tegata_wire::signed_note::Verifier;
use tegata_wire::tlog::leaf_hash;
use tegata_wire::tlog_proof::TlogProof;
use tegata_wire::tlog_tiles::TilePath;

/// 600 devices and their leaves: two full tiles and a partial one.
async fn filled() -> (World, Vec<Number>) {
    let world = World::new().await;
    let ticket = world.ticket(600).await;
    let serials: Vec<String> = (0..600).map(|i| format!("S{i}")).collect();
    let made = world.make(&ticket, &serials).await;
    assert_eq!(sequence(Log::Devices, world.cx()).await.unwrap(), 600);
    let numbers = made.into_iter().map(|(_, m)| Number::parse(&m.unwrap().number).unwrap()).collect();
    (world, numbers)
}

fn devices_keys(cx: &Cx) -> Vec<Verifier> {
    let all = keys(cx);
    all.lines().map(|l| Verifier::parse(l).unwrap()).filter(|v| v.name() == cx.ledger.origin(Log::Devices)).collect()
}

/// Checks a proof as an outsider would; answers the event.
fn check(text: &str, cx: &Cx) -> serde_json::Value {
    let proof = TlogProof::parse(text).unwrap();
    let extra = Extra::decode(&proof.extra).unwrap();
    proof.check(&leaf_hash(&extra.leaf()), cx.ledger.origin(Log::Devices), &devices_keys(cx)).unwrap();
    serde_json::from_slice(&extra.event).unwrap()
}

#[tokio::test]
async fn a_life_is_a_chain_and_every_event_is_proven() {
    let (world, numbers) = filled().await;
    let (cx, maker) = (world.cx(), world.maker());
    let number = numbers[300];
    for what in [Act::Ship, Act::Install, Act::Quarantine, Act::Release] {
        act(number, what, Saying::default(), &maker, cx).await.unwrap();
    }
    let early = prove(number, 5, &maker, cx).await.err().expect("not under a checkpoint yet");
    assert_eq!(early.kind, Kind::NotYet);
    sequence(Log::Devices, cx).await.unwrap();
    let mut previous = "0".repeat(64);
    let events = tegata_usecase::device::events(number, (0, 100), &maker, cx).await.unwrap();
    assert_eq!(events.len(), 5);
    for (event, index) in events {
        assert!(index.is_some());
        let proven = check(&prove(number, event.sequence, &maker, cx).await.unwrap().text, cx);
        assert_eq!((&proven["sequence"], &proven["previous"]), (&event.sequence.into(), &previous.into()));
        previous = event.commitment.iter().map(|b| format!("{b:02x}")).collect();
    }
}

#[tokio::test]
async fn words_of_persons_are_not_proven_to_anybody() {
    let (world, numbers) = filled().await;
    let (cx, maker) = (world.cx(), world.maker());
    let words = Saying { reason: Some("sent to a home".into()), ..Saying::default() };
    act(numbers[0], Act::Ship, words, &maker, cx).await.unwrap();
    act(numbers[0], Act::Quarantine, Saying::default(), &maker, cx).await.unwrap();
    sequence(Log::Devices, cx).await.unwrap();
    check(&prove_stamp(numbers[0], 1, cx).await.unwrap().text, cx);
    assert_eq!(prove_stamp(numbers[0], 2, cx).await.err().map(|e| e.kind), Some(Kind::Denied));
    assert_eq!(prove_stamp(numbers[0], 3, cx).await.err().map(|e| e.kind), Some(Kind::NotFound), "no stamp");
    assert!(prove(numbers[0], 2, &maker, cx).await.is_ok());
}

async fn tiles(cx: &Cx) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for path in
        ["tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2", "tile/entries/001", "tile/entries/002.p/88"]
    {
        all.push(tile(Log::Devices, TilePath::parse(path).unwrap(), cx).await.unwrap());
    }
    all
}

#[tokio::test]
async fn tiles_behind_the_checkpoint_are_made_again() {
    let (mut world, numbers) = filled().await;
    let before = tiles(world.cx()).await;
    // as after a crash between the transaction and the files: the checkpoint is older than the tree
    let database = world.data.join("tegata.db");
    world.close();
    let c = rusqlite::Connection::open(&database).unwrap();
    c.execute("delete from checkpoint where log = 1", []).unwrap();
    drop(c);
    std::fs::remove_dir_all(world.data.join("ledger/devices/tile")).unwrap();
    world.open().await.unwrap();
    sequence(Log::Devices, world.cx()).await.unwrap();
    assert_eq!(tiles(world.cx()).await, before);
    check(&prove_stamp(numbers[10], 1, world.cx()).await.unwrap().text, world.cx());
}

#[tokio::test]
async fn a_changed_store_is_refused_at_start() {
    for change in [
        "update log set root = zeroblob(32) where id = 1",
        "update checkpoint set root = zeroblob(32) where log = 1",
        "update event set commitment = zeroblob(32) where device = (select max(device) from event)",
        "delete from leaf where log = 1 and idx = 599",
    ] {
        let (mut world, _) = filled().await;
        world.close();
        let c = rusqlite::Connection::open(world.data.join("tegata.db")).unwrap();
        assert_eq!(c.execute(change, []).unwrap(), 1, "{change}");
        drop(c);
        let refused = world.open().await.err().unwrap_or_else(|| panic!("{change} went unnoticed"));
        assert_eq!(refused.code, "ledger_mismatch", "{change}");
    }
}

#[tokio::test]
async fn a_run_that_fails_half_way_is_taken_up_again() {
    let (world, _) = filled().await;
    let ticket = world.ticket(700).await;
    let serials: Vec<String> = (0..700).map(|i| format!("T{i}")).collect();
    world.make(&ticket, &serials).await;
    let entries = world.data.join("ledger/devices/tile/entries");
    let aside = world.data.join("aside");
    std::fs::rename(&entries, &aside).unwrap();
    std::fs::write(&entries, "in the way").unwrap();
    assert!(sequence(Log::Devices, world.cx()).await.is_err());
    assert_eq!(checkpoint(Log::Devices, world.cx()).unwrap().head.size, 600, "nothing was published");
    std::fs::remove_file(&entries).unwrap();
    std::fs::rename(&aside, &entries).unwrap();
    sequence(Log::Devices, world.cx()).await.unwrap();
    assert_eq!(checkpoint(Log::Devices, world.cx()).unwrap().head.size, 1300);
    let full = tile(Log::Devices, TilePath::parse("tile/entries/004").unwrap(), world.cx()).await.unwrap();
    assert_eq!(full.len(), 256 * 35);
}
