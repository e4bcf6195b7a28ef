//! Updates: cut, resumed, refused with a reason, cancelled, consented to, fallen back.

use crate::platform::{PRODUCT, Platform};
use crate::server::Reply;
use crate::unit::Unit;
use serde_json::{Value, json};
use tegata_agent::cx::Time;
use tegata_agent::update;
use tegata_domain::id::Uuid;
use tegata_wire::release::Manifest;

fn image() -> Vec<u8> {
    (0..300_000u32).flat_map(u32::to_le_bytes).collect()
}

fn ready(edits: &[(&str, &str)]) -> (Platform, Unit) {
    let platform = Platform::new();
    let mut unit = Unit::with(&platform, edits);
    unit.round();
    (platform, unit)
}

fn offer(platform: &Platform) {
    platform.offer(8, &image(), &Platform::manifest(&image()), |_| {});
}

fn installed(unit: &Unit) -> bool {
    unit.state("installed.json").is_some_and(|text| text.contains(r#""2.0""#))
}

#[test]
fn an_update_is_installed_and_reported() {
    let (platform, mut unit) = ready(&[]);
    offer(&platform);
    platform.desk().update = true;
    platform.desk().wants_attributes = true;
    unit.until("installed", installed);
    platform.desk().update = false;
    assert_eq!((unit.file("version").as_str(), unit.file("confirmed").as_str()), ("2.0\n", "confirmed\n"));
    unit.until("the version is told", |_| platform.desk().heartbeats.last().unwrap()["version"] == "2.0");
    let desk = platform.desk();
    assert_eq!(desk.closed, Some(true));
    let (_, attributes) = &desk.feedback.iter().find(|(path, _)| path == "configData").unwrap();
    assert_eq!(attributes["data"]["version"], "1.0");
    assert!(unit.state("update.json").is_none() && !unit.path("state/image").exists());
    drop(desk);
    assert_eq!(tegata_agent::release::floor(&unit.cx), 5);
}

#[test]
fn until_the_restart_no_version_is_told() {
    let restart = r#"restart = ["sh", "-c", "date +%N > PLACE/boot; cp PLACE/slot PLACE/version"]"#;
    let (platform, mut unit) = ready(&[(restart, "")]);
    offer(&platform);
    unit.until("installed", |_| platform.desk().closed == Some(true));
    for _ in 0..3 {
        unit.round();
    }
    assert!(platform.desk().heartbeats.last().unwrap().get("version").is_none(), "1.0 would look like a fall back");
    std::fs::copy(unit.path("slot"), unit.path("version")).unwrap();
    unit.until("the version is told", |_| platform.desk().heartbeats.last().unwrap()["version"] == "2.0");
    unit.until("installed", installed);
}

#[test]
fn a_cut_download_goes_on_where_it_was() {
    let (platform, mut unit) = ready(&[]);
    offer(&platform);
    platform.desk().cuts = vec![100_000, 0, 1, 500_000, 70_000];
    unit.until("installed", installed);
    let desk = platform.desk();
    let ranges: Vec<&str> = desk.requests.iter().filter_map(|request| request.header("range")).collect();
    assert_eq!(ranges, ["bytes=100000-", "bytes=100000-", "bytes=100001-", "bytes=600001-", "bytes=670001-"]);
    assert_eq!(desk.closed, Some(true));
}

#[test]
fn a_server_without_ranges_is_fetched_from_anew() {
    let (platform, mut unit) = ready(&[]);
    offer(&platform);
    (platform.desk().cuts, platform.desk().no_ranges) = (vec![100_000], true);
    unit.until("installed", installed);
    assert_eq!(platform.desk().closed, Some(true));
}

#[test]
fn overload_while_downloading_is_waited_out() {
    let (platform, mut unit) = ready(&[]);
    offer(&platform);
    let busy = Reply::new(503, "{}").header("Retry-After", "60");
    platform.desk().instead = vec![("/softwaremodules/", busy, 3)];
    unit.until("installed", installed);
}

/// The DDI edge's answer for a file that the platform finds damaged.
fn damaged(seconds: u32) -> Reply {
    let body =
        r#"{"exceptionClass":"tegata.Refused","errorCode":"hawkbit.server.error.damaged","message":"is damaged"}"#;
    Reply::new(503, body).header("Retry-After", seconds)
}

fn fetches(platform: &Platform) -> usize {
    platform.desk().requests.iter().filter(|request| request.path.contains("/softwaremodules/")).count()
}

fn says(unit: &Unit, what: &str) -> bool {
    unit.state("status.json").is_some_and(|status| status.contains(what))
}

#[test]
fn a_cancellation_is_heard_while_a_refused_image_is_waited_for() {
    let (platform, mut unit) = ready(&[("retry = 1", "retry = 3000\nretry_most = 3600")]);
    offer(&platform);
    platform.desk().instead = vec![("/softwaremodules/", damaged(3600), 1000)];
    unit.until("refused twice", |_| fetches(&platform) == 2);
    assert!(says(&unit, "damaged"));
    unit.round();
    assert!(says(&unit, "damaged"), "it is still waited for");
    let passed = |unit: &Unit| unit.time.passed().as_millis();
    let before = passed(&unit);
    platform.desk().cancel = Some(8);
    unit.until("answered", |_| platform.desk().cancel.is_none());
    assert!(passed(&unit) - before <= 2 * 301_000, "{} ms", passed(&unit) - before);
    assert_eq!(fetches(&platform), 2, "between two tries");
    let answer = platform.desk().feedback.last().unwrap().clone();
    assert_eq!(answer.0, "cancelAction/8/feedback");
    assert!(answer.1.to_string().contains("stopped before"), "{}", answer.1);
    assert!(unit.state("update.json").is_none() && !unit.path("state/image").exists());
    // and the next one does not wait for the last one's sake
    platform.desk().instead.clear();
    offer(&platform);
    platform.desk().offer.as_mut().unwrap().action = 9;
    let before = passed(&unit);
    unit.until("installed", installed);
    assert!(passed(&unit) - before <= 2 * 301_000, "{} ms", passed(&unit) - before);
}

#[test]
fn an_image_that_is_refused_time_and_again_ends_the_update_with_the_reason() {
    let hasty = ("retry = 1", "retry = 1\nretry_most = 60");
    let (platform, mut unit) = ready(&[hasty]);
    offer(&platform);
    (platform.desk().cuts, platform.desk().instead) = (vec![100_000], vec![("/softwaremodules/", damaged(1), 19)]);
    unit.until("some of it came", |unit| update::read(&unit.cx).is_some_and(|update| update.synced > 0));
    platform.desk().instead = vec![("/softwaremodules/", damaged(1), 19)];
    unit.until("installed: nineteen in a row are not too many", installed);
    assert_eq!(fetches(&platform), 40);

    let (platform, mut unit) = ready(&[hasty]);
    offer(&platform);
    platform.desk().instead = vec![("/softwaremodules/", damaged(1), 1000)];
    unit.until("told", |_| platform.desk().closed.is_some());
    assert_eq!(platform.desk().closed, Some(false));
    assert_eq!(fetches(&platform), 20);
    assert!(platform.reason().contains("20 tries") && platform.reason().contains("damaged"), "{}", platform.reason());
    assert!(unit.state("update.json").is_none() && !unit.path("state/image").exists());
}

/// What is offered is refused; the reason is told, nothing is installed, and the agent goes on.
fn check(manifest: impl FnOnce(&mut Manifest), body: impl FnOnce(&mut Value), reason: &str) {
    let (platform, mut unit) = ready(&[("[release]", "[release]\nsecurity_version = 5")]);
    let mut says = Platform::manifest(&image());
    manifest(&mut says);
    platform.offer(8, &image(), &says, body);
    unit.until("refused", |_| platform.desk().closed == Some(false));
    assert!(platform.reason().contains(reason), "{}", platform.reason());
    unit.until("noted", |unit| unit.state("status.json").is_some_and(|status| status.contains(reason)));
    assert_eq!((unit.file("version").as_str(), unit.file("slot").as_str()), ("1.0\n", ""));
    assert!(unit.state("update.json").is_none() && !unit.path("state/image").exists());
    offer(&platform);
    platform.desk().offer.as_mut().unwrap().action = 9;
    unit.until("the next is installed", installed);
}

#[test]
fn foreign_older_and_tampered_releases_are_refused_with_the_reason() {
    let same = |_: &mut Manifest| {};
    let as_is = |_: &mut Value| {};
    check(|m| m.product = Uuid::from_u128(7).to_string(), as_is, "for product 00000000");
    check(|m| m.security_version = 4, as_is, "older than 5");
    check(|m| m.version = "1.0".into(), as_is, "runs already");
    check(|m| m.size = 2 << 30, as_is, "this device takes");
    check(|m| m.size += 1, as_is, "not the one of the manifest");
    check(|m| m.sha256 = [0; 32], as_is, "not the one of the manifest");
    let metadata = "/chunks/0/metadata";
    check(same, |b| *b.pointer_mut(metadata).unwrap() = json!([]), "no signed manifest");
    check(same, |b| b.pointer_mut(metadata).unwrap()[1]["value"] = "AAAA".into(), "no release key");
    check(same, |b| b.pointer_mut(metadata).unwrap()[1]["value"] = "!".into(), "no base64");
    let other = |b: &mut Value| {
        let text = Platform::manifest(&[]).text();
        b.pointer_mut(metadata).unwrap()[0]["value"] = text.into();
    };
    check(same, other, "no release key");
    check(same, |b| b["chunks"] = json!([]), "exactly one module");
    check(same, |b| b.pointer_mut("/chunks/0").unwrap()["artifacts"] = json!([]), "exactly one file");
}

#[test]
fn an_image_that_is_not_the_signed_one_is_refused() {
    for (wrong, reason) in
        [(|image: &mut Vec<u8>| image[5000] ^= 1, "digest"), (|image: &mut Vec<u8>| image.push(0), "longer than")]
            as [(fn(&mut Vec<u8>), &str); 2]
    {
        for cuts in [vec![], vec![10_000]] {
            let (platform, mut unit) = ready(&[]);
            offer(&platform);
            wrong(&mut platform.desk().offer.as_mut().unwrap().image);
            platform.desk().cuts = cuts;
            unit.until("refused", |_| platform.desk().closed == Some(false));
            assert!(platform.reason().contains(reason), "{}", platform.reason());
            assert_eq!(unit.file("slot"), "");
        }
    }
    // too short: it is asked for again and again, never installed
    let (platform, mut unit) = ready(&[]);
    offer(&platform);
    platform.desk().offer.as_mut().unwrap().image.truncate(1000);
    for _ in 0..20 {
        unit.round();
    }
    assert_eq!((unit.file("slot").as_str(), platform.desk().closed), ("", None));
}

#[test]
fn a_device_without_release_key_or_installer_installs_nothing() {
    for (edit, reason) in [
        (("keys = [\"release.pem\"]", "keys = []"), "no release key"),
        (("installer = [\"sh\", \"-c\", \"cp PLACE/offered PLACE/slot\"]", ""), "no installer"),
    ] {
        let (platform, mut unit) = ready(&[edit]);
        offer(&platform);
        unit.until("refused", |_| platform.desk().closed == Some(false));
        assert!(platform.reason().contains(reason), "{}", platform.reason());
    }
}

#[test]
fn a_failing_installer_is_told() {
    let edit = ("cp PLACE/offered PLACE/slot", "echo no slot is free >&2; exit 9");
    let (platform, mut unit) = ready(&[edit]);
    offer(&platform);
    unit.until("failed", |_| platform.desk().closed == Some(false));
    assert!(platform.reason().contains("no slot is free"), "{}", platform.reason());
    assert_eq!(unit.file("version"), "1.0\n");
}

#[test]
fn a_final_word_is_said_until_it_is_heard() {
    let (platform, mut unit) = ready(&[]);
    offer(&platform);
    let busy = Reply::new(429, "{}");
    // the first two messages are on the way, the third is the end
    platform.desk().instead = vec![("/deploymentBase/8/feedback", busy, 9)];
    unit.until("installed", installed);
    assert_eq!(platform.desk().closed, Some(true));
}

#[test]
fn a_fall_back_is_noticed_and_the_action_is_not_begun_again() {
    // the restart comes up from the old slot
    let (platform, mut unit) = ready(&[("cp PLACE/slot PLACE/version", "true")]);
    offer(&platform);
    unit.until("restarted", |unit| unit.file("boot") != "first\n");
    unit.until("noticed", |unit| unit.state("status.json").is_some_and(|text| text.contains("fell back")));
    assert!(unit.state("update.json").is_none() && unit.state("installed.json").is_none());
    assert_eq!(unit.file("confirmed"), "");
    // a platform that offers it again hears how it went
    platform.desk().closed = None;
    unit.until("told", |_| platform.desk().closed == Some(false));
    assert!(platform.reason().contains("fell back"), "{}", platform.reason());
    let requests = platform.desk().requests.iter().filter(|r| r.path.contains("/softwaremodules/")).count();
    assert_eq!(requests, 1);
}

#[test]
fn cancelled_before_and_after_the_download() {
    // before: nothing is there yet
    let (platform, mut unit) = ready(&[]);
    platform.desk().cancel = Some(8);
    unit.until("answered", |_| platform.desk().cancel.is_none());
    assert!(platform.reason().contains("nothing of it was begun"));
    // half of it is there
    let (platform, mut unit) = ready(&[]);
    offer(&platform);
    platform.desk().cuts = vec![100_000; 50];
    unit.until("begun", |unit| update::read(&unit.cx).is_some_and(|update| update.synced > 0));
    platform.desk().cancel = Some(8);
    unit.until("answered", |_| platform.desk().cancel.is_none());
    assert!(platform.reason().contains("stopped before"), "{}", platform.reason());
    assert!(unit.state("update.json").is_none() && !unit.path("state/image").exists());
    // all of it is there, and the window for the installation is closed
    let (platform, mut unit) = ready(&[]);
    platform.offer(8, &image(), &Platform::manifest(&image()), |body| body["update"] = "skip".into());
    let downloaded = |unit: &Unit| update::read(&unit.cx).is_some_and(|u| u.phase == update::Phase::Downloaded);
    unit.until("downloaded", downloaded);
    unit.round();
    assert_eq!(unit.file("slot"), "");
    platform.desk().cancel = Some(8);
    unit.until("answered", |_| platform.desk().cancel.is_none());
    assert!(unit.state("update.json").is_none() && !unit.path("state/image").exists());
    // too late: it is installed, but nobody restarted the device yet
    let restart = "restart = [\"sh\", \"-c\", \"date +%N > PLACE/boot; cp PLACE/slot PLACE/version\"]";
    let (platform, mut unit) = ready(&[(restart, "")]);
    offer(&platform);
    unit.until("installed", |unit| unit.file("slot") == "2.0\n");
    (platform.desk().closed, platform.desk().cancel) = (None, Some(8));
    unit.until("rejected", |_| platform.desk().cancel.is_none());
    let last = platform.desk().feedback.last().unwrap().clone();
    assert_eq!(
        (last.0.as_str(), last.1["status"]["execution"].as_str()),
        ("cancelAction/8/feedback", Some("rejected"))
    );
    unit.restart();
    unit.until("runs", installed);
}

#[test]
fn an_action_that_is_gone_is_forgotten() {
    let (platform, mut unit) = ready(&[]);
    offer(&platform);
    platform.desk().cuts = vec![100_000; 50];
    unit.until("begun", |unit| update::read(&unit.cx).is_some_and(|update| update.synced > 0));
    platform.desk().offer = None;
    unit.until("forgotten", |unit| unit.state("update.json").is_none());
    assert!(!unit.path("state/image").exists());
}

#[test]
fn consent_is_asked_where_it_is_configured() {
    let waits = |platform: &Platform| {
        offer(platform);
        platform.desk().offer.as_mut().unwrap().confirmed = false;
    };
    let (platform, mut unit) = ready(&[]);
    waits(&platform);
    unit.until("agreed by itself", installed);

    let (platform, mut unit) = ready(&[("[update]", "[update]\nconsent = \"ask\"")]);
    // an answer that nobody asked for counts for nothing
    assert!(update::answer(&unit.cx, true).is_err());
    waits(&platform);
    unit.until("asked", |unit| update::asked(&unit.cx).as_deref() == Some("2.0"));
    unit.round();
    unit.round();
    assert!(!platform.desk().offer.as_ref().unwrap().confirmed);
    assert_eq!(update::answer(&unit.cx, false).unwrap(), "2.0");
    unit.until("refused", |_| platform.desk().feedback.iter().any(|(_, body)| body["confirmation"] == "denied"));
    unit.until("asked again", |unit| update::asked(&unit.cx).is_some());
    update::answer(&unit.cx, true).unwrap();
    unit.until("installed", installed);

    // a release that the device would not install is not agreed to
    let (platform, mut unit) = ready(&[("keys = [\"release.pem\"]", "keys = []")]);
    waits(&platform);
    unit.until("denied", |_| platform.desk().feedback.iter().any(|(_, body)| body["confirmation"] == "denied"));
}

#[test]
fn links_that_lead_away_are_not_followed() {
    let (platform, mut unit) = ready(&[]);
    let away = json!("http://127.0.0.1:1/image.bin");
    platform.offer(8, &image(), &Platform::manifest(&image()), |body| {
        *body.pointer_mut("/chunks/0/artifacts/0/_links/download/href").unwrap() = away;
    });
    let mut told = false;
    for _ in 0..10 {
        told |= unit.round().problems.iter().any(|why| why.to_string().contains("leads away"));
    }
    assert!(told && unit.file("slot").is_empty());
    assert_ne!(PRODUCT, Uuid::from_u128(7));
}

#[test]
fn a_slow_download_lets_heartbeats_through() {
    let (platform, mut unit) = ready(&[]);
    offer(&platform);
    let before = platform.desk().heartbeats.len();
    // each look at the clock takes half a minute: an image takes many intervals of 300 s
    unit.time.1.store(30_000, std::sync::atomic::Ordering::SeqCst);
    unit.until("installed", installed);
    let desk = platform.desk();
    assert!(desk.heartbeats.len() > before + 2, "{}", desk.heartbeats.len());
    assert!(desk.requests.iter().filter(|request| request.header("range").is_some()).count() >= 2);
}

#[test]
fn garbage_in_the_middle_of_an_update_is_survived() {
    let deep = "[".repeat(100_000);
    let replies = [
        Reply::new(200, ""),
        Reply::new(200, "{}"),
        Reply::new(200, r#"{"id":"8","deployment":null}"#),
        Reply::new(200, r#"{"id":{},"deployment":{"chunks":"no"}}"#),
        Reply::new(200, [0xff; 100]),
        Reply::new(200, deep),
        Reply::new(200, vec![b' '; 2_000_000]),
        Reply::new(500, ""),
        Reply::new(302, "").header("Location", "http://127.0.0.1:1/"),
        Reply { cut: Some(2), ..Reply::new(200, "{\"id\"") },
    ];
    for path in ["/deploymentBase/8", "/softwaremodules/"] {
        let (platform, mut unit) = ready(&[]);
        offer(&platform);
        // an answer that is shorter than the image is a cut, whatever it is; a longer one would be refused for good
        let fits = |reply: &&Reply| path != "/softwaremodules/" || reply.body.len() < 1_000_000 && reply.status != 200;
        for reply in replies.iter().filter(fits) {
            platform.desk().instead.push((path, reply.clone(), 1));
        }
        unit.until("installed", installed);
        assert_eq!(platform.desk().closed, Some(true));
    }
}

#[test]
fn a_poll_that_must_wait_is_not_hastened() {
    let (platform, mut unit) = ready(&[]);
    let asked = |platform: &Platform| {
        let desk = platform.desk();
        desk.requests.iter().filter(|request| request.path.ends_with("R5WE")).count()
    };
    (platform.desk().update, platform.desk().next) = (true, 1);
    let busy = Reply::new(429, "{}").header("Retry-After", "600");
    platform.desk().instead = vec![("/controller/v1/", busy, 1)];
    unit.round();
    let before = asked(&platform);
    for _ in 0..20 {
        unit.round();
    }
    assert!(platform.desk().heartbeats.len() > 15);
    assert_eq!(asked(&platform), before);
}

#[test]
fn a_device_that_never_restarts_ends_the_update() {
    // with a start that can be told from others, and with one that cannot
    for boot in ["boot_id = \"PLACE/boot\"", "boot_id = \"PLACE/none\""] {
        let nothing = ("date +%N > PLACE/boot; cp PLACE/slot PLACE/version", "echo once >> PLACE/restarts");
        let (platform, mut unit) = ready(&[nothing, ("boot_id = \"PLACE/boot\"", boot)]);
        offer(&platform);
        unit.until("ended", |unit| unit.state("status.json").is_some_and(|text| text.contains("does not restart")));
        unit.until("forgotten", |unit| unit.state("update.json").is_none());
        assert_eq!(unit.file("restarts"), "once\nonce\nonce\n");
        assert!(platform.reason().contains("does not restart"), "{}", platform.reason());
        unit.until("told", |_| platform.desk().heartbeats.last().unwrap()["version"] == "1.0");
        // the way is free for the next one
        offer(&platform);
        platform.desk().offer.as_mut().unwrap().action = 9;
        unit.until("tried", |unit| unit.file("restarts").lines().count() > 3);
    }
}

#[test]
fn lost_messages_are_no_cut_installers() {
    let (platform, mut unit) = ready(&[]);
    offer(&platform);
    let lost = Reply { cut: Some(0), ..Reply::new(200, "{}") };
    platform.desk().instead = vec![("/deploymentBase/8/feedback", lost, 12)];
    unit.until("installed", installed);
    assert_eq!(platform.desk().closed, Some(true), "{}", platform.reason());
}
