//! The end: what is destroyed, what is told, what stays.

use crate::platform::{NUMBER, Platform};
use crate::server::Reply;
use crate::unit::Unit;
use tegata_agent::erase::{self, State};
use tegata_wire::erasure::Statement;

const DATA: (&str, &str) =
    ("[release]", "[erasure]\nerase = \"on request\"\npaths = [\"PLACE/data\", \"PLACE/one\"]\n[release]");

fn with_data(platform: &Platform, edit: (&str, &str)) -> Unit {
    let unit = Unit::with(platform, &[edit]);
    std::fs::create_dir_all(unit.path("data/deep/er")).unwrap();
    std::fs::write(unit.path("data/deep/er/photo"), "the owner's").unwrap();
    std::fs::write(unit.path("one"), "the owner's").unwrap();
    std::fs::write(unit.path("other"), "the device's").unwrap();
    std::os::unix::fs::symlink(unit.path("other"), unit.path("data/link")).unwrap();
    unit
}

#[test]
fn the_owner_asks_and_the_device_erases_itself() {
    let platform = Platform::new();
    let mut unit = with_data(&platform, DATA);
    unit.round();
    platform.desk().erase = true;
    let round = unit.round();
    assert!(round.ended && round.problems.is_empty(), "{round:?}");
    assert!(!unit.path("data").exists() && !unit.path("one").exists());
    assert_eq!(unit.file("other"), "the device's");
    let mut left: Vec<String> = std::fs::read_dir(unit.path("state"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["certificate.pem", "chain.pem", "erasure.json", "key.pem", "number"]);
    let desk = platform.desk();
    let statement = Statement::parse(desk.erasures[0]["statement"].as_str().unwrap()).unwrap();
    assert_eq!((statement.number.as_str(), statement.keys_destroyed.join(",")), (NUMBER, "ldevid,token,data".into()));
    let heartbeats = desk.heartbeats.len();
    drop(desk);
    // nothing more is done, for anybody
    assert!(unit.round().ended);
    assert_eq!(platform.desk().heartbeats.len(), heartbeats);
}

#[test]
fn a_request_counts_only_where_it_is_allowed() {
    let platform = Platform::new();
    let mut unit = with_data(&platform, (DATA.0, DATA.1.replace("on request", "by command").leak()));
    platform.desk().erase = true;
    for _ in 0..3 {
        assert!(!unit.round().ended);
    }
    assert!(unit.path("one").exists());
    assert_eq!(erase::state(&unit.cx).unwrap(), State::None);
    erase::begin(&unit.cx).unwrap();
    assert!(unit.round().ended && !unit.path("one").exists());
}

#[test]
fn nothing_is_destroyed_that_could_not_be_told() {
    let platform = Platform::new();
    let unit = with_data(&platform, DATA);
    // neither configured nor heard: the statement could not name the device
    assert!(erase::begin(&unit.cx).unwrap_err().to_string().contains("management number"));
    unit.cx.folder.save("number", NUMBER.as_bytes()).unwrap();
    unit.cx.folder.remove("key.pem").unwrap();
    assert!(erase::begin(&unit.cx).unwrap_err().to_string().contains("key.pem"));
    assert_eq!(erase::state(&unit.cx).unwrap(), State::None);
    assert!(unit.path("one").exists());
}

#[test]
fn a_lost_receipt_ends_the_erasure_all_the_same() {
    let platform = Platform::new();
    let mut unit = with_data(&platform, DATA);
    unit.round();
    platform.desk().erase = true;
    let cut = Reply { cut: Some(0), ..Reply::new(200, "{}") };
    let ended = r#"{"type":"urn:tegata:problem:certificate","detail":"this certificate was revoked"}"#;
    platform.desk().instead = vec![("/agent/v1/erasure", cut, 1), ("/agent/v1/erasure", Reply::new(403, ended), 9)];
    assert!(!unit.round().ended);
    unit.until("done", |unit| erase::state(&unit.cx).unwrap() == State::Done);
    assert_eq!(erase::receipt(&unit.cx).unwrap()["answer"], "lost");
}

#[test]
fn a_held_device_goes_on_asking_with_its_data_gone() {
    let platform = Platform::new();
    let mut unit = with_data(&platform, DATA);
    unit.round();
    platform.desk().erase = true;
    let held = r#"{"type":"urn:tegata:problem:life","detail":"the device is quarantined"}"#;
    platform.desk().instead = vec![("/agent/v1/erasure", Reply::new(403, held), 3)];
    assert!(matches!(&unit.round().problems[..], [tegata_agent::error::Error::Held(_)]));
    assert!(!unit.path("one").exists());
    unit.until("done", |unit| erase::state(&unit.cx).unwrap() == State::Done);
    assert_eq!(erase::receipt(&unit.cx).unwrap()["receipt"], "digest");
}
