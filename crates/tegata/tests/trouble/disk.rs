//! A disk without room, and a disk that is slow.

use crate::shim::Shim;
use crate::stand::Stand;
use crate::{load, say};
use std::time::{Duration, Instant};
use tegata_testkit::factory;

#[test]
fn a_full_disk_stops_writes_in_words_and_nothing_else() {
    let _alone = crate::alone();
    let mut shim = None;
    let mut stand = Stand::in_files(|world| shim = Some(Shim::under(world, false, &[])));
    let shim = shim.unwrap();
    let mut known = vec![stand.unit.number.clone()];
    // at once, and after a part of a write: a commit that is torn in the middle
    for (round, room) in [0, 5_000, 80_000, 400_000].into_iter().enumerate() {
        shim.order(&format!("full {room}"));
        for serial in 0..40 {
            let line = stand.make(&[&format!("full-{round}-{serial}")]).remove(0);
            match line["number"].as_str() {
                Some(number) => known.push(number.to_owned()),
                None => assert!(line["problem"]["type"].as_str().unwrap().ends_with("disk_full"), "{line}"),
            }
        }
        stand.refuses_writes("disk_full");
        stand.reads();
        shim.order("");
        stand.writes(&format!("ROOM-{round}"));
    }
    stand.world.kill();
    stand.world.start();
    for number in &known {
        stand.api().get(&format!("/api/v1/devices/{number}")).expect(200);
    }
    let all = stand.api().all("/api/v1/devices").len();
    // the first one is known, and each round made one when there was room
    assert_eq!(all, known.len() + 4, "nothing that was refused is there");
    stand.reads();
    say(&format!("full disk: {} devices acknowledged and there, none beside them", all));
}

/// Every sync takes so long.
const SLOW: Duration = Duration::from_millis(400);

#[test]
fn a_slow_disk_slows_writes_alone() {
    let _alone = crate::alone();
    let mut shim = None;
    let stand = Stand::in_files(|world| shim = Some(Shim::under(world, false, &[])));
    let shim = shim.unwrap();
    let quick = load::look_ups(&stand, 4, Duration::from_secs(1), Duration::from_millis(2)).p99();
    shim.order(&format!("slow {}", SLOW.as_millis()));
    let (slow, together, took) = std::thread::scope(|scope| {
        let readers = scope.spawn(|| load::look_ups(&stand, 4, Duration::from_secs(3), Duration::from_millis(2)).p99());
        let start = Instant::now();
        let writers: Vec<_> = (0..48)
            .map(|i| {
                scope.spawn({
                    let stand = &stand;
                    move || stand.register(&format!("SLOW-{i}")).expect(201)
                })
            })
            .collect();
        let together = writers.len();
        writers.into_iter().for_each(|writer| drop(writer.join().unwrap()));
        (readers.join().unwrap(), together, start.elapsed())
    });
    shim.order("");
    assert!(took >= SLOW, "a write waits for its sync");
    assert!(took < SLOW * 12, "{together} writes share few syncs: {took:?}");
    let ratio = slow.as_secs_f64() / quick.as_secs_f64().max(0.001);
    assert!(ratio < 20.0 && slow < SLOW / 2, "look-ups wait for the disk: {quick:?} then {slow:?}");
    say(&format!(
        "slow disk ({SLOW:?} a sync): {together} writes in {took:.1?}; look-ups p99 {quick:.1?} then {slow:.1?}"
    ));
    let _one_more = factory::product(&stand.api(), "QUICK");
}
