//! Heartbeats: enrolment, tokens, heads, renewal; and a platform that answers badly.

use crate::platform::{NUMBER, Platform};
use crate::server::Reply;
use crate::unit::Unit;
use std::time::Duration;
use tegata_agent::error::Error;

#[test]
fn a_new_device_enrols_and_is_heard() {
    let platform = Platform::new();
    let mut unit = Unit::new(&platform);
    let round = unit.round();
    assert!(round.problems.is_empty(), "{:?}", round.problems);
    assert_eq!(round.wait, Duration::from_secs(300));
    unit.round();
    let desk = platform.desk();
    let [first, second] = &desk.heartbeats[..] else { panic!("{:?}", desk.heartbeats) };
    assert!(first.get("token").is_none() && first.get("head").is_none() && first.get("credential").is_none());
    assert_eq!((first["version"].as_str(), first["nonce"].as_str().map(str::len)), (Some("1.0"), Some(22)));
    assert!(second["token"].is_string() && second["head"]["sequence"] == 3);
    assert_eq!(desk.issued, 1);
    drop(desk);
    assert_eq!(unit.state("number").as_deref(), Some(NUMBER));
    // used once: the new pair has taken its place
    assert!(unit.state("ldevid.pem").is_some() && unit.state("ldevid.next.pem").is_none());
}

#[test]
fn a_lost_token_leads_to_a_heartbeat_without_one() {
    let platform = Platform::new();
    let mut unit = Unit::new(&platform);
    let lost: [&dyn Fn(&Unit); 3] = [
        &|unit| unit.cx.folder.remove("token").unwrap(),
        &|unit| unit.cx.folder.save("token", b"\xff\xfe").unwrap(),
        &|unit| unit.cx.folder.save("token", &[b'A'; 40]).unwrap(),
    ];
    for lose in lost {
        unit.round();
        lose(&unit);
        let round = unit.round();
        assert!(round.problems.is_empty(), "{:?}", round.problems);
        assert!(platform.desk().heartbeats.last().unwrap().get("token").is_none());
        unit.round();
        assert!(platform.desk().heartbeats.last().unwrap().get("token").is_some());
    }
}

#[test]
fn the_credential_is_told() {
    let platform = Platform::new();
    let mut unit = Unit::new(&platform);
    tegata_agent::credential::save(&unit.cx, tegata_agent::credential::Credential::Changed).unwrap();
    unit.round();
    assert_eq!(platform.desk().heartbeats[0]["credential"], "changed");
}

#[test]
fn a_smaller_or_forked_head_is_refused_and_changes_nothing() {
    for (head, word) in [((2, [3; 32]), "event 2 as the last"), ((3, [4; 32]), "another event 3")] {
        let platform = Platform::new();
        let mut unit = Unit::new(&platform);
        unit.round();
        let before = (unit.state("token"), unit.state("head.json"));
        (platform.desk().head, platform.desk().erase) = (Some(head), true);
        let round = unit.round();
        assert!(matches!(&round.problems[..], [Error::Fork(why)] if why.contains(word)), "{:?}", round.problems);
        assert_eq!(round.problems[0].exit_code(), 4);
        assert_eq!((unit.state("token"), unit.state("head.json")), before);
        assert!(unit.state("status.json").unwrap().contains(word));
        // it goes on asking, and a good head is taken; what was seen stays told
        platform.desk().head = Some((4, [4; 32]));
        assert!(unit.round().problems.is_empty());
        assert!(unit.state("status.json").unwrap().contains(word));
        assert!(unit.state("head.json") != before.1);
    }
}

#[test]
fn heads_that_nobody_known_signed_are_refused() {
    let platform = Platform::new();
    let mut unit = Unit::new(&platform);
    unit.round();
    let before = (unit.state("token"), unit.state("head.json"));
    let other = Platform::new();
    unit.cx.folder.save("keys", b"").unwrap();
    let mut foreign = Unit::new(&other);
    foreign.round();
    let keys = foreign.state("keys").unwrap();
    unit.cx.folder.save("keys", keys.as_bytes()).unwrap();
    let round = unit.round();
    assert!(matches!(&round.problems[..], [Error::Fork(why)] if why.contains("signed")), "{:?}", round.problems);
    assert_eq!((unit.state("token"), unit.state("head.json")), before);
    assert!(unit.state("status.json").unwrap().contains("forget-log"));
    // a person says that the ledger is new; the enrolment that goes with it fetches its keys
    tegata_agent::head::forget(&unit.cx).unwrap();
    tegata_agent::enrol::enrol(&unit.cx).unwrap();
    assert!(unit.round().problems.is_empty());
    assert!(!unit.state("status.json").unwrap().contains("forget-log"));
}

