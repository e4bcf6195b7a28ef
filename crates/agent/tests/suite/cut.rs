//! The power goes at every write: the agent comes up with the old or the new, and comes to the end all the same.

use crate::disk::{LOSSES, Model};
use crate::platform::Platform;
use crate::unit::Unit;
use std::path::Path;
use std::sync::Arc;
use tegata_agent::folder::Folder;

#[test]
fn a_file_is_the_old_or_the_new() {
    let (old, new) = (b"the old content".as_slice(), b"and the new one".as_slice());
    let mut cuts = 0;
    for loss in LOSSES {
        for call in 1..=5 {
            for bytes in 0..=new.len() {
                let disk = Arc::new(Model::default());
                let folder = Folder::new(Path::new("/state"), disk.clone());
                folder.save("file", old).unwrap();
                disk.cut(call, bytes);
                let saved = folder.save("file", new);
                assert_eq!(saved.is_ok(), call == 5, "the fourth call is the last");
                cuts += usize::from(disk.is_dead());
                disk.start(loss);
                let found = folder.read("file").unwrap().unwrap();
                assert!(found == old || found == new, "{loss:?} {call} {bytes}: {found:?}");
                assert!(saved.is_err() || found == new, "{loss:?}: what was saved is gone");
                folder.save("file", new).unwrap();
                disk.start(loss);
                assert_eq!(folder.read("file").unwrap().unwrap(), new);
            }
        }
    }
    assert_eq!(cuts, LOSSES.len() * 4 * 16);
}

type Prepare = fn(&Platform, &Unit);
type Check = fn(&Platform, &Unit);

/// Plays a life once without a cut, to count the calls; then with a cut at each of them, and each way to lose what was
/// not durable. The life is over when `done` says so; then `check` looks at it.
fn everywhere(prepare: Prepare, done: fn(&Unit) -> bool, check: Check) {
    let play = |cut: Option<(usize, usize)>, loss| {
        let platform = Platform::new();
        let disk = Arc::new(Model::default());
        let mut unit = Unit::on(&platform, disk.clone(), &[]);
        prepare(&platform, &unit);
        let before = disk.calls();
        if let Some((call, bytes)) = cut {
            disk.cut(call, bytes);
        }
        let mut was_cut = false;
        for _ in 0..60 {
            unit.round();
            if disk.is_dead() {
                was_cut = true;
                disk.start(loss);
                unit.restart();
            } else if done(&unit) {
                break;
            }
        }
        assert!(done(&unit), "{cut:?} {loss:?}: {:?}", unit.state("status.json"));
        assert_eq!(was_cut, cut.is_some(), "{cut:?}");
        check(&platform, &unit);
        disk.calls() - before
    };
    let calls = play(None, LOSSES[0]);
    assert!(calls > 20, "{calls}");
    for call in 1..=calls {
        for (nth, loss) in LOSSES.into_iter().enumerate() {
            play(Some((call, nth * 40)), loss);
        }
    }
}

#[test]
fn an_update_survives_every_cut() {
    let prepare = |platform: &Platform, _: &Unit| {
        let image: Vec<u8> = (0..40_000u32).flat_map(u32::to_le_bytes).collect();
        platform.offer(8, &image, &Platform::manifest(&image), |_| {});
        // a cut connection on top
        platform.desk().cuts = vec![70_000];
    };
    let done = |unit: &Unit| {
        unit.state("installed.json").is_some_and(|text| text.contains(r#""2.0""#))
            && unit.state("update.json").is_none()
    };
    let check = |platform: &Platform, unit: &Unit| {
        assert_eq!(platform.desk().closed, Some(true), "{}", platform.reason());
        assert_eq!(unit.file("version"), "2.0\n");
        assert!(unit.file("confirmed").starts_with("confirmed\n"));
        assert!(unit.state("token").is_some() && unit.state("head.json").is_some());
        assert!(unit.state("ldevid.pem").is_some());
    };
    everywhere(prepare, done, check);
}

#[test]
fn an_erasure_survives_every_cut() {
    let prepare = |platform: &Platform, unit: &Unit| {
        unit.cx.folder.save("ldevid.pem", b"a secret").unwrap();
        unit.cx.folder.save("token", b"a secret").unwrap();
        unit.cx.folder.save("number", crate::platform::NUMBER.as_bytes()).unwrap();
        platform.desk().instead = vec![("/agent/v1/erasure", crate::server::Reply::new(503, "{}"), 1)];
        tegata_agent::erase::begin(&unit.cx).unwrap();
    };
    let done = |unit: &Unit| tegata_agent::erase::state(&unit.cx).unwrap() == tegata_agent::erase::State::Done;
    let check = |platform: &Platform, unit: &Unit| {
        assert_eq!(tegata_agent::erase::receipt(&unit.cx).unwrap()["receipt"], "digest");
        // a lost answer is asked for again with the very same statement
        let desk = platform.desk();
        assert!(!desk.erasures.is_empty() && desk.erasures.iter().all(|body| *body == desk.erasures[0]));
        for name in ["ldevid.pem", "token", "head.json", "keys"] {
            assert_eq!(unit.state(name), None, "{name}");
        }
        assert!(unit.state("key.pem").is_some());
    };
    everywhere(prepare, done, check);
}
