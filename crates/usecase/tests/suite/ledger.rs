//! The ledger: chain, proofs, what a crash leaves out, what a change betrays.

use crate::behind::Behind;
use crate::world::World;
use tegata_domain::change::{Change, Write};
use tegata_domain::fact::Fact;
use tegata_domain::id::OrganisationRow;
use tegata_domain::ledger::Log;
use tegata_domain::number::Number;
use tegata_domain::permit::{Operation, Subject};
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
async fn tiles_that_are_no_durable_files_are_made_again() {
    let (mut world, numbers) = filled().await;
    let before = tiles(world.cx()).await;
    world.close();
    // as after a crash in the middle of a group of files
    let torn = world.data.join("ledger/devices/tile/0/001");
    std::fs::create_dir_all(torn.parent().unwrap()).unwrap();
    std::fs::write(&torn, "torn").unwrap();
    world.open().await.unwrap();
    assert_eq!(tiles(world.cx()).await, before);
    check(&prove_stamp(numbers[300], 1, world.cx()).await.unwrap().text, world.cx());
}

/// Facts in one transaction: a long one on PostgreSQL holds up what other tests look for.
const TOGETHER: usize = 500;

/// Enters facts, and takes their leaves into the log.
pub async fn facts(world: &World, count: usize) {
    let (cx, maker) = (world.cx(), world.maker());
    let permit = maker.permit(Operation::CreateProduct, Subject::of(OrganisationRow(1))).unwrap();
    let now = cx.now().unwrap();
    let one = || Change { writes: vec![Write::Fact(Fact::retention_policy(now))], subject: String::new() };
    for begin in (0..count).step_by(TOGETHER) {
        let together = (begin..count.min(begin + TOGETHER)).map(|_| one()).collect();
        cx.store.save_all(together, &permit, now).await.unwrap();
    }
    sequence(Log::Facts, cx).await.unwrap();
}

#[tokio::test]
async fn a_group_of_tiles_becomes_files_and_the_store_knows() {
    let mut world = World::new().await;
    facts(&world, 17_000).await;
    let read = |path: &'static str| (path, TilePath::parse(path).unwrap());
    let paths = ["tile/0/063", "tile/entries/001", "tile/1/000.p/66", "tile/0/065"].map(read);
    let mut before = Vec::new();
    for (_, path) in paths {
        before.push(tile(Log::Facts, path, world.cx()).await.unwrap());
    }
    let file = world.data.join("ledger/facts/tile/0/065");
    while !file.exists() {
        tokio::task::yield_now().await;
    }
    // a writer ends before the next opens the folder; the record moves with the next checkpoint
    while world.cx().store.ledger().standing(Log::Facts).await.unwrap().tiled == 0 {
        facts(&world, 1).await;
    }
    // what is damaged or lost where it lies is made again
    world.close();
    world.open().await.unwrap();
    for (name, content) in
        [("tile/0/063", Some(vec![7; 8192])), ("tile/entries/001", Some(vec![0; 100])), ("tile/0/001", None)]
    {
        let path = world.data.join("ledger/facts").join(name);
        content.map_or_else(|| std::fs::remove_file(&path), |bytes| std::fs::write(&path, bytes)).unwrap();
    }
    for ((name, path), before) in paths.iter().zip(&before) {
        assert_eq!(tile(Log::Facts, *path, world.cx()).await.unwrap(), *before, "{name}");
    }
    assert_eq!(world.cx().ledger.tiles(Log::Facts)[2], 3);
    facts(&world, 1).await;
    while world.cx().ledger.tiles(Log::Facts)[0] > 0 {
        tokio::task::yield_now().await;
    }
    world.close();
    let tiled = Behind::of(&world.data).await.number("select tiled from log where id = 0").await;
    assert_eq!(tiled, 66 * 256);
    world.open().await.unwrap();
    for ((name, path), before) in paths.into_iter().zip(before) {
        assert_eq!(tile(Log::Facts, path, world.cx()).await.unwrap(), before, "{name}");
    }
    world.close();
    std::fs::write(&file, [0; 8192]).unwrap();
    assert_eq!(world.open().await.err().map(|e| e.code), Some("ledger_mismatch"), "a tile was changed");
}

#[tokio::test]
async fn a_changed_store_is_refused_at_start() {
    for change in [
        "update log set root = ZEROS where id = 1",
        "update log set size = 599 where id = 1",
        "update event set commitment = ZEROS where device = (select max(device) from event)",
        "delete from leaf where log = 1 and idx = 599",
    ] {
        let (mut world, _) = filled().await;
        world.close();
        let behind = Behind::of(&world.data).await;
        assert_eq!(behind.change(&change.replace("ZEROS", &behind.bytes(&[0; 32]))).await, 1, "{change}");
        drop(behind);
        let refused = world.open().await.err().unwrap_or_else(|| panic!("{change} went unnoticed"));
        assert_eq!(refused.code, "ledger_mismatch", "{change}");
    }
}

#[tokio::test]
async fn a_run_that_fails_is_taken_up_again() {
    let (world, _) = filled().await;
    let ticket = world.ticket(700).await;
    let serials: Vec<String> = (0..700).map(|i| format!("T{i}")).collect();
    world.make(&ticket, &serials).await;
    let behind = Behind::of(&world.data).await;
    behind.hold("log").await;
    assert!(sequence(Log::Devices, world.cx()).await.is_err());
    assert_eq!(checkpoint(Log::Devices, world.cx()).unwrap().head.size, 600, "nothing was published");
    behind.let_go("log").await;
    sequence(Log::Devices, world.cx()).await.unwrap();
    assert_eq!(checkpoint(Log::Devices, world.cx()).unwrap().head.size, 1300);
    let full = tile(Log::Devices, TilePath::parse("tile/entries/004").unwrap(), world.cx()).await.unwrap();
    assert_eq!(full.len(), 256 * 35);
}