#[test]
fn garbage_never_ends_the_agent() {
    let platform = Platform::new();
    let mut unit = Unit::new(&platform);
    unit.round();
    let token = unit.state("token");
    let deep = "[".repeat(100_000);
    let replies = [
        Reply::new(200, ""),
        Reply::new(200, "null"),
        Reply::new(200, "{}"),
        Reply::new(200, [0xff; 100]),
        Reply::new(200, deep),
        Reply::new(200, vec![b' '; 20_000_000]),
        Reply::new(200, r#"{"token":5}"#),
        Reply::new(200, r#"{"token":"","next":-1,"number":"../..","head":{}}"#),
        Reply::new(302, "").header("Location", "http://127.0.0.1:1/"),
        Reply::new(500, "oh"),
        Reply { cut: Some(3), ..Reply::new(200, "{\"token\"") },
    ];
    for path in ["/agent/v1/heartbeat", "/controller/v1/", "/.well-known/est/"] {
        for reply in &replies {
            platform.desk().instead = vec![(path, reply.clone(), 1)];
            platform.desk().renew = true;
            // heartbeat and poll come due at different times
            for _ in 0..3 {
                unit.round();
            }
        }
        platform.desk().instead.clear();
    }
    unit.until("it recovers", |unit| unit.state("token") != token && platform.desk().heartbeats.len() > 40);
}

#[test]
fn overload_is_waited_out() {
    let platform = Platform::new();
    let mut unit = Unit::with(&platform, &[("retry = 1", "retry = 1\nretry_most = 900")]);
    unit.round();
    for (status, asked, least, most) in [(429, "120", 120, 123), (503, "100000", 900, 903), (503, "soon", 0, 4)] {
        platform.desk().instead =
            vec![("/agent/v1/heartbeat", Reply::new(status, "{}").header("Retry-After", asked), 1)];
        let before = platform.desk().heartbeats.len();
        // the poll must not hide how long the heartbeat waits
        let asked_at = unit.cx.time.passed();
        unit.until("the next heartbeat", |_| platform.desk().heartbeats.len() > before);
        let waited = (unit.cx.time.passed() - asked_at).as_secs();
        assert!(waited >= least, "{status} {asked}: {waited}");
        assert!(waited <= most + 900, "{status} {asked}: {waited}");
    }
}

#[test]
fn an_unreachable_platform_is_asked_ever_more_rarely() {
    let platform = Platform::new();
    let mut unit = Unit::with(&platform, &[(&platform.address, "http://127.0.0.1:1"), ("retry = 1", "retry = 8")]);
    let mut waits = Vec::new();
    for _ in 0..12 {
        let round = unit.round();
        waits.push(round.wait);
    }
    assert!(waits.iter().all(|wait| *wait <= Duration::from_secs(3600)));
    assert!(waits[6..].iter().sum::<Duration>() > waits[..6].iter().sum::<Duration>(), "{waits:?}");
    assert!(unit.state("status.json").unwrap().contains("cannot reach"));
}

#[test]
fn renewal_when_asked_and_when_old() {
    let platform = Platform::new();
    let mut unit = Unit::new(&platform);
    unit.round();
    let first = unit.state("ldevid.pem");
    platform.desk().renew = true;
    unit.round();
    assert_eq!(platform.desk().issued, 2);
    assert_eq!(unit.state("ldevid.pem"), first, "the old pair stays until the new one was used");
    unit.round();
    assert_ne!(unit.state("ldevid.pem"), first);
    assert!(unit.state("ldevid.next.pem").is_none());

    // 17 of 24 days are over at the test's time
    let platform = Platform::new();
    platform.desk().days = 24;
    let mut unit = Unit::new(&platform);
    unit.round();
    platform.desk().days = 90;
    assert_eq!(platform.desk().issued, 2);
    unit.round();
    unit.round();
    assert_eq!(platform.desk().issued, 2);
}

#[test]
fn a_new_pair_that_is_not_taken_leaves_the_old_one() {
    let platform = Platform::new();
    let mut unit = Unit::new(&platform);
    unit.round();
    let first = unit.state("ldevid.pem");
    platform.desk().renew = true;
    unit.round();
    let refusal = r#"{"type":"urn:tegata:problem:certificate","detail":"this certificate was revoked"}"#;
    platform.desk().instead = vec![("/agent/v1/heartbeat", Reply::new(403, refusal), 1)];
    let before = platform.desk().heartbeats.len();
    unit.until("heard again", |_| platform.desk().heartbeats.len() > before);
    assert_eq!(unit.state("ldevid.pem"), first);
    // and when the old one is not taken either, the device enrols anew
    platform.desk().instead = vec![("/agent/v1/heartbeat", Reply::new(403, refusal), 1)];
    let issued = platform.desk().issued;
    unit.until("enrolled anew", |unit| unit.state("ldevid.pem") != first && platform.desk().issued == issued + 1);
}

#[test]
fn a_held_device_says_so_and_still_polls() {
    let platform = Platform::new();
    let mut unit = Unit::new(&platform);
    unit.round();
    let held = r#"{"type":"urn:tegata:problem:life","detail":"the device is quarantined"}"#;
    platform.desk().instead = vec![("/agent/v1/heartbeat", Reply::new(403, held), 5)];
    let image = vec![7; 1000];
    platform.offer(8, &image, &Platform::manifest(&image), |_| {});
    let round = unit.round();
    assert!(matches!(&round.problems[..], [Error::Held(why)] if why == "the device is quarantined"), "{round:?}");
    assert_eq!(round.problems[0].exit_code(), 3);
    assert!(unit.state("status.json").unwrap().contains("quarantined"));
    unit.until("the remedy is installed", |unit| unit.file("version") == "2.0\n");
    unit.until("heard again", |unit| !unit.state("status.json").unwrap().contains("quarantined"));
    assert_eq!(platform.desk().issued, 1, "being held back is no reason to enrol");
}
